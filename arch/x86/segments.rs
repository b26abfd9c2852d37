// SPDX-License-Identifier: GPL-2.0-only

//! Segment bases, selectors, TLS descriptors.

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::{
    limits,
    record::Thread, //
};

use crate::sys::bindings;

/// What is wrong with values from an image: the rules of ptrace(2) and set_thread_area(2).
pub(crate) fn problem(thread: &Thread) -> Option<&'static str> {
    let bad_selector = |selector: u16| selector != 0 && selector & 3 != 3;
    if thread.fsbase >= limits::ADDRESS || thread.gsbase >= limits::ADDRESS {
        Some("segment base is no user address")
    } else if [thread.ds, thread.es, thread.fs, thread.gs]
        .into_iter()
        .any(bad_selector)
    {
        Some("selector of the kernel")
    } else if thread.tls.into_iter().any(|descriptor| !is_tls(descriptor)) {
        Some("TLS descriptor that set_thread_area(2) would refuse")
    } else {
        None
    }
}

/// Empty, or a present 32-bit data segment of user mode.
fn is_tls(descriptor: u64) -> bool {
    let bits = |shift: u32, width: u32| (descriptor >> shift) & ((1 << width) - 1);
    let (kind, is_memory, privilege, present) =
        (bits(40, 4), bits(44, 1), bits(45, 2), bits(47, 1));
    let (long, big) = (bits(53, 1), bits(54, 1));
    descriptor == 0
        || (kind < 8 && is_memory == 1 && privilege == 3 && present == 1 && long == 0 && big == 1)
}

/// Sets those of the caller.
pub(crate) fn set(thread: &Thread) -> Result {
    let segments = bindings::ckpt_segments {
        ds: thread.ds,
        es: thread.es,
        fs: thread.fs,
        gs: thread.gs,
        tls: thread.tls,
    };
    // SAFETY: The values have been validated.
    to_result(unsafe { bindings::ckpt_set_segments(&segments, thread.fsbase, thread.gsbase) })
}
