#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Undo after the host has gone on living: a person, a package upgrade or a new kernel changed the same files since. Only
# what slicer added goes.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

WANT='intel_iommu=on iommu=pt'

setup() {
	live_tree debian-grub off
}

# cmdline TEXT: what /etc/default/grub gives to normal entries.
cmdline() {
	sed -i "s|^GRUB_CMDLINE_LINUX_DEFAULT=.*|GRUB_CMDLINE_LINUX_DEFAULT=$1|" "$T/etc/default/grub"
}
set_up() {
	live setup-iommu --yes "$@"
	exits 0
}
undo() {
	live --json setup-iommu --undo --yes
	exits 0
	json '.verified'
}
# After the undo: every normal entry has these parameters, and the file this line.
left_with() { # LINE PARAMETERS
	grep -qxF "GRUB_CMDLINE_LINUX_DEFAULT=$1" "$T/etc/default/grub"
	[ "$(grep -c "^\s*linux.* ro *$2\$" "$T/boot/grub/grub.cfg")" -eq 3 ]
	! grep -q "$WANT" "$T/boot/grub/grub.cfg" || false
}

# bats test_tags=deep
@test "the person added parameters before, between and behind slicer's" {
	set_up
	cmdline '"nomodeset quiet intel_iommu=on mitigations=off iommu=pt  panic=10"'
	undo
	left_with '"nomodeset quiet mitigations=off  panic=10"' 'nomodeset quiet mitigations=off  panic=10'
}

# bats test_tags=deep
@test "the person removed others, and one of slicer's" {
	set_up
	cmdline '"iommu=pt"'
	undo
	left_with '""' ''
}

# bats test_tags=deep
@test "the person took all of slicer's away" {
	set_up
	cmdline '"quiet"'
	undo
	left_with '"quiet"' quiet
}

# bats test_tags=deep
@test "the person quotes it another way, and comments" {
	set_up
	cmdline "'quiet $WANT'  # for the GPU"
	undo
	left_with "'quiet'  # for the GPU" quiet
}

@test "a parameter that was there before stays" {
	cmdline '"quiet iommu=pt"'
	set_up
	cmdline '"quiet iommu=pt intel_iommu=on splash"'
	undo
	grep -qxF 'GRUB_CMDLINE_LINUX_DEFAULT="quiet iommu=pt splash"' "$T/etc/default/grub"
}

# bats test_tags=deep
@test "a contradiction that was replaced comes back, between what others wrote since" {
	cmdline '"quiet intel_iommu=off"'
	set_up --force
	grep -qxF "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $WANT\"" "$T/etc/default/grub"
	cmdline "\"splash $WANT panic=10\""
	undo
	left_with '"splash intel_iommu=off panic=10"' 'splash intel_iommu=off panic=10'
}

# bats test_tags=deep
@test "a merged value: the part that was there before stays" {
	cmdline '"quiet intel_iommu=sm_on"'
	set_up
	grep -qF 'intel_iommu=on,sm_on' "$T/etc/default/grub"
	cmdline '"intel_iommu=on,sm_on iommu=pt splash"'
	undo
	left_with '"intel_iommu=sm_on splash"' 'intel_iommu=sm_on splash'
}

# bats test_tags=deep
@test "an upgrade of grub-pc rewrote the file" {
	cmdline "'quiet' # as I like it"
	set_up
	# What debconf has is what the package's config script read from the file.
	db_get() { RET=$(unset GRUB_CMDLINE_LINUX_DEFAULT; . "$T/etc/default/grub" && echo "$GRUB_CMDLINE_LINUX_DEFAULT"); }
	. "$TOP/tests/cli/grub-postinst.sh"
	merge_debconf_into_conf "$T/etc/default/grub" GRUB_CMDLINE_LINUX_DEFAULT grub2/linux_cmdline_default
	grep -qxF "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $WANT\"" "$T/etc/default/grub"
	undo
	left_with '"quiet"' quiet
}

# bats test_tags=deep
@test "an upgrade put the package's own file in place: nothing of slicer's is left, and nothing else goes" {
	set_up
	sed 's/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=0/' "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub" >"$T/etc/default/grub"
	undo
	left_with '"quiet"' quiet
	grep -qx GRUB_TIMEOUT=0 "$T/etc/default/grub"
}

# bats test_tags=deep
@test "a second run in between: both are taken back, in spite of later edits" {
	set_up
	set_up --param hugepages=8
	cmdline "\"quiet $WANT hugepages=8 splash\""
	undo
	left_with '"quiet splash"' 'quiet splash'
}

# bats test_tags=deep
@test "a kernel came and its entry has the parameters: they go there, too" {
	set_up
	# What a kernel's package does, as far as GRUB is concerned: files, and an entry like the others.
	local old=6.1.0-56-amd64 new=6.1.0-99-amd64
	cp -a "$T/boot/vmlinuz-$old" "$T/boot/vmlinuz-$new"
	cp -a "$T/boot/initrd.img-$old" "$T/boot/initrd.img-$new"
	cp -a "$T/usr/lib/modules/$old" "$T/usr/lib/modules/$new"
	local menu
	for menu in boot/grub usr/share/standins; do
		awk -v old="$old" -v new="$new" '
		/menuentry .*advanced/ && index($0, old) && !index($0, "recovery") { copying = 1 }
		copying { line = $0; gsub(old, new, line); block = block line "\n" }
		{ print }
		copying && /^\t}/ { printf "%s", block; copying = 0 }' "$T/$menu/grub.cfg" >"$T/$menu/new.cfg"
		mv "$T/$menu/new.cfg" "$T/$menu/grub.cfg"
	done
	[ "$(grep -c "$WANT\$" "$T/boot/grub/grub.cfg")" -eq 4 ]
	undo
	[ "$(grep -c "$WANT" "$T/boot/grub/grub.cfg")" -eq 0 ]
	[ "$(grep -c "vmlinuz-$new.* ro  quiet\$" "$T/boot/grub/grub.cfg")" -eq 1 ]
}

OLD=6.1.0-53-amd64
# The menu does not name the older kernel any more.
forget_kernel() {
	local menu
	for menu in boot/grub usr/share/standins; do
		sed -i "/menuentry .*$OLD/,/^\t}/d" "$T/$menu/grub.cfg"
		! grep -q "$OLD" "$T/$menu/grub.cfg" || return
	done
}

holds_ours() { # VERSION
	cpio --quiet -t <"$T/boot/initrd.img-$1" | grep -c slicer-vfio.conf
}

# bats test_tags=deep
@test "a kernel that the menu no longer names: its image loses slicer's files, too" {
	set_up --ids 10de:1c03,10de:10f1
	[ "$(holds_ours "$OLD")" = 1 ]
	forget_kernel
	undo
	[ "$(holds_ours "$OLD")" = 0 ]
	[ "$(holds_ours 6.1.0-56-amd64)" = 0 ]
}

# bats test_tags=deep
@test "a kernel that is gone: undo goes without it, also where the menu still names it" {
	set_up --ids 10de:1c03,10de:10f1
	rm -r "$T/usr/lib/modules/$OLD/modules."* "$T/boot/vmlinuz-$OLD"
	# As the real one: it can't make an image without the modules.
	program usr/sbin/mkinitramfs < <(sed '/^set -eu/a [ -e "/usr/lib/modules/$3/modules.dep" ]' "$TOP/tests/standins/mkinitramfs")
	cp -a "$T" "$T.menu"
	undo
	rm -r "$T"
	mv "$T.menu" "$T"
	forget_kernel
	undo
}

# bats test_tags=deep
@test "a kernel went after its image's rebuild was cut short: the run is taken back without it" {
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		[ "$3" != 6.1.0-53-amd64 ] || kill -KILL $PPID $$
		exec /usr/sbin/update-initramfs.real "$@"
	SH
	live setup-iommu --yes
	exits 137
	rm -r "$T/usr/lib/modules/$OLD" "$T/boot/"*"-$OLD"
	forget_kernel
	undo
	grep -qxF 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' "$T/etc/default/grub"
}

# bats test_tags=deep
@test "slicer's own drop-in goes; with a line of the person's in it, it stays without slicer's" {
	live_tree ubuntu-cloud off
	local own=etc/default/grub.d/zz-slicer-iommu.cfg
	set_up
	[ -e "$T/$own" ]
	undo
	[ ! -e "$T/$own" ]
	set_up
	echo 'GRUB_TIMEOUT=7' >>"$T/$own"
	undo
	grep -qx GRUB_TIMEOUT=7 "$T/$own"
	! grep -q 'iommu=' "$T/$own" || false
}

# bats test_tags=deep
@test "a file of --ids that the person wrote in stays, and is named" {
	set_up --ids 10de:1c03,10de:10f1
	echo 'options vfio-pci disable_vga=1' >>"$T/etc/modprobe.d/slicer-vfio.conf"
	undo
	grep -q disable_vga=1 "$T/etc/modprobe.d/slicer-vfio.conf"
	json '.warnings | any(contains("slicer-vfio.conf"))'
	left_with '"quiet"' quiet
}

# bats test_tags=deep
@test "kernel-install: the person edited /etc/kernel/cmdline, and a kernel came" {
	live_tree kernel-install off
	local id new=6.12.200+deb13-amd64 old=6.12.117+deb13-amd64
	id=$(cat "$T/etc/machine-id")
	echo 'root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet' >"$T/etc/kernel/cmdline"
	set_up
	sed -i "s/quiet/splash/; s/\$/ panic=10/" "$T/etc/kernel/cmdline"
	cp -a "$T/usr/lib/modules/$old" "$T/usr/lib/modules/$new"
	cp -a "$T/boot/vmlinuz-$old" "$T/boot/vmlinuz-$new"
	cp -a "$T/boot/initrd.img-$old" "$T/boot/initrd.img-$new"
	cp -a "$T/boot/efi/$id/$old" "$T/boot/efi/$id/$new"
	mv "$T/boot/efi/$id/$new/initrd.img-$old" "$T/boot/efi/$id/$new/initrd.img-$new"
	sed "s/$old/$new/g; s/quiet/splash/; s/iommu=pt/iommu=pt panic=10/" \
		"$T/boot/efi/loader/entries/$id-$old.conf" >"$T/boot/efi/loader/entries/$id-$new.conf"
	undo
	[ "$(cat "$T/etc/kernel/cmdline")" = 'root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro splash panic=10' ]
	[ "$(grep -l iommu "$T"/boot/efi/loader/entries/*.conf | wc -l)" -eq 0 ]
	[ "$(grep -l 'ro splash panic=10' "$T"/boot/efi/loader/entries/*.conf | wc -l)" -eq 3 ]
}

# bats test_tags=deep
@test "hand-written entries: each gets back what it had, in spite of later edits" {
	tree arch-sdboot off
	local dir=$T/boot/loader/entries
	# Only one of them had the contradiction.
	sed -i '/^options/s/$/ amd_iommu=off/' "$dir/arch.conf"
	cp -r "$dir" "$BATS_TEST_TMPDIR/entries"
	on setup-iommu --yes --force --no-initramfs
	exits 0
	sed -i '/^options/s/$/ panic=10/' "$dir"/*.conf
	on setup-iommu --undo --yes
	exits 0
	sed -i '/^options/s/$/ panic=10/' "$BATS_TEST_TMPDIR"/entries/*.conf
	diff -r "$BATS_TEST_TMPDIR/entries" "$dir"
}

CMDLINE=etc/kernel/cmdline
# Taken back in a rescue boot: what slicer made has to stay, without the parameters.
kept_in_rescue() {
	live_tree kernel-install off switched_on
	set_up
	sed -i 's/$/ systemd.unit=rescue.target/' "$T/proc/cmdline"
	undo
	[ "$(cat "$T/$CMDLINE")" = 'root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet' ]
}
normal_boot() { sed -i 's/ systemd.unit=rescue.target//' "$T/proc/cmdline"; }

# bats test_tags=deep
@test "kernel-install: a file that had to stay goes later, also if a trial came and went meanwhile" {
	kept_in_rescue
	live setup-iommu --trial --yes
	exits 0
	live setup-iommu --undo --yes
	exits 0
	[ -e "$T/$CMDLINE" ]
	normal_boot
	undo
	[ ! -e "$T/$CMDLINE" ]
}

# bats test_tags=deep
@test "kernel-install: a file that had to stay goes later, also if a set-up was rolled back meanwhile" {
	kept_in_rescue
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		[ -e /tmp/once ] || { : >/tmp/once; exit 1; }
		exec /usr/local/bin/kernel-install.real "$@"
	SH
	live setup-iommu --yes
	exits 4
	[ -e "$T/tmp/once" ]
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	normal_boot
	undo
	[ ! -e "$T/$CMDLINE" ]
}

# bats test_tags=deep
@test "kernel-install: a file that had to stay is the person's once they wrote in it, whatever slicer did since" {
	kept_in_rescue
	sed -i 's/quiet/splash/' "$T/$CMDLINE"
	set_up
	undo
	normal_boot
	sed -i 's/quiet/splash/' "$T/proc/cmdline"
	undo
	grep -q 'ro splash$' "$T/$CMDLINE"
}

@test "--root: what a set-up leaves to be run is not a second run's, and no run that was undone says not done" {
	tree debian-grub off
	on setup-iommu --yes
	exits 0
	on --json setup-iommu --status
	json '.runs | length == 1'
	on --json setup-iommu --yes
	exits 0
	json '.applied and .deferred == [["update-grub"]]'
	on --json setup-iommu --status
	json '.runs | length == 1'
	on setup-iommu --undo --yes
	exits 0
	on setup-iommu --status
	says 'deferred update-grub'
	[[ $output != *'not done'* ]]
	on --json setup-iommu --status
	json '[.runs[] | {state, n: (.deferred | length)}] == [{state: "undone", n: 0}, {state: "applied", n: 1}]'
}
