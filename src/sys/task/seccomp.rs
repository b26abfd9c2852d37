// SPDX-License-Identifier: GPL-2.0-only

//! Filters of seccomp(2).

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::record::SeccompInsn;

use super::{
    me,
    signal::Sighand, //
};
use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    task::Task, //
};

/// Bytes of one instruction: the image has them as seccomp(2) takes them.
const INSN: usize = size_of::<SeccompInsn>();

// Values of the mode (include/uapi/linux/seccomp.h), and the option of prctl(2) that sets it.
const MODE_DISABLED: i32 = 0;
const MODE_STRICT: i32 = 1;
const MODE_FILTER: i32 = 2;
const PR_SET_SECCOMP: u32 = 22;

/// How seccomp confines a task.
pub(crate) enum Mode {
    /// Not at all.
    Disabled,
    /// To read(2), write(2), exit(2) and sigreturn(2).
    Strict,
    /// By filters, of which this is the newest.
    Filter(Filter),
    /// It is being killed.
    Dead,
}

/// A filter, with a reference. It never changes, and holds the one below it.
pub(crate) struct Filter(NonNull<btf::seccomp_filter>);

// SAFETY: A reference may be given back by any task; what is read of it never changes.
unsafe impl Send for Filter {}

impl Clone for Filter {
    fn clone(&self) -> Self {
        // SAFETY: There is a reference already.
        unsafe { Self::hold(self.0) }
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // SAFETY: Gives the reference back.
        unsafe { bindings::ckpt_sym___put_seccomp_filter(self.0.as_ptr().cast()) };
    }
}

impl Filter {
    /// # Safety
    ///
    /// Something else holds the filter for as long as this takes.
    unsafe fn hold(filter: NonNull<btf::seccomp_filter>) -> Self {
        // SAFETY: The caller's promise; the counter is that of a `refcount_t`.
        unsafe { bindings::refcount_inc(core::ptr::addr_of_mut!((*filter.as_ptr()).refs).cast()) };
        Filter(filter)
    }

    /// An address that stands for it as long as it is held.
    pub(crate) fn key(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The one that was there before it.
    pub(crate) fn previous(&self) -> Option<Filter> {
        // SAFETY: A filter never changes, and holds the one below it.
        unsafe { NonNull::new((*self.0.as_ptr()).prev).map(|below| Self::hold(below)) }
    }

    /// Whether its decisions are logged (SECCOMP_FILTER_FLAG_LOG).
    pub(crate) fn is_logged(&self) -> bool {
        // SAFETY: A filter never changes once a task has it.
        unsafe { (*self.0.as_ptr()).log }
    }

    /// Whether some process is asked by it (SECCOMP_RET_USER_NOTIF).
    pub(crate) fn has_listener(&self) -> bool {
        // SAFETY: The word is read once and only compared. A listener that has gone never comes back.
        unsafe {
            !core::ptr::addr_of!((*self.0.as_ptr()).notif)
                .read_volatile()
                .is_null()
        }
    }

    /// The classic BPF program that it was made of: an array of `struct sock_filter`.
    ///
    /// # Errors
    ///
    /// `EIO` when the kernel has not kept it, as it does for seccomp(2).
    pub(crate) fn program(&self) -> Result<&[u8]> {
        let mut len = 0u32;
        // SAFETY: The program belongs to the filter.
        let insns =
            unsafe { bindings::ckpt_filter_program((*self.0.as_ptr()).prog.cast(), &mut len) };
        let insns = NonNull::new(insns.cast_mut().cast::<u8>()).ok_or(EIO)?;
        let size = (len as usize).checked_mul(INSN).ok_or(EIO)?;
        // SAFETY: So many instructions, which live as long as the filter and never change.
        Ok(unsafe { core::slice::from_raw_parts(insns.as_ptr(), size) })
    }

    /// Gives the caller, which seccomp does not confine, this filter and the `count - 1` below it.
    ///
    /// # Errors
    ///
    /// `EBUSY` when seccomp confines it, `ESRCH` when no task has the filter any more.
    pub(crate) fn share(&self, count: u32) -> Result {
        let filter = self.0.as_ptr();
        // SAFETY: It is held here; the addresses are those of its counters.
        to_result(unsafe {
            bindings::ckpt_share_filter(
                filter.cast(),
                core::ptr::addr_of_mut!((*filter).refs).cast(),
                core::ptr::addr_of_mut!((*filter).users).cast(),
                count,
            )
        })
    }
}

/// How seccomp confines a task.
///
/// # Errors
///
/// `ESRCH` when it has been reaped.
pub(crate) fn mode(task: &Task) -> Result<Mode> {
    if !task.has_seccomp() {
        return Ok(Mode::Disabled);
    }
    let _guard = Sighand::lock(task)?;
    let raw = task.raw();
    // SAFETY: Under this lock filters come and go, and each task holds its newest.
    let (mode, filter) = unsafe {
        let seccomp = core::ptr::addr_of!((*raw).seccomp);
        let filter = NonNull::new((*seccomp).filter.cast::<btf::seccomp_filter>());
        ((*seccomp).mode, filter.map(|filter| Filter::hold(filter)))
    };
    Ok(match (mode, filter) {
        (MODE_DISABLED, _) => Mode::Disabled,
        (MODE_STRICT, _) => Mode::Strict,
        (MODE_FILTER, Some(filter)) => Mode::Filter(filter),
        // A task that exits has given up its filters.
        (MODE_FILTER, None) => return Err(ESRCH),
        _ => Mode::Dead,
    })
}

/// Whether seccomp(2) would let the caller have a filter: it has no_new_privs, or CAP_SYS_ADMIN in its user
/// namespace.
pub(crate) fn may_have_filters() -> bool {
    // SAFETY: Looks at the caller.
    unsafe { bindings::ckpt_may_have_filters() }
}

/// Gives the caller one more filter, as seccomp(2) does; returns it, and how many the caller has.
///
/// # Errors
///
/// Those of seccomp(2): `EACCES`, `EINVAL`, `ENOMEM`; `EAGAIN` when what has been installed is not what was to
/// be.
pub(crate) fn install(program: &[u8], is_logged: bool) -> Result<(Filter, u32)> {
    let me = Task::current();
    let before = newest(&me)?.map(|filter| filter.key());
    let len = u32::try_from(program.len() / INSN)?;
    // SAFETY: The program is as long as is said.
    let done = unsafe { bindings::ckpt_install_filter(program.as_ptr().cast(), len, is_logged) };
    to_result(i32::try_from(done)?)?;
    let filter = newest(&me)?.ok_or(EAGAIN)?;
    // It stood in memory that others might reach: it is the kernel's copy that counts.
    if filter.program()? != program || filter.previous().map(|below| below.key()) != before {
        return Err(EAGAIN);
    }
    // SAFETY: The counter belongs to the caller alone.
    let count = unsafe { (*me.raw()).seccomp.filter_count.counter };
    Ok((filter, u32::try_from(count)?))
}

fn newest(task: &Task) -> Result<Option<Filter>> {
    Ok(match mode(task)? {
        Mode::Filter(filter) => Some(filter),
        _ => None,
    })
}

/// Puts the caller into strict mode.
///
/// # Errors
///
/// `EINVAL` when it has filters.
pub(crate) fn set_strict() -> Result {
    me::prctl(PR_SET_SECCOMP, [MODE_STRICT as usize, 0]).map(|_| ())
}
