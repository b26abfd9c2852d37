// SPDX-License-Identifier: GPL-2.0-only

//! Open files of each kind, and the tables in which processes have them.

pub(crate) mod contents;
pub(crate) mod epoll;
pub(crate) mod eventfd;
pub(crate) mod file;
pub(crate) mod fs;
pub(crate) mod inotify;
pub(crate) mod mounts;
pub(crate) mod n_tty;
pub(crate) mod owner;
mod path;
pub(crate) mod pidfd;
pub(crate) mod pipe;
pub(crate) mod procfs;
pub(crate) mod pty;
pub(in crate::sys) mod scratch;
pub(crate) mod share;
pub(crate) mod signalfd;
pub(crate) mod timerfd;
