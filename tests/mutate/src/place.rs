// SPDX-License-Identifier: GPL-2.0-only

//! Where in an image something stands: fields, payloads and to whom they belong, sections.

use ckpt_image::{
    describe::Role,
    record::{
        Pages,
        Run, //
    },
    testing::{
        fields,
        payload,
        Field,
        Part,
        Payload, //
    },
    Kind, //
};

use crate::Mutation;

/// One number in the body of a record.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    /// The record.
    pub(crate) at: usize,
    /// Where in the body.
    pub(crate) offset: usize,
    /// Bytes.
    pub(crate) width: usize,
    /// What it is called.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) role: Role,
}

/// Reads a number of up to eight bytes; what is not there is zero.
pub(crate) fn get(body: &[u8], offset: usize, width: usize) -> u64 {
    let mut raw = [0; 8];
    for (to, from) in raw.iter_mut().zip(body.iter().skip(offset).take(width)) {
        *to = *from;
    }
    u64::from_le_bytes(raw)
}

/// Writes one, as far as the body reaches.
pub(crate) fn put(body: &mut [u8], offset: usize, width: usize, number: u64) {
    let raw = number.to_le_bytes();
    for (to, from) in body.iter_mut().skip(offset).take(width).zip(raw) {
        *to = from;
    }
}

/// A field of a record by its name.
pub(crate) fn field(kind: Kind, name: &str) -> Option<Field> {
    fields(kind)
        .iter()
        .find(|field| field.name == name)
        .copied()
}

/// Reads a field by its name; 0 when there is none.
pub(crate) fn read(part: &Part, name: &str) -> u64 {
    field(part.kind, name).map_or(0, |field| get(&part.body, field.offset, field.width()))
}

/// Writes a field by its name.
pub(crate) fn write(part: &mut Part, name: &str, number: u64) {
    if let Some(field) = field(part.kind, name) {
        put(&mut part.body, field.offset, field.width(), number);
    }
}

/// Where the entries of a payload stand in the body of its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entries {
    /// What they are.
    pub(crate) payload: Payload,
    /// The record that counts them.
    pub(crate) owner: usize,
    /// Where the first one begins in the body.
    pub(crate) start: usize,
    /// How many there are.
    pub(crate) count: usize,
}

/// The entries that a BUFFER or a PAGES record holds, if it holds any.
pub(crate) fn entries(parts: &[Part], at: usize) -> Option<Entries> {
    let part = parts.get(at)?;
    if part.kind == Kind::PAGES {
        let payload = payload(Kind::PAGES, 0)?;
        let start = size_of::<Pages>();
        let room = part.contents.start.checked_sub(start)?;
        return Some(Entries {
            payload,
            owner: at,
            start,
            count: room / size_of::<Run>(),
        });
    }
    if part.kind != Kind::BUFFER {
        return None;
    }
    let before = parts.get(..at)?;
    let follows = |part: &&Part| part.kind == Kind::BUFFER || part.kind == Kind::STRING;
    let back = before.iter().rev().take_while(follows).count();
    let owner = at.checked_sub(back + 1)?;
    let place = parts.get(owner..at)?.iter();
    let place = place.filter(|part| part.kind == Kind::BUFFER).count();
    let payload = payload(parts.get(owner)?.kind, place)?;
    let len = usize::try_from(get(&part.body, 0, 8)).unwrap_or(usize::MAX);
    let len = len.min(part.body.len().saturating_sub(8));
    Some(Entries {
        payload,
        owner,
        start: 8,
        count: len / payload.size,
    })
}

impl Mutation<'_> {
    /// The places of the records of a sort.
    pub(crate) fn places(&self, is: impl Fn(&Part) -> bool) -> Vec<usize> {
        let parts = self.parts.iter().enumerate();
        parts
            .filter(|(_, part)| is(part))
            .map(|(at, _)| at)
            .collect()
    }

    /// One record of a sort. Rare kinds come as often as frequent ones, most of the time.
    pub(crate) fn pick(&mut self, is: impl Fn(&Part) -> bool) -> Option<usize> {
        let mut places = self.places(is);
        if self.chance(2, 3) {
            let mut kinds: Vec<Kind> = places.iter().map(|at| self.parts[*at].kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let kind = kinds[self.any(kinds.len())?];
            places.retain(|at| self.parts[*at].kind == kind);
        }
        self.any(places.len()).map(|which| places[which])
    }

    /// One number of a field of `fields`, the structure of which begins at `start`.
    pub(crate) fn number_of(
        &mut self,
        at: usize,
        start: usize,
        fields: &[Field],
    ) -> Option<Number> {
        let field = fields[self.any(fields.len())?];
        let width = field.width();
        let word = self.any(field.size / width)?;
        Some(Number {
            at,
            offset: start + field.offset + word * width,
            width,
            name: field.name,
            role: field.role,
        })
    }

    /// From one TASK to the next: where each section begins, and the end of the last.
    pub(crate) fn sections(&self) -> Vec<usize> {
        let mut bounds = self.places(|part| part.kind == Kind::TASK);
        bounds.push(self.parts.len());
        bounds
    }
}
