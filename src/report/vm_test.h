/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vm test found, as text and as JSON. */
#ifndef SLICER_REPORT_VM_TEST_H
#define SLICER_REPORT_VM_TEST_H

#include "devices/vm_test.h"
#include "report/report.h"

/* 0, or -EIO with an error when stdout can't take it. */
int report_vm_test_text(const struct output *o, const struct vm_test *t, struct error *e);
/* Schema slicer.vm_test/1. qemu: the path of the program. */
int report_vm_test_json(const struct output *o, const char *qemu, const struct vm_test *t,
			struct error *e);

#endif
