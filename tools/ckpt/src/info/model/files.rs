// SPDX-License-Identifier: GPL-2.0-only

//! Descriptors and what they lead to.

use serde::Serialize;

use super::{
    Hex,
    Place,
    Set, //
};

/// A descriptor table.
#[derive(Debug, Serialize)]
pub struct FileTable {
    /// Id.
    pub id: u32,
    /// Descriptors.
    pub descriptors: Vec<Descriptor>,
    /// Locks.
    pub locks: Vec<Lock>,
}

/// A descriptor.
#[derive(Debug, Serialize)]
pub struct Descriptor {
    /// Its number.
    pub fd: u32,
    /// Id of the open file.
    pub file: u32,
    /// Whether it is closed on exec.
    pub close_on_exec: bool,
}

/// A lock.
#[derive(Debug, Serialize)]
pub struct Lock {
    /// Id of the open file.
    pub file: u32,
    /// posix, ofd, flock, lease.
    pub kind: &'static str,
    /// A write lock.
    pub exclusive: bool,
    /// First byte.
    pub start: i64,
    /// Last byte.
    pub end: i64,
}

/// What a file is open on.
#[derive(Debug, Serialize)]
pub struct Node {
    /// Path.
    pub path: String,
    /// Type and permissions.
    pub mode: u32,
    /// Position.
    pub position: i64,
    /// Size.
    pub size: u64,
    /// Last change of contents, UTC.
    pub mtime: String,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
    /// Inode number.
    pub inode: u64,
}

/// An open file.
#[derive(Debug, Serialize)]
pub struct OpenFile {
    /// Id.
    pub id: u32,
    /// regular, directory, chardev …
    pub kind: &'static str,
    /// O_* flags by name.
    pub flags: Set,
    /// What it is open on, if there is something to be said about that.
    #[serde(flatten)]
    pub node: Option<Box<Node>>,
    /// Id of the pipe that it is an end of.
    pub pipe: Option<u32>,
    /// Id of the pseudo-terminal that it is an end of.
    pub terminal: Option<u32>,
    /// Id of the contents that it is open on.
    pub contents: Option<u32>,
    /// What a file without a path is.
    pub special: Option<Box<Special>>,
    /// Id of the credentials that it goes by, when they are not those of the task.
    pub opener: Option<u32>,
    /// Who is told of it by signals.
    pub owner: Option<Box<Owner>>,
}

/// Who is told of a file by signals (F_SETOWN).
#[derive(Debug, Serialize)]
pub struct Owner {
    /// thread, process, group.
    pub kind: &'static str,
    /// Place of the task, or of what leads the group; none for nobody.
    pub task: Option<u32>,
    /// Signal (F_SETSIG); 0 for SIGIO.
    pub signal: u32,
    /// User who has set it.
    pub user: u32,
    /// What else there is to say.
    pub flags: Set,
}

/// What stands for something of the kernel.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Special {
    /// A counter, and whether reading takes one from it (EFD_SEMAPHORE).
    EventFd { counter: u64, semaphore: bool },
    /// A timer. Nanoseconds: what is left or, of an absolute time of day, when it expires; between two
    /// expirations; and how many expirations have not been read.
    TimerFd {
        clock: &'static str,
        flags: Set,
        value: i64,
        interval: i64,
        ticks: u64,
    },
    /// The signals that are read.
    SignalFd { signals: Set },
    /// A task, by its place in the list of tasks, and whether it need not lead its group.
    PidFd { task: u32, thread: bool },
    /// What is waited for.
    Epoll { items: Vec<Waited> },
    /// Whose file of /proc it is, by places in the list of tasks.
    Proc {
        process: Option<u32>,
        thread: Option<u32>,
    },
    /// What is watched, how many events wait to be read, and the number of the next watch.
    Inotify {
        watches: Vec<Watch>,
        events: u32,
        next: u32,
    },
}

/// What an inotify instance watches.
#[derive(Debug, Serialize)]
pub struct Watch {
    /// Its number.
    pub wd: i32,
    /// Events and flags.
    pub mask: Hex,
    /// What is watched.
    pub path: String,
}

/// A file in an epoll set.
#[derive(Debug, Serialize)]
pub struct Waited {
    /// Id of the open file.
    pub file: u32,
    /// Number of its descriptor when it was added.
    pub fd: i32,
    /// Events and flags.
    pub events: Hex,
    /// What is given back.
    pub data: Hex,
}

/// What files hold that no path leads to.
#[derive(Debug, Serialize)]
pub struct Contents {
    /// Id.
    pub id: u32,
    /// A deleted file, a memfd or shared memory.
    pub kind: &'static str,
    /// Directory of a deleted file, name of a memfd.
    pub name: String,
    /// Type and permissions.
    pub mode: u32,
    /// User and group.
    pub owner: [u32; 2],
    /// Last change, UTC.
    pub mtime: String,
    /// Seals by name.
    pub seals: Set,
    /// Flags by name.
    pub flags: Set,
    /// Size in bytes.
    pub size: u64,
    /// Pages that are stored; the rest is holes.
    pub pages: u64,
}

/// A pipe or FIFO.
#[derive(Debug, Serialize)]
pub struct Pipe {
    /// Id.
    pub id: u32,
    /// Path of a FIFO.
    pub path: Option<String>,
    /// Bytes that fit into it.
    pub size: u32,
    /// Bytes that are in it.
    pub bytes: u64,
    /// Packets among them.
    pub packets: u64,
}

/// A pseudo-terminal.
#[derive(Debug, Serialize)]
pub struct Terminal {
    /// Id.
    pub id: u32,
    /// N of /dev/pts/N.
    pub number: u32,
    /// What its master was opened by; empty when that has been closed, or is outside.
    pub path: String,
    /// Somebody outside of the tree has its master.
    pub outer: bool,
    /// The task whose session it controls, by its place in the list of tasks.
    pub session: Option<Place>,
    /// The task or ghost whose process group is in the foreground.
    pub foreground: Option<Place>,
    /// Permissions of the slave.
    pub mode: u32,
    /// Its owner and group.
    pub owner: [u32; 2],
    /// Master and slave; of one whose master is outside the slave.
    pub ends: Vec<TerminalEnd>,
}

/// One end of a pseudo-terminal.
#[derive(Debug, Serialize)]
pub struct TerminalEnd {
    /// Input, output, control and local modes.
    pub modes: [Hex; 4],
    /// Flags by name.
    pub flags: Set,
    /// Rows, columns, and the size in pixels.
    pub size: [u16; 4],
    /// Bytes that have been received and not been read.
    pub received: u32,
    /// Bytes of echoes.
    pub echoes: u32,
    /// Bytes that wait to be received.
    pub waiting: u32,
}

impl OpenFile {
    /// Its path; empty when it has none.
    pub fn path(&self) -> &str {
        self.node.as_ref().map_or("", |node| &node.path)
    }

    /// When what it is open on has changed; empty when nobody knows.
    pub fn mtime(&self) -> &str {
        self.node.as_ref().map_or("", |node| &node.mtime)
    }
}
