# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What tests keep between runs, and between clones: root filesystems, disks, results of long runs. Sourced.
#
#   cache_entry NAME COMMAND...   $test_cache/NAME is there afterwards. If it was not, COMMAND... made it:
#                                 a file or directory whose path is its last argument. 1 if COMMAND failed.
#   cache_prune                   removes what nobody used for $cache_days days
#
# A name holds a key of all that its entry is made from, so an entry never changes. It is made beside its
# place and renamed, under a lock of its own: a half made one is never seen, and where two runs want the
# same, one makes it and the other waits. An entry that is used gets a new time of change.
# SLICER_TEST_CACHE is another place, e.g. on a larger disk.

test_cache=${SLICER_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/slicer-tests}
case $test_cache in /*) ;; *) test_cache=$PWD/$test_cache ;; esac
cache_days=${SLICER_TEST_CACHE_DAYS:-30}

cache_key() # FILE-OR-WORD...: what something is made from, as a short name
{
	local arg
	for arg; do
		if [[ -f $arg ]]; then cat "$arg"; else printf '%s\n' "$arg"; fi
	done | sha256sum | cut -c1-12
}

# Sets $lock: locked, and still the file of that name, which cache_prune may have removed meanwhile.
cache_lock() # ENTRY [FLOCK-OPTION]
{
	while :; do
		exec {lock}> "$1.lock" || return
		flock ${2:+"$2"} "$lock" || break
		[[ ! /proc/self/fd/$lock -ef $1.lock ]] || return 0
		exec {lock}>&-
	done
	exec {lock}>&-
	return 1
}

cache_entry() # NAME COMMAND...
{
	local entry=$test_cache/$1 lock status=0
	shift
	mkdir -p "${entry%/*}" && cache_lock "$entry" || return
	if [[ ! -e $entry ]]; then
		# What a run that was killed left.
		rm -rf "$entry.new"
		if "$@" "$entry.new" {lock}>&-; then
			mv -T "$entry.new" "$entry" || status=1
		else
			status=1
			rm -rf "$entry.new"
		fi
	fi
	[[ $status != 0 ]] || touch "$entry"
	exec {lock}>&-
	return "$status"
}

cache_prune()
{
	local entry lock
	[[ -d $test_cache ]] || return 0
	find "$test_cache" -mindepth 2 -maxdepth 2 -mtime "+$cache_days" -print0 |
		while IFS= read -r -d '' entry; do
			entry=${entry%.lock} entry=${entry%.new}
			cache_lock "$entry" --nonblock || continue
			if [[ ! -e $entry || -n $(find "$entry" -maxdepth 0 -mtime "+$cache_days") ]]; then
				rm -rf "$entry" "$entry.new" "$entry.lock"
			fi
			exec {lock}>&-
		done
}
