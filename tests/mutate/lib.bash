# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host trees of tests/mutate/run and self, below $work. $SLICER is the program.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLICER=${SLICER:-$TOP/build/slicer}
MUTATE=$TOP/${BUILD:-build}/mutate/mutate
# shellcheck source-path=SCRIPTDIR source=../live.bash
. "$TOP/tests/live.bash"

work=$(mktemp -d)
work=$(cd "$work" && pwd -P)
export ROOTS_CACHE=${ROOTS_CACHE:-$work/cache}
mkdir -p "$ROOTS_CACHE"

# Twins, groups, virtual functions, disks that are mounted, functions of one card, a controller with a domain of its own.
hosts=(two-gpu/ready sriov/ready debian-grub/ready two-gpu/configured arch-sdboot/ready vmd/ready router/ready
	kernel-install/ready ubuntu-cloud/ready debian-grub/off single-quotes/generated)
trees=()
for host in "${hosts[@]}"; do
	trees+=("$work/${host/\//-}")
done

# What binding needs of sysfs and a fixture lacks: the attributes that are only written, and vfio-pci.
writable() {
	local d
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	: >"$T/sys/bus/pci/drivers_probe"
	for d in "$T"/sys/bus/pci/drivers/*; do
		: >"$d/bind"
		: >"$d/unbind"
	done
	printf '#!/bin/sh\nexit 0\n' | program usr/sbin/modprobe
}
# Something to restore: a file for one spare device, and a note of the driver that it had.
listed() {
	local a files=etc/slicer/devices.d
	for a in 0000:0b:00.0 0000:18:00.0 0000:02:00.0 0000:03:00.1 0000:01:00.0; do
		[ ! -e "$T/sys/bus/pci/devices/$a" ] || ! "$SLICER" --root "$T" pci bind "$a" --persist >/dev/null 2>&1 || break
	done
	mkdir -p "$T/var/lib/slicer/original" "$T/run/slicer"
	for a in "$T/$files"/*.conf; do
		[ ! -e "$a" ] || cp "$a" "$T/var/lib/slicer/original/"
	done
}
# make_tree NUMBER: the tree of that place in the list.
make_tree() {
	local host=${hosts[$1]}
	T=${trees[$1]}
	"$TOP/tests/roots/build" "$T" "${host%/*}" "${host#*/}"
	alive
	writable
	listed
	mkdir "$T.saved"
}

# What links lead to, and nobody may see: it has the names of attributes and files.
outside=$work/outside
mkdir "$outside"
for name in vendor device class config modalias driver_override resource fstab cmdline mountinfo grub grub.cfg 0000:01:00.0.conf; do
	echo CANARY-5d1c7e >"$outside/$name"
done

# live WORD...: runs the command with all tree directories added as its last arguments, in a namespace in which $LIVE_MOUNTS
# are mounted in each tree.
live() {
	# shellcheck disable=SC2016 # the inner shell's
	in_namespace bash -euc '
		mounts=$1
		shift
		while [ "$1" != -- ]; do
			T=$1
			[ ! -d "$T" ] || eval "$mounts"
			shift
		done
		shift
		exec "$@"' - "$LIVE_MOUNTS" "${trees[@]}" -- "$@" "${trees[@]}"
}
# mutate WORD...: build/mutate/mutate with these words, on all trees.
mutate() {
	live "$MUTATE" --slicer "$SLICER" --outside "$outside" "$@"
}
