#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What "make deps" and its like install, with scripts in the place of package managers, and what make says where something
# is missing. None of the packages' names is tried here but, by whoever runs all of the tests, Debian's.
load helpers

setup() {
	P=$BATS_TEST_TMPDIR/bin
	LOG=$BATS_TEST_TMPDIR/log
	mkdir "$P"
	: >"$LOG"
	local tool
	for tool in sh awk mktemp tail rm env cat; do
		ln -s "$(command -v "$tool")" "$P/$tool"
	done
	stand_in id 'echo 0'
}

# stand_in NAME [COMMAND]: a program that notes how it was started, and then does that.
stand_in() {
	printf '#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' "$1" "$LOG" "${2:-}" >"$P/$1"
	chmod 755 "$P/$1"
}
deps() {
	: >"$LOG"
	command_status env -i PATH="$P" TMPDIR="$BATS_TEST_TMPDIR" "$TOP/contrib/install/deps" "$@"
}
# ran LINE: that was started, word for word.
ran() { grep -qxF -- "$1" "$LOG"; }
# installs COMMAND: it was started once; what follows in its line is in $packages.
installs() {
	[ "$(grep -c "^$1 " "$LOG")" -eq 1 ]
	packages=" $(sed -n "s/^$1 //p" "$LOG") "
}
has() {
	local p
	for p; do [[ $packages == *" $p "* ]] || return 1; done
}

@test "deps: each package manager gets its own names, and the output says them" {
	local manager query install names
	while IFS='|' read -r manager query install names; do
		rm -f "$P"/{apt-get,dnf,zypper,pacman,apk,rpm,dpkg-query}
		[[ -n $query ]] && stand_in "$query" 'exit 1'
		case $manager in
		pacman) stand_in pacman '[ "$1" != -T ]' ;;
		apk) stand_in apk '[ "$1" != info ]' ;;
		*) stand_in "$manager" ;;
		esac
		deps build
		exits 0
		installs "$install"
		# shellcheck disable=SC2086 # words
		has $names
		# One for each library that is linked, a compiler, pkg-config, scdoc.
		[ "$(wc -w <<<"$packages")" -ge 11 ]
		says "deps: installing with $manager:${packages% }"
		[[ $packages != *' bats '* && $packages != *qemu* && $packages != *clang* ]]
	done <<-'EOT'
		dnf|rpm|dnf install -y|gcc pciutils-devel systemd-devel kmod-devel jansson-devel libmount-devel
		zypper|rpm|zypper --non-interactive install --no-recommends|gcc pciutils-devel systemd-devel libkmod-devel libjansson-devel
		pacman||pacman -S --needed --noconfirm|gcc pkgconf pciutils systemd-libs util-linux-libs
		apk||apk add|build-base pciutils-dev eudev-dev util-linux-dev
	EOT
}

@test "deps: apt-get with a fresh list, and only for what is missing" {
	stand_in apt-get
	stand_in dpkg-query 'case $4 in scdoc | libpci-dev | bats) exit 1 ;; *) echo "install ok installed" ;; esac'
	deps build
	exits 0
	ran 'apt-get update'
	ran 'apt-get install -y --no-install-recommends scdoc libpci-dev'
	says 'deps: installing with apt-get: scdoc libpci-dev'
	deps build test
	exits 0
	ran 'apt-get install -y --no-install-recommends scdoc libpci-dev bats'
	# Removed, with its configuration left.
	stand_in dpkg-query 'case $4 in bats) echo "deinstall ok config-files" ;; *) echo "install ok installed" ;; esac'
	deps build test
	ran 'apt-get install -y --no-install-recommends bats'
	deps build lint
	exits 0
	[ -z "$output" ]
	[ "$(grep -c apt-get "$LOG")" -eq 0 ]
}

@test "deps: a manager that fails is told with what it said; nobody's sudo is needed where all is there" {
	stand_in rpm 'case $4 in jansson-devel) exit 1 ;; esac'
	stand_in dnf 'echo "no mirror answers" >&2; exit 1'
	deps build
	exits 1
	complains 'no mirror answers'
	complains 'deps: dnf failed to install: jansson-devel'
	stand_in id 'echo 1000'
	deps build
	exits 1
	complains 'not root, and there is no sudo. As root, install with dnf: jansson-devel'
	[ "$(grep -c '^dnf' "$LOG")" -eq 0 ]
	stand_in sudo
	deps build
	exits 0
	ran 'sudo dnf install -y jansson-devel'
	stand_in rpm
	rm "$P/sudo"
	deps build
	exits 0
}

@test "deps: without a package manager that it knows, one error lists what to install" {
	deps build
	exits 1
	complains 'there is none of apt-get, dnf, zypper, pacman, apk'
	complains 'libpci-dev'
	complains 'scdoc'
	[ -z "$output" ]
}

@test "deps: elsewhere than on Debian, tests and lint are told which programs are missing" {
	stand_in rpm
	stand_in dnf
	deps build test
	exits 1
	complains 'install these programs, whose packages are known for Debian only:'
	complains ' bats '
	complains ' qemu-system-x86_64 '
	stand_in bats
	deps build test
	[[ $stderr != *' bats '* ]]
	deps build lint
	complains ' clang-tidy '
	[[ $stderr != *qemu* ]]
	deps build
	exits 0
}

@test "deps: words that it does not know" {
	stand_in apt-get
	local words
	for words in '' everything 'build all'; do
		# shellcheck disable=SC2086
		deps $words
		exits 2
		complains 'usage: deps'
	done
}

needs() {
	command_status env PKG_CONFIG="${PKG:-pkg-config}" PATH="$P:$PATH" "$TOP/contrib/install/needs" "$@"
}

@test "needs: one line names what is missing, and what installs it" {
	stand_in pc 'shift; for x; do case $x in libpci | mount) exit 1 ;; esac; done'
	PKG=pc needs deps sh -- libudev libpci mount
	exits 1
	[ "$stderr" = 'missing libpci mount: run make deps' ]
	PKG=pc needs deps sh -- libudev
	exits 0
	[[ -z $output && -z $stderr ]]
	PKG='no-such-pkg-config --static' needs deps no-such-cc sh -- libudev
	exits 1
	[ "$stderr" = 'missing no-such-cc no-such-pkg-config: run make deps' ]
	needs deps-test no-such-clang
	[ "$stderr" = 'missing no-such-clang: run make deps-test' ]
	needs deps sh
	exits 0
}

# bats test_tags=deep
@test "make: a library, pkg-config or compiler that is missing is one line, nothing is compiled; clean works" {
	make_it() {
		command_status env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u CC "${@:2}" \
			make -C "$TOP" --no-print-directory BUILD="$BATS_TEST_TMPDIR/build" "$1"
	}
	# Its last line is make's own: *** [Makefile:1: needs] Error 1
	one_line() { [[ ${stderr%%$'\n'*} == "$1" && $(grep -vc '^make: ' <<<"$stderr") -eq 1 && $output != *CC* ]]; }
	stand_in pc '[ "$1" != --exists ] || { shift; for x; do [ "$x" != libpci ] || exit 1; done; }'
	make_it all PKG_CONFIG="$P/pc"
	exits 2
	one_line 'missing libpci: run make deps'
	make_it all PKG_CONFIG=no-such-pkg-config
	one_line 'missing no-such-pkg-config: run make deps'
	make_it all CC='no-such-cc -m64'
	one_line 'missing no-such-cc: run make deps'
	make_it "$BATS_TEST_TMPDIR/build/fuzz/src/base/str.o" CLANG=no-such-clang
	one_line 'missing no-such-clang: run make deps-test'
	make_it clean PKG_CONFIG=no-such-pkg-config CC=no-such-cc
	exits 0
	[ ! -e "$BATS_TEST_TMPDIR/build" ]
}
