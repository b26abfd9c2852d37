// SPDX-License-Identifier: GPL-2.0-only

//! Pages: batches of references to the pages of a task or file.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::bindings;

/// Bytes in a page.
pub(crate) const SIZE: u64 = 4096;

/// Pages that are asked for at once.
pub(crate) const BATCH: usize = 512;

/// References to pages of an address space, dropped together.
pub(crate) struct Pages {
    pages: KVVec<*mut bindings::page>,
    len: usize,
}

// SAFETY: It holds references to pages, which may be used and given back on any thread.
unsafe impl Send for Pages {}

impl Pages {
    /// Makes room for `room` of them.
    pub(crate) fn with_room(room: usize) -> Result<Self> {
        Ok(Pages {
            pages: KVVec::from_elem(core::ptr::null_mut(), room, GFP_KERNEL_ACCOUNT)?,
            len: 0,
        })
    }

    pub(in crate::sys) fn room(&self) -> usize {
        self.pages.len()
    }

    /// Drops what is held and gives the slots to be filled.
    pub(in crate::sys) fn slots(&mut self) -> *mut *mut bindings::page {
        self.release();
        self.pages.as_mut_ptr()
    }

    pub(in crate::sys) fn took(&mut self, count: usize) {
        self.len = count.min(self.pages.len());
    }

    /// How many are held.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::sys) fn held(&self) -> &[*mut bindings::page] {
        self.pages.get(..self.len).unwrap_or(&[])
    }

    /// Drops them.
    pub(crate) fn release(&mut self) {
        // SAFETY: The first `len` slots hold references.
        unsafe { bindings::ckpt_put_pages(self.pages.as_mut_ptr(), self.len) };
        self.len = 0;
    }

    /// Gives the first page away, with its reference.
    pub(in crate::sys) fn take_first(&mut self) -> Option<*mut bindings::page> {
        let first = self.held().first().copied()?;
        // SAFETY: The first `len` slots hold references; that of the first goes to the caller.
        unsafe { bindings::ckpt_get_page(first) };
        self.release();
        Some(first)
    }

    /// Whether a page holds nothing but zeros.
    pub(crate) fn is_zero(&self, index: usize) -> bool {
        // SAFETY: The page is held; x86-64 maps all memory.
        let is_zero = |page: &*mut bindings::page| unsafe { bindings::ckpt_page_is_zero(*page) };
        self.held().get(index).is_none_or(is_zero)
    }

    /// Copies all of them into the caller's memory.
    pub(crate) fn copy_out(&self, address: u64) -> Result {
        // SAFETY: The first `len` slots hold references; the kernel checks the address.
        to_result(unsafe {
            bindings::ckpt_copy_to_user(self.pages.as_ptr().cast_mut(), self.len, address as usize)
        })
    }

    /// Copies some of them into kernel memory, as many as there are whole pages of it.
    pub(in crate::sys) fn copy_to(&self, first: usize, bytes: &mut [u8]) -> Result {
        let count = bytes.len() / SIZE as usize;
        let pages = self.held().get(first..).and_then(|held| held.get(..count));
        let pages = pages.ok_or(EINVAL)?;
        // SAFETY: The pages are held, and the slice has room for so many of them.
        unsafe {
            bindings::ckpt_copy_from_pages(
                bytes.as_mut_ptr().cast(),
                pages.as_ptr().cast_mut(),
                count,
            )
        };
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.release();
    }
}

/// Continues a checksum over `count` pages of the caller's memory, which have been filled.
///
/// # Errors
///
/// `EFAULT` when they are not there.
pub(crate) fn sum_user(sum: u32, address: u64, count: u64) -> Result<u32> {
    let mut sum = sum;
    // SAFETY: The kernel takes references to the pages for as long as it reads them.
    to_result(unsafe { bindings::ckpt_sum_user(&mut sum, address as usize, count as usize) })?;
    Ok(sum)
}
