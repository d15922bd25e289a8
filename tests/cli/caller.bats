#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands are printed as the one who reads them types them: with or without sudo, by the name that starts this program.

load helpers

# as_root ARG...: slicer in a shell of root's.
as_root() {
	command_status in_namespace env -u SUDO_UID "$SLICER" --root "$T" "$@"
}

@test "root gets no sudo, sudo's user does" {
	tree debian-grub off
	on doctor
	exits 1
	says "next:    sudo slicer --root $T setup-iommu"
	as_root doctor
	exits 1
	says "next:    slicer --root $T setup-iommu"
	[[ $output != *sudo* ]]
	as_root doctor --json
	json '[.next[], .checks[].fix[]] | all(contains("sudo") | not)'
}

@test "without sudo, a user is told once that root runs it" {
	tree debian-grub off
	command_status in_namespace env -u SUDO_UID DOAS_USER=user "$SLICER" --root "$T" doctor --json
	exits 1
	json '.next[0:2] == ["# as root:", "slicer --root '"$T"' setup-iommu"]'
	json '[.next[] | select(. == "# as root:")] | length == 1'
	# The host's own, not this machine's.
	mkdir -p "$T/usr/bin"
	: >"$T/usr/bin/sudo"
	command_status in_namespace env -u SUDO_UID DOAS_USER=user "$SLICER" --root "$T" doctor --json
	json '.next[0] == "sudo slicer --root '"$T"' setup-iommu"'
}

# bats test_tags=deep
@test "where another program is called slicer, commands have the name slicer-iommu, and doctor says so" {
	live_tree debian-grub off
	live doctor
	exits 1
	says 'next:    sudo slicer setup-iommu'
	[[ $output != *'another program'* ]]
	# The same program by its other name, as a file of its own and as a link.
	cp "$T/usr/local/bin/slicer" "$T/usr/local/bin/slicer-iommu"
	live doctor
	says 'next:    sudo slicer setup-iommu'
	ln -sf slicer "$T/usr/local/bin/slicer-iommu"
	live doctor
	says 'next:    sudo slicer setup-iommu'
	rm "$T/usr/local/bin/slicer-iommu"
	mv "$T/usr/local/bin/slicer" "$T/usr/local/bin/slicer-iommu"
	program usr/local/bin/slicer <<<'another program'
	command_status inside /usr/local/bin/slicer-iommu doctor
	exits 1
	says 'the name of this one is slicer-iommu'
	says 'next:    sudo slicer-iommu setup-iommu'
	command_status inside /usr/local/bin/slicer-iommu setup-iommu --yes
	exits 0
	says 'sudo slicer-iommu doctor'
	# It has no other name here: that of another program would be no better.
	mv "$T/usr/local/bin/slicer-iommu" "$T/usr/local/bin/ours"
	command_status inside /usr/local/bin/ours doctor
	says 'sudo slicer doctor'
}
