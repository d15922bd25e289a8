# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # text for shells in the tree; variables of run and job
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that lie, fail half way, fill the disk, talk too much or never come back. Sourced by run and job.

# "once": the next call is of the real program again, so that taking back finds one that works.
LIES=(nothing refuses half half-fails empty gone gone-fails talks talks-fails killed hangs deaf)

# The shell text that sets $out to the file that the program writes.
output_of() {
	case $1 in
	update-grub | grub-mkconfig)
		echo 'out=/boot/grub/grub.cfg; p=; for a; do [ "$p" != -o ] || out=$a; p=$a; done' ;;
	update-initramfs) echo 'out=/boot/initrd.img-$3' ;;
	kernel-install) echo 'out=/boot/efi/loader/entries/$(cat /etc/machine-id)-$2.conf' ;;
	grub-editenv) echo "out=/$ENV" ;;
	bootctl) echo "out=/$ONESHOT" ;;
	esac
}

# lie_text LIE REAL: the shell text of a lie.
lie_text() {
	local cut='truncate -s $(($(stat -c %s "$out") / 2)) "$out"' talk="head -c 8000000 /dev/zero | tr '\\0' x"
	case $1 in
	nothing) echo 'exit 0' ;;
	refuses) echo 'echo "E: no" >&2; exit 1' ;;
	half) echo "$2 \"\$@\"; $cut" ;;
	half-fails) echo "$2 \"\$@\"; $cut; exit 1" ;;
	empty) echo ': >"$out"' ;;
	gone) echo 'rm -f "$out"' ;;
	gone-fails) echo 'rm -f "$out"; exit 1' ;;
	talks) echo "$talk; $2 \"\$@\"" ;;
	talks-fails) echo "$talk; exit 1" ;;
	killed) echo "$2 \"\$@\"; $cut; kill -KILL \$\$" ;;
	# The person gets tired of waiting, each time. The second one does not even end when it is asked to.
	hangs) echo 'kill -TERM $(cat /tmp/slicer.pid); exec sleep 1000' ;;
	deaf) echo "trap '' TERM; kill -INT \$(cat /tmp/slicer.pid); sleep 1000; sleep 1000" ;;
	esac
}

# lie VERB PROGRAM LIE once|always
kind_lie() {
	local status=0 real
	mode=text
	[ "$3" = once ] || may_fail=1
	# Only a person can mend the block that it spoils.
	[ "$1" != grub-editenv ] || may_fail=1
	for real in /usr/sbin /usr/local/bin; do
		[ ! -x "$R$real/$1" ] || break
	done
	{
		echo '#!/bin/sh'
		[ "$3" = always ] || echo "[ ! -e /tmp/lied ] || exec $real/$1 \"\$@\"; : >/tmp/lied"
		output_of "$1"
		lie_text "$2" "$real/$1"
	} >"$R/usr/local/sbin/$1"
	chmod 755 "$R/usr/local/sbin/$1"
	in_root /bin/sh -c 'echo $$ >/tmp/slicer.pid; exec "$@"' - "${args[@]}" || status=$?
	rm "$R/usr/local/sbin/$1"
	honest "$status"
	mend_env
	afterwards
}

# The hint is followed. (An empty block is none to GRUB.)
mend_env() {
	local T=$R
	[ -e "$R/$ENV" ] && [ "$(stat -c %s "$R/$ENV")" -ne 1024 ] || return
	grep -q 'NOT everything' "$ERR" || wrong "$ENV is damaged, and nobody says so: $(said)"
	editenv create
}

# full VERB DIR KIB: DIR is a disk of its own with that much room.
kind_full() {
	local status=0 size kept=$WORK/kept.$SLOT
	mode=text may_fail=1
	mkdir -p "$R$1" "$kept"
	cp -a "$R$1/." "$kept/"
	mount -t tmpfs -o mode="$(stat -c %a "$R$1")" tmpfs "$R$1"
	cp -a "$kept/." "$R$1/"
	rm -rf "$kept"
	size=$(df -k --output=used "$R$1" | tail -1)
	mount -o "remount,size=$((size + $2))k" "$R$1"
	in_root "${args[@]}" || status=$?
	mkdir "$kept"
	cp -a "$R$1/." "$kept/"
	umount "$R$1"
	find "$R$1" -mindepth 1 -delete
	cp -a "$kept/." "$R$1/"
	rm -rf "$kept"
	honest "$status"
	afterwards
}
