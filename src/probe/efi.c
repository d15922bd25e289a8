/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI variables as efivarfs shows them. Reading needs no root; the kernel slows
 * unprivileged readers down and may interrupt them (fs/efivarfs/file.c), which
 * host_read() repeats. A file of size 0 exists but was never committed
 * (filesystems/efivarfs.rst): the same as an absent one here.
 */
#include <ctype.h>

#include "probe/facts.h"
#include "text/efi.h"

#define EFIVARS "/sys/firmware/efi/efivars"
#define VAR_MAX (64u << 10)
/* UEFI 2.10 section 3.3, and systemd's BOOT_LOADER_INTERFACE */
#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* False if the variable is absent, empty or can't be read. */
static bool read_var(const struct host *h, const char *name, const char *guid,
		     struct str *ret)
{
	CLEANUP(free_char) char *path = xasprintf(EFIVARS "/%s-%s", name, guid);

	str_clear(ret);
	return host_read(h, path, VAR_MAX, ret, NULL) == 0 && ret->len > 0;
}

/* NULL for an absent variable and for an empty text. */
static char *read_string(const struct host *h, const char *name)
{
	CLEANUP(str_done) struct str var = { 0 };
	char *text;

	if (!read_var(h, name, LOADER, &var))
		return NULL;
	text = efivar_string((const uint8_t *)var.s, var.len);
	if (text && *text)
		return text;
	free(text);
	return NULL;
}

static bool read_number(const struct host *h, const char *name, const char *guid,
			uint64_t *ret)
{
	CLEANUP(str_done) struct str var = { 0 };

	return read_var(h, name, guid, &var) &&
	       efivar_number((const uint8_t *)var.s, var.len, ret);
}

static char *lower(char *s)
{
	for (char *p = s; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

/* What the firmware started: the load option that BootCurrent names. */
static void read_boot_current(const struct host *h, struct efi_facts *ret)
{
	CLEANUP(efi_load_option_done) struct efi_load_option option = { 0 };
	CLEANUP(str_done) struct str var = { 0 };
	char name[sizeof("Boot0000")];
	uint64_t n;

	if (!read_number(h, "BootCurrent", GLOBAL, &n) || n > 0xffff)
		return;
	snprintf(name, sizeof(name), "Boot%04X", (unsigned)(n & 0xffff));
	if (!read_var(h, name, GLOBAL, &var))
		return;
	if (efi_load_option_parse((const uint8_t *)var.s, var.len, &option, NULL) < 0)
		return;
	ret->boot_file = take(option.file);
	memcpy(ret->boot_part_uuid, option.part_uuid, sizeof(ret->boot_part_uuid));
}

static void read_variables(const struct host *h, struct efi_facts *ret)
{
	uint64_t n;

	if (read_number(h, "SecureBoot", GLOBAL, &n))
		ret->secure_boot = n == 1 ? TRI_YES : TRI_NO;
	ret->loader_info = read_string(h, "LoaderInfo");
	ret->stub_info = read_string(h, "StubInfo");
	/* systemd-boot writes it in upper case, GRUB in lower case */
	ret->loader_part_uuid = lower(read_string(h, "LoaderDevicePartUUID"));
	ret->loader_image = read_string(h, "LoaderImageIdentifier");
	ret->entry_selected = read_string(h, "LoaderEntrySelected");
	ret->entry_default = read_string(h, "LoaderEntryDefault");
	ret->entry_oneshot = read_string(h, "LoaderEntryOneShot");
	ret->entry_preferred = read_string(h, "LoaderEntryPreferred");
	ret->entry_saved = read_string(h, "LoaderEntryLastBooted");
	if (read_number(h, "LoaderFeatures", LOADER, &n))
		ret->loader_features = n;
	read_boot_current(h, ret);
}

int efi_probe(const struct host *h, struct efi_facts *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	struct error why = { 0 };

	(void)e;
	*ret = (struct efi_facts){ 0 };
	if (!host_exists(h, "/sys/firmware/efi")) {
		ret->why_not =
			xstrdup("not started by EFI firmware: no /sys/firmware/efi");
		return 0;
	}
	if (host_list(h, EFIVARS, &names, &why) < 0) {
		ret->why_not = xasprintf(EFIVARS ": %s", why.what);
		return 0;
	}
	if (!names.n) {
		ret->why_not = xstrdup("efivarfs is not mounted on " EFIVARS);
		return 0;
	}
	ret->readable = true;
	read_variables(h, ret);
	return 0;
}

void efi_done(struct efi_facts *f)
{
	free(f->why_not);
	free(f->loader_info);
	free(f->stub_info);
	free(f->loader_part_uuid);
	free(f->loader_image);
	free(f->entry_selected);
	free(f->entry_default);
	free(f->entry_oneshot);
	free(f->entry_preferred);
	free(f->entry_saved);
	free(f->boot_file);
	*f = (struct efi_facts){ 0 };
}
