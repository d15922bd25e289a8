/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small macros and allocation: knows nothing of slicer. */
#ifndef SLICER_BASE_UTIL_H
#define SLICER_BASE_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CLEANUP(f) __attribute__((cleanup(f)))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Hands a pointer over: yields its value and leaves NULL behind, so that a cleanup
 * attribute on the variable has nothing left to free. */
#define take(p)                                                                          \
	({                                                                               \
		__typeof__(p) *take_p_ = &(p);                                           \
		__typeof__(p) take_v_ = *take_p_;                                        \
		*take_p_ = NULL;                                                         \
		take_v_;                                                                 \
	})

/* Allocation that ends the program (exit 4, one line on stderr) when memory is out: the
 * journal makes that as safe as a power cut. Results are owned by the caller: free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
/* Grows an array of n used elements so that at least one more fits; *cap is kept. */
void *xgrow(void *p, size_t n, size_t *cap, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* NULL in, NULL out. */
char *xstrdup_null(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF(1, 0);

/* Cleanup functions: CLEANUP(free_char) char *s = NULL; CLEANUP(close_fd) int fd = -1; */
void free_char(char **p);
void close_fd(int *fd);
void close_file(FILE **f);
/* Hands an fd over: yields it and leaves -1 behind. */
int take_fd(int *fd);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* NULL-safe equality. */
bool str_eq(const char *a, const char *b);
/* The part after the last '/', or s itself. Points into s. */
const char *path_base(const char *path);

/* Seconds since some fixed moment, which nobody sets back (CLOCK_MONOTONIC). */
double seconds_now(void);

#endif
