/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure RUNS COMMAND... [ ::: COMMAND... ]: runs the commands in turn, RUNS times each
 * after one run that does not count, and prints a line per command: median milliseconds,
 * median milliseconds of CPU time, largest resident set in KiB. Their output goes to
 * /dev/null. A command that is not found, ends by a signal or says "usage" (2) ends the
 * measurement.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define MAX_COMMANDS 8
#define MAX_RUNS 200

extern char **environ;

static struct command {
	char **argv;
	double wall[MAX_RUNS], cpu[MAX_RUNS];
	long rss;
} commands[MAX_COMMANDS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double in_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(struct command *c, int at)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	double start;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	start = now();
	if (posix_spawnp(&pid, c->argv[0], &actions, NULL, c->argv, environ) != 0 ||
	    wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 2) {
		fprintf(stderr, "measure: %s did not run to its end\n", c->argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (at < 0)
		return;
	c->wall[at] = now() - start;
	c->cpu[at] = in_ms(usage.ru_utime) + in_ms(usage.ru_stime);
	if (usage.ru_maxrss > c->rss)
		c->rss = usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Splits the arguments at ":::"; the number of commands. */
static int split(char **argv)
{
	int n = 0;

	while (*argv && n < MAX_COMMANDS) {
		commands[n++].argv = argv;
		while (*argv && strcmp(*argv, ":::") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? atoi(argv[1]) : 0;
	int n = runs > 0 ? split(argv + 2) : 0;

	if (!n || runs > MAX_RUNS) {
		fprintf(stderr, "usage: measure RUNS COMMAND... [ ::: COMMAND... ]\n");
		return 2;
	}
	for (int i = -1; i < runs; i++)
		for (int k = 0; k < n; k++)
			run(&commands[k], i);
	for (int k = 0; k < n; k++)
		printf("%.3f %.3f %ld\n", median(commands[k].wall, runs),
		       median(commands[k].cpu, runs), commands[k].rss);
	return 0;
}
