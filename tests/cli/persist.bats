#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Binds that last: the files of /etc/slicer/devices.d, the unit that carries them out at boot, and what becomes of them
# when devices move.

load helpers

FILES=etc/slicer/devices.d

setup() {
	tree two-gpu ready
}

# device ADDRESS: its directory in the tree.
device() {
	realpath "$T/sys/bus/pci/devices/$1"
}
# The card is taken out.
gone() {
	local dir
	dir=$(device "$1")
	rm -rf "$dir" "$T/sys/bus/pci/devices/$1" "$T"/sys/kernel/iommu_groups/*/devices/"$1"
}
# exchanged ADDRESS: another model is there.
exchanged() {
	subsystem "$1" BEEF
}
# The second of the two cards is of a model of its own.
no_twins() {
	subsystem 0000:0c:00.0 1234
	subsystem 0000:0c:00.1 1234
}
# subsystem ADDRESS ID: as the kernel has it in two places.
subsystem() {
	local dir
	dir=$(device "$1")
	echo "0x${2,,}" >"$dir/subsystem_device"
	sed -i "s/sd[0-9A-F]\{8\}/sd0000$2/" "$dir/modalias"
	grep -q "sd0000$2" "$dir/modalias"
}
# renumbered ADDRESS NEW: the same card behind the same port, with another bus number.
renumbered() {
	local dir
	dir=$(device "$1")
	mv "$dir" "${dir%/*}/$2"
	rm "$T/sys/bus/pci/devices/$1"
	dir=${dir%/*}/$2
	ln -s "../../..${dir#"$T/sys"}" "$T/sys/bus/pci/devices/$2"
}
# What systemctl enable would have done.
enabled() {
	mkdir -p "$T/$WANTS"
	ln -sfn "/usr/local/lib/systemd/system/$UNIT" "$T/$WANTS/$UNIT"
}
# What the files hold, and which ones there are.
files() {
	[ ! -d "$T/$FILES" ] || grep -r '' "$T/$FILES" | sort
}

names() {
	find "$T/$FILES" -mindepth 1 -printf '%f\n' | LC_ALL=C sort
}

# ---- another root ------------------------------------------------------------------------------

@test "bind --persist: a file for each device, and the unit is for later; a second run changes nothing" {
	on pci bind 0b:00.0 0b:00.1 --persist
	exits 0
	says '/etc/slicer/devices.d/0000:0b:00.0.conf: written'
	says '/etc/slicer/devices.d/0000:0b:00.1.conf: written'
	says "to be run: sudo chroot $T systemctl enable $UNIT"
	# No driver is moved there.
	[[ $output != *-\>* ]]
	[ "$(names)" = $'0000:0b:00.0.conf\n0000:0b:00.1.conf' ]
	diff - <(grep -v '^#' "$T/$FILES/0000:0b:00.0.conf") <<-'FILE'
		address=0000:0b:00.0
		id=10de:2204
		subsystem=10de:147d
		ports=0000:00/03.0/00.0/08.0/00.0
		twins=yes
		original=nvidia
	FILE
	[ "$(stat -c %a "$T/$FILES/0000:0b:00.0.conf")" = 644 ]
	enabled
	state_of "$T/etc" >"$BATS_TEST_TMPDIR/before"
	find "$T/$FILES" -printf '%p %i %T@\n' >"$BATS_TEST_TMPDIR/inodes"
	on --json pci bind 0b:00.0 0b:00.1 --persist
	exits 0
	json '.changed == false and .applied == false and .steps == [] and .deferred == []'
	find "$T/$FILES" -printf '%p %i %T@\n' | diff "$BATS_TEST_TMPDIR/inodes" -
}

# bats test_tags=deep
@test "bind --persist --dry-run writes nothing and shows each file" {
	remember
	on pci bind 0b:00.0 --group --persist --dry-run
	exits 0
	says 'create /etc/slicer/devices.d/0000:0b:00.0.conf'
	says '+address=0000:0b:00.1'
	says "run systemctl enable $UNIT"
	on --json pci bind 0b:00.0 --group --persist --dry-run
	exits 0
	json '.changed and (.applied | not) and .verified == null and .deferred == []'
	json '[.steps[].kind] == ["replace", "replace", "run"] or [.steps[].kind] == ["create", "create", "run"]'
	[ ! -e "$T/etc/slicer" ]
	unchanged
}

# The file is as "driverctl set-override" of driverctl 0.111 writes it: echo "$drv" > "$confdir/$bus-$dev".
# bats test_tags=deep
@test "bind --persist warns of a device that driverctl binds, and show names the file" {
	local file=/etc/driverctl.d/pci-0000:0b:00.0 told
	told="driverctl is told to bind it to vfio-pci ($file)"
	mkdir -p "$T/etc/driverctl.d"
	echo vfio-pci >"$T$file"
	on pci show 0b:00.0
	[[ $output == *"$told"* ]]
	on pci show 0b:00.1
	[[ $output != *driverctl* ]]
	on pci bind 0b:00.0 --group --persist --dry-run
	exits 0
	[[ $output == *"0000:0b:00.0: $told, too; --take-over leaves it to slicer alone"* ]]
	[[ $output$stderr != *'0000:0b:00.1: driverctl'* ]]
	on pci bind 0b:00.0 --group --dry-run
	[[ $output$stderr != *driverctl* ]]
	# "none": no driver is to have it.
	echo none >"$T$file"
	on pci show 0b:00.0
	[[ $output == *"driverctl is told to bind it to no driver ($file)"* ]]
	# What is no driver's name is not shown.
	local bad
	for bad in '' '../x' 'vfio-pci x' $'vfio\e[31m' $'vfio-pci\nx' 'a\0b'; do
		printf "%b\n" "$bad" >"$T$file"
		on pci show 0b:00.0
		[[ $output == *"next boot"* && $output != *driverctl* ]]
	done
	rm "$T$file"
	mkfifo "$T$file"
	on pci show 0b:00.0
	[[ $output == *"next boot"* && $output != *driverctl* ]]
}

@test "bind --persist: --group, several addresses, another driver" {
	on pci bind 0c:00.0 --group --persist
	exits 0
	[ "$(names)" = $'0000:0c:00.0.conf\n0000:0c:00.1.conf' ]
	on pci bind 0b:00.0 0b:00.1 --persist --driver vfio_pci
	exits 0
	[ "$(names | wc -l)" = 4 ]
	[ "$(grep -l "^driver=vfio-pci$" "$T/$FILES"/0000:0b:* | wc -l)" = 2 ]
	# One that nobody named is chosen at each boot.
	[ -z "$(grep ^driver= "$T/$FILES"/0000:0c:*)" ]
	on pci bind 0b:00.1 --persist --driver snd_hda_intel
	exits 0
	grep -qx driver=snd_hda_intel "$T/$FILES/0000:0b:00.1.conf"
}

# bats test_tags=deep
@test "bind --persist as JSON: one document, and what is left to be run" {
	on --json pci bind 0b:00.0 --persist
	exits 0
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.schema == "slicer.plan/1" and .changed and .applied and .verified == null and (.rolled_back | not)'
	json '.deferred == [["systemctl", "enable", "slicer-bind.service"]]'
	json '.devices == [{address: "0000:0b:00.0", driver_before: "nvidia", driver_after: "nvidia"}]'
	json '[.steps[] | select(.path == "/etc/slicer/devices.d/0000:0b:00.0.conf") | .diff | contains("+id=10de:2204")] == [true]'
	on --json pci unbind 0b:00.0 --persist
	exits 0
	json '.deferred == [] and .changed'
	[ -z "$(files)" ]
}

@test "unbind --persist: the files go, with the last one the unit" {
	on pci bind 0b:00.0 --group --persist
	enabled
	on pci unbind 0b:00.1 --persist --dry-run
	exits 0
	[ "$(names | wc -l)" = 2 ]
	on --json pci unbind 0b:00.1 --persist
	exits 0
	json '.changed and .deferred == [] and .devices == []'
	[ "$(names)" = 0000:0b:00.0.conf ]
	on pci unbind 0b:00.1 --persist
	exits 0
	complains '0b:00.1 is not bound at boot'
	on --json pci unbind 0b:00.0 --persist
	exits 0
	json '.deferred == [["systemctl", "disable", "slicer-bind.service"]]'
	[ -z "$(files)" ]
}

@test "unbind --persist: a device that is gone, was exchanged or has moved" {
	no_twins
	on pci bind 0b:00.0 --group --persist
	gone 0000:0b:00.0
	exchanged 0000:0b:00.1
	on pci unbind 0b:00.0 0b:00.1 --persist
	exits 0
	complains 'only the file is removed: the device is not there'
	complains 'only the file is removed: another device is at its address now: 10de:1aef, subsystem 10de:beef'
	[ -z "$(files)" ]
	# The new address is that of the device that the file means.
	on pci bind 0c:00.1 --persist
	renumbered 0000:0c:00.1 0000:1c:00.1
	on pci unbind 1c:00.1 --persist
	exits 0
	says '/etc/slicer/devices.d/0000:0c:00.1.conf: removed'
	[ -z "$(files)" ]
}

@test "unbind --persist removes a file that can't be used by its name" {
	mkdir -p "$T/$FILES"
	echo junk >"$T/$FILES/0000:0b:00.0.conf"
	on pci unbind 0b:00.0 --persist
	exits 0
	complains "only the file is removed: it can't be used"
	[ ! -e "$T/$FILES/0000:0b:00.0.conf" ]
}

@test "unbind --persist --group, and an address that makes no sense" {
	on pci bind 0b:00.0 --group --persist
	on pci unbind 0b:00.1 --group --persist
	exits 0
	[ -z "$(files)" ]
	on pci unbind zz --persist
	exits 2
	error_only
	on pci unbind --persist
	exits 2
}

# A disk that was taken out has no sysfs, and files all the same.
@test "unbind --persist: one address in two forms is told of once" {
	on pci unbind 0b:00.0 0000:0B:00.0 --persist
	exits 0
	[ "$(grep -c 'is not bound at boot' <<<"$stderr")" -eq 1 ]
	complains 'warning: 0000:0b:00.0 is not bound at boot: no file in /etc/slicer/devices.d means it'
}

@test "unbind --persist on a mounted disk" {
	on pci bind 0b:00.0 --group --persist
	rm -rf "$T/sys" "$T/proc"
	mkdir "$T/sys" "$T/proc"
	on pci unbind 0b:00.0 --persist
	exits 0
	[ "$(names)" = 0000:0b:00.1.conf ]
	on pci restore --dry-run
	exits 3
	error_only
}

@test "bind --persist: a virtual function is refused" {
	ln -s ../0000:0b:00.0 "$(device 0000:0b:00.1)/physfn"
	remember
	on pci bind 0b:00.1 --persist
	exits 3
	error_only
	complains '0000:0b:00.1 is a virtual function of 0000:0b:00.0'
	# with others, none of them is written
	on pci bind 0b:00.0 0b:00.1 --persist
	exits 3
	[ ! -e "$T/etc/slicer" ]
	unchanged
}

# bats test_tags=deep
@test "bind --persist: the only network controller, and --force is noted" {
	# Nothing but the last controller speaks against it.
	echo 'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT' >"$T/proc/net/route"
	remember
	on pci bind 00:19.0 --persist
	exits 3
	error_only
	complains 'no other network controller would have a driver after a boot'
	[ ! -e "$T/etc/slicer" ]
	unchanged
	on pci bind 00:19.0 --persist --force
	exits 0
	complains '(overruled by --force)'
	grep -qx force=yes "$T/$FILES/0000:00:19.0.conf"
	# Carried out as it was asked for, and not without it.
	on --json pci restore --dry-run
	exits 0
	json '.devices[0].error == null and (.warnings | length) > 0'
	# What was said of one device is not said of another in its place.
	cp "$T/$FILES/0000:00:19.0.conf" "$BATS_TEST_TMPDIR/kept"
	sed -i 's/^address=.*/address=0000:00:1a.0/; s|^ports=.*|ports=0000:00/1a.0|' "$T/$FILES/0000:00:19.0.conf"
	on --json pci restore --dry-run
	exits 4
	json '.devices[0] | .match == "moved" and (.error.message | contains("no other network controller"))'
	cp "$BATS_TEST_TMPDIR/kept" "$T/$FILES/0000:00:19.0.conf"
	sed -i '/^force=/d' "$T/$FILES/0000:00:19.0.conf"
	on --json pci restore --dry-run
	exits 4
	json '.devices[0].error.message | contains("no other network controller")'
	# Neither restore nor doctor has --force: the command that has it, and that is carried out.
	json ".devices[0].error.hint | endswith(\"\nsudo slicer --root $T pci bind 0000:00:19.0 --persist --force does it anyway\")"
	on --json doctor
	json "[.checks[] | select(.id | startswith(\"devices.at-boot\")) | .fix[]] | any(endswith(\"pci bind 0000:00:19.0 --persist --force does it anyway\"))"
	on pci bind 00:19.0 --persist --force
	exits 0
	on pci restore --dry-run
	exits 0
}

@test "bind --persist: the disk of the system, not even by force" {
	remember
	on pci bind 01:00.0 --persist --force
	exits 3
	complains nvme0n1p2
	unchanged
}

# bats test_tags=deep
@test "files that can't be used are named, and the others are" {
	on pci bind 0b:00.0 --persist
	printf 'address=0000:0c:00.0\ncolour=red\n' >"$T/$FILES/bad.conf"
	cp "$T/$FILES/0000:0b:00.0.conf" "$T/$FILES/double.conf"
	mkdir "$T/$FILES/dir.conf"
	printf 'x\n' >"$T/$FILES/"$'esc\e[2J.conf'
	on pci restore --dry-run
	exits 4
	says '0000:0b:00.0: would be bound, nvidia -> vfio-pci'
	complains 'not usable: /etc/slicer/devices.d/bad.conf:2: there is no such key: "colour"'
	complains 'not usable: /etc/slicer/devices.d/dir.conf: is a directory'
	complains 'not usable: /etc/slicer/devices.d/double.conf: /etc/slicer/devices.d/0000:0b:00.0.conf has the same address'
	complains '1 of 1 devices would be bound, 0 not, 4 files not usable'
	complains "hint: sudo slicer --root $T pci bind ADDR --persist writes a file again"
	# shellcheck disable=SC2154 # set by helpers
	[[ $stderr != *$'\e'* ]]
	on --json pci restore --dry-run
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.schema == "slicer.restore/1" and (.broken | length) == 4 and .error.code == "failed"'
	json '.devices | length == 1 and .[0].error == null'
	on pci bind 0c:00.0 --persist
	exits 0
	complains '/etc/slicer/devices.d/bad.conf:2: there is no such key'
	on --json pci list
	json '.warnings | length == 4 and all(startswith("not usable: /etc/slicer/devices.d/"))'
	[ -z "$stderr" ]
	on --json pci show 0c:00.0
	json '[.warnings[] | select(startswith("not usable: "))] | length == 4 and any(contains("bad.conf:2: there is no such key"))'
	[ -z "$stderr" ]
	on pci list
	[ "$(grep -c 'not usable: ' <<<"$stderr")" -eq 4 ]
	on --quiet pci list
	[ -z "$stderr" ]
	sed 's/0b:00.0/0d:00.0/; /^ports/d; /^twins/d; s/10de:/dead:/' "$T/$FILES/0000:0b:00.0.conf" >"$T/$FILES/"$'gone\e[2J.conf'
	on pci list
	complains 'the device is not there'
	[[ $stderr != *$'\e'* ]]
	rm "$T/$FILES/gone"*
	on pci bind 0c:00.0 --persist
	[[ $stderr != *$'\e'* ]]
	# One is mended by what its own hint says, and no longer told.
	mv "$T/$FILES/bad.conf" "$T/$FILES/0000:0c:00.1.conf"
	on pci bind 0c:00.1 --persist
	exits 0
	[[ $stderr != *0000:0c:00.1.conf* && $stderr == *dir.conf* ]]
	# The double would be the one at the next boot.
	on pci unbind 0b:00.0 --persist
	exits 0
	complains 'double.conf: /etc/slicer/devices.d/0000:0b:00.0.conf has the same address'
}

# A name that real drivers have, in a path, in a file and in commands (linux drivers/staging/media/av7110/budget-ci.c).
@test "a driver with a blank in its name: noted, given back, and never put into the initramfs" {
	mkdir "$T/sys/bus/pci/drivers/budget_ci dvb"
	ln -sfn '../../../../bus/pci/drivers/budget_ci dvb' "$(device 0000:0b:00.1)/driver"
	on pci bind 0b:00.1 --persist
	exits 0
	grep -qx 'original=budget_ci dvb' "$T/$FILES/0000:0b:00.1.conf"
	on --json pci restore --dry-run
	exits 0
	json '.broken == [] and (.devices | length) == 1'
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$(device 0000:0b:00.1)/driver"
	on pci show 0b:00.1
	says "pci bind 0000:0b:00.1 --driver='budget_ci dvb'"
	on --json pci bind 0b:00.1 --driver=original --dry-run
	exits 0
	json '.devices[0].driver_after == "budget_ci dvb"'
	on --json pci bind 0b:00.1 --driver='budget_ci dvb' --dry-run
	exits 0
	on --json pci bind 0b:00.1 --driver='budget_ci dvb' --persist
	exits 0
	grep -qx 'driver=budget_ci dvb' "$T/$FILES/0000:0b:00.1.conf"
	on --json pci bind 0b:00.1 --driver='budget_ci dvb' --persist=initramfs
	exits 3
	json '.error.message | contains("can\u0027t be put into the initramfs")'
	echo early=yes >>"$T/$FILES/0000:0b:00.1.conf"
	on --json pci restore --dry-run
	exits 4
	json '.broken | length == 1 and (.[0] | contains("the initramfs has no module of that name: \"budget_ci dvb\""))'
	on pci bind 0b:00.1 --driver=' vfio-pci'
	exits 2
}

@test "--driver=original refused: why a note is not used stands with the refusal, in JSON, too" {
	ln -sfn ../../../../bus/pci/drivers/vfio-pci "$(device 0000:0b:00.0)/driver"
	echo pci:v0000DEADd0000BEEFsv00000000sd00000000bc03sc00i00 >"$(device 0000:0b:00.0)/modalias" # no module knows it
	on --json pci bind 0b:00.0 --driver=original --dry-run
	exits 3
	json '.error.message | contains("is not used") | not'
	mkdir -p "$T/var/lib/slicer/original"
	printf 'address=0000:0b:00.0\nid=10de:beef\nsubsystem=10de:0001\noriginal=nvidia\n' >"$T/var/lib/slicer/original/0000:0b:00.0.conf"
	echo junk >"$T/var/lib/slicer/original/0000:0c:00.0.conf"
	on --json pci bind 0b:00.0 --driver=original --dry-run
	exits 3
	json '.error.message | contains("which driver 0000:0b:00.0 had before is not known")'
	json '.error.message | contains("/var/lib/slicer/original/0000:0b:00.0.conf is not used: another device is at its address now")'
	json '.error.message | contains("not usable: /var/lib/slicer/original/0000:0c:00.0.conf:1: ")'
	on pci bind 0b:00.0 --driver=original --dry-run
	exits 3
	[ "$(grep -c 'is not used' <<<"$stderr")" -eq 1 ]
}

# What sysfs says is written only where slicer itself could read it again.
@test "sysfs has names and numbers that no file takes: left out of it, and the file can be used" {
	local dir
	dir=$(device 0000:0b:00.0)
	# shellcheck disable=SC2016 # no shell is to see it
	printf '$(reboot); x\n' >"$dir/serial_number"
	# shellcheck disable=SC2016
	mkdir "$T/sys/bus/pci/drivers/"'$(reboot)'
	# shellcheck disable=SC2016
	ln -sfn '../../../../bus/pci/drivers/$(reboot)' "$dir/driver"
	mkdir "$T/sys/devices/pci;reboot"
	mv "$dir" "$T/sys/devices/pci;reboot/0000:0b:00.0"
	ln -sfn '../../../devices/pci;reboot/0000:0b:00.0' "$T/sys/bus/pci/devices/0000:0b:00.0"
	on pci bind 0b:00.0 --persist
	exits 0
	! grep -E 'reboot|serial=|ports=|original=' "$T/$FILES/0000:0b:00.0.conf" || false
	on --json pci restore --dry-run
	exits 0
	json '.broken == [] and (.devices | length) == 1'
}

# bats test_tags=deep
@test "restore --dry-run: no file, a device that is here, has moved, is gone, was exchanged" {
	on pci restore --dry-run
	exits 0
	says 'no device is bound at boot'
	on --json pci restore --dry-run
	exits 0
	json '.devices == [] and .broken == [] and (has("error") | not)'
	no_twins
	on pci bind 0b:00.0 0b:00.1 0c:00.0 0c:00.1 --persist
	renumbered 0000:0b:00.1 0000:1b:00.1
	gone 0000:0c:00.0
	exchanged 0000:0c:00.1
	remember
	on --json pci restore --dry-run
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '[.devices[] | [.match, .address, .bound, .changed, .error == null]] == [
		["here", "0000:0b:00.0", false, true, true],
		["moved", "0000:1b:00.1", false, true, true],
		["gone", "0000:0c:00.0", false, false, false],
		["other", "0000:0c:00.1", false, false, false]]'
	json '.error.code == "failed" and (.error.message | startswith("2 of 4 devices would be bound, 2 not")) and .rolled_back'
	json '(.warnings | length) == (.warnings | unique | length)'
	on pci restore --dry-run
	exits 4
	says '0000:1b:00.1: moved here from 0000:0b:00.1'
	complains '0000:0c:00.0: not bound: the device is not there'
	complains '0000:0c:00.1: not bound: another device is at its address now'
	# Its own advice works.
	complains "sudo slicer --root $T pci unbind 0000:0c:00.0 --persist removes the file"
	unchanged
	on pci unbind 0000:0c:00.0 --persist
	exits 0
	# Some of them only: an address is the file's or the device's.
	on pci restore --dry-run 0b:00.0 1b:00.1
	exits 0
	on pci restore --dry-run 0b:00.1
	exits 0
	on pci restore --dry-run 0c:00.1
	exits 4
	on pci restore --dry-run 08:00.0
	exits 3
	complains 'no file in /etc/slicer/devices.d is about 0000:08:00.0'
	echo junk >"$T/$FILES/0000:0c:00.1.conf"
	on pci restore --dry-run 0c:00.1
	exits 3
	complains '/etc/slicer/devices.d/0000:0c:00.1.conf:1: the line is not KEY=VALUE: "junk"'
	complains "sudo slicer --root $T pci bind 0000:0c:00.1 --persist writes the file again"
}

# bats test_tags=deep
@test "restore --dry-run: twins, of which the meant one is gone" {
	on pci bind 0b:00.0 --persist
	gone 0000:0b:00.0
	on --json pci restore --dry-run
	exits 4
	json '.devices | length == 1 and .[0].match == "unclear" and .[0].address == "0000:0b:00.0" and (.[0].bound | not)'
	# By its serial number it is known in the other one's slot.
	echo 00-00-00-00-00-00-00-0a >"$(device 0000:0c:00.0)/serial_number"
	echo serial=00-00-00-00-00-00-00-0a >>"$T/$FILES/0000:0b:00.0.conf"
	on --json pci restore --dry-run
	exits 0
	json '.devices[0].match == "moved" and .devices[0].address == "0000:0c:00.0"'
	sed -i 's/0a$/0b/' "$T/$FILES/0000:0b:00.0.conf"
	on --json pci restore --dry-run
	exits 4
	json '.devices[0].match == "gone"'
}

@test "restore: a file whose address is now that of another file's device is not removed by its advice" {
	on pci bind 0b:00.0 0c:00.0 --persist
	gone 0000:0b:00.0
	renumbered 0000:0c:00.0 0000:0b:00.0
	on pci restore --dry-run
	exits 4
	says '0000:0b:00.0: moved here from 0000:0c:00.0'
	complains 'remove /etc/slicer/devices.d/0000:0b:00.0.conf if it has no use any more'
	[[ $stderr != *unbind* ]]
}

@test "restore works on the running machine only, and takes no nonsense" {
	on pci bind 0b:00.0 --persist
	remember
	on pci restore
	exits 3
	error_only
	complains --dry-run
	unchanged
	on pci restore zz --dry-run
	exits 2
	on pci restore --timeout 0 --dry-run
	exits 2
	on pci restore --group
	exits 2
	slicer pci restore --help
	exits 0
	says 'Usage: slicer pci restore'
}

# ---- the running machine -------------------------------------------------------------------------

# A host with systemd. VFIO has both functions of a card already: nothing has to be written to sysfs, which is plain files
# here.
live_host() {
	live_tree two-gpu ready
	with_systemd
	vfio_has 0000:0b:00.0 0000:0b:00.1
}
# systemctl_is LINES: it does these first.
systemctl_is() {
	{
		echo '#!/bin/sh'
		echo "$1"
		cat "$TOP/tests/standins/systemctl"
	} | program usr/local/sbin/systemctl
}

@test "live: bound at every boot, and no longer" {
	live_host
	live --json pci bind 0b:00.0 --group --persist
	exits 0
	json '.changed and .applied and .verified and .deferred == []'
	json '.devices == [("0000:0b:00.0", "0000:0b:00.1") | {address: ., driver_before: "vfio-pci", driver_after: "vfio-pci"}]'
	[ -L "$T/$WANTS/$UNIT" ]
	[ "$(cat "$T/tmp/systemctl.log")" = "enable $UNIT" ]
	# One that VFIO had already: nobody knows what it had before.
	[ "$(grep -c original= "$T/$FILES/0000:0b:00.0.conf")" -eq 0 ]
	live --json pci bind 0b:00.0 --group --persist
	exits 0
	json '.changed == false and .steps == []'
	live --json pci restore
	exits 0
	json '[.devices[] | [.match, .bound, .changed]] == [["here", true, false], ["here", true, false]]'
	[ "$(wc -l <"$T/tmp/systemctl.log")" = 1 ]
	# Gone by now: only the files.
	gone 0000:0b:00.0
	gone 0000:0b:00.1
	live --json pci unbind 0b:00.0 --persist
	exits 0
	json '.changed and .devices == []'
	[ -L "$T/$WANTS/$UNIT" ]
	live pci unbind 0b:00.1 --persist
	exits 0
	[ ! -L "$T/$WANTS/$UNIT" ]
	[ "$(tail -n 1 "$T/tmp/systemctl.log")" = "disable $UNIT" ]
	[ -z "$(files)" ]
}

# bats test_tags=deep
@test "live: an exchanged device is left alone by unbind --persist" {
	live_host
	live pci bind 0b:00.0 --persist
	exits 0
	exchanged 0000:0b:00.0
	state_of "$T/sys" >"$BATS_TEST_TMPDIR/sys"
	live pci unbind 0b:00.0 --persist
	exits 0
	complains 'only the file is removed'
	[ -z "$(files)" ]
	state_of "$T/sys" | diff "$BATS_TEST_TMPDIR/sys" -
	# no file is about it, and no device is there
	live pci unbind 0d:00.0 --persist
	exits 3
	complains 'there is no PCI device'
}

# bats test_tags=deep
@test "live: no systemd, and the line for the init that is there" {
	live_host
	rmdir "$T/run/systemd/system"
	remember
	live pci bind 0b:00.0 0b:00.1 --persist
	exits 3
	error_only
	complains 'needs systemd'
	complains 'where your init starts programs at boot: slicer pci bind 0000:0b:00.0 0000:0b:00.1'
	unchanged
	mkdir -p "$T/etc/runit"
	live pci bind 0b:00.1 --persist --driver vfio_pci
	exits 3
	complains '/etc/rc.local: slicer pci bind 0000:0b:00.1'
	mkdir "$T/run/openrc"
	live pci bind 0b:00.0 --persist --driver snd_hda_intel --force
	exits 3
	complains 'rc-update add local default'
	complains 'slicer pci bind 0000:0b:00.0 --driver=snd_hda_intel --force'
	[ ! -e "$T/etc/slicer" ]
	# Without it nothing hangs on systemd.
	live pci bind 0b:00.0 0b:00.1
	exits 0
}

# bats test_tags=deep
@test "live: the unit is missing, masked, or starts nothing that is there" {
	live_host
	local dir=$T/usr/local/lib/systemd/system
	mv "$T/usr/local/bin/slicer" "$T/usr/local/bin/another"
	live() { command_status inside /usr/local/bin/another "$@"; }
	remember
	live pci bind 0b:00.0 --persist
	exits 3
	error_only
	complains 'the unit starts /usr/local/bin/slicer, which is not there'
	complains 'make install'
	sed -i '/^ExecStart=/d' "$dir/$UNIT"
	live pci bind 0b:00.0 --persist
	exits 3
	complains 'the unit starts no program'
	mkdir -p "$T/etc/systemd/system"
	ln -s /dev/null "$T/etc/systemd/system/$UNIT"
	live pci bind 0b:00.0 --persist
	exits 3
	complains "$UNIT is masked"
	complains 'systemctl unmask'
	rm "$T/etc/systemd/system/$UNIT" "$dir/$UNIT"
	live pci bind 0b:00.0 --persist
	exits 3
	complains "$UNIT is not installed"
	live --json pci bind 0b:00.0 --persist --dry-run
	exits 3
	json '.error.code == "refused"'
	[ ! -e "$T/etc/slicer" ]
	[ ! -e "$T/tmp/systemctl.log" ]
}

# bats test_tags=deep
@test "live: systemctl fails, everything is taken back" {
	live_host
	# shellcheck disable=SC2016
	systemctl_is 'if [ $1 = enable ]; then echo "Failed to connect to bus"; exit 1; fi'
	live --json pci bind 0b:00.0 --group --persist
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.error.code == "failed" and .rolled_back and (.error.message | contains("Failed to connect to bus"))'
	[ -z "$(files)" ]
	# It can do nothing at all: nothing is enabled, so all is as before.
	systemctl_is 'exit 1'
	live --json pci bind 0b:00.0 --group --persist
	exits 4
	json '.error.code == "failed" and .rolled_back'
	[ -z "$(files)" ]
	# It has done it, says that it has not, and does not take it back.
	# shellcheck disable=SC2016
	systemctl_is 'mkdir -p /'"$WANTS"'; ln -sfn /x /'"$WANTS/$UNIT"'; exit 1'
	live --json pci bind 0b:00.0 --group --persist
	exits 4
	json '.error.code == "failed" and (.rolled_back | not) and (.error.message | contains("not as before"))'
	[ -z "$(files)" ]
}

# bats test_tags=deep
@test "live: systemctl fails when the last file goes, and the files are there again" {
	live_host
	live pci bind 0b:00.0 --persist
	exits 0
	gone 0000:0b:00.0
	chmod 0600 "$T/$FILES/0000:0b:00.0.conf"
	files >"$BATS_TEST_TMPDIR/files"
	# shellcheck disable=SC2016
	systemctl_is 'if [ $1 = disable ]; then exit 1; fi'
	live --json pci unbind 0b:00.0 --persist
	exits 4
	json '.error.code == "failed" and .rolled_back'
	files | diff "$BATS_TEST_TMPDIR/files" -
	[ "$(stat -c %a "$T/$FILES/0000:0b:00.0.conf")" = 600 ]
	[ -L "$T/$WANTS/$UNIT" ]
}

@test "live: systemctl says that it is done, and nothing is enabled" {
	live_host
	systemctl_is 'exit 0'
	live --json pci bind 0b:00.0 --group --persist
	exits 4
	json '.rolled_back and (.error.message | contains("ended well, and there is no /etc/systemd/")) and (.error.hint | contains("WantedBy=multi-user.target"))'
	[ -z "$(files)" ]
}

# bats test_tags=deep
@test "live: interrupted between the files and the unit: taken back" {
	local signal
	live_host
	for signal in INT TERM; do
		# shellcheck disable=SC2016
		systemctl_is 'if [ $1 = enable ]; then kill -'$signal' $PPID; sleep 5; fi'
		live --json pci bind 0b:00.0 --group --persist
		exits 4
		json '.rolled_back and (.error.message | contains("interrupted"))'
		[ -z "$(files)" ]
		[ ! -L "$T/$WANTS/$UNIT" ]
	done
	# A terminal that goes away is no reason to stop.
	# shellcheck disable=SC2016
	systemctl_is 'if [ $1 = enable ]; then kill -HUP $PPID; fi'
	live pci bind 0b:00.0 --group --persist
	exits 0
	[ -L "$T/$WANTS/$UNIT" ]
}

@test "live: a systemctl that passes over a unit which is masked for this boot" {
	live_host
	live pci bind 0b:00.0 --persist
	exits 0
	gone 0000:0b:00.0
	# shellcheck disable=SC2016
	systemctl_is 'if [ $1 = disable ]; then exit 0; fi'
	live pci unbind 0b:00.0 --persist
	exits 0
	[ -z "$(files)" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
}

# bats test_tags=deep
@test "live: a device that is not bound now is not bound at boot either" {
	live_host
	local drv=$T/sys/bus/pci/drivers
	: >"$T/sys/bus/pci/drivers_probe"
	: >"$drv/nvidia/unbind"
	live pci bind 0c:00.0 --persist --force
	exits 4
	complains vfio-pci
	[ -z "$(files)" ]
	[ ! -L "$T/$WANTS/$UNIT" ]
	[ "$(cat "$T/tmp/systemctl.log")" = "enable $UNIT"$'\n'"disable $UNIT" ]
	live pci bind 0b:00.0 --persist
	exits 0
	files >"$BATS_TEST_TMPDIR/files"
	live --json pci bind 0b:00.0 0c:00.0 --persist --force
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '.error.code == "failed" and (.error.message | contains("0000:0c:00.0"))'
	files | diff "$BATS_TEST_TMPDIR/files" -
	[ -L "$T/$WANTS/$UNIT" ]
	# The last one takes the unit along.
	live pci unbind 0b:00.0 --persist --dry-run
	says "systemctl disable $UNIT"
}

# bats test_tags=deep
@test "live: restore goes on behind a device that can't be bound" {
	live_host
	live pci bind 0b:00.0 --group --persist
	exits 0
	sed 's/0b:00.0/0c:00.0/; /^ports/d' "$T/$FILES/0000:0b:00.0.conf" >"$T/$FILES/0000:0a:00.0.conf"
	: >"$T/sys/bus/pci/drivers_probe"
	: >"$T/sys/bus/pci/drivers/nvidia/unbind"
	live --json pci restore --timeout 1
	exits 4
	[ "$(jq -s length <<<"$output")" = 1 ]
	json '[.devices[] | [.address, .bound, .error == null]] == [
		["0000:0c:00.0", false, false], ["0000:0b:00.0", true, true], ["0000:0b:00.1", true, true]]'
	json '.error.code == "failed" and (.error.message | startswith("2 of 3"))'
}

# bats test_tags=deep
@test "make install: the unit where systemd looks, with the program that was installed" {
	[[ $SLICER == "$TOP"/* ]] || skip "the program that is tested was not made from these sources"
	local prefix D=$BATS_TEST_TMPDIR/dest
	for prefix in /usr /usr/local /opt/x; do
		local dir=$prefix/lib/systemd/system
		[ "$prefix" != /opt/x ] || dir=/etc/systemd/system
		rm -rf "$D"
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$TOP" install MAN= DESTDIR="$D" PREFIX="$prefix"
		[ -x "$D$prefix/bin/slicer" ]
		[ "$(grep '^ExecStart=' "$D$dir/$UNIT")" = "ExecStart=$prefix/bin/slicer-iommu pci restore" ]
		[ "$(grep -c @ "$D$dir/$UNIT")" -eq 0 ]
		[ "$(find "$D" -name "$UNIT" | wc -l)" = 1 ]
		# What slicer looks for is what is installed.
		live_host
		rm "$T/usr/local/lib/systemd/system/$UNIT"
		install -D -m 644 "$D$dir/$UNIT" "$T$dir/$UNIT"
		# The tree's /usr/bin is this machine's.
		sed -i 's|=/usr/bin/|=/usr/local/bin/|' "$T$dir/$UNIT"
		install -D -m 755 "$SLICER" "$T${prefix/#\/usr*//usr/local}/bin/slicer-iommu"
		live pci bind 0b:00.0 --persist
		exits 0
		if command -v systemd-analyze >/dev/null; then
			sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$D$dir/$UNIT" >"$BATS_TEST_TMPDIR/$UNIT"
			run systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/$UNIT"
			[[ $status -eq 0 && $output != *"$UNIT"* ]]
		fi
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$TOP" uninstall MAN= DESTDIR="$D" PREFIX="$prefix"
		[ -z "$(find "$D" -type f)" ]
	done
}
