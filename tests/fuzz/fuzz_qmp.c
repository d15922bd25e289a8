/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a QEMU that says anything. */
#include "text/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_device(const struct qmp_device *d)
{
	if (!d->id || d->vendor > 0xffff || d->device > 0xffff ||
	    d->n_bars > QMP_MAX_BARS)
		abort();
	for (size_t i = 0; i < d->n_bars; i++)
		if (d->bars[i].number >= QMP_MAX_BARS ||
		    (!d->bars[i].is_mapped && d->bars[i].address))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qmp_message m = { 0 };
	struct error e = { 0 };
	int r = qmp_parse((const char *)data, size, &m, &e);

	if ((r < 0) != (e.what[0] != '\0') || (r < 0 && (m.text || m.devices)))
		abort();
	if (r == 0 && m.kind == QMP_EVENT && !m.text)
		abort();
	for (size_t i = 0; i < m.n; i++)
		check_device(&m.devices[i]);
	qmp_message_done(&m);
	return 0;
}
