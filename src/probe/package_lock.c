/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: dpkg lib/dpkg/dbmodify.c (modstatdb_lock: both files, F_SETLK for writing),
 * APT apt-pkg/contrib/fileutl.cc (GetLock); rpm lib/rpmlock.c and the macro _rpmlock_path
 * (%{_dbpath}/.rpm.lock; the database moved to /usr/lib/sysimage in Fedora 36); pacman
 * lib/libalpm/handle.c (_alpm_handle_lock: O_CREAT | O_EXCL).
 */
#include "probe/package_lock.h"

#include "host/locks.h"

static const struct {
	const char *manager, *path;
	bool is_file;
} locks[] = {
	{ "dpkg", DPKG_FRONTEND_LOCK, false },
	{ "dpkg", "/var/lib/dpkg/lock", false },
	{ "rpm", "/var/lib/rpm/.rpm.lock", false },
	{ "rpm", "/usr/lib/sysimage/rpm/.rpm.lock", false },
	{ "pacman", "/var/lib/pacman/db.lck", true },
};

void package_lock_done(struct package_lock *l)
{
	free(l->name);
	*l = (struct package_lock){ 0 };
}

void package_lock_find(const struct host *h, struct package_lock *ret)
{
	for (size_t i = 0; host_is_live(h) && i < ARRAY_SIZE(locks); i++) {
		CLEANUP(free_char) char *comm = NULL;
		pid_t pid = 0;

		if (locks[i].is_file ? !host_exists(h, locks[i].path)
				     : host_is_locked(h, locks[i].path, &pid) != 1)
			continue;
		comm = xasprintf("/proc/%d/comm", (int)pid);
		*ret = (struct package_lock){
			.manager = locks[i].manager,
			.path = locks[i].path,
			.is_file = locks[i].is_file,
			.pid = pid,
			.name = pid ? host_attr(h, comm) : NULL,
		};
		return;
	}
}
