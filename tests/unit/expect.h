/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test asks of the checks that are made of a scene. cmocka.h comes before it. */
#ifndef SLICER_TESTS_UNIT_EXPECT_H
#define SLICER_TESTS_UNIT_EXPECT_H

#include "tests/unit/diagnosis.h"

static inline const struct check *find(const struct checks *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].id, id) == 0)
			return &c->v[i];
	return NULL;
}

static inline const char *fix_of(const struct check *c, const char *text)
{
	for (size_t i = 0; i < c->fix.n; i++)
		if (strstr(c->fix.v[i], text))
			return c->fix.v[i];
	return NULL;
}

/* evidence and fix may be NULL: don't care. */
static inline void expect(const struct scene *s, const char *id, enum check_status status,
			  const char *evidence, const char *fix)
{
	CLEANUP(checks_done) struct checks all = { 0 };
	const struct check *c;

	checks_make(&s->d, &all);
	c = find(&all, id);
	if (!c)
		fail_msg("there is no check %s", id);
	if (c->status != status)
		fail_msg("%s is %d: %s (%s)", id, (int)c->status, c->title,
			 c->evidence ? c->evidence : "");
	if (evidence && (!c->evidence || !strstr(c->evidence, evidence)))
		fail_msg("%s: evidence is %s", id, c->evidence);
	if (fix && !fix_of(c, fix))
		fail_msg("%s: fix is %s", id, c->fix.n ? c->fix.v[0] : "missing");
}

static inline void expect_none(const struct scene *s, const char *id)
{
	CLEANUP(checks_done) struct checks all = { 0 };

	checks_make(&s->d, &all);
	assert_null(find(&all, id));
}

#endif
