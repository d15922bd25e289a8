/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/bindids.h"

#define ANY UINT32_MAX /* PCI_ANY_ID */

void bind_ids_done(struct bind_ids *ids)
{
	free(ids->v);
	*ids = (struct bind_ids){ 0 };
}

void hide_slots_done(struct hide_slots *s)
{
	free(s->v);
	*s = (struct hide_slots){ 0 };
}

/* What is left to be read. */
struct reader {
	const char *p, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%x" of the kernel's sscanf: blanks before it are skipped, "0x" is taken off, and what
 * is too large loses its upper bits (linux lib/vsprintf.c vsscanf(), lib/kstrtox.c
 * _parse_integer_fixup_radix()). */
static bool read_number(struct reader *r, uint32_t *ret)
{
	uint32_t value = 0;

	while (r->p < r->end && is_blank(*r->p))
		r->p++;
	if (r->p == r->end || digit_of(*r->p) < 0)
		return false;
	if (r->end - r->p >= 2 && r->p[0] == '0' && (r->p[1] | 0x20) == 'x')
		r->p += 2;
	for (; r->p < r->end && digit_of(*r->p) >= 0; r->p++)
		value = value << 4 | (uint32_t)digit_of(*r->p);
	*ret = value;
	return true;
}

static bool read_char(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static void parse_one(const char *text, struct bind_id *id)
{
	struct reader r = { text + id->start, text + id->end };
	uint32_t *const fields[] = { &id->vendor,    &id->device,     &id->subvendor,
				     &id->subdevice, &id->class_code, &id->class_mask };
	size_t n = 0;

	id->subvendor = ANY;
	id->subdevice = ANY;
	while (n < ARRAY_SIZE(fields) && (!n || read_char(&r, ':')) &&
	       read_number(&r, fields[n]))
		n++;
	id->is_usable = n >= 2;
}

void bind_ids_parse(const char *text, size_t len, struct bind_ids *ret)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != ',')
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n] = (struct bind_id){ .start = start, .end = i };
		parse_one(text, &ret->v[ret->n++]);
		start = i + 1;
	}
}

bool bind_id_matches(const struct bind_id *id, const struct bind_device *d)
{
	return id->is_usable && (id->vendor == ANY || id->vendor == d->vendor) &&
	       (id->device == ANY || id->device == d->device) &&
	       (id->subvendor == ANY || id->subvendor == d->subvendor) &&
	       (id->subdevice == ANY || id->subdevice == d->subdevice) &&
	       !((id->class_code ^ d->class_code) & id->class_mask);
}

/* ---- xen-pciback ------------------------------------------------------------------- */

/* A number, or "*" for any. */
static bool read_any(struct reader *r, long *ret)
{
	uint32_t value;

	if (read_char(r, '*')) {
		*ret = -1;
		return true;
	}
	if (!read_number(r, &value))
		return false;
	*ret = value;
	return true;
}

/* "(DOMAIN:BUS:DEVICE.FUNCTION)" or "(BUS:DEVICE.FUNCTION)"; where the device is any, so
 * is the function. */
static bool read_slot(struct reader *r, bool has_domain, struct hide_slot *s)
{
	*s = (struct hide_slot){ 0 };
	return read_char(r, '(') &&
	       (!has_domain || (read_number(r, &s->domain) && read_char(r, ':'))) &&
	       read_number(r, &s->bus) && read_char(r, ':') && read_any(r, &s->device) &&
	       read_char(r, '.') && read_any(r, &s->function) && read_char(r, ')') &&
	       (s->device >= 0 || s->function < 0);
}

bool hide_slots_parse(const char *text, size_t len, struct hide_slots *ret)
{
	struct reader r = { text, text + len };

	while (r.p < r.end) {
		struct reader with, without;
		struct hide_slot slot;

		while (r.p < r.end && is_blank(*r.p))
			r.p++;
		with = without = r;
		if (read_slot(&with, true, &slot))
			r = with;
		else if (read_slot(&without, false, &slot))
			r = without;
		else
			return r.p == r.end;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = slot;
	}
	return true;
}
