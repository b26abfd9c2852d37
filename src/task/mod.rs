// SPDX-License-Identifier: GPL-2.0-only

//! One task: identity, scheduling, credentials, registers, interrupted system call, signals.

pub(crate) mod confinement;
mod controls;
pub(crate) mod cpu;
pub(crate) mod cred;
pub(crate) mod group;
pub(crate) mod identity;
pub(crate) mod objects;
pub(crate) mod pending;
pub(crate) mod restart_block;
pub(crate) mod sched;
pub(crate) mod seccomp;
pub(crate) mod session;
pub(crate) mod sighand;
pub(crate) mod signals;
pub(crate) mod supported;
mod terminal;
mod timers;
