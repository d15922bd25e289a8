/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wanted on a command line, and the edit that gets there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "tests/unit/fixture.h"

struct case_of {
	enum cpu_vendor vendor;
	const char *options; /* "no-pt", "acs=...", "id=VVVV:DDDD", "+K=V", "-K[=V]" */
	const char *before;
	const char *after;
	const char *conflicts; /* "a>b" or "a>", joined with blanks */
};

#define I CPU_INTEL
#define A CPU_AMD

static const struct case_of cases[] = {
	/* nothing there */
	{ I, "", "", "intel_iommu=on iommu=pt", "" },
	{ A, "", "quiet splash", "quiet splash amd_iommu=on iommu=pt", "" },
	{ I, "no-pt", "quiet", "quiet intel_iommu=on", "" },
	/* satisfied already, in every form */
	{ I, "", "intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt", "" },
	{ I, "", "intel_iommu=on,sm_on iommu=pt", "intel_iommu=on,sm_on iommu=pt", "" },
	{ I, "", "intel_iommu=sm_on,on iommu=pt", "intel_iommu=sm_on,on iommu=pt", "" },
	{ I, "", "intel-iommu=on iommu=pt", "intel-iommu=on iommu=pt", "" },
	{ I, "", "intel_iommu=\"on\" iommu=pt", "intel_iommu=\"on\" iommu=pt", "" },
	{ I, "", "intel_iommu=on iommu=pt intel_iommu=sm_on",
	  "intel_iommu=on iommu=pt intel_iommu=sm_on", "" },
	{ I, "", "intel_iommu=on iommu.passthrough=1",
	  "intel_iommu=on iommu.passthrough=1", "" },
	{ I, "", "intel_iommu=on iommu.passthrough=y",
	  "intel_iommu=on iommu.passthrough=y", "" },
	{ A, "", "iommu=force,pt amd_iommu=on", "iommu=force,pt amd_iommu=on", "" },
	/* merged into a list, in front */
	{ I, "", "intel_iommu=sm_on iommu=pt", "intel_iommu=on,sm_on iommu=pt", "" },
	{ I, "", "intel_iommu=igfx_off q iommu=usedac",
	  "intel_iommu=on,igfx_off q iommu=pt,usedac", "" },
	{ A, "", "amd_iommu=pgtbl_v2", "amd_iommu=on,pgtbl_v2 iommu=pt", "" },
	{ A, "", "amd_iommu=fullflush amd_iommu=pgtbl_v1",
	  "amd_iommu=fullflush amd_iommu=on,pgtbl_v1 iommu=pt", "" },
	/* words that no kernel knows are replaced: no contradiction */
	{ I, "", "a intel_iommu=pt b", "a intel_iommu=on b iommu=pt", "" },
	{ I, "", "intel_iommu=on iommu=on", "intel_iommu=on iommu=pt", "" },
	{ I, "no-pt", "intel_iommu=on iommu=on q", "intel_iommu=on q", "" },
	{ I, "", "intel_iommu=pt,on iommu=pt", "intel_iommu=on iommu=pt", "" },
	{ I, "", "intel_iommu=1 iommu=pass", "intel_iommu=on iommu=pt", "" },
	{ I, "", "intel_iommu=ON iommu=PT", "intel_iommu=on iommu=pt", "" },
	{ I, "", "intel-iommu=enable iommu=force,passthrough",
	  "intel-iommu=on iommu=pt,force", "" },
	{ A, "", "amd_iommu=pt iommu=pt", "amd_iommu=on iommu=pt", "" },
	{ A, "", "amd_iommu=force iommu=1", "amd_iommu=on iommu=pt,1", "" },
	{ A, "", "intel_iommu=pt", "intel_iommu=pt amd_iommu=on iommu=pt", "" },
	{ I, "", "intel_iommu=pt,off", "intel_iommu=on iommu=pt",
	  "intel_iommu=pt,off>intel_iommu=on" },
	/* the kernel looks at the beginning of a word; old ones at every byte of AMD's */
	{ I, "", "intel_iommu=only,igfx_off2 iommu=ptx",
	  "intel_iommu=only,igfx_off2 iommu=ptx", "" },
	{ A, "", "amd_iommu=on,no_fullflush iommu=pt",
	  "amd_iommu=on,no_fullflush iommu=pt", "" },
	{ I, "", "intel_iommu=on,relax_rmrr,intgpu_off,nobounce,sm_off iommu=pt",
	  "intel_iommu=on,relax_rmrr,intgpu_off,nobounce,sm_off iommu=pt", "" },
	{ A, "",
	  "amd_iommu=on,nohugepages,v2_pgsizes_only,irtcachedis iommu=pt,noagp,32M",
	  "amd_iommu=on,nohugepages,v2_pgsizes_only,irtcachedis iommu=pt,noagp,32M", "" },
	/* contradictions, where they stand; Intel's last word wins */
	{ I, "", "a intel_iommu=off b", "a intel_iommu=on b iommu=pt",
	  "intel_iommu=off>intel_iommu=on" },
	{ I, "no-pt", "intel_iommu=on intel_iommu=off", "intel_iommu=on",
	  "intel_iommu=off>" },
	{ I, "no-pt", "intel_iommu=off intel_iommu=on", "intel_iommu=off intel_iommu=on",
	  "" },
	{ I, "no-pt", "intel_iommu=on,off", "intel_iommu=on",
	  "intel_iommu=on,off>intel_iommu=on" },
	{ I, "no-pt", "intel_iommu=off,sm_on", "intel_iommu=on,sm_on",
	  "intel_iommu=off,sm_on>intel_iommu=on,sm_on" },
	{ I, "no-pt", "intel_iommu=off x intel_iommu=off", "intel_iommu=on x",
	  "intel_iommu=off>intel_iommu=on" },
	{ I, "no-pt", "intel_iommu=sm_on intel_iommu=off",
	  "intel_iommu=sm_on intel_iommu=on", "intel_iommu=off>intel_iommu=on" },
	/* interrupt remapping: VFIO refuses devices without; the last word wins */
	{ I, "", "intel_iommu=off intremap=off", "intel_iommu=on iommu=pt",
	  "intel_iommu=off>intel_iommu=on intremap=off>" },
	{ A, "no-pt", "amd_iommu=on q intremap=off,nosid",
	  "amd_iommu=on q intremap=nosid", "intremap=off,nosid>intremap=nosid" },
	{ I, "no-pt", "intel_iommu=on intremap=off intremap=on",
	  "intel_iommu=on intremap=off intremap=on", "" },
	{ I, "no-pt", "intel_iommu=on intremap=no_x2apic_optout",
	  "intel_iommu=on intremap=no_x2apic_optout", "" },
	{ I, "no-pt", "nointremap intel_iommu=on noapic", "intel_iommu=on",
	  "nointremap> noapic>" },
	{ I, "no-pt", "nointremap intel_iommu=on intremap=on",
	  "nointremap intel_iommu=on intremap=on", "" },
	/* unless VFIO may do without, or a person asks for it */
	{ I, "no-pt",
	  "intel_iommu=on intremap=off vfio_iommu_type1.allow_unsafe_interrupts=1",
	  "intel_iommu=on intremap=off vfio_iommu_type1.allow_unsafe_interrupts=1", "" },
	{ I, "no-pt", "intel_iommu=on noapic vfio_iommu_type1.allow_unsafe_interrupts",
	  "intel_iommu=on noapic vfio_iommu_type1.allow_unsafe_interrupts", "" },
	{ I, "no-pt", "intel_iommu=on noapic iommufd.allow_unsafe_interrupts",
	  "intel_iommu=on iommufd.allow_unsafe_interrupts", "noapic>" },
	{ I, "no-pt",
	  "intel_iommu=on intremap=off vfio-iommu-type1.allow_unsafe_interrupts=0",
	  "intel_iommu=on vfio-iommu-type1.allow_unsafe_interrupts=0", "intremap=off>" },
	{ I, "no-pt +intremap=off", "intel_iommu=on", "intel_iommu=on intremap=off", "" },
	{ I, "no-pt +vfio_iommu_type1.allow_unsafe_interrupts=1",
	  "intel_iommu=on intremap=off",
	  "intel_iommu=on intremap=off vfio_iommu_type1.allow_unsafe_interrupts=1", "" },
	/* the other vendor's parameter is none of our business */
	{ I, "no-pt", "amd_iommu=off", "amd_iommu=off intel_iommu=on", "" },
	{ A, "no-pt", "intel_iommu=off", "intel_iommu=off amd_iommu=on", "" },
	/* AMD's off, and iommu=off and soft, are not taken back by any later word */
	{ A, "no-pt", "amd_iommu=off amd_iommu=on", "amd_iommu=on", "amd_iommu=off>" },
	{ A, "no-pt", "amd_iommu=on amd_iommu=off", "amd_iommu=on", "amd_iommu=off>" },
	{ A, "no-pt", "amd_iommu=off", "amd_iommu=on", "amd_iommu=off>amd_iommu=on" },
	{ I, "", "intel_iommu=on iommu=off", "intel_iommu=on iommu=pt",
	  "iommu=off>iommu=pt" },
	{ I, "", "intel_iommu=on iommu=off iommu=pt", "intel_iommu=on iommu=pt",
	  "iommu=off>" },
	{ I, "", "intel_iommu=on iommu=pt iommu=soft", "intel_iommu=on iommu=pt",
	  "iommu=soft>" },
	{ A, "", "iommu=soft", "iommu=pt amd_iommu=on", "iommu=soft>iommu=pt" },
	{ A, "no-pt", "iommu=soft q", "q amd_iommu=on", "iommu=soft>" },
	{ A, "no-pt", "iommu=soft,force q", "iommu=force q amd_iommu=on",
	  "iommu=soft,force>iommu=force" },
	{ I, "", "iommu=off,force iommu=off,force intel_iommu=on",
	  "iommu=pt,force intel_iommu=on", "iommu=off,force>iommu=pt,force" },
	/* pass-through, only where it is wanted */
	{ I, "", "intel_iommu=on iommu=nopt", "intel_iommu=on iommu=pt",
	  "iommu=nopt>iommu=pt" },
	{ I, "no-pt", "intel_iommu=on iommu=nopt", "intel_iommu=on iommu=nopt", "" },
	{ I, "", "intel_iommu=on iommu.passthrough=0", "intel_iommu=on iommu=pt",
	  "iommu.passthrough=0>iommu=pt" },
	{ I, "", "intel_iommu=on iommu=pt iommu.passthrough=0", "intel_iommu=on iommu=pt",
	  "iommu.passthrough=0>" },
	{ I, "", "intel_iommu=on iommu.passthrough=0 iommu=pt",
	  "intel_iommu=on iommu.passthrough=0 iommu=pt", "" },
	{ I, "no-pt", "intel_iommu=on iommu.passthrough=0",
	  "intel_iommu=on iommu.passthrough=0", "" },
	/* ids: only the last list counts */
	{ I, "no-pt id=10de:2204 id=10de:1aef", "intel_iommu=on",
	  "intel_iommu=on vfio-pci.ids=10de:2204,10de:1aef", "" },
	{ I, "no-pt id=10de:2204", "intel_iommu=on vfio_pci.ids=8086:1521",
	  "intel_iommu=on vfio_pci.ids=8086:1521,10de:2204", "" },
	{ I, "no-pt id=10de:2204", "intel_iommu=on vfio-pci.ids=10DE:2204",
	  "intel_iommu=on vfio-pci.ids=10DE:2204", "" },
	{ I, "no-pt id=000a:000a", "vfio-pci.ids=a vfio-pci.ids=b vfio-pci.ids=a",
	  "vfio-pci.ids=a,000a:000a intel_iommu=on", "" },
	{ I, "no-pt id=000a:000a",
	  "vfio-pci.ids=b,000a:000a vfio-pci.ids=c vfio-pci.ids=b",
	  "vfio-pci.ids=b,000a:000a intel_iommu=on", "" },
	/* ACS override: occurrences add up */
	{ I, "no-pt acs=downstream,multifunction", "intel_iommu=on",
	  "intel_iommu=on pcie_acs_override=downstream,multifunction", "" },
	{ I, "no-pt acs=downstream,multifunction",
	  "intel_iommu=on pcie_acs_override=downstream",
	  "intel_iommu=on pcie_acs_override=downstream,multifunction", "" },
	/* --param */
	{ I, "no-pt +nosplash +a=b", "a=b intel_iommu=on", "a=b intel_iommu=on nosplash",
	  "" },
	{ I, "no-pt +console=ttyS0", "console=tty0 intel_iommu=on",
	  "console=tty0 intel_iommu=on console=ttyS0", "" },
	{ I, "no-pt +intel_iommu=sm_on", "", "intel_iommu=on,sm_on", "" },
	{ I, "+iommu=nopt", "intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt,nopt",
	  "" },
	{ I, "+iommu.passthrough=1", "", "intel_iommu=on iommu.passthrough=1", "" },
	{ I, "+vfio-pci.ids=1:2 id=10de:2204", "intel_iommu=on iommu=pt",
	  "intel_iommu=on iommu=pt vfio-pci.ids=10de:2204,1:2", "" },
	/* --remove-param */
	{ I, "no-pt -quiet", "quiet a quiet=1 quiet", "a intel_iommu=on", "" },
	{ I, "no-pt -a=1", "a=1 a=2 a=1", "a=2 intel_iommu=on", "" },
	{ I, "-iommu=pt", "intel_iommu=on iommu=pt", "intel_iommu=on", "" },
	{ I, "-intel_iommu", "intel_iommu=off iommu=pt", "iommu=pt", "" },
	{ I, "no-pt -pcie_acs_override", "intel_iommu=on pcie-acs-override=downstream",
	  "intel_iommu=on", "" },
};

static void make_wish(const struct case_of *c, struct wish *w)
{
	CLEANUP(strv_done) struct strv words = { 0 };

	*w = (struct wish){ .vendor = c->vendor };
	w->ids = xcalloc(8, sizeof(*w->ids));
	strv_split(&words, c->options, " ");
	for (size_t i = 0; i < words.n; i++) {
		const char *o = words.v[i];

		if (strcmp(o, "no-pt") == 0)
			w->no_pt = true;
		else if (str_starts(o, "acs="))
			w->acs_override = xstrdup(o + 4);
		else if (str_starts(o, "id="))
			w->ids[w->n_ids++] = (struct pci_id){
				.vendor = (uint16_t)strtoul(o + 3, NULL, 16),
				.device = (uint16_t)strtoul(strchr(o, ':') + 1, NULL, 16),
			};
		else if (*o == '+')
			strv_add(&w->params, o + 1);
		else
			strv_add(&w->remove_params, o + 1);
	}
}

static char *conflicts_text(const struct wanted *want)
{
	struct str s = { 0 };

	for (size_t i = 0; i < want->n_conflicts; i++) {
		assert_non_null(want->conflicts[i].why);
		str_addf(&s, "%s%s>%s", i ? " " : "", want->conflicts[i].param,
			 want->conflicts[i].to ? want->conflicts[i].to : "");
	}
	return str_take(&s);
}

static void check_case(const struct case_of *c)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(strv_done) struct strv missing = { 0 };
	CLEANUP(wish_done) struct wish w = { 0 };
	CLEANUP(wanted_done) struct wanted want = { 0 };
	CLEANUP(wanted_done) struct wanted again = { 0 };
	CLEANUP(free_char) char *after = NULL;
	CLEANUP(free_char) char *conflicts = NULL;
	struct error e = { 0 };

	make_wish(c, &w);
	cmdline_split(c->before, strlen(c->before), &tokens);
	assert_int_equal(wanted_make(&w, &tokens, &want, &e), 0);
	edit_apply_params(&want.edit, &tokens);
	after = strv_join(&tokens, " ");
	conflicts = conflicts_text(&want);
	assert_string_equal(after, c->after);
	assert_string_equal(conflicts, c->conflicts);
	wanted_missing(&want, after, &missing);
	assert_int_equal(missing.n, 0);
	assert_int_equal(wanted_make(&w, &tokens, &again, &e), 0);
	assert_int_equal(again.edit.n, 0);
	assert_int_equal(again.n_conflicts, 0);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("# %s | %s\n", cases[i].options, cases[i].before);
		check_case(&cases[i]);
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct case_of c;
		enum error_code code;
	} bad[] = {
		{ { CPU_UNKNOWN, "", "", NULL, NULL }, ERROR_REFUSED },
		{ { CPU_OTHER, "", "", NULL, NULL }, ERROR_REFUSED },
		{ { I, "+intel_iommu=off", "", NULL, NULL }, ERROR_USAGE },
		{ { A, "+iommu=soft", "", NULL, NULL }, ERROR_USAGE },
		/* no kernel knows the word */
		{ { I, "+intel_iommu=UNKNOWN", "", NULL, NULL }, ERROR_USAGE },
		{ { A, "+amd_iommu=pt", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+iommu=pt,on", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+a;b", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+--", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+=x", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "-", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+quiet -quiet", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "+quiet=1 -quiet", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "acs=upstream", "", NULL, NULL }, ERROR_USAGE },
		{ { I, "acs=", "", NULL, NULL }, ERROR_USAGE },
		/* a parameter behind "--" would not reach the kernel */
		{ { I, "", "quiet -- single", NULL, NULL }, ERROR_REFUSED },
		/* what can't be put back is not touched */
		{ { I, "", "intel_iommu=\"off", NULL, NULL }, ERROR_REFUSED },
		{ { I, "", "intel_iommu=off,$x", NULL, NULL }, ERROR_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(strv_done) struct strv tokens = { 0 };
		CLEANUP(wish_done) struct wish w = { 0 };
		struct wanted want = { 0 };
		struct error e = { 0 };

		make_wish(&bad[i].c, &w);
		cmdline_split(bad[i].c.before, strlen(bad[i].c.before), &tokens);
		print_message("# %s | %s\n", bad[i].c.options, bad[i].c.before);
		assert_true(wanted_make(&w, &tokens, &want, &e) < 0);
		assert_int_equal(e.code, bad[i].code);
		assert_true(e.what[0]);
		assert_int_equal(want.params.n, 0);
	}
}

static void test_ids_too_long(void **state)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(wish_done) struct wish w = { .vendor = CPU_INTEL, .n_ids = 1 };
	struct wanted want = { 0 };
	struct error e = { 0 };

	(void)state;
	w.ids = xcalloc(1, sizeof(*w.ids));
	str_add(&text, "vfio-pci.ids=10de:0001");
	for (int i = 2; i < 104; i++)
		str_addf(&text, ",10de:%04x", i);
	strv_add(&tokens, text.s);
	assert_true(wanted_make(&w, &tokens, &want, &e) < 0);
	assert_int_equal(e.code, ERROR_REFUSED);
}

static void test_missing(void **state)
{
	static const struct {
		const char *options, *missing;
	} lines[] = {
		{ "", "intel_iommu=on iommu=pt" },
		{ "intel_iommu=on", "iommu=pt" },
		{ "iommu=pt intel_iommu=on,sm_on", "" },
		{ "intel_iommu=on intel_iommu=off iommu=pt", "intel_iommu=on" },
		{ "intel_iommu=off intel_iommu=on iommu=pt", "" },
		{ "intel_iommu=on iommu.passthrough=1", "" },
		{ "intel_iommu=on iommu=pt iommu.passthrough=off", "iommu=pt" },
		{ "intel_iommu=sm_on iommu=pt", "intel_iommu=on" },
		{ "-- intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt" },
	};
	CLEANUP(wanted_done) struct wanted want = { 0 };
	struct wish w = { .vendor = CPU_INTEL };
	struct strv none = { 0 };

	(void)state;
	assert_int_equal(wanted_make(&w, &none, &want, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(strv_done) struct strv missing = { 0 };
		CLEANUP(free_char) char *text = NULL;

		wanted_missing(&want, lines[i].options, &missing);
		text = strv_join(&missing, " ");
		assert_string_equal(text, lines[i].missing);
	}
}

static void test_blocks(void **state)
{
	static const struct {
		enum cpu_vendor vendor;
		const char *options, *token;
	} lines[] = {
		{ I, "quiet", NULL },
		{ I, "intel_iommu=off", "intel_iommu=off" },
		{ I, "intel_iommu=off intel_iommu=on", NULL },
		{ I, "intel_iommu=on,off", "intel_iommu=on,off" },
		{ I, "intel_iommu=on iommu=off iommu=pt", "iommu=off" },
		{ I, "iommu=soft,force", "iommu=soft,force" },
		{ I, "iommu=nopt iommu.passthrough=0", NULL },
		{ I, "amd_iommu=off", NULL },
		{ A, "intel_iommu=off", NULL },
		{ A, "amd_iommu=off amd_iommu=on", "amd_iommu=off" },
		{ CPU_UNKNOWN, "amd_iommu=off", "amd_iommu=off" },
		{ CPU_UNKNOWN, "intel_iommu=off", "intel_iommu=off" },
		{ I, "-- intel_iommu=off", NULL },
		{ I, "\"intel_iommu=off\"", "\"intel_iommu=off\"" },
		{ I, "intel_iommu=igfx_off", NULL },
		{ I, "iommu", NULL },
		{ I, "intel_iommu=", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(strv_done) struct strv tokens = { 0 };
		const char *token;

		cmdline_split(lines[i].options, strlen(lines[i].options), &tokens);
		token = cmdline_blocks(&tokens, lines[i].vendor);
		if (lines[i].token)
			assert_string_equal(token, lines[i].token);
		else
			assert_null(token);
	}
}

static void test_meant(void **state)
{
	static const char *const slips[][2] = {
		{ "vfio-pci-ids=10de:2204", "vfio-pci.ids=10de:2204" },
		{ "vfio-pci.id=10de:2204", "vfio-pci.ids=10de:2204" },
		{ "vfio_pci_ids=1:2", "vfio-pci.ids=1:2" },
		{ "vfiopci.ids=1:2", "vfio-pci.ids=1:2" },
		{ "VFIO-PCI.ids=1:2", "vfio-pci.ids=1:2" },
		{ "vfio-pci.disable-vag=1", "vfio-pci.disable_vga=1" },
		{ "pcie_acs_overide=downstream", "pcie_acs_override=downstream" },
		{ "pcie_acs_overrides=downstream", "pcie_acs_override=downstream" },
		{ "pci_acs_override=downstream", "pcie_acs_override=downstream" },
		{ "inte_iommu=on", "intel_iommu=on" },
		{ "intel_immou=on", "intel_iommu=on" },
		{ "Intel_IOMMU=on", "intel_iommu=on" },
		{ "intel.iommu=on", "intel_iommu=on" },
		{ "adm_iommu=on", "amd_iommu=on" },
		{ "amdiommu=on", "amd_iommu=on" },
		{ "iomum=pt", "iommu=pt" },
		{ "iommu_pt", "iommu=pt" },
		{ "iommu.pt", "iommu=pt" },
		{ "iommu", "iommu=pt" },
		{ "intel_iommu", "intel_iommu=on" },
		{ "intel_iommu_on", "intel_iommu=on" },
		{ "iommu_passthrough=1", "iommu.passthrough=1" },
		{ "iommu.passtrough=1", "iommu.passthrough=1" },
		{ "vfio_iommu_type1.allow_unsafe_interrupt=1",
		  "vfio_iommu_type1.allow_unsafe_interrupts=1" },
	};
	/* The kernel takes "-" for "_" in names. */
	static const char *const right[] = {
		"vfio_pci.ids=1:2",
		"vfio-pci.ids=1:2",
		"intel-iommu=on",
		"amd-iommu=on",
		"pcie-acs-override=downstream",
		"iommu.passthrough=1",
		"iommu=on",
		"vfio-iommu-type1.allow_unsafe_interrupts=1",
		"quiet",
		"",
		"=",
		"-",
		"--",
		"amd_iommu_dump",
		"amd_iommu_intr=vapic",
		"iommu.strict=0",
		"iommu.forcedac=1",
		"intremap=off",
		"nointremap",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++) {
		CLEANUP(free_char) char *meant = param_meant(slips[i][0]);

		print_message("# %s\n", slips[i][0]);
		assert_non_null(meant);
		assert_string_equal(meant, slips[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		CLEANUP(free_char) char *meant = param_meant(right[i]);

		if (meant)
			fail_msg("%s is right, not meant to be %s", right[i], meant);
	}
}

/* No real parameter is taken for a mistake: data/kernel-parameters has the names of linux
 * Documentation/admin-guide/kernel-parameters.txt, one a line. */
static void test_meant_real(void **state)
{
	CLEANUP(str_done) struct str text = fixture_read("cmdline/kernel-parameters");
	const char *line;
	size_t pos = 0, n, count = 0;

	(void)state;
	while (next_line(str_c(&text), text.len, &pos, &line, &n)) {
		CLEANUP(free_char) char *bare = xstrndup(line, n);
		CLEANUP(free_char) char *set = xasprintf("%s=1", bare);
		CLEANUP(free_char) char *meant = NULL;

		if (n == 0 || *line == '#')
			continue;
		count++;
		/* The three that are nothing without a value. */
		if (strcmp(bare, "iommu") != 0 && strcmp(bare, "intel_iommu") != 0 &&
		    strcmp(bare, "amd_iommu") != 0)
			meant = param_meant(bare);
		if (!meant)
			meant = param_meant(set);
		if (meant)
			fail_msg("%s is taken for %s", bare, meant);
	}
	assert_true(count > 500);
}

/* ---- property: one edit satisfies, a second one is empty --------------------------- */

static uint32_t seed = 20240607;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *const pool[] = {
	"quiet",
	"ro",
	"root=/dev/sda1",
	"intel_iommu=on",
	"intel_iommu=off",
	"intel-iommu=off,sm_on",
	"intel_iommu=sm_on",
	"intel_iommu=on,off",
	"intel_iommu=\"off\"",
	"intel_iommu",
	"intel_iommu=",
	"intel_iommu=pt",
	"intel_iommu=pt,off",
	"iommu=on,force",
	"amd_iommu=pt",
	"amd_iommu=on",
	"amd_iommu=off",
	"amd_iommu=fullflush,off",
	"amd_iommu=pgtbl_v2",
	"iommu=pt",
	"iommu=nopt",
	"iommu=off",
	"iommu=soft",
	"iommu=off,pt",
	"iommu=pt,nopt,force",
	"iommu=force",
	"iommu=soft,nopt",
	"iommu.passthrough=0",
	"iommu.passthrough=1",
	"iommu.passthrough=on",
	"iommu.passthrough=off",
	"iommu.passthrough=junk",
	"vfio-pci.ids=10de:2204",
	"vfio_pci.ids=10de:1aef,8086:1521",
	"vfio-pci.ids=8086:1521",
	"vfio-pci.ids=8086:1521,10de:2204",
	"pcie_acs_override=downstream",
	"pcie_acs_override=multifunction",
	"pcie_acs_override=id:10de:2204",
	"\"dyndbg=a b\"",
};
static const char *const wishes[] = {
	"",
	"no-pt",
	"id=10de:2204",
	"id=10de:2204 id=10de:1aef",
	"acs=downstream,multifunction",
	"+quiet +x=1",
	"+intel_iommu=sm_on +amd_iommu=pgtbl_v2",
	"+iommu=nopt",
	"+iommu=force",
	"+iommu.passthrough=1",
	"-quiet -iommu",
	"-vfio-pci.ids",
	"-intel_iommu=off id=10de:2204",
};

static void fail_with(const struct case_of *c, const struct strv *after)
{
	CLEANUP(free_char) char *text = strv_join(after, " ");

	fail_msg("wish \"%s\" on \"%s\" gives \"%s\"", c->options, c->before, text);
}

static bool is_other(const char *token)
{
	static const char *const steered[] = {
		"intel_iommu",	     "amd_iommu",    "iommu",
		"iommu.passthrough", "vfio-pci.ids", "pcie_acs_override",
	};

	for (size_t i = 0; i < ARRAY_SIZE(steered); i++)
		if (param_name_same(token, steered[i]))
			return false;
	return true;
}

/* What is not steered stays, in its order and number, and what is new comes last. */
static bool others_stay(const struct wish *w, const struct strv *before,
			const struct strv *after)
{
	size_t k = 0;

	for (size_t i = 0; i < before->n; i++) {
		bool removed = false;

		for (size_t r = 0; r < w->remove_params.n; r++)
			removed = removed ||
				  param_name_same(before->v[i], w->remove_params.v[r]);
		if (removed || !is_other(before->v[i]))
			continue;
		while (k < after->n && !is_other(after->v[k]))
			k++;
		if (k == after->n || strcmp(after->v[k++], before->v[i]) != 0)
			return false;
	}
	return true;
}

static void check_property(const struct case_of *c)
{
	CLEANUP(strv_done) struct strv before = { 0 };
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(strv_done) struct strv missing = { 0 };
	CLEANUP(wish_done) struct wish w = { 0 };
	CLEANUP(wanted_done) struct wanted want = { 0 };
	CLEANUP(wanted_done) struct wanted again = { 0 };
	CLEANUP(free_char) char *after = NULL;

	make_wish(c, &w);
	cmdline_split(c->before, strlen(c->before), &before);
	strv_copy(&tokens, &before);
	assert_int_equal(wanted_make(&w, &tokens, &want, NULL), 0);
	edit_apply_params(&want.edit, &tokens);
	after = strv_join(&tokens, " ");
	wanted_missing(&want, after, &missing);
	if (missing.n || cmdline_blocks(&tokens, w.vendor) ||
	    !others_stay(&w, &before, &tokens))
		fail_with(c, &tokens);
	assert_int_equal(wanted_make(&w, &tokens, &again, NULL), 0);
	if (again.edit.n || again.n_conflicts)
		fail_with(c, &tokens);
}

static void test_property(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		CLEANUP(str_done) struct str line = { 0 };
		struct case_of c = { .vendor = roll(2) ? I : A };

		for (uint32_t n = roll(9); n > 0; n--)
			str_addf(&line, "%s ", pool[roll(ARRAY_SIZE(pool))]);
		c.options = wishes[roll(ARRAY_SIZE(wishes))];
		c.before = str_c(&line);
		check_property(&c);
	}
}

static void test_length(void **state)
{
	CLEANUP(str_done) struct str line = { 0 };
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i < 2047; i++)
		str_addc(&line, 'a');
	/* COMMAND_LINE_SIZE is 2048, with the NUL. */
	assert_int_equal(refuse_length(line.s, 0, &e), 0);
	assert_true(refuse_length(line.s, 1, &e) < 0);
	assert_non_null(strstr(e.what, "2048 bytes long (1 of them"));
	str_addc(&line, 'a');
	assert_true(refuse_length(line.s, 0, &e) < 0);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_non_null(strstr(e.what, "2048 bytes long: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ids_too_long), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_blocks),	     cmocka_unit_test(test_property),
		cmocka_unit_test(test_length),	     cmocka_unit_test(test_meant),
		cmocka_unit_test(test_meant_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
