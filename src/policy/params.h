/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel makes of the parameters that steer the IOMMU. Inside src/policy only.
 *
 * Sources: linux drivers/iommu/intel/iommu.c intel_iommu_setup() ("on" and "off" set the
 * same variable: the last one wins), drivers/iommu/amd/init.c parse_amd_iommu_options()
 * and arch/x86/kernel/pci-dma.c iommu_setup() (no word takes "off" or "soft" back: one is
 * enough, wherever it stands), drivers/iommu/iommu.c ("pt", "nopt" and iommu.passthrough=
 * set the same variable). All of them match words by prefix, and every occurrence is
 * parsed. What stands behind a lone "--" goes to init.
 */
#ifndef SLICER_POLICY_PARAMS_H
#define SLICER_POLICY_PARAMS_H

#include "policy/policy.h"

/* The parameters that a wish comes to, appended to ret. Usage error for what makes no
 * sense; refused when the vendor is unknown. */
int wish_params(const struct wish *w, struct strv *ret, struct error *e);
/* Does a removal name this parameter? "K" takes every one called K, "K=V" just that one.
 */
bool is_named_by(const char *token, const char *removal);

/* A parameter on its way through an edit. */
struct slot {
	const char *token; /* as it stands; borrowed */
	char *name;
	char *value; /* without quotes; NULL: no '=' */
	struct strv words; /* of the value, when is_list */
	bool is_list;
	bool changed; /* words are not those of token any more; none: it goes away */
	bool removed; /* on the person's wish */
	const char *why; /* it contradicts; NULL: it doesn't */
	bool is_about_pt; /* why != NULL: all that it contradicts is iommu=pt */
};
struct slots {
	struct slot *v;
	size_t n, cap;
	bool has_init_args; /* there is a lone "--" */
};
void slots_done(struct slots *s);
/* tokens is borrowed for the life of *ret. */
void slots_parse(const struct strv *tokens, struct slots *ret);
bool slot_is(const struct slot *s, const char *name);
/* Is name one whose value is a list that slicer merges into? */
bool is_list_name(const char *name);

/* A switch that words turn to one side or the other. */
struct setting;
extern const struct setting setting_intel, setting_amd, setting_any, setting_passthrough,
	setting_remapping;
/* The one that a vendor's own parameter sets; NULL for an unknown vendor. */
const struct setting *setting_of(enum cpu_vendor vendor);
/* Is it turned to the wanted side in the end? */
bool setting_is_good(const struct setting *set, const struct slots *s);
/* Takes away the words that turn it to the other side in the end. Returns the index of
 * the first slot that lost one, or SIZE_MAX. */
size_t setting_strip(const struct setting *set, struct slots *s);
/* Takes away the words that no kernel knows. */
void slots_drop_unknown(struct slots *s, enum cpu_vendor vendor);
/* The last slot with a word that turns it to the other side in the end, or NULL. */
const struct slot *setting_blocker(const struct setting *set, const struct slots *s);

/* Does this word of a wanted parameter turn a switch to the wanted side? */
bool slot_word_turns(const struct slot *param, const char *word);
/* Is a later parameter of that name the only one that counts? A string parameter of a
 * module is overwritten by the next one (linux kernel/params.c param_set_copystring());
 * the others add up. */
bool is_overwritten_name(const char *name);

/* Does any kernel know this word of intel_iommu=, amd_iommu= or iommu= (known.c)? True
 * for other names, and for what is no plain word: nothing can be said of it. */
bool word_is_known(const char *name, const char *word);

/* The usual words of the parameter, for a hint: static; "" for other names. */
const char *words_known(const char *param);

/* Do the slots give what param ("intel_iommu=on") asks for? For lists: all its words. */
bool slots_satisfy(const struct slots *s, const char *param);
/* The words of param that are not given; param is of a list name. */
void slots_lacking(const struct slots *s, const struct slot *param, struct strv *ret);

#endif
