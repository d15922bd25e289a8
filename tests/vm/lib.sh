# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the host's side of the lab shares: where things are, and how a scenario
# boots its machine and tells its results. Sourced, never run.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm_dir/../.." && pwd)
lab=$top/build/vm
logs=$lab/logs
slicer=${SLICER:-$top/build/slicer}
plug=${PLUG:-$top/build/vm-plug}
# shellcheck source=../cache.sh
. "$top/tests/cache.sh"
# shellcheck source=machines.sh
. "$vm_dir/machines.sh"

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Results go to stdout without numbers: several scenarios share one TAP
# stream, and only `run`, which reads them all, can number it.
ok() { printf 'ok - %s: %s\n' "$name" "$*"; }
not_ok() { printf 'not ok - %s: %s\n' "$name" "$*"; }
diag() { printf '# %s: %s\n' "$name" "$*"; }

# The readable story of a scenario: what a person opens first.
story() { printf '%s\n' "$*" >> "$log_dir/scenario.log"; }

# Diagnostics from a file's end. Console output has carriage returns and
# escape sequences, which a TAP reader should not see.
diag_tail() # FILE LINES
{
	[[ -s $1 ]] || { diag "(${1##*/} is empty)"; return 0; }
	tail -n "$2" "$1" | tr -d '\r' | sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g' |
		while IFS= read -r line; do diag "| $line"; done
}

# scenario RELEASE MACHINE NAME: puts everything that the machine needs into its work folder, from the cache
# where it is there. Everything that the scenario leaves is in $log_dir.
scenario()
{
	release=$1
	machine_is "$2"
	name="$release $machine $3"
	work=$lab/work/$release-$machine-$3
	log_dir=$logs/$release/$machine/$3
	mkdir -p "$lab/work"
	# Two runs would overwrite each other's disks.
	exec {work_lock}> "$work.lock"
	flock -n "$work_lock" || die "another run is at this scenario"
	rm -rf "$work" "$log_dir"
	mkdir -p "$work" "$log_dir"
	# One program from the first boot to the last, whatever is built meanwhile, and the guest's scripts as they are now.
	cp "$slicer" "$work/slicer"
	cp "$plug" "$work/plug"
	plug=$work/plug
	cp -r "$vm_dir/guest" "$work/guest"
	story "scenario $name, $(date -u '+%Y-%m-%d %H:%M:%S') UTC"
	need_root && need_disk || exit 1
	cp --sparse=always --reflink=auto "$installed"/* "$work/"
}

# A root filesystem of a release, for all machines. That of sid is made again each week: it moves.
need_root()
{
	local m week='' extras=()

	for m in "${vm_machines[@]}"; do
		extras+=("$m=$(machine_is "$m"; echo "$packages")")
	done
	[[ $release != sid ]] || week=$(date -u +%G-%V)
	root=vm/root-$release-$(cache_key "$vm_dir/mkroot" "${extras[@]}" "$week").tar
	cache_entry "$root" timed mkroot "$vm_dir/mkroot" "$release" "${extras[@]}" || {
		not_ok "the root filesystem is built"
		return 1
	}
	root=$test_cache/$root
}

# For the guest: the unit as a package would install it, with the path of slicer's that the guest has.
give_bind_unit()
{
	sed 's|@SLICER@|/usr/local/sbin/slicer|' "$top/templates/slicer-bind.service" > "$work/guest/slicer-bind.service"
}

# timed NAME COMMAND...: its output into NAME.log, and of a failure the end of it.
timed()
{
	local start=$SECONDS what=$1
	shift
	if ! "$@" > "$log_dir/$what.log" 2>&1; then
		diag_tail "$log_dir/$what.log" 30
		return 1
	fi
	diag "$what took $((SECONDS - start)) s"
}

# A machine whose boot loader is installed is worth keeping: the scenarios can
# then change without paying for it again.
need_disk()
{
	installed=vm/disk-$release-$machine-$(cache_key "${root##*/}" "$vm_dir/mkdisk" "$vm_dir/boot" \
		"$vm_dir/guest/init" "$vm_dir/guest/lib.sh" "$vm_dir/guest/main.sh" "$vm_dir/guest/$guest-install.sh" \
		"$firmware" "$install_append" "${machine_args[*]}")
	cache_entry "$installed" install_disk || {
		not_ok "the disk is built"
		return 1
	}
	installed=$test_cache/$installed
}

install_disk() # DIRECTORY
{
	timed mkdisk "$vm_dir/mkdisk" "$machine" "$root" "$work" &&
		boot_phase install direct && mkdir "$1" &&
		cp --sparse=always --reflink=auto "$work/disk.img" "$1/" || return
	[[ ! -f $work/vars.fd ]] || cp "$work/vars.fd" "$1/"
}

# ---- one boot ------------------------------------------------------------------

# What host and guest share during the boot of a phase.
share_prepare() # PHASE
{
	share=$work/share dir=$log_dir/$1
	rm -rf "$share"
	mkdir -p "$share" "$dir"
	cp -r "$work/guest" "$share/guest"
	printf '%s\n' "$1" > "$share/phase"
	printf '%s\n' "$guest" > "$share/machine"
	printf '%s\n' "$lab_append" > "$share/lab-append"
	[[ ! -d $work/state ]] || cp -r "$work/state" "$share/state"
	mkdir -p "$share/state"
	: > "$share/tap"
	[[ $1 == install ]] || cp "$work/slicer" "$share/slicer"
	truncate -s 64M "$work/nvme.img"
	: > "$dir/console.log"
}

# In the background, so that a signal ends this script at once; the machine then
# goes too, because it asked for its parent's death signal. Sets $pid.
machine_start() # disk|direct
{
	boot_started=$SECONDS
	setpriv --pdeathsig TERM timeout --kill-after=10 "${BOOT_TIMEOUT:-900}" \
		"$vm_dir/boot" "$work" "$firmware" "$1" "$install_append" \
		"${machine_args[@]}" > "$dir/console.log" 2>&1 < /dev/null &
	pid=$!
}

# It has ended, or asks for a person, whom it does not get. STUCK: the regular
# expression of that.
ASKS='Kernel panic|\(initramfs\)|grub rescue>|grub>|You are in emergency mode'
is_stuck()
{
	! kill -0 "$pid" 2>/dev/null ||
		grep -qaE "${STUCK:-$ASKS}" "$dir/console.log"
}

# Waits for its end. Sets $status and $seconds.
machine_wait()
{
	status=0
	until is_stuck; do sleep 1; done
	if kill "$pid" 2>/dev/null; then
		diag "the machine is stuck"
	fi
	wait "$pid" || status=$?
	seconds=$((SECONDS - boot_started))
}

# Hands on what the guest found. Fails if the phase did not come to its end:
# later ones would then only tell about the same thing again.
machine_report() # PHASE
{
	local line

	cp -r "$share/state" "$work/"
	cp "$share/tap" "$dir/tap"
	cp "$share/out.log" "$dir/out.log" 2>/dev/null || : > "$dir/out.log"
	story "" "=== boot '$1', $seconds s"
	[[ ! -f $share/story ]] || cat "$share/story" >> "$log_dir/scenario.log"

	while IFS= read -r line; do
		case $line in
		"ok "*) ok "$1: ${line#ok - }" ;;
		"not ok "*) not_ok "$1: ${line#not ok - }" ;;
		*) diag "${line#\# }" ;;
		esac
	done < "$share/tap"

	diag "boot $1 took $seconds s"
	[[ ! -f $share/done ]] || return 0
	diag "QEMU ended with status $status$([[ $status != 124 ]] || printf ' (it took too long)')"
	diag "the console's last lines:"
	diag_tail "$dir/console.log" 25
	diag "the guest's last lines:"
	diag_tail "$dir/out.log" 15
	not_ok "$1: the machine ran its phase to the end"
	story "  not ok - the machine ran its phase to the end (see $1/console.log)"
	return 1
}

# The inner machine's process spins in the kernel of the outer one for ever: emulated SVM was seen to
# do that. It says nothing about slicer.
HUNG='soft lockup - CPU#[0-9]+ stuck for [0-9]{3,}s! \[qemu-system'

# Boots the machine and lets it run one phase of its guest script, as a service if it says so. AGAIN=1:
# where the emulator hangs, the phase begins anew, on the disk as it was.
boot_phase() # PHASE disk|direct [systemd]
{
	local share dir pid status seconds boot_started try

	[[ -z ${AGAIN:-} ]] || keep_disk "$work/kept"
	for try in 1 2 3; do
		share_prepare "$1"
		[[ -z ${3:-} ]] || : > "$share/systemd"
		machine_start "$2"
		STUCK="$ASKS${AGAIN:+|$HUNG}" machine_wait
		if [[ -z ${AGAIN:-} || $try == 3 ]] || ! grep -qaE "$HUNG" "$dir/console.log"; then
			break
		fi
		diag "the emulated processor hung in the inner machine, try $try of 3"
		story "the emulated processor hung in the inner machine, try $try of 3"
		put_disk_back "$work/kept"
	done
	rm -rf "$work/kept"
	machine_report "$1"
}

keep_disk() # DIRECTORY
{
	rm -rf "$1"
	mkdir "$1"
	cp --sparse=always --reflink=auto "$work/disk.img" "$1/"
	[[ ! -f $work/vars.fd ]] || cp "$work/vars.fd" "$1/"
}
put_disk_back() # DIRECTORY
{
	cp --sparse=always --reflink=auto "$1"/* "$work/"
}

# A boot whose kernel has to panic, before anything of the phase runs. It says
# panic=1 itself, which ends the machine because of -no-reboot.
boot_dies() # PHASE
{
	local share dir pid status seconds boot_started

	share_prepare "$1"
	machine_start disk
	STUCK='\(initramfs\)|grub rescue>|grub>' machine_wait
	story "" "=== boot '$1', $seconds s: $(grep -a -m 1 -o 'Kernel panic.*' "$dir/console.log" | tr -d '\r')"
	if grep -qa 'Kernel panic' "$dir/console.log" && [[ ! -s $share/out.log ]]; then
		ok "$1: the kernel panicked"
		return 0
	fi
	diag_tail "$dir/console.log" 25
	not_ok "$1: the kernel panicked"
	return 1
}
