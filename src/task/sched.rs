// SPDX-License-Identifier: GPL-2.0-only

//! SCHED: policy, priorities, affinity.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        sched_flag,
        Sched, //
    },
    Problem, //
};

use crate::{
    checkpoint,
    parts::Part,
    restart::{
        self,
        Outcome, //
    },
    sys::{
        sched::{
            self,
            Params, //
        },
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "scheduling",
    checkpoint,
    restart,
};

/// Policies that can be restored: SCHED_NORMAL, FIFO, RR, BATCH, IDLE.
const POLICIES: [u32; 5] = [0, 1, 2, 3, 5];

fn checkpoint(context: &mut checkpoint::Context<'_>, task: &Task) -> Result {
    let params = sched::params(task);
    let affinity = sched::affinity(task)?;
    context.out.record(&Sched {
        policy: params.policy,
        nice: params.nice,
        rt_priority: params.rt_priority,
        flags: if params.reset_on_fork {
            sched_flag::RESET_ON_FORK
        } else {
            0
        },
        slice: params.slice,
        dl_runtime: 0,
        dl_deadline: 0,
        dl_period: 0,
        ioprio: params.ioprio,
        affinity_len: affinity.len() as u32,
        reserved: 0,
    })?;
    if !affinity.is_empty() {
        context.out.buffer(&affinity)?;
    }
    Ok(())
}

fn restart(context: &mut restart::Context<'_>) -> Outcome {
    let saved: Sched = context.reader.record()?;
    if !POLICIES.contains(&saved.policy)
        || !(-20..=19).contains(&saved.nice)
        || saved.rt_priority > 99
        || saved.flags & !sched_flag::ALL != 0
    {
        return Err(context.malformed(Problem::Value("scheduling parameters out of range")));
    }
    if saved.affinity_len > limits::CPUMASK {
        return Err(context.malformed(Problem::Count(saved.affinity_len)));
    }
    let params = Params {
        policy: saved.policy,
        nice: saved.nice,
        rt_priority: saved.rt_priority,
        reset_on_fork: saved.flags & sched_flag::RESET_ON_FORK != 0,
        slice: saved.slice,
        ioprio: saved.ioprio,
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
        let mut mask = KVec::from_elem(0u8, saved.affinity_len as usize, GFP_KERNEL)?;
        context.reader.buffer(&mut mask)?;
        sched::set_affinity(&mask)
            .map_err(|error| context.fail(error, fmt!("processor affinity cannot be set")))?;
    }
    Ok(())
}
