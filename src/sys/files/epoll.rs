// SPDX-License-Identifier: GPL-2.0-only

//! epoll: sets of files that are waited for (fs/eventpoll.c).

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::{
    self,
    bindings::{
        self,
        btf, //
    },
    file::File,
    scratch, //
};

/// A file in a set.
pub(crate) struct Item {
    /// The file.
    pub(crate) file: File,
    /// The number of its descriptor when it was added.
    pub(crate) fd: i32,
    /// EPOLL* events and flags.
    pub(crate) events: u32,
    /// What is given back with them.
    pub(crate) data: u64,
    /// Whether the next epoll_wait(2) looks at it.
    pub(crate) ready: bool,
}

/// How a set looks for packets itself (EPIOCSPARAMS).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BusyPoll {
    /// For how long, in microseconds.
    pub(crate) usecs: u32,
    /// How many at once.
    pub(crate) budget: u16,
    /// In the place of interrupts.
    pub(crate) preferred: bool,
}

/// Packets that are looked for at once without a privilege (NAPI_POLL_WEIGHT).
const BUDGET: u16 = 64;

/// Whether a file is an epoll set.
pub(crate) fn is_set(file: &File) -> bool {
    // SAFETY: The file is valid.
    unsafe { bindings::ckpt_anon_kind(file.as_ptr()) == bindings::ckpt_anon_CKPT_ANON_EPOLL }
}

/// Goes through the items of a set, under the mutex that keeps them from changing.
fn for_each(
    set: &File,
    mut work: impl FnMut(*mut btf::eventpoll, *mut btf::epitem) -> Result,
) -> Result {
    if !is_set(set) {
        return Err(EINVAL);
    }
    // SAFETY: The file is an epoll set and keeps its structure as long as it is held here. Its tree
    // changes under its mutex only. The node is the first field of an item.
    unsafe {
        let set = bindings::ckpt_private_data(set.as_ptr()).cast::<btf::eventpoll>();
        let mutex = core::ptr::addr_of_mut!((*set).mtx).cast::<bindings::mutex>();
        to_result(bindings::ckpt_lock_killable(mutex))?;
        let mut node = (*set).rbr.rb_leftmost.cast::<bindings::rb_node>();
        let mut result = Ok(());
        while !node.is_null() && result.is_ok() {
            result = work(set, node.cast());
            node = bindings::rb_next(node);
        }
        bindings::mutex_unlock(mutex);
        result
    }
}

/// The structure of a set.
fn raw(set: &File) -> Result<*mut btf::eventpoll> {
    if !is_set(set) {
        return Err(EINVAL);
    }
    // SAFETY: The file is valid.
    Ok(unsafe { bindings::ckpt_private_data(set.as_ptr()) }.cast())
}

/// How a set looks for packets.
pub(crate) fn busy_poll(set: &File) -> Result<BusyPoll> {
    let raw = raw(set)?;
    // SAFETY: An epoll set keeps its structure as long as it is held here; words that are read once.
    unsafe {
        Ok(BusyPoll {
            usecs: core::ptr::addr_of!((*raw).busy_poll_usecs).read_volatile(),
            budget: core::ptr::addr_of!((*raw).busy_poll_budget).read_volatile(),
            preferred: core::ptr::addr_of!((*raw).prefer_busy_poll).read_volatile(),
        })
    }
}

/// Sets that, with the checks of EPIOCSPARAMS.
///
/// # Errors
///
/// `EINVAL` for so long a time, `EPERM` for so many packets without CAP_NET_ADMIN.
pub(crate) fn set_busy_poll(set: &File, wanted: BusyPoll) -> Result {
    if i32::try_from(wanted.usecs).is_err() {
        return Err(EINVAL);
    }
    if wanted.budget > BUDGET && !sys::is_capable(bindings::CAP_NET_ADMIN) {
        return Err(EPERM);
    }
    let raw = raw(set)?;
    // SAFETY: As above; words that are written once.
    unsafe {
        core::ptr::addr_of_mut!((*raw).busy_poll_usecs).write_volatile(wanted.usecs);
        core::ptr::addr_of_mut!((*raw).busy_poll_budget).write_volatile(wanted.budget);
        core::ptr::addr_of_mut!((*raw).prefer_busy_poll).write_volatile(wanted.preferred);
    }
    Ok(())
}

/// What poll(2) says of a file: EPOLL* events.
pub(crate) fn what_is_there(file: &File) -> u32 {
    // SAFETY: The file is valid, and held while it is asked.
    unsafe { bindings::ckpt_poll(file.as_ptr()) }
}

/// What is in a set. A file that is being closed is no longer in it.
pub(crate) fn items(set: &File) -> Result<KVVec<Item>> {
    let mut items = KVVec::new();
    for_each(set, |_, item| {
        // SAFETY: The item is in the set, whose mutex is held: its file has not been freed.
        let (file, key, event) = unsafe {
            let key = core::ptr::addr_of!((*item).ffd).read_unaligned();
            let file = bindings::ckpt_try_hold_file(key.file.cast());
            let event = core::ptr::addr_of!((*item).event).read_unaligned();
            (File::from_raw(file), key, event)
        };
        let Some(file) = file else {
            return Ok(());
        };
        let item = Item {
            file,
            fd: key.fd,
            events: event.events,
            data: event.data,
            // SAFETY: As above.
            ready: unsafe { is_ready(item) },
        };
        items.push(item, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    })?;
    Ok(items)
}

/// Whether nothing is in a set.
///
/// # Errors
///
/// `EINVAL` when the file is no set.
pub(crate) fn is_empty(set: &File) -> Result<bool> {
    let mut empty = true;
    for_each(set, |_, _| {
        empty = false;
        Ok(())
    })?;
    Ok(empty)
}

/// # Safety
///
/// The item is in a set whose mutex is held.
unsafe fn is_ready(item: *mut btf::epitem) -> bool {
    // SAFETY: The caller's promise; a word that is read once.
    unsafe {
        let link = core::ptr::addr_of_mut!((*item).rdllink);
        core::ptr::addr_of!((*link).next).read_volatile() != link
    }
}

/// Makes an empty one.
pub(crate) fn create() -> Result<File> {
    let regs = bindings::pt_regs::default();
    scratch::make(
        // SAFETY: A system call whose arguments are plain numbers.
        || unsafe { bindings::ckpt_sym___x64_sys_epoll_create1(&regs) },
        is_set,
        |_, _| Ok(()),
    )
}

/// Adds a file, with the checks of epoll_ctl(2).
pub(crate) fn add(set: &File, item: &Item) -> Result {
    // SAFETY: Both files are valid.
    to_result(unsafe {
        bindings::ckpt_epoll_add(
            set.as_ptr(),
            item.file.as_ptr(),
            item.fd,
            item.events,
            item.data,
        )
    })
}

/// Sets what adding changes. `wanted` tells for file and number of descriptor which events an item
/// waits for, if others than it was added with, and whether it is not to be ready because it was added.
pub(crate) fn settle(set: &File, wanted: impl Fn(usize, i32) -> Option<(u32, bool)>) -> Result {
    for_each(set, |set, item| {
        // SAFETY: The item is in the set, whose mutex is held: events change under it. What is ready
        // changes under the lock that the helper takes.
        unsafe {
            let key = core::ptr::addr_of!((*item).ffd).read_unaligned();
            let Some((events, unready)) = wanted(key.file as usize, key.fd) else {
                return Ok(());
            };
            let event = core::ptr::addr_of_mut!((*item).event);
            core::ptr::addr_of_mut!((*event).events).write_unaligned(events);
            if unready {
                // Changes under the mutex only.
                let source = core::ptr::addr_of!((*item).ws).read();
                bindings::ckpt_epoll_unready(
                    core::ptr::addr_of_mut!((*set).lock).cast(),
                    core::ptr::addr_of_mut!((*item).rdllink).cast(),
                    source.cast(),
                );
            }
        }
        Ok(())
    })
}
