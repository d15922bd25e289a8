/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: QEMU's docs/system (intel-iommu, amd-iommu); VMware's article 88161
 * (vvtd.enable); VBoxManage's manual, modifyvm; Microsoft's documentation of Discrete
 * Device Assignment, which is done on the Hyper-V host, and ExHyperV #62 (a guest there
 * has no IOMMU); Xen's xl(1), pci-attach. Amazon's bare-metal types are called m5.metal,
 * or m7i.metal-24xl: systemd's src/basic/virt.c takes both for physical machines.
 */
#include "policy/guest.h"

static const struct {
	const char *hypervisor, *advice;
} guests[] = {
	{ "Hyper-V", "Hyper-V gives a guest no IOMMU that could be switched on: assign "
		     "the device to this machine on the Hyper-V host (Discrete Device "
		     "Assignment), or run slicer on a physical machine" },
	{ "VMware", "switch on the virtual IOMMU of this machine (vvtd.enable = \"TRUE\" "
		    "in its .vmx file, or I/O MMU among the settings of its processor) "
		    "and start it again" },
	{ "VirtualBox", "on VirtualBox's host, with this machine off: VBoxManage "
			"modifyvm NAME --chipset ich9 --iommu automatic" },
	{ "Xen", "Xen gives a guest no IOMMU that could be switched on: pass the device "
		 "to this machine in its dom0 (xl pci-attach), or run slicer on a "
		 "physical machine" },
	{ "Amazon EC2", "an instance has no IOMMU that could be switched on: take a "
			"bare-metal instance type (with .metal in its name)" },
	{ "Google Compute Engine", "an instance has no IOMMU that could be switched on: "
				   "take a bare-metal machine type (its name ends in "
				   "-metal)" },
	{ "Alibaba Cloud", "take a bare-metal instance: nothing is known of an IOMMU for "
			   "the others" },
};

const char *guest_iommu_advice(const struct platform_facts *p, enum cpu_vendor vendor)
{
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++)
		if (str_eq(p->hypervisor, guests[i].hypervisor))
			return guests[i].advice;
	if (!str_eq(p->hypervisor, "QEMU"))
		return "run slicer on the physical host; nothing is known of an IOMMU "
		       "that this hypervisor could give the virtual machine";
	return vendor == CPU_AMD
		       ? "run slicer on the physical host, or give this virtual machine "
			 "an IOMMU there (QEMU: -machine q35 -device "
			 "amd-iommu,intremap=on)"
		       : "run slicer on the physical host, or give this virtual machine "
			 "an IOMMU there (QEMU: -machine q35,kernel-irqchip=split "
			 "-device intel-iommu,intremap=on,caching-mode=on)";
}
