// SPDX-License-Identifier: GPL-2.0-only

//! signalfd: a set of signals that are read from a descriptor.

use kernel::prelude::*;

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    file::File,
    scratch, //
};

/// The signals that a signalfd reads; bit 0 is signal 1. `None` for any other file.
pub(crate) fn of(file: &File) -> Option<u64> {
    // SAFETY: The file is valid, and keeps its context as long as it is held here; a task that could
    // change the set stands still.
    unsafe {
        if bindings::ckpt_anon_kind(file.as_ptr()) != bindings::ckpt_anon_CKPT_ANON_SIGNALFD {
            return None;
        }
        let context = bindings::ckpt_private_data(file.as_ptr()).cast::<btf::signalfd_ctx>();
        let set = core::ptr::addr_of!((*context).sigmask);
        Some(bindings::ckpt_signals_read(set.cast()))
    }
}

/// Makes one. `flags` are SFD_*.
pub(crate) fn create(signals: u64, flags: u32) -> Result<File> {
    let file = scratch::make(
        // SAFETY: Plain numbers.
        || unsafe { bindings::ckpt_make_signalfd(flags as i32) },
        |file| of(file).is_some(),
        |_, _| Ok(()),
    )?;
    // SAFETY: It is a signalfd, which keeps its context as long as it is held here.
    unsafe {
        let context = bindings::ckpt_private_data(file.as_ptr()).cast::<btf::signalfd_ctx>();
        let set = core::ptr::addr_of_mut!((*context).sigmask);
        bindings::ckpt_signals_set(set.cast(), signals);
    }
    Ok(file)
}
