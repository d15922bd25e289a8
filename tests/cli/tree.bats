#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What hangs below what: pci list --json.
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
