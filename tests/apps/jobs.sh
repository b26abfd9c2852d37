# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A shell with background jobs, one of which has jobs of its own; it waits for all of them.  There is
# no pipe in it.  The result goes to "result".

# compute NAME ROUNDS: some arithmetic, and a file of its own.
compute() {
	local i sum=$2
	for ((i = 0; i < $2; i++)); do
		((sum = (sum * 1103515245 + 12345 + i) & 0x7fffffff))
		if ((i % 100 == 0)); then
			printf '%d %08x\n' "$i" "$sum"
		fi
	done >"$1"
	return $((sum % 50))
}

# In a shell of its own, with two jobs.
branch() {
	compute leaf-1 2500 &
	compute leaf-2 3000 &
	wait %1
	local first=$?
	wait %2
	printf '%d %d\n' "$first" $? >branch
}

compute one 4000 &
one=$!
compute two 5000 &
two=$!
branch &
wait "$one"
printf 'one %d\n' $? >result
wait "$two"
printf 'two %d\n' $? >>result
wait
while read -r line; do
	printf 'branch %s\n' "$line"
done <branch >>result
