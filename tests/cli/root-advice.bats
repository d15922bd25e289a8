#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Below --root the advice is for that host: what is to be run now names the root, what comes after its boot doesn't.
bats_require_minimum_version 1.5.0
# The last one changes the tree.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

setup_file() {
	export TREE="$BATS_FILE_TMPDIR/my tree"
	"$BATS_TEST_DIRNAME/../roots/build" "$TREE" debian-grub off
}
setup() {
	SLICER=${SLICER:-$BATS_TEST_DIRNAME/../../build/slicer}
}
slicer() {
	run --separate-stderr "$SLICER" --root "$TREE" "$@"
}

@test "doctor: next carries the root, a reboot is a start from this disk, what follows is bare" {
	slicer doctor --no-initramfs --quiet
	[ "$status" -eq 1 ]
	[ "${lines[1]}" = "next:    sudo slicer --root '$TREE' setup-iommu" ]
	[ "${lines[2]}" = '         # start the machine from this disk' ]
	[ "${lines[3]}" = '         slicer doctor' ]
}

@test "doctor: a package is installed below the root, not on this host" {
	slicer doctor --no-initramfs
	[[ $output == *"fix: sudo chroot '$TREE' apt install "* ]]
	[[ $output != *'sudo apt'* ]]
}

@test "setup-iommu: deferred programs by chroot, next-steps.txt below the root, bare argv in JSON" {
	cp -a "$TREE" "$TREE 2"
	slicer setup-iommu --yes
	[ "$status" -eq 0 ]
	[[ $output == *"   sudo chroot '$TREE' update-grub"* ]]
	[ "${lines[-1]}" = "Kept in $TREE/var/lib/slicer/next-steps.txt" ]
	run ! grep -E -- '--root|chroot' "$TREE/var/lib/slicer/next-steps.txt"
	TREE+=' 2'
	slicer setup-iommu --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.deferred[-1][0]' <<<"$output")" = update-grub ]
}
