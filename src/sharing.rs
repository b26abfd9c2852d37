// SPDX-License-Identifier: GPL-2.0-only

//! Which tasks use the same parts, and have the same files: none outside of a tree may use those of its tasks.
//!
//! A count is only the quick look that says that nothing is wrong. When there are more users or references than
//! are known in the tree, their owner is looked for in all of the system: a reader of /proc counts for a moment, and
//! a task that is on its way out for longer. What is refused is an owner that has been found, or one of a sort
//! that cannot be looked into, by name.

use kernel::{
    fmt,
    prelude::*,
    rbtree::RBTree, //
};

use crate::{
    log::{
        refuse,
        Log, //
    },
    set::Set,
    sys::{
        self,
        errno,
        file::File,
        mm::Mm,
        task::{
            Keys,
            Task, //
        },
        tree,
        wait, //
    },
    tree::Tree, //
};

/// One part that tasks may share.
struct Part {
    /// In words.
    name: &'static str,
    /// Its address.
    key: fn(&Keys) -> Option<usize>,
    /// How many tasks its counter says use it.
    users: fn(&Task) -> u32,
    /// Whether no other process may use it while a task is being restored; of the other parts the task gets
    /// its own.
    decides_restart: bool,
    /// What may use it beside tasks, and is found by its counter alone; all users of other parts are tasks.
    unseen: Option<&'static str>,
}

const PARTS: &[Part] = &[
    Part {
        name: "address space (CLONE_VM)",
        key: |keys| keys.mm,
        users: mm_users,
        decides_restart: true,
        unseen: Some("a driver, or a process that reads the memory or saves it,"),
    },
    Part {
        name: "descriptor table (CLONE_FILES)",
        key: |keys| keys.files,
        users: Task::files_users,
        decides_restart: false,
        unseen: None,
    },
    Part {
        name: "root and working directory (CLONE_FS)",
        key: |keys| keys.fs,
        users: Task::fs_users,
        decides_restart: false,
        unseen: None,
    },
    Part {
        name: "table of signal handlers (CLONE_SIGHAND)",
        key: |keys| keys.sighand,
        users: Task::sighand_users,
        decides_restart: true,
        unseen: None,
    },
];

/// References to the address space but the one that is taken to ask.
fn mm_users(task: &Task) -> u32 {
    Mm::of(task).map_or(0, |mm| {
        u32::try_from(mm.users()).unwrap_or(0).saturating_sub(1)
    })
}

/// Checks that no process outside of the tree uses parts of its tasks.
///
/// # Errors
///
/// `EOPNOTSUPP`; the log names the task and the one that it shares with.
pub(crate) fn check(tree: &Tree, log: &Log) -> Result {
    // A dead task still holds some of its parts.
    let all = || tree.members().map(|member| &member.task);
    let inside = set_of(all())?;
    match outsider(PARTS.iter(), tree.live(), all(), &inside)? {
        None => Ok(()),
        Some(outsider) => Err(refuse!(
            log,
            errno::eopnotsupp(),
            Some(&outsider.task),
            "process {} outside of the tree uses the same {}",
            outsider.other.tgid(),
            outsider.part.name
        )),
    }
}

/// Checks that nothing but tasks, which have been looked for, uses the parts of a container's tasks.
///
/// # Errors
///
/// `EBUSY`; the log names the part, a task that has it, and what else may.
pub(crate) fn check_unseen(tree: &Tree, log: &Log) -> Result {
    for part in PARTS {
        let Some(unseen) = part.unseen else {
            continue;
        };
        let mut seen = Set::new();
        for member in tree.members() {
            if let Some(key) = (part.key)(&member.task.keys()) {
                seen.add(key)?;
            }
        }
        for task in tree.live() {
            let key = (part.key)(&task.keys()).ok_or(ESRCH)?;
            let known = seen.count(key);
            if wait::lasts(|| (part.users)(task) > known)? {
                return Err(refuse!(
                    log,
                    EBUSY,
                    Some(task),
                    "{} outside of the container uses the same {}",
                    unseen,
                    part.name
                ));
            }
        }
    }
    Ok(())
}

/// Checks that no other process uses the address spaces and signal handlers of tasks that are to be
/// restored.
///
/// # Errors
///
/// `EBUSY`.
pub(crate) fn check_restart<'a>(
    tasks: impl Iterator<Item = &'a Task> + Clone,
    log: &Log,
) -> Result {
    let inside = set_of(tasks.clone())?;
    let decisive = PARTS.iter().filter(|part| part.decides_restart);
    match outsider(decisive, tasks.clone(), tasks.clone(), &inside)? {
        None => Ok(()),
        Some(outsider) => Err(refuse!(
            log,
            EBUSY,
            Some(&outsider.task),
            "process {} does not take part but uses the same {}",
            outsider.other.tgid(),
            outsider.part.name
        )),
    }
}

fn set_of<'a>(tasks: impl Iterator<Item = &'a Task>) -> Result<Set> {
    let mut set = Set::new();
    for task in tasks {
        set.add(task.key())?;
    }
    Ok(set)
}

/// Whether a task is one of user space that is not among these.
fn is_outside(task: &Task, inside: &Set) -> bool {
    !task.is_kernel() && !inside.has(task.key())
}

/// A task outside that uses a part of a task.
struct Outsider<'a> {
    task: Task,
    part: &'a Part,
    other: Task,
}

/// One that is not `inside` but uses a part of a task of `live`. `all` are those that may.
///
/// Whatever has more users than are known is looked for in all of the system at once.
fn outsider<'a, 'p>(
    parts: impl Iterator<Item = &'p Part> + Clone,
    live: impl Iterator<Item = &'a Task> + Clone,
    all: impl Iterator<Item = &'a Task> + Clone,
    inside: &Set,
) -> Result<Option<Outsider<'p>>> {
    let mut suspects: RBTree<usize, &Task> = RBTree::new();
    for part in parts.clone() {
        let mut seen = Set::new();
        for task in all.clone() {
            if let Some(key) = (part.key)(&task.keys()) {
                seen.add(key)?;
            }
        }
        for task in live.clone() {
            sys::check_signal()?;
            let Some(key) = (part.key)(&task.keys()) else {
                continue;
            };
            if suspects.get(&key).is_none() && (part.users)(task) > seen.count(key) {
                suspects.try_create_and_insert(key, task, GFP_KERNEL_ACCOUNT)?;
            }
        }
    }
    if suspects.is_empty() {
        return Ok(None);
    }
    let mut found = None;
    let other = tree::find(None, |other| {
        if !is_outside(other, inside) {
            return false;
        }
        let keys = other.keys();
        found = parts
            .clone()
            .find_map(|part| Some((part, *suspects.get(&(part.key)(&keys)?)?)));
        found.is_some()
    })?;
    Ok(other.zip(found).map(|(other, (part, task))| Outsider {
        task: task.clone(),
        part,
        other,
    }))
}

/// How a task has an open file.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// By a descriptor.
    Descriptor(u32),
    /// By a mapping, or as its executable.
    Mapping,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::Descriptor(number) => f.write_fmt(fmt!("as fd {}", *number)),
            How::Mapping => f.write_str("mapped"),
        }
    }
}

/// What has an open file of a tree, too, and is outside of it: a sentence about the file.
pub(crate) struct Holder {
    /// What the tree is called.
    whole: &'static str,
    /// `None` for what is no task that the caller may look into.
    found: Option<(Task, How)>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { whole, found } = self;
        match found {
            Some((task, how)) => f.write_fmt(fmt!(
                "process {} outside of the {} has it, too, {}",
                task.tgid(),
                *whole,
                *how
            )),
            None => f.write_fmt(fmt!(
                "a process that the caller may not look into, a descriptor in flight (SCM_RIGHTS), a \
                 registered file (io_uring) or the kernel outside of the {} has it, too",
                *whole
            )),
        }
    }
}

/// What is outside of the tree, which messages call `whole`, and has a file of which `wanted` says that it is the
/// one; that must not sleep. Mappings are looked at when there is no descriptor. A table or an address space that
/// tasks share is looked at once, and of tasks that the caller may not look into none: neither would the caller
/// be told of it, nor may the caller hold up what they do.
///
/// # Errors
///
/// `ENOMEM`, `EINTR`.
pub(crate) fn holder<W: Fn(&File) -> bool>(
    tree: &Tree,
    whole: &'static str,
    wanted: W,
) -> Result<Holder> {
    let inside = set_of(tree.members().map(|member| &member.task))?;
    let by_descriptor = |task: &Task| Ok(File::number_in(task, &wanted)?.map(How::Descriptor));
    let by_mapping = |task: &Task| {
        let maps = Mm::of(task).is_some_and(|mm| mm.maps(&wanted));
        let executes = || File::exe_of(task).is_some_and(|file| wanted(&file));
        Ok((maps || executes()).then_some(How::Mapping))
    };
    let found = match first_outside(&inside, |keys| keys.files, by_descriptor)? {
        None => first_outside(&inside, |keys| keys.mm, by_mapping)?,
        found => found,
    };
    Ok(Holder { whole, found })
}

/// The first task, not of those inside, of which `look` gives something. Of tasks with the same part one is
/// looked at.
fn first_outside(
    inside: &Set,
    part: fn(&Keys) -> Option<usize>,
    look: impl Fn(&Task) -> Result<Option<How>>,
) -> Result<Option<(Task, How)>> {
    let mut seen = Set::new();
    let mut found = Ok(None);
    let task = tree::find(None, |task| {
        if !is_outside(task, inside) {
            return false;
        }
        let Some(key) = part(&task.keys()) else {
            return false;
        };
        found = match seen.add(key) {
            Ok(1) if task.may_be_read() => look(task),
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        };
        !matches!(found, Ok(None))
    })?;
    Ok(task.zip(found?))
}
