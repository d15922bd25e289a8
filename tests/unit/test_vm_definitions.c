/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual machines that are defined on a host tree, and where two want the same. */
#include "probe/vm_conflicts.h"
#include "tree.h"

static struct pci_device device(const char *address, long group)
{
	struct pci_device d = { .class_code = 0x030000, .iommu_group = group };

	assert_int_equal(pci_address_parse(address, &d.at, NULL), 0);
	pci_address_format(d.at, d.address);
	return d;
}

static void add_domain(const struct tree *t, const char *name, const char *address,
		       bool autostart)
{
	CLEANUP(free_char) char *path = xasprintf("/etc/libvirt/qemu/%s.xml", name);
	CLEANUP(free_char)
	char *link = xasprintf("/etc/libvirt/qemu/autostart/%s.xml", name);
	CLEANUP(free_char)
	char *text = xasprintf("<domain type='kvm'>\n<devices><hostdev mode='subsystem' "
			       "type='pci'><source><address %s/></source></hostdev>"
			       "</devices></domain>\n",
			       address);

	tree_write(t, path, text);
	if (autostart)
		tree_link(t, path, link);
}

static void test_definitions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_definitions_done) struct vm_definitions vms = { 0 };
	struct pci_device gpu = device("0000:0b:00.0", 7),
			  nic = device("0000:03:00.0", 8);

	add_domain(t, "gpu\x1b", "bus='0x0b'", true);
	tree_write(t, "/etc/libvirt/qemu/broken.xml", "<domain>");
	tree_write(t, "/etc/libvirt/qemu/networks/default.xml", "<network/>");
	tree_write(t, "/etc/pve/nodes/pve/qemu-server/101.conf",
		   "hostpci0: 0000:0b:00,pcie=1\nhostpci1: mapping=nic\nname: win11\n");
	tree_write(t, "/etc/pve/nodes/pve/qemu-server/102.conf",
		   "hostpci0: 0b:00.0\ntemplate: 1\n");
	tree_write(t, "/etc/pve/nodes/pve/qemu-server/103.conf", "memory: 512\n");
	tree_link(t, "nodes/pve", "/etc/pve/local");
	tree_link(t, "local/qemu-server", "/etc/pve/qemu-server");
	tree_write(t, "/etc/pve/mapping/pci.cfg",
		   "nic\n\tmap id=8086:1521,node=pve,path=0000:03:00.0\n"
		   "\tmap id=8086:1521,node=pve,path=0000:04:00.0\n");
	vm_definitions_load(t->host, &vms);
	assert_int_equal(vms.n, 2);
	assert_string_equal(vms.v[0].title, "the libvirt domain gpu\\x1b");
	assert_true(vms.v[0].autostart);
	assert_int_equal(vm_definition_names(&vms.v[0], gpu.at), VM_NAMES);
	assert_int_equal(vm_definition_names(&vms.v[0], nic.at), VM_NAMES_NOT);
	assert_string_equal(vms.v[1].title, "VM 101 (win11) of Proxmox VE");
	assert_false(vms.v[1].autostart);
	gpu.at.function = 3;
	assert_int_equal(vm_definition_names(&vms.v[1], gpu.at), VM_NAMES);
	assert_int_equal(vm_definition_names(&vms.v[1], nic.at), VM_MAY_HAVE);
	assert_int_equal(vms.unknown.n, 1);
	assert_string_equal(vms.unknown.v[0],
			    "/etc/libvirt/qemu/broken.xml (not all of it could be read)");
}

static void test_no_definitions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_definitions_done) struct vm_definitions vms = { 0 };

	vm_definitions_load(t->host, &vms);
	assert_int_equal(vms.n + vms.unknown.n, 0);
}

static void test_shared_device(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_definitions_done) struct vm_definitions vms = { 0 };
	CLEANUP(vm_conflicts_done) struct vm_conflicts c = { 0 };
	struct pci_device v[] = { device("0000:03:00.0", -1), device("0000:0b:00.0", 7) };
	struct pci_devices all = { .v = v, .n = ARRAY_SIZE(v) };

	add_domain(t, "a", "bus='0x0b'", true);
	add_domain(t, "b", "bus='11'", false);
	add_domain(t, "c", "bus='0x0b' function='1'", true);
	vm_definitions_load(t->host, &vms);
	vm_conflicts_find(&vms, &all, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.v[0].what, "0000:0b:00.0 is in the libvirt domain a and in "
					 "the libvirt domain b");
	assert_false(c.v[0].at_boot || c.v[0].is_split);
}

static void test_split_group(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_definitions_done) struct vm_definitions vms = { 0 };
	CLEANUP(vm_conflicts_done) struct vm_conflicts c = { 0 };
	struct pci_device v[] = { device("0000:00:01.0", 7), device("0000:0b:00.0", 7),
				  device("0000:0b:00.1", 7), device("0000:0c:00.0", 8) };
	struct pci_devices all = { .v = v, .n = ARRAY_SIZE(v) };

	v[0].class_code = 0x060400;
	add_domain(t, "a", "bus='0x0b'", true);
	add_domain(t, "b", "bus='0x0b' function='1'", true);
	add_domain(t, "c", "bus='0x0c'", true);
	vm_definitions_load(t->host, &vms);
	vm_conflicts_find(&vms, &all, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.v[0].what,
			    "IOMMU group 7 is split over the libvirt domain a "
			    "and the libvirt domain b");
	assert_true(c.v[0].at_boot && c.v[0].is_split);
	/* Without groups nobody knows. */
	for (size_t i = 0; i < all.n; i++)
		v[i].iommu_group = -1;
	vm_conflicts_done(&c);
	vm_conflicts_find(&vms, &all, &c);
	assert_int_equal(c.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_definitions),
		TEST(test_no_definitions),
		TEST(test_shared_device),
		TEST(test_split_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
