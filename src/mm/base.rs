// SPDX-License-Identifier: GPL-2.0-only

//! Memory that forked processes still share: what of an address space is that of another one, its
//! base, and how it comes to share it again.
//!
//! The base is the address space of the parent. A restored address space begins as what fork(2)
//! makes of it; what differs is then taken away or put on top.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::record::{
    run_flag,
    vma_flag,
    vma_kind,
    Run,
    Vma, //
};

use super::save::Surveyed;
use crate::{
    objhash::Space,
    sys::{
        self,
        mm::{
            Mm,
            PageKind,
            PageRun, //
        },
        page::{
            self,
            Pages, //
        },
        rebuild::Own,
        task::Task, //
    },
};

/// Where a page has been stored.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// The address space.
    pub(crate) mm: u32,
    /// The address there.
    pub(crate) address: u64,
}

/// Address spaces that have been saved, and may be the base of others.
pub(crate) struct Spaces {
    list: KVVec<Space>,
    by_key: RBTree<usize, usize>,
}

impl Spaces {
    /// None yet.
    pub(crate) fn new() -> Self {
        Spaces {
            list: KVVec::new(),
            by_key: RBTree::new(),
        }
    }

    /// Adds one.
    pub(crate) fn add(&mut self, space: Space) -> Result {
        let key = space.mm.key();
        let place = self.list.len();
        self.list.push(space, GFP_KERNEL_ACCOUNT)?;
        self.by_key
            .try_create_and_insert(key, place, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// That of a task's parent, if it has been saved.
    pub(crate) fn of_parent(&self, task: &Task) -> Option<&Space> {
        let place = self.by_key.get(&task.parent()?.group_mm())?;
        self.list.get(*place)
    }
}

/// Flags in which a mapping may differ from the one that it was forked from: they are set last.
const SET_LAST: u64 = vma_flag::LOCKED | vma_flag::LOCKONFAULT | vma_flag::SEALED;

/// What of `vma` fork(2) gives when the base is mapped as `base`; nothing when it is another mapping.
fn common(vma: &Vma, base: &Vma) -> Option<(u64, u64)> {
    let start = vma.start.max(base.start);
    let end = vma.end.min(base.end);
    let apart = vma_flag::SHARED | vma_flag::DONTFORK | vma_flag::WIPEONFORK;
    let same = vma.kind == base.kind
        && vma.kind != vma_kind::VDSO
        && (vma.flags & !SET_LAST) == (base.flags & !SET_LAST)
        && vma.flags & apart == 0
        && (vma.pkey, vma.file) == (base.pkey, base.file)
        && (vma.nr_guards, base.nr_guards) == (0, 0)
        && (vma.kind != vma_kind::FILE
            || vma.offset.wrapping_sub(vma.start) == base.offset.wrapping_sub(base.start));
    (same && start < end).then_some((start, end))
}

/// The parts of `vma` that come from the base.
fn inherited<'a>(vma: &'a Vma, base: &'a [Vma]) -> impl Iterator<Item = (u64, u64)> + 'a {
    let first = base.partition_point(|one| one.end <= vma.start);
    let overlapping = base.get(first..).unwrap_or(&[]).iter();
    overlapping
        .take_while(|one| one.start < vma.end)
        .filter_map(|one| common(vma, one))
}

fn pages(run: &PageRun) -> u64 {
    (run.end - run.start) / page::SIZE
}

/// Looks for pages that are those of the base, and takes them out of what has to be saved. Tells
/// whether there are enough of them for the base to be worth it.
pub(super) fn find(
    base: &Space,
    mm: &Mm,
    areas: &mut [Surveyed],
    batch: &mut Pages,
) -> Result<bool> {
    let mut theirs = Pages::with_room(page::BATCH)?;
    let mut found = KVVec::new();
    let mut total = 0u64;
    for area in areas.iter() {
        let mut shared = KVVec::new();
        for (start, end) in inherited(&area.vma, &base.vmas) {
            for run in area.found.iter().filter(|run| run.kind == PageKind::Shared) {
                let (start, end) = (run.start.max(start), run.end.min(end));
                compare(base, mm, start..end, batch, &mut theirs, &mut shared)?;
            }
        }
        // What is written on top has to be writable.
        let count = shared.iter().fold(0, |count, run| count + pages(run));
        let all = area.found.iter().filter(|run| run.is_contents());
        let all = all.fold(0, |count, run| count + pages(run));
        if area.vma.flags & vma_flag::WRITE == 0 && count != all {
            shared = KVVec::new();
        } else {
            total += count;
        }
        found.push(shared, GFP_KERNEL_ACCOUNT)?;
    }
    batch.release();
    // A copy of the whole base costs more than a few pages are worth.
    if total == 0 || total.saturating_mul(8) < base.nr_pages {
        return Ok(false);
    }
    for (area, shared) in areas.iter_mut().zip(found) {
        if !shared.is_empty() {
            share(base, area, &shared)?;
        }
    }
    Ok(true)
}

/// Adds the runs of pages between two addresses that are the same in both.
fn compare(
    base: &Space,
    mm: &Mm,
    range: core::ops::Range<u64>,
    ours: &mut Pages,
    theirs: &mut Pages,
    shared: &mut KVVec<PageRun>,
) -> Result {
    let mut address = range.start;
    while address < range.end {
        let wanted = ((range.end - address) / page::SIZE).min(page::BATCH as u64) as usize;
        // What the base does not have is passed over by one page at a time.
        if base.mm.peek_pages(address, wanted, theirs).is_err() {
            address += page::SIZE;
            continue;
        }
        mm.get_pages(address, theirs.len(), ours)?;
        let got = ours.len().min(theirs.len());
        for index in 0..got {
            if ours.is_same(theirs, index) {
                let at = address + index as u64 * page::SIZE;
                add_run(shared, at, at + page::SIZE)?;
            }
        }
        address += got as u64 * page::SIZE;
        sys::check_signal()?;
    }
    theirs.release();
    Ok(())
}

fn add_run(runs: &mut KVVec<PageRun>, start: u64, end: u64) -> Result {
    match runs.last_mut() {
        Some(last) if last.end == start => last.end = end,
        _ => runs.push(
            PageRun {
                start,
                end,
                kind: PageKind::Shared,
            },
            GFP_KERNEL_ACCOUNT,
        )?,
    }
    Ok(())
}

/// Notes in an area what is shared, and what only the base has.
fn share(base: &Space, area: &mut Surveyed, shared: &[PageRun]) -> Result {
    for run in shared {
        area.vma.nr_shared += pages(run);
        push(&mut area.shared, run, 0)?;
    }
    for (start, end) in inherited(&area.vma, &base.vmas) {
        let mut theirs = KVVec::new();
        base.mm.scan(start, end, &mut theirs)?;
        for run in subtract(&theirs, &area.found)?.iter() {
            push(&mut area.shared, run, run_flag::DROPPED)?;
        }
    }
    area.found = subtract(&area.found, shared)?;
    Ok(())
}

/// Longest run that fits its record.
const LONGEST: u64 = u32::MAX as u64;

fn push(runs: &mut KVVec<Run>, run: &PageRun, flags: u32) -> Result {
    let mut address = run.start;
    while address < run.end {
        let nr_pages = ((run.end - address) / page::SIZE).min(LONGEST);
        runs.push(
            Run {
                address,
                nr_pages: nr_pages as u32,
                flags,
            },
            GFP_KERNEL_ACCOUNT,
        )?;
        address += nr_pages * page::SIZE;
    }
    Ok(())
}

/// The runs of `from` without the pages of `less`. Both are in ascending order.
fn subtract(from: &[PageRun], less: &[PageRun]) -> Result<KVVec<PageRun>> {
    let mut left = KVVec::new();
    let mut others = less.iter().peekable();
    for run in from {
        let mut start = run.start;
        while let Some(other) = others.peek() {
            if other.start >= run.end {
                break;
            }
            if other.start > start {
                let before = PageRun {
                    start,
                    end: other.start,
                    kind: run.kind,
                };
                left.push(before, GFP_KERNEL_ACCOUNT)?;
            }
            start = start.max(other.end);
            if other.end >= run.end {
                break;
            }
            others.next();
        }
        if start < run.end {
            let rest = PageRun {
                start,
                end: run.end,
                kind: run.kind,
            };
            left.push(rest, GFP_KERNEL_ACCOUNT)?;
        }
    }
    Ok(left)
}

/// An address space that begins as a copy of its base and is made into what it was from the lowest
/// address up.
pub(super) struct Heir<'a> {
    own: &'a Own,
    base: &'a [Vma],
    /// All below is what it was.
    floor: u64,
}

impl<'a> Heir<'a> {
    /// Begins with a copy of the base, or, without one, with nothing.
    pub(super) fn new(own: &'a Own, base: Option<&'a Space>) -> Result<Self> {
        if let Some(base) = base {
            own.fork_from(&base.mm)?;
            let sealed = base
                .vmas
                .iter()
                .filter(|vma| vma.flags & vma_flag::SEALED != 0);
            for vma in sealed.filter(|vma| vma.kind != vma_kind::VDSO) {
                own.set_vma_flags(vma.start, vma.end, 0, vma_flag::SEALED)?;
            }
        }
        Ok(Heir {
            own,
            base: base.map_or(&[], |base| &base.vmas),
            floor: 0,
        })
    }

    /// Whether the base has this mapping of the vDSO.
    pub(super) fn has_vdso(&self, vma: &Vma) -> bool {
        let has =
            |one: &Vma| (one.kind, one.start, one.end) == (vma_kind::VDSO, vma.start, vma.end);
        self.base.iter().any(has)
    }

    /// Removes what is left of the base up to a mapping, and what of it is not to be kept. Calls `map`
    /// for each part of the mapping that the base has not given, in ascending order.
    pub(super) fn next(&mut self, vma: &Vma, mut map: impl FnMut(u64, u64) -> Result) -> Result {
        self.remove(self.floor, vma.start)?;
        self.floor = vma.end;
        if vma.kind == vma_kind::VDSO {
            return Ok(());
        }
        let mut at = vma.start;
        if vma.nr_shared != 0 {
            for (start, end) in inherited(vma, self.base) {
                self.replace(at, start, &mut map)?;
                at = end;
            }
        }
        self.replace(at, vma.end, &mut map)
    }

    /// Removes what is left of the base.
    pub(super) fn finish(&mut self) -> Result {
        self.remove(self.floor, u64::MAX)
    }

    fn replace(&self, start: u64, end: u64, map: &mut impl FnMut(u64, u64) -> Result) -> Result {
        self.remove(start, end)?;
        if start < end {
            map(start, end)?;
        }
        Ok(())
    }

    fn remove(&self, start: u64, end: u64) -> Result {
        let first = self.base.partition_point(|one| one.end <= start);
        let overlapping = self.base.get(first..).unwrap_or(&[]).iter();
        for one in overlapping.take_while(|one| one.start < end) {
            let (from, to) = (one.start.max(start), one.end.min(end));
            if one.flags & vma_flag::DONTFORK == 0 && from < to {
                self.own.unmap(from, to)?;
            }
        }
        Ok(())
    }
}
