// SPDX-License-Identifier: GPL-2.0-only

//! What `/proc` says about a process.

use std::{
    collections::HashMap,
    fs::{
        self,
        File, //
    },
    io::{
        self,
        Read, //
    },
    os::{
        fd::{
            AsFd,
            OwnedFd, //
        },
        unix::fs::MetadataExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use procfs_core::{
    process::{
        Stat,
        StatFlags,
        StatM,
        Status, //
    },
    FromBufRead,
    FromRead,
    ProcessCGroups, //
};

use crate::{
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    signals,
    sys,
    text::printable, //
};

/// The process that is to be saved, held so that its pid cannot come to mean another one.
#[derive(Debug)]
pub struct Target {
    /// Its pid.
    pub pid: i32,
    /// Its name, at most 15 bytes, made printable.
    pub name: String,
    /// Bytes of memory that it has resident.
    pub resident: u64,
    /// The process itself.
    pub pidfd: OwnedFd,
}

fn parse_stat(text: &str) -> Option<Stat> {
    // procfs-core panics unless a pid and a name come first, and something after them.
    let (pid, rest) = text.split_once(" (")?;
    let (_, fields) = rest.rsplit_once(')')?;
    if pid.parse::<i32>().is_err() || !fields.trim_end().starts_with(' ') {
        return None;
    }
    Stat::from_read(text.as_bytes()).ok()
}

/// Reads a file that does not know its size, such as all those of the kernel, in few steps.
pub fn read_text(path: impl AsRef<Path>) -> io::Result<String> {
    let mut bytes = Vec::with_capacity(4096);
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether all of the process is dead: of one whose leader has ended other threads may live.
fn is_all_dead(stat: &Stat) -> bool {
    matches!(stat.state, 'Z' | 'X') && stat.num_threads <= 1
}

/// Its name, at most 15 bytes, made printable.
fn name_of(stat: &Stat) -> String {
    printable(&stat.comm)
}

fn proc_file(pid: i32, file: &str) -> io::Result<String> {
    read_text(format!("/proc/{pid}/{file}"))
}

fn stat(pid: i32) -> io::Result<Stat> {
    parse_stat(&proc_file(pid, "stat")?).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What `status` of a process says: all of it, which takes longer than the kernel takes to write it.
fn status(pid: i32) -> Option<Status> {
    Status::from_buf_read(proc_file(pid, "status").ok()?.as_bytes()).ok()
}

fn no_such_process(pid: i32) -> Failure {
    Failure::new(Exit::Failed, format!("there is no process {pid}"))
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

/// The thread-group id of a thread, when it is not the thread itself.
fn leader_of(tid: i32) -> Option<i32> {
    let leader = status(tid)?.tgid;
    (leader != tid).then_some(leader)
}

fn open_pidfd(pid: i32) -> Result<OwnedFd> {
    sys::pidfd(pid).map_err(|error| match leader_of(pid) {
        Some(leader) => Failure::usage(format!("{pid} is a thread, not a process"))
            .advise(format!("Give the process that it belongs to: {leader}.")),
        None if is_gone(&error) => no_such_process(pid),
        None => Failure::os(format_args!("cannot look at process {pid}"), &error),
    })
}

/// The ids of the threads of a process.
fn threads(pid: i32) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect()
}

/// How a command comes to be no descendant of a process.
fn from_elsewhere(pid: i32) -> &'static str {
    match pid {
        // Of what it has started nothing leaves it.
        1 => {
            "All processes here are below process 1. The init of a container is saved from outside of it, by the \
             pid that it has there; that of the machine cannot be saved."
        }
        _ => {
            "Run it from elsewhere, in a session of its own (setsid -f checkpoint …). Below a process that takes \
             orphans over, as systemd --user does, that is not enough: run it from another login."
        }
    }
}

impl Target {
    /// Looks a process up.
    ///
    /// # Errors
    ///
    /// When there is none, when the number is that of a thread, or of this very process.
    pub fn find(pid: i32) -> Result<Target> {
        check_proc()?;
        if pid == std::process::id() as i32 {
            return Err(Failure::usage("a command cannot save itself")
                .advise("See self_checkpoint.c among the examples for a program that does."));
        }
        let pidfd = open_pidfd(pid)?;
        if is_below(std::process::id() as i32, pid) {
            return Err(Failure::usage(format!(
                "this command is itself below process {pid}: it would be saved, too"
            ))
            .advise(from_elsewhere(pid)));
        }
        let stat = stat(pid).map_err(|error| {
            if is_gone(&error) {
                no_such_process(pid)
            } else {
                Failure::os(format_args!("cannot look at process {pid}"), &error)
            }
        })?;
        let name = name_of(&stat);
        if is_all_dead(&stat) {
            return Err(Failure::new(
                Exit::Failed,
                format!("process {pid} ({name}) is dead: only its parent can end it"),
            ));
        }
        if stat.flags & StatFlags::PF_KTHREAD.bits() != 0 {
            return Err(Failure::new(
                Exit::Failed,
                format!("process {pid} ({name}) is a kernel thread"),
            ));
        }
        Ok(Target {
            pid,
            resident: stat.rss * ckpt_image::PAGE_SIZE,
            name,
            pidfd,
        })
    }

    /// "4711 (python3)".
    pub fn label(&self) -> String {
        format!("{} ({})", self.pid, self.name)
    }

    /// What the tasks wait for, when they do not freeze: a process below this one that sleeps in the
    /// kernel, else this one.
    pub fn whereabouts(&self) -> String {
        let asleep = |pid: &i32| stat(*pid).is_ok_and(|stat| stat.state == 'D');
        let tree = descendants(self.pid).unwrap_or_default();
        let pid = tree.into_iter().find(asleep);
        let (pid, subject) = match pid.filter(|pid| *pid != self.pid) {
            Some(pid) => (pid, format!("its descendant {pid}")),
            None => (self.pid, "it".to_owned()),
        };
        format!("{subject} is {}", place_of(pid))
    }
}

/// "in state D, in the function of the kernel".
pub fn place_of(pid: i32) -> String {
    let Ok(stat) = stat(pid) else {
        return "gone".to_owned();
    };
    match proc_file(pid, "wchan") {
        Ok(place) if place.len() > 1 => format!("in state {}, in {place}", stat.state),
        _ => format!("in state {}", stat.state),
    }
}

/// Bytes of memory that a process has resident.
pub fn resident(pid: i32) -> Option<u64> {
    let text = proc_file(pid, "statm").ok()?;
    let pages = StatM::from_read(text.as_bytes()).ok()?.resident;
    Some(pages * ckpt_image::PAGE_SIZE)
}

/// The children of all threads of a process, in the order of their births; none of one that is gone.
pub fn children(pid: i32) -> Vec<i32> {
    let threads = threads(pid).into_iter();
    threads
        .flat_map(|tid| children_of_thread(pid, tid))
        .collect()
}

fn children_of_thread(pid: i32, tid: i32) -> Vec<i32> {
    let list = proc_file(pid, &format!("task/{tid}/children")).unwrap_or_default();
    let pids = list.split_ascii_whitespace();
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// This process as `/proc` numbers it, which may be that of another pid namespace.
pub fn own() -> Option<i32> {
    fs::read_link("/proc/self").ok()?.to_str()?.parse().ok()
}

/// Whether the numbers in `/proc` are those that system calls take here.
pub fn is_proc_ours() -> bool {
    own() == Some(std::process::id() as i32)
}

/// Refuses to go by numbers that mean other processes.
pub fn check_proc() -> Result<()> {
    if is_proc_ours() {
        return Ok(());
    }
    let what = "/proc is that of another pid namespace: its numbers mean other processes";
    Err(Failure::new(Exit::Failed, what).advise(
        "Run this outside, or where mounts and pids belong together: nsenter --target PID --pid --mount \
         enters both namespaces of a container. In a pid namespace that has no mounts of its own: \
         mount -t proc proc /proc, or begin with unshare --pid --fork --mount-proc.",
    ))
}

/// Most processes of a tree that are looked at: as many as an image holds.
const MOST: usize = ckpt_image::limits::TASKS as usize;

/// A process and all below it, parents before their children.
///
/// # Errors
///
/// When there are more than an image holds: a tree may grow as fast as it is looked at. When an ending signal
/// has come.
pub fn descendants(root: i32) -> Result<Vec<i32>> {
    descendants_within(root, MOST)
}

fn descendants_within(root: i32, most: usize) -> Result<Vec<i32>> {
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(pid) = tree.get(at).copied() {
        for tid in threads(pid) {
            signals::check()?;
            tree.extend(children_of_thread(pid, tid));
            if tree.len() > most {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("there are more than {most} processes below process {root}"),
                ));
            }
        }
        at += 1;
    }
    Ok(tree)
}

/// A pidfd of a child of a process: of none that has taken over the number of one.
pub fn child(parent: i32, pid: i32) -> Option<OwnedFd> {
    let pidfd = sys::pidfd(pid).ok()?;
    let is_child = self::parent(pid) == Some(parent);
    // What has not been waited for keeps its number.
    (is_child && sys::signal(pidfd.as_fd(), 0).is_ok()).then_some(pidfd)
}

/// The numbers of a task in the pid namespace of `/proc` and those below it, down to its own. One line of
/// many tasks: not by way of `Status`.
fn numbers(pid: i32, tid: i32) -> Option<Vec<i32>> {
    let status = proc_file(pid, &format!("task/{tid}/status")).ok()?;
    let numbers = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers
        .split_ascii_whitespace()
        .map(|number| number.parse().ok())
        .collect()
}

/// The tasks below the init of a pid namespace: the number that each has there, and the one that it
/// has here.
///
/// # Errors
///
/// Those of [`descendants`]; when `/proc` tells other numbers.
pub fn numbers_inside(init: i32) -> Result<HashMap<i32, i32>> {
    check_proc()?;
    let Some(level) = numbers(init, init).and_then(|numbers| numbers.len().checked_sub(1)) else {
        return Ok(HashMap::new());
    };
    let tasks = descendants(init)?
        .into_iter()
        .flat_map(|pid| threads(pid).into_iter().map(move |tid| (pid, tid)));
    Ok(tasks
        .filter_map(|(pid, tid)| Some((*numbers(pid, tid)?.get(level)?, tid)))
        .collect())
}

/// A pidfd of the process that has a number below the init of a pid namespace, if it still is the one
/// that has this number here.
pub fn inside(init: i32, pid: i32, number: i32) -> Option<OwnedFd> {
    let pidfd = sys::pidfd(pid).ok()?;
    let level = numbers(init, init)?.len().checked_sub(1)?;
    let is_it = numbers(pid, pid)?.get(level) == Some(&number) && is_below(pid, init);
    (is_it && sys::signal(pidfd.as_fd(), 0).is_ok()).then_some(pidfd)
}

/// What a descriptor of a process leads to, as `/proc` shows it.
pub fn file_of(pid: i32, fd: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()
}

/// The user of a process, if it has one only, and the owner of its directory in `/proc`: root, when the
/// process may not be dumped.
pub fn owner(pid: i32) -> Option<(u32, u32)> {
    let status = status(pid)?;
    let user = status.ruid;
    let others = [status.euid, status.suid, status.fuid];
    let shown = fs::metadata(format!("/proc/{pid}")).ok()?.uid();
    others
        .iter()
        .all(|other| *other == user)
        .then_some((user, shown))
}

/// The parent of a process.
pub fn parent(pid: i32) -> Option<i32> {
    stat(pid).ok().map(|stat| stat.ppid)
}

/// Whether a process descends from another one.
fn is_below(mut pid: i32, ancestor: i32) -> bool {
    while let Some(parent) = parent(pid).filter(|parent| *parent > 0) {
        if parent == ancestor {
            return true;
        }
        pid = parent;
    }
    false
}

/// Whether a process is dead or gone, all of its threads.
pub fn is_dead(pid: i32) -> bool {
    stat(pid).map_or(true, |stat| is_all_dead(&stat))
}

/// What uses a pid: its name, or nothing when no process and no thread does.
///
/// Only files are read that take no lock which the process can hold: `cmdline`, `environ`, `maps` and what else
/// looks into memory wait for the process when it waits, within a fault, for a file system of its user's.
pub fn user_of(pid: i32) -> Option<String> {
    let name = proc_file(pid, "comm").ok()?;
    let name = printable(name.trim_end_matches('\n'));
    Some(match leader_of(pid) {
        Some(leader) => format!("{name} (a thread of {leader})"),
        None => name,
    })
}

/// A process that belongs to the process group or session of this number: "NAME (PID)".
pub fn member_of(number: i32) -> Option<String> {
    let pids = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.find_map(|pid: i32| {
        let stat = stat(pid).ok()?;
        let is_member = stat.pgrp == number || stat.session == number;
        is_member.then(|| format!("{} ({pid})", name_of(&stat)))
    })
}

fn parse_cgroup(text: &str) -> Option<PathBuf> {
    let groups = ProcessCGroups::from_buf_read(text.as_bytes()).ok()?;
    let group = groups.into_iter().find(|group| group.hierarchy == 0)?;
    Some(group.pathname.into())
}

/// The path of a process's cgroup in the version 2 hierarchy, as its `/proc/PID/cgroup` has it.
pub fn cgroup_of(pid: i32) -> Result<PathBuf> {
    cgroup_by(&pid.to_string())
}

/// The same of this process, whatever its number is in `/proc`.
pub fn own_cgroup() -> Result<PathBuf> {
    cgroup_by("self")
}

fn cgroup_by(name: &str) -> Result<PathBuf> {
    let text = read_text(format!("/proc/{name}/cgroup"))
        .doing(|| format!("cannot find the cgroup of process {name}"))?;
    parse_cgroup(&text).ok_or_else(|| {
        let message = format!("process {name} is in no cgroup of version 2");
        Failure::new(Exit::Failed, message)
    })
}

#[cfg(test)]
mod tests;
