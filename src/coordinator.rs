// SPDX-License-Identifier: GPL-2.0-only

//! The course of a restart: which task has the turn, and how the restart ends.
//!
//! The coordinator reads the head of the image and takes over the tasks that have arrived
//! ([`crate::arrival`]). They restore themselves one after the other, in the order of the image: each
//! wakes exactly the next one. When all have done so, the end of the image is verified, ghosts leave and
//! dead tasks become zombies. Timers of processes of several threads and stops are set before any task may
//! act on them; then all may go. The first error ends the restart for all: each task that takes part is
//! killed.
//!
//! All waits end with a fatal signal, those of the coordinator with any signal as long as no task has gone,
//! and system suspend may freeze them. No lock is held while waiting.
//!
//! No two of the locks here are held at a time.

use core::cell::Cell;

use kernel::{
    new_mutex, new_spinlock,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        SpinLock, //
    },
};

use ckpt_image::record::{
    tree_flag,
    TreeEntry, //
};

use crate::{
    arrival::{
        died,
        Gathering,
        Host,
        Slot, //
    },
    freeze::check_cgroup,
    inherited::Inherited,
    log::{
        refuse,
        Log, //
    },
    restart::Stream,
    restoring::{
        Company,
        Part, //
    },
    shape::Shape,
    stream::ImageSource,
    sys::{
        file::File,
        task::Task,
        tree,
        wait::{
            self,
            WaitQueue, //
        },
    },
    task::supported, //
};

/// What a coordinator asks for.
pub(crate) struct Request {
    /// Root of the restarted tree.
    pub(crate) pid: i32,
    /// The image.
    pub(crate) file: File,
    /// What of the image the caller has read already.
    pub(crate) head: KVVec<u8>,
    /// Descriptors that take the place of saved ones.
    pub(crate) inherit: Inherited,
    /// Saved pid and live pid.
    pub(crate) pids: KVVec<(i32, i32)>,
    /// `cgroup.freeze` of the cgroup that is to be frozen before any task goes.
    pub(crate) freeze: Option<File>,
    /// Files may have changed since the checkpoint.
    pub(crate) changed_files: bool,
    /// Clocks may go back.
    pub(crate) clocks_back: bool,
    /// The open device that the call came through.
    pub(crate) device: File,
    /// Where reasons go.
    pub(crate) log: Arc<Log>,
}

/// How far a restart is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Tasks restore themselves, one after the other.
    Restoring,
    /// The image was complete: ghosts leave.
    Burying,
    /// Timers of processes of several threads are set, and stops: before any task may act on them.
    Starting,
    /// Tasks go.
    Leaving,
    /// It has failed: tasks die.
    Failed(Error),
}

struct State {
    phase: Phase,
    /// Place in the array of the task whose turn it is; all before it are restored.
    turn: usize,
    /// Tasks that have something to do in [`Phase::Starting`].
    starters: usize,
    /// Tasks that have done what the phase asks for.
    done: usize,
}

/// A restart in progress.
#[pin_data]
pub(crate) struct Restart {
    /// The image, unless it is in the hands of the task whose turn it is, or of the coordinator at the
    /// end.
    #[pin]
    stream: Mutex<Option<KBox<Stream>>>,
    #[pin]
    state: SpinLock<State>,
    /// Where the coordinator waits.
    #[pin]
    wait: WaitQueue,
    shape: Arc<Shape>,
    nr_live: usize,
    members: KVVec<Arc<Slot>>,
    coordinator: Task,
    inherit: Inherited,
    changed_files: bool,
    log: Arc<Log>,
}

impl Company for Restart {
    fn entry(&self, place: usize) -> Option<&TreeEntry> {
        self.shape.entries.get(place)
    }

    fn entries(&self) -> &[TreeEntry] {
        &self.shape.entries
    }

    fn task(&self, place: usize) -> Option<&Task> {
        self.members.get(place).map(|slot| slot.task())
    }

    fn coordinator(&self) -> &Task {
        &self.coordinator
    }
}

impl Restart {
    fn nr_tasks(&self) -> usize {
        self.shape.nr_tasks as usize
    }

    /// Members whose entries have, or have not, these flags.
    fn flagged(&self, mask: u32, wanted: u32) -> impl Iterator<Item = &Arc<Slot>> {
        let entries = self.shape.entries.iter();
        entries
            .zip(self.members.iter())
            .filter(move |(entry, _)| entry.flags & mask == wanted)
            .map(|(_, slot)| slot)
    }

    fn live(&self) -> impl Iterator<Item = &Arc<Slot>> {
        self.flagged(tree_flag::DEAD | tree_flag::GHOST, 0)
    }

    fn wake_all(&self) {
        for slot in self.members.iter() {
            slot.wake();
        }
        self.wait.wake();
    }

    /// Ends the restart, unless it has ended already; gives the first error. `None` when it is too
    /// late for that: a task may have gone, and its number may be that of another one since, which nothing
    /// here may kill.
    fn fail(&self, error: Error) -> Option<Error> {
        let first = {
            let mut state = self.state.lock();
            match state.phase {
                Phase::Leaving => return None,
                Phase::Failed(first) => first,
                _ => {
                    state.phase = Phase::Failed(error);
                    error
                }
            }
        };
        self.forget_stream();
        self.wake_all();
        Some(first)
    }

    /// Lets go of what has been restored, in a restart that has failed, before a task dies: an address
    /// space that is held by more than its tasks makes each of them that dies look at all processes of
    /// the system for one that takes it over (mm_update_next_owner()).
    fn forget_stream(&self) {
        let stream = self.stream.lock().take();
        drop(stream);
    }

    /// A member waits until `ready`, or until the restart has failed.
    fn until(&self, slot: &Slot, ready: impl Fn(&State) -> bool) -> Result {
        let waited = slot.queue().wait(|| {
            let state = self.state.lock();
            match state.phase {
                Phase::Failed(error) => Some(Err(error)),
                _ if ready(&state) => Some(Ok(())),
                _ => None,
            }
        });
        match waited {
            Ok(result) => result,
            Err(_) => Err(refuse!(
                self.log,
                ESRCH,
                Some(slot.task()),
                "the task was killed before the restart was over"
            )),
        }
    }

    /// The coordinator waits until `done`, or until the restart has failed; it also looks for members
    /// that have died. With `any_signal` every signal ends the wait, otherwise a fatal one.
    fn oversee(&self, any_signal: bool, done: impl Fn(&State) -> bool) -> Result {
        /// Members that are looked at each time.
        const LOOKS: usize = 1024;
        let looked = Cell::new(0);
        let over = || {
            let turn = {
                let state = self.state.lock();
                match state.phase {
                    Phase::Failed(error) => return Some(Err(error)),
                    _ if done(&state) => return Some(Ok(None)),
                    _ => state.turn,
                }
            };
            // Those before may be zombies already, and ghosts tell by themselves. Of many, some are looked
            // at each time, and whose turn it is.
            let waited_for = turn..self.nr_tasks();
            let from = looked.get().max(turn);
            let until = from.saturating_add(LOOKS).min(waited_for.end);
            looked.set(if until < waited_for.end { until } else { turn });
            let gone = Iterator::chain(waited_for.take(1), from..until)
                .filter_map(|place| Some((place, self.members.get(place)?)))
                .find(|(_, slot)| slot.task().is_gone());
            // It may have become one while it was looked at.
            let (place, slot) = gone?;
            (self.state.lock().turn <= place).then_some(Ok(Some(slot)))
        };
        let waited = if any_signal {
            self.wait.watch_interruptible(over)?
        } else {
            self.wait.watch(over)?
        };
        waited?.map_or(Ok(()), |slot| Err(died(&self.log, slot.task())))
    }

    /// Lets the live members do what `phase` asks for, and waits until `count` of them have.
    fn enter(&self, phase: Phase, count: usize) -> Result {
        {
            let mut state = self.state.lock();
            if let Phase::Failed(error) = state.phase {
                return Err(error);
            }
            state.phase = phase;
            state.done = 0;
        }
        for slot in self.live() {
            if phase == Phase::Leaving || slot.starts() {
                slot.wake();
            }
        }
        self.oversee(false, |state| state.done == count)
    }

    /// The saved pid and the live task of each member.
    pub(crate) fn pids(&self) -> impl Iterator<Item = (i32, &Task)> {
        let entries = self.shape.entries.iter();
        let members = self.members.iter();
        entries
            .zip(members)
            .map(|(entry, slot)| (entry.pid, slot.task()))
    }

    /// Gives every member its place.
    fn call_all(self: &Arc<Self>) -> Result {
        for (place, slot) in self.members.iter().enumerate() {
            if !slot.call(self.clone(), place) {
                return Err(refuse!(
                    self.log,
                    EAGAIN,
                    Some(slot.task()),
                    "the task has left before it was restored: a signal or the freezer came"
                ));
            }
        }
        Ok(())
    }

    /// Does something with the image. It is taken in hand rather than locked: a task that waits for more of it
    /// may be frozen with the system.
    fn with_stream<T>(&self, what: impl FnOnce(&mut Stream) -> Result<T>) -> Result<T> {
        let mut stream = self.stream.lock().take().ok_or(EBUSY)?;
        let result = what(&mut stream);
        *self.stream.lock() = Some(stream);
        // A failure that came meanwhile has found nothing to let go of.
        if matches!(self.state.lock().phase, Phase::Failed(_)) {
            self.forget_stream();
        }
        result
    }

    /// What the coordinator does when the members are taken over.
    fn conduct(&self, freeze: Option<&File>) -> Result {
        if let Some(first) = self.members.first() {
            first.wake();
        }
        // Any signal ends the restart as long as no task has gone: that is what ctrl-C is for.
        let nr_tasks = self.nr_tasks();
        self.oversee(true, |state| state.turn == nr_tasks)?;
        self.inherit.check_used(&self.log)?;
        self.with_stream(|stream| stream.finish(&self.log))?;
        self.bury()?;
        self.with_stream(|stream| stream.settle_late(&self.log))?;
        if let Some(freeze) = freeze {
            // It may have been moved there meanwhile.
            check_cgroup(freeze, &self.log)?;
            let mut position = 0;
            freeze
                .write_all(b"1\n", &mut position)
                .map_err(|error| refuse!(self.log, error, None, "the cgroup cannot be frozen"))?;
        }
        let starters = self.state.lock().starters;
        if starters != 0 {
            self.enter(Phase::Starting, starters)?;
        }
        self.enter(Phase::Leaving, self.nr_live)
    }

    /// Ghosts leave, and dead tasks have become what they were.
    fn bury(&self) -> Result {
        {
            let mut state = self.state.lock();
            if let Phase::Failed(error) = state.phase {
                return Err(error);
            }
            state.phase = Phase::Burying;
        }
        for ghost in self.flagged(tree_flag::GHOST, tree_flag::GHOST) {
            ghost.wake();
        }
        for (place, slot) in self.members.iter().enumerate() {
            if self.entry(place).is_none_or(|entry| entry.flags == 0) {
                continue;
            }
            wait::until(|| slot.task().is_dead())?;
            if let (Some(signal), Some(parent)) = (slot.exit_signal(), self.parent(place)) {
                tree::set_exit_signal(slot.task(), parent, signal);
            }
        }
        Ok(())
    }

    fn has_threads(&self, place: usize) -> bool {
        let leader = self
            .entry(place)
            .map_or(place, |entry| entry.leader as usize);
        self.shape.has_threads(leader)
    }

    /// A dead task ends on its way out of here. If it is a whole process, it is a zombie then, and its
    /// parent gets no signal; a leader whose threads live on just goes.
    fn end(&self, place: usize, slot: &Slot, code: i32, exit_signal: i32) -> Result {
        if !self.shape.has_threads(place) {
            slot.set_exit_signal(exit_signal);
            tree::end_silently(self.parent(place).ok_or(ESRCH)?);
        }
        tree::exit_later(code)
    }

    fn pass_turn(&self, place: usize) {
        let next = place.saturating_add(1);
        self.state.lock().turn = next;
        match self.members.get(next) {
            Some(slot) if next < self.nr_tasks() => slot.wake(),
            _ => self.wait.wake(),
        }
    }

    fn done(&self) {
        let mut state = self.state.lock();
        state.done = state.done.saturating_add(1);
        let wanted = match state.phase {
            Phase::Starting => state.starters,
            _ => self.nr_live,
        };
        let is_last = state.done >= wanted;
        drop(state);
        if is_last {
            self.wait.wake();
        }
    }
}

impl Host for Restart {
    fn take_part(&self, place: usize, slot: &Slot, device: &File) -> Result {
        if place >= self.nr_tasks() {
            self.until(slot, |state| state.phase != Phase::Restoring)?;
            tree::vanish();
            return tree::exit_later(0);
        }
        self.until(slot, |state| state.turn == place)?;
        let part = Part {
            company: Some(self),
            place,
            device,
            inherit: &self.inherit,
            changed_files: self.changed_files,
            log: &self.log,
        };
        let leave = self.with_stream(|stream| stream.restore_task(&part))?;
        if let Some((code, exit_signal)) = leave.dead() {
            self.end(place, slot, code, exit_signal)?;
            self.pass_turn(place);
            return Ok(());
        }
        let mut go = leave.settle(device)?;
        let starts = go.must_start(self.has_threads(place));
        if starts {
            slot.set_starts();
            let mut state = self.state.lock();
            state.starters = state.starters.saturating_add(1);
        }
        self.pass_turn(place);
        if starts {
            self.until(slot, |state| state.phase == Phase::Starting)?;
            go.start()?;
            self.done();
        }
        self.until(slot, |state| state.phase == Phase::Leaving)?;
        go.go()?;
        self.done();
        Ok(())
    }

    fn drop_out(&self, error: Error) {
        if self.fail(error).is_none() {
            self.done();
        }
    }
}

/// The coordinator's call: restores the tree below `request.pid` of tasks that arrive through the same open
/// file. `told` hears which task stands for which, and what the caller has said of that, before anything is
/// restored.
///
/// # Errors
///
/// `ESRCH` when there is no such task or one dies, `EPERM` when the caller may not attach to one, `EINVAL`
/// when the tasks have not the shape of the tree, `EBUSY` when a task is traced or another restart goes on
/// through the same open file, `EBADMSG` for a malformed image, `EINTR` when the caller gets a signal, and
/// what restoring gives. Every task that took part has been killed then.
pub(crate) fn coordinate(
    gathering: &Gathering,
    request: Request,
    told: impl FnOnce(&Restart, &[(i32, i32)]) -> Result,
) -> Result {
    let log = request.log.clone();
    let mut chair = gathering.preside(&log)?;
    let source = ImageSource::new(request.file, request.head);
    let (stream, shape) = Stream::open(source, &log)?;
    let shape = Arc::new(shape, GFP_KERNEL_ACCOUNT)?;
    let root = find_root(request.pid, &log)?;
    let coordinator = Task::current();
    let members = chair.gather(&shape, &request.pids, &root, &log)?;
    check_members(&shape, &members, &coordinator, &log)?;
    let tasks = members.iter().map(|slot| slot.task());
    stream.clocks().check(tasks, request.clocks_back, &log)?;
    if members
        .first()
        .is_none_or(|slot| slot.task().key() != root.key())
    {
        return Err(refuse!(
            log,
            EINVAL,
            Some(&root),
            "another task stands for the root of the image than the coordinator says"
        ));
    }
    let nr_live = live_entries(&shape);
    let stream = KBox::new(stream, GFP_KERNEL_ACCOUNT)?;
    let restart = Arc::pin_init(
        pin_init!(Restart {
            stream <- new_mutex!(Some(stream)),
            state <- new_spinlock!(State {
                phase: Phase::Restoring,
                turn: 0,
                starters: 0,
                done: 0,
            }),
            wait <- WaitQueue::new(c"ckpt restart", kernel::static_lock_class!()),
            shape,
            nr_live,
            members,
            coordinator,
            inherit: request.inherit,
            changed_files: request.changed_files,
            log,
        }),
        GFP_KERNEL_ACCOUNT,
    )?;
    let result = restart.call_all().and_then(|()| {
        told(&restart, &request.pids)?;
        restart.conduct(request.freeze.as_ref())
    });
    for slot in restart.members.iter().filter(|slot| slot.was_called()) {
        slot.hush();
    }
    let Err(error) = result else {
        chair.succeed();
        return Ok(());
    };
    let Some(first) = restart.fail(error) else {
        // All may go, only the coordinator has been killed meanwhile.
        chair.succeed();
        return Err(error);
    };
    // A task that has not been called is not held in here by anything: the chair sees to them.
    for slot in restart.members.iter().filter(|slot| slot.was_called()) {
        slot.task().kill();
    }
    Err(first)
}

fn live_entries(shape: &Shape) -> usize {
    let live = shape.entries.iter().filter(|entry| entry.flags == 0);
    live.fold(0, |count, _| count + 1)
}

fn find_root(pid: i32, log: &Log) -> Result<Task> {
    let root =
        Task::find(pid).ok_or_else(|| refuse!(log, ESRCH, None, "there is no process {}", pid))?;
    let group = Task::current().tgid();
    if root.tgid() == group {
        let why = "the task is one of the coordinator's process";
        return Err(refuse!(log, EINVAL, Some(&root), why));
    }
    // A child comes, or its death is told. Another task may never come.
    let is_child = root.parent().is_some_and(|parent| parent.tgid() == group);
    if !is_child || root.is_gone() {
        check_reachable(&root, log)?;
    }
    Ok(root)
}

/// Checks that a task lives, and that the caller may change it.
fn check_reachable(task: &Task, log: &Log) -> Result {
    let (error, why) = if task.is_gone() {
        (ESRCH, "the task is dead")
    } else if !task.may_attach() {
        (
            EPERM,
            "no permission to attach to the task, as ptrace(2) would need it",
        )
    } else {
        return Ok(());
    };
    Err(refuse!(log, error, Some(task), why))
}

/// Checks that the caller may restore onto these tasks, and that they have the shape of the image.
fn check_members(shape: &Shape, members: &[Arc<Slot>], coordinator: &Task, log: &Log) -> Result {
    for slot in members {
        let task = slot.task();
        check_reachable(task, log)?;
        if task.is_traced() {
            let why = "the task is being traced (ptrace)";
            return Err(refuse!(log, EBUSY, Some(task), why));
        }
    }
    for slot in members {
        supported::check_arrival(slot.task(), slot.left_over(), log)?;
    }
    let leader = coordinator.leader().ok_or(ESRCH)?;
    let task = |place: usize| members.get(place).map(|slot| slot.task());
    if let Some(difference) = shape.check_live(task, &leader)? {
        let what = difference.what;
        return Err(refuse!(log, EINVAL, task(difference.place), what));
    }
    // Only now are all threads of the members known to be here: none of them can have a filter installed
    // for the others any more (SECCOMP_FILTER_FLAG_TSYNC).
    for slot in members {
        supported::check_unconfined(slot.task(), log)?;
    }
    crate::sharing::check_restart(members.iter().map(|slot| slot.task()), log)
}
