/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell files: what is known of their variables, and edits of their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "text/shell.h"

#define LINUX "GRUB_CMDLINE_LINUX"

static void parse(const char *text, struct shell_doc *doc)
{
	struct error e = { 0 };
	size_t pos = 0;

	if (shell_parse(text, strlen(text), doc, &e) < 0)
		fail_msg("line %u: %s in: %s", e.line, e.what, text);
	assert_int_equal(doc->text.len, strlen(text));
	assert_string_equal(str_c(&doc->text), text);
	for (size_t i = 0; i < doc->n; i++) {
		unsigned line = 1;

		assert_int_equal(doc->v[i].start, pos);
		assert_true(doc->v[i].end > pos);
		for (size_t k = 0; k < pos; k++)
			line += text[k] == '\n';
		assert_int_equal(doc->v[i].line, line);
		pos = doc->v[i].end;
	}
	assert_int_equal(pos, doc->text.len);
}

struct value_case {
	const char *text;
	const char *value; /* of V; NULL: not provable */
	const char *why; /* a part of the error */
};

static void assert_value_with(const struct shell_includes *includes,
			      const struct value_case *c)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { .includes = includes };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	struct error e = { 0 };
	const char *value = NULL;
	int r;

	parse(c->text, &doc);
	shell_eval(&doc, 0, &vars);
	r = shell_vars_value(&vars, "V", &value, NULL, &e);
	if (!c->value) {
		if (r == 0)
			fail_msg("%s gives %s", c->text, value);
		if (!strstr(e.what, c->why))
			fail_msg("%s fails with %s", c->text, e.what);
		assert_true(e.line > 0);
		return;
	}
	if (r < 0)
		fail_msg("%s fails with %s", c->text, e.what);
	if (strcmp(value, c->value) != 0)
		fail_msg("%s gives %s", c->text, value);
}

static void assert_value(const struct value_case *c)
{
	assert_value_with(NULL, c);
}

static const struct value_case known[] = {
	{ "", "", NULL },
	{ "V=", "", NULL },
	{ "V=a", "a", NULL },
	{ "V=a\n", "a", NULL },
	{ "#! /bin/sh\nset -e\nset +ex\nV=a\n", "a", NULL },
	{ "\t V=a", "a", NULL },
	{ "export V=a", "a", NULL },
	{ "export\t V=\"a b\" # c", "a b", NULL },
	{ "V=\"a b\"", "a b", NULL },
	{ "V='a b'", "a b", NULL },
	{ "V=a\\ b", "a b", NULL },
	{ "V=\"a\"' b'\\ c", "a b c", NULL },
	{ "V='a'\\''b'", "a'b", NULL },
	{ "V=\"a\\\"b\\$c\\`d\\\\e\"", "a\"b$c`d\\e", NULL },
	{ "V=\"a\\ b\\n\"", "a\\ b\\n", NULL },
	{ "V='a\\ b'", "a\\ b", NULL },
	{ "V=\"a\nb\"", "a\nb", NULL },
	{ "V=\"a \\\nb\"", "a b", NULL },
	{ "V=a\\\nb", "ab", NULL },
	{ "V='a\\\nb'", "a\\\nb", NULL },
	{ "V=a#b", "a#b", NULL },
	{ "V=a #b", "a", NULL },
	{ "V=\"a #b\" #\"c", "a #b", NULL },
	{ "V=a;", "a", NULL },
	{ "V=a ; # b", "a", NULL },
	{ "V=a~ W=b", "a~", NULL },
	{ "V=\"~\"", "~", NULL },
	{ "V=\\~", "~", NULL },
	{ "V=*?[a]", "*?[a]", NULL },
	{ "V={a,b}", "{a,b}", NULL },
	{ "V=a=b", "a=b", NULL },
	{ "V=$", "$", NULL },
	{ "V=\"$ $\"", "$ $", NULL },
	{ "V=a$%b", "a$%b", NULL },
	{ "V=\xc3\xa9\x81\x88", "\xc3\xa9\x81\x88", NULL },
	/* The last one wins; comments are not settings. */
	{ "V=a\nV=b\n", "b", NULL },
	{ "V=a\n#V=b\n # V=c\n", "a", NULL },
	{ "# V=\"a\nV=b", "b", NULL },
	{ "XV=a\nV2=b\n", "", NULL },
	{ "W='\nV=a\n'\n", "", NULL },
	/* Variables. */
	{ "X=a\nV=$X\n", "a", NULL },
	{ "X=a\nV=\"${X}b $X\"\n", "ab a", NULL },
	{ "X=a\nV='$X'\n", "$X", NULL },
	{ "X=a\nV=\"\\$X\"\n", "$X", NULL },
	{ "X='a  b'\nV=$X\n", "a  b", NULL },
	{ "X=a\nV=$X-b\n", "a-b", NULL },
	{ "V=a\nV=\"$V b\"\nV=\"${V} c\"\n", "a b c", NULL },
	{ "V=\"$GRUB_CMDLINE_LINUX x\"", " x", NULL },
	/* A word where a variable is set, or where it is not (POSIX, 2.6.2). */
	{ "X=a\nV=\"${X:+$X }b\"\n", "a b", NULL },
	{ "X=\nV=\"${X:+$X }b\"\n", "b", NULL },
	{ "X=\nV=\"${X+$X }b\"\n", " b", NULL },
	{ "X=a\nV=${X:-b c}\n", "a", NULL },
	{ "X=\nV=${X:-b c}\n", "b c", NULL },
	{ "X=\nV=${X-b}\n", "", NULL },
	{ "X=\nY=1\nV=\"${X:-${Y:+$Y}2}3\"\n", "123", NULL },
	{ "V=a\nV=\"${V:+$V }b\"", "a b", NULL },
	{ "V=\"${GRUB_CMDLINE_LINUX:+x}b\"", "b", NULL },
	/* As tuned's boot loader plugin appends it. */
	{ "V=quiet\nV=\"${V:+$V }\\$tuned_params\"", "quiet $tuned_params", NULL },
	/* Several on one line. */
	{ "W=a V=b", "b", NULL },
	{ "V=a V=b", "b", NULL },
	{ "W=a V=$W", "a", NULL },
	{ "W=a; V=b; W=c", "b", NULL },
	{ "V=a; W=\"\n\"; V=b # c", "b", NULL },
	/* What is not known of others leaves V alone. */
	{ "V=a\nX=`lsb_release -i -s 2> /dev/null || echo Debian`\n", "a", NULL },
	{ "V=a\nX=`( . /etc/os-release; echo ${NAME:-Debian} ) 2>/dev/null || echo D`\n",
	  "a", NULL },
	{ "V=a\nX=\"$(. /etc/os-release && echo \"${NAME}\")\"", "a", NULL },
	{ "V=a\nX=$(echo ')' \"V=b)\" \\) # \n )\n", NULL, "substitution" },
	{ "V=a\nX=$(echo ')' \"V=b)\" \\) \n )\n", "a", NULL },
	{ "V=a\nX=${X:-b}\nX=$((1 + 2))\n", "a", NULL },
	{ "V=a\nX=\"${X:-\"b\"}\"\nY=\"${X:-it's 'c'}\"\n", NULL, "quotes in" },
	{ "V=a\nX=\"${X:-\"b\"}\"\nY=\"${X:-'c'}\"\n", "a", NULL },
	{ "V=a\nX=`sed 's/\"//g' /x`\n", "a", NULL },
	{ "V=a\nX=\"`echo \"it's\"`\"\n", "a", NULL },
	{ "V=a\nif [ -f /x ]; then\n\tX=b\nfi\n", "a", NULL },
	{ "if [ -f /x ]; then\n\t# V=b\n\tX=b\nfi\nV=a", "a", NULL },
	{ "if a; then V=b; else V=c; fi # it's\nV=a", "a", NULL },
	{ "V=a\nif a; then if b; then :; fi fi\n", "a", NULL },
	{ "V=a\ncase $X in\n(x|y) X=1;;\n'esac') X=2 ;;\n*) echo V\nesac\n", "a", NULL },
	{ "V=a\nfor X in 1 2; do echo $X; done\nfor Y\ndo :; done\n", "a", NULL },
	{ "V=a\nwhile false; do X=1; done </dev/null 2>&1\n", "a", NULL },
	{ "V=a\n{ X=1; }\n( X=2 )\n! true\n", "a", NULL },
	{ "V=a\ntrue &&\n # b\n X=1\n", "a", NULL },
	{ "V=a\nexport V\nexport V W\n", "a", NULL },
	{ "V=a\nmkdir -p /x && chmod 700 /x || :\n", "a", NULL },
	{ "V=a\ncommand -v x >/dev/null && X=1\n", "a", NULL },
	{ "V=a\necho V = b\n", "a", NULL },
	{ "V+=b\nV=a\n", "a", NULL },
	/* Text for a command is not a setting. */
	{ "cat <<EOF\nV=b\nEOF\nV=a\n", "a", NULL },
	{ "V=a\ncat >/x <<-'EOF' || :\n\t${V:=b} $((V))\n\tEOF\n", "a", NULL },
	{ "if x; then\ncat <<EOF\n$(V=b) ${V} `c`\nEOF\nfi\nV=a\n", "a", NULL },
	{ "cat <<E\nE", "", NULL },
	{ "V=a\n[ -n \"$X\" ] \\\n  && X=1\n", "a", NULL },
};

static const struct value_case unknown[] = {
	{ "V=`a`", NULL, "command substitution" },
	{ "V=\"x $(a) y\"", NULL, "command substitution" },
	{ "V=$((1+1))", NULL, "arithmetic" },
	{ "V=${X:-a}", NULL, "$X is not set before" },
	{ "V=${X+a}", NULL, "$X is not set before" },
	{ "V=${GRUB_CMDLINE_LINUX-a}", NULL, "is not set before" },
	{ "X=\nV=${X:-~/a}", NULL, "tilde" },
	{ "X=\nV=${X:-\"a\"}", NULL, "quotes in" },
	{ "X=\nV=${X:-`a`}", NULL, "command substitution" },
	{ "X=\nV=${X:=a}", NULL, "parameter expansion" },
	{ "X=\nV=${X:?a}", NULL, "parameter expansion" },
	{ "V=\"${X#a}\"", NULL, "parameter expansion" },
	{ "V=${#X}", NULL, "parameter expansion" },
	{ "V=$1", NULL, "the shell sets" },
	{ "V=\"$?\"", NULL, "the shell sets" },
	{ "V=$$", NULL, "the shell sets" },
	{ "V=~", NULL, "tilde" },
	{ "V=~/x", NULL, "tilde" },
	{ "V=a:~/x", NULL, "tilde" },
	{ "V=$\"a\"", NULL, "quoting" },
	{ "V=$X", NULL, "$X is not set before" },
	{ "V=$HOME", NULL, "$HOME is not set before" },
	{ "X=`a`\nV=$X", NULL, "$X is not known: a command substitution: X=`a`" },
	{ "X=`a`\nY=$X\nV=$Y", NULL, "$X is not known: a command substitution: X=`a`" },
	{ "LINENO=7\nV=$LINENO", NULL, "$LINENO" },
	{ "V=a\nV+=b", NULL, "other than a plain assignment" },
	{ "V=a\nif x; then V=b; fi", NULL, "other than a plain assignment" },
	{ "V=a\ncase x in x) V=b;; esac", NULL, "other than a plain assignment" },
	{ "V=a\nfor V in x; do :; done", NULL, "other than a plain assignment" },
	{ "V=a\n[ -n \"$X\" ] && V=b", NULL, "other than a plain assignment" },
	{ "V=a\ntrue &&\nV=b", NULL, "other than a plain assignment" },
	{ "V=a cmd", NULL, "other than a plain assignment" },
	{ "W=b V=a cmd", NULL, "other than a plain assignment" },
	{ "V=a > x", NULL, "other than a plain assignment" },
	{ "V=a & W=b", NULL, "other than a plain assignment" },
	{ "V=a | cat", NULL, "other than a plain assignment" },
	{ "2>x V=a", NULL, "other than a plain assignment" },
	{ "V=a\nunset V", NULL, "other than a plain assignment" },
	{ "V=a\nread -r V < x", NULL, "other than a plain assignment" },
	{ "V=a\nexport W V=b", NULL, "other than a plain assignment" },
	{ "V=a\n'export' V'=b'", NULL, "other than a plain assignment" },
	{ "readonly V=a", NULL, "readonly" },
	{ "V=a\nreadonly V\nV=b", NULL, "assignment to a readonly variable" },
	{ "V=a\nX=${V:=b}", NULL, "an expansion may set it" },
	{ "V=a\n: \"${V=b}\"", NULL, "other than a plain assignment" },
	/* Old dash splits what stands unquoted behind export, and others expand it. */
	{ "X='a b=c'\nexport V=$X", NULL, "unquoted" },
	{ "export V={a,b}", NULL, "unquoted" },
	{ "export V=*", NULL, "unquoted" },
};

static const struct value_case poisoned[] = {
	{ "V=a\n. /etc/x", NULL, "another file" },
	{ ". /etc/x\nV=a", NULL, "another file" },
	{ "V=a\nif x; then source y; fi", NULL, "another file" },
	{ "V=a\neval X=1", NULL, "\"eval\"" },
	{ "V=a\n'ev'al X=1", NULL, "\"eval\"" },
	{ "V=a\n\\eval X=1", NULL, "\"eval\"" },
	{ "V=a\nA=1 eval X=1", NULL, "\"eval\"" },
	{ "V=a\n2>x eval X=1", NULL, "\"eval\"" },
	{ "V=a\n! eval X=1", NULL, "\"eval\"" },
	{ "V=a\ntrue | eval X=1", NULL, "\"eval\"" },
	{ "V=a\nev\\\nal X=1", NULL, "continuation" },
	{ "V=a\n$X", NULL, "put together" },
	{ "V=a\ncommand eval x", NULL, "\"command\"" },
	{ "V=a\nexport $X", NULL, "put together" },
	{ "V=a\nexport \"$X\"", NULL, "put together" },
	{ "V=a\nunset \"$X\"", NULL, "put together" },
	{ "[ -f x ] || exit 0\nV=a", NULL, "\"exit\"" },
	{ "return\nV=a", NULL, "\"return\"" },
	{ "set -u\nV=a", NULL, "\"set\"" },
	{ "set -- b\nV=a", NULL, "\"set\"" },
	{ "set -e -\nV=a", NULL, "\"set\"" },
	{ "set $X\nV=a", NULL, "\"set\"" },
	{ "alias V=x\nV=a", NULL, "\"alias\"" },
	{ "trap V=x EXIT\nV=a", NULL, "\"trap\"" },
	{ "exec x\nV=a", NULL, "\"exec\"" },
	{ "f() { V=b; }\nV=a\nf", NULL, "function" },
	{ "f () {\nV=b\n}\nV=a\nf", NULL, "function" },
	{ "function f { V=b; }\nV=a", NULL, "\"function\"" },
	{ "cat <<EOF\nEO\\\nF\nV=a\n", NULL, "here-document" },
	{ "cat <<EOF\nV=b\n EOF\nV=a\n", NULL, "here-document" },
	{ "cat <<A <<B\nA\nB\nV=a\n", NULL, "here-document" },
	{ "cat <<EOF\n${X:=b}\nEOF\nV=a\n", NULL, "here-document" },
	{ "cat <<EOF\n$((V = 1))\nEOF\nV=a\n", NULL, "here-document" },
	{ "cat <<< V\nV=a\n", NULL, "here-document" },
	{ "V=a\n. ./x\n", NULL, "another file" },
	{ "V=a\n. \"$X/y\"\n", NULL, "another file" },
	{ "V=a\n.\n", NULL, "another file" },
	{ "V=a\nX=$((V = 1))", NULL, "arithmetic" },
	{ "V=a\nX=$(($X))", NULL, "arithmetic" },
	{ "V=a\nX=${X:V++}", NULL, "only some shells" },
	{ "V=$'a\\'b'", NULL, "quoting" },
	{ "V=(a b)", NULL, "array" },
	{ "V=a\nif x; then", NULL, "unfinished" },
	{ "V=a\nfi", NULL, "out of place" },
	{ "V=a\n((V=1))", NULL, "parenthesis" },
	{ "V=a\nlet V=1", NULL, "\"let\"" },
	{ "V=a\n[[ x ]] && y", NULL, "\"[[\"" },
	{ "V=a\n{V}>x true", NULL, "redirection" },
	{ "V=a\nX=`echo '`'`", NULL, "odd quotes" },
	{ "V=\"${a\"\nV=b\n", NULL, "quotes in" },
};

/* Files that are read in, and what is known of V with them. */
static void test_includes(void **state)
{
	static const struct {
		const char *text, *x; /* /x: NULL: it is not there */
		struct value_case c;
	} cases[] = {
		{ "V=a\n. /x\n", "W=b\n", { NULL, "a", NULL } },
		{ "V=a\n[ -r /x ] && . /x\n", NULL, { NULL, "a", NULL } },
		{ "V=a\nif [ -f /x ]; then . /x; fi\n", NULL, { NULL, "a", NULL } },
		{ "V=a\nif [ -f /x ]; then\n\tsource '/x' >/dev/null\nfi\n",
		  "if b; then W=c; fi",
		  { NULL, "a", NULL } },
		{ "V=a\n. /x\n", NULL, { NULL, NULL, "another file" } },
		{ "V=a\n. /x || :\n", NULL, { NULL, NULL, "another file" } },
		{ "V=a\n. /x\n", "V=b\n", { NULL, NULL, "/x, which is read in" } },
		{ "V=a\n. /x\n", "W=${V:=b}\n", { NULL, NULL, "/x, which is read in" } },
		{ "V=a\n. /x\n", "eval b\n", { NULL, NULL, "\"eval\"" } },
		{ "V=a\n. /x\n", ". /y\n", { NULL, NULL, "another file" } },
		{ ". /x\nV=a\n", "V=b\n", { NULL, "a", NULL } },
		{ "V=a\n[ -d /x ] && . /x*\n", NULL, { NULL, NULL, "another file" } },
		{ "V=a\n[ -e /y ] && W=1; . /x\n", NULL, { NULL, NULL, "another file" } },
		{ "V=a\nif [ -e /y ]; then :; . /x; fi\n", NULL, { NULL, "a", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(shell_includes_done) struct shell_includes includes = { 0 };
		CLEANUP(shell_done) struct shell_doc x = { 0 };
		struct value_case c = cases[i].c;

		c.text = cases[i].text;
		if (cases[i].x)
			parse(cases[i].x, &x);
		shell_includes_add(&includes, "/x", cases[i].x ? &x : NULL);
		assert_value_with(&includes, &c);
	}
}

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_value(&known[i]);
}

static void test_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_value(&unknown[i]);
}

static void test_poison(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(poisoned); i++)
		assert_value(&poisoned[i]);
}

static void assert_too_many(const struct str *text)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	struct error e = { 0 };
	const char *value;

	assert_int_equal(shell_parse(str_c(text), text->len, &doc, NULL), 0);
	shell_eval(&doc, 0, &vars);
	assert_true(shell_vars_value(&vars, "V", &value, NULL, &e) < 0);
	assert_non_null(strstr(e.what, "very many"));
}

/* Each variable is looked for among the others: there is a bound on how many. */
static void test_many(void **state)
{
	CLEANUP(str_done) struct str lines = { 0 }, one = { 0 };

	(void)state;
	str_add(&one, "if x; then ");
	for (unsigned i = 0; i < 20000; i++) {
		str_addf(&lines, "V%u=\n", i);
		str_addf(&one, "V%u=;", i);
	}
	str_add(&lines, "V=a\n");
	str_add(&one, " fi\nV=a\n");
	assert_too_many(&lines);
	assert_too_many(&one);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned line;
		const char *what;
	} cases[] = {
		{ "A=1\nV=\"a\nb\n", 11, 2, "double quote" },
		{ "A=1\n\nV='a", 9, 3, "single quote" },
		/* The quote that is missing, not the one that is left over. */
		{ "A=\"x\nB=\"y\"\n", 11, 1, "double quote" },
		{ "A=1\nB=\"x\nC=\"y z\"\nD=2\n", 21, 2, "double quote" },
		{ "A='x\nB='y'\n", 11, 1, "single quote" },
		{ "# it's\nA=\"x\n\nB=1\n", 17, 2, "double quote" },
		{ "A=\"x\ny\"\nB=\"z\n", 13, 3, "double quote" },
		{ "V=`a", 4, 1, "backquote" },
		{ "V=$(a", 5, 1, "never closed" },
		{ "V=${a", 5, 1, "never closed" },
		{ "A=1\nV=a\r\n", 9, 2, "carriage return" },
		{ "A=1\nV=a\0b\n", 10, 2, "control character" },
		{ "\x7f"
		  "ELF",
		  4, 1, "control character" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shell_doc doc = { 0 };
		struct error e = { 0 };

		assert_int_equal(shell_parse(cases[i].text, cases[i].len, &doc, &e),
				 strchr(cases[i].text, '\r') ? -EILSEQ : -EINVAL);
		assert_int_equal(e.code, ERROR_REFUSED);
		assert_int_equal(e.line, cases[i].line);
		if (!strstr(e.what, cases[i].what))
			fail_msg("%s", e.what);
		assert_null(doc.v);
	}
}

static void test_statements(void **state)
{
	static const char text[] = "# a\n\n  A=1 B=2; # c\n"
				   "if x; then\n\tA=2\nfi # d\nexport C=3";
	static const enum shell_kind kinds[] = {
		SHELL_BLANK,  SHELL_BLANK, SHELL_ASSIGN,
		SHELL_ASSIGN, SHELL_OTHER, SHELL_ASSIGN
	};
	CLEANUP(shell_done) struct shell_doc doc = { 0 };

	(void)state;
	parse(text, &doc);
	assert_int_equal(doc.n, ARRAY_SIZE(kinds));
	for (size_t i = 0; i < doc.n; i++)
		assert_int_equal(doc.v[i].kind, kinds[i]);
	assert_string_equal(doc.v[3].name, "B");
	assert_int_equal(doc.v[3].end, strstr(text, "if") - text);
	assert_int_equal(doc.v[4].line, 4);
	assert_string_equal(doc.v[4].touches.v[0], "A");
	assert_string_equal(doc.v[5].name, "C");
	assert_int_equal(text[doc.v[5].value_start], '3');
	assert_int_equal(doc.v[5].value_end, sizeof(text) - 1);
}

/* The main file, then the drop-ins. */
static void test_sources(void **state)
{
	static const char *const texts[] = {
		LINUX "=\"a\"\n" LINUX "_DEFAULT=\"quiet\"\nX=1\n",
		"\n" LINUX "_DEFAULT=\"$" LINUX "_DEFAULT splash\"\n",
		"unset X\n",
	};
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	const struct shell_var *var;
	struct error e = { 0 };
	const char *value;
	size_t source = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(shell_done) struct shell_doc doc = { 0 };

		parse(texts[i], &doc);
		shell_eval(&doc, 10 + i, &vars);
	}
	assert_int_equal(shell_vars_value(&vars, LINUX "_DEFAULT", &value, &source, &e),
			 0);
	assert_string_equal(value, "quiet splash");
	assert_int_equal(source, 11);
	var = shell_vars_get(&vars, LINUX "_DEFAULT");
	assert_int_equal(var->line, 2);
	assert_int_equal(var->stmt, 1);
	assert_true(var->refers);
	assert_false(shell_vars_get(&vars, LINUX)->refers);
	assert_int_equal(shell_vars_value(&vars, "NONE", &value, &source, &e), 0);
	assert_string_equal(value, "");
	assert_true(source == SIZE_MAX);
	assert_null(shell_vars_get(&vars, "NONE"));
	assert_true(shell_vars_value(&vars, "X", &value, &source, &e) < 0);
	assert_int_equal(source, 12);
	assert_int_equal(e.line, 1);
	assert_non_null(strstr(e.hint, "line 1: put X=\"...\""));
}

static void test_doubling_ends(void **state)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	(void)state;
	str_add(&text, "V=abcdefgh\n");
	for (int i = 0; i < 64; i++)
		str_add(&text, "V=$V$V\n");
	parse(str_c(&text), &doc);
	shell_eval(&doc, 0, &vars);
	assert_null(shell_vars_get(&vars, "V")->value);
}

static void test_os_release(void **state)
{
	static const char text[] = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
				   "VERSION_ID=\"12\"\nID=debian\n"
				   "ID_LIKE='rhel centos fedora'\n"
				   "HOME_URL=\"https://www.debian.org/\"\n";
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };

	(void)state;
	parse(text, &doc);
	shell_eval(&doc, 0, &vars);
	assert_string_equal(shell_vars_get(&vars, "ID")->value, "debian");
	assert_string_equal(shell_vars_get(&vars, "ID_LIKE")->value,
			    "rhel centos fedora");
	assert_string_equal(shell_vars_get(&vars, "PRETTY_NAME")->value,
			    "Debian GNU/Linux 12 (bookworm)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),	      cmocka_unit_test(test_includes),
		cmocka_unit_test(test_unknown),	      cmocka_unit_test(test_poison),
		cmocka_unit_test(test_many),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_statements),    cmocka_unit_test(test_sources),
		cmocka_unit_test(test_doubling_ends), cmocka_unit_test(test_os_release),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
