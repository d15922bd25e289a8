# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For files whose cases all read one host with --root: its tree is made once, from setup_file.

load helpers

# one_tree NAME HOST STATE: $TREE. What does not depend on the state comes from the cache that all files share.
one_tree() {
	export TREE=$BATS_FILE_TMPDIR/$1
	mkdir -p "$ROOTS_CACHE"
	"$TOP/tests/roots/build" "$TREE" "$2" "$3"
}

# slicer ARG...: for that host. Also ${lines[@]} and ${stderr_lines[@]}.
slicer() {
	run --separate-stderr "$SLICER" --root "$TREE" "$@"
}
