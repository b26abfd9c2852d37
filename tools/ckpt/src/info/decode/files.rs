// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, open files, and what stands behind those that no path leads to.

use ckpt_image::{
    limits,
    record::{
        self,
        file_mark,
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
        Item,
        Placed, //
    },
    model::*, //
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
        } else if let Some(body) = placed.body() {
            self.image.terminals.push(convert::terminal(&body));
        } else if placed.body::<record::TtyEnd>().is_some() {
            // The modes of a terminal, which no file of it has for itself.
            let stray = hdr.malformed(Problem::Wanted(Kind::TTY));
            self.image.terminals.last().ok_or(stray)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What the kind of a file has beside.
    fn special(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        if let Some(body) = placed.body::<record::Proc>() {
            self.check_task(hdr, body.process, true)?;
            self.check_task(hdr, body.thread, true)?;
        } else if let Some(body) = placed.body::<record::PidFd>() {
            self.check_task(hdr, body.place, false)?;
        } else if let Some(body) = placed.body::<record::EpollItems>() {
            if body.nr_items == 0 {
                return Err(hdr.malformed(Problem::Count(body.nr_items)));
            }
            self.filled = body.set;
        }
        if let (Item::Fixed(info, body), true) = (&placed.item, placed.depth == 1) {
            self.last_file(hdr)?.special = Some(Box::new(Special {
                info,
                body: body.clone(),
                texts: Vec::new(),
                waited: Vec::new(),
            }));
        }
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

    /// The text behind a file, or what stands before or behind it.
    pub(super) fn file_text(&mut self, hdr: &Hdr, owner: Kind, text: String) -> Fit {
        let stray = hdr.malformed(Problem::Value("text that belongs to no record"));
        match owner {
            Kind::FILE_NODE => {
                let node = self.last_file(hdr)?.node.as_deref_mut();
                node.ok_or(stray)?.path = text;
            }
            Kind::INOTIFY_WATCH => {
                let special = self.last_file(hdr)?.special.as_deref_mut();
                special.ok_or(stray)?.texts.push(text);
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
                let set = set.and_then(|set| set.special.as_deref_mut());
                let is_empty =
                    |set: &&mut Special| set.info.kind == Kind::EPOLL && set.waited.is_empty();
                let wrong = hdr.malformed(Problem::Objref(self.filled));
                let set = set.filter(is_empty).ok_or(wrong)?;
                set.waited = all.iter().map(|item| item.fd).collect();
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
