/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM by libvirt: the XML of a whole domain. Sources: libvirt's docs/formatdomain.rst
 * (hostdev, managed, controllers, maxphysaddr), docs/pci-addresses.rst, its schema
 * domaincommon.rng.
 */
#include "devices/vm.h"

#include <errno.h>
#include <inttypes.h>

#include "steps/template.h"

static bool is_one_group(const struct pci_device *a, const struct pci_device *b)
{
	return a == b || (a->iommu_group >= 0 && a->iommu_group == b->iommu_group);
}

/*
 * libvirt binds what is managed when the VM starts, and gives it back when it ends. What
 * is bound at every boot must stay bound, and the rest of its group can't be used by
 * anybody else then.
 */
static bool is_managed(const struct vm_input *in, const struct pci_device *d)
{
	for (size_t i = 0; i < in->devices->n; i++)
		if (is_one_group(in->devices->v[i], d) &&
		    persist_of(in->persisted, in->devices->v[i]))
			return false;
	return true;
}

/* Where it is on the host, and in the guest: behind root port number port. libvirt
 * takes domains of more than 16 bits for the host only (5.6.0 and later). */
static void add_hostdev(const struct vm_input *in, size_t start, size_t end, size_t i,
			unsigned port, struct str *out)
{
	const struct pci_device *d = in->devices->v[i];

	str_addf(out, "\n    <hostdev mode='subsystem' type='pci' managed='%s'>\n",
		 is_managed(in, d) ? "yes" : "no");
	str_addf(out,
		 "      <source>\n"
		 "        <address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
		 "function='0x%x'/>\n"
		 "      </source>\n",
		 d->at.domain, d->at.bus, d->at.device, d->at.function);
	str_addf(out,
		 "      <address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' "
		 "function='0x%x'%s/>\n"
		 "    </hostdev>",
		 port, vm_guest_function(in->devices, start, i),
		 i == start && end > start + 1 ? " multifunction='on'" : "");
}

/* A root port for each slot of the host, with the slot's functions behind it; the disk
 * and the network adapter get their own from libvirt. */
static void add_devices(const struct vm_input *in, struct str *out)
{
	const struct endpoints *v = in->devices;
	unsigned port = 0;

	str_add(out, "    <controller type='pci' index='0' model='pcie-root'/>");
	for (size_t start = 0; start < v->n; start = vm_slot_end(v, start))
		str_addf(out,
			 "\n    <controller type='pci' index='%u' "
			 "model='pcie-root-port'/>",
			 ++port);
	port = 0;
	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		port++;
		for (size_t i = start; i < end; i++)
			add_hostdev(in, start, end, i, port, out);
	}
}

static void add_firmware(const struct hypervisor_facts *there, struct str *out)
{
	if (!there->firmware)
		return;
	str_add(out, "    <loader readonly='yes' type='pflash'>");
	str_add_xml(out, there->firmware);
	str_add(out, "</loader>\n    <nvram template='");
	str_add_xml(out, there->firmware_vars);
	str_add(out, "'/>");
}

static void add_cpu(const struct vm_input *in, struct str *out)
{
	if (!in->address_bits) {
		str_add(out, "  <cpu mode='host-passthrough'/>");
		return;
	}
	str_addf(out,
		 "  <cpu mode='host-passthrough'>\n"
		 "    <maxphysaddr mode='passthrough' limit='%u'/>\n"
		 "  </cpu>",
		 in->address_bits);
}

/* Of a group that is bound at every boot in part, the rest is the host's again after a
 * boot, and then no VM can start. */
static void find_rest(const struct vm_input *in, struct strv *ret)
{
	for (size_t i = 0; i < in->devices->n; i++)
		if (!is_managed(in, in->devices->v[i]) &&
		    !persist_of(in->persisted, in->devices->v[i]))
			strv_add(ret, in->devices->v[i]->address);
}

static void add_obstacle(const struct vm_input *in, struct strv *ret)
{
	CLEANUP(strv_done) struct strv rest = { 0 };
	CLEANUP(free_char) char *list = NULL;

	find_rest(in, &rest);
	list = strv_join(&rest, " ");
	if (rest.n)
		strv_addf(ret,
			  "not bound at every boot, while the rest of the group is: %s; "
			  "sudo slicer pci bind %s --persist",
			  list, list);
}

/* What is managed by whom. */
static char *bind_lines(const struct vm_input *in)
{
	CLEANUP(free_char) char *addresses = strv_join(&in->to_bind, " ");
	CLEANUP(strv_done) struct strv rest = { 0 };
	bool is_all = in->to_bind.n == in->devices->n;

	if (!in->to_bind.n)
		return xstrdup("  libvirt binds them to VFIO itself when the VM "
			       "starts, and gives them back\n  when it ends "
			       "(managed='yes').");
	find_rest(in, &rest);
	return xasprintf("  %s bound at every boot (" PERSIST_DIR "): libvirt leaves %s "
			 "alone\n  (managed='no')%s. To bind now:\n"
			 "    sudo slicer pci bind %s",
			 is_all && !rest.n ? "They are" : "Some are",
			 rest.n ? "all of their group" : "that",
			 is_all ? "" : ", and binds the others", addresses);
}

static char *limit_lines(const struct vm_input *in)
{
	CLEANUP(free_char) char *line = vm_limit_line(in, "  ");

	if (!*line)
		return xstrdup("");
	return xasprintf("%s\n  (libvirt before 9.3.0 ignores the limit.)", line);
}

static char *huge_lines(const struct vm_input *in)
{
	CLEANUP(free_char)
	char *line = vm_huge_line(in, "  ", "with this\n  after <memory>:");

	if (!*line)
		return xstrdup("");
	return xasprintf("%s\n    <memoryBacking><hugepages><page size='%c' unit='%s'/>"
			 "</hugepages></memoryBacking>",
			 line, in->huge_size[0], in->huge_size[1] == 'G' ? "GiB" : "MiB");
}

/* libvirt keeps names below opt/ovmf/ to itself, so that <sysinfo type='fwcfg'> can't
 * have one (src/conf/domain_conf.c); what is passed on to QEMU can. */
static void add_window(const struct vm_input *in, struct str *out)
{
	if (in->window_mib)
		str_addf(
			out,
			"  <qemu:commandline>\n"
			"    <qemu:arg value='-fw_cfg'/>\n"
			"    <qemu:arg value='name=opt/ovmf/X-PciMmio64Mb,string=%" PRIu64
			"'/>\n"
			"  </qemu:commandline>",
			in->window_mib);
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	CLEANUP(free_char) char *bind = bind_lines(in);
	CLEANUP(free_char) char *limit = limit_lines(in);
	CLEANUP(free_char) char *window_note = vm_window_lines(in, "  ");
	CLEANUP(free_char) char *huge = huge_lines(in);
	CLEANUP(str_done) struct str window = { 0 };
	CLEANUP(str_done) struct str firmware = { 0 };
	CLEANUP(str_done) struct str cpu = { 0 };
	CLEANUP(str_done) struct str devices = { 0 };

	if (in->devices->n && in->devices->v[0]->address[0] == '<')
		return error_set(e, EINVAL,
				 "libvirt's XML needs the address of a device");
	add_obstacle(in, &ret->obstacles);
	add_firmware(&in->there, &firmware);
	add_cpu(in, &cpu);
	add_devices(in, &devices);
	add_window(in, &window);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "BIND", bind },
		{ "LIMIT_NOTE", limit },
		/* libvirt finds one itself since 5.2.0 */
		{ "AUTO", in->there.firmware ? "" : " firmware='efi'" },
		{ "FIRMWARE", str_c(&firmware) },
		{ "CPU", str_c(&cpu) },
		{ "WINDOW_NOTE", window_note },
		{ "HUGE_NOTE", huge },
		{ "NAMESPACE",
		  in->window_mib
			  ? " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
			  : "" },
		{ "WINDOW", str_c(&window) },
		{ "HOSTDEVS", str_c(&devices) },
	};

	return template_fill("vm-libvirt.xml", values, ARRAY_SIZE(values), &ret->text, e);
}

const struct hypervisor vm_libvirt = {
	.name = "libvirt",
	.comment = "    ",
	.add_comment = str_add_xml_comment,
	.binds = is_managed,
	.make = make,
};
