// SPDX-License-Identifier: GPL-2.0-only

//! Restoring an address space onto the caller: a new one takes the place of the old one, then mappings
//! are made in ascending order, filled, and only then given the protections and marks that would have
//! been in the way.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    limits,
    record::{
        mm_flag,
        run_flag,
        vma_flag,
        vma_kind,
        Guards,
        Mm,
        PagesShared,
        Run,
        Vma, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use super::{
    area::{
        self,
        Area, //
    },
    base::Heir,
    fill,
    space::Space, //
};
use crate::{
    arch,
    files::{
        flags,
        open,
        opened,
        place::Place, //
    },
    objhash::Sort,
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        self,
        contents,
        errno,
        file::File,
        me,
        page,
        rebuild::{
            Fresh,
            Own,
            WriteOrExecute, //
        },
        task::Task, //
    },
};

pub(super) fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    // One for each mapping, and the executable.
    let mut opened = 0;
    while let Some(kind) = open::restore_next(context, &[Kind::FILE, Kind::CONTENTS, Kind::CRED])? {
        opened += u32::from(kind == Kind::FILE);
        if opened > limits::VMAS + 1 {
            return Err(context.malformed(Problem::Count(opened)));
        }
    }
    if context.reader.peek()?.kind != Kind::MM {
        return Ok(());
    }
    let mm: Mm = context.reader.record()?;
    context.check_new(mm.objref, Sort::Mm)?;
    if let Some(what) = problem(&mm) {
        return Err(context.malformed(Problem::Value(what)));
    }
    if mm.vdso != 0 && !context.has_our_vdso() {
        return Err(context.fail(
            errno::eopnotsupp(),
            fmt!("the image was made on a kernel with another vDSO"),
        ));
    }
    let caller = sys::mm::Mm::of(&Task::current()).ok_or(EINVAL)?;
    let mdwe = WriteOrExecute::of_caller(&caller)?;
    if !mdwe.stays_with(mm.flags) {
        return Err(context.fail(
            EPERM,
            fmt!("PR_SET_MDWE of the caller would not stay in force"),
        ));
    }
    let exe = file(context, mm.exe, Place::Exe)?;
    if !exe.is_executable() {
        return Err(context.fail(EACCES, fmt!("the executable may not be executed")));
    }
    if contents::is_for_mappings(&exe) {
        return Err(context.fail(
            EPERM,
            fmt!("the executable is shared memory: that takes CAP_CHECKPOINT_RESTORE"),
        ));
    }
    let auxv = read_auxv(context, caller.auxv_words())?;
    let base = base(context, &mm, mdwe)?;
    // A caller that looks at it must not keep it.
    drop(caller);

    // Until the saved one is set at the end: READ_IMPLIES_EXEC would add to protections.
    me::set_personality(0);
    let fresh = Fresh::make(base.as_ref().map(|base| &base.mm))
        .map_err(|error| context.fail(error, fmt!("no address space can be made")))?;
    let own = fresh
        .enter()
        .map_err(|error| context.fail(error, fmt!("the old address space cannot be left")))?;
    let heir = Heir::new(&own, base.as_deref())
        .map_err(|error| context.fail(error, fmt!("the memory of the parent cannot be shared")))?;
    if base.is_some() {
        arch::vdso::take_over(&own, mm.vdso);
    } else {
        own.set_exe(&exe)
            .map_err(|error| context.fail(error, fmt!("/proc/PID/exe cannot be set")))?;
        arch::vdso::map(&own, mm.vdso).map_err(|error| {
            context.fail(error, fmt!("the vDSO cannot be mapped at {:x}", mm.vdso))
        })?;
    }
    if arch::fpu::has_pkeys() {
        own.set_pkeys(mm.pkeys, mm.execute_only_pkey)?;
    }
    let mut areas = map_all(context, &own, &mm, mdwe, heir)?;
    define(context, &mm, mdwe, &areas)?;
    fill::fill(context, &own, &mut areas, mm.nr_pages)?;
    fill::copy(context, &own, &mut areas, mm.nr_copied)?;
    fill::check_full(context, &areas)?;
    finish_areas(context, &own, &mm, &areas)?;
    own.set_fields(&mm, &auxv)?;
    own.finish(&mm)
        .map_err(|error| context.fail(error, fmt!("attributes of the address space")))?;
    seal(context, &own, &areas)
}

/// What is wrong with the record. Addresses are checked as prctl(2) PR_SET_MM_MAP does, but may be
/// zero, as they are in some programs.
fn problem(mm: &Mm) -> Option<&'static str> {
    let addresses = [
        mm.start_code,
        mm.end_code,
        mm.start_data,
        mm.end_data,
        mm.start_brk,
        mm.brk,
        mm.start_stack,
        mm.arg_start,
        mm.arg_end,
        mm.env_start,
        mm.env_end,
        mm.mmap_base,
        mm.mmap_legacy_base,
        mm.vdso,
    ];
    let pairs = [
        (mm.start_code, mm.end_code),
        (mm.start_data, mm.end_data),
        (mm.start_brk, mm.brk),
        (mm.arg_start, mm.arg_end),
        (mm.env_start, mm.env_end),
    ];
    let locked = vma_flag::LOCKED | vma_flag::LOCKONFAULT;
    if addresses.iter().any(|address| *address > limits::ADDRESS) {
        Some("address in MM is no user address")
    } else if (mm.mmap_base | mm.mmap_legacy_base) % page::SIZE != 0 {
        Some("base of mappings that is not aligned")
    } else if pairs.iter().any(|(start, end)| start > end) {
        Some("start after end in MM")
    } else if mm.flags & !mm_flag::ALL != 0 || mm.def_flags & !locked != 0 {
        Some("unknown flags of an address space")
    } else if mm.dump_filter > 0x1ff || mm.membarrier & !ckpt_image::record::membarrier::ALL != 0 {
        Some("attributes of an address space out of range")
    } else if !(-1..16).contains(&mm.execute_only_pkey) || mm.pkeys & !0xffff != 0 {
        Some("protection keys out of range")
    } else if mm.nr_pages > limits::ADDRESS / page::SIZE
        || mm.nr_copied > limits::ADDRESS / page::SIZE
    {
        Some("more pages than an address space has")
    } else {
        None
    }
}

/// The auxiliary vector: as long as this kernel's, with an end.
fn read_auxv(context: &mut restoring::Context<'_>, words: usize) -> Outcome<KVec<u64>> {
    let mut auxv = KVec::from_elem(0u64, words, GFP_KERNEL_ACCOUNT)?;
    context.reader.buffer(auxv.as_mut_slice().as_mut_bytes())?;
    for word in auxv.iter_mut().rev().take(2) {
        *word = 0;
    }
    Ok(auxv)
}

const PRIVATELY: &str = ", and is mapped privately or executed";

/// A file of which only those pages are in the image that the process had to itself: it has to be what
/// it was, whatever the restarter allows.
fn file(context: &restoring::Context<'_>, id: u32, place: Place) -> Outcome<File> {
    let (file, contents) = opened::file_of(context, id, place)?;
    opened::check_unchanged(context, &file, &contents, place, PRIVATELY)?;
    Ok(file)
}

/// The file of a shared mapping. One that could not become writable although the file is was made
/// when a seal forbade that, which will be there again only when all mappings are made.
fn shared_file(context: &restoring::Context<'_>, vma: &Vma, place: Place) -> Outcome<File> {
    let file = opened::unchanged_file_of(context, vma.file, place)?;
    if vma.flags & vma_flag::MAYWRITE != 0 || !file.is_writable() {
        return Ok(file);
    }
    file.open_again(flags::O_RDONLY)
        .map_err(|error| cannot_map(context, vma, error))
}

/// The address space that this one was forked from. Its executable and vDSO are the same.
fn base(
    context: &restoring::Context<'_>,
    mm: &Mm,
    mdwe: WriteOrExecute,
) -> Outcome<Option<Arc<Space>>> {
    if mm.base == 0 {
        return Ok(None);
    }
    let base = context.get::<Arc<Space>>(mm.base)?.clone();
    if (base.exe, base.vdso) != (mm.exe, mm.vdso) {
        return Err(context.malformed(Problem::Objref(mm.base)));
    }
    if mdwe.is_set() && !base.write_or_execute {
        return Err(context.fail(
            EACCES,
            fmt!("PR_SET_MDWE of the caller was not in force where its parent was restored"),
        ));
    }
    Ok(Some(base))
}

/// What has been mapped may be the base of others.
fn define(
    context: &mut restoring::Context<'_>,
    mm: &Mm,
    mdwe: WriteOrExecute,
    areas: &[Area],
) -> Outcome {
    let mut vmas = KVVec::with_capacity(areas.len(), GFP_KERNEL_ACCOUNT)?;
    for area in areas {
        vmas.push(area.vma, GFP_KERNEL_ACCOUNT)?;
    }
    let space = Space {
        objref: mm.objref,
        exe: mm.exe,
        vdso: mm.vdso,
        vmas,
        write_or_execute: mdwe.is_set(),
        mm: sys::mm::Mm::of(&Task::current()).ok_or(EINVAL)?,
    };
    let space = Arc::new(space, GFP_KERNEL_ACCOUNT)?;
    context.define_shared(mm.objref, Sort::Mm, space)
}

fn map_all(
    context: &mut restoring::Context<'_>,
    own: &Own,
    mm: &Mm,
    mdwe: WriteOrExecute,
    mut heir: Heir<'_>,
) -> Outcome<KVVec<Area>> {
    let mut areas: KVVec<Area> = KVVec::new();
    let mut floor = 0;
    let mut pages = 0u64;
    for _ in 0..mm.nr_vmas {
        let vma: Vma = context.reader.record()?;
        if let Some(what) = area::problem(&vma, floor) {
            return Err(context.malformed(Problem::Value(what)));
        }
        if mdwe.is_set() && area::executes_what_was_written(&vma) {
            return Err(cannot_map(context, &vma, EACCES));
        }
        floor = vma.end;
        pages = pages.saturating_add(vma.nr_pages);
        map(context, own, mm, &mut heir, &vma)?;
        if vma.nr_guards != 0 {
            guards(context, own, &vma)?;
        }
        if vma.nr_shared != 0 && mm.base == 0 {
            return Err(context.malformed(Problem::Value("pages shared with no base")));
        }
        if mm.base != 0 && context.reader.peek()?.kind == Kind::PAGES_SHARED {
            shared(context, own, &vma)?;
        } else if vma.nr_shared != 0 {
            return Err(context.malformed(Problem::Value("shared pages of a mapping are missing")));
        }
        let missing = vma.nr_pages;
        areas.push(Area { vma, missing }, GFP_KERNEL_ACCOUNT)?;
        sys::check_signal()?;
    }
    heir.finish()?;
    let extent = arch::vdso::identity().extent(mm.vdso).unwrap_or(0..0);
    if area::vdso_bytes(areas.iter().map(|area| &area.vma)) != extent.end - extent.start {
        return Err(context.malformed(Problem::Value("vDSO that is not whole")));
    }
    if pages != mm.nr_pages.saturating_add(mm.nr_copied) {
        return Err(context.malformed(Problem::Value("page counts of the mappings disagree")));
    }
    Ok(areas)
}

/// Maps what the base has not given.
fn map(
    context: &restoring::Context<'_>,
    own: &Own,
    mm: &Mm,
    heir: &mut Heir<'_>,
    vma: &Vma,
) -> Outcome {
    if vma.kind == vma_kind::VDSO {
        // It is there already, whole; that the image has all of it is checked at the end.
        let extent = arch::vdso::identity().extent(mm.vdso).unwrap_or(0..0);
        heir.next(vma, |_, _| Ok(()))?;
        return if extent.start <= vma.start
            && vma.end <= extent.end
            && (mm.base == 0 || heir.has_vdso(vma))
        {
            Ok(())
        } else {
            Err(context.malformed(Problem::Value("vDSO out of its place")))
        };
    }
    let mut missing = KVec::new();
    heir.next(vma, |start, end| {
        Ok(missing.push((start, end), GFP_KERNEL_ACCOUNT)?)
    })
    .map_err(|error| cannot_map(context, vma, error))?;
    if missing.is_empty() {
        return allow_filling(own, vma).map_err(|error| cannot_map(context, vma, error));
    }
    let place = Place::Mapping(vma.start, vma.end);
    let file = match vma.kind {
        vma_kind::FILE if vma.flags & vma_flag::SHARED == 0 => {
            Some(file(context, vma.file, place)?)
        }
        vma_kind::FILE => Some(shared_file(context, vma, place)?),
        _ => None,
    };
    for (start, end) in missing.iter().copied() {
        let part = Vma {
            start,
            end,
            offset: vma.offset + (start - vma.start),
            ..*vma
        };
        own.map(&part, file.as_ref(), Area::is_filled(vma))
            .map_err(|error| cannot_map(context, vma, error))?;
    }
    allow_filling(own, vma).map_err(|error| cannot_map(context, vma, error))
}

/// What came from the base has its final protection already.
fn allow_filling(own: &Own, vma: &Vma) -> Result {
    let needs = Area::is_filled(vma) && vma.flags & vma_flag::WRITE == 0;
    if !needs {
        return Ok(());
    }
    let flags = vma.flags | vma_flag::READ | vma_flag::WRITE;
    own.protect(vma.start, vma.end, flags, -1)
}

fn cannot_map(context: &restoring::Context<'_>, vma: &Vma, error: Error) -> restoring::Fault {
    context.fail(
        error,
        fmt!("mapping {:x}-{:x} cannot be made", vma.start, vma.end),
    )
}

/// Pages that stay as they came from the base, and pages that go.
fn shared(context: &mut restoring::Context<'_>, own: &Own, vma: &Vma) -> Outcome {
    let head: PagesShared = context.reader.record()?;
    if head.nr_runs == 0 {
        return Err(context.malformed(Problem::Count(head.nr_runs)));
    }
    let mut count = 0u64;
    context.reader.buffer_of::<Run>(head.nr_runs)?;
    for _ in 0..head.nr_runs {
        let run: Run = context.reader.entry()?;
        let end = within(context, vma, &run)?;
        match run.flags {
            0 => count += u64::from(run.nr_pages),
            run_flag::DROPPED => own.drop_pages(run.address, end)?,
            _ => return Err(context.malformed(Problem::Value("unknown flags of a run of pages"))),
        }
        sys::check_signal()?;
    }
    if count != vma.nr_shared {
        return Err(context.malformed(Problem::Value("shared pages of a mapping are missing")));
    }
    Ok(())
}

/// The end of a run of pages, which lies in a mapping.
fn within(context: &restoring::Context<'_>, vma: &Vma, run: &Run) -> Outcome<u64> {
    let end = run
        .address
        .saturating_add(u64::from(run.nr_pages) * page::SIZE);
    let inside = run.address >= vma.start && end <= vma.end;
    if !inside || run.nr_pages == 0 || run.address % page::SIZE != 0 {
        return Err(context.malformed(Problem::Value("run of pages outside of its mapping")));
    }
    Ok(end)
}

fn guards(context: &mut restoring::Context<'_>, own: &Own, vma: &Vma) -> Outcome {
    let head: Guards = context.reader.record()?;
    if head.nr_runs != vma.nr_guards {
        return Err(context.malformed(Problem::Count(head.nr_runs)));
    }
    context.reader.buffer_of::<Run>(head.nr_runs)?;
    for _ in 0..head.nr_runs {
        let run: Run = context.reader.entry()?;
        let end = within(context, vma, &run)?;
        if run.flags != 0 {
            return Err(context.malformed(Problem::Value("unknown flags of a run of pages")));
        }
        own.guard(run.address, end).map_err(|error| {
            context.fail(error, fmt!("guard region {:x}-{:x}", run.address, end))
        })?;
        sys::check_signal()?;
    }
    Ok(())
}

/// Everything that would have been in the way of filling.
fn finish_areas(context: &restoring::Context<'_>, own: &Own, mm: &Mm, areas: &[Area]) -> Outcome {
    let ordinary = |area: &&Area| area.vma.kind != vma_kind::VDSO;
    for area in areas.iter().filter(ordinary) {
        finish_flags(own, area)?;
    }
    let merges = mm.flags & mm_flag::MERGE_ANY != 0;
    if merges {
        own.merge()
            .map_err(|error| context.fail(error, fmt!("memory cannot be merged")))?;
    }
    for area in areas.iter().filter(ordinary) {
        let vma = &area.vma;
        finish(own, area, mm.execute_only_pkey, merges).map_err(|error| {
            context.fail(
                error,
                fmt!("attributes of mapping {:x}-{:x}", vma.start, vma.end),
            )
        })?;
        sys::check_signal()?;
    }
    Ok(())
}

/// Takes back the marks that filling needed. Mappings that lie side by side may have become one, so
/// this comes before any of them gets marks of its own.
fn finish_flags(own: &Own, area: &Area) -> Result {
    let vma = &area.vma;
    if !Area::is_filled(vma) {
        return Ok(());
    }
    own.set_vma_flags(
        vma.start,
        vma.end,
        0,
        vma_flag::NOHUGEPAGE | vma_flag::HUGEPAGE,
    )?;
    if vma.flags & vma_flag::NORESERVE == 0 {
        // The neighbour may have been made with it.
        own.clear_vma_flags_within(vma.start, vma.end, vma_flag::NORESERVE)?;
    }
    Ok(())
}

fn finish(own: &Own, area: &Area, execute_only: i32, merges: bool) -> Result {
    let vma = &area.vma;
    // The key of execute-only mappings cannot be asked for: the kernel gives it by itself.
    let key = match vma.pkey as i32 {
        0 => None,
        key if key == execute_only => None,
        key => Some(key),
    };
    if area.needs_protection() || key.is_some() {
        own.protect(vma.start, vma.end, vma.flags, key.unwrap_or(-1))?;
    }
    own.advise(vma.start, vma.end, vma.flags, merges)?;
    if vma.flags & (vma_flag::LOCKED | vma_flag::LOCKONFAULT) != 0 {
        own.lock(vma.start, vma.end, vma.flags)?;
    }
    Ok(())
}

/// Sealed mappings cannot be changed any more, so this is last.
fn seal(context: &restoring::Context<'_>, own: &Own, areas: &[Area]) -> Outcome {
    let sealed =
        |area: &&Area| area.vma.flags & vma_flag::SEALED != 0 && area.vma.kind != vma_kind::VDSO;
    for area in areas.iter().filter(sealed) {
        own.seal(area.vma.start, area.vma.end).map_err(|error| {
            context.fail(error, fmt!("mapping {:x} cannot be sealed", area.vma.start))
        })?;
    }
    Ok(())
}
