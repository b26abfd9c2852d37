// SPDX-License-Identifier: GPL-2.0-only

//! The numbers of the record kinds and their names, in one table.
//!
//! A kind that Linux-CR had keeps its number; new ones stand in the gaps of the same group.

/// What a record is: the first word of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind(pub u32);

/// What begins with a record, and has an entry in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// What stands before the first task.
    Head,
    /// The section of the next task.
    Task,
    /// What the section goes on with behind shared objects.
    More,
    /// The next shared object, with all that belongs to it.
    Object,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal $(begins $what:ident)?,)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Kind = Kind($number);)*

            /// Every kind there is, in ascending order.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            /// The name of the kind, or `"?"` for a number that has none.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$name => stringify!($name),)*
                    _ => "?",
                }
            }

            /// What begins with a record of this kind; `None` when it belongs to what stands before it.
            pub fn begins(self) -> Option<Begins> {
                match self {
                    $($(Kind::$name => Some(Begins::$what),)?)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// Start of the image: magic, revision, feature words, the kernel it comes from.
    HEADER = 1 begins Head,
    /// What the image needs of the processor and of the kernel's architecture code.
    HEADER_ARCH = 2,
    /// What was saved as a whole.
    CONTAINER = 3,
    /// Raw payload of the record before it.
    BUFFER = 4,
    /// Text that belongs to the record before it, without a closing NUL.
    STRING = 5,
    /// Number of tasks, followed by BUFFERs of `TreeEntry` and `PidNumber`.
    TREE = 102,
    /// Start of one task's section.
    TASK = 103 begins Task,
    /// Which shared objects the task uses.
    TASK_OBJS = 105 begins More,
    /// What an interrupted system call still has to do.
    RESTART_BLOCK = 106,
    /// Segment bases, selectors and TLS descriptors.
    THREAD = 107,
    /// General registers.
    CPU = 108,
    /// Shared object: credentials, followed by a BUFFER of group ids.
    CRED = 115 begins Object,
    /// Which credentials the task uses.
    TASK_CREDS = 118 begins More,
    /// Scheduling parameters.
    SCHED = 119,
    /// Shared object: a filter of system calls, followed by a BUFFER with its program.
    SECCOMP_FILTER = 121 begins Object,
    /// How seccomp confines the task.
    TASK_SECCOMP = 122 begins More,
    /// FPU and vector registers: header, then the XSAVE area.
    CPU_FPU = 201,
    /// Shared object: a descriptor table.
    FILE_TABLE = 301 begins Object,
    /// What the FILE before it is open on.
    FILE_NODE = 303,
    /// Shared object: an open file description.
    FILE = 304 begins Object,
    /// A lock held through a descriptor of the table before it.
    FILE_LOCK = 309,
    /// What an eventfd holds: belongs to the FILE before it.
    EVENTFD = 310,
    /// Shared object: a pipe or FIFO and what is in it.
    PIPE = 311 begins Object,
    /// Bytes in the pipe before it.
    PIPE_PART = 312,
    /// What a timerfd is set to: belongs to the FILE before it.
    TIMERFD = 313,
    /// What a signalfd reads: belongs to the FILE before it.
    SIGNALFD = 314,
    /// An epoll set: belongs to the FILE before it.
    EPOLL = 315,
    /// The task of a pidfd: belongs to the FILE before it.
    PIDFD = 316,
    /// What is in an epoll set.
    EPOLL_ITEMS = 317 begins More,
    /// Shared object: what a file holds that no path leads to.
    CONTENTS = 320 begins Object,
    /// Shared object: a pseudo-terminal.
    TTY = 330 begins Object,
    /// One end of the pseudo-terminal before it, and what is on its way there.
    TTY_END = 331,
    /// Whose rights a file goes by: belongs to the FILE before it.
    OPENER = 335,
    /// Which tasks are told of a file by signals: belongs to the FILE before it.
    OWNER = 340,
    /// An inotify instance: belongs to the FILE before it.
    INOTIFY = 341,
    /// What the inotify instance before it watches; a STRING follows.
    INOTIFY_WATCH = 342,
    /// An event that the inotify instance before it has to tell; a STRING follows.
    INOTIFY_EVENT = 343,
    /// Whose file of /proc it is: belongs to the FILE before it.
    PROC = 344,
    /// Shared object: an address space.
    MM = 401 begins Object,
    /// One mapping of the address space before it.
    VMA = 402,
    /// Page contents of the address space before it.
    PAGES = 403,
    /// Pages of the mapping before it that are those of the base.
    PAGES_SHARED = 405,
    /// Guard regions of the mapping before it.
    GUARDS = 406,
    /// Pages whose contents another address space of the image has.
    PAGES_COPIED = 407,
    /// Shared object: root, working directory and umask.
    FS = 451 begins Object,
    /// Shared object: signal handlers.
    SIGHAND = 601 begins Object,
    /// Shared object: what a thread group shares beside its handlers.
    SIGNAL = 602 begins Object,
    /// Signal state of one task.
    SIGNAL_TASK = 603,
    /// A queue of pending signals.
    SIGPENDING = 604,
    /// Where heads, sections and objects stand.
    INDEX = 9000,
    /// End of the image: magic, totals, checksum.
    TAIL = 9001,
    /// The checkpoint failed here; a STRING follows.
    ERROR = 9999,
}
