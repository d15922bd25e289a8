/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binds that last: which device a file means after cards have moved, and which files are
 * written and removed. */
#include "devices/identity.h"
#include "devices/persist.h"
#include "tree.h"

#include <errno.h>

/* ---- a host ------------------------------------------------------------------------ */

#define ROOT_BUS "/sys/devices/pci0000:00"
#define PORT1 ROOT_BUS "/0000:00:01.1"
#define PORT2 ROOT_BUS "/0000:00:1c.0"
#define NIC "8086 1533 8086 0001"
#define GPU "10de 2204 10de 147d"

static void write_attr(const struct tree *t, const char *dir, const char *name,
		       const char *text)
{
	CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, name);
	CLEANUP(free_char) char *line = xasprintf("%s\n", text);

	tree_write(t, path, line);
}

/* ids: vendor, device, subsystem's vendor and device. serial: NULL: none is shown. */
static void add_function(const struct tree *t, const char *place, const char *ids,
			 const char *serial)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device" };
	CLEANUP(free_char)
	char *link = xasprintf("/sys/bus/pci/devices/%s", path_base(place));
	CLEANUP(strv_done) struct strv words = { 0 };

	strv_split(&words, ids, " ");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_char) char *number = xasprintf("0x%s", words.v[i]);

		write_attr(t, place, names[i], number);
	}
	write_attr(t, place, "class", "0x020000");
	if (serial)
		write_attr(t, place, "serial_number", serial);
	tree_link(t, place, link);
}

static void remove_below(const struct tree *t, const char *path)
{
	CLEANUP(free_char) char *dir = tree_path(t, path);

	nftw(dir, tree_rm, 16, FTW_DEPTH | FTW_PHYS);
}

/* The next boot, with other cards. */
static void power_off(const struct tree *t)
{
	remove_below(t, "/sys");
}

/* address, ids ("8086:1533") and what else the file has. */
static void write_file(const struct tree *t, const char *name, const char *address,
		       const char *more)
{
	CLEANUP(free_char) char *path = xasprintf(PERSIST_DIR "/%s", name);
	CLEANUP(free_char)
	char *text = xasprintf("address=%s\nid=8086:1533\nsubsystem=8086:0001\n%s",
			       address, more);

	tree_write(t, path, text);
}

struct found {
	struct pci_devices all;
	struct persisted_list l;
};

static void found_done(struct found *f)
{
	persisted_done(&f->l);
	pci_devices_done(&f->all);
}

static void look(const struct tree *t, struct found *ret)
{
	found_done(ret);
	*ret = (struct found){ 0 };
	assert_int_equal(
		pci_load(t->host, PCI_NAMES | PCI_DETAILS, NULL, &ret->all, NULL), 0);
	assert_int_equal(persist_load(t->host, &ret->l, NULL), 0);
	persist_match(t->host, &ret->all, &ret->l);
}

/* What became of the file that has this address in it, and where the device is now. */
static bool is_match(const struct found *f, const char *address, enum persist_match match,
		     const char *now)
{
	struct pci_address at;

	assert_int_equal(pci_address_parse(address, &at, NULL), 0);
	for (size_t i = 0; i < f->l.n; i++) {
		const struct persisted *p = &f->l.v[i];
		const char *is = p->device ? p->device->address : NULL;

		if (pci_address_compare(p->file.address, at) != 0)
			continue;
		if (p->match == match && (now ? str_eq(is, now) : !is))
			return true;
		print_message("%s: match %d, device %s\n", address, (int)p->match,
			      is ? is : "none");
		return false;
	}
	print_message("no file has %s\n", address);
	return false;
}

static bool tells(const struct found *f, size_t i, const char *text)
{
	CLEANUP(free_char) char *is = persist_match_text(&f->all, &f->l.v[i]);

	if (strstr(is, text))
		return true;
	print_message("it tells: %s\n", is);
	return false;
}

/* ---- identity ---------------------------------------------------------------------- */

static const struct pci_device *by_address(const struct found *f, const char *address)
{
	struct pci_address at;
	const struct pci_device *d;

	assert_int_equal(pci_address_parse(address, &at, NULL), 0);
	d = pci_find(&f->all, at);
	assert_non_null(d);
	return d;
}

static void test_ports(void **state)
{
	static const struct {
		const char *place, *ports;
	} cases[] = {
		{ ROOT_BUS "/0000:00:19.0", "0000:00/19.0" },
		{ PORT1 "/0000:01:00.1", "0000:00/01.1/00.1" },
		{ PORT1 "/0000:02:00.0/0000:03:08.0/0000:0b:00.0",
		  "0000:00/01.1/00.0/08.0/00.0" },
		/* below Intel's VMD */
		{ ROOT_BUS "/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
		  "0000:00/0e.0/06.0/00.0" },
		/* below a platform device, with a root bus that is not 0 */
		{ "/sys/devices/platform/soc/40000000.pcie/pci0001:40/0001:40:00.0",
		  "0001:40/00.0" },
	};
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		add_function(t, cases[i].place, NIC, NULL);
	look(t, &f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *address = path_base(cases[i].place);
		CLEANUP(free_char)
		char *ports = device_ports(t->host, by_address(&f, address));

		assert_string_equal(ports, cases[i].ports);
	}
}

/* Where sysfs has no link, nothing is known of the ports. */
static void test_no_ports(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_attr(t, "/sys/bus/pci/devices/0000:01:00.0", "vendor", "0x8086");
	look(t, &f);
	assert_int_equal(f.all.n, 1);
	assert_null(device_ports(t->host, &f.all.v[0]));
}

static void test_serials(void **state)
{
	static const char *const shown[] = {
		"00-02-c9-03-00-4f-68-7e", "00-00-00-00-00-00-00-00",
		"ff-ff-ff-ff-ff-ff-ff-ff", "FF-FF-FF-FF-FF-FF-FF-FF",
		"00-00-00-00-00-00-00-01", "",
	};
	static const char *const expected[] = {
		"00-02-c9-03-00-4f-68-7e", NULL, NULL, NULL,
		"00-00-00-00-00-00-00-01", NULL
	};
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_null(device_serial(t->host, &f.all.v[0]));
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		CLEANUP(free_char) char *serial = NULL;

		write_attr(t, PORT1 "/0000:01:00.0", "serial_number", shown[i]);
		serial = device_serial(t->host, &f.all.v[0]);
		if (expected[i])
			assert_string_equal(serial, expected[i]);
		else
			assert_null(serial);
	}
}

/* ---- which device is meant --------------------------------------------------------- */

#define A_PORTS "ports=0000:00/01.1/00.0\n"
#define A_SERIAL "serial=00-00-00-00-00-00-00-0a\n"
#define SERIAL_A "00-00-00-00-00-00-00-0a"
#define SERIAL_B "00-00-00-00-00-00-00-0b"

/* A card that was added has taken the bus number: the ports tell, twins or not. */
static void test_renumbered(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS "twins=yes\n");
	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	power_off(t);
	add_function(t, ROOT_BUS "/0000:00:01.0/0000:01:00.0", GPU, NULL);
	add_function(t, PORT1 "/0000:02:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:02:00.0"));
	assert_true(tells(&f, 0, "it has moved to 0000:02:00.0"));
	/* The new card is of the same model, and has the address that was the other's. */
	power_off(t);
	add_function(t, ROOT_BUS "/0000:00:01.0/0000:01:00.0", NIC, NULL);
	add_function(t, PORT1 "/0000:02:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:02:00.0"));
	assert_null(persist_of(&f.l, by_address(&f, "0000:01:00.0")));
	assert_ptr_equal(persist_of(&f.l, by_address(&f, "0000:02:00.0")), &f.l.v[0]);
}

/* Two of a kind that are in each other's slot now: the serial number tells. */
static void test_serial_before_ports(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS A_SERIAL "twins=yes\n");
	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_B);
	add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_A);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:03:00.0"));
	/* Only the other one is left, where the meant one was. */
	power_off(t);
	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_B);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_OTHER, NULL));
}

/* Cards that have all the same number (Realtek's): the place tells, or nobody knows. */
static void test_serial_of_all(void **state)
{
	static const char *const more[] = { A_PORTS A_SERIAL "twins=yes\n", A_SERIAL };
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		write_file(t, "a.conf", "0000:01:00.0", more[i]);
		add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_A);
		add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_A);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
		/* at its place one with another number, or with none */
		power_off(t);
		add_function(t, PORT1 "/0000:01:00.0", NIC, i ? SERIAL_B : NULL);
		add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_A);
		add_function(t, PORT2 "/0000:04:00.0", NIC, SERIAL_A);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
		power_off(t);
	}
}

/* An older kernel shows no serial numbers; all ones are none either. */
static void test_serial_is_not_shown(void **state)
{
	static const char *const shown[] = { NULL, "ff-ff-ff-ff-ff-ff-ff-ff" };
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS A_SERIAL "twins=yes\n");
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		add_function(t, PORT1 "/0000:01:00.0", NIC, shown[i]);
		add_function(t, PORT2 "/0000:03:00.0", NIC, shown[i]);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
		power_off(t);
		add_function(t, PORT2 "/0000:03:00.0", NIC, shown[i]);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
		power_off(t);
	}
	/* The file is older than that kernel: the ports tell. */
	write_file(t, "a.conf", "0000:01:00.0", A_PORTS "twins=yes\n");
	add_function(t, PORT1 "/0000:05:00.0", NIC, SERIAL_A);
	add_function(t, PORT2 "/0000:01:00.0", NIC, SERIAL_B);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:05:00.0"));
}

/* In another slot: the only one of its model is surely that one, unless it had twins or
 * has some now. */
static void test_another_slot(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	write_file(t, "a.conf", "0000:01:00.0", A_PORTS);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:03:00.0"));
	write_file(t, "a.conf", "0000:01:00.0", A_PORTS "twins=yes\n");
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
	assert_true(tells(&f, 0, "could be mistaken"));
	assert_true(tells(&f, 0, "nothing is at its address"));
	write_file(t, "a.conf", "0000:01:00.0", A_PORTS);
	add_function(t, PORT2 "/0000:04:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
	assert_int_equal(persist_given_away(&f.l, (const struct pci_device *[1]){ 0 }),
			 0);
}

/* A file that a person wrote, without ports. */
static void test_by_address(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", "");
	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	assert_null(persist_of(&f.l, by_address(&f, "0000:03:00.0")));
	/* Nothing at the address: the only one of the model, or nobody knows. */
	power_off(t);
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:03:00.0"));
	add_function(t, PORT2 "/0000:04:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
}

/* Two ports of one card have the same ids and the same serial number, and are no twins.
 */
static void test_two_functions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.1", "ports=0000:00/01.1/00.1\n" A_SERIAL);
	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_A);
	add_function(t, PORT1 "/0000:01:00.1", NIC, SERIAL_A);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.1", PERSIST_HERE, "0000:01:00.1"));
	assert_null(persist_of(&f.l, by_address(&f, "0000:01:00.0")));
	power_off(t);
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:03:00.1", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.1", PERSIST_MOVED, "0000:03:00.1"));
	/* One that has lost its second port, or is a card with one. */
	power_off(t);
	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_A);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.1", PERSIST_GONE, NULL));
}

static void test_exchanged_and_gone(void **state)
{
	static const char *const others[] = { GPU, "8086 1533 8086 0002",
					      "8086 1539 8086 0001" };
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		add_function(t, PORT1 "/0000:01:00.0", others[i], NULL);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_OTHER, NULL));
		power_off(t);
	}
	assert_true(tells(&f, 0, "8086:1539, subsystem 8086:0001"));
	add_function(t, PORT2 "/0000:03:00.0", GPU, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_GONE, NULL));
	assert_true(tells(&f, 0, "the device is not there"));
	/* the hand that exchanged it puts it in elsewhere */
	add_function(t, PORT1 "/0000:01:00.0", GPU, NULL);
	add_function(t, PORT2 "/0000:04:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:04:00.0"));
}

/* The only device of its model, and two files: the one that has its address has it. */
static void test_rivals(void **state)
{
	const struct tree *t = *state;
	const struct pci_device *given[2];
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS);
	write_file(t, "b.conf", "0000:03:00.0", "ports=0000:00/1c.0/00.0\n");
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_HERE, "0000:03:00.0"));
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
	assert_int_equal(persist_given_away(&f.l, given), 1);
	assert_ptr_equal(given[0], by_address(&f, "0000:03:00.0"));
	/* It is at neither address. */
	power_off(t);
	add_function(t, ROOT_BUS "/0000:00:05.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_UNCLEAR, NULL));
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
}

/* Twins in two files: each has its own one, also when their numbers are exchanged. */
static void test_both_twins(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	write_file(t, "a.conf", "0000:01:00.0", A_PORTS "twins=yes\n");
	write_file(t, "b.conf", "0000:03:00.0", "ports=0000:00/1c.0/00.0\ntwins=yes\n");
	add_function(t, PORT1 "/0000:03:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:03:00.0"));
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_MOVED, "0000:01:00.0"));
	/* One of them is gone: the other one's file is as sure as before. */
	power_off(t);
	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_UNCLEAR, NULL));
}

/* ---- the directory ----------------------------------------------------------------- */

static bool broken_has(const struct persisted_list *l, const char *text)
{
	for (size_t i = 0; i < l->broken.n; i++)
		if (strstr(l->broken.v[i], text))
			return true;
	for (size_t i = 0; i < l->broken.n; i++)
		print_message("broken: %s\n", l->broken.v[i]);
	return false;
}

static void test_no_directory(void **state)
{
	const struct tree *t = *state;
	CLEANUP(persisted_done) struct persisted_list l = { 0 };
	struct error e = { 0 };

	assert_int_equal(persist_load(t->host, &l, &e), 0);
	assert_int_equal(l.n + l.broken.n, 0);
	assert_int_equal(e.code, ERROR_NONE);
	tree_write(t, PERSIST_DIR, "");
	assert_int_equal(persist_load(t->host, &l, &e), -ENOTDIR);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(e.path, PERSIST_DIR);
}

/* Of the junk in the directory, each piece is told by itself, and the rest is used. */
static void test_junk_in_the_directory(void **state)
{
	static const char *const told[] = {
		"/big.conf: ",
		"/directory.conf: ",
		"/escape\\x1b[2J.conf:1: ",
		"/fifo.conf: ",
		"/nowhere.conf: ",
		"/out.conf: ",
		"/short.conf: a key is missing: \"address\"",
		"/unknown.conf:4: ",
		"/second.conf: " PERSIST_DIR "/good\\x1b.conf has the same address",
	};
	const struct tree *t = *state;
	CLEANUP(persisted_done) struct persisted_list l = { 0 };
	CLEANUP(free_char) char *fifo = tree_path(t, PERSIST_DIR "/fifo.conf");
	CLEANUP(free_char) char *big = xcalloc(1, 20001);

	memset(big, '#', 20000);
	write_file(t, "good\x1b.conf", "0000:01:00.0", "");
	write_file(t, "second.conf", "0000:01:00.0", "");
	write_file(t, "unknown.conf", "0000:02:00.0", "colour=red\n");
	write_file(t, "note.txt", "0000:03:00.0", "");
	write_file(t, ".hidden.conf", "0000:04:00.0", "");
	write_file(t, "x.conf.dpkg-old", "0000:05:00.0", "");
	tree_write(t, PERSIST_DIR "/big.conf", big);
	tree_write(t, PERSIST_DIR "/escape\x1b[2J.conf", "x\n");
	tree_write(t, PERSIST_DIR "/short.conf", "# nothing\n");
	tree_mkdir(t, PERSIST_DIR "/directory.conf");
	assert_int_equal(mkfifo(fifo, 0644), 0);
	tree_link(t, "/nowhere", PERSIST_DIR "/nowhere.conf");
	/* Of the machine that the test runs on: resolved within the root. */
	tree_link(t, "../../../../../../../../etc/passwd", PERSIST_DIR "/out.conf");
	assert_int_equal(persist_load(t->host, &l, NULL), 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0].path, PERSIST_DIR "/good\x1b.conf");
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		assert_true(broken_has(&l, told[i]));
	assert_int_equal(l.broken.n, ARRAY_SIZE(told));
}

/* A link within the root is a file like others, and so is one with another name. */
static void test_links_within_the_root(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	write_file(t, "../nic", "0000:01:00.0", "driver=mlx5_vfio_pci\n");
	tree_link(t, "/etc/slicer/nic", PERSIST_DIR "/my card.conf");
	look(t, &f);
	assert_int_equal(f.l.n, 1);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	assert_string_equal(persist_driver(&f.l.v[0]), "mlx5_vfio_pci");
}

static void test_directory_is_a_secret(void **state)
{
	const struct tree *t = *state;
	CLEANUP(persisted_done) struct persisted_list l = { 0 };
	CLEANUP(free_char) char *dir = tree_path(t, PERSIST_DIR);
	struct error e = { 0 };

	tree_mkdir(t, PERSIST_DIR);
	chmod(t->dir, 0755);
	for (unsigned is_secret = 0; is_secret < 2; is_secret++) {
		int err;

		assert_int_equal(chmod(dir, is_secret ? 0 : 0755), 0);
		/* root may read everything */
		assert_int_equal(geteuid() == 0 ? seteuid(65534) : 0, 0);
		err = persist_load(t->host, &l, &e);
		assert_int_equal(getuid() == 0 ? seteuid(0) : 0, 0);
		assert_int_equal(err, is_secret ? -EACCES : 0);
		assert_int_equal(e.code, is_secret ? ERROR_REFUSED : ERROR_NONE);
	}
	chmod(dir, 0755);
}

/* ---- what is written --------------------------------------------------------------- */

static int plan_for(const struct tree *t, const struct found *f, const char *address,
		    struct plan *ret, struct error *e)
{
	const struct pci_device *d = by_address(f, address);
	CLEANUP(bind_request_done) struct bind_request r = { 0 };

	bind_request_add(&r, d, "vfio-pci");
	return persist_plan(t->host, &f->all, &f->l, &r, false, r.force, ret, e);
}

static bool does(const struct plan *p, enum step_kind kind, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == kind && str_eq(p->v[i].path, path))
			return true;
	for (size_t i = 0; i < p->n; i++)
		print_message("step %d: %s\n", (int)p->v[i].kind,
			      p->v[i].path ? p->v[i].path : p->v[i].argv.v[1]);
	return false;
}

static void make_last(const struct tree *t, const struct found *f, const char *address)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };

	assert_int_equal(plan_for(t, f, address, &p, &e), 0);
	assert_int_equal(persist_apply(t->host, &p, &e), 0);
}

/* Under another root systemctl is left for later: so the link is made here. */
static void enable(const struct tree *t)
{
	tree_link(t, "/usr/lib/systemd/system/" PERSIST_UNIT,
		  "/etc/systemd/system/multi-user.target.wants/" PERSIST_UNIT);
}

#define A_FILE PERSIST_DIR "/0000:01:00.0.conf"
#define B_FILE PERSIST_DIR "/0000:03:00.0.conf"

static void test_file_is_written_once(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };

	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_A);
	tree_link(t, "/sys/bus/pci/drivers/igb", PORT1 "/0000:01:00.0/driver");
	add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_B);
	look(t, &f);
	make_last(t, &f, "0000:01:00.0");
	tree_is(t, A_FILE,
		"# Ethernet controller: Intel Corporation I210 Gigabit Network "
		"Connection\n"
		"# Written by \"slicer pci bind --persist\", see slicer-pci(8).\n"
		"address=0000:01:00.0\nid=8086:1533\nsubsystem=8086:0001\n" A_PORTS
			A_SERIAL "twins=yes\ndriver=vfio-pci\noriginal=igb\n");
	enable(t);
	look(t, &f);
	assert_int_equal(plan_for(t, &f, "0000:01:00.0", &p, NULL), 0);
	assert_true(plan_is_empty(&p));
	/* It is bound now: what it had before is kept. */
	remove_below(t, PORT1 "/0000:01:00.0/driver");
	tree_link(t, "/sys/bus/pci/drivers/vfio-pci", PORT1 "/0000:01:00.0/driver");
	look(t, &f);
	assert_int_equal(plan_for(t, &f, "0000:01:00.0", &p, NULL), 0);
	assert_true(plan_is_empty(&p));
}

/* A file that names no driver means VFIO's, whichever it is; one that names it, that one.
 */
static void test_driver_of_file(void **state)
{
	static char variant[] = "mlx5_vfio_pci", native[] = "mlx5_core",
		    plain[] = "vfio-pci";
	struct pci_device d = { .driver = native };
	struct persisted p = { .device = &d };

	(void)state;
	assert_string_equal(persist_driver(&p), "vfio-pci");
	assert_false(persist_is_bound(&p));
	d.driver = variant;
	assert_string_equal(persist_driver(&p), "mlx5_vfio_pci");
	assert_true(persist_is_bound(&p));
	p.file.driver = plain;
	assert_string_equal(persist_driver(&p), "vfio-pci");
	assert_false(persist_is_bound(&p));
}

/* Such a number is not noted: without the meant one it would lead to the other one. */
static void test_serial_of_all_is_not_noted(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_function(t, PORT1 "/0000:01:00.0", NIC, SERIAL_A);
	add_function(t, PORT1 "/0000:01:00.1", NIC, SERIAL_A);
	add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_A);
	look(t, &f);
	make_last(t, &f, "0000:01:00.0");
	make_last(t, &f, "0000:01:00.1");
	look(t, &f);
	assert_null(f.l.v[0].file.serial);
	/* the same number in two functions of a card is as it should be */
	assert_string_equal(f.l.v[1].file.serial, SERIAL_A);
	power_off(t);
	add_function(t, PORT2 "/0000:03:00.0", NIC, SERIAL_A);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_UNCLEAR, NULL));
}

/* A device that has moved gets a file of its new name. */
static void test_file_is_renamed(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };

	enable(t);
	write_file(t, "0000:01:00.0.conf", "0000:01:00.0", "original=igb\n");
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	look(t, &f);
	assert_int_equal(plan_for(t, &f, "0000:03:00.0", &p, NULL), 0);
	assert_int_equal(p.n, 2);
	assert_true(does(&p, STEP_REPLACE, B_FILE));
	assert_true(does(&p, STEP_REMOVE, A_FILE));
	make_last(t, &f, "0000:03:00.0");
	look(t, &f);
	assert_int_equal(f.l.n, 1);
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_HERE, "0000:03:00.0"));
	assert_string_equal(f.l.v[0].file.original, "igb");
}

/* A file of another name, which has the address and means nothing that is there, would
 * make the new one unusable. */
static void test_file_of_what_was_there(void **state)
{
	static const char *const names[] = { "aa.conf", "zz.conf", "0000:01:00.0.conf" };
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	enable(t);
	add_function(t, PORT1 "/0000:01:00.0", GPU, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		remove_below(t, PERSIST_DIR);
		write_file(t, names[i], "0000:01:00.0", A_PORTS);
		look(t, &f);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_OTHER, NULL));
		make_last(t, &f, "0000:01:00.0");
		look(t, &f);
		assert_int_equal(f.l.broken.n, 0);
		assert_int_equal(f.l.n, 1);
		assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	}
}

static int plan_both(const struct tree *t, const struct found *f, struct plan *ret)
{
	CLEANUP(bind_request_done) struct bind_request r = { 0 };

	bind_request_add(&r, by_address(f, "0000:01:00.0"), "vfio-pci");
	bind_request_add(&r, by_address(f, "0000:03:00.0"), "vfio-pci");
	return persist_plan(t->host, &f->all, &f->l, &r, false, r.force, ret, NULL);
}

static void assert_both_here(const struct tree *t)
{
	CLEANUP(found_done) struct found f = { 0 };

	look(t, &f);
	assert_int_equal(f.l.n, 2);
	assert_int_equal(f.l.broken.n, 0);
	assert_true(is_match(&f, "0000:03:00.0", PERSIST_HERE, "0000:03:00.0"));
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_HERE, "0000:01:00.0"));
	assert_true(host_exists(t->host, A_FILE));
	assert_true(host_exists(t->host, B_FILE));
}

/* The name, or the address, is in the file of a device that has moved. */
static void test_name_is_taken(void **state)
{
	static const char *const names[] = { "0000:01:00.0.conf", "aa.conf", "zz.conf" };
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	enable(t);
	add_function(t, PORT1 "/0000:03:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:01:00.0", NIC, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(plan_done) struct plan p = { 0 }, both = { 0 }, again = { 0 };
		struct error e = { 0 };

		remove_below(t, PERSIST_DIR);
		write_file(t, names[i], "0000:01:00.0", A_PORTS "twins=yes\n");
		look(t, &f);
		assert_int_equal(plan_for(t, &f, "0000:01:00.0", &p, &e), -EEXIST);
		assert_int_equal(e.code, ERROR_REFUSED);
		assert_string_equal(path_base(e.path), names[i]);
		assert_non_null(
			strstr(e.hint, "pci bind 0000:01:00.0 0000:03:00.0 --persist"));
		/* As the hint says. */
		assert_int_equal(plan_both(t, &f, &both), 0);
		assert_int_equal(persist_apply(t->host, &both, NULL), 0);
		assert_both_here(t);
		look(t, &f);
		assert_int_equal(plan_both(t, &f, &again), 0);
		assert_int_equal(again.n, 0);
	}
}

/* Two that have exchanged their addresses: each one's file has the other one's name. */
static void test_names_are_exchanged(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };

	enable(t);
	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
	look(t, &f);
	assert_int_equal(plan_both(t, &f, &p), 0);
	assert_int_equal(persist_apply(t->host, &p, NULL), 0);
	power_off(t);
	add_function(t, PORT1 "/0000:03:00.0", NIC, NULL);
	add_function(t, PORT2 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_true(is_match(&f, "0000:01:00.0", PERSIST_MOVED, "0000:03:00.0"));
	plan_done(&p);
	assert_int_equal(plan_both(t, &f, &p), 0);
	assert_int_equal(p.n, 2);
	assert_int_equal(persist_apply(t->host, &p, NULL), 0);
	assert_both_here(t);
}

static void test_virtual_function(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };

	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	add_function(t, PORT1 "/0000:01:10.0", NIC, NULL);
	tree_link(t, "../0000:01:00.0", PORT1 "/0000:01:10.0/physfn");
	look(t, &f);
	assert_int_equal(plan_for(t, &f, "0000:01:10.0", &p, &e), -EOPNOTSUPP);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_non_null(strstr(e.what, "virtual function of 0000:01:00.0"));
	assert_int_equal(p.n, 0);
}

/* A card without twins gets one: noted once, and not where a person wrote otherwise. */
static void test_noted_twins(void **state)
{
	static const struct {
		const char *more, *then;
	} cases[] = {
		{ "", "twins=yes\n" },
		{ "twins=yes\n", "twins=yes\n" },
		{ "twins=no\n", "twins=no\n" },
		{ "# by hand", "# by hand\ntwins=yes\n" },
	};
	const struct tree *t = *state;

	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(found_done) struct found f = { 0 };
		CLEANUP(str_done) struct str before = { 0 }, now = { 0 };

		write_file(t, "0000:01:00.0.conf", "0000:01:00.0", cases[i].more);
		look(t, &f);
		if (i == 0) {
			host_read(t->host, A_FILE, 4096, &before, NULL);
			assert_int_equal(
				persist_note_twins(t->host, &f.all, &f.l.v[0], NULL), 0);
			host_read(t->host, A_FILE, 4096, &now, NULL);
			assert_true(str_same(&before, &now));
			add_function(t, PORT2 "/0000:03:00.0", NIC, NULL);
			look(t, &f);
		}
		for (int n = 0; n < 2; n++) {
			assert_int_equal(
				persist_note_twins(t->host, &f.all, &f.l.v[0], NULL), 0);
			look(t, &f);
			assert_int_equal(f.l.broken.n, 0);
		}
		host_read(t->host, A_FILE, 4096, &now, NULL);
		assert_true(str_ends(str_c(&now), cases[i].then));
	}
}

/* Plans the removal of the first n files. */
static void remove_first(const struct tree *t, const struct persisted_list *l, size_t n,
			 struct plan *ret)
{
	CLEANUP(strv_done) struct strv paths = { 0 };

	for (size_t i = 0; i < n; i++)
		strv_add(&paths, l->v[i].path);
	assert_int_equal(persist_plan_removal(t->host, &paths, ret, NULL), 0);
}

/* The unit is disabled with the last file, also where that is one that can't be used. */
static void test_removal(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	enable(t);
	write_file(t, "0000:01:00.0.conf", "0000:01:00.0", "");
	write_file(t, "0000:03:00.0.conf", "0000:03:00.0", "");
	add_function(t, PORT1 "/0000:01:00.0", NIC, NULL);
	look(t, &f);
	assert_int_equal(f.l.n, 2);
	for (size_t n = 1; n <= 2; n++) {
		CLEANUP(plan_done) struct plan p = { 0 };

		remove_first(t, &f.l, n, &p);
		assert_int_equal(p.n, n == 2 ? 3 : 1);
		assert_true(does(&p, STEP_REMOVE, A_FILE));
		if (n == 2)
			assert_string_equal(p.v[2].argv.v[1], "disable");
	}
	tree_write(t, PERSIST_DIR "/broken.conf", "x\n");
	{
		CLEANUP(plan_done) struct plan p = { 0 };

		remove_first(t, &f.l, 2, &p);
		assert_int_equal(p.n, 2);
	}
	/* A hidden one is none that pci restore reads. */
	remove_below(t, PERSIST_DIR "/broken.conf");
	tree_write(t, PERSIST_DIR "/.x.conf", "x\n");
	{
		CLEANUP(plan_done) struct plan p = { 0 };

		remove_first(t, &f.l, 2, &p);
		assert_int_equal(p.n, 3);
	}
}

/* A step that fails: the ones before it are taken back. */
static void test_all_or_nothing(void **state)
{
	const struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(str_done) struct str old = { 0 }, new = { 0 };
	struct error e = { 0 };

	str_add(&old, "old\n");
	str_add(&new, "new\n");
	tree_write(t, A_FILE, "old\n");
	tree_write(t, PERSIST_DIR "/removed.conf", "old\n");
	plan_replace(&p, A_FILE, true, &old, &new, 0644, "why");
	plan_remove(&p, PERSIST_DIR "/removed.conf", &old, "why");
	plan_replace(&p, B_FILE, false, NULL, &new, 0644, "why");
	plan_remove(&p, PERSIST_DIR "/nothing.conf", &old, "why");
	assert_true(persist_apply(t->host, &p, &e) < 0);
	assert_int_equal(e.code, ERROR_FAILED);
	assert_true(e.rolled_back);
	tree_is(t, A_FILE, "old\n");
	tree_is(t, PERSIST_DIR "/removed.conf", "old\n");
	assert_false(host_exists(t->host, B_FILE));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ports),
		TEST(test_no_ports),
		TEST(test_serials),
		TEST(test_renumbered),
		TEST(test_serial_before_ports),
		TEST(test_serial_of_all),
		TEST(test_serial_of_all_is_not_noted),
		TEST(test_serial_is_not_shown),
		TEST(test_another_slot),
		TEST(test_by_address),
		TEST(test_two_functions),
		TEST(test_exchanged_and_gone),
		TEST(test_rivals),
		TEST(test_both_twins),
		TEST(test_no_directory),
		TEST(test_junk_in_the_directory),
		TEST(test_links_within_the_root),
		TEST(test_directory_is_a_secret),
		TEST(test_driver_of_file),
		TEST(test_file_is_written_once),
		TEST(test_file_is_renamed),
		TEST(test_file_of_what_was_there),
		TEST(test_name_is_taken),
		TEST(test_names_are_exchanged),
		TEST(test_virtual_function),
		TEST(test_noted_twins),
		TEST(test_removal),
		TEST(test_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
