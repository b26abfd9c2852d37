// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: finding them, what they are made of, whether they stand still.

pub(crate) mod cred;
pub(in crate::sys) mod fields;
pub(crate) mod freezer;
pub(crate) mod limits;
pub(crate) mod me;
pub(crate) mod pid;
mod reference;
pub(crate) mod restart_block;
pub(crate) mod sched;
pub(crate) mod seccomp;
pub(crate) mod signal;
pub(crate) mod timer;
pub(crate) mod tracer;
pub(crate) mod tree;
mod unsupported;

use kernel::time::{delay::fsleep, Delta};

use crate::sys::{
    self,
    bindings, //
};

pub(crate) use reference::Task;

/// What changes whenever a task runs, even if it is frozen again afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunStamp {
    switches: u64,
    runtime: u64,
    freeze_seq: u64,
    frozen_nsec: u64,
}

impl RunStamp {
    /// Whether the task has not been on a processor in between.
    pub(crate) fn same_run(&self, other: &RunStamp) -> bool {
        (self.switches, self.runtime) == (other.switches, other.runtime)
    }

    /// What it was of a task, for [`super::signal::send_if_still`].
    pub(crate) fn of(&self, task: &Task) -> bindings::ckpt_still {
        bindings::ckpt_still {
            task: task.as_ptr(),
            switches: self.switches,
            runtime: self.runtime,
        }
    }

    /// Whether no freezer has thawed or frozen in between.
    pub(crate) fn same_freeze(&self, other: &RunStamp) -> bool {
        (self.freeze_seq, self.frozen_nsec) == (other.freeze_seq, other.frozen_nsec)
    }
}

/// How many milliseconds a frozen task that a signal has woken, or a task that is about to stop, may
/// take to sleep: it may have to wait for a processor.
pub(in crate::sys) const TRIES: u32 = 1000;

/// Why a task stands still, or why it does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stillness {
    /// Frozen by the cgroup v2 freezer, out of every system call.
    Frozen,
    /// Stopped by job control.
    Stopped,
    /// Running or asleep.
    Running,
    /// Frozen in the middle of a system call: a vfork(2) whose child has not called exec yet, or
    /// the v1 freezer.
    InSystemCall,
    /// Under a tracer.
    Traced,
    /// Exiting or dumping core.
    Exiting,
    /// Dead, not yet waited for.
    Zombie,
    /// Dead and waited for, or a task that needs no wait.
    Released,
}

/// The restartable sequence area of a task.
#[derive(Clone, Copy)]
pub(crate) struct Rseq {
    /// Address of the area; 0 for none.
    pub(crate) address: u64,
    /// Registered length in bytes.
    pub(crate) len: u32,
    /// Signature.
    pub(crate) sig: u32,
    /// 1 or 2.
    pub(crate) version: u32,
}

/// Addresses of the structures that a task may share with others. It has let go of what is `None`, or
/// is about to: it is dead, or was killed while it was looked at.
pub(crate) struct Keys {
    /// Descriptor table.
    pub(crate) files: Option<usize>,
    /// Address space.
    pub(crate) mm: Option<usize>,
    /// Root and working directory.
    pub(crate) fs: Option<usize>,
    /// Signal handlers.
    pub(crate) sighand: Option<usize>,
    /// What the thread group shares.
    pub(crate) signal: Option<usize>,
}

impl Task {
    /// The task with this number in the caller's pid namespace.
    pub(crate) fn find(pid: i32) -> Option<Self> {
        // SAFETY: Looks a number up and takes a reference to what it finds.
        let found = unsafe { bindings::find_get_pid(pid) };
        // SAFETY: NULL or a valid pid; the result is NULL or carries a reference.
        let task = unsafe { bindings::get_pid_task(found, bindings::pid_type_PIDTYPE_PID) };
        // SAFETY: Gives the reference of `find_get_pid()` back; NULL is fine.
        unsafe { bindings::put_pid(found) };
        // SAFETY: `get_pid_task()` took the reference, or gave NULL.
        unsafe { Self::from_owned(task) }
    }

    /// Addresses that stand for what the task may share with others.
    pub(crate) fn keys(&self) -> Keys {
        Keys {
            files: fields::files(self),
            mm: fields::mm(self),
            fs: fields::fs(self),
            sighand: fields::sighand(self),
            signal: fields::signal(self),
        }
    }

    /// Whether this is the caller.
    pub(crate) fn is_current(&self) -> bool {
        self.as_ptr() == kernel::current!().as_ptr()
    }

    /// Whether it is the caller or another thread of the caller's process.
    pub(crate) fn is_of_caller(&self) -> bool {
        fields::group_leader(self) == fields::group_leader(&Task::current())
    }

    fn number(&self, kind: bindings::pid_type) -> i32 {
        // SAFETY: The task is valid; a NULL namespace is that of the caller.
        unsafe { bindings::__task_pid_nr_ns(self.as_ptr(), kind, core::ptr::null_mut()) }
    }

    /// Thread id in the caller's pid namespace.
    pub(crate) fn pid(&self) -> i32 {
        self.number(bindings::pid_type_PIDTYPE_PID)
    }

    /// Thread-group id in the caller's pid namespace.
    pub(crate) fn tgid(&self) -> i32 {
        self.number(bindings::pid_type_PIDTYPE_TGID)
    }

    /// The parent; `None` when the task has been released.
    pub(crate) fn parent(&self) -> Option<Task> {
        Tasklist::lock().parent(self)
    }

    /// Whether it traces another task.
    pub(crate) fn is_tracer(&self) -> bool {
        let _guard = Tasklist::lock();
        // SAFETY: The tasklist lock is held.
        unsafe { bindings::ckpt_is_tracer(self.as_ptr()) }
    }

    /// Number of threads in its group, the leader included.
    pub(crate) fn nr_threads(&self) -> u32 {
        fields::nr_threads(self) as u32
    }

    /// Whether it is the leader of its thread group.
    pub(crate) fn is_leader(&self) -> bool {
        fields::group_leader(self) == Some(self.key())
    }

    /// Its name, NUL-padded, and the name's length.
    pub(crate) fn name_bytes(&self) -> ([u8; 16], usize) {
        let name = fields::comm(self);
        let len = name.iter().position(|byte| *byte == 0).unwrap_or(15);
        (name, len)
    }

    /// A kernel thread, or a user-mode helper of the kernel.
    pub(crate) fn is_kernel(&self) -> bool {
        fields::flags(self) & (bindings::PF_KTHREAD | bindings::PF_USER_WORKER) != 0
    }

    /// Its PF_* flags.
    pub(crate) fn flags(&self) -> u32 {
        fields::flags(self)
    }

    /// Whether the caller may attach to it: `PTRACE_MODE_ATTACH_REALCREDS` of ptrace(2).
    pub(crate) fn may_attach(&self) -> bool {
        const ATTACH_REALCREDS: u32 = 0x02 | 0x10;
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_sym_ptrace_may_access(self.as_ptr(), ATTACH_REALCREDS) }
    }

    /// Whether the caller may look into it: `PTRACE_MODE_READ_REALCREDS` of ptrace(2). A no is not audited: it
    /// is about what is told, and of tasks that the caller has not named.
    pub(crate) fn may_be_read(&self) -> bool {
        const READ_REALCREDS: u32 = 0x01 | 0x10;
        const NOAUDIT: u32 = 0x04;
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_sym_ptrace_may_access(self.as_ptr(), READ_REALCREDS | NOAUDIT) }
    }

    /// Whether it is the init of its pid namespace; `None` when it has been reaped.
    pub(crate) fn is_container_init(&self) -> Option<bool> {
        // SAFETY: The task is valid.
        let init = unsafe { bindings::ckpt_is_pid_ns_init(self.as_ptr()) };
        (init >= 0).then_some(init > 0)
    }

    fn state(&self) -> bindings::ckpt_task_state {
        let mut state = bindings::ckpt_task_state::default();
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_task_state(self.as_ptr(), &mut state) };
        state
    }

    /// Whether it is dead or about to die.
    pub(crate) fn is_gone(&self) -> bool {
        let state = self.state();
        state.exit_state != 0 || state.flags & bindings::PF_EXITING != 0
    }

    /// Whether another task traces it.
    pub(crate) fn is_traced(&self) -> bool {
        self.state().ptrace != 0
    }

    /// Whether and why it stands still, and is off its processor.
    ///
    /// A signal wakes a frozen task, which then goes back to sleep, and a parent is told of a stop
    /// before it is complete: both are waited for.
    ///
    /// # Errors
    ///
    /// `EINTR` when a signal comes while that is waited for.
    pub(crate) fn stillness(&self) -> kernel::error::Result<Stillness> {
        for _ in 0..TRIES {
            if let Some(stillness) = self.look() {
                return Ok(stillness);
            }
            sys::check_signal()?;
            fsleep(Delta::from_millis(1));
        }
        Ok(Stillness::Running)
    }

    /// Whether it has come to rest since it was asked to freeze: frozen, stopped, traced, or on its way out.
    pub(crate) fn is_settled(&self) -> bool {
        self.look()
            .is_some_and(|stillness| stillness != Stillness::Running)
    }

    /// Whether it is between running and being a zombie, or gone.
    pub(crate) fn is_leaving(&self) -> bool {
        match self.look() {
            Some(Stillness::Exiting | Stillness::Released) => true,
            Some(Stillness::Zombie) => !self.is_leader(),
            _ => false,
        }
    }

    /// Waits until a task that is to exit does so, and will not be in user mode any more.
    ///
    /// # Errors
    ///
    /// `EINTR`.
    pub(crate) fn exits_soon(&self) -> kernel::error::Result<bool> {
        for _ in 0..TRIES {
            if self.is_gone() {
                return Ok(true);
            }
            sys::check_signal()?;
            fsleep(Delta::from_millis(1));
        }
        Ok(false)
    }

    /// One look; `None` when it is awake inside of the freezer, or on its way to sleep in a stop that
    /// its parent has been told of.
    fn look(&self) -> Option<Stillness> {
        const FREEZE_TRAP: u64 = 1 << 23;
        const STOPPED: u64 = 1 << 26;
        const FREEZER: u32 = bindings::TASK_INTERRUPTIBLE | bindings::TASK_FREEZABLE;

        let state = self.state();
        if state.exit_state & bindings::EXIT_DEAD != 0 {
            return Some(Stillness::Released);
        }
        if state.exit_state != 0 {
            return Some(Stillness::Zombie);
        }
        if state.flags & bindings::PF_EXITING != 0 || state.in_group_exit {
            return Some(Stillness::Exiting);
        }
        if state.ptrace != 0 {
            return Some(Stillness::Traced);
        }
        if !state.frozen {
            if state.jobctl & STOPPED != 0 {
                return None;
            }
            return Some(if state.state & bindings::TASK_FROZEN != 0 {
                Stillness::InSystemCall
            } else {
                Stillness::Running
            });
        }
        let still = if state.jobctl & STOPPED != 0 {
            Stillness::Stopped
        } else if state.jobctl & FREEZE_TRAP != 0 && state.state == FREEZER {
            Stillness::Frozen
        } else if state.jobctl & FREEZE_TRAP != 0 && state.state & bindings::TASK_FROZEN != 0 {
            // The whole system is being suspended as well.
            Stillness::Frozen
        } else if state.jobctl & FREEZE_TRAP != 0
            && matches!(state.state, bindings::TASK_RUNNING | bindings::TASK_WAKING)
        {
            return None;
        } else {
            return Some(Stillness::InSystemCall);
        };
        const ANY: u32 =
            bindings::TASK_INTERRUPTIBLE | bindings::__TASK_STOPPED | bindings::TASK_FROZEN;
        // SAFETY: The task is valid.
        if unsafe { bindings::ckpt_sym_wait_task_inactive(self.as_ptr(), ANY) } == 0 {
            return None;
        }
        Some(still)
    }

    /// Whether it is asked to freeze, by itself or with its cgroup.
    pub(crate) fn is_freezing(&self) -> bool {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_is_freezing(self.as_ptr()) }
    }

    /// What will have changed when the task has run.
    pub(crate) fn run_stamp(&self) -> RunStamp {
        let mut raw = bindings::ckpt_run_stamp::default();
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_run_stamp(self.as_ptr(), &mut raw) };
        RunStamp {
            switches: raw.switches,
            runtime: raw.runtime,
            freeze_seq: raw.freeze_seq,
            frozen_nsec: raw.frozen_nsec,
        }
    }

    /// The name of the first namespace, but for those of pids and clocks, that it does not share
    /// with the caller.
    pub(crate) fn foreign_namespace(&self) -> Option<&'static str> {
        // SAFETY: The task is valid and, standing still, keeps its namespaces.
        match unsafe { bindings::ckpt_foreign_namespace(self.as_ptr()) } {
            bindings::ckpt_namespace_CKPT_NS_NONE => None,
            bindings::ckpt_namespace_CKPT_NS_MNT => Some("mount"),
            bindings::ckpt_namespace_CKPT_NS_UTS => Some("UTS"),
            bindings::ckpt_namespace_CKPT_NS_IPC => Some("IPC"),
            bindings::ckpt_namespace_CKPT_NS_NET => Some("network"),
            bindings::ckpt_namespace_CKPT_NS_CGROUP => Some("cgroup"),
            _ => Some("user"),
        }
    }

    /// Dumpable flag, as PR_GET_DUMPABLE tells it.
    pub(crate) fn dumpable(&self) -> u32 {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_sym_task_exec_state_get_dumpable(self.as_ptr()) as u32 }
    }

    /// An address that stands for the address space of its process; 0 when all of it is dead.
    pub(crate) fn group_mm(&self) -> usize {
        // SAFETY: The task is valid; the address is only compared.
        unsafe { bindings::ckpt_group_mm(self.as_ptr()) as usize }
    }

    /// The leader of its thread group.
    pub(crate) fn leader(&self) -> Option<Task> {
        Tasklist::lock().leader(self)
    }

    /// Whether it has exited. Its process may live on if it led one of several threads.
    pub(crate) fn is_dead(&self) -> bool {
        self.state().exit_state != 0
    }

    /// How many tasks use its descriptor table.
    pub(crate) fn files_users(&self) -> u32 {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_files_users(self.as_ptr()) }
    }

    /// How many tasks use its root and working directory.
    pub(crate) fn fs_users(&self) -> u32 {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_fs_users(self.as_ptr()) }
    }

    /// How many tasks use its signal handlers.
    pub(crate) fn sighand_users(&self) -> u32 {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_sighand_users(self.as_ptr()) }
    }

    /// Its restartable sequence area.
    pub(crate) fn rseq(&self) -> Rseq {
        Rseq {
            address: fields::rseq(self),
            len: fields::rseq_len(self),
            sig: fields::rseq_sig(self),
            // SAFETY: The task is valid.
            version: unsafe { bindings::ckpt_rseq_version(self.as_ptr()) },
        }
    }

    /// Head of its list of robust futexes.
    pub(crate) fn robust_list(&self) -> u64 {
        fields::robust_list(self)
    }

    /// Address that set_tid_address(2) named.
    pub(crate) fn clear_child_tid(&self) -> u64 {
        fields::clear_child_tid(self)
    }

    /// Address that clone(2) was told to write the tid to.
    pub(crate) fn set_child_tid(&self) -> u64 {
        fields::set_child_tid(self)
    }

    /// Alternate signal stack: address, size, flags.
    pub(crate) fn altstack(&self) -> (u64, u64, u32) {
        (
            fields::altstack(self) as u64,
            fields::altstack_size(self) as u64,
            fields::altstack_flags(self),
        )
    }

    /// Execution domain and flags.
    pub(crate) fn personality(&self) -> u32 {
        fields::personality(self)
    }

    /// PFA_* bits, one for each number.
    pub(crate) fn atomic_flags(&self) -> u64 {
        fields::atomic_flags(self) as u64
    }

    /// Whether execve(2) gives it no privileges (PR_SET_NO_NEW_PRIVS).
    pub(crate) fn has_no_new_privs(&self) -> bool {
        const PFA_NO_NEW_PRIVS: u64 = 1 << 0;
        self.atomic_flags() & PFA_NO_NEW_PRIVS != 0
    }

    /// Signal at the parent's death.
    pub(crate) fn pdeath_signal(&self) -> i32 {
        fields::pdeath_signal(self)
    }

    /// Signal that the parent gets.
    pub(crate) fn exit_signal(&self) -> i32 {
        fields::exit_signal(self)
    }

    /// Timer slack and its default, in nanoseconds.
    pub(crate) fn timer_slack(&self) -> (u64, u64) {
        (fields::timer_slack(self), fields::default_timer_slack(self))
    }

    /// CPU time used in user mode and in the kernel, in nanoseconds.
    pub(crate) fn cpu_time(&self) -> (u64, u64) {
        let (mut user, mut system) = (0, 0);
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_cputime(self.as_ptr(), &mut user, &mut system) };
        (user, system)
    }

    /// Time of its start on CLOCK_BOOTTIME, in nanoseconds.
    pub(crate) fn start_time(&self) -> u64 {
        fields::start_time(self)
    }

    /// Adjustment of the out-of-memory score.
    pub(crate) fn oom_score_adj(&self) -> i32 {
        i32::from(fields::oom_score_adj(self))
    }

    /// The least that it may set that to without a privilege.
    pub(crate) fn oom_score_adj_min(&self) -> i32 {
        i32::from(fields::oom_score_adj_min(self))
    }

    /// Whether reading the time-stamp counter is a fault.
    pub(crate) fn has_tsc_fault(&self) -> bool {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_has_tsc_fault(self.as_ptr()) }
    }

    /// Whether the data cache is flushed when it leaves the processor.
    pub(crate) fn has_l1d_flush(&self) -> bool {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_has_l1d_flush(self.as_ptr()) }
    }

    /// The kernel's record of an interrupted system call.
    pub(crate) fn restart_block(&self) -> bindings::restart_block {
        fields::restart_block(self)
    }

    /// Whether it is a 32-bit program, or within 32-bit code.
    pub(crate) fn is_compat(&self) -> bool {
        // SAFETY: The task is valid.
        unsafe { bindings::ckpt_is_compat(self.as_ptr()) }
    }

    /// Whether seccomp confines it.
    pub(crate) fn has_seccomp(&self) -> bool {
        fields::seccomp_mode(self) != 0
    }

    /// Kills it.
    pub(crate) fn kill(&self) {
        // SAFETY: The task is valid; the signal comes from the kernel.
        unsafe { bindings::send_sig(bindings::SIGKILL as i32, self.as_ptr(), 1) };
    }
}

/// Children and threads stand still while this exists.
struct Tasklist(kernel::types::NotThreadSafe);

impl Tasklist {
    fn lock() -> Self {
        // SAFETY: A read lock that is dropped before anything can sleep.
        unsafe { bindings::ckpt_read_lock_tasklist() };
        Tasklist(kernel::types::NotThreadSafe)
    }

    /// The parent of a task; `None` when the task has been reaped.
    fn parent(&self, task: &Task) -> Option<Task> {
        fields::thread_pid(task)?;
        // SAFETY: The lock keeps the parent of a task that has not been reaped from being reaped; a
        // reference is taken before it is dropped.
        unsafe { Task::from_borrowed((*task.as_ptr()).real_parent) }
    }

    /// The leader of a task's thread group; `None` when the task has been reaped.
    fn leader(&self, task: &Task) -> Option<Task> {
        fields::thread_pid(task)?;
        // SAFETY: As above: the leader is reaped last.
        unsafe { Task::from_borrowed((*task.as_ptr()).group_leader) }
    }
}

impl Drop for Tasklist {
    fn drop(&mut self) {
        // SAFETY: It was taken by `lock()` on this thread.
        unsafe { bindings::ckpt_read_unlock_tasklist() };
    }
}
