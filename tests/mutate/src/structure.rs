// SPDX-License-Identifier: GPL-2.0-only

//! Changes of the order and number of records, sections and entries.

use ckpt_image::{
    record::{
        Pages,
        Run, //
    },
    sums_len,
    testing::{
        fields,
        Part, //
    },
    Kind,
    HDR_SIZE,
    PAGE_SIZE, //
};

use crate::{
    place::{
        self,
        entries,
        get,
        put, //
    },
    Mutation,
};

/// Most records that an image may come to have by repetition.
const MOST: usize = 4096;

/// Most bytes that it may come to have.
const MOST_BYTES: usize = 8 << 20;

impl Mutation<'_> {
    fn has_room(&self, more: usize) -> bool {
        let bytes: usize = self.parts.iter().map(Part::size).sum();
        self.parts.len() < MOST && bytes + more < MOST_BYTES
    }

    pub(crate) fn drop_record(&mut self) -> bool {
        let Some(at) = self.pick(|_| true) else {
            return false;
        };
        let what = self.named(at);
        self.parts.remove(at);
        self.note(format!("{what}: dropped"));
        true
    }

    pub(crate) fn repeat_record(&mut self) -> bool {
        let Some(at) = self.pick(|_| true) else {
            return false;
        };
        let part = self.parts[at].clone();
        let most = if part.size() < PAGE_SIZE as usize {
            20
        } else {
            2
        };
        let times = if self.chance(1, 4) {
            self.dice.usize(1..most)
        } else {
            1
        };
        if !self.has_room(times * part.size()) {
            return false;
        }
        let what = self.named(at);
        self.parts.splice(at..at, std::iter::repeat_n(part, times));
        self.note(format!("{what}: repeated {times} times"));
        true
    }

    pub(crate) fn swap_records(&mut self) -> bool {
        let Some(one) = self.pick(|_| true) else {
            return false;
        };
        let other = match self.dice.u32(0..3) {
            0 => one + 1,
            1 => {
                let kind = self.parts[one].kind;
                let same = self.places(|part| part.kind == kind);
                let which = self.dice.usize(0..same.len());
                same[which]
            }
            _ => self.dice.usize(0..self.parts.len()),
        };
        if other >= self.parts.len() || self.parts[one] == self.parts[other] {
            return false;
        }
        let (what, with) = (self.named(one), self.named(other));
        self.parts.swap(one, other);
        self.note(format!("{what}: swapped with {with}"));
        true
    }

    pub(crate) fn move_record(&mut self) -> bool {
        let Some(from) = self.pick(|_| true) else {
            return false;
        };
        let to = self.dice.usize(0..self.parts.len());
        if from == to {
            return false;
        }
        let what = self.named(from);
        let part = self.parts.remove(from);
        self.parts.insert(to, part);
        self.note(format!("{what}: moved to {to}"));
        true
    }

    /// Takes a record of the other image: in place of one of its kind, or wherever.
    pub(crate) fn take_record(&mut self) -> bool {
        let Some(from) = self.any(self.other.len()) else {
            return false;
        };
        let part = self.other[from].clone();
        if !self.has_room(part.size()) {
            return false;
        }
        let same = self.places(|own| own.kind == part.kind);
        let name = part.kind.name();
        match self.any(same.len()) {
            Some(which) if self.chance(3, 4) => {
                self.parts[same[which]] = part;
                self.note(format!(
                    "{name} of the other image in place of record {}",
                    same[which]
                ));
            }
            _ => {
                let to = self.dice.usize(0..=self.parts.len());
                self.parts.insert(to, part);
                self.note(format!("{name} of the other image before record {to}"));
            }
        }
        true
    }

    pub(crate) fn change_kind(&mut self) -> bool {
        let Some(at) = self.pick(|_| true) else {
            return false;
        };
        let kind = if self.chance(3, 4) {
            Kind::ALL[self.dice.usize(0..Kind::ALL.len())]
        } else {
            Kind(self.dice.u32(..))
        };
        let what = self.named(at);
        self.parts[at].kind = kind;
        self.note(format!("{what}: now of kind {}", kind.0));
        true
    }

    /// One section, from a TASK to the next.
    fn section(&mut self) -> Option<std::ops::Range<usize>> {
        let bounds = self.sections();
        let which = self.any(bounds.len().checked_sub(1)?)?;
        Some(bounds[which]..bounds[which + 1])
    }

    pub(crate) fn repeat_section(&mut self) -> bool {
        let Some(range) = self.section() else {
            return false;
        };
        let copy = self.parts[range.clone()].to_vec();
        if !self.has_room(copy.iter().map(Part::size).sum()) {
            return false;
        }
        self.note(format!("section {range:?}: repeated"));
        self.parts.splice(range.end..range.end, copy);
        true
    }

    pub(crate) fn drop_section(&mut self) -> bool {
        let Some(range) = self.section() else {
            return false;
        };
        self.note(format!("section {range:?}: dropped"));
        self.parts.drain(range);
        true
    }

    pub(crate) fn swap_sections(&mut self) -> bool {
        let (Some(one), Some(other)) = (self.section(), self.section()) else {
            return false;
        };
        let (first, second) = if one.start < other.start {
            (one, other)
        } else {
            (other, one)
        };
        if first.end > second.start {
            return false;
        }
        self.note(format!("sections {first:?} and {second:?}: swapped"));
        let moved: Vec<Part> = self.parts.drain(second.clone()).collect();
        let replaced: Vec<Part> = self.parts.splice(first.clone(), moved).collect();
        let at = second.end - replaced.len();
        self.parts.splice(at..at, replaced);
        true
    }

    /// Goes on with the other image, from a record of the same kind on.
    pub(crate) fn splice(&mut self) -> bool {
        let other = self.other;
        let common = |part: &Part| other.iter().any(|theirs| theirs.kind == part.kind);
        let Some(at) = self.pick(common) else {
            return false;
        };
        let kind = self.parts[at].kind;
        let theirs: Vec<usize> = (0..other.len())
            .filter(|from| other[*from].kind == kind)
            .collect();
        let Some(which) = self.any(theirs.len()) else {
            return false;
        };
        let from = theirs[which];
        let bytes = other[from..].iter().map(Part::size).sum();
        if !self.has_room(bytes) {
            return false;
        }
        let what = self.named(at);
        self.parts.truncate(at);
        self.parts.extend_from_slice(&other[from..]);
        self.note(format!(
            "{what}: from here the other image, from record {from}"
        ));
        true
    }

    /// Ends the image early, with or without a word.
    pub(crate) fn cut(&mut self) -> bool {
        let Some(at) = self.any(self.parts.len()) else {
            return false;
        };
        self.parts.truncate(at + 1);
        if self.chance(1, 3) {
            self.parts.push(Part {
                kind: Kind::ERROR,
                body: vec![0; 8],
                contents: 0..0,
            });
            self.parts.push(Part::string("mutated"));
        }
        self.note(format!("cut behind record {at}"));
        true
    }

    /// More or fewer entries than there were; the count agrees, or it does not.
    pub(crate) fn change_count(&mut self) -> bool {
        let counted = |at: &usize| {
            self.parts[*at].kind == Kind::BUFFER
                && entries(&self.parts, *at).is_some_and(|all| !all.payload.counts.is_empty())
        };
        let places: Vec<usize> = (0..self.parts.len()).filter(counted).collect();
        let Some(at) = self.any(places.len()).map(|which| places[which]) else {
            return false;
        };
        let Some(all) = entries(&self.parts, at) else {
            return false;
        };
        let count = match self.dice.u32(0..4) {
            0 => 0,
            1 => all.count.saturating_sub(1),
            2 => all.count + 1,
            _ => self.dice.usize(0..1200),
        };
        let size = all.payload.size;
        let body = &self.parts[at].body;
        let room = all.start..all.start + all.count * size;
        let mut bytes = body.get(room).unwrap_or_default().to_vec();
        let last = bytes
            .len()
            .checked_sub(size)
            .map(|from| bytes[from..].to_vec());
        let last = last.unwrap_or_else(|| vec![0; size]);
        bytes.resize(count.min(all.count) * size, 0);
        while bytes.len() < count * size {
            bytes.extend_from_slice(&last);
        }
        self.parts[at] = Part::padded(Kind::BUFFER, &bytes);
        let agrees = self.chance(3, 4);
        if agrees {
            let name = all.payload.counts[0];
            place::write(&mut self.parts[all.owner], name, count as u64);
        }
        let what = self.named(all.owner);
        self.note(format!(
            "{what}: {} entries -> {count}, agreeing: {agrees}",
            all.count
        ));
        true
    }

    /// Changes which pages a PAGES record holds, so that it is sound by itself.
    pub(crate) fn change_pages(&mut self) -> bool {
        let places = self.places(|part| part.kind == Kind::PAGES && !part.contents.is_empty());
        let Some(at) = self.any(places.len()).map(|which| places[which]) else {
            return false;
        };
        let mut runs = runs(&self.parts[at]);
        let Some(one) = self.any(runs.len()) else {
            return false;
        };
        let how = match self.dice.u32(0..5) {
            0 => {
                runs.remove(one);
                "a run dropped"
            }
            1 => {
                let copy = runs[one].clone();
                runs.insert(one, copy);
                "a run repeated"
            }
            2 => {
                let other = self.dice.usize(0..runs.len());
                runs.swap(one, other);
                "runs swapped"
            }
            3 => {
                let pages = self.dice.u64(0..9).wrapping_sub(4);
                runs[one].0 = runs[one].0.wrapping_add(pages.wrapping_mul(PAGE_SIZE));
                "a run moved"
            }
            _ => {
                let keep = self.dice.usize(0..=runs[one].1.len() / PAGE_SIZE as usize);
                let rest = runs[one].1.split_off(keep * PAGE_SIZE as usize);
                let address = runs[one].0.wrapping_add(keep as u64 * PAGE_SIZE);
                runs.insert(one + 1, (address, rest));
                "a run divided"
            }
        };
        self.parts[at] = pages(&runs);
        let what = self.named(at);
        self.note(format!("{what}: {how}"));
        true
    }
}

/// Runs of pages: address and contents.
type Runs = Vec<(u64, Vec<u8>)>;

fn runs(part: &Part) -> Runs {
    let count = get(&part.body, 0, 4) as usize;
    let start = part.contents.start;
    let mut contents = &part.body[part.contents.clone()];
    let mut runs = Vec::new();
    for which in 0..count.min(start / size_of::<Run>()) {
        let offset = size_of::<Pages>() + which * size_of::<Run>();
        let pages = get(&part.body, offset + 8, 4) as usize;
        let len = pages.saturating_mul(PAGE_SIZE as usize).min(contents.len());
        let (now, rest) = contents.split_at(len);
        runs.push((get(&part.body, offset, 8), now.to_vec()));
        contents = rest;
    }
    runs
}

fn pages(runs: &Runs) -> Part {
    let contents: usize = runs.iter().map(|(_, bytes)| bytes.len()).sum();
    let fixed = size_of::<Pages>() + runs.len() * size_of::<Run>();
    let mut body = vec![0; fixed];
    for (field, number) in fields(Kind::PAGES).iter().zip([
        runs.len(),
        contents / PAGE_SIZE as usize,
        HDR_SIZE + size_of::<Pages>(),
        HDR_SIZE + fixed,
    ]) {
        put(&mut body, field.offset, field.width(), number as u64);
    }
    for (which, (address, bytes)) in runs.iter().enumerate() {
        let offset = size_of::<Pages>() + which * size_of::<Run>();
        put(&mut body, offset, 8, *address);
        put(&mut body, offset + 8, 4, bytes.len() as u64 / PAGE_SIZE);
    }
    for (_, bytes) in runs {
        body.extend_from_slice(bytes);
    }
    body.resize(fixed + contents + sums_len(runs.len()), 0);
    let mut part = Part {
        kind: Kind::PAGES,
        body,
        contents: fixed..fixed + contents,
    };
    part.resum();
    part
}
