// SPDX-License-Identifier: GPL-2.0-only

//! The tree that is saved: who belongs to it, and that all of it stands still.

use kernel::{
    prelude::*,
    str::BStr, //
};

use ckpt_image::record::{
    Cpu,
    TreeEntry, //
};
use zerocopy::IntoBytes;

use crate::{
    arch,
    log::{
        refuse,
        Log, //
    },
    sys::{
        errno, signal,
        task::{
            RunStamp,
            Stillness,
            Task, //
        },
    },
};

/// A task that was standing still when it was looked at, and how to tell whether it has run since.
pub(crate) struct Member {
    /// The task.
    pub(crate) task: Task,
    stamp: RunStamp,
    registers: Cpu,
}

impl Member {
    /// Whether the task has not been in user mode since it was looked at.
    ///
    /// A signal wakes a frozen task, which then goes back to sleep without having seen it: its
    /// switches are counted, but the signal still waits and its registers are the same. Had it been
    /// thawed, it would have taken the signal first.
    fn has_stood_still(&self) -> Result<bool> {
        let now = self.task.run_stamp();
        if now == self.stamp {
            return Ok(true);
        }
        let same_registers = arch::regs::get(&self.task)?.0.as_bytes() == self.registers.as_bytes();
        Ok(now.same_freeze(&self.stamp) && same_registers && signal::is_deliverable(&self.task))
    }
}

/// All tasks below a root, in the order in which they are saved.
pub(crate) struct Tree(KVVec<Member>);

impl Tree {
    /// Collects the tree below `root` and checks that each task in it may be saved by the caller
    /// and stands still.
    ///
    /// # Errors
    ///
    /// `EBUSY` for a task that runs or is traced, `EPERM` for one that the caller may not attach
    /// to, `EOPNOTSUPP` for a tree of more than one task, `EINVAL` for a kernel thread.
    pub(crate) fn collect(root: &Task, log: &Log) -> Result<Self> {
        let mut members = KVVec::new();
        check_access(root, log)?;
        check_alone(root, log)?;
        check_still(root, log)?;
        members.push(
            Member {
                task: root.clone(),
                stamp: root.run_stamp(),
                registers: arch::regs::get(root)?.0,
            },
            GFP_KERNEL_ACCOUNT,
        )?;
        Ok(Tree(members))
    }

    /// Its tasks.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.0.iter().map(|member| &member.task)
    }

    /// How many tasks it has.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Checks that no task has run since it was collected.
    ///
    /// # Errors
    ///
    /// `EBUSY`.
    pub(crate) fn check_unchanged(&self, log: &Log) -> Result {
        for member in self.0.iter().filter(|member| !member.task.is_current()) {
            check_still(&member.task, log)?;
            if !member.has_stood_still()? {
                return Err(refuse!(
                    log,
                    EBUSY,
                    Some(&member.task),
                    "the task ran during the checkpoint: it was thawed or continued"
                ));
            }
        }
        Ok(())
    }
}

/// The entry of a task in the tree.
pub(crate) fn entry(task: &Task) -> TreeEntry {
    TreeEntry {
        pid: task.pid(),
        ppid: task.parent().map_or(0, |parent| parent.tgid()),
        tgid: task.tgid(),
        pgid: task.pgid(),
        sid: task.sid(),
        flags: 0,
    }
}

/// One process of one thread: what this version saves.
fn check_alone(task: &Task, log: &Log) -> Result {
    if !task.is_leader() || task.nr_threads() != 1 {
        return Err(refuse!(
            log,
            errno::eopnotsupp(),
            Some(task),
            "the process has {} threads: processes of more than one thread are not supported",
            task.nr_threads()
        ));
    }
    if let Some(child) = task.first_child() {
        let (name, len) = child.name_bytes();
        return Err(refuse!(
            log,
            errno::eopnotsupp(),
            Some(task),
            "the process has a child, pid {} ({}): trees of processes are not supported",
            child.pid(),
            BStr::from_bytes(name.get(..len).unwrap_or(&[]))
        ));
    }
    Ok(())
}

fn check_access(task: &Task, log: &Log) -> Result {
    if task.is_kernel() {
        return Err(refuse!(log, EINVAL, Some(task), "this is a kernel thread"));
    }
    if !task.is_current() && !task.may_attach() {
        return Err(refuse!(
            log,
            EPERM,
            Some(task),
            "no permission to attach to the task, as ptrace(2) would need it"
        ));
    }
    if task.is_tracer() {
        return Err(refuse!(
            log,
            EBUSY,
            Some(task),
            "the task traces another one (ptrace)"
        ));
    }
    Ok(())
}

fn check_still(task: &Task, log: &Log) -> Result {
    if task.is_current() {
        return Ok(());
    }
    let why = match task.stillness() {
        Stillness::Frozen | Stillness::Stopped => return Ok(()),
        Stillness::Running if task.is_freezing() => "the task is not frozen yet",
        Stillness::Running => "the task is not frozen: freeze its cgroup (v2) or stop it first",
        Stillness::InSystemCall => {
            "the task is frozen in the middle of a system call (vfork, or the v1 freezer)"
        }
        Stillness::Traced => "the task is being traced (ptrace)",
        Stillness::Exiting => "the task is exiting",
        Stillness::Zombie => {
            return Err(refuse!(
                log,
                ESRCH,
                Some(task),
                "the task is dead: a zombie cannot be the root of a checkpoint"
            ))
        }
    };
    Err(refuse!(log, EBUSY, Some(task), "{}", why))
}
