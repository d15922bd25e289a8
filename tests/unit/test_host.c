/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/tree.h"

#include <errno.h>
#include <linux/loop.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* In libc's place: a disk that lets nothing be removed. */
static bool removes_nothing;

int unlinkat(int dir, const char *name, int flags)
{
	if (!removes_nothing)
		return (int)syscall(SYS_unlinkat, dir, name, flags);
	errno = EIO;
	return -1;
}

/* In libc's place: what is synced, in order, and whether a file that has lost its name is
 * still open then. */
static char synced[256];

static bool holds_deleted(void)
{
	bool any = false;

	for (int fd = 3; fd < 64; fd++) {
		CLEANUP(free_char) char *link = xasprintf("/proc/self/fd/%d", fd);
		char to[4096] = "";

		any |= readlink(link, to, sizeof(to) - 1) > 0 &&
		       strstr(to, "/f (deleted)");
	}
	return any;
}

int fsync(int fd)
{
	struct stat st;

	fstat(fd, &st);
	strcat(synced, S_ISDIR(st.st_mode) ? "dir" : "file");
	if (holds_deleted())
		strcat(synced, "+old");
	strcat(synced, " ");
	return (int)syscall(SYS_fsync, fd);
}

/* What FAT needs. */
static void test_order_of_syncs(void **state)
{
	struct tree *t = *state;
	struct error e = { 0 };

	*synced = '\0';
	assert_int_equal(host_replace(t->host, "/f", "one", 3, 0644, &e), 0);
	assert_string_equal(synced, "file dir file ");
	*synced = '\0';
	assert_int_equal(host_replace(t->host, "/f", "two", 3, 0644, &e), 0);
	assert_string_equal(synced, "file dir+old file+old ");
	*synced = '\0';
	assert_int_equal(host_remove(t->host, "/f", &e), 0);
	assert_string_equal(synced, "dir+old ");
	assert_false(holds_deleted());
}

static void test_links_stay_inside(void **state)
{
	struct tree *t = *state;
	struct str text = { 0 };
	struct error e = { 0 };

	tree_write(t, "/etc/passwd", "ours\n");
	tree_link(t, "/etc/passwd", "/absolute");
	tree_link(t, "../../../../../../etc/passwd", "/etc/up");
	tree_is(t, "/absolute", "ours\n");
	tree_is(t, "/etc/up", "ours\n");
	tree_is(t, "/../../etc/passwd", "ours\n");
	tree_link(t, "/loop", "/loop");
	assert_int_equal(host_read(t->host, "/loop", 100, &text, &e), -ELOOP);
	assert_string_equal(e.path, "/loop");
	str_done(&text);
}

static void test_read_refuses(void **state)
{
	struct tree *t = *state;
	struct str text = { 0 };
	struct error e = { 0 };
	char *fifo = tree_path(t, "/fifo");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	tree_write(t, "/big", "0123456789");
	tree_mkdir(t, "/dir");
	assert_int_equal(host_read(t->host, "/fifo", 100, &text, &e), -EINVAL);
	assert_int_equal(host_read(t->host, "/big", 9, &text, &e), -EFBIG);
	assert_int_equal(host_read(t->host, "/big", 10, &text, &e), 0);
	assert_int_equal(host_read(t->host, "/dir", 10, &text, &e), -EISDIR);
	assert_int_equal(host_read(t->host, "/none", 10, &text, &e), -ENOENT);
	assert_int_equal(e.code, ERROR_REFUSED);
	/* replaced only on success */
	assert_string_equal(str_c(&text), "0123456789");
	assert_null(host_attr(t->host, "/fifo"));
	str_done(&text);
	free(fifo);
}

static void test_attributes(void **state)
{
	struct tree *t = *state;
	char *v;

	tree_write(t, "/a", "0x10de\nmore\n");
	tree_write(t, "/n", "-1\n");
	tree_write(t, "/bad", "12 apples\n");
	v = host_attr(t->host, "/a");
	assert_string_equal(v, "0x10de");
	free(v);
	assert_int_equal(host_attr_number(t->host, "/a", 7), 0x10de);
	assert_int_equal(host_attr_number(t->host, "/n", 7), -1);
	assert_int_equal(host_attr_number(t->host, "/bad", 7), 7);
	assert_int_equal(host_attr_number(t->host, "/none", 7), 7);
}

static void test_replace_keeps_metadata(void **state)
{
	struct tree *t = *state;
	char *p = tree_path(t, "/etc/default/grub");
	struct stat before, after;
	char value[8];
	bool xattrs;

	tree_write(t, "/etc/default/grub", "old\n");
	assert_int_equal(chmod(p, 0640), 0);
	xattrs = setxattr(p, "user.slicer", "kept", 4, 0) == 0;
	assert_int_equal(stat(p, &before), 0);
	assert_int_equal(
		host_replace(t->host, "/etc/default/grub", "new\n", 4, 0600, NULL), 0);
	tree_is(t, "/etc/default/grub", "new\n");
	assert_int_equal(stat(p, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_not_equal(after.st_ino, before.st_ino);
	if (xattrs)
		assert_int_equal(getxattr(p, "user.slicer", value, sizeof(value)), 4);
	free(p);
}

static void test_replace_follows_link(void **state)
{
	struct tree *t = *state;
	char *target;
	struct stat st;
	struct strv names = { 0 };

	tree_write(t, "/data/real.cfg", "old");
	tree_link(t, "/data/real.cfg", "/etc/grub2.cfg");
	assert_int_equal(host_replace(t->host, "/etc/grub2.cfg", "new", 3, 0600, NULL),
			 0);
	target = host_readlink(t->host, "/etc/grub2.cfg");
	assert_string_equal(target, "/data/real.cfg");
	tree_is(t, "/data/real.cfg", "new");
	/* nothing half-written is left in either directory */
	assert_int_equal(host_list(t->host, "/etc", &names, NULL), 0);
	assert_int_equal(host_list(t->host, "/data", &names, NULL), 0);
	assert_int_equal(names.n, 2);
	strv_done(&names);
	free(target);
	/* In a directory of slicer's own, the link goes. */
	tree_mkdir(t, "/etc/slicer/devices.d");
	tree_link(t, "/data/real.cfg", "/etc/slicer/devices.d/a.conf");
	assert_int_equal(host_replace(t->host, "/etc/slicer/devices.d/a.conf", "own", 3,
				      0640, NULL),
			 0);
	tree_is(t, "/data/real.cfg", "new");
	tree_is(t, "/etc/slicer/devices.d/a.conf", "own");
	assert_int_equal(host_stat(t->host, "/etc/slicer/devices.d/a.conf", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void test_replace_fails_clean(void **state)
{
	struct tree *t = *state;
	struct error e = { 0 };
	struct strv names = { 0 };

	assert_int_equal(host_replace(t->host, "/none/file", "x", 1, 0600, &e), -ENOENT);
	assert_string_equal(e.path, "/none/file");
	tree_mkdir(t, "/dir/file");
	assert_true(host_replace(t->host, "/dir/file", "x", 1, 0600, &e) < 0);
	assert_int_equal(host_list(t->host, "/dir", &names, NULL), 0);
	assert_int_equal(names.n, 1);
	strv_done(&names);
}

/* Nobody writes to it, or reads: that is no reason to wait. */
static void test_fifo_in_the_way(void **state)
{
	struct tree *t = *state;
	char *path = tree_path(t, "/var/lib/slicer/file");
	struct error e = { 0 };

	tree_mkdir(t, "/var/lib/slicer");
	tree_mkdir(t, "/run/slicer");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(host_replace(t->host, "/var/lib/slicer/file", "x", 1, 0600, &e) < 0);
	assert_int_equal(host_open_log(t->host, "/var/lib/slicer/file", &e), -ENXIO);
	free(path);
	path = tree_path(t, "/run/slicer/lock");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(host_lock_is_held(t->host));
	free(path);
}

/* A temporary file that can't go either is told, by its real place; one that never was is
 * not. */
static void test_replace_leaves_temp(void **state)
{
	struct tree *t = *state;
	struct error e = { 0 };

	tree_mkdir(t, "/dir/real");
	tree_link(t, "/dir/real", "/etc/link");
	removes_nothing = true;
	assert_true(host_replace(t->host, "/etc/link", "x", 1, 0600, &e) < 0);
	removes_nothing = false;
	assert_string_equal(e.path, "/etc/link");
	assert_non_null(strstr(e.what, "can't write"));
	assert_non_null(strstr(e.what, "; /dir/.real.slicer-new is left behind: "));
	assert_true(host_exists(t->host, "/dir/.real.slicer-new"));
	assert_true(host_replace(t->host, "/dir/real", "x", 1, 0600, &e) < 0);
	assert_null(strstr(e.what, "left behind"));
	removes_nothing = true;
	assert_true(host_replace(t->host, "/none/file", "x", 1, 0600, &e) < 0);
	removes_nothing = false;
	assert_null(strstr(e.what, "left behind"));
}

static void test_leftover_of_a_killed_run(void **state)
{
	struct tree *t = *state;

	tree_write(t, "/etc/f", "old");
	tree_write(t, "/etc/.f.slicer-new", "half");
	assert_int_equal(host_replace(t->host, "/etc/f", "new", 3, 0600, NULL), 0);
	tree_is(t, "/etc/f", "new");
	assert_false(host_exists(t->host, "/etc/.f.slicer-new"));
}

static void test_remove_takes_the_link(void **state)
{
	struct tree *t = *state;

	tree_write(t, "/target", "x");
	tree_link(t, "/target", "/link");
	assert_int_equal(host_remove(t->host, "/link", NULL), 0);
	assert_true(host_exists(t->host, "/target"));
	assert_int_equal(host_remove(t->host, "/link", NULL), -ENOENT);
}

static void test_realpath(void **state)
{
	struct tree *t = *state;
	char *p;

	tree_write(t, "/usr/bin/x", "");
	tree_link(t, "usr/bin", "/bin");
	tree_link(t, "/bin/../bin/x", "/y");
	p = host_realpath(t->host, "/y");
	assert_string_equal(p, "/usr/bin/x");
	free(p);
	p = host_realpath(t->host, "/../bin/./x");
	assert_string_equal(p, "/usr/bin/x");
	free(p);
	assert_null(host_realpath(t->host, "/bin/none"));
}

static void test_mkdirs_and_lock(void **state)
{
	struct tree *t = *state;
	struct error e = { 0 };
	int fd, again;

	assert_int_equal(host_mkdirs(t->host, "/a/b/c", 0700, NULL), 0);
	assert_int_equal(host_mkdirs(t->host, "/a/b/c", 0700, NULL), 0);
	tree_write(t, "/a/file", "");
	assert_true(host_mkdirs(t->host, "/a/file/x", 0700, &e) < 0);
	/* Through a link, but not to where one leads to nothing. */
	tree_link(t, "/a/b", "/link");
	assert_int_equal(host_mkdirs(t->host, "/link/d", 0700, NULL), 0);
	assert_true(host_is_dir(t->host, "/a/b/d"));
	tree_link(t, "/a/none", "/dead");
	assert_int_equal(host_mkdirs(t->host, "/dead/d", 0700, &e), -ENOTDIR);
	assert_string_equal(e.path, "/dead");
	assert_non_null(strstr(e.what, "is a link to /a/none"));
	assert_false(host_exists(t->host, "/a/none"));
	fd = host_lock(t->host, NULL);
	assert_true(fd >= 0);
	again = host_lock(t->host, &e);
	assert_int_equal(again, -EWOULDBLOCK);
	assert_true(e.hint[0]);
	close(fd);
	fd = host_lock(t->host, NULL);
	assert_true(fd >= 0);
	close(fd);
}

static void test_foreign_root_runs_nothing(void **state)
{
	struct tree *t = *state;
	const char *const argv[] = { "true", NULL };
	struct run r = { .argv = argv, .log_fd = -1 };
	struct error e = { 0 };

	tree_write(t, "/sys/x", "0");
	assert_int_equal(host_run(t->host, &r, &e), -EOPNOTSUPP);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_int_equal(host_sysfs_write(t->host, "/sys/x", "1", 1, 0, &e), -EOPNOTSUPP);
	tree_is(t, "/sys/x", "0");
}

/* A node of another root's is for its users. What is there and closed needs another user
 * than the one who runs the tests: tests/cli/nodes.bats. */
static void test_can_open(void **state)
{
	const struct tree *t = *state;
	CLEANUP(host_close) struct host *live = NULL;
	CLEANUP(free_char) char *file = tree_path(t, "/etc/f");
	CLEANUP(free_char) char *none = tree_path(t, "/etc/none");

	tree_write(t, "/etc/f", "x");
	assert_int_equal(host_can_open(t->host, "/etc/f"), -EOPNOTSUPP);
	assert_int_equal(host_open(NULL, &live, NULL), 0);
	assert_int_equal(host_can_open(live, file), 0);
	assert_int_equal(host_can_open(live, none), -ENOENT);
}

static void test_can_write(void **state)
{
	struct tree *t = *state;

	tree_write(t, "/etc/f", "");
	assert_int_equal(host_can_write(t->host, "/etc/f"), 0);
	assert_int_equal(host_can_write(t->host, "/etc/new"), 0);
	assert_int_equal(host_can_write(t->host, "/none/new"), -ENOENT);
	assert_true(host_free_bytes(t->host, "/etc") > 0);
}

/* ---- the running machine: programs
 * ----------------------------------------------------------- */

static int run_sh(const char *script, unsigned timeout, struct str *out, struct run *r,
		  struct error *e)
{
	static const char *const argv[] = { "/bin/sh", NULL };
	struct host *h = NULL;
	int err;

	assert_int_equal(host_open(NULL, &h, NULL), 0);
	*r = (struct run){ .argv = argv,
			   .input = script,
			   .input_len = strlen(script),
			   .timeout_s = timeout,
			   .output = out,
			   .log_fd = -1 };
	err = host_run(h, r, e);
	host_close(&h);
	return err;
}

static void test_run(void **state)
{
	struct str out = { 0 };
	struct error e = { 0 };
	struct run r;

	(void)state;
	setenv("LD_LIBRARY_PATH", "/nonexistent", 1);
	assert_int_equal(run_sh("echo out; echo err >&2; echo \"$LD_LIBRARY_PATH$PATH\"",
				10, &out, &r, &e),
			 0);
	unsetenv("LD_LIBRARY_PATH");
	assert_string_equal(str_c(&out), "out\nerr\n" HOST_PATH "\n");
	str_clear(&out);
	assert_int_equal(run_sh("echo bad luck; exit 3", 10, &out, &r, &e), -EPROTO);
	assert_non_null(strstr(e.what, "exit status 3: bad luck"));
	assert_int_equal(run_sh("kill -9 $$", 10, &out, &r, &e), -ECANCELED);
	str_done(&out);
}

static void test_run_deadline_kills_the_group(void **state)
{
	struct str out = { 0 };
	struct error e = { 0 };
	struct run r;
	int pid = 0;

	(void)state;
	assert_int_equal(run_sh("trap '' TERM; (trap '' TERM; sleep 60) & echo $!; wait",
				1, &out, &r, &e),
			 -ETIMEDOUT);
	assert_non_null(strstr(e.what, "did not finish within 1 s"));
	pid = atoi(str_c(&out));
	assert_true(pid > 1);
	/* killed, or a zombie whose reaper has not come yet */
	usleep(100000);
	if (kill(pid, 0) == 0) {
		char path[64], text[256] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY);
		if (fd >= 0) {
			assert_true(read(fd, text, sizeof(text) - 1) >= 0);
			close(fd);
			assert_non_null(strstr(text, ") Z"));
		}
	}
	str_done(&out);
}

static void test_run_big_output_and_daemons(void **state)
{
	struct str out = { 0 };
	struct error e = { 0 };
	struct run r;

	(void)state;
	assert_int_equal(
		run_sh("head -c 300000 /dev/zero | tr '\\0' x", 20, &out, &r, &e), 0);
	assert_int_equal(out.len, 300000);
	/* what stays behind with the pipe open must not hold us up */
	assert_int_equal(run_sh("sleep 30 & exit 0", 10, &out, &r, &e), 0);
	assert_true(r.seconds < 5);
	str_done(&out);
}

static void test_no_such_program(void **state)
{
	static const char *const argv[] = { "slicer-no-such-program", NULL };
	struct run r = { .argv = argv, .log_fd = -1 };
	struct host *h = NULL;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(host_open("/", &h, NULL), 0);
	assert_true(host_is_live(h));
	assert_int_equal(host_run(h, &r, &e), -ENOENT);
	assert_non_null(strstr(e.what, "slicer-no-such-program"));
	host_close(&h);
}

/* Open files of processes, by the number of the node. */
static void test_node_numbers(void **state)
{
	struct tree *t = *state;
	struct host *live = NULL;
	char *file = tree_path(t, "/f"), *number = NULL, *link;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), plain;

	tree_write(t, "/f", "");
	plain = open(file, O_RDONLY | O_CLOEXEC);
	assert_int_equal(host_open(NULL, &live, NULL), 0);
	link = xasprintf("/proc/self/fd/%d", null);
	assert_int_equal(host_node_number(t->host, link, &number), -EOPNOTSUPP);
	assert_int_equal(host_node_number(live, link, &number), 0);
	assert_string_equal(number, "char/1:3");
	free(number);
	free(link);
	link = xasprintf("/proc/self/fd/%d", plain);
	assert_int_equal(host_node_number(live, link, &number), -ENOTBLK);
	free(link);
	free(file);
	close(null);
	close(plain);
	host_close(&live);
}

/* A loop device, NULL where nobody may make one. */
static char *loop_of(const char *file, int *ret_fd)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	char *node = xasprintf("/dev/loop%d", number);
	int fd = number < 0 ? -1 : open(node, O_RDWR | O_CLOEXEC);
	int back = open(file, O_RDWR | O_CLOEXEC);

	if (control >= 0)
		close(control);
	if (fd >= 0 && back >= 0 && ioctl(fd, LOOP_SET_FD, back) == 0) {
		close(back);
		*ret_fd = fd;
		return node;
	}
	if (fd >= 0)
		close(fd);
	close(back);
	free(node);
	return NULL;
}

/* The kernel says whether somebody keeps a disk: who opens it with O_EXCL is one. */
static void test_claimed_disk(void **state)
{
	struct tree *t = *state;
	struct host *live = NULL;
	char *file = tree_path(t, "/disk"), *node, *devno;
	struct stat st;
	int loop = -1, alone;

	tree_write(t, "/disk", "");
	assert_int_equal(truncate(file, 1 << 20), 0);
	assert_int_equal(host_block_is_claimed(t->host, "/disk", "7:0"), -EOPNOTSUPP);
	node = loop_of(file, &loop);
	free(file);
	if (!node)
		skip(); /* not root, or no loop devices */
	assert_int_equal(host_open(NULL, &live, NULL), 0);
	assert_int_equal(stat(node, &st), 0);
	devno = xasprintf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
	assert_int_equal(host_block_is_claimed(live, node, devno), 0);
	assert_int_equal(host_block_is_claimed(live, node, "7:999"), -ENODEV);
	assert_int_equal(host_block_is_claimed(live, "/dev/null", "1:3"), -ENODEV);
	alone = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(alone >= 0);
	assert_int_equal(host_block_is_claimed(live, node, devno), 1);
	close(alone);
	assert_int_equal(host_block_is_claimed(live, node, devno), 0);
	ioctl(loop, LOOP_CLR_FD);
	close(loop);
	host_close(&live);
	free(node);
	free(devno);
}

int main(void)
{
#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TREE(test_links_stay_inside),
		TREE(test_read_refuses),
		TREE(test_attributes),
		TREE(test_replace_keeps_metadata),
		TREE(test_replace_follows_link),
		TREE(test_replace_fails_clean),
		TREE(test_fifo_in_the_way),
		TREE(test_replace_leaves_temp),
		TREE(test_leftover_of_a_killed_run),
		TREE(test_remove_takes_the_link),
		TREE(test_realpath),
		TREE(test_mkdirs_and_lock),
		TREE(test_foreign_root_runs_nothing),
		TREE(test_can_open),
		TREE(test_can_write),
		TREE(test_order_of_syncs),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_run_deadline_kills_the_group),
		cmocka_unit_test(test_run_big_output_and_daemons),
		cmocka_unit_test(test_no_such_program),
		cmocka_unit_test_setup_teardown(test_node_numbers, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_claimed_disk, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
