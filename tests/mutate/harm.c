/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can become of one file, link or directory. */
#include "mutate/mutations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1u << 20)

/* ---- texts ---------------------------------------------------------------------------
 */

static const char *const numbers[] = {
	"-1",
	"0",
	"-2147483649",
	"4294967296",
	"18446744073709551616",
	"0xffffffff",
	"256",
	"65536",
	"99999999999999999999999999",
	"1e9",
	"0x",
	"08",
	"+5",
	"nan",
	"2147483648",
	"-9223372036854775808",
};

static const char *const words[] = {
	"\033[31mred\033]0;title\007",
	"%s%n%x",
	"$(touch /tmp/pwned)",
	"`id`",
	"'; id #",
	"../../../../../../etc/passwd",
	"\xff\xfe\x80",
	"\xc2\x9bm",
	"a\rb\bc\x7f",
	"\xe2\x80\xa8line",
	"vfio-pci",
	"(null)",
	"none",
	"\\\"'",
	"&<>]]>",
	"-",
	"--help",
	"UUID=",
	"/dev/../dev/sda1",
	"0000:ff:1f.7",
	"\t \v\f",
};

typedef void text_fn(struct str *s, struct draw *d);

static void text_empty(struct str *s, struct draw *d)
{
	(void)d;
	str_clear(s);
}

static void text_newline(struct str *s, struct draw *d)
{
	str_set(s, "\n\n\n", 1 + draw(d, 3));
}

static void text_random(struct str *s, struct draw *d)
{
	size_t n = 1 + draw(d, draw_chance(d, 10) ? MIB + 2 : 600);

	str_clear(s);
	while (n--)
		str_addc(s, (char)draw_bits(d));
}

static void text_long_line(struct str *s, struct draw *d)
{
	size_t n = 1000u << draw(d, 12);

	str_rtrim(s);
	for (char c = (char)('0' + draw(d, 70)); n--;)
		str_addc(s, c);
}

static void text_nul(struct str *s, struct draw *d)
{
	for (unsigned n = 1 + draw(d, 4); n-- && s->len;)
		s->s[draw(d, s->len)] = '\0';
}

static void text_flipped(struct str *s, struct draw *d)
{
	for (unsigned n = 1 + draw(d, 8); n-- && s->len;)
		s->s[draw(d, s->len)] ^= (char)(1u << draw(d, 8));
}

static void text_cut(struct str *s, struct draw *d)
{
	if (s->len)
		s->s[s->len = draw(d, s->len)] = '\0';
}

static void text_number(struct str *s, struct draw *d)
{
	str_clear(s);
	str_addf(s, "%s\n", numbers[draw(d, ARRAY_SIZE(numbers))]);
}

static void text_word(struct str *s, struct draw *d)
{
	str_clear(s);
	str_addf(s, "%s\n", words[draw(d, ARRAY_SIZE(words))]);
}

/* A word of it becomes another one. */
static void text_replaced(struct str *s, struct draw *d)
{
	const char *with = draw_chance(d, 50) ? words[draw(d, ARRAY_SIZE(words))]
					      : numbers[draw(d, ARRAY_SIZE(numbers))];
	CLEANUP(str_done) struct str old = { 0 };
	size_t from, to;

	str_addn(&old, str_c(s), s->len);
	from = draw(d, old.len + 1);
	while (from && !strchr(" \t\n=,:", old.s[from - 1]))
		from--;
	to = from;
	while (to < old.len && !strchr(" \t\n=,:", old.s[to]))
		to++;
	str_clear(s);
	str_addn(s, str_c(&old), from);
	str_add(s, with);
	str_addn(s, str_c(&old) + to, old.len - to);
}

/* One of its lines is gone, or there again and again. */
static void text_lines(struct str *s, struct draw *d)
{
	CLEANUP(str_done) struct str old = { 0 };
	unsigned times =
		draw_chance(d, 50) ? 0 : 2 + draw(d, draw_chance(d, 10) ? 3000 : 3);
	size_t from, to;

	str_addn(&old, str_c(s), s->len);
	from = draw(d, old.len + 1);
	while (from && old.s[from - 1] != '\n')
		from--;
	to = from;
	while (to < old.len && old.s[to++] != '\n')
		;
	str_clear(s);
	str_addn(s, str_c(&old), from);
	while (times--)
		str_addn(s, str_c(&old) + from, to - from);
	str_addn(s, str_c(&old) + to, old.len - to);
}

static void text_crlf(struct str *s, struct draw *d)
{
	CLEANUP(str_done) struct str old = { 0 };

	(void)d;
	str_addn(&old, str_c(s), s->len);
	str_clear(s);
	for (size_t i = 0; i < old.len; i++)
		str_addf(s, old.s[i] == '\n' ? "\r%c" : "%c", old.s[i]);
}

/* Bytes of its own, a piece of it anew somewhere else. */
static void text_moved(struct str *s, struct draw *d)
{
	CLEANUP(str_done) struct str old = { 0 };
	size_t from, n, at;

	str_addn(&old, str_c(s), s->len);
	from = draw(d, old.len + 1);
	n = draw(d, old.len - from + 1);
	at = draw(d, old.len + 1);
	str_clear(s);
	str_addn(s, str_c(&old), at);
	str_addn(s, str_c(&old) + from, n);
	str_addn(s, str_c(&old) + at, old.len - at);
}

static const struct {
	const char *name;
	text_fn *make;
} texts[] = {
	{ "empty", text_empty },
	{ "nothing but newlines", text_newline },
	{ "random bytes", text_random },
	{ "a very long line", text_long_line },
	{ "NUL bytes", text_nul },
	{ "bits flipped", text_flipped },
	{ "cut short", text_cut },
	{ "a number out of range", text_number },
	{ "a strange word", text_word },
	{ "a word of it replaced", text_replaced },
	{ "a word of it replaced", text_replaced },
	{ "a line gone or repeated", text_lines },
	{ "a line gone or repeated", text_lines },
	{ "lines that end with CR", text_crlf },
	{ "a piece of it elsewhere", text_moved },
};

static void harm_text(struct tree *t, struct draw *d, const char *path)
{
	unsigned i = draw(d, ARRAY_SIZE(texts));
	CLEANUP(str_done) struct str text = { 0 }, shown = { 0 };

	tree_read(t, path, 4 * MIB, &text);
	texts[i].make(&text, d);
	if (!tree_put(t, path, str_c(&text), text.len, 0644))
		return;
	str_addn(&shown, str_c(&text), text.len < 60 ? text.len : 60);
	tree_note(t, path, "%s: \"%s\"%s", texts[i].name, str_c(&shown),
		  text.len > 60 ? "..." : "");
}

/* ---- kinds ---------------------------------------------------------------------------
 */

static void make_node(struct tree *t, const char *path, mode_t mode, const char *what)
{
	CLEANUP(close_fd) int dir = -1;
	const char *name;

	if (!tree_take(t, path))
		return;
	dir = tree_parent(t, path, &name);
	if (S_ISDIR(mode) ? mkdirat(dir, name, mode & 07777) < 0
			  : mknodat(dir, name, mode, 0) < 0)
		tree_die(what, path);
	tree_note(t, path, "%s", what);
}

/* An endless file: read from a disk it would be zeros for as long as anybody reads. */
static void make_sparse(struct tree *t, struct draw *d, const char *path)
{
	static const off_t sizes[] = { 1 << 20, (1 << 20) + 1, 1 << 30, (off_t)5 << 30 };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(close_fd) int dir = -1, fd = -1;
	off_t size = sizes[draw(d, ARRAY_SIZE(sizes))];
	const char *name;

	if (draw_chance(d, 50))
		tree_read(t, path, MIB, &text);
	if (!tree_put(t, path, str_c(&text), text.len, 0644))
		return;
	dir = tree_parent(t, path, &name);
	fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, size) < 0)
		tree_die("can't be made long", path);
	tree_note(t, path, "%lld bytes, most of them zero", (long long)size);
}

static void make_link(struct tree *t, struct draw *d, const char *path)
{
	CLEANUP(free_char) char *target = NULL, *other = xasprintf("%s.loop", path);

	switch (draw(d, 7)) {
	case 0:
		target = xstrdup("/nowhere/at/all");
		break;
	case 1:
		target = xstrdup(path_base(path));
		break;
	case 2:
		if (!tree_link(t, path_base(path), other))
			return;
		target = xstrdup(path_base(other));
		break;
	case 3: /* out of the root */
		target = xasprintf("%s/%s", t->outside, path_base(path));
		break;
	case 4:
		target = xasprintf("../../../../../../../../../../../../../../..%s/%s",
				   t->outside, path_base(path));
		break;
	case 5: /* it may be a directory */
		target = xstrdup(t->outside);
		break;
	default:
		target = xasprintf("/%s", draw_path(t, d, "", ""));
	}
	if (tree_link(t, target, path))
		tree_note(t, path, "a link to %s", target);
}

static void make_crowd(struct tree *t, struct draw *d, const char *path)
{
	CLEANUP(free_char) char *many = xasprintf("%s/0000:00:00.0", path);
	unsigned n = draw_chance(d, 10) ? 3000 : 3;

	make_node(t, path, S_IFDIR | 0755, "a directory with strange names");
	for (unsigned i = 0; i < n; i++) {
		CLEANUP(free_char) char *at = NULL;

		at = i < ARRAY_SIZE(words) && !strchr(words[i], '/')
			     ? xasprintf("%s/%s", path, words[i])
			     : xasprintf("%s/%u", path, i);
		if (!tree_put(t, at, "1\n", 2, 0644))
			return;
	}
	tree_put(t, many, "", 0, 0644);
}

void harm(struct tree *t, struct draw *d, const char *path)
{
	switch (draw(d, 24)) {
	case 0:
	case 1:
		if (tree_take(t, path))
			tree_note(t, path, "missing");
		break;
	case 2:
		make_node(t, path, S_IFIFO | 0644, "a FIFO that nobody writes to");
		break;
	case 3:
		make_node(t, path, S_IFSOCK | 0644, "a socket");
		break;
	case 4:
		make_node(t, path, S_IFDIR | 0755, "an empty directory");
		break;
	case 5:
		make_crowd(t, d, path);
		break;
	case 6:
		make_node(t, path, S_IFDIR | 0, "a directory that nobody may read");
		break;
	case 7:
		if (tree_put(t, path, "secret\n", 7, 0))
			tree_note(t, path, "a file that nobody may read");
		break;
	case 8:
		make_sparse(t, d, path);
		break;
	case 9:
	case 10:
	case 11:
		make_link(t, d, path);
		break;
	default:
		harm_text(t, d, path);
	}
}
