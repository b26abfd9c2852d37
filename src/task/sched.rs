// SPDX-License-Identifier: GPL-2.0-only

//! SCHED: policy, priorities, affinity.

use kernel::prelude::*;

use ckpt_image::{
    record::{
        sched_flag,
        Sched, //
    },
    Problem, //
};

use crate::{
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        sched::{
            self,
            Params, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "scheduling",
    outlives: false,
    checkpoint,
    restart,
    all_saved: None,
};

/// Policies that can be restored: SCHED_NORMAL, FIFO, RR, BATCH, IDLE.
const POLICIES: [u32; 5] = [0, 1, 2, 3, 5];

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let params = sched::params(task);
    let affinity = sched::affinity(task)?;
    let [least, greatest] = params.util;
    context.out.record(&Sched {
        policy: params.policy,
        nice: params.nice,
        rt_priority: params.rt_priority,
        flags: flags_of(&params),
        slice: params.slice,
        dl_runtime: 0,
        dl_deadline: 0,
        dl_period: 0,
        ioprio: params.ioprio,
        affinity_len: affinity.len() as u32,
        util_min: least.unwrap_or(0),
        util_max: greatest.unwrap_or(0),
    })?;
    if !affinity.is_empty() {
        context.out.buffer(&affinity)?;
    }
    Ok(())
}

fn flags_of(params: &Params) -> u32 {
    let [least, greatest] = params.util;
    [
        (params.reset_on_fork, sched_flag::RESET_ON_FORK),
        (least.is_some(), sched_flag::UTIL_MIN),
        (greatest.is_some(), sched_flag::UTIL_MAX),
    ]
    .into_iter()
    .fold(0, |flags, (on, flag)| if on { flags | flag } else { flags })
}

/// All of the processor's capacity (SCHED_CAPACITY_SCALE).
const CAPACITY: u32 = 1024;

/// What was asked for, if it was.
fn asked(saved: &Sched, flag: u32, value: u32) -> Option<u32> {
    (saved.flags & flag != 0).then_some(value)
}

/// Shift of the class in an I/O priority, and the class that needs a privilege
/// (include/uapi/linux/ioprio.h).
const IOPRIO_CLASS_SHIFT: u32 = 13;
const IOPRIO_CLASS_RT: u32 = 1;

/// What ioprio_set(2) takes: no class without a level, or real-time, best-effort, idle.
fn is_ioprio(ioprio: u32) -> bool {
    let class = ioprio >> IOPRIO_CLASS_SHIFT;
    ioprio == 0 || (1..=3).contains(&class)
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    let saved: Sched = context.reader.record()?;
    if !POLICIES.contains(&saved.policy)
        || !(-20..=19).contains(&saved.nice)
        || saved.rt_priority > 99
        || saved.flags & !sched_flag::ALL != 0
        || saved.util_min > CAPACITY
        || saved.util_max > CAPACITY
        || !is_ioprio(saved.ioprio)
    {
        return Err(context.malformed(Problem::Value("scheduling parameters out of range")));
    }
    let real_time_io = saved.ioprio >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_RT;
    if real_time_io && !sys::is_capable(sys::CAP_SYS_NICE) {
        return Err(context.fail(EPERM, fmt!("real-time I/O priority needs CAP_SYS_NICE")));
    }
    let params = Params {
        policy: saved.policy,
        nice: saved.nice,
        rt_priority: saved.rt_priority,
        reset_on_fork: saved.flags & sched_flag::RESET_ON_FORK != 0,
        slice: saved.slice,
        ioprio: saved.ioprio,
        util: [
            asked(&saved, sched_flag::UTIL_MIN, saved.util_min),
            asked(&saved, sched_flag::UTIL_MAX, saved.util_max),
        ],
    };
    if params != sched::params(&Task::current()) {
        sched::set_params(&params).map_err(|error| {
            context.fail(
                error,
                fmt!(
                    "scheduling policy {} nice {} priority {} cannot be set",
                    params.policy,
                    params.nice,
                    params.rt_priority
                ),
            )
        })?;
    }
    if saved.affinity_len != 0 {
        let mut mask = sys::zeroed_bytes(saved.affinity_len as usize)?;
        context.reader.buffer(&mut mask)?;
        sched::set_affinity(&mask)
            .map_err(|error| context.fail(error, fmt!("processor affinity cannot be set")))?;
    }
    Ok(())
}
