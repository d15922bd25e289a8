#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What binds devices at boot and was not set up by "pci bind --persist": how it is found and told. The files are
# those of guides and reports, with the ids and addresses of the tree's own devices.

load helpers

setup() {
	tree debian-grub ready
	mkdir -p "$T/etc/modprobe.d" "$T/etc/udev/rules.d"
	echo vfio-pci | has etc/modules-load.d/loads.conf
}
# has FILE: what the file has, from stdin.
has() {
	mkdir -p "$T/$(dirname "$1")"
	cat >"$T/$1"
}
# next_boot PARAMETER...: also in the command line, configured, of the next boot and of this one.
next_boot() {
	sed -i "s|intel_iommu=on|& $*|" "$T/etc/default/grub" "$T/boot/grub/grub.cfg" "$T/proc/cmdline"
}
# old ADDRESS: what pci show says of the device, a line each.
old() {
	on --json pci show "$1" >/dev/null
	exits 0
	jq -r '.old_setup[].text' <<<"$output"
}
# told STATUS TEXT: doctor has a check of an older set-up with this status and text.
told() {
	on --json doctor >/dev/null
	jq -r '.checks[] | select(.id | startswith("devices.old-setup")) | [.status, .title, .evidence] | join(" | ")' <<<"$output"
	jq -e --arg s "$1" --arg t "$2" '[.checks[] | select(.id | startswith("devices.old-setup"))] |
		any(.status == $s and ((.title + " " + .evidence) | contains($t)))' <<<"$output" >/dev/null
}

# bats test_tags=deep
@test "nothing is found where there is nothing" {
	[ -z "$(old 01:00.0)" ]
	told pass 'no older set-up binds devices at boot'
}

@test "modprobe.d: ids, a comment after them, continuation lines, softdep and blacklist" {
	has etc/modprobe.d/vfio.conf <<-'TEXT'
		# options vfio-pci ids=8086:15b8
		options vfio-pci ids=10de:1c03,\
		10de:10f1 disable_vga=1 # the card
		softdep nouveau pre: vfio-pci
		blacklist nouveau
		blacklist igb
		softdep nouveau pre: mxm_wmi post: vfio-pci
	TEXT
	[ "$(old 01:00.0)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:2)
modprobe.d has vfio-pci loaded before nouveau (/etc/modprobe.d/vfio.conf:4)
modprobe.d keeps nouveau from being loaded for any device (/etc/modprobe.d/vfio.conf:5)' ]
	[ "$(old 01:00.1)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:2)' ]
	[ -z "$(old 00:1f.6)" ]
	[ -z "$(old 02:00.0)" ]
	told pass '/etc/modprobe.d/vfio.conf:2: options vfio-pci ids=10de:1c03,10de:10f1 disable_vga=1 # the card: 0000:01:00.0, 0000:01:00.1'
	on pci show 01:00.0
	says 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:2)'
}

# bats test_tags=deep
@test "modprobe.d: of several ids the last word counts, on the command line or not" {
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/a.conf
	echo 'options vfio_pci ids=10de:10f1' | has etc/modprobe.d/b.conf
	[ "$(old 01:00.0)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/a.conf:1; no effect: /etc/modprobe.d/b.conf:1 has the last word)' ]
	[ "$(old 01:00.1)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/b.conf:1)' ]
	told warn '/etc/modprobe.d/a.conf:1: options vfio-pci ids=10de:1c03: 0000:01:00.0; no effect: /etc/modprobe.d/b.conf:1 has the last word'
	next_boot vfio-pci.ids=8086:1533
	[ "$(old 02:00.0)" = 'the kernel command line gives it to vfio-pci (/proc/cmdline)' ]
	[[ $(old 01:00.1) == *'no effect: /proc/cmdline has the last word'* ]]
	told pass '/etc/default/grub:9: vfio-pci.ids=8086:1533: 0000:02:00.0'
	told warn '/etc/default/grub:9 has the last word'
}

# bats test_tags=deep
@test "the command line: subsystems and classes, ids of no device, what only this boot has" {
	next_boot vfio-pci.ids=10de:1c03:1458:3716,8086:ffffffff:ffffffff:ffffffff:020000:ffff00,10de:1b80
	[[ $(old 01:00.0) == *vfio-pci* ]]
	[[ $(old 02:00.0) == *vfio-pci* ]]
	[ -z "$(old 00:1f.3)" ]
	# Both NICs, of which one is the host's.
	told warn 'at boot, VFIO is given a device that the host needs'
	told warn '0000:00:1f.6: '
	sed -i 's/ vfio-pci.ids=[^ "]*//' "$T/etc/default/grub" "$T/boot/grub/grub.cfg"
	told pass 'no older set-up binds devices at boot'
	next_boot vfio-pci.ids=10de:1b80
	told warn 'names devices that are not there: was a card exchanged? /etc/default/grub:9: vfio-pci.ids=10de:1b80: no device of this host'
}

@test "slicer's own ids are said to be slicer's" {
	on setup-iommu --ids 10de:1c03 --yes
	exits 0
	told pass 'vfio-pci.ids=10de:1c03: 0000:01:00.0 (slicer set it up)'
	on --json pci show 01:00.0
	json '[.old_setup[] | select(.path == "/etc/modprobe.d/slicer-vfio.conf")] | all(.by_slicer)'
}

# bats test_tags=deep
@test "twins: ids take both, and a driver has one of them" {
	tree two-gpu ready
	next_boot vfio-pci.ids=10de:2204
	sed -i 's/$/ vfio-pci.ids=10de:2204/' "$T/proc/cmdline"
	told warn '0000:0c:00.0 has the same id as 0000:0b:00.0, and has the driver nvidia now'
}

# bats test_tags=deep
@test "driverctl and ids for one device" {
	echo vfio-pci | has etc/driverctl.d/pci-0000:01:00.0
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/vfio.conf
	[ "$(old 01:00.0 | wc -l)" = 2 ]
	told warn '0000:01:00.0 is named by /etc/driverctl.d/pci-0000:01:00.0, too'
	# Another driver than VFIO's is no set-up for VFIO.
	echo igb | has etc/driverctl.d/pci-0000:02:00.0
	[ "$(old 02:00.0)" = 'driverctl is told to bind it to igb (/etc/driverctl.d/pci-0000:02:00.0)' ]
	rm "$T"/etc/driverctl.d/*
	echo vfio-pci | has etc/driverctl.d/pci-0000:0b:00.0
	told warn 'names devices that are not there: was a card exchanged? /etc/driverctl.d/pci-0000:0b:00.0'
	! told pass 0000:02:00.0 || false
}

# bats test_tags=deep
@test "udev: by address, by ids, by class, with a jump, with commands" {
	has etc/udev/rules.d/61-vfio.rules <<-'RULES'
		# the card
		ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:01:00.0", \
		  ATTR{driver_override}="vfio-pci"
		SUBSYSTEM=="pci", ATTR{vendor}=="0x10de", ATTR{device}=="0x10f1", ATTR{driver_override}="vfio-pci"
		ACTION=="remove", KERNEL=="0000:00:1f.3", ATTR{driver_override}="vfio-pci"
		KERNEL=="0000:00:1f.4", DRIVER=="x", ATTR{driver_override}="vfio-pci"
	RULES
	[ "$(old 01:00.0)" = 'udev is told to bind it to vfio-pci (/etc/udev/rules.d/61-vfio.rules:2)' ]
	[ "$(old 01:00.1)" = 'udev is told to bind it to vfio-pci (/etc/udev/rules.d/61-vfio.rules:4)' ]
	[ -z "$(old 00:1f.3)" ]
	[ "$(old 00:1f.4)" = 'a command may bind it (/etc/udev/rules.d/61-vfio.rules:6)' ]
	echo 'SUBSYSTEM=="pci", ATTR{class}=="0x020000", ATTR{driver_override}="vfio-pci"' | has etc/udev/rules.d/61-vfio.rules
	[[ $(old 02:00.0) == udev* ]]
	told warn 'VFIO is given a device that the host needs'
	has etc/udev/rules.d/61-vfio.rules <<-'RULES'
		ACTION!="add", GOTO="end"
		KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci"
		LABEL="end"
	RULES
	[ "$(old 01:00.0)" = 'a command may bind it (/etc/udev/rules.d/61-vfio.rules:2)' ]
	told pass 'a program may bind devices at boot'
}

# bats test_tags=deep
@test "scripts: of initramfs-tools, mkinitcpio, dracut, modprobe's install, units; slicer's own is none" {
	printf '#!/bin/sh\nDEVS="0000:01:00.0 01:00.1"\nfor DEV in $DEVS; do\n\techo "vfio-pci" >/sys/bus/pci/devices/$DEV/driver_override\ndone\n' |
		has etc/initramfs-tools/scripts/init-top/bind_vfio
	cp "$T/etc/initramfs-tools/scripts/init-top/bind_vfio" "$T/etc/initramfs-tools/scripts/init-top/slicer-bind"
	[ "$(old 01:00.0)" = 'a command may bind it (/etc/initramfs-tools/scripts/init-top/bind_vfio:4)' ]
	[[ $(old 01:00.1) == 'a command may bind it'* ]]
	[ -z "$(old 02:00.0)" ]
	told pass 'a program may bind devices at boot /etc/initramfs-tools/scripts/init-top/bind_vfio:4'
	rm "$T/etc/initramfs-tools/scripts/init-top/bind_vfio"
	# 101:00.0 is another address; a comment is none.
	printf '#!/bin/sh\n# 02:00.0\necho vfio-pci >/sys/bus/pci/devices/1001:00.1/driver_override\n' | has usr/lib/dracut/modules.d/90vfio/vfio.sh
	[ -z "$(old 02:00.0)$(old 01:00.1)" ]
	told pass '/usr/lib/dracut/modules.d/90vfio/vfio.sh:3'
	printf '#!/bin/sh\nDEVS="0000:02:00.0"\n' | has sbin/vfio-pci-override-vga.sh
	echo 'install vfio-pci /sbin/vfio-pci-override-vga.sh' | has etc/modprobe.d/local.conf
	[ "$(old 02:00.0)" = 'a command may bind it (/etc/modprobe.d/local.conf:1)' ]
	echo 'install nouveau /sbin/modprobe vfio-pci; /sbin/modprobe --ignore-install nouveau' | has etc/modprobe.d/local.conf
	[ "$(old 01:00.0)" = 'a command may bind it (/etc/modprobe.d/local.conf:1)' ]
	printf '[Service]\nExecStart=/bin/sh -c "echo 0000:02:00.0 >/sys/bus/pci/drivers/vfio-pci/bind"\n' | has etc/systemd/system/vfio.service
	[ "$(old 02:00.0)" = 'a command may bind it (/etc/systemd/system/vfio.service:2)' ]
	echo 'BIND=0000:01:00.1|10de:10f1' | has boot/config/vfio-pci.cfg
	[ "$(old 01:00.1)" = 'a command may bind it (/boot/config/vfio-pci.cfg:1)' ]
}

# bats test_tags=deep
@test "pci-stub, xen-pciback, aliases, and ids in a list of modules" {
	next_boot pci-stub.ids=10de:1c03 'xen-pciback.hide=(01:00.1)(0000:02:00.*)'
	[ "$(old 01:00.0)" = 'the kernel command line gives it to pci-stub (/proc/cmdline)' ]
	[ "$(old 01:00.1)" = 'the kernel command line gives it to xen-pciback (/proc/cmdline)' ]
	[ "$(old 02:00.0)" = 'the kernel command line gives it to xen-pciback (/proc/cmdline)' ]
	echo 'options xen-pciback hide=01:00.1' | has etc/modprobe.d/xen.conf
	[[ $(old 01:00.1) != *modprobe* ]]
	printf 'vfio\nvfio_pci ids=10de:10f1\n' >>"$T/etc/initramfs-tools/modules"
	[[ $(old 01:00.1) == *"a list of modules gives it to vfio-pci (/etc/initramfs-tools/modules:"* ]]
	echo 'alias pci:v000010DEd00001C03sv*sd*bc*sc*i* vfio-pci' | has etc/modprobe.d/alias.conf
	[[ $(old 01:00.0) == *'modprobe.d has vfio-pci loaded for it (/etc/modprobe.d/alias.conf:1)'* ]]
}

# bats test_tags=deep
@test "ids with a blank between them, in modprobe.d and on the command line: the later ones are told to do nothing" {
	echo 'options vfio-pci ids=10de:1c03, 10de:10f1 # 8086:1533' | has etc/modprobe.d/vfio.conf
	[ "$(old 01:00.0)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:1)' ]
	[ "$(old 01:00.1)" = 'its ids stand where they do nothing (/etc/modprobe.d/vfio.conf:1; no effect: vfio-pci gets what comes right after the last ids=, up to a blank)' ]
	[ -z "$(old 02:00.0)" ]
	told warn 'has no effect at boot /etc/modprobe.d/vfio.conf:1: options vfio-pci ids=10de:1c03, 10de:10f1: 0000:01:00.1; no effect'
	json '[.checks[].fix[]] | any(endswith(" pci bind 0000:01:00.1 --persist"))'
	# Quoted, they are one value.
	echo 'options vfio-pci ids="10de:1c03, 10de:10f1"' | has etc/modprobe.d/vfio.conf
	[ "$(old 01:00.1)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:1)' ]
	# Of two, the last one counts.
	echo 'options vfio-pci ids=10de:1c03 ids=10de:10f1' | has etc/modprobe.d/vfio.conf
	[[ $(old 01:00.0) == *'no effect: vfio-pci gets what comes right after the last ids='* ]]
	echo 'options vfio-pci ids = 10de:1c03' | has etc/modprobe.d/vfio.conf
	told pass 'an older set-up names no devices'
	told warn '0000:01:00.0; no effect'
	rm "$T/etc/modprobe.d/vfio.conf"
	next_boot 'vfio-pci.ids=10de:1c03, 10de:10f1'
	told pass 'vfio-pci.ids=10de:1c03,: 0000:01:00.0'
	told warn '/etc/default/grub:9: 10de:10f1: 0000:01:00.1; no effect: a blank stands before it'
}

# bats test_tags=deep
@test "ids where nothing reads them: another word, another file, another kind of list" {
	local line
	for line in 'options vfio-pci.ids=10de:1c03' 'options vfio ids=10de:1c03' 'options vfio-cpi ids=10DE:1C03' 'vfio-pci ids=10de:1c03' \
		'options vfio-pci id=10de:1c03' 'option vfio-pci ids=10de:1c03'; do
		echo "$line" | has etc/modprobe.d/vfio.conf
		[ "$(old 01:00.0)" = 'its ids stand where they do nothing (/etc/modprobe.d/vfio.conf:1; no effect: modprobe gives vfio-pci its ids by a line that begins with: options vfio-pci ids=)' ]
		told warn "has no effect at boot /etc/modprobe.d/vfio.conf:1: $line: 0000:01:00.0; no effect"
	done
	# Nothing of these is about VFIO, a device of this host, or in force.
	for line in '# options vfio ids=10de:1c03' 'options vfio ids=10de:1c04' 'options snd-hda-intel patch=10de:10f1' \
		'options vfio enable_unsafe_noiommu_mode=1 # 10de:1c03' 'remove vfio-pci echo 10de:1c03'; do
		echo "$line" | has etc/modprobe.d/vfio.conf
		[ -z "$(old 01:00.0)" ]
		told pass 'no older set-up binds devices at boot'
	done
	rm "$T/etc/modprobe.d/vfio.conf"
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/vfio
	told warn 'has no effect at boot'
	# Once slicer does what the line was meant to do, it is no harm.
	"$SLICER" --root "$T" pci bind 01:00.0 --persist
	told pass 'has no effect; something else gives them to VFIO at boot /etc/modprobe.d/vfio:1'
	"$SLICER" --root "$T" pci unbind 01:00.0 --persist
	cp "$T/etc/modprobe.d/vfio" "$T/etc/modprobe.d/vfio.conf.off"
	[ "$(old 01:00.0)" = 'its ids stand where they do nothing (/etc/modprobe.d/vfio:1; no effect: modprobe reads no file there whose name does not end in .conf)' ]
	rm "$T"/etc/modprobe.d/vfio*
	for line in modeprobe.d/vfio.conf modprob.d/vfio.conf modprobe.conf; do
		echo 'options vfio-pci ids=10de:1c03' | has "etc/$line"
		[ "$(old 01:00.0)" = "its ids stand where they do nothing (/etc/$line:1; no effect: what modprobe reads is /etc/modprobe.d)" ]
		rm -r "$T/etc/${line%%/*}"
	done
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d.off/vfio.conf
	[ -z "$(old 01:00.0)" ]
	for line in 'options vfio_pci ids=10de:1c03' 'vfio vfio_iommu_type1 vfio_pci ids=10de:1c03' 'attach : vfio vfio_pci ids=10de:1c03'; do
		printf '%s\nvfio_pci\n' "$line" | has etc/initramfs-tools/modules
		[[ $(old 01:00.0) == *'(/etc/initramfs-tools/modules:1; no effect: the first word of a line there is the name of a module, and gets the rest)' ]]
		told warn "$line: 0000:01:00.0; no effect"
	done
	rm "$T/etc/initramfs-tools/modules"
	for line in vfio.ids=10de:1c03 vfio-cpi.ids=10de:1c03 rd.vfio-pci.ids=10de:1c03; do
		next_boot "$line"
		told warn "$line: 0000:01:00.0; no effect: it has to be vfio-pci.ids="
	done
	next_boot vfio-pci.ids=01:00.0,01:00.1
	told warn 'gives vfio-pci words that are no ids: an id is VENDOR:DEVICE'
}

# bats test_tags=deep
@test "lists of modules: systemd takes a line for a name; a line that does nothing is no harm beside one that does" {
	printf 'vfio\nvfio_pci ids=10de:1c03,10de:10f1\n' | has etc/modules
	mkdir -p "$T/etc/modules-load.d"
	ln -s ../modules "$T/etc/modules-load.d/modules.conf"
	# Start scripts give modprobe the whole line.
	[ "$(old 01:00.0)" = 'a list of modules gives it to vfio-pci (/etc/modules:2)' ]
	ln -s /lib/systemd/systemd "$T/sbin/init"
	[ "$(old 01:00.0)" = 'a list of modules gives it to vfio-pci (/etc/modules:2; no effect: systemd takes the whole line for the name of a module)' ]
	told warn 'has no effect at boot /etc/modules:2: vfio_pci ids=10de:1c03,10de:10f1: 0000:01:00.0, 0000:01:00.1; no effect: systemd takes'
	rm "$T/sbin/init" "$T/etc/modules"
	mkdir -p "$T/run/systemd/system"
	echo 'options vfio-pci ids=10de:1c03' | has etc/modules-load.d/vfio.conf
	[[ $(old 01:00.0) == *'(/etc/modules-load.d/vfio.conf:1; no effect: systemd takes the whole line for the name of a module)' ]]
	told warn 'has no effect at boot'
	# initramfs-tools has no systemd in it.
	printf 'softdep nouveau pre: vfio vfio_pci\noptions vfio_pci ids=10de:1c03\nvfio_pci ids=10de:1c03\n' | has etc/initramfs-tools/modules
	told pass '/etc/initramfs-tools/modules:3: vfio_pci ids=10de:1c03: 0000:01:00.0'
	told pass 'has no effect; something else gives them to VFIO at boot /etc/initramfs-tools/modules:2'
	! told warn '' || false
}

# bats test_tags=deep
@test "ids alone load nothing: told, unless vfio-pci is named where it is loaded from, or has the devices" {
	local file text unloaded='ids are given to vfio-pci, but nothing was found that loads it at boot'
	rm "$T/etc/modules-load.d/loads.conf"
	printf '# vfio-pci\noptions vfio-pci ids=10de:1c03,10de:10f1\n' | has etc/modprobe.d/vfio.conf
	printf '# vfio-pci\n' | has etc/mkinitcpio.conf
	[ "$(old 01:00.0)" = 'modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:2; nothing was found that loads vfio-pci at boot)' ]
	told warn "$unloaded /etc/modprobe.d/vfio.conf:2: options vfio-pci ids=10de:1c03,10de:10f1: 0000:01:00.0, 0000:01:00.1"
	json '[.checks[].fix[]] | any(endswith(" pci bind 0000:01:00.0 0000:01:00.1 --persist --take-over"))'
	touch "$T"/usr/bin/{mkinitcpio,dracut,booster}
	while IFS='|' read -r file text; do
		echo "$text" | has "$file"
		told pass '/etc/modprobe.d/vfio.conf:2'
		rm "$T/$file"
	done <<-'LOADS'
		etc/modules|vfio_pci
		etc/initramfs-tools/modules|vfio-pci
		etc/initramfs-tools/modules|vfio_pci disable_vga=1
		usr/lib/modules-load.d/x.conf|vfio-pci
		etc/modprobe.d/x.conf|softdep drm pre: vfio-pci
		etc/modprobe.d/x.conf|install nouveau /sbin/modprobe vfio-pci; /sbin/modprobe -i nouveau
		etc/mkinitcpio.conf|MODULES=(vfio_pci vfio vfio_iommu_type1)
		etc/dracut.conf.d/vfio.conf|force_drivers+=" vfio vfio_iommu_type1 vfio-pci "
		etc/booster.yaml|modules_force_load: vfio_pci,vfio
		etc/local.d/vfio.start|modprobe vfio-pci
	LOADS
	# None of these does.
	mkdir -p "$T/run/systemd/system"
	while IFS='|' read -r file text; do
		echo "$text" | has "$file"
		told warn "$unloaded"
		rm "$T/$file"
	done <<-'OTHERS'
		etc/modules|vfio
		etc/modules|vfio_pci disable_vga=1
		etc/modprobe.d/x.conf|options vfio-pci disable_vga=1
		etc/modprobe.d/x.conf|blacklist vfio-pci
		etc/modprobe.d/x.conf|remove vfio-pci /sbin/modprobe -r vfio
		etc/modprobe.d/x|softdep nouveau pre: vfio-pci
		etc/mkinitcpio.conf|MODULES=(nouveau)
		etc/dracut.conf.d/vfio|force_drivers+=" vfio-pci "
		usr/lib/modules-load.d/vfio|vfio-pci
	OTHERS
	rm "$T/etc/modprobe.d/vfio.conf"
	next_boot vfio-pci.ids=10de:1c03
	told warn "$unloaded"
	next_boot rd.driver.pre=vfio-pci
	told pass 'vfio-pci.ids=10de:1c03: 0000:01:00.0'
	# It is a word of dracut's, and nobody else's.
	rm "$T/usr/bin/dracut"
	told warn "$unloaded"
	sed -i 's/ rd.driver.pre=vfio-pci//' "$T/etc/default/grub" "$T/boot/grub/grub.cfg" "$T/proc/cmdline"
	told warn "$unloaded"
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$T/sys/bus/pci/devices/0000:01:00.0/driver"
	told pass 'vfio-pci.ids=10de:1c03: 0000:01:00.0'
	echo 'vfio-pci ids=10de:10f1' | has etc/initramfs-tools/modules
	told pass 'vfio-pci ids=10de:10f1: 0000:01:00.1'
	rm "$T/usr/sbin/mkinitramfs"
	told warn '0000:01:00.1; no effect: /usr/sbin/mkinitramfs, which reads it, is not there'
	# A kernel that has it built in loads nothing.
	tree two-gpu ready
	sed -i 's/$/ vfio-pci.ids=10de:2204/' "$T/proc/cmdline"
	[[ $(old 0b:00.0) == *'gives it to vfio-pci (/proc/cmdline)' ]]
}

# bats test_tags=deep
@test "hostile files: no crash, and nothing unescaped" {
	local bad
	for bad in '' 'ids' 'ids=' 'ids=,,,' 'ids="' 'ids=":' 'ids=\x1b[31m' 'ids=10de:1c03\x1b[31m' 'ids=\0ids=10de:1c03' \
		"ids=$(printf '10de:1c03,%.0s' {1..200})"; do
		printf "options vfio-pci $bad\nsoftdep\nsoftdep x pre:\ninstall\nalias\nblacklist\noptions\n\\\\" >"$T/etc/modprobe.d/x.conf"
		on pci show 01:00.0
		exits 0
		[[ $output != *$'\e'* ]]
		on doctor
		[[ $output != *$'\e'* ]]
	done
	[[ $(old 01:00.0) != *modprobe.d* ]]
	printf 'KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci\x1b[31m"\nATTR{driver_override}\n' >"$T/etc/udev/rules.d/x.rules"
	on pci show 01:00.0
	exits 0
	[[ $output != *$'\e'* ]]
	rm "$T"/etc/modprobe.d/x.conf
	mkfifo "$T/etc/modprobe.d/x.conf" "$T/etc/udev/rules.d/y.rules"
	on doctor
	[[ $output == *verdict* ]]
}

@test "pci bind --persist warns of what binds the device too" {
	echo 'options vfio-pci ids=10de:1c03' | has etc/modprobe.d/vfio.conf
	on pci bind 01:00.0 --group --persist --dry-run
	exits 0
	[[ $output == *'0000:01:00.0: modprobe.d gives it to vfio-pci (/etc/modprobe.d/vfio.conf:1), too'* ]]
	[[ $output != *'0000:01:00.1: modprobe.d'* ]]
}
