/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find the verb, run it, print the one error. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/help.h"
#include "report/advice.h"

static void set_output(struct invocation *in)
{
	struct output *o = &in->c.out;
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	bool never = (no_color && *no_color) || (term && !strcmp(term, "dumb"));
	struct winsize ws;

	o->out = stdout;
	o->err = stderr;
	o->out_terminal = isatty(STDOUT_FILENO);
	o->err_terminal = isatty(STDERR_FILENO);
	o->color_out = o->out_terminal && !never;
	o->color_err = o->err_terminal && !never;
	if (in->color && strcmp(in->color, "auto"))
		o->color_out = o->color_err = !strcmp(in->color, "always");
	if (o->out_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0)
		o->width = ws.ws_col;
}

/* Who was asked and said no gets what they wanted: a plain line, no error. */
static void print_declined(const struct error *e)
{
	fprintf(stderr, "%c%s.\n", toupper((unsigned char)e->what[0]), e->what + 1);
}

static void print_error(const struct invocation *in, const struct error *e)
{
	const struct output *o = &in->c.out;
	CLEANUP(str_done) struct str text = { 0 }, hint = { 0 };
	struct advice advice = { .root = in->c.root };

	if (o->json) {
		const char *schema = in->c.schema ? in->c.schema
				     : in->cmd	  ? in->cmd->schema
						  : NULL;
		json_t *doc = json_document(schema ? schema : "slicer.error/1");

		if (e->code == ERROR_FAILED)
			json_object_set_new(doc, "rolled_back",
					    json_boolean(e->rolled_back));
		json_object_set_new(doc, "error", json_error(in->c.root, e));
		json_print(o, doc, NULL);
	}
	str_addf(&text, "%sslicer:%s ", paint_on(o->color_err, PAINT_BAD),
		 paint_off(o->color_err));
	if (e->path[0]) {
		str_add_printable(&text, e->path, strlen(e->path));
		if (e->line)
			str_addf(&text, ":%u", e->line);
		str_add(&text, ": ");
	}
	for (const char *line = e->what; *line;) {
		size_t n = strcspn(line, "\n");

		str_add_printable(&text, line, n);
		str_addc(&text, '\n');
		line += n + (line[n] == '\n');
	}
	advice_add(&advice, e->hint, &hint);
	for (const char *line = str_c(&hint); *line;) {
		size_t n = strcspn(line, "\n");

		str_add(&text, line == str_c(&hint) ? "  hint: " : "        ");
		str_add_printable(&text, line, n);
		str_addc(&text, '\n');
		line += n + (line[n] == '\n');
	}
	fputs(str_c(&text), stderr);
}

static int run_verb(struct invocation *in, struct error *e)
{
	size_t words;
	int r;

	if (in->version) {
		printf("slicer %s\n", SLICER_VERSION);
		return 0;
	}
	words = invocation_verb(in);
	if (!words)
		return help_without_verb(in, e);
	if (in->help) {
		help_command(in->cmd, stdout);
		return 0;
	}
	if (host_open(in->c.root, &in->c.host, e) < 0)
		return exit_of(e);
	advice_set_reader(caller_root(in->c.host), NULL);
	r = in->cmd->run(&in->c, (int)(in->args.n - words), in->args.v + words, e);
	host_close(&in->c.host);
	return r;
}

/* Descriptors 0 to 2 always exist: a file that is opened there by chance would get our
 * output, or feed us. open(2) gives the lowest number that is free. */
static bool open_missing(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct invocation in = { 0 };
	struct error e = { 0 };
	int status;

	if (!open_missing())
		return ERROR_REFUSED;
	umask(022); /* what slicer and its programs make must not hang on the caller's */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored by some parents: then nobody can wait */
	status = invocation_take(&in, argc, argv, &e) < 0 ? ERROR_USAGE : 0;
	set_output(&in);
	if (!status)
		status = run_verb(&in, &e);
	/* Lower rooms fill the error in also where going on without is fine. */
	if (status >= ERROR_USAGE && e.code && e.is_declined)
		print_declined(&e);
	else if (status >= ERROR_USAGE && e.code)
		print_error(&in, &e);
	/* A result that did not arrive is no result (full disk, closed pipe). */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status < ERROR_USAGE) {
		fprintf(stderr, "slicer: can't write to standard output\n");
		status = ERROR_REFUSED;
	}
	invocation_done(&in);
	return status;
}
