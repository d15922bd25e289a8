#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# passthrough.sh RELEASE MACHINE: a machine whose person once switched the IOMMU off, all the way to one of
# two identical NICs inside a VM, and back again. On Intel also ids that are bound at boot, and a new
# kernel; on AMD a Linux that boots inside.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

main()
{
	scenario "$1" "$2" passthrough
	boot_phase blocked disk
	# With one CPU, the machine with KVM sometimes sleeps for ever once the inner one runs.
	if [[ $machine == amd ]]; then
		AGAIN=1 CPUS=2 boot_phase ready disk
	else
		boot_phase ready disk
	fi
	[[ $guest != intel ]] || boot_phase ids disk
	boot_phase undone disk
}
main "$@"
