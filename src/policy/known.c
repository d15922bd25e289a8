/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which words and names the kernel knows, and what a mistyped one was meant to be.
 *
 * The words are those of any release from 5.4 to 7.2, distributions' patches included:
 * linux drivers/iommu/intel/iommu.c intel_iommu_setup(), drivers/iommu/amd/init.c
 * parse_amd_iommu_options(), arch/x86/kernel/pci-dma.c iommu_setup() and, for what is
 * left of iommu=, arch/x86/kernel/amd_gart_64.c gart_parse_options().
 */
#include "policy/params.h"

#include <ctype.h>

static const char *const intel_words[] = {
	"on",
	"off",
	"igfx_off",
	"forcedac",
	"strict",
	"sp_off",
	"sm_on",
	"sm_off",
	"tboot_noforce",
	"nobounce" /* since 5.4, untrusted devices */,
	"intgpu_off" /* a patch of Debian's */,
	"relax_rmrr" /* a patch of VFIO users, in Proxmox VE's kernels */,
};
/* "on" is no word of the driver's: slicer's own, as many guides give it. */
static const char *const amd_words[] = {
	"on",	    "fullflush", "force_enable", "off",		"force_isolation",
	"pgtbl_v1", "pgtbl_v2",	 "irtcachedis",	 "nohugepages", "v2_pgsizes_only",
};
static const char *const any_words[] = {
	"off",	     "force",
	"noforce",   "biomerge",
	"panic",     "nopanic",
	"merge",     "nomerge",
	"forcesac",  "allowdac",
	"nodac",     "usedac",
	"soft",	     "pt",
	"nopt",	     "calgary" /* 5.4 */,
	"group_mf",  /* amd_gart_64.c: */ "leak",
	"fullflush", "nofullflush",
	"noagp",     "noaperture",
	"allowed",   "memaper",
};

static bool has_prefix(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(word, words[i]))
			return true;
	return false;
}

/* Up to 5.15 the driver looked for these at every byte of the value. */
static bool has_amd_part(const char *word)
{
	static const char *const parts[] = { "fullflush", "force_enable", "off",
					     "force_isolation" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(word, parts[i]))
			return true;
	return false;
}

/* A variable, or what a shell or GRUB has yet to take quotes from. */
static bool is_plain(const char *word)
{
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-.:+", *p))
			return false;
	return *word != '\0';
}

bool word_is_known(const char *name, const char *word)
{
	if (!is_plain(word))
		return true;
	if (param_name_same(name, "intel_iommu"))
		return has_prefix(intel_words, ARRAY_SIZE(intel_words), word);
	if (param_name_same(name, "amd_iommu"))
		return has_prefix(amd_words, ARRAY_SIZE(amd_words), word) ||
		       has_amd_part(word);
	/* A number is the size of the GART's aperture. */
	if (param_name_same(name, "iommu"))
		return isdigit((unsigned char)*word) ||
		       has_prefix(any_words, ARRAY_SIZE(any_words), word);
	return true;
}

const char *words_known(const char *param)
{
	if (param_name_same(param, "intel_iommu"))
		return "on, igfx_off, strict, sp_off, sm_on, sm_off, tboot_noforce";
	if (param_name_same(param, "amd_iommu"))
		return "on, fullflush, force_enable, force_isolation, pgtbl_v1, pgtbl_v2";
	if (param_name_same(param, "iommu"))
		return "pt, nopt, force, merge, nomerge, forcesac, nodac, usedac";
	return "";
}

/* ---- names ---------------------------------------------------------------------------
 */

static const char *const names[] = {
	"intel_iommu",
	"amd_iommu",
	"iommu",
	"iommu.passthrough",
	"iommu.strict",
	"vfio-pci.ids",
	"vfio-pci.disable_vga",
	"vfio-pci.disable_idle_d3",
	"pcie_acs_override",
	"vfio_iommu_type1.allow_unsafe_interrupts",
};

/* What people write for the whole parameter, without the '='. */
static const char *const whole[] = { "intel_iommu=on", "amd_iommu=on", "iommu=pt" };

/* Real names that are near to those above. */
static const char *const real[] = { "nointremap", "amd_iommu_intr", "amd_iommu_dump",
				    "iommu.forcedac", "intremap" };

#define MAX_NAME 48

/* The letters and digits alone, in lower case. Returns whether it fits. */
static bool skeleton(const char *s, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]))
			continue;
		if (n == MAX_NAME - 1)
			return false;
		ret[n++] = (char)tolower((unsigned char)s[i]);
	}
	ret[n] = '\0';
	return true;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many letters are wrong, missing, too many, or changed about with the next one. */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][MAX_NAME + 1], na = strlen(a), nb = strlen(b);
	size_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t k = 0; k <= nb; k++)
		last[k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t *free_row = before;

		now[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			now[k] = min3(last[k] + 1, now[k - 1] + 1,
				      last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1] && before[k - 2] + 1 < now[k])
				now[k] = before[k - 2] + 1;
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[nb];
}

/* One slip in a short name, two in a long one; none in what is only a few letters. */
static bool is_near(const char *a, const char *b)
{
	size_t len = strlen(b);

	return a[0] == b[0] && distance(a, b) <= (len < 10 ? 1u : 2u);
}

static bool is_name_of(const char *const *list, size_t n, const char *token)
{
	for (size_t i = 0; i < n; i++)
		if (param_name_same(token, list[i]))
			return true;
	return false;
}

/* "iommu_pt", "intel_iommu.on", "intel_iommu" without a value. */
static const char *whole_meant(const char *bones, const char *token)
{
	char other[MAX_NAME];

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		if (param_name_same(token, whole[i]))
			return whole[i];
		skeleton(whole[i], strlen(whole[i]), other);
		if (strcmp(bones, other) == 0)
			return whole[i];
	}
	return NULL;
}

char *param_meant(const char *token)
{
	const char *equals = strchr(token, '='), *found;
	size_t len = equals ? (size_t)(equals - token) : strlen(token);
	char bones[MAX_NAME], other[MAX_NAME];

	if (!skeleton(token, len, bones) || is_name_of(real, ARRAY_SIZE(real), token))
		return NULL;
	found = equals ? NULL : whole_meant(bones, token);
	if (found)
		return xstrdup(found);
	if (is_name_of(names, ARRAY_SIZE(names), token))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		skeleton(names[i], strlen(names[i]), other);
		if (is_near(bones, other))
			return xasprintf("%s%s", names[i], equals ? equals : "");
	}
	return NULL;
}
