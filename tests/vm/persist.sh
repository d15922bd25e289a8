#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# persist.sh RELEASE MACHINE: devices that are bound at every boot, under systemd from the first process on. They
# last, also where cards have moved; what is wrong with one file or device keeps neither the others nor the
# host back; and it ends when a person says so. Machines with GRUB only.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The machine's devices, see guest/persist.sh for their names: QEMU's arguments in machine_args.
nic() # NUMBER WHERE...
{
	machine_args+=(-device "e1000e,mac=52:54:00:00:00:0$1,romfile=,$2")
}
port() # SLOT
{
	machine_args+=(-device "pcie-root-port,id=port$1,addr=$1,chassis=$1")
}
devices() # home|moved|exchanged
{
	machine_args=("${without_nics[@]}")
	# A bridge in a lower slot takes the first bus number, and all others have a new one.
	if [[ $1 == moved ]]; then
		port 13
		nic 5 bus=port13,subsys=0x7777
	fi
	port 14
	nic 1 bus=port14
	port 15
	nic 2 bus=port15
	case $1 in
	home) nic 3 addr=10,subsys=0x5555 ;;
	moved) nic 3 addr=16,subsys=0x5555 ;;
	exchanged) machine_args+=(-device "e1000,addr=10,mac=52:54:00:00:00:06,romfile=") ;;
	esac
	nic 4 addr=11,subsys=0x6666
}

boot_with() # DEVICES PHASE
{
	devices "$1"
	boot_phase "$2" disk
}

main()
{
	scenario "$1" "$2" persist
	[[ $guest == intel ]] || die "persist is for machines with GRUB"
	give_bind_unit
	# Its two NICs are the last of them.
	without_nics=("${machine_args[@]:0:${#machine_args[@]}-4}")
	boot_with home persist-set
	boot_with home persist-bind
	boot_with home persist-lasts
	boot_with moved persist-moved
	boot_with exchanged persist-broken
	boot_with home persist-masked
	boot_with home persist-gone
}
main "$@"
