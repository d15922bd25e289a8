#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Intel, GRUB, BIOS: a machine whose person once wrote intel_iommu=off, all the
# way to a device inside a VM, ids bound at boot, a new kernel, and back again.
# What the guest does and checks is in guest/intel.sh.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

machine=intel
firmware=bios
packages=grub-pc,grub2-common
install_append="root=LABEL=labroot rw console=ttyS0 no_timer_check quiet"
machine_args=(
	# A script is never on two CPUs, and to emulate the second one's share of
	# the kernel's work costs a quarter more, which the other machine wants.
	-smp 1
	-machine "q35,kernel-irqchip=split" -cpu "max,vendor=GenuineIntel"
	-device "intel-iommu,intremap=on,caching-mode=on"
	-device "e1000e,addr=10,mac=52:54:00:00:00:01,romfile="
	-device "e1000e,addr=11,mac=52:54:00:00:00:02,romfile="
	-drive "if=none,id=extra,file=$lab/work/$machine/nvme.img,format=raw"
	-device "nvme,drive=extra,serial=lab,addr=12"
)

machine_prepare
boot_phase blocked disk
boot_phase ready disk
boot_phase ids disk
boot_phase undone disk
