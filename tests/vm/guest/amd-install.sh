# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The AMD machine's first boot: systemd-boot goes into the ESP, and the kernel
# gets an entry made from /etc/kernel/cmdline.

phase_install()
{
	local version

	version=$(uname -r)
	echo "root=LABEL=labroot rw console=tty0 console=ttyS0 $lab_append quiet amd_iommu=off" > /etc/kernel/cmdline
	check "bootctl install" bootctl install --make-entry-directory=yes
	check "kernel-install add" kernel-install add "$version" "/boot/vmlinuz-$version" "/boot/initrd.img-$version"
	check "the entry has amd_iommu=off" grep -rq '^options.*amd_iommu=off' /boot/efi/loader/entries
	bootctl status --no-pager
}
