// SPDX-License-Identifier: GPL-2.0-only

//! What a restored task sets when the whole restart has succeeded, on its way back to user mode.

use kernel::prelude::*;

use ckpt_image::record::{
    signal_task_flag,
    task_state,
    RestartBlock,
    Signal,
    SignalTask,
    Task as TaskRecord, //
};

use crate::{
    arch,
    states::States,
    steps::Steps,
    sys::{
        file::File,
        me, restart_block,
        signal::{
            self,
            Queue, //
        },
    },
    task::{
        cpu::Registers,
        cred, identity,
        pending::{
            OfGroup,
            OfTask,
            Pending, //
        },
    }, //
};

/// What is set when the whole restart has succeeded, on the way back to user mode.
pub(crate) struct Leave {
    /// What the task is by itself.
    task: Option<TaskRecord>,
    registers: Option<Registers>,
    cred: Option<cred::Own>,
    /// Its interrupted system call.
    restart_block: Option<RestartBlock>,
    /// Timers and stop state of its group.
    group: Option<Signal>,
    group_pending: Option<OfGroup>,
    /// Its masks.
    signals: Option<SignalTask>,
    task_pending: Option<OfTask>,
    start: Steps,
}

/// What a task sets when all tasks may go.
pub(crate) struct Go {
    ties: identity::Ties,
    signals: SignalTask,
    restart_block: Option<RestartBlock>,
    group: Option<Signal>,
    start: Steps,
    stops: bool,
}

impl Leave {
    /// What the parts of a task have kept of it, and put off.
    pub(crate) fn of(mut kept: States, start: Steps) -> Self {
        Leave {
            task: kept.take(),
            registers: kept.take(),
            cred: kept.take(),
            restart_block: kept.take(),
            group: kept.take(),
            group_pending: kept.take(),
            signals: kept.take(),
            task_pending: kept.take(),
            start,
        }
    }

    /// The status of a task that is to become a zombie, and the signal that its parent would get.
    pub(crate) fn dead(&self) -> Option<(i32, i32)> {
        let task = self.task.as_ref()?;
        (task.state == task_state::ZOMBIE).then_some((task.exit_code, task.exit_signal))
    }

    /// Sets everything that can fail. The caller goes on in the saved context when its system call,
    /// which came through `device`, returns. After an error there is no context to go on in.
    pub(crate) fn settle(self, device: &File) -> Result<Go> {
        let late = arch::regs::LateResult::new(device.clone())?;
        let (Some(task), Some(registers), Some(signals)) =
            (self.task, self.registers, self.signals)
        else {
            return Err(EINVAL);
        };
        if let Some(cred) = self.cred {
            cred.settle()?;
        }
        if let Some(OfGroup(pending)) = self.group_pending {
            refill(Queue::Group, Some(pending))?;
        }
        refill(
            Queue::Task,
            self.task_pending.map(|OfTask(pending)| pending),
        )?;
        let stops = task.state == task_state::STOPPED && signals.stop_signal != 0;
        let ties = identity::settle(task, registers.was_in_user_mode())?;
        me::await_mm_cid();
        registers.set_state()?;
        registers.enter(late)?;
        Ok(Go {
            ties,
            signals,
            restart_block: self.restart_block,
            group: self.group,
            start: self.start,
            stops,
        })
    }
}

/// Puts the saved signals in place of those that the restart has caused.
fn refill(queue: Queue, pending: Option<Pending>) -> Result {
    signal::flush_pending(queue)?;
    pending.map_or(Ok(()), |pending| pending.queue(queue))
}

impl Go {
    /// Whether the task has something to [`Go::start`] before any task may go: it acts for a process of
    /// several threads, depends on the state of all tasks, or sets a stop that other tasks may want to end.
    pub(crate) fn must_start(&self, has_threads: bool) -> bool {
        let job_control = |group: &Signal| group.flags & Signal::JOB_CONTROL != 0;
        self.stops
            || !self.start.is_empty()
            || self
                .group
                .as_ref()
                .is_some_and(|group| has_threads || job_control(group))
    }

    /// Timers of the process run, and that it is stopped counts, from now on. A stopped job of which
    /// others learn before the dead have left might get a signal when they do.
    ///
    /// # Errors
    ///
    /// Those of lseek(2) and open(2).
    pub(crate) fn start(&mut self) -> Result {
        self.start.take()?;
        if let Some(group) = self.group.take() {
            signal::set_timers(&group.timer_remaining, &group.timer_interval)?;
            signal::set_job_control(group.flags, group.stop_signal)?;
        }
        if self.stops {
            self.stops = false;
            signal::stop_here(self.signals.stop_signal)?;
        }
        Ok(())
    }

    /// The very last: signals get through again.
    pub(crate) fn go(mut self) -> Result {
        self.start()?;
        if let Some(block) = &self.restart_block {
            restart_block::set(block);
        }
        let restore = self.signals.flags & signal_task_flag::RESTORE_MASK != 0;
        self.ties.set();
        signal::set_blocked(self.signals.blocked);
        signal::set_saved_mask(self.signals.saved, restore);
        me::set_sigpending();
        Ok(())
    }
}
