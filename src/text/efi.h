/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of EFI variables as efivarfs shows them: 4 bytes of attributes, then data.
 * Sources: linux Documentation/filesystems/efivarfs.rst; UEFI 2.10 sections 3.1.3
 * (load options) and 10.3 (device paths); systemd's BOOT_LOADER_INTERFACE.
 */
#ifndef SLICER_TEXT_EFI_H
#define SLICER_TEXT_EFI_H

#include "base/error.h"

/* UTF-16LE to UTF-8, up to a NUL or the end; unpaired surrogates become U+FFFD. An odd
 * last byte is dropped. Owned by the caller, never NULL. */
char *utf16_to_utf8(const uint8_t *p, size_t len);
/* The reverse, with a terminating NUL: *ret_len in bytes, NUL included; each byte that
 * isn't part of valid UTF-8 becomes U+FFFD. Owned by the caller. */
uint8_t *utf8_to_utf16(const char *s, size_t *ret_len);

/* The string in a variable's file contents (attributes skipped); NULL if shorter than 4.
 * Owned by the caller. */
char *efivar_string(const uint8_t *var, size_t len);
/* A number of 1, 2, 4 or 8 bytes; false if the size is another one. */
bool efivar_number(const uint8_t *var, size_t len, uint64_t *ret);

struct efi_load_option {
	char *description;
	char *file; /* "\EFI\debian\shimx64.efi", NULL if the path has no file node */
	char part_uuid[37]; /* lower case GPT partition UUID, "" if none */
	bool active;
};
void efi_load_option_done(struct efi_load_option *o);
/* Parses the file contents of a Boot#### variable. */
int efi_load_option_parse(const uint8_t *var, size_t len, struct efi_load_option *ret,
			  struct error *e);

#endif
