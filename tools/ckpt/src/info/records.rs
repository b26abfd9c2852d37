// SPDX-License-Identifier: GPL-2.0-only

//! The view that shows one line for each record, as it is read.

use std::io::{
    self,
    Write, //
};

use ckpt_image::{
    record::FileDesc,
    HDR_SIZE, //
};

use super::{
    items::{
        Item,
        Placed, //
    },
    names, //
};
use crate::text::printable;

/// Titles of the columns.
pub fn title(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>5} {:<13} {:>9}  FIELDS",
        "OFFSET", "KIND", "", "LENGTH"
    )
}

/// The line of one record.
pub fn line(out: &mut dyn Write, placed: &Placed) -> io::Result<()> {
    let hdr = &placed.hdr;
    writeln!(
        out,
        "{:>12} {:>5} {:<13} {:>9}  {}",
        hdr.position,
        hdr.kind.0,
        hdr.kind.name(),
        u64::from(hdr.body) + HDR_SIZE as u64,
        printable(&fields(&placed.item))
    )
}

fn fields(item: &Item) -> String {
    match item {
        Item::Header(b) => format!(
            "format {}, id {}, kernel {:#x}, incompat {:#x}, compat {:#x}, flags {:#x}",
            b.format, b.id, b.kernel, b.incompat, b.compat, b.flags
        ),
        Item::Text(text) => format!("{text:?}"),
        Item::HeaderArch(b) => {
            let (len, crc) = (b.vdso_len, b.vdso_crc);
            format!(
                "xfeatures {:#x}, vdso {len} bytes, crc {crc:#x}",
                b.xfeatures
            )
        }
        Item::Components(list) => entries(list.len(), "state components"),
        Item::Container(b) => format!("flags {:#x}, root {}", b.flags, b.root),
        Item::Tree(b) => format!(
            "{} tasks, {} ghosts, {} numbers",
            b.nr_tasks, b.nr_ghosts, b.nr_numbers
        ),
        Item::Tasks(list) => {
            let pids: Vec<String> = list.iter().map(|task| task.pid.to_string()).collect();
            format!("pids {}", pids.join(" "))
        }
        Item::Numbers(list) => entries(list.len(), "numbers in nested namespaces"),
        Item::Task(b) => format!("{}, flags {:#x}", names::state(b.state), b.flags),
        Item::TaskObjs(b) => format!(
            "files {}, mm {}, fs {}, sighand {}, signal {}",
            b.files, b.mm, b.fs, b.sighand, b.signal
        ),
        Item::RestartBlock(b) => format!("{}, {} ns left", names::restart(b.kind), b.remaining),
        Item::Thread(b) => format!("fsbase {:#x}, gsbase {:#x}", b.fsbase, b.gsbase),
        Item::Cpu(b) => {
            let (ax, orig) = (b.ax as i64, b.orig_ax as i64);
            format!("ip {:#x}, sp {:#x}, ax {ax}, orig_ax {orig}", b.ip, b.sp)
        }
        Item::Cred(b) => format!("object {}, uid {}, gid {}", b.objref, b.uid, b.gid),
        Item::Groups(list) => entries(list.len(), "groups"),
        Item::TaskCreds(b) => format!("real {}, effective {}", b.real, b.effective),
        Item::Sched(b) => format!("{}, nice {}", names::policy(b.policy), b.nice),
        Item::Affinity(mask) => {
            format!("processors {}", names::processors(mask))
        }
        Item::CpuFpu(b) => format!("xfeatures {:#x}, {} bytes of area", b.xfeatures, b.size),
        Item::Xsave(area) => format!("{} bytes of area", area.len()),
        Item::FileTable(b) => {
            format!(
                "object {}, {} descriptors, {} locks",
                b.objref, b.nr_fds, b.nr_locks
            )
        }
        Item::Descriptors(list) => descriptors(list),
        Item::File(b) => format!(
            "object {}, {}, flags {:#o}, marks {:#x}, open on object {}",
            b.objref,
            names::file(b.kind),
            b.flags,
            b.marks,
            b.object
        ),
        Item::FileNode(b) => format!(
            "mode {:#o}, position {}, size {}",
            b.mode, b.position, b.size
        ),
        Item::EventFd(b) => format!("counter {}, flags {:#x}", b.count, b.flags),
        Item::TimerFd(b) => format!(
            "clock {}, flags {:#x}, value {}, interval {}, {} ticks",
            b.clock, b.flags, b.value, b.interval, b.ticks
        ),
        Item::SignalFd(b) => names::signals(b.signals).join(" "),
        Item::PidFd(b) => format!("task at place {}, flags {:#x}", b.place, b.flags),
        Item::Proc(b) => format!(
            "process at place {}, thread at place {}",
            b.process as i32, b.thread as i32
        ),
        Item::Inotify(b) => format!(
            "{} watches, {} events, next {}",
            b.nr_watches, b.nr_events, b.next
        ),
        Item::InotifyWatch(b) => format!("number {}, mask {:#x}", b.wd, b.mask),
        Item::InotifyEvent(b) => {
            format!("watch {}, mask {:#x}, cookie {}", b.wd, b.mask, b.cookie)
        }
        Item::Opener(b) => format!("credentials {}", b.cred),
        Item::Owner(b) => format!(
            "{} at place {}, signal {}, flags {:#x}",
            names::owner(b.kind),
            b.place as i32,
            b.signal,
            b.flags
        ),
        Item::Epoll(b) => format!("{} items", b.nr_items),
        Item::EpollItems(list) => entries(list.len(), "items"),
        Item::Pipe(b) => format!(
            "object {}, {} bytes fit, {} parts, flags {:#x}",
            b.objref, b.size, b.nr_parts, b.flags
        ),
        Item::PipePart(b) => format!("{} bytes, flags {:#x}", b.len, b.flags),
        Item::PipeBytes(bytes) => format!("{} bytes of a pipe", bytes.len()),
        Item::Tty(b) => format!(
            "object {}, number {}, session of task {}, foreground group of {}",
            b.objref, b.index, b.session as i32, b.foreground as i32
        ),
        Item::TtyEnd(b) => format!(
            "{} rows, {} columns, {} bytes, {} echoes, {} waiting, flags {:#x}",
            b.size[0], b.size[1], b.nr_bytes, b.nr_echoes, b.nr_waiting, b.flags
        ),
        Item::TtyBytes(bytes) => format!("{} bytes of a terminal", bytes.len()),
        Item::Contents(b) => format!(
            "object {}, {}, mode {:#o}, size {}, {} pages, seals {:#x}, flags {:#x}",
            b.objref,
            names::contents(b.kind),
            b.mode,
            b.size,
            b.nr_pages,
            b.seals,
            b.flags
        ),
        Item::FileLock(b) => {
            format!(
                "file {}, {}, {} to {}",
                b.file,
                names::lock(b.kind),
                b.start,
                b.end
            )
        }
        Item::Mm(b) => format!(
            "object {}, base {}, exe {}, {} mappings, {} pages, {} copied, brk {:#x}",
            b.objref, b.base, b.exe, b.nr_vmas, b.nr_pages, b.nr_copied, b.brk
        ),
        Item::Auxv(words) => entries(words.len() / 2, "entries of auxv"),
        Item::Vma(b) => format!(
            "{:#x}-{:#x} {} {}, file {}, offset {:#x}, flags {:#x}",
            b.start,
            b.end,
            names::permissions(b.flags),
            names::vma(b.kind),
            b.file,
            b.offset,
            b.flags
        ),
        Item::Guards(b) => format!("{} runs", b.nr_runs),
        Item::GuardRuns(runs) => format!("{} runs from {:#x}", runs.len(), first(runs)),
        Item::PagesShared(b) => format!("{} runs", b.nr_runs),
        Item::SharedRuns(runs) => format!(
            "{} pages of the base, kept or dropped, in {} runs from {:#x}",
            total(runs.iter().map(|run| run.nr_pages)),
            runs.len(),
            first(runs)
        ),
        Item::PagesCopied(b) => format!("{} runs", b.nr_runs),
        Item::CopyRuns(runs) => format!(
            "{} pages of other address spaces in {} runs",
            total(runs.iter().map(|run| run.nr_pages)),
            runs.len()
        ),
        Item::Pages(b, runs) => format!(
            "{} pages in {} runs from {:#x}, contents at {}",
            b.nr_pages,
            b.nr_runs,
            first(runs),
            b.data_offset
        ),
        Item::Fs(b) => format!("object {}, umask {:#o}", b.objref, b.umask),
        Item::Sighand(b) => format!("object {}, {} handlers", b.objref, b.nr_actions),
        Item::Actions(list) => entries(list.len(), "handlers"),
        Item::Signal(b) => format!("object {}, flags {:#x}", b.objref, b.flags),
        Item::Rlimits(list) => entries(list.len(), "limits"),
        Item::SignalTask(b) => format!("blocked {:#x}", b.blocked),
        Item::SigPending(b) => format!("pending {:#x}, {} entries", b.pending, b.nr_entries),
        Item::Infos(list) => entries(list.len(), "entries"),
        Item::Tail(b) => format!(
            "{} bytes, {} records, {} pages, checksum {:#010x}",
            b.bytes, b.records, b.pages, b.checksum
        ),
        Item::Error => "the checkpoint failed".to_owned(),
    }
}

/// How many descriptors, and the first and the last one.
fn descriptors(list: &[FileDesc]) -> String {
    match list {
        [] => "no descriptors".to_owned(),
        [only] => format!("fd {}, file {}", only.fd(), only.file),
        [first, .., last] => {
            let count = list.len();
            format!("{count} descriptors, fd {} to {}", first.fd(), last.fd())
        }
    }
}

fn entries(count: usize, what: &str) -> String {
    format!("{count} {what}")
}

fn total(counts: impl Iterator<Item = u32>) -> u64 {
    counts.map(u64::from).sum()
}

fn first(runs: &[ckpt_image::record::Run]) -> u64 {
    runs.first().map_or(0, |run| run.address)
}
