// SPDX-License-Identifier: GPL-2.0-only

//! One way to damage an image, and short words to write such ways down.

use ckpt_image::{
    record::{
        Pages,
        Record, //
    },
    testing::{
        seal,
        Part, //
    },
    Kind,
    PAGE_SIZE, //
};

use crate::mode::Mode;

/// What a damaged image has to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A clean error. A process that was half restored is killed.
    Refused,
    /// Nothing: the image is as good as before.
    Restored,
    /// Either of them; what matters is that nothing is left and the kernel does not complain.
    Either,
}

/// Makes images out of the records of a good one.
type Make = Box<dyn Fn(&[Part]) -> Vec<Vec<u8>> + Send + Sync>;

/// What the good image is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// One process with something of everything.
    Task,
    /// A tree with something of everything.
    Tree,
}

/// One way. It may give several images.
pub struct Row {
    /// What it damages.
    pub base: Base,
    /// How its images are given to the kernel.
    pub modes: &'static [Mode],
    /// Its name, after `malformed/`.
    pub name: &'static str,
    /// What it has to lead to.
    pub wanted: Wanted,
    /// Makes the images out of the records of a good one, TAIL left out.
    pub make: Make,
}

impl Row {
    /// The same damage to the head of the image of a tree.
    pub fn of_tree(self) -> Row {
        Row {
            base: Base::Tree,
            ..self
        }
    }

    /// The same damage to the image of a tree; it is not met before there are the tasks that
    /// `restart` makes.
    pub fn of_tasks(self) -> Row {
        self.of_tree().coordinated()
    }

    /// Damage that does not matter to a task that restores itself.
    pub fn coordinated(self) -> Row {
        Row {
            modes: &[Mode::Tool],
            ..self
        }
    }
}

/// A row that makes its images itself.
pub fn images(
    name: &'static str,
    wanted: Wanted,
    make: impl Fn(&[Part]) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> Row {
    Row {
        base: Base::Task,
        modes: &[Mode::Ioctl, Mode::Tool],
        name,
        wanted,
        make: Box::new(make),
    }
}

/// A row that changes the list of records; the end of the image is made to agree.
pub fn parts(
    name: &'static str,
    wanted: Wanted,
    make: impl Fn(&[Part]) -> Vec<Vec<Part>> + Send + Sync + 'static,
) -> Row {
    images(name, wanted, move |good| {
        make(good).iter().map(|parts| seal(parts)).collect()
    })
}

/// A change of one record.
pub type Change<R> = fn(&mut R);

/// A row that changes fields of the first record of a kind; one image for each change.
pub fn fields<R: Record + 'static>(
    name: &'static str,
    wanted: Wanted,
    changes: &[Change<R>],
) -> Row {
    fields_where(name, wanted, |_| true, changes)
}

/// The same for the first record of a kind that is of this sort.
pub fn fields_where<R: Record + 'static>(
    name: &'static str,
    wanted: Wanted,
    is: fn(&R) -> bool,
    changes: &[Change<R>],
) -> Row {
    fields_behind(name, wanted, is, 0, changes)
}

/// The same for the record of the kind `B` that stands `skip` records behind such a one.
pub fn fields_behind<R: Record + 'static, B: Record + 'static>(
    name: &'static str,
    wanted: Wanted,
    is: fn(&R) -> bool,
    skip: usize,
    changes: &[Change<B>],
) -> Row {
    let changes = changes.to_vec();
    parts(name, wanted, move |good| {
        changed(good, position(good, is).map(|at| at + skip), &changes)
    })
}

/// One image for each change of the record at a place, if there is one.
pub fn changed<R: Record>(
    good: &[Part],
    at: Option<usize>,
    changes: &[Change<R>],
) -> Vec<Vec<Part>> {
    let images = at.into_iter().flat_map(|at| {
        changes.iter().map(move |change| {
            let mut parts = good.to_vec();
            parts[at].change::<R>(change);
            parts
        })
    });
    images.collect()
}

/// Damage to what the first PAGES record from a place on holds, which only its checksums tell: a bit of
/// the first byte, one in the middle, the last one, and all of a page; the checksums themselves, and
/// what stands behind them.
pub fn damaged_pages(good: &[Part], from: Option<usize>) -> Vec<Vec<Part>> {
    let is_pages = |at: &usize| !good[*at].contents.is_empty();
    let Some(at) = (from.unwrap_or(good.len())..good.len()).find(is_pages) else {
        return Vec::new();
    };
    let pages = good[at].contents.clone();
    let nr_runs = good[at]
        .get::<Pages>()
        .map_or(0, |pages| pages.nr_runs as usize);
    let sums = pages.end..pages.end + nr_runs * size_of::<u32>();
    let (middle, last) = ((pages.start + pages.end) / 2, pages.end - 1);
    let mut damaged = Vec::new();
    for byte in [pages.start, middle, last, sums.start, sums.end - 1] {
        let mut parts = good.to_vec();
        parts[at].body[byte] ^= 0x04;
        damaged.push(parts);
    }
    let page = PAGE_SIZE as usize;
    for (start, end) in [
        (pages.start, pages.start + page),
        (pages.end - page, pages.end),
    ] {
        let mut parts = good.to_vec();
        let flipped = parts[at].body[start..end].iter_mut();
        flipped.for_each(|byte| *byte = !*byte);
        damaged.push(parts);
    }
    let mut parts = good.to_vec();
    parts[at].body[sums.clone()].fill(0);
    damaged.push(parts);
    // There may be no zeros behind them.
    if sums.end < good[at].body.len() {
        let mut parts = good.to_vec();
        parts[at].body[sums.end] = 1;
        damaged.push(parts);
    }
    damaged
}

/// Where the first record of a kind is that is of this sort.
pub fn position<R: Record>(parts: &[Part], is: impl Fn(&R) -> bool) -> Option<usize> {
    parts
        .iter()
        .position(|part| part.get::<R>().is_some_and(|body| is(&body)))
}

/// A row that replaces the payload behind the first record `R` of a sort, a STRING or BUFFER,
/// `skip` records further on; one image for each change of its bytes.
pub fn payload_where<R: Record + 'static>(
    name: &'static str,
    wanted: Wanted,
    is: fn(&R) -> bool,
    skip: usize,
    changes: &[fn(&mut Vec<u8>)],
) -> Row {
    let changes = changes.to_vec();
    parts(name, wanted, move |good| {
        let Some(at) = position(good, is).map(|at| at + 1 + skip) else {
            return Vec::new();
        };
        let Some(old) = good.get(at).and_then(payload) else {
            return Vec::new();
        };
        changes
            .iter()
            .map(|change| {
                let mut bytes = old.clone();
                change(&mut bytes);
                let mut parts = good.to_vec();
                parts[at] = Part::padded(good[at].kind, &bytes);
                parts
            })
            .collect()
    })
}

/// What a STRING or a BUFFER holds.
fn payload(part: &Part) -> Option<Vec<u8>> {
    if part.kind != Kind::STRING && part.kind != Kind::BUFFER {
        return None;
    }
    let (length, bytes) = part.body.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_ne_bytes(*length)).ok()?;
    bytes.get(..length).map(<[u8]>::to_vec)
}

/// Puts a number into bytes, in the order of the machine.
pub fn put<const N: usize>(bytes: &mut [u8], at: usize, number: [u8; N]) {
    if let Some(place) = bytes.get_mut(at..at + N) {
        place.copy_from_slice(&number);
    }
}
