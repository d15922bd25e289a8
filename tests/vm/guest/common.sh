# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What both machines go through. Each machine's file says the parameter that
# is its own: $iommu_off, $iommu_on.

twins=8086:10d3
extra=1b36:0010		# QEMU's nvme

# Every driver that a machine of a person's would have at work is at work.
check_native()
{
	check_driver "$(nth_device 1 "$twins")" e1000e "twin 1 has its native driver"
	check_driver "$(nth_device 2 "$twins")" e1000e "twin 2 has its native driver"
	check_driver "$(nth_device 1 "$extra")" nvme "the nvme has its native driver"
}

wanted_in() # LINE
{
	has_word "$1" "$iommu_on" && has_word "$1" iommu=pt && lacks_word "$1" "$iommu_off"
}

remember_start()
{
	cp /proc/cmdline "$state/cmdline.start"
	tree_content /etc > "$state/etc.start"
}

# From a blocked machine to one that only has to reboot.
from_blocked_to_reboot()
{
	check "the machine starts with $iommu_off" has_word "$cmdline" "$iommu_off"
	check_is "there are no IOMMU groups yet" 0 "$(groups_count)"
	check_native
	remember_start
	verdict blocked 1

	tree_state /etc /boot > /run/before
	run_slicer 3 "setup-iommu --yes refuses" setup-iommu --yes
	says "the refusal names $iommu_off" "$iommu_off"
	tree_state /etc /boot > /run/after
	check "a refusal changes no file below /etc and /boot" same_file /run/before /run/after

	run_slicer 0 "setup-iommu --yes --force --dry-run shows the plan" setup-iommu --yes --force --dry-run
	run_slicer 1 "setup-iommu --yes --force --check would change" setup-iommu --yes --force --check
	tree_state /etc /boot > /run/after
	check "a dry run changes no file below /etc and /boot" same_file /run/before /run/after

	touch /run/before-setup
	run_slicer 0 "setup-iommu --yes --force" setup-iommu --yes --force
	check "next-steps.txt is kept" test -s /var/lib/slicer/next-steps.txt
	check "the initramfs was built again, and is whole" rebuilt "/boot/initrd.img-$(uname -r)"
	verdict reboot-needed 1

	tree_state /etc /boot > /run/before
	run_slicer 0 "a second setup-iommu --yes" setup-iommu --yes
	tree_state /etc /boot > /run/after
	check "a second run changes no file below /etc and /boot" same_file /run/before /run/after
}

rebuilt() # IMAGE
{
	[ "$1" -nt /run/before-setup ] && image_has "$1" virtio_blk.ko && image_has "$1" bin/udevadm
}
image_has() # IMAGE END-OF-A-NAME
{
	lsinitramfs "$1" > /run/image || return
	grep -E "$2(\.xz|\.zst)?\$" /run/image || { echo "no $2 in $1"; return 1; }
}

after_reboot_ready()
{
	check "the kernel was given $iommu_on" has_word "$cmdline" "$iommu_on"
	check "the kernel was given iommu=pt" has_word "$cmdline" iommu=pt
	check "the kernel was not given $iommu_off" lacks_word "$cmdline" "$iommu_off"
	check "console= is still there twice" test "$(echo "$cmdline" | grep -o console= | wc -l)" = 2
	check "IOMMU groups exist" test "$(groups_count)" -gt 0
	check_native
	verdict ready 0
	run_slicer 0 "setup-iommu --check after the reboot has nothing to do" setup-iommu --check
}

# One of two identical devices goes to vfio-pci; nothing else moves.
bind_one_twin()
{
	twin=$(nth_device 1 "$twins")
	other=$(nth_device 2 "$twins")

	run_slicer 0 "pci list" pci list
	says "pci list has the columns' heads" \
		"ADDRESS      CLASS    VENDOR   DEVICE   DESCRIPTION"
	check "pci list shows the twin with its ids and driver" \
		grep -Eq "^$twin +0200 +8086 +10d3 +.* +[0-9]+ +e1000e *\$" /run/said
	check "pci list --json has every function" test \
		"$(slicer pci list --json | jq '.devices | length')" = "$(lspci | wc -l)"

	root_disk=$(lspci -Dnd 1af4: | sed -n '/ 0100: /s/ .*//p')
	run_slicer 3 "pci bind refuses the root disk" pci bind "$root_disk"
	check_driver "$root_disk" virtio-pci "the root disk keeps its driver"

	run_slicer 0 "pci bind" pci bind "$twin"
	check_driver "$twin" vfio-pci "the twin is on vfio-pci"
	check_driver "$other" e1000e "the other twin keeps e1000e"
	run_slicer 0 "pci list after the bind" pci list
	group=$(basename "$(readlink "/sys/bus/pci/devices/$twin/iommu_group")")
	check "pci list shows the VFIO group and the driver" \
		grep -Eq "^$twin .* $group +$group +vfio-pci *\$" /run/said
	run_slicer 0 "a second pci bind is done already" pci bind "$twin"
	check_driver "$twin" vfio-pci "and the twin still is on vfio-pci"

	run_slicer 0 "vm command" vm command "$twin"
	cp /run/said "$state/vm-command.txt"
	says "vm command names QEMU" qemu-system-x86_64
	says "vm command names the device" "$twin"
}

give_twin_back()
{
	run_slicer 0 "pci unbind" pci unbind "$twin"
	check_driver "$twin" none "the twin has no driver"
	check_is "the twin has no driver_override" "(null)" "$(cat "/sys/bus/pci/devices/$twin/driver_override")"
	run_slicer 0 "pci bind --driver=e1000e" pci bind "$twin" --driver=e1000e
	check_driver "$twin" e1000e "the twin is back on e1000e"
	check_driver "$other" e1000e "the other twin still is on e1000e"
	check "the twin's network interface is back" test -d "/sys/bus/pci/devices/$twin/net"
}

# One --undo takes back all that slicer changed, however many runs there were.
undo()
{
	run_slicer 0 "setup-iommu --undo --yes" setup-iommu --undo --yes
	tree_content /etc > /run/etc.now
	check "every file below /etc is as it was before slicer" same_file "$state/etc.start" /run/etc.now
}

cmdline_as_before()
{
	check_is "the kernel's command line is as it was before slicer" "$(cat "$state/cmdline.start")" "$cmdline"
	check_native
	verdict blocked 1
}
