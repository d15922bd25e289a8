/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), section 4b: find
 * the middle of a shortest edit script by walking from both ends, and divide there.
 * Memory is linear in the number of lines. A diagonal k is all points with x - y == k.
 */
#include "text/diff_lines.h"

#include "base/str.h"

/* Edit steps from each end until a box counts as changed altogether. Boot configuration
 * never comes near it; it bounds the time for two large texts without anything in common.
 */
#define MAX_COST 2000

struct box {
	size_t x0, x1, y0, y1; /* lines x0 to x1 of a against y0 to y1 of b */
};

struct search {
	struct diff_side *a, *b;
	/* Furthest x on each diagonal, from the front and from the back. Index k +
	 * origin. */
	ptrdiff_t *front, *back;
	ptrdiff_t origin;
};

void diff_side_done(struct diff_side *side)
{
	free(side->v);
	*side = (struct diff_side){ 0 };
}

void diff_side_split(struct diff_side *side, const char *text, size_t len)
{
	size_t pos = 0, line_len;
	const char *line;

	while (next_line(text, len, &pos, &line, &line_len)) {
		struct diff_line l = { .s = line };

		l.len = (size_t)(text + pos - line);
		side->v = xgrow(side->v, side->n, &side->cap, sizeof(*side->v));
		side->v[side->n++] = l;
	}
}

static int compare_lines(const void *pa, const void *pb)
{
	const struct diff_line *a = *(struct diff_line *const *)pa;
	const struct diff_line *b = *(struct diff_line *const *)pb;
	size_t n = a->len < b->len ? a->len : b->len;
	int r = memcmp(a->s, b->s, n);

	if (r)
		return r;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* Gives equal lines equal ids, so that the search compares numbers. */
static void number_lines(struct diff_side *a, struct diff_side *b)
{
	size_t n = a->n + b->n, id = 0;
	struct diff_line **all = xcalloc(n, sizeof(void *));

	for (size_t i = 0; i < n; i++)
		all[i] = i < a->n ? &a->v[i] : &b->v[i - a->n];
	qsort(all, n, sizeof(void *), compare_lines);
	for (size_t i = 0; i < n; i++) {
		if (i && compare_lines(&all[i - 1], &all[i]) != 0)
			id++;
		all[i]->id = id;
	}
	free(all);
}

static bool same(const struct search *s, ptrdiff_t x, ptrdiff_t y)
{
	return s->a->v[x].id == s->b->v[y].id;
}

static void mark(struct search *s, const struct box *box)
{
	for (size_t x = box->x0; x < box->x1; x++)
		s->a->v[x].changed = true;
	for (size_t y = box->y0; y < box->y1; y++)
		s->b->v[y].changed = true;
}

/* The diagonals that a walk has reached, and the limits of the box. */
struct reach {
	ptrdiff_t min, max;
};

/* One more step: reaches one diagonal further on each side, and at the box's corner one
 * less (the next step's parity). What lies outside must never win. */
static void widen(struct reach *r, const struct reach *limit, ptrdiff_t *v,
		  ptrdiff_t loser)
{
	if (r->min > limit->min)
		v[--r->min - 1] = loser;
	else
		r->min++;
	if (r->max < limit->max)
		v[++r->max + 1] = loser;
	else
		r->max--;
}

/* Walks every reached diagonal one edit and as many equal lines as follow. True when this
 * meets the walk from the other end: *mid is a point on a shortest path. */
static bool walk_front(struct search *s, const struct box *box, const struct reach *fr,
		       const struct reach *br, bool meets, struct box *mid)
{
	ptrdiff_t *f = s->front + s->origin, *b = s->back + s->origin;

	for (ptrdiff_t k = fr->max; k >= fr->min; k -= 2) {
		ptrdiff_t x = f[k - 1] < f[k + 1] ? f[k + 1] : f[k - 1] + 1, y = x - k;

		while (x < (ptrdiff_t)box->x1 && y < (ptrdiff_t)box->y1 && same(s, x, y))
			x++, y++;
		f[k] = x;
		if (meets && k >= br->min && k <= br->max && b[k] <= x) {
			*mid = (struct box){ .x0 = (size_t)x, .y0 = (size_t)y };
			return true;
		}
	}
	return false;
}

static bool walk_back(struct search *s, const struct box *box, const struct reach *fr,
		      const struct reach *br, bool meets, struct box *mid)
{
	ptrdiff_t *f = s->front + s->origin, *b = s->back + s->origin;

	for (ptrdiff_t k = br->max; k >= br->min; k -= 2) {
		ptrdiff_t x = b[k - 1] < b[k + 1] ? b[k - 1] : b[k + 1] - 1, y = x - k;

		while (x > (ptrdiff_t)box->x0 && y > (ptrdiff_t)box->y0 &&
		       same(s, x - 1, y - 1))
			x--, y--;
		b[k] = x;
		if (meets && k >= fr->min && k <= fr->max && x <= f[k]) {
			*mid = (struct box){ .x0 = (size_t)x, .y0 = (size_t)y };
			return true;
		}
	}
	return false;
}

/* Finds where to divide the box (mid's x0, y0). False when it would cost too much. */
static bool find_middle(struct search *s, const struct box *box, struct box *mid)
{
	ptrdiff_t x0 = (ptrdiff_t)box->x0, x1 = (ptrdiff_t)box->x1;
	ptrdiff_t y0 = (ptrdiff_t)box->y0, y1 = (ptrdiff_t)box->y1;
	struct reach limit = { x0 - y1, x1 - y0 };
	struct reach fr = { x0 - y0, x0 - y0 }, br = { x1 - y1, x1 - y1 };
	bool is_odd = (fr.min - br.min) & 1;

	s->front[s->origin + fr.min] = x0;
	s->back[s->origin + br.min] = x1;
	for (int cost = 0; cost < MAX_COST; cost++) {
		widen(&fr, &limit, s->front + s->origin, -1);
		if (walk_front(s, box, &fr, &br, is_odd, mid))
			return true;
		widen(&br, &limit, s->back + s->origin, PTRDIFF_MAX);
		if (walk_back(s, box, &fr, &br, !is_odd, mid))
			return true;
	}
	return false;
}

/* Recurses into boxes that need half the edits each, so MAX_COST bounds the depth. */
static void compare_box(struct search *s, struct box box)
{
	struct box mid;

	while (box.x0 < box.x1 && box.y0 < box.y1 &&
	       same(s, (ptrdiff_t)box.x0, (ptrdiff_t)box.y0))
		box.x0++, box.y0++;
	while (box.x0 < box.x1 && box.y0 < box.y1 &&
	       same(s, (ptrdiff_t)box.x1 - 1, (ptrdiff_t)box.y1 - 1))
		box.x1--, box.y1--;
	if (box.x0 == box.x1 || box.y0 == box.y1 || !find_middle(s, &box, &mid)) {
		mark(s, &box);
		return;
	}
	compare_box(s, (struct box){ box.x0, mid.x0, box.y0, mid.y0 });
	compare_box(s, (struct box){ mid.x0, box.x1, mid.y0, box.y1 });
}

void diff_sides_compare(struct diff_side *a, struct diff_side *b)
{
	size_t diagonals = a->n + b->n + 3;
	struct search s = { .a = a, .b = b, .origin = (ptrdiff_t)b->n + 1 };

	if (a->n + b->n == 0)
		return;
	number_lines(a, b);
	s.front = xcalloc(diagonals, sizeof(*s.front));
	s.back = xcalloc(diagonals, sizeof(*s.back));
	compare_box(&s, (struct box){ 0, a->n, 0, b->n });
	free(s.front);
	free(s.back);
}
