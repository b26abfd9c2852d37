// SPDX-License-Identifier: GPL-2.0-only

//! Signals: handlers, masks, queues, interval timers.

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::record::{
    signal_flag,
    SigInfo, //
};
use zerocopy::FromZeros;

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    errno,
    fields,
    task::Task, //
};

/// A handler and its attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Action {
    /// Address, or 0 for SIG_DFL, 1 for SIG_IGN.
    pub(crate) handler: u64,
    /// SA_* flags.
    pub(crate) flags: u64,
    /// Return trampoline.
    pub(crate) restorer: u64,
    /// Signals blocked meanwhile.
    pub(crate) mask: u64,
}

/// Which queue of pending signals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// The queue of the task.
    Task,
    /// The queue of the thread group.
    Group,
}

/// The lock over handlers and queues of a task, held.
pub(super) struct Sighand<'a> {
    task: &'a Task,
    flags: usize,
    sighand: *mut bindings::sighand_struct,
    _not_send: kernel::types::NotThreadSafe,
}

impl<'a> Sighand<'a> {
    pub(super) fn lock(task: &'a Task) -> Result<Self> {
        let mut flags = 0usize;
        // SAFETY: The task is valid; NULL means that it has exited.
        let sighand = unsafe { bindings::ckpt_lock_sighand(task.raw(), &mut flags) };
        if sighand.is_null() {
            return Err(ESRCH);
        }
        Ok(Sighand {
            task,
            flags,
            sighand,
            _not_send: kernel::types::NotThreadSafe,
        })
    }

    /// Whether the process goes on: it has not been killed, and none of its threads has ended the others.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    fn check_alive(&self) -> Result {
        const GROUP_EXIT: u32 = 0x04;
        const KILLED: usize = 1 << (bindings::SIGKILL - 1);
        let task = self.task.raw();
        // SAFETY: The lock is held.
        let dies = unsafe {
            let group = (*task).signal;
            (*group).flags & GROUP_EXIT != 0
                || !(*group).group_exec_task.is_null()
                || (*task).pending.signal.sig[0] & KILLED != 0
        };
        if dies {
            return Err(EINTR);
        }
        Ok(())
    }

    fn pending(&self, queue: Queue) -> *mut bindings::sigpending {
        let task = self.task.raw();
        // SAFETY: The lock is held, so the task has a signal structure.
        unsafe {
            match queue {
                Queue::Task => core::ptr::addr_of_mut!((*task).pending),
                Queue::Group => core::ptr::addr_of_mut!((*(*task).signal).shared_pending),
            }
        }
    }
}

impl Drop for Sighand<'_> {
    fn drop(&mut self) {
        // SAFETY: Taken by `lock()` on this thread, with these flags.
        unsafe { bindings::ckpt_unlock_sighand(self.sighand, self.flags) };
    }
}

/// Calls `look` for each signal, 1 to 64, and its handler. It runs under a lock and must not sleep.
pub(crate) fn actions(task: &Task, mut look: impl FnMut(u32, Action)) -> Result {
    let guard = Sighand::lock(task)?;
    // SAFETY: The lock is held.
    let actions = unsafe { &(*guard.sighand).action };
    for (number, raw) in (1u32..).zip(actions) {
        let action = Action {
            handler: raw
                .sa
                .sa_handler
                .map_or(0, |handler| handler as usize as u64),
            flags: raw.sa.sa_flags as u64,
            restorer: raw
                .sa
                .sa_restorer
                .map_or(0, |restorer| restorer as usize as u64),
            mask: raw.sa.sa_mask.sig[0] as u64,
        };
        look(number, action);
    }
    Ok(())
}

/// Sets a handler of the caller.
pub(crate) fn set_action(signal: u32, action: &Action) -> Result {
    let mut raw = bindings::k_sigaction::default();
    // SAFETY: Both are words: addresses of user functions, which the kernel never calls itself.
    unsafe {
        let sa = &mut raw.sa;
        core::ptr::addr_of_mut!(sa.sa_handler)
            .cast::<u64>()
            .write(action.handler);
        core::ptr::addr_of_mut!(sa.sa_restorer)
            .cast::<u64>()
            .write(action.restorer);
    }
    raw.sa.sa_flags = action.flags as usize;
    raw.sa.sa_mask.sig[0] = action.mask as usize;
    // SAFETY: A kernel pointer to a complete structure; the function checks the signal.
    to_result(unsafe {
        bindings::ckpt_sym_do_sigaction(signal as i32, &mut raw, core::ptr::null_mut())
    })
}

/// Blocked signals, the mask to go back to, and whether to go back to it.
pub(crate) fn masks(task: &Task) -> (u64, u64, bool) {
    // SAFETY: The task is valid.
    let restore = unsafe { bindings::ckpt_restore_sigmask(task.raw()) };
    (fields::blocked(task), fields::saved_sigmask(task), restore)
}

/// Blocks signals of the caller. SIGKILL and SIGSTOP are left out by the kernel.
pub(crate) fn set_blocked(mask: u64) {
    let mut set = bindings::sigset_t::default();
    set.sig[0] = mask as usize;
    // SAFETY: A kernel pointer to a set.
    unsafe { bindings::ckpt_sym_set_current_blocked(&mut set) };
}

/// Sets the mask that the caller goes back to when its system call ends.
pub(crate) fn set_saved_mask(mask: u64, restore: bool) {
    // SAFETY: The fields belong to the caller alone.
    unsafe {
        (*kernel::current!().as_ptr()).saved_sigmask.sig[0] = mask as usize;
        bindings::ckpt_set_restore_sigmask(restore);
    }
}

/// What an entry of a queue is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is an entry of its own.
    Own,
    /// The POSIX timer of the process that has this id.
    Timer(u32),
    /// A POSIX timer that has been deleted, or set anew: the kernel drops it when it is taken.
    Stale,
}

/// Copies a queue: the set of pending signals and the queued entries in order.
///
/// # Errors
///
/// `E2BIG` when there are more than `limit` entries.
pub(crate) fn pending(
    task: &Task,
    queue: Queue,
    limit: usize,
) -> Result<(u64, KVVec<(SigInfo, Origin)>)> {
    let mut entries = KVVec::new();
    loop {
        let wanted = entries.capacity();
        entries.clear();
        let (set, count) = copy_queue(task, queue, &mut entries, wanted)?;
        if count > limit {
            return Err(E2BIG);
        }
        if count <= wanted {
            return Ok((set, entries));
        }
        entries.reserve(count, GFP_KERNEL_ACCOUNT)?;
    }
}

/// Copies up to `room` entries without allocating; gives the set of pending signals and how many
/// entries there are, both of the same moment: a signal that arrives between two looks would be in
/// the set without its entry.
fn copy_queue(
    task: &Task,
    queue: Queue,
    entries: &mut KVVec<(SigInfo, Origin)>,
    room: usize,
) -> Result<(u64, usize)> {
    let guard = Sighand::lock(task)?;
    let head = guard.pending(queue);
    let mut count = 0usize;
    // SAFETY: The lock is held: the list and the set do not change, and each node is the `list` of a
    // `sigqueue`.
    let set = unsafe {
        let list = core::ptr::addr_of_mut!((*head).list);
        let mut node = (*list).next;
        while node != list {
            let entry = kernel::container_of!(node, bindings::sigqueue, list);
            if count < room {
                let info = to_image(&(*entry).info);
                let _ = entries.push_within_capacity((info, origin(entry)));
            }
            count += 1;
            node = (*node).next;
        }
        (*head).signal.sig[0] as u64
    };
    Ok((set, count))
}

/// # Safety
///
/// The lock over the queue that has the entry is held.
unsafe fn origin(entry: *mut bindings::sigqueue) -> Origin {
    // SAFETY: The caller's promise.
    match unsafe { bindings::ckpt_timer_of_signal(entry) } {
        id @ 0.. => Origin::Timer(id as u32),
        gone if gone == errno::estale().to_errno() => Origin::Stale,
        _ => Origin::Own,
    }
}

/// Bytes of what a signal carries, in the kernel and at the beginning of what an image has of it.
const INFO: usize = size_of::<bindings::kernel_siginfo>();

const _: () = assert!(core::mem::offset_of!(SigInfo, flags) == INFO);

fn to_image(info: &bindings::kernel_siginfo) -> SigInfo {
    let mut image = SigInfo::new_zeroed();
    let from = core::ptr::from_ref(info).cast::<u8>();
    // SAFETY: Both have so many bytes, the same of the same layout, and any value is one of an image's.
    unsafe { core::ptr::copy_nonoverlapping(from, (&raw mut image).cast(), INFO) };
    image
}

fn to_kernel(image: &SigInfo) -> bindings::kernel_siginfo {
    let mut info = bindings::kernel_siginfo::default();
    let from = core::ptr::from_ref(image).cast::<u8>();
    // SAFETY: As above; none of them is an address that the kernel uses.
    unsafe { core::ptr::copy_nonoverlapping(from, (&raw mut info).cast(), INFO) };
    info
}

/// Throws away what is pending for the caller: what the restart itself caused. SIGKILL stays.
pub(crate) fn flush_pending(queue: Queue) -> Result {
    let me = Task::current();
    let guard = Sighand::lock(&me)?;
    let pending = guard.pending(queue);
    // SAFETY: The lock is held; the queue is the caller's.
    unsafe {
        let kill = (*pending).signal.sig[0] & (1 << (bindings::SIGKILL - 1));
        bindings::ckpt_sym_flush_sigqueue(pending);
        (*pending).signal.sig[0] |= kill;
    }
    Ok(())
}

/// Queues a signal for the caller as it was queued before, or marks it pending without an entry.
pub(crate) fn queue(queue: Queue, signal: u32, info: Option<&SigInfo>) -> Result {
    let me = Task::current();
    let guard = Sighand::lock(&me)?;
    let Some(info) = info else {
        let pending = guard.pending(queue);
        // SAFETY: The lock is held; the bit is within the word: `signal` is 1 to 64.
        unsafe { (*pending).signal.sig[0] |= 1usize << (signal.wrapping_sub(1) & 63) };
        return Ok(());
    };
    let mut raw = to_kernel(info);
    let kind = match queue {
        Queue::Task => bindings::pid_type_PIDTYPE_PID,
        Queue::Group => bindings::pid_type_PIDTYPE_TGID,
    };
    // SAFETY: The lock is held as the function wants.
    to_result(unsafe {
        bindings::ckpt_sym_send_signal_locked(signal as i32, &mut raw, me.raw(), kind)
    })
}

/// Whether the caller may send a task a signal, SIGKILL or SIGSTOP, as kill(2) asks.
///
/// # Errors
///
/// `EPERM`, also for the init of a pid namespace that the caller is in, which gets none of them; that of a
/// security module.
pub(crate) fn check_permission(task: &Task, signal: i32) -> Result {
    // SAFETY: The task is valid.
    to_result(unsafe { bindings::ckpt_check_kill(task.raw(), signal) })
}

/// Sends a signal to a process that the caller may send it to, unless one of these threads of it has gone
/// on since it was off its processor with the counts that are given ([`super::RunStamp::of`]). No
/// thread runs before the signal is there.
///
/// # Errors
///
/// `EAGAIN` when one has gone on, or is awake for a moment, `ESRCH` when the process has been reaped.
pub(crate) fn send_if_still(
    leader: &Task,
    threads: &[(Task, super::RunStamp)],
    signal: i32,
) -> Result {
    let mut raw = KVVec::with_capacity(threads.len(), GFP_KERNEL_ACCOUNT)?;
    for (task, stamp) in threads {
        raw.push(stamp.of(task), GFP_KERNEL_ACCOUNT)?;
    }
    // SAFETY: The leader is valid, and so are the tasks, to which `threads` holds references; as many are
    // looked at as there are.
    to_result(unsafe {
        bindings::ckpt_kill_still(leader.raw(), raw.as_ptr(), raw.len() as u32, signal)
    })
}

/// The interval timers as setitimer(2) numbers them.
const TIMERS: [u32; 3] = [
    bindings::ITIMER_REAL,
    bindings::ITIMER_VIRTUAL,
    bindings::ITIMER_PROF,
];

/// The interval timers of a process, as setitimer(2) numbers them.
#[derive(Default)]
pub(crate) struct Timers {
    /// Nanoseconds left; 0 for one that is not armed.
    pub(crate) left: [u64; 3],
    /// Intervals in nanoseconds.
    pub(crate) interval: [u64; 3],
}

/// Those of a task's process.
///
/// # Errors
///
/// `ESRCH` when the task has been reaped.
pub(crate) fn timers(task: &Task) -> Result<Timers> {
    let Timers {
        mut left,
        mut interval,
    } = Timers::default();
    // SAFETY: The task is valid; both have room for three timers.
    to_result(unsafe {
        bindings::ckpt_itimers(task.raw(), left.as_mut_ptr(), interval.as_mut_ptr())
    })?;
    Ok(Timers { left, interval })
}

/// A span of nanoseconds as the kernel's functions take one.
pub(super) fn split(nsec: u64) -> bindings::timespec64 {
    const SECOND: u64 = 1_000_000_000;
    bindings::timespec64 {
        tv_sec: (nsec / SECOND) as i64,
        tv_nsec: (nsec % SECOND) as isize,
    }
}

/// Arms an interval timer of the caller, numbered as by [`timers`].
fn set_timer(which: u32, left: u64, interval: u64) -> Result {
    let mut value = bindings::itimerspec64 {
        it_interval: split(interval),
        it_value: split(left),
    };
    // SAFETY: A kernel pointer to a complete structure.
    to_result(unsafe {
        bindings::ckpt_sym_do_setitimer(which as i32, &mut value, core::ptr::null_mut())
    })
}

/// Arms the interval timers of the caller.
pub(crate) fn set_timers(left: &[u64; 3], interval: &[u64; 3]) -> Result {
    for (which, (left, interval)) in TIMERS.iter().zip(left.iter().zip(interval)) {
        set_timer(*which, *left, *interval)?;
    }
    if let ([0, ..], [interval, ..]) = (left, interval) {
        // SAFETY: Sets a number of the caller's own.
        unsafe { bindings::ckpt_set_itimer_interval(*interval) };
    }
    Ok(())
}

/// Whether a signal waits that the task does not block.
pub(crate) fn is_deliverable(task: &Task) -> bool {
    // SAFETY: The task is valid and stands still.
    unsafe { bindings::ckpt_has_deliverable_signal(task.raw()) }
}

/// Whether the task is a child subreaper, and whether it has an ancestor that is one.
pub(crate) fn subreaper(task: &Task) -> (bool, bool) {
    let mut inherited = false;
    // SAFETY: The task is valid.
    let own = unsafe { bindings::ckpt_subreaper(task.raw(), &mut inherited) };
    (own, inherited)
}

/// Whether the parent need not wait for the task's process.
pub(crate) fn is_autoreaped(task: &Task) -> bool {
    // SAFETY: The task is valid.
    unsafe { bindings::ckpt_autoreap(task.raw()) }
}

/// Makes it so, or not, for the caller's process.
pub(crate) fn set_autoreaped(on: bool) {
    // SAFETY: The bit belongs to the caller's process.
    unsafe { bindings::ckpt_set_autoreap(on) };
}

/// Makes the caller a child subreaper or not. `inherited`: it has an ancestor that is one.
pub(crate) fn set_subreaper(own: bool, inherited: bool) {
    // SAFETY: The bits belong to the caller's thread group, of which no other thread runs.
    unsafe { bindings::ckpt_set_subreaper(own, inherited) };
}

/// The job-control stop that the task is in: signal number, and whether its parent has not been
/// told yet. `None` when it is not stopped.
pub(crate) fn stop(task: &Task) -> Result<Option<(u32, bool)>> {
    const STOPPED: usize = 1 << 26;
    const SIGNAL_MASK: usize = 0xffff;
    let _guard = Sighand::lock(task)?;
    // SAFETY: The lock is held.
    let (jobctl, code) = unsafe {
        (
            (*task.raw()).jobctl,
            (*(*task.raw()).signal).group_exit_code,
        )
    };
    Ok((jobctl & STOPPED != 0).then_some(((jobctl & SIGNAL_MASK) as u32, code != 0)))
}

/// SIGNAL_* flags of the kernel (include/linux/sched/signal.h) and those of an image.
const JOB_CONTROL: [(u32, u32); 4] = [
    (0x01, signal_flag::STOPPED),
    (0x02, signal_flag::CONTINUED),
    (0x10, signal_flag::TELL_STOPPED),
    (0x20, signal_flag::TELL_CONTINUED),
];

/// The job-control state of a process: bits of [`signal_flag`].
pub(crate) fn job_control(task: &Task) -> u32 {
    let flags = fields::group_flags(task);
    let set = JOB_CONTROL.iter().filter(|(kernel, _)| flags & kernel != 0);
    set.fold(0, |set, (_, image)| set | image)
}

/// Sets that of the caller's process, without telling its parent. `unreported`: the signal of which
/// the parent may still learn by wait(2), or 0. Each thread of a stopped process then has to
/// [`stop_here`].
///
/// # Errors
///
/// `EINTR` when the process is being killed: its status is that of its killer.
pub(crate) fn set_job_control(flags: u32, unreported: u32) -> Result {
    let mask = JOB_CONTROL
        .iter()
        .fold(0, |mask, (kernel, _)| mask | kernel);
    let set = JOB_CONTROL.iter().filter(|(_, image)| flags & image != 0);
    let set = set.fold(0, |set, (kernel, _)| set | kernel);
    let me = Task::current();
    let guard = Sighand::lock(&me)?;
    guard.check_alive()?;
    // SAFETY: The lock is held and the fields are those of the caller's process.
    unsafe {
        let group = (*me.raw()).signal;
        (*group).flags = ((*group).flags & !mask) | set;
        (*group).group_exit_code = unreported as i32;
        (*group).group_stop_count = 0;
    }
    Ok(())
}

/// Makes the caller stop on its way to user mode.
///
/// # Errors
///
/// `EINTR` when it is being killed.
pub(crate) fn stop_here(signal: u32) -> Result {
    const STOP_PENDING: usize = 1 << 17;
    const SIGNAL_MASK: usize = 0xffff;
    let me = Task::current();
    let guard = Sighand::lock(&me)?;
    guard.check_alive()?;
    // SAFETY: The lock is held and the field is the caller's.
    unsafe {
        let task = me.raw();
        (*task).jobctl = ((*task).jobctl & !SIGNAL_MASK) | signal as usize | STOP_PENDING;
        bindings::ckpt_set_sigpending();
    }
    Ok(())
}

/// The number that the next POSIX timer of a process gets, and whether it chooses the numbers itself.
pub(crate) fn timer_ids(task: &Task) -> (u32, bool) {
    let mut chosen = false;
    // SAFETY: The task is valid.
    let next = unsafe { bindings::ckpt_timer_ids(task.raw(), &mut chosen) };
    (next, chosen)
}

/// Sets both for the caller's process.
pub(crate) fn set_timer_ids(next: u32, chosen: bool) {
    // SAFETY: No other thread of the process runs while it is restored.
    unsafe { bindings::ckpt_set_timer_ids(next, chosen) };
}

/// Nice value of the scheduling group that the session of a process has (sched(7), autogroup).
///
/// # Errors
///
/// `ESRCH` when the task has been reaped meanwhile.
pub(crate) fn autogroup_nice(task: &Task) -> Result<i32> {
    let _guard = Sighand::lock(task)?;
    // SAFETY: The lock is held: the process has a signal structure and keeps its group, which has a nice
    // value that is read once.
    unsafe {
        let group = (*(*task.raw()).signal).autogroup.cast::<btf::autogroup>();
        Ok(core::ptr::addr_of!((*group).nice).read_volatile())
    }
}
