# shellcheck shell=bash disable=SC2034 # variables of run and job
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/crash/run and its jobs share. $WORK is a tmpfs in a mount namespace of their own. A machine is a directory
# $WORK/NAME:
#   tree        the whole of it, as the live root (tests/live.bash)
#   args        what setup-iommu is called with
#   start, done what can change of it ($PARTS), before a set-up and after an undisturbed one
#   w0, w1      a root for each worker, into which states are put
#   VERB.log    the numbered calls of an undisturbed run, VERB/N the state at the entry of call N
#   interrupted the state somewhere in the middle of a set-up

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLICER=${SLICER:-$TOP/build/slicer}
STOPPER=$TOP/${BUILD:-build}/crash/stopper
# shellcheck source-path=SCRIPTDIR source=../live.bash
. "$TOP/tests/live.bash"

PARTS=(boot etc run tmp var)

# put_state STATE ROOT
put_state() {
	rm -rf "${PARTS[@]/#/${2:?}/}"
	cp -a --reflink=auto "$1/." "$2/"
}

# take_state ROOT STATE
take_state() {
	mkdir -p "$2"
	(cd "$1" && cp -a --reflink=auto -t "$2" "${PARTS[@]}")
}

# print_of STATE: every file that can change but slicer's own, by contents, kind, mode and link.
print_of() {
	(
		cd "$1" || exit 1
		set -- boot etc run var
		find "$@" \( -path var/lib/slicer -o -path run/slicer -o -path var/tmp \) -prune -o -printf '%p %y %m %l\n' |
			LC_ALL=C sort
		find "$@" \( -path var/lib/slicer -o -path run/slicer -o -path var/tmp \) -prune -o -type f -print0 |
			LC_ALL=C sort -z | xargs -0 cksum
	)
}

# sum_of STATE [TAR-OPTION...]: a short text that is the same for states that are the same, slicer's own files included.
sum_of() {
	tar --sort=name --mtime=@0 --hard-dereference -C "$1" "${@:2}" -cf - boot etc run var | cksum
}
# The same without slicer's own.
OTHERS=(--exclude=var/lib/slicer --exclude=run/slicer --exclude=var/tmp)

# The one table of VERBs: what is run, from which state, to which. verb_is VERB sets args, from, to; $M is the machine.
# A trial boot would be two more: "trial" from start to trial, "confirm" from trial to done.
verb_is() {
	local -a more=()
	case $1 in
	setup) from=start to="done" && read -ra more <"$M/args" ;;
	undo) from="done" to=start more=(--undo) ;;
	# The same after a set-up that was interrupted.
	setup-again) from=interrupted to="done" && read -ra more <"$M/args" ;;
	undo-again) from=interrupted to=start more=(--undo) ;;
	esac
	args=(/usr/local/bin/slicer setup-iommu --yes "${more[@]}")
}

# in_root COMMAND...: in $R, with what it prints in $OUT and $ERR. Returns its status.
in_root() {
	chroot "$R" "$@" >"$OUT" 2>"$ERR" </dev/null
}
# stopped WORD... -- COMMAND...: the same with stopper's WORDs.
stopped() {
	"$STOPPER" --chroot "$R" --skip /tmp --skip /var/tmp "$@" >"$OUT" 2>"$ERR" </dev/null
}
