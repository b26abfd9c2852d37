// SPDX-License-Identifier: GPL-2.0-only

//! Holding real processes. Skipped where cgroups may not be made.

use std::process::{
    Child,
    Command, //
};

use std::thread::sleep;

use nix::{
    sys::signal::{
        kill,
        Signal, //
    },
    unistd::Pid,
};

use super::*;
use crate::process;

/// A process in a cgroup of its own, or beside the tests.
struct Sleeper {
    child: Child,
    group: Option<Group>,
}

impl Sleeper {
    fn new() -> Sleeper {
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        Sleeper { child, group: None }
    }

    /// Moves it to a cgroup of its own; tells whether that is possible here.
    fn enclose(&mut self, mount: &Mount) -> Option<Group> {
        let name = format!("ckpt-test-{}", self.child.id());
        let group = mount.top().create(&name).ok()?;
        self.group = Some(group.clone());
        group.add(self.pid()).unwrap();
        Some(group)
    }

    fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    fn target(&self) -> Target {
        Target::find(self.pid()).unwrap()
    }

    fn cgroup(&self) -> String {
        process::cgroup_of(self.pid())
            .unwrap()
            .display()
            .to_string()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(group) = &self.group {
            group.remove().unwrap();
        }
    }
}

fn wish() -> Wish<'static> {
    Wish {
        freeze: true,
        cgroup: None,
        patience: Duration::from_secs(5),
        quiet: true,
    }
}

#[test]
fn without_a_cgroup_the_tree_is_stopped_and_continued() {
    let child = Command::new("sh")
        .args(["-c", "sleep 60 & sleep 60 & wait"])
        .spawn()
        .unwrap();
    let sleeper = Sleeper { child, group: None };
    while process::descendants(sleeper.pid()).len() < 3 {
        sleep(Duration::from_millis(1));
    }
    let pids = process::descendants(sleeper.pid());
    let target = sleeper.target();
    let hold = Hold::by_signals(&target, &pids, &wish()).unwrap();
    assert!(hold.is_ours() && hold.is_stopped_here());
    assert_eq!(hold.processes(), 3);
    assert!(pids.iter().all(|pid| process::is_still(*pid)));
    assert!(hold.release().unwrap().unwrap() > Duration::ZERO);
    assert!(!pids.iter().any(|pid| process::is_still(*pid)));

    let mut hold = Hold::by_signals(&target, &pids, &wish()).unwrap();
    hold.stop(&target).unwrap();
    hold.release().unwrap();
    assert!(pids.iter().all(|pid| process::is_still(*pid)));

    // Now the root goes on, and the others do not.
    crate::sys::signal(target.pidfd.as_fd(), libc::SIGCONT).unwrap();
    let failure = Hold::by_signals(&target, &pids, &wish()).unwrap_err();
    assert!(failure.message.contains("stopped already"));
    assert!(!process::is_still(pids[0]) && process::is_still(pids[1]));
    for pid in &pids[1..] {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).unwrap();
    }
}

/// The hierarchy, if cgroups may be made in it.
fn hierarchy() -> Option<Mount> {
    let mount = Mount::find().ok()?;
    let probe = mount
        .top()
        .create(&format!("ckpt-probe-{:?}", std::thread::current().id()));
    match probe {
        Ok(group) => {
            group.remove().unwrap();
            Some(mount)
        }
        Err(error) => {
            eprintln!("skipped: no cgroups can be made here: {error}");
            None
        }
    }
}

#[test]
fn a_process_among_others_is_moved_frozen_and_moved_back() {
    let Some(mount) = hierarchy() else { return };
    let sleeper = Sleeper::new();
    let origin = sleeper.cgroup();
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    let group = mount.group_of(sleeper.pid()).unwrap();
    assert!(sleeper
        .cgroup()
        .contains(&format!("ckpt-{}-", sleeper.pid())));
    assert!(group.is_frozen());
    let frozen = hold.release().unwrap();
    assert!(frozen.unwrap() > Duration::ZERO);
    assert_eq!(sleeper.cgroup(), origin);
    assert!(!group.dir().exists());
}

/// A shell with two children, one of them in a cgroup of its own if `apart` is given.
fn family(mount: &Mount, apart: Option<&Group>) -> (Sleeper, Vec<i32>) {
    let child = Command::new("sh")
        .args(["-c", "sleep 60 & sleep 60 & wait"])
        .spawn()
        .unwrap();
    let sleeper = Sleeper { child, group: None };
    let pids = loop {
        let pids = process::descendants(sleeper.pid());
        if pids.len() == 3 {
            break pids;
        }
        sleep(Duration::from_millis(1));
    };
    if let Some(group) = apart {
        group.add(pids[2]).unwrap();
        assert_eq!(mount.group_of(pids[2]).unwrap(), *group);
    }
    (sleeper, pids)
}

#[test]
fn a_tree_is_frozen_together_and_each_goes_back_to_where_it_was() {
    let Some(mount) = hierarchy() else { return };
    let apart = mount
        .top()
        .create(&format!("ckpt-apart-{}", std::process::id()))
        .unwrap();
    let (sleeper, pids) = family(&mount, Some(&apart));
    let groups = || -> Vec<Group> {
        pids.iter()
            .map(|pid| mount.group_of(*pid).unwrap())
            .collect()
    };
    let before = groups();
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert_eq!(hold.processes(), 3);
    let frozen = groups();
    assert!(frozen
        .iter()
        .all(|group| *group == frozen[0] && group.is_frozen()));
    hold.release().unwrap();
    assert_eq!(groups(), before);
    assert!(!frozen[0].dir().exists());

    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    hold.kill(&sleeper.target()).unwrap();
    hold.release().unwrap();
    assert!(pids.iter().all(|pid| process::is_dead(*pid)));
    assert!(!frozen[0].dir().exists());
    apart.remove().unwrap();
}

#[test]
fn a_tree_that_fills_its_cgroup_is_frozen_there() {
    let Some(mount) = hierarchy() else { return };
    let (mut sleeper, pids) = family(&mount, None);
    let Some(group) = sleeper.enclose(&mount) else {
        return;
    };
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert!(matches!(hold.how, How::Moved(_)));
    drop(hold);
    for pid in &pids {
        group.add(*pid).unwrap();
    }
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert!(matches!(hold.how, How::InPlace(_)));
    hold.kill(&sleeper.target()).unwrap();
}

#[test]
fn a_hold_that_is_dropped_undoes_itself() {
    if hierarchy().is_none() {
        return;
    }
    let sleeper = Sleeper::new();
    let origin = sleeper.cgroup();
    let target = sleeper.target();
    let result = std::panic::catch_unwind(|| {
        let _hold = Hold::take(&target, &wish()).unwrap();
        panic!("in the middle");
    });
    assert!(result.is_err());
    assert_eq!(sleeper.cgroup(), origin);
}

#[test]
fn a_process_that_is_killed_leaves_no_cgroup() {
    let Some(mount) = hierarchy() else { return };
    let sleeper = Sleeper::new();
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    let group = mount.group_of(sleeper.pid()).unwrap();
    crate::sys::signal(sleeper.target().pidfd.as_fd(), libc::SIGKILL).unwrap();
    hold.release().unwrap();
    assert!(!group.dir().exists());
}

#[test]
fn a_process_alone_in_its_cgroup_is_frozen_there() {
    let Some(mount) = hierarchy() else { return };
    let mut sleeper = Sleeper::new();
    let Some(group) = sleeper.enclose(&mount) else {
        return;
    };
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert!(matches!(hold.how, How::InPlace(_)));
    assert!(group.is_frozen());
    drop(hold);
    assert!(!group.asked_to_freeze());
}

#[test]
fn what_somebody_else_froze_stays_frozen() {
    let Some(mount) = hierarchy() else { return };
    let mut sleeper = Sleeper::new();
    let Some(group) = sleeper.enclose(&mount) else {
        return;
    };
    group.set_frozen(true).unwrap();
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert!(matches!(hold.how, How::Found));
    assert!(group.is_frozen());
    assert_eq!(hold.release().unwrap(), None);
    assert!(group.is_frozen());
}

#[test]
fn a_cgroup_may_be_named_if_the_process_is_in_it_and_the_command_is_not() {
    let Some(mount) = hierarchy() else { return };
    let mut sleeper = Sleeper::new();
    let Some(group) = sleeper.enclose(&mount) else {
        return;
    };
    let named = |path| Wish {
        cgroup: Some(path),
        ..wish()
    };
    let target = sleeper.target();
    drop(Hold::take(&target, &named(group.dir())).unwrap());
    let name = group.dir().file_name().unwrap();
    drop(Hold::take(&target, &named(Path::new(name))).unwrap());
    let top = mount.top();
    let failure = Hold::take(&target, &named(top.dir())).unwrap_err();
    assert!(
        failure.message.contains("itself in the cgroup"),
        "{}",
        failure.message
    );
    let other = Sleeper::new();
    let failure = Hold::take(&other.target(), &named(group.dir())).unwrap_err();
    assert!(
        failure.message.contains("not in the cgroup"),
        "{}",
        failure.message
    );
}

#[test]
fn a_stopped_process_needs_no_cgroup() {
    let sleeper = Sleeper::new();
    let origin = sleeper.cgroup();
    crate::sys::signal(sleeper.target().pidfd.as_fd(), libc::SIGSTOP).unwrap();
    while !sleeper.target().stopped {
        sleep(Duration::from_millis(1));
    }
    let hold = Hold::take(&sleeper.target(), &wish()).unwrap();
    assert!(matches!(hold.how, How::Found));
    assert_eq!(sleeper.cgroup(), origin);
}
