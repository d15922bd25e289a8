# SPDX-License-Identifier: GPL-2.0-or-later
# One plain Makefile. `make deps` installs what building needs; `make try`, `make test` and `make lint` install what they
# need themselves.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
# Where older versions put the program.
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
# systemd looks below these prefixes only (systemd.unit(5)).
UNITDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),$(PREFIX)/lib/systemd/system,/etc/systemd/system)
# Where the shells look for completions, each by the name of the command.
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
DESTDIR ?=
CC ?= cc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
BUILD ?= build

VERSION := 0.1.0
PKGS := libpci libudev blkid mount libarchive libkmod jansson libmnl
# libarchive and libkmod are loaded when they are needed: src/probe/library.h
LINKED := libpci libudev blkid mount jansson libmnl
# Asked once, and only by the rules that compile: `make deps` and `make clean` work without pkg-config.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(LINKED)))$(PKG_LIBS)
WARN := -Wall -Wextra -Werror=implicit-function-declaration \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wformat=2 -Wvla -Wundef -Wwrite-strings
DEFINES := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSLICER_VERSION='"$(VERSION)"' -Isrc -I. -Itests
HARDEN := -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=gnu17 $(WARN) $(DEFINES) $(PKG_CFLAGS) $(HARDEN) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

LIB_SRC := $(sort $(wildcard src/*/*.c bootloaders/*.c))
OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/templates.o
TEMPLATES := $(sort $(wildcard templates/*))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
MAN := $(patsubst docs/%.scd,$(BUILD)/man/%,$(sort $(wildcard docs/*.8.scd)))
STOPPER := $(BUILD)/crash/stopper
MUTATE := $(BUILD)/mutate/mutate
PLUG := $(BUILD)/vm-plug
FUZZ_SECONDS ?= 60

# As many jobs as there are processors, where nobody said how many.
ifeq ($(filter -j%,$(MAKEFLAGS))$(filter --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

# `make V=1` shows the commands
ifeq ($(V),1)
say := @:
else
say := @echo
.SILENT:
endif

.PHONY: all deps deps-test deps-lint try check test crash lint fuzz fuzz-replay asan cover bench soak install dist deb \
	vm-matrix soak-cuts soak-crash soak-fuzz soak-mutate soak-advice test-packages \
	uninstall clean unit man

all: $(BUILD)/slicer

$(BUILD)/slicer: $(BUILD)/src/main.o $(OBJ)
	$(say) "  LD    $@"
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/%.o: %.c Makefile | needs
	@mkdir -p $(@D)
	$(say) "  CC    $<"
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The files of templates/ as C strings.
$(BUILD)/templates.c: $(TEMPLATES) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "steps/template.h"'; \
	   echo 'const struct template_file template_files[] = {'; \
	   for f in $(TEMPLATES); do \
		printf '{ "%s", "' "$${f##*/}"; \
		od -An -v -tx1 "$$f" | tr -d '\n' | sed 's/ /\\x/g'; \
		echo '" },'; \
	   done; echo '{ 0 } };'; } > $@.new && mv $@.new $@

$(BUILD)/templates.o: $(BUILD)/templates.c | needs
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(OBJ:.o=.d) $(BUILD)/src/main.d

# ---- set-up ------------------------------------------------------------------------------

# Installs what is missing, with sudo when not root: for building and installing; for `make check` and `make test`; for
# `make lint` and `make cover`.
deps:
	@contrib/install/deps build
deps-test:
	@contrib/install/deps build test
deps-lint:
	@contrib/install/deps build lint

# What is missing is told in one line, before a compiler tells it in many.
NEEDS = PKG_CONFIG="$(PKG_CONFIG)" contrib/install/needs
.PHONY: needs needs-scdoc needs-cmocka needs-clang
needs:
	@$(NEEDS) deps $(firstword $(CC)) -- $(PKGS)
needs-scdoc:
	@$(NEEDS) deps scdoc
needs-cmocka: | needs
	@$(NEEDS) deps-test -- cmocka
needs-clang: | needs
	@$(NEEDS) deps-test $(firstword $(CLANG))

try: deps
	@$(MAKE) --no-print-directory all
	@tests/try $(BUILD)/slicer

# ---- tests ---------------------------------------------------------------------------------

# All but main, for the unit tests: each links what it needs of it.
LIB := $(BUILD)/libslicer.a
$(LIB): $(OBJ)
	@rm -f $@
	ar rcs $@ $^

# Their objects are kept: a change of src/ only links them anew.
UNIT_OBJ := $(UNIT:%=%.o)
.SECONDARY: $(UNIT_OBJ)
$(BUILD)/unit/%: $(BUILD)/unit/%.o $(LIB)
	$(say) "  TEST  $@"
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -larchive -lcmocka

$(BUILD)/unit/%.o: tests/unit/%.c Makefile | needs needs-cmocka
	@mkdir -p $(@D)
	$(say) "  CC    $<"
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(UNIT_OBJ:.o=.d)

unit: $(UNIT)
	@tests/unit/run $(UNIT)

# Everything but the machines.
check: all $(UNIT) fuzz-replay-build $(STOPPER)
	@tests/suites check

test: deps-test
	@$(MAKE) --no-print-directory all $(UNIT) fuzz-replay-build $(STOPPER) $(MUTATE) $(PLUG)
	@tests/suites test

# What runs a program up to one system call.
$(STOPPER): $(wildcard tests/crash/*.[ch]) Makefile | needs
	@mkdir -p $(@D)
	$(say) "  CC    $@"
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^)

# What makes host trees wrong.
$(MUTATE): $(sort $(wildcard tests/mutate/*.c)) tests/crash/calls.c $(LIB) Makefile $(wildcard tests/mutate/*.h) | needs
	@mkdir -p $(@D)
	$(say) "  CC    $@"
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c %.a,$^) $(PKG_LIBS)

# What stops a virtual machine.
$(PLUG): tests/vm/plug.c Makefile | needs
	@mkdir -p $(@D)
	$(say) "  CC    $@"
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

# Killed at every system call, with every call failing, with programs that lie: some minutes.
crash: all $(STOPPER)
	@tests/run-tap crash -- tests/crash/run

# The same unit tests and fuzz corpora under AddressSanitizer and UBSan.
asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS="-O1 -g $(SAN)" all unit
	@SLICER=$(BUILD)/asan/slicer tests/suites asan

# What the parsers need, compiled once with the sanitizers and the fuzzer's counters.
FUZZ_BIN := $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
FUZZ_OBJ := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(sort $(wildcard src/base/*.c src/text/*.c)))
FUZZ_LIB := $(BUILD)/fuzz/libparsers.a
FUZZ_CC = $(CLANG) -std=gnu17 $(DEFINES) -O1 -g -fno-sanitize-recover=all
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIB)
	@mkdir -p $(@D)
	$(say) "  FUZZ  $@"
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZ_LIB) -ljansson

$(FUZZ_LIB): $(FUZZ_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/fuzz/%.o: %.c Makefile | needs-clang
	@mkdir -p $(@D)
	$(say) "  CC    $< (fuzzing)"
	$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

-include $(FUZZ_OBJ:.o=.d)

.PHONY: fuzz-replay-build
fuzz-replay-build: $(FUZZ_BIN)

fuzz: $(FUZZ_BIN)
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ)

cover:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/cover CFLAGS="-O0 -g --coverage" all unit
	@SLICER=$(BUILD)/cover/slicer tests/suites cover
	gcovr --root . --object-directory $(BUILD)/cover --filter src/ --filter bootloaders/ \
		--txt --txt-metric line

lint: deps-lint
	@tests/lint

bench: all
	@tests/bench/run

# Hours, in parts: ONLY= and the rest, see tests/parts.
vm-matrix: all $(PLUG) $(STOPPER)
	@tests/vm/matrix releases | tests/parts vm-matrix

soak-cuts: all $(PLUG)
	@tests/vm/matrix cuts | tests/parts soak-cuts

soak-crash: all $(STOPPER)
	@tests/crash/parts | tests/parts soak-crash

soak-fuzz: $(FUZZ_BIN)
	@for f in $(FUZZ); do echo "$$f FUZZ_SECONDS=600 tests/fuzz/run $$f"; done | tests/parts soak-fuzz

soak-mutate: all $(MUTATE)
	@tests/mutate/parts | tests/parts soak-mutate

# Packages, built and used in roots of other releases: root, Debian's mirror.
test-packages:
	@tests/packages/list | tests/parts test-packages

soak-advice: all
	@echo "every-device tests/advice/run --whole" | tests/parts soak-advice

soak: soak-cuts soak-crash soak-fuzz soak-mutate soak-advice

# ---- installation ----------------------------------------------------------------------------

$(BUILD)/man/%: docs/%.scd | needs-scdoc
	@mkdir -p $(@D)
	scdoc < $< > $@
# Where a page has a table, the first line has to say so: groff_man(7), "Preprocessors".
	! grep -q '^\.TS' $@ || sed -i "1i'\\\\\" t" $@

man: $(MAN)

# The program has two names: contrib/install/program. The unit starts it by the one that is always there.
PROGRAM := DESTDIR="$(DESTDIR)" BINDIR="$(BINDIR)" SBINDIR="$(SBINDIR)" contrib/install/program
install: all man
	@$(PROGRAM) install $(BUILD)/slicer
	for m in $(MAN); do install -D -m 0644 $$m $(DESTDIR)$(MANDIR)/man8/$${m##*/}; done
	install -d $(DESTDIR)$(MANDIR)/man8 && echo '.so man8/slicer.8' > $(DESTDIR)$(MANDIR)/man8/slicer-iommu.8
	install -D -m 0644 templates/completion.bash $(DESTDIR)$(BASHDIR)/slicer
	install -D -m 0644 templates/completion.zsh $(DESTDIR)$(ZSHDIR)/_slicer
	install -D -m 0644 templates/completion.fish $(DESTDIR)$(FISHDIR)/slicer.fish
	ln -sf slicer $(DESTDIR)$(BASHDIR)/slicer-iommu
	ln -sf slicer.fish $(DESTDIR)$(FISHDIR)/slicer-iommu.fish
	sed 's|@SLICER@|$(BINDIR)/slicer-iommu|' templates/slicer-bind.service | \
		install -D -m 0644 /dev/stdin $(DESTDIR)$(UNITDIR)/slicer-bind.service

uninstall:
	rm -f $(DESTDIR)$(UNITDIR)/slicer-bind.service
	rm -f $(addprefix $(DESTDIR)$(BASHDIR)/,slicer slicer-iommu) $(DESTDIR)$(ZSHDIR)/_slicer \
		$(addprefix $(DESTDIR)$(FISHDIR)/,slicer.fish slicer-iommu.fish)
	for m in $(MAN) slicer-iommu.8; do rm -f $(DESTDIR)$(MANDIR)/man8/$${m##*/}; done
	@$(PROGRAM) uninstall

# A tarball of HEAD.
dist:
	@contrib/dist $(BUILD)

# Debian's package of HEAD, with what dpkg-buildpackage and debhelper are.
deb:
	@contrib/deb $(BUILD)/deb

clean:
	rm -rf $(BUILD)
