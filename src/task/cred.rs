// SPDX-License-Identifier: GPL-2.0-only

//! CRED and TASK_CREDS: who the task is. For now they have to be those of whoever restarts it.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        TaskCreds, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use crate::{
    checkpoint,
    log::refuse,
    objhash::{
        Held,
        Object,
        Sort, //
    },
    parts::Part,
    restart::{
        self,
        Outcome, //
    },
    sys::{
        cred::Cred,
        errno,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "credentials",
    outlives: false,
    checkpoint,
    restart,
};

fn checkpoint(context: &mut checkpoint::Context<'_>, task: &Task) -> Result {
    let cred = Cred::of(task);
    if !cred.is_effective(task) {
        return Err(refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(task),
            "the task acts with other credentials than its own"
        ));
    }
    let mut saved = cred.to_record();
    let groups = cred.groups()?;
    let (objref, new) = context
        .objects
        .add(Sort::Cred, cred.key(), || Held::Cred(cred))?;
    if new {
        saved.objref = objref;
        context.out.record(&saved)?;
        context.out.buffer(groups.as_slice().as_bytes())?;
    }
    context.out.record(&TaskCreds {
        real: objref,
        effective: objref,
    })
}

fn restart(context: &mut restart::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind == Kind::CRED {
        let saved: record::Cred = context.reader.record()?;
        if saved.nr_groups > limits::GROUPS {
            return Err(context.malformed(Problem::Count(saved.nr_groups)));
        }
        let mut groups = KVVec::from_elem(0u8, saved.nr_groups as usize * 4, GFP_KERNEL_ACCOUNT)?;
        context.reader.buffer(&mut groups)?;
        let cred = Arc::new((saved, groups), GFP_KERNEL_ACCOUNT)?;
        context.define(saved.objref, Object::Cred(cred))?;
    }
    let refs: TaskCreds = context.reader.record()?;
    let real = context.cred(refs.real)?;
    compare(context, &real)?;
    if refs.effective == refs.real {
        return Ok(());
    }
    let effective = context.cred(refs.effective)?;
    compare(context, &effective)
}

/// Names the first difference between what was saved and what the caller is.
fn compare(context: &restart::Context<'_>, (saved, groups): &(record::Cred, KVVec<u8>)) -> Outcome {
    let cred = Cred::of(&Task::current());
    let mine = cred.to_record();
    let numbers = [
        ("uid", saved.uid, mine.uid),
        ("euid", saved.euid, mine.euid),
        ("suid", saved.suid, mine.suid),
        ("fsuid", saved.fsuid, mine.fsuid),
        ("gid", saved.gid, mine.gid),
        ("egid", saved.egid, mine.egid),
        ("sgid", saved.sgid, mine.sgid),
        ("fsgid", saved.fsgid, mine.fsgid),
        ("securebits", saved.securebits, mine.securebits),
    ];
    let capabilities = [
        ("inheritable", saved.cap_inheritable, mine.cap_inheritable),
        ("permitted", saved.cap_permitted, mine.cap_permitted),
        ("effective", saved.cap_effective, mine.cap_effective),
        ("bounding", saved.cap_bset, mine.cap_bset),
        ("ambient", saved.cap_ambient, mine.cap_ambient),
    ];
    if let Some((what, theirs, ours)) = numbers.iter().find(|(_, a, b)| a != b) {
        return Err(context.fail(
            EPERM,
            fmt!(
                "credentials differ: {} {} was saved, {} restarts",
                what,
                theirs,
                ours
            ),
        ));
    }
    if let Some((what, theirs, ours)) = capabilities.iter().find(|(_, a, b)| a != b) {
        return Err(context.fail(
            EPERM,
            fmt!(
                "credentials differ: {} capabilities {:#x} were saved, {:#x} restarts",
                what,
                theirs,
                ours
            ),
        ));
    }
    if cred.groups()?.as_slice().as_bytes() != groups.as_slice() {
        return Err(context.fail(EPERM, fmt!("credentials differ: supplementary groups")));
    }
    Ok(())
}
