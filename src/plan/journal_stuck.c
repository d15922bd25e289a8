/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that earlier runs could not end. */
#include "plan/journal.h"

#include <errno.h>

static int refuse(const struct record *r, const struct str *what, struct error *e)
{
	error_set(e, EBUSY,
		  "the run %s could not end %s, which still hangs in the kernel and may "
		  "write what slicer would write",
		  r->id, str_c(what));
	error_hint(
		e,
		"the kernel log (dmesg) says what it waits for: once that answers, and "
		"it is gone, or after a reboot, the same command undoes what that "
		"run did");
	return -EBUSY;
}

int records_check_stuck(const struct host *h, const struct records *rs, struct error *e)
{
	for (size_t i = 0; i < rs->n; i++) {
		const struct record *r = &rs->v[i];
		CLEANUP(str_done) struct str what = { 0 };

		for (size_t k = 0; record_is_unfinished(r) && k < r->stuck.n; k++)
			if (host_is_stuck(h, r->stuck.v[k], &what))
				return refuse(r, &what, e);
	}
	return 0;
}
