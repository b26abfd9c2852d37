// SPDX-License-Identifier: GPL-2.0-only

//! The report, in KTAP.

use std::{
    sync::Mutex,
    time::Duration, //
};

/// The verdict on one test in one mode.
pub enum Verdict {
    /// Everything was as it should.
    Passed,
    /// It could not be made, for this reason.
    Skipped(String),
    /// Something was wrong: one or more lines.
    Failed(String),
}

#[derive(Default)]
struct Counts {
    number: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Prints results as they come and counts them.
pub struct Report {
    counts: Mutex<Counts>,
    times: bool,
}

impl Report {
    /// Announces so many results. With `times` each of them is followed by the time that it took.
    pub fn new(planned: usize, times: bool) -> Self {
        println!("KTAP version 1\n1..{planned}");
        Report {
            counts: Mutex::default(),
            times,
        }
    }

    /// Prints one result.
    pub fn add(&self, what: &str, verdict: &Verdict, time: Duration) {
        let mut counts = self
            .counts
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        counts.number += 1;
        let number = counts.number;
        match verdict {
            Verdict::Passed => {
                counts.passed += 1;
                println!("ok {number} {what}");
            }
            Verdict::Skipped(reason) => {
                counts.skipped += 1;
                println!("ok {number} {what} # SKIP {reason}");
            }
            Verdict::Failed(text) => {
                counts.failed += 1;
                println!("not ok {number} {what}");
                for line in text.lines() {
                    println!("# {line}");
                }
            }
        }
        if self.times {
            println!("# time: {:.2} s", time.as_secs_f64());
        }
    }

    /// How many results there are so far.
    pub fn count(&self) -> usize {
        let counts = self.counts.lock();
        counts.unwrap_or_else(|broken| broken.into_inner()).number
    }

    /// Prints the last line; whether nothing has failed and something was tested.
    pub fn end(&self) -> bool {
        let counts = self
            .counts
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        let skipped = match counts.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        println!(
            "{} passed, {} failed{skipped}",
            counts.passed, counts.failed
        );
        counts.failed == 0 && counts.number > 0
    }
}
