# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The AMD machine with systemd-boot: one function per boot.

iommu_off=amd_iommu=off
iommu_on=amd_iommu=on
# shellcheck source=common.sh
. /mnt/host/guest/common.sh

phase_blocked()
{
	from_blocked_to_reboot
	check "/etc/kernel/cmdline has the wanted parameters" wanted_in "$(cat /etc/kernel/cmdline)"
	check "the boot entry has the wanted parameters" wanted_in "$(grep -h ^options /boot/efi/loader/entries/*.conf)"
}
wanted_in() # LINE
{
	has_word "$1" "$iommu_on" && has_word "$1" iommu=pt && lacks_word "$1" "$iommu_off"
}

phase_ready()
{
	after_reboot_ready
	bind_one_twin
	check "a Linux inside sees and drives the twin" linux_inside "$state/vm-command.txt"
	give_twin_back
	undo
	check "the boot entry is as it was" has_word "$(grep -h ^options /boot/efi/loader/entries/*.conf)" "$iommu_off"
}

# Starts the command that slicer printed, with a kernel and an initramfs added
# at its end instead of a disk, and reads the inner machine's console.
linux_inside() # FILE WITH SLICER'S OUTPUT
{
	local mac

	modprobe kvm_amd
	mac=$(cat "/sys/bus/pci/devices/$other/net/"*/address)
	inner_initramfs /tmp/inner
	inner_command "$1" > /tmp/inner.sh
	cp /tmp/inner.sh "$state/inner.sh"
	timeout 400 bash /tmp/inner.sh > /tmp/inner.log 2>&1 < /dev/null
	tr -d '\r' < /tmp/inner.log > "$state/inner-console.log"
	cat "$state/inner-console.log"
	grep '^inner: ' "$state/inner-console.log" | while IFS= read -r line; do story "$line"; done

	# The address on the wire is read from the device itself, so this is the
	# device at work and not only a line of configuration space.
	grep -q "^inner: pci .* 0x8086 0x10d3 " "$state/inner-console.log" &&
		grep -q "^inner: mac 52:54:00:00:00:01\$" "$state/inner-console.log" &&
		[ "$mac" = 52:54:00:00:00:02 ]
}

inner_initramfs() # FILE
{
	local dir=/tmp/inner.d module
	mkdir -p $dir/bin $dir/proc $dir/sys $dir/dev
	cp /bin/busybox $dir/bin/
	for module in $(modprobe --show-depends e1000e | awk '$1 == "insmod" { print $2 }'); do
		cp "$module" $dir/
		echo "insmod /${module##*/}" >> $dir/modules
	done
	cat > $dir/init <<-'EOF'
	#!/bin/busybox sh
	/bin/busybox --install /bin
	export PATH=/bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	echo
	echo "inner: $(uname -r) is up"
	for d in /sys/bus/pci/devices/*; do
		echo "inner: pci $(basename $d) $(cat $d/vendor $d/device $d/class | tr '\n' ' ')"
	done
	. /modules
	sleep 1
	for n in /sys/class/net/eth*; do
		echo "inner: mac $(cat $n/address)"
	done
	poweroff -f
	EOF
	chmod +x $dir/init
	(cd $dir && find . | busybox cpio -o -H newc | gzip -1 > "$1")
}

# The QEMU command out of slicer's output, on one line, with ours at its end:
# QEMU takes the last of two contradicting options.
inner_command() # FILE
{
	local command

	command=$(awk '/qemu-system-x86_64/ { on = 1 }
		on { more = sub(/\\$/, ""); printf "%s ", $0; if (!more) exit }' "$1")
	printf '%s -m 256 -smp 1 -nodefaults -display none -serial stdio -no-reboot' "$command"
	printf ' -kernel %s -initrd /tmp/inner -append "console=ttyS0 panic=-1 quiet"\n' "/boot/vmlinuz-$(uname -r)"
}

phase_undone()
{
	cmdline_as_before
}
