// SPDX-License-Identifier: GPL-2.0-only

//! Generated declarations: our own C helpers and ABI, and the private types of the kernel as its
//! BTF describes them. Only the proof that module and kernel have the same layouts is written by hand.

#![allow(
    clippy::all,
    clippy::as_ptr_cast_mut,
    clippy::as_underscore,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::indexing_slicing,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    rustdoc::all,
    unnameable_types,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    unused_imports
)]

/// What the kernel crate has, and with it the helpers of `helpers.h` and the structures of
/// `include/uapi/linux/ckpt.h`.
mod generated {
    // The kernel crate does not have these.
    use super::btf::{
        fsnotify_event,
        fsnotify_group, //
    };
    use kernel::{
        bindings::*,
        ffi, //
    };
    include!(env!("CKPT_BINDINGS"));
}

// The kernel crate has this one as a forward declaration only.
pub(crate) use generated::sched_attr;
pub(crate) use generated::*;
pub(crate) use kernel::bindings::*;

/// Kernel types as the BTF of the targeted kernel has them, each size and offset asserted.
pub(crate) mod btf {
    use kernel::ffi;
    include!(concat!(env!("CKPT_BTF"), "/btf.rs"));
    include!(concat!(env!("CKPT_BTF"), "/btf_assert.rs"));
}

/// The types of the kernel crate that are read here, compared with the BTF.
mod kernel_layouts {
    use kernel::bindings;
    include!(concat!(env!("CKPT_BTF"), "/btf_assert_kernel.rs"));
}

/// The kernel that all of the above was generated for.
pub(crate) mod build_id {
    /// Its release, as uname(2) gives it, and a line feed.
    pub(crate) const KERNEL_RELEASE: &str = include_str!(concat!(env!("CKPT_BTF"), "/release"));

    include!(concat!(env!("CKPT_BTF"), "/build_id.rs"));
}
