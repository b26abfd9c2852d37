// SPDX-License-Identifier: GPL-2.0-only

//! /dev/ckpt: decodes a call, decides whether the caller may make it, and hands it on.

use kernel::{
    ioctl::_IO,
    new_mutex,
    prelude::*,
    rbtree::RBTree,
    sync::{
        Arc,
        Mutex, //
    },
};

use crate::{
    arrival::Gathering,
    checkpoint::{
        self,
        Captured, //
    },
    claims::{
        Claim,
        Shared, //
    },
    coordinator::{
        self,
        Restart, //
    },
    freeze::{
        self,
        Frozen, //
    },
    inherited::Inherited,
    kept::{
        self,
        Kept, //
    },
    log::{
        refuse,
        Log,
        Reason, //
    },
    onto_self,
    saving,
    sys::{
        self,
        bindings,
        device::Device,
        errno,
        file::File,
        freezer,
        pidfd,
        symbols,
        sysctl,
        task::Task,
        user, //
    },
    task::supported,
    tree, //
};

const MAGIC: u32 = bindings::CKPT_IOC_MAGIC;
const INFO: u32 = _IO(MAGIC, 0);
const CHECKPOINT: u32 = _IO(MAGIC, 1);
const RESTART: u32 = _IO(MAGIC, 2);
const CAPTURE: u32 = _IO(MAGIC, 3);
const WRITE: u32 = _IO(MAGIC, 4);
const FREEZE: u32 = _IO(MAGIC, 5);
const SIGNAL: u32 = _IO(MAGIC, 6);

/// Captures that one open file may keep.
const MAX_CAPTURES: usize = 16;

/// One open device.
#[pin_data]
pub(crate) struct Handle {
    shared: Arc<Shared>,
    #[pin]
    captures: Mutex<KVec<Captured>>,
    #[pin]
    frozen: Mutex<Option<Frozen>>,
    /// What the last checkpoint with CHECKPOINT_KEEP has saved.
    #[pin]
    kept: Mutex<Option<Kept>>,
    #[pin]
    gathering: Gathering,
}

impl Device for Handle {
    type Shared = Shared;

    fn open(shared: Arc<Shared>) -> impl PinInit<Self, Error> {
        try_pin_init!(Handle {
            shared,
            captures <- new_mutex!(KVec::new()),
            frozen <- new_mutex!(None),
            kept <- new_mutex!(None),
            gathering <- Gathering::new(),
        })
    }

    fn ioctl(self: Pin<&Self>, device: File, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            INFO => info(arg),
            CHECKPOINT => self.checkpoint(arg, device),
            CAPTURE => self.capture(arg, device),
            WRITE => self.write(arg),
            FREEZE => self.freeze(arg),
            SIGNAL => self.signal(arg),
            RESTART => self.restart(arg, device),
            _ => Err(ENOTTY),
        }
    }

    fn compat_ioctl(self: Pin<&Self>, device: File, cmd: u32, arg: usize) -> Result<isize> {
        // A 32-bit program can neither be saved nor restored yet.
        match cmd {
            INFO => self.ioctl(device, cmd, arg),
            CHECKPOINT | CAPTURE | WRITE | FREEZE | SIGNAL | RESTART => Err(errno::eopnotsupp()),
            _ => Err(ENOTTY),
        }
    }
}

/// The two verbs and what each needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Checkpoint,
    Restart,
}

/// Applies the sysctl `kernel.ckpt_unpriv_allowed`.
fn check_allowed(verb: Verb) -> Result {
    let allowed = match sysctl::unpriv_allowed() {
        0 => false,
        1 => verb == Verb::Checkpoint,
        _ => true,
    };
    if allowed || sysctl::is_admin() {
        Ok(())
    } else {
        Err(EPERM)
    }
}

fn open_log(fd: i32) -> Result<Arc<Log>> {
    let file = if fd == bindings::CKPT_FD_NONE {
        None
    } else {
        Some(writable(fd)?)
    };
    Log::new(file)
}

/// Does something that may fail, and tells the caller why it has, if `error` is the address of a place for
/// that.
fn reporting(
    error: u64,
    logfd: i32,
    call: impl FnOnce(&Arc<Log>) -> Result<isize>,
) -> Result<isize> {
    let log = open_log(logfd)?;
    call(&log).inspect_err(|_| {
        let address = usize::try_from(error).unwrap_or(0);
        if address != 0 {
            // A place that cannot be written changes nothing of what has happened.
            let _ = user::size(address, MIN_ERROR)
                .and_then(|room| user::write(address, &log.report(), room));
        }
    })
}

/// A descriptor that the kernel can write to: `EBADF` when it is not open for that, `EINVAL` when
/// its kind of file can be written from user memory only.
fn writable(fd: i32) -> Result<File> {
    let file = File::get(fd)?;
    if !file.is_writable() {
        Err(EBADF)
    } else if !file.takes_kernel_memory() {
        Err(EINVAL)
    } else {
        Ok(file)
    }
}

/// `cgroup.freeze` of a cgroup. It is written to when the device is closed, too, by any process: a file that
/// asks for the rights of the writer, or means the writer, will not do.
fn cgroup_file(fd: i32) -> Result<File> {
    let file = writable(fd)?;
    match freezer::is_cgroup_file(&file) {
        true => Ok(file),
        false => Err(EINVAL),
    }
}

/// Where an image is written.
fn image_file(fd: i32, log: &Log) -> Result<File> {
    writable(fd).inspect_err(|error| {
        refuse!(
            log,
            *error,
            None,
            "no image can be written to descriptor {}",
            fd
        );
    })
}

/// The same for reading.
fn readable(fd: i32) -> Result<File> {
    let file = File::get(fd)?;
    if !file.is_readable() {
        Err(EBADF)
    } else if !file.gives_kernel_memory() {
        Err(EINVAL)
    } else {
        Ok(file)
    }
}

fn info(arg: usize) -> Result<isize> {
    let asked: bindings::ckpt_info = user::read(arg, 8)?;
    let mut features = u64::from(
        bindings::CKPT_FEATURE_CAPTURE
            | bindings::CKPT_FEATURE_FROZEN
            | bindings::CKPT_FEATURE_FREEZE
            | bindings::CKPT_FEATURE_SIGNAL,
    );
    if symbols::has(c"do_mseal") {
        features |= u64::from(bindings::CKPT_FEATURE_MSEAL);
    }
    let mut info = bindings::ckpt_info {
        size: size_of::<bindings::ckpt_info>() as u32,
        abi: bindings::CKPT_ABI_VERSION,
        format: ckpt_image::FORMAT,
        unpriv_allowed: sysctl::unpriv_allowed(),
        features,
        image_incompat: ckpt_image::incompat::KNOWN,
        image_compat: ckpt_image::compat::KNOWN,
        max_tasks: ckpt_image::limits::TASKS,
        nr_symbols: symbols::count(),
        ..Default::default()
    };
    let release = crate::sys::bindings::build_id::KERNEL_RELEASE
        .trim_end()
        .as_bytes();
    let room = info.release.len().saturating_sub(1);
    for (to, from) in info.release.iter_mut().take(room).zip(release) {
        *to = *from;
    }
    user::write(arg, &info, asked.size as usize)?;
    Ok(0)
}

/// Smallest `ckpt_checkpoint`, `ckpt_write`, `ckpt_freeze`, `ckpt_signal`, `ckpt_error` and `ckpt_restart`
/// that there have been, in bytes.
const MIN_CHECKPOINT: usize = 32;
const MIN_WRITE: usize = 24;
const MIN_FREEZE: usize = 24;
const MIN_SIGNAL: usize = 40;
const MIN_ERROR: usize = 32;
const MIN_RESTART: usize = 64;

impl Handle {
    fn checkpoint(&self, arg: usize, device: File) -> Result<isize> {
        let args: bindings::ckpt_checkpoint = user::read(arg, MIN_CHECKPOINT)?;
        check_allowed(Verb::Checkpoint)?;
        reporting(args.error, args.logfd, |log| {
            if args.flags & bindings::CHECKPOINT_CHECK != 0 {
                return self.check_tree(&args, log, device);
            }
            let file = image_file(args.fd, log)?;
            self.with_root(&args, log, device, Some(&file), |root, request| {
                let captured = checkpoint::capture(root, request, log)?;
                let kept = match args.flags & bindings::CHECKPOINT_KEEP {
                    0 => None,
                    _ => Some(captured.kept()?),
                };
                captured.write(&file, log)?;
                if kept.is_some() {
                    // What was kept before is given back without the lock.
                    let before = core::mem::replace(&mut *self.kept.lock(), kept);
                    drop(before);
                }
                Ok(captured.id)
            })
        })
    }

    fn capture(&self, arg: usize, device: File) -> Result<isize> {
        let args: bindings::ckpt_checkpoint = user::read(arg, MIN_CHECKPOINT)?;
        check_allowed(Verb::Checkpoint)?;
        reporting(args.error, args.logfd, |log| {
            let others = bindings::CHECKPOINT_KEEP | bindings::CHECKPOINT_CHECK;
            if args.fd != bindings::CKPT_FD_NONE || args.flags & others != 0 {
                return Err(EINVAL);
            }
            if self.captures.lock().len() >= MAX_CAPTURES {
                return Err(refuse!(
                    log,
                    EBUSY,
                    None,
                    "this open device keeps {} captures already: write or release one",
                    MAX_CAPTURES
                ));
            }
            self.with_root(&args, log, device, None, |root, request| {
                let captured = checkpoint::capture(root, request, log)?;
                let id = captured.id;
                log.say(fmt!("captured {} bytes", captured.bytes()));
                self.captures.lock().push(captured, GFP_KERNEL_ACCOUNT)?;
                Ok(id)
            })
        })
    }

    /// Tells all that stands in the way of a checkpoint; gives how much that is.
    fn check_tree(
        &self,
        args: &bindings::ckpt_checkpoint,
        log: &Arc<Log>,
        device: File,
    ) -> Result<isize> {
        if args.fd != bindings::CKPT_FD_NONE || args.flags & bindings::CHECKPOINT_KEEP != 0 {
            return Err(EINVAL);
        }
        self.with_root(args, log, device, None, |root, request| {
            let obstacles = checkpoint::check(root, request, log)?;
            Ok(i32::try_from(obstacles).unwrap_or(i32::MAX))
        })
    }

    /// What all calls about a checkpoint have in common. `what` is done while no other caller saves the tree.
    fn with_root(
        &self,
        args: &bindings::ckpt_checkpoint,
        log: &Arc<Log>,
        device: File,
        image: Option<&File>,
        what: impl FnOnce(&Task, &saving::Request) -> Result<i32>,
    ) -> Result<isize> {
        checkpoint::check_flags(args.flags, log)?;
        if args.flags & bindings::CHECKPOINT_RESTARTABLE != 0 {
            check_allowed(Verb::Restart).inspect_err(|error| {
                refuse!(
                    log,
                    *error => Reason::Credentials,
                    None,
                    "the caller could not restart the tree: kernel.ckpt_unpriv_allowed is below 2"
                );
            })?;
        }
        let pidfd = match args.flags & bindings::CHECKPOINT_PIDFD {
            0 if args.pidfd != 0 => return Err(EINVAL),
            0 => None,
            _ => Some(File::get(args.pidfd)?),
        };
        if args.reserved != 0 {
            return Err(EINVAL);
        }
        let mut request = saving::Request {
            pid: args.pid,
            pidfd,
            flags: args.flags,
            inherit: external_fds(args.inherit, args.nr_inherit)?,
            copy_pages: image.is_none() && args.flags & bindings::CHECKPOINT_CHECK == 0,
            device,
            image: image.cloned(),
            id: 0,
        };
        let root = checkpoint::find_root(&request, log)?;
        // A caller that may not save it cannot keep others from saving it either.
        tree::check_access(&root, log)?;
        let leader = root.leader().ok_or(ESRCH)?;
        let _claim = Claim::take(&self.shared, &leader, log)?;
        request.id = self.shared.next_id();
        Ok(what(&root, &request)? as isize)
    }

    fn write(&self, arg: usize) -> Result<isize> {
        let args: bindings::ckpt_write = user::read(arg, MIN_WRITE)?;
        if args.flags != 0 || args.reserved != 0 {
            return Err(EINVAL);
        }
        let log = open_log(args.logfd)?;
        let file = match args.fd {
            bindings::CKPT_FD_NONE => None,
            fd => Some(image_file(fd, &log)?),
        };
        let captured = {
            let mut captures = self.captures.lock();
            let place = captures.iter().position(|captured| captured.id == args.id);
            captures.remove(place.ok_or(ENOENT)?).map_err(|_| ENOENT)?
        };
        if let Some(file) = file {
            captured.write(&file, &log)?;
        }
        Ok(0)
    }

    fn signal(&self, arg: usize) -> Result<isize> {
        let args: bindings::ckpt_signal = user::read(arg, MIN_SIGNAL)?;
        check_allowed(Verb::Checkpoint)?;
        let request = kept::Request {
            signal: args.signal,
            timeout: args.timeout,
            reap: args.reap,
        };
        if args.flags != 0 || args.reserved != 0 || !request.is_valid() {
            return Err(EINVAL);
        }
        reporting(args.error, args.logfd, |log| {
            let mut kept = {
                let mut place = self.kept.lock();
                let found = place.take_if(|kept| kept.id() == args.id);
                found.ok_or(ENOENT)?
            };
            let sent = kept.send(&request, log);
            if sent.is_err() {
                // It can be waited for once more, unless something else has been saved.
                self.kept.lock().get_or_insert(kept);
            }
            sent.map(|()| 0)
        })
    }

    fn freeze(&self, arg: usize) -> Result<isize> {
        let args: bindings::ckpt_freeze = user::read(arg, MIN_FREEZE)?;
        check_allowed(Verb::Checkpoint)?;
        if args.flags != 0 {
            return Err(EINVAL);
        }
        reporting(args.error, args.logfd, |log| self.freeze_tree(&args, log))
    }

    fn freeze_tree(&self, args: &bindings::ckpt_freeze, log: &Log) -> Result<isize> {
        let full = || {
            refuse!(
                log,
                EBUSY,
                None,
                "this open device holds a frozen tree already: close it first"
            )
        };
        if self.frozen.lock().is_some() {
            return Err(full());
        }
        let pidfd = File::get(args.pidfd)?;
        if !pidfd::is_one(&pidfd) {
            return Err(EBADF);
        }
        let cgroup = match args.cgroup_fd {
            bindings::CKPT_FD_NONE => None,
            fd => Some(cgroup_file(fd)?),
        };
        let root = pidfd::task_of(&pidfd)
            .and_then(|task| task.leader())
            .ok_or_else(|| refuse!(log, ESRCH, None, "the process has gone"))?;
        let request = freeze::Request {
            root,
            cgroup,
            timeout: args.timeout,
        };
        let frozen = Frozen::new(request, self.shared.held.clone(), log)?;
        let count = frozen.processes() as isize;
        // Another call may have been first; what is not kept is let go without the lock.
        let mut place = self.frozen.lock();
        if place.is_none() {
            *place = Some(frozen);
            return Ok(count);
        }
        drop(place);
        drop(frozen);
        Err(full())
    }

    fn restart(&self, arg: usize, device: File) -> Result<isize> {
        let args: bindings::ckpt_restart = user::read(arg, MIN_RESTART)?;
        let reserved = bindings::RESTART_KEEP_LSM | bindings::RESTART_CONN_RESET;
        let onto_self = args.flags & bindings::RESTART_TASKSELF != 0;
        let is_ghost = args.flags & bindings::RESTART_GHOST != 0;
        // What each kind of caller may ask for.
        let terms = bindings::RESTART_CHANGED_FILES
            | bindings::RESTART_CLOCKS_BACK
            | bindings::RESTART_INHERIT_ALL;
        let known = match args.pid {
            0 if onto_self => bindings::RESTART_TASKSELF | terms,
            0 => bindings::RESTART_GHOST,
            _ => bindings::RESTART_FROZEN | terms,
        };
        if args.flags & !(known | reserved) != 0
            || args.reserved != 0
            || args.image_pid < 0
            || (args.image_pid != 0 && (args.pid != 0 || onto_self))
        {
            return Err(EINVAL);
        }
        if args.flags & reserved != 0 {
            return Err(errno::eopnotsupp());
        }
        let me = Task::current();
        if me.has_seccomp() {
            supported::check_unconfined(&me, &*open_log(args.logfd)?)?;
        }
        if args.pid == 0 && !onto_self {
            // What the task is to become a coordinator says, which is asked. The task may have given its
            // capabilities up by now.
            return self.gathering.arrive(args.image_pid, is_ghost, &device);
        }
        check_allowed(Verb::Restart)?;
        reporting(args.error, args.logfd, |log| {
            let request = coordination(&args, device, log.clone())?;
            if onto_self {
                return onto_self::restart(request);
            }
            coordinator::coordinate(&self.gathering, request, |restart, asked| {
                tell_pids(args.pids, asked, restart)
            })?;
            Ok(0)
        })
    }
}

/// The numbers of the descriptors that are not part of the image.
fn external_fds(address: u64, count: u32) -> Result<KVVec<i32>> {
    if count > bindings::CKPT_MAX_INHERIT {
        return Err(E2BIG);
    }
    let mut fds = KVVec::new();
    for (image_fd, fd) in user::read_pairs(address, count)?.iter() {
        if *image_fd < 0 || *fd != 0 || fds.contains(image_fd) {
            return Err(EINVAL);
        }
        fds.push(*image_fd, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(fds)
}

/// Fills the live pids in that the caller of a restart does not know.
fn tell_pids(address: u64, asked: &[(i32, i32)], restart: &Restart) -> Result {
    /// Pairs between two looks at signals.
    const SIGNALS: usize = 4096;
    if asked.iter().all(|(_, pid)| *pid != 0) {
        return Ok(());
    }
    let mut known = RBTree::new();
    for (image_pid, task) in restart.pids() {
        known.try_create_and_insert(image_pid, task.pid(), GFP_KERNEL_ACCOUNT)?;
    }
    for (index, (image_pid, pid)) in asked.iter().enumerate() {
        if index % SIGNALS == 0 {
            sys::check_signal()?;
        }
        if let (0, Some(live)) = (*pid, known.get(image_pid)) {
            user::write_pair(address, index, (*image_pid, *live))?;
        }
    }
    Ok(())
}

fn coordination(
    args: &bindings::ckpt_restart,
    device: File,
    log: Arc<Log>,
) -> Result<coordinator::Request> {
    if args.head_len > u64::from(bindings::CKPT_MAX_HEAD)
        || args.nr_inherit > bindings::CKPT_MAX_INHERIT
        || args.nr_pids > bindings::CKPT_MAX_PIDS
    {
        return Err(E2BIG);
    }
    let freeze = match args.flags & bindings::RESTART_FROZEN {
        0 => None,
        _ => {
            let file = writable(args.cgroup_fd)?;
            freeze::check_cgroup(&file, &log)?;
            Some(file)
        }
    };
    let mut inherit = Inherited::new(args.flags & bindings::RESTART_INHERIT_ALL != 0);
    for (image_fd, fd) in user::read_pairs(args.inherit, args.nr_inherit)?.iter() {
        inherit.add(*image_fd, File::get(*fd)?)?;
    }
    Ok(coordinator::Request {
        pid: args.pid,
        file: readable(args.fd)?,
        head: user::read_bytes(args.head, args.head_len as usize)?,
        inherit,
        pids: user::read_pairs(args.pids, args.nr_pids)?,
        freeze,
        changed_files: args.flags & bindings::RESTART_CHANGED_FILES != 0,
        clocks_back: args.flags & bindings::RESTART_CLOCKS_BACK != 0,
        device,
        log,
    })
}
