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
        /// Magic number, `0x00fe_ed0c_c0a2_d200`.
        ///
        /// this value
        magic: u64 = mask,
        /// Revision of the format.
        ///
        /// 4
        format: u32,
        /// Architecture: 2 is x86-64.
        ///
        /// 2
        arch: u32,
        /// Features without which the image cannot be read.
        ///
        /// no unknown bit
        incompat: u64 = mask,
        /// Features that a reader may ignore.
        compat: u64 = mask,
        /// Time of the checkpoint, CLOCK_REALTIME, ns.
        realtime: i64 = nanoseconds,
        /// The same instant, CLOCK_MONOTONIC in the time namespace of the tree, ns.
        ///
        /// ≥ 0; not ahead of the clock of the tasks that it is restored onto, else
        /// [ERANGE](api.md#restart_clocks_back)
        monotonic: i64 = nanoseconds,
        /// The same, CLOCK_BOOTTIME.
        ///
        /// as monotonic
        boottime: i64 = nanoseconds,
        /// LINUX_VERSION_CODE of the kernel.
        kernel: u32 = mask,
        /// Id that the checkpoint returned.
        id: u32,
        /// Page size, bytes.
        ///
        /// 4096
        page_size: u32 = bytes,
        /// Number of signals.
        ///
        /// 64
        nr_signals: u32 = count,
        /// Number of resource limits.
        ///
        /// 16
        nr_rlimits: u32 = count,
        /// Size of a task name with its NUL, bytes (16).
        comm_len: u32 = bytes,
        /// CHECKPOINT_* flags of the call.
        flags: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    } => [text("release"; UNAME), text("version"; UNAME), text("machine"; UNAME)]

    /// What the image needs of the processor and the kernel. A BUFFER of [`XstateComponent`]
    /// follows, one for each feature in `xfeatures` beyond the legacy area.
    HeaderArch: HEADER_ARCH, 32 {
        /// XSAVE state components (bits as in XCR0) that a task of the image uses.
        ///
        /// only bits that the processor here has, else EOPNOTSUPP
        xfeatures: u64 = mask,
        /// MXCSR bits that could be set where the image was made.
        mxcsr_mask: u32 = mask,
        /// Length of the vDSO text, bytes.
        ///
        /// as here, when an address space has a vDSO, else EOPNOTSUPP
        vdso_len: u32 = bytes,
        /// CRC32C of the vDSO text.
        ///
        /// the same
        vdso_crc: u32 = mask,
        /// Length of the data pages before the text, bytes.
        ///
        /// the same
        vvar_len: u32 = bytes,
        /// Zero.
        reserved: u64 = zero,
    } => [buffer("components": XstateComponent; COMPONENTS)]

    /// What was saved as a whole.
    Container: CONTAINER, 32 {
        /// Bits of `container_flag`.
        flags: u32 = flags(container_flag),
        /// Place of the root task in the tree.
        ///
        /// 0
        root: u32 = place,
        /// Session of the root when it comes from outside of the tree, as a number in the
        /// root's pid namespace; 0: from inside, or not visible there; for information.
        sid: i32,
        /// The same for its process group.
        pgid: i32,
        /// Number of namespaces that the image has.
        ///
        /// 0, else EOPNOTSUPP
        nr_namespaces: u32 = restarters,
        /// Number of mounts that the image has.
        ///
        /// 0, else EOPNOTSUPP
        nr_mounts: u32 = restarters,
        /// Number of control groups that the image has.
        ///
        /// 0, else EOPNOTSUPP
        nr_cgroups: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    }

    /// The tree. A BUFFER of [`TreeEntry`] follows: first the tasks, in the order in which they are
    /// restored, then the ghosts. When `nr_numbers` is not zero, a BUFFER of [`PidNumber`] follows it.
    Tree: TREE, 16 {
        /// Number of tasks.
        ///
        /// at least 1
        nr_tasks: u32 = count(TASKS),
        /// Number of ghosts.
        ///
        /// with `nr_tasks` no more than TASKS
        nr_ghosts: u32 = count(TASKS),
        /// Number of pid numbers in nested namespaces.
        ///
        /// the sum of `TreeEntry.depth`
        nr_numbers: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [
        buffer("entries": TreeEntry: nr_tasks, nr_ghosts; TASKS),
        buffer("numbers": PidNumber: nr_numbers) if nr_numbers
    ]

    /// Where in the image its head, the sections of tasks and the shared objects stand. A BUFFER of
    /// [`IndexEntry`] follows; what does not fit into one stands in the next.
    Index: INDEX, 8 {
        /// Number of entries.
        ///
        /// at least 1
        nr_entries: u32 = count(INDEX),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("index": IndexEntry: nr_entries; INDEX)]

    /// End of a complete image.
    Tail: TAIL, 48 {
        /// Magic number, `0x002d_2a0c_c0de_ef00`.
        ///
        /// this value
        magic: u64 = mask,
        /// Bytes of the image before this record.
        ///
        /// as read
        bytes: u64 = bytes,
        /// Records before this one.
        ///
        /// as read
        records: u64,
        /// Pages stored.
        ///
        /// as read
        pages: u64,
        /// Where the first INDEX is: bytes of the image before it.
        ///
        /// as read
        index: u64 = bytes,
        /// Checksum of all INDEX and what follows them, see "Checksum".
        ///
        /// as read
        checksum: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    }
}

entries! {
    /// Where one state component stands in every XSAVE area of the image.
    XstateComponent: 16 {
        /// Number of the component.
        ///
        /// the next bit of `xfeatures` from 2 on, ascending
        id: u32,
        /// Offset in the standard (not compacted) format, bytes.
        ///
        /// as CPUID leaf 0xd says here, else EOPNOTSUPP
        offset: u32 = bytes,
        /// Size, bytes.
        ///
        /// the same
        size: u32 = bytes,
        /// Zero.
        reserved: u32 = zero,
    }

    /// One task of the tree, or a ghost. Others are referred to by their places in the array;
    /// [`OUTSIDE`] stands for what is not part of the tree.
    ///
    /// Parents and thread-group leaders stand before the tasks that refer to them.
    TreeEntry: 56 {
        /// Thread id in the pid namespace of the root.
        ///
        /// 1 to PID, no two alike
        pid: i32,
        /// The parent, which may be a thread; of a ghost, the task that may make it.
        ///
        /// OUTSIDE for the root and its threads; else an earlier place, of a task that is not
        /// dead
        parent: u32 = place,
        /// Leader of the thread group; its own place when it is the leader.
        ///
        /// own place or an earlier one, which leads itself
        leader: u32 = place,
        /// Whose pid is the number of its process group.
        ///
        /// OUTSIDE only when `session` is; else a leader in the same session
        group: u32 = place,
        /// Whose pid is the number of its session.
        ///
        /// OUTSIDE, or a leader whose `session` is its own place; with its own place `group` is
        /// that, too
        session: u32 = place,
        /// First task that uses the same address space.
        ///
        /// own place or an earlier one, whose `mm` is its own place
        mm: u32 = place,
        /// First task that uses the same signal handlers.
        ///
        /// the same with `sighand`; that one has the same `mm`
        sighand: u32 = place,
        /// Init of its pid namespace; OUTSIDE for that of the root, even if the root is its
        /// init.
        ///
        /// OUTSIDE, own place, or an earlier one that is in it; `pidns` or `children_pidns` of
        /// the parent, unless it is the own place
        pidns: u32 = place,
        /// The same for the pid namespace of its future children.
        ///
        /// `pidns`, or the place of an init that a thread of its process is the parent of
        children_pidns: u32 = place,
        /// How many namespaces below that of the root it is: so many PidNumber belong to it.
        ///
        /// ≤ PID_DEPTH; of an init one more than its parent's, else that of the init
        depth: u32 = count,
        /// Bits of `tree_flag`.
        flags: u32 = flags(tree_flag),
        /// The set of namespaces that the task is in; 0: those of the restarter.
        ///
        /// 0, else EOPNOTSUPP
        namespaces: u32 = restarters,
        /// The control group that it is in; 0: where the restarter puts it.
        ///
        /// 0, else EOPNOTSUPP
        cgroup: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    }

    /// One stretch of the image: from a record with which something begins up to the next of those.
    IndexEntry: 32 {
        /// Kind of the record with which it begins.
        ///
        /// as read
        kind: u32 = kind,
        /// For an object its id; for a section, or a record of one, the place of the task; for the head 0.
        ///
        /// as read
        id: u32,
        /// Where it begins: bytes of the image before it.
        ///
        /// as read: where the one before it ends
        offset: u64 = bytes,
        /// Its length in bytes, page contents included.
        ///
        /// as read
        len: u64 = bytes,
        /// Its checksum, see "Checksum".
        ///
        /// as read
        checksum: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    }

    /// The number of a task in one pid namespace below that of the root, the outermost first.
    PidNumber: 8 {
        /// The number.
        ///
        /// 1 to PID
        pid: i32,
        /// Zero.
        reserved: u32 = zero,
    }
}

/// In place of a task: something that is not part of the tree.
pub const OUTSIDE: u32 = u32::MAX;

/// In place of an object of a sort that no image has yet: the namespaces, the control group and the view of
/// mounts that the restarter has.
pub const RESTARTERS: u32 = 0;

flag_set! {
    /// Bits of [`TreeEntry::flags`].
    tree_flag: u32 {
        /// A zombie, or a leader that has exited while its threads live on.
        ///
        /// not together with GHOST
        DEAD = 0,
        /// No task.
        ///
        /// set from place `nr_tasks` on, and nowhere before
        GHOST = 1,
    }
}

flag_set! {
    /// Bits of [`Container::flags`].
    container_flag: u32 {
        /// The root need not be the init of a container (CHECKPOINT_SUBTREE): the writer has not checked
        /// whether the container is whole.
        SUBTREE = 0,
        /// The task that made the checkpoint is part of the tree: the saved result of its ioctl is 0.
        SELF = 1,
    }
}
