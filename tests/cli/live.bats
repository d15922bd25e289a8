#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# slicer on a live machine: a tree as /, in a namespace of its own, where programs are run. What goes wrong with them and
# with the disks leaves everything as it was, or says what is not.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

WANT='intel_iommu=on iommu=pt'

setup() {
	live_tree debian-grub off
}

# A failed run: exit 4, rolled back and said so, every file of the tree as it was but for what the
# generators wrote anew from the old configuration.
rolled_back() {
	exits 4
	complains "$1"
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	! grep -q iommu= "$T/boot/grub/grub.cfg" || false
}

@test "GRUB: edited, generated, read back; a second run changes nothing; undo takes it back" {
	remember
	live --json setup-iommu --yes
	exits 0
	json '.applied and .verified and .changed and .reboot_required and (.deferred | length == 0)'
	[ "$(grep -c "ro  quiet $WANT\$" "$T/boot/grub/grub.cfg")" -eq 3 ]
	[ -s "$T/var/lib/slicer/next-steps.txt" ]
	live doctor --json
	exits 1
	json '.verdict == "reboot-needed"'
	state_of "$T" >"$BATS_TEST_TMPDIR/set-up"
	live --json setup-iommu --yes
	exits 0
	json '.changed == false'
	state_of "$T" | diff "$BATS_TEST_TMPDIR/set-up" -
	live --json setup-iommu --undo --yes
	exits 0
	json '.changed and .applied and .reboot_required and .next == ["sudo reboot"]'
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	cmp "$T/boot/grub/grub.cfg" "$TOP/tests/roots/debian-grub/next-off/boot/grub/grub.cfg"
	live --json setup-iommu --undo --yes
	exits 0
	json '(.reboot_required | not) and .next == []'
}

@test "undo keeps what somebody else has changed since" {
	live setup-iommu --yes
	exits 0
	sed -i "s/$WANT/$WANT mitigations=off/; s/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=9/" "$T/etc/default/grub"
	live setup-iommu --undo --yes
	exits 0
	grep -qx 'GRUB_CMDLINE_LINUX_DEFAULT="quiet mitigations=off"' "$T/etc/default/grub"
	grep -qx GRUB_TIMEOUT=9 "$T/etc/default/grub"
	[ "$(grep -c 'quiet mitigations=off$' "$T/boot/grub/grub.cfg")" -eq 3 ]
}

@test "kernel-install: /etc/kernel/cmdline made whole, every entry made anew" {
	live_tree kernel-install off
	live --json setup-iommu --yes
	exits 0
	json '.applied and .verified'
	[ "$(cat "$T/etc/kernel/cmdline")" = "root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet $WANT" ]
	[ "$(grep -lc "$WANT" "$T"/boot/efi/loader/entries/*.conf | wc -l)" -eq 2 ]
	live doctor --json
	json '.verdict == "reboot-needed"'
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/kernel/cmdline" ]
}

# bats test_tags=deep
@test "kernel-install: undone after the reboot, the file stays without the parameters" {
	live_tree kernel-install off
	live setup-iommu --yes
	exits 0
	# The reboot: without the file, kernel-install would take the parameters from here.
	sed -i "s/\$/ $WANT/" "$T/proc/cmdline"
	live setup-iommu --undo --yes
	exits 0
	[ "$(cat "$T/etc/kernel/cmdline")" = "root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro quiet" ]
	[ "$(cat "$T"/boot/efi/loader/entries/*.conf | grep -c "$WANT")" -eq 0 ]
}

@test "kernel-install: a configuration that names another disk than the entries" {
	live_tree kernel-install off
	echo 'root=UUID=00000000-dead-dead-dead-000000000000 ro quiet' >"$T/etc/kernel/cmdline"
	remember
	live setup-iommu --yes
	exits 3
	complains 00000000-dead
	unchanged
}

# bats test_tags=deep
@test "a journal that can't be read: undo does not claim to have done it" {
	tree arch-sdboot off
	on setup-iommu --yes
	exits 0
	truncate -s 10 "$T"/var/lib/slicer/runs/*/manifest.json
	remember
	on setup-iommu --undo --yes
	exits 3
	complains manifest.json
	on setup-iommu --status
	exits 1
	says "can't be read"
	unchanged
}

# bats test_tags=deep
@test "hand-written entries: undo is exact where only one had the contradiction" {
	tree arch-sdboot off
	sed -i '/^options/s/$/ amd_iommu=off/' "$T/boot/loader/entries/arch.conf"
	remember
	on setup-iommu --yes --force --no-initramfs
	exits 0
	on setup-iommu --undo --yes
	exits 0
	unchanged
	# What only one entry has can be taken away.
	on setup-iommu --yes --no-initramfs --remove-param amd_iommu
	exits 0
	[ "$(grep -c amd_iommu=off "$T/boot/loader/entries/arch.conf")" -eq 0 ]
}

# bats test_tags=deep
@test "a result that can't be printed is no refusal once it is applied" {
	tree arch-sdboot off
	status=0
	"$SLICER" --root "$T" setup-iommu --yes --no-initramfs >/dev/full 2>/dev/null || status=$?
	[ "$status" -eq 4 ]
	grep -q iommu=pt "$T/boot/loader/entries/arch.conf"
}

@test "kernel-install: a rescue boot is not made the configuration" {
	live_tree kernel-install off
	sed -i 's/$/ systemd.unit=rescue.target/' "$T/proc/cmdline"
	remember
	live setup-iommu --yes
	exits 3
	complains rescue.target
	unchanged
}

# bats test_tags=deep
@test "hand-written entries: edited where they stand, no program run" {
	live_tree arch-sdboot off
	live --json setup-iommu --yes
	exits 0
	json '.applied and .verified and ([.steps[] | select(.kind == "run")] | length == 0)'
	live doctor --json
	json '.verdict == "reboot-needed"'
}

# bats test_tags=deep
@test "--ids is in the images, and taken out again" {
	live --json setup-iommu --yes --ids 10de:1c03,10de:10f1
	exits 0
	json .verified
	grep -q "vfio-pci.ids=10de:1c03,10de:10f1" "$T/boot/grub/grub.cfg"
	grep -q 'softdep nouveau pre: vfio-pci' "$T/etc/modprobe.d/slicer-vfio.conf"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/etc/modprobe.d/slicer-vfio.conf" ]
	[ ! -e "$T/etc/initramfs-tools/hooks/slicer-vfio" ]
	! grep -q vfio "$T/boot/grub/grub.cfg" || false
}

@test "neither update-grub nor grub-mkconfig: refused before anything is changed" {
	rm "$T/usr/sbin/update-grub" "$T/usr/sbin/grub-mkconfig"
	remember
	live setup-iommu --yes
	exits 3
	complains update-grub
	unchanged
}

@test "a generator that fails: rolled back, its output shown" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		echo "grub-probe: error: cannot find a device for / (is /dev mounted?)."
		exit 1
	SH
	live setup-iommu --yes
	rolled_back "cannot find a device"
}

@test "a generator that is killed: rolled back" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		kill -KILL $$
	SH
	live --json setup-iommu --yes
	exits 4
	json '.error.code == "failed"'
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
}

@test "a generator that says 0 and writes nothing: noticed, rolled back" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		exit 0
	SH
	live setup-iommu --yes
	rolled_back "lacks intel_iommu=on"
}

# bats test_tags=deep
@test "a generator that leaves half a grub.cfg: noticed, and put back" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		truncate -s 4000 /boot/grub/grub.cfg
	SH
	cp "$T/boot/grub/grub.cfg" "$BATS_TEST_TMPDIR/menu"
	live setup-iommu --yes
	rolled_back "lacks intel_iommu=on"
	cmp "$T/boot/grub/grub.cfg" "$BATS_TEST_TMPDIR/menu"
}

@test "a failure as JSON says whether it was rolled back" {
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		exit 1
	SH
	live --json setup-iommu --yes
	exits 4
	json '.rolled_back and (.error.message | contains("update-grub"))'
}

@test "an initramfs that came out truncated: noticed, rolled back" {
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		truncate -s 300 "/boot/initrd.img-$3"
		truncate -s 300 "/boot/initrd.img-$4"
	SH
	live setup-iommu --yes
	exits 4
	complains "NOT everything"
	complains /var/lib/slicer/
	complains initrd.img
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
}

@test "update-initramfs switched off by its configuration: reported, not rolled back" {
	sed -i 's/^update_initramfs=.*/update_initramfs=no/' "$T/etc/initramfs-tools/update-initramfs.conf"
	live setup-iommu --yes
	exits 0
	[[ $output$stderr == *update_initramfs=no* ]]
	grep -q "$WANT" "$T/boot/grub/grub.cfg"
}

@test "an image that is gone after its rebuild is not passed over" {
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		rm -f "/boot/initrd.img-$3"
	SH
	live setup-iommu --yes
	exits 4
	complains initrd.img-
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
}

# bats test_tags=deep
@test "Ctrl-C, and a connection that is gone, while a generator runs" {
	mv "$T/usr/sbin/update-grub" "$T/usr/sbin/update-grub.real"
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		if [ ! -e /tmp/started ]; then
			echo $PPID >/tmp/started
			exec sleep 60
		fi
		exec /usr/sbin/update-grub.real
	SH
	local slicer i status=0
	inside /usr/local/bin/slicer setup-iommu --yes >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null &
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$T/tmp/started" ] || break
		sleep 0.1
	done
	slicer=$(cat "$T/tmp/started")
	# The connection goes away: nothing stops. Ctrl-C: everything is taken back.
	kill -HUP "$slicer"
	sleep 0.5
	kill -0 "$slicer"
	kill -INT "$slicer"
	wait $! || status=$?
	[ "$status" -eq 4 ]
	grep -q 'interrupted; update-grub was stopped' "$BATS_TEST_TMPDIR/out"
	grep -q 'Everything was undone' "$BATS_TEST_TMPDIR/out"
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	[ "$(grep -c "$WANT" "$T/boot/grub/grub.cfg")" -eq 0 ]
}

# bats test_tags=deep
@test "a generator that hangs, and slicer is killed: doctor, the next run, and undo know" {
	mv "$T/usr/sbin/update-grub" "$T/usr/sbin/update-grub.real"
	program usr/sbin/update-grub <<-'SH'
		#!/bin/sh
		echo $PPID $$ >/tmp/started
		exec sleep 60
	SH
	local slicer generator i
	inside /usr/local/bin/slicer setup-iommu --yes >/dev/null 2>&1 </dev/null &
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$T/tmp/started" ] || break
		sleep 0.1
	done
	read -r slicer generator <"$T/tmp/started"
	live setup-iommu --yes
	exits 3
	complains "another slicer"
	kill -KILL "$slicer" "$generator"
	wait $! || :
	grep -q "$WANT" "$T/etc/default/grub"
	mv "$T/usr/sbin/update-grub.real" "$T/usr/sbin/update-grub"
	cp -a "$T" "$T.killed"
	live --json doctor
	json '.checks[] | select(.id == "bootloader.interrupted") | .status == "fail" and (.title | contains("interrupted"))'
	json '(.next[0] | startswith("# the run ")) and .next[1] == "sudo slicer setup-iommu"'
	live setup-iommu --status
	exits 1
	says " interrupted  +intel_iommu=on +iommu=pt"
	says "done     /etc/default/grub"
	says "not done update-grub"
	live setup-iommu --check
	exits 1
	says "was interrupted: it is undone first"
	live --json setup-iommu --yes
	exits 0
	json '(.recovered | length) == 1 and .verified'
	[ "$(grep -c "$WANT\$" "$T/boot/grub/grub.cfg")" -eq 3 ]
	live --json doctor
	json '[.checks[] | select(.id == "bootloader.interrupted")] == []'
	live --json setup-iommu --status
	exits 0
	json '[.runs[].state] == ["rolled-back", "applied", "applied"] and [.runs[].kind] == ["setup", "undo", "setup"]'
	live setup-iommu --undo --yes
	exits 0
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"

	# The same from where it was killed, but taken back at once.
	rm -r "$T"
	mv "$T.killed" "$T"
	live setup-iommu --undo --yes
	exits 0
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	live setup-iommu --yes
	exits 0
	[ "$(grep -c "$WANT\$" "$T/boot/grub/grub.cfg")" -eq 3 ]
}

@test "the shell does not see what slicer sees: refused before anything is installed" {
	# A shell that lies, in the place of the one that grub-mkconfig names.
	program tmp/liar <<-'SH'
		#!/usr/bin/bash
		echo nonsense
	SH
	EXTRA_MOUNTS='mount --bind "$T/tmp/liar" "$T/usr/bin/$(readlink -f "$T/usr/bin/sh" | sed "s|.*/||")"'
	remember
	live setup-iommu --yes
	exits 3
	unchanged
}

@test "/boot is mounted read-only" {
	sed -i '$a 71 22 8:2 / /boot ro,relatime shared:41 - ext4 /dev/sda2 ro' "$T/proc/self/mountinfo"
	EXTRA_MOUNTS='mount --bind "$T/boot" "$T/boot"; mount -o remount,bind,ro "$T/boot"'
	remember
	live setup-iommu --yes
	exits 3
	complains /boot
	unchanged
}

@test "/boot is in fstab and not mounted" {
	echo 'UUID=1b2c /boot ext4 defaults 0 2' >>"$T/etc/fstab"
	remember
	live setup-iommu --yes
	exits 3
	complains /boot
	unchanged
}

@test "the disk is full where the configuration is" {
	EXTRA_MOUNTS='mount -t tmpfs -o size=16k tmpfs "$T/tmp"; cp -a "$T/etc/default/." "$T/tmp/"
		dd if=/dev/zero of="$T/tmp/fill" bs=4k 2>/dev/null || :
		mount --bind "$T/tmp" "$T/etc/default"'
	command_status inside sh -c '/usr/local/bin/slicer setup-iommu --yes; s=$?; ls -A /etc/default; cat /etc/default/grub; exit $s'
	[ "$status" -eq 3 ] || [ "$status" -eq 4 ]
	complains /etc/default
	# The old file whole, and no temporary one left behind.
	says 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"'
	says "$(printf 'fill\ngrub\ngrub.d\n')"
	[[ $output != *$WANT\"* || $output == *'+GRUB_CMDLINE'* ]]
}

@test "the disk is full where the journal is: nothing is changed" {
	mkdir -p "$T/var/lib/slicer"
	EXTRA_MOUNTS='mount -t tmpfs -o size=4k tmpfs "$T/var/lib/slicer"
		dd if=/dev/zero of="$T/var/lib/slicer/fill" bs=4k 2>/dev/null || :'
	remember
	live setup-iommu --yes
	exits 3
	complains /var/lib/slicer
	unchanged
}

@test "a configuration that says nothing provable: no program is run for a plan that is refused" {
	echo 'GRUB_CMDLINE_LINUX_DEFAULT="$(cat /tmp/x; touch /tmp/executed)"' >>"$T/etc/default/grub"
	live setup-iommu --yes
	exits 3
	[ ! -e "$T/tmp/executed" ]
	live setup-iommu --dry-run
	[ ! -e "$T/tmp/executed" ]
}

# bats test_tags=deep
@test "pci bind: a driver that does not answer within --timeout" {
	live_tree two-gpu ready
	local drv=$T/sys/bus/pci/drivers
	: >"$T/sys/bus/pci/drivers_probe"
	# A full pipe: the write never comes back. The shell that sets it up leaves its end open.
	mkfifo "$drv/nvidia/unbind"
	: >"$drv/snd_hda_intel/unbind"
	EXTRA_MOUNTS='exec 9<>"$T/sys/bus/pci/drivers/nvidia/unbind"; dd if=/dev/zero bs=65536 count=1 >&9 2>/dev/null'
	live pci bind 0b:00.0 0b:00.1 --timeout 1 --force
	exits 4
	complains 0000:0b:00.0
	[[ $(readlink "$T/sys/bus/pci/devices/0000:0b:00.0/driver") == */nvidia ]]
	[[ $(tr -d '\n\0' <"$T/sys/bus/pci/devices/0000:0b:00.0/driver_override") != vfio-pci ]]
}

@test "pci bind: nothing bound though every write succeeded is a failure" {
	live_tree two-gpu ready
	local drv=$T/sys/bus/pci/drivers
	: >"$T/sys/bus/pci/drivers_probe"
	: >"$drv/nvidia/unbind"
	: >"$drv/snd_hda_intel/unbind"
	live pci bind 0b:00.0 --group --force
	exits 4
	complains vfio-pci
	complains 'every device is as it was before'
	# The driver is noted while VFIO has the device only.
	[ -d "$T/var/lib/slicer/original" ]
	[ -z "$(ls "$T/var/lib/slicer/original")" ]
	live --json pci bind 0b:00.0 --group --force
	exits 4
	json '.error.code == "failed"'
}

# bats test_tags=deep
@test "pci bind: what the host uses is refused, with who uses it" {
	live_tree two-gpu ready
	remember
	live pci bind 01:00.0
	exits 3
	complains nvme0n1p2
	live pci bind 01:00.0 --force
	exits 3
	live pci bind 00:19.0
	exits 3
	complains eno1
	live pci bind 00:01.0
	exits 3
	complains bridge
	unchanged
}

@test "pci bind: the interface of the SSH connection is the one that the kernel's rules lead to" {
	command -v ip >/dev/null || skip "needs iproute2"
	live_tree two-gpu ready
	in_namespace() {
		local -a ns=(--mount --net --propagation private)
		[ "$(id -u)" -eq 0 ] || ns+=(--map-root-user)
		unshare "${ns[@]}" "$@"
	}
	# The only interface there, whose number is 1, stands for eno1. No route of the main table leads to the peer.
	local EXTRA_MOUNTS='
		ip link set lo up
		ip addr add 10.1.2.4/32 dev lo
		ip route add 10.1.2.3 dev lo table 100
		ip rule add from 10.1.2.4 table 100'
	echo 1 >"$T/sys/class/net/eno1/ifindex"
	echo 'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT' >"$T/proc/net/route"
	printf 'SSH_CONNECTION=10.1.2.3 50022 10.1.2.4 22\0' >>"$T/proc/self/environ"
	live pci bind 00:19.0
	exits 3
	complains "eno1 carries the SSH connection from 10.1.2.3"
	# Without a way that anybody knows of, that is said.
	sed -i 's/10\.1\.2\.3/203.0.113.77/' "$T/proc/self/environ"
	live pci bind 0b:00.0 --group --dry-run
	says "could not look at: the interface of the SSH connection"
}

# bats test_tags=deep
@test "pci bind: no IOMMU, nothing is unbound" {
	live_tree two-gpu off
	remember
	live pci bind 0b:00.0
	exits 3
	complains doctor
	unchanged
}

@test "pci bind: a driver that does not exist" {
	live_tree two-gpu ready
	program usr/sbin/modprobe <<-'SH'
		#!/bin/sh
		exit 0
	SH
	remember
	live pci bind 0b:00.0 --driver nosuchdriver
	exits 3
	complains nosuchdriver
	unchanged
}

# What must hold while the programs of a systemd-boot host write on the ESP.
sheltered() {
	cat <<-'SH'
		#!/bin/sh
		# Is there a way to boot that this program could not break?
		set -e
		cd /boot/efi
		[ "$(tail -n 1 loader/loader.conf)" = "default slicer-shelter.conf" ]
		grep -q '^linux /slicer-shelter/linux$' loader/entries/slicer-shelter.conf
		grep -q '^initrd /slicer-shelter/initrd0$' loader/entries/slicer-shelter.conf
		! grep -q intel_iommu=on loader/entries/slicer-shelter.conf || false
		id=$(cat /etc/machine-id)
		old="$id/$(cat /proc/sys/kernel/osrelease)"
		cmp slicer-shelter/linux "$old/linux"
		cmp slicer-shelter/initrd0 "$old/initrd.img-${old##*/}"
		echo sheltered >>/tmp/sheltered
	SH
}

@test "systemd-boot: a copy of the default entry boots while programs write, and goes afterwards" {
	live_tree kernel-install off
	cp -a "$T/boot/efi/loader/loader.conf" "$BATS_TEST_TMPDIR/loader.conf"
	sheltered | program usr/sbin/update-initramfs
	live setup-iommu --yes
	exits 0
	[ "$(wc -l <"$T/tmp/sheltered")" -eq 2 ]
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	[ ! -e "$T/boot/efi/loader/entries/slicer-shelter.conf" ]
	cmp "$T/boot/efi/loader/loader.conf" "$BATS_TEST_TMPDIR/loader.conf"
}

# bats test_tags=deep
@test "systemd-boot: a program that breaks the ESP: the copy stays what boots until that is mended" {
	live_tree kernel-install off
	cp -a "$T/boot/efi" "$BATS_TEST_TMPDIR/efi"
	mv "$T/usr/local/bin/kernel-install" "$T/usr/local/bin/kernel-install.real"
	program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		id=$(cat /etc/machine-id)
		: >"/boot/efi/loader/entries/$id-$2.conf"
		exit 1
	SH
	live setup-iommu --yes
	exits 4
	complains "NOT everything"
	complains "slicer-shelter.conf starts what was there before"
	grep -q "^default slicer-shelter.conf" "$T/boot/efi/loader/loader.conf"
	live --json doctor
	json '.checks[] | select(.id == "bootloader.interrupted") | .status == "fail"'
	# Mended: the files are put back by the person, the program works again.
	cp "$BATS_TEST_TMPDIR"/efi/loader/entries/* "$T/boot/efi/loader/entries/"
	mv "$T/usr/local/bin/kernel-install.real" "$T/usr/local/bin/kernel-install"
	live setup-iommu --undo --yes
	exits 0
	cmp "$T/boot/efi/loader/loader.conf" "$BATS_TEST_TMPDIR/efi/loader/loader.conf"
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	! grep -q iommu "$T"/boot/efi/loader/entries/*.conf || false
}

# bats test_tags=deep
@test "systemd-boot: slicer and its program are killed: the copy boots, and goes when that is taken back" {
	live_tree kernel-install off
	cp -a "$T/boot/efi" "$BATS_TEST_TMPDIR/efi"
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		[ ! -e /tmp/killed ] || exec /usr/sbin/update-initramfs.real "$@"
		: >/tmp/killed
		kill -KILL $PPID $$
	SH
	live setup-iommu --yes
	exits 137
	grep -q "^default slicer-shelter.conf" "$T/boot/efi/loader/loader.conf"
	cp -a "$T" "$T.killed"
	live setup-iommu --undo --yes
	exits 0
	diff -r "$BATS_TEST_TMPDIR/efi/loader" "$T/boot/efi/loader"
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	rm -r "$T"
	mv "$T.killed" "$T"
	live --json setup-iommu --yes
	exits 0
	json '.recovered | length == 1'
	cmp "$T/boot/efi/loader/loader.conf" "$BATS_TEST_TMPDIR/efi/loader/loader.conf"
	[ ! -e "$T/boot/efi/slicer-shelter" ]
	grep -q '^options .*intel_iommu=on iommu=pt' "$T"/boot/efi/loader/entries/*.conf
}
