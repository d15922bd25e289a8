# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by lib.sh
#
# The two machines. Sourced by lib.sh: machine_is NAME says what a machine is
# made of. What the guest does and checks is in guest/NAME.sh for the way to a
# device in a VM, and in guest/SCENARIO.sh for the others.

machine_is()
{
	machine=$1
	install_append="root=LABEL=labroot rw console=ttyS0 no_timer_check mitigations=off quiet"
	case $machine in
	# Intel, GRUB, BIOS: its person once wrote intel_iommu=off.
	intel)
		firmware=bios
		packages=grub-pc,grub2-common
		machine_args=(
			# A script is never on two CPUs, and to emulate the second one's share of
			# the kernel's work costs a quarter more, which the other machine wants.
			-smp 1
			-machine "q35,kernel-irqchip=split" -cpu "max,vendor=GenuineIntel"
			-device "intel-iommu,intremap=on,caching-mode=on"
		) ;;
	# AMD, systemd-boot, EFI. Its inner Linux runs under KVM: the emulated CPU has
	# AMD's virtualisation, which the Intel machine's has not.
	amd)
		firmware=efi
		# sudo is in the command that slicer prints.
		packages=systemd-boot,sudo
		machine_args=(
			# With one CPU, the machine sometimes sleeps for ever once the inner one runs.
			-smp 2
			-machine q35 -cpu max
			-device "amd-iommu,intremap=on"
		) ;;
	*) die "no machine '$machine' (there are: intel amd)" ;;
	esac
	machine_args+=(
		-device "e1000e,addr=10,mac=52:54:00:00:00:01,romfile="
		-device "e1000e,addr=11,mac=52:54:00:00:00:02,romfile="
		-drive "if=none,id=extra,file=$lab/work/$machine/nvme.img,format=raw"
		-device "nvme,drive=extra,serial=lab,addr=12"
	)
}
