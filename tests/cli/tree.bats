#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is below what: pci list --tree, and the parents of pci list --json.
bats_require_minimum_version 1.5.0

load helpers

@test "each device names the next function on the way to the root" {
	tree two-gpu ready
	on pci list --json
	exits 0
	json '[.devices[] | {(.address): .parent}] | add |
		.["0000:0b:00.1"] == "0000:0a:08.0" and .["0000:0a:08.0"] == "0000:09:00.0" and
		.["0000:09:00.0"] == "0000:00:03.0" and .["0000:00:03.0"] == null and
		.["0000:00:14.0"] == null'
	on pci show 0000:0b:00.1 --json
	json '.parent == "0000:0a:08.0"'
}

# bats test_tags=deep
@test "a virtual function has its physical one's parent; what is below VMD has the controller" {
	tree sriov ready
	on pci list --json
	json '[.devices[] | {(.address): [.parent, .physfn]}] | add |
		.["0000:3b:00.2"] == ["0000:3a:00.0", "0000:3b:00.0"] and .["0000:3b:00.0"] == ["0000:3a:00.0", null]'
	tree vmd ready
	on pci list --json
	json '[.devices[] | {(.address): .parent}] | add |
		.["10000:01:00.0"] == "10000:00:00.0" and .["10000:00:00.0"] == "0000:5d:05.5" and
		.["0000:5d:05.5"] == null'
}

@test "the tree has each device of the table once, with its group and driver" {
	tree two-gpu ready
	on pci list --tree
	exits 0
	local tree=$output a group driver
	on pci list --columns address,iommu_group,driver
	[ "$(grep -c '\[group ' <<<"$tree")" -eq $(($(wc -l <<<"$output") - 2)) ]
	while read -r a group driver; do
		case $a in
		ADDRESS | -*) continue ;;
		esac
		[ "$(grep -c " $a .*  \[group $group\] *${driver:--}" <<<"$tree")" -eq 1 ]
	done <<<"$output"
}

@test "lines are drawn in UTF-8 where the locale has it, else in ASCII" {
	tree two-gpu ready
	LC_ALL=C.UTF-8 on pci list --tree --class gpu
	says '│  └─ (0000:09:00.0 PCI bridge'
	local drawn=$output
	LC_ALL=C on pci list --tree --class gpu
	says '|  \- (0000:09:00.0 PCI bridge'
	[ "$output" = "$(sed 's/│/|/g; s/├─/+-/g; s/└─/\\-/g' <<<"$drawn")" ]
	# A locale that is not installed writes what C does.
	LC_ALL=xx_XX.UTF-8 on pci list --tree --class gpu
	says '|  \- (0000:09:00.0 PCI bridge'
}

@test "filters keep what is on the way; nothing that fits is no error" {
	tree two-gpu ready
	export LC_ALL=C
	on pci list --tree --driver nvme
	exits 0
	[ "$(wc -l <<<"$output")" -eq 3 ]
	says '(0000:00:01.0 PCI bridge'
	says '   \- 0000:01:00.0 Non-Volatile memory controller'
	on pci list --tree --group 28
	[ "$(grep -c '^[ |]*[+\\]- [^(]' <<<"$output")" -eq 2 ]
	on pci list --tree --vfio
	exits 0
	[ -z "$output" ] && complains 'no device matches'
}

@test "the tree names the driver of every boot, too" {
	tree two-gpu ready
	on pci bind 0000:0c:00.0 --group --persist
	exits 0
	LC_ALL=C on pci list --tree --group 29
	says '[group 29]  nvidia (at boot: vfio-pci)'
	says '[group 29]  snd_hda_intel (at boot: vfio-pci)'
}

@test "the tree has no columns; JSON is the same list with and without it" {
	tree two-gpu ready
	on pci list --tree --columns driver
	exits 2
	error_only
	complains '--columns is for the table'
	on pci list --json --class gpu
	local list=$output
	on pci list --json --class gpu --tree
	exits 0
	[ "$output" = "$list" ]
}

# A foreign root may say anything: each function is there once, and nothing hangs.
@test "links that lead in circles, nowhere, and to each other's virtual functions" {
	T=$BATS_TEST_TMPDIR/tree
	local d=$T/sys/bus/pci/devices i a
	mkdir -p "$d" "$T/sys/x"
	for i in 0 1 2 3 4 5 6 7; do
		a=0000:00:1$i.0
		mkdir -p "$T/sys/x/0000:00:1$(((i + 1) % 4)).0/$a"
		ln -s "../../../x/0000:00:1$(((i + 1) % 4)).0/$a" "$d/$a"
		ln -s "../0000:00:1$(((i * 3) % 8)).0" "$d/$a/physfn"
		ln -s "x/$((i % 2))" "$d/$a/iommu_group"
		ln -s $'x/\e[31mevil' "$d/$a/driver"
	done
	ln -s gone/0000:00:00.0 "$d/0000:00:00.0"
	ln -s 0000:00:01.0 "$d/0000:00:01.0"
	mkdir -p "$d/0000:00:02.0/iommu_group" "$d/junk"
	LC_ALL=C on pci list --tree
	exits 0
	[ "$(grep -o '0000:00:[01][0-7]\.0 Non-VGA' <<<"$output" | sort -u | wc -l)" -eq 11 ]
	[ "$(grep -c ' Non-VGA' <<<"$output")" -eq 11 ]
	[[ $output != *$'\e'* ]] && says '\x1b[31mevil'
	on pci list --json
	exits 0
	json '.devices | length == 11'
	# From every device the way up ends.
	# shellcheck disable=SC2016 # jq's variables
	json '[.devices[] | {(.address): .parent}] | add as $up | [$up | keys[] |
		[limit(20; recurse($up[.]; . != null))] | length] | max < 20'
}
