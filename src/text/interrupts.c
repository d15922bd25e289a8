/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/interrupts.h"

static bool is_number(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len > 0;
}

static bool starts(const char *s, size_t len, const char *prefix)
{
	return len >= strlen(prefix) && memcmp(s, prefix, strlen(prefix)) == 0;
}

/* " 24:   0   12  IR-PCI-MSI 16384-edge   eth0": the counts of every processor, then the
 * controller's name. Lines that don't begin with a number (NMI, LOC) have none. */
static bool controller_name(const char *line, size_t len, const char **ret,
			    size_t *ret_len)
{
	size_t at = 0;

	if (!next_word(line, len, &at, ret, ret_len) || (*ret)[*ret_len - 1] != ':' ||
	    !is_number(*ret, *ret_len - 1))
		return false;
	while (next_word(line, len, &at, ret, ret_len))
		if (!is_number(*ret, *ret_len))
			return true;
	return false;
}

static enum irq_names judge_line(const char *line, size_t len, const char **name,
				 size_t *name_len)
{
	if (!controller_name(line, len, name, name_len))
		return IRQ_NAMES_UNKNOWN;
	if (starts(*name, *name_len, "IR-"))
		return IRQ_NAMES_REMAPPED;
	if (starts(*name, *name_len, "IO-APIC") ||
	    (starts(*name, *name_len, "PCI-MSI") && !memmem(line, len, "AMD-Vi", 6)))
		return IRQ_NAMES_PLAIN;
	return IRQ_NAMES_UNKNOWN;
}

enum irq_names interrupts_names(const char *text, size_t len, struct str *ret)
{
	enum irq_names found = IRQ_NAMES_UNKNOWN;
	const char *line, *name, *best = NULL;
	size_t pos = 0, line_len, name_len, best_len = 0;

	while (found != IRQ_NAMES_REMAPPED &&
	       next_line(text, len, &pos, &line, &line_len)) {
		enum irq_names now = judge_line(line, line_len, &name, &name_len);

		if (now <= found)
			continue;
		found = now;
		best = name;
		best_len = name_len;
	}
	if (ret && best)
		str_addn(ret, best, best_len);
	return found;
}
