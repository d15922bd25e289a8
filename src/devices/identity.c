/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/identity.h"

#include "text/bindfile.h"

#define DEVICES "/sys/bus/pci/devices"

char *device_ports(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char) char *link = xasprintf(DEVICES "/%s", d->address);
	CLEANUP(free_char) char *place = host_realpath(h, link);
	CLEANUP(strv_done) struct strv parts = { 0 };
	CLEANUP(str_done) struct str ret = { 0 };

	if (place)
		strv_split(&parts, place, "/");
	for (size_t i = 0; i < parts.n; i++) {
		struct pci_address at;

		if (str_starts(parts.v[i], "pci") && !ret.len)
			str_add(&ret, parts.v[i] + strlen("pci"));
		else if (ret.len && pci_address_parse(parts.v[i], &at, NULL) == 0)
			str_addf(&ret, "/%02x.%x", at.device, at.function);
	}
	return ret.len && bindfile_is_ports(ret.s) ? str_take(&ret) : NULL;
}

char *device_serial(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char)
	char *path = xasprintf(DEVICES "/%s/serial_number", d->address);
	char *serial = host_attr(h, path);

	if (serial && (!bindfile_is_serial(serial) || !serial[strspn(serial, "0-:")] ||
		       !serial[strspn(serial, "fF-:")])) {
		free(serial);
		return NULL;
	}
	return serial;
}
