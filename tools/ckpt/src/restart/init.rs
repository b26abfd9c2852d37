// SPDX-License-Identifier: GPL-2.0-only

//! A new pid namespace for a tree whose root is no init: this command continues inside of it as its init
//! and coordinator, and outside as the process that the caller started.
//!
//! The inside reaps orphans and stays until it has no child left. It tells the outside the pid of the root
//! when the program runs, and later how the program stops or ends: an init itself cannot stop or die by a
//! signal, and cannot use the terminal of a process group outside.

use std::{
    fs::File,
    io::{
        self,
        Read,
        Write, //
    },
    os::fd::{
        AsFd,
        OwnedFd, //
    },
};

use nix::{
    fcntl::OFlag,
    poll::PollFlags,
    sys::prctl,
    unistd::{
        dup2_stderr,
        dup2_stdin,
        dup2_stdout,
        pipe2, //
    },
};

use super::{
    family::{
        Leader,
        Member, //
    },
    follow::{
        follow_as_init,
        stop_like,
        Ear,
        End, //
    },
    terminal::Terminal,
};
use crate::{
    advice,
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    signals,
    sys::{
        self,
        Fate, //
    },
};

/// Where this command goes on.
pub enum Side {
    /// As what the caller started.
    Outside(Outside),
    /// As the init of the new namespace.
    Inside(Inside),
}

/// The side outside: the child is the init.
pub struct Outside {
    init: Member,
    news: File,
}

/// The side inside.
pub struct Inside {
    news: File,
}

/// Makes the namespace and goes on at both sides of it.
pub fn enter() -> Result<Side> {
    let what = || "cannot make a pid namespace";
    let own = sys::pidfd(std::process::id() as i32).doing(what)?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC).doing(what)?;
    let pid = sys::fork_init().map_err(|error| {
        let failure = Failure::os(what(), &error);
        match failure.exit {
            Exit::Permission => failure.advise(advice::PID_NAMESPACE),
            _ => failure,
        }
    })?;
    if pid == 0 {
        prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).doing(what)?;
        // The side outside may have died before that.
        if sys::is_readable(own.as_fd()) {
            std::process::exit(sys::NOT_RESTORED);
        }
        return Ok(Side::Inside(Inside { news: write.into() }));
    }
    Ok(Side::Outside(Outside {
        init: Member {
            pid,
            pidfd: sys::pidfd(pid).doing(what)?,
            leader: Leader::Nothing,
        },
        news: read.into(),
    }))
}

/// What the side inside tells as a number: the pid of the root first, then one of these, each with a
/// signal in its lower bits.
const STOPPED: i32 = 1 << 8;
const KILLED: i32 = 2 << 8;
const EXITED: i32 = 3 << 8;

impl Inside {
    fn tell(&mut self, number: i32) {
        // If no process listens any more, there is nothing to tell.
        let _ = self.news.write_all(&number.to_ne_bytes());
    }

    /// The program runs: it no longer dies with the side outside, which need not stay either.
    pub fn ready(&mut self, root: i32, detach: bool) -> Result<()> {
        prctl::set_pdeathsig(None).doing(|| "cannot outlive the command")?;
        if detach {
            // A reader of what the command printed waits for the last process that could write there.
            let what = || "cannot let go of standard output";
            let null = File::options().read(true).write(true).open("/dev/null");
            let null: OwnedFd = null.doing(what)?.into();
            dup2_stdin(&null).doing(what)?;
            dup2_stdout(&null).doing(what)?;
            dup2_stderr(&null).doing(what)?;
        }
        self.tell(root);
        Ok(())
    }

    /// Stays until no process is left; gives the exit status.
    pub fn follow(mut self, root: Member) -> Result<u8> {
        let root = Member {
            // What the terminal sends to this side it sends to the other, too, which hands it on.
            leader: Leader::Nothing,
            ..root
        };
        follow_as_init(&root, |fate| match fate {
            Fate::Stopped(signal) => self.tell(STOPPED | signal),
            Fate::Killed(signal) => self.tell(KILLED | signal),
            Fate::Exited(_) => self.tell(EXITED),
            Fate::Same => {}
        })
    }
}

impl Outside {
    /// The init.
    pub fn init(&self) -> &Member {
        &self.init
    }

    fn hear(&mut self) -> Result<Option<i32>> {
        let mut number = [0; 4];
        let mut filled = 0;
        while let Some(rest) = number.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            // Of a signal that has come just before, too.
            let ready = signals::wait_ready(self.news.as_fd(), PollFlags::POLLIN);
            match ready.and_then(|()| self.news.read(rest)) {
                Ok(0) => return Ok(None),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.hand_in(),
                Err(error) => return Err(Failure::os("cannot hear of the program", &error)),
            }
        }
        Ok(Some(i32::from_ne_bytes(number)))
    }

    /// Hands a signal that has come to the side inside. What that leads to comes back as its end.
    fn hand_in(&self) {
        if let Some(signal) = signals::take() {
            let _ = sys::signal(self.init.pidfd.as_fd(), signal);
        }
    }

    /// Waits until the program runs; gives the pid of the root inside. Nothing when it does not: the
    /// side inside has told why.
    pub fn root(&mut self) -> Result<Option<i32>> {
        self.hear()
    }

    /// What the side inside exits with.
    pub fn status(&self) -> Result<u8> {
        let fate = loop {
            match signals::wait_ready(self.init.pidfd.as_fd(), PollFlags::POLLIN) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.hand_in(),
                _ => break sys::fate(self.init.pid, true).doing(|| "cannot wait for the init")?,
            }
        };
        match fate {
            Fate::Exited(status) => Ok(status),
            Fate::Killed(signal) => Ok(signals::die_by(signal)),
            _ => Ok(1),
        }
    }

    /// Follows the program, and then its init, to their ends.
    pub fn follow(
        mut self,
        mut root: Option<Member>,
        mut terminal: Option<Terminal>,
    ) -> Result<End> {
        let mut ear = Ear::open(root.as_ref().unwrap_or(&self.init))?;
        let mut killed = None;
        loop {
            let news = self.news.as_fd();
            if !sys::is_readable(news) {
                ear.wait(root.as_ref().unwrap_or(&self.init), &[news])?;
                continue;
            }
            let Some(number) = self.hear()? else {
                let status = self.status()?;
                return Ok(killed.map_or(End::Status(status), End::Signal));
            };
            let signal = number & 0xff;
            match &root {
                Some(root) if number & !0xff == STOPPED => {
                    stop_like(root, terminal.as_ref(), signal);
                }
                _ => {
                    killed = (number & !0xff == KILLED).then_some(signal);
                    root = None;
                    terminal = None;
                }
            }
        }
    }
}
