// SPDX-License-Identifier: GPL-2.0-only

//! Examines an address space that is being saved: its mappings, and for each page what to do about its
//! contents. Only copies of pages are written here.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        run_flag,
        vma_kind,
        CopyRun,
        Run,
        Vma, //
    },
};

use super::{
    area::{
        self,
        Surveyed, //
    },
    base::{
        Base,
        Beside,
        Origin,
        Theirs, //
    },
};
use crate::{
    arch,
    capture::{
        self,
        PageRuns, //
    },
    files::open,
    files::place::Place,
    log::refuse,
    saving,
    sys::{
        self, errno,
        mm::Mm,
        page::{
            self,
            Pages, //
        },
        symbols,
        task::Task,
        vma::Mapping,
        window::{
            KnownPages,
            PageKind,
            Window, //
        },
    },
};

/// Most pages that are remembered because others may have them, too. Each takes about a hundred bytes
/// of kernel memory.
const KNOWN: usize = 1 << 20;

/// What has been found out about an address space. One survey serves all address spaces of a tree, one
/// after the other, because room for thousands of pages is not had for nothing.
pub(crate) struct Survey {
    pub(super) objref: u32,
    pub(super) areas: KVVec<Surveyed>,
    pub(super) guards: KVVec<Run>,
    pub(super) shared: KVVec<Run>,
    /// Pages whose contents follow.
    pub(super) runs: PageRuns,
    /// Pages that another address space has brought already.
    pub(super) copies: KVVec<CopyRun>,
    pub(super) nr_copied: u64,
    window: Window,
    /// Room for a page.
    scratch: Pages,
    /// Pages in the image that other address spaces may have, too.
    known: KnownPages<Origin>,
}

impl Survey {
    /// An empty survey.
    pub(super) fn new() -> Result<Self> {
        Ok(Survey {
            objref: 0,
            areas: KVVec::new(),
            guards: KVVec::new(),
            shared: KVVec::new(),
            runs: PageRuns::default(),
            copies: KVVec::new(),
            nr_copied: 0,
            window: Window::new()?,
            scratch: Pages::with_room(1)?,
            known: KnownPages::new(),
        })
    }

    /// Turns to another address space: looks at its mappings.
    pub(super) fn begin(
        &mut self,
        context: &mut saving::Context<'_>,
        task: &Task,
        mm: &Mm,
    ) -> Result {
        self.areas.clear();
        self.guards.clear();
        self.shared.clear();
        self.runs = PageRuns::default();
        self.copies.clear();
        self.nr_copied = 0;
        let mut next = 0;
        while let Some(mapping) = mm.mapping_after(next)? {
            next = mapping.end;
            let added = self.add(context, task, &mapping);
            context.log.go_on(added)?;
            sys::check_signal()?;
        }
        self.check_vdso(context, task, mm)
    }

    fn add(&mut self, context: &mut saving::Context<'_>, task: &Task, mapping: &Mapping) -> Result {
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
            context.objects.name(vma.file);
        } else {
            vma.offset = 0;
        }
        let area = Surveyed {
            vma,
            guards: 0..0,
            shared: 0..0,
        };
        self.areas.push(area, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The vDSO is mapped again as a whole, so it has to be there as a whole.
    fn check_vdso(&self, context: &saving::Context<'_>, task: &Task, mm: &Mm) -> Result {
        let extent = arch::vdso::identity()
            .extent(mm.fields()?.vdso)
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

    /// The mappings as the image has them.
    pub(super) fn vmas(&self) -> Result<KVVec<Vma>> {
        let mut vmas = KVVec::with_capacity(self.areas.len(), GFP_KERNEL_ACCOUNT)?;
        for area in self.areas.iter() {
            vmas.push(area.vma, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(vmas)
    }

    /// Looks at all pages and copies those that are to be saved, if they are to be copied.
    pub(super) fn capture(
        &mut self,
        context: &mut saving::Context<'_>,
        task: &Task,
        mm: &Mm,
        base: Option<&mut Base>,
    ) -> Result {
        let mut beside = base.map(Beside::new).transpose()?;
        let mut place = 0;
        self.enter(place, &mut beside)?;
        let mut from = 0;
        loop {
            let next = self.window.look(mm, from)?;
            for index in 0..self.window.len() {
                let (address, kind) = self.window.get(index).ok_or(EINVAL)?;
                while self.ends(place).is_some_and(|end| end <= address) {
                    self.leave(place, &mut beside)?;
                    place += 1;
                    self.enter(place, &mut beside)?;
                }
                self.take(context, mm, &mut beside, place, index)
                    .map_err(|error| cannot_read(context, task, address, kind, error))?;
            }
            sys::check_signal()?;
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        self.window.clear();
        while place < self.areas.len() {
            self.leave(place, &mut beside)?;
            place += 1;
            self.enter(place, &mut beside)?;
        }
        Ok(())
    }

    fn ends(&self, place: usize) -> Option<u64> {
        self.areas.get(place).map(|area| area.vma.end)
    }

    /// Turns to the pages of the next mapping, if there is one.
    fn enter(&mut self, place: usize, beside: &mut Option<Beside<'_>>) -> Result {
        let Some(area) = self.areas.get_mut(place) else {
            return Ok(());
        };
        area.guards = self.guards.len()..self.guards.len();
        area.shared = self.shared.len()..self.shared.len();
        match beside {
            Some(beside) => beside.begin(&area.vma),
            None => Ok(()),
        }
    }

    /// All pages of a mapping have been seen.
    fn leave(&mut self, place: usize, beside: &mut Option<Beside<'_>>) -> Result {
        let area = self.areas.get_mut(place).ok_or(EINVAL)?;
        if let Some(beside) = beside {
            beside.pass_until(area.vma.end, area.vma.start, &mut self.shared)?;
        }
        area.guards.end = self.guards.len();
        area.shared.end = self.shared.len();
        area.vma.nr_guards = area.guards.len() as u32;
        Ok(())
    }

    /// Does what is to be done about a page of the window.
    fn take(
        &mut self,
        context: &mut saving::Context<'_>,
        mm: &Mm,
        beside: &mut Option<Beside<'_>>,
        place: usize,
        index: usize,
    ) -> Result {
        let (address, kind) = self.window.get(index).ok_or(EINVAL)?;
        let vma = &mut self.areas.get_mut(place).ok_or(EBUSY)?.vma;
        if address < vma.start {
            // It is in no mapping that had been there.
            return Err(EBUSY);
        }
        match kind {
            PageKind::Guard => return capture::add_page(&mut self.guards, vma.start, address, 0),
            PageKind::Poison => return Err(errno::eopnotsupp()),
            PageKind::Data | PageKind::Shared => {}
        }
        let theirs = match beside {
            Some(beside) => beside.meet(&self.window, index, vma.start, &mut self.shared)?,
            None => Theirs::Nothing,
        };
        if theirs == Theirs::Same {
            vma.nr_shared += 1;
            return capture::add_page(&mut self.shared, vma.start, address, 0);
        }
        if kind == PageKind::Shared {
            if let Some(origin) = self.known.get(&self.window, index) {
                vma.nr_pages += 1;
                self.nr_copied += 1;
                return add_copy(&mut self.copies, vma.start, address, origin);
            }
        }
        let is_zero = !self.window.fetch(index, mm, &mut self.scratch)?;
        // Memory is zero by itself, unless the base has something else there; a file is not.
        if is_zero && vma.kind == vma_kind::ANON {
            return match theirs {
                Theirs::Nothing => Ok(()),
                _ => capture::add_page(&mut self.shared, vma.start, address, run_flag::DROPPED),
            };
        }
        if context.request.copy_pages {
            context.out.sink_mut().copy_page(&self.window, index)?;
        }
        vma.nr_pages += 1;
        self.runs.add(vma.start, address)?;
        if kind == PageKind::Shared && context.tree.len() > 1 && self.known.len() < KNOWN {
            let origin = Origin {
                mm: self.objref,
                address,
            };
            self.known.add(&self.window, index, origin)?;
        }
        Ok(())
    }
}

fn cannot_read(
    context: &saving::Context<'_>,
    task: &Task,
    address: u64,
    kind: PageKind,
    error: Error,
) -> Error {
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

/// Adds a page to runs of copies, as [`capture::add_page`] does.
fn add_copy(copies: &mut KVVec<CopyRun>, floor: u64, address: u64, origin: Origin) -> Result {
    if let Some(last) = copies.last_mut() {
        let len = u64::from(last.nr_pages) * page::SIZE;
        if (last.mm, last.address + len, last.source + len) == (origin.mm, address, origin.address)
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
    copies.push(run, GFP_KERNEL_ACCOUNT)?;
    Ok(())
}

/// Refuses a mapping that no image can hold.
fn check(context: &saving::Context<'_>, task: &Task, mapping: &Mapping) -> Result {
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
