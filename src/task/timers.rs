// SPDX-License-Identifier: GPL-2.0-only

//! POSIX timers of a process, which stand behind SIGNAL. If the signal of a timer is queued, it stands in
//! SIGPENDING with the other signals of its queue.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        timer_flag,
        timer_notify, //
    },
    Problem, //
};

use crate::{
    log::refuse,
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self, errno,
        pid::Pid,
        signal::Queue,
        task::Task,
        time,
        timer::{
            self,
            cpu_clock,
            Found,
            Made,
            Page,
            Timer, //
        },
    },
};

/// CLOCK_REALTIME_ALARM.
const REALTIME_ALARM: i32 = 8;

/// Timers that are worked on between two looks for a signal that ends the restart.
const BETWEEN_SIGNALS: usize = 1024;

/// What the kernel counts from: there is no overrun.
const NO_OVERRUN: i64 = -1;

/// More than what a timer counts in a lifetime, and so little that it may go on counting.
const OVERRUN_MAX: i64 = 1 << 60;

/// Timers of the tree that have expired, by the process, which an address stands for, and their ids.
#[derive(Default)]
struct Expired(Option<RBTree<(usize, u32), ()>>);

/// The timers of a task's process as an image has them, in the order in which they were made.
///
/// # Errors
///
/// `EOPNOTSUPP` for one that has to do with a task outside of the tree, or a thread that is gone, `E2BIG`
/// for too many.
pub(super) fn checkpoint(
    context: &mut saving::Context<'_>,
    task: &Task,
) -> Result<KVVec<record::Timer>> {
    let found = timer::all(task, limits::TIMERS as usize).inspect_err(|error| {
        if *error == E2BIG {
            refuse!(
                context.log,
                E2BIG,
                Some(task),
                "the process has more than {} POSIX timers",
                limits::TIMERS
            );
        }
    })?;
    let mut timers = KVVec::with_capacity(found.len(), GFP_KERNEL_ACCOUNT)?;
    for found in found.iter().rev() {
        let timer = at_instant(context, &found.timer);
        if timer.is_queued {
            let key = (task.keys().signal.ok_or(ESRCH)?, timer.id);
            let expired = context.states.get::<Expired>()?;
            let expired = expired.0.get_or_insert_with(RBTree::new);
            expired.try_create_and_insert(key, (), GFP_KERNEL_ACCOUNT)?;
        }
        let (target, clock_of) = tasks_of(context, task, found)?;
        timers.push(to_record(&timer, target, clock_of), GFP_KERNEL_ACCOUNT)?;
    }
    Ok(timers)
}

/// Whether a timer of a task's process is saved as one that has expired, so that its signal is.
pub(super) fn has_expired(context: &mut saving::Context<'_>, task: &Task, id: u32) -> Result<bool> {
    let key = (task.keys().signal.ok_or(ESRCH)?, id);
    let expired = &context.states.get::<Expired>()?.0;
    Ok(expired.as_ref().is_some_and(|ids| ids.get(&key).is_some()))
}

/// What a timer was at the instant that is saved, and what it becomes by itself.
fn at_instant(context: &saving::Context<'_>, timer: &Timer) -> Timer {
    let mut timer = *timer;
    let left = if timer.is_time_of_day {
        context.instant.until(time::REALTIME, timer.expires)
    } else if cpu_clock::is(timer.clock) {
        timer.expires
    } else {
        timer.expires = context.instant.left(timer.expires);
        timer.expires
    };
    let fires = timer.notify != timer_notify::NONE;
    let has_expired = timer.is_queued || timer.is_ignored;
    if has_expired && left > 0 && timer.overrun == NO_OVERRUN && !cpu_clock::is(timer.clock) {
        // It has expired since.
        timer.is_armed = true;
        timer.is_queued = false;
        timer.is_ignored = false;
    }
    if timer.interval > 0 && left <= 0 && !(timer.is_armed && fires) {
        // As timer_gettime(2) does with one that has expired.
        let periods = left.saturating_neg() / timer.interval + 1;
        let passed = periods.saturating_mul(timer.interval);
        timer.expires = timer.expires.saturating_add(passed);
        timer.overrun = timer.overrun.saturating_add(periods);
    } else if timer.is_armed && !fires && left <= 0 {
        timer.is_armed = false;
    }
    timer.expires = match timer.is_armed || timer.interval > 0 {
        true => timer.expires.max(1),
        false => 0,
    };
    timer.is_time_of_day &= timer.expires != 0;
    timer
}

/// The places of the tasks that a timer has to do with; 0 for none.
fn tasks_of(context: &saving::Context<'_>, task: &Task, found: &Found) -> Result<(u32, u32)> {
    let place = |pid: &Option<Pid>, what: &'static str| match pid {
        None => Ok(0),
        Some(pid) => places::of_number(context, pid)?.ok_or_else(|| {
            refuse!(
                context.log,
                errno::eopnotsupp(),
                Some(task),
                "POSIX timer {}: {}",
                found.timer.id,
                what
            )
        }),
    };
    Ok((
        place(&found.target, "the thread that gets its signal is gone")?,
        place(
            &found.clock_of,
            "it runs with the CPU time of a task that is gone or outside of the tree",
        )?,
    ))
}

fn to_record(timer: &Timer, target: u32, clock_of: u32) -> record::Timer {
    let flags = [
        (timer.is_armed, timer_flag::ARMED),
        (timer.is_queued, timer_flag::QUEUED),
        (timer.is_ignored, timer_flag::IGNORED),
        (timer.is_time_of_day, timer_flag::TIME_OF_DAY),
    ];
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    record::Timer {
        id: timer.id,
        clock: timer.clock,
        notify: timer.notify,
        signo: timer.signo,
        value: timer.value,
        interval: timer.interval.unsigned_abs(),
        expires: timer.expires,
        overrun: timer.overrun,
        overrun_last: timer.overrun_last,
        flags: set.fold(0, |flags, (_, flag)| flags | flag),
        target,
        clock_of,
        reserved: 0,
    }
}

/// A timer that has expired, and whose signal is to be queued.
#[derive(Clone, Copy)]
pub(super) struct Due {
    made: Made,
    queue: Queue,
    target: u32,
    signo: i32,
    is_periodic: bool,
}

/// Those of the tree, by the process, which an address stands for, and their ids.
#[derive(Default)]
struct DueTimers(Option<RBTree<(usize, u32), Due>>);

/// Takes the timer whose signal stands in a queue of the caller; `None` when there is none of which that
/// can be.
pub(super) fn take_due(
    context: &mut restoring::Context<'_>,
    queue: Queue,
    id: u32,
    signo: i32,
) -> Result<Option<Due>> {
    let place = context.place as u32;
    let key = (Task::current().keys().signal.ok_or(ESRCH)?, id);
    let due = context.states.get::<DueTimers>()?.0.as_mut();
    let found = due.and_then(|due| due.remove(&key));
    Ok(found.filter(|due| {
        due.queue == queue && due.signo == signo && (queue == Queue::Group || due.target == place)
    }))
}

impl Due {
    /// Queues the signal as the last of the caller's, or its process's, and gives its number.
    pub(super) fn queue(&self) -> Result<i32> {
        self.made.queue(self.is_periodic)?;
        Ok(self.signo)
    }
}

/// Makes the timers of a process.
pub(super) struct Maker {
    count: u32,
    page: Option<Page>,
}

impl Maker {
    /// # Errors
    ///
    /// Those of mmap(2).
    pub(super) fn new(count: u32) -> Outcome<Self> {
        let page = (count != 0).then(Page::lend).transpose()?;
        Ok(Maker { count, page })
    }

    /// Reads them, and makes them for the caller's process. They begin to run when all tasks are there.
    pub(super) fn restart(self, context: &mut restoring::Context<'_>) -> Outcome {
        let Some(page) = self.page else {
            return Ok(());
        };
        let group = Task::current().keys().signal.ok_or(ESRCH)?;
        let mut all = KVVec::new();
        context.reader.buffer_of::<record::Timer>(self.count)?;
        for number in 0..self.count as usize {
            if number % BETWEEN_SIGNALS == 0 {
                sys::check_signal()?;
            }
            let saved: record::Timer = context.reader.entry()?;
            let timer = check(context, &saved)?;
            let made = make(context, &page, &saved, &timer)?;
            if timer.is_queued {
                let is_to_thread = saved.notify == timer_notify::THREAD_ID;
                let due = Due {
                    made,
                    queue: if is_to_thread {
                        Queue::Task
                    } else {
                        Queue::Group
                    },
                    target: saved.target,
                    signo: saved.signo,
                    is_periodic: timer.interval > 0,
                };
                let timers = context.states.get::<DueTimers>()?;
                let timers = timers.0.get_or_insert_with(RBTree::new);
                timers.try_create_and_insert((group, timer.id), due, GFP_KERNEL_ACCOUNT)?;
            }
            all.push((made, timer), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(context.at_start(move || {
            all.chunks(BETWEEN_SIGNALS).try_for_each(|some| {
                sys::check_signal()?;
                some.iter().try_for_each(|(made, timer)| made.start(timer))
            })
        })?)
    }
}

/// What an image says of a timer, if that can be.
fn check(context: &restoring::Context<'_>, saved: &record::Timer) -> Outcome<Timer> {
    let is = |flag| saved.flags & flag != 0;
    let states = saved.flags & !timer_flag::TIME_OF_DAY;
    let has_expired = is(timer_flag::QUEUED) || is(timer_flag::IGNORED);
    let has_time = is(timer_flag::ARMED) || saved.interval > 0;
    let may_have_time_of_day = [time::REALTIME, REALTIME_ALARM].contains(&saved.clock);
    let wrong = saved.flags & !timer_flag::ALL != 0
        || states & states.wrapping_sub(1) != 0
        || saved.id > i32::MAX as u32
        || saved.interval > i64::MAX as u64
        || saved.expires < i64::from(has_time)
        || (saved.expires != 0 && !has_time)
        || !(NO_OVERRUN..=OVERRUN_MAX).contains(&saved.overrun)
        || !(0..=OVERRUN_MAX).contains(&saved.overrun_last)
        || (is(timer_flag::IGNORED) && saved.interval == 0)
        || (has_expired && saved.notify == timer_notify::NONE)
        || (is(timer_flag::TIME_OF_DAY) && !(may_have_time_of_day && has_time))
        || (cpu_clock::is(saved.clock) && !cpu_clock::is_known(saved.clock));
    if wrong {
        return Err(context.malformed(Problem::Value("state of a POSIX timer out of range")));
    }
    Ok(Timer {
        id: saved.id,
        clock: saved.clock,
        notify: saved.notify,
        signo: saved.signo,
        value: saved.value,
        interval: saved.interval as i64,
        expires: saved.expires,
        overrun: saved.overrun,
        overrun_last: saved.overrun_last,
        is_time_of_day: is(timer_flag::TIME_OF_DAY),
        is_armed: is(timer_flag::ARMED),
        is_queued: is(timer_flag::QUEUED),
        is_ignored: is(timer_flag::IGNORED),
    })
}

/// Makes one that is not set yet.
fn make(
    context: &restoring::Context<'_>,
    page: &Page,
    saved: &record::Timer,
    timer: &Timer,
) -> Outcome<Made> {
    let number = |place| {
        let task = context.task_of_tree(place);
        let wrong = || context.malformed(Problem::Value("place of a task of a POSIX timer"));
        task.map(|task| task.pid()).ok_or_else(wrong)
    };
    let thread = match saved.notify {
        timer_notify::THREAD_ID => number(saved.target)?,
        _ => 0,
    };
    let mut timer = *timer;
    let mut clock = timer.clock;
    if cpu_clock::is(clock) {
        let pid = number(saved.clock_of)?;
        // A thread makes them for the others, too.
        if cpu_clock::is_of_thread(clock) || cpu_clock::pid(clock) != 0 {
            clock = cpu_clock::of(clock, pid);
        }
        if cpu_clock::pid(timer.clock) != 0 {
            timer.clock = clock;
        }
    }
    Made::new(page, &timer, clock, thread).map_err(|error| {
        if error == EBUSY {
            return context.malformed(Problem::Value("two POSIX timers have the same id"));
        }
        context.fail(
            error,
            fmt!(
                "POSIX timer {} of clock {} cannot be made",
                timer.id,
                timer.clock
            ),
        )
    })
}
