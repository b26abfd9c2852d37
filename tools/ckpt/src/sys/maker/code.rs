// SPDX-License-Identifier: GPL-2.0-only

//! The code that the made tasks run, and the shared mapping that it uses.

use std::{
    arch::global_asm,
    ffi::c_int,
    io,
    mem::offset_of,
    ptr::{
        self,
        NonNull, //
    },
    sync::atomic::{
        AtomicU32,
        AtomicU64, //
    },
};

use crate::{
    sys::{
        capabilities::{
            self,
            Word, //
        },
        NOT_RESTORED, //
    },
    uapi, //
};

/// End of what can be mapped unless larger addresses are asked for.
const TASK_SIZE: usize = 0x7fff_ffff_f000;

const PAGE_SIZE: usize = ckpt_image::PAGE_SIZE as usize;

/// A part of an address space.
#[repr(C)]
pub struct Range {
    pub start: usize,
    pub len: usize,
}

/// The start of the shared mapping.
#[repr(C)]
pub struct Header {
    /// Tasks that have not made all of theirs.
    pub remaining: AtomicU32,
    /// Changes when `remaining` becomes 0 or something fails.
    pub bell: AtomicU32,
    /// 0, or errno, step in bits 16 to 31, place + 1 in the upper half.
    pub failure: AtomicU64,
    pub device: c_int,
    pub nr_unmap: u32,
    /// What the first process does not need.
    pub unmap: [Range; 3],
    /// What each task gives to capset(2) when it has made its own.
    pub capabilities: [Word; 2],
    pub own: capabilities::Header,
    /// Whether it does.
    pub gives_up: u64,
    /// The process that waits for the tasks: when it dies, so do they.
    pub watch: libc::pollfd,
}

pub const IS_PROCESS: u32 = 1 << 0;
pub const NEW_SESSION: u32 = 1 << 1;
pub const CREATOR_UNSHARES: u32 = 1 << 2;

pub const STEP_UNSHARE: u32 = 0;
pub const STEP_CLONE: u32 = 1;
pub const STEP_SESSION: u32 = 2;
pub const STEP_CAPABILITIES: u32 = 3;

/// One task, in the shared mapping.
#[repr(C)]
pub struct Block {
    pub args: libc::clone_args,
    pub request: uapi::Restart,
    /// The block of the first that it makes.
    pub first: u64,
    /// The block of the next that its maker makes.
    pub next: u64,
    pub flags: u32,
    pub place: u32,
}

extern "C" {
    /// Start of the code that runs in the made tasks. Wants the block in rbx and the header in r12.
    pub static ckpt_maker_begin: u8;
    /// The byte after it.
    static ckpt_maker_end: u8;
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
    // All made: what choosing their pids needed may be more than the image has.
    "60:",
    "cmp dword ptr [r12 + {gives_up}], 0",
    "je 65f",
    "lea rdi, [r12 + {own}]",
    "lea rsi, [r12 + {capabilities}]",
    "mov eax, {sys_capset}",
    "syscall",
    "mov r13, rbx",
    "mov r14d, {step_capabilities}",
    "test rax, rax",
    "js 80f",
    // The last one rings.
    "65:",
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
    gives_up = const offset_of!(Header, gives_up),
    own = const offset_of!(Header, own),
    capabilities = const offset_of!(Header, capabilities),
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
    step_capabilities = const STEP_CAPABILITIES,
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
    sys_capset = const libc::SYS_capset,
    sys_ioctl = const libc::SYS_ioctl,
    sys_exit_group = const libc::SYS_exit_group,
);

/// The shared mapping: header, blocks, pids.
#[derive(Debug)]
pub struct Area {
    pub start: NonNull<u8>,
    pub len: usize,
    pub nr_blocks: usize,
}

impl Area {
    /// Maps room for so many blocks and pids, all zero.
    pub fn new(nr_blocks: usize, nr_pids: usize) -> io::Result<Area> {
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
    pub fn header(&self) -> &Header {
        // SAFETY: the mapping begins with a header, which zeros make valid, and is there as long as
        // `self`.
        unsafe { self.start.cast().as_ref() }
    }

    /// Address of a block.
    pub fn block(&self, place: usize) -> *mut Block {
        debug_assert!(place < self.nr_blocks);
        let offset = size_of::<Header>() + place * size_of::<Block>();
        self.start.as_ptr().wrapping_add(offset).cast()
    }

    /// Address of a pid.
    pub fn pid(&self, index: usize) -> *mut i32 {
        let offset = size_of::<Header>() + self.nr_blocks * size_of::<Block>();
        let offset = offset + index * size_of::<i32>();
        self.start.as_ptr().wrapping_add(offset).cast()
    }

    /// What is neither this nor the code that the tasks run.
    pub fn others(&self) -> [Range; 3] {
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
