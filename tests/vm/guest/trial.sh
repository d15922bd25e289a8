# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Trial boots, one function per boot. The machine's own file says where the
# trial's entry is ($trial_entry) and what the loader's menu is (menu_files).

# All that a trial may not change.
permanent()
{
	tree_content /etc
	menu_content
}
permanent_as() # start|confirmed
{
	permanent > /run/permanent.now
	check "the permanent configuration is as $1" same_file "$state/permanent.$1" /run/permanent.now
}

has_trial_entry() { grep -qs 'slicer.trial=' "$trial_entry"; }
no_trial_entry() { ! has_trial_entry || { cat "$trial_entry"; return 1; }; }

phase_trial-set()
{
	check "the machine starts with $iommu_off" has_word "$cmdline" "$iommu_off"
	remember_start
	permanent > "$state/permanent.start"
	run_slicer 3 "a trial that contradicts what somebody wrote is refused" setup-iommu --trial --yes
	run_slicer 0 "setup-iommu --trial --yes --force" setup-iommu --trial --yes --force
	permanent_as start
	check "there is an entry for the trial" has_trial_entry
	run_slicer 1 "doctor with a trial to come" doctor
	says "doctor knows of the trial" "trial boot"
	run_slicer 0 "setup-iommu --status" setup-iommu --status
	says "the status is that it is to come" pending
}

phase_trial-good()
{
	check "the kernel was given $iommu_on" has_word "$cmdline" "$iommu_on"
	check "the kernel was given iommu=pt" has_word "$cmdline" iommu=pt
	check "the kernel was not given $iommu_off" lacks_word "$cmdline" "$iommu_off"
	check "the command line says that it is the trial" grep -q ' slicer.trial=' /proc/cmdline
	check "IOMMU groups exist" test "$(groups_count)" -gt 0
	run_slicer 0 "doctor in the trial" doctor
	says "it says that the trial is healthy" "this is the trial boot, and it is healthy"
	permanent_as start
	run_slicer 0 "setup-iommu --confirm --yes" setup-iommu --confirm --yes
	check "the trial's entry is gone" no_trial_entry
}

phase_trial-lasts()
{
	after_reboot_ready
	check "nothing of the trial is left in it" not_in_cmdline slicer.trial
	permanent > "$state/permanent.confirmed"
	cp /proc/cmdline "$state/cmdline.confirmed"
	run_slicer 0 "a trial of a command line that kills the machine" \
		setup-iommu --trial --yes --param init=/bin/false --param panic=1
	permanent_as confirmed
	check "there is an entry for the trial" has_trial_entry
}
not_in_cmdline() { ! grep -F "$1" /proc/cmdline; }

phase_trial-fell-back()
{
	check_is "the kernel's command line is the permanent one" "$(cat "$state/cmdline.confirmed")" "$cmdline"
	run_slicer 0 "doctor after a trial that died" doctor
	says "it says that the trial failed" "the trial boot failed"
	permanent_as confirmed
	run_slicer 1 "setup-iommu --confirm --yes" setup-iommu --confirm --yes
	says "it says that this is not the trial" "this boot is not the trial"
	check "the trial's entry is gone" no_trial_entry
	permanent_as confirmed
	run_slicer 0 "a trial that nobody will confirm" setup-iommu --trial --yes --param slicer_lab=1
}

phase_trial-unconfirmed()
{
	check "the kernel was given the trial's parameter" has_word "$cmdline" slicer_lab=1
	run_slicer 0 "doctor in the trial" doctor
	says "it says that the trial is healthy" "this is the trial boot, and it is healthy"
	permanent_as confirmed
}

phase_trial-forgotten()
{
	check_is "the kernel's command line is the permanent one" "$(cat "$state/cmdline.confirmed")" "$cmdline"
	permanent_as confirmed
	run_slicer 0 "doctor after a trial that nobody confirmed" doctor
	says "doctor knows of the trial" "trial boot"
	undo
	permanent_as start
	check "the trial's entry is gone" no_trial_entry
	[ -d /run/systemd/system ] || return 0
	run_slicer 0 "a trial that confirms itself" setup-iommu --trial --auto-confirm --yes --force
}

# Here systemd is at work, and started the service some time ago or is about to.
phase_trial-auto()
{
	check "the kernel was given $iommu_on" has_word "$cmdline" "$iommu_on"
	check "the command line says that it is the trial" grep -q ' slicer.trial=' /proc/cmdline
	check "the service comes to its end" confirmed_in_time
	journalctl --no-pager -u slicer-confirm.service -o cat
	check "the trial's entry is gone" no_trial_entry
	check "the service is gone" test ! -e /etc/systemd/system/slicer-confirm.service
	check "systemd met no ordering cycle" eval '! journalctl -b -o cat | grep -i "ordering cycle"'
	check "the menu has the wanted parameters" menu_is_wanted
}
confirmed_in_time()
{
	local i
	for ((i = 0; i < 120; i++)); do
		if [ ! -e /etc/systemd/system/slicer-confirm.service ] &&
			[ "$(systemctl show slicer-confirm.service -p ActiveState --value)" = inactive ]; then
			break
		fi
		sleep 5
	done
	systemctl show slicer-confirm.service -p ActiveState -p Result -p ExecMainStatus
	[ "$(systemctl show slicer-confirm.service -p Result --value)" = success ]
}

phase_trial-auto-lasts()
{
	check "the kernel was given $iommu_on" has_word "$cmdline" "$iommu_on"
	check "the kernel was not given $iommu_off" lacks_word "$cmdline" "$iommu_off"
	check "nothing of the trial is left in it" not_in_cmdline slicer.trial
	undo
	permanent_as start
}
