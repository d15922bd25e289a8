/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking ids out of parameters and lines. */
#include "devices/take_over_text.h"

#include "text/bindids.h"
#include "text/modprobe.h"

static bool takes_any(const struct bind_request *r, const struct bind_id *id)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct pci_device *d = r->v[i].d;
		const struct bind_device bd = { d->vendor, d->device, d->subsystem_vendor,
						d->subsystem_device, d->class_code };

		if (bind_id_matches(id, &bd))
			return true;
	}
	return false;
}

/* Marks the bytes of text[start, end) in gone. */
static void mark(bool *gone, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		gone[i] = true;
}

enum ids_left take_ids_out(const struct bind_request *r, const char *value, size_t len,
			   bool *gone)
{
	CLEANUP(bind_ids_done) struct bind_ids ids = { 0 };
	size_t kept_end = 0;
	bool any = false, left = false;

	bind_ids_parse(value, len, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		const struct bind_id *id = &ids.v[i];

		if (!takes_any(r, id)) {
			left |= id->end > id->start;
			kept_end = id->end;
			continue;
		}
		any = true;
		/* With the comma after it; the last one with that before it. */
		if (i + 1 < ids.n)
			mark(gone, id->start, ids.v[i + 1].start);
		else
			mark(gone, kept_end, id->end);
	}
	return !any ? IDS_AS_BEFORE : left ? IDS_LEFT : IDS_GONE;
}

/* The lines of modprobe.d and of lists of modules. */
static size_t params_at(const struct old_statement *st, const char *line, size_t len)
{
	const char *word;
	size_t at = 0, n;

	if (st->source == OLD_IN_MODPROBE &&
	    !modprobe_is_options(line, len, st->driver, &at))
		return len;
	if (st->source == OLD_IN_MODULES && !next_word(line, len, &at, &word, &n))
		return len;
	return at;
}

/* Is a parameter of the line left? A comment after them is none. */
static bool has_params(const char *line, size_t at, size_t len, const bool *gone)
{
	for (; at < len && (gone[at] || strchr(" \t\r", line[at])); at++)
		;
	return at < len && line[at] != '#';
}

bool take_ids_out_of_line(const struct bind_request *r, const struct old_statement *st,
			  const struct joined_line *l, bool *gone)
{
	const char *line = str_c(&l->text);
	size_t len = l->text.len, from = params_at(st, line, len), at = from;
	struct modprobe_param p;

	while (modprobe_next_param(line, len, "ids", &at, &p)) {
		size_t start = p.start;

		if (take_ids_out(r, line + p.value, p.value_end - p.value,
				 gone + p.value) != IDS_GONE)
			continue;
		while (start > from && strchr(" \t", line[start - 1]))
			start--;
		mark(gone, start, p.end);
	}
	return st->source == OLD_IN_MODPROBE && !has_params(line, from, len, gone);
}

char *take_over_param(const struct bind_request *r, const char *param)
{
	static const char *const names[] = { "vfio-pci.ids", "pci-stub.ids" };
	size_t len = strlen(param);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(str_done) struct str kept = { 0 };
		struct modprobe_param p;
		enum ids_left left;
		size_t at = 0;
		bool *gone;

		if (!modprobe_next_param(param, len, names[i], &at, &p))
			continue;
		gone = xcalloc(len + 1, sizeof(*gone));
		left = take_ids_out(r, param + p.value, p.value_end - p.value,
				    gone + p.value);
		for (size_t k = 0; k < len; k++)
			if (!gone[k] && param[k] != '"')
				str_addc(&kept, param[k]);
		free(gone);
		return left == IDS_AS_BEFORE ? NULL
		       : left == IDS_GONE    ? xstrdup("")
					     : str_take(&kept);
	}
	return NULL;
}
