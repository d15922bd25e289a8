/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can't be read is told, and leaves nothing behind. */
#include "text/grubimage.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grub_image image;
	struct error e = { 0 };

	if (grub_image_parse(data, size, &image, &e) < 0) {
		if (!e.what[0] || image.prefix || image.config)
			abort();
		return 0;
	}
	if (grub_image_reads_stub(&image) && !image.prefix)
		abort();
	grub_image_done(&image);
	return 0;
}
