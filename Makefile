# SPDX-License-Identifier: GPL-2.0-or-later
# One plain Makefile. `make try` and `make test` set themselves up; the rest wants `make deps`.

PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CLANG ?= clang
CFLAGS ?= -O2 -g
BUILD ?= build

VERSION := 0.1.0
PKGS := libpci blkid mount libarchive libkmod smartcols jansson
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS = $(shell pkg-config --libs $(PKGS))
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wformat=2 -Wvla -Wundef -Wwrite-strings
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSLICER_VERSION='"$(VERSION)"' -Isrc -I. -I$(BUILD)
ALL_CFLAGS = -std=gnu17 $(WARN) $(PKG_CFLAGS) -fstack-protector-strong $(CFLAGS)

LIB_SRC := $(sort $(filter-out src/main.c,$(wildcard src/*/*.c src/*.c)) $(wildcard bootloaders/*.c))
TEXT_SRC := $(sort $(wildcard src/base/*.c src/text/*.c))
SRC := $(LIB_SRC) src/main.c
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o)
TEMPLATES := $(sort $(wildcard templates/*))
TEMPLATE_OBJ := $(BUILD)/templates.o

.PHONY: all deps try check test lint fuzz asan cover bench soak vm-matrix install uninstall clean

all: $(BUILD)/slicer

$(BUILD)/slicer: $(OBJ) $(TEMPLATE_OBJ)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)
