/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong only in its place: links that are another device's, lists that loop, two
 * files for one device. And which of all these a seed gets. */
#include "mutate/mutations.h"

#define BUS "sys/bus/pci/devices/"
#define FILES "etc/slicer/devices.d/"
#define NOTES "var/lib/slicer/original/"

const char *draw_path(const struct tree *t, struct draw *d, const char *begin,
		      const char *end)
{
	size_t n = 0, k;

	for (size_t i = 0; i < t->paths.n; i++)
		n += str_starts(t->paths.v[i], begin) && str_ends(t->paths.v[i], end);
	k = draw(d, n);
	for (size_t i = 0; n && i < t->paths.n; i++)
		if (str_starts(t->paths.v[i], begin) && str_ends(t->paths.v[i], end) &&
		    k-- == 0)
			return t->paths.v[i];
	return NULL;
}

static const char *draw_device(const struct tree *t, struct draw *d)
{
	return draw_path(t, d, BUS, "");
}

/* ---- links ---------------------------------------------------------------------------
 */

/* Two devices have each other's link: as deep in sysfs as they are, or not. */
static void exchange(struct tree *t, struct draw *d, const struct focus *f)
{
	static const char *const names[] = { "driver", "iommu_group", "physfn", "virtfn0",
					     "subsystem" };
	const char *name = names[draw(d, ARRAY_SIZE(names))];
	CLEANUP(free_char)
	char *mine = xasprintf("%s/%s", f->dir, name), *my_text = tree_readlink(t, mine);
	CLEANUP(free_char) char *dir = tree_resolve(t, draw_device(t, d));
	CLEANUP(free_char)
	char *other = xasprintf("%s/%s", dir ? dir : "sys", name),
	     *other_text = tree_readlink(t, other);

	if (other_text ? tree_link(t, other_text, mine) : tree_take(t, mine))
		tree_note(t, mine, "%s, as %s has it",
			  other_text ? other_text : "missing", other);
	if (draw_chance(d, 70) &&
	    (my_text ? tree_link(t, my_text, other) : tree_take(t, other)))
		tree_note(t, other, "%s, as %s has it", my_text ? my_text : "missing",
			  mine);
}

/* Where the bus says that a device is. */
static void misplace(struct tree *t, struct draw *d, const struct focus *f)
{
	CLEANUP(free_char) char *mine = xasprintf(BUS "%s", f->address);
	const char *other = draw_device(t, d);
	CLEANUP(free_char) char *text = tree_readlink(t, other);

	if (text && tree_link(t, text, mine))
		tree_note(t, mine, "leads to %s", text);
}

static void link_to_junk(struct tree *t, struct draw *d, const struct focus *f)
{
	static const char *const junk[] = {
		"driver ../../../../bus/pci/drivers/vfio-pci",
		"driver ../../../../bus/pci/drivers/..",
		"driver ../../../../bus/pci/drivers/\033[2J",
		"driver /",
		"driver ../../../../bus/pci/drivers/",
		"driver vfio-pci",
		"driver ../../../../bus/pci/drivers/a'b;c d",
		"iommu_group ../../../kernel/iommu_groups/-1",
		"iommu_group ../../../kernel/iommu_groups/99999999999999999999",
		"iommu_group ../../../kernel/iommu_groups/2147483648",
		"iommu_group ../../../kernel/iommu_groups/12abc",
		"iommu_group ../../../kernel/iommu_groups/0",
		"iommu_group .",
		"physfn ../0000:00:00.0",
		"physfn ../nonsense",
		"virtfn0 ../0000:00:00.0",
		"subsystem ../../../bus/usb",
	};
	const char *one = junk[draw(d, ARRAY_SIZE(junk))], *space = strchr(one, ' ');
	CLEANUP(free_char)
	char *path = xasprintf("%s/%.*s", f->dir, (int)(space - one), one);

	if (tree_link(t, space + 1, path))
		tree_note(t, path, "a link to %s", space + 1);
}

/* A name on the bus that is none, or one device twice. */
static void junk_device(struct tree *t, struct draw *d, const struct focus *f)
{
	static const char *const names[] = {
		"nonsense",	    "0000:01:00.8", "0000:0g:00.0",  "00000000:01:00.0",
		"FFFFFFFF:ff:1f.7", "0000:01:20.0", "\033[31m:00.0", "0000:01:00.0 ",
		"10000:ff:1f.7",    "-1:00:00.0",   "0000:FF:1F.7",
	};
	CLEANUP(free_char) char *text = NULL, *bus = xasprintf(BUS "%s", f->address);
	CLEANUP(free_char)
	char *path = xasprintf(BUS "%s", names[draw(d, ARRAY_SIZE(names))]);

	text = tree_readlink(t, bus);
	if (tree_link(t, text ? text : ".", path))
		tree_note(t, path, "on the bus, too, and leads to %s", text ? text : ".");
}

/* A group lists what its devices deny. */
static void twist_group(struct tree *t, struct draw *d, const struct focus *f)
{
	const char *group = draw_path(t, d, "sys/kernel/iommu_groups/", "/devices");
	CLEANUP(free_char) char *path = NULL;

	if (!group)
		return;
	path = xasprintf("%s/%s", group, f->address);
	if (draw_chance(d, 50) ? tree_take(t, path)
			       : tree_link(t, "../../../../devices", path))
		tree_note(t, path,
			  "in the group's list or not, against the device's link");
}

/* ---- configuration space -------------------------------------------------------------
 */

static void twist_config(struct tree *t, struct draw *d, const struct focus *f)
{
	CLEANUP(free_char) char *path = xasprintf("%s/config", f->dir);
	unsigned char c[4096] = { 0 };
	CLEANUP(str_done) struct str old = { 0 };
	size_t len = sizeof(c);

	tree_read(t, path, sizeof(c), &old);
	memcpy(c, str_c(&old), old.len < len ? old.len : len);
	switch (draw(d, 7)) {
	case 0: /* a capability that is its own successor */
		c[0x34] = c[0x41] = 0x40;
		c[0x40] = 0x10;
		break;
	case 1: /* two that are each other's, in the header */
		c[0x34] = 0x10;
		c[0x11] = 0x20;
		c[0x21] = 0x10;
		break;
	case 2: /* an extended one that is its own successor, at the very end */
		c[0x100] = 0x0d;
		c[0x102] = 0x01;
		c[0x103] = 0xff;
		c[0xffe] = 0xc1;
		c[0xfff] = 0xff;
		break;
	case 3:
		memset(c, 0xff, sizeof(c));
		break;
	case 4:
		len = draw(d, sizeof(c));
		break;
	case 5:
		for (size_t i = 0x40; i < sizeof(c); i++)
			c[i] = (unsigned char)draw_bits(d);
		break;
	default:
		len = draw(d, 65);
		c[0x0e] = (unsigned char)draw_bits(d);
	}
	if (tree_put(t, path, c, len, 0644))
		tree_note(t, path,
			  "%zu bytes, starting with %02x%02x, capabilities at %02x", len,
			  c[1], c[0], c[0x34]);
}

/* ---- slicer's own files --------------------------------------------------------------
 */

static void file_of(struct tree *t, struct draw *d, const char *dir, const char *from,
		    const char *name)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *path = xasprintf("%s%s", dir, name);

	tree_read(t, from, 1 << 16, &text);
	if (draw_chance(d, 30))
		str_add(&text, "driver=../../../etc/\033[31m\noriginal=-x\nforce=yes\n");
	if (tree_put(t, path, str_c(&text), text.len, 0644))
		tree_note(t, path, "as %s", from);
}

/* Two files for one device, names that are none, a link that leads out. */
static void twist_files(struct tree *t, struct draw *d, const struct focus *f)
{
	static const char *const names[] = {
		"0000:01:00.0.conf",
		"junk.conf",
		"\033[31m.conf",
		".hidden.conf",
		"0000:0B:00.0.conf",
		"0000:02:00.0.conf.conf",
		"README",
		"a b'c.conf",
	};
	const char *dir = draw_chance(d, 60) ? FILES : NOTES;
	const char *name = names[draw(d, ARRAY_SIZE(names))];
	const char *from = draw_path(t, d, dir, ".conf");
	CLEANUP(free_char) char *path = NULL, *own = NULL;

	own = xasprintf("%s.conf", f->address);
	if (draw_chance(d, 30))
		name = own;
	path = xasprintf("%s%s", dir, name);
	if (draw_chance(d, 40)) {
		harm(t, d, path);
		return;
	}
	if (draw_chance(d, 20)) {
		if (tree_link(t, t->outside, path))
			tree_note(t, path, "a link to %s", t->outside);
		return;
	}
	if (from)
		file_of(t, d, dir, from, name);
}

void twist(struct tree *t, struct draw *d, const struct focus *f)
{
	static void (*const all[])(struct tree *, struct draw *, const struct focus *) = {
		exchange,     exchange,	   misplace,	link_to_junk,
		link_to_junk, junk_device, twist_group, twist_config,
		twist_config, twist_files, twist_files,
	};

	all[draw(d, ARRAY_SIZE(all))](t, d, f);
}

/* ---- a seed's ------------------------------------------------------------------------
 */

static const struct {
	unsigned percent;
	const char *begin;
} places[] = {
	{ 12, "sys/bus/" },	   { 14, "sys/devices/" }, { 8, "sys/kernel/" },
	{ 6, "sys/class/" },	   { 6, "sys/firmware/" }, { 6, "sys/dev/" },
	{ 14, "proc/" },	   { 12, "etc/" },	   { 10, "boot/" },
	{ 5, "usr/lib/modules/" }, { 3, "dev/" },	   { 3, "var/lib/slicer" },
	{ 1, "usr/sbin/" },
};

/* A path below one of the places: the number which, of 100, says below which. */
static const char *draw_below(const struct tree *t, struct draw *d, unsigned which)
{
	const char *path = NULL;

	for (size_t i = 0; !path && i < ARRAY_SIZE(places); i++) {
		if (which < places[i].percent)
			path = draw_path(t, d, places[i].begin, "");
		else
			which -= places[i].percent;
	}
	return path;
}

/* What decides whether a device may be moved, and what moves it: one with a slash in
 * front is in the device's directory. */
static const char *const deciding[] = {
	"/driver_override", "/driver",	       "/iommu_group",
	"/config",	    "/modalias",       "/class",
	"/resource",	    "/boot_vga",       "proc/self/mountinfo",
	"proc/swaps",	    "proc/cmdline",    "sys/bus/pci/drivers_probe",
	"etc/fstab",	    "sys/dev/block",   "sys/bus/pci/drivers/vfio-pci",
	"/physfn",	    "sys/class/block", "sys/bus/pci/drivers/vfio-pci/bind",
};

static void harm_deciding(struct tree *t, struct draw *d, const struct focus *f)
{
	const char *path = deciding[draw(d, ARRAY_SIZE(deciding))];
	CLEANUP(free_char)
	char *at = xasprintf("%s%s", *path == '/' ? f->dir : "", path);

	harm(t, d, at);
}

void mutate(struct tree *t, struct draw *d, const struct focus *f)
{
	CLEANUP(free_char) char *own = xasprintf("%s/", f->dir);

	for (unsigned n = 1 + draw(d, 5); n--;) {
		unsigned which = draw(d, 100);
		const char *path = NULL;

		if (draw_chance(d, 25)) {
			twist(t, d, f);
			continue;
		}
		if (draw_chance(d, 25)) {
			harm_deciding(t, d, f);
			continue;
		}
		if (draw_chance(d, 35))
			path = draw_path(t, d, own, "");
		if (!path)
			path = draw_below(t, d, which);
		if (path)
			harm(t, d, path);
	}
}
