// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, open files, and what stands behind those that no path leads to.

use ckpt_image::{
    limits,
    record::{
        self,
        file_mark,
        part_flag,
        pipe_flag, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem, //
};

use super::{
    owe,
    Builder,
    Fit,
    OwedByInotify,
    OwedByTable,
    Text, //
};
use crate::info::{
    convert,
    items::{
        Item,
        Placed, //
    },
    model::*,
    names, //
};

impl Builder {
    pub(super) fn files(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::FileTable(body) => {
                self.define(hdr, body.objref)?;
                if body.nr_fds > limits::FDS {
                    return Err(hdr.malformed(Problem::Count(body.nr_fds)));
                }
                if body.nr_locks > limits::LOCKS {
                    return Err(hdr.malformed(Problem::Count(body.nr_locks)));
                }
                let promised = OwedByTable {
                    descriptors: body.nr_fds,
                    locks: body.nr_locks,
                };
                owe(hdr, &mut self.owed.table, promised)?;
                self.image.file_tables.push(FileTable {
                    id: body.objref,
                    descriptors: Vec::new(),
                    locks: Vec::new(),
                });
            }
            Item::Descriptors(list) => {
                for body in list {
                    Builder::pay(hdr, &mut self.owed.table.descriptors)?;
                    self.refer(hdr, body.file);
                    self.table(hdr)?.descriptors.push(convert::descriptor(body));
                }
            }
            Item::FileLock(body) => {
                Builder::pay(hdr, &mut self.owed.table.locks)?;
                self.refer(hdr, body.file);
                self.table(hdr)?.locks.push(convert::lock(body));
            }
            Item::Opener(body) => {
                self.refer(hdr, body.cred);
                self.last_file(hdr)?.opener = Some(body.cred);
            }
            Item::Owner(body) => {
                self.last_file(hdr)?.owner = Some(Box::new(convert::owner(body)));
            }
            Item::File(body) => {
                if body.marks & file_mark::FRESH != 0 {
                    self.define(hdr, body.object)?;
                    self.image
                        .pipes
                        .push(convert::pipe(&record::Pipe::fresh(body.object)));
                }
                self.define(hdr, body.objref)?;
                if body.object != 0 {
                    self.refer(hdr, body.object);
                }
                self.image.files.push(convert::file(body));
            }
            Item::FileNode(body) => {
                self.last_file(hdr)?.node = Some(Box::new(convert::node(body)));
                self.text = Text::FilePath;
            }
            _ => {}
        }
        Ok(())
    }

    /// What a file without a path is.
    pub(super) fn special(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        let special = match &placed.item {
            Item::EventFd(body) => convert::eventfd(body),
            Item::TimerFd(body) => convert::timerfd(body),
            Item::SignalFd(body) => Special::SignalFd {
                signals: Set::new(body.signals, names::signals),
            },
            Item::Inotify(body) => {
                let promised = OwedByInotify {
                    watches: body.nr_watches,
                    events: body.nr_events,
                };
                owe(hdr, &mut self.owed.inotify, promised)?;
                Special::Inotify {
                    watches: Vec::new(),
                    events: body.nr_events,
                    next: body.next,
                }
            }
            Item::Proc(body) => Special::Proc {
                process: (body.process != record::OUTSIDE).then_some(body.process),
                thread: (body.thread != record::OUTSIDE).then_some(body.thread),
            },
            Item::PidFd(body) => Special::PidFd {
                task: body.place,
                thread: body.flags != 0,
            },
            _ => Special::Epoll { items: Vec::new() },
        };
        self.last_file(hdr)?.special = Some(Box::new(special));
        Ok(())
    }

    /// What is in an epoll set, which has nothing in it yet.
    pub(super) fn fill(&mut self, hdr: &Hdr, list: &[record::EpollItem]) -> Fit {
        for item in list {
            self.refer(hdr, item.file);
        }
        let set = self.image.file_mut(self.filled);
        match set.and_then(|set| set.special.as_deref_mut()) {
            Some(Special::Epoll { items }) if items.is_empty() => {
                items.extend(list.iter().map(convert::waited));
                Ok(())
            }
            _ => Err(hdr.malformed(Problem::Objref(self.filled))),
        }
    }

    /// The open file that a record belongs to.
    fn last_file(&mut self, hdr: &Hdr) -> Result<&mut OpenFile, Malformed> {
        let stray = hdr.malformed(Problem::Wanted(Kind::FILE));
        self.image.files.last_mut().ok_or(stray)
    }

    /// What an inotify instance watches and has to tell.
    pub(super) fn watches(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        let stray = hdr.malformed(Problem::Wanted(Kind::INOTIFY));
        let special = self
            .image
            .files
            .last_mut()
            .and_then(|file| file.special.as_deref_mut());
        let Some(Special::Inotify { watches, .. }) = special else {
            return Err(stray);
        };
        if let Item::InotifyWatch(body) = &placed.item {
            watches.push(convert::watch(body));
            self.text = Text::WatchPath;
            return Builder::pay(hdr, &mut self.owed.inotify.watches);
        }
        self.text = Text::EventName;
        Builder::pay(hdr, &mut self.owed.inotify.events)
    }

    pub(super) fn pipes(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Pipe(body) => {
                self.define(hdr, body.objref)?;
                if body.flags & pipe_flag::NAMED != 0 {
                    self.text = Text::FifoPath;
                }
                owe(hdr, &mut self.owed.pipe_parts, body.nr_parts)?;
                self.image.pipes.push(convert::pipe(body));
            }
            Item::PipePart(body) => {
                Builder::pay(hdr, &mut self.owed.pipe_parts)?;
                let stray = hdr.malformed(Problem::Wanted(Kind::PIPE));
                let pipe = self.image.pipes.last_mut().ok_or(stray)?;
                pipe.bytes += u64::from(body.len);
                pipe.packets += u64::from(body.flags & part_flag::PACKET);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn terminals(&mut self, placed: &Placed) -> Fit {
        let hdr = &placed.hdr;
        match &placed.item {
            Item::Tty(body) => {
                self.define(hdr, body.objref)?;
                self.text = Text::TtyPath;
                self.image.terminals.push(convert::terminal(body));
            }
            Item::TtyEnd(body) => {
                let stray = hdr.malformed(Problem::Wanted(Kind::TTY));
                let terminal = self.image.terminals.last_mut().ok_or(stray)?;
                terminal.ends.push(convert::terminal_end(body));
            }
            _ => {}
        }
        Ok(())
    }
}
