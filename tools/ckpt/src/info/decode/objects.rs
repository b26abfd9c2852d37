// SPDX-License-Identifier: GPL-2.0-only

//! Checks that each shared object and place in the tree is of the sort that the field naming it wants.
//!
//! The declarations say which fields define or name objects, and of what sort. As in the module, ids come
//! in order without gaps, and an object stands before the fields that name it.

use ckpt_image::{
    describe::{
        Field,
        Info,
        Role, //
    },
    record::{
        file_mark,
        File,
        OUTSIDE, //
    },
    Hdr,
    Kind,
    Malformed,
    Objref,
    Problem, //
};

use super::Fit;
use crate::info::items;

/// The objects so far: what defines each, by its id less one.
#[derive(Debug, Default)]
pub(super) struct Objects {
    defined: Vec<Kind>,
    /// Tasks and ghosts, once they are known.
    entries: usize,
}

/// What tasks share from birth on, by the place of the first that has it: for the address space, the
/// handlers, and what the thread group has.
#[derive(Debug, Default)]
pub(super) struct Sharing([Vec<u32>; 3]);

/// The sorts of [`Sharing`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Shared {
    Memory,
    Handlers,
    Group,
}

impl Objects {
    /// Takes the number of entries of the tree.
    pub(super) fn tree(&mut self, entries: usize) {
        self.entries = entries;
    }

    /// Takes the fixed part of a record.
    pub(super) fn record(&mut self, hdr: &Hdr, info: &Info, body: &[u8]) -> Fit {
        if let Some(file) = items::body::<File>(body).filter(|_| info.kind == Kind::FILE) {
            self.file(hdr, &file)?;
        }
        self.fields(hdr, info.fields, body)?;
        let mut own = info
            .fields
            .iter()
            .filter(|field| matches!(field.role, Role::Id));
        own.try_for_each(|field| self.define(hdr, field.number(body, 0), info.kind))
    }

    /// Looks at what the fields of a structure name.
    pub(super) fn fields(&self, hdr: &Hdr, fields: &[Field], body: &[u8]) -> Fit {
        for field in fields {
            let number = field.number(body, 0);
            match field.role {
                Role::Object(kinds) => self.refer(hdr, number, kinds)?,
                Role::Maybe(kinds) if number != 0 => self.refer(hdr, number, kinds)?,
                Role::Place => self.place(hdr, number)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A place in the tree. Before that is there, it is the tree's own to look at them.
    fn place(&self, hdr: &Hdr, number: u64) -> Fit {
        let is_there = number < self.entries as u64 || number == u64::from(OUTSIDE);
        match self.entries == 0 || is_there {
            true => Ok(()),
            false => Err(hdr.malformed(Problem::Value("place that the tree has not"))),
        }
    }

    /// What a file is open on: a fresh pipe has no record of its own.
    fn file(&mut self, hdr: &Hdr, file: &File) -> Fit {
        let wanted = File::opens(file.kind);
        let is_fresh = file.marks & file_mark::FRESH != 0;
        if is_fresh && wanted != Some(Kind::PIPE) {
            return Err(hdr.malformed(Problem::Value("marks of a file")));
        }
        if is_fresh {
            self.define(hdr, file.object.into(), Kind::PIPE)?;
        }
        match wanted {
            Some(kind) => self.refer(hdr, file.object.into(), &[kind]),
            None if file.object != 0 => Err(hdr.malformed(Problem::Objref(file.object))),
            None => Ok(()),
        }
    }

    fn define(&mut self, hdr: &Hdr, number: u64, kind: Kind) -> Fit {
        let id = number as u32;
        if Objref::new(id).is_none() || number != self.defined.len() as u64 + 1 {
            return Err(hdr.malformed(Problem::Objref(id)));
        }
        self.defined.push(kind);
        Ok(())
    }

    fn refer(&self, hdr: &Hdr, number: u64, kinds: &[Kind]) -> Fit {
        let place = (number as usize).wrapping_sub(1);
        match self.defined.get(place) {
            Some(kind) if kinds.contains(kind) => Ok(()),
            _ => Err(hdr.malformed(Problem::Objref(number as u32))),
        }
    }
}

impl Sharing {
    /// What the task whose first sharer is at `first` has; 0 for nothing so far.
    fn room(&mut self, sort: Shared, first: u32) -> Option<&mut u32> {
        let list = self.0.get_mut(sort as usize)?;
        let first = first as usize;
        if list.len() <= first {
            list.resize(first + 1, 0);
        }
        list.get_mut(first)
    }

    /// Notes that the record defines what the tasks have that share with the one at `first`.
    pub(super) fn define(&mut self, hdr: &Hdr, sort: Shared, first: u32, id: u32) -> Fit {
        match self.room(sort, first) {
            Some(room) if *room == 0 => {
                *room = id;
                Ok(())
            }
            _ => Err(hdr.malformed(Problem::Objref(id))),
        }
    }

    /// Looks whether a task uses what those have that it shares with.
    pub(super) fn check(&mut self, hdr: &Hdr, sort: Shared, first: u32, id: u32) -> Fit {
        let wrong: Malformed = hdr.malformed(Problem::Objref(id));
        let has = self.room(sort, first).is_some_and(|room| *room == id);
        has.then_some(()).ok_or(wrong)
    }
}
