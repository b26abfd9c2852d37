// SPDX-License-Identifier: GPL-2.0-only

//! Who takes part in a restart, whose turn it is, and how it ends.
//!
//! The coordinator reads the head of the image, claims the tasks that are to be restored, hands the
//! turn down the array of pids, verifies the end of the image and lets everybody go. Tasks and
//! coordinator may arrive in any order. All waits end with a fatal signal, that of the coordinator
//! for the tasks to be restored with any, and system suspend may freeze them. The first error ends the restart for all: whoever takes part is killed.
//!
//! Lock order: [`Restart::stream`] before [`Restart::state`]. No lock is held while waiting.

use kernel::{
    new_mutex, new_spinlock,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        SpinLock, //
    },
};

use ckpt_image::record::TreeEntry;

use crate::{
    log::{
        refuse,
        Log, //
    },
    restart::{
        Leave,
        Stream, //
    },
    stream::ImageSource,
    sys::{
        errno,
        file::File,
        me,
        task::Task,
        wait::WaitQueue, //
    },
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
    pub(crate) inherit: KVVec<(i32, File)>,
    /// Saved pid and live pid.
    pub(crate) pids: KVVec<(i32, i32)>,
    /// `cgroup.freeze` of the cgroup that is to be frozen before anybody goes.
    pub(crate) freeze: Option<File>,
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
    /// The image was complete: tasks go.
    Leaving,
    /// It has failed: tasks die.
    Failed(Error),
}

struct State {
    phase: Phase,
    /// Place in the array of the task whose turn it is; all before it are restored.
    turn: usize,
    /// Tasks that have gone.
    left: usize,
}

/// A restart in progress.
#[pin_data]
pub(crate) struct Restart {
    /// The image. Held by the task whose turn it is, and by the coordinator at the end.
    #[pin]
    stream: Mutex<Stream>,
    #[pin]
    state: SpinLock<State>,
    #[pin]
    wait: WaitQueue,
    members: KVVec<Task>,
    inherit: KVVec<(i32, File)>,
    log: Arc<Log>,
}

/// All restarts that tasks can arrive at.
#[pin_data]
pub(crate) struct Restarts {
    #[pin]
    list: SpinLock<KVec<Arc<Restart>>>,
    #[pin]
    arrivals: WaitQueue,
}

impl Restarts {
    /// None yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Restarts {
            list <- new_spinlock!(KVec::new()),
            arrivals <- WaitQueue::new(c"ckpt arrivals", kernel::static_lock_class!()),
        })
    }

    /// Waits until a coordinator claims the caller.
    ///
    /// # Errors
    ///
    /// `EINTR` when a signal comes first.
    fn claimed(&self, me: &Task) -> Result<(Arc<Restart>, usize)> {
        self.arrivals.wait_interruptible(|| {
            self.list.lock().iter().find_map(|restart| {
                let place = restart.place_of(me)?;
                Some((restart.clone(), place))
            })
        })
    }

    fn is_claimed(&self, task: &Task) -> bool {
        self.list
            .lock()
            .iter()
            .any(|restart| restart.place_of(task).is_some())
    }

    fn add(&self, restart: &Arc<Restart>) -> Result {
        loop {
            let mut room = {
                let mut list = self.list.lock();
                if list.push_within_capacity(restart.clone()).is_ok() {
                    break;
                }
                list.len()
            };
            room = room.saturating_add(8);
            let mut bigger = KVec::with_capacity(room, GFP_KERNEL)?;
            let mut list = self.list.lock();
            while let Some(one) = list.pop() {
                if bigger.push_within_capacity(one).is_err() {
                    break;
                }
            }
            core::mem::swap(&mut *list, &mut bigger);
        }
        self.arrivals.wake();
        Ok(())
    }

    fn remove(&self, restart: &Arc<Restart>) {
        let removed = {
            let mut list = self.list.lock();
            let place = list.iter().position(|one| Arc::ptr_eq(one, restart));
            place.and_then(|place| list.remove(place).ok())
        };
        // Dropped without the lock.
        drop(removed);
    }
}

impl Restart {
    fn place_of(&self, task: &Task) -> Option<usize> {
        self.members.iter().position(|one| one.key() == task.key())
    }

    fn fail(&self, error: Error) -> Error {
        let first = {
            let mut state = self.state.lock();
            if let Phase::Failed(first) = state.phase {
                first
            } else {
                state.phase = Phase::Failed(error);
                error
            }
        };
        self.wait.wake();
        first
    }

    /// Waits until `ready`, or until the restart has failed.
    fn until(&self, ready: impl Fn(&State) -> bool) -> Result {
        self.wait.wait(|| {
            let state = self.state.lock();
            match state.phase {
                Phase::Failed(error) => Some(Err(error)),
                _ if ready(&state) => Some(Ok(())),
                _ => None,
            }
        })?
    }

    /// The same for the coordinator, until `done` is the number of members; it also looks for members
    /// that have died.
    fn all_done<'a>(
        &'a self,
        done: impl Fn(&State) -> usize + 'a,
    ) -> impl FnMut() -> Option<Result> + 'a {
        move || {
            let count = {
                let state = self.state.lock();
                if let Phase::Failed(error) = state.phase {
                    return Some(Err(error));
                }
                done(&state)
            };
            if count == self.members.len() {
                return Some(Ok(()));
            }
            let waited_for = self.members.get(count..).unwrap_or(&[]);
            waited_for.iter().find(|task| task.is_gone()).map(|task| {
                Err(refuse!(
                    self.log,
                    ESRCH,
                    Some(task),
                    "the task died before it was restored"
                ))
            })
        }
    }

    fn advance(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.wait.wake();
    }

    /// What the coordinator does when the members are claimed.
    fn conduct(&self, freeze: Option<&File>) -> Result {
        // Any signal ends the restart as long as nobody has gone: that is what ctrl-C is for.
        self.wait
            .wait_interruptible(self.all_done(|state| state.turn))??;
        self.stream.lock().finish(&self.log)?;
        if let Some(freeze) = freeze {
            let mut position = 0;
            freeze
                .write_all(b"1\n", &mut position)
                .map_err(|error| refuse!(self.log, error, None, "the cgroup cannot be frozen"))?;
        }
        self.advance(|state| {
            if state.phase == Phase::Restoring {
                state.phase = Phase::Leaving;
            }
        });
        self.wait.wait(self.all_done(|state| state.left))?
    }

    /// What a member does: restores itself when it is its turn, and goes when all may go.
    fn take_part(&self, place: usize, device: &File) -> Result {
        me::detach_user_memory();
        self.until(|state| state.turn == place)?;
        let leave: Leave = {
            let mut stream = self.stream.lock();
            stream.restore_task(&self.log, &self.inherit, device)?
        };
        self.advance(|state| state.turn = place.saturating_add(1));
        self.until(|state| state.phase == Phase::Leaving)?;
        leave.enter(device)?;
        self.advance(|state| state.left = state.left.saturating_add(1));
        Ok(())
    }
}

/// The coordinator's call: restores the tree below `request.pid`, a child of the caller.
///
/// # Errors
///
/// `ESRCH` when there is no such child or a task dies, `EBUSY` when a task is traced or taken by
/// another restart, `EBADMSG` for a malformed image, `EINTR` when the caller gets a signal, and what
/// restoring gives. Every task that took part has been killed then.
pub(crate) fn coordinate(restarts: &Restarts, request: Request) -> Result<isize> {
    let log = request.log.clone();
    let source = ImageSource::new(request.file, request.head);
    let (stream, entries) = Stream::open(source, &log)?;
    let members = find_members(restarts, request.pid, &request.pids, &entries, &log)?;
    let restart = Arc::pin_init(
        pin_init!(Restart {
            stream <- new_mutex!(stream),
            state <- new_spinlock!(State {
                phase: Phase::Restoring,
                turn: 0,
                left: 0,
            }),
            wait <- WaitQueue::new(c"ckpt restart", kernel::static_lock_class!()),
            members,
            inherit: request.inherit,
            log,
        }),
        GFP_KERNEL_ACCOUNT,
    )?;
    restarts.add(&restart)?;
    let result = restart.conduct(request.freeze.as_ref());
    restarts.remove(&restart);
    match result {
        Ok(()) => Ok(0),
        Err(error) => {
            let first = restart.fail(error);
            for task in restart.members.iter() {
                task.kill();
            }
            Err(first)
        }
    }
}

/// The live tasks that stand for those of the image.
fn find_members(
    restarts: &Restarts,
    root: i32,
    pids: &[(i32, i32)],
    entries: &[TreeEntry],
    log: &Log,
) -> Result<KVVec<Task>> {
    let mut members = KVVec::new();
    for (place, entry) in entries.iter().enumerate() {
        let mapped = pids.iter().find(|(saved, _)| *saved == entry.pid);
        // The root is the one that the caller names, whatever its number was.
        let pid = match mapped {
            Some((_, live)) => *live,
            None if place == 0 => root,
            None => entry.pid,
        };
        let task = Task::find(pid)
            .ok_or_else(|| refuse!(log, ESRCH, None, "there is no process {}", pid))?;
        check_member(restarts, &task, log)?;
        members.push(task, GFP_KERNEL_ACCOUNT)?;
    }
    if members.first().is_none_or(|first| first.pid() != root) {
        return Err(refuse!(
            log,
            ESRCH,
            None,
            "the map of pids gives another process than {} for the root of the image",
            root
        ));
    }
    Ok(members)
}

fn check_member(restarts: &Restarts, task: &Task, log: &Log) -> Result {
    let me = Task::current();
    let is_child = task
        .parent()
        .is_some_and(|parent| parent.tgid() == me.tgid());
    let (error, why) = if !is_child {
        (ESRCH, "the task is not a child of the coordinator")
    } else if task.is_gone() {
        (ESRCH, "the task is dead")
    } else if !task.may_attach() {
        (
            EPERM,
            "no permission to attach to the task, as ptrace(2) would need it",
        )
    } else if task.is_traced() {
        (EBUSY, "the task is being traced (ptrace)")
    } else if task.nr_threads() != 1 {
        (EBUSY, "the task has more than one thread")
    } else if restarts.is_claimed(task) {
        (EBUSY, "the task takes part in another restart")
    } else {
        return Ok(());
    };
    Err(refuse!(log, error, Some(task), "{}", why))
}

/// The call of a task that is to be restored. It does not return to where it was called from: it
/// goes on in the saved context, or it is killed.
///
/// # Errors
///
/// `EINTR` when a signal comes before a coordinator claims the caller.
pub(crate) fn take_part(restarts: &Restarts, device: &File) -> Result<isize> {
    let me = Task::current();
    let (restart, place) = restarts.claimed(&me)?;
    match restart.take_part(place, device) {
        Ok(()) => Ok(0),
        Err(error) => {
            restart.fail(error);
            me.kill();
            Err(EINTR)
        }
    }
}

/// Restores an image of one task onto the caller.
///
/// # Errors
///
/// Those of the head of the image; when anything after it fails the caller is killed.
pub(crate) fn onto_self(request: Request) -> Result<isize> {
    let log = &request.log;
    let me = Task::current();
    if me.nr_threads() != 1 {
        return Err(refuse!(
            log,
            EBUSY,
            Some(&me),
            "the caller has more than one thread"
        ));
    }
    let source = ImageSource::new(request.file, request.head);
    let (mut stream, entries) = Stream::open(source, log)?;
    if entries.len() != 1 {
        return Err(refuse!(
            log,
            errno::eopnotsupp(),
            None,
            "RESTART_TASKSELF: the image holds {} tasks",
            entries.len()
        ));
    }
    me::detach_user_memory();
    let result = stream
        .restore_task(log, &request.inherit, &request.device)
        .and_then(|leave| {
            stream.finish(log)?;
            leave.enter(&request.device)
        });
    match result {
        Ok(()) => Ok(0),
        Err(error) => {
            me.kill();
            Err(error)
        }
    }
}
