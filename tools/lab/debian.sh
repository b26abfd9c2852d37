# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
#
# The two Debian trees of the lab, the build root and the guest: made by mmdebstrap,
# extended in place when the package lists of config.sh grow.

GUEST=$CACHE/guest

one_line() { tr -s '[:space:]' ' ' <<<"$1"; }
words() { one_line "$1" | tr ' ' '\n' | sed '/^$/d'; }

# The package archive that the host itself uses, if it tells; empty means mmdebstrap's default.
host_mirror() {
	if [ -n "${CKPT_MIRROR:-}" ]; then
		printf '%s\n' "$CKPT_MIRROR"
		return
	fi
	# Labels are known once the host has fetched its package lists.
	apt-get indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 == "main" { print $3; found = 1; exit }
		     { if ($NF ~ /\/debian\/?$/ && guess == "") guess = $NF }
		     END { if (!found && guess != "") print guess }'
}

# Settings of the host's apt that its downloads depend on.
host_apt_options() {
	local key value
	for key in Acquire::http::Proxy Acquire::https::Proxy; do
		value=$(apt-config shell v "$key" 2>/dev/null) || continue
		[ -n "$value" ] || continue
		eval "$value"
		printf '%s\n' "--aptopt=$key \"${v:-}\""
	done
}

# A new tree: make_tree DIR PACKAGES [MMDEBSTRAP-OPTION...]
make_tree() {
	local dir=$1 packages mirror
	local -a options
	packages=$(words "$2" | paste -sd,)
	shift 2
	mirror=$(host_mirror)
	mapfile -t options < <(host_apt_options)
	options+=(--variant=minbase "--include=$packages" --dpkgopt=force-unsafe-io
		'--dpkgopt=path-exclude=/usr/share/man/*' '--dpkgopt=path-exclude=/usr/share/info/*'
		'--dpkgopt=path-exclude=/usr/share/locale/*' '--dpkgopt=path-exclude=/usr/share/doc/*'
		'--aptopt=Acquire::Retries "3"' '--aptopt=APT::Install-Recommends "false"' "$@")
	remove "$dir.new"
	if [ "$(id -u)" = 0 ]; then
		mmdebstrap --mode=root "${options[@]}" "$CKPT_SUITE" "$dir.new" ${mirror:+"$mirror"}
	else
		mkdir -p "$dir.new"
		mmdebstrap --mode=unshare --format=tar "${options[@]}" "$CKPT_SUITE" - ${mirror:+"$mirror"} |
			as_root tar -x -C "$dir.new" --exclude='./dev/*'
	fi
}

# What of PACKAGES is not yet in the tree's stamp: missing_packages DIR PACKAGES
missing_packages() {
	words "$2" | sort -u | comm -23 - <(sort -u "$1/.ckpt-packages")
}

apt_in() {
	local dir=$1
	shift
	in_root --at "$dir" -- apt-get -q -y -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@"
}

# ensure_tree DIR PACKAGES HOOK: the tree DIR with all of PACKAGES; HOOK DIR.new finishes a new one.
ensure_tree() {
	local dir=$1 packages=$2 hook=$3
	local -a missing
	if [ -s "$dir/.ckpt-packages" ]; then
		mapfile -t missing < <(missing_packages "$dir" "$packages")
		[ "${#missing[@]}" -gt 0 ] || return 0
		in_root --at "$dir" -- dpkg --configure -a
		apt_in "$dir" update
		apt_in "$dir" install --no-install-recommends "${missing[@]}"
	else
		make_tree "$dir" "$packages"
		"$hook" "$dir.new"
	fi
	[ -d "$dir.new" ] || dir_done=$dir
	words "$packages" | as_root tee "${dir_done:-$dir.new}/.ckpt-packages" >/dev/null
	[ -n "${dir_done:-}" ] || mv "$dir.new" "$dir"
}

tree_complete() {
	[ -s "$1/.ckpt-packages" ] && [ -z "$(missing_packages "$1" "$2")" ]
}

finish_root() {
	as_root sh -c 'sed "s/\b'"$CKPT_SUITE"'\b/'"$CKPT_BACKPORTS"'/" "$1/etc/apt/sources.list" |
		grep "^deb.* '"$CKPT_BACKPORTS"' " | head -n 1 >"$1/etc/apt/sources.list.d/backports.list"' - "$1"
	apt_in "$1" update
}

finish_guest() {
	as_root sh -c 'echo ckpt >"$1/etc/hostname"
		echo "127.0.0.1 localhost ckpt" >"$1/etc/hosts"
		mkdir -p "$1/ckpt"' - "$1"
}

job_root() { ensure_tree "$ROOT" "$CKPT_ROOT_PACKAGES" finish_root; }
job_guest() { ensure_tree "$GUEST" "$CKPT_GUEST_PACKAGES" finish_guest; }
