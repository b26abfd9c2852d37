// SPDX-License-Identifier: GPL-2.0-only

//! Files of /proc and /sys, whose contents are made when they are read. A file that belongs to a saved task
//! becomes that of the restored task.

use kernel::{
    prelude::*,
    str::CString, //
};

use ckpt_image::{
    record::{
        self,
        file_kind,
        OUTSIDE, //
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
    reopening::{
        Reopening,
        Reopenings, //
    },
    saved::{
        self,
        Saved, //
    },
    stat::{
        S_IFDIR,
        S_IFMT,
        S_IFREG, //
    },
};
use crate::{
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
        pid::{
            self,
            Pid, //
        },
        procfs, //
    },
    task::cred, //
};

/// Magic number of sysfs (include/uapi/linux/magic.h).
const SYSFS: u64 = 0x6265_6572;

/// The kind of open files for files of /proc and /sys.
pub(crate) struct ProcFs;

/// Whether it is a file or directory of /proc or /sys.
pub(super) fn is_window(stat: &Stat) -> bool {
    [procfs::PROC, SYSFS].contains(&stat.fs_magic)
}

impl Kind for ProcFs {
    fn number(&self) -> u16 {
        file_kind::PROC
    }

    fn takes(&self, _context: &saving::Context<'_>, _file: &File, stat: &Stat) -> bool {
        is_window(stat) && [S_IFREG, S_IFDIR].contains(&(stat.mode & S_IFMT))
    }

    fn has_path(&self) -> bool {
        // Not by this path, when it is that of a task.
        false
    }

    fn checkpoint(&self, context: &mut saving::Context<'_>, met: &Met<'_>) -> Result {
        let mut buffer = PathBuffer::new()?;
        let path = met.file.path(&mut buffer)?;
        let named = describe(context, met.file, path)?
            .map_err(|why| met.unsupported(context.log, fmt!("{}", why)))?;
        context.out.record(&named)
    }

    fn restore(
        &self,
        context: &mut restoring::Context<'_>,
        saved: &Saved,
        path: &CStr,
    ) -> Outcome<Opened> {
        let named: record::Proc = context.reader.record()?;
        let file_type = saved.node.mode & S_IFMT;
        if ![S_IFREG, S_IFDIR].contains(&file_type) {
            return Err(context.malformed(Problem::Value("kind and mode of a file disagree")));
        }
        let now = match named.process {
            OUTSIDE if (named.thread, named.prefix, named.rest) != (OUTSIDE, 0, 0) => {
                return Err(context.malformed(Problem::Value("thread of a file of no process")));
            }
            OUTSIDE => CString::try_from(path)?,
            _ => path_now(context, &named, path)?,
        };
        let file = saved::reopen(context, saved, &now, file_type)?;
        if !is_window(&file.stat()) {
            return Err(context.fail(
                errno::estale(),
                fmt!("{} is no file of /proc or /sys any more", path),
            ));
        }
        let is_open = saved.head.flags & flags::O_PATH == 0;
        if is_open && named.process != OUTSIDE && shows_memory(now.to_bytes()) {
            let opener = match saved.opener {
                0 => None,
                opener => Some(cred::of(context, opener)?.prepare()?),
            };
            let what = Reopening::new(now, saved.head.flags, saved.node.position, opener)?;
            context.states.get::<Reopenings>()?.add(&file, what)?;
        } else if saved.node.position != 0 && is_open {
            // What it tells of memory is there when all is, and is told as the task may see it: moving the
            // position is reading what stands before.
            let position = saved.node.position;
            context.at_start(late::last(file.clone(), move |file| file.seek(position)))?;
        }
        Ok(Opened::File(file, saved::contents(saved)))
    }
}

/// Whether a file of a task is bound to the address space that the task has when it is opened
/// (fs/proc/base.c and task_mmu.c: proc_mem_open()).
fn shows_memory(path: &[u8]) -> bool {
    const BOUND: [&[u8]; 8] = [
        b"maps",
        b"smaps",
        b"smaps_rollup",
        b"numa_maps",
        b"pagemap",
        b"mem",
        b"environ",
        b"auxv",
    ];
    let name = path.rsplit(|byte| *byte == b'/').next();
    name.is_some_and(|name| BOUND.contains(&name))
}

/// Which task a file is of; the inner error tells why it cannot be saved.
fn describe(
    context: &saving::Context<'_>,
    file: &File,
    path: &CStr,
) -> Result<Result<record::Proc, &'static str>> {
    let mut saved = record::Proc {
        process: OUTSIDE,
        thread: OUTSIDE,
        prefix: 0,
        rest: 0,
    };
    if !(file.is_reachable() && file.is_at(path).unwrap_or(false)) {
        return Ok(Err("a file that its path does not lead to"));
    }
    let Some(root) = procfs::mount_root(file) else {
        return Ok(Err("a file of a part of /proc or /sys"));
    };
    let mut buffer = PathBuffer::new()?;
    let Ok(root) = root.print(&mut buffer) else {
        return Ok(Err("a path that is too long"));
    };
    let prefix = match root.to_bytes() {
        b"/" => 0,
        root => root.len(),
    };
    let inside = path.to_bytes().get(prefix..).unwrap_or(b"");
    if inside.starts_with(b"/pressure/") && file.is_writable() {
        return Ok(Err("a trigger of pressure stall information (PSI)"));
    }
    let (Some(process), thread) = procfs::owner(file) else {
        return Ok(Ok(saved));
    };
    const OUTSIDER: &str = "a file of a task outside of the tree";
    let Some(process) = places::of_number(context, &process)? else {
        return Ok(Err(OUTSIDER));
    };
    saved.process = process;
    let mut names = 1;
    if let Some(thread) = &thread {
        let Some(thread) = places::of_number(context, thread)? else {
            return Ok(Err(OUTSIDER));
        };
        saved.thread = thread;
        names = 3;
    }
    let Some(rest) = after(inside, names) else {
        return Ok(Err("a file with a path of its own"));
    };
    for name in [b"/fdinfo/".as_slice(), b"/map_files/"] {
        if inside
            .get(rest..)
            .is_some_and(|rest| rest.starts_with(name))
        {
            return Ok(Err("a file that tells of a descriptor or mapping"));
        }
    }
    saved.prefix = prefix as u32;
    saved.rest = (prefix + rest) as u32;
    Ok(Ok(saved))
}

/// Where a path goes on behind so many names.
fn after(path: &[u8], names: usize) -> Option<usize> {
    let mut slashes = (0..).zip(path).filter(|(_, byte)| **byte == b'/');
    if slashes.next()?.0 != 0 {
        return None;
    }
    let mut end = Some(path.len());
    for name in 0..names {
        let next = slashes.next().map(|(at, _)| at);
        if next.is_none() && name + 1 < names {
            return None;
        }
        end = next.or(Some(path.len()));
    }
    end
}

/// The path of the same file of the restored task.
fn path_now(
    context: &restoring::Context<'_>,
    named: &record::Proc,
    path: &CStr,
) -> Outcome<CString> {
    let bytes = path.to_bytes();
    let malformed = || context.malformed(Problem::Value("path of a file of /proc"));
    let prefix = bytes.get(..named.prefix as usize).ok_or_else(malformed)?;
    let rest = bytes.get(named.rest as usize..).ok_or_else(malformed)?;
    let mounted = prefix.is_empty() || prefix.starts_with(b"/") && !prefix.ends_with(b"/");
    if !mounted || !(rest.is_empty() || rest.starts_with(b"/")) {
        return Err(malformed());
    }
    let text = |bytes| core::str::from_utf8(bytes).map_err(|_| malformed());
    let (prefix, rest) = (text(prefix)?, text(rest)?);
    let top = CString::try_from_fmt(fmt!("{}/", prefix))?;
    let top = File::open(&top, flags::O_PATH)
        .map_err(|error| context.fail(error, fmt!("{} cannot be opened", &*top)))?;
    let number = |place| -> Outcome<i32> {
        let task = context.task_of_tree(place).ok_or_else(malformed)?;
        let pid = Pid::of(&task, pid::Kind::Task).ok_or(ESRCH)?;
        match procfs::number(&top, &pid) {
            0 => Err(context.fail(
                errno::estale(),
                fmt!("{}: it is not the /proc of the restored tasks", path),
            )),
            number => Ok(number),
        }
    };
    let process = number(named.process)?;
    Ok(match named.thread {
        OUTSIDE => CString::try_from_fmt(fmt!("{}/{}{}", prefix, process, rest))?,
        thread => {
            let thread = number(thread)?;
            CString::try_from_fmt(fmt!("{}/{}/task/{}{}", prefix, process, thread, rest))?
        }
    })
}
