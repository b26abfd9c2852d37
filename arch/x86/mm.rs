// SPDX-License-Identifier: GPL-2.0-only

//! The parts of an address space that only x86 has.

use crate::sys::{
    bindings,
    mm::Mm, //
};

/// The first thing about it that no image can hold, if there is one.
pub(crate) fn unsupported(mm: &Mm) -> Option<&'static str> {
    // SAFETY: The address space is valid.
    unsafe {
        if bindings::ckpt_has_ldt(mm.raw()) {
            Some("local descriptor table (modify_ldt)")
        } else if bindings::ckpt_has_lam(mm.raw()) {
            Some("linear address masking")
        } else {
            None
        }
    }
}
