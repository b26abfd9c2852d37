// SPDX-License-Identifier: GPL-2.0-only

//! Holding a process still while it is saved, and letting it go again on every way out.
//!
//! A [`Hold`] is the only thing that freezes, and its Drop undoes what it did: the cgroup thawed,
//! the process back in the cgroup that it came from, the temporary cgroup removed.

#[cfg(test)]
mod tests;

use std::{
    io,
    os::fd::AsFd,
    path::Path,
    thread::sleep,
    time::{
        Duration,
        Instant, //
    },
};

use tracing::info;

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
    process::Target,
    signals::Blocked,
};

/// How often, and at which distance, the removal of a temporary cgroup is tried: the last of a
/// killed process may still be in it.
const REMOVALS: u32 = 400;
const REMOVAL_STEP: Duration = Duration::from_millis(5);

/// How a process is to be held.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Whether anything may be frozen at all.
    pub freeze: bool,
    /// The cgroup to freeze, if not a temporary one.
    pub cgroup: Option<&'a Path>,
    /// How long freezing may take.
    pub patience: Duration,
}

/// A process that is frozen or stopped.
#[derive(Debug)]
pub struct Hold {
    how: How,
    since: Option<Instant>,
    frozen: Option<Duration>,
    _unstoppable: Option<Blocked>,
}

#[derive(Debug)]
enum How {
    /// Somebody else holds it: nothing was done and nothing is to be undone.
    Found,
    /// By a cgroup that was there.
    InPlace(Group),
    /// By a cgroup made for it.
    Moved(Temporary),
}

/// A cgroup made for a process, and where the process came from.
#[derive(Debug)]
struct Temporary {
    group: Group,
    origin: Group,
    moved: Vec<i32>,
}

impl Hold {
    /// Holds a process still.
    ///
    /// # Errors
    ///
    /// When it cannot be frozen, or not in time, or a signal came. It then runs as before.
    pub fn take(target: &Target, wish: &Wish<'_>) -> Result<Hold> {
        if !wish.freeze || target.stopped {
            info!(stopped = target.stopped, "nothing needs freezing");
            return Ok(Hold::of(How::Found));
        }
        let mount = Mount::find()?;
        let group = mount.group_of(target.pid)?;
        let mut hold = match wish.cgroup {
            Some(path) => Hold::by_named(&mount, &group, path)?,
            None => Hold::by_own_or_temporary(&mount, &group, target, wish)?,
        };
        hold._unstoppable = Some(Blocked::stopping()?);
        hold.freeze(target, wish.patience)?;
        Ok(hold)
    }

    fn of(how: How) -> Hold {
        Hold {
            how,
            since: None,
            frozen: None,
            _unstoppable: None,
        }
    }

    fn by_named(mount: &Mount, group: &Group, path: &Path) -> Result<Hold> {
        let named = mount.group_named(path)?;
        if !named.holds(group) {
            return Err(Failure::usage(format!(
                "the process is not in the cgroup {}",
                path.display()
            ))
            .advise(format!("It is in {}.", group.dir().display())));
        }
        if named.holds(&mount.group_of(std::process::id() as i32)?) {
            return Err(Failure::usage(format!(
                "this command is itself in the cgroup {}",
                path.display()
            ))
            .advise("Run it from another cgroup: it would freeze itself."));
        }
        if named.is_frozen() {
            return Ok(Hold::of(How::Found));
        }
        Ok(Hold::of(How::InPlace(named)))
    }

    fn by_own_or_temporary(
        mount: &Mount,
        group: &Group,
        target: &Target,
        wish: &Wish<'_>,
    ) -> Result<Hold> {
        if group.is_frozen() {
            info!(group = %group.dir().display(), "frozen already");
            return Ok(Hold::of(How::Found));
        }
        if group.asked_to_freeze() {
            info!(group = %group.dir().display(), "somebody else is freezing it");
            wait_frozen(group, target, wish.patience)?;
            return Ok(Hold::of(How::Found));
        }
        if *group != mount.top() && group.is_only(target.pid) {
            info!(group = %group.dir().display(), "alone in its cgroup");
            return Ok(Hold::of(How::InPlace(group.clone())));
        }
        Temporary::make(mount, group, target).map(|made| Hold::of(How::Moved(made)))
    }

    fn group(&self) -> Option<&Group> {
        match &self.how {
            How::Found => None,
            How::InPlace(group) => Some(group),
            How::Moved(temporary) => Some(&temporary.group),
        }
    }

    fn freeze(&mut self, target: &Target, patience: Duration) -> Result<()> {
        let Some(group) = self.group().cloned() else {
            return Ok(());
        };
        self.since = Some(Instant::now());
        group
            .set_frozen(true)
            .doing(|| format!("cannot freeze the cgroup {}", group.dir().display()))?;
        wait_frozen(&group, target, patience)
    }

    /// Lets the process run, if it was frozen here. Gives how long it was frozen.
    pub fn thaw(&mut self) -> Result<Option<Duration>> {
        if let (Some(group), Some(since)) = (self.group(), self.since) {
            group
                .set_frozen(false)
                .doing(|| format!("cannot thaw the cgroup {}", group.dir().display()))?;
            self.frozen = Some(since.elapsed());
            self.since = None;
            info!(frozen = ?self.frozen, "thawed");
        }
        Ok(self.frozen)
    }

    /// Lets the process run and leaves no trace. Gives how long it was frozen, if it was so here.
    pub fn release(mut self) -> Result<Option<Duration>> {
        let frozen = self.thaw()?;
        match std::mem::replace(&mut self.how, How::Found) {
            How::Moved(temporary) => temporary.undo().map(|()| frozen),
            _ => Ok(frozen),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Err(failure) = self.thaw() {
            failure.report("ckpt");
        }
        if let How::Moved(temporary) = std::mem::replace(&mut self.how, How::Found) {
            if let Err(failure) = temporary.undo() {
                failure.report("ckpt");
            }
        }
    }
}

fn wait_frozen(group: &Group, target: &Target, patience: Duration) -> Result<()> {
    if group.wait(|events| events.frozen, Some(target.pidfd.as_fd()), patience)? {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        format!(
            "process {} did not freeze within {} s: {}",
            target.label(),
            patience.as_secs(),
            target.whereabouts()
        ),
    )
    .advise("Try again later, or give it more time with --freeze-timeout."))
}

impl Temporary {
    /// Makes a cgroup for a process and moves it there: below its own, else beside it, else at the
    /// top. Below its own is not possible when that one is threaded; the others may be out of
    /// reach.
    fn make(mount: &Mount, origin: &Group, target: &Target) -> Result<Temporary> {
        let name = format!("ckpt-{}-{}", target.pid, std::process::id());
        let mut bases = vec![origin.clone()];
        for base in [mount.parent(origin), Some(mount.top())]
            .into_iter()
            .flatten()
        {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        let mut first = None;
        for base in bases {
            match Temporary::below(&base, &name, origin, target.pid) {
                Ok(temporary) => return Ok(temporary),
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {
                    return Err(Failure::new(
                        Exit::Failed,
                        format!("process {} has ended", target.label()),
                    ));
                }
                Err(error) => {
                    info!(base = %base.dir().display(), "no cgroup there: {}", reason(&error));
                    first.get_or_insert(error);
                }
            }
        }
        let error = first.unwrap_or_else(|| io::ErrorKind::NotFound.into());
        Err(Failure::os(
            format_args!("cannot make a cgroup to freeze {} in", target.label()),
            &error,
        )
        .advise(
            "Run this as root, give a cgroup that may be frozen with --cgroup, or stop the \
                     process (kill -STOP) first.",
        ))
    }

    fn below(base: &Group, name: &str, origin: &Group, pid: i32) -> io::Result<Temporary> {
        let group = base.create(name)?;
        if let Err(error) = group.add(pid) {
            // It is empty: this fails only when somebody else has removed it.
            let _ = group.remove();
            return Err(error);
        }
        info!(group = %group.dir().display(), "moved the process");
        Ok(Temporary {
            group,
            origin: origin.clone(),
            moved: vec![pid],
        })
    }

    /// Moves the process back, with what it may have forked meanwhile, and removes the cgroup.
    fn undo(self) -> Result<()> {
        let mut pids = self.moved.clone();
        for _ in 0..REMOVALS {
            for pid in pids {
                match self.origin.add(pid) {
                    Ok(()) => {}
                    Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                    Err(error) => {
                        return Err(Failure::os(
                            format_args!(
                                "process {pid} stays in the cgroup {}: cannot move it back to {}",
                                self.group.dir().display(),
                                self.origin.dir().display()
                            ),
                            &error,
                        ));
                    }
                }
            }
            match self.group.remove() {
                Ok(()) => return Ok(()),
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
                Err(error) => return Err(Failure::os(leftover(&self.group), &error)),
            }
            pids = self.group.pids().unwrap_or_default();
            if pids.is_empty() {
                sleep(REMOVAL_STEP);
            }
        }
        Err(Failure::new(Exit::Failed, leftover(&self.group)))
    }
}

fn leftover(group: &Group) -> String {
    format!("cannot remove the cgroup {}", group.dir().display())
}
