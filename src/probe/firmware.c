/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the IOMMU switched on in the firmware? Its ACPI table says so: VT-d off takes DMAR
 * away, AMD-Vi off takes IVRS. The tables' directory can be listed by everyone, the
 * tables are 0400 (linux drivers/acpi/sysfs.c): that a table exists is known without
 * root.
 */
#include <errno.h>

#include "probe/facts.h"

#define TABLES "/sys/firmware/acpi/tables"
#define TABLE_MAX (1u << 20)

static char *why_not_listed(const struct host *h, int err)
{
	if (err == -EACCES || err == -EPERM)
		return xstrdup(TABLES " is not readable without root");
	if (!host_is_dir(h, "/sys/firmware"))
		return xstrdup("there is no /sys/firmware to look at");
	return xstrdup("there is no " TABLES
		       ": a kernel without ACPI, or one started with acpi=off");
}

/* What is in the table; that it exists has been seen. */
static void read_table(const struct host *h, const char *name, struct firmware_facts *ret)
{
	CLEANUP(free_char) char *path = xasprintf(TABLES "/%s", name);
	CLEANUP(str_done) struct str bytes = { 0 };
	struct error e = { 0 };
	int r = host_read(h, path, TABLE_MAX, &bytes, &e);

	if (r == 0)
		r = acpi_iommu_parse((const uint8_t *)str_c(&bytes), bytes.len,
				     &ret->table, &e);
	if (r == 0)
		ret->details = true;
	else if (r == -EACCES || r == -EPERM)
		ret->why_unknown = xasprintf("%s is not readable without root", path);
	else
		ret->why_unknown = xasprintf("%s: %s", path, e.what);
}

int firmware_probe(const struct host *h, struct firmware_facts *ret, struct error *e)
{
	static const struct {
		const char *name;
		enum acpi_table table;
	} wanted[] = { { "DMAR", ACPI_DMAR }, { "IVRS", ACPI_IVRS } };
	CLEANUP(strv_done) struct strv names = { 0 };
	int r = host_list(h, TABLES, &names, NULL);

	(void)e;
	*ret = (struct firmware_facts){ 0 };
	if (r < 0) {
		ret->why_unknown = why_not_listed(h, r);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!strv_has(&names, wanted[i].name))
			continue;
		ret->state = FIRMWARE_PRESENT;
		read_table(h, wanted[i].name, ret);
		ret->table.table = wanted[i].table;
		return 0;
	}
	/* Every ACPI machine has a DSDT and an FADT: an empty directory is no answer. */
	if (names.n)
		ret->state = FIRMWARE_ABSENT;
	else
		ret->why_unknown = xstrdup(TABLES " is empty");
	return 0;
}

void firmware_done(struct firmware_facts *f)
{
	free(f->why_unknown);
	*f = (struct firmware_facts){ 0 };
}
