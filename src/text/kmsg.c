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
	uint64_t priority;
	size_t at = 0;
	const char *text;

	if (!read_number(s, len, &at, &priority) || !take_char(s, len, &at, ',') ||
	    !read_number(s, len, &at, &r->sequence) || !take_char(s, len, &at, ',') ||
	    !read_number(s, len, &at, &r->usec) || !take_char(s, len, &at, ','))
		return false;
	/* More fields may follow: they are to be skipped up to the semicolon. */
	text = memchr(s + at, ';', len - at);
	if (!text)
		return false;
	r->level = priority & 7;
	r->has_usec = r->has_sequence = true;
	r->text = text + 1;
	r->len = len - (size_t)(r->text - s);
	return true;
}

/* "[    T140] " or "[      C3] " after the time: CONFIG_PRINTK_CALLER, linux
 * kernel/printk/printk.c print_caller(). */
static void skip_caller(struct kmsg_record *r)
{
	uint64_t number;
	size_t at = 0;

	if (!take_char(r->text, r->len, &at, '['))
		return;
	while (take_char(r->text, r->len, &at, ' '))
		;
	if ((!take_char(r->text, r->len, &at, 'T') &&
	     !take_char(r->text, r->len, &at, 'C')) ||
	    !read_number(r->text, r->len, &at, &number) ||
	    !take_char(r->text, r->len, &at, ']'))
		return;
	take_char(r->text, r->len, &at, ' ');
	r->text += at;
	r->len -= at;
}

/*
 * "[   12.345678] text": takes the brackets away and reads the time. Other contents of
 * the brackets (dmesg -T) count as an unknown time. False if there are no brackets.
 */
static bool take_time(struct kmsg_record *r)
{
	size_t at = 0, number;
	uint64_t seconds, fraction;
	const char *close;

	if (!take_char(r->text, r->len, &at, '['))
		return false;
	close = memchr(r->text + at, ']', r->len - at);
	if (!close)
		return false;
	while (take_char(r->text, r->len, &at, ' '))
		;
	number = at;
	if (read_number(r->text, r->len, &number, &seconds) && seconds < UINT32_MAX &&
	    take_char(r->text, r->len, &number, '.')) {
		size_t dot = number;

		if (read_number(r->text, r->len, &number, &fraction) &&
		    number - dot == 6 && r->text + number == close) {
			r->usec = seconds * 1000000 + fraction;
			r->has_usec = true;
		}
	}
	at = (size_t)(close + 1 - r->text);
	take_char(r->text, r->len, &at, ' ');
	r->text += at;
	r->len -= at;
	skip_caller(r);
	return true;
}

/* "[   12.345678] text", perhaps with "<6>" in front. */
static bool parse_dmesg(const char *s, size_t len, struct kmsg_record *r)
{
	uint64_t priority = 6;
	size_t at = 0;

	if (take_char(s, len, &at, '<') &&
	    (!read_number(s, len, &at, &priority) || !take_char(s, len, &at, '>')))
		return false;
	r->level = priority & 7;
	r->text = s + at;
	r->len = len - at;
	return take_time(r) || (at > 0 && !take_char(s, len, &at, '['));
}

/*
 * journalctl and rsyslog have the host's and the program's name in front: "host kernel:
 * text", after a date or after dmesg's time. No line of the kernel itself has " kernel: "
 * there. rsyslog leaves the kernel's own time in the text, which tells more than the
 * date.
 */
static void skip_journal_prefix(struct kmsg_record *r)
{
	static const char name[] = " kernel: ";
	size_t near = r->len < 100 ? r->len : 100;
	const char *p = near ? memmem(r->text, near, name, strlen(name)) : NULL;
	struct kmsg_record inner;

	if (!p)
		return;
	p += strlen(name);
	r->len -= (size_t)(p - r->text);
	r->text = p;
	inner = *r;
	inner.has_usec = false;
	if (take_time(&inner) && inner.has_usec)
		*r = inner;
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

bool kmsg_is_first(const struct kmsg_record *r)
{
	static const char version[] = "Linux version ", microcode[] = "microcode: ";

	if (r->has_sequence)
		return r->sequence == 0;
	if (r->len >= strlen(version) && memcmp(r->text, version, strlen(version)) == 0)
		return true;
	return r->has_usec && r->usec == 0 && r->len >= strlen(microcode) &&
	       memcmp(r->text, microcode, strlen(microcode)) == 0;
}

/* The address at s, up to one of the characters of ends. The kernel wrote it for some
 * releases with 0x (linux drivers/iommu/intel/dmar.c, 5.13: "[0x00:0x02.0]"). */
static bool parse_address(const char *s, size_t len, const char *ends,
			  struct pci_address *ret)
{
	char buf[PCI_ADDRESS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < len && !strchr(ends, s[i]); i++) {
		if (s[i] == '0' && i + 1 < len && s[i + 1] == 'x') {
			i++;
			continue;
		}
		if (n == sizeof(buf) - 1 || s[i] == '\0')
			return false;
		buf[n++] = s[i];
	}
	buf[n] = '\0';
	return pci_address_parse(buf, ret, NULL) == 0;
}

bool kmsg_device(const char *text, size_t len, struct pci_address *ret)
{
	static const char *const names[] = { "equest device [", " device=" };
	const char *colon, *blank;

	if (!len)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *p = memmem(text, len, names[i], strlen(names[i]));

		if (!p)
			continue;
		p += strlen(names[i]);
		return parse_address(p, len - (size_t)(p - text), "] ", ret);
	}
	/* "vfio-pci 0000:01:00.0: text", drivers/base/core.c dev_driver_string() */
	colon = memmem(text, len, ": ", 2);
	blank = colon ? memrchr(text, ' ', (size_t)(colon - text)) : NULL;
	return blank && parse_address(blank + 1, (size_t)(colon - blank - 1), "", ret);
}

const struct kmsg_rule *kmsg_classify(const char *text, size_t len)
{
	for (size_t i = 0; i < kmsg_n_rules; i++)
		if (glob_match(kmsg_rules[i].pattern, text, len))
			return &kmsg_rules[i];
	return NULL;
}

const struct kmsg_rule *kmsg_judge(const struct kmsg_record *r)
{
	static const struct kmsg_rule unknown = {
		"unexplained", "*", KMSG_WARNING,
		"the kernel logged this as an error, and slicer does not know what it "
		"means: look the line up, and the lines around it"
	};
	const struct kmsg_rule *rule = kmsg_classify(r->text, r->len);

	if (rule && rule->meaning == KMSG_INFO && !rule->explain && r->level <= 3)
		return &unknown;
	return rule;
}
