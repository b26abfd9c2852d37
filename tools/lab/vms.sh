# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Tests in several VMs side by side: how many, starting and ending them, what has failed there.

# Where they leave what they print (NAME.tap) and their kernel messages (NAME.console).
RESULTS=$BUILD/results
# Their processes.
VMS=()

# How many VMs test side by side: one for each processor, as far as memory goes.
shards() {
	local free each=1500
	! is_debug "$KREL" || each=$((CKPT_DEBUG_MEMORY + 500))
	free=$(awk -v each="$each" '/^MemAvailable/ { print int($2 / 1024 / each) }' /proc/meminfo)
	printf '%s\n%s\n%s\n' "$(nproc)" "$((free > 0 ? free : 1))" "${CKPT_SHARDS:-8}" | sort -n | head -n 1
}

# start_vm NAME SECONDS COMMAND: in the background, for so long at most.
start_vm() {
	"$LAB/vm" --timeout "$2" --console "$RESULTS/$1.console" -- "$3" </dev/null >"$RESULTS/$1.tap" 2>&1 &
	VMS+=($!)
}

# Ends those that are left.
end_vms() { [ "${#VMS[@]}" = 0 ] || kill "${VMS[@]}" 2>/dev/null || true; }

# The failed tests with what was said about them.
failures() {
	awk '/^not ok/ { lines = '"${CKPT_LOG_LINES:-60}"'; print; next }
	     /^(ok|1\.\.|[0-9]+ passed)/ { lines = 0 }
	     /^vm:/ { print }
	     lines-- > 0 { print "    | " $0 }' "$1"
}
