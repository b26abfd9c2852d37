// SPDX-License-Identifier: GPL-2.0-only

//! Saving an address space: first every mapping is looked at and its pages are captured, then the
//! records are written, because the first of them holds the totals.

use core::ops::Range;

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        vma_kind,
        CopyRun,
        Guards,
        PagesCopied,
        PagesShared,
        Run,
        Vma, //
    },
};
use zerocopy::IntoBytes;

use super::{
    area,
    base::{
        self,
        Origin, //
    },
};
use crate::{
    arch,
    capture::PageSource,
    checkpoint,
    files::open::{
        self,
        Place, //
    },
    log::refuse,
    objhash::{
        Held,
        Sort,
        Space, //
    },
    sys::{
        self,
        errno,
        file::File,
        mm::{
            Mm,
            PageKind,
            PageRun, //
        },
        page::{
            self,
            KnownPages,
            PagePool,
            Pages, //
        },
        symbols,
        task::Task,
        vma::Mapping, //
    },
};

/// Page contents begin at a page boundary of the image when there are at least so many: then the
/// padding is worth its bytes.
const ALIGNED_FROM: u64 = 256;

/// Most pages that are remembered because others may have them, too. Each takes about a hundred bytes
/// of kernel memory.
const KNOWN: usize = 1 << 20;

/// A mapping and what has been found in it.
pub(super) struct Surveyed {
    /// As the image has it.
    pub(super) vma: Vma,
    /// Pages to be saved.
    pub(super) found: KVVec<PageRun>,
    /// Pages that are those of the base.
    pub(super) shared: KVVec<Run>,
    guards: KVVec<Run>,
}

/// What has been found out about an address space.
struct Survey {
    objref: u32,
    areas: KVVec<Surveyed>,
    runs: KVVec<Run>,
    nr_pages: u64,
    copies: KVVec<CopyRun>,
    nr_copied: u64,
    /// What is found in one mapping.
    scratch: KVVec<PageRun>,
    pool: Option<PagePool>,
    batch: Pages,
}

pub(super) fn checkpoint(context: &mut checkpoint::Context<'_>, task: &Task) -> Result {
    let mm = Mm::of(task).ok_or(ESRCH)?;
    if context.objects.has(Sort::Mm, mm.key()) {
        return Ok(());
    }
    let exe = File::exe_of(task).ok_or_else(|| {
        refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(task),
            "the task has no executable"
        )
    })?;
    let exe = open::save(context, task, &exe, Place::Exe)?;

    let mut survey = Survey {
        objref: 0,
        areas: KVVec::new(),
        runs: KVVec::new(),
        nr_pages: 0,
        copies: KVVec::new(),
        nr_copied: 0,
        scratch: KVVec::new(),
        pool: context.request.copy_pages.then(PagePool::new),
        batch: Pages::with_room(page::BATCH)?,
    };
    let mut next = 0;
    while let Some(mapping) = mm.mapping_after(next) {
        next = mapping.end;
        survey.add(context, task, &mm, &mapping)?;
        sys::check_signal()?;
    }
    survey.check_vdso(context, task, &mm)?;
    let vdso = mm.fields().vdso;
    let base = match context.spaces.of_parent(task) {
        Some(base) if (base.exe, base.vdso) == (exe, vdso) => {
            let found = base::find(base, &mm, &mut survey.areas, &mut survey.batch)?;
            found.then_some(base.objref)
        }
        _ => None,
    };
    let (objref, _) = context.objects.add(Sort::Mm, mm.key(), || Held::ByTask)?;
    survey.objref = objref;
    survey.capture(context, task, &mm)?;
    write(context, mm, exe, base.unwrap_or(0), survey)
}

impl Survey {
    fn add(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        task: &Task,
        mm: &Mm,
        mapping: &Mapping,
    ) -> Result {
        if self.areas.len() >= limits::VMAS as usize {
            return Err(E2BIG);
        }
        check(context, task, mapping)?;
        let mut vma = Vma {
            kind: vma_kind::ANON,
            file: 0,
            start: mapping.start,
            end: mapping.end,
            offset: mapping.offset,
            flags: mapping.flags,
            pkey: mapping.pkey,
            nr_guards: 0,
            nr_pages: 0,
            nr_shared: 0,
        };
        let mut found = KVVec::new();
        if mapping.is_vdso {
            vma.kind = vma_kind::VDSO;
        } else {
            if let Some(file) = &mapping.file {
                vma.kind = vma_kind::FILE;
                let place = Place::Mapping(mapping.start, mapping.end);
                vma.file = open::save(context, task, file, place)?;
            } else {
                vma.offset = 0;
            }
            if mapping.is_private() {
                self.scratch.clear();
                mm.scan(mapping.start, mapping.end, &mut self.scratch)?;
                found.extend_from_slice(&self.scratch, GFP_KERNEL_ACCOUNT)?;
            }
        }
        let guards = guards(&found)?;
        vma.nr_guards = guards.len() as u32;
        if let Some(run) = found.iter().find(|run| run.kind == PageKind::Poison) {
            return Err(refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "memory {:x}-{:x} was lost by the hardware",
                run.start,
                run.end
            ));
        }
        let area = Surveyed {
            vma,
            found,
            shared: KVVec::new(),
            guards,
        };
        self.areas.push(area, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The vDSO is mapped again as a whole, so it has to be there as a whole.
    fn check_vdso(&self, context: &checkpoint::Context<'_>, task: &Task, mm: &Mm) -> Result {
        let extent = arch::vdso::identity()
            .extent(mm.fields().vdso)
            .unwrap_or(0..0);
        let parts = || self.areas.iter().map(|area| &area.vma);
        let inside = |vma: &Vma| extent.start <= vma.start && vma.end <= extent.end;
        let displaced = parts().any(|vma| vma.kind == vma_kind::VDSO && !inside(vma));
        if displaced || area::vdso_bytes(parts()) != extent.end - extent.start {
            return Err(refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "the vDSO is not mapped as the kernel mapped it: moved or unmapped in part"
            ));
        }
        Ok(())
    }

    /// Captures all pages that are to be saved.
    fn capture(&mut self, context: &mut checkpoint::Context<'_>, task: &Task, mm: &Mm) -> Result {
        let mut areas = core::mem::replace(&mut self.areas, KVVec::new());
        for area in areas.iter_mut() {
            let before = self.nr_pages + self.nr_copied;
            for run in area.found.iter().filter(|run| run.is_contents()) {
                let captured = self.capture_run(&mut context.pages, mm, area.vma.start, run);
                captured.map_err(|error| {
                    refuse!(
                        context.log,
                        error,
                        Some(task),
                        "memory {:x}-{:x} cannot be read",
                        run.start,
                        run.end
                    )
                })?;
            }
            area.vma.nr_pages = self.nr_pages + self.nr_copied - before;
        }
        self.areas = areas;
        Ok(())
    }

    fn capture_run(
        &mut self,
        known: &mut KnownPages<Origin>,
        mm: &Mm,
        floor: u64,
        run: &PageRun,
    ) -> Result {
        let mut address = run.start;
        while address < run.end {
            let wanted = ((run.end - address) / page::SIZE).min(page::BATCH as u64);
            mm.get_pages(address, wanted as usize, &mut self.batch)?;
            let got = self.batch.len();
            let coming = (run.end - address) / page::SIZE - got as u64;
            if run.kind == PageKind::Shared {
                self.keep_shared(known, floor, address, got)?;
            } else {
                self.keep_batch(floor, address, 0..got, coming)?;
            }
            address += got as u64 * page::SIZE;
            sys::check_signal()?;
        }
        self.batch.release();
        Ok(())
    }

    /// Keeps pages of the batch that other address spaces may have, too: what one of those has stored
    /// is copied from there at restart.
    fn keep_shared(
        &mut self,
        known: &mut KnownPages<Origin>,
        floor: u64,
        address: u64,
        len: usize,
    ) -> Result {
        for index in 0..len {
            let at = address + index as u64 * page::SIZE;
            if let Some(origin) = known.get(&self.batch, index) {
                self.add_copy(floor, at, origin)?;
                continue;
            }
            self.keep_batch(floor, at, index..index + 1, 0)?;
            if known.len() < KNOWN && !self.batch.is_zero(index) {
                let origin = Origin {
                    mm: self.objref,
                    address: at,
                };
                known.add(&self.batch, index, origin)?;
            }
        }
        Ok(())
    }

    fn add_copy(&mut self, floor: u64, address: u64, origin: Origin) -> Result {
        self.nr_copied += 1;
        if let Some(last) = self.copies.last_mut() {
            let len = u64::from(last.nr_pages) * page::SIZE;
            if (last.mm, last.address + len, last.source + len)
                == (origin.mm, address, origin.address)
                && last.address >= floor
                && last.nr_pages < u32::MAX
            {
                last.nr_pages += 1;
                return Ok(());
            }
        }
        let run = CopyRun {
            address,
            source: origin.address,
            nr_pages: 1,
            mm: origin.mm,
        };
        self.copies.push(run, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// Keeps the pages of the batch that are not zero. The first of `range` is at `address`.
    fn keep_batch(&mut self, floor: u64, address: u64, range: Range<usize>, coming: u64) -> Result {
        let (base, len) = (range.start, range.end);
        let mut first = base;
        while first < len {
            if self.batch.is_zero(first) {
                first += 1;
                continue;
            }
            let mut end = first + 1;
            while end < len && !self.batch.is_zero(end) {
                end += 1;
            }
            if let Some(pool) = &mut self.pool {
                pool.add(&self.batch, first, end, coming)?;
            }
            let at = address + (first - base) as u64 * page::SIZE;
            self.add_run(floor, at, (end - first) as u64)?;
            first = end;
        }
        Ok(())
    }

    /// `floor` is where the mapping begins: runs of two mappings are kept apart.
    fn add_run(&mut self, floor: u64, address: u64, count: u64) -> Result {
        self.nr_pages += count;
        if let Some(last) = self.runs.last_mut() {
            let end = last.address + u64::from(last.nr_pages) * page::SIZE;
            let longer = u64::from(last.nr_pages) + count;
            if end == address && last.address >= floor && longer <= u64::from(limits::PAGES) {
                last.nr_pages = longer as u32;
                return Ok(());
            }
        }
        let run = Run {
            address,
            nr_pages: count as u32,
            flags: 0,
        };
        self.runs.push(run, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }
}

/// The guard regions among what was found.
fn guards(found: &[PageRun]) -> Result<KVVec<Run>> {
    let mut guards = KVVec::new();
    for run in found.iter().filter(|run| run.kind == PageKind::Guard) {
        let guard = Run {
            address: run.start,
            nr_pages: ((run.end - run.start) / page::SIZE) as u32,
            flags: 0,
        };
        guards.push(guard, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(guards)
}

/// Refuses a mapping that no image can hold.
fn check(context: &checkpoint::Context<'_>, task: &Task, mapping: &Mapping) -> Result {
    let sealed = mapping.flags & record::vma_flag::SEALED != 0;
    let why = match mapping.unsupported {
        Some(why) => why,
        None if sealed && !mapping.is_vdso && !symbols::has(c"do_mseal") => {
            "sealed mapping (this kernel cannot seal from here)"
        }
        None => return Ok(()),
    };
    Err(refuse!(
        context.log,
        errno::eopnotsupp(),
        Some(task),
        "mapping {:x}-{:x}: {} is not supported",
        mapping.start,
        mapping.end,
        why
    ))
}

fn write(
    context: &mut checkpoint::Context<'_>,
    mm: Mm,
    exe: u32,
    base: u32,
    survey: Survey,
) -> Result {
    let mut record = mm.fields();
    let auxv = mm.auxv()?;
    let Survey {
        objref,
        areas,
        runs,
        nr_pages,
        copies,
        nr_copied,
        pool,
        ..
    } = survey;
    record.objref = objref;
    record.exe = exe;
    record.nr_vmas = areas.len() as u32;
    record.nr_pages = nr_pages;
    record.base = base;
    record.nr_copied = nr_copied;
    context.out.record(&record)?;
    context.out.buffer(auxv.as_slice().as_bytes())?;
    for area in areas.iter() {
        write_area(context, area)?;
    }
    if context.tree.len() > 1 {
        remember(context, &record, &areas, &mm)?;
    }
    let source = match pool {
        Some(pool) => PageSource::Copied(pool),
        None => PageSource::Live(mm),
    };
    let source = context.out.sink_mut().add_source(source)?;
    write_pages(context, source, &runs, nr_pages >= ALIGNED_FROM)?;
    for chunk in copies.chunks(limits::RUNS as usize) {
        context.out.record(&PagesCopied {
            nr_runs: chunk.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(chunk.as_bytes())?;
    }
    Ok(())
}

fn write_area(context: &mut checkpoint::Context<'_>, area: &Surveyed) -> Result {
    context.out.record(&area.vma)?;
    if !area.guards.is_empty() {
        context.out.record(&Guards {
            nr_runs: area.guards.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(area.guards.as_slice().as_bytes())?;
    }
    if area.vma.nr_shared != 0 {
        context.out.record(&PagesShared {
            nr_runs: area.shared.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(area.shared.as_slice().as_bytes())?;
    }
    Ok(())
}

/// Children that were forked may still share its pages.
fn remember(
    context: &mut checkpoint::Context<'_>,
    record: &record::Mm,
    areas: &[Surveyed],
    mm: &Mm,
) -> Result {
    let mut vmas = KVVec::with_capacity(areas.len(), GFP_KERNEL_ACCOUNT)?;
    let mut nr_pages = 0;
    for area in areas {
        nr_pages += area.vma.nr_pages + area.vma.nr_shared;
        vmas.push(area.vma, GFP_KERNEL_ACCOUNT)?;
    }
    context.spaces.add(Space {
        objref: record.objref,
        exe: record.exe,
        vdso: record.vdso,
        nr_pages,
        vmas,
        mm: mm.clone(),
    })
}

/// Writes as many PAGES records as their limits ask for.
fn write_pages(
    context: &mut checkpoint::Context<'_>,
    source: usize,
    runs: &[Run],
    align: bool,
) -> Result {
    let mut rest = runs;
    while !rest.is_empty() {
        let mut nr_pages = 0u32;
        let mut count = 0;
        for run in rest.iter().take(limits::RUNS as usize) {
            if nr_pages + run.nr_pages > limits::PAGES {
                break;
            }
            nr_pages += run.nr_pages;
            count += 1;
        }
        let (now, later) = rest.split_at_checked(count).ok_or(EIO)?;
        context.out.pages_head(now, nr_pages, align)?;
        let mut kept = KVVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        kept.extend_from_slice(now, GFP_KERNEL_ACCOUNT)?;
        context
            .out
            .sink_mut()
            .pages(source, kept, u64::from(nr_pages))?;
        rest = later;
    }
    Ok(())
}
