# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Pipelines, in the foreground and in the background, command substitution and a process that reads
# from a FIFO.  The result goes to "result".

set -o pipefail
mkfifo channel

# Lines as fast as the readers take them.
numbers() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%d %08x\n' "$i" $((i * 2654435761 & 0xffffffff))
	done
}

numbers 6000 | grep -v 7f | sort -k 2 | gzip -n >first.gz &
first=$!
numbers 5000 >channel &
while read -r number hash; do
	if ((number % 1000 == 0)); then
		printf '%s %s\n' "$number" "$hash"
	fi
done <channel >second
numbers 4000 | tr 0-9 a-j | sed 's/a/[&]/g' | cksum >third
wait "$first"
status=$?
words=$(numbers 300 | cut -d ' ' -f 2 | cut -c 1-2 | sort -u | wc -l)
{
	printf '%d %s\n' "$status" "$words"
	gzip -d <first.gz | cksum
	cat second third
} >result
