// SPDX-License-Identifier: GPL-2.0-only

//! What each part of a task's section has to provide for a checkpoint and for a restart.

use kernel::prelude::*;

use crate::{
    restoring,
    saving,
    sys::task::Task, //
};

/// Both directions of one part.
pub(crate) struct Part {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Dead tasks have it as well.
    pub(crate) outlives: bool,
    /// Writes its records into the capture. The task stands still, or is the caller.
    pub(crate) checkpoint: fn(&mut saving::Context<'_>, &Task) -> Result,
    /// Reads the same records and restores what they say onto the caller.
    pub(crate) restart: fn(&mut restoring::Context<'_>) -> restoring::Outcome,
    /// Checks what can only be told when the sections of all tasks are written.
    pub(crate) all_saved: Option<fn(&mut saving::Context<'_>) -> Result>,
}
