// SPDX-License-Identifier: GPL-2.0-only

//! inotify: what an instance watches, and events that have not been read (fs/notify/inotify).

use core::{
    mem::offset_of,
    ptr::NonNull, //
};

use kernel::{
    error::to_result,
    prelude::*,
    str::{
        CStr,
        CStrExt, //
    },
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    file::File,
    fs::PathBuffer,
    mounts::Mounts,
    scratch, //
};

/// What is watched, with a reference.
pub(crate) struct Watched(NonNull<bindings::inode>);

/// A watch.
pub(crate) struct Watch {
    /// Its number.
    pub(crate) wd: i32,
    /// IN_* events and flags.
    pub(crate) mask: u32,
    /// What is watched; `None` when it is about to go.
    pub(crate) inode: Option<Watched>,
}

/// An event that has not been read; its name stands beside it.
pub(crate) type Event = bindings::ckpt_event;

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: Gives back the reference that this value owns.
        unsafe { bindings::ckpt_put_inode(self.0.as_ptr()) };
    }
}

impl Watched {
    /// A path that leads the caller to it; `None` when none is known.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub(crate) fn path<'a>(
        &self,
        mounts: &mut Mounts,
        buffer: &'a mut PathBuffer,
    ) -> Result<Option<&'a CStr>> {
        // SAFETY: The inode is held here.
        unsafe { mounts.path_to(self.0.as_ptr(), buffer) }
    }
}

/// Whether a file is one.
pub(crate) fn is_one(file: &File) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_anon_kind(file.as_ptr()) == bindings::ckpt_anon_CKPT_ANON_INOTIFY }
}

/// Whether a directory is watched through this very file (dnotify).
pub(crate) fn is_notified(file: &File) -> bool {
    // SAFETY: The file is valid; marks of that group have this layout.
    unsafe { bindings::ckpt_is_notified(file.as_ptr(), offset_of!(btf::dnotify_mark, dn)) }
}

const WD: usize = offset_of!(btf::inotify_inode_mark, wd);
// The mark is the first that a watch has, the list the first of an event.
const _: () = assert!(offset_of!(btf::inotify_inode_mark, fsn_mark) == 0);
const _: () = assert!(offset_of!(btf::dnotify_mark, fsn_mark) == 0);
const _: () = assert!(offset_of!(btf::inotify_event_info, fse) == 0);

/// Where the fields of an event are.
static LAYOUT: bindings::ckpt_event_layout = bindings::ckpt_event_layout {
    size: size_of::<btf::inotify_event_info>() as u32,
    mask: offset_of!(btf::inotify_event_info, mask) as u32,
    wd: offset_of!(btf::inotify_event_info, wd) as u32,
    cookie: offset_of!(btf::inotify_event_info, sync_cookie) as u32,
    name_len: offset_of!(btf::inotify_event_info, name_len) as u32,
    name: offset_of!(btf::inotify_event_info, name) as u32,
};

/// What an instance watches.
///
/// # Errors
///
/// `E2BIG` when there are more than `limit`, `EINTR`.
pub(crate) fn watches(file: &File, limit: usize) -> Result<KVVec<Watch>> {
    let mut room = 16;
    loop {
        let mut raw = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..room {
            raw.push(bindings::ckpt_watch::default(), GFP_KERNEL_ACCOUNT)?;
        }
        let mut watches = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT)?;
        // SAFETY: It is an instance; the array has as much room as is said.
        let found =
            unsafe { bindings::ckpt_watches(file.as_ptr(), WD, raw.as_mut_ptr(), room as u32) };
        to_result(found.min(0))?;
        for watch in raw.iter().take(found as usize) {
            let watch = Watch {
                wd: watch.wd,
                mask: watch.mask,
                inode: NonNull::new(watch.inode).map(Watched),
            };
            watches.push(watch, GFP_KERNEL_ACCOUNT)?;
        }
        if found as usize <= room {
            return Ok(watches);
        }
        if found as usize > limit {
            return Err(E2BIG);
        }
        room = found as usize;
    }
}

/// The number that the next watch gets; 0 before the first.
pub(crate) fn next(file: &File) -> u32 {
    // SAFETY: It is an instance.
    unsafe { bindings::ckpt_next_watch(file.as_ptr()) }
}

/// The events that have not been read: each an [`Event`] and its name, one behind the other.
///
/// # Errors
///
/// `E2BIG` when they take more than `limit` bytes.
pub(crate) fn events(file: &File, limit: usize) -> Result<KVVec<u8>> {
    let mut room = 0;
    loop {
        let mut bytes = KVVec::from_elem(0u8, room, GFP_KERNEL_ACCOUNT)?;
        // SAFETY: It is an instance; the buffer has as much room as is said.
        let taken = unsafe {
            bindings::ckpt_events(file.as_ptr(), &LAYOUT, bytes.as_mut_ptr().cast(), room)
        };
        if taken <= room {
            bytes.truncate(taken);
            return Ok(bytes);
        }
        if taken > limit {
            return Err(E2BIG);
        }
        room = taken;
    }
}

/// The first of events, and what stands behind it; `None` when that is less than one.
pub(crate) fn split_event(bytes: &[u8]) -> Option<(Event, &[u8])> {
    let (first, rest) = bytes.split_at_checked(size_of::<Event>())?;
    // SAFETY: There are as many bytes as an event has, all of whose values are good; they need not be
    // aligned.
    let event = unsafe { first.as_ptr().cast::<Event>().read_unaligned() };
    Some((event, rest))
}

/// Makes one; `add` gives it what it is to watch, by its number.
///
/// # Errors
///
/// Those of inotify_init1(2), and of `add`.
pub(crate) fn create(flags: u32, add: impl FnOnce(&File, i32) -> Result) -> Result<File> {
    let regs = bindings::pt_regs {
        di: flags as usize,
        ..Default::default()
    };
    scratch::make(
        // SAFETY: A system call whose arguments are plain numbers.
        || unsafe { bindings::ckpt_sym___x64_sys_inotify_init1(&regs) },
        is_one,
        add,
    )
}

/// Sets the number that the next watch gets.
///
/// # Errors
///
/// `EINVAL` for one below 1.
pub(crate) fn set_next(file: &File, wd: i32) -> Result {
    // SAFETY: It is an instance.
    to_result(unsafe { bindings::ckpt_set_next_watch(file.as_ptr(), wd) } as i32)
}

/// Adds a watch to the instance that is the caller's descriptor `fd`, and gives its number.
///
/// # Errors
///
/// Those of inotify_add_watch(2).
pub(crate) fn add(fd: i32, path: &CStr, mask: u32) -> Result<i32> {
    // SAFETY: The path ends with a NUL.
    let wd = unsafe { bindings::ckpt_add_watch(fd, path.as_char_ptr(), mask) } as i32;
    to_result(wd.min(0))?;
    Ok(wd)
}

/// Makes a watch go with its first event.
pub(crate) fn watch_once(file: &File, wd: i32) {
    // SAFETY: It is an instance.
    unsafe { bindings::ckpt_watch_once(file.as_ptr(), wd) };
}

/// Forgets all events that have not been read.
pub(crate) fn forget_events(file: &File) {
    // SAFETY: It is an instance.
    unsafe { bindings::ckpt_forget_events(file.as_ptr()) };
}

/// Adds an event to those that have not been read. `None` is the loss of events.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn add_event(file: &File, event: Option<(Event, &[u8])>) -> Result {
    let (layout, event, name) = match event {
        None => (core::ptr::null(), Event::default(), [].as_slice()),
        Some((event, name)) => (&raw const LAYOUT, event, name),
    };
    let event = Event {
        len: name.len() as u32,
        ..event
    };
    // SAFETY: It is an instance; the name is as long as the event says.
    to_result(unsafe {
        bindings::ckpt_add_event(file.as_ptr(), layout, &event, name.as_ptr().cast())
    })
}
