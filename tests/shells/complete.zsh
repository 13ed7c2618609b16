#!/usr/bin/zsh
# Types three command lines and a tab into an interactive zsh that has the script in $1 on its
# fpath, and waits for what comes back.
zmodload zsh/zpty || exit 1
place=$(mktemp -d) || exit 1
trap 'rm -rf $place' EXIT
cp $1 $place/_sockctl

zpty inner zsh -f -i
zpty -w inner "PS1=; fpath=($place \$fpath); autoload -Uz compinit; compinit -u -d $place/dump; print rea''dy"
zpty -r -m inner answer '*ready*' || exit 1

completes() {
    # ^U empties the line that the one before has left.
    zpty -w -n inner $'\x15'"$1"$'\t'
    zpty -r -m inner answer "*$2*" || { print "not completed: $1"; exit 1 }
}

completes 'sockctl au' 'sockctl audit'
completes 'sockctl audit --fail' 'fail-on'
completes 'sockctl policy ex' 'explain'
zpty -d inner
