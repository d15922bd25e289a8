/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/advice.h"

#include "policy/judge.h"

#define RUN "run: "
#define THEN_REBOOT ", then reboot"

/* What setup-iommu would say: the same functions are asked. */
static bool is_refused(const struct diagnosis *d, struct error *e)
{
	if (refuse_host(d->facts, false, e) < 0)
		return true;
	if (judge_is_unproven(d) && !d->boot->can_append) {
		*e = d->boot->configured_error;
		return true;
	}
	if (d->boot || !d->boot_error || d->boot_error->code == ERROR_NONE)
		return false;
	*e = *d->boot_error;
	return true;
}

bool advice_can_set_up(const struct diagnosis *d)
{
	struct error e = { 0 };

	return !is_refused(d, &e);
}

/* "run: grubby ..." becomes a command to paste; a shell's own words need a root shell. */
static char *as_command(const char *hint)
{
	const char *end = strstr(hint, THEN_REBOOT);
	size_t n = end && !end[strlen(THEN_REBOOT)] ? (size_t)(end - hint) : strlen(hint);
	CLEANUP(free_char) char *text = NULL;

	if (str_starts(hint, RUN)) {
		text = xstrndup(hint + strlen(RUN), n - strlen(RUN));
		if (!str_starts(text, "for ") && !str_starts(text, "mkdir "))
			return xasprintf("sudo %s", text);
		return xasprintf("# as root:\n%s", text);
	}
	return xstrndup(hint, n);
}

/* Nobody knows the place. */
static void by_hand(const struct diagnosis *d, const char *why, struct strv *ret)
{
	CLEANUP(free_char) char *blocks = judge_blocks(d, d->facts->cmdline);
	CLEANUP(strv_done) struct strv missing = { 0 };
	CLEANUP(free_char) char *list = NULL;

	if (blocks)
		strv_addf(ret,
			  "take %s out of the boot loader's configuration by hand: %s",
			  blocks, why);
	if (d->wanted && d->facts->cmdline)
		wanted_missing(d->wanted, d->facts->cmdline, &missing);
	list = strv_join(&missing, " ");
	if (missing.n)
		strv_addf(ret, "add %s to the boot loader's configuration by hand: %s",
			  list, why);
}

void advice_hint(const struct error *e, struct strv *ret)
{
	CLEANUP(strv_done) struct strv lines = { 0 };

	strv_split(&lines, e->hint, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (!str_starts(lines.v[i], "--force"))
			strv_take(ret, as_command(lines.v[i]));
}

void advice_setup(const struct diagnosis *d, struct strv *ret)
{
	struct error e = { 0 };

	if (!is_refused(d, &e)) {
		strv_add(ret, "sudo slicer setup-iommu");
		return;
	}
	if (!e.hint[0])
		by_hand(d, e.what, ret);
	else if (judge_is_unproven(d) && str_eq(e.what, d->boot->configured_error.what))
		strv_addf(ret, "%s:%u: %s", e.path, e.line, e.what);
	advice_hint(&e, ret);
}

void advice_param(const struct diagnosis *d, const char *param, const char *why,
		  struct strv *ret)
{
	if (advice_can_set_up(d))
		strv_addf(ret, "%s%s%ssudo slicer setup-iommu --param %s",
			  why ? "# " : "", why ? why : "", why ? ":\n" : "", param);
	else
		strv_addf(ret, "# add %s to the kernel's command line%s%s%s", param,
			  why ? " (" : "", why ? why : "", why ? ")" : "");
}
