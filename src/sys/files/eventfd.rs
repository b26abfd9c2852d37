// SPDX-License-Identifier: GPL-2.0-only

//! eventfd: the counter behind a descriptor.

use kernel::prelude::*;

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    file::File,
    scratch, //
};

/// Counter and EFD_* flags of an eventfd; `None` for any other file.
pub(crate) fn of(file: &File) -> Option<(u64, u32)> {
    // SAFETY: The file is valid, and keeps its context as long as it is held here. A task that could
    // change the counter stands still; the words are read once.
    unsafe {
        let context = bindings::ckpt_eventfd(file.as_ptr()).cast::<btf::eventfd_ctx>();
        (!context.is_null()).then(|| {
            (
                core::ptr::addr_of!((*context).count).read_volatile(),
                core::ptr::addr_of!((*context).flags).read_volatile(),
            )
        })
    }
}

/// Makes one.
pub(crate) fn create(count: u64, flags: u32) -> Result<File> {
    let regs = bindings::pt_regs {
        si: flags as usize,
        ..Default::default()
    };
    let file = scratch::make(
        // SAFETY: A system call whose arguments are plain numbers.
        || unsafe { bindings::ckpt_sym___x64_sys_eventfd2(&regs) },
        |file| of(file).is_some(),
        |_, _| Ok(()),
    )?;
    // SAFETY: It is an eventfd, which keeps its context as long as it is held here.
    unsafe {
        let context = bindings::ckpt_eventfd(file.as_ptr()).cast::<btf::eventfd_ctx>();
        core::ptr::addr_of_mut!((*context).count).write(count);
    }
    Ok(file)
}
