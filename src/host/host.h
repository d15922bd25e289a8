/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one door to the machine. Every path is below the root that was opened, resolved
 * with openat2(2) RESOLVE_IN_ROOT: ".." and links, absolute ones too, can't lead out of
 * it. Paths given here are absolute as the host sees them ("/etc/default/grub").
 *
 * A host is live when its root is "/": only then programs are run and effects that are
 * not files (sysfs writes, EFI variables) happen; for another root these calls refuse.
 */
#ifndef SLICER_HOST_HOST_H
#define SLICER_HOST_HOST_H

#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"

struct host;

/* root NULL or "/": the running machine. Owned by the caller: host_close(). */
int host_open(const char *root, struct host **ret, struct error *e);
void host_close(struct host **h);
bool host_is_live(const struct host *h);
/* The root as given ("/" if live), for messages and for the libraries that open paths
 * themselves. */
const char *host_root(const struct host *h);
/* root + path, for those libraries and for messages. Owned by the caller. */
char *host_outer_path(const struct host *h, const char *path);

/* ---- reading -------------------------------------------------------------------------
 */

#define HOST_MAX_CONFIG (1u << 20) /* no configuration file is larger than 1 MiB */

/* Boot loaders put an image below 4 GiB, and FAT holds no larger file. */
#define HOST_MAX_IMAGE (UINT64_C(4) << 30)

/* openat2 in the root, with O_CLOEXEC | O_NOCTTY. Returns an fd or a negative errno. */
int host_openat(const struct host *h, const char *path, int flags);
/*
 * Reads a whole regular file or sysfs/proc attribute of at most max bytes. Errors name
 * the path: -ENOENT, -EACCES, -EISDIR, -EFBIG, -EINVAL for what is no file (FIFO,
 * device). A sysfs attribute's size is not trusted. *ret is replaced only on success.
 */
int host_read(const struct host *h, const char *path, size_t max, struct str *ret,
	      struct error *e);
/*
 * Reads len bytes at offset of a regular file or, on the running machine, of a block
 * device; fewer where it ends. Errors name the path; -EOPNOTSUPP: a device below another
 * root, which is not that root's. *ret is replaced only on success.
 */
int host_read_part(const struct host *h, const char *path, size_t offset, size_t len,
		   struct str *ret, struct error *e);
/*
 * A number that is another one when a file's contents, or a directory's names, are.
 * Returns 0 or a negative errno: -EFBIG for more than HOST_MAX_IMAGE, -ETIMEDOUT for what
 * takes longer than a minute.
 */
int host_digest(const struct host *h, const char *path, uint64_t *ret);
/* A sysfs/proc attribute's first line without trailing white space: owned by the caller;
 * NULL if it can't be read, whatever the reason. */
char *host_attr(const struct host *h, const char *path);
/* As host_attr, as an unsigned number in base 0; def if absent or no number. */
long long host_attr_number(const struct host *h, const char *path, long long def);
/* No directory that slicer looks into has more names; /proc may have 4 million processes
 * in theory (PID_MAX_LIMIT), and has thousands. */
#define HOST_MAX_NAMES (1u << 20)
/* Names in a directory without . and .., sorted bytewise, appended. -EFBIG: more than
 * HOST_MAX_NAMES. */
int host_list(const struct host *h, const char *dir, struct strv *ret, struct error *e);
/* Follows links within the root. Returns 0 or a negative errno. */
int host_stat(const struct host *h, const char *path, struct stat *ret);
bool host_exists(const struct host *h, const char *path);
bool host_is_dir(const struct host *h, const char *path);
/* The link's text: owned by the caller, NULL if it is no link. */
char *host_readlink(const struct host *h, const char *path);
/* The last component of the link's text ("vfio-pci" for .../driver), NULL if it is no
 * link. */
char *host_link_base(const struct host *h, const char *path);
/* The path with every link resolved, as seen inside the root ("/usr/bin/x"). NULL if
 * absent. */
char *host_realpath(const struct host *h, const char *path);
/*
 * The number of the node that an open file of a process is ("/proc/812/fd/7"), as below
 * /sys/dev: "char/226:0", owned by the caller. The file itself is not waited for
 * (statx(2), AT_STATX_DONT_SYNC). 0 or a negative errno: -ENOTBLK: it is no node;
 * -EOPNOTSUPP: another root, where such a link is only text.
 */
int host_node_number(const struct host *h, const char *link, char **ret);
/*
 * Does something in the kernel keep this block device ("/dev/sda1", "8:1") for itself: a
 * mount in whichever namespace, swap, ZFS, btrfs, md, dm, bcache ...? Such a user claims
 * the device and, while it has a claim on a partition, its disk (open(2), O_EXCL; linux
 * block/bdev.c, bd_may_claim()). Asked by opening it, for reading and for an instant,
 * with O_EXCL: whoever mounts it in just that instant is told that it is busy, so only
 * what is about to be taken away is to be asked about. 1: yes, 0: no, or a negative
 * errno: -EOPNOTSUPP below another root, -EACCES, -ETIMEDOUT where the disk does not
 * answer, -ENODEV: the node is another device's.
 */
int host_block_is_claimed(const struct host *h, const char *path, const char *devno);
/* May this process open the node for reading and writing, as access(2) tells: 0 or a
 * negative errno. -EOPNOTSUPP below another root, whose nodes and users are not ours. The
 * node is not opened: a driver could take that for a use. */
int host_can_open(const struct host *h, const char *path);
/* access(2) W_OK on the filesystem and mode that the path (or its parent) is on: 0,
 * -EROFS, -EACCES, -ENOENT ... */
int host_can_write(const struct host *h, const char *path);
/* Free bytes on the filesystem of path, as df(1) shows them: what it keeps for root does
 * not count (statvfs f_bavail). Negative errno on failure. */
long long host_free_bytes(const struct host *h, const char *path);

/* ---- changing: called by src/plan and src/devices only
 * --------------------------------- */

/*
 * Replaces a file's contents so that a power cut leaves the old or the new one: a plain
 * temp file in the same directory (never O_TMPFILE: ESPs are FAT), owner, mode, ACL and
 * other extended attributes copied from the old file (but those that vouch for its
 * contents), fsync, rename, fsync of the
 * directory. A link is followed to its target; below /etc/slicer, /var/lib/slicer and
 * /run/slicer the link itself is replaced (links in the directories before it are
 * followed). A new file gets mode. The parent directory must exist.
 */
int host_replace(const struct host *h, const char *path, const void *bytes, size_t len,
		 mode_t mode, struct error *e);
/* As host_replace, with the contents of another regular file, of at most HOST_MAX_IMAGE
 * bytes. It may take ten minutes, then it is given up. */
int host_copy(const struct host *h, const char *from, const char *to, mode_t mode,
	      struct error *e);
/* Removes the temp file that a killed host_replace() of path left, if there is one. */
void host_replace_sweep(const struct host *h, const char *path);
/* unlink and fsync of the directory. -ENOENT is an error. */
int host_remove(const struct host *h, const char *path, struct error *e);
/* Makes a directory and its parents; one that is there is fine, also behind a link. A
 * link that leads to none is refused. */
int host_mkdirs(const struct host *h, const char *path, mode_t mode, struct error *e);
/* rmdir; one that is not empty or not there is fine. */
int host_rmdir(const struct host *h, const char *path, struct error *e);
/* Appends to a log below /var/lib/slicer (made with mode 0600): an fd for writing. */
int host_open_log(const struct host *h, const char *path, struct error *e);
/*
 * One write(2) of len bytes to a sysfs attribute. Live only. timeout_ms > 0: written by a
 * child, and -ETIMEDOUT if it has not come back by then (a driver's unbind can hang for
 * ever); the child is left behind.
 */
int host_sysfs_write(const struct host *h, const char *path, const char *bytes,
		     size_t len, unsigned timeout_ms, struct error *e);
/* syncfs(2) on the filesystems of the boot chain: /, /boot, the ESP's usual places, and
 * the one that the directory "also" (may be NULL) is on. */
int host_sync(const struct host *h, const char *also, struct error *e);
/* An open file description lock (fcntl(2), F_OFD_SETLK) on /run/slicer/lock below the
 * root, not waiting: an fd that holds it until host_unlock(), or -EAGAIN with an error
 * that says so. */
int host_lock(const struct host *h, struct error *e);
/* Gives the lock back. Below a foreign root its file goes, too: its /run may lie on a
 * disk. fd may be -1. */
void host_unlock(const struct host *h, int fd);
/* Does anybody hold it? Only asks. */
bool host_lock_is_held(const struct host *h);

/* ---- programs
 * ---------------------------------------------------------------------------- */

/* The directories that programs are taken from, and the children's PATH. */
#define HOST_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Where name would be run from: owned by the caller, NULL if nowhere. A name with '/' is
 * checked as it is. Regular and executable is what counts. */
char *host_find_program(const struct host *h, const char *name);

struct run {
	const char *const *argv; /* argv[0] is looked up with host_find_program */
	const void *input; /* fed to stdin; NULL: /dev/null */
	size_t input_len;
	unsigned timeout_s; /* 0: 60 */
	struct str *output; /* stdout and stderr interleaved, at most 4 MiB kept; may be
			       NULL */
	int log_fd; /* also written here; -1: nowhere */
	/* "LANG=de_DE.UTF-8", "LC_...=...": the program's locale, of host_locale(); NULL:
	 * C, for a program whose output is read. Borrowed. */
	const struct strv *locale;
	/* Called about every 200 ms while it runs, with the seconds gone; may be NULL. */
	void (*tick)(void *data, double seconds);
	void *tick_data;
	bool uninterruptible; /* a pending SIGINT or SIGTERM does not stop it */
	/* With -EINPROGRESS, what could not be ended is added, for host_is_stuck(); may
	 * be NULL. */
	struct strv *stuck;
	int status; /* out: wait status */
	double seconds; /* out: how long it ran */
};
/*
 * Runs a program: no shell, a clean environment (PATH, HOME=/root, the locale, TERM=dumb,
 * DEBIAN_FRONTEND=noninteractive), cwd /, its own process group, which is killed when the
 * time is up. Live only. Returns 0 if it exited with 0; else an error: -ENOENT not found,
 * -ETIMEDOUT, -ECANCELED ended by a signal, -EPROTO exited with another status (see
 * r->status), -EINPROGRESS can't be ended and is still there, so that what it changes is
 * not final; the message ends with the last line of its output.
 */
int host_run(const struct host *h, struct run *r, struct error *e);
/*
 * Is a process that host_run() noted in run.stuck still there? The note is its number,
 * its start and the boot's id, because numbers are given anew. *ret is then its name,
 * number and where in the kernel it waits. Another root's processes nobody knows: false.
 */
bool host_is_stuck(const struct host *h, const char *note, struct str *ret);
/*
 * The host's own locale, as its programs get it where a person calls them: LANG and LC_*
 * of /etc/locale.conf (locale.conf(5)), else of /etc/default/locale (Debian's
 * update-locale(8)), appended. What has other characters than locale names have is left
 * out. Nothing: "LANG=C.UTF-8" is not assumed, the list stays empty.
 */
void host_locale(const struct host *h, struct strv *ret);

#endif
