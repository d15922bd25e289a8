/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything found lies in the text: lines in it, in their order; items and entries refer
 * to each other; the default is an entry or unknown. */
#include "text/grubcopy.h"
#include "text/grubstub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_entry(const struct grub_entry *e, unsigned lines)
{
	unsigned last = e->line;

	check(e->title && e->line > 0 && e->line <= lines);
	for (size_t k = 0; k < e->n_kernels; k++) {
		const struct grub_linux *l = &e->kernels[k];

		check(l->line >= last && l->line <= lines);
		last = l->line;
		check(l->kernel && l->options);
		check(!strstr(l->options, "  ") || strpbrk(l->options, "\""));
	}
}

static void check_items(const struct grub_cfg *cfg)
{
	size_t entries = 0;

	for (size_t i = 0; i < cfg->n_items; i++) {
		const struct grub_item *item = &cfg->items[i];

		check(item->parent == SIZE_MAX || item->parent < i);
		check((item->kind == GRUB_ITEM_ENTRY) == (item->entry != SIZE_MAX));
		if (item->kind == GRUB_ITEM_ENTRY)
			check(item->entry == entries++);
	}
	check(entries == cfg->n);
}

static void check_default(const struct grub_cfg *cfg, const char *value)
{
	size_t i = grub_cfg_default(cfg, value);

	check(i == SIZE_MAX || i < cfg->n);
}

/* Where an entry lies, and a copy of it. */
static void check_copy(const char *text, size_t size, const struct grub_entry *from)
{
	struct edit ed = { 0 };
	struct str copy = { 0 };

	check(from->start < from->body && from->body <= size && from->end < size);
	check(from->end == 0 || (from->body <= from->end && text[from->end] == '}'));
	edit_push(&ed, EDIT_ADD, "slicer.trial=1", NULL);
	edit_push(&ed, EDIT_REMOVE, "quiet", NULL);
	edit_push(&ed, EDIT_REPLACE, "a=1", "a=2");
	if (grub_entry_copy(text, from, "slicer-trial", from->title, &ed, &copy, NULL) ==
	    0)
		check(memmem(copy.s, copy.len, " slicer.trial=1",
			     strlen(" slicer.trial=1")));
	edit_done(&ed);
	str_done(&copy);
}

/* The same text as the ESP's stub: a menu of its own leads nowhere. */
static void check_stub(const char *text, size_t size)
{
	struct grub_stub stub;

	if (grub_stub_parse(text, size, &stub, NULL) < 0) {
		check(memchr(text, '\0', size));
		return;
	}
	check(!stub.path || (*stub.path == '/' && !strchr(stub.path, '$')));
	check(!stub.is_menu || !stub.path);
	grub_stub_done(&stub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct grub_cfg cfg;
	unsigned lines = 1;

	check_stub(text, size);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	if (grub_cfg_parse(text, size, &cfg, NULL) < 0) {
		check(memchr(text, '\0', size));
		return 0;
	}
	for (size_t i = 0; i < cfg.n; i++)
		check_entry(&cfg.v[i], lines);
	for (size_t i = 0; i < cfg.n && i < 8; i++)
		check_copy(text, size, &cfg.v[i]);
	check_items(&cfg);
	check_default(&cfg, "0");
	check_default(&cfg, "1>0");
	if (cfg.default_value)
		check_default(&cfg, cfg.default_value);
	for (size_t i = 0; i < cfg.n && i < 16; i++)
		check_default(&cfg, cfg.v[i].title);
	grub_cfg_done(&cfg);
	return 0;
}
