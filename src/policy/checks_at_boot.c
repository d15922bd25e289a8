/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "devices": what is to be bound at every boot, and is not. */
#include "policy/checks.h"

#define DEVICES "devices"

static void check_one(const struct at_boot_view *v, struct checks *ret)
{
	CLEANUP(free_char) char *id = xasprintf("devices.at-boot.%s", v->address);
	CLEANUP(free_char) char *title = NULL;
	struct check *c;

	if (v->why) {
		title = xasprintf("%s is to be bound to %s at every boot, and is not",
				  v->address, v->driver);
		c = check_add(ret, id, DEVICES, CHECK_WARN, title, "%s (%s)", v->why,
			      v->path);
		strv_copy(&c->fix, &v->next);
	} else if (v->moved) {
		title = xasprintf("%s was found although it has moved", v->address);
		check_add(ret, id, DEVICES, CHECK_PASS, title, "%s (%s)", v->moved,
			  v->path);
	}
}

static void check_broken(const struct strv *broken, struct checks *ret)
{
	for (size_t i = 0; i < broken->n; i++) {
		CLEANUP(free_char) char *id = xasprintf("devices.at-boot.file%zu", i + 1);
		struct check *c = check_add(
			ret, id, DEVICES, CHECK_WARN,
			"a file about a device to be bound at every boot can't be used",
			"%s", broken->v[i]);

		strv_add(&c->fix, "# mend it, or remove it and run:\n"
				  "sudo slicer pci bind ADDR --persist");
	}
}

static void check_leftover(const struct strv *leftover, struct checks *ret)
{
	for (size_t i = 0; i < leftover->n; i++) {
		const char *address = leftover->v[i];
		CLEANUP(free_char) char *id = xasprintf("devices.early.%s", address);
		CLEANUP(free_char)
		char *title =
			xasprintf("the initramfs binds %s, and no file says so", address);
		struct check *c = check_add(ret, id, DEVICES, CHECK_WARN, title, NULL);

		strv_addf(&c->fix, "sudo slicer pci unbind %s --persist", address);
	}
}

void checks_at_boot(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(strv_done) struct strv bound = { 0 };
	CLEANUP(free_char) char *list = NULL;
	struct check *c;

	for (size_t i = 0; i < d->n_at_boot; i++) {
		check_one(&d->at_boot[i], ret);
		if (!d->at_boot[i].why)
			strv_add(&bound, d->at_boot[i].address);
	}
	if (d->at_boot_broken)
		check_broken(d->at_boot_broken, ret);
	if (d->at_boot_leftover)
		check_leftover(d->at_boot_leftover, ret);
	if (d->at_boot_disabled) {
		c = check_add(ret, "devices.at-boot", DEVICES, CHECK_WARN,
			      "nothing binds the devices at the next boot",
			      "slicer-bind.service is not enabled");
		strv_add(&c->fix, "sudo systemctl enable slicer-bind.service");
	} else if (bound.n) {
		list = strv_join(&bound, ", ");
		check_add(ret, "devices.at-boot", DEVICES, CHECK_PASS,
			  "devices are bound at every boot", "%s", list);
	}
}
