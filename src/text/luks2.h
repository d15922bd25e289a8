/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS2 headers, as far as they tell whether a TPM opens the disk. Secrets in them (key
 * blobs, JWEs) are not kept.
 *
 * Sources: LUKS2 On-Disk Format Specification 1.1.1; systemd src/shared/tpm2-util.c
 * (tpm2_make_luks2_json); clevis src/pins/tpm2/clevis-encrypt-tpm2 and
 * src/pins/sss/clevis-encrypt-sss.c; RFC 7516 (JWE).
 */
#ifndef SLICER_TEXT_LUKS2_H
#define SLICER_TEXT_LUKS2_H

#include "base/error.h"
#include "base/str.h"

#define LUKS2_BINARY_SIZE 4096 /* of the binary header; JSON follows */
/* The whole of one header, and so where the second one begins: a power of two between
 * these. */
#define LUKS2_MIN_SIZE ((size_t)16 << 10)
#define LUKS2_MAX_SIZE ((size_t)4 << 20)

enum luks_version {
	LUKS_NONE, /* no header at all, or none that can be read */
	LUKS_1,
	LUKS_2,
};
/* What the first LUKS2_BINARY_SIZE bytes at offset (0: the first header; else the second
 * one's place) say. *ret_size: LUKS_2: that of the whole header. */
enum luks_version luks_header(const uint8_t *bytes, size_t len, size_t offset,
			      size_t *ret_size);

enum seal_kind { SEAL_SYSTEMD, SEAL_CLEVIS };
/* A token that lets a TPM open the disk. */
struct tpm_seal {
	enum seal_kind kind;
	bool known; /* false: the token does not say in a way that is understood */
	bool pcrlock; /* by a policy that systemd-pcrlock(8) makes; pcrs don't matter */
	uint32_t pcrs; /* as they were at sealing time: bit N is PCR N */
	uint32_t signed_pcrs; /* as somebody signs for */
	int slot; /* the first key slot it opens, -1: none is named */
};
struct tpm_seals {
	struct tpm_seal *v;
	size_t n, cap;
};
void tpm_seals_done(struct tpm_seals *s);

/* The tokens of a JSON area (NULs at its end don't count), appended. -EINVAL: it is no
 * LUKS2 metadata. */
int luks2_seals(const char *json, size_t len, struct tpm_seals *ret, struct error *e);

#endif
