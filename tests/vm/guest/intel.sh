# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The Intel machine with GRUB: one function per boot.

iommu_off=intel_iommu=off
iommu_on=intel_iommu=on
trial_entry=/boot/grub/custom.cfg
# shellcheck source=common.sh
. /mnt/host/guest/common.sh

menu_files() { echo /boot/grub/grub.cfg; }
menu_is_wanted()
{
	grep -Eq "linux.*( $iommu_on iommu=pt| iommu=pt $iommu_on)" /boot/grub/grub.cfg && not_in /boot/grub/grub.cfg "$iommu_off"
}
boots_whole()
{
	grub-script-check /boot/grub/grub.cfg && grub-editenv /boot/grub/grubenv list
}

phase_blocked()
{
	from_blocked_to_reboot
	for file in /etc/default/grub /boot/grub/grub.cfg; do
		check "$file has the wanted parameters" grep -Eq 'intel_iommu=on iommu=pt|iommu=pt intel_iommu=on' "$file"
		check "$file has no $iommu_off" not_in "$file" "$iommu_off"
	done
}
not_in() { ! grep -n -e "$2" "$1"; }

phase_ready()
{
	after_reboot_ready
	bind_one_twin
	qemu_has_it "$twin"
	give_twin_back
	ids_for_the_next_boot
}

# The twin in a virtual machine of QEMU's, whose firmware places its memory. There is no KVM in here.
qemu_has_it() # ADDRESS
{
	run_slicer 0 "vm test: QEMU has the twin" vm test "$1" --timeout 600
	says "its memory is mapped" "in the virtual machine, mapped: BAR 0 (128 KiB)"
	says "it says that it works" "pass-through works: QEMU"
	check "QEMU is gone, and the node is free" node_is_free "/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")")"
}
# The kernel lets only one open it (drivers/vfio/group.c).
node_is_free() # NODE
{
	! grep -ls '^qemu-system' /proc/[0-9]*/comm && (: <> "$1")
}

# The nvme is to be vfio-pci's from the start. The twins, which no id can tell
# apart, are refused.
ids_for_the_next_boot()
{
	tree_state /etc /boot > /run/before
	run_slicer 3 "setup-iommu --ids refuses ids that match two devices" setup-iommu --yes --ids "$twins"
	says "it names twin 1" "$twin"
	says "it names twin 2" "$other"
	tree_state /etc /boot > /run/after
	check "that refusal changes no file" same_file /run/before /run/after

	run_slicer 0 "setup-iommu --ids for the nvme" setup-iommu --yes --ids "$extra"
	check "the initramfs has vfio-pci" image_has "/boot/initrd.img-$(uname -r)" /vfio-pci.ko
	check "grub.cfg has the ids" grep -q "vfio-pci.ids=$extra" /boot/grub/grub.cfg
}

phase_ids()
{
	check "the kernel was given the ids" has_word "$cmdline" "vfio-pci.ids=$extra"
	check_driver "$(nth_device 1 "$extra")" vfio-pci "the nvme is vfio-pci's from the start"
	check "nobody loaded nvme before" nvme_was_never_bound
	check_driver "$(nth_device 1 "$twins")" e1000e "the twins are not"
	run_slicer 0 "doctor still is ready" doctor
	new_kernel
	undo
	check "grub.cfg has no trace of the parameters" not_in /boot/grub/grub.cfg 'intel_iommu=on\|iommu=pt\|vfio-pci.ids'
}

nvme_was_never_bound()
{
	! dmesg | grep -F "nvme nvme"
}

# A kernel that is installed later gets the parameters too: what a kernel
# package does after it put its files in place, with a copy for the files.
new_kernel()
{
	local old new
	old=$(uname -r)
	new=${old%-amd64}+new-amd64

	cp -al "/lib/modules/$old" "/lib/modules/$new"
	for file in vmlinuz initrd.img config System.map; do
		cp "/boot/$file-$old" "/boot/$file-$new"
	done
	check "the kernel hook for a new kernel" \
		run-parts --arg="$new" --arg="/boot/vmlinuz-$new" --regex='^zz-update-grub$' /etc/kernel/postinst.d
	check "grub.cfg has the parameters for the new kernel" new_kernel_entry "$new"

	# Inside it still is the old one, so it cannot be what boots next.
	rm -r "/lib/modules/$new" /boot/*-"$new"
}
new_kernel_entry() # VERSION
{
	local line
	line=$(grep "linux.*/vmlinuz-$1 " /boot/grub/grub.cfg | grep -v ' single ' | head -n 1)
	story "the new kernel's entry: $line"
	has_word "$line" "$iommu_on" && has_word "$line" iommu=pt && has_word "$line" "vfio-pci.ids=$extra"
}

phase_undone()
{
	cmdline_as_before
}
