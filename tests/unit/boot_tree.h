/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loaders and initramfs generators on a host tree, for tests. */
#ifndef SLICER_TESTS_UNIT_BOOT_TREE_H
#define SLICER_TESTS_UNIT_BOOT_TREE_H

#include "tree.h"

#include <errno.h>

#include "bootloaders/bootloader.h"
#include "initramfs/generator.h"

/* An edit from its text: "+a" adds, "-a" removes, "a>b" replaces; blanks between. */
static inline struct edit make_edit(const char *text)
{
	struct edit ed = { 0 };
	struct strv words = { 0 };

	strv_split(&words, text, " ");
	for (size_t i = 0; i < words.n; i++) {
		char *word = words.v[i], *to = strchr(word, '>');

		if (*word == '+') {
			edit_push(&ed, EDIT_ADD, word + 1, NULL);
		} else if (*word == '-') {
			edit_push(&ed, EDIT_REMOVE, word + 1, NULL);
		} else {
			assert_non_null(to);
			*to = '\0';
			edit_push(&ed, EDIT_REPLACE, word, to + 1);
		}
	}
	strv_done(&words);
	return ed;
}

/* Does what the plan says to files. Returns how many there were. */
static inline size_t do_files(const struct tree *t, const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];
		CLEANUP(str_done) struct str now = { 0 };
		struct error e = { 0 };

		if (s->kind != STEP_REPLACE && s->kind != STEP_REMOVE)
			continue;
		n++;
		assert_int_equal(host_exists(t->host, s->path), s->existed);
		if (s->existed) {
			assert_int_equal(host_read(t->host, s->path, HOST_MAX_CONFIG,
						   &now, &e),
					 0);
			assert_true(str_same(&now, &s->before));
		}
		if (s->kind == STEP_REMOVE) {
			assert_int_equal(host_remove(t->host, s->path, &e), 0);
			continue;
		}
		tree_mkdir(t, "/etc/default/grub.d");
		tree_mkdir(t, "/etc/kernel");
		tree_mkdir(t, "/etc/modprobe.d");
		tree_mkdir(t, "/etc/modules-load.d");
		tree_mkdir(t, "/etc/initramfs-tools/hooks");
		tree_mkdir(t, "/etc/initramfs-tools/scripts/init-top");
		assert_int_equal(host_replace(t->host, s->path, str_c(&s->after),
					      s->after.len, s->mode, &e),
				 0);
	}
	return n;
}

static inline size_t count_runs(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].kind == STEP_RUN;
	return n;
}

/* The programs of a plan, one line each: owned by the caller. */
static inline char *runs_of(const struct plan *p)
{
	struct str s = { 0 };

	for (size_t i = 0; i < p->n; i++) {
		char *argv;

		if (p->v[i].kind != STEP_RUN)
			continue;
		argv = strv_join(&p->v[i].argv, " ");
		str_addf(&s, "%s\n", argv);
		free(argv);
	}
	return str_take(&s);
}

/* A fact's string: tests give literals, facts_done() frees. */
static inline void set_fact(char **fact, const char *value)
{
	free(*fact);
	*fact = xstrdup_null(value);
}

static inline void load_config(const struct tree *t, const struct bootloader *loader,
			       const struct facts *f, struct boot_config *ret)
{
	struct error e = { 0 };

	*ret = (struct boot_config){ 0 };
	if (loader->load(t->host, f, ret, &e) < 0)
		fail_msg("load: %s", e.what);
}

#endif
