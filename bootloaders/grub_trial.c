/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry that GRUB starts once. It stands in custom.cfg, which 41_custom's code in
 * grub.cfg reads at every boot, between two comment lines of slicer's; next_entry in the
 * environment block names it, and 00_header's code empties that before it boots
 * (util/grub.d/{00_header,41_custom}.in of GRUB 2.06 to 2.14). It only is for one boot
 * where GRUB can write the block back.
 */
#include "bootloaders/grub.h"

#include <errno.h>

#include "text/grubcopy.h"
#include "text/grubenv.h"

#define BEGIN                                                                            \
	"# >>> slicer: an entry for one trial boot, taken away by "                      \
	"'slicer setup-iommu --confirm' or '--undo' >>>\n"
#define MADE "# slicer made this file.\n"
#define END "# <<< slicer <<<\n"

void grub_trial_done(struct grub_trial *t)
{
	str_done(&t->custom);
}

/* ---- custom.cfg ------------------------------------------------------------------- */

static bool is_line(const char *line, size_t len, const char *want)
{
	return len + 1 == strlen(want) && memcmp(line, want, len) == 0;
}

/* Where slicer's lines are. Error: half of them, or twice. */
static int find_block(struct grub_trial *t, struct error *e)
{
	const char *line;
	size_t pos = 0, len;
	unsigned n = 0;
	bool is_open = false;

	while (next_line(str_c(&t->custom), t->custom.len, &pos, &line, &len)) {
		bool begins = is_line(line, len, BEGIN), ends = is_line(line, len, END);

		n++;
		if (!begins && !ends)
			continue;
		if (begins == is_open || (begins && t->end)) {
			t->begin = t->end = 0;
			error_set(e, EINVAL,
				  "slicer's lines for a trial boot are not as slicer "
				  "wrote them");
			error_at(e, GRUB_CUSTOM, n);
			error_hint(e, "take them out by hand, from \"# >>> slicer\" to "
				      "\"# <<< slicer\"");
			return -EINVAL;
		}
		is_open = begins;
		if (begins)
			t->begin = (size_t)(line - t->custom.s);
		else
			t->end = pos;
	}
	if (!is_open)
		return 0;
	t->begin = t->end = 0;
	error_set(e, EINVAL, "slicer's lines for a trial boot have no end");
	error_at(e, GRUB_CUSTOM, 0);
	error_hint(e, "take them out by hand, from \"# >>> slicer\" on");
	return -EINVAL;
}

static int read_custom(const struct host *h, struct grub_trial *t, struct error *e)
{
	CLEANUP(free_char) char *link = host_readlink(h, GRUB_CUSTOM);
	int r;

	t->is_link = link;
	r = host_read(h, GRUB_CUSTOM, HOST_MAX_CONFIG, &t->custom, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	t->has_custom = true;
	/* Without lines of slicer's in it, it is of no concern to others than --trial. */
	if (link && memmem(str_c(&t->custom), t->custom.len, BEGIN, strlen(BEGIN))) {
		error_set(e, ELOOP, "is a link: slicer does not write through it");
		error_at(e, GRUB_CUSTOM, 0);
		error_hint(e, "put a file in its place");
		return -ELOOP;
	}
	if (link)
		return 0;
	return find_block(t, e);
}

/* The file without slicer's lines. */
static void others_of(const struct grub_trial *t, struct str *ret)
{
	str_addn(ret, str_c(&t->custom), t->begin);
	str_addn(ret, str_c(&t->custom) + t->end, t->custom.len - t->end);
}

static void load_entry(const struct host *h, const struct facts *f,
		       const struct grub_trial *t, struct boot_config *ret)
{
	CLEANUP(grub_cfg_done) struct grub_cfg cfg = { 0 };
	struct boot_entry *entry;

	if (t->begin == t->end)
		return;
	ret->trial = entry = xcalloc(1, sizeof(*entry));
	/* What is no entry any more is still to be taken away. */
	if (grub_cfg_parse(t->custom.s + t->begin, t->end - t->begin, &cfg, NULL) == 0 &&
	    cfg.n == 1 && cfg.v[0].n_kernels) {
		grub_fill_entry(h, f, &cfg.v[0], &cfg.v[0].kernels[0], entry);
		for (size_t i = 0; i < t->begin; i++)
			entry->line += t->custom.s[i] == '\n';
	} else {
		entry->id = xstrdup(GRUB_TRIAL);
		entry->title = xstrdup(GRUB_TRIAL);
	}
	free(entry->source);
	entry->source = xstrdup(GRUB_CUSTOM);
	entry->is_foreign = true;
}

/* ---- can GRUB forget it by itself? ------------------------------------------------ */

static int refuse(struct error *e, const char *why, const char *path)
{
	error_set(e, ENOTSUP, "there can be no trial boot here: %s", why);
	error_at(e, path, 0);
	error_hint(e, "without --trial the change is made for good, and --undo takes it "
		      "back; 'e' in GRUB's menu tries parameters once by hand");
	return -ENOTSUP;
}

/*
 * GRUB writes the block in place, on the sectors that it was read from
 * (grub-core/commands/loadenv.c, save_env). Filesystems whose reading goes by the disk's
 * own read hook give those away: ext, FAT, XFS; btrfs, ZFS, squashfs don't. Devices that
 * GRUB puts together by itself (diskfilter: LVM, md) can't be written; what the
 * device mapper and other virtual devices are to GRUB is not known.
 */
static int check_filesystem(const struct host *h, const struct facts *f, const char *path,
			    struct error *e)
{
	static const char *const good[] = { "ext2", "ext3", "ext4", "vfat", "xfs" };
	const struct mount *m = mounts_of(&f->mounts, path);
	CLEANUP(free_char) char *link = NULL, *place = NULL, *why = NULL;
	bool is_good = false;

	if (!m || !f->mounts.known)
		return refuse(e, "what GRUB's directory is on can't be told", path);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		is_good |= strcmp(m->fstype, good[i]) == 0;
	link = xasprintf("/sys/dev/block/%s", m->devno);
	place = host_realpath(h, link);
	if (is_good && place && !strstr(place, "/virtual/block/"))
		return 0;
	if (!is_good)
		why = xasprintf(
			"GRUB's environment block is on %s, where GRUB can't write "
			"it: the trial would boot again and again",
			*m->fstype ? m->fstype : "an unknown filesystem");
	else
		why = xasprintf(
			"GRUB's environment block is on %s, which is %s: GRUB can't "
			"write there, and the trial would boot again and again",
			*m->source ? m->source : m->devno,
			place ? "no plain disk or partition (LVM, RAID, "
				"encryption)"
			      : "not known to the kernel as a disk");
	return refuse(e, why, path);
}

/* The block, and what it says about the next boot. grub-editenv empties it before it
 * fills it: an empty one is what is left where that was cut short, and none to GRUB. */
static int read_env(const struct host *h, struct grub_trial *t, struct boot_config *ret,
		    char **ret_next, struct error *e)
{
	CLEANUP(str_done) struct str env = { 0 };
	CLEANUP(free_char) char *elsewhere = NULL;
	struct error *damage = &ret->one_shot_damage;
	int r = host_read(h, GRUB_ENV, HOST_MAX_CONFIG, &env, e);

	ret->one_shot_gone = r == -ENOENT;
	if (r < 0)
		return ret->one_shot_gone ? 0 : r;
	ret->one_shot_others = grubenv_others(str_c(&env), env.len, "next_entry");
	*ret_next = grubenv_get(str_c(&env), env.len, "next_entry");
	ret->trial_pending = str_eq(*ret_next, GRUB_TRIAL);
	t->is_emptied = !env.len;
	elsewhere = grubenv_get(str_c(&env), env.len, "env_block");
	r = grubenv_check(str_c(&env), env.len, damage);
	/* grub-editenv of GRUB 2.14 puts it there where GRUB can't write files (btrfs,
	 * ZFS). */
	if (r == 0 && elsewhere && *elsewhere)
		return refuse(e,
			      "GRUB writes its environment to a place outside of the "
			      "filesystem (env_block), not to this file",
			      GRUB_ENV);
	if (r == 0)
		return 0;
	error_at(damage, GRUB_ENV, 0);
	error_hint(damage, "create it again: grub-editenv %s create", GRUB_ENV);
	*e = *damage;
	return t->is_emptied ? 0 : r;
}

static int check_env(const struct host *h, const struct facts *f, struct grub_trial *t,
		     struct boot_config *ret, struct error *e)
{
	CLEANUP(free_char) char *next = NULL, *path = NULL;
	CLEANUP(free_char) char *link = host_readlink(h, GRUB_ENV);
	int r = link ? 0 : read_env(h, t, ret, &next, e);

	if (link)
		return refuse(e, "GRUB's environment block is a link", GRUB_ENV);
	if (r < 0)
		return r;
	path = host_realpath(h, host_exists(h, GRUB_ENV) ? GRUB_ENV : "/boot/grub");
	if (next && *next && !ret->trial_pending) {
		error_set(e, EBUSY,
			  "the next boot is already meant for another entry: %s", next);
		error_at(e, GRUB_ENV, 0);
		error_hint(e, "reboot first, or: grub-editenv %s unset next_entry",
			   GRUB_ENV);
		return -EBUSY;
	}
	return path ? check_filesystem(h, f, path, e)
		    : refuse(e, "/boot/grub is not there", "/boot/grub");
}

/* Is the trial's entry to be found where GRUB looks? */
static int check_menu(const struct host *h, const struct boot_config *c,
		      const struct grub *g, struct error *e)
{
	const struct boot_entry *entry = boot_config_default(c);

	if (!g->menu.len || !g->cfg.complete)
		return refuse(e, "the boot menu can't be read to its end", GRUB_CFG);
	if (!entry)
		return refuse(e, "which entry boots by default can't be told", GRUB_CFG);
	if (!boot_entry_is_normal(entry))
		return refuse(e,
			      "the default entry is not one that update-grub makes "
			      "for normal boots",
			      GRUB_CFG);
	if (!g->cfg.has_next_entry || !g->cfg.clears_next_entry)
		return refuse(e,
			      "the boot menu has no code for an entry that is started "
			      "once (00_header)",
			      GRUB_CFG);
	if (!g->cfg.reads_custom)
		return refuse(e, "the boot menu does not read custom.cfg (41_custom)",
			      GRUB_CFG);
	if (host_exists(h, GRUB_CFG ".sig"))
		return refuse(e, "the boot menu is signed", GRUB_CFG ".sig");
	return 0;
}

/* A second one of that name would be started in its place, or never. */
static int check_custom(const struct grub_trial *t, struct error *e)
{
	CLEANUP(str_done) struct str others = { 0 };

	if (t->is_link)
		return refuse(e,
			      "custom.cfg is a link, which slicer does not write "
			      "through",
			      GRUB_CUSTOM);
	others_of(t, &others);
	if (memmem(str_c(&others), others.len, GRUB_TRIAL, strlen(GRUB_TRIAL)))
		return refuse(e, "somebody else's lines speak of \"" GRUB_TRIAL "\"",
			      GRUB_CUSTOM);
	return 0;
}

void grub_load_trial(const struct host *h, const struct facts *f, struct boot_config *ret)
{
	struct grub *g = ret->priv;
	struct grub_trial *t = &g->trial;
	CLEANUP(free_char) char *program = host_find_program(h, "grub-editenv");
	int r = read_custom(h, t, &t->trouble);
	int env;

	ret->one_shot_path = GRUB_ENV;
	/* Always asked: it tells whether a trial is pending. */
	env = check_env(h, f, t, ret, &t->refusal);
	if (r < 0) {
		t->refusal = t->trouble;
		return;
	}
	t->trouble = (struct error){ 0 };
	load_entry(h, f, t, ret);
	if (env < 0)
		return;
	t->refusal = (struct error){ 0 };
	if (check_menu(h, ret, g, &t->refusal) < 0 || check_custom(t, &t->refusal) < 0)
		return;
	if (g->refusal.code != ERROR_NONE)
		t->refusal = g->refusal;
	else if (!program && host_is_live(h))
		refuse(&t->refusal, "grub-editenv is not installed", NULL);
}

/* ---- steps ------------------------------------------------------------------------ */

static const char *const set[] = { "grub-editenv", GRUB_ENV, "set",
				   "next_entry=slicer-trial", NULL };
static const char *const unset[] = { "grub-editenv", GRUB_ENV, "unset", "next_entry",
				     NULL };
static const char *const create[] = { "grub-editenv", GRUB_ENV, "create", NULL };
#define ENV_TIMEOUT_S 60

void grub_plan_env(struct plan *ret)
{
	plan_run(ret, create, ENV_TIMEOUT_S, "creates GRUB's environment block again");
	ret->v[ret->n - 1].makes_one_shot = true;
	plan_warn(ret,
		  GRUB_ENV " was emptied or taken away by a grub-editenv that failed "
			   "or was interrupted: what others kept in it "
			   "(saved_entry) is lost");
}

/* Whether the block was there is of use to who finds that it is not. */
static void plan_next_entry(const struct boot_config *c, const char *const *argv,
			    const char *const *undo, const char *why, struct plan *ret)
{
	plan_run_with_undo(ret, argv, undo, ENV_TIMEOUT_S, why);
	ret->v[ret->n - 1].existed = c->one_shot_others != NULL;
}

int grub_plan_trial(const struct boot_config *c, const struct edit *ed, const char *id,
		    struct plan *ret, struct error *e)
{
	const struct grub *g = c->priv;
	const struct grub_trial *t = &g->trial;
	CLEANUP(edit_done) struct edit own = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *title = NULL, *how = boot_edit_describe(ed);
	CLEANUP(free_char)
	char *why = xasprintf("an entry for one trial boot beside the others: %s", how);
	bool made = !t->has_custom || memmem(str_c(&t->custom) + t->begin,
					     t->end - t->begin, MADE, strlen(MADE));
	int r;

	if (t->refusal.code != ERROR_NONE) {
		if (e)
			*e = t->refusal;
		return -ENOTSUP;
	}
	boot_trial_edit(ed, id, &own);
	title = xasprintf("%s (slicer trial)", g->cfg.v[g->chosen].title);
	str_add(&text, BEGIN);
	str_add(&text, made ? MADE : "");
	r = grub_entry_copy(str_c(&g->menu), &g->cfg.v[g->chosen], GRUB_TRIAL, title,
			    &own, &text, e);
	if (r < 0) {
		error_at(e, GRUB_CFG, e ? e->line : 0);
		return r;
	}
	str_add(&text, END);
	/* In front of other lines: those may end in the middle of one. */
	others_of(t, &text);
	plan_replace(ret, GRUB_CUSTOM, t->has_custom, &t->custom, &text, 0644, why);
	if (t->is_emptied)
		grub_plan_env(ret);
	if (!c->trial_pending)
		plan_next_entry(c, set, unset,
				"makes GRUB start that entry once, at the next boot",
				ret);
	return 0;
}

int grub_plan_trial_end(const struct boot_config *c, struct plan *ret, struct error *e)
{
	const struct grub_trial *t = &((const struct grub *)c->priv)->trial;
	CLEANUP(str_done) struct str others = { 0 };
	static const char why[] = "takes the trial boot's entry away";

	if (t->trouble.code != ERROR_NONE) {
		if (e)
			*e = t->trouble;
		return -EINVAL;
	}
	/* One that is empty beside an entry of slicer's was slicer's doing. */
	if (t->is_emptied && t->begin != t->end)
		grub_plan_env(ret);
	if (c->trial_pending)
		plan_next_entry(c, unset, set, "makes GRUB forget the trial boot", ret);
	if (t->begin == t->end)
		return 0;
	others_of(t, &others);
	if (!others.len && memmem(str_c(&t->custom), t->custom.len, MADE, strlen(MADE)))
		plan_remove(ret, GRUB_CUSTOM, &t->custom, why);
	else
		plan_replace(ret, GRUB_CUSTOM, true, &t->custom, &others, 0644, why);
	return 0;
}
