# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the CLI tests share. A tree from tests/roots is either read with --root, or made the live
# root "/" of slicer: in a mount namespace of its own, by chroot, with the programs of this machine's /usr/bin
# and small scripts that write what the real generators write.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLICER=${SLICER:-$TOP/build/slicer}
# Once per run of the suite: the parts of the trees that don't depend on the state.
export ROOTS_CACHE=${BATS_RUN_TMPDIR:-/tmp}/roots

# tree HOST STATE: $T is a fresh host.
tree() {
	mkdir -p "$ROOTS_CACHE"
	T=$BATS_TEST_TMPDIR/tree
	rm -rf "$T"
	"$TOP/tests/roots/build" "$T" "$1" "$2"
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

# Gives $T what programs need to run in it. Call it before live.
alive() {
	local d
	mkdir -p "$T"/{usr/bin,usr/local/bin,usr/local/sbin,usr/share/misc,tmp,run,var/lib,dev}
	for d in usr/lib/x86_64-linux-gnu usr/lib64; do
		[ ! -d "/$d" ] || mkdir -p "$T/$d"
	done
	# Where the program loader is looked for: a link since the usr merge.
	if [ -L /lib64 ]; then
		ln -sfn usr/lib64 "$T/lib64"
	else
		mkdir -p "$T/lib64"
	fi
	[ -e "$T/dev/null" ] || : >"$T/dev/null"
	cp "$SLICER" "$T/usr/local/bin/slicer"
	# An instrumented build reads its options there. Its leak checker needs a real /proc, which the
	# golden cases have.
	printf 'ASAN_OPTIONS=detect_leaks=0\0' >"$T/proc/self/environ"
	# The stand-ins of /usr/bin would be hidden by this machine's.
	for d in "$T"/usr/bin/*; do
		[ ! -f "$d" ] || mv "$d" "$T/usr/local/bin/"
	done
	generators
}

# inside COMMAND...: in the tree. $EXTRA_MOUNTS is run first, in the namespace, outside the tree.
inside() {
	local -a ns=(--mount --propagation private)
	[ "$(id -u)" -eq 0 ] || ns+=(--map-root-user)
	# shellcheck disable=SC2016 # $T is the inner shell's
	T=$T EXTRA_MOUNTS=${EXTRA_MOUNTS:-:} unshare "${ns[@]}" sh -ec '
		mount --bind /usr/bin "$T/usr/bin"
		for d in usr/lib/x86_64-linux-gnu usr/lib64 usr/share/misc; do
			[ ! -d "/$d" ] || mount --bind "/$d" "$T/$d"
		done
		[ -L /lib64 ] || mount --bind /lib64 "$T/lib64"
		mount --bind /dev/null "$T/dev/null"
		[ "$EXTRA_MOUNTS" = : ] || eval "$EXTRA_MOUNTS"
		exec chroot "$T" "$@"' - "$@"
}
# live ARG...: slicer with the tree as /.
live() {
	command_status inside /usr/local/bin/slicer "$@"
}

program() { # program PATH: from stdin
	mkdir -p "$T/${1%/*}"
	rm -f "$T/$1"
	cat >"$T/$1"
	chmod 755 "$T/$1"
}

# Scripts that do to the tree what the real programs do, as far as slicer reads it back.
generators() {
	[ -e "$T/usr/sbin/grub-mkconfig" ] && program usr/sbin/grub-mkconfig <<-'SH'
		#!/bin/sh
		# What grub-mkconfig does to grub.cfg when only the command line has changed; how it writes is its
		# own too: a new file beside it, and "cat" from there.
		set -e
		while [ $# -gt 0 ]; do
			case $1 in -o) cfg=$2; shift ;; esac
			shift
		done
		. /etc/default/grub
		for x in /etc/default/grub.d/*.cfg; do
			[ ! -e "$x" ] || . "$x"
		done
		args="${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}"
		echo "Generating grub configuration file ..." >&2
		rm -f "$cfg.new"
		sed -E "/ ro single/!s|^(\s+linux\s\S+ root=\S+ ro ).*|\1$args|" /boot/grub/grub.cfg >"$cfg.new"
		cat "$cfg.new" >"$cfg"
		rm "$cfg.new"
	SH
	program usr/sbin/update-initramfs <<-'SH'
		#!/bin/sh
		# An image with what the modprobe.d files and hooks of slicer put into one.
		set -e
		while [ $# -gt 0 ]; do
			case $1 in -k) v=$2; shift ;; esac
			shift
		done
		d=$(mktemp -d)
		mkdir -p "$d/etc/modprobe.d" "$d/conf" "$d/scripts" "$d/usr/lib/modules/$v/kernel/drivers/vfio/pci"
		cp /etc/modprobe.d/* "$d/etc/modprobe.d/" 2>/dev/null || :
		[ ! -e /etc/initramfs-tools/hooks/slicer-vfio ] || : >"$d/usr/lib/modules/$v/kernel/drivers/vfio/pci/vfio-pci.ko"
		: >"$d/init"
		: >"$d/conf/initramfs.conf"
		(cd "$d" && find . | cpio --quiet -o -H newc | gzip) >"/boot/initrd.img-$v"
		rm -r "$d"
		echo "update-initramfs: Generating /boot/initrd.img-$v"
	SH
	[ ! -e "$T/usr/local/bin/kernel-install" ] || program usr/local/bin/kernel-install <<-'SH'
		#!/bin/sh
		# 90-loaderentry.install: the options line of the entry, from /etc/kernel/cmdline or, without it, from
		# what the running kernel got.
		set -e
		[ "$1" = add ] || exit 0
		id=$(cat /etc/machine-id)
		if [ -e /etc/kernel/cmdline ]; then
			options=$(cat /etc/kernel/cmdline)
		else
			options=$(tr ' ' '\n' </proc/cmdline | grep -v '^BOOT_IMAGE=\|^initrd=\|^systemd.machine_id=' |
				paste -sd ' ')
		fi
		sed -i "s|^options .*|options    $options systemd.machine_id=$id|" \
			"/boot/efi/loader/entries/$id-$2.conf"
	SH
}
