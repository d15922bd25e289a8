/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: libvirt src/qemu/qemu_conf.c (configDir, autostartDir: a link there starts the
 * domain), qm.conf(5). libvirt's sessions of users are not looked at.
 */
#include "probe/vm_definitions.h"

#include <errno.h>

#define LIBVIRT "/etc/libvirt/qemu"
#define PVE "/etc/pve"

/* A host has dozens. */
#define DEFINITIONS_MAX 4096

void vm_definitions_done(struct vm_definitions *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->v[i].title);
		hostdevs_done(&d->v[i].devices);
	}
	free(d->v);
	strv_done(&d->unknown);
	*d = (struct vm_definitions){ 0 };
}

enum vm_names vm_definition_names(const struct vm_definition *v, struct pci_address at)
{
	enum vm_names ret = VM_NAMES_NOT;

	for (size_t i = 0; i < v->devices.n; i++) {
		const struct hostdev *x = &v->devices.v[i];
		struct pci_address same = at;

		if (x->all_functions)
			same.function = 0;
		if (pci_address_compare(x->at, same) != 0)
			continue;
		if (!x->is_one_of)
			return VM_NAMES;
		ret = VM_MAY_HAVE;
	}
	return ret;
}

static void note_unknown(struct vm_definitions *ret, const char *path, int err)
{
	strv_addf(&ret->unknown, "%s (%s)", path,
		  err == -EACCES || err == -EPERM ? "root only" : strerror(-err));
}

/* Keeps a definition that names a device. Takes what it is given. */
static void add(struct vm_definitions *ret, char *title, bool autostart,
		struct hostdevs *devices)
{
	CLEANUP(str_done) struct str safe = { 0 };

	if (devices->n && ret->n < DEFINITIONS_MAX) {
		str_add_printable(&safe, title, strlen(title));
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = (struct vm_definition){ .title = str_take(&safe),
							   .autostart = autostart,
							   .devices = *devices };
		*devices = (struct hostdevs){ 0 };
	}
	free(title);
	hostdevs_done(devices);
}

static void load_domain(const struct host *h, const char *file,
			struct vm_definitions *ret)
{
	CLEANUP(free_char) char *path = xasprintf(LIBVIRT "/%s", file);
	CLEANUP(free_char) char *link = xasprintf(LIBVIRT "/autostart/%s", file);
	CLEANUP(free_char) char *starts = host_readlink(h, link);
	CLEANUP(str_done) struct str text = { 0 };
	struct hostdevs devices = { 0 };
	int r = host_read(h, path, HOST_MAX_CONFIG, &text, NULL);

	if (r < 0) {
		note_unknown(ret, path, r);
		return;
	}
	if (domxml_parse(str_c(&text), text.len, &devices) < 0)
		strv_addf(&ret->unknown, "%s (not all of it could be read)", path);
	add(ret,
	    xasprintf("the libvirt domain %.*s", (int)(strlen(file) - strlen(".xml")),
		      file),
	    starts != NULL, &devices);
}

static void load_domains(const struct host *h, struct vm_definitions *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int r = host_list(h, LIBVIRT, &names, NULL);

	if (r < 0 && r != -ENOENT)
		note_unknown(ret, LIBVIRT, r);
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".xml") && names.v[i][0] != '.')
			load_domain(h, names.v[i], ret);
}

/* /etc/pve/local is a link to nodes/NAME; without it, the host's name. */
static char *node_name(const struct host *h)
{
	char *node = host_link_base(h, PVE "/local");
	char *name;

	if (node)
		return node;
	name = host_attr(h, "/etc/hostname");
	if (name)
		name[strcspn(name, ".")] = '\0';
	return name;
}

static void add_mapped(const struct host *h, const struct strv *mappings,
		       struct hostdevs *ret)
{
	CLEANUP(free_char) char *node = mappings->n ? node_name(h) : NULL;
	CLEANUP(str_done) struct str text = { 0 };

	if (!node ||
	    host_read(h, PVE "/mapping/pci.cfg", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	for (size_t i = 0; i < mappings->n; i++)
		pvemapping_find(str_c(&text), text.len, mappings->v[i], node, ret);
}

static void load_pve_vm(const struct host *h, const char *file,
			struct vm_definitions *ret)
{
	CLEANUP(free_char) char *path = xasprintf(PVE "/qemu-server/%s", file);
	CLEANUP(pveconf_done) struct pveconf c = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	int r = host_read(h, path, HOST_MAX_CONFIG, &text, NULL);

	if (r < 0) {
		note_unknown(ret, path, r);
		return;
	}
	pveconf_parse(str_c(&text), text.len, &c);
	if (c.is_template)
		return;
	add_mapped(h, &c.mappings, &c.devices);
	add(ret,
	    xasprintf("VM %.*s%s%s%s of Proxmox VE",
		      (int)(strlen(file) - strlen(".conf")), file, c.name ? " (" : "",
		      c.name ? c.name : "", c.name ? ")" : ""),
	    c.onboot, &c.devices);
}

static void load_pve(const struct host *h, struct vm_definitions *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int r = host_list(h, PVE "/qemu-server", &names, NULL);

	if (r < 0 && r != -ENOENT)
		note_unknown(ret, PVE "/qemu-server", r);
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".conf"))
			load_pve_vm(h, names.v[i], ret);
}

void vm_definitions_load(const struct host *h, struct vm_definitions *ret)
{
	*ret = (struct vm_definitions){ 0 };
	load_domains(h, ret);
	load_pve(h, ret);
}
