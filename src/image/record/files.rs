// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, open files and the file system context.

use super::{
    entries,
    records, //
};
use crate::flags::flag_set;

records! {
    /// Shared object: a descriptor table. Before it stands a FILE for each open file that is new to
    /// the image. A BUFFER of `nr_fds` [`FileDesc`], in ascending order, follows unless there are none,
    /// then `nr_locks` times FILE_LOCK.
    FileTable: FILE_TABLE, 16 {
        /// The object's id.
        objref: u32,
        /// Number of descriptors.
        nr_fds: u32,
        /// Number of locks.
        nr_locks: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// Shared object: an open file description. What it is open on follows, unless there is nothing
    /// to be said about that ([`file_mark::NODE`]); then what its kind has beside.
    File: FILE, 16 {
        /// The object's id.
        objref: u32,
        /// One of [`file_kind`].
        kind: u16,
        /// Bits of [`file_mark`].
        marks: u16,
        /// O_* flags, those of creation left out.
        flags: u32,
        /// The object that it is open on, a PIPE, TTY or CONTENTS; 0 for all other kinds.
        object: u32,
    }

    /// What the FILE before it is open on. A STRING with its path follows, seen from the root directory
    /// of whoever made the checkpoint.
    FileNode: FILE_NODE, 48 {
        /// Type and permissions, as in `st_mode`.
        mode: u32,
        /// Time of the last change of contents: nanoseconds.
        mtime_nsec: u32,
        /// The same: seconds.
        mtime: i64,
        /// Position of the open file in bytes.
        position: i64,
        /// Size in bytes.
        size: u64,
        /// Device number of a device node: major.
        rdev_major: u32,
        /// Device number of a device node: minor.
        rdev_minor: u32,
        /// Inode number. For information.
        ino: u64,
    }

    /// Whose rights the FILE before it goes by. Stands behind its FILE_NODE.
    Opener: OPENER, 8 {
        /// Id of a CRED.
        cred: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// Shared object: a pipe or FIFO. A STRING with its path follows when it is a FIFO, then `nr_parts`
    /// times PIPE_PART.
    Pipe: PIPE, 16 {
        /// The object's id.
        objref: u32,
        /// How much fits into it, in bytes: a power of two, at least a page.
        size: u32,
        /// Number of parts.
        nr_parts: u32,
        /// Permissions, as in `st_mode`.
        mode: u16,
        /// Bits of [`pipe_flag`].
        flags: u16,
    }

    /// Bytes in a pipe, in the order in which they are read. A BUFFER with them follows.
    PipePart: PIPE_PART, 8 {
        /// How many bytes: 1 to a page.
        len: u32,
        /// Bits of [`part_flag`].
        flags: u32,
    }

    /// Shared object: what a file holds that no path leads to, and what it is. A STRING follows: the path
    /// of the directory that a deleted file was in, the name of a memfd, else nothing. Then PAGES
    /// until `nr_pages` are there, whose runs have offsets in the file for addresses; what is not
    /// among them is a hole.
    Contents: CONTENTS, 72 {
        /// The object's id.
        objref: u32,
        /// One of [`contents_kind`].
        kind: u32,
        /// Type and permissions, as in `st_mode`.
        mode: u32,
        /// Bits of [`contents_flag`].
        flags: u32,
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
        /// Seals of a memfd (F_SEAL_*).
        seals: u32,
        /// Time of the last change of contents: nanoseconds.
        mtime_nsec: u32,
        /// The same: seconds.
        mtime: i64,
        /// Size in bytes.
        size: u64,
        /// Number of pages that are stored.
        nr_pages: u64,
        /// Zero.
        reserved: [u64; 2],
    } = zero [reserved]

    /// What an eventfd holds. Stands behind its FILE.
    EventFd: EVENTFD, 16 {
        /// The counter.
        count: u64,
        /// Bits of [`eventfd_flag`].
        flags: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// What a timerfd is set to. Stands behind its FILE.
    TimerFd: TIMERFD, 40 {
        /// Clock (CLOCK_*).
        clock: i32,
        /// Bits of [`timerfd_flag`].
        flags: u32,
        /// Nanoseconds that are left, or, for an absolute time, when it expires in nanoseconds of its
        /// clock; 0 when it does not run.
        value: i64,
        /// Nanoseconds between two expirations; 0 for a single one.
        interval: i64,
        /// Expirations that have not been read.
        ticks: u64,
        /// Zero.
        reserved: u64,
    } = zero [reserved]

    /// What a signalfd reads. Stands behind its FILE.
    SignalFd: SIGNALFD, 16 {
        /// Signals; bit 0 is signal 1.
        signals: u64,
        /// Zero.
        reserved: u64,
    } = zero [reserved]

    /// What is in an epoll set. Stands behind its FILE; a BUFFER of `nr_items`
    /// [`EpollItem`] follows, unless there are none.
    Epoll: EPOLL, 16 {
        /// Number of items.
        nr_items: u32,
        /// How long to look for packets before the task sleeps, in microseconds (EPIOCSPARAMS).
        busy_poll_usecs: u32,
        /// How many packets to look for at once.
        busy_poll_budget: u16,
        /// 1: packets are looked for in the place of interrupts.
        prefer_busy_poll: u16,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// The task of a pidfd. Stands behind its FILE.
    PidFd: PIDFD, 8 {
        /// Place of the task in TREE.
        place: u32,
        /// O_EXCL for one that need not lead its thread group (PIDFD_THREAD).
        flags: u32,
    }

    /// An inotify instance. Stands behind its FILE; `nr_watches` times INOTIFY_WATCH and
    /// `nr_events` times INOTIFY_EVENT follow.
    Inotify: INOTIFY, 16 {
        /// Number of watches.
        nr_watches: u32,
        /// Number of events that have not been read.
        nr_events: u32,
        /// Number that the next watch gets; 0 before the first.
        next: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// What an inotify instance watches. A STRING with the path follows.
    InotifyWatch: INOTIFY_WATCH, 8 {
        /// Number of the watch.
        wd: i32,
        /// IN_* events and flags.
        mask: u32,
    }

    /// An event that has not been read. A STRING with the name follows, which may be empty.
    InotifyEvent: INOTIFY_EVENT, 16 {
        /// The watch; -1 when events were lost.
        wd: i32,
        /// IN_* events and flags.
        mask: u32,
        /// What connects two events of a renaming.
        cookie: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// Whose file of /proc or /sys it is. Stands behind its FILE.
    Proc: PROC, 16 {
        /// Place of the process in TREE; OUTSIDE for a file of nobody.
        process: u32,
        /// Place of the thread, for a file below the task directory of its process; else OUTSIDE.
        thread: u32,
        /// How many bytes of the path stand before the number of the process.
        prefix: u32,
        /// Where the path goes on behind the last number.
        rest: u32,
    }

    /// Who is told of a file by signals, and how. Stands behind what else its FILE has.
    Owner: OWNER, 32 {
        /// One of [`owner_kind`].
        kind: u32,
        /// Place of the task, or of the ghost, in TREE; OUTSIDE for nobody.
        place: u32,
        /// Real user of whoever set the owner.
        uid: u32,
        /// Effective user of whoever set the owner.
        euid: u32,
        /// Signal that is sent; 0 for SIGIO without a number of a descriptor.
        signal: u32,
        /// Number of the descriptor that the signals tell, when it reports.
        fd: i32,
        /// Bits of [`owner_flag`].
        flags: u32,
        /// Zero.
        reserved: u32,
    } = zero [reserved]

    /// A lock held by the owner of the descriptor table.
    FileLock: FILE_LOCK, 32 {
        /// The open file through which it is held.
        file: u32,
        /// One of [`lock_kind`].
        kind: u32,
        /// 0 for a read lock, 1 for a write lock.
        exclusive: u32,
        /// Of a lease, number of the descriptor that its signals tell; else 0.
        fd: u32,
        /// First byte.
        start: i64,
        /// Last byte; `i64::MAX` for the end of the file, however long.
        end: i64,
    }

    /// Shared object: root, working directory and umask. Two STRING records follow: the path of the
    /// root and that of the working directory.
    Fs: FS, 16 {
        /// The object's id.
        objref: u32,
        /// File mode creation mask.
        umask: u32,
        /// CONTENTS of the root, if it is deleted; else 0: it is found by its path.
        root: u32,
        /// The same of the working directory.
        pwd: u32,
    }
}

entries! {
    /// One descriptor.
    FileDesc: 8 {
        /// Its number times two, and one more when it is close-on-exec.
        number: u32,
        /// The open file that it names.
        file: u32,
    }

    /// A file in an epoll set, which stands before the set.
    EpollItem: 24 {
        /// The open file.
        file: u32,
        /// The number of its descriptor when it was added.
        fd: i32,
        /// EPOLL* events and flags.
        events: u32,
        /// Bits of [`epoll_flag`].
        flags: u32,
        /// What epoll_wait(2) gives back.
        data: u64,
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

/// Values of [`File::kind`].
pub mod file_kind {
    /// A regular file, reopened by its path.
    pub const REGULAR: u16 = 1;
    /// A directory, reopened by its path.
    pub const DIRECTORY: u16 = 2;
    /// A device node without state, reopened by its path.
    pub const CHARDEV: u16 = 3;
    /// Not saved: whoever restarts the image gives a descriptor for it.
    pub const EXTERNAL: u16 = 4;
    /// The checkpoint device itself, in the hands of a process that saved itself.
    pub const CKPT: u16 = 5;
    /// An eventfd. An EVENTFD record follows.
    pub const EVENTFD: u16 = 6;
    /// An end of a pipe or FIFO, which stands before it.
    pub const PIPE: u16 = 7;
    /// A timerfd. A TIMERFD record follows.
    pub const TIMERFD: u16 = 8;
    /// A signalfd. A SIGNALFD record follows.
    pub const SIGNALFD: u16 = 9;
    /// An epoll set. An EPOLL record follows.
    pub const EPOLL: u16 = 10;
    /// A pidfd. A PIDFD record follows.
    pub const PIDFD: u16 = 11;
    /// A file that no path leads to. Its CONTENTS stand before it.
    pub const CONTENTS: u16 = 12;
    /// The master of a pseudo-terminal, which stands before it.
    pub const TTY_MASTER: u16 = 15;
    /// The slave of a pseudo-terminal, which stands before it.
    pub const TTY_SLAVE: u16 = 16;
    /// An inotify instance. An INOTIFY record follows.
    pub const INOTIFY: u16 = 17;
    /// A file or directory of /proc or /sys. A PROC record follows.
    pub const PROC: u16 = 18;
    /// Open with O_PATH, and neither a regular file nor a directory: reopened by its path.
    pub const PATH: u16 = 19;
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
        }
    }
}

flag_set! {
    /// Bits of [`File::marks`].
    file_mark: u16 {
        /// The image was written to it: it has changed since, and may have.
        IMAGE = 0,
        /// The reading end of a FIFO that nobody has opened for writing since: poll(2) does not tell
        /// that its writers are gone.
        QUIET = 1,
        /// A FILE_NODE follows.
        NODE = 2,
        /// An OPENER follows: it was opened with other credentials than those of the task.
        OPENER = 3,
        /// `object` is the id before `objref`, and this an end of a pipe as pipe(2) makes them, empty and
        /// with room for 65,536 bytes: a PIPE is left out that would say so.
        FRESH = 4,
        /// The open file with which a memfd or shared anonymous memory was made: open for writing, and
        /// not counted among those that keep it from being executed. At most one for each CONTENTS.
        ORIGINAL = 5,
    }
}

/// Values of [`Owner::kind`]: those of fcntl(2) F_SETOWN_EX.
pub mod owner_kind {
    /// A thread.
    pub const THREAD: u32 = 0;
    /// A process.
    pub const PROCESS: u32 = 1;
    /// A process group.
    pub const GROUP: u32 = 2;
}

flag_set! {
    /// Bits of [`Owner::flags`].
    owner_flag: u32 {
        /// The process group of the root, which belongs to somebody outside: that of whoever
        /// restarts.
        GROUP_OF_ROOT = 0,
        /// The flag O_ASYNC is set.
        ASYNC = 1,
        /// It reports.
        REPORTS = 2,
    }
}

/// Values of [`Contents::kind`].
pub mod contents_kind {
    /// A deleted file, or one that never had a name (O_TMPFILE).
    pub const DELETED: u32 = 1;
    /// A memfd.
    pub const MEMFD: u32 = 2;
    /// Shared anonymous memory, which is mapped only.
    pub const MEMORY: u32 = 3;
    /// A deleted directory: nothing is in it.
    pub const DIRECTORY: u32 = 4;
}

flag_set! {
    /// Bits of [`Contents::flags`].
    contents_flag: u32 {
        /// May be given a name by linkat(2), as a file made with O_TMPFILE.
        LINKABLE = 0,
        /// Memory that is not counted against the commit limit before it is used (MAP_NORESERVE).
        NORESERVE = 1,
    }
}

flag_set! {
    /// Bits of [`TimerFd::flags`].
    timerfd_flag: u32 {
        /// Was set to an absolute time (TFD_TIMER_ABSTIME).
        ABSOLUTE = 0,
        /// Reading fails once when the clock is set (TFD_TIMER_CANCEL_ON_SET).
        CANCEL_ON_SET = 1,
        /// The clock has been set, and nothing was read since.
        CANCELED = 2,
    }
}

flag_set! {
    /// Bits of [`EpollItem::flags`].
    epoll_flag: u32 {
        /// It is to be looked at by the next epoll_wait(2), or there is nothing yet: whatever is found
        /// when it is added is new.
        READY = 0,
    }
}

flag_set! {
    /// Bits of [`Pipe::flags`].
    pipe_flag: u16 {
        /// A FIFO: its ends are opened by their path.
        NAMED = 0,
    }
}

flag_set! {
    /// Bits of [`PipePart::flags`].
    part_flag: u32 {
        /// A packet, which is read alone (O_DIRECT).
        PACKET = 0,
    }
}

flag_set! {
    /// Bits of [`EventFd::flags`].
    eventfd_flag: u32 {
        /// read(2) takes one (EFD_SEMAPHORE).
        SEMAPHORE = 0,
    }
}

/// Values of [`FileLock::kind`].
pub mod lock_kind {
    /// fcntl(2) F_SETLK: owned by the descriptor table.
    pub const POSIX: u32 = 1;
    /// fcntl(2) F_OFD_SETLK: owned by the open file.
    pub const OFD: u32 = 2;
    /// flock(2): owned by the open file.
    pub const FLOCK: u32 = 3;
    /// fcntl(2) F_SETLEASE: owned by the open file.
    pub const LEASE: u32 = 4;
}
