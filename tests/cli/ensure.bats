#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pci ensure: devices are ready for a VM, or it is said why not. The sysfs of a tree does not act: that devices are really
# bound is seen in tests/vm, by pci bind, which takes the same way.
bats_require_minimum_version 1.5.0

load helpers

GPU=0000:0b:00.0 AUDIO=0000:0b:00.1

setup() {
	live_tree two-gpu ready
}

driver() { # ADDRESS NAME
	local d
	d=$(readlink -f "$T/sys/bus/pci/devices/$1")
	mkdir -p "$T/sys/bus/pci/drivers/$2"
	ln -sfn "../../../../bus/pci/drivers/$2" "$d/driver"
}
# slicer in the tree, by somebody who is not root.
unprivileged() {
	command_status inside setpriv --reuid=65534 --regid=65534 --clear-groups /usr/local/bin/slicer "$@"
}

# bats test_tags=deep
@test "all is bound already: exit 0, nothing is written, and no root is needed" {
	driver $GPU vfio-pci
	driver $AUDIO vfio-pci
	remember
	live pci ensure $GPU
	exits 0
	unchanged
	[ ! -e "$T/run/slicer/lock" ]
	unprivileged pci ensure 0b:00.0 $AUDIO
	exits 0
	live pci ensure $GPU --json
	exits 0
	json '.changed == false and .verified and (.devices | map(.driver_after) == ["vfio-pci", "vfio-pci"])'
}

@test "a driver of VFIO's is kept, whichever it is" {
	driver $GPU nvgrace_gpu_vfio_pci
	driver $AUDIO vfio-pci
	live pci ensure $GPU --json
	exits 0
	json '.changed == false and .devices[0].driver_after == "nvgrace_gpu_vfio_pci"'
}

# bats test_tags=deep
@test "the whole group is meant: what is missing is planned, what is there stays" {
	driver $GPU vfio-pci
	live pci ensure $GPU --dry-run --json
	exits 0
	json '.changed and .applied == false'
	json '[.steps[].path] | all(contains("0000:0b:00.1") or endswith("drivers_probe") or contains("snd_hda_intel"))'
	json '[.steps[].path] | any(contains("0000:0b:00.1"))'
	unprivileged pci ensure $GPU
	exits 3
	complains 'has to be run as root'
}

@test "what the host uses, bridges and what is not there: exit 3 and the reason" {
	remember
	live pci ensure 01:00.0
	exits 3
	complains 'is mounted on /'
	live pci ensure 00:01.0
	exits 3
	complains 'bridge'
	live pci ensure 55:00.0
	exits 3
	live pci ensure
	exits 2
	live pci ensure $GPU --timeout never
	exits 2
	on pci ensure $GPU
	exits 3
	complains 'the running machine only'
	unchanged
}

@test "no IOMMU: exit 3, nothing is unbound" {
	rm -rf "$T"/sys/kernel/iommu_groups/*
	find "$T/sys/devices" -name iommu_group -delete
	remember
	live pci ensure $GPU
	exits 3
	complains 'no IOMMU group'
	unchanged
}

@test "a device that VFIO has, and a VM can't get: exit 3" {
	driver $GPU vfio-pci
	driver $AUDIO vfio-pci
	printf '0x00000000d0000000 0x00000000d0ffffff direct\n' >"$T/sys/kernel/iommu_groups/28/reserved_regions"
	live pci ensure $GPU
	exits 3
	complains 'firmware'
}

# Writes to the drivers succeed, and nothing comes of them.
writable_drivers() {
	: >"$T/sys/bus/pci/drivers_probe"
	: >"$T/sys/bus/pci/drivers/nvidia/unbind"
	: >"$T/sys/bus/pci/drivers/snd_hda_intel/unbind"
}

@test "a device that does not go over is a failure, with everything as it was" {
	writable_drivers
	live pci ensure $GPU
	exits 4
	complains 'not to vfio-pci; every device is as it was before'
	[ "$(basename "$(readlink -f "$T/sys/bus/pci/devices/$GPU/driver")")" = nvidia ]
}

# bats test_tags=deep
@test "another slicer is waited for, as long as --timeout says" {
	local i first
	writable_drivers
	rm "$T/sys/bus/pci/drivers/nvidia/unbind"
	mkfifo "$T/sys/bus/pci/drivers/nvidia/unbind"
	# A full pipe: the write never comes back.
	# shellcheck disable=SC2016,SC2034 # of inside()
	EXTRA_MOUNTS='exec 9<>"$T/sys/bus/pci/drivers/nvidia/unbind"; dd if=/dev/zero bs=65536 count=1 >&9 2>/dev/null'
	inside /usr/local/bin/slicer pci bind 0c:00.0 0c:00.1 --timeout 8 >/dev/null 2>&1 </dev/null &
	first=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -e "$T/var/lib/slicer/original/0000:0c:00.0.conf" ] || break
		sleep 0.1
	done
	# shellcheck disable=SC2034 # of inside()
	EXTRA_MOUNTS=:
	driver $GPU vfio-pci
	live pci ensure $GPU --timeout 1
	exits 3
	complains 'another slicer'
	live pci ensure $GPU --timeout 60
	exits 4
	complains 'not to vfio-pci; every device is as it was before'
	wait $first || true
}
