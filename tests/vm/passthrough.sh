#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# passthrough.sh RELEASE MACHINE: a machine whose person once switched the IOMMU off, all the way to one of
# two identical NICs inside a VM, and back again. On Intel also a card whose two ports share a group, ids that
# are bound at boot, a new kernel, and under systemd a NIC that is bound at every boot; on AMD a Linux that boots inside.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

main()
{
	scenario "$1" "$2" passthrough
	# A card with two ports: two functions of one slot that say nothing of ACS share an IOMMU group (pci_device_group(),
	# drivers/iommu/iommu.c).
	if [[ $guest == intel ]]; then
		machine_args+=(
			-device "vmxnet3,addr=13.0,multifunction=on,mac=52:54:00:00:00:03,romfile="
			-device "vmxnet3,addr=13.1,mac=52:54:00:00:00:04,romfile="
		)
		give_bind_unit
	fi
	boot_phase blocked disk
	case $guest in
	intel)
		boot_phase ready disk
		boot_phase ids disk
		boot_phase lasting disk ;;
	# With one CPU, the machine with KVM sometimes sleeps for ever once the inner one runs.
	amd) AGAIN=1 CPUS=2 boot_phase ready disk ;;
	esac
	boot_phase undone disk
}
main "$@"
