// SPDX-License-Identifier: GPL-2.0-only

//! Mounts that the caller can see (fs/namespace.c), and by which of them a path leads to an inode.

use core::ptr::NonNull;

use kernel::{
    error::from_err_ptr,
    prelude::*,
    rbtree::RBTree,
    str::{
        CStr,
        CStrExt, //
    },
};

use crate::sys::{
    self,
    bindings,
    fs::PathBuffer, //
};

/// Directories that a path can have: each takes a name and a slash.
const DEPTH: usize = 2048;

/// All mounts below the caller's root when they were looked at, each with a reference: what is mounted
/// stays so as long as this exists.
pub(crate) struct Mounts {
    /// In the order of the mount tree.
    list: NonNull<bindings::path>,
    /// By the address of the directory that a mount shows, and its place in the list. Those that are
    /// known to be hidden by others are taken out.
    shown: RBTree<(usize, u32), ()>,
    /// Room for the directories that a name is in.
    above: KVVec<*const core::ffi::c_void>,
}

// SAFETY: The references may be used and given back on any thread.
unsafe impl Send for Mounts {}

/// A name of an inode, with a reference.
struct Alias(NonNull<bindings::dentry>);

impl Drop for Alias {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns.
        unsafe { bindings::ckpt_put_dentry(self.0.as_ptr()) };
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        // SAFETY: Gives back what `ckpt_mounts()` gave.
        unsafe { bindings::ckpt_put_mounts(self.list.as_ptr()) };
    }
}

impl Mounts {
    /// Looks at them.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, `EINTR`.
    pub(crate) fn of_caller() -> Result<Self> {
        // SAFETY: The result is a list with references, or an error.
        let list = from_err_ptr(unsafe { bindings::ckpt_mounts() }.cast_mut())?;
        let mut mounts = Mounts {
            list: NonNull::new(list).ok_or(ENOMEM)?,
            shown: RBTree::new(),
            above: KVVec::from_elem(core::ptr::null(), DEPTH, GFP_KERNEL_ACCOUNT)?,
        };
        for place in 0u32.. {
            // SAFETY: No mount before this one was the end of the list.
            let mount = unsafe { *mounts.at(place) }.mnt;
            if mount.is_null() {
                break;
            }
            // SAFETY: The list has a reference to the mount; its root does not change.
            let root = unsafe { (*mount).mnt_root } as usize;
            mounts
                .shown
                .try_create_and_insert((root, place), (), GFP_KERNEL_ACCOUNT)?;
            sys::check_signal()?;
        }
        Ok(mounts)
    }

    /// The mount at a place that is not behind the end.
    fn at(&self, place: u32) -> *const bindings::path {
        self.list.as_ptr().wrapping_add(place as usize)
    }

    /// A path that leads the caller to an inode; `None` when none is known. The first mount that does
    /// is the one that counts.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    ///
    /// # Safety
    ///
    /// The inode is held.
    pub(in crate::sys) unsafe fn path_to<'a>(
        &mut self,
        inode: *mut bindings::inode,
        buffer: &'a mut PathBuffer,
    ) -> Result<Option<&'a CStr>> {
        // SAFETY: The caller's promise; the result is NULL or carries a reference.
        let Some(alias) = NonNull::new(unsafe { bindings::ckpt_alias(inode) }).map(Alias) else {
            return Ok(None);
        };
        // SAFETY: There is as much room as is said.
        let depth = unsafe {
            let room = self.above.len() as u32;
            bindings::ckpt_above(alias.0.as_ptr(), self.above.as_mut_ptr(), room)
        };
        let mut from = 0;
        while let Some((root, place)) = self.next(depth as usize, from) {
            sys::check_signal()?;
            let mount = self.at(place);
            // SAFETY: The mount is in the list, the name is held, and the buffer is as long as the
            // longest path; the text that comes back stands in it.
            let name = unsafe {
                bindings::ckpt_path_through(mount, alias.0.as_ptr(), buffer.as_mut_ptr())
            };
            if !name.is_null() {
                // SAFETY: As above; the text ends with a NUL.
                return Ok(Some(unsafe { CStr::from_char_ptr(name) }));
            }
            // SAFETY: As above.
            if unsafe { bindings::ckpt_mount_is_hidden(mount, buffer.as_mut_ptr()) } {
                // Not to be tried for every other inode as well.
                self.shown.remove(&(root, place));
            }
            from = place.saturating_add(1);
        }
        Ok(None)
    }

    /// The first mount at or behind a place that shows one of the directories above a name.
    fn next(&self, depth: usize, from: u32) -> Option<(usize, u32)> {
        let above = self.above.get(..depth)?;
        let mounts = above.iter().filter_map(|directory| {
            let root = *directory as usize;
            let found = self.shown.cursor_lower_bound(&(root, from))?;
            Some(*found.current().0).filter(|(shows, _)| *shows == root)
        });
        mounts.min_by_key(|(_, place)| *place)
    }
}
