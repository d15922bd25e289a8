/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/params.h"

#include <errno.h>

/* linux drivers/vfio/pci/vfio_pci.c: static char ids[1024] */
#define IDS_MAX_BYTES 1023

void wanted_done(struct wanted *w)
{
	strv_done(&w->params);
	edit_done(&w->edit);
	for (size_t i = 0; i < w->n_conflicts; i++) {
		free(w->conflicts[i].param);
		free(w->conflicts[i].to);
		free(w->conflicts[i].why);
	}
	free(w->conflicts);
	*w = (struct wanted){ 0 };
}

/* ---- the edit that gets there ------------------------------------------------------ */

static void remove_slots(const struct wish *w, struct slots *s, struct edit *ed)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < w->remove_params.n; k++)
			if (is_named_by(s->v[i].token, w->remove_params.v[k])) {
				s->v[i].removed = true;
				edit_push(ed, EDIT_REMOVE, s->v[i].token, NULL);
			}
}

static void strv_insert(struct strv *v, size_t at, const char *s)
{
	strv_add(v, s);
	for (size_t i = v->n - 1; i > at; i--) {
		char *swap = v->v[i];

		v->v[i] = v->v[i - 1];
		v->v[i - 1] = swap;
	}
}

/* The last parameter of that name, which words may be merged into. */
static struct slot *last_list(struct slots *s, const char *name)
{
	for (size_t i = s->n; i > 0; i--)
		if (s->v[i - 1].is_list && !s->v[i - 1].removed &&
		    slot_is(&s->v[i - 1], name))
			return &s->v[i - 1];
	return NULL;
}

/*
 * Puts the words of a wanted parameter into the slot that contradicted it, or else into
 * the last one of its name. A word that turns a switch goes to the front: words behind it
 * may qualify it, and "usedac" ends the kernel's parsing of iommu=.
 */
static struct slot *merge_words(struct slots *s, const struct slot *need,
				const struct strv *words, size_t stripped)
{
	struct slot *slot =
		stripped != SIZE_MAX ? &s->v[stripped] : last_list(s, need->name);
	size_t front = 0;

	if (!slot)
		return NULL;
	if (!slot->is_list) {
		free(slot->name);
		slot->name = xstrdup(need->name);
		slot->is_list = true;
	}
	for (size_t i = 0; i < words->n; i++)
		strv_insert(&slot->words,
			    slot_word_turns(need, words->v[i]) ? front++ : slot->words.n,
			    words->v[i]);
	slot->changed = true;
	return slot;
}

/* While the one list that counts is rewritten, those that it made void go. */
static void clear_overwritten(struct slots *s, const struct slot *kept)
{
	for (size_t i = 0; i < s->n; i++) {
		struct slot *slot = &s->v[i];

		if (slot == kept || !slot->is_list || !slot_is(slot, kept->name))
			continue;
		strv_done(&slot->words);
		slot->changed = true;
	}
}

/* stripped: the slot that contradicted it, SIZE_MAX if none. */
static void satisfy(struct slots *s, const struct slot *need, size_t stripped,
		    struct strv *add)
{
	CLEANUP(strv_done) struct strv lacking = { 0 };
	CLEANUP(free_char) char *joined = NULL;
	struct slot *slot;

	if (!need->is_list) {
		if (!slots_satisfy(s, need->token))
			strv_add(add, need->token);
		return;
	}
	slots_lacking(s, need, &lacking);
	if (lacking.n == 0)
		return;
	slot = merge_words(s, need, &lacking, stripped);
	if (slot && is_overwritten_name(slot->name))
		clear_overwritten(s, slot);
	joined = strv_join(&lacking, ",");
	if (!slot)
		strv_addf(add, "%s=%s", need->name, joined);
}

/* What a changed slot's parameter becomes; NULL: nothing. An edit cannot tell equal
 * parameters apart, so they share the longest outcome. */
static char *outcome(const struct slots *s, size_t at)
{
	CLEANUP(free_char) char *words = NULL;
	const struct slot *best = &s->v[at];

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].changed && strcmp(s->v[i].token, s->v[at].token) == 0 &&
		    s->v[i].words.n > best->words.n)
			best = &s->v[i];
	if (best->words.n == 0)
		return NULL;
	words = strv_join(&best->words, ",");
	return xasprintf("%s=%s", best->name, words);
}

/* A token that is rewritten must be one that an edit can find and put back. */
static int check_rewrite(const struct slot *slot, const char *to, struct error *e)
{
	size_t quotes = 0;

	for (const char *p = slot->token; *p; p++)
		quotes += *p == '"';
	if (quotes % 2) {
		error_set(e, EINVAL, "the quote in %s never ends", slot->token);
		error_hint(e, "correct the command line by hand first");
		return -EINVAL;
	}
	if (!to)
		return 0;
	if (param_name_same(to, "vfio-pci.ids") &&
	    strlen(strchr(to, '=') + 1) > IDS_MAX_BYTES)
		return error_set(e, E2BIG, "vfio-pci.ids= would be longer than %d bytes",
				 IDS_MAX_BYTES);
	if (param_check_safe(to, e) < 0) {
		e->code = ERROR_REFUSED;
		error_prefix(e, "%s can't be rewritten", slot->token);
		return -EINVAL;
	}
	return 0;
}

static void add_conflict(struct wanted *ret, const struct slot *slot, const char *to)
{
	for (size_t i = 0; i < ret->n_conflicts; i++)
		if (str_eq(ret->conflicts[i].param, slot->token))
			return;
	ret->conflicts = xgrow(ret->conflicts, ret->n_conflicts, &ret->conflicts_cap,
			       sizeof(*ret->conflicts));
	ret->conflicts[ret->n_conflicts++] = (struct contradiction){
		.param = xstrdup(slot->token),
		.to = xstrdup_null(to),
		.why = xstrdup(slot->why),
		.is_about_pt = slot->is_about_pt,
	};
}

/* Removals come first, so that no replacement is taken for one that is already there. */
static int push_changes(const struct slots *s, bool removals, struct wanted *ret,
			struct error *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct slot *slot = &s->v[i];
		CLEANUP(free_char) char *to = NULL;

		if (!slot->changed || slot->removed)
			continue;
		to = outcome(s, i);
		if (removals != !to)
			continue;
		if (check_rewrite(slot, to, e) < 0)
			return -EINVAL;
		edit_push(&ret->edit, to ? EDIT_REPLACE : EDIT_REMOVE, slot->token, to);
	}
	return 0;
}

static int push_edit(const struct slots *s, const struct strv *add, struct wanted *ret,
		     struct error *e)
{
	if (push_changes(s, true, ret, e) < 0 || push_changes(s, false, ret, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < s->n; i++) {
		CLEANUP(free_char) char *to = NULL;

		if (!s->v[i].why)
			continue;
		to = outcome(s, i);
		add_conflict(ret, &s->v[i], to);
	}
	if (add->n && s->has_init_args) {
		error_set(e, EINVAL,
			  "the command line has a lone \"--\": what follows it goes to "
			  "init, not to the kernel");
		error_hint(e, "add %s in front of it by hand", add->v[0]);
		return -EINVAL;
	}
	for (size_t i = 0; i < add->n; i++)
		edit_push(&ret->edit, EDIT_ADD, add->v[i], NULL);
	return 0;
}

/* Without interrupt remapping VFIO takes no device, unless it is told to. A person who
 * asks for intremap=off has it. */
static void strip_remapping(const struct wish *w, const struct strv *tokens,
			    const struct slots *needs, struct slots *s)
{
	if (w->unsafe_interrupts || cmdline_allows_unsafe(tokens) ||
	    cmdline_allows_unsafe(&w->params) ||
	    setting_blocker(&setting_remapping, needs))
		return;
	setting_strip(&setting_remapping, s);
}

/* What is left of a rewritten list may be just what the person wants gone. */
static void clear_unwished(const struct wish *w, struct slots *s)
{
	for (size_t i = 0; i < s->n; i++) {
		CLEANUP(free_char) char *to = NULL;

		if (!s->v[i].changed || s->v[i].removed)
			continue;
		to = outcome(s, i);
		for (size_t k = 0; to && k < w->remove_params.n; k++)
			if (is_named_by(to, w->remove_params.v[k]))
				strv_done(&s->v[i].words);
	}
}

static int make_edit(const struct wish *w, const struct strv *tokens, struct wanted *ret,
		     struct error *e)
{
	CLEANUP(slots_done) struct slots s = { 0 }, needs = { 0 };
	CLEANUP(strv_done) struct strv add = { 0 };
	size_t own, any, pt = SIZE_MAX;

	slots_parse(tokens, &s);
	slots_parse(&ret->params, &needs);
	remove_slots(w, &s, &ret->edit);
	slots_drop_unknown(&s, w->vendor);
	any = setting_strip(&setting_any, &s);
	own = setting_strip(setting_of(w->vendor), &s);
	strip_remapping(w, tokens, &needs, &s);
	if (setting_is_good(&setting_passthrough, &needs))
		pt = setting_strip(&setting_passthrough, &s);
	for (size_t i = 0; i < needs.n; i++) {
		const struct slot *need = &needs.v[i];
		size_t stripped = SIZE_MAX;

		if (slot_is(need, "iommu"))
			stripped = any < pt ? any : pt;
		else if (slot_is(need,
				 w->vendor == CPU_INTEL ? "intel_iommu" : "amd_iommu"))
			stripped = own;
		satisfy(&s, need, stripped, &add);
	}
	clear_unwished(w, &s);
	return push_edit(&s, &add, ret, e);
}

/*
 * An edit takes equal parameters for one and puts the result where the first stood, so
 * that in a line full of repetitions another word may become the last one. Then a second
 * look finds what is left to do.
 */
#define MAX_LOOKS 4

static int make_whole_edit(const struct wish *w, const struct strv *tokens,
			   struct wanted *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv line = { 0 };
	size_t before = 0;

	strv_copy(&line, tokens);
	for (int look = 0; look < MAX_LOOKS; look++) {
		CLEANUP(strv_done) struct strv now = { 0 };

		if (make_edit(w, &line, ret, e) < 0)
			return -EINVAL;
		if (ret->edit.n == before)
			return 0;
		before = ret->edit.n;
		strv_copy(&now, tokens);
		edit_apply_params(&ret->edit, &now);
		strv_done(&line);
		strv_copy(&line, &now);
	}
	error_set(e, EINVAL, "the IOMMU's parameters contradict each other too often");
	error_hint(e, "take all but one of each out of the command line by hand");
	return -EINVAL;
}

int wanted_make(const struct wish *w, const struct strv *tokens, struct wanted *ret,
		struct error *e)
{
	struct wanted made = { 0 };
	struct error own = { 0 };

	if (wish_params(w, &made.params, &own) < 0 ||
	    make_whole_edit(w, tokens, &made, &own) < 0) {
		wanted_done(&made);
		if (e)
			*e = own;
		return -EINVAL;
	}
	*ret = made;
	return 0;
}

void wanted_missing(const struct wanted *want, const char *options, struct strv *ret)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(slots_done) struct slots s = { 0 };

	cmdline_split(options, strlen(options), &tokens);
	slots_parse(&tokens, &s);
	for (size_t i = 0; i < want->params.n; i++)
		if (!slots_satisfy(&s, want->params.v[i]))
			strv_add(ret, want->params.v[i]);
}
