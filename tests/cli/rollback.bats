#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that fail or hang also while slicer takes back: it comes to an end, and what it says is true.

# shellcheck disable=SC2016 # text for the shells in the tree

# bats file_tags=deep
load helpers

setup() {
	live_tree debian-grub off
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
	wait_started 1
	slicer=$(head -1 "$T/tmp/started")
	kill -INT "$slicer"
	wait_started 2
	grep -q 'undoing what was done (Ctrl-C stops a program that hangs)' "$BATS_TEST_TMPDIR/err"
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
	! grep -qx half "$T"/boot/initrd.img-* || false
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
	complains "Everything was undone"
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
	wait_started 1
	slicer=$(head -1 "$T/tmp/started")
	kill -INT "$slicer"
	wait_started 2
	kill -INT "$slicer"
	wait $! || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	taken_back
	unchanged
}

@test "a generator that fails for good and has left something: that is not as before" {
	local what
	for what in 'echo more >>/boot/initrd.img-$3' ': >/boot/initrd.img-$3.new' 'rm /boot/initrd.img-$3'; do
		live_tree debian-grub off
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
	live_tree kernel-install off settle
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		exit 1
	SH
	rm -f "$T/etc/initramfs/post-update.d/systemd-boot"
	remember
	live setup-iommu --yes
	exits 4
	complains "Everything was undone"
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	unchanged
}

@test "a generator that removes the images, also while an undo is taken back: the next undo makes them again" {
	live setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		rm -f "/boot/initrd.img-$3"
	SH
	live setup-iommu --undo --yes
	exits 4
	complains "NOT everything"
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	live setup-iommu --undo --yes
	exits 0
	says "update-initramfs -c -k 6.1.0-56-amd64"
	[ -s "$T/boot/initrd.img-6.1.0-56-amd64" ]
	[ -s "$T/boot/initrd.img-6.1.0-53-amd64" ]
	restored
}

@test "an image that a person removed after the set-up is made again by the undo that rebuilds the others" {
	live setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	rm "$T/boot/initrd.img-6.1.0-53-amd64"
	live setup-iommu --undo --yes
	exits 0
	says "update-initramfs -c -k 6.1.0-53-amd64"
	[ -s "$T/boot/initrd.img-6.1.0-53-amd64" ]
}

@test "kernel-install that removes the entries, also while an undo is taken back: the next undo leaves no file of slicer's" {
	live_tree kernel-install off settle
	remember
	live setup-iommu --yes
	exits 0
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		rm -f "/boot/efi/loader/entries/$(cat /etc/machine-id)-$2.conf"
	SH
	live setup-iommu --undo --yes
	exits 4
	complains "NOT everything"
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/kernel/cmdline" ]
	unchanged
}
