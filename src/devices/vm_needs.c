/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only some devices and hosts need of a VM's command: room for large memory regions,
 * huge pages, iommufd. */
#include "devices/vm.h"

#include <inttypes.h>

#include "probe/pci_detail.h"

#define GIB (UINT64_C(1) << 30)
#define HUGE_PAGES "/sys/kernel/mm/hugepages/hugepages-"

/* ---- room for large regions -------------------------------------------------------- */

/* What OVMF has for 64-bit regions unless it goes by the guest's address bits (edk2
 * OvmfPkg/OvmfPkgX64.dsc, PcdPciMmio64Size), and what its option takes at most
 * (OvmfPkg/Library/PlatformInitLib/MemDetect.c). */
#define OVMF_WINDOW (32 * GIB)
#define OVMF_MAX (UINT64_C(16) << 40)

/* What the bridge in front of a slot must let through. */
struct slot_window {
	uint64_t size, align;
};

/* Only 64-bit prefetchable regions can be above 4 GiB behind a bridge (PCI-to-PCI Bridge
 * Architecture Specification 1.2, 3.2.5.9). A larger one than OVMF could ever place is
 * junk. */
static void add_regions(const struct host *h, const struct pci_device *d,
			struct slot_window *w)
{
	struct pci_detail detail = { 0 };

	pci_bars_load(h, d, &detail);
	for (size_t i = 0; i < detail.n_bars; i++) {
		const struct pci_bar *b = &detail.bars[i];

		if (!b->is_64bit || !b->prefetchable || b->io || b->size > OVMF_MAX)
			continue;
		w->size += b->size;
		while (w->align < b->size)
			w->align *= 2;
	}
	pci_detail_done(&detail);
}

static int compare_windows(const void *a, const void *b)
{
	const struct slot_window *x = a, *y = b;

	/* The larger of two first: that takes the most room. */
	if (x->align == y->align)
		return (x->size < y->size) - (x->size > y->size);
	return (x->align < y->align) - (x->align > y->align);
}

/* Firmware places the window with the largest alignment first. */
static uint64_t pack(struct slot_window *w, size_t n)
{
	uint64_t end = 0;

	if (n)
		qsort(w, n, sizeof(*w), compare_windows);
	for (size_t i = 0; i < n; i++) {
		end = (end + w[i].align - 1) & ~(w[i].align - 1);
		end += w[i].size;
	}
	return end;
}

uint64_t vm_region_bytes(const struct host *h, const struct endpoints *v)
{
	struct slot_window *windows = xcalloc(v->n + 1, sizeof(*windows));
	uint64_t bytes;
	size_t n = 0;

	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		windows[n].align = 1 << 20; /* a bridge's window has whole megabytes */
		for (size_t i = start; i < end; i++)
			add_regions(h, v->v[i], &windows[n]);
		n++;
	}
	bytes = pack(windows, n);
	free(windows);
	return bytes;
}

uint64_t vm_window_mib(uint64_t region_bytes)
{
	uint64_t window;

	/* The guest's own devices need some of it, too. */
	if (region_bytes + GIB <= OVMF_WINDOW)
		return 0;
	/* Newer firmware keeps a part of the window free for devices that are plugged in
	 * later (edk2 OvmfPkg/PciHotPlugInitDxe). */
	window = region_bytes + region_bytes / 4;
	window = (window + GIB - 1) / GIB * GIB;
	return (window < OVMF_MAX ? window : OVMF_MAX) >> 20;
}

char *vm_window_lines(const struct vm_input *in, const char *prefix)
{
	unsigned bits = in->address_bits ? in->address_bits : in->cpu_bits;
	struct str s = { 0 };

	if (!in->window_mib)
		return xstrdup("");
	str_addf(&s,
		 "%sThe devices' memory regions (BARs) need %" PRIu64
		 " GiB. OVMF has 32 GiB "
		 "for them, or since November 2022\n"
		 "%san eighth of the guest's address space: X-PciMmio64Mb is what it has "
		 "at least.",
		 prefix, (in->region_bytes + GIB - 1) / GIB, prefix);
	if (bits && bits < 64 && in->window_mib > (UINT64_C(1) << bits >> 21))
		str_addf(&s, "\n%sWith %u address bits there may be no room for all.",
			 prefix, bits);
	return str_take(&s);
}

/* ---- huge pages -------------------------------------------------------------------- */

void vm_read_huge_pages(const struct host *h, struct vm_input *in)
{
	static const struct {
		const char *path, *size;
	} sizes[] = {
		{ HUGE_PAGES "1048576kB/nr_hugepages", "1G" },
		{ HUGE_PAGES "2048kB/nr_hugepages", "2M" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		long long n = host_attr_number(h, sizes[i].path, 0);

		if (n <= 0)
			continue;
		in->huge_pages = n;
		in->huge_size = sizes[i].size;
		return;
	}
}

char *vm_huge_line(const struct vm_input *in, const char *prefix, const char *use)
{
	if (!in->huge_pages)
		return xstrdup("");
	return xasprintf(
		"%s%lld huge pages of %s are reserved here. A guest whose memory "
		"fits can use them: %s",
		prefix, in->huge_pages, in->huge_size, use);
}

/* ---- iommufd ----------------------------------------------------------------------- */

/* VFIO is certainly loaded where it has made a node of its own for a device: then a
 * container's node is there if the kernel has containers (linux drivers/vfio/container.c,
 * CONFIG_VFIO_CONTAINER). */
enum vm_iommufd vm_choose_iommufd(const struct host *h, const struct endpoints *v,
				  bool wanted)
{
	size_t nodes = 0;

	for (size_t i = 0; i < v->n; i++)
		nodes += v->v[i]->vfio_cdev != NULL;
	if (wanted)
		return VM_IOMMUFD_WANTED;
	if (!nodes || !host_exists(h, "/dev/iommu"))
		return VM_IOMMUFD_NO;
	if (!host_exists(h, "/dev/vfio/vfio"))
		return VM_IOMMUFD_ONLY;
	return nodes == v->n ? VM_IOMMUFD_OFFERED : VM_IOMMUFD_NO;
}

void vm_iommufd_obstacles(const struct host *h, const struct endpoints *v,
			  struct strv *ret)
{
	if (!host_exists(h, "/dev/iommu"))
		strv_add(ret, "there is no /dev/iommu: the module iommufd is not loaded, "
			      "or this kernel has none");
	for (size_t i = 0; i < v->n; i++)
		if (driver_is_vfio(v->v[i]->driver) && !v->v[i]->vfio_cdev)
			strv_addf(
				ret,
				"%s has no node in /dev/vfio/devices: this kernel can't "
				"give it to a VM by iommufd",
				v->v[i]->address);
}
