/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries loaded when they are needed. libarchive brings libxml2, ICU and libstdc++
 * along, libkmod libcrypto: linking them in costs every start more than a whole "pci
 * list".
 */
#ifndef SLICER_PROBE_LIBRARY_H
#define SLICER_PROBE_LIBRARY_H

#include "base/error.h"

struct library_symbol {
	const char *name;
	void *to; /* address of the function pointer to fill in */
};

/*
 * Loads soname, once, and fills in every symbol; it stays loaded. -ENOENT with an error
 * that names the library if it or one of the symbols is not there (dlopen(3), dlsym(3)).
 */
int library_load(const char *soname, const struct library_symbol *v, size_t n,
		 struct error *e);

#endif
