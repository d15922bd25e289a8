/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: reading the host, and the devices that are meant. */
#include <errno.h>

#include "cmd/setup.h"
#include "devices/ids.h"
#include "policy/remapping.h"

static int choose_vendor(struct setup *s, struct error *e)
{
	s->wish.vendor = s->o->vendor ? s->o->vendor : s->facts.cpu.vendor;
	s->wish.unsafe_interrupts = remapping_modprobe(&s->facts) != NULL;
	if (s->wish.vendor == CPU_INTEL || s->wish.vendor == CPU_AMD)
		return 0;
	if (s->wish.vendor == CPU_OTHER)
		error_set(e, EOPNOTSUPP, "the CPU is neither Intel's nor AMD's (%s)",
			  s->facts.cpu.evidence ? s->facts.cpu.evidence
						: "unknown vendor");
	else
		error_set(e, ENODATA, "the CPU's vendor can't be read");
	error_hint(e, "--vendor intel or --vendor amd says what it is");
	return -EOPNOTSUPP;
}

static void keep(struct setup *s)
{
	CLEANUP(strv_done) struct strv notes = { 0 };

	keep_entries(&s->boot, &s->facts, s->wish.vendor, &notes);
	for (size_t i = 0; i < notes.n; i++)
		plan_warn(&s->plan, "%s", notes.v[i]);
}

int setup_look(struct setup *s, struct error *e)
{
	const struct host *h = s->c->host;
	int err = facts_probe(h, &s->facts, e);

	if (err >= 0)
		err = refuse_host(&s->facts, s->o->force, e);
	if (err >= 0 && !s->o->undo)
		err = choose_vendor(s, e);
	if (err >= 0)
		err = bootloader_choose(h, &s->facts, s->o->bootloader, &s->loader,
					&s->probe, e);
	if (err >= 0)
		err = s->loader->load(h, &s->facts, &s->boot, e);
	if (err < 0)
		return err;
	if (!s->o->undo)
		keep(s);
	s->loader_name = s->loader->name;
	/* The command line can be set where there is no PCI bus to look at (a mounted
	 * disk). */
	s->has_devices = pci_load(h, PCI_NAMES | PCI_DETAILS | PCI_MODULES,
				  s->facts.platform.kernel, &s->devices, NULL) >= 0;
	return 0;
}

static void choose(struct setup *s, const struct pci_device *d)
{
	for (size_t i = 0; i < s->n_chosen; i++)
		if (s->chosen[i] == d)
			return;
	s->chosen = xrealloc(s->chosen, (s->n_chosen + 1) * sizeof(struct pci_device *));
	s->chosen[s->n_chosen++] = d;
}

/* The commands for after the reboot are about it: pci bind would have to do it then. */
static int check_asked(struct setup *s, const struct bind_world *w,
		       const struct pci_device *d, struct error *e)
{
	CLEANUP(device_answer_done) struct device_answer a = { 0 };

	device_answer(w, d, true, s->o->force, &a);
	if (a.refused)
		return device_refuse(&a, true, e);
	for (size_t i = 0; i < a.warnings.n; i++)
		plan_warn(&s->plan, "--device: %s", a.warnings.v[i]);
	return 0;
}

static int find_asked(struct setup *s, struct error *e)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };

	if (s->o->devices.n)
		bind_world_load(s->c->host, &s->facts.mounts, &s->devices, &w);
	for (size_t i = 0; i < s->o->devices.n; i++) {
		struct pci_address at;
		const struct pci_device *d;
		char text[PCI_ADDRESS_MAX];

		if (pci_address_parse(s->o->devices.v[i], &at, e) < 0)
			return -EINVAL;
		d = pci_find(&s->devices, at);
		if (!d) {
			error_set(e, ENODEV, "there is no PCI device %s",
				  pci_address_format(at, text));
			error_hint(e, "'slicer pci list' shows what there is");
			return -ENODEV;
		}
		if (check_asked(s, &w, d, e) < 0)
			return -EBUSY;
		choose(s, d);
	}
	return 0;
}

/* The modules that would take the device: those that its alias resolves to, and the one
 * that has it now (a driver's name need not be its module's: xhci_hcd is in xhci_pci). */
static void add_drivers(struct setup *s, const struct pci_device *d)
{
	CLEANUP(free_char) char *link = NULL;
	CLEANUP(free_char) char *module = NULL;

	for (size_t k = 0; k < d->modules.n; k++)
		if (!driver_is_vfio(d->modules.v[k]))
			strv_add_unique(&s->initramfs_wish.drivers, d->modules.v[k]);
	if (!d->driver || driver_is_vfio(d->driver))
		return;
	link = xasprintf("/sys/bus/pci/drivers/%s/module", d->driver);
	module = host_link_base(s->c->host, link);
	if (module)
		strv_add_unique(&s->initramfs_wish.drivers, module);
}

static int refuse_unknown_id(struct setup *s, struct pci_id id, struct error *e)
{
	if (s->o->force) {
		plan_warn(&s->plan, "--ids: no device on this host has the ID %04x:%04x",
			  id.vendor, id.device);
		return 0;
	}
	error_set(e, ENODEV, "no device on this host has the ID %04x:%04x", id.vendor,
		  id.device);
	error_hint(e, "'slicer pci list' shows them in the columns VENDOR and DEVICE; "
		      "--force sets the id all the same");
	return -ENODEV;
}

static int check_id(struct setup *s, struct pci_id id, struct str *why, struct error *e)
{
	int matches = ids_judge(s->c->host, &s->facts.mounts, &s->devices, id, why, e);

	for (size_t i = 0; i < s->devices.n && matches > 0; i++) {
		const struct pci_device *d = &s->devices.v[i];

		if (d->vendor != id.vendor || d->device != id.device)
			continue;
		choose(s, d);
		add_drivers(s, d);
	}
	return matches ? matches : refuse_unknown_id(s, id, e);
}

static int find_ids(struct setup *s, struct error *e)
{
	CLEANUP(str_done) struct str why = { 0 };

	for (size_t i = 0; i < s->wish.n_ids; i++) {
		int err = check_id(s, s->wish.ids[i], &why, e);

		if (err < 0)
			return err;
	}
	s->initramfs_wish.early_bind = s->wish.n_ids > 0;
	str_rtrim(&why);
	if (!why.len)
		return 0;
	if (s->o->force) {
		CLEANUP(strv_done) struct strv lines = { 0 };

		strv_split(&lines, str_c(&why), "\n");
		for (size_t i = 0; i < lines.n; i++)
			plan_warn(&s->plan, "--ids: %s", lines.v[i]);
		return 0;
	}
	error_set(e, EBUSY, "--ids would take devices that it must not take:\n%s",
		  str_c(&why));
	error_hint(
		e,
		"binding by address after the reboot ('slicer pci bind ADDR') takes just "
		"the one device; --force sets the ids all the same");
	return -EBUSY;
}

int setup_devices(struct setup *s, struct error *e)
{
	int err;

	if (!s->has_devices && (s->o->devices.n || s->o->ids)) {
		error_set(e, ENODEV, "there is no PCI bus to look for the devices on");
		error_hint(e, "leave out --device and --ids");
		return -ENODEV;
	}
	err = find_asked(s, e);
	if (err >= 0)
		err = find_ids(s, e);
	if (err >= 0 && !s->n_chosen && s->has_devices) {
		const struct pci_device *d =
			devices_suggest(s->c->host, &s->facts.mounts, &s->devices);

		if (d)
			choose(s, d);
	}
	return err;
}
