#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: may this user's VMs open what VFIO has?
bats_require_minimum_version 1.5.0

load helpers

GPU=0000:0b:00.0 AUDIO=0000:0b:00.1

setup() {
	live_tree two-gpu ready
}

# A device of group 28 in VFIO's hands.
vfio() { # ADDRESS
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$(readlink -f "$T/sys/bus/pci/devices/$1")/driver"
}
node() { # PATH MODE
	mkdir -p "$T/${1%/*}"
	: >"$T/$1"
	chmod "$2" "$T/$1"
}
unprivileged() {
	command_status inside setpriv --reuid=65534 --regid=65534 --clear-groups /usr/local/bin/slicer "$@"
}
check() { # EXPRESSION: about the check
	json "[.checks[] | select(.id == \"limits.nodes\")] | length == 1 and (.[0] | $1)"
}

@test "nothing is in VFIO's hands: nothing is said" {
	unprivileged doctor --json --no-initramfs
	json '[.checks[] | select(.id == "limits.nodes")] == []'
}

@test "root opens them all; a user whom nobody gave them is told how to get them" {
	vfio $GPU
	vfio $AUDIO
	node dev/vfio/28 600
	node dev/vfio/vfio 666
	live doctor --json --no-initramfs
	exits 0
	check '.status == "pass" and (.evidence | contains("/dev/vfio/28 (user root, group root, mode 0600)"))'
	live doctor --no-initramfs
	[[ $output != *"open VFIO's devices"* ]]
	[ "$(id -u)" -eq 0 ] || skip "needs a second user"
	unprivileged doctor --json --no-initramfs
	check '.status == "warn" and (.evidence | contains("0000:0b:00.0 0000:0b:00.1"))'
	check '.fix | any(endswith("SUBSYSTEM==\"vfio\", OWNER=\"root\", GROUP=\"kvm\", MODE=\"0660\""))'
	chmod 666 "$T/dev/vfio/28"
	unprivileged doctor --json --no-initramfs
	check '.status == "pass"'
}

@test "an access control list counts as the kernel counts it" {
	[ "$(id -u)" -eq 0 ] || skip "needs a second user"
	vfio $GPU
	node dev/vfio/28 600
	node dev/vfio/vfio 666
	setfacl -m u:65534:rw "$T/dev/vfio/28" 2>/dev/null || skip "no setfacl, or a filesystem without"
	unprivileged doctor --json --no-initramfs
	check '.status == "pass"'
}

@test "a user may have iommufd's nodes and not the group's" {
	[ "$(id -u)" -eq 0 ] || skip "needs a second user"
	vfio $GPU
	node dev/vfio/28 600
	node dev/vfio/vfio 666
	mkdir -p "$(readlink -f "$T/sys/bus/pci/devices/$GPU")/vfio-dev/vfio0"
	node dev/vfio/devices/vfio0 666
	node dev/iommu 666
	unprivileged doctor --json --no-initramfs
	check '.status == "pass" and (.evidence | contains("/dev/vfio/devices/vfio0"))'
	chmod 600 "$T/dev/vfio/devices/vfio0"
	unprivileged doctor --json --no-initramfs
	check '.status == "warn" and (.evidence | contains("/dev/vfio/28") and (contains("devices/vfio0") | not))'
}

# bats test_tags=deep
@test "nodes that are missing are named, to root too" {
	vfio $GPU
	node dev/vfio/vfio 666
	live doctor --json --no-initramfs
	exits 0
	check '.status == "warn" and (.evidence == "/dev/vfio/28 for 0000:0b:00.0")'
	mkdir -p "$(readlink -f "$T/sys/bus/pci/devices/$GPU")/vfio-dev/vfio0"
	node dev/vfio/devices/vfio0 600
	rm "$T/dev/vfio/vfio"
	live doctor --json --no-initramfs
	check '.status == "warn" and (.evidence == "/dev/iommu for 0000:0b:00.0")'
	check '.fix[1] == "sudo modprobe iommufd"'
}

@test "VFIO without an IOMMU is for no VM: its nodes are not asked for" {
	vfio $GPU
	node dev/vfio/noiommu-28 600
	live doctor --json --no-initramfs
	json '[.checks[] | select(.id == "limits.nodes")] == []'
}

@test "another root's users are not this machine's" {
	vfio $GPU
	node dev/vfio/28 600
	on doctor --json --no-initramfs
	check '.status == "skip" and (.fix | length == 1)'
}
