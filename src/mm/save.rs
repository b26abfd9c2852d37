// SPDX-License-Identifier: GPL-2.0-only

//! Saving an address space: first every mapping is looked at and its pages are captured, then the
//! records are written, because the first of them holds the totals.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        vma_kind,
        Guards,
        Run,
        Vma, //
    },
};
use zerocopy::IntoBytes;

use super::area;
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
        Sort, //
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

/// What has been found out about an address space.
struct Survey {
    vmas: KVVec<(Vma, KVVec<Run>)>,
    runs: KVVec<Run>,
    nr_pages: u64,
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
        vmas: KVVec::new(),
        runs: KVVec::new(),
        nr_pages: 0,
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
    write(context, mm, exe, survey)
}

impl Survey {
    fn add(
        &mut self,
        context: &mut checkpoint::Context<'_>,
        task: &Task,
        mm: &Mm,
        mapping: &Mapping,
    ) -> Result {
        if self.vmas.len() >= limits::VMAS as usize {
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
        let mut guards = KVVec::new();
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
                vma.nr_pages = self.capture(context, task, mm, mapping, &mut guards)?;
            }
        }
        vma.nr_guards = guards.len() as u32;
        self.vmas.push((vma, guards), GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The vDSO is mapped again as a whole, so it has to be there as a whole.
    fn check_vdso(&self, context: &checkpoint::Context<'_>, task: &Task, mm: &Mm) -> Result {
        let extent = arch::vdso::identity()
            .extent(mm.fields().vdso)
            .unwrap_or(0..0);
        let parts = || self.vmas.iter().map(|(vma, _)| vma);
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

    /// Captures the pages of a private mapping and tells how many there are.
    fn capture(
        &mut self,
        context: &checkpoint::Context<'_>,
        task: &Task,
        mm: &Mm,
        mapping: &Mapping,
        guards: &mut KVVec<Run>,
    ) -> Result<u64> {
        let mut found = KVVec::new();
        mm.scan(mapping.start, mapping.end, &mut found)?;
        let before = self.nr_pages;
        for run in found.iter() {
            match run.kind {
                PageKind::Data => self.capture_run(mm, run).map_err(|error| {
                    refuse!(
                        context.log,
                        error,
                        Some(task),
                        "memory {:x}-{:x} cannot be read",
                        run.start,
                        run.end
                    )
                })?,
                PageKind::Guard => guards.push(
                    Run {
                        address: run.start,
                        nr_pages: ((run.end - run.start) / page::SIZE) as u32,
                        flags: 0,
                    },
                    GFP_KERNEL_ACCOUNT,
                )?,
                PageKind::Poison => {
                    return Err(refuse!(
                        context.log,
                        errno::eopnotsupp(),
                        Some(task),
                        "memory {:x}-{:x} was lost by the hardware",
                        run.start,
                        run.end
                    ))
                }
            }
        }
        Ok(self.nr_pages - before)
    }

    fn capture_run(&mut self, mm: &Mm, run: &PageRun) -> Result {
        let mut address = run.start;
        while address < run.end {
            let wanted = ((run.end - address) / page::SIZE).min(page::BATCH as u64);
            mm.get_pages(address, wanted as usize, &mut self.batch)?;
            let got = self.batch.len();
            let coming = (run.end - address) / page::SIZE - got as u64;
            self.keep_batch(address, got, coming)?;
            address += got as u64 * page::SIZE;
            sys::check_signal()?;
        }
        self.batch.release();
        Ok(())
    }

    /// Keeps the pages of the batch that are not zero.
    fn keep_batch(&mut self, address: u64, len: usize, coming: u64) -> Result {
        let mut first = 0;
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
            self.add_run(address + first as u64 * page::SIZE, (end - first) as u64)?;
            first = end;
        }
        Ok(())
    }

    fn add_run(&mut self, address: u64, count: u64) -> Result {
        self.nr_pages += count;
        if let Some(last) = self.runs.last_mut() {
            let end = last.address + u64::from(last.nr_pages) * page::SIZE;
            let longer = u64::from(last.nr_pages) + count;
            let in_this_mapping = self
                .vmas
                .last()
                .is_none_or(|(vma, _)| last.address >= vma.end);
            if end == address && in_this_mapping && longer <= u64::from(limits::PAGES) {
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

fn write(context: &mut checkpoint::Context<'_>, mm: Mm, exe: u32, survey: Survey) -> Result {
    let mut record = mm.fields();
    let auxv = mm.auxv()?;
    let key = mm.key();
    let Survey {
        vmas,
        runs,
        nr_pages,
        pool,
        ..
    } = survey;
    let source = match pool {
        Some(pool) => PageSource::Copied(pool),
        None => PageSource::Live(mm),
    };
    let source = context.out.sink_mut().add_source(source)?;
    let (objref, _) = context.objects.add(Sort::Mm, key, || Held::ByTask)?;
    record.objref = objref;
    record.exe = exe;
    record.nr_vmas = vmas.len() as u32;
    record.nr_pages = nr_pages;
    context.out.record(&record)?;
    context.out.buffer(auxv.as_slice().as_bytes())?;
    for (vma, guards) in vmas.iter() {
        context.out.record(vma)?;
        if !guards.is_empty() {
            context.out.record(&Guards {
                nr_runs: guards.len() as u32,
                reserved: 0,
            })?;
            context.out.buffer(guards.as_slice().as_bytes())?;
        }
    }
    write_pages(context, source, &runs, nr_pages >= ALIGNED_FROM)
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
