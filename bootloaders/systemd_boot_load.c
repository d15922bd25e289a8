/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads systemd-boot's entries: whose they are, and what makes them again. */
#include "bootloaders/systemd_boot.h"

#include <errno.h>
#include <strings.h>

#include "text/shell.h"

void sdboot_entry_done(struct sdboot_entry *entry)
{
	free(entry->path);
	free(entry->id);
	bls_done(&entry->bls);
	strv_done(&entry->regenerate);
	free(entry->trouble);
}

static void sdboot_free(void *p)
{
	struct sdboot *s = p;

	for (size_t i = 0; i < s->n; i++)
		sdboot_entry_done(&s->v[i]);
	for (size_t i = 0; i < s->n_trials; i++)
		sdboot_entry_done(&s->trials[i]);
	for (size_t i = 0; i < s->n_others; i++)
		sdboot_entry_done(&s->others[i]);
	free(s->others);
	free(s->v);
	free(s->trials);
	strv_done(&s->patterns);
	str_done(&s->text);
	strv_done(&s->params);
	free(s->conf);
	str_done(&s->conf_text);
	free(s->default_variable);
	free(s->preferred);
	free(s->next);
	free(s);
}

/* What this load has to know of the host, read once. */
struct context {
	const struct host *h;
	const struct facts *f;
	char *machine_id;
	struct strv roots; /* where this host's root is */
	struct strv tokens; /* entry tokens: what kernel-install's file names may begin
			       with */
	bool has_kernel_install;
};

static void context_done(struct context *x)
{
	free(x->machine_id);
	strv_done(&x->tokens);
	strv_done(&x->roots);
}

/* kernel-install only makes type #1 entries in its "bls" layout, which is what "auto"
 * comes to where there are such entries already. */
static bool has_bls_layout(const struct host *h)
{
	static const char *const paths[] = { "/etc/kernel/install.conf",
					     "/usr/lib/kernel/install.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
		CLEANUP(shell_done) struct shell_doc doc = { 0 };
		CLEANUP(str_done) struct str text = { 0 };
		const char *layout = NULL;

		if (host_read(h, paths[i], HOST_MAX_CONFIG, &text, NULL) < 0)
			continue;
		if (shell_parse(str_c(&text), text.len, &doc, NULL) < 0)
			return true;
		shell_eval(&doc, 0, &vars);
		return shell_vars_value(&vars, "layout", &layout, NULL, NULL) < 0 ||
		       *layout == '\0' || strcmp(layout, "bls") == 0 ||
		       strcmp(layout, "auto") == 0;
	}
	return true;
}

static void context_load(struct context *x)
{
	CLEANUP(free_char) char *program = host_find_program(x->h, "kernel-install");
	CLEANUP(free_char) char *token = host_attr(x->h, "/etc/kernel/entry-token");

	x->has_kernel_install = program && has_bls_layout(x->h);
	x->machine_id = host_attr(x->h, "/etc/machine-id");
	sdboot_host_roots(x->h, x->f, &x->roots);
	if (token && *token)
		strv_add(&x->tokens, token);
	if (x->machine_id && *x->machine_id)
		strv_add(&x->tokens, x->machine_id);
	if (x->f->platform.os_id)
		strv_add(&x->tokens, x->f->platform.os_id);
	strv_add(&x->tokens, "Default");
}

static bool is_named(const struct context *x, const char *id, const char *version)
{
	for (size_t i = 0; i < x->tokens.n; i++) {
		CLEANUP(free_char)
		char *name = xasprintf("%s-%s.conf", x->tokens.v[i], version);

		if (strcasecmp(name, id) == 0)
			return true;
	}
	return false;
}

/* The installed kernel that kernel-install made this entry for, NULL if it did not. Owned
 * by the caller. */
static char *managed_version(const struct context *x, const struct sdboot_entry *entry)
{
	const char *version = bls_get(&entry->bls, "version");

	if (!x->has_kernel_install)
		return NULL;
	if (version && is_named(x, entry->id, version) &&
	    boot_kernel_is_installed(x->h, x->f, version))
		return xstrdup(version);
	for (size_t i = 0; i < x->f->kernels.n; i++)
		if (is_named(x, entry->id, x->f->kernels.v[i].version))
			return xstrdup(x->f->kernels.v[i].version);
	return NULL;
}

/*
 * The command that the kernel's packages run: Fedora's and Arch's kernels lie in their
 * module directory and get their initramfs from a plug-in; Debian's hooks
 * (zz-systemd-boot) name both files in /boot.
 */
static void set_regenerate(const struct context *x, struct sdboot_entry *entry,
			   const char *version)
{
	CLEANUP(free_char)
	char *modules = xasprintf("/usr/lib/modules/%s/vmlinuz", version);
	CLEANUP(free_char) char *image = xasprintf("/boot/vmlinuz-%s", version);
	CLEANUP(free_char) char *initrd = xasprintf("/boot/initrd.img-%s", version);
	bool has_modules = host_exists(x->h, modules);

	/* Its kernel's package is gone: nothing makes this entry again. */
	if (!has_modules && !host_exists(x->h, image))
		return;
	strv_add(&entry->regenerate, "kernel-install");
	strv_add(&entry->regenerate, "add");
	strv_add(&entry->regenerate, version);
	strv_add(&entry->regenerate, has_modules ? modules : image);
	if (host_exists(x->h, initrd))
		strv_add(&entry->regenerate, initrd);
	else if (!has_modules && bls_get(&entry->bls, "initrd"))
		entry->trouble =
			xasprintf("%s is missing: the entry would lose its initramfs",
				  initrd);
}

/* Firmware paths may use either slash. */
static char *host_path(const char *partition, const char *path)
{
	char *full = xasprintf("%s%s%s", partition,
			       *path == '/' || *path == '\\' ? "" : "/", path);

	for (char *p = full + strlen(partition); *p; p++)
		if (*p == '\\')
			*p = '/';
	return full;
}

/* Another installation on the same disk: as its machine-id says, or else its root=. */
static bool is_foreign(const struct context *x, const struct bls *bls)
{
	const char *id = bls_get(bls, "machine-id"), *root;
	CLEANUP(free_char) char *options = bls_options(bls);
	CLEANUP(strv_done) struct strv params = { 0 };

	if (id && x->machine_id)
		return strcasecmp(id, x->machine_id) != 0;
	cmdline_split(options, strlen(options), &params);
	root = cmdline_last(&params, "root");
	return root && sdboot_is_other_root(&x->roots, root);
}

static bool is_recovery(const struct boot_entry *entry)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(entry->options, strlen(entry->options), &params);
	return boot_rescue_param(&params) || strcasestr(entry->title, "rescue") ||
	       strcasestr(entry->title, "recovery");
}

/* "options initrd=/initramfs-linux.img": the kernel's EFI stub reads it. */
static void add_named_initrds(const char *partition, struct boot_entry *entry)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(entry->options, strlen(entry->options), &params);
	for (size_t i = 0; i < params.n; i++)
		if (str_starts(params.v[i], "initrd="))
			strv_take(&entry->initrds,
				  host_path(partition, params.v[i] + strlen("initrd=")));
}

static void describe(const struct context *x, const char *partition,
		     const struct sdboot_entry *from, char *version,
		     struct boot_entry *entry)
{
	const char *title = bls_get(&from->bls, "title");
	const char *kernel = sdboot_kernel(&from->bls);
	const char *key = bls_get(&from->bls, "version");
	CLEANUP(strv_done) struct strv initrds = { 0 };

	entry->id = xstrdup(from->id);
	entry->title = xstrdup(title ? title : from->id);
	entry->kernel = host_path(partition, kernel);
	entry->version = version;
	if (!version && key && boot_kernel_is_installed(x->h, x->f, key))
		entry->version = xstrdup(key);
	else if (!version)
		entry->version = boot_kernel_version(x->h, x->f, kernel);
	bls_get_all(&from->bls, "initrd", &initrds);
	for (size_t i = 0; i < initrds.n; i++) {
		entry->added += strlen("initrd= ") + strlen(initrds.v[i]);
		strv_take(&entry->initrds, host_path(partition, initrds.v[i]));
	}
	entry->options = bls_options(&from->bls);
	add_named_initrds(partition, entry);
	entry->source = xstrdup(from->path);
	for (size_t i = 0; i < from->bls.n && !entry->line; i++)
		if (str_eq(from->bls.v[i].key, "options"))
			entry->line = from->bls.v[i].line;
	entry->is_foreign = is_foreign(x, &from->bls);
	entry->is_generated = from->regenerate.n > 0;
	entry->is_recovery = !entry->is_generated && is_recovery(entry);
}

static void read_counter(struct sdboot_entry *entry, const char *file)
{
	const char *plus = strrchr(file, '+');

	entry->is_counted = strlen(entry->id) < strlen(file);
	entry->is_bad = entry->is_counted && plus && strtoul(plus + 1, NULL, 10) == 0;
}

/* The loader leaves a file out of its menu that names nothing to start. */
static void add_other(struct sdboot *s, struct sdboot_entry *entry)
{
	if (!bls_get(&entry->bls, "efi") && !sdboot_image(&entry->bls)) {
		sdboot_entry_done(entry);
		return;
	}
	s->others = xgrow(s->others, s->n_others, &s->others_cap, sizeof(*s->others));
	s->others[s->n_others++] = *entry;
}

static void add_entry(const struct context *x, const char *partition, const char *file,
		      struct sdboot *s, struct boot_config *c)
{
	struct sdboot_entry entry = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	struct error error = { 0 };
	char *version;

	entry.path = xasprintf("%s/loader/entries/%s", partition, file);
	if (host_read(x->h, entry.path, HOST_MAX_CONFIG, &text, &error) < 0 ||
	    bls_parse(str_c(&text), text.len, &entry.bls, &error) < 0) {
		strv_addf(&c->notes, "%s can't be read: %s", entry.path, error.what);
		if (s->refusal.code == ERROR_NONE) {
			s->refusal = error;
			error_prefix(&s->refusal, "a boot entry can't be read");
			error_at(&s->refusal, entry.path, error.line);
			error_hint(&s->refusal,
				   "nothing is changed while an entry is unknown: "
				   "repair it or remove it");
		}
		free(entry.path);
		return;
	}
	if (!sdboot_is_of_this_arch(&entry.bls)) {
		strv_addf(&c->notes, "%s is for another architecture", entry.path);
		sdboot_entry_done(&entry);
		return;
	}
	entry.id = bls_entry_id(file);
	read_counter(&entry, file);
	/* Programs, and images whose command line is inside them. */
	if (!sdboot_kernel(&entry.bls)) {
		add_other(s, &entry);
		return;
	}
	version = managed_version(x, &entry);
	if (version && !is_foreign(x, &entry.bls))
		set_regenerate(x, &entry, version);
	describe(x, partition, &entry, version, boot_config_add(c));
	if (!c->v[c->n - 1].is_foreign)
		sdboot_check_owner(s, &entry);
	s->has_managed |= entry.regenerate.n > 0;
	s->v = xgrow(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = entry;
}

static void add_entries(const struct context *x, const char *partition, struct sdboot *s,
			struct boot_config *c)
{
	CLEANUP(free_char) char *dir = xasprintf("%s/loader/entries", partition);
	CLEANUP(strv_done) struct strv names = { 0 };
	struct error error = { 0 };
	int r = host_list(x->h, dir, &names, &error);

	if (r < 0 && r != -ENOENT)
		strv_addf(&c->notes, "%s can't be read: %s", dir, error.what);
	for (size_t i = 0; i < names.n; i++) {
		if (sdboot_is_trial(names.v[i]))
			sdboot_add_trial(x->h, dir, names.v[i], s);
		else if (bls_is_entry_name(names.v[i]) &&
			 strcmp(names.v[i], SDBOOT_SHELTER) != 0)
			add_entry(x, partition, names.v[i], s, c);
	}
	if (names.n && host_can_write(x->h, dir) == -EROFS) {
		error_set(&s->refusal, EROFS, "the filesystem of %s is read-only", dir);
		error_at(&s->refusal, dir, 0);
		error_hint(&s->refusal, "mount -o remount,rw %s, then try again",
			   partition);
	}
}

/* Unified kernel images stand in the same menu. */
static bool has_images(const struct host *h, const char *partition, struct boot_config *c)
{
	CLEANUP(free_char) char *dir = xasprintf("%s/EFI/Linux", partition);
	CLEANUP(strv_done) struct strv names = { 0 };
	size_t n = 0;

	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		n += str_ends(names.v[i], ".efi");
	if (n)
		strv_addf(
			&c->notes,
			"%zu unified kernel image%s in %s: not looked into, not changed",
			n, n == 1 ? "" : "s", dir);
	return n > 0;
}

static void refuse_unmounted(const struct facts *f, struct sdboot *s)
{
	const char *node = f->boot_partitions.esp_unmounted;

	error_set(&s->refusal, ENOENT, "the EFI system partition is not mounted");
	if (node)
		error_hint(&s->refusal, "mount %s (on /efi, /boot or /boot/efi)", node);
	else
		error_hint(&s->refusal, "mount it on /efi, /boot or /boot/efi");
}

int sdboot_load(const struct host *h, const struct facts *f, struct boot_config *ret,
		struct error *e)
{
	const struct boot_partitions *b = &f->boot_partitions;
	CLEANUP(context_done) struct context x = { .h = h, .f = f };
	struct sdboot *s = xcalloc(1, sizeof(*s));

	(void)e;
	ret->loader = &bootloader_systemd_boot;
	ret->priv = s;
	ret->priv_free = sdboot_free;
	context_load(&x);
	if (b->xbootldr) {
		add_entries(&x, b->xbootldr, s, ret);
		s->has_images |= has_images(h, b->xbootldr, ret);
	}
	if (b->esp) {
		add_entries(&x, b->esp, s, ret);
		s->has_images |= has_images(h, b->esp, ret);
	} else {
		refuse_unmounted(f, s);
	}
	sdboot_load_shelter(h, f, s);
	sdboot_load_patterns(f, s);
	sdboot_check_default(s);
	s->chosen = sdboot_default(s);
	sdboot_mark_default(s, ret);
	sdboot_note_default(s, ret);
	sdboot_keep_fallbacks(s, ret);
	sdboot_load_cmdline(h, f, s, ret, s->chosen);
	ret->has_generator = ret->copies_kernels = s->has_managed;
	sdboot_check_esp(f, s->has_managed, ret);
	if (s->has_managed)
		ret->generate_command = strv_join(&s->v[s->reference].regenerate, " ");
	if (s->refusal.code != ERROR_NONE)
		strv_add(&ret->notes, s->refusal.what);
	sdboot_load_trial(h, f, ret);
	return 0;
}
