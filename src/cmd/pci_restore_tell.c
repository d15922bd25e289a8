/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci restore: what came of it. */
#include "cmd/pci_restore.h"

#include <errno.h>

#include "report/advice.h"

void restore_tell_moved(struct restore *r, const struct pci_device *d, const char *driver)
{
	if (!r->o->dry_run)
		strv_add(&r->moved, d->address);
	if (r->c->out.json || r->c->out.quiet)
		return;
	fprintf(r->c->out.out, "%s: %s%s -> %s\n", d->address,
		r->o->dry_run ? "would be bound, " : "",
		d->driver ? d->driver : "no driver", driver);
	fflush(r->c->out.out);
}

static const char *address_of(const struct restored *one, char buf[PCI_ADDRESS_MAX])
{
	return pci_address_format(one->p->device ? one->p->device->at
						 : one->p->file.address,
				  buf);
}

static const char *driver_of(const struct restored *one)
{
	return one->driver ? one->driver : persist_driver(one->p);
}

static void print_one(const struct restore *r, const struct restored *one)
{
	const struct output *o = &r->c->out;
	CLEANUP(str_done) struct str what = { 0 };
	char address[PCI_ADDRESS_MAX], before[PCI_ADDRESS_MAX];

	address_of(one, address);
	if (one->err < 0) {
		str_add_printable(&what, one->why.what, strlen(one->why.what));
		fprintf(o->err, "%s%s:%s not bound: %s\n",
			paint_on(o->color_err, PAINT_BAD), address,
			paint_off(o->color_err), str_c(&what));
		return;
	}
	if (o->quiet)
		return;
	if (one->p->match == PERSIST_MOVED)
		fprintf(o->out, "%s: moved here from %s\n", address,
			pci_address_format(one->p->file.address, before));
	if (!one->changed && !strv_has(&r->moved, address))
		fprintf(o->out, "%s: has %s already, nothing to do\n", address,
			driver_of(one));
}

static json_t *json_one(const struct restore *r, const struct restored *one)
{
	static const char *const names[] = {
		[PERSIST_HERE] = "here",       [PERSIST_MOVED] = "moved",
		[PERSIST_GONE] = "gone",       [PERSIST_OTHER] = "other",
		[PERSIST_UNCLEAR] = "unclear",
	};
	char address[PCI_ADDRESS_MAX];
	json_t *j = json_object();
	bool is_bound = one->err >= 0 && !(r->o->dry_run && one->changed);

	json_object_set_new(j, "file", json_text(one->p->path));
	json_object_set_new(j, "address", json_text(address_of(one, address)));
	json_object_set_new(j, "match", json_text(names[one->p->match]));
	json_object_set_new(j, "driver", json_text(driver_of(one)));
	json_object_set_new(j, "bound", json_boolean(is_bound));
	json_object_set_new(j, "changed",
			    json_boolean(one->changed || strv_has(&r->moved, address)));
	json_object_set_new(j, "error",
			    one->err < 0 ? json_error(r->c->root, &one->why)
					 : json_null());
	return j;
}

static int print_json(const struct restore *r, const struct error *failed,
		      struct error *e)
{
	json_t *doc = json_document("slicer.restore/1"), *a = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(a, json_one(r, &r->v[i]));
	json_object_set_new(doc, "devices", a);
	json_object_set_new(doc, "broken", json_texts(&r->list.broken));
	json_object_set_new(doc, "warnings", json_advice(r->c->root, &r->warnings));
	if (failed->code) {
		json_object_set_new(doc, "rolled_back",
				    json_boolean(failed->rolled_back));
		json_object_set_new(doc, "error", json_error(r->c->root, failed));
	}
	return json_print(&r->c->out, doc, e);
}

static void print_text(const struct restore *r)
{
	const struct output *o = &r->c->out;

	for (size_t i = 0; i < r->warnings.n; i++) {
		CLEANUP(str_done) struct str safe = { 0 };

		str_add_printable(&safe, r->warnings.v[i], strlen(r->warnings.v[i]));
		fprintf(o->err, "%swarning:%s %s\n", paint_on(o->color_err, PAINT_WARN),
			paint_off(o->color_err), str_c(&safe));
	}
	for (size_t i = 0; i < r->list.broken.n; i++)
		fprintf(o->err, "%snot usable:%s %s\n", paint_on(o->color_err, PAINT_BAD),
			paint_off(o->color_err), r->list.broken.v[i]);
	for (size_t i = 0; i < r->n; i++)
		print_one(r, &r->v[i]);
	if (!r->n && !r->list.broken.n && !o->quiet)
		fprintf(o->out, "no device is bound at boot (" PERSIST_DIR ")\n");
}

/* What could not be done, in one error; its hint is that of the first. */
static void sum_up(const struct restore *r, struct error *ret)
{
	const struct restored *first = NULL;
	bool is_as_before = true;
	size_t failed = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].err >= 0)
			continue;
		first = first ? first : &r->v[i];
		is_as_before &=
			r->v[i].why.code != ERROR_FAILED || r->v[i].why.rolled_back;
		failed++;
	}
	if (!failed && !r->list.broken.n)
		return;
	error_set(ret, EIO, "%zu of %zu devices %sbound, %zu not, %zu files not usable",
		  r->n - failed, r->n, r->o->dry_run ? "would be " : "", failed,
		  r->list.broken.n);
	if (first && first->why.hint[0])
		error_hint(ret, "%s", first->why.hint);
	else
		error_hint(ret,
			   "sudo slicer pci bind ADDR --persist writes a file again");
	ret->code = ERROR_FAILED;
	ret->rolled_back = is_as_before;
}

int restore_tell(const struct restore *r, struct error *e)
{
	struct error failed = { 0 };

	sum_up(r, &failed);
	if (r->c->out.json)
		return print_json(r, &failed, e) < 0 ? exit_of(e) : (int)failed.code;
	print_text(r);
	*e = failed;
	return (int)failed.code;
}
