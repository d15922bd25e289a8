/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/advice.h"

#include <ctype.h>

#include "base/util.h"

#define START "start the machine from this disk"

/* What acts on the kernel or the firmware that runs, whatever its root is. */
static const char *const of_the_machine[] = { "modprobe", "systemctl",	"dmesg",
					      "ip",	  "journalctl", "efibootmgr",
					      "tee",	  "swapoff",	"umount" };
static const char *const verbs[] = { "doctor",	    "setup-iommu", "pci list",
				     "pci show",    "pci bind",	   "pci unbind",
				     "pci restore", "pci ensure",  "vm command",
				     "vm test",	    "completion" };

static struct {
	enum caller_root root;
	const char *name;
} reader = { CALLER_SUDO, "slicer" };

void advice_set_reader(enum caller_root root, const char *name)
{
	reader.root = root;
	reader.name = name;
}

const char *advice_name(void)
{
	if (!reader.name)
		reader.name = caller_slicer();
	return reader.name;
}

/* Does s start with these words? The length of them, or 0. */
static size_t words(const char *s, const char *what)
{
	size_t n = strlen(what);

	return !strncmp(s, what, n) && !isalnum((unsigned char)s[n]) && s[n] != '-' &&
			       s[n] != '_'
		       ? n
		       : 0;
}

static size_t any_of(const char *s, const char *const *v, size_t n_v)
{
	size_t n = 0;

	for (size_t i = 0; i < n_v && !n; i++)
		n = words(s, v[i]);
	return n;
}

static const char *after_sudo(const char *s)
{
	return strncmp(s, "sudo ", 5) == 0 ? s + 5 : s;
}

/* A verb of slicer's that works on the running machine only. */
static bool is_live_verb(const char *s)
{
	if (strncmp(s, "slicer ", 7) != 0)
		return false;
	s += 7;
	if (words(s, "pci restore"))
		return !strstr(s, "--dry-run");
	return (words(s, "pci bind") || words(s, "pci unbind")) &&
	       !strstr(s, "--dry-run") && !strstr(s, "--persist");
}

/* Does the name of a root mean this machine? host_open() takes "//" for it, too. */
static bool is_this_machine(const char *root)
{
	return !root || !root[strspn(root, "/")];
}

/* As host_root() has it, whatever --root was: without slashes at the end. */
static void add_root(const struct advice *a, struct str *ret)
{
	size_t n = strlen(a->root);
	CLEANUP(free_char) char *root = NULL;

	while (n > 1 && a->root[n - 1] == '/')
		n--;
	root = xstrndup(a->root, n);
	str_add_shell_word(ret, root);
	str_addc(ret, ' ');
}

static bool is_of_the_machine(const char *s)
{
	const char *program = after_sudo(s);

	return is_live_verb(program) ||
	       (program != s &&
		any_of(program, of_the_machine, ARRAY_SIZE(of_the_machine)));
}

static size_t reboot_of(const char *s)
{
	size_t n = words(s, "sudo reboot");

	return n ? n : words(s, "sudo systemctl reboot");
}

/* Appends what a command that starts at s becomes. Returns how much of s that was. */
static size_t add_command(struct advice *a, const char *s, struct str *ret)
{
	size_t n = reboot_of(s);

	if (n) {
		str_add(ret, START);
		a->later = true;
		return n;
	}
	if (is_of_the_machine(s))
		return 0;
	if (strncmp(s, "slicer ", 7) == 0 && any_of(s + 7, verbs, ARRAY_SIZE(verbs))) {
		str_add(ret, "slicer --root ");
		add_root(a, ret);
		return 7;
	}
	if (strncmp(s, "sudo ", 5) != 0 || !isalpha((unsigned char)s[5]) ||
	    words(s + 5, "slicer") || words(s + 5, "chroot"))
		return 0;
	/* It edits one file, named as the person's own shell sees it already. That is not
	 * read off the words: in those of other commands a short root can stand by
	 * chance.
	 */
	if (words(s + 5, "sed"))
		return 0;
	str_add(ret, "sudo chroot ");
	add_root(a, ret);
	return 5;
}

static bool is_boundary(char c)
{
	return !isalnum((unsigned char)c) && !strchr("-_./", c);
}

static void add_line(struct advice *a, const char *line, struct str *ret)
{
	if (strstr(line, "on the machine itself") || strstr(line, "start this system"))
		a->later = true;
	if (!a->later && words(line, "sudo systemctl reboot --firmware-setup")) {
		str_add(ret, "# " START " and enter its firmware set-up");
		a->later = true;
		return;
	}
	if (!a->later && reboot_of(line))
		str_add(ret, "# ");
	if (!a->later && is_of_the_machine(line) && !reboot_of(line)) {
		str_add(ret, a->is_steps ? "# on the machine itself:\n"
					 : "on the machine itself: ");
		a->later = true;
	}
	for (const char *s = line; *s;) {
		size_t n = 0;

		if (!a->later && (s == line || is_boundary(s[-1])))
			n = add_command(a, s, ret);
		if (n == 0)
			str_addc(ret, *s++);
		s += n;
	}
}

/* Appends a line that has its final commands as this reader would type them. */
static void add_for_reader(struct advice *a, const char *line, struct str *ret)
{
	if (reader.root == CALLER_WITHOUT_SUDO && str_starts(line, "sudo ") &&
	    !a->is_root_told) {
		str_add(ret, "# as root:\n");
		a->is_root_told = true;
	}
	for (const char *s = line; *s; s++) {
		bool begins = s == line || is_boundary(s[-1]);

		if (begins && reader.root != CALLER_SUDO && str_starts(s, "sudo ") &&
		    isalnum((unsigned char)s[5]))
			s += 5;
		if (begins && str_starts(s, "slicer ") &&
		    (str_starts(s + 7, "--root ") ||
		     any_of(s + 7, verbs, ARRAY_SIZE(verbs)))) {
			str_add(ret, advice_name());
			s += 6;
		}
		str_addc(ret, *s);
	}
}

void advice_add(struct advice *a, const char *text, struct str *ret)
{
	size_t pos = 0, len;
	const char *line;

	while (next_line(text, strlen(text), &pos, &line, &len)) {
		CLEANUP(str_done) struct str one = { 0 }, at_root = { 0 };

		str_set(&one, line, len);
		if (!is_this_machine(a->root)) {
			add_line(a, str_c(&one), &at_root);
			str_set(&one, str_c(&at_root), at_root.len);
		}
		add_for_reader(a, str_c(&one), ret);
		if (line[len])
			str_addc(ret, '\n');
	}
}

/* A shell's loop over files, as advice for root has it: "for x in". */
static bool is_loop(const char *s)
{
	const char *in = str_starts(s, "for ") ? strchr(s + 4, ' ') : NULL;

	return in && str_starts(in, " in ");
}

static bool is_command(const char *s)
{
	static const char *const programs[] = { "echo", "findmnt", "mkdir" };

	return (after_sudo(s) != s && isalnum((unsigned char)s[5])) || is_loop(s) ||
	       any_of(s, programs, ARRAY_SIZE(programs)) ||
	       (str_starts(s, "slicer ") && any_of(s + 7, verbs, ARRAY_SIZE(verbs)));
}

void advice_add_step(struct advice *a, const char *text, struct str *ret)
{
	CLEANUP(str_done) struct str lines = { 0 };
	size_t pos = 0, len;
	const char *line;

	while (next_line(text, strlen(text), &pos, &line, &len)) {
		CLEANUP(free_char) char *one = xstrndup(line, len);

		str_addf(&lines, "%s%s%s", lines.len ? "\n" : "",
			 *one == '#' || is_command(one) ? "" : "# ", one);
	}
	a->is_steps = true;
	advice_add(a, str_c(&lines), ret);
}
