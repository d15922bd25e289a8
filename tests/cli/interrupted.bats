#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A run that was interrupted is named by every verb, and a run that is going on is not called so.

# bats file_tags=deep
load helpers

GPU=0000:01:00.0
WARNING='slicer was interrupted, or failed, while it changed this host'

setup() {
	tree debian-grub off
}

# A journal with a run that did not come to its end.
interrupted() {
	on setup-iommu --yes
	exits 0
	sed -i 's/"state": "applied"/"state": "started"/' "$T"/var/lib/slicer/runs/*/manifest.json
	run_id=$(cd "$T/var/lib/slicer/runs" && echo *)
}

@test "pci and vm verbs name an interrupted run, on stderr, in one line" {
	local verb before code runs=$T/var/lib/slicer/runs
	interrupted
	mv "$runs" "$runs.kept"
	for verb in 'pci list' "pci bind $GPU --group --dry-run" "pci unbind $GPU --dry-run" "vm command $GPU"; do
		# shellcheck disable=SC2086 # words
		on $verb
		[[ $stderr != *"$WARNING"* ]]
		before=$output code=$status
		cp -a "$runs.kept" "$runs"
		# shellcheck disable=SC2086
		on $verb
		exits "$code"
		complains "warning: $WARNING (run $run_id): 'slicer doctor'"
		[ "$(grep -c "$WARNING" <<<"$stderr")" -eq 1 ]
		[ "$output" = "$before" ]
		# shellcheck disable=SC2086
		on --quiet $verb
		[[ $stderr != *"$WARNING"* ]]
		# shellcheck disable=SC2086
		on --json $verb
		complains "$WARNING"
		json .schema
		rm -r "$runs"
	done
	mv "$runs.kept" "$runs"
	on setup-iommu --undo --yes
	exits 0
	on pci list
	[[ $stderr != *"$WARNING"* ]]
}

@test "who may not read the journal is told nothing, and gets the list" {
	[ "$(id -u)" -eq 0 ] || skip "needs to become somebody else"
	alive
	interrupted
	chmod 755 "$T"
	command_status inside /usr/local/bin/slicer pci list
	complains "$WARNING"
	command_status inside setpriv --reuid=65534 --regid=65534 --clear-groups /usr/local/bin/slicer pci list
	exits 0
	says "$GPU"
	# An instrumented build says that it may not read its own name.
	[ -z "$(grep -v '^==[0-9]*==WARNING: reading executable name' <<<"$stderr")" ]
}

@test "a run that is going on is none that was interrupted, until it is killed" {
	alive
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		echo $PPID $$ >/tmp/started
		exec sleep 600
	SH
	local slicer generator i
	inside /usr/local/bin/slicer setup-iommu --yes >/dev/null 2>&1 </dev/null &
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$T/tmp/started" ] || break
		sleep 0.1
	done
	read -r slicer generator <"$T/tmp/started"
	live pci list
	exits 0
	[[ $stderr != *"$WARNING"* ]]
	kill -KILL "$slicer" "$generator"
	wait $! || :
	live pci list
	exits 0
	complains "$WARNING"
	# Binding holds the lock itself while it works.
	live pci bind "$GPU"
	complains "$WARNING"
}

@test "a menu that was empty, or not there, before the interrupted run: absent is not empty" {
	local was
	alive
	: >"$T/etc/default/grub"
	for was in empty absent; do
		rm -rf "$T/var/lib/slicer"
		rm -f "$T/boot/grub/grub.cfg"
		[ "$was" = absent ] || : >"$T/boot/grub/grub.cfg"
		live setup-iommu --yes
		exits 0
		sed -i 's/"state": "applied"/"state": "started"/' "$T"/var/lib/slicer/runs/*/manifest.json
		# The power went before the menu's rename: it is as it was.
		rm -f "$T/boot/grub/grub.cfg"
		[ "$was" = absent ] || : >"$T/boot/grub/grub.cfg"
		live setup-iommu --yes
		exits 0
		says "is undone first"
		grep -q intel_iommu=on "$T/boot/grub/grub.cfg"
	done
}
