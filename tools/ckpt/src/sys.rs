// SPDX-License-Identifier: GPL-2.0-only

//! The system calls that no library wraps as the tools need them, and the only unsafe code of the tools.
//!
//! These are the ioctls of `/dev/ckpt`, the making of the tasks of a restart ([`maker`]), pidfds,
//! [`capabilities`], and signal dispositions. The callers decide what to call, and when. A call that a
//! signal has interrupted is not repeated here.

pub mod capabilities;
pub mod maker;

use std::{
    cell::Cell,
    ffi::{
        c_int,
        c_long, //
    },
    io,
    marker::PhantomData,
    os::fd::{
        AsRawFd,
        BorrowedFd,
        FromRawFd,
        OwnedFd, //
    },
    ptr,
    sync::atomic::{
        AtomicI32,
        Ordering, //
    },
};

use nix::{
    errno::Errno,
    poll::{
        poll,
        PollFd,
        PollFlags,
        PollTimeout, //
    },
    sched::{
        unshare,
        CloneFlags, //
    },
    sys::signal::SigSet,
};
use rustix::{
    io::{
        ioctl_fionread,
        pwritev2,
        ReadWriteFlags, //
    },
    process::{
        pidfd_open,
        waitid,
        waitpid,
        Pid,
        PidfdFlags,
        WaitId,
        WaitIdOptions,
        WaitOptions,
        WaitStatus, //
    },
    rand::{
        getrandom,
        GetRandomFlags, //
    },
};

use crate::uapi;

/// The ioctls, with the type of the argument of each.
mod ioctls {
    use std::ffi::c_int;

    use nix::{
        ioctl_none_bad,
        ioctl_read_bad,
        ioctl_write_ptr_bad, //
    };

    use crate::uapi;

    ioctl_read_bad!(info, uapi::IOC_INFO, uapi::Info);
    ioctl_write_ptr_bad!(checkpoint, uapi::IOC_CHECKPOINT, uapi::Checkpoint);
    ioctl_write_ptr_bad!(capture, uapi::IOC_CAPTURE, uapi::Checkpoint);
    ioctl_write_ptr_bad!(freeze, uapi::IOC_FREEZE, uapi::Freeze);
    ioctl_write_ptr_bad!(signal, uapi::IOC_SIGNAL, uapi::Signal);
    ioctl_write_ptr_bad!(write, uapi::IOC_WRITE, uapi::Write);
    ioctl_write_ptr_bad!(restart, uapi::IOC_RESTART, uapi::Restart);
    ioctl_read_bad!(outq, libc::TIOCOUTQ, c_int);
    ioctl_none_bad!(notty, libc::TIOCNOTTY);
}

/// Exit status of a child whose restart did not even begin, or that the kernel let return.
pub const NOT_RESTORED: c_int = 111;

/// Be born into the cgroup that `clone_args.cgroup` names. The constant of libc is too narrow.
const CLONE_INTO_CGROUP: u64 = 1 << 33;

fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Asks what the module can do.
pub fn info(device: BorrowedFd<'_>) -> io::Result<uapi::Info> {
    let mut info = uapi::Info {
        size: size_of::<uapi::Info>() as u32,
        abi: 0,
        format: 0,
        unpriv_allowed: 0,
        features: 0,
        image_incompat: 0,
        image_compat: 0,
        max_tasks: 0,
        nr_symbols: 0,
        release: [0; 64],
    };
    // SAFETY: the kernel writes at most `size` bytes, the size of the structure, and any bytes make
    // a valid `Info`.
    unsafe { ioctls::info(device.as_raw_fd(), &raw mut info) }?;
    Ok(info)
}

/// CKPT_IOC_CHECKPOINT, or CKPT_IOC_CAPTURE when `capture` is set. Gives the id. The table takes the
/// place of what `request` says about one. Why it has failed goes to `report`.
pub fn checkpoint(
    device: BorrowedFd<'_>,
    capture: bool,
    mut request: uapi::Checkpoint,
    inherit: &[uapi::Inherit],
    report: &mut uapi::Error,
) -> io::Result<i32> {
    *report = uapi::Error::NOTHING;
    request.error = ptr::from_mut(report) as u64;
    request.size = size_of::<uapi::Checkpoint>() as u32;
    request.nr_inherit = inherit.len() as u32;
    request.inherit = inherit.as_ptr() as u64;
    let call = if capture {
        ioctls::capture
    } else {
        ioctls::checkpoint
    };
    // SAFETY: the kernel reads `size` bytes of the request, and `nr_inherit` entries of a table, and writes
    // to the report. Both are borrowed until it returns.
    Ok(unsafe { call(device.as_raw_fd(), &raw const request) }?)
}

/// CKPT_IOC_FREEZE. Gives how many processes there are.
pub fn freeze(
    device: BorrowedFd<'_>,
    mut request: uapi::Freeze,
    report: &mut uapi::Error,
) -> io::Result<usize> {
    *report = uapi::Error::NOTHING;
    request.size = size_of::<uapi::Freeze>() as u32;
    request.error = ptr::from_mut(report) as u64;
    // SAFETY: the kernel reads the structure, which is as long as `size` says, and writes to the report,
    // which is borrowed until it returns.
    let count = unsafe { ioctls::freeze(device.as_raw_fd(), &raw const request) }?;
    Ok(count as usize)
}

/// CKPT_IOC_SIGNAL.
pub fn signal_saved(
    device: BorrowedFd<'_>,
    mut request: uapi::Signal,
    report: &mut uapi::Error,
) -> io::Result<()> {
    *report = uapi::Error::NOTHING;
    request.size = size_of::<uapi::Signal>() as u32;
    request.error = ptr::from_mut(report) as u64;
    // SAFETY: the kernel reads the structure, which is as long as `size` says, and writes to the report,
    // which is borrowed until it returns.
    unsafe { ioctls::signal(device.as_raw_fd(), &raw const request) }?;
    Ok(())
}

/// CKPT_IOC_WRITE.
pub fn write(device: BorrowedFd<'_>, mut request: uapi::Write) -> io::Result<()> {
    request.size = size_of::<uapi::Write>() as u32;
    // SAFETY: the kernel only reads the structure, which is as long as `size` says.
    unsafe { ioctls::write(device.as_raw_fd(), &raw const request) }?;
    Ok(())
}

/// CKPT_IOC_RESTART of a coordinator: `request.pid` is not 0. The slices take the place of what
/// `request` says about them. Pids that are 0 are known afterwards.
///
/// # Errors
///
/// EINVAL when `request.pid` is 0: that would replace this very program.
pub fn restart(
    device: BorrowedFd<'_>,
    mut request: uapi::Restart,
    head: &[u8],
    inherit: &[uapi::Inherit],
    pids: &mut [uapi::PidMap],
    report: &mut uapi::Error,
) -> io::Result<()> {
    *report = uapi::Error::NOTHING;
    request.error = ptr::from_mut(report) as u64;
    if request.pid == 0 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    request.size = size_of::<uapi::Restart>() as u32;
    request.head = head.as_ptr() as u64;
    request.head_len = head.len() as u64;
    request.inherit = inherit.as_ptr() as u64;
    request.nr_inherit = inherit.len() as u32;
    request.pids = pids.as_mut_ptr() as u64;
    request.nr_pids = pids.len() as u32;
    // SAFETY: the kernel reads the request, as long as `size` says, and the three slices, and writes
    // to the last of them and to the report. They are borrowed until it returns.
    unsafe { ioctls::restart(device.as_raw_fd(), &raw const request) }?;
    Ok(())
}

/// A number that a process can have.
fn number(pid: i32) -> io::Result<Pid> {
    let number = Some(pid).filter(|pid| *pid > 0).and_then(Pid::from_raw);
    number.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))
}

/// Opens a pidfd for a process.
///
/// # Errors
///
/// ESRCH when there is no such process, EINVAL or ENOENT when the number is that of another thread.
pub fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    Ok(pidfd_open(number(pid)?, PidfdFlags::empty())?)
}

/// Sends a signal, or the null signal, which rustix cannot, to exactly the process that a pidfd names.
pub fn signal(pidfd: BorrowedFd<'_>, signal: c_int) -> io::Result<()> {
    pidfd_signal(pidfd, signal, 0)
}

/// Sends one to the process group that is named after the process.
pub fn signal_group(pidfd: BorrowedFd<'_>, signal: c_int) -> io::Result<()> {
    const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2;
    pidfd_signal(pidfd, signal, PIDFD_SIGNAL_PROCESS_GROUP)
}

fn pidfd_signal(pidfd: BorrowedFd<'_>, signal: c_int, flags: u32) -> io::Result<()> {
    // SAFETY: pidfd_send_signal takes numbers and, here, no siginfo.
    check(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            ptr::null::<libc::siginfo_t>(),
            flags,
        )
    })
    .map(|_| ())
}

/// Whether there is something to read; of a pidfd: whether the process has ended.
pub fn is_readable(fd: BorrowedFd<'_>) -> bool {
    is_ready(fd, PollFlags::POLLIN)
}

/// Whether a descriptor can be used now, or has no other end any more. What cannot be found out is not so.
pub fn is_ready(fd: BorrowedFd<'_>, events: PollFlags) -> bool {
    let mut watch = [PollFd::new(fd, events)];
    loop {
        match poll(&mut watch, PollTimeout::ZERO) {
            Err(Errno::EINTR) => {}
            result => return result.is_ok_and(|count| count != 0),
        }
    }
}

/// Whether the caller of this command has given it the descriptor of this number: one that is open, and that
/// execve(2) would not have closed.
pub fn is_inherited(fd: i32) -> bool {
    // SAFETY: fcntl takes numbers here.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) }.into());
    flags.is_ok_and(|flags| flags & c_long::from(libc::FD_CLOEXEC) == 0)
}

/// Writes to a pipe or socket what it takes at once.
///
/// # Errors
///
/// `EAGAIN` when it takes nothing now, `EOPNOTSUPP` when only a write that may wait can be had.
pub fn write_now(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // Where it stands, as write(2).
    const HERE: u64 = u64::MAX;
    let bytes = [io::IoSlice::new(bytes)];
    Ok(pwritev2(fd, &bytes, HERE, ReadWriteFlags::NOWAIT)?)
}

/// Another descriptor for the open file behind one of this command's, by its number, which may be that of
/// none: a `BorrowedFd` would say that it is open.
pub fn duplicate(fd: i32) -> io::Result<OwnedFd> {
    // SAFETY: fcntl takes numbers here.
    let fd = check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) }.into())?;
    // SAFETY: the call succeeded: the descriptor is new and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// How many bytes of what was written to a pipe, or to a socket, the other end has not taken yet.
pub fn untaken(fd: BorrowedFd<'_>, is_socket: bool) -> io::Result<usize> {
    if !is_socket {
        // A pipe tells that at its writing end, too.
        return Ok(ioctl_fionread(fd)? as usize);
    }
    let mut bytes: c_int = 0;
    // SAFETY: the request writes one int.
    unsafe { ioctls::outq(fd.as_raw_fd(), &raw mut bytes) }?;
    Ok(usize::try_from(bytes).unwrap_or_default())
}

/// Goes on as two processes: the child, for which this gives 0, is the init of a new pid namespace.
pub fn fork_init() -> io::Result<i32> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    fork()
}

thread_local! {
    /// Threads that this one has started and that have not ended.
    static THREADS: Cell<u32> = const { Cell::new(0) };
}

/// As long as this lives another thread may run, and nothing is forked.
#[derive(Debug)]
pub struct Threaded(PhantomData<*const ()>);

impl Threaded {
    /// To be had before a thread is started, and kept by the one that starts it.
    pub fn begin() -> Threaded {
        THREADS.with(|count| count.set(count.get() + 1));
        Threaded(PhantomData)
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        THREADS.with(|count| count.set(count.get() - 1));
    }
}

/// Goes on as two processes; gives 0 to the child.
///
/// # Errors
///
/// `EDEADLK` while there is another thread ([`Threaded`]): it might hold a lock that the child needs.
pub fn fork() -> io::Result<i32> {
    if THREADS.get() != 0 {
        return Err(io::Error::from_raw_os_error(libc::EDEADLK));
    }
    // SAFETY: the commands have no second thread now: the child may do whatever it likes.
    check(unsafe { libc::fork() }.into()).map(|pid| pid as i32)
}

/// Ends at once, whatever has been left to be done at an exit: that is for the process that this one
/// is a copy of.
pub fn leave(status: c_int) -> ! {
    // SAFETY: _exit takes a number.
    unsafe { libc::_exit(status) }
}

/// Closes this descriptor and all above it, whichever part owns them: for a child that needs none of them.
pub fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: close_range takes numbers. The use of one of these descriptors afterwards gives EBADF.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(|_| ())
}

/// The last signal that a handler of [`catch`] saw, or 0.
static CAME: AtomicI32 = AtomicI32::new(0);

extern "C" fn note(signal: c_int) {
    CAME.store(signal, Ordering::SeqCst);
}

/// Sets what a signal does, if `handler` says what, and gives what it did. It may be a real-time signal, of
/// which nix knows none.
fn action(signal: c_int, handler: Option<libc::sighandler_t>) -> io::Result<libc::sighandler_t> {
    // SAFETY: a `sigaction` is plain data, for which zero is valid: no flags, an empty mask.
    let (mut action, mut before): (libc::sigaction, libc::sigaction) =
        unsafe { std::mem::zeroed() };
    let mut new = ptr::null();
    if let Some(handler) = handler {
        action.sa_sigaction = handler;
        new = &raw const action;
    }
    // SAFETY: `handler` is SIG_DFL, SIG_IGN or `note`, which only stores to an atomic, as a signal
    // handler may. Nothing is written but the disposition and `before`.
    check(unsafe { libc::sigaction(signal, new, &raw mut before) }.into())?;
    Ok(before.sa_sigaction)
}

/// From now on a signal interrupts system calls, none of which is taken up again, and [`came`] tells
/// of it.
pub fn catch(signal: c_int) -> io::Result<()> {
    let note = note as extern "C" fn(c_int) as libc::sighandler_t;
    action(signal, Some(note)).map(|_| ())
}

/// Gives a signal the effect that it has by default.
pub fn reset(signal: c_int) -> io::Result<()> {
    action(signal, Some(libc::SIG_DFL)).map(|_| ())
}

/// From now on a signal does nothing.
pub fn ignore(signal: c_int) -> io::Result<()> {
    action(signal, Some(libc::SIG_IGN)).map(|_| ())
}

/// A number that cannot be guessed.
pub fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    // So few come at once.
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}

/// The last signal that was caught, or 0; `forget` makes it 0.
pub fn came(forget: bool) -> c_int {
    if forget {
        CAME.swap(0, Ordering::SeqCst)
    } else {
        CAME.load(Ordering::SeqCst)
    }
}

/// Sends a signal to this thread. Returns when it is blocked, caught or ignored.
pub fn raise(signal: c_int) {
    // SAFETY: raise takes a number; what a signal does was decided by its disposition.
    unsafe { libc::raise(signal) };
}

/// Takes a signal out of the mask of this thread.
pub fn unblock(signal: c_int) {
    let mut set: libc::sigset_t = *SigSet::empty().as_ref();
    // SAFETY: both calls take a number and a set, which lives until they return.
    unsafe {
        libc::sigaddset(&raw mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
    }
}

/// Whether a signal is ignored, as nohup(1) leaves SIGHUP.
pub fn is_ignored(signal: c_int) -> bool {
    action(signal, None).is_ok_and(|handler| handler == libc::SIG_IGN)
}

/// Gives up the controlling terminal, as the leader of its session: TIOCNOTTY. The SIGHUP that comes of
/// that is not for this command.
pub fn give_up_terminal(tty: BorrowedFd<'_>) -> io::Result<()> {
    let before = action(libc::SIGHUP, Some(libc::SIG_IGN))?;
    // SAFETY: the call has no argument.
    let given_up = unsafe { ioctls::notty(tty.as_raw_fd()) };
    action(libc::SIGHUP, Some(before))?;
    given_up?;
    Ok(())
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing new.
    Same,
    /// It was stopped by this signal.
    Stopped(c_int),
    /// It exited with this status.
    Exited(u8),
    /// This signal killed it.
    Killed(c_int),
}

impl From<WaitStatus> for Fate {
    fn from(status: WaitStatus) -> Fate {
        if let Some(status) = status.exit_status() {
            Fate::Exited(status as u8)
        } else if let Some(signal) = status.terminating_signal() {
            Fate::Killed(signal)
        } else if let Some(signal) = status.stopping_signal() {
            Fate::Stopped(signal)
        } else {
            Fate::Same
        }
    }
}

/// All children are meant, whatever signal their ends are told by.
const ALL: u32 = libc::__WALL as u32;

/// What is asked of children. (That of nix gives an error for one that a real-time signal has killed.)
const CHANGES: WaitOptions = WaitOptions::UNTRACED.union(WaitOptions::from_bits_retain(ALL));

/// Asks what became of a child, without waiting unless `block` is set. One that has exited or been killed
/// is gone after this.
pub fn fate(pid: i32, block: bool) -> io::Result<Fate> {
    let mut options = CHANGES;
    options.set(WaitOptions::NOHANG, !block);
    let news = waitpid(Some(number(pid)?), options)?;
    Ok(news.map_or(Fate::Same, |(_, status)| status.into()))
}

/// Asks what became of any child, without waiting; gives its pid, too, which is 0 for nothing new.
///
/// # Errors
///
/// ECHILD when there is none.
pub fn any_fate() -> io::Result<(i32, Fate)> {
    let news = rustix::process::wait(CHANGES | WaitOptions::NOHANG)?;
    Ok(news.map_or((0, Fate::Same), |(pid, status)| {
        (pid.as_raw_pid(), status.into())
    }))
}

/// Whether this process has any child.
pub fn has_children() -> bool {
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::All, ended | WaitIdOptions::from_bits_retain(ALL)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        os::fd::AsFd, //
    };

    use super::*;

    #[test]
    fn nothing_is_forked_beside_another_thread() {
        let threaded = Threaded::begin();
        assert_eq!(fork().unwrap_err().raw_os_error(), Some(libc::EDEADLK));
        drop(threaded);
        match fork().unwrap() {
            0 => leave(0),
            pid => assert_eq!(fate(pid, true).unwrap(), Fate::Exited(0)),
        }
    }

    #[test]
    fn what_this_command_has_opened_is_not_inherited() {
        let own = File::open("/dev/null").unwrap();
        assert!(is_inherited(0) && !is_inherited(own.as_raw_fd()));
        assert!(!is_inherited(i32::MAX));
    }

    #[test]
    fn a_coordinator_is_not_replaced_by_mistake() {
        let null = File::open("/dev/null").unwrap();
        let request = uapi::Restart::NOTHING;
        let mut report = uapi::Error::NOTHING;
        let error = restart(null.as_fd(), request, &[], &[], &mut [], &mut report).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    }
}
