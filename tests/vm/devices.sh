#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# devices.sh RELEASE MACHINE: what "pci bind" does with devices that the host uses, with a group behind a bridge,
# with one that is moved 200 times, with two slicers at once, with one that is killed at each of its steps, and
# with a NIC that has virtual functions. For intel-storage only, which has the programs.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

nvme() # NAME SLOT
{
	truncate -s 64M "$work/$1.img"
	machine_args+=(-drive "if=none,id=$1,file=$work/$1.img,format=raw" -device "nvme,drive=$1,serial=$1,addr=$2")
}

# QEMU has the igb since its release 8.0, and Debian 12 has 7.2: Debian 13's is taken, from the root of its machines.
need_newer_qemu()
{
	local was=$root

	release=trixie
	need_root || exit 1
	newer=vm/qemu-${root##*/}
	newer=${newer%.tar}
	cache_entry "$newer" unpack_qemu "$root" || { not_ok "a newer QEMU is there"; exit 1; }
	newer=$test_cache/$newer release=$1 root=$was
}
unpack_qemu() # ROOT.tar DIRECTORY
{
	mkdir "$2" "$2/dev" && tar -xf "$1" -C "$2" --no-same-owner ./usr ./lib ./lib64 ./bin ./sbin ./etc
}

main()
{
	local home

	scenario "$1" "$2" devices
	[[ $machine == intel-storage ]] || die "devices is for intel-storage only"
	need_newer_qemu "$1"
	nvme second 14
	nvme third 15
	machine_args+=(
		-device "pcie-root-port,id=port16,addr=16,chassis=16"
		-device "pcie-pci-bridge,id=bridge,bus=port16"
		-device "e1000,bus=bridge,addr=1,mac=52:54:00:00:00:05,romfile="
		-device "e1000,bus=bridge,addr=2,mac=52:54:00:00:00:06,romfile="
	)
	boot_phase devices-set disk
	boot_phase devices-used disk
	cp "$top/build/crash/stopper" "$work/guest/stopper"
	BOOT_TIMEOUT=2400 boot_phase devices-moved disk
	home=("${machine_args[@]}")
	machine_args=("${home[@]}"
		-device "pcie-root-port,id=port17,addr=17,chassis=17"
		-device "igb,bus=port17,mac=52:54:00:00:00:07,romfile=")
	QEMU_ROOT=$newer boot_phase devices-vfs disk
}
main "$@"
