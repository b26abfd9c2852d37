// SPDX-License-Identifier: GPL-2.0-only

//! What the declarations of [`crate::record`] say, as tables: for the tools and for tests.
//!
//! The module is built without them. Each record and each entry has a [`Layout`]; each record an
//! [`Info`] beside, which [`info()`] finds by its kind.

use crate::{
    record,
    Kind,
    Problem, //
};

/// What a field is.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// A number, which nothing more is to be said of.
    Number,
    /// How many there are of something, and how many there may be.
    Count(Option<Limit>),
    /// A size or an offset in bytes.
    Bytes(Option<Limit>),
    /// An address of user memory.
    Address,
    /// A time or a span in nanoseconds.
    Nanoseconds,
    /// A word of bits, shown in hexadecimal.
    Mask,
    /// Permissions or O_* flags, shown in octal.
    Octal,
    /// Bits with names.
    Flags(&'static Set),
    /// One of the numbers with names.
    OneOf(&'static Set),
    /// The kind of a record.
    Kind,
    /// The id of the object that the record defines.
    Id,
    /// The id of a shared object, which a record of one of these kinds defines.
    Object(&'static [Kind]),
    /// The same; 0 for none.
    Maybe(&'static [Kind]),
    /// What the restarter has ([`record::RESTARTERS`]), since no image has objects of this sort yet; or how
    /// many of them the image has, which is none.
    Restarters,
    /// A place in the tree; [`record::OUTSIDE`] for what is not part of it.
    Place,
    /// The number of a signal.
    Signal,
    /// A set of signals, signal 1 in bit 0.
    Signals,
    /// Waits for a meaning, and is zero until it has one.
    Zero,
}

/// A limit that a number has to keep.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name in [`crate::limits`].
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

/// Numbers that have names: the bits of a word, or the values of an enumeration.
#[derive(Debug)]
pub struct Set {
    /// The name of all of it.
    pub name: &'static str,
    /// Its members, in the order of the declaration.
    pub members: &'static [Member],
}

/// A number that has a name.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// The bit itself, or the value.
    pub value: u64,
    /// What it means, line by line.
    pub doc: &'static [&'static str],
}

impl Set {
    /// All bits of a word.
    pub fn all(&self) -> u64 {
        let members = self.members.iter();
        members.fold(0, |all, member| all | member.value)
    }

    /// The name of a value.
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        let mut members = self.members.iter();
        members
            .find(|member| member.value == value)
            .map(|member| member.name)
    }
}

/// One field of a record or of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
    /// Its type as it was written down: a number, or an array of numbers.
    pub words: &'static str,
    /// What it is.
    pub role: Role,
    /// What it means, line by line.
    pub doc: &'static [&'static str],
}

impl Field {
    /// Size in bytes of one number in it.
    pub fn width(&self) -> usize {
        let bits = [("64", 8), ("32", 4), ("16", 2)];
        let wide = bits.iter().find(|(bits, _)| self.words.contains(bits));
        wide.map_or(1, |(_, width)| *width)
    }

    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.size / self.width()
    }

    /// One of its numbers, in a body of that structure.
    pub fn number(&self, body: &[u8], which: usize) -> u64 {
        let mut raw = [0; 8];
        let start = self.offset + which * self.width();
        let bytes = body.iter().skip(start).take(self.width());
        raw.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(raw)
    }

    /// Whether it is an array of numbers.
    pub fn is_array(&self) -> bool {
        self.words.starts_with('[')
    }

    /// One of its numbers with the sign that it has.
    pub fn signed(&self, number: u64) -> i64 {
        let unused = 64 - 8 * self.width() as u32;
        (number << unused) as i64 >> unused
    }

    /// Whether its numbers have a sign.
    pub fn is_signed(&self) -> bool {
        self.words.contains('i')
    }
}

/// What has fields.
pub trait Layout {
    /// Its name.
    const NAME: &'static str;
    /// All of them, in order.
    const FIELDS: &'static [Field];
}

/// What a BUFFER, or what stands before the pages of PAGES, is an array of.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// What they are together.
    pub of: &'static str,
    /// How many there may be, where the counts do not tell by themselves.
    pub limit: Option<Limit>,
    /// The name of an entry.
    pub name: &'static str,
    /// The fields of an entry; none when it is a plain number.
    pub fields: &'static [Field],
    /// Size in bytes of an entry.
    pub size: usize,
    /// The fields of the record before it that add up to the number of entries; none when nothing
    /// tells but the length of the BUFFER.
    pub counts: &'static [&'static str],
}

/// What follows a record.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A STRING, of what, and how long it may be.
    Text(&'static str, Limit),
    /// A BUFFER of entries.
    Buffer(Payload),
    /// Entries within the record itself.
    Within(Payload),
    /// A record; the field that tells how many, or one.
    Record(Kind, Option<&'static str>),
    /// This record, or none.
    Maybe(Kind),
    /// Records of this kind until they have as many pages as the field tells.
    Pages(Kind, &'static str),
}

/// When it follows.
#[derive(Clone, Copy, Debug)]
pub struct Follow {
    /// What.
    pub what: What,
    /// Only when one of these fields is not zero; always when there is none. `text` is no field: the text
    /// before it is not empty.
    pub fields: &'static [&'static str],
    /// The name of the bit of that field that counts, or of the value that it has.
    pub bit: Option<&'static str>,
}

impl Follow {
    /// Whether the text before it decides.
    pub fn is_text_bound(&self) -> bool {
        self.fields == ["text"]
    }
}

/// What the declaration of a record says.
#[derive(Debug)]
pub struct Info {
    /// Its kind.
    pub kind: Kind,
    /// The name of its structure.
    pub name: &'static str,
    /// Bytes of its fixed part.
    pub size: usize,
    /// Its fields.
    pub fields: &'static [Field],
    /// What follows it, in this order.
    pub follows: &'static [Follow],
    /// What it is, line by line.
    pub doc: &'static [&'static str],
}

/// What is wrong with the values of fields: counts over their limits, unknown bits, unknown members of an
/// enumeration.
pub fn problem(fields: &[Field], body: &[u8]) -> Option<Problem> {
    fields.iter().find_map(|field| {
        let value = field.number(body, 0);
        match field.role {
            Role::Count(Some(limit)) | Role::Bytes(Some(limit)) => {
                record::over(value, limit.value).map(Problem::Count)
            }
            Role::Flags(set) => {
                (value & !set.all() != 0).then_some(Problem::Value("unknown flags"))
            }
            Role::Restarters => (value != 0).then_some(Problem::Restarters(field.name)),
            Role::OneOf(set) => match set.name_of(value) {
                Some(_) => None,
                None => Some(Problem::Value("unknown value of an enumeration")),
            },
            _ => None,
        }
    })
}

/// What stands in the field of this name; 0 when there is none.
fn get(fields: &[Field], name: &str, body: &[u8]) -> u64 {
    let mut fields = fields.iter();
    let field = fields.find(|field| field.name == name);
    field.map_or(0, |field| field.number(body, 0))
}

/// Whether the fields that have to be zero are.
fn reserved_is_zero(fields: &[Field], body: &[u8]) -> bool {
    let mut reserved = fields
        .iter()
        .filter(|field| matches!(field.role, Role::Zero));
    reserved.all(|field| {
        let bytes = body.get(field.offset..field.offset + field.size);
        bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
    })
}

impl Payload {
    /// What stands in the field of this name of an entry; 0 when there is none.
    pub fn get(&self, name: &str, entry: &[u8]) -> u64 {
        get(self.fields, name, entry)
    }

    /// What is wrong with the length in bytes of a BUFFER that is to hold `count` entries, or however many.
    pub fn problem(&self, count: Option<u64>, len: u64) -> Option<Problem> {
        let size = self.size as u64;
        let fits = match count {
            Some(count) => count.checked_mul(size) == Some(len),
            None => len % size == 0,
        };
        match self.limit {
            _ if !fits => Some(Problem::Length(u32::try_from(len).unwrap_or(u32::MAX))),
            Some(limit) => record::over(len / size, limit.value).map(Problem::Count),
            None => None,
        }
    }

    /// What is wrong with an entry, for a reader that does not know what it means.
    pub fn entry_problem(&self, entry: &[u8]) -> Option<Problem> {
        match reserved_is_zero(self.fields, entry) {
            true => problem(self.fields, entry),
            false => Some(Problem::Growth),
        }
    }
}

impl Info {
    /// What stands in the field of this name; 0 when there is none.
    pub fn get(&self, name: &str, body: &[u8]) -> u64 {
        get(self.fields, name, body)
    }

    /// What the BUFFER number `place`, counted from 0, behind the record holds; of a record with
    /// entries within, these.
    pub fn payload(&self, place: usize) -> Option<Payload> {
        let payloads = self.follows.iter().filter_map(|follow| match follow.what {
            What::Buffer(payload) | What::Within(payload) => Some(payload),
            _ => None,
        });
        payloads.skip(place).take(1).last()
    }

    /// Whether the fields that have to be zero are, in the fixed part of a body.
    pub fn reserved_is_zero(&self, body: &[u8]) -> bool {
        reserved_is_zero(self.fields, body)
    }
}

/// Every record that has a fixed part, file by file.
pub const RECORDS: &[&[&Info]] = record::RECORDS;

/// The description of a record; `None` for kinds without a fixed part.
pub fn info(kind: Kind) -> Option<&'static Info> {
    let mut all = RECORDS.iter().copied().flatten().copied();
    all.find(|info| info.kind == kind)
}
