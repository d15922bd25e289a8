/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubstub.h"

#include <errno.h>

void grub_stub_done(struct grub_stub *s)
{
	free(s->uuid);
	free(s->path);
	*s = (struct grub_stub){ 0 };
}

/* While reading: what the lines so far have come to. */
struct stub_reader {
	struct grub_stub *ret;
	/* The variable that "search" set: "root", or Fedora's "dev". */
	char *device;
	char *prefix; /* without the device; NULL: not set */
	bool is_unclear;
	bool has_entries, leads_on;
	bool is_split; /* more than one filesystem is looked for: for what, nobody knows
			*/
	size_t depth; /* of braces: inside an entry nothing is read before it is chosen */
};

static bool is_uuid(const char *word)
{
	size_t n = strspn(word, "0123456789abcdefABCDEF-");

	return n >= 8 && word[n] == '\0';
}

/*
 * "search.fs_uuid UUID [VARIABLE [HINT]]" and "search [--OPTION...] --fs-uuid
 * [--set=VARIABLE] UUID" (grub-core/commands/search_wrap.c): VARIABLE is root unless
 * named.
 */
static void read_search(struct stub_reader *r, const struct strv *words)
{
	bool by_uuid = strcmp(words->v[0], "search.fs_uuid") == 0;
	const char *uuid = NULL, *variable = "root";

	for (size_t i = 1; i < words->n; i++) {
		const char *word = words->v[i];

		if (str_starts(word, "--set="))
			variable = word + strlen("--set=");
		else if (strcmp(word, "--fs-uuid") == 0 || strcmp(word, "-u") == 0)
			by_uuid = true;
		else if (!uuid && is_uuid(word))
			uuid = word;
		else if (uuid && strcmp(words->v[0], "search.fs_uuid") == 0 && i == 2)
			variable = word;
	}
	if (!by_uuid || !uuid) {
		r->is_unclear = true;
		return;
	}
	r->is_split |= r->ret->uuid && strcmp(r->ret->uuid, uuid) != 0;
	free(r->ret->uuid);
	r->ret->uuid = xstrdup(uuid);
	free(r->device);
	r->device = xstrdup(variable);
}

/* The rest of a path after "($root)" or "(${root})"; NULL where it begins with another
 * device. Without a device it is on root. */
static const char *skip_device(const struct stub_reader *r, const char *path)
{
	CLEANUP(free_char) char *plain = NULL, *braced = NULL;
	const char *device = r->device ? r->device : "root";

	if (*path != '(')
		return *path == '/' && strcmp(device, "root") == 0 ? path : NULL;
	plain = xasprintf("($%s)", device);
	braced = xasprintf("(${%s})", device);
	if (str_starts(path, plain))
		return path + strlen(plain);
	return str_starts(path, braced) ? path + strlen(braced) : NULL;
}

static void read_prefix(struct stub_reader *r, const char *value)
{
	const char *path = skip_device(r, value);

	free(r->prefix);
	r->prefix = NULL;
	if (path && *path == '/' && !strchr(path, '$'))
		r->prefix = xstrdup(path);
	else
		r->is_unclear = true;
}

static void read_configfile(struct stub_reader *r, const char *file)
{
	static const char *const names[] = { "$prefix", "${prefix}" };
	const char *path = NULL;

	r->leads_on = true;
	free(r->ret->path);
	r->ret->path = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (r->prefix && str_starts(file, names[i]) &&
		    file[strlen(names[i])] == '/')
			r->ret->path =
				xasprintf("%s%s", r->prefix, file + strlen(names[i]));
	if (!r->ret->path)
		path = skip_device(r, file);
	if (path && *path == '/' && !strchr(path, '$'))
		r->ret->path = xstrdup(path);
	if (!r->ret->path)
		r->is_unclear = true;
}

/* Quotes only hold words together here: the paths and UUIDs of stubs have no blanks. */
static void unquote(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++)
		if (*from != '\'' && *from != '"')
			*to++ = *from;
	*to = '\0';
}

/* grub-mkconfig's own menus source custom.cfg: that adds to them and leads nowhere. */
static bool is_leading_on(const char *command, const char *file)
{
	if (strcmp(command, "configfile") == 0 || strcmp(command, "normal") == 0)
		return true;
	return (strcmp(command, "source") == 0 || strcmp(command, ".") == 0) &&
	       strcmp(path_base(file), "grub.cfg") == 0;
}

static void read_line(struct stub_reader *r, const char *text, size_t n)
{
	/* Commands that change nothing about which file is read. */
	static const char *const harmless[] = { "insmod", "export", "cryptomount", "echo",
						"terminal_output" };
	CLEANUP(free_char) char *line = xstrndup(text, n);
	CLEANUP(strv_done) struct strv words = { 0 };
	const char *command;

	unquote(line);
	strv_split(&words, line, " \t\r");
	if (!words.n || words.v[0][0] == '#')
		return;
	command = words.v[0];
	if (*command == '}' && r->depth)
		r->depth--;
	if (strcmp(command, "menuentry") == 0 || strcmp(command, "submenu") == 0)
		r->has_entries = true;
	if (strcmp(words.v[words.n - 1], "{") == 0)
		r->depth++;
	if (r->depth || *command == '}')
		return;
	if (strcmp(command, "search.fs_uuid") == 0 || strcmp(command, "search") == 0)
		read_search(r, &words);
	else if (strcmp(command, "set") == 0 && words.n == 2 &&
		 str_starts(words.v[1], "prefix="))
		read_prefix(r, words.v[1] + strlen("prefix="));
	else if (words.n == 2 && is_leading_on(command, words.v[1]))
		read_configfile(r, words.v[1]);
	else if (strcmp(command, "set") == 0 && words.n == 2 &&
		 !str_starts(words.v[1], "root="))
		return;
	else {
		for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
			if (strcmp(command, harmless[i]) == 0)
				return;
		r->is_unclear = true;
	}
}

int grub_stub_parse(const char *text, size_t len, struct grub_stub *ret, struct error *e)
{
	struct stub_reader r = { .ret = ret };
	const char *line;
	size_t pos = 0, n;

	*ret = (struct grub_stub){ 0 };
	if (memchr(text, '\0', len)) {
		error_set(e, EINVAL, "it holds NUL bytes: it is not text");
		return -EINVAL;
	}
	while (next_line(text, len, &pos, &line, &n))
		read_line(&r, line, n);
	ret->is_menu = r.has_entries && !r.leads_on;
	if (r.is_unclear || r.has_entries || r.is_split) {
		free(ret->path);
		free(ret->uuid);
		ret->path = ret->uuid = NULL;
	}
	free(r.device);
	free(r.prefix);
	return 0;
}
