// SPDX-License-Identifier: GPL-2.0-only

//! Which record may stand where: for the tools and for tests.
//!
//! The declaration of a record says which records belong to it and follow it ([`Info::follows`]). All other
//! records stand in one of the two lists here, in the order in which the module reads them. The module
//! itself reads record by record and does not use these lists.

use crate::{
    describe::{
        info,
        Field,
        Follow,
        Info,
        Limit,
        Payload,
        Role,
        What, //
    },
    record::{
        self,
        Record, //
    },
    Hdr,
    Kind,
    Malformed,
    Problem, //
};

/// What comes next where a record is no part of the one before it.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// This record.
    One(Kind),
    /// This one, or nothing.
    Maybe(Kind),
    /// As many of these as there are, in any order.
    Any(&'static [Kind]),
    /// This one if there was any of those before it; or it alone, or nothing.
    Last(Kind),
}

use Step::{
    Any,
    Last,
    Maybe,
    One, //
};

/// What stands before the first task.
pub const HEAD: &[Step] = &[
    One(Kind::HEADER),
    One(Kind::HEADER_ARCH),
    One(Kind::CONTAINER),
    One(Kind::TREE),
];

/// The section of a task that is alive.
pub const TASK: &[Step] = &[
    One(Kind::TASK),
    One(Kind::SCHED),
    Maybe(Kind::CRED),
    One(Kind::TASK_CREDS),
    Any(&[Kind::SECCOMP_FILTER]),
    Last(Kind::TASK_SECCOMP),
    One(Kind::THREAD),
    One(Kind::CPU),
    One(Kind::CPU_FPU),
    One(Kind::RESTART_BLOCK),
    Any(&[
        Kind::PIPE,
        Kind::TTY,
        Kind::CONTENTS,
        Kind::CRED,
        Kind::FILE,
        Kind::EPOLL_ITEMS,
    ]),
    Maybe(Kind::FILE_TABLE),
    Any(&[Kind::CONTENTS, Kind::CRED, Kind::FILE]),
    Maybe(Kind::MM),
    Maybe(Kind::CONTENTS),
    Maybe(Kind::CONTENTS),
    Maybe(Kind::FS),
    Maybe(Kind::SIGHAND),
    Maybe(Kind::SIGNAL),
    One(Kind::TASK_OBJS),
    One(Kind::SIGNAL_TASK),
];

/// What of it a dead one has behind TASK.
const DEAD: &[Step] = &[Maybe(Kind::CRED), One(Kind::TASK_CREDS)];

/// What stands behind the last task.
const END: &[Step] = &[One(Kind::INDEX), Any(&[Kind::INDEX]), One(Kind::TAIL)];

/// What a record is where it stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// One with a fixed part; and of which one it is a part, if it is of any.
    Fixed(&'static Info, Option<&'static Info>),
    /// A STRING, of which record, of what, and how long it may be.
    Text(&'static Info, &'static str, Limit),
    /// A BUFFER, of which record; what it holds, and how much of it, when that has been told.
    Buffer(&'static Info, Payload, Option<u64>),
    /// ERROR: the checkpoint had failed.
    Error,
    /// The STRING that says why.
    Reason,
}

/// Most that follows one record.
const FOLLOWS: usize = 12;

/// Most records that are parts of each other.
const DEPTH: usize = 6;

/// A record, and what is still to follow it.
#[derive(Clone, Copy, Debug)]
struct Frame {
    info: &'static Info,
    /// How many of each are missing; pages, where it is pages that count.
    left: [u64; FOLLOWS],
    /// How many entries each BUFFER has.
    entries: [Option<u64>; FOLLOWS],
    at: usize,
}

/// How far an image has been read.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    frames: [Option<Frame>; DEPTH],
    depth: usize,
    steps: &'static [Step],
    /// Whether there was any of those of the last step that may be any number.
    any: bool,
    tasks: u64,
    failed: bool,
}

impl Default for Order {
    fn default() -> Self {
        Order {
            frames: [None; DEPTH],
            depth: 0,
            steps: HEAD,
            any: false,
            tasks: 0,
            failed: false,
        }
    }
}

impl Info {
    /// Whether what may follow does.
    fn has(&self, follow: &Follow, body: &[u8]) -> bool {
        let Some(member) = follow.bit else {
            let mut all = follow.fields.iter();
            return follow.fields.is_empty()
                || follow.is_text_bound()
                || all.any(|name| self.get(name, body) != 0);
        };
        let on = |field: &&Field| follow.fields.contains(&field.name);
        self.fields.iter().filter(on).any(|field| {
            let value = field.number(body, 0);
            let (set, is_bits) = match field.role {
                Role::Flags(set) => (set, true),
                Role::OneOf(set) => (set, false),
                _ => return false,
            };
            let named = set.members.iter().find(|known| known.name == member);
            named.is_some_and(|known| match is_bits {
                true => value & known.value != 0,
                false => value == known.value,
            })
        })
    }
}

impl Frame {
    fn new(info: &'static Info, body: &[u8]) -> Frame {
        let mut frame = Frame {
            info,
            left: [0; FOLLOWS],
            entries: [None; FOLLOWS],
            at: 0,
        };
        let rooms = frame.left.iter_mut().zip(&mut frame.entries);
        for (follow, (left, entries)) in info.follows.iter().zip(rooms) {
            if !info.has(follow, body) {
                continue;
            }
            *left = match follow.what {
                What::Record(_, Some(count)) | What::Pages(_, count) => info.get(count, body),
                What::Within(_) => 0,
                What::Buffer(payload) => {
                    let counts = payload.counts.iter();
                    *entries = (!payload.counts.is_empty()).then(|| {
                        counts.fold(0u64, |sum, count| sum.saturating_add(info.get(count, body)))
                    });
                    1
                }
                What::Text(..) | What::Record(_, None) | What::Maybe(_) => 1,
            };
        }
        frame
    }

    /// What follows now, and how much of it is left.
    fn now(&mut self) -> Option<(&'static Follow, &mut u64)> {
        while self.left.get(self.at) == Some(&0) {
            self.at += 1;
        }
        Some((self.info.follows.get(self.at)?, self.left.get_mut(self.at)?))
    }
}

impl Order {
    /// Tells what the record with this prefix is, if it may stand here. Its fixed part has to be told with
    /// [`Order::fixed`] next.
    ///
    /// # Errors
    ///
    /// When another record has to stand here.
    pub fn next(&mut self, hdr: &Hdr) -> Result<Place, Malformed> {
        let wanted = |kind| hdr.malformed(Problem::Wanted(kind));
        if self.failed {
            return match hdr.kind {
                Kind::STRING => Ok(Place::Reason),
                _ => Err(wanted(Kind::STRING)),
            };
        }
        if hdr.kind == Kind::ERROR {
            // A checkpoint may fail anywhere.
            self.failed = true;
            return Ok(Place::Error);
        }
        let fixed = info(hdr.kind);
        while let Some(Some(frame)) = self.depth.checked_sub(1).map(|top| &mut self.frames[top]) {
            let owner = frame.info;
            let Some((follow, left)) = frame.now() else {
                self.depth -= 1;
                continue;
            };
            let (kind, place) = match follow.what {
                What::Text(of, limit) => (Kind::STRING, Some(Place::Text(owner, of, limit))),
                What::Buffer(payload) => {
                    *left = 0;
                    let entries = frame.entries.get(frame.at).copied().flatten();
                    let place = Place::Buffer(owner, payload, entries);
                    return match hdr.kind {
                        Kind::BUFFER => Ok(place),
                        _ => Err(wanted(Kind::BUFFER)),
                    };
                }
                What::Record(kind, _) | What::Maybe(kind) | What::Pages(kind, _) => {
                    (kind, fixed.map(|info| Place::Fixed(info, Some(owner))))
                }
                What::Within(_) => (hdr.kind, None),
            };
            if hdr.kind == kind {
                if !matches!(follow.what, What::Pages(..)) {
                    *left -= 1;
                }
                return place.ok_or_else(|| wanted(kind));
            }
            if !matches!(follow.what, What::Maybe(_)) {
                return Err(wanted(kind));
            }
            *left = 0;
        }
        self.step(hdr)?;
        fixed
            .map(|info| Place::Fixed(info, None))
            .ok_or_else(|| hdr.malformed(Problem::Value("record of unknown kind")))
    }

    /// How many records that which [`Order::next`] has told of is a part of, one within the other.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// What stands where no other record waits for its parts.
    fn step(&mut self, hdr: &Hdr) -> Result<(), Malformed> {
        loop {
            let Some((step, rest)) = self.steps.split_first() else {
                self.steps = match self.tasks {
                    0 => END,
                    _ => TASK,
                };
                self.tasks = self.tasks.saturating_sub(1);
                continue;
            };
            match step {
                One(kind) => {
                    self.steps = rest;
                    self.any = false;
                    return match hdr.kind == *kind {
                        true => Ok(()),
                        false => Err(hdr.malformed(Problem::Wanted(*kind))),
                    };
                }
                Maybe(kind) => {
                    self.steps = rest;
                    if hdr.kind == *kind {
                        return Ok(());
                    }
                }
                Any(kinds) if kinds.contains(&hdr.kind) => {
                    self.any = true;
                    return Ok(());
                }
                Any(_) => self.steps = rest,
                Last(kind) => {
                    self.steps = rest;
                    match (hdr.kind == *kind, self.any) {
                        (true, _) => return Ok(()),
                        (_, true) => return Err(hdr.malformed(Problem::Wanted(*kind))),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Takes the fixed part of the record that has been read: it tells what follows.
    pub fn fixed(&mut self, info: &'static Info, body: &[u8]) {
        match info.kind {
            Kind::TREE => self.tasks = info.get("nr_tasks", body),
            Kind::TASK if info.get("state", body) == u64::from(record::task_state::ZOMBIE) => {
                self.steps = DEAD;
            }
            _ => {}
        }
        if !info.follows.is_empty() && info.kind != record::Pages::KIND {
            if let Some(room) = self.frames.get_mut(self.depth) {
                *room = Some(Frame::new(info, body));
                self.depth += 1;
            }
        }
    }

    /// Takes the text that has been read: there is what follows only one that is not empty.
    pub fn text(&mut self, is_empty: bool) {
        let top = self.depth.checked_sub(1);
        let Some(Some(frame)) = top.and_then(|top| self.frames.get_mut(top)) else {
            return;
        };
        if is_empty {
            let follows = frame.info.follows.iter().zip(&mut frame.left);
            follows
                .filter(|(follow, _)| follow.is_text_bound())
                .for_each(|(_, left)| *left = 0);
        }
    }

    /// Takes the entries that have been read: of some the pages count.
    ///
    /// # Errors
    ///
    /// When there are more than were announced.
    pub fn buffer(
        &mut self,
        hdr: &Hdr,
        info: &Info,
        payload: &Payload,
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        if info.kind != Kind::PAGES_COPIED {
            return Ok(());
        }
        let counts = bytes.chunks_exact(payload.size);
        let count = counts.fold(0u64, |sum, entry| sum + payload.get("nr_pages", entry));
        self.pages(hdr, count)
    }

    /// Takes a number of pages that have been read off those that were announced.
    ///
    /// # Errors
    ///
    /// When there are more.
    pub fn pages(&mut self, hdr: &Hdr, count: u64) -> Result<(), Malformed> {
        let frames = self.frames.iter_mut().take(self.depth).rev().flatten();
        for frame in frames {
            if let Some((follow, left)) = frame.now() {
                if matches!(follow.what, What::Pages(..)) {
                    let more = hdr.malformed(Problem::Value("more pages than were announced"));
                    *left = left.checked_sub(count).ok_or(more)?;
                    return Ok(());
                }
            }
        }
        Err(hdr.malformed(Problem::Value("pages that nothing has announced")))
    }
}
