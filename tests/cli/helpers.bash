# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the CLI tests share. A tree from tests/roots is either read with --root, or made the live
# root "/" of slicer: in a mount namespace of its own, by chroot, with the programs of this machine's /usr/bin
# and small scripts that write what the real generators write.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLICER=${SLICER:-$TOP/build/slicer}
# What script(1) runs a command with, whoever started the tests. The shell execs the program: one that waits for it
# would die of a Ctrl-C that the program outlives.
export SHELL=/bin/sh
# A user who has sudo starts slicer, whoever started the tests: what it prints depends on that.
export SUDO_UID=1000
# Once per run of the suite: the parts of the trees that don't depend on the state.
export ROOTS_CACHE=${ROOTS_CACHE:-${BATS_RUN_TMPDIR:-/tmp}/roots}

# tree HOST STATE: $T is a fresh host, a copy of the one that the first to ask for it built.
tree() {
	local made=$ROOTS_CACHE/tree-$1-$2
	T=$BATS_TEST_TMPDIR/tree
	rm -rf "$T"
	if [ ! -d "$made" ]; then
		mkdir -p "$ROOTS_CACHE"
		"$TOP/tests/roots/build" "$made.$BASHPID" "$1" "$2"
		mv -T "$made.$BASHPID" "$made" 2>/dev/null || rm -rf "$made.$BASHPID"
	fi
	cp -a "$made" "$T"
}

# Every file but slicer's own state, by contents, kind, mode and link. For "changed nothing".
state_of() {
	(
		cd "$1" || exit 1
		find . -path '*/slicer' -prune -o -path ./tmp -prune -o -type f -size -2M -printf '%P\0' |
			LC_ALL=C sort -z | xargs -0 cksum
		find . -path '*/slicer' -prune -o -path ./tmp -prune -o -printf '%P %y %m %l\n' | LC_ALL=C sort
	)
}
remember() {
	state_of "$T" >"$BATS_TEST_TMPDIR/remembered"
}
unchanged() {
	state_of "$T" | diff "$BATS_TEST_TMPDIR/remembered" -
}

# slicer ARG...: run with stdin empty. $status, $output (stdout), $stderr.
slicer() {
	command_status "$SLICER" "$@"
}
# on ARG...: for the host in $T.
on() {
	slicer --root "$T" "$@"
}
command_status() {
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/stderr" </dev/null) || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
	# Shown by bats when the test fails.
	printf 'status %s\n-- stdout\n%s\n-- stderr\n%s\n' "$status" "$output" "$stderr"
}

# Each says what was missing; plain tests, so that bats stops at the line.
exits() { [ "$status" -eq "$1" ]; }
says() { [[ $output == *"$1"* ]]; }
complains() { [[ $stderr == *"$1"* ]]; }
# A usage or refusal error: "slicer: ..." on stderr, nothing on stdout.
error_only() { [[ -z $output && $stderr == *slicer:* ]]; }
json() { jq -e "$1" <<<"$output" >/dev/null; }
# A word of one JSON value.
value() { jq -r "$1" <<<"$output"; }

# ---- a tree as the live root ------------------------------------------------------------------

# shellcheck source-path=SCRIPTDIR source=../live.bash
. "$TOP/tests/live.bash"

# live_tree HOST STATE [switched_on] [settle]: $T is that host as a live root, made once per run of the suite.
live_tree() {
	local made
	made=$(IFS=- && echo "$ROOTS_CACHE/live-$*")
	if [ ! -d "$made" ]; then
		mkdir -p "$ROOTS_CACHE"
		T=$made.$BASHPID
		"$TOP/tests/roots/build" "$T" "$1" "$2"
		alive
		shift 2
		local step
		for step; do
			"$step" >/dev/null 2>&1
		done
		# Another file's case may have made it first.
		mv -T "$T" "$made" 2>/dev/null || rm -rf "$T"
	fi
	T=$BATS_TEST_TMPDIR/tree
	rm -rf "$T"
	cp -a "$made" "$T"
}

# live ARG...: slicer with the tree as /.
live() {
	command_status inside /usr/local/bin/slicer "$@"
}

# wait_started N: waits until /tmp/started in the tree has N lines.
wait_started() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -e "$T/tmp/started" ] || [ "$(wc -l <"$T/tmp/started")" -lt "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
# The edited file and the menu of debian-grub are as they were.
restored() {
	cmp "$T/etc/default/grub" "$TOP/tests/roots/debian-grub/configured-off/etc/default/grub"
	! grep -q iommu= "$T/boot/grub/grub.cfg" || false
}

# asked TYPED ARG...: slicer at a terminal (script(1)) where TYPED is typed. $output is all that it shows there.
asked() {
	local typed=$1 command
	shift
	command="exec $(printf '%q ' "$SLICER" --root "$T" "$@")"
	status=0
	output=$(printf '%b' "$typed" | script -qefc "$command" /dev/null) || status=$?
	printf 'status %s\n%s\n' "$status" "$output"
}
