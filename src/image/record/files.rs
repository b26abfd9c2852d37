// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, open files and the file system context.

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
        /// The object's id.
        objref: u32 = id,
        /// Number of descriptors.
        nr_fds: u32 = count,
        /// Number of locks.
        nr_locks: u32 = count,
        /// Zero.
        reserved: u32 = zero,
    } => [buffer(FileDesc: nr_fds) if nr_fds, record(FILE_LOCK: nr_locks)]

    /// Shared object: an open file description. What it is open on follows, unless there is nothing
    /// to be said about that ([`file_mark::NODE`]); then what its kind has beside.
    File: FILE, 16 {
        /// The object's id.
        objref: u32 = id,
        /// One of [`file_kind`].
        kind: u16 = one_of(file_kind),
        /// Bits of [`file_mark`].
        marks: u16 = flags(file_mark),
        /// O_* flags, those of creation left out.
        flags: u32 = octal,
        /// The object that it is open on, a PIPE, TTY or CONTENTS; 0 for all other kinds.
        object: u32 = maybe(PIPE, TTY, CONTENTS),
    } => [
        record(FILE_NODE) if marks.NODE,
        record(OPENER) if marks.OPENER,
        record(EVENTFD) if kind.EVENTFD,
        record(TIMERFD) if kind.TIMERFD,
        record(SIGNALFD) if kind.SIGNALFD,
        record(EPOLL) if kind.EPOLL,
        record(PIDFD) if kind.PIDFD,
        record(INOTIFY) if kind.INOTIFY,
        record(PROC) if kind.PROC,
        maybe(OWNER)
    ]

    /// What the FILE before it is open on. A STRING with its path follows, seen from the root directory
    /// of whoever made the checkpoint.
    FileNode: FILE_NODE, 48 {
        /// Type and permissions, as in `st_mode`.
        mode: u32 = octal,
        /// Time of the last change of contents: nanoseconds.
        mtime_nsec: u32 = nanoseconds,
        /// The same: seconds.
        mtime: i64,
        /// Position of the open file in bytes.
        position: i64 = bytes,
        /// Size in bytes.
        size: u64 = bytes,
        /// Device number of a device node: major.
        rdev_major: u32,
        /// Device number of a device node: minor.
        rdev_minor: u32,
        /// Inode number. For information.
        ino: u64,
    } => [text("path")]

    /// Whose rights the FILE before it goes by. Stands behind its FILE_NODE.
    Opener: OPENER, 8 {
        /// Id of a CRED.
        cred: u32 = object(CRED),
        /// Zero.
        reserved: u32 = zero,
    }

    /// Shared object: a pipe or FIFO. A STRING with its path follows when it is a FIFO, then `nr_parts`
    /// times PIPE_PART.
    Pipe: PIPE, 16 {
        /// The object's id.
        objref: u32 = id,
        /// How much fits into it, in bytes: a power of two, at least a page.
        size: u32 = bytes,
        /// Number of parts.
        nr_parts: u32 = count,
        /// Permissions, as in `st_mode`.
        mode: u16 = octal,
        /// Bits of [`pipe_flag`].
        flags: u16 = flags(pipe_flag),
    } => [text("path of a FIFO") if flags.NAMED, record(PIPE_PART: nr_parts)]

    /// Bytes in a pipe, in the order in which they are read. A BUFFER with them follows.
    PipePart: PIPE_PART, 8 {
        /// How many bytes: 1 to a page.
        len: u32 = bytes,
        /// Bits of [`part_flag`].
        flags: u32 = flags(part_flag),
    } => [buffer(u8: len)]

    /// Shared object: what a file holds that no path leads to, and what it is. A STRING follows: the path
    /// of the directory that a deleted file was in, the name of a memfd, else nothing. Then PAGES
    /// until `nr_pages` are there, whose runs have offsets in the file for addresses; what is not
    /// among them is a hole.
    Contents: CONTENTS, 72 {
        /// The object's id.
        objref: u32 = id,
        /// One of [`contents_kind`].
        kind: u32 = one_of(contents_kind),
        /// Type and permissions, as in `st_mode`.
        mode: u32 = octal,
        /// Bits of [`contents_flag`].
        flags: u32 = flags(contents_flag),
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
        /// Seals of a memfd (F_SEAL_*).
        seals: u32 = mask,
        /// Time of the last change of contents: nanoseconds.
        mtime_nsec: u32 = nanoseconds,
        /// The same: seconds.
        mtime: i64,
        /// Size in bytes.
        size: u64 = bytes,
        /// Number of pages that are stored.
        nr_pages: u64 = count,
        /// Zero.
        reserved: [u64; 2] = zero,
    } => [text("directory or name"), pages(PAGES: nr_pages)]

    /// What an eventfd holds. Stands behind its FILE.
    EventFd: EVENTFD, 16 {
        /// The counter.
        count: u64,
        /// Bits of [`eventfd_flag`].
        flags: u32 = flags(eventfd_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// What a timerfd is set to. Stands behind its FILE.
    TimerFd: TIMERFD, 40 {
        /// Clock (CLOCK_*).
        clock: i32,
        /// Bits of [`timerfd_flag`].
        flags: u32 = flags(timerfd_flag),
        /// Nanoseconds that are left, or, for an absolute time, when it expires in nanoseconds of its
        /// clock; 0 when it does not run.
        value: i64 = nanoseconds,
        /// Nanoseconds between two expirations; 0 for a single one.
        interval: i64 = nanoseconds,
        /// Expirations that have not been read.
        ticks: u64,
        /// Zero.
        reserved: u64 = zero,
    }

    /// What a signalfd reads. Stands behind its FILE.
    SignalFd: SIGNALFD, 16 {
        /// Signals; bit 0 is signal 1.
        signals: u64 = signals,
        /// Zero.
        reserved: u64 = zero,
    }

    /// An epoll set, which is filled by EPOLL_ITEMS. Stands behind its FILE.
    Epoll: EPOLL, 8 {
        /// How long to look for packets before the task sleeps, in microseconds (EPIOCSPARAMS).
        busy_poll_usecs: u32,
        /// How many packets to look for at once.
        busy_poll_budget: u16,
        /// 1: packets are looked for in the place of interrupts.
        prefer_busy_poll: u16,
    }

    /// What is in an epoll set. Stands behind the set and all of its files; a BUFFER of `nr_items`
    /// [`EpollItem`] follows.
    EpollItems: EPOLL_ITEMS, 8 {
        /// The set, which has nothing in it yet.
        set: u32 = object(FILE),
        /// Number of items; not 0.
        nr_items: u32 = count,
    } => [buffer(EpollItem: nr_items)]

    /// The task of a pidfd. Stands behind its FILE.
    PidFd: PIDFD, 8 {
        /// Place of the task in TREE.
        place: u32 = place,
        /// O_EXCL for one that need not lead its thread group (PIDFD_THREAD).
        flags: u32 = mask,
    }

    /// An inotify instance. Stands behind its FILE; `nr_watches` times INOTIFY_WATCH and
    /// `nr_events` times INOTIFY_EVENT follow.
    Inotify: INOTIFY, 16 {
        /// Number of watches.
        nr_watches: u32 = count,
        /// Number of events that have not been read.
        nr_events: u32 = count,
        /// Number that the next watch gets; 0 before the first.
        next: u32,
        /// Zero.
        reserved: u32 = zero,
    } => [record(INOTIFY_WATCH: nr_watches), record(INOTIFY_EVENT: nr_events)]

    /// What an inotify instance watches. A STRING with the path follows.
    InotifyWatch: INOTIFY_WATCH, 8 {
        /// Number of the watch.
        wd: i32,
        /// IN_* events and flags.
        mask: u32 = mask,
    } => [text("path")]

    /// An event that has not been read. A STRING with the name follows, which may be empty.
    InotifyEvent: INOTIFY_EVENT, 16 {
        /// The watch; -1 when events were lost.
        wd: i32,
        /// IN_* events and flags.
        mask: u32 = mask,
        /// What connects two events of a renaming.
        cookie: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    } => [text("name")]

    /// Whose file of /proc or /sys it is. Stands behind its FILE.
    Proc: PROC, 16 {
        /// Place of the process in TREE; OUTSIDE for a file of nobody.
        process: u32 = place,
        /// Place of the thread, for a file below the task directory of its process; else OUTSIDE.
        thread: u32 = place,
        /// How many bytes of the path stand before the number of the process.
        prefix: u32 = bytes,
        /// Where the path goes on behind the last number.
        rest: u32 = bytes,
    }

    /// Who is told of a file by signals, and how. Stands behind what else its FILE has.
    Owner: OWNER, 32 {
        /// One of [`owner_kind`].
        kind: u32 = one_of(owner_kind),
        /// Place of the task, or of the ghost, in TREE; OUTSIDE for nobody.
        place: u32 = place,
        /// Real user of whoever set the owner.
        uid: u32,
        /// Effective user of whoever set the owner.
        euid: u32,
        /// Signal that is sent; 0 for SIGIO without a number of a descriptor.
        signal: u32 = signal,
        /// Number of the descriptor that the signals tell, when it reports.
        fd: i32,
        /// Bits of [`owner_flag`].
        flags: u32 = flags(owner_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// A lock held by the owner of the descriptor table.
    FileLock: FILE_LOCK, 32 {
        /// The open file through which it is held.
        file: u32 = object(FILE),
        /// One of [`lock_kind`].
        kind: u32 = one_of(lock_kind),
        /// 0 for a read lock, 1 for a write lock.
        exclusive: u32,
        /// Of a lease, number of the descriptor that its signals tell; else 0.
        fd: u32,
        /// First byte.
        start: i64 = bytes,
        /// Last byte; `i64::MAX` for the end of the file, however long.
        end: i64 = bytes,
    }

    /// Shared object: root, working directory and umask. Two STRING records follow: the path of the
    /// root and that of the working directory.
    Fs: FS, 16 {
        /// The object's id.
        objref: u32 = id,
        /// File mode creation mask.
        umask: u32 = octal,
        /// CONTENTS of the root, if it is deleted; else 0: it is found by its path.
        root: u32 = maybe(CONTENTS),
        /// The same of the working directory.
        pwd: u32 = maybe(CONTENTS),
    } => [text("root"), text("working directory")]
}

entries! {
    /// One descriptor.
    FileDesc: 8 {
        /// Its number times two, and one more when it is close-on-exec.
        number: u32,
        /// The open file that it names.
        file: u32 = object(FILE),
    }

    /// A file in an epoll set.
    EpollItem: 24 {
        /// The open file.
        file: u32 = object(FILE),
        /// The number of its descriptor when it was added.
        fd: i32,
        /// EPOLL* events and flags.
        events: u32 = mask,
        /// Bits of [`epoll_flag`].
        flags: u32 = flags(epoll_flag),
        /// What epoll_wait(2) gives back.
        data: u64 = mask,
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

enumeration! {
    /// Values of [`File::kind`].
    file_kind: u16 {
        /// A regular file, reopened by its path.
        REGULAR = 1,
        /// A directory, reopened by its path.
        DIRECTORY = 2,
        /// A device node without state, reopened by its path.
        CHARDEV = 3,
        /// Not saved: the caller of the restart gives a descriptor for it.
        EXTERNAL = 4,
        /// The checkpoint device itself, in the hands of a process that saved itself.
        CKPT = 5,
        /// An eventfd. An EVENTFD record follows.
        EVENTFD = 6,
        /// An end of a pipe or FIFO, which stands before it.
        PIPE = 7,
        /// A timerfd. A TIMERFD record follows.
        TIMERFD = 8,
        /// A signalfd. A SIGNALFD record follows.
        SIGNALFD = 9,
        /// An epoll set. An EPOLL record follows.
        EPOLL = 10,
        /// A pidfd. A PIDFD record follows.
        PIDFD = 11,
        /// A file that no path leads to. Its CONTENTS stand before it.
        CONTENTS = 12,
        /// The master of a pseudo-terminal, which stands before it.
        TTY_MASTER = 15,
        /// The slave of a pseudo-terminal, which stands before it.
        TTY_SLAVE = 16,
        /// An inotify instance. An INOTIFY record follows.
        INOTIFY = 17,
        /// A file or directory of /proc or /sys. A PROC record follows.
        PROC = 18,
        /// Open with O_PATH, and neither a regular file nor a directory: reopened by its path.
        PATH = 19,
    }
}

impl File {
    /// What defines the `object` of a file of this kind; nothing for one that is open on none.
    pub const fn opens(kind: u16) -> Option<crate::Kind> {
        match kind {
            file_kind::PIPE => Some(crate::Kind::PIPE),
            file_kind::TTY_MASTER | file_kind::TTY_SLAVE => Some(crate::Kind::TTY),
            file_kind::CONTENTS => Some(crate::Kind::CONTENTS),
            _ => None,
        }
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

enumeration! {
    /// Values of [`Owner::kind`]: those of fcntl(2) F_SETOWN_EX.
    owner_kind: u32 {
        /// A thread.
        THREAD = 0,
        /// A process.
        PROCESS = 1,
        /// A process group.
        GROUP = 2,
    }
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

enumeration! {
    /// Values of [`Contents::kind`].
    contents_kind: u32 {
        /// A deleted file, or one that never had a name (O_TMPFILE).
        DELETED = 1,
        /// A memfd.
        MEMFD = 2,
        /// Shared anonymous memory, which is mapped only.
        MEMORY = 3,
        /// A deleted directory: nothing is in it.
        DIRECTORY = 4,
    }
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

enumeration! {
    /// Values of [`FileLock::kind`].
    lock_kind: u32 {
        /// fcntl(2) F_SETLK: owned by the descriptor table.
        POSIX = 1,
        /// fcntl(2) F_OFD_SETLK: owned by the open file.
        OFD = 2,
        /// flock(2): owned by the open file.
        FLOCK = 3,
        /// fcntl(2) F_SETLEASE: owned by the open file.
        LEASE = 4,
    }
}
