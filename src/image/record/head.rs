// SPDX-License-Identifier: GPL-2.0-only

//! The frame of an image: what stands before the first task and after the last.

use super::{
    entries,
    records, //
};
use crate::flags::flag_set;

records! {
    /// Start of an image. Three STRING records follow: the release, version and machine that
    /// uname(2) gave where the image was made.
    Header: HEADER, 80 {
        /// [`crate::HEADER_MAGIC`].
        magic: u64,
        /// [`crate::FORMAT`].
        format: u32,
        /// [`crate::ARCH_X86_64`].
        arch: u32,
        /// Features without which the image cannot be read.
        incompat: u64,
        /// Features that a reader may ignore.
        compat: u64,
        /// Time of the checkpoint, CLOCK_REALTIME, in nanoseconds.
        realtime: i64,
        /// The same instant on CLOCK_MONOTONIC, in nanoseconds.
        monotonic: i64,
        /// LINUX_VERSION_CODE of the kernel.
        kernel: u32,
        /// The id that the checkpoint returned.
        id: u32,
        /// Page size in bytes.
        page_size: u32,
        /// Number of signals.
        nr_signals: u32,
        /// Number of resource limits.
        nr_rlimits: u32,
        /// Size in bytes of a task's name, closing NUL included.
        comm_len: u32,
        /// The CHECKPOINT_* flags of the call.
        flags: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// What the image needs of the processor and the kernel. A BUFFER of [`XstateComponent`]
    /// follows, one for each feature in `xfeatures` beyond the legacy area.
    HeaderArch: HEADER_ARCH, 32 {
        /// State components (as in XCR0) that some task in the image uses.
        xfeatures: u64,
        /// Bits of MXCSR that may be set.
        mxcsr_mask: u32,
        /// Length in bytes of the vDSO's text.
        vdso_len: u32,
        /// CRC32C of the vDSO's text.
        vdso_crc: u32,
        /// Length in bytes of the vvar pages that precede the text.
        vvar_len: u32,
        /// Zero.
        reserved: u64,
    } = zero [reserved]

    /// What was saved as a whole.
    Container: CONTAINER, 16 {
        /// Bits of [`container_flag`].
        flags: u32,
        /// The root task's place in the tree.
        root: u32,
        /// Zero.
        reserved: u64,
    } = zero [reserved]

    /// The tree. A BUFFER of [`TreeEntry`] follows, in the order in which tasks are restored.
    Tree: TREE, 16 {
        /// Number of entries.
        nr_tasks: u32,
        /// Zero.
        reserved: u32,
        /// Zero.
        reserved2: u64,
    } = zero [reserved, reserved2]

    /// End of a complete image.
    Tail: TAIL, 40 {
        /// [`crate::TAIL_MAGIC`].
        magic: u64,
        /// Bytes of the image before this record.
        bytes: u64,
        /// Records of the image before this one.
        records: u64,
        /// Pages stored.
        pages: u64,
        /// CRC32C of everything before this record but page contents.
        checksum: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]
}

entries! {
    /// Where one state component stands in every XSAVE area of the image.
    XstateComponent: 16 {
        /// Number of the component, as in XCR0.
        id: u32,
        /// Offset in bytes in the standard (not compacted) format.
        offset: u32,
        /// Size in bytes.
        size: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// One task of the tree. All numbers are those of the pid namespace of whoever made the
    /// checkpoint; 0 stands for a task that is not visible there.
    TreeEntry: 24 {
        /// Thread id.
        pid: i32,
        /// Thread-group id of the parent.
        ppid: i32,
        /// Thread-group id.
        tgid: i32,
        /// Process group.
        pgid: i32,
        /// Session.
        sid: i32,
        /// Zero.
        flags: u32,
    }
}

flag_set! {
    /// Bits of [`Container::flags`].
    container_flag: u32 {
        /// The root is not the init of a container: no leak detection was made.
        SUBTREE = 0,
        /// The root saved itself: it returns 0 from its ioctl.
        SELF = 1,
    }
}
