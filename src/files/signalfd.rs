// SPDX-License-Identifier: GPL-2.0-only

//! signalfd: signals that are read from a descriptor. The signals themselves stay with the tasks.

use kernel::prelude::*;

use ckpt_image::record::{
    self,
    file_kind, //
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
        file::{
            File,
            Stat, //
        },
        signalfd, //
    },
};

/// The kind of open files for signalfds.
pub(crate) struct SignalFd;

impl Kind for SignalFd {
    fn number(&self) -> u16 {
        file_kind::SIGNALFD
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        signalfd::of(file).is_some()
    }

    fn noun(&self) -> &'static str {
        "a signalfd"
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let signals = signalfd::of(met.file).ok_or(EIO)?;
        context.out.record(&record::SignalFd {
            signals,
            reserved: 0,
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let wanted: record::SignalFd = context.reader.record()?;
        // Signals that cannot be blocked are left out, as signalfd(2) does.
        let file = signalfd::create(wanted.signals, saved.head.flags & flags::O_NONBLOCK)
            .map_err(|error| context.fail(error, fmt!("a signalfd cannot be made")))?;
        saved::made(context, file, saved)
    }
}
