#!/usr/bin/env zsh
# SPDX-License-Identifier: GPL-2.0-or-later
# tab.zsh SCRIPT LINE TEXT: the screen of a zsh, 100 columns wide, that gets LINE and the TAB key, as soon as it
# shows TEXT; after some seconds, whatever it shows.
zmodload zsh/zpty
zpty z TERM=dumb COLUMNS=100 zsh -f -i
zpty -w z "stty columns 100; PS1=; LISTMAX=1000; unsetopt zle_bracketed_paste prompt_sp"
zpty -w z "autoload -Uz compinit; compinit -D; . $1; echo re''ady"
zpty -r -m z line '*ready*'
zpty -w -n z "$2"$'\t\t'
seen=
for i in {1..300}; do
	sleep 0.1
	while zpty -r -t z line; do seen+=$line; done
	[[ $seen != *$3* ]] || break
done
zpty -d z
print -r -- $seen
