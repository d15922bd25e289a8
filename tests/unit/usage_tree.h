/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, disks and mounts on trees laid out as sysfs is, for the tests of who uses a
 * device. */
#ifndef SLICER_TESTS_UNIT_USAGE_TREE_H
#define SLICER_TESTS_UNIT_USAGE_TREE_H

#include "devices/devices.h"
#include "tree.h"

#define PCI "/sys/devices/pci0000:00"
#define SATA PCI "/0000:00:17.0"
#define NVME PCI "/0000:00:1d.0/0000:01:00.0"
#define NIC PCI "/0000:00:19.0"
#define GPU PCI "/0000:00:01.0/0000:0b:00.0"

static inline struct pci_device device(const char *address, uint32_t class)
{
	struct pci_device d = { .class_code = class, .iommu_group = 7, .vfio_group = -1 };

	assert_int_equal(pci_address_parse(address, &d.at, NULL), 0);
	pci_address_format(d.at, d.address);
	return d;
}

/* A block device below a place, with its link in /sys/class/block. */
static inline void add_block(const struct tree *t, const char *place, const char *name,
			     const char *devno)
{
	char *dir = xasprintf("%s/%s", place, name);
	char *file = xasprintf("%s/dev", dir);
	char *link = xasprintf("/sys/class/block/%s", name);

	tree_write(t, file, devno);
	tree_link(t, dir, link);
	free(dir);
	free(file);
	free(link);
}

static inline void add_partition(const struct tree *t, const char *disk, const char *name,
				 const char *devno)
{
	char *file = xasprintf("%s/%s/partition", disk, name);

	add_block(t, disk, name, devno);
	tree_write(t, file, "1\n");
	free(file);
}

static inline void add_mount(struct mounts *m, const char *target, const char *source,
			     const char *fstype, const char *devno)
{
	m->v = xgrow(m->v, m->n, &m->cap, sizeof(*m->v));
	m->v[m->n++] = (struct mount){ .target = xstrdup(target),
				       .source = xstrdup(source),
				       .fstype = xstrdup(fstype),
				       .devno = xstrdup(devno) };
	m->known = true;
}

static inline void add_nic(const struct tree *t, const char *place, const char *name,
			   bool up)
{
	char *dir = xasprintf("%s/net/%s", place, name);
	char *flags = xasprintf("%s/flags", dir);
	char *link = xasprintf("/sys/class/net/%s", name);

	tree_write(t, flags, up ? "0x1003\n" : "0x1002\n");
	tree_link(t, dir, link);
	free(dir);
	free(flags);
	free(link);
}

static inline bool uses_has(const struct uses *u, enum use_kind kind, const char *text)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->v[i].kind == kind && strcmp(u->v[i].text, text) == 0)
			return true;
	for (size_t i = 0; i < u->n; i++)
		print_message("have %d: %s\n", (int)u->v[i].kind, u->v[i].text);
	return false;
}

#define assert_use(t, m, d, kind, text)                                                  \
	do {                                                                             \
		struct uses uses_ = { 0 };                                               \
		assert_int_equal(device_uses((t)->host, m, d, &uses_, NULL), 0);         \
		assert_true(uses_has(&uses_, kind, text));                               \
		uses_done(&uses_);                                                       \
	} while (0)

static inline size_t count_uses(const struct tree *t, const struct mounts *m,
				const struct pci_device *d)
{
	struct uses u = { 0 };
	size_t n;

	assert_int_equal(device_uses(t->host, m, d, &u, NULL), 0);
	n = u.n;
	for (size_t i = 0; i < u.n; i++)
		print_message("use %d: %s\n", (int)u.v[i].kind, u.v[i].text);
	uses_done(&u);
	return n;
}

#endif
