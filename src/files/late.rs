// SPDX-License-Identifier: GPL-2.0-only

//! What is set last: when the image has been read, the ends of pipes that nobody took are closed and
//! the dead have died, and before anybody runs. All of that wakes those who wait for files.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use super::inotify::Unread;
use crate::sys::{
    epoll,
    file::File,
    owner,
    pid::Pid,
    pipe,
    pty::{
        Pty,
        Termios, //
    },
    task::Task, //
};

/// Something that is set last.
pub(crate) enum Late {
    /// Items of an epoll set, by file and number of descriptor: the events that they wait for, and
    /// whether what is there has been seen.
    Set(File, RBTree<(usize, i32), (u32, bool)>),
    /// A reading end that does not know of any writer yet.
    Quiet(File),
    /// What an inotify instance has to tell.
    Unread(File, Unread),
    /// A terminal from outside: the modes that it had.
    Modes(File, Termios),
    /// The session that it controls, and the group in its foreground.
    Controls(File, Pid, Pid),
    /// A process of that session, which has it.
    Controlled(File, Task),
    /// A file that reports by signals, and as which descriptor.
    Reports(File, i32),
}

impl Late {
    /// Sets it. Gives its file up for good.
    ///
    /// # Errors
    ///
    /// `EINTR`, `ENOMEM`, those of fcntl(2) and ioctl(2).
    pub(crate) fn settle(self) -> Result {
        let (file, result) = match self {
            Late::Set(set, items) => {
                let result = epoll::settle(&set, |file, fd| items.get(&(file, fd)).copied());
                (set, result)
            }
            Late::Quiet(end) => {
                let result = pipe::quieten(&end);
                (end, result)
            }
            Late::Unread(instance, unread) => {
                let result = unread.set(&instance);
                (instance, result)
            }
            Late::Modes(terminal, modes) => {
                let pty = Pty::of(&terminal);
                let result = pty.ok_or(ENOTTY).and_then(|pty| pty.adopt(&modes));
                (terminal, result)
            }
            Late::Controls(terminal, session, group) => {
                let pty = Pty::of(&terminal).ok_or(ENOTTY);
                let result = pty.and_then(|pty| pty.claim(&session, &group));
                (terminal, result)
            }
            Late::Controlled(terminal, task) => {
                // The leader of the session has it by now.
                let result = Pty::of(&terminal).ok_or(ENOTTY).map(|pty| {
                    let _ = pty.give(&task);
                });
                (terminal, result)
            }
            Late::Reports(file, fd) => {
                let result = owner::report(&file, fd);
                (file, result)
            }
        };
        file.close_now();
        result
    }
}
