/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host tree that is changed and put back. What stands at a path is renamed into a
 * directory beside the tree before anything else is put there, so that putting it back is
 * renaming it again, in reverse order. Paths are below the tree, without a slash in front
 * ("etc/fstab"), and no directory on their way is a link.
 */
#ifndef SLICER_TESTS_MUTATE_TREE_H
#define SLICER_TESTS_MUTATE_TREE_H

#include "base/str.h"

struct tree {
	const char *dir; /* absolute, without a link in it */
	const char *outside; /* a directory that is none of slicer's business */
	int dir_fd, saved_fd;
	struct taken *taken;
	size_t n, cap;
	struct strv paths; /* all that is there before anything is changed, sorted */
	struct strv done; /* what was changed, in words */
};

/* Ends the program: the tree is of no use any more. */
_Noreturn void tree_die(const char *what, const char *path);
/* dir and saved exist; saved is on dir's filesystem and empty. */
void tree_open(struct tree *t, const char *dir, const char *saved, const char *outside);
/* Takes what is at path away; then there is nothing, in a directory that exists. False if
 * that can't be: a link on the way, a mount. */
bool tree_take(struct tree *t, const char *path);
/* Takes it away and puts a file, or a link, in its place. */
bool tree_put(struct tree *t, const char *path, const void *bytes, size_t len,
	      mode_t mode);
bool tree_link(struct tree *t, const char *target, const char *path);
/* Everything as it was. */
void tree_restore(struct tree *t);
/* The directory that path is in, opened; -1 if a link is on the way. *ret_name: the rest.
 */
int tree_parent(const struct tree *t, const char *path, const char **ret_name);
/* A file's contents, at most max bytes; empty for what is no regular file. */
void tree_read(const struct tree *t, const char *path, size_t max, struct str *ret);
/* A link's text: owned by the caller, NULL if it is none. */
char *tree_readlink(const struct tree *t, const char *path);
bool tree_exists(const struct tree *t, const char *path);
/* Where a path leads to within the tree when its links are followed: owned by the caller,
 * NULL if nowhere. */
char *tree_resolve(const struct tree *t, const char *path);
/* A number that is another one when anything in the tree is: names, kinds, modes, links,
 * inodes; with times, contents, too. */
uint64_t tree_print(const struct tree *t, bool times);
/* Notes what was done: a line for t->done. */
void tree_note(struct tree *t, const char *path, const char *fmt, ...) PRINTF(3, 4);
/* Is it below one of the directories of slicer's own: /var/lib/slicer, /run/slicer? */
bool tree_is_own(const char *path);

#endif
