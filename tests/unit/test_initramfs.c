/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images made here: cpio by hand, compressed by libarchive's writers (lz4's legacy format
 * by hand: libarchive writes only the other one). */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <malloc.h>
#include <sys/resource.h>

#include "probe/initramfs.h"
#include "tree.h"

#define IMAGE "/boot/initrd.img"
#define CONF "etc/modprobe.d/slicer-vfio.conf"
#define MODULES "usr/lib/modules/6.1.0-40-amd64/kernel/drivers/vfio/"
#define FILLER 150000 /* more than a block of zstd */

/* ---- making images
 * ------------------------------------------------------------------------ */

static void pad(struct str *s, size_t start)
{
	while ((s->len - start) % 4)
		str_addc(s, '\0');
}

static void add_member(struct str *s, const char *name, unsigned mode, const char *data,
		       size_t n)
{
	size_t start = s->len;

	str_addf(s, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1,
		 mode, 0, 0, 1, 0, n, 0, 0, 0, 0, strlen(name) + 1, 0);
	str_addn(s, name, strlen(name) + 1);
	pad(s, start);
	str_addn(s, data, n);
	pad(s, start);
}

static void add_file(struct str *s, const char *name, const char *text)
{
	add_member(s, name, 0100644, text, strlen(text));
}

static void add_trailer(struct str *s)
{
	add_member(s, "TRAILER!!!", 0, "", 0);
}

/* Bytes that no compressor makes smaller, so that there are blocks to cut. */
static void add_filler(struct str *s)
{
	struct str data = { 0 };
	uint32_t x = 1;

	for (size_t i = 0; i < FILLER; i++) {
		x = x * 1664525 + 1013904223;
		str_addc(&data, (char)(x >> 24));
	}
	add_member(s, "usr/lib/firmware/filler.bin", 0100644, data.s, data.len);
	str_done(&data);
}

static struct str microcode(void)
{
	struct str s = { 0 };

	add_member(&s, "kernel", 040755, "", 0);
	add_file(&s, "kernel/x86/microcode/GenuineIntel.bin", "microcode");
	add_trailer(&s);
	return s;
}

static struct str main_archive(void)
{
	struct str s = { 0 };

	add_member(&s, ".", 040755, "", 0);
	add_file(&s, "conf/initramfs.conf", "MODULES=most\n");
	add_member(&s, "etc/modprobe.d", 040755, "", 0);
	add_file(&s, CONF, "options vfio-pci ids=10de:2204\n");
	add_filler(&s);
	add_member(&s, "usr/lib/modules/6.1.0-40-amd64", 040755, "", 0);
	add_file(&s, MODULES "vfio.ko", "ELF");
	add_file(&s, MODULES "pci/vfio-pci.ko.zst", "ELF");
	add_file(&s, MODULES "vfio_iommu_type1.ko", "ELF");
	add_file(&s, MODULES "vfio-not.ko", "ELF");
	add_trailer(&s);
	return s;
}

static la_ssize_t write_out(struct archive *a, void *data, const void *p, size_t n)
{
	(void)a;
	str_addn(data, p, n);
	return (la_ssize_t)n;
}

static struct str compress_by(int (*filter)(struct archive *a), const struct str *in)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	struct str out = { 0 };

	archive_write_set_format_raw(a);
	assert_int_equal(filter(a), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(a, 1);
	archive_entry_set_pathname(entry, "data");
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_open(a, &out, NULL, write_out, NULL), ARCHIVE_OK);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, in->s, in->len), in->len);
	archive_entry_free(entry);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	return out;
}

static void add_le32(struct str *s, size_t n)
{
	for (int i = 0; i < 4; i++)
		str_addc(s, (char)(n >> (8 * i) & 0xff));
}

/* A block of literals only (lz4 doc/lz4_Block_format.md): a token, its long length,
 * bytes. */
static void add_lz4_block(struct str *s, const char *p, size_t n)
{
	size_t rest = n - 15;
	struct str block = { 0 };

	str_addc(&block, (char)0xf0);
	for (; rest >= 255; rest -= 255)
		str_addc(&block, (char)0xff);
	str_addc(&block, (char)rest);
	str_addn(&block, p, n);
	add_le32(s, block.len);
	str_addn(s, block.s, block.len);
	str_done(&block);
}

static struct str compress_lz4(const struct str *in)
{
	struct str s = { 0 };

	add_le32(&s, 0x184c2102);
	add_lz4_block(&s, in->s, 100000);
	add_lz4_block(&s, in->s + 100000, in->len - 100000);
	return s;
}

static const struct kind {
	const char *name;
	int (*filter)(struct archive *a); /* NULL: none, or lz4 */
} kinds[] = {
	{ "none", NULL },
	{ "gzip", archive_write_add_filter_gzip },
	{ "bzip2", archive_write_add_filter_bzip2 },
	{ "lzma", archive_write_add_filter_lzma },
	{ "xz", archive_write_add_filter_xz },
	{ "lz4", NULL },
	{ "zstd", archive_write_add_filter_zstd },
};

static struct str pack(const struct kind *k, const struct str *in)
{
	struct str out = { 0 };

	if (k->filter)
		return compress_by(k->filter, in);
	if (strcmp(k->name, "lz4") == 0)
		return compress_lz4(in);
	str_addn(&out, in->s, in->len);
	return out;
}

static struct str packed(const struct kind *k)
{
	struct str plain = main_archive();
	struct str out = pack(k, &plain);

	str_done(&plain);
	return out;
}

/* ---- looking
 * ------------------------------------------------------------------------------ */

struct look {
	struct initramfs_image image;
	struct initramfs_file file;
};

static void look_done(struct look *l)
{
	initramfs_image_done(&l->image);
	initramfs_file_done(&l->file);
}

static void write_image(const struct tree *t, const char *p, size_t n)
{
	char *path = tree_path(t, IMAGE);
	int fd;

	tree_mkdir(t, "/boot");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
	free(path);
}

static struct look look_at(const struct tree *t, const char *p, size_t n)
{
	struct look l = { .file = { .name = xstrdup(CONF) } };
	struct strv want = { 0 };

	write_image(t, p, n);
	strv_split(&want, "vfio vfio_pci vfio-iommu-type1 vfio_virqfd", " ");
	assert_int_equal(
		initramfs_scan(t->host, IMAGE, &l.file, 1, &want, 60, &l.image, NULL), 0);
	strv_done(&want);
	assert_true(l.image.complete == !l.image.why_not);
	return l;
}

static bool is_complete(const struct tree *t, const struct str *s, size_t n)
{
	struct look l = look_at(t, s->s, n);
	bool complete = l.image.complete;

	look_done(&l);
	return complete;
}

/* ---- tests
 * -------------------------------------------------------------------------------- */

static void test_every_kind(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct str s = microcode();
		struct str main = packed(&kinds[i]);
		struct look l;

		str_addn(&s, main.s, main.len);
		l = look_at(*state, s.s, s.len);
		if (!l.image.complete)
			fail_msg("%s: %s", kinds[i].name, l.image.why_not);
		assert_string_equal(l.image.compression, kinds[i].name);
		assert_string_equal(l.image.path, IMAGE);
		assert_int_equal(l.image.bytes, s.len);
		assert_int_equal(l.image.members, 2 + 10);
		assert_string_equal(l.image.modules_version, "6.1.0-40-amd64");
		assert_string_equal(l.image.generator, "initramfs-tools");
		assert_int_equal(l.image.modules.n, 3);
		assert_true(strv_has(&l.image.modules, "vfio"));
		assert_true(strv_has(&l.image.modules, "vfio-pci"));
		assert_true(strv_has(&l.image.modules, "vfio_iommu_type1"));
		assert_true(l.file.found);
		assert_string_equal(str_c(&l.file.contents),
				    "options vfio-pci ids=10de:2204\n");
		look_done(&l);
		str_done(&main);
		str_done(&s);
	}
}

/* 24 cuts all over the image and one at each of its last 20 bytes. */
static void test_cut_off(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct str s = packed(&kinds[i]);

		for (size_t k = 0; k < 24; k++)
			if (is_complete(*state, &s, s.len * k / 24))
				fail_msg("%s cut to %zu of %zu bytes passed",
					 kinds[i].name, s.len * k / 24, s.len);
		for (size_t n = s.len - 20; n < s.len; n++)
			if (is_complete(*state, &s, n))
				fail_msg("%s cut to %zu of %zu bytes passed",
					 kinds[i].name, n, s.len);
		str_done(&s);
	}
}

/* Zeros behind are what loaders pad with; anything else there is not. */
static void test_behind_the_end(void **state)
{
	static const size_t zeros[] = { 1, 2, 3, 4, 8, 511, 512, 300000 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct str s = packed(&kinds[i]);
		size_t end = s.len;

		for (size_t k = 0; k < ARRAY_SIZE(zeros); k++) {
			while (s.len < end + zeros[k])
				str_addc(&s, '\0');
			if (!is_complete(*state, &s, s.len))
				fail_msg("%s with %zu zeros failed", kinds[i].name,
					 zeros[k]);
		}
		str_add(&s, "garbage");
		assert_false(is_complete(*state, &s, s.len));
		s.len = end;
		str_add(&s, "garbage");
		assert_false(is_complete(*state, &s, s.len));
		s.len = end;
		str_add(&s, "x");
		assert_false(is_complete(*state, &s, s.len));
		str_done(&s);
	}
}

/* Any kind behind any other, as "cat a b" makes it. The later file counts. */
static void test_segments(void **state)
{
	struct str overlay = { 0 }, firsts[ARRAY_SIZE(kinds)], seconds[ARRAY_SIZE(kinds)];

	add_file(&overlay, "./" CONF, "options vfio-pci ids=8086:1572\n");
	add_filler(&overlay);
	add_trailer(&overlay);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		firsts[i] = packed(&kinds[i]);
		seconds[i] = pack(&kinds[i], &overlay);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(kinds); i++) {
		const struct kind *a = &kinds[i / ARRAY_SIZE(kinds)];
		const struct kind *b = &kinds[i % ARRAY_SIZE(kinds)];
		const struct str *first = &firsts[i / ARRAY_SIZE(kinds)];
		const struct str *second = &seconds[i % ARRAY_SIZE(kinds)];
		struct str s = { 0 };
		struct look l;

		/* lz4's legacy format has no end but one: a block size of 0 (linux
		 * lib/decompress_unlz4.c). */
		str_addn(&s, first->s, first->len);
		str_addn(&s, "\0\0\0\0", 4);
		pad(&s, 0);
		str_addn(&s, second->s, second->len);
		l = look_at(*state, s.s, s.len);
		if (!l.image.complete)
			fail_msg("%s and %s: %s", a->name, b->name, l.image.why_not);
		assert_int_equal(l.image.members, 10 + 2);
		assert_string_equal(str_c(&l.file.contents),
				    "options vfio-pci ids=8086:1572\n");
		look_done(&l);
		str_done(&s);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		str_done(&firsts[i]);
		str_done(&seconds[i]);
	}
	str_done(&overlay);
}

/* Flipped bits in what has checksums. */
static void test_damaged(void **state)
{
	static const char *const checked[] = { "bzip2", "xz" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct str s;

		if (strcmp(kinds[i].name, checked[0]) != 0 &&
		    strcmp(kinds[i].name, checked[1]) != 0)
			continue;
		s = packed(&kinds[i]);
		s.s[s.len / 2] ^= 0x10;
		assert_false(is_complete(*state, &s, s.len));
		str_done(&s);
	}
}

static void assert_why(const struct tree *t, const char *p, size_t n, const char *part)
{
	struct look l = look_at(t, p, n);

	assert_non_null(l.image.why_not);
	if (!strstr(l.image.why_not, part))
		fail_msg("\"%s\" does not say \"%s\"", l.image.why_not, part);
	look_done(&l);
}

static void test_no_archive(void **state)
{
	static const char lzo[] = "\x89LZO\0\r\n\x1a\n and more";
	static const char zeros[1000];
	struct str s = { 0 };

	assert_why(*state, "", 0, "empty");
	assert_why(*state, zeros, sizeof(zeros), "zeros");
	assert_why(*state, "#!/bin/sh\n", 10, "byte 0 starts neither");
	assert_why(*state, "\x1f", 1, "byte 0 starts neither");
	assert_why(*state, "\x1f\x8b not gzip", 12, "gzip");
	assert_why(*state, "\x28\xb5\x2f\xfd\x04\x00", 6, "zstd");
	assert_why(*state,
		   "\xfd"
		   "7zXZ",
		   6, "xz");
	assert_why(*state, lzo, sizeof(lzo), "lzo can't be decompressed here");
	add_file(&s, "x", "y");
	assert_why(*state, s.s, s.len, "no trailer");
	str_add(&s, "070701 and then no more a header of an archive ..............."
		    "................................................................");
	assert_why(*state, s.s, s.len, "no cpio header");
	str_done(&s);
}

/* A name size of 2 GiB, a name without an end, a file of 4 GiB. */
static void test_hostile_headers(void **state)
{
	static const struct {
		size_t at;
		const char *field;
	} bad[] = { { 94, "7fffffff" }, { 94, "00000000" }, { 94, "00000001" },
		    { 54, "ffffffff" }, { 54, "fffffff0" }, { 14, "0000000g" } };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct str s = { 0 };

		add_file(&s, "name", "data");
		add_trailer(&s);
		memcpy(s.s + bad[i].at, bad[i].field, 8);
		assert_false(is_complete(*state, &s, s.len));
		str_done(&s);
	}
}

static void test_large_wanted_file(void **state)
{
	struct str s = { 0 };
	struct str big = { 0 };
	struct look l;

	for (size_t i = 0; i < 40000; i++)
		str_add(&big, "abc");
	add_member(&s, CONF, 0100644, big.s, big.len);
	add_trailer(&s);
	l = look_at(*state, s.s, s.len);
	assert_true(l.image.complete);
	assert_int_equal(l.file.contents.len, 65536);
	look_done(&l);
	str_done(&big);
	str_done(&s);
}

static void test_generators(void **state)
{
	static const char *const marks[][2] = {
		{ "usr/lib/dracut/hooks/pre-udev/50.sh", "dracut" },
		{ "lib/dracut/build-parameter.txt", "dracut" },
		{ "scripts/init-top/udev", "initramfs-tools" },
		{ "buildconfig", "mkinitcpio" },
		{ "etc/booster.init.yaml", "booster" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		struct str s = { 0 };
		struct look l;

		add_file(&s, marks[i][0], "x");
		add_trailer(&s);
		l = look_at(*state, s.s, s.len);
		assert_string_equal(l.image.generator, marks[i][1]);
		assert_null(l.image.modules_version);
		look_done(&l);
		str_done(&s);
	}
}

static void test_not_a_file(void **state)
{
	const struct tree *t = *state;
	struct initramfs_image image = { 0 };
	struct error e = { 0 };

	tree_mkdir(t, IMAGE);
	assert_int_equal(initramfs_scan(t->host, IMAGE, NULL, 0, NULL, 60, &image, &e),
			 -EINVAL);
	assert_string_equal(e.path, IMAGE);
	assert_int_equal(initramfs_scan(t->host, "/none", NULL, 0, NULL, 60, &image, &e),
			 -ENOENT);
	tree_link(t, "/etc/passwd", "/boot/out"); /* leads nowhere inside the root */
	assert_int_equal(initramfs_scan(t->host, "/boot/out", NULL, 0, NULL, 60, &image,
					&e),
			 -ENOENT);
}

/* Work has bounds, and what reached one is not called damaged. */
static void test_bounds(void **state)
{
	/* A frame of zstd (RFC 8878): no content size, then blocks of no size that are
	 * not the last one, for ever. */
	static const char endless[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd, 0, 0x58 };
	const struct tree *t = *state;
	CLEANUP(free_char) char *path = tree_path(t, IMAGE);
	CLEANUP(initramfs_image_done) struct initramfs_image large = { 0 };
	CLEANUP(initramfs_image_done) struct initramfs_image slow = { 0 };
	struct error e = { 0 };
	double start = seconds_now();

	/* 200 GiB that take no room */
	write_image(t, "", 0);
	if (truncate(path, (off_t)200 << 30) < 0)
		skip();
	assert_int_equal(initramfs_scan(t->host, IMAGE, NULL, 0, NULL, 60, &large, &e),
			 0);
	assert_true(large.given_up && !large.complete);
	assert_non_null(strstr(large.why_not, "larger than 4 GiB"));
	/* 3 GiB of empty blocks; no time at all */
	write_image(t, endless, sizeof(endless));
	assert_int_equal(truncate(path, (off_t)3 << 30), 0);
	assert_int_equal(initramfs_scan(t->host, IMAGE, NULL, 0, NULL, 1, &slow, &e), 0);
	assert_true(slow.given_up && !slow.complete);
	assert_non_null(strstr(slow.why_not, "longer than 1 s"));
	assert_true(seconds_now() - start < 10);
}

static size_t xz_kind(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, "xz") == 0)
			return i;
	fail_msg("no xz");
	return 0;
}

static void assert_given_up(const struct tree *t, const struct str *s, const char *part)
{
	struct look l = look_at(t, s->s, s->len);

	assert_true(l.image.given_up && !l.image.complete);
	if (!strstr(l.image.why_not, part))
		fail_msg("\"%s\" does not say \"%s\"", l.image.why_not, part);
	look_done(&l);
}

/* What a decompressor would keep in memory is in the header. */
static void test_large_dictionary(void **state)
{
	static const char zstd[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd, 0, (char)0x89 };
	static const char segment[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd, (char)0xa0,
					1,    0,	  0,	0x10 };
	static const char lzma[] = {
		0x5d, 0, 0, 0, 0x10, -1, -1, -1, -1, -1, -1, -1, -1
	};
	struct str s = packed(&kinds[xz_kind()]);

	/* In an xz block's header: one filter, LZMA2, one byte of properties. */
	assert_memory_equal(s.s + 13, "\0\x21\x01", 3);
	s.s[16] = 30;
	assert_why(*state, s.s, s.len, "Corrupted"); /* by its checksum */
	s.s[16] = 36;
	assert_given_up(*state, &s, "a dictionary of 1024 MiB");
	s.s[16] = 40;
	assert_given_up(*state, &s, "a dictionary of 4095 MiB");
	str_set(&s, zstd, sizeof(zstd));
	assert_given_up(*state, &s, "zstd data needs a dictionary of 144 MiB");
	s.s[5] = (char)0x88;
	assert_why(*state, s.s, s.len, "Truncated");
	str_set(&s, segment, sizeof(segment));
	assert_given_up(*state, &s, "zstd data needs a dictionary of 256 MiB");
	str_set(&s, lzma, sizeof(lzma));
	assert_given_up(*state, &s, "lzma data needs a dictionary of 256 MiB");
	str_done(&s);
}

/* A host without the memory says nothing about the image. */
static void test_no_memory(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	(void)state;
	skip(); /* its shadow has no limit that could be set */
#else
	const struct tree *t = *state;
	struct str s = packed(&kinds[xz_kind()]);
	struct initramfs_image image = { 0 };
	struct rlimit old, low;
	struct error e = { 0 };
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	write_image(t, s.s, s.len);
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pages), 1);
	fclose(f);
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)pages * 4096 + (4u << 20); /* xz -6: 8 MiB */
	assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
	assert_int_equal(initramfs_scan(t->host, IMAGE, NULL, 0, NULL, 60, &image, &e),
			 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_true(image.given_up && !image.complete);
	assert_non_null(strstr(image.why_not, "not enough memory"));
	initramfs_image_done(&image);
	str_done(&s);
#endif
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_kind),	    TEST(test_cut_off),
		TEST(test_behind_the_end),  TEST(test_segments),
		TEST(test_damaged),	    TEST(test_no_archive),
		TEST(test_hostile_headers), TEST(test_large_wanted_file),
		TEST(test_generators),	    TEST(test_not_a_file),
		TEST(test_bounds),	    TEST(test_large_dictionary),
		TEST(test_no_memory),
	};

	/* What is freed of this size goes back, so that there can be too little. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
