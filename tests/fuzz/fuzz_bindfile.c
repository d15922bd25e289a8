/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is parsed and printed says the same again. */
#include "text/bindfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(bindfile_done) struct bindfile b = { 0 }, again = { 0 };
	CLEANUP(str_done) struct str text = { 0 }, second = { 0 };
	struct error e = { 0 };

	if (bindfile_parse((const char *)data, size, &b, &e) < 0) {
		must(e.what[0] && e.hint[0]);
		return 0;
	}
	bindfile_print(&b, &text);
	must(bindfile_parse(str_c(&text), text.len, &again, NULL) == 0);
	bindfile_print(&again, &second);
	must(str_same(&text, &second));
	must(!b.driver || bindfile_is_driver(b.driver));
	return 0;
}
