# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the host's side of the lab shares: where things are, and how one
# scenario boots its machine and tells its results. Sourced, never run.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm_dir/../.." && pwd)
lab=$top/build/vm
cache=$lab/cache
logs=$lab/logs
slicer=${SLICER:-$top/build/slicer}

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
ok() { printf 'ok - %s: %s\n' "$machine" "$*"; }
not_ok() { printf 'not ok - %s: %s\n' "$machine" "$*"; }
diag() { printf '# %s: %s\n' "$machine" "$*"; }

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

# Puts everything that a machine needs into its work folder, from the caches
# where they are still good. The caller has set: machine (its name), packages,
# firmware, root_words (its starting command line), machine_args.
machine_prepare()
{
	local key root

	work=$lab/work/$machine
	log_dir=$logs/$machine
	rm -rf "$work" "$log_dir"
	mkdir -p "$work" "$log_dir" "$cache"
	# The guest's scripts as they are now: somebody may edit them meanwhile.
	cp -r "$vm_dir/guest" "$work/guest"
	story "scenario $machine, $(date -u '+%Y-%m-%d %H:%M:%S') UTC"

	key=$(cache_key "$vm_dir/mkroot" "$packages")
	root=$cache/root-$machine-$key.tar
	if [[ ! -f $root ]]; then
		rm -f "$cache/root-$machine-"*
		local start=$SECONDS
		if ! "$vm_dir/mkroot" "$root" "$packages" > "$log_dir/mkroot.log" 2>&1; then
			diag_tail "$log_dir/mkroot.log" 30
			not_ok "the root filesystem is built"
			return 1
		fi
		diag "mkroot took $((SECONDS - start)) s"
	fi

	# A machine whose boot loader is installed is worth keeping: the
	# scenario's own checks can then change without paying for it again.
	key=$(cache_key "$root" "$vm_dir/mkdisk" "$vm_dir/boot" "$vm_dir/guest/init" \
		"$vm_dir/guest/lib.sh" "$vm_dir/guest/$machine-install.sh" \
		"$firmware" "$install_append" "${machine_args[*]}")
	installed=$cache/disk-$machine-$key
	if [[ ! -d $installed ]]; then
		rm -rf "$cache/disk-$machine-"*
		local start=$SECONDS
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
	else
		diag "the disk with its boot loader comes from the cache"
		cp --sparse=always "$installed"/* "$work/"
	fi
	truncate -s 64M "$work/nvme.img"
}

# Boots the machine, lets it run one phase of its guest script, and hands on
# what the guest found. Fails if the phase did not come to its end: later
# phases would then only tell about the same thing again.
boot_phase() # PHASE disk|direct
{
	local phase=$1 how=$2 start=$SECONDS status=0 seconds line share pid
	local dir=$log_dir/$phase limit=${BOOT_TIMEOUT:-900}

	share=$work/share
	rm -rf "$share"
	mkdir -p "$share" "$dir"
	cp -r "$work/guest" "$share/guest"
	printf '%s\n' "$phase" > "$share/phase"
	printf '%s\n' "$machine" > "$share/machine"
	[[ ! -d $work/state ]] || cp -r "$work/state" "$share/state"
	mkdir -p "$share/state"
	: > "$share/tap"
	[[ $phase == install ]] || cp "$slicer" "$share/slicer"

	truncate -s 64M "$work/nvme.img"
	: > "$dir/console.log"
	# In the background, so that a signal ends this script at once; the
	# machine then goes too, because it asked for its parent's death signal.
	setpriv --pdeathsig TERM timeout --kill-after=10 "$limit" \
		"$vm_dir/boot" "$work" "$firmware" "$how" "$install_append" \
		"${machine_args[@]}" > "$dir/console.log" 2>&1 < /dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		# A machine that asks for a person gets none: no need to wait on.
		if grep -qE 'Kernel panic|\(initramfs\)|grub rescue>|grub>' "$dir/console.log"; then
			diag "the machine is stuck"
			kill $pid || true
			break
		fi
		sleep 1
	done
	wait $pid || status=$?
	seconds=$((SECONDS - start))

	cp -r "$share/state" "$work/"
	cp "$share/tap" "$dir/tap"
	cp "$share/out.log" "$dir/out.log" 2>/dev/null || : > "$dir/out.log"
	story "" "=== boot '$phase' ($how), $seconds s"
	[[ ! -f $share/story ]] || cat "$share/story" >> "$log_dir/scenario.log"

	while IFS= read -r line; do
		case $line in
		"ok "*) ok "$phase: ${line#ok - }" ;;
		"not ok "*) not_ok "$phase: ${line#not ok - }" ;;
		*) diag "${line#\# }" ;;
		esac
	done < "$share/tap"

	diag "boot $phase took $seconds s"
	if [[ -f $share/done ]]; then
		return 0
	fi
	diag "QEMU ended with status $status$([[ $status != 124 ]] || printf ' (no end after %s s)' "$limit")"
	diag "the console's last lines:"
	diag_tail "$dir/console.log" 25
	diag "the guest's last lines:"
	diag_tail "$dir/out.log" 15
	not_ok "$phase: the machine ran its phase to the end"
	story "  not ok - the machine ran its phase to the end (see $phase/console.log)"
	return 1
}
