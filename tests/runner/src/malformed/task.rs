// SPDX-License-Identifier: GPL-2.0-only

//! Tasks, signals and timers that cannot be.

use std::mem::offset_of;

use ckpt_image::{
    record::{
        sched_flag,
        signal_flag,
        signal_task_flag,
        task_flag,
        timer_flag,
        timer_notify,
        Cred,
        Sched,
        SigInfo,
        SigPending,
        Sighand,
        Signal,
        SignalTask,
        Task,
        Timer, //
    },
    Kind, //
};

use super::row::{
    fields, parts, payload_where, position, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

const KERNEL: u64 = 0xffff_8880_0000_0000;
const SIGKILL: u64 = 1 << 8;
const SIGSTOP: u64 = 1 << 18;

/// Bytes of an entry of a queue, and of a timer.
const INFO: usize = size_of::<SigInfo>();
const TIMER: usize = size_of::<Timer>();

/// Where the fields of a timer are.
const CLOCK: usize = offset_of!(Timer, clock);
const NOTIFY: usize = offset_of!(Timer, notify);
const SIGNO: usize = offset_of!(Timer, signo);
const INTERVAL: usize = offset_of!(Timer, interval);
const EXPIRES: usize = offset_of!(Timer, expires);
const OVERRUN: usize = offset_of!(Timer, overrun);
const OVERRUN_LAST: usize = offset_of!(Timer, overrun_last);
const FLAGS: usize = offset_of!(Timer, flags);
const TARGET: usize = offset_of!(Timer, target);
const CLOCK_OF: usize = offset_of!(Timer, clock_of);
const RESERVED: usize = offset_of!(Timer, reserved);

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = tasks();
    rows.extend(signals());
    rows.extend(timers());
    rows
}

fn tasks() -> Vec<Row> {
    vec![
        fields::<Task>(
            "task_state",
            Refused,
            &[
                |task| task.state = 2,
                |task| task.state = 7,
                |task| task.state = u32::MAX,
                |task| task.exit_code = 256,
            ],
        ),
        fields::<Task>(
            "task_reserved",
            Refused,
            &[|task| task.reserved = 1, |task| task.reserved2 = 1],
        ),
        // The processor of the lab cannot do it.
        fields::<Task>(
            "data_cache_flush",
            Refused,
            &[|task| task.flags |= task_flag::L1D_FLUSH],
        ),
        // As far as the processor needs it.
        fields::<Task>(
            "speculation",
            Either,
            &[
                |task| task.flags |= task_flag::SPEC_SSB_DISABLE,
                |task| task.flags |= task_flag::SPEC_SSB_FORCE_DISABLE,
                |task| task.flags |= task_flag::SPEC_SSB_NOEXEC,
                |task| task.flags |= task_flag::SPEC_IB_DISABLE,
                |task| task.flags |= task_flag::SPEC_IB_FORCE_DISABLE,
            ],
        ),
        fields::<Task>(
            "controls",
            Either,
            &[
                |task| task.flags |= task_flag::NO_TSC,
                |task| task.flags |= task_flag::MCE_EARLY,
                |task| task.flags |= task_flag::IO_FLUSHER,
            ],
        ),
        fields::<Task>("task_flags", Refused, &[|task| task.flags |= 1 << 31]),
        fields::<Task>(
            "task_signals",
            Refused,
            &[
                |task| task.exit_signal = 65,
                |task| task.exit_signal = -5,
                |task| task.pdeath_signal = 65,
                |task| task.pdeath_signal = -1,
            ],
        ),
        fields::<Task>(
            "task_values",
            Refused,
            &[
                |task| task.dumpable = 7,
                |task| task.oom_score_adj = 1001,
                |task| task.oom_score_adj = i32::MIN,
                |task| task.oom_score_adj_min = 1001,
                |task| task.oom_score_adj_min = i32::MIN,
            ],
        ),
        fields::<Task>(
            "rseq",
            Refused,
            &[
                |task| task.rseq = KERNEL,
                |task| task.rseq |= 1,
                |task| task.rseq_len = 7,
                |task| task.rseq_len = u32::MAX,
                |task| task.rseq_version = 9,
            ],
        ),
        fields::<Task>(
            "task_addresses",
            Either,
            &[
                |task| task.robust_list = KERNEL,
                |task| task.clear_child_tid = KERNEL,
                |task| task.set_child_tid = KERNEL,
                |task| task.sas_ss_sp = KERNEL,
                |task| task.sas_ss_size = u64::MAX,
                |task| task.sas_ss_flags = u32::MAX,
                |task| task.personality = u32::MAX,
                |task| task.timer_slack = u64::MAX,
            ],
        ),
        payload_where::<Task>(
            "task_name",
            Refused,
            |_| true,
            0,
            &[
                |name| name.resize(16, b'x'),
                |name| name.resize(4000, b'x'),
                |name| name.insert(0, 0),
            ],
        ),
        fields::<Sched>(
            "scheduling",
            Refused,
            &[
                |sched| sched.policy = 99,
                |sched| sched.nice = 20,
                |sched| sched.nice = -21,
                |sched| (sched.policy, sched.rt_priority) = (1, 100),
                |sched| (sched.policy, sched.rt_priority) = (1, 0),
                |sched| sched.flags |= 1 << 31,
                |sched| sched.ioprio = u32::MAX,
                |sched| sched.util_min = 1025,
                |sched| sched.util_max = u32::MAX,
                |sched| {
                    sched.flags |= sched_flag::UTIL_MIN | sched_flag::UTIL_MAX;
                    (sched.util_min, sched.util_max) = (2, 1);
                },
            ],
        ),
        // Processors that no machine has.
        parts("affinity", Refused, |good| {
            let Some(at) = position::<Sched>(good, |_| true) else {
                return Vec::new();
            };
            let mut masks = vec![vec![0; 128], vec![0; 1024]];
            masks[0][100] = 1;
            masks
                .into_iter()
                .map(|mask| {
                    let mut parts = good.to_vec();
                    if good[at]
                        .get::<Sched>()
                        .is_some_and(|sched| sched.affinity_len > 0)
                    {
                        parts.remove(at + 1);
                    }
                    parts[at].change::<Sched>(|sched| sched.affinity_len = mask.len() as u32);
                    parts.insert(
                        at + 1,
                        ckpt_image::testing::Part::padded(Kind::BUFFER, &mask),
                    );
                    parts
                })
                .collect()
        }),
        fields::<Cred>(
            "credentials",
            Refused,
            &[
                |cred| cred.uid = u32::MAX,
                |cred| cred.egid = u32::MAX,
                |cred| cred.cap_effective = u64::MAX,
                |cred| cred.securebits = u32::MAX,
            ],
        ),
        fields::<Signal>(
            "group_flags",
            Refused,
            &[
                |signal| signal.flags |= 1 << 31,
                |signal| signal.stop_signal = 65,
                |signal| signal.next_timer = 1 << 31,
                |signal| signal.flags |= signal_flag::TRACER | signal_flag::TRACER_ANY,
                |signal| {
                    signal.flags |= signal_flag::TRACER;
                    signal.tracer = u32::MAX;
                },
            ],
        ),
        fields::<Signal>(
            "timers",
            Either,
            &[
                |signal| signal.timer_remaining = [u64::MAX; 3],
                |signal| signal.timer_interval = [u64::MAX; 3],
                |signal| signal.timer_remaining = [1; 3],
            ],
        ),
        payload_where::<Signal>(
            "limits",
            Refused,
            |_| true,
            0,
            &[
                // The soft limit above the hard one.
                |limits| {
                    put(limits, 7 * 16, 100u64.to_ne_bytes());
                    put(limits, 7 * 16 + 8, 99u64.to_ne_bytes());
                },
                |limits| {
                    put(limits, 0, u64::MAX.to_ne_bytes());
                    put(limits, 8, 5u64.to_ne_bytes());
                },
            ],
        ),
    ]
}

/// One runs, one has expired and its signal is queued, one waits until its signal is not ignored any more, and
/// one runs with the CPU time of a thread, which gets the signal.
fn timers() -> Vec<Row> {
    vec![
        payload_where::<Signal>(
            "posix_timers",
            Refused,
            |signal| signal.nr_timers == 4,
            1,
            &[
                // Ids.
                |timers| put(timers, 0, u32::MAX.to_ne_bytes()),
                |timers| put(timers, 0, (1u32 << 31).to_ne_bytes()),
                |timers| put(timers, TIMER, 0u32.to_ne_bytes()),
                // Clocks that there are not, that no timer can have, and of nobody.
                |timers| put(timers, CLOCK, 77i32.to_ne_bytes()),
                |timers| put(timers, CLOCK, i32::MAX.to_ne_bytes()),
                |timers| put(timers, CLOCK, 4i32.to_ne_bytes()),
                |timers| put(timers, CLOCK, (-5i32).to_ne_bytes()),
                |timers| put(timers, CLOCK, (-1i32).to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + CLOCK_OF, u32::MAX.to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + CLOCK_OF, 1u32.to_ne_bytes()),
                // How it tells, and whom.
                |timers| put(timers, NOTIFY, 3u32.to_ne_bytes()),
                |timers| put(timers, NOTIFY, 5u32.to_ne_bytes()),
                |timers| put(timers, NOTIFY, u32::MAX.to_ne_bytes()),
                |timers| put(timers, SIGNO, 0i32.to_ne_bytes()),
                |timers| put(timers, SIGNO, 65i32.to_ne_bytes()),
                |timers| put(timers, SIGNO, (-1i32).to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + TARGET, u32::MAX.to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + TARGET, 1u32.to_ne_bytes()),
                // Times.
                |timers| put(timers, INTERVAL, u64::MAX.to_ne_bytes()),
                |timers| put(timers, INTERVAL, (1u64 << 63).to_ne_bytes()),
                |timers| put(timers, EXPIRES, 0i64.to_ne_bytes()),
                |timers| put(timers, EXPIRES, (-1i64).to_ne_bytes()),
                |timers| put(timers, EXPIRES, i64::MIN.to_ne_bytes()),
                |timers| put(timers, TIMER + EXPIRES, 0i64.to_ne_bytes()),
                |timers| put(timers, OVERRUN, (-2i64).to_ne_bytes()),
                |timers| put(timers, OVERRUN, i64::MAX.to_ne_bytes()),
                |timers| put(timers, OVERRUN_LAST, (-1i64).to_ne_bytes()),
                |timers| put(timers, OVERRUN_LAST, i64::MAX.to_ne_bytes()),
                // States.
                |timers| put(timers, FLAGS, (1u32 << 31).to_ne_bytes()),
                |timers| {
                    put(
                        timers,
                        FLAGS,
                        (timer_flag::ARMED | timer_flag::QUEUED).to_ne_bytes(),
                    )
                },
                |timers| {
                    put(
                        timers,
                        FLAGS,
                        (timer_flag::QUEUED | timer_flag::IGNORED).to_ne_bytes(),
                    )
                },
                |timers| {
                    put(timers, FLAGS, 0u32.to_ne_bytes());
                    put(timers, INTERVAL, 0u64.to_ne_bytes());
                },
                |timers| {
                    put(timers, 2 * TIMER + INTERVAL, 0u64.to_ne_bytes());
                    put(timers, 2 * TIMER + EXPIRES, 0i64.to_ne_bytes());
                },
                |timers| put(timers, 2 * TIMER + NOTIFY, timer_notify::NONE.to_ne_bytes()),
                |timers| put(timers, TIMER + NOTIFY, timer_notify::NONE.to_ne_bytes()),
                |timers| {
                    let flags = timer_flag::ARMED | timer_flag::TIME_OF_DAY;
                    put(timers, 3 * TIMER + FLAGS, flags.to_ne_bytes());
                },
                // Whose signal stands in the queue of the process.
                |timers| {
                    put(
                        timers,
                        TIMER + NOTIFY,
                        timer_notify::THREAD_ID.to_ne_bytes(),
                    )
                },
                |timers| put(timers, TIMER + SIGNO, 34i32.to_ne_bytes()),
                |timers| put(timers, TIMER + FLAGS, timer_flag::ARMED.to_ne_bytes()),
                |timers| put(timers, TIMER + FLAGS, timer_flag::IGNORED.to_ne_bytes()),
                |timers| put(timers, RESERVED, 1u32.to_ne_bytes()),
            ],
        ),
        payload_where::<Signal>(
            "posix_timer_values",
            Either,
            |signal| signal.nr_timers == 4,
            1,
            &[
                |timers| put(timers, EXPIRES, i64::MAX.to_ne_bytes()),
                |timers| put(timers, EXPIRES, 1i64.to_ne_bytes()),
                |timers| put(timers, INTERVAL, 1u64.to_ne_bytes()),
                |timers| put(timers, INTERVAL, i64::MAX.to_ne_bytes()),
                |timers| {
                    put(timers, TIMER + INTERVAL, 1u64.to_ne_bytes());
                    put(timers, TIMER + EXPIRES, 1i64.to_ne_bytes());
                    put(timers, TIMER + OVERRUN, (1i64 << 60).to_ne_bytes());
                },
                |timers| put(timers, TIMER + EXPIRES, i64::MAX.to_ne_bytes()),
                |timers| put(timers, 2 * TIMER + EXPIRES, i64::MAX.to_ne_bytes()),
                |timers| put(timers, 2 * TIMER + SIGNO, 9i32.to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + EXPIRES, i64::MAX.to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + INTERVAL, i64::MAX.to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + CLOCK, (-6i32).to_ne_bytes()),
                |timers| put(timers, 3 * TIMER + CLOCK, i32::MIN.to_ne_bytes()),
                |timers| {
                    put(timers, FLAGS, timer_flag::IGNORED.to_ne_bytes());
                    put(timers, CLOCK, 9i32.to_ne_bytes());
                },
                |timers| {
                    let flags = timer_flag::ARMED | timer_flag::TIME_OF_DAY;
                    put(timers, FLAGS, flags.to_ne_bytes());
                },
            ],
        ),
    ]
}

fn signals() -> Vec<Row> {
    vec![
        payload_where::<Sighand>(
            "handler_of_no_signal",
            Refused,
            |_| true,
            0,
            &[
                |actions| put(actions, 32, 0u32.to_ne_bytes()),
                |actions| put(actions, 32, 65u32.to_ne_bytes()),
                |actions| put(actions, 32, u32::MAX.to_ne_bytes()),
                // SIGKILL and SIGSTOP have no handlers.
                |actions| put(actions, 32, 9u32.to_ne_bytes()),
                |actions| put(actions, 32, 19u32.to_ne_bytes()),
            ],
        ),
        payload_where::<Sighand>(
            "handler_values",
            Either,
            |_| true,
            0,
            &[
                |actions| put(actions, 0, KERNEL.to_ne_bytes()),
                |actions| put(actions, 8, u64::MAX.to_ne_bytes()),
                |actions| put(actions, 24, u64::MAX.to_ne_bytes()),
            ],
        ),
        payload_where::<SigPending>(
            "queued_signal",
            Refused,
            |queue| queue.nr_entries > 0,
            0,
            &[
                |queue| put(queue, 0, 0i32.to_ne_bytes()),
                |queue| put(queue, 0, 65i32.to_ne_bytes()),
                |queue| put(queue, 0, (-1i32).to_ne_bytes()),
            ],
        ),
        // The fifth is a timer's.
        payload_where::<SigPending>(
            "queued_signal_of_timer",
            Refused,
            |queue| queue.nr_entries > 4,
            0,
            &[
                // Unknown flags, another code, another signal, another timer, one that has not expired.
                |queue| put(queue, 4 * INFO + 48, u32::MAX.to_ne_bytes()),
                |queue| put(queue, 4 * INFO + 8, 0i32.to_ne_bytes()),
                |queue| put(queue, 4 * INFO, 34i32.to_ne_bytes()),
                |queue| put(queue, 4 * INFO + 16, 77u32.to_ne_bytes()),
                |queue| put(queue, 4 * INFO + 16, 0u32.to_ne_bytes()),
                |queue| put(queue, 4 * INFO + 16, u32::MAX.to_ne_bytes()),
                // What is no timer's becomes one.
                |queue| put(queue, 48, 1u32.to_ne_bytes()),
                // It is there twice.
                |queue| queue.copy_within(4 * INFO..5 * INFO, 3 * INFO),
            ],
        ),
        // It waits among those that are ignored.
        payload_where::<SigPending>(
            "queued_signal_without_timer",
            Either,
            |queue| queue.nr_entries > 4,
            0,
            &[|queue| put(queue, 4 * INFO + 48, 0u32.to_ne_bytes())],
        ),
        payload_where::<SigPending>(
            "queued_values",
            Either,
            |queue| queue.nr_entries > 0,
            0,
            &[
                |queue| put(queue, 8, i32::MAX.to_ne_bytes()),
                |queue| put(queue, 8, i32::MIN.to_ne_bytes()),
                |queue| put(queue, 8, 0x80i32.to_ne_bytes()),
                |queue| queue.fill(1),
            ],
        ),
        fields::<SigPending>(
            "pending_without_entry",
            Either,
            &[
                |queue| queue.pending = u64::MAX,
                |queue| queue.pending |= 1 << 8,
                |queue| queue.pending = 0,
            ],
        ),
        // A mask to go back to that has them would keep the task from ever ending.
        fields::<SignalTask>(
            "blocked_signals",
            Refused,
            &[
                |task| task.blocked = u64::MAX,
                |task| task.blocked |= SIGKILL,
                |task| task.blocked |= SIGSTOP,
                |task| task.saved = u64::MAX,
                |task| task.saved |= SIGKILL,
                |task| task.saved |= SIGSTOP,
                |task| {
                    task.saved |= SIGKILL;
                    task.flags |= signal_task_flag::RESTORE_MASK;
                },
            ],
        ),
        fields::<SignalTask>(
            "most_signals_blocked",
            Either,
            &[
                |task| task.blocked = !(SIGKILL | SIGSTOP),
                |task| task.saved = !(SIGKILL | SIGSTOP),
            ],
        ),
        fields::<SignalTask>(
            "stop_signal",
            Refused,
            &[|task| task.flags |= 1 << 31, |task| task.stop_signal = 99],
        ),
    ]
}
