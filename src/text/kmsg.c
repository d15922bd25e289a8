/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/kmsg.h"

#include "text/glob.h"

/* Reads decimal digits at *at. False if there are none or the number is too big. */
static bool read_number(const char *s, size_t len, size_t *at, uint64_t *ret)
{
	size_t from = *at;
	uint64_t value = 0;

	for (; *at < len && s[*at] >= '0' && s[*at] <= '9'; ++*at)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s[*at] - '0'), &value))
			return false;
	*ret = value;
	return *at > from;
}

static bool take_char(const char *s, size_t len, size_t *at, char c)
{
	if (*at >= len || s[*at] != c)
		return false;
	++*at;
	return true;
}

/* "6,339,5140900,-;text" */
static bool parse_dev_kmsg(const char *s, size_t len, struct kmsg_record *r)
{
	uint64_t priority, sequence;
	size_t at = 0;
	const char *text;

	if (!read_number(s, len, &at, &priority) || !take_char(s, len, &at, ',') ||
	    !read_number(s, len, &at, &sequence) || !take_char(s, len, &at, ',') ||
	    !read_number(s, len, &at, &r->usec) || !take_char(s, len, &at, ','))
		return false;
	/* More fields may follow: they are to be skipped up to the semicolon. */
	text = memchr(s + at, ';', len - at);
	if (!text)
		return false;
	r->level = priority & 7;
	r->text = text + 1;
	r->len = len - (size_t)(r->text - s);
	return true;
}

/* "[   12.345678] text", perhaps with "<6>" in front. Other times in the brackets (dmesg
 * -T) count as unknown. */
static bool parse_dmesg(const char *s, size_t len, struct kmsg_record *r)
{
	uint64_t priority = 6, seconds, fraction;
	size_t at = 0, number;
	const char *close;

	if (take_char(s, len, &at, '<') &&
	    (!read_number(s, len, &at, &priority) || !take_char(s, len, &at, '>')))
		return false;
	r->level = priority & 7;
	r->usec = 0;
	r->text = s + at;
	r->len = len - at;
	if (!take_char(s, len, &at, '['))
		return at > 0;
	close = memchr(s + at, ']', len - at);
	if (!close)
		return false;
	while (take_char(s, len, &at, ' '))
		;
	number = at;
	if (read_number(s, len, &number, &seconds) && seconds < UINT32_MAX &&
	    take_char(s, len, &number, '.')) {
		size_t dot = number;

		if (read_number(s, len, &number, &fraction) && number - dot == 6 &&
		    s + number == close)
			r->usec = seconds * 1000000 + fraction;
	}
	at = (size_t)(close + 1 - s);
	take_char(s, len, &at, ' ');
	r->text = s + at;
	r->len = len - at;
	return true;
}

/* journalctl has the host's and the program's name in front: "host kernel: text", behind
 * a date or behind dmesg's time. No line of the kernel itself has " kernel: " there. */
static void skip_journal_prefix(struct kmsg_record *r)
{
	static const char name[] = " kernel: ";
	size_t near = r->len < 100 ? r->len : 100;
	const char *p = near ? memmem(r->text, near, name, strlen(name)) : NULL;

	if (!p)
		return;
	p += strlen(name);
	r->len -= (size_t)(p - r->text);
	r->text = p;
}

bool kmsg_parse(const char *record, size_t len, struct kmsg_record *ret)
{
	struct kmsg_record r = { .level = 6 };
	const char *newline = len ? memchr(record, '\n', len) : NULL;

	if (newline)
		len = (size_t)(newline - record);
	if (len == 0 || record[0] == ' ' || record[0] == '\t')
		return false;
	if (!parse_dev_kmsg(record, len, &r)) {
		if (!parse_dmesg(record, len, &r))
			r = (struct kmsg_record){ .level = 6,
						  .text = record,
						  .len = len };
		skip_journal_prefix(&r);
	}
	*ret = r;
	return true;
}

const struct kmsg_rule *kmsg_classify(const char *text, size_t len)
{
	for (size_t i = 0; i < kmsg_n_rules; i++)
		if (glob_match(kmsg_rules[i].pattern, text, len))
			return &kmsg_rules[i];
	return NULL;
}
