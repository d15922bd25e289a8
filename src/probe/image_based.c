/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/image_based.h"

#include <errno.h>

#include "text/shell.h"

static char *get_value(const struct shell_vars *vars, const char *name)
{
	const char *value;

	if (shell_vars_value(vars, name, &value, NULL, NULL) < 0 || !*value)
		return NULL;
	return xstrdup(value);
}

void os_release_read(const struct host *h, char **ret_id, char **ret_version_id,
		     char **ret_pretty_name)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };

	if (host_read(h, "/etc/os-release", HOST_MAX_CONFIG, &text, NULL) < 0 &&
	    host_read(h, "/usr/lib/os-release", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	if (shell_parse(str_c(&text), text.len, &doc, NULL) < 0)
		return;
	shell_eval(&doc, 0, &vars);
	*ret_id = get_value(&vars, "ID");
	*ret_version_id = get_value(&vars, "VERSION_ID");
	*ret_pretty_name = get_value(&vars, "PRETTY_NAME");
}

/*
 * Most specific first. Either field may be NULL. @IOMMU@ becomes intel_iommu or
 * amd_iommu. Names and files: the systems' own documentation; ID as their os-release has
 * it.
 */
static const struct image_based {
	const char *os_id;
	const char *file;
	const char *name;
	const char *advice;
} systems[] = {
	{ "ubuntu-core", NULL, "Ubuntu Core",
	  "set it with: snap set system system.kernel.cmdline-append=\"@IOMMU@=on "
	  "iommu=pt\"" },
	{ NULL, "/run/mnt/ubuntu-boot", "Ubuntu Core",
	  "set it with: snap set system system.kernel.cmdline-append=\"@IOMMU@=on "
	  "iommu=pt\"" },
	{ "steamos", NULL, "SteamOS",
	  "its root is replaced by every update: install an ordinary distribution for "
	  "this" },
	{ "talos", NULL, "Talos Linux",
	  "put \"@IOMMU@=on\" and \"iommu=pt\" in machine.install.extraKernelArgs, then "
	  "run talosctl upgrade" },
	{ "flatcar", NULL, "Flatcar",
	  "append to set linux_append=\"@IOMMU@=on iommu=pt\" in /oem/grub.cfg and "
	  "reboot" },
	{ "bottlerocket", NULL, "Bottlerocket",
	  "set settings.boot.kernel-parameters \"@IOMMU@\" = [\"on\"], \"iommu\" = "
	  "[\"pt\"]" },
	{ "cos", NULL, "Container-Optimized OS",
	  "its image is sealed: use another image for pass-through" },
	{ "vanilla", NULL, "Vanilla OS",
	  "run abroot kargs edit, add \"@IOMMU@=on iommu=pt\", and reboot" },
	{ "haos", NULL, "Home Assistant OS",
	  "edit cmdline.txt on the boot partition: add \"@IOMMU@=on iommu=pt\"" },
	{ NULL, "/etc/NIXOS", "NixOS",
	  "add boot.kernelParams = [ \"@IOMMU@=on\" \"iommu=pt\" ]; to "
	  "configuration.nix, "
	  "then run nixos-rebuild boot" },
	{ "guix", NULL, "Guix System",
	  "add (kernel-arguments '(\"@IOMMU@=on\" \"iommu=pt\")) to the "
	  "operating-system, "
	  "then run guix system reconfigure" },
	{ NULL, "/usr/bin/midclt", "TrueNAS",
	  "run midclt call system.advanced.update '{\"kernel_extra_options\": "
	  "\"@IOMMU@=on iommu=pt\"}' (with what is in it already: 'midclt call "
	  "system.advanced.config'), then reboot" },
	{ NULL, "/run/ostree-booted", "ostree",
	  "run rpm-ostree kargs --append-if-missing=@IOMMU@=on "
	  "--append-if-missing=iommu=pt, then reboot" },
	/* a mounted disk */
	{ NULL, "/ostree/repo", "ostree",
	  "start it and run rpm-ostree kargs --append-if-missing=@IOMMU@=on "
	  "--append-if-missing=iommu=pt, then reboot" },
};

static const char transactional_advice[] =
	"run transactional-update shell, slicer setup-iommu and transactional-update "
	"grub.cfg "
	"in it, then reboot";

/* transactional-update(8): the running root is a read-only snapshot; in its shell the
 * next one is mounted writable, and there slicer may work. */
static bool is_transactional(const struct host *h)
{
	return host_exists(h, "/usr/sbin/transactional-update") &&
	       host_can_write(h, "/usr") == -EROFS;
}

static char *fill_in(const char *advice, enum cpu_vendor vendor)
{
	static const char hole[] = "@IOMMU@";
	const char *param = vendor == CPU_AMD ? "amd_iommu" : "intel_iommu";
	struct str s = { 0 };
	const char *at;

	while ((at = strstr(advice, hole))) {
		str_addn(&s, advice, (size_t)(at - advice));
		str_add(&s, param);
		advice = at + strlen(hole);
	}
	str_add(&s, advice);
	return str_take(&s);
}

void image_based_find(const struct host *h, const char *os_id, enum cpu_vendor vendor,
		      char **ret_name, char **ret_advice)
{
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
		const struct image_based *s = &systems[i];

		if (!(s->os_id && str_eq(os_id, s->os_id)) &&
		    !(s->file && host_exists(h, s->file)))
			continue;
		*ret_name = xstrdup(s->name);
		*ret_advice = fill_in(s->advice, vendor);
		return;
	}
	if (is_transactional(h)) {
		*ret_name = xstrdup("transactional-update");
		*ret_advice = xstrdup(transactional_advice);
	}
}
