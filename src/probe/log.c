/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log: one record per read(2) from /dev/kmsg (linux
 * Documentation/ABI/testing/dev-kmsg); in a captured host the same records in a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "probe/facts.h"
#include "text/glob.h"

#define KMSG "/dev/kmsg"
#define LOG_MAX (16u << 20)
#define RECORD_MAX                                                                       \
	8192 /* PRINTKRB_RECORD_MAX is 1 KiB in old kernels, 2 KiB now, escapes ... */
/* A device that faults in a loop fills the log; what boot said comes first and is kept.
 */
#define LINES_MAX 4096
#define READS_MAX (1u << 20)

/* The kernel found the device anew (linux drivers/pci/probe.c, pci_setup_device()): after
 * a removal and a rescan, what was said of it before does not count any more. */
static void forget_death(struct log_facts *f, const struct kmsg_record *rec)
{
	struct pci_address at, dead;
	size_t n = 0;

	if (!glob_match("pci *: \\[????:????] type *", rec->text, rec->len) ||
	    !kmsg_device(rec->text, rec->len, &at))
		return;
	for (size_t i = 0; i < f->n; i++) {
		struct log_line *line = &f->v[i];

		if (line->rule->meaning == KMSG_DEAD &&
		    kmsg_device(line->text, strlen(line->text), &dead) &&
		    pci_address_compare(at, dead) == 0)
			free(line->text);
		else
			f->v[n++] = *line;
	}
	f->n = n;
}

static void add_record(struct log_facts *f, const char *record, size_t len, bool *first)
{
	const struct kmsg_rule *rule;
	struct kmsg_record rec;

	if (!kmsg_parse(record, len, &rec))
		return;
	if (*first)
		f->from_boot = kmsg_is_first(&rec);
	*first = false;
	rule = kmsg_judge(&rec);
	if (!rule) {
		forget_death(f, &rec);
		return;
	}
	if (f->n >= LINES_MAX)
		return;
	f->v = xgrow(f->v, f->n, &f->cap, sizeof(*f->v));
	f->v[f->n++] = (struct log_line){ xstrndup(rec.text, rec.len), rule };
}

/* The live log, without waiting for records to come. */
static int read_device(int fd, struct log_facts *ret)
{
	char record[RECORD_MAX];
	size_t total = 0;
	bool first = true;

	/* A log that is written faster than it is read has no end. */
	for (size_t reads = 0; total < LOG_MAX && reads < READS_MAX; reads++) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE) {
			first = false; /* records were overwritten before we came to them
					*/
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			return 0;
		record[n] = '\0';
		add_record(ret, record, (size_t)n, &first);
		total += (size_t)n;
	}
	return 0;
}

static void read_text(const struct str *text, struct log_facts *ret)
{
	size_t pos = 0, len;
	const char *line;
	bool first = true;

	while (next_line(str_c(text), text->len, &pos, &line, &len)) {
		CLEANUP(free_char) char *record = xstrndup(line, len);

		add_record(ret, record, strlen(record), &first);
	}
}

static char *why_not(const struct host *h, int err)
{
	if (err == -EPERM || err == -EACCES)
		return xstrdup(KMSG
			       " is not readable without root (kernel.dmesg_restrict)");
	if (!host_is_live(h))
		return xstrdup(
			"a root that is not the running machine has no kernel log");
	return xasprintf("%s: %s", KMSG, strerror(-err));
}

static int read_log(const struct host *h, struct log_facts *ret)
{
	CLEANUP(close_fd) int fd = host_openat(h, KMSG, O_RDONLY | O_NONBLOCK);
	CLEANUP(str_done) struct str text = { 0 };
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (host_is_live(h) && S_ISCHR(st.st_mode))
		return read_device(fd, ret);
	/* Below a foreign root a device node would be this machine's own log. */
	r = host_read(h, KMSG, LOG_MAX, &text, NULL);
	if (r == 0)
		read_text(&text, ret);
	return r;
}

int log_probe(const struct host *h, struct log_facts *ret, struct error *e)
{
	int r;

	(void)e;
	*ret = (struct log_facts){ 0 };
	r = read_log(h, ret);
	ret->readable = r == 0;
	if (r < 0)
		ret->why_not = why_not(h, r);
	return 0;
}

void log_done(struct log_facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].text);
	free(f->v);
	free(f->why_not);
	*f = (struct log_facts){ 0 };
}

const struct log_line *log_find(const struct log_facts *f, enum kmsg_meaning meaning)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].rule->meaning == meaning)
			return &f->v[i];
	return NULL;
}

const struct log_line *log_find_dead(const struct log_facts *f, struct pci_address device)
{
	struct pci_address at;

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].rule->meaning == KMSG_DEAD &&
		    kmsg_device(f->v[i].text, strlen(f->v[i].text), &at) &&
		    pci_address_compare(at, device) == 0)
			return &f->v[i];
	return NULL;
}
