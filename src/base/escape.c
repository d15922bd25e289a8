/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that others wrote, made safe for where it lands. */
#include "base/str.h"

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char mask, lead, min2, max2;
		size_t len;
	} forms[] = {
		{ 0xff, 0xe0, 0xa0, 0xbf, 3 }, { 0xff, 0xed, 0x80, 0x9f, 3 },
		{ 0xff, 0xf0, 0x90, 0xbf, 4 }, { 0xff, 0xf4, 0x80, 0x8f, 4 },
		{ 0xe0, 0xc0, 0x80, 0xbf, 2 }, { 0xf0, 0xe0, 0x80, 0xbf, 3 },
		{ 0xf8, 0xf0, 0x80, 0xbf, 4 },
	};

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if ((p[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (n < forms[i].len || p[1] < forms[i].min2 || p[1] > forms[i].max2)
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* The character of a valid sequence. */
static uint32_t utf8_value(const unsigned char *p, size_t len)
{
	uint32_t c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* C1 controls (U+0080-U+009F) steer terminals, too; YAML and some editors end a line at
 * U+0085, U+2028 and U+2029. */
static bool is_printable(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x2028 && c != 0x2029 &&
	       c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/* The next character of a text: its length in bytes and its value; of a byte that is not
 * valid UTF-8 the length is 1 and the value UINT32_MAX. */
static size_t next_character(const char *s, size_t n, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = utf8_length(p, n);

	*ret = len ? utf8_value(p, len) : UINT32_MAX;
	return len ? len : 1;
}

static void add_hex(struct str *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, "\\x%02x", (unsigned char)s[i]);
}

static void add_printable(struct str *out, const char *s, size_t len, uint32_t c)
{
	if (c != UINT32_MAX && is_printable(c))
		str_addn(out, s, len);
	else
		add_hex(out, s, len);
}

void str_add_printable(struct str *out, const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c;

		len = next_character(s + i, n - i, &c);
		add_printable(out, s + i, len, c);
	}
}

void str_add_shell_word(struct str *out, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_@%+=:,./-";

	if (*word && word[strspn(word, safe)] == '\0') {
		str_add(out, word);
		return;
	}
	str_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			str_add(out, "'\\''");
		else
			str_addc(out, *word);
	}
	str_addc(out, '\'');
}

/* Extensible Markup Language 1.0, sections 2.2 (characters), 2.4 (what has to be
 * escaped), 3.3.3 (white space in attributes is kept only as a reference). */
void str_add_xml(struct str *out, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c;

		len = next_character(text + i, n - i, &c);
		if (c < 0x80 && strchr("&<>\"'\t\n\r", (int)c))
			str_addf(out, "&#%u;", c);
		else
			add_printable(out, text + i, len, c);
	}
}

void str_add_xml_comment(struct str *out, const char *text)
{
	CLEANUP(str_done) struct str safe = { 0 };

	str_add_printable(&safe, text, strlen(text));
	for (const char *p = str_c(&safe); *p; p++) {
		if (*p == '-' && out->len && out->s[out->len - 1] == '-')
			str_addc(out, ' ');
		str_addc(out, *p);
	}
	if (out->len && out->s[out->len - 1] == '-')
		str_addc(out, ' ');
}

/* YAML 1.2, section 5.7: \x and \u take the number of a character, not of a byte. */
void str_add_yaml(struct str *out, const char *text)
{
	size_t n = strlen(text);

	str_addc(out, '"');
	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c;

		len = next_character(text + i, n - i, &c);
		if (c == UINT32_MAX)
			str_addf(out, "\\\\x%02x", (unsigned char)text[i]);
		else if (c == '"' || c == '\\')
			str_addf(out, "\\%c", (int)c);
		else if (is_printable(c))
			str_addn(out, text + i, len);
		else
			str_addf(out, "\\u%04x", c);
	}
	str_addc(out, '"');
}
