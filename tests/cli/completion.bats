#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Completions: what the program says that may be typed, and what bash, zsh and fish make of it.

load helpers

setup() {
	# As the shells find it, under both names.
	BIN=$BATS_TEST_TMPDIR/bin
	mkdir -p "$BIN"
	ln -sf "$SLICER" "$BIN/slicer"
	ln -sf "$SLICER" "$BIN/slicer-iommu"
	PATH=$BIN:$PATH
	for shell in bash zsh fish; do
		"$SLICER" completion $shell >"$BATS_TEST_TMPDIR/completion.$shell"
	done
}

# words WORD...: what the last one may become, without descriptions, in $output.
words() {
	slicer complete-words -- "$@"
	exits 0
	[ -z "$stderr" ]
	described=$output
	output=$(cut -f1 <<<"$output")
}
# becomes WORD...: exactly that, in any order.
becomes() { diff <(printf '%s\n' "$@" | sort) <(sort <<<"$output"); }
has() { grep -qxF -- "$1" <<<"$output"; }
lacks() { ! grep -qxF -- "$1" <<<"$output" || false; }

# bash_tab LINE: what bash's function offers for the word at the end of the line, in $output.
bash_tab() {
	command_status "$TOP/tests/cli/tab.bash" "$BATS_TEST_TMPDIR/completion.bash" "$1"
	exits 0
	[ -z "$stderr" ]
}

# typed SHELL...: what a shell in a terminal says when stdin is typed.
typed() {
	TERM=dumb script -qec "stty columns 100; $*" /dev/null 2>&1 | tr -d '\r'
}

# zsh_tab LINE TEXT: the screen of a zsh that gets the line and the TAB key; TEXT is awaited there. In $output.
zsh_tab() {
	command_status "$TOP/tests/cli/tab.zsh" "$BATS_TEST_TMPDIR/completion.zsh" "$1" "$2"
	output=$(tr -d '\r\a' <<<"$output")
}

# fish_tab LINE: what fish offers, with descriptions, in $output.
fish_tab() {
	# shellcheck disable=SC2016 # the inner shell expands
	HOME=$BATS_TEST_TMPDIR command_status fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$BATS_TEST_TMPDIR/completion.fish" "$1"
	exits 0
	[ -z "$stderr" ]
}

# bats test_tags=deep
@test "completion prints a script for each shell, and names the shells if there is none" {
	local shell
	for shell in bash zsh fish; do
		slicer completion $shell
		exits 0
		says _slicer
		says slicer-iommu
		slicer --json completion $shell
		json '.schema == "slicer.completion/1" and .shell == "'$shell'" and (.script | length > 100)'
	done
	for shell in '' csh 'bash zsh'; do
		# shellcheck disable=SC2086 # words
		slicer completion $shell
		exits 2
		error_only
		complains 'bash, zsh or fish'
	done
	slicer --help
	says '  completion '
	[[ $output != *complete-words* ]]
	slicer complete-wrods
	[[ $stderr != *complete-words* ]]
}

# bats test_tags=deep
@test "verbs, of one word and of two" {
	words ''
	becomes doctor setup-iommu pci vm completion help version
	words p
	becomes pci
	words pci ''
	becomes list show bind unbind ensure restore
	words pci bi
	becomes bind
	[[ $described == bind$'\t'* ]]
	words --json --color never vm te
	becomes test
	words help pci sh
	becomes show
	words completion ''
	becomes bash zsh fish
	words frobnicate ''
	becomes ''
	words pci list x
	becomes ''
}

@test "options with their descriptions, of the verb and global" {
	words setup-iommu --no
	becomes --no-pt --no-initramfs
	[[ $described == *$'--no-pt\tdo not add iommu=pt'* ]]
	words --
	has --root
	lacks --group
	words pci bind --p
	becomes --persist --persist=initramfs
	words pci list -- --
	becomes ''
}

# bats test_tags=deep
@test "each option of each verb is offered, and each value is one that it takes" {
	local verb option value n=0
	tree two-gpu ready
	for verb in doctor setup-iommu 'pci list' 'pci bind' 'pci unbind' 'pci ensure' 'pci restore' 'vm command' 'vm test'; do
		# shellcheck disable=SC2086 # words
		words $verb --
		local offered=$output
		# shellcheck disable=SC2086
		for option in $("$SLICER" $verb --help | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p'); do
			output=$offered
			has "$option"
		done
		for option in --color --vendor --bootloader --initramfs --hypervisor --group --class --columns; do
			output=$offered
			has $option || continue
			# One that takes no value.
			[[ $option$verb != --grouppci*bind ]] || continue
			# shellcheck disable=SC2086
			words --root "$T" $verb $option ''
			[ -n "$output" ]
			for value in $output; do
				n=$((n + 1))
				# shellcheck disable=SC2086
				slicer --root "$T" $verb "$option=$value"
				[[ $stderr != *"$value"* || $stderr != *'takes'* ]]
				[[ $status -ne 2 || $stderr == *'needs'* ]]
			done
		done
	done
	[ $n -gt 40 ]
}

# bats test_tags=deep
@test "values: words, in the same word or the next" {
	words doctor --color ''
	becomes auto always never
	words doctor --color=a
	becomes --color=auto --color=always
	words setup-iommu --bootloader ''
	becomes grub systemd-boot
	words setup-iommu --initramfs ini
	becomes initramfs-tools
	words setup-iommu --vendor=
	becomes --vendor=intel --vendor=amd
	words vm command --hypervisor ''
	becomes qemu cloud-hypervisor libvirt slicer proxmox
	words pci list --class net
	becomes network
	words pci list --columns address,vf
	becomes address,vfio_group
	words doctor --root ''
	becomes :directories
	words doctor --root=/x
	becomes :directories
	# What takes a value of a person's gets none.
	words setup-iommu --param ''
	becomes ''
}

@test "values of the host that --root names on the same line" {
	tree two-gpu ready
	words --root "$T" pci bind 0000:0b
	becomes 0000:0b:00.0 0000:0b:00.1
	[[ $described == *$'0000:0b:00.0\tNVIDIA Corporation GA102 [GeForce RTX 3090]'* ]]
	words pci bind --root="$T" 0b:
	becomes 0b:00.0 0b:00.1
	words --root "$T" pci bind 0000:0b:00.0 0000:0b
	becomes 0000:0b:00.1
	# A bridge is none to bind, but there is something to see of it.
	words --root "$T" pci bind 0000:00:01
	becomes ''
	words --root "$T" pci show 0000:00:01
	becomes 0000:00:01.0
	words --root "$T" setup-iommu --ids 10de:2204,10de:1
	becomes 10de:2204,10de:1aef
	words --root "$T" setup-iommu --device=0000:0c:00.0
	becomes --device=0000:0c:00.0
	words --root "$T" pci list --driver nv
	has nvidia
	words --root "$T" pci list --driver no
	becomes none
	words --root "$T" pci bind --driver or
	becomes original
	words --root "$T" pci list --group 2
	has 28
	words --root "$BATS_TEST_TMPDIR/none" pci bind ''
	becomes ''
	words --root "$BATS_TEST_TMPDIR/none" pci ''
	has bind
}

# bats test_tags=deep
@test "it only reads" {
	tree two-gpu ready
	remember
	words --root "$T" pci bind ''
	words --root "$T" pci bind --driver ''
	unchanged
}

# bats test_tags=deep
@test "a line is split as a shell does it, and nothing in it is expanded" {
	mkdir -p "$BATS_TEST_TMPDIR/a b'c"
	tree two-gpu ready
	cp -a "$T/." "$BATS_TEST_TMPDIR/a b'c"
	local line
	for line in " --root $BATS_TEST_TMPDIR/a\\ b\\'c pci bind 0000:0b:00.1" \
		" --root \"$BATS_TEST_TMPDIR/a b'c\" pci bind 0000:0b:00.1" \
		" --root='$BATS_TEST_TMPDIR/a b'\\''c' pci bind \"0000:0b:00.1"; do
		slicer complete-words --line "$line"
		exits 0
		[[ $output == 0000:0b:00.1$'\t'* ]]
	done
	# shellcheck disable=SC2016 # it must not be expanded
	slicer complete-words --line ' pci $(touch '"$BATS_TEST_TMPDIR"'/ran) `touch '"$BATS_TEST_TMPDIR"'/ran` '
	[ -z "$output" ] && [ ! -e "$BATS_TEST_TMPDIR/ran" ]
	slicer complete-words --line ''
	says doctor
}

# hostile: $T is a host with names that would run something, break a line or paint the screen.
hostile() {
	tree two-gpu ready
	local device=$T/sys/bus/pci/devices/0000:0b:00.0 name
	# shellcheck disable=SC2016 # names
	for name in '$(touch ran)' '`touch ran`' 'a;touch ran' "q'uote" 'd"ouble' $'new\nline' $'esc\e[31m' 'bl ank' '-rf' 'fine_one'; do
		mkdir -p "$T/sys/bus/pci/drivers/$name"
	done
	rm -f "$device/driver"
	# shellcheck disable=SC2016
	ln -s '../../../bus/pci/drivers/$(touch ran)' "$device/driver"
}

# bats test_tags=deep
@test "hostile names are left out, or made printable" {
	hostile
	words --root "$T" pci bind --driver ''
	has fine_one
	! grep -E "[^A-Za-z0-9_.:,=/+@-]" <<<"$output" || false
	words --root "$T" pci list --driver ''
	! grep -E "[^A-Za-z0-9_.:,=/+@-]" <<<"$output" || false
	! grep -P '[\x00-\x08\x0b-\x1f\x7f]' <<<"$described" || false
}

# bats test_tags=deep
@test "bash: verbs, options, addresses with their colons" {
	tree two-gpu ready
	bash_tab 'slicer pci bi'
	becomes bind
	bash_tab 'slicer-iommu pci li'
	becomes list
	bash_tab 'slicer setup-iommu --no'
	becomes --no-pt --no-initramfs
	# What readline completes comes after the last colon.
	bash_tab "slicer --root $T pci bind 0000:0b:"
	becomes 00.0 00.1
	bash_tab "slicer --root $T pci bind 0000:0b:00.1"
	becomes 00.1
	bash_tab "slicer --root $T pci bind 0000"
	has 0000:0b:00.1
	bash_tab "slicer --root $T pci bind \"0000:0b:"
	becomes 0000:0b:00.0 0000:0b:00.1
	bash_tab 'slicer doctor --color=a'
	becomes auto always
	bash_tab 'slicer frobnicate '
	becomes ''
}

# bats test_tags=deep
@test "bash: hostile names and lines run nothing" {
	hostile
	cd "$BATS_TEST_TMPDIR"
	bash_tab "slicer --root $T pci bind --driver "
	has fine_one
	# shellcheck disable=SC2016 # it must not be expanded
	bash_tab 'slicer --root $(touch ran) pci `touch ran` '
	bash_tab "slicer --root '"
	[ ! -e ran ]
}

# bats test_tags=deep
@test "bash in a terminal: the line is completed" {
	tree two-gpu ready
	local seen
	# shellcheck disable=SC2016 # the inner shell expands
	seen=$(printf 'PS1=; . "$C"; bind "set enable-bracketed-paste off"\necho slicer pci bi\t x\nslicer --root %s pci sh\t0000:0b:00.1 --qui\t\nexit\n' "$T" |
		C=$BATS_TEST_TMPDIR/completion.bash typed bash --norc -i)
	echo "$seen"
	grep -q '^Audio device\|NVIDIA' <<<"$seen"
	mkdir "$BATS_TEST_TMPDIR/some-tree"
	# shellcheck disable=SC2016
	seen=$(printf 'PS1=; . "$C"; bind "set enable-bracketed-paste off"\ncd %s\nslicer --root=so\t pci li\t\nexit\n' "$BATS_TEST_TMPDIR" |
		C=$BATS_TEST_TMPDIR/completion.bash typed bash --norc -i)
	echo "$seen"
	grep -q 'slicer --root=some-tree/ *pci list' <<<"$seen"
}

# bats test_tags=deep
@test "zsh: verbs, options and addresses with descriptions" {
	tree two-gpu ready
	zsh_tab 'slicer pci ' restore
	says 'bind     bind devices to VFIO'
	zsh_tab "slicer-iommu --root $T pci bind 0000:0b:" 'RTX 3090'
	says '0000:0b:00.0  NVIDIA Corporation GA102 [GeForce RTX 3090]'
	zsh_tab 'slicer setup-iommu --no' 'iommu=pt'
	says '--no-pt'
	hostile
	cd "$BATS_TEST_TMPDIR"
	zsh_tab "slicer --root $T pci bind --driver " fine_one
	says fine_one
	[ ! -e ran ]
}

# bats test_tags=deep
@test "fish: verbs, options and addresses with descriptions" {
	tree two-gpu ready
	fish_tab 'slicer pci bi'
	[ "$output" = $'bind\tbind devices to VFIO, or back to another driver' ]
	fish_tab "slicer-iommu --root $T pci bind 0000:0b:00.0"
	[ "$output" = $'0000:0b:00.0\tNVIDIA Corporation GA102 [GeForce RTX 3090]' ]
	fish_tab 'slicer setup-iommu --no-p'
	says $'--no-pt\tdo not add iommu=pt'
	cd "$BATS_TEST_TMPDIR"
	mkdir some-tree
	fish_tab 'slicer doctor --root=some'
	says --root=some-tree/
	fish_tab 'slicer doctor --root some'
	says some-tree/
	hostile
	fish_tab "slicer --root $T pci bind --driver "
	says fine_one
	[ ! -e ran ]
}

# bats test_tags=deep
@test "make install puts the scripts where the shells look, for both names" {
	local dir=$BATS_TEST_TMPDIR/installed/usr/share file
	make -s -C "$TOP" install PREFIX=/usr DESTDIR="$BATS_TEST_TMPDIR/installed" >/dev/null
	for file in bash-completion/completions/slicer bash-completion/completions/slicer-iommu; do
		diff "$dir/$file" "$BATS_TEST_TMPDIR/completion.bash"
	done
	diff "$dir/zsh/site-functions/_slicer" "$BATS_TEST_TMPDIR/completion.zsh"
	for file in slicer slicer-iommu; do
		diff "$dir/fish/vendor_completions.d/$file.fish" "$BATS_TEST_TMPDIR/completion.fish"
	done
	make -s -C "$TOP" uninstall PREFIX=/usr DESTDIR="$BATS_TEST_TMPDIR/installed" >/dev/null
	[ -z "$(find "$dir" -name '*slicer*' ! -type d)" ]
}
