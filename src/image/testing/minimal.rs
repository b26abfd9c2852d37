// SPDX-License-Identifier: GPL-2.0-only

//! The records of one small task, as if a static program had been saved.

use std::{
    vec,
    vec::Vec, //
};

use zerocopy::{
    FromZeros,
    IntoBytes, //
};

use super::Part;
use crate::{
    limits,
    record::*,
    sums_len,
    HDR_SIZE,
    PAGE_SIZE, //
};

/// The pid of the task in [`minimal`].
pub const MINIMAL_PID: i32 = 4711;

/// Pages stored in [`minimal`].
pub const MINIMAL_PAGES: u32 = 3;

const TEXT: u64 = 0x40_0000;
const DATA: u64 = 0x60_0000;
const HEAP: u64 = 0x80_0000;
const STACK: u64 = 0x7fff_ffde_0000;
const VDSO: u64 = 0x7fff_fff0_0000;

// Objects in the order in which they are written.
const CRED: u32 = 1;
const FILTER: u32 = 2;
const OUTPUT: u32 = 3;
const TERMINAL: u32 = 4;
const FILES: u32 = 5;
const EXE: u32 = 6;
const MM: u32 = 7;
const FS: u32 = 8;
const SIGHAND: u32 = 9;
const SIGNAL: u32 = 10;

/// The records of an image with one task, without TAIL: hand them to [`super::seal`].
///
/// The task has a file, an external descriptor, a file mapping, a heap with a guard page, a stack, a
/// vDSO and [`MINIMAL_PAGES`] pages in one PAGES record, and sleeps in nanosleep(2).
pub fn minimal() -> Vec<Part> {
    let mut parts = Vec::new();
    head(&mut parts);
    identity(&mut parts);
    processor(&mut parts);
    files(&mut parts);
    memory(&mut parts);
    signals(&mut parts);
    parts
}

fn head(parts: &mut Vec<Part>) {
    parts.push(Part::of(&Header {
        magic: crate::HEADER_MAGIC,
        format: crate::FORMAT,
        arch: crate::ARCH_X86_64,
        realtime: 1_700_000_000_123_456_789,
        monotonic: 1_000_000_000,
        boottime: 2_000_000_000,
        kernel: (7 << 16) + (2 << 8) + 12,
        id: 1,
        page_size: PAGE_SIZE as u32,
        nr_signals: limits::SIGNALS,
        nr_rlimits: limits::RLIMITS,
        comm_len: limits::COMM + 1,
        flags: 1,
        ..Header::new_zeroed()
    }));
    parts.push(Part::string("7.2.12-test"));
    parts.push(Part::string("#1 SMP"));
    parts.push(Part::string("x86_64"));
    parts.push(Part::of(&HeaderArch {
        xfeatures: 0b111,
        mxcsr_mask: 0xffff,
        vdso_len: 0x2000,
        vdso_crc: 0x1234_5678,
        vvar_len: 0x4000,
        reserved: 0,
    }));
    parts.push(Part::buffer(&[XstateComponent {
        id: 2,
        offset: 576,
        size: 256,
        reserved: 0,
    }]));
    parts.push(Part::of(&Container {
        flags: container_flag::SUBTREE,
        ..Container::new_zeroed()
    }));
    parts.push(Part::of(&Tree {
        nr_tasks: 1,
        ..Tree::new_zeroed()
    }));
    parts.push(Part::buffer(&[TreeEntry {
        pid: MINIMAL_PID,
        parent: OUTSIDE,
        session: OUTSIDE,
        pidns: OUTSIDE,
        children_pidns: OUTSIDE,
        ..TreeEntry::new_zeroed()
    }]));
}

fn identity(parts: &mut Vec<Part>) {
    parts.push(Part::of(&Task {
        pid: MINIMAL_PID,
        exit_signal: 17,
        sas_ss_flags: 2,
        dumpable: 1,
        timer_slack: 50_000,
        default_timer_slack: 50_000,
        utime: 1_500_000_000,
        stime: 250_000_000,
        start_time: 900_000_000,
        ..Task::new_zeroed()
    }));
    parts.push(Part::string("minimal"));
    parts.push(Part::of(&Sched {
        affinity_len: 8,
        ..Sched::new_zeroed()
    }));
    parts.push(Part::buffer(&[3u8, 0, 0, 0, 0, 0, 0, 0]));
    parts.push(Part::of(&Cred {
        objref: CRED,
        nr_groups: 2,
        cap_bset: (1 << 41) - 1,
        ..Cred::new_zeroed()
    }));
    parts.push(Part::buffer(&[0u32, 27]));
    parts.push(Part::of(&TaskCreds {
        real: CRED,
        effective: CRED,
    }));
    parts.push(Part::of(&SeccompFilter {
        objref: FILTER,
        prev: 0,
        flags: seccomp_filter_flag::LOG,
        len: 1,
    }));
    parts.push(Part::buffer(&[SeccompInsn {
        code: 6,
        jt: 0,
        jf: 0,
        k: 0x7fff_0000,
    }]));
    parts.push(Part::of(&TaskSeccomp {
        mode: seccomp_mode::FILTER,
        filter: FILTER,
    }));
}

fn processor(parts: &mut Vec<Part>) {
    parts.push(Part::of(&Thread {
        fsbase: HEAP + 0x100,
        ..Thread::new_zeroed()
    }));
    parts.push(Part::of(&Cpu {
        ax: -516i64 as u64,
        orig_ax: 35,
        ip: TEXT + 0x123,
        cs: 0x33,
        flags: 0x246,
        sp: STACK + 0x1ff0,
        ss: 0x2b,
        ..Cpu::new_zeroed()
    }));
    let area = 576 + 256;
    parts.push(Part::of(&CpuFpu {
        xfeatures: 0b111,
        size: area,
        ..CpuFpu::new_zeroed()
    }));
    let mut xsave = vec![0u8; area as usize];
    // MXCSR at its default, and the features in the header of the area.
    xsave[24..28].copy_from_slice(0x1f80u32.as_bytes());
    xsave[512..520].copy_from_slice(7u64.as_bytes());
    parts.push(Part::buffer(&xsave));
    parts.push(Part::of(&RestartBlock {
        kind: restart::NANOSLEEP,
        clock: 1,
        flags: restart_flag::TIMEOUT,
        remaining: 500_000_000,
        ..RestartBlock::new_zeroed()
    }));
}

fn file(objref: u32, kind: u16, flags: u32) -> Part {
    Part::of(&File {
        objref,
        kind,
        marks: file_mark::NODE,
        flags,
        object: 0,
    })
}

fn node(mode: u32, size: u64) -> Part {
    Part::of(&FileNode {
        mode,
        position: size as i64,
        size,
        mtime: 1_699_999_999,
        ino: 99,
        ..FileNode::new_zeroed()
    })
}

fn files(parts: &mut Vec<Part>) {
    parts.push(file(OUTPUT, file_kind::REGULAR, 0o2001));
    parts.push(node(0o100_644, 100));
    parts.push(Part::string("/tmp/output"));
    parts.push(file(TERMINAL, file_kind::EXTERNAL, 0o2));
    parts.push(node(0o020_620, 0));
    parts.push(Part::string(""));
    parts.push(Part::of(&FileTable {
        objref: FILES,
        nr_fds: 2,
        nr_locks: 1,
        reserved: 0,
    }));
    let descriptors = [
        FileDesc::new(1, true, OUTPUT),
        FileDesc::new(2, false, TERMINAL),
    ];
    parts.push(Part::buffer(descriptors.as_bytes()));
    parts.push(Part::of(&FileLock {
        file: OUTPUT,
        kind: lock_kind::POSIX,
        exclusive: 1,
        fd: 0,
        start: 0,
        end: i64::MAX,
    }));
}

fn vma(kind: u32, start: u64, end: u64, flags: u64) -> Vma {
    let all = vma_flag::READ | vma_flag::MAYREAD | vma_flag::MAYWRITE | vma_flag::MAYEXEC;
    Vma {
        kind,
        start,
        end,
        flags: flags | all,
        ..Vma::new_zeroed()
    }
}

fn memory(parts: &mut Vec<Part>) {
    parts.push(file(EXE, file_kind::REGULAR, 0o100_000));
    parts.push(node(0o100_755, 0x5000));
    parts.push(Part::string("/usr/bin/minimal"));
    parts.push(Part::of(&Mm {
        objref: MM,
        nr_vmas: 5,
        exe: EXE,
        flags: mm_flag::TOPDOWN,
        nr_pages: u64::from(MINIMAL_PAGES),
        start_code: TEXT,
        end_code: TEXT + 0x3000,
        start_data: DATA,
        end_data: DATA + 0x800,
        start_brk: HEAP,
        brk: HEAP + 0x4000,
        start_stack: STACK + 0x1ff0,
        vdso: VDSO + 0x4000,
        dump_filter: 0x33,
        execute_only_pkey: -1,
        resident: 9,
        ..Mm::new_zeroed()
    }));
    // AT_PAGESZ, AT_NULL.
    parts.push(Part::buffer(&[6u64, PAGE_SIZE, 0, 0]));
    let mapped = |start, end, offset, flags| Vma {
        file: EXE,
        offset,
        ..vma(vma_kind::FILE, start, end, flags)
    };
    parts.push(Part::of(&mapped(TEXT, TEXT + 0x3000, 0, vma_flag::EXEC)));
    parts.push(Part::of(&Vma {
        nr_pages: 1,
        ..mapped(DATA, DATA + 0x1000, 0x3000, vma_flag::WRITE)
    }));
    parts.push(Part::of(&Vma {
        nr_guards: 1,
        nr_pages: 1,
        ..vma(vma_kind::ANON, HEAP, HEAP + 0x4000, vma_flag::WRITE)
    }));
    parts.push(Part::of(&Guards {
        nr_runs: 1,
        reserved: 0,
    }));
    let run = |address, nr_pages| Run {
        address,
        nr_pages,
        flags: 0,
    };
    parts.push(Part::buffer(&[run(HEAP + 0x3000, 1)]));
    let grows = vma_flag::WRITE | vma_flag::GROWSDOWN;
    parts.push(Part::of(&Vma {
        nr_pages: 1,
        ..vma(vma_kind::ANON, STACK, STACK + 0x2000, grows)
    }));
    let vdso = vma(vma_kind::VDSO, VDSO, VDSO + 0x6000, vma_flag::EXEC);
    parts.push(Part::of(&vdso));
    parts.push(pages(&[run(DATA, 1), run(HEAP, 1), run(STACK + 0x1000, 1)]));
}

/// A PAGES record with these runs; the pages are filled with a pattern.
pub fn pages(runs: &[Run]) -> Part {
    let count: u32 = runs.iter().map(|run| run.nr_pages).sum();
    let fixed = HDR_SIZE + size_of::<Pages>();
    let data = fixed + size_of_val(runs);
    let contents = count as usize * PAGE_SIZE as usize;
    let mut part = Part::of(&Pages {
        nr_runs: runs.len() as u32,
        nr_pages: count,
        runs_offset: fixed as u32,
        data_offset: data as u32,
    });
    part.body.extend_from_slice(runs.as_bytes());
    let start = part.body.len();
    part.body.extend((0..contents).map(|at| at as u8));
    part.contents = start..start + contents;
    part.body.resize(start + contents + sums_len(runs.len()), 0);
    part.resum();
    part
}

fn signals(parts: &mut Vec<Part>) {
    parts.push(Part::of(&Fs {
        objref: FS,
        umask: 0o022,
        root: 0,
        pwd: 0,
        root_mount: RESTARTERS,
        pwd_mount: RESTARTERS,
    }));
    parts.push(Part::string("/"));
    parts.push(Part::string("/tmp"));
    parts.push(Part::of(&Sighand {
        objref: SIGHAND,
        nr_actions: 1,
        reserved: 0,
    }));
    parts.push(Part::buffer(&[SigAction {
        handler: TEXT + 0x400,
        flags: 0x0400_0000,
        restorer: TEXT + 0x500,
        mask: 0,
        signal: 10,
        reserved: 0,
    }]));
    parts.push(Part::of(&Signal {
        objref: SIGNAL,
        nr_rlimits: limits::RLIMITS,
        ..Signal::new_zeroed()
    }));
    let unlimited = Rlimit {
        cur: u64::MAX,
        max: u64::MAX,
    };
    parts.push(Part::buffer(&[unlimited; limits::RLIMITS as usize]));
    queue(parts, &[]);
    parts.push(Part::of(&TaskObjs {
        files: FILES,
        mm: MM,
        fs: FS,
        sighand: SIGHAND,
        signal: SIGNAL,
        ..TaskObjs::new_zeroed()
    }));
    parts.push(Part::of(&SignalTask {
        blocked: 1 << 11,
        ..SignalTask::new_zeroed()
    }));
    queue(
        parts,
        &[SigInfo {
            signo: 12,
            ..SigInfo::new_zeroed()
        }],
    );
}

fn queue(parts: &mut Vec<Part>, entries: &[SigInfo]) {
    let pending = entries.iter().map(|info| 1u64 << (info.signo - 1)).sum();
    parts.push(Part::of(&SigPending {
        pending,
        nr_entries: entries.len() as u32,
        reserved: 0,
    }));
    parts.push(Part::buffer(entries));
}
