#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Trial boots on a live machine (a tree as /): set up, booted, died, confirmed, taken back. The reboots are made by
# hand (tests/live.bash): what the loader does to its one-shot, /proc/cmdline, the boot's id, and an IOMMU that is there or not.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

WANT='intel_iommu=on iommu=pt'
SERVICE=etc/systemd/system/slicer-confirm.service
DROPIN=etc/systemd/system/multi-user.target.d/slicer-confirm.conf

setup() {
	host debian-grub
}

host() {
	live_tree "$1" off switched_on
}
# Plain functions, so that bats stops at the line: it does not at a "!".
none() { ! grep -rq -- "$@"; }
quiet_about() { [[ $output != *"$1"* ]]; }
id_of_trial() {
	grep -o 'slicer.trial=[^ ]*' "$T/$CUSTOM"
}

@test "a trial: the entry, the one-shot, nothing permanent; again: nothing to change" {
	cp -a "$T/etc" "$BATS_TEST_TMPDIR/etc"
	live --json setup-iommu --trial --yes
	exits 0
	json '.applied and .verified and .reboot_required'
	json '.next == ["sudo reboot", "sudo slicer doctor", "sudo slicer setup-iommu --confirm"]'
	[ "$(next_entry)" = slicer-trial ]
	grep -q "quiet $WANT slicer.trial=[0-9TZ]*-1a2b3c4d\$" "$T/$CUSTOM"
	cmp "$T/boot/grub/grub.cfg" "$TOP/tests/roots/debian-grub/next-off/boot/grub/grub.cfg"
	diff -r --no-dereference "$T/etc" "$BATS_TEST_TMPDIR/etc"
	live doctor --json
	exits 1
	json '.verdict == "reboot-needed" and .next[0] == "sudo reboot"'
	json '.checks[] | select(.id == "bootloader.trial") | .status == "warn"'
	json '[.cmdline.next_boot[].options] | all(contains("slicer") | not)'
	live --json setup-iommu --status
	exits 0
	json '.trial.state == "pending"'
	state_of "$T" >"$BATS_TEST_TMPDIR/set-up"
	live setup-iommu --trial --yes
	exits 0
	says "set up already"
	state_of "$T" | diff "$BATS_TEST_TMPDIR/set-up" -
}

# bats test_tags=deep
@test "a trial that is healthy is confirmed: permanent, and no trace of the trial; undo brings none back" {
	remember
	live setup-iommu --trial --yes
	exits 0
	boot trial
	iommu_on debian-grub
	live doctor
	exits 0
	says "this is the trial boot, and it is healthy"
	says "sudo slicer setup-iommu --confirm"
	live --json setup-iommu --confirm --yes
	exits 0
	json '.applied and .verified and (.reboot_required | not)'
	grep -q '^Now, in this order:' "$T/var/lib/slicer/next-steps.txt"
	live --json setup-iommu --status
	json '[.runs[] | select(.kind == "trial") | .state] == ["ended"]'
	[ ! -e "$T/$CUSTOM" ]
	[ -z "$(next_entry)" ]
	[ "$(grep -c "ro  quiet $WANT\$" "$T/boot/grub/grub.cfg")" -eq 3 ]
	none slicer.trial "$T/boot/grub/grub.cfg"
	live setup-iommu --confirm --yes
	exits 3
	complains "was confirmed or undone already"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$CUSTOM" ]
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	cmp "$T/boot/grub/grub.cfg" "$TOP/tests/roots/debian-grub/next-off/boot/grub/grub.cfg"
}

# bats test_tags=deep
@test "a trial in which the IOMMU is not on is not confirmed, unless forced" {
	live setup-iommu --trial --yes
	boot trial
	live doctor
	exits 1
	says "the IOMMU is not working"
	says "verdict: refused"
	remember
	live setup-iommu --confirm --yes
	exits 3
	error_only
	complains "refused"
	unchanged
	live setup-iommu --confirm --yes --force
	exits 0
	says "warning: --force"
	grep -q "$WANT" "$T/etc/default/grub"
	[ ! -e "$T/$CUSTOM" ]
}

# bats test_tags=deep
@test "before the reboot there is nothing to confirm" {
	live setup-iommu --confirm --yes
	exits 3
	complains "no trial boot to confirm"
	live setup-iommu --trial --yes
	remember
	live setup-iommu --confirm --yes
	exits 3
	complains "still to come"
	unchanged
}

# bats test_tags=deep
@test "a trial that died: doctor shows what its kernel left, confirm takes the entry away and says no" {
	remember
	live setup-iommu --trial --yes
	mkdir -p "$T/var/lib/systemd/pstore/170"
	printf '<0>[ 1.0] an old panic\n' >"$T/var/lib/systemd/pstore/170/dmesg.txt"
	touch -d '2020-01-01' "$T/var/lib/systemd/pstore/170/dmesg.txt"
	program usr/local/bin/journalctl <<-SH
		#!/bin/sh
		# The boot before the last is the trial.
		[ "\$3" = -2 ] || { echo 'Command line: BOOT_IMAGE=/k quiet'; exit 0; }
		echo "Command line: BOOT_IMAGE=/k quiet $(id_of_trial)"
		echo 'DMAR: DRHD: handling fault status reg 2'
		printf 'nvme nvme0: controller is down \033[31m\n'
	SH
	boot old
	live doctor
	exits 1
	says "the trial boot failed"
	says "DMAR: DRHD: handling fault status reg 2"
	says 'controller is down \x1b[31m'
	says "journalctl -k -b -2"
	quiet_about "an old panic"
	says "# this removes the failed trial's entry:"
	says 'sudo slicer setup-iommu --confirm'
	quiet_about $'next:    sudo slicer setup-iommu\n'
	# A dump of that boot comes before the journal.
	mkdir -p "$T/sys/fs/pstore"
	printf '<0>[ 1.0] Kernel panic - not syncing: VFS\n' >"$T/sys/fs/pstore/dmesg-efi-1"
	live doctor
	says "Kernel panic - not syncing: VFS"
	says "written since the trial was set up"
	rm -r "$T/sys/fs" "$T/var/lib/systemd" "$T/usr/local/bin/journalctl"
	live setup-iommu --confirm --yes
	exits 1
	says "this boot is not the trial"
	switched_on
	unchanged
	live setup-iommu --confirm --yes
	exits 3
}

# bats test_tags=deep
@test "undo takes a trial back before it was booted, and while it runs" {
	local when
	for when in before while; do
		remember
		live setup-iommu --trial --yes
		exits 0
		[ $when = before ] || boot trial
		live --json setup-iommu --undo --yes
		exits 0
		json '.applied and .verified'
		json ".reboot_required == $([ $when = before ] && echo false || echo true)"
		[ -z "$(next_entry)" ]
		host debian-grub
		unchanged
	done
}

# bats test_tags=deep
@test "setting up for good ends a trial" {
	live setup-iommu --trial --yes
	live setup-iommu --yes
	exits 0
	[ ! -e "$T/$CUSTOM" ]
	[ -z "$(next_entry)" ]
	grep -q "$WANT" "$T/etc/default/grub"
	# All is as wanted: a trial has nothing to try.
	live setup-iommu --trial --yes
	exits 3
	complains "nothing left to try"
	[ ! -e "$T/$CUSTOM" ]
}

# bats test_tags=deep
@test "a person's own custom.cfg stays as it is, to the byte" {
	printf 'menuentry "Mine" {\n\tlinux /k\n}\n# no newline' >"$T/$CUSTOM"
	cp "$T/$CUSTOM" "$BATS_TEST_TMPDIR/custom"
	live setup-iommu --trial --yes
	exits 0
	tail -c +"$(($(grep -b -o '# <<< slicer <<<' "$T/$CUSTOM" | cut -d: -f1) + 18))" "$T/$CUSTOM" |
		cmp - "$BATS_TEST_TMPDIR/custom"
	boot trial
	iommu_on debian-grub
	live setup-iommu --confirm --yes
	exits 0
	cmp "$T/$CUSTOM" "$BATS_TEST_TMPDIR/custom"
	live setup-iommu --undo --yes
	cmp "$T/$CUSTOM" "$BATS_TEST_TMPDIR/custom"
}

# bats test_tags=deep
@test "what can't be set up is taken back: grub-editenv fails, fails late, or lies" {
	remember
	: >"$T/tmp/no-editenv"
	live setup-iommu --trial --yes
	exits 4
	# Its undo fails as well, and that is said.
	complains "grub-editenv failed"
	complains "NOT everything"
	rm "$T/tmp/no-editenv"
	live setup-iommu --undo --yes
	exits 0
	unchanged
	: >"$T/tmp/late-editenv"
	live setup-iommu --trial --yes
	exits 4
	[ -z "$(next_entry)" ]
	[ ! -e "$T/$CUSTOM" ]
	rm "$T/tmp/late-editenv"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		exit 0
	SH
	live setup-iommu --trial --yes
	exits 4
	complains "does not know of it"
	complains "Everything was undone"
	[ ! -e "$T/$CUSTOM" ]
}

# A grub-editenv that says 0 and leaves half a block: that is no trial.
half_a_block() {
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		/usr/local/bin/grub-editenv.real "$@"
		truncate -s 512 "$1"
	SH
	live setup-iommu --trial --yes
	exits 4
	complains "/boot/grub/grubenv: the environment block has 512 bytes"
	complains "NOT everything"
}

# bats test_tags=deep
@test "grub-editenv says 0 and leaves half a block where there was none" {
	rm "$T/$ENV"
	half_a_block
}

# bats test_tags=deep
@test "grub-editenv says 0 and leaves half a block: that is no trial, and not everything is taken back" {
	remember
	half_a_block
	mv "$T/usr/local/bin/grub-editenv.real" "$T/usr/local/bin/grub-editenv"
	live setup-iommu --trial --yes
	exits 3
	complains "create it again: grub-editenv /boot/grub/grubenv create"
	editenv create
	live setup-iommu --undo --yes
	exits 0
	unchanged
}

# bats test_tags=deep
@test "a grub-editenv that takes its block away: that is told, and --undo makes it anew" {
	remember
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		rm -f /boot/grub/grubenv
	SH
	live setup-iommu --trial --yes
	exits 4
	complains "/boot/grub/grubenv, in which GRUB keeps its next entry, is gone"
	complains "NOT everything"
	[ ! -e "$T/$CUSTOM" ]
	mv "$T/usr/local/bin/grub-editenv.real" "$T/usr/local/bin/grub-editenv"
	live setup-iommu --undo --yes
	exits 0
	says "creates GRUB's environment block again"
	unchanged
}

# bats test_tags=deep
@test "a grub-editenv that loses what others keep in its block: that is told" {
	editenv set saved_entry=2
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		/usr/local/bin/grub-editenv.real "$1" create
		/usr/local/bin/grub-editenv.real "$@"
	SH
	live setup-iommu --trial --yes
	exits 4
	complains "/boot/grub/grubenv: what others keep in it has changed, it was: saved_entry=2"
	complains "NOT everything"
}

# bats test_tags=deep
@test "slicer is killed while it sets a trial up: the next run finds its way" {
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		[ ! -e /tmp/killed ] || exec /usr/local/bin/grub-editenv.real "$@"
		: >/tmp/killed
		kill -KILL $PPID $$
	SH
	live setup-iommu --trial --yes
	exits 137
	[ -e "$T/$CUSTOM" ]
	live setup-iommu --trial --yes
	exits 0
	[ "$(next_entry)" = slicer-trial ]
	[ "$(grep -c menuentry "$T/$CUSTOM")" -eq 1 ]
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$CUSTOM" ]
	[ -z "$(next_entry)" ]
}

# bats test_tags=deep
@test "grub-editenv is killed while the block is empty: it is made anew, and the trial set up or taken back" {
	live setup-iommu --trial --yes
	: >"$T/$ENV"
	live setup-iommu --trial --yes
	exits 0
	says "what others kept in it (saved_entry) is lost"
	[ "$(next_entry)" = slicer-trial ]
	: >"$T/$ENV"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$CUSTOM" ]
	[ "$(wc -c <"$T/$ENV")" -eq 1024 ]
	# Without an entry of slicer's it is not slicer's business.
	: >"$T/$ENV"
	live setup-iommu --yes
	exits 0
	[ ! -s "$T/$ENV" ]
}

# bats test_tags=deep
@test "slicer is killed before it has noted that all is confirmed: the next --confirm does it again" {
	local manifest
	mkdir -p "$T/run/systemd/system" "$T/etc/systemd/system"
	live setup-iommu --trial --auto-confirm --yes
	boot trial
	iommu_on debian-grub
	live setup-iommu --confirm --yes
	exits 0
	state_of "$T" >"$BATS_TEST_TMPDIR/confirmed"
	manifest=$(grep -l '"kind": "setup"' "$T"/var/lib/slicer/runs/*/manifest.json)
	sed -i 's/"state": "applied"/"state": "started"/' "$manifest"
	live setup-iommu --confirm --yes
	exits 0
	says "is undone first"
	state_of "$T" | diff "$BATS_TEST_TMPDIR/confirmed" -
	# The service's own, after a reset.
	manifest=$(grep -l '"kind": "setup"' "$T"/var/lib/slicer/runs/*/manifest.json | xargs grep -l '"state": "applied"')
	sed -i 's/"state": "applied"/"state": "started"/' "$manifest"
	: >"$T/proc/cmdline"
	boot old
	live setup-iommu --confirm --yes
	exits 1
	says "this boot is not the trial"
	none "$WANT" "$T/etc/default/grub" "$T/boot/grub/grub.cfg"
	[ ! -e "$T/$CUSTOM" ] && [ ! -e "$T/$SERVICE" ] && [ ! -e "$T/${DROPIN%/*}" ]
}

# bats test_tags=deep
@test "an undo that was cut short behind the service's file takes its directory away, too" {
	mkdir -p "$T/run/systemd/system" "$T/etc/systemd/system"
	remember
	live setup-iommu --trial --auto-confirm --yes
	live setup-iommu --undo --yes
	mkdir "$T/${DROPIN%/*}"
	grep -l '"kind": "undo"' "$T"/var/lib/slicer/runs/*/manifest.json | xargs sed -i 's/"state": "applied"/"state": "started"/'
	live setup-iommu --undo --yes
	exits 0
	unchanged
	# A directory of somebody else's stays.
	mkdir "$T/${DROPIN%/*}"
	live setup-iommu --yes
	live setup-iommu --undo --yes
	[ -d "$T/${DROPIN%/*}" ]
}

# bats test_tags=deep
@test "where GRUB can't write its environment block there is no trial" {
	local fs
	remember
	for fs in 'btrfs /dev/sda1' 'ext4 /dev/mapper/vg-root'; do
		sed -i "s#^22 .*#22 1 253:0 / / rw - $fs rw#" "$T/proc/self/mountinfo"
		mkdir -p "$T/sys/devices/virtual/block/dm-0"
		ln -sfn ../../devices/virtual/block/dm-0 "$T/sys/dev/block/253:0"
		live setup-iommu --trial --yes
		exits 3
		error_only
		complains "no trial boot here"
	done
	[ ! -e "$T/$CUSTOM" ]
	[ -z "$(next_entry)" ]
}

# bats test_tags=deep
@test "a contradiction that somebody wrote needs --force for a trial, too" {
	live_tree debian-grub blocked switched_on
	live setup-iommu --trial --yes
	exits 3
	complains "the opposite"
	live setup-iommu --trial --yes --force
	exits 0
	none 'linux.*intel_iommu=off' "$T/$CUSTOM"
	boot trial
	iommu_on debian-grub
	# What the trial tries to lift is no failure of the trial.
	live doctor --json
	exits 0
	json '[.checks[] | select(.status == "fail")] == []'
	json '.checks[] | select(.id == "cmdline.contradiction") | .fix == ["sudo slicer setup-iommu --confirm"]'
	live setup-iommu --confirm --yes
	exits 0
	none intel_iommu=off "$T/etc/default/grub"
}

# bats test_tags=deep
@test "auto-confirm: a service for the next boot, that goes with the trial" {
	live setup-iommu --trial --auto-confirm --yes
	exits 3
	complains "systemd"
	mkdir -p "$T/run/systemd/system" "$T/etc/systemd/system"
	remember
	live setup-iommu --trial --auto-confirm --yes
	exits 0
	says "slicer-confirm.service"
	grep -qx 'ExecStart=/usr/local/bin/slicer setup-iommu --confirm --yes --quiet' "$T/$SERVICE"
	grep -qx 'Wants=slicer-confirm.service' "$T/$DROPIN"
	# systemd before 244 starts no service that has both.
	[ "$(grep -cE '^(Type=oneshot|Restart=)' "$T/$SERVICE")" -eq 1 ]
	# Without it, after all.
	live setup-iommu --trial --yes
	exits 0
	[ ! -e "$T/$SERVICE" ] && [ ! -e "$T/${DROPIN%/*}" ]
	live setup-iommu --trial --auto-confirm --yes
	boot trial
	iommu_on debian-grub
	live setup-iommu --confirm --yes
	exits 0
	[ ! -e "$T/$SERVICE" ] && [ ! -e "$T/${DROPIN%/*}" ]
	grep -q "$WANT" "$T/etc/default/grub"
}

# bats test_tags=deep
@test "auto-confirm: no service for a program that others than root can replace" {
	local d
	mkdir -p "$T/run/systemd/system" "$T/etc/systemd/system"
	remember
	# The file itself, its directory, one further up; for the group, for others; the sticky bit is no way out.
	for d in 'g+w usr/local/bin/slicer' 'o+w usr/local/bin' 'g+w usr/local' '1777 usr/local/bin' 'o+w .'; do
		# shellcheck disable=SC2086 # mode and path
		(cd "$T" && chmod $d)
		live setup-iommu --trial --auto-confirm --yes
		exits 3
		complains "others than root can replace it"
		(cd "$T" && chmod 755 usr/local/bin/slicer usr/local/bin usr/local .)
	done
	if [ "$(id -u)" -eq 0 ]; then
		chown 1000 "$T/usr/local/bin/slicer"
		live setup-iommu --trial --auto-confirm --yes
		exits 3
		complains "owner 1000"
		chown 0 "$T/usr/local/bin/slicer"
	fi
	unchanged
	live setup-iommu --trial --auto-confirm --yes
	exits 0
}

# bats test_tags=deep
@test "auto-confirm: after a trial that died, the service takes everything away" {
	mkdir -p "$T/run/systemd/system" "$T/etc/systemd/system"
	remember
	live setup-iommu --trial --auto-confirm --yes
	boot old
	live setup-iommu --confirm --yes
	exits 1
	switched_on
	unchanged
}

# bats test_tags=deep
@test "systemd-boot: set up, booted, confirmed" {
	host arch-sdboot
	local entry=boot/loader/entries/slicer-trial.conf want='amd_iommu=on iommu=pt'
	cp -a "$T/boot/loader" "$BATS_TEST_TMPDIR/loader"
	live setup-iommu --trial --yes
	exits 0
	grep -q "^options .* $want slicer.trial=.*-1a2b3c4d\$" "$T/$entry"
	[ "$(next_entry)" = slicer-trial.conf ]
	cmp "$T/boot/loader/entries/arch.conf" "$BATS_TEST_TMPDIR/loader/entries/arch.conf"
	live doctor
	exits 1
	says "verdict: reboot-needed"
	live setup-iommu --trial --yes
	exits 0
	says "set up already"
	boot trial
	[ ! -e "$T/$ONESHOT" ]
	iommu_on arch-sdboot
	live doctor
	exits 0
	says "healthy"
	live setup-iommu --confirm --yes
	exits 0
	[ ! -e "$T/$entry" ]
	grep -q "$want\$" "$T/boot/loader/entries/arch.conf"
	live setup-iommu --undo --yes
	exits 0
	diff -r "$T/boot/loader" "$BATS_TEST_TMPDIR/loader"
}

# bats test_tags=deep
@test "systemd-boot: an entry that a power cut left empty, as FAT may" {
	host arch-sdboot
	remember
	live setup-iommu --trial --yes
	: >"$T/boot/loader/entries/slicer-trial.conf"
	rm "$T/$ONESHOT"
	cp -a "$T/boot" "$BATS_TEST_TMPDIR/boot"
	live setup-iommu --trial --yes
	exits 0
	grep -q '^options .*slicer.trial=' "$T/boot/loader/entries/slicer-trial.conf"
	rm -r "$T/boot" "$T/$ONESHOT"
	cp -a "$BATS_TEST_TMPDIR/boot" "$T/boot"
	live setup-iommu --undo --yes
	exits 0
	unchanged
}

# bats test_tags=deep
@test "systemd-boot, kernel-install: nothing of the trial but its parameters becomes permanent" {
	host kernel-install
	local entries=boot/efi/loader/entries
	cp -a "$T/$entries" "$BATS_TEST_TMPDIR/entries"
	live setup-iommu --trial --yes
	exits 0
	boot trial
	iommu_on kernel-install
	live setup-iommu --confirm --yes
	exits 0
	none slicer.trial "$T/etc/kernel" "$T/$entries"
	[ ! -e "$T/$entries/slicer-trial.conf" ]
	grep -q "ro quiet $WANT\$" "$T/etc/kernel/cmdline"
	[ "$(grep -l "$WANT" "$T/$entries"/*.conf | wc -l)" -eq 2 ]
}

# bats test_tags=deep
@test "systemd-boot, kernel-install: a confirm that fails leaves nothing of the running trial in the entries" {
	host kernel-install
	settle
	local entries=boot/efi/loader/entries
	live setup-iommu --trial --yes
	boot trial
	iommu_on kernel-install
	remember
	# The second entry that it makes is not right: all of it is taken back.
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		/usr/local/bin/kernel-install.real "$@"
		[ ! -e /tmp/once ] || [ -e /tmp/twice ] || { : >/tmp/twice; exit 1; }
		: >/tmp/once
	SH
	live setup-iommu --confirm --yes
	exits 4
	complains "Everything was undone"
	none slicer.trial "$T/$entries"/*amd64.conf
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	unchanged
}

# bats test_tags=deep
@test "kernel-install: a confirm that can't be taken back either: --undo in the trial boot keeps its parameters out of the entries" {
	host kernel-install
	settle
	local entries=boot/efi/loader/entries
	local old
	old=$(<"$T/proc/cmdline")
	live setup-iommu --trial --yes
	boot trial
	iommu_on kernel-install
	# The hook of update-initramfs fails, also while slicer takes back.
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		exit 1
	SH
	live setup-iommu --confirm --yes
	exits 4
	complains "NOT everything"
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	live setup-iommu --undo --yes
	exits 0
	says "create /etc/kernel/cmdline: kernel-install would take the running command line in its place"
	none slicer.trial "$T/$entries"/*amd64.conf
	none iommu= "$T/$entries"/*amd64.conf
	# After a boot with the old parameters the file has no use any more.
	boot old
	echo "$old" >"$T/proc/cmdline"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/kernel/cmdline" ]
}

# bats test_tags=deep
@test "systemd-boot: bootctl fails; undo; an entry that is pending is forgotten" {
	host arch-sdboot
	remember
	: >"$T/tmp/no-bootctl"
	live setup-iommu --trial --yes
	exits 4
	rm "$T/tmp/no-bootctl"
	live setup-iommu --undo --yes
	exits 0
	unchanged
	live setup-iommu --trial --yes
	exits 0
	[ -e "$T/$ONESHOT" ]
	live setup-iommu --undo --yes
	exits 0
	unchanged
}

# bats test_tags=deep
@test "another root: files are written, the program is left to the person" {
	on --json setup-iommu --trial --yes
	exits 0
	json '.verified == null and .deferred == [["grub-editenv", "/boot/grub/grubenv", "set", "next_entry=slicer-trial"]]'
	[ -s "$T/$CUSTOM" ]
	on doctor --json
	json '.checks[] | select(.id == "bootloader.trial") | .title | contains("nothing starts it")'
	on setup-iommu --trial --auto-confirm --yes
	exits 3
	on setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$CUSTOM" ]
}

# bats test_tags=deep
@test "a dry run and a check of a trial change nothing" {
	remember
	live setup-iommu --trial --dry-run
	exits 0
	says "slicer.trial="
	live setup-iommu --trial --check
	exits 1
	unchanged
}

# bats test_tags=deep
@test "options that don't go with a trial are usage errors" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # options
		slicer setup-iommu $words
		exits 2
		error_only
		complains hint:
	done <<-'EOF'
		--auto-confirm
		--trial --undo
		--trial --confirm
		--trial --status
		--trial --ids 10de:1c03
		--confirm --undo
		--confirm --status
		--confirm --param a
		--confirm --device 0000:01:00.0
		--status --dry-run
		--status --check
		--status --no-initramfs
	EOF
}

# bats test_tags=deep
@test "systemd-boot: a one-shot that a failed bootctl left half written is taken away by --undo" {
	host arch-sdboot
	remember
	live setup-iommu --trial --yes
	exits 0
	truncate -s 20 "$T/$ONESHOT"
	[ "$(next_entry)" = slicer-t ]
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$ONESHOT" ]
	unchanged
}
