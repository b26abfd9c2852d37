// SPDX-License-Identifier: GPL-2.0-only

//! Tests with processes as `/proc` shows them, or could show them.

use std::process::Command;

use super::*;

#[test]
fn a_tree_is_looked_at_within_bounds() {
    let script = "sleep 60 & sleep 60 & wait";
    let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
    let pid = child.id() as i32;
    while children(pid).len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(descendants(pid).unwrap().len(), 3);
    let failure = descendants_within(pid, 2).unwrap_err();
    assert!(failure.message.contains("more than 2 processes"));
    let own = std::process::id() as i32;
    assert!(super::child(own, pid).is_some());
    for below in children(pid) {
        assert!(super::child(own, below).is_none());
        let pidfd = super::child(pid, below).unwrap();
        sys::signal(pidfd.as_fd(), libc::SIGKILL).unwrap();
    }
    child.wait().unwrap();
}

#[test]
fn what_uses_a_pid_is_told_by_its_name() {
    let own = std::process::id() as i32;
    let name = fs::read_to_string("/proc/self/comm").unwrap();
    assert_eq!(user_of(own).unwrap(), name.trim_end());
    assert_eq!(user_of(i32::MAX), None);
}

/// A line of `stat` as far as the fields go that every kernel has.
fn line(name: &str, state: char, threads: u64) -> String {
    let rest = "1 2 3 4 5 6 7 8 20 0";
    format!("12 ({name}) {state} 1 12 11 0 -1 4194304 {rest} {threads} 0 99 1000 42 7 1 1 0 0 0 0 0 0 0 0 0 0\n")
}

#[test]
fn a_name_may_hold_anything() {
    for (name, shown) in [
        ("a) b (\n", "a) b (\\x0a"),
        (") S 1 1 1", ") S 1 1 1"),
        ("((", "(("),
        ("", ""),
        ("\u{fffd}\u{e9}", "\u{fffd}\u{e9}"),
    ] {
        let stat = parse_stat(&line(name, 'S', 3)).unwrap();
        assert_eq!(name_of(&stat), shown);
        assert_eq!((stat.state, stat.num_threads, stat.rss), ('S', 3, 42));
        assert_eq!((stat.pgrp, stat.session), (12, 11));
    }
}

#[test]
fn a_process_lives_as_long_as_one_of_its_threads() {
    let is_dead = |state, threads| is_all_dead(&parse_stat(&line("a", state, threads)).unwrap());
    assert!(is_dead('Z', 1) && is_dead('X', 0));
    assert!(!is_dead('Z', 2) && !is_dead('T', 1));
}

/// The files of a child whose name is this, and that has it yet when they are read.
fn files_of(name: &[u8]) -> (Option<Stat>, Option<Status>) {
    use std::{
        ffi::CString,
        sync::mpsc, //
    };
    let name = CString::new(name).unwrap();
    let (told, tid) = mpsc::channel();
    let (over, end) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        nix::sys::prctl::set_name(&name).unwrap();
        told.send(nix::unistd::gettid().as_raw()).unwrap();
        let _ = end.recv();
    });
    let tid = tid.recv().unwrap();
    let found = (stat(tid).ok(), status(tid));
    drop(over);
    thread.join().unwrap();
    found
}

#[test]
fn the_kernel_may_be_given_any_name() {
    let own = std::process::id() as i32;
    for (name, shown) in [
        (&b"a) b (\n"[..], "a) b (\\x0a"),
        (b"Uid:\t7 7 7 7", "Uid:\\x097 7 7 7"),
        (b"\nPPid:\t1\r\n", "\\x0aPPid:\\x091\\x0d\\x0a"),
        (b"\xff\xfe\\", "\u{fffd}\u{fffd}\\"),
        (b"", ""),
    ] {
        let (stat, status) = files_of(name);
        let (stat, status) = (stat.unwrap(), status.unwrap());
        assert_eq!(name_of(&stat), shown);
        assert_eq!(status.tgid, own);
        assert_eq!(status.ppid, nix::unistd::getppid().as_raw());
        assert_eq!(stat.ppid, status.ppid);
        assert_eq!(status.nspid.unwrap().last(), Some(&stat.pid));
    }
}

#[test]
fn what_is_dead_has_files_too() {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id() as i32;
    while !is_dead(pid) {
        std::thread::yield_now();
    }
    let own = std::process::id() as i32;
    assert_eq!(stat(pid).unwrap().state, 'Z');
    assert_eq!((parent(pid), leader_of(pid)), (Some(own), None));
    assert!(owner(pid).is_some());
    child.wait().unwrap();
    assert_eq!((parent(pid), owner(pid)), (None, None));
}

#[test]
fn the_cgroup_is_that_of_version_2() {
    let path = |text: &str| parse_cgroup(text);
    assert_eq!(path("4:cpu,cpuacct:/x\n0::/a:b\n"), Some("/a:b".into()));
    assert_eq!(path("0::/\n"), Some("/".into()));
    assert_eq!(path("4:cpu:/x\n"), None);
    assert_eq!(path("0:"), None);
    assert_eq!(path(""), None);
}

#[test]
fn this_process_has_memory() {
    assert!(resident(std::process::id() as i32).unwrap() > 4096);
    assert_eq!(resident(i32::MAX), None);
}

#[test]
fn a_cut_line_is_no_stat() {
    let whole = line("a", 'S', 1);
    let whole = whole.trim_end();
    assert!(parse_stat(whole).is_some());
    for (end, _) in whole.match_indices([' ', '(', ')', '-']) {
        assert!(parse_stat(&whole[..end]).is_none(), "{end}");
        assert!(parse_stat(&whole[..=end]).is_none(), "{end}");
    }
    for text in [
        "",
        ")(",
        "(",
        "12 )(",
        "( (a) S",
        "12(a) S",
        "12 (a)",
        "12 (a) ",
        "12 (a)\u{e9}",
    ] {
        assert!(parse_stat(text).is_none(), "{text}");
    }
}

#[test]
fn a_process_above_this_one_is_refused() {
    let parent = parent(std::process::id() as i32).unwrap();
    let failure = Target::find(parent).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(
        failure.message.contains("itself below"),
        "{}",
        failure.message
    );
    assert!(failure.advice.unwrap().contains("setsid -f"));
    // Where this is process 1 it is another refusal.
    if std::process::id() != 1 {
        let advice = Target::find(1).unwrap_err().advice.unwrap();
        assert!(!advice.contains("setsid") && advice.contains("from outside"));
    }
}

#[test]
fn threads_and_missing_processes_are_told_apart() {
    let failure = Target::find(i32::MAX).unwrap_err();
    assert!(failure.message.contains("there is no process"));
    assert_eq!(
        Target::find(std::process::id() as i32).unwrap_err().exit,
        Exit::Usage
    );
    let tid = nix::unistd::gettid().as_raw();
    if tid != std::process::id() as i32 {
        assert!(Target::find(tid)
            .unwrap_err()
            .message
            .contains("is a thread"));
    }
}
