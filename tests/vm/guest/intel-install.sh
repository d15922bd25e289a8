# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The Intel machines' first boot: GRUB goes onto the disk, with a command line
# as a person may have left it.

phase_install()
{
	set_grub GRUB_TIMEOUT 0
	set_grub GRUB_CMDLINE_LINUX "\"console=tty0 console=ttyS0 $lab_append\""
	set_grub GRUB_CMDLINE_LINUX_DEFAULT '"quiet intel_iommu=off"'
	if [ -d /sys/firmware/efi ]; then
		check "grub-install" grub-install --target=x86_64-efi --no-uefi-secure-boot --bootloader-id=debian
		check "the firmware has an entry for it" eval 'efibootmgr | grep -w debian'
	else
		check "grub-install" grub-install /dev/vda
	fi
	check "update-grub" update-grub
	check "grub.cfg has intel_iommu=off" grep -q 'linux.*intel_iommu=off' /boot/grub/grub.cfg
}

set_grub() # VARIABLE VALUE
{
	sed -i "s/^$1=.*/$1=$2/" /etc/default/grub
	grep -qxF "$1=$2" /etc/default/grub
}
