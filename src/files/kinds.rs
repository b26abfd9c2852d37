// SPDX-License-Identifier: GPL-2.0-only

//! The one table of the kinds of open files, and of the records that stand beside FILE.

use ckpt_image::Kind as Record;

use super::{
    chardev,
    contents,
    device,
    directory,
    epoll,
    eventfd,
    external,
    inotify,
    kind::Kind,
    path,
    pidfd,
    pipe,
    procfs,
    regular,
    signalfd,
    timerfd,
    tty, //
};
use crate::{
    restoring::{
        Context,
        Outcome, //
    },
    task::cred, //
};

/// All kinds. A new one is one new file and one line here. Pipes, of which there may be many, are told
/// apart from everything else at a glance.
pub(crate) const ALL: &[&dyn Kind] = &[
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
pub(crate) const BESIDE: &[(Record, Restore)] = &[
    (Record::PIPE, pipe::restore),
    (Record::TTY, tty::restore),
    (Record::CONTENTS, contents::restore),
    (Record::CRED, cred::restore),
    (Record::EPOLL_ITEMS, epoll::restore_items),
];
