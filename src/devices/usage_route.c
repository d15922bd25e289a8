/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interface carries the default route, which the SSH connection that slicer was
 * started from, and which the filesystems and disks of other machines. Sources: linux
 * net/ipv4/fib_trie.c fib_route_seq_show() (/proc/net/route, addresses as the CPU has
 * them), net/ipv6/route.c rt6_info_route()
 * (/proc/net/ipv6_route), net/ipv6/addrconf.c if6_seq_show() (/proc/net/if_inet6),
 * sshd(8) for SSH_CONNECTION.
 */
#include "devices/usage.h"

#include <arpa/inet.h>
#include <linux/ipv6_route.h>
#include <linux/route.h>

/* Both families as 128 bits, IPv4 mapped (::ffff:a.b.c.d): one longest-prefix match. */
struct route {
	uint8_t to[16];
	unsigned prefix;
	uint32_t metric;
	char *interface;
};
struct routes {
	struct route *v;
	size_t n, cap;
};

static void routes_done(struct routes *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].interface);
	free(r->v);
}

static struct route *add_route(struct routes *r, const char *interface)
{
	r->v = xgrow(r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n] = (struct route){ .interface = xstrdup(interface) };
	return &r->v[r->n++];
}

static void map_ipv4(uint32_t as_is, uint8_t to[16])
{
	memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	memcpy(to + 12, &as_is, 4);
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
static void add_ipv4_line(struct routes *r, const struct strv *f)
{
	uint32_t to, mask;
	struct route *route;

	if (f->n < 8 || !(strtoul(f->v[3], NULL, 16) & RTF_UP) ||
	    (strtoul(f->v[3], NULL, 16) & RTF_REJECT))
		return;
	to = (uint32_t)strtoul(f->v[1], NULL, 16);
	mask = (uint32_t)strtoul(f->v[7], NULL, 16);
	route = add_route(r, f->v[0]);
	map_ipv4(to, route->to);
	route->prefix = 96 + (unsigned)__builtin_popcount(mask);
	route->metric = (uint32_t)strtoul(f->v[6], NULL, 10);
}

static bool parse_hex16(const char *s, uint8_t out[16])
{
	if (strlen(s) != 32 || strspn(s, "0123456789abcdefABCDEF") != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		char byte[3] = { s[2 * i], s[2 * i + 1], '\0' };

		out[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return true;
}

/* destination prefix source prefix next-hop metric refcount use flags interface */
static void add_ipv6_line(struct routes *r, const struct strv *f)
{
	struct route route = { 0 };
	unsigned long flags, prefix;

	if (f->n < 10 || !parse_hex16(f->v[0], route.to))
		return;
	flags = strtoul(f->v[8], NULL, 16);
	prefix = strtoul(f->v[1], NULL, 16);
	if (!(flags & RTF_UP) || (flags & RTF_REJECT) || prefix > 128 ||
	    strcmp(f->v[9], "lo") == 0)
		return;
	route.prefix = (unsigned)prefix;
	route.metric = (uint32_t)strtoul(f->v[5], NULL, 16);
	route.interface = add_route(r, f->v[9])->interface;
	r->v[r->n - 1] = route;
}

/* Feeds each line's fields to add. Returns false if the file can't be read. */
static bool each_line(const struct host *h, const char *path, struct routes *r,
		      void (*add)(struct routes *r, const struct strv *fields))
{
	CLEANUP(str_done) struct str text = { 0 };
	const char *line;
	size_t pos = 0, len;

	/* A router may have a table of many megabytes: the default route is in its
	 * beginning, but not being able to tell is said, never guessed. */
	if (host_read(h, path, 16u << 20, &text, NULL) < 0)
		return false;
	while (next_line(str_c(&text), text.len, &pos, &line, &len)) {
		CLEANUP(free_char) char *copy = xstrndup(line, len);
		CLEANUP(strv_done) struct strv fields = { 0 };

		strv_split(&fields, copy, " \t");
		add(r, &fields);
	}
	return true;
}

static bool is_default(const struct route *r)
{
	static const uint8_t zero[16], mapped[16] = { [10] = 0xff, [11] = 0xff };

	return (r->prefix == 0 && memcmp(r->to, zero, 16) == 0) ||
	       (r->prefix == 96 && memcmp(r->to, mapped, 16) == 0);
}

static bool matches(const struct route *r, const uint8_t to[16])
{
	unsigned whole = r->prefix / 8, bits = r->prefix % 8;

	if (memcmp(r->to, to, whole) != 0)
		return false;
	return !bits || ((r->to[whole] ^ to[whole]) >> (8 - bits)) == 0;
}

static const struct route *best_route(const struct routes *r, const uint8_t to[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool ipv4 = memcmp(to, mapped, 12) == 0;
	const struct route *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct route *x = &r->v[i];

		/* the IPv6 default route is not IPv4's */
		if (!matches(x, to) || (ipv4 && x->prefix < 96))
			continue;
		if (!best || x->prefix > best->prefix ||
		    (x->prefix == best->prefix && x->metric < best->metric))
			best = x;
	}
	return best;
}

/* The parent's number from /proc/PID/stat: "PID (comm) state ppid ...", comm may hold
 * anything. 0 if there is none. */
static long parent_of(const struct host *h, const char *pid)
{
	CLEANUP(free_char) char *path = xasprintf("/proc/%s/stat", pid);
	CLEANUP(free_char) char *line = host_attr(h, path);
	const char *end = line ? strrchr(line, ')') : NULL;

	return end && strlen(end) > 4 ? strtol(end + 4, NULL, 10) : 0;
}

/* "client port server port": SSH_CONNECTION of slicer or of the nearest ancestor that has
 * it: sudo passes on none of it, the shell before sudo has it. */
static char *find_ssh_connection(const struct host *h)
{
	CLEANUP(free_char) char *pid = xstrdup("self");

	for (int depth = 0; depth < 64; depth++) {
		CLEANUP(free_char) char *path = xasprintf("/proc/%s/environ", pid);
		CLEANUP(str_done) struct str text = { 0 };
		long parent;

		if (host_read(h, path, HOST_MAX_CONFIG, &text, NULL) == 0) {
			const char *end = str_c(&text) + text.len;

			for (const char *p = str_c(&text); p < end; p += strlen(p) + 1)
				if (str_starts(p, "SSH_CONNECTION="))
					return xstrdup(p + 15);
		}
		parent = parent_of(h, pid);
		if (parent <= 1)
			return NULL;
		free(pid);
		pid = xasprintf("%ld", parent);
	}
	return NULL;
}

static bool parse_address(const char *text, uint8_t to[16])
{
	struct in_addr v4;
	char plain[64];

	snprintf(plain, sizeof(plain), "%s", text);
	plain[strcspn(plain, "%")] = '\0'; /* the zone of a link-local address */
	if (inet_pton(AF_INET, plain, &v4) == 1) {
		map_ipv4(v4.s_addr, to);
		return true;
	}
	return inet_pton(AF_INET6, plain, to) == 1;
}

/* The interface that a link-local address names behind its %, by name or number. */
static struct nic *find_zone(const struct nics *n, const char *zone)
{
	struct nic *nic = nic_find(n, zone);
	char *end;
	long index = strtol(zone, &end, 10);

	for (size_t i = 0; !nic && !*end && index > 0 && i < n->n; i++)
		if (n->v[i].index == index)
			nic = &n->v[i];
	return nic;
}

/* On the running machine, what the kernel says: it knows the rules and all tables. The
 * files are the main table's, for another root and where it does not answer. */
static void mark_route_to(const struct host *h, struct nics *n, const struct routes *r,
			  const uint8_t to[16], const uint8_t *own)
{
	const struct route *route;
	struct nic *nic;

	if (host_is_live(h) && netlink_ask_peer(n, to, own) >= 0)
		return;
	route = best_route(r, to);
	nic = route ? nic_find(n, route->interface) : NULL;
	if (nic)
		nic->is_reached = true;
}

/* Gives what is reached to the interfaces that were marked; false: to none. */
static bool keep_marks(struct nics *n, const char *what, bool is_system)
{
	bool any = false;

	for (size_t i = 0; i < n->n; i++) {
		struct nic *nic = &n->v[i];

		if (nic->is_reached)
			strv_add_unique(is_system ? &nic->system : &nic->carries, what);
		any |= nic->is_reached;
		nic->is_reached = false;
	}
	return any;
}

static void mark_ssh(const struct host *h, struct nics *n, const struct routes *r,
		     struct strv *unknown)
{
	CLEANUP(free_char) char *connection = find_ssh_connection(h);
	CLEANUP(strv_done) struct strv f = { 0 };
	uint8_t to[16], own[16];
	CLEANUP(free_char) char *shown = NULL, *what = NULL;
	const char *zone, *peer;
	struct nic *nic;

	if (!connection)
		return;
	strv_split(&f, connection, " ");
	peer = f.n ? f.v[0] : "?";
	shown = printable(peer);
	what = xasprintf("the SSH connection from %s", shown);
	zone = strchr(peer, '%');
	nic = zone ? find_zone(n, zone + 1) : NULL;
	if (nic)
		nic->is_reached = true;
	else if (!zone && parse_address(peer, to))
		mark_route_to(h, n, r, to,
			      f.n > 2 && parse_address(f.v[2], own) ? own : NULL);
	if (!keep_marks(n, what, false))
		strv_add(unknown, "the interface of the SSH connection");
}

/* address ifindex prefix scope flags interface; scope 20 is link-local: every interface
 * that is up has one */
static void add_address_line(struct routes *r, const struct strv *f)
{
	if (f->n >= 6 && strcmp(f->v[3], "00") == 0)
		add_route(r, f->v[5]);
}

/* One that is reached through no interface is the host's own, or lost already. */
static void mark_remotes(const struct host *h, const struct remotes *remotes,
			 struct nics *n, const struct routes *r)
{
	for (size_t i = 0; i < remotes->n; i++) {
		const struct remote *x = &remotes->v[i];
		const char *zone = strchr(x->peer, '%');
		struct nic *nic = zone ? find_zone(n, zone + 1) : NULL;
		uint8_t to[16];

		if (nic)
			nic->is_reached = true;
		else if (!zone && parse_address(x->peer, to))
			mark_route_to(h, n, r, to, NULL);
		keep_marks(n, x->what, x->is_system);
	}
}

void routes_mark(const struct host *h, const struct remotes *remotes, struct nics *n,
		 struct strv *unknown)
{
	CLEANUP(routes_done) struct routes r = { 0 }, addresses = { 0 };
	int err;

	if (!each_line(h, "/proc/net/route", &r, add_ipv4_line))
		strv_add(unknown, "routes (/proc/net/route can't be read)");
	/* An IPv4 address that serves anything comes with a route to its network. */
	for (size_t i = 0; i < r.n; i++) {
		struct nic *nic = nic_find(n, r.v[i].interface);

		if (nic)
			nic->has_address = true;
	}
	each_line(h, "/proc/net/ipv6_route", &r, add_ipv6_line);
	for (size_t i = 0; i < r.n; i++) {
		struct nic *nic = nic_find(n, r.v[i].interface);

		if (nic && is_default(&r.v[i]))
			nic->default_route = true;
	}
	/* The tables have the main table's first hops; the kernel knows the rest. */
	err = host_is_live(h) ? netlink_ask(n) : 0;
	if (err < 0)
		strv_addf(unknown, "routes outside the main table (rtnetlink: %s)",
			  strerror(-err));
	each_line(h, "/proc/net/if_inet6", &addresses, add_address_line);
	for (size_t i = 0; i < addresses.n; i++) {
		struct nic *nic = nic_find(n, addresses.v[i].interface);

		if (nic)
			nic->has_address = true;
	}
	mark_ssh(h, n, &r, unknown);
	mark_remotes(h, remotes, n, &r);
}
