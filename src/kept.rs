// SPDX-License-Identifier: GPL-2.0-only

//! The tasks that a checkpoint has saved, kept so that CKPT_IOC_SIGNAL can end or stop all of them, if none
//! has run since.
//!
//! Tasks are held by their `struct pid`, as in [`crate::freeze`]: no number can come to mean another task,
//! and dead tasks are not kept.

use kernel::prelude::*;

use ckpt_image::record::Cpu;

use crate::{
    log::{
        refuse,
        Log,
        Reason, //
    },
    set::Set,
    sys::{
        self,
        bindings,
        pid::{
            self,
            Pid,
            PidNs, //
        },
        signal,
        task::{
            RunStamp,
            Task, //
        },
        time::Deadline,
        wait, //
    },
    tree::{
        self,
        Rest,
        Tree, //
    },
};

/// What to do with the tasks that were saved.
pub(crate) struct Request {
    /// SIGKILL or SIGSTOP.
    pub(crate) signal: i32,
    /// Milliseconds that those that are killed may take to exit; 0 for no limit.
    pub(crate) timeout: u32,
    /// Milliseconds that they may take, after that, to be reaped, but for the root.
    pub(crate) reap: u32,
}

impl Request {
    /// Whether there is such a signal.
    pub(crate) fn is_valid(&self) -> bool {
        [bindings::SIGKILL, bindings::SIGSTOP].contains(&(self.signal as u32))
    }

    fn kills(&self) -> bool {
        self.signal as u32 == bindings::SIGKILL
    }
}

/// A task that was saved.
struct Was {
    pid: Pid,
    /// A thread that executes a program takes over the number of its leader.
    key: usize,
    is_leader: bool,
    /// `None` for one that was dead.
    life: Option<(Rest, Cpu)>,
}

/// How a task is now.
enum Now {
    /// As it was saved.
    Same(Task),
    /// It was dead when it was saved, or a signal has ended it where it stood.
    Dead,
    /// It has died since, or is about to.
    Gone,
    /// It has run.
    Ran(Task),
}

impl Was {
    fn now(&self) -> Result<Now> {
        let task = self.pid.task().filter(|task| task.key() == self.key);
        Ok(match (task, &self.life) {
            (Some(task), None) if !task.is_dead() => Now::Ran(task),
            (Some(_), None) => Now::Dead,
            // A thread that executes a program takes over the number of a leader that was dead.
            (None, None) => self.pid.task().map_or(Now::Dead, Now::Ran),
            (None, Some(_)) => match self.pid.task() {
                Some(other) => Now::Ran(other),
                None => Now::Gone,
            },
            (Some(task), Some((rest, cpu))) => match rest.has_not_run(&task, cpu) {
                Ok(true) => Now::Same(task),
                Err(error) if error == EINTR => return Err(error),
                _ if !dies(&task) => Now::Ran(task),
                _ if rest.was_last(&task)? => Now::Dead,
                _ => Now::Gone,
            },
        })
    }
}

/// Whether it is dead, or about to be.
fn dies(task: &Task) -> bool {
    task.is_dead() || task.is_leaving()
}

/// How a process is now.
enum Process {
    /// It stands still, as it was saved.
    Same,
    /// It is dead, or about to be; the place of a thread that was not.
    Dead(Option<usize>),
    /// A thread of it has run.
    Ran(Task),
}

/// Threads of what was saved that stand still, each in its place.
type Threads = KVVec<Option<Task>>;

/// A tree that was saved.
pub(crate) struct Kept {
    id: i32,
    /// Each process with its threads behind it, parents before their children.
    tasks: KVVec<Was>,
    /// The signal that all have been sent.
    sent: Option<i32>,
    /// Place of one that was dead when the others were sent the signal, or that has run before it was: it may
    /// have left others behind.
    doubtful: Option<usize>,
}

impl Kept {
    /// Keeps what was saved with this id.
    ///
    /// # Errors
    ///
    /// `EBUSY` when a task has been reaped since, `ENOMEM`.
    pub(crate) fn new(id: i32, tree: &Tree) -> Result<Self> {
        let mut tasks = KVVec::with_capacity(tree.len(), GFP_KERNEL_ACCOUNT)?;
        for member in tree.members() {
            let was = Was {
                pid: Pid::of(&member.task, pid::Kind::Task).ok_or(EBUSY)?,
                key: member.task.key(),
                is_leader: member.task.is_leader(),
                life: member.life().map(|life| (life.rest, life.cpu)),
            };
            tasks.push(was, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Kept {
            id,
            tasks,
            sent: None,
            doubtful: None,
        })
    }

    /// The id of the checkpoint.
    pub(crate) fn id(&self) -> i32 {
        self.id
    }

    /// Sends all of it a signal, and waits for the ends of those that are killed. Once all have been sent it
    /// this can be called again, and goes on waiting.
    ///
    /// # Errors
    ///
    /// `EBUSY` when a task has run since it was saved, or another one has come: nothing has been sent then.
    /// `ESRCH` when a task has died since by itself, or has run while others were sent the signal: all that were saved
    /// and live have been sent it, and what the task may have made is not known. `EINVAL` when they have been
    /// sent another signal before. `EPERM`, also that of a
    /// security module, `ETIMEDOUT`, `EINTR`.
    pub(crate) fn send(&mut self, request: &Request, log: &Log) -> Result {
        match self.sent {
            None => {
                let held = self.check(request, log)?;
                self.sent = Some(request.signal);
                self.send_all(request, &held, log)?;
            }
            Some(signal) if signal == request.signal => {}
            Some(_) => return Err(EINVAL),
        }
        if request.kills() {
            self.wait(request, log)?;
        }
        match self.doubtful {
            None => Ok(()),
            Some(place) => Err(self.refuse(
                place,
                "has died, or run, since it was saved: what it has made, if anything, lives on",
                log,
            )),
        }
    }

    /// The places of a process that begins at one.
    fn threads(&self, first: usize) -> &[Was] {
        let rest = self.tasks.get(first..).unwrap_or(&[]);
        let others = rest.iter().skip(1);
        let count = others.take_while(|was| !was.is_leader).count() + 1;
        rest.get(..count).unwrap_or(rest)
    }

    /// Looks at a process. Its threads that are as they were are added to `held`, the others leave a gap.
    fn look(&self, first: usize, held: &mut Threads) -> Result<Process> {
        let mut gone = None;
        let begin = held.len();
        for (place, was) in (first..).zip(self.threads(first)) {
            let same = match was.now()? {
                Now::Same(task) => Some(task),
                Now::Gone => {
                    gone = Some(place);
                    None
                }
                Now::Dead => None,
                Now::Ran(task) => return Ok(Process::Ran(task)),
            };
            held.push(same, GFP_KERNEL_ACCOUNT)?;
        }
        let same = held.get(begin..).unwrap_or(&[]).iter().flatten().next();
        Ok(match (same, gone) {
            (Some(_), None) => Process::Same,
            // All of it dies, or a thread has ended by itself.
            (Some(task), Some(_)) if !task.is_leaving() => Process::Ran(task.clone()),
            (_, gone) => Process::Dead(gone),
        })
    }

    /// The first place of each process, in this order.
    fn processes(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let tasks = self.tasks.iter().enumerate();
        tasks
            .filter(|(_, was)| was.is_leader)
            .map(|(place, _)| place)
    }

    /// Checks that all stands still that was saved and lives, that nothing has come to it, and that the
    /// caller may send it the signal. Gives all threads that do, each in its place.
    fn check(&mut self, request: &Request, log: &Log) -> Result<Threads> {
        let mut members = Set::new();
        let mut held = KVVec::with_capacity(self.tasks.len(), GFP_KERNEL_ACCOUNT)?;
        let mut dead = None;
        for first in self.processes() {
            sys::check_signal()?;
            match self.look(first, &mut held)? {
                Process::Same => {
                    if let Some(task) = &self.task(first) {
                        signal::check_permission(task, request.signal).inspect_err(|error| {
                            refuse!(
                                log,
                                *error,
                                Some(task),
                                "the caller may not send it a signal"
                            );
                        })?;
                    }
                }
                Process::Dead(gone) => dead = dead.or(gone),
                Process::Ran(task) => {
                    return Err(refuse!(
                        log,
                        EBUSY => Reason::Ran,
                        Some(&task),
                        "the task has run since it was saved, or is traced: it was let go"
                    ))
                }
            }
        }
        for was in &self.tasks {
            if was.pid.task().is_some_and(|task| task.key() == was.key) {
                members.add(was.key)?;
            }
        }
        for task in held.iter().flatten().filter(|task| task.is_leader()) {
            // The others are below one of these.
            let is_below = |parent: Task| members.has(parent.key()) && !dies(&parent);
            if task.parent().is_some_and(is_below) {
                continue;
            }
            for below in tree::collect_tasks(task, log)? {
                if !members.has(below.key()) {
                    return Err(refuse!(
                        log,
                        EBUSY => Reason::Ran,
                        Some(&below),
                        "the task has come since the tree was saved"
                    ));
                }
            }
        }
        self.doubtful = dead;
        Ok(held)
    }

    fn task(&self, place: usize) -> Option<Task> {
        self.tasks.get(place).and_then(|was| was.pid.task())
    }

    /// Sends the signal to all that live, children before their parents: the end of a parent has the kernel
    /// continue stopped children, perhaps.
    fn send_all(&mut self, request: &Request, held: &Threads, log: &Log) -> Result {
        let mut result = Ok(());
        let mut doubtful = None;
        for first in self.processes().rev() {
            match self.send_to(first, request, held) {
                Ok(true) => {}
                Ok(false) => doubtful = Some(first),
                Err(error) => {
                    // The others are ended all the same.
                    result = Err(match self.task(first) {
                        Some(task) => {
                            refuse!(log, error, Some(&task), "it cannot be sent a signal")
                        }
                        None => error,
                    });
                }
            }
        }
        self.doubtful = doubtful.or(self.doubtful);
        result
    }

    /// Sends it to a process; tells whether that stood still until it came, or until another one ended it:
    /// the kernel sends SIGHUP where the end of one process leaves stopped ones without a parent to continue
    /// them, or without their terminal.
    fn send_to(&self, first: usize, request: &Request, held: &Threads) -> Result<bool> {
        /// How often a process may be woken, by signals, between two looks at it.
        const TRIES: u32 = 1000;
        for _ in 0..TRIES {
            let Some(threads) = self.still(first, held) else {
                break;
            };
            if threads.is_empty() {
                return Ok(true);
            }
            let Some(leader) = self.task(first) else {
                break;
            };
            signal::check_permission(&leader, request.signal)?;
            match signal::send_if_still(&leader, &threads, request.signal) {
                Ok(()) => return Ok(true),
                Err(error) if error == EAGAIN => sys::yield_now(),
                Err(error) if error == ESRCH => continue,
                Err(error) => return Err(error),
            }
        }
        let Some(leader) = self.task(first) else {
            return Ok(false);
        };
        if leader.nr_threads() <= 1 && leader.is_dead() {
            return Ok(false);
        }
        signal::check_permission(&leader, request.signal)?;
        match signal::send_if_still(&leader, &[], request.signal) {
            Err(error) if error != ESRCH => Err(error),
            _ => Ok(false),
        }
    }

    /// The threads of a process that live, and the counts that each had when it had not gone on; `None` when
    /// one has, or has ended by itself.
    fn still(&self, first: usize, held: &Threads) -> Option<KVVec<(Task, RunStamp)>> {
        let mut threads = KVVec::new();
        for (place, was) in (first..).zip(self.threads(first)) {
            let task = held.get(place).and_then(Option::as_ref);
            let Some((task, (rest, cpu))) = task.zip(was.life.as_ref()) else {
                continue;
            };
            let stamp = task.run_stamp();
            if rest.has_not_run(task, cpu).unwrap_or(false) {
                threads
                    .push((task.clone(), stamp), GFP_KERNEL_ACCOUNT)
                    .ok()?;
            } else if !dies(task) || !rest.was_last(task).unwrap_or(false) {
                return None;
            }
        }
        Some(threads)
    }

    /// Waits until all are dead, and for a while until they have been reaped.
    fn wait(&self, request: &Request, log: &Log) -> Result {
        let end = Deadline::after(request.timeout);
        let check = || match sys::check_signal() {
            Ok(()) if end.is_over() => Err(ETIMEDOUT),
            result => result,
        };
        for was in &self.tasks {
            let is_dead = || was.pid.task().is_none_or(|task| task.is_dead());
            wait::poll(is_dead, check).inspect_err(|error| {
                refuse!(
                    log,
                    *error => Reason::Ran,
                    was.pid.task().as_ref(),
                    "the task has been killed and is still exiting"
                );
            })?;
        }
        if request.reap == 0 {
            return Ok(());
        }
        let end = Deadline::after(request.reap);
        let leaders = self.processes().skip(1);
        for was in leaders.filter_map(|place| self.tasks.get(place)) {
            // All are dead, whether or not this comes to its end.
            let _ = wait::poll(
                || was.pid.task().is_none(),
                || match sys::check_signal() {
                    Ok(()) if end.is_over() => Err(ETIMEDOUT),
                    result => result,
                },
            );
        }
        Ok(())
    }

    /// Tells of a task that may have gone by now.
    fn refuse(&self, place: usize, words: &str, log: &Log) -> Error {
        let number = self.tasks.get(place).zip(PidNs::of(&Task::current()));
        let number = number.map_or(0, |(was, ns)| was.pid.number(&ns));
        refuse!(log, ESRCH => Reason::Ran, None, "task {} {}", number, words)
    }
}
