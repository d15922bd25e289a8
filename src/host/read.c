/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files, attributes and directories. */
#include "host/internal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_error(struct error *e, const char *path, int err, const char *what)
{
	if (what)
		error_set(e, err, "%s", what);
	else
		error_errno(e, err, "can't read");
	error_at(e, path, 0);
	if (err == EACCES || err == EPERM)
		error_hint(e, "run it as root (sudo)");
	return -err;
}

int host_read(const struct host *h, const char *path, size_t max, struct str *ret,
	      struct error *e)
{
	/* O_NONBLOCK: opening a FIFO that somebody left there must not hang. */
	CLEANUP(close_fd) int fd = host_openat(h, path, O_RDONLY | O_NONBLOCK);
	CLEANUP(str_done) struct str s = { 0 };
	char chunk[16384];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return read_error(e, path, -fd, NULL);
	if (fstat(fd, &st) < 0)
		return read_error(e, path, errno, NULL);
	if (S_ISDIR(st.st_mode))
		return read_error(e, path, EISDIR, "is a directory, not a file");
	if (!S_ISREG(st.st_mode))
		return read_error(e, path, EINVAL, "is not a regular file");
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_error(e, path, errno, NULL);
		if (s.len + (size_t)n > max) {
			read_error(e, path, EFBIG,
				   "is larger than anything expected here");
			error_hint(e, "the limit is %zu bytes: is this the right file?",
				   max);
			return -EFBIG;
		}
		str_addn(&s, chunk, (size_t)n);
	}
	str_done(ret);
	*ret = s;
	s = (struct str){ 0 };
	return 0;
}

int host_read_part(const struct host *h, const char *path, size_t offset, size_t len,
		   struct str *ret, struct error *e)
{
	CLEANUP(close_fd) int fd = host_openat(h, path, O_RDONLY | O_NONBLOCK);
	CLEANUP(str_done) struct str s = { 0 };
	char chunk[16384];
	struct stat st;

	if (fd < 0)
		return read_error(e, path, -fd, NULL);
	if (fstat(fd, &st) < 0)
		return read_error(e, path, errno, NULL);
	if (S_ISBLK(st.st_mode) && !h->live)
		return read_error(e, path, EOPNOTSUPP, "is not read below --root");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return read_error(e, path, EINVAL, "is neither a file nor a disk");
	while (s.len < len) {
		size_t room = len - s.len;
		ssize_t n = pread(fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk),
				  (off_t)(offset + s.len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_error(e, path, errno, NULL);
		if (n == 0)
			break;
		str_addn(&s, chunk, (size_t)n);
	}
	str_done(ret);
	*ret = s;
	s = (struct str){ 0 };
	return 0;
}

int host_allow(int fd, unsigned seconds, struct allowance *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > HOST_MAX_IMAGE)
		return -EFBIG;
	*ret = (struct allowance){ .bytes = HOST_MAX_IMAGE,
				   .until = seconds_now() + seconds };
	return 0;
}

ssize_t host_read_within(int fd, void *chunk, size_t size, struct allowance *a)
{
	ssize_t n;

	if (seconds_now() > a->until)
		return -ETIMEDOUT;
	do {
		n = read(fd, chunk, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* It may grow while it is read. */
	if ((uint64_t)n > a->bytes)
		return -EFBIG;
	a->bytes -= (uint64_t)n;
	return n;
}

char *host_attr(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = host_openat(h, path, O_RDONLY | O_NONBLOCK);
	char text[4097];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	do {
		n = read(fd, text, sizeof(text) - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	n = (ssize_t)strlen(text);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	return xstrdup(text);
}

long long host_attr_number(const struct host *h, const char *path, long long def)
{
	CLEANUP(free_char) char *text = host_attr(h, path);
	char *end;
	long long v;

	if (!text || !*text)
		return def;
	errno = 0;
	v = strtoll(text, &end, 0);
	return errno || *end ? def : v;
}

int host_list(const struct host *h, const char *dir, struct strv *ret, struct error *e)
{
	int fd = host_openat(h, dir, O_RDONLY | O_DIRECTORY);
	struct strv names = { 0 };
	struct dirent *entry;
	DIR *d;

	if (fd < 0)
		return read_error(e, dir, -fd, NULL);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return read_error(e, dir, ENOMEM, NULL);
	}
	errno = 0;
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
			strv_add(&names, entry->d_name);
			if (names.n > HOST_MAX_NAMES) {
				errno = EFBIG;
				break;
			}
		}
	if (errno) {
		int err = errno;

		closedir(d);
		strv_done(&names);
		return read_error(e, dir, err, NULL);
	}
	closedir(d);
	strv_sort(&names);
	strv_copy(ret, &names);
	strv_done(&names);
	return 0;
}

int host_can_write(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = host_openat(h, path, O_PATH);
	CLEANUP(close_fd) int dir = -1;
	CLEANUP(free_char) char *name = NULL;
	int mode = W_OK;

	if (fd == -ENOENT) {
		dir = host_open_parent(h, path, true, &name);
		if (dir < 0)
			return dir;
		mode |= X_OK;
	} else if (fd < 0) {
		return fd;
	}
	/* faccessat2(2), Linux 5.8: by fd, as what we are now (AT_EACCESS) */
	if (syscall(SYS_faccessat2, fd < 0 ? dir : fd, "", mode,
		    AT_EMPTY_PATH | AT_EACCESS) < 0)
		return -errno;
	return 0;
}

long long host_free_bytes(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = host_openat(h, path, O_PATH);
	struct statvfs v;

	if (fd < 0)
		return fd;
	if (fstatvfs(fd, &v) < 0)
		return -errno;
	return (long long)v.f_bavail * (long long)v.f_frsize;
}
