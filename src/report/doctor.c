/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor as text: one line for what is well, the evidence and the fix for the
 * rest. */
#include "policy/next_boot.h"
#include "policy/remapping.h"
#include "report/advice.h"
#include "report/report.h"

#define GROUP_WIDTH 13
#define STATUS_WIDTH 6
#define INDENT (GROUP_WIDTH + STATUS_WIDTH)
/* Narrower than this there is no use in cutting. */
#define MIN_WIDTH 40

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

static const struct {
	enum paint paint;
	const char *sentence;
} verdicts[] = {
	[VERDICT_READY] = { PAINT_GOOD, "the IOMMU is active and vfio-pci is available" },
	[VERDICT_UNSUPPORTED] = { PAINT_BAD, "nothing can be set up here" },
	[VERDICT_KERNEL] = { PAINT_BAD,
			     "the kernel was built without IOMMU or without VFIO" },
	[VERDICT_BLOCKED] = { PAINT_BAD, "the command line switches the IOMMU off" },
	[VERDICT_FIRMWARE] = { PAINT_BAD, "the IOMMU is switched off in the firmware" },
	[VERDICT_SETUP_NEEDED] = { PAINT_WARN,
				   "the kernel is not told to use the IOMMU" },
	[VERDICT_ELSEWHERE] = { PAINT_WARN,
				"the boot loader reads another file than the one that "
				"is configured" },
	[VERDICT_GENERATE_NEEDED] = { PAINT_WARN, "configured, but the boot menu was not "
						  "regenerated" },
	[VERDICT_REBOOT_NEEDED] = { PAINT_WARN, "all is set for the next boot" },
	[VERDICT_REFUSED] = { PAINT_BAD,
			      "the kernel was told, and the IOMMU did not come up" },
	[VERDICT_UNKNOWN] = { PAINT_WARN, "slicer could not read enough to decide" },
};

static const char *group_title(const char *group)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (strcmp(groups[i].group, group) == 0)
			return groups[i].title;
	return group;
}

/* Columns that a UTF-8 text takes, near enough: continuation bytes take none. */
static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Appends text, cut with "..." when it has more columns than room (0: never cut). */
static void add_cut(struct str *out, const char *text, size_t room)
{
	size_t kept = 0;

	if (room == 0 || columns(text) <= room) {
		str_add(out, text);
		return;
	}
	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80 && kept++ + 3 >= room)
			break;
		str_addc(out, *text);
	}
	str_add(out, "...");
}

/* Columns left on a terminal behind used ones; 0: no limit. */
static size_t room_behind(const struct output *o, size_t used)
{
	if (o->width < MIN_WIDTH)
		return 0;
	return o->width > used + 8 ? o->width - used : 8;
}

/* On one line, whatever is in it. */
static char *printable(const char *s)
{
	struct str out = { 0 };

	while (*s) {
		size_t n = strcspn(s, "\n");

		str_add_printable(&out, s, n);
		s += n;
		s += *s == '\n';
		if (*s)
			str_add(&out, "; ");
	}
	return str_take(&out);
}

/* Appends each line of text, the first behind label, the others below it. */
static void add_lines(struct str *out, const char *label, const char *text)
{
	size_t pos = 0, len;
	const char *line;

	while (next_line(text, strlen(text), &pos, &line, &len)) {
		if (line == text)
			str_add(out, label);
		else
			str_addf(out, "%*s", (int)strlen(label), "");
		str_add_printable(out, line, len);
		str_addc(out, '\n');
	}
}

/* A list of advice, the first line with its label, below which the others stand. */
static void add_advice(struct str *out, const struct doctor_report *r, const char *label,
		       const struct strv *v)
{
	CLEANUP(free_char) char *below = xasprintf("%*s", (int)strlen(label), "");
	struct advice a = { .root = r->root };

	for (size_t i = 0; i < v->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		advice_add(&a, v->v[i], &text);
		add_lines(out, i ? below : label, str_c(&text));
	}
}

static bool is_one_line(const struct check *c)
{
	return c->status == CHECK_PASS || c->status == CHECK_SKIP;
}

/* What root would see is told once for all of them, below. */
static bool shows_fix(const struct check *c)
{
	return c->status != CHECK_PASS &&
	       !(c->status == CHECK_SKIP && strv_has(&c->fix, "sudo slicer doctor"));
}

/* A chain breaks in one place: what mends the next links too is told once. */
static void add_fix(struct str *out, const struct doctor_report *r, const struct check *c)
{
	CLEANUP(free_char) char *label = xasprintf("%*sfix: ", INDENT, "");

	for (const struct check *p = r->checks->v; p < c; p++)
		if (shows_fix(p) && strv_same(&p->fix, &c->fix))
			return;
	if (strv_same(r->next, &c->fix))
		return;
	add_advice(out, r, label, &c->fix);
}

/* On a terminal the evidence is cut, before that a title that leaves it no room. */
static void add_one_line(struct str *out, const struct output *o, const char *title,
			 const char *evidence)
{
	size_t room = room_behind(o, INDENT);
	size_t title_room = room;

	if (evidence && columns(title) + 2 + columns(evidence) > room)
		title_room = room * 6 / 10;
	add_cut(out, title, title_room);
	if (evidence) {
		size_t used = columns(title);

		if (room && used > title_room)
			used = title_room;
		str_addf(out, "  %s", paint_on(o->color_out, PAINT_DIM));
		add_cut(out, evidence, room ? room - used - 2 : 0);
		str_add(out, paint_off(o->color_out));
	}
	str_addc(out, '\n');
}

static void add_evidence(struct str *out, const struct output *o, const char *evidence)
{
	CLEANUP(free_char) char *label = xasprintf("%*s", INDENT, "");
	CLEANUP(str_done) struct str text = { 0 };

	/* Two rows of a command line say enough. */
	add_cut(&text, evidence, 2 * room_behind(o, INDENT));
	str_add(out, paint_on(o->color_out, PAINT_DIM));
	add_lines(out, label, str_c(&text));
	str_add(out, paint_off(o->color_out));
}

static void add_check(struct str *out, const struct output *o,
		      const struct doctor_report *r, const struct check *c, bool first)
{
	const char *evidence = c->evidence && *c->evidence ? c->evidence : NULL;
	CLEANUP(free_char) char *title = printable(c->title);

	str_addf(out, "%s%-*s%s", paint_on(o->color_out, PAINT_BOLD), GROUP_WIDTH,
		 first ? group_title(c->group) : "", paint_off(o->color_out));
	str_addf(out, "%s%s%s  ", paint_on(o->color_out, statuses[c->status].paint),
		 statuses[c->status].word, paint_off(o->color_out));
	if (is_one_line(c)) {
		CLEANUP(free_char) char *line = evidence ? printable(evidence) : NULL;

		add_one_line(out, o, title, line);
	} else {
		str_addf(out, "%s\n", title);
		if (evidence)
			add_evidence(out, o, evidence);
	}
	if (shows_fix(c))
		add_fix(out, r, c);
}

static void add_heading(struct str *out, const struct output *o,
			const struct doctor_report *r)
{
	const struct platform_facts *p = &r->d->facts->platform;
	CLEANUP(free_char)
	char *os = printable(p->os_pretty_name ? p->os_pretty_name : "unknown system");
	CLEANUP(free_char) char *kernel = p->kernel ? printable(p->kernel) : NULL;

	str_addf(out, "%s%s%s%s%s\n\n", paint_on(o->color_out, PAINT_BOLD), os,
		 kernel ? ", Linux " : ", not running", kernel ? kernel : "",
		 paint_off(o->color_out));
}

static bool is_root_wanted(const struct checks *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].status == CHECK_SKIP &&
		    strv_has(&c->v[i].fix, "sudo slicer doctor"))
			return true;
	return false;
}

/* What the verdict's sentence leaves out: owned by the caller, NULL: nothing. */
static char *verdict_note(const struct doctor_report *r)
{
	if (r->verdict == VERDICT_READY)
		return next_boot_note(r->d, NULL);
	if (r->verdict == VERDICT_SETUP_NEEDED || r->verdict == VERDICT_ELSEWHERE)
		return next_boot_why_elsewhere(r->d);
	return NULL;
}

static void add_verdict(struct str *out, const struct output *o,
			const struct doctor_report *r)
{
	const char *sentence = remapping_sentence(r->d, r->verdict);
	CLEANUP(free_char) char *raw = verdict_note(r);
	CLEANUP(free_char) char *note = raw ? printable(raw) : NULL;

	str_addf(out, "%sverdict: %s%s - %s%s%s\n",
		 paint_on(o->color_out, verdicts[r->verdict].paint),
		 verdict_name(r->verdict), paint_off(o->color_out),
		 sentence ? sentence : verdicts[r->verdict].sentence, note ? "; " : "",
		 note ? note : "");
	add_advice(out, r, "next:    ", r->next);
}

/* Can this card go to a VM? */
static void add_answers(struct str *out, const struct output *o,
			const struct doctor_report *r)
{
	for (size_t i = 0; i < r->d->n_devices; i++) {
		const struct device_view *v = &r->d->devices[i];
		enum paint paint = v->usable  ? PAINT_GOOD
				   : v->waits ? PAINT_WARN
					      : PAINT_BAD;

		if (!v->asked)
			continue;
		str_addf(out, "%s%s%s", paint_on(o->color_out, paint), v->dev->address,
			 paint_off(o->color_out));
		str_add(out, v->usable && v->reasons.n ? " can go to a VM, but:\n"
			     : v->usable	       ? " can go to a VM\n"
			     : v->waits		       ? " can't go to a VM yet:\n"
						       : " can't go to a VM:\n");
		add_advice(out, r, "         ", &v->reasons);
	}
}

void report_doctor_text(const struct output *o, const struct doctor_report *r)
{
	CLEANUP(str_done) struct str out = { 0 };
	const char *group = NULL;

	if (!o->quiet) {
		add_heading(&out, o, r);
		for (size_t i = 0; i < r->checks->n; i++) {
			const struct check *c = &r->checks->v[i];

			if (c->minor && !o->verbose)
				continue;
			add_check(&out, o, r, c, !str_eq(group, c->group));
			group = c->group;
		}
		str_addc(&out, '\n');
		if (is_root_wanted(r->checks))
			str_add(&out, "Some things can't be seen without root: "
				      "sudo slicer doctor\n");
	}
	add_answers(&out, o, r);
	add_verdict(&out, o, r);
	fputs(str_c(&out), o->out);
}
