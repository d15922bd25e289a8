# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Moving devices about, one function per boot; ../devices.sh has QEMU's arguments.

old_nic=8086:100e	# e1000: two of them behind one bridge
igb=8086:10c9

phase_devices-set()
{
	run_slicer 0 "setup-iommu --yes --force" setup-iommu --yes --force
}

# ---- devices that the host uses ------------------------------------------------

phase_devices-used()
{
	disk=$(nth_device 1 "$extra")
	second=$(nth_device 2 "$extra")
	third=$(nth_device 3 "$extra")
	twin=$(nth_device 1 "$twins")

	mounted_disk
	stacked_disks
	nic_with_the_route
	group_behind_bridge
}

block_of() # ADDRESS OF AN NVME
{
	local block
	for block in "/sys/bus/pci/devices/$1"/nvme/nvme*/nvme*n1; do
		echo "/dev/${block##*/}"
	done
}

is_refused() # ADDRESS DRIVER WHAT TEXT
{
	run_slicer 3 "pci bind is refused: $3" pci bind "$1"
	says "it says why" "$4"
	check_driver "$1" "$2" "$1 keeps its driver"
	check_is "$1 has no driver_override" "(null)" "$(cat "/sys/bus/pci/devices/$1/driver_override")"
}

is_given_and_taken_back() # ADDRESS DRIVER WHAT
{
	run_slicer 0 "pci bind: $3" pci bind "$1"
	check_driver "$1" vfio-pci "$1 is bound"
	run_slicer 0 "pci bind --driver=original" pci bind "$1" --driver=original
	check_driver "$1" "$2" "$1 is back on $2"
	udevadm settle --timeout=60
}

mounted_disk()
{
	local block
	block=$(block_of "$disk")
	check "the nvme has a filesystem" mkfs.ext4 -q "$block"
	mkdir -p /run/mounted
	mount "$block" /run/mounted
	is_refused "$disk" nvme "a mounted filesystem" "/run/mounted"
	umount /run/mounted

	check "the nvme becomes swap space" mkswap "$block"
	swapon "$block"
	is_refused "$disk" nvme "swap space that is in use" swap
	swapoff "$block"
	is_given_and_taken_back "$disk" nvme "an nvme that nobody uses"
}

# ext4 on LVM on a mirror of two disks, each of them encrypted.
stacked_disks()
{
	local n=1 device keys=/run/key

	head -c 32 /dev/urandom > $keys
	for device in "$second" "$third"; do
		check "LUKS on $device" luks "$(block_of "$device")" "crypt$n" $keys
		n=$((n + 1))
	done
	check "md over both" mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 \
		/dev/mapper/crypt1 /dev/mapper/crypt2
	check "LVM over md" eval 'vgcreate labvg /dev/md0 && lvcreate --yes -L 16M -n lv labvg'
	check "ext4 on LVM" mkfs.ext4 -q /dev/labvg/lv
	mkdir -p /run/stacked
	mount /dev/labvg/lv /run/stacked
	lsblk
	for device in "$second" "$third"; do
		is_refused "$device" nvme "a filesystem on LVM on md on LUKS on it" "/run/stacked"
	done
	umount /run/stacked
	for device in "$second" "$third"; do
		is_refused "$device" nvme "a volume without a mount" "$(block_of "$device" | sed 's|/dev/||')"
	done
	check "all of it is taken apart" eval 'vgchange -an labvg && mdadm --stop /dev/md0 &&
		cryptsetup close crypt1 && cryptsetup close crypt2'
	is_given_and_taken_back "$second" nvme "an nvme with LUKS on it that is not open"
}
luks() # BLOCK NAME KEYFILE
{
	# Few iterations: it is no secret, and the processor is emulated.
	cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$1" "$3" &&
		cryptsetup open --key-file "$3" "$1" "$2"
}

nic_with_the_route()
{
	local net
	net=$(basename "/sys/bus/pci/devices/$twin/net/"*)
	busybox ip link set "$net" up
	busybox ip addr add 192.0.2.2/24 dev "$net"
	busybox ip route add default via 192.0.2.1 dev "$net"
	busybox ip route
	is_refused "$twin" e1000e "the NIC of the default route" "route"
	busybox ip route del default
	busybox ip addr del 192.0.2.2/24 dev "$net"
	busybox ip link set "$net" down
	is_given_and_taken_back "$twin" e1000e "a NIC that is down"
}

# A bridge to conventional PCI can't tell what is behind it apart (pci_for_each_dma_alias(), drivers/pci/search.c).
group_behind_bridge()
{
	local one two bridge
	one=$(nth_device 1 "$old_nic")
	two=$(nth_device 2 "$old_nic")
	bridge=$(basename "$(dirname "$(readlink -f "/sys/bus/pci/devices/$one")")")

	check_is "both NICs behind the bridge are in one group" "$(group_of "$one")" "$(group_of "$two")"
	run_slicer 0 "pci show of one of them" pci show "$one"
	says "it names the other" "$two"
	says "it names the bridge" "$bridge"
	run_slicer 0 "pci bind of one of them" pci bind "$one"
	says "it warns of the other" "IOMMU group $(group_of "$one") also holds $two (e1000)"
	check_driver "$two" e1000 "the other keeps its driver"
	run_slicer 0 "pci bind --group" pci bind "$one" --group
	check_driver "$one" vfio-pci "the first is bound"
	check_driver "$two" vfio-pci "the second is bound, too"
	check "the bridge is left alone" test "$(driver_of "$bridge")" != vfio-pci
	run_slicer 0 "pci bind --group --driver=original" pci bind "$one" --group --driver=original
	check_driver "$one" e1000 "the first is back"
	check_driver "$two" e1000 "the second is back"
}

# ---- a device that is moved often ------------------------------------------------

phase_devices-moved()
{
	twin=$(nth_device 1 "$twins")
	other=$(nth_device 2 "$twins")

	two_at_once
	killed_at_each_step
	there_and_back 200
}

there_and_back() # TIMES
{
	local i start=$SECONDS out
	for ((i = 0; i < $1; i++)); do
		out=$(slicer pci bind "$twin" 2>&1) && [ "$(driver_of "$twin")" = vfio-pci ] || break
		out=$(slicer pci bind "$twin" --driver=original 2>&1) && [ "$(driver_of "$twin")" = e1000e ] || break
	done
	[ "$i" = "$1" ] || { echo "$out"; tap "# $out"; }
	check_is "a NIC is bound and given back $1 times" "$1" "$i"
	story "it took $((SECONDS - start)) s"
	check "its network interface is there" test -d "/sys/bus/pci/devices/$twin/net"
	check_driver "$other" e1000e "the other twin never moved"
	check "the kernel's log has no trace of a fault" eval '! dmesg | grep -E "BUG|WARNING|Call Trace|DMAR.*fault"'
}

# Two slicers for two devices, and two for one. Each does all of it or says that another is at work.
two_at_once()
{
	local round bad=0 idle=0 refused=0 did=0
	for round in 1 2 3 4 5 6 7 8; do
		two_bind "$twin" "$other"
		two_bind "$twin" "$twin"
	done
	story "two at once, $round rounds: $did did it, $refused were refused"
	echo "two at once, $round rounds: $did did it, $refused were refused"
	check_is "of two slicers at once, each did all of it or was refused" 0 "$bad"
	check_is "at least one of the two did it, each time" 0 "$idle"
}
# Both devices go to VFIO at once, and back.
two_bind() # ADDRESS ADDRESS
{
	local status a b before=$did
	slicer pci bind "$1" > /run/a 2>&1 &
	a=$!
	slicer pci bind "$2" > /run/b 2>&1 &
	b=$!
	status=0; wait $a || status=$?
	count_end "$status" "$1" vfio-pci /run/a
	status=0; wait $b || status=$?
	count_end "$status" "$2" vfio-pci /run/b
	[ "$did" -gt "$before" ] || idle=$((idle + 1))
	slicer pci bind "$1" "$2" --driver=original > /run/a 2>&1 || bad=$((bad + 1))
	[ "$(driver_of "$1") $(driver_of "$2")" = "e1000e e1000e" ] || bad=$((bad + 1))
}
count_end() # STATUS ADDRESS DRIVER OUTPUT
{
	case $1 in
	0)
		did=$((did + 1))
		[ "$(driver_of "$2")" = "$3" ] && return ;;
	3)
		refused=$((refused + 1))
		grep -q "another slicer" "$4" && return ;;
	esac
	bad=$((bad + 1))
	tap "# $2: exit $1, driver $(driver_of "$2")"
	sed 's/^/# /' "$4" | while IFS= read -r line; do tap "$line"; done
}

# A bind that is killed at any call that changes something, in sysfs too: the same command again finishes it,
# and the device can be given back.
killed_at_each_step()
{
	local n=0 status=0 bad=0 left=0 now
	install -m 755 /mnt/host/guest/stopper /usr/local/bin/stopper
	while [ "$n" -lt 200 ]; do
		n=$((n + 1)) status=0
		stopper -o /run/stopper kill "$n" -- /usr/local/sbin/slicer pci bind "$twin" > /run/a 2>&1 || status=$?
		[ "$status" = 200 ] || break
		now=$(driver_of "$twin")
		case $now in
		e1000e | vfio-pci | none) ;;
		*) bad=$((bad + 1)) ;;
		esac
		[ "$now" != none ] || { left=$((left + 1)); doctor_names_it "$n"; }
		again "$n" vfio-pci pci bind "$twin"
		again "$n" e1000e pci bind "$twin" --driver=original
		[ "$(cat "/sys/bus/pci/devices/$twin/driver_override")" = "(null)" ] || bad=$((bad + 1))
	done
	story "killed at $((n - 1)) steps, after $left of them the device had no driver"
	echo "killed at $((n - 1)) steps, after $left of them the device had no driver"
	check "the bind was killed at several steps" test "$n" -gt 5
	check "a kill between unbind and probe was among them" test "$left" -gt 0
	check_is "a bind that no kill reached ends well" 201 "$status"
	check_driver "$twin" vfio-pci "it has bound the twin"
	check_is "after each kill the same command finishes it, and the way back works" 0 "$bad"
	again end e1000e pci bind "$twin" --driver=original
	check_driver "$twin" e1000e "the twin is back on e1000e"
}
again() # STEP DRIVER ARGUMENTS...
{
	local step=$1 driver=$2 out
	shift 2
	if ! out=$(slicer "$@" 2>&1) || [ "$(driver_of "$twin")" != "$driver" ]; then
		bad=$((bad + 1))
		tap "# killed at step $step, then slicer $*: driver $(driver_of "$twin"), $out"
	fi
}
# Once is enough: doctor takes long here.
doctor_names_it() # STEP
{
	[ "$left" = 1 ] || return 0
	slicer doctor > /run/doctor 2>&1
	check "doctor names what a bind that was killed left" \
		grep -F "$twin has the driver_override vfio-pci, and has no driver" /run/doctor
}

# ---- virtual functions -------------------------------------------------------------

phase_devices-vfs()
{
	local pf vf vf2 vfs
	pf=$(nth_device 1 "$igb")
	check_driver "$pf" igb "the igb has its native driver"
	run_slicer 0 "pci show of the igb" pci show "$pf"
	check "two virtual functions are made" eval "echo 2 > /sys/bus/pci/devices/$pf/sriov_numvfs"
	udevadm settle --timeout=60
	vf=$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn0")")
	vf2=$(basename "$(readlink "/sys/bus/pci/devices/$pf/virtfn1")")
	check_driver "$vf" igbvf "a virtual function has its native driver"

	run_slicer 3 "pci bind of the igb is refused" pci bind "$pf"
	says "it names a virtual function" "$vf"
	check_driver "$pf" igb "the igb keeps its driver"
	run_slicer 3 "pci bind --persist of a virtual function is refused" pci bind "$vf" --persist
	check_driver "$vf" igbvf "it keeps its driver"
	vfs=$(slicer pci list --json | jq -r ".devices[] | select(.physfn == \"$pf\") | .address" | paste -s -d ' ')
	check_is "pci list --json has them with their physical function" "$vf $vf2" "$vfs"
	run_slicer 0 "pci show of the igb" pci show "$pf"
	says "it names the first" "$vf"
	says "it names the second" "$vf2"

	run_slicer 0 "pci bind of a virtual function" pci bind "$vf"
	check_driver "$vf" vfio-pci "it is bound"
	check_driver "$vf2" igbvf "the other is not"
	check_driver "$pf" igb "the igb itself is not"
	run_slicer 0 "pci bind --driver=original" pci bind "$vf" --driver=original
	check_driver "$vf" igbvf "it is back on igbvf"

	echo 0 > "/sys/bus/pci/devices/$pf/sriov_numvfs"
	is_given_and_taken_back "$pf" igb "the igb without virtual functions"
}
