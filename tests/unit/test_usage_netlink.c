/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interface carries a route, by messages as the kernel sends them (rtnetlink(7),
 * linux net/ipv4/fib_semantics.c fib_dump_info()). */
#include "devices/usage.h"
#include "tree.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* eth0 has index 2, eth1 3, eth2 4. */
static struct nic nics[3];
static struct nics all = { .v = nics, .n = 3 };
static char buffer[1024];

static struct nlmsghdr *route(unsigned char family, unsigned char type,
			      unsigned char bits, uint32_t table)
{
	struct nlmsghdr *m;
	struct rtmsg *r;

	memset(nics, 0, sizeof(nics));
	for (size_t i = 0; i < 3; i++)
		nics[i].index = (long)i + 2;
	memset(buffer, 0, sizeof(buffer));
	m = mnl_nlmsg_put_header(buffer);
	m->nlmsg_type = RTM_NEWROUTE;
	r = mnl_nlmsg_put_extra_header(m, sizeof(*r));
	r->rtm_family = family;
	r->rtm_type = type;
	r->rtm_dst_len = bits;
	r->rtm_table = table < 256 ? (unsigned char)table : RT_TABLE_COMPAT;
	mnl_attr_put_u32(m, RTA_TABLE, table);
	return m;
}

/* "d" carries a default route, "a" another one, "-" none; a letter for each interface. */
static void carries(const struct nlmsghdr *m, const char *expect)
{
	netlink_mark(&all, m);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(nics[i].default_route ? 'd'
				 : nics[i].has_address ? 'a'
						       : '-',
				 expect[i]);
}

static void test_tables(void **state)
{
	struct nlmsghdr *m;

	(void)state;
	m = route(AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_OIF, 2);
	carries(m, "d--");
	/* "ip route add default dev eth1 table 1000": /proc/net/route does not show it */
	m = route(AF_INET, RTN_UNICAST, 0, 1000);
	mnl_attr_put_u32(m, RTA_OIF, 3);
	carries(m, "-d-");
	m = route(AF_INET6, RTN_UNICAST, 0, 100);
	mnl_attr_put_u32(m, RTA_OIF, 4);
	carries(m, "--d");
	m = route(AF_INET, RTN_UNICAST, 24, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_OIF, 3);
	carries(m, "-a-");
}

static void test_what_is_none(void **state)
{
	static const uint8_t local[16] = { 0xfe, 0x80 };
	struct nlmsghdr *m;

	(void)state;
	m = route(AF_INET, RTN_UNREACHABLE, 0, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_OIF, 2);
	carries(m, "---");
	m = route(AF_INET, RTN_UNICAST, 32, RT_TABLE_LOCAL);
	mnl_attr_put_u32(m, RTA_OIF, 2);
	carries(m, "---");
	m = route(AF_INET6, RTN_UNICAST, 64, RT_TABLE_MAIN);
	mnl_attr_put(m, RTA_DST, sizeof(local), local);
	mnl_attr_put_u32(m, RTA_OIF, 2);
	carries(m, "---");
	/* an interface that is not in sysfs: another one's index */
	m = route(AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_OIF, 9);
	carries(m, "---");
}

/* "ip route add default nexthop dev eth0 nexthop dev eth2" */
static void test_hops(void **state)
{
	struct rtnexthop hops[] = {
		{ .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 2 },
		{ .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 4 },
	};
	struct nlmsghdr *m = route(AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN);

	(void)state;
	mnl_attr_put(m, RTA_MULTIPATH, sizeof(hops), hops);
	carries(m, "d-d");
	/* a length that leads out of the message, and one of nothing */
	hops[1].rtnh_len = 4000;
	m = route(AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN);
	mnl_attr_put(m, RTA_MULTIPATH, sizeof(hops), hops);
	carries(m, "d--");
	hops[0].rtnh_len = 0;
	m = route(AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN);
	mnl_attr_put(m, RTA_MULTIPATH, sizeof(hops), hops);
	carries(m, "---");
}

static void test_addresses(void **state)
{
	struct nlmsghdr *m;
	struct ifaddrmsg *address;

	(void)state;
	for (int scope = 0; scope < 2; scope++) {
		route(AF_INET, 0, 0, 0);
		m = mnl_nlmsg_put_header(buffer);
		m->nlmsg_type = RTM_NEWADDR;
		address = mnl_nlmsg_put_extra_header(m, sizeof(*address));
		address->ifa_family = AF_INET6;
		address->ifa_index = 3;
		address->ifa_scope = scope ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
		carries(m, scope ? "---" : "-a-");
	}
}

/* The kernel's own answer can be read, whatever it is here. */
static void test_asking(void **state)
{
	struct nics none = { 0 };

	(void)state;
	assert_int_equal(netlink_ask(&none), 0);
}

/* "s" carries the SSH connection. */
static void leads_through(const struct nlmsghdr *m, const char *expect)
{
	netlink_mark_peer(&all, m);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(nics[i].is_reached ? 's' : '-', expect[i]);
}

static void test_way_to_the_peer(void **state)
{
	struct rtnexthop hops[] = {
		{ .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 3 },
		{ .rtnh_len = sizeof(struct rtnexthop), .rtnh_ifindex = 4 },
	};
	struct nlmsghdr *m = route(AF_INET, RTN_UNICAST, 32, 1000);

	(void)state;
	mnl_attr_put_u32(m, RTA_OIF, 3);
	leads_through(m, "-s-");
	m = route(AF_INET, RTN_UNICAST, 24, 1000);
	mnl_attr_put(m, RTA_MULTIPATH, sizeof(hops), hops);
	leads_through(m, "-ss");
	m = route(AF_INET6, RTN_UNICAST, 128, RT_TABLE_MAIN);
	mnl_attr_put_u32(m, RTA_OIF, 9);
	leads_through(m, "---");
	m->nlmsg_type = RTM_NEWADDR;
	leads_through(m, "---");
}

/* The loopback interface's number is 1 (linux include/net/net_namespace.h,
 * LOOPBACK_IFINDEX). */
static void test_asking_for_the_peer(void **state)
{
	static const uint8_t local[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	static const uint8_t foreign[16] = { [10] = 0xff, 0xff, 203, 0, 113, 77 };
	static const uint8_t nowhere[16] = { [10] = 0xff, 0xff, 255, 255, 255, 255 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct nic lo = { .index = 1 };
		struct nics n = { .v = &lo, .n = 1 };

		/* An own address that this host does not have is no hindrance. */
		if (netlink_ask_peer(&n, local, i ? foreign : local) < 0)
			skip(); /* a namespace in which nothing is up */
		assert_true(lo.is_reached);
	}
	{
		struct nic lo = { .index = 1 };
		struct nics n = { .v = &lo, .n = 1 };

		netlink_ask_peer(&n, nowhere, NULL);
		assert_false(lo.is_reached);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_way_to_the_peer),
		cmocka_unit_test(test_asking_for_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
