// SPDX-License-Identifier: GPL-2.0-only

//! The views of a decoded image, as text.

use std::{
    collections::HashMap,
    io::{
        self,
        Write, //
    },
};

use ckpt_image::PAGE_SIZE;
use indicatif::BinaryBytes;

use super::{
    model::*,
    names,
    users::Users, //
};
use crate::text::{
    self,
    count,
    printable, //
};

/// Most tasks, memories and descriptor tables that are summed up.
const SHOWN: usize = 8;

/// Most descriptors of a table that are.
const LISTED: usize = 64;

/// Most bytes of a text that has been told before: so what is shown does not grow with how often a long
/// path is named, which takes few bytes of an image.
const AGAIN: usize = 32;

/// Most bytes of words that are told again.
const WORDS_AGAIN: usize = 48;

/// A text that is told often: the first time as it is, then no longer than something.
#[derive(Debug, Default)]
pub struct Once {
    told: HashMap<u32, String>,
}

impl Once {
    /// The path to tell of the thing with this id: what `text` makes, then the end of it.
    pub fn tell(&mut self, id: u32, text: impl FnOnce() -> String) -> String {
        self.first(id, text, shortened)
    }

    /// The words to tell of the thing with this id, behind others: what `text` makes, then, if that is long,
    /// that it stands above.
    pub fn tell_whole(&mut self, id: u32, text: impl FnOnce() -> String) -> String {
        self.first(id, text, |text| match text.len() {
            ..=WORDS_AGAIN => text.to_owned(),
            _ => ", as above".to_owned(),
        })
    }

    fn first(
        &mut self,
        id: u32,
        text: impl FnOnce() -> String,
        short: impl FnOnce(&str) -> String,
    ) -> String {
        if let Some(short) = self.told.get(&id) {
            return short.clone();
        }
        let text = text();
        self.told.insert(id, short(&text));
        text
    }
}

/// The end of a text that is long.
fn shortened(text: &str) -> String {
    if text.len() <= AGAIN {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let from = ends.rev().take_while(|at| text.len() - at <= AGAIN);
    let end = from.last().and_then(|at| text.get(at..));
    format!("…{}", end.unwrap_or_default())
}

/// What is told of so many bytes behind an image, which `bytes` says in words.
pub fn following(number: u64, bytes: &str) -> String {
    let verb = if number == 1 { "follows" } else { "follow" };
    format!("{bytes} {verb} the image")
}

fn row(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "{label:<14}{}", printable(text))
}

fn bytes(count: u64) -> String {
    let words = text::count(count, "byte", "bytes");
    match count {
        ..1024 => words,
        _ => format!("{words} ({})", BinaryBytes(count)),
    }
}

/// Where it was made, what is in it, what it needs.
pub fn summary(out: &mut dyn Write, image: &Image, name: &str) -> io::Result<()> {
    let origin = &image.origin;
    row(out, "image", name)?;
    row(
        out,
        "made",
        &format!("{}, checkpoint id {}", origin.time, origin.id),
    )?;
    row(
        out,
        "clocks",
        &format!(
            "monotonic {}, boottime {}",
            names::span(origin.monotonic),
            names::span(origin.boottime)
        ),
    )?;
    row(out, "kernel", &origin.uname.join(" "))?;
    let mut kind = format!("format {}, {}", origin.format, origin.arch);
    for flag in origin.container.names() {
        kind += match &*flag {
            "SUBTREE" => ", a subtree",
            "SELF" => ", saved by the process itself",
            other => other,
        };
    }
    row(out, "kind", &kind)?;
    let (processes, threads) = image.counts();
    if processes + threads > 1 {
        let mut line = count(processes, "process", "processes");
        if threads > 0 {
            line += &format!(", {} more", count(threads, "thread", "threads"));
        }
        row(out, "tree", &format!("{line} (see --tree)"))?;
    }
    // Of a large tree the first ones.
    for task in image.processes().take(SHOWN) {
        summary_of_task(out, image, task)?;
    }
    if processes > SHOWN {
        row(out, "", "…")?;
    }
    let users = Users::new(image, |uses| uses.memory);
    for memory in image.memories.iter().take(SHOWN) {
        let stored = memory.pages.saturating_mul(PAGE_SIZE);
        row(
            out,
            "memory",
            &format!(
                "{} stored of {} resident, {}{}",
                bytes(stored),
                bytes(memory.resident.saturating_mul(PAGE_SIZE)),
                count(memory.mappings.len(), "mapping", "mappings"),
                whose(&users, memory.id, image.memories.len())
            ),
        )?;
    }
    let users = Users::new(image, |uses| uses.files);
    for table in image.file_tables.iter().take(SHOWN) {
        let descriptors = count(table.descriptors.len(), "descriptor", "descriptors");
        let whose = whose(&users, table.id, image.file_tables.len());
        row(out, "files", &format!("{descriptors}{whose}"))?;
        for descriptor in table.descriptors.iter().take(LISTED) {
            row(out, "", &descriptor_line(image, descriptor))?;
        }
        if table.descriptors.len() > LISTED {
            row(out, "", "… (see --fds)")?;
        }
    }
    let needs = &image.needs;
    row(
        out,
        "needs",
        &format!("processor with {}", needs.features.join(", ")),
    )?;
    for file in image.mapped() {
        row(
            out,
            "",
            &format!("{}, not changed since {}", file.path(), file.mtime()),
        )?;
    }
    match (&image.totals, &image.failure) {
        (Some(totals), _) => {
            let line = format!(
                "{} records, {}, {}, checksum {}",
                totals.records + 1,
                count(totals.pages, "page", "pages"),
                bytes(totals.bytes),
                totals.checksum
            );
            row(out, "verified", &line)?;
        }
        (None, failure) => row(
            out,
            "FAILED",
            failure.as_deref().unwrap_or("the image is not complete"),
        )?,
    }
    if image.bytes_behind > 0 {
        row(
            out,
            "note",
            &following(image.bytes_behind, &bytes(image.bytes_behind)),
        )?;
    }
    Ok(())
}

/// Which tasks have an object, if there are several of its sort.
fn whose(users: &Users<'_>, id: u32, of: usize) -> String {
    match of {
        1 => String::new(),
        _ => format!(", of {}", users.names(id)),
    }
}

fn summary_of_task(out: &mut dyn Write, image: &Image, task: &Task) -> io::Result<()> {
    let mut line = format!("{} {}", task.pid, task.name);
    if task.entry.flags.contains("DEAD") {
        return row(out, "task", &format!("{line}, dead"));
    }
    let memory = image
        .memories
        .iter()
        .find(|memory| memory.id == task.uses.memory);
    if let Some(memory) = memory {
        line += &format!(" ({})", image.path(memory.exe));
    }
    line += &format!(", {}", task.state);
    row(out, "task", &line)?;
    if let Some(restart) = &task.restart {
        let left = match restart.remaining {
            Some(left) => format!(", {:.3} s left", left as f64 / 1e9),
            None => String::new(),
        };
        row(out, "", &format!("interrupted in {}{left}", restart.kind))?;
    }
    let credentials = &image.credentials;
    if let Some(cred) = credentials
        .iter()
        .find(|cred| cred.id == task.uses.credentials)
    {
        let [uid, euid, ..] = cred.uids;
        let [gid, egid, ..] = cred.gids;
        row(out, "", &format!("uid {uid} ({euid}), gid {gid} ({egid})"))?;
    }
    match (task.seccomp.mode, task.seccomp.count) {
        ("", _) => {}
        (mode, 0) => row(out, "", &format!("seccomp: {mode} mode"))?,
        (_, 1) => row(out, "", "seccomp: 1 filter")?,
        (_, count) => row(out, "", &format!("seccomp: {count} filters"))?,
    }
    if !task.affinity.0.is_empty() {
        row(out, "", &format!("on processors {}", task.affinity))?;
    }
    Ok(())
}

fn descriptor_line(image: &Image, descriptor: &Descriptor) -> String {
    let fd = descriptor.fd;
    let Some(file) = image.file(descriptor.file) else {
        return format!("{fd:>4}  ?");
    };
    match file.kind {
        "external" => format!("{fd:>4}  external: give one with restart --inherit={fd}:FD"),
        _ if file.path().is_empty() => format!("{fd:>4}  {}", file.kind),
        kind => format!("{fd:>4}  {kind} {}", file.path()),
    }
}

/// The mappings as in `/proc/PID/maps`, with pages stored.
pub fn maps(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    let mut paths = Once::default();
    let users = Users::new(image, |uses| uses.memory);
    for memory in &image.memories {
        writeln!(out, "memory of {}", users.names(memory.id))?;
        for mapping in &memory.mappings {
            let mut name = paths.tell(mapping.file, || printable(image.path(mapping.file)));
            if mapping.file == 0 {
                let is_heap = mapping.start < memory.brk[1] && mapping.end > memory.brk[0];
                name = match mapping.kind {
                    "vdso" => "[vdso]",
                    _ if mapping.flags.contains("GROWSDOWN") => "[stack]",
                    _ if is_heap => "[heap]",
                    _ => "",
                }
                .to_owned();
            }
            if mapping.guards > 0 {
                name += &format!(" ({} guarded)", count(mapping.guards, "page", "pages"));
            }
            let range = format!("{:08x}-{:08x}", mapping.start.0, mapping.end.0);
            writeln!(
                out,
                "{range:<25} {} {:08x} {:>8} pages {name}",
                mapping.permissions, mapping.offset.0, mapping.stored
            )?;
        }
    }
    Ok(())
}

/// The registers.
pub fn registers(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    for task in &image.tasks {
        writeln!(out, "{} {}", task.pid, printable(&task.name))?;
        for line in task.registers.chunks(3) {
            for (name, value) in line {
                write!(out, "  {name:>8} {:016x}", value.0)?;
            }
            writeln!(out)?;
        }
        let parts = task.fpu.join(", ");
        writeln!(out, "  {:>8} {} bytes ({parts})", "fpu", task.fpu_bytes)?;
    }
    Ok(())
}
