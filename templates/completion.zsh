#compdef slicer slicer-iommu
# SPDX-License-Identifier: GPL-2.0-or-later
# Completions of slicer for zsh: all that may be typed is asked of the program.

_slicer() {
	emulate -L zsh -o extended_glob
	local answer line tab=$'\t'
	local -a values shown
	local -i width=0
	local program=${(Q)words[1]/#\~\//$HOME/}

	# The words are printed without what means something to a shell: nothing is evaluated.
	answer=$($program complete-words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)
	if [[ $answer == :directories ]]; then
		compset -P '--[a-z-]##='
		_files -/
		return
	fi
	for line in ${(f)answer}; do
		values+=("${line%%$tab*}")
		(( ${#values[-1]} <= width )) || width=${#values[-1]}
	done
	for line in ${(f)answer}; do
		line="${(r:width:)${line%%$tab*}}  ${line#*$tab}"
		shown+=("${${line%%[[:blank:]]#}[1,COLUMNS-1]}")
	done
	(( $#values )) && compadd -Q -l -d shown -a values
}

if [[ $funcstack[1] == _slicer ]]; then
	_slicer "$@"
else
	compdef _slicer slicer slicer-iommu
fi
