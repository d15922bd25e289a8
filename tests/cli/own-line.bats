#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# GRUB's files where what the variable holds can't be known: slicer adds its own last assignment behind it, the running
# system's shell proves it, and --undo takes it away.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

WANT='intel_iommu=on iommu=pt'
MAIN=etc/default/grub
DIR=etc/default/grub.d
OWN=$DIR/zz-slicer-iommu.cfg

host() {
	live_tree debian-grub off switched_on
	mkdir -p "$T/$DIR"
}
# cmdline TEXT: the lines for the assignment in the main file, and the menu that they make.
cmdline() {
	sed -i '/^GRUB_CMDLINE_LINUX_DEFAULT=/d' "$T/$MAIN"
	printf '%s\n' "$@" >>"$T/$MAIN"
	inside update-grub >"$BATS_TEST_TMPDIR/update-grub" 2>&1 </dev/null
}
none() { ! grep -rq -- "$@"; }
# menu_has WORDS: each normal entry ends with them.
menu_has() {
	local lines
	lines=$(grep -E '^\s+linux\s' "$T/boot/grub/grub.cfg" | grep -v ' single' | sed -E 's/.* ro +//; s/ +/ /g; s/ $//' | sort -u)
	[ "$lines" = "$1" ] || { printf 'the menu has: %s\n' "$lines" && false; }
}
check_round() { # WORDS...: set up, again, and back; the menu has WORDS and what is wanted in between
	menu_has "$*"
	remember
	cp -a "$T/etc" "$BATS_TEST_TMPDIR/etc"
	live setup-iommu --yes
	exits 0
	says "can't be known"
	grep -qxF "GRUB_CMDLINE_LINUX_DEFAULT=\"\$GRUB_CMDLINE_LINUX_DEFAULT $WANT\"" "$T/$OWN"
	menu_has "$(echo $* "$WANT")"
	live setup-iommu --yes
	exits 0
	says "Nothing to change"
	live setup-iommu --undo --yes
	exits 0
	menu_has "$*"
	diff -r --no-dereference "$BATS_TEST_TMPDIR/etc" "$T/etc"
	rm -r "$BATS_TEST_TMPDIR/etc"
}

# bats test_tags=deep
@test "a command substitution over the variable: set up, found as it is, and taken back" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	check_round quiet panic=10
}

# bats test_tags=deep
@test "an assignment in an if, and after ||" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=quiet' 'if [ -d /etc ]; then' '	GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT a"' fi
	check_round quiet a
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=quiet' '[ -e /nowhere ] || GRUB_CMDLINE_LINUX_DEFAULT="b"'
	check_round b
}

# bats test_tags=deep
@test "a case, a loop and a function" {
	host
	cmdline 'case $(uname) in Linux) GRUB_CMDLINE_LINUX_DEFAULT=c ;; esac'
	check_round c
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=l' 'for x in a b; do GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT $x=1"; done'
	check_round l a=1 b=1
	cmdline 'add() { GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT $1"; }' 'GRUB_CMDLINE_LINUX_DEFAULT=f' 'add g'
	check_round f g
}

# bats test_tags=deep
@test "a file that is read in and does not say what it sets" {
	host
	echo 'eval "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet fromfile\""' >"$T/etc/more"
	cmdline '. /etc/more'
	check_round quiet fromfile
}

# bats test_tags=deep
@test "the proof does not run the files' commands on its own script" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(cat)"' 'read -r line || :'
	check_round quiet
}

# bats test_tags=deep
@test "under --root nobody can ask the shell: refused, and doctor judges by the menu" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	remember
	on setup-iommu --yes
	exits 3
	complains "/etc/default/grub:"
	unchanged
	on doctor --json
	exits 1
	json '.verdict == "setup-needed" and .cmdline.configured == null'
	json '[.next[] | select(test("^sudo slicer.* setup-iommu"))] == []'
}

# bats test_tags=deep
@test "doctor on the machine itself: set-up, then reboot, then ready" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live doctor --json
	exits 1
	json '.verdict == "setup-needed" and .next[0] == "sudo slicer setup-iommu"'
	live setup-iommu --yes
	exits 0
	live doctor --json
	exits 1
	json '.verdict == "reboot-needed"'
}

@test "a dry run shows the drop-in and says what could not be looked at" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	remember
	live setup-iommu --dry-run
	exits 0
	says "+GRUB_CMDLINE_LINUX_DEFAULT=\"\$GRUB_CMDLINE_LINUX_DEFAULT $WANT\""
	says "can't be known"
	unchanged
}

# bats test_tags=deep
@test "a drop-in that sorts after slicer's and assigns anew: a name that sorts later" {
	host
	echo 'GRUB_CMDLINE_LINUX_DEFAULT="mine"' >"$T/$DIR/zzz-mine.cfg"
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=lost'
	live setup-iommu --yes
	exits 0
	grep -qF "$WANT" "$T/$DIR/zzzz-slicer-iommu.cfg"
	menu_has "mine $WANT"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$DIR/zzzz-slicer-iommu.cfg" ]
	menu_has mine
}

# bats test_tags=deep
@test "it came after the set-up: the next run moves slicer's own behind it" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --yes
	exits 0
	echo 'GRUB_CMDLINE_LINUX_DEFAULT="mine $(echo x)"' >"$T/$DIR/zzz-mine.cfg"
	inside update-grub >/dev/null 2>&1
	menu_has "mine x"
	live setup-iommu --yes
	exits 0
	[ ! -e "$T/$OWN" ]
	menu_has "mine x $WANT"
	live setup-iommu --undo --yes
	exits 0
	menu_has "mine x"
}

# bats test_tags=deep
@test "an upgrade of grub-pc between set-up and undo leaves slicer's own alone" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --yes
	exits 0
	db_get() { RET=$(unset GRUB_CMDLINE_LINUX_DEFAULT; . "$T/$MAIN" && echo "$GRUB_CMDLINE_LINUX_DEFAULT"); }
	. "$TOP/tests/cli/grub-postinst.sh"
	merge_debconf_into_conf "$T/$MAIN" GRUB_CMDLINE_LINUX_DEFAULT grub2/linux_cmdline_default
	grep -qxF 'GRUB_CMDLINE_LINUX_DEFAULT="quiet panic=10"' "$T/$MAIN"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$OWN" ]
	menu_has "quiet panic=10"
}

@test "a parameter against it that the menu shows, out of what can't be known: refused, named" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo intel_iommu=off)"'
	remember
	live setup-iommu --yes --force
	exits 3
	complains "intel_iommu=off"
	complains "by hand"
	unchanged
}

# bats test_tags=deep
@test "the parameters are there already, but not in the menu yet: not a second time" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo x)"'
	sed -i 's/\$(echo x)/$(echo intel_iommu=on)/' "$T/$MAIN"
	remember
	live setup-iommu --yes
	exits 3
	complains "intel_iommu=on is in it without slicer"
	complains update-grub
	unchanged
}

# bats test_tags=deep
@test "files that the shell leaves, or can't read, before slicer's own: refused" {
	host
	local text
	for text in 'exit 0' 'return 0' 'readonly GRUB_CMDLINE_LINUX_DEFAULT' 'false' 'GRUB_CMDLINE_LINUX_DEFAULT+=" a"' '. /etc/nowhere'; do
		rm -f "$T/$DIR/50-mine.cfg"
		cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=quiet'
		echo "$text" >"$T/$DIR/50-mine.cfg"
		remember
		live setup-iommu --yes
		exits 3
		unchanged
	done
}

# bats test_tags=deep
@test "a file whose last command fails ends grub-mkconfig: refused before anything is changed, named" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT=quiet'
	local text
	# Known values, and not known ones.
	for text in '[ -e /nowhere ] && GRUB_TIMEOUT=5' 'for x in a; do [ -e /nowhere ] && GRUB_CMDLINE_LINUX_DEFAULT=$x; done'; do
		echo "$text" >"$T/$DIR/50-mine.cfg"
		remember
		live setup-iommu --yes
		exits 3
		complains "/$DIR/50-mine.cfg: its last command fails"
		complains '"update-grub" says where'
		unchanged
	done
	echo ':' >>"$T/$DIR/50-mine.cfg"
	live setup-iommu --yes
	exits 0
}

# bats test_tags=deep
@test "what is in the way is quoted, and what to do with its line is said" {
	host
	# The generator itself fails with these.
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"' 'GRUB_CMDLINE_LINUX_DEFAULT+=" a"' || :
	live setup-iommu --yes
	exits 3
	complains 'not every sh knows "+=": write GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ..."'
	on setup-iommu --yes
	exits 3
	complains ': GRUB_CMDLINE_LINUX_DEFAULT+=" a"'
	complains "or run slicer on that system itself"
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet" splash' || :
	live setup-iommu --yes
	exits 3
	complains "what follows the closing quote is taken for a command: splash"
	complains "put it into the quotes"
}

# bats test_tags=deep
@test "slicer's own file that somebody wrote into: refused, and what to do" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --yes
	exits 0
	echo 'GRUB_TIMEOUT=9' >>"$T/$OWN"
	remember
	live setup-iommu --yes --param hugepages=4
	exits 3
	complains "edited by hand"
	unchanged
}

# bats test_tags=deep
@test "a second set-up adds to it, and undo takes all of it" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --yes
	live setup-iommu --yes --param hugepages=4
	exits 0
	menu_has "quiet panic=10 $WANT hugepages=4"
	live setup-iommu --yes --remove-param hugepages
	exits 0
	menu_has "quiet panic=10 $WANT"
	live setup-iommu --undo --yes
	exits 0
	[ ! -e "$T/$OWN" ]
	menu_has "quiet panic=10"
}

# bats test_tags=deep
@test "where grub-mkconfig reads no drop-ins: a marked last line, and it goes again" {
	host
	sed -i '/^for x in/,/^done/d; s/default.grub\.d//' "$T/usr/sbin/grub-mkconfig"
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	cp "$T/$MAIN" "$BATS_TEST_TMPDIR/main"
	live setup-iommu --yes
	exits 0
	[ ! -e "$T/$OWN" ]
	[ "$(tail -n 2 "$T/$MAIN")" = "# Added by slicer setup-iommu
GRUB_CMDLINE_LINUX_DEFAULT=\"\$GRUB_CMDLINE_LINUX_DEFAULT $WANT\"" ]
	menu_has "quiet panic=10 $WANT"
	# Somebody writes below it.
	echo 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT later"' >>"$T/$MAIN"
	live setup-iommu --undo --yes
	exits 0
	menu_has "quiet panic=10 later"
	none slicer "$T/$MAIN"
}

# bats test_tags=deep
@test "a trial and its confirmation" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --trial --yes
	exits 0
	boot trial
	iommu_on debian-grub
	live setup-iommu --confirm --yes
	exits 0
	menu_has "quiet panic=10 $WANT"
}

@test "what is evaluated below --root, too: tuned's line, files that are read in, text for commands" {
	tree debian-grub off
	mkdir -p "$T/$DIR"
	# As tuned's boot loader plugin writes it (tuned/plugins/plugin_bootloader.py).
	cat >>"$T/$MAIN" <<-'SH'
		GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\$tuned_params"
		GRUB_INITRD_OVERLAY="${GRUB_INITRD_OVERLAY:+$GRUB_INITRD_OVERLAY }\$tuned_initrd"
		[ -r /etc/default/nowhere ] && . /etc/default/nowhere
		cat >/dev/null <<EOF
		GRUB_CMDLINE_LINUX_DEFAULT="no"
		EOF
		GRUB_DISTRIBUTOR=`sed 's/"//g' /etc/issue`
	SH
	on setup-iommu --yes
	exits 0
	grep -qF '$GRUB_CMDLINE_LINUX_DEFAULT }\$tuned_params '"$WANT\"" "$T/$MAIN"
	on setup-iommu --undo --yes
	exits 0
	none iommu= "$T/$MAIN"
}

# bats test_tags=deep
@test "a parameter that only the menu has: not taken for what the files say" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	sed -i 's/panic=10/panic=10 intel_iommu=on/' "$T/boot/grub/grub.cfg"
	remember
	live setup-iommu --yes
	exits 3
	complains "intel_iommu=on is in the boot menu, but not in the files"
	complains update-grub
	unchanged
	inside update-grub >/dev/null 2>&1
	live setup-iommu --yes
	exits 0
	menu_has "quiet panic=10 $WANT"
	# Slicer's own file went, and nobody has run update-grub since.
	rm "$T/$OWN"
	live setup-iommu --yes
	exits 3
	complains "in the boot menu, but not in the files"
	live setup-iommu --yes --param hugepages=4
	exits 3
	inside update-grub >/dev/null 2>&1
	live setup-iommu --yes --param hugepages=4
	exits 0
	menu_has "quiet panic=10 $WANT hugepages=4"
}

# bats test_tags=deep
@test "a parameter against it that only the new menu shows: everything is taken back" {
	host
	: >"$T/etc/extra"
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(cat /etc/extra)"'
	echo iommu=off >"$T/etc/extra"
	live setup-iommu --yes
	exits 4
	complains "has iommu=off, out of /etc/default/grub"
	complains "Everything was undone"
	[ ! -e "$T/$OWN" ]
}

# bats test_tags=deep
@test "undo after slicer's own file was removed by hand: the menu is made anew" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	live setup-iommu --yes
	exits 0
	rm "$T/$OWN"
	live setup-iommu --undo --yes
	exits 0
	menu_has "quiet panic=10"
}

# bats test_tags=deep
@test "set up while it could be known, taken back when it can't be any more" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"'
	live setup-iommu --yes
	exits 0
	menu_has "quiet $WANT"
	echo 'GRUB_CMDLINE_LINUX="$(echo a)"' >>"$T/$MAIN"
	inside update-grub >/dev/null 2>&1
	live setup-iommu --undo --yes
	exits 0
	menu_has "a quiet"
	none iommu "$T/$MAIN"
}

# bats test_tags=deep
@test "a contradiction that stands literally beside what can't be known: replaced with --force" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"' 'GRUB_CMDLINE_LINUX="$(echo a)"'
	menu_has "a quiet intel_iommu=off"
	live setup-iommu --yes
	exits 3
	complains intel_iommu=off
	live setup-iommu --yes --force
	exits 0
	menu_has "a quiet intel_iommu=on iommu=pt"
	live setup-iommu --undo --yes
	exits 0
	menu_has "a quiet intel_iommu=off"
}

# bats test_tags=deep
@test "without drop-ins: a line that slicer added while it could be known" {
	host
	sed -i '/^for x in/,/^done/d; s/default.grub\.d//' "$T/usr/sbin/grub-mkconfig"
	cmdline ''
	cp "$T/$MAIN" "$BATS_TEST_TMPDIR/main"
	live setup-iommu --yes
	exits 0
	[ "$(tail -n 1 "$T/$MAIN")" = "GRUB_CMDLINE_LINUX_DEFAULT=\"$WANT\"" ]
	echo 'GRUB_CMDLINE_LINUX="$(echo a)"' >>"$T/$MAIN"
	inside update-grub >/dev/null 2>&1
	live setup-iommu --yes --param hugepages=4
	exits 0
	menu_has "a $WANT hugepages=4"
	# It can be known again.
	sed -i 's/\$(echo a)/a/' "$T/$MAIN"
	live setup-iommu --undo --yes
	exits 0
	menu_has a
	none slicer "$T/$MAIN"
}

# bats test_tags=deep
@test "slicer's own file is a link: refused" {
	host
	cmdline 'GRUB_CMDLINE_LINUX_DEFAULT="quiet $(echo panic=10)"'
	ln -s /etc/own "$T/$OWN"
	remember
	live setup-iommu --yes
	exits 3
	complains "is a link"
	unchanged
}
