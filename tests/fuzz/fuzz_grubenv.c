/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A value that is found stands in the block, behind its name, at the start of a line. */
#include "text/grubenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "next_entry", "saved_entry", "a", "" };
	const char *block = (const char *)data;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_char) char *value = grubenv_get(block, size, names[i]);
		CLEANUP(free_char) char *line = xasprintf("%s=", names[i]);

		if (!value)
			continue;
		check(size > strlen(line) && strlen(value) < size);
		check(memmem(block, size, line, strlen(line)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_char) char *others = grubenv_others(block, size, names[i]);
		CLEANUP(free_char) char *line = xasprintf("\n%s=", names[i]);

		check(strlen(others) <= size);
		/* A value may have a newline that a backslash takes for it. */
		check(!strstr(others, line) || memchr(block, '\\', size));
	}
	if (grubenv_check(block, size, NULL) == 0)
		check(size == GRUBENV_SIZE);
	return 0;
}
