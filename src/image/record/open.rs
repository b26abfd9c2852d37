// SPDX-License-Identifier: GPL-2.0-only

//! Open files, their kinds, and what each kind has beside.

use super::{
    entries,
    records, //
};
use crate::flags::{
    enumeration,
    flag_set, //
};

records! {
    /// Shared object: an open file description. What it is open on follows, unless there is nothing
    /// to be said about that ([`file_mark::NODE`]); then what its kind has beside.
    File: FILE, 16 {
        /// Id of the object.
        objref: u32 = id,
        /// `file_kind`.
        kind: u16 = one_of(file_kind),
        /// Bits of `file_mark`.
        ///
        /// no unknown bit; QUIET, FRESH: PIPE only; ORIGINAL: CONTENTS only
        marks: u16 = flags(file_mark),
        /// O_* flags.
        ///
        /// access mode, APPEND, NONBLOCK, DSYNC, DIRECT, LARGEFILE, DIRECTORY, NOFOLLOW,
        /// NOATIME, SYNC, PATH; CONTENTS: TMPFILE, too
        flags: u32 = octal,
        /// What it is open on.
        ///
        /// PIPE: id of a PIPE; TTY_MASTER, TTY_SLAVE: id of a TTY; CONTENTS: id of a CONTENTS;
        /// else 0
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

    /// What an eventfd holds. Stands behind its FILE.
    EventFd: EVENTFD, 16 {
        /// The counter.
        ///
        /// < 2⁶⁴ − 1
        count: u64,
        /// Bits of `eventfd_flag`.
        flags: u32 = flags(eventfd_flag),
        /// Zero.
        reserved: u32 = zero,
    }

    /// What a timerfd is set to. Stands behind its FILE.
    TimerFd: TIMERFD, 40 {
        /// CLOCK_*.
        ///
        /// what timerfd_create(2) takes; alarm clocks need CAP_WAKE_ALARM
        clock: i32,
        /// Bits of `timerfd_flag`.
        flags: u32 = flags(timerfd_flag),
        /// What is left, ns; 0 when it does not run.
        ///
        /// ≥ 0
        value: i64 = nanoseconds,
        /// Time between two expirations, ns; 0 for a single one.
        ///
        /// ≥ 0
        interval: i64 = nanoseconds,
        /// Expirations that have not been read.
        ticks: u64,
        /// Zero.
        reserved: u64 = zero,
    }

    /// What a signalfd reads. Stands behind its FILE.
    SignalFd: SIGNALFD, 16 {
        /// Which signals are read; bit 0 is signal 1.
        ///
        /// KILL and STOP count for nothing
        signals: u64 = signals,
        /// Zero.
        reserved: u64 = zero,
    }

    /// An epoll set, which is filled by EPOLL_ITEMS. Stands behind its FILE.
    Epoll: EPOLL, 8 {
        /// How long to look for packets before the task sleeps, µs (EPIOCSPARAMS).
        ///
        /// < 2³¹
        busy_poll_usecs: u32,
        /// How many packets to look for at once.
        ///
        /// above 64 needs CAP_NET_ADMIN (EPERM)
        busy_poll_budget: u16,
        /// 1: packets are looked for in the place of interrupts.
        ///
        /// 0 or 1
        prefer_busy_poll: u16,
    }

    /// What is in an epoll set. Stands behind the set and all of its files; a BUFFER of `nr_items`
    /// [`EpollItem`] follows.
    EpollItems: EPOLL_ITEMS, 8 {
        /// The set.
        ///
        /// id of a FILE of the kind EPOLL, with nothing in it
        set: u32 = object(FILE),
        /// Number of items.
        ///
        /// 1 to EPOLL
        nr_items: u32 = count(EPOLL),
    } => [buffer("items": EpollItem: nr_items)]

    /// The task of a pidfd. Stands behind its FILE.
    PidFd: PIDFD, 8 {
        /// Place of the task in TREE, alive or a zombie.
        ///
        /// < `nr_tasks`
        place: u32 = place,
        /// O_EXCL: it need not lead its thread group (PIDFD_THREAD).
        ///
        /// no other bit; without it, the task leads its group
        flags: u32 = mask,
    }

    /// An inotify instance. Stands behind its FILE; `nr_watches` times INOTIFY_WATCH and
    /// `nr_events` times INOTIFY_EVENT follow.
    Inotify: INOTIFY, 16 {
        /// Number of watches.
        nr_watches: u32 = count(WATCHES),
        /// Number of events that have not been read.
        nr_events: u32 = count(EVENTS),
        /// Number that the next watch gets; 0 before the first.
        ///
        /// < 2³¹
        next: u32,
        /// Zero.
        reserved: u32 = zero,
    } => [record(INOTIFY_WATCH: nr_watches), record(INOTIFY_EVENT: nr_events)]

    /// What an inotify instance watches. A STRING with the path follows.
    InotifyWatch: INOTIFY_WATCH, 16 {
        /// Number of the watch.
        ///
        /// ≥ 1, once in an instance
        wd: i32,
        /// Events; IN_EXCL_UNLINK, IN_ONESHOT.
        ///
        /// no other bit
        mask: u32 = mask,
        /// The mount that the path is in; 0: it leads over all mounts.
        ///
        /// 0, else EOPNOTSUPP
        mount: u32 = restarters,
        /// Zero.
        reserved: u32 = zero,
    } => [text("path")]

    /// An event that has not been read. A STRING with the name follows, which may be empty.
    InotifyEvent: INOTIFY_EVENT, 16 {
        /// The watch, which may be gone; −1 when events were lost.
        ///
        /// ≥ 1; −1 with IN_Q_OVERFLOW alone
        wd: i32,
        /// What has happened; bit 27: to an entry of what is watched, which is not told to
        /// readers.
        ///
        /// events, IN_UNMOUNT, IN_IGNORED, IN_ISDIR, bit 27
        mask: u32 = mask,
        /// Connects the two events of a renaming.
        cookie: u32 = mask,
        /// Zero.
        reserved: u32 = zero,
    } => [text("name"; NAME)]

    /// The process that a file of /proc or /sys belongs to. Stands behind its FILE.
    Proc: PROC, 16 {
        /// Place of the process in TREE; OUTSIDE for a file that belongs to no process.
        ///
        /// < `nr_tasks`, or OUTSIDE
        process: u32 = place,
        /// Place of the thread, for a file below the task directory of its process; else
        /// OUTSIDE.
        ///
        /// < `nr_tasks`, or OUTSIDE
        thread: u32 = place,
        /// Bytes of the path that stand before the number of the process.
        ///
        /// within the path; begins with `/`, or 0
        prefix: u32 = bytes,
        /// Where the path goes on behind the last number.
        ///
        /// within the path; at a `/`, or at its end
        rest: u32 = bytes,
    }
}

entries! {
    /// A file in an epoll set.
    EpollItem: 24 {
        /// The file.
        ///
        /// id of a FILE; one that epoll_ctl(2) takes
        file: u32 = object(FILE),
        /// Number of its descriptor when it was added; may be closed or another one by now.
        ///
        /// ≥ 0, the pair of file and number once in a set
        fd: i32,
        /// EPOLL* events and flags.
        ///
        /// what epoll_ctl(2) takes
        events: u32 = mask,
        /// Bits of `epoll_flag`.
        flags: u32 = flags(epoll_flag),
        /// What epoll_wait(2) gives back.
        data: u64 = mask,
    }
}

flag_set! {
    /// Bits of [`EventFd::flags`].
    eventfd_flag: u32 {
        /// Reading takes one (EFD_SEMAPHORE).
        SEMAPHORE = 0,
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
        /// The next epoll_wait(2) looks at it, or there is nothing yet and whatever is found
        /// when it is added is new; without this bit, an edge (EPOLLET) has been seen.
        READY = 0,
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

enumeration! {
    /// Values of [`File::kind`].
    file_kind: u16 {
        /// A regular file; restored by opening the path, then the position.
        REGULAR = 1,
        /// A directory; restored by opening the path, then the position.
        DIRECTORY = 2,
        /// A device node without state; restored by opening the path: null, zero, full, random,
        /// urandom.
        CHARDEV = 3,
        /// Not saved: the caller of the restart gives a descriptor for it; restored by the
        /// inherit table of the restart.
        EXTERNAL = 4,
        /// The checkpoint device itself, in the hands of a process that saved itself; restored
        /// by the checkpoint device of a process that saved itself: the one that the restart
        /// came through.
        CKPT = 5,
        /// An eventfd; restored by eventfd2(2); an EVENTFD record follows.
        EVENTFD = 6,
        /// An end of a pipe or FIFO, which stands before it; restored by an end of the PIPE
        /// `object`; that of a FIFO by opening the path.
        PIPE = 7,
        /// A timerfd; restored by timerfd_create(2), timerfd_settime(2); a TIMERFD record
        /// follows.
        TIMERFD = 8,
        /// A signalfd; restored by signalfd4(2); a SIGNALFD record follows.
        SIGNALFD = 9,
        /// An epoll set; restored by epoll_create1(2), epoll_ctl(2); an EPOLL record follows.
        EPOLL = 10,
        /// A pidfd; restored by pidfd_open(2) for the restored task; a PIDFD record follows.
        PIDFD = 11,
        /// A file that no path leads to; restored by opening once more what was made of the
        /// CONTENTS `object`.
        CONTENTS = 12,
        /// The master of a pseudo-terminal, which stands before it; restored by the master of
        /// the TTY `object`, open for reading and writing; one FILE at most.
        TTY_MASTER = 15,
        /// The slave of a pseudo-terminal, which stands before it; restored by opening the
        /// slave of the TTY `object` through its master.
        TTY_SLAVE = 16,
        /// An inotify instance; restored by inotify_init1(2), inotify_add_watch(2); an INOTIFY
        /// record follows.
        INOTIFY = 17,
        /// A file or directory of /proc or /sys; restored by opening the path of a file of
        /// /proc or /sys, with the number of the restored task in it; the position when all
        /// tasks are restored; a PROC record follows.
        PROC = 18,
        /// Open with O_PATH, and neither a regular file nor a directory: reopened by its path;
        /// restored by opening the path with O_PATH: a FIFO, socket, device node or symbolic
        /// link, of which only the place counts.
        PATH = 19,
    }
}

flag_set! {
    /// Bits of [`File::marks`].
    file_mark: u16 {
        /// The image was written to it: it is not compared.
        IMAGE = 0,
        /// PIPE: reading end of a FIFO that has not been opened for writing since this end was opened:
        /// poll(2) does not report EPOLLHUP.
        QUIET = 1,
        /// A FILE_NODE follows.
        NODE = 2,
        /// An OPENER follows.
        OPENER = 3,
        /// PIPE: an end of a pipe as pipe(2) makes them, empty, with room for 65,536 bytes and
        /// permissions 0600. No PIPE stands for it: it has the id `object`, which is the one
        /// before `objref`.
        FRESH = 4,
        /// CONTENTS: the open file that a memfd or shared memory was made with, which does not
        /// keep it from being executed. At most one for each CONTENTS; access mode RDWR, and no
        /// other flags than APPEND, NONBLOCK, LARGEFILE.
        ORIGINAL = 5,
    }
}
