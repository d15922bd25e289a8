/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "iommu": what came of it all, by sysfs and by the kernel's log. */
#include "policy/advice.h"
#include "policy/checks.h"
#include "policy/faults.h"
#include "policy/remapping.h"

#define IOMMU "iommu"

static void check_active(const struct diagnosis *d, struct checks *ret)
{
	const struct iommu_facts *f = &d->facts->iommu;
	const char *evidence = f->evidence ? f->evidence : "/sys/class/iommu";
	struct check *c;

	if (!f->known) {
		c = check_add(ret, "iommu.active", IOMMU, CHECK_SKIP,
			      "whether the IOMMU is active can't be told",
			      "there is no /sys to look at");
		check_fix_start(c);
	} else if (f->active) {
		check_add(ret, "iommu.active", IOMMU, CHECK_PASS, "the IOMMU is active",
			  "%s", evidence);
	} else {
		c = check_add(ret, "iommu.active", IOMMU, CHECK_FAIL,
			      "the IOMMU is not active", "%s", evidence);
		verdict_of(d, &c->fix);
	}
}

static void check_domain(const struct iommu_facts *f, struct checks *ret)
{
	bool is_identity = str_eq(f->default_domain, "identity");

	if (!f->active)
		return;
	if (!f->default_domain)
		check_add(ret, "iommu.domain", IOMMU, CHECK_SKIP,
			  "the groups' default domain is not known",
			  "no group shows its type");
	else
		check_add(ret, "iommu.domain", IOMMU, CHECK_PASS,
			  is_identity ? "host devices run at full speed (iommu=pt)"
				      : "host devices run without iommu=pt (slower)",
			  "default domain: %s", f->default_domain)
			->minor = is_identity;
}

/* VFIO refuses devices without it: remapping.h. It is worth telling before the IOMMU is
 * active only when it is known that it will be off. */
static void check_interrupts(const struct diagnosis *d, struct checks *ret)
{
	static const char id[] = "iommu.interrupt-remapping";
	CLEANUP(remapping_done) struct remapping r = { 0 };
	const struct log_facts *log = &d->facts->log;
	struct check *c;

	remapping_judge(d->facts, &r);
	/* Without an IOMMU the controllers' names say "not remapped" everywhere: only a
	 * cause that stays makes it known. */
	if (!d->facts->iommu.active && (r.on != TRI_NO || r.cause == REMAPPING_NO_CAUSE))
		return;
	if (r.on == TRI_UNKNOWN) {
		c = check_add(ret, id, IOMMU, CHECK_SKIP,
			      "whether interrupts are remapped can't be told", "%s",
			      log->why_not ? log->why_not : "the log does not say it");
		check_fix_root(d, c);
	} else if (r.on == TRI_YES) {
		check_add(ret, id, IOMMU, CHECK_PASS, "interrupts are remapped", "%s",
			  r.evidence);
	} else {
		const char *why = str_eq(r.why, r.evidence) ? NULL : r.why;
		const char *by = r.allowed ? r.allowed_by : r.iommufd_by;

		c = check_add(ret, id, IOMMU, r.allowed ? CHECK_WARN : CHECK_FAIL,
			      r.allowed ? "interrupts are not remapped, and VFIO may do "
					  "without: only for guests that are trusted"
			      : by	? "interrupts are not remapped: VFIO refuses "
					  "devices, but for what uses iommufd"
					: "interrupts are not remapped: VFIO refuses "
					  "devices",
			      "%s%s%s%s%s", r.evidence, why ? "; " : "", why ? why : "",
			      by ? "; " : "", by ? by : "");
		remapping_advice(d, &r, &c->fix);
	}
}

static bool is_error(enum kmsg_meaning m)
{
	return m == KMSG_ERROR || m == KMSG_WARNING || m == KMSG_FAULT || m == KMSG_DEAD;
}

/* Lines that check_faults() tells don't count here. */
static bool is_first_of_rule(const struct diagnosis *d, size_t at)
{
	const struct log_facts *log = &d->facts->log;

	for (size_t i = 0; i < at; i++)
		if (strcmp(log->v[i].rule->id, log->v[at].rule->id) == 0 &&
		    !fault_is_told(d, &log->v[i]))
			return false;
	return !fault_is_told(d, &log->v[at]);
}

static size_t count_of_rule(const struct diagnosis *d, const char *id)
{
	const struct log_facts *log = &d->facts->log;
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += strcmp(log->v[i].rule->id, id) == 0 && !fault_is_told(d, &log->v[i]);
	return n;
}

static enum check_status line_status(const struct diagnosis *d, enum kmsg_meaning m)
{
	return m == KMSG_ERROR && !d->facts->iommu.active ? CHECK_FAIL : CHECK_WARN;
}

/* Each kind of message once, with what it means. */
static void check_line(const struct diagnosis *d, const struct log_line *line,
		       struct checks *ret)
{
	const struct kmsg_rule *rule = line->rule;
	size_t n = count_of_rule(d, rule->id);
	CLEANUP(free_char) char *id = xasprintf("iommu.log.%s", rule->id);
	CLEANUP(free_char) char *text = judge_log_text(line);
	CLEANUP(free_char) char *title = NULL;
	struct check *c;

	if (rule->meaning == KMSG_HARMLESS) {
		title = xasprintf("harmless: %s", rule->explain);
		c = check_add(ret, id, IOMMU, CHECK_PASS, title, "%s", text);
		/* The one that slicer itself brings about is always explained. */
		c->minor = strcmp(rule->id, "amd-on-ignored") != 0;
		return;
	}
	title = n > 1 ? xasprintf("the kernel's log has an error, %zu times", n)
		      : xstrdup("the kernel's log has an error");
	c = check_add(ret, id, IOMMU, line_status(d, rule->meaning), title, "%s", text);
	strv_add(&c->fix, rule->explain);
}

/* A device of the host's own that the IOMMU stops: firmware that does not say what memory
 * the device uses, or a driver that does not map it. */
static void check_fault(const struct diagnosis *d, const struct fault_view *v,
			struct checks *ret)
{
	CLEANUP(free_char) char *id = xasprintf("iommu.fault.%s", v->dev->address);
	CLEANUP(free_char) char *uses = strv_join(&v->in_use, "; ");
	CLEANUP(free_char) char *text = judge_log_text(v->line);
	CLEANUP(free_char)
	char *title = xasprintf("the IOMMU stops the host's own device %s, %zu time%s",
				v->dev->address, v->n, v->n == 1 ? "" : "s");
	const struct boot_entry *entry = judge_default(d);
	struct check *c;

	c = check_add(ret, id, IOMMU, CHECK_WARN, title, "%s%s%s%s: %s",
		      v->dev->driver ? "driver " : "no driver",
		      v->dev->driver ? v->dev->driver : "", *uses ? "; " : "", uses,
		      text);
	if (entry && judge_has_pt(entry->options))
		strv_add(&c->fix,
			 "# the next boot has iommu=pt, which lets the host's own "
			 "devices around the IOMMU:\nsudo reboot");
	else if (!advice_can_set_up(d))
		advice_setup(d, &c->fix);
	else
		strv_add(&c->fix,
			 "# iommu=pt lets the host's own devices around the IOMMU; "
			 "devices of virtual machines stay behind it:\n"
			 "sudo slicer setup-iommu");
}

static void check_faults(const struct diagnosis *d, struct checks *ret)
{
	for (size_t i = 0; i < d->n_faults; i++)
		if (fault_is_of_host(d, &d->faults[i]))
			check_fault(d, &d->faults[i], ret);
}

static void check_log(const struct diagnosis *d, struct checks *ret)
{
	const struct log_facts *log = &d->facts->log;
	size_t bad = 0, harmless = 0;
	struct check *c;

	if (!log->readable) {
		c = check_add(ret, "iommu.log", IOMMU, CHECK_SKIP,
			      "the kernel's log could not be read", "%s",
			      log->why_not ? log->why_not : "no reason is known");
		if (d->facts->iommu.known)
			check_fix_root(d, c);
		else
			check_fix_start(c);
		return;
	}
	for (size_t i = 0; i < log->n; i++) {
		harmless += log->v[i].rule->meaning == KMSG_HARMLESS;
		bad += is_error(log->v[i].rule->meaning);
	}
	if (!log->from_boot) {
		c = check_add(ret, "iommu.log", IOMMU, CHECK_SKIP,
			      "the log of the start is gone: errors may have been missed",
			      "newer messages have overwritten it");
		strv_add(&c->fix, "sudo journalctl -k -b 0 -g 'DMAR|AMD-Vi|IOMMU'");
	} else if (!bad) {
		check_add(ret, "iommu.log", IOMMU, CHECK_PASS,
			  "no IOMMU errors in the kernel's log",
			  "%zu lines about it, %zu of them harmless warnings", log->n,
			  harmless);
	}
	for (size_t i = 0; i < log->n; i++)
		if ((is_error(log->v[i].rule->meaning) ||
		     log->v[i].rule->meaning == KMSG_HARMLESS) &&
		    is_first_of_rule(d, i))
			check_line(d, &log->v[i], ret);
}

void checks_iommu(const struct diagnosis *d, struct checks *ret)
{
	check_active(d, ret);
	check_domain(&d->facts->iommu, ret);
	check_interrupts(d, ret);
	check_faults(d, ret);
	check_log(d, ret);
}
