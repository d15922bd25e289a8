/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the variables hold behind assignments whose values can be known without a shell.
 */
#include "text/shell.h"

#include <errno.h>

#include "text/shell_word.h"

/* Longer than any command line; doubling ($A$A, $B$B ...) must not eat the memory. */
#define VALUE_MAX 65536

static void var_done(struct shell_var *var)
{
	free(var->name);
	free(var->value);
	free(var->why);
}

void shell_vars_done(struct shell_vars *vars)
{
	for (size_t i = 0; i < vars->n; i++)
		var_done(&vars->v[i]);
	free(vars->v);
	free(vars->poison);
	*vars = (struct shell_vars){ 0 };
}

static struct shell_var *find(const struct shell_vars *vars, const char *name)
{
	for (size_t i = 0; i < vars->n; i++)
		if (strcmp(vars->v[i].name, name) == 0)
			return &vars->v[i];
	return NULL;
}

const struct shell_var *shell_vars_get(const struct shell_vars *vars, const char *name)
{
	return find(vars, name);
}

/* Takes what var owns. */
static void set(struct shell_vars *vars, struct shell_var var)
{
	struct shell_var *old = find(vars, var.name);

	if (!old) {
		vars->v = xgrow(vars->v, vars->n, &vars->cap, sizeof(*vars->v));
		old = &vars->v[vars->n++];
	} else {
		var_done(old);
	}
	*old = var;
}

/* The document that is executed, and where that is. */
struct eval {
	const struct shell_doc *doc;
	size_t source, stmt;
	struct shell_vars *vars;
};

static struct shell_var var_here(const struct eval *ev, const char *name)
{
	return (struct shell_var){
		.name = xstrdup(name),
		.line = ev->doc->v[ev->stmt].line,
		.source = ev->source,
		.stmt = ev->stmt,
	};
}

static void set_unknown(const struct eval *ev, const char *name, char *why)
{
	struct shell_var var = var_here(ev, name);

	var.why = why;
	set(ev->vars, var);
}

static void set_poison(const struct eval *ev, const char *text)
{
	struct shell_vars *vars = ev->vars;

	if (vars->poison)
		return;
	vars->poison = xstrdup(text);
	vars->poison_line = ev->doc->v[ev->stmt].line;
	vars->poison_source = ev->source;
}

/* Appends what $name holds. Otherwise says why that can't be known: owned by the caller.
 */
static char *add_value(const struct eval *ev, const char *name, struct str *ret)
{
	const struct shell_var *var = find(ev->vars, name);

	if (var && var->value) {
		str_add(ret, var->value);
		return NULL;
	}
	/* Along a chain of variables the first cause is the one to tell. */
	if (var && var->why[0] == '$')
		return xstrdup(var->why);
	if (var)
		return xasprintf("$%s is not known: %s (line %u)", name, var->why,
				 var->line);
	if (str_starts(name, "GRUB_CMDLINE_"))
		return NULL;
	return xasprintf("$%s is not set before it is used", name);
}

static void eval_assign(const struct eval *ev)
{
	const struct shell_stmt *stmt = &ev->doc->v[ev->stmt];
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };
	CLEANUP(str_done) struct str value = { 0 };
	struct shell_var var = var_here(ev, stmt->name);
	const char *text = str_c(&ev->doc->text);

	shell_decode(text, stmt->value_start, stmt->value_end, &elems);
	if (!stmt->provable)
		var.why = xstrdup(stmt->why);
	for (size_t i = 0; i < elems.n; i++) {
		const struct shell_elem *elem = &elems.v[i];
		CLEANUP(free_char) char *name = NULL;

		if (elem->c != SHELL_ELEM_VAR) {
			str_addc(&value, elem->c);
			continue;
		}
		var.refers = true;
		name = xstrndup(text + elem->name, elem->name_len);
		if (!var.why)
			var.why = add_value(ev, name, &value);
		if (!var.why && value.len > VALUE_MAX)
			var.why = xstrdup("it is too long");
	}
	if (!var.why)
		var.value = str_take(&value);
	set(ev->vars, var);
}

static void eval_stmt(const struct eval *ev)
{
	const struct shell_stmt *stmt = &ev->doc->v[ev->stmt];
	bool is_assign = stmt->kind == SHELL_ASSIGN;

	if (stmt->poison)
		set_poison(ev, stmt->poison);
	for (size_t i = 0; i < stmt->touches.n; i++)
		set_unknown(ev, stmt->touches.v[i],
			    xstrdup(is_assign ? "an expansion may set it" : stmt->why));
	if (is_assign) {
		const struct shell_var *old = find(ev->vars, stmt->name);

		/* The shell stops there, and with it whatever reads the file. */
		if (old && str_eq(old->why, shell_readonly))
			set_poison(ev, "an assignment to a readonly variable");
		eval_assign(ev);
	}
}

void shell_eval(const struct shell_doc *doc, size_t source, struct shell_vars *vars)
{
	struct eval ev = { .doc = doc, .source = source, .vars = vars };

	for (ev.stmt = 0; ev.stmt < doc->n; ev.stmt++)
		eval_stmt(&ev);
}

int shell_vars_value(const struct shell_vars *vars, const char *name, const char **ret,
		     size_t *ret_source, struct error *e)
{
	const struct shell_var *var = find(vars, name);
	size_t source = var ? var->source : SIZE_MAX;
	int r = 0;

	if (vars->poison) {
		source = vars->poison_source;
		r = error_set(e, ENOTSUP,
			      "what %s holds can't be known: %s may change it", name,
			      vars->poison);
		error_at(e, NULL, vars->poison_line);
	} else if (var && !var->value) {
		r = error_set(e, ENOTSUP, "what %s holds can't be known: %s", name,
			      var->why);
		error_at(e, NULL, var->line);
	} else {
		*ret = var ? var->value : "";
	}
	if (r < 0)
		error_hint(e, "write it as a plain assignment: %s=\"...\"", name);
	if (ret_source)
		*ret_source = source;
	return r;
}
