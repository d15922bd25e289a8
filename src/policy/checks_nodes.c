/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "limits": may this user's VMs open the devices that VFIO has? No verdict rests on
 * it. */
#include <errno.h>

#include "policy/checks.h"

#define LIMITS "limits"

enum node_state { NODE_OPEN, NODE_CLOSED, NODE_MISSING, NODE_UNKNOWN };

static enum node_state state_of(const struct node_view *v)
{
	switch (v->err) {
	case 0:
		return NODE_OPEN;
	case -EACCES:
	case -EPERM:
		return NODE_CLOSED;
	case -ENOENT:
		return NODE_MISSING;
	default:
		return NODE_UNKNOWN;
	}
}

static void add_id(struct str *out, const char *what, unsigned id)
{
	if (id)
		str_addf(out, "%s %u", what, id);
	else
		str_addf(out, "%s root", what);
}

/* "/dev/vfio/28 (user root, group root, mode 0600) for 0000:0b:00.0". Owned by the
 * caller. */
static char *describe(const struct diagnosis *d, enum node_state state)
{
	struct str text = { 0 };

	for (size_t i = 0; i < d->n_nodes; i++) {
		const struct node_view *v = &d->nodes[i];
		CLEANUP(free_char) char *devices = strv_join(&v->devices, " ");

		if (state_of(v) != state)
			continue;
		str_addf(&text, "%s%s", text.len ? "; " : "", v->path);
		if (v->has_owner) {
			add_id(&text, " (user", v->uid);
			add_id(&text, ", group", v->gid);
			str_addf(&text, ", mode %04o)", v->mode);
		}
		str_addf(&text, " for %s", devices);
	}
	return str_take(&text);
}

static bool has(const struct diagnosis *d, enum node_state state)
{
	for (size_t i = 0; i < d->n_nodes; i++)
		if (state_of(&d->nodes[i]) == state)
			return true;
	return false;
}

static void check_missing(const struct diagnosis *d, const char *evidence,
			  struct checks *ret)
{
	struct check *c =
		check_add(ret, "limits.nodes", LIMITS, CHECK_WARN,
			  "nodes that open VFIO's devices are missing", "%s", evidence);
	bool common = false, own = false;

	for (size_t i = 0; i < d->n_nodes; i++) {
		const struct node_view *v = &d->nodes[i];
		bool is_common = strcmp(v->path, "/dev/iommu") == 0 ||
				 strcmp(v->path, "/dev/vfio/vfio") == 0;

		common |= state_of(v) == NODE_MISSING && is_common;
		own |= state_of(v) == NODE_MISSING && !is_common;
	}
	/* Its module makes /dev/iommu, and in some kernels /dev/vfio/vfio, too (linux
	 * drivers/iommu/iommufd, CONFIG_IOMMUFD_VFIO_CONTAINER). */
	if (common)
		strv_add(&c->fix, "# where the kernel has the module iommufd:\n"
				  "sudo modprobe iommufd");
	if (own)
		strv_add(&c->fix,
			 "# the kernel makes its nodes in a devtmpfs only, and a "
			 "container has to be given them:\nfindmnt /dev");
}

/* udev's rule for a node of this path. The group kvm is systemd's own. */
static const char *rule_of(const char *path)
{
	if (strcmp(path, "/dev/vfio/vfio") == 0)
		return "KERNEL==\"vfio\", SUBSYSTEM==\"misc\", MODE=\"0666\"";
	if (strcmp(path, "/dev/iommu") == 0)
		return "KERNEL==\"iommu\", SUBSYSTEM==\"misc\", GROUP=\"kvm\", "
		       "MODE=\"0660\"";
	if (str_starts(path, "/dev/vfio/devices/"))
		return "SUBSYSTEM==\"vfio-dev\", OWNER=\"root\", GROUP=\"kvm\", "
		       "MODE=\"0660\"";
	return "SUBSYSTEM==\"vfio\", OWNER=\"root\", GROUP=\"kvm\", MODE=\"0660\"";
}

/* A group other than root's has the node already: it is to be joined. */
static bool is_given_away(const struct node_view *v)
{
	return v->gid && (v->mode & 060) == 060;
}

static void check_closed(const struct diagnosis *d, const char *evidence,
			 struct checks *ret)
{
	struct check *c =
		check_add(ret, "limits.nodes", LIMITS, CHECK_WARN,
			  "this user's VMs can't open VFIO's devices", "%s", evidence);
	bool rules = false;

	strv_add(&c->fix, "start VMs as root, or by libvirt: it opens the nodes itself");
	for (size_t i = 0; i < d->n_nodes; i++) {
		const struct node_view *v = &d->nodes[i];
		CLEANUP(free_char) char *line = NULL;

		if (state_of(v) != NODE_CLOSED)
			continue;
		if (is_given_away(v)) {
			line = xasprintf(
				"# or let the user join group %u, and log in again:\n"
				"sudo usermod -aG %u USER",
				v->gid, v->gid);
		} else {
			line = xasprintf("or give a group the nodes, by this line in "
					 "/etc/udev/rules.d/99-vfio.rules: %s",
					 rule_of(v->path));
			rules = true;
		}
		strv_add_unique(&c->fix, line);
	}
	if (rules)
		strv_add(&c->fix, "# then, and log in again:\n"
				  "sudo udevadm control --reload && sudo udevadm "
				  "trigger --subsystem-match=vfio "
				  "--subsystem-match=vfio-dev --subsystem-match=misc && "
				  "sudo usermod -aG kvm USER");
}

void checks_nodes(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(free_char) char *missing = describe(d, NODE_MISSING);
	CLEANUP(free_char) char *closed = describe(d, NODE_CLOSED);
	CLEANUP(free_char) char *unknown = describe(d, NODE_UNKNOWN);
	CLEANUP(free_char) char *open = describe(d, NODE_OPEN);
	struct check *c;

	if (!d->n_nodes)
		return;
	if (has(d, NODE_UNKNOWN)) {
		c = check_add(ret, "limits.nodes", LIMITS, CHECK_SKIP,
			      "can't tell who may open VFIO's devices", "%s", unknown);
		check_fix_start(c);
		c->minor = true; /* a copy of a host has no users */
	} else if (has(d, NODE_MISSING)) {
		check_missing(d, missing, ret);
	} else if (has(d, NODE_CLOSED)) {
		check_closed(d, closed, ret);
	} else {
		check_add(ret, "limits.nodes", LIMITS, CHECK_PASS,
			  "this user's VMs can open VFIO's devices", "%s", open)
			->minor = true;
	}
}
