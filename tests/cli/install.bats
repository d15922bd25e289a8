#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What "make install" and "make uninstall" do with the program, where another one has its name and where none has.
load helpers

setup() {
	D=$BATS_TEST_TMPDIR/dest
	B=/usr/local/bin
	mkdir -p "$D$B"
	# What ours is known by, in less than its megabytes. The last case has the program itself.
	OURS=$BATS_TEST_TMPDIR/ours
	"$SLICER" --help >"$OURS"
	chmod 755 "$OURS"
}

# program ARG...: what the Makefile runs, for a host staged in $D.
program() {
	command_status env DESTDIR="$D" BINDIR="$B" SBINDIR="${B%/bin}/sbin" "$TOP/contrib/install/program" "$@"
}
# foreign FILE: another program of that name.
foreign() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\necho SlicerVM\n' >"$1"
	chmod 755 "$1"
}
is_foreign() { [ "$("$1")" = SlicerVM ]; }
is_ours() { [ -x "$1" ] && [ ! -L "$1" ] && cmp "$OURS" "$1"; }
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }

@test "install: both names, and again over itself" {
	local i
	for i in 1 2; do
		program install "$OURS"
		exits 0
		says "installed $D$B/slicer, and the same as $D$B/slicer-iommu."
		[[ $(wc -l <<<"$output") -eq 1 && -z $stderr ]]
		is_ours "$D$B/slicer"
		is_ours "$D$B/slicer-iommu"
	done
	program uninstall
	exits 0
	[ -z "$(find "$D" -type f -o -type l)" ]
}

@test "install: another program's slicer stays, ours is slicer-iommu" {
	foreign "$D$B/slicer"
	program install "$OURS"
	exits 0
	says "installed $D$B/slicer-iommu."
	says "$D$B/slicer is another program (SlicerVM's?) and stays as it is: this one is called slicer-iommu."
	is_foreign "$D$B/slicer"
	is_ours "$D$B/slicer-iommu"
	program uninstall
	exits 0
	says "$D$B/slicer is another program: it stays as it is."
	is_foreign "$D$B/slicer"
	absent "$D$B/slicer-iommu"
}

@test "install: a link that is slicer leads to another program, or to nothing: it stays" {
	foreign "$D/opt/vm/slicer"
	ln -s "$D/opt/vm/slicer" "$D$B/slicer"
	program install "$OURS"
	exits 0
	is_foreign "$D$B/slicer"
	[ -L "$D$B/slicer" ]
	rm "$D/opt/vm/slicer"
	program install "$OURS"
	exits 0
	says 'stays as it is'
	[ -L "$D$B/slicer" ]
	program uninstall
	[ -L "$D$B/slicer" ]
}

# bats test_tags=deep
@test "install: another program's slicer in any directory of root's PATH keeps the name" {
	local dir
	for dir in /usr/local/sbin /usr/sbin /usr/bin /sbin /bin; do
		rm -rf "$D"
		mkdir -p "$D$B"
		program install "$OURS"
		is_ours "$D$B/slicer"
		# It came later: the name is its own from then on.
		foreign "$D$dir/slicer"
		program install "$OURS"
		exits 0
		says "$D$dir/slicer is another program"
		is_foreign "$D$dir/slicer"
		absent "$D$B/slicer"
		is_ours "$D$B/slicer-iommu"
	done
}

@test "install: the caller's PATH counts on this machine, not for what is staged for another" {
	foreign "$BATS_TEST_TMPDIR/home/slicer"
	PATH=$BATS_TEST_TMPDIR/home:$PATH program install "$OURS"
	exits 0
	is_ours "$D$B/slicer"
	B=$BATS_TEST_TMPDIR/here/bin D=
	PATH=.:$BATS_TEST_TMPDIR/home:$PATH program install "$OURS"
	exits 0
	says 'this one is called slicer-iommu'
	absent "$B/slicer"
	is_ours "$B/slicer-iommu"
}

@test "install: what SlicerVM's installer writes into slicer does not get into slicer-iommu" {
	program install "$OURS"
	# It opens the file that is there and writes.
	printf '#!/bin/sh\necho SlicerVM\n' >"$D$B/slicer"
	is_ours "$D$B/slicer-iommu"
	program install "$OURS"
	exits 0
	is_foreign "$D$B/slicer"
}

@test "install: a slicer-iommu that is another program is not overwritten, nothing is installed" {
	foreign "$D$B/slicer-iommu"
	program install "$OURS"
	exits 1
	complains "$D$B/slicer-iommu exists and is another program"
	complains 'PREFIX='
	is_foreign "$D$B/slicer-iommu"
	absent "$D$B/slicer"
}

# bats test_tags=deep
@test "install, uninstall: an older version's program in sbin goes, another program there stays" {
	local verb
	for verb in "install $OURS" uninstall; do
		mkdir -p "$D/usr/local/sbin"
		cp "$OURS" "$D/usr/local/sbin/slicer"
		# shellcheck disable=SC2086 # two words
		program $verb
		exits 0
		says "removed $D/usr/local/sbin/slicer, of an older version."
		absent "$D/usr/local/sbin/slicer"
		foreign "$D/usr/local/sbin/slicer"
		# shellcheck disable=SC2086
		program $verb
		exits 0
		[[ $output != *'older version'* ]]
		is_foreign "$D/usr/local/sbin/slicer"
		rm "$D/usr/local/sbin/slicer"
	done
}

@test "install: where sbin is a link to bin, what was installed stays" {
	ln -s bin "$D/usr/local/sbin"
	program install "$OURS"
	program install "$OURS"
	exits 0
	is_ours "$D$B/slicer"
	[[ $output != *removed* ]]
}

@test "install: a pending trial's service starts the older version's program: it stays" {
	mkdir -p "$D/usr/local/sbin" "$D/etc/systemd/system"
	cp "$OURS" "$D/usr/local/sbin/slicer"
	sed 's|@SLICER@|/usr/local/sbin/slicer|' "$TOP/templates/slicer-confirm.service" \
		>"$D/etc/systemd/system/slicer-confirm.service"
	program install "$OURS"
	exits 0
	says "$D/usr/local/sbin/slicer, of an older version, stays until the trial that starts it is over"
	is_ours "$D/usr/local/sbin/slicer"
	rm "$D/etc/systemd/system/slicer-confirm.service"
	program install "$OURS"
	absent "$D/usr/local/sbin/slicer"
}

# bats test_tags=deep
@test "make install: what it says, and the manual by both names" {
	[[ $SLICER == "$TOP"/* ]] || skip "the program that is tested was not made from these sources"
	make_it() {
		command_status env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$TOP" "$1" MAN= DESTDIR="$D"
	}
	local i
	for i in 1 2; do
		make_it install
		exits 0
		says "installed $D$B/slicer, and"
		cmp "$D$B/slicer" "$D$B/slicer-iommu"
		"$D$B/slicer-iommu" --version
	done
	foreign "$D$B/slicer"
	make_it install
	exits 0
	says 'this one is called slicer-iommu.'
	[ "$(cat "$D/usr/local/share/man/man8/slicer-iommu.8")" = '.so man8/slicer.8' ]
	grep -q "^ExecStart=$B/slicer-iommu " "$D/usr/local/lib/systemd/system/slicer-bind.service"
	make_it uninstall
	exits 0
	[ "$(find "$D" -type f)" = "$D$B/slicer" ]
}

# bats test_tags=deep
@test "make dist: the same bytes twice, with nobody's settings in them, and it builds without git" {
	git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1 || skip "these sources are no checkout"
	local a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b version name
	command_status env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$TOP" dist BUILD="$a"
	exits 0
	version=$(git -C "$TOP" show HEAD:Makefile | sed -n 's/^VERSION := //p')
	name=slicer-$version
	says "$a/$name.tar.gz"
	sleep 1.1
	(umask 077 && GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=tar.umask GIT_CONFIG_VALUE_0=0077 TZ=Asia/Tokyo \
		"$TOP/contrib/dist" "$b")
	cmp "$a/$name.tar.gz" "$b/$name.tar.gz"
	[ "$(stat -c %a "$b/$name.tar.gz")" = 644 ]
	[ "$(ls -A "$a")" = "$name.tar.gz" ]
	# One owner, one time, one directory; every file of HEAD and no other.
	tar --numeric-owner -tvzf "$a/$name.tar.gz" >"$BATS_TEST_TMPDIR/list"
	[ "$(awk '{ print $2, $4, $5 }' "$BATS_TEST_TMPDIR/list" | sort -u | wc -l)" -eq 1 ]
	grep -q ' 0/0 ' "$BATS_TEST_TMPDIR/list"
	diff <(git -C "$TOP" ls-tree -r --name-only HEAD | LC_ALL=C sort) \
		<(tar -tzf "$a/$name.tar.gz" | sed -n "s|^$name/||; /[^/]$/p" | LC_ALL=C sort)
	tar -xzf "$a/$name.tar.gz" -C "$a"
	# A copy of it is no checkout, whatever is around it.
	command_status env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS GIT_DIR=/nowhere make -s -C "$a/$name" dist
	exits 2
	complains 'no checkout of git'
	command_status env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$a/$name" CFLAGS=-O0 \
		build/src/main.o build/templates.o
	exits 0
}
