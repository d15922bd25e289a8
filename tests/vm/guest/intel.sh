# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The Intel machine with GRUB: one function per boot.

iommu_off=intel_iommu=off
iommu_on=intel_iommu=on
trial_entry=/boot/grub/custom.cfg
card=15ad:07b0		# QEMU's vmxnet3, see ../passthrough.sh: both ports of it are in one group
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
	qemu_has_it "$twin" "128 KiB"
	give_twin_back
	bind_shared_group
	ids_for_the_next_boot
	lab_units
}

# The device in a virtual machine of QEMU's, whose firmware places its memory. There is no KVM in here.
qemu_has_it() # ADDRESS SIZE OF ITS FIRST BAR
{
	run_slicer 0 "vm test: QEMU has $1" vm test "$1" --timeout 600
	says "its memory is mapped" "in the virtual machine, mapped: BAR 0 ($2)"
	says "it says that it works" "pass-through works: QEMU"
	check "QEMU is gone, and the node is free" node_is_free "/dev/vfio/$(group_of "$1")"
}
# The kernel lets only one open it (drivers/vfio/group.c).
node_is_free() # NODE
{
	! grep -ls '^qemu-system' /proc/[0-9]*/comm && (: <> "$1")
}

group_of() # ADDRESS
{
	basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"
}

# Two ports of a card share a group: one of them alone is of no use to a VM.
bind_shared_group()
{
	local port1 port2 group

	port1=$(nth_device 1 "$card")
	port2=$(nth_device 2 "$card")
	group=$(group_of "$port1")
	check_is "both ports are in one group" "$group" "$(group_of "$port2")"
	check_driver "$port1" vmxnet3 "port 1 has its native driver"
	check_driver "$port2" vmxnet3 "port 2 has its native driver"

	run_slicer 0 "pci bind of port 1 alone" pci bind "$port1"
	says "it warns of port 2" "IOMMU group $group also holds $port2 (vmxnet3): a VM can't use the group while these have it (--group"
	check_driver "$port1" vfio-pci "port 1 is on vfio-pci"
	check_driver "$port2" vmxnet3 "port 2 keeps its native driver"
	run_slicer 3 "vm test is refused while port 2 is not bound" vm test "$port1"
	says "it says why" "$port1: another device of its IOMMU group is not bound to VFIO yet"

	run_slicer 0 "pci bind --group" pci bind "$port1" --group
	check_driver "$port1" vfio-pci "port 1 still is on vfio-pci"
	check_driver "$port2" vfio-pci "port 2 is there, too"
	qemu_has_it "$port1" "4 KiB"
	says "it had port 1" "$port1 "
	says "it had port 2" "$port2 "
	says "both of them" "had all devices"
	check_is "the memory of both was mapped" 2 "$(grep -c 'in the virtual machine, mapped: BAR 0 (4 KiB)' /run/said)"

	run_slicer 0 "pci bind --group --driver=original" pci bind "$port1" --group --driver=original
	check_driver "$port1" vmxnet3 "port 1 is back on vmxnet3"
	check_driver "$port2" vmxnet3 "port 2 is back on vmxnet3"
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
	bind_at_every_boot
}

# In this boot, the first with systemd, and from now on; its twin stays the host's.
bind_at_every_boot()
{
	twin=$(nth_device 1 "$twins")
	other=$(nth_device 2 "$twins")

	check_is "process 1 is systemd" systemd "$(cat /proc/1/comm)"
	run_slicer 0 "pci bind --persist" pci bind "$twin" --persist
	check_driver "$twin" vfio-pci "the twin is bound at once"
	check_driver "$other" e1000e "the other twin keeps e1000e"
	files_are "it has a file" "$twin.conf"
	check "the unit is enabled" is_enabled
}

phase_lasting()
{
	twin=$(nth_device 1 "$twins")
	other=$(nth_device 2 "$twins")

	host_is_up active
	check_driver "$twin" vfio-pci "the twin is bound after the boot"
	check "it was the unit that bound it" not_in /run/journal "nothing to do"
	was_seen "$twin" vfio-pci
	check_driver "$other" e1000e "the other twin is not"
	was_not_seen "$other" vfio-pci

	run_slicer 0 "pci unbind --persist" pci unbind "$twin" --persist
	check_driver "$twin" none "the twin has no driver"
	files_are "its file is gone"
	check "the unit is disabled" is_disabled
	new_kernel
	undo
	check "grub.cfg has no trace of the parameters" not_in /boot/grub/grub.cfg 'intel_iommu=on\|iommu=pt\|vfio-pci.ids'
	lab_init_again
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
