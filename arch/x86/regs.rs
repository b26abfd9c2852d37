// SPDX-License-Identifier: GPL-2.0-only

//! General registers, and the restart of interrupted system calls.

use kernel::{
    error::to_result,
    prelude::*, //
};

use ckpt_image::{
    limits,
    record::{
        Cpu,
        Thread, //
    },
};

use crate::sys::{
    bindings,
    file::File,
    task::Task, //
};

/// Flags that user mode may have: CF PF AF ZF SF TF DF OF NT RF AC ID, as ptrace(2) allows
/// (arch/x86/kernel/ptrace.c, FLAG_MASK).
const FLAGS: u64 = 0x0001
    | 0x0004
    | 0x0010
    | 0x0040
    | 0x0080
    | 0x0100
    | 0x0400
    | 0x0800
    | 0x4000
    | 0x1_0000
    | 0x4_0000
    | 0x20_0000;
/// Interrupts on, and the bit that is always set.
const FLAGS_SET: u64 = 0x0200 | 0x0002;
/// A single step that was asked for by a tracer must not outlive it.
const TRAP: u64 = 0x0100;

const USER_CS: u64 = 0x33;
const USER_DS: u64 = 0x2b;

const NT_PRSTATUS: u32 = 1;

const ENOSYS: i64 = 38;
/// Result of a system call that goes on with a restart block (include/linux/errno.h).
const ERESTART_RESTARTBLOCK: i64 = 516;

/// What ptrace(2) calls the general registers (`struct user_regs_struct`).
#[repr(C)]
#[derive(Default)]
struct UserRegs {
    cpu: [u64; 21],
    fs_base: u64,
    gs_base: u64,
    ds: u64,
    es: u64,
    fs: u64,
    gs: u64,
}

/// The registers of a task that stands still, or of the caller as it entered its system call.
///
/// # Errors
///
/// `ESRCH` when the task has been killed, `EIO` when it is none of 64 bits.
pub(crate) fn get(task: &Task) -> Result<(Cpu, Thread)> {
    let mut regs = UserRegs::default();
    // SAFETY: The buffer has the size that is said; the task is off its processor or the caller.
    let n = unsafe {
        bindings::ckpt_get_regset(
            task.raw(),
            NT_PRSTATUS,
            core::ptr::from_mut(&mut regs).cast(),
            size_of::<UserRegs>() as u32,
        )
    };
    to_result(n.min(0))?;
    if n != size_of::<UserRegs>() as i32 {
        return Err(EIO);
    }
    let [r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss] =
        regs.cpu;
    let cpu = Cpu {
        r15,
        r14,
        r13,
        r12,
        bp,
        bx,
        r11,
        r10,
        r9,
        r8,
        ax,
        cx,
        dx,
        si,
        di,
        orig_ax,
        ip,
        cs,
        flags,
        sp,
        ss,
    };
    let mut tls = [0u64; 3];
    // SAFETY: The array has the three entries that the function fills.
    unsafe { bindings::ckpt_get_tls(task.raw(), tls.as_mut_ptr()) };
    let thread = Thread {
        fsbase: regs.fs_base,
        gsbase: regs.gs_base,
        ds: regs.ds as u16,
        es: regs.es as u16,
        fs: regs.fs as u16,
        gs: regs.gs as u16,
        tls,
        reserved: 0,
    };
    Ok((cpu, thread))
}

/// Whether the registers are those of a task in the middle of a system call, which no saved state
/// can resume.
pub(crate) fn is_inside_syscall(cpu: &Cpu) -> bool {
    was_in_syscall(cpu) && cpu.ax as i64 == -ENOSYS
}

/// Whether the task had been interrupted in a system call, not in user mode.
pub(crate) fn was_in_syscall(cpu: &Cpu) -> bool {
    cpu.orig_ax as i64 >= 0
}

/// Whether the interrupted system call goes on with a restart block.
pub(crate) fn wants_restart_block(cpu: &Cpu) -> bool {
    was_in_syscall(cpu) && cpu.ax as i64 == -ERESTART_RESTARTBLOCK
}

/// What is wrong with registers from an image.
pub(crate) fn problem(cpu: &Cpu) -> Option<&'static str> {
    let orig_ax = cpu.orig_ax as i64;
    if cpu.ip >= limits::ADDRESS {
        Some("ip is no user address")
    } else if cpu.cs != USER_CS {
        Some("cs is not the selector of 64-bit user code")
    } else if cpu.ss != USER_DS && cpu.ss != 0 {
        Some("ss is not the selector of user data")
    } else if cpu.flags & !(FLAGS | FLAGS_SET) != 0 {
        Some("flags that user mode may not have")
    } else if !(-1..=i64::from(u32::MAX)).contains(&orig_ax) {
        Some("orig_ax is no system call number")
    } else if is_inside_syscall(cpu) {
        Some("registers are those of the middle of a system call")
    } else {
        None
    }
}

/// Sets the result of the caller's system call on its way to user mode. Whatever ioctl(2) itself
/// returns is cut to 32 bits, and a task that was interrupted in user mode may have anything in that
/// register.
///
/// The work runs before signals are looked at, and so before the kernel decides whether an
/// interrupted system call is restarted.
#[repr(C)]
pub(crate) struct LateResult {
    // First: the kernel knows the whole by the address of this.
    head: bindings::callback_head,
    ax: usize,
    /// Keeps the module loaded until this code has returned: dropping the last reference only queues
    /// another work, which is none of ours.
    device: File,
}

// SAFETY: The work is handed over whole to the task that runs it.
unsafe impl Send for LateResult {}

impl LateResult {
    /// Allocates it, because when it is needed nothing may fail any more.
    pub(crate) fn new(device: File) -> Result<KBox<Self>> {
        let head = bindings::callback_head {
            next: core::ptr::null_mut(),
            func: Some(Self::run),
        };
        Ok(KBox::new(
            LateResult {
                head,
                ax: 0,
                device,
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// # Safety
    ///
    /// `head` is that of a `LateResult` which [`set`] gave to the kernel.
    unsafe extern "C" fn run(head: *mut bindings::callback_head) {
        // SAFETY: The head is the first field of a box that is given back here.
        let this = unsafe { KBox::from_raw(head.cast::<Self>()) };
        // SAFETY: These are the saved user registers on the caller's own stack.
        unsafe { (*bindings::ckpt_task_pt_regs(kernel::current!().as_ptr())).ax = this.ax };
    }
}

/// Sets the caller's registers. When it goes back to user mode, an interrupted system call is
/// restarted as it would have been restarted where it was saved.
///
/// # Errors
///
/// `ESRCH` when the caller is already exiting.
pub(crate) fn set(cpu: &Cpu, late: KBox<LateResult>) -> Result {
    // SAFETY: These are the saved user registers on the caller's own stack; all values have been
    // validated. Only the 16 bits of the selectors are written: FRED keeps state beside them.
    unsafe {
        let regs = bindings::ckpt_task_pt_regs(kernel::current!().as_ptr());
        (*regs).r15 = cpu.r15 as usize;
        (*regs).r14 = cpu.r14 as usize;
        (*regs).r13 = cpu.r13 as usize;
        (*regs).r12 = cpu.r12 as usize;
        (*regs).bp = cpu.bp as usize;
        (*regs).bx = cpu.bx as usize;
        (*regs).r11 = cpu.r11 as usize;
        (*regs).r10 = cpu.r10 as usize;
        (*regs).r9 = cpu.r9 as usize;
        (*regs).r8 = cpu.r8 as usize;
        (*regs).ax = cpu.ax as usize;
        (*regs).cx = cpu.cx as usize;
        (*regs).dx = cpu.dx as usize;
        (*regs).si = cpu.si as usize;
        (*regs).di = cpu.di as usize;
        (*regs).orig_ax = cpu.orig_ax as usize;
        (*regs).ip = cpu.ip as usize;
        (*regs).sp = cpu.sp as usize;
        (*regs).flags = (((cpu.flags & FLAGS) & !TRAP) | FLAGS_SET) as usize;
        (*regs).__bindgen_anon_1.cs = USER_CS as u16;
        (*regs).__bindgen_anon_2.ss = USER_DS as u16;
    }
    let late = KBox::into_raw(late);
    // SAFETY: The box is ours until the work is added, and the kernel's afterwards.
    unsafe {
        (*late).ax = cpu.ax as usize;
        let ret = bindings::task_work_add(
            kernel::current!().as_ptr(),
            core::ptr::addr_of_mut!((*late).head),
            bindings::task_work_notify_mode_TWA_RESUME,
        );
        if ret != 0 {
            drop(KBox::from_raw(late));
        }
        to_result(ret)
    }
}

/// The registers of a task that saves itself: its copy returns 0 from the system call.
pub(crate) fn returning_zero(cpu: &Cpu) -> Cpu {
    Cpu {
        ax: 0,
        orig_ax: u64::MAX,
        ..*cpu
    }
}

/// A system call that cannot be resumed ends with `EINTR`, as a signal would have ended it.
pub(crate) fn interrupted(cpu: &Cpu) -> Cpu {
    Cpu {
        ax: (-i64::from(bindings::EINTR)) as u64,
        orig_ax: u64::MAX,
        ..*cpu
    }
}
