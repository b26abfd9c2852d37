// SPDX-License-Identifier: GPL-2.0-only

//! The tree that is saved: which tasks belong to it, and that all of it stands still.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        Cpu,
        CpuFpu,
        Thread, //
    },
};
use zerocopy::IntoBytes;

use crate::{
    arch,
    log::{
        refuse,
        Log,
        Reason, //
    },
    set::Set,
    sys::{
        self,
        errno,
        pid::PidNs,
        signal,
        task::{
            RunStamp,
            Stillness,
            Task, //
        },
        time,
        tree,
        wait, //
    },
};

/// A task that was standing still when it was looked at.
pub(crate) struct Member {
    /// The task.
    pub(crate) task: Task,
    /// `None` for one that is dead.
    life: Option<Life>,
}

/// The processor's state of a live task, and how to tell whether it has run since.
pub(crate) struct Life {
    /// How it stood still.
    pub(crate) rest: Rest,
    /// General registers.
    pub(crate) cpu: Cpu,
    /// Segments.
    pub(crate) thread: Thread,
    /// FPU and vector registers.
    pub(crate) fpu: CpuFpu,
    /// Their area.
    pub(crate) area: KVec<u8>,
}

/// How a live task stood still, and what has changed when it has run since.
#[derive(Clone, Copy)]
pub(crate) struct Rest {
    stillness: Stillness,
    stamp: RunStamp,
    /// What returning to user mode would destroy.
    mark: u32,
}

impl Rest {
    /// Whether a task that had these registers has not been in user mode since it was looked at.
    ///
    /// Nothing but SIGCONT and SIGKILL wakes a stopped task, and what it goes on as does not belong to
    /// what was saved: it may not have run at all.
    ///
    /// Any signal wakes a frozen task, which then goes back to sleep without having seen it: its
    /// switches are counted, but the signal still waits and its registers are the same. All of that could be so as
    /// well when its owner has let it go, and frozen it again where it was or elsewhere; but then the
    /// mark is gone.
    ///
    /// # Errors
    ///
    /// `EINTR`; `ESRCH` when the task exits.
    pub(crate) fn lasts(&self, task: &Task, cpu: &Cpu) -> Result<bool> {
        let stillness = task.stillness()?;
        if unstill(task, stillness).is_some() || task.is_dead() || stillness != self.stillness {
            return Ok(false);
        }
        let now = task.run_stamp();
        if stillness == Stillness::Stopped {
            return Ok(now.same_run(&self.stamp));
        }
        if now == self.stamp {
            return Ok(true);
        }
        let same_registers = arch::regs::get(task)?.0.as_bytes() == cpu.as_bytes();
        Ok(now.same_freeze(&self.stamp)
            && same_registers
            && signal::is_deliverable(task)
            && arch::fpu::is_absent(task, self.mark))
    }

    /// Whether a task stands still and has not been in user mode since it was looked at. Unlike what
    /// [`Rest::lasts`] asks, one that was stopped may have been continued, if it is frozen.
    ///
    /// # Errors
    ///
    /// As that.
    pub(crate) fn has_not_run(&self, task: &Task, cpu: &Cpu) -> Result<bool> {
        if self.lasts(task, cpu)? {
            return Ok(true);
        }
        let stillness = task.stillness()?;
        Ok(self.stillness == Stillness::Stopped
            && stillness == Stillness::Frozen
            && unstill(task, stillness).is_none()
            && arch::fpu::is_absent(task, self.mark))
    }

    /// Whether a task that dies, or is dead, has not been in user mode since it was looked at: a signal has
    /// ended it where it stood. Waits for a moment until it begins to exit.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub(crate) fn was_last(&self, task: &Task) -> Result<bool> {
        Ok(task.exits_soon()? && arch::fpu::is_absent(task, self.mark))
    }
}

impl Member {
    /// Looks at a task that the caller has to have access to, and that has to stand still.
    fn look(task: Task, log: &Log) -> Result<Self> {
        check_access(&task, log)?;
        let stillness = check_still(&task, log)?;
        let member = Member::new(task, stillness, log)?;
        // Once more: while it was waited for it may have executed what the caller may not look
        // into. Should it run from here on, it is found out before the first byte is written.
        check_access(&member.task, log)?;
        Ok(member)
    }

    fn new(task: Task, stillness: Stillness, log: &Log) -> Result<Self> {
        if task.is_dead() {
            return Ok(Member { task, life: None });
        }
        if task.is_compat() {
            // Its registers are of another size: they are not looked at.
            return Err(refuse!(
                log,
                errno::eopnotsupp(),
                Some(&task),
                "the task has something that is not supported: 32-bit program"
            ));
        }
        // Before anything is looked at: what comes between is seen by either.
        let mark = arch::fpu::mark_absent(&task);
        let stamp = task.run_stamp();
        let unreadable = |error: &Error| {
            refuse!(log, *error, Some(&task), "its registers cannot be read");
        };
        let (cpu, thread) = arch::regs::get(&task).inspect_err(unreadable)?;
        let (fpu, area) = arch::fpu::get(&task).inspect_err(unreadable)?;
        let life = Life {
            rest: Rest {
                stillness,
                stamp,
                mark,
            },
            cpu,
            thread,
            fpu,
            area,
        };
        Ok(Member {
            task,
            life: Some(life),
        })
    }

    /// What it has if it is alive: a zombie has none, nor a thread-group leader that has exited.
    pub(crate) fn life(&self) -> Option<&Life> {
        self.life.as_ref()
    }

    /// Whether it is a zombie, or a thread-group leader whose threads live on.
    pub(crate) fn is_dead(&self) -> bool {
        self.life.is_none()
    }

    /// Whether the task has not been in user mode since it was looked at, or is dead yet.
    fn has_stood_still(&self) -> Result<bool> {
        match &self.life {
            Some(life) => life.rest.lasts(&self.task, &life.cpu),
            None => {
                Ok(self.task.is_dead() && unstill(&self.task, self.task.stillness()?).is_none())
            }
        }
    }
}

/// All tasks below a root, in the order in which they are saved: each process with its threads
/// behind it, parents before their children.
pub(crate) struct Tree {
    members: KVVec<Member>,
    has_caller: bool,
    ns: PidNs,
}

impl Tree {
    /// Collects the tree below `root` and checks that each task in it may be saved by the caller
    /// and stands still.
    ///
    /// # Errors
    ///
    /// `EBUSY` for a task that runs, is traced or about to exit, `EPERM` for one that the caller
    /// may not attach to, `EINVAL` for a kernel thread, `ESRCH` when the root is dead,
    /// `EOPNOTSUPP` for parts that are shared with tasks outside of the tree.
    // Its locals are not to stay on the kernel's stack below everything that follows.
    #[inline(never)]
    pub(crate) fn collect(root: &Task, log: &Log) -> Result<Self> {
        let mut members = KVVec::new();
        let mut refused = None;
        for task in collect_alive_or_dead(root, log)? {
            let looked = Member::look(task, log);
            let error = looked.as_ref().err().copied();
            match log.go_on(looked)? {
                Some(member) => members.push(member, GFP_KERNEL_ACCOUNT)?,
                None => refused = error,
            }
            sys::check_signal()?;
        }
        if let Some(error) = refused {
            return Err(error);
        }
        let tree = Tree {
            has_caller: members.iter().any(|member| member.task.is_current()),
            members,
            ns: PidNs::of(root).ok_or(ESRCH)?,
        };
        if tree.members.first().is_none_or(Member::is_dead) && root.nr_threads() <= 1 {
            return Err(refuse!(
                log,
                ESRCH,
                Some(root),
                "the task is dead: a zombie cannot be the root of a checkpoint"
            ));
        }
        Ok(tree)
    }

    /// Its tasks.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> + Clone {
        self.members.iter()
    }

    /// Those of its tasks that are not dead.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Task> + Clone {
        self.members
            .iter()
            .filter(|member| !member.is_dead())
            .map(|member| &member.task)
    }

    /// The member at a place.
    pub(crate) fn member(&self, place: usize) -> Option<&Member> {
        self.members.get(place)
    }

    /// The task at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Task> {
        self.members.get(place).map(|member| &member.task)
    }

    /// How many tasks it has.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the caller is one of them.
    pub(crate) fn has_caller(&self) -> bool {
        self.has_caller
    }

    /// The pid namespace of its root, in which all numbers of an image count.
    pub(crate) fn ns(&self) -> &PidNs {
        &self.ns
    }

    /// Checks that no task has run, come or gone since it was collected.
    ///
    /// # Errors
    ///
    /// `EBUSY`.
    pub(crate) fn check_unchanged(&self, log: &Log) -> Result {
        for member in self
            .members
            .iter()
            .filter(|member| !member.task.is_current())
        {
            sys::check_signal()?;
            // Other words than before the first byte: their reader knows that some are written.
            if !member.has_stood_still()? {
                return Err(ran(&member.task, log));
            }
        }
        let root = self.at(0).ok_or(ESRCH)?;
        let now = collect_tasks(root, log)?;
        // No task can have been missed unless one has died meanwhile.
        for member in self.members.iter() {
            if member.is_dead() != member.task.is_dead() {
                return Err(ran(&member.task, log));
            }
        }
        let here = self.members.iter().map(|member| &member.task);
        if let Some(task) = first_difference(here, now.iter()) {
            return Err(refuse!(
                log,
                EBUSY => Reason::Ran,
                Some(task),
                "the tree changed during the checkpoint: the task came or went"
            ));
        }
        Ok(())
    }
}

fn ran(task: &Task, log: &Log) -> Error {
    refuse!(
        log,
        EBUSY => Reason::Ran,
        Some(task),
        "the task ran during the checkpoint: it was thawed, continued or killed"
    )
}

/// The first task that is in one list only, or at another place there.
fn first_difference<'a>(
    mut one: impl Iterator<Item = &'a Task>,
    mut other: impl Iterator<Item = &'a Task>,
) -> Option<&'a Task> {
    loop {
        match (one.next(), other.next()) {
            (Some(left), Some(right)) if left.key() == right.key() => {}
            (None, None) => return None,
            (left, right) => return left.or(right),
        }
    }
}

/// The tasks of a tree, once none of them is exiting. A task that exits while the others are frozen goes on
/// exiting to the end, and no cgroup counts it any more.
fn collect_alive_or_dead(root: &Task, log: &Log) -> Result<KVVec<Task>> {
    /// Nanoseconds: a task may have much to give back, or to write to a slow file.
    const PATIENCE: i64 = 2_000_000_000;
    let end = time::now(time::MONOTONIC) + PATIENCE;
    let is_over = || time::now(time::MONOTONIC) > end;
    loop {
        let tasks = collect_tasks(root, log)?;
        let Some(leaving) = tasks.iter().find(|task| task.is_leaving()) else {
            return Ok(tasks);
        };
        if is_over() {
            return Ok(tasks);
        }
        wait::until(|| !leaving.is_leaving() || is_over())?;
    }
}

/// The tasks of a tree as it is at the moment, in the order of [`Tree`].
///
/// # Errors
///
/// `E2BIG`, `EINTR`, `ENOMEM`.
pub(crate) fn collect_tasks(root: &Task, log: &Log) -> Result<KVVec<Task>> {
    tree::collect(root, limits::TASKS as usize).inspect_err(|error| {
        if *error == E2BIG {
            refuse!(
                log,
                E2BIG,
                Some(root),
                "the tree has more than {} tasks",
                limits::TASKS
            );
        }
    })
}

/// Checks that the caller may save the task.
///
/// # Errors
///
/// `EINVAL` for a kernel thread, `EPERM`, `EBUSY` for a tracer.
pub(crate) fn check_access(task: &Task, log: &Log) -> Result {
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
            EBUSY => Reason::Traced,
            Some(task),
            "the task traces another one (ptrace)"
        ));
    }
    Ok(())
}

/// How a task stands still.
fn check_still(task: &Task, log: &Log) -> Result<Stillness> {
    let stillness = task.stillness()?;
    match unstill(task, stillness) {
        Some((reason, why)) if !task.is_current() => {
            Err(refuse!(log, EBUSY => reason, Some(task), why))
        }
        _ => Ok(stillness),
    }
}

/// Why a task cannot be saved as it is now; nothing when it stands still.
fn unstill(task: &Task, stillness: Stillness) -> Option<(Reason, &'static str)> {
    Some(match stillness {
        Stillness::Frozen | Stillness::Stopped => return None,
        Stillness::Zombie if task.is_leader() => return None,
        Stillness::Running if task.is_freezing() => {
            (Reason::NotFrozen, "the task is not frozen yet")
        }
        Stillness::Running => (
            Reason::NotFrozen,
            "the task is not frozen: freeze it, or its cgroup (v2), or stop it first",
        ),
        Stillness::InSystemCall => (
            Reason::InCall,
            "the task is frozen in the middle of a system call (vfork, or the v1 freezer)",
        ),
        Stillness::Traced => (Reason::Traced, "the task is being traced (ptrace)"),
        Stillness::Exiting | Stillness::Released | Stillness::Zombie => {
            (Reason::Ran, "the task is exiting")
        }
    })
}

/// Whole-container mode: the root is the init of its pid namespace, and no other process is in there.
///
/// # Errors
///
/// `EINVAL` for a sibling of the init, `EBUSY` for a process that came in from outside.
pub(crate) fn check_container(tree: &Tree, root: &Task, log: &Log) -> Result {
    let mut inside = Set::new();
    for member in tree.members() {
        inside.add(member.task.key())?;
    }
    let stranger = tree::find(Some(tree.ns()), |task| !inside.has(task.key()))?;
    let Some(stranger) = stranger else {
        return Ok(());
    };
    let parent = |task: &Task| task.parent().map(|parent| parent.key());
    if parent(&stranger) == parent(root) {
        return Err(refuse!(
            log,
            EINVAL,
            Some(&stranger),
            "the task is a sibling of the init of the container: their parent made both"
        ));
    }
    Err(refuse!(
        log,
        EBUSY,
        Some(&stranger),
        "the task is in the container but does not descend from its init: it came in by setns(2)"
    ))
}
