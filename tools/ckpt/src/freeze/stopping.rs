// SPDX-License-Identifier: GPL-2.0-only

//! Stopping a tree by SIGSTOP, where there is no cgroup that it could be frozen by.
//!
//! The kernel is told that the stop is for the checkpoint only, so that a copy runs. The parent of the
//! root may notice it all the same, as a shell does.

use std::{
    collections::HashSet,
    os::fd::AsFd,
    thread::sleep,
    time::{
        Duration,
        Instant, //
    },
};

use tracing::info;

use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    process::{
        self,
        Target, //
    },
    signals, sys,
};

/// How long the processes may take to stop, at first and at most, before all are let go for as long: the
/// parent of a vfork(2) does not stop before its child execs, which it cannot while it is stopped.
const ROUND: Duration = Duration::from_millis(20);
const ROUND_MOST: Duration = Duration::from_secs(1);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_micros(500);

/// A process, whatever becomes of its pid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Known {
    pid: i32,
    birth: u64,
}

impl Known {
    /// The process that has a pid now; nothing when there is none.
    pub fn of(pid: i32) -> Option<Known> {
        process::birth(pid).map(|birth| Known { pid, birth })
    }

    /// Sends it a signal.
    ///
    /// # Errors
    ///
    /// That of pidfd_send_signal(2), but that it has ended is none.
    fn signal(&self, signal: i32) -> std::io::Result<()> {
        let Ok(pidfd) = sys::pidfd(self.pid) else {
            return Ok(());
        };
        // Asked when the descriptor is there, whose process is the one that the number stands for now.
        if process::birth(self.pid) != Some(self.birth) {
            return Ok(());
        }
        match sys::signal(pidfd.as_fd(), signal) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            result => result,
        }
    }
}

/// Processes that were stopped here. Dropping this continues them.
#[derive(Debug, Default)]
pub struct Stopped {
    /// Parents before their children.
    known: Vec<Known>,
    /// The same, to be found.
    found: HashSet<Known>,
}

impl Stopped {
    /// Stops a process and all below it.
    ///
    /// # Errors
    ///
    /// When some are stopped already and others are not, when one may not be stopped, or they do not
    /// stop in time, or a signal came. They then run as before.
    pub fn stop(target: &Target, patience: Duration) -> Result<Stopped> {
        let limit = Instant::now() + patience;
        let mut round = ROUND;
        loop {
            let mut stopped = Stopped::default();
            if stopped.all(target, round)? {
                info!("stopped {} processes by signals", stopped.known.len());
                return Ok(stopped);
            }
            drop(stopped);
            if Instant::now() >= limit {
                return Err(Failure::new(
                    Exit::Failed,
                    format!(
                        "process {} did not stop within {} s: {}",
                        target.label(),
                        patience.as_secs(),
                        target.whereabouts()
                    ),
                )
                .advise("Try again later, or give it more time with --freeze-timeout."));
            }
            sleep(round);
            signals::check()?;
            round = (round * 2).min(ROUND_MOST);
        }
    }

    /// Stops all; tells whether that has come to its end in time.
    fn all(&mut self, target: &Target, round: Duration) -> Result<bool> {
        let limit = Instant::now() + round;
        loop {
            let is_complete = self.new_ones(target)? == 0;
            if is_complete && self.known.iter().all(|known| process::is_still(known.pid)) {
                return Ok(true);
            }
            if Instant::now() >= limit {
                return Ok(false);
            }
            signals::check()?;
            sleep(LOOK);
        }
    }

    /// Stops those that are not known yet; gives how many there were.
    fn new_ones(&mut self, target: &Target) -> Result<usize> {
        let before = self.known.len();
        for pid in process::descendants(target.pid) {
            let Some(known) = Known::of(pid) else {
                continue;
            };
            if process::is_dead(pid) || self.found.contains(&known) {
                continue;
            }
            // It would be continued with the others, and be saved as one that runs.
            if process::is_still(pid) {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("process {pid} is stopped already, and others of the tree are not"),
                )
                .advise(
                    "Stop all of the tree first (kill -STOP), to have it saved as it is then, or continue \
                     the process; or run this as root, who need not stop it.",
                ));
            }
            let stopped = known.signal(libc::SIGSTOP);
            stopped.map_err(|error| {
                Failure::os(format_args!("process {pid} cannot be stopped"), &error)
                    .advise("Run this as root.")
            })?;
            self.found.insert(known.clone());
            self.known.push(known);
        }
        Ok(self.known.len() - before)
    }

    /// Leaves them stopped.
    pub fn keep(&mut self) {
        self.known.clear();
    }

    /// Continues them, children first: a parent that goes on finds none that is stopped.
    pub fn go_on(&mut self) -> Result<()> {
        continue_all(&std::mem::take(&mut self.known))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Err(failure) = self.go_on() {
            failure.report("ckpt");
        }
    }
}

/// Continues processes, the last first; tells the first error.
fn continue_all(known: &[Known]) -> Result<()> {
    let mut first = Ok(());
    for one in known.iter().rev() {
        if let Err(error) = one.signal(libc::SIGCONT) {
            first = first.and(Err(Failure::os(
                format_args!("process {} cannot be continued", one.pid),
                &error,
            )));
        }
    }
    first
}

/// What a guardian does for a command that is no more, which began to stop processes when these were
/// there: lets them go on, and what is below the root now.
pub fn rescue(root: i32, known: &[Known]) -> Result<()> {
    let mut all = known.to_vec();
    if known
        .first()
        .is_some_and(|root| Known::of(root.pid).as_ref() == Some(root))
    {
        let born = process::descendants(root).into_iter().filter_map(Known::of);
        let found: HashSet<&Known> = known.iter().collect();
        all.extend(born.filter(|one| !found.contains(one)));
    }
    continue_all(&all)
}
