// SPDX-License-Identifier: GPL-2.0-only

//! FILE: an open file description, whatever its kind.

use kernel::{
    fmt,
    prelude::*,
    str::BStr, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        file_kind,
        file_mark,
        FileNode,
        Opener, //
    },
    Problem, //
};

use zerocopy::FromZeros;

use super::{
    contents,
    external,
    kind::{
        self,
        Kind,
        Met,
        OpenOn,
        S_IFIFO,
        S_IFMT, //
    },
    lock,
    opened::{
        Contents,
        Opened, //
    },
    opener,
    owner,
    pipe,
    place::Place,
    tty, //
};
use crate::{
    log::{
        Cause,
        Reason, //
    },
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
    task::cred, //
};

// Flags of open(2) (include/uapi/asm-generic/fcntl.h).
pub(crate) const O_RDONLY: u32 = 0;
pub(crate) const O_RDWR: u32 = 2;
pub(crate) const O_ACCMODE: u32 = 0o3;
pub(crate) const O_NOCTTY: u32 = 0o400;
pub(crate) const O_APPEND: u32 = 0o2000;
pub(crate) const O_NONBLOCK: u32 = 0o4000;
const O_DSYNC: u32 = 0o10000;
pub(crate) const FASYNC: u32 = 0o20000;
pub(crate) const O_DIRECT: u32 = 0o40000;
pub(crate) const O_LARGEFILE: u32 = 0o100000;
pub(crate) const O_DIRECTORY: u32 = 0o200000;
pub(crate) const O_NOFOLLOW: u32 = 0o400000;
const O_NOATIME: u32 = 0o1000000;
const O_SYNC: u32 = 0o4000000;
pub(crate) const O_PATH: u32 = 0o10000000;
/// The file was made without a name. The flag has a meaning for files only that still have none: on
/// others it would make one.
pub(crate) const O_TMPFILE: u32 = 0o20000000 | O_DIRECTORY;

/// Flags that a file is opened with again; those of creation are not among them.
const FLAGS: u32 = O_ACCMODE
    | O_APPEND
    | O_NONBLOCK
    | O_DSYNC
    | O_DIRECT
    | O_LARGEFILE
    | O_DIRECTORY
    | O_NOFOLLOW
    | O_NOATIME
    | O_SYNC
    | O_PATH;

/// Flags that files without a path have to be given after they were made.
pub(crate) const SETTABLE: u32 = O_APPEND | O_NONBLOCK | O_DIRECT | O_LARGEFILE | O_NOATIME;

/// Marks that files of every kind may have.
const COMMON_MARKS: u16 = file_mark::IMAGE | file_mark::NODE | file_mark::OPENER;

/// A file as the image has it.
#[derive(Clone, Copy)]
pub(crate) struct Saved {
    /// The open file.
    pub(crate) head: record::File,
    /// What it is open on; nothing when the image does not tell.
    pub(crate) node: FileNode,
    /// The id of the credentials that it was opened with; 0 for those of the task.
    pub(crate) opener: u32,
}

/// Writes a file, unless the image has it already, and gives its id.
///
/// # Errors
///
/// `EOPNOTSUPP` when it cannot be saved; the log says why.
pub(crate) fn save(
    context: &mut saving::Context<'_>,
    task: &Task,
    file: &File,
    place: Place,
) -> Result<u32> {
    if let Some(objref) = context.objects.find(Sort::File, file.key()) {
        return Ok(objref);
    }
    let stat = file.stat();
    let met = Met { file, task, place };
    let kind = find_kind(context, &met, &stat)?;
    let mut buffer = None;
    let path = match kind.has_node(file) {
        true => Some(file.path(buffer.insert(PathBuffer::new()?))?),
        false => None,
    };
    if kind.has_path() {
        check_path(context, &met, path.ok_or(EIO)?)?;
    }
    // What it belongs to stands before it.
    let object = kind.object(context, &met)?;
    let opener = opener::save(context, &met, &stat)?;
    if kind.has_path() && opener == 0 {
        check_permission(context, &met)?;
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
    kind.checkpoint(context, &met)?;
    if kind.number() != file_kind::CKPT {
        owner::checkpoint(context, &met, kind.noun())?;
    }
    Ok(objref)
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
    let kind = *kind::ALL
        .iter()
        .find(|kind| kind.takes(context, file, stat))
        .ok_or_else(|| {
            met.refuse_because(
                context.log,
                errno::eopnotsupp(),
                kind::reason(stat),
                fmt!("{} is not supported", kind::describe(file, stat)),
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

/// Why a file that is reopened by its path cannot be.
pub(crate) fn refusal(stat: &Stat) -> Option<&'static str> {
    let window = kind::window(stat);
    if window.is_some() {
        window
    } else {
        stat.unlinked.then_some("a deleted file")
    }
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
    })?;
    context.out.string(path.to_bytes())
}

/// Restores what the next record says, if it is one of these kinds: a file, what files are open on, whom
/// they were opened by.
pub(crate) fn restore_next(
    context: &mut restoring::Context<'_>,
    kinds: &[ckpt_image::Kind],
) -> Outcome<Option<ckpt_image::Kind>> {
    let kind = context.reader.peek()?.kind;
    if !kinds.contains(&kind) {
        return Ok(None);
    }
    match kind {
        ckpt_image::Kind::PIPE => pipe::restore(context)?,
        ckpt_image::Kind::TTY => tty::restore(context)?,
        ckpt_image::Kind::CONTENTS => contents::restore(context)?,
        ckpt_image::Kind::CRED => cred::restore(context)?,
        _ => restore(context)?,
    }
    sys::check_signal()?;
    Ok(Some(kind))
}

/// Reads a FILE record and restores what it says.
fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let head: record::File = context.reader.record()?;
    let kind = kind::ALL
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
    let object = opener::restore(context, &saved, |context| {
        restore_or_miss(context, *kind, &saved, path)
    })?;
    if opener != 0 {
        opener::check(context, &object)?;
    }
    owner::restore(context, &object)?;
    context.define(saved.head.objref, object)
}

/// Reads what a file is open on.
fn restore_node(context: &mut restoring::Context<'_>) -> Outcome<FileNode> {
    let node: FileNode = context.reader.record()?;
    if node.position < 0 || node.mtime_nsec >= 1_000_000_000 {
        return Err(context.malformed(Problem::Value("position or time of a file out of range")));
    }
    Ok(node)
}

/// Room for a path of an image.
pub(crate) struct PathText(KBox<[u8; limits::STRING as usize + 1]>);

impl PathText {
    /// Allocates it.
    pub(crate) fn new() -> Result<Self> {
        Ok(PathText(KBox::zeroed(GFP_KERNEL_ACCOUNT)?))
    }

    /// Reads a STRING.
    pub(crate) fn read(&mut self, context: &mut restoring::Context<'_>) -> Outcome<&CStr> {
        let (room, _) = self.0.split_at_mut(limits::STRING as usize);
        let len = context.reader.string(room)?.len();
        // There may have been a longer one before.
        if let Some(end) = self.0.get_mut(len) {
            *end = 0;
        }
        CStr::from_bytes_until_nul(&*self.0)
            .map_err(|_| context.malformed(Problem::Value("path without an end")))
    }
}

/// Checks that a path of the image does not depend on where the caller is.
pub(crate) fn check_absolute(context: &restoring::Context<'_>, path: &CStr) -> Outcome {
    match path.to_bytes() {
        [b'/', ..] => Ok(()),
        _ => Err(context.malformed(Problem::Value("path that is not absolute"))),
    }
}

/// Restores a file, or notes that it is not there: who needs it says so, and when descriptors are given
/// by whoever restarts, one of them may take its place.
fn restore_or_miss(
    context: &mut restoring::Context<'_>,
    kind: &dyn Kind,
    saved: &Saved,
    path: &CStr,
) -> Outcome<Opened> {
    if kind.has_path() {
        // The file may be a symbolic link itself.
        if let Err(error) = File::open(path, O_PATH | saved.head.flags & O_NOFOLLOW) {
            return missing(path, error);
        }
    }
    match kind.restore(context, saved, path) {
        Err(Fault::Unopened(error)) => missing(path, error),
        outcome => outcome,
    }
}

/// A file that cannot be had, and why.
pub(crate) fn missing(path: &CStr, error: Error) -> Outcome<Opened> {
    let mut name = KVVec::new();
    name.extend_from_slice(path.to_bytes(), GFP_KERNEL_ACCOUNT)?;
    Ok(Opened::Missing(name, error))
}

/// The open file with this id, which is needed at `place`.
pub(crate) fn file_of(
    context: &restoring::Context<'_>,
    id: u32,
    place: Place,
) -> Outcome<(File, Contents)> {
    match context.get::<Opened>(id)? {
        Opened::File(file, contents) => Ok((file.clone(), *contents)),
        Opened::Missing(path, error) => {
            let path = BStr::from_bytes(path);
            Err(context.fail(*error, fmt!("{}: {} cannot be opened", place, path)))
        }
        _ => Err(context.malformed(Problem::Objref(id))),
    }
}

/// The same, when what it holds counts: unless whoever restarts allows it, that may not have changed.
pub(crate) fn unchanged_file_of(
    context: &restoring::Context<'_>,
    id: u32,
    place: Place,
) -> Outcome<File> {
    let (file, contents) = file_of(context, id, place)?;
    if contents.compared && !context.changed_files {
        check_unchanged(context, &file, &contents, place, "")?;
    }
    Ok(file)
}

/// What a file without a path has become: it is given the flags that do not come by making it.
pub(crate) fn made(context: &restoring::Context<'_>, file: File, saved: &Saved) -> Outcome<Opened> {
    set_flags(context, &file, SETTABLE, saved)?;
    Ok(Opened::File(file, contents(saved)))
}

/// Sets those flags in `mask` that a file was saved with.
pub(crate) fn set_flags(
    context: &restoring::Context<'_>,
    file: &File,
    mask: u32,
    saved: &Saved,
) -> Outcome {
    let flags = saved.head.flags;
    file.set_flags(mask, flags)
        .map_err(|error| context.fail(error, fmt!("a file cannot have the flags {:#o}", flags)))
}

/// Opens a file again by its path, with the caller's rights, and checks that it is of `file_type`
/// (S_IFREG …).
///
/// # Errors
///
/// [`Fault::Unopened`] with those of open(2); `ESTALE` when the file is of another type.
pub(crate) fn reopen(
    context: &restoring::Context<'_>,
    saved: &Saved,
    path: &CStr,
    file_type: u32,
) -> Outcome<File> {
    if saved.node.mode & S_IFMT != file_type {
        return Err(context.malformed(Problem::Value("kind and mode of a file disagree")));
    }
    check_absolute(context, path)?;
    let flags = match file_type {
        // Packets: that can be set, and not be asked for.
        S_IFIFO => saved.head.flags & !O_DIRECT,
        _ => saved.head.flags,
    };
    // A FIFO that has taken the file's place must not make the restart wait for its other end.
    let file = File::open(path, flags | O_NONBLOCK | O_NOCTTY).map_err(Fault::Unopened)?;
    if file.stat().mode & S_IFMT != file_type {
        return Err(context.fail(
            errno::estale(),
            fmt!("{} is of another type than it was", path),
        ));
    }
    set_flags(
        context,
        &file,
        O_NONBLOCK | saved.head.flags & O_DIRECT,
        saved,
    )?;
    Ok(file)
}

/// Moves the position of a file to where it was.
pub(crate) fn seek(
    context: &restoring::Context<'_>,
    file: &File,
    saved: &Saved,
    path: &CStr,
) -> Outcome {
    if saved.node.position == 0 || saved.head.flags & O_PATH != 0 {
        return Ok(());
    }
    file.seek(saved.node.position).map_err(|error| {
        context.fail(
            error,
            fmt!("{} has no position {}", path, saved.node.position),
        )
    })
}

/// What the record says of a file's contents.
pub(crate) fn contents(saved: &Saved) -> Contents {
    Contents {
        compared: saved.head.kind == file_kind::REGULAR && saved.head.marks & file_mark::IMAGE == 0,
        size: saved.node.size,
        mtime: (saved.node.mtime, saved.node.mtime_nsec),
    }
}

/// Checks that a file holds what it held. `why` says to what that matters.
pub(crate) fn check_unchanged(
    context: &restoring::Context<'_>,
    file: &File,
    contents: &Contents,
    place: Place,
    why: &str,
) -> Outcome {
    let stat = file.stat();
    let (size, mtime) = (stat.size as u64, (stat.mtime, stat.mtime_nsec));
    let mut buffer = PathBuffer::new()?;
    let path = file.path(&mut buffer)?;
    let changed = |what: fmt::Arguments<'_>| {
        context.fail_because(
            errno::estale(),
            Cause {
                reason: match why {
                    "" => Reason::Changed,
                    _ => Reason::ChangedMapped,
                },
                site: place.site(),
            },
            fmt!(
                "{}: {} has changed since the checkpoint{}: {}",
                place,
                path,
                why,
                what
            ),
        )
    };
    if size != contents.size {
        return Err(changed(fmt!("{} bytes, it had {}", size, contents.size)));
    }
    let (seconds, nanoseconds) = contents.mtime;
    if mtime != contents.mtime {
        return Err(changed(fmt!(
            "written at {}.{:09}, before at {}.{:09}",
            mtime.0,
            mtime.1,
            seconds,
            nanoseconds
        )));
    }
    Ok(())
}
