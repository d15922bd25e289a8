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

static void mark_hop(struct nics *n, uint32_t index, bool is_default)
{
	struct nic *nic = find_index(n, index);

	if (!nic)
		return;
	nic->has_address = true; /* a route comes with an address that serves something */
	nic->default_route |= is_default;
}

/* struct rtnexthop: a length, the interface, and attributes. */
static void mark_hops(struct nics *n, const struct nlattr *hops, bool is_default)
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
		mark_hop(n, (uint32_t)hop.rtnh_ifindex, is_default);
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
	mark_hop(n, index, route->rtm_dst_len == 0);
	if (hops)
		mark_hops(n, hops, route->rtm_dst_len == 0);
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

static int take_message(const struct nlmsghdr *message, void *data)
{
	netlink_mark(data, message);
	return MNL_CB_OK;
}

static void close_socket(struct mnl_socket **s)
{
	if (*s)
		mnl_socket_close(*s);
}

/* Asks for all routes, or all addresses, of both families. 0 or a negative errno. */
static int dump(struct mnl_socket *s, uint16_t what, size_t header, struct nics *n)
{
	CLEANUP(free_char) char *buffer = xmalloc(BUFFER_SIZE);
	struct nlmsghdr *ask = mnl_nlmsg_put_header(buffer);
	unsigned port = mnl_socket_get_portid(s);
	size_t total = 0;
	int r = MNL_CB_OK;

	ask->nlmsg_type = what;
	ask->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ask->nlmsg_seq = what;
	mnl_nlmsg_put_extra_header(ask, header); /* zeros: AF_UNSPEC, no filter */
	if (mnl_socket_sendto(s, ask, ask->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(s, buffer, BUFFER_SIZE);

		if (len < 0)
			return -errno;
		total += (size_t)len;
		if (total > DUMP_MAX)
			return -EFBIG;
		r = mnl_cb_run(buffer, (size_t)len, what, port, take_message, n);
	}
	return r < 0 ? -errno : 0;
}

int netlink_ask(struct nics *n)
{
	CLEANUP(close_socket)
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	const struct timeval patience = { .tv_sec = ANSWER_S };
	int r;

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	r = dump(s, RTM_GETROUTE, sizeof(struct rtmsg), n);
	return r < 0 ? r : dump(s, RTM_GETADDR, sizeof(struct ifaddrmsg), n);
}
