/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

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
