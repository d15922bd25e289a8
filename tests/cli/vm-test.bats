#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vm test: QEMU is started with devices that VFIO has, and what it says is told. QEMU is tests/standins/qemu-system-x86_64
# here; the real one attaches real devices in tests/vm.

bats_require_minimum_version 1.5.0
load helpers

GPU=0000:01:00.0 AUDIO=0000:01:00.1

setup() {
	live_tree debian-grub ready
	to_vfio $GPU
	to_vfio $AUDIO
	mkdir -p "$T/usr/share/standins"
	cp -r "$TOP/tests/fuzz/corpus/qmp" "$T/usr/share/standins/"
	program usr/local/bin/qemu-system-x86_64 <"$TOP/tests/standins/qemu-system-x86_64"
	# This machine's own QEMU comes first where it is.
	[ ! -e /usr/bin/qemu-system-x86_64 ] ||
		EXTRA_MOUNTS="mount --bind '$T/usr/local/bin/qemu-system-x86_64' '$T/usr/bin/qemu-system-x86_64'"
}

to_vfio() {
	local d
	d=$(readlink -f "$T/sys/bus/pci/devices/$1")
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	rm -f "$d/driver"
	ln -s ../../../../bus/pci/drivers/vfio-pci "$d/driver"
}
does() {
	echo "$1" >"$T/run/qemu-does"
}
# No process of the stand-in is left.
nothing_left() {
	local i
	for ((i = 0; i < 50; i++)); do
		kill -0 "$(<"$T/run/qemu-pid")" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

@test "it works: exit 0, every BAR is told, in text and JSON" {
	live vm test $GPU
	exits 0
	says "$GPU  "
	says "$AUDIO  "
	says 'in the virtual machine, mapped: BAR 0 (128 KiB), BAR 1 (128 KiB), BAR 2 (32 bytes of ports), BAR 3 (16 KiB)'
	says 'pass-through works: QEMU 7.2.22 had all devices after '
	says 'without KVM'
	nothing_left
	live vm test $GPU --json
	exits 0
	json '.schema == "slicer.vm_test/1" and .works and .why == null and .next == [] and
		.hypervisor.version == "7.2.22" and .hypervisor.kvm == false'
	json '.devices | map(.address) == ["0000:01:00.0", "0000:01:00.1"] and all(.present)'
	json '.devices[0].bars[0] == {"bar": 0, "type": "memory", "size": 131072, "address": "0xfe800000"}'
}

# bats test_tags=deep
@test "QEMU gets the whole group as vm command attaches it, without ROMs, disks and a network" {
	live vm test $GPU
	exits 0
	grep -qx "vfio-pci,host=$GPU,bus=rp1,addr=0.0,multifunction=on,id=slicer0,rombar=0" "$T/run/qemu-args"
	grep -qx "vfio-pci,host=$AUDIO,bus=rp1,addr=0.1,id=slicer1,rombar=0" "$T/run/qemu-args"
	grep -qx -e -nodefaults "$T/run/qemu-args"
	run ! grep -q -e -drive -e -nic -e bootindex "$T/run/qemu-args"
	grep -qx 'menu=off,strict=on' "$T/run/qemu-args"
}

# bats test_tags=deep
@test "devices that VFIO has not got: refused, with the command; QEMU is not started" {
	rm "$(readlink -f "$T/sys/bus/pci/devices/$AUDIO")/driver"
	live vm test $GPU
	exits 3
	complains "$GPU: another device of its IOMMU group is not bound to VFIO yet"
	complains "sudo slicer pci bind $GPU --group"
	[ ! -e "$T/run/qemu-args" ]
	live vm test 0000:00:17.0
	exits 3
	error_only
	[ ! -e "$T/run/qemu-args" ]
	live vm test
	exits 2
	live vm test 0000:55:00.0
	exits 3
	live vm test $GPU --timeout 0
	exits 2
}

@test "another root is no machine to test on" {
	on vm test $GPU
	exits 3
	complains 'the running machine only'
}

@test "without QEMU: refused, and what to install" {
	rm "$T/usr/local/bin/qemu-system-x86_64"
	# shellcheck disable=SC2034 # of inside()
	EXTRA_MOUNTS="mount -t tmpfs none '$T/usr/bin'"
	live vm test $GPU
	exits 3
	complains 'QEMU is not installed'
	complains 'apt install qemu-system-x86'
}

# bats test_tags=deep
@test "QEMU refuses: exit 1, why, what to do, and QEMU's own words" {
	does not-viable
	live vm test $GPU
	exits 1
	says 'pass-through does not work: the IOMMU group also has devices that are not in VFIO'
	says "next: sudo slicer pci bind $GPU --group"
	complains 'QEMU: qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: group 1 is not viable'
	[[ $output != *'in the virtual machine'* ]]
	live vm test $GPU --json
	exits 1
	json '.works == false and (.why | length > 0) and .devices[0].present == null and .hypervisor.version == null and
		(.reported | length == 2)'
}

# bats test_tags=deep
@test "QEMU runs, but the host keeps a device's memory: exit 1" {
	does held
	live vm test $GPU
	exits 1
	says "pass-through does not work: the host keeps memory of a device for something else: BAR 3 of $GPU"
	says 'simpledrm): sudo cat /proc/iomem'
	says 'next: sudo slicer doctor'
	complains 'Failed to mmap'
	live vm test $GPU --json
	exits 1
	json '.works == false and (.why | contains("BAR 3")) and (.next | length == 2) and all(.devices[]; .present)'
	nothing_left
}

# bats test_tags=deep
@test "QEMU is too old for a kernel that has iommufd only: exit 1, which one it takes" {
	local a d
	for a in $GPU $AUDIO; do
		d=$(readlink -f "$T/sys/bus/pci/devices/$a")
		mkdir -p "$d/vfio-dev/vfio${a##*.}" "$T/dev/vfio/devices"
		: >"$T/dev/vfio/devices/vfio${a##*.}"
	done
	rm "$T/dev/vfio/vfio"
	: >"$T/dev/iommu"
	does too-old
	live vm test $GPU
	exits 1
	says 'this QEMU is too old'
	says 'next: install QEMU 9.0 or later'
	grep -q 'iommufd,id=' "$T/run/qemu-args"
	nothing_left
}

# bats test_tags=deep
@test "a warning of QEMU's is shown where it works, too" {
	does reset
	live vm test $GPU
	exits 0
	complains 'QEMU: qemu-system-x86_64: vfio: Cannot reset device 0000:01:00.0'
	live vm test $GPU --quiet
	exits 0
	[ -z "$stderr" ]
}

@test "QEMU that ends without a word or dies: exit 1, nothing left" {
	local what
	for what in silent dies; do
		does $what
		live vm test $GPU
		exits 1
		says 'pass-through does not work: QEMU ended without saying why'
		says 'next: the kernel log may say more'
		nothing_left
	done
}

@test "a program that is no QEMU: exit 1, what to look at, nothing left" {
	local what
	for what in junk endless; do
		does $what
		live vm test $GPU
		exits 1
		says 'did not answer as QEMU does (QMP)'
		says 'qemu-system-x86_64 --version'
		nothing_left
	done
}

# bats test_tags=deep
@test "what QEMU prints reaches no terminal as it is" {
	does hostile
	live vm test $GPU
	exits 1
	says 'the device has gone'
	[[ $stderr$output != *$'\e'* ]]
}

# bats test_tags=deep
@test "QEMU that never answers is killed when the time is up" {
	does deaf
	live vm test $GPU --timeout 1
	exits 1
	says 'QEMU did not take the devices within 1 s'
	nothing_left
}

# bats test_tags=deep
@test "the firmware does not find the devices, or leaves memory without an address" {
	does never-placed
	live vm test $GPU --timeout 1
	exits 1
	says "the virtual machine's firmware did not find $GPU within 1 s"
	says 'not in the virtual machine'
	nothing_left
	does one-unplaced
	live vm test $GPU --timeout 1
	exits 1
	says "BAR 0 of $AUDIO got no address"
	says 'not mapped: BAR 0 (16 KiB)'
	nothing_left
}

# bats test_tags=deep
@test "killed in the middle, slicer leaves no QEMU behind" {
	local i
	does deaf
	inside /usr/local/bin/slicer vm test $GPU >/dev/null 2>&1 </dev/null &
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$T/run/slicer-pid" ] || break
		sleep 0.1
	done
	kill -0 "$(<"$T/run/qemu-pid")"
	kill -KILL "$(<"$T/run/slicer-pid")"
	nothing_left
}

# bats test_tags=deep
@test "pci show offers it where it would be done: QEMU is there, and VFIO has the group" {
	live pci show $GPU
	exits 0
	says "sudo slicer vm test $GPU"
	live pci ensure $GPU
	exits 0
	says "to see that it works: sudo slicer vm test $GPU"
	on pci show $GPU
	[[ $output == *"vm command $GPU"* && $output != *'vm test'* ]]
	rm "$(readlink -f "$T/sys/bus/pci/devices/$AUDIO")/driver"
	live pci show $GPU
	[[ $output != *'vm test'* ]]
}
