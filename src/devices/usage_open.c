/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device nodes that processes hold open: the links in /proc/PID/fd, put into relation
 * with a device by the node's name below /sys/class. The nvidia driver has no class
 * device: its nodes are told apart by /proc/driver/nvidia/gpus/ADDRESS/information.
 */
#include "devices/usage.h"

#include <errno.h>

/* /dev/DIR/NAME is /sys/class/CLASS/NAME. */
static const struct {
	const char *dir, *class;
} classes[] = {
	{ "dri/", "drm" },
	{ "snd/", "sound" },
	{ "input/", "input" },
	{ "vfio/devices/", "vfio-dev" },
	{ "infiniband/", "infiniband_verbs" },
	{ "dvb/", "dvb" },
	{ "", "block" },
	{ "", "nvme" },
	{ "", "video4linux" },
	{ "", "hidraw" },
	{ "", "tty" },
	{ "", "mei" },
	{ "", "accel" },
};

static char *place_of(const struct host *h, const char *node)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		CLEANUP(free_char) char *path = NULL;
		const char *name;
		char *real;

		if (!str_starts(node, classes[i].dir))
			continue;
		name = node + strlen(classes[i].dir);
		if (!*name || strchr(name, '/'))
			continue;
		path = xasprintf("/sys/class/%s/%s", classes[i].class, name);
		real = host_realpath(h, path);
		if (real)
			return real;
	}
	return NULL;
}

/* "nvidia0" to the PCI address that the driver says has that minor number. */
static char *nvidia_address(const struct host *h, const char *node)
{
	CLEANUP(strv_done) struct strv gpus = { 0 };
	const char *minor = node + strlen("nvidia");

	if (!str_starts(node, "nvidia") || !*minor ||
	    strspn(minor, "0123456789") != strlen(minor))
		return NULL;
	host_list(h, "/proc/driver/nvidia/gpus", &gpus, NULL);
	for (size_t i = 0; i < gpus.n; i++) {
		CLEANUP(free_char)
		char *path =
			xasprintf("/proc/driver/nvidia/gpus/%s/information", gpus.v[i]);
		CLEANUP(str_done) struct str text = { 0 };
		const char *p;

		if (host_read(h, path, HOST_MAX_CONFIG, &text, NULL) < 0)
			continue;
		p = strstr(str_c(&text), "Device Minor:");
		if (p && strtol(p + 13, NULL, 10) == strtol(minor, NULL, 10))
			return xstrdup(gpus.v[i]);
	}
	return NULL;
}

static long vfio_group(const char *node)
{
	const char *number = node + strlen("vfio/");

	if (!str_starts(node, "vfio/") || !*number ||
	    strspn(number, "0123456789") != strlen(number))
		return -1;
	return strtol(number, NULL, 10);
}

/* What a node stands for, looked up once: every process has /dev/null open. */
struct node {
	char *name, *place, *address;
	long group;
};
struct nodes {
	struct node *v;
	size_t n, cap;
};

static void nodes_done(struct nodes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].name);
		free(all->v[i].place);
		free(all->v[i].address);
	}
	free(all->v);
}

static const struct node *find_node(const struct host *h, struct nodes *all,
				    const char *name)
{
	struct node *n;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].name, name) == 0)
			return &all->v[i];
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	n = &all->v[all->n++];
	*n = (struct node){ .name = xstrdup(name),
			    .place = place_of(h, name),
			    .address = nvidia_address(h, name),
			    .group = vfio_group(name) };
	if (n->place && !strstr(n->place, "/pci")) {
		free(n->place);
		n->place = NULL;
	}
	return n;
}

static void add_opened(const struct host *h, struct openeds *all, const char *pid,
		       const struct node *n)
{
	CLEANUP(free_char) char *path = NULL;
	CLEANUP(free_char) char *raw = NULL;
	CLEANUP(free_char) char *comm = NULL;
	CLEANUP(free_char) char *name = NULL;

	if (!n->place && !n->address && n->group < 0)
		return;
	path = xasprintf("/proc/%s/comm", pid);
	raw = host_attr(h, path);
	comm = printable(raw ? raw : "a process");
	name = printable(n->name);
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	all->v[all->n++] = (struct opened){
		.text = xasprintf("%s (PID %s) has /dev/%s open", comm, pid, name),
		.place = xstrdup_null(n->place),
		.address = xstrdup_null(n->address),
		.group = n->group,
	};
}

/* What is looked at, all processes together. A desktop has ten thousand open files; one
 * process may have a million (fs.nr_open, proc_sys_fs(5)). */
#define LINKS_MAX (1u << 18)
#define SECONDS_MAX 10

/* How it went. */
struct looking {
	size_t links, seen, closed;
	double until;
	bool is_over; /* more than that */
};

static bool may_go_on(struct looking *l)
{
	l->is_over |= l->links > LINKS_MAX || seconds_now() > l->until;
	return !l->is_over;
}

/* A process that is gone meanwhile has nothing open. */
static void note_failure(struct looking *l, int err)
{
	if (err == -EFBIG)
		l->is_over = true;
	else if (err != -ENOENT && err != -ESRCH)
		l->closed++;
}

static void look_at(const struct host *h, struct openeds *all, struct nodes *known,
		    const char *pid, struct looking *l)
{
	CLEANUP(free_char) char *dir = xasprintf("/proc/%s/fd", pid);
	CLEANUP(strv_done) struct strv fds = { 0 };
	CLEANUP(strv_done) struct strv nodes = { 0 };
	int r = host_list(h, dir, &fds, NULL);

	if (r < 0)
		note_failure(l, r);
	l->links += fds.n;
	for (size_t i = 0; i < fds.n && may_go_on(l); i++) {
		CLEANUP(free_char) char *link = xasprintf("%s/%s", dir, fds.v[i]);
		CLEANUP(free_char) char *text = host_readlink(h, link);

		if (text && str_starts(text, "/dev/"))
			strv_add_unique(&nodes, text + strlen("/dev/"));
	}
	for (size_t i = 0; i < nodes.n; i++)
		add_opened(h, all, pid, find_node(h, known, nodes.v[i]));
}

void openeds_load(const struct host *h, struct openeds *ret, struct strv *unknown)
{
	CLEANUP(nodes_done) struct nodes known = { 0 };
	CLEANUP(strv_done) struct strv names = { 0 };
	struct looking l = { .until = seconds_now() + SECONDS_MAX };

	if (host_list(h, "/proc", &names, NULL) == -EFBIG)
		l.is_over = true;
	for (size_t i = 0; i < names.n && may_go_on(&l); i++) {
		if (strspn(names.v[i], "0123456789") != strlen(names.v[i]))
			continue;
		l.seen++;
		look_at(h, ret, &known, names.v[i], &l);
	}
	if (l.is_over)
		strv_addf(
			unknown,
			"device nodes that programs hold open (more than %u open files, "
			"or more than %u s to look at them)",
			LINKS_MAX, SECONDS_MAX);
	else if (!l.seen)
		strv_add(unknown, "open device nodes (no processes in /proc)");
	if (l.closed)
		strv_add(unknown, "device nodes that other users' programs hold open "
				  "(root only)");
}

void openeds_done(struct openeds *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->v[i].text);
		free(o->v[i].place);
		free(o->v[i].address);
	}
	free(o->v);
	*o = (struct openeds){ 0 };
}

void openeds_uses(const struct openeds *o, const struct pci_device *d, struct uses *ret)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct opened *x = &o->v[i];

		if (x->group >= 0 && x->group == d->iommu_group &&
		    driver_is_vfio(d->driver))
			uses_add(ret, USE_VFIO, "%s", x->text);
		else if (x->place && strstr(x->place, "/vfio-dev/") &&
			 place_is_below(x->place, d->address))
			uses_add(ret, USE_VFIO, "%s", x->text);
		else if ((x->place && place_is_below(x->place, d->address)) ||
			 str_eq(x->address, d->address))
			uses_add(ret, USE_OPEN, "%s", x->text);
	}
}
