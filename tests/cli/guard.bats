#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What setup-iommu looks at before its first write: room, package managers at work, the right partitions.

# shellcheck disable=SC2016,SC2030,SC2031 # text for the shells in the tree

# bats file_tags=deep
load helpers

setup() {
	live_tree debian-grub off
}

teardown() {
	[ -z "${HOLDER:-}" ] || kill "$HOLDER" 2>/dev/null || :
}

# Refused with that text, whichever way it is asked, the plan shown first, and nothing changed.
refused() { # refused TEXT
	local how
	remember
	for how in --dry-run --check --yes; do
		live setup-iommu "$how"
		exits 3
		complains "$1"
		says "+GRUB_CMDLINE_LINUX_DEFAULT"
		unchanged
	done
	live --json setup-iommu --dry-run
	exits 3
	json '.error.code == "refused"'
}

# /boot is a file system of its own of SIZE, with what the tree has in it and FILL bytes more.
small_boot() { # small_boot SIZE FILL
	mkdir -p "$T/mnt"
	EXTRA_MOUNTS='mount -t tmpfs -o size='$1' tmpfs "$T/mnt"; cp -a --sparse=never "$T/boot/." "$T/mnt/"
		head -c '$2' /dev/zero >"$T/mnt/fill"; mount --move "$T/mnt" "$T/boot"'
}

# As dpkg and rpm do it: a record lock for writing on the whole file.
hold() { # hold PATH
	local i
	mkdir -p "$T/${1%/*}"
	: >"$T/$1"
	# shellcheck disable=SC2094 # the path, not the contents
	perl -e 'use Fcntl; $| = 1; open F, "+<", $ARGV[0] or die; $l = pack "s s x4 q q l", F_WRLCK, 0, 0, 0, 0;
		fcntl F, F_SETLK, $l or die; print "locked"; sleep 60' "$T/$1" >"$BATS_TEST_TMPDIR/held" 3>&- &
	HOLDER=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$BATS_TEST_TMPDIR/held" ] || return 0
		sleep 0.05
	done
	return 1
}

@test "no room for the new image beside the old one in /boot" {
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	small_boot 64M 10M
	sed -i '$a 71 22 0:99 / /boot rw,relatime shared:41 - tmpfs tmpfs rw' "$T/proc/self/mountinfo"
	# 23 MiB are left; 30 and a tenth and 4 are needed.
	refused '/boot: there is not enough room'
	complains '23 MiB are free, 37 MiB are needed'
	complains 'initrd.img-6.1.0-56-amd64 (30 MiB)'
	complains 'autoremove'
	# The menu alone has room enough.
	live setup-iommu --yes --no-initramfs
	exits 0
}

@test "no room, and --force: said as a warning, done" {
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	small_boot 64M 10M
	live setup-iommu --yes --force
	exits 0
	says 'warning: --force: there is not enough room'
}

@test "just room enough in /boot" {
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	small_boot 80M 10M
	live setup-iommu --yes
	exits 0
}

@test "no room where the initramfs is put together" {
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	mkdir -p "$T/var/tmp"
	EXTRA_MOUNTS='mount -t tmpfs -o size=80M tmpfs "$T/var/tmp"'
	refused '/var/tmp: there is not enough room'
}

@test "no room for the copies of kernel-install on the ESP" {
	local id
	live_tree kernel-install off
	id=$(cat "$T/etc/machine-id")
	truncate -s 30M "$T/boot/efi/$id/6.12.117+deb13-amd64/linux"
	mkdir -p "$T/mnt"
	EXTRA_MOUNTS='mount -t tmpfs -o size=50M tmpfs "$T/mnt"; cp -a --sparse=never "$T/boot/efi/." "$T/mnt/"
		mount --move "$T/mnt" "$T/boot/efi"'
	remember
	live setup-iommu --yes
	exits 3
	complains '/boot/efi: there is not enough room'
	complains '6.12.117+deb13-amd64/linux'
	unchanged
}

@test "no room on a mounted disk" {
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	small_boot 64M 10M
	mkdir -p "$T/outer"
	# The tree is /outer of the machine that slicer runs on.
	EXTRA_MOUNTS="$EXTRA_MOUNTS; mount --rbind \"\$T\" \"\$T/outer\""
	command_status inside /usr/local/bin/slicer --root /outer setup-iommu --yes
	exits 3
	complains '/boot: there is not enough room'
}

@test "no room for taking it back" {
	live setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	truncate -s 30M "$T/boot/initrd.img-6.1.0-56-amd64"
	small_boot 64M 10M
	remember
	live setup-iommu --undo --yes
	exits 3
	complains '/boot: there is not enough room'
	unchanged
}

@test "APT is at work: refused, and who it is" {
	hold var/lib/dpkg/lock-frontend
	mkdir -p "$T/proc/$HOLDER"
	echo apt-get >"$T/proc/$HOLDER/comm"
	refused "dpkg is at work here (apt-get, process $HOLDER)"
	complains /var/lib/dpkg/lock-frontend
	# Not by force either.
	live setup-iommu --yes --force
	exits 3
	kill "$HOLDER"
	wait "$HOLDER" || :
	live setup-iommu --yes
	exits 0
	hold var/lib/dpkg/lock
	live setup-iommu --undo --yes
	exits 3
	complains "dpkg is at work here (process $HOLDER)"
}

@test "rpm and pacman are at work" {
	hold usr/lib/sysimage/rpm/.rpm.lock
	refused 'rpm is at work here'
	kill "$HOLDER"
	: >"$T/proc/locks"
	mkdir -p "$T/var/lib/pacman"
	: >"$T/var/lib/pacman/db.lck"
	refused 'pacman is at work here'
	complains 'remove it'
}

@test "a package manager's locks say nothing about a mounted disk, and nothing when free" {
	mkdir -p "$T/var/lib/pacman" "$T/var/lib/dpkg" "$T/var/lib/rpm"
	touch "$T"/var/lib/dpkg/lock{,-frontend} "$T/var/lib/rpm/.rpm.lock"
	live setup-iommu --dry-run
	exits 0
	: >"$T/var/lib/pacman/db.lck"
	on setup-iommu --dry-run
	exits 0
}

@test "APT can't start while the programs run" {
	mkdir -p "$T/var/lib/dpkg"
	: >"$T/var/lib/dpkg/lock-frontend"
	mv "$T/usr/sbin/update-grub" "$T/usr/sbin/update-grub.real"
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		perl -e 'use Fcntl; open F, "+<", "/var/lib/dpkg/lock-frontend"; $l = pack "s s x4 q q l", F_WRLCK, 0, 0, 0, 0;
			print fcntl(F, F_SETLK, $l) ? "free" : "held"' >/tmp/lock
		exec /usr/sbin/update-grub.real
	SH
	live setup-iommu --yes
	exits 0
	[ "$(cat "$T/tmp/lock")" = held ]
}

@test "the ESP is mounted read-only" {
	live_tree arch-sdboot off
	EXTRA_MOUNTS='mount --bind "$T/boot" "$T/boot"; mount -o remount,bind,ro "$T/boot"'
	remember
	live setup-iommu --yes
	exits 3
	complains 'read-only'
	unchanged
}

@test "GRUB reads another filesystem than the one on /boot" {
	live_tree ubuntu-cloud off
	rm -f "$T/dev/sda1"
	truncate -s 1M "$T/dev/sda1"
	mkfs.ext4 -q -U c4d9a0b6-0e4e-4a3b-9a51-6a0f8f1f2e77 "$T/dev/sda1"
	live setup-iommu --dry-run
	exits 0
	mkfs.ext4 -q -F -U 11111111-0e4e-4a3b-9a51-6a0f8f1f2e77 "$T/dev/sda1"
	remember
	live setup-iommu --yes
	exits 3
	complains '/boot/efi/EFI/ubuntu/grub.cfg: GRUB reads another grub.cfg'
	complains 11111111-0e4e
	unchanged
	live setup-iommu --yes --force
	exits 0
	says 'warning: --force: GRUB reads another grub.cfg'
	live doctor --json
	json '.checks[] | select(.id == "bootloader.notes" and .status == "warn") | .evidence | contains("another grub.cfg")'
}

# The LUKS2 headers that systemd-cryptenroll and clevis wrote, as /dev/sda3.
sealed() { # sealed FIXTURE
	rm -f "$T/dev/sda3"
	cp "$TOP/tests/unit/data/luks2/$1" "$T/dev/sda3"
	mkdir -p "$T/sys/block/dm-0/dm" "$T/sys/block/dm-0/slaves/sda3"
	echo CRYPT-LUKS2-0123456789abcdef-cryptroot >"$T/sys/block/dm-0/dm/uuid"
	echo cryptroot >"$T/sys/block/dm-0/dm/name"
}

@test "a disk that the TPM unlocks: warned before the write, by name and PCRs" {
	sealed systemd
	live setup-iommu --dry-run
	exits 0
	says 'warning: the TPM unlocks the disk cryptroot (/dev/sda3), sealed to PCR 7+8+9 (systemd-tpm2 token in its LUKS2 header): PCR 8+9 can change'
	says 'recovery key'
	says 'seal cryptroot again: systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto --tpm2-pcrs=7+8+9 /dev/sda3'
	live --json setup-iommu --yes
	exits 0
	json '.applied and (.warnings[0] | contains("cryptroot")) and (.next[0] | contains("--tpm2-pcrs=7+8+9"))'
	live doctor --json
	json '.checks[] | select(.id == "bootloader.tpm-seal") | .status == "warn"'
	# Nothing to do, nothing to worry about.
	live setup-iommu --yes
	exits 0
	[[ $output != *TPM* ]]
	live setup-iommu --undo --dry-run
	says 'warning: the TPM unlocks the disk cryptroot'
}

@test "no secret of a token is printed" {
	local word
	sealed clevis
	live --json --verbose setup-iommu --dry-run
	exits 0
	json '.warnings[0] | contains("PCR 7+8+9 (clevis token")'
	while read -r word; do
		[[ $output != *"$word"* ]]
	done < <(tr -d '\0' <"$T/dev/sda3" | grep -oa '[A-Za-z0-9+/_-]\{24,\}')
}

@test "PCRs that the command line does not change: a note, no warning" {
	sealed empty
	live --json setup-iommu --dry-run
	exits 0
	json '(.warnings | length == 0) and (.next[0] | contains("sealed to no PCR"))'
	sealed plain
	live --json setup-iommu --dry-run
	json '(.warnings | length == 0) and ([.next[] | select(contains("TPM"))] | length == 0)'
}

@test "a mounted disk whose crypttab asks the TPM" {
	echo 'cryptroot UUID=3a1f0a9e-3f6b-4f6e-9f44-51f3a6c2a911 none luks,tpm2-device=auto,discard' >"$T/etc/crypttab"
	on setup-iommu --dry-run
	exits 0
	says 'warning: the TPM unlocks the disk cryptroot'
	says 'sealed to PCRs that are not known (/etc/crypttab: tpm2-device=auto)'
}

# The length that the kernel would get, with the new parameters: LENGTH bytes.
long_line() { # long_line LENGTH: of the entry in grub.cfg
	local entry pad
	# What GRUB passes: BOOT_IMAGE=, root=, ro, and what is configured, with one blank between each.
	entry="BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=UUID=2f1b1d0e-6d0a-4f52-9a0a-5b9b3f2a7c11 ro quiet x= intel_iommu=on iommu=pt"
	pad=$(printf '%*s' $(($1 - ${#entry})) '')
	sed -i "s/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT=\"quiet x=${pad// /x}\"/" "$T/etc/default/grub"
}

@test "the longest command line that the kernel takes, and one byte more" {
	long_line 2047
	live setup-iommu --yes --no-initramfs
	exits 0
	# As GRUB will pass it: one blank between words.
	[ "$(sed -n 's/^\tlinux\t/BOOT_IMAGE=/p' "$T/boot/grub/grub.cfg" | head -1 | tr -s ' ' | tr -d '\n' | wc -c)" -eq 2047 ]
	live_tree debian-grub off
	long_line 2048
	remember
	live setup-iommu --yes --no-initramfs
	exits 3
	complains 'the command line would be 2048 bytes long'
	unchanged
	on setup-iommu --dry-run
	exits 3
}

@test "hosts that are not to be touched: refused with what its person does, by force too" {
	local how
	remember
	refuses() { # refuses TEXT HINT
		for how in --dry-run --yes '--yes --force'; do
			# shellcheck disable=SC2086 # words
			on setup-iommu $how
			exits 3
			complains "$1"
			complains "$2"
		done
		on setup-iommu --undo --yes
		exits 3
	}
	mkdir -p "$T/run/systemd"
	echo lxc >"$T/run/systemd/container"
	refuses 'container (lxc' 'on the host'
	rm -r "$T/run/systemd"
	mkdir -p "$T/run/live/medium"
	refuses 'live system' '--root'
	rm -r "$T/run/live"
	mkdir -p "$T/proc/xen"
	echo control_d >"$T/proc/xen/capabilities"
	refuses 'hypervisor that owns the IOMMU' GRUB_CMDLINE_XEN
	rm -r "$T/proc/xen"
	mkdir -p "$T/run"
	: >"$T/run/ostree-booted"
	refuses 'ostree manages its own boot entries' 'rpm-ostree kargs --append-if-missing=intel_iommu=on'
	rm -r "$T/run"
	[ "$(cat "$T/etc/default/grub")" = "$(cat "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub")" ]
}

@test "a root filesystem that is put together at every boot" {
	sed -i 's/^\(.* \/ \/ .*\) - ext4 /\1 - overlay /' "$T/proc/self/mountinfo"
	on setup-iommu --dry-run
	exits 3
	complains 'the root filesystem is of type overlay'
	on setup-iommu --dry-run --force
	exits 0
}

@test "--ids: an interface that is up with an address is needed, too" {
	tree debian-grub off
	# No default route any more: an address, and the route to its network.
	sed -i 's/^eno1\t00000000\t0101A8C0\t0003/eno1\t0001A8C0\t00000000\t0001/; s/\t00000000\t0\t0\t0$/\t00FFFFFF\t0\t0\t0/' \
		"$T/proc/net/route"
	on setup-iommu --dry-run --ids 8086:15b8
	exits 3
	complains "eno1 is up and has an address"
	on setup-iommu --dry-run --ids 8086:15b8 --force
	exits 0
}
