// SPDX-License-Identifier: GPL-2.0-only

//! CONTENTS: the contents of files that no path leads to: deleted files, memfds, shared anonymous memory.
//!
//! The record is written once for each inode, before the first file that is open on it. A restart makes a
//! new inode of the same sort, and opens all of these files on it.

use kernel::{
    fmt,
    prelude::*,
    str::CString,
    sync::SetOnce, //
};

use ckpt_image::{
    limits,
    record::{
        self,
        contents_flag,
        contents_kind,
        file_kind,
        file_mark,
        FileNode, //
    },
    Problem,
    Source, //
};

use super::{
    census::{
        Census,
        Counted, //
    },
    directory,
    flags::{
        O_APPEND,
        O_LARGEFILE,
        O_NONBLOCK,
        O_RDONLY,
        O_RDWR,
        O_TMPFILE, //
    },
    kind::{
        self,
        Met,
        OpenOn, //
    },
    made,
    opened::Opened,
    procfs,
    saved::{
        self,
        Saved, //
    },
    stat::{
        self,
        S_IFDIR,
        S_IFMT,
        S_IFREG, //
    },
};
use crate::{
    capture::{
        self,
        PageRuns, //
    },
    objhash::{
        Held,
        Object,
        Sort, //
    },
    restoring::{
        self,
        Outcome, //
    },
    saving,
    stream::Runs,
    sys::{
        self,
        contents::{
            self,
            Kind,
            State, //
        },
        errno,
        file::{
            File,
            Stat, //
        },
        fs::{
            Path,
            PathBuffer, //
        },
        page::{
            self,
            Pages, //
        },
        pool::Owner,
    },
};

/// Bytes that are read of an image and written to a file at once.
const STEP: u64 = 128 << 10;

/// The kind of open files for files that no path leads to.
pub(crate) struct Contents;

/// Contents that have been restored.
pub(crate) struct Kept {
    /// Open for reading only: what is open for writing cannot be executed.
    file: File,
    /// What a memfd or shared memory was made with, which is not counted as a writer, and whether a
    /// saved file has become that.
    original: Option<(File, SetOnce<()>)>,
    /// Seals that would be in the way of mappings.
    seals: u32,
}

impl kind::Kind for Contents {
    fn number(&self) -> u16 {
        file_kind::CONTENTS
    }

    fn takes(&self, _context: &saving::Context<'_>, file: &File, _stat: &Stat) -> bool {
        contents::of(file).is_some()
    }

    fn refusal(&self, file: &File, stat: &Stat) -> Option<&'static str> {
        if stat.mode & S_IFMT == S_IFDIR {
            return directory::refusal(file);
        }
        let elsewhere = "a deleted file that is neither on tmpfs nor on a block device";
        let stored = contents::is_stored(file);
        (!stored).then(|| stat::window(stat).unwrap_or(elsewhere))
    }

    fn has_path(&self) -> bool {
        false
    }

    fn own_flags(&self) -> u32 {
        O_TMPFILE
    }

    fn own_marks(&self) -> u16 {
        file_mark::ORIGINAL
    }

    fn marks(&self, file: &File) -> u16 {
        match is_original(file) {
            true => file_mark::ORIGINAL,
            false => 0,
        }
    }

    fn is_on_object(&self) -> bool {
        true
    }

    fn object(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<OpenOn> {
        if contents::of(met.file).is_some_and(|state| state.kind == Kind::Directory) {
            return save_directory(context, met).map(OpenOn::from);
        }
        let key = contents::key(met.file);
        let (objref, opened) = match context.objects.find(Sort::Contents, key) {
            Some(objref) => (objref, 1),
            // It is opened here once more.
            None => (save(context, met)?, 2),
        };
        let what = Counted {
            key: contents::key,
            ends: |file| contents::openings(file).map(|count| (count, 0)),
        };
        context
            .states
            .get::<Census>()?
            .add(met, objref, (opened, 0), what)?;
        Ok(objref.into())
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let kept = context.get::<Kept>(saved.head.object)?;
        let (file, mask) = if saved.head.marks & file_mark::ORIGINAL != 0 {
            let file = kept.original(saved.head.flags);
            let file = file.ok_or_else(|| context.malformed(Problem::Value("marks of a file")))?;
            (file, CHANGED | O_LARGEFILE)
        } else {
            let file = kept
                .file
                .open_again(saved.head.flags & !O_TMPFILE | O_NONBLOCK | O_LARGEFILE)
                .map_err(|error| context.fail(error, fmt!("{} cannot be opened again", path)))?;
            (file, O_NONBLOCK | O_LARGEFILE | O_TMPFILE)
        };
        saved::set_flags(context, &file, mask, saved)?;
        let stat = file.stat();
        if stat.mode & S_IFMT == S_IFREG {
            saved::seek(context, &file, saved, path)?;
        }
        let node = FileNode {
            size: stat.size as u64,
            mtime: stat.mtime,
            mtime_nsec: stat.mtime_nsec,
            ..saved.node
        };
        Ok(Opened::File(
            file,
            saved::contents(&Saved { node, ..*saved }),
        ))
    }
}

/// Flags that a file which is as the kernel made it may have got since.
const CHANGED: u32 = O_APPEND | O_NONBLOCK;

fn is_original(file: &File) -> bool {
    let made = contents::of(file).map(|state| state.kind);
    matches!(made, Some(Kind::Memfd | Kind::Memory))
        && file.is_uncounted_writer()
        && file.flags() & !CHANGED & !O_LARGEFILE == O_RDWR
}

/// Writes the contents of a file, and gives their id.
fn save(context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<u32> {
    let file = met.file;
    let state = contents::of(file).ok_or(EIO)?;
    let stat = file.stat();
    let mut buffer = PathBuffer::new()?;
    met.check_readable(context.log)?;
    // Looking for holes moves the position.
    let opening = file.open_again(O_RDONLY | O_NONBLOCK | O_LARGEFILE)?;
    let is_memory = state.kind != Kind::Deleted;
    let runs = find(context, &opening, is_memory)
        .map_err(|error| met.refuse(context.log, error, fmt!("what is in it cannot be read")))?;
    let name = match state.kind {
        Kind::Deleted | Kind::Directory => directory::of_deleted(context, met, &mut buffer)?,
        Kind::Memfd => contents::memfd_name(file),
        Kind::Memory => c"",
    };
    let (objref, _) = context
        .objects
        .add(Sort::Contents, contents::key(file), || {
            Held::File(opening.clone())
        })?;
    write_head(context, &state, &stat, (objref, runs.nr_pages()))?;
    context.out.string(name.to_bytes())?;
    let copied = context.request.copy_pages;
    capture::write_pages(&mut context.out, runs, || {
        (!copied).then(|| Owner::File(opening.clone()))
    })?;
    Ok(objref)
}

/// Writes a deleted directory, unless the image has it already, and gives its id. No task can make anything
/// in it, so it does not matter which process has it.
pub(crate) fn save_directory(context: &mut saving::Context<'_>, met: &Met<'_>) -> Result<u32> {
    let file = met.file;
    let key = contents::key(file);
    if let Some(objref) = context.objects.find(Sort::Contents, key) {
        return Ok(objref);
    }
    let state = contents::of(file).ok_or(EIO)?;
    let stat = file.stat();
    if procfs::is_window(&stat) || stat::window(&stat).is_some() {
        // mkdir(2) would make something else there, or nothing.
        return Err(met.unsupported(
            context.log,
            fmt!("a directory of the kernel's own that is gone"),
        ));
    }
    let mut buffer = PathBuffer::new()?;
    let parent = directory::of_deleted(context, met, &mut buffer)?;
    let mut own = PathBuffer::new()?;
    let name = named(parent, contents::last_name(file, &mut own))?;
    if name.to_bytes().len() > limits::STRING as usize {
        return Err(errno::enametoolong());
    }
    let (objref, _) = context
        .objects
        .add(Sort::Contents, key, || Held::File(file.clone()))?;
    write_head(context, &state, &stat, (objref, 0))?;
    context.out.string(name.to_bytes())?;
    Ok(objref)
}

/// The path of something in a directory.
fn named(directory: &CStr, name: &CStr) -> Result<CString> {
    match directory.to_bytes() {
        b"/" => Ok(CString::try_from_fmt(fmt!("/{}", name))?),
        _ => Ok(CString::try_from_fmt(fmt!("{}/{}", directory, name))?),
    }
}

fn write_head(
    context: &mut saving::Context<'_>,
    state: &State,
    stat: &Stat,
    (objref, nr_pages): (u32, u64),
) -> Result {
    let mut flags = 0;
    if state.linkable {
        flags |= contents_flag::LINKABLE;
    }
    if state.noreserve && state.kind == Kind::Memory {
        flags |= contents_flag::NORESERVE;
    }
    let kind = match state.kind {
        Kind::Deleted => contents_kind::DELETED,
        Kind::Memfd => contents_kind::MEMFD,
        Kind::Memory => contents_kind::MEMORY,
        Kind::Directory => contents_kind::DIRECTORY,
    };
    context.out.record(&record::Contents {
        objref,
        kind,
        mode: stat.mode,
        flags,
        uid: state.owner[0],
        gid: state.owner[1],
        seals: if kind == contents_kind::MEMFD {
            state.seals
        } else {
            0
        },
        mtime_nsec: stat.mtime_nsec,
        mtime: stat.mtime,
        size: match state.kind {
            Kind::Directory => 0,
            _ => stat.size as u64,
        },
        nr_pages,
        mount: record::RESTARTERS,
        reserved: 0,
        reserved2: 0,
    })
}

/// The pages that a file stores. They are copied if they are to be; pages of memory that
/// hold only zeros are left out.
fn find(context: &mut saving::Context<'_>, opening: &File, is_memory: bool) -> Result<PageRuns> {
    let copied = context.request.copy_pages;
    let mut runs = PageRuns::default();
    let mut batch = Pages::with_room(page::BATCH)?;
    let mut at = 0i64;
    // Stretches of data need not end with a page.
    let mut next = 0u64;
    while let Some(data) = contents::data_after(opening, at)? {
        let end = data.end.div_ceil(page::SIZE);
        if end > limits::ADDRESS / page::SIZE {
            return Err(E2BIG);
        }
        let mut index = next.max(data.start / page::SIZE);
        while index < end {
            if !is_memory && !copied {
                runs.add(0, index * page::SIZE)?;
                index += 1;
                continue;
            }
            let wanted = (end - index).min(page::BATCH as u64) as usize;
            contents::get_pages(opening, index, wanted, &mut batch)?;
            for place in 0..batch.len() {
                if !is_memory || !batch.is_zero(place) {
                    if copied {
                        context.out.sink_mut().copy_page_of(&batch, place)?;
                    }
                    runs.add(0, index * page::SIZE)?;
                }
                index += 1;
            }
            sys::check_signal()?;
        }
        next = end;
        at = data.end as i64;
        sys::check_signal()?;
    }
    Ok(runs)
}

/// What is wrong with the record.
fn problem(saved: &record::Contents) -> Option<&'static str> {
    let flags = match saved.kind {
        contents_kind::DELETED => contents_flag::LINKABLE,
        contents_kind::MEMFD | contents_kind::DIRECTORY => 0,
        contents_kind::MEMORY => contents_flag::NORESERVE,
        _ => return Some("unknown kind of contents"),
    };
    let seals = match saved.kind {
        contents_kind::MEMFD => contents::SEALS,
        _ => 0,
    };
    let file_type = match saved.kind {
        contents_kind::DIRECTORY => S_IFDIR,
        _ => S_IFREG,
    };
    if saved.flags & !flags != 0 || saved.seals & !seals != 0 {
        Some("flags or seals of contents")
    } else if saved.mode & S_IFMT != file_type || saved.mode & !0o177_777 != 0 {
        Some("mode of contents")
    } else if file_type == S_IFDIR && saved.size != 0 {
        Some("directory with contents")
    } else if saved.size > i64::MAX as u64 || saved.mtime_nsec >= 1_000_000_000 {
        Some("size or time of contents out of range")
    } else if saved.nr_pages > saved.size.div_ceil(page::SIZE) {
        Some("contents with more pages than they are long")
    } else {
        None
    }
}

/// Reads a CONTENTS record and restores what it says.
pub(crate) fn restore(context: &mut restoring::Context<'_>) -> Outcome {
    let saved: record::Contents = context.reader.record()?;
    if let Some(what) = problem(&saved) {
        return Err(context.malformed(Problem::Value(what)));
    }
    let mut text = saved::PathText::new()?;
    let name = text.read(context)?;
    let is_directory = saved.kind == contents_kind::DIRECTORY;
    let has_path = is_directory || saved.kind == contents_kind::DELETED;
    if has_path {
        saved::check_absolute(context, name)?;
    }
    let what = match saved.kind {
        contents_kind::DELETED => "a deleted file in ",
        contents_kind::MEMFD => "memfd ",
        contents_kind::DIRECTORY => "a deleted directory in ",
        _ => "shared anonymous memory",
    };
    let file = made::make(&saved, name)
        .map_err(|error| context.fail(error, fmt!("{}{} cannot be made", what, name)))?;
    if !is_directory && saved.kind != contents_kind::MEMORY {
        contents::set_size(&file, saved.size as i64).map_err(|error| {
            let size = saved.size;
            context.fail(
                error,
                fmt!("{}{} cannot be {} bytes long", what, name, size),
            )
        })?;
    }
    fill(context, &saved, &file, fmt!("{}{}", what, name))?;
    set_attributes(context, &file, &saved)
        .and_then(|()| seal(&file, saved.seals & !LATE))
        .map_err(|error| context.fail(error, fmt!("attributes of {}{}", what, name)))?;
    let mut kept = Kept {
        file: file.open_again(O_RDONLY | O_LARGEFILE)?,
        original: None,
        seals: saved.seals & LATE,
    };
    if file.is_uncounted_writer() {
        kept.original = Some((file, SetOnce::new()));
    } else {
        file.close_now();
    }
    context.define(saved.objref, kept)
}

/// Seals that are set when all mappings have been made.
const LATE: u32 = contents::SEAL_FUTURE_WRITE | contents::SEAL_SEAL;

fn seal(file: &File, seals: u32) -> Result {
    match seals {
        0 => Ok(()),
        seals => contents::seal(file, seals),
    }
}

impl Object for Kept {
    /// Sets the seals that mappings had to come before.
    fn settle(&self) -> Result {
        match (self.seals, &self.original) {
            (0, _) => Ok(()),
            (seals, Some((file, _))) => contents::seal(file, seals),
            (seals, None) => {
                let file = self.file.open_again(O_RDWR | O_LARGEFILE)?;
                let sealed = contents::seal(&file, seals);
                file.close_now();
                sealed
            }
        }
    }

    /// Forgets it. The last of its files has to be closed here.
    fn close(self) {
        self.file.close_now();
        if let Some((file, _)) = self.original {
            file.close_now();
        }
    }
}

impl Kept {
    /// What it was made with, given the flags of the saved file; for one file only.
    fn original(&self, flags: u32) -> Option<File> {
        let (file, taken) = self.original.as_ref()?;
        if flags & !CHANGED & !O_LARGEFILE != O_RDWR || !taken.populate(()) {
            return None;
        }
        Some(file.clone())
    }

    /// Where it is, for a directory.
    pub(crate) fn path(&self) -> Option<Path> {
        (self.file.stat().mode & S_IFMT == S_IFDIR).then(|| Path::of(&self.file))
    }
}

/// Reads all PAGES records of the contents into a file.
fn fill(
    context: &mut restoring::Context<'_>,
    saved: &record::Contents,
    file: &File,
    what: fmt::Arguments<'_>,
) -> Outcome {
    let mut left = saved.nr_pages;
    if left == 0 {
        return Ok(());
    }
    let mut room = KVVec::from_elem(0u8, STEP as usize, GFP_KERNEL_ACCOUNT)?;
    while left > 0 {
        let mut runs = Runs::next(context.reader, &mut left)?;
        while let Some(run) = runs.here() {
            let mut sum = !0;
            let end = run.address + u64::from(run.nr_pages) * page::SIZE;
            if end > saved.size.next_multiple_of(page::SIZE) {
                return Err(context.malformed(Problem::Value("pages behind the end of contents")));
            }
            let mut at = run.address;
            while at < end {
                let len = (end - at).min(STEP);
                let bytes = room.get_mut(..len as usize).ok_or(EIO)?;
                context.reader.source_mut().get(bytes)?;
                sum = sys::checksum(sum, bytes);
                context.reader.took_pages((len / page::SIZE) as u32);
                let used = len.min(saved.size - at) as usize;
                file.write_all(bytes.get(..used).ok_or(EIO)?, &mut (at as i64))
                    .map_err(|error| context.fail(error, fmt!("{} cannot be written", what)))?;
                at += len;
                sys::check_signal()?;
            }
            runs.done(sum)?;
        }
        runs.verify(context.reader)?;
    }
    Ok(())
}

/// Permissions, time of the last change, and the owner, if the restarter may set that.
fn set_attributes(
    context: &restoring::Context<'_>,
    file: &File,
    saved: &record::Contents,
) -> Result {
    const SET_ID: u32 = 0o6000;
    let mtime = (saved.mtime, saved.mtime_nsec);
    let owner = [saved.uid, saved.gid];
    match contents::set_attributes(file, saved.mode, mtime, Some(&owner)) {
        Err(error) if error == EPERM => {
            context.say(fmt!(
                "a deleted file belonged to user {}, group {}: it belongs to the restarter",
                saved.uid,
                saved.gid
            ));
            contents::set_attributes(file, saved.mode & !SET_ID, mtime, None)
        }
        result => result,
    }
}
