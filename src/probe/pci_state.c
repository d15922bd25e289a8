/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/pci_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define REGIONS_MAX 65536

/* The first 64 bytes are for everyone. Reading them wakes a device that sleeps (linux
 * drivers/pci/pci-sysfs.c, pci_config_pm_runtime_get()). Returns how many there were. */
static size_t read_config(int dir, uint8_t *config, size_t size)
{
	int fd = openat(dir, "config",
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return 0;
	do {
		n = read(fd, config, size);
	} while (n < 0 && errno == EINTR);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* PCI 3.0 section 6.2.1: the header's type is in the low seven bits at 0Eh. */
void pci_config_load(int dir, struct pci_device *d)
{
	uint8_t config[64];
	size_t n = read_config(dir, config, sizeof(config));

	d->header_type = 0xff;
	if (n > 0x0e && config[0x0e] != 0xff)
		d->header_type = config[0x0e] & 0x7f;
	d->no_answer = n == sizeof(config);
	for (size_t i = 0; i < n; i++)
		d->no_answer &= config[i] == 0xff;
	d->has_answered = n == sizeof(config) && !d->no_answer;
}

/*
 * linux drivers/iommu/iommu.c iommu_group_show_resv_regions(): start, end and type. The
 * regions of graphics and USB controllers are "direct-relaxable": a VM may have those.
 */
void pci_regions_load(const struct host *h, struct pci_device *d)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *path = NULL;
	size_t pos = 0, len;
	const char *line;

	if (d->iommu_group < 0)
		return;
	path = xasprintf("/sys/kernel/iommu_groups/%ld/reserved_regions", d->iommu_group);
	if (host_read(h, path, REGIONS_MAX, &text, NULL) < 0)
		return;
	while (next_line(str_c(&text), text.len, &pos, &line, &len)) {
		CLEANUP(free_char) char *copy = xstrndup(line, len);

		copy[strcspn(copy, "\r")] = '\0';
		if (str_ends(copy, " direct")) {
			d->direct_region = xstrdup(copy);
			return;
		}
	}
}

char *pci_cdev(const struct host *h, int dir)
{
	int fd = openat(dir, "vfio-dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct dirent *entry;
	char *ret = NULL;
	DIR *list;

	if (fd < 0)
		return NULL;
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return NULL;
	}
	while (!ret && (entry = readdir(list))) {
		CLEANUP(free_char)
		char *node = xasprintf("/dev/vfio/devices/%s", entry->d_name);

		if (str_starts(entry->d_name, "vfio") && host_exists(h, node))
			ret = xstrdup(entry->d_name);
	}
	closedir(list);
	return ret;
}
