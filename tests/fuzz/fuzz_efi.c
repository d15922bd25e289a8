/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 made of anything is valid and survives the way to UTF-16 and back. */
#include "text/efi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const char *utf8)
{
	size_t len;
	uint8_t *utf16 = utf8_to_utf16(utf8, &len);
	char *back = utf16_to_utf8(utf16, len);

	if (len < 2 || len % 2 || utf16[len - 1] || utf16[len - 2])
		abort();
	if (strcmp(back, utf8) != 0)
		abort();
	free(utf16);
	free(back);
}

static void check_any_utf8(const uint8_t *data, size_t size)
{
	CLEANUP(free_char) char *s = xstrndup((const char *)data, size);
	size_t len;
	uint8_t *utf16 = utf8_to_utf16(s, &len);
	CLEANUP(free_char) char *valid = utf16_to_utf8(utf16, len);

	free(utf16);
	check_round_trip(valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_char) char *all = utf16_to_utf8(data, size);
	CLEANUP(free_char) char *value = efivar_string(data, size);
	struct efi_load_option o;
	struct error e = { 0 };
	uint64_t number;

	check_round_trip(all);
	if (value)
		check_round_trip(value);
	if (size)
		check_any_utf8(data, size);
	efivar_number(data, size, &number);
	if (efi_load_option_parse(data, size, &o, &e) < 0) {
		if (!e.what[0])
			abort();
		return 0;
	}
	if (!o.description || (o.part_uuid[0] && strlen(o.part_uuid) != 36))
		abort();
	efi_load_option_done(&o);
	return 0;
}
