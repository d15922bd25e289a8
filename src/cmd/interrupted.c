/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that don't deal with an interrupted run say that there is one. */
#include "cmd/setup.h"

void warn_of_unfinished(const struct context *c, const struct records *rs)
{
	const struct output *o = &c->out;
	CLEANUP(strv_done) struct strv ids = { 0 };
	CLEANUP(free_char) char *names = NULL;
	CLEANUP(str_done) struct str safe = { 0 };

	for (size_t i = 0; i < rs->n; i++)
		if (record_is_unfinished(&rs->v[i]))
			strv_add(&ids, rs->v[i].id);
	if (!ids.n || o->quiet)
		return;
	names = strv_join(&ids, ", ");
	str_add_printable(&safe, names, strlen(names));
	fprintf(o->err,
		"%swarning:%s slicer was interrupted, or failed, while it changed this "
		"host (run %s): 'slicer doctor' tells how to go on\n",
		paint_on(o->color_err, PAINT_WARN), paint_off(o->color_err),
		str_c(&safe));
}

/* Without a journal this is one look for a directory: pci list has to be fast. The
 * lock comes before the journal: a run that begins in between has yet to write there. */
void warn_interrupted(const struct context *c)
{
	CLEANUP(records_done) struct records rs = { 0 };

	if (!c->out.quiet && host_is_dir(c->host, JOURNAL_DIR) &&
	    !host_lock_is_held(c->host) && journal_scan(c->host, &rs, NULL) >= 0)
		warn_of_unfinished(c, &rs);
}
