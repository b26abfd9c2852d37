// SPDX-License-Identifier: GPL-2.0-only

//! Keeps a process and all below it frozen while they are saved, and lets them go again on every way out.
//!
//! A [`Hold`] is the only thing that freezes: it has the kernel freeze the tree through an open device
//! of its own. The kernel lets the tree go when the device is closed, at the latest when this command ends,
//! for whatever reason. No process is moved to another cgroup, and none is named by its number.

use std::{
    fs::File,
    io,
    os::fd::{
        AsFd,
        AsRawFd, //
    },
    path::Path,
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
    device::Device,
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
    signals::Blocked,
    text::count,
    uapi,
};

/// How a process is to be held.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Whether anything may be frozen at all.
    pub freeze: bool,
    /// A cgroup to freeze besides.
    pub cgroup: Option<&'a Path>,
    /// How long freezing may take.
    pub patience: Duration,
    /// Where the kernel's messages go.
    pub logfd: i32,
}

/// A process that stands still.
#[derive(Debug)]
pub struct Hold {
    /// What the tree is frozen by, if it is frozen here. Closing it lets the tree go.
    device: Option<Device>,
    /// How many processes there were when it was taken.
    processes: usize,
    since: Instant,
    frozen: Option<Duration>,
    _unstoppable: Option<Blocked>,
}

impl Hold {
    /// Holds a process still, and all below it.
    ///
    /// # Errors
    ///
    /// When they cannot be frozen, or not in time, or a signal came; the inner error is the kernel's, which
    /// `report` tells more of. They then run as before.
    pub fn take(
        target: &Target,
        wish: &Wish<'_>,
        report: &mut uapi::Error,
    ) -> Result<io::Result<Hold>> {
        if !wish.freeze {
            info!("nothing is to be frozen");
            return Ok(Ok(Hold {
                device: None,
                processes: process::descendants(target.pid)?.len(),
                since: Instant::now(),
                frozen: None,
                _unstoppable: None,
            }));
        }
        let group = wish.cgroup.map(|path| named(target, path)).transpose()?;
        let what = |group: &Group| format!("cannot freeze the cgroup {}", group.dir().display());
        let freezer = group.as_ref().map(|group| {
            let file = group.freezer();
            file.doing(|| what(group))
        });
        let freezer: Option<File> = freezer.transpose()?;
        let unstoppable = Blocked::stopping()?;
        let device = Device::open()?;
        let since = Instant::now();
        let request = uapi::Freeze {
            size: 0,
            flags: 0,
            pidfd: target.pidfd.as_raw_fd(),
            logfd: wish.logfd,
            cgroup_fd: freezer.as_ref().map_or(uapi::FD_NONE, AsRawFd::as_raw_fd),
            // 0 would be no limit.
            timeout: u32::try_from(wish.patience.as_millis())
                .unwrap_or(u32::MAX)
                .max(1),
            error: 0,
        };
        let processes = match device.freeze(request, report) {
            Ok(processes) => processes,
            Err(error) if error.raw_os_error() == Some(libc::ETIMEDOUT) => {
                return Err(unwilling(target, wish.patience));
            }
            Err(error) => return Ok(Err(error)),
        };
        if let Some(group) = group {
            let patience = wish.patience.saturating_sub(since.elapsed());
            if !group.wait(|events| events.frozen, Some(target.pidfd.as_fd()), patience)? {
                return Err(unwilling(target, wish.patience));
            }
        }
        info!("{} frozen", count(processes, "process is", "processes are"));
        Ok(Ok(Hold {
            device: Some(device),
            processes,
            since,
            frozen: None,
            _unstoppable: Some(unstoppable),
        }))
    }

    /// Whether it was frozen here: what another process holds is not let go.
    pub fn is_ours(&self) -> bool {
        self.device.is_some()
    }

    /// How many processes are held, as far as they were counted.
    pub fn processes(&self) -> usize {
        self.processes
    }

    fn thaw(&mut self) {
        if self.device.take().is_some() {
            let frozen = self.since.elapsed();
            info!("stood still for {:.3} ms", frozen.as_secs_f64() * 1e3);
            self.frozen = Some(frozen);
        }
    }

    /// Lets the process run. Gives how long it was frozen, if it was so here.
    pub fn release(mut self) -> Option<Duration> {
        self.thaw();
        self.frozen
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.thaw();
    }
}

/// The cgroup that a user names, which holds all of the tree and not this command.
fn named(target: &Target, path: &Path) -> Result<Group> {
    let mount = Mount::find()?;
    let named = mount.group_named(path)?;
    for pid in process::descendants(target.pid)? {
        let group = match mount.group_of(pid) {
            // Of one that is dead the cgroup may be, too.
            _ if pid != target.pid && process::is_dead(pid) => continue,
            group => group?,
        };
        if !named.holds(&group) {
            return Err(Failure::usage(format!(
                "process {pid} is not in the cgroup {}",
                path.display()
            ))
            .advise(format!("It is in {}.", group.dir().display())));
        }
    }
    mount.check_not_ours(&named)?;
    if named.asked_to_freeze() {
        return Err(Failure::new(
            Exit::Failed,
            format!("the cgroup {} is frozen already", path.display()),
        )
        .advise("Leave --cgroup away: the cgroup then stays frozen."));
    }
    Ok(named)
}

fn unwilling(target: &Target, patience: Duration) -> Failure {
    Failure::new(
        Exit::Failed,
        format!(
            "process {} did not freeze within {} s: {}",
            target.label(),
            patience.as_secs(),
            target.whereabouts()
        ),
    )
    .advise("Try again later, or give it more time with --freeze-timeout.")
}
