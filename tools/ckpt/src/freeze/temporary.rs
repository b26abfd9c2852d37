// SPDX-License-Identifier: GPL-2.0-only

//! A cgroup made for a tree of processes, and the way back to where each came from.
//!
//! A [`Plan`] says where it may stand before it is made, so that a guardian knows where to look.

use std::{
    collections::{
        HashMap,
        HashSet, //
    },
    io,
    thread::sleep,
    time::Duration, //
};

use tracing::info;

use super::Inmate;
use crate::{
    cgroup::{
        Group,
        Mount, //
    },
    failure::{
        reason,
        Doing,
        Exit,
        Failure,
        Result, //
    },
    process::{
        self,
        Target, //
    },
    signals,
};

/// How often, and at which distance, the removal of a temporary cgroup is tried: the last of a
/// killed process may still be in it.
const REMOVALS: u32 = 400;
const REMOVAL_STEP: Duration = Duration::from_millis(5);

/// The command that has made a cgroup to freeze processes in, or one above it, and that still lives.
pub fn owner(group: &Group) -> Option<i32> {
    let names = group.dir().iter().filter_map(|name| name.to_str());
    names
        .filter_map(|name| {
            let (pid, command) = name.strip_prefix("ckpt-")?.split_once('-')?;
            pid.parse::<i32>().ok()?;
            command.parse().ok()
        })
        .find(|command| !process::is_dead(*command))
}

/// What is to be moved, and where a cgroup for it may be made.
#[derive(Debug)]
pub struct Plan {
    root: Inmate,
    others: Vec<Inmate>,
    /// Below one of these, the first that is possible.
    bases: Vec<Group>,
    name: String,
}

impl Plan {
    /// For a process and all below it: below the cgroup of the first, else beside it, else at the top.
    /// Below its own is not possible when that one is threaded; the others may be out of reach.
    pub fn of(mount: &Mount, inmates: &[Inmate], target: &Target) -> Result<Plan> {
        refuse_scattered(inmates)?;
        let Some((root, others)) = inmates.split_first() else {
            return Err(ended(target));
        };
        let mut bases = vec![root.group.clone()];
        for base in [mount.parent(&root.group), Some(mount.top())]
            .into_iter()
            .flatten()
        {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        Ok(Plan {
            root: root.clone(),
            others: others.to_vec(),
            bases,
            name: format!("ckpt-{}-{}", target.pid, std::process::id()),
        })
    }

    /// Undoes whatever has been made of it by a command that is no more. The state in which that has
    /// left everything is found out.
    pub fn rescue(&self) -> Result<()> {
        for group in self.bases.iter().filter_map(|base| base.child(&self.name)) {
            super::thaw(&group)?;
            let here: HashSet<i32> = group
                .pids()
                .doing(|| format!("cannot look into the cgroup {}", group.dir().display()))?
                .into_iter()
                .collect();
            let known = std::iter::once(&self.root).chain(&self.others);
            let moved = known.filter(|inmate| here.contains(&inmate.pid));
            Temporary {
                moved: moved.cloned().collect(),
                home: self.root.group.clone(),
                group,
                is_undone: false,
            }
            .undo()?;
        }
        Ok(())
    }
}

/// A cgroup made for a tree of processes. Dropping it undoes it.
#[derive(Debug)]
pub struct Temporary {
    group: Group,
    /// Where each process came from, in the order in which they were moved.
    moved: Vec<Inmate>,
    /// Where those go whose parents are unknown.
    home: Group,
    is_undone: bool,
}

impl Temporary {
    /// Makes a cgroup as planned, and moves a process and all below it there.
    pub fn make(mount: &Mount, plan: &Plan, target: &Target) -> Result<Temporary> {
        let mut temporary = Temporary::with_root(plan, target)?;
        for other in &plan.others {
            temporary.take(other.clone())?;
        }
        temporary.follow_births(mount, target)?;
        info!(
            "moved {} processes to the cgroup {}",
            temporary.moved.len(),
            temporary.group.dir().display()
        );
        Ok(temporary)
    }

    fn with_root(plan: &Plan, target: &Target) -> Result<Temporary> {
        let mut first = None;
        for base in &plan.bases {
            match below(base, &plan.name, &plan.root) {
                Ok(temporary) => return Ok(temporary),
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {
                    return Err(ended(target));
                }
                Err(error) => {
                    let base = base.dir().display();
                    info!("no cgroup can be made below {base}: {}", reason(&error));
                    first.get_or_insert(error);
                }
            }
        }
        let error = first.unwrap_or_else(|| io::ErrorKind::NotFound.into());
        Err(refusal(
            &format!("cannot make a cgroup to freeze {} in", target.label()),
            &error,
        ))
    }

    /// The cgroup.
    pub fn group(&self) -> &Group {
        &self.group
    }

    fn take(&mut self, inmate: Inmate) -> Result<()> {
        match self.group.add(inmate.pid) {
            Ok(()) => {
                self.moved.push(inmate);
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            Err(error) => Err(refusal(
                &format!(
                    "cannot move process {} from the cgroup {} to {}",
                    inmate.pid,
                    inmate.group.dir().display(),
                    self.group.dir().display()
                ),
                &error,
            )),
        }
    }

    /// Moves what was born in the old cgroups, until there is nothing new: who is here has its
    /// children here.
    fn follow_births(&mut self, mount: &Mount, target: &Target) -> Result<()> {
        loop {
            signals::check()?;
            let known: HashSet<i32> = self.moved.iter().map(|inmate| inmate.pid).collect();
            let mut pids = process::descendants(target.pid);
            pids.retain(|pid| !known.contains(pid));
            let mut quiet = true;
            for inmate in super::inmates(mount, &pids, target.pid)? {
                if inmate.group != self.group && !process::is_dead(inmate.pid) {
                    quiet = false;
                    self.take(inmate)?;
                }
            }
            if quiet {
                return Ok(());
            }
        }
    }

    /// Moves the processes back, with what they may have forked meanwhile, and removes the cgroup.
    pub fn undo(mut self) -> Result<()> {
        self.put_back()
    }

    fn put_back(&mut self) -> Result<()> {
        if self.is_undone {
            return Ok(());
        }
        self.is_undone = true;
        let mut first = Ok(());
        let mut homes: HashMap<i32, Group> = HashMap::new();
        for inmate in &self.moved {
            // One that cannot go home does not keep the others here.
            first = first.and(self.send_home(inmate.pid, &inmate.group));
            homes.insert(inmate.pid, inmate.group.clone());
        }
        first?;
        for _ in 0..REMOVALS {
            match self.group.remove() {
                Ok(()) => return Ok(()),
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
                Err(error) => return Err(Failure::os(self.leftover(), &error)),
            }
            let born = self.group.pids().unwrap_or_default();
            if born.is_empty() {
                sleep(REMOVAL_STEP);
            }
            for pid in born {
                let parent = process::parent(pid).and_then(|parent| homes.get(&parent));
                let home = parent.unwrap_or(&self.home).clone();
                self.send_home(pid, &home)?;
                homes.insert(pid, home);
            }
        }
        Err(Failure::new(Exit::Failed, self.leftover()))
    }

    fn send_home(&self, pid: i32, home: &Group) -> Result<()> {
        let mut there = home.clone();
        let mut added = there.add(pid);
        // It may have been made for another command, and be gone: then home is above it.
        while added.as_ref().is_err_and(is_removed) {
            let Some(above) = Mount::find()?.parent(&there) else {
                break;
            };
            there = above;
            added = there.add(pid);
        }
        match added {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(Failure::os(
                format_args!(
                    "process {pid} stays in the cgroup {}: cannot move it back to {}",
                    self.group.dir().display(),
                    home.dir().display()
                ),
                &error,
            )),
            _ => Ok(()),
        }
    }

    fn leftover(&self) -> String {
        format!("cannot remove the cgroup {}", self.group.dir().display())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(failure) = self.put_back() {
            failure.report("ckpt");
        }
    }
}

fn below(base: &Group, name: &str, root: &Inmate) -> io::Result<Temporary> {
    let group = base.create(name)?;
    if let Err(error) = group.add(root.pid) {
        // It is empty: this fails only when somebody else has removed it.
        let _ = group.remove();
        return Err(error);
    }
    Ok(Temporary {
        group,
        moved: vec![root.clone()],
        home: root.group.clone(),
        is_undone: false,
    })
}

/// Why a cgroup cannot be made or used for the processes.
fn refusal(what: &str, error: &io::Error) -> Failure {
    let failure = Failure::os(what, error).advise(
        "Run this as root, give a cgroup that may be frozen with --cgroup, or stop the process \
         (kill -STOP) first.",
    );
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => failure.for_want_of_cgroup(),
        _ => failure,
    }
}

/// Whether this is what using a cgroup that is no more leads to.
fn is_removed(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENODEV))
}

fn ended(target: &Target) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("process {} has ended", target.label()),
    )
}

/// Threads that were moved could not be moved back to several cgroups.
fn refuse_scattered(inmates: &[Inmate]) -> Result<()> {
    let mut before: Option<(&Group, bool)> = None;
    for inmate in inmates {
        let is_threaded = match before {
            Some((group, is_threaded)) if *group == inmate.group => is_threaded,
            _ => inmate.group.is_threaded(),
        };
        before = Some((&inmate.group, is_threaded));
        if is_threaded && !process::is_in_one_cgroup(inmate.pid) {
            return Err(Failure::new(
                Exit::Failed,
                format!(
                    "the threads of process {} are in several cgroups",
                    inmate.pid
                ),
            )
            .advise("Give a cgroup that holds them all with --cgroup."));
        }
    }
    Ok(())
}
