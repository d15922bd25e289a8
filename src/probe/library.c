/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/library.h"

#include <dlfcn.h>
#include <errno.h>

int library_load(const char *soname, const struct library_symbol *v, size_t n,
		 struct error *e)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		error_set(e, ENOENT, "the library %s can't be loaded: %s", soname,
			  dlerror());
		error_hint(e, "install its package again");
		return -ENOENT;
	}
	for (size_t i = 0; i < n; i++) {
		void *symbol = dlsym(library, v[i].name);

		if (!symbol)
			return error_set(e, ENOENT, "the library %s has no %s", soname,
					 v[i].name);
		/* A function's address as an object's: POSIX dlsym says that it fits. */
		memcpy(v[i].to, &symbol, sizeof(symbol));
	}
	return 0;
}
