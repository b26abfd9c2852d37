// SPDX-License-Identifier: GPL-2.0-only

//! pidfd: a descriptor for a task, which has to be part of the tree.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        self,
        file_kind, //
    },
    Problem, //
};

use super::{
    flags::{
        self,
        O_ACCMODE, //
    },
    kind::{
        Kind,
        Met, //
    },
    opened::Opened,
    saved::{
        self,
        Saved, //
    },
};
use crate::{
    log::refuse,
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        file::{
            File,
            Stat, //
        },
        pidfd, //
    },
};

const O_RDWR: u32 = 2;

/// The kind of open files for pidfds.
pub(crate) struct PidFd;

impl Kind for PidFd {
    fn number(&self) -> u16 {
        file_kind::PIDFD
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        pidfd::is_one(file)
    }

    fn noun(&self) -> &'static str {
        "a pidfd"
    }

    fn refusal(&self, file: &File, _stat: &Stat) -> Option<&'static str> {
        if file.flags() & pidfd::AUTOKILL != 0 {
            Some("a pidfd that kills its task when it is closed (CLONE_PIDFD_AUTOKILL)")
        } else if pidfd::task_of(file).is_none() {
            Some("a pidfd of a task that is gone")
        } else {
            None
        }
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let task = pidfd::task_of(met.file).ok_or(ESRCH)?;
        let place = places::of_task(context, &task)?.ok_or_else(|| {
            refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(met.task),
                "{}: a pidfd of a task outside of the tree, {}, is not supported",
                met.place,
                task.pid()
            )
        })?;
        context.out.record(&record::PidFd {
            place,
            flags: met.file.flags() & pidfd::THREAD,
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let wanted: record::PidFd = context.reader.record()?;
        if wanted.flags & !pidfd::THREAD != 0 {
            return Err(context.malformed(Problem::Value("flags of a pidfd")));
        }
        let task = context
            .task_of_tree(wanted.place)
            .ok_or_else(|| context.malformed(Problem::Value("pidfd of no task")))?;
        let nonblock = saved.head.flags & flags::O_NONBLOCK;
        let file = match saved.head.flags & O_ACCMODE {
            O_RDWR => pidfd::create(&task, wanted.flags | nonblock),
            // Opened by its name in /proc, for which a thread is as good as a process.
            access => pidfd::create(&task, pidfd::THREAD)
                .and_then(|made| made.open_again(access | nonblock)),
        };
        let file = file.map_err(|error| context.fail(error, fmt!("a pidfd cannot be made")))?;
        saved::made(context, file, saved)
    }
}
