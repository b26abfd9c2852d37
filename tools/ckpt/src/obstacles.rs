// SPDX-License-Identifier: GPL-2.0-only

//! All that keeps processes from being saved, as the kernel tells it line by line: by reasons, each with what
//! it was met at.
//!
//! The lines hold names that the processes have chosen. They are sorted by what they look like, and only for
//! people: nothing is decided by it.

use crate::text::{
    count,
    cut,
    printable, //
};

/// Most reasons that are shown, most places of each, and most characters of one.
const REASONS: usize = 64;
const PLACES: usize = 8;
const WIDTH: usize = 256;

/// One reason.
#[derive(Debug, PartialEq, Eq)]
struct Reason {
    why: String,
    places: Vec<String>,
}

/// Obstacles by reasons, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Obstacles {
    reasons: Vec<Reason>,
    /// What is no obstacle: other messages.
    remarks: Vec<String>,
}

impl Obstacles {
    /// Sorts the lines of a log.
    pub fn of(lines: &[String]) -> Obstacles {
        let mut found = Obstacles::default();
        for line in lines {
            let Some((_, rest)) = bracketed(line, "[err ") else {
                found.remarks.push(line.clone());
                continue;
            };
            let (task, rest) = task_of(rest);
            let (place, why) = place_of(rest.trim_start());
            let at = [task, place].into_iter().flatten();
            let at = at.collect::<Vec<_>>().join(" ");
            match found.reasons.iter_mut().find(|reason| reason.why == why) {
                Some(reason) => reason.places.push(at),
                None => found.reasons.push(Reason {
                    why: why.to_owned(),
                    places: vec![at],
                }),
            }
        }
        found
    }

    /// A line for each reason, and the other messages behind them.
    pub fn lines(&self) -> Vec<String> {
        let shown = self.reasons.iter().take(REASONS);
        let mut lines: Vec<String> = shown.map(Reason::line).collect();
        match self.reasons.len().saturating_sub(REASONS) {
            0 => {}
            more => lines.push(format!(
                "and {}",
                count(more, "other reason", "other reasons")
            )),
        }
        let remarks = self.remarks.iter().take(REASONS);
        lines.extend(remarks.map(|line| printable(&cut(line, WIDTH))));
        lines
    }
}

impl Reason {
    fn line(&self) -> String {
        let number = self.places.len();
        let why = printable(&cut(&self.why, WIDTH));
        let named = self.places.iter().filter(|place| !place.is_empty());
        let mut places: Vec<String> = named
            .take(PLACES)
            .map(|place| printable(&cut(place, WIDTH)))
            .collect();
        if places.is_empty() {
            return format!("{number} × {why}");
        }
        match number.saturating_sub(PLACES) {
            0 => {}
            more => places.push(format!("{more} more")),
        }
        format!("{number} × {why}: {}", places.join(", "))
    }
}

/// What stands in the brackets that a line begins with, and the rest of it.
fn bracketed<'a>(line: &'a str, begin: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(begin)?.split_once(']')
}

/// The task that a message is about, and the rest of it.
fn task_of(rest: &str) -> (Option<String>, &str) {
    /// Most bytes of a task's name.
    const NAME: usize = 15;
    let Some(inside) = rest.strip_prefix('[') else {
        return (None, rest);
    };
    let (number, named) = match inside.split_once(" tsk ") {
        Some((number, named)) if !number.contains(']') => (number, Some(named)),
        _ => match inside.split_once("] ") {
            Some((number, words)) => return (Some(number.to_owned()), words),
            None => return (None, rest),
        },
    };
    // The name ends at the last of these that it can end at: it may hold others.
    let ends = named.into_iter().flat_map(|named| {
        let all = named.match_indices("] ").map(move |(at, _)| (named, at));
        all.filter(|(_, at)| *at <= NAME)
    });
    match ends.last() {
        Some((named, at)) => {
            let (name, words) = named.split_at(at);
            let words = words.get(2..).unwrap_or_default();
            (Some(format!("{number} ({name})")), words)
        }
        None => (None, rest),
    }
}

/// Where in the task it is, with the file that is there, and why it is an obstacle.
fn place_of(words: &str) -> (Option<String>, &str) {
    const PLACES: &[&str] = &[
        "fd ",
        "mapping ",
        "executable: ",
        "controlling terminal: ",
        "root directory: ",
        "working directory: ",
    ];
    let has_place = PLACES.iter().any(|place| words.starts_with(place));
    match words.rsplit_once(": ") {
        Some((place, why)) if has_place => (Some(place.to_owned()), why),
        _ => (None, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(log: &[&str]) -> Vec<String> {
        let log: Vec<String> = log.iter().map(|line| (*line).to_owned()).collect();
        Obstacles::of(&log).lines()
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
    fn names_lead_nowhere() {
        let log = [
            "[err -95][pid 12 tsk a] fd 3: x] mapping 1: 2: no\x1b",
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
        let log: Vec<String> = (0..10_000)
            .map(|n| format!("[err -95][pid {n} tsk t] fd 1: {}: no", "y".repeat(5000)))
            .collect();
        let shown = Obstacles::of(&log).lines();
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("10000 × no: pid 0 (t)") && shown[0].ends_with("9992 more"));
        assert!(shown[0].len() < (PLACES + 1) * (WIDTH + 64));
    }
}
