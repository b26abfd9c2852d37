// SPDX-License-Identifier: GPL-2.0-only

//! Memory that forked processes still share: which pages of an address space are those of its base, and how
//! a restart shares them again.
//!
//! The base is the address space of the parent. A restored address space begins as the copy that fork(2)
//! makes of the base; then the differences are unmapped or mapped anew.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::record::{
    run_flag,
    tree_flag,
    vma_flag,
    vma_kind,
    Run,
    TreeEntry,
    Vma, //
};

use super::{
    area::Surveyed,
    space::Space, //
};
use crate::{
    capture,
    sys::{
        rebuild::Own,
        window::Window, //
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

/// Windows of a base that are kept for the next process that was forked from it: a million pages, 24
/// MiB. Those of one base are kept at a time, whatever the tree.
const KEPT: usize = 2048;

/// Address spaces that have been saved, and may be the base of others. One is dropped when the last task
/// that was forked from it has been saved; one that no task was forked from is never here.
#[derive(Default)]
pub(crate) struct Spaces {
    /// By the place of the first task that has the address space.
    bases: RBTree<u32, Base>,
    /// By the same: the place of the last task that was forked from it.
    heirs: RBTree<u32, usize>,
    /// The one whose windows are kept.
    seen: u32,
}

/// An address space that has been saved, and what has been seen of its pages.
pub(super) struct Base {
    pub(super) space: Space,
    seen: KVVec<Seen>,
    /// What is inherited of the mapping that is being gone through.
    ranges: KVVec<(u64, u64)>,
}

/// The pages from an address on.
struct Seen {
    from: Option<u64>,
    window: Window,
    /// Where it goes on.
    next: Option<u64>,
}

/// Whose address space the task at a place has, and whose its parent has, as places.
fn lineage(entries: &[TreeEntry], place: usize) -> Option<(u32, u32)> {
    let entry = entries.get(place)?;
    let parent = entries.get(usize::try_from(entry.parent).ok()?)?;
    (entry.mm != parent.mm).then_some((entry.mm, parent.mm))
}

impl Spaces {
    /// The bases of a tree of which nothing has been saved yet.
    pub(crate) fn of(entries: &[TreeEntry]) -> Result<Self> {
        let mut spaces = Spaces::default();
        for (place, entry) in entries.iter().enumerate() {
            let lives = entry.flags & (tree_flag::DEAD | tree_flag::GHOST) == 0;
            if let Some((_, base)) = lineage(entries, place).filter(|_| lives) {
                spaces
                    .heirs
                    .try_create_and_insert(base, place, GFP_KERNEL_ACCOUNT)?;
            }
        }
        Ok(spaces)
    }

    /// Whether that of the task at a place is the base of any that is still to come.
    pub(super) fn wants(&self, entries: &[TreeEntry], place: usize) -> bool {
        let own = entries.get(place).map(|entry| entry.mm);
        let last = own.and_then(|own| self.heirs.get(&own));
        last.is_some_and(|last| *last > place)
    }

    /// Adds that of the task at a place.
    pub(super) fn add(&mut self, entries: &[TreeEntry], place: usize, space: Space) -> Result {
        let own = entries.get(place).ok_or(EINVAL)?.mm;
        let base = Base {
            space,
            seen: KVVec::new(),
            ranges: KVVec::new(),
        };
        self.bases
            .try_create_and_insert(own, base, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The address space of the parent of the task at a place, if it has been saved.
    pub(super) fn of_parent(&mut self, entries: &[TreeEntry], place: usize) -> Option<&mut Base> {
        let (_, parent) = lineage(entries, place)?;
        if self.seen != parent {
            if let Some(before) = self.bases.get_mut(&self.seen) {
                before.seen = KVVec::new();
            }
            self.seen = parent;
        }
        self.bases.get_mut(&parent)
    }

    /// The task at a place has been saved.
    pub(super) fn pass(&mut self, entries: &[TreeEntry], place: usize) {
        if let Some((_, parent)) = lineage(entries, place) {
            if self.heirs.get(&parent).is_some_and(|last| *last <= place) {
                // Dropped here, with its pages.
                self.bases.remove(&parent);
            }
        }
    }
}

impl Base {
    /// Looks at the pages from an address on. Only what is in the last of the slots may have to be
    /// looked at again.
    fn look(&mut self, slot: usize, from: u64) -> Result {
        if slot == self.seen.len() {
            let seen = Seen {
                from: None,
                window: Window::new()?,
                next: None,
            };
            self.seen.push(seen, GFP_KERNEL_ACCOUNT)?;
        }
        let seen = self.seen.get_mut(slot).ok_or(EINVAL)?;
        if seen.from != Some(from) {
            seen.from = None;
            seen.next = seen.window.look(&self.space.mm, from)?;
            seen.from = Some(from);
        }
        Ok(())
    }
}

/// Flags in which a mapping may differ from the one that it was forked from: they are set last.
const SET_LAST: u64 = vma_flag::LOCKED | vma_flag::LOCKONFAULT | vma_flag::SEALED;

/// What of `vma` fork(2) gives when the base is mapped as `base`; nothing when it is another mapping.
///
/// Asked at checkpoint and at restart, so nothing of `vma` may count that is only known when its pages
/// have been looked at.
fn common(vma: &Vma, base: &Vma) -> Option<(u64, u64)> {
    let start = vma.start.max(base.start);
    let end = vma.end.min(base.end);
    let apart = vma_flag::DONTFORK | vma_flag::WIPEONFORK;
    let same = vma.kind == base.kind
        && vma.kind != vma_kind::VDSO
        && (vma.flags & !SET_LAST) == (base.flags & !SET_LAST)
        && vma.flags & apart == 0
        && (vma.pkey, vma.file) == (base.pkey, base.file)
        && base.nr_guards == 0
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

/// Whether enough of the base's pages may be inherited for a copy of it to be worth it. `vmas` are in
/// ascending order.
pub(super) fn is_worth_it(base: &Space, vmas: &[Surveyed]) -> bool {
    let (mut all, mut ours) = (0u64, 0u64);
    for theirs in base.vmas.iter() {
        let count = theirs.nr_pages + theirs.nr_shared;
        let first = vmas.partition_point(|area| area.vma.end <= theirs.start);
        let mut overlapping = vmas.get(first..).unwrap_or(&[]).iter();
        let inherits = overlapping
            .find_map(|area| match area.vma.start < theirs.end {
                true => common(&area.vma, theirs).map(|_| true),
                false => Some(false),
            })
            .unwrap_or(false);
        all += count;
        ours += if inherits { count } else { 0 };
    }
    ours != 0 && ours.saturating_mul(8) >= all
}

/// What the base has where a forked process has a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Theirs {
    /// No page of its own.
    Nothing,
    /// The very same page.
    Same,
    /// Another one.
    Another,
}

/// Goes through the pages of the base in ascending order, beside those of the address space that was
/// forked from it.
pub(super) struct Beside<'a> {
    base: &'a mut Base,
    /// Which of the windows of the base, and which page of it.
    slot: usize,
    index: usize,
}

impl<'a> Beside<'a> {
    /// Nothing has been passed.
    pub(super) fn new(base: &'a mut Base) -> Result<Self> {
        base.look(0, 0)?;
        Ok(Beside {
            base,
            slot: 0,
            index: 0,
        })
    }

    /// Turns to the next mapping.
    pub(super) fn begin(&mut self, vma: &Vma) -> Result {
        let base = &mut *self.base;
        base.ranges.clear();
        for range in inherited(vma, &base.space.vmas) {
            base.ranges.push(range, GFP_KERNEL_ACCOUNT)?;
        }
        while self.here().is_some_and(|at| at < vma.start) {
            self.step()?;
        }
        Ok(())
    }

    /// What the base has at the address of the page that `window` holds at `index`. To be asked in
    /// ascending order. Adds to `runs` what only the base has in the mapping, which begins at `floor`.
    pub(super) fn meet(
        &mut self,
        window: &Window,
        index: usize,
        floor: u64,
        runs: &mut KVVec<Run>,
    ) -> Result<Theirs> {
        let Some((address, _)) = window.get(index) else {
            return Ok(Theirs::Nothing);
        };
        self.pass_until(address, floor, runs)?;
        if self.here() != Some(address) || !self.inherits(address) {
            return Ok(Theirs::Nothing);
        }
        let seen = self.base.seen.get(self.slot).ok_or(EINVAL)?;
        let same = window.is_same(index, &seen.window, self.index);
        self.step()?;
        Ok(if same { Theirs::Same } else { Theirs::Another })
    }

    /// What is left up to `address` belongs to the base only.
    pub(super) fn pass_until(&mut self, address: u64, floor: u64, runs: &mut KVVec<Run>) -> Result {
        while let Some(at) = self.here().filter(|at| *at < address) {
            if self.inherits(at) {
                capture::add_page(runs, floor, at, run_flag::DROPPED)?;
            }
            self.step()?;
        }
        Ok(())
    }

    fn inherits(&self, address: u64) -> bool {
        let ranges = &self.base.ranges;
        let after = ranges.partition_point(|(_, end)| *end <= address);
        let range = ranges.get(after);
        range.is_some_and(|(start, _)| *start <= address)
    }

    /// The address of the page of the base that comes next.
    fn here(&self) -> Option<u64> {
        let seen = self.base.seen.get(self.slot)?;
        seen.window.get(self.index).map(|(address, _)| address)
    }

    fn step(&mut self) -> Result {
        self.index += 1;
        let seen = self.base.seen.get(self.slot).ok_or(EINVAL)?;
        if let (true, Some(next)) = (self.index == seen.window.len(), seen.next) {
            self.slot = (self.slot + 1).min(KEPT - 1);
            self.index = 0;
            self.base.look(self.slot, next)?;
        }
        Ok(())
    }
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
    /// Begins with what it was made as: a copy of the base, or, without one, nothing.
    pub(super) fn new(own: &'a Own, base: Option<&'a Space>) -> Result<Self> {
        if let Some(base) = base {
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
        for (start, end) in inherited(vma, self.base) {
            self.replace(at, start, &mut map)?;
            at = end;
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
