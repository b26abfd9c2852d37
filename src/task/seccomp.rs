// SPDX-License-Identifier: GPL-2.0-only

//! SECCOMP_FILTER and TASK_SECCOMP: how seccomp confines a task.
//!
//! Filters are a tree: each holds the one that it was installed on, and tasks that were forked or synchronised
//! (SECCOMP_FILTER_FLAG_TSYNC) have the same ones. That they are the same, and not equal, is what a later
//! synchronisation asks for. So the first task that has a filter installs it, and others share it.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        self,
        seccomp_filter_flag,
        seccomp_mode,
        task_flag,
        SeccompFilter,
        SeccompInsn,
        TaskSeccomp, //
    },
    Kind,
    Problem, //
};

use crate::{
    log::{
        refuse,
        Reason, //
    },
    objhash::{
        Held,
        Object,
        Sort, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        me,
        seccomp::{
            self,
            Filter,
            Mode, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "seccomp",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let saved = match seccomp::mode(task)? {
        Mode::Disabled => return Ok(()),
        Mode::Strict => TaskSeccomp {
            mode: seccomp_mode::STRICT,
            filter: 0,
        },
        Mode::Filter(newest) => TaskSeccomp {
            mode: seccomp_mode::FILTER,
            filter: save(context, task, newest)?,
        },
        Mode::Dead => {
            return Err(refuse!(
                context.log,
                EBUSY => Reason::Ran,
                Some(task),
                "seccomp is killing the task"
            ))
        }
    };
    context.out.record(&saved)
}

/// Writes those of the filters of a task that are not in the image, the oldest first, and gives the id of
/// the newest.
fn save(context: &mut saving::Context<'_>, task: &Task, newest: Filter) -> Result<u32> {
    let may_restart = task.has_no_new_privs() || seccomp::may_have_filters();
    if context.is_for_caller() && !may_restart {
        return Err(refuse!(
            context.log,
            EPERM => Reason::Credentials,
            Some(task),
            "the caller could not restart the task, which has seccomp filters without no_new_privs"
        ));
    }
    let mut prev = 0;
    let mut new = KVVec::new();
    let mut next = Some(newest);
    while let Some(filter) = next {
        if let Some(objref) = context.objects.find(Sort::Filter, filter.key()) {
            prev = objref;
            break;
        }
        if filter.has_listener() {
            return Err(refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "the task has something that is not supported: a seccomp filter with a listener (user notification)"
            ));
        }
        next = filter.previous();
        new.push(filter, GFP_KERNEL_ACCOUNT)?;
    }
    while let Some(filter) = new.pop() {
        let held = || Held::Filter(filter.clone());
        let (objref, _) = context.objects.add(Sort::Filter, filter.key(), held)?;
        let program = filter.program()?;
        context.out.record(&SeccompFilter {
            objref,
            prev,
            flags: match filter.is_logged() {
                true => seccomp_filter_flag::LOG,
                false => 0,
            },
            len: u32::try_from(program.len() / size_of::<SeccompInsn>())?,
        })?;
        context.out.buffer(program)?;
        prev = objref;
    }
    Ok(prev)
}

/// A filter that a task of the restart has installed.
struct Installed {
    filter: Filter,
    /// How many it is, with those below.
    count: u32,
}

impl Object for Installed {}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let mut newest = 0;
    while context.reader.peek()?.kind == Kind::SECCOMP_FILTER {
        newest = install(context, newest)?;
    }
    if newest == 0 && context.reader.peek()?.kind != Kind::TASK_SECCOMP {
        return Ok(());
    }
    let saved: TaskSeccomp = context.reader.record()?;
    match (saved.mode, saved.filter) {
        (seccomp_mode::FILTER, filter) if filter == newest && filter != 0 => Ok(()),
        (seccomp_mode::FILTER, filter) if newest == 0 => {
            check_rights(context)?;
            share(context, filter)
        }
        (seccomp_mode::STRICT, 0) if newest == 0 => seccomp::set_strict()
            .map_err(|error| context.fail(error, fmt!("strict mode of seccomp"))),
        (seccomp_mode::FILTER | seccomp_mode::STRICT, filter) => {
            Err(context.malformed(Problem::Objref(filter)))
        }
        _ => Err(context.malformed(Problem::Value("unknown mode of seccomp"))),
    }
}

/// Installs the filter that comes next on the one that the task has, and gives its id.
fn install(context: &mut restoring::Context<'_>, newest: u32) -> Outcome<u32> {
    let saved: SeccompFilter = context.reader.record()?;
    if saved.flags & !seccomp_filter_flag::ALL != 0 {
        return Err(context.malformed(Problem::Value("unknown flags of a seccomp filter")));
    }
    if saved.len == 0 {
        return Err(context.malformed(Problem::Count(saved.len)));
    }
    if newest != 0 && saved.prev != newest {
        return Err(context.malformed(Problem::Objref(saved.prev)));
    }
    check_rights(context)?;
    if saved.prev != newest {
        share(context, saved.prev)?;
    }
    let size = (saved.len as usize).saturating_mul(size_of::<SeccompInsn>());
    let mut program = KVVec::from_elem(0u8, size, GFP_KERNEL_ACCOUNT)?;
    context.reader.buffer(program.as_mut_slice())?;
    let is_logged = saved.flags & seccomp_filter_flag::LOG != 0;
    let (filter, count) = seccomp::install(&program, is_logged).map_err(|error| {
        let len = saved.len;
        context.fail(error, fmt!("a seccomp filter of {} instructions", len))
    })?;
    context.define(saved.objref, Installed { filter, count })?;
    Ok(saved.objref)
}

/// Gives the task a filter that an earlier one has installed, and those below.
fn share(context: &restoring::Context<'_>, id: u32) -> Outcome {
    let installed: &Installed = context.get(id)?;
    installed
        .filter
        .share(installed.count)
        .map_err(|error| context.fail(error, fmt!("a seccomp filter that tasks share")))
}

/// Asks what seccomp(2) would. A task of the image that had no_new_privs has it from now on.
fn check_rights(context: &mut restoring::Context<'_>) -> Outcome {
    let task = context.own.get::<Option<record::Task>>()?;
    if task.is_some_and(|task| task.flags & task_flag::NO_NEW_PRIVS != 0) {
        me::set_no_new_privs().map_err(|error| context.fail(error, fmt!("PR_SET_NO_NEW_PRIVS")))?;
    }
    if seccomp::may_have_filters() {
        return Ok(());
    }
    Err(context.fail_because(
        EPERM,
        Reason::Credentials.into(),
        fmt!("the task had seccomp filters without no_new_privs, for which the caller needs CAP_SYS_ADMIN"),
    ))
}
