// SPDX-License-Identifier: GPL-2.0-only

//! Signals to the commands themselves: a signal that ends a command makes it end in order.
//!
//! `restart/follow.rs` passes the signals of `restart --wait` on to the program.

use std::{
    io,
    os::fd::BorrowedFd,
    time::Duration, //
};

use nix::{
    errno::Errno,
    poll::{
        ppoll,
        PollFd,
        PollFlags, //
    },
    sys::{
        resource::{
            setrlimit,
            Resource, //
        },
        signal::{
            SigSet,
            Signal, //
        },
    },
};

use crate::{
    failure::{
        Doing,
        Failure,
        Result, //
    },
    sys,
};

/// The signals that end a command.
const ENDING: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// The signals that a terminal stops programs with.
const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// Whether a signal is meant to end a command.
pub fn is_ending(signal: i32) -> bool {
    ENDING.contains(&signal)
}

/// From now on the ending signals only interrupt what is going on; [`check`] tells of them. Those
/// that are ignored stay so.
pub fn catch() -> Result<()> {
    for signal in ENDING {
        if !sys::is_ignored(signal) {
            sys::catch(signal).doing(|| "cannot catch signals")?;
        }
    }
    Ok(())
}

/// A file over the limit (ulimit -f) is an error like a full disk, and no death in the middle.
pub fn survive_file_limit() -> Result<()> {
    sys::ignore(libc::SIGXFSZ).doing(|| "cannot ignore signals")
}

/// Makes sure that children can be waited for, even if the program that started this command ignores its own.
pub fn mind_children() -> Result<()> {
    sys::reset(libc::SIGCHLD).doing(|| "cannot take notice of children")
}

/// The ending signal that came, if any; it is forgotten.
pub fn take() -> Option<i32> {
    let came = sys::came(true);
    (came != 0).then_some(came)
}

/// Fails when an ending signal has come.
pub fn check() -> Result<()> {
    match sys::came(false) {
        0 => Ok(()),
        signal => Err(Failure::interrupted(signal)),
    }
}

/// The same failure, by the signal that came, if one did: this command then dies by it.
pub fn by_signal(failure: Failure) -> Failure {
    match sys::came(false) {
        0 => failure,
        signal => Failure {
            signal: Some(signal),
            ..failure
        },
    }
}

/// Waits until a descriptor can be used, or has no other end any more. An ending signal that comes before, or
/// just before, ends the wait.
///
/// # Errors
///
/// `EINTR` when such a signal has come: [`check`] tells which.
pub fn wait_ready(fd: BorrowedFd<'_>, events: PollFlags) -> io::Result<()> {
    wait(&mut [PollFd::new(fd, events)], None)
}

/// Waits until something can be written, if it cannot at once: after a signal, too, what is taken without a
/// wait is written.
///
/// # Errors
///
/// As [`wait_ready`].
pub fn wait_writable(fd: BorrowedFd<'_>) -> io::Result<()> {
    match sys::is_ready(fd, PollFlags::POLLOUT) {
        true => Ok(()),
        false => wait_ready(fd, PollFlags::POLLOUT),
    }
}

/// Sleeps for so long.
///
/// # Errors
///
/// As [`wait_ready`].
pub fn nap(time: Duration) -> io::Result<()> {
    wait(&mut [], Some(time))
}

fn wait(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<()> {
    let ending = ENDING
        .iter()
        .filter_map(|signal| Signal::try_from(*signal).ok());
    let old = SigSet::thread_get_mask()?;
    ending.collect::<SigSet>().thread_block()?;
    let ready = loop {
        if sys::came(false) != 0 {
            break Err(Errno::EINTR);
        }
        match ppoll(fds, limit.map(Into::into), Some(old)) {
            Ok(_) => break Ok(()),
            // By another signal, perhaps.
            Err(Errno::EINTR) => {}
            Err(error) => break Err(error),
        }
    };
    old.thread_set_mask()?;
    Ok(ready?)
}

/// As long as this lives the thread takes none of these signals.
#[derive(Debug)]
pub struct Blocked(SigSet);

impl Blocked {
    /// Blocks all signals.
    pub fn all() -> Result<Blocked> {
        Blocked::these(SigSet::all())
    }

    /// Blocks all signals but those that end a command or stop it.
    pub fn all_but_ending() -> Result<Blocked> {
        let mut set = SigSet::all();
        for signal in ENDING {
            if let Ok(signal) = Signal::try_from(signal) {
                set.remove(signal);
            }
        }
        for signal in STOPPING {
            set.remove(signal);
        }
        Blocked::these(set)
    }

    /// Blocks the signals that a terminal stops programs with: a command that has frozen another process must
    /// not be stopped meanwhile.
    pub fn stopping() -> Result<Blocked> {
        Blocked::these(STOPPING.into_iter().collect())
    }

    /// Blocks these signals beside those that are blocked already.
    pub fn these(set: SigSet) -> Result<Blocked> {
        let old = SigSet::thread_get_mask().doing(|| "cannot read the signal mask")?;
        set.thread_block().doing(|| "cannot block signals")?;
        Ok(Blocked(old))
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // Fails only for a mask that is no mask.
        let _ = self.0.thread_set_mask();
    }
}

/// Dies by a signal, as a program does that was killed by it, but without a core dump. Returns only
/// when that is not possible, with the exit code that stands for it.
pub fn die_by(signal: i32) -> u8 {
    // Whatever becomes of these, the signal is what counts.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let _ = nix::sys::prctl::set_dumpable(false);
    let _ = sys::reset(signal);
    sys::unblock(signal);
    sys::raise(signal);
    128u8.saturating_add(u8::try_from(signal).unwrap_or(127))
}
