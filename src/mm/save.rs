// SPDX-License-Identifier: GPL-2.0-only

//! Saving an address space: first every mapping is looked at and its pages are captured, then the
//! records are written, because the first of them holds the totals.

use core::mem;

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        Guards,
        PagesCopied,
        PagesShared, //
    },
};
use zerocopy::IntoBytes;

use super::{
    area::Surveyed,
    base::{
        self,
        Spaces, //
    },
    space::Space,
    survey::Survey, //
};
use crate::{
    capture,
    files::open,
    files::place::Place,
    log::refuse,
    objhash::{
        Held,
        Sort, //
    },
    saving,
    sys::{
        errno,
        file::File,
        mm::Mm,
        pool::Owner,
        task::Task, //
    },
};

pub(super) fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let mut spaces = match context.states.get::<Option<Spaces>>()?.take() {
        Some(spaces) => spaces,
        None => Spaces::of(&context.shape.entries)?,
    };
    save(context, task, &mut spaces)?;
    spaces.pass(&context.shape.entries, context.place);
    *context.states.get()? = Some(spaces);
    Ok(())
}

fn save(context: &mut saving::Context<'_>, task: &Task, spaces: &mut Spaces) -> Result {
    let mm = Mm::of(task).ok_or(ESRCH)?;
    if context.objects.has(Sort::Mm, mm.key()) {
        return Ok(());
    }
    let exe = File::exe_of(task).ok_or_else(|| {
        let (error, why) = match Mm::of(task) {
            Some(_) => (errno::eopnotsupp(), "the task has no executable"),
            // It has been killed meanwhile.
            None => (ESRCH, "the task has no memory any more: it is exiting"),
        };
        refuse!(context.log, error, Some(task), why)
    })?;
    let exe = open::save(context, task, &exe, Place::Exe)?;
    context.objects.name(exe);

    let mut survey = match context.states.get::<Option<Survey>>()?.take() {
        Some(survey) => survey,
        None => Survey::new()?,
    };
    survey.begin(context, task, &mm)?;
    let vdso = mm.fields()?.vdso;
    let base = spaces
        .of_parent(&context.shape.entries, context.place)
        .filter(|base| {
            (base.space.exe, base.space.vdso) == (exe, vdso)
                && base::is_worth_it(&base.space, &survey.areas)
        });
    let base_objref = base.as_ref().map_or(0, |base| base.space.objref);
    (survey.objref, _) = context
        .objects
        .add(Sort::Mm, mm.key(), || Held::Mm(mm.grab()))?;
    survey.capture(context, task, &mm, base)?;
    write(context, &mm, exe, base_objref, &mut survey)?;
    keep(context, &mm, exe, vdso, &survey, spaces)?;
    *context.states.get()? = Some(survey);
    Ok(())
}

fn write(
    context: &mut saving::Context<'_>,
    mm: &Mm,
    exe: u32,
    base: u32,
    survey: &mut Survey,
) -> Result {
    let mut record = mm.fields()?;
    let auxv = mm.auxv()?;
    record.objref = survey.objref;
    record.exe = exe;
    record.nr_vmas = survey.areas.len() as u32;
    record.nr_pages = survey.runs.nr_pages();
    record.base = base;
    record.nr_copied = survey.nr_copied;
    context.out.record(&record)?;
    context.out.buffer(auxv.as_slice().as_bytes())?;
    for area in survey.areas.iter() {
        write_area(context, survey, area)?;
    }
    let copied = context.request.copy_pages;
    capture::write_pages(&mut context.out, mem::take(&mut survey.runs), || {
        (!copied).then(|| Owner::Space(mm.clone()))
    })?;
    for chunk in survey.copies.chunks(limits::RUNS as usize) {
        context.out.record(&PagesCopied {
            nr_runs: chunk.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(chunk.as_bytes())?;
    }
    Ok(())
}

/// Keeps the address space if it is the base of any that is still to come.
fn keep(
    context: &saving::Context<'_>,
    mm: &Mm,
    exe: u32,
    vdso: u64,
    survey: &Survey,
    spaces: &mut Spaces,
) -> Result {
    let (entries, place) = (&context.shape.entries, context.place);
    if !spaces.wants(entries, place) {
        return Ok(());
    }
    let space = Space {
        objref: survey.objref,
        exe,
        vdso,
        vmas: survey.vmas()?,
        write_or_execute: false,
        mm: mm.clone(),
    };
    spaces.add(entries, place, space)
}

fn write_area(context: &mut saving::Context<'_>, survey: &Survey, area: &Surveyed) -> Result {
    context.out.record(&area.vma)?;
    let guards = survey.guards.get(area.guards.clone()).ok_or(EIO)?;
    if !guards.is_empty() {
        context.out.record(&Guards {
            nr_runs: guards.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(guards.as_bytes())?;
    }
    let shared = survey.shared.get(area.shared.clone()).ok_or(EIO)?;
    if !shared.is_empty() {
        context.out.record(&PagesShared {
            nr_runs: shared.len() as u32,
            reserved: 0,
        })?;
        context.out.buffer(shared.as_bytes())?;
    }
    Ok(())
}
