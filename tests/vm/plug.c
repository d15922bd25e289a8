/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pulls the plug of a machine, and decides what its disk had by then.
 *
 *   plug pull LOG N MS PIDFILE FINISHED   waits until the log has N more entries than
 * now, and MS milliseconds longer; then kills QEMU plug disk LOG DISK none|some|all SEED
 * brings DISK from the log's start to its end; of what was not flushed, forgets that much
 *
 * LOG is what QEMU's blklogwrites wrote: the format of Linux's dm-log-writes
 * (Documentation/admin-guide/device-mapper/log-writes.rst), sectors of 512 bytes: a head,
 * and then per request one sector that says what it is, followed by its data.
 *
 * What a guest has written, QEMU's host has, so killing QEMU alone loses nothing. A real
 * disk may lose everything that it has not been told to flush, or any sectors of it, in
 * any order: that is what "some" does.
 *
 * Exit status of pull: 0 pulled, 1 it had FINISHED (a file) before and is killed now. Of
 * disk: 0, or 1 if the log has a hole (QEMU was killed between two writes to it); DISK is
 * not touched then. Of both: 2 for trouble.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define FLAG_FLUSH 1u
#define FLAG_DISCARD 4u
#define POLL_NS 2000000
#define PULL_LIMIT_S 900

enum { EXIT_ODD = 1, EXIT_TROUBLE };

struct entry { /* little-endian, as this machine is */
	uint64_t sector, n_sectors, flags, data_len;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "plug: %s: %s\n", what, strerror(errno));
	exit(EXIT_TROUBLE);
}

static unsigned long number_of(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end) {
		errno = EINVAL;
		die(text);
	}
	return n;
}

static off_t data_of(const struct entry *en)
{
	return en->flags & FLAG_DISCARD ? 0 : (off_t)en->n_sectors * SECTOR;
}

/* The entry at *at, which then is behind it. false: there is none (yet). */
static bool next_entry(int log, off_t *at, struct entry *en)
{
	struct stat st;

	if (fstat(log, &st) < 0)
		die("log");
	if (pread(log, en, sizeof(*en), *at) != (ssize_t)sizeof(*en) ||
	    (!en->n_sectors && !en->flags) || *at + SECTOR + data_of(en) > st.st_size)
		return false;
	*at += SECTOR + data_of(en);
	return true;
}

/* ---- pull
 * -------------------------------------------------------------------------------------
 */

static void pause_ns(long ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&t, NULL);
}

static pid_t read_pid(const char *path)
{
	FILE *f = fopen(path, "re");
	long pid;

	if (!f || fscanf(f, "%ld", &pid) != 1 || pid <= 1)
		die(path);
	fclose(f);
	return (pid_t)pid;
}

/* More entries than asked for, or the end of what runs in the guest. */
static bool wait_for(int log, unsigned long n, unsigned long ms, const char *finished)
{
	off_t at = SECTOR;
	struct entry en;
	time_t limit = time(NULL) + PULL_LIMIT_S;
	unsigned long seen = 0;

	while (next_entry(log, &at, &en))
		;
	while (seen < n) {
		if (next_entry(log, &at, &en)) {
			seen++;
			continue;
		}
		if (access(finished, F_OK) == 0)
			return false;
		if (time(NULL) > limit) {
			errno = ETIMEDOUT;
			die("waiting for the machine's writes");
		}
		pause_ns(POLL_NS);
	}
	for (unsigned long waited = 0; waited < ms; waited += 2)
		pause_ns(POLL_NS);
	return access(finished, F_OK) < 0;
}

static int pull(char **argv)
{
	int log = open(argv[0], O_RDONLY | O_CLOEXEC);
	pid_t pid = read_pid(argv[3]);
	bool in_time;

	if (log < 0)
		die(argv[0]);
	in_time = wait_for(log, number_of(argv[1]), number_of(argv[2]), argv[4]);
	if (kill(pid, SIGKILL) < 0)
		die("QEMU is gone already");
	while (kill(pid, 0) == 0)
		pause_ns(POLL_NS);
	return in_time ? 0 : EXIT_ODD;
}

/* ---- disk
 * -------------------------------------------------------------------------------------
 */

enum forget { FORGET_NONE, FORGET_SOME, FORGET_ALL };

struct size {
	unsigned long entries, unflushed;
	off_t flushed; /* the end of the last flush's entry */
	off_t end;
};

static struct size measure(int log)
{
	struct size s = { .flushed = SECTOR, .end = SECTOR };
	struct entry en;

	while (next_entry(log, &s.end, &en)) {
		s.entries++;
		s.unflushed++;
		if (!(en.flags & FLAG_FLUSH))
			continue;
		s.flushed = s.end;
		s.unflushed = 0;
	}
	return s;
}

/* Data behind the last entry that can be read: that of one whose head never arrived. */
static bool has_hole(int log, off_t end)
{
	char sector[SECTOR];
	static const char zero[SECTOR];
	ssize_t n;

	while ((n = pread(log, sector, SECTOR, end)) > 0) {
		if (memcmp(sector, zero, (size_t)n) != 0)
			return true;
		end += SECTOR;
	}
	return false;
}

static void write_sector(int disk, uint64_t sector, const char *data)
{
	if (pwrite(disk, data, SECTOR, (off_t)sector * SECTOR) != SECTOR)
		die("disk");
}

/* Returns how many sectors were forgotten. */
static unsigned long play(int log, int disk, const struct size *s, enum forget forget,
			  unsigned *seed)
{
	unsigned long forgotten = 0;
	off_t at = SECTOR;

	while (at < s->end) {
		bool may_forget = at >= s->flushed && forget != FORGET_NONE;
		off_t data = at + SECTOR;
		/* A request is kept, lost, or torn. */
		int fate = rand_r(seed) % 3;
		struct entry en;

		next_entry(log, &at, &en);
		for (uint64_t i = 0; i < (uint64_t)data_of(&en) / SECTOR; i++) {
			char text[SECTOR];

			if (may_forget && (forget == FORGET_ALL || fate == 1 ||
					   (fate == 2 && rand_r(seed) % 2))) {
				forgotten++;
				continue;
			}
			if (pread(log, text, SECTOR, data + (off_t)i * SECTOR) != SECTOR)
				die("log");
			write_sector(disk, en.sector + i, text);
		}
	}
	return forgotten;
}

static int disk(char **argv)
{
	static const char *const names[] = { "none", "some", "all" };
	int log = open(argv[0], O_RDONLY | O_CLOEXEC);
	int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
	unsigned seed = (unsigned)number_of(argv[3]);
	enum forget forget = FORGET_NONE;
	struct size s;

	if (log < 0 || fd < 0)
		die("open");
	while (strcmp(names[forget], argv[2]) != 0)
		if (++forget > FORGET_ALL) {
			errno = EINVAL;
			die(argv[2]);
		}
	s = measure(log);
	if (has_hole(log, s.end))
		return EXIT_ODD;
	printf("%lu writes and flushes, %lu after the last flush, %lu sectors of these "
	       "forgotten\n",
	       s.entries, s.unflushed, play(log, fd, &s, forget, &seed));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "pull"))
		return pull(argv + 2);
	if (argc == 6 && !strcmp(argv[1], "disk"))
		return disk(argv + 2);
	fprintf(stderr, "usage: plug pull LOG N MS PIDFILE FINISHED\n"
			"       plug disk LOG DISK none|some|all SEED\n");
	return EXIT_TROUBLE;
}
