// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, what files are open on, and the file system context. Open files themselves are in `open.rs`.

use super::{
    entries,
    records, //
};
use crate::flags::{
    enumeration,
    flag_set, //
};

records! {
    /// Shared object: a descriptor table. Before it stands a FILE for each open file that is new to
    /// the image. A BUFFER of `nr_fds` [`FileDesc`], in ascending order, follows unless there are none,
    /// then `nr_locks` times FILE_LOCK.
    FileTable: FILE_TABLE, 16 {
        /// Id of the object.
        objref: u32 = id,
        /// Number of descriptors.
        nr_fds: u32 = count(FDS),
        /// Number of locks.
        nr_locks: u32 = count(LOCKS),
        /// Zero.
        reserved: u32 = zero,
    } => [buffer("descriptors": FileDesc: nr_fds) if nr_fds, record(FILE_LOCK: nr_locks)]

    /// What the FILE before it is open on. A STRING with its path follows, seen from the root directory
    /// of the task that made the checkpoint.
    FileNode: FILE_NODE, 56 {
        /// Type and permissions, as `st_mode`.
        ///
        /// type of the kind, and of what the path leads to (ESTALE)
        mode: u32 = octal,
        /// Time of the last change of contents, ns.
        ///
        /// < 10⁹; as size
        mtime_nsec: u32 = nanoseconds,
        /// The same, s.
        ///
        /// as size
        mtime: i64,
        /// Position of the open file, bytes.
        ///
        /// ≥ 0
        position: i64 = bytes,
        /// Size, bytes.
        ///
        /// REGULAR: equal (ESTALE), unless IMAGE is set or the restarter allows changes;
        /// mapped privately, or executable: equal (ESTALE)
        size: u64 = bytes,
        /// Device number: major.
        ///
        /// CHARDEV: 1
        rdev_major: u32,
        /// Device number: minor.
        ///
        /// CHARDEV: 3, 5, 7, 8, 9, and that of the node found (ESTALE)
        rdev_minor: u32,
        /// Inode number; for information.
        ino: u64,
        /// The mount that the path is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        mount: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    } => [text("path")]

    /// Whose rights the FILE before it goes by. Stands behind its FILE_NODE.
    Opener: OPENER, 8 {
        /// The credentials.
        ///
        /// id of a CRED that the caller could get by setresuid(2), setresgid(2), setgroups(2),
        /// capset(2), prctl(2) (EPERM); on a file of such a file system only
        cred: u32 = object(CRED),
        /// Zero.
        reserved: u32 = zero,
    }

    /// Shared object: a pipe or FIFO. A STRING with its path follows when it is a FIFO, then `nr_parts`
    /// times PIPE_PART.
    Pipe: PIPE, 24 {
        /// Id of the object.
        objref: u32 = id,
        /// How much fits in, bytes.
        ///
        /// power of two, 4096 to 2³¹; what F_SETPIPE_SZ allows
        size: u32 = bytes,
        /// Number of parts.
        ///
        /// ≤ size / 4096
        nr_parts: u32 = count,
        /// Permissions, as `st_mode`.
        ///
        /// ≤ 07777; those of a FIFO are not restored
        mode: u16 = octal,
        /// Bits of `pipe_flag`.
        flags: u16 = flags(pipe_flag),
        /// The mount that the path of a FIFO is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        mount: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    } => [text("path") if flags.NAMED, record(PIPE_PART: nr_parts)]

    /// Bytes in a pipe, in the order in which they are read. A BUFFER with them follows.
    PipePart: PIPE_PART, 8 {
        /// How many bytes.
        ///
        /// 1 to 4096
        len: u32 = bytes,
        /// Bits of `part_flag`.
        flags: u32 = flags(part_flag),
    } => [buffer("contents": u8: len)]

    /// Shared object: what a file holds that no path leads to, and what it is. A STRING follows: the path
    /// of the directory that a deleted file was in, the name of a memfd, else nothing. Then PAGES
    /// until `nr_pages` are there, whose runs have offsets in the file for addresses; what is not
    /// among them is a hole.
    Contents: CONTENTS, 72 {
        /// Id of the object.
        objref: u32 = id,
        /// `contents_kind`.
        kind: u32 = one_of(contents_kind),
        /// Type and permissions, as `st_mode`.
        ///
        /// a regular file; DIRECTORY: a directory
        mode: u32 = octal,
        /// Bits of `contents_flag`.
        ///
        /// those of the kind
        flags: u32 = flags(contents_flag),
        /// Owner.
        ///
        /// when the restarter may not give it away, it is the restarter's, without set-id bits
        uid: u32,
        /// Group.
        ///
        /// the same
        gid: u32,
        /// F_SEAL_*.
        ///
        /// MEMFD: those of this kernel; else 0
        seals: u32 = mask,
        /// Time of the last change of contents, ns.
        ///
        /// < 10⁹
        mtime_nsec: u32 = nanoseconds,
        /// The same, s.
        mtime: i64,
        /// Size, bytes.
        ///
        /// < 2⁶³; what ftruncate(2) allows
        size: u64 = bytes,
        /// Pages that are stored.
        ///
        /// no more than the size has
        nr_pages: u64 = count,
        /// The mount that the path of a directory is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        mount: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
        /// Zero.
        reserved2: u64 = zero,
    } => [text("name"), pages(PAGES: nr_pages)]

    /// Which tasks are told of a file by signals, and how. Stands behind what else its FILE has.
    Owner: OWNER, 32 {
        /// `owner_kind`.
        ///
        /// 0 to 2
        kind: u32 = one_of(owner_kind),
        /// Place of the task in TREE; for a group, place of the task or ghost that has given it its number;
        /// OUTSIDE: none.
        ///
        /// < number of entries, or OUTSIDE
        place: u32 = place,
        /// Real user of the task that has set it.
        ///
        /// with an owner: setresuid(2) would give it to the caller (EPERM)
        uid: u32,
        /// Effective user, the same.
        ///
        /// as above
        euid: u32,
        /// Signal that is sent; 0: SIGIO that tells nothing else.
        ///
        /// ≤ 64
        signal: u32 = signal,
        /// Number of the descriptor that signals tell, with REPORTS.
        ///
        /// ≥ 0
        fd: i32,
        /// Bits of `owner_flag`.
        flags: u32 = flags(owner_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// A lock held by the owner of the descriptor table.
    FileLock: FILE_LOCK, 32 {
        /// The open file through which it is held.
        ///
        /// id of a FILE that is not external
        file: u32 = object(FILE),
        /// `lock_kind`.
        ///
        /// 1 to 4
        kind: u32 = one_of(lock_kind),
        /// 0 read lock, 1 write lock.
        ///
        /// 0, 1; POSIX and OFD: the file is open for it; FLOCK: it is open for reading or
        /// writing; LEASE: what fcntl(2) allows, not O_PATH
        exclusive: u32,
        /// LEASE: number of the descriptor that its signals tell.
        ///
        /// < 2³¹; other locks: 0
        fd: u32,
        /// First byte.
        ///
        /// ≥ 0
        start: i64 = bytes,
        /// Last byte; 2⁶³ − 1: the end of the file, however long.
        ///
        /// ≥ start
        end: i64 = bytes,
    }

    /// Shared object: root, working directory and umask. Two STRING records follow: the path of the
    /// root and that of the working directory.
    Fs: FS, 24 {
        /// Id of the object.
        objref: u32 = id,
        /// File mode creation mask.
        ///
        /// ≤ 0777
        umask: u32 = octal,
        /// When the root is deleted, its CONTENTS.
        ///
        /// 0, or id of a CONTENTS that is a DIRECTORY
        root: u32 = maybe(CONTENTS),
        /// The same of the working directory.
        ///
        /// the same
        pwd: u32 = maybe(CONTENTS),
        /// The mount that the path of the root is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        root_mount: u32 = restarters,
        /// The same of the working directory.
        ///
        /// 0, else EOPNOTSUPP
        pwd_mount: u32 = restarters,
    } => [text("root"), text("cwd")]
}

entries! {
    /// One descriptor.
    FileDesc: 8 {
        /// Its number times two, and one more when it is close-on-exec.
        ///
        /// the number: above the one before, < FDS
        number: u32,
        /// The open file.
        file: u32 = object(FILE),
    }
}

impl FileDesc {
    /// The descriptor `fd` for an open file.
    pub fn new(fd: u32, cloexec: bool, file: u32) -> Self {
        FileDesc {
            number: fd << 1 | u32::from(cloexec),
            file,
        }
    }

    /// Its number.
    pub fn fd(&self) -> u32 {
        self.number >> 1
    }

    /// Whether exec(2) closes it.
    pub fn is_cloexec(&self) -> bool {
        self.number & 1 != 0
    }
}

impl Pipe {
    /// A pipe as pipe(2) makes them, which need not be told ([`file_mark::FRESH`]).
    pub const fn fresh(objref: u32) -> Pipe {
        Pipe {
            objref,
            size: 65_536,
            nr_parts: 0,
            mode: 0o600,
            flags: 0,
            mount: super::RESTARTERS,
            reserved: 0,
        }
    }
}

enumeration! {
    /// Values of [`Owner::kind`]: those of fcntl(2) F_SETOWN_EX.
    owner_kind: u32 {
        /// F_OWNER_TID.
        THREAD = 0,
        /// F_OWNER_PID.
        PROCESS = 1,
        /// F_OWNER_PGRP.
        GROUP = 2,
    }
}

flag_set! {
    /// Bits of [`Owner::flags`].
    owner_flag: u32 {
        /// The process group of the root, which comes from outside: that of the restarter.
        /// With GROUP and OUTSIDE only.
        GROUP_OF_ROOT = 0,
        /// The flag O_ASYNC is set.
        ASYNC = 1,
        /// Signals are sent; without it, the flag came from open(2), which does not mean
        /// anything.
        REPORTS = 2,
    }
}

enumeration! {
    /// Values of [`Contents::kind`].
    contents_kind: u32 {
        /// A deleted file, or one that never had a name (O_TMPFILE); restored by open(2) with
        /// O_TMPFILE in the directory, or, where the file system has no such files, by a new
        /// file whose name is taken away at once.
        DELETED = 1,
        /// A memfd; restored by memfd_create(2); seals that would be in the way of mappings
        /// (F_SEAL_FUTURE_WRITE, F_SEAL_SEAL) are set when the image is through.
        MEMFD = 2,
        /// Shared anonymous memory, which is mapped only; restored by what mmap(2) makes for
        /// MAP_SHARED and MAP_ANONYMOUS.
        MEMORY = 3,
        /// A deleted directory: nothing is in it; restored by mkdir(2) and rmdir(2) in the
        /// directory where it was, by the name that it had, or another one where that is taken.
        /// Its size and pages are 0.
        DIRECTORY = 4,
    }
}

flag_set! {
    /// Bits of [`Contents::flags`].
    contents_flag: u32 {
        /// DELETED: linkat(2) may give it a name (made with O_TMPFILE and without O_EXCL).
        LINKABLE = 0,
        /// MEMORY: MAP_NORESERVE.
        NORESERVE = 1,
    }
}

flag_set! {
    /// Bits of [`Pipe::flags`].
    pipe_flag: u16 {
        /// A FIFO: no process may have it open at restart (EBUSY).
        NAMED = 0,
    }
}

flag_set! {
    /// Bits of [`PipePart::flags`].
    part_flag: u32 {
        /// A packet (O_DIRECT), which is read alone.
        PACKET = 0,
    }
}

enumeration! {
    /// Values of [`FileLock::kind`].
    lock_kind: u32 {
        /// Fcntl(2) F_SETLK; owned by the descriptor table.
        POSIX = 1,
        /// Fcntl(2) F_OFD_SETLK; owned by the open file.
        OFD = 2,
        /// Flock(2); owned by the open file; `start` is 0, `end` 2⁶³ − 1.
        FLOCK = 3,
        /// Fcntl(2) F_SETLEASE; otherwise as FLOCK. Which task is told when it is broken stands in
        /// OWNER.
        LEASE = 4,
    }
}
