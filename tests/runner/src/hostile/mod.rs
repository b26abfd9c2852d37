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

use std::fs;

use anyhow::{
    Context,
    Result, //
};
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
    program: &'static str,
    /// Whether it has more tasks than one.
    is_tree: bool,
    /// In whose name the image is made and restored, when not the superuser's.
    user: Option<u32>,
}

/// An ordinary user.
const USER: u32 = 65534;

/// The programs: one with something of everything, and some with more of one thing. The last word:
/// whether an ordinary user can make the image as well.
const PROGRAMS: &[(&str, bool, bool)] = &[
    ("mixed/everything", false, true),
    ("memory/guard_regions", false, true),
    ("memory/file_private", false, true),
    ("memory/map_flags", false, true),
    ("files/posix_lock", false, true),
    ("signals/pending_siginfo", false, true),
    ("threads/tls", true, true),
    ("mixed/family", true, false),
    ("tree/copy_on_write", true, true),
    ("tree/session", true, false),
    ("tree/pidns_child", true, false),
    ("tree/zombie", true, false),
];

/// All of them.
pub fn all() -> Vec<Hostile> {
    let mut all = Vec::new();
    for (program, is_tree, for_user) in PROGRAMS {
        let users: &[Option<u32>] = if *for_user {
            &[None, Some(USER)]
        } else {
            &[None]
        };
        for user in users {
            let flat = program.replace('/', "-");
            let suffix = user.map_or("", |_| "-user");
            all.push(Hostile {
                name: format!("hostile/{flat}{suffix}"),
                program,
                is_tree: *is_tree,
                user: *user,
            });
        }
    }
    all
}

impl Hostile {
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

    /// The program whose records get into the image as well: a tree for a task, and the reverse.
    fn partner(&self) -> &'static str {
        match (self.is_tree, self.user) {
            (true, _) => "mixed/everything",
            (false, None) => "mixed/family",
            (false, Some(_)) => "tree/copy_on_write",
        }
    }
}

/// Makes a good image and tries what becomes of it: this test's part of `setup.hostile` images.
pub fn run(setup: &Setup, trial: &mut Trial<'_>, test: &Hostile) -> Result<Outcome> {
    let _shelter = Shelter::new()?;
    let _allowed = test.user.map(|_| Allowed::new()).transpose()?;
    let base = match corpus::make(setup, trial, test.program, test.user)? {
        Ok(base) => base,
        Err(skipped) => return Ok(skipped),
    };
    let other = corpus::partner(setup, test.partner(), test.user)?;
    trial.save_work()?;
    let mut watch = Watch::new(trial)?;
    let mut counts = Counts::default();
    let count = setup.hostile.div_ceil(all().len() as u64);
    for number in 0..count {
        let seed = setup.seed.wrapping_add(number);
        let mutated = mutate(test.chance(seed), &base.parts, &other);
        let place = || about(setup, test, seed, &mutated);
        attempt(trial, test, seed, &mutated, &mut counts)
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

fn attempt(
    trial: &mut Trial<'_>,
    test: &Hostile,
    seed: u64,
    mutated: &Mutated,
    counts: &mut Counts,
) -> Result<()> {
    let file = trial.beside("image");
    fs::write(&file, &mutated.image)?;
    let attempt = Attempt {
        test,
        image: &file,
        dice: Dice::new(test.chance(seed)),
    };
    attempt.run(trial, counts)
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
