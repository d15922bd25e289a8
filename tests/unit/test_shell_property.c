/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits of generated shell files, before real shells: each must see the old value with
 * exactly the wanted parameters changed, everything else as it was, and what slicer
 * claims to know. SLICER_SEED and SLICER_CASES change what is tried.
 */
#include "real_shell.h"

#include "text/shell.h"

/* Parameters that edits deal with; in values they stand by themselves, between blanks. */
static const char *const edited[] = { "intel_iommu=on", "iommu=pt", "iommu=off", "x-y=1",
				      "x_y=1",		"a&b",	    "q" };
/* The others. */
static const char *const filler[] = { "quiet", "ro",	     "splash", "c=ttyS0,115200n8",
				      "a#b",   "d=\"e f\"",  "g=$h",   "i\\j",
				      "'k'",   "`l`",	     "~",      "\xc3\xa9\xc4\x81",
				      "*",     "m;n",	     "{o,p}",  "&",
				      "#",     "iommu=off,x" };
static const char *const blanks[] = { " ", " ", " ", "  ", "\t", "\n" };

struct form {
	enum { BARE, SINGLE, DOUBLE } quote;
	bool stays; /* one pair of double quotes around it all */
};

/* Goes over to another quoting, now and then. */
static void change_form(struct dice *d, struct form *form, struct str *ret, bool is_end)
{
	static const char *const marks[] = { "", "'", "\"" };
	unsigned next = is_end ? BARE : roll(d, 3);

	if (form->stays)
		next = is_end ? BARE : DOUBLE;
	if (form->quote == next)
		return;
	str_add(ret, marks[form->quote]);
	str_add(ret, marks[next]);
	form->quote = next;
}

/* A byte of the value, and the next one, in the quoting that is on. */
static void write_byte(struct dice *d, struct form *form, char c, char next,
		       struct str *ret)
{
	/* Before most bytes, a backslash in double quotes is just that. */
	bool is_plain = c == '\\' && next && !strchr("\"`\\$\n", next) && roll(d, 2);

	if (form->quote == SINGLE && c == '\'')
		str_add(ret, "'\\''");
	else if (form->quote == DOUBLE && strchr("\"`\\$", c) && !is_plain)
		str_addf(ret, "\\%c", c);
	else if (form->quote == BARE && c == '\n')
		str_add(ret, "'\n'");
	else if (form->quote == BARE &&
		 (strchr(" \t\"'`\\$&;#~*{}<>()|", c) || !roll(d, 9)))
		str_addf(ret, "\\%c", c);
	else
		str_addc(ret, c);
	if (form->quote != SINGLE && !is_plain && roll(d, 30) == 0)
		str_add(ret, "\\\n");
}

static void write_text(struct dice *d, struct form *form, const char *text,
		       struct str *ret)
{
	for (const char *start = text; *text; text++) {
		/* Not between a backslash that was left bare and what follows. */
		if (roll(d, 12) == 0 && text > start && text[-1] != '\\')
			change_form(d, form, ret, false);
		write_byte(d, form, *text, text[1], ret);
	}
}

/* ${NAME}, or more of it where it is set or not, in a form that expands it. */
static void write_variable(struct dice *d, struct form *form, struct str *ret)
{
	const char *name = roll(d, 3) ? real_names[roll(d, 2)] : "GRUB_CMDLINE_LINUX";

	while (form->quote == SINGLE)
		change_form(d, form, ret, false);
	/* The braces keep the name apart from what follows. */
	switch (roll(d, 6)) {
	case 0:
		str_addf(ret, "${%s:+${%s} }", name, name);
		break;
	case 1:
		str_addf(ret, "${%s:-u=${A:+1}v}", name);
		break;
	default:
		str_addf(ret, "${%s}", name);
	}
	if (roll(d, 2) == 0)
		write_text(d, form, "zz", ret);
}

/* A value: parameters and blanks. The edited ones only where may_edit. */
static void write_value(struct dice *d, bool may_edit, bool has_variables, bool stays,
			struct str *ret)
{
	struct form form = { BARE, stays };

	change_form(d, &form, ret, false);
	if (roll(d, 6) == 0)
		write_text(d, &form, PICK(d, blanks), ret);
	for (unsigned n = roll(d, 6); n > 0; n--) {
		unsigned kind = roll(d, 10);

		if (kind < 2 && has_variables)
			write_variable(d, &form, ret);
		else if (kind < 6 && may_edit)
			write_text(d, &form, PICK(d, edited), ret);
		else
			write_text(d, &form, PICK(d, filler), ret);
		if (n > 1 || roll(d, 6) == 0)
			write_text(d, &form, PICK(d, blanks), ret);
	}
	change_form(d, &form, ret, true);
}

/* What an assignment to name looks like. */
static void write_assignment(struct dice *d, const char *name, bool may_edit,
			     bool has_variables, struct str *ret)
{
	static const char *const before[] = { "", "", "", "  ", "\t", "END= " };
	static const char *const behind[] = { "",      "",	 "  ",		";",
					      " ;",    "; END=", " # it's \"x", "\t#",
					      " END=1" };
	static const char *const prefixes[] = { "", "", "", "export ", "export \t" };
	const char *first = PICK(d, before);
	CLEANUP(str_done) struct str value = { 0 };
	const char *prefix = *first == 'E' ? "" : PICK(d, prefixes);

	/* Behind export, some shells split and expand what has no quotes around it. */
	write_value(d, may_edit, has_variables, *prefix || roll(d, 3) == 0, &value);
	str_addf(ret, "%s%s%s=%s%s", first, prefix, name, str_c(&value), PICK(d, behind));
}

static void write_other(struct dice *d, struct str *ret)
{
	static const char *const others[] = {
		"",
		"#",
		"# V=\"no\"",
		"\t# it's",
		"   ",
		"GRUB_DISTRIBUTOR=`echo \"x\" 2> /dev/null || echo Debian`",
		"X=\"$( : . /etc/os-release; echo ${NAME:-Debian} )\"",
		"if [ -n \"$X\" ]; then\n\t# V=no\n\tX=1\nfi",
		"true && X=2",
		"X=${X:-1}",
		"export V",
		"#GRUB_CMDLINE_LINUX=\"it's",
		"VV=1",
		"X='\nV=no\n'",
	};

	str_add(ret, PICK(d, others));
}

struct sample {
	struct shell_doc doc;
	size_t stmt; /* that is edited */
	struct edit edit;
	struct str after;
	bool is_literal;
};

static void sample_done(struct sample *s)
{
	shell_done(&s->doc);
	edit_done(&s->edit);
	str_done(&s->after);
}

/* A file in which the last assignment to V is not used by anything. */
static void make_text(struct dice *d, struct sample *s, struct str *ret)
{
	bool has_variables = roll(d, 3) == 0;

	str_add(ret, "A=\nB=b\n");
	for (unsigned n = roll(d, 6); n > 0; n--) {
		if (roll(d, 2))
			write_other(d, ret);
		else
			write_assignment(d, real_names[roll(d, 4)], false,
					 roll(d, 3) == 0, ret);
		str_addc(ret, '\n');
	}
	s->is_literal = !has_variables;
	write_assignment(d, "V", true, has_variables, ret);
	for (unsigned n = roll(d, 4); n > 0; n--) {
		str_addc(ret, '\n');
		if (roll(d, 2))
			write_other(d, ret);
		else
			write_assignment(d, real_names[roll(d, 3)], false,
					 roll(d, 3) == 0, ret);
	}
	if (roll(d, 4))
		str_addc(ret, '\n');
}

static void make_edit(struct dice *d, struct edit *ed)
{
	for (unsigned n = 1 + roll(d, 3); n > 0; n--)
		edit_push(ed, (enum edit_op)roll(d, 3), PICK(d, edited), PICK(d, edited));
}

static size_t find_last(const struct shell_doc *doc, const char *name)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < doc->n; i++)
		if (doc->v[i].kind == SHELL_ASSIGN && strcmp(doc->v[i].name, name) == 0)
			found = i;
	return found;
}

/* False for what shell_edit is right to refuse. */
static bool make_sample(struct dice *d, struct sample *s)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct error e = { 0 };

	make_text(d, s, &text);
	make_edit(d, &s->edit);
	if (shell_parse(str_c(&text), text.len, &s->doc, &e) < 0)
		fail_msg("line %u: %s in:\n%s", e.line, e.what, str_c(&text));
	s->stmt = find_last(&s->doc, "V");
	if (s->stmt == SIZE_MAX || !s->doc.v[s->stmt].provable)
		fail_msg("V is not known in:\n%s", str_c(&text));
	if (shell_edit(&s->doc, s->stmt, &s->edit, true, &s->after, &e) == 0)
		return true;
	if (strstr(e.what, "contains '&'"))
		return false;
	fail_msg("%s in:\n%s", e.what, str_c(&text));
	return false;
}

/* Nothing outside of the raw word differs. */
static void assert_rest_same(const struct sample *s)
{
	const struct shell_stmt *stmt = &s->doc.v[s->stmt];
	const struct str *before = &s->doc.text, *after = &s->after;
	size_t tail = before->len - stmt->value_end;

	assert_true(after->len >= stmt->value_start + tail);
	assert_memory_equal(before->s, after->s, stmt->value_start);
	assert_memory_equal(before->s + stmt->value_end, after->s + after->len - tail,
			    tail);
}

static void show(const struct sample *s, bool is_after, const char *what)
{
	print_error("%s in:\n%s\n", what, str_c(is_after ? &s->after : &s->doc.text));
	for (size_t i = 0; i < s->edit.n; i++)
		print_error("edit %d %s %s\n", s->edit.v[i].op, s->edit.v[i].param,
			    s->edit.v[i].to ? s->edit.v[i].to : "");
	if (is_after)
		print_error("before:\n%s\n", str_c(&s->doc.text));
	fail();
}

/* What slicer knows of the variables is what the shell sees. */
static void assert_known(const struct sample *s, bool is_after,
			 const struct real_shell *rs, size_t file)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	const struct str *text = is_after ? &s->after : &s->doc.text;
	struct error e = { 0 };

	assert_int_equal(shell_parse(str_c(text), text->len, &doc, &e), 0);
	shell_eval(&doc, 0, &vars);
	for (size_t i = 0; i < REAL_NAMES; i++) {
		const char *real = real_shell_value(rs, file, i), *value = NULL;

		if (!real)
			show(s, is_after, "the shell fails");
		else if (shell_vars_value(&vars, real_names[i], &value, NULL, &e) < 0)
			show(s, is_after, e.what);
		else if (strcmp(real, value) != 0)
			show(s, is_after,
			     xasprintf("%s is [%s], not [%s]", real_names[i], real,
				       value));
	}
}

/* The value has changed as a command line changes, and no other value has. */
static void assert_edited(const struct sample *s, const struct real_shell *rs,
			  size_t file)
{
	CLEANUP(strv_done) struct strv wanted = { 0 }, got = { 0 };
	CLEANUP(str_done) struct str exact = { 0 };
	const char *before = NULL, *after = NULL;
	bool same;

	for (size_t i = 0; i < REAL_NAMES; i++) {
		before = real_shell_value(rs, file, i);
		after = real_shell_value(rs, file + 1, i);
		if (strcmp(real_names[i], "V") == 0)
			break;
		if (strcmp(before, after) != 0)
			show(s, true, real_names[i]);
	}
	cmdline_split(before, strlen(before), &wanted);
	cmdline_split(after, strlen(after), &got);
	edit_apply_params(&s->edit, &wanted);
	same = wanted.n == got.n;
	for (size_t i = 0; same && i < got.n; i++)
		same = strcmp(wanted.v[i], got.v[i]) == 0;
	if (s->is_literal) {
		edit_apply(&s->edit, before, strlen(before), true, &exact);
		same = same && strcmp(str_c(&exact), after) == 0;
	}
	if (!same)
		show(s, true, xasprintf("[%s] became [%s]", before, after));
}

static void check(const struct sample *samples, size_t n, const struct real_shell *rs)
{
	for (size_t i = 0; i < n; i++) {
		assert_rest_same(&samples[i]);
		assert_known(&samples[i], false, rs, 2 * i);
		assert_known(&samples[i], true, rs, 2 * i + 1);
		assert_edited(&samples[i], rs, 2 * i);
	}
}

static void test_edits(void **state)
{
	uint64_t seed = from_environment("SLICER_SEED", 20240607);
	size_t cases = from_environment("SLICER_CASES", 2000), n = 0;
	struct sample *samples = xcalloc(cases, sizeof(*samples));
	struct dice d = { seed };
	struct real_shell *rs = *state;

	print_message("# seed %llu\n", (unsigned long long)seed);
	while (n < cases) {
		struct sample *s = &samples[n];

		if (!make_sample(&d, s)) {
			sample_done(s);
			*s = (struct sample){ 0 };
			continue;
		}
		real_shell_add(rs, str_c(&s->doc.text), s->doc.text.len);
		real_shell_add(rs, str_c(&s->after), s->after.len);
		n++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(real_shells); i++) {
		if (!real_shell_exists(real_shells[i]))
			continue;
		real_shell_run(rs, real_shells[i]);
		check(samples, n, rs);
		print_message("# %s: %zu files\n", real_shells[i], rs->n);
	}
	for (size_t i = 0; i < n; i++)
		sample_done(&samples[i]);
	free(samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
		test_edits, real_shell_begin, real_shell_end) };

	return cmocka_run_group_tests_name("shell_property", tests, NULL, NULL);
}
