// SPDX-License-Identifier: GPL-2.0-only

//! The vDSO: code of the kernel in the address space of every program.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    bindings,
    rebuild::Own, //
};

/// arch_prctl(2): maps the vDSO and its data at an address.
const ARCH_MAP_VDSO_64: i32 = 0x2003;

/// What makes one vDSO different from another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Length of the text in bytes.
    pub(crate) text_len: u32,
    /// CRC32C of the text.
    pub(crate) crc: u32,
    /// Length in bytes of the data pages before it.
    pub(crate) data_len: u32,
}

/// The identity of this kernel's vDSO.
pub(crate) fn identity() -> Identity {
    let (mut text_len, mut data_len) = (0, 0);
    // SAFETY: The image is a constant of the kernel once it has booted.
    let crc = unsafe {
        let text = bindings::ckpt_vdso_text(&mut text_len, &mut data_len);
        bindings::ckpt_crc32c(!0, text, text_len as usize)
    };
    Identity {
        text_len,
        crc: !crc,
        data_len,
    }
}

impl Identity {
    /// Where data and text lie when the text starts at `text`; `None` for an address that nothing can
    /// lie around. 0: there is none, which takes no room.
    pub(crate) fn extent(&self, text: u64) -> Option<core::ops::Range<u64>> {
        if text == 0 {
            return Some(0..0);
        }
        let start = text.checked_sub(u64::from(self.data_len))?;
        let end = text.checked_add(u64::from(self.text_len))?;
        Some(start..end)
    }
}

/// Notes that a copy of another address space brought it.
pub(crate) fn take_over(own: &Own, text: u64) {
    // SAFETY: The address space is that of the caller.
    unsafe {
        if text == 0 {
            bindings::ckpt_clear_vdso(own.raw());
        } else {
            bindings::ckpt_set_vdso(own.raw(), text as usize);
        }
    }
}

/// Maps it into the caller, whose address space is empty, so that its text is at `text`. 0: not at
/// all.
///
/// # Errors
///
/// `EADDRNOTAVAIL` when it does not come to lie there.
pub(crate) fn map(own: &Own, text: u64) -> Result {
    // SAFETY: The address space is that of the caller and holds no vDSO any more.
    unsafe { bindings::ckpt_clear_vdso(own.raw()) };
    if text == 0 {
        return Ok(());
    }
    let start = identity().extent(text).ok_or(EINVAL)?.start;
    // SAFETY: Maps user memory of the caller.
    let ret = unsafe {
        bindings::ckpt_sym_do_arch_prctl_64(
            kernel::current!().as_ptr(),
            ARCH_MAP_VDSO_64,
            start as usize,
        )
    };
    if ret < 0 {
        return to_result(ret as i32);
    }
    // SAFETY: The address space is that of the caller.
    if unsafe { bindings::ckpt_get_vdso(own.raw()) } as u64 != text {
        return Err(Error::from_errno(-(bindings::EADDRNOTAVAIL as i32)));
    }
    Ok(())
}
