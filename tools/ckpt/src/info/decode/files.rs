// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, open files, and what stands behind those that no path leads to.

use ckpt_image::{
    limits,
    record::{
        self,
        file_mark,
        part_flag,
        OUTSIDE, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem,
    PAGE_SIZE, //
};

use super::{
    Builder,
    Fit, //
};
use crate::info::{
    convert,
    items::{
        list,
        Placed, //
    },
    model::*,
    names, //
};

impl Builder {
    /// Tables, open files and what stands before or behind them.
    pub(super) fn files(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::File>() {
            if body.marks & file_mark::FRESH != 0 {
                let pipe = convert::pipe(&record::Pipe::fresh(body.object));
                self.image.pipes.push(pipe);
            }
            self.image.files.push(convert::file(&body));
        } else if let Some(body) = placed.body() {
            self.last_file(hdr)?.node = Some(Box::new(convert::node(&body)));
        } else if let Some(body) = placed.body::<record::FileTable>() {
            for (count, limit) in [(body.nr_fds, limits::FDS), (body.nr_locks, limits::LOCKS)] {
                if count > limit {
                    return Err(hdr.malformed(Problem::Count(count)));
                }
            }
            self.image.file_tables.push(FileTable {
                id: body.objref,
                descriptors: Vec::new(),
                locks: Vec::new(),
            });
        } else if let Some(body) = placed.body() {
            let stray = hdr.malformed(Problem::Wanted(Kind::FILE_TABLE));
            let table = self.image.file_tables.last_mut().ok_or(stray)?;
            table.locks.push(convert::lock(&body));
        } else if let Some(body) = placed.body::<record::Opener>() {
            self.last_file(hdr)?.opener = Some(body.cred);
        } else if let Some(body) = placed.body() {
            self.last_file(hdr)?.owner = Some(Box::new(convert::owner(&body)));
        } else if let Some(body) = placed.body() {
            self.image.directories.push(convert::directories(&body));
        } else if !self.shared(placed)? {
            self.special(placed)?;
        }
        Ok(())
    }

    /// What files are open on; whether it is that.
    fn shared(&mut self, placed: &Placed) -> Result<bool, Malformed> {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::Contents>() {
            if body.nr_pages > body.size.div_ceil(PAGE_SIZE) {
                let many = Problem::Value("contents with more pages than they are long");
                return Err(hdr.malformed(many));
            }
            self.image.contents.push(convert::contents(&body));
        } else if let Some(body) = placed.body() {
            self.image.pipes.push(convert::pipe(&body));
        } else if let Some(body) = placed.body::<record::PipePart>() {
            if !(1..=PAGE_SIZE as u32).contains(&body.len) {
                return Err(hdr.malformed(Problem::Value("part of a pipe out of range")));
            }
            let stray = hdr.malformed(Problem::Wanted(Kind::PIPE));
            let pipe = self.image.pipes.last_mut().ok_or(stray)?;
            pipe.bytes += u64::from(body.len);
            pipe.packets += u64::from(body.flags & part_flag::PACKET);
        } else if let Some(body) = placed.body() {
            self.image.terminals.push(convert::terminal(&body));
        } else if let Some(body) = placed.body() {
            let stray = hdr.malformed(Problem::Wanted(Kind::TTY));
            let terminal = self.image.terminals.last_mut().ok_or(stray)?;
            terminal.ends.push(convert::terminal_end(&body));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What a file without a path is.
    fn special(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        let special = if let Some(body) = placed.body() {
            convert::eventfd(&body)
        } else if let Some(body) = placed.body() {
            convert::timerfd(&body)
        } else if let Some(body) = placed.body::<record::SignalFd>() {
            Special::SignalFd {
                signals: Set::new(body.signals, names::signals),
            }
        } else if let Some(body) = placed.body::<record::Inotify>() {
            Special::Inotify {
                watches: Vec::new(),
                events: body.nr_events,
                next: body.next,
            }
        } else if let Some(body) = placed.body::<record::InotifyWatch>() {
            self.watches(hdr)?.push(convert::watch(&body));
            return Ok(());
        } else if let Some(body) = placed.body::<record::Proc>() {
            let task = |place| {
                self.check_task(hdr, place, true)
                    .map(|()| (place != OUTSIDE).then_some(place))
            };
            Special::Proc {
                process: task(body.process)?,
                thread: task(body.thread)?,
            }
        } else if let Some(body) = placed.body::<record::PidFd>() {
            self.check_task(hdr, body.place, false)?;
            Special::PidFd {
                task: body.place,
                thread: body.flags != 0,
            }
        } else if placed.body::<record::Epoll>().is_some() {
            Special::Epoll { items: Vec::new() }
        } else if let Some(body) = placed.body::<record::EpollItems>() {
            if body.nr_items == 0 {
                return Err(hdr.malformed(Problem::Count(body.nr_items)));
            }
            self.filled = body.set;
            return Ok(());
        } else {
            return Ok(());
        };
        self.last_file(hdr)?.special = Some(Box::new(special));
        Ok(())
    }

    /// A place that has to be that of a task, not of a ghost.
    fn check_task(&self, hdr: &Hdr, place: u32, may_be_outside: bool) -> Fit {
        let is_task = (place as usize) < self.image.tasks.len();
        match is_task || may_be_outside && place == OUTSIDE {
            true => Ok(()),
            false => Err(hdr.malformed(Problem::Value("place of no task"))),
        }
    }

    /// The open file that a record belongs to.
    fn last_file(&mut self, hdr: &Hdr) -> Result<&mut OpenFile, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::FILE));
        self.image.files.last_mut().ok_or(stray)
    }

    /// What the inotify instance watches that came last.
    fn watches(&mut self, hdr: &Hdr) -> Result<&mut Vec<Watch>, Malformed> {
        match self.last_file(hdr)?.special.as_deref_mut() {
            Some(Special::Inotify { watches, .. }) => Ok(watches),
            _ => Err(hdr.malformed(Problem::Wanted(Kind::INOTIFY))),
        }
    }

    /// The text behind a file, or what stands before or behind it.
    pub(super) fn file_text(&mut self, hdr: &Hdr, owner: Kind, text: String) -> Fit {
        let stray = hdr.malformed(Problem::Value("text that belongs to no record"));
        match owner {
            Kind::FILE_NODE => {
                let node = self.last_file(hdr)?.node.as_deref_mut();
                node.ok_or(stray)?.path = text;
            }
            Kind::TTY => self.image.terminals.last_mut().ok_or(stray)?.path = text,
            Kind::PIPE => self.image.pipes.last_mut().ok_or(stray)?.path = Some(text),
            Kind::CONTENTS => self.image.contents.last_mut().ok_or(stray)?.name = text,
            Kind::INOTIFY_WATCH => self.watches(hdr)?.last_mut().ok_or(stray)?.path = text,
            Kind::INOTIFY_EVENT if text.len() > limits::NAME as usize => {
                return Err(hdr.malformed(Problem::Length(hdr.body)));
            }
            _ => {}
        }
        Ok(())
    }

    /// The entries behind a table, or a file.
    pub(super) fn file_entries(&mut self, hdr: &Hdr, owner: Kind, bytes: &[u8]) -> Fit {
        match owner {
            Kind::FILE_TABLE => {
                let all: Vec<record::FileDesc> = list(bytes);
                let numbers = || all.iter().map(record::FileDesc::fd);
                let is_ascending = numbers()
                    .zip(numbers().skip(1))
                    .all(|(one, next)| one < next);
                if !is_ascending || numbers().next_back() >= Some(limits::FDS) {
                    let wrong = Problem::Value("descriptor out of range or order");
                    return Err(hdr.malformed(wrong));
                }
                if let Some(table) = self.image.file_tables.last_mut() {
                    table.descriptors = all.iter().map(convert::descriptor).collect();
                }
            }
            Kind::EPOLL_ITEMS => {
                let all: Vec<record::EpollItem> = list(bytes);
                let set = self.image.file_mut(self.filled);
                match set.and_then(|set| set.special.as_deref_mut()) {
                    Some(Special::Epoll { items }) if items.is_empty() => {
                        items.extend(all.iter().map(convert::waited));
                    }
                    _ => return Err(hdr.malformed(Problem::Objref(self.filled))),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Pages of the contents that came last, whose addresses are offsets.
    pub(super) fn contents_pages(&mut self, hdr: &Hdr, runs: &[record::Run]) -> Fit {
        let size = self.image.contents.last().map_or(0, |last| last.size);
        let end = |run: &record::Run| run.address + u64::from(run.nr_pages) * PAGE_SIZE;
        let behind = |run| end(run) > size.div_ceil(PAGE_SIZE).saturating_mul(PAGE_SIZE);
        match runs.iter().any(behind) {
            true => Err(hdr.malformed(Problem::Value("pages behind the end of contents"))),
            false => Ok(()),
        }
    }
}
