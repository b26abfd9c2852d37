// SPDX-License-Identifier: GPL-2.0-only

//! Making counts and ids agree again, so that a change of structure is not found at the first count.

use std::collections::BTreeMap;

use ckpt_image::{
    describe::{
        info,
        Role,
        What, //
    },
    record::{
        file_mark,
        tree_flag,
        CopyRun,
        Run,
        TreeEntry, //
    },
    testing::{
        structures,
        Part, //
    },
    Kind,
    PAGE_SIZE, //
};

use crate::{
    place::{
        entries,
        get,
        put,
        read,
        write, //
    },
    Mutation,
};

impl Mutation<'_> {
    /// Makes some of what depends on others agree with them; each most of the time.
    pub(crate) fn agree(&mut self) {
        if self.chance(3, 4) {
            number_objects(&mut self.parts);
            self.note("object ids made to agree".to_owned());
        }
        if self.chance(1, 2) {
            count_records(&mut self.parts);
            self.note("counts of records made to agree".to_owned());
        }
        if self.chance(1, 2) {
            count_pages(&mut self.parts);
            self.note("counts of pages made to agree".to_owned());
        }
        if self.chance(3, 4) {
            self.parts.iter_mut().for_each(Part::resum);
            self.note("checksums of pages made to agree".to_owned());
        }
        if self.chance(1, 2) {
            count_tasks(&mut self.parts);
            self.note("counts of tasks made to agree".to_owned());
        }
    }
}

/// Gives ids in the order of the image. References follow the last definition before them.
pub(crate) fn number_objects(parts: &mut [Part]) {
    let mut known = BTreeMap::new();
    let mut next = 1;
    for at in 0..parts.len() {
        let (fields, starts) = structures(parts, at);
        let is_fresh = parts[at].kind == Kind::FILE
            && read(&parts[at], "marks") & u64::from(file_mark::FRESH) != 0;
        if is_fresh {
            // The id before its own goes without saying.
            known.insert(read(&parts[at], "object"), next);
            next += 1;
        }
        for start in starts {
            for field in fields {
                let (offset, width) = (start + field.offset, field.width());
                let body = &mut parts[at].body;
                let id = get(body, offset, width);
                match field.role {
                    Role::Id => {
                        known.insert(id, next);
                        put(body, offset, width, next);
                        next += 1;
                    }
                    Role::Object(_) | Role::Maybe(_) => {
                        if let Some(id) = known.get(&id) {
                            put(body, offset, width, *id);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Where what belongs to the record at `at` ends: at the next one of its kind, or the next section.
fn end_of(parts: &[Part], at: usize) -> usize {
    let kind = parts[at].kind;
    let rest = parts[at + 1..].iter();
    let len = rest
        .take_while(|part| part.kind != kind && part.kind != Kind::TASK)
        .count();
    at + 1 + len
}

fn count_records(parts: &mut [Part]) {
    for at in 0..parts.len() {
        for follow in info(parts[at].kind).map_or(&[][..], |info| info.follows) {
            let What::Record(counted, Some(name)) = follow.what else {
                continue;
            };
            let own = parts[at + 1..end_of(parts, at)].iter();
            let count = own.filter(|part| part.kind == counted).count();
            write(&mut parts[at], name, count as u64);
        }
    }
}

/// The runs of a record: address and number of pages of each.
fn runs_of(parts: &[Part], at: usize, size: usize, count_at: usize) -> Vec<(u64, u64)> {
    let Some(all) = entries(parts, at).filter(|all| all.payload.size == size) else {
        return Vec::new();
    };
    let body = &parts[at].body;
    (0..all.count)
        .map(|which| {
            let start = all.start + which * size;
            (get(body, start, 8), get(body, start + count_at, 4))
        })
        .collect()
}

fn count_pages(parts: &mut [Part]) {
    for at in 0..parts.len() {
        if parts[at].kind != Kind::MM {
            continue;
        }
        let end = end_of(parts, at);
        let (mut stored, mut copied) = (Vec::new(), Vec::new());
        for part in at + 1..end {
            if parts[part].kind == Kind::PAGES {
                stored.extend(runs_of(parts, part, size_of::<Run>(), 8));
            } else if parts[part - 1].kind == Kind::PAGES_COPIED {
                copied.extend(runs_of(parts, part, size_of::<CopyRun>(), 16));
            }
        }
        let sum = |runs: &[(u64, u64)]| runs.iter().map(|(_, pages)| pages).sum();
        write(&mut parts[at], "nr_pages", sum(&stored));
        write(&mut parts[at], "nr_copied", sum(&copied));
        let all: Vec<(u64, u64)> = stored.into_iter().chain(copied).collect();
        for vma in parts[at + 1..end].iter_mut() {
            if vma.kind == Kind::VMA {
                let (start, end) = (read(vma, "start"), read(vma, "end"));
                let inside = |(address, _): &&(u64, u64)| (start..end).contains(address);
                let pages: u64 = all.iter().filter(inside).map(|(_, pages)| pages).sum();
                write(
                    vma,
                    "nr_pages",
                    pages.min(end.wrapping_sub(start) / PAGE_SIZE),
                );
            }
        }
    }
}

/// TREE counts the entries that follow it, and the numbers that they have.
fn count_tasks(parts: &mut [Part]) {
    let Some(at) = parts.iter().position(|part| part.kind == Kind::TREE) else {
        return;
    };
    let Some(all) = entries(parts, at + 1).filter(|all| all.owner == at) else {
        return;
    };
    let (mut ghosts, mut depths) = (0, 0);
    let field = |name: &str| {
        let fields = all.payload.fields.iter();
        fields
            .clone()
            .find(|field| field.name == name)
            .map_or(0, |field| field.offset)
    };
    let (flags, depth) = (field("flags"), field("depth"));
    for which in 0..all.count {
        let start = all.start + which * size_of::<TreeEntry>();
        let body = &parts[at + 1].body;
        ghosts += u64::from(get(body, start + flags, 4) & u64::from(tree_flag::GHOST) != 0);
        depths += get(body, start + depth, 4);
    }
    write(&mut parts[at], "nr_tasks", all.count as u64 - ghosts);
    write(&mut parts[at], "nr_ghosts", ghosts);
    write(&mut parts[at], "nr_numbers", depths);
}
