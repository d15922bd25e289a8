#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The way back where the world is not as it was: another boot, another clock, other files, a journal that is damaged.

# shellcheck disable=SC2016 # text for the shells in the tree

# bats file_tags=deep
load helpers

WANT='intel_iommu=on iommu=pt'
RUNS=var/lib/slicer/runs
LOADER=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f

host() { # HOST [STATE]
	live_tree "$1" "${2:-off}" switched_on
}
# Plain functions, so that bats stops at the line: it does not at a "!".
none() { ! grep -rq -- "$@"; }
entries() { cat "$T"/boot/efi/loader/entries/*.conf; }
no_entry_has() { [ "$(entries | grep -c -- "$1")" -eq 0 ]; }
variable() { # NAME: its text
	tail -c +5 "$T/sys/firmware/efi/efivars/$1-$LOADER" | tr -d '\0'
}
# unprovable PARAM: somebody else's drop-in that adds it, and that slicer can't prove.
unprovable() {
	mkdir -p "$T/etc/default/grub.d"
	echo 'if [ "$(uname)" = Linux ]; then GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT '"$1"'"; fi' \
		>"$T/etc/default/grub.d/zz.cfg"
}
newest_kind() {
	jq -r .kind "$T/$RUNS/$(ls "$T/$RUNS" | tail -n 1)/manifest.json"
}

@test "undo in a rescue boot: what was typed into the menu does not become the entries' command line" {
	host kernel-install
	live setup-iommu --yes
	exits 0
	sed -i 's/$/ systemd.unit=rescue.target/' "$T/proc/cmdline"
	live setup-iommu --undo --yes
	exits 0
	says "/etc/kernel/cmdline stays, without slicer's parameters"
	[ "$(cat "$T/etc/kernel/cmdline")" = "root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet" ]
	no_entry_has rescue.target
	no_entry_has "$WANT"
	[ "$(entries | grep -c '^options .*quiet')" -eq 2 ]
	# Not before a boot with what it says.
	live setup-iommu --undo --yes
	says "slicer has left nothing"
	[ -e "$T/etc/kernel/cmdline" ]
	sed -i 's/ systemd.unit=rescue.target//' "$T/proc/cmdline"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/kernel/cmdline" ]
	[ "$(entries | grep -c '^options .*quiet')" -eq 2 ]
	live setup-iommu --undo --yes
	says "slicer has left nothing"
}

@test "undo in a rescue boot: also where the parameters were taken out of the file by hand" {
	host kernel-install
	live setup-iommu --yes
	exits 0
	sed -i "s/ $WANT//" "$T/etc/kernel/cmdline"
	sed -i 's/$/ single/' "$T/proc/cmdline"
	live setup-iommu --undo --yes
	exits 0
	[ -s "$T/etc/kernel/cmdline" ]
	no_entry_has single
}

@test "undo where the configuration can't be proven any more: the menu is made anew all the same" {
	host debian-grub
	live setup-iommu --yes
	exits 0
	unprovable a
	live setup-iommu --undo --yes
	exits 0
	says "run update-grub"
	none iommu= "$T/boot/grub/grub.cfg" "$T/etc/default/grub"
}

@test "undo where the menu keeps the parameters although its program says 0: that is no success" {
	host debian-grub
	live setup-iommu --yes
	exits 0
	unprovable a
	cp "$T/boot/grub/grub.cfg" "$T/boot/grub/mine"
	program usr/sbin/grub-mkconfig <<-'SH'
		#!/bin/sh
		for out; do :; done
		cat /boot/grub/mine >"$out"
	SH
	live setup-iommu --undo --yes
	exits 4
	complains "still has intel_iommu=on"
	grep -q "$WANT" "$T/etc/default/grub"
}

@test "a clock that went back: runs stay in the order in which they were made" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	mv "$T/$RUNS"/* "$T/$RUNS/20991231T235959Z-000"
	on setup-iommu --undo --yes
	exits 0
	[ "$(ls "$T/$RUNS" | tail -n 1)" = 20991231T235959Z-001 ]
	[ "$(newest_kind)" = undo ]
	# That undo was cut short: going on does not bring the parameters back.
	sed -i 's/"state": "applied"/"state": "started"/' "$T/$RUNS/20991231T235959Z-001/manifest.json"
	sed -i 's/"state": "undone"/"state": "applied"/' "$T/$RUNS/20991231T235959Z-000/manifest.json"
	on setup-iommu --undo --yes
	exits 0
	none iommu= "$T/etc/default/grub"
}

@test "an interrupted run whose journal is damaged: nothing is set up over it" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	sed -i 's/"state": "applied"/"state": "started"/' "$T/$RUNS"/*/manifest.json
	rm "$T/$RUNS"/*/0.before
	remember
	on setup-iommu --yes
	exits 3
	complains 0.before
	complains --force
	unchanged
	on setup-iommu --yes --force --param panic=10
	exits 0
	says 0.before
}

@test "a name that the journal can't hold: refused before anything is changed" {
	tree debian-grub off
	printf 'GRUB_CMDLINE_LINUX="label=caf\351"\n' >>"$T/etc/default/grub"
	remember
	on setup-iommu --yes --remove-param label
	exits 3
	complains "not valid UTF-8"
	unchanged
	on setup-iommu --status
	exits 0
}

@test "somebody's custom.cfg is a link: only a trial minds" {
	host debian-grub
	ln -s /root/my.cfg "$T/boot/grub/custom.cfg"
	live setup-iommu --trial --yes
	exits 3
	complains "is a link"
	live setup-iommu --yes
	exits 0
	live setup-iommu --undo --yes
	exits 0
	mkdir -p "$T/root"
	echo '# mine' >"$T/root/my.cfg"
	live setup-iommu --yes
	exits 0
	live setup-iommu --undo --yes
	exits 0
	[ -L "$T/boot/grub/custom.cfg" ]
}

@test "a trial is pending while programs rewrite the ESP: the loader forgets it first, and knows of it if they fail" {
	host kernel-install
	live setup-iommu --trial --yes
	exits 0
	[ -n "$(next_entry)" ]
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-SH
		#!/bin/sh
		[ ! -e /sys/firmware/efi/efivars/LoaderEntryOneShot-$LOADER ] || echo set >>/tmp/set
		[ ! -e /tmp/broken ] || exit 1
		exec /usr/sbin/update-initramfs.real "\$@"
	SH
	: >"$T/tmp/broken"
	live setup-iommu --yes
	exits 4
	[ ! -e "$T/tmp/set" ]
	rm "$T/tmp/broken"
	live setup-iommu --undo --yes
	exits 0
	live setup-iommu --trial --yes
	exits 0
	live setup-iommu --yes
	exits 0
	[ ! -e "$T/tmp/set" ]
	[ -z "$(next_entry)" ]
	[ -z "$(trial_entry)" ]
}

@test "a set-up over a pending trial fails once: all is taken back, the trial included" {
	host kernel-install
	settle
	live setup-iommu --trial --yes
	exits 0
	remember
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		[ ! -e /tmp/failed ] || exec /usr/local/bin/kernel-install.real "$@"
		: >/tmp/failed
		exit 1
	SH
	live setup-iommu --yes
	exits 4
	complains "Everything was undone"
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	unchanged
}

@test "what systemd-boot starts before any default: not while programs rewrite the ESP" {
	host kernel-install
	inside /usr/local/bin/bootctl set-oneshot other.conf
	remember
	live setup-iommu --yes
	exits 3
	complains "would start other.conf, which was set to be started once"
	complains 'bootctl set-oneshot ""'
	unchanged
	inside /usr/local/bin/bootctl set-oneshot ''
	echo 'preferred other*' >>"$T/boot/efi/loader/loader.conf"
	live setup-iommu --yes
	exits 3
	complains "would start other*, which systemd-boot is told to prefer"
}

@test "LoaderEntryDefault wins over loader.conf: the shelter stands there, and goes" {
	local id
	host kernel-install
	id=$(basename "$T"/boot/efi/loader/entries/*6.12.117*.conf)
	inside /usr/local/bin/bootctl set-default "$id"
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-SH
		#!/bin/sh
		tail -c +5 /sys/firmware/efi/efivars/LoaderEntryDefault-$LOADER | tr -d '\\0' >>/tmp/default
		exec /usr/sbin/update-initramfs.real "\$@"
	SH
	live setup-iommu --yes
	exits 0
	grep -q '^slicer-shelter.conf' "$T/tmp/default"
	[ "$(variable LoaderEntryDefault)" = "$id" ]
	[ ! -e "$T/boot/efi/slicer-shelter" ]
}

@test "a bootctl that says 0 and does nothing: without a shelter no program runs" {
	local id
	host kernel-install
	id=$(basename "$T"/boot/efi/loader/entries/*6.12.117*.conf)
	inside /usr/local/bin/bootctl set-default "$id"
	remember
	mv "$T/usr/local/bin/bootctl" "$T/usr/local/bin/bootctl.real"
	program usr/local/bin/bootctl <<-'SH'
		#!/bin/sh
		exit 0
	SH
	live setup-iommu --yes
	exits 3
	complains "bootctl ended well, but LoaderEntryDefault is not what it was told"
	mv "$T/usr/local/bin/bootctl.real" "$T/usr/local/bin/bootctl"
	unchanged
}

@test "killed between the default and the shelter's entry: the next run has a shelter of its own" {
	local id
	host kernel-install
	id=$(basename "$T"/boot/efi/loader/entries/*6.12.117*.conf)
	inside /usr/local/bin/bootctl set-default "$id"
	mv "$T/usr/local/bin/bootctl" "$T/usr/local/bin/bootctl.real"
	program usr/local/bin/bootctl <<-'SH'
		#!/bin/sh
		/usr/local/bin/bootctl.real "$@"
		[ "$2" = slicer-shelter.conf ] || [ -e /tmp/killed ] || { : >/tmp/killed; kill -KILL $PPID $$; }
	SH
	live setup-iommu --yes
	exits 137
	[ "$(variable LoaderEntryDefault)" = "$id" ]
	[ -e "$T/boot/efi/loader/entries/slicer-shelter.conf" ]
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-SH
		#!/bin/sh
		tail -c +5 /sys/firmware/efi/efivars/LoaderEntryDefault-$LOADER | tr -d '\\0' >>/tmp/default
		echo >>/tmp/default
		exec /usr/sbin/update-initramfs.real "\$@"
	SH
	live setup-iommu --yes
	exits 0
	[ "$(sort -u "$T/tmp/default")" = slicer-shelter.conf ]
	[ "$(variable LoaderEntryDefault)" = "$id" ]
	[ ! -e "$T/boot/efi/slicer-shelter" ]
}

@test "killed while what was set up is taken back: a file that was only there meanwhile goes, too" {
	host kernel-install
	remember
	live setup-iommu --yes
	exits 0
	sed -i 's/"state": "applied"/"state": "started"/' "$T/$RUNS"/*/manifest.json
	cp "$T/$RUNS"/*/*.for-programs "$T/etc/kernel/cmdline"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/kernel/cmdline" ]
	no_entry_has "$WANT"
}

@test "--trial where there is nothing to try: told, and an old trial ends" {
	host debian-grub ready
	live setup-iommu --trial --param panic=10 --yes
	exits 0
	live setup-iommu --trial --yes
	exits 0
	says "no trial was set up"
	[ -z "$(next_entry)" ]
	[ ! -e "$T/$CUSTOM" ]
}

@test "--trial of what is configured, and does not run yet: refused, the next boot would be no trial" {
	host debian-grub
	live setup-iommu --yes
	exits 0
	live setup-iommu --trial --yes
	exits 3
	complains "nothing left to try"
	complains "--undo"
	[ ! -e "$T/$CUSTOM" ]
}

@test "--trial again in a trial that was not confirmed: refused, it could not be confirmed any more" {
	host debian-grub
	live setup-iommu --trial --yes
	exits 0
	boot trial
	iommu_on debian-grub
	live setup-iommu --trial --yes
	exits 3
	complains "was not confirmed yet"
	complains "--confirm makes it permanent"
	live setup-iommu --confirm --yes
	exits 0
}

@test "an undo whose programs were deferred: the next one still names them" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	on setup-iommu --undo --yes
	exits 0
	says "update-grub"
	on setup-iommu --undo --yes
	exits 0
	says "left by the last undo, to be run inside the root if it was not since: update-grub"
}

@test "--confirm without a trial after an interrupted run: what was undone is said, and what is deferred" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	sed -i 's/"state": "applied"/"state": "started"/' "$T/$RUNS"/*/manifest.json
	on setup-iommu --confirm --yes
	exits 3
	complains "was undone; then: there is no trial boot to confirm"
	none iommu= "$T/etc/default/grub"
}

@test "--quiet: deferred programs, a plan that was asked for, and a trial that is not confirmed are results" {
	tree debian-grub off
	on --quiet setup-iommu --dry-run
	exits 0
	says "iommu=pt"
	on --quiet setup-iommu --yes
	exits 0
	says "Deferred, because the root is"
	on --quiet setup-iommu --undo --yes
	exits 0
	says update-grub
	host debian-grub
	live setup-iommu --trial --yes
	exits 0
	boot trial
	boot old
	sed -i 's/ slicer.trial=[^ ]*//' "$T/proc/cmdline"
	live --quiet setup-iommu --confirm --yes
	exits 1
	says "Not confirmed: this boot is not the trial"
}

# The shelter of a run that was killed while a program wrote, its default in LoaderEntryDefault.
killed_in_shelter() {
	local id
	host kernel-install
	id=$(basename "$T"/boot/efi/loader/entries/*6.12.117*.conf)
	[ "$1" != variable ] || inside /usr/local/bin/bootctl set-default "$id"
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		kill -KILL $PPID $$
	SH
	live setup-iommu --yes
	exits 137
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	[ -e "$T/boot/efi/slicer-shelter/linux" ]
}

@test "--root after a power cut: what boots stays until the programs have run" {
	local kind
	for kind in variable file; do
		killed_in_shelter "$kind"
		on setup-iommu --yes
		exits 3
		complains "they have to run before anything is set up"
		on setup-iommu --undo --yes
		exits 0
		says "slicer-shelter.conf stays what boots"
		none iommu= "$T/etc/kernel"
		[ -e "$T/boot/efi/slicer-shelter/linux" ]
		[ -e "$T/boot/efi/loader/entries/slicer-shelter.conf" ]
		live setup-iommu --undo --yes
		exits 0
		[ ! -e "$T/boot/efi/slicer-shelter" ]
		live setup-iommu --status
		exits 0
	done
}

@test "LoaderEntryDefault can't be read: nothing that it may start is taken away" {
	killed_in_shelter variable
	mv "$T/sys/firmware/efi/efivars" "$T/sys/firmware/efi/away"
	live setup-iommu --undo --yes
	exits 4
	complains "LoaderEntryDefault can't be read"
	[ -e "$T/boot/efi/slicer-shelter/linux" ]
	mv "$T/sys/firmware/efi/away" "$T/sys/firmware/efi/efivars"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/boot/efi/slicer-shelter" ]
}

@test "a line of slicer's that a lost run left in loader.conf: no reason to refuse, and no more there afterwards" {
	host kernel-install
	printf 'default slicer-shelter.conf\ndefault *6.12*\n' >>"$T/boot/efi/loader/loader.conf"
	live setup-iommu --yes
	exits 0
	none slicer-shelter "$T/boot/efi/loader"
	grep -q '^default \*6.12\*$' "$T/boot/efi/loader/loader.conf"
}

@test "a loader.conf that a power cut has spoiled: one clear error" {
	host kernel-install
	printf 'timeout 3\n\0\0\0\0' >"$T/boot/efi/loader/loader.conf"
	remember
	live setup-iommu --yes
	exits 3
	complains "loader.conf"
	unchanged
}

@test "undo where somebody else's file, which can't be proven, has the same parameter: that is theirs" {
	host debian-grub
	live setup-iommu --yes
	exits 0
	unprovable intel_iommu=on
	live setup-iommu --undo --yes
	exits 0
	none iommu "$T/etc/default/grub"
	grep -q intel_iommu=on "$T/boot/grub/grub.cfg"
}

@test "a run that is over needs no contents any more" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	on setup-iommu --undo --yes
	exits 0
	rm "$T/$RUNS"/*-000/0.before
	on setup-iommu --yes --param panic=10
	exits 0
	on setup-iommu --undo --yes
	exits 0
}

@test "--trial of a removal that is configured, and still runs: refused" {
	host debian-grub ready
	on setup-iommu --yes --remove-param quiet
	exits 0
	on setup-iommu --trial --yes --remove-param quiet
	exits 3
	complains "nothing left to try"
}

@test "undo after the reboot where the loader can't plan: the parameters go from slicer's own file" {
	host kernel-install
	live setup-iommu --yes
	exits 0
	sed -i "s/\$/ $WANT/" "$T/proc/cmdline"
	# An entry that nobody can make again: its kernel's image is gone.
	rm "$T"/boot/initrd.img-*
	on setup-iommu --undo --yes
	exits 0
	[ "$(cat "$T/etc/kernel/cmdline")" = "root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet" ]
	says kernel-install
}

# A set-up that was cut in the first kernel-install, before any other program.
cut_in_kernel_install() {
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		kill -KILL $PPID $$
	SH
	live setup-iommu --yes --no-initramfs
	exits 137
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
}

@test "hand-written entries beside kernel-install's: undo gives each back its own" {
	local mine
	host kernel-install
	mine=$T/boot/efi/loader/entries/mine.conf
	echo kernel >"$T/boot/efi/mine"
	printf 'title Mine\nlinux /mine\noptions root=/dev/vda2 iommu=pt\n' >"$mine"
	remember
	live setup-iommu --yes
	exits 0
	grep -q ' iommu=pt intel_iommu=on$' "$mine"
	live setup-iommu --undo --yes
	exits 0
	[ "$(tail -n 1 "$mine")" = 'options root=/dev/vda2 iommu=pt' ]
	[ "$(entries | grep -c intel_iommu)" -eq 0 ]

	# The same after an interruption.
	cut_in_kernel_install
	live setup-iommu --yes
	exits 0
	grep -q ' iommu=pt intel_iommu=on$' "$mine"
	live setup-iommu --undo --yes
	exits 0
	[ "$(tail -n 1 "$mine")" = 'options root=/dev/vda2 iommu=pt' ]
}

@test "what an interrupted run had not come to is left as it was, whatever is configured" {
	host kernel-install
	echo 'root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet' >"$T/etc/kernel/cmdline"
	sed -i '/^options/s/ quiet/ noisy/' "$T"/boot/efi/loader/entries/*.conf
	cut_in_kernel_install
	live setup-iommu --yes
	exits 0
	[ "$(entries | grep -c "$WANT")" -eq 2 ]
}

@test "grubenv is changed by others while --confirm runs: no business of its" {
	host debian-grub
	live setup-iommu --trial --yes
	exits 0
	boot trial
	iommu_on debian-grub
	mv "$T/usr/sbin/update-grub" "$T/usr/sbin/update-grub.real"
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		/usr/local/bin/grub-editenv /boot/grub/grubenv set saved_entry=theirs
		exec /usr/sbin/update-grub.real "$@"
	SH
	live setup-iommu --confirm --yes
	exits 0
	grep -q '^saved_entry=theirs$' "$T/boot/grub/grubenv"
}

# A trial that was cut short by a grub-editenv that took its block away, and an undo that was cut after it made it anew.
undo_cut_behind_create() {
	host debian-grub
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		rm /boot/grub/grubenv
		kill -KILL $PPID $$
	SH
	live setup-iommu --trial --yes
	exits 137
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		/usr/local/bin/grub-editenv.real "$@"
		[ "$2" != create ] || kill -KILL $PPID $$
	SH
	live setup-iommu --undo --yes
	exits 137
	mv "$T/usr/local/bin/grub-editenv.real" "$T/usr/local/bin/grub-editenv"
	[ -s "$T/boot/grub/grubenv" ]
}

@test "an undo was cut when it had made grubenv anew: what others put into it since stays" {
	undo_cut_behind_create
	inside /usr/local/bin/grub-editenv /boot/grub/grubenv set saved_entry=theirs
	live setup-iommu --yes
	exits 0
	grep -q '^saved_entry=theirs$' "$T/boot/grub/grubenv"
}

@test "a grub-editenv that says it made the block anew, and did not" {
	host debian-grub
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		rm -f /boot/grub/grubenv
	SH
	live setup-iommu --trial --yes
	exits 4
	live setup-iommu --undo --yes
	exits 4
	complains "was to be regenerated"
	mv "$T/usr/local/bin/grub-editenv.real" "$T/usr/local/bin/grub-editenv"
	live setup-iommu --undo --yes
	exits 0
	[ -s "$T/boot/grub/grubenv" ]
}

@test "grubenv became a link: it is not gone, and nothing is written over it" {
	host debian-grub
	mv "$T/usr/local/bin/grub-editenv" "$T/usr/local/bin/grub-editenv.real"
	program usr/local/bin/grub-editenv <<-'SH'
		#!/bin/sh
		kill -KILL $PPID $$
	SH
	live setup-iommu --trial --yes
	exits 137
	mv "$T/usr/local/bin/grub-editenv.real" "$T/usr/local/bin/grub-editenv"
	inside /usr/local/bin/grub-editenv /boot/grub/grubenv set saved_entry=theirs
	mv "$T/boot/grub/grubenv" "$T/boot/grub/env"
	ln -s env "$T/boot/grub/grubenv"
	live setup-iommu --undo --yes
	grep -q '^saved_entry=theirs$' "$T/boot/grub/env"
}

@test "a run whose manifest was put aside: what it kept is not swept away" {
	local run
	host debian-grub
	live setup-iommu --yes
	exits 0
	run=$(echo "$T/$RUNS"/*)
	mv "$run/manifest.json" "$run/manifest.json.bad"
	cp -a "$run" "$T.kept"
	live setup-iommu --yes --param more=1
	exits 0
	diff -r "$T.kept" "$run"
}

@test "a drop-in that can't be understood: those behind it may say what the menu has" {
	host debian-grub
	live setup-iommu --yes
	exits 0
	mkdir -p "$T/etc/default/grub.d"
	printf '# harmless\r\n' >"$T/etc/default/grub.d/10-x.cfg"
	echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX iommu=pt"' >"$T/etc/default/grub.d/50-mine.cfg"
	live setup-iommu --undo --yes
	exits 0
	grep -q iommu=pt "$T/boot/grub/grub.cfg"
	[ "$(grep -c intel_iommu "$T/boot/grub/grub.cfg")" -eq 0 ]
}

@test "--root: a run that was killed before its shelter's entry was there is taken back" {
	killed_in_shelter variable
	rm "$T/boot/efi/loader/entries/slicer-shelter.conf"
	on setup-iommu --undo --yes
	exits 0
}
