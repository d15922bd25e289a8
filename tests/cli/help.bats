#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Help for who guesses: other words, words of two parts, letters in one bundle, and pages that fit a terminal.

load helpers

setup() {
	verbs=('' doctor setup-iommu pci 'pci list' 'pci show' 'pci bind' 'pci unbind' 'pci ensure' 'pci restore'
		vm 'vm command' 'vm test' completion)
}

# means TYPED MEANT: a usage error, and the hint names what was meant.
means() {
	# shellcheck disable=SC2086 # words
	slicer $1
	exits 2
	error_only
	if [ -n "$2" ]; then
		complains "there is no verb '"
		complains "hint: did you mean 'slicer $2'?"
	else
		[[ $stderr != *'did you mean'* ]]
		complains "--help' lists "
	fi
}

# bats test_tags=deep
@test "help and version are words for --help and --version" {
	local verb
	for verb in "${verbs[@]}"; do
		# shellcheck disable=SC2086 # words
		slicer $verb --help
		exits 0
		printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/page"
		# shellcheck disable=SC2086
		slicer help $verb
		exits 0
		diff "$BATS_TEST_TMPDIR/page" - <<<"$output"
	done
	slicer pci help
	exits 0
	says 'Usage: slicer pci VERB'
	slicer pci help bind
	exits 0
	says 'Usage: slicer pci bind'
	slicer --version
	local version=$output
	slicer version
	exits 0
	[ "$output" = "$version" ]
	slicer help frobnicate
	exits 2
	error_only
	# As an operand it is none.
	slicer doctor help
	exits 2
	error_only
}

@test "pci and vm alone list their verbs: asked for on stdout, else on stderr with exit 2" {
	local group
	for group in pci vm; do
		slicer $group --help
		exits 0
		[ -z "$stderr" ]
		printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/page"
		slicer $group
		exits 2
		[ -z "$output" ]
		diff "$BATS_TEST_TMPDIR/page" "$BATS_TEST_TMPDIR/stderr"
		slicer --json $group
		exits 2
		json '.error.code == "usage" and (.error.message | contains("'$group'"))'
	done
	slicer pci --help
	says 'pci bind        bind devices to VFIO'
	[[ $output != *'vm test'* && $output != *doctor* ]]
}

# bats test_tags=deep
@test "words that one would try lead to the verb" {
	means 'bind 0b:00.0' 'pci bind'
	means unbind 'pci unbind'
	means list 'pci list'
	means ls 'pci list'
	means show 'pci show'
	means info 'pci show'
	means status 'setup-iommu --status'
	means undo 'setup-iommu --undo'
	means reset 'setup-iommu --undo'
	means setup setup-iommu
	means 'setup iommu' setup-iommu
	means enable setup-iommu
	means confirm 'setup-iommu --confirm'
	means trial 'setup-iommu --trial'
	means check doctor
	means test 'vm test'
	means command 'vm command'
	means 'vm cmd' 'vm command'
	means 'vm run 0b:00.0' 'vm command'
	means 'vm check' 'vm test'
	means attach 'pci bind'
	means 'pci attach' 'pci bind'
	means detach 'pci unbind'
	means restore 'pci restore'
	means 'pci doctor' doctor
	means 'pci test' 'vm test'
}

# bats test_tags=deep
@test "a slip of the fingers leads to the verb, and no nonsense is suggested" {
	means doctro doctor
	means doc doctor
	means 'pci bnd' 'pci bind'
	means 'pci lsit' 'pci list'
	means pcilist 'pci list'
	means 'pic list' 'pci list'
	means vmm vm
	means lits 'pci list'
	means frob ''
	means x ''
	means 'pci x' ''
	means 'pci end' ''
	means 'vm list' ''
	means zz ''
	means 'vm frobnicate' ''
}

@test "letters in a bundle: the wrong one is named, global ones are taken" {
	slicer pci list -qx
	exits 2
	complains 'slicer pci list has no option -x'
	slicer pci list -xq
	exits 2
	complains 'slicer pci list has no option -x'
	slicer -qx
	exits 2
	complains 'slicer has no option -x'
	slicer -qv
	exits 2
	complains 'Usage: slicer VERB'
	slicer -qh pci bind
	exits 0
	says 'Usage: slicer pci bind'
	slicer doctor -vV
	exits 0
	says 'slicer '
	tree two-gpu off
	on setup-iommu -nq
	exits 0
	local quiet=$output
	on setup-iommu -n --quiet
	[ "$output" = "$quiet" ]
	on -qv setup-iommu -qnv
	exits 0
}

@test "options that are not taken: why, and where they belong" {
	slicer --dry-run setup-iommu
	exits 2
	complains '--dry-run has to stand after the verb'
	complains "hint: 'slicer setup-iommu --dry-run'"
	slicer pci --dry-run bind 0b:00.0
	exits 2
	complains "hint: 'slicer pci bind --dry-run'"
	slicer --verion
	exits 2
	complains 'did you mean --version?'
	slicer setup-iommu --no
	exits 2
	complains 'hint: one of --no-pt, --no-initramfs'
	slicer pci list --vfio=1
	exits 2
	complains '--vfio takes no value'
	slicer setup-iommu --frce
	exits 2
	complains 'did you mean --force?'
	slicer setup-iommu --yikes
	exits 2
	[[ $stderr != *'did you mean'* ]]
}

# bats test_tags=deep
@test "every option of every verb in a wrong place or form: exit 2, and it is named" {
	local verb option name
	for verb in doctor setup-iommu 'pci list' 'pci bind' 'pci unbind' 'pci ensure' 'pci restore' 'vm command' 'vm test'; do
		# shellcheck disable=SC2086 # words
		for option in $("$SLICER" $verb --help | sed -n '/^Options:/,/^Global/s/^  \(-., \|    \)--\([a-z-]*\).*/\2/p'); do
			slicer "--$option" $verb
			exits 2
			complains "--$option has to stand after the verb"
			name="${option}x"
			slicer $verb "--$name"
			exits 2
			complains "no option --$name"
			complains "did you mean --$option?"
		done
	done
}

# pages: each page of help, and each list of verbs, in files.
pages() {
	local verb n=0
	rm -rf "$BATS_TEST_TMPDIR/pages"
	mkdir "$BATS_TEST_TMPDIR/pages"
	for verb in "${verbs[@]}"; do
		n=$((n + 1))
		"$@" "$SLICER $verb --help" >"$BATS_TEST_TMPDIR/pages/$n" 2>&1
	done
	! grep -nE '.{81}' "$BATS_TEST_TMPDIR"/pages/* || false
	[ "$(cat "$BATS_TEST_TMPDIR"/pages/* | grep -c '^Usage: ')" -eq "${#verbs[@]}" ]
}

# bats test_tags=deep
@test "no line of help is longer than 80 characters, on a terminal or not" {
	pages sh -c
	on_terminal() { script -qec "stty columns 80; $1" /dev/null </dev/null | tr -d '\r'; }
	pages on_terminal
}

@test "help says each thing with one word" {
	local verb
	for verb in "${verbs[@]}"; do
		# shellcheck disable=SC2086 # words
		slicer $verb --help
		[[ $output != *'take back'* && $output != *anew* && $output != *'at hand'* && $output != *behind* ]]
	done
}
