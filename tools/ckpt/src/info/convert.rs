// SPDX-License-Identifier: GPL-2.0-only

//! Turns one record at a time into its part of the model, without looking at other records.

use ckpt_image::record::{
    self,
    owner_flag,
    restart,
    restart_flag,
    tree_flag,
    tty_mark,
    vma_flag, //
};

use super::{
    model::*,
    names, //
};
use crate::tree::Tree;

pub fn origin(body: &record::Header) -> Origin {
    let seconds = body.realtime.div_euclid(1_000_000_000);
    let nanoseconds = body.realtime.rem_euclid(1_000_000_000) as u32;
    Origin {
        format: body.format,
        arch: names::arch(body.arch),
        id: body.id,
        time: names::time(seconds, nanoseconds),
        monotonic: body.monotonic,
        boottime: body.boottime,
        uname: Vec::new(),
        container: Set::default(),
    }
}

pub fn needs(body: &record::HeaderArch) -> Needs {
    Needs {
        features: Set::new(body.xfeatures, names::xfeatures),
    }
}

/// The tasks and ghosts of a tree, of which nothing else is known yet.
pub fn tree(tree: &Tree) -> (Vec<Task>, Vec<Ghost>) {
    let tasks = tree.tasks().iter().enumerate().map(|(place, saved)| Task {
        pid: saved.pid,
        ppid: tree.ppid(saved),
        tgid: tree.tgid(saved),
        pgid: tree.pgid(saved),
        sid: tree.sid(saved),
        entry: entry(tree, place, saved),
        ..Task::default()
    });
    let nr_tasks = tree.tasks().len();
    let entries = tree.entries().iter().enumerate().skip(nr_tasks);
    let ghosts = entries.map(|(place, saved)| Ghost {
        pid: saved.pid,
        entry: entry(tree, place, saved),
    });
    (tasks.collect(), ghosts.collect())
}

/// A place; nothing for what is outside of the tree.
fn within(raw: u32) -> Option<Place> {
    (raw != record::OUTSIDE).then_some(Place(raw))
}

fn entry(tree: &Tree, at: usize, saved: &record::TreeEntry) -> Entry {
    Entry {
        parent: within(saved.parent),
        leader: within(saved.leader),
        group: within(saved.group),
        session: within(saved.session),
        memory: within(saved.mm),
        handlers: within(saved.sighand),
        pid_namespace: within(saved.pidns),
        nested_pids: tree.numbers(at).iter().map(|number| number.pid).collect(),
        flags: Set::new(saved.flags, |bits| names::bits(bits, tree_flag::NAMES)),
    }
}

pub fn totals(body: &record::Tail) -> Totals {
    Totals {
        bytes: body.bytes,
        records: body.records,
        pages: body.pages,
        checksum: Hex(body.checksum.into()),
    }
}

pub fn task(task: &mut Task, body: &record::Task) {
    task.state = names::state(body.state);
    task.exit_code = body.exit_code;
}

pub fn directories(body: &record::Fs) -> Directories {
    Directories {
        id: body.objref,
        root: String::new(),
        cwd: String::new(),
    }
}

pub fn credentials(body: &record::Cred) -> Credentials {
    Credentials {
        id: body.objref,
        uids: [body.uid, body.euid, body.suid, body.fsuid],
        gids: [body.gid, body.egid, body.sgid, body.fsgid],
    }
}

pub fn restart(body: &record::RestartBlock) -> Option<Restart> {
    (body.kind != restart::NONE).then(|| Restart {
        kind: names::restart(body.kind),
        remaining: (body.flags & restart_flag::TIMEOUT != 0).then_some(body.remaining),
    })
}

pub fn segments(body: &record::Thread) -> Vec<(&'static str, Hex)> {
    let [tls0, tls1, tls2] = body.tls;
    vec![
        ("fs_base", Hex(body.fsbase)),
        ("gs_base", Hex(body.gsbase)),
        ("ds", Hex(body.ds.into())),
        ("es", Hex(body.es.into())),
        ("fs", Hex(body.fs.into())),
        ("gs", Hex(body.gs.into())),
        ("tls0", Hex(tls0)),
        ("tls1", Hex(tls1)),
        ("tls2", Hex(tls2)),
    ]
}

pub fn registers(body: &record::Cpu) -> Vec<(&'static str, Hex)> {
    vec![
        ("rip", Hex(body.ip)),
        ("rsp", Hex(body.sp)),
        ("rflags", Hex(body.flags)),
        ("rax", Hex(body.ax)),
        ("rbx", Hex(body.bx)),
        ("rcx", Hex(body.cx)),
        ("rdx", Hex(body.dx)),
        ("rsi", Hex(body.si)),
        ("rdi", Hex(body.di)),
        ("rbp", Hex(body.bp)),
        ("r8", Hex(body.r8)),
        ("r9", Hex(body.r9)),
        ("r10", Hex(body.r10)),
        ("r11", Hex(body.r11)),
        ("r12", Hex(body.r12)),
        ("r13", Hex(body.r13)),
        ("r14", Hex(body.r14)),
        ("r15", Hex(body.r15)),
        ("cs", Hex(body.cs)),
        ("ss", Hex(body.ss)),
        ("orig_rax", Hex(body.orig_ax)),
    ]
}

pub fn lock(body: &record::FileLock) -> Lock {
    Lock {
        file: body.file,
        kind: names::lock(body.kind),
        exclusive: body.exclusive != 0,
        start: body.start,
        end: body.end,
    }
}

pub fn descriptor(body: &record::FileDesc) -> Descriptor {
    Descriptor {
        fd: body.fd(),
        file: body.file,
        close_on_exec: body.is_cloexec(),
    }
}

pub fn node(body: &record::FileNode) -> Node {
    let is_device = matches!(body.mode & 0o170_000, 0o020_000 | 0o060_000);
    Node {
        path: String::new(),
        position: body.position,
        mtime: names::time(body.mtime, body.mtime_nsec),
        device: is_device.then_some((body.rdev_major, body.rdev_minor)),
    }
}

pub fn file(body: &record::File) -> OpenFile {
    let object = |kind| (body.object != 0 && body.kind == kind).then_some(body.object);
    OpenFile {
        id: body.objref,
        kind: names::file(body.kind),
        flags: Set::new(body.flags, names::open_flags),
        node: None,
        pipe: object(record::file_kind::PIPE),
        contents: object(record::file_kind::CONTENTS),
        terminal: matches!(
            body.kind,
            record::file_kind::TTY_MASTER | record::file_kind::TTY_SLAVE
        )
        .then_some(body.object),
        special: None,
        opener: None,
        owner: None,
    }
}

pub fn owner(body: &record::Owner) -> Owner {
    Owner {
        kind: names::owner(body.kind),
        task: (body.place != record::OUTSIDE).then_some(body.place),
        flags: Set::new(body.flags, |bits| names::bits(bits, owner_flag::NAMES)),
    }
}

pub fn pipe(body: &record::Pipe) -> Pipe {
    Pipe {
        id: body.objref,
        size: body.size,
        bytes: 0,
    }
}

pub fn terminal(body: &record::Tty) -> Terminal {
    Terminal {
        id: body.objref,
        number: body.index,
        outer: body.marks & tty_mark::OUTER != 0,
    }
}

pub fn contents(body: &record::Contents) -> Contents {
    Contents {
        id: body.objref,
        kind: names::contents(body.kind),
        seals: Set::new(body.seals, names::seals),
        size: body.size,
        pages: body.nr_pages,
    }
}

pub fn memory(body: &record::Mm) -> Memory {
    Memory {
        id: body.objref,
        exe: body.exe,
        base: body.base,
        pages: body.nr_pages,
        resident: body.resident,
        brk: [Hex(body.start_brk), Hex(body.brk)],
        mappings: Vec::new(),
    }
}

pub fn mapping(body: &record::Vma) -> Mapping {
    Mapping {
        start: Hex(body.start),
        end: Hex(body.end),
        kind: names::vma(body.kind),
        permissions: names::permissions(body.flags),
        flags: Set::new(body.flags, |bits| names::bits(bits, vma_flag::NAMES)),
        file: body.file,
        offset: Hex(body.offset),
        promised: [body.nr_pages, body.nr_shared],
        stored: 0,
        copied: 0,
        shared: 0,
        // Runs, until their pages are counted.
        guards: body.nr_guards.into(),
    }
}
