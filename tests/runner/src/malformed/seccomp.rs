// SPDX-License-Identifier: GPL-2.0-only

//! Filters that the kernel would not have, and tasks that have others than the image has defined.

use std::mem::offset_of;

use super::row::{
    fields,
    fields_where,
    parts,
    payload_where,
    position,
    put,
    Row,
    Wanted::Refused, //
};
use ckpt_image::{
    limits,
    record::{
        seccomp_mode,
        SeccompFilter,
        SeccompInsn,
        TaskSeccomp, //
    },
    testing::Part,
    Kind, //
};

/// An id that no object of the image has.
const NOBODY: u32 = 1 << 20;

const INSN: usize = size_of::<SeccompInsn>();
const CODE: usize = offset_of!(SeccompInsn, code);
const JT: usize = offset_of!(SeccompInsn, jt);
const JF: usize = offset_of!(SeccompInsn, jf);
const K: usize = offset_of!(SeccompInsn, k);

/// BPF_RET | BPF_K, and what it says then: everything is allowed.
const RETURN: SeccompInsn = SeccompInsn {
    code: 0x06,
    jt: 0,
    jf: 0,
    k: 0x7fff_0000,
};

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        filters(),
        second_filter(),
        confined(),
        programs(),
        too_many(),
    ];
    rows.extend(missing());
    rows.extend(shared());
    rows
}

fn filters() -> Row {
    fields::<SeccompFilter>(
        "seccomp_filter",
        Refused,
        &[
            |filter| filter.objref = 0,
            |filter| filter.objref += 1,
            |filter| filter.objref = u32::MAX,
            |filter| filter.prev = filter.objref,
            |filter| filter.prev = filter.objref - 1,
            |filter| filter.prev = filter.objref + 1,
            |filter| filter.prev = NOBODY,
            |filter| filter.flags = 1 << 1,
            |filter| filter.flags = u32::MAX,
            |filter| filter.len = 0,
            |filter| filter.len -= 1,
            |filter| filter.len += 1,
            |filter| filter.len = limits::SECCOMP + 1,
            |filter| filter.len = u32::MAX,
        ],
    )
}

/// The second stands upon the first, and nowhere else.
fn second_filter() -> Row {
    fields_where::<SeccompFilter>(
        "seccomp_second_filter",
        Refused,
        |filter| filter.prev != 0,
        &[
            |filter| filter.prev = 0,
            |filter| filter.prev -= 1,
            |filter| filter.prev = filter.objref,
            |filter| filter.prev = NOBODY,
        ],
    )
}

fn confined() -> Row {
    fields::<TaskSeccomp>(
        "seccomp_of_task",
        Refused,
        &[
            |task| task.mode = 0,
            |task| task.mode = seccomp_mode::FILTER + 1,
            |task| task.mode = u32::MAX,
            |task| task.mode = seccomp_mode::STRICT,
            |task| (task.mode, task.filter) = (seccomp_mode::STRICT, 0),
            |task| task.filter = 0,
            // One that is weaker.
            |task| task.filter -= 1,
            |task| task.filter += 1,
            |task| task.filter = 1,
            |task| task.filter = NOBODY,
        ],
    )
}

/// What seccomp(2) does not take.
fn programs() -> Row {
    payload_where::<SeccompFilter>(
        "seccomp_program",
        Refused,
        |_| true,
        0,
        &[
            |program| put(program, CODE, u16::MAX.to_ne_bytes()),
            // A load behind the end of what there is to look at, and one that is not aligned.
            |program| put(program, K, 64u32.to_ne_bytes()),
            |program| put(program, K, 1u32.to_ne_bytes()),
            // One that sockets have: a byte of a packet.
            |program| put(program, CODE, 0x30u16.to_ne_bytes()),
            // Out of the program.
            |program| put(program, INSN + JT, [200u8]),
            |program| put(program, INSN + JF, [200u8]),
            // The last one does not return.
            |program| {
                let last = program.len() - INSN;
                put(program, last + CODE, 0u16.to_ne_bytes());
            },
            // A division by nothing.
            |program| {
                put(program, CODE, 0x34u16.to_ne_bytes());
                put(program, K, 0u32.to_ne_bytes());
            },
            // Memory that is read and was not written.
            |program| {
                put(program, CODE, 0x60u16.to_ne_bytes());
                put(program, K, 3u32.to_ne_bytes());
            },
            |program| program.truncate(INSN),
            |program| program.truncate(INSN - 1),
            |program| program.extend([0; INSN]),
            Vec::clear,
        ],
    )
}

/// Each of the longest kind, and more of them than a task may have.
fn too_many() -> Row {
    parts("seccomp_too_many", Refused, |good| {
        let Some(at) = position::<SeccompFilter>(good, |_| true) else {
            return Vec::new();
        };
        let Some(first) = good[at].get::<SeccompFilter>() else {
            return Vec::new();
        };
        let program = vec![RETURN; limits::SECCOMP as usize];
        let chain = (0..9).flat_map(|nth| {
            let filter = SeccompFilter {
                objref: first.objref + nth,
                prev: if nth == 0 { 0 } else { first.objref + nth - 1 },
                flags: 0,
                len: limits::SECCOMP,
            };
            [Part::of(&filter), Part::buffer(program.as_slice())]
        });
        let mut parts = good.to_vec();
        parts.splice(at..at, chain);
        vec![parts]
    })
}

/// Filters of which it is not told that the task has them, what it has without them, and twice.
fn missing() -> Vec<Row> {
    let without = |name, kind: Kind, nth: usize, count: usize| {
        parts(name, Refused, move |good| {
            let mut places = (0..good.len()).filter(|at| good[*at].kind == kind);
            let Some(at) = places.nth(nth) else {
                return Vec::new();
            };
            let mut parts = good.to_vec();
            parts.drain(at..at + count);
            vec![parts]
        })
    };
    vec![
        without("seccomp_not_told", Kind::TASK_SECCOMP, 0, 1),
        without("seccomp_first_missing", Kind::SECCOMP_FILTER, 0, 2),
        without("seccomp_second_missing", Kind::SECCOMP_FILTER, 1, 2),
        parts("seccomp_twice", Refused, |good| {
            let Some(at) = position::<TaskSeccomp>(good, |_| true) else {
                return Vec::new();
            };
            let (mut twice, mut behind) = (good.to_vec(), good.to_vec());
            twice.insert(at, good[at].clone());
            // Before the filters.
            let task = behind.remove(at);
            behind.insert(at - 4, task);
            vec![twice, behind]
        }),
    ]
}

/// A task that shares those of an earlier one.
fn shared() -> Vec<Row> {
    fn later(good: &[Part], change: fn(&mut TaskSeccomp)) -> Option<Vec<Part>> {
        let at = (0..good.len())
            .filter(|at| good[*at].kind == Kind::TASK_SECCOMP)
            .nth(1)?;
        let mut parts = good.to_vec();
        parts[at].change::<TaskSeccomp>(change);
        Some(parts)
    }
    const CHANGES: &[fn(&mut TaskSeccomp)] = &[
        |task| task.filter = 0,
        |task| task.filter = 1,
        |task| task.filter = NOBODY,
        |task| task.mode = seccomp_mode::STRICT,
        |task| task.mode = 7,
    ];
    vec![parts("seccomp_shared", Refused, |good| {
        CHANGES
            .iter()
            .filter_map(|change| later(good, *change))
            .collect()
    })
    .of_tasks()]
}
