# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Devices that the initramfs binds, one function per boot; names and helpers are those of persist.sh.

early_script=/etc/initramfs-tools/scripts/init-top/slicer-bind
early_hook=/etc/initramfs-tools/hooks/slicer-bind

# A driver that had the device has said so.
driver_spoke() # ADDRESS DRIVER
{
	dmesg | grep -F "$2 $1"
}

phase_early-set()
{
	run_slicer 0 "setup-iommu --yes --force" setup-iommu --yes --force
	lab_units
}

phase_early-bind()
{
	check_driver "$alone" e1000e "the NIC has its native driver"
	check "which has said so in the kernel's log" driver_spoke "$alone" e1000e
	run_slicer 0 "pci bind --persist=initramfs" pci bind "$alone" "$disk" --persist=initramfs
	says "it is for the next boot" "It takes effect at the next boot"
	check_driver "$alone" e1000e "until then the NIC keeps its native driver"
	check_driver "$disk" nvme "and so does the disk"
	check "the script is there" test -x "$early_script"
	check "the hook is there" test -x "$early_hook"
	check "the unit is enabled" is_enabled
	tree_state /etc /boot > /run/before
	run_slicer 0 "a second pci bind --persist=initramfs" pci bind "$alone" "$disk" --persist=initramfs
	says "it has nothing to do" "the initramfs binds these devices already"
	tree_state /etc /boot > /run/after
	check "it changes no file" same_file /run/before /run/after
	run_slicer 0 "setup-iommu --undo --dry-run" setup-iommu --undo --dry-run
	says "it leaves them, and names them" "these devices stay bound at every boot: $alone $disk"
}

phase_early-lasts()
{
	host_is_up active
	check_driver "$alone" vfio-pci "the NIC is bound"
	check_driver "$disk" vfio-pci "the disk is bound"
	check "the native driver of the NIC has never had it" eval '! driver_spoke "$alone" e1000e'
	check "nor has that of the disk" eval '! dmesg | grep -F "nvme nvme" | grep -F "$disk"'
	check "the unit found nothing to do" test "$(grep -c 'has vfio-pci already, nothing to do' /run/journal)" = 2
	run_slicer 0 "pci unbind --persist" pci unbind "$alone" "$disk" --persist
	check "the script is gone" test ! -e "$early_script"
	check "the hook is gone" test ! -e "$early_hook"
	check "the unit is disabled" is_disabled
	check "the NIC has no driver" test ! -e "/sys/bus/pci/devices/$alone/driver"
}

phase_early-gone()
{
	host_is_up inactive
	check_driver "$alone" e1000e "the NIC has its native driver again"
	check_driver "$disk" nvme "and so has the disk"
}
