# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The debug kernel (KVER=debug): from the same source package as the stock kernel, configured by
# debug.config, for finding what a stock kernel lets pass. What a virtual machine and the module's
# build take from the cache has the same names as for a stock kernel; only its making differs.
#
# kernels/RELEASE/ in the cache holds what kernel.sh tells, and
#   debug.stamp   what the image was made from

DEBUG_CONFIG=$LAB/debug.config

# Everything that the image depends on besides the source and the compiler.
debug_stamp() {
	{
		cat "$DEBUG_CONFIG"
		sed -n '/^job_compile/,/^}/p' "$LAB/debug_kernel.sh"
	} | sha256sum
}

# The lines of debug.config that do not hold in a finished configuration.
broken_demands() {
	awk -v demands="$DEBUG_CONFIG" '
		/^CONFIG_/ { split($0, part, "="); value[part[1]] = substr($0, length(part[1]) + 2) }
		END {
			while ((getline line <demands) > 0) {
				if (line !~ /^CONFIG_/) continue
				split(line, part, "=")
				name = part[1]
				wanted = substr(line, length(name) + 2)
				has = name in value ? value[name] : "n"
				if (has != wanted) printf "%s=%s (wanted %s) ", name, has, wanted
			}
		}' "$1"
}

# A configuration of nothing but what is demanded; a demand that does not hold is an error, so that
# no check is missing without notice.
job_configure() {
	local broken
	load_kernel
	cp "$DEBUG_CONFIG" "$KDIR/linux/.ckpt.config"
	make_kernel KCONFIG_ALLCONFIG=.ckpt.config allnoconfig
	broken=$(broken_demands "$KDIR/linux/.config")
	[ -z "$broken" ] || give_up "the source's Kconfig does not agree with debug.config: $broken"
}

job_compile() {
	local -a vars
	load_kernel
	mapfile -t vars < <(kernel_make_vars)
	rm -f "$KDIR/debug.stamp"
	# The same source is the same image, bit by bit.
	make_kernel KBUILD_BUILD_USER=ckpt KBUILD_BUILD_HOST=lab KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_TIMESTAMP=@0 bzImage modules
	remove "$KDIR/pkg.new"
	mkdir -p "$KDIR/pkg.new"
	in_root --bind "$KDIR:/lab/kernel" --bind "$KDIR/linux:/lab/linux" -- bash -ec '
		make -C /lab/linux "$@" INSTALL_MOD_PATH=/lab/kernel/pkg.new/usr modules_install
		ln -s usr/lib /lab/kernel/pkg.new/lib
		llvm-objcopy --strip-all /lab/linux/vmlinux /lab/kernel/vmlinux.new' - "${vars[@]}"
	cp "$KDIR/linux/arch/x86/boot/bzImage" "$KDIR/vmlinuz"
	# The bindings belong to one image.
	remove "$KDIR/btf"
	remove "$KDIR/pkg"
	mv "$KDIR/pkg.new" "$KDIR/pkg"
	mv "$KDIR/vmlinux.new" "$KDIR/vmlinux"
	: >"$KDIR/linux/.ckpt-prepared"
	debug_stamp >"$KDIR/debug.stamp"
}

# The jobs up to an image, in the place of those for a stock kernel.
declare_debug_jobs() {
	[ -d "$KDIR/pkg" ] || need "$CKPT_SPACE_DEBUG"
	[ -d "$KDIR/linux" ] || job source "kernel source"
	if ! stamp_is "$KDIR/debug.stamp" "$(debug_stamp)"; then
		job configure "debug kernel configured" source
		job compile "debug kernel compiled" configure
	fi
}
