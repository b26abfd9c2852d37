// SPDX-License-Identifier: GPL-2.0-only

//! The tasks that are to be restored: making them, and ending them when the restart fails.

use std::{
    fs::File,
    io,
    os::fd::{
        AsFd,
        OwnedFd, //
    },
};

use ckpt_image::record::TreeEntry;
use tracing::info;

use crate::{
    device::Device,
    failure::{
        Exit,
        Failure,
        Result, //
    },
    process,
    sys::{
        self,
        Birth,
        Leader, //
    },
    uapi::PidMap,
};

/// A task on its way to be what it was.
#[derive(Debug)]
pub struct Member {
    /// Its pid in the image.
    pub image_pid: i32,
    /// Its pid here.
    pub pid: i32,
    /// The task itself.
    pub pidfd: OwnedFd,
    /// What it leads.
    pub leader: Leader,
}

/// All tasks of a restart, the root first. They die with this unless they are let go.
#[derive(Debug, Default)]
pub struct Family {
    members: Vec<Member>,
}

/// What a saved task was the leader of.
fn leader(place: u32, task: &TreeEntry) -> Leader {
    if task.session == place {
        Leader::Session
    } else if task.group == place {
        Leader::Group
    } else {
        Leader::Nothing
    }
}

fn refusal(error: &io::Error, pid: Option<i32>) -> Failure {
    let Some(pid) = pid else {
        return Failure::os("cannot make a process", error);
    };
    match error.raw_os_error() {
        Some(libc::EEXIST) => {
            let user = match process::user_of(pid) {
                Some(user) => format!("in use by {user}"),
                None => "in use as that of a process group or session".to_owned(),
            };
            Failure::new(Exit::Failed, format!("pid {pid} is {user}"))
                .advise("Wait until it has ended, or leave --pids away to take another pid.")
        }
        Some(libc::EPERM) => Failure::os(format_args!("cannot choose the pid {pid}"), error)
            .advise("Run this as root, or leave --pids away to take another pid."),
        Some(libc::EINVAL) => Failure::os(format_args!("cannot choose the pid {pid}"), error)
            .advise("It may be over sysctl kernel.pid_max here: leave --pids away."),
        _ => Failure::os(format_args!("cannot make process {pid}"), error),
    }
}

impl Family {
    /// Makes the tasks, with the pids that they had if `pids` is set, in the given cgroup if there
    /// is one. They wait in the kernel for the coordinator.
    pub fn make(
        device: &Device,
        tasks: &[TreeEntry],
        pids: bool,
        cgroup: Option<&File>,
    ) -> Result<Family> {
        let mut family = Family::default();
        for (place, task) in (0..).zip(tasks) {
            let leader = leader(place, task);
            let wanted = pids.then_some(task.pid);
            let (pid, pidfd) = sys::bear(&Birth {
                device: device.as_fd(),
                pid: wanted,
                cgroup: cgroup.map(File::as_fd),
                leader,
            })
            .map_err(|error| refusal(&error, wanted))?;
            info!(image_pid = task.pid, pid, ?leader, "made a task");
            family.members.push(Member {
                image_pid: task.pid,
                pid,
                pidfd,
                leader,
            });
        }
        Ok(family)
    }

    /// The root of the tree.
    ///
    /// # Errors
    ///
    /// When the image has no task at all.
    pub fn root(&self) -> Result<&Member> {
        self.members
            .first()
            .ok_or_else(|| Failure::new(Exit::Image, "the image holds no task"))
    }

    /// Which task stands for which.
    pub fn map(&self) -> Vec<PidMap> {
        self.members
            .iter()
            .map(|member| PidMap {
                image_pid: member.image_pid,
                pid: member.pid,
            })
            .collect()
    }

    /// Lets the tasks live on by themselves; gives the root.
    pub fn let_go(mut self) -> Result<Member> {
        let mut members = std::mem::take(&mut self.members).into_iter();
        members
            .next()
            .ok_or_else(|| Failure::new(Exit::Image, "the image holds no task"))
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for member in &self.members {
            // It may be dead already.
            let _ = sys::signal(member.pidfd.as_fd(), libc::SIGKILL);
        }
        for member in &self.members {
            while let Ok(sys::Fate::Same | sys::Fate::Stopped(_)) = sys::fate(member.pid, true) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_pid_names_its_user() {
        let error = io::Error::from_raw_os_error(libc::EEXIST);
        let own = std::process::id() as i32;
        let failure = refusal(&error, Some(own));
        assert!(failure
            .message
            .starts_with(&format!("pid {own} is in use by ")));
        assert!(failure.advice.unwrap().contains("--pids"));
    }
}
