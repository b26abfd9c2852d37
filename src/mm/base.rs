// SPDX-License-Identifier: GPL-2.0-only

//! Memory that forked processes still share: what of an address space is that of another one, its
//! base, and how it comes to share it again.
//!
//! The base is the address space of the parent. A restored address space begins as what fork(2)
//! makes of it; what differs is then taken away or put on top.

use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::Arc, //
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
        page,
        rebuild::Own,
        task::Task,
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

/// Address spaces that have been saved, and may be the base of others.
pub(crate) struct Spaces {
    list: KVVec<Arc<Space>>,
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
        let space = Arc::new(space, GFP_KERNEL_ACCOUNT)?;
        self.list.push(space, GFP_KERNEL_ACCOUNT)?;
        self.by_key
            .try_create_and_insert(key, place, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// That of a task's parent, if it has been saved.
    pub(crate) fn of_parent(&self, task: &Task) -> Option<Arc<Space>> {
        let place = self.by_key.get(&task.parent()?.group_mm())?;
        self.list.get(*place).cloned()
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

/// Goes through the pages that the base has in what a mapping inherits, in ascending order, beside
/// those of the mapping.
pub(super) struct Beside<'a> {
    base: &'a Space,
    /// What of the mapping is inherited.
    ranges: KVVec<(u64, u64)>,
    /// How far it has looked.
    from: u64,
    window: Window,
    index: usize,
    /// Pages that only the base has.
    dropped: KVVec<Run>,
}

impl<'a> Beside<'a> {
    /// Nothing has been looked at.
    pub(super) fn new(base: &'a Space) -> Result<Self> {
        Ok(Beside {
            base,
            ranges: KVVec::new(),
            from: 0,
            window: Window::new()?,
            index: 0,
            dropped: KVVec::new(),
        })
    }

    /// Turns to another mapping.
    pub(super) fn begin(&mut self, vma: &Vma) -> Result {
        self.window.clear();
        self.dropped.clear();
        self.ranges.clear();
        for range in inherited(vma, &self.base.vmas) {
            self.ranges.push(range, GFP_KERNEL_ACCOUNT)?;
        }
        self.index = 0;
        self.from = vma.start;
        Ok(())
    }

    /// What the base has at the address of the page that `window` holds at `index`. To be asked in
    /// ascending order.
    pub(super) fn meet(&mut self, window: &Window, index: usize) -> Result<Theirs> {
        let Some((address, _)) = window.get(index) else {
            return Ok(Theirs::Nothing);
        };
        self.pass_until(address)?;
        match self.window.get(self.index) {
            Some((at, _)) if at == address => {}
            _ => return Ok(Theirs::Nothing),
        }
        let same = window.is_same(index, &self.window, self.index);
        self.index += 1;
        Ok(if same { Theirs::Same } else { Theirs::Another })
    }

    /// What is left belongs to the base only. Gives all that does.
    pub(super) fn finish(&mut self) -> Result<&[Run]> {
        self.pass_until(u64::MAX)?;
        Ok(&self.dropped)
    }

    fn pass_until(&mut self, address: u64) -> Result {
        loop {
            match self.window.get(self.index) {
                Some((at, _)) if at >= address => return Ok(()),
                Some((at, _)) => {
                    add_page(&mut self.dropped, at, run_flag::DROPPED)?;
                    self.index += 1;
                }
                None if !self.look_on()? => return Ok(()),
                None => {}
            }
        }
    }

    /// Looks at the next pages that are inherited; tells whether there are any places left.
    fn look_on(&mut self) -> Result<bool> {
        let mut ranges = self.ranges.iter().copied();
        let Some((start, end)) = ranges.find(|(_, end)| *end > self.from) else {
            return Ok(false);
        };
        let next = self.window.look(&self.base.mm, start.max(self.from)..end)?;
        self.from = next.unwrap_or(end);
        self.index = 0;
        Ok(true)
    }
}

/// Adds a page to runs in ascending order.
pub(super) fn add_page(runs: &mut KVVec<Run>, address: u64, flags: u32) -> Result {
    if let Some(last) = runs.last_mut() {
        let end = last.address + u64::from(last.nr_pages) * page::SIZE;
        if (end, last.flags) == (address, flags) && last.nr_pages < u32::MAX {
            last.nr_pages += 1;
            return Ok(());
        }
    }
    let run = Run {
        address,
        nr_pages: 1,
        flags,
    };
    runs.push(run, GFP_KERNEL_ACCOUNT)?;
    Ok(())
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
