// SPDX-License-Identifier: GPL-2.0-only

//! x86-64: everything that another architecture would do differently.
//!
//! Registers, FPU, segments, protection keys, the vDSO, and how the exit from a system call changes the
//! result of an interrupted one. With `src/sys/` this is the only place with unsafe code.

pub(crate) mod fpu;
pub(crate) mod mm;
pub(crate) mod regs;
pub(crate) mod segments;
pub(crate) mod vdso;
