/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read stands in the text. */
#include "text/crypttab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_in(const uint8_t *data, size_t size, const char *part)
{
	if (part && (!*part || !memmem(data, size, part, strlen(part))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(crypttab_done) struct crypttab c = { 0 };

	crypttab_parse((const char *)data, size, &c);
	for (size_t i = 0; i < c.n; i++) {
		CLEANUP(free_char) char *path = crypttab_device_path(c.v[i].device);

		check_in(data, size, c.v[i].name);
		check_in(data, size, c.v[i].device);
		check_in(data, size, c.v[i].header);
		check_in(data, size, c.v[i].tpm);
		if (!*path)
			abort();
	}
	return 0;
}
