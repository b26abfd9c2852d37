// SPDX-License-Identifier: GPL-2.0-only

//! Changes to the caller itself, which is being restored.

use kernel::{
    error::to_result,
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
};

use crate::sys::{
    bindings,
    task::Rseq, //
};

fn current() -> *mut bindings::task_struct {
    kernel::current!().as_ptr()
}

/// Forgets what of the restarting program the kernel would still touch in user memory.
pub(crate) fn detach_user_memory() {
    // SAFETY: These fields belong to the caller alone.
    unsafe {
        bindings::ckpt_rseq_reset();
        (*current()).futex.robust_list = core::ptr::null_mut();
        (*current()).clear_child_tid = core::ptr::null_mut();
        (*current()).set_child_tid = core::ptr::null_mut();
    }
}

/// Sets the list of robust futexes and the tid addresses.
pub(crate) fn attach_user_memory(robust_list: u64, clear_child_tid: u64, set_child_tid: u64) {
    // SAFETY: User addresses, which the kernel checks whenever it uses them.
    unsafe {
        (*current()).futex.robust_list = robust_list as *mut _;
        (*current()).clear_child_tid = clear_child_tid as *mut _;
        (*current()).set_child_tid = set_child_tid as *mut _;
    }
}

/// Waits until the caller has an id among the users of its address space, which rseq(2) tells: it gets
/// one when it is scheduled, if not before.
pub(crate) fn await_mm_cid() {
    /// Microseconds: enough to sleep at all. Each thread of a process may have to.
    const SLEEP: i64 = 20;
    // SAFETY: Reads a field of the caller.
    while !unsafe { bindings::ckpt_has_mm_cid() } {
        fsleep(Delta::from_micros(SLEEP));
    }
}

/// What a restartable sequence area says of where its task runs. The kernel keeps a copy of that and
/// kills the task that changes it.
pub(crate) struct RseqIds(bindings::ckpt_rseq_ids);

/// Reads it.
///
/// # Errors
///
/// `EFAULT`.
pub(crate) fn rseq_ids(rseq: &Rseq) -> Result<RseqIds> {
    let mut ids = bindings::ckpt_rseq_ids::default();
    // SAFETY: A user address, which the kernel checks.
    to_result(unsafe { bindings::ckpt_rseq_ids(rseq.address as *mut _, &mut ids) })?;
    Ok(RseqIds(ids))
}

/// Registers a restartable sequence area. `interrupted`: the saved context was interrupted in
/// user mode, so a critical section may have to be aborted.
pub(crate) fn set_rseq(rseq: &Rseq, ids: &RseqIds, interrupted: bool) {
    // SAFETY: A user address, which the kernel checks whenever it uses it.
    unsafe {
        bindings::ckpt_rseq_register(
            rseq.address as *mut _,
            rseq.len,
            rseq.sig,
            rseq.version,
            &ids.0,
            interrupted,
        )
    }
}

/// Sets the name.
pub(crate) fn set_name(name: &[u8; 16]) {
    // SAFETY: The name ends with a NUL: the caller of this took at most 15 bytes from an image.
    unsafe {
        bindings::ckpt_sym___set_task_comm(current(), name.as_ptr().cast(), false);
    }
}

/// Sets the alternate signal stack.
pub(crate) fn set_altstack(sp: u64, size: u64, flags: u32) {
    // SAFETY: These fields belong to the caller alone.
    unsafe {
        (*current()).sas_ss_sp = sp as usize;
        (*current()).sas_ss_size = size as usize;
        (*current()).sas_ss_flags = flags;
    }
}

/// Sets the execution domain.
pub(crate) fn set_personality(personality: u32) {
    // SAFETY: The field belongs to the caller alone.
    unsafe { (*current()).personality = personality };
}

/// Sets the PFA_* bits given; never clears one.
pub(crate) fn add_atomic_flags(flags: u64) {
    // SAFETY: The word is changed atomically everywhere; no other thread of the caller's group
    // runs while it is restored.
    unsafe {
        core::sync::atomic::AtomicUsize::from_ptr(core::ptr::addr_of_mut!(
            (*current()).atomic_flags
        ))
        .fetch_or(flags as usize, core::sync::atomic::Ordering::Relaxed)
    };
}

/// Keeps the caller from getting privileges by execve(2), for good.
///
/// # Errors
///
/// Those of PR_SET_NO_NEW_PRIVS.
pub(crate) fn set_no_new_privs() -> Result {
    const PR_SET_NO_NEW_PRIVS: u32 = 38;
    prctl(PR_SET_NO_NEW_PRIVS, [1, 0]).map(|_| ())
}

/// Sets the signal at the parent's death.
pub(crate) fn set_pdeath_signal(signal: i32) {
    // SAFETY: The field belongs to the caller alone.
    unsafe { (*current()).pdeath_signal = signal };
}

/// Sets the dumpable flag.
pub(crate) fn set_dumpable(value: u32) {
    // SAFETY: The value is one of `enum task_dumpable`, as the caller has checked.
    unsafe { bindings::ckpt_sym_task_exec_state_set_dumpable(value) };
}

/// Sets the timer slack and its default.
pub(crate) fn set_timer_slack(slack: u64, default: u64) {
    // SAFETY: These fields belong to the caller alone.
    unsafe {
        (*current()).timer_slack_ns = slack;
        (*current()).default_timer_slack_ns = default;
    }
}

/// Sets the adjustment of the out-of-memory score, and the least that it may be set to without a
/// privilege.
pub(crate) fn set_oom_score_adj(value: i16, least: i16) {
    // SAFETY: The signal structure lives as long as the task; plain shorts.
    unsafe {
        (*(*current()).signal).oom_score_adj = value;
        (*(*current()).signal).oom_score_adj_min = least;
    }
}

/// Calls prctl(2), which makes its checks.
///
/// # Errors
///
/// Those of the option.
pub(crate) fn prctl(option: u32, arguments: [usize; 2]) -> Result<i32> {
    let [first, second] = arguments;
    let regs = bindings::pt_regs {
        di: option as usize,
        si: first,
        dx: second,
        ..Default::default()
    };
    // SAFETY: An option whose arguments are plain numbers.
    let result = unsafe { bindings::ckpt_sym___x64_sys_prctl(&regs) };
    match i32::try_from(result) {
        Ok(value) if value >= 0 => Ok(value),
        Ok(error) => Err(Error::from_errno(error)),
        Err(_) => Err(EIO),
    }
}

/// Sets those of the PF_* flags that are in `mask`.
pub(crate) fn set_flags(mask: u32, flags: u32) {
    // SAFETY: The flags belong to the caller alone.
    unsafe { bindings::ckpt_set_process_flags(mask, flags) };
}

/// Sets what an interrupted system call goes on with.
pub(crate) fn set_restart_block(block: bindings::restart_block) {
    // SAFETY: The field belongs to the caller alone.
    unsafe { (*current()).restart_block = block };
}

/// Makes the way back to user mode look at signals, and with them at system call restart.
pub(crate) fn set_sigpending() {
    // SAFETY: Sets a flag of the caller.
    unsafe { bindings::ckpt_set_sigpending() };
}
