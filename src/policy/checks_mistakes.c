/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Group "cmdline": what stands on a command line and no kernel knows. The kernel says so
 * of a name in one line of its log (init/main.c, from 5.14 on), and of a word of
 * intel_iommu= and amd_iommu= (from 5.16 on); of a name with a dot it never does, because
 * a module that is still to be loaded may know it.
 */
#include "policy/advice.h"
#include "policy/checks.h"

#define CMDLINE "cmdline"

/* A command line on which such a thing stands. */
struct place {
	const char *name;
	struct strv tokens;
	bool is_running; /* it comes from the boot that is over when somebody restarts */
};
struct places {
	struct place v[4];
	size_t n;
};

static void places_done(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		strv_done(&p->v[i].tokens);
}

static void add_place(struct places *p, const char *name, bool running,
		      const char *options, size_t len)
{
	struct place *place = &p->v[p->n];

	if (!options)
		return;
	*place = (struct place){ .name = name, .is_running = running };
	cmdline_split(options, len, &place->tokens);
	p->n++;
}

static void add_line(struct places *p, const char *name, bool running,
		     const char *options)
{
	add_place(p, name, running, options, options ? strlen(options) : 0);
}

/* What the kernel listed: Unknown kernel command line parameters "A B=c", will be ... */
static void add_log(const struct diagnosis *d, struct places *p)
{
	const struct log_facts *log = &d->facts->log;

	for (size_t i = 0; i < log->n; i++) {
		const char *from, *to;

		if (log->v[i].rule->meaning != KMSG_UNKNOWN_PARAM)
			continue;
		from = strchr(log->v[i].text, '"');
		to = from ? strstr(from + 1, "\", will be") : NULL;
		if (to)
			add_place(p, "running", true, from + 1, (size_t)(to - from - 1));
		return;
	}
}

static void find_places(const struct diagnosis *d, struct places *ret)
{
	const struct boot_entry *entry = judge_default(d);

	add_line(ret, "configured", false, judge_configured(d));
	add_line(ret, "next boot's", false, entry ? entry->options : NULL);
	add_line(ret, "running", true, d->facts->cmdline);
	add_log(d, ret);
}

static bool is_told(const struct strv *told, const char *token)
{
	for (size_t i = 0; i < told->n; i++)
		if (param_same(told->v[i], token))
			return true;
	return false;
}

/* A parameter without its value is the name of a good one, too: to remove that name would
 * remove both. */
static void fix_name(const struct diagnosis *d, const struct place *place,
		     const char *token, const char *meant, struct check *c)
{
	CLEANUP(free_char) char *name = xstrndup(token, strcspn(token, "="));

	if (place->is_running && d->boot)
		strv_add_unique(&c->fix, "sudo reboot");
	else if (!advice_can_set_up(d) || !d->boot || param_name_same(token, meant) ||
		 param_check_safe(name, NULL) < 0)
		strv_addf(&c->fix, "take %s out of the command line by hand", token);
	else
		strv_addf(&c->fix, "sudo slicer setup-iommu --remove-param %s", name);
}

static void check_names(const struct diagnosis *d, const struct places *p,
			struct checks *ret)
{
	CLEANUP(strv_done) struct strv told = { 0 };
	struct check *c;

	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->v[i].tokens.n; k++) {
			const char *token = p->v[i].tokens.v[k];
			CLEANUP(free_char) char *meant = NULL, *id = NULL;

			if (strcmp(token, "--") == 0)
				break;
			meant = param_meant(token);
			if (!meant || is_told(&told, token))
				continue;
			strv_add(&told, token);
			id = told.n == 1 ? xstrdup("cmdline.mistyped")
					 : xasprintf("cmdline.mistyped-%zu", told.n);
			c = check_add(ret, id, CMDLINE, CHECK_WARN,
				      "no kernel knows a parameter of this name",
				      "%s in the %s command line: did you mean %s?",
				      token, p->v[i].name, meant);
			fix_name(d, &p->v[i], token, meant, c);
		}
}

static void check_words(const struct diagnosis *d, const struct places *p,
			struct checks *ret)
{
	for (size_t i = 0; i < p->n; i++) {
		CLEANUP(free_char) char *word = NULL;
		const char *token = cmdline_unknown_word(&p->v[i].tokens,
							 d->facts->cpu.vendor, &word);
		struct check *c;

		if (!token)
			continue;
		c = check_add(ret, "cmdline.unknown-word", CMDLINE, CHECK_WARN,
			      "no kernel knows this value, which does nothing",
			      "\"%s\" of %s in the %s command line", word, token,
			      p->v[i].name);
		if (!d->boot || !advice_can_set_up(d))
			strv_addf(&c->fix, "take %s out of the command line by hand",
				  token);
		else
			strv_add(&c->fix, p->v[i].is_running ? "sudo reboot"
							     : "sudo slicer setup-iommu");
		return;
	}
}

/* A character that the eye takes for a plain one. */
static void check_characters(const struct diagnosis *d, struct checks *ret)
{
	struct error e = { 0 };
	struct check *c;

	if (!d->boot || boot_config_find_lookalike(d->boot, &e) == 0)
		return;
	c = check_add(ret, "cmdline.character", CMDLINE, CHECK_FAIL,
		      "the command line has a character that only looks like a plain one",
		      "%s: %s", e.path[0] ? e.path : "the boot menu", e.what);
	strv_add(&c->fix, e.hint);
}

void checks_mistakes(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(places_done) struct places p = { 0 };

	check_characters(d, ret);
	find_places(d, &p);
	check_names(d, &p, ret);
	check_words(d, &p, ret);
}
