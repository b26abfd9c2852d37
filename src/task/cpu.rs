// SPDX-License-Identifier: GPL-2.0-only

//! THREAD, CPU and CPU_FPU: registers. They are read early and set last.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        Cpu,
        CpuFpu,
        Thread, //
    },
    Problem, //
};

use crate::{
    arch,
    log::{
        refuse,
        Reason, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "registers",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

/// Registers that wait for the end of the restart.
pub(crate) struct Registers {
    /// General registers.
    pub(crate) cpu: Cpu,
    thread: Thread,
    fpu: CpuFpu,
    area: KVec<u8>,
}

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let life = context.life()?;
    let mut cpu = life.cpu;
    if task.is_current() {
        cpu = arch::regs::returning_zero(&cpu);
    } else if arch::regs::is_inside_syscall(&cpu) {
        return Err(refuse!(
            context.log,
            EBUSY => Reason::Ran,
            Some(task),
            "the task is in the middle of system call {}",
            cpu.orig_ax
        ));
    }
    if arch::regs::wants_restart_block(&cpu) && !super::restart_block::is_known(context, task) {
        cpu = arch::regs::interrupted(&cpu);
    }
    context.out.record(&life.thread)?;
    context.out.record(&cpu)?;
    context.out.record(&life.fpu)?;
    context.out.buffer(&life.area)
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let thread: Thread = context.reader.record()?;
    if let Some(what) = arch::segments::problem(&thread) {
        return Err(context.malformed(Problem::Value(what)));
    }
    let cpu: Cpu = context.reader.record()?;
    if let Some(what) = arch::regs::problem(&cpu) {
        return Err(context.malformed(Problem::Value(what)));
    }
    let fpu: CpuFpu = context.reader.record()?;
    if fpu.size > arch::fpu::area_limit() {
        return Err(context.malformed(Problem::Count(fpu.size)));
    }
    let mut area = sys::zeroed_bytes(fpu.size as usize)?;
    context.reader.buffer(&mut area)?;
    if let Some(what) = arch::fpu::problem(&fpu, &area) {
        return Err(context.malformed(Problem::Value(what)));
    }
    context.keep(Registers {
        cpu,
        thread,
        fpu,
        area,
    })?;
    Ok(())
}

impl Registers {
    /// Sets what can fail. User memory is out of reach afterwards if the task's own protection keys
    /// say so.
    pub(crate) fn set_state(&self) -> Result {
        arch::fpu::set(&self.fpu, &self.area)?;
        arch::segments::set(&self.thread)?;
        arch::fpu::set_pkru(&self.fpu);
        Ok(())
    }

    /// Whether the task had been interrupted in user mode, not in a system call.
    pub(crate) fn was_in_user_mode(&self) -> bool {
        !arch::regs::was_in_syscall(&self.cpu)
    }

    /// Sets the general registers: the way back to user mode leads into the saved context.
    pub(crate) fn enter(&self, late: KBox<arch::regs::LateResult>) -> Result {
        arch::regs::set(&self.cpu, late)
    }
}
