/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubenv.h"

#include <errno.h>

#define ENV_SIGNATURE "# GRUB Environment Block\n"

/* The end of the variable at p: its newline, or the end of the block. A backslash takes
 * the next byte, newline or backslash, for the value (grub-core/lib/envblk.c). */
static const char *variable_end(const char *p, const char *end)
{
	for (; p < end && *p != '\n'; p++)
		if (*p == '\\' && end - p > 1)
			p++;
	return p;
}

static char *unescape(const char *p, const char *end)
{
	struct str value = { 0 };

	for (; p < end; p++) {
		if (*p == '\\' && end - p > 1)
			p++;
		str_addc(&value, *p);
	}
	return str_take(&value);
}

int grubenv_check(const char *block, size_t len, struct error *e)
{
	const char *end = block + len;

	if (len != GRUBENV_SIZE)
		return error_set(e, EINVAL, "the environment block has %zu bytes, not %d",
				 len, GRUBENV_SIZE);
	if (memcmp(block, ENV_SIGNATURE, strlen(ENV_SIGNATURE)) != 0)
		return error_set(e, EINVAL,
				 "the environment block does not begin as GRUB's does");
	/* A line that never ends would swallow what is set behind it. */
	if (end[-1] != '#' && end[-1] != '\n')
		return error_set(e, EINVAL, "the environment block is cut off");
	return 0;
}

char *grubenv_get(const char *block, size_t len, const char *name)
{
	size_t signature = strlen(ENV_SIGNATURE), name_len = strlen(name);
	const char *p = block, *end, *stop = block + len;

	if (len < signature || memcmp(block, ENV_SIGNATURE, signature) != 0)
		return NULL;
	for (p += signature; p < stop; p = end + 1) {
		end = variable_end(p, stop);
		if (*p == '#' || (size_t)(end - p) <= name_len)
			continue;
		if (memcmp(p, name, name_len) == 0 && p[name_len] == '=')
			return unescape(p + name_len + 1, end);
	}
	return NULL;
}
