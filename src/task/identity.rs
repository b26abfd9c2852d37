// SPDX-License-Identifier: GPL-2.0-only

//! TASK: the attributes of a task that no other task shares.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        task_flag,
        task_state, //
    },
    Problem, //
};

use zerocopy::FromZeros;

use super::controls;
use crate::{
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        bindings,
        me,
        pid,
        task::{
            Rseq,
            Task, //
        },
        tree, //
    },
};

pub(crate) const PART: Part = Part {
    name: "the task itself",
    outlives: true,
    checkpoint,
    restart,
    all_saved: None,
};

/// PFA_* bits (include/linux/sched.h) and their bits in the image.
const ATOMIC_FLAGS: &[(u32, u32)] = &[
    (0, task_flag::NO_NEW_PRIVS),
    (1, task_flag::SPREAD_PAGE),
    (2, task_flag::SPREAD_SLAB),
    (3, task_flag::SPEC_SSB_DISABLE),
    (4, task_flag::SPEC_SSB_FORCE_DISABLE),
    (5, task_flag::SPEC_IB_DISABLE),
    (6, task_flag::SPEC_IB_FORCE_DISABLE),
    (7, task_flag::SPEC_SSB_NOEXEC),
];

/// PF_* bits and their bits in the image.
const PROCESS_FLAGS: &[(u32, u32)] = &[
    (bindings::PF_FORKNOEXEC, task_flag::FORKNOEXEC),
    (bindings::PF_SUPERPRIV, task_flag::SUPERPRIV),
    (bindings::PF_MCE_PROCESS, task_flag::MCE_PROCESS),
    (bindings::PF_MCE_EARLY, task_flag::MCE_EARLY),
];

/// Most that an out-of-memory score can be adjusted by, up or down.
const OOM_SCORE_ADJ: core::ops::RangeInclusive<i32> = -1000..=1000;

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let member = context.tree.member(context.place).ok_or(ESRCH)?;
    let mut saved = if member.is_dead() {
        dead(task)
    } else {
        alive(task, context.stop(task)?.is_some())?
    };
    saved.pid = context.tree.ns().number_of(task, pid::Kind::Task);
    context.out.record(&saved)?;
    let (name, len) = task.name_bytes();
    context.out.string(name.get(..len).ok_or(EINVAL)?)
}

fn dead(task: &Task) -> record::Task {
    record::Task {
        state: task_state::ZOMBIE,
        exit_code: tree::exit_code(task),
        exit_signal: task.exit_signal(),
        pdeath_signal: task.pdeath_signal(),
        ..record::Task::new_zeroed()
    }
}

fn alive(task: &Task, stopped: bool) -> Result<record::Task> {
    let (sas_ss_sp, sas_ss_size, sas_ss_flags) = task.altstack();
    let (timer_slack, default_timer_slack) = task.timer_slack();
    let (utime, stime) = task.cpu_time();
    let rseq = task.rseq();
    Ok(record::Task {
        pid: 0,
        reserved: 0,
        state: if stopped {
            task_state::STOPPED
        } else {
            task_state::RUNNING
        },
        flags: flags_of(task),
        exit_code: 0,
        exit_signal: task.exit_signal(),
        pdeath_signal: task.pdeath_signal(),
        personality: task.personality(),
        clear_child_tid: task.clear_child_tid(),
        set_child_tid: task.set_child_tid(),
        sas_ss_sp,
        sas_ss_size,
        sas_ss_flags,
        dumpable: task.dumpable(),
        robust_list: task.robust_list(),
        rseq: rseq.address,
        rseq_len: rseq.len,
        rseq_sig: rseq.sig,
        rseq_version: rseq.version,
        oom_score_adj: task.oom_score_adj(),
        timer_slack,
        default_timer_slack,
        utime,
        stime,
        start_time: task.start_time(),
        oom_score_adj_min: task.oom_score_adj_min(),
        reserved2: 0,
    })
}

fn flags_of(task: &Task) -> u32 {
    let mut flags = controls::flags_of(task);
    for (bit, flag) in ATOMIC_FLAGS {
        if task.atomic_flags() & (1 << bit) != 0 {
            flags |= flag;
        }
    }
    for (bits, flag) in PROCESS_FLAGS {
        if task.flags() & bits != 0 {
            flags |= flag;
        }
    }
    if task.is_leader() && tree::parent_execed(task) {
        flags |= task_flag::PARENT_EXECED;
    }
    flags
}

/// A signal, or 0 for none.
fn is_signal(signal: i32) -> bool {
    (0..=limits::SIGNALS as i32).contains(&signal)
}

/// What is wrong with the record of a dead task. Its status is one that exit(2) gives, or that of a
/// signal and whether a core was dumped.
fn dead_problem(task: &record::Task) -> Option<&'static str> {
    let (status, signal) = (task.exit_code >> 8, task.exit_code & 0x7f);
    if task.state != task_state::ZOMBIE {
        Some("dead task that is not a zombie")
    } else if !(0..0x1_0000).contains(&task.exit_code)
        || (status != 0 && task.exit_code & 0xff != 0)
        || !is_signal(signal)
        || (signal == 0 && task.exit_code & 0x80 != 0)
    {
        Some("exit code out of range")
    } else if !is_signal(task.exit_signal) || !is_signal(task.pdeath_signal) {
        Some("exit or parent-death signal out of range")
    } else {
        None
    }
}

/// What is wrong with the record of a live task.
fn problem(task: &record::Task, leads: bool) -> Option<&'static str> {
    let exit_signal_fits = if leads {
        is_signal(task.exit_signal)
    } else {
        task.exit_signal == -1
    };
    if task.state != task_state::RUNNING && task.state != task_state::STOPPED {
        Some("state of a task that cannot be restored")
    } else if task.flags & !task_flag::ALL != 0 {
        Some("unknown flags of a task")
    } else if task.exit_code != 0 {
        Some("live task with an exit code")
    } else if !exit_signal_fits || !is_signal(task.pdeath_signal) {
        Some("exit or parent-death signal out of range")
    } else if task.dumpable > 2 {
        Some("dumpable flag out of range")
    } else if !OOM_SCORE_ADJ.contains(&task.oom_score_adj)
        || !OOM_SCORE_ADJ.contains(&task.oom_score_adj_min)
    {
        Some("oom_score_adj out of range")
    } else if task.rseq != 0 && !(1..=2).contains(&task.rseq_version) {
        Some("unknown version of rseq")
    } else if task.rseq != 0 && !rseq_fits(task) {
        Some("rseq area is not in user memory")
    } else if task.sas_ss_sp > limits::ADDRESS || task.sas_ss_size > limits::ADDRESS {
        Some("alternate signal stack is not in user memory")
    } else if task.sas_ss_flags & !(1 << 31 | 2 | 1) != 0 {
        Some("unknown flags of the alternate signal stack")
    } else {
        None
    }
}

/// The rules of rseq(2): 32 bytes in version 1, more in version 2, aligned, in user memory.
fn rseq_fits(task: &record::Task) -> bool {
    let len = u64::from(task.rseq_len);
    let version_fits = match task.rseq_version {
        1 => len == 32,
        _ => (33..=4096).contains(&len),
    };
    version_fits && task.rseq % 32 == 0 && task.rseq < limits::ADDRESS - len
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let task: record::Task = context.reader.record()?;
    if context.entry().is_some_and(|entry| entry.pid != task.pid) {
        return Err(context.malformed(Problem::Value("section of another task")));
    }
    let what = if context.is_dead() {
        dead_problem(&task)
    } else {
        problem(&task, context.leads_group())
    };
    if let Some(what) = what {
        return Err(context.malformed(Problem::Value(what)));
    }
    let mut text = [0u8; limits::COMM as usize];
    let mut name = [0u8; limits::COMM as usize + 1];
    let read = context.reader.string(&mut text)?;
    for (to, from) in name.iter_mut().zip(read) {
        *to = *from;
    }
    me::set_name(&name);
    if let (Some(parent), true) = (context.parent(), context.leads_group()) {
        tree::set_exit_signal(&Task::current(), parent, task.exit_signal);
    }
    if context.is_dead() {
        // That of a leader whose threads live on counts for them: they have not to die with the parent
        // because of what the restart has set.
        me::set_pdeath_signal(task.pdeath_signal);
    } else {
        restore_alive(context, &task)?;
    }
    context.keep(task)?;
    Ok(())
}

fn restore_alive(context: &restoring::Context<'_>, task: &record::Task) -> Outcome {
    check_privilege(context, task)?;
    if context.leads_group() && task.flags & task_flag::PARENT_EXECED != 0 {
        tree::set_parent_execed();
    }
    me::set_timer_slack(task.timer_slack, task.default_timer_slack);
    me::set_oom_score_adj(task.oom_score_adj as i16, task.oom_score_adj_min as i16);
    controls::restart(context, task.flags)?;
    me::set_altstack(task.sas_ss_sp, task.sas_ss_size, task.sas_ss_flags);
    let flags = PROCESS_FLAGS
        .iter()
        .filter(|(_, flag)| task.flags & flag != 0)
        .fold(0, |flags, (bits, _)| flags | bits);
    me::set_flags(
        PROCESS_FLAGS.iter().fold(0, |mask, (bits, _)| mask | bits),
        flags,
    );
    Ok(())
}

/// What the ordinary interfaces would not let the caller have.
fn check_privilege(context: &restoring::Context<'_>, task: &record::Task) -> Outcome {
    let least = Task::current().oom_score_adj_min();
    let wanted = task.oom_score_adj.min(task.oom_score_adj_min);
    if wanted < least && !crate::sys::is_capable(bindings::CAP_SYS_RESOURCE) {
        return Err(context.fail(
            EACCES,
            fmt!(
                "lowering oom_score_adj to {}, where {} is the least",
                wanted,
                least
            ),
        ));
    }
    if task.dumpable == SUID_DUMP_ROOT && !crate::sys::is_capable(bindings::CAP_SYS_ADMIN) {
        return Err(context.fail(EPERM, fmt!("dumpable flag 2, which prctl(2) does not set")));
    }
    Ok(())
}

/// Cores are dumped, for root only.
const SUID_DUMP_ROOT: u32 = 2;

/// What of a task refers to user memory.
pub(crate) struct Ties {
    task: record::Task,
    rseq: Option<(Rseq, me::RseqIds)>,
    interrupted: bool,
}

/// Sets what would have been in the way before. `interrupted`: not in a system call.
///
/// # Errors
///
/// `EFAULT` when the area for restartable sequences cannot be read.
pub(crate) fn settle(task: record::Task, interrupted: bool) -> Result<Ties> {
    me::set_personality(task.personality);
    // Credentials are not changed after this, which would reset both. The end of a restart kills
    // its tasks, so none of them has to die with its parent any more.
    me::set_pdeath_signal(task.pdeath_signal);
    me::set_dumpable(task.dumpable);
    let atomic = ATOMIC_FLAGS
        .iter()
        .filter(|(_, flag)| task.flags & flag != 0)
        .fold(0u64, |flags, (bit, _)| flags | 1 << bit);
    me::add_atomic_flags(atomic);
    controls::settle(task.flags);
    let rseq = if task.rseq == 0 {
        None
    } else {
        let rseq = Rseq {
            address: task.rseq,
            len: task.rseq_len,
            sig: task.rseq_sig,
            version: task.rseq_version,
        };
        let ids = me::rseq_ids(&rseq)?;
        Some((rseq, ids))
    };
    Ok(Ties {
        task,
        rseq,
        interrupted,
    })
}

impl Ties {
    /// Sets it. A task that is killed before has nothing of its own to clean up.
    pub(crate) fn set(self) {
        let task = &self.task;
        me::attach_user_memory(task.robust_list, task.clear_child_tid, task.set_child_tid);
        if let Some((rseq, ids)) = &self.rseq {
            me::set_rseq(rseq, ids, self.interrupted);
        }
    }
}
