/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: the devices that it is about. */
#include <errno.h>

#include "cmd/doctor.h"
#include "devices/ids.h"
#include "policy/faults.h"

/* Beyond these, slicer pci list is the better view. */
#define MAX_DEVICES 32

/* Commands that pci bind and vm command would carry out; else what is to be done first.
 */
static void add_next(const struct doctor *doc, const struct pci_device *dev,
		     const struct device_answer *answer, struct device_view *view)
{
	if (!answer->usable) {
		strv_copy(&view->next, &answer->advice);
		return;
	}
	if (!doc->facts.iommu.active) {
		view->waits = true;
		return;
	}
	if (!answer->bound)
		strv_addf(&view->next, "sudo slicer pci bind %s%s", dev->address,
			  view->companions.n ? " --group" : "");
	strv_addf(&view->next, "slicer vm command %s", dev->address);
}

/* Asking costs little, but a host can have hundreds of ports: those that advice is given
 * about. */
static void answer(const struct doctor *doc, const struct bind_world *w,
		   const struct pci_device *dev, struct device_view *view)
{
	CLEANUP(device_answer_done) struct device_answer a = { 0 };

	if (!view->asked && !pci_is_display(dev))
		return;
	device_answer(w, dev, !doc->facts.iommu.active, false, &a);
	view->answered = true;
	view->usable = a.usable && doc->facts.iommu.active;
	view->bound = a.bound;
	strv_copy(&view->reasons, &a.reasons);
	add_next(doc, dev, &a, view);
	if (view->waits)
		strv_add(&view->reasons, "the IOMMU is not on");
}

static void add_view(struct doctor *doc, const struct bind_world *w,
		     const struct pci_device *dev, bool asked)
{
	CLEANUP(uses_done) struct uses uses = { 0 };
	const struct pci_device **group = NULL;
	struct device_view *view;
	size_t n;

	doc->views =
		xgrow(doc->views, doc->n_views, &doc->views_cap, sizeof(*doc->views));
	view = &doc->views[doc->n_views++];
	*view = (struct device_view){ .dev = dev, .asked = asked };
	usage_of(w->usage, dev, &uses);
	for (size_t i = 0; i < uses.n; i++)
		strv_add(&view->in_use, uses.v[i].text);
	n = group_endpoints(&doc->pci, dev, &group);
	for (size_t i = 0; i < n; i++)
		if (group[i] != dev)
			strv_add(&view->companions, group[i]->address);
	free(group);
	endpoints_below(&doc->pci, dev, &view->below);
	answer(doc, w, dev, view);
}

static bool is_viewed(const struct doctor *doc, const struct pci_device *dev)
{
	for (size_t i = 0; i < doc->n_views; i++)
		if (doc->views[i].dev == dev)
			return true;
	return false;
}

static int view_asked(struct doctor *doc, const struct bind_world *w, struct error *e)
{
	for (size_t i = 0; i < doc->operands.n; i++) {
		const struct pci_device *dev = pci_find(&doc->pci, doc->asked[i]);
		char address[PCI_ADDRESS_MAX];

		if (!dev) {
			error_set(e, ENODEV, "there is no PCI device %s",
				  pci_address_format(doc->asked[i], address));
			error_hint(e, "slicer pci list shows those that are there");
			return -ENODEV;
		}
		if (!is_viewed(doc, dev))
			add_view(doc, w, dev, true);
	}
	return 0;
}

/* Virtual functions are left to those who ask for them: there can be hundreds. */
static void view_usual(struct doctor *doc, const struct bind_world *w)
{
	for (size_t i = 0; i < doc->pci.n; i++) {
		const struct pci_device *dev = &doc->pci.v[i];

		if ((!pci_is_display(dev) && !pci_is_network(dev)) || dev->physfn)
			continue;
		if (doc->n_views < MAX_DEVICES)
			add_view(doc, w, dev, false);
		else
			doc->d.n_devices_left_out++;
	}
}

/* Beyond these, a machine has other troubles. */
#define MAX_FAULTS 16

static struct fault_view *find_fault(struct doctor *doc, const struct pci_device *dev)
{
	for (size_t i = 0; i < doc->d.n_faults; i++)
		if (doc->faults[i].dev == dev)
			return &doc->faults[i];
	return NULL;
}

/* The devices that the log names in accesses that the IOMMU stopped, and who uses them.
 */
static void view_faults(struct doctor *doc, const struct usage *usage)
{
	const struct log_facts *log = &doc->facts.log;

	doc->faults = xcalloc(MAX_FAULTS, sizeof(*doc->faults));
	doc->d.faults = doc->faults;
	for (size_t i = 0; i < log->n; i++) {
		const struct log_line *line = &log->v[i];
		CLEANUP(uses_done) struct uses uses = { 0 };
		const struct pci_device *dev = NULL;
		struct fault_view *v;
		struct pci_address at;

		if (fault_is_access(line) &&
		    kmsg_device(line->text, strlen(line->text), &at))
			dev = pci_find(&doc->pci, at);
		v = dev ? find_fault(doc, dev) : NULL;
		if (v)
			v->n++;
		if (!dev || v || doc->d.n_faults == MAX_FAULTS)
			continue;
		v = &doc->faults[doc->d.n_faults++];
		*v = (struct fault_view){ .dev = dev, .line = line, .n = 1 };
		usage_of(usage, dev, &uses);
		for (size_t k = 0; k < uses.n; k++)
			strv_add(&v->in_use, uses.v[k].text);
	}
}

/* What the parameter ids of vfio-pci names, by modprobe.d and the running command line.
 */
static void add_ids(const struct facts *f, struct strv *ret)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	const char *value;

	if (f->iommu.vfio_ids)
		strv_add(ret, f->iommu.vfio_ids);
	if (f->cmdline)
		cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	value = cmdline_last(&tokens, "vfio-pci.ids");
	if (value)
		strv_add(ret, value);
}

static void view_leftovers(struct doctor *doc, const struct bind_world *w)
{
	CLEANUP(strv_done) struct strv ids = { 0 };

	add_ids(&doc->facts, &ids);
	leftovers_find(w, &doc->persisted, &ids, &doc->leftovers);
	doc->d.leftovers = doc->leftovers.v;
	doc->d.n_leftovers = doc->leftovers.n;
}

int doctor_read_devices(struct doctor *doc, struct error *e)
{
	const struct host *h = doc->c->host;
	CLEANUP(bind_world_done)
	struct bind_world w = { .host = h,
				.mounts = &doc->facts.mounts,
				.all = &doc->pci,
				.log = &doc->facts.log,
				.vendor = doc->facts.cpu.vendor,
				.kernel = doc->facts.platform.kernel };

	doc->d.pci_error = &doc->pci_error;
	if (pci_load(h, PCI_NAMES | PCI_DETAILS | PCI_REGIONS | PCI_MODULES,
		     doc->facts.platform.kernel, &doc->pci, &doc->pci_error) < 0) {
		if (!doc->operands.n)
			return 0;
		*e = doc->pci_error;
		return -ENODEV;
	}
	doc->d.pci_known = true;
	w.usage = usage_load(h, &doc->facts.mounts);
	if (w.kernel)
		module_index_open(h, w.kernel, &w.modules, NULL);
	if (!doc->operands.n)
		view_usual(doc, &w);
	else if (view_asked(doc, &w, e) < 0)
		return -ENODEV;
	view_faults(doc, w.usage);
	doctor_read_at_boot(doc, &w);
	doctor_read_old(doc, &w);
	doc->d.can_take_ids = doc->facts.iommu.vfio_ids &&
			      ids_would_be_taken(h, &doc->facts.mounts, &doc->pci,
						 doc->facts.iommu.vfio_ids);
	view_leftovers(doc, &w);
	doctor_read_nodes(doc);
	doctor_read_vms(doc, &w);
	doc->d.suggested = devices_suggest_from(&w);
	doc->d.devices = doc->views;
	doc->d.n_devices = doc->n_views;
	return 0;
}
