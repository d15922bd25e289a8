/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/trial.h"

/* "20261122T120344Z-1a2b3c4d": enough of the boot's id to tell boots apart. */
#define STAMP "%Y%m%dT%H%M%SZ"
#define BOOT_DIGITS 8

char *trial_make_id(time_t now, const char *boot_id)
{
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), STAMP, &tm);
	return xasprintf("%s-%.*s", stamp, BOOT_DIGITS, boot_id ? boot_id : "0");
}

time_t trial_time(const char *id)
{
	struct tm tm = { 0 };
	const char *end = strptime(id, STAMP, &tm);

	return end && *end == '-' ? timegm(&tm) : 0;
}

/* Was it set up in this boot? Unknown where either does not say. */
static enum tri is_of_this_boot(const char *id, const char *boot_id)
{
	const char *dash = id ? strchr(id, '-') : NULL;

	if (!dash || strlen(dash + 1) != BOOT_DIGITS || !boot_id ||
	    strlen(boot_id) < BOOT_DIGITS)
		return TRI_UNKNOWN;
	return strncmp(dash + 1, boot_id, BOOT_DIGITS) == 0 ? TRI_YES : TRI_NO;
}

enum trial_state trial_state_of(const struct boot_config *boot, const char *cmdline,
				const char *boot_id)
{
	CLEANUP(free_char) char *id = NULL, *running = NULL;

	if (!boot->trial && !boot->trial_pending)
		return TRIAL_NONE;
	if (boot->trial && boot->trial->options)
		id = boot_trial_id(boot->trial->options);
	if (cmdline)
		running = boot_trial_id(cmdline);
	if (id && str_eq(id, running))
		return TRIAL_RUNNING;
	if (boot->trial_pending)
		return TRIAL_PENDING;
	return cmdline && is_of_this_boot(id, boot_id) == TRI_NO ? TRIAL_OVER
								 : TRIAL_IDLE;
}
