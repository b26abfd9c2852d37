// SPDX-License-Identifier: GPL-2.0-only

//! FILE: an open file description, whatever its kind.

use kernel::{
    fmt,
    prelude::*, //
};

use ckpt_image::{
    record::{
        self,
        file_kind,
        file_mark,
        FileNode,
        Opener,
        RESTARTERS, //
    },
    Problem, //
};

use zerocopy::FromZeros;

use super::{
    external,
    flags::{
        FLAGS,
        O_NOFOLLOW,
        O_PATH, //
    },
    kind::{
        Kind,
        Met,
        OpenOn, //
    },
    lock,
    opened::Opened,
    opener,
    owner,
    place::Place,
    saved::{
        self,
        PathText,
        Saved, //
    },
    stat,
    worklist::Worklist,
    BESIDE,
    KINDS, //
};
use crate::{
    log::Reason,
    objhash::{
        Held,
        Sort, //
    },
    restoring::{
        self,
        Fault,
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
        task::Task, //
    },
};

/// Marks that files of every kind may have.
const COMMON_MARKS: u16 = file_mark::IMAGE | file_mark::NODE | file_mark::OPENER;

/// Writes a file and those that it refers to, unless the image has it already, and gives its id.
///
/// # Errors
///
/// `EOPNOTSUPP` when one of them cannot be saved; the log says why.
pub(crate) fn save(
    context: &mut saving::Context<'_>,
    task: &Task,
    file: &File,
    place: Place,
) -> Result<u32> {
    if let Some(objref) = context.objects.find(Sort::File, file.key()) {
        return Ok(objref);
    }
    let met = Met { file, task, place };
    let saved = save_with_others(context, &met);
    if saved.is_err() {
        // What it has put there is no concern of the next file.
        drop(context.states.get::<Worklist>()?.finish());
    }
    saved?;
    context.objects.find(Sort::File, file.key()).ok_or(EIO)
}

fn save_with_others(context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
    let kind = save_one(context, met)?;
    match kind.collect(context, met)? {
        true => save_connected(context, kind, met),
        false => Ok(()),
    }
}

/// Writes the files that a file refers to, which it has put on the list, and those that these refer to; then
/// what connects them.
fn save_connected(
    context: &mut saving::Context<'_>,
    kind: &'static dyn Kind,
    met: &Met<'_>,
) -> Result {
    context.states.get::<Worklist>()?.connect_later(kind, met)?;
    while let Some(found) = context.states.get::<Worklist>()?.take() {
        sys::check_signal()?;
        let met = found.met();
        let kind = save_one(context, &met)?;
        if kind.collect(context, &met)? {
            context
                .states
                .get::<Worklist>()?
                .connect_later(kind, &met)?;
        }
    }
    for (kind, found) in context.states.get::<Worklist>()?.finish() {
        kind.connect(context, &found.met())?;
    }
    Ok(())
}

/// Writes one file.
fn save_one(context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<&'static dyn Kind> {
    let file = met.file;
    let stat = file.stat();
    let kind = find_kind(context, met, &stat)?;
    let mut buffer = None;
    let path = match kind.has_node(file) {
        true => Some(file.path(buffer.insert(PathBuffer::new()?))?),
        false => None,
    };
    if kind.has_path() {
        check_path(context, met, path.ok_or(EIO)?)?;
    }
    // What it belongs to stands before it.
    let object = kind.object(context, met)?;
    let opener = opener::save(context, met, &stat)?;
    if kind.has_path() && opener == 0 {
        check_permission(context, met)?;
    }
    let (objref, _) = context
        .objects
        .add(Sort::File, file.key(), || Held::File(file.clone()))?;
    let refs = Refs {
        objref,
        object,
        opener,
    };
    write(context, kind, refs, file, path.map(|path| (&stat, path)))?;
    kind.checkpoint(context, met)?;
    if kind.number() != file_kind::CKPT {
        owner::checkpoint(context, met, kind.noun())?;
    }
    Ok(kind)
}

/// Writes a file that is not part of the image.
pub(crate) fn save_external(context: &mut saving::Context<'_>, file: &File) -> Result<u32> {
    // Never the id of a file that is part of the image, even if it is the same one.
    let (objref, new) = context
        .objects
        .add(Sort::ExternalFile, file.key(), || Held::File(file.clone()))?;
    if new {
        let mut buffer = PathBuffer::new()?;
        let path = file.path(&mut buffer).unwrap_or(c"");
        let refs = Refs {
            objref,
            object: OpenOn::default(),
            opener: 0,
        };
        write(
            context,
            &external::External,
            refs,
            file,
            Some((&file.stat(), path)),
        )?;
    }
    Ok(objref)
}

fn find_kind(
    context: &saving::Context<'_>,
    met: &Met<'_>,
    stat: &Stat,
) -> Result<&'static dyn Kind> {
    let Met { file, task, .. } = *met;
    let refused = |why: fmt::Arguments<'_>| met.unsupported(context.log, why);
    let kind = *KINDS
        .iter()
        .find(|kind| kind.takes(context, file, stat))
        .ok_or_else(|| {
            met.refuse_because(
                context.log,
                errno::eopnotsupp(),
                stat::reason(stat),
                fmt!("{} is not supported", stat::describe(file, stat)),
            )
        })?;
    if kind.number() == file_kind::CKPT {
        return Ok(kind);
    }
    if let Some(why) = lock::refusal(task, file)?.or_else(|| kind.refusal(file, stat)) {
        return Err(refused(fmt!("{}", why)));
    }
    Ok(kind)
}

/// Checks that a file will be found by its path.
fn check_path(context: &saving::Context<'_>, met: &Met<'_>, path: &CStr) -> Result {
    if met.file.is_reachable() && met.file.is_at(path)? {
        return Ok(());
    }
    Err(met.unsupported(context.log, fmt!("a file that its path does not lead to")))
}

/// Checks that the caller could open the file again, if the caller is to be able to restart it.
fn check_permission(context: &saving::Context<'_>, met: &Met<'_>) -> Result {
    if !context.is_for_caller() || met.file.allows_reopening().is_ok() {
        return Ok(());
    }
    let why = fmt!("the caller could not restart it: the file may not be opened as it is");
    Err(met.refuse_because(context.log, EPERM, Reason::Credentials, why))
}

/// Ids that a file has to do with; 0 where there is nothing.
struct Refs {
    /// Its own.
    objref: u32,
    /// What it is open on.
    object: OpenOn,
    /// The credentials that it goes by.
    opener: u32,
}

fn write(
    context: &mut saving::Context<'_>,
    kind: &dyn Kind,
    refs: Refs,
    file: &File,
    node: Option<(&Stat, &CStr)>,
) -> Result {
    let image = context.request.image.as_ref();
    let mut marks = kind.marks(file);
    if image.is_some_and(|image| image.inode_key() == file.inode_key()) {
        marks |= file_mark::IMAGE;
    }
    if node.is_some() {
        marks |= file_mark::NODE;
    }
    if refs.opener != 0 {
        marks |= file_mark::OPENER;
    }
    if refs.object.is_fresh {
        marks |= file_mark::FRESH;
    }
    context.out.record(&record::File {
        objref: refs.objref,
        kind: kind.number(),
        marks,
        flags: file.flags() & (FLAGS | kind.own_flags()),
        object: refs.object.objref,
    })?;
    if let Some((stat, path)) = node {
        write_node(context, file, stat, path)?;
    }
    match refs.opener {
        0 => Ok(()),
        cred => context.out.record(&Opener { cred, reserved: 0 }),
    }
}

fn write_node(context: &mut saving::Context<'_>, file: &File, stat: &Stat, path: &CStr) -> Result {
    context.out.record(&FileNode {
        mode: stat.mode,
        mtime_nsec: stat.mtime_nsec,
        mtime: stat.mtime,
        position: if file.has_position() {
            file.position()
        } else {
            0
        },
        size: stat.size as u64,
        rdev_major: stat.rdev_major,
        rdev_minor: stat.rdev_minor,
        ino: stat.ino,
        mount: RESTARTERS,
        reserved: 0,
    })?;
    context.out.string(path.to_bytes())
}

/// Restores what the next record says, if it is one of these: FILE, and what stands beside it.
pub(crate) fn restore_next(
    context: &mut restoring::Context<'_>,
    wanted: &[ckpt_image::Kind],
) -> Outcome<Option<ckpt_image::Kind>> {
    let next = context.reader.peek()?.kind;
    if !wanted.contains(&next) {
        return Ok(None);
    }
    match BESIDE.iter().find(|(kind, _)| *kind == next) {
        Some((_, restore_beside)) => restore_beside(context)?,
        None => restore(context)?,
    }
    sys::check_signal()?;
    Ok(Some(next))
}

/// Reads a FILE record and restores what it says.
fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let head: record::File = context.reader.record()?;
    let kind = KINDS
        .iter()
        .find(|kind| kind.number() == head.kind)
        .ok_or_else(|| context.malformed(Problem::Value("unknown kind of file")))?;
    if head.flags & !(FLAGS | kind.own_flags()) != 0 {
        return Err(context.malformed(Problem::Value("flags of a file that cannot be restored")));
    }
    if head.marks & !(COMMON_MARKS | kind.own_marks()) != 0 {
        return Err(context.malformed(Problem::Value("marks of a file")));
    }
    if head.object != 0 && !kind.is_on_object() {
        return Err(context.malformed(Problem::Objref(head.object)));
    }
    let mut text = None;
    let (node, path) = match head.marks & file_mark::NODE {
        0 => (FileNode::new_zeroed(), c""),
        _ => {
            let node = restore_node(context)?;
            (node, text.insert(PathText::new()?).read(context)?)
        }
    };
    let opener = match head.marks & file_mark::OPENER {
        0 => 0,
        _ => opener::read(context)?,
    };
    let saved = Saved { head, node, opener };
    let is_asking = || is_asking(*kind, &saved, path);
    let object = opener::restore(context, &saved, is_asking, |context| {
        restore_or_miss(context, *kind, &saved, path)
    })?;
    if opener != 0 {
        opener::check(context, &object)?;
    }
    owner::restore(context, &object)?;
    context.define(saved.head.objref, object)
}

/// Whether the file that a path leads to looks at the credentials that it is opened with.
fn is_asking(kind: &dyn Kind, saved: &Saved, path: &CStr) -> bool {
    let nofollow = saved.head.flags & O_NOFOLLOW;
    kind.number() == file_kind::PROC
        || kind.has_path()
            && File::open(path, O_PATH | nofollow)
                .is_ok_and(|file| stat::looks_at_opener(&file.stat()))
}

/// Reads what a file is open on.
fn restore_node(context: &mut restoring::Context<'_>) -> Outcome<FileNode> {
    let node: FileNode = context.reader.record()?;
    if node.position < 0 || node.mtime_nsec >= 1_000_000_000 {
        return Err(context.malformed(Problem::Value("position or time of a file out of range")));
    }
    Ok(node)
}

/// Restores a file, or notes that it is not there: the user of it says so, and when descriptors are given
/// by the restarter, one of them may take its place.
fn restore_or_miss(
    context: &mut restoring::Context<'_>,
    kind: &dyn Kind,
    saved: &Saved,
    path: &CStr,
) -> Outcome<Opened> {
    if kind.has_path() {
        // The file may be a symbolic link itself.
        if let Err(error) = File::open(path, O_PATH | saved.head.flags & O_NOFOLLOW) {
            return saved::missing(path, error);
        }
    }
    match kind.restore(context, saved, path) {
        Err(Fault::Unopened(error)) => saved::missing(path, error),
        outcome => outcome,
    }
}
