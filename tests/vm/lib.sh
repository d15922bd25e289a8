# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the host's side of the lab shares: where things are, and how a scenario
# boots its machine and tells its results. Sourced, never run.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm_dir/../.." && pwd)
lab=$top/build/vm
cache=$lab/cache
logs=$lab/logs
slicer=${SLICER:-$top/build/slicer}
plug=$lab/plug
# shellcheck source=machines.sh
. "$vm_dir/machines.sh"

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The key of a cache entry is what it was made from: the files that make it,
# and any words that went into it besides.
cache_key() # FILE-OR-WORD...
{
	local arg
	for arg; do
		if [[ -f $arg ]]; then cat "$arg"; else printf '%s\n' "$arg"; fi
	done | sha256sum | cut -c1-12
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

# scenario MACHINE NAME: puts everything that the machine needs into its work folder, from the caches
# where they are still good. Everything that the scenario leaves is in $log_dir.
scenario()
{
	machine_is "$1"
	name="$1 $2"
	work=$lab/work/$machine
	log_dir=$logs/$machine/$2
	rm -rf "$work" "$log_dir"
	mkdir -p "$work" "$log_dir" "$cache"
	# The guest's scripts as they are now: somebody may edit them meanwhile.
	cp -r "$vm_dir/guest" "$work/guest"
	story "scenario $name, $(date -u '+%Y-%m-%d %H:%M:%S') UTC"
	need_root && need_disk
	cp --sparse=always "$installed"/* "$work/"
	truncate -s 64M "$work/nvme.img"
}

need_root()
{
	local start=$SECONDS

	root=$cache/root-$machine-$(cache_key "$vm_dir/mkroot" "$packages").tar
	[[ ! -f $root ]] || return 0
	rm -f "$cache/root-$machine-"*
	if ! "$vm_dir/mkroot" "$root" "$packages" > "$log_dir/mkroot.log" 2>&1; then
		diag_tail "$log_dir/mkroot.log" 30
		not_ok "the root filesystem is built"
		return 1
	fi
	diag "mkroot took $((SECONDS - start)) s"
}

# A machine whose boot loader is installed is worth keeping: the scenarios can
# then change without paying for it again.
need_disk()
{
	local start=$SECONDS

	installed=$cache/disk-$machine-$(cache_key "$root" "$vm_dir/mkdisk" "$vm_dir/boot" \
		"$vm_dir/guest/init" "$vm_dir/guest/lib.sh" "$vm_dir/guest/$machine-install.sh" \
		"$firmware" "$install_append" "${machine_args[*]//"$lab"/}")
	[[ ! -d $installed ]] || return 0
	rm -rf "$cache/disk-$machine-"*
	if ! "$vm_dir/mkdisk" "$machine" "$root" "$work" > "$log_dir/mkdisk.log" 2>&1; then
		diag_tail "$log_dir/mkdisk.log" 30
		not_ok "the disk is built"
		return 1
	fi
	diag "mkdisk took $((SECONDS - start)) s"
	boot_phase install direct || return 1
	mkdir -p "$installed.new"
	cp --sparse=always "$work/disk.img" "$installed.new/"
	cp "$work"/vars.fd "$installed.new/" 2>/dev/null || true
	mv "$installed.new" "$installed"
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
	printf '%s\n' "$machine" > "$share/machine"
	[[ ! -d $work/state ]] || cp -r "$work/state" "$share/state"
	mkdir -p "$share/state"
	: > "$share/tap"
	[[ $1 == install ]] || cp "$slicer" "$share/slicer"
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
is_stuck()
{
	! kill -0 "$pid" 2>/dev/null ||
		grep -qaE "${STUCK:-Kernel panic|\(initramfs\)|grub rescue>|grub>}" "$dir/console.log"
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

# Boots the machine and lets it run one phase of its guest script, as a service if it says so.
boot_phase() # PHASE disk|direct [systemd]
{
	local share dir pid status seconds boot_started

	share_prepare "$1"
	[[ -z ${3:-} ]] || : > "$share/systemd"
	machine_start "$2"
	machine_wait
	machine_report "$1"
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
