# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tree from tests/roots as the live root "/" of slicer: in a mount namespace of its own, by chroot, with the
# programs of this machine's /usr/bin, and tests/standins in the place of the real generators. $T is the tree, $TOP the
# project, $SLICER the program. Sourced by the CLI tests and by tests/crash.

# Gives $T what programs need to run in it. Call it before inside.
alive() {
	local d
	mkdir -p "$T"/{usr/bin,usr/local/bin,usr/local/sbin,usr/share/misc,tmp,run,var/lib,var/tmp,dev}
	for d in usr/lib/x86_64-linux-gnu usr/lib64; do
		[ ! -d "/$d" ] || mkdir -p "$T/$d"
	done
	# Where the program loader is looked for: a link since the usr merge.
	if [ -L /lib64 ]; then
		ln -sfn usr/lib64 "$T/lib64"
	else
		mkdir -p "$T/lib64"
	fi
	# What starts with #!/bin/sh.
	[ ! -L /bin ] || ln -sfn usr/bin "$T/bin"
	[ -e "$T/dev/null" ] || : >"$T/dev/null"
	cp "$SLICER" "$T/usr/local/bin/slicer"
	# The names of the devices that the trees have: the whole list takes longer to read than all the rest.
	cp "$TOP/tests/golden/pci.ids" "$T/usr/share/misc/"
	# As on a real machine, whatever the umask here.
	chmod go-w "$T" "$T"/usr{,/local{,/bin{,/slicer}}}
	# An instrumented build reads its options there. Its leak checker needs a real /proc, which the
	# golden cases have.
	printf 'ASAN_OPTIONS=detect_leaks=0\0' >"$T/proc/self/environ"
	# The stand-ins of /usr/bin would be hidden by this machine's.
	for d in "$T"/usr/bin/*; do
		[ ! -f "$d" ] || mv "$d" "$T/usr/local/bin/"
	done
	generators
}

# Run by sh -e with $T set, in a mount namespace: what of this machine the tree borrows. (mount(8) reads no list
# from a pipe.)
# shellcheck disable=SC2016,SC2034 # expanded by that shell; used by who sources this
LIVE_MOUNTS='
	for d in /usr/bin /usr/lib/x86_64-linux-gnu /usr/lib64 /lib64; do
		[ ! -d "$d" ] || [ -L "$d" ] || echo "$d $T$d none bind,ro"
	done >"$T.mounts.$$"
	echo "/dev/null $T/dev/null none bind" >>"$T.mounts.$$"
	mount --all --fstab "$T.mounts.$$"'

# in_namespace COMMAND...: with mounts that nobody else sees.
in_namespace() {
	local -a ns=(--mount --propagation private)
	[ "$EUID" -eq 0 ] || ns+=(--map-root-user)
	unshare "${ns[@]}" "$@"
}

# inside COMMAND...: in the tree. $EXTRA_MOUNTS is run first, in the namespace, outside the tree.
inside() {
	# shellcheck disable=SC2016 # $T is the inner shell's
	T=$T EXTRA_MOUNTS=${EXTRA_MOUNTS:-:} in_namespace sh -ec "$LIVE_MOUNTS"'
		[ "$EXTRA_MOUNTS" = : ] || eval "$EXTRA_MOUNTS"
		# The directory is not in there.
		unset TMPDIR
		exec chroot "$T" "$@"' - "$@"
}

# Run by sh -e in the tree: the generators once. From then on they write the same bytes from the same files.
# shellcheck disable=SC2016 # expanded by that shell
SETTLE='
	for x in /boot/initrd.img-*; do
		[ ! -e "$x" ] || update-initramfs -u -k "${x#/boot/initrd.img-}"
	done
	[ ! -e /usr/sbin/update-grub ] || update-grub'
settle() {
	inside sh -ec "$SETTLE"
}

program() { # program PATH: from stdin
	mkdir -p "$T/${1%/*}"
	rm -f "$T/$1"
	cat >"$T/$1"
	chmod 755 "$T/$1"
}

# The stand-ins of the programs that this host has.
generators() {
	local s=$TOP/tests/standins
	[ ! -e "$T/usr/sbin/update-grub" ] || program usr/sbin/update-grub <"$s/update-grub"
	if [ -e "$T/usr/sbin/grub-mkconfig" ]; then
		program usr/sbin/grub-mkconfig <"$s/grub-mkconfig"
		[ -e "$T/usr/share/standins/grub.cfg" ] ||
			install -D -m 644 "$T/boot/grub/grub.cfg" "$T/usr/share/standins/grub.cfg"
	fi
	[ ! -e "$T/usr/sbin/update-grub" ] || program usr/local/bin/grub-editenv <"$s/grub-editenv"
	[ ! -e "$T/usr/local/bin/bootctl" ] || program usr/local/bin/bootctl <"$s/bootctl"
	program usr/sbin/update-initramfs <"$s/update-initramfs"
	program usr/sbin/mkinitramfs <"$s/mkinitramfs"
	program usr/local/bin/lsb_release <"$s/lsb_release"
	if [ -e "$T/usr/local/bin/kernel-install" ]; then
		program usr/local/bin/kernel-install <"$s/kernel-install"
		[ ! -e "$T/etc/initramfs/post-update.d/systemd-boot" ] ||
			program etc/initramfs/post-update.d/systemd-boot <"$s/post-update.d-systemd-boot"
	fi
}

# systemd runs, slicer's unit is installed, and systemctl does to the unit's link what the real one does; what it is asked
# for is in /tmp/systemctl.log.
UNIT=slicer-bind.service
WANTS=etc/systemd/system/multi-user.target.wants
with_systemd() {
	mkdir -p "$T/run/systemd/system" "$T/usr/local/lib/systemd/system" "$T/$WANTS"
	sed 's|@SLICER@|/usr/local/bin/slicer|' "$TOP/templates/$UNIT" >"$T/usr/local/lib/systemd/system/$UNIT"
	program usr/local/sbin/systemctl <"$TOP/tests/standins/systemctl"
}
# vfio_has ADDRESS...: VFIO has these devices.
vfio_has() {
	local a
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	for a; do
		ln -sfn ../../../../bus/pci/drivers/vfio-pci "$T/sys/bus/pci/devices/$a/driver"
		echo vfio-pci >"$T/sys/bus/pci/devices/$a/driver_override"
	done
}

# ---- a trial boot -----------------------------------------------------------------------------
# Where it is kept, below $T.

CUSTOM=boot/grub/custom.cfg
ENV=boot/grub/grubenv
ONESHOT=sys/firmware/efi/efivars/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f

editenv() {
	"$TOP/tests/standins/grub-editenv" "$T/$ENV" "$@"
}
# next_entry: what the loader was told to start once; nothing if it was not, or can't read it.
next_entry() {
	if [ -d "$T/boot/grub" ]; then
		editenv list 2>/dev/null | sed -n 's/^next_entry=//p'
	elif [ -s "$T/$ONESHOT" ]; then
		tail -c +5 "$T/$ONESHOT" | tr -d '\0'
	fi
}
# trial_entry: the file that has the trial's entry; nothing if it is not there.
trial_entry() {
	local f
	for f in "$CUSTOM" boot/{,efi/}loader/entries/slicer-trial.conf; do
		[ ! -e "$T/$f" ] || echo "$T/$f"
	done
}

# started ID: the kernel that runs was started in the boot of that id (8 digits).
started() {
	mkdir -p "$T/proc/sys/kernel/random"
	echo "$1-0000-4000-8000-000000000000" >"$T/proc/sys/kernel/random/boot_id"
}
# A machine that runs, with an environment block as Debian's installer leaves it.
FIRST_BOOT=1a2b3c4d SECOND_BOOT=5e6f7a8b THIRD_BOOT=9c0d1e2f
switched_on() {
	started "$FIRST_BOOT"
	[ ! -d "$T/boot/grub" ] || editenv create
}
# boot trial: what the loader does that was told to start the trial, and the kernel that it starts then. boot old: a reset
# later. What 00_header's code does at each boot; systemd-boot deletes its variable.
boot() {
	local options
	if [ "$1" = trial ]; then
		[[ $(next_entry) == slicer-trial* ]] || return
		options=$(sed -nE 's/^\s*(linux|options)\s+(.*slicer\.trial=.*)/\2/p' "$(trial_entry)")
		[ -n "$options" ] || return
		[ ! -d "$T/boot/grub" ] || options=BOOT_IMAGE=$options
		echo "$options" >"$T/proc/cmdline"
		started "$SECOND_BOOT"
	else
		started "$THIRD_BOOT"
	fi
	if [ -d "$T/boot/grub" ]; then
		editenv set next_entry=
	else
		rm -f "$T/$ONESHOT"
	fi
}
# iommu_on HOST: the IOMMU of that host's state "ready", and what that boot logged of it.
iommu_on() {
	"$TOP/tests/roots/build" "$T.on" "$1" ready
	rm -rf "$T/sys/kernel/iommu_groups" "$T/sys/class/iommu"
	cp -a "$T.on/sys/kernel/iommu_groups" "$T/sys/kernel/"
	cp -a "$T.on/sys/class/iommu" "$T/sys/class/"
	cp -a "$T.on/sys/devices/." "$T/sys/devices/"
	# What the kernel says of it: remapping that a whole log does not name is off.
	cp -a "$T.on/dev/kmsg" "$T/dev/kmsg"
	rm -rf "$T.on"
}
