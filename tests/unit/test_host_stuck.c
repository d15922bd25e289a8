/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs and drivers that can't be ended, as if they hung in the kernel; and attributes
 * of files that must not be copied. */
#include "tree.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

/* In libc's place. deaf: nothing dies of SIGKILL. hurry: time passes twenty times as fast
 * as it does. */
static bool deaf, hurry;
/* Each look at the clock takes so many seconds. */
static time_t leap, leapt;
static pid_t last_killed;

int kill(pid_t pid, int sig)
{
	if (sig == SIGKILL && pid > 0)
		last_killed = pid;
	if (deaf && sig == SIGKILL)
		return 0;
	return (int)syscall(SYS_kill, pid, sig);
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, id, ret);
	long long ns = ret->tv_sec * 1000000000LL + ret->tv_nsec;

	if (hurry && id == CLOCK_MONOTONIC)
		*ret = (struct timespec){ .tv_sec = ns / 50000000,
					  .tv_nsec = ns % 50000000 * 20 };
	if (id == CLOCK_MONOTONIC)
		ret->tv_sec += leapt += leap;
	return r;
}

/* A file of this name has the attributes of an appraised one. */
static char xattrs_set[256];

ssize_t flistxattr(int fd, char *list, size_t size)
{
	static const char names[] = "security.ima\0security.selinux\0security.evm\0"
				    "user.kept";

	(void)fd;
	assert_true(size >= sizeof(names));
	memcpy(list, names, sizeof(names));
	return sizeof(names);
}

ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	(void)fd;
	(void)name;
	assert_true(size > 0);
	memcpy(value, "x", 1);
	return 1;
}

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	(void)fd;
	(void)value;
	(void)size;
	(void)flags;
	strcat(xattrs_set, name);
	strcat(xattrs_set, " ");
	return 0;
}

/* New contents get what says who may read them, not what says what they are. */
static void test_no_seal_on_new_contents(void **state)
{
	struct tree *t = *state;

	tree_write(t, "/etc/default/grub", "old\n");
	*xattrs_set = '\0';
	assert_int_equal(
		host_replace(t->host, "/etc/default/grub", "new\n", 4, 0600, NULL), 0);
	assert_string_equal(xattrs_set, "security.selinux user.kept ");
}

static int run_sh(const char *script, struct str *out, struct error *e)
{
	static const char *const argv[] = { "/bin/sh", NULL };
	struct run r = { .argv = argv,
			 .input = script,
			 .input_len = strlen(script),
			 .timeout_s = 4,
			 .output = out,
			 .log_fd = -1 };
	struct host *h = NULL;
	int err;

	assert_int_equal(host_open(NULL, &h, NULL), 0);
	hurry = true;
	err = host_run(h, &r, e);
	hurry = deaf = false;
	host_close(&h);
	return err;
}

/* The script says its number first. */
static void end(const struct str *out)
{
	pid_t pid = (pid_t)atol(str_c(out));

	assert_true(pid > 1);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_program_that_cannot_be_ended(void **state)
{
	CLEANUP(str_done) struct str out = { 0 };
	struct error e = { 0 };

	(void)state;
	deaf = true;
	assert_int_equal(run_sh("echo $$; trap '' TERM; sleep 60; sleep 60", &out, &e),
			 -EINPROGRESS);
	assert_non_null(strstr(e.what, "can't be ended"));
	assert_non_null(strstr(e.what, "(process "));
	end(&out);
}

/* The program obeys; what it has started does not, and may still write. */
static void test_child_that_cannot_be_ended(void **state)
{
	CLEANUP(str_done) struct str out = { 0 };
	struct error e = { 0 };

	(void)state;
	deaf = true;
	assert_int_equal(run_sh("echo $$; (trap '' TERM; sleep 60; sleep 60) & wait",
				&out, &e),
			 -EINPROGRESS);
	assert_non_null(strstr(e.what, "can't be ended"));
	end(&out);
}

/* A signal to its first group does not reach it. */
static void test_program_in_another_group(void **state)
{
	CLEANUP(str_done) struct str out = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(run_sh("exec perl -e 'setpgrp(0, getpgrp(getppid())); "
				"$SIG{TERM} = \"IGNORE\"; sleep 60 for 1..9;'",
				&out, &e),
			 -ETIMEDOUT);
}

/* How many descriptors the process has, and whether one of them is the lock. */
static size_t count_open(pid_t pid)
{
	CLEANUP(free_char) char *dir = xasprintf("/proc/%d/fd", (int)pid);
	CLEANUP(strv_done) struct strv names = { 0 };
	struct host *h = NULL;

	assert_int_equal(host_open(NULL, &h, NULL), 0);
	assert_int_equal(host_list(h, dir, &names, NULL), 0);
	host_close(&h);
	return names.n;
}

/* A driver that never comes back: a pipe that is full stands for it. */
static void test_hung_write_keeps_nothing(void **state)
{
	struct tree *t = *state;
	CLEANUP(free_char) char *path = tree_path(t, "/attribute");
	CLEANUP(close_fd) int reader = -1;
	CLEANUP(close_fd) int filler = -1;
	struct error e = { 0 };
	struct host *h = NULL;
	char page[4096] = { 0 };
	int lock;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	filler = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	while (write(filler, page, sizeof(page)) > 0)
		;
	lock = host_lock(t->host, &e);
	assert_true(lock >= 0);
	assert_int_equal(host_open(NULL, &h, NULL), 0);
	deaf = true;
	assert_int_equal(host_sysfs_write(h, path, "1", 1, 50, &e), -ETIMEDOUT);
	deaf = false;
	host_close(&h);
	assert_true(last_killed > 1);
	assert_int_equal(count_open(last_killed), 2); /* the attribute and the report */
	close(lock);
	lock = host_lock(t->host, &e);
	assert_true(lock >= 0);
	close(lock);
	kill(last_killed, SIGKILL);
	waitpid(last_killed, NULL, 0);
}

/* What stands where an attribute should be is not written, and not waited for. */
static void test_write_to_no_attribute(void **state)
{
	struct tree *t = *state;
	CLEANUP(free_char) char *fifo = tree_path(t, "/fifo");
	CLEANUP(free_char) char *link = tree_path(t, "/link");
	CLEANUP(free_char) char *dir = tree_path(t, "/sys");
	CLEANUP(free_char) char *other = tree_path(t, "/other");
	CLEANUP(str_done) struct str text = { 0 };
	struct error e = { 0 };
	struct host *h = NULL;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	tree_write(t, "/other", "old");
	tree_link(t, "other", "/link");
	tree_mkdir(t, "/sys");
	assert_int_equal(host_open(NULL, &h, NULL), 0);
	assert_int_equal(host_sysfs_write(h, fifo, "1", 1, 10000, &e), -ENXIO);
	assert_int_equal(host_sysfs_write(h, link, "1", 1, 10000, &e), -ELOOP);
	assert_int_equal(host_sysfs_write(h, dir, "1", 1, 10000, &e), -EISDIR);
	assert_int_equal(host_read(t->host, "/other", 9, &text, &e), 0);
	assert_string_equal(str_c(&text), "old");
	assert_int_equal(host_sysfs_write(h, other, "1", 1, 10000, &e), 0);
	assert_int_equal(host_read(t->host, "/other", 9, &text, &e), 0);
	assert_string_equal(str_c(&text), "1ld");
	host_close(&h);
}

/* What may hold anything is read for so long, and so much of it. */
static void test_reading_has_bounds(void **state)
{
	const struct tree *t = *state;
	CLEANUP(free_char) char *big = tree_path(t, "/boot/big");
	CLEANUP(free_char) char *fifo = tree_path(t, "/boot/fifo");
	char *text = xcalloc(1 << 20, 1);
	struct error e = { 0 };
	uint64_t digest;

	memset(text, 'x', (1 << 20) - 1);
	tree_write(t, "/boot/small", text);
	free(text);
	tree_write(t, "/boot/big", "");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(host_digest(t->host, "/boot/fifo", &digest), -EINVAL);
	assert_int_equal(host_copy(t->host, "/boot/fifo", "/copy", 0600, &e), -EINVAL);
	if (truncate(big, ((off_t)4 << 30) + 1) == 0) {
		assert_int_equal(host_digest(t->host, "/boot/big", &digest), -EFBIG);
		assert_int_equal(host_copy(t->host, "/boot/big", "/copy", 0600, &e),
				 -EFBIG);
		assert_string_equal(e.path, "/boot/big");
	}
	leap = 100;
	assert_int_equal(host_digest(t->host, "/boot/small", &digest), -ETIMEDOUT);
	assert_int_equal(host_copy(t->host, "/boot/small", "/copy", 0600, &e),
			 -ETIMEDOUT);
	leap = 0;
	assert_non_null(strstr(e.what, "/boot/small takes longer than 600 s"));
	assert_false(host_exists(t->host, "/copy"));
	assert_false(host_exists(t->host, "/.copy.slicer-new"));
	assert_int_equal(host_digest(t->host, "/boot/small", &digest), 0);
	assert_int_equal(host_copy(t->host, "/boot/small", "/copy", 0600, &e), 0);
}

int main(void)
{
#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TREE(test_no_seal_on_new_contents),
		cmocka_unit_test(test_program_that_cannot_be_ended),
		cmocka_unit_test(test_child_that_cannot_be_ended),
		cmocka_unit_test(test_program_in_another_group),
		TREE(test_hung_write_keeps_nothing),
		TREE(test_write_to_no_attribute),
		TREE(test_reading_has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
