/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubcfg.h"

#include <errno.h>

#include "text/grubentry.h"
#include "text/grubscript.h"

/* An open brace: of a menuentry, a submenu, or anything else (a function's body). */
struct block {
	size_t item; /* SIZE_MAX if it is no item of the menu */
	unsigned ifs; /* how many ifs were open outside of it */
};

/* An open if, while, until or for. */
struct condition {
	bool is_test; /* between if and then */
	bool is_else;
	bool has_next_entry; /* a test of it mentions next_entry: 00_header's */
	bool has_env_block; /* a test of it mentions env_block: 00_header's, too */
};

struct parser {
	struct grub_cfg *cfg;
	struct block *blocks;
	size_t n_blocks, cap_blocks;
	struct condition *ifs;
	size_t n_ifs, cap_ifs;
	char *section;
	bool has_sections, has_commands, is_broken;
	bool has_emptied; /* next_entry, in 00_header's one-shot code */
	struct strv words; /* the command being read, its line and first byte */
	unsigned line;
	size_t start, at; /* at: after the last token */
};

void grub_cfg_done(struct grub_cfg *cfg)
{
	for (size_t i = 0; i < cfg->n; i++)
		grub_entry_done(&cfg->v[i]);
	for (size_t i = 0; i < cfg->n_items; i++) {
		free(cfg->items[i].title);
		free(cfg->items[i].id);
	}
	free(cfg->v);
	free(cfg->items);
	free(cfg->default_value);
	*cfg = (struct grub_cfg){ 0 };
}

/* The item of the innermost menuentry or submenu around here. */
static size_t current_item(const struct parser *p)
{
	for (size_t i = p->n_blocks; i > 0; i--)
		if (p->blocks[i - 1].item != SIZE_MAX)
			return p->blocks[i - 1].item;
	return SIZE_MAX;
}

static struct grub_entry *current_entry(const struct parser *p)
{
	size_t item = current_item(p);

	if (item == SIZE_MAX || p->cfg->items[item].kind != GRUB_ITEM_ENTRY)
		return NULL;
	return &p->cfg->v[p->cfg->items[item].entry];
}

static void push_block(struct parser *p, size_t item)
{
	p->blocks = xgrow(p->blocks, p->n_blocks, &p->cap_blocks, sizeof(*p->blocks));
	p->blocks[p->n_blocks++] = (struct block){ item, (unsigned)p->n_ifs };
}

static void push_if(struct parser *p, bool is_test)
{
	p->ifs = xgrow(p->ifs, p->n_ifs, &p->cap_ifs, sizeof(*p->ifs));
	p->ifs[p->n_ifs++] = (struct condition){ .is_test = is_test };
}

static void pop_if(struct parser *p)
{
	unsigned outside = p->n_blocks ? p->blocks[p->n_blocks - 1].ifs : 0;

	if (p->n_ifs > outside)
		p->n_ifs--;
	else
		p->is_broken = true;
}

/* At the brace that closes it. */
static void pop_block(struct parser *p)
{
	size_t item;

	if (p->n_blocks == 0) {
		p->is_broken = true;
		return;
	}
	p->n_blocks--;
	item = p->blocks[p->n_blocks].item;
	if (item != SIZE_MAX && p->cfg->items[item].kind == GRUB_ITEM_ENTRY)
		p->cfg->v[p->cfg->items[item].entry].end = p->at - 1;
	p->is_broken |= p->n_ifs != p->blocks[p->n_blocks].ifs;
	p->n_ifs = p->blocks[p->n_blocks].ifs;
}

/* Takes the reserved words in front of a command. Returns how many words they were. */
static size_t take_keywords(struct parser *p)
{
	static const char *const plain[] = { "!", "time", "do", NULL };
	static const char *const loops[] = { "while", "until", "for", NULL };
	size_t i;

	for (i = 0; i < p->words.n; i++) {
		const char *word = p->words.v[i];
		struct condition *top = p->n_ifs ? &p->ifs[p->n_ifs - 1] : NULL;

		if (str_eq(word, "if"))
			push_if(p, true);
		else if (grub_word_is_any(word, loops))
			push_if(p, false);
		else if (str_eq(word, "fi") || str_eq(word, "done"))
			pop_if(p);
		else if (str_eq(word, "then") && top)
			top->is_test = false;
		else if (str_eq(word, "elif") && top)
			top->is_test = true, top->is_else = false;
		else if (str_eq(word, "else") && top)
			top->is_else = true;
		else if (!grub_word_is_any(word, plain))
			break;
	}
	return i;
}

/* Is this in the file's main line, or in the else branch of 00_header's one-shot test? */
static bool is_unconditional(const struct parser *p)
{
	for (size_t i = 0; i < p->n_ifs; i++)
		if (!p->ifs[i].is_else || !p->ifs[i].has_next_entry)
			return false;
	return p->n_blocks == 0;
}

static void set_default(struct parser *p, const char *value)
{
	if (str_eq(value, "${next_entry}")) {
		p->cfg->has_next_entry = true;
	} else if (is_unconditional(p)) {
		free(p->cfg->default_value);
		p->cfg->default_value = xstrdup(value);
	}
}

static size_t push_item(struct parser *p, enum grub_item_kind kind, const char *title,
			const char *id)
{
	struct grub_cfg *cfg = p->cfg;
	size_t parent = current_item(p);
	bool is_conditional = p->n_ifs > 0;

	/* A function's body makes its items when it is called, if ever. */
	for (size_t i = 0; i < p->n_blocks; i++)
		is_conditional |= p->blocks[i].item == SIZE_MAX;
	cfg->items =
		xgrow(cfg->items, cfg->n_items, &cfg->cap_items, sizeof(*cfg->items));
	cfg->items[cfg->n_items++] = (struct grub_item){
		.kind = kind,
		.title = xstrdup(title),
		.id = xstrdup_null(id),
		.parent = parent,
		.entry = SIZE_MAX,
		.conditional = is_conditional,
	};
	return cfg->n_items - 1;
}

static void push_entry(struct parser *p, size_t item)
{
	struct grub_cfg *cfg = p->cfg;
	const struct grub_item *it = &cfg->items[item];
	struct grub_entry entry = { .line = p->line, .start = p->start, .body = p->at };

	entry.title = xstrdup(it->title);
	entry.id = xstrdup_null(it->id);
	entry.section = xstrdup_null(p->section);
	if (it->parent != SIZE_MAX) {
		const struct grub_item *parent = &cfg->items[it->parent];

		entry.parent = xstrdup(parent->id ? parent->id : parent->title);
	}
	cfg->v = xgrow(cfg->v, cfg->n, &cfg->cap, sizeof(*cfg->v));
	cfg->v[cfg->n++] = entry;
	cfg->items[item].entry = cfg->n - 1;
}

/* menuentry or submenu: the title is the first word that is neither an option nor the
 * value of one. $menuentry_id_option is --id for every GRUB since 2.00. */
static void open_item(struct parser *p, char *const *args, size_t n,
		      enum grub_item_kind kind)
{
	static const char *const with_value[] = { "--class", "--users", "--hotkey",
						  "--source", NULL };
	const char *title = NULL, *id = NULL;
	size_t item;

	for (size_t i = 0; i < n; i++) {
		bool has_more = i + 1 < n;

		if (str_eq(args[i], "--id") || str_eq(args[i], "$menuentry_id_option") ||
		    str_eq(args[i], "${menuentry_id_option}"))
			id = has_more ? args[++i] : NULL;
		else if (str_starts(args[i], "--id="))
			id = args[i] + strlen("--id=");
		else if (grub_word_is_any(args[i], with_value))
			i += has_more;
		else if (!title && !str_starts(args[i], "--"))
			title = args[i];
	}
	item = push_item(p, kind, title ? title : "", id);
	if (kind == GRUB_ITEM_ENTRY)
		push_entry(p, item);
	push_block(p, item);
}

/*
 * Is this the branch of 00_header that is run when there is an entry for this boot alone?
 * In there GRUB 2.14 asks for env_block, a place of its own that the environment is
 * written to instead of the file: what counts is what is done without one.
 */
static bool is_one_shot(const struct parser *p)
{
	const struct condition *top = p->n_ifs ? &p->ifs[p->n_ifs - 1] : NULL;

	if (p->n_ifs > 1 && top->has_env_block && !top->is_test && top->is_else)
		top--;
	return top && top->has_next_entry && !top->is_test && !top->is_else &&
	       p->n_blocks == 0;
}

/* With -f it is another file than the one that is read at the next boot. */
static void save_env(struct parser *p, char **args, size_t n)
{
	if (n > 1 && (str_eq(args[1], "-f") || str_starts(args[1], "--file")))
		return;
	for (size_t i = 1; i < n; i++)
		p->cfg->clears_next_entry |=
			p->has_emptied && is_one_shot(p) && str_eq(args[i], "next_entry");
}

/* 41_custom's two ways to say it. */
static bool is_custom(const char *path)
{
	static const char *const paths[] = { "${config_directory}/custom.cfg",
					     "$config_directory/custom.cfg",
					     "${prefix}/custom.cfg", "$prefix/custom.cfg",
					     NULL };

	return grub_word_is_any(path, paths);
}

static void run(struct parser *p, char **args, size_t n)
{
	static const char *const sources[] = { "blscfg", "uki",	       "source",
					       ".",	 "configfile", NULL };
	const char *assign = str_eq(args[0], "set") && n > 1 ? args[1] : args[0];
	struct grub_entry *entry = current_entry(p);

	if (str_starts(assign, "default="))
		set_default(p, assign + strlen("default="));
	p->has_emptied |= str_eq(assign, "next_entry=") && is_one_shot(p);
	if (str_eq(args[0], "save_env"))
		save_env(p, args, n);
	p->cfg->reads_custom |= str_eq(args[0], "source") && n > 1 &&
				is_custom(args[1]) && p->n_blocks == 0;
	p->cfg->has_blscfg |= str_eq(args[0], "blscfg");
	if (entry)
		grub_entry_command(entry, args, n, p->line);
	else if (grub_word_is_any(args[0], sources))
		push_item(p, GRUB_ITEM_UNKNOWN, "", NULL);
}

/* The command in words is complete; opens: a brace stands behind it. */
static void end_command(struct parser *p, bool opens)
{
	size_t skip, n;
	char **args;

	if (p->words.n == 0) {
		if (opens)
			push_block(p, SIZE_MAX);
		return;
	}
	p->has_commands = true;
	skip = take_keywords(p);
	n = p->words.n - skip;
	args = p->words.v + skip;
	if (p->n_ifs && p->ifs[p->n_ifs - 1].is_test)
		for (size_t i = 0; i < n; i++) {
			struct condition *test = &p->ifs[p->n_ifs - 1];

			test->has_next_entry |= strstr(args[i], "next_entry") != NULL;
			test->has_env_block |= strstr(args[i], "env_block") != NULL;
		}
	if (opens && n && str_eq(args[0], "menuentry"))
		open_item(p, args + 1, n - 1, GRUB_ITEM_ENTRY);
	else if (opens && n && str_eq(args[0], "submenu"))
		open_item(p, args + 1, n - 1, GRUB_ITEM_SUBMENU);
	else if (opens)
		push_block(p, SIZE_MAX);
	else if (n)
		run(p, args, n);
	strv_done(&p->words);
}

/* "### BEGIN /etc/grub.d/10_linux ###" and its END, as grub-mkconfig frames what each
 * script printed. */
static void read_comment(struct parser *p, const struct str *text)
{
	static const char begin[] = "### BEGIN ", end[] = "### END ", tail[] = " ###";
	const char *name;
	size_t len;
	bool is_begin = str_starts(text->s, begin);

	if ((!is_begin && !str_starts(text->s, end)) || !str_ends(text->s, tail))
		return;
	name = text->s + strlen(is_begin ? begin : end);
	len = strlen(name) > strlen(tail) ? strlen(name) - strlen(tail) : 0;
	p->has_sections = true;
	if (is_begin) {
		p->is_broken |= p->section != NULL;
		free(p->section);
		p->section = xstrndup(name, len);
		return;
	}
	p->is_broken |= !p->section || strlen(p->section) != len ||
			memcmp(p->section, name, len) != 0;
	free(p->section);
	p->section = NULL;
}

/* Returns false at the end of the text. */
static bool read_token(struct parser *p, struct grub_lexer *lx)
{
	enum grub_token token = grub_lexer_next(lx);

	p->at = lx->at;
	switch (token) {
	case GRUB_WORD:
		if (p->words.n == 0) {
			p->line = lx->line;
			p->start = lx->start;
		}
		strv_add(&p->words, str_c(&lx->text));
		return true;
	case GRUB_COMMENT:
		read_comment(p, &lx->text);
		return true;
	default:
		end_command(p, token == GRUB_OPEN);
		if (token == GRUB_CLOSE)
			pop_block(p);
		return token != GRUB_END;
	}
}

int grub_cfg_parse(const char *text, size_t len, struct grub_cfg *ret, struct error *e)
{
	struct grub_cfg cfg = { 0 };
	struct grub_lexer lx = { .in = text, .len = len };
	struct parser p = { .cfg = &cfg };
	const char *nul = len ? memchr(text, '\0', len) : NULL;

	if (nul) {
		unsigned line = 1;

		for (const char *c = text; c < nul; c++)
			line += *c == '\n';
		error_set(e, EINVAL, "there is a NUL byte in the configuration");
		error_at(e, NULL, line);
		return -EINVAL;
	}
	while (read_token(&p, &lx))
		;
	/* A generated file ends with a whole line. */
	cfg.complete = p.has_commands && !p.is_broken && !lx.is_unterminated &&
		       !p.section && p.n_blocks == 0 && p.n_ifs == 0 &&
		       (!p.has_sections || text[len - 1] == '\n');
	free(p.blocks);
	free(p.ifs);
	free(p.section);
	strv_done(&p.words);
	str_done(&lx.text);
	*ret = cfg;
	return 0;
}
