// SPDX-License-Identifier: GPL-2.0-only

//! Saving an address space: first every mapping is looked at and its pages are captured, then the
//! records are written, because the first of them holds the totals.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        run_flag,
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
        Beside,
        Origin,
        Theirs, //
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
        self, errno,
        file::File,
        mm::Mm,
        page::{
            self,
            PagePool,
            Pages, //
        },
        symbols,
        task::Task,
        vma::Mapping,
        window::{
            PageKind,
            Window, //
        },
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
    /// Pages that are those of the base, and pages that only the base has.
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
    pool: Option<PagePool>,
    window: Window,
    /// Room for a page.
    scratch: Pages,
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
        pool: context.request.copy_pages.then(PagePool::new),
        window: Window::new()?,
        scratch: Pages::with_room(1)?,
    };
    let mut next = 0;
    while let Some(mapping) = mm.mapping_after(next) {
        next = mapping.end;
        survey.add(context, task, &mapping)?;
        sys::check_signal()?;
    }
    survey.check_vdso(context, task, &mm)?;
    let vdso = mm.fields().vdso;
    let base = context.spaces.of_parent(task).filter(|base| {
        (base.exe, base.vdso) == (exe, vdso) && base::is_worth_it(base, &survey.areas)
    });
    let (objref, _) = context.objects.add(Sort::Mm, mm.key(), || Held::ByTask)?;
    survey.objref = objref;
    survey.capture(context, task, &mm, base.as_deref())?;
    write(context, mm, exe, base.map_or(0, |base| base.objref), survey)
}

impl Survey {
    fn add(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        task: &Task,
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
        if mapping.is_vdso {
            vma.kind = vma_kind::VDSO;
        } else if let Some(file) = &mapping.file {
            vma.kind = vma_kind::FILE;
            let place = Place::Mapping(mapping.start, mapping.end);
            vma.file = open::save(context, task, file, place)?;
        } else {
            vma.offset = 0;
        }
        let area = Surveyed {
            vma,
            shared: KVVec::new(),
            guards: KVVec::new(),
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
    fn capture(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        task: &Task,
        mm: &Mm,
        base: Option<&Space>,
    ) -> Result {
        let mut areas = core::mem::replace(&mut self.areas, KVVec::new());
        let has_own = |area: &&mut Surveyed| {
            area.vma.kind != vma_kind::VDSO && area.vma.flags & record::vma_flag::SHARED == 0
        };
        let mut beside = match base {
            Some(base) => Some(Beside::new(base)?),
            None => None,
        };
        for area in areas.iter_mut().filter(has_own) {
            let before = self.nr_pages + self.nr_copied;
            self.capture_area(context, task, mm, &mut beside, area)?;
            area.vma.nr_pages = self.nr_pages + self.nr_copied - before;
            area.vma.nr_guards = area.guards.len() as u32;
        }
        self.areas = areas;
        Ok(())
    }

    fn capture_area(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        task: &Task,
        mm: &Mm,
        beside: &mut Option<Beside<'_>>,
        area: &mut Surveyed,
    ) -> Result {
        if let Some(beside) = beside {
            beside.begin(&area.vma)?;
        }
        let mut from = area.vma.start;
        loop {
            let next = self.window.look(mm, from..area.vma.end)?;
            for index in 0..self.window.len() {
                self.take(context, mm, area, beside, index)
                    .map_err(|error| self.cannot_read(context, task, index, error))?;
            }
            sys::check_signal()?;
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        self.window.clear();
        if let Some(beside) = beside {
            let dropped = beside.finish()?;
            area.shared.extend_from_slice(dropped, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    fn cannot_read(
        &self,
        context: &checkpoint::Context<'_>,
        task: &Task,
        index: usize,
        error: Error,
    ) -> Error {
        let (address, kind) = self.window.get(index).unwrap_or((0, PageKind::Data));
        let what = match kind {
            PageKind::Poison => "was lost by the hardware",
            _ => "cannot be read",
        };
        refuse!(
            context.log,
            error,
            Some(task),
            "memory at {:x} {}",
            address,
            what
        )
    }

    /// Does what is to be done about a page of the window.
    fn take(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        mm: &Mm,
        area: &mut Surveyed,
        beside: &mut Option<Beside<'_>>,
        index: usize,
    ) -> Result {
        let (address, kind) = self.window.get(index).ok_or(EINVAL)?;
        match kind {
            PageKind::Guard => return base::add_page(&mut area.guards, address, 0),
            PageKind::Poison => return Err(errno::eopnotsupp()),
            PageKind::Data | PageKind::Shared => {}
        }
        let theirs = match beside {
            Some(beside) => beside.meet(&self.window, index)?,
            None => Theirs::Nothing,
        };
        if theirs == Theirs::Same {
            area.vma.nr_shared += 1;
            return base::add_page(&mut area.shared, address, 0);
        }
        if kind == PageKind::Shared {
            if let Some(origin) = context.pages.get(&self.window, index) {
                return self.add_copy(area.vma.start, address, origin);
            }
        }
        let is_zero = !self.window.fetch(index, mm, &mut self.scratch)?;
        // Memory is zero by itself, unless the base has something else there; a file is not.
        if is_zero && area.vma.kind == vma_kind::ANON {
            return match theirs {
                Theirs::Nothing => Ok(()),
                _ => base::add_page(&mut area.shared, address, run_flag::DROPPED),
            };
        }
        if let Some(pool) = &mut self.pool {
            pool.add(&self.window, index)?;
        }
        self.add_run(area.vma.start, address, 1)?;
        if kind == PageKind::Shared && context.tree.len() > 1 && context.pages.len() < KNOWN {
            let origin = Origin {
                mm: self.objref,
                address,
            };
            context.pages.add(&self.window, index, origin)?;
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
    if !area.shared.is_empty() {
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
    for area in areas {
        vmas.push(area.vma, GFP_KERNEL_ACCOUNT)?;
    }
    context.spaces.add(Space {
        objref: record.objref,
        exe: record.exe,
        vdso: record.vdso,
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
