# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
#
# The stock kernel: which one, its packages, its source prepared for building Rust modules,
# and what a virtual machine boots from.
#
# kernels/RELEASE/ in the cache holds
#   version       the package version
#   pkg/          from the packages: vmlinuz, modules, config, Module.symvers
#   linux/        the source, configured, with the Rust metadata that no package ships
#   vmlinux       the image unpacked: sections only, for BTF and the build id
#   initrd.img guest.ext4

note() { printf '%s\n' "$*" >"$LOGS/$JOB_NAME.note"; }

give_up() {
	printf '%s\n' "$*" >"$LOGS/$JOB_NAME.why"
	exit 1
}

# "RELEASE VERSION" of the kernels that could be built for, oldest first: those with a headers
# package and the source of the same version.
offered_kernels() {
	local series
	local -a patterns
	for series in $CKPT_KERNEL_SERIES; do
		patterns+=("^linux-headers-${series//./\\.}\\.[0-9]+${CKPT_KERNEL_FLAVOUR//+/\\+}\$" "^linux-source-${series//./\\.}\$")
	done
	in_root -- sh -ec 'for pattern; do
			apt-cache search --names-only "$pattern" | cut -d" " -f1
		done | xargs -r apt-cache madison' - "${patterns[@]}" |
		awk '{
			release = $1
			sub("^linux-headers-", "", release)
			if ($1 ~ /^linux-source-/) sources[$1 " " $3] = 1
			else if (!(release in newest)) newest[release] = $3
		}
		END {
			for (release in newest) {
				split(release, part, ".")
				if (("linux-source-" part[1] "." part[2] " " newest[release]) in sources)
					print release, newest[release]
			}
		}' | sort -V
}

newest_of_series() { sed -n "/^${1//./\\.}\\./s/ .*//p" <<<"$2" | tail -n 1; }

# pick WANTED OFFERED: prints the release and why it was taken.
pick() {
	local want=$1 offered=$2 series found
	for found in "$want" "$want$CKPT_KERNEL_FLAVOUR"; do
		if cut -d' ' -f1 <<<"$offered" | grep -qxF -- "$found"; then
			echo "$found"
			return
		fi
	done
	found=$(newest_of_series "$want" "$offered")
	if [ -n "$found" ]; then
		echo "$found newest of series $want"
		return
	fi
	[ -z "${KVER:-}" ] || return 1
	series=$(cut -d. -f1,2 <<<"$want")
	for series in "$series" $CKPT_KERNEL_SERIES; do
		found=$(newest_of_series "$series" "$offered")
		if [ -n "$found" ]; then
			echo "$found instead of $want, which has left the archive"
			return
		fi
	done
	return 1
}

job_choose() {
	local asked want offered picked release why version
	asked=$(wanted_kernel)
	# The debug kernel is of the version that is built for when nothing is asked for.
	! is_debug "$asked" || KVER=
	want=$(wanted_kernel)
	offered=$(offered_kernels)
	if ! picked=$(pick "$want" "$offered") || [ "$(cut -d' ' -f1 <<<"$picked")" != "$want" ]; then
		# The index may be old.
		apt_in "$ROOT" update
		offered=$(offered_kernels)
		picked=$(pick "$want" "$offered") ||
			give_up "no kernel '$want' in the archive; there are: $(cut -d' ' -f1 <<<"$offered" | paste -sd' ')"
	fi
	read -r release why <<<"$picked"
	version=$(awk -v release="$release" '$1 == release { print $2 }' <<<"$offered")
	! is_debug "$asked" || release=${release%"$CKPT_KERNEL_FLAVOUR"}$CKPT_DEBUG_FLAVOUR
	mkdir -p "$CACHE/kernels/$release" "$CACHE/resolved"
	printf '%s\n' "$version" >"$CACHE/kernels/$release/version"
	printf '%s\n' "$release" >"$CACHE/resolved/$asked.new"
	mv "$CACHE/resolved/$asked.new" "$CACHE/resolved/$asked"
	note "$release${why:+ ($why)}"
}

# download DIR PACKAGE=VERSION...
download() {
	local dir=$1
	shift
	mkdir -p "$dir"
	in_root --bind "$dir:/lab/debs" -- sh -c 'cd /lab/debs && exec apt-get -q -o APT::Sandbox::User=root download "$@"' - "$@"
}

has_package() { in_root -- apt-cache madison "$1" | awk -v v="$2" '$3 == v { found = 1 } END { exit !found }'; }

job_fetch() {
	local version image dir
	load_kernel
	version=$(cat "$KDIR/version")
	image=linux-binary-$KREL
	has_package "$image" "$version" || image=linux-binary-unsigned-$KREL
	has_package "$image" "$version" || give_up "no kernel image $KREL of version $version in the archive"
	remove "$KDIR/debs"
	remove "$KDIR/pkg.new"
	mkdir -p "$KDIR/pkg.new"
	download "$KDIR/debs" "$image=$version" "linux-modules-$KREL=$version" \
		"linux-base-$KREL=$version" "linux-headers-$KREL=$version"
	in_root --bind "$KDIR:/lab/kernel" -- sh -ec 'cd /lab/kernel
		for deb in debs/*.deb; do dpkg-deb -x "$deb" pkg.new; done'
	dir=$KDIR/pkg.new/usr/lib/modules/$KREL
	[ -e "$dir/vmlinuz" ] || cp "$dir/vmlinuz.unsigned" "$dir/vmlinuz"
	ln -s usr/lib "$KDIR/pkg.new/lib"
	in_root --bind "$KDIR/pkg.new:/lab/pkg" -- depmod -b /lab/pkg "$KREL"
	cp "$dir/vmlinuz" "$KDIR/vmlinuz"
	mv "$KDIR/pkg.new" "$KDIR/pkg"
	remove "$KDIR/debs"
}

# The source of the very version of the image.
job_source() {
	local version series
	load_kernel
	version=$(cat "$KDIR/version")
	series=$(cut -d. -f1,2 <<<"$KREL")
	remove "$KDIR/linux.new"
	remove "$KDIR/src"
	mkdir -p "$KDIR/linux.new"
	download "$KDIR/src" "linux-source-$series=$version"
	in_root --bind "$KDIR:/lab/kernel" -- bash -ec 'set -o pipefail; cd /lab/kernel
		dpkg-deb --fsys-tarfile src/*.deb | tar -xO "./usr/src/linux-source-$1.tar.xz" |
		tar -xJ --no-same-owner --strip-components=1 -C linux.new' - "$series"
	mv "$KDIR/linux.new" "$KDIR/linux"
	remove "$KDIR/src"
}

# make_kernel ARGUMENT...: the kernel's own make in the build root.
make_kernel() {
	local -a vars
	mapfile -t vars < <(kernel_make_vars)
	in_root --bind "$KDIR/linux:/lab/linux" -- \
		make -C /lab/linux "-j$(nproc)" "${vars[@]}" "$@"
}

job_prepare() {
	local headers
	load_kernel
	headers=$KDIR/pkg/usr/src/linux-headers-$KREL
	cmp -s "$headers/.config" "$KDIR/linux/.config.stock" || {
		cp "$headers/.config" "$KDIR/linux/.config"
		cp "$headers/.config" "$KDIR/linux/.config.stock"
	}
	make_kernel olddefconfig prepare modules_prepare
	grep -q '^CONFIG_RUST=y' "$KDIR/linux/.config" ||
		give_up "the kernel $KREL has no Rust support with the build root's compiler"
	cp "$headers/Module.symvers" "$KDIR/linux/Module.symvers"
	: >"$KDIR/linux/.ckpt-prepared"
}

# Unpacks the image: the sections are all there (BTF, notes), the symbol table is not.
job_vmlinux() {
	load_kernel
	python3 "$LAB/unpack_vmlinuz.py" "$KDIR/vmlinuz" "$KDIR/payload"
	in_root --bind "$KDIR:/lab/kernel" -- sh -ec 'cd /lab/kernel
		case $(cat payload.type) in
		zstd) zstd -qdc payload ;; xz) xz -dc payload ;; gzip) gzip -dc payload ;; *) exit 1 ;;
		esac >vmlinux.new'
	rm -f "$KDIR/payload" "$KDIR/payload.type"
	mv "$KDIR/vmlinux.new" "$KDIR/vmlinux"
}

initrd_stamp() { cat "$LAB/kernel.sh" "$TOP/tests/lab/initramfs" <(echo "$CKPT_BOOT_MODULES") "$ROOT/bin/busybox" | sha256sum; }

job_initrd() {
	load_kernel
	remove "$KDIR/initrd"
	mkdir -p "$KDIR/initrd/modules"
	cp "$TOP/tests/lab/initramfs" "$KDIR/initrd/init"
	chmod 755 "$KDIR/initrd/init"
	# Each module after those that it needs, numbered in the order of loading.
	in_root --bind "$KDIR:/lab/kernel" -- sh -ec 'cd /lab/kernel/initrd
		mkdir -p bin proc sys dev newroot && cp /bin/busybox bin/
		for module in '"$(one_line "$CKPT_BOOT_MODULES")"'; do
			modprobe -d /lab/kernel/pkg -S "$1" --show-depends "$module"
		done | awk "/^insmod/ && !seen[\$2]++ { print \$2 }" >list
		n=10
		while read -r file; do
			xz -dc "$file" >module
			# Without its signature, whose check takes longer than the rest of the boot stage.
			objcopy --strip-debug --remove-section=.BTF module "modules/$n-$(basename "$file" .xz)"
			n=$((n + 1))
		done <list
		rm -f list module
		find . | cpio -o -H newc --quiet >../initrd.new' - "$KREL"
	mv "$KDIR/initrd.new" "$KDIR/initrd.img"
	initrd_stamp >"$KDIR/initrd.stamp"
	remove "$KDIR/initrd"
}

image_stamp() {
	{
		sort "$GUEST/.ckpt-packages"
		echo "$CKPT_GUEST_MODULES"
		sed -n '/^job_image/,/^}/p' "$LAB/kernel.sh"
	} | sha256sum
}

# The guest's disk: the guest tree with this kernel's modules.  Never written to afterwards.
job_image() {
	load_kernel
	# shellcheck disable=SC2016
	in_root --bind "$KDIR:/lab/kernel" --bind "$GUEST:/lab/guest" -- sh -ec '
		to=/lab/guest/usr/lib/modules
		rm -rf "$to" && mkdir -p "$to/$1"
		cd "/lab/kernel/pkg/usr/lib/modules/$1"
		for part in '"$(one_line "$CKPT_GUEST_MODULES")"'; do
			for file in kernel/$part; do [ ! -e "$file" ] || cp -a --parents "$file" "$to/$1/"; done
		done
		cp modules.builtin* modules.order "$to/$1/"
		depmod -b /lab/guest "$1"'  - "$KREL"
	rm -f "$KDIR/guest.new"
	as_root mke2fs -q -t ext4 -d "$GUEST" -m 0 -N 131072 -L ckpt-guest \
		-E lazy_itable_init=0,root_owner=0:0 -O ^has_journal,^metadata_csum "$KDIR/guest.new" 6G
	mv "$KDIR/guest.new" "$KDIR/guest.ext4"
	image_stamp >"$KDIR/guest.stamp"
}
