// SPDX-License-Identifier: GPL-2.0-only

//! OWNER: which tasks get signals from an open file. Files of all kinds can have an owner.

use kernel::{
    fmt,
    prelude::*, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        owner_flag,
        owner_kind,
        OUTSIDE, //
    },
    Kind,
    Problem, //
};

use super::{
    flags::FASYNC,
    kind::Met,
    late,
    opened::Opened, //
};
use crate::{
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        cred,
        file::File,
        owner::{
            self,
            Owner, //
        },
        pid::{
            self,
            Pid, //
        },
        task::Task, //
    },
};

/// Writes which tasks are told of a file, if any ever was to be.
///
/// # Errors
///
/// `EOPNOTSUPP` when that is a task outside of the tree, or cannot be found out.
pub(crate) fn checkpoint(context: &mut saving::Context<'_>, met: &Met<'_>, noun: &str) -> Result {
    let refused = |why: fmt::Arguments<'_>| met.unsupported(context.log, why);
    let owner = Owner::of(met.file);
    let asks = met.file.flags() & FASYNC != 0;
    if owner.is_none() && !asks {
        return Ok(());
    }
    let mut saved = record::Owner {
        kind: owner_kind::THREAD,
        place: OUTSIDE,
        uid: 0,
        euid: 0,
        signal: 0,
        fd: 0,
        flags: 0,
        reserved: 0,
    };
    if asks {
        saved.flags |= owner_flag::ASYNC;
        let number = owner::reported_as(met.file)
            .map_err(|_| refused(fmt!("{} that reports by signals (O_ASYNC)", noun)))?;
        if let Some(number) = number {
            saved.flags |= owner_flag::REPORTS;
            saved.fd = number;
        }
    }
    if let Some(owner) = owner {
        saved.kind = owner.kind().ok_or(EIO)?;
        (saved.uid, saved.euid) = (owner.uid, owner.euid);
        saved.signal = owner.signal as u32;
        if let Some(pid) = &owner.pid {
            let found = find(context, pid, saved.kind)?;
            let (place, flags) = found.ok_or_else(|| {
                let number = pid.number(context.tree.ns());
                refused(fmt!(
                    "{} with an owner for signals outside of the tree, {} (F_SETOWN),",
                    noun,
                    number
                ))
            })?;
            saved.place = place;
            saved.flags |= flags;
        }
    }
    context.out.record(&saved)
}

/// Where in the tree an owner is, and what there is to say about that; `None` when it is outside.
fn find(context: &saving::Context<'_>, pid: &Pid, kind: u32) -> Result<Option<(u32, u32)>> {
    let number = pid.number(context.tree.ns());
    if let (1.., Some(place)) = (number, places::of_pid(context, number)?) {
        return Ok(Some((place, 0)));
    }
    let root = context.tree.at(0).ok_or(ESRCH)?;
    let group = Pid::of(root, pid::Kind::Group).ok_or(ESRCH)?;
    let is_roots = kind == owner_kind::GROUP && group.key() == pid.key();
    Ok(is_roots.then_some((OUTSIDE, owner_flag::GROUP_OF_ROOT)))
}

/// Reads which tasks are told of a file, if the next record says so, and sets it. The flag that makes it
/// report is set later: ends that no descriptor took are still to be closed.
pub(crate) fn restore(context: &mut restoring::Context<'_>, object: &Opened) -> Outcome {
    if context.reader.peek()?.kind != Kind::OWNER {
        return Ok(());
    }
    let saved: record::Owner = context.reader.record()?;
    if saved.flags & !owner_flag::ALL != 0 || saved.signal > limits::SIGNALS || saved.fd < 0 {
        return Err(context.malformed(Problem::Value("owner of a file out of range")));
    }
    let pid = pid_of(context, &saved)?;
    let has_owner = pid.is_some();
    let mut owner = Owner::new(saved.kind, pid)
        .ok_or_else(|| context.malformed(Problem::Value("unknown kind of owner")))?;
    let file = match object {
        Opened::File(file, _) => file,
        // Something else takes its place, or nothing does.
        Opened::Missing(..) => return Ok(()),
        _ => return Err(context.malformed(Problem::Value("owner of a file that is not saved"))),
    };
    if has_owner {
        for uid in [saved.uid, saved.euid] {
            if !cred::may_be_user(uid) {
                return Err(context.fail(
                    EPERM,
                    fmt!("an owner for signals that user {} had set", uid),
                ));
            }
        }
    }
    (owner.uid, owner.euid) = (saved.uid, saved.euid);
    owner.signal = saved.signal as i32;
    owner
        .set(file)
        .map_err(|error| context.fail(error, fmt!("the owner of a file cannot be set")))?;
    report(context, file, &saved)
}

fn report(context: &mut restoring::Context<'_>, file: &File, saved: &record::Owner) -> Outcome {
    if saved.flags & owner_flag::REPORTS != 0 {
        if !owner::can_report(file) {
            return Err(context.malformed(Problem::Value("file that sends no signals")));
        }
        let fd = saved.fd;
        context.when_quiet(late::last(file.clone(), move |file| {
            owner::report(file, fd)
        }))?;
    } else if saved.flags & owner_flag::ASYNC != 0 {
        // Open with O_ASYNC, which does no more than that.
        file.set_flags(FASYNC, FASYNC)?;
    }
    Ok(())
}

/// The number of the task, process or group that is told.
fn pid_of(context: &restoring::Context<'_>, saved: &record::Owner) -> Outcome<Option<Pid>> {
    let (task, kind);
    if saved.flags & owner_flag::GROUP_OF_ROOT != 0 {
        if saved.kind != owner_kind::GROUP || saved.place != OUTSIDE {
            return Err(context.malformed(Problem::Value("owner of a file that is two")));
        }
        task = context
            .coordinator()
            .map_or_else(Task::current, Task::clone);
        kind = pid::Kind::Group;
    } else if saved.place == OUTSIDE {
        return Ok(None);
    } else {
        task = context
            .task_of_tree(saved.place)
            .ok_or_else(|| context.malformed(Problem::Value("owner of a file that is no task")))?;
        kind = pid::Kind::Task;
    }
    match Pid::of(&task, kind) {
        Some(pid) => Ok(Some(pid)),
        None => Err(context.fail(ESRCH, fmt!("the owner of a file has died"))),
    }
}
