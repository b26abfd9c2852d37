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
    Header: HEADER, 88 {
        /// [`crate::HEADER_MAGIC`].
        magic: u64 = mask,
        /// [`crate::FORMAT`].
        format: u32,
        /// [`crate::ARCH_X86_64`].
        arch: u32,
        /// Features without which the image cannot be read.
        incompat: u64 = mask,
        /// Features that a reader may ignore.
        compat: u64 = mask,
        /// Time of the checkpoint, CLOCK_REALTIME, in nanoseconds.
        realtime: i64 = nanoseconds,
        /// The same instant on CLOCK_MONOTONIC in the time namespace of the tree, in nanoseconds.
        monotonic: i64 = nanoseconds,
        /// The same on CLOCK_BOOTTIME.
        boottime: i64 = nanoseconds,
        /// LINUX_VERSION_CODE of the kernel.
        kernel: u32 = mask,
        /// The id that the checkpoint returned.
        id: u32,
        /// Page size in bytes.
        page_size: u32 = bytes,
        /// Number of signals.
        nr_signals: u32 = count,
        /// Number of resource limits.
        nr_rlimits: u32 = count,
        /// Size in bytes of a task's name, closing NUL included.
        comm_len: u32 = bytes,
        /// The CHECKPOINT_* flags of the call.
        flags: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    } => [text("release"), text("version"), text("machine")]

    /// What the image needs of the processor and the kernel. A BUFFER of [`XstateComponent`]
    /// follows, one for each feature in `xfeatures` beyond the legacy area.
    HeaderArch: HEADER_ARCH, 32 {
        /// State components (as in XCR0) that some task in the image uses.
        xfeatures: u64 = mask,
        /// Bits of MXCSR that may be set.
        mxcsr_mask: u32 = mask,
        /// Length in bytes of the vDSO's text.
        vdso_len: u32 = bytes,
        /// CRC32C of the vDSO's text.
        vdso_crc: u32 = mask,
        /// Length in bytes of the vvar pages that precede the text.
        vvar_len: u32 = bytes,
        /// Zero.
        reserved: u64 = zero,
    } => [buffer(XstateComponent)]

    /// What was saved as a whole.
    Container: CONTAINER, 16 {
        /// Bits of [`container_flag`].
        flags: u32 = flags(container_flag),
        /// The root task's place in the tree.
        root: u32 = place,
        /// Session of the root when it comes from outside of the tree, as a number in the root's pid
        /// namespace (0: not visible there). For information.
        sid: i32,
        /// The same for its process group.
        pgid: i32,
    }

    /// The tree. A BUFFER of [`TreeEntry`] follows: first the tasks, in the order in which they are
    /// restored, then the ghosts. When `nr_numbers` is not zero, a BUFFER of [`PidNumber`] follows it.
    Tree: TREE, 16 {
        /// Number of tasks.
        nr_tasks: u32 = count,
        /// Number of ghosts: numbers that are in use for a session or process group only.
        nr_ghosts: u32 = count,
        /// Number of pid numbers in nested namespaces: the sum of [`TreeEntry::depth`].
        nr_numbers: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(TreeEntry: nr_tasks, nr_ghosts), buffer(PidNumber: nr_numbers) if nr_numbers]

    /// End of a complete image.
    Tail: TAIL, 40 {
        /// [`crate::TAIL_MAGIC`].
        magic: u64 = mask,
        /// Bytes of the image before this record.
        bytes: u64 = bytes,
        /// Records of the image before this one.
        records: u64,
        /// Pages stored.
        pages: u64,
        /// CRC32C of everything before this record but page contents, which have their own.
        checksum: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    }
}

entries! {
    /// Where one state component stands in every XSAVE area of the image.
    XstateComponent: 16 {
        /// Number of the component, as in XCR0.
        id: u32,
        /// Offset in bytes in the standard (not compacted) format.
        offset: u32 = bytes,
        /// Size in bytes.
        size: u32 = bytes,
        /// Zero.
        reserved: u32 = zero,
    }

    /// One task of the tree, or a ghost. Others are referred to by their places in the array;
    /// [`OUTSIDE`] stands for what is not part of the tree.
    ///
    /// Parents and thread-group leaders stand before those who refer to them.
    TreeEntry: 48 {
        /// Thread id in the pid namespace of the root.
        pid: i32,
        /// The parent, which may be a thread. A ghost's is whoever may make it.
        parent: u32 = place,
        /// Leader of the thread group; the task itself when it is the leader.
        leader: u32 = place,
        /// Who gives the process group its number.
        group: u32 = place,
        /// Who gives the session its number.
        session: u32 = place,
        /// First task that uses the same address space; the task itself when it is the first.
        mm: u32 = place,
        /// First task that uses the same signal handlers; the task itself when it is the first.
        sighand: u32 = place,
        /// Init of its pid namespace; [`OUTSIDE`] for that of the root, even if the root is its init.
        pidns: u32 = place,
        /// The same for the pid namespace of its future children.
        children_pidns: u32 = place,
        /// How many namespaces below that of the root it is: so many [`PidNumber`] belong to it.
        depth: u32 = count,
        /// Bits of [`tree_flag`].
        flags: u32 = flags(tree_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// The number of a task in one pid namespace below that of the root, the outermost first.
    PidNumber: 8 {
        /// The number.
        pid: i32,
        /// Zero.
        reserved: u32 = zero,
    }
}

/// In place of a task: something that is not part of the tree.
pub const OUTSIDE: u32 = u32::MAX;

flag_set! {
    /// Bits of [`TreeEntry::flags`].
    tree_flag: u32 {
        /// Dead: a zombie, or a thread-group leader whose threads live on.
        DEAD = 0,
        /// No task: a number that is in use for a session or process group only.
        GHOST = 1,
    }
}

flag_set! {
    /// Bits of [`Container::flags`].
    container_flag: u32 {
        /// The root is not the init of a container: no leak detection was made.
        SUBTREE = 0,
        /// Whoever made the checkpoint is part of the tree: there it returns 0 from its ioctl.
        SELF = 1,
    }
}
