# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of packages share: roots of Debian releases, kept in the cache of tests/cache.sh and used through an
# overlay, and TAP. A test sources this first, which starts it again in a mount namespace of its own: no mount
# is left. Needs root, mmdebstrap and Debian's mirror. $TOP is the project, $WORK a directory that goes in the end.

set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${IN_NAMESPACE:-}" ]; then
	IN_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset TMPDIR
# shellcheck source-path=SCRIPTDIR source=../cache.sh
. "$TOP/tests/cache.sh"
WORK=$(mktemp -d)
trap 'umount --recursive --lazy "$WORK"/*/root 2>/dev/null; rm -rf "$WORK"' EXIT

n=0 failed=0 passed=1
# check WHAT COMMAND...: one line of TAP; what the command printed is shown if it failed.
check() {
	local what=$1
	shift
	n=$((n + 1))
	passed=1
	if "$@" >"$WORK/said" 2>&1; then
		echo "ok $n - $what"
	else
		failed=1 passed=0
		echo "not ok $n - $what"
		tail -n 40 "$WORK/said" | sed 's/^/#   /'
	fi
}
# shows FILE: for the reader of the log.
shows() {
	sed 's/^/# /' "$1"
}
done_testing() {
	echo "1..$n"
	exit "$failed"
}
# Without what was checked last nothing else can be: no plan is printed, which counts as a failure more.
needed() {
	[ "$passed" = 1 ] || exit 1
}

make_root() { # RELEASE PACKAGES OUT, see cache_entry
	local -a options=()
	# A mirror of sid that stands still for a week is past its date.
	[ "$1" != sid ] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' "${options[@]}" \
		--include="$2" --format=directory "$1" "$3" >&2
}

# root NAME RELEASE PACKAGE...: $ROOT is a fresh root with these packages, in which inside works. Programs there see
# /dev and /proc of this machine.
root() {
	local name=$1 release=$2 packages entry
	shift 2
	packages=$(IFS=, && echo "$*")
	entry=packages/$release-$(cache_key "$release" "$packages" "$(declare -f make_root)")
	cache_entry "$entry" make_root "$release" "$packages" || exit 1
	ROOT=$WORK/$name/root
	mkdir -p "$ROOT" "$WORK/$name"/{upper,work}
	mount -t overlay overlay -o "lowerdir=$test_cache/$entry,upperdir=$WORK/$name/upper,workdir=$WORK/$name/work" "$ROOT"
	mount --rbind /dev "$ROOT/dev"
	mount -t proc proc "$ROOT/proc"
	cp --remove-destination /etc/resolv.conf "$ROOT/etc/resolv.conf"
	# No service is started by an installation here.
	printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
	chmod 755 "$ROOT/usr/sbin/policy-rc.d"
	inside apt-get -qq update >&2
}
inside() {
	chroot "$ROOT" "$@"
}

# sources: the project's last commit, in /src of $ROOT.
sources() {
	git clone -q --no-local "$TOP" "$ROOT/src" || exit 1
	inside git config --global --add safe.directory /src
}

# build_needs: the packages of debian/control's Build-Depends, the first of each choice.
build_needs() {
	sed -n '/^Build-Depends:/,/^[^ ]/{ s/^Build-Depends:/ /; /^ /p }' "$TOP/debian/control" |
		sed 's/([^)]*)//g; s/|[^,]*//g' | tr -d ' \n' | tr , '\n' | sed 's/^debhelper-compat$/debhelper/'
}
