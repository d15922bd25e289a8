/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs check alone, for measuring it: initramfs_scan IMAGE. Exit 1 if the image
 * is not complete. */
#include "probe/initramfs.h"

static int scan(const char *image)
{
	struct initramfs_image found = { 0 };
	struct initramfs_file conf = { .name = xstrdup(
					       "etc/modprobe.d/slicer-vfio.conf") };
	struct strv modules = { 0 };
	struct host *h = NULL;
	struct error e = { 0 };
	int r;

	strv_split(&modules, "vfio vfio-pci vfio_iommu_type1", " ");
	r = host_open(NULL, &h, &e);
	if (r == 0)
		r = initramfs_scan(h, image, &conf, 1, &modules, 600, &found, &e);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", e.path, e.what);
	else
		printf("%s %s members=%zu modules=%zu version=%s generator=%s %s\n",
		       found.complete ? "complete" : "incomplete", found.compression,
		       found.members, found.modules.n,
		       found.modules_version ? found.modules_version : "-",
		       found.generator ? found.generator : "-",
		       found.why_not ? found.why_not : "");
	r = r < 0 || !found.complete;
	initramfs_image_done(&found);
	initramfs_file_done(&conf);
	strv_done(&modules);
	host_close(&h);
	return r;
}

int main(int argc, char **argv)
{
	char *image;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: initramfs_scan IMAGE\n");
		return 2;
	}
	image = realpath(argv[1], NULL);
	if (!image) {
		perror(argv[1]);
		return 2;
	}
	r = scan(image);
	free(image);
	return r;
}
