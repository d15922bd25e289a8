/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "devices": who has a device, and who must go along with it. */
#include "policy/advice.h"
#include "policy/checks.h"
#include "policy/faults.h"

#define DEVICES "devices"

/* "driver nvidia; group 28 with 0000:0b:00.1; nvme0n1p2 is mounted on /" */
static char *describe(const struct device_view *v)
{
	CLEANUP(free_char) char *companions = strv_join(&v->companions, " ");
	CLEANUP(free_char) char *below = strv_join(&v->below, " ");
	CLEANUP(free_char) char *uses = strv_join(&v->in_use, "; ");
	struct str text = { 0 };

	if (v->dev->driver)
		str_addf(&text, "driver %s", v->dev->driver);
	else
		str_add(&text, "no driver");
	if (v->dev->iommu_group >= 0)
		str_addf(&text, "; group %ld%s%s", v->dev->iommu_group,
			 *companions ? " with " : "", companions);
	if (*below)
		str_addf(&text, "; what is below it goes along: %s", below);
	if (*uses)
		str_addf(&text, "; %s", uses);
	return str_take(&text);
}

/* Companions that are not functions of the same card: the group is not split finely. */
static bool is_mixed(const struct device_view *v)
{
	size_t slot = strlen(v->dev->address) - 1;

	for (size_t i = 0; i < v->companions.n; i++)
		if (strncmp(v->companions.v[i], v->dev->address, slot) != 0)
			return true;
	return false;
}

static struct check *add(struct checks *ret, const struct device_view *v,
			 enum check_status status, const char *what)
{
	CLEANUP(free_char) char *id = xasprintf("devices.%s", v->dev->address);
	CLEANUP(free_char) char *evidence = describe(v);
	CLEANUP(free_char) char *title = NULL;

	title = xasprintf("%s %s %s%s%s", v->dev->address,
			  v->dev->vendor_name ? v->dev->vendor_name : "",
			  v->dev->device_name ? v->dev->device_name : "",
			  what ? ": " : "", what ? what : "");
	return check_add(ret, id, DEVICES, status, title, "%s", evidence);
}

static void fix_by_answer(const struct device_view *v, struct check *c)
{
	strv_copy(&c->fix, &v->next);
}

/* A device that somebody asked for has to be free to go. */
static bool check_asked(const struct device_view *v, struct checks *ret)
{
	CLEANUP(free_char) char *reasons = strv_join(&v->reasons, "; ");
	CLEANUP(free_char) char *what = NULL;

	if (!v->asked || !v->answered)
		return false;
	if (!v->usable && !v->waits) {
		what = xasprintf("no VM can have it: %s", reasons);
		fix_by_answer(v, add(ret, v, CHECK_FAIL, what));
	} else if (v->bound) {
		add(ret, v, CHECK_PASS, NULL);
	} else if (judge_on_vfio(v->dev)) {
		what = xasprintf("not enough for a VM: %s", reasons);
		fix_by_answer(v, add(ret, v, CHECK_WARN, what));
	} else if (!v->waits) {
		fix_by_answer(v, add(ret, v, CHECK_WARN, "not bound to vfio-pci yet"));
	} else {
		add(ret, v, CHECK_PASS, "it can go to a VM once the IOMMU is on");
	}
	return true;
}

/* The card shares its group: all of it goes, or nothing. */
static void check_mixed(const struct diagnosis *d, const struct device_view *v,
			struct checks *ret)
{
	struct check *c = add(ret, v, CHECK_WARN, "shares its group with other devices");

	if (v->answered && v->usable)
		strv_addf(&c->fix,
			  "# all of them go to the VM together:\n"
			  "sudo slicer pci bind %s --group",
			  v->dev->address);
	for (size_t i = 0; v->answered && !v->usable && i < v->reasons.n; i++)
		strv_addf(&c->fix, "it can't go to a VM: %s", v->reasons.v[i]);
	strv_addf(&c->fix, "# move the card to another slot%s",
		  advice_can_set_up(d) ? "; or, at the price of isolation:\n"
					 "sudo slicer setup-iommu --acs-override"
				       : "");
}

static void check_device(const struct diagnosis *d, const struct device_view *v,
			 struct checks *ret)
{
	CLEANUP(free_char) char *fix = NULL;
	CLEANUP(free_char) char *advice = NULL;
	CLEANUP(free_char) char *below = device_below(v->dev, &advice);
	bool active = d->facts->iommu.active;
	struct check *c;

	if (below && v->asked) {
		c = add(ret, v, CHECK_FAIL, below);
		strv_add(&c->fix, advice);
	} else if (active && v->dev->iommu_group < 0 && !pci_is_bridge(v->dev)) {
		CLEANUP(free_char)
		char *why =
			device_no_group(v->dev, d->facts->cmdline, &d->facts->log, &fix);
		CLEANUP(free_char) char *title = xasprintf("in no IOMMU group: %s", why);

		c = add(ret, v, CHECK_WARN, title);
		strv_add(&c->fix, fix);
	} else if (active && !v->bound && is_mixed(v) &&
		   (v->asked || pci_is_display(v->dev)) && !pci_is_bridge(v->dev)) {
		check_mixed(d, v, ret);
	} else if (!check_asked(v, ret)) {
		add(ret, v, CHECK_PASS, NULL);
	}
}

/* Of its own kind, whatever else is told of the device. */
static struct check *add_fault(struct checks *ret, const struct device_view *v,
			       enum check_status status, const char *kind,
			       const char *title, const char *evidence)
{
	CLEANUP(free_char) char *id = xasprintf("devices.%s.%s", v->dev->address, kind);
	CLEANUP(free_char) char *text = xasprintf("%s %s", v->dev->address, title);

	return check_add(ret, id, DEVICES, status, text, "%s", evidence);
}

static void check_faults(const struct diagnosis *d, const struct device_view *v,
			 struct checks *ret)
{
	CLEANUP(free_char) char *dead = device_dead(v->dev, &d->facts->log);
	CLEANUP(free_char)
	char *reserved =
		device_reserved(v->dev, diagnosis_vendor(d), d->facts->platform.kernel);
	struct check *c;

	if (dead) {
		c = add_fault(ret, v, v->asked ? CHECK_FAIL : CHECK_WARN, "dead",
			      "is dead until its power was off", dead);
		strv_add(&c->fix, device_dead_advice());
	}
	if (reserved) {
		c = add_fault(ret, v, CHECK_WARN, "reserved",
			      "has memory that the firmware keeps", reserved);
		strv_add(&c->fix, device_reserved_advice());
	}
}

void checks_devices(const struct diagnosis *d, struct checks *ret)
{
	const struct error *e = d->pci_error;
	struct check *c;

	if (!d->pci_known) {
		c = check_add(ret, "devices.pci", DEVICES, CHECK_SKIP,
			      "no PCI devices could be looked at", "%s",
			      e && e->code ? e->what : "there is no PCI bus");
		if (e && e->hint[0])
			strv_add(&c->fix, e->hint);
		return;
	}
	if (d->n_devices == 0)
		check_add(ret, "devices.pci", DEVICES, CHECK_SKIP,
			  "there is no display or network controller", NULL);
	for (size_t i = 0; i < d->n_devices; i++) {
		check_device(d, &d->devices[i], ret);
		check_faults(d, &d->devices[i], ret);
	}
	if (d->n_devices_left_out) {
		c = check_add(ret, "devices.more", DEVICES, CHECK_SKIP,
			      "more display and network controllers", "%zu are left out",
			      d->n_devices_left_out);
		strv_add(&c->fix, "slicer pci list\n# and about one of them:\n"
				  "slicer doctor ADDRESS");
	}
}
