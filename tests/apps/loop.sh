# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A loop of builtins only: no process is started.  The result goes to "result".

declare -A seen
declare -a list
trap 'got=1' USR1
exec 7>lines 8<"$0"
sum=1
while read -r -u 8 line; do
	list+=("$line")
done
for ((i = 0; i < 12000; i++)); do
	((sum = (sum * 1103515245 + 12345 + i) & 0x7fffffff))
	seen[$((sum % 300))]+=x
	if ((i % 40 == 0)); then
		printf '%d %08x %s\n' "$i" "$sum" "${list[i % ${#list[@]}]}" >&7
	fi
	case $sum in
	*7?) ((count++)) ;;
	*[02468]) text=${text:(-20)}${sum:0:2} ;;
	esac
done
exec 7>&- 8<&-
for ((i = 0; i < 300; i++)); do
	lengths+=${#seen[$i]},
done
printf '%s\n' "$sum" "$count" "$text" "$lengths" "${got-none}" >result
