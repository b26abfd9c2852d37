// SPDX-License-Identifier: GPL-2.0-only

//! Where a file was met: for messages, and for programs that read them.

use kernel::{
    fmt,
    prelude::*, //
};

use crate::log::Site;

/// Where a file was met, for messages.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// A descriptor.
    Fd(u32),
    /// A file of an epoll set, added under this number.
    InSet(i32),
    /// A mapping.
    Mapping(u64, u64),
    /// The executable.
    Exe,
    /// What a process is controlled by.
    Terminal,
    /// The root or working directory.
    Directory(&'static str),
}

impl Place {
    /// The same for programs.
    pub(crate) fn site(self) -> Site {
        match self {
            Place::Fd(fd) => Site::Fd(fd),
            Place::Mapping(start, _) => Site::Address(start),
            // A descriptor of this number may be another file.
            Place::InSet(_) | Place::Exe | Place::Terminal | Place::Directory(_) => Site::Task,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Fd(fd) => f.write_fmt(fmt!("fd {}", *fd)),
            Place::InSet(fd) => f.write_fmt(fmt!("fd {} in an epoll instance", *fd)),
            Place::Mapping(start, end) => f.write_fmt(fmt!("mapping {:x}-{:x}", *start, *end)),
            Place::Exe => f.write_str("executable"),
            Place::Terminal => f.write_str("controlling terminal"),
            Place::Directory(which) => f.write_fmt(fmt!("{} directory", *which)),
        }
    }
}
