# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts with awkward devices, or a loader that slicer can't edit: derived from the trees of tests/roots. Sourced by run.
# shellcheck disable=SC2034,SC2154 # variants: read by run; work, top: set there

variants=(shared_root_disk vfio_sister twin_ids display_ids bridged_nic fedora_off ostree_off limine_off refind_off extlinux_off kernelstub_off \
	hyperv_guest vmware_guest arm64)

derive() { # derive TREE STATE
	local ready=$work/debian-grub-ready
	if [ "$2" = ready ]; then
		cp -a --reflink=auto "$ready" "$1"
	else
		"$top/tests/roots/build" "$1" debian-grub "$2"
	fi
}

# The GPU shares its group with the disk of the root filesystem (karaketir16/quickpassthrough #22).
make_shared_root_disk() {
	derive "$1" ready
	local d=$1/sys/bus/pci/devices/0000:00:17.0
	rm "$d/iommu_group" "$1/sys/kernel/iommu_groups/5/devices/0000:00:17.0"
	ln -s ../../../kernel/iommu_groups/1 "$d/iommu_group"
	ln -s ../../../../devices/pci0000:00/0000:00:17.0 "$1/sys/kernel/iommu_groups/1/devices/0000:00:17.0"
}

# Only the first function is on vfio-pci (ndn-dpdk #63).
make_vfio_sister() {
	derive "$1" ready
	local d
	d=$(readlink -f "$1/sys/bus/pci/devices/0000:01:00.0")
	mkdir -p "$1/sys/bus/pci/drivers/vfio-pci"
	rm "$d/driver" "$1/sys/bus/pci/drivers/nouveau/0000:01:00.0"
	ln -s ../../../../bus/pci/drivers/vfio-pci "$d/driver"
	touch "$1/dev/vfio/1"
}

# Ids in modprobe.d, which a vfio-pci that is built in does not read: of two cards, and of the boot display.
make_twin_ids() {
	"$top/tests/roots/build" "$1" two-gpu ready
	mkdir -p "$1/etc/modprobe.d"
	echo 'options vfio-pci ids=10de:2204,10de:1aef' >"$1/etc/modprobe.d/vfio.conf"
}
make_display_ids() {
	"$top/tests/roots/build" "$1" two-gpu ready
	mkdir -p "$1/etc/modprobe.d"
	echo 'options vfio-pci ids=1a03:2000' >"$1/etc/modprobe.d/vfio.conf"
}

# The default route goes by a bridge over the NIC, as on every virtualization host.
make_bridged_nic() {
	derive "$1" ready
	local nic
	nic=$(readlink -f "$1/sys/class/net/eno1")
	mkdir -p "$1/sys/devices/virtual/net/br0/bridge" "$1/sys/devices/virtual/net/br0/brif"
	ln -s ../../devices/virtual/net/br0 "$1/sys/class/net/br0"
	ln -s ../../../../virtual/net/br0 "$nic/master"
	ln -s ../../../../../pci0000:00/0000:00:1f.6/net/eno1 "$1/sys/devices/virtual/net/br0/lower_eno1"
	ln -s ../../../../../pci0000:00/0000:00:1f.6/net/eno1/brport "$1/sys/devices/virtual/net/br0/brif/eno1"
	sed -i 's/^eno1/br0/' "$1/proc/self/net/route"
}

no_grub() { # no_grub TREE: what GRUB left is gone, and the line that it passed
	rm -rf "$1/boot/grub" "$1/etc/default/grub" "$1/etc/default/grub.d" "$1/etc/grub.d"
	rm -f "$1"/usr/sbin/update-grub "$1"/usr/sbin/grub-* "$1"/usr/bin/grub-*
	printf 'root=/dev/sda1 ro quiet\n' >"$1/proc/cmdline"
}
program() { # program TREE NAME
	printf '#!/bin/sh\n' >"$1/usr/bin/$2"
	chmod 755 "$1/usr/bin/$2"
}
make_fedora_off() {
	derive "$1" off
	no_grub "$1"
	mkdir -p "$1/boot/grub2" "$1/boot/loader/entries"
	printf 'insmod blscfg\nblscfg\n' >"$1/boot/grub2/grub.cfg"
	printf 'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.1.0-56-amd64 root=/dev/sda1 ro intel_iommu=off\n' >"$1/proc/cmdline"
}
# ublue-os/bazzite #5526: amd_iommu=off on an ostree system
make_ostree_off() {
	derive "$1" off
	printf 'BOOT_IMAGE=(hd0,gpt2)/ostree/fedora-1/vmlinuz root=/dev/sda1 rw ostree=/ostree/boot.1/fedora/1/0 amd_iommu=off\n' \
		>"$1/proc/cmdline"
	: >"$1/run/ostree-booted"
	sed -i 's/GenuineIntel/AuthenticAMD/' "$1/proc/cpuinfo"
	mv "$1/sys/firmware/acpi/tables/DMAR" "$1/sys/firmware/acpi/tables/DMA_"
	cp "$top/tests/roots/acpi/IVRS" "$1/sys/firmware/acpi/tables/"
}
make_limine_off() {
	derive "$1" off
	no_grub "$1"
	printf 'timeout: 3\n/Linux\n protocol: linux\n kernel_path: boot():/vmlinuz\n cmdline: root=/dev/sda1 intel_iommu=off\n' \
		>"$1/boot/limine.conf"
	printf 'root=/dev/sda1 intel_iommu=off\n' >"$1/proc/cmdline"
}
make_refind_off() {
	derive "$1" off
	no_grub "$1"
	printf '"Boot with standard options"  "root=/dev/sda1 ro"\n' >"$1/boot/refind_linux.conf"
}
make_extlinux_off() {
	derive "$1" off
	no_grub "$1"
	mkdir -p "$1/boot/syslinux"
	printf 'APPEND root=/dev/sda1 ro quiet\n' >"$1/boot/syslinux/syslinux.cfg"
}
make_kernelstub_off() {
	derive "$1" off
	no_grub "$1"
	mkdir -p "$1/etc/kernelstub"
	printf '{"user": {"kernel_options": ["quiet", "intel_iommu=off"]}}\n' >"$1/etc/kernelstub/configuration"
	program "$1" kernelstub
	printf 'initrd=\\EFI\\Pop_OS\\initrd.img root=/dev/sda1 ro quiet intel_iommu=off\n' >"$1/proc/cmdline"
}

guest() { # guest TREE VENDOR PRODUCT
	derive "$1" firmware-off
	printf '%s\n' "$2" >"$1/sys/class/dmi/id/sys_vendor"
	printf '%s\n' "$3" >"$1/sys/class/dmi/id/product_name"
	sed -i '/^flags/s/$/ hypervisor/' "$1/proc/cpuinfo"
}
# Justsenger/ExHyperV #62
make_hyperv_guest() { guest "$1" 'Microsoft Corporation' 'Virtual Machine'; }
make_vmware_guest() { guest "$1" 'VMware, Inc.' 'VMware20,1'; }

# arch/arm64/kernel/cpuinfo.c: no vendor_id
make_arm64() {
	derive "$1" off
	printf 'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n' \
		>"$1/proc/cpuinfo"
	printf 'aarch64\n' >"$1/proc/sys/kernel/arch"
}
