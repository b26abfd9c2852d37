// SPDX-License-Identifier: GPL-2.0-only

//! The tasks that use an object which tasks may share: a descriptor table, an address space, directories.

use std::collections::HashMap;

use super::model::{
    Image,
    Task,
    Uses, //
};
use crate::text::printable;

/// Most tasks and descriptors that are named in one line.
const NAMED: usize = 4;

/// Tasks by the id of what they use.
pub struct Users<'a>(HashMap<u32, Vec<&'a Task>>);

impl<'a> Users<'a> {
    /// The users of one sort of object.
    pub fn new(image: &'a Image, id_of: impl Fn(&Uses) -> u32) -> Users<'a> {
        let mut users = Users(HashMap::new());
        for task in &image.tasks {
            users.0.entry(id_of(&task.uses)).or_default().push(task);
        }
        users
    }

    /// Those of the object with this id.
    pub fn of(&self, id: u32) -> &[&'a Task] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The same by their pids and names.
    pub fn names(&self, id: u32) -> String {
        let tasks = self.of(id);
        let names = tasks
            .iter()
            .map(|task| format!("{} {}", task.pid, printable(&task.name)));
        few(names, tasks.len())
    }
}

/// The first ones by name, the others by their number.
pub fn few(names: impl Iterator<Item = String>, count: usize) -> String {
    let named: Vec<String> = names.take(NAMED).collect();
    match count.saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
