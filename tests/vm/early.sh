#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# early.sh RELEASE MACHINE: devices that the initramfs binds, before their native drivers are loaded, and the end of it.
# Machines with GRUB only.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

main()
{
	scenario "$1" "$2" early
	[[ $guest == intel ]] || die "early is for machines with GRUB"
	give_bind_unit
	# Its two NICs are the last of them: one model each, at the addresses that guest/persist.sh has names for.
	machine_args=("${machine_args[@]:0:${#machine_args[@]}-4}"
		-device "e1000e,mac=52:54:00:00:00:03,romfile=,addr=10,subsys=0x5555"
		-device "e1000e,mac=52:54:00:00:00:04,romfile=,addr=11,subsys=0x6666")
	for phase in set bind lasts gone; do
		boot_phase "early-$phase" disk
	done
}
main "$@"
