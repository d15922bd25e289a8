/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/room.h"

#include <errno.h>

#define BLOCK                                                                            \
	4096 /* what a file takes is whole blocks; a FAT's clusters are about that */
#define MIB ((uint64_t)1 << 20)
#define MARGIN (4 * MIB)

void needs_done(struct needs *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->v[i].path);
	free(n->v);
	*n = (struct needs){ 0 };
}

void needs_add(struct needs *n, enum need_kind kind, uint64_t fs, const char *path,
	       uint64_t bytes)
{
	n->v = xgrow(n->v, n->n, &n->cap, sizeof(*n->v));
	n->v[n->n++] = (struct need){
		.kind = kind,
		.fs = fs,
		.path = xstrdup(path),
		.bytes = (bytes + BLOCK - 1) / BLOCK * BLOCK,
	};
}

uint64_t needs_on(const struct needs *n, uint64_t fs, const struct need **ret_largest)
{
	const struct need *largest = NULL;
	uint64_t files = 0, output = 0;

	for (size_t i = 0; i < n->n; i++) {
		const struct need *at = &n->v[i];

		if (at->fs != fs)
			continue;
		if (!largest || at->bytes > largest->bytes)
			largest = at;
		if (at->kind == NEED_FILE)
			files += at->bytes;
		else if (at->bytes > output)
			output = at->bytes;
	}
	*ret_largest = largest;
	return files + (output ? output + output / 10 + MARGIN : 0);
}

/* In MiB, or in KiB where that says more. up: rounded up. */
static char *amount(uint64_t bytes, bool up)
{
	uint64_t unit = bytes < 10 * MIB ? 1024 : MIB;

	return xasprintf("%llu %s",
			 (unsigned long long)((bytes + (up ? unit - 1 : 0)) / unit),
			 unit == MIB ? "MiB" : "KiB");
}

int refuse_room(const char *where, uint64_t need, uint64_t have,
		const struct need *largest, struct error *e)
{
	CLEANUP(free_char) char *needs = amount(need, true);
	CLEANUP(free_char) char *has = amount(have, false);
	CLEANUP(free_char) char *most = amount(largest->bytes, true);

	if (have >= need)
		return 0;
	error_set(e, ENOSPC,
		  "there is not enough room on this filesystem: %s are free, %s are "
		  "needed, most of it for %s (%s), which is written while the old one is "
		  "still there",
		  has, needs, largest->path, most);
	error_at(e, where, 0);
	if (largest->kind == NEED_OUTPUT)
		error_hint(e,
			   "take away kernels that are not needed any more (Debian, "
			   "Ubuntu: apt-get autoremove --purge), then try again; --force "
			   "tries it all the same");
	else
		error_hint(e,
			   "make room, then try again ('du -xh --max-depth=2 %s | sort "
			   "-h' shows what is large); --force tries it all the same",
			   where);
	return -ENOSPC;
}
