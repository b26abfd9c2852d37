// SPDX-License-Identifier: GPL-2.0-only

//! The tree of tasks that an image holds: parents, sessions and groups, and the numbers of tasks.
//!
//! A [`Tree`] has passed the checks of [`ckpt_image::tree`]. Other files make the tasks and draw them.

#[cfg(test)]
pub mod testing;

use ckpt_image::{
    limits,
    record::{
        self,
        Container,
        PidNumber,
        TreeEntry,
        OUTSIDE, //
    },
};

/// A tree of tasks, and the ghosts that hold numbers for it.
#[derive(Clone, Debug)]
pub struct Tree {
    container: Container,
    entries: Vec<TreeEntry>,
    nr_tasks: usize,
    numbers: Vec<PidNumber>,
    /// Where the numbers of each entry begin.
    first_number: Vec<usize>,
}

/// What is wrong with a tree.
pub type Fault = &'static str;

/// A place as an index; nothing for what is outside.
pub fn place(raw: u32) -> Option<usize> {
    (raw != OUTSIDE).then_some(raw as usize)
}

impl Tree {
    /// Puts the parts of a tree together.
    ///
    /// # Errors
    ///
    /// When they contradict each other.
    pub fn new(
        container: Container,
        head: &record::Tree,
        entries: Vec<TreeEntry>,
        numbers: Vec<PidNumber>,
    ) -> Result<Tree, Fault> {
        let nr_tasks = head.nr_tasks as usize;
        if nr_tasks == 0 || entries.len() != nr_tasks + head.nr_ghosts as usize {
            return Err("wrong number of tasks");
        }
        if container.root != 0 {
            return Err("the root is not the first task");
        }
        let mut first_number = Vec::with_capacity(entries.len());
        let mut count = 0;
        for entry in &entries {
            first_number.push(count);
            count += entry.depth as usize;
        }
        if count != numbers.len() {
            return Err("wrong number of pids in nested namespaces");
        }
        if numbers
            .iter()
            .any(|number| !(1..=limits::PID).contains(&number.pid))
        {
            return Err("bad pid");
        }
        if let Some((_, fault)) = ckpt_image::tree::problem(&entries, head.nr_tasks) {
            return Err(fault);
        }
        let mut pids: Vec<i32> = entries.iter().map(|entry| entry.pid).collect();
        pids.sort_unstable();
        if pids.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("two tasks of the same pid");
        }
        Ok(Tree {
            container,
            entries,
            nr_tasks,
            numbers,
            first_number,
        })
    }

    /// An entry by its place.
    pub fn get(&self, place: usize) -> Option<&TreeEntry> {
        self.entries.get(place)
    }

    /// Tasks and ghosts, in the order of the image.
    pub fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    /// The tasks alone, the root first.
    pub fn tasks(&self) -> &[TreeEntry] {
        self.entries.get(..self.nr_tasks).unwrap_or_default()
    }

    /// The numbers of an entry in namespaces below that of the root, the outermost first.
    pub fn numbers(&self, place: usize) -> &[PidNumber] {
        let first = self.first_number.get(place).copied().unwrap_or_default();
        let depth = self.get(place).map_or(0, |entry| entry.depth as usize);
        self.numbers.get(first..first + depth).unwrap_or_default()
    }

    /// Whether the root is the init of its pid namespace.
    pub fn is_container(&self) -> bool {
        self.entries.first().is_some_and(|root| root.pid == 1)
    }

    /// The number of the task at a place; `outside` for one that is not in the tree.
    fn number(&self, raw: u32, outside: i32) -> i32 {
        let entry = place(raw).and_then(|place| self.get(place));
        entry.map_or(outside, |entry| entry.pid)
    }

    /// Process id of the parent, 0 for one outside.
    pub fn ppid(&self, entry: &TreeEntry) -> i32 {
        match place(entry.parent).and_then(|parent| self.get(parent)) {
            Some(parent) => self.number(parent.leader, 0),
            None => 0,
        }
    }

    /// Process id.
    pub fn tgid(&self, entry: &TreeEntry) -> i32 {
        self.number(entry.leader, 0)
    }

    /// Process group; 0 for one that cannot be seen from the tree's pid namespace.
    pub fn pgid(&self, entry: &TreeEntry) -> i32 {
        self.number(entry.group, self.container.pgid)
    }

    /// Session; 0 as for [`Tree::pgid`].
    pub fn sid(&self, entry: &TreeEntry) -> i32 {
        self.number(entry.session, self.container.sid)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::Family,
        *, //
    };

    #[test]
    fn numbers_follow_places() {
        let mut family = Family::new(100);
        let shell = family.child(0);
        family.leads_session(shell);
        let job = family.child(shell);
        family.leads_group(job);
        let thread = family.thread(job);
        let tree = family.tree();
        let entry = tree.get(thread).unwrap();
        assert_eq!(tree.ppid(entry), 101);
        assert_eq!(tree.tgid(entry), 102);
        assert_eq!(tree.pgid(entry), 102);
        assert_eq!(tree.sid(entry), 101);
        let root = tree.get(0).unwrap();
        assert_eq!(
            (tree.ppid(root), tree.pgid(root), tree.sid(root)),
            (0, 8, 7)
        );
    }

    #[test]
    fn a_tree_that_contradicts_itself_is_refused() {
        type Change = fn(&mut TreeEntry);
        let wrong: [(usize, Change); 4] = [
            (0, |entry| entry.parent = 0),
            (1, |entry| entry.pid = 100),
            (1, |entry| entry.parent = 1),
            (2, |entry| entry.depth = 1),
        ];
        for (number, (place, change)) in wrong.into_iter().enumerate() {
            let mut family = Family::new(100);
            let child = family.child(0);
            family.thread(child);
            change(&mut family.entries[place]);
            assert!(family.try_tree().is_err(), "{number}");
        }
    }
}
