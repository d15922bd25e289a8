/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cmdline.h"

#include <errno.h>

/* The kernel's isspace() (lib/ctype.c): Latin-1's no-break space counts. */
static bool is_space(char c)
{
	return (c && strchr(" \t\n\v\f\r", c)) || (unsigned char)c == 0xa0;
}

bool cmdline_next(const char *text, size_t len, size_t *pos, size_t *start, size_t *end)
{
	bool quoted = false;
	size_t i = *pos;

	while (i < len && is_space(text[i]))
		i++;
	if (i >= len)
		return false;
	*start = i;
	for (; i < len && (quoted || !is_space(text[i])); i++)
		if (text[i] == '"')
			quoted = !quoted;
	*end = *pos = i;
	return true;
}

void cmdline_split(const char *text, size_t len, struct strv *ret)
{
	size_t pos = 0, start, end;

	len = strnlen(text, len);
	while (cmdline_next(text, len, &pos, &start, &end))
		strv_take(ret, xstrndup(text + start, end - start));
}

/* A parameter as the kernel takes it apart; all point into it. */
struct parts {
	const char *name, *value; /* value NULL: no '=' */
	size_t name_len, value_len;
};

/* linux lib/cmdline.c next_arg(): quotes around the whole or around the value go. */
static void param_parts(const char *param, struct parts *ret)
{
	bool quoted = param[0] == '"';
	const char *p = param + quoted, *end = p + strlen(p);
	const char *equals = *p ? strchr(p + 1, '=') : NULL;

	*ret = (struct parts){ .name = p, .name_len = (size_t)(end - p) };
	if (equals) {
		ret->name_len = (size_t)(equals - p);
		ret->value = equals + 1;
		if (*ret->value == '"') {
			ret->value++;
			quoted = true;
		}
	}
	if (quoted && end > (ret->value ? ret->value : p) && end[-1] == '"')
		end--;
	if (ret->value)
		ret->value_len = (size_t)(end - ret->value);
	else
		ret->name_len = (size_t)(end - p);
}

static bool names_same(const struct parts *a, const struct parts *b)
{
	if (a->name_len != b->name_len)
		return false;
	for (size_t i = 0; i < a->name_len; i++) {
		char x = a->name[i], y = b->name[i];

		if (x != y && !(strchr("-_", x) && strchr("-_", y)))
			return false;
	}
	return true;
}

bool param_name_same(const char *a, const char *b)
{
	struct parts pa, pb;

	param_parts(a, &pa);
	param_parts(b, &pb);
	return names_same(&pa, &pb);
}

bool param_same(const char *a, const char *b)
{
	struct parts pa, pb;

	param_parts(a, &pa);
	param_parts(b, &pb);
	if (!names_same(&pa, &pb) || !pa.value != !pb.value)
		return false;
	return !pa.value || (pa.value_len == pb.value_len &&
			     memcmp(pa.value, pb.value, pa.value_len) == 0);
}

static const char *last_called(const struct strv *params, const char *name)
{
	for (size_t i = params->n; i > 0; i--)
		if (param_name_same(params->v[i - 1], name))
			return params->v[i - 1];
	return NULL;
}

const char *cmdline_last(const struct strv *params, const char *name)
{
	const char *param = last_called(params, name);
	struct parts parts;

	if (!param)
		return NULL;
	param_parts(param, &parts);
	return parts.value ? parts.name + parts.name_len + 1 : param + strlen(param);
}

int param_bool(const char *value)
{
	if (*value && strchr("yYtT1", *value))
		return 1;
	if (*value && strchr("nNfF0", *value))
		return 0;
	if (*value == 'o' || *value == 'O') {
		if (value[1] == 'n' || value[1] == 'N')
			return 1;
		if (value[1] == 'f' || value[1] == 'F')
			return 0;
	}
	return -1;
}

bool cmdline_is_on(const struct strv *params, const char *name)
{
	const char *value = cmdline_last(params, name);

	if (!value)
		return false;
	value += *value == '"';
	return !*value || param_bool(value) == 1;
}

bool cmdline_has(const struct strv *params, const char *param)
{
	return cmdline_count(params, param) > 0;
}

size_t cmdline_count(const struct strv *params, const char *param)
{
	size_t count = 0;

	for (size_t i = 0; i < params->n; i++)
		count += param_same(params->v[i], param);
	return count;
}

bool cmdline_list_has(const struct strv *params, const char *name, const char *word)
{
	const char *param = last_called(params, name);
	size_t len = strlen(word);
	struct parts parts;

	if (!param)
		return false;
	param_parts(param, &parts);
	for (const char *p = parts.value; p;) {
		size_t left = parts.value_len - (size_t)(p - parts.value);
		const char *comma = memchr(p, ',', left);
		size_t n = comma ? (size_t)(comma - p) : left;

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p = comma ? comma + 1 : NULL;
	}
	return false;
}

int param_check_safe(const char *param, struct error *e)
{
	if (*param == '\0')
		return error_usage(e, "a kernel parameter can't be empty");
	for (const char *p = param; *p; p++) {
		unsigned char c = (unsigned char)*p;
		CLEANUP(str_done) struct str shown = { 0 };

		if (c > 0x20 && c <= 0x7e && !strchr("\"'$`\\;&|{}<>()*?[]#!~", c))
			continue;
		str_add_printable(&shown, param, strlen(param));
		if (c > 0x20 && c <= 0x7e)
			error_usage(e, "kernel parameter \"%s\" contains '%c'",
				    str_c(&shown), c);
		else
			error_usage(e, "kernel parameter \"%s\" contains the byte 0x%02x",
				    str_c(&shown), c);
		error_hint(e,
			   "GRUB and the shell would take it apart there; use letters, "
			   "digits and . , : = _ - + / @ %%");
		return -EINVAL;
	}
	return 0;
}

int edit_check_safe(const struct edit *ed, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < ed->n && r == 0; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op != EDIT_REMOVE)
			r = param_check_safe(it->op == EDIT_ADD ? it->param : it->to, e);
	}
	return r;
}
