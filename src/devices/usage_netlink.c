/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes and addresses as the kernel itself tells them: every table (policy routing),
 * every next hop of a multipath route. /proc/net/route has the first hops of the main
 * table only (linux net/ipv4/fib_trie.c, fib_route_seq_show()). Source: rtnetlink(7); a
 * dump without a filter is of all tables (net/ipv4/fib_frontend.c, inet_dump_fib()).
 */
#include "devices/usage.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

/* A router's full table is hundreds of thousands of routes. */
#define DUMP_MAX (64u << 20)
#define BUFFER_SIZE 65536
#define ANSWER_S 5

static struct nic *find_index(const struct nics *n, uint32_t index)
{
	for (size_t i = 0; i < n->n; i++)
		if (index && n->v[i].index == (long)index)
			return &n->v[i];
	return NULL;
}

enum mark { MARK_ROUTE, MARK_DEFAULT, MARK_PEER };

static void mark_hop(struct nics *n, uint32_t index, enum mark mark)
{
	struct nic *nic = find_index(n, index);

	if (!nic)
		return;
	nic->has_address = true; /* a route comes with an address that serves something */
	nic->default_route |= mark == MARK_DEFAULT;
	nic->is_reached |= mark == MARK_PEER;
}

/* struct rtnexthop: a length, the interface, and attributes. */
static void mark_hops(struct nics *n, const struct nlattr *hops, enum mark mark)
{
	const uint8_t *p = mnl_attr_get_payload(hops);
	size_t left = mnl_attr_get_payload_len(hops);

	while (left >= sizeof(struct rtnexthop)) {
		struct rtnexthop hop;
		size_t step;

		memcpy(&hop, p, sizeof(hop));
		step = RTNH_ALIGN(hop.rtnh_len);
		if (hop.rtnh_len < sizeof(hop) || step > left)
			return;
		mark_hop(n, (uint32_t)hop.rtnh_ifindex, mark);
		p += step;
		left -= step;
	}
}

static void mark_route(struct nics *n, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	uint32_t table = route->rtm_table;
	const struct nlattr *attr, *hops = NULL;
	uint32_t index = 0;
	enum mark mark;

	/* IPv6's multicast prefix, and what every interface that is up has. */
	if (route->rtm_type != RTN_UNICAST)
		return;
	mnl_attr_for_each(attr, message, sizeof(*route))
	{
		int type = mnl_attr_get_type(attr);

		if (type == RTA_MULTIPATH)
			hops = attr;
		else if (type == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			index = mnl_attr_get_u32(attr);
		else if (type == RTA_TABLE && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			table = mnl_attr_get_u32(attr);
	}
	if (table == RT_TABLE_LOCAL)
		return;
	/* fe80::/64 says nothing: every interface that is up has it */
	if (route->rtm_family == AF_INET6 && route->rtm_dst_len != 0) {
		mnl_attr_for_each(attr, message, sizeof(*route))
		{
			const uint8_t *to = mnl_attr_get_payload(attr);

			if (mnl_attr_get_type(attr) == RTA_DST &&
			    mnl_attr_get_payload_len(attr) == 16 && to[0] == 0xfe &&
			    (to[1] & 0xc0) == 0x80)
				return;
		}
	}
	mark = route->rtm_dst_len == 0 ? MARK_DEFAULT : MARK_ROUTE;
	mark_hop(n, index, mark);
	if (hops)
		mark_hops(n, hops, mark);
}

static void mark_address(struct nics *n, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	struct nic *nic = find_index(n, address->ifa_index);

	if (nic && address->ifa_scope < RT_SCOPE_LINK)
		nic->has_address = true;
}

void netlink_mark(struct nics *n, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWROUTE &&
	    mnl_nlmsg_get_payload_len(message) >= sizeof(struct rtmsg))
		mark_route(n, message);
	else if (message->nlmsg_type == RTM_NEWADDR &&
		 mnl_nlmsg_get_payload_len(message) >= sizeof(struct ifaddrmsg))
		mark_address(n, message);
}

void netlink_mark_peer(struct nics *n, const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
		return;
	mnl_attr_for_each(attr, message, sizeof(struct rtmsg))
	{
		int type = mnl_attr_get_type(attr);

		if (type == RTA_MULTIPATH)
			mark_hops(n, attr, MARK_PEER);
		else if (type == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			mark_hop(n, mnl_attr_get_u32(attr), MARK_PEER);
	}
}

static int take_message(const struct nlmsghdr *message, void *data)
{
	netlink_mark(data, message);
	return MNL_CB_OK;
}

static int take_peer(const struct nlmsghdr *message, void *data)
{
	netlink_mark_peer(data, message);
	return MNL_CB_OK;
}

/* NULL and errno where there is none. */
static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	const struct timeval patience = { .tv_sec = ANSWER_S };

	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		mnl_socket_close(s);
		errno = err;
		return NULL;
	}
	if (s)
		setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience,
			   sizeof(patience));
	return s;
}

static void close_socket(struct mnl_socket **s)
{
	if (*s)
		mnl_socket_close(*s);
}

/* Sends the question in buffer, and gives take the messages of the answer. 0 or a
 * negative errno. */
static int ask(struct mnl_socket *s, char *buffer, mnl_cb_t take_one, struct nics *n)
{
	const struct nlmsghdr *question = (const struct nlmsghdr *)buffer;
	unsigned port = mnl_socket_get_portid(s), seq = question->nlmsg_seq;
	size_t total = 0;
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(s, question, question->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(s, buffer, BUFFER_SIZE);

		if (len < 0)
			return -errno;
		total += (size_t)len;
		if (total > DUMP_MAX)
			return -EFBIG;
		r = mnl_cb_run(buffer, (size_t)len, seq, port, take_one, n);
	}
	return r < 0 ? -errno : 0;
}

/* Asks for all routes, or all addresses, of both families. 0 or a negative errno. */
static int dump(struct mnl_socket *s, uint16_t what, size_t header, struct nics *n)
{
	CLEANUP(free_char) char *buffer = xmalloc(BUFFER_SIZE);
	struct nlmsghdr *question = mnl_nlmsg_put_header(buffer);

	question->nlmsg_type = what;
	question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	question->nlmsg_seq = what;
	mnl_nlmsg_put_extra_header(question, header); /* zeros: AF_UNSPEC, no filter */
	return ask(s, buffer, take_message, n);
}

int netlink_ask(struct nics *n)
{
	CLEANUP(close_socket) struct mnl_socket *s = open_socket();
	int r;

	if (!s)
		return -errno;
	r = dump(s, RTM_GETROUTE, sizeof(struct rtmsg), n);
	return r < 0 ? r : dump(s, RTM_GETADDR, sizeof(struct ifaddrmsg), n);
}

/* ---- one connection ---------------------------------------------------------------- */

static bool is_ipv4(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* One question without a dump: its answer, then an acknowledgement, or an error alone. */
static int ask_route(struct mnl_socket *s, const uint8_t peer[16], const uint8_t *own,
		     unsigned flags, struct nics *n)
{
	CLEANUP(free_char) char *buffer = xmalloc(BUFFER_SIZE);
	struct nlmsghdr *question = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(question, sizeof(*route));
	size_t skip = is_ipv4(peer) ? 12 : 0, len = 16 - skip;

	question->nlmsg_type = RTM_GETROUTE;
	question->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	question->nlmsg_seq = 1 + flags;
	route->rtm_family = skip ? AF_INET : AF_INET6;
	route->rtm_flags = flags;
	route->rtm_dst_len = (unsigned char)(len * 8);
	mnl_attr_put(question, RTA_DST, len, peer + skip);
	if (own) {
		route->rtm_src_len = (unsigned char)(len * 8);
		mnl_attr_put(question, RTA_SRC, len, own + skip);
	}
	return ask(s, buffer, take_peer, n);
}

int netlink_ask_peer(struct nics *n, const uint8_t peer[16], const uint8_t *own)
{
	CLEANUP(close_socket) struct mnl_socket *s = open_socket();
	int r;

	if (!s)
		return -errno;
	/* Rules may go by the own address (ip-rule(8)). One that the host does not have,
	 * in another network namespace, the kernel refuses (net/ipv4/route.c,
	 * ip_route_output_key_hash_rcu()). */
	if (own && is_ipv4(own) != is_ipv4(peer))
		own = NULL;
	r = ask_route(s, peer, own, 0, n);
	if (r < 0 && own) {
		own = NULL;
		r = ask_route(s, peer, own, 0, n);
	}
	/* Of several next hops, the answer has the one that this question would take, and
	 * the connection's own ports may have chosen another one: the route itself has
	 * them all (since Linux 4.13; before, the same answer comes again). */
	if (r >= 0)
		r = ask_route(s, peer, own, RTM_F_FIB_MATCH, n);
	return r;
}
