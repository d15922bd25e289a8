/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/shell.h"

#include <errno.h>

#include "text/shell_word.h"

static void stmt_done(struct shell_stmt *stmt)
{
	free(stmt->name);
	strv_done(&stmt->touches);
	strv_done(&stmt->includes);
}

void shell_done(struct shell_doc *doc)
{
	for (size_t i = 0; i < doc->n; i++)
		stmt_done(&doc->v[i]);
	free(doc->v);
	str_done(&doc->text);
	*doc = (struct shell_doc){ 0 };
}

struct parser {
	struct shell_doc *doc;
	size_t pos; /* the first byte that is in no statement yet */
	unsigned line; /* of pos */
};

/* The byte at pos, '\0' (which the text never holds) behind its end. */
static char at(const struct parser *p, size_t pos)
{
	return pos < p->doc->text.len ? p->doc->text.s[pos] : '\0';
}

static bool is_line_end(char c)
{
	return c == '\0' || c == '\n' || c == '#';
}

static size_t skip_blanks(const struct parser *p, size_t pos)
{
	while (at(p, pos) == ' ' || at(p, pos) == '\t')
		pos++;
	return pos;
}

static size_t skip_line(const struct parser *p, size_t pos)
{
	while (at(p, pos) && at(p, pos) != '\n')
		pos++;
	return at(p, pos) ? pos + 1 : pos;
}

/* Adds what stands between pos and end as a statement; takes what stmt owns. */
static void push(struct parser *p, struct shell_stmt stmt, size_t end)
{
	struct shell_doc *doc = p->doc;

	stmt.start = p->pos;
	stmt.end = end;
	stmt.line = p->line;
	doc->v = xgrow(doc->v, doc->n, &doc->cap, sizeof(*doc->v));
	doc->v[doc->n++] = stmt;
	for (; p->pos < end; p->pos++)
		p->line += doc->text.s[p->pos] == '\n';
}

/* Refuses what no text file that a shell is to read has in it. */
static int check_bytes(const char *text, size_t len, struct error *e)
{
	unsigned line = 1;
	int r = -EINVAL;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\r' && i + 1 < len && text[i + 1] == '\n') {
			error_set(e, EINVAL, "a line ends with a carriage return");
			error_hint(e, "the shell takes it for a part of the value: "
				      "take it away from every line");
			r = -EILSEQ;
		} else if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f) {
			error_set(e, EINVAL, "a control character (0x%02x)", c);
			error_hint(e, "this is no text file, or a damaged one");
		} else {
			line += c == '\n';
			continue;
		}
		error_at(e, NULL, line);
		return r;
	}
	return 0;
}

/* Variables that shells give a value of their own, whatever was assigned. */
static bool is_special(const char *name)
{
	static const char *const names[] = {
		"COMP_WORDBREAKS", "DIRSTACK", "EUID",	 "FUNCNAME", "GROUPS",
		"HISTCMD",	   "LINENO",   "OLDPWD", "OPTARG",   "OPTIND",
		"POSIXLY_CORRECT", "PPID",     "PWD",	 "RANDOM",   "SECONDS",
		"SHELLOPTS",	   "SRANDOM",  "UID",	 "_",
	};

	if (str_starts(name, "BASH") || str_starts(name, "EPOCH"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The words of one line, when they are assignments. */
struct words {
	struct shell_stmt *stmts;
	size_t *starts; /* of the words */
	size_t n, cap, cap_starts;
};

static void words_done(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		stmt_done(&words->stmts[i]);
	free(words->stmts);
	free(words->starts);
}

/* The assignment at pos, whose name has len bytes. */
static int read_word(const struct parser *p, size_t pos, size_t len, bool is_export,
		     struct words *words, struct error *e)
{
	const struct str *text = &p->doc->text;
	struct shell_stmt *stmt;
	struct shell_word word;
	int r;

	words->stmts = xgrow(words->stmts, words->n, &words->cap, sizeof(*stmt));
	words->starts = xgrow(words->starts, words->n, &words->cap_starts, sizeof(pos));
	words->starts[words->n] = pos;
	stmt = &words->stmts[words->n++];
	*stmt = (struct shell_stmt){ .kind = SHELL_ASSIGN };
	stmt->name = xstrndup(text->s + pos, len);
	r = shell_word_scan(text->s, text->len, pos, &stmt->touches, &word, e);
	if (r < 0)
		return r;
	stmt->value_start = pos + len + 1;
	stmt->value_end = word.end;
	stmt->why = word.why;
	stmt->poison = word.poison;
	stmt->poison_at = pos;
	/* Shells differ on whether export splits: dash before 0.5.11 does. */
	if (is_export && !word.plain && !stmt->why)
		stmt->why = "an unquoted value behind \"export\"";
	if (is_special(stmt->name) && !stmt->why)
		stmt->why = "a variable that the shell itself sets";
	stmt->provable = !stmt->why;
	return word.lost ? 0 : 1;
}

/* Reads assignments up to the end of their command. Returns 1, or 0 if it is another one.
 */
static int read_words(const struct parser *p, size_t *pos, struct words *words,
		      struct error *e)
{
	const struct str *text = &p->doc->text;
	size_t i = skip_blanks(p, p->pos);
	bool is_export = text->len - i > 6 && memcmp(text->s + i, "export", 6) == 0 &&
			 strchr(" \t", text->s[i + 6]);

	if (is_export)
		i = skip_blanks(p, i + 6);
	while (!is_line_end(at(p, i)) && at(p, i) != ';') {
		size_t len = shell_name_length(text->s + i, text->len - i);
		int r;

		if (len == 0 || at(p, i + len) != '=')
			return 0;
		r = read_word(p, i, len, is_export, words, e);
		if (r <= 0)
			return r;
		i = words->stmts[words->n - 1].value_end;
		/* Not the end of a word that an assignment can go on after. */
		if (!is_line_end(at(p, i)) && !strchr(" \t;", at(p, i)))
			return 0;
		i = skip_blanks(p, i);
	}
	*pos = i;
	return words->n > 0;
}

/* Returns 1 if there were assignments (and pushes them), 0 if there is something else. */
static int parse_assignments(struct parser *p, struct error *e)
{
	CLEANUP(words_done) struct words words = { 0 };
	size_t pos = p->pos;
	int r = read_words(p, &pos, &words, e);

	if (r <= 0)
		return r;
	if (at(p, pos) == ';')
		pos = skip_blanks(p, pos + 1);
	if (is_line_end(at(p, pos)))
		pos = skip_line(p, pos);
	for (size_t i = 0; i < words.n; i++) {
		push(p, words.stmts[i], i + 1 < words.n ? words.starts[i + 1] : pos);
		words.stmts[i] = (struct shell_stmt){ 0 };
	}
	return 1;
}

static int parse_other(struct parser *p, struct error *e)
{
	const struct str *text = &p->doc->text;
	struct shell_stmt stmt = { .kind = SHELL_OTHER };
	struct shell_other other = { 0 };
	int r = shell_other_scan(text->s, text->len, p->pos, &other, e);

	if (r < 0) {
		strv_done(&other.touches);
		strv_done(&other.includes);
		return r;
	}
	stmt.why = other.why;
	stmt.poison = other.poison;
	stmt.poison_at = other.poison_at;
	stmt.touches = other.touches;
	stmt.includes = other.includes;
	stmt.must_include = other.must_include;
	push(p, stmt, other.end);
	return 0;
}

/* Is the line at pos one that a person meant as an assignment of its own? */
static bool looks_like_assignment(const char *text, size_t len, size_t pos)
{
	size_t n;

	while (pos < len && (text[pos] == ' ' || text[pos] == '\t'))
		pos++;
	n = shell_name_length(text + pos, len - pos);
	return n && pos + n < len && text[pos + n] == '=';
}

/*
 * The shell pairs quotes from the top: one that is missing makes every later pair begin
 * where it should end, and what is left open is the last one of the file. The line to
 * mend is the first on which a quoted text goes on into what looks like an assignment.
 * It is a guess for the message only. Returns 0 if there is no such line.
 */
static unsigned line_of_missing_quote(const char *text, size_t len)
{
	unsigned line = 1, opened = 0;
	char quote = '\0';

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\n') {
			if (quote && looks_like_assignment(text, len, i + 1))
				return opened;
			line++;
		} else if (quote) {
			if (c == '\\' && quote == '"' && i + 1 < len &&
			    text[i + 1] != '\n')
				i++;
			else if (c == quote)
				quote = '\0';
		} else if (c == '\\' && i + 1 < len && text[i + 1] != '\n') {
			i++;
		} else if (c == '"' || c == '\'') {
			quote = c;
			opened = line;
		} else if (c == '#' && (i == 0 || strchr(" \t\n;", text[i - 1]))) {
			while (i + 1 < len && text[i + 1] != '\n')
				i++;
		}
	}
	return 0;
}

/* A statement that the shell can't read: names the line where its quote went missing. */
static void point_at_quote(const char *text, size_t len, struct error *e)
{
	unsigned line = line_of_missing_quote(text, len);

	if (e && line && line < e->line && strstr(e->what, "quote is never closed"))
		error_at(e, NULL, line);
}

int shell_parse(const char *text, size_t len, struct shell_doc *ret, struct error *e)
{
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	struct parser p = { .doc = &doc, .line = 1 };
	int r = check_bytes(text, len, e);

	if (r < 0)
		return r;
	str_set(&doc.text, text, len);
	while (p.pos < len) {
		if (is_line_end(at(&p, skip_blanks(&p, p.pos)))) {
			push(&p, (struct shell_stmt){ .kind = SHELL_BLANK },
			     skip_line(&p, p.pos));
			continue;
		}
		r = parse_assignments(&p, e);
		if (r == 0)
			r = parse_other(&p, e);
		if (r < 0) {
			point_at_quote(text, len, e);
			return r;
		}
	}
	*ret = doc;
	doc = (struct shell_doc){ 0 };
	return 0;
}
