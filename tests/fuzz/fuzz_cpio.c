/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks an archive by its headers, as the image reader does: sizes keep their alignment
 * and each step goes on. */
#include "text/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *magic = initramfs_magic(data, size);
	struct cpio_header h;
	size_t at = 0;

	while (size - at >= CPIO_HEADER_SIZE && cpio_header_parse(data + at, &h)) {
		uint64_t step =
			(uint64_t)CPIO_HEADER_SIZE + h.name_padded + h.data_padded;

		if (at == 0 && (!magic || strcmp(magic, "cpio") != 0))
			abort();
		if (step % 4 || h.name_padded < h.name_size || h.name_size == 0 ||
		    h.name_size > CPIO_NAME_MAX || h.data_padded < h.file_size ||
		    h.data_padded - h.file_size > 3)
			abort();
		if (step > size - at)
			break;
		at += (size_t)step;
	}
	return 0;
}
