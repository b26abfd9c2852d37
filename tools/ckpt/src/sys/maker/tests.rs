// SPDX-License-Identifier: GPL-2.0-only

//! Making small trees of tasks that no kernel module restores.

use std::{
    fs::File,
    os::fd::AsFd,
    time::Instant, //
};

use nix::sys::signal::SigSet;

use super::*;
use crate::sys::{
    fate,
    Fate,
    NOT_RESTORED, //
};

/// Makes tasks whose ioctl is refused, because this is not the device; gives how it went, the
/// pid of the root and how that ended.
fn stillborn(orders: &[Order]) -> io::Result<(State, i32, Fate)> {
    let null = File::open("/dev/null")?;
    let before = SigSet::all().thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_SETMASK)?;
    let started = Maker::start(orders, null.as_fd(), None, None);
    before.thread_set_mask()?;
    let (maker, pid, _pidfd) = started?;
    let limit = Instant::now() + Duration::from_secs(5);
    let state = loop {
        match maker.state() {
            State::Making(_, bell) if Instant::now() < limit => {
                maker.nap(bell, Duration::from_millis(10));
            }
            state => break state,
        }
    };
    Ok((state, pid, fate(pid, true)?))
}

fn process(children: &[usize]) -> Order {
    Order {
        exit_signal: libc::SIGCHLD,
        act: Act {
            is_process: true,
            ..Act::default()
        },
        children: children.to_vec(),
        ..Order::default()
    }
}

const REFUSED: Fate = Fate::Exited(NOT_RESTORED as u8);

#[test]
fn a_task_that_is_not_restored_exits_with_its_own_status() {
    let mut leader = process(&[]);
    leader.act.new_session = true;
    for order in [process(&[]), leader] {
        let (state, _, fate) = stillborn(&[order]).unwrap();
        assert!(matches!(state, State::Done), "{state:?}");
        assert_eq!(fate, REFUSED);
    }
}

#[test]
fn the_first_failure_names_the_task() {
    let mut orders = [process(&[1, 2]), process(&[]), process(&[])];
    // A signal handler that is shared without the memory.
    orders[2].clone_flags = libc::CLONE_SIGHAND as u64;
    let (state, _, fate) = stillborn(&orders).unwrap();
    let State::Failed(2, Step::Clone, error) = state else {
        panic!("{state:?}");
    };
    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    assert_eq!(fate, REFUSED);
}

#[test]
fn a_pid_can_be_chosen_by_root_and_only_if_it_is_free() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: not root");
        return;
    }
    let (_, free, _) = stillborn(&[process(&[])]).unwrap();
    let mut order = process(&[]);
    order.set_tid = vec![free];
    assert_eq!(stillborn(&[order.clone()]).unwrap().1, free);
    order.set_tid = vec![std::process::id() as i32];
    let error = stillborn(&[order.clone()]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EEXIST));
    let (state, ..) = stillborn(&[process(&[1]), order]).unwrap();
    assert!(
        matches!(state, State::Failed(1, Step::Clone, _)),
        "{state:?}"
    );
}
