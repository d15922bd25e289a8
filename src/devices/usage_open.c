/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device nodes that processes hold open: the links in /proc/PID/fd. On the running
 * machine the node's number leads to its device (/sys/dev, linux
 * Documentation/ABI/testing/sysfs-dev), because a container may call it by another name;
 * below another root its name below /sys/class does. The nvidia driver has no class
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
	{ "infiniband/", "infiniband_mad" },
	{ "dvb/", "dvb" },
	{ "bsg/", "bsg" },
	{ "usb/", "usbmisc" },
	{ "", "block" },
	{ "", "nvme" },
	{ "", "nvme-generic" },
	{ "", "scsi_generic" },
	{ "", "video4linux" },
	{ "", "hidraw" },
	{ "", "tty" },
	{ "", "mei" },
	{ "", "accel" },
	{ "", "graphics" },
	{ "", "ptp" },
	{ "", "uio" },
	{ "", "watchdog" },
	{ "", "i2c-dev" },
	{ "", "usbmisc" },
};

/* A node of usbfs, "bus/usb/001/004": QEMU has it open for a USB device of a VM
 * (Documentation/driver-api/usb/usb.rst). */
static char *usb_place(const struct host *h, const char *node)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	unsigned bus, device;

	if (sscanf(node, "bus/usb/%3u/%3u", &bus, &device) != 2)
		return NULL;
	host_list(h, "/sys/bus/usb/devices", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf("/sys/bus/usb/devices/%s", names.v[i]);
		CLEANUP(free_char) char *busnum = xasprintf("%s/busnum", dir);
		CLEANUP(free_char) char *devnum = xasprintf("%s/devnum", dir);

		if (host_attr_number(h, devnum, -1) == device &&
		    host_attr_number(h, busnum, -1) == bus)
			return host_realpath(h, dir);
	}
	return NULL;
}

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
	return usb_place(h, node);
}

/* The driver's character devices: /dev/nvidia0 and on; 254 and 255 are for all cards
 * (open-gpu-kernel-modules kernel-open/common/inc/nv-linux.h). */
#define NVIDIA_MAJOR 195

/* The PCI address that the driver says has that minor number. */
static char *nvidia_address(const struct host *h, const char *node, const char *number)
{
	CLEANUP(strv_done) struct strv gpus = { 0 };
	const char *minor = str_starts(node, "nvidia") ? node + strlen("nvidia") : "";
	unsigned major, n;

	if (number && sscanf(number, "char/%u:%u", &major, &n) == 2 &&
	    major == NVIDIA_MAJOR)
		minor = strchr(number, ':') + 1;
	if (!*minor || strspn(minor, "0123456789") != strlen(minor))
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

	if (!str_starts(node, "vfio/"))
		return -1;
	if (str_starts(number, "noiommu-"))
		number += strlen("noiommu-");
	if (!*number || strspn(number, "0123456789") != strlen(number))
		return -1;
	return strtol(number, NULL, 10);
}

/* What a node stands for, looked up once: every process has /dev/null open. */
struct node {
	char *name; /* "dri/card0" */
	char *number; /* "char/226:0"; NULL: not the running machine */
	char *place, *address;
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
		free(all->v[i].number);
		free(all->v[i].place);
		free(all->v[i].address);
	}
	free(all->v);
}

static char *place_of_number(const struct host *h, const char *number)
{
	CLEANUP(free_char) char *path = xasprintf("/sys/dev/%s", number);

	return host_realpath(h, path);
}

static const struct node *find_node(const struct host *h, struct nodes *all,
				    const char *name, const char *number)
{
	struct node *n;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].name, name) == 0 &&
		    driver_same(all->v[i].number, number))
			return &all->v[i];
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	n = &all->v[all->n++];
	*n = (struct node){ .name = xstrdup(name),
			    .number = xstrdup_null(number),
			    .place = number ? place_of_number(h, number) : NULL,
			    .address = nvidia_address(h, name, number),
			    .group = vfio_group(name) };
	if (!n->place)
		n->place = place_of(h, name);
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

	if (!n->place && !n->address && n->group < 0)
		return;
	path = xasprintf("/proc/%s/comm", pid);
	raw = host_attr(h, path);
	comm = printable(raw ? raw : "a process");
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	all->v[all->n++] = (struct opened){
		.who = xasprintf("%s (PID %s)", comm, pid),
		.node = printable(n->name),
		.advice = process_advice(h, pid),
		.place = xstrdup_null(n->place),
		.address = xstrdup_null(n->address),
		.group = n->group,
	};
}

/* A BAR that a program maps by sysfs: drivers of one's own (DPDK), flashing tools. */
static void add_resource(const struct host *h, struct openeds *all, const char *pid,
			 const char *text)
{
	const char *base = path_base(text);
	CLEANUP(free_char) char *place = NULL;

	if (!str_starts(text, "/sys/devices/pci") || !str_starts(base, "resource") ||
	    !base[strlen("resource")])
		return;
	place = xstrndup(text, (size_t)(base - text) - 1);
	add_opened(h, all, pid,
		   &(struct node){ .name = (char *)text, .place = place, .group = -1 });
	free(all->v[all->n - 1].node);
	all->v[all->n - 1].node = xasprintf("a BAR of it (%s)", base);
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

/* The node that an open file is: "dri/card0" of "/dev/dri/card0", and of
 * "/run/nvidia/driver/dev/nvidia0" as a container's files may be called. NULL: none. */
static const char *node_name(const char *text)
{
	const char *name = NULL;

	for (const char *p = strstr(text, "/dev/"); p; p = strstr(p + 1, "/dev/"))
		name = p + strlen("/dev/");
	return *text == '/' ? name : NULL;
}

/* Most open nodes are one of these. */
static bool is_of_no_device(const char *node)
{
	return strcmp(node, "null") == 0 || strcmp(node, "urandom") == 0 ||
	       str_starts(node, "pts/") || str_starts(node, "shm/");
}

static void look_at_file(const struct host *h, struct openeds *all, struct nodes *known,
			 const char *pid, const char *link, struct strv *seen)
{
	CLEANUP(free_char) char *text = host_readlink(h, link);
	const char *node = text ? node_name(text) : NULL;
	CLEANUP(free_char) char *number = NULL;
	int r;

	if (!text || (node && is_of_no_device(node)) || strv_has(seen, text))
		return;
	if (!node) {
		add_resource(h, all, pid, text);
		strv_add(seen, text);
		return;
	}
	strv_add(seen, text);
	r = host_node_number(h, link, &number);
	/* Where only the name tells, it is one below /dev. */
	if (r == 0 || (r != -ENOTBLK && str_starts(text, "/dev/")))
		add_opened(h, all, pid, find_node(h, known, node, number));
}

static void look_at(const struct host *h, struct openeds *all, struct nodes *known,
		    const char *pid, struct looking *l)
{
	CLEANUP(free_char) char *dir = xasprintf("/proc/%s/fd", pid);
	CLEANUP(strv_done) struct strv fds = { 0 };
	CLEANUP(strv_done) struct strv seen = { 0 };
	int r = host_list(h, dir, &fds, NULL);

	if (r < 0)
		note_failure(l, r);
	l->links += fds.n;
	for (size_t i = 0; i < fds.n && may_go_on(l); i++) {
		CLEANUP(free_char) char *link = xasprintf("%s/%s", dir, fds.v[i]);

		look_at_file(h, all, known, pid, link, &seen);
	}
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
		strv_add(unknown,
			 "device nodes that other users' programs hold open, and "
			 "what is mounted for these only "
			 "(root only)");
}

void openeds_done(struct openeds *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->v[i].who);
		free(o->v[i].node);
		free(o->v[i].advice);
		free(o->v[i].place);
		free(o->v[i].address);
	}
	free(o->v);
	*o = (struct openeds){ 0 };
}

/* Has it to do with the device, and as what? */
static bool concerns(const struct opened *x, const struct pci_device *d,
		     enum use_kind *ret)
{
	bool is_below = x->place && place_is_below(x->place, d->address);

	*ret = USE_OPEN;
	if ((x->group >= 0 && x->group == d->iommu_group && driver_is_vfio(d->driver)) ||
	    (is_below && strstr(x->place, "/vfio-dev/"))) {
		*ret = USE_VFIO;
		return true;
	}
	return is_below || str_eq(x->address, d->address);
}

/* What one process has open of a device is one use: those of a process follow each
 * other. */
void openeds_uses(const struct openeds *o, const struct pci_device *d, struct uses *ret)
{
	for (size_t i = 0; i < o->n;) {
		CLEANUP(str_done) struct str nodes = { 0 };
		const struct opened *x = &o->v[i];
		enum use_kind kind = USE_OPEN, worst = USE_OPEN;

		for (; i < o->n && strcmp(o->v[i].who, x->who) == 0; i++) {
			if (!concerns(&o->v[i], d, &kind))
				continue;
			worst = kind < worst ? kind : worst;
			str_addf(&nodes, "%s%s%s", nodes.len ? ", " : "",
				 str_starts(o->v[i].node, "a BAR") ? "" : "/dev/",
				 o->v[i].node);
		}
		if (!nodes.len)
			continue;
		uses_add(ret, worst, "%s has %s open", x->who, str_c(&nodes));
		if (worst == USE_OPEN)
			uses_advise(ret, x->advice);
	}
}
