#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that fail or hang also while slicer takes back: it comes to an end, and what it says is true.

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
