// SPDX-License-Identifier: GPL-2.0-only

//! The minimal image with more processes, which share nothing.

use std::{
    vec,
    vec::Vec, //
};

use super::{
    minimal,
    Part,
    MINIMAL_PID, //
};
use crate::{
    describe::{
        info,
        Field,
        Role, //
    },
    record::*,
    Kind, //
};

/// The records of an image with so many processes, each as the one of [`minimal`] and a child of that,
/// without TAIL.
pub fn processes(count: u32) -> Vec<Part> {
    let mut parts = minimal();
    let at = |parts: &[Part], kind| {
        let mut all = parts.iter();
        all.position(|part| part.kind == kind).unwrap_or(0)
    };
    let tree = at(&parts, Kind::TREE);
    parts[tree].change::<Tree>(|tree| tree.nr_tasks = count);
    let entry = |place| TreeEntry {
        pid: MINIMAL_PID + place as i32,
        parent: if place == 0 { OUTSIDE } else { 0 },
        leader: place,
        group: 0,
        session: OUTSIDE,
        mm: place,
        sighand: place,
        pidns: OUTSIDE,
        children_pidns: OUTSIDE,
        depth: 0,
        flags: 0,
        namespaces: RESTARTERS,
        cgroup: RESTARTERS,
        reserved: 0,
    };
    let entries: Vec<TreeEntry> = (0..count).map(entry).collect();
    parts[tree + 1] = Part::buffer(&entries);
    let section = parts.split_off(at(&parts, Kind::TASK));
    let objects = section.iter().filter(|part| defines(part)).count() as u32;
    for place in 0..count {
        let mut own = section.clone();
        own[0].change::<Task>(|task| task.pid += place as i32);
        for which in 0..own.len() {
            for start in ids(&own, which) {
                if let Some(bytes) = own[which].body.get_mut(start..start + 4) {
                    let mut id = [0; 4];
                    id.copy_from_slice(bytes);
                    let id = u32::from_ne_bytes(id);
                    let moved = if id == 0 { 0 } else { id + place * objects };
                    bytes.copy_from_slice(&moved.to_ne_bytes());
                }
            }
        }
        parts.extend(own);
    }
    parts
}

fn defines(part: &Part) -> bool {
    let fields = info(part.kind).map_or(&[][..], |info| info.fields);
    fields.iter().any(|field| matches!(field.role, Role::Id))
}

/// The fields of a record, or of the entries that a BUFFER has, and where each of those begins.
pub fn structures(parts: &[Part], which: usize) -> (&'static [Field], Vec<usize>) {
    let part = &parts[which];
    if part.kind != Kind::BUFFER {
        let fields = info(part.kind).map_or(&[][..], |info| info.fields);
        return (fields, vec![0]);
    }
    let before = parts[..which].iter().rev();
    let back = before
        .take_while(|part| part.kind == Kind::BUFFER || part.kind == Kind::STRING)
        .count();
    let owner = which.checked_sub(back + 1).map(|owner| parts[owner].kind);
    let payload = owner.and_then(|owner| info(owner)?.payload(back));
    match payload {
        Some(payload) if !payload.fields.is_empty() => {
            let starts = (8..part.body.len()).step_by(payload.size);
            (payload.fields, starts.collect())
        }
        _ => (&[], Vec::new()),
    }
}

/// Where in a body ids of objects stand.
fn ids(parts: &[Part], which: usize) -> Vec<usize> {
    let (fields, starts) = structures(parts, which);
    let is_id = |field: &&Field| {
        matches!(
            field.role,
            Role::Id | Role::Object(_) | Role::Maybe(_) //
        )
    };
    let of = |start| {
        let ids = fields.iter().filter(is_id);
        ids.map(move |field| start + field.offset)
    };
    starts.into_iter().flat_map(of).collect()
}
