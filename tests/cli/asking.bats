#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What setup-iommu asks at a terminal, and what it leaves on the screen when it is done.
bats_require_minimum_version 1.5.0

load helpers

setup() {
	tree debian-grub off
	command -v script >/dev/null || skip 'no script(1)'
}

# The lines after the plan: from the one that says that it is done.
end_of_output() {
	sed -n '/^Done and checked\|^Nothing to change/,$p' <<<"$output"
}

@test "the prompt: when it takes effect, how to undo it, and the trial; no answer but yes changes anything" {
	local typed
	remember
	for typed in 'n\n' '\n' ''; do
		asked "$typed" setup-iommu
		exits 3
		says 'run update-grub'
		says 'This takes effect at the next boot. To undo it:'
		says "    sudo slicer --root $T setup-iommu --undo"
		says "    sudo slicer --root $T setup-iommu --trial"
		says 'Continue? [y/N]'
		says 'Nothing was changed.'
		[[ $output != *'slicer:'* && $output != *hint* ]]
		unchanged
		[ ! -e "$T/run/slicer" ]
	done
	asked 'y\n' setup-iommu
	exits 0
	grep -q 'intel_iommu=on iommu=pt"' "$T/etc/default/grub"
	[ ! -e "$T/run/slicer" ]
}

# bats test_tags=deep
@test "Ctrl-C at the prompt is a no" {
	local log=$BATS_TEST_TMPDIR/log i
	remember
	: >"$log"
	status=0
	for ((i = 0; i < 600; i++)); do
		! grep -q 'Continue?' "$log" || break
		sleep 0.1
	done | { cat && printf '\003' && sleep 1; } |
		script -qefc "exec $(printf '%q ' "$SLICER" --root "$T" setup-iommu)" "$log" >/dev/null || status=$?
	output=$(<"$log")
	exits 3
	says 'Nothing was changed.'
	unchanged
	[ ! -e "$T/run/slicer" ]
}

# bats test_tags=deep
@test "the prompt of an undo, of a trial, and where no trial can be had" {
	asked 'n\n' setup-iommu --trial
	exits 3
	says 'Only the next boot uses this.'
	[[ $output != *'To undo it'* ]]
	asked 'n\n' setup-iommu --ids 8086:1533
	exits 3
	[[ $output != *'--trial'* ]]
	on setup-iommu --yes
	exits 0
	asked 'n\n' setup-iommu --undo
	exits 3
	says 'This takes effect at the next boot.'
	[[ $output != *'To undo it'* ]]
}

# bats test_tags=deep
@test "the end of a run: twelve lines at most, the commands with addresses, the file; --verbose has all" {
	live_tree debian-grub off
	live setup-iommu --yes
	exits 0
	[ "$(end_of_output | wc -l)" -le 12 ]
	[ "$(end_of_output | wc -L)" -le 80 ]
	end_of_output | grep -qx 'Now:   sudo reboot'
	end_of_output | grep -q 'slicer pci bind 0000:01:00.0 0000:01:00.1 --group$'
	end_of_output | grep -q 'slicer vm command 0000:01:00.0$'
	end_of_output | grep -qx '  /var/lib/slicer/next-steps.txt'
	# The same once more, while the reboot is due.
	live setup-iommu --yes
	exits 0
	says 'Nothing to change'
	says 'Now:   sudo reboot'
	[ "$(wc -l <<<"$output")" -le 12 ]
	live setup-iommu --yes --verbose
	exits 0
	[[ $output == *"$(<"$T/var/lib/slicer/next-steps.txt")"* ]]
	live setup-iommu --undo --yes
	exits 0
	end_of_output | grep -qx 'Now:   sudo reboot'
	live setup-iommu --trial --yes
	exits 0
	[ "$(end_of_output | wc -l)" -le 12 ]
	end_of_output | grep -q 'slicer setup-iommu --confirm$'
}

# bats test_tags=deep
@test "the lock of a foreign root leaves nothing there, and still keeps a second slicer out" {
	mkdir -p "$T/run/slicer"
	exec 7>"$T/run/slicer/lock"
	# An open file description lock, as slicer's: python knows it.
	python3 - 7 <<-'PY'
		import fcntl, struct, sys
		F_OFD_SETLK = 37
		fcntl.fcntl(7, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
	PY
	on setup-iommu --yes
	exits 3
	complains 'another slicer is changing this host'
	[ -e "$T/run/slicer/lock" ]
	exec 7>&-
	on setup-iommu --yes
	exits 0
	[ ! -e "$T/run/slicer" ]
}
