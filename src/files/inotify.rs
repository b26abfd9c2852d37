// SPDX-License-Identifier: GPL-2.0-only

//! inotify: what is watched, and events that have not been read.

use kernel::prelude::*;

use ckpt_image::{
    limits,
    record::{
        self,
        file_kind,
        InotifyEvent,
        InotifyWatch,
        RESTARTERS, //
    },
    Problem, //
};

use super::{
    flags,
    kind::{
        Kind,
        Met, //
    },
    late,
    opened::Opened,
    saved::{
        self,
        PathText,
        Saved, //
    },
};
use crate::{
    log::refuse,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        self,
        errno,
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer,
        inotify::{
            self,
            Event,
            Watch, //
        },
        mounts::Mounts, //
    },
};

// include/uapi/linux/inotify.h
const IN_ALL_EVENTS: u32 = 0xfff;
const IN_UNMOUNT: u32 = 0x2000;
const IN_Q_OVERFLOW: u32 = 0x4000;
const IN_IGNORED: u32 = 0x8000;
const IN_DONT_FOLLOW: u32 = 0x0200_0000;
const IN_EXCL_UNLINK: u32 = 0x0400_0000;
const IN_ISDIR: u32 = 0x4000_0000;
const IN_ONESHOT: u32 = 0x8000_0000;

/// What a watch can be told.
const WATCHED: u32 = IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT;
/// The kernel's own note in an event that it is about an entry of what is watched. No program reads it, but
/// events that differ in it are not merged.
const ON_CHILD: u32 = 0x0800_0000;
/// What an event can tell.
const TOLD: u32 = IN_ALL_EVENTS | IN_UNMOUNT | IN_IGNORED | IN_ISDIR | ON_CHILD;

/// The kind of open files for inotify instances.
pub(crate) struct Inotify;

/// What of an instance has to wait until everything is restored: files that are opened and closed on
/// the way are events, too.
pub(crate) struct Unread {
    /// Watches that go with their first event.
    once: KVVec<i32>,
    /// Events that have not been read, and their names.
    events: KVVec<(Event, KVVec<u8>)>,
}

impl Unread {
    /// Sets it.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn set(self, instance: &File) -> Result {
        inotify::forget_events(instance);
        for wd in self.once.iter() {
            inotify::watch_once(instance, *wd);
        }
        for (event, name) in self.events {
            let lost = event.mask == IN_Q_OVERFLOW;
            let event = (!lost).then_some((event, name.as_slice()));
            inotify::add_event(instance, event)?;
        }
        Ok(())
    }
}

impl Kind for Inotify {
    fn number(&self) -> u16 {
        file_kind::INOTIFY
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        inotify::is_one(file)
    }

    fn noun(&self) -> &'static str {
        "an inotify instance"
    }

    fn is_anonymous(&self) -> bool {
        true
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let watches = inotify::watches(met.file, limits::WATCHES as usize)?;
        let most = (size_of::<Event>() + limits::NAME as usize) * limits::EVENTS as usize;
        let events = inotify::events(met.file, most)?;
        let mut count = 0;
        for_each(&events, |_, _| {
            count += 1;
            Ok(())
        })?;
        context.out.record(&record::Inotify {
            nr_watches: watches.len() as u32,
            nr_events: count,
            next: inotify::next(met.file),
            reserved: 0,
        })?;
        for watch in watches.iter() {
            save(context, met, watch)?;
            sys::check_signal()?;
        }
        for_each(&events, |event, name| {
            context.out.record(&InotifyEvent {
                wd: event.wd,
                mask: event.mask & (TOLD | IN_Q_OVERFLOW),
                cookie: event.cookie,
                reserved: 0,
            })?;
            context.out.string(name)
        })
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        _path: &CStr,
    ) -> Outcome<Opened> {
        let head: record::Inotify = context.reader.record()?;
        if head.next > i32::MAX as u32 {
            return Err(context.malformed(Problem::Value("next watch of an inotify instance")));
        }
        let mut once = KVVec::new();
        let mut outcome = Ok(());
        let file = inotify::create(saved.head.flags & flags::O_NONBLOCK, |file, fd| {
            outcome = watch_all(context, file, fd, &head, &mut once);
            Ok(())
        });
        outcome?;
        let file =
            file.map_err(|error| context.fail(error, fmt!("an inotify instance cannot be made")))?;
        let mut unread = Unread {
            once,
            events: KVVec::new(),
        };
        read_events(context, &mut unread, head.nr_events)?;
        context.when_ready(late::last(file.clone(), move |file| unread.set(file)))?;
        saved::made(context, file, saved)
    }
}

/// Writes what is watched, by its path.
fn save(context: &mut saving::Context<'_>, met: &Met<'_>, watch: &Watch) -> Result {
    let mut buffer = PathBuffer::new()?;
    let mounts = match context.states.get::<Option<Mounts>>()? {
        Some(mounts) => mounts,
        none => none.insert(Mounts::of_caller()?),
    };
    let path = match &watch.inode {
        Some(inode) => inode.path(mounts, &mut buffer)?,
        None => None,
    };
    let path = path.ok_or_else(|| {
        refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(met.task),
            "{}: an inotify watch (number {}) of a file that no path leads to is not supported",
            met.place,
            watch.wd
        )
    })?;
    context.out.record(&InotifyWatch {
        wd: watch.wd,
        mask: watch.mask,
        mount: RESTARTERS,
        reserved: 0,
    })?;
    context.out.string(path.to_bytes())
}

/// Goes through events and their names.
fn for_each(bytes: &[u8], mut each: impl FnMut(&Event, &[u8]) -> Result) -> Result {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (event, behind) = inotify::split_event(rest).ok_or(EIO)?;
        let (name, next) = behind.split_at_checked(event.len as usize).ok_or(EIO)?;
        each(&event, name)?;
        rest = next;
    }
    Ok(())
}

/// Reads what an instance watches, and adds it.
fn watch_all(
    context: &mut restoring::Context<'_>,
    file: &File,
    fd: i32,
    head: &record::Inotify,
    once: &mut KVVec<i32>,
) -> Outcome {
    let mut text = PathText::new()?;
    for _ in 0..head.nr_watches {
        let saved: InotifyWatch = context.reader.record()?;
        if saved.wd < 1 || saved.mask & !WATCHED != 0 {
            return Err(context.malformed(Problem::Value("watch of an inotify instance")));
        }
        let path = text.read(context)?;
        saved::check_absolute(context, path)?;
        if saved.mask & IN_ONESHOT != 0 {
            once.push(saved.wd, GFP_KERNEL_ACCOUNT)?;
        }
        // Never the empty mask, which a watch may have got.
        let mask = saved.mask & !IN_ONESHOT | IN_DONT_FOLLOW;
        let wd = inotify::set_next(file, saved.wd).and_then(|()| inotify::add(fd, path, mask));
        match wd {
            Ok(wd) if wd == saved.wd => {}
            Ok(_) => {
                return Err(context.fail(
                    errno::estale(),
                    fmt!("{} is what another inotify watch has watched", path),
                ))
            }
            Err(error) => {
                return Err(context.fail(error, fmt!("{} cannot be watched (inotify)", path)))
            }
        }
        sys::check_signal()?;
    }
    if head.next > 0 {
        inotify::set_next(file, head.next as i32)?;
    }
    Ok(())
}

fn read_events(context: &mut restoring::Context<'_>, unread: &mut Unread, count: u32) -> Outcome {
    let mut room = [0u8; limits::NAME as usize];
    for _ in 0..count {
        let saved: InotifyEvent = context.reader.record()?;
        let is_loss = saved.mask == IN_Q_OVERFLOW && saved.wd == -1;
        let is_event = saved.mask & !TOLD == 0 && saved.wd >= 1;
        if !is_loss && !is_event {
            return Err(context.malformed(Problem::Value("event of an inotify instance")));
        }
        let text = context.reader.string(&mut room)?;
        let mut name = KVVec::new();
        name.extend_from_slice(text, GFP_KERNEL_ACCOUNT)?;
        let event = Event {
            mask: saved.mask,
            wd: saved.wd,
            cookie: saved.cookie,
            len: 0,
        };
        unread.events.push((event, name), GFP_KERNEL_ACCOUNT)?;
        sys::check_signal()?;
    }
    Ok(())
}
