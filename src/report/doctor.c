/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/next_boot.h"
#include "policy/remapping.h"
#include "report/advice.h"
#include "report/doctor_text.h"
#include "report/wrap.h"

/* Of "verdict: ". */
#define LABEL_WIDTH 9

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

char *doctor_printable(const char *s)
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

/* Appends each line of text, the first after label, the others below it. Text and the
 * remarks between commands are broken at the width of the terminal; a command is not. */
static void add_lines(struct str *out, const struct output *o, const char *label,
		      const char *text, bool is_steps)
{
	size_t pos = 0, len;
	const char *line;

	while (next_line(text, strlen(text), &pos, &line, &len)) {
		CLEANUP(str_done) struct str safe = { 0 };
		bool is_remark = is_steps && *line == '#';
		const struct wrap wrap = { .indent = strlen(label),
					   .lead = is_remark ? "# " : NULL,
					   .width = is_steps && !is_remark ? 0
									   : o->width };

		str_add_printable(&safe, line, len);
		if (line == text)
			str_add(out, label);
		else
			str_addf(out, "%*s", (int)strlen(label), "");
		if (wrap.width)
			text_wrap(out, str_c(&safe), strlen(label), &wrap);
		else
			str_add(out, str_c(&safe));
		str_addc(out, '\n');
	}
}

static void add_list(struct str *out, const struct output *o,
		     const struct doctor_report *r, const char *label,
		     const struct strv *v, bool is_steps)
{
	CLEANUP(free_char) char *below = xasprintf("%*s", (int)strlen(label), "");
	struct advice a = { .root = r->root };

	for (size_t i = 0; i < v->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		if (is_steps)
			advice_add_step(&a, v->v[i], &text);
		else
			advice_add(&a, v->v[i], &text);
		add_lines(out, o, i ? below : label, str_c(&text), is_steps);
	}
}

void doctor_add_steps(struct str *out, const struct output *o,
		      const struct doctor_report *r, const char *label,
		      const struct strv *v)
{
	add_list(out, o, r, label, v, true);
}

static void add_heading(struct str *out, const struct output *o,
			const struct doctor_report *r)
{
	const struct platform_facts *p = &r->d->facts->platform;
	CLEANUP(free_char)
	char *os = doctor_printable(p->os_pretty_name ? p->os_pretty_name
						      : "unknown system");
	CLEANUP(free_char) char *kernel = p->kernel ? doctor_printable(p->kernel) : NULL;

	str_addf(out, "%s%s%s%s%s\n", paint_on(o->color_out, PAINT_BOLD), os,
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
	const struct wrap wrap = { .indent = LABEL_WIDTH, .width = o->width };
	const char *sentence = remapping_sentence(r->d, r->verdict);
	const char *name = verdict_name(r->verdict);
	CLEANUP(free_char) char *raw = verdict_note(r);
	CLEANUP(free_char) char *note = raw ? doctor_printable(raw) : NULL;
	CLEANUP(free_char) char *text = NULL;

	text = xasprintf("%s%s%s", sentence ? sentence : verdicts[r->verdict].sentence,
			 note ? "; " : "", note ? note : "");
	str_addf(out, "%sverdict: %s%s - ",
		 paint_on(o->color_out, verdicts[r->verdict].paint), name,
		 paint_off(o->color_out));
	text_wrap(out, text, LABEL_WIDTH + strlen(name) + strlen(" - "), &wrap);
	str_addc(out, '\n');
	doctor_add_steps(out, o, r, "next:    ", r->next);
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
		add_list(out, o, r, "         ", &v->reasons, false);
	}
}

/* What a person has to know before the next command is typed. */
static void add_remarks(struct str *out, const struct doctor_report *r)
{
	struct advice a = { .root = r->root };

	if (is_root_wanted(r->checks))
		advice_add(&a,
			   "Some things can't be seen without root: sudo slicer doctor\n",
			   out);
	if (!str_eq(advice_name(), "slicer"))
		str_addf(out,
			 "The command slicer starts another program here: the name of "
			 "this one is %s.\n",
			 advice_name());
}

void report_doctor_text(const struct output *o, const struct doctor_report *r)
{
	CLEANUP(str_done) struct str out = { 0 };

	if (!o->quiet) {
		add_heading(&out, o, r);
		doctor_add_checks(&out, o, r);
		str_addc(&out, '\n');
		add_remarks(&out, r);
	}
	add_answers(&out, o, r);
	add_verdict(&out, o, r);
	fputs(str_c(&out), o->out);
}
