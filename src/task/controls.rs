// SPDX-License-Identifier: GPL-2.0-only

//! Settings of prctl(2) for the processor and the memory of a task: speculation, the time-stamp counter,
//! writes when there is little memory. Part of TASK.

use kernel::prelude::*;

use ckpt_image::record::task_flag;

use crate::{
    restoring::{
        self,
        Outcome, //
    },
    sys::{
        self,
        bindings,
        me,
        task::Task, //
    },
};

// Options of prctl(2) and their values (include/uapi/linux/prctl.h).
const PR_SET_TSC: u32 = 26;
const PR_TSC_ENABLE: usize = 1;
const PR_TSC_SIGSEGV: usize = 2;
const PR_GET_SPECULATION_CTRL: u32 = 52;
const PR_SET_SPECULATION_CTRL: u32 = 53;
const PR_SPEC_STORE_BYPASS: usize = 0;
const PR_SPEC_INDIRECT_BRANCH: usize = 1;
const PR_SPEC_L1D_FLUSH: usize = 2;
const PR_SPEC_ENABLE: usize = 1 << 1;
const PR_SPEC_DISABLE: usize = 1 << 2;
const PR_SPEC_FORCE_DISABLE: usize = 1 << 3;
const PR_SPEC_DISABLE_NOEXEC: usize = 1 << 4;

/// Both are set by PR_SET_IO_FLUSHER.
const IO_FLUSHER: u32 = bindings::PF_MEMALLOC_NOIO | bindings::PF_LOCAL_THROTTLE;

/// One control of speculation: which, its name, and the values of prctl(2) with the flag of the image
/// that asks for each, the strongest first.
type Control = (usize, &'static str, &'static [(u32, usize)]);

const CONTROLS: &[Control] = &[
    (
        PR_SPEC_STORE_BYPASS,
        "store bypass",
        &[
            (task_flag::SPEC_SSB_FORCE_DISABLE, PR_SPEC_FORCE_DISABLE),
            (task_flag::SPEC_SSB_NOEXEC, PR_SPEC_DISABLE_NOEXEC),
            (task_flag::SPEC_SSB_DISABLE, PR_SPEC_DISABLE),
        ],
    ),
    (
        PR_SPEC_INDIRECT_BRANCH,
        "indirect branches",
        &[
            (task_flag::SPEC_IB_FORCE_DISABLE, PR_SPEC_FORCE_DISABLE),
            (task_flag::SPEC_IB_DISABLE, PR_SPEC_DISABLE),
        ],
    ),
    (
        PR_SPEC_L1D_FLUSH,
        "the data cache",
        &[(task_flag::L1D_FLUSH, PR_SPEC_ENABLE)],
    ),
];

/// Those of the flags of TASK that stand for something here, but for the PFA_* bits.
pub(super) fn flags_of(task: &Task) -> u32 {
    [
        (task.has_tsc_fault(), task_flag::NO_TSC),
        (task.has_l1d_flush(), task_flag::L1D_FLUSH),
        (is_flusher(task), task_flag::IO_FLUSHER),
    ]
    .into_iter()
    .fold(0, |flags, (on, flag)| if on { flags | flag } else { flags })
}

fn is_flusher(task: &Task) -> bool {
    task.flags() & IO_FLUSHER == IO_FLUSHER
}

/// Sets what the flags say, with the checks of prctl(2), and asks whether the rest may be set later.
pub(super) fn restart(context: &restoring::Context<'_>, flags: u32) -> Outcome {
    let me = Task::current();
    let wanted = flags & task_flag::IO_FLUSHER != 0;
    if wanted != is_flusher(&me) && !sys::is_capable(bindings::CAP_SYS_RESOURCE) {
        return Err(context.fail(EPERM, fmt!("PR_SET_IO_FLUSHER needs CAP_SYS_RESOURCE")));
    }
    let no_tsc = flags & task_flag::NO_TSC != 0;
    if no_tsc != me.has_tsc_fault() {
        let value = if no_tsc {
            PR_TSC_SIGSEGV
        } else {
            PR_TSC_ENABLE
        };
        me::prctl(PR_SET_TSC, [value, 0])
            .map_err(|error| context.fail(error, fmt!("PR_SET_TSC")))?;
    }
    for (which, name, values) in CONTROLS {
        let value = values.iter().find(|(flag, _)| flags & flag != 0);
        let Some((_, value)) = value else {
            continue;
        };
        match me::prctl(PR_SET_SPECULATION_CTRL, [*which, *value]) {
            // Nothing to be protected from here, or everything is.
            Err(_) if is_needless(*which) => {}
            Err(error) => {
                return Err(context.fail(
                    error,
                    fmt!(
                        "the protection from speculation ({}) that the task had is not there",
                        name
                    ),
                ))
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Whether the kernel says that the processor does not have the fault, or that it is off for all.
fn is_needless(which: usize) -> bool {
    const NOT_AFFECTED: i32 = 0;
    let state = me::prctl(PR_GET_SPECULATION_CTRL, [which, 0]);
    matches!(state, Ok(state) if state == NOT_AFFECTED || state == PR_SPEC_DISABLE as i32)
}

/// Sets what would have been in the way of a restart: a flusher's memory is had without any I/O.
pub(super) fn settle(flags: u32) {
    let wanted = match flags & task_flag::IO_FLUSHER {
        0 => 0,
        _ => IO_FLUSHER,
    };
    if wanted != 0 || is_flusher(&Task::current()) {
        me::set_flags(IO_FLUSHER, wanted);
    }
}
