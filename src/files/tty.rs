// SPDX-License-Identifier: GPL-2.0-only

//! TTY: pseudo-terminals, the bytes in flight in them, and their ends.
//!
//! Both ends have to be in the tree: a master outside belongs to a program that goes on, such as a terminal
//! emulator, and what is in the terminal cannot be moved.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        file_kind,
        tty_mark,
        OUTSIDE, //
    },
    Problem, //
};
use zerocopy::FromZeros;

pub(crate) use super::tty_pair::Pair;
use super::{
    census::{
        Census,
        Counted, //
    },
    flags::{
        O_ACCMODE,
        O_NOCTTY,
        O_NONBLOCK,
        O_PATH, //
    },
    kind::{
        Kind,
        Met,
        OpenOn, //
    },
    opened::Opened,
    place::Place,
    saved::{
        self,
        Saved, //
    },
    stat::{
        S_IFCHR,
        S_IFMT, //
    },
    tty_end,
    tty_outer,
    tty_pair::Role, //
};
use crate::{
    log::{
        refuse,
        Reason, //
    },
    objhash::{
        Held,
        ObjHash,
        Sort, //
    },
    places,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    sys::{
        errno,
        file::{
            File,
            Stat, //
        },
        fs::PathBuffer,
        pty::{
            self,
            End,
            Pty, //
        },
        task::Task, //
    },
    tree::Tree, //
};

const O_RDWR: u32 = 2;

/// Device number of /dev/tty.
const DEV_TTY: (u32, u32) = (5, 0);

/// An end of a pseudo-terminal.
pub(crate) struct Terminal(End);

/// What emulates a terminal.
pub(crate) const MASTER: Terminal = Terminal(End::Master);

/// What looks like one.
pub(crate) const SLAVE: Terminal = Terminal(End::Slave);

/// Masters that belong to the tree, by the addresses of their pseudo-terminals. Looked for when the
/// first terminal is met.
#[derive(Default)]
pub(crate) struct Masters(Option<RBTree<usize, File>>);

impl Masters {
    fn find(tree: &Tree, inherit: &[i32], objects: &mut ObjHash) -> Result<RBTree<usize, File>> {
        let mut masters = RBTree::new();
        let mut tables: RBTree<usize, ()> = RBTree::new();
        for task in tree.live() {
            let table = task.keys().files.ok_or(ESRCH)?;
            if tables
                .try_create_and_insert(table, (), GFP_KERNEL_ACCOUNT)?
                .is_some()
            {
                continue;
            }
            let mut next = 0;
            while let Some((fd, file)) = File::next_of(task, next) {
                let external = i32::try_from(fd).is_ok_and(|fd| inherit.contains(&fd));
                if !external && pty::state(&file).is_some_and(|state| state.is_master) {
                    let key = pty::key(&file);
                    if masters.get(&key).is_none() {
                        let held = objects.hold(&file)?;
                        masters.try_create_and_insert(key, held, GFP_KERNEL_ACCOUNT)?;
                    }
                }
                next = fd.checked_add(1).ok_or(EBADF)?;
            }
        }
        Ok(masters)
    }
}

/// Whether the master of a pseudo-terminal belongs to the tree.
fn has_master(context: &mut saving::Context<'_>, key: usize) -> Result<bool> {
    let masters = match &mut context.states.get::<Masters>()?.0 {
        Some(masters) => masters,
        none => {
            let (objects, inherit) = (&mut context.objects, &context.request.inherit);
            none.insert(Masters::find(context.tree, inherit, objects)?)
        }
    };
    Ok(masters.get(&key).is_some())
}

impl Kind for Terminal {
    fn number(&self) -> u16 {
        match self.0 {
            End::Master => file_kind::TTY_MASTER,
            End::Slave => file_kind::TTY_SLAVE,
        }
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        pty::state(file).is_some_and(|state| state.is_master == (self.0 == End::Master))
    }

    fn noun(&self) -> &'static str {
        "a terminal"
    }

    fn refusal(&self, file: &File, _stat: &Stat) -> Option<&'static str> {
        let state = pty::state(file)?;
        if state.index >= limits::TTYS {
            Some("a terminal with so high a number")
        } else if (state.hung_up || state.slave_hung_up) && Pty::of(file)?.master().is_some() {
            Some("a terminal that has been hung up while its master is open (vhangup)")
        } else if state.is_master && file.flags() & O_ACCMODE != O_RDWR {
            Some("the master of a terminal that is not open for reading and writing")
        } else {
            None
        }
    }

    fn has_path(&self) -> bool {
        false
    }

    fn is_on_object(&self) -> bool {
        true
    }

    fn object(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<OpenOn> {
        let key = pty::key(met.file);
        let state = pty::state(met.file).ok_or(EIO)?;
        if !state.hung_up && !has_master(context, key)? {
            if is_own(met)? {
                return outer(context, met, &state).map(OpenOn::from);
            }
            return Err(met.refuse_because(
                context.log,
                errno::eopnotsupp(),
                Reason::External,
                fmt!(
                    "terminal /dev/pts/{}, whose master is outside of the tree: it has to be named \
                     as external (--inherit)",
                    state.index
                ),
            ));
        }
        let is_master = u32::from(self.0 == End::Master);
        let what = Counted {
            key: pty::key,
            ends: |file| Pty::of(file).map(|pty| pty.opens()),
        };
        let objref = object(context, met, &state)?;
        context
            .states
            .get::<Census>()?
            .add(met, objref, (is_master, 1 - is_master), what)?;
        Ok(objref.into())
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        if saved.node.mode & S_IFMT != S_IFCHR {
            return Err(context.malformed(Problem::Value("kind and mode of a file disagree")));
        }
        if is_absent(context, saved.head.object)? {
            return saved::missing(path, ENOTTY);
        }
        if self.0 == End::Slave && (saved.node.rdev_major, saved.node.rdev_minor) == DEV_TTY {
            return restore_tty(context, saved, path);
        }
        let twice = context.malformed(Problem::Objref(saved.head.object));
        let access = saved.head.flags & O_ACCMODE;
        let pair = context.get_mut::<Pair>(saved.head.object)?;
        let end = pair.end.as_ref().ok_or(EIO)?;
        let file = match (self.0, &pair.role) {
            (End::Master, Role::Master) if access == O_RDWR => {
                pair.role = Role::Given;
                Ok(end.clone())
            }
            (End::Master, _) => return Err(twice),
            (End::Slave, role) => Pair::open_slave(end, role, access | O_NOCTTY | O_NONBLOCK),
        };
        let file =
            file.map_err(|error| context.fail(error, fmt!("a terminal cannot be opened")))?;
        saved::made(context, file, saved)
    }
}

/// Whether an object is a terminal that has not been given.
fn is_absent(context: &restoring::Context<'_>, object: u32) -> Outcome<bool> {
    Ok(object != 0 && context.get::<Pair>(object)?.end.is_none())
}

/// Whether an open file is the controlling terminal of the task that has it.
fn is_own(met: &Met<'_>) -> Result<bool> {
    let master = pty::controlling(met.task)?;
    Ok(master.is_some_and(|master| pty::key(&master) == pty::key(met.file)))
}

/// The id of a terminal whose master is outside, and which controls the session of the task that has it: the
/// restarter gives another one in its place. What has been typed and not been read stays there. None for
/// /dev/tty in a session that is outside: that of the restarter is the task's then, with its terminal.
fn outer(context: &mut saving::Context<'_>, met: &Met<'_>, state: &pty::State) -> Result<u32> {
    let entry = context.shape.entries.get(context.place).ok_or(ESRCH)?;
    let is_outside = entry.session == OUTSIDE;
    if state.is_tty && is_outside {
        return Ok(0);
    }
    let key = pty::key(met.file);
    let (objref, new) = context
        .objects
        .add(Sort::Tty, key, || Held::File(met.file.clone()))?;
    if !new {
        return Ok(objref);
    }
    let pty = Pty::of(met.file).ok_or(EIO)?;
    let (session, foreground) = match is_outside {
        true => (OUTSIDE, OUTSIDE),
        false => session_of(context, met, met.file)?,
    };
    context.out.record(&record::Tty {
        objref,
        index: state.index,
        session,
        foreground,
        marks: tty_mark::OUTER,
        ..record::Tty::new_zeroed()
    })?;
    context.out.string(b"")?;
    tty_end::save_modes(context, &pty)?;
    Ok(objref)
}

/// The id of a pseudo-terminal, which is written when it is new.
fn object(context: &mut saving::Context<'_>, met: &Met<'_>, state: &pty::State) -> Result<u32> {
    let key = pty::key(met.file);
    let (objref, new) = context
        .objects
        .add(Sort::Tty, key, || Held::File(met.file.clone()))?;
    if new {
        save(context, objref, met, state)?;
    }
    Ok(objref)
}

/// Writes the terminal that controls a process, unless the image has it already or its master is
/// outside: SIGNAL refers to it, and nothing else of the process has to.
pub(crate) fn save_controlling(context: &mut saving::Context<'_>, task: &Task) -> Result {
    let Some(master) = pty::controlling(task)? else {
        return Ok(());
    };
    if !has_master(context, pty::key(&master))? {
        return Ok(());
    }
    let state = pty::state(&master).ok_or(EIO)?;
    let met = Met {
        file: &master,
        task,
        place: Place::Terminal,
    };
    object(context, &met, &state).map(|_| ())
}

/// Opens a terminal as /dev/tty: one of the image, or that of the session which the task has come
/// into.
fn restore_tty(
    context: &mut restoring::Context<'_>,
    saved: &Saved,
    path: &CStr,
) -> Outcome<Opened> {
    let flags = saved.head.flags & O_ACCMODE | O_NOCTTY | O_NONBLOCK;
    saved::check_absolute(context, path)?;
    let (file, wanted) = if saved.head.object == 0 {
        if context
            .entry()
            .is_some_and(|entry| entry.session != OUTSIDE)
        {
            return Err(context.malformed(Problem::Objref(saved.head.object)));
        }
        (File::open(path, flags), None)
    } else {
        // Looked up before anything depends on it: that may take its time.
        let node = File::open(path, O_PATH);
        let pair = context.get::<Pair>(saved.head.object)?;
        let end = pair.end.as_ref().ok_or(EIO)?;
        let file = node.and_then(|node| tty_outer::open_tty(end, &pair.role, &node, flags));
        (file, Some(pty::key(end)))
    };
    let file = file.map_err(|error| {
        context.fail(
            error,
            fmt!("the controlling terminal cannot be opened as {}", path),
        )
    })?;
    let is_tty = {
        let stat = file.stat();
        (stat.rdev_major, stat.rdev_minor) == DEV_TTY
    };
    if !is_tty || wanted.is_some_and(|wanted| wanted != pty::key(&file)) {
        return Err(context.fail(
            errno::estale(),
            fmt!("{} is not the controlling terminal any more", path),
        ));
    }
    saved::made(context, file, saved)
}

/// Writes a pseudo-terminal and what is in it.
fn save(
    context: &mut saving::Context<'_>,
    objref: u32,
    met: &Met<'_>,
    state: &pty::State,
) -> Result {
    let master = Pty::of(met.file).and_then(|pty| pty.master());
    let (mode, uid, gid) = match &master {
        Some(master) => Pty::of(master).ok_or(EIO)?.owner(),
        None => (0, 0, 0),
    };
    let (session, foreground) = match &master {
        Some(master) => session_of(context, met, master)?,
        None => (OUTSIDE, OUTSIDE),
    };
    context.out.record(&record::Tty {
        objref,
        index: state.index,
        session,
        foreground,
        mode: mode & !S_IFMT,
        uid,
        gid,
        marks: 0,
        mount: record::RESTARTERS,
        reserved: 0,
    })?;
    let Some(master) = master else {
        // Nothing is left of one that has been hung up.
        return context.out.string(b"");
    };
    let mut buffer = PathBuffer::new()?;
    let path = master.path(&mut buffer)?;
    let met_master = Met {
        file: &master,
        ..*met
    };
    if !(master.is_reachable() && master.is_at(path)?) {
        let astray = fmt!("a terminal that the path of its master does not lead to");
        return Err(met_master.unsupported(context.log, astray));
    }
    context.out.string(path.to_bytes())?;
    let pty = Pty::of(&master).ok_or(EIO)?;
    pty.settle()?;
    for end in [End::Master, End::Slave] {
        tty_end::save(context, &pty, end).map_err(|error| {
            let (error, why) = match error {
                EINVAL => (
                    errno::eopnotsupp(),
                    "a terminal with another line discipline than N_TTY",
                ),
                error => (error, "a terminal with what is on its way"),
            };
            met_master.refuse(context.log, error, fmt!("{} is not supported", why))
        })?;
    }
    Ok(())
}

/// Places of the session that a terminal controls, and of the group in its foreground. One that has
/// no members any more is gone for good: then it is the group of the session's leader, which is the one that
/// puts another one there.
fn session_of(context: &saving::Context<'_>, met: &Met<'_>, master: &File) -> Result<(u32, u32)> {
    let refused = |what: &str| {
        refuse!(
            context.log,
            errno::eopnotsupp(),
            Some(met.task),
            "{}: a terminal that {} is not supported",
            met.place,
            what
        )
    };
    let (Some(session), Some(group)) = Pty::of(master).ok_or(EIO)?.session() else {
        return Ok((OUTSIDE, OUTSIDE));
    };
    let place = places::of_session(context, &session)?
        .ok_or_else(|| refused("controls a session outside of the tree"))?;
    match places::of_group(context, &group)? {
        Some(group) => Ok((place, group)),
        None if group.has_group() => Err(refused(
            "has a process group outside of the tree in its foreground",
        )),
        None => {
            let leader = context.shape.entries.get(place as usize).ok_or(ESRCH)?;
            Ok((place, leader.group))
        }
    }
}

/// Has a terminal control the session that it controlled. Its leader has no terminal, since it has
/// made the session just now.
fn restore_session(
    context: &restoring::Context<'_>,
    pty: &Pty<'_>,
    saved: &record::Tty,
) -> Outcome {
    if saved.session == OUTSIDE && saved.foreground == OUTSIDE || context.entry().is_none() {
        return Ok(());
    }
    let session = places::session(context, saved.session)?;
    let group = places::group(context, saved.foreground, saved.session)?;
    pty.set_session(&session, &group).map_err(|error| {
        context.fail(
            error,
            fmt!(
                "the terminal /dev/pts/{} controls another session already",
                saved.index
            ),
        )
    })
}

/// Reads a TTY record and restores what it says.
pub(crate) fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let saved: record::Tty = context.reader.record()?;
    if saved.index >= limits::TTYS || saved.mode & !0o7777 != 0 {
        return Err(context.malformed(Problem::Value("number or permissions of a terminal")));
    }
    let mut text = saved::PathText::new()?;
    let path = text.read(context)?;
    if saved.marks != 0 {
        return tty_outer::restore(context, &saved, path);
    }
    let flags = O_RDWR | O_NOCTTY | O_NONBLOCK;
    let master = if path.to_bytes().is_empty() {
        File::open(c"/dev/ptmx", flags)
    } else {
        saved::check_absolute(context, path)?;
        pty::open_master(path, flags, saved.index)
    }
    .map_err(|error| match error {
        EBUSY => context.fail(
            error,
            fmt!(
                "the number of the terminal /dev/pts/{} is in use",
                saved.index
            ),
        ),
        _ => context.fail(
            error,
            fmt!("the terminal /dev/pts/{} cannot be made", saved.index),
        ),
    })?;
    let pty = Pty::of(&master).ok_or(ENOTTY)?;
    if !path.to_bytes().is_empty() {
        pty.set_owner(saved.mode, [saved.uid, saved.gid])
            .map_err(|error| {
                context.fail(
                    error,
                    fmt!(
                        "owner and permissions of the terminal /dev/pts/{} cannot be set",
                        saved.index
                    ),
                )
            })?;
        let master = tty_end::restore(context, &pty, End::Master)?;
        tty_end::restore(context, &pty, End::Slave)?;
        restore_session(context, &pty, &saved)?;
        // Last: the owner of the slave could open it, and take it for another session.
        pty.set_lock(&master);
    }
    let pair = Pair {
        end: Some(master),
        role: Role::Master,
    };
    context.define(saved.objref, pair)
}
