// SPDX-License-Identifier: GPL-2.0-only

//! The checkpoint device of a process that saves itself: the open file that the call came through. The
//! restored process gets the one that the restart came through.

use kernel::prelude::*;

use ckpt_image::record::file_kind;

use super::{
    kind::Kind,
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
    sys::file::{
        File,
        Stat, //
    },
};

/// The kind of open files for the checkpoint device of a process that saves itself.
pub(crate) struct Device;

impl Kind for Device {
    fn number(&self) -> u16 {
        file_kind::CKPT
    }

    fn takes(&self, context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        context.saves_caller() && file.key() == context.request.device.key()
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        Ok(Opened::File(context.device.clone(), saved::contents(saved)))
    }
}
