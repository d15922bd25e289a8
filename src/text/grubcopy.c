/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubcopy.h"

#include <errno.h>

#include "text/grubentry.h"
#include "text/grubscript.h"

/* In single quotes everything is literal (grub-core/script/yylex.l). */
static void add_quoted(struct str *out, const char *text)
{
	str_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			str_add(out, "'\\''");
		else
			str_addc(out, (unsigned char)*text < ' ' ? ' ' : *text);
	}
	str_addc(out, '\'');
}

static void add_raw(struct str *out, const struct grub_lexer *lx)
{
	str_addc(out, ' ');
	str_addn(out, lx->in + lx->start, lx->at - lx->start);
}

/* The menuentry line: the title is the first word that is neither an option nor the value
 * of one. */
static void copy_head(const char *text, const struct grub_entry *from, const char *id,
		      const char *title, struct str *out)
{
	static const char *const ids[] = { "--id", "$menuentry_id_option",
					   "${menuentry_id_option}", "--hotkey", NULL };
	static const char *const with_value[] = { "--class", "--users", "--source",
						  NULL };
	struct grub_lexer lx = { .in = text + from->start,
				 .len = from->body - from->start };
	bool has_title = false;

	while (grub_lexer_next(&lx) == GRUB_WORD && !str_eq(lx.text.s, "menuentry"))
		;
	str_add(out, "menuentry ");
	add_quoted(out, title);
	while (grub_lexer_next(&lx) == GRUB_WORD) {
		const char *word = str_c(&lx.text);

		if (grub_word_is_any(word, ids)) {
			grub_lexer_next(&lx);
		} else if (grub_word_is_any(word, with_value)) {
			add_raw(out, &lx);
			if (grub_lexer_next(&lx) == GRUB_WORD)
				add_raw(out, &lx);
		} else if (str_starts(word, "--id=") || str_starts(word, "--hotkey=")) {
			continue;
		} else if (has_title || str_starts(word, "--")) {
			add_raw(out, &lx);
		} else {
			has_title = true;
		}
	}
	str_done(&lx.text);
	str_add(out, " --id ");
	add_quoted(out, id);
	str_add(out, " {");
}

/* What of a command in the body the copy has to change. */
struct command {
	enum { OTHER, LINUX, SAVE_DEFAULT } kind;
	size_t n; /* words */
	size_t start, second_end, end; /* bytes of the body */
};

static void add_word(struct command *c, const struct grub_lexer *lx)
{
	static const char *const keywords[] = { "if",	"then", "else",	 "elif",  "fi",
						"do",	"done", "while", "until", "for",
						"time", "!",	NULL };
	static const char *const linuxes[] = { "linux", "linux16", "linuxefi", NULL };
	const char *word = str_c(&lx->text);

	if (c->n == 0 && grub_word_is_any(word, keywords))
		return;
	if (c->n == 0) {
		c->start = lx->start;
		c->kind = grub_word_is_any(word, linuxes) ? LINUX
			  : str_eq(word, "savedefault")	  ? SAVE_DEFAULT
							  : OTHER;
	}
	c->n++;
	if (c->n == 2)
		c->second_end = lx->at;
	c->end = lx->at;
}

/* The parameters behind a kernel, as they stand in the script. */
static void edit_raw(const char *raw, size_t len, const char *options,
		     const struct edit *ed, struct str *out)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };
	CLEANUP(str_done) struct str changed = { 0 };

	cmdline_split(options, strlen(options), &params);
	edit_complete(ed, &params, &own);
	edit_apply(&own, raw, len, true, &changed);
	if (changed.len && !strchr(" \t\\", changed.s[0]))
		str_addc(out, ' ');
	str_addn(out, str_c(&changed), changed.len);
}

static void copy_body(const char *text, const struct grub_entry *from,
		      const struct edit *ed, struct str *out)
{
	struct grub_lexer lx = { .in = text + from->body, .len = from->end - from->body };
	struct command c = { 0 };
	enum grub_token token;
	size_t done = 0, k = 0;

	do {
		token = grub_lexer_next(&lx);
		if (token == GRUB_WORD) {
			add_word(&c, &lx);
			continue;
		}
		if (c.kind == LINUX && c.n > 1 && k < from->n_kernels) {
			str_addn(out, lx.in + done, c.second_end - done);
			edit_raw(lx.in + c.second_end, c.end - c.second_end,
				 from->kernels[k++].options, ed, out);
			done = c.end;
		} else if (c.kind == SAVE_DEFAULT) {
			str_addn(out, lx.in + done, c.start - done);
			str_add(out, "true");
			done = c.end;
		}
		c = (struct command){ 0 };
	} while (token != GRUB_END);
	str_addn(out, lx.in + done, lx.len - done);
	str_done(&lx.text);
}

static bool is_kernel_right(const struct grub_linux *old, const struct grub_linux *new,
			    const struct edit *ed)
{
	CLEANUP(strv_done) struct strv want = { 0 }, have = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };

	cmdline_split(old->options, strlen(old->options), &want);
	edit_complete(ed, &want, &own);
	edit_apply_params(&own, &want);
	cmdline_split(new->options, strlen(new->options), &have);
	return strcmp(old->kernel, new->kernel) == 0 && strv_same(&want, &have);
}

static int prove(const struct str *copy, const struct grub_entry *from, const char *id,
		 const struct edit *ed, struct error *e)
{
	CLEANUP(grub_cfg_done) struct grub_cfg cfg = { 0 };
	const struct grub_entry *to;
	int r = grub_cfg_parse(str_c(copy), copy->len, &cfg, e);

	if (r < 0)
		return r;
	to = cfg.n == 1 ? &cfg.v[0] : NULL;
	if (!cfg.complete || !to || !str_eq(to->id, id) ||
	    to->n_kernels != from->n_kernels || !strv_same(&to->initrds, &from->initrds))
		return error_set(e, ENOTSUP, "the entry \"%s\" can't be copied",
				 from->title);
	for (size_t k = 0; k < to->n_kernels; k++) {
		if (is_kernel_right(&from->kernels[k], &to->kernels[k], ed))
			continue;
		error_set(e, ENOTSUP,
			  "a parameter on this line is quoted in a way that can't be "
			  "edited with certainty");
		error_at(e, NULL, from->kernels[k].line);
		return -ENOTSUP;
	}
	return 0;
}

int grub_entry_copy(const char *text, const struct grub_entry *from, const char *id,
		    const char *title, const struct edit *ed, struct str *ret,
		    struct error *e)
{
	CLEANUP(str_done) struct str copy = { 0 };
	int r;

	if (from->end == 0 || from->n_kernels == 0) {
		error_set(e, ENOTSUP, "the entry \"%s\" %s", from->title,
			  from->end ? "starts no Linux kernel" : "is cut off");
		error_at(e, NULL, from->line);
		return -ENOTSUP;
	}
	r = edit_check_safe(ed, e);
	if (r < 0)
		return r;
	copy_head(text, from, id, title, &copy);
	copy_body(text, from, ed, &copy);
	str_add(&copy, "}\n");
	r = prove(&copy, from, id, ed, e);
	if (r == 0)
		str_addn(ret, str_c(&copy), copy.len);
	return r;
}
