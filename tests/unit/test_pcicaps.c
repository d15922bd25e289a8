/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: offsets of linux include/uapi/linux/pci_regs.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/pcicaps.h"

/* What was asked for, so that a test can tell what was not. */
struct space {
	uint8_t bytes[PCI_CONFIG_EXTENDED];
	size_t n, furthest;
};

static bool read_space(void *data, size_t at, uint8_t *ret, size_t n)
{
	struct space *s = data;
	struct pci_config_bytes c = { s->bytes, s->n };

	if (at + n > s->furthest)
		s->furthest = at + n;
	return pci_config_read_bytes(&c, at, ret, n);
}

static struct pcicaps parse(struct space *s)
{
	struct pcicaps caps;

	pcicaps_parse(read_space, s, &caps);
	return caps;
}

static void put16(struct space *s, size_t at, uint16_t value)
{
	s->bytes[at] = value & 0xff;
	s->bytes[at + 1] = value >> 8;
}

/* A root port: power management at 0x40, PCI Express at 0x60. */
static void root_port(struct space *s, size_t n)
{
	*s = (struct space){ .n = n };
	put16(s, 0x00, 0x8086);
	s->bytes[0x06] = 0x10;
	s->bytes[0x08] = 0x02;
	s->bytes[0x0e] = 0x81;
	s->bytes[0x34] = 0x40;
	put16(s, 0x40, 0x6001);
	put16(s, 0x60, 0x0010);
	put16(s, 0x62, 0x0142);
}

static void extended(struct space *s, size_t at, uint16_t id, size_t next)
{
	put16(s, at, id);
	put16(s, at + 2, (uint16_t)(next << 4 | 1));
}

static void test_acs(void **state)
{
	struct pcicaps caps;
	struct space s;

	(void)state;
	root_port(&s, PCI_CONFIG_EXTENDED);
	extended(&s, 0x100, 0x0001, 0x148);
	extended(&s, 0x148, 0x000d, 0);
	put16(&s, 0x14c, 0x001f);
	put16(&s, 0x14e, 0x001d);
	caps = parse(&s);
	assert_true(caps.has_header && caps.multifunction && caps.known);
	assert_int_equal(caps.revision, 2);
	assert_int_equal(caps.express, PCI_EXPRESS_ROOT_PORT);
	assert_true(caps.acs_known && caps.has_acs);
	assert_int_equal(caps.acs_cap, 0x1f);
	assert_int_equal(caps.acs_ctrl, 0x1d);
	/* Nothing beyond was touched. */
	assert_int_equal(s.furthest, 0x150);
	extended(&s, 0x100, 0x0001, 0);
	caps = parse(&s);
	assert_true(caps.acs_known && !caps.has_acs);
}

/* What only root may read. */
static void test_header_only(void **state)
{
	struct pcicaps caps;
	struct space s;

	(void)state;
	root_port(&s, PCI_CONFIG_HEADER);
	caps = parse(&s);
	assert_true(caps.has_header && caps.multifunction);
	assert_false(caps.known || caps.acs_known);
	assert_int_equal(caps.express, PCI_EXPRESS_NONE);
	/* Without a list there is nothing more to be read. */
	s.bytes[0x06] = 0;
	caps = parse(&s);
	assert_true(caps.known);
	assert_int_equal(caps.express, PCI_EXPRESS_NONE);
	/* 256 bytes: the kernel can't reach the rest. */
	root_port(&s, PCI_CONFIG_CONVENTIONAL);
	caps = parse(&s);
	assert_true(caps.known && !caps.acs_known);
	assert_int_equal(caps.express, PCI_EXPRESS_ROOT_PORT);
	s.n = 63;
	assert_false(parse(&s).has_header);
}

static void test_no_answer(void **state)
{
	struct space s = { .n = PCI_CONFIG_EXTENDED };

	(void)state;
	memset(s.bytes, 0xff, sizeof(s.bytes));
	assert_false(parse(&s).has_header);
	assert_int_equal(s.furthest, PCI_CONFIG_HEADER);
}

/* Lists that lead back to themselves, or into the header. */
static void test_junk(void **state)
{
	struct pcicaps caps;
	struct space s;

	(void)state;
	root_port(&s, PCI_CONFIG_EXTENDED);
	put16(&s, 0x40, 0x4005);
	caps = parse(&s);
	assert_true(caps.known);
	assert_int_equal(caps.express, PCI_EXPRESS_NONE);
	root_port(&s, PCI_CONFIG_EXTENDED);
	extended(&s, 0x100, 0x0001, 0x100);
	assert_false(parse(&s).has_acs);
	extended(&s, 0x100, 0x0001, 0x40);
	caps = parse(&s);
	assert_true(caps.acs_known && !caps.has_acs);
	/* The registers would end outside. */
	extended(&s, 0x100, 0x0001, 0xffc);
	extended(&s, 0xffc, 0x000d, 0);
	caps = parse(&s);
	assert_false(caps.acs_known || caps.has_acs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acs),
		cmocka_unit_test(test_header_only),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
