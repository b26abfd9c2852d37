// SPDX-License-Identifier: GPL-2.0-only

//! Trees made up for tests, task by task.

use ckpt_image::record::{
    self,
    container_flag,
    tree_flag,
    Container,
    PidNumber,
    TreeEntry,
    OUTSIDE, //
};
use zerocopy::FromZeros;

use super::{
    Fault,
    Tree, //
};

/// A tree that grows. Pids ascend from that of the root; ghosts come last.
pub struct Family {
    pub container: Container,
    pub entries: Vec<TreeEntry>,
    pub numbers: Vec<Vec<i32>>,
}

impl Family {
    /// A root in the session 7 and the process group 8 of a process outside.
    pub fn new(pid: i32) -> Family {
        let root = TreeEntry {
            pid,
            parent: OUTSIDE,
            group: OUTSIDE,
            session: OUTSIDE,
            pidns: OUTSIDE,
            children_pidns: OUTSIDE,
            ..TreeEntry::new_zeroed()
        };
        Family {
            container: Container {
                flags: container_flag::SUBTREE,
                root: 0,
                sid: 7,
                pgid: 8,
                ..Container::new_zeroed()
            },
            entries: vec![root],
            numbers: vec![Vec::new()],
        }
    }

    fn add(&mut self, entry: TreeEntry) -> usize {
        let pid = self.entries.last().unwrap().pid + 1;
        let numbers = match super::place(entry.pidns) {
            Some(init) => vec![pid; self.numbers[init].len()],
            None => Vec::new(),
        };
        self.numbers.push(numbers);
        self.entries.push(TreeEntry { pid, ..entry });
        self.entries.len() - 1
    }

    /// A child of the task at `parent`, which may be a thread.
    pub fn child(&mut self, parent: usize) -> usize {
        let place = self.entries.len() as u32;
        let from = self.entries[parent];
        self.add(TreeEntry {
            parent: parent as u32,
            leader: place,
            mm: place,
            sighand: place,
            pidns: from.children_pidns,
            flags: 0,
            ..from
        })
    }

    /// A thread of the process at `leader`.
    pub fn thread(&mut self, leader: usize) -> usize {
        let from = self.entries[leader];
        self.add(TreeEntry { flags: 0, ..from })
    }

    /// A number that is held for a session or group.
    pub fn ghost(&mut self, parent: usize) -> usize {
        let ghost = self.child(parent);
        self.entries[ghost].flags = tree_flag::GHOST;
        ghost
    }

    /// A child that is the init of a pid namespace, one deeper.
    pub fn init(&mut self, parent: usize) -> usize {
        let init = self.child(parent);
        self.entries[init].pidns = init as u32;
        self.entries[init].children_pidns = init as u32;
        self.numbers[init].push(1);
        init
    }

    pub fn leads_session(&mut self, place: usize) {
        self.entries[place].session = place as u32;
        self.leads_group(place);
    }

    pub fn leads_group(&mut self, place: usize) {
        self.entries[place].group = place as u32;
    }

    pub fn try_tree(&self) -> Result<Tree, Fault> {
        let ghosts = |entry: &&TreeEntry| entry.flags & tree_flag::GHOST != 0;
        let nr_ghosts = self.entries.iter().filter(ghosts).count() as u32;
        let mut entries = self.entries.clone();
        for (entry, numbers) in entries.iter_mut().zip(&self.numbers) {
            entry.depth += numbers.len() as u32;
        }
        let numbers: Vec<PidNumber> = self
            .numbers
            .iter()
            .flatten()
            .map(|pid| PidNumber {
                pid: *pid,
                reserved: 0,
            })
            .collect();
        let head = record::Tree {
            nr_tasks: entries.len() as u32 - nr_ghosts,
            nr_ghosts,
            nr_numbers: numbers.len() as u32,
            reserved: 0,
        };
        Tree::new(self.container, &head, entries, numbers)
    }

    pub fn tree(&self) -> Tree {
        self.try_tree().unwrap()
    }
}
