/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the list are the whole list, and what stands after it is one more id. */
#include "text/bindids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bind_device d = { 0x10de, 0x2204, 0x10de, 0x147d, 0x030000 };
	struct bind_ids ids = { 0 };
	struct hide_slots slots = { 0 };
	struct str text = { 0 };

	str_addn(&text, (const char *)data, size);
	str_add(&text, ",10de:2204");
	bind_ids_parse(text.s, text.len, &ids);
	for (size_t i = 1; i < ids.n; i++)
		if (ids.v[i].start != ids.v[i - 1].end + 1 ||
		    text.s[ids.v[i - 1].end] != ',')
			abort();
	if (ids.v[0].start || ids.v[ids.n - 1].end != text.len ||
	    !bind_id_matches(&ids.v[ids.n - 1], &d))
		abort();
	bind_ids_done(&ids);
	hide_slots_parse((const char *)data, size, &slots);
	if (slots.n > size)
		abort();
	hide_slots_done(&slots);
	str_done(&text);
	return 0;
}
