/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot entries that are somebody's way back: they stay as they are. */
#include "policy/policy.h"
#include "policy/remapping.h"

/* The word of an entry that contradicts, pointing into tokens; NULL: none. */
static const char *contradiction_of(const struct strv *tokens, const struct facts *f,
				    enum cpu_vendor vendor)
{
	const char *off = cmdline_blocks(tokens, vendor);

	if (off || remapping_modprobe(f) || cmdline_allows_unsafe(tokens))
		return off;
	return cmdline_stops_remapping(tokens);
}

void keep_entries(struct boot_config *boot, const struct facts *f, enum cpu_vendor vendor,
		  struct strv *notes)
{
	const struct boot_entry *chosen = boot_config_default(boot);

	if (!chosen || !boot_entry_is_normal(chosen))
		return;
	for (size_t i = 0; i < boot->n; i++) {
		struct boot_entry *entry = &boot->v[i];
		CLEANUP(strv_done) struct strv tokens = { 0 };
		const char *off;

		if (entry->is_default || entry->is_generated || !entry->options ||
		    !boot_entry_is_normal(entry))
			continue;
		cmdline_split(entry->options, strlen(entry->options), &tokens);
		off = contradiction_of(&tokens, f, vendor);
		if (!off)
			continue;
		entry->is_kept = true;
		if (notes)
			strv_addf(notes,
				  "the entry \"%s\" says %s and is not the default: it "
				  "stays as it is",
				  entry->id ? entry->id : entry->title, off);
	}
}
