#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that can't even be killed. Slicer waits ten seconds for each, so these cases mostly wait, too.

# shellcheck disable=SC2016 # text for the shells in the tree

# bats file_tags=deep
load helpers

setup() {
	live_tree debian-grub off
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
	wait_started 1
	kill -INT "$(head -1 "$T/tmp/started")"
	wait $! || status=$?
	[ "$status" -eq 4 ]
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	pid=$(<"$T/tmp/stuck")
	complains "stuck-generator (process $pid) can't be ended"
	complains "Nothing was undone"
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
	wait_started 1
	kill -INT "$(head -1 "$T/tmp/started")"
	wait $! || status=$?
	[ "$status" -eq 4 ]
	stderr=$(<"$BATS_TEST_TMPDIR/err")
	pid=$(<"$T/tmp/stuck")
	complains "NOT everything could be undone"
	complains "stuck-generator (process $pid) can't be ended"
	complains "it may still write: undoing has stopped there"
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
