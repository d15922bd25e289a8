#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: what binds left behind, and commands that slicer carries out.
bats_require_minimum_version 1.5.0

load helpers

GPU=0000:0b:00.0 AUDIO=0000:0b:00.1

setup() {
	live_tree two-gpu ready
	GPU_DIR=$(readlink -f "$T/sys/bus/pci/devices/$GPU")
	AUDIO_DIR=$(readlink -f "$T/sys/bus/pci/devices/$AUDIO")
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
}
doctor() {
	live doctor --json --no-initramfs
}
# leftover ADDRESS EXPRESSION: about the check of that device.
leftover() {
	json "[.checks[] | select(.id == \"devices.$1.leftover\")] | length == 1 and (.[0] | $2)"
}
none() {
	json '[.checks[] | select(.id | endswith(".leftover") or endswith(".note"))] == []'
}
# A word of the audio function's ids, without 0x.
id_of() { # ATTRIBUTE
	cut -c3- "$AUDIO_DIR/$1"
}
# Each command of the fix would be carried out.
carried_out() { # ADDRESS
	local line fixes
	fixes=$(value ".checks[] | select(.id == \"devices.$1.leftover\").fix[]")
	[ -n "$fixes" ]
	while read -r line; do
		[[ $line != '#'* ]] || continue
		# shellcheck disable=SC2086 # its words
		live ${line#*sudo slicer } --dry-run
		exits 0
	done <<<"$fixes"
}

@test "a host in order has none" {
	doctor
	none
}

@test "kept for vfio-pci, and left without a driver: finish, or give it back" {
	echo vfio-pci >"$GPU_DIR/driver_override"
	rm "$GPU_DIR/driver"
	doctor
	leftover $GPU '.status == "warn" and .evidence == "/sys/bus/pci/devices/0000:0b:00.0/driver_override: vfio-pci"'
	leftover $GPU '.title | endswith("has the driver_override vfio-pci, and has no driver")'
	leftover $GPU ".fix | index(\"sudo slicer pci bind $GPU\") == 0 and .[1] == \"# or:\" and length == 3"
	carried_out $GPU
}

# bats test_tags=deep
@test "kept for vfio-pci, and its own driver has it: the override goes, the driver stays" {
	local driver
	echo vfio-pci >"$AUDIO_DIR/driver_override"
	driver=$(basename "$(readlink "$AUDIO_DIR/driver")")
	doctor
	leftover $AUDIO ".title | endswith(\"has the driver $driver\")"
	leftover $AUDIO ".fix | any(endswith(\"sudo slicer pci bind $AUDIO --driver=original\"))"
	carried_out $AUDIO
	live pci bind $AUDIO --driver=original --dry-run --json
	exits 0
	json '.steps | length == 1 and (.[0].path | endswith("/driver_override"))'
}

# bats test_tags=deep
@test "kept for a driver that is not there: the reason is told" {
	printf 'my driver\n' >"$GPU_DIR/driver_override"
	rm "$GPU_DIR/driver"
	doctor
	leftover $GPU '.evidence | contains("driver_override: my driver; ")'
	carried_out $GPU
	echo gone_drv >"$GPU_DIR/driver_override"
	doctor
	leftover $GPU '.evidence | contains("the running kernel has no driver gone_drv")'
	carried_out $GPU
}

@test "what obeys its override, and what is to have no driver, is in order" {
	echo vfio-pci >"$GPU_DIR/driver_override"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$GPU_DIR/driver"
	echo none >"$AUDIO_DIR/driver_override"
	rm "$AUDIO_DIR/driver"
	doctor
	none
}

# bats test_tags=deep
@test "a device without the driver that is loaded for it" {
	rm "$AUDIO_DIR/driver"
	doctor
	leftover $AUDIO '.status == "warn" and (.evidence | contains("snd_hda_intel"))'
	leftover $AUDIO ".fix == [\"sudo slicer pci bind $AUDIO --driver=original\"]"
	carried_out $AUDIO
	# Nobody misses what nothing is loaded for: people keep drivers from being loaded.
	rm -r "$T/sys/bus/pci/drivers/snd_hda_intel"
	doctor
	none
}

@test "a device that vfio-pci's ids name is meant to be without its driver" {
	rm "$AUDIO_DIR/driver"
	mkdir -p "$T/etc/modprobe.d"
	printf 'options vfio-pci ids=%s:%s\n' "$(id_of vendor)" "$(id_of device | tr a-f A-F)" >"$T/etc/modprobe.d/vfio.conf"
	doctor
	none
}

# bats test_tags=deep
@test "the note of a driver that a device has again is told with --verbose only" {
	mkdir -p "$T/var/lib/slicer/original"
	printf 'address=%s\nid=%s:%s\nsubsystem=%s:%s\ntwins=yes\noriginal=snd_hda_intel\n' $AUDIO "$(id_of vendor)" \
		"$(id_of device)" "$(id_of subsystem_vendor)" "$(id_of subsystem_device)" >"$T/var/lib/slicer/original/$AUDIO.conf"
	doctor
	json "[.checks[] | select(.id == \"devices.$AUDIO.note\")] | length == 1 and .[0].status == \"pass\"
		and .[0].fix == [\"sudo slicer pci bind $AUDIO --driver=original\"]"
	live doctor --no-initramfs
	[[ $output != *"the note of it"* ]]
	live pci bind $AUDIO --driver=original
	exits 0
	[ ! -e "$T/var/lib/slicer/original/$AUDIO.conf" ]
}

# bats test_tags=deep
@test "a native driver that is kept from being loaded: refused with the line, and not among the commands" {
	tree debian-grub ready
	local pci=$T/sys/bus/pci why line
	mkdir -p "$pci/drivers/vfio-pci" "$T/etc/modprobe.d"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$pci/devices/0000:01:00.0/driver"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$pci/devices/0000:01:00.1/driver"
	rm -r "$pci/drivers/nouveau"
	for line in 'install nouveau /bin/true' 'install nou* /usr/bin/false # no'; do
		printf '# x\n%s\ninstall nouveau /sbin/modprobe vfio-pci\n' "$line" >"$T/etc/modprobe.d/gpu.conf"
		on pci bind 01:00.0 --driver=nouveau --dry-run
		exits 3
		error_only
		complains 'the module nouveau is kept from being loaded: "install nouveau'
		complains '/etc/modprobe.d/gpu.conf:2'
		complains 'sudo modprobe --ignore-install nouveau'
		on --json pci show 01:00.0
		json '.commands.back | any(contains("--driver=nouveau")) | not'
		json '.commands.back | any(contains("--driver=snd_hda_intel"))'
		json '.commands.not_back | contains("gpu.conf:2")'
		on pci show 01:00.0
		says 'not every device can go back to its driver now: the module nouveau is kept from being loaded'
	done
	# Neither a blacklist nor a command that may load it, nor another module.
	for line in 'blacklist nouveau' 'install nouveau /sbin/modprobe vfio-pci' 'install nouveau /bin/true; /sbin/modprobe x' 'install nouveau_x /bin/true'; do
		echo "$line" >"$T/etc/modprobe.d/gpu.conf"
		on pci bind 01:00.0 --driver=nouveau --dry-run
		exits 0
	done
	# The first line counts.
	printf 'install nouveau /sbin/modprobe x\n' >"$T/etc/modprobe.d/a.conf"
	printf 'install nouveau /bin/true\n' >"$T/etc/modprobe.d/gpu.conf"
	on pci bind 01:00.0 --driver=nouveau --dry-run
	exits 0
	rm "$T"/etc/modprobe.d/*.conf
	why=$(<"$T/proc/cmdline")
	echo "$why module_blacklist=igb,nouveau" >"$T/proc/cmdline"
	on pci bind 01:00.0 --driver=nouveau --dry-run
	exits 3
	complains 'module_blacklist= on the kernel command line'
	echo "$why module_blacklist=nouveau module_blacklist=igb" >"$T/proc/cmdline"
	on pci bind 01:00.0 --driver=nouveau --dry-run
	exits 0
	# It is there: nothing is to be loaded.
	mkdir "$pci/drivers/nouveau"
	echo 'install nouveau /bin/true' >"$T/etc/modprobe.d/gpu.conf"
	on pci bind 01:00.0 --driver=nouveau --dry-run
	exits 0
}

# vm ID TEXT: a VM of Proxmox VE.
vm() {
	mkdir -p "$T/etc/pve/qemu-server"
	printf '%b\n' "$2" >"$T/etc/pve/qemu-server/$1.conf"
}
# told_vm STATUS ID TEXT
told_vm() {
	on --json doctor >/dev/null
	jq -r '.checks[] | select(.id | startswith("devices.vms")) | [.id, .status, .evidence] | join(" | ")' <<<"$output"
	jq -e --arg s "$1" --arg i "$2" --arg t "$3" 'any(.checks[]; .status == $s and .id == $i and .evidence == $t)' \
		<<<"$output" >/dev/null
}

# bats test_tags=deep
@test "a VM that is defined to have what the host needs, or what is not there" {
	tree debian-grub ready
	vm 100 'name: win\nhostpci0: 0000:01:00,pcie=1,x-vga=1\nonboot: 1'
	vm 101 'name: igpu\nhostpci0: 00:02.0'
	on --json doctor
	json 'any(.checks[]; .id | startswith("devices.vms")) | not'
	# A card was put in, and the network controller is where another one was.
	vm 103 'name: nas\nhostpci0: 00:1f.6\nhostpci1: 00:17.0'
	told_vm warn devices.vms-need 'VM 103 (nas) of Proxmox VE: 0000:00:17.0: sda1 is mounted on /; VM 103 (nas) of Proxmox VE: 0000:00:1f.6: eno1 carries the default route'
	rm "$T/etc/pve/qemu-server/103.conf"
	# One screen for both is what many want, but not at boot.
	vm 101 'name: igpu\nhostpci0: 00:02.0\nonboot: 1'
	told_vm warn devices.vms-need 'VM 101 (igpu) of Proxmox VE (starts with the host): 0000:00:02.0: it is the boot display'
	rm "$T/etc/pve/qemu-server/101.conf"
	vm 102 'hostpci0: 05:00.0\nhostpci1: 0000:05:00'
	vm 104 'hostpci0: 0000:02:00\nhostpci1: 01:00.1'
	told_vm warn devices.vms-gone 'VM 102 of Proxmox VE: 0000:05:00.0'
	# VFIO has it: the host does without already.
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	rm "$T/etc/pve/qemu-server/102.conf"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$T/sys/bus/pci/devices/0000:00:1f.6/driver"
	vm 103 'hostpci0: 00:1f.6\nonboot: 1'
	on --json doctor
	json 'any(.checks[]; .id | startswith("devices.vms")) | not'
}
