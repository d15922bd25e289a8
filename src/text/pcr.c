/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources: systemd src/shared/tpm2-util.c (parse_pcr_argument, tpm2_pcr_index_table),
 * systemd-cryptenroll(1), clevis-encrypt-tpm2(1). */
#include "text/pcr.h"

static const char *const names[PCR_MAX + 1] = {
	[0] = "platform-code",
	[1] = "platform-config",
	[2] = "external-code",
	[3] = "external-config",
	[4] = "boot-loader-code",
	[5] = "boot-loader-config",
	[7] = "secure-boot-policy",
	[9] = "kernel-initrd",
	[10] = "ima",
	[11] = "kernel-boot",
	[12] = "kernel-config",
	[13] = "sysexts",
	[14] = "shim-policy",
	[15] = "system-identity",
	[16] = "debug",
	[23] = "application-support",
};

static int index_of(const char *word, size_t len)
{
	unsigned n = 0;

	for (int i = 0; i <= PCR_MAX; i++)
		if (names[i] && strlen(names[i]) == len &&
		    memcmp(names[i], word, len) == 0)
			return i;
	if (len == 0 || len > 2)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return -1;
		n = n * 10 + (unsigned)(word[i] - '0');
	}
	return n <= PCR_MAX ? (int)n : -1;
}

bool pcrs_parse(const char *text, uint32_t *ret)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	uint32_t mask = 0;

	strv_split(&words, text, "+, \t");
	for (size_t i = 0; i < words.n; i++) {
		int pcr = index_of(words.v[i], strcspn(words.v[i], ":="));

		if (pcr < 0)
			return false;
		mask |= (uint32_t)1 << pcr;
	}
	*ret = mask;
	return true;
}

char *pcrs_format(uint32_t pcrs)
{
	struct str s = { 0 };

	for (unsigned i = 0; i <= PCR_MAX; i++)
		if (pcrs >> i & 1)
			str_addf(&s, "%s%u", s.len ? "+" : "", i);
	return str_take(&s);
}
