/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What options and operands take. Completions list it; where it is a fixed set of words,
 * the verbs accept what stands in the same table. */
#ifndef SLICER_CMD_VALUES_H
#define SLICER_CMD_VALUES_H

#include "cmd/cmd.h"

/* Values with their descriptions: value[i] belongs to text[i]. */
struct value_list {
	struct strv values, texts;
};
void value_list_done(struct value_list *l);
/* text NULL: there is nothing to say of it. */
void value_list_add(struct value_list *l, const char *value, const char *text);

struct value_word {
	const char *word;
	const char *text; /* what it means; NULL: it says so itself */
};
struct value_set {
	const struct value_word *words; /* ends with a zeroed one; NULL: list() knows */
	/* What there is on the host of the context; what can't be read is left out. */
	void (*list)(const struct context *c, struct value_list *ret);
	bool is_directory; /* shells list these themselves */
	bool has_commas; /* takes several, with commas between */
};
extern const struct value_set values_color, values_vendor, values_early, values_acs,
	values_bootloader, values_initramfs, values_hypervisor, values_directory;
/* Of the host: all devices, those that are no bridges, their numbers of groups and ids,
 * drivers that devices have, drivers that there are. */
extern const struct value_set values_device, values_endpoint, values_group, values_ids,
	values_driver_in_use, values_driver;

/* Is it one of the words of the set? */
bool value_is_known(const struct value_set *set, const char *value);
/* All that the set has. */
void value_set_list(const struct value_set *set, const struct context *c,
		    struct value_list *ret);

#endif
