#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tab.bash SCRIPT LINE: what the script's function offers at the end of LINE, a word a line.
# shellcheck disable=SC2034 # the function reads them
# shellcheck disable=SC1090
. "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${2%% *}") COMP_CWORD=0
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
_slicer
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
