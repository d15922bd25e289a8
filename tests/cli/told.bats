#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a person is told before they say yes, and after.

load helpers

# bats test_tags=deep
@test "a dry run tells a contradiction, and with --yes refuses as the run would" {
	tree debian-grub blocked
	remember
	on setup-iommu --dry-run
	exits 0
	says "someone set intel_iommu=off (turns VT-d off): slicer replaces it with intel_iommu=on; this needs a yes at the terminal, or --force"
	on setup-iommu --check --json
	exits 1
	json '.warnings[0] | contains("intel_iommu=off") and contains("--force")'
	on setup-iommu --check --yes
	exits 3
	complains intel_iommu=off
	on setup-iommu --dry-run --yes --json
	exits 3
	on setup-iommu --dry-run --yes --force
	exits 0
	unchanged
}

@test "what only contradicts iommu=pt: --no-pt comes first" {
	tree debian-grub off
	sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="quiet iommu.passthrough=0"/' "$T/etc/default/grub"
	on setup-iommu --yes
	exits 3
	complains "hint: --no-pt keeps it"
	on setup-iommu --yes --no-pt
	exits 0
	grep -q 'iommu.passthrough=0 intel_iommu=on"' "$T/etc/default/grub"
}

# bats test_tags=deep
@test "a pending GRUB_DEFAULT is told before asking, and the default entry that changes afterwards" {
	live_tree debian-grub off
	sed -i 's/^GRUB_DEFAULT=.*/GRUB_DEFAULT=2/' "$T/etc/default/grub"
	live setup-iommu --dry-run
	says 'will also bring /etc/default/grub:'
	says 'GRUB_DEFAULT=2, while the menu'"'"'s default is "0" now'
	# What the generator then makes has it.
	sed -i 's/^   set default="0"/   set default="1>2"/' "$T/usr/share/standins/grub.cfg"
	live setup-iommu --yes
	exits 0
	says "the default entry of the boot menu is another one now"
}

@test "nothing is said of a default that stays" {
	live_tree debian-grub off
	live setup-iommu --yes
	exits 0
	[[ $output != *"default entry"* && $output != *"into force"* ]]
}

@test "the plan is written out before the first program starts" {
	live_tree debian-grub off
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		cp /tmp/out /tmp/at-that-time
		exit 1
	SH
	# shellcheck disable=SC2016 # the inner shell's
	inside sh -c 'slicer setup-iommu --yes >/tmp/out 2>&1' || true
	grep -q 'run update-grub' "$T/tmp/at-that-time"
}

@test "--ids of the boot display: the device is named once" {
	tree debian-grub off
	on setup-iommu --yes --ids 8086:5912
	exits 3
	[ "$(grep -c '0000:00:02.0' <<<"$stderr")" -eq 1 ]
	complains "0000:00:02.0: it is the boot display"
}

# bats test_tags=deep
@test "generators get the host's own locale, and nothing else from its file" {
	live_tree debian-grub off
	mkdir -p "$T/etc/default"
	printf 'LANG="de_DE.UTF-8"\nLC_TIME=en_GB.UTF-8\nLC_X=a;rm\nPATH=/tmp\nLANGUAGE=de\n' >"$T/etc/default/locale"
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		env | sort >/tmp/env
		exec update-initramfs.real "$@"
	SH
	live setup-iommu --yes
	exits 0
	[ "$(grep -E '^(LANG|LC_)' "$T/tmp/env" | tr '\n' ' ')" = "LANG=de_DE.UTF-8 LC_TIME=en_GB.UTF-8 " ]
	grep -q '^PATH=/usr' "$T/tmp/env"
}
