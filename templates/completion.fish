# SPDX-License-Identifier: GPL-2.0-or-later
# Completions of slicer for fish: all that may be typed is asked of the program.

function __slicer_complete
	set -l words (commandline -opc)
	set -l typed (commandline -ct)
	# The words are printed without what means something to a shell: nothing is evaluated.
	set -l values ($words[1] complete-words -- $words[2..-1] "$typed" 2>/dev/null </dev/null)
	if test "$values" != :directories
		printf '%s\n' $values
		return
	end
	set -l head (string match -r -- '^--[a-z-]+=' "$typed")
	for directory in (__fish_complete_directories (string replace -r -- '^--[a-z-]+=' '' "$typed") '')
		echo "$head$directory"
	end
end

complete -c slicer -f -a '(__slicer_complete)'
complete -c slicer-iommu -f -a '(__slicer_complete)'
