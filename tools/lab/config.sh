# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the lab is made of: the kernel, the package lists, the sizes.
# This is the only place where a kernel version or a package is named.

# The kernel that is built for when nothing else is asked for (KVER=...).
CKPT_KERNEL_PIN=7.2.12+deb13-amd64

# Kernel series that are supported, preferred ones first.  Used when the pinned
# kernel has left the archive, and to judge KVER and the running kernel.
CKPT_KERNEL_SERIES="7.2 7.3"

# What follows the version number in the release of a supported kernel: the
# distribution, whose compiler has to be the one that the kernel was built with.
CKPT_KERNEL_FLAVOUR=+deb13-amd64

# The debug kernel (KVER=debug): what its release has in the place of the flavour, by how much
# everything in it may take longer, and the memory of its virtual machine in MiB.
CKPT_DEBUG_FLAVOUR=-ckpt-debug
CKPT_DEBUG_TIME_FACTOR=8
CKPT_DEBUG_MEMORY=2560

# In how many of its modes make check runs a test, and how many checkpoints and restarts each test
# of kills disturbs, of which there are about 16; more of those with the debug kernel.
CKPT_CHECK_MODES=2
CKPT_CHECK_ROUNDS=12
CKPT_DEBUG_ROUNDS=130

# The distribution of the build root and of the guest.
CKPT_SUITE=trixie
CKPT_BACKPORTS=trixie-backports

# Where everything is built: compilers that match the stock kernel's.
CKPT_ROOT_PACKAGES="apt bc bindgen bison bpftool build-essential busybox-static
	ca-certificates cargo clang cpio dwarves flex gcc-14 git kmod libelf-dev
	libssl-dev lld llvm make python3 rsync rust-clippy rust-src rustc rustfmt
	xz-utils zstd"

# What the virtual machine runs on. systemd is not its init but with --systemd; it wants dbus and its
# own module of PAM for the manager of a user.
CKPT_GUEST_PACKAGES="bash busybox-static coreutils criu dbus gdb-minimal gzip iproute2
	kmod less libpam-systemd make perl procps psmisc python3 sqlite3 strace systemd util-linux
	util-linux-extra vim-tiny xz-utils"

# Module folders of the stock kernel that go into the guest's /lib/modules.
CKPT_GUEST_MODULES="fs net lib crypto mm drivers/block drivers/net/tun.ko*
	drivers/net/veth.ko* drivers/net/dummy.ko* drivers/char drivers/virtio"

# Modules that the first stage of the boot needs before there is a root.
CKPT_BOOT_MODULES="virtio_blk ext4 9pnet_virtio 9p"

# Programs of the host: command=package. What a build takes, and what virtual machines take besides.
CKPT_BUILD_TOOLS="mmdebstrap=mmdebstrap python3=python3 unshare=util-linux flock=util-linux
	sha256sum=coreutils tar=tar"
CKPT_VM_TOOLS="qemu-system-x86_64=qemu-system-x86 mke2fs=e2fsprogs"

# Free disk space, in MiB, that a lab from nothing needs, one more kernel, and the debug kernel.
CKPT_SPACE_ALL=8000
CKPT_SPACE_KERNEL=3500
CKPT_SPACE_DEBUG=9000

# The tools' minimum cargo; an older one is not used.
CKPT_CARGO_MIN=1.85
