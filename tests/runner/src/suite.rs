// SPDX-License-Identifier: GPL-2.0-only

//! All tests in all their modes, one after the other or a few at a time.

use std::{
    ops::RangeInclusive,
    sync::{
        atomic::{
            AtomicBool,
            AtomicUsize,
            Ordering, //
        },
        Arc, //
    },
    thread,
    time::Instant, //
};

use anyhow::{
    bail,
    Result, //
};

use crate::{
    apps::{
        self,
        App,
        APPS, //
    },
    catalog::{
        selftests,
        Expect,
        Test, //
    },
    hostile::{
        self,
        Hostile, //
    },
    kernel_log::KernelLog,
    ktap::{
        Report,
        Verdict, //
    },
    leaks::Leaks,
    malformed,
    mode::Mode,
    run::{
        self,
        Outcome, //
    },
    run_app,
    tool::{
        self,
        ToolTest, //
    },
    trial::{
        Setup,
        Trial, //
    },
    world::World,
};

/// What is tested.
#[derive(Clone)]
pub enum Subject {
    /// A small program with state of one kind.
    Selftest(Arc<Test>),
    /// A real program.
    App(&'static App),
    /// A test of the tools.
    Tool(&'static ToolTest),
    /// A way to damage an image, and its whole name.
    Malformed(Arc<malformed::Row>, Arc<str>),
    /// A program whose image is damaged by chance.
    Hostile(Arc<Hostile>),
}

/// A test in one mode.
#[derive(Clone)]
pub struct Case {
    /// The test.
    pub subject: Subject,
    /// The mode.
    pub mode: Mode,
}

impl Case {
    /// The test's name.
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::Selftest(test) => &test.name,
            Subject::App(app) => app.name,
            Subject::Tool(test) => test.name,
            Subject::Malformed(_, name) => name,
            Subject::Hostile(test) => &test.name,
        }
    }

    /// What it proves.
    pub fn about(&self) -> &str {
        match &self.subject {
            Subject::Selftest(test) => &test.about,
            Subject::App(app) => app.about,
            Subject::Tool(test) => test.about,
            Subject::Malformed(row, _) => match row.wanted {
                malformed::Wanted::Refused => "This damage to an image ends in a clean error.",
                malformed::Wanted::Restored => "An image that is changed like this is as good.",
                malformed::Wanted::Either => "This damage to an image does no harm.",
            },
            Subject::Hostile(test) => test.about(),
        }
    }

    fn hostile(&mut self) -> Option<&mut Hostile> {
        match &mut self.subject {
            Subject::Hostile(test) => Some(Arc::make_mut(test)),
            _ => None,
        }
    }

    /// Whether it needs a kernel with fault injection.
    pub fn needs_faults(&self) -> bool {
        matches!(&self.subject, Subject::Selftest(test) if test.needs_faults)
    }

    /// Whether the module may complain in the kernel log.
    fn provokes_errors(&self) -> bool {
        match &self.subject {
            Subject::Selftest(test) => {
                self.mode == Mode::Plain || matches!(test.expect, Expect::Refused(_))
            }
            Subject::App(_) => false,
            Subject::Malformed(..) | Subject::Hostile(_) | Subject::Tool(_) => true,
        }
    }

    fn run(&self, setup: &Setup, trial: &mut Trial<'_>) -> Result<Outcome> {
        match &self.subject {
            Subject::Selftest(test) => run::selftest(setup, trial, test, self.mode),
            Subject::App(app) => run_app::app(setup, trial, app, self.mode),
            Subject::Tool(test) => tool::run(setup, trial, test),
            Subject::Malformed(row, _) => malformed::run(setup, trial, row, self.mode),
            Subject::Hostile(test) => hostile::run(setup, trial, test),
        }
    }
}

/// Every test in the modes that it has, or in those of them that are asked for; tests that are made
/// by chance with other seeds than the usual ones, if some are given.
pub fn cases(modes: &[Mode], seeds: Option<&RangeInclusive<u64>>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let selftests = selftests()?;
    let hostile = hostile::all(&selftests);
    for test in selftests {
        if test.seeds == 0 {
            cases.extend(of_selftest(test, modes));
            continue;
        }
        let usual = 1..=test.seeds;
        for seed in seeds.unwrap_or(&usual).clone() {
            let mut run = test.with_seed(seed);
            if !modes.is_empty() {
                // Whoever asks for modes gets them, whatever the turn is.
                run.modes = test.modes.clone();
            }
            cases.extend(of_selftest(run, modes));
        }
    }
    for app in APPS {
        cases.extend(in_modes(&Subject::App(app), apps::MODES, modes));
    }
    for test in tool::all() {
        cases.extend(in_modes(&Subject::Tool(test), tool::MODES, modes));
    }
    for row in malformed::rows() {
        let name = format!("malformed/{}", row.name);
        let possible = row.modes;
        let subject = Subject::Malformed(Arc::new(row), name.into());
        cases.extend(in_modes(&subject, possible, modes));
    }
    for test in hostile {
        let subject = Subject::Hostile(Arc::new(test));
        cases.extend(in_modes(&subject, &[Mode::Plain], modes));
    }
    Ok(cases)
}

/// Leaves each test so many modes at most: the one that tells most, and others, whose turn it is.
/// That goes by its name and by a number, such as the day: all have their turn.
pub fn take_turns(cases: &mut Vec<Case>, modes: usize, turn: u64) {
    let more = modes.saturating_sub(1);
    let mut chosen = Vec::new();
    for same in cases.chunk_by(|one, other| one.name() == other.name()) {
        let mut others = same.to_vec();
        let first = others
            .iter()
            .position(|case| case.mode == Mode::KillRestart)
            .unwrap_or(0);
        chosen.push(others.remove(first));
        let sum: u64 = same[0].name().bytes().map(u64::from).sum();
        let begin = sum.wrapping_add(turn.wrapping_mul(more as u64));
        if let Some(next) = begin.checked_rem(others.len() as u64) {
            others.rotate_left(next as usize);
        }
        chosen.extend(others.into_iter().take(more));
    }
    *cases = chosen;
}

/// Gives the hostile ones among the tests their images, so many in all; who gets none is left out.
pub fn divide_hostile(cases: &mut Vec<Case>, images: u64, seed: u64) {
    let mut tests: Vec<&mut Hostile> = cases.iter_mut().filter_map(Case::hostile).collect();
    hostile::divide(&mut tests, images, seed);
    cases.retain_mut(|case| case.hostile().is_none_or(|test| test.has_images()));
}

fn of_selftest(test: Test, wanted: &[Mode]) -> Vec<Case> {
    let possible = test.modes.clone();
    in_modes(&Subject::Selftest(Arc::new(test)), &possible, wanted)
}

fn in_modes(subject: &Subject, possible: &[Mode], wanted: &[Mode]) -> Vec<Case> {
    let case = |mode: &Mode| Case {
        subject: subject.clone(),
        mode: *mode,
    };
    if wanted.is_empty() {
        return possible.iter().map(case).collect();
    }
    let without = possible.iter().any(|mode| mode.works_without_checkpoint());
    let makes_sense = |mode: &&Mode| possible.contains(mode) || (**mode == Mode::None && without);
    wanted.iter().filter(makes_sense).map(case).collect()
}

/// Runs them and prints the report; whether nothing has failed.
pub fn run_all(setup: &Setup, cases: &[Case], jobs: usize, fail_fast: bool) -> Result<bool> {
    nix::sys::prctl::set_child_subreaper(true)?;
    let needs_module = cases.iter().any(|case| case.mode != Mode::None);
    if needs_module && !World::new().has_module() {
        bail!("the module ckpt is not loaded: modprobe ckpt");
    }
    let leaks = if needs_module { Leaks::watch()? } else { None };
    let batch = if leaks.is_some() {
        setup.leak_batch
    } else {
        cases.len()
    };
    let looks = leaks.iter().len() * cases.len().div_ceil(batch);
    let report = Report::new(cases.len() + looks, setup.times);
    let mut logs: Vec<_> = (0..jobs).map(|_| KernelLog::new()).collect();
    for some in cases.chunks(batch) {
        let go_on = run_some(setup, some, &mut logs, fail_fast, &report);
        if let (Some(leaks), Some(log)) = (&leaks, logs.first_mut()) {
            let name = |case: &Case| format!("{} {}", case.name(), case.mode);
            leaks.look(&report, log, &some.iter().map(name).collect::<Vec<_>>());
        }
        if !go_on {
            break;
        }
    }
    Ok(report.end())
}

/// Runs these, as many at a time as there are readers of the log; whether to go on.
fn run_some(
    setup: &Setup,
    cases: &[Case],
    logs: &mut [KernelLog],
    fail_fast: bool,
    report: &Report,
) -> bool {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let worker = |log: &mut KernelLog| {
        while !stop.load(Ordering::Relaxed) {
            let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let begin = Instant::now();
            let verdict = verdict(setup, case, log);
            if fail_fast && matches!(verdict, Verdict::Failed(_)) {
                stop.store(true, Ordering::Relaxed);
            }
            report.add(
                &format!("{} {}", case.name(), case.mode),
                &verdict,
                begin.elapsed(),
            );
        }
    };
    if let [log] = logs {
        worker(log);
    } else {
        thread::scope(|scope| {
            for log in logs {
                scope.spawn(|| worker(log));
            }
        });
    }
    !stop.into_inner()
}

/// Runs one case and looks what it has left behind.
fn verdict(setup: &Setup, case: &Case, log: &mut KernelLog) -> Verdict {
    // What the one before has still provoked: its error lines are allowed, alarms are not.
    let late = log.complaints(true);
    let world = World::new();
    let result =
        Trial::new(setup, &format!("{} {}", case.name(), case.mode)).and_then(|mut trial| {
            let result = case.run(setup, &mut trial);
            let complaints = trial.end();
            Ok((result?, complaints))
        });
    let (outcome, mut complaints) = match result {
        Ok((outcome, complaints)) => (Some(outcome), complaints),
        // What went wrong first, then where.
        Err(error) => (None, error.chain().map(ToString::to_string).rev().collect()),
    };
    complaints.extend(world.changes(log, setup.alone, case.provokes_errors()));
    if !late.is_empty() {
        complaints.push("before the test the kernel log was not clean:".to_owned());
        complaints.extend(late);
    }
    match outcome {
        Some(Outcome::Passed) if complaints.is_empty() => Verdict::Passed,
        Some(Outcome::Skipped(reason)) if complaints.is_empty() => Verdict::Skipped(reason),
        _ => Verdict::Failed(complaints.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// How many modes each test has, and whether the most telling one is among them.
    fn modes(cases: &[Case]) -> HashMap<String, (usize, bool)> {
        let mut modes = HashMap::new();
        for case in cases {
            let entry = modes.entry(case.name().to_owned()).or_insert((0, false));
            entry.0 += 1;
            entry.1 |= case.mode == Mode::KillRestart;
        }
        modes
    }

    #[test]
    fn each_test_keeps_its_most_telling_mode() {
        let all = cases(&[], None).unwrap();
        let before = modes(&all);
        for turn in [0, 20_261_130, u64::MAX] {
            let mut some = all.clone();
            take_turns(&mut some, 3, turn);
            for (name, (count, tells)) in modes(&some) {
                assert_eq!((count, tells), (before[&name].0.min(3), before[&name].1));
            }
        }
    }

    #[test]
    fn all_modes_have_their_turn() {
        let all = cases(&[], None).unwrap();
        let mut idle: Vec<_> = all.iter().map(|case| (case.name(), case.mode)).collect();
        for turn in 0..4 {
            let mut some = all.clone();
            take_turns(&mut some, 3, turn);
            idle.retain(|(name, mode)| {
                !some
                    .iter()
                    .any(|case| case.name() == *name && case.mode == *mode)
            });
        }
        assert_eq!(idle, []);
    }
}
