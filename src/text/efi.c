/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/efi.h"

#include <errno.h>

#include "base/str.h"

#define ATTRIBUTES 4 /* bytes that efivarfs puts in front */
#define REPLACEMENT 0xfffdU

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static void add_utf8(struct str *out, uint32_t c)
{
	if (c < 0x80) {
		str_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		str_addc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		str_addc(out, (char)(0xe0 | c >> 12));
		str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		str_addc(out, (char)(0xf0 | c >> 18));
		str_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	str_addc(out, (char)(0x80 | (c & 0x3f)));
}

char *utf16_to_utf8(const uint8_t *p, size_t len)
{
	struct str out = { 0 };

	for (size_t at = 0; len - at >= 2; at += 2) {
		uint32_t c = read16(p + at), low;

		if (c == 0)
			break;
		if (is_high(c) && len - at >= 4) {
			low = read16(p + at + 2);
			if (is_low(low)) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				at += 2;
			}
		}
		add_utf8(&out, is_high(c) || is_low(c) ? REPLACEMENT : c);
	}
	return str_take(&out);
}

/* Reads one character and moves *p past it; a byte that starts none is U+FFFD. */
static uint32_t read_utf8(const unsigned char **p)
{
	/* The smallest character of each length: anything below is an overlong form. */
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = *p;
	uint32_t c = *s;
	int n = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	*p = s + 1;
	if (n == 1)
		return c;
	if (n == 0 || c > 0xf4)
		return REPLACEMENT;
	c &= 0x7fU >> n;
	/* A NUL ends this, it is no continuation byte. */
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || is_high(c) || is_low(c))
		return REPLACEMENT;
	*p = s + n;
	return c;
}

static void add_utf16(struct str *out, uint32_t unit)
{
	str_addc(out, (char)(unit & 0xff));
	str_addc(out, (char)(unit >> 8));
}

uint8_t *utf8_to_utf16(const char *s, size_t *ret_len)
{
	const unsigned char *p = (const unsigned char *)s;
	struct str out = { 0 };

	while (*p) {
		uint32_t c = read_utf8(&p);

		if (c >= 0x10000) {
			c -= 0x10000;
			add_utf16(&out, 0xd800 | c >> 10);
			c = 0xdc00 | (c & 0x3ff);
		}
		add_utf16(&out, c);
	}
	add_utf16(&out, 0);
	*ret_len = out.len;
	return (uint8_t *)str_take(&out);
}

char *efivar_string(const uint8_t *var, size_t len)
{
	return len < ATTRIBUTES ? NULL
				: utf16_to_utf8(var + ATTRIBUTES, len - ATTRIBUTES);
}

bool efivar_number(const uint8_t *var, size_t len, uint64_t *ret)
{
	size_t n = len < ATTRIBUTES ? 0 : len - ATTRIBUTES;
	uint64_t value = 0;

	if (n != 1 && n != 2 && n != 4 && n != 8)
		return false;
	for (size_t i = n; i > 0; i--)
		value = value << 8 | var[ATTRIBUTES + i - 1];
	*ret = value;
	return true;
}

void efi_load_option_done(struct efi_load_option *o)
{
	free(o->description);
	free(o->file);
	*o = (struct efi_load_option){ 0 };
}

/* A hard drive node: the GPT signature is a GUID whose first three fields are little
 * endian. Signature type 2 says that it is one (UEFI 2.10, 10.3.5.1). */
static void read_hard_drive(const uint8_t *p, size_t size, struct efi_load_option *o)
{
	const uint8_t *g = p + 24;

	if (size < 42 || p[41] != 2)
		return;
	snprintf(o->part_uuid, sizeof(o->part_uuid),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11],
		 g[12], g[13], g[14], g[15]);
}

/* A path may be in several nodes: they are joined with one backslash. */
static void read_file(const uint8_t *p, size_t size, struct efi_load_option *o)
{
	CLEANUP(free_char) char *part = utf16_to_utf8(p + 4, size - 4);
	char *joined;

	if (!o->file) {
		o->file = take(part);
		return;
	}
	if (str_ends(o->file, "\\") && part[0] == '\\')
		o->file[strlen(o->file) - 1] = '\0';
	joined = xasprintf("%s%s%s", o->file,
			   str_ends(o->file, "\\") || part[0] == '\\' ? "" : "\\", part);
	free(o->file);
	o->file = joined;
}

/* Node: u8 type, u8 subtype, u16 length with this header. Type 7fh ends a path. */
static int read_device_path(const uint8_t *p, size_t len, struct efi_load_option *o,
			    struct error *e)
{
	for (size_t at = 0; len - at >= 4;) {
		const uint8_t *node = p + at;
		size_t size = read16(node + 2);

		if (node[0] == 0x7f)
			return 0;
		if (size < 4 || size > len - at)
			return error_set(e, EINVAL,
					 "the device path of the boot entry is cut off");
		if (node[0] == 4 && node[1] == 1)
			read_hard_drive(node, size, o);
		else if (node[0] == 4 && node[1] == 4)
			read_file(node, size, o);
		at += size;
	}
	return 0;
}

int efi_load_option_parse(const uint8_t *var, size_t len, struct efi_load_option *ret,
			  struct error *e)
{
	/* u32 attributes, u16 length of the device path, description, device path */
	enum { FIXED = ATTRIBUTES + 6 };
	struct efi_load_option o = { 0 };
	size_t path_len, at = FIXED;
	int r;

	if (len < FIXED)
		return error_set(e, EINVAL, "%zu bytes are too few for a boot entry",
				 len);
	o.active = var[ATTRIBUTES] & 1;
	path_len = read16(var + ATTRIBUTES + 4);
	while (len - at >= 2 && read16(var + at))
		at += 2;
	if (len - at < 2 || len - at - 2 < path_len)
		return error_set(e, EINVAL, "the boot entry is cut off");
	o.description = utf16_to_utf8(var + FIXED, at - FIXED);
	r = read_device_path(var + at + 2, path_len, &o, e);
	if (r < 0) {
		efi_load_option_done(&o);
		return r;
	}
	*ret = o;
	return 0;
}
