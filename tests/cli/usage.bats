#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Help, versions, and what makes no sense: exit 2, nothing touched.

load helpers

setup() {
	T=$BATS_TEST_TMPDIR
}

@test "every verb has help, on stdout, with exit 0" {
	for verb in doctor setup-iommu 'pci list' 'pci show' 'pci bind' 'pci unbind' 'vm command'; do
		# shellcheck disable=SC2086 # a verb of two words
		slicer $verb --help
		exits 0
		[[ $output == "Usage: slicer $verb"* ]]
		says --root
		[ -z "$stderr" ]
	done
}

@test "--help lists every verb" {
	slicer --help
	exits 0
	for verb in doctor setup-iommu 'pci list' 'pci show' 'pci bind' 'pci unbind' 'vm command'; do
		says "$verb"
	done
}

@test "help names every option of the contract" {
	slicer setup-iommu --help
	for o in --dry-run --check --yes --force --bootloader --initramfs --vendor --device --ids --param \
		--remove-param --no-pt --acs-override --no-initramfs --undo; do
		says "$o"
	done
	slicer pci bind --help
	for o in --driver --group --dry-run --force; do says "$o"; done
	slicer pci list --help
	for o in --json --group --class --driver --vfio --columns; do says "$o"; done
	slicer vm command --help
	says --hypervisor
}

@test "--version" {
	slicer --version
	exits 0
	[[ $output =~ ^slicer\ [0-9]+\.[0-9]+ ]]
}

@test "no verb at all" {
	slicer
	exits 2
	[ -z "$output" ]
	complains 'Usage: slicer'
}

@test "an unknown verb, and the one that was meant" {
	slicer doktor
	exits 2
	error_only
	complains "slicer doctor"
	slicer pci lst
	exits 2
	complains "slicer pci list"
}

@test "an unknown option, and the one that was meant" {
	slicer pci list --jsn
	exits 2
	error_only
	complains --json
	slicer doctor --frobnicate
	exits 2
	error_only
}

@test "an option without its value" {
	for o in --ids --param --device --bootloader --vendor; do
		slicer setup-iommu $o
		exits 2
		complains "$o"
	done
	slicer doctor --root
	exits 2
}

@test "values that are none" {
	slicer --color sometimes doctor
	exits 2
	slicer setup-iommu --vendor via --dry-run
	exits 2
	complains "intel or amd"
	slicer setup-iommu --bootloader lilo --dry-run
	exits 2
	complains grub
	slicer pci list --group x
	exits 2
	slicer pci bind 0b:00.0 --timeout 0
	exits 2
	slicer vm command 0b:00.0 --hypervisor bochs
	exits 2
}

# hinted TEXT ARG...: a usage error with a hint that says TEXT.
hinted() {
	local text=$1
	shift
	slicer "$@"
	exits 2
	error_only
	[[ $stderr == *"hint: "*"$text"* ]]
}

@test "values that are none, and the way that each error shows" {
	hinted 'IOMMU GROUP' pci list --group x
	hinted '--timeout 60' pci bind 0b:00.0 --timeout 0
	hinted /proc/cpuinfo setup-iommu --vendor foo
	hinted --vendor doctor --vendor foo
	hinted auto --color foo doctor
	hinted '--undo alone' setup-iommu --undo --device 0b:00.0
	tree debian-grub off
	hinted 'downstream, multifunction' --root "$T" setup-iommu --acs-override=foo
	hinted 'downstream, multifunction' --root "$T" setup-iommu --acs-override=
}

@test "a bridge is none to pass on, and the error says what is" {
	tree two-gpu ready
	for verb in 'pci bind --dry-run' 'pci unbind --dry-run' 'vm command' 'setup-iommu --dry-run --device'; do
		# shellcheck disable=SC2086 # a verb and its options
		on $verb 00:01.0
		exits 3
		error_only
		complains 'hint: name the device behind the bridge'
	done
}

@test "ids that no device has" {
	tree debian-grub off
	on setup-iommu --dry-run --ids 1234:5678
	exits 3
	error_only
	complains 'slicer: no device on this host has the ID 1234:5678'
	complains '--force'
	on setup-iommu --dry-run --ids 1234:5678 --force
	exits 0
	says 'warning: --ids: no device on this host has the ID 1234:5678'
}

@test "the same id twice is one id, and its devices are named once" {
	tree debian-grub off
	on setup-iommu --dry-run --ids 1234:5678,1234:5678 --force
	exits 0
	[ "$(grep -c '^warning: --ids' <<<"$output")" -eq 1 ]
	tree two-gpu off
	on setup-iommu --dry-run --ids 10de:2204,10DE:2204
	exits 3
	[ "$(grep -o 0000:0b:00.0 <<<"$stderr" | wc -l)" -eq 1 ]
	on setup-iommu --dry-run --ids 10de:2204,10DE:2204 --force
	exits 0
	[ "$(grep -c '^warning: --ids' <<<"$output")" -eq 1 ]
}

@test "a filter that no device matches is told, but not with --quiet and in JSON" {
	local filter
	tree two-gpu ready
	for filter in '--group 99' '--driver nosuch' '--class wireless' --vfio '--group 28 --class 02'; do
		# shellcheck disable=SC2086 # words
		on pci list $filter
		exits 0
		[ "$stderr" = "no device matches $filter" ]
		[ "$(wc -l <<<"$output")" -eq 2 ]
		# shellcheck disable=SC2086
		on --quiet pci list $filter
		exits 0
		[ -z "$stderr" ]
		# shellcheck disable=SC2086
		on --json pci list $filter
		exits 0
		[ -z "$stderr" ]
		json '.devices == []'
	done
	on pci list --group 28
	exits 0
	[ -z "$stderr" ]
	on pci list --driver $'a\eb'
	[ "$stderr" = 'no device matches --driver a\x1bb' ]
}

# bats test_tags=deep
@test "the list fits the terminal, and says what was left out" {
	local width
	tree two-gpu ready
	for width in 80 100 200; do
		script -qec "stty columns $width; $SLICER --root $T pci list 2>$BATS_TEST_TMPDIR/told" /dev/null </dev/null |
			tr -d '\r' >"$BATS_TEST_TMPDIR/list"
		cat "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/told"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/list")" -eq 21 ]
		awk -v w=$width 'length > w { exit 1 }' "$BATS_TEST_TMPDIR/list"
		if [ $width = 80 ]; then
			grep -q '^left out.*VFIO GROUP, VENDOR, DEVICE' "$BATS_TEST_TMPDIR/told"
		else
			[ ! -s "$BATS_TEST_TMPDIR/told" ]
		fi
	done
	# Whole names where there is room.
	grep -q 'GA102 \[GeForce RTX 3090\]  ' "$BATS_TEST_TMPDIR/list"
	! grep -F ... "$BATS_TEST_TMPDIR/list" || false
}

@test "--json never asks, and says so instead of speaking of a terminal" {
	tree debian-grub off
	on --json setup-iommu
	exits 3
	json '.error.message | contains("--json never asks") and (contains("terminal") | not)'
	on setup-iommu
	exits 3
	complains 'there is no terminal to ask at'
}

@test "operands that nobody asked for" {
	slicer setup-iommu 0b:00.0 --dry-run
	exits 2
	slicer pci list 0b:00.0
	exits 2
}

@test "a verb that needs an address" {
	for verb in 'pci bind' 'pci unbind' 'vm command'; do
		# shellcheck disable=SC2086
		slicer $verb
		exits 2
		error_only
	done
}

# bats test_tags=deep
@test "addresses that are none" {
	for a in zz 0b 0b:00 0b:00. 0b:00.8 0b:20.0 100:00.0 0000:0b:00.0.1 ' 0b:00.0' 0b:00.0x :0b:00.0 \
		123456789:0b:00.0 0000:0b:00.0/../x '' -; do
		slicer pci bind -- "$a"
		exits 2
		error_only
		slicer vm command -- "$a"
		exits 2
		slicer doctor -- "$a"
		exits 2
		slicer setup-iommu --dry-run --device="$a"
		exits 2
	done
}

# bats test_tags=deep
@test "addresses that are none, for each verb that takes one" {
	local a verb
	for a in 0b:00.8 0b:20.0 $'0b:00.0\n' '0B:00,0' 0x0b:00.0 ０b:00.0 ../0000:0b:00.0 +0b:00.0 -b:00.0; do
		for verb in 'pci show' 'pci unbind' 'pci ensure' 'pci restore' 'vm test' 'vm command'; do
			# shellcheck disable=SC2086 # words
			slicer $verb -- "$a"
			exits 2
			error_only
			# shellcheck disable=SC2086
			slicer --json $verb -- 0000:0b:00.0 "$a"
			exits 2
			json '.error.code == "usage"'
		done
	done
}

# bats test_tags=deep
@test "one device, however its address is written" {
	local a verb
	tree two-gpu ready
	for verb in 'pci show' 'pci bind --dry-run' 'pci unbind --dry-run' 'pci ensure --dry-run' 'vm command' doctor; do
		# shellcheck disable=SC2086 # words
		on --json $verb 0000:0b:00.0
		exits 0
		says 0000:0b:00.0
		printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/plain"
		for a in 0b:00.0 0B:00.0 0000:0B:00.0 00000000:0b:00.0; do
			# shellcheck disable=SC2086
			on --json $verb $a
			exits 0
			diff "$BATS_TEST_TMPDIR/plain" - <<<"$output"
		done
	done
	# Each is asked for twice.
	on --json pci bind 0b:00.0 0000:0B:00.0 --dry-run
	exits 0
	json '.devices | length == 1'
	# Another domain is another device.
	on pci show 10000:0b:00.0
	exits 3
	complains 10000:0b:00.0
}

# bats test_tags=deep
@test "ids that are none" {
	for ids in foo 10de 10de: :2204 10de:22040 10de:2204, ,10de:2204 10de:2204,,10de:1aef '10de:2204 ' \
		'10de:2204;reboot' 10de:zzzz 10de-2204 ''; do
		slicer setup-iommu --dry-run --ids="$ids"
		exits 2
		error_only
	done
}

# bats test_tags=deep
@test "parameters that GRUB or the shell would take apart" {
	# shellcheck disable=SC2016 # they are meant as they stand
	for p in 'a;b' 'a b' 'a&b' 'a|b' 'a{b' 'a}b' 'a$b' 'a`b' 'a"b' "a'b" 'a\b' 'a<b' 'a#b' $'a\nb' ''; do
		slicer setup-iommu --dry-run --param="$p"
		exits 2
		error_only
	done
}

# bats test_tags=deep
@test "errors as JSON are one document on stdout, with the same exit" {
	slicer --json pci bind zz
	exits 2
	json '.error.code == "usage" and (.error.message | contains("zz"))'
	json '.error | has("path") and has("line") and has("hint")'
	slicer --json --root "$BATS_TEST_TMPDIR/none" doctor
	exits 3
	json '.schema == "slicer.doctor/1" and .error.code == "refused" and (.error.path | endswith("/none"))'
	slicer --json nonsense
	exits 2
	json '.error.code == "usage"'
	slicer --json
	exits 2
	json '.error.code == "usage" and .error.hint'
	slicer --json setup-iommu --status --force
	exits 2
	json '.schema == "slicer.status/1" and .error.code == "usage"'
	slicer doctor --json --nonsense
	exits 2
	json '.error.code == "usage"'
}

@test "--root that is not there, or no directory" {
	for verb in doctor 'setup-iommu --dry-run' 'pci list' 'vm command 0b:00.0'; do
		# shellcheck disable=SC2086
		slicer --root "$BATS_TEST_TMPDIR/none" $verb
		exits 3
		error_only
		complains "$BATS_TEST_TMPDIR/none"
	done
	: >"$BATS_TEST_TMPDIR/file"
	slicer --root "$BATS_TEST_TMPDIR/file" doctor
	exits 3
}

@test "global options stand before or after the verb" {
	tree two-gpu off
	slicer --json doctor --root "$T"
	exits 1
	json '.verdict == "setup-needed"'
	slicer doctor --root="$T" --json
	exits 1
	json '.verdict == "setup-needed"'
}

@test "stdout that can't take the result is an error" {
	[ -w /dev/full ]
	tree two-gpu off
	status=0
	"$SLICER" --root "$T" pci list >/dev/full 2>/dev/null || status=$?
	[ "$status" -ne 0 ]
	status=0
	"$SLICER" --root "$T" --json doctor >/dev/full 2>/dev/null || status=$?
	[ "$status" -gt 1 ]
}

@test "standard descriptors that are closed: nothing is opened in their place" {
	local log=$BATS_TEST_TMPDIR/log
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		strace -o "$log" -e trace=open,openat,openat2 sh -c "exec \"\$@\" $closed" sh \
			"$SLICER" --root "$BATS_TEST_TMPDIR" doctor || true
		# After the program has started (the shell's own last call is before the loader's).
		awk '/openat2\(/ && $NF < 3 { bad = 1 } /openat2\(/ { seen = 1 } END { exit bad || !seen }' "$log"
	done
}

@test "modes don't hang on the caller's umask" {
	local mask
	for mask in 000 077; do
		tree arch-sdboot off
		(umask "$mask" && "$SLICER" --root "$T" setup-iommu --yes --no-initramfs >/dev/null)
		(cd "$T" && find var/lib/slicer run/slicer boot/loader/entries -printf '%m %y\n' | sort) >"$BATS_TEST_TMPDIR/$mask"
	done
	diff "$BATS_TEST_TMPDIR/000" "$BATS_TEST_TMPDIR/077"
}
