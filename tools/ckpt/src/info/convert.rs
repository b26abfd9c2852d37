// SPDX-License-Identifier: GPL-2.0-only

//! One record at a time into the model, without looking at any other.

use ckpt_image::record::{
    self,
    contents_flag,
    eventfd_flag,
    membarrier,
    mm_flag,
    owner_flag,
    restart,
    restart_flag,
    sig_info_flag,
    signal_flag,
    task_flag,
    timer_flag,
    timer_notify,
    timerfd_flag,
    tree_flag,
    tty_flag,
    tty_mark,
    vma_flag, //
};

use super::{
    model::*,
    names, //
};
use crate::tree::Tree;

pub fn origin(body: &record::Header) -> Origin {
    let version = body.kernel;
    let seconds = body.realtime.div_euclid(1_000_000_000);
    let nanoseconds = body.realtime.rem_euclid(1_000_000_000) as u32;
    Origin {
        format: body.format,
        arch: names::arch(body.arch),
        id: body.id,
        time: names::time(seconds, nanoseconds),
        realtime: body.realtime,
        monotonic: body.monotonic,
        boottime: body.boottime,
        uname: Vec::new(),
        kernel: format!(
            "{}.{}.{}",
            version >> 16,
            version >> 8 & 0xff,
            version & 0xff
        ),
        compat: Hex(body.compat),
        flags: body.flags,
        container: Set::default(),
        session: 0,
        group: 0,
    }
}

pub fn needs(body: &record::HeaderArch) -> Needs {
    Needs {
        features: Set::new(body.xfeatures, names::xfeatures),
        xfeatures: Hex(body.xfeatures),
        mxcsr_mask: Hex(body.mxcsr_mask.into()),
        vdso_len: body.vdso_len,
        vdso_crc: Hex(body.vdso_crc.into()),
        vvar_len: body.vvar_len,
        components: Vec::new(),
    }
}

pub fn component(entry: &record::XstateComponent) -> Component {
    Component {
        name: names::xfeature(entry.id),
        offset: entry.offset,
        size: entry.size,
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
        children_pid_namespace: within(saved.children_pidns),
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
    task.flags = Set::new(body.flags, |bits| names::bits(bits, task_flag::NAMES));
    task.state = names::state(body.state);
    task.exit_code = body.exit_code;
    task.exit_signal = body.exit_signal;
    task.pdeath_signal = body.pdeath_signal;
    task.personality = Hex(body.personality.into());
    task.clear_child_tid = Hex(body.clear_child_tid);
    task.altstack = Area {
        address: Hex(body.sas_ss_sp),
        size: body.sas_ss_size,
    };
    task.robust_list = Hex(body.robust_list);
    task.rseq = Hex(body.rseq);
    task.dumpable = body.dumpable;
    task.oom_score_adj = body.oom_score_adj;
    task.timer_slack = body.timer_slack;
    task.utime = body.utime;
    task.stime = body.stime;
    task.start_time = body.start_time;
}

pub fn directories(body: &record::Fs) -> Directories {
    Directories {
        id: body.objref,
        root: String::new(),
        cwd: String::new(),
        umask: body.umask,
    }
}

pub fn credentials(body: &record::Cred) -> Credentials {
    Credentials {
        id: body.objref,
        uids: [body.uid, body.euid, body.suid, body.fsuid],
        gids: [body.gid, body.egid, body.sgid, body.fsgid],
        groups: Vec::new(),
        securebits: body.securebits,
        permitted: Hex(body.cap_permitted),
        effective: Hex(body.cap_effective),
        inheritable: Hex(body.cap_inheritable),
        bounding: Hex(body.cap_bset),
        ambient: Hex(body.cap_ambient),
    }
}

pub fn restart(body: &record::RestartBlock) -> Option<Restart> {
    (body.kind != restart::NONE).then(|| Restart {
        kind: names::restart(body.kind),
        remaining: (body.flags & restart_flag::TIMEOUT != 0).then_some(body.remaining),
        address: Hex(body.address),
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

pub fn sched(body: &record::Sched) -> Sched {
    Sched {
        policy: names::policy(body.policy),
        nice: body.nice,
        rt_priority: body.rt_priority,
        ioprio: body.ioprio,
        affinity: Processors::default(),
    }
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
        mode: body.mode,
        position: body.position,
        size: body.size,
        mtime: names::time(body.mtime, body.mtime_nsec),
        device: is_device.then_some((body.rdev_major, body.rdev_minor)),
        inode: body.ino,
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
        signal: body.signal,
        user: body.uid,
        flags: Set::new(body.flags, |bits| names::bits(bits, owner_flag::NAMES)),
    }
}

pub fn eventfd(body: &record::EventFd) -> Special {
    Special::EventFd {
        counter: body.count,
        semaphore: body.flags & eventfd_flag::SEMAPHORE != 0,
    }
}

pub fn timerfd(body: &record::TimerFd) -> Special {
    Special::TimerFd {
        clock: names::clock(body.clock),
        flags: Set::new(body.flags, |bits| names::bits(bits, timerfd_flag::NAMES)),
        value: body.value,
        interval: body.interval,
        ticks: body.ticks,
    }
}

pub fn watch(body: &record::InotifyWatch) -> Watch {
    Watch {
        wd: body.wd,
        mask: Hex(body.mask.into()),
        path: String::new(),
    }
}

pub fn waited(item: &record::EpollItem) -> Waited {
    Waited {
        file: item.file,
        fd: item.fd,
        events: Hex(item.events.into()),
        data: Hex(item.data),
    }
}

pub fn pipe(body: &record::Pipe) -> Pipe {
    Pipe {
        id: body.objref,
        path: None,
        size: body.size,
        bytes: 0,
        packets: 0,
    }
}

pub fn terminal(body: &record::Tty) -> Terminal {
    Terminal {
        id: body.objref,
        number: body.index,
        path: String::new(),
        outer: body.marks & tty_mark::OUTER != 0,
        session: within(body.session),
        foreground: within(body.foreground),
        mode: body.mode,
        owner: [body.uid, body.gid],
        ends: Vec::new(),
    }
}

pub fn terminal_end(body: &record::TtyEnd) -> TerminalEnd {
    TerminalEnd {
        modes: body.modes.map(|modes| Hex(modes.into())),
        flags: Set::new(body.flags, |bits| names::bits(bits, tty_flag::NAMES)),
        size: body.size,
        received: body.nr_bytes,
        echoes: body.nr_echoes,
        waiting: body.nr_waiting,
    }
}

pub fn contents(body: &record::Contents) -> Contents {
    Contents {
        id: body.objref,
        kind: names::contents(body.kind),
        name: String::new(),
        mode: body.mode,
        owner: [body.uid, body.gid],
        mtime: names::time(body.mtime, body.mtime_nsec),
        seals: Set::new(body.seals, names::seals),
        flags: Set::new(body.flags, |bits| names::bits(bits, contents_flag::NAMES)),
        size: body.size,
        pages: body.nr_pages,
    }
}

pub fn memory(body: &record::Mm) -> Memory {
    Memory {
        id: body.objref,
        exe: body.exe,
        flags: Set::new(body.flags, |bits| names::bits(bits, mm_flag::NAMES)),
        base: body.base,
        pages: body.nr_pages,
        copied: body.nr_copied,
        resident: body.resident,
        code: [Hex(body.start_code), Hex(body.end_code)],
        data: [Hex(body.start_data), Hex(body.end_data)],
        brk: [Hex(body.start_brk), Hex(body.brk)],
        stack: Hex(body.start_stack),
        vdso: Hex(body.vdso),
        membarrier: Set::new(body.membarrier, |bits| names::bits(bits, membarrier::NAMES)),
        auxv: Vec::new(),
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
        pkey: body.pkey,
        promised: [body.nr_pages, body.nr_shared],
        stored: 0,
        copied: 0,
        shared: 0,
        // Runs, until their pages are counted.
        guards: body.nr_guards.into(),
    }
}

pub fn action(entry: &record::SigAction) -> Action {
    Action {
        signal: Signal(entry.signal as i32),
        handler: Hex(entry.handler),
        flags: Hex(entry.flags),
        mask: Set::new(entry.mask, names::signals),
    }
}

pub fn group(body: &record::Signal) -> Group {
    let [left0, left1, left2] = body.timer_remaining;
    let [every0, every1, every2] = body.timer_interval;
    Group {
        id: body.objref,
        flags: Set::new(body.flags, |bits| names::bits(bits, signal_flag::NAMES)),
        timers: [[left0, every0], [left1, every1], [left2, every2]],
        posix_timers: Vec::new(),
        limits: Vec::new(),
        stop_signal: body.stop_signal,
        pending: Vec::new(),
    }
}

pub fn timer(entry: &record::Timer) -> Timer {
    let of_task = entry.clock < 0;
    Timer {
        id: entry.id,
        clock: names::clock(entry.clock),
        clock_of: of_task.then_some(entry.clock_of),
        notify: names::notify(entry.notify),
        signal: entry.signo,
        value: Hex(entry.value),
        thread: (entry.notify == timer_notify::THREAD_ID).then_some(entry.target),
        flags: Set::new(entry.flags, |bits| names::bits(bits, timer_flag::NAMES)),
        expires: entry.expires,
        interval: entry.interval,
        overrun: entry.overrun,
        last_overrun: entry.overrun_last,
    }
}

pub fn limit(entry: &record::Rlimit) -> [Option<u64>; 2] {
    [entry.cur, entry.max].map(|value| (value != u64::MAX).then_some(value))
}

pub fn pending(entry: &record::SigInfo) -> Pending {
    Pending {
        signal: Signal(entry.signo),
        code: entry.code,
        timer: (entry.flags & sig_info_flag::TIMER != 0).then_some(entry.fields[0] as u32),
    }
}
