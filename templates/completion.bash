# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completions of slicer for bash: all that may be typed is asked of the program.

_slicer() {
	local program=${COMP_WORDS[0]} line=${COMP_LINE:0:COMP_POINT}
	local word head='' answer value
	COMPREPLY=()
	line=${line#*"$program"}
	word=${line##*[[:blank:]]}
	# Outside of quotes, readline completes only what comes after the last ':' or '='.
	if [[ $word != [\"\']* ]]; then
		case $COMP_WORDBREAKS in
		*:*=* | *=*:*) head=${word%"${word##*[:=]}"} ;;
		*:*) head=${word%"${word##*:}"} ;;
		*=*) head=${word%"${word##*=}"} ;;
		esac
	fi
	# The words are printed without what means something to a shell: nothing is evaluated.
	answer=$("${program/#\~\//$HOME/}" complete-words --line "$line" 2>/dev/null </dev/null)
	if [[ $answer == :directories ]]; then
		compopt -o dirnames 2>/dev/null
		return
	fi
	while IFS=$'\t' read -r value _; do
		[[ -z $value ]] || COMPREPLY+=("${value#"$head"}")
	done <<<"$answer"
}

complete -F _slicer slicer slicer-iommu
