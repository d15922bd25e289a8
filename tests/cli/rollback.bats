#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that fail or hang also while slicer takes back: it comes to an end, and what it says is true.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

setup() {
	tree debian-grub off
	alive
}

# started N: waits until /tmp/started in the tree has N lines.
started() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -e "$T/tmp/started" ] || [ "$(wc -l <"$T/tmp/started")" -lt "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

restored() {
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	! grep -q iommu= "$T/boot/grub/grub.cfg"
}

@test "a generator that hangs for good: the first Ctrl-C takes back, the second stops it there, too" {
	local slicer status=0
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		echo half >"/boot/initrd.img-$3"
		echo $PPID >>/tmp/started
		exec sleep 600
	SH
	inside /usr/local/bin/slicer setup-iommu --yes >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null &
	started 1
	slicer=$(head -1 "$T/tmp/started")
	kill -INT "$slicer"
	started 2
	grep -q 'taking back what was done (Ctrl-C stops a program that hangs)' "$BATS_TEST_TMPDIR/err"
	kill -INT "$slicer"
	wait $! || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	[ "$status" -eq 4 ]
	complains "NOT everything"
	complains "what update-initramfs makes is not as before (interrupted; update-initramfs was stopped)"
	complains "setup-iommu --undo"
	[ "$(grep -c '^slicer: ' "$BATS_TEST_TMPDIR/err")" -eq 1 ]
	restored
	live setup-iommu --status
	exits 1
	says " failed "
	# It works again: the rest is taken back.
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	live setup-iommu --undo --yes
	exits 0
	restored
	! grep -qx half "$T"/boot/initrd.img-*
}

@test "taking back is not announced where the answer is JSON, nor with --quiet" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		exit 1
	SH
	live --json setup-iommu --yes
	exits 4
	json .rolled_back
	[[ $stderr != *"taking back"* ]]
	live --quiet setup-iommu --yes
	exits 4
	[[ $stderr != *"taking back"* ]]
}

# What can't work at all has done nothing: neither the first time nor while slicer takes back.
taken_back() {
	exits 4
	complains "Everything was taken back"
	restored
	live setup-iommu --status
	exits 0
	says " rolled-back "
}

@test "a generator that fails at once, for good: everything is as before, and that is what slicer says" {
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		echo "E: no" >&2
		exit 1
	SH
	remember
	live setup-iommu --yes
	taken_back
	unchanged
}

@test "a generator that works for one kernel and fails for the other, for good" {
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		[ "$3" != 6.1.0-53-amd64 ] || exit 1
		exec /usr/sbin/update-initramfs.real "$@"
	SH
	live setup-iommu --yes
	taken_back
}

@test "a generator that hangs for good and has done nothing yet: stopped twice, everything is as before" {
	local slicer status=0
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		echo $PPID >>/tmp/started
		exec sleep 600
	SH
	remember
	inside /usr/local/bin/slicer setup-iommu --yes >/dev/null 2>"$BATS_TEST_TMPDIR/err" </dev/null &
	started 1
	slicer=$(head -1 "$T/tmp/started")
	kill -INT "$slicer"
	started 2
	kill -INT "$slicer"
	wait $! || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	taken_back
	unchanged
}

@test "a generator that fails for good and has left something: that is not as before" {
	local what
	for what in 'echo more >>/boot/initrd.img-$3' ': >/boot/initrd.img-$3.new' 'rm /boot/initrd.img-$3'; do
		tree debian-grub off
		alive
		program usr/sbin/update-initramfs <<-SH
			#!/bin/sh
			$what
			exit 1
		SH
		live setup-iommu --yes
		exits 4
		complains "NOT everything"
		complains "what update-initramfs makes is not as before"
		restored
	done
}

@test "kernel-install: one that fails at once, for good: everything is as before, the copy for a power cut is gone" {
	tree kernel-install off
	alive
	settle
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		exit 1
	SH
	rm -f "$T/etc/initramfs/post-update.d/systemd-boot"
	remember
	live setup-iommu --yes
	exits 4
	complains "Everything was taken back"
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	unchanged
}

# What hangs in the kernel can't be made here: /proc says that it does. Its group seems to live on when it is killed.
hangs() { # hangs: from here on, in a program's text
	cat <<-'SH'
		mkdir -p /proc/$$
		echo "$$ (a (b) c) D 1 $$ $$ 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7042 0 0" >/proc/$$/stat
		echo stuck-generator >/proc/$$/comm
		echo $$ >/tmp/stuck
		echo $PPID >>/tmp/started
		exec sleep 600
	SH
}

# refused_by PID: by every way to change something, as long as that one is there, and only then.
refused_by() {
	local way manifests
	manifests=$(cat "$T"/var/lib/slicer/runs/*/manifest.json)
	for way in --yes '--undo --yes' '--trial --yes' '--confirm --yes' --dry-run '--undo --force --yes'; do
		# shellcheck disable=SC2086 # words
		live setup-iommu $way
		exits 3
		complains "stuck-generator (process $1)"
		complains "after a reboot"
	done
	[ "$manifests" = "$(cat "$T"/var/lib/slicer/runs/*/manifest.json)" ]
}

@test "a program that can't be ended: no later run begins beside it" {
	local status=0 pid manifest way
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs < <(echo '#!/bin/sh'; hangs)
	mkdir -p "$T/proc/sys/kernel/random"
	echo 1a2b3c4d-0000-4000-8000-000000000000 >"$T/proc/sys/kernel/random/boot_id"
	inside /usr/local/bin/slicer setup-iommu --yes >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null &
	started 1
	kill -INT "$(head -1 "$T/tmp/started")"
	wait $! || status=$?
	[ "$status" -eq 4 ]
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	pid=$(<"$T/tmp/stuck")
	complains "stuck-generator (process $pid) can't be ended"
	complains "Nothing was taken back"
	manifest=$(echo "$T"/var/lib/slicer/runs/*/manifest.json)
	[ "$(jq -c .stuck "$manifest")" = "[\"$pid 7042 1a2b3c4d-0000-4000-8000-000000000000\"]" ]
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	refused_by "$pid"
	# Its first thread has ended, another one hangs.
	sed -i 's/ D 1 / Z 1 /; s/ 20 0 1 0 / 20 0 2 0 /' "$T/proc/$pid/stat"
	refused_by "$pid"
	# Another process of that number; another boot; a zombie; none.
	cp -a "$T" "$T.kept"
	for way in 's/ 7042 / 7043 /' boot 's/ 20 0 2 0 / 20 0 1 0 /' gone; do
		rm -rf "$T"
		cp -a "$T.kept" "$T"
		case $way in
		boot) echo 5e6f7a8b-0000-4000-8000-000000000000 >"$T/proc/sys/kernel/random/boot_id" ;;
		gone) rm -r "$T/proc/$pid" ;;
		*) sed -i "$way" "$T/proc/$pid/stat" ;;
		esac
		live setup-iommu --undo --yes
		exits 0
		restored
	done
}

@test "a program that can't be ended while slicer takes back: that stops there" {
	local status=0 pid
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs < <(
		cat <<-'SH'
			#!/bin/sh
			echo "$*" >>/tmp/calls
			[ -e /tmp/failed ] || { : >/tmp/failed; echo half >"/boot/initrd.img-$3"; exit 1; }
		SH
		hangs
	)
	inside /usr/local/bin/slicer setup-iommu --yes >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null &
	started 1
	kill -INT "$(head -1 "$T/tmp/started")"
	wait $! || status=$?
	[ "$status" -eq 4 ]
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	pid=$(<"$T/tmp/stuck")
	complains "NOT everything could be taken back"
	complains "stuck-generator (process $pid) can't be ended"
	complains "it may still write: taking back has stopped there"
	complains "or after a reboot: sudo slicer setup-iommu --undo"
	# No program runs beside it.
	[ "$(wc -l <"$T/tmp/calls")" -eq 2 ]
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	refused_by "$pid"
	rm -r "$T/proc/$pid"
	live setup-iommu --undo --yes
	exits 0
	restored
}
