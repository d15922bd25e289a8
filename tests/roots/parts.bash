# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The mechanical parts of a host tree: sysfs, EFI variables, initramfs images, the kernel log.
# Sourced by build, which sets tree, here and what the host file says. Few forks: a tree is
# some 400 files and the suites build dozens of trees.

# shellcheck disable=SC2154 # here, tree, host, vendor ...: set by build and the host file

# put PATH TEXT: a file below the tree.
put() {
	local f=$tree/$1
	[ -d "${f%/*}" ] || mkdir -p "${f%/*}"
	printf '%s\n' "$2" >"$f"
}

# link TARGET PATH: noted, and made by make_links: one program for hundreds of links.
links=()
link() {
	links+=("$1" "$tree/$2")
}
make_links() {
	local -A dirs=()
	local i
	for ((i = 1; i < ${#links[@]}; i += 2)); do
		[ -d "${links[i]%/*}" ] || dirs[${links[i]%/*}]=1
	done
	[ ${#dirs[@]} -eq 0 ] || mkdir -p "${!dirs[@]}"
	perl -e 'while (@ARGV) { my ($to, $at) = splice(@ARGV, 0, 2); symlink($to, $at) or die "$at: $!\n" }' \
		"${links[@]}"
	links=()
}

# bytes PATH HEX...: a binary file.
bytes() {
	local f=$tree/$1
	shift
	[ -d "${f%/*}" ] || mkdir -p "${f%/*}"
	local hex
	printf -v hex '\\x%s' "$@"
	printf '%b' "$hex" >"$f"
}

overlay() {
	if [ -d "$here/$1" ]; then
		cp -a "$here/$1/." "$tree/"
	fi
}

# ---- what does not depend on the state ------------------------------------------------------

make_base() {
	local d k f
	# /bin, /sbin and /lib are links everywhere since the usr merge; absolute links inside
	# a tree are met in the wild too (os-release of an image that was put together by hand).
	mkdir -p "$tree"/{usr/{bin,sbin,lib},proc,sys,dev/vfio,run,var/lib,tmp,root,etc,boot}
	for d in bin sbin lib; do
		link "usr/$d" "$d"
	done
	make_links
	[ -z "$like" ] || overlay "$like/base"
	overlay "$host/base"
	f=boot/efi/EFI/$os/grubx64.efi
	[ ! -f "$tree/$f" ] || make_signed_grub "$f" "/EFI/$os"
	for k in "${kernels[@]}"; do
		make_modules "usr/lib/modules/$k"
	done
	for f in "${initrds[@]}"; do
		make_initrd "$initrd_kind" "${f#*:}" "$tree/${f%%:*}"
	done
	if [ -f "$tree/proc/config" ]; then
		gzip -n "$tree/proc/config"
		mv "$tree/proc/config.gz" "$tree/proc/.config.gz"
		mv "$tree/proc/.config.gz" "$tree/proc/config.gz"
	fi
}

# make_signed_grub FILE PREFIX: the list of modules that grub-mkimage writes into a signed image, with nothing
# in it but the prefix (include/grub/kernel.h: "mimg", padding, offset, size; type 3, size, text).
make_signed_grub() {
	local n=$((${#2} + 1)) text=$2 size
	while ((n % 8)); do
		text+='\0' n=$((n + 1))
	done
	printf -v size '\\x%02x' $((n + 8)) $((n + 32))
	printf "MZmimg\0\0\0\0\\x18\0\0\0\0\0\0\0${size:4}\0\0\0\0\0\0\0\\x03\0\0\0${size:0:4}\0\0\0$text\0" \
		>"$tree/$1"
}

make_modules() {
	local dep
	mkdir -p "$tree/$1"
	cp "$here/modules/$modules"/* "$tree/$1/"
	# The modules themselves: libkmod and slicer only look whether they are there.
	local -a files=()
	# The indexes name what they depend on as well; those files would only cost time.
	while IFS=: read -r dep _; do
		case $dep in
		*/vfio* | */nvme.* | */e1000e.* | */nouveau.* | */snd-hda-intel.*) files+=("$tree/$1/$dep") ;;
		esac
	done <"$here/modules/$modules/modules.dep"
	[ ${#files[@]} -gt 0 ] || return 0
	mkdir -p "${files[@]%/*}"
	for dep in "${files[@]}"; do
		: >"$dep"
	done
}

# A newc archive, written by hand: neither cpio nor bsdtar is needed. Arguments: NAME CONTENTS ...;
# a name that ends with / is a directory.
newc() {
	local ino=1 name data mode
	while [ $# -gt 0 ]; do
		name=$1 data=$2 mode=000081a4
		shift 2
		if [ "$name" != "${name%/}" ]; then
			name=${name%/} mode=000041ed
		fi
		newc_member "$name" "$data" "$mode" "$ino"
		ino=$((ino + 1))
	done
	newc_member 'TRAILER!!!' '' 00000000 0
}
newc_member() {
	local pad
	printf '070701%08x%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x' "$4" "$3" 0 0 1 \
		1700000000 "${#2}" 0 0 0 0 $((${#1} + 1)) 0
	printf '%s\0' "$1"
	pad=$(((4 - (110 + ${#1} + 1) % 4) % 4))
	[ "$pad" = 0 ] || printf "%0.s\\0" $(seq "$pad")
	printf '%s' "$2"
	pad=$(((4 - ${#2} % 4) % 4))
	[ "$pad" = 0 ] || printf "%0.s\\0" $(seq "$pad")
}

# The shape of a real image, not its size: an early archive, then a compressed one.
make_initrd() {
	local kind=$1 k=$2 file=$3
	mkdir -p "${file%/*}"
	{
		newc kernel/ '' kernel/x86/ '' kernel/x86/microcode/ '' \
			kernel/x86/microcode/"$ucode".bin 'microcode'
		case $kind in
		initramfs-tools)
			newc conf/ '' conf/initramfs.conf 'MODULES=most' conf/modules '' init '#!/bin/sh' \
				scripts/ '' scripts/functions '# functions' \
				"usr/lib/modules/$k/kernel/drivers/nvme/host/nvme.ko" 'ELF' ;;
		mkinitcpio)
			newc config 'MODULES=""' init '#!/usr/bin/ash' hooks/ '' hooks/udev '#!/usr/bin/ash' \
				"usr/lib/modules/$k/kernel/drivers/nvme/host/nvme.ko.zst" 'ELF' ;;
		esac | gzip -n
	} >"$file"
}

# ---- sysfs, proc, dev ----------------------------------------------------------------------

# make_sysfs ACTIVE: what a kernel shows, with the IOMMU active or not.
make_sysfs() {
	local active=$1 line
	local -A functions=() # slot -> how many
	local -A path=() # address -> directory below /sys
	put proc/sys/kernel/osrelease "${kernels[0]}"
	put proc/sys/kernel/arch x86_64
	mkdir -p "$tree/sys/bus/pci/devices" "$tree/sys/bus/pci/drivers" \
		"$tree/sys/kernel/iommu_groups" "$tree/sys/class/iommu" \
		"$tree/sys/firmware/acpi/tables" "$tree/sys/class/net" "$tree/sys/dev/block" \
		"$tree/sys/class/block" "$tree/sys/class/misc/kvm"
	# fs/proc/base.c and fs/proc/array.c, for root
	put proc/self/limits "$(printf '%-25s %-20s %-20s %-10s\n' Limit 'Soft Limit' 'Hard Limit' Units \
		'Max locked memory' 8388608 8388608 bytes)"
	put proc/self/status $'Name:\tslicer\nCapEff:\t000001ffffffffff'
	for line in 2048kB 1048576kB; do
		put "sys/kernel/mm/hugepages/hugepages-$line/nr_hugepages" 0
		put "sys/kernel/mm/hugepages/hugepages-$line/free_hugepages" 0
	done
	# Other tables, so that a missing one is missing and not unreadable.
	for line in APIC DSDT FACP MCFG; do
		printf "%s" "$line" >"$tree/sys/firmware/acpi/tables/$line"
	done
	cp "$here/acpi/$( ((vendor_intel)) && echo DMAR || echo IVRS)" \
		"$tree/sys/firmware/acpi/tables/"
	put sys/class/dmi/id/sys_vendor "${dmi[0]}"
	put sys/class/dmi/id/product_name "${dmi[1]}"
	put sys/class/dmi/id/bios_vendor "${dmi[2]}"
	if ((builtin_vfio)); then
		mkdir -p "$tree/sys/bus/pci/drivers/vfio-pci"
	fi
	for line in "${devices[@]}"; do
		# shellcheck disable=SC2086 # the fields of the table
		place_device $line
	done
	mkdir -p "${path[@]/#/$tree/sys/}"
	for line in "${devices[@]}"; do
		# shellcheck disable=SC2086 # the fields of the table
		make_device "$active" $line
	done
	((!active)) || make_units
	: >"$tree/dev/vfio/vfio"
	((!efi)) || make_efivars
	make_links
	make_route
	make_links
}

make_units() {
	local u dir
	((vendor_intel)) && u=dmar0 || u=ivhd0
	dir=sys/devices/virtual/iommu/$u
	if ((vendor_intel)); then
		put "$dir/intel-iommu/version" 1:0
		put "$dir/intel-iommu/address" fed90000
	else
		put "$dir/amd-iommu/cap" 40
		put "$dir/amd-iommu/features" 29d3
	fi
	link "../../devices/virtual/iommu/$u" "sys/class/iommu/$u"
}

# place_device ADDRESS PARENT ...: its directory, in "path".
place_device() {
	local a=$1 parent=$2
	functions[${a%.*}]=$((${functions[${a%.*}]:-0} + 1))
	if [ "$parent" = - ]; then
		path[$a]=devices/pci${a%:*}/$a
	elif [ "${parent%%:*}" != "${a%%:*}" ]; then
		# A host bridge of its own below an endpoint (linux drivers/pci/controller/vmd.c).
		path[$a]=${path[$parent]}/pci${a%:*}/$a
	else
		path[$a]=${path[$parent]}/$a
	fi
}

# make_device ACTIVE ADDRESS PARENT CLASS VENDOR DEVICE SUBVENDOR SUBDEVICE DRIVER GROUP [EXTRA...]
make_device() {
	local active=$1 a=$2 class=$4 ven=$5 dev=$6 sv=$7 sd=$8 driver=$9 group=${10}
	shift 10
	local dir=${path[$a]} header=0 up e bars='' caps=''
	local s=sys/$dir
	up_from "$dir"
	put "$s/class" "0x$class"
	put "$s/vendor" "0x$ven"
	put "$s/device" "0x$dev"
	put "$s/subsystem_vendor" "0x$sv"
	put "$s/subsystem_device" "0x$sd"
	put "$s/driver_override" '(null)'
	put "$s/numa_node" -1
	put "$s/revision" 0x10
	put "$s/power_state" D0
	put "$s/local_cpulist" 0-11
	put "$s/d3cold_allowed" 1
	local alias="pci:v0000${ven^^}d0000${dev^^}sv0000${sv^^}sd0000${sd^^}"
	alias+="bc${class:0:2}sc${class:2:2}i${class:4:2}"
	put "$s/modalias" "$alias"
	# The header type's byte is 0x0e: 1 for a bridge, 0x80 more for a multifunction device.
	[ "${class:0:4}" != 0604 ] || header=1
	((functions[${a%.*}] == 1)) || header=$((header + 0x80))
	printf -v header %02x "$header"
	for e in "$@"; do
		case $e in
		caps=*) caps=${e#*=} ;;
		bars=*) bars=${e#*=} ;;
		esac
	done
	make_bars "$s/resource" "$header" "$bars"
	# Its capabilities begin at 0x40, which is behind what everybody may read.
	bytes "$s/config" "${ven:2:2}" "${ven:0:2}" "${dev:2:2}" "${dev:0:2}" 07 04 10 00 \
		01 "${class:4:2}" "${class:2:2}" "${class:0:2}" 10 00 "$header" 00 \
		00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
		00 00 00 00 00 00 00 00 00 00 00 00 \
		"${sv:2:2}" "${sv:0:2}" "${sd:2:2}" "${sd:0:2}" 00 00 00 00 40 00 00 00 00 00 00 00 \
		00 00 00 00
	[ -z "$caps" ] || make_caps "$s/config" "$caps"
	link "${up}bus/pci" "$s/subsystem"
	link "../../../$dir" "sys/bus/pci/devices/$a"
	if [ "$driver" != - ]; then
		link "${up}bus/pci/drivers/$driver" "$s/driver"
		link "../../../../$dir" "sys/bus/pci/drivers/$driver/$a"
	fi
	if ((active)) && [ "$group" != - ]; then
		link "${up}kernel/iommu_groups/$group" "$s/iommu_group"
		link "../../../../$dir" "sys/kernel/iommu_groups/$group/devices/$a"
		put "sys/kernel/iommu_groups/$group/type" identity
		put "sys/kernel/iommu_groups/$group/reserved_regions" \
			'0x00000000fee00000 0x00000000feefffff msi'
	fi
	for e in "$@"; do
		make_extra "$e" "$dir"
	done
}

# make_caps FILE KIND[:CAP:CTRL]: the rest of the configuration space, as root sees it. KIND is the Device/Port Type
# of PCI Express as one hex digit, or pci for a device that has only power management; CAP and CTRL are
# the registers of Access Control Services (include/uapi/linux/pci_regs.h).
zeros=''
make_caps() {
	local kind acs ctrl n
	IFS=: read -r kind acs ctrl <<<"$2"
	if [ -z "$zeros" ]; then
		printf -v zeros '%03840d' 0
		zeros=${zeros//0/\\0}
	fi
	if [ "$kind" = pci ]; then
		printf "\x01\0\x03\0${zeros:0:376}" >>"$tree/$1"
		return
	fi
	printf "\x10\0\x${kind}2\0${zeros:0:376}" >>"$tree/$1"
	n=8
	if [ -n "$acs" ]; then
		printf "\x0d\0\x01\0\x$acs\0\x$ctrl\0" >>"$tree/$1"
	else # Advanced Error Reporting alone
		printf "\x01\0\x02\0\0\0\0\0" >>"$tree/$1"
	fi
	printf "${zeros:0:$(((3840 - n) * 2))}" >>"$tree/$1"
}

# make_bars FILE HEADER [NUMBER=SIZE,KIND]...: what drivers/pci/pci-sysfs.c resource_show() writes: six BARs, the ROM,
# six of virtual functions, four windows of a bridge. A "/" is between them. SIZE in KiB, of I/O ports in bytes;
# KIND: mem, 64, 64p, io, rom; with "!" behind it, it has no place.
make_bars() {
	local file=$1 lines=13 text='' i one number size kind start=$((0xe0000000)) at flags
	local -a row=()
	((0x$2 % 2 == 0)) || lines=17
	for ((i = 0; i < lines; i++)); do
		row[i]='0x0000000000000000 0x0000000000000000 0x0000000000000000'
	done
	for one in ${3//\// }; do
		IFS='=,' read -r number size kind <<<"$one"
		case $kind in
		mem*) flags=0x40200 ;;
		64p*) flags=0x14220c ;;
		64*) flags=0x140204 ;;
		io*) flags=0x40101 ;;
		rom*) flags=0x46200 ;;
		esac
		size=$((size * (flags == 0x40101 ? 1 : 1024)))
		if [ "${kind%!}" != "$kind" ]; then
			printf -v "row[number]" '0x%016x 0x%016x 0x%016x' 0 $((size - 1)) $((flags | 0x20000000))
			continue
		fi
		at=$((flags == 0x40101 ? 0xe000 : (start + size - 1) / size * size))
		((flags == 0x40101)) || start=$((at + size))
		printf -v "row[number]" '0x%016x 0x%016x 0x%016x' $at $((at + size - 1)) $((flags))
	done
	printf -v text '%s\n' "${row[@]}"
	put "$file" "${text%$'\n'}"
}

# up_from DIR: "../" for each component of a directory below /sys, in "up".
up_from() {
	local d=$1/
	up=
	while [ -n "$d" ]; do
		d=${d#*/}
		up+=../
	done
}

# make_extra WHAT DIR: what hangs on a device.
make_extra() {
	local what=$1 dir=$2 n d up
	case $what in
	boot_vga=*) put "sys/$dir/boot_vga" "${what#*=}" ;;
	link=*) # link=SPEED:WIDTH:MOST:WIDEST, in GT/s and lanes
		IFS=: read -r n d what up <<<"${what#*=}"
		put "sys/$dir/current_link_speed" "$n GT/s PCIe"
		put "sys/$dir/current_link_width" "$d"
		put "sys/$dir/max_link_speed" "$what GT/s PCIe"
		put "sys/$dir/max_link_width" "$up" ;;
	reset=*) put "sys/$dir/reset_method" "${what#*=}" ;;
	vfs=*) # vfs=ENABLED:POSSIBLE virtual functions
		IFS=: read -r n d <<<"${what#*=}"
		put "sys/$dir/sriov_numvfs" "$n"
		put "sys/$dir/sriov_totalvfs" "$d" ;;
	vf=*) # vf=NUMBER:ADDRESS: that virtual function of ADDRESS, on the same bus
		IFS=: read -r n d <<<"${what#*=}"
		link "../$d" "sys/$dir/physfn"
		link "../${dir##*/}" "sys/${path[$d]}/virtfn$n" ;;
	net=*)
		n=${what#*=}
		put "sys/$dir/net/$n/operstate" up
		put "sys/$dir/net/$n/flags" 0x1003
		put "sys/$dir/net/$n/ifindex" 2
		link ../../../"${dir##*/}" "sys/$dir/net/$n/device"
		link "../../$dir/net/$n" "sys/class/net/$n" ;;
	nvme=*) # nvme=0: nvme0n1 with two partitions, 259:0 to 259:2
		n=nvme${what#*=}n1
		make_disk "$n" "$dir/nvme/nvme${what#*=}/$n" 259:0 "${n}p1" 259:1 "${n}p2" 259:2 ;;
	sata=*) # sata=a: sda with two partitions, 8:0 to 8:2
		n=sd${what#*=}
		d=$dir/ata1/host0/target0:0:0/0:0:0:0/block/$n
		make_disk "$n" "$d" 8:0 "${n}1" 8:1 "${n}2" 8:2 ;;
	esac
}

make_disk() {
	local n=$1 dir=$2 no=$3 i=1
	shift 3
	put "sys/$dir/dev" "$no"
	put "sys/$dir/size" 1000215216
	link "../../$dir" "sys/dev/block/$no"
	link "../../$dir" "sys/class/block/$n"
	while [ $# -gt 0 ]; do
		put "sys/$dir/$1/dev" "$2"
		put "sys/$dir/$1/partition" "$i"
		link "../../$dir/$1" "sys/dev/block/$2"
		link "../../$dir/$1" "sys/class/block/$1"
		i=$((i + 1))
		shift 2
	done
}

make_route() {
	local -a nets=("$tree"/sys/class/net/*)
	local h='Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
	mkdir -p "$tree/proc/self/net"
	link self/net proc/net
	printf "$h\\n%s\\t00000000\\t0101A8C0\\t0003\\t0\\t0\\t100\\t00000000\\t0\\t0\\t0\\n" \
		"${nets[0]##*/}" >"$tree/proc/self/net/route"
	: >"$tree/proc/self/net/ipv6_route"
	printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' >"$tree/proc/swaps"
}

# ---- EFI variables -------------------------------------------------------------------------

loader_guid=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
global_guid=8be4df61-93ca-11d2-aa0d-00e098032b8c

# Text as UTF-16LE in hex, one byte per word. ASCII is all that is needed.
utf16() {
	local i
	for ((i = 0; i < ${#1}; i++)); do
		printf '%02x 00 ' "'${1:i:1}"
	done
}

# efivar NAME GUID HEX...: attributes boot and run time, then the data.
efivar() {
	local f=sys/firmware/efi/efivars/$1-$2
	shift 2
	bytes "$f" 06 00 00 00 "$@"
}

# A GUID as GPT has it: the first three fields little-endian.
guid_bytes() {
	local g=${1//-/} i
	for i in 6 4 2 0 10 8 14 12 16 18 20 22 24 26 28 30; do
		printf '%s ' "${g:i:2}"
	done
}

# shellcheck disable=SC2046 # lists of bytes
make_efivars() {
	local -a file desc
	put sys/firmware/efi/fw_platform_size 64
	efivar SecureBoot $global_guid "0$secure_boot"
	efivar BootCurrent $global_guid 01 00
	efivar BootOrder $global_guid 01 00
	# Boot0001: attributes, length of the path list, description, HD() node, file node, end.
	read -ra file <<<"$(utf16 "$boot_file") 00 00"
	read -ra desc <<<"$(utf16 "$os") 00 00"
	local list=$((42 + 4 + ${#file[@]} + 4)) node=$((4 + ${#file[@]}))
	efivar Boot0001 $global_guid 01 00 00 00 \
		$(printf '%02x %02x' $((list & 255)) $((list >> 8))) "${desc[@]}" \
		04 01 2a 00 01 00 00 00 00 08 00 00 00 00 00 00 00 00 10 00 00 00 00 00 \
		$(guid_bytes "$esp_uuid") 02 02 \
		04 04 $(printf '%02x %02x' $((node & 255)) $((node >> 8))) "${file[@]}" 7f ff 04 00
	[ -n "$loader_info" ] || return 0
	efivar LoaderInfo $loader_guid $(utf16 "$loader_info") 00 00
	efivar LoaderDevicePartUUID $loader_guid $(utf16 "${esp_uuid^^}") 00 00
	if [ -n "$entry_selected" ]; then
		efivar LoaderImageIdentifier $loader_guid $(utf16 "$boot_file") 00 00
		efivar LoaderEntrySelected $loader_guid $(utf16 "$entry_selected") 00 00
		efivar LoaderFeatures $loader_guid ff 7f 00 00 00 00 00 00
	fi
}

# ---- the kernel's log ----------------------------------------------------------------------

# make_log KIND CMDLINE: /dev/kmsg as a regular file, in the raw form of its records.
make_log() {
	local kind=$1 cmdline=$2 text groups='' line a g n=339
	((vendor_intel)) && text=intel || text=amd
	text=$(<"$here/log/$text.$kind")
	for line in "${devices[@]}"; do
		# shellcheck disable=SC2086 # the fields of the table
		set -- $line
		a=$1 g=$9
		[ "$g" != - ] || continue
		groups+="6,$n,1754308,-;pci $a: Adding to iommu group $g"$'\n'
		n=$((n + 1))
	done
	text=${text//@VERSION@/${kernels[0]}}
	text=${text//@CMDLINE@/$cmdline}
	printf '%s\n' "${text//@GROUPS@/${groups%$'\n'}}" >"$tree/dev/kmsg"
}
