/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mktree DIR N: adds N PCI functions to the host tree at DIR, laid out as sysfs does
 * (plain files; links from the bus to the devices, to drivers and groups). Two functions
 * per device, eight devices per bus, 32 buses per domain, an IOMMU group per device.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ids of real cards, so that pci.ids has names for them. */
static const struct card {
	unsigned class, vendor, device, sub_vendor, sub_device;
	const char *driver; /* NULL: none */
} cards[] = {
	{ 0x030000, 0x10de, 0x2204, 0x1458, 0x403b, "nouveau" },
	{ 0x040300, 0x10de, 0x1aef, 0x1458, 0x403b, "snd_hda_intel" },
	{ 0x020000, 0x8086, 0x1572, 0x8086, 0x0000, "i40e" },
	{ 0x020000, 0x8086, 0x1533, 0x15d9, 0x1533, "igb" },
	{ 0x010802, 0x144d, 0xa80a, 0x144d, 0xa801, "nvme" },
	{ 0x0c0330, 0x1022, 0x149c, 0x1022, 0x148c, "xhci_hcd" },
	{ 0x020000, 0x15b3, 0x1017, 0x15b3, 0x0020, "mlx5_core" },
	{ 0x088000, 0x8086, 0x0b00, 0x8086, 0x0000, NULL },
};
#define N_CARDS (sizeof(cards) / sizeof(cards[0]))

static char path[PATH_MAX];

__attribute__((format(printf, 1, 2))) static char *at(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return path;
}

static void need(int r, const char *what)
{
	if (r >= 0 || errno == EEXIST)
		return;
	fprintf(stderr, "mktree: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* mkdir -p below the current directory */
static void make_dirs(const char *name)
{
	char p[PATH_MAX];

	snprintf(p, sizeof(p), "%s/", name);
	for (char *s = strchr(p, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		need(mkdir(p, 0755), p);
		*s = '/';
	}
}

static void make_file(const char *dir, const char *name, const void *p, size_t n)
{
	int fd = open(at("%s/%s", dir, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	need(fd, path);
	need(write(fd, p, n) == (ssize_t)n ? 0 : -1, path);
	close(fd);
}

static void make_hex(const char *dir, const char *name, int digits, unsigned value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "0x%0*x\n", digits, value);

	make_file(dir, name, text, (size_t)n);
}

/* The header that lspci reads: PCI 3.0 section 6.1. */
static void make_config(const char *dir, const struct card *c, unsigned function)
{
	uint8_t p[64] = { 0 };

	for (int i = 0; i < 2; i++) {
		p[0 + i] = (uint8_t)(c->vendor >> 8 * i);
		p[2 + i] = (uint8_t)(c->device >> 8 * i);
		p[0x2c + i] = (uint8_t)(c->sub_vendor >> 8 * i);
		p[0x2e + i] = (uint8_t)(c->sub_device >> 8 * i);
	}
	for (int i = 0; i < 3; i++)
		p[9 + i] = (uint8_t)(c->class >> 8 * i);
	p[0x0e] = function ? 0 : 0x80;
	make_file(dir, "config", p, sizeof(p));
}

static void make_modalias(const char *dir, const struct card *c)
{
	char text[128];
	int n = snprintf(text, sizeof(text),
			 "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", c->vendor,
			 c->device, c->sub_vendor, c->sub_device, c->class >> 16,
			 c->class >> 8 & 0xff, c->class & 0xff);

	make_file(dir, "modalias", text, (size_t)n);
}

static void make_attributes(const char *dir, const struct card *c, unsigned function)
{
	/* what libpci reads beside: 7 lines of resources, an interrupt */
	static const char resource[] =
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
	char all[7 * (sizeof(resource) - 1)];

	for (size_t i = 0; i < 7; i++)
		memcpy(all + i * (sizeof(resource) - 1), resource, sizeof(resource) - 1);
	make_hex(dir, "class", 6, c->class);
	make_hex(dir, "vendor", 4, c->vendor);
	make_hex(dir, "device", 4, c->device);
	make_hex(dir, "subsystem_vendor", 4, c->sub_vendor);
	make_hex(dir, "subsystem_device", 4, c->sub_device);
	make_file(dir, "resource", all, sizeof(all));
	make_file(dir, "irq", "16\n", 3);
	make_file(dir, "numa_node", "0\n", 2);
	make_file(dir, "driver_override", "(null)\n", 7);
	make_config(dir, c, function);
	make_modalias(dir, c);
}

/* A link at dir/name whose target goes up as many levels as dir is deep, then to target.
 */
static void make_link(const char *dir, const char *name, const char *target)
{
	char up[PATH_MAX] = "";
	size_t n = 0;

	for (const char *p = dir; p; p = strchr(p + 1, '/'))
		n += (size_t)snprintf(up + n, sizeof(up) - n, "../");
	snprintf(up + n, sizeof(up) - n, "%s", target);
	need(symlink(up, at("%s/%s", dir, name)), path);
}

static void make_function(unsigned i)
{
	const struct card *c = &cards[i % N_CARDS];
	unsigned function = i % 2, device = i / 2 % 8, bus = i / 16 % 32;
	unsigned domain = 1 + i / 512, group = 1000 + i / 2;
	char name[32], dir[128], group_dir[128], devices[160], driver[128];

	snprintf(name, sizeof(name), "%04x:%02x:%02x.%u", domain, bus, device, function);
	snprintf(dir, sizeof(dir), "sys/devices/pci%04x:%02x/%s", domain, bus, name);
	snprintf(group_dir, sizeof(group_dir), "sys/kernel/iommu_groups/%u", group);
	snprintf(devices, sizeof(devices), "%s/devices", group_dir);
	make_dirs(dir);
	make_attributes(dir, c, function);
	make_dirs(devices);
	make_file(group_dir, "type", "DMA-FQ\n", 7);
	make_link("sys/bus/pci/devices", name, dir);
	make_link(devices, name, dir);
	make_link(dir, "iommu_group", group_dir);
	if (!c->driver)
		return;
	snprintf(driver, sizeof(driver), "sys/bus/pci/drivers/%s", c->driver);
	make_link(dir, "driver", driver);
}

int main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (!n) {
		fprintf(stderr, "usage: mktree DIR N\n");
		return 2;
	}
	need(mkdir(argv[1], 0755), argv[1]);
	need(chdir(argv[1]), argv[1]);
	make_dirs("sys/bus/pci/devices");
	make_dirs("sys/class/iommu/dmar0");
	make_dirs("sys/module"); /* dpdk-devbind.py fails without it */
	make_dirs("dev/vfio");
	make_file("dev/vfio", "vfio", "", 0);
	make_file("dev/vfio", "1000", "", 0);
	for (size_t i = 0; i < N_CARDS; i++)
		if (cards[i].driver)
			make_dirs(at("sys/bus/pci/drivers/%s", cards[i].driver));
	for (unsigned i = 0; i < n; i++)
		make_function(i);
	return 0;
}
