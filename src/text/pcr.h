/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of TPM registers (PCRs) as words: bit N is PCR N. */
#ifndef SLICER_TEXT_PCR_H
#define SLICER_TEXT_PCR_H

#include "base/str.h"

#define PCR_MAX 23

/*
 * "7+8", "1,7", with names ("secure-boot-policy") and with the bank and value that
 * systemd takes ("7:sha256=..."), which don't count. "" is the empty set. false, *ret
 * untouched: not a list of PCRs.
 */
bool pcrs_parse(const char *text, uint32_t *ret);
/* "7+8", "" for none: owned by the caller. */
char *pcrs_format(uint32_t pcrs);

#endif
