/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that the next boot waits for. systemd ends in its emergency mode if a line of
 * fstab(5) or crypttab(5) without noauto and nofail can't be fulfilled (systemd.mount(5),
 * crypttab(5)); the initramfs waits for what the kernel command line names.
 */
#include "devices/usage.h"
#include "text/cmdline.h"
#include "text/crypttab.h"

static void mark(const struct host *h, struct blocks *all, const char *source,
		 const char *use)
{
	CLEANUP(free_char) char *path = crypttab_device_path(source);
	struct block *b = block_by_source(h, all, path);

	if (b)
		strv_add_unique(&b->boot_uses, use);
}

static void mark_fstab(const struct host *h, const struct mounts *m, struct blocks *b)
{
	for (size_t i = 0; i < m->n_fstab; i++) {
		const struct mount *at = &m->fstab[i];
		CLEANUP(free_char) char *target = printable(at->target);
		CLEANUP(free_char) char *use = NULL;

		if (!at->boot_waits)
			continue;
		use = strcmp(at->target, "swap") == 0
			      ? xstrdup("is swap that the boot waits for (/etc/fstab)")
			      : xasprintf("is mounted on %s at boot (/etc/fstab)",
					  target);
		mark(h, b, at->source, use);
	}
}

static void mark_crypttab(const struct host *h, struct blocks *b)
{
	CLEANUP(crypttab_done) struct crypttab table = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	if (host_read(h, "/etc/crypttab", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	crypttab_parse(str_c(&text), text.len, &table);
	for (size_t i = 0; i < table.n; i++) {
		CLEANUP(free_char) char *name = printable(table.v[i].name);
		CLEANUP(free_char)
		char *use = xasprintf("is unlocked as %s at boot (/etc/crypttab)", name);

		if (table.v[i].boot_waits)
			mark(h, b, table.v[i].device, use);
	}
}

/* linux Documentation/admin-guide/kernel-parameters.txt; dracut.cmdline(7);
 * systemd-cryptsetup-generator(8) for the LUKS ones, of which each counts. */
static const struct boot_param {
	const char *name;
	bool is_luks; /* its value is a bare UUID, or UUID=NAME */
} boot_params[] = {
	{ "root", false },	  { "resume", false },	    { "mount.usr", false },
	{ "cryptdevice", false }, { "luks.uuid", true },    { "luks.name", true },
	{ "rd.luks.uuid", true }, { "rd.luks.name", true },
};

static void mark_param(const struct host *h, struct blocks *b,
		       const struct boot_param *param, const char *value)
{
	CLEANUP(free_char) char *source = NULL;
	CLEANUP(free_char) char *use = NULL;

	if (!value || !*value)
		return;
	use = xasprintf("is %s= of the kernel command line", param->name);
	if (param->is_luks) {
		value += str_starts(value, "luks-") ? strlen("luks-") : 0;
		source = xasprintf("UUID=%.*s", (int)strcspn(value, "="), value);
	} else {
		source = xstrdup(value);
	}
	/* cryptdevice=UUID=...:name of Arch Linux */
	if (strcmp(param->name, "cryptdevice") == 0)
		source[strcspn(source, ":")] = '\0';
	mark(h, b, source, use);
}

static void mark_cmdline(const struct host *h, struct blocks *b)
{
	CLEANUP(free_char) char *text = host_attr(h, "/proc/cmdline");
	CLEANUP(strv_done) struct strv params = { 0 };

	if (text)
		cmdline_split(text, strlen(text), &params);
	for (size_t i = 0; i < ARRAY_SIZE(boot_params); i++) {
		const struct boot_param *param = &boot_params[i];

		if (!param->is_luks)
			mark_param(h, b, param, cmdline_last(&params, param->name));
		for (size_t k = 0; param->is_luks && k < params.n; k++) {
			struct strv one = { .v = &params.v[k], .n = 1 };

			mark_param(h, b, param, cmdline_last(&one, param->name));
		}
	}
}

void blocks_mark_boot(const struct host *h, const struct mounts *m, struct blocks *b)
{
	if (m)
		mark_fstab(h, m, b);
	mark_crypttab(h, b);
	mark_cmdline(h, b);
}

static void visit(const struct blocks *all, const struct block *b, bool *seen,
		  struct uses *ret)
{
	if (seen[b - all->v])
		return;
	seen[b - all->v] = true;
	for (size_t i = 0; i < b->boot_uses.n; i++)
		uses_add(ret, USE_BOOT, "%s %s", b->title, b->boot_uses.v[i]);
	for (size_t i = 0; i < b->above.n; i++) {
		const struct block *up = block_find(all, b->above.v[i]);

		if (up)
			visit(all, up, seen, ret);
	}
}

void blocks_boot_uses(const struct blocks *b, const char *address, struct uses *ret)
{
	bool *seen = xcalloc(b->n, sizeof(*seen));

	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->v[i].places.n; k++)
			if (place_is_below(b->v[i].places.v[k], address))
				visit(b, &b->v[i], seen, ret);
	free(seen);
}
