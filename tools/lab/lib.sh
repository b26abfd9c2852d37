# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What every lab script shares: places, messages, locks, entering the build root.
# Sourced, never run.

set -euo pipefail

# Users other than root lack these, and what is there is called under mapped root.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$LAB/../.." && pwd)
BUILD=$TOP/build
CACHE=${CKPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ckpt}
LOGS=${CKPT_LOGS:-$CACHE/log}
ROOT=$CACHE/root
# shellcheck source=tools/lab/config.sh
. "$LAB/config.sh"

# A kernel build that is started from make must not inherit that make's flags.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS

say() { printf '%s\n' "$*" >&2; }

die() {
	printf '%s: %s\n' "ckpt lab" "$*" >&2
	exit 1
}

# lock FILE WHAT [MODE]: wait until no other make holds FILE in a way that excludes MODE (-x by
# default, -s for a share); kept until we exit. The same FILE again changes the mode. FILE stays where
# it is: a lock on a file without a name keeps no process out.
declare -A LOCKS
lock() {
	local mode=${3--x} fd=${LOCKS[$1]-}
	if [ -z "$fd" ]; then
		mkdir -p "$(dirname "$1")"
		exec {fd}>>"$1"
		LOCKS[$1]=$fd
	fi
	if ! flock -n "$mode" "$fd"; then
		say "waiting for another make to finish $2 ..."
		flock "$mode" "$fd"
	fi
}

# Put FILE in place of another one only when the content differs, so that nothing is
# rebuilt for a new date: replace NEW FILE.
replace() {
	if cmp -s "$1" "$2"; then
		rm -f "$1"
	else
		mv -f "$1" "$2"
	fi
}

# as_root CMD...: run with the rights to own the files of a build root: as root, else
# as root of a user namespace.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		unshare --user --map-root-user --map-auto -- "$@"
	fi
}

# remove DIR: also when its files belong to mapped users.
remove() {
	if [ -e "$1" ]; then
		as_root rm -rf --one-file-system "$1"
	fi
}

# How a mount namespace is made private; in a chroot whose root is no mount point it cannot be
# said for all mounts at once (and is the container's business).
propagation() {
	if unshare --mount --propagation private true 2>/dev/null; then
		echo private
	else
		echo unchanged
	fi
}

# in_root [--at DIR] [--bind SRC:DST]... [--env NAME=VALUE]... -- CMD...
# Runs CMD in the build root (or in DIR).  The mounts live in a private mount
# namespace and go away with the command.
in_root() {
	local at=$ROOT
	if [ "${1-}" = --at ]; then
		at=$2
		shift 2
	fi
	if [ "$(id -u)" = 0 ]; then
		unshare --mount --propagation "$(propagation)" -- bash "$LAB/enter" "$at" "$@"
	else
		unshare --user --map-root-user --map-auto --mount --propagation private -- \
			bash "$LAB/enter" "$at" "$@"
	fi
}

# The version number at the head of a release: 7.2.12+deb13-amd64 -> 7.2.12.
release_version() { printf '%s\n' "${1%%[+-]*}"; }

# release_supported RELEASE: is it of a supported series and of our distribution?
release_supported() {
	local series
	for series in $CKPT_KERNEL_SERIES; do
		case $1 in
		"$series".*"$CKPT_KERNEL_FLAVOUR") return 0 ;;
		esac
	done
	return 1
}

# What kernel is wanted: KVER, or the running one if it is supported, or the pinned one.
wanted_kernel() {
	if [ -n "${KVER:-}" ]; then
		printf '%s\n' "$KVER"
	elif release_supported "$(uname -r)"; then
		uname -r
	else
		printf '%s\n' "$CKPT_KERNEL_PIN"
	fi
}

# Is this wish, or this release, the debug kernel?
is_debug() { [[ $1 == debug || $1 == *"$CKPT_DEBUG_FLAVOUR" ]]; }

# Sets KREL (the release), KDIR (its part of the cache) from what `setup` resolved, and
# TIME_FACTOR: by how much time limits are longer with this kernel; and CKPT_FAULTS, which has the
# test runner choose the tests that need fault injection, when the kernel has that.
load_kernel() {
	local file
	file=$CACHE/resolved/$(wanted_kernel)
	[ -s "$file" ] || die "the lab is not set up; run: make lab"
	KREL=$(cat "$file")
	KDIR=$CACHE/kernels/$KREL
	KOUT=$BUILD/$KREL
	TIME_FACTOR=1
	export CKPT_FAULTS=0
	! is_debug "$KREL" || TIME_FACTOR=$CKPT_DEBUG_TIME_FACTOR CKPT_FAULTS=1
}

# Make variables under which the kernel was built.
kernel_make_vars() {
	if is_debug "$KREL"; then
		# The sanitizers of C and of Rust have to be those of one compiler.
		printf '%s\n' ARCH=x86 LLVM=1 "KERNELRELEASE=$KREL"
		return
	fi
	printf '%s\n' ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu- \
		CC=x86_64-linux-gnu-gcc-14 "KERNELRELEASE=$KREL"
}
