/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/lookalike.h"

/* The full-width forms of all printable ASCII characters. */
#define FULLWIDTH_FIRST 0xff01
#define FULLWIDTH_LAST 0xff5e
#define FULLWIDTH_OFFSET 0xfee0

static const struct {
	unsigned code;
	const char *name;
	char plain; /* '\0': nothing */
} characters[] = {
	{ 0x00a0, "NO-BREAK SPACE", ' ' },
	{ 0x00ad, "SOFT HYPHEN", '\0' },
	{ 0x2007, "FIGURE SPACE", ' ' },
	{ 0x2009, "THIN SPACE", ' ' },
	{ 0x200b, "ZERO WIDTH SPACE", '\0' },
	{ 0x200c, "ZERO WIDTH NON-JOINER", '\0' },
	{ 0x200d, "ZERO WIDTH JOINER", '\0' },
	{ 0x200e, "LEFT-TO-RIGHT MARK", '\0' },
	{ 0x2010, "HYPHEN", '-' },
	{ 0x2011, "NON-BREAKING HYPHEN", '-' },
	{ 0x2012, "FIGURE DASH", '-' },
	{ 0x2013, "EN DASH", '-' },
	{ 0x2014, "EM DASH", '-' },
	{ 0x2018, "LEFT SINGLE QUOTATION MARK", '\'' },
	{ 0x2019, "RIGHT SINGLE QUOTATION MARK", '\'' },
	{ 0x201a, "SINGLE LOW-9 QUOTATION MARK", '\'' },
	{ 0x201c, "LEFT DOUBLE QUOTATION MARK", '"' },
	{ 0x201d, "RIGHT DOUBLE QUOTATION MARK", '"' },
	{ 0x201e, "DOUBLE LOW-9 QUOTATION MARK", '"' },
	{ 0x201f, "DOUBLE HIGH-REVERSED-9 QUOTATION MARK", '"' },
	{ 0x2028, "LINE SEPARATOR", '\0' },
	{ 0x202f, "NARROW NO-BREAK SPACE", ' ' },
	{ 0x2032, "PRIME", '\'' },
	{ 0x2033, "DOUBLE PRIME", '"' },
	{ 0x2060, "WORD JOINER", '\0' },
	{ 0x2212, "MINUS SIGN", '-' },
	{ 0x3000, "IDEOGRAPHIC SPACE", ' ' },
	{ 0xfeff, "BYTE ORDER MARK", '\0' },
};

/* One character of UTF-8 of two or three bytes (RFC 3629); all of these are. Returns its
 * length, 0 if there is none. */
static size_t decode(const unsigned char *s, size_t n, unsigned *ret)
{
	if (n >= 2 && (s[0] & 0xe0) == 0xc0 && (s[1] & 0xc0) == 0x80) {
		*ret = (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
		return 2;
	}
	if (n >= 3 && (s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 &&
	    (s[2] & 0xc0) == 0x80) {
		*ret = (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
		return 3;
	}
	return 0;
}

static bool is_lookalike(unsigned code, struct lookalike *ret)
{
	if (code >= FULLWIDTH_FIRST && code <= FULLWIDTH_LAST) {
		ret->name = "a full-width form";
		ret->plain[0] = (char)(code - FULLWIDTH_OFFSET);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		if (characters[i].code != code)
			continue;
		ret->name = characters[i].name;
		ret->plain[0] = characters[i].plain;
		return true;
	}
	return false;
}

bool lookalike_find(const char *text, size_t len, struct lookalike *ret)
{
	*ret = (struct lookalike){ .line = 1 };
	while (ret->at < len) {
		ret->len = decode((const unsigned char *)text + ret->at, len - ret->at,
				  &ret->code);
		if (ret->len && is_lookalike(ret->code, ret))
			return true;
		ret->line += text[ret->at] == '\n';
		ret->at += ret->len ? ret->len : 1;
	}
	return false;
}

char *lookalike_describe(const struct lookalike *l)
{
	if (!l->plain[0])
		return xasprintf("the character U+%04X (%s), which has to go", l->code,
				 l->name);
	return xasprintf("the character U+%04X (%s) instead of %s", l->code, l->name,
			 l->plain[0] == ' ' ? "a plain blank" : l->plain);
}
