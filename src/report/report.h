/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How results look: text for people (with colour) and JSON (jansson). */
#ifndef SLICER_REPORT_REPORT_H
#define SLICER_REPORT_REPORT_H

#include <jansson.h>

#include "devices/devices.h"
#include "devices/persist.h"
#include "policy/policy.h"
#include "probe/pci.h"
#include "steps/steps.h"

/* How to print: made once by main from --color, --json, --quiet, --verbose, NO_COLOR,
 * isatty. */
struct output {
	FILE *out; /* stdout: the result */
	FILE *err; /* stderr: the diagnosis */
	bool json, quiet, verbose;
	bool color_out, color_err;
	bool out_terminal, err_terminal;
	unsigned width; /* of the terminal, 0: not one */
};

/* ---- colour (colour.c): "" when off */
enum paint {
	PAINT_NONE,
	PAINT_GOOD,
	PAINT_WARN,
	PAINT_BAD,
	PAINT_DIM,
	PAINT_BOLD,
	PAINT_ADD,
	PAINT_DEL
};
const char *paint_on(bool color, enum paint p);
const char *paint_off(bool color);
/* Does the locale that slicer was started in write UTF-8? */
bool output_is_utf8(void);

/* How many characters UTF-8 text has. The names of pci.ids have no wide ones. (table.c)
 */
size_t text_width(const char *s);

/* What is told beside a result, a line each on standard error: not where JSON has it, and
 * not with --quiet. (json.c) */
void output_tell(const struct output *o, const struct strv *lines);

/* ---- JSON (json.c). A string that is not UTF-8 gets its bad bytes as \xNN: never
 * dropped. */
json_t *json_text(const char *s); /* NULL gives null */
json_t *json_texts(const struct strv *v);
/* A list of advice in the words of the text output (report/advice.h). root as there. */
json_t *json_advice(const char *root, const struct strv *v);
/* The same for "next" and "fix", a member for each line, as advice_add_step() has it. */
json_t *json_steps(const char *root, const struct strv *v);
json_t *json_tri(enum tri t); /* unknown gives null */
/* {"schema": schema}, for the caller to fill and print. */
json_t *json_document(const char *schema);
/* Prints indented with a newline and frees. 0, or -EIO with an error when stdout can't
 * take it. */
int json_print(const struct output *o, json_t *doc, struct error *e);
/* The "error" member. Its hint is advice: root as in json_advice(). */
json_t *json_error(const char *root, const struct error *er);

/* ---- tables: pci list in the columns of slicer(8) (table.c). persisted: what is bound
 * at every boot, matched; with any of it there is a column more. */
int report_pci_table(const struct output *o, const struct pci_device *const *v, size_t n,
		     const struct persisted_list *persisted, const char *columns,
		     struct error *e);
/* The names that columns may have. */
void report_pci_columns(struct strv *ret);
/* What a description is cut to on a terminal, unless its width is told. */
#define DESCRIPTION_WIDTH 40
/* pci_description(), made printable, and cut with "..." to so many characters; 0: whole.
 * Owned by the caller. */
char *report_description(const struct pci_device *d, size_t width);
/* What to know where a group's reasons are unread. is_root: slicer runs as root.
 * (pci_show_group.c) */
const char *acs_unread_text(bool is_root);
/* One device as in pci list --json; with PCI_DETAILS. */
json_t *json_pci_device(const struct usage *usage, const struct pci_device *d,
			const struct persisted_list *persisted);
int report_pci_json(const struct output *o, const struct host *h, const struct mounts *m,
		    const struct pci_device *const *v, size_t n,
		    const struct persisted_list *persisted, const struct strv *warnings,
		    struct error *e);

/* ---- doctor (doctor.c) */
struct doctor_report {
	const struct diagnosis *d;
	const struct checks *checks;
	enum verdict verdict;
	const struct strv *next;
	const char *root; /* advice is about what is below it; NULL: this machine */
};
void report_doctor_text(const struct output *o, const struct doctor_report *r);
json_t *report_doctor_json(const struct doctor_report *r);

/* ---- plans (plan.c): diff per file, each program with its reason; root as in
 * json_advice() */
void report_plan_text(const struct output *o, const char *root, const struct plan *p);
/* "steps": [...] */
json_t *report_plan_steps(const struct plan *p);

/* ---- progress of long programs (progress.c) */
struct progress {
	const struct output *o;
	char what[256];
	bool drawn;
};
void progress_start(struct progress *p, const struct output *o, const char *what);
/* For struct run.tick: data is the struct progress. */
void progress_tick(void *data, double seconds);
/* Ends the line: ok or failed, and how long it took. */
void progress_end(struct progress *p, bool ok, double seconds);

#endif
