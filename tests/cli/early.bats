#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that the initramfs binds: what is written and rebuilt, what takes it back, and what the script does.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

FILES=etc/slicer/devices.d
SCRIPT=etc/initramfs-tools/scripts/init-top/slicer-bind
HOOK=etc/initramfs-tools/hooks/slicer-bind

setup() {
	live_tree debian-grub ready settle
	with_systemd
}
# generator_is: what update-initramfs is, from stdin; the former one is update-initramfs.real.
generator_is() {
	[ -e "$T/usr/sbin/update-initramfs.real" ] || mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs
}
# The real one, and it counts what it is asked for.
counted() {
	generator_is <<-'SH'
		#!/bin/sh
		echo "$*" >>/tmp/rebuilt
		exec /usr/sbin/update-initramfs.real "$@"
	SH
}
rebuilt() {
	[ ! -e "$T/tmp/rebuilt" ] || wc -l <"$T/tmp/rebuilt"
}
# undriven ADDRESS...: no driver has it. sysfs is plain files here: slicer can't take it from one.
undriven() {
	local a
	for a; do
		rm -f "$T/sys/bus/pci/devices/$a/driver"
	done
}
names() {
	find "$T/$FILES" -mindepth 1 -printf '%f\n' 2>/dev/null | LC_ALL=C sort
}
# The devices that the script binds, in its order.
given() {
	sed -n 's/^give \([^ ]*\) .*/\1/p' "$T/$SCRIPT"
}
# in_image IMAGE NAME: what the image has under that name.
in_image() {
	(cd "$BATS_TEST_TMPDIR" && cpio -i --quiet --to-stdout "$2" <"$1" 2>/dev/null)
}
# Every image has the script as it is on disk, or none where that is not there.
images_agree() {
	local i
	for i in "$T"/boot/initrd.img-*; do
		if [ -e "$T/$SCRIPT" ]; then
			in_image "$i" scripts/init-top/slicer-bind | cmp - "$T/$SCRIPT"
		else
			! cpio -t --quiet <"$i" | grep -q slicer-bind || false
		fi || return 1
	done
}
# Neither files, nor the unit, nor anything in the images.
nothing_left() {
	[ -z "$(names)" ]
	[ ! -e "$T/$SCRIPT" ]
	[ ! -e "$T/$HOOK" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
	images_agree
}

# ---- bind ------------------------------------------------------------------------------------

@test "bind: files, script, hook and every image; a second run changes nothing" {
	counted
	live pci bind 01:00.0 --group --persist=initramfs
	exits 0
	says 'Done and checked. It takes effect at the next boot.'
	[ "$(names)" = $'0000:01:00.0.conf\n0000:01:00.1.conf' ]
	[ "$(grep -lx early=yes "$T/$FILES"/* | wc -l)" = 2 ]
	grep -qx original=nouveau "$T/$FILES/0000:01:00.0.conf"
	diff - <(grep '^give ' "$T/$SCRIPT") <<-'TEXT'
		give 0000:01:00.0 vfio-pci 10de 1c03 1458 3716 0000:00/01.0/00.0 - -
		give 0000:01:00.1 vfio-pci 10de 10f1 1458 3716 0000:00/01.0/00.1 - -
	TEXT
	grep -qx 'manual_add_modules vfio-pci' "$T/$HOOK"
	[ "$(stat -c %a "$T/$SCRIPT" "$T/$HOOK")" = $'755\n755' ]
	[ -L "$T/$WANTS/$UNIT" ]
	[ "$(rebuilt)" = 2 ]
	images_agree
	# The driver stays what it is until the reboot.
	[ "$(readlink "$T/sys/bus/pci/devices/0000:01:00.0/driver")" = ../../../../bus/pci/drivers/nouveau ]
	[ ! -e "$T/sys/bus/pci/drivers_probe" ]
	live pci list --json
	json '[.devices[] | select(.at_boot) | [.address, .at_boot.early]] == [["0000:01:00.0", true], ["0000:01:00.1", true]]'
	remember
	live pci bind 01:00.0 --group --persist=initramfs
	exits 0
	says 'Nothing to change: the initramfs binds these devices already.'
	live --json pci bind 01:00.1 --persist=initramfs
	exits 0
	json '.changed == false and .applied == false and .steps == []'
	unchanged
	[ "$(rebuilt)" = 2 ]
}

# bats test_tags=deep
@test "bind --persist initramfs, without the sign: the hint has it" {
	on pci bind 01:00.0 --persist initramfs
	exits 2
	complains '--persist=initramfs, with the sign ='
	on pci bind 01:00.0
	exits 3
	complains 'with --persist its files are changed'
}

@test "bind --dry-run shows everything and writes nothing" {
	remember
	live pci bind 01:00.0 --persist=initramfs --dry-run
	exits 0
	says '+early=yes'
	says '+give 0000:01:00.0 vfio-pci 10de 1c03'
	says "create /$HOOK"
	says "run systemctl enable $UNIT"
	says 'run update-initramfs -u -k 6.1.0-56-amd64'
	says 'run update-initramfs -u -k 6.1.0-53-amd64'
	says 'Nothing was changed (--dry-run).'
	live --json pci bind 01:00.0 --persist=initramfs --dry-run
	exits 0
	json '.schema == "slicer.plan/1" and .changed and (.applied | not) and .verified == null and .reboot_required'
	json '[.steps[].kind] == ["replace", "replace", "replace", "run", "run", "run"]'
	unchanged
	[ ! -e "$T/var/lib/slicer/runs" ]
}

# bats test_tags=deep
@test "bind --json: one document, and the devices in it" {
	live --json pci bind 01:00.0 --persist=initramfs
	exits 0
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.changed and .applied and .verified and .deferred == [] and .reboot_required and .next == ["sudo reboot"]'
	json '.devices == [{address: "0000:01:00.0", driver_before: "nouveau", driver_after: "nouveau"}]'
	# Not now, but after the reboot.
	live pci bind 01:00.0 01:00.1 --persist=initramfs
	exits 0
	[[ $output != *'ready for a VM'* && $output != *'->'* ]]
}

# bats test_tags=deep
@test "a second device is put beside the first, and a device without early stays out of the images" {
	counted
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	live pci bind 01:00.0 --persist=initramfs
	exits 0
	[ "$(given)" = $'0000:01:00.0\n0000:02:00.0' ]
	images_agree
	[ "$(rebuilt)" = 4 ]
	[ "$(cat "$T/tmp/systemctl.log")" = "enable $UNIT" ]
	vfio_has 0000:01:00.1
	live pci bind 01:00.1 --persist
	exits 0
	[ "$(given)" = $'0000:01:00.0\n0000:02:00.0' ]
	[ "$(rebuilt)" = 4 ]
	# It joins them.
	live pci bind 01:00.1 --persist=initramfs
	exits 0
	[ "$(given)" = $'0000:01:00.0\n0000:01:00.1\n0000:02:00.0' ]
	images_agree
}

@test "bind: the serial number goes into the script, and files that can't be used are told" {
	echo 00-1b-21-ff-ff-aa-bb-cc >"$T/sys/bus/pci/devices/0000:02:00.0/serial_number"
	mkdir -p "$T/$FILES"
	printf 'address=0000:0c:00.0\ncolour=red\n' >"$T/$FILES/bad.conf"
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	says 'bad.conf:2: there is no such key'
	grep -qx 'give 0000:02:00.0 vfio-pci 8086 1533 8086 0001 0000:00/1c.0/00.0 00-1b-21-ff-ff-aa-bb-cc -' "$T/$SCRIPT"
	images_agree
}

# ---- unbind ----------------------------------------------------------------------------------

# bats test_tags=deep
@test "unbind --persist: of one of two, of the last" {
	remember
	undriven 0000:01:00.0 0000:02:00.0
	live pci bind 01:00.0 02:00.0 --persist=initramfs
	exits 0
	live pci unbind 02:00.0 --persist --dry-run
	exits 0
	says "remove /$FILES/0000:02:00.0.conf"
	says '-give 0000:02:00.0'
	[ "$(names | wc -l)" = 2 ]
	live pci unbind 02:00.0 --persist
	exits 0
	[ "$(names)" = 0000:01:00.0.conf ]
	[ "$(given)" = 0000:01:00.0 ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
	live --json pci unbind 01:00.0 --persist
	exits 0
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.changed and .applied and .verified'
	nothing_left
}

# bats test_tags=deep
@test "unbind --persist: a device that is gone leaves the images, too" {
	local dir
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	dir=$(realpath "$T/sys/bus/pci/devices/0000:02:00.0")
	rm -rf "$dir" "$T/sys/bus/pci/devices/0000:02:00.0" "$T"/sys/kernel/iommu_groups/*/devices/0000:02:00.0
	live pci unbind 02:00.0 --persist
	exits 0
	says 'only the file is removed: the device is not there'
	nothing_left
}

# bats test_tags=deep
@test "unbind --persist: the device is unbound now, too" {
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	# The override is what can be cleared here.
	undriven 0000:02:00.0
	echo vfio-pci >"$T/sys/bus/pci/devices/0000:02:00.0/driver_override"
	live --json pci unbind 02:00.0 --persist --dry-run
	exits 0
	json '[.steps[] | select(.path == "/sys/bus/pci/devices/0000:02:00.0/driver_override")] | length == 1'
	[ "$(cat "$T/sys/bus/pci/devices/0000:02:00.0/driver_override")" = vfio-pci ]
	live --json pci unbind 02:00.0 --persist
	exits 0
	json '.devices == [{address: "0000:02:00.0", driver_before: null, driver_after: null}]'
	# A file is not made shorter by what sysfs would take: a newline is written over the name.
	[ -z "$(head -n 1 "$T/sys/bus/pci/devices/0000:02:00.0/driver_override")" ]
	nothing_left
}

# bats test_tags=deep
@test "unbind --persist: refused before a driver is touched; one that stays is said" {
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	echo update_initramfs=no >"$T/etc/initramfs-tools/update-initramfs.conf"
	undriven 0000:02:00.0
	echo vfio-pci >"$T/sys/bus/pci/devices/0000:02:00.0/driver_override"
	remember
	live pci unbind 02:00.0 --persist
	exits 3
	complains 'update_initramfs=no'
	unchanged
	# The driver can't be taken away in this tree.
	echo update_initramfs=yes >"$T/etc/initramfs-tools/update-initramfs.conf"
	vfio_has 0000:02:00.0
	live --json pci unbind 02:00.0 --persist --timeout 1
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.error.code == "failed" and (.rolled_back | not)'
	json '.error.message | contains("everything is applied and checked, but") and contains("0000:02:00.0")'
	nothing_left
}

# bats test_tags=deep
@test "unbind --persist: where another generator makes the images by now" {
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	undriven 0000:02:00.0
	rm "$T/usr/sbin/mkinitramfs"
	program usr/local/bin/dracut <<<'#!/bin/sh'
	live pci unbind 02:00.0 --persist
	exits 0
	says 'no image is rebuilt'
	[ -z "$(names)" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
}

# bats test_tags=deep
@test "a device that was put into another slot: the script has its new address" {
	local dir
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	dir=$(realpath "$T/sys/bus/pci/devices/0000:02:00.0")
	mv "$dir" "${dir%/*}/0000:05:00.0"
	rm "$T/sys/bus/pci/devices/0000:02:00.0"
	ln -s ../../../devices/pci0000:00/0000:00:1c.0/0000:05:00.0 "$T/sys/bus/pci/devices/0000:05:00.0"
	undriven 0000:05:00.0
	live pci bind 05:00.0 --persist=initramfs
	exits 0
	[ "$(names)" = 0000:05:00.0.conf ]
	[ "$(given)" = 0000:05:00.0 ]
	images_agree
	live pci unbind 05:00.0 --persist
	exits 0
	nothing_left
}

# bats test_tags=deep
@test "plain --persist takes a device out of the images again, and binds it now" {
	live pci bind 01:00.0 02:00.0 --persist=initramfs
	exits 0
	vfio_has 0000:01:00.0 0000:02:00.0
	live pci bind 01:00.0 --persist
	exits 0
	says '0000:01:00.0: has vfio-pci already'
	[ "$(given)" = 0000:02:00.0 ]
	[ "$(names | wc -l)" = 2 ]
	[ "$(grep -lx early=yes "$T/$FILES"/*)" = "$T/$FILES/0000:02:00.0.conf" ]
	images_agree
	live --json pci bind 02:00.0 --persist
	exits 0
	json '[.next[] | contains("ready for a VM")] | any'
	[ ! -e "$T/$SCRIPT" ]
	[ ! -e "$T/$HOOK" ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
	# VFIO does not have this one: it is asked for it.
	undriven 0000:01:00.1
	: >"$T/sys/bus/pci/drivers_probe"
	live pci bind 01:00.1 --persist=initramfs
	exits 0
	[ ! -s "$T/sys/bus/pci/drivers_probe" ]
	live pci bind 01:00.1 --persist
	exits 4
	complains 'vfio-pci did not take 0000:01:00.1'
	[ "$(cat "$T/sys/bus/pci/drivers_probe")" = 0000:01:00.1 ]
}

# ---- what fails is taken back ------------------------------------------------------------------

# taken_back: a failed run said so, and all is as it was.
taken_back() {
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.error.code == "failed" and .rolled_back'
	nothing_left
	live setup-iommu --status
	exits 0
	says ' bind   rolled-back'
}

# bats test_tags=deep
@test "a generator that fails: for good, for one kernel, and once" {
	local what
	remember
	for what in 'exit 1' '[ "$3" != 6.1.0-53-amd64 ] || exit 1' '[ -e /tmp/once ] || { : >/tmp/once; exit 1; }'; do
		rm -rf "$T/var/lib/slicer" "$T/tmp/once"
		generator_is <<-SH
			#!/bin/sh
			$what
			exec /usr/sbin/update-initramfs.real "\$@"
		SH
		live --json pci bind 01:00.0 --group --persist=initramfs
		taken_back
		[ ! -e "$T/etc/slicer" ]
		rm "$T"/usr/sbin/update-initramfs
		mv "$T"/usr/sbin/update-initramfs{.real,}
		unchanged
		[ "$(tail -n 1 "$T/tmp/systemctl.log")" = "disable $UNIT" ]
	done
}

# lying SED WHY: mkinitramfs is changed so; that is found, and taken back.
lying() {
	local error
	rm -rf "$T/var/lib/slicer"
	sed "$1" "$TOP/tests/standins/mkinitramfs" | program usr/sbin/mkinitramfs
	! cmp -s "$TOP/tests/standins/mkinitramfs" "$T/usr/sbin/mkinitramfs" || false
	live --json pci bind 01:00.0 --group --persist=initramfs
	error=$(value .error.message)
	taken_back
	[[ $error == *"$2"* ]]
}

# bats test_tags=deep
@test "an image without the script, with another one, after udev, without the module: taken back" {
	lying '/^copies .* scripts.init-top$/d' \
		'the image does not hold /scripts/init-top/slicer-bind as it is on disk'
	lying 's|^\t\tread_text "$x"|&; [ "${x##*/}" != slicer-bind ] \|\| data="$data "|' \
		'the image does not hold /scripts/init-top/slicer-bind as it is on disk'
	lying 's|set -- \(/etc/.*\) /udev|set -- /udev \1|' \
		"the image's /scripts/init-top/ORDER does not have /scripts/init-top/slicer-bind before"
	lying '/ORDER$/d' 'does not have /scripts/init-top/slicer-bind before'
	lying '/\.ko"$/s/member/:/' 'the image lacks the module vfio-pci'
	# Only the second image lies.
	lying '/\.ko"$/s/member/[ "$version" = 6.1.0-53-amd64 ] || &/' 'the image lacks the module vfio-pci'
}

# bats test_tags=deep
@test "an image that keeps the script when the last device goes: the bind stays, and that is said" {
	undriven 0000:01:00.0
	live pci bind 01:00.0 --persist=initramfs
	exits 0
	cp "$T/$SCRIPT" "$T/tmp/kept"
	sed "s|^order\$|[ -e /$SCRIPT ] \|\| { read_text /tmp/kept; member 000081ED scripts/init-top/slicer-bind; }; &|" \
		"$TOP/tests/standins/mkinitramfs" |
		program usr/sbin/mkinitramfs
	live --json pci unbind 01:00.0 --persist
	exits 4
	json '.rolled_back and (.error.message | contains("still holds /scripts/init-top/slicer-bind"))'
	[ "$(names)" = 0000:01:00.0.conf ]
	[ "$(given)" = 0000:01:00.0 ]
	[ "$(stat -c %a "$T/$SCRIPT" "$T/$HOOK")" = $'755\n755' ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
}

# bats test_tags=deep
@test "another driver: its own module has to be in the image" {
	remember
	live pci bind 01:00.0 --persist=initramfs --driver nosuch
	exits 3
	complains 'the kernel 6.1.0-56-amd64 has no driver nosuch'
	unchanged
	live pci bind 01:00.0 --persist=initramfs --driver nouveau
	exits 0
	grep -qx 'manual_add_modules nouveau' "$T/$HOOK"
	grep -q '^give 0000:01:00.0 nouveau ' "$T/$SCRIPT"
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	grep -qx 'manual_add_modules nouveau vfio-pci' "$T/$HOOK"
	sed '/\.ko"$/s/member/[ "$name" = vfio-pci ] || &/' "$TOP/tests/standins/mkinitramfs" |
		program usr/sbin/mkinitramfs
	live pci bind 01:00.1 --persist=initramfs --driver snd_hda_intel
	exits 4
	complains 'the image lacks the module vfio-pci'
}

# bats test_tags=deep
@test "unbind without --persist leaves the early binds as they are" {
	undriven 0000:02:00.0
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	remember
	live pci unbind 02:00.0
	exits 0
	unchanged
	[ "$(given)" = 0000:02:00.0 ]
	images_agree
}

# bats test_tags=deep
@test "a file that was removed by hand: doctor names it, and unbind --persist takes the device out of the images" {
	undriven 0000:02:00.0
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	rm "$T/$FILES/0000:02:00.0.conf"
	live doctor
	says 'the initramfs binds 0000:02:00.0, and no file says so'
	says 'sudo slicer pci unbind 0000:02:00.0 --persist'
	live pci unbind 02:00.0 --persist
	exits 0
	[ ! -e "$T/$SCRIPT" ]
	images_agree
	live doctor
	[[ $output != *'no file says so'* ]]
}

# ---- interrupted -------------------------------------------------------------------------------

# killed ARG...: slicer with ARGs is killed while update-initramfs runs; that works again then.
killed() {
	local slicer generator
	rm -f "$T/tmp/started"
	generator_is <<-'SH'
		#!/bin/sh
		echo $PPID $$ >/tmp/started
		exec sleep 600
	SH
	inside /usr/local/bin/slicer "$@" >/dev/null 2>&1 </dev/null &
	wait_started 1
	read -r slicer generator <"$T/tmp/started"
	kill -KILL "$slicer" "$generator"
	wait $! || :
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
}

# bats test_tags=deep
@test "interrupted: named, and taken back by --undo" {
	local run
	remember
	killed pci bind 01:00.0 --group --persist=initramfs
	[ "$(names | wc -l)" = 2 ]
	run=$(cd "$T/var/lib/slicer/runs" && echo *)
	live doctor --json
	json '[.checks[] | select(.id == "bootloader.interrupted" and .status == "fail")] | length == 1'
	live setup-iommu --status
	exits 1
	says "$run  bind   interrupted"
	live pci bind 02:00.0 --persist=initramfs --dry-run
	exits 3
	complains 'an earlier run was interrupted, and not undone yet'
	complains 'without --dry-run it is undone first'
	[ "$(names | wc -l)" = 2 ]
	live setup-iommu --undo --yes
	exits 0
	says "the run $run was interrupted"
	[[ $output != *'stay bound at every boot'* ]]
	nothing_left
	[ "$(tail -n 1 "$T/tmp/systemctl.log")" = "disable $UNIT" ]
	unchanged
	live setup-iommu --status
	exits 0
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	images_agree
}

# bats test_tags=deep
@test "interrupted: the same command undoes it first, and begins again" {
	local run
	killed pci bind 01:00.0 --group --persist=initramfs
	live pci bind 01:00.0 --group --persist=initramfs
	exits 0
	[[ $output$stderr == *'was interrupted: it is undone first'* ]]
	says 'Done and checked. It takes effect at the next boot.'
	[ "$(names)" = $'0000:01:00.0.conf\n0000:01:00.1.conf' ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
	live setup-iommu --status
	exits 0
	# Another device, as JSON: of the interrupted run nothing is left.
	undriven 0000:01:00.0 0000:01:00.1
	live pci unbind 01:00.0 --group --persist
	exits 0
	killed pci bind 01:00.0 --group --persist=initramfs
	run=$(cd "$T/var/lib/slicer/runs" && printf '%s\n' * | tail -n 1)
	live --json pci bind 02:00.0 --persist=initramfs
	exits 0
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.applied and .verified'
	[ "$(value '.recovered[]')" = "$run" ]
	[ "$(names)" = 0000:02:00.0.conf ]
	images_agree
	# What was bound before the interrupted unbind is bound again, and then it is unbound.
	undriven 0000:02:00.0
	killed pci unbind 02:00.0 --persist
	[ -z "$(names)" ]
	live pci unbind 02:00.0 --persist
	exits 0
	nothing_left
}

# bats test_tags=deep
@test "interrupted: a plain bind undoes it first, too, and says so, in JSON and where it is refused then" {
	local run
	vfio_has 0000:02:00.0
	killed pci bind 01:00.0 --group --persist=initramfs
	run=$(cd "$T/var/lib/slicer/runs" && echo *)
	live --json pci bind 02:00.0 --persist
	exits 0
	[ "$(jq -s length <<<"$output")" = 1 ]
	[ "$(value '.recovered[]')" = "$run" ]
	[[ $stderr != *'slicer setup-iommu --undo'* ]]
	[ "$(names)" = 0000:02:00.0.conf ]
	live --json pci bind 02:00.0 --persist
	exits 0
	json '.recovered == []'
	killed pci bind 01:00.0 --group --persist=initramfs
	live --json pci bind 02:00.0 --driver nosuchdriver --persist
	exits 3
	json '.error.message | test("^the interrupted run [^ ]+ was undone; then: the running kernel has no driver nosuchdriver")'
	[ "$(names)" = 0000:02:00.0.conf ]
}

# bats test_tags=deep
@test "interrupted: another run that can't be read is in the way, but with --force" {
	killed pci bind 01:00.0 --group --persist=initramfs
	mkdir "$T/var/lib/slicer/runs/20200101T000000Z-000"
	echo junk >"$T/var/lib/slicer/runs/20200101T000000Z-000/manifest.json"
	live pci bind 01:00.0 --group --persist=initramfs
	exits 3
	complains --force
	[ "$(names | wc -l)" = 2 ]
	live pci bind 01:00.0 --group --persist=initramfs --force
	exits 0
	images_agree
}

# bats test_tags=deep
@test "interrupted: what setup-iommu left is for setup-iommu" {
	sed -i 's/intel_iommu=on//' "$T/etc/default/grub"
	inside update-grub >/dev/null 2>&1
	killed setup-iommu --ids 10de:1c03,10de:10f1 --yes
	vfio_has 0000:02:00.0
	live --json pci bind 02:00.0 --persist
	exits 0
	json '.recovered == []'
	[ "$(grep -c "'slicer doctor' tells how to go on" <<<"$stderr")" -eq 1 ]
	rm "$T/$FILES/0000:02:00.0.conf" "$T/$WANTS/$UNIT"
	live pci bind 02:00.0 --persist=initramfs
	exits 3
	complains 'an earlier run was interrupted, and not undone yet'
	complains 'setup-iommu undoes it and sets up again'
	[ -z "$(names)" ]
}

# bats test_tags=deep
@test "interrupted: what taking back makes is looked at, and what somebody changed since stays" {
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	killed pci bind 01:00.0 --persist=initramfs
	[ "$(given)" = $'0000:01:00.0\n0000:02:00.0' ]
	mv "$T/usr/sbin/mkinitramfs" "$T/usr/sbin/mkinitramfs.real"
	sed '/^copies .* scripts.init-top$/d' "$TOP/tests/standins/mkinitramfs" | program usr/sbin/mkinitramfs
	live setup-iommu --undo --yes
	exits 4
	complains 'does not hold /scripts/init-top/slicer-bind'
	mv "$T/usr/sbin/mkinitramfs.real" "$T/usr/sbin/mkinitramfs"
	echo '# mine' >>"$T/$FILES/0000:01:00.0.conf"
	live setup-iommu --undo --yes
	exits 0
	says "/$FILES/0000:01:00.0.conf was changed by somebody else since: it is left alone"
	says 'these devices stay bound at every boot: 0000:01:00.0 0000:02:00.0;'
	[ "$(given)" = 0000:02:00.0 ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
}

# bats test_tags=deep
@test "interrupted: setup-iommu undoes it first; the binds from before stay" {
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	killed pci unbind 02:00.0 --persist
	live --json setup-iommu --yes
	exits 0
	json '.recovered | length == 1'
	[ "$(given)" = 0000:02:00.0 ]
	[ "$(names)" = 0000:02:00.0.conf ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
}

# ---- together with setup-iommu -----------------------------------------------------------------

# bats test_tags=deep
@test "setup-iommu, again and --undo leave the early binds, in the images, too" {
	live_tree debian-grub off settle
	with_systemd
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	live setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	images_agree
	[ "$(given)" = 0000:02:00.0 ]
	live pci bind 01:00.0 --persist=initramfs
	exits 0
	live --json setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	json '.changed == false'
	live setup-iommu --yes --param mitigations=off
	exits 0
	images_agree
	live setup-iommu --undo --yes
	exits 0
	says 'these devices stay bound at every boot: 0000:01:00.0 0000:02:00.0; sudo slicer pci unbind 0000:01:00.0 0000:02:00.0 --persist ends that'
	restored
	[ ! -e "$T/etc/initramfs-tools/hooks/slicer-vfio" ]
	[ ! -e "$T/etc/modprobe.d/slicer-vfio.conf" ]
	[ "$(given)" = $'0000:01:00.0\n0000:02:00.0' ]
	[ -x "$T/$HOOK" ]
	[ -L "$T/$WANTS/$UNIT" ]
	images_agree
	[ -n "$(in_image "$T/boot/initrd.img-6.1.0-56-amd64" scripts/init-top/slicer-bind)" ]
	live --json setup-iommu --undo --yes
	exits 0
	json '.changed == false'
}

# bats test_tags=deep
@test "setup-iommu that is interrupted while there are early binds: taken back, they stay" {
	live_tree debian-grub off settle
	with_systemd
	live pci bind 02:00.0 --persist=initramfs
	exits 0
	remember
	killed setup-iommu --yes --ids 10de:1c03,10de:10f1
	live pci bind 01:00.0 --persist=initramfs
	exits 3
	complains 'an earlier run was interrupted'
	live setup-iommu --undo --yes
	exits 0
	images_agree
	[ "$(given)" = 0000:02:00.0 ]
	restored
}

# ---- refused -----------------------------------------------------------------------------------

# refused TEXT: with a reason, and nothing was changed. The machine is remembered.
refused() {
	exits 3
	error_only || [[ $output == warning:* ]]
	complains "$1"
	unchanged
}

# bats test_tags=deep
@test "refused: another generator, copies of the images, no generator, no image" {
	live_tree arch-sdboot ready
	with_systemd
	remember
	live pci bind 0000:01:00.0 --group --persist=initramfs
	refused "slicer can't put binds into the images of mkinitcpio"
	complains '--persist alone binds'
	[ ! -e "$T/etc/slicer" ]
	live_tree kernel-install ready settle
	with_systemd
	remember
	live pci bind 03:00.0 --persist=initramfs
	refused "which is no image of initramfs-tools's"
	complains '/boot/efi/'
	live_tree debian-grub ready
	with_systemd
	rm "$T"/boot/initrd.img-*
	sed -i '/^\s*initrd/d' "$T/boot/grub/grub.cfg"
	remember
	live pci bind 01:00.0 --persist=initramfs
	refused 'no kernel of the boot menu has an initramfs image'
	rm "$T/usr/sbin/update-initramfs"
	remember
	live pci bind 01:00.0 --persist=initramfs
	refused 'no initramfs generator was recognised'
}

# bats test_tags=deep
@test "refused: dracut" {
	rm "$T/usr/sbin/mkinitramfs"
	program usr/local/bin/dracut <<<'#!/bin/sh'
	remember
	live pci bind 01:00.0 --persist=initramfs
	refused "slicer can't put binds into the images of dracut"
}

# bats test_tags=deep
@test "refused: images that are not rebuilt, no systemd, names that change, what makes no sense" {
	echo update_initramfs=no >"$T/etc/initramfs-tools/update-initramfs.conf"
	remember
	live pci bind 01:00.0 --persist=initramfs
	refused 'update_initramfs=no in /etc/initramfs-tools/update-initramfs.conf'
	live --json pci bind 01:00.0 --persist=initramfs --dry-run
	exits 3
	json '.error.code == "refused"'
	echo update_initramfs=yes >"$T/etc/initramfs-tools/update-initramfs.conf"
	rmdir "$T/run/systemd/system"
	remember
	live pci bind 01:00.0 --persist=initramfs
	refused 'needs systemd'
	mkdir "$T/run/systemd/system"
	for what in other '' Initramfs 'initramfs,other'; do
		live pci bind 01:00.0 --persist="$what"
		exits 2
		error_only
		complains '--persist takes initramfs or nothing'
	done
	live pci unbind 01:00.0 --persist=initramfs
	exits 2
	[ ! -e "$T/etc/slicer" ]
}

# bats test_tags=deep
@test "refused: a disk controller where fstab or root= has a name that would change" {
	# The controller has no disk of the system's here: another one is looked at.
	rm -rf "$T"/sys/block/* "$T"/sys/class/block/*
	sed -i 's| 8:1 / / | 0:30 / / |' "$T/proc/self/mountinfo"
	echo '/dev/sdb1 /srv ext4 nofail 0 2' >>"$T/etc/fstab"
	remember
	live pci bind 00:17.0 --persist=initramfs
	refused '/etc/fstab names /dev/sdb1'
	complains --force
	# One that is no disk controller does not change them.
	live pci bind 01:00.0 --persist=initramfs --dry-run
	exits 0
	live pci bind 00:17.0 --persist=initramfs --force --dry-run
	exits 0
	says '/etc/fstab names /dev/sdb1'
	says +force=yes
	sed -i '\|/dev/sdb1|d' "$T/etc/fstab"
	sed -i 's|root=[^ ]*|& resume=/dev/nvme1n1p3|' "$T/proc/cmdline"
	remember
	live pci bind 00:17.0 --persist=initramfs
	refused 'the kernel command line has resume=/dev/nvme1n1p3'
}

# ---- another root ------------------------------------------------------------------------------

# bats test_tags=deep
@test "--root: files are written, programs are for later" {
	tree debian-grub ready
	on pci bind 01:00.0 --persist=initramfs
	exits 0
	says "sudo chroot $T update-initramfs -u -k 6.1.0-56-amd64"
	says "sudo chroot $T systemctl enable $UNIT"
	[ "$(given)" = 0000:01:00.0 ]
	[ -x "$T/$HOOK" ]
	on --json pci bind 02:00.0 --persist=initramfs
	exits 0
	json '.verified == null and [.deferred[] | .[0]] == ["systemctl", "update-initramfs", "update-initramfs"]'
	json '.devices == [{address: "0000:02:00.0", driver_before: "igb", driver_after: "igb"}]'
	on --json pci unbind 01:00.0 02:00.0 --persist
	exits 0
	json '[.deferred[] | .[0]] == ["update-initramfs", "update-initramfs"]'
	[ -z "$(names)" ]
	[ ! -e "$T/$SCRIPT" ]
	[ ! -e "$T/$HOOK" ]
}

# ---- what the script does ----------------------------------------------------------------------

# The shells that an initramfs has: dash, which klibc's sh is, and busybox; bash because it is here.
shells() {
	local s
	for s in dash 'busybox sh' 'bash --posix'; do
		! command -v "${s%% *}" >/dev/null || echo "$s"
	done
}
# starts SHELL...: it runs the script, in a tree whose sysfs is plain files.
starts() {
	inside env PATH=/usr/local/sbin:/usr/bin "$@" "/$SCRIPT" </dev/null 2>"$BATS_TEST_TMPDIR/script"
	[ ! -s "$BATS_TEST_TMPDIR/script" ] || cat "$BATS_TEST_TMPDIR/script"
}
# sysfs as it is before drivers are loaded: no driver, no overrides. What the kernel's files take is written there.
before_drivers() {
	local d
	rm -f "$T"/sys/bus/pci/devices/*/driver
	for d in "$T"/sys/bus/pci/devices/*; do
		echo '(null)' >"$d/driver_override"
	done
	rm -rf "$T"/sys/bus/pci/drivers/*/unbind
	: >"$T/sys/bus/pci/drivers_probe"
	: >"$T/dev/kmsg"
	rm -f "$T/tmp/modprobe.log"
	program usr/local/sbin/modprobe <<-'SH'
		#!/bin/sh
		echo "$*" >>/tmp/modprobe.log
		[ -e /tmp/no-driver ] || mkdir -p "/sys/bus/pci/drivers/$2"
	SH
}
override() { cat "$T/sys/bus/pci/devices/$1/driver_override"; }
probed() { cat "$T/sys/bus/pci/drivers_probe"; }
# Nothing was done to 02:00.0, and that was said.
left_alone() {
	[ "$(override 0000:02:00.0)" = '(null)' ]
	[ -z "$(probed)" ]
	[ ! -e "$T/tmp/modprobe.log" ]
	[ "$(cat "$T/dev/kmsg")" = "slicer: $1: not bound to vfio-pci" ]
}
# script DEVICE...: slicer writes the script for these.
script() {
	live pci bind "$@" --persist=initramfs
	exits 0
	[ -x "$T/$SCRIPT" ]
}

# bats test_tags=deep
@test "script: prerequisites, and no command of it is wrong in any shell" {
	local s
	script 02:00.0
	[ "$(inside sh "/$SCRIPT" prereqs)" = "" ]
	before_drivers
	[ -z "$(inside sh "/$SCRIPT" prereqs)" ]
	[ -z "$(probed)" ]
	while read -r s; do
		# shellcheck disable=SC2086 # words
		inside $s -n "/$SCRIPT"
		# shellcheck disable=SC2086
		inside $s -n "/$HOOK"
	done < <(shells)
}

# bats test_tags=deep
@test "script: binds each device, by the driver's name and the override" {
	local s
	script 01:00.0 02:00.0
	while read -r s; do
		before_drivers
		# shellcheck disable=SC2086 # words
		starts $s
		[ ! -s "$BATS_TEST_TMPDIR/script" ]
		[ "$(override 0000:01:00.0)" = vfio-pci ]
		[ "$(override 0000:02:00.0)" = vfio-pci ]
		# The last one that was written there.
		[ "$(probed)" = 0000:02:00.0 ]
		[ "$(sort -u "$T/tmp/modprobe.log")" = '-q vfio-pci' ]
		[ "$(override 0000:01:00.1)" = '(null)' ]
		[ ! -s "$T/dev/kmsg" ]
	done < <(shells)
}

# bats test_tags=deep
@test "script: systemd.mask= on the kernel command line keeps it from binding, too" {
	script 02:00.0
	before_drivers
	sed -i 's|$| systemd.mask=slicer-bind.service quiet|' "$T/proc/cmdline"
	starts sh
	[ "$(override 0000:02:00.0)" = '(null)' ]
	[ -z "$(probed)" ]
	grep -qx 'slicer: systemd.mask=slicer-bind.service: no device is bound' "$T/dev/kmsg"
	sed -i 's|slicer-bind.service|slicer-binder.service|' "$T/proc/cmdline"
	before_drivers
	starts sh
	[ "$(probed)" = 0000:02:00.0 ]
}

# bats test_tags=deep
@test "script: another device, none, other ports: left alone, and said" {
	local s attr dir
	script 02:00.0
	dir=$(realpath "$T/sys/bus/pci/devices/0000:02:00.0")
	while read -r s; do
		for attr in vendor device subsystem_vendor subsystem_device; do
			before_drivers
			mv "$dir/$attr" "$dir/kept"
			echo 0xbeef >"$dir/$attr"
			# shellcheck disable=SC2086 # words
			starts $s
			left_alone 'another device is at 0000:02:00.0'
			mv "$dir/kept" "$dir/$attr"
		done
		# The same card behind another port, with the same bus number.
		before_drivers
		mv "$dir" "$T/sys/devices/pci0000:00/0000:00:01.0/0000:02:00.0"
		ln -sfn ../../../devices/pci0000:00/0000:00:01.0/0000:02:00.0 "$T/sys/bus/pci/devices/0000:02:00.0"
		# shellcheck disable=SC2086
		starts $s
		left_alone 'another device is at 0000:02:00.0'
		mv "$T/sys/devices/pci0000:00/0000:00:01.0/0000:02:00.0" "$dir"
		ln -sfn ../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0 "$T/sys/bus/pci/devices/0000:02:00.0"
		before_drivers
		mv "$T/sys/bus/pci/devices/0000:02:00.0" "$BATS_TEST_TMPDIR/"
		# shellcheck disable=SC2086
		starts $s
		[ -z "$(probed)" ]
		[ "$(cat "$T/dev/kmsg")" = 'slicer: 0000:02:00.0 is not there: not bound to vfio-pci' ]
		mv "$BATS_TEST_TMPDIR/0000:02:00.0" "$T/sys/bus/pci/devices/"
		before_drivers
		# shellcheck disable=SC2086
		starts $s
		[ "$(probed)" = 0000:02:00.0 ]
	done < <(shells)
}

# bats test_tags=deep
@test "script: one that is left alone does not keep the next one from its driver" {
	script 01:00.0 02:00.0
	before_drivers
	echo 0xbeef >"$T/sys/bus/pci/devices/0000:01:00.0/device"
	starts sh
	[ "$(override 0000:01:00.0)" = '(null)' ]
	[ "$(override 0000:02:00.0)" = vfio-pci ]
	[ "$(probed)" = 0000:02:00.0 ]
	grep -q 'another device is at 0000:01:00.0' "$T/dev/kmsg"
}

# bats test_tags=deep
@test "script: without the driver, the IOMMU or another network controller a device keeps what it has" {
	local s dir
	script 02:00.0
	dir=$(realpath "$T/sys/bus/pci/devices/0000:02:00.0")
	# keeps TEXT: nothing is written, and the log has the reason.
	keeps() {
		# shellcheck disable=SC2086 # words
		starts $s
		[ "$(override 0000:02:00.0)" = '(null)' ]
		[ -z "$(probed)" ]
		[ "$(cat "$T/dev/kmsg")" = "slicer: $1" ]
	}
	while read -r s; do
		before_drivers
		rm -rf "$T/sys/bus/pci/drivers/vfio-pci"
		: >"$T/tmp/no-driver"
		keeps 'there is no driver vfio-pci: 0000:02:00.0 keeps its own'
		rm "$T/tmp/no-driver"
		before_drivers
		mv "$dir/iommu_group" "$BATS_TEST_TMPDIR/"
		keeps 'the IOMMU is off: 0000:02:00.0 keeps its own driver'
		mv "$BATS_TEST_TMPDIR/iommu_group" "$dir/"
		before_drivers
		mv "$T/sys/bus/pci/devices/0000:00:1f.6" "$BATS_TEST_TMPDIR/"
		keeps 'there is no other network controller: 0000:02:00.0 keeps its own driver'
		sed -i '/^give /s/ -$/ forced/' "$T/$SCRIPT"
		before_drivers
		# shellcheck disable=SC2086
		starts $s
		[ "$(probed)" = 0000:02:00.0 ]
		sed -i '/^give /s/ forced$/ -/' "$T/$SCRIPT"
		mv "$BATS_TEST_TMPDIR/0000:00:1f.6" "$T/sys/bus/pci/devices/"
	done < <(shells)
}

# bats test_tags=deep
@test "script: the serial number is compared where sysfs shows one" {
	local s serial=$T/sys/bus/pci/devices/0000:02:00.0/serial_number
	echo 00-1b-21-ff-ff-aa-bb-cc >"$serial"
	script 02:00.0
	while read -r s; do
		echo 00-1b-21-ff-ff-aa-bb-cc >"$serial"
		before_drivers
		# shellcheck disable=SC2086 # words
		starts $s
		[ "$(probed)" = 0000:02:00.0 ]
		echo 00-1b-21-ff-ff-aa-bb-cd >"$serial"
		before_drivers
		# shellcheck disable=SC2086
		starts $s
		left_alone 'another device is at 0000:02:00.0'
		# An older kernel.
		rm "$serial"
		before_drivers
		# shellcheck disable=SC2086
		starts $s
		[ "$(probed)" = 0000:02:00.0 ]
	done < <(shells)
}

# bats test_tags=deep
@test "script: a device that has a driver is taken from it; one that has the right one is not" {
	local s drivers=$T/sys/bus/pci/drivers
	script 02:00.0
	while read -r s; do
		before_drivers
		ln -sfn ../../../../bus/pci/drivers/igb "$T/sys/bus/pci/devices/0000:02:00.0/driver"
		# shellcheck disable=SC2086 # words
		starts $s
		[ "$(cat "$drivers/igb/unbind")" = 0000:02:00.0 ]
		[ "$(override 0000:02:00.0)" = vfio-pci ]
		[ "$(probed)" = 0000:02:00.0 ]
		before_drivers
		vfio_has 0000:02:00.0
		# shellcheck disable=SC2086
		starts $s
		[ ! -e "$drivers/vfio-pci/unbind" ]
		[ "$(override 0000:02:00.0)" = vfio-pci ]
		rm -r "$drivers/vfio-pci"
	done < <(shells)
}

# bats test_tags=deep
@test "script: ports are what slicer notes, also below VMD" {
	local s d host ports
	for host in debian-grub vmd two-gpu; do
		live_tree $host ready
		with_systemd
		cp "$TOP/templates/initramfs-bind" "$T/tmp/script"
		sed -i '/^@DEVICES@$/d' "$T/tmp/script"
		echo 'for d in /sys/bus/pci/devices/*; do ports_of "$d"; echo "${d##*/} $ports"; done' >>"$T/tmp/script"
		: >"$T/tmp/expected"
		for d in "$T"/sys/bus/pci/devices/*; do
			ports=$(realpath "$d")
			echo "${d##*/} ${ports#*/sys/devices/}" >>"$T/tmp/expected"
		done
		# pci0000:5d/0000:5d:05.5/pci10000:00/10000:00:00.0/10000:01:00.0: 0000:5d/05.5/00.0/00.0
		sed -E 's| pci([^/]*)| \1|; s|/pci[^/]*||g; s|/[0-9a-f]+:[0-9a-f]+:|/|g' "$T/tmp/expected" | LC_ALL=C sort >"$T/tmp/wanted"
		while read -r s; do
			# shellcheck disable=SC2086 # words
			inside $s /tmp/script </dev/null | LC_ALL=C sort | diff "$T/tmp/wanted" -
		done < <(shells)
	done
	# What slicer notes is that, too: the last host has the longest way to a device.
	undriven 0000:0b:00.0
	live pci bind 0b:00.0 --persist=initramfs
	exits 0
	grep -qx 'ports=0000:00/03.0/00.0/08.0/00.0' "$T/$FILES/0000:0b:00.0.conf"
	grep -qx '0000:0b:00.0 0000:00/03.0/00.0/08.0/00.0' "$T/tmp/wanted"
	grep -q '^give 0000:0b:00.0 .* 0000:00/03.0/00.0/08.0/00.0 - -$' "$T/$SCRIPT"
}
