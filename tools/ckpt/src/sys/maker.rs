// SPDX-License-Identifier: GPL-2.0-only

//! Making a tree of tasks: each makes its own children and then waits in the kernel to be restored.
//!
//! What is to be made is laid out in a shared mapping before the first clone3(2). From there on the
//! tasks run the few instructions of [`code`], which use registers and that mapping only:
//! no stack, no allocator, no thread-local storage. So it does not matter which locks were held, a
//! thread needs no stack of its own, and a tree may be as deep as it likes. The first process drops
//! everything else of its memory, so that there is next to nothing for its descendants to copy.

mod code;
#[cfg(test)]
mod tests;

use std::{
    arch::asm,
    ffi::{
        c_int,
        c_long, //
    },
    io,
    os::fd::{
        AsRawFd,
        BorrowedFd,
        FromRawFd,
        OwnedFd, //
    },
    sync::atomic::Ordering,
    time::Duration,
};

use rustix::thread::futex::{
    self,
    Flags, //
};

use self::code::{
    ckpt_maker_begin,
    Area,
    Block,
    Header,
    CREATOR_UNSHARES,
    IS_PROCESS,
    NEW_SESSION,
    STEP_CAPABILITIES,
    STEP_CLONE,
    STEP_UNSHARE, //
};
use super::{
    capabilities::{
        self,
        Capabilities, //
    },
    check,
    pidfd,
    CLONE_INTO_CGROUP, //
};
use crate::uapi;

/// What a task does before it makes others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Act {
    /// The task is no thread: it has to die with its parent.
    pub is_process: bool,
    /// The task leads a session.
    pub new_session: bool,
    /// Its maker enters a new pid namespace for its children first.
    pub creator_unshares: bool,
}

/// A task that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Which task of the image it stands for.
    pub image_pid: i32,
    /// The task only holds a pid.
    pub ghost: bool,
    /// Flags for clone3(2).
    pub clone_flags: u64,
    /// Signal to the parent at its end.
    pub exit_signal: i32,
    /// Its pids, as clone3(2) wants them; empty for any.
    pub set_tid: Vec<i32>,
    /// What it does first.
    pub act: Act,
    /// The tasks that it makes, as places in the list of orders.
    pub children: Vec<usize>,
}

/// What failed while tasks were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Entering a new pid namespace for the task.
    Unshare,
    /// Making the task.
    Clone,
    /// Having it lead a session.
    Session,
    /// Having it give up capabilities.
    Capabilities,
}

/// How far the making of a tree is.
#[derive(Debug)]
pub enum State {
    /// So many are still at it, the second number changes when that may be over.
    Making(u32, u32),
    /// All tasks are made.
    Done,
    /// One could not be made: its place, what failed, and why.
    Failed(usize, Step, io::Error),
}

extern "C" {
    /// Offset of the kernel's restartable sequence area from the thread pointer.
    static __rseq_offset: isize;
}

/// A tree that is being made.
#[derive(Debug)]
pub struct Maker {
    area: Area,
    /// Watched by the tasks through the descriptor that they inherit.
    _own: OwnedFd,
}

impl Maker {
    /// Has the tree made, of which the first order is the root; its making goes on when this returns.
    /// All signals have to be blocked, and stay so in the tasks. The root is a child of this process,
    /// in the cgroup whose directory is given, and each task enters CKPT_IOC_RESTART when it has made
    /// its own, with no more than the capabilities `kept`, if they are given. They die with this process
    /// until the kernel has restored what they do then. Gives the root's pid and a pidfd, too.
    ///
    /// # Errors
    ///
    /// Those of clone3(2) for the root.
    pub fn start(
        orders: &[Order],
        device: BorrowedFd<'_>,
        cgroup: Option<BorrowedFd<'_>>,
        kept: Option<Capabilities>,
    ) -> io::Result<(Maker, i32, OwnedFd)> {
        let own = pidfd(std::process::id() as i32)?;
        let nr_pids = orders.iter().map(|order| order.set_tid.len()).sum();
        let area = Area::new(orders.len(), nr_pids)?;
        let mut pids = 0;
        for (place, (order, next)) in orders.iter().zip(followers(orders)).enumerate() {
            pids = write(&area, place, order, next, pids);
        }
        let forks = |order: &Order| order.clone_flags & libc::CLONE_VM as u64 == 0;
        // For one process alone it is not worth it.
        let lean = orders.iter().filter(|order| forks(order)).count() > 1 && forget_rseq();
        let header = Header {
            remaining: (orders.len() as u32).into(),
            bell: 0.into(),
            failure: 0.into(),
            device: device.as_raw_fd(),
            nr_unmap: if lean { 3 } else { 0 },
            unmap: area.others(),
            capabilities: kept.unwrap_or_default().words(),
            own: capabilities::OWN,
            gives_up: kept.is_some().into(),
            watch: libc::pollfd {
                fd: own.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            },
        };
        // SAFETY: the mapping begins with room for a header, and nothing else uses it yet.
        unsafe { area.start.cast().write(header) };
        let (pid, pidfd) = first(&area, cgroup)?;
        Ok((Maker { area, _own: own }, pid, pidfd))
    }

    /// How far it is.
    pub fn state(&self) -> State {
        let header = self.area.header();
        let bell = header.bell.load(Ordering::SeqCst);
        let failure = header.failure.load(Ordering::SeqCst);
        if failure != 0 {
            let step = match (failure >> 16) as u16 as u32 {
                STEP_UNSHARE => Step::Unshare,
                STEP_CLONE => Step::Clone,
                STEP_CAPABILITIES => Step::Capabilities,
                _ => Step::Session,
            };
            let error = io::Error::from_raw_os_error((failure & 0xffff) as i32);
            return State::Failed((failure >> 32) as usize - 1, step, error);
        }
        match header.remaining.load(Ordering::SeqCst) {
            0 => State::Done,
            remaining => State::Making(remaining, bell),
        }
    }

    /// Sleeps until the bell is another one, a signal comes or the time is over.
    pub fn nap(&self, bell: u32, limit: Duration) {
        let limit = futex::Timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: limit.subsec_nanos().into(),
        };
        // However it ends: the caller looks again.
        let _ = futex::wait(&self.area.header().bell, Flags::empty(), bell, Some(&limit));
    }
}

/// Which orders the maker of each goes on with after it.
fn followers(orders: &[Order]) -> Vec<Option<usize>> {
    let mut next = vec![None; orders.len()];
    for order in orders {
        for pair in order.children.windows(2) {
            if let [one, other] = *pair {
                next[one] = Some(other);
            }
        }
    }
    next
}

/// Writes the block of one order; gives the number of pids that the area holds then.
fn write(area: &Area, place: usize, order: &Order, next: Option<usize>, nr_pids: usize) -> usize {
    // SAFETY: a `clone_args` is plain numbers, for which zero is a value with a meaning: nothing.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = order.clone_flags;
    args.exit_signal = order.exit_signal as u64;
    args.set_tid_size = order.set_tid.len() as u64;
    if !order.set_tid.is_empty() {
        args.set_tid = area.pid(nr_pids) as u64;
    }
    for (index, pid) in order.set_tid.iter().enumerate() {
        // SAFETY: the area has room for the pids of all orders, of which `nr_pids` come before.
        unsafe { area.pid(nr_pids + index).write(*pid) };
    }
    let flag = |is_set, bit| if is_set { bit } else { 0 };
    let address = |place: Option<usize>| place.map_or(0, |place| area.block(place) as u64);
    let block = Block {
        args,
        request: uapi::Restart {
            size: size_of::<uapi::Restart>() as u32,
            flags: flag(order.ghost, uapi::RESTART_GHOST),
            image_pid: order.image_pid,
            ..uapi::Restart::NOTHING
        },
        first: address(order.children.first().copied()),
        next: address(next),
        flags: flag(order.act.is_process, IS_PROCESS)
            | flag(order.act.new_session, NEW_SESSION)
            | flag(order.act.creator_unshares, CREATOR_UNSHARES),
        place: place as u32,
    };
    // SAFETY: the area has room for a block of each order.
    unsafe { area.block(place).write(block) };
    nr_pids + order.set_tid.len()
}

/// Makes the first process, which makes the others; gives its pid and a pidfd.
fn first(area: &Area, cgroup: Option<BorrowedFd<'_>>) -> io::Result<(i32, OwnedFd)> {
    let mut pidfd: c_int = -1;
    // SAFETY: the first block has been written, and is only read from now on.
    let mut args = unsafe { (*area.block(0)).args };
    args.flags |= libc::CLONE_PIDFD as u64;
    args.pidfd = &raw mut pidfd as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: without CLONE_VM and with no stack of its own the child is a copy of this process, as
    // after fork; `args` and what it points to live until the call returns.
    let result = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw const args,
            size_of::<libc::clone_args>(),
        )
    };
    if result == 0 {
        // SAFETY: this is the child. The code that it goes to wants the first block and the header,
        // which every task has at the same address, and does not come back.
        unsafe {
            asm!(
                "mov rbx, {block}",
                "jmp {begin}",
                block = in(reg) area.block(0),
                begin = sym ckpt_maker_begin,
                in("r12") area.start.as_ptr(),
                options(noreturn),
            )
        }
    }
    let pid = check(result)? as i32;
    // SAFETY: clone3 succeeded with CLONE_PIDFD: `pidfd` is a new descriptor that nothing else owns.
    Ok((pid, unsafe { OwnedFd::from_raw_fd(pidfd) }))
}

/// The signature that the C library gives its restartable sequences on x86.
const RSEQ_SIGNATURE: u32 = 0x5305_3053;

/// Keeps the kernel from writing to the thread-local storage of this thread, and of those that it
/// makes, when they go to another processor: there will be none. Tells whether that is so.
fn forget_rseq() -> bool {
    const UNREGISTER: c_int = 1;
    // Entries of the auxiliary vector: AT_RSEQ_FEATURE_SIZE and AT_RSEQ_ALIGN.
    const AUXV: [libc::c_ulong; 2] = [27, 28];
    // SAFETY: getauxval takes a number.
    let [size, align] = AUXV.map(|entry| unsafe { libc::getauxval(entry) } as usize);
    let grown = size.next_multiple_of(align.max(1));
    let thread: usize;
    // SAFETY: on x86-64 the word at the thread pointer is the thread pointer itself.
    unsafe { asm!("mov {}, fs:0", out(reg) thread, options(nostack, readonly)) };
    // SAFETY: the C library has set it before the program began, and nothing changes it.
    let area = thread.wrapping_add_signed(unsafe { __rseq_offset });
    // Its length is that of the first version unless there is more in it.
    [32, grown].into_iter().any(|len| {
        // SAFETY: the kernel forgets an area if it is this one. The C library then looks the
        // processor up by a system call.
        let result: c_long =
            unsafe { libc::syscall(libc::SYS_rseq, area, len, UNREGISTER, RSEQ_SIGNATURE) };
        result == 0
    })
}
