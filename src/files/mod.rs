// SPDX-License-Identifier: GPL-2.0-only

//! Open files, descriptor tables, root and working directory.

pub(crate) mod census;
pub(crate) mod chardev;
pub(crate) mod contents;
pub(crate) mod device;
pub(crate) mod directory;
pub(crate) mod epoll;
pub(crate) mod eventfd;
pub(crate) mod external;
pub(crate) mod flags;
pub(crate) mod fs;
pub(crate) mod inotify;
pub(crate) mod kind;
pub(crate) mod kinds;
pub(crate) mod late;
pub(crate) mod leak;
pub(crate) mod lock;
mod made;
pub(crate) mod open;
pub(crate) mod opened;
pub(crate) mod opener;
pub(crate) mod owner;
pub(crate) mod path;
pub(crate) mod pidfd;
pub(crate) mod pipe;
pub(crate) mod place;
pub(crate) mod procfs;
pub(crate) mod regular;
pub(crate) mod reopening;
mod saved;
pub(crate) mod signalfd;
mod stat;
pub(crate) mod table;
pub(crate) mod timerfd;
pub(crate) mod tty;
mod tty_end;
mod tty_outer;
pub(crate) mod tty_pair;
mod worklist;
