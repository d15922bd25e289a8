/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing files so that a power cut leaves the old or the new one: the only rename. */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

/* 4 GiB take less, and an initramfs on a slow stick does. */
#define COPY_S 600

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* What says that a file has certain contents: the kernel's integrity measurement and its
 * seal on the attributes (linux Documentation/ABI/testing/ima_policy, evm). On other
 * contents, an appraising kernel would refuse to open the file. */
static bool is_about_contents(const char *xattr)
{
	return strcmp(xattr, "security.ima") == 0 || strcmp(xattr, "security.evm") == 0;
}

/* ACLs, SELinux label, capabilities: what the old file has, the new one gets. A
 * filesystem without them (FAT) is fine; one that has them and won't take them is an
 * error. */
static int copy_xattrs(int from, int to)
{
	char names[4096], value[65536];
	ssize_t n = flistxattr(from, names, sizeof(names));

	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *p = names; p < names + n; p += strlen(p) + 1) {
		ssize_t len;

		if (is_about_contents(p))
			continue;
		len = fgetxattr(from, p, value, sizeof(value));
		if (len < 0 && errno == ENODATA)
			continue;
		if (len < 0 || fsetxattr(to, p, value, (size_t)len, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Owner first: chown clears the set-user-ID bits of the mode. On FAT, chown to what it is
 * already works and anything else can't be asked for. */
static int copy_metadata(int dir, const char *name, int to, mode_t mode)
{
	CLEANUP(close_fd)
	int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st, now;

	/* ELOOP: a link, which is about to be replaced. */
	if (from < 0 && (errno == ENOENT || errno == ELOOP))
		return fchmod(to, mode) < 0 ? -errno : 0;
	if (from < 0)
		return -errno;
	if (fstat(from, &st) < 0 || fstat(to, &now) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((st.st_uid != now.st_uid || st.st_gid != now.st_gid) &&
	    fchown(to, st.st_uid, st.st_gid) < 0)
		return -errno;
	if ((st.st_mode & 07777) != (now.st_mode & 07777) &&
	    fchmod(to, st.st_mode & 07777) < 0)
		return -errno;
	return copy_xattrs(from, to);
}

/* Where new contents come from: another file, or memory. */
struct source {
	int fd; /* -1: memory */
	struct allowance allowance; /* of fd */
	const void *bytes;
	size_t len;
};

static int write_source(int to, const struct source *from)
{
	struct allowance allowance = from->allowance;
	char chunk[65536];
	ssize_t n;
	int r = 0;

	if (from->fd < 0)
		return write_all(to, from->bytes, from->len);
	while (r >= 0) {
		n = host_read_within(from->fd, chunk, sizeof(chunk), &allowance);
		if (n <= 0)
			return (int)n;
		r = write_all(to, chunk, (size_t)n);
	}
	return r;
}

/* The temp file, written and on the disk; or a negative errno. */
static int fill_temp(int dir, const char *name, const char *temp,
		     const struct source *from, mode_t mode)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	/* One that a killed run left behind is ours by its name and in the way. */
	unlinkat(dir, temp, 0);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = write_source(fd, from);
	if (r >= 0)
		r = copy_metadata(dir, name, fd, mode);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

/*
 * FAT frees a file's clusters when nobody has it open any more, and nothing puts that
 * behind the directory entry on its way to the disk: after a power cut, the entry may
 * still be there and name clusters that are free (fs/fat/inode.c, fat_evict_inode). Open
 * until the directory is on the disk, a file that is about to lose its name is safe. -1
 * is fine: there is none, or it can't be opened.
 */
static int hold(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static int unlink_for_good(int dir, const char *name)
{
	int old = hold(dir, name);
	int r = unlinkat(dir, name, 0) < 0 || fsync(dir) < 0 ? -errno : 0;

	close_fd(&old);
	return r;
}

/* No *.conf or *.cfg glob takes it up, and FAT can hold it. Owned by the caller. */
static char *temp_name(const char *name)
{
	return xasprintf(".%s.slicer-new", name);
}

/* Takes away the temp file of a replacement that failed, and tells of one that stays. On
 * a filesystem that is read-only, also removing what is not there fails. */
static void remove_temp(const struct host *h, int dir, const char *path, const char *temp,
			struct error *e)
{
	CLEANUP(free_char) char *real = NULL;
	struct stat st;
	size_t n;
	int err;

	if (unlinkat(dir, temp, 0) == 0)
		return;
	err = errno;
	if (!e || fstatat(dir, temp, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	real = host_realpath(h, path);
	path = real ? real : path;
	n = strlen(e->what);
	snprintf(e->what + n, sizeof(e->what) - n, "; %.*s%s is left behind: %s",
		 (int)(path_base(path) - path), path, temp, strerror(err));
}

/*
 * On FAT the new name's entry still is the old file's until the new file itself is
 * written once more (fs/fat/namei_vfat.c, vfat_rename: mark_inode_dirty). That comes
 * behind the directory: the other way round, both names would have the new clusters for a
 * moment, and fsck.fat takes them from one.
 */
static int rename_for_good(int dir, const char *temp, const char *name, int fd,
			   const char **ret_doing)
{
	int old = hold(dir, name);
	int r = 0;

	*ret_doing = "replace";
	if (renameat(dir, temp, dir, name) < 0) {
		r = -errno;
	} else if (fsync(dir) < 0 || fsync(fd) < 0) {
		r = -errno;
		*ret_doing = "make sure of";
	}
	close_fd(&old);
	return r;
}

/* Slicer makes no links there. Following one would write to a file that is not slicer's.
 */
static bool is_slicers(const char *path)
{
	return str_starts(path, "/etc/slicer/") || str_starts(path, "/var/lib/slicer/") ||
	       str_starts(path, "/run/slicer/");
}

static int replace(const struct host *h, const char *path, const struct source *from,
		   mode_t mode, struct error *e)
{
	CLEANUP(close_fd) int dir = -1;
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(free_char) char *temp = NULL;
	const char *doing = "write";
	int r;

	dir = host_open_parent(h, path, !is_slicers(path), &name);
	if (dir < 0)
		return host_write_error(e, path, -dir, "write");
	temp = temp_name(name);
	fd = fill_temp(dir, name, temp, from, mode);
	r = fd < 0 ? fd : rename_for_good(dir, temp, name, fd, &doing);
	if (r < 0) {
		host_write_error(e, path, -r, doing);
		remove_temp(h, dir, path, temp, e);
	}
	return r;
}

int host_replace(const struct host *h, const char *path, const void *bytes, size_t len,
		 mode_t mode, struct error *e)
{
	const struct source from = { .fd = -1, .bytes = bytes, .len = len };

	return replace(h, path, &from, mode, e);
}

int host_copy(const struct host *h, const char *from, const char *to, mode_t mode,
	      struct error *e)
{
	CLEANUP(close_fd) int fd = host_openat(h, from, O_RDONLY | O_NONBLOCK);
	struct source source = { .fd = fd };
	int err = fd < 0 ? fd : host_allow(fd, COPY_S, &source.allowance);

	if (err < 0) {
		if (err == -EFBIG)
			error_set(e, EFBIG,
				  "is larger than 4 GiB: is this the right "
				  "file?");
		else
			error_errno(e, -err, "can't read");
		error_at(e, from, 0);
		return err;
	}
	err = replace(h, to, &source, mode, e);
	if (err == -ETIMEDOUT)
		error_prefix(e, "copying %s takes longer than %d s", from, COPY_S);
	return err;
}

void host_replace_sweep(const struct host *h, const char *path)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = host_open_parent(h, path, !is_slicers(path), &name);
	CLEANUP(free_char) char *temp = dir < 0 ? NULL : temp_name(name);

	if (temp)
		unlink_for_good(dir, temp);
}

int host_remove(const struct host *h, const char *path, struct error *e)
{
	CLEANUP(close_fd) int dir = -1;
	CLEANUP(free_char) char *name = NULL;
	int r;

	dir = host_open_parent(h, path, false, &name);
	if (dir < 0)
		return host_write_error(e, path, -dir, "remove");
	r = unlink_for_good(dir, name);
	return r < 0 ? host_write_error(e, path, -r, "remove") : 0;
}

int host_open_log(const struct host *h, const char *path, struct error *e)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = host_open_parent(h, path, false, &name);
	int fd;

	if (dir < 0)
		return host_write_error(e, path, -dir, "write");
	fd = openat(dir, name,
		    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return host_write_error(e, path, errno, "write");
	return fd;
}

int host_sync(const struct host *h, const char *also, struct error *e)
{
	const char *const places[] = { "/", "/boot", "/boot/efi", "/efi",
				       also ? also : "/" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(close_fd)
		int fd = host_openat(h, places[i], O_RDONLY | O_DIRECTORY);

		if (fd < 0 && i > 0)
			continue;
		if (fd < 0 || syncfs(fd) < 0)
			return host_write_error(e, places[i], fd < 0 ? -fd : errno,
						"make sure of");
	}
	return 0;
}
