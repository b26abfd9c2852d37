// SPDX-License-Identifier: GPL-2.0-only

//! eventfd: a counter behind a descriptor.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        self,
        eventfd_flag,
        file_kind, //
    },
    Problem, //
};

use super::{
    flags,
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
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        eventfd,
        file::{
            File,
            Stat, //
        },
    },
};

/// The kind of open files for eventfds.
pub(crate) struct EventFd;

impl Kind for EventFd {
    fn number(&self) -> u16 {
        file_kind::EVENTFD
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        eventfd::of(file).is_some()
    }

    fn noun(&self) -> &'static str {
        "an eventfd"
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let (count, flags) = eventfd::of(met.file).ok_or(EIO)?;
        context.out.record(&record::EventFd {
            count,
            flags: flags & eventfd_flag::SEMAPHORE,
            reserved: 0,
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let counter: record::EventFd = context.reader.record()?;
        // u64::MAX is what no write(2) can reach.
        if counter.count == u64::MAX || counter.flags & !eventfd_flag::ALL != 0 {
            return Err(context.malformed(Problem::Value("counter of an eventfd out of range")));
        }
        let flags = counter.flags | saved.head.flags & flags::O_NONBLOCK;
        let file = eventfd::create(counter.count, flags)
            .map_err(|error| context.fail(error, fmt!("an eventfd cannot be made")))?;
        saved::made(context, file, saved)
    }
}
