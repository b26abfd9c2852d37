// SPDX-License-Identifier: GPL-2.0-only

//! TASK_OBJS: which shared objects a task uses. Every one of them is in the image before it.

use kernel::prelude::*;

use ckpt_image::record::TaskObjs;

use crate::{
    mm::space,
    objhash::Sort,
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        share,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "references to shared objects",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let keys = task.keys();
    // Each has been written, its part comes before this one: what is not there was, of a task that has been
    // killed meanwhile.
    let id = |sort, key: Option<usize>| context.objects.find(sort, key?);
    let id = |sort, key| id(sort, key).ok_or(ESRCH);
    let objs = TaskObjs {
        files: id(Sort::FileTable, keys.files)?,
        mm: id(Sort::Mm, keys.mm)?,
        fs: id(Sort::Fs, keys.fs)?,
        sighand: id(Sort::Sighand, keys.sighand)?,
        signal: id(Sort::Signal, keys.signal)?,
        reserved: 0,
        reserved2: 0,
    };
    context.out.record(&objs)
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let objs: TaskObjs = context.reader.record()?;
    // The task that comes second takes what the first one has restored.
    context.adopt::<share::Files>(objs.files)?;
    context.adopt::<share::Fs>(objs.fs)?;
    // These were shared when the task was made.
    space::enter(context, objs.mm)?;
    context.shares(objs.sighand, Sort::Sighand)?;
    context.shares(objs.signal, Sort::Signal)
}
