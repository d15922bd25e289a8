#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps VFIO from a device although the IOMMU works: interrupt remapping, the firmware's tables and memory, devices
# that do not answer, address bits.

load helpers

GPU=0000:01:00.0

setup_file() {
	mkdir -p "$ROOTS_CACHE"
	"$TOP/tests/roots/build" "$BATS_FILE_TMPDIR/ready" debian-grub ready
}

setup() {
	T=$BATS_TEST_TMPDIR/tree
	cp -a --reflink=auto "$BATS_FILE_TMPDIR/ready" "$T"
}

# verdict_is EXIT NAME REMAPPING: what doctor says.
verdict_is() {
	on doctor --json
	exits "$1"
	[ "$(value .verdict)" = "$2" ]
	[ "$(value .iommu.interrupt_remapping)" = "$3" ]
}

check() { value ".checks[] | select(.id == \"$1\").$2"; }

# without_log: nobody can read it.
without_log() { rm "$T/dev/kmsg"; }

# patch FILE OFFSET HEX: a byte of an ACPI table, and its checksum.
patch() {
	local sum
	put_byte "$1" "$2" "$3"
	put_byte "$1" 9 00
	sum=$(od -An -v -tu1 "$1" | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print (256 - s % 256) % 256 }')
	put_byte "$1" 9 "$(printf %02x "$sum")"
}
put_byte() { printf '%b' "\\x$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# bats test_tags=deep
@test "names in /proc/interrupts tell both ways" {
	without_log
	verdict_is 0 ready null
	printf '   0:   36   IR-IO-APIC    2-edge      timer\n' >"$T/proc/interrupts"
	verdict_is 0 ready true
	printf '   0:   36   IO-APIC    2-edge      timer\n' >"$T/proc/interrupts"
	verdict_is 1 refused false
	[ "$(check iommu.interrupt-remapping status)" = fail ]
}

# bats test_tags=deep
@test "intremap=off: running only, then everywhere; setup-iommu names it" {
	without_log
	sed -i 's/$/ intremap=off/' "$T/proc/cmdline"
	verdict_is 1 reboot-needed false
	sed -i 's/ iommu=pt/ iommu=pt intremap=off/' "$T/etc/default/grub" "$T/boot/grub/grub.cfg"
	verdict_is 1 blocked false
	on setup-iommu --dry-run
	exits 0
	says 'intremap=off (turns interrupt remapping off): slicer removes it'
	mkdir -p "$T/etc/modprobe.d"
	echo 'options vfio_iommu_type1 allow_unsafe_interrupts=1' >"$T/etc/modprobe.d/unsafe.conf"
	verdict_is 0 ready false
	on setup-iommu --check
	exits 0
	# Loaded without it, from an initramfs of before: a reboot would be for ever.
	mkdir -p "$T/sys/module/vfio_iommu_type1/parameters"
	echo N >"$T/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
	echo "btime $(($(date +%s) + 3600))" >"$T/proc/stat"
	verdict_is 1 refused false
	on doctor
	says 'vfio_iommu_type1 is loaded without that option'
	says 'sudo modprobe -r vfio_iommu_type1'
	says 'update-initramfs -u'
	! says 'sudo reboot' || false
	! says 'start the machine from this disk' || false
	on setup-iommu --check
	exits 0
}

# bats test_tags=deep
@test "a whole log that does not say enabled; then unsafe interrupts, to the reboot" {
	sed -i '/DMAR-IR: Enabled/d' "$T/dev/kmsg"
	verdict_is 1 refused false
	on setup-iommu --yes --param vfio_iommu_type1.allow_unsafe_interrupts=1
	exits 0
	verdict_is 1 generate-needed false
	sed -i 's/ iommu=pt/ iommu=pt vfio_iommu_type1.allow_unsafe_interrupts=1/' "$T/boot/grub/grub.cfg"
	verdict_is 1 reboot-needed false
	sed -i 's/$/ vfio_iommu_type1.allow_unsafe_interrupts=1/' "$T/proc/cmdline"
	verdict_is 0 ready false
}

# bats test_tags=deep
@test "DMAR flag bit 0 is clear; a unit at address 0" {
	without_log
	patch "$T/sys/firmware/acpi/tables/DMAR" 37 00
	verdict_is 1 firmware false
	patch "$T/sys/firmware/acpi/tables/DMAR" 37 01
	verdict_is 0 ready null
	# The first unit is at 48; its address of 8 bytes at 56.
	for at in 56 57 58 59; do
		patch "$T/sys/firmware/acpi/tables/DMAR" $at 00
	done
	on doctor --json
	[ "$(check firmware.table status)" = warn ]
	[[ $(check firmware.table evidence) == *'address 0'* ]]
}

@test "a device that does not answer" {
	head -c 256 /dev/zero | tr '\0' '\377' >"$T/sys/bus/pci/devices/$GPU/config"
	on doctor $GPU --json
	[ "$(check "devices.$GPU.dead" status)" = fail ]
	on pci bind $GPU --group --dry-run
	exits 3
	complains 'does not answer'
	on pci bind $GPU --group --dry-run --force
	exits 0
	on vm command $GPU
	complains 'does not answer'
}

@test "a device that could not leave D3cold, until it is found anew" {
	echo "3,900,9000000,-;nouveau $GPU: Unable to change power state from D3cold to D0, device inaccessible" >>"$T/dev/kmsg"
	# It answers now, whatever was at that time.
	on pci bind $GPU --group --dry-run
	exits 0
	rm "$T/sys/bus/pci/devices/$GPU/config"
	on pci bind $GPU --group --dry-run
	exits 3
	complains 'D3cold'
	echo "6,950,9900000,-;pci $GPU: [10de:1c03] type 00 class 0x030000" >>"$T/dev/kmsg"
	on pci bind $GPU --group --dry-run
	exits 0
}

@test "a VM did not get the device earlier in this boot: not left unsaid" {
	local f
	for f in 0 1; do
		ln -sfn ../../../bus/pci/drivers/vfio-pci "$T/sys/bus/pci/devices/0000:01:00.$f/driver"
	done
	on doctor $GPU
	says "$GPU can go to a VM
"
	echo "3,950,9900000,-;vfio-pci $GPU: BAR 1: can't reserve [mem 0xc0000000-0xcfffffff 64bit pref]" >>"$T/dev/kmsg"
	on doctor $GPU
	says "$GPU can go to a VM, but:"
	says "a VM did not get it earlier in this boot"
	says "/proc/iomem"
}

# bats test_tags=deep
@test "memory that the firmware keeps" {
	local regions=$T/sys/kernel/iommu_groups/1/reserved_regions
	echo '0x00000000cd800000 0x00000000cfffffff direct-relaxable' >"$regions"
	on pci bind $GPU --group --dry-run
	! says 'the firmware keeps memory' || false
	echo '0x000000005fffe000 0x000000005fffffff direct' >"$regions"
	on pci bind $GPU --group --dry-run
	exits 0
	says 'the firmware keeps memory of IOMMU group 1'
	on vm command $GPU --json
	[[ $(value .warnings[]) == *'the firmware keeps memory of IOMMU group 1'* ]]
	[ "$(value '[.warnings[] | select(startswith("the firmware keeps"))] | length')" = 1 ]
	on doctor $GPU --json
	exits 1
	[ "$(check "devices.$GPU.reserved" status)" = warn ]
	[ "$(value '.devices[0].usable')" = false ]
}

# vfio-pci takes such a device; the kernel says no when the VM starts (linux drivers/iommu/intel/iommu.c,
# device_is_rmrr_locked(); since 6.6 drivers/iommu/iommu.c, require_direct).
@test "memory that the firmware keeps, of a device that is bound" {
	local nic=0000:02:00.0
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$T/sys/bus/pci/devices/$nic/driver"
	on doctor $nic
	exits 0
	says "$nic can go to a VM"
	echo '0x00000000000e8000 0x00000000000e8fff direct' >"$T/sys/kernel/iommu_groups/9/reserved_regions"
	on doctor $nic
	exits 1
	says "$nic can't go to a VM:"
	says 'the kernel refuses to give it to a VM for that'
	on vm command $nic
	exits 0
	complains 'the firmware keeps memory of IOMMU group 9'
}

# bats test_tags=deep
@test "the host's disk in the card's group: the card can move" {
	local disk=0000:00:17.0
	ln -sfn ../../../kernel/iommu_groups/1 "$T/sys/devices/pci0000:00/$disk/iommu_group"
	ln -s "../../../../devices/pci0000:00/$disk" "$T/sys/kernel/iommu_groups/1/devices/$disk"
	on doctor $GPU --json
	exits 1
	[[ $(value '.devices[0].reasons[0]') == "$disk can't be taken: "* ]]
	[[ $(value '.devices[0].next[]') == *'move the card to another slot'* ]]
	on doctor $disk --json
	[[ $(value '.devices[0].next[]') != *'another slot'* ]]
	# As a virtual function of it, the card would go wherever the disk's controller goes.
	ln -s "../$disk" "$T/sys/bus/pci/devices/$GPU/physfn"
	on doctor $GPU --json
	exits 1
	[[ $(value '.devices[0].next[]') != *'another slot'* ]]
}

# bats test_tags=deep
@test "the IOMMU stops the host's own disk" {
	local disk=0000:00:17.0 f
	sed -i 's/ iommu=pt//' "$T/proc/cmdline" "$T/etc/default/grub" "$T/boot/grub/grub.cfg"
	for f in "$T"/sys/kernel/iommu_groups/*/type; do
		echo DMA-FQ >"$f"
	done
	echo "3,900,9000000,-;DMAR: [DMA Write NO_PASID] Request device [${disk#0000:}] fault addr 0xfff00000 [fault reason 0x0c] non-zero reserved fields in PTE" >>"$T/dev/kmsg"
	on doctor --json
	[ "$(check "iommu.fault.$disk" status)" = warn ]
	[[ $(check "iommu.fault.$disk" evidence) == *'mounted on /'* ]]
	[[ $(check "iommu.fault.$disk" 'fix[0]') == '# iommu=pt lets the host'* ]]
	[ "$(check "iommu.fault.$disk" 'fix[1]')" = "sudo slicer --root $T setup-iommu" ]
	sed -i 's/$/ iommu=pt/' "$T/proc/cmdline"
	on doctor --json
	[ -z "$(check "iommu.fault.$disk" status)" ]
}

@test "the IOMMU has fewer address bits than the processor" {
	sed -i '/^address sizes/d; s/^model name.*/&\naddress sizes\t: 46 bits physical, 48 bits virtual/' "$T/proc/cpuinfo"
	on vm command $GPU
	exits 0
	! says host-phys-bits-limit || false
	echo 1c0000c40660462 >"$T/sys/devices/virtual/iommu/dmar0/intel-iommu/cap"
	on vm command $GPU
	says '-cpu host,host-phys-bits-limit=39'
	on vm command --hypervisor cloud-hypervisor $GPU
	# shellcheck disable=SC2016 # the script's own variable
	says 'boot="$CPUS",max_phys_bits=39'
}

# bats test_tags=deep
@test "without an IOMMU the controllers' names prove nothing" {
	printf '           CPU0\n  0:         20   IO-APIC   2-edge      timer\n' >"$BATS_TEST_TMPDIR/interrupts"
	tree debian-grub firmware-off
	cp "$BATS_TEST_TMPDIR/interrupts" "$T/proc/interrupts"
	on doctor
	says "verdict: firmware"
	[[ $output != *"not remapped"* && $output != *allow_unsafe_interrupts* ]]
}
