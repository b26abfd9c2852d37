// SPDX-License-Identifier: GPL-2.0-only

//! The sysctl `kernel.ckpt_unpriv_allowed`.

use kernel::{
    error::to_result,
    prelude::*, //
};

use super::bindings;

/// The sysctl exists as long as this does.
pub(crate) struct Sysctl(());

impl Sysctl {
    /// Creates it.
    pub(crate) fn register() -> Result<Self> {
        // SAFETY: Called once while the module is loaded; undone by `drop`.
        to_result(unsafe { bindings::ckpt_register_sysctl() })?;
        Ok(Sysctl(()))
    }
}

impl Drop for Sysctl {
    fn drop(&mut self) {
        // SAFETY: It was registered, or this value would not exist.
        unsafe { bindings::ckpt_unregister_sysctl() };
    }
}

/// 0: both verbs need CAP_SYS_ADMIN; 1: only restart does; 2: neither does.
pub(crate) fn unpriv_allowed() -> u32 {
    // SAFETY: Reads an integer.
    unsafe { bindings::ckpt_unpriv_allowed() as u32 }
}

/// Whether the caller has CAP_SYS_ADMIN.
pub(crate) fn is_admin() -> bool {
    // SAFETY: Looks at the caller's credentials.
    unsafe { bindings::ckpt_unpriv_capable() }
}
