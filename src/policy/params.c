/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/params.h"

#include <strings.h>

static const char *const list_names[] = {
	"intel_iommu",	"amd_iommu",	     "iommu",
	"vfio-pci.ids", "pcie_acs_override", "intremap",
};

enum effect { EFFECT_NONE, EFFECT_GOOD, EFFECT_BAD, EFFECT_STICKY };

struct word_rule {
	const char *name, *prefix;
	enum effect effect;
	const char *why;
};
struct setting {
	struct word_rule rules[4];
};

const struct setting setting_intel = { {
	{ "intel_iommu", "on", EFFECT_GOOD, NULL },
	{ "intel_iommu", "off", EFFECT_BAD, "turns VT-d off" },
} };
const struct setting setting_amd = { {
	{ "amd_iommu", "on", EFFECT_GOOD, NULL },
	{ "amd_iommu", "off", EFFECT_STICKY, "turns AMD-Vi off" },
} };
const struct setting setting_any = { {
	{ "iommu", "off", EFFECT_STICKY, "turns every IOMMU off" },
	{ "iommu", "soft", EFFECT_STICKY,
	  "has the kernel copy DMA through memory instead of using the IOMMU" },
} };
/* iommu.passthrough= takes a boolean: its prefixes are those of kstrtobool(). */
const struct setting setting_passthrough = { {
	{ "iommu", "pt", EFFECT_GOOD, NULL },
	{ "iommu", "nopt", EFFECT_BAD, "takes iommu=pt back" },
	{ "iommu.passthrough", "1", EFFECT_GOOD, NULL },
	{ "iommu.passthrough", "0", EFFECT_BAD, "takes iommu=pt back" },
} };

/* linux drivers/iommu/irq_remapping.c setup_nointremap(), setup_irqremap();
 * arch/x86/kernel/apic/apic.c enable_IR_x2apic(): "noapic" skips the set-up. */
const struct setting setting_remapping = { {
	{ "intremap", "on", EFFECT_GOOD, NULL },
	{ "intremap", "off", EFFECT_BAD, "turns interrupt remapping off" },
	{ "nointremap", "", EFFECT_BAD, "turns interrupt remapping off" },
	{ "noapic", "", EFFECT_STICKY,
	  "leaves the IO-APIC out, and interrupt remapping with it; a machine that needs "
	  "it "
	  "may not start without: try that with --trial" },
} };

const struct setting *setting_of(enum cpu_vendor vendor)
{
	if (vendor == CPU_INTEL)
		return &setting_intel;
	return vendor == CPU_AMD ? &setting_amd : NULL;
}

bool is_list_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_names); i++)
		if (param_name_same(list_names[i], name))
			return true;
	return false;
}

bool slot_is(const struct slot *s, const char *name)
{
	return param_name_same(s->name, name);
}

static void slot_done(struct slot *s)
{
	free(s->name);
	free(s->value);
	strv_done(&s->words);
}

void slots_done(struct slots *s)
{
	for (size_t i = 0; i < s->n; i++)
		slot_done(&s->v[i]);
	free(s->v);
	*s = (struct slots){ 0 };
}

/* Quotes around the whole or around the value go: linux lib/cmdline.c next_arg(). */
static void slot_parse(const char *token, struct slot *ret)
{
	bool quoted = token[0] == '"';
	const char *p = token + quoted, *value;
	size_t len;

	value = *p ? strchr(p + 1, '=') : NULL;
	*ret = (struct slot){ .token = token };
	if (value) {
		ret->name = xstrndup(p, (size_t)(value - p));
		value++;
		quoted = quoted || *value == '"';
		value += *value == '"';
	}
	len = strlen(value ? value : p);
	if (quoted && len && (value ? value : p)[len - 1] == '"')
		len--;
	if (value)
		ret->value = xstrndup(value, len);
	else
		ret->name = xstrndup(p, len);
	ret->is_list = value && is_list_name(ret->name);
	if (ret->is_list)
		strv_split(&ret->words, ret->value, ",");
}

void slots_parse(const struct strv *tokens, struct slots *ret)
{
	for (size_t i = 0; i < tokens->n; i++) {
		if (strcmp(tokens->v[i], "--") == 0) {
			ret->has_init_args = true;
			return;
		}
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		slot_parse(tokens->v[i], &ret->v[ret->n++]);
	}
}

static enum effect effect_of(const struct setting *set, const struct slot *s,
			     const char *word, const char **why)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->rules) && set->rules[i].name; i++) {
		const struct word_rule *rule = &set->rules[i];

		if (!slot_is(s, rule->name))
			continue;
		/* An empty prefix: the name alone does it, whatever the value. */
		if (*rule->prefix &&
		    (s->is_list ? !str_starts(word, rule->prefix)
				: param_bool(word) != *rule->prefix - '0'))
			continue;
		*why = rule->why;
		return rule->effect;
	}
	return EFFECT_NONE;
}

/* Is it iommu= or this vendor's own? The other one's is nobody's business. */
static bool slot_is_of(const struct slot *s, enum cpu_vendor vendor)
{
	return s->is_list &&
	       (slot_is(s, "iommu") || (vendor != CPU_AMD && slot_is(s, "intel_iommu")) ||
		(vendor != CPU_INTEL && slot_is(s, "amd_iommu")));
}

static size_t slot_words(const struct slot *s)
{
	if (s->removed)
		return 0;
	return s->is_list ? s->words.n : !s->changed;
}

static const char *slot_word(const struct slot *s, size_t i)
{
	if (s->is_list)
		return s->words.v[i];
	return s->value ? s->value : "";
}

/* How many words, counted over all slots, come up to and including the last good one. */
static size_t last_good(const struct setting *set, const struct slots *s)
{
	size_t count = 0, last = 0;
	const char *why;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < slot_words(&s->v[i]); k++) {
			count++;
			if (effect_of(set, &s->v[i], slot_word(&s->v[i], k), &why) ==
			    EFFECT_GOOD)
				last = count;
		}
	return last;
}

static bool is_bad(enum effect effect, size_t position, size_t good)
{
	return effect == EFFECT_STICKY || (effect == EFFECT_BAD && position > good);
}

bool setting_is_good(const struct setting *set, const struct slots *s)
{
	return last_good(set, s) > 0 && !setting_blocker(set, s);
}

const struct slot *setting_blocker(const struct setting *set, const struct slots *s)
{
	size_t good = last_good(set, s), count = 0;
	const struct slot *found = NULL;
	const char *why;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < slot_words(&s->v[i]); k++)
			if (is_bad(effect_of(set, &s->v[i], slot_word(&s->v[i], k), &why),
				   ++count, good))
				found = &s->v[i];
	return found;
}

static void slot_drop_word(struct slot *s, size_t k)
{
	s->changed = true;
	if (!s->is_list)
		return;
	free(s->words.v[k]);
	memmove(&s->words.v[k], &s->words.v[k + 1],
		(s->words.n - k) * sizeof(*s->words.v));
	s->words.n--;
}

size_t setting_strip(const struct setting *set, struct slots *s)
{
	size_t good = last_good(set, s), count = 0, first = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++) {
		struct slot *slot = &s->v[i];

		for (size_t k = 0; k < slot_words(slot);) {
			const char *why = NULL;

			if (!is_bad(effect_of(set, slot, slot_word(slot, k), &why),
				    ++count, good)) {
				k++;
				continue;
			}
			slot_drop_word(slot, k);
			if (!slot->why)
				slot->is_about_pt = set == &setting_passthrough;
			slot->why = slot->why ? slot->why : why;
			if (first == SIZE_MAX)
				first = i;
		}
	}
	return first;
}

/* Which setting does this word of a wanted parameter turn? NULL: it is just a word. */
static const struct setting *setting_turned(const struct slot *param, const char *word)
{
	static const struct setting *const all[] = { &setting_intel, &setting_amd,
						     &setting_passthrough };
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (effect_of(all[i], param, word, &why) == EFFECT_GOOD)
			return all[i];
	return NULL;
}

bool slot_word_turns(const struct slot *param, const char *word)
{
	return setting_turned(param, word) != NULL;
}

bool is_overwritten_name(const char *name)
{
	return param_name_same(name, "vfio-pci.ids");
}

static bool slots_have_word(const struct slots *s, const char *name, const char *word)
{
	for (size_t i = s->n; i > 0; i--) {
		const struct slot *slot = &s->v[i - 1];

		if (!slot->is_list || slot->removed || !slot_is(slot, name))
			continue;
		for (size_t k = 0; k < slot->words.n; k++)
			if (strcasecmp(slot->words.v[k], word) == 0)
				return true;
		if (is_overwritten_name(name))
			return false;
	}
	return false;
}

void slots_lacking(const struct slots *s, const struct slot *param, struct strv *ret)
{
	for (size_t i = 0; i < param->words.n; i++) {
		const char *word = param->words.v[i];
		const struct setting *set = setting_turned(param, word);

		if (set ? last_good(set, s) == 0 || setting_blocker(set, s)
			: !slots_have_word(s, param->name, word))
			strv_add(ret, word);
	}
}

bool slots_satisfy(const struct slots *s, const char *param)
{
	CLEANUP(strv_done) struct strv lacking = { 0 };
	struct slot wanted;
	bool found = false;

	slot_parse(param, &wanted);
	if (wanted.is_list) {
		slots_lacking(s, &wanted, &lacking);
		found = lacking.n == 0;
	}
	for (size_t i = 0; !wanted.is_list && i < s->n; i++)
		found = found || (!s->v[i].removed && param_same(s->v[i].token, param));
	slot_done(&wanted);
	return found;
}

const char *cmdline_blocks(const struct strv *tokens, enum cpu_vendor vendor)
{
	CLEANUP(slots_done) struct slots s = { 0 };
	const struct slot *found;

	slots_parse(tokens, &s);
	found = setting_blocker(&setting_any, &s);
	if (!found && vendor != CPU_AMD)
		found = setting_blocker(&setting_intel, &s);
	if (!found && vendor != CPU_INTEL)
		found = setting_blocker(&setting_amd, &s);
	return found ? found->token : NULL;
}

const char *cmdline_stops_remapping(const struct strv *tokens)
{
	CLEANUP(slots_done) struct slots s = { 0 };
	const struct slot *found;

	slots_parse(tokens, &s);
	found = setting_blocker(&setting_remapping, &s);
	return found ? found->token : NULL;
}

bool cmdline_allows_unsafe(const struct strv *tokens)
{
	return cmdline_is_on(tokens, "vfio_iommu_type1.allow_unsafe_interrupts");
}

const char *cmdline_unknown_word(const struct strv *tokens, enum cpu_vendor vendor,
				 char **ret_word)
{
	CLEANUP(slots_done) struct slots s = { 0 };
	const char *found = NULL;

	slots_parse(tokens, &s);
	for (size_t i = 0; i < s.n && !found; i++)
		for (size_t k = 0; k < s.v[i].words.n && !found; k++) {
			if (slot_is_of(&s.v[i], vendor) &&
			    !word_is_known(s.v[i].name, s.v[i].words.v[k])) {
				found = s.v[i].token;
				if (ret_word)
					*ret_word = xstrdup(s.v[i].words.v[k]);
			}
		}
	return found;
}

void slots_drop_unknown(struct slots *s, enum cpu_vendor vendor)
{
	for (size_t i = 0; i < s->n; i++) {
		struct slot *slot = &s->v[i];

		if (slot->removed || !slot_is_of(slot, vendor))
			continue;
		for (size_t k = 0; k < slot->words.n;)
			if (word_is_known(slot->name, slot->words.v[k]))
				k++;
			else
				slot_drop_word(slot, k);
	}
}
