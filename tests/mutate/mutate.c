/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs slicer on host trees that were made wrong, as TAP, a test for each seed:
 *
 *   mutate [-v] [--deadline S] [--keep] --slicer PROGRAM --outside DIR FIRST LAST TREE...
 *
 * The seed alone says which tree is taken, what is done to it, and what is run on it.
 * Beside each TREE there is an empty directory TREE.saved; outside is the directory that
 * links lead to and slicer never may. tests/mutate/run makes all that. --keep leaves the
 * tree of the last seed as it was made.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "mutate/checks.h"
#include "mutate/mutations.h"

#define BUS "sys/bus/pci/devices/"

/* ADDR is the seed's device, OTHER another one. */
static const char *const reading[] = {
	"doctor",
	"doctor --json",
	"doctor ADDR --json",
	"pci list",
	"pci list --tree",
	"pci list --json",
	"pci show ADDR",
	"pci show ADDR --json",
	"vm command ADDR",
	"vm command ADDR --hypervisor cloud-hypervisor",
	"vm command ADDR OTHER --hypervisor libvirt",
	"vm command ADDR --hypervisor slicer",
	"vm command ADDR --json",
	"pci bind ADDR --dry-run",
	"pci bind ADDR OTHER --group --force --dry-run --json",
	"pci bind ADDR --persist --dry-run --json",
	"pci unbind ADDR --group --persist --dry-run",
	"pci restore --dry-run",
	"pci restore --dry-run --json",
	"pci bind ADDR --persist=initramfs --dry-run",
	"setup-iommu --dry-run",
	"setup-iommu --check --json --device ADDR",
	"setup-iommu --status",
	"setup-iommu --status --json",
	"setup-iommu --undo --dry-run",
};

static const char *const binding[] = {
	"pci bind ADDR",	  "pci bind ADDR --json",
	"pci bind ADDR --group",  "pci bind ADDR OTHER --json",
	"pci ensure ADDR --json", "pci bind ADDR --group --force --json",
	"pci bind ADDR --force",
};

static const char *const living[] = {
	"doctor --json",
	"pci ensure ADDR",
	"pci unbind ADDR --json",
	"pci unbind ADDR --group --force",
	"pci bind ADDR --driver=original --json",
	"pci bind ADDR OTHER --group --json",
	"pci restore",
	"pci restore --json",
	"pci restore ADDR",
};

static struct {
	const char *slicer, *outside;
	unsigned deadline_s;
	bool verbose, keep;
	int watch;
	unsigned long runs, statuses[5], bound;
	double slowest;
	long most_kib;
} opt = { .deadline_s = 60 };

/* One seed's. */
struct test {
	struct tree *t;
	struct draw d;
	const char *address, *other;
	bool humble;
	uint64_t print; /* of the tree as it is now */
	struct strv bad; /* lines for the report */
};

/* ---- a run ---------------------------------------------------------------------------
 */

static void take_words(const struct test *x, const char *words, struct strv *ret)
{
	CLEANUP(strv_done) struct strv v = { 0 };

	strv_split(&v, words, " ");
	for (size_t i = 0; i < v.n; i++)
		strv_add(ret, !strcmp(v.v[i], "ADDR")	 ? x->address
			      : !strcmp(v.v[i], "OTHER") ? x->other
							 : v.v[i]);
}

/* Was anything in the directory outside opened, or changed? */
static bool was_outside(void)
{
	char events[65536];
	bool any = false;

	while (read(opt.watch, events, sizeof(events)) > 0)
		any = true;
	return any;
}

static void count(const struct run *r)
{
	opt.runs++;
	if (r->status >= 0 && r->status <= 4)
		opt.statuses[r->status]++;
	opt.bound += r->status == 0 && r->writes.n > 0;
	if (r->seconds > opt.slowest)
		opt.slowest = r->seconds;
	if (r->memory_kib > opt.most_kib)
		opt.most_kib = r->memory_kib;
}

static void check_unchanged(struct test *x, struct strv *bad)
{
	uint64_t now = tree_print(x->t, true);

	if (now != x->print)
		strv_add(bad, "a verb that only reads changed the tree");
	x->print = now;
}

static void one_run(struct test *x, const char *words, bool live, bool vanishes)
{
	struct run r = { .slicer = opt.slicer,
			 .live = live,
			 .humble = x->humble,
			 .deadline_s = opt.deadline_s,
			 .vanishing = vanishes ? x->address : NULL,
			 .vanish_at = draw(&x->d, draw_chance(&x->d, 50) ? 200 : 1500) };
	CLEANUP(strv_done) struct strv bad = { 0 };
	CLEANUP(free_char) char *text = NULL;
	struct states before = { 0 };

	take_words(x, words, &r.argv);
	if (live)
		states_take(x->t, &before);
	run_slicer(x->t, &r);
	count(&r);
	check_output(&r, &bad);
	if (was_outside())
		strv_add(&bad, "it went outside of its root");
	if (live && !bad.n)
		check_writes(x->t, &r, &before, &bad);
	if (opt.verbose && !live && !vanishes)
		check_unchanged(x, &bad);
	text = run_text(x->t, &r);
	if (opt.verbose)
		printf("# exit %d, %.2f s: %s\n", r.status, r.seconds, text);
	for (size_t i = 0; opt.verbose && i < r.writes.n; i++)
		printf("#   wrote %s\n", r.writes.v[i]);
	if (bad.n)
		strv_addf(&x->bad, "%s", text);
	for (size_t i = 0; i < bad.n; i++)
		strv_addf(&x->bad, "  %s", bad.v[i]);
	states_done(&before);
	run_done(&r);
}

/* ---- a seed --------------------------------------------------------------------------
 */

/* Nothing of the host's hangs on it, as far as the untouched tree says. */
static bool is_spare(const struct tree *t, const char *address)
{
	static const char *const parts[] = { "net", "nvme", "ata1" };
	CLEANUP(free_char) char *class = xasprintf(BUS "%s/class", address);
	CLEANUP(free_char) char *vga = xasprintf(BUS "%s/boot_vga", address);
	CLEANUP(str_done) struct str text = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(free_char) char *at = xasprintf(BUS "%s/%s", address, parts[i]);

		if (tree_exists(t, at))
			return false;
	}
	tree_read(t, vga, 16, &text);
	if (str_starts(str_c(&text), "1"))
		return false;
	tree_read(t, class, 16, &text);
	return !str_starts(str_c(&text), "0x06") && !str_starts(str_c(&text), "0x08");
}

static const char *draw_address(struct test *x)
{
	const char *at = NULL;

	for (int tries = 0; tries < 40; tries++) {
		at = draw_path(x->t, &x->d, BUS, "") + strlen(BUS);
		if (is_spare(x->t, at))
			break;
		if (draw_chance(&x->d, 5))
			break;
	}
	return at;
}

static void run_all(struct test *x)
{
	bool vanishes = draw_chance(&x->d, 25), late = draw_chance(&x->d, 50);

	x->print = tree_print(x->t, true);
	for (size_t i = 0; i < ARRAY_SIZE(reading); i++)
		if (draw_chance(&x->d, 30))
			one_run(x, reading[i], false, false);
	/* It takes longer than the runs: which of them it was, only the seed alone tells.
	 */
	if (!opt.verbose)
		check_unchanged(x, &x->bad);
	if (vanishes && !late)
		one_run(x, reading[draw(&x->d, ARRAY_SIZE(reading))], false, true);
	one_run(x, binding[draw(&x->d, ARRAY_SIZE(binding))], true, vanishes && late);
	for (unsigned n = 1 + draw(&x->d, 3); n--;)
		one_run(x, living[draw(&x->d, ARRAY_SIZE(living))], true, false);
}

/* What slicer writes in a live root is a copy, so that it can be put back whatever
 * becomes of it. */
static void copy_own(struct tree *t)
{
	static const char *const dirs[] = { "var/lib/slicer", "run/slicer",
					    "etc/slicer" };
	struct str *texts = xcalloc(t->paths.n, sizeof(*texts));

	for (size_t i = 0; i < t->paths.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(dirs); k++)
			if (str_starts(t->paths.v[i], dirs[k]))
				tree_read(t, t->paths.v[i], 1 << 20, &texts[i]);
	for (size_t k = 0; k < ARRAY_SIZE(dirs); k++)
		tree_take(t, dirs[k]);
	for (size_t i = 0; i < t->paths.n; i++) {
		if (texts[i].len)
			tree_put(t, t->paths.v[i], str_c(&texts[i]), texts[i].len, 0644);
		str_done(&texts[i]);
	}
	free(texts);
}

static bool one_seed(unsigned long seed, struct tree *t)
{
	struct test x = { .t = t, .d = { seed * 0x2545f4914f6cdd1d + 1 } };
	uint64_t print = tree_print(t, false);
	CLEANUP(free_char) char *bus = NULL, *dir = NULL;
	bool ok;

	x.address = draw_address(&x);
	x.other = draw_path(t, &x.d, BUS, "") + strlen(BUS);
	x.humble = draw_chance(&x.d, 40);
	bus = xasprintf(BUS "%s", x.address);
	dir = tree_resolve(t, bus);
	copy_own(t);
	mutate(t, &x.d, &(struct focus){ x.address, dir });
	run_all(&x);
	ok = !x.bad.n;
	printf("%s - seed %lu: %s, %s\n", ok ? "ok" : "not ok", seed, path_base(t->dir),
	       x.address);
	if (!ok)
		printf("# again: tests/mutate/run %lu\n", seed);
	for (size_t i = 0; (!ok || opt.verbose) && i < t->done.n; i++)
		printf("# made: %s\n", t->done.v[i]);
	for (size_t i = 0; i < x.bad.n; i++)
		printf("# %s\n", x.bad.v[i]);
	fflush(stdout);
	strv_done(&x.bad);
	if (opt.keep)
		return ok;
	tree_restore(t);
	errno = 0;
	if (tree_print(t, false) != print)
		tree_die("is not as it was after a seed", t->dir);
	return ok;
}

/* ---- all of them ---------------------------------------------------------------------
 */

static void watch_outside(void)
{
	const uint32_t mask = IN_OPEN | IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CREATE |
			      IN_DELETE | IN_MOVE;

	opt.watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (opt.watch < 0 || inotify_add_watch(opt.watch, opt.outside, mask) < 0)
		tree_die("can't be watched", opt.outside);
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: mutate [-v] [--deadline S] [--keep] --slicer PROGRAM "
			"--outside DIR FIRST LAST TREE...\n");
	exit(99);
}

static char **take_options(char **a)
{
	for (; *a && **a == '-'; a++) {
		if (!strcmp(*a, "-v"))
			opt.verbose = true;
		else if (!strcmp(*a, "--keep"))
			opt.keep = true;
		else if (!a[1])
			usage();
		else if (!strcmp(*a, "--deadline"))
			opt.deadline_s = (unsigned)strtoul(*++a, NULL, 10);
		else if (!strcmp(*a, "--slicer"))
			opt.slicer = *++a;
		else if (!strcmp(*a, "--outside"))
			opt.outside = *++a;
		else
			usage();
	}
	if (!opt.slicer || !opt.outside || !a[0] || !a[1] || !a[2])
		usage();
	return a;
}

int main(int argc, char **argv)
{
	char **a = take_options(argv + 1);
	unsigned long first = strtoul(a[0], NULL, 10), last = strtoul(a[1], NULL, 10);
	size_t n = (size_t)(argv + argc - (a + 2)), failed = 0;
	struct tree *trees = xcalloc(n, sizeof(*trees));

	watch_outside();
	printf("1..%lu\n", last - first + 1);
	for (unsigned long seed = first; seed <= last; seed++) {
		size_t i = seed % n;

		if (!trees[i].dir) {
			CLEANUP(free_char) char *saved = xasprintf("%s.saved", a[2 + i]);

			tree_open(&trees[i], a[2 + i], saved, opt.outside);
		}
		failed += !one_seed(seed, &trees[i]);
	}
	printf("# mutate: %lu runs (exit 0: %lu, 1: %lu, 2: %lu, 3: %lu, 4: %lu), %lu "
	       "binds done; the slowest %.1f s, at most %ld MiB\n",
	       opt.runs, opt.statuses[0], opt.statuses[1], opt.statuses[2],
	       opt.statuses[3], opt.statuses[4], opt.bound, opt.slowest,
	       opt.most_kib / 1024);
	return failed != 0;
}
