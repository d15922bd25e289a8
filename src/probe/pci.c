/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One openat2(2) in the root per device, then its attributes relative to that directory:
 * links out of a foreign root can't be followed (attributes are never links and are
 * opened with O_NOFOLLOW), and the long path is walked once.
 */
#include "probe/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "probe/modules.h"
#include "probe/pci_names.h"
#include "probe/pci_place.h"
#include "probe/pci_state.h"

#define DEVICES "/sys/bus/pci/devices"
#define ATTR_MAX                                                                         \
	4096 /* PAGE_SIZE: no sysfs attribute is longer (filesystems/sysfs.rst) */

struct numbers {
	long *v;
	size_t n, cap;
};

static void numbers_done(struct numbers *s)
{
	free(s->v);
}

static int compare_longs(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* "12" to 12; -1 for anything but decimal digits. */
static long group_number(const char *s)
{
	char *end;
	long n;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	return errno || *end ? -1 : n;
}

/* The groups that VFIO made a node for: /dev/vfio/N (drivers/vfio/group.c). */
static void vfio_groups(const struct host *h, struct numbers *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, "/dev/vfio", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		long n = group_number(names.v[i]);

		if (n < 0)
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = n;
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_longs);
}

static bool has_number(const struct numbers *s, long n)
{
	return s->n && bsearch(&n, s->v, s->n, sizeof(*s->v), compare_longs);
}

/* Bytes read, 0 when there is nothing to be had. O_NONBLOCK: a FIFO in a test tree must
 * not hang us. */
static size_t read_raw(int dir, const char *name, void *buf, size_t size)
{
	int fd = openat(dir, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return 0;
	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* The first line of an attribute, "" if it can't be read. */
static char *read_attr(int dir, const char *name, char *buf, size_t size)
{
	size_t n = read_raw(dir, name, buf, size - 1);

	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static uint32_t read_hex(int dir, const char *name, uint32_t max)
{
	char buf[32], *end;
	unsigned long n;

	read_attr(dir, name, buf, sizeof(buf));
	errno = 0;
	n = strtoul(buf, &end, 16);
	return errno || end == buf || *end || n > max ? 0 : (uint32_t)n;
}

static long read_number(int dir, const char *name, long def)
{
	char buf[32], *end;
	long n;

	read_attr(dir, name, buf, sizeof(buf));
	errno = 0;
	n = strtol(buf, &end, 10);
	return errno || end == buf || *end || n > INT32_MAX || n < INT32_MIN ? def : n;
}

/* NULL if it is absent, empty, or what sysfs writes for an unset string. */
static char *read_string(int dir, const char *name)
{
	char buf[ATTR_MAX];

	read_attr(dir, name, buf, sizeof(buf));
	return *buf && strcmp(buf, "(null)") != 0 ? xstrdup(buf) : NULL;
}

/* The last component of a link's text; buf has PATH_MAX bytes. NULL if it is no link. */
static const char *link_base(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, name, buf, size - 1);

	if (n <= 0)
		return NULL;
	buf[n] = '\0';
	return path_base(buf);
}

/* Owned by the caller, and safe to be printed: the kernel's names are (those of drivers
 * and addresses), and one that was not is none of a driver that exists. */
static char *link_name(int dir, const char *name)
{
	char buf[ATTR_MAX];
	const char *base = link_base(dir, name, buf, sizeof(buf));
	CLEANUP(str_done) struct str safe = { 0 };

	if (!base || !*base)
		return NULL;
	str_add_printable(&safe, base, strlen(base));
	return str_take(&safe);
}

/*
 * The modalias has all ids in one read. So has uevent, and the driver, too, but many
 * kernels take the device's lock for that (drivers/base/core.c, "synchronize
 * really_probe() and dev_uevent()", Linux 6.10 and stable kernels of that time): where a
 * driver hangs in its unbind, whoever reads it hangs as well.
 */
static void load_ids(int dir, bool keep_modalias, struct pci_device *d)
{
	struct pci_modalias m;
	char text[ATTR_MAX];

	if (!pci_modalias_parse(read_attr(dir, "modalias", text, sizeof(text)), &m)) {
		m.class_code = read_hex(dir, "class", 0xffffff);
		m.vendor = (uint16_t)read_hex(dir, "vendor", 0xffff);
		m.device = (uint16_t)read_hex(dir, "device", 0xffff);
		m.subsystem_vendor = (uint16_t)read_hex(dir, "subsystem_vendor", 0xffff);
		m.subsystem_device = (uint16_t)read_hex(dir, "subsystem_device", 0xffff);
	}
	d->class_code = m.class_code;
	d->vendor = m.vendor;
	d->device = m.device;
	d->subsystem_vendor = m.subsystem_vendor;
	d->subsystem_device = m.subsystem_device;
	if (keep_modalias && *text)
		d->modalias = xstrdup(text);
}

static void load_basics(int dir, const struct numbers *vfio, bool keep_modalias,
			struct pci_device *d)
{
	char buf[ATTR_MAX];
	const char *group = link_base(dir, "iommu_group", buf, sizeof(buf));

	d->iommu_group = group ? group_number(group) : -1;
	d->vfio_group = has_number(vfio, d->iommu_group) ? d->iommu_group : -1;
	load_ids(dir, keep_modalias, d);
	d->driver = link_name(dir, "driver");
}

static void load_details(const struct host *h, int dir, struct pci_device *d)
{
	CLEANUP(free_char) char *resets = read_string(dir, "reset_method");
	char boot_vga[8];
	long vfs = read_number(dir, "sriov_numvfs", 0);

	d->driver_override = read_string(dir, "driver_override");
	d->vfio_cdev = pci_cdev(h, dir);
	strv_split(&d->reset_methods, resets ? resets : "", " \t");
	d->boot_vga =
		strcmp(read_attr(dir, "boot_vga", boot_vga, sizeof(boot_vga)), "1") == 0;
	d->numa_node = (int)read_number(dir, "numa_node", -1);
	d->num_vfs = vfs > 0 ? (unsigned)vfs : 0;
}

/* What is asked of every device, opened once. */
struct loader {
	const struct host *h;
	unsigned what;
	struct numbers vfio;
	struct module_index *modules;
	struct pci_names *names; /* borrowed */
};

static void loader_done(struct loader *l)
{
	numbers_done(&l->vfio);
	module_index_close(&l->modules);
}

static void load_names(struct pci_names *names, struct pci_device *d)
{
	d->class_name = pci_names_class(names, d->class_code >> 8);
	d->vendor_name = pci_names_vendor(names, d->vendor);
	d->device_name = pci_names_device(names, d->vendor, d->device);
}

static void load_device(const struct loader *l, struct pci_address at, const char *name,
			struct pci_device *d)
{
	char path[sizeof(DEVICES) + 256];
	CLEANUP(close_fd) int dir = -1;

	d->at = at;
	pci_address_format(at, d->address);
	d->iommu_group = -1;
	d->vfio_group = -1;
	d->numa_node = -1;
	d->header_type = 0xff;
	snprintf(path, sizeof(path), DEVICES "/%s", name);
	dir = host_openat(l->h, path, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return; /* went away, or a link to nowhere: it is listed, and empty */
	load_basics(dir, &l->vfio, l->what & (PCI_DETAILS | PCI_MODULES), d);
	if (l->what & (PCI_DETAILS | PCI_PLACE))
		d->physfn = link_name(dir, "physfn");
	if (l->what & PCI_DETAILS) {
		load_details(l->h, dir, d);
		pci_config_load(dir, d);
	}
	if (l->what & PCI_REGIONS)
		pci_regions_load(l->h, d);
	if (l->modules && d->modalias)
		module_index_alias(l->modules, d->modalias, &d->modules);
}

static int compare_devices(const void *a, const void *b)
{
	const struct pci_device *x = a, *y = b;

	return pci_address_compare(x->at, y->at);
}

static int list_devices(const struct host *h, struct strv *ret, struct error *e)
{
	int r = host_list(h, DEVICES, ret, e);

	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	r = error_set(e, ENOENT, "this host shows no PCI bus");
	error_at(e, DEVICES, 0);
	if (host_is_live(h))
		error_hint(
			e,
			"look at it with \"ls /sys/bus\": sysfs must be mounted on /sys");
	else
		error_hint(e,
			   "%s holds no copy of /sys: run slicer on the machine itself",
			   host_root(h));
	return r;
}

/* The kernel's links have the name of what they lead to (linux drivers/base/bus.c,
 * bus_add_device()). In a tree that was put together otherwise, what is written by the
 * name would reach another device: such a link is not taken for one. */
static bool leads_elsewhere(int bus, const char *name)
{
	char buf[ATTR_MAX];
	const char *base = link_base(bus, name, buf, sizeof(buf));

	return base && strcmp(base, name) != 0;
}

int pci_load(const struct host *h, unsigned what, const char *kernel,
	     struct pci_devices *ret, struct error *e)
{
	CLEANUP(loader_done) struct loader l = { .h = h, .what = what };
	CLEANUP(close_fd) int bus = host_openat(h, DEVICES, O_PATH | O_DIRECTORY);
	CLEANUP(strv_done) struct strv names = { 0 };
	int r = list_devices(h, &names, e);

	if (r < 0)
		return r;
	*ret = (struct pci_devices){ 0 };
	vfio_groups(h, &l.vfio);
	if ((what & PCI_MODULES) && kernel)
		module_index_open(h, kernel, &l.modules, NULL);
	if (what & PCI_NAMES)
		l.names = ret->names = pci_names_open();
	for (size_t i = 0; i < names.n; i++) {
		struct pci_address at;
		struct pci_device *d;

		if (pci_address_parse(names.v[i], &at, NULL) < 0 ||
		    leads_elsewhere(bus, names.v[i]))
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		d = &ret->v[ret->n++];
		*d = (struct pci_device){ 0 };
		load_device(&l, at, names.v[i], d);
		if (l.names)
			load_names(l.names, d);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_devices);
	if (what & (PCI_DETAILS | PCI_PLACE))
		pci_places_load(h, ret);
	return 0;
}

static void device_done(struct pci_device *d)
{
	free(d->driver);
	free(d->driver_override);
	free(d->vfio_cdev);
	free(d->modalias);
	free(d->physfn);
	free(d->controller);
	free(d->direct_region);
	strv_done(&d->reset_methods);
	strv_done(&d->modules);
}

void pci_devices_done(struct pci_devices *d)
{
	for (size_t i = 0; i < d->n; i++)
		device_done(&d->v[i]);
	free(d->v);
	pci_names_close(&d->names);
	*d = (struct pci_devices){ 0 };
}

const struct pci_device *pci_find(const struct pci_devices *d, struct pci_address at)
{
	struct pci_device key = { .at = at };

	return d->n ? bsearch(&key, d->v, d->n, sizeof(*d->v), compare_devices) : NULL;
}

char *pci_description(const struct pci_device *d)
{
	return xasprintf("%s: %s %s", d->class_name ? d->class_name : "?",
			 d->vendor_name ? d->vendor_name : "?",
			 d->device_name ? d->device_name : "?");
}

bool pci_is_bridge(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x06 || d->header_type == 1 || d->header_type == 2;
}

bool driver_is_vfio(const char *driver)
{
	/* vfio-pci, mlx5_vfio_pci, hisi-acc-vfio-pci, nvgrace-gpu-vfio-pci ... */
	return driver && strstr(driver, "vfio");
}

bool pci_is_display(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x03;
}

bool pci_is_network(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x02;
}
