/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Group "cmdline": the three command lines, and which arrow between them was skipped:
 * configured -> (update-grub) -> next boot -> (reboot) -> running.
 */
#include "policy/advice.h"
#include "policy/checks.h"
#include "policy/next_boot.h"

#define CMDLINE "cmdline"

static bool is_in_trial(const struct diagnosis *d)
{
	return d->trial.state == TRIAL_RUNNING;
}

/* Where nothing can be set up, setup-iommu would refuse: then the way is the verdict's.
 * In a trial boot, keeping it sets up what is permanent. */
static void fix_by_setup(const struct diagnosis *d, struct check *c)
{
	if (judge_is_unsupported(d))
		verdict_of(d, &c->fix);
	else if (is_in_trial(d))
		strv_add(&c->fix, "sudo slicer setup-iommu --confirm");
	else
		advice_setup(d, &c->fix);
}

/* What is missing when the IOMMU works all the same is worth a note, no more. */
static enum check_status missing_status(const struct diagnosis *d, const char *options)
{
	if (!judge_lacks(d, options))
		return CHECK_PASS;
	return d->facts->iommu.active ? CHECK_WARN : CHECK_FAIL;
}

static char *missing_text(const struct diagnosis *d, const char *options)
{
	CLEANUP(strv_done) struct strv missing = { 0 };

	wanted_missing(d->wanted, options, &missing);
	return strv_join(&missing, " ");
}

/*
 * One command line against what is wanted. place is "the configured command line";
 * source (may be NULL) says where it stands. Returns the check for its fix lines, NULL
 * if none is needed.
 */
static struct check *check_line(const struct diagnosis *d, struct checks *ret,
				const char *id, const char *place, const char *source,
				const char *options)
{
	enum check_status status = missing_status(d, options);
	CLEANUP(free_char) char *missing = missing_text(d, options);
	CLEANUP(free_char) char *title = NULL;
	struct check *c;

	if (status == CHECK_PASS)
		title = *missing ? xasprintf("%s has what counts (not %s, which is "
					     "optional)",
					     place, missing)
				 : xasprintf("%s has what is wanted", place);
	else
		title = xasprintf("%s lacks %s", place, missing);
	c = check_add(ret, id, CMDLINE, status, title, "%s%s%s", source ? source : "",
		      source ? ": " : "", options);
	return status == CHECK_PASS ? NULL : c;
}

static void check_configured(const struct diagnosis *d, struct checks *ret)
{
	const char *options = judge_configured(d);
	const struct error *e = d->boot ? &d->boot->configured_error : d->boot_error;
	CLEANUP(free_char) char *source = NULL;
	struct check *c;

	if (!d->boot || !options) {
		c = check_add(ret, "cmdline.configured", CMDLINE,
			      d->boot && e->code ? CHECK_WARN : CHECK_SKIP,
			      "the configured command line can't be told", "%s",
			      e && e->code ? e->what : "no default entry is known");
		if (e && e->hint[0])
			strv_add(&c->fix, e->hint);
		return;
	}
	if (!d->boot->configured)
		source = xstrdup_null(judge_default(d)->source);
	else if (d->boot->configured_sources.n)
		source = strv_join(&d->boot->configured_sources, ", ");
	c = check_line(d, ret, "cmdline.configured", "the configured command line",
		       source, options);
	if (c)
		fix_by_setup(d, c);
}

/* Entries beside the default one that a person may choose, and that lack it. */
static size_t count_lacking(const struct diagnosis *d, const char **first)
{
	size_t n = 0;

	for (size_t i = 0; i < d->boot->n; i++) {
		const struct boot_entry *entry = &d->boot->v[i];

		if (!boot_entry_is_normal(entry) || !entry->options ||
		    !judge_lacks(d, entry->options))
			continue;
		if (n++ == 0)
			*first = entry->title ? entry->title : entry->id;
	}
	return n;
}

static void check_other_entries(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(free_char) char *generate = judge_generate_command(d);
	const char *first = NULL;
	size_t n = count_lacking(d, &first);
	struct check *c;

	if (n == 0)
		return;
	c = check_add(ret, "cmdline.other-entries", CMDLINE, CHECK_WARN,
		      "other entries of the boot menu lack what is wanted", "%s%s",
		      first ? first : "?", n > 1 ? ", and others" : "");
	if (judge_is_unsupported(d))
		fix_by_setup(d, c);
	else
		strv_add(&c->fix, generate);
}

static void check_next_boot(const struct diagnosis *d, struct checks *ret)
{
	const struct boot_entry *entry = judge_default(d);
	const char *configured = judge_configured(d);
	CLEANUP(free_char) char *why = judge_no_entry(d);
	CLEANUP(free_char) char *source = NULL;
	struct check *c;

	if (!entry || !entry->options) {
		c = check_add(ret, "cmdline.next-boot", CMDLINE, CHECK_SKIP,
			      "the command line of the next boot can't be told", "%s",
			      why);
		check_fix_entry(d, c);
		return;
	}
	if (entry->source)
		source = entry->line ? xasprintf("%s:%u", entry->source, entry->line)
				     : xstrdup(entry->source);
	c = check_line(d, ret, "cmdline.next-boot", "the next boot's command line",
		       source, entry->options);
	if (!c)
		check_other_entries(d, ret);
	else if (judge_is_unsupported(d))
		fix_by_setup(d, c);
	else if (entry->is_foreign)
		strv_addf(&c->fix, "add the parameters to this entry by hand: %s",
			  source ? source : entry->id);
	else if (configured && !judge_lacks(d, configured))
		strv_take(&c->fix, judge_generate_command(d));
	else
		fix_by_setup(d, c);
}

/* The first arrow between the command lines that was skipped. */
static void fix_running(const struct diagnosis *d, struct check *c)
{
	const char *configured = judge_configured(d);

	if (judge_is_unsupported(d))
		fix_by_setup(d, c);
	else if (next_boot_is_elsewhere(d))
		next_boot_mend(d, &c->fix);
	else if (judge_next_boot(d) == TRI_YES)
		strv_add(&c->fix, "sudo reboot");
	else if (configured && !judge_lacks(d, configured))
		strv_take(&c->fix, judge_generate_command(d));
	else
		fix_by_setup(d, c);
}

/* Which entry the running kernel was started from, where that is not the default one, or
 * not what the menu has. */
static void check_started(const struct diagnosis *d, struct checks *ret)
{
	const struct boot_entry *other = next_boot_other_started(d);
	CLEANUP(free_char) char *why = next_boot_why_elsewhere(d);
	struct check *c;

	if (why) {
		c = check_add(ret, "cmdline.elsewhere", CMDLINE, CHECK_FAIL,
			      "the boot loader reads another file than slicer", "%s",
			      why);
		next_boot_mend(d, &c->fix);
	} else if (other) {
		check_add(ret, "cmdline.started", CMDLINE, CHECK_WARN,
			  "this boot was not started from the default entry", "%s: %s",
			  other->title ? other->title : other->id, other->source);
	}
}

static void check_running(const struct diagnosis *d, struct checks *ret)
{
	struct check *c;

	if (!d->facts->cmdline) {
		c = check_add(ret, "cmdline.running", CMDLINE, CHECK_SKIP,
			      "the running command line is not known",
			      "there is no /proc/cmdline");
		check_fix_start(c);
		return;
	}
	c = check_line(d, ret, "cmdline.running", "the running command line",
		       "/proc/cmdline", d->facts->cmdline);
	if (c)
		fix_running(d, c);
}

static void add_blocker(const struct diagnosis *d, const char *place, const char *options,
			struct str *ret)
{
	CLEANUP(free_char) char *blocks = judge_blocks(d, options);

	if (blocks)
		str_addf(ret, "%s%s in the %s command line", ret->len ? ", " : "", blocks,
			 place);
}

static const char *what_is_off(const struct diagnosis *d, bool lifted)
{
	bool iommu = judge_blocks_iommu(d);

	if (lifted)
		return iommu ? "but for this trial boot, the IOMMU is switched off"
			     : "but for this trial boot, interrupt remapping is switched "
			       "off";
	return iommu ? "the IOMMU is switched off there"
		     : "interrupt remapping is switched off there: VFIO refuses devices";
}

static void check_contradiction(const struct diagnosis *d, struct checks *ret)
{
	const struct boot_entry *entry = judge_default(d);
	const struct wanted *w = d->wanted;
	CLEANUP(str_done) struct str text = { 0 };
	bool coming, lifted;
	struct check *c;
	size_t before;

	add_blocker(d, "configured", d->boot ? d->boot->configured : NULL, &text);
	add_blocker(d, "next boot's", entry ? entry->options : NULL, &text);
	coming = text.len > 0;
	before = text.len;
	add_blocker(d, "running", d->facts->cmdline, &text);
	/* To try what lifts it is what the trial is for. */
	lifted = is_in_trial(d) && text.len == before;
	if (text.len) {
		c = check_add(ret, "cmdline.contradiction", CMDLINE,
			      lifted ? CHECK_WARN : CHECK_FAIL, what_is_off(d, lifted),
			      "%s", str_c(&text));
		if (coming || !d->boot || judge_is_unsupported(d))
			fix_by_setup(d, c);
		else
			strv_add(&c->fix, "sudo reboot");
	} else if (w && w->n_conflicts) {
		c = check_add(ret, "cmdline.contradiction", CMDLINE, CHECK_WARN,
			      "a parameter says the opposite of what is wanted", "%s: %s",
			      w->conflicts[0].param, w->conflicts[0].why);
		fix_by_setup(d, c);
	} else {
		check_add(ret, "cmdline.contradiction", CMDLINE, CHECK_PASS,
			  "nothing switches the IOMMU off", NULL)
			->minor = true;
	}
}

static bool has_acs(const char *options)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (options)
		cmdline_split(options, strlen(options), &tokens);
	return cmdline_last(&tokens, "pcie_acs_override") != NULL;
}

static const struct log_line *acs_unknown(const struct diagnosis *d)
{
	const struct log_facts *log = &d->facts->log;

	for (size_t i = 0; i < log->n; i++)
		if (log->v[i].rule->meaning == KMSG_UNKNOWN_PARAM &&
		    strstr(log->v[i].text, "pcie_acs_override"))
			return &log->v[i];
	return NULL;
}

/* Mainline kernels never had it: init/main.c names what nobody took. */
static void check_acs_override(const struct diagnosis *d, struct checks *ret)
{
	const struct log_facts *log = &d->facts->log;
	const struct log_line *line;
	struct check *c;

	if (!has_acs(d->facts->cmdline))
		return;
	line = acs_unknown(d);
	if (line) {
		c = check_add(ret, "cmdline.acs-override", CMDLINE, CHECK_WARN,
			      "this kernel does not know pcie_acs_override", "%s",
			      line->text);
		strv_addf(&c->fix, "%s",
			  advice_can_set_up(d)
				  ? "sudo slicer setup-iommu --remove-param "
				    "pcie_acs_override"
				  : "take pcie_acs_override off the kernel's command "
				    "line");
		strv_add(&c->fix, "or start a kernel with the ACS override patch");
	} else if (!log->readable || !log->from_boot) {
		c = check_add(ret, "cmdline.acs-override", CMDLINE, CHECK_SKIP,
			      "whether this kernel knows pcie_acs_override can't be told",
			      "%s",
			      log->why_not ? log->why_not
					   : "the log of the start is gone");
		check_fix_root(d, c);
	} else {
		check_add(ret, "cmdline.acs-override", CMDLINE, CHECK_PASS,
			  "the kernel took pcie_acs_override: its groups promise more "
			  "isolation than the hardware gives",
			  NULL);
	}
}

static void check_length(const struct diagnosis *d, struct checks *ret)
{
	struct check *c;

	if (!d->facts->cmdline || strlen(d->facts->cmdline) < CMDLINE_MAX_BYTES)
		return;
	c = check_add(ret, "cmdline.length", CMDLINE, CHECK_WARN,
		      "the running command line was cut off",
		      "%zu bytes; the kernel "
		      "keeps %d",
		      strlen(d->facts->cmdline), CMDLINE_MAX_BYTES);
	strv_add(&c->fix, "take parameters away that are not needed any more");
}

void checks_cmdline(const struct diagnosis *d, struct checks *ret)
{
	struct check *c;

	if (d->wanted) {
		check_configured(d, ret);
		check_next_boot(d, ret);
		check_running(d, ret);
		check_started(d, ret);
	} else {
		c = check_add(ret, "cmdline.configured", CMDLINE, CHECK_SKIP,
			      "what the command line needs can't be told",
			      "the processor's vendor is not known");
		strv_add(&c->fix, "say it with --vendor intel or --vendor amd");
	}
	check_contradiction(d, ret);
	check_acs_override(d, ret);
	checks_mistakes(d, ret);
	check_length(d, ret);
}
