/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "devices": virtual machines that are defined to have the same devices. */
#include "policy/checks.h"

#define DEVICES "devices"

static void check_one(const struct vm_conflict *v, struct checks *ret)
{
	CLEANUP(free_char)
	char *id = v->is_split ? xasprintf("devices.split.%s", v->address)
			       : xasprintf("devices.shared.%s", v->address);
	struct check *c;

	/* Taking turns is what many do with their only card. */
	if (!v->at_boot && !v->is_split) {
		check_add(ret, id, DEVICES, CHECK_PASS,
			  "two virtual machines take turns with a device", "%s", v->what);
		return;
	}
	c = check_add(ret, id, DEVICES, CHECK_WARN,
		      v->is_split ? "two virtual machines have parts of one IOMMU group"
				  : "two virtual machines that start with the host have "
				    "the same device",
		      "%s: only one of them can run at a time", v->what);
	strv_add(&c->fix,
		 v->is_split ? "# let one of them have the whole group (sudo virsh edit "
			       "DOMAIN; sudo qm set VMID --delete hostpciN)"
			     : "let only one of them start with the host (sudo virsh "
			       "autostart --disable DOMAIN; sudo qm set VMID --onboot "
			       "0)");
}

#define LOOK_AT_IT                                                                       \
	"have another address in the definition: sudo virsh edit DOMAIN; sudo qm set "   \
	"VMID "                                                                          \
	"--hostpciN ADDRESS"

/* One check for all: a card that was put in moves many addresses at once. */
static void check_list(const char *id, const struct strv *list, const char *title,
		       struct checks *ret)
{
	CLEANUP(free_char) char *text = NULL;

	if (!list || !list->n)
		return;
	text = strv_join(list, "; ");
	strv_add(&check_add(ret, id, DEVICES, CHECK_WARN, title, "%s", text)->fix,
		 LOOK_AT_IT);
}

void checks_vms(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(free_char) char *unread = NULL;
	struct check *c;

	if (!d->vms)
		return;
	for (size_t i = 0; i < d->vm_conflicts->n; i++)
		check_one(&d->vm_conflicts->v[i], ret);
	check_list("devices.vms-need", d->vm_needed,
		   "a virtual machine takes a device that the host needs", ret);
	check_list("devices.vms-gone", d->vm_gone,
		   "a virtual machine is defined to have a device that is not there: was "
		   "a card moved?",
		   ret);
	if (!d->vms->unknown.n)
		return;
	unread = strv_join(&d->vms->unknown, ", ");
	c = check_add(ret, "devices.vms", DEVICES, CHECK_SKIP,
		      "which devices virtual machines are defined to have is not known",
		      "not readable: %s", unread);
	check_fix_root(d, c);
}
