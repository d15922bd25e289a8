/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <langinfo.h>
#include <locale.h>

/* SGR sequences of ECMA-48 that every terminal since the VT100 line knows. */
static const char *const codes[] = {
	[PAINT_NONE] = "",	    [PAINT_GOOD] = "\033[32m", [PAINT_WARN] = "\033[33m",
	[PAINT_BAD] = "\033[1;31m", [PAINT_DIM] = "\033[2m",   [PAINT_BOLD] = "\033[1m",
	[PAINT_ADD] = "\033[32m",   [PAINT_DEL] = "\033[31m",
};

const char *paint_on(bool color, enum paint p)
{
	return color ? codes[p] : "";
}

const char *paint_off(bool color)
{
	return color ? "\033[0m" : "";
}

/* Not setlocale(3): what is printed and parsed elsewhere must not depend on the locale.
 */
bool output_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool is_utf8;

	if (!locale)
		return false; /* it is not installed */
	is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return is_utf8;
}
