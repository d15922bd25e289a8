#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cuts.sh RELEASE MACHINE: power cuts. QEMU is killed at random moments of setup-iommu, and of --undo where the
# last set-up was gone on with; the disk forgets what it had not been told to flush. Each time the machine
# has to boot by itself, doctor to name the interrupted run, and going on or undoing to work.
#
# CUTS: how many (3), during setup-iommu or, with CUTS_OF=undo, during --undo; some of the other come along.
# CUTS_SEED: the random numbers'; the log says which it was.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

scenario "$1" "$2" cuts
want=${CUTS:-3} of=${CUTS_OF:-setup}
seed=${CUTS_SEED:-$((SRANDOM % 100000))}
RANDOM=$seed
log=$log_dir/cuts.log
printf '%s: seed %s\n' "$name" "$seed" > "$log"
diag "CUTS_SEED=$seed"

# How many writes and flushes a run takes, roughly: one that ends before it is cut says it better.
declare -A writes=([setup]=250 [undo]=150 [none]=1)
[[ $guest != amd ]] || writes=([setup]=800 [undo]=500 [none]=1)
declare -A cuts=([setup]=0 [undo]=0)
boots=0 bad=0 late=0

# Whether the guest's checks were all right.
all_well() { [[ -f $share/done ]] && ! grep -q '^not ok' "$share/tap"; }

# One boot: deals with the last cut as $recover says, starts $verb, and is cut unless that is none. Sets $what.
boot_once()
{
	local at=$((1 + RANDOM % writes[$verb])) ms=$((RANDOM % 2 * RANDOM % 4000)) pulled=0 lost
	local forget=(none some some all) mode

	mode=${forget[RANDOM % 4]}
	rm -f "$work/writes" "$work/pid"
	if [[ $verb != none ]]; then
		cp --sparse=always "$work/disk.img" "$work/disk.before"
		: > "$work/writes"
	fi
	share_prepare cut
	mkdir "$share/orders"
	echo "$recover" > "$share/orders/recover"
	echo "$verb" > "$share/orders/run"
	machine_start disk
	until [[ -f $share/go ]] || is_stuck; do sleep 0.5; done
	what="ran $verb"
	if [[ -f $share/go ]]; then
		"$plug" pull "$work/writes" "$at" "$ms" "$work/pid" "$share/finished" || pulled=$?
		what="$verb cut at write $at + $ms ms"
		[[ $pulled == 0 ]] || what="$verb cut when it had ended"
		last=$(tr -d '\r' < "$share/run.log" | grep -v '^ *$' | tail -n 1) || last=
	fi
	machine_wait
	machine_report cut || true
	[[ $pulled -le 1 ]] || die "plug could not be pulled"
	[[ -f $share/go ]] || return 0
	if lost=$("$plug" disk "$work/writes" "$work/disk.before" "$mode" "$RANDOM"); then
		mv "$work/disk.before" "$work/disk.img"
		what+="; forgets $mode: $lost"
	else
		what+="; forgets none: the log has a hole"
	fi
	what+="; its last line: $last"
	if [[ $pulled == 0 ]]; then
		cuts[$verb]=$((cuts[$verb] + 1))
	else
		late=$((late + 1))
		writes[$verb]=$((writes[$verb] * 2 / 3 + 1))
	fi
}

# What the last cut left, told with the boot that dealt with it.
tell()
{
	local outcome=well interrupted=no booted='booted by itself'

	boots=$((boots + 1))
	if ! all_well; then
		outcome=BADLY
		bad=$((bad + 1))
		mkdir -p "$log_dir/bad"
		cp -r "$dir" "$log_dir/bad/$boots"
	fi
	[[ -s $share/out.log ]] || booted='DID NOT BOOT'
	[[ -f $share/interrupted.0 ]] || interrupted=yes
	printf '%3d  %s\n     %s, interrupted run: %s, then %s: %s (%s s)\n' \
		"$boots" "$before" "$booted" "$interrupted" "$recover" "$outcome" "$seconds" >> "$log"
}

# What a boot leaves in this shell.
share='' dir='' pid='' status=0 seconds=0 boot_started=0 last=
recover=first verb=setup before='' what=''
while :; do
	[[ ${cuts[$of]} -lt $want ]] || verb=none
	boot_once
	[[ $recover == first ]] || tell
	if [[ $bad -ge 3 ]] || { [[ $recover == first ]] && ! all_well; }; then
		break
	fi
	[[ $verb != none ]] || break
	if ! all_well; then
		# What is broken stays so: from the start again.
		cp --sparse=always "$installed"/* "$work/"
		recover=first verb=setup
		continue
	fi
	before=$what
	# Some go on, and it is then the undo that is cut. Where that is what is wanted, most do.
	recover=undo next=setup
	case $of,$verb,$((RANDOM % 4)) in
	setup,setup,0 | undo,*,[123]) recover=setup next=undo ;;
	esac
	verb=$next
done

summary="${cuts[setup]} power cuts during setup-iommu, ${cuts[undo]} during --undo, $late after their end; $boots boots, $bad bad"
printf '%s: %s\n' "$name" "$summary" | tee -a "$log" > "$log_dir/summary"
diag "$summary"
if [[ $bad == 0 && ${cuts[$of]} -ge $want && $boots == $((cuts[setup] + cuts[undo] + late)) ]]; then
	ok "each of ${cuts[setup]} cuts during setup-iommu, and of ${cuts[undo]} during --undo, is survived"
else
	not_ok "each of $want cuts (CUTS_OF=$of) is survived: $summary"
	exit 1
fi
