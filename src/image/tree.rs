// SPDX-License-Identifier: GPL-2.0-only

//! Checks the entries of a tree, for every reader.
//!
//! Each entry is checked against those before it. That no pid is there twice, and that live tasks have the
//! same shape, is checked where the tasks are made or restored.

use crate::{
    limits,
    record::{
        tree_flag,
        TreeEntry,
        OUTSIDE, //
    },
};

/// What is wrong with a tree whose first `nr_tasks` entries are tasks and whose others are ghosts:
/// the first entry at fault, and why.
pub fn problem(entries: &[TreeEntry], nr_tasks: u32) -> Option<(usize, &'static str)> {
    let tree = Tree {
        entries,
        nr_tasks: nr_tasks as usize,
    };
    entries
        .iter()
        .enumerate()
        .find_map(|(place, entry)| Some((place, tree.problem(place, entry)?)))
}

struct Tree<'a> {
    entries: &'a [TreeEntry],
    nr_tasks: usize,
}

impl Tree<'_> {
    fn problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        self.own_problem(place, entry)
            .or_else(|| self.family_problem(place, entry))
            .or_else(|| self.group_problem(place, entry))
            .or_else(|| self.sharing_problem(place, entry))
            .or_else(|| self.namespace_problem(place, entry))
    }

    fn get(&self, place: u32) -> Option<&TreeEntry> {
        self.entries.get(place as usize)
    }

    /// An entry that stands before, or at, `place`.
    fn earlier(&self, earlier: u32, place: usize) -> Option<&TreeEntry> {
        self.get(earlier).filter(|_| earlier as usize <= place)
    }

    fn own_problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        let ghost = entry.flags & tree_flag::GHOST != 0;
        if !(1..=limits::PID).contains(&entry.pid) {
            Some("pid out of range")
        } else if entry.flags & !tree_flag::ALL != 0 {
            Some("unknown flags of a tree entry")
        } else if ghost != (place >= self.nr_tasks) {
            Some("ghost among the tasks, or task among the ghosts")
        } else if ghost && entry.flags & tree_flag::DEAD != 0 {
            Some("ghost that is dead")
        } else {
            None
        }
    }

    /// Parent and thread group.
    fn family_problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        let Some(leader) = self.earlier(entry.leader, place) else {
            return Some("leader of a thread group that is not there before it");
        };
        let leads = entry.leader as usize == place;
        if leader.leader != entry.leader {
            return Some("leader of a thread group that does not lead itself");
        }
        if !leads
            && (leader.parent, leader.group, leader.session)
                != (entry.parent, entry.group, entry.session)
        {
            return Some("thread with another parent, process group or session than its leader");
        }
        let before = place
            .checked_sub(1)
            .and_then(|before| self.entries.get(before));
        if !leads && before.is_none_or(|before| before.leader != entry.leader) {
            return Some("thread that does not stand behind its process");
        }
        if !leads && entry.flags & (tree_flag::DEAD | tree_flag::GHOST) != 0 {
            return Some("thread that is dead");
        }
        let root = leads && place == 0 || entry.leader == 0;
        if root != (entry.parent == OUTSIDE) {
            return Some("parent outside of the tree");
        }
        if root {
            return None;
        }
        match self.get(entry.parent) {
            Some(parent) if (entry.parent as usize) < place => {
                (parent.flags != 0).then_some("ghost or dead task as a parent")
            }
            _ => Some("parent that is not there before its child"),
        }
    }

    /// Process group and session.
    fn group_problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        let own = place as u32;
        if entry.session != OUTSIDE {
            match self.get(entry.session) {
                Some(session)
                    if session.session == entry.session && session.leader == entry.session => {}
                _ => return Some("session that its leader is not in"),
            }
        }
        if entry.session == own && entry.group != own {
            return Some("leader of a session in another process group");
        }
        if entry.group == OUTSIDE {
            return (entry.session != OUTSIDE).then_some("process group outside of its session");
        }
        match self.get(entry.group) {
            Some(group) if group.session == entry.session && group.leader == entry.group => None,
            _ => Some("process group outside of its session"),
        }
    }

    /// Address space and signal handlers.
    fn sharing_problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        let (Some(mm), Some(sighand)) = (
            self.earlier(entry.mm, place),
            self.earlier(entry.sighand, place),
        ) else {
            return Some("sharing with a task that is not there before");
        };
        if mm.mm != entry.mm || sighand.sighand != entry.sighand || sighand.mm != entry.mm {
            return Some("sharing that its first user does not take part in");
        }
        let leader = self.get(entry.leader)?;
        if (leader.mm, leader.sighand) != (entry.mm, entry.sighand) {
            return Some("thread that shares less than its process");
        }
        let alone = entry.mm as usize == place && entry.sighand as usize == place;
        if entry.flags & tree_flag::GHOST != 0 && !alone {
            return Some("ghost that shares memory");
        }
        None
    }

    /// Pid namespaces below that of the root.
    fn namespace_problem(&self, place: usize, entry: &TreeEntry) -> Option<&'static str> {
        let depth = match self.earlier(entry.pidns, place) {
            _ if entry.pidns == OUTSIDE => 0,
            Some(init) if init.pidns == entry.pidns && init.leader == entry.pidns => init.depth,
            _ => return Some("pid namespace whose init is not in it"),
        };
        let parent = match self.get(entry.parent) {
            Some(parent) => (parent.pidns, parent.children_pidns, parent.depth),
            None => (OUTSIDE, OUTSIDE, 0),
        };
        let init = entry.pidns as usize == place;
        let may = if init {
            entry.depth == parent.2.saturating_add(1)
        } else {
            entry.pidns == parent.0 || entry.pidns == parent.1
        };
        if entry.depth > limits::PID_DEPTH || (!init && entry.depth != depth) || !may {
            return Some("pid namespace that its parent cannot have given");
        }
        if entry.children_pidns == entry.pidns {
            return None;
        }
        match self.get(entry.children_pidns) {
            Some(child)
                if child.pidns == entry.children_pidns
                    && self
                        .get(child.parent)
                        .is_some_and(|parent| parent.leader == entry.leader) =>
            {
                None
            }
            _ => Some("pid namespace for children that no child is the init of"),
        }
    }
}
