// SPDX-License-Identifier: GPL-2.0-only

//! What may be read of any task without a lock.
//!
//! A task that stands still can be killed and reaped at any moment. A reference to it keeps its own
//! structure and that of its process (`signal_struct`), and nothing else that these point to: its
//! handlers, numbers, descriptor table, memory, namespaces, credentials go with the task. So only the
//! fields on the lists below are read without a lock. Each list takes only fields for which this is sound,
//! and the types enforce it: a pointer to a kernel object is no [`Value`]. A new reader that needs more
//! takes a lock or a reference, and returns an `Option`.

use super::reference::Task;
use crate::sys::bindings;

/// What means something by itself.
trait Value: Copy {}

impl Value for u8 {}
impl Value for i16 {}
impl Value for i32 {}
impl Value for u32 {}
impl Value for u64 {}
impl Value for usize {}
impl Value for [u8; 16] {}
#[cfg(CONFIG_UCLAMP_TASK)]
impl Value for [bindings::uclamp_se; 2] {}
// What it points to is in user memory, or code of the kernel that is never called from here.
impl Value for bindings::restart_block {}

/// What user memory holds: the kernel itself never follows such a pointer.
trait User {}

impl User for bindings::robust_list_head {}
impl User for bindings::rseq {}
impl User for kernel::ffi::c_int {}

/// Reads a value of a structure that the reference to a task keeps.
fn value<T: Value>(field: *const T) -> T {
    // SAFETY: The lists below hand over fields of such structures only. A value may change while it is
    // read by the task that it belongs to, and means what it meant a moment ago.
    unsafe { field.read_volatile() }
}

/// Fields of the task's own structure, by name, type and place.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $($place:ident).+;)+) => {$(
        $(#[$doc])*
        pub(in crate::sys) fn $name(task: &Task) -> $type {
            // SAFETY: The reference keeps the structure; only the address of a field is made.
            value::<$type>(unsafe { core::ptr::addr_of!((*task.as_ptr()).$($place).+) })
        }
    )+};
}

/// Fields of the structure of the task's process, which lives as long as any of its tasks.
macro_rules! group_values {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $($place:ident).+;)+) => {$(
        $(#[$doc])*
        pub(in crate::sys) fn $name(task: &Task) -> $type {
            // SAFETY: The reference keeps both structures, and which is the second one does not change.
            value::<$type>(unsafe { core::ptr::addr_of!((*(*task.as_ptr()).signal).$($place).+) })
        }
    )+};
}

/// Fields that hold addresses in user memory.
macro_rules! user_addresses {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $($place:ident).+;)+) => {$(
        $(#[$doc])*
        pub(in crate::sys) fn $name(task: &Task) -> u64 {
            const fn is_user<T: User>() {}
            is_user::<$type>();
            // SAFETY: The reference keeps the structure. The address is a number here.
            let field = unsafe { core::ptr::addr_of!((*task.as_ptr()).$($place).+) };
            value::<usize>(field.cast::<*mut $type>().cast()) as u64
        }
    )+};
}

/// Fields that point to what goes with the task: the address is compared with others, and never
/// followed. `None` when the task has let go of it, or has none.
macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident = $($place:ident).+;)+) => {$(
        $(#[$doc])*
        pub(in crate::sys) fn $name(task: &Task) -> Option<usize> {
            // SAFETY: The reference keeps the structure. The address is a number here.
            let field = unsafe { core::ptr::addr_of!((*task.as_ptr()).$($place).+) };
            Some(value::<usize>(field.cast())).filter(|address| *address != 0)
        }
    )+};
}

values! {
    /// Its name.
    comm: [u8; 16] = comm;
    /// PF_* flags.
    flags: u32 = flags;
    /// Length of the restartable sequence area.
    rseq_len: u32 = rseq.len;
    /// Its signature.
    rseq_sig: u32 = rseq.sig;
    /// Alternate signal stack.
    altstack: usize = sas_ss_sp;
    /// Its size.
    altstack_size: usize = sas_ss_size;
    /// Its SS_* flags.
    altstack_flags: u32 = sas_ss_flags;
    /// Execution domain.
    personality: u32 = personality;
    /// PFA_* bits.
    atomic_flags: usize = atomic_flags;
    /// Signal at the parent's death.
    pdeath_signal: i32 = pdeath_signal;
    /// Signal that the parent gets.
    exit_signal: i32 = exit_signal;
    /// Timer slack.
    timer_slack: u64 = timer_slack_ns;
    /// Its default.
    default_timer_slack: u64 = default_timer_slack_ns;
    /// Time of the start on CLOCK_BOOTTIME.
    start_time: u64 = start_boottime;
    /// What an interrupted system call goes on with.
    restart_block: bindings::restart_block = restart_block;
    /// Mode of seccomp; not its filters.
    seccomp_mode: i32 = seccomp.mode;
    /// SCHED_* policy.
    policy: u32 = policy;
    /// Static priority.
    static_prio: i32 = static_prio;
    /// Real-time priority.
    rt_priority: u32 = rt_priority;
    /// Whether the slice was asked for.
    custom_slice: u8 = se.custom_slice;
    /// The slice.
    slice: u64 = se.slice;
    /// Bounds of the utilization that were asked for.
    #[cfg(CONFIG_UCLAMP_TASK)]
    uclamp_req: [bindings::uclamp_se; 2] = uclamp_req;
}

/// The word of a set of signals.
macro_rules! signal_sets {
    ($($(#[$doc:meta])* $name:ident = $place:ident;)+) => {$(
        $(#[$doc])*
        pub(in crate::sys) fn $name(task: &Task) -> u64 {
            // SAFETY: The reference keeps the structure; only the address of a field is made.
            value::<usize>(unsafe { core::ptr::addr_of!((*task.as_ptr()).$place.sig[0]) }) as u64
        }
    )+};
}

signal_sets! {
    /// Blocked signals.
    blocked = blocked;
    /// The mask to go back to.
    saved_sigmask = saved_sigmask;
}

group_values! {
    /// Number of threads, the leader included.
    nr_threads: i32 = nr_threads;
    /// Adjustment of the out-of-memory score.
    oom_score_adj: i16 = oom_score_adj;
    /// The least that it may be set to without a privilege.
    oom_score_adj_min: i16 = oom_score_adj_min;
    /// SIGNAL_* flags.
    group_flags: u32 = flags;
}

user_addresses! {
    /// The restartable sequence area.
    rseq: bindings::rseq = rseq.usrptr;
    /// Head of the list of robust futexes.
    robust_list: bindings::robust_list_head = futex.robust_list;
    /// Address that set_tid_address(2) named.
    clear_child_tid: kernel::ffi::c_int = clear_child_tid;
    /// Address that clone(2) was told to write the tid to.
    set_child_tid: kernel::ffi::c_int = set_child_tid;
}

addresses! {
    /// Descriptor table.
    files = files;
    /// Address space.
    mm = mm;
    /// Root and working directory.
    fs = fs;
    /// Signal handlers.
    sighand = sighand;
    /// What the thread group shares.
    signal = signal;
    /// Leader of the thread group.
    group_leader = group_leader;
    /// Credentials that it acts with.
    cred = cred;
    /// What io_uring keeps for it.
    io_uring = io_uring;
    /// Its number; `None` as soon as the task cannot be found any more.
    thread_pid = thread_pid;
}
