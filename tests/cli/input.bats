#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts whose files are not as they should be: a clear error or a skip with its reason, the right exit status, and no
# file changed.

# shellcheck disable=SC2016 # text for the shells in the tree

load helpers

GRUB=etc/default/grub

setup() {
	tree debian-grub off
}

# setup-iommu refuses, names what is given, and changes nothing; doctor still comes to an end.
refuses_to_edit() {
	remember
	on setup-iommu --yes
	exits 3
	error_only
	for text in "$@"; do
		complains "$text"
	done
	unchanged
	on doctor --json
	exits 1
	json .verdict
	unchanged
}

# bats test_tags=deep
@test "a host that has no such state is no tree" {
	rm -r "$T"
	run "$TOP/tests/roots/build" "$T" two-gpu blocked
	[ "$status" -eq 2 ]
	[[ $output == *'two-gpu has no state blocked'* ]]
	[ ! -e "$T" ]
}

# bats test_tags=deep
@test "CRLF line ends" {
	sed -i 's/$/\r/' "$T/$GRUB"
	refuses_to_edit /etc/default/grub:1 "carriage return" "sudo sed -i 's/\\r\$//' $T/etc/default/grub"
}

@test "drop-ins that don't set the command line are no evidence for it" {
	echo 'GRUB_TIMEOUT=7' >"$T/$GRUB.d/50-menu.cfg"
	echo 'GRUB_CMDLINE_LINUX="console=tty0"' >"$T/$GRUB.d/60-line.cfg"
	on doctor --json
	exits 1
	[[ $(value '.checks[] | select(.id == "cmdline.configured").evidence') == \
		'/etc/default/grub, /etc/default/grub.d/60-line.cfg: console=tty0 quiet' ]]
}

# bats test_tags=deep
@test "an unterminated quote, with its line" {
	echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet' >>"$T/$GRUB"
	refuses_to_edit "/etc/default/grub:$(wc -l <"$T/$GRUB")"
}

# bats test_tags=deep
@test "binary contents" {
	head -c 4096 /dev/urandom >"$T/$GRUB"
	printf '\0\1\2' >>"$T/$GRUB"
	refuses_to_edit /etc/default/grub
}

# bats test_tags=deep
@test "a huge configuration" {
	head -c 2000000 /dev/zero | tr '\0' '#' >"$T/$GRUB"
	refuses_to_edit /etc/default/grub
}

@test "an endless configuration does not hang or fill the memory" {
	rm "$T/$GRUB"
	ln -s /dev/zero "$T/$GRUB"
	mkdir -p "$T/dev"
	mkfifo "$T/dev/zero"
	remember
	command_status timeout 10 "$SLICER" --root "$T" setup-iommu --yes
	exits 3
	complains /etc/default/grub
	command_status timeout 10 "$SLICER" --root "$T" doctor --json
	exits 1
}

# bats test_tags=deep
@test "a directory in its place" {
	rm "$T/$GRUB"
	mkdir "$T/$GRUB"
	refuses_to_edit /etc/default/grub
}

@test "no /etc/default/grub: it is made, as grub-mkconfig reads it where it is" {
	rm "$T/$GRUB"
	on setup-iommu --yes
	exits 0
	[ "$(sh -c '. "$1"; echo $GRUB_CMDLINE_LINUX_DEFAULT' - "$T/$GRUB")" = 'intel_iommu=on iommu=pt' ]
}

@test "an empty /etc/default/grub gets the assignment" {
	: >"$T/$GRUB"
	on setup-iommu --yes
	exits 0
	[ "$(sh -c '. "$1"; echo $GRUB_CMDLINE_LINUX_DEFAULT' - "$T/$GRUB")" = 'intel_iommu=on iommu=pt' ]
	remember
	on setup-iommu --yes
	exits 0
	unchanged
}

@test "a conditional around the variable is refused with the line" {
	printf 'if true; then\n\tGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nfi\n' >>"$T/$GRUB"
	refuses_to_edit /etc/default/grub:
}

# bats test_tags=deep
@test "a command substitution in the variable is refused with the line" {
	sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="quiet $(cat \/etc\/x)"/' "$T/$GRUB"
	refuses_to_edit "/etc/default/grub:$(grep -n ^GRUB_CMDLINE_LINUX_DEFAULT "$T/$GRUB" | cut -d: -f1)"
}

@test "a comment is not the setting, and the last of several assignments is" {
	sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/# GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"\nGRUB_CMDLINE_LINUX_DEFAULT="one"\nexport GRUB_CMDLINE_LINUX_DEFAULT=two/' \
		"$T/$GRUB"
	on setup-iommu --yes
	exits 0
	grep -qx '# GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"' "$T/$GRUB"
	grep -qx 'GRUB_CMDLINE_LINUX_DEFAULT="one"' "$T/$GRUB"
	[ "$(sh -c '. "$1"; echo $GRUB_CMDLINE_LINUX_DEFAULT' - "$T/$GRUB")" = 'two intel_iommu=on iommu=pt' ]
}

@test "a link that leads out of the root stays inside it" {
	local outside=$BATS_TEST_TMPDIR/outside
	cp "$T/$GRUB" "$outside"
	rm "$T/$GRUB"
	ln -s "../../../../../../../../..$outside" "$T/$GRUB"
	remember
	on setup-iommu --yes
	exits 3
	unchanged
	cmp "$outside" "$TOP/tests/roots/debian-grub/configured-off/$GRUB"
}

@test "a link within the root is followed, and stays a link" {
	mkdir "$T/etc/real"
	mv "$T/$GRUB" "$T/etc/real/grub"
	ln -s /etc/real/grub "$T/$GRUB"
	on setup-iommu --yes
	exits 0
	[ -L "$T/$GRUB" ]
	grep -q 'quiet intel_iommu=on iommu=pt' "$T/etc/real/grub"
}

@test "mode and times of day: mode and owner of the file are kept" {
	chmod 600 "$T/$GRUB"
	on setup-iommu --yes
	exits 0
	[ "$(stat -c %a "$T/$GRUB")" = 600 ]
}

@test "a cut-off grub.cfg is not taken for a menu" {
	truncate -s 5000 "$T/boot/grub/grub.cfg"
	on doctor --json
	exits 1
	[[ $output == *grub.cfg* ]]
	on doctor
	says grub.cfg
}

@test "no grub.cfg, and no boot loader at all" {
	rm "$T/boot/grub/grub.cfg"
	on doctor --json
	exits 1
	rm -r "$T/boot/grub" "$T/$GRUB" "$T"/usr/sbin/*grub*
	remember
	on setup-iommu --yes
	exits 3
	complains --bootloader
	unchanged
	on doctor --json
	exits 1
	json '.bootloader.name == null or .bootloader == null'
}

# bats test_tags=deep
@test "an entry without options, an empty one and a binary one" {
	tree arch-sdboot off
	printf 'title x\nlinux /vmlinuz-linux\n' >"$T/boot/loader/entries/bare.conf"
	: >"$T/boot/loader/entries/empty.conf"
	printf 'title y\0\1\noptions z\n' >"$T/boot/loader/entries/junk.conf"
	remember
	on doctor --json
	exits 1
	json .verdict
	unchanged
	cp "$T/boot/loader/entries/junk.conf" "$BATS_TEST_TMPDIR/junk"
	on setup-iommu --yes
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
	# Whatever is made of the others, what can't be read is not rewritten.
	cmp "$BATS_TEST_TMPDIR/junk" "$T/boot/loader/entries/junk.conf"
}

# bats test_tags=deep
@test "loader entries with CRLF are not spoilt" {
	tree arch-sdboot off
	sed -i 's/$/\r/' "$T/boot/loader/entries/arch.conf"
	on setup-iommu --yes
	exits 0
	grep -q 'iommu=pt' "$T/boot/loader/entries/arch.conf"
	! grep -q $'iommu=pt[^\r]*$' "$T/boot/loader/entries/arch.conf" || false
	! grep -q $'\r.' "$T/boot/loader/entries/arch.conf" || false
}

@test "a contradiction is named, and --yes alone does not touch it" {
	tree single-quotes blocked
	remember
	on setup-iommu --yes
	exits 3
	complains amd_iommu=off
	complains --force
	unchanged
	on --json setup-iommu --yes
	exits 3
	json '.error.code == "refused" and (.error.message | contains("amd_iommu=off"))'
	unchanged
}

@test "without a terminal and without --yes: refused, with the way" {
	remember
	on setup-iommu
	exits 3
	complains --yes
	unchanged
}

# bats test_tags=deep
@test "two boot loaders that look active: named, not guessed" {
	tree single-quotes off
	cp -a "$TOP/tests/roots/kernel-install/base/boot/efi/EFI" "$TOP/tests/roots/kernel-install/base/boot/efi/loader" \
		"$T/boot/efi/"
	cp -a "$TOP/tests/roots/kernel-install/next-off/boot/efi/loader" "$T/boot/efi/"
	rm -r "$T/proc/cmdline" "$T/sys/firmware/efi/efivars"
	remember
	on setup-iommu --yes
	exits 3
	complains grub
	complains systemd-boot
	complains --bootloader
	unchanged
	on setup-iommu --yes --bootloader grub
	exits 0
	grep -q amd_iommu=on "$T/$GRUB"
}

@test "an architecture that is not x86_64" {
	echo aarch64 >"$T/proc/sys/kernel/arch"
	remember
	on doctor --json
	exits 1
	json '.verdict == "unsupported"'
	on setup-iommu --yes
	exits 3
	complains aarch64
	unchanged
}

# bats test_tags=deep
@test "a container" {
	: >"$T/.dockerenv"
	remember
	on doctor --json
	exits 1
	json '.verdict == "unsupported"'
	on setup-iommu --yes
	exits 3
	complains container
	unchanged
}

# bats test_tags=deep
@test "a virtual machine without a virtual IOMMU" {
	tree debian-grub firmware-off
	sed -i 's/^flags.*/& hypervisor/' "$T/proc/cpuinfo"
	echo QEMU >"$T/sys/class/dmi/id/sys_vendor"
	remember
	on doctor --json
	exits 1
	json '.verdict == "unsupported" and .host.virtualized'
	on setup-iommu --yes
	exits 3
	unchanged
}

@test "no PCI bus" {
	rm -r "$T/sys/bus/pci"
	on pci list
	exits 3
	error_only
	on --json pci list
	exits 3
	json '.error.code == "refused"'
	on doctor --json
	exits 1
	json '.verdict == "setup-needed"'
	on vm command 0b:00.0
	exits 3
}

@test "a device that is not there" {
	on vm command 0f:00.0
	exits 3
	complains 0000:0f:00.0
	on setup-iommu --dry-run --device 0f:00.0
	exits 3
	complains 0000:0f:00.0
	on pci list --group 77
	[ "$status" -le 1 ]
}

@test "attributes of a device that are empty, cut off or missing" {
	local d=$T/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
	: >"$d/config"
	: >"$d/driver_override"
	rm "$d/modalias" "$d/numa_node"
	on pci list --json
	exits 0
	json '.devices[] | select(.address == "0000:01:00.0") | .numa_node == null and .driver == "nouveau"'
	: >"$d/class"
	rm "$d/vendor"
	on pci list
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
}

@test "a truncated initramfs fails the check, with the reason" {
	local img=$T/boot/initrd.img-6.1.0-56-amd64
	truncate -s -40 "$img"
	on doctor --json
	json '[.checks[] | select(.group == "initramfs" and (.status == "fail" or .status == "warn"))] | length > 0'
	[[ $(value '.checks[] | select(.group == "initramfs").evidence') == *initrd.img-6.1.0-56-amd64* ]]
}

# bats test_tags=deep
@test "an initramfs that is no archive, an empty one, a missing one" {
	local img=$T/boot/initrd.img-6.1.0-56-amd64
	for make in 'echo hello' ':' 'head -c 100000 /dev/urandom'; do
		$make >"$img"
		on doctor --json
		exits 1
		json '[.checks[] | select(.group == "initramfs" and (.status == "fail" or .status == "warn"))] | length > 0'
	done
	rm "$img"
	on doctor --json
	exits 1
	json '[.checks[] | select(.group == "initramfs" and .status != "pass")] | length > 0'
}

@test "an unreadable kernel log is a skip with its reason" {
	rm "$T/dev/kmsg"
	on doctor --json
	exits 1
	json '.verdict == "setup-needed"'
	json '[.checks[] | select(.status == "skip" and .group == "iommu" and (.evidence | length > 0))] | length > 0'
}

@test "a kernel log of junk" {
	head -c 100000 /dev/urandom >"$T/dev/kmsg"
	on doctor --json
	exits 1
	json '.verdict == "setup-needed"'
}

@test "the firmware's tables: broken, empty" {
	head -c 20 /dev/urandom >"$T/sys/firmware/acpi/tables/DMAR"
	on doctor --json
	exits 1
	json '.verdict == "setup-needed"'
	: >"$T/sys/firmware/acpi/tables/DMAR"
	on doctor --json
	exits 1
}

@test "text of the machine can't take over the terminal" {
	printf 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 \033[31mred\033[0m \007\n' >"$T/proc/cmdline"
	on doctor
	exits 1
	[[ $output != *$'\033'* && $output != *$'\007'* ]]
	on doctor --json
	json .verdict
}

@test "a command line that would be cut off by the kernel is refused" {
	sed -i "s/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $(printf 'x%.0s' {1..2030})\"/" "$T/$GRUB"
	remember
	on setup-iommu --yes
	exits 3
	complains 2047
	unchanged
}

# bats test_tags=deep
@test "not root: doctor says what it could not see, setup-iommu changes nothing" {
	[ "$(id -u)" -eq 0 ] || skip "not root already: every other test is this one"
	chmod 700 "$BATS_TEST_TMPDIR" 2>/dev/null
	chmod 600 "$T/sys/firmware/acpi/tables/DMAR" "$T/dev/kmsg" "$T/boot/grub/grub.cfg"
	local dir=$BATS_TEST_TMPDIR
	while [ "$dir" != / ] && [ "$dir" != /tmp ]; do
		chmod o+x "$dir"
		dir=$(dirname "$dir")
	done
	cp "$SLICER" "$T/slicer"
	remember
	command_status setpriv --reuid 65534 --regid 65534 --clear-groups "$T/slicer" --root "$T" doctor --json
	exits 1
	json '[.checks[] | select(.status == "skip" and .group == "iommu" and (.evidence | contains("root")))] | length > 0'
	json '[.checks[].evidence // ""] | any(contains("grub.cfg")) and any(contains("DMAR"))'
	json '.checks[] | select(.id == "cmdline.next-boot") | (.evidence | contains("grub.cfg: can") and
		contains("Permission denied")) and (.fix[0] | contains("root"))'
	json '.verdict == "setup-needed"'
	command_status setpriv --reuid 65534 --regid 65534 --clear-groups "$T/slicer" --root "$T" setup-iommu --yes
	exits 3
	unchanged
}

# bats test_tags=deep
@test "a mount table of a thousand containers still shows the root disk" {
	tree two-gpu ready
	awk 'BEGIN {
		for (i = 0; i < 16000; i++)
			printf "%d 25 0:%d / /var/lib/docker/overlay2/%064d/merged rw - overlay overlay rw\n", i + 1000, i + 100, i
	}' >>"$T/proc/self/mountinfo"
	on pci bind --dry-run 0000:01:00.0
	exits 3
	complains 'is mounted on /'
	# Without one, nobody knows.
	rm "$T/proc/self/mountinfo"
	on pci bind --dry-run 0000:01:00.0 --force
	exits 3
	complains 'mount table'
}

# bats test_tags=deep
@test "a boot entry that can't be read: nothing is changed while it is unknown" {
	tree arch-sdboot off
	printf '\0' >>"$T/boot/loader/entries/arch.conf"
	remember
	on setup-iommu --yes --no-initramfs
	exits 3
	complains arch.conf
	unchanged
}

# bats test_tags=deep
@test "/etc/default/grub that the shell can't run: blanks around =, typographic quotes" {
	tree debian-grub off
	sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT = "quiet"/' "$T/etc/default/grub"
	remember
	on setup-iommu --yes
	exits 3
	complains "/etc/default/grub:9: GRUB_CMDLINE_LINUX_DEFAULT: a command, not an assignment"
	complains "hint: line 9: remove the blanks"
	sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT = .*/GRUB_CMDLINE_LINUX_DEFAULT=“quiet”/' "$T/etc/default/grub"
	on setup-iommu --yes
	exits 3
	complains '/etc/default/grub:9: the character U+201C (LEFT DOUBLE QUOTATION MARK) instead of "'
	on doctor
	says U+201C
}

# bats test_tags=deep
@test "a loader entry and /etc/kernel/cmdline with a blank that is none" {
	tree arch-sdboot off
	sed -i 's/^options \(.*\) loglevel/options \1\xc2\xa0loglevel/' "$T/boot/loader/entries/arch.conf"
	remember
	on setup-iommu --yes
	exits 3
	complains arch.conf
	complains "U+00A0 (NO-BREAK SPACE) instead of a plain blank"
	unchanged
	on doctor --json
	json '.checks[] | select(.id == "cmdline.character") | .status == "fail"'
	tree kernel-install off
	printf 'root=UUID=5a6f9c3d-2e1b-4c8a-b0d7-1f3e5a7c9b2d ro\xc2\xa0quiet\n' >"$T/etc/kernel/cmdline"
	on setup-iommu --yes
	exits 3
	complains "/etc/kernel/cmdline"
	complains U+00A0
}

# A live root: as what libkmod and the bind itself would open.
# bats test_tags=deep
@test "a FIFO where /proc or sysfs have a file: nothing waits for it" {
	local gpu status=0
	live_tree debian-grub ready
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	rm "$T/proc/cmdline"
	mkfifo "$T/proc/cmdline"
	command_status inside timeout 30 /usr/local/bin/slicer pci bind 01:00.0 --group --dry-run
	exits 0
	gpu=$(realpath "$T/sys/bus/pci/devices/0000:01:00.0")
	rm "$gpu/driver_override"
	mkfifo "$gpu/driver_override"
	command_status inside timeout 30 /usr/local/bin/slicer pci bind 01:00.0 --group
	exits 4
	complains driver_override
	[ "$(basename "$(readlink "$gpu/driver")")" = nouveau ]
}

# bats test_tags=deep
@test "a kernel command line that libkmod complains of: it is not heard" {
	live_tree debian-grub ready
	mkdir -p "$T/sys/bus/pci/drivers/vfio-pci"
	printf 'root=/dev/sda1 ro a[\377\033.b=1 intel_iommu=on\n' >"$T/proc/cmdline"
	command_status inside /usr/local/bin/slicer pci bind 01:00.0 --group --dry-run
	exits 0
	[[ $stderr != *libkmod* && $stderr != *$'\033'* ]]
}

# Each of these had the controller of the root disk bound.
# bats test_tags=deep
@test "whether the system is on a disk can't be told: its controller is not given away" {
	local disk=0000:00:17.0 class=sys/class/block
	refused() {
		on pci bind $disk --dry-run
		exits 3
		complains "$1"
		on pci bind $disk --dry-run --force
		exits 3
		complains "$1"
	}
	tree debian-grub ready
	head -c 300 /dev/urandom >"$T/proc/self/mountinfo"
	refused 'mount table'
	: >"$T/proc/self/mountinfo"
	refused 'mount table'
	grep -v ' / / ' "$TOP/tests/roots/debian-grub/base/proc/self/mountinfo" >"$T/proc/self/mountinfo"
	refused 'mount table'
	cp "$TOP/tests/roots/debian-grub/base/proc/self/mountinfo" "$T/proc/self/"
	rm "$T/$class/sda1"
	refused 'where the disk of / is'
	mkdir "$T/$class/sda1"
	refused 'where the disk of / is'
	rm -r "${T:?}/$class"
	refused '/sys/class/block'
	mkdir "$T/$class"
	refused 'where the disk of / is'
	# A device of which nothing can be read may be a controller.
	rm "$(realpath "$T/sys/bus/pci/devices/$disk")"/{class,modalias}
	refused 'where the disk of / is'
	# A card is none.
	on pci bind 01:00.0 --group --dry-run
	exits 0
}

@test "which network is the host's can't be told: a NIC needs --force" {
	tree debian-grub ready
	rm -r "$T/sys/class/net"
	on pci bind 02:00.0 --dry-run
	exits 3
	complains '/sys/class/net'
	on pci bind 02:00.0 --dry-run --force
	exits 0
}
