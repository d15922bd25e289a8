/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/luks2.h"

#include <errno.h>
#include <jansson.h>

#include "text/pcr.h"

#define MAGIC_LEN 6
/* Fields of the binary header, big endian. */
#define AT_VERSION 6
#define AT_HDR_SIZE 8
#define AT_HDR_OFFSET 256
/* Shamir's secret sharing may hold itself. */
#define MAX_DEPTH 4

void tpm_seals_done(struct tpm_seals *s)
{
	free(s->v);
	*s = (struct tpm_seals){ 0 };
}

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *bytes++;
	return v;
}

enum luks_version luks_header(const uint8_t *bytes, size_t len, size_t offset,
			      size_t *ret_size)
{
	const char *magic = offset ? "SKUL\xba\xbe" : "LUKS\xba\xbe";
	uint64_t version, size;

	if (len < LUKS2_BINARY_SIZE || memcmp(bytes, magic, MAGIC_LEN) != 0)
		return LUKS_NONE;
	version = big_endian(bytes + AT_VERSION, 2);
	if (version == 1 && !offset)
		return LUKS_1;
	size = big_endian(bytes + AT_HDR_SIZE, 8);
	if (version != 2 || size < LUKS2_MIN_SIZE || size > LUKS2_MAX_SIZE ||
	    (size & (size - 1)) || big_endian(bytes + AT_HDR_OFFSET, 8) != offset)
		return LUKS_NONE;
	*ret_size = size;
	return LUKS_2;
}

/* ---- systemd
 * ---------------------------------------------------------------------------- */

/* [ 7, 8 ]. An absent list is an empty one. */
static bool read_pcrs(const json_t *list, uint32_t *ret)
{
	const json_t *item;
	size_t i;

	if (!list)
		return true;
	if (!json_is_array(list))
		return false;
	json_array_foreach(list, i, item) {
		json_int_t pcr = json_is_integer(item) ? json_integer_value(item) : -1;

		if (pcr < 0 || pcr > PCR_MAX)
			return false;
		*ret |= (uint32_t)1 << pcr;
	}
	return true;
}

static void read_systemd(const json_t *token, struct tpm_seal *ret)
{
	const json_t *pcrs = json_object_get(token, "tpm2-pcrs");

	ret->kind = SEAL_SYSTEMD;
	ret->pcrlock = json_is_true(json_object_get(token, "tpm2_pcrlock"));
	ret->known =
		pcrs && read_pcrs(pcrs, &ret->pcrs) &&
		read_pcrs(json_object_get(token, "tpm2_pubkey_pcrs"), &ret->signed_pcrs);
}

/* ---- clevis
 * ----------------------------------------------------------------------------- */

static int base64url_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64url without padding (RFC 7515), up to the end or to a '.'. */
static bool decode_base64url(const char *text, struct str *ret)
{
	size_t len = strcspn(text, ".");
	unsigned bits = 0, value = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = base64url_digit(text[i]);

		if (digit < 0)
			return false;
		value = (value << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			str_addc(ret, (char)(value >> bits & 0xff));
		}
	}
	return len % 4 != 1;
}

/* clevis makes one string out of whatever it was given. */
static bool read_pcr_ids(const json_t *ids, uint32_t *ret)
{
	uint32_t pcrs = 0;

	if (!ids)
		return true;
	if (!json_is_string(ids) || !pcrs_parse(json_string_value(ids), &pcrs))
		return false;
	*ret |= pcrs;
	return true;
}

static bool read_protected(const char *text, int depth, struct tpm_seal *ret);

/* Each share is a JWE of its own, in its compact form. */
static bool read_shares(const json_t *shares, int depth, struct tpm_seal *ret)
{
	bool is_tpm = false;
	const json_t *share;
	size_t i;

	json_array_foreach(shares, i, share)
		if (json_is_string(share))
			is_tpm |=
				read_protected(json_string_value(share), depth + 1, ret);
	return is_tpm;
}

/* A JWE's protected header. Returns whether a TPM has to do with it. */
static bool read_protected(const char *text, int depth, struct tpm_seal *ret)
{
	CLEANUP(str_done) struct str header = { 0 };
	const json_t *clevis;
	const char *pin;
	bool is_tpm = false;
	json_t *root;

	if (depth > MAX_DEPTH || !decode_base64url(text, &header))
		return false;
	root = json_loadb(str_c(&header), header.len, 0, NULL);
	clevis = json_object_get(root, "clevis");
	pin = json_string_value(json_object_get(clevis, "pin"));
	if (str_eq(pin, "tpm2")) {
		is_tpm = true;
		ret->known &=
			read_pcr_ids(json_object_get(json_object_get(clevis, "tpm2"),
						     "pcr_ids"),
				     &ret->pcrs);
	} else if (str_eq(pin, "sss")) {
		is_tpm = read_shares(json_object_get(json_object_get(clevis, "sss"),
						     "jwe"),
				     depth, ret);
	}
	json_decref(root);
	return is_tpm;
}

static bool read_clevis(const json_t *token, struct tpm_seal *ret)
{
	const char *text = json_string_value(
		json_object_get(json_object_get(token, "jwe"), "protected"));

	ret->kind = SEAL_CLEVIS;
	ret->known = true;
	return text && read_protected(text, 0, ret);
}

/* ---- all tokens
 * -------------------------------------------------------------------------- */

static int first_slot(const json_t *token)
{
	const char *text =
		json_string_value(json_array_get(json_object_get(token, "keyslots"), 0));
	int slot = 0;

	if (!text || !*text || strlen(text) > 2)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		slot = slot * 10 + *text - '0';
	}
	return slot;
}

static bool read_token(const json_t *token, struct tpm_seal *ret)
{
	const char *type = json_string_value(json_object_get(token, "type"));

	*ret = (struct tpm_seal){ .slot = first_slot(token) };
	if (str_eq(type, "clevis"))
		return read_clevis(token, ret);
	if (!str_eq(type, "systemd-tpm2"))
		return false;
	read_systemd(token, ret);
	return true;
}

int luks2_seals(const char *json, size_t len, struct tpm_seals *ret, struct error *e)
{
	json_t *root = json_loadb(json, strnlen(json, len), 0, NULL);
	json_t *tokens = json_object_get(root, "tokens");
	const char *id;
	json_t *token;

	if (!json_is_object(tokens)) {
		json_decref(root);
		return error_set(e, EINVAL, "the LUKS2 header's metadata can't be read");
	}
	json_object_foreach(tokens, id, token) {
		struct tpm_seal seal;

		if (!read_token(token, &seal))
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = seal;
	}
	json_decref(root);
	return 0;
}
