/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/doctor_text.h"
#include "report/wrap.h"

#define GROUP_WIDTH 13
#define STATUS_WIDTH 6
#define INDENT (GROUP_WIDTH + STATUS_WIDTH)
/* Narrower than this there is no use in breaking lines. */
#define MIN_WIDTH 40
/* Two rows of a command line say enough. */
#define EVIDENCE_ROWS 2
/* So many addresses are named where a number stands for the rest. */
#define MOST_ADDRESSES 3

static const struct {
	const char *word;
	enum paint paint;
} statuses[] = {
	[CHECK_PASS] = { "pass", PAINT_GOOD },
	[CHECK_WARN] = { "warn", PAINT_WARN },
	[CHECK_FAIL] = { "FAIL", PAINT_BAD },
	[CHECK_SKIP] = { "skip", PAINT_DIM },
};

static const struct {
	const char *group, *title;
} groups[] = {
	{ "cmdline", "command line" },
	{ "bootloader", "boot loader" },
	{ "iommu", "IOMMU" },
};

/* What stands for the title of a check that passed, in the line of its group. */
static const struct {
	const char *id, *text;
} briefs[] = {
	{ "cmdline.configured", "what is wanted is configured" },
	{ "cmdline.next-boot", "in the boot menu" },
	{ "cmdline.running", "running" },
	{ "initramfs.images", "the image is complete" },
	{ "iommu.active", "active" },
	{ "iommu.log", "no errors in the log" },
	{ "hypervisors.installed", "a hypervisor is installed" },
	{ "hypervisors.firmware", "with UEFI firmware" },
};

struct page {
	struct str *out;
	const struct output *o;
	const struct doctor_report *r;
	const char *group; /* the one whose title was printed last */
};

static const char *group_title(const char *group)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (strcmp(groups[i].group, group) == 0)
			return groups[i].title;
	return group;
}

static size_t add_text(const struct page *p, const char *text, size_t column, size_t rows)
{
	struct wrap w = {
		.indent = INDENT,
		.width = p->o->width < MIN_WIDTH ? 0 : p->o->width,
		.rows = rows,
	};

	return text_wrap(p->out, text, column, &w);
}

/* What comes before a title: the group where it is a new one, and the status. */
static void add_status(struct page *p, const char *group, const char *word,
		       enum paint paint)
{
	bool color = p->o->color_out;

	str_addf(p->out, "%s%-*s%s", paint_on(color, PAINT_BOLD), GROUP_WIDTH,
		 str_eq(p->group, group) ? "" : group_title(group), paint_off(color));
	str_addf(p->out, "%s%s%s  ", paint_on(color, paint), word, paint_off(color));
	p->group = group;
}

/* What root would see is told once for all of them, below. */
static bool shows_fix(const struct check *c)
{
	return c->status != CHECK_PASS &&
	       !(c->status == CHECK_SKIP && strv_has(&c->fix, "sudo slicer doctor"));
}

/* A chain breaks in one place: what mends the next links too is told once. */
static void add_fix(const struct page *p, const struct check *c)
{
	CLEANUP(free_char) char *label = xasprintf("%*sfix: ", INDENT, "");

	if (!shows_fix(c))
		return;
	for (const struct check *before = p->r->checks->v; before < c; before++)
		if (shows_fix(before) && strv_same(&before->fix, &c->fix))
			return;
	if (!strv_same(p->r->next, &c->fix))
		doctor_add_steps(p->out, p->o, p->r, label, &c->fix);
}

/* After the title of what is well, or below it where no word of it fits there. */
static void add_evidence_after(const struct page *p, const char *evidence, size_t column)
{
	CLEANUP(free_char) char *line = doctor_printable(evidence);
	bool fits =
		p->o->width < MIN_WIDTH || column + 2 + strcspn(line, " ") <= p->o->width;

	if (fits)
		str_add(p->out, "  ");
	else
		str_addf(p->out, "\n%*s", INDENT, "");
	str_add(p->out, paint_on(p->o->color_out, PAINT_DIM));
	add_text(p, line, fits ? column + 2 : INDENT, 0);
	str_addf(p->out, "%s\n", paint_off(p->o->color_out));
}

/* Below the title of what is not, each of its lines on its own. */
static void add_evidence_below(const struct page *p, const char *evidence)
{
	size_t pos = 0, len;
	const char *line;

	str_add(p->out, paint_on(p->o->color_out, PAINT_DIM));
	while (next_line(evidence, strlen(evidence), &pos, &line, &len)) {
		CLEANUP(str_done) struct str text = { 0 };

		str_add_printable(&text, line, len);
		str_addf(p->out, "%*s", INDENT, "");
		add_text(p, str_c(&text), INDENT, p->o->verbose ? 0 : EVIDENCE_ROWS);
		str_addc(p->out, '\n');
	}
	str_add(p->out, paint_off(p->o->color_out));
}

static void add_check(struct page *p, const struct check *c)
{
	const char *evidence = c->evidence && *c->evidence ? c->evidence : NULL;
	bool is_one_line = c->status == CHECK_PASS || c->status == CHECK_SKIP;
	CLEANUP(free_char) char *title = doctor_printable(c->title);
	size_t column;

	add_status(p, c->group, statuses[c->status].word, statuses[c->status].paint);
	column = add_text(p, title, INDENT, 0);
	if (evidence && is_one_line)
		add_evidence_after(p, evidence, column);
	else
		str_addc(p->out, '\n');
	if (evidence && !is_one_line)
		add_evidence_below(p, evidence);
	add_fix(p, c);
}

/* ---- without --verbose ---------------------------------------------------------------
 */

static bool is_told(const struct check *c, const char *group)
{
	return str_eq(c->group, group) && !c->minor;
}

static const char *brief(const struct check *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(briefs); i++)
		if (strcmp(briefs[i].id, c->id) == 0)
			return briefs[i].text;
	return c->title;
}

/* The device that a check is about as a whole, NULL for any other check. */
static const struct device_view *device_of(const struct doctor_report *r,
					   const struct check *c)
{
	const char *address = str_starts(c->id, "devices.") ? strchr(c->id, '.') + 1 : "";

	for (size_t i = 0; i < r->d->n_devices; i++)
		if (strcmp(r->d->devices[i].dev->address, address) == 0)
			return &r->d->devices[i];
	return NULL;
}

static void add_addresses(struct strv *parts, const char *label, const struct strv *v)
{
	CLEANUP(str_done) struct str text = { 0 };

	if (!v->n)
		return;
	str_addf(&text, "%s ", label);
	for (size_t i = 0; i < v->n && i < MOST_ADDRESSES; i++)
		str_addf(&text, "%s%s", i ? " " : "", v->v[i]);
	if (v->n > MOST_ADDRESSES)
		str_addf(&text, " and %zu more", v->n - MOST_ADDRESSES);
	strv_add(parts, str_c(&text));
}

/* The devices that passed, in numbers, and those that a VM may want. */
static void add_devices(const struct doctor_report *r, struct strv *parts)
{
	CLEANUP(strv_done) struct strv unused = { 0 }, vfio = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < r->checks->n; i++) {
		const struct check *c = &r->checks->v[i];
		const struct device_view *v = device_of(r, c);

		if (!v || c->status != CHECK_PASS)
			continue;
		n++;
		if (v->dev->driver && strstr(v->dev->driver, "vfio"))
			strv_add(&vfio, v->dev->address);
		else if (!v->in_use.n)
			strv_add(&unused, v->dev->address);
	}
	if (n)
		strv_addf(parts, "%zu device%s", n, n == 1 ? "" : "s");
	add_addresses(parts, "no use found of", &unused);
	add_addresses(parts, "VFIO has", &vfio);
}

static void add_passed(struct page *p, const char *group)
{
	const struct checks *checks = p->r->checks;
	CLEANUP(strv_done) struct strv parts = { 0 };
	CLEANUP(free_char) char *all = NULL, *line = NULL;

	if (str_eq(group, "devices"))
		add_devices(p->r, &parts);
	for (size_t i = 0; i < checks->n; i++)
		if (is_told(&checks->v[i], group) && checks->v[i].status == CHECK_PASS &&
		    !device_of(p->r, &checks->v[i]) &&
		    !strv_has(&parts, brief(&checks->v[i])))
			strv_add(&parts, brief(&checks->v[i]));
	if (!parts.n)
		return;
	all = strv_join(&parts, ", ");
	line = doctor_printable(all);
	add_status(p, group, statuses[CHECK_PASS].word, statuses[CHECK_PASS].paint);
	add_text(p, line, INDENT, 0);
	str_addc(p->out, '\n');
}

/* A failure has told the same already. */
static bool is_repeated(const struct checks *checks, const struct check *c)
{
	for (size_t i = 0; c->status == CHECK_WARN && c->evidence && i < checks->n; i++)
		if (checks->v[i].status == CHECK_FAIL &&
		    str_eq(checks->v[i].evidence, c->evidence))
			return true;
	return false;
}

/* What is not well: the causes with all that is known, then what follows from them. */
static void add_open(struct page *p, const char *group)
{
	const struct checks *checks = p->r->checks;

	for (size_t i = 0; i < checks->n; i++)
		if (is_told(&checks->v[i], group) && checks->v[i].status != CHECK_PASS &&
		    !checks->v[i].follows && !is_repeated(checks, &checks->v[i]))
			add_check(p, &checks->v[i]);
	for (size_t i = 0; i < checks->n; i++) {
		CLEANUP(free_char) char *title = NULL;

		if (!is_told(&checks->v[i], group) || !checks->v[i].follows)
			continue;
		title = doctor_printable(checks->v[i].title);
		add_status(p, group, "also", PAINT_DIM);
		add_text(p, title, INDENT, 0);
		str_addc(p->out, '\n');
	}
}

/* Where nothing can be set up, what else is or is not well does not matter: only the
 * group that says why is told. NULL: all groups are. */
static const char *only_group(const struct doctor_report *r)
{
	for (size_t i = 0; r->verdict == VERDICT_UNSUPPORTED && i < r->checks->n; i++)
		if (r->checks->v[i].status == CHECK_FAIL)
			return r->checks->v[i].group;
	return NULL;
}

void doctor_add_checks(struct str *out, const struct output *o,
		       const struct doctor_report *r)
{
	struct page p = { .out = out, .o = o, .r = r };
	const char *only = only_group(r), *group = NULL;

	for (size_t i = 0; i < r->checks->n; i++) {
		const struct check *c = &r->checks->v[i];

		if (o->verbose) {
			add_check(&p, c);
		} else if (!str_eq(group, c->group) &&
			   (!only || str_eq(only, c->group))) {
			add_passed(&p, c->group);
			add_open(&p, c->group);
		}
		group = c->group;
	}
}
