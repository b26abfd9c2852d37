// SPDX-License-Identifier: GPL-2.0-only

//! Looks at the pages of an address space through a window, a number of them at a time. Each page in the
//! window has a reference, so that it is not freed, moved or used for something else meanwhile.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use crate::sys::{
    bindings,
    mm::Mm,
    page::{
        self,
        Pages, //
    },
};

/// What a page holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// Contents to be saved.
    Data,
    /// Contents to be saved, unless they are those of another address space that has been saved.
    Shared,
    /// Guard region.
    Guard,
    /// Memory that the hardware lost.
    Poison,
}

/// Pages in ascending order.
pub(crate) struct Window {
    found: KVVec<bindings::ckpt_found>,
}

// SAFETY: What it has found are pages that it holds references to: these may be used and given back on any
// thread.
unsafe impl Send for Window {}

impl Window {
    /// An empty one.
    pub(crate) fn new() -> Result<Self> {
        Ok(Window {
            found: KVVec::with_capacity(page::BATCH, GFP_KERNEL_ACCOUNT)?,
        })
    }

    /// Forgets what is in it and looks at the pages of private mappings from an address on. The result
    /// is where to go on, when there was no room for all.
    pub(crate) fn look(&mut self, mm: &Mm, from: u64) -> Result<Option<u64>> {
        self.clear();
        let mut raw = bindings::ckpt_window {
            found: self.found.as_mut_ptr(),
            room: self.found.capacity() as u32,
            count: 0,
            next: 0,
        };
        let next = mm.look(from, &mut raw);
        // SAFETY: That many entries have been written, also when the walk has failed.
        unsafe { self.found.inc_len(raw.count as usize) };
        next
    }

    /// Drops all references.
    pub(crate) fn clear(&mut self) {
        for found in self.found.iter().filter(|found| !found.page.is_null()) {
            // SAFETY: The entry holds a reference.
            unsafe { bindings::ckpt_put_page(found.page) };
        }
        self.found.clear();
    }

    /// How many pages there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// Address and kind of a page.
    pub(crate) fn get(&self, index: usize) -> Option<(u64, PageKind)> {
        let found = self.found.get(index)?;
        let kind = match found.kind {
            bindings::ckpt_page_kind_CKPT_PAGE_DATA => PageKind::Data,
            bindings::ckpt_page_kind_CKPT_PAGE_SHARED => PageKind::Shared,
            bindings::ckpt_page_kind_CKPT_PAGE_GUARD => PageKind::Guard,
            _ => PageKind::Poison,
        };
        Some((found.addr as u64, kind))
    }

    /// The page itself; `None` when it has to be brought into memory first.
    pub(in crate::sys) fn page(&self, index: usize) -> Option<*mut bindings::page> {
        let found = self.found.get(index)?;
        (!found.page.is_null()).then_some(found.page)
    }

    /// Brings a page into memory, if need be, and tells whether it holds anything but zeros. `scratch`
    /// has room for a page.
    ///
    /// # Errors
    ///
    /// `EFAULT`, `EHWPOISON` when it cannot be had.
    pub(crate) fn fetch(&mut self, index: usize, mm: &Mm, scratch: &mut Pages) -> Result<bool> {
        let found = self.found.get_mut(index).ok_or(EINVAL)?;
        if found.page.is_null() {
            mm.get_pages(found.addr as u64, 1, scratch)?;
            found.page = scratch.take_first().ok_or(EFAULT)?;
        }
        // SAFETY: The page is held; x86-64 maps all memory.
        Ok(!unsafe { bindings::ckpt_page_is_zero(found.page) })
    }

    /// Whether a page is the very same one as one of another window.
    pub(crate) fn is_same(&self, index: usize, other: &Window, at: usize) -> bool {
        match (self.found.get(index), other.found.get(at)) {
            (Some(ours), Some(theirs)) => !ours.page.is_null() && ours.page == theirs.page,
            _ => false,
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Pages of windows that are kept from being given up as long as this exists, each with what is known
/// of it.
pub(crate) struct KnownPages<T> {
    /// By the address of the page, to which there is a reference.
    known: RBTree<usize, T>,
    count: usize,
}

impl<T: Copy> KnownPages<T> {
    /// An empty set.
    pub(crate) fn new() -> Self {
        KnownPages {
            known: RBTree::new(),
            count: 0,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// What is known about a page.
    pub(crate) fn get(&self, window: &Window, index: usize) -> Option<T> {
        let page = window.page(index)?;
        self.known.get(&(page as usize)).copied()
    }

    /// Notes something of a page that is in memory.
    pub(crate) fn add(&mut self, window: &Window, index: usize, what: T) -> Result {
        let page = window.page(index).ok_or(EINVAL)?;
        let before = self
            .known
            .try_create_and_insert(page as usize, what, GFP_KERNEL_ACCOUNT)?;
        if before.is_none() {
            // SAFETY: The window holds the page; the new reference is dropped with this.
            unsafe { bindings::ckpt_get_page(page) };
            self.count += 1;
        }
        Ok(())
    }
}

impl<T> Drop for KnownPages<T> {
    fn drop(&mut self) {
        for page in self.known.keys() {
            // SAFETY: Each entry is a reference of ours.
            unsafe { bindings::ckpt_put_page(*page as *mut bindings::page) };
        }
    }
}
