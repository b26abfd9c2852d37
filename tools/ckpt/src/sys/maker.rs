// SPDX-License-Identifier: GPL-2.0-only

//! Making a tree of tasks: each makes its own children and then waits in the kernel to be restored.
//!
//! What is to be made is laid out in a shared mapping before the first clone3(2). From there on the
//! tasks run the few instructions of [`ckpt_maker_begin`], which use registers and that mapping only:
//! no stack, no allocator, no thread-local storage. So it does not matter which locks were held, a
//! thread needs no stack of its own, and a tree may be as deep as it likes. The first process drops
//! everything else of its memory, so that there is next to nothing for its descendants to copy.

use std::{
    arch::{
        asm,
        global_asm, //
    },
    ffi::{
        c_int,
        c_long, //
    },
    io,
    mem::offset_of,
    os::fd::{
        AsRawFd,
        BorrowedFd,
        FromRawFd,
        OwnedFd, //
    },
    ptr::{
        self,
        NonNull, //
    },
    sync::atomic::{
        AtomicU32,
        AtomicU64,
        Ordering, //
    },
    time::Duration,
};

use super::{
    check,
    pidfd,
    CLONE_INTO_CGROUP,
    NOT_RESTORED, //
};
use crate::uapi;

/// End of what can be mapped unless larger addresses are asked for.
const TASK_SIZE: usize = 0x7fff_ffff_f000;

const PAGE_SIZE: usize = ckpt_image::PAGE_SIZE as usize;

/// What a task does before it makes others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Act {
    /// It is no thread: it has to die with its parent.
    pub is_process: bool,
    /// It leads a session.
    pub new_session: bool,
    /// Whoever makes it enters a new pid namespace for its children first.
    pub creator_unshares: bool,
}

/// A task that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Which task of the image it stands for.
    pub image_pid: i32,
    /// It only holds a pid.
    pub ghost: bool,
    /// Flags for clone3(2).
    pub clone_flags: u64,
    /// Signal to the parent at its end.
    pub exit_signal: i32,
    /// Its pids, as clone3(2) wants them; empty for any.
    pub set_tid: Vec<i32>,
    /// What it does first.
    pub act: Act,
    /// Whom it makes, as places in the list of orders.
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

#[repr(C)]
struct Range {
    start: usize,
    len: usize,
}

/// The start of the shared mapping.
#[repr(C)]
struct Header {
    /// Tasks that have not made all of theirs.
    remaining: AtomicU32,
    /// Changes when `remaining` becomes 0 or something fails.
    bell: AtomicU32,
    /// 0, or errno, step in bits 16 to 31, place + 1 in the upper half.
    failure: AtomicU64,
    device: c_int,
    nr_unmap: u32,
    /// What the first process does not need.
    unmap: [Range; 3],
    /// Whoever waits for the tasks: when it dies, so do they.
    watch: libc::pollfd,
}

const IS_PROCESS: u32 = 1 << 0;
const NEW_SESSION: u32 = 1 << 1;
const CREATOR_UNSHARES: u32 = 1 << 2;

const STEP_UNSHARE: u32 = 0;
const STEP_CLONE: u32 = 1;
const STEP_SESSION: u32 = 2;

/// One task, in the shared mapping.
#[repr(C)]
struct Block {
    args: libc::clone_args,
    request: uapi::Restart,
    /// The block of the first that it makes.
    first: u64,
    /// The block of the next that its maker makes.
    next: u64,
    flags: u32,
    place: u32,
}

extern "C" {
    /// Start of the code that runs in the made tasks. Wants the block in rbx and the header in r12.
    static ckpt_maker_begin: u8;
    /// The byte after it.
    static ckpt_maker_end: u8;
    /// Offset of the kernel's restartable sequence area from the thread pointer.
    static __rseq_offset: isize;
}

// rbx: own block; r12: header; r13: block of the task that is made; r14: what is being done.
// A system call changes rax, rcx and r11.
global_asm!(
    ".pushsection .text.ckpt_maker, \"ax\", @progbits",
    ".p2align 12",
    ".global ckpt_maker_begin",
    "ckpt_maker_begin:",
    // The first process: munmap() what it does not need.
    "lea r13, [r12 + {unmap}]",
    "mov r14d, [r12 + {nr_unmap}]",
    "20:",
    "test r14d, r14d",
    "jz 30f",
    "mov rdi, [r13]",
    "mov rsi, [r13 + 8]",
    "mov eax, {sys_munmap}",
    "syscall",
    "add r13, 16",
    "dec r14d",
    "jmp 20b",
    // Every task starts here.
    "30:",
    "test dword ptr [rbx + {flags}], {is_process}",
    "jz 40f",
    "mov edi, {pr_set_pdeathsig}",
    "mov esi, {sigkill}",
    "mov eax, {sys_prctl}",
    "syscall",
    // The parent may have died before that. It does not die alone: then the whole restart is over.
    "lea rdi, [r12 + {watch}]",
    "mov esi, 1",
    "xor edx, edx",
    "mov eax, {sys_poll}",
    "syscall",
    "test eax, eax",
    "jnz 90f",
    "test dword ptr [rbx + {flags}], {new_session}",
    "jz 40f",
    "mov eax, {sys_setsid}",
    "syscall",
    "mov r13, rbx",
    "mov r14d, {step_session}",
    "test rax, rax",
    "js 80f",
    // Those that it has to make.
    "40:",
    "mov r13, [rbx + {first}]",
    "50:",
    "test r13, r13",
    "jz 60f",
    "test dword ptr [r13 + {flags}], {creator_unshares}",
    "jz 55f",
    "mov edi, {clone_newpid}",
    "mov eax, {sys_unshare}",
    "syscall",
    "mov r14d, {step_unshare}",
    "test rax, rax",
    "js 80f",
    "55:",
    "lea rdi, [r13 + {args}]",
    "mov esi, {args_size}",
    "mov eax, {sys_clone3}",
    "syscall",
    "mov r14d, {step_clone}",
    "test rax, rax",
    "js 80f",
    "jz 58f",
    "mov r13, [r13 + {next}]",
    "jmp 50b",
    "58:",
    "mov rbx, r13",
    "jmp 30b",
    // All made: who is the last one rings.
    "60:",
    "lock dec dword ptr [r12 + {remaining}]",
    "jnz 70f",
    "lock inc dword ptr [r12 + {bell}]",
    "lea rdi, [r12 + {bell}]",
    "mov esi, {futex_wake}",
    "mov edx, 1",
    "mov eax, {sys_futex}",
    "syscall",
    "70:",
    "mov edi, [r12 + {device}]",
    "mov esi, {ioc_restart}",
    "lea rdx, [rbx + {request}]",
    "mov eax, {sys_ioctl}",
    "syscall",
    // Nothing but the freezer interrupts it.
    "cmp eax, -{eintr}",
    "je 70b",
    "jmp 90f",
    // rax is the negative errno of what was done for r13. Only the first failure counts.
    "80:",
    "neg eax",
    "shl r14d, 16",
    "or r14d, eax",
    "mov edx, [r13 + {place}]",
    "inc edx",
    "shl rdx, 32",
    "or rdx, r14",
    "xor eax, eax",
    "lock cmpxchg [r12 + {failure}], rdx",
    "lock inc dword ptr [r12 + {bell}]",
    "lea rdi, [r12 + {bell}]",
    "mov esi, {futex_wake}",
    "mov edx, 1",
    "mov eax, {sys_futex}",
    "syscall",
    "90:",
    "mov edi, {not_restored}",
    "mov eax, {sys_exit_group}",
    "syscall",
    "ud2",
    ".global ckpt_maker_end",
    "ckpt_maker_end:",
    ".popsection",
    unmap = const offset_of!(Header, unmap),
    nr_unmap = const offset_of!(Header, nr_unmap),
    watch = const offset_of!(Header, watch),
    remaining = const offset_of!(Header, remaining),
    bell = const offset_of!(Header, bell),
    failure = const offset_of!(Header, failure),
    device = const offset_of!(Header, device),
    args = const offset_of!(Block, args),
    args_size = const size_of::<libc::clone_args>(),
    request = const offset_of!(Block, request),
    first = const offset_of!(Block, first),
    next = const offset_of!(Block, next),
    flags = const offset_of!(Block, flags),
    place = const offset_of!(Block, place),
    is_process = const IS_PROCESS,
    new_session = const NEW_SESSION,
    creator_unshares = const CREATOR_UNSHARES,
    step_unshare = const STEP_UNSHARE,
    step_clone = const STEP_CLONE,
    step_session = const STEP_SESSION,
    clone_newpid = const libc::CLONE_NEWPID,
    pr_set_pdeathsig = const libc::PR_SET_PDEATHSIG,
    sigkill = const libc::SIGKILL,
    futex_wake = const libc::FUTEX_WAKE,
    eintr = const libc::EINTR,
    ioc_restart = const uapi::IOC_RESTART,
    not_restored = const NOT_RESTORED,
    sys_munmap = const libc::SYS_munmap,
    sys_prctl = const libc::SYS_prctl,
    sys_poll = const libc::SYS_poll,
    sys_setsid = const libc::SYS_setsid,
    sys_unshare = const libc::SYS_unshare,
    sys_clone3 = const libc::SYS_clone3,
    sys_futex = const libc::SYS_futex,
    sys_ioctl = const libc::SYS_ioctl,
    sys_exit_group = const libc::SYS_exit_group,
);

/// The shared mapping: header, blocks, pids.
#[derive(Debug)]
struct Area {
    start: NonNull<u8>,
    len: usize,
    nr_blocks: usize,
}

impl Area {
    fn new(nr_blocks: usize, nr_pids: usize) -> io::Result<Area> {
        let len = size_of::<Header>() + nr_blocks * size_of::<Block>() + nr_pids * size_of::<i32>();
        let len = len.next_multiple_of(PAGE_SIZE);
        // SAFETY: a new mapping at an address that the kernel chooses.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Area {
            start,
            len,
            nr_blocks,
        })
    }

    /// The header. Whatever tasks change in it is atomic, or for the kernel alone.
    fn header(&self) -> &Header {
        // SAFETY: the mapping begins with a header, which zeros make valid, and is there as long as
        // `self`.
        unsafe { self.start.cast().as_ref() }
    }

    fn block(&self, place: usize) -> *mut Block {
        debug_assert!(place < self.nr_blocks);
        let offset = size_of::<Header>() + place * size_of::<Block>();
        self.start.as_ptr().wrapping_add(offset).cast()
    }

    fn pid(&self, index: usize) -> *mut i32 {
        let offset = size_of::<Header>() + self.nr_blocks * size_of::<Block>();
        let offset = offset + index * size_of::<i32>();
        self.start.as_ptr().wrapping_add(offset).cast()
    }

    /// What is neither this nor the code that the tasks run.
    fn others(&self) -> [Range; 3] {
        let begin = (&raw const ckpt_maker_begin) as usize / PAGE_SIZE * PAGE_SIZE;
        let end = ((&raw const ckpt_maker_end) as usize).next_multiple_of(PAGE_SIZE);
        let start = self.start.as_ptr() as usize;
        let mut kept = [(begin, end), (start, start + self.len)];
        kept.sort_unstable();
        let [low, high] = kept;
        [(0, low.0), (low.1, high.0), (high.1, TASK_SIZE)].map(|(start, end)| Range {
            start,
            len: end - start,
        })
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own; tasks have theirs of the same memory.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

const _: () = assert!(size_of::<Header>() % 8 == 0 && size_of::<Block>() % 8 == 0);

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
    /// its own. They die with this process until the kernel has restored what they do then. Gives the
    /// root's pid and a pidfd, too.
    ///
    /// # Errors
    ///
    /// Those of clone3(2) for the root.
    pub fn start(
        orders: &[Order],
        device: BorrowedFd<'_>,
        cgroup: Option<BorrowedFd<'_>>,
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
            watch: libc::pollfd {
                fd: own.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            },
        };
        // SAFETY: the mapping begins with room for a header, and nobody else uses it yet.
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
        let limit = libc::timespec {
            tv_sec: limit.as_secs() as libc::time_t,
            tv_nsec: limit.subsec_nanos().into(),
        };
        // SAFETY: the kernel reads the word, which is there as long as `self`, and the time.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                &raw const self.area.header().bell,
                libc::FUTEX_WAIT,
                bell,
                &raw const limit,
            )
        };
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
    // SAFETY: clone3 succeeded with CLONE_PIDFD: `pidfd` is a new descriptor that nobody else owns.
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
    // SAFETY: the C library has set it before the program began, and nobody changes it.
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

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        os::fd::AsFd,
        time::Instant, //
    };

    use nix::sys::signal::SigSet;

    use super::*;
    use crate::sys::{
        fate,
        Fate, //
    };

    /// Makes tasks whose ioctl is refused, because this is not the device; gives how it went, the
    /// pid of the root and how that ended.
    fn stillborn(orders: &[Order]) -> io::Result<(State, i32, Fate)> {
        let null = File::open("/dev/null")?;
        let before = SigSet::all().thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_SETMASK)?;
        let started = Maker::start(orders, null.as_fd(), None);
        before.thread_set_mask()?;
        let (maker, pid, _pidfd) = started?;
        let limit = Instant::now() + Duration::from_secs(5);
        let state = loop {
            match maker.state() {
                State::Making(_, bell) if Instant::now() < limit => {
                    maker.nap(bell, Duration::from_millis(10));
                }
                state => break state,
            }
        };
        Ok((state, pid, fate(pid, true)?))
    }

    fn process(children: &[usize]) -> Order {
        Order {
            exit_signal: libc::SIGCHLD,
            act: Act {
                is_process: true,
                ..Act::default()
            },
            children: children.to_vec(),
            ..Order::default()
        }
    }

    const REFUSED: Fate = Fate::Exited(NOT_RESTORED as u8);

    #[test]
    fn a_task_that_is_not_restored_exits_with_its_own_status() {
        let mut leader = process(&[]);
        leader.act.new_session = true;
        for order in [process(&[]), leader] {
            let (state, _, fate) = stillborn(&[order]).unwrap();
            assert!(matches!(state, State::Done), "{state:?}");
            assert_eq!(fate, REFUSED);
        }
    }

    #[test]
    fn the_first_failure_names_the_task() {
        let mut orders = [process(&[1, 2]), process(&[]), process(&[])];
        // A signal handler that is shared without the memory.
        orders[2].clone_flags = libc::CLONE_SIGHAND as u64;
        let (state, _, fate) = stillborn(&orders).unwrap();
        let State::Failed(2, Step::Clone, error) = state else {
            panic!("{state:?}");
        };
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
        assert_eq!(fate, REFUSED);
    }

    #[test]
    fn a_pid_can_be_chosen_by_root_and_only_if_it_is_free() {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: not root");
            return;
        }
        let (_, free, _) = stillborn(&[process(&[])]).unwrap();
        let mut order = process(&[]);
        order.set_tid = vec![free];
        assert_eq!(stillborn(&[order.clone()]).unwrap().1, free);
        order.set_tid = vec![std::process::id() as i32];
        let error = stillborn(&[order.clone()]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EEXIST));
        let (state, ..) = stillborn(&[process(&[1]), order]).unwrap();
        assert!(
            matches!(state, State::Failed(1, Step::Clone, _)),
            "{state:?}"
        );
    }
}
