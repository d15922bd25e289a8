/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's lines about IOMMUs and VFIO mean. The texts are those of linux 5.4
 * to 7.2: drivers/iommu (iommu.c, intel, amd), drivers/vfio, init/main.c,
 * arch/x86/kernel/apic/apic.c, drivers/base/dd.c and drivers/pci/pci.c. A line of a newer
 * kernel that no rule knows falls to the last ones; kmsg_judge() then looks at its level.
 */
#include "text/kmsg.h"

#define UPDATE_FIRMWARE "update the firmware (BIOS), or tell the vendor"
#define UNREACHABLE                                                                      \
	"the registers of an IOMMU can't be reached, so the kernel does not use "        \
	"it: " UPDATE_FIRMWARE
#define NO_REMAPPING "so there is no interrupt remapping and vfio refuses devices"
#define DEAD                                                                             \
	"the device named in the line does not answer any more: switch the machine's "   \
	"power off and on (a reboot is often not enough)"
#define NO_POWER                                                                         \
	DEAD "; vfio-pci.disable_idle_d3=1, or d3cold_allowed 0 for it, can keep it "    \
	     "from happening"

/* clang-format off: it would break the sentences into single words. */
const struct kmsg_rule kmsg_rules[] = {
	/* The command line */
	{ "unknown-param", "Unknown*command line parameters*", KMSG_UNKNOWN_PARAM,
	  "this kernel does not know these parameters; pcie_acs_override= among them "
	  "means that the kernel lacks the ACS override patch: IOMMU groups stay as "
	  "they are" },
	{ "dmar-param-seen", "*DMAR: IOMMU enabled", KMSG_INFO,
	  "printed while intel_iommu=on is read, even on a machine without VT-d: it "
	  "does not prove that the IOMMU came up" },
	{ "dmar-param-off", "*DMAR: IOMMU disabled", KMSG_ERROR,
	  "the command line says intel_iommu=off: remove it" },
	{ "dmar-unknown-option", "*DMAR: Unknown option - *", KMSG_ERROR,
	  "intel_iommu= has a value that this kernel does not know and ignores: "
	  "correct the command line" },
	{ "amd-on-ignored", "*AMD-Vi: Unknown option - 'on'", KMSG_HARMLESS,
	  "amd_iommu=on is not a value that the kernel knows: AMD-Vi is on by itself "
	  "when the firmware has it on" },
	{ "amd-unknown-option", "*AMD-Vi: Unknown option - *", KMSG_ERROR,
	  "amd_iommu= has a value that this kernel does not know and ignores: correct "
	  "the command line" },
	{ "amd-param-off", "*AMD IOMMU disabled on kernel command*", KMSG_ERROR,
	  "the command line says amd_iommu=off: remove it" },
	{ "dmar-force-optin", "*Intel-IOMMU force enabled due to platform opt in*",
	  KMSG_INFO,
	  "the firmware asked for VT-d because of Thunderbolt ports; without "
	  "intel_iommu=on only devices outside of the case are isolated" },

	/* Intel: DMA remapping */
	{ "dmar-active", "*DMAR: Intel(R) Virtualization Technology for Directed I/O",
	  KMSG_ACTIVE, "VT-d came up" },
	{ "dmar-address-zero", "*Your BIOS is broken; DMAR reported at address 0!*",
	  KMSG_ERROR,
	  "the firmware's DMAR table says that an IOMMU is at address 0, and the kernel "
	  "then uses nothing of the table: " UPDATE_FIRMWARE },
	{ "dmar-all-ones", "*Your BIOS is broken; DMAR reported at address*", KMSG_ERROR,
	  "the firmware's DMAR table names an IOMMU that does not answer, and the "
	  "kernel leaves it alone: switch VT-d off and on again in the firmware, "
	  "or " UPDATE_FIRMWARE },
	{ "dmar-rmrr-range", "*Your BIOS is broken; RMRR ends before it starts*",
	  KMSG_ERROR,
	  "a memory region that the firmware reserves for a device makes no "
	  "sense: " UPDATE_FIRMWARE },
	{ "dmar-isoch", "*Your BIOS is broken; DMA routed to ISOCH DMAR*", KMSG_ERROR,
	  "the firmware set the audio device's IOMMU up without any TLB "
	  "entries: " UPDATE_FIRMWARE },
	{ "dmar-x2apic-broken",
	  "*Your BIOS is broken and requested that x2apic be disabled*", KMSG_HARMLESS,
	  "the firmware opts out of x2APIC; interrupt remapping works without it" },
	{ "dmar-rhsa", "*Your BIOS is broken; RHSA refers to non-existent DMAR*",
	  KMSG_HARMLESS,
	  "the firmware's DMAR table is wrong about which memory is near an IOMMU; only "
	  "speed depends on it" },
	{ "dmar-broken-bios", "*Your BIOS is broken*", KMSG_ERROR,
	  "the kernel found the firmware's IOMMU tables to be wrong: " UPDATE_FIRMWARE },
	{ "dmar-no-devices", "*DMAR: No DMAR devices found*", KMSG_ERROR,
	  "the firmware has a DMAR table, but it names no IOMMU: switch VT-d on in the "
	  "firmware, or " UPDATE_FIRMWARE },
	{ "dmar-parse-failure", "*DMAR: Parse DMAR table failure*", KMSG_ERROR,
	  "the firmware's DMAR table can't be read: " UPDATE_FIRMWARE },
	{ "dmar-map-failure", "*DMAR: Unable to map DMAR*", KMSG_ERROR,
	  "the firmware's DMAR table can't be read: " UPDATE_FIRMWARE },
	{ "dmar-bad-length", "*DMAR: Invalid 0-length structure*", KMSG_ERROR,
	  "the firmware's DMAR table is damaged: " UPDATE_FIRMWARE },
	{ "dmar-bad-record", "*DMAR: Record passes table end*", KMSG_ERROR,
	  "the firmware's DMAR table is damaged: " UPDATE_FIRMWARE },
	{ "dmar-no-drhd", "*No DRHD structure found in DMAR table*", KMSG_ERROR,
	  "the firmware has a DMAR table, but it names no IOMMU: switch VT-d on in the "
	  "firmware, or " UPDATE_FIRMWARE },
	{ "dmar-bad-width", "*DMAR: Invalid DMAR haw*", KMSG_ERROR,
	  "the firmware's DMAR table is damaged (its address width): " UPDATE_FIRMWARE },
	{ "dmar-no-memory", "*DMAR: Can't reserve memory*", KMSG_ERROR,
	  "the registers of an IOMMU lie where something else is already, so the kernel "
	  "does not use it: " UPDATE_FIRMWARE },
	{ "dmar-no-memory", "*DMAR: Can't map the region*", KMSG_ERROR, UNREACHABLE },
	{ "dmar-no-memory", "*DMAR: Failed to map dmar*", KMSG_ERROR, UNREACHABLE },
	{ "dmar-no-memory", "*Can't validate DRHD address*", KMSG_ERROR, UNREACHABLE },
	{ "dmar-init-failed", "*DMAR: Initialization failed*", KMSG_ERROR,
	  "VT-d did not come up; the lines before this one say why" },
	{ "dmar-no-address-width", "*o supported address width*", KMSG_ERROR,
	  "the processor and this IOMMU have no address width in common, so it does "
	  "not translate: " UPDATE_FIRMWARE },
	{ "dmar-no-agaw", "*Cannot get a valid*agaw for iommu*", KMSG_ERROR,
	  "this IOMMU's capabilities make no sense and it is not "
	  "used: " UPDATE_FIRMWARE },
	{ "dmar-scope-mismatch", "*Device scope type does not match*", KMSG_ERROR,
	  "the firmware's DMAR table and the real devices differ: " UPDATE_FIRMWARE },
	{ "dmar-rmrr-uncovered", "*No firmware reserved region can cover this RMRR*",
	  KMSG_ERROR,
	  "the firmware left memory that a device uses unreserved; the machine usually "
	  "works, but that device may misbehave behind the IOMMU: " UPDATE_FIRMWARE },
	{ "dmar-rmrr-workaround",
	  "*RMRR entry for device *is broken - applying workaround*", KMSG_HARMLESS,
	  "a known mistake of the firmware that the kernel corrects" },
	{ "dmar-shadow-gtt",
	  "*BIOS has allocated no shadow GTT; disabling IOMMU for graphics*", KMSG_ERROR,
	  "integrated graphics is left out of VT-d, so it can't be passed through; "
	  "other devices can. Switch VT-d off and on in the firmware, "
	  "or " UPDATE_FIRMWARE },
	{ "dmar-no-graphics", "*Disabling IOMMU for graphics on this chipset*",
	  KMSG_WARNING,
	  "the kernel leaves this chipset's integrated graphics out of VT-d (an "
	  "erratum), "
	  "so it can't be passed through; other devices can" },
	{ "rmrr-ineligible",
	  "*Device is ineligible for IOMMU domain attach due to platform RMRR*",
	  KMSG_ERROR,
	  "the firmware keeps memory of this device for itself (RMRR), so the kernel "
	  "does not give it to a VM: look for a firmware setting (on servers: shared "
	  "memory, HP RMRR), or choose another device" },
	{ "rmrr-rejected",
	  "*Firmware has requested this device have a 1:1 IOMMU mapping, rejecting*",
	  KMSG_ERROR,
	  "the firmware keeps memory of this device for itself (RMRR), so the kernel "
	  "does not give it to a VM: look for a firmware setting (on servers: shared "
	  "memory, HP RMRR), or choose another device" },
	{ "dmar-no-atsr", "*DMAR: No ATSR found*", KMSG_HARMLESS,
	  "the table has no list of ports with address translation services: most "
	  "machines don't" },
	{ "dmar-no-satc", "*DMAR: No SATC found*", KMSG_HARMLESS,
	  "the table names no integrated devices with address caches: most machines "
	  "don't" },
	{ "dmar-no-rmrr", "*DMAR: No RMRR found*", KMSG_HARMLESS,
	  "the firmware reserves no memory for devices: that is the best case" },
	{ "dmar-inval-error", "*DMAR: VT-d detected Invalidation*", KMSG_ERROR,
	  "a device did not answer the IOMMU in time: often one that hung at its "
	  "reset; unbind it or power-cycle the machine" },
	{ "dmar-inval-error", "*VT-d detected Invalidation * Error*", KMSG_ERROR,
	  "a device did not answer the IOMMU in time: often one that hung at its "
	  "reset; unbind it or power-cycle the machine" },
	{ "dmar-inval-error", "*VT-d detected invalid descriptor*", KMSG_ERROR,
	  "the IOMMU did not understand a command of the kernel: start another kernel, "
	  "or " UPDATE_FIRMWARE },
	{ "dmar-pte-set", "*DMAR: ERROR: DMA PTE for vPFN *already set*", KMSG_WARNING,
	  "a driver of the host had an address mapped twice: a mistake in the driver or "
	  "in "
	  "the kernel, try another kernel" },
	{ "dmar-too-narrow", "*iommu width (*) is not sufficient for the mapped address*",
	  KMSG_WARNING,
	  "a VM has memory at an address that this IOMMU can't reach: give the VM fewer "
	  "address bits (slicer vm command prints the option)" },
	{ "dmar-suppressed", "*dmar_fault: * callbacks suppressed*", KMSG_FAULT,
	  "so many accesses of devices were stopped that the kernel left most of the "
	  "lines "
	  "out; the lines beside it name the device" },
	{ "dmar-fault-status", "*DRHD: handling fault status reg*", KMSG_FAULT,
	  "the IOMMU stopped an access of a device; the next line names it" },
	{ "dmar-fault-irq", "*\\[INTR-REMAP] Request device*", KMSG_FAULT,
	  "the IOMMU stopped an interrupt that the device named in the line sent: its "
	  "driver or firmware programmed it wrongly" },
	{ "dmar-fault", "*\\[DMA * Request device*", KMSG_FAULT,
	  "the device named in the line tried to reach memory that it was not given, "
	  "and the IOMMU stopped it" },

	/* Intel: interrupt remapping */
	{ "dmar-ir-on", "*DMAR-IR: Enabled IRQ remapping in*", KMSG_IRQ_ON,
	  "interrupt remapping is on; it says nothing about DMA remapping" },
	{ "dmar-ir-failed", "*Failed to enable irq remapping*", KMSG_IRQ_OFF,
	  "interrupt remapping did not come up, so vfio refuses devices: switch it (or "
	  "VT-d) on in the firmware, or " UPDATE_FIRMWARE },
	{ "dmar-ir-erratum", "*This system BIOS has enabled interrupt remapping*",
	  KMSG_IRQ_OFF,
	  "the chipset (Intel 5500, 5520 or X58) has an erratum that makes interrupt "
	  "remapping unstable, and the kernel leaves it off for that, " NO_REMAPPING },
	{ "dmar-ir-setup", "*DMAR-IR: Failed to setup irq remapping for*", KMSG_IRQ_OFF,
	  "the kernel could not set interrupt remapping up, and vfio refuses devices; "
	  "the "
	  "lines before this one say why" },
	{ "dmar-ir-alloc", "*DMAR-IR: IR*: failed to allocate *", KMSG_IRQ_OFF,
	  "there was no memory for the tables of interrupt remapping, " NO_REMAPPING },
	{ "dmar-ir-queue", "*DMAR-IR: Failed to enable queued invalidation*",
	  KMSG_IRQ_OFF,
	  "the IOMMU has no queue for commands, " NO_REMAPPING ": " UPDATE_FIRMWARE },
	{ "ir-no-ioapic", "*Not enabling interrupt remapping due to skipped IO-APIC*",
	  KMSG_IRQ_OFF,
	  "the IO-APIC is not used, " NO_REMAPPING ": take noapic out of the command "
	  "line" },
	{ "dmar-ir-compat", "*Compatibility-format IRQs enabled despite intr remapping*",
	  KMSG_WARNING,
	  "interrupt remapping is on, but a device can go around it: " UPDATE_FIRMWARE },
	{ "dmar-ir-off", "*DMAR-IR: Not enabling interrupt remapping*", KMSG_IRQ_OFF,
	  "interrupt remapping did not come up, so vfio refuses devices: remove "
	  "intremap=off and noapic from the command line, or " UPDATE_FIRMWARE },
	{ "dmar-ir-ioapic",
	  "*has no mapping iommu, interrupt remapping will be disabled*", KMSG_IRQ_OFF,
	  "the firmware's DMAR table leaves out an IOAPIC, so there is no interrupt "
	  "remapping and vfio refuses devices: " UPDATE_FIRMWARE },
	{ "dmar-x2apic-optout",
	  "*x2apic is disabled because BIOS sets x2apic opt out bit*", KMSG_HARMLESS,
	  "the firmware opts out of x2APIC; interrupt remapping works without it" },
	{ "dmar-x2apic-hint", "*Use 'intremap=no_x2apic_optout' to override*",
	  KMSG_HARMLESS, "x2APIC is needed only with more than 255 processors" },

	/* AMD */
	{ "amd-table-error", "*AMD-Vi: IVRS table error*", KMSG_ERROR,
	  "the firmware's IVRS table can't be read: " UPDATE_FIRMWARE },
	{ "amd-no-memory", "*AMD-Vi: Can not reserve memory region*", KMSG_ERROR,
	  "the registers of an IOMMU lie where something else is already, so the kernel "
	  "does not use it: " UPDATE_FIRMWARE },
	{ "amd-no-memory", "*AMD-Vi: This is a BIOS bug*", KMSG_ERROR,
	  "the registers of an IOMMU lie where something else is already, so the kernel "
	  "does not use it: " UPDATE_FIRMWARE },
	{ "amd-no-levels", "*Disable host address translation due to invalid*",
	  KMSG_ERROR,
	  "the IOMMU names a depth of page tables that does not "
	  "exist: " UPDATE_FIRMWARE },
	{ "amd-features-differ", "*EFR mismatch. Use IVHD EFR*", KMSG_HARMLESS,
	  "the IVRS table and the IOMMU itself name different features; the kernel takes "
	  "the table's" },
	{ "amd-bad-override", "*AMD-Vi: Invalid command line: ivrs_*", KMSG_ERROR,
	  "an ivrs_ioapic=, ivrs_hpet= or ivrs_acpihid= can't be understood and does "
	  "nothing: correct the command line" },
	{ "amd-checksum", "*IVRS invalid checksum*", KMSG_ERROR,
	  "the firmware's IVRS table is damaged and the kernel ignores "
	  "it: " UPDATE_FIRMWARE },
	{ "amd-ioapic-missing", "*IOAPIC*not in IVRS table*", KMSG_ERROR,
	  "the firmware's IVRS table leaves out an IOAPIC, so there is no interrupt "
	  "remapping and vfio refuses devices: " UPDATE_FIRMWARE
	  "; ivrs_ioapic[N]=00:14.0 on the "
	  "command line is the way around it" },
	{ "amd-no-southbridge", "*No southbridge IOAPIC found*", KMSG_ERROR,
	  "the firmware's IVRS table leaves out the southbridge's IOAPIC, so there is "
	  "no interrupt remapping and vfio refuses devices: " UPDATE_FIRMWARE },
	{ "amd-ir-off", "*AMD-Vi: Disabling interrupt remapping*", KMSG_IRQ_OFF,
	  "interrupt remapping did not come up, so vfio refuses devices; the lines "
	  "before this one say why" },
	{ "amd-ir-on", "*AMD-Vi: Interrupt remapping enabled*", KMSG_IRQ_ON,
	  "interrupt remapping is on" },
	{ "amd-stoney", "*Disable IOMMU on Stoney Ridge*", KMSG_ERROR,
	  "the kernel never uses the IOMMU of this processor (Stoney Ridge) together "
	  "with its graphics: amd_iommu=force_enable overrides it, at the risk of "
	  "display faults" },
	{ "amd-sme", "*IOMMU not currently supported when SME is active*", KMSG_ERROR,
	  "memory encryption (SME) and this IOMMU exclude each other: remove "
	  "mem_encrypt=on" },
	{ "amd-cmpxchg16b", "*The CMPXCHG16B feature is required*", KMSG_ERROR,
	  "the processor, or the virtual one of this VM, lacks cx16: choose another "
	  "CPU model for the VM" },
	{ "amd-snp-passthrough",
	  "*SNP: IOMMU disabled or configured in passthrough mode*", KMSG_ERROR,
	  "iommu=pt excludes SEV-SNP: remove it if confidential VMs are wanted; VFIO "
	  "does not need it" },
	{ "amd-v2-missing", "*AMD IOMMUv2 functionality not available*", KMSG_HARMLESS,
	  "an old interface for shared address spaces; VFIO does not use it" },
	{ "amd-perf-counter", "*Unable to read/write to IOMMU perf counter*",
	  KMSG_HARMLESS, "only the IOMMU's performance counters can't be used" },
	{ "amd-wait-timeout", "*Completion-Wait loop timed out*", KMSG_ERROR,
	  "the IOMMU waits for a device that does not answer: often one that hung at "
	  "its reset; power-cycle the machine, and choose another reset_method for the "
	  "device" },
	{ "amd-command-timeout", "*AMD-Vi: Command buffer timeout*", KMSG_ERROR,
	  "the IOMMU takes no commands any more: often a device that hung at its reset; "
	  "power-cycle the machine, and choose another reset_method for the device" },
	{ "amd-no-irte", "*AMD-Vi: Failed to allocate IRTE*", KMSG_WARNING,
	  "a device got no interrupt: the firmware's IVRS table does not name it, or its "
	  "table of interrupts is full; " UPDATE_FIRMWARE },
	{ "amd-bad-entry", "*Event logged \\[ILLEGAL_DEV_TABLE_ENTRY*", KMSG_WARNING,
	  "the IOMMU found its own entry for the device named in the line to be wrong: a "
	  "mistake of the kernel or of the IVRS table, not of the device; start another "
	  "kernel, or " UPDATE_FIRMWARE },
	{ "amd-hardware-error", "*Event logged \\[*_HARDWARE_ERROR*", KMSG_WARNING,
	  "the IOMMU could not read its own tables: look for faults of the machine's "
	  "memory, and " UPDATE_FIRMWARE },
	{ "amd-bad-command", "*Event logged \\[ILLEGAL_COMMAND_ERROR*", KMSG_WARNING,
	  "the IOMMU did not understand a command of the kernel: start another kernel, "
	  "or " UPDATE_FIRMWARE },
	{ "amd-rmp", "*Event logged \\[RMP_*", KMSG_WARNING,
	  "a device tried to reach memory that belongs to a confidential VM (SEV-SNP)" },
	{ "amd-bad-request", "*Event logged \\[INVALID_*_REQUEST*", KMSG_FAULT,
	  "the device named in the line asked the IOMMU for what it is not allowed "
	  "to: its driver or firmware programmed it wrongly" },
	{ "amd-event-unknown", "*Event logged \\[UNKNOWN*", KMSG_WARNING,
	  "the IOMMU reports something that this kernel does not know: start a newer "
	  "kernel" },
	{ "amd-suppressed", "*amd_iommu_*: * callbacks suppressed*", KMSG_FAULT,
	  "so many accesses of devices were stopped that the kernel left most of the "
	  "lines "
	  "out; the lines beside it name the device" },
	{ "amd-iotlb-timeout", "*Event logged \\[IOTLB_INV_TIMEOUT*", KMSG_ERROR,
	  "the device named in the line no longer answers the IOMMU: often one that "
	  "hung at its reset; power-cycle the machine" },
	{ "amd-fault", "*Event logged \\[*", KMSG_FAULT,
	  "the device named in the line tried to reach memory that it was not given, "
	  "and the IOMMU stopped it" },
	{ "amd-found", "*AMD-Vi: Found IOMMU cap*", KMSG_ACTIVE, "AMD-Vi came up" },
	{ "amd-features", "*AMD-Vi: Extended features (*", KMSG_ACTIVE,
	  "AMD-Vi came up" },

	/* Any IOMMU */
	{ "group", "*: Adding to iommu group *", KMSG_ACTIVE,
	  "devices are put into IOMMU groups" },
	{ "domain", "iommu: Default domain type: *", KMSG_DOMAIN,
	  "how the host's own devices use the IOMMU; either way is good for VFIO" },

	/* VFIO */
	{ "vfio-bar", "*vfio-pci *BAR *: can't reserve*", KMSG_ERROR,
	  "something of the host still uses this device's memory, mostly the boot "
	  "framebuffer: look it up in /proc/iomem (BOOTFB, efifb, simpledrm), and keep "
	  "it off the card with initcall_blacklist=sysfb_init (video=efifb:off is for "
	  "efifb alone); or let the card's own driver have the card before vfio-pci "
	  "does: that driver takes the framebuffer away" },
	{ "vfio-igd", "*vfio-pci *Failed to setup Intel IGD regions*", KMSG_ERROR,
	  "no VM gets the integrated graphics: vfio reads the firmware's OpRegion and "
	  "Intel's host bridge at 00:00.0 for it, and one of them is not as it should "
	  "be; VMD (Volume Management Device) hides that bridge: switch it off in the "
	  "firmware" },
	{ "vfio-sriov-pf", "*Cannot bind to PF with SR-IOV enabled*", KMSG_ERROR,
	  "the device has virtual functions: write 0 to its sriov_numvfs first" },
	{ "vfio-denylist", "*vfio-pci*denylist*", KMSG_ERROR,
	  "the kernel knows this device to be unsafe for VFIO and refuses it; "
	  "vfio-pci.disable_denylist=1 overrides that for guests that are trusted" },
	{ "vfio-no-irq-remapping", "*No interrupt remapping*allow_unsafe_interrupts*",
	  KMSG_ERROR,
	  "vfio refuses devices because the platform has no interrupt remapping: "
	  "switch it (or VT-d, AMD-Vi) on in the firmware; "
	  "vfio_iommu_type1.allow_unsafe_interrupts=1 is only for guests that are "
	  "trusted" },
	{ "vfio-memlock", "*RLIMIT_MEMLOCK*exceeded*", KMSG_ERROR,
	  "the VM's memory can't be locked: raise the limit (LimitMEMLOCK=infinity in "
	  "a systemd unit, or /etc/security/limits.d)" },
	{ "vfio-noiommu", "*vfio-noiommu*", KMSG_ERROR,
	  "a device is used without any IOMMU: it can reach all of the host's memory" },
	{ "vfio-busy", "*Relaying device request to user*", KMSG_ERROR,
	  "an unbind waits until the VM that has the device lets it go: shut the VM "
	  "down" },
	{ "vfio-busy-blocked", "*No device request channel registered, blocked until*",
	  KMSG_ERROR,
	  "an unbind waits until the program that has the device lets it go: stop it" },
	{ "vfio-probe", "*vfio-pci: probe of * failed with error *", KMSG_WARNING,
	  "vfio-pci did not take the device; error -22 says that the device is in no "
	  "IOMMU "
	  "group (the IOMMU is off or does not cover it) or is a bridge" },
	{ "vfio-probe", "*probe with driver vfio-pci failed with error *", KMSG_WARNING,
	  "vfio-pci did not take the device; error -22 says that the device is in no "
	  "IOMMU "
	  "group (the IOMMU is off or does not cover it) or is a bridge" },

	/* drivers/pci/pci.c, whatever driver has the device: pci_power_up() since 6.0,
	 * pci_raw_set_power_state() before, pci_dev_wait(). With its config space all
	 * ones, an older kernel takes the device to be in D3. */
	{ "vfio-no-power", "*change power state from * to D0*inaccessible*", KMSG_DEAD,
	  NO_POWER },
	{ "vfio-no-power", "*Refused to change power state, currently in D3*", KMSG_DEAD,
	  NO_POWER },
	{ "vfio-no-power", "*efused to change power state from D3* to D0*", KMSG_DEAD,
	  NO_POWER },
	{ "vfio-no-power", "*efused to change power state (currently D3*", KMSG_DEAD,
	  NO_POWER },
	{ "vfio-reset-failed", "*: not ready *ms after *; giving up*", KMSG_DEAD,
	  DEAD "; another reset_method for it can keep it from happening" },
	{ "vfio-rom", "*vfio-pci *Invalid PCI ROM header signature*", KMSG_HARMLESS,
	  "the card's ROM can't be read here; only a guest that must show the card's "
	  "own boot screen needs it (romfile=)" },
	{ "vfio-rom", "*vfio-pci *No more image in the PCI ROM*", KMSG_HARMLESS,
	  "the card's ROM ends without its end mark: many do" },
	{ "vfio-cap", "*vfio_cap_init: *hiding cap*", KMSG_HARMLESS,
	  "vfio does not show the guest a capability that it does not know" },
	{ "vfio-ecap", "*vfio_ecap_init: *hiding ecap*", KMSG_HARMLESS,
	  "vfio does not show the guest a capability that it does not know" },

	/* What belongs to the matter and proves nothing */
	{ "acpi-table", "ACPI: DMAR 0x*", KMSG_INFO, NULL },
	{ "acpi-table", "ACPI: IVRS 0x*", KMSG_INFO, NULL },
	{ "acpi-table", "ACPI: Reserving DMAR table*", KMSG_INFO, NULL },
	{ "acpi-table", "ACPI: Reserving IVRS table*", KMSG_INFO, NULL },
	{ "dmar", "DMAR*", KMSG_INFO, NULL },
	{ "dmar", "*: DMAR: *", KMSG_INFO, NULL },
	{ "amd-vi", "AMD-Vi: *", KMSG_INFO, NULL },
	{ "amd-vi", "*: AMD-Vi: *", KMSG_INFO, NULL },
	{ "iommu", "iommu: *", KMSG_INFO, NULL },
	{ "vfio", "vfio*", KMSG_INFO, NULL },
	{ "vfio", "VFIO*", KMSG_INFO, NULL },
};
/* clang-format on */

const size_t kmsg_n_rules = ARRAY_SIZE(kmsg_rules);
