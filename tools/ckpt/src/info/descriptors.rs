// SPDX-License-Identifier: GPL-2.0-only

//! The open files of each task: what they are, and which tasks share them.

use std::{
    collections::HashMap,
    io::{
        self,
        Write, //
    },
};

use ckpt_image::{
    record::{
        EventFd,
        Inotify,
        PidFd,
        Proc,
        SignalFd,
        TimerFd,
        OUTSIDE, //
    },
    Kind, //
};

use super::{
    model::*,
    names, records,
    show::Once,
    users::{
        few,
        Users, //
    },
};
use crate::text::{
    count,
    printable, //
};

/// Which tasks have what.
struct Holders<'a> {
    /// Tasks with a descriptor table.
    tables: Users<'a>,
    /// Tables and numbers of the descriptors of an open file, by its id.
    descriptors: HashMap<u32, Vec<(u32, u32)>>,
}

/// The open files: which descriptor of which task is what, with flags, position and the others that
/// share it; and the locks.
pub fn show(out: &mut dyn Write, image: &Image) -> io::Result<()> {
    let holders = Holders::new(image);
    let (mut paths, mut words) = (Once::default(), Once::default());
    for table in &image.file_tables {
        writeln!(out, "descriptors of {}", holders.tables.names(table.id))?;
        writeln!(
            out,
            "{:>4} {:>4}  {:<9} {:>10}  PATH (FLAGS)",
            "FD", "FILE", "KIND", "POSITION"
        )?;
        for descriptor in &table.descriptors {
            let Some(file) = image.file(descriptor.file) else {
                continue;
            };
            writeln!(
                out,
                "{:>4} {:>4}  {:<9} {:>10}  {} ({}{}{}{})",
                descriptor.fd,
                file.id,
                file.kind,
                position(file),
                paths.tell(file.id, || path(file)),
                file.flags.join("|"),
                if descriptor.close_on_exec {
                    "|FD_CLOEXEC"
                } else {
                    ""
                },
                words.tell_whole(file.id, || about(image, file)),
                holders.others(table.id, descriptor)
            )?;
        }
        for lock in &table.locks {
            let kind = if lock.exclusive { "write" } else { "read" };
            let end = match lock.end {
                i64::MAX => "end".to_owned(),
                end => end.to_string(),
            };
            let path = paths.tell(lock.file, || printable(image.path(lock.file)));
            writeln!(
                out,
                "lock: {} {kind} {}-{end} of {path}",
                lock.kind, lock.start
            )?;
        }
    }
    let users = Users::new(image, |uses| uses.directories);
    for directories in &image.directories {
        writeln!(out, "directories of {}", users.names(directories.id))?;
        for (what, path) in [(" cwd", &directories.cwd), ("root", &directories.root)] {
            writeln!(
                out,
                "{what}        directory             {}",
                printable(path)
            )?;
        }
    }
    Ok(())
}

impl<'a> Holders<'a> {
    fn new(image: &'a Image) -> Self {
        let mut holders = Holders {
            tables: Users::new(image, |uses| uses.files),
            descriptors: HashMap::new(),
        };
        for table in &image.file_tables {
            for descriptor in &table.descriptors {
                let same = holders.descriptors.entry(descriptor.file).or_default();
                same.push((table.id, descriptor.fd));
            }
        }
        holders
    }

    /// Which other descriptors lead to the same open file.
    fn others(&self, table: u32, descriptor: &Descriptor) -> String {
        let itself = (table, descriptor.fd);
        let all = self
            .descriptors
            .get(&descriptor.file)
            .map_or(&[] as &[_], Vec::as_slice);
        if all.len() < 2 {
            return String::new();
        }
        let others = all.iter().filter(|other| **other != itself);
        let names = others.map(|(other, fd)| match self.tables.of(*other).first() {
            Some(task) if *other != table => format!("fd {fd} of {}", task.pid),
            _ => format!("fd {fd}"),
        });
        format!(", shared with {}", few(names, all.len() - 1))
    }
}

/// The path of an open file; of the ends of a pipe, something that they have in common.
fn path(file: &OpenFile) -> String {
    match (file.path(), file.pipe) {
        ("", Some(pipe)) => format!("pipe:[{pipe}]"),
        ("", None) => "-".to_owned(),
        (path, _) => printable(path),
    }
}

/// Where it is read or written next.
fn position(file: &OpenFile) -> String {
    let node = file.node.as_ref();
    node.map_or_else(|| "-".to_owned(), |node| node.position.to_string())
}

/// State of an open file.
fn about(image: &Image, file: &OpenFile) -> String {
    let mut words = String::new();
    if let Some((major, minor)) = file.node.as_ref().and_then(|node| node.device) {
        words += &format!(", device {major}:{minor}");
    }
    if let Some(pipe) = image.pipe(file.pipe) {
        let size = count(pipe.size, "byte", "bytes");
        words += &format!(", {} of {size} in it", pipe.bytes);
    }
    if let Some(terminal) = image.terminal(file.terminal) {
        words += &format!(", /dev/pts/{}", terminal.number);
        if terminal.outer {
            words += "  with its master outside";
        }
    }
    if let Some(contents) = image.contents(file.contents) {
        words += &format!(", {}", held(contents));
    }
    if let Some(special) = &file.special {
        words += &format!(", {}", what(image, special));
    }
    if let Some(opener) = image.opener(file.opener) {
        words += &format!(", opened by user {}", opener.uids[1]);
    }
    if let Some(owner) = &file.owner {
        words += &format!(", signals to {}", recipient(image, owner));
    }
    words
}

/// What contents of the image are, in words.
fn held(contents: &Contents) -> String {
    let mut words = format!(
        "{}, {} of {} here",
        contents.kind,
        count(contents.pages, "page", "pages"),
        count(contents.size, "byte", "bytes")
    );
    if !contents.seals.is_empty() {
        words += &format!(", seals {}", contents.seals.join("|"));
    }
    words
}

/// Which tasks are told of a file by signals.
fn recipient(image: &Image, owner: &Owner) -> String {
    match owner.task.map(|place| image.tasks.get(place as usize)) {
        Some(Some(task)) => format!("{} {} {}", owner.kind, task.pid, printable(&task.name)),
        Some(None) => format!("{} of the dead", owner.kind),
        None if owner.flags.contains("GROUP_OF_ROOT") => "the group of the surroundings".to_owned(),
        None => "no task".to_owned(),
    }
}

/// What the kind of a file has beside, in a few words: of kinds that have none here, all of it by its
/// declaration.
fn what(image: &Image, special: &Special) -> String {
    if let Some(body) = special.is::<EventFd>() {
        format!("counter {}", body.count)
    } else if let Some(body) = special.is::<TimerFd>() {
        let TimerFd {
            value,
            interval,
            ticks,
            ..
        } = body;
        let clock = names::clock(body.clock);
        format!("{clock}, {value} ns, every {interval} ns, {ticks} to be read")
    } else if let Some(body) = special.is::<SignalFd>() {
        names::signals(body.signals).join(" ")
    } else if let Some(body) = special.is::<PidFd>() {
        of(image, body.place)
    } else if let Some(body) = special.is::<Proc>() {
        of(image, body.process)
    } else if let Some(body) = special.is::<Inotify>() {
        let paths = special.texts.iter().map(|path| printable(path));
        let paths = few(paths, special.texts.len());
        let events = count(body.nr_events, "event", "events");
        format!("watches {paths}, {events} to be read")
    } else if special.info.kind == Kind::EPOLL {
        let numbers = special.waited.iter().map(i32::to_string);
        format!("waits for {}", few(numbers, special.waited.len()))
    } else {
        records::fields(special.info.fields, &special.body)
    }
}

/// Which task something is of.
fn of(image: &Image, place: u32) -> String {
    match image.task(Place(place)) {
        _ if place == OUTSIDE => "of no process".to_owned(),
        Some(task) => format!("of {} {}", task.pid, printable(&task.name)),
        None => "of no task".to_owned(),
    }
}
