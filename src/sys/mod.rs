// SPDX-License-Identifier: GPL-2.0-only

//! The kernel boundary: every unsafe line outside `arch/x86` lives here.
//!
//! Each file wraps one kind of kernel object in owned, safe types; the rooms above see no raw pointer and
//! no binding. There is no policy here: the rooms above decide what is refused, and why.

pub(crate) mod bindings;
pub(crate) mod device;
pub(crate) mod errno;
pub(crate) mod files;
pub(crate) mod mm;
pub(crate) mod symbols;
pub(crate) mod sysctl;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod user;
pub(crate) mod wait;

// All of them: a kind of file adds no line here.
pub(crate) use files::*;
pub(crate) use mm::{
    page,
    pool,
    rebuild,
    vma,
    window, //
};
use task::fields;
pub(crate) use task::{
    cred,
    freezer,
    limits,
    me,
    pid,
    restart_block,
    sched,
    seccomp,
    signal,
    timer,
    tracer,
    tree, //
};

use kernel::{
    alloc::flags::__GFP_ZERO,
    prelude::*, //
};

/// LINUX_VERSION_CODE of the kernel that the module is built for.
pub(crate) const KERNEL_VERSION: u32 = bindings::LINUX_VERSION_CODE;

/// Continues a CRC32C over `bytes`.
pub(crate) fn checksum(crc: u32, bytes: &[u8]) -> u32 {
    // SAFETY: The slice is valid for its length.
    unsafe { bindings::ckpt_crc32c(crc, bytes.as_ptr().cast(), bytes.len()) }
}

/// So many bytes of zeros, cleared by the allocator: an initialiser would go byte by byte.
pub(crate) fn zeroed_bytes(len: usize) -> Result<KVec<u8>> {
    let mut bytes = KVec::with_capacity(len, GFP_KERNEL_ACCOUNT | __GFP_ZERO)?;
    // SAFETY: There is room for `len` bytes, all of which are zero.
    unsafe { bytes.inc_len(len) };
    Ok(bytes)
}

/// Release, version and machine as uname(2) gives them to the caller.
pub(crate) fn uts() -> [UtsName; 3] {
    let mut names = [[0u8; UTS_LEN]; 3];
    let [release, version, machine] = &mut names;
    // SAFETY: Each buffer is as long as is said; texts that are longer are cut.
    unsafe {
        bindings::ckpt_uts(
            release.as_mut_ptr().cast(),
            version.as_mut_ptr().cast(),
            machine.as_mut_ptr().cast(),
            UTS_LEN as u32,
        )
    };
    names.map(UtsName)
}

/// Longest name in the UTS namespace and its NUL, in bytes.
const UTS_LEN: usize = 65;

/// A name in the UTS namespace.
pub(crate) struct UtsName([u8; UTS_LEN]);

impl UtsName {
    /// The name without its NUL.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or(&[])
    }
}

/// In loops that may be long: lets others run, and ends the loop when a signal has come that the
/// caller does not block.
///
/// # Errors
///
/// `EINTR`.
pub(crate) fn check_signal() -> Result {
    // SAFETY: Looks at the caller's signals, and lets others run.
    unsafe {
        bindings::ckpt_cond_resched();
        if bindings::ckpt_has_deliverable_signal(kernel::current!().as_ptr()) {
            return Err(EINTR);
        }
    }
    Ok(())
}

/// Lets others run, in a long loop that nothing may end.
pub(crate) fn yield_now() {
    // SAFETY: Called from where it may sleep.
    unsafe { bindings::ckpt_cond_resched() };
}

/// Capability to wake the system up.
pub(crate) const CAP_WAKE_ALARM: u32 = bindings::CAP_WAKE_ALARM;

/// Capability to raise priorities.
pub(crate) const CAP_SYS_NICE: u32 = bindings::CAP_SYS_NICE;

/// Whether the caller has a capability.
pub(crate) fn is_capable(capability: u32) -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::capable(capability as i32) }
}
