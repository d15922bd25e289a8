/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's domains. Of XML this knows elements, attributes, comments, CDATA and
 * processing instructions, which is all that libvirt writes (virXMLFormatElement()); an
 * address has no character references in it.
 */
#include "text/hostdevs.h"

#include <ctype.h>
#include <errno.h>

#define DEPTH_MAX 64

struct part {
	const char *at;
	size_t len;
};

struct scan {
	const char *p, *end;
	struct part open[DEPTH_MAX]; /* names of the elements around this place */
	size_t depth;
	bool is_device; /* the hostdev or interface around it is one of PCI's */
	struct hostdevs *ret;
};

static bool part_is(struct part p, const char *text)
{
	return p.len == strlen(text) && memcmp(p.at, text, p.len) == 0;
}

static bool is_at(const struct scan *s, size_t depth, const char *name)
{
	return depth < s->depth && part_is(s->open[depth], name);
}

/* Goes on after the next text; false: there is none. */
static bool skip_past(struct scan *s, const char *text)
{
	const char *at = memmem(s->p, (size_t)(s->end - s->p), text, strlen(text));

	if (!at)
		return false;
	s->p = at + strlen(text);
	return true;
}

/* The value of an attribute in the text of a tag, after its name. */
static char *attribute(struct part tag, const char *name)
{
	const char *p = tag.at, *end = tag.at + tag.len;

	while (p < end) {
		struct part key;
		const char *close;

		while (p < end && isspace((unsigned char)*p))
			p++;
		key.at = p;

		while (p < end && !isspace((unsigned char)*p) && *p != '=')
			p++;
		key.len = (size_t)(p - key.at);
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (p == end || *p != '=')
			continue;
		p++;
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (p == end || (*p != '"' && *p != '\''))
			return NULL;
		close = memchr(p + 1, *p, (size_t)(end - p) - 1);
		if (!close)
			return NULL;
		if (part_is(key, name))
			return xstrndup(p + 1, (size_t)(close - p) - 1);
		p = close + 1;
	}
	return NULL;
}

static bool attribute_is(struct part tag, const char *name, const char *value)
{
	CLEANUP(free_char) char *is = attribute(tag, name);

	return is && strcmp(is, value) == 0;
}

/* virStrToLong_uip() with base 0: hex, decimal and octal. An attribute that is not there
 * is 0. */
static bool number(struct part tag, const char *name, unsigned long max,
		   unsigned long *ret)
{
	CLEANUP(free_char) char *text = attribute(tag, name);
	char *end;

	*ret = 0;
	if (!text)
		return true;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoul(text, &end, 0);
	return !errno && !*end && *ret <= max;
}

static void take_address(struct part tag, struct hostdevs *ret)
{
	unsigned long domain, bus, slot, function;

	if (!number(tag, "domain", UINT32_MAX, &domain) ||
	    !number(tag, "bus", 0xff, &bus) || !number(tag, "slot", 0x1f, &slot) ||
	    !number(tag, "function", 7, &function))
		return;
	hostdevs_add(ret, (struct hostdev){ .at = { .domain = (uint32_t)domain,
						    .bus = (uint8_t)bus,
						    .device = (uint8_t)slot,
						    .function = (uint8_t)function } });
}

/* The element whose tag this is was just put on the stack. */
static void enter(struct scan *s, struct part tag)
{
	if (s->depth == 3 && is_at(s, 1, "devices"))
		s->is_device =
			(is_at(s, 2, "hostdev") && attribute_is(tag, "type", "pci")) ||
			(is_at(s, 2, "interface") &&
			 attribute_is(tag, "type", "hostdev"));
	if (s->depth == 5 && s->is_device && is_at(s, 1, "devices") &&
	    is_at(s, 3, "source") && is_at(s, 4, "address"))
		take_address(tag, s->ret);
	if (s->depth == 3 && is_at(s, 1, "qemu:commandline") && is_at(s, 2, "qemu:arg")) {
		CLEANUP(free_char) char *value = attribute(tag, "value");

		if (value)
			hostdevs_of_qemu(value, s->ret);
	}
}

/* Where a tag ends: '>' may be in an attribute's value. NULL: it does not. */
static const char *tag_end(const char *p, const char *end)
{
	char quote = 0;

	for (; p < end; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p;
	}
	return NULL;
}

static size_t name_len(const char *p, const char *end)
{
	const char *at = p;

	while (at < end && !isspace((unsigned char)*at) && *at != '/' && *at != '>')
		at++;
	return (size_t)(at - p);
}

static bool take_tag(struct scan *s)
{
	const char *close = tag_end(s->p, s->end);
	bool closes = s->p < s->end && *s->p == '/', is_empty;
	const char *begin = s->p + closes;
	struct part name, tag;

	if (!close)
		return false;
	s->p = close + 1;
	name = (struct part){ begin, name_len(begin, close) };
	if (!name.len)
		return false;
	if (closes) {
		if (!s->depth || s->open[s->depth - 1].len != name.len ||
		    memcmp(s->open[s->depth - 1].at, name.at, name.len) != 0)
			return false;
		s->depth--;
		return true;
	}
	if (s->depth == DEPTH_MAX || (!s->depth && !part_is(name, "domain")))
		return false;
	is_empty = close[-1] == '/';
	tag = (struct part){ begin + name.len,
			     (size_t)(close - begin) - name.len - is_empty };
	s->open[s->depth++] = name;
	enter(s, tag);
	s->depth -= is_empty;
	return true;
}

static bool starts(const struct scan *s, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

int domxml_parse(const char *text, size_t len, struct hostdevs *ret)
{
	struct scan s = { .p = text, .end = text + len, .ret = ret };
	bool any = false, ok = true;

	while (ok && s.p < s.end && skip_past(&s, "<")) {
		if (starts(&s, "!--")) {
			s.p += 3;
			ok = skip_past(&s, "-->");
		} else if (starts(&s, "![CDATA[")) {
			ok = skip_past(&s, "]]>");
		} else if (starts(&s, "?")) {
			ok = skip_past(&s, "?>");
		} else {
			ok = !starts(&s, "!") && take_tag(&s);
			any |= ok;
		}
	}
	return ok && any && !s.depth ? 0 : -EINVAL;
}
