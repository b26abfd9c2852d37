// SPDX-License-Identifier: GPL-2.0-only

//! How tasks and their coordinator meet: at the open file that both use.
//!
//! Tasks may come first or last. A task that says for which saved task it stands is found by that, any
//! other task by its pid. The coordinator waits until a task has come for every entry of the tree;
//! [`crate::coordinator`] tells what they then do.

use kernel::{
    new_mutex, new_spinlock,
    prelude::*,
    rbtree::RBTree,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Mutex,
        SpinLock, //
    },
};

use ckpt_image::record::tree_flag;

use crate::{
    log::{
        refuse,
        Log, //
    },
    shape::Shape,
    sys::{
        self,
        errno,
        file::File,
        me,
        task::Task,
        tree::Walk,
        wait::WaitQueue, //
    },
};

/// A task that has arrived.
#[pin_data]
pub(crate) struct Slot {
    task: Task,
    /// The saved pid that it stands for; 0 when the coordinator knows.
    image_pid: i32,
    is_ghost: bool,
    /// What it had when it came that would stay with the restored program.
    left_over: Option<&'static str>,
    #[pin]
    queue: WaitQueue,
    #[pin]
    call: SpinLock<Call>,
    /// Whether the task has got a place in a restart.
    called: Atomic<i32>,
    /// For a task that is to be a zombie, the signal that its parent would have got.
    exit_signal: Atomic<i32>,
    /// Whether the task has something to do before any task goes.
    starts: Atomic<i32>,
}

/// A restart that tasks get a place in.
pub(crate) trait Host: Send + Sync {
    /// What the task at a place does: it restores itself when it is its turn, and goes when all may go.
    ///
    /// # Errors
    ///
    /// Those of the restart.
    fn take_part(&self, place: usize, slot: &Slot, device: &File) -> Result;

    /// What a task does that cannot go on: the restart ends, or, when it is too late for that, goes on
    /// without it.
    fn drop_out(&self, error: Error);
}

/// What has become of a task that has arrived.
enum Call {
    /// It waits for a coordinator.
    Waiting,
    /// It has a place in a restart.
    Called(Arc<dyn Host>, usize),
    /// The restart that it came for has failed.
    Withdrawn,
    /// It has heard what there was to hear, or has left.
    Heard,
}

impl Slot {
    fn new(image_pid: i32, is_ghost: bool) -> Result<Arc<Self>> {
        let left_over = Task::current().left_over()?;
        Arc::pin_init(
            pin_init!(Slot {
                task: Task::current(),
                image_pid,
                is_ghost,
                left_over,
                queue <- WaitQueue::new(c"ckpt task", kernel::static_lock_class!()),
                call <- new_spinlock!(Call::Waiting),
                called: Atomic::new(0),
                exit_signal: Atomic::new(-1),
                starts: Atomic::new(0),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The task.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// What the task had that would stay with the restored program. Nothing can be added to what threads
    /// share once the last of them has come.
    pub(crate) fn left_over(&self) -> Option<&'static str> {
        self.left_over
    }

    /// Where the task waits.
    pub(crate) fn queue(&self) -> &WaitQueue {
        &self.queue
    }

    /// Lets the task look whether it is its turn.
    pub(crate) fn wake(&self) {
        self.queue.wake();
    }

    /// Gives the task a place in a restart, of which it hears when it is woken; tells whether it was
    /// there.
    pub(crate) fn call(&self, restart: Arc<dyn Host>, place: usize) -> bool {
        let was_there = self.tell(Call::Called(restart, place));
        if was_there {
            self.called.store(1, Relaxed);
        }
        was_there
    }

    /// Whether it has a place in a restart: then it has not left its call before that is over.
    pub(crate) fn was_called(&self) -> bool {
        self.called.load(Relaxed) != 0
    }

    /// Takes back what the task has not heard.
    pub(crate) fn hush(&self) {
        let unheard = core::mem::replace(&mut *self.call.lock(), Call::Heard);
        // Dropped without the lock.
        drop(unheard);
    }

    fn tell(&self, call: Call) -> bool {
        let mut now = self.call.lock();
        if !matches!(*now, Call::Waiting) {
            return false;
        }
        *now = call;
        true
    }

    fn hear(&self) -> Option<Call> {
        let mut call = self.call.lock();
        match *call {
            Call::Waiting => None,
            _ => Some(core::mem::replace(&mut *call, Call::Heard)),
        }
    }

    /// What has been said, or that nothing will be heard any more.
    fn leave(&self) -> Option<Call> {
        match core::mem::replace(&mut *self.call.lock(), Call::Heard) {
            Call::Waiting | Call::Heard => None,
            call => Some(call),
        }
    }

    /// Notes that the task has something to do before any task goes.
    pub(crate) fn set_starts(&self) {
        self.starts.store(1, Relaxed);
    }

    /// Whether it has.
    pub(crate) fn starts(&self) -> bool {
        self.starts.load(Relaxed) != 0
    }

    /// Notes which signal the parent of a zombie would have got.
    pub(crate) fn set_exit_signal(&self, signal: i32) {
        self.exit_signal.store(signal, Relaxed);
    }

    /// The exit signal of a zombie; `None` for another task.
    pub(crate) fn exit_signal(&self) -> Option<i32> {
        Some(self.exit_signal.load(Relaxed)).filter(|signal| *signal >= 0)
    }
}

struct State {
    /// Tasks that wait, by [`Task::key`].
    waiting: RBTree<usize, Arc<Slot>>,
    /// A coordinator is at work.
    busy: bool,
    /// The last one has failed: a task that comes late and names its image pid is not waited for.
    withdrawn: bool,
}

/// Where tasks and coordinator meet.
#[pin_data]
pub(crate) struct Gathering {
    #[pin]
    state: Mutex<State>,
    /// How many wait.
    present: Atomic<u32>,
    /// How many have come, ever.
    arrivals: Atomic<u32>,
    /// How many tasks the coordinator waits for; 0 when it does not wait.
    wanted: Atomic<u32>,
    #[pin]
    coordinator: WaitQueue,
}

impl Gathering {
    /// No task has come yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Gathering {
            state <- new_mutex!(State {
                waiting: RBTree::new(),
                busy: false,
                withdrawn: false,
            }),
            present: Atomic::new(0),
            arrivals: Atomic::new(0),
            wanted: Atomic::new(0),
            coordinator <- WaitQueue::new(c"ckpt gathering", kernel::static_lock_class!()),
        })
    }

    /// The call of a task that is to be restored, or of a ghost. It does not return to where it was
    /// called from: it goes on in the saved context, ends, or is killed. When it does return, the
    /// caller's area for restartable sequences, its robust list and its tid address are forgotten.
    ///
    /// # Errors
    ///
    /// `EAGAIN` when the restart that the caller came for has failed already, `EINTR` when a signal
    /// comes before a coordinator calls.
    pub(crate) fn arrive(&self, image_pid: i32, is_ghost: bool, device: &File) -> Result<isize> {
        let slot = Slot::new(image_pid, is_ghost)?;
        me::detach_user_memory();
        {
            let mut state = self.state.lock();
            if state.withdrawn && image_pid != 0 {
                return Err(EAGAIN);
            }
            state.waiting.try_create_and_insert(
                slot.task.key(),
                slot.clone(),
                GFP_KERNEL_ACCOUNT,
            )?;
        }
        self.arrivals.fetch_add(1, Full);
        let present = self.present.fetch_add(1, Full).wrapping_add(1);
        let wanted = self.wanted.load(Relaxed);
        if wanted != 0 && present >= wanted {
            self.coordinator.wake();
        }
        let heard = slot.queue.wait_interruptible(|| slot.hear());
        self.present.fetch_sub(1, Relaxed);
        let gone = self.state.lock().waiting.remove(&slot.task.key());
        drop(gone);
        match heard.or_else(|error| slot.leave().ok_or(error))? {
            Call::Called(restart, place) => match restart.take_part(place, &slot, device) {
                Ok(()) => Ok(0),
                Err(error) => {
                    restart.drop_out(error);
                    slot.task.kill();
                    Err(EINTR)
                }
            },
            _ => Err(EAGAIN),
        }
    }

    /// Takes the place of the coordinator.
    ///
    /// # Errors
    ///
    /// `EBUSY` when another restart goes on through the same open file.
    pub(crate) fn preside(&self, log: &Log) -> Result<Chair<'_>> {
        let mut state = self.state.lock();
        if state.busy {
            drop(state);
            return Err(refuse!(
                log,
                EBUSY,
                None,
                "another restart goes on through the same open file"
            ));
        }
        state.busy = true;
        state.withdrawn = false;
        Ok(Chair {
            gathering: self,
            roll: None,
            has_succeeded: false,
        })
    }
}

/// Looks for a task below the root that has died: a wait for all would wait for it.
struct Patrol<'a> {
    root: &'a Task,
    /// A round that has been begun, and how many of its tasks have been looked at.
    round: Option<(Walk, usize)>,
}

impl<'a> Patrol<'a> {
    fn new(root: &'a Task) -> Self {
        Patrol { root, round: None }
    }

    /// Goes on with the round. Of a large tree this is a part: a look at all of it each time would take
    /// longer than the time in between.
    fn go_on(&mut self, log: &Log) -> Result {
        /// Steps of a walk.
        const PACE: usize = 8;
        let (mut walk, mut seen) = match self.round.take() {
            Some(round) => round,
            None => (Walk::new(self.root)?, 0),
        };
        for _ in 0..PACE {
            let goes_on = walk.step()?;
            let new = walk.tasks().get(seen..).unwrap_or(&[]);
            if let Some(task) = new.iter().find(|task| task.is_dead()) {
                return Err(died(log, task));
            }
            seen = walk.tasks().len();
            if !goes_on {
                return Ok(());
            }
        }
        self.round = Some((walk, seen));
        Ok(())
    }
}

/// Saved pid to place.
fn places(shape: &Shape, log: &Log) -> Result<RBTree<i32, usize>> {
    let mut places = RBTree::new();
    for (place, entry) in shape.entries.iter().enumerate() {
        let before = places.try_create_and_insert(entry.pid, place, GFP_KERNEL_ACCOUNT)?;
        if before.is_some() {
            return Err(refuse!(
                log,
                errno::ebadmsg(),
                None,
                "image: TREE: pid {} is there twice",
                entry.pid
            ));
        }
    }
    Ok(places)
}

/// Live pid to place, for tasks that do not name their image pid; no place for a number that
/// stands for two.
fn numbers(
    shape: &Shape,
    places: &RBTree<i32, usize>,
    pids: &[(i32, i32)],
    root: &Task,
    log: &Log,
) -> Result<RBTree<i32, Option<usize>>> {
    // A map may tell of many that are not in the image.
    let mut mapped = KVVec::from_elem(0, shape.entries.len(), GFP_KERNEL_ACCOUNT)?;
    for some in pids.chunks(4096) {
        sys::check_signal()?;
        for (image_pid, pid) in some {
            let place = places.get(image_pid);
            if let Some(mapped) = place.and_then(|place| mapped.get_mut(*place)) {
                *mapped = *pid;
            }
        }
    }
    let mut numbers = RBTree::new();
    for (place, (entry, mapped)) in shape.entries.iter().zip(mapped.iter()).enumerate() {
        let mapped = Some(*mapped).filter(|pid| *pid != 0);
        // The root is the one that the caller names, whatever its number was.
        let pid = match mapped {
            None if place == 0 => root.pid(),
            None => entry.pid,
            Some(pid) => pid,
        };
        if place == 0 && pid != root.pid() {
            return Err(refuse!(
                log,
                ESRCH,
                None,
                "the map of pids gives another process than {} for the root of the image",
                root.pid()
            ));
        }
        let first = numbers.get(&pid).is_none();
        numbers.try_create_and_insert(pid, first.then_some(place), GFP_KERNEL_ACCOUNT)?;
    }
    Ok(numbers)
}

/// The tasks that are to come.
struct Roll {
    shape: Arc<Shape>,
    places: RBTree<i32, usize>,
    numbers: RBTree<i32, Option<usize>>,
}

impl Roll {
    /// The place that a task has come for, if it has come for this restart; `None` in it when that
    /// cannot be told.
    fn place_of(&self, slot: &Slot) -> Option<Option<usize>> {
        match slot.image_pid {
            0 => self.numbers.get(&slot.task.pid()).copied(),
            pid => self.places.get(&pid).copied().map(Some),
        }
    }

    /// All tasks in the order of the tree, if all have come.
    fn call<'a>(
        &self,
        waiting: impl Iterator<Item = &'a Arc<Slot>>,
        log: &Log,
    ) -> Result<Option<KVVec<Arc<Slot>>>> {
        let mut found: KVVec<Option<Arc<Slot>>> = KVVec::new();
        for _ in self.shape.entries.iter() {
            found.push(None, GFP_KERNEL_ACCOUNT)?;
        }
        for slot in waiting {
            let Some(place) = self.place_of(slot) else {
                continue;
            };
            let place = place.ok_or_else(|| {
                refuse!(
                    log,
                    EINVAL,
                    Some(&slot.task),
                    "the map of pids lets the task stand for two of the image"
                )
            })?;
            let (Some(entry), Some(room)) = (self.shape.entries.get(place), found.get_mut(place))
            else {
                return Err(EINVAL);
            };
            if slot.is_ghost != (entry.flags & tree_flag::GHOST != 0) {
                return Err(refuse!(
                    log,
                    EINVAL,
                    Some(&slot.task),
                    "the task and pid {} of the image are not both a ghost, or none (RESTART_GHOST)",
                    entry.pid
                ));
            }
            if room.replace(slot.clone()).is_some() {
                return Err(refuse!(
                    log,
                    EEXIST,
                    Some(&slot.task),
                    "two tasks stand for pid {} of the image",
                    entry.pid
                ));
            }
        }
        let mut members = KVVec::with_capacity(found.len(), GFP_KERNEL_ACCOUNT)?;
        for slot in found.iter() {
            match slot {
                Some(slot) => members.push(slot.clone(), GFP_KERNEL_ACCOUNT)?,
                None => return Ok(None),
            }
        }
        Ok(Some(members))
    }
}

/// The place of the coordinator. When it is left before the restart has succeeded, all tasks that have come
/// for it comes to nothing.
pub(crate) struct Chair<'a> {
    gathering: &'a Gathering,
    roll: Option<Roll>,
    has_succeeded: bool,
}

impl Chair<'_> {
    /// Waits until a task has come for every entry of a tree, and gives the tasks in that order.
    ///
    /// # Errors
    ///
    /// `EBADMSG` when a pid is in the image twice, `ESRCH` when the map gives another process than
    /// the root or the root dies, `EINTR` when a signal comes, `EEXIST` when two come for the same
    /// entry, `EINVAL` when a ghost comes for a task or the other way round.
    pub(crate) fn gather(
        &mut self,
        shape: &Arc<Shape>,
        pids: &[(i32, i32)],
        root: &Task,
        log: &Log,
    ) -> Result<KVVec<Arc<Slot>>> {
        let gathering = self.gathering;
        let places = places(shape, log)?;
        let numbers = numbers(shape, &places, pids, root, log)?;
        let roll = self.roll.insert(Roll {
            shape: shape.clone(),
            places,
            numbers,
        });
        let wanted = shape.entries.len() as u32;
        gathering.wanted.xchg(wanted, Full);
        let mut patrol = Patrol::new(root);
        let mut seen = None;
        loop {
            let mut looks = 0;
            gathering.coordinator.watch_interruptible(|| {
                looks += 1;
                let arrivals = gathering.arrivals.load(Relaxed);
                let ready = gathering.present.load(Relaxed) >= wanted && seen != Some(arrivals);
                // Ten times a second, because a death wakes no waiter.
                (ready || looks > 1).then(|| seen = Some(arrivals))
            })?;
            patrol.go_on(log)?;
            if gathering.present.load(Relaxed) < wanted {
                continue;
            }
            // What is wrong is told without the lock: the log may be a pipe that no process reads.
            let mut waiting: KVVec<Arc<Slot>> = KVVec::new();
            for slot in gathering.state.lock().waiting.values() {
                waiting.push(slot.clone(), GFP_KERNEL_ACCOUNT)?;
            }
            if let Some(members) = roll.call(waiting.iter(), log)? {
                return Ok(members);
            }
        }
    }

    /// The restart is over, and all went well.
    pub(crate) fn succeed(mut self) {
        self.has_succeeded = true;
    }
}

impl Drop for Chair<'_> {
    fn drop(&mut self) {
        let mut state = self.gathering.state.lock();
        state.busy = false;
        state.withdrawn = !self.has_succeeded;
        self.gathering.wanted.store(0, Relaxed);
        if self.has_succeeded {
            return;
        }
        for slot in state.waiting.values() {
            let came_for = |roll: &Roll| roll.place_of(slot).is_some();
            let expected = self.roll.as_ref().is_some_and(came_for);
            // As long as it is on the list it has not left its call: it is the task that came.
            if expected && slot.task.may_attach() {
                slot.task.kill();
            } else if expected || slot.image_pid != 0 {
                slot.tell(Call::Withdrawn);
                slot.wake();
            }
        }
    }
}

/// Says that a task is gone that has not been restored.
pub(crate) fn died(log: &Log, task: &Task) -> Error {
    refuse!(
        log,
        ESRCH,
        Some(task),
        "the task died before it was restored"
    )
}
