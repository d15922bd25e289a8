/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers drawn from a seed: the same ones on every machine (splitmix64). */
#ifndef SLICER_TESTS_MUTATE_RANDOM_H
#define SLICER_TESTS_MUTATE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct draw {
	uint64_t state;
};

static inline uint64_t draw_bits(struct draw *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* One of 0 to n - 1. */
static inline unsigned draw(struct draw *d, unsigned long n)
{
	return n ? (unsigned)(draw_bits(d) % n) : 0;
}

/* In so many of a hundred cases. */
static inline bool draw_chance(struct draw *d, unsigned percent)
{
	return draw(d, 100) < percent;
}

#endif
