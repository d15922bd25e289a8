#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What doctor prints: short where all is well, the first cause where it is not.
bats_require_minimum_version 1.5.0

load helpers

# shows COLUMNS ARG...: doctor at a terminal of that width, in $output.
shows() {
	local columns=$1 command
	shift
	command -v script >/dev/null || skip 'no script(1)'
	command="stty cols $columns; exec $(printf '%q ' "$SLICER" --root "$T" --color never doctor "$@")"
	status=0
	output=$(script -qefc "$command" /dev/null </dev/null | tr -d '\r') || status=$?
	printf '%s\n' "$output"
}
longest() { wc -L <<<"$output"; }
# As on the machine itself, where no line says that this is where a command is for.
rows() { grep -vc '# on the machine itself:$' <<<"$output"; }

@test "a healthy host with a hypervisor: at most fifteen lines, also at 80 columns" {
	tree debian-grub ready
	program usr/bin/qemu-system-x86_64 <<<'#!/bin/sh'
	mkdir -p "$T/usr/share/OVMF"
	touch "$T"/usr/share/OVMF/OVMF_{CODE,VARS}_4M.fd
	on doctor
	exits 0
	[ "$(rows)" -le 15 ]
	[[ $output != *warn* && $output != *FAIL* ]]
	shows 80
	exits 0
	[ "$(rows)" -le 15 ]
	[ "$(longest)" -le 80 ]
}

@test "one missing parameter is one failure; what follows from it is told without evidence" {
	tree debian-grub off
	on doctor
	exits 1
	[ "$(grep -c FAIL <<<"$output")" -eq 1 ]
	[ "$(grep -c ' also  ' <<<"$output")" -eq 3 ]
	[[ $output != */boot/grub/grub.cfg* ]]
	on doctor --verbose
	[ "$(grep -c FAIL <<<"$output")" -eq 4 ]
	says /boot/grub/grub.cfg:
	on doctor --json
	json '[.checks[] | select(.follows) | [.id, .follows]] == [["cmdline.next-boot", "cmdline.configured"],
		["cmdline.running", "cmdline.next-boot"], ["iommu.active", "cmdline.running"]]'
}

@test "causes of their own stay failures" {
	tree debian-grub firmware-off
	on doctor
	exits 1
	[ "$(grep -c FAIL <<<"$output")" -eq 2 ]
	says 'the firmware offers no IOMMU'
	says 'the configured command line lacks'
	# Booted, and the IOMMU did not come up: nothing that slicer sees brings that about.
	tree debian-grub refused
	on doctor
	exits 1
	says 'FAIL  the IOMMU is not active'
}

@test "where nothing can be set up, only the group that says why is told" {
	tree debian-grub off
	mkdir -p "$T/run/systemd"
	echo lxc >"$T/run/systemd/container"
	on doctor --json
	[ "$(value .verdict)" = unsupported ]
	on doctor
	exits 1
	says 'a container has no kernel of its own'
	[[ $output != *'boot loader'* && $output != *devices* ]]
	on doctor --verbose
	says 'boot loader'
}

@test "text is broken between words: paths and parameters stay whole, rows end at the width" {
	local word
	tree debian-grub blocked
	for columns in 80 100; do
		shows $columns
		[ "$(grep -v '^next:\|^         \|fix:' <<<"$output" | wc -L)" -le $columns ]
	done
	shows 60 --verbose
	for word in $(<"$T/proc/cmdline"); do
		grep -qF -- "$word" <<<"$output"
	done
}
