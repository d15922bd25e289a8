/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/old_setup.h"

#include "text/bindids.h"
#include "text/cmdline.h"
#include "text/modprobe.h"

#define SHOWN_TEXT 160

const struct old_taker old_takers[OLD_TAKERS] = {
	{ "vfio-pci", "ids", "vfio-pci.ids", OLD_IDS },
	{ "pci-stub", "ids", "pci-stub.ids", OLD_IDS },
	{ "xen-pciback", "hide", "xen-pciback.hide", OLD_HIDE },
};

void old_statement_done(struct old_statement *s)
{
	free(s->path);
	free(s->text);
	free(s->driver);
	free(s->devices);
	free(s->why_idle);
	strv_done(&s->idle);
}

void old_setup_done(struct old_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		old_statement_done(&s->v[i]);
	free(s->v);
	for (size_t i = 0; i < s->n_files; i++) {
		free(s->files[i].path);
		str_done(&s->files[i].text);
	}
	free(s->files);
	*s = (struct old_setup){ 0 };
}

/* ---- a statement ------------------------------------------------------------------- */

struct old_statement *old_setup_add(struct old_setup *s, enum old_kind kind, size_t file,
				    const char *text, size_t len)
{
	CLEANUP(str_done) struct str shown = { 0 };
	struct old_statement *st;

	s->v = xgrow(s->v, s->n, &s->cap, sizeof(*s->v));
	st = &s->v[s->n++];
	while (len && strchr(" \t\r\n", *text)) {
		text++;
		len--;
	}
	str_add_printable(&shown, text, len > SHOWN_TEXT ? SHOWN_TEXT : len);
	str_rtrim(&shown);
	if (len > SHOWN_TEXT)
		str_add(&shown, "...");
	*st = (struct old_statement){ .kind = kind,
				      .source = s->files[file].source,
				      .file = file };
	st->path = xstrdup(s->files[file].path ? s->files[file].path
					       : "the kernel command line");
	st->text = str_take(&shown);
	return st;
}

bool old_statement_takes(const struct old_statement *s, const struct pci_device *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->devices[i] == d)
			return true;
	return false;
}

void old_statement_take(struct old_statement *s, const struct pci_device *d)
{
	if (old_statement_takes(s, d))
		return;
	s->devices = xrealloc(s->devices, (s->n + 1) * sizeof(struct pci_device *));
	s->devices[s->n++] = d;
}

/* ---- parameters -------------------------------------------------------------------- */

static struct bind_device device_of(const struct pci_device *d)
{
	return (struct bind_device){ d->vendor, d->device, d->subsystem_vendor,
				     d->subsystem_device, d->class_code };
}

/* Bridges are left to the host by vfio-pci (vfio_pci_core.c, vfio_pci_core_probe()). */
static void take_ids(const struct pci_devices *all, const char *value, size_t len,
		     struct old_statement *st)
{
	CLEANUP(bind_ids_done) struct bind_ids ids = { 0 };

	st->can_edit = len <= BIND_IDS_MAX;
	if (!st->can_edit) {
		st->why_idle = xasprintf("the kernel takes no more than %d bytes of ids",
					 BIND_IDS_MAX);
		return;
	}
	bind_ids_parse(value, len, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		const struct bind_id *id = &ids.v[i];
		bool is_there = false;

		for (size_t k = 0; k < all->n; k++) {
			const struct bind_device bd = device_of(&all->v[k]);

			if (!bind_id_matches(id, &bd))
				continue;
			is_there = true;
			if (!pci_is_bridge(&all->v[k]))
				old_statement_take(st, &all->v[k]);
		}
		if (!is_there && id->end > id->start) {
			CLEANUP(str_done) struct str text = { 0 };

			str_add_printable(&text, value + id->start, id->end - id->start);
			strv_add(&st->idle, str_c(&text));
		}
	}
}

static void take_hidden(const struct pci_devices *all, const char *value, size_t len,
			struct old_statement *st)
{
	CLEANUP(hide_slots_done) struct hide_slots slots = { 0 };

	if (!hide_slots_parse(value, len, &slots))
		st->why_idle = xstrdup("xen-pciback can't read it, and hides nothing");
	for (size_t i = 0; i < slots.n; i++)
		for (size_t k = 0; k < all->n; k++) {
			const struct hide_slot *s = &slots.v[i];
			struct pci_address at = all->v[k].at;

			if (s->domain == at.domain && s->bus == at.bus &&
			    (s->device < 0 || s->device == at.device) &&
			    (s->function < 0 || s->function == at.function))
				old_statement_take(st, &all->v[k]);
		}
}

struct old_statement *old_add_taker(const struct old_query *q, struct old_setup *s,
				    size_t file, size_t taker, const char *text,
				    size_t len, const char *value, size_t value_len)
{
	struct old_statement *st =
		old_setup_add(s, old_takers[taker].kind, file, text, len);

	st->driver = xstrdup(old_takers[taker].driver);
	if (st->kind == OLD_IDS)
		take_ids(q->all, value, value_len, st);
	else
		take_hidden(q->all, value, value_len, st);
	return st;
}

/* The line of a file that has the parameter: which of them it is from is not known. */
static void find_source(const struct old_query *q, const char *param,
			struct old_statement *st)
{
	for (size_t i = 0; q->sources && i < q->sources->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		const char *line;
		size_t pos = 0, n;

		host_read(q->host, q->sources->v[i], HOST_MAX_CONFIG, &text, NULL);
		for (unsigned k = 1; next_line(str_c(&text), text.len, &pos, &line, &n);
		     k++) {
			if (!n || *line == '#' || !memmem(line, n, param, strlen(param)))
				continue;
			free(st->path);
			st->path = xstrdup(q->sources->v[i]);
			st->line = k;
			return;
		}
	}
}

/* Is the same parameter in the command line of the next boot? */
static bool is_in_next_boot(const struct old_query *q, const char *param)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (q->next_boot)
		cmdline_split(q->next_boot, strlen(q->next_boot), &tokens);
	return cmdline_has(&tokens, param);
}

static bool is_slicers(const struct old_query *q, const char *param)
{
	return q->slicers && cmdline_has(q->slicers, param);
}

/* The parameter that names devices for one of the drivers. False: it is none of theirs.
 */
static bool find_param(const struct old_query *q, struct old_setup *s, size_t file,
		       const char *param)
{
	for (size_t i = 0; i < OLD_TAKERS; i++) {
		struct modprobe_param p;
		size_t from = 0;

		if (!modprobe_next_param(param, strlen(param), old_takers[i].full, &from,
					 &p))
			continue;
		old_add_taker(q, s, file, i, param, strlen(param), param + p.value,
			      p.value_end - p.value);
		return true;
	}
	return false;
}

void old_find_cmdline(const struct old_query *q, struct old_setup *s, size_t file)
{
	const char *text = str_c(&s->files[file].text);
	bool is_running = s->files[file].source == OLD_IN_RUNNING;
	size_t len = s->files[file].text.len, at = 0, start, end;

	while (cmdline_next(text, len, &at, &start, &end)) {
		CLEANUP(free_char) char *param = xstrndup(text + start, end - start);
		struct old_statement *st;

		if ((is_running && is_in_next_boot(q, param)) ||
		    (!find_param(q, s, file, param) &&
		     (is_running || !old_add_stray_param(q, s, file, param))))
			continue;
		st = &s->v[s->n - 1];
		st->start = start;
		st->end = end;
		st->is_slicers = is_slicers(q, param);
		if (q->next_boot && !is_running)
			find_source(q, param, st);
		if (is_running && !st->why_idle)
			st->why_idle = xstrdup("only in this boot");
	}
}
