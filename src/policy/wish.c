/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters that a wish comes to, before any command line is looked at. */
#include "policy/params.h"

#include <errno.h>

void wish_done(struct wish *w)
{
	strv_done(&w->params);
	strv_done(&w->remove_params);
	free(w->ids);
	free(w->acs_override);
	*w = (struct wish){ 0 };
}

/* Adds param, or its words to the one of the same name if that is a list. */
static void params_merge(struct strv *params, const char *param)
{
	CLEANUP(slots_done) struct slots added = { 0 };
	struct strv one = { .v = (char *[]){ (char *)param, NULL }, .n = 1 };
	size_t i = 0;

	slots_parse(&one, &added);
	while (i < params->n &&
	       !(added.n && added.v[0].is_list && param_name_same(params->v[i], param)))
		i++;
	if (i == params->n) {
		if (!cmdline_has(params, param))
			strv_add(params, param);
		return;
	}
	for (size_t k = 0; k < added.v[0].words.n; k++) {
		const char *word = added.v[0].words.v[k];
		char *merged;

		if (cmdline_list_has(params, added.v[0].name, word))
			continue;
		merged = xasprintf("%s,%s", params->v[i], word);
		free(params->v[i]);
		params->v[i] = merged;
	}
}

/* A word that no kernel knows does nothing, and the next run would take it away. */
static int check_words(const struct strv *one, const struct wish *w, struct error *e)
{
	CLEANUP(free_char) char *word = NULL;
	const char *param = cmdline_unknown_word(one, w->vendor, &word);

	if (!param)
		return 0;
	error_usage(e, "no kernel knows the word \"%s\" in %s", word, param);
	error_hint(e, "words that are known: %s", words_known(param));
	return -EINVAL;
}

/* Would this parameter, given by the person, turn off what is to be turned on? */
static int check_param(const char *param, const struct wish *w, struct error *e)
{
	struct strv one = { .v = (char *[]){ (char *)param, NULL }, .n = 1 };

	if (param_check_safe(param, e) < 0)
		return -EINVAL;
	if (param[0] == '-' || param[0] == '=')
		return error_usage(e, "\"%s\" is no kernel parameter", param);
	if (cmdline_blocks(&one, w->vendor)) {
		error_usage(e, "%s would switch the IOMMU off", param);
		error_hint(e,
			   "setup-iommu switches it on; to take your own parameters back "
			   "use slicer setup-iommu --undo");
		return -EINVAL;
	}
	return check_words(&one, w, e);
}

static bool sets_passthrough(const struct strv *params)
{
	CLEANUP(slots_done) struct slots s = { 0 };

	slots_parse(params, &s);
	return setting_is_good(&setting_passthrough, &s) ||
	       setting_blocker(&setting_passthrough, &s);
}

static int refuse_acs(struct error *e, const char *word)
{
	error_usage(e, "\"%s\" is no value of pcie_acs_override", word);
	error_hint(e, "it takes downstream, multifunction and id:VVVV:DDDD, with commas "
		      "between; --acs-override alone sets the first two");
	return -EINVAL;
}

static int add_acs(const struct wish *w, struct strv *params, struct error *e)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	CLEANUP(free_char) char *param = NULL;

	if (!w->acs_override)
		return 0;
	strv_split(&words, w->acs_override, ",");
	for (size_t i = 0; i < words.n; i++)
		if (strcmp(words.v[i], "downstream") != 0 &&
		    strcmp(words.v[i], "multifunction") != 0 &&
		    !str_starts(words.v[i], "id:"))
			return refuse_acs(e, words.v[i]);
	if (words.n == 0)
		return refuse_acs(e, "");
	param = xasprintf("pcie_acs_override=%s", w->acs_override);
	if (param_check_safe(param, e) < 0)
		return -EINVAL;
	params_merge(params, param);
	return 0;
}

bool is_named_by(const char *token, const char *removal)
{
	return strchr(removal, '=') ? param_same(token, removal)
				    : param_name_same(token, removal);
}

static int drop_removed(const struct wish *w, struct strv *params, struct error *e)
{
	for (size_t i = 0; i < w->remove_params.n; i++) {
		const char *removal = w->remove_params.v[i];
		size_t kept = 0;

		if (param_check_safe(removal, e) < 0)
			return -EINVAL;
		for (size_t k = 0; k < w->params.n; k++)
			if (is_named_by(w->params.v[k], removal))
				return error_usage(e,
						   "%s is to be added and to be removed",
						   w->params.v[k]);
		for (size_t k = 0; k < params->n; k++) {
			if (is_named_by(params->v[k], removal))
				free(params->v[k]);
			else
				params->v[kept++] = params->v[k];
		}
		params->n = kept;
		if (params->v)
			params->v[kept] = NULL;
	}
	return 0;
}

int wish_params(const struct wish *w, struct strv *ret, struct error *e)
{
	if (!setting_of(w->vendor)) {
		error_set(e, EINVAL,
			  "whether this is an Intel or an AMD processor can't be told");
		error_hint(e, "say it with --vendor intel or --vendor amd");
		return -EINVAL;
	}
	for (size_t i = 0; i < w->params.n; i++)
		if (check_param(w->params.v[i], w, e) < 0)
			return -EINVAL;
	strv_add(ret, w->vendor == CPU_INTEL ? "intel_iommu=on" : "amd_iommu=on");
	if (!w->no_pt && !sets_passthrough(&w->params))
		strv_add(ret, "iommu=pt");
	for (size_t i = 0; i < w->n_ids; i++) {
		CLEANUP(free_char)
		char *param = xasprintf("vfio-pci.ids=%04x:%04x", w->ids[i].vendor,
					w->ids[i].device);

		params_merge(ret, param);
	}
	if (add_acs(w, ret, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < w->params.n; i++)
		params_merge(ret, w->params.v[i]);
	return drop_removed(w, ret, e);
}
