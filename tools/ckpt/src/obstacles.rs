// SPDX-License-Identifier: GPL-2.0-only

//! All that keeps processes from being saved, as the kernel tells it line by line: by reasons, each with what
//! it was met at.
//!
//! The lines hold names that the processes have chosen. They are sorted by what they look like, and only for
//! people: nothing is decided by it. What is kept of them does not grow with their number.

mod line;

use std::collections::HashMap;

use self::line::Line;
use crate::{
    text::{
        count,
        cut,
        printable, //
    },
    uapi,
};

/// Most reasons that are told apart, and shown, most places of each, and most characters of one.
const KEPT: usize = 4096;
const REASONS: usize = 64;
const PLACES: usize = 8;
const WIDTH: usize = 256;

/// One place of an obstacle.
#[derive(Debug)]
struct Place {
    at: String,
    pid: Option<i32>,
    fd: Option<i32>,
}

/// One reason, how often it was met, and where at first.
#[derive(Debug)]
struct Reason {
    why: String,
    errno: i32,
    number: usize,
    places: Vec<Place>,
}

/// Obstacles by reasons, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Obstacles {
    reasons: Vec<Reason>,
    /// Where in them a reason is.
    known: HashMap<String, usize>,
    /// Obstacles for still other reasons.
    others: usize,
    /// What is no obstacle: other messages, those that are shown, and how many there are more.
    remarks: Vec<String>,
    more_remarks: usize,
}

impl Obstacles {
    /// Takes a line of a log.
    pub fn take(&mut self, text: &str) {
        let Some(line) = Line::of(text) else {
            match self.remarks.len() {
                REASONS.. => self.more_remarks += 1,
                _ => self.remarks.push(printable(&cut(text, WIDTH))),
            }
            return;
        };
        let why = printable(&cut(&line.why, WIDTH));
        let reason = match self.known.get(&why) {
            Some(known) => self.reasons.get_mut(*known),
            None if self.reasons.len() >= KEPT => None,
            None => {
                self.known.insert(why.clone(), self.reasons.len());
                self.reasons.push(Reason {
                    why,
                    errno: line.errno,
                    number: 0,
                    places: Vec::new(),
                });
                self.reasons.last_mut()
            }
        };
        match reason {
            Some(reason) => reason.add(&line),
            None => self.others += 1,
        }
    }

    /// A line for each reason, and the other messages behind them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.shown().map(Reason::line).collect();
        let hidden = self.reasons.iter().skip(REASONS);
        match self.others + hidden.map(|reason| reason.number).sum::<usize>() {
            0 => {}
            more => lines.push(format!(
                "and {} for other reasons",
                count(more, "obstacle", "obstacles")
            )),
        }
        lines.extend(self.remarks.iter().cloned());
        match self.more_remarks {
            0 => {}
            more => lines.push(format!(
                "and {}",
                count(more, "other message", "other messages")
            )),
        }
        lines
    }

    fn shown(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().take(REASONS)
    }

    /// errno, and what the kernel would report, of the obstacles that are shown.
    pub fn reports(&self) -> impl Iterator<Item = (i32, uapi::Error)> + '_ {
        self.shown().flat_map(|reason| {
            let report = |place: &Place| {
                let report = line::report(&reason.why, place.pid, place.fd);
                (reason.errno, report)
            };
            reason.places.iter().map(report).collect::<Vec<_>>()
        })
    }
}

impl Reason {
    fn add(&mut self, line: &Line) {
        self.number += 1;
        if self.places.len() < PLACES {
            self.places.push(Place {
                at: printable(&cut(&line.at, WIDTH)),
                pid: line.pid,
                fd: line.fd,
            });
        }
    }

    fn line(&self) -> String {
        let Reason { number, why, .. } = self;
        let places = self.places.iter().map(|place| &*place.at);
        let mut places: Vec<&str> = places.filter(|at| !at.is_empty()).collect();
        if places.is_empty() {
            return format!("{number} × {why}");
        }
        let more = format!("{} more", number.saturating_sub(self.places.len()));
        if *number > self.places.len() {
            places.push(&more);
        }
        format!("{number} × {why}: {}", places.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uapi::reason;

    fn obstacles<L: AsRef<str>>(log: impl IntoIterator<Item = L>) -> Obstacles {
        let mut all = Obstacles::default();
        for line in log {
            all.take(line.as_ref());
        }
        all
    }

    fn lines(log: &[&str]) -> Vec<String> {
        obstacles(log).lines()
    }

    #[test]
    fn obstacles_are_sorted_by_reasons() {
        let log = [
            "[err -95][pid 12 tsk a] fd 5: socket:[7]: a socket is not supported",
            "[err -95][pid 12 tsk a] the task has something that is not supported: io_uring",
            "[err -95][pid 13 tsk b] fd 6: socket:[8]: a socket is not supported",
            "[err -16][tsk gone] the task is exiting",
            "task 12 has a session keyring",
        ];
        let wanted = [
            "2 × a socket is not supported: pid 12 (a) fd 5: socket:[7], pid 13 (b) fd 6: socket:[8]",
            "1 × the task has something that is not supported: io_uring: pid 12 (a)",
            "1 × the task is exiting: tsk gone",
            "task 12 has a session keyring",
        ];
        assert_eq!(lines(&log), wanted);
    }

    #[test]
    fn obstacles_of_one_reason_are_counted_together() {
        let log = [
            "[err -16][pid 12 tsk a] fd 5: pipe:[7]: process 9 outside of the tree has it, too, as fd 3",
            "[err -16][pid 12 tsk a] fd 6: pipe:[8]: process 10 outside of the tree has it, too, as fd 4",
        ];
        let wanted = "2 × a process outside of the tree has it, too: \
                      pid 12 (a) fd 5: pipe:[7] (process 9: as fd 3), \
                      pid 12 (a) fd 6: pipe:[8] (process 10: as fd 4)";
        assert_eq!(lines(&log), [wanted]);
        let all = obstacles(log);
        let reports: Vec<_> = all
            .reports()
            .map(|(errno, report)| (errno, report.reason, report.descriptor()))
            .collect();
        let report = |fd| (16, reason::OUTSIDE, Some(fd));
        assert_eq!(reports, [report(5), report(6)]);
    }

    #[test]
    fn names_lead_nowhere() {
        let log = [
            "[err -95][pid 12 tsk a] fd 3: x] mapping 1: /2: no\x1b",
            "[err -95][pid 12 tsk ] [err -1] ] fd 3: /a: b: no",
            "[err -95][pid",
            "[err",
            "",
        ];
        for line in lines(&log) {
            assert!(!line.contains('\x1b'), "{line}");
        }
        let first = &lines(&log)[0];
        assert!(first.starts_with("1 × no\\x1b: pid 12 (a"), "{first}");
    }

    #[test]
    fn many_are_shown_in_bounds() {
        let long = "y".repeat(5000);
        let all =
            obstacles((0..10_000).map(|n| format!("[err -95][pid {n} tsk t] fd 1: /{long}: no")));
        let shown = all.lines();
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("10000 × no: pid 0 (t)") && shown[0].ends_with(", 9992 more"));
        assert!(shown[0].len() < (PLACES + 1) * (WIDTH + 64));
        assert_eq!(all.reasons[0].places.len(), PLACES);
        assert!(all.reasons[0].places[0].at.len() < WIDTH + 64);
    }

    #[test]
    fn many_reasons_are_kept_in_bounds() {
        let all = obstacles((0..10_000).map(|n| format!("[err -95][pid 1 tsk t] reason {n}")));
        assert_eq!((all.reasons.len(), all.known.len()), (KEPT, KEPT));
        assert_eq!(all.others, 10_000 - KEPT);
        let shown = all.lines();
        assert_eq!(shown.len(), REASONS + 1);
        assert_eq!(shown[REASONS], "and 9936 obstacles for other reasons");
        assert_eq!(all.reports().count(), REASONS);
        let remarks = obstacles((0..REASONS + 1).map(|n| format!("remark {n}")));
        assert_eq!(remarks.lines()[REASONS], "and 1 other message");
    }
}
