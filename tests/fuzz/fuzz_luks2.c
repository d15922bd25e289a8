/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata area of a LUKS2 header, with tokens made by anybody; and whole headers. */
#include "text/luks2.h"
#include "text/pcr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_seals(const char *json, size_t len)
{
	CLEANUP(tpm_seals_done) struct tpm_seals seals = { 0 };
	struct error e = { 0 };
	int r = luks2_seals(json, len, &seals, &e);

	if ((r < 0) != (e.what[0] != '\0') || (r < 0 && seals.n))
		abort();
	for (size_t i = 0; i < seals.n; i++) {
		const struct tpm_seal *s = &seals.v[i];
		CLEANUP(free_char) char *text = pcrs_format(s->pcrs);
		uint32_t back = 0;

		if (!pcrs_parse(text, &back) || back != s->pcrs ||
		    s->signed_pcrs >> (PCR_MAX + 1) || s->slot < -1 || s->slot > 99)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_char) char *copy = xstrndup((const char *)data, size);
	uint32_t pcrs = 0;
	size_t at = 0;

	check_seals((const char *)data, size);
	pcrs_parse(copy, &pcrs);
	for (size_t offset = 0; offset <= LUKS2_MIN_SIZE; offset += LUKS2_MIN_SIZE) {
		if (luks_header(data, size, offset, &at) != LUKS_2)
			continue;
		if (at < LUKS2_MIN_SIZE || at > LUKS2_MAX_SIZE)
			abort();
		check_seals((const char *)data + LUKS2_BINARY_SIZE,
			    (size < at ? size : at) - LUKS2_BINARY_SIZE);
	}
	return 0;
}
