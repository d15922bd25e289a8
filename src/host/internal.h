/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef SLICER_HOST_INTERNAL_H
#define SLICER_HOST_INTERNAL_H

#include "host/host.h"

struct host {
	int root_fd;
	char *root; /* as given; "/" if live */
	bool live;
};

/*
 * Opens the directory that path's last component lies in; with follow, after following
 * links of the last component. *ret_name is its final name in that directory. Returns the
 * directory's fd or a negative errno. The final file need not exist.
 */
int host_open_parent(const struct host *h, const char *path, bool follow,
		     char **ret_name);

/* Refuses what only the running machine can do. 0 if live. */
int host_need_live(const struct host *h, const char *what, struct error *e);

#endif
