/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SLICER_CMD_SETUP_ROOM_H
#define SLICER_CMD_SETUP_ROOM_H

#include "cmd/setup.h"
#include "policy/room.h"

/*
 * Is there room for all that s->plan writes and has written: its files, the journal, the
 * initramfs images (the new one beside the old), the boot menu, the copies that a
 * generator makes on the ESP? -ENOSPC with an error that names the filesystem.
 */
int setup_room(const struct setup *s, struct error *e);

#endif
