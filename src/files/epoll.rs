// SPDX-License-Identifier: GPL-2.0-only

//! epoll: instances that wait for other files. An instance is made empty, and filled when all of its files,
//! other instances among them, have been restored.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    record::{
        self,
        epoll_flag,
        file_kind,
        EpollItem, //
    },
    Problem, //
};
use zerocopy::IntoBytes;

use super::{
    kind::{
        Kind,
        Met, //
    },
    late,
    opened::{
        self,
        Opened, //
    },
    place::Place,
    saved::{
        self,
        Saved, //
    },
    stat::{
        S_IFMT,
        S_IFREG, //
    },
    worklist, //
};
use crate::{
    log::{
        refuse,
        Log, //
    },
    objhash::{
        ObjHash,
        Sort, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        epoll::{
            self,
            BusyPoll,
            Item, //
        },
        errno,
        file::{
            File,
            Stat, //
        },
        task::Task, //
    },
};

/// The kind of open files for epoll instances.
pub(crate) struct Epoll;

// include/uapi/linux/eventpoll.h
const EPOLLERR: u32 = 1 << 3;
const EPOLLHUP: u32 = 1 << 4;
const EPOLLET: u32 = 1 << 31;

/// Files that the sets of a tree wait for: which task has the set, the file, and its number there.
#[derive(Default)]
pub(crate) struct Targets(KVVec<(Task, u32, i32)>);

impl Targets {
    fn note(&mut self, task: &Task, objref: u32, fd: i32) -> Result {
        Ok(self
            .0
            .push((task.clone(), objref, fd), GFP_KERNEL_ACCOUNT)?)
    }

    /// Checks that each of them has a descriptor in the tree: without one it would be closed when the
    /// restart ends, and be waited for no longer.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` when one has none.
    pub(crate) fn check(&self, objects: &ObjHash, log: &Log) -> Result {
        match self.0.iter().find(|target| objects.names(target.1) == 0) {
            None => Ok(()),
            Some((task, _, fd)) => Err(refuse!(
                log,
                errno::eopnotsupp(),
                Some(task),
                "fd {} in an epoll instance: only a process outside of the tree has the file",
                fd
            )),
        }
    }
}

impl Kind for Epoll {
    fn number(&self) -> u16 {
        file_kind::EPOLL
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        epoll::is_set(file)
    }

    fn noun(&self) -> &'static str {
        "an epoll instance"
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn collect(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<bool> {
        let items = epoll::items(met.file)?;
        for item in items.iter() {
            let place = Place::InSet(item.fd);
            let file = &item.file;
            worklist::add(
                context,
                &Met {
                    file,
                    place,
                    ..*met
                },
            )?;
        }
        Ok(!items.is_empty())
    }

    fn connect(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let find = |objects: &ObjHash, file: &File| objects.find(Sort::File, file.key());
        let mut items: KVVec<EpollItem> = KVVec::new();
        for item in epoll::items(met.file)?.iter() {
            // Not there: it has come since its files were saved, so a task runs.
            let file = find(&context.objects, &item.file).ok_or(EBUSY)?;
            let flags = if is_new(item) { epoll_flag::READY } else { 0 };
            let item = EpollItem {
                file,
                fd: item.fd,
                events: item.events,
                flags,
                data: item.data,
            };
            items.push(item, GFP_KERNEL_ACCOUNT)?;
            let targets = context.states.get::<Targets>()?;
            targets.note(met.task, file, item.fd)?;
        }
        if items.is_empty() {
            return Ok(());
        }
        context.out.record(&record::EpollItems {
            set: find(&context.objects, met.file).ok_or(EIO)?,
            nr_items: items.len() as u32,
        })?;
        context.out.buffer(items.as_slice().as_bytes())
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let poll = epoll::busy_poll(met.file)?;
        context.out.record(&record::Epoll {
            busy_poll_usecs: poll.usecs,
            busy_poll_budget: poll.budget,
            prefer_busy_poll: poll.preferred.into(),
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let head: record::Epoll = context.reader.record()?;
        if head.prefer_busy_poll > 1 || head.busy_poll_usecs > i32::MAX as u32 {
            return Err(context.malformed(Problem::Value("busy polling of an epoll instance")));
        }
        let set = epoll::create()
            .map_err(|error| context.fail(error, fmt!("an epoll instance cannot be made")))?;
        let poll = BusyPoll {
            usecs: head.busy_poll_usecs,
            budget: head.busy_poll_budget,
            preferred: head.prefer_busy_poll != 0,
        };
        if poll != BusyPoll::default() {
            epoll::set_busy_poll(&set, poll).map_err(|error| {
                context.fail(
                    error,
                    fmt!("busy polling of an epoll instance (EPIOCSPARAMS)"),
                )
            })?;
        }
        saved::made(context, set, saved)
    }
}

/// Whether anything that is found when an item is added again is something new. Of an edge that has
/// been seen it is not, but one that comes in the middle of a restart must not be taken for it.
fn is_new(item: &Item) -> bool {
    if item.ready || item.events & EPOLLET == 0 {
        return item.ready;
    }
    let stat = item.file.stat();
    // The task that serves the file may be frozen.
    let is_asked = stat.mode & S_IFMT != S_IFREG || stat.fs_internal;
    is_asked && epoll::what_is_there(&item.file) & item.events == 0
}

/// Reads an EPOLL_ITEMS record and fills the set with what it says.
pub(super) fn restore_items(context: &mut restoring::Context<'_>) -> Outcome {
    let head: record::EpollItems = context.reader.record()?;
    if head.nr_items == 0 {
        return Err(context.malformed(Problem::Count(head.nr_items)));
    }
    match context.get::<Opened>(head.set)? {
        Opened::File(file, _) if epoll::is_empty(file)? => {
            let set = file.clone();
            fill(context, &set, head.nr_items)
        }
        _ => Err(context.malformed(Problem::Objref(head.set))),
    }
}

fn fill(context: &mut restoring::Context<'_>, set: &File, count: u32) -> Outcome {
    // Items that are different from what adding makes of them.
    let mut special: RBTree<(usize, i32), (u32, bool)> = RBTree::new();
    context.reader.buffer_of::<EpollItem>(count)?;
    for _ in 0..count {
        let saved: EpollItem = context.reader.entry()?;
        if saved.fd < 0 || saved.flags & !epoll_flag::ALL != 0 {
            return Err(context.malformed(Problem::Value("item of an epoll instance")));
        }
        let item = Item {
            file: target(context, &saved)?,
            fd: saved.fd,
            events: saved.events,
            data: saved.data,
            ready: saved.flags & epoll_flag::READY != 0,
        };
        epoll::add(set, &item).map_err(|error| {
            context.fail(
                error,
                fmt!("fd {} cannot be added to an epoll instance", item.fd),
            )
        })?;
        // One that has fired and is not to fire again waits for nothing, not even for errors.
        let is_off = saved.events & (EPOLLERR | EPOLLHUP) == 0;
        let unready = saved.events & EPOLLET != 0 && !item.ready;
        if is_off || unready {
            let key = (item.file.key(), item.fd);
            special.try_create_and_insert(key, (item.events, unready), GFP_KERNEL_ACCOUNT)?;
        }
    }
    match special.iter().next() {
        None => Ok(()),
        Some(_) => Ok(context.when_ready(late::last(set.clone(), move |set| {
            epoll::settle(set, |file, fd| special.get(&(file, fd)).copied())
        }))?),
    }
}

/// The file that an item is about: what was given for its descriptor, or the saved one.
fn target(context: &restoring::Context<'_>, saved: &EpollItem) -> Outcome<File> {
    match (
        context.get::<Opened>(saved.file)?,
        context.inherited(saved.fd),
    ) {
        (Opened::External, Some(file)) => Ok(file.clone()),
        _ => Ok(opened::file_of(context, saved.file, Place::InSet(saved.fd))?.0),
    }
}
