// SPDX-License-Identifier: GPL-2.0-only

//! Open files, descriptor tables, root and working directory. Here are the one table of the kinds of open
//! files, and that of the records that stand beside FILE.

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

use ckpt_image::Kind as Record;

use crate::{
    restoring::{
        Context,
        Outcome, //
    },
    task::cred, //
};
use kind::Kind;

/// All kinds of open files. A new one is one new file and two lines here. Pipes, of which there may be many, are told
/// apart from everything else at a glance.
const KINDS: &[&dyn Kind] = &[
    &pipe::Pipe,
    &device::Device,
    &eventfd::EventFd,
    &timerfd::TimerFd,
    &signalfd::SignalFd,
    &epoll::Epoll,
    &pidfd::PidFd,
    &inotify::Inotify,
    &path::Path,
    &tty::MASTER,
    &tty::SLAVE,
    &contents::Contents,
    &procfs::ProcFs,
    &regular::Regular,
    &directory::Directory,
    &chardev::CharDev,
    &external::External,
];

/// What reads a record and restores what it says.
type Restore = fn(&mut Context<'_>) -> Outcome;

/// What files are open on, whose rights they go by, and what connects them.
const BESIDE: &[(Record, Restore)] = &[
    (Record::PIPE, pipe::restore),
    (Record::TTY, tty::restore),
    (Record::CONTENTS, contents::restore),
    (Record::CRED, cred::restore),
    (Record::EPOLL_ITEMS, epoll::restore_items),
];
