# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Counts the parts of a check.  Each part runs with its output in a log; a failed one shows it.

PARTS_PASSED=0
PARTS_FAILED=0

# count PASSED FAILED
count() {
	PARTS_PASSED=$((PARTS_PASSED + $1))
	PARTS_FAILED=$((PARTS_FAILED + $2))
}

# begin NAME: says on a terminal what is going on, to be written over.
begin() { [ ! -t 1 ] || printf '\r...     %-28s\r' "$1"; }

# part NAME COMMAND...: one passed or failed.
part() {
	local name=$1 log=$LOGS/part.$$ from=$SECONDS status=0
	shift
	mkdir -p "$LOGS"
	begin "$name"
	# In a shell of its own, where set -e holds also for functions.
	(
		set -e
		export TERM=dumb
		"$@"
	) >"$log" 2>&1 </dev/null &
	wait $! || status=$?
	if [ "$status" = 0 ]; then
		count 1 0
		printf 'ok      %-28s %4ds\n' "$name" $((SECONDS - from))
	else
		count 0 1
		printf 'FAILED  %-28s %4ds\n' "$name" $((SECONDS - from))
		tail -n "${CKPT_LOG_LINES:-60}" "$log" | sed 's/^/    | /'
	fi
	rm -f "$log"
}

# The closing line; fails if a part did.
parts_end() {
	printf '%d passed, %d failed\n' "$PARTS_PASSED" "$PARTS_FAILED"
	[ "$PARTS_FAILED" = 0 ]
}
