#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Can this card go to a VM? doctor, vm command, setup-iommu --device and pci bind give one answer.
bats_require_minimum_version 1.5.0
# The last two change the tree.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

load one-tree

setup_file() {
	export DISK=0000:00:17.0 NIC=0000:00:1f.6 SCREEN=0000:00:02.0 GPU=0000:01:00.0 PORT=0000:00:1c.0
	one_tree tree debian-grub ready
}

# bats test_tags=deep
@test "what pci bind refuses is refused everywhere, in the same words" {
	local a why
	for a in $DISK $NIC $SCREEN $PORT; do
		slicer pci bind "$a" --group --dry-run
		[ "$status" -eq 3 ]
		why=${stderr_lines[0]}
		slicer vm command "$a"
		[ "$status" -eq 3 ] && [ "${stderr_lines[0]}" = "$why" ]
		slicer setup-iommu --check --device "$a"
		[ "$status" -eq 3 ] && [ "${stderr_lines[0]}" = "$why" ]
		slicer doctor --no-initramfs "$a"
		[ "$status" -eq 1 ]
		[[ $output == *"$a can't go to a VM:"*"${why#slicer: }"*"verdict: ready"* ]]
		[[ $output != *"pci bind $a"* && $output != *"vm command $a"* ]]
	done
}

@test "--force: the boot display may be meant, the root disk never" {
	slicer setup-iommu --check --force --device $SCREEN
	[ "$status" -ne 3 ]
	[[ $output == *'it is the boot display (overruled by --force)'* ]]
	slicer setup-iommu --check --force --device $DISK
	[ "$status" -eq 3 ]
}

# bats test_tags=deep
@test "doctor ADDR: the host and each device have to be well" {
	slicer doctor --no-initramfs --json $GPU $NIC
	[ "$status" -eq 1 ]
	python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["verdict"] == "ready"
gpu, nic = d["devices"]
assert gpu["usable"] and not gpu["reasons"]
assert gpu["next"] == ["# on the machine itself:", "sudo slicer pci bind 0000:01:00.0 --group", "slicer vm command 0000:01:00.0"], gpu
assert not nic["usable"] and "default route" in nic["reasons"][0] and nic["next"]' <<<"$output"
	slicer doctor --no-initramfs $GPU
	[ "$status" -eq 0 ]
}

# Function 0 is on vfio-pci, its sister still on its driver.
@test "half a card is not enough" {
	local d
	d=$(readlink -f "$TREE/sys/bus/pci/devices/$GPU")
	mkdir -p "$TREE/sys/bus/pci/drivers/vfio-pci"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$d/driver"
	slicer doctor --no-initramfs $GPU
	[[ $output == *'not enough for a VM: its group also holds 0000:01:00.1, which has the driver snd_hda_intel'* ]]
	[[ $output == *"next:    # on the machine itself:"$'\n'"         sudo slicer pci bind $GPU --group"* ]]
	slicer vm command $GPU
	[ "$status" -eq 0 ]
	[[ $stderr == *'0000:01:00.1'*'snd_hda_intel'*"pci bind $GPU --group"* ]]
	d=$(readlink -f "$TREE/sys/bus/pci/devices/0000:01:00.1")
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$d/driver"
	slicer pci bind $GPU --group --dry-run
	[[ ${lines[-1]} == *"is ready for a VM: sudo slicer --root $TREE vm command $GPU" ]]
	slicer pci bind $GPU --group --dry-run --json
	[[ $(jq -r '.next[0]' <<<"$output") == *"is ready for a VM: sudo slicer --root $TREE vm command $GPU" ]]
}

# karaketir16/quickpassthrough #22: one group for the GPU and the disk of /
@test "a group that holds the root disk goes nowhere" {
	rm "$TREE/sys/bus/pci/devices/$DISK/iommu_group"
	ln -s ../../../kernel/iommu_groups/1 "$TREE/sys/bus/pci/devices/$DISK/iommu_group"
	slicer doctor --no-initramfs $GPU
	[ "$status" -eq 1 ]
	[[ $output == *"$GPU can't go to a VM:"*"$DISK"*'is mounted on /'* ]]
	[[ $output != *'pci bind'* ]]
	slicer doctor --no-initramfs
	[[ $output != *"pci bind $GPU"* ]]
	slicer vm command $GPU
	[ "$status" -eq 3 ]
}
