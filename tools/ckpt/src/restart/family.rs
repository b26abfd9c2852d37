// SPDX-License-Identifier: GPL-2.0-only

//! The tasks that are to be restored: making them, and ending them when the restart fails.

use std::{
    fs::File,
    io,
    os::fd::{
        AsFd,
        OwnedFd, //
    },
    time::Duration,
};

use nix::sys::prctl;
use tracing::info;

use super::plan::{
    plan,
    Pids, //
};
use crate::{
    advice,
    device::Device,
    failure::{
        Doing,
        Exit,
        Failure,
        Result, //
    },
    process,
    signals::{
        self,
        Blocked, //
    },
    sys::{
        self,
        capabilities::Capabilities,
        maker::{
            Maker,
            State,
            Step, //
        },
    },
    text::count,
    tree::Tree,
    uapi::PidMap,
};

/// How often it is looked whether a task has died while others are made.
const LOOK: Duration = Duration::from_millis(50);

/// What a task was the leader of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leader {
    /// Leads nothing.
    Nothing,
    /// Leads a process group.
    Group,
    /// Leads a session.
    Session,
}

impl Leader {
    /// What the root of a tree was the leader of.
    pub fn of(tree: &Tree) -> Leader {
        match tree.get(0) {
            Some(root) if root.session == 0 => Leader::Session,
            Some(root) if root.group == 0 => Leader::Group,
            _ => Leader::Nothing,
        }
    }
}

/// The root on its way to be what it was.
#[derive(Debug)]
pub struct Member {
    /// Its pid here.
    pub pid: i32,
    /// The process itself.
    pub pidfd: OwnedFd,
    /// What it leads.
    pub leader: Leader,
}

impl Member {
    /// The root of a tree that runs below the init of a pid namespace, and has this number there; nothing
    /// when it has ended.
    pub fn find(tree: &Tree, init: &Member, pid: i32, number: i32) -> Option<Member> {
        Some(Member {
            pid,
            pidfd: process::inside(init.pid, pid, number)?,
            leader: Leader::of(tree),
        })
    }

    /// Signals it, or the process group that it leads.
    pub fn signal_all(&self, signal: i32) -> io::Result<()> {
        match self.leader {
            Leader::Nothing => sys::signal(self.pidfd.as_fd(), signal),
            Leader::Group | Leader::Session => sys::signal_group(self.pidfd.as_fd(), signal),
        }
    }
}

/// A tree of tasks. They die with this unless they are let go: a task dies with its parent, and one that has
/// lost its parent before it could say so comes to this command.
#[derive(Debug)]
pub struct Family<'a> {
    tree: &'a Tree,
    maker: Maker,
    root: Option<Member>,
    orphanage: Orphanage,
}

/// As long as this lives orphans below this process become its children.
#[derive(Debug)]
struct Orphanage {
    was_open: bool,
    /// Children that this command had before: the program that became it left them.
    strangers: Vec<i32>,
    /// Orphans may tell of their ends by any signal, which would be the end of this command, too.
    deaf: Option<Blocked>,
}

impl Orphanage {
    fn open() -> Result<Orphanage> {
        let what = || "cannot take care of orphans";
        let was_open = prctl::get_child_subreaper().doing(what)?;
        let deaf = Blocked::all_but_ending()?;
        prctl::set_child_subreaper(true).doing(what)?;
        Ok(Orphanage {
            was_open,
            deaf: Some(deaf),
            strangers: match sys::has_children() {
                true => process::own().map(process::children).unwrap_or_default(),
                false => Vec::new(),
            },
        })
    }

    /// Kills all that are here, and what comes because of that.
    fn clear(&mut self) {
        // What they have sent waits for good: all that is left to do is to tell why.
        std::mem::forget(self.deaf.take());
        // Those of the init of a pid namespace end with it.
        let Some(own) = process::own().filter(|_| process::is_proc_ours()) else {
            return;
        };
        while sys::has_children() {
            let mut children = process::children(own);
            children.retain(|child| !self.strangers.contains(child));
            if children.is_empty() {
                return;
            }
            for child in children {
                // One that reaps itself may have left its number to another.
                if let Some(pidfd) = process::child(own, child) {
                    let _ = sys::signal(pidfd.as_fd(), libc::SIGKILL);
                }
                end(child);
            }
        }
    }
}

impl Drop for Orphanage {
    fn drop(&mut self) {
        // It has been possible before.
        let _ = prctl::set_child_subreaper(self.was_open);
    }
}

/// As long as this lives what this command makes may be traced by its user. A command whose file has
/// capabilities may not be, by default; its tasks give these up, and the coordinator has to be permitted to
/// trace them.
struct Dumpable {
    was: bool,
}

impl Dumpable {
    fn for_now() -> Dumpable {
        let was = prctl::get_dumpable().unwrap_or(true);
        // Without it the kernel refuses, and says why.
        let _ = prctl::set_dumpable(true);
        Dumpable { was }
    }
}

impl Drop for Dumpable {
    fn drop(&mut self) {
        let _ = prctl::set_dumpable(self.was);
    }
}

/// Waits for the end of a child.
fn end(pid: i32) {
    while let Ok(sys::Fate::Same | sys::Fate::Stopped(_)) = sys::fate(pid, true) {}
}

/// What choosing pids needs.
pub const CHOOSING: &str = "the capability CAP_CHECKPOINT_RESTORE, which root has";

/// How many of those that have a pid are named.
const NAMED: usize = 6;

/// Why tasks could not be made.
enum Unmade {
    /// The one in this place, at this step.
    At(usize, Step, io::Error),
    /// Something else.
    Other(Failure),
}

/// Why a task could not be made. Nothing of the tree is there any more.
fn refusal(tree: &Tree, pids: Pids, at: usize, step: Step, error: &io::Error) -> Failure {
    let pid = tree.get(at).map_or(0, |task| task.pid);
    match step {
        Step::Unshare => {
            return Failure::os(
                format_args!("cannot make the pid namespace of process {pid}"),
                error,
            )
            .advise(advice::PID_NAMESPACE);
        }
        Step::Session => {
            return Failure::os(format_args!("process {pid} cannot lead a session"), error);
        }
        Step::Capabilities => {
            return Failure::os(
                format_args!("process {pid} cannot give up capabilities"),
                error,
            );
        }
        Step::Clone => {}
    }
    let errno = error.raw_os_error();
    if pids == Pids::Any || matches!(errno, Some(libc::EAGAIN | libc::ENOMEM)) {
        let failure = Failure::os(format_args!("cannot make process {pid}"), error);
        return match errno {
            Some(libc::EAGAIN) => failure.advise(
                "There may be only so many processes: see ulimit -u, and pids.max of the cgroup.",
            ),
            _ => failure,
        };
    }
    match errno {
        Some(libc::EEXIST) => taken(tree, pid),
        Some(libc::EPERM) => not_permitted(tree, pid, error),
        Some(libc::EINVAL) => Failure::os(format_args!("cannot choose the pid {pid}"), error)
            .advise(
            "It may be over sysctl kernel.pid_max here: take other pids with --new-pids, or a pid \
                 namespace with --pidns.",
        ),
        _ => Failure::os(format_args!("cannot make process {pid}"), error),
    }
}

/// What may be done when `count` pids are taken.
fn when_taken(count: usize) -> String {
    let wait = match count {
        1 => "Wait until it is free, or end what has it.",
        _ => "Wait until they are free, or end what has them.",
    };
    format!(
        "{wait} Other ways:
  --pidns     a pid namespace for the program, in which it has its pids
  --new-pids  other pids, for a program that remembers none"
    )
}

/// The pid of a task is in use, and perhaps those of others.
fn taken(tree: &Tree, pid: i32) -> Failure {
    if pid == 1 {
        let what = "the image is of the init of a pid namespace, and pid 1 is in use here";
        return Failure::new(Exit::Failed, what)
            .advise("Restart it with --pidns, which makes a pid namespace for it.");
    }
    if !process::is_proc_ours() {
        return Failure::new(Exit::Failed, format!("pid {pid} is in use")).advise(when_taken(1));
    }
    let user = process::user_of(pid).unwrap_or_else(|| {
        let group = "that of the process group or session";
        match process::member_of(pid) {
            Some(member) => format!("{group} of {member}"),
            None => format!("{group} {pid}"),
        }
    });
    let others = tree.entries().iter().map(|entry| entry.pid);
    let others: Vec<String> = others
        .filter(|other| *other != pid)
        .filter_map(|other| Some(format!("{other}  {}", process::user_of(other)?)))
        .collect();
    if others.is_empty() {
        return Failure::new(Exit::Failed, format!("pid {pid} is in use by {user}"))
            .advise(when_taken(1));
    }
    let count = others.len() + 1;
    let mut lines = vec![format!("{pid}  {user}")];
    lines.extend(others.into_iter().take(NAMED - 1));
    if count > lines.len() {
        lines.push(format!("and {} more", count - lines.len()));
    }
    Failure::new(
        Exit::Failed,
        format!("{count} of the {} pids are in use", tree.entries().len()),
    )
    .with(lines)
    .advise(when_taken(count))
}

/// The caller may not choose pids.
fn not_permitted(tree: &Tree, pid: i32, error: &io::Error) -> Failure {
    let mut advice = format!(
        "That needs {CHOOSING}, and which an administrator may give to the file of this command: \
         setcap cap_checkpoint_restore+ep \"$(readlink -f \"$(command -v restart)\")\"\nOther pids take nothing: --new-pids"
    );
    let message = match tree.entries().len() {
        1 => format!("cannot choose the pid {pid}"),
        count => {
            advice += "; what remembers the number of another process or thread then goes astray";
            format!("cannot choose the pids of {count} processes and threads")
        }
    };
    Failure::os(message, error).advise(advice + ".")
}

impl<'a> Family<'a> {
    /// Makes the tasks, in the given cgroup if there is one, with no more than the capabilities `kept`.
    /// They wait in the kernel for the coordinator.
    pub fn make(
        device: &Device,
        tree: &'a Tree,
        pids: Pids,
        cgroup: Option<&File>,
        kept: Option<Capabilities>,
    ) -> Result<Family<'a>> {
        let orders = plan(tree, pids)?;
        let orphanage = Orphanage::open()?;
        let started = {
            let _blocked = Blocked::all()?;
            let _dumpable = kept.map(|_| Dumpable::for_now());
            Maker::start(&orders, device.as_fd(), cgroup.map(File::as_fd), kept)
        };
        let (maker, pid, pidfd) =
            started.map_err(|error| refusal(tree, pids, 0, Step::Clone, &error))?;
        let family = Family {
            tree,
            maker,
            root: Some(Member {
                pid,
                pidfd,
                leader: Leader::of(tree),
            }),
            orphanage,
        };
        match family.wait() {
            Ok(()) => {
                let tasks = count(orders.len(), "task", "tasks");
                info!("made {tasks}, the root is {pid}");
                Ok(family)
            }
            Err(Unmade::Other(failure)) => Err(failure),
            Err(Unmade::At(at, step, error)) => {
                // What has been made is not what has the pids.
                drop(family);
                Err(refusal(tree, pids, at, step, &error))
            }
        }
    }

    /// Waits until all are made.
    fn wait(&self) -> std::result::Result<(), Unmade> {
        let mut before = None;
        loop {
            match self.maker.state() {
                State::Done => return Ok(()),
                State::Failed(at, step, error) => {
                    return Err(Unmade::At(at, step, error));
                }
                State::Making(left, bell) => {
                    signals::check().map_err(Unmade::Other)?;
                    // No signal comes when a task dies before it has made its own children.
                    if before.replace(left) == Some(left) {
                        self.find_dead().map_err(Unmade::Other)?;
                    }
                    self.maker.nap(bell, LOOK);
                }
            }
        }
    }

    fn find_dead(&self) -> Result<()> {
        let mut children = process::own().map(process::children).unwrap_or_default();
        children.retain(|child| !self.orphanage.strangers.contains(child));
        for child in children {
            let tree = process::descendants(child)?;
            if let Some(pid) = tree.into_iter().find(|pid| process::is_dead(*pid)) {
                return Err(Failure::new(
                    Exit::Failed,
                    format!("process {pid} was killed before it was restored"),
                ));
            }
        }
        Ok(())
    }

    /// The root of the tree.
    pub fn root(&self) -> Result<&Member> {
        self.root.as_ref().ok_or_else(no_root)
    }

    /// Which task stands for which: the root, and if all are wanted, the others, whose pids the
    /// kernel will tell.
    pub fn map(&self, all: bool) -> Vec<PidMap> {
        let tasks = self.tree.tasks();
        let wanted = if all { tasks.len() } else { 1 };
        let mut map: Vec<PidMap> = tasks
            .iter()
            .take(wanted)
            .map(|task| PidMap {
                image_pid: task.pid,
                pid: 0,
            })
            .collect();
        if let (Some(first), Some(root)) = (map.first_mut(), &self.root) {
            first.pid = root.pid;
        }
        map
    }

    /// Lets the tasks live on by themselves; gives the root.
    pub fn let_go(mut self) -> Result<Member> {
        self.root.take().ok_or_else(no_root)
    }
}

fn no_root() -> Failure {
    Failure::new(Exit::Image, "the image holds no task")
}

impl Drop for Family<'_> {
    fn drop(&mut self) {
        let Some(root) = &self.root else { return };
        // It may be dead already.
        let _ = sys::signal(root.pidfd.as_fd(), libc::SIGKILL);
        end(root.pid);
        self.orphanage.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::testing;

    #[test]
    fn a_taken_pid_names_its_user() {
        let error = io::Error::from_raw_os_error(libc::EEXIST);
        let own = std::process::id() as i32;
        let tree = testing::Family::new(own).tree();
        let failure = refusal(&tree, Pids::Same, 0, Step::Clone, &error);
        assert!(failure
            .message
            .starts_with(&format!("pid {own} is in use by ")));
        let advice = failure.advice.unwrap();
        assert!(advice.contains("--pidns") && advice.contains("--new-pids"));
    }

    #[test]
    fn the_init_of_a_namespace_is_not_to_wait_for_another() {
        let error = io::Error::from_raw_os_error(libc::EEXIST);
        let tree = testing::Family::new(1).tree();
        let failure = refusal(&tree, Pids::Same, 0, Step::Clone, &error);
        assert!(!failure.message.contains("in use by"));
        let advice = failure.advice.unwrap();
        assert!(advice.contains("--pidns") && !advice.contains("Wait"));
    }

    #[test]
    fn all_taken_pids_are_told() {
        let error = io::Error::from_raw_os_error(libc::EEXIST);
        let own = std::process::id() as i32;
        let mut family = testing::Family::new(own);
        let child = family.child(0);
        family.entries[child].pid = process::parent(own).unwrap();
        let failure = refusal(&family.tree(), Pids::Same, 0, Step::Clone, &error);
        assert_eq!(failure.message, "2 of the 2 pids are in use");
        for pid in [own, family.entries[child].pid] {
            let line = format!("{pid}  ");
            assert!(failure.details.iter().any(|told| told.starts_with(&line)));
        }
    }

    #[test]
    fn what_choosing_pids_needs_is_told() {
        let error = io::Error::from_raw_os_error(libc::EPERM);
        let mut family = testing::Family::new(5);
        for count in [1, 2] {
            let failure = refusal(&family.tree(), Pids::Same, 0, Step::Clone, &error);
            assert_eq!(failure.exit, Exit::Permission);
            let advice = failure.advice.unwrap();
            assert!(advice.contains("CAP_CHECKPOINT_RESTORE"), "{count}");
            family.child(0);
        }
    }

    #[test]
    fn the_root_leads_what_is_named_after_it() {
        let mut family = testing::Family::new(5);
        assert_eq!(Leader::of(&family.tree()), Leader::Nothing);
        family.leads_session(0);
        assert_eq!(Leader::of(&family.tree()), Leader::Session);
    }
}
