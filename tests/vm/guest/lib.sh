# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Assertions for the guest's side. A check prints one TAP line into the shared
# folder and never ends the phase: what comes after a failure is worth knowing.

host=/mnt/host
state=$host/state		# lives on from boot to boot

tap() { printf '%s\n' "$*" >> "$host/tap"; }
story() { printf '  %s\n' "$*" >> "$host/story"; }

pass() { tap "ok - $*"; story "  ok - $*"; echo "ok - $*"; }

# fail NAME [LINES OF DIAGNOSTICS ON STDIN]
fail()
{
	tap "not ok - $1"
	story "  not ok - $1"
	echo "not ok - $1"
	[ -t 0 ] || tail -n 25 | while IFS= read -r line; do tap "#   $line"; story "    # $line"; done
}

# check NAME COMMAND... : the command says yes
check()
{
	local name=$1 out status=0
	shift
	out=$("$@" 2>&1) || status=$?
	if [ "$status" = 0 ]; then
		pass "$name"
	else
		printf '%s\n%s\n' "(exit $status) $*" "$out" | fail "$name"
	fi
}

# check_is NAME WANT GOT
check_is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		printf 'want: %s\n got: %s\n' "$2" "$3" | fail "$1"
	fi
}

# run_slicer STATUS NAME ARGUMENTS... : slicer ends with this exit status.
# What it said is then in $said (stdout), $complained (stderr) and both files.
run_slicer()
{
	local want=$1 name=$2 start=$SECONDS status=0
	shift 2
	slicer "$@" > /run/said 2> /run/complained < /dev/null || status=$?
	said=$(cat /run/said)
	complained=$(cat /run/complained)
	printf '\n$ slicer %s\n%s\n' "$*" "$said"
	[ -z "$complained" ] || printf '%s\n' "$complained" | sed 's/^/stderr: /'
	printf '[exit %s, %s s]\n' "$status" "$((SECONDS - start))"
	story "\$ slicer $*  [exit $status, $((SECONDS - start)) s]"
	if [ "$status" = "$want" ]; then
		pass "$name"
	else
		{
			echo "slicer $* : exit $status, want $want"
			tail -n 12 /run/said
			sed 's/^/stderr: /' /run/complained
		} | fail "$name"
	fi
}

# says NAME TEXT : slicer's last output, on either stream, has this text
says()
{
	if grep -qF -e "$2" /run/said /run/complained; then
		pass "$1"
	else
		{
			echo "no '$2' in:"
			tail -n 12 /run/said
			sed 's/^/stderr: /' /run/complained
		} | fail "$1"
	fi
}

# verdict VERDICT STATUS : doctor comes to this verdict, in words and in JSON
verdict()
{
	local ready=false json
	[ "$1" != ready ] || ready=true
	run_slicer "$2" "doctor exits $2" doctor
	if grep -q "^verdict: $1 " /run/said; then
		pass "doctor names the verdict '$1'"
	else
		{ echo "no '$1' in the verdict:"; tail -n 12 /run/said; } | fail "doctor names the verdict '$1'"
	fi
	story "$(grep '^verdict' /run/said)"
	json=$(slicer doctor --json 2>&1)
	printf '%s\n' "$json" > "$state/doctor.$phase.$1.json"
	check_is "doctor --json: verdict and ready" "$1 $ready" \
		"$(printf '%s' "$json" | jq -r '"\(.verdict) \(.ready)"' 2>&1)"
}

# has_word LINE WORD : as the kernel splits it, never a part of a word
has_word()
{
	case " $1 " in *" $2 "*) return 0 ;; esac
	echo "no word '$2' in: $1"
	return 1
}
lacks_word() { ! has_word "$1" "$2" > /dev/null || { echo "'$2' is in: $1"; return 1; }; }

# words LINE : how often LINE says WORD
count_word() { printf '%s\n' "$1" | tr ' ' '\n' | grep -cxF -e "$2"; }

# The state of every file below some folders: what "nothing changed" means.
# With times, because a file that was written again is a change too.
tree_state() # DIR...
{
	find "$@" -type f ! -path /etc/.updated -printf '%p %m %U:%G %T@\n' | sort
	tree_content "$@"
}
# The same without times: what was changed and taken back was written, too.
tree_content() # DIR...
{
	# systemd notes there that a boot has brought /etc up to date (systemd-update-done.service(8)).
	find "$@" -type f ! -path /etc/.updated -exec sha256sum {} + | sort -k 2
	find "$@" -type l -printf '%p -> %l\n' | sort
}
# The boot loader's menu, as text that diff can show; the machine says what it is.
menu_content() { menu_files | sort | xargs -r grep -H ''; }
same_file() { diff -u "$1" "$2"; }

driver_of() # ADDRESS
{
	local link
	link=$(readlink "/sys/bus/pci/devices/$1/driver") || { echo none; return 0; }
	echo "${link##*/}"
}
check_driver() # ADDRESS WANT NAME
{
	check_is "$3" "$2" "$(driver_of "$1")"
	story "driver of $1: $(driver_of "$1")"
}

# The address of the Nth device with these ids, e.g. nth_device 1 8086:10d3
nth_device() { lspci -Dnd "$2" | sed -n "$1s/ .*//p"; }

groups_count() { find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
