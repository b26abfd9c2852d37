// SPDX-License-Identifier: GPL-2.0-only

//! A progress bar on a terminal, for work that takes longer than half a second.

use std::{
    io::{
        stderr,
        IsTerminal, //
    },
    os::fd::AsFd,
    sync::mpsc::{
        channel,
        RecvTimeoutError,
        Sender, //
    },
    thread::JoinHandle,
    time::Duration,
};

use indicatif::{
    ProgressBar,
    ProgressDrawTarget,
    ProgressStyle, //
};
use nix::poll::PollFlags;

use crate::{
    signals::Blocked,
    sys::{
        self,
        Threaded, //
    },
};

/// How long an operation may take without a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

/// Fewer bytes than these never take long: not even a thread is started for them.
const SMALL: u64 = 16 << 20;

/// The bar of the operation that goes on while this lives.
#[derive(Debug)]
pub struct Progress(Option<(Sender<()>, JoinHandle<()>, Threaded)>);

impl Progress {
    /// Watches an operation over about `expected` bytes; `done` tells how many are done.
    pub fn watch(
        quiet: bool,
        verb: &'static str,
        expected: u64,
        done: impl Fn() -> Option<u64> + Send + 'static,
    ) -> Progress {
        if quiet || expected < SMALL || !stderr().is_terminal() {
            return Progress(None);
        }
        // Signals are for the thread that works. Without a bar the work goes on as well.
        let Ok(_blocked) = Blocked::all() else {
            return Progress(None);
        };
        let (sender, receiver) = channel::<()>();
        let threaded = Threaded::begin();
        let thread = std::thread::Builder::new().spawn(move || {
            if receiver.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = bar(verb, expected);
            loop {
                // A terminal that takes no more may never do so again, and this thread has to end.
                let takes_more = || sys::is_ready(stderr().as_fd(), PollFlags::POLLOUT);
                if let Some(done) = done().filter(|_| takes_more()) {
                    bar.set_position(done.min(expected));
                }
                if receiver.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                    match takes_more() {
                        true => bar.finish_and_clear(),
                        false => std::mem::forget(bar),
                    }
                    return;
                }
            }
        });
        Progress(thread.ok().map(|thread| (sender, thread, threaded)))
    }
}

fn bar(verb: &'static str, expected: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(expected), ProgressDrawTarget::stderr());
    let template = "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(verb);
    bar.with_elapsed(PATIENCE)
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread, _threaded)) = self.0.take() {
            drop(sender);
            // A bar that panicked is no reason to fail.
            let _ = thread.join();
        }
    }
}
