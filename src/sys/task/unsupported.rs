// SPDX-License-Identifier: GPL-2.0-only

//! Looks for state that no image can hold, in a task that is to be saved and in one that is to be restored
//! onto.

use kernel::{
    prelude::*,
    sync::rcu,
    time::{
        delay::fsleep,
        Delta, //
    },
};

use crate::sys::{
    bindings::{
        self,
        btf, //
    },
    fields,
    task::{
        Task,
        TRIES, //
    },
};

impl Task {
    /// Calls back with each thing about it that no image can hold.
    ///
    /// # Errors
    ///
    /// `EBUSY` when it runs; that of `found`.
    pub(crate) fn unsupported(&self, found: impl FnMut(&'static str) -> Result) -> Result {
        self.each_of(|stay| stay != Stay::Told, found)
    }

    /// The first thing about the caller, which is to be restored, that would stay with the restored
    /// program although its image does not tell of it; `None` when there is none.
    ///
    /// # Errors
    ///
    /// No error for the caller, which does not run anywhere else.
    pub(crate) fn left_over(&self) -> Result<Option<&'static str>> {
        let mut first = None;
        let keep = |what| {
            first.get_or_insert(what);
            Ok(())
        };
        self.each_of(|stay| stay != Stay::Harmless, keep)?;
        Ok(first)
    }

    fn each_of(
        &self,
        counts: impl Fn(Stay) -> bool,
        found: impl FnMut(&'static str) -> Result,
    ) -> Result {
        use Stay::*;
        let raw = self.as_ptr();
        let has_sem_undo = self.has_sem_undo()?;
        let mut process_keyring = false;
        // SAFETY: The task is valid, and either the caller or standing still, so that what these
        // look at does not change.
        unsafe {
            let checks: &[(bool, Stay, &'static str)] = &[
                (bindings::ckpt_is_compat(raw), Leaks, "32-bit program"),
                (
                    bindings::ckpt_syscall_dispatch(raw),
                    Leaks,
                    "system call user dispatch",
                ),
                (fields::io_uring(self).is_some(), Leaks, "io_uring"),
                (
                    bindings::ckpt_has_programs_perf_events(raw),
                    Leaks,
                    "perf event of the program (remove_on_exec)",
                ),
                // As over execve(2).
                (bindings::ckpt_has_perf_events(raw), Harmless, "perf event"),
                (
                    bindings::ckpt_has_posix_timers(raw),
                    Told,
                    "POSIX timer (timer_create)",
                ),
                (bindings::ckpt_has_policy(raw), Leaks, "NUMA memory policy"),
                (
                    bindings::ckpt_has_keys(raw, &mut process_keyring),
                    Leaks,
                    "thread or process keyring",
                ),
                (
                    bindings::ckpt_has_io_bitmap(raw),
                    Leaks,
                    "I/O port permission",
                ),
                // It stays over execve(2), too.
                (has_sem_undo, Harmless, "System V semaphore undo list"),
                (bindings::ckpt_has_uprobes(raw), Harmless, "uprobe"),
                (!landlock_domain(raw).is_null(), Harmless, "Landlock domain"),
                (bindings::ckpt_has_shadow_stack(raw), Leaks, "shadow stack"),
                (
                    bindings::ckpt_xstate_permission_needed(raw),
                    Leaks,
                    "AMX state",
                ),
                (
                    bindings::ckpt_has_cpuid_fault(raw),
                    Leaks,
                    "CPUID fault (ARCH_SET_CPUID)",
                ),
            ];
            let present = checks
                .iter()
                .filter(|(present, stay, _)| *present && counts(*stay));
            present.map(|(.., what)| *what).try_for_each(found)
        }
    }

    /// Whether there is something in its list of System V semaphores to undo, or it shares that list
    /// with another process. The threads of one process always have the same list.
    fn has_sem_undo(&self) -> Result<bool> {
        let asleep = Asleep::keep(self)?;
        let task = asleep.task.raw();
        // SAFETY: It has not begun to exit, or is through with its list; what is read are plain
        // values.
        Ok(unsafe {
            let list = (*task).sysvsem.undo_list.cast::<btf::sem_undo_list>();
            list.as_ref().is_some_and(|undo| {
                let head = core::ptr::addr_of!(undo.list_proc);
                !core::ptr::eq(undo.list_proc.next, head)
                    || undo.refcnt.refs.counter > fields::nr_threads(self)
            })
        })
    }
}

/// What becomes of something when another program is restored onto the task that has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// State that the restored program would keep. No image can hold it.
    Leaks,
    /// State that the restored program would keep, besides that of the image, which can hold such state.
    Told,
    /// State that goes with the old program, or only confines or watches the new one. No image can hold it.
    Harmless,
}

/// # Safety
///
/// The task is valid. What is returned may be gone already, and is only to be compared.
unsafe fn landlock_domain(task: *mut bindings::task_struct) -> *const core::ffi::c_void {
    // It may have been thawed: it then changes its credentials while they are looked at.
    let _credentials_stay = rcu::read_lock();
    // SAFETY: The caller's promise; Landlock's part of the blob is where its offset says.
    unsafe {
        let blob = bindings::ckpt_landlock_blob(task).cast::<btf::landlock_cred_security>();
        (*blob).domain.cast_const().cast()
    }
}

/// A task, the caller or one that is not woken up as long as this exists. Interrupts are off: nothing
/// may sleep.
struct Asleep<'a> {
    task: &'a Task,
    flags: usize,
    _not_send: kernel::types::NotThreadSafe,
}

impl<'a> Asleep<'a> {
    /// A signal wakes a frozen task, which then goes back to sleep: that is waited for.
    ///
    /// # Errors
    ///
    /// `EBUSY` when it does not go back.
    fn keep(task: &'a Task) -> Result<Self> {
        let mut flags = 0;
        for _ in 0..TRIES {
            // SAFETY: The task is valid.
            if unsafe { bindings::ckpt_keep_asleep(task.as_ptr(), &mut flags) } {
                return Ok(Asleep {
                    task,
                    flags,
                    _not_send: kernel::types::NotThreadSafe,
                });
            }
            fsleep(Delta::from_millis(1));
        }
        Err(EBUSY)
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        // SAFETY: `ckpt_keep_asleep()` has taken the lock and given the flags.
        unsafe { bindings::ckpt_let_wake(self.task.as_ptr(), self.flags) };
    }
}
