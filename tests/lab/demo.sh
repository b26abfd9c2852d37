#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demonstration: a Python program counts and writes to a file; it is checkpointed, killed,
# looked at as an image, and restarted.  Runs inside the VM.

set -euo pipefail

image=/tmp/counter.ckpt
lines=/tmp/counter.txt

if [ -n "${COLOUR:-}" ]; then
	bold=$'\e[1;36m' dim=$'\e[2m' good=$'\e[1;32m' bad=$'\e[1;31m' plain=$'\e[0m'
else
	bold='' dim='' good='' bad='' plain=''
fi

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# Shows a command as it would be typed, and runs it.
run() {
	printf '%s$ %s%s\n' "$dim" "$*" "$plain"
	"$@"
}

fail() {
	printf '%s%s%s\n' "$bad" "$*" "$plain"
	exit 1
}

# Waits for the file to have N lines, ten seconds at most.
lines_reach() {
	local _
	for _ in $(seq 100); do
		[ "$(wc -l <"$lines")" -lt "$1" ] || return 0
		sleep 0.1
	done
}

: >"$lines"
cat >/tmp/counter.py <<'END'
import os, time

state = {"started as": os.getpid(), "total": 0}      # lives in memory only
out = open("/tmp/counter.txt", "w", buffering=1)
n = 0
while True:
    n += 1
    state["total"] += n
    print(f"pid {os.getpid()} (started as {state['started as']}): counted to {n}, sum {state['total']}", file=out)
    time.sleep(0.1)
END

heading "A Python program counts, and writes to a file"
printf '%s$ python3 /tmp/counter.py &%s\n' "$dim" "$plain"
setsid python3 /tmp/counter.py </dev/null >/dev/null 2>&1 &
pid=$!
disown "$pid"
lines_reach 10
run tail -n 2 "$lines"

heading "It is checkpointed, and killed"
run checkpoint -o "$image" --kill "$pid"
for _ in $(seq 50); do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.1
done
run ls -l "$image"
! kill -0 "$pid" 2>/dev/null || fail "process $pid is still there"
printf 'process %s is gone; the last line that it wrote:\n' "$pid"
run tail -n 1 "$lines"
before=$(wc -l <"$lines")
sleep 0.5
[ "$(wc -l <"$lines")" = "$before" ] || fail "somebody goes on counting"

heading "What is in the image"
run ckptinfo --summary "$image"

heading "It is restarted, and goes on where it was"
run restart -i "$image" --pids --detach --inherit
lines_reach $((before + 5))
run tail -n 3 "$lines"
[ "$(wc -l <"$lines")" -ge $((before + 5)) ] || fail "it does not go on"
awk '{ sub(",", "", $8); if ($8 != NR) exit 1 }' "$lines" || fail "a line is missing or doubled"
kill "$pid"
printf '\n%sEvery number from 1 to %s is there once, written by one process in two lives.%s\n' \
	"$good" "$(wc -l <"$lines")" "$plain"
