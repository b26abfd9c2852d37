// SPDX-License-Identifier: GPL-2.0-only

//! The plan of which task makes which: the shape of a tree as a sequence of clone3(2), made before the
//! first call.
//!
//! A process is made by its parent where that is possible. The leader of a thread group makes its threads.
//! A process that shares an address space with a sibling, but not with the parent, is made by that sibling
//! with CLONE_PARENT.

use ckpt_image::record::TreeEntry;

use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    sys::maker::{
        Act,
        Order, //
    },
    tree::{
        place,
        Tree, //
    },
};

/// Which pids the tasks get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pids {
    /// Any; in nested namespaces, which are new, those that they had.
    Any,
    /// The saved pids, in the pid namespace of this command.
    Same,
    /// The saved pids, in a new pid namespace whose init is the root.
    Container,
}

/// What threads share.
const THREAD: i32 = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM;

/// How one task is made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Making {
    /// The task that makes it; nothing for this command.
    creator: Option<usize>,
    flags: i32,
    /// Its creator enters a new pid namespace for its children first.
    unshare: bool,
    /// Its creator has to have done so before, for a sibling.
    unshared: bool,
}

/// Gives the orders for all tasks and ghosts of a tree, in the order of the image.
///
/// # Errors
///
/// When a task cannot be made by any other.
pub fn plan(tree: &Tree, pids: Pids) -> Result<Vec<Order>> {
    let mut orders: Vec<Order> = Vec::with_capacity(tree.entries().len());
    let mut makings = Vec::with_capacity(tree.entries().len());
    for (at, entry) in tree.entries().iter().enumerate() {
        let making = make(tree, at, entry, pids)?;
        orders.push(Order {
            image_pid: entry.pid,
            ghost: at >= tree.tasks().len(),
            clone_flags: making.flags as u64,
            exit_signal: match making.flags & (libc::CLONE_THREAD | libc::CLONE_PARENT) {
                0 => libc::SIGCHLD,
                _ => 0,
            },
            set_tid: set_tid(tree, at, entry, pids),
            act: Act {
                is_process: making.flags & libc::CLONE_THREAD == 0,
                new_session: place(entry.session) == Some(at) && at < tree.tasks().len(),
                creator_unshares: making.unshare,
            },
            children: Vec::new(),
        });
        makings.push(making);
    }
    // Within a new namespace for children nothing can be made that belongs to the old one.
    for later in [false, true] {
        for (at, making) in makings.iter().enumerate() {
            if (making.unshare || making.unshared) != later {
                continue;
            }
            if let Some(creator) = making.creator.and_then(|creator| orders.get_mut(creator)) {
                creator.children.push(at);
            }
        }
    }
    Ok(orders)
}

/// The pids that are chosen, that of the innermost namespace first.
fn set_tid(tree: &Tree, at: usize, entry: &TreeEntry, pids: Pids) -> Vec<i32> {
    let nested = tree.numbers(at).iter().rev().map(|number| number.pid);
    match pids {
        Pids::Any => nested.collect(),
        Pids::Same | Pids::Container => nested.chain([entry.pid]).collect(),
    }
}

fn make(tree: &Tree, at: usize, entry: &TreeEntry, pids: Pids) -> Result<Making> {
    let Some(parent) = place(entry.parent) else {
        // The root; its threads have no parent in the tree either.
        return Ok(match (entry.leader as usize) == at {
            true => Making {
                creator: None,
                flags: match pids {
                    Pids::Container => libc::CLONE_NEWPID,
                    _ => 0,
                },
                unshare: false,
                unshared: false,
            },
            false => thread(entry)?,
        });
    };
    let is_ghost = at >= tree.tasks().len();
    if !is_ghost && (entry.leader as usize) != at {
        return thread(entry);
    }
    let (creator, flags) = if is_ghost {
        (parent, 0)
    } else {
        sharing(tree, at, entry, parent)?
    };
    let from = tree.get(creator).unwrap_or(entry);
    let making = |flags, unshare, unshared| {
        Ok(Making {
            creator: Some(creator),
            flags,
            unshare,
            unshared,
        })
    };
    let own = place(entry.pidns);
    if own == Some(at) {
        return if from.children_pidns == entry.pidns {
            making(flags, true, false)
        } else {
            making(flags | libc::CLONE_NEWPID, false, false)
        };
    }
    if entry.pidns == from.pidns {
        return making(flags, false, false);
    }
    // The init of the namespace has to be made by the same task: before this one, it has a lower place.
    let init = own.and_then(|init| tree.get(init));
    if entry.pidns == from.children_pidns
        && init.is_some_and(|init| place(init.parent) == Some(creator))
    {
        return making(flags, false, true);
    }
    Err(refusal(
        entry,
        "is in a pid namespace that its parent cannot put it in",
    ))
}

fn thread(entry: &TreeEntry) -> Result<Making> {
    if entry.children_pidns != entry.pidns {
        return Err(refusal(
            entry,
            "is one of several threads whose children go to another pid namespace",
        ));
    }
    Ok(Making {
        creator: Some(entry.leader as usize),
        flags: THREAD,
        unshare: false,
        unshared: false,
    })
}

/// Which task makes a process, because of what it shares with others, and with which flags.
fn sharing(tree: &Tree, at: usize, entry: &TreeEntry, parent: usize) -> Result<(usize, i32)> {
    let shares_mm = (entry.mm as usize) != at;
    let shares_handlers = (entry.sighand as usize) != at;
    if !shares_mm {
        return Ok((parent, 0));
    }
    let fits = |with: &TreeEntry| {
        with.mm == entry.mm && (!shares_handlers || with.sighand == entry.sighand)
    };
    let mut flags = libc::CLONE_VM;
    if shares_handlers {
        flags |= libc::CLONE_SIGHAND;
    }
    if tree.get(parent).is_some_and(fits) {
        return Ok((parent, flags));
    }
    // No task before the first one that has the memory shares it.
    let (first, entries) = (entry.mm as usize, tree.entries());
    let before = entries.iter().enumerate().take(at).skip(first);
    let sibling = before
        .filter(|(_, with)| fits(with))
        .find(|(_, with)| with.parent == entry.parent && with.pidns == entry.pidns)
        .map(|(sibling, _)| sibling);
    match sibling {
        Some(sibling) => Ok((sibling, flags | libc::CLONE_PARENT)),
        None => Err(refusal(
            entry,
            "shares its memory with a process that is neither its parent nor a sibling",
        )),
    }
}

fn refusal(entry: &TreeEntry, why: &str) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("cannot make task {}: it {why}", entry.pid),
    )
}

#[cfg(test)]
mod tests {
    use ckpt_image::record::OUTSIDE;

    use super::*;
    use crate::tree::testing::Family;

    fn orders(family: &Family) -> Vec<Order> {
        plan(&family.tree(), Pids::Same).unwrap()
    }

    #[test]
    fn parents_make_their_children_and_leaders_their_threads() {
        let mut family = Family::new(100);
        let root_thread = family.thread(0);
        let child = family.child(0);
        let thread = family.thread(child);
        let grandchild = family.child(thread);
        let orders = orders(&family);
        assert_eq!(orders[0].children, [root_thread, child]);
        assert_eq!(orders[child].children, [thread]);
        assert_eq!(orders[thread].children, [grandchild]);
        assert_eq!(orders[thread].clone_flags, THREAD as u64);
        assert_eq!(orders[thread].exit_signal, 0);
        assert!(!orders[thread].act.is_process);
        assert_eq!(orders[grandchild].clone_flags, 0);
        assert_eq!(orders[grandchild].exit_signal, libc::SIGCHLD);
        assert_eq!(orders[grandchild].set_tid, [104]);
    }

    #[test]
    fn any_pid_will_do_unless_asked_for() {
        let mut family = Family::new(100);
        family.child(0);
        let orders = plan(&family.tree(), Pids::Any).unwrap();
        assert!(orders.iter().all(|order| order.set_tid.is_empty()));
    }

    #[test]
    fn only_leaders_of_a_session_call_setsid() {
        let mut family = Family::new(100);
        let leader = family.child(0);
        family.leads_session(leader);
        let member = family.child(leader);
        let ghost = family.ghost(0);
        for place in [member, ghost] {
            family.entries[place].session = ghost as u32;
            family.entries[place].group = ghost as u32;
        }
        let orders = orders(&family);
        let new: Vec<bool> = orders.iter().map(|order| order.act.new_session).collect();
        assert_eq!(new, [false, true, false, false]);
        assert!(orders[ghost].ghost && !orders[member].ghost);
    }

    #[test]
    fn memory_is_shared_with_parent_or_sibling() {
        let mut family = Family::new(100);
        let with_parent = family.child(0);
        family.entries[with_parent].mm = 0;
        let first = family.child(0);
        let second = family.child(0);
        family.entries[second].mm = first as u32;
        family.entries[second].sighand = first as u32;
        let orders = orders(&family);
        assert_eq!(orders[with_parent].clone_flags, libc::CLONE_VM as u64);
        assert_eq!(orders[with_parent].exit_signal, libc::SIGCHLD);
        assert_eq!(orders[0].children, [with_parent, first]);
        assert_eq!(orders[first].children, [second]);
        let flags = libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_PARENT;
        assert_eq!(orders[second].clone_flags, flags as u64);
        assert_eq!(orders[second].exit_signal, 0);
    }

    #[test]
    fn memory_shared_over_generations_is_refused() {
        let mut family = Family::new(100);
        let child = family.child(0);
        let grandchild = family.child(child);
        family.entries[grandchild].mm = 0;
        let failure = plan(&family.tree(), Pids::Any).unwrap_err();
        assert!(failure.message.contains("task 102"), "{}", failure.message);
    }

    #[test]
    fn an_init_is_made_in_a_new_namespace_with_its_numbers() {
        let mut family = Family::new(100);
        let init = family.init(0);
        let inner = family.child(init);
        family.numbers[inner] = vec![2];
        let same = orders(&family);
        assert_eq!(same[init].clone_flags, libc::CLONE_NEWPID as u64);
        assert_eq!(same[init].set_tid, [1, 101]);
        assert_eq!(same[inner].clone_flags, 0);
        assert_eq!(same[inner].set_tid, [2, 102]);
        let any = plan(&family.tree(), Pids::Any).unwrap();
        assert_eq!(any[inner].set_tid, [2]);
    }

    #[test]
    fn what_is_outside_of_an_unshared_namespace_is_made_before_it() {
        let mut family = Family::new(100);
        let thread = family.thread(0);
        let init = family.init(0);
        let outside = family.child(0);
        family.entries[0].children_pidns = init as u32;
        let inside = family.child(0);
        family.numbers[inside] = vec![2];
        let orders = orders(&family);
        assert_eq!(orders[0].children, [thread, outside, init, inside]);
        assert!(orders[init].act.creator_unshares);
        assert_eq!(orders[init].clone_flags, 0);
        assert!(!orders[inside].act.creator_unshares);
    }

    #[test]
    fn a_container_begins_with_a_new_namespace() {
        let mut family = Family::new(1);
        family.child(0);
        let orders = plan(&family.tree(), Pids::Container).unwrap();
        assert_eq!(orders[0].clone_flags, libc::CLONE_NEWPID as u64);
        assert_eq!(orders[0].set_tid, [1]);
        assert_eq!(orders[1].set_tid, [2]);
        assert_eq!(family.entries[1].pidns, OUTSIDE);
    }
}
