/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GRUB program as grub-mkimage lays it out, with no code in it. */
#ifndef SLICER_TESTS_UNIT_GRUB_PROGRAM_H
#define SLICER_TESTS_UNIT_GRUB_PROGRAM_H

#include "base/str.h"

static inline void grub_program_number(struct str *s, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addc(s, (char)(value >> 8 * i));
}

static inline void grub_program_module(struct str *s, uint32_t type, const char *text)
{
	size_t n = (strlen(text) / 8 + 1) * 8;

	grub_program_number(s, type, 4);
	grub_program_number(s, 8 + n, 4);
	str_add(s, text);
	for (size_t i = strlen(text); i < n; i++)
		str_addc(s, '\0');
}

/* Either may be NULL. Owned by the caller. */
static inline struct str grub_program(const char *config, const char *prefix)
{
	struct str modules = { 0 }, ret = { 0 };

	grub_program_module(&modules, 0, "ELF");
	if (config)
		grub_program_module(&modules, 2, config);
	if (prefix)
		grub_program_module(&modules, 3, prefix);
	/* The magic number as an operand comes before the list. */
	str_add(&ret, "MZ cmp $mimg, the rest of the code ..............");
	str_add(&ret, "mimg");
	grub_program_number(&ret, 0, 4);
	grub_program_number(&ret, 24, 8);
	grub_program_number(&ret, 24 + modules.len, 8);
	for (size_t i = 0; i < modules.len; i++)
		str_addc(&ret, modules.s[i]);
	str_done(&modules);
	return ret;
}

#endif
