/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict has a name, which is in the text; a remapped line more can't be overlooked.
 */
#include "text/interrupts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name = { 0 }, more = { 0 };
	enum irq_names names = interrupts_names((const char *)data, size, &name);

	if ((names == IRQ_NAMES_UNKNOWN) != (name.len == 0))
		abort();
	if (name.len && !memmem(data, size, name.s, name.len))
		abort();
	str_addn(&more, (const char *)data, size);
	str_add(&more, "\n 0: 36 IR-IO-APIC 2-edge timer\n");
	if (interrupts_names(more.s, more.len, NULL) != IRQ_NAMES_REMAPPED)
		abort();
	str_done(&more);
	str_done(&name);
	return 0;
}
