#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Below --root the advice is for that host: what is to be run now names the root, what comes after its boot doesn't.
bats_require_minimum_version 1.5.0
# The last one changes the tree.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

load one-tree

setup_file() {
	one_tree 'my tree' debian-grub off
}

@test "doctor: next carries the root, a reboot is a start from this disk, what follows is bare" {
	slicer doctor --no-initramfs --quiet
	[ "$status" -eq 1 ]
	[ "${lines[1]}" = "next:    sudo slicer --root '$TREE' setup-iommu" ]
	[ "${lines[2]}" = '         # start the machine from this disk' ]
	[ "${lines[3]}" = '         sudo slicer doctor' ]
}

@test "doctor: a package is installed below the root, not on this host" {
	slicer doctor --no-initramfs
	[[ $output == *"fix: sudo chroot '$TREE' apt install "* ]]
	[[ $output != *'sudo apt'* ]]
}

# next, fix and the reasons of devices, in the order of the text.
@test "doctor --json says what the text says" {
	local text
	slicer doctor --no-initramfs --verbose 0000:01:00.0
	text=$output
	slicer doctor --no-initramfs --json 0000:01:00.0
	[ "$(jq -r '.next[]' <<<"$output")" = "sudo slicer --root '$TREE' setup-iommu
# start the machine from this disk
sudo slicer doctor" ]
	jq -r '(.next, .checks[].fix, .devices[].reasons)[]' <<<"$output" >"$BATS_TEST_TMPDIR/advice"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/advice")" -gt 5 ]
	while IFS= read -r line; do
		[[ $line == 'sudo slicer doctor' || $text == *"$line"* ]]
	done <"$BATS_TEST_TMPDIR/advice"
	run ! grep -E 'sudo (apt|reboot)|slicer (setup-iommu|pci list)' "$BATS_TEST_TMPDIR/advice"
}

# bats test_tags=deep
@test "setup-iommu, pci and vm: next and hint in JSON carry the root" {
	slicer setup-iommu --dry-run --json
	[ "$(jq -r '.next | index("# start the machine from this disk") as $i | .[$i + 1]' <<<"$output")" = 'sudo slicer doctor' ]
	for verb in 'pci bind --dry-run' 'vm command'; do
		# shellcheck disable=SC2086 # two words
		slicer --json $verb 0000:7f:00.0
		[ "$status" -eq 3 ]
		[[ $(jq -r .error.hint <<<"$output") == *"slicer --root '$TREE' pci list"* ]]
		[[ $stderr == *"hint: $(jq -r .error.hint <<<"$output")" ]]
	done
}

# bats test_tags=deep
@test "setup-iommu: deferred programs by chroot, next-steps.txt below the root, bare argv in JSON" {
	cp -a "$TREE" "$TREE 2"
	slicer setup-iommu --yes
	[ "$status" -eq 0 ]
	[[ $output == *"   sudo chroot '$TREE' update-grub"* ]]
	[ "${lines[-1]}" = "  $TREE/var/lib/slicer/next-steps.txt" ]
	run ! grep -E -- '--root|chroot' "$TREE/var/lib/slicer/next-steps.txt"
	TREE+=' 2'
	slicer setup-iommu --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.deferred[-1][0]' <<<"$output")" = update-grub ]
}

@test "vm command: notes and warnings carry the root, in text and JSON" {
	slicer vm command 0000:01:00.0
	[ "$status" -eq 0 ]
	[[ $stderr == *"note: there are no IOMMU groups: the IOMMU is off, see \"sudo slicer --root '$TREE' doctor\""* ]]
	run ! grep -E 'slicer (doctor|pci|setup)' <<<"$stderr"
}
