/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/checks.h"
#include "policy/seals.h"

#define BOOTLOADER "bootloader"

static bool reboot_is_due(const struct diagnosis *d)
{
	CLEANUP(strv_done) struct strv missing = { 0 };

	if (d->wanted && d->facts->cmdline)
		wanted_missing(d->wanted, d->facts->cmdline, &missing);
	return missing.n > 0;
}

void checks_seals(const struct diagnosis *d, struct checks *ret)
{
	const struct seal_facts *f = &d->facts->seals;
	CLEANUP(strv_done) struct strv lines = { 0 };
	CLEANUP(free_char) char *evidence = NULL;
	bool at_risk = false;
	struct check *c;

	for (size_t i = 0; i < f->n; i++) {
		strv_take(&lines, seal_describe(&f->v[i]));
		at_risk |= seal_is_at_risk(&f->v[i].seal);
	}
	if (!f->n && f->unread.n) {
		evidence = strv_join(&f->unread, "; ");
		c = check_add(ret, "bootloader.tpm-seal", BOOTLOADER, CHECK_SKIP,
			      "whether the TPM unlocks the disks could not be seen", "%s",
			      evidence);
		check_fix_root(d, c);
	}
	if (!f->n)
		return;
	evidence = strv_join(&lines, "; ");
	if (!at_risk || !reboot_is_due(d)) {
		check_add(ret, "bootloader.tpm-seal", BOOTLOADER, CHECK_PASS,
			  "nothing that is to be done concerns the disks that the TPM "
			  "unlocks",
			  "%s", evidence)
			->minor = true;
		return;
	}
	c = check_add(ret, "bootloader.tpm-seal", BOOTLOADER, CHECK_WARN,
		      "the TPM may not unlock a disk at the next boot", "%s", evidence);
	for (size_t i = 0; i < f->n; i++)
		if (seal_is_at_risk(&f->v[i].seal))
			strv_addf(&c->fix,
				  "have the passphrase or recovery key of %s ready "
				  "before you reboot",
				  f->v[i].name);
}
