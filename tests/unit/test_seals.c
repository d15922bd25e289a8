/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that the TPM unlocks, found on a host tree, and what is said about them. */
#include "tree.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "fixture.h"
#include "policy/seals.h"

/* A disk with a fixture's headers. damage: the first one is overwritten. */
static void write_disk(const struct tree *t, const char *path, const char *fixture,
		       bool damage)
{
	CLEANUP(free_char) char *name = xasprintf("luks2/%s", fixture);
	CLEANUP(free_char) char *to = tree_path(t, path);
	CLEANUP(str_done) struct str s = fixture_read(name);
	FILE *f;

	if (damage)
		memset(s.s, 0, 512);
	tree_write(t, path, "");
	f = fopen(to, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(s.s, 1, s.len, f), s.len);
	fclose(f);
}

/* An open one, as device mapper shows it. */
static void write_open(const struct tree *t, const char *dm, const char *uuid,
		       const char *slave)
{
	CLEANUP(free_char) char *uuid_at = xasprintf("/sys/block/%s/dm/uuid", dm);
	CLEANUP(free_char) char *name_at = xasprintf("/sys/block/%s/dm/name", dm);
	CLEANUP(free_char)
	char *slave_at = xasprintf("/sys/block/%s/slaves/%s", dm, slave);
	CLEANUP(free_char) char *name = xasprintf("open-%s\n", dm);

	tree_write(t, uuid_at, uuid);
	tree_write(t, name_at, name);
	tree_mkdir(t, slave_at);
}

static struct seal_facts probe(const struct tree *t)
{
	struct seal_facts f;

	assert_int_equal(seals_probe(t->host, &f, NULL), 0);
	return f;
}

static void test_nothing(void **state)
{
	struct seal_facts f = probe(*state);

	assert_int_equal(f.n, 0);
	assert_int_equal(f.unread.n, 0);
	seals_done(&f);
}

static void test_crypttab_and_header(void **state)
{
	struct tree *t = *state;
	struct seal_facts f;

	tree_write(t, "/etc/crypttab",
		   "root UUID=1 none luks,discard\nhome /dev/sda4 none luks\n"
		   "gone UUID=2 none luks,tpm2-device=auto,tpm2-pcrs=7+12\n");
	tree_link(t, "../../nvme0n1p3", "/dev/disk/by-uuid/1");
	write_disk(t, "/dev/nvme0n1p3", "systemd", false);
	write_disk(t, "/dev/sda4", "plain", false);
	/* The same disk, as it is open: once is enough. */
	write_open(t, "dm-0", "CRYPT-LUKS2-0123-root\n", "nvme0n1p3");
	f = probe(t);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.v[0].name, "root");
	assert_string_equal(f.v[0].device, "/dev/nvme0n1p3");
	assert_non_null(strstr(f.v[0].evidence, "systemd-tpm2"));
	assert_string_equal(f.v[1].name, "gone");
	assert_string_equal(f.v[1].device, "/dev/disk/by-uuid/2");
	assert_string_equal(f.v[1].evidence, "/etc/crypttab: tpm2-device=auto");
	assert_int_equal(f.v[1].seal.pcrs, 1 << 7 | 1 << 12);
	seals_done(&f);
}

/* Unlocked without crypttab (rd.luks.name=), on a device with a '/' in its name, and with
 * a first header that is damaged. Other mappings are none. */
static void test_open_disks(void **state)
{
	struct tree *t = *state;
	struct seal_facts f;

	write_disk(t, "/dev/cciss/c0d0p3", "clevis", true);
	write_disk(t, "/dev/sdb1", "systemd", false);
	write_disk(t, "/dev/sdc1", "luks1", false);
	write_open(t, "dm-0", "CRYPT-LUKS2-0123-root\n", "cciss!c0d0p3");
	write_open(t, "dm-1", "LVM-abc\n", "sdb1");
	write_open(t, "dm-2", "CRYPT-LUKS1-4567-old\n", "sdc1");
	write_open(t, "sda", "CRYPT-LUKS2-89-no\n", "sdb1");
	f = probe(t);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.v[0].name, "open-dm-0");
	assert_string_equal(f.v[0].device, "/dev/cciss/c0d0p3");
	assert_int_equal(f.v[0].seal.kind, SEAL_CLEVIS);
	seals_done(&f);
}

static void test_header_elsewhere(void **state)
{
	struct tree *t = *state;
	struct seal_facts f;

	tree_write(t, "/etc/crypttab", "root /dev/sda3 none luks,header=/boot/hdr\n");
	tree_write(t, "/dev/sda3", "noise");
	write_disk(t, "/boot/hdr", "pubkey", false);
	f = probe(t);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.v[0].device, "/dev/sda3");
	seals_done(&f);
}

/* A device node below another root is not that root's. */
static void test_foreign_device(void **state)
{
	struct tree *t = *state;
	CLEANUP(free_char) char *path = tree_path(t, "/dev/sda3");
	struct str s = { 0 };
	struct error e = { 0 };
	struct seal_facts f;

	tree_mkdir(t, "/dev");
	tree_write(t, "/etc/crypttab", "root /dev/sda3 none luks,tpm2-device=auto\n");
	/* 7:0 is loop0, 1:0 ram0: there or not, it is not opened. */
	if (mknod(path, S_IFBLK | 0600, makedev(7, 0)) < 0)
		skip();
	assert_true(host_read_part(t->host, "/dev/sda3", 0, 1, &s, &e) < 0);
	f = probe(t);
	assert_int_equal(f.n, 1);
	assert_false(f.v[0].seal.known);
	assert_int_equal(f.unread.n, 0);
	seals_done(&f);
}

static void test_read_part(void **state)
{
	struct tree *t = *state;
	struct str s = { 0 };

	tree_write(t, "/f", "0123456789");
	assert_int_equal(host_read_part(t->host, "/f", 2, 3, &s, NULL), 0);
	assert_string_equal(s.s, "234");
	assert_int_equal(host_read_part(t->host, "/f", 8, 100, &s, NULL), 0);
	assert_string_equal(s.s, "89");
	assert_int_equal(host_read_part(t->host, "/f", 20, 1, &s, NULL), 0);
	assert_int_equal(s.len, 0);
	assert_int_equal(host_read_part(t->host, "/none", 0, 1, &s, NULL), -ENOENT);
	assert_int_equal(host_read_part(t->host, "/", 0, 1, &s, NULL), -EINVAL);
	str_done(&s);
}

#define P(n) ((uint32_t)1 << (n))

/* What is said, by PCRs. */
static void test_words(void **state)
{
	static const struct {
		struct tpm_seal seal;
		bool risk;
		const char *says, *remedy;
	} cases[] = {
		{ { .known = true, .pcrs = P(7) | P(8) | P(9), .slot = 1 },
		  true,
		  "sealed to PCR 7+8+9 (here): PCR 8+9 can change",
		  "systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto "
		  "--tpm2-pcrs=7+8+9 '/dev/a b'" },
		{ { .kind = SEAL_CLEVIS, .known = true, .pcrs = P(9), .slot = 2 },
		  true,
		  "PCR 9 can change",
		  "clevis luks regen -d '/dev/a b' -s 2" },
		{ { .kind = SEAL_CLEVIS, .known = true, .pcrs = P(9), .slot = -1 },
		  true,
		  "PCR 9 can change",
		  NULL },
		{ { .known = true, .pcrs = P(7), .signed_pcrs = P(11) },
		  true,
		  "PCR 7 and to signed values of PCR 11 (here): PCR 11 can change",
		  NULL },
		{ { .known = true, .pcrs = P(12) }, true, "PCR 12 can change", "12" },
		{ { .pcrlock = true },
		  true,
		  "by a policy of systemd-pcrlock",
		  "make-policy" },
		{ { .known = false }, true, "PCRs that are not known", NULL },
		{ { .known = true, .pcrs = P(7) },
		  false,
		  "sealed to PCR 7 (here): a change of the command line or the initramfs "
		  "does not concern that",
		  NULL },
		{ { .known = true, .pcrs = P(4) | P(5) }, false, "PCR 4+5 (here)", NULL },
		{ { .known = true }, false, "sealed to no PCR (here)", NULL },
	};
	char name[] = "cryptroot", device[] = "/dev/a b", evidence[] = "here";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sealed_disk d = { name, device, evidence, cases[i].seal };
		CLEANUP(free_char) char *text = seal_describe(&d);
		CLEANUP(free_char) char *remedy = seal_remedy(&d);

		assert_int_equal(seal_is_at_risk(&d.seal), cases[i].risk);
		assert_non_null(strstr(text, "cryptroot (/dev/a b)"));
		if (!strstr(text, cases[i].says))
			fail_msg("%zu: %s", i, text);
		assert_int_equal(strstr(text, "recovery key") != NULL, cases[i].risk);
		assert_int_equal(remedy != NULL, cases[i].remedy != NULL);
		if (remedy && !strstr(remedy, cases[i].remedy))
			fail_msg("%zu: %s", i, remedy);
	}
}

int main(void)
{
#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TREE(test_nothing),	      TREE(test_crypttab_and_header),
		TREE(test_open_disks),	      TREE(test_header_elsewhere),
		TREE(test_foreign_device),    TREE(test_read_part),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
