#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# AMD, systemd-boot, EFI: from amd_iommu=off to a Linux that boots inside the
# machine with one of two identical NICs, and back again. What the guest does
# and checks is in guest/amd.sh. The inner Linux runs under KVM: the emulated
# CPU has AMD's virtualisation, which the Intel machine's has not.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

machine=amd
firmware=efi
# sudo is in the command that slicer prints.
packages=systemd-boot,sudo
install_append="root=LABEL=labroot rw console=ttyS0 no_timer_check quiet"
machine_args=(
	# With one CPU, the machine sometimes sleeps for ever once the inner one runs.
	-smp 2
	-machine q35 -cpu max
	-device "amd-iommu,intremap=on"
	-device "e1000e,addr=10,mac=52:54:00:00:00:01,romfile="
	-device "e1000e,addr=11,mac=52:54:00:00:00:02,romfile="
	-drive "if=none,id=extra,file=$lab/work/$machine/nvme.img,format=raw"
	-device "nvme,drive=extra,serial=lab,addr=12"
)

machine_prepare
boot_phase blocked disk
boot_phase ready disk
boot_phase undone disk
