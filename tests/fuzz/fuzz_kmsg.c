/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record's text lies in the record, without a newline; a rule that isn't INFO explains.
 */
#include "text/kmsg.h"

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *line;
	size_t pos = 0, len;
	struct pci_address at;
	struct kmsg_record r;

	if (kmsg_parse(text, size, &r) && (r.text < text || r.text + r.len > text + size))
		abort();
	while (next_line(text, size, &pos, &line, &len)) {
		const struct kmsg_rule *rule;

		if (!kmsg_parse(line, len, &r))
			continue;
		if (r.level > 7 || r.text < line || r.text + r.len != line + len)
			abort();
		rule = kmsg_classify(r.text, r.len);
		if (rule && rule->meaning != KMSG_INFO && !rule->explain)
			abort();
		/* The level adds a warning, and takes nothing away. */
		if (!rule != !kmsg_judge(&r) ||
		    (rule && rule->meaning != KMSG_INFO && kmsg_judge(&r) != rule))
			abort();
		if (kmsg_is_first(&r) && r.has_sequence && r.sequence)
			abort();
		if (kmsg_device(r.text, r.len, &at) &&
		    (at.device > 31 || at.function > 7))
			abort();
	}
	return 0;
}
