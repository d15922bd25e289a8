/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups "platform" and "firmware": can this machine do it, and is it switched on there?
 */
#include "policy/checks.h"
#include "policy/guest.h"

#define PLATFORM "platform"
#define FIRMWARE "firmware"

static void check_arch(const struct platform_facts *p, struct checks *ret)
{
	struct check *c;

	if (!p->arch) {
		c = check_add(ret, "platform.arch", PLATFORM, CHECK_SKIP,
			      "the architecture is not known", NULL);
		check_fix_start(c);
	} else if (strcmp(p->arch, "x86_64") == 0) {
		check_add(ret, "platform.arch", PLATFORM, CHECK_PASS, "architecture",
			  "%s", p->arch)
			->minor = true;
	} else {
		c = check_add(ret, "platform.arch", PLATFORM, CHECK_FAIL,
			      "VFIO passthrough is set up on x86_64 only", "%s", p->arch);
		strv_add(&c->fix, "use an x86_64 machine");
	}
}

static void check_container(const struct platform_facts *p, struct checks *ret)
{
	struct check *c;

	if (!p->container) {
		check_add(ret, "platform.container", PLATFORM, CHECK_PASS,
			  "not in a container", NULL)
			->minor = true;
		return;
	}
	c = check_add(ret, "platform.container", PLATFORM, CHECK_FAIL,
		      "a container has no kernel of its own", "%s", p->container);
	strv_add(&c->fix, "run slicer on the host itself");
}

static void check_virtualized(const struct diagnosis *d, struct checks *ret)
{
	const struct platform_facts *p = &d->facts->platform;
	const char *evidence = p->virt_evidence ? p->virt_evidence : "no reason is known";
	struct check *c;

	if (p->virtualized == TRI_UNKNOWN) {
		c = check_add(ret, "platform.virtualized", PLATFORM, CHECK_SKIP,
			      "can't tell whether this is a virtual machine", NULL);
		check_fix_start(c);
	} else if (p->virtualized == TRI_NO) {
		check_add(ret, "platform.virtualized", PLATFORM, CHECK_PASS,
			  "a physical machine", NULL);
	} else if (judge_is_bare_vm(d)) {
		c = check_add(ret, "platform.virtualized", PLATFORM, CHECK_FAIL,
			      "a virtual machine without a virtual IOMMU", "%s%s%s",
			      p->hypervisor ? p->hypervisor : "",
			      p->hypervisor ? "; " : "", evidence);
		strv_add(&c->fix, guest_iommu_advice(p, diagnosis_vendor(d)));
	} else {
		check_add(ret, "platform.virtualized", PLATFORM, CHECK_PASS,
			  "a virtual machine", "%s", evidence);
	}
}

static void check_cpu(const struct diagnosis *d, struct checks *ret)
{
	const struct cpu_facts *cpu = &d->facts->cpu;
	enum cpu_vendor vendor = diagnosis_vendor(d);
	const char *evidence = cpu->evidence ? cpu->evidence
			       : d->wanted   ? "by --vendor"
					     : "no /proc/cpuinfo";
	struct check *c;

	if (cpu->foreign) {
		c = check_add(ret, "platform.cpu", PLATFORM, CHECK_FAIL,
			      "the processor is not an x86_64 one", "%s", evidence);
		strv_add(&c->fix, "use an x86_64 machine");
	} else if (!d->wanted) {
		c = check_add(ret, "platform.cpu", PLATFORM,
			      cpu->vendor == CPU_OTHER ? CHECK_WARN : CHECK_SKIP,
			      "the processor's vendor is not known", "%s", evidence);
		strv_add(&c->fix, "say it with --vendor intel or --vendor amd");
	} else if (cpu->virtualization == TRI_NO &&
		   d->facts->platform.virtualized == TRI_YES) {
		c = check_add(ret, "platform.cpu", PLATFORM, CHECK_WARN,
			      "this virtual machine can't run virtual machines", "%s",
			      evidence);
		strv_add(&c->fix, "switch nested virtualization on at its host");
	} else if (cpu->virtualization == TRI_NO) {
		c = check_add(ret, "platform.cpu", PLATFORM, CHECK_FAIL,
			      "the processor does not offer virtualization", "%s",
			      evidence);
		strv_addf(&c->fix, "in the firmware set-up enable %s",
			  vendor == CPU_AMD ? "\"SVM Mode\""
					    : "\"Intel Virtualization Technology\" "
					      "(VT-x)");
	} else {
		check_add(ret, "platform.cpu", PLATFORM, CHECK_PASS,
			  vendor == CPU_AMD ? "AMD processor" : "Intel processor", "%s",
			  cpu->model ? cpu->model : evidence);
	}
}

/* Only said where it applies: a system whose command line is not slicer's to edit. */
static void check_system(const struct platform_facts *p, struct checks *ret)
{
	struct check *c;

	if (p->hypervisor_dom0) {
		c = check_add(ret, "platform.system", PLATFORM, CHECK_FAIL,
			      "a hypervisor owns the IOMMU here", "%s",
			      p->hypervisor_dom0);
		strv_add(&c->fix,
			 "use the hypervisor's own tools (xl pci-assignable-add)");
	}
	if (p->live_medium) {
		c = check_add(ret, "platform.system", PLATFORM, CHECK_WARN,
			      "a live system forgets what is set up", "%s",
			      p->live_medium);
		strv_add(&c->fix, "start the installed system");
	}
	if (p->immutable) {
		c = check_add(ret, "platform.system", PLATFORM, CHECK_WARN,
			      "this system manages its own boot entries", "%s",
			      p->immutable);
		strv_add(&c->fix, p->immutable_advice
					  ? p->immutable_advice
					  : "use its own way to set kernel arguments");
	}
}

void checks_platform(const struct diagnosis *d, struct checks *ret)
{
	check_arch(&d->facts->platform, ret);
	check_container(&d->facts->platform, ret);
	check_virtualized(d, ret);
	check_cpu(d, ret);
	check_system(&d->facts->platform, ret);
}

static void check_mode(const struct diagnosis *d, struct checks *ret)
{
	const struct platform_facts *p = &d->facts->platform;
	const struct efi_facts *efi = &d->facts->efi;
	struct check *c;

	if (!p->firmware_known) {
		c = check_add(ret, "firmware.mode", FIRMWARE, CHECK_SKIP,
			      "UEFI or BIOS is not known", "there is no /sys to look at");
		check_fix_start(c);
		return;
	}
	check_add(ret, "firmware.mode", FIRMWARE, CHECK_PASS,
		  p->efi ? "started by UEFI" : "started by a BIOS", "%s",
		  p->efi ? "/sys/firmware/efi exists" : "no /sys/firmware/efi");
	if (!p->efi)
		return;
	if (efi->secure_boot == TRI_UNKNOWN) {
		c = check_add(ret, "firmware.secure-boot", FIRMWARE, CHECK_SKIP,
			      "Secure Boot is not known", "%s",
			      efi->why_not ? efi->why_not : "no variable says it");
		check_fix_root(d, c);
		return;
	}
	/* Lockdown's integrity mode leaves VFIO alone: linux security/lockdown. */
	c = check_add(
		ret, "firmware.secure-boot", FIRMWARE, CHECK_PASS,
		efi->secure_boot == TRI_YES
			? "Secure Boot is on: VFIO works, unsigned modules don't load"
			: "Secure Boot is off",
		NULL);
	c->minor = efi->secure_boot == TRI_NO;
}

static void describe_table(const struct acpi_iommu *t, struct str *ret)
{
	str_addf(ret, "%s: %u unit%s", t->table == ACPI_DMAR ? "DMAR" : "IVRS", t->units,
		 t->units == 1 ? "" : "s");
	if (t->reserved)
		str_addf(ret, ", %u reserved region%s", t->reserved,
			 t->reserved == 1 ? "" : "s");
	if (t->interrupt_remapping)
		str_add(ret, ", interrupt remapping");
	if (t->x2apic_opt_out)
		str_add(ret, ", x2APIC opt-out");
	if (t->platform_opt_in)
		str_add(ret, ", platform opt-in");
	if (t->truncated)
		str_add(ret, "; its structures end too early");
	if (!t->checksum_ok)
		str_add(ret, "; its checksum is wrong");
	if (t->bad_unit_address)
		str_add(ret, "; it places a unit where none can be (at address 0, or all "
			     "ones)");
	if (t->bad_width)
		str_addf(ret, "; its address width of %u bits is impossible",
			 t->address_width);
	if (t->bad_reserved)
		str_add(ret, "; a reserved region ends before it starts");
}

static void check_present_table(const struct diagnosis *d, struct checks *ret)
{
	const struct firmware_facts *f = &d->facts->firmware;
	CLEANUP(str_done) struct str text = { 0 };
	struct check *c;

	if (!f->details) {
		check_add(ret, "firmware.table", FIRMWARE, CHECK_PASS,
			  "the firmware offers an IOMMU", "%s",
			  f->why_unknown ? f->why_unknown : "the table is there");
		return;
	}
	describe_table(&f->table, &text);
	if (!acpi_iommu_damaged(&f->table)) {
		check_add(ret, "firmware.table", FIRMWARE, CHECK_PASS,
			  "the firmware offers an IOMMU", "%s", str_c(&text));
		return;
	}
	if (acpi_iommu_unusable(&f->table) && !d->facts->iommu.active)
		c = check_add(ret, "firmware.table", FIRMWARE, CHECK_FAIL,
			      "the firmware's IOMMU table is damaged: the kernel uses "
			      "nothing of it",
			      "%s", str_c(&text));
	else
		c = check_add(ret, "firmware.table", FIRMWARE, CHECK_WARN,
			      "the firmware's IOMMU table is damaged", "%s",
			      str_c(&text));
	strv_add(&c->fix, "look for an update of the firmware");
}

void checks_firmware(const struct diagnosis *d, struct checks *ret)
{
	const struct firmware_facts *f = &d->facts->firmware;
	struct check *c;

	check_mode(d, ret);
	if (f->state == FIRMWARE_PRESENT) {
		check_present_table(d, ret);
	} else if (f->state == FIRMWARE_UNKNOWN) {
		c = check_add(ret, "firmware.table", FIRMWARE, CHECK_SKIP,
			      "the firmware's IOMMU table could not be looked at", "%s",
			      f->why_unknown ? f->why_unknown : "no reason is known");
		if (d->facts->iommu.known)
			check_fix_root(d, c);
		else
			check_fix_start(c);
	} else if (d->facts->iommu.active) {
		/* virtio-iommu is described by another table, VIOT. */
		check_add(ret, "firmware.table", FIRMWARE, CHECK_PASS,
			  "an IOMMU without a DMAR or IVRS table", "%s",
			  d->facts->iommu.evidence ? d->facts->iommu.evidence : "sysfs");
	} else {
		c = check_add(ret, "firmware.table", FIRMWARE, CHECK_FAIL,
			      "the firmware offers no IOMMU",
			      "no DMAR or IVRS in /sys/firmware/acpi/tables");
		if (judge_is_bare_vm(d))
			strv_add(&c->fix, guest_iommu_advice(&d->facts->platform,
							     diagnosis_vendor(d)));
		else
			strv_addf(&c->fix, "in the firmware set-up enable %s",
				  judge_firmware_setting(diagnosis_vendor(d)));
	}
}
