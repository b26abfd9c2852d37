# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Files that grow, and two who follow them: `tail -f` one that stays, `tail -F` one that is renamed and
# begun anew under its name.  What they have seen is in "by_file" and "by_name".

generations=3
lines=300

# seen FILE LINE: waits until this is its last one.
seen() {
	until [[ -e $1 && $(tail -n 1 "$1") == "$2" ]]; do
		sleep 0.02
	done
}

# Both files grow by some lines, not all of which are written at once.
grow() {
	local i sum=$1
	for ((i = 1; i <= lines; i++)); do
		((sum = (sum * 1103515245 + 12345 + i) & 0x7fffffff))
		printf '%d %d ' "$1" "$i" >>grows
		printf '%d %d %08x\n' "$1" "$i" "$sum" >>log
		printf '%08x\n' "$sum" >>grows
		last=$(printf '%d %d %08x' "$1" "$i" "$sum")
		((i % 50)) || sleep 0.1
	done
}

: >grows
: >log
tail -n +1 -f grows >by_file &
file=$!
tail -n +1 -F log | sed -u "$((generations * lines))q" >by_name &
for ((generation = 1; generation <= generations; generation++)); do
	grow "$generation"
	seen by_name "$last"
	if ((generation < generations)); then
		mv log "log.$generation"
	fi
done
seen by_file "$last"
kill "$file"
wait "$file"
status=$?
# The end of who reads is what ends the other.
wait
printf 'tail -f: %d\n' "$status" >result
