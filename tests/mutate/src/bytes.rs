// SPDX-License-Identifier: GPL-2.0-only

//! Changes within one record: fields, entries, texts, lengths; and of the frame around them.

use ckpt_image::{
    describe::Role,
    testing::{
        close,
        fields,
        index,
        index_of,
        Part, //
    },
    Kind,
    HDR_SIZE, //
};

use crate::{
    place::{
        entries,
        get,
        put,
        Number, //
    },
    Mutation,
};

/// Texts that a path, or a name, may not be; or had better not be.
const TEXTS: &[&[u8]] = &[
    b"",
    b"/",
    b".",
    b"..",
    b"/..",
    b"relative",
    b"/dev/null",
    b"/dev/zero",
    b"/dev/full",
    b"/dev/ckpt",
    b"/dev/tty",
    b"/dev/ptmx",
    b"/dev/mem",
    b"/dev/kmsg",
    b"/dev/fd/0",
    b"/proc/self/mem",
    b"/proc/self/exe",
    b"/proc/self/fd/3",
    b"/proc/kmsg",
    b"/proc/1/mem",
    b"/sys/kernel",
    b"/sys/fs/cgroup",
    b"/bin/sh",
    b"/etc/passwd",
    b"/tmp",
    b"/missing",
    b"%s%n%p%d",
    b"nul\0within",
    b"\xff\xfe\x80",
];

/// Longest text that is made, in bytes: more than a path may have.
const LONG: usize = 4200;

impl Mutation<'_> {
    /// Changes a field; now and then several of one record, which may hide each other.
    pub(crate) fn change_field(&mut self) -> bool {
        let Some(at) = self.pick(|part| !fields(part.kind).is_empty()) else {
            return false;
        };
        let more = if self.chance(1, 4) {
            self.dice.usize(1..4)
        } else {
            0
        };
        let mut changed = false;
        for _ in 0..=more {
            let number = self.number_of(at, 0, fields(self.parts[at].kind));
            changed |= number.is_some_and(|number| self.change(&number));
        }
        changed
    }

    pub(crate) fn change_entry(&mut self) -> bool {
        let Some(at) = self.pick_payload() else {
            return false;
        };
        let Some(all) = entries(&self.parts, at) else {
            return false;
        };
        let Some(which) = self.any(all.count) else {
            return false;
        };
        let start = all.start + which * all.payload.size;
        if all.payload.fields.is_empty() {
            return self.change(&Number {
                at,
                offset: start,
                width: all.payload.size,
                name: "entry",
                role: Role::Number,
            });
        }
        let number = self.number_of(at, start, all.payload.fields);
        number.is_some_and(|number| self.change(&number))
    }

    /// A record that holds entries. Each owner's kind comes as often as any other.
    fn pick_payload(&mut self) -> Option<usize> {
        let holds = |at: &usize| entries(&self.parts, *at).is_some_and(|all| all.count > 0);
        let all: Vec<usize> = (0..self.parts.len()).filter(holds).collect();
        let owner = |at: usize| {
            let owner = entries(&self.parts, at).map_or(at, |all| all.owner);
            self.parts[owner].kind
        };
        let mut kinds: Vec<Kind> = all.iter().map(|at| owner(*at)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let of = kinds[self
            .dice
            .usize(0..kinds.len().max(1))
            .min(kinds.len().checked_sub(1)?)];
        let same: Vec<usize> = all.into_iter().filter(|at| owner(*at) == of).collect();
        self.any(same.len()).map(|which| same[which])
    }

    /// Flips bits, anywhere but in page contents.
    pub(crate) fn change_bytes(&mut self) -> bool {
        let Some(at) = self.pick(|part| part.body.len() > part.contents.len()) else {
            return false;
        };
        let part = &mut self.parts[at];
        let room = part.body.len() - part.contents.len();
        let flips = self.dice.usize(1..4);
        for _ in 0..flips {
            let mut offset = self.dice.usize(0..room);
            if offset >= part.contents.start {
                offset += part.contents.len();
            }
            part.body[offset] ^= 1 << self.dice.u32(0..8);
        }
        let what = self.named(at);
        self.note(format!("{what}: {flips} bits flipped"));
        true
    }

    /// Flips a bit in the contents of a page.
    pub(crate) fn change_contents(&mut self) -> bool {
        let Some(at) = self.pick(|part| !part.contents.is_empty()) else {
            return false;
        };
        let part = &mut self.parts[at];
        let offset = self.dice.usize(part.contents.clone());
        part.body[offset] ^= 1 << self.dice.u32(0..8);
        let what = self.named(at);
        self.note(format!("{what}: a bit of byte {offset}, in a page"));
        true
    }

    pub(crate) fn change_text(&mut self) -> bool {
        let texts = self.places(|part| part.kind == Kind::STRING);
        let Some(at) = self.any(texts.len()).map(|which| texts[which]) else {
            return false;
        };
        let text = match self.dice.u32(0..4) {
            0 => vec![b'x'; self.dice.usize(0..LONG)],
            1 => {
                let from = self.dice.usize(0..texts.len());
                let body = &self.parts[texts[from]].body;
                let len = get(body, 0, 8) as usize;
                body.get(8..8 + len.min(LONG)).unwrap_or(b"/").to_vec()
            }
            _ => {
                let which = self.dice.usize(0..TEXTS.len());
                TEXTS[which].to_vec()
            }
        };
        let what = self.named(at);
        self.note(format!("{what}: {:?}", String::from_utf8_lossy(&text)));
        self.parts[at] = Part::padded(Kind::STRING, &text);
        true
    }

    /// Makes a record longer or shorter than what it says of itself.
    pub(crate) fn resize_payload(&mut self) -> bool {
        let Some(at) = self.pick(|part| part.contents.is_empty()) else {
            return false;
        };
        let what = self.named(at);
        let edge = 1 << self.dice.u32(0..40);
        let few = self.dice.usize(1..17);
        let value = self.dice.u8(..);
        let part = &mut self.parts[at];
        let counted = part.kind == Kind::STRING || part.kind == Kind::BUFFER;
        let how = match self.dice.u32(0..4) {
            0 if counted => {
                put(&mut part.body, 0, 8, edge);
                "another length"
            }
            1 => {
                part.body.truncate(part.body.len().saturating_sub(few));
                "shorter"
            }
            2 => {
                part.body.extend(std::iter::repeat_n(0, 8 * few));
                "longer, by zeros"
            }
            _ => {
                part.body.extend(std::iter::repeat_n(value, few));
                "longer"
            }
        };
        self.note(format!("{what}: {how}"));
        true
    }

    /// Breaks what was made to agree: the image as bytes.
    /// Ends the image with an index that says something else somewhere, and a TAIL that agrees with it.
    pub(crate) fn break_index(&mut self) -> Vec<u8> {
        let from = self.parts.len();
        self.parts.extend(index(&index_of(&self.parts)));
        let Some(at) = self.any(self.parts.len() - from) else {
            return close(&self.parts);
        };
        let at = from + at;
        let change = match entries(&self.parts, at) {
            Some(all) => {
                let which = self.dice.usize(0..all.count.max(1));
                let start = all.start + which * all.payload.size;
                self.number_of(at, start, all.payload.fields)
            }
            None => self.number_of(at, 0, fields(Kind::INDEX)),
        };
        if let Some(number) = change {
            self.change(&number);
        }
        close(&self.parts)
    }

    pub(crate) fn break_frame(&mut self, image: &mut Vec<u8>) {
        let ends = ckpt_image::testing::boundaries(image);
        let at = self.dice.usize(0..ends.len());
        let start = ends[at].min(image.len().saturating_sub(HDR_SIZE));
        let how = match self.dice.u32(0..5) {
            0 => {
                image.truncate(start);
                "the image ends"
            }
            1 => {
                let inside = self.dice.usize(0..image.len().max(1));
                image.truncate(inside);
                "the image ends within a record"
            }
            2 => {
                let length = self.dice.u32(..) >> self.dice.u32(0..32);
                put(image, start + 4, 4, length.into());
                "another length of a record"
            }
            3 => {
                let tail = image.len().saturating_sub(48);
                let offset = tail + self.dice.usize(0..48);
                put(image, offset, 1, self.dice.u64(..));
                "another end"
            }
            _ => {
                let offset = self.dice.usize(0..image.len().max(1));
                if let Some(byte) = image.get_mut(offset) {
                    *byte ^= 1 << self.dice.u32(0..8);
                }
                "a bit of the image"
            }
        };
        self.note(format!("{how} (record {at}), checksum left as it was"));
    }
}
