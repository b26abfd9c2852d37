// SPDX-License-Identifier: GPL-2.0-only

//! FILE_TABLE: descriptors at their numbers.

use kernel::{
    prelude::*,
    rbtree::RBTree, //
};

use ckpt_image::{
    limits,
    record::{
        FileDesc,
        FileTable,
        Rlimit, //
    },
    Kind,
    Problem, //
};

use super::{
    census::Census,
    epoll::Targets,
    leak,
    lock,
    open,
    opened::{
        self,
        Opened, //
    },
    place::Place,
    reopening::{
        Number,
        Reopenings, //
    },
    tty, //
};
use crate::{
    log::{
        refuse,
        Cause,
        Reason,
        Site, //
    },
    objhash::{
        Held,
        Object,
        Shared,
        Sort, //
    },
    part::Part,
    restoring::{
        self,
        Outcome, //
    },
    saving,
    set::Set,
    sys::{
        self,
        bindings,
        contents,
        file::{
            self,
            File, //
        },
        limits as rlimits,
        share,
        task::Task, //
    },
};

pub(crate) const PART: Part = Part {
    name: "descriptor table",
    outlives: false,
    checkpoint,
    restart,
    all_saved: Some(all_saved),
};

const RLIMIT_NOFILE: u32 = 7;

fn checkpoint(context: &mut saving::Context<'_>, task: &Task) -> Result {
    tty::save_controlling(context, task)?;
    let key = task.keys().files.ok_or(ESRCH)?;
    if context.objects.has(Sort::FileTable, key) {
        return Ok(());
    }
    let mut descs: KVVec<FileDesc> = KVVec::new();
    let mut locks = KVVec::new();
    let mut seen = RBTree::new();
    let mut next = 0;
    while let Some((fd, file)) = File::next_of(task, next) {
        let number = i32::try_from(fd).map_err(|_| EBADF)?;
        let external = context.request.inherit.contains(&number);
        next = fd.checked_add(1).ok_or(EBADF)?;
        sys::check_signal()?;
        let has_refused = context.log.obstacles() != 0;
        if has_refused && !external && context.states.get::<Refused>()?.has(&file) {
            name_refused(context, &file);
            continue;
        }
        let saved = if external {
            open::save_external(context, &file)
        } else {
            open::save(context, task, &file, Place::Fd(fd))
        };
        let Some(id) = context.log.go_on(saved)? else {
            context.states.get::<Refused>()?.add(&file)?;
            name_refused(context, &file);
            continue;
        };
        context.objects.name_by_descriptor(id);
        if !external {
            lock::collect(task, &file, id, &mut seen, &mut locks)?;
        }
        descs.push(
            FileDesc::new(fd, file::is_cloexec(task, fd), id),
            GFP_KERNEL_ACCOUNT,
        )?;
    }
    if let Some(fd) = missing(context, &descs) {
        return Err(refuse!(
            context.log,
            EBADF => Cause {
                reason: Reason::NotOpen,
                site: Site::Fd(fd as u32),
            },
            Some(task),
            "fd {}: not open, but named as external",
            fd
        ));
    }
    let held = || Held::Part(task.clone(), |keys| keys.files);
    let (objref, _) = context.objects.add(Sort::FileTable, key, held)?;
    context.out.record(&FileTable {
        objref,
        nr_fds: descs.len() as u32,
        nr_locks: locks.len() as u32,
        reserved: 0,
    })?;
    if !descs.is_empty() {
        context.out.buffer(descs.as_slice().as_bytes())?;
    }
    for lock in locks.iter() {
        context.out.record(lock)?;
    }
    Ok(())
}

/// Files that were refused while all obstacles are looked for: each is told of once, however many descriptors it
/// has.
#[derive(Default)]
struct Refused {
    keys: Set,
    /// Keeps their addresses.
    files: KVVec<File>,
}

impl Refused {
    fn add(&mut self, file: &File) -> Result {
        self.keys.add(file.key())?;
        Ok(self.files.push(file.clone(), GFP_KERNEL_ACCOUNT)?)
    }

    fn has(&self, file: &File) -> bool {
        self.keys.has(file.key())
    }
}

/// Counts a descriptor of a file that was refused half way: else the file would seem to be held outside, too.
fn name_refused(context: &mut saving::Context<'_>, file: &File) {
    if let Some(id) = context.objects.find(Sort::File, file.key()) {
        context.objects.name_by_descriptor(id);
    }
}

/// A descriptor that is named as external, but not open in the root of the tree. `descs` are in
/// ascending order.
fn missing(context: &saving::Context<'_>, descs: &[FileDesc]) -> Option<i32> {
    let open = |fd: &i32| {
        descs
            .binary_search_by_key(fd, |desc| desc.fd() as i32)
            .is_ok()
    };
    let named = || context.request.inherit.iter().copied();
    named().find(|fd| context.is_root() && !open(fd))
}

/// Restores the files that stand before the table. Each of them is for a descriptor, and each pipe or
/// terminal, contents, credentials or items for a file: there are no more than the limit allows.
fn restore_files(context: &mut restoring::Context<'_>) -> Outcome {
    let most = if sys::is_capable(bindings::CAP_SYS_RESOURCE) {
        u64::from(limits::FDS)
    } else {
        rlimits::get(&Task::current(), RLIMIT_NOFILE)?.max
    };
    let (mut files, mut objects) = (0u64, 0u64);
    let kinds = [
        Kind::FILE,
        Kind::PIPE,
        Kind::TTY,
        Kind::CONTENTS,
        Kind::CRED,
        Kind::EPOLL_ITEMS,
    ];
    while let Some(kind) = open::restore_next(context, &kinds)? {
        match kind {
            Kind::FILE => files += 1,
            _ => objects += 1,
        }
        if files.max(objects) > most {
            return Err(context.fail(
                EMFILE,
                fmt!(
                    "more files than the limit of {} descriptors (RLIMIT_NOFILE)",
                    most
                ),
            ));
        }
    }
    Ok(())
}

fn restart(context: &mut restoring::Context<'_>) -> Outcome {
    restore_files(context)?;
    if context.reader.peek()?.kind != Kind::FILE_TABLE {
        return Ok(());
    }
    let table: FileTable = context.reader.record()?;
    share::unshare_files()?;
    context.define_shared(table.objref, Sort::FileTable, share::Files::of_caller()?)?;
    file::close_all()?;
    // Files by id, and whether the saved file itself is what has been installed: for locks.
    let mut installed: RBTree<u32, bool> = RBTree::new();
    if table.nr_fds > 0 {
        context.reader.buffer_of::<FileDesc>(table.nr_fds)?;
    }
    let mut next = 0;
    for _ in 0..table.nr_fds {
        let desc: FileDesc = context.reader.entry()?;
        if !(next..limits::FDS).contains(&desc.fd()) {
            return Err(context.malformed(Problem::Value("descriptor out of range or order")));
        }
        next = desc.fd() + 1;
        install(context, &desc)?;
        if table.nr_locks > 0 {
            let given = context.inherited(desc.fd() as i32);
            let itself = given.is_none() || installed.get(&desc.file) == Some(&true);
            installed.try_create_and_insert(desc.file, itself, GFP_KERNEL_ACCOUNT)?;
        }
        sys::check_signal()?;
    }
    for _ in 0..table.nr_locks {
        lock::restore(context, |file| installed.get(&file).copied())?;
        sys::check_signal()?;
    }
    Ok(())
}

/// Checks whether a process outside has any of the files, too.
fn all_saved(context: &mut saving::Context<'_>) -> Result {
    let (objects, tree, log) = (&context.objects, context.tree, context.log);
    let census = context.states.get::<Census>()?;
    census.check(objects, tree, log)?;
    log.go_on(leak::check(context))?;
    let (objects, log) = (&context.objects, context.log);
    context.states.get::<Targets>()?.check(objects, log)
}

impl Object for share::Files {}

impl Shared for share::Files {
    const SORT: Sort = Sort::FileTable;

    fn adopt(&self) {
        share::Files::adopt(self);
    }
}

fn install(context: &mut restoring::Context<'_>, desc: &FileDesc) -> Outcome {
    let fd = desc.fd();
    let given = context.inherited(fd as i32);
    let file = match (given, context.get::<Opened>(desc.file)?) {
        (Some(file), _) => file.clone(),
        (None, Opened::External) => {
            return Err(context.fail_because(
                EINVAL,
                Cause {
                    reason: Reason::External,
                    site: Site::Fd(fd),
                },
                fmt!(
                    "fd {} is not part of the image: a descriptor has to be given for it",
                    fd
                ),
            ))
        }
        (None, _) => opened::unchanged_file_of(context, desc.file, Place::Fd(fd))?,
    };
    if contents::is_for_mappings(&file) {
        return Err(context.fail(
            EPERM,
            fmt!(
                "fd {} is shared memory: that takes CAP_CHECKPOINT_RESTORE",
                fd
            ),
        ));
    }
    make_room(context, fd)?;
    let cloexec = desc.is_cloexec();
    file::install(fd, &file, cloexec)
        .map_err(|error| context.fail(error, fmt!("fd {} cannot be installed", fd)))?;
    if let Some(what) = context.states.get::<Reopenings>()?.of(&file) {
        let number = Number { fd, cloexec, what };
        context.at_start(move || number.install())?;
    }
    Ok(())
}

/// The limits of the restarting program must not be in the way of those of the image, which are set
/// later.
fn make_room(context: &restoring::Context<'_>, fd: u32) -> Outcome {
    let wanted = u64::from(fd) + 1;
    let now = rlimits::get(&Task::current(), RLIMIT_NOFILE)?;
    if now.cur >= wanted {
        return Ok(());
    }
    let more = Rlimit {
        cur: wanted.max(now.max.min(u64::from(limits::FDS))),
        max: now.max.max(wanted),
    };
    rlimits::set(RLIMIT_NOFILE, &more).map_err(|error| {
        context.fail(
            error,
            fmt!(
                "fd {} is above the limit of {} descriptors (RLIMIT_NOFILE)",
                fd,
                now.max
            ),
        )
    })
}
