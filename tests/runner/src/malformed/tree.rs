// SPDX-License-Identifier: GPL-2.0-only

//! Damage to the tree of an image: who descends from whom, who belongs together, who is dead.
//!
//! Promises H.1.15, H.2.7, H.2.15 of Linux-CR: garbage gives a message, never a fault of the kernel.

use ckpt_image::{
    record::{
        container_flag,
        task_state,
        tree_flag,
        Container,
        Record,
        Task,
        Tree,
        TreeEntry,
        OUTSIDE, //
    },
    testing::Part,
    Kind, //
};
use zerocopy::{
    FromBytes,
    IntoBytes, //
};

use super::row::{
    fields, fields_where, parts, payload_where, put, Row,
    Wanted::{
        Either,
        Refused,
        Restored, //
    },
};

/// A change of the entries of a tree.
type Change = fn(&mut [TreeEntry]);

/// All rows.
pub fn rows() -> Vec<Row> {
    let heads = [families(), groups(), sharing(), namespaces(), counts()];
    let tasks = [others(), lives(), sections()];
    let mut rows: Vec<Row> = heads.into_iter().flatten().map(Row::of_tree).collect();
    rows.extend(tasks.into_iter().flatten().map(Row::of_tasks));
    rows
}

/// A row that changes entries; one image for each change.
fn entries(name: &'static str, changes: &'static [Change]) -> Row {
    parts(name, Refused, move |good| {
        let Some(at) = good.iter().position(|part| part.kind == Tree::KIND) else {
            return Vec::new();
        };
        let Some(bytes) = good.get(at + 1).and_then(|part| part.body.get(8..)) else {
            return Vec::new();
        };
        let old: Vec<TreeEntry> = bytes
            .chunks_exact(size_of::<TreeEntry>())
            .filter_map(|entry| TreeEntry::read_from_bytes(entry).ok())
            .collect();
        let changed = changes.iter().map(|change| {
            let mut entries = old.clone();
            change(&mut entries);
            let mut parts = good.to_vec();
            parts[at + 1] = Part::padded(Kind::BUFFER, entries.as_bytes());
            parts
        });
        changed.collect()
    })
}

/// The first entry of a sort, and its place.
fn find(entries: &mut [TreeEntry], is: fn(u32, &TreeEntry) -> bool) -> (u32, &mut TreeEntry) {
    let places = 0u32..;
    places
        .zip(entries)
        .find(|(place, entry)| is(*place, entry))
        .expect("the tree has something of everything")
}

fn thread(entries: &mut [TreeEntry]) -> (u32, &mut TreeEntry) {
    find(entries, |place, entry| entry.leader != place)
}

fn child(entries: &mut [TreeEntry]) -> (u32, &mut TreeEntry) {
    find(entries, |place, entry| place > 0 && entry.leader == place)
}

fn ghost(entries: &mut [TreeEntry]) -> (u32, &mut TreeEntry) {
    find(entries, |_, entry| entry.flags & tree_flag::GHOST != 0)
}

fn dead(entries: &mut [TreeEntry]) -> (u32, &mut TreeEntry) {
    find(entries, |_, entry| entry.flags & tree_flag::DEAD != 0)
}

fn inner(entries: &mut [TreeEntry]) -> (u32, &mut TreeEntry) {
    find(entries, |_, entry| entry.depth > 0)
}

fn last(entries: &mut [TreeEntry]) -> &mut TreeEntry {
    entries.last_mut().expect("a tree has a root")
}

fn families() -> Vec<Row> {
    vec![
        entries(
            "tree_parent",
            &[
                |tree| child(tree).1.parent = OUTSIDE,
                |tree| child(tree).1.parent = u32::MAX - 1,
                |tree| child(tree).1.parent = 100_000,
                |tree| tree[0].parent = 0,
                |tree| tree[0].parent = 1,
                |tree| tree[1].parent = 1,
                |tree| tree[1].parent = 2,
                // A cycle.
                |tree| (tree[1].parent, tree[2].parent) = (2, 1),
                |tree| tree[1].parent = ghost(&mut tree.to_vec()).0,
                |tree| last(tree).parent = ghost(&mut tree.to_vec()).0,
                |tree| last(tree).parent = dead(&mut tree.to_vec()).0,
            ],
        ),
        entries(
            "tree_leader",
            &[
                |tree| thread(tree).1.leader = 0,
                |tree| thread(tree).1.leader = OUTSIDE,
                |tree| thread(tree).1.leader = 100_000,
                |tree| child(tree).1.leader = 0,
                |tree| tree[0].leader = 1,
                |tree| tree[0].leader = OUTSIDE,
            ],
        ),
        entries(
            "tree_pid",
            &[
                |tree| tree[0].pid = 0,
                |tree| tree[0].pid = -1,
                |tree| tree[1].pid = i32::MAX,
                |tree| tree[1].pid = tree[0].pid,
                |tree| last(tree).pid = tree[1].pid,
                |tree| ghost(tree).1.pid = tree[0].pid,
            ],
        ),
        entries(
            "tree_flags",
            &[
                |tree| tree[0].flags |= tree_flag::GHOST,
                |tree| tree[1].flags |= tree_flag::GHOST,
                |tree| ghost(tree).1.flags = 0,
                |tree| ghost(tree).1.flags |= tree_flag::DEAD,
                |tree| tree[0].flags |= tree_flag::DEAD,
                |tree| thread(tree).1.flags |= tree_flag::DEAD,
                |tree| tree[1].flags |= 1 << 2,
                |tree| tree[1].flags |= 1 << 31,
                |tree| tree[1].reserved = 1,
            ],
        ),
    ]
}

fn groups() -> Vec<Row> {
    vec![
        entries(
            "tree_group",
            &[
                |tree| tree[1].group = 100_000,
                |tree| tree[1].group = u32::MAX - 1,
                |tree| tree[1].group = thread(&mut tree.to_vec()).0,
                |tree| tree[1].group = ghost(&mut tree.to_vec()).0,
                |tree| tree[0].group = ghost(&mut tree.to_vec()).0,
                |tree| thread(tree).1.group = ghost(&mut tree.to_vec()).0,
                |tree| ghost(tree).1.group = OUTSIDE,
            ],
        ),
        entries(
            "tree_session",
            &[
                |tree| tree[1].session = 100_000,
                |tree| tree[1].session = u32::MAX - 1,
                |tree| tree[1].session = thread(&mut tree.to_vec()).0,
                |tree| tree[0].session = child(&mut tree.to_vec()).0,
                |tree| thread(tree).1.session = ghost(&mut tree.to_vec()).0,
                |tree| ghost(tree).1.session = 0,
                |tree| ghost(tree).1.session = OUTSIDE,
            ],
        ),
    ]
}

fn sharing() -> Vec<Row> {
    vec![entries(
        "tree_sharing",
        &[
            |tree| tree[0].mm = 1,
            |tree| tree[1].mm = 2,
            |tree| tree[1].mm = OUTSIDE,
            |tree| tree[1].mm = 100_000,
            // Handlers without memory.
            |tree| tree[1].sighand = 0,
            |tree| tree[1].sighand = OUTSIDE,
            |tree| thread(tree).1.mm = thread(&mut tree.to_vec()).0,
            |tree| thread(tree).1.sighand = thread(&mut tree.to_vec()).0,
            |tree| ghost(tree).1.mm = 0,
        ],
    )]
}

fn namespaces() -> Vec<Row> {
    vec![
        entries(
            "tree_pidns",
            &[
                |tree| tree[0].pidns = 0,
                |tree| tree[1].pidns = 1,
                |tree| tree[1].pidns = 2,
                |tree| tree[1].pidns = 100_000,
                |tree| tree[1].pidns = inner(&mut tree.to_vec()).0,
                |tree| inner(tree).1.pidns = OUTSIDE,
                |tree| tree[1].children_pidns = 1,
                |tree| tree[1].children_pidns = 100_000,
                |tree| tree[1].children_pidns = inner(&mut tree.to_vec()).0,
                |tree| inner(tree).1.children_pidns = OUTSIDE,
            ],
        ),
        entries(
            "tree_depth",
            &[
                |tree| tree[0].depth = 1,
                |tree| tree[1].depth = 1,
                |tree| tree[1].depth = u32::MAX,
                |tree| inner(tree).1.depth = 0,
                |tree| inner(tree).1.depth = 2,
                |tree| inner(tree).1.depth = 33,
                |tree| {
                    tree[0].depth = u32::MAX;
                    tree[1].depth = 3;
                },
            ],
        ),
        payload_where::<Tree>(
            "tree_numbers",
            Refused,
            |_| true,
            1,
            &[
                |numbers| put(numbers, 0, 0i32.to_ne_bytes()),
                |numbers| put(numbers, 0, (-5i32).to_ne_bytes()),
                |numbers| put(numbers, 0, i32::MAX.to_ne_bytes()),
                |numbers| put(numbers, 4, 1u32.to_ne_bytes()),
                |numbers| numbers.truncate(8),
                |numbers| numbers.truncate(4),
                |numbers| numbers.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]),
            ],
        ),
    ]
}

fn counts() -> Vec<Row> {
    vec![
        fields::<Tree>(
            "tree_counts",
            Refused,
            &[
                |tree| tree.nr_tasks = 0,
                |tree| tree.nr_tasks -= 1,
                |tree| tree.nr_tasks += 1,
                |tree| tree.nr_tasks = u32::MAX,
                |tree| tree.nr_ghosts += 1,
                |tree| tree.nr_ghosts = 0,
                |tree| tree.nr_ghosts = u32::MAX,
                |tree| (tree.nr_tasks, tree.nr_ghosts) = (1 << 31, 1 << 31),
                // The same sum, otherwise divided.
                |tree| (tree.nr_tasks, tree.nr_ghosts) = (tree.nr_tasks - 1, tree.nr_ghosts + 1),
                |tree| (tree.nr_tasks, tree.nr_ghosts) = (tree.nr_tasks + 1, tree.nr_ghosts - 1),
                |tree| tree.nr_numbers = 0,
                |tree| tree.nr_numbers += 1,
                |tree| tree.nr_numbers = u32::MAX,
                |tree| tree.reserved = 1,
            ],
        ),
        fields::<Container>(
            "tree_container",
            Refused,
            &[
                |container| container.root = 1,
                |container| container.flags |= 1 << 20,
            ],
        ),
    ]
}

/// What is no damage, or may be none, or is seen only when tasks are made.
fn others() -> Vec<Row> {
    vec![
        payload_where::<Tree>(
            "tree_numbers_taken",
            Refused,
            |_| true,
            1,
            &[
                // The init of a namespace has the number 1, and nobody else has.
                |numbers| put(numbers, 0, 7i32.to_ne_bytes()),
                |numbers| put(numbers, 8, 1i32.to_ne_bytes()),
            ],
        ),
        parts("tree_unchanged", Restored, |good| vec![good.to_vec()]),
        fields::<Container>(
            "tree_container_kind",
            Either,
            &[
                |container| container.flags ^= container_flag::SUBTREE,
                |container| container.flags ^= container_flag::SELF,
                |container| container.sid = 77,
                |container| container.pgid = -1,
            ],
        ),
    ]
}

fn is_dead(task: &Task) -> bool {
    task.state == task_state::ZOMBIE
}

fn is_thread(task: &Task) -> bool {
    task.exit_signal == -1
}

/// Promises of Linux-CR about zombies and exit signals: H.2.6, H.2.7, H.2.8, H.2.9.
fn lives() -> Vec<Row> {
    vec![
        fields_where::<Task>(
            "tree_exit_code",
            Refused,
            is_dead,
            &[
                |task| task.exit_code = 0x1_0000,
                |task| task.exit_code = -1,
                |task| task.exit_code = i32::MIN,
                |task| task.exit_code = 51 << 8 | 1,
                |task| task.exit_code = 0x7f,
                |task| task.exit_code = 0x80,
                |task| task.exit_code = 65,
            ],
        ),
        fields_where::<Task>(
            "tree_dead_task",
            Refused,
            is_dead,
            &[
                |task| task.state = task_state::RUNNING,
                |task| task.state = task_state::STOPPED,
                |task| task.state = 17,
                |task| task.exit_signal = 65,
                |task| task.exit_signal = -2,
                |task| task.pdeath_signal = 65,
                |task| task.pdeath_signal = -1,
            ],
        ),
        fields_where::<Task>(
            "tree_live_task",
            Refused,
            |task| !is_dead(task),
            &[
                |task| task.state = task_state::ZOMBIE,
                |task| task.exit_code = 1 << 8,
                |task| task.exit_code = 9,
                |task| task.exit_signal = -1,
                |task| task.exit_signal = 65,
                |task| task.pdeath_signal = 65,
                |task| task.pdeath_signal = -1,
            ],
        ),
        fields::<Task>(
            "tree_task_pid",
            Refused,
            &[
                |task| task.pid += 1,
                |task| task.pid = 0,
                |task| task.pid = i32::MIN,
            ],
        ),
        fields_where::<Task>(
            "tree_thread_task",
            Refused,
            is_thread,
            &[
                |task| task.exit_signal = 0,
                |task| task.exit_signal = 17,
                |task| task.state = task_state::ZOMBIE,
                |task| task.exit_code = 3,
            ],
        ),
    ]
}

/// Places of the records that tasks begin with.
fn sections_of(good: &[Part]) -> Vec<usize> {
    (0..good.len())
        .filter(|at| good[*at].kind == Task::KIND)
        .collect()
}

fn sections() -> Vec<Row> {
    vec![
        parts("tree_section_missing", Refused, |good| {
            let sections = sections_of(good);
            let ends = sections.iter().skip(1).copied().chain([good.len()]);
            sections
                .iter()
                .zip(ends)
                .skip(1)
                .map(|(from, to)| {
                    let mut parts = good.to_vec();
                    parts.drain(*from..to);
                    parts
                })
                .collect()
        }),
        parts("tree_section_twice", Refused, |good| {
            let sections = sections_of(good);
            let pairs = sections.windows(2);
            pairs
                .map(|pair| {
                    let again = good[pair[0]..pair[1]].to_vec();
                    let mut parts = good.to_vec();
                    parts.splice(pair[1]..pair[1], again);
                    parts
                })
                .collect()
        }),
        parts("tree_section_order", Refused, |good| {
            let sections = sections_of(good);
            let triples = sections.windows(3);
            triples
                .map(|three| {
                    let mut parts = good.to_vec();
                    parts[three[0]..three[2]].rotate_left(three[1] - three[0]);
                    parts
                })
                .collect()
        }),
        parts("tree_section_empty", Refused, |good| {
            // A live task of which nothing but its beginning is left.
            let sections = sections_of(good);
            sections
                .iter()
                .zip(sections.iter().skip(1))
                .filter(|(from, to)| **to - **from > 3)
                .map(|(from, to)| {
                    let mut parts = good.to_vec();
                    parts.drain(from + 2..*to);
                    parts
                })
                .collect()
        }),
    ]
}
