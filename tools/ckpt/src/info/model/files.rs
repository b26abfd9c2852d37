// SPDX-License-Identifier: GPL-2.0-only

//! Descriptors and the objects that they lead to.

use ckpt_image::{
    describe::Info,
    Record, //
};

use super::Set;
use crate::info::items::body;

/// A descriptor table.
#[derive(Debug)]
pub struct FileTable {
    /// Id.
    pub id: u32,
    /// Descriptors.
    pub descriptors: Vec<Descriptor>,
    /// Locks.
    pub locks: Vec<Lock>,
}

/// A descriptor.
#[derive(Debug)]
pub struct Descriptor {
    /// Its number.
    pub fd: u32,
    /// Id of the open file.
    pub file: u32,
    /// Whether it is closed on exec.
    pub close_on_exec: bool,
}

/// A lock.
#[derive(Debug)]
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
#[derive(Debug)]
pub struct Node {
    /// Path.
    pub path: String,
    /// Position.
    pub position: i64,
    /// Last change of contents, UTC.
    pub mtime: String,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
}

/// An open file.
#[derive(Debug)]
pub struct OpenFile {
    /// Id.
    pub id: u32,
    /// regular, directory, chardev …
    pub kind: &'static str,
    /// O_* flags by name.
    pub flags: Set,
    /// What it is open on, if there is something to be said about that.
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
    /// Which tasks are told of it by signals.
    pub owner: Option<Box<Owner>>,
}

/// Which tasks are told of a file by signals (F_SETOWN).
#[derive(Debug)]
pub struct Owner {
    /// thread, process, group.
    pub kind: &'static str,
    /// Place of the task, or of the leader of the group; none without an owner.
    pub task: Option<u32>,
    /// What else there is to say.
    pub flags: Set,
}

/// What the kind of a file has beside.
#[derive(Debug)]
pub struct Special {
    /// The record.
    pub info: &'static Info,
    /// Its fixed part.
    pub body: Vec<u8>,
    /// Texts of its parts: what an inotify instance watches.
    pub texts: Vec<String>,
    /// Numbers of the descriptors that an epoll set waits for.
    pub waited: Vec<i32>,
}

/// What files hold that no path leads to.
#[derive(Debug)]
pub struct Contents {
    /// Id.
    pub id: u32,
    /// A deleted file, a memfd or shared memory.
    pub kind: &'static str,
    /// Seals by name.
    pub seals: Set,
    /// Size in bytes.
    pub size: u64,
    /// Pages that are stored; the rest is holes.
    pub pages: u64,
}

/// A pipe or FIFO.
#[derive(Debug)]
pub struct Pipe {
    /// Id.
    pub id: u32,
    /// Bytes that fit into it.
    pub size: u32,
    /// Bytes that are in it.
    pub bytes: u64,
}

/// A pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Id.
    pub id: u32,
    /// N of /dev/pts/N.
    pub number: u32,
    /// Its master is outside of the tree.
    pub outer: bool,
}

impl Special {
    /// The fixed part, when it is such a record.
    pub fn is<R: Record>(&self) -> Option<R> {
        (self.info.kind == R::KIND).then(|| body(&self.body))?
    }
}

impl OpenFile {
    /// Its path; empty when it has none.
    pub fn path(&self) -> &str {
        self.node.as_ref().map_or("", |node| &node.path)
    }

    /// When what it is open on has changed; empty when it is not known.
    pub fn mtime(&self) -> &str {
        self.node.as_ref().map_or("", |node| &node.mtime)
    }
}
