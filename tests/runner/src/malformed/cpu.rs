// SPDX-License-Identifier: GPL-2.0-only

//! Register values that no program could have.

use ckpt_image::record::{
    Cpu,
    CpuFpu,
    RestartBlock,
    Thread, //
};

use super::row::{
    fields, payload_where, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

const KERNEL: u64 = 0xffff_ffff_8100_0000;
const NOT_CANONICAL: u64 = 0x8000_0000_0000;

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        fields::<Cpu>(
            "instruction_pointer",
            Refused,
            &[
                |cpu| cpu.ip = NOT_CANONICAL,
                |cpu| cpu.ip = 0x0123_4567_89ab_cdef,
                |cpu| cpu.ip = KERNEL,
                |cpu| cpu.ip = u64::MAX,
            ],
        ),
        fields::<Cpu>(
            "code_selector",
            Refused,
            &[
                |cpu| cpu.cs = 0x10,
                |cpu| cpu.cs = 0,
                |cpu| cpu.cs = 0x08,
                |cpu| cpu.cs = 0xffff,
                |cpu| cpu.cs = 0x1_0033,
            ],
        ),
        fields::<Cpu>(
            "stack_selector",
            Refused,
            &[
                |cpu| cpu.ss = 0x18,
                |cpu| cpu.ss = 0xffff,
                |cpu| cpu.ss = 0x1_002b,
            ],
        ),
        fields::<Cpu>(
            "system_flags",
            Either,
            &[
                |cpu| cpu.flags |= 0x3000,
                |cpu| cpu.flags |= 0x2_0000,
                |cpu| cpu.flags |= 0x4000,
                |cpu| cpu.flags |= 0x18_0000,
                |cpu| cpu.flags &= !0x200,
                |cpu| cpu.flags = 0,
                |cpu| cpu.flags = u64::MAX,
                |cpu| cpu.flags |= 0x100,
            ],
        ),
        fields::<Cpu>(
            "stack_pointer",
            Either,
            &[
                |cpu| cpu.sp = KERNEL,
                |cpu| cpu.sp = NOT_CANONICAL,
                |cpu| cpu.sp = 0,
            ],
        ),
        // Numbers of calls that do not exist, results that ask for a repetition.
        fields::<Cpu>(
            "interrupted_call",
            Either,
            &[
                |cpu| cpu.orig_ax = 0xdead_beef,
                |cpu| cpu.orig_ax = u64::MAX - 1,
                |cpu| (cpu.orig_ax, cpu.ax) = (u64::MAX - 5, -512i64 as u64),
                |cpu| (cpu.orig_ax, cpu.ax) = (1_000_000, -514i64 as u64),
                |cpu| (cpu.orig_ax, cpu.ax) = (230, -515i64 as u64),
                |cpu| (cpu.orig_ax, cpu.ax) = (0, -516i64 as u64),
            ],
        ),
        fields::<Thread>(
            "segment_bases",
            Refused,
            &[
                |thread| thread.fsbase = KERNEL,
                |thread| thread.fsbase = NOT_CANONICAL,
                |thread| thread.gsbase = KERNEL,
                |thread| thread.gsbase = u64::MAX,
            ],
        ),
        fields::<Thread>(
            "data_selectors",
            Refused,
            &[
                |thread| thread.ds = 0x18,
                |thread| thread.es = 0x10,
                |thread| thread.fs = 0x08,
                |thread| thread.gs = 0x28,
            ],
        ),
        fields::<Thread>(
            "tls_descriptors",
            Refused,
            &[
                // A kernel code segment, a task gate, a call gate, all ones.
                |thread| thread.tls[0] = 0x00af_9b00_0000_ffff,
                |thread| thread.tls[1] = 0x0000_8500_0000_0000,
                |thread| thread.tls[2] = 0x0000_ec00_0008_0000,
                |thread| thread.tls[0] = u64::MAX,
            ],
        ),
        fields::<CpuFpu>(
            "state_components",
            Refused,
            &[
                |fpu| fpu.xfeatures |= 1 << 62,
                |fpu| fpu.xfeatures = u64::MAX,
                |fpu| fpu.xfeatures |= 1 << 8,
            ],
        ),
        fields::<CpuFpu>(
            "state_size",
            Refused,
            &[
                |fpu| fpu.size = 0,
                |fpu| fpu.size = 100,
                |fpu| fpu.size += 64,
                |fpu| fpu.size = ckpt_image::limits::XSAVE + 64,
                |fpu| fpu.size = u32::MAX,
            ],
        ),
        payload_where::<CpuFpu>(
            "mxcsr",
            Refused,
            |_| true,
            0,
            &[
                |area| put(area, 24, u32::MAX.to_ne_bytes()),
                |area| put(area, 24, 0x8000_1f80u32.to_ne_bytes()),
            ],
        ),
        payload_where::<CpuFpu>(
            "state_header",
            Refused,
            |_| true,
            0,
            &[
                // XSTATE_BV with unknown bits, XCOMP_BV, what has to be zero.
                |area| put(area, 512, (1u64 << 62 | 3).to_ne_bytes()),
                |area| put(area, 520, (1u64 << 63).to_ne_bytes()),
                |area| put(area, 528, 1u64.to_ne_bytes()),
            ],
        ),
        fields::<CpuFpu>(
            "protection_keys",
            Either,
            &[|fpu| fpu.pkru = u32::MAX, |fpu| fpu.pkru = 0],
        ),
        fields::<RestartBlock>(
            "restart_block",
            Refused,
            &[
                |block| block.kind = 0,
                |block| block.kind = 99,
                |block| (block.kind, block.clock) = (2, 99),
                |block| (block.kind, block.clock) = (2, -77),
                |block| (block.kind, block.flags) = (7, 1 << 31),
            ],
        ),
        fields::<RestartBlock>(
            "restart_block_values",
            Either,
            &[
                // Not i64::MAX: that is a sleep which, rightly, does not end.
                |block| block.remaining = i64::MIN,
                |block| (block.kind, block.address) = (7, KERNEL),
                |block| (block.kind, block.address, block.value) = (6, KERNEL, u32::MAX),
                |block| block.address2 = KERNEL,
                |block| block.extra = 77,
            ],
        ),
    ]
}
