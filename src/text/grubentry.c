/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubentry.h"

bool grub_word_is_any(const char *word, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(word, *names) == 0)
			return true;
	return false;
}

void grub_entry_done(struct grub_entry *entry)
{
	for (size_t i = 0; i < entry->n_kernels; i++) {
		free(entry->kernels[i].kernel);
		free(entry->kernels[i].options);
	}
	free(entry->kernels);
	free(entry->title);
	free(entry->id);
	free(entry->section);
	free(entry->parent);
	strv_done(&entry->initrds);
}

/* A word as GRUB writes it into the kernel's command line (grub-core/lib/cmdline.c). */
static void add_option(struct str *out, const char *word)
{
	bool has_blank = strpbrk(word, " \t\n");

	if (!*word)
		return;
	if (out->len)
		str_addc(out, ' ');
	if (has_blank)
		str_addc(out, '"');
	for (; *word; word++) {
		if (strchr("\\'\"", *word))
			str_addc(out, '\\');
		str_addc(out, *word);
	}
	if (has_blank)
		str_addc(out, '"');
}

static void add_linux(struct grub_entry *entry, char *const *args, size_t n,
		      unsigned line)
{
	struct grub_linux k = { .line = line };
	struct str options = { 0 };

	if (n == 0)
		return;
	for (size_t i = 1; i < n; i++)
		add_option(&options, args[i]);
	k.kernel = xstrdup(args[0]);
	k.options = str_take(&options);
	entry->kernels = xgrow(entry->kernels, entry->n_kernels, &entry->cap_kernels,
			       sizeof(*entry->kernels));
	entry->kernels[entry->n_kernels++] = k;
}

/* Behind multiboot2 the first module is the kernel; "placeholder" stands in for the name
 * that a multiboot module gets. The others are initrds (20_linux_xen). */
static void add_module(struct grub_entry *entry, char **args, size_t n, unsigned line)
{
	if (n && str_eq(args[0], "--nounzip"))
		args++, n--;
	if (n == 0)
		return;
	if (entry->n_kernels) {
		strv_add(&entry->initrds, args[0]);
		return;
	}
	if (n > 1 && str_eq(args[1], "placeholder")) {
		char *kernel = args[0];

		args[0] = args[1];
		args[1] = kernel;
		args++, n--;
	}
	add_linux(entry, args, n, line);
}

void grub_entry_command(struct grub_entry *entry, char **args, size_t n, unsigned line)
{
	static const char *const kernel[] = { "linux", "linux16", "linuxefi", NULL };
	static const char *const initrd[] = { "initrd", "initrd16", "initrdefi", NULL };

	if (grub_word_is_any(args[0], kernel)) {
		add_linux(entry, args + 1, n - 1, line);
	} else if (grub_word_is_any(args[0], initrd)) {
		for (size_t i = 1; i < n; i++)
			strv_add(&entry->initrds, args[i]);
	} else if (str_eq(args[0], "multiboot") || str_eq(args[0], "multiboot2")) {
		entry->xen = true;
	} else if (str_eq(args[0], "module") || str_eq(args[0], "module2")) {
		add_module(entry, args + 1, n - 1, line);
	}
}
