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

/* The next line that is none of a comment, from *pos on. false: there is none, or the
 * block has not the right beginning. */
static bool next_variable(const char *block, size_t len, size_t *pos, const char **ret,
			  const char **ret_end)
{
	size_t signature = strlen(ENV_SIGNATURE);
	const char *p, *end, *stop = block + len;

	if (len < signature || memcmp(block, ENV_SIGNATURE, signature) != 0)
		return false;
	for (p = block + (*pos ? *pos : signature); p < stop; p = end + 1) {
		end = variable_end(p, stop);
		if (*p == '#')
			continue;
		*ret = p;
		*ret_end = end;
		*pos = (size_t)(end - block) + 1;
		return true;
	}
	return false;
}

static bool is_named(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	return (size_t)(end - p) > n && memcmp(p, name, n) == 0 && p[n] == '=';
}

char *grubenv_get(const char *block, size_t len, const char *name)
{
	const char *p, *end;
	size_t pos = 0;

	while (next_variable(block, len, &pos, &p, &end))
		if (is_named(p, end, name))
			return unescape(p + strlen(name) + 1, end);
	return NULL;
}

char *grubenv_others(const char *block, size_t len, const char *name)
{
	struct str others = { 0 };
	const char *p, *end;
	size_t pos = 0;

	while (next_variable(block, len, &pos, &p, &end)) {
		if (p == end || is_named(p, end, name))
			continue;
		str_addn(&others, p, (size_t)(end - p));
		str_addc(&others, '\n');
	}
	return str_take(&others);
}
