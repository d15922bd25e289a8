/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/image_based.h"

#include <errno.h>

#include "text/cmdline.h"
#include "text/shell.h"

static char *get_value(const struct shell_vars *vars, const char *name)
{
	const char *value;

	if (shell_vars_value(vars, name, &value, NULL, NULL) < 0 || !*value)
		return NULL;
	return xstrdup(value);
}

void os_release_read(const struct host *h, struct platform_facts *ret)
{
	CLEANUP(free_char) char *like = NULL;
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };

	if (host_read(h, "/etc/os-release", HOST_MAX_CONFIG, &text, NULL) < 0 &&
	    host_read(h, "/usr/lib/os-release", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	if (shell_parse(str_c(&text), text.len, &doc, NULL) < 0)
		return;
	shell_eval(&doc, 0, &vars);
	ret->os_id = get_value(&vars, "ID");
	ret->os_version_id = get_value(&vars, "VERSION_ID");
	ret->os_pretty_name = get_value(&vars, "PRETTY_NAME");
	like = get_value(&vars, "ID_LIKE");
	if (like)
		strv_split(&ret->os_like, like, " ");
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
	  "run: rpm-ostree kargs @DELETE@--append-if-missing=@IOMMU@=on "
	  "--append-if-missing=iommu=pt, then reboot" },
	/* a mounted disk */
	{ NULL, "/ostree/repo", "ostree",
	  "start it and run rpm-ostree kargs @DELETE@--append-if-missing=@IOMMU@=on "
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

/* Switches that a person set against it, in the running command line. */
static void find_against(const struct host *h, struct strv *ret)
{
	static const char *const against[] = { "intel_iommu=off", "amd_iommu=off",
					       "iommu=off",	  "iommu=soft",
					       "iommu=nopt",	  "intremap=off" };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (host_read(h, "/proc/cmdline", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	str_rtrim(&text);
	cmdline_split(str_c(&text), text.len, &tokens);
	for (size_t i = 0; i < tokens.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(against); k++)
			if (param_same(tokens.v[i], against[k]))
				strv_add_unique(ret, tokens.v[i]);
}

/* rpm-ostree(1): kargs takes several of them, and makes one deployment of all. */
static char *fill_in(const struct host *h, const char *advice, enum cpu_vendor vendor)
{
	const char *param = vendor == CPU_AMD ? "amd_iommu" : "intel_iommu";
	CLEANUP(strv_done) struct strv against = { 0 };
	bool deletes = strstr(advice, "@DELETE@") != NULL;
	struct str s = { 0 };

	find_against(h, &against);
	for (const char *p = advice; *p; p++) {
		if (str_starts(p, "@IOMMU@")) {
			str_add(&s, param);
			p += strlen("@IOMMU@") - 1;
		} else if (str_starts(p, "@DELETE@")) {
			for (size_t i = 0; i < against.n; i++)
				str_addf(&s, "--delete-if-present=%s ", against.v[i]);
			p += strlen("@DELETE@") - 1;
		} else {
			str_addc(&s, *p);
		}
	}
	for (size_t i = 0; i < against.n && !deletes; i++)
		str_addf(&s, "; take %s away in the same place", against.v[i]);
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
		*ret_advice = fill_in(h, s->advice, vendor);
		return;
	}
	if (is_transactional(h)) {
		*ret_name = xstrdup("transactional-update");
		*ret_advice = xstrdup(transactional_advice);
	}
}
