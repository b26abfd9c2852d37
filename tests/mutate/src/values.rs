// SPDX-License-Identifier: GPL-2.0-only

//! Numbers that a field may not like.

use std::sync::LazyLock;

use ckpt_image::{
    describe::{
        Role,
        What,
        RECORDS, //
    },
    limits,
    record::OUTSIDE,
    PAGE_SIZE, //
};

use crate::{
    place::{
        get,
        put,
        Number, //
    },
    Mutation,
};

/// Numbers at which something ends, whatever they mean.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    3,
    15,
    16,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    PAGE_SIZE - 1,
    PAGE_SIZE,
    PAGE_SIZE + 1,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// The limits of the format: those that the declarations of records name, and a few more.
static LIMITS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut all = vec![
        limits::RECORD.into(),
        limits::PID_DEPTH.into(),
        limits::PID as u64,
        limits::OBJREF.into(),
        limits::ADDRESS / PAGE_SIZE,
    ];
    for info in RECORDS.iter().copied().flatten() {
        all.extend(info.fields.iter().filter_map(|field| match field.role {
            Role::Count(limit) | Role::Bytes(limit) => limit.map(|limit| limit.value),
            _ => None,
        }));
        all.extend(info.follows.iter().filter_map(|follow| match follow.what {
            What::Text(_, limit) => Some(limit.value),
            What::Buffer(payload) => payload.limit.map(|limit| limit.value),
            _ => None,
        }));
    }
    all.sort_unstable();
    all.dedup();
    all
});

/// Addresses at which something ends, and some that belong to the kernel.
const ADDRESSES: &[u64] = &[
    0,
    PAGE_SIZE,
    0x1_0000,
    0x40_0000,
    limits::ADDRESS - PAGE_SIZE,
    limits::ADDRESS,
    limits::ADDRESS + PAGE_SIZE,
    1 << 47,
    1 << 56,
    0x8000_0000_0000_0000,
    0xffff_8000_0000_0000,
    0xffff_8880_0000_0000,
    0xffff_ffff_8100_0000,
    0xffff_ffff_ff60_0000,
    u64::MAX - PAGE_SIZE + 1,
];

impl Mutation<'_> {
    /// Puts another number there; not if it would be the same.
    pub(crate) fn change(&mut self, number: &Number) -> bool {
        let old = get(&self.parts[number.at].body, number.offset, number.width);
        let mask = u64::MAX >> (64 - 8 * number.width.clamp(1, 8) as u32);
        let new = self.value(number, old) & mask;
        if new == old {
            return false;
        }
        put(
            &mut self.parts[number.at].body,
            number.offset,
            number.width,
            new,
        );
        let what = self.named(number.at);
        self.note(format!("{what}: {} {old:#x} -> {new:#x}", number.name));
        true
    }

    fn value(&mut self, number: &Number, old: u64) -> u64 {
        match self.dice.u32(0..12) {
            0..=2 => self.meant(number, old),
            3 | 4 => self.edge(EDGES),
            5 => {
                let limit = self.edge(&LIMITS);
                self.near(limit)
            }
            6 => self.near(old),
            7 => old ^ 1 << self.dice.u32(0..8 * number.width as u32),
            8 => match self.dice.u32(0..4) {
                0 => !old,
                1 => old.wrapping_neg(),
                2 => old.wrapping_shl(self.dice.u32(1..13)),
                _ => old >> self.dice.u32(1..13),
            },
            9 => 1 << self.dice.u32(0..64),
            10 => self.borrowed(number).unwrap_or(old),
            _ => self.dice.u64(..),
        }
    }

    fn edge(&mut self, list: &[u64]) -> u64 {
        self.any(list.len()).map_or(0, |which| list[which])
    }

    fn near(&mut self, number: u64) -> u64 {
        number.wrapping_add(self.dice.u64(0..5)).wrapping_sub(2)
    }

    /// What a number of this role could be by mistake, or on purpose.
    fn meant(&mut self, number: &Number, old: u64) -> u64 {
        let bits = 8 * number.width as u32;
        match number.role {
            _ if number.name == "pid" => match self.dice.u32(0..3) {
                0 => self.dice.u64(0..8),
                1 => limits::PID as u64,
                _ => self.borrowed(number).unwrap_or(1),
            },
            Role::Place => match self.dice.u32(0..3) {
                0 => u64::from(OUTSIDE),
                1 => self.dice.u64(0..8),
                _ => self.borrowed(number).unwrap_or(1),
            },
            Role::Flags(_) | Role::Mask | Role::Octal | Role::Signals => {
                match self.dice.u32(0..3) {
                    0 => u64::MAX,
                    1 => old | 1 << self.dice.u32(0..bits),
                    _ => old & !(1 << self.dice.u32(0..bits)),
                }
            }
            Role::OneOf(set) => match self.any(set.members.len()) {
                Some(which) => set.members[which].value,
                None => self.near(old),
            },
            Role::Address | Role::Bytes(_) if number.width == 8 => match self.dice.u32(0..3) {
                0 => self.edge(ADDRESSES),
                1 => {
                    let pages = self.dice.u64(0..9).wrapping_sub(4);
                    old.wrapping_add(pages.wrapping_mul(PAGE_SIZE))
                }
                _ => self.borrowed(number).unwrap_or(old),
            },
            Role::Count(Some(limit)) | Role::Bytes(Some(limit)) if self.chance(1, 3) => {
                self.near(limit.value)
            }
            Role::Id | Role::Object(_) | Role::Maybe(_) | Role::Restarters => self.dice.u64(0..24),
            _ => self.near(old),
        }
    }

    /// What stands in the same place of another record of the kind, in one of the images, or anywhere
    /// in any record.
    fn borrowed(&mut self, number: &Number) -> Option<u64> {
        let kind = self.parts[number.at].kind;
        let here = self.parts.iter().enumerate();
        let mine = here.filter(|(at, part)| *at != number.at && part.kind == kind);
        let theirs = self.other.iter().filter(|part| part.kind == kind);
        let bodies: Vec<&[u8]> = mine
            .map(|(_, part)| part)
            .chain(theirs)
            .map(|part| &part.body[..])
            .collect();
        let which = self.dice.usize(0..bodies.len().max(1));
        if let Some(body) = bodies.get(which) {
            return Some(get(body, number.offset, number.width));
        }
        let at = self.any(self.parts.len())?;
        let body = &self.parts[at].body;
        let words = body.len() / number.width;
        let word = self.dice.usize(0..words.max(1));
        Some(get(body, word * number.width, number.width))
    }
}
