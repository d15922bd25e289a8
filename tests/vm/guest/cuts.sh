# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Power cuts: one boot. Looks at what the last cut left, has slicer deal with
# it, and starts what the next cut interrupts. The host's orders say how:
# recover (first, undo or setup), and run (setup, undo or none).

phase_cut()
{
	local recover run
	recover=$(cat "$host/orders/recover")
	run=$(cat "$host/orders/run")

	if [ "$recover" = first ]; then
		remember_start
		menu_content > "$state/menu.start"
	else
		after_cut
		"by_$recover"
		nothing_left_behind
	fi
	[ "$run" != none ] || return 0

	# Flushed, so no cut may lose it: else it is the lab that is wrong.
	date +%s.%N | tee "$state/flushed" > /var/tmp/flushed
	sync
	# The rest of the phase has no end.
	: > "$host/done"
	: > "$host/go"
	case $run in
	setup) set -- setup-iommu --yes --force ;;
	undo) set -- setup-iommu --undo --yes ;;
	esac
	slicer "$@" > "$host/run.log" 2>&1 < /dev/null
	echo $? > "$host/finished"
	sleep 1000
}

# The machine is up; which means that loader, menu, kernel and initramfs were.
after_cut()
{
	local started status=0

	check "the lab: what was flushed is there" same_file "$state/flushed" /var/tmp/flushed
	check "the command line is the old or the new one" old_or_new
	started=$(grep -ls '"state": "started"' /var/lib/slicer/runs/*/manifest.json | wc -l)
	slicer doctor --json > /run/doctor.json || status=$?
	check "doctor works" test "$status" -le 1
	if [ "$started" -gt 0 ]; then
		story "an interrupted run"
		check "doctor names the interrupted run" has_check bootloader.interrupted
		run_slicer 1 "setup-iommu --status says no" setup-iommu --status
		says "it names the run" interrupted
	else
		story "no interrupted run"
		check "doctor names no interrupted run" eval '! has_check bootloader.interrupted'
		old_or_new_everywhere
	fi
	: > "$host/interrupted.$started"
}
old_or_new()
{
	[ "$(without_initrd < /proc/cmdline)" = "$(without_initrd < "$state/cmdline.start")" ] || wanted_in "$cmdline"
}
# systemd-boot puts initrd= in front, which is another one for a shelter.
without_initrd() { tr ' ' '\n' | grep -v '^initrd='; }
has_check() { jq -e --arg id "$1" '.checks[] | select(.id == $id)' /run/doctor.json; }

# The run had not begun, or it had ended. What the end looks like, the first that came there says: by_setup, or this one.
old_or_new_everywhere()
{
	tree_content /etc > /run/etc.now
	menu_content > /run/menu.now
	if cmp -s /run/etc.now "$state/etc.start" && cmp -s /run/menu.now "$state/menu.start"; then
		pass "everything is as before the run"
		return
	fi
	is_done
	run_slicer 0 "the run that had ended left nothing to do" setup-iommu --yes --check
}

# What is in /run/etc.now and /run/menu.now is what a set-up makes.
is_done()
{
	check "the menu has the wanted parameters" menu_is_wanted
	if [ -e "$state/menu.done" ]; then
		check "every file below /etc is as after the last set-up" same_file "$state/etc.done" /run/etc.now
		check "the menu is as after the last set-up" same_file "$state/menu.done" /run/menu.now
	else
		cp /run/etc.now "$state/etc.done"
		cp /run/menu.now "$state/menu.done"
	fi
}

by_undo()
{
	undo
	menu_content > /run/menu.now
	check "the menu is as it was before slicer" same_file "$state/menu.start" /run/menu.now
}

by_setup()
{
	run_slicer 0 "setup-iommu --yes --force" setup-iommu --yes --force
	tree_content /etc > /run/etc.now
	menu_content > /run/menu.now
	is_done
	run_slicer 0 "a second one has nothing to do" setup-iommu --yes --check
}

nothing_left_behind()
{
	check "no temporary file is left" no_file -name '*.slicer-new*'
	check "no shelter is left" no_file -name 'slicer-shelter*'
	check "the initramfs is whole" image_has "/boot/initrd.img-$(uname -r)" virtio_blk.ko
	check "what the loader starts is whole" boots_whole
	run_slicer 0 "setup-iommu --status" setup-iommu --status
	check "no run is unfinished" eval '! grep -l "\"state\": \"started\"" /var/lib/slicer/runs/*/manifest.json'
}
no_file() { ! find /etc /boot /var "$@" | grep .; }
