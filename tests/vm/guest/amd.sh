# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The AMD machine with systemd-boot: one function per boot.

iommu_off=amd_iommu=off
iommu_on=amd_iommu=on
trial_entry=/boot/efi/loader/entries/slicer-trial.conf
# shellcheck source=common.sh
. /mnt/host/guest/common.sh

menu_files() { find /boot/efi/loader -name '*.conf' ! -name slicer-trial.conf; }
menu_is_wanted() { wanted_in "$(grep -h ^options /boot/efi/loader/entries/*.conf)"; }
# Kernel and initramfs in the ESP are those of /boot.
boots_whole()
{
	local kind file
	for kind in linux initrd; do
		file=$(sed -n "s/^$kind  *//p" /boot/efi/loader/entries/*.conf) || return
		cmp "/boot/efi$file" "/boot/$([ $kind = linux ] && echo vmlinuz || echo initrd.img)-$(uname -r)" || return
	done
}

phase_blocked()
{
	from_blocked_to_reboot
	check "/etc/kernel/cmdline has the wanted parameters" wanted_in "$(cat /etc/kernel/cmdline)"
	check "the boot entry has the wanted parameters" wanted_in "$(grep -h ^options /boot/efi/loader/entries/*.conf)"
}
phase_ready()
{
	after_reboot_ready
	bind_one_twin
	bind_nvme_too
	check "a Linux inside sees and drives the twin" linux_inside "$state/vm-command.txt"
	give_twin_back
	nvme_has_what_was_written
	undo
	check "the boot entry is as it was" has_word "$(grep -h ^options /boot/efi/loader/entries/*.conf)" "$iommu_off"
}

bind_nvme_too()
{
	nvme=$(nth_device 1 "$extra")
	run_slicer 0 "pci bind of the nvme" pci bind "$nvme"
	check_driver "$nvme" vfio-pci "the nvme is on vfio-pci"
	run_slicer 0 "vm command for both" vm command "$twin" "$nvme"
	cp /run/said "$state/vm-command.txt"
	says "vm command names the nvme" "$nvme"
}

# The inner Linux wrote random bytes to the nvme, and read them again.
nvme_has_what_was_written()
{
	local wrote read_inside there block
	wrote=$(sed -n 's/^inner: nvme wrote 4194304 bytes, //p' "$state/inner-console.log")
	read_inside=$(sed -n 's/^inner: nvme read //p' "$state/inner-console.log")
	run_slicer 0 "pci bind of the nvme --driver=original" pci bind "$nvme" --driver=original
	check_driver "$nvme" nvme "the nvme is back on nvme"
	udevadm settle --timeout=60
	for block in "/sys/bus/pci/devices/$nvme"/nvme/nvme*/nvme*n1; do :; done
	there=$(head -c 4194304 "/dev/${block##*/}" | sha256sum | cut -d ' ' -f 1)
	story "the nvme, SHA-256 of its first 4 MiB: written inside $wrote, read inside $read_inside, read by the host $there"
	check "the inner Linux had 4 MiB to write to the nvme" test "${#wrote}" = 64
	check_is "the inner Linux reads what it wrote to the nvme" "$wrote" "$read_inside"
	check_is "the host reads it, too" "$wrote" "$there"
}

# Starts the inner machine with the very text that slicer printed: its variables
# say a small machine and an empty disk, its "$@" takes a kernel to start instead.
# The firmware in the flash is SeaBIOS: UEFI's writes to CR8, done under SVM in
# software, run into an assertion of QEMU 7.2 on the outside.
linux_inside() # FILE WITH SLICER'S OUTPUT
{
	local mac try status

	modprobe kvm_amd
	mac=$(cat "/sys/bus/pci/devices/$other/net/"*/address)
	inner_initramfs /tmp/inner
	truncate -s 1M /tmp/disk.img
	truncate -s 64K /tmp/vars.img
	# Under emulated SVM an inner machine was seen to sleep for ever. Only that,
	# the time limit, may be tried again, and the result says so.
	for try in 1 2 3; do
		inner_boot "$1" > /tmp/inner.log 2>&1 < /dev/null
		status=$?
		[ "$status" = 124 ] || break
		tap "# the inner machine came to no end, try $try of 3"
		story "the inner machine came to no end, try $try of 3"
	done
	tr -d '\r' < /tmp/inner.log > "$state/inner-console.log"
	cat "$state/inner-console.log"
	grep '^inner: ' "$state/inner-console.log" | while IFS= read -r line; do story "$line"; done

	# The MAC is read from the device's own registers, so this is the device
	# at work and not only a line of configuration space.
	grep -q "^inner: pci .* 0x8086 0x10d3 " "$state/inner-console.log" &&
		grep -q "^inner: mac 52:54:00:00:00:01\$" "$state/inner-console.log" &&
		[ "$mac" = 52:54:00:00:00:02 ]
}

# noxsave: the sizes of the processor's state don't add up in an emulated machine inside an emulated one, and Linux
# 7.2 dies of that (fpu__init_system_xstate()).
inner_boot() # FILE WITH SLICER'S OUTPUT
{
	DISK=/tmp/disk.img MEMORY=256M CPUS=1 \
		FIRMWARE=/usr/share/seabios/bios-256k.bin VARS=/tmp/vars.img \
		timeout 180 bash "$1" -no-reboot \
		-kernel "/boot/vmlinuz-$(uname -r)" -initrd /tmp/inner \
		-append "console=ttyS0 panic=-1 quiet noxsave"
}

inner_initramfs() # FILE
{
	local dir=/tmp/inner.d module
	mkdir -p $dir/bin $dir/proc $dir/sys $dir/dev
	cp /bin/busybox $dir/bin/
	for module in $(for name in e1000e nvme; do modprobe --show-depends $name; done |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
		cp "$module" $dir/
		echo "insmod /${module##*/}" >> $dir/modules
	done
	cat > $dir/init <<-'EOF'
	#!/bin/busybox sh
	/bin/busybox --install /bin
	export PATH=/bin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev
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
	head -c 4194304 /dev/urandom > /written
	echo "inner: nvme wrote $(wc -c < /written) bytes, $(sha256sum < /written | cut -d ' ' -f 1)"
	dd if=/written of=/dev/nvme0n1 bs=1M conv=fsync
	blockdev --flushbufs /dev/nvme0n1
	echo 3 > /proc/sys/vm/drop_caches
	echo "inner: nvme read $(head -c 4194304 /dev/nvme0n1 | sha256sum | cut -d ' ' -f 1)"
	poweroff -f
	EOF
	chmod +x $dir/init
	(cd $dir && find . | busybox cpio -o -H newc | gzip -1 > "$1")
}

phase_undone()
{
	cmdline_as_before
}
