#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A boot loader that reads another file than the one that is configured.

load helpers

STUB=boot/efi/EFI/ubuntu/grub.cfg

# started_at SECONDS: the running kernel was started so long after (-: before) the menu got its contents, and its times.
started_at() {
	mkdir -p "$T/proc"
	echo "btime $(($(stat -c %Z "$T/boot/grub/grub.cfg") + $1))" >"$T/proc/stat"
}

# bats test_tags=deep
@test "elsewhere: the ESP's stub looks for another filesystem; told, and set-up refuses" {
	tree two-gpu configured
	sed -i 's/7f0c1a52/11111111/' "$T/$STUB"
	remember
	on doctor
	exits 1
	says "verdict: elsewhere"
	says "looks for filesystem 11111111"
	says "grub-install"
	on setup-iommu --yes
	exits 3
	complains "GRUB reads another grub.cfg"
	complains "grub-install"
	unchanged
	on doctor --json
	json '.verdict == "elsewhere"'
	on setup-iommu --yes --force
	exits 0
}

@test "elsewhere: the ESP's file is a whole old menu" {
	tree two-gpu off
	cp "$T/boot/grub/grub.cfg" "$T/$STUB"
	on doctor --quiet
	exits 1
	says "setup-needed"
	says "a whole menu of its own"
	[[ $output != *"slicer setup-iommu"* ]]
	on setup-iommu --yes
	exits 3
}

# bats test_tags=deep
@test "elsewhere: the menu was there before this boot, and the boot is without it" {
	tree debian-grub generated
	on doctor --quiet
	says "verdict: reboot-needed"
	started_at -10
	on doctor --quiet
	says "verdict: reboot-needed"
	started_at 10
	on doctor
	exits 1
	says "verdict: elsewhere"
	says "read another file"
	# Started from another entry: a reboot is right.
	echo "BOOT_IMAGE=$(sed -n 's/.*linux\t\(.* single.*\)/\1/p' "$T/boot/grub/grub.cfg" | head -n 1)" >"$T/proc/cmdline"
	on doctor
	says "verdict: reboot-needed"
	says "not started from the default entry"
}

# bats test_tags=deep
@test "elsewhere: a menu that was put back with its old times is no proof" {
	tree debian-grub generated
	touch -d '3 days ago' "$T/boot/grub/grub.cfg"
	mkdir -p "$T/proc"
	echo "btime $(($(date +%s) - 3600))" >"$T/proc/stat"
	on doctor --quiet
	says "verdict: reboot-needed"
}

# bats test_tags=deep
@test "elsewhere: taking back is not refused; a running kernel that has the parameters overrules the stub" {
	tree two-gpu off
	on setup-iommu --yes
	exits 0
	sed -i 's/7f0c1a52/11111111/' "$T/$STUB"
	on setup-iommu --undo --yes
	exits 0
	says "GRUB reads another grub.cfg"
	tree two-gpu ready
	sed -i 's/7f0c1a52/11111111/' "$T/$STUB"
	on doctor --quiet
	exits 0
	on setup-iommu --param panic=30 --yes
	exits 0
}
