/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is measured where: GRUB: its commands and the kernel's command line into PCR 8,
 * the files that it reads into 9 (GRUB manual, "Measured Boot"). systemd-boot: the
 * command line into 12, before version 251 into 8; systemd-stub: a unified image's parts,
 * command line among them, into 11, other command lines into 12; the kernel's EFI stub:
 * initramfs and command line into 9 (UAPI group, "Linux TPM PCR Registry"). Not into 4:
 * loader and kernel as programs, nor 7: Secure Boot's keys.
 */
#include "policy/seals.h"

#include "text/pcr.h"

#define PCR(n) ((uint32_t)1 << (n))
#define CHANGING (PCR(8) | PCR(9) | PCR(11) | PCR(12))

bool seal_is_at_risk(const struct tpm_seal *seal)
{
	return !seal->known || seal->pcrlock ||
	       ((seal->pcrs | seal->signed_pcrs) & CHANGING) != 0;
}

/* "sealed to PCR 7+8+9", "sealed to no PCR" ... */
static void add_sealed_to(const struct tpm_seal *seal, struct str *ret)
{
	CLEANUP(free_char) char *pcrs = pcrs_format(seal->pcrs);
	CLEANUP(free_char) char *with_signature = pcrs_format(seal->signed_pcrs);

	if (seal->pcrlock) {
		str_add(ret, "by a policy of systemd-pcrlock");
	} else if (!seal->known) {
		str_add(ret, "sealed to PCRs that are not known");
	} else {
		str_addf(ret, "sealed to %s%s", *pcrs ? "PCR " : "no PCR", pcrs);
		if (*with_signature)
			str_addf(ret, " and to signed values of PCR %s", with_signature);
	}
}

char *seal_describe(const struct sealed_disk *disk)
{
	const struct tpm_seal *seal = &disk->seal;
	CLEANUP(free_char)
	char *changing = pcrs_format((seal->pcrs | seal->signed_pcrs) & CHANGING);
	struct str s = { 0 };

	str_addf(&s, "the TPM unlocks the disk %s (%s), ", disk->name, disk->device);
	add_sealed_to(seal, &s);
	str_addf(&s, " (%s): ", disk->evidence);
	if (!seal_is_at_risk(seal)) {
		str_add(&s, "a change of the command line or the initramfs does not "
			    "concern that");
		return str_take(&s);
	}
	if (seal->known && !seal->pcrlock)
		str_addf(&s,
			 "PCR %s can change with the command line, the menu or the "
			 "initramfs",
			 changing);
	else
		str_add(&s, "a change of the command line or the initramfs may concern "
			    "that");
	str_add(&s, ", and then the next boot asks for the passphrase or the recovery "
		    "key: have it ready before you reboot");
	return str_take(&s);
}

char *seal_remedy(const struct sealed_disk *disk)
{
	const struct tpm_seal *seal = &disk->seal;
	CLEANUP(free_char) char *pcrs = pcrs_format(seal->pcrs);
	struct str s = { 0 };

	if (seal->pcrlock) {
		str_add(&s, "/usr/lib/systemd/systemd-pcrlock make-policy");
	} else if (!seal->known || !(seal->pcrs & CHANGING)) {
		return NULL;
	} else if (seal->kind == SEAL_CLEVIS) {
		if (seal->slot < 0)
			return NULL;
		str_add(&s, "clevis luks regen -d ");
		str_add_shell_word(&s, disk->device);
		str_addf(&s, " -s %d", seal->slot);
	} else if (seal->signed_pcrs) {
		return NULL;
	} else {
		str_addf(&s,
			 "systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto "
			 "--tpm2-pcrs=%s ",
			 pcrs);
		str_add_shell_word(&s, disk->device);
	}
	return str_take(&s);
}
