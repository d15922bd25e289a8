# shellcheck shell=bash disable=SC2034 # variables of run and job
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/crash/run and its jobs share. $WORK is a tmpfs in a mount namespace of their own. A machine is a directory
# $WORK/NAME:
#   tree, tree-booted  the whole of it, as the live root (tests/live.bash); with the trial that it has booted
#   args        the words of the command that changes it
#   start, done, ... states: what can change of it (parts_of). See verb_is
#   w0, w1      a root for each worker, into which states are put; b0, b1: booted
#   VERB.log    the numbered calls of an undisturbed run, VERB/N the state at the entry of call N
#   VERB.own, VERB.programs  the files that it writes itself, and what it runs
#   interrupted the state somewhere in the middle of a set-up

# run exports it to its jobs.
TOP=${TOP:-$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)}
SLICER=${SLICER:-$TOP/build/slicer}
STOPPER=$TOP/${BUILD:-build}/crash/stopper
# shellcheck source-path=SCRIPTDIR source=../live.bash
. "$TOP/tests/live.bash"

PARTS=(boot etc run tmp var)
EFIVARS=${ONESHOT%/*}
# Of these, what carries a trial's id, and so a time that is another one in each run.
TRIAL_FILES=("$CUSTOM" boot/{,efi/}loader/entries/slicer-trial.conf)

# parts_of ROOT: sets parts, what can change of it.
parts_of() {
	parts=("${PARTS[@]}")
	[ ! -d "$1/$EFIVARS" ] || parts+=("$EFIVARS")
}

# put_state STATE ROOT
put_state() {
	local -a parts
	parts_of "${2:?}"
	rm -rf "${parts[@]/#/$2/}"
	cp -a --reflink=auto "$1/." "$2/"
}

# take_state ROOT STATE
take_state() {
	local -a parts
	mkdir -p "$2"
	parts_of "$1"
	(cd "$1" && cp -a --reflink=auto --parents -t "$2" "${parts[@]}")
}

# plain FILE: with any time in a trial's id. The boot in it has to be the right one.
plain() {
	sed -E "s/( slicer\.trial=)[0-9]{8}T[0-9]{6}Z(-$FIRST_BOOT)( |\$)/\\1TIME\\2\\3/" "$1"
}
# print_of STATE: every file that can change but slicer's own, by contents, kind, mode and link.
print_of() {
	(
		cd "$1" || exit 1
		parts_of .
		set -- boot etc run var "${parts[@]:5}"
		find "$@" \( -path var/lib/slicer -o -path run/slicer -o -path var/tmp \) -prune -o -printf '%p %y %m %l\n' |
			LC_ALL=C sort
		find "$@" \( -path var/lib/slicer -o -path run/slicer -o -path var/tmp \) -prune -o -type f -print |
			LC_ALL=C sort | while IFS= read -r f; do
			case " ${TRIAL_FILES[*]} " in
			*" $f "*) echo "$(plain "$f" | cksum) $f" ;;
			*) cksum "$f" ;;
			esac
		done
	)
}

# sum_of STATE [TAR-OPTION...]: a short text that is the same for states that are the same, slicer's own files included.
sum_of() {
	local -a parts
	parts_of "$1"
	tar --sort=name --mtime=@0 --hard-dereference -C "$1" "${@:2}" -cf - boot etc run var "${parts[@]:5}" | cksum
}
# others_sum STATE: the same without slicer's own, and with any time in a trial's id.
OTHERS=(--exclude=var/lib/slicer --exclude=run/slicer --exclude=var/tmp)
others_sum() {
	local f
	sum_of "$1" "${OTHERS[@]}" "${TRIAL_FILES[@]/#/--exclude=}"
	for f in "${TRIAL_FILES[@]}"; do
		[ ! -e "$1/$f" ] || { stat -c '%n %a %u %g' "$1/$f" | sed "s|^$1/||" && plain "$1/$f"; }
	done
}
# permanent_sum STATE: what no trial may touch. Temporary files do not count.
permanent_sum() {
	sum_of "$1" "${OTHERS[@]}" "${TRIAL_FILES[@]/#/--exclude=}" --exclude="$ENV" --exclude="$EFIVARS" \
		--exclude=etc/systemd --exclude='*.slicer-new*'
}

# The one table of VERBs. verb_is VERB sets: args, what is run; from and to, the states before and after; old and new, the
# states whose files may be there in between; start, what --undo brings back; again, the verb that finishes what was
# interrupted; root, whose roots it is run in (w, b). $M is the machine. States: start; done, set up; ended, early binds taken
# out again; interrupted; pending, a trial is set up; booted, that trial runs; confirmed; bare, start as seen in the booted
# trial; back, what undoing the confirmed leaves.
verb_is() {
	local -a words=(setup-iommu --yes)
	old=start new="done" start=start again=setup root=w
	case $1 in
	setup) from=start to="done" && read -ra words <"$M/args" ;;
	# An interrupted undo is gone on with by itself, or by setup-iommu: not by the verbs that bind.
	undo) from="done" to=start words+=(--undo) && { [ "${M##*/}" != old-setup ] || again=undo; } ;;
	# The same after a set-up that was interrupted.
	setup-again) from=interrupted to="done" && read -ra words <"$M/args" ;;
	undo-again) from=interrupted to=start words+=(--undo) ;;
	trial) from=start to=pending new=pending again=trial && read -ra words <"$M/args.trial" ;;
	undo-trial) from=pending to=start new=pending again=trial words+=(--undo) ;;
	confirm) from=booted to=confirmed old=booted new=confirmed start=bare again=confirm root=b words+=(--confirm) ;;
	# Takes the early binds of "setup" out again. --undo takes back only an interrupted run of it, so it brings back "done".
	unbind) from="done" to=ended start="done" again=unbind && words=(pci unbind 01:00.0 --group --persist) ;;
	esac
	args=(/usr/local/bin/slicer "${words[@]}")
}

# in_root COMMAND...: in $R, with what it prints in $OUT and $ERR. Returns its status.
in_root() {
	chroot "$R" "$@" >"$OUT" 2>"$ERR" </dev/null
}
# stopped WORD... -- COMMAND...: the same with stopper's WORDs.
stopped() {
	"$STOPPER" --chroot "$R" --skip /tmp --skip /var/tmp "$@" >"$OUT" 2>"$ERR" </dev/null
}
