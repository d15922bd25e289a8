/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the variables hold behind assignments whose values can be known without a shell.
 */
#include "text/shell.h"

#include <errno.h>

#include "text/shell_cause.h"
#include "text/shell_word.h"

/* Longer than any command line; doubling ($A$A, $B$B ...) must not eat the memory. */
#define VALUE_MAX 65536

static void var_done(struct shell_var *var)
{
	free(var->name);
	free(var->value);
	free(var->why);
	shell_cause_done(&var->cause);
}

void shell_vars_done(struct shell_vars *vars)
{
	for (size_t i = 0; i < vars->n; i++)
		var_done(&vars->v[i]);
	free(vars->v);
	free(vars->poison);
	shell_cause_done(&vars->poison_cause);
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

/* Takes why. is_in: a file that is read in sets it. */
static void set_unknown(const struct eval *ev, const char *name, char *why, bool is_in)
{
	struct shell_var var = var_here(ev, name);

	var.why = why;
	if (is_in)
		shell_cause_include(ev->doc, ev->stmt, name, &var.cause);
	else
		shell_cause_touch(ev->doc, ev->stmt, name, &var.cause);
	var.cause.source = ev->source;
	set(ev->vars, var);
}

static void set_poison(const struct eval *ev, const char *text)
{
	struct shell_vars *vars = ev->vars;

	if (vars->poison)
		return;
	vars->poison = xstrdup(text);
	shell_cause_poison(ev->doc, ev->stmt, &vars->poison_cause);
	vars->poison_cause.source = ev->source;
}

/* Why a value is not known. */
struct unknown {
	char *why;
	struct shell_cause cause;
};

static void set_unset(const struct eval *ev, const char *name, struct unknown *ret)
{
	ret->why = xasprintf("$%s is not set before it is used", name);
	shell_cause_unset(ev->doc, ev->stmt, name, &ret->cause);
	ret->cause.source = ev->source;
}

/* What $name holds: "" with *ret_set false where it is not set. NULL: *ret says why that
 * can't be known. */
static const char *value_of(const struct eval *ev, const char *name, bool *ret_set,
			    struct unknown *ret)
{
	const struct shell_var *var = find(ev->vars, name);

	*ret_set = var != NULL;
	if (var && var->value)
		return var->value;
	if (!var && str_starts(name, "GRUB_CMDLINE_"))
		return "";
	if (!var) {
		set_unset(ev, name, ret);
		return NULL;
	}
	/* Along a chain of variables the first cause is the one to tell. */
	ret->why = var->why[0] == '$' ? xstrdup(var->why)
				      : xasprintf("$%s is not known: %s", name, var->why);
	shell_cause_copy(&var->cause, &ret->cause);
	return NULL;
}

static void eval_range(const struct eval *ev, size_t start, size_t end, struct str *ret,
		       struct unknown *ret_unknown);

/* One variable of a word (POSIX, 2.6.2). */
static void eval_variable(const struct eval *ev, const struct shell_elem *elem,
			  struct str *ret, struct unknown *ret_unknown)
{
	CLEANUP(free_char)
	char *name = xstrndup(str_c(&ev->doc->text) + elem->name, elem->name_len);
	bool is_set;
	const char *value = value_of(ev, name, &is_set, ret_unknown);

	if (!value)
		return;
	/* What the environment may have is only known to be empty or not there. */
	if (elem->op && !elem->op_colon && !is_set) {
		set_unset(ev, name, ret_unknown);
		return;
	}
	if (elem->op_colon)
		is_set = *value != '\0';
	if (elem->op && is_set == (elem->op == '+'))
		eval_range(ev, elem->word, elem->word_end, ret, ret_unknown);
	else if (elem->op != '+')
		str_add(ret, value);
}

/* Appends what the raw word at [start, end) comes to. Otherwise says why that can't be
 * known. */
static void eval_range(const struct eval *ev, size_t start, size_t end, struct str *ret,
		       struct unknown *ret_unknown)
{
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };

	shell_decode(str_c(&ev->doc->text), start, end, &elems);
	for (size_t i = 0; i < elems.n && !ret_unknown->why; i++) {
		if (elems.v[i].c == SHELL_ELEM_VAR)
			eval_variable(ev, &elems.v[i], ret, ret_unknown);
		else
			str_addc(ret, elems.v[i].c);
		if (!ret_unknown->why && ret->len > VALUE_MAX)
			ret_unknown->why = xstrdup("it is too long");
	}
}

static void eval_assign(const struct eval *ev)
{
	const struct shell_stmt *stmt = &ev->doc->v[ev->stmt];
	CLEANUP(strv_done) struct strv mentions = { 0 };
	CLEANUP(str_done) struct str value = { 0 };
	struct shell_var var = var_here(ev, stmt->name);
	struct unknown unknown = { 0 };

	shell_mentions(str_c(&ev->doc->text), stmt->value_start, stmt->value_end,
		       &mentions);
	var.refers = mentions.n > 0;
	if (stmt->provable)
		eval_range(ev, stmt->value_start, stmt->value_end, &value, &unknown);
	else
		unknown.why = xstrdup(stmt->why);
	if (unknown.why && !unknown.cause.text) {
		shell_cause_assign(ev->doc, ev->stmt, &unknown.cause);
		unknown.cause.source = ev->source;
	}
	var.why = unknown.why;
	var.cause = unknown.cause;
	if (!var.why)
		var.value = str_take(&value);
	set(ev->vars, var);
}

static void eval_includes(const struct eval *ev, const struct shell_stmt *stmt)
{
	for (size_t i = 0; i < stmt->includes.n; i++) {
		const char *path = stmt->includes.v[i];
		const struct shell_include *in =
			shell_includes_find(ev->vars->includes, path);

		if (!in || (!in->exists && stmt->must_include))
			set_poison(ev, shell_included);
		else if (in->poison)
			set_poison(ev, in->poison);
		for (size_t k = 0; in && k < in->touches.n; k++)
			set_unknown(ev, in->touches.v[k],
				    xasprintf("%s, which is read in, sets it", path),
				    true);
	}
}

static void eval_stmt(const struct eval *ev)
{
	const struct shell_stmt *stmt = &ev->doc->v[ev->stmt];
	bool is_assign = stmt->kind == SHELL_ASSIGN;

	if (ev->vars->n > SHELL_VARS_MAX) {
		set_poison(ev, "one of very many assignments");
		return;
	}
	if (stmt->poison)
		set_poison(ev, stmt->poison);
	eval_includes(ev, stmt);
	for (size_t i = 0; i < stmt->touches.n; i++)
		set_unknown(ev, stmt->touches.v[i],
			    xstrdup(is_assign ? "an expansion may set it" : stmt->why),
			    false);
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
	const struct shell_cause *cause = NULL;
	size_t source = var ? var->source : SIZE_MAX;

	if (vars->poison)
		cause = &vars->poison_cause;
	else if (var && !var->value)
		cause = &var->cause;
	else
		*ret = var ? var->value : "";
	if (ret_source)
		*ret_source = cause ? cause->source : source;
	if (!cause)
		return 0;
	error_set(e, ENOTSUP, "what %s holds can't be known: %s%s: %s", name,
		  vars->poison ? vars->poison : var->why,
		  vars->poison ? " may change it" : "", cause->text);
	error_at(e, NULL, cause->line);
	error_hint(e, "%s", cause->hint);
	return -ENOTSUP;
}
