#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trial.sh RELEASE MACHINE: trial boots. A good one that is confirmed and lasts; a poisoned one that dies and
# falls back by itself; one that nobody confirms and that the second reboot has forgotten. With TRIAL_AUTO set, on
# Intel under systemd also one that confirms itself.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

main()
{
	scenario "$1" "$2" trial
	boot_phase trial-set disk
	boot_phase trial-good disk
	boot_phase trial-lasts disk
	boot_dies trial-poisoned
	boot_phase trial-fell-back disk
	boot_phase trial-unconfirmed disk
	if [[ -z ${TRIAL_AUTO:-} || $guest != intel ]]; then
		boot_phase trial-forgotten disk
	else
		boot_phase trial-forgotten disk systemd
		boot_phase trial-auto disk systemd
		boot_phase trial-auto-lasts disk
	fi
}
main "$@"
