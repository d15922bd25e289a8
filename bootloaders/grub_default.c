/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else the generator brings into force: a default entry that was configured since
 * the menu was made. */
#include "bootloaders/grub.h"

/* What 00_header writes for GRUB_DEFAULT (util/grub.d/00_header.in: empty means 0, saved
 * the variable that grub-set-default sets). */
static const char *header_value(const char *configured)
{
	if (!*configured)
		return "0";
	return strcmp(configured, "saved") == 0 ? "${saved_entry}" : configured;
}

void grub_warn_default(const struct grub *g, const struct grub_files *files,
		       struct plan *ret)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	const char *value, *now = g->cfg.default_value ? g->cfg.default_value : "0";
	const struct shell_var *var;
	size_t source = SIZE_MAX;

	grub_eval(files, &vars);
	var = shell_vars_get(&vars, "GRUB_DEFAULT");
	/* Never assigned, or not provable: then nothing is known. */
	if (!g->menu_exists || g->menu_incomplete || !var ||
	    shell_vars_value(&vars, "GRUB_DEFAULT", &value, &source, NULL) < 0 ||
	    source >= files->n || strcmp(header_value(value), now) == 0)
		return;
	plan_warn(ret,
		  "%s will also bring %s:%u into force, which was changed after the menu "
		  "was made: GRUB_DEFAULT=%s, while the menu's default is \"%s\" now",
		  g->generator.v[0], files->v[source].path, var->line, value, now);
}
