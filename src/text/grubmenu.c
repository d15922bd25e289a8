/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry GRUB boots by default. */
#include "text/grubcfg.h"

/* Does the part of the default before its first ">" (">>" is a literal one) name this?
 * menuentry_eq() of grub-core/normal/menu.c. */
static bool part_is(const char *part, const char *name)
{
	for (;; part++, name++) {
		if (*part == '>' && part[1] != '>')
			return *name == '\0';
		if (*part == '>')
			part++;
		if (*part != *name)
			return false;
		if (*part == '\0')
			return true;
	}
}

/* What stands behind the first lone ">", "" if nothing. */
static const char *behind_part(const char *value)
{
	for (; *value; value++) {
		if (*value != '>')
			continue;
		if (value[1] != '>')
			return value + 1;
		value++;
	}
	return value;
}

/* The item that GRUB puts at this place of the level, SIZE_MAX if that depends on what is
 * known only at boot, or n_items if the level ends before. */
static size_t item_at(const struct grub_cfg *cfg, size_t parent, unsigned long number)
{
	for (size_t i = 0; i < cfg->n_items; i++) {
		const struct grub_item *item = &cfg->items[i];

		if (item->parent != parent)
			continue;
		if (item->kind == GRUB_ITEM_UNKNOWN || item->conditional)
			return SIZE_MAX;
		if (number-- == 0)
			return i;
	}
	return cfg->n_items;
}

/* The item of that name on the level. A name that isn't found may still be that of an
 * item that another file brings: then SIZE_MAX, else n_items. */
static size_t item_named(const struct grub_cfg *cfg, size_t parent, const char *part)
{
	size_t missing = cfg->n_items;

	for (size_t i = 0; i < cfg->n_items; i++) {
		const struct grub_item *item = &cfg->items[i];

		if (item->parent != parent)
			continue;
		if (item->kind == GRUB_ITEM_UNKNOWN)
			missing = SIZE_MAX;
		else if (part_is(part, item->title) ||
			 (item->id && part_is(part, item->id)))
			return i;
	}
	return missing;
}

/* One level of the menu. What begins with a digit is a number for GRUB whatever follows,
 * but not for every distribution's: only a plain number is sure. */
static size_t resolve(const struct grub_cfg *cfg, size_t parent, const char *value)
{
	size_t item;

	if (*value >= '0' && *value <= '9') {
		char *end;
		unsigned long number = strtoul(value, &end, 0);

		if (*end && *end != '>')
			return SIZE_MAX;
		item = item_at(cfg, parent, number);
	} else {
		item = item_named(cfg, parent, value);
	}
	return item == cfg->n_items ? item_at(cfg, parent, 0) : item;
}

size_t grub_cfg_default(const struct grub_cfg *cfg, const char *value)
{
	size_t parent = SIZE_MAX;

	if (strchr(value, '$'))
		return SIZE_MAX;
	/* Every round goes one submenu deeper: a submenu's items come behind it. */
	for (;;) {
		size_t item = resolve(cfg, parent, value);

		if (item >= cfg->n_items)
			return SIZE_MAX;
		if (cfg->items[item].kind == GRUB_ITEM_ENTRY)
			return cfg->items[item].entry;
		parent = item;
		value = behind_part(value);
	}
}
