/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPU as /proc/cpuinfo tells it (linux arch/x86/kernel/cpu/proc.c). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "probe/facts.h"

#define CPUINFO "/proc/cpuinfo"
#define BLOCK_MAX 65536 /* one CPU's block is about 1.5 KiB */

/*
 * The block of the first CPU, up to the blank line. Only that one is read: on a machine
 * of hundreds of CPUs the kernel asks each for its frequency to write the rest.
 */
static int read_first_block(const struct host *h, struct str *ret)
{
	CLEANUP(close_fd) int fd = host_openat(h, CPUINFO, O_RDONLY | O_NONBLOCK);
	char chunk[4096];
	char *end;
	ssize_t n;

	if (fd < 0)
		return fd;
	while (ret->len < BLOCK_MAX) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		str_addn(ret, chunk, (size_t)n);
		end = memmem(ret->s, ret->len, "\n\n", 2);
		if (end) {
			ret->len = (size_t)(end - ret->s) + 1;
			ret->s[ret->len] = '\0';
			break;
		}
	}
	return ret->len ? 0 : -ENODATA;
}

/* The value of "key<tabs>: value", owned by the caller; NULL if the key is not there. */
static char *get_value(const struct str *block, const char *key)
{
	size_t pos = 0, len, key_len = strlen(key);
	const char *line;

	while (next_line(str_c(block), block->len, &pos, &line, &len)) {
		const char *colon = memchr(line, ':', len);
		const char *end = line + len;

		if (!colon || len < key_len || memcmp(line, key, key_len) != 0)
			continue;
		if (strspn(line + key_len, " \t") != (size_t)(colon - line) - key_len)
			continue;
		for (colon++; colon < end && *colon == ' '; colon++)
			;
		return xstrndup(colon, (size_t)(end - colon));
	}
	return NULL;
}

static enum cpu_vendor vendor_of(const char *id)
{
	static const struct {
		const char *id;
		enum cpu_vendor vendor;
	} known[] = {
		{ "GenuineIntel", CPU_INTEL },
		{ "AuthenticAMD", CPU_AMD },
		/* Hygon's Dhyana is a Zen with AMD-Vi (arch/x86/kernel/cpu/hygon.c) */
		{ "HygonGenuine", CPU_AMD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(id, known[i].id))
			return known[i].vendor;
	return CPU_OTHER;
}

static enum tri yes_no(bool yes)
{
	return yes ? TRI_YES : TRI_NO;
}

static void read_flags(const struct str *block, struct cpu_facts *ret)
{
	CLEANUP(free_char) char *text = get_value(block, "flags");
	CLEANUP(strv_done) struct strv flags = { 0 };

	if (!text)
		return;
	strv_split(&flags, text, " \t");
	ret->virtualization = yes_no(strv_has(&flags, "vmx") || strv_has(&flags, "svm"));
	ret->hypervisor = yes_no(strv_has(&flags, "hypervisor"));
}

/* What only another architecture's file has: linux arch/{arm64/kernel/cpuinfo,
 * s390/kernel/processor, powerpc/kernel/setup-common, riscv/kernel/cpu,
 * loongarch/kernel/proc}.c. */
static const char *find_foreign(const struct str *block, const char *vendor)
{
	static const struct {
		const char *key, *part, *arch;
	} known[] = {
		{ "CPU implementer", "", "aarch64" },
		{ "cpu", "POWER", "ppc64" },
		{ "isa", "rv64", "riscv64" },
		{ "CPU Family", "Loongson", "loongarch64" },
	};

	if (str_eq(vendor, "IBM/S390"))
		return "s390x";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		CLEANUP(free_char) char *value = get_value(block, known[i].key);

		if (value && strstr(value, known[i].part))
			return known[i].arch;
	}
	return NULL;
}

int cpu_probe(const struct host *h, struct cpu_facts *ret, struct error *e)
{
	CLEANUP(str_done) struct str block = { 0 };
	CLEANUP(free_char) char *vendor = NULL;
	CLEANUP(free_char) char *sizes = NULL;

	(void)e;
	*ret = (struct cpu_facts){ 0 };
	if (read_first_block(h, &block) < 0)
		return 0;
	vendor = get_value(&block, "vendor_id");
	ret->foreign = find_foreign(&block, vendor);
	if (ret->foreign) {
		ret->vendor = CPU_OTHER;
		ret->evidence = xasprintf("%s in " CPUINFO, ret->foreign);
	} else if (vendor) {
		ret->vendor = vendor_of(vendor);
		ret->evidence = xasprintf("vendor_id: %s", vendor);
	}
	ret->model = get_value(&block, "model name");
	sizes = get_value(&block, "address sizes");
	if (!sizes || sscanf(sizes, "%3u bits physical", &ret->address_bits) != 1)
		ret->address_bits = 0;
	read_flags(&block, ret);
	return 0;
}

void cpu_done(struct cpu_facts *f)
{
	free(f->model);
	free(f->evidence);
	*f = (struct cpu_facts){ 0 };
}
