#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What Debian's package says and does when it is installed, removed and purged: its scripts, run in a tree as the live root.
load helpers

setup() {
	live_tree debian-grub off switched_on
	cp "$TOP"/debian/slicer-iommu.p* "$T/tmp/"
	ln -s slicer "$T/usr/local/bin/slicer-iommu"
	# Where Debian's /usr/bin/awk leads.
	mkdir -p "$T/etc/alternatives"
	ln -sf "$(readlink -f /usr/bin/awk)" "$T/etc/alternatives/awk"
}

# script NAME ARG...: what dpkg would run.
script() {
	command_status inside sh "/tmp/slicer-iommu.$1" "${@:2}"
	exits 0
	[ -z "$stderr" ]
}
file_of() { printf '%s\n' "$T/etc/slicer/devices.d/0000:0b:00.0.conf"; }

@test "package: nothing is on this host by slicer: nothing is said, and purge leaves nothing" {
	script prerm remove
	[ -z "$output" ]
	live setup-iommu --yes --no-initramfs
	exits 0
	live setup-iommu --undo --yes
	exits 0
	script prerm remove
	[ -z "$output" ]
	script postrm remove
	[ -d "$T/var/lib/slicer" ]
	script postrm purge
	[ -z "$output" ]
	[ ! -e "$T/var/lib/slicer" ]
}

@test "package: an applied set-up is named with its way back, and purge keeps what that needs" {
	live setup-iommu --yes --no-initramfs
	exits 0
	script prerm upgrade
	[ -z "$output" ]
	script prerm remove
	says 'its kernel parameters stay set'
	says 'sudo slicer-iommu setup-iommu --undo'
	script postrm purge
	says '/var/lib/slicer stays'
	[ -d "$T/var/lib/slicer/runs" ]
	live setup-iommu --undo --yes
	exits 0
}

@test "package: a trial boot that is pending is named, and purge keeps its records" {
	live setup-iommu --trial --yes
	exits 0
	script prerm remove
	says 'a trial boot is set up'
	script postrm purge
	says '/var/lib/slicer stays'
	live setup-iommu --undo --yes
	exits 0
	script prerm remove
	[ -z "$output" ]
	script postrm purge
	[ ! -e "$T/var/lib/slicer" ]
}

@test "package: a bind that lasts is named, its file stays; a directory that lists nothing goes" {
	mkdir -p "$T/etc/slicer/devices.d" "$T/var/lib/slicer"
	script postrm purge
	[ ! -e "$T/etc/slicer" ]
	mkdir -p "$T/etc/slicer/devices.d" "$T/var/lib/slicer"
	echo 'vendor=10de' >"$(file_of)"
	script prerm remove
	says '0000:0b:00.0 is no longer bound to VFIO at boot'
	says 'sudo slicer-iommu pci unbind 0000:0b:00.0 --persist'
	script postrm purge
	says '/etc/slicer/devices.d stays'
	[ -e "$(file_of)" ]
	[ -d "$T/var/lib/slicer" ]
}

@test "package: a program that fails does not keep it from being removed" {
	rm "$T/usr/local/bin/slicer-iommu"
	script prerm remove
	printf '#!/bin/sh\necho "{"; exit 139\n' | program usr/local/bin/slicer-iommu
	script prerm remove
	[ -z "$output" ]
}

@test "package: another program that comes first is named when it is installed" {
	script postinst configure
	says '/usr/local/bin/slicer comes first in PATH: the name to use for this package'
	rm "$T/usr/local/bin/slicer"
	script postinst configure
	[ -z "$output" ]
}
