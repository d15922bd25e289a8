/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of devices, and those in QEMU's arguments (qemu(1), -device vfio-pci,host=). */
#include "text/hostdevs.h"

void hostdevs_done(struct hostdevs *h)
{
	free(h->v);
	*h = (struct hostdevs){ 0 };
}

void hostdevs_add(struct hostdevs *h, struct hostdev d)
{
	for (size_t i = 0; i < h->n; i++)
		if (pci_address_compare(h->v[i].at, d.at) == 0 &&
		    h->v[i].all_functions == d.all_functions &&
		    h->v[i].is_one_of == d.is_one_of)
			return;
	h->v = xgrow(h->v, h->n, &h->cap, sizeof(*h->v));
	h->v[h->n++] = d;
}

static void take_device(const char *options, struct hostdevs *ret)
{
	CLEANUP(strv_done) struct strv parts = { 0 };
	struct hostdev d = { 0 };

	strv_split(&parts, options, ",");
	for (size_t i = 0; i < parts.n; i++)
		if (str_starts(parts.v[i], "host=") &&
		    pci_address_parse(parts.v[i] + strlen("host="), &d.at, NULL) == 0)
			hostdevs_add(ret, d);
}

void hostdevs_of_qemu(const char *arguments, struct hostdevs *ret)
{
	CLEANUP(strv_done) struct strv words = { 0 };

	strv_split(&words, arguments, " \t\r\n'\"");
	for (size_t i = 0; i < words.n; i++)
		if (str_starts(words.v[i], "vfio-pci,"))
			take_device(words.v[i], ret);
}
