#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vm command: what it prints is what the hypervisor, or the shell, takes.
bats_require_minimum_version 1.5.0
# Some change the tree, and change it back.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

load one-tree

setup_file() {
	export GPU=0000:0b:00.0 AUDIO=0000:0b:00.1 OTHER=0000:0c:00.0 USB=0000:00:14.0
	one_tree tree two-gpu ready
	export REGIONS=$TREE/sys/bus/pci/devices/$GPU/resource
	export HUGE=$TREE/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	cp "$REGIONS" "$BATS_FILE_TMPDIR/regions"
	# Shows what would be run, a word on each line.
	mkdir "$BATS_FILE_TMPDIR/bin"
	printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$BATS_FILE_TMPDIR/bin/sudo"
	chmod +x "$BATS_FILE_TMPDIR/bin/sudo"
}

# text HYPERVISOR ADDRESS...: $FILE holds it.
text() {
	local hypervisor=$1
	shift
	FILE=$BATS_TEST_TMPDIR/$hypervisor
	slicer vm command --hypervisor "$hypervisor" "$@"
	[ "$status" -eq 0 ]
	printf '%s\n' "$output" >"$FILE"
}
# words ARG...: ${lines[@]} are the words that the script in $FILE runs.
words() {
	run env PATH="$BATS_FILE_TMPDIR/bin:$PATH" FIRMWARE="${FIRMWARE:-/srv/firmware}" VARS=/dev/null "${vars[@]}" sh "$FILE" "$@"
	[ "$status" -eq 0 ]
}
# xpath EXPRESSION: its value in $FILE.
xpath() { xmllint --xpath "$1" "$FILE"; }
# at_boot ADDRESS...: these are bound at every boot.
at_boot() {
	local a
	mkdir -p "$TREE/etc/slicer/devices.d"
	for a; do
		local d=$TREE/sys/bus/pci/devices/$a
		printf 'address=%s\nid=%04x:%04x\nsubsystem=%04x:%04x\n' "$a" "$(<"$d/vendor")" "$(<"$d/device")" \
			"$(<"$d/subsystem_vendor")" "$(<"$d/subsystem_device")" >"$TREE/etc/slicer/devices.d/$a.conf"
	done
}
# A GPU with resizable BARs: one of 32 GiB; some huge pages.
large() {
	printf '%s\n' '0x00000000f8000000 0x00000000f8ffffff 0x0000000000040200' \
		'0x0000038000000000 0x00000387ffffffff 0x000000000014220c' \
		'0x0000000000000000 0x0000000000000000 0x0000000000000000' \
		'0x0000038800000000 0x0000038801ffffff 0x000000000014220c' >"$REGIONS"
	echo 4096 >"$HUGE"
}
teardown() {
	rm -rf "$TREE/etc/slicer/devices.d" "$TREE/dev/iommu" "$TREE/etc/pve" "$TREE/usr/sbin/qm"
	cp "$BATS_FILE_TMPDIR/regions" "$REGIONS"
	echo 0 >"$HUGE"
}

@test "every endpoint of the group, for every hypervisor" {
	local hypervisor
	for hypervisor in qemu cloud-hypervisor libvirt slicer proxmox; do
		slicer vm command $AUDIO --hypervisor $hypervisor --json
		[ "$status" -eq 0 ]
		jq -e --arg h $hypervisor '.schema == "slicer.vm/1" and .hypervisor == $h and
			.devices == [$ENV.GPU, $ENV.AUDIO] and (.command | contains($ENV.GPU) and contains($ENV.AUDIO)) and
			.must_bind == (if $h == "libvirt" or $h == "proxmox" then [] else .devices end) and
			(.warnings | type) == "array" and .address_bits == null' <<<"$output"
	done
	slicer vm command $AUDIO
	[[ ${lines[*]} == *qemu-system* ]]
}

@test "the scripts are read by the shell as they are meant" {
	vars=(DISK='/srv/my disk.img' MEMORY=8G)
	text qemu $GPU $OTHER
	words -device usb-tablet
	[ "${lines[0]}" = qemu-system-x86_64 ]
	[ "${lines[-1]}" = usb-tablet ]
	[[ $output == *$'\nif=virtio,format=raw,file=/srv/my disk.img\n'* ]]
	[[ $output == *$'\n-m\n8G\n'* ]]
	[[ $output == *$'\nvfio-pci,host=0000:0b:00.0,bus=rp1,addr=0.0,multifunction=on\n'* ]]
	[[ $output == *$'\nvfio-pci,host=0000:0c:00.1,bus=rp2,addr=0.1\n'* ]]
	text cloud-hypervisor $GPU
	[[ $output == *"functions do not stay together"* ]]
	words --seccomp log
	[ "${lines[0]}" = cloud-hypervisor ]
	[ "${lines[-1]}" = log ]
	[[ $output == *$'\npath=/srv/my disk.img\n'* ]]
	[[ $output == *$'\n--device\npath=/sys/bus/pci/devices/0000:0b:00.0/\npath=/sys/bus/pci/devices/0000:0b:00.1/\n'* ]]
}

@test "without a disk image the scripts stop before they do anything, and say what is missing" {
	local hypervisor
	for hypervisor in qemu cloud-hypervisor; do
		text $hypervisor $GPU
		run env -u DISK PATH="$BATS_FILE_TMPDIR/bin:$PATH" sh "$FILE"
		[ "$status" -ne 0 ]
		[[ $output == *'set DISK=PATH, the disk image of the guest' ]]
		[ "${#lines[@]}" -eq 1 ]
	done
	text proxmox $GPU
	run env -u VMID PATH="$BATS_FILE_TMPDIR/bin:$PATH" sh "$FILE"
	[ "$status" -ne 0 ]
	[[ $output == *'set VMID=NUMBER'* ]]
}

@test "proxmox: the command for a VM, whole slots without their functions; the default on its hosts" {
	vars=(VMID=100)
	text proxmox $GPU $USB
	[[ $output != *'must be bound'* && $stderr != *'pci bind'* ]]
	words --onboot 0
	[ "${lines[*]}" = "qm set 100 --hostpci0 $USB,pcie=1 --hostpci1 ${GPU%.*},pcie=1 --onboot 0" ]
	slicer vm command $GPU --json
	jq -e '.hypervisor == "qemu"' <<<"$output"
	mkdir -p "$TREE/etc/pve" "$TREE/usr/sbin"
	: >"$TREE/usr/sbin/qm"
	slicer vm command $GPU --json
	jq -e '.hypervisor == "proxmox" and .device_argv == ["--hostpci0", "'${GPU%.*}',pcie=1"]' <<<"$output"
	slicer vm command $GPU --hypervisor qemu --json
	jq -e '.hypervisor == "qemu"' <<<"$output"
}

# The words of ${lines[@]} as cloud-hypervisor's parser takes them: its options, and the keys and values of each, as
# its --help has them (the SYNTAX strings of vmm/src/config.rs).
takes_cloud_hypervisor() {
	local word option='' pair
	local -A seen=()
	[ "${lines[0]}" = cloud-hypervisor ] || return 1
	for word in "${lines[@]:1}"; do
		case $word in
		--kernel | --disk | --cpus | --memory | --serial | --console | --net | --device)
			[ -z "${seen[$word]:-}" ] || return 1
			option=$word seen[$word]=0
			continue ;;
		esac
		[ -n "$option" ] || return 1
		seen[$option]=$((seen[$option] + 1))
		while IFS= read -r -d , pair; do
			[[ $option\ $pair =~ ^(--kernel\ /.+|--disk\ path=/.+|--cpus\ (boot=[0-9]+|max_phys_bits=[0-9]+)|--memory\ (size=[0-9]+[KMGT]?|hugepages=(on|off)|hugepage_size=[0-9]+[KMGT]?|shared=(on|off))|--serial\ (off|null|pty|tty)|--console\ (off|null|pty|tty)|--net\ (tap|mac|ip|mask)=|--device\ (path=/sys/bus/pci/devices/[0-9a-f:.]+/?|iommu=(on|off)|pci_segment=[0-9]+))$ ]] || return 1
		done <<<"$word,"
	done
	for option in "${!seen[@]}"; do
		[ "${seen[$option]}" -ge 1 ] || return 1
		[ "$option" = --device ] || [ "${seen[$option]}" = 1 ] || return 1
	done
	[ -n "${seen[--device]:-}" ] && [ -n "${seen[--kernel]:-}" ]
}

# bats test_tags=deep
@test "cloud-hypervisor: each option has the keys and values that its --help has" {
	local a
	vars=()
	for a in $GPU "$GPU $OTHER $USB"; do
		# shellcheck disable=SC2086 # several
		vars=(DISK=/srv/disk.img)
	text cloud-hypervisor $a
		words
		takes_cloud_hypervisor
	done
	large
	text cloud-hypervisor $GPU
	words
	takes_cloud_hypervisor
	# It does say no.
	sed -i 's/--memory size=/--memory sizes=/' "$FILE"
	words
	run ! takes_cloud_hypervisor
	text cloud-hypervisor $GPU
	words --devices path=/sys/bus/pci/devices/0000:0b:00.0/
	run ! takes_cloud_hypervisor
}

# bats test_tags=deep
@test "shellcheck has nothing to say of the scripts" {
	command -v shellcheck >/dev/null || skip "needs shellcheck"
	local hypervisor
	for hypervisor in qemu cloud-hypervisor proxmox; do
		text $hypervisor $GPU $OTHER $USB
		shellcheck "$FILE"
		large
		text $hypervisor $GPU
		shellcheck "$FILE"
	done
}

# bats test_tags=deep
@test "libvirt's own schema takes the XML" {
	command -v virt-xml-validate >/dev/null || skip "needs virt-xml-validate (libvirt-clients)"
	local a
	for a in $GPU "$GPU $OTHER $USB" $USB; do
		# shellcheck disable=SC2086 # several
		text libvirt $a
		virt-xml-validate "$FILE" domain
	done
	at_boot $GPU
	text libvirt $GPU
	virt-xml-validate "$FILE" domain
	large
	text libvirt $GPU
	[[ $output == *'X-PciMmio64Mb,string='*'hugepages'* || $output == *'hugepages'*'X-PciMmio64Mb,string='* ]]
	virt-xml-validate "$FILE" domain
	sed -i 's/ xmlns:qemu=/ xmlns:other=/' "$FILE"
	run ! virt-xml-validate "$FILE" domain
	# It does say no.
	text libvirt $GPU
	sed -i "s/managed='no'>/managed='perhaps'>/" "$FILE"
	run ! virt-xml-validate "$FILE" domain
}

@test "libvirt: the functions of a slot stay together, and nothing is to be bound first" {
	command -v xmllint >/dev/null || skip "needs xmllint (libxml2-utils)"
	text libvirt $GPU $OTHER
	[[ $stderr != *'pci bind'* && $output != *'pci bind'* ]]
	[ "$(xpath 'count(//hostdev[@managed="yes"])')" = 4 ]
	[ "$(xpath 'string(//hostdev[source/address[@bus="0x0b" and @function="0x0"]]/address/@multifunction)')" = on ]
	[ "$(xpath 'string(//hostdev[source/address[@bus="0x0b" and @function="0x1"]]/address/@bus)')" = \
		"$(xpath 'string(//hostdev[source/address[@bus="0x0b" and @function="0x0"]]/address/@bus)')" ]
	[ "$(xpath 'count(//hostdev/address[@bus="0x02"])')" = 2 ]
	[ "$(xpath 'count(//controller[@model="pcie-root-port"])')" = 2 ]
	slicer vm command --hypervisor libvirt $GPU --json
	jq -e '.must_bind == [] and .device_argv == []' <<<"$output"
}

@test "libvirt: what is bound at every boot stays bound" {
	at_boot $GPU
	text libvirt $GPU $OTHER
	[ "$(grep -c "managed='no'>" "$FILE")" = 2 ]
	[ "$(grep -c "managed='yes'>" "$FILE")" = 2 ]
	[[ $output == *"sudo slicer pci bind $GPU $AUDIO"* ]]
	[[ $stderr == *"first: sudo slicer pci bind $GPU $AUDIO"* ]]
	[[ $stderr != *"$OTHER"* ]]
	slicer vm command --hypervisor libvirt $GPU $OTHER --json
	jq -e '.must_bind == [$ENV.GPU, $ENV.AUDIO]' <<<"$output"
	# The rest of its group would be the host's after a boot.
	[[ $stderr != *'bound at every boot'* ]]
	text libvirt $GPU
	[[ $output == *'Some are bound at every boot'*'leaves all of their group alone'* ]]
	[[ $stderr == *"not bound at every boot, while the rest of the group is: $AUDIO; sudo slicer --root "*" pci bind $AUDIO --persist"* ]]
	at_boot $GPU $AUDIO
	text libvirt $GPU
	[[ $output == *'They are bound at every boot'*'leaves that alone'* ]]
	[[ $stderr != *'not bound at every boot'* ]]
}

# yaml: $FILE as JSON.
yaml() { "$PYTHON" -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))' "$FILE"; }

# The keys that docs.slicervm.com (reference/config) has, and its examples for these devices.
# bats test_tags=deep
@test "slicer: YAML with the keys that SlicerVM documents" {
	for PYTHON in python3 /usr/bin/python3 ''; do
		[ -z "$PYTHON" ] || ! "$PYTHON" -c 'import yaml' 2>/dev/null || break
	done
	[ -n "$PYTHON" ] || skip "needs python3-yaml"
	text slicer $GPU $OTHER $USB
	[[ $stderr == *"first: sudo slicer pci bind $USB $GPU $AUDIO $OTHER"* ]]
	yaml | jq -e '(keys == ["config"]) and
		(.config | keys - ["host_groups", "pci", "image", "hypervisor"] == []) and
		.config.hypervisor == "qemu" and .config.pci == {"vm-1": [$ENV.USB]} and
		(.config.host_groups | length == 1) and (.config.host_groups[0] |
			keys - ["name", "storage", "storage_size", "count", "vcpu", "ram_gb", "gpu_count", "network"] == [] and
			.name == "vm" and .gpu_count == 2 and .count == 1 and
			(.network | keys == ["bridge", "gateway", "tap_prefix"]) and (.network.tap_prefix | length < 15))'
	text slicer $AUDIO
	yaml | jq -e '.config.host_groups[0].gpu_count == 1 and (.config | has("pci") | not)'
	text slicer $USB
	yaml | jq -e '(.config.host_groups[0] | has("gpu_count") | not) and .config.pci["vm-1"] == [$ENV.USB]'
}

@test "large regions and huge pages are spoken of only where there are some" {
	text qemu $GPU
	[[ $output != *fw_cfg* && $output != *'huge pages'* ]]
	large
	text qemu $GPU
	[[ $output == *'4096 huge pages of 2M are reserved here'* && $output == *'(BARs) need 33 GiB'* ]]
	vars=(DISK=/srv/disk.img)
	words
	[ "${lines[-2]}" = -fw_cfg ]
	[ "${lines[-1]}" = name=opt/ovmf/X-PciMmio64Mb,string=41984 ]
	text qemu $OTHER
	[[ $output != *fw_cfg* ]]
}

# bats test_tags=deep
@test "--iommufd, for QEMU only" {
	slicer vm command $GPU --iommufd --json
	[ "$status" -eq 0 ]
	jq -e '.iommufd and .device_argv[0:2] == ["-object", "iommufd,id=iommufd0"] and
		(.device_argv | map(select(test("^vfio-pci,.*,iommufd=iommufd0$"))) | length) == 2 and
		(.warnings | any(startswith("there is no /dev/iommu")))' <<<"$output"
	touch "$TREE/dev/iommu"
	slicer vm command $GPU --iommufd
	[ "$status" -eq 0 ]
	[[ $stderr != *iommu:* && $output == *'needs QEMU 9.0'* ]]
	# Not bound yet: nobody can tell whether it will have a node.
	slicer vm command $GPU --json
	jq -e '.iommufd == false and (.command | contains("iommufd") | not)' <<<"$output"
	slicer vm command $GPU --iommufd --hypervisor libvirt
	[ "$status" -eq 2 ]
	[[ $stderr == *"QEMU's command only"* ]]
}

@test "another hypervisor is a usage error that names all" {
	slicer vm command $GPU --hypervisor $'x\x1b[2J'
	[ "$status" -eq 2 ]
	[[ $stderr == *'takes qemu, cloud-hypervisor'*libvirt*slicer*proxmox* ]]
	[[ $stderr != *$'\x1b'* ]]
	slicer vm command --help
	[[ $output == *'qemu, cloud-hypervisor'*libvirt*slicer*proxmox* ]]
}

# bats test_tags=deep
@test "a device that the host uses: what ends that comes before the bind" {
	TREE=$BATS_TEST_TMPDIR/sriov
	"$TOP/tests/roots/build" "$TREE" sriov ready
	slicer vm command 0000:3b:00.0
	[ "$status" -eq 0 ]
	[[ ${stderr_lines[0]} == *"2 virtual functions of it are enabled"* ]]
	[ "${stderr_lines[-2]}" = \
		"note: switch the virtual functions off: echo 0 | sudo tee /sys/bus/pci/devices/0000:3b:00.0/sriov_numvfs" ]
	[ "${stderr_lines[-1]}" = "note: once that is done: sudo slicer pci bind 0000:3b:00.0" ]
	slicer vm command 0000:3b:00.2
	[ "${stderr_lines[0]}" = "note: first: sudo slicer pci bind 0000:3b:00.2" ]
}

# bats test_tags=deep
@test "before the IOMMU is on, a virtual function goes alone, and its card without the virtual ones" {
	TREE=$BATS_TEST_TMPDIR/sriov
	"$TOP/tests/roots/build" "$TREE" sriov generated
	slicer vm command 0000:3b:00.2 --json
	jq -e '.devices == ["0000:3b:00.2"] and .must_bind == .devices' <<<"$output"
	slicer vm command 0000:3b:00.0 --json
	jq -e '.devices == ["0000:3b:00.0", "0000:3b:00.1"]' <<<"$output"
	# VFIO has it, as far as the tree says: there still is no group to be completed.
	slicer vm command 0000:3b:00.3
	[ "$status" -eq 0 ]
	[[ $stderr != *"pci bind"* ]]
}
