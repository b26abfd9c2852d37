// SPDX-License-Identifier: GPL-2.0-only

//! An image for programs: all of its records as JSON, by their declarations. Only two things are named
//! here: TASK, to whose section all records belong that are no objects, and the records behind the last
//! section.
//!
//! A record is a JSON object with its fields, its texts, its arrays, and the records that are parts of it,
//! each under its name: a list when there may be several. Shared objects stand in lists of their own at the
//! top, as do the tasks. Reserved fields and page contents are left out.

use std::collections::BTreeMap;

use ckpt_image::{
    describe::{
        Field,
        Info,
        Layout,
        Payload,
        Role,
        What, //
    },
    record::{
        IndexEntry,
        Pages,
        Record,
        OUTSIDE, //
    },
    Kind, //
};
use serde::{
    ser::SerializeMap,
    Serialize,
    Serializer, //
};
use zerocopy::IntoBytes;

use super::{
    items::{
        Item,
        Placed, //
    },
    names, //
};
use crate::failure::signal_name;

/// All records of an image, as small as they are there.
#[derive(Debug, Default)]
pub struct Records {
    kept: Vec<Kept>,
    bytes: Vec<u8>,
    failure: Option<String>,
}

/// One of them, or something behind one.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// The record, or the one that it is behind.
    info: &'static Info,
    what: Part,
    /// How many records it is a part of, one within the other.
    depth: u32,
    /// Where its bytes end; they begin where those before end.
    end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Fixed,
    Text(&'static str),
    Entries(&'static str),
}

impl Records {
    /// Keeps a record.
    pub fn keep(&mut self, placed: &Placed) {
        let depth = placed.depth as u32;
        match &placed.item {
            Item::Fixed(info, body) => self.add(info, Part::Fixed, depth, body),
            Item::Text(info, of, text) => self.add(info, Part::Text(of), depth, text.as_bytes()),
            Item::Entries(info, payload, bytes) => {
                self.add(info, Part::Entries(payload.of), depth, bytes);
            }
            Item::Pages(_, pages, runs) => {
                let info = ckpt_image::describe::info(Pages::KIND);
                let of = info.and_then(|info| Some((info, info.payload(0)?.of)));
                if let Some((info, of)) = of {
                    self.add(info, Part::Fixed, depth, pages.as_bytes());
                    self.add(info, Part::Entries(of), depth + 1, runs.as_bytes());
                }
            }
            Item::Error => {}
            Item::Reason(text) => self.failure = Some(text.clone()),
        }
    }

    fn add(&mut self, info: &'static Info, what: Part, depth: u32, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.kept.push(Kept {
            info,
            what,
            depth,
            end: self.bytes.len(),
        });
    }

    fn bytes_of(&self, at: usize) -> &[u8] {
        let end = |at: usize| self.kept.get(at).map_or(0, |kept| kept.end);
        let start = at.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(at)).unwrap_or_default()
    }

    /// The places of what is behind the record at `at`, and of its parts, without those of these.
    fn parts(&self, at: usize) -> impl Iterator<Item = (usize, &Kept)> {
        let depth = self.kept.get(at).map_or(0, |kept| kept.depth);
        let rest = self.kept.iter().enumerate().skip(at + 1);
        let within = rest.take_while(move |(_, kept)| kept.depth > depth);
        within.filter(move |(_, kept)| kept.depth == depth + 1)
    }
}

/// The whole, with what is known beside its records.
pub struct Whole<'a> {
    /// The records.
    pub records: &'a Records,
    /// Bytes behind the image.
    pub behind: u64,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let records = self.records;
        let mut objects: BTreeMap<Kind, Vec<One<'_>>> = BTreeMap::new();
        let mut head = Vec::new();
        let mut tasks: Vec<One<'_>> = Vec::new();
        let mut index = Vec::new();
        for (at, kept) in records.kept.iter().enumerate() {
            if kept.depth > 0 {
                continue;
            }
            let one = One {
                records,
                at,
                more: Vec::new(),
            };
            let mut fields = kept.info.fields.iter();
            if fields.any(|field| matches!(field.role, Role::Id)) {
                objects.entry(kept.info.kind).or_default().push(one);
            } else if kept.info.kind == Kind::TASK {
                tasks.push(one);
            } else {
                match tasks.last_mut() {
                    _ if kept.info.kind == Kind::INDEX => index.extend(records.parts(at)),
                    Some(task) if kept.info.kind != Kind::TAIL => task.more.push(at),
                    _ => head.push(one),
                }
            }
        }
        let mut map = serializer.serialize_map(None)?;
        for one in &head {
            map.serialize_entry(&records.key(one.at), one)?;
        }
        map.serialize_entry("task", &tasks)?;
        for (kind, all) in &objects {
            map.serialize_entry(&key(*kind), all)?;
        }
        map.serialize_entry(
            "index",
            &Index {
                records,
                parts: index,
            },
        )?;
        if let Some(failure) = &records.failure {
            map.serialize_entry("error", failure)?;
        }
        map.serialize_entry("bytes_behind", &self.behind)?;
        map.end()
    }
}

/// What a record is called.
fn key(kind: Kind) -> String {
    kind.name().to_ascii_lowercase()
}

impl Records {
    fn key(&self, at: usize) -> String {
        self.kept
            .get(at)
            .map_or_else(String::new, |kept| key(kept.info.kind))
    }
}

/// A record with its parts, and records that belong to it without being parts.
struct One<'a> {
    records: &'a Records,
    at: usize,
    more: Vec<usize>,
}

impl<'a> One<'a> {
    fn other(&self, at: usize) -> One<'a> {
        One {
            records: self.records,
            at,
            more: Vec::new(),
        }
    }
}

/// Whether there may be several of a kind behind a record.
fn is_list(info: &Info, kind: Kind) -> bool {
    let mut follows = info.follows.iter().filter_map(|follow| match follow.what {
        What::Record(one, count) if one == kind => Some(count.is_some()),
        What::Pages(one, _) if one == kind => Some(true),
        What::Maybe(one) if one == kind => Some(false),
        _ => None,
    });
    follows.next() == Some(true) || follows.next().is_some()
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let records = self.records;
        let mut map = serializer.serialize_map(None)?;
        let Some(own) = records.kept.get(self.at) else {
            return map.end();
        };
        let body = records.bytes_of(self.at);
        for field in own.info.fields {
            if !matches!(field.role, Role::Zero) {
                map.serialize_entry(field.name, &Value { field, body })?;
            }
        }
        let mut parts = records.parts(self.at).peekable();
        while let Some((at, part)) = parts.next() {
            let bytes = records.bytes_of(at);
            match part.what {
                Part::Text(of) => map.serialize_entry(of, &String::from_utf8_lossy(bytes))?,
                Part::Entries(of) => {
                    let follows = part.info.follows.iter();
                    let payload = follows.clone().find_map(|follow| match follow.what {
                        What::Buffer(payload) | What::Within(payload) if payload.of == of => {
                            Some(payload)
                        }
                        _ => None,
                    });
                    if let Some(payload) = payload {
                        map.serialize_entry(of, &Entries { payload, bytes })?;
                    }
                }
                Part::Fixed if is_list(own.info, part.info.kind) => {
                    let mut all = vec![self.other(at)];
                    let is_same = |(_, next): &(usize, &Kept)| {
                        next.what == Part::Fixed && next.info.kind == part.info.kind
                    };
                    while let Some((at, _)) = parts.next_if(is_same) {
                        all.push(self.other(at));
                    }
                    map.serialize_entry(&key(part.info.kind), &all)?;
                }
                Part::Fixed => map.serialize_entry(&key(part.info.kind), &self.other(at))?,
            }
        }
        for at in &self.more {
            map.serialize_entry(&records.key(*at), &self.other(*at))?;
        }
        map.end()
    }
}

/// The entries of the index, which may be in several records.
struct Index<'a> {
    records: &'a Records,
    parts: Vec<(usize, &'a Kept)>,
}

impl Serialize for Index<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.parts.iter().flat_map(|(at, _)| {
            let bytes = self
                .records
                .bytes_of(*at)
                .chunks_exact(size_of::<IndexEntry>());
            bytes.map(|body| Entry {
                fields: IndexEntry::FIELDS,
                body,
            })
        });
        serializer.collect_seq(entries)
    }
}

/// What a BUFFER holds.
struct Entries<'a> {
    payload: Payload,
    bytes: &'a [u8],
}

/// One entry of several fields.
struct Entry<'a> {
    fields: &'static [Field],
    body: &'a [u8],
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.payload.fields;
        let all = self.bytes.chunks_exact(self.payload.size);
        let number = |bytes: &[u8]| {
            let bytes = bytes.iter().rev();
            bytes.fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        match self.payload.size {
            _ if !fields.is_empty() => {
                serializer.collect_seq(all.map(|body| Entry { fields, body }))
            }
            1 => serializer.collect_str(&Hex(self.bytes)),
            8 => serializer.collect_seq(all.map(|word| format!("{:#x}", number(word)))),
            _ => serializer.collect_seq(all.map(number)),
        }
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self
            .fields
            .iter()
            .filter(|field| !matches!(field.role, Role::Zero));
        let body = self.body;
        serializer.collect_map(told.map(|field| (field.name, Value { field, body })))
    }
}

/// Bytes as digits.
struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a field says.
struct Value<'a> {
    field: &'a Field,
    body: &'a [u8],
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |which| Number {
            field: self.field,
            number: self.field.number(self.body, which),
        };
        match self.field.is_array() {
            false => number(0).serialize(serializer),
            true => serializer.collect_seq((0..self.field.count()).map(number)),
        }
    }
}

/// One number of a field.
struct Number<'a> {
    field: &'a Field,
    number: u64,
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.number;
        let signed = self.field.signed(number);
        match self.field.role {
            Role::Address | Role::Mask => serializer.collect_str(&format_args!("{number:#x}")),
            Role::Kind => serializer.serialize_str(&names::kind(number)),
            Role::Octal => serializer.collect_str(&format_args!("{number:#o}")),
            Role::Flags(set) => {
                let members = set.members.iter();
                serializer.collect_seq(
                    members
                        .filter(|bit| number & bit.value != 0)
                        .map(|bit| bit.name),
                )
            }
            Role::OneOf(set) => match set.name_of(number) {
                Some(name) => serializer.serialize_str(name),
                None => serializer.serialize_u64(number),
            },
            Role::Place if number == u64::from(OUTSIDE) => serializer.serialize_none(),
            Role::Maybe(_) | Role::Restarters if number == 0 => serializer.serialize_none(),
            Role::Signal if (1..=64).contains(&signed) => {
                serializer.serialize_str(&signal_name(signed as i32))
            }
            Role::Signals => serializer.collect_seq(names::signals(number)),
            _ if self.field.is_signed() => serializer.serialize_i64(signed),
            _ => serializer.serialize_u64(number),
        }
    }
}
