# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs the phase that the host asked for, and says that it came to its end.

# shellcheck source=lib.sh
. /mnt/host/guest/lib.sh

machine=$(cat "$host/machine")		# whose file here is its own
lab_append=$(cat "$host/lab-append")	# what the lab needs on its command line
phase=$(cat "$host/phase")

cmdline=$(cat /proc/cmdline)
story "/proc/cmdline: $cmdline"
echo "up since $(cut -d' ' -f1 /proc/uptime) s, $(uname -r)"
echo "/proc/cmdline: $cmdline"

if [ "$phase" = install ]; then
	# shellcheck source=/dev/null
	. "/mnt/host/guest/$machine-install.sh"
else
	install -m 755 "$host/slicer" /usr/local/sbin/slicer
	# shellcheck source=/dev/null
	. "/mnt/host/guest/$machine.sh"
	# shellcheck source=trial.sh
	. /mnt/host/guest/trial.sh
	# shellcheck source=cuts.sh
	. /mnt/host/guest/cuts.sh
	# shellcheck source=persist.sh
	. /mnt/host/guest/persist.sh
	# shellcheck source=early.sh
	. /mnt/host/guest/early.sh
	# shellcheck source=devices.sh
	. /mnt/host/guest/devices.sh
fi
"phase_$phase"

# The kernel's side of the story, for whoever looks for a reason.
dmesg > "$host/state/dmesg.$phase"
: > "$host/done"
