/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare_pci ROOT: the least that a C program must do for the table of "slicer pci list":
 * the same attributes of each function, names from libpci, sorted. What slicer is
 * measured by.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pci/pci.h>

static char devices[PATH_MAX / 2];
static char vfio[PATH_MAX / 2];

static unsigned read_hex(const char *name, const char *attr)
{
	char path[PATH_MAX], buf[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", devices, name, attr);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return (unsigned)strtoul(buf, NULL, 16);
}

static const char *read_link(const char *name, const char *link, char *buf, size_t size)
{
	char path[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s/%s", devices, name, link);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	slash = strrchr(buf, '/');
	return slash ? slash + 1 : buf;
}

static void print_device(struct pci_access *pci, const char *name)
{
	char group_buf[PATH_MAX], driver_buf[PATH_MAX], path[PATH_MAX], text[256],
		class[128];
	const char *group = read_link(name, "iommu_group", group_buf, sizeof(group_buf));
	const char *driver = read_link(name, "driver", driver_buf, sizeof(driver_buf));
	unsigned c = read_hex(name, "class");
	unsigned v = read_hex(name, "vendor");
	unsigned d = read_hex(name, "device");

	read_hex(name, "subsystem_vendor");
	read_hex(name, "subsystem_device");
	snprintf(path, sizeof(path), "%s/%s", vfio, group);
	printf("%-12s %04x %04x %04x %s: %s %4s %4s %s\n", name, c >> 8, v, d,
	       pci_lookup_name(pci, class, sizeof(class), PCI_LOOKUP_CLASS,
			       (int)(c >> 8)),
	       pci_lookup_name(pci, text, sizeof(text),
			       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, (int)v, (int)d),
	       group, *group && access(path, F_OK) == 0 ? group : "", driver);
}

int main(int argc, char **argv)
{
	struct pci_access *pci = pci_alloc();
	struct dirent **list;
	int n;

	snprintf(devices, sizeof(devices), "%s/sys/bus/pci/devices",
		 argc > 1 ? argv[1] : "");
	snprintf(vfio, sizeof(vfio), "%s/dev/vfio", argc > 1 ? argv[1] : "");
	pci->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
	n = scandir(devices, &list, NULL, alphasort);
	for (int i = 0; i < n; i++)
		if (list[i]->d_name[0] != '.')
			print_device(pci, list[i]->d_name);
	pci_cleanup(pci);
	return n < 0;
}
