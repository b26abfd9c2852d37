// SPDX-License-Identifier: GPL-2.0-only

//! Damages images by knowing their records: for fuzzers, and for the tests in a VM.
//!
//! [`mutate`] makes a bad image out of a good one and a seed. Most of the time it leaves alone what
//! would give the damage away at once: lengths, totals and checksum are made to agree, and often the
//! counts and ids as well, so that the damage gets deep. The same seed and the same images give the
//! same result everywhere. No file is touched here, and nothing is judged.

mod agree;
mod bytes;
mod place;
mod structure;
mod values;

#[cfg(test)]
mod tests;

use ckpt_image::{
    testing::{
        seal,
        unsealed,
        Part, //
    },
    Kind, //
};
use fastrand::Rng;

/// The records of an image that is to be damaged, without its index and its TAIL.
#[derive(Clone, Debug)]
pub struct Base {
    /// What it is called when a mutation of it is told of.
    pub name: String,
    /// Its records.
    pub parts: Vec<Part>,
}

impl Base {
    /// Takes an image apart; nothing when it does not begin with a HEADER and end with a TAIL.
    pub fn new(name: &str, image: &[u8]) -> Option<Base> {
        let parts = unsealed(image)?;
        (parts.first()?.kind == Kind::HEADER).then(|| Base {
            name: name.to_owned(),
            parts,
        })
    }
}

/// A damaged image.
#[derive(Clone, Debug)]
pub struct Mutated {
    /// Its bytes.
    pub image: Vec<u8>,
    /// What was done to it, one step after the other.
    pub steps: Vec<String>,
}

/// Most steps that one image goes through.
const MOST_STEPS: usize = 8;

/// Damages an image. Records and values may come from the other one as well.
pub fn mutate(seed: u64, base: &[Part], other: &[Part]) -> Mutated {
    let mut mutation = Mutation {
        dice: Rng::with_seed(seed),
        parts: base.to_vec(),
        other,
        steps: Vec::new(),
    };
    mutation.run();
    let mut image = match mutation.chance(1, 24) {
        true => mutation.break_index(),
        false => seal(&mutation.parts),
    };
    if mutation.chance(1, 16) {
        mutation.break_frame(&mut image);
    }
    Mutated {
        image,
        steps: mutation.steps,
    }
}

/// An image on its way.
struct Mutation<'a> {
    dice: Rng,
    parts: Vec<Part>,
    other: &'a [Part],
    steps: Vec<String>,
}

/// How often it is in comparison with others, what it is called, and what is done: it tells whether it
/// could be.
type Step<'a> = (u32, &'static str, fn(&mut Mutation<'a>) -> bool);

impl<'a> Mutation<'a> {
    const STEPS: [Step<'a>; 19] = [
        (36, "change_field", Self::change_field),
        (14, "change_entry", Self::change_entry),
        (4, "change_bytes", Self::change_bytes),
        (2, "change_contents", Self::change_contents),
        (5, "change_text", Self::change_text),
        (6, "resize_payload", Self::resize_payload),
        (5, "change_count", Self::change_count),
        (5, "change_pages", Self::change_pages),
        (4, "drop_record", Self::drop_record),
        (4, "repeat_record", Self::repeat_record),
        (4, "swap_records", Self::swap_records),
        (3, "move_record", Self::move_record),
        (5, "take_record", Self::take_record),
        (2, "change_kind", Self::change_kind),
        (2, "repeat_section", Self::repeat_section),
        (2, "drop_section", Self::drop_section),
        (2, "swap_sections", Self::swap_sections),
        (3, "splice", Self::splice),
        (1, "cut", Self::cut),
    ];
}

impl Mutation<'_> {
    fn run(&mut self) {
        let mut wanted = 1;
        while wanted < MOST_STEPS && self.chance(1, 3) {
            wanted += 1;
        }
        let total = Self::STEPS.iter().map(|(weight, ..)| weight).sum();
        let mut tries = 0;
        let mut done = 0;
        while done < wanted && tries < 8 * MOST_STEPS {
            tries += 1;
            let mut ticket = self.dice.u32(0..total);
            for (weight, _, step) in Self::STEPS {
                if ticket < weight {
                    done += usize::from(step(self));
                    break;
                }
                ticket -= weight;
            }
        }
        self.agree();
    }

    /// True in so many of so many cases.
    fn chance(&mut self, times: u32, of: u32) -> bool {
        self.dice.u32(0..of) < times
    }

    /// A place in a list; nothing when it is empty.
    fn any(&mut self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.dice.usize(0..len))
    }

    fn note(&mut self, step: String) {
        self.steps.push(step);
    }

    /// A record by its name and place, for the notes.
    fn named(&self, at: usize) -> String {
        let kind = self.parts.get(at).map_or("?", |part| part.kind.name());
        format!("{kind} (record {at})")
    }
}
