// SPDX-License-Identifier: GPL-2.0-only

//! Hostile images by the thousand: images of several programs are damaged by chance and restored.
//!
//! What comes of a single image is not foretold here, unlike in [`crate::malformed`]: it may be
//! refused, or restored, whatever that program then does. But it has to end soon, and nothing may be
//! left, or be harmed that is not of the restarted tree ([`watch`]). Each image is repeatable from
//! the name of the test and its seed.

mod attempt;
mod corpus;
mod shelter;
mod watch;

use std::{
    fs,
    sync::Arc, //
};

use anyhow::{
    Context,
    Result, //
};
use ckpt_image::Kind;
use ckpt_mutate::{
    mutate,
    Mutated, //
};

use self::{
    attempt::{
        Attempt,
        Counts, //
    },
    shelter::Shelter,
    watch::Watch,
};
use crate::{
    apps::Dice,
    catalog::{
        Expect,
        Test, //
    },
    mode::Mode,
    run::{
        Allowed,
        Outcome, //
    },
    trial::{
        Setup,
        Trial, //
    },
};

/// What is damaged.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// The name of the test.
    pub name: String,
    /// The selftest that the image is made of.
    program: Arc<Test>,
    /// In whose name the image is made and restored, when not the superuser's.
    user: Option<u32>,
    /// How many images it gets in this one.
    images: u64,
}

/// An ordinary user.
const USER: u32 = 65534;

/// The programs of each run: one with something of everything, and some with more of one thing.
const ALWAYS: &[&str] = &[
    "mixed/everything",
    "memory/guard_regions",
    "memory/file_private",
    "memory/map_flags",
    "files/posix_lock",
    "signals/pending_siginfo",
    "threads/tls",
    "mixed/family",
    "tree/copy_on_write",
    "tree/session",
    "tree/pidns_child",
    "tree/zombie",
];

/// What an ordinary user cannot make, or may not save.
const NEED_SUPERUSER: &[&str] = &[
    "cred/",
    "files/anonymous_flags",
    "files/chroot",
    "files/deleted_fat",
    "files/deleted_owner",
    "files/hundred_thousand",
    "files/numbers",
    "files/overlay",
    "files/proc_opened_by_other",
    "files/timerfd",
    "memory/coredump_filter",
    "mixed/family",
    "syscalls/alarm_clock_sleep",
    "task/sched_realtime",
    "task/two_users",
    "threads/set_user_after",
    "tree/pidns_",
    "tty/owner",
    "tty/termios_locked",
];

/// How many images a program gets that has its turn: its good image takes as long as some of them.
const TURN: u64 = 20;

/// Programs with images of tens of megabytes, or of thousands of tasks: for less time a hundred other
/// images are tried.
const LARGE: &[&str] = &[
    "files/deleted_large",
    "files/memfd_large",
    "memory/big",
    "tree/thousands",
];

/// All of them: whatever of these selftests makes an image.
pub fn all(selftests: &[Test]) -> Vec<Hostile> {
    let mut all = Vec::new();
    for test in selftests.iter().filter(|test| makes_image(test)) {
        let program = Arc::new(test.clone());
        let hostile = |user: Option<u32>, suffix| Hostile {
            name: format!("hostile/{}{suffix}", program.name.replace('/', "-")),
            program: program.clone(),
            user,
            images: 0,
        };
        all.push(hostile(program.user, ""));
        let is_for_all = !NEED_SUPERUSER
            .iter()
            .any(|name| program.name.starts_with(name));
        if program.user.is_none() && is_for_all {
            all.push(hostile(Some(USER), "-user"));
        }
    }
    all
}

/// Whether a selftest makes an image that needs nothing from outside, of a size to be made again and
/// again.
fn makes_image(test: &Test) -> bool {
    test.expect == Expect::Saved
        && !LARGE.contains(&test.name.as_str())
        && test.modes.contains(&Mode::KillRestart)
        && test.inherit.is_none()
        && !test.needs_faults
}

/// Divides `images` among these tests: half of them, or all, among those that get some in each run,
/// the others among as many of the rest as get a turn. Which ones, the seed says.
pub fn divide(tests: &mut [&mut Hostile], images: u64, seed: u64) {
    let always = tests.iter().filter(|test| test.is_usual()).count() as u64;
    let others = tests.len() as u64 - always;
    let for_others = match (always, others) {
        (_, 0) => 0,
        (0, _) => images,
        _ => images / 2,
    };
    let turns = for_others.div_ceil(TURN).min(others).max(1);
    let mut number = 0;
    for test in tests {
        test.images = if test.is_usual() {
            (images - for_others).div_ceil(always)
        } else {
            // Every (others / turns)th of them, from somewhere on.
            number += 1;
            let place = |number: u64| (number + seed % others) * turns / others;
            (place(number) - place(number - 1)) * for_others.div_ceil(turns)
        };
    }
}

impl Hostile {
    /// Whether it gets images in each run.
    fn is_usual(&self) -> bool {
        ALWAYS.contains(&self.program.name.as_str())
    }

    /// Whether it gets any images.
    pub fn has_images(&self) -> bool {
        self.images > 0
    }

    /// What the test proves.
    pub fn about(&self) -> &'static str {
        match self.user {
            None => "Images that are damaged by chance do no harm.",
            Some(_) => "Images that an ordinary user damages by chance do no harm.",
        }
    }

    /// What a seed means for this test: another one for each.
    fn chance(&self, seed: u64) -> u64 {
        let name = self.name.bytes();
        name.fold(seed, |sum, byte| sum.rotate_left(7) ^ u64::from(byte))
    }
}

/// The program whose records get into an image as well: a tree for a task, and the reverse.
fn partner(is_tree: bool, user: Option<u32>) -> &'static str {
    match (is_tree, user) {
        (true, _) => "mixed/everything",
        (false, None) => "mixed/family",
        (false, Some(_)) => "tree/copy_on_write",
    }
}

/// Makes a good image and tries what becomes of it when it is damaged in many ways.
pub fn run(setup: &Setup, trial: &mut Trial<'_>, test: &Hostile) -> Result<Outcome> {
    let _shelter = Shelter::new()?;
    let _allowed = test.user.map(|_| Allowed::new()).transpose()?;
    let base = match corpus::make(setup, trial, &test.program, test.user)? {
        Ok(base) => base,
        Err(skipped) => return Ok(skipped),
    };
    let tasks = base.parts.iter().filter(|part| part.kind == Kind::TASK);
    let is_tree = tasks.count() > 1;
    let other = corpus::partner(setup, partner(is_tree, test.user), test.user)?;
    trial.save_work()?;
    let mut watch = Watch::new(trial)?;
    let mut counts = Counts::default();
    let file = trial.beside("image");
    for number in 0..test.images {
        let seed = setup.seed.wrapping_add(number);
        let mutated = mutate(test.chance(seed), &base.parts, &other);
        let place = || about(setup, test, seed, &mutated);
        let attempt = Attempt {
            is_tree,
            user: test.user,
            image: &file,
            dice: Dice::new(test.chance(seed)),
        };
        fs::write(&file, &mutated.image)?;
        attempt
            .run(trial, &mut counts)
            .and_then(|()| watch.look(trial, mutated.image.len() as u64))
            .with_context(place)?;
        if number % 500 == 499 {
            println!("# {}: {counts}, {watch}", test.name);
        }
    }
    let reasons = match setup.times {
        true => counts.reasons(),
        false => String::new(),
    };
    println!(
        "# {} from seed {}: {counts}, {watch}{reasons}",
        test.name, setup.seed
    );
    watch.end(trial)?;
    Ok(Outcome::Passed)
}

/// How to get this image again, and what it is.
fn about(setup: &Setup, test: &Hostile, seed: u64, mutated: &Mutated) -> String {
    let kept = setup.keep_images.as_ref().and_then(|dir| {
        let name = format!("{}-{seed}.image", test.name.replace('/', "-"));
        fs::write(dir.join(&name), &mutated.image).ok()?;
        Some(format!("; kept as {name}"))
    });
    format!(
        "ckpt-test --mutate 1 --seed {seed} '^{}$' repeats it{}\n  {}",
        test.name,
        kept.unwrap_or_default(),
        mutated.steps.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::selftests;

    /// The tests that `chosen` names, with their part of so many images.
    fn divided(chosen: &str, images: u64, seed: u64) -> Vec<Hostile> {
        let mut tests = all(&selftests().unwrap());
        tests.retain(|test| test.name.contains(chosen));
        divide(&mut tests.iter_mut().collect::<Vec<_>>(), images, seed);
        tests
    }

    #[test]
    fn each_run_has_the_usual_ones() {
        let tests = divided("", 300, 7);
        assert!(tests
            .iter()
            .all(|test| !test.is_usual() || test.has_images()));
        let sum: u64 = tests.iter().map(|test| test.images).sum();
        assert!((300..400).contains(&sum), "{sum}");
    }

    #[test]
    fn all_get_their_turn() {
        let mut idle: Vec<String> = divided("", 0, 0)
            .into_iter()
            .map(|test| test.name)
            .collect();
        let few = 100;
        for seed in 0..idle.len() as u64 {
            let tests = divided("", few, seed);
            idle.retain(|name| {
                !tests
                    .iter()
                    .any(|test| test.name == *name && test.has_images())
            });
        }
        assert_eq!(idle, Vec::<String>::new());
        assert!(divided("", 1_000_000, 3).iter().all(Hostile::has_images));
    }

    #[test]
    fn a_single_one_gets_all() {
        for name in [
            "hostile/files-posix_lock-user",
            "hostile/files-epoll_nested-user",
        ] {
            for seed in 0..9 {
                let tests = divided(name, 1, seed);
                assert!(tests[0].has_images(), "{name}");
            }
        }
    }
}
