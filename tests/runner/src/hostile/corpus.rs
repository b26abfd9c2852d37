// SPDX-License-Identifier: GPL-2.0-only

//! The good images that hostile ones are made of.
//!
//! They are made anew, since an image fits the machine and the files that it comes from; addresses
//! are not left to chance, so that a seed means the same every time.

use std::{
    collections::BTreeMap,
    fs,
    sync::Mutex, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use ckpt_image::testing::Part;
use ckpt_mutate::Base;

use crate::{
    catalog::{
        selftests,
        Test, //
    },
    process::End,
    run::{
        Outcome,
        SKIP, //
    },
    trial::{
        Setup,
        Trial, //
    },
};

/// Makes the image of a selftest. Its copies find GO, so that they end by themselves if they can.
pub fn make(
    setup: &Setup,
    trial: &mut Trial<'_>,
    test: &Test,
    user: Option<u32>,
) -> Result<Result<Base, Outcome>> {
    let program = test.name.as_str();
    if let Some(user) = user {
        trial.give_to(user)?;
    }
    let mut start = trial
        .prepare(&setup.tests.join(program))?
        .fixed_addresses()
        .env("CKPT_SEED", "1");
    if let Some(user) = user {
        start = start.user(user);
    }
    let pid = start.spawn()?;
    match trial.ready(pid)? {
        None => {}
        Some(End::Exit(SKIP)) => return Ok(Err(Outcome::Skipped(trial.said()))),
        Some(end) => bail!("{program} has ended: {end}\n{}", trial.said()),
    }
    trial.blocked(pid, &test.block)?;
    let image = trial.beside("image");
    trial
        .checkpoint_kill(&image, pid, &[])
        .context("the good image")?;
    trial.go()?;
    let base = Base::new(program, &fs::read(&image)?);
    Ok(Ok(base.context("the good image is not complete")?))
}

/// Name and user of a partner.
type Partner = (String, Option<u32>);

/// The records of programs that are partners.
static PARTNERS: Mutex<BTreeMap<Partner, Vec<Part>>> = Mutex::new(BTreeMap::new());

/// The records of another program; its image is made once.
pub fn partner(setup: &Setup, program: &str, user: Option<u32>) -> Result<Vec<Part>> {
    let mut partners = PARTNERS.lock().unwrap_or_else(|broken| broken.into_inner());
    let key = (program.to_owned(), user);
    if let Some(parts) = partners.get(&key) {
        return Ok(parts.clone());
    }
    let suffix = user.map_or("", |_| " user");
    let mut trial = Trial::new(setup, &format!("partner {program}{suffix}"))?;
    let tests = selftests()?;
    let test = tests.iter().find(|test| test.name == program);
    let test = test.context("there is no such selftest")?;
    let made = make(setup, &mut trial, test, user);
    let complaints = trial.end();
    let Ok(base) = made.with_context(|| format!("the partner {program}"))? else {
        bail!("the partner {program} cannot be made here");
    };
    ensure!(
        complaints.is_empty(),
        "the partner {program}: {}",
        complaints.join("; ")
    );
    partners.insert(key, base.parts.clone());
    Ok(base.parts)
}
