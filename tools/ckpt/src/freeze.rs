// SPDX-License-Identifier: GPL-2.0-only

//! Holding a process and all below it still while they are saved, and letting them go again on every
//! way out.
//!
//! A [`Hold`] is the only thing that freezes, and its Drop undoes what it did: the cgroup thawed,
//! each process back in the cgroup that it came from, the temporary cgroup removed. Where no cgroup may
//! be used it stops the processes by signals, and continues them. A command that is killed drops nothing:
//! for that there is a [`Guardian`].

mod stopping;
mod temporary;
#[cfg(test)]
mod tests;

use std::{
    os::fd::AsFd,
    path::Path,
    time::{
        Duration,
        Instant, //
    },
};

use tracing::info;

use self::{
    stopping::{
        Known,
        Stopped, //
    },
    temporary::{
        Plan,
        Temporary, //
    },
};
use crate::{
    cgroup::{
        Group,
        Mount, //
    },
    ending,
    failure::{
        note,
        Doing,
        Exit,
        Failure,
        Result, //
    },
    guardian::Guardian,
    process::{
        self,
        Target, //
    },
    signals::Blocked,
};

/// How a process is to be held.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Whether anything may be frozen at all.
    pub freeze: bool,
    /// The cgroup to freeze, if not a temporary one.
    pub cgroup: Option<&'a Path>,
    /// How long freezing may take.
    pub patience: Duration,
    /// Whether to tell of nothing but errors.
    pub quiet: bool,
}

/// A process that is frozen or stopped.
#[derive(Debug)]
pub struct Hold {
    how: How,
    /// How many processes there were when it was taken.
    processes: usize,
    since: Option<Instant>,
    frozen: Option<Duration>,
    _unstoppable: Option<Blocked>,
    /// The last to go: when all is undone.
    guardian: Option<Guardian>,
}

#[derive(Debug)]
enum How {
    /// Somebody else holds it: nothing was done and nothing is to be undone.
    Found,
    /// By a cgroup that was there.
    InPlace(Group),
    /// By a cgroup made for it.
    Moved(Temporary),
    /// By signals, for want of a cgroup.
    Stopped(Stopped),
}

/// A process and the cgroup that it is in.
#[derive(Clone, Debug)]
struct Inmate {
    pid: i32,
    group: Group,
}

/// Processes of the tree below `root` with their cgroups. Those that have ended are left out, but for
/// the root itself.
fn inmates(mount: &Mount, pids: &[i32], root: i32) -> Result<Vec<Inmate>> {
    let mut inmates = Vec::with_capacity(pids.len());
    for pid in pids {
        match mount.group_of(*pid) {
            Ok(group) => inmates.push(Inmate { pid: *pid, group }),
            Err(_) if *pid != root && process::is_gone_by_now(*pid) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(inmates)
}

impl Hold {
    /// Holds a process still, and all below it.
    ///
    /// # Errors
    ///
    /// When they cannot be frozen, or not in time, or a signal came. They then run as before.
    pub fn take(target: &Target, wish: &Wish<'_>) -> Result<Hold> {
        if !wish.freeze {
            info!("nothing is to be frozen");
            return Ok(Hold::of(How::Found));
        }
        let pids = process::descendants(target.pid);
        if target.stopped && pids.iter().all(|pid| process::is_still(*pid)) {
            info!("stopped: nothing needs freezing");
            return Ok(Hold::of(How::Found));
        }
        match Hold::by_cgroup(target, &pids, wish) {
            Err(failure) if failure.lacks_cgroup && wish.cgroup.is_none() => {
                info!("{}", failure.message);
                Hold::by_signals(target, &pids, wish)
            }
            result => result,
        }
    }

    fn by_cgroup(target: &Target, pids: &[i32], wish: &Wish<'_>) -> Result<Hold> {
        let mount = Mount::find()?;
        let inmates = inmates(&mount, pids, target.pid)?;
        refuse_held(&inmates)?;
        let mut hold = match wish.cgroup {
            Some(path) => Hold::by_named(&mount, &inmates, path)?,
            None => Hold::by_own_or_temporary(&mount, &inmates, target, wish)?,
        };
        hold.processes = inmates.len();
        hold._unstoppable = Some(Blocked::stopping()?);
        if let How::InPlace(group) = &hold.how {
            hold.guardian = Some(Guardian::post(|| thaw(group))?);
        }
        hold.freeze(target, wish.patience)?;
        Ok(hold)
    }

    fn by_signals(target: &Target, pids: &[i32], wish: &Wish<'_>) -> Result<Hold> {
        let unstoppable = Blocked::stopping()?;
        let known: Vec<Known> = pids.iter().copied().filter_map(Known::of).collect();
        let guardian = Guardian::post(|| stopping::rescue(target.pid, &known))?;
        let since = Instant::now();
        let stopped = Stopped::stop(target, wish.patience)?;
        if !wish.quiet {
            note(
                "checkpoint",
                "no cgroup may be used: the processes are stopped and continued by signals, which their \
                 parent may notice",
            );
        }
        let mut hold = Hold::of(How::Stopped(stopped));
        hold.processes = known.len();
        hold.since = Some(since);
        hold._unstoppable = Some(unstoppable);
        hold.guardian = Some(guardian);
        Ok(hold)
    }

    fn of(how: How) -> Hold {
        Hold {
            how,
            processes: 0,
            since: None,
            frozen: None,
            _unstoppable: None,
            guardian: None,
        }
    }

    fn by_named(mount: &Mount, inmates: &[Inmate], path: &Path) -> Result<Hold> {
        let named = mount.group_named(path)?;
        if let Some(stray) = inmates.iter().find(|inmate| !named.holds(&inmate.group)) {
            return Err(Failure::usage(format!(
                "process {} is not in the cgroup {}",
                stray.pid,
                path.display()
            ))
            .advise(format!("It is in {}.", stray.group.dir().display())));
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
        inmates: &[Inmate],
        target: &Target,
        wish: &Wish<'_>,
    ) -> Result<Hold> {
        let mut groups: Vec<&Group> = inmates.iter().map(|inmate| &inmate.group).collect();
        groups.dedup();
        let Some(own) = groups.first().copied() else {
            return Ok(Hold::of(How::Found));
        };
        if let Some(frozen) = groups.iter().find(|group| group.is_frozen()) {
            if let Some(other) = groups.iter().find(|group| !group.is_frozen()) {
                return Err(Failure::new(
                    Exit::Failed,
                    format!(
                        "the cgroup {} is frozen, but {}, where others of the tree are, is not",
                        frozen.dir().display(),
                        other.dir().display()
                    ),
                )
                .advise("Freeze both, or none."));
            }
            info!("the cgroup {} is frozen already", own.dir().display());
            return Ok(Hold::of(How::Found));
        }
        if own.asked_to_freeze() {
            info!(
                "the cgroup {} is being frozen by another process",
                own.dir().display()
            );
            wait_frozen(own, target, wish.patience)?;
            return Ok(Hold::of(How::Found));
        }
        if *own != mount.top()
            && groups.iter().all(|group| own.holds(group))
            && fills(inmates, own)
            && own.freezer().is_ok()
        {
            info!("the tree is alone in its cgroup {}", own.dir().display());
            return Ok(Hold::of(How::InPlace(own.clone())));
        }
        let plan = Plan::of(mount, inmates, target)?;
        let guardian = Guardian::post(|| plan.rescue())?;
        let made = Temporary::make(mount, &plan, target)?;
        let mut hold = Hold::of(How::Moved(made));
        hold.guardian = Some(guardian);
        Ok(hold)
    }

    /// Whether it was frozen or stopped here: what somebody else holds is not let go.
    pub fn is_ours(&self) -> bool {
        !matches!(self.how, How::Found)
    }

    /// Whether it was stopped by signals, for the checkpoint only.
    pub fn is_stopped_here(&self) -> bool {
        matches!(self.how, How::Stopped(_))
    }

    /// How many processes are held, as far as they were counted.
    pub fn processes(&self) -> usize {
        self.processes
    }

    fn group(&self) -> Option<&Group> {
        match &self.how {
            How::Found | How::Stopped(_) => None,
            How::InPlace(group) => Some(group),
            How::Moved(temporary) => Some(temporary.group()),
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
        if let Some(since) = self.since {
            match &mut self.how {
                How::Found => {}
                How::InPlace(group) => thaw(group)?,
                How::Moved(temporary) => thaw(temporary.group())?,
                How::Stopped(stopped) => stopped.go_on()?,
            }
            let frozen = since.elapsed();
            info!("stood still for {:.3} ms", frozen.as_secs_f64() * 1e3);
            self.frozen = Some(frozen);
            self.since = None;
        }
        Ok(self.frozen)
    }

    /// Kills a process and all below it, and waits until they are gone.
    pub fn kill(&self, target: &Target) -> Result<()> {
        ending::kill(target)
    }

    /// Stops a process and all below it, as by SIGSTOP.
    pub fn stop(&mut self, target: &Target) -> Result<()> {
        ending::stop(target)?;
        if let How::Stopped(stopped) = &mut self.how {
            stopped.keep();
        }
        Ok(())
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

/// Another command would thaw and move them while they are being saved.
fn refuse_held(inmates: &[Inmate]) -> Result<()> {
    let mut groups: Vec<&Group> = inmates.iter().map(|inmate| &inmate.group).collect();
    groups.dedup();
    match groups.into_iter().find_map(temporary::owner) {
        None => Ok(()),
        Some(command) => Err(Failure::new(
            Exit::Failed,
            format!("another command, {command}, is saving some of these processes"),
        )
        .advise("Try again when it has ended.")),
    }
}

fn thaw(group: &Group) -> Result<()> {
    group
        .set_frozen(false)
        .doing(|| format!("cannot thaw the cgroup {}", group.dir().display()))
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

/// Whether all that is in a cgroup and below it is among these.
fn fills(inmates: &[Inmate], group: &Group) -> bool {
    let mut known: Vec<i32> = inmates.iter().map(|inmate| inmate.pid).collect();
    known.sort_unstable();
    group
        .pids_below()
        .is_ok_and(|pids| pids.iter().all(|pid| known.binary_search(pid).is_ok()))
}
