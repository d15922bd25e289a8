/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LUKS2 headers that cryptsetup, systemd-cryptenroll and clevis wrote; PCR lists;
 * crypttab. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>

#include "fixture.h"
#include "text/crypttab.h"
#include "text/luks2.h"
#include "text/pcr.h"

#define P(n) ((uint32_t)1 << (n))

/* Reads the header at offset of a fixture. */
static struct tpm_seals read_header(const char *name, size_t offset)
{
	CLEANUP(free_char) char *path = xasprintf("luks2/%s", name);
	CLEANUP(str_done) struct str s = fixture_read(path);
	struct tpm_seals seals = { 0 };
	size_t size = 0;

	assert_int_equal(luks_header(fixture_bytes(&s) + offset, s.len - offset, offset,
				     &size),
			 LUKS_2);
	assert_int_equal(size, LUKS2_MIN_SIZE);
	assert_int_equal(luks2_seals(s.s + offset + LUKS2_BINARY_SIZE,
				     size - LUKS2_BINARY_SIZE, &seals, NULL),
			 0);
	return seals;
}

static void test_real(void **state)
{
	static const struct {
		const char *name;
		enum seal_kind kind;
		uint32_t pcrs, signed_pcrs;
	} cases[] = {
		{ "systemd", SEAL_SYSTEMD, P(7) | P(8) | P(9), 0 },
		{ "pubkey", SEAL_SYSTEMD, P(7), P(11) },
		{ "empty", SEAL_SYSTEMD, 0, 0 },
		{ "clevis", SEAL_CLEVIS, P(7) | P(8) | P(9), 0 },
		{ "sss", SEAL_CLEVIS, P(8) | P(9), 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Both copies say the same. */
		for (size_t at = 0; at <= LUKS2_MIN_SIZE; at += LUKS2_MIN_SIZE) {
			struct tpm_seals s = read_header(cases[i].name, at);

			assert_int_equal(s.n, 1);
			assert_int_equal(s.v[0].kind, cases[i].kind);
			assert_true(s.v[0].known);
			assert_false(s.v[0].pcrlock);
			assert_int_equal(s.v[0].pcrs, cases[i].pcrs);
			assert_int_equal(s.v[0].signed_pcrs, cases[i].signed_pcrs);
			assert_int_equal(s.v[0].slot, 1);
			tpm_seals_done(&s);
		}
	}
}

static void test_no_seal(void **state)
{
	struct tpm_seals s = read_header("plain", 0);

	(void)state;
	assert_int_equal(s.n, 0);
	tpm_seals_done(&s);
}

static void test_headers(void **state)
{
	CLEANUP(str_done) struct str one = fixture_read("luks2/luks1");
	CLEANUP(str_done) struct str two = fixture_read("luks2/plain");
	uint8_t *b = (uint8_t *)two.s;
	size_t size = 0;

	(void)state;
	assert_int_equal(luks_header(fixture_bytes(&one), one.len, 0, &size), LUKS_1);
	assert_int_equal(luks_header(b, two.len, 0, &size), LUKS_2);
	/* The second one is no first one, and elsewhere it is none. */
	assert_int_equal(luks_header(b + LUKS2_MIN_SIZE, LUKS2_MIN_SIZE, 0, &size),
			 LUKS_NONE);
	assert_int_equal(luks_header(b + LUKS2_MIN_SIZE, LUKS2_MIN_SIZE, 0x8000, &size),
			 LUKS_NONE);
	assert_int_equal(luks_header(b, LUKS2_BINARY_SIZE - 1, 0, &size), LUKS_NONE);
	b[14] = 0x41; /* hdr_size 0x4100: no power of two */
	assert_int_equal(luks_header(b, two.len, 0, &size), LUKS_NONE);
	b[8] = 0x40, b[14] = b[15] = 0;
	assert_int_equal(luks_header(b, two.len, 0, &size), LUKS_NONE);
	b[0] = 'l';
	assert_int_equal(luks_header(b, two.len, 0, &size), LUKS_NONE);
}

/* What nobody has written yet, or only an enemy would. */
static void test_odd_tokens(void **state)
{
	static const struct {
		const char *token;
		int n;
		bool known, pcrlock;
	} cases[] = {
		{ "{\"type\":\"systemd-recovery\",\"keyslots\":[\"1\"]}", 0, 0, 0 },
		{ "{\"type\":\"systemd-tpm2\"}", 1, false, false },
		{ "{\"type\":\"systemd-tpm2\",\"tpm2-pcrs\":[24]}", 1, false, false },
		{ "{\"type\":\"systemd-tpm2\",\"tpm2-pcrs\":\"7\"}", 1, false, false },
		{ "{\"type\":\"systemd-tpm2\",\"tpm2-pcrs\":[],\"tpm2_pcrlock\":true}", 1,
		  true, true },
		/* {"clevis":{"pin":"tang"}} */
		{ "{\"type\":\"clevis\",\"jwe\":{\"protected\":"
		  "\"eyJjbGV2aXMiOnsicGluIjoidGFuZyJ9fQ\"}}",
		  0, 0, 0 },
		/* {"clevis":{"pin":"tpm2","tpm2":{"pcr_ids":"x"}}} */
		{ "{\"type\":\"clevis\",\"jwe\":{\"protected\":\"eyJjbGV2aXMiOnsicGluIjoi"
		  "dHBtMiIsInRwbTIiOnsicGNyX2lkcyI6IngifX19\"}}",
		  1, false, false },
		{ "{\"type\":\"clevis\",\"jwe\":{\"protected\":\"!\"}}", 0, 0, 0 },
		{ "{\"type\":\"clevis\",\"jwe\":\"eyJ\"}", 0, 0, 0 },
		{ "[]", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_char)
		char *json = xasprintf("{\"tokens\":{\"0\":%s}}", cases[i].token);
		CLEANUP(tpm_seals_done) struct tpm_seals s = { 0 };

		assert_int_equal(luks2_seals(json, strlen(json), &s, NULL), 0);
		if (s.n != (size_t)cases[i].n)
			fail_msg("%s: %zu", cases[i].token, s.n);
		if (!s.n)
			continue;
		assert_int_equal(s.v[0].known, cases[i].known);
		assert_int_equal(s.v[0].pcrlock, cases[i].pcrlock);
		assert_int_equal(s.v[0].slot, -1);
	}
}

static void test_no_metadata(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"tokens\":[]}",
					     "{\"keyslots\":{}}" };
	struct tpm_seals s = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error e = { 0 };

		assert_int_equal(luks2_seals(texts[i], strlen(texts[i]), &s, &e),
				 -EINVAL);
		assert_true(e.what[0]);
	}
}

static void test_pcrs(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint32_t pcrs;
		const char *back;
	} cases[] = {
		{ "", true, 0, "" },
		{ "7", true, P(7), "7" },
		{ "1,7", true, P(1) | P(7), "1+7" },
		{ "9+8+8", true, P(8) | P(9), "8+9" },
		{ "0+23", true, P(0) | P(23), "0+23" },
		{ "secure-boot-policy+kernel-boot", true, P(7) | P(11), "7+11" },
		{ "7:sha256=ab01+4:sha1", true, P(7) | P(4), "4+7" },
		{ "24", false, 0, NULL },
		{ "7+x", false, 0, NULL },
		{ "-1", false, 0, NULL },
		{ "107", false, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t pcrs = 0;
		CLEANUP(free_char) char *back = NULL;

		assert_int_equal(pcrs_parse(cases[i].text, &pcrs), cases[i].ok);
		assert_int_equal(pcrs, cases[i].pcrs);
		back = pcrs_format(pcrs);
		if (cases[i].ok)
			assert_string_equal(back, cases[i].back);
	}
}

static void same_text(const char *a, const char *b)
{
	assert_string_equal(a ? a : "none", b ? b : "none");
}

static void test_crypttab(void **state)
{
	static const char text[] =
		"# <name> <device> <key> <options>\n"
		"\n"
		"root\tUUID=1-2  none\tluks,tpm2-device=auto,discard,tpm2-pcrs=7+9\n"
		"  home /dev/sda4 - tpm2-device=/dev/tpmrm0,tpm2-pcrs=\n"
		"new LABEL=new - tpm2-device=auto,tpm2-pcrlock=/x\n"
		"old PARTLABEL=\"o\" none luks,keyscript=/lib/TPM2-key,header=/h\n"
		"plain PARTUUID=5 none luks,tpm2-device=\n"
		"swap /dev/sda5 /dev/urandom\n"
		"lonely\n"
		"last /dev/sda6 none tpm2-device=auto";
	CLEANUP(crypttab_done) struct crypttab c = { 0 };
	static const struct {
		const char *name, *path, *tpm, *header;
		bool known, pcrlock;
		uint32_t pcrs;
	} want[] = {
		{ "root", "/dev/disk/by-uuid/1-2", "tpm2-device=auto", NULL, true, false,
		  P(7) | P(9) },
		{ "home", "/dev/sda4", "tpm2-device=/dev/tpmrm0", NULL, true, false, 0 },
		{ "new", "/dev/disk/by-label/new", "tpm2-device=auto", NULL, false, true,
		  0 },
		{ "old", "/dev/disk/by-partlabel/o", "keyscript=/lib/TPM2-key", "/h",
		  false, false, 0 },
		{ "plain", "/dev/disk/by-partuuid/5", NULL, NULL, false, false, 0 },
		{ "swap", "/dev/sda5", NULL, NULL, false, false, 0 },
		{ "last", "/dev/sda6", "tpm2-device=auto", NULL, false, false, 0 },
	};

	(void)state;
	crypttab_parse(text, strlen(text), &c);
	assert_int_equal(c.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < c.n; i++) {
		CLEANUP(free_char) char *path = crypttab_device_path(c.v[i].device);

		assert_string_equal(c.v[i].name, want[i].name);
		assert_string_equal(path, want[i].path);
		same_text(c.v[i].tpm, want[i].tpm);
		same_text(c.v[i].header, want[i].header);
		assert_int_equal(c.v[i].known, want[i].known);
		assert_int_equal(c.v[i].pcrlock, want[i].pcrlock);
		assert_int_equal(c.v[i].pcrs, want[i].pcrs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),	    cmocka_unit_test(test_no_seal),
		cmocka_unit_test(test_headers),	    cmocka_unit_test(test_odd_tokens),
		cmocka_unit_test(test_no_metadata), cmocka_unit_test(test_pcrs),
		cmocka_unit_test(test_crypttab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
