# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A small scheduler: jobs with dependencies run side by side, each with a log of its own,
# a line when it starts and one when it ends, and a spinner on a terminal.
#
# A job NAME is the script $JOB_RUNNER called as `$JOB_RUNNER job NAME`.  It may leave a word
# about its result in $LOGS/NAME.note, and the reason of a failure in $LOGS/NAME.why.

declare -A JOB_TEXT JOB_DEPS JOB_PID JOB_STATE JOB_FROM
JOB_ORDER=()
JOBS_PRINTED=0

# job NAME "what it makes" [DEPENDENCY...]
job() {
	local name=$1
	JOB_ORDER+=("$name")
	JOB_TEXT[$name]=$2
	shift 2
	JOB_DEPS[$name]="$*"
	JOB_STATE[$name]=waiting
}

jobs_line() {
	if [ -t 2 ]; then
		printf '\r\033[K%s\n' "$*" >&2
	else
		printf '%s\n' "$*" >&2
	fi
}

jobs_kill() {
	local name
	for name in "${JOB_ORDER[@]}"; do
		if [ "${JOB_STATE[$name]}" = running ]; then
			kill -TERM -- "-${JOB_PID[$name]}" 2>/dev/null || true
			JOB_STATE[$name]=killed
		fi
	done
}

jobs_ready() {
	local dep
	for dep in ${JOB_DEPS[$1]}; do
		[ "${JOB_STATE[$dep]:-done}" = "done" ] || return 1
	done
}

jobs_start() {
	local name=$1
	rm -f "$LOGS/$name.note" "$LOGS/$name.why"
	setsid bash "$JOB_RUNNER" job "$name" >"$LOGS/$name.log" 2>&1 </dev/null &
	JOB_PID[$name]=$!
	JOB_STATE[$name]=running
	JOB_FROM[$name]=$SECONDS
	[ -t 2 ] || jobs_line "$(printf '[%4ds] %s ...' "$SECONDS" "${JOB_TEXT[$name]}")"
}

# Why a job failed, in one line if the log tells.
jobs_why() {
	local log=$LOGS/$1.log
	if [ -s "$LOGS/$1.why" ]; then
		cat "$LOGS/$1.why"
	elif grep -qiE 'no space left on device' "$log"; then
		echo "no space left on the disk of $CACHE"
	elif grep -qiE 'could not resolve|temporary failure|unable to connect|failed to fetch|connection (timed out|refused)|network is unreachable|invalid.*download.*file|unable to fetch' "$log"; then
		echo "the package archive cannot be reached; is there a network?"
	fi
}

jobs_failed() {
	local name=$1 why
	jobs_kill
	why=$(jobs_why "$name")
	jobs_line "[${SECONDS}s] FAILED: ${JOB_TEXT[$name]}"
	if [ -z "$why" ]; then
		tail -n 15 "$LOGS/$name.log" | sed 's/^/    | /' >&2
		why="the last lines of its log are above"
	fi
	die "${JOB_TEXT[$name]}: $why (log: $LOGS/$name.log)"
}

jobs_spin() {
	local -a marks=('|' '/' '-' "\\")
	local name text=
	[ -t 2 ] || {
		# A sign of life where there is no terminal to animate.
		if [ $((SECONDS - JOBS_PRINTED)) -ge 60 ]; then
			JOBS_PRINTED=$SECONDS
			for name in "${JOB_ORDER[@]}"; do
				[ "${JOB_STATE[$name]}" = running ] && text+=" ${JOB_TEXT[$name]};"
			done
			jobs_line "[$(printf %4d "$SECONDS")s] still at:${text%;}"
		fi
		return 0
	}
	for name in "${JOB_ORDER[@]}"; do
		[ "${JOB_STATE[$name]}" = running ] || continue
		text+="  ${JOB_TEXT[$name]} $((SECONDS - JOB_FROM[$name]))s"
	done
	printf '\r\033[K%s [%4ds]%.*s' "${marks[$1 % 4]}" "$SECONDS" "$((${COLUMNS:-80} - 12))" "$text" >&2
}

# Runs all declared jobs; returns when all are done, dies when one fails.
jobs_run() {
	local name turn=0 left=1 note
	mkdir -p "$LOGS"
	trap 'jobs_kill' EXIT
	trap 'jobs_kill; jobs_line "interrupted; the next make goes on from here"; exit 130' INT TERM
	[ -t 2 ] && COLUMNS=$(tput cols 2>/dev/null || echo 80)
	while [ "$left" = 1 ]; do
		left=0
		for name in "${JOB_ORDER[@]}"; do
			case ${JOB_STATE[$name]} in
			waiting)
				left=1
				jobs_ready "$name" && jobs_start "$name"
				;;
			running)
				left=1
				kill -0 "${JOB_PID[$name]}" 2>/dev/null && continue
				wait "${JOB_PID[$name]}" || jobs_failed "$name"
				JOB_STATE[$name]="done"
				note=$(cat "$LOGS/$name.note" 2>/dev/null || true)
				jobs_line "$(printf '[%4ds] %s: %s' "$SECONDS" "${JOB_TEXT[$name]}" \
					"${note:-done in $((SECONDS - JOB_FROM[$name]))s}")"
				;;
			esac
		done
		[ "$left" = 1 ] || break
		jobs_spin $((turn++))
		sleep 0.2
	done
	[ -t 2 ] && printf '\r\033[K' >&2
	trap - EXIT INT TERM
}
