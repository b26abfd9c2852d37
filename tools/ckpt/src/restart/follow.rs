// SPDX-License-Identifier: GPL-2.0-only

//! Behaving like the restarted program: its signals, its stops, its end.

use std::os::fd::{
    AsFd,
    BorrowedFd, //
};

use nix::{
    errno::Errno,
    poll::{
        poll,
        PollFd,
        PollFlags,
        PollTimeout, //
    },
    sys::{
        signal::{
            SigSet,
            Signal, //
        },
        signalfd::{
            SfdFlags,
            SignalFd, //
        },
    },
};
use tracing::debug;

use crate::{
    failure::{
        Doing,
        Failure,
        Result, //
    },
    restart::{
        family::{
            Leader,
            Member, //
        },
        terminal::Terminal, //
    },
    signals::{
        self,
        Blocked, //
    },
    sys::{
        self,
        Fate, //
    },
};

/// Signals that are passed on to the program, unless they are ignored here.
const HANDED_ON: [Signal; 9] = [
    Signal::SIGCONT,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGWINCH,
];

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Status(u8),
    /// By this signal.
    Signal(i32),
}

/// Follows a program to its end.
pub fn follow(root: &Member, terminal: Option<&Terminal>) -> Result<End> {
    let mut ear = Ear::open(root)?;
    loop {
        match sys::fate(root.pid, false).doing(waiting)? {
            Fate::Exited(status) => return Ok(End::Status(status)),
            Fate::Killed(signal) => return Ok(End::Signal(signal)),
            Fate::Stopped(signal) => stop_like(root, terminal, signal),
            Fate::Same => {
                ear.wait(root, &[root.pidfd.as_fd()])?;
            }
        }
    }
}

/// Does what the init of a pid namespace has to: waits for its child, the program, for all orphans
/// meanwhile, and then until there are none. `tell` hears what becomes of the program.
pub fn follow_as_init(root: &Member, mut tell: impl FnMut(Fate)) -> Result<u8> {
    let mut ear = Ear::open(root)?;
    let mut status = None;
    loop {
        match sys::any_fate() {
            Ok((0, _)) => match status {
                // The end of the init ends all that is left.
                Some(status) if ear.wait(root, &[])? => return Ok(status),
                Some(_) => {}
                None => {
                    ear.wait(root, &[root.pidfd.as_fd()])?;
                }
            },
            Ok((pid, fate)) if pid == root.pid => {
                tell(fate);
                status = match fate {
                    Fate::Exited(status) => Some(status),
                    // An init cannot die by a signal itself.
                    Fate::Killed(signal) => Some(128 | signal as u8),
                    _ => status,
                };
            }
            Ok(_) => {}
            Err(error) => return status.ok_or_else(|| Failure::os(waiting(), &error)),
        }
    }
}

fn waiting() -> &'static str {
    "cannot wait for the program"
}

/// Hears signals to this command, and of its children.
pub struct Ear {
    signals: SignalFd,
    _blocked: Blocked,
}

impl Ear {
    /// Listens from now on, on behalf of a program.
    pub fn open(root: &Member) -> Result<Ear> {
        let set: SigSet = HANDED_ON
            .into_iter()
            .filter(|signal| !sys::is_ignored(*signal as i32))
            .chain([Signal::SIGCHLD])
            .collect();
        let blocked = Blocked::these(set)?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .doing(|| "cannot receive signals")?;
        // What came before they were blocked.
        if let Some(signal) = signals::take() {
            hand_on(root, signal);
        }
        Ok(Ear {
            signals,
            _blocked: blocked,
        })
    }

    /// Waits for a signal, which it hands on, or until there is something to read from one of
    /// `others`: not every end is told by a signal. Tells whether the signal was one to end by.
    pub fn wait(&mut self, root: &Member, others: &[BorrowedFd<'_>]) -> Result<bool> {
        let mut is_end = false;
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        fds.extend(others.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)));
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(Failure::os(waiting(), &error.into())),
        }
        while let Some(info) = self
            .signals
            .read_signal()
            .doing(|| "cannot receive signals")?
        {
            let signal = info.ssi_signo as i32;
            if signal != libc::SIGCHLD && !has_it(root, info.ssi_code) {
                hand_on(root, signal);
            }
            is_end |= signals::is_ending(signal);
        }
        Ok(is_end)
    }
}

/// Whether the program got a signal of this origin itself: a terminal signals all of its foreground
/// process group.
fn has_it(root: &Member, code: i32) -> bool {
    code == libc::SI_KERNEL && root.leader == Leader::Nothing
}

fn hand_on(root: &Member, signal: i32) {
    debug!("handing on {}", crate::failure::signal_name(signal));
    // It may have ended: SIGCHLD tells.
    let _ = sys::signal(root.pidfd.as_fd(), signal);
}

/// The program was stopped: so is this command, for its parent to see. When it is
/// continued, so is the program. A program that only wants the terminal gets it, if it is here.
pub fn stop_like(root: &Member, terminal: Option<&Terminal>, signal: i32) {
    debug!("stopped by {}", crate::failure::signal_name(signal));
    let wants_terminal = matches!(signal, libc::SIGTTIN | libc::SIGTTOU);
    if !(wants_terminal && terminal.is_some_and(Terminal::give)) {
        if let Some(terminal) = terminal {
            terminal.take();
        }
        sys::raise(libc::SIGSTOP);
        // Here the command was continued.
        if let Some(terminal) = terminal {
            terminal.give();
        }
    }
    if let Err(error) = root.signal_all(libc::SIGCONT) {
        debug!("cannot continue the program: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::process::{
        Child,
        Command, //
    };

    use super::*;

    fn member(child: &Child, leader: Leader) -> Member {
        let pid = child.id() as i32;
        Member {
            pid,
            pidfd: sys::pidfd(pid).unwrap(),
            leader,
        }
    }

    fn run(script: &str) -> End {
        // Waited for by `follow`.
        #[allow(clippy::zombie_processes)]
        let child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        follow(&member(&child, Leader::Nothing), None).unwrap()
    }

    #[test]
    fn the_end_of_a_program_is_told() {
        assert_eq!(run("exit 7"), End::Status(7));
        assert_eq!(run("kill -TERM $$"), End::Signal(libc::SIGTERM));
        assert_eq!(run("kill -40 $$"), End::Signal(40));
    }

    #[test]
    fn a_signal_of_the_terminal_is_not_doubled() {
        // Waited for below.
        let mut child = Command::new("true").spawn().unwrap();
        assert!(has_it(&member(&child, Leader::Nothing), libc::SI_KERNEL));
        assert!(!has_it(&member(&child, Leader::Group), libc::SI_KERNEL));
        assert!(!has_it(&member(&child, Leader::Nothing), libc::SI_USER));
        child.wait().unwrap();
    }
}
