#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pci show: what it says is what the other verbs do.
bats_require_minimum_version 1.5.0
# The later ones change the tree.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

load one-tree

setup_file() {
	export GPU=0000:01:00.0 AUDIO=0000:01:00.1 DISK=0000:00:17.0 NIC=0000:00:1f.6 PORT=0000:00:01.0
	one_tree tree debian-grub ready
}

# on_vfio ADDRESS: it has that driver.
on_vfio() {
	mkdir -p "$TREE/sys/bus/pci/drivers/vfio-pci"
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$(readlink -f "$TREE/sys/bus/pci/devices/$1")/driver"
}

@test "one address, as in the other verbs" {
	slicer pci show
	[ "$status" -eq 2 ] && [[ $stderr == *'needs the address of a device'* ]]
	slicer pci show zz
	[ "$status" -eq 2 ]
	slicer pci show $GPU $AUDIO
	[ "$status" -eq 2 ] && [[ $stderr == *"\"$AUDIO\" is another"* ]]
	slicer pci show 0000:01:00.7
	[ "$status" -eq 3 ]
	[[ $stderr == *"there is no PCI device 0000:01:00.7"*"$GPU"* ]]
	slicer pci show 01:00.0
	[ "$status" -eq 0 ] && [[ $output == "$GPU "* ]]
	slicer pci show 1:1 --json
	[ "$status" -eq 2 ] && jq -e '.schema == "slicer.device/1" and .error.code == "usage"' <<<"$output"
}

@test "what pci bind refuses is said in its words, and no command is shown" {
	local a why
	for a in $DISK $NIC $PORT; do
		slicer pci bind "$a" --group --dry-run
		[ "$status" -eq 3 ]
		why=${stderr_lines[0]#slicer: }
		slicer pci show "$a"
		[ "$status" -eq 0 ]
		[[ $output == *"It can't go to a VM"*"$why"* ]]
		[[ $output != *'pci bind'* && $output != *'vm command'* ]]
		slicer pci show "$a" --json
		jq -e '.usable == false and (.reasons | length > 0) and
			([.commands | .give, .give_always, .start, .back | length] | add) == 0' <<<"$output"
	done
}

@test "JSON has what pci list has" {
	slicer pci list --json
	local list=$output
	slicer pci show $GPU --json
	[ "$status" -eq 0 ]
	jq -e --argjson list "$list" --arg a $GPU '
		. as $d | $list.devices[] | select(.address == $a) | to_entries | all(.value == $d[.key])' <<<"$output"
	jq -e '.group.why[0].cause == "port" and .group.why[0].at == "0000:00:01.0" and
		(.group.members | map(.role)) == ["stays", "goes-along", "goes-along"] and
		(.bars[1] | .assigned == false and .large and .start == null)' <<<"$output"
}

@test "without the ports' capabilities it says so" {
	local config
	config=$(readlink -f "$TREE/sys/bus/pci/devices/$PORT")/config
	cp "$config" "$BATS_FILE_TMPDIR/config"
	truncate -s 64 "$config"
	slicer pci show $GPU
	[[ $output == *"bridge $PORT is in the group"*'ACS'* ]]
	slicer pci show $GPU --json
	jq -e .group.acs_unread <<<"$output"
	cp "$BATS_FILE_TMPDIR/config" "$config"
}

@test "what a device calls itself does not reach the terminal" {
	local d
	d=$(readlink -f "$TREE/sys/bus/pci/devices/$GPU")
	printf 'a\033[31mb\n' >"$d/driver_override"
	printf 'D\033[31m\n' >"$d/power_state"
	slicer pci show $GPU
	[[ $output == *'a\x1b[31mb'*'D\x1b[31m'* && $output != *$'\033'* ]]
	printf '(null)\n' >"$d/driver_override"
	printf 'D0\n' >"$d/power_state"
}

@test "bound devices are taken back to the drivers that they had" {
	on_vfio $GPU
	slicer pci show $GPU
	[[ $output == *'Not done yet'*"$AUDIO, which has the driver snd_hda_intel"*"pci bind $GPU --group"* ]]
	on_vfio $AUDIO
	slicer pci show $GPU --json
	jq -e '.usable and .bound and .commands.give == []' <<<"$output"
	[[ $(jq -r '.commands.back[]' <<<"$output") == *"pci bind $GPU --driver=nouveau"*"$AUDIO --driver=snd_hda_intel"* ]]
	slicer pci bind $GPU --group --persist --quiet
	[ "$status" -eq 0 ]
	sed -i '/^original=/d; $a original=nvidia' "$TREE/etc/slicer/devices.d/$GPU.conf"
	mkdir -p "$TREE/sys/bus/pci/drivers/nvidia"
	slicer pci show $GPU
	[[ $output == *'at boot'*'bound to vfio-pci'*'its driver was nvidia before'* ]]
	[[ $output == *"pci unbind $GPU --group --persist"*"pci bind $GPU --driver=nvidia"* ]]
	# The unit is not enabled yet: below a root, systemctl is not run.
	[[ $output == *'slicer-bind.service is not enabled'*'at every boot'* ]]
	mkdir -p "$TREE/etc/systemd/system/multi-user.target.wants"
	ln -s /usr/local/lib/systemd/system/slicer-bind.service "$TREE/etc/systemd/system/multi-user.target.wants/"
	slicer pci show $GPU
	[[ $output != *'is not enabled'* && $output != *'at every boot'* ]]
}

@test "a bridge with a driver of its own blocks the group" {
	mkdir -p "$TREE/sys/bus/pci/drivers/shpchp"
	ln -sfn ../../../bus/pci/drivers/shpchp "$(readlink -f "$TREE/sys/bus/pci/devices/$PORT")/driver"
	slicer pci show $GPU
	[[ $output == *'a bridge with the driver shpchp: no VM can have the group'*"It can't go to a VM"* ]]
	[[ $output != *'vm command'* ]]
}

# domain NAME FUNCTION: a domain of libvirt with that function of the card.
domain() {
	mkdir -p "$TREE/etc/libvirt/qemu/autostart"
	echo "<domain type='kvm'><devices><hostdev mode='subsystem' type='pci' managed='yes'><source>
		<address domain='0x0000' bus='0x01' slot='0x00' function='$2'/></source></hostdev></devices></domain>" \
		>"$TREE/etc/libvirt/qemu/$1.xml"
}

@test "virtual machines that are defined to have it" {
	slicer pci show $GPU
	[[ $output != *'libvirt domain'* ]]
	domain games 0x0
	domain work 0
	slicer pci show $GPU
	[[ $output == *'the libvirt domain games'*'the libvirt domain work'* ]]
	[[ $output == *"$GPU is in the libvirt domain games and in the libvirt domain work: only one of them can run"* ]]
	slicer doctor
	[[ $output == *'two virtual machines take turns with a device'* ]]
	ln -s ../games.xml ../work.xml "$TREE/etc/libvirt/qemu/autostart/"
	slicer pci show $GPU --json
	jq -e '[.defined_in[] | .autostart and .certain] == [true, true] and .definitions_not_read == []' <<<"$output"
	slicer doctor --json
	jq -e --arg a $GPU '.checks[] | select(.id == "devices.shared." + $a) | .status == "warn" and (.fix | length > 0)' <<<"$output"
}

@test "a group that two virtual machines share" {
	domain games 0
	domain work 1
	slicer pci show $AUDIO
	[[ $output == *'is split over the libvirt domain games and the libvirt domain work: only one'* ]]
	slicer doctor --json
	jq -e --arg a $GPU '.checks[] | select(.id == "devices.split." + $a) | .status == "warn"' <<<"$output"
	echo '<domain><devices>' >"$TREE/etc/libvirt/qemu/work.xml"
	slicer doctor --json
	jq -e '.checks[] | select(.id == "devices.vms") | .status == "skip" and (.evidence | contains("work.xml"))' <<<"$output"
}
