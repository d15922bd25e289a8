# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by lib.sh
#
# The releases and the machines. Sourced by lib.sh: machine_is NAME says what a machine is
# made of. What the guest does and checks is in guest/$guest.sh for the way to a
# device in a VM, and in guest/SCENARIO.sh for the others.

vm_releases=(bookworm trixie sid)
vm_machines=(intel amd intel-efi intel-storage)
vm_scenarios=(passthrough trial cuts persist early devices)

one_of() # WORD WORD...
{
	local want=$1 word
	shift
	for word; do [[ $word != "$want" ]] || return 0; done
	return 1
}

machine_is()
{
	# See boot for no_timer_check, mitigations=off and norandmaps.
	lab_append="no_timer_check mitigations=off norandmaps"
	install_append="root=LABEL=labroot rw console=ttyS0 $lab_append quiet"
	machine=$1 guest=$1
	# Without what takes the emulator long: a fifth level of page tables, and string instructions that the kernel
	# and glibc believe to be fast.
	local cpu=la57=off,erms=off,fsrm=off
	case $machine in
	# Intel, GRUB, BIOS: its person once wrote intel_iommu=off. And the same with EFI, and with what makes LUKS,
	# md and LVM.
	intel | intel-efi | intel-storage)
		firmware=bios guest=intel
		packages=grub-pc
		[[ $machine != intel-storage ]] || packages+=,mdadm,lvm2,cryptsetup-bin
		if [[ $machine == intel-efi ]]; then
			firmware=efi
			packages=grub-efi-amd64,efibootmgr
		fi
		machine_args=(
			-machine "q35,kernel-irqchip=split" -cpu "max,vendor=GenuineIntel,$cpu"
			-device "intel-iommu,intremap=on,caching-mode=on"
		) ;;
	# AMD, systemd-boot, EFI. Its inner Linux runs under KVM: the emulated CPU has
	# AMD's virtualisation, which the Intel machine's has not.
	amd)
		firmware=efi
		# sudo is in the command that slicer prints.
		packages=systemd-boot,sudo
		machine_args=(
			-machine q35 -cpu "max,$cpu"
			-device "amd-iommu,intremap=on"
		) ;;
	*) die "no machine '$machine' (there are: ${vm_machines[*]})" ;;
	esac
	machine_args+=(
		-device "e1000e,addr=10,mac=52:54:00:00:00:01,romfile="
		-device "e1000e,addr=11,mac=52:54:00:00:00:02,romfile="
	)
}
