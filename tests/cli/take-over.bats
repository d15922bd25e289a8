#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pci bind --persist --take-over: devices are taken out of what else binds them at boot, and nothing else is.

load helpers

FILES=etc/slicer/devices.d
WITH=(pci bind 01:00.0 --group --persist --take-over)

setup() {
	tree debian-grub ready
}
# has FILE: what the file has, from stdin.
has() {
	mkdir -p "$T/$(dirname "$1")"
	cat >"$T/$1"
}
next_boot() {
	sed -i "s|intel_iommu=on|& $*|" "$T/etc/default/grub" "$T/boot/grub/grub.cfg" "$T/proc/cmdline"
}
# is FILE: what the file is now, from stdin.
is() {
	diff - "$T/$1"
}
# The host as a live root, whose graphics card VFIO has.
with_live() {
	live_tree debian-grub ready settle
	with_systemd
	vfio_has 0000:01:00.0 0000:01:00.1
}
complains_or_says() { [[ $output$stderr == *"$1"* ]]; }
in_image() {
	(cd "$BATS_TEST_TMPDIR" && cpio -i --quiet --to-stdout "$2" <"$1" 2>/dev/null)
}

@test "doctor's and bind's advice is what would be done" {
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	on --json doctor
	[ "$(value '.checks[] | select(.id == "devices.old-setup.1") | .fix[0]')" = "sudo slicer --root $T pci bind 0000:01:00.0 0000:01:00.1 --persist --take-over" ]
	on --json pci bind 01:00.0 01:00.1 --persist --take-over --dry-run
	exits 0
	json '.changed and (.applied | not) and ([.steps[] | select(.path == "/etc/modprobe.d/vfio.conf")] | map(.kind) == ["remove"])'
	# The network that the host is reached by is not offered.
	echo 'options vfio-pci ids=8086:15b8' | has etc/modprobe.d/vfio.conf
	on --json doctor
	json '.checks[] | select(.id == "devices.old-setup.1") | .status == "warn" and .fix == []'
	on pci bind 00:1f.6 --persist --take-over --yes
	exits 3
}

@test "usage: it goes with --persist, and --yes with it" {
	on pci bind 01:00.0 --take-over
	exits 2
	on pci bind 01:00.0 --persist --take-over --driver=igb
	exits 2
	on pci bind 01:00.0 --persist --yes
	exits 2
	on pci unbind 01:00.0 --persist --take-over
	exits 2
}

# bats test_tags=deep
@test "at a terminal it asks: no, nothing and the end of it change nothing, yes does" {
	local typed
	command -v script || skip 'no script(1)'
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	remember
	for typed in 'n\n' '\n' '' 'no\n' ' y\n' 'never\n'; do
		asked "$typed" "${WITH[@]}"
		exits 3
		says 'remove /etc/modprobe.d/vfio.conf'
		says 'Continue? [y/N]'
		says 'Nothing was changed.'
		unchanged
		[ ! -d "$T/$FILES" ]
	done
	# The plan is shown also to who wants quiet; a document has no place for a question.
	asked 'n\n' --quiet "${WITH[@]}"
	exits 3
	says 'remove /etc/modprobe.d/vfio.conf'
	asked 'y\n' --json "${WITH[@]}"
	exits 3
	says '--json never asks, so --yes is needed'
	unchanged
	asked 'y\n' "${WITH[@]}" --dry-run
	exits 0
	[[ $output != *'Continue?'* ]]
	unchanged
	asked 'yes\n' "${WITH[@]}"
	exits 0
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	[ "$(find "$T/$FILES" -name '*.conf' | wc -l)" -eq 2 ]
	# A second time there is nothing to ask.
	asked '' "${WITH[@]}"
	exits 0
	[[ $output != *'Continue?'* ]]
	says 'nothing else that slicer could change names the devices'
}

@test "modprobe.d: only the devices' ids go, every other byte stays" {
	has etc/modprobe.d/vfio.conf <<-'TEXT'
		# mine:	tabs and  blanks
		options  vfio-pci	ids=8086:1533,10de:1c03,\
		10de:10f1:1458 disable_vga=1   # after

		softdep nouveau pre: vfio-pci
		softdep igb pre: vfio-pci
		softdep drm pre: vfio-pci
		softdep snd_hda_intel pre: vfio vfio_iommu_type1 vfio_pci
		softdep nouveau pre: vfio-pci mxm_wmi
		softdep nouveau post: vfio-pci
		blacklist nouveau
	TEXT
	printf 'options vfio-pci ids=10de:10f1\n' | has etc/modprobe.d/a-older.conf
	printf 'options kvm ignore_msrs=1\r\n' | has etc/modprobe.d/kvm.conf
	remember
	on "${WITH[@]}" --dry-run
	exits 0
	says '-options vfio-pci ids=10de:10f1'
	says 'warning: /etc/modprobe.d/vfio.conf: "softdep nouveau pre: vfio-pci mxm_wmi" stays: look at it yourself'
	[[ $output != *'nouveau post: vfio-pci" stays'* ]]
	unchanged
	on "${WITH[@]}"
	exits 3
	complains 'there is no terminal to ask at'
	unchanged
	on "${WITH[@]}" --yes
	exits 0
	is etc/modprobe.d/vfio.conf <<-'TEXT'
		# mine:	tabs and  blanks
		options  vfio-pci	ids=8086:1533 disable_vga=1   # after

		softdep igb pre: vfio-pci
		softdep drm pre: vfio-pci
		softdep nouveau pre: vfio-pci mxm_wmi
		softdep nouveau post: vfio-pci
		blacklist nouveau
	TEXT
	[ ! -e "$T/etc/modprobe.d/a-older.conf" ]
	[ "$(od -c <"$T/etc/modprobe.d/kvm.conf" | grep -c '\\r')" = 1 ]
	[ -e "$T/$FILES/0000:01:00.0.conf" ]
	[ -e "$T/$FILES/0000:01:00.1.conf" ]
	says 'update-initramfs -u -k 6.1.0-56-amd64'
	remember
	on "${WITH[@]}" --yes
	exits 0
	says "--take-over" || says 'nothing else that slicer could change names the devices'
	unchanged
	on setup-iommu --undo --yes
	exits 0
	[ "$(cat "$T/etc/modprobe.d/a-older.conf")" = 'options vfio-pci ids=10de:10f1' ]
	grep -q '^10de:10f1:1458 disable_vga=1   # after$' "$T/etc/modprobe.d/vfio.conf"
	grep -q '^softdep nouveau pre: vfio-pci$' "$T/etc/modprobe.d/vfio.conf"
	[ ! -e "$T/$FILES/0000:01:00.0.conf" ]
}

# bats test_tags=deep
@test "modprobe.d: first, middle and last id, empty ones, quotes, no parameter left" {
	local before after
	while IFS='|' read -r before after; do
		rm -rf "$T/$FILES" "$T/var/lib/slicer"
		printf '%s\n#\n' "$before" | has etc/modprobe.d/v.conf
		on "${WITH[@]}" --yes
		exits 0
		printf '%s#\n' "${after:+$after$'\n'}" | is etc/modprobe.d/v.conf
	done <<-'TEXT'
		options vfio-pci ids=10de:1c03,10de:10f1,8086:1533|options vfio-pci ids=8086:1533
		options vfio-pci ids=8086:1533,10de:1c03,10de:10f1|options vfio-pci ids=8086:1533
		options vfio-pci ids=10de:1c03,8086:1533,10de:10f1|options vfio-pci ids=8086:1533
		options vfio-pci ids="10de:1c03,8086:1533" x=1|options vfio-pci ids="8086:1533" x=1
		options vfio-pci ids=10de:1c03,10de:10f1 disable_vga=1|options vfio-pci disable_vga=1
		options vfio_pci disable_vga=1 ids=10de:10f1|options vfio_pci disable_vga=1
		options vfio-pci ids=10de:1c03,10de:10f1|
		options vfio-pci ids=10de:1c03 ids=10de:10f1 # both|
		options vfio-pci ids=,10de:1b80,10de:1c03,,10de:10f1,|options vfio-pci ids=,10de:1b80,,
		options vfio-pci ids=0x10DE:1C03:1458:3716:030000:ff0000|
		softdep nouveau pre: vfio-pci|softdep nouveau pre: vfio-pci
	TEXT
}

@test "the command line: through the boot loader, other ids and parameters stay" {
	next_boot vfio-pci.ids=8086:1533,10de:1c03,10de:10f1 pci-stub.ids=10de:10f1
	on "${WITH[@]}" --yes
	exits 0
	grep -qx 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on vfio-pci.ids=8086:1533 iommu=pt"' "$T/etc/default/grub"
	says 'update-grub'
	on setup-iommu --status
	says take-over
	on setup-iommu --undo --yes
	exits 0
	grep -qx 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on vfio-pci.ids=8086:1533,10de:1c03,10de:10f1 pci-stub.ids=10de:10f1 iommu=pt"' "$T/etc/default/grub"
}

# bats test_tags=deep
@test "entries without a generator: all alike, or refused; mkinitcpio's images are a person's to make" {
	tree arch-sdboot ready
	sed -i 's/iommu=pt/& vfio-pci.ids=10de:2684,10de:22ba,10de:1/' "$T"/boot/loader/entries/*.conf "$T/proc/cmdline"
	echo 'softdep drm pre: vfio-pci' | has etc/modprobe.d/vfio.conf
	cp -r "$T/boot/loader/entries" "$BATS_TEST_TMPDIR"
	on "${WITH[@]}" --yes
	exits 0
	says 'until they are rebuilt: sudo'
	says 'mkinitcpio -P'
	[ "$(grep -l 'vfio-pci.ids=10de:1$' "$T"/boot/loader/entries/*.conf | wc -l)" = 2 ]
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	remember
	on "${WITH[@]}" --yes
	exits 0
	unchanged
	on setup-iommu --undo --yes
	exits 0
	diff -r "$BATS_TEST_TMPDIR/entries" "$T/boot/loader/entries"
	[ -e "$T/etc/modprobe.d/vfio.conf" ]
	sed -i 's/10de:2684,//' "$T/boot/loader/entries/arch.conf"
	remember
	on "${WITH[@]}" --yes
	exits 3
	complains 'the boot entries differ in their ids'
	unchanged
}

# bats test_tags=deep
@test "twins: refused and named; all of them, or --force" {
	tree two-gpu ready
	sed -i 's/quiet splash/& vfio-pci.ids=10de:2204,10de:1aef/' "$T"/etc/default/grub "$T"/boot/grub/grub.cfg "$T"/proc/cmdline
	grep -q vfio-pci.ids= "$T/etc/default/grub"
	remember
	on pci bind 0b:00.0 --group --persist --take-over --yes
	exits 3
	complains "would be the host's again: 0000:0c:00.0, 0000:0c:00.1"
	complains 'pci bind 0000:0b:00.0 0000:0b:00.1 0000:0c:00.0 0000:0c:00.1 --persist --take-over'
	unchanged
	on pci bind 0b:00.0 --group --persist --take-over --yes --force
	exits 0
	[[ $stderr$output == *"0000:0c:00.0 is the host's again at the next boot"* ]]
	! grep -q vfio-pci.ids= "$T/etc/default/grub" || false
	tree two-gpu ready
	sed -i 's/quiet splash/& vfio-pci.ids=10de:2204,10de:1aef/' "$T"/etc/default/grub "$T"/boot/grub/grub.cfg "$T"/proc/cmdline
	on pci bind 0b:00.0 0c:00.0 --group --persist --take-over --yes
	exits 0
	[ "$(ls "$T/$FILES" | wc -l)" = 4 ]
	! grep -q vfio-pci.ids= "$T/etc/default/grub" || false
}

@test "twins of which one can't be taken: its address is no advice" {
	local boot
	tree two-gpu ready
	sed -i 's/quiet splash/& vfio-pci.ids=10de:2204,10de:1aef/' "$T"/etc/default/grub "$T"/boot/grub/grub.cfg "$T"/proc/cmdline
	for boot in "$T"/sys/bus/pci/devices/*/boot_vga; do echo 0 >"$boot"; done
	echo 1 >"$T/sys/bus/pci/devices/0000:0c:00.0/boot_vga"
	on pci bind 0b:00.0 0c:00.0 --group --persist --take-over --yes
	exits 3
	on pci bind 0b:00.0 --group --persist --take-over --yes
	exits 3
	complains "would be the host's again: 0000:0c:00.0, 0000:0c:00.1"
	complains '--force gives them back to the host'
	[[ $stderr != *'take all of them over'* ]]
}

@test "with a driver that was named, --take-over is no advice" {
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	on pci bind 01:00.0 --group --persist --dry-run
	exits 0
	complains_or_says '--take-over leaves it to slicer alone'
	on pci bind 01:00.0 --group --persist --driver=vfio-pci --dry-run
	exits 0
	complains_or_says '/etc/modprobe.d/vfio.conf'
	[[ $output$stderr != *'--take-over'* ]]
}

@test "what had no effect would come into force: refused" {
	echo 'options vfio-pci ids=8086:1533' | has etc/modprobe.d/a.conf
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/b.conf
	remember
	on "${WITH[@]}" --yes
	exits 3
	complains 'would come into force, and give 0000:02:00.0 away'
	unchanged
}

@test "driverctl, rules of udev, and ids for one device" {
	echo vfio-pci | has etc/driverctl.d/pci-0000:01:00.0
	echo igb | has etc/driverctl.d/pci-0000:02:00.0
	has etc/udev/rules.d/10-vfio.rules <<-'RULES'
		# two cards
		ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:01:00.0", \
		  ATTR{driver_override}="vfio-pci"
		ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:01:00.1", ATTR{driver_override}="vfio-pci", RUN+="/bin/sh -c 'modprobe vfio-pci; echo 0000:01:00.1 > /sys/bus/pci/drivers/vfio-pci/bind'"
		ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:02:00.0", ATTR{driver_override}="vfio-pci"
	RULES
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/vfio.conf
	on "${WITH[@]}" --yes
	exits 0
	[ "$(ls "$T/etc/driverctl.d")" = pci-0000:02:00.0 ]
	is etc/udev/rules.d/10-vfio.rules <<-'RULES'
		# two cards
		ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:02:00.0", ATTR{driver_override}="vfio-pci"
	RULES
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	on setup-iommu --undo --yes
	exits 0
	[ "$(cat "$T/etc/driverctl.d/pci-0000:01:00.0")" = vfio-pci ]
	[ "$(wc -l <"$T/etc/udev/rules.d/10-vfio.rules")" = 5 ]
}

@test "a rule that does more, a script, an install line, a package's file: left and named" {
	echo 'KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci", RUN+="/usr/local/bin/lights off"' | has etc/udev/rules.d/x.rules
	echo 'install nouveau /sbin/modprobe vfio-pci; exec x' | has etc/modprobe.d/local.conf
	echo 'options vfio-pci ids=10de:10f1' | has usr/lib/modprobe.d/package.conf
	printf '#!/bin/sh\necho vfio-pci >/sys/bus/pci/devices/0000:01:00.1/driver_override\n' | has etc/initramfs-tools/scripts/init-top/v
	remember
	on "${WITH[@]}" --yes
	exits 0
	local f
	for f in etc/udev/rules.d/x.rules:1 etc/modprobe.d/local.conf:1 usr/lib/modprobe.d/package.conf:1 etc/initramfs-tools/scripts/init-top/v:2; do
		[[ $stderr$output == *"(/$f), and that stays: look at it yourself"* ]]
	done
	rm -r "$T/$FILES"
	rmdir "$T/etc/slicer" 2>/dev/null || true
	unchanged
}

@test "a list of modules keeps the module" {
	printf 'vfio\n# x\nvfio_pci ids=10de:1c03,10de:10f1\nloop\n' | has etc/initramfs-tools/modules
	on "${WITH[@]}" --yes
	exits 0
	printf 'vfio\n# x\nvfio_pci\nloop\n' | is etc/initramfs-tools/modules
}

@test "live: images and menu are made anew and read back; a second run changes nothing; undo" {
	with_live
	echo 'options vfio-pci ids=10de:1c03,10de:10f1,8086:1533' | has etc/modprobe.d/vfio.conf
	sed -i 's/intel_iommu=on/& vfio-pci.ids=10de:1c03/' "$T/etc/default/grub"
	inside update-grub >/dev/null 2>&1
	inside update-initramfs -u -k 6.1.0-56-amd64 >/dev/null
	in_image "$T/boot/initrd.img-6.1.0-56-amd64" etc/modprobe.d/vfio.conf | grep -q 10de:1c03
	cp "$T/etc/modprobe.d/vfio.conf" "$T/etc/default/grub" "$T/boot/grub/grub.cfg" "$BATS_TEST_TMPDIR"
	live "${WITH[@]}" --yes
	# Without the command line's ids, those of modprobe.d would count.
	exits 3
	complains '0000:02:00.0'
	sed -i 's/,8086:1533//' "$T/etc/modprobe.d/vfio.conf"
	cp "$T/etc/modprobe.d/vfio.conf" "$BATS_TEST_TMPDIR"
	live "${WITH[@]}" --yes
	exits 0
	says 'Done and checked'
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	[ -L "$T/$WANTS/$UNIT" ]
	! grep -q vfio-pci.ids "$T/boot/grub/grub.cfg" || false
	[ -z "$(in_image "$T/boot/initrd.img-6.1.0-56-amd64" etc/modprobe.d/vfio.conf)" ]
	remember
	live "${WITH[@]}" --yes
	exits 0
	says 'nothing else that slicer could change names the devices'
	unchanged
	live setup-iommu --undo --yes
	exits 0
	cmp "$T/etc/modprobe.d/vfio.conf" "$BATS_TEST_TMPDIR/vfio.conf"
	cmp "$T/etc/default/grub" "$BATS_TEST_TMPDIR/grub"
	cmp "$T/boot/grub/grub.cfg" "$BATS_TEST_TMPDIR/grub.cfg"
	in_image "$T/boot/initrd.img-6.1.0-56-amd64" etc/modprobe.d/vfio.conf | cmp - "$T/etc/modprobe.d/vfio.conf"
	[ ! -L "$T/$WANTS/$UNIT" ]
	[ -z "$(ls "$T/$FILES" 2>/dev/null)" ]
}

# bats test_tags=deep
@test "live: with --persist=initramfs the images bind" {
	with_live
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	live pci bind 01:00.0 --group --persist=initramfs --take-over --yes
	exits 0
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	in_image "$T/boot/initrd.img-6.1.0-53-amd64" scripts/init-top/slicer-bind | grep -q 'give 0000:01:00.0'
	live setup-iommu --undo --yes
	exits 0
	[ -e "$T/etc/modprobe.d/vfio.conf" ]
	[ ! -e "$T/etc/initramfs-tools/scripts/init-top/slicer-bind" ]
	[ -z "$(in_image "$T/boot/initrd.img-6.1.0-53-amd64" scripts/init-top/slicer-bind)" ]
}

# bats test_tags=deep
@test "live: a generator that fails, and one that leaves the old file in the image: all is taken back" {
	with_live
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	inside update-initramfs -u -k 6.1.0-53-amd64 >/dev/null
	inside update-initramfs -u -k 6.1.0-56-amd64 >/dev/null
	remember
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		exit 0
	SH
	live "${WITH[@]}" --yes
	exits 4
	complains 'the image still holds /etc/modprobe.d/vfio.conf'
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	rmdir "$T/$FILES" "$T/etc/slicer" 2>/dev/null || true
	[ -e "$T/etc/modprobe.d/vfio.conf" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
	[ -z "$(ls "$T/$FILES" 2>/dev/null)" ]
}

# bats test_tags=deep
@test "live: of many files, each is looked for in the image" {
	with_live
	local i
	for i in {01..14}; do
		echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has "etc/modprobe.d/z$i.conf"
	done
	cp "$T/etc/modprobe.d/z14.conf" "$T/tmp/"
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	# The last of them stays in the image.
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		old=/etc/modprobe.d/z14.conf made=
		[ -e $old ] || { cp /tmp/z14.conf $old; made=1; }
		/usr/sbin/update-initramfs.real "$@"
		status=$?
		[ -z "$made" ] || rm $old
		exit $status
	SH
	live "${WITH[@]}" --yes
	exits 4
	complains 'the image still holds /etc/modprobe.d/z14.conf'
	cmp "$T/tmp/z14.conf" "$T/etc/modprobe.d/z14.conf"
	mv "$T/usr/sbin/update-initramfs.real" "$T/usr/sbin/update-initramfs"
	live "${WITH[@]}" --yes
	exits 0
	[ -z "$(find "$T/etc/modprobe.d" -name 'z*.conf')" ]
}

# bats test_tags=deep
@test "live: interrupted, it is taken back by the next set-up or undo" {
	with_live
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	mv "$T/usr/sbin/update-initramfs" "$T/usr/sbin/update-initramfs.real"
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		[ -e /tmp/once ] && exec /usr/sbin/update-initramfs.real "$@"
		touch /tmp/once
		kill -9 $PPID
	SH
	live "${WITH[@]}" --yes
	[ "$status" -ne 0 ]
	[ ! -e "$T/etc/modprobe.d/vfio.conf" ]
	live doctor
	[[ $output == *interrupted* ]]
	live setup-iommu --undo --yes
	exits 0
	[ "$(cat "$T/etc/modprobe.d/vfio.conf")" = 'options vfio-pci ids=10de:1c03,10de:10f1' ]
	[ -z "$(ls "$T/$FILES" 2>/dev/null)" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
}

@test "live: /etc can't be written: refused or taken back, and nothing has changed" {
	with_live
	echo 'options vfio-pci ids=10de:1c03,10de:10f1' | has etc/modprobe.d/vfio.conf
	chattr +i "$T/etc/modprobe.d/vfio.conf" 2>/dev/null || skip 'no immutable files here'
	live "${WITH[@]}" --yes
	local was=$status
	chattr -i "$T/etc/modprobe.d/vfio.conf"
	[ "$was" -ge 3 ]
	[ -e "$T/etc/modprobe.d/vfio.conf" ]
	[ -z "$(ls "$T/$FILES" 2>/dev/null)" ]
}
