// SPDX-License-Identifier: GPL-2.0-only

//! Checkpoint and restart of processes, for stock kernels.
//!
//! The crate root: the list of rooms (folders and files), and what loading the module does. Arrows between
//! rooms point down only: `device` to `checkpoint` and `restart`, these to `task`, `mm` and `files`, these
//! to `objhash`, `capture`, `stream` and `log`, and all of them to `arch` and `sys`, where the unsafe code
//! is. `Documentation/internals.md` is the map.

#![crate_name = "ckpt"]
#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use core::borrow::Borrow;

use kernel::{
    prelude::*,
    sync::Arc, //
};

#[path = "../arch/x86/mod.rs"]
#[expect(unsafe_code)]
mod arch;
#[expect(unsafe_code)]
mod sys;

mod arrival;
mod capture;
mod checkpoint;
mod claims;
mod clocks;
mod coordinator;
mod device;
mod files;
mod freeze;
mod index;
mod inherited;
mod kept;
mod leave;
mod log;
mod mm;
mod objhash;
mod onto_self;
mod part;
mod parts;
mod places;
mod restart;
mod restoring;
mod saving;
mod set;
mod shape;
mod sharing;
mod states;
mod steps;
mod stream;
mod task;
mod tree;

module! {
    type: Ckpt,
    name: "ckpt",
    authors: ["The ckpt developers"],
    description: "Checkpoint and restart of processes",
    license: "GPL",
    params: {
        device_mode: u32 {
            default: 0o600,
            description: "Permissions of /dev/ckpt, in decimal (384 is 0600, 438 is 0666)",
        },
    },
}

/// What exists as long as the module is loaded. Fields go in this order at unload.
#[pin_data]
struct Ckpt {
    #[pin]
    device: sys::device::OwnedDevice<device::Handle>,
    sysctl: sys::sysctl::Sysctl,
}

impl kernel::InPlaceModule for Ckpt {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            sys::symbols::resolve()?;
            arch::fpu::init();
            // A reference on 7.2, a value on 7.3.
            let mode = module_parameters::device_mode.value();
            let mode = u16::try_from(Borrow::<u32>::borrow(&mode) & 0o666)?;
            let shared = Arc::pin_init(claims::Shared::new(), GFP_KERNEL)?;
            let sysctl = sys::sysctl::Sysctl::register()?;
            Ok(try_pin_init!(Self {
                device <- sys::device::OwnedDevice::register(c"ckpt", mode, module, shared),
                sysctl,
            }))
        })
    }
}
