// SPDX-License-Identifier: GPL-2.0-only

//! SIGHAND: signal handlers. Only those that differ from the default are stored.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        SigAction,
        Sighand, //
    },
    Kind,
    Problem, //
};
use zerocopy::IntoBytes;

use crate::{
    objhash::{
        Held,
        Installed,
        Sort, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        signal::{
            self,
            Action, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "signal handlers",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

const DEFAULT: Action = Action {
    handler: 0,
    flags: 0,
    restorer: 0,
    mask: 0,
};

const SIGKILL: u32 = 9;
const SIGSTOP: u32 = 19;

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let key = task.keys().sighand.ok_or(ESRCH)?;
    let held = || Held::Part(task.clone(), |keys| keys.sighand);
    let (objref, new) = context.objects.add(Sort::Sighand, key, held)?;
    if !new {
        return Ok(());
    }
    let mut actions = KVec::with_capacity(limits::SIGNALS as usize, GFP_KERNEL_ACCOUNT)?;
    signal::actions(task, |number, action| {
        if action != DEFAULT {
            // There is room for all.
            let _ = actions.push_within_capacity(SigAction {
                handler: action.handler,
                flags: action.flags,
                restorer: action.restorer,
                mask: action.mask,
                signal: number,
                reserved: 0,
            });
        }
    })?;
    context.out.record(&Sighand {
        objref,
        nr_actions: actions.len() as u32,
        reserved: 0,
    })?;
    context.out.buffer(actions.as_slice().as_bytes())
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    if context.reader.peek()?.kind != Kind::SIGHAND {
        return Ok(());
    }
    let sighand: Sighand = context.reader.record()?;
    context.define_shared(sighand.objref, Sort::Sighand, Installed)?;
    let mut changed = 0u64;
    signal::actions(&Task::current(), |number, action| {
        if action != DEFAULT {
            changed |= 1 << (number - 1);
        }
    })?;
    for number in (1..=limits::SIGNALS).filter(|number| changed & (1 << (number - 1)) != 0) {
        signal::set_action(number, &DEFAULT)?;
    }
    context.reader.buffer_of::<SigAction>(sighand.nr_actions)?;
    for _ in 0..sighand.nr_actions {
        let entry: SigAction = context.reader.entry()?;
        let may_be_set = (1..=limits::SIGNALS).contains(&entry.signal)
            && entry.signal != SIGKILL
            && entry.signal != SIGSTOP;
        if !may_be_set {
            return Err(context.malformed(Problem::Value("handler of a signal that has none")));
        }
        signal::set_action(
            entry.signal,
            &Action {
                handler: entry.handler,
                flags: entry.flags,
                restorer: entry.restorer,
                mask: entry.mask,
            },
        )?;
    }
    Ok(())
}
