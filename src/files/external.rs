// SPDX-License-Identifier: GPL-2.0-only

//! Descriptors that the caller of the checkpoint named as not part of the image: not looked at, and
//! given by the restarter.

use kernel::prelude::*;

use ckpt_image::record::file_kind;

use super::{
    kind::Kind,
    opened::Opened,
    saved::Saved, //
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

/// The kind of open files for descriptors that are not part of the image.
pub(crate) struct External;

impl Kind for External {
    fn number(&self) -> u16 {
        file_kind::EXTERNAL
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, _stat: &Stat) -> bool {
        // Decided by the descriptor's number: see `open::save_external()`.
        false
    }

    fn has_path(&self) -> bool {
        false
    }

    fn restore(
        &self,
        _context: &mut restoring::Context<'_>,
        _saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        Ok(Opened::External)
    }
}
