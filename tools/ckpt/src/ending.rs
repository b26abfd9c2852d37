// SPDX-License-Identifier: GPL-2.0-only

//! Ending or stopping all processes of a tree that has been saved, and making sure of it.
//!
//! A number may come to mean another process at any moment. A process is known by the inode of its pidfd
//! here, which no other has, and is signalled through a pidfd.

use std::{
    io,
    os::fd::{
        AsFd,
        OwnedFd, //
    },
    thread::sleep,
    time::{
        Duration,
        Instant, //
    },
};

use nix::sys::stat::fstat;

use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    process::{
        self,
        Target, //
    },
    sys,
};

/// How long killed processes may take to be gone, and how long the parent that inherits them may
/// take to notice.
const DYING: Duration = Duration::from_secs(10);
const REAPING: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(2);

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member {
    pid: i32,
    /// Of its pidfd.
    inode: u64,
}

/// A process and all below it, parents before their children.
#[derive(Debug)]
struct Family(Vec<Member>);

impl Member {
    fn of(pid: i32, pidfd: &OwnedFd) -> io::Result<Member> {
        let inode = fstat(pidfd)?.st_ino;
        Ok(Member { pid, inode })
    }

    /// A pidfd, if the number still means this process.
    fn open(self) -> io::Result<Option<OwnedFd>> {
        let pidfd = match sys::pidfd(self.pid) {
            Ok(pidfd) => pidfd,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let same = Member::of(self.pid, &pidfd)? == self;
        Ok(same.then_some(pidfd))
    }

    /// Whether it has its number yet, dead or alive.
    fn is_there(self) -> bool {
        self.open()
            .is_ok_and(|pidfd| pidfd.is_some_and(|pidfd| sys::signal(pidfd.as_fd(), 0).is_ok()))
    }

    /// Whether all of its threads have ended.
    fn is_dead(self) -> bool {
        match self.open() {
            Ok(Some(pidfd)) => sys::is_readable(pidfd.as_fd()),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    fn signal(self, signal: i32) -> io::Result<()> {
        match self.open()? {
            None => Ok(()),
            Some(pidfd) => match sys::signal(pidfd.as_fd(), signal) {
                // It has ended by itself, which needs no help.
                Err(error) if is_gone(&error) => Ok(()),
                result => result,
            },
        }
    }
}

/// What the kernel says of a number that no process has, or only a thread.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ESRCH | libc::ENOENT | libc::EINVAL)
    )
}

impl Family {
    fn of(target: &Target) -> Result<Family> {
        let what = || format!("cannot look at process {}", target.label());
        let mut members = vec![Member::of(target.pid, &target.pidfd).doing(what)?];
        let mut at = 0;
        while let Some(parent) = members.get(at).copied() {
            let children = process::children(parent.pid);
            let children = children.into_iter().filter_map(|pid| child(parent, pid));
            members.extend(children);
            at += 1;
        }
        Ok(Family(members))
    }

    /// Signals all of them.
    fn signal(&self, signal: i32) -> Result<()> {
        for member in &self.0 {
            member.signal(signal).doing(|| {
                format!(
                    "the image is complete, but process {} cannot be sent {}",
                    member.pid,
                    crate::failure::signal_name(signal)
                )
            })?;
        }
        Ok(())
    }

    /// Waits for their ends; gives who lives after that time.
    fn living(&self, limit: Duration) -> Vec<Member> {
        let mut living = self.0.clone();
        wait(limit, || {
            living.retain(|member| !member.is_dead());
            living.is_empty()
        });
        living
    }
}

/// The child of this number, if it is one: both are looked at while neither number can change hands.
fn child(parent: Member, pid: i32) -> Option<Member> {
    let pidfd = sys::pidfd(pid).ok()?;
    let member = Member::of(pid, &pidfd).ok()?;
    let is_child = process::parent(pid) == Some(parent.pid);
    // What has not been waited for keeps its number.
    let is_there = sys::signal(pidfd.as_fd(), 0).is_ok();
    (is_child && is_there && parent.is_there()).then_some(member)
}

fn wait(limit: Duration, mut over: impl FnMut() -> bool) {
    let limit = Instant::now() + limit;
    while !over() && Instant::now() < limit {
        sleep(STEP);
    }
}

/// Kills a process and all below it, and waits until they are gone, so that their pids are free for a
/// restart as soon as the parent of the first one knows.
///
/// # Errors
///
/// When one may not be signalled, or lives on all the same.
pub fn kill(target: &Target) -> Result<()> {
    let family = Family::of(target)?;
    family.signal(libc::SIGKILL)?;
    let living = family.living(DYING);
    if !living.is_empty() {
        return Err(alive(&living));
    }
    wait(REAPING, || {
        let mut others = family.0.iter().skip(1);
        others.all(|member| !member.is_there())
    });
    Ok(())
}

/// Stops a process and all below it, as by SIGSTOP.
///
/// # Errors
///
/// When one may not be signalled.
pub fn stop(target: &Target) -> Result<()> {
    Family::of(target)?.signal(libc::SIGSTOP)
}

fn alive(living: &[Member]) -> Failure {
    let lines = living.iter().map(|member| {
        let user = process::user_of(member.pid).unwrap_or_default();
        format!("{}  {user}, {}", member.pid, process::place_of(member.pid))
    });
    let message = match living {
        [one] => format!("the image is complete, but process {} lives on", one.pid),
        _ => format!(
            "the image is complete, but {} processes live on",
            living.len()
        ),
    };
    Failure::new(Exit::Failed, message)
        .with(lines.collect())
        .advise("They have been sent SIGKILL. Do not restart the image before they are gone.")
}

#[cfg(test)]
mod tests {
    use std::process::{
        Child,
        Command, //
    };

    use super::*;

    fn sleeper(script: &str) -> (Child, Target) {
        let child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let target = Target::find(child.id() as i32).unwrap();
        (child, target)
    }

    #[test]
    fn a_tree_is_killed_to_the_last() {
        let (mut child, target) = sleeper("sleep 60 & sleep 60 & wait");
        let pid = target.pid;
        wait(DYING, || process::children(pid).len() == 2);
        let family = Family::of(&target).unwrap();
        assert_eq!(family.0.len(), 3);
        kill(&target).unwrap();
        assert!(family.0.iter().all(|member| member.is_dead()));
        child.wait().unwrap();
        assert!(!family
            .0
            .iter()
            .any(|member| member.is_there() && !member.is_dead()));
    }

    #[test]
    fn what_lives_is_named() {
        let (mut child, target) = sleeper("exec sleep 60");
        let family = Family::of(&target).unwrap();
        let living = family.living(Duration::ZERO);
        assert_eq!(living.len(), 1);
        let failure = alive(&living);
        let name = format!("process {} lives on", target.pid);
        assert!(failure.message.ends_with(&name), "{}", failure.message);
        assert!(failure.details.iter().any(|line| line.contains("in state")));
        kill(&target).unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn another_process_of_the_same_number_is_not_meant() {
        let (mut child, target) = sleeper("exec sleep 60");
        let stranger = Member {
            pid: target.pid,
            inode: 1,
        };
        assert!(stranger.is_dead() && !stranger.is_there());
        stranger.signal(libc::SIGKILL).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        kill(&target).unwrap();
        child.wait().unwrap();
    }
}
