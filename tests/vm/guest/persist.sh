# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Devices that are bound at every boot, one function per boot. But for the first boot, systemd is process 1 from
# the start: udev finds the devices while units start, as on any host.

# The devices, where they are at home; ../persist.sh has QEMU's arguments.
twin=0000:01:00.0	# has the model of the next one, and is never to be bound
meant=0000:02:00.0
alone=0000:00:10.0	# no other one has its subsystem
spare=0000:00:11.0	# nor this one's
disk=0000:00:12.0	# the nvme

bind_dir=/etc/slicer/devices.d
bind_unit=slicer-bind.service
enabled_link=/etc/systemd/system/multi-user.target.wants/$bind_unit

# ---- what the guest needs ------------------------------------------------------

# From the next boot on, systemd. Nothing of this is in /etc, where checks look for changes.
lab_units()
{
	local units=/usr/local/lib/systemd/system unit

	mkdir -p "$units/lab.service.d" "$units/multi-user.target.wants"
	mv /sbin/init /usr/local/sbin/lab-init
	ln -s /lib/systemd/systemd /sbin/init
	# What systemd else does in a first boot (systemd-update-done.service(8)), of which udev's hwdb takes long.
	touch /etc/.updated /var/.updated
	# What no check looks at, and takes long.
	for unit in e2scrub_reap.service getty.target systemd-update-utmp-runlevel.service; do
		ln -s /dev/null "$units/$unit"
	done
	install -m 644 "$host/guest/$bind_unit" "$units/$bind_unit"
	cat > "$units/lab.service.d/share.conf" <<-EOT
	[Service]
	ExecStartPre=/sbin/modprobe -a 9pnet_virtio 9p
	ExecStartPre=/bin/mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /mnt/host
	ExecStart=
	ExecStart=/usr/local/sbin/lab-init
	EOT
	# In the place of a display manager: notes which drivers it finds when it is started.
	cat > "$units/display-manager.service" <<-EOT
	[Service]
	Type=oneshot
	ExecStart=/usr/local/sbin/lab-display
	RemainAfterExit=yes
	EOT
	ln -s ../display-manager.service "$units/multi-user.target.wants/"
	cat > /usr/local/sbin/lab-display <<-'EOT'
	#!/bin/bash
	for device in /sys/bus/pci/devices/*; do
		driver=$(readlink "$device/driver")
		echo "${device##*/} ${driver##*/}"
	done > /run/display.saw
	EOT
	chmod 755 /usr/local/sbin/lab-display
}
lab_init_again() { mv -T /usr/local/sbin/lab-init /sbin/init; }

# ---- checks --------------------------------------------------------------------

show() { systemctl show "$1" -p "$2" --value; }

# It may still be at work: nothing has multi-user.target wait for it.
wait_for_unit()
{
	local i job

	for ((i = 0; i < 180; i++)); do
		job=$(show "$bind_unit" Job)
		[ "${job:-0}" != 0 ] || break
		sleep 1
	done
	systemctl status --no-pager --lines=0 "$bind_unit"
	journalctl --sync
	journalctl -b --no-pager -o cat -u "$bind_unit" > /run/journal
	cat /run/journal
	sed 's/^/the journal: /' /run/journal | while IFS= read -r line; do story "$line"; done
}

# The host came up, and the unit is in this state.
host_is_up() # STATE OF THE UNIT
{
	check_is "process 1 is systemd" systemd "$(cat /proc/1/comm)"
	wait_for_unit
	check_is "the unit is $1" "$1" "$(show "$bind_unit" ActiveState)"
	check "multi-user.target is reached" systemctl is-active multi-user.target
	check "systemd met no ordering cycle" eval '! journalctl -b -o cat | grep -i "ordering cycle"'
}

journal_says() # NAME TEXT
{
	check "the journal says $1" grep -F -e "$2" /run/journal
}

ran_before() # UNIT PROPERTY OF ITS START
{
	local end start

	end=$(show "$bind_unit" ExecMainExitTimestampMonotonic)
	start=$(show "$1" "$2")
	echo "$bind_unit ended at $end, $1 started at $start"
	story "$bind_unit ended at $end us, $1 started at $start us"
	[ "$end" -gt 0 ] && [ "$end" -le "$start" ]
}

was_seen() # ADDRESS DRIVER
{
	check "the display manager found $1 with $2" grep -Fx "$1 $2" /run/display.saw
}

# A native driver may be loaded later than that: nothing waits for it.
was_not_seen() # ADDRESS DRIVER
{
	check "the display manager did not find $1 with $2" not_in /run/display.saw "^$1 $2\$"
}

files_are() # NAME FILE...
{
	local what=$1
	shift
	check_is "$what" "$*" "$(find "$bind_dir" -type f -printf '%f\n' | sort | paste -s -d ' ')"
}

nothing_to_do() { grep -c 'has vfio-pci already, nothing to do' /run/said; }

is_enabled() { [ -L "$enabled_link" ]; }
is_disabled() { [ ! -L "$enabled_link" ]; }

# ---- the boots -----------------------------------------------------------------

# Still with the lab's own init.
phase_persist-set()
{
	run_slicer 0 "setup-iommu --yes --force" setup-iommu --yes --force
	lab_units
	run_slicer 3 "pci bind --persist is refused where systemd does not run" pci bind "$alone" --persist
	says "it says so" "needs systemd, which does not run on this host"
	check "that leaves no file" test ! -e "$bind_dir"
}

phase_persist-bind()
{
	check_is "process 1 is systemd" systemd "$(cat /proc/1/comm)"
	check "IOMMU groups exist" test "$(groups_count)" -gt 0
	check "the nvme gets a filesystem" mkfs.ext4 -q -L labdata /dev/nvme0n1
	check_driver "$meant" e1000e "the one that is meant has its native driver"

	run_slicer 0 "pci bind --persist" pci bind "$meant" "$alone" "$spare" "$disk" --persist
	for device in "$meant" "$alone" "$spare" "$disk"; do
		check_driver "$device" vfio-pci "$device is bound at once"
	done
	check_driver "$twin" e1000e "the twin keeps its native driver"
	files_are "each has a file" "$alone.conf" "$spare.conf" "$disk.conf" "$meant.conf"
	check "the unit is enabled" systemctl is-enabled "$bind_unit"
	cat "$bind_dir"/*

	tree_state /etc > /run/before
	run_slicer 0 "a second pci bind --persist" pci bind "$meant" "$alone" "$spare" "$disk" --persist
	check_is "it has nothing to do for each of them" 4 "$(nothing_to_do)"
	tree_state /etc > /run/after
	check "it changes no file below /etc" same_file /run/before /run/after
}

phase_persist-lasts()
{
	host_is_up active
	for device in "$meant" "$alone" "$spare" "$disk"; do
		check_driver "$device" vfio-pci "$device is bound after a boot"
		was_seen "$device" vfio-pci
	done
	check_driver "$twin" e1000e "the twin has its native driver"
	was_not_seen "$twin" vfio-pci
	check "the unit ended before the network was set up" \
		ran_before network-pre.target ActiveEnterTimestampMonotonic
	check "the unit ended before the display manager started" \
		ran_before display-manager.service ExecMainStartTimestampMonotonic
	run_slicer 0 "pci restore" pci restore
	check_is "it has nothing to do for each of them" 4 "$(nothing_to_do)"
}

# A card in front of the twins has given them other buses, and one has another slot. At the address of
# the one that is meant there is now its twin.
phase_persist-moved()
{
	local twin_now=0000:02:00.0 now=0000:03:00.0 alone_now=0000:00:16.0

	host_is_up active
	check_driver "$now" vfio-pci "the one that is meant is bound, on its new bus"
	journal_says "where it was" "$now: moved here from $meant"
	check_driver "$twin_now" e1000e "its twin, at the old address of the other, is not"
	check_driver 0000:01:00.0 e1000e "the new card is not"
	check_driver "$alone_now" vfio-pci "the one without twins is bound in its new slot"
	journal_says "where it was" "$alone_now: moved here from $alone"
	check_driver "$disk" vfio-pci "what has not moved is bound"
	was_seen "$now" vfio-pci
	was_not_seen "$twin_now" vfio-pci
	was_seen "$alone_now" vfio-pci

	spoil_files
}

# What a person may do to the files, and forget.
spoil_files()
{
	rm "$bind_dir/$spare.conf"
	# A file names its driver where it is not the best one that VFIO has.
	sed "s/^address=.*/address=$twin/; s|^ports=.*|ports=0000:00/14.0/00.0|; /^driver=/d" \
		"$bind_dir/$meant.conf" > "$bind_dir/$twin.conf"
	echo driver=nosuch >> "$bind_dir/$twin.conf"
	check "a file names a driver that does not exist" grep -qx driver=nosuch "$bind_dir/$twin.conf"
	echo "all of them, please" > "$bind_dir/junk.conf"
	mkdir -p /mnt/data
	echo "LABEL=labdata /mnt/data ext4 defaults 0 0" >> /etc/fstab
}

phase_persist-broken()
{
	host_is_up failed
	check_is "the unit's exit status" 4 "$(show "$bind_unit" ExecMainStatus)"
	check_driver "$meant" vfio-pci "what nothing is wrong with is bound"
	was_seen "$meant" vfio-pci

	check_driver "$alone" e1000 "another card in the place of the one without twins has its native driver"
	journal_says "what is there" "$alone: not bound: another device is at its address now: 8086:100e"
	check_driver "$spare" e1000e "the one whose file was deleted has its native driver"
	journal_says "what is wrong with the file of junk" "not usable: $bind_dir/junk.conf:1:"
	check_driver "$twin" e1000e "the one that is to have no driver that exists keeps its native one"
	journal_says "that there is no such driver" "$twin: not bound: the running kernel has no driver nosuch"
	check_driver "$disk" nvme "the disk that fstab names has its native driver"
	check "it is mounted" mountpoint -q /mnt/data
	journal_says "what it is needed for" "is mounted on /mnt/data"
	journal_says "how many there are" "1 of 4 devices bound, 3 not, 1 files not usable"

	run_slicer 3 "pci bind --persist refuses the disk" pci bind "$disk" --persist
	says "it says what needs it" "is mounted on /mnt/data at boot (/etc/fstab)"
	mend_files
}

mend_files()
{
	run_slicer 0 "pci unbind --persist of the one that is gone" pci unbind "$alone" --persist
	says "it removes the file only" "only the file is removed"
	check_driver "$alone" e1000 "the card in its place keeps its driver"
	rm "$bind_dir/junk.conf" "$bind_dir/$twin.conf"
	umount /mnt/data
	sed -i '/^LABEL=labdata/d' /etc/fstab
	check "the unit can be started when all is well again" systemctl start "$bind_unit"
	check_driver "$disk" vfio-pci "the disk is bound then"
	files_are "two files are left" "$disk.conf" "$meant.conf"
	# As from GRUB's editor.
	sed -i '/^[[:space:]]*linux[[:space:]]/s/$/ systemd.mask=slicer-bind.service/' /boot/grub/grub.cfg
}

# A person ends it in a boot without the unit.
phase_persist-masked()
{
	check "the kernel was told to leave the unit out" has_word "$cmdline" "systemd.mask=$bind_unit"
	host_is_up inactive
	check_driver "$meant" e1000e "the one that is meant has its native driver"
	check_driver "$disk" nvme "the disk has its native driver"
	was_not_seen "$meant" vfio-pci
	was_not_seen "$disk" vfio-pci

	run_slicer 0 "pci unbind --persist of one" pci unbind "$disk" --persist
	files_are "its file is gone" "$meant.conf"
	check "the unit still is enabled" is_enabled
	run_slicer 0 "pci unbind --persist of the last" pci unbind "$meant" --persist
	files_are "its file is gone, too"
	check "the unit is disabled" is_disabled
	sed -i 's/ systemd.mask=slicer-bind.service$//' /boot/grub/grub.cfg
}

phase_persist-gone()
{
	check "the unit is left out no more" not_in_cmdline systemd.mask
	host_is_up inactive
	for device in "$twin" "$meant" "$alone" "$spare"; do
		check_driver "$device" e1000e "$device has its native driver"
	done
	check_driver "$disk" nvme "the disk has its native driver"
	check "the unit is disabled" is_disabled
	run_slicer 0 "pci restore" pci restore
	says "it says that there is nothing" "no device is bound at boot"
}
