/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever the shell reader claims to know must be so: heaps of fragments of shell
 * grammar are read by it and by real shells. What it calls unknown is not compared, nor a
 * file that the shell itself gives up on. SLICER_SEED and SLICER_CASES change what is
 * tried.
 */
#include "real_shell.h"

#include "text/shell.h"

static const char *const mild[] = {
	"A=",
	"B=",
	"V=",
	"GRUB_CMDLINE_LINUX=",
	"A=1",
	"B=b",
	"V=v",
	"A=$B",
	"B=\"$A\"",
	"V=\"$V x\"",
	"\nV=\"v\" # \"\n",
	"A+=",
	"a",
	"b c",
	"0",
	"=",
	"-",
	":",
	",",
	"~",
	"~/x",
	"V=~",
	"*",
	"%",
	"]",
	"\"\"",
	"''",
	"\"",
	"'",
	"\\",
	"\\\n",
	"\n",
	"\n",
	"\n",
	"\n",
	" ",
	" ",
	" ",
	" ",
	"\t",
	";",
	";",
	"#",
	" #",
	"$",
	"$A",
	"$B",
	"${A}",
	"${B}x",
	"\"$A\"",
	"${A:=d}",
	"${B=e}",
	"${V:-f}",
	"${A:-$B}",
	"${A:+$A }",
	"${B+x y}",
	"${B-${A:+1}z}",
	"\"${A:+${A} }b\"",
	"\"${B:-\"q\"}\"",
	"\"${B:-it's 'q'}\"",
	"`echo 's/\"//'`",
	"\"`echo \"a\" '\"'`\"",
	"${#A}",
	"${A%x}",
	"$(echo x)",
	"`echo x`",
	"$((1+1))",
	"$1",
	"$?",
	"&&",
	"||",
	"|",
	"&",
	"! ",
	"if true; then A=2; fi",
	"if false; then B=2\nfi",
	"for A in 1 2; do :; done",
	"case x in x) V=2;; esac",
	"{ A=3; }",
	"( A=3 )",
	"export ",
	"unset ",
	"true",
	"false ",
	">o ",
	"2>&1 ",
	"echo ",
	"[ x = x ] ",
	"test ",
	"\xc3\xa9",
	"\x81",
	"\x88",
	"\"a b\"",
	"'c d'",
	"\"a\\\nb\"",
};

/* These often make the rest of the file unknown. */
static const char *const wild[] = {
	"[",
	"${!A}",
	"${A:+",
	"${B:-",
	"${A+",
	"${A:1}",
	"$(",
	")",
	"$(echo ",
	"`",
	"$((A=5))",
	"$((",
	"))",
	"$'",
	"$\"",
	"(",
	"{ ",
	"}",
	"if true; then ",
	"if false; then ",
	"else ",
	"fi",
	"for A in 1 2; do ",
	"done",
	"case x in ",
	"x) ",
	";;",
	"esac",
	"readonly ",
	"eval ",
	"eval A=4",
	"f() { B=5; }\nf",
	"<<E",
	"cat <<E\nA=9\nE\n",
	"cat <<-'E' >o\n\t${A:=9}\n\tE\n",
	"true <<E; B=1\n$A `A=2`\nE\n",
	"<<",
	"-",
	"E\n",
	"f()",
	"f",
	"command ",
	"exit",
	"return",
	"set -- x",
	"read A ",
	"local ",
	"in ",
};
struct claim {
	bool known[REAL_NAMES];
	char *values[REAL_NAMES];
};

/* Is the text read at all? */
static bool read_claim(const char *text, size_t len, struct claim *ret)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };

	if (shell_parse(text, len, &doc, NULL) < 0)
		return false;
	shell_eval(&doc, 0, &vars);
	for (size_t i = 0; i < REAL_NAMES; i++) {
		const char *value;

		ret->known[i] =
			shell_vars_value(&vars, real_names[i], &value, NULL, NULL) == 0;
		ret->values[i] = ret->known[i] ? xstrdup(value) : NULL;
	}
	return true;
}

/* Half of them start well, so that there is something to know. */
static void make_text(struct dice *d, struct str *ret)
{
	bool is_wild = roll(d, 3) == 0;

	str_clear(ret);
	for (unsigned n = roll(d, 3); n > 0; n--)
		str_addf(ret, "%s=\"%s\"\n", PICK(d, real_names), PICK(d, real_names));
	for (unsigned n = 1 + roll(d, 12); n > 0; n--)
		str_add(ret, is_wild && roll(d, 2) ? PICK(d, wild) : PICK(d, mild));
	if (roll(d, 2))
		str_addf(ret, "\n%s='%u'", PICK(d, real_names), roll(d, 9));
	/* bash goes on behind a file that it gave up on: this tells. */
	str_add(ret, "\nEND=end\n");
}

static size_t compare(const struct real_shell *rs, const struct claim *claims,
		      const struct strv *texts, const char *shell)
{
	size_t compared = 0;

	for (size_t i = 0; i < rs->n; i++) {
		const char *end = real_shell_value(rs, i, REAL_NAMES - 1);

		for (size_t k = 0; str_eq(end, "end") && k < REAL_NAMES - 1; k++) {
			const char *real = real_shell_value(rs, i, k);

			if (!real || !claims[i].known[k])
				continue;
			compared++;
			if (strcmp(real, claims[i].values[k]) != 0)
				fail_msg("%s sees %s=[%s], not [%s], in:\n%s", shell,
					 real_names[k], real, claims[i].values[k],
					 texts->v[i]);
		}
	}
	return compared;
}

static void test_claims(void **state)
{
	uint64_t seed = from_environment("SLICER_SEED", 20240607);
	size_t cases = from_environment("SLICER_CASES", 1500);
	struct claim *claims = xcalloc(cases, sizeof(*claims));
	CLEANUP(strv_done) struct strv texts = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	struct dice d = { seed };
	struct real_shell *rs = *state;

	print_message("# seed %llu\n", (unsigned long long)seed);
	rs->is_wild = true;
	while (rs->n < cases) {
		make_text(&d, &text);
		if (!read_claim(str_c(&text), text.len, &claims[rs->n]))
			continue;
		real_shell_add(rs, str_c(&text), text.len);
		strv_add(&texts, str_c(&text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(real_shells); i++) {
		size_t compared;

		if (!real_shell_exists(real_shells[i]))
			continue;
		real_shell_run(rs, real_shells[i]);
		compared = compare(rs, claims, &texts, real_shells[i]);
		print_message("# %s: %zu values\n", real_shells[i], compared);
		assert_true(compared > cases / 2);
	}
	for (size_t i = 0; i < cases; i++)
		for (size_t k = 0; k < REAL_NAMES; k++)
			free(claims[i].values[k]);
	free(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
		test_claims, real_shell_begin, real_shell_end) };

	return cmocka_run_group_tests_name("shell_junk", tests, NULL, NULL);
}
