// SPDX-License-Identifier: GPL-2.0-only

//! Mutations are repeatable, harmless where nothing is to be done, and many get past the frame; what
//! reads images does not fall over any of them.

use ckpt_image::testing::{
    minimal,
    seal,
    split,
    walk, //
};

use super::*;

/// Images that every run of the tests goes through.
const IMAGES: u64 = 8_000;

#[test]
fn the_same_seed_gives_the_same_image() {
    let base = minimal();
    for seed in 0..200 {
        let one = mutate(seed, &base, &base);
        let two = mutate(seed, &base, &base);
        assert_eq!(one.image, two.image, "seed {seed}");
        assert_eq!(one.steps, two.steps, "seed {seed}");
    }
}

#[test]
fn what_agrees_stays_as_it_is() {
    let base = minimal();
    let mut mutation = Mutation {
        dice: Rng::with_seed(1),
        parts: base.clone(),
        other: &base,
        steps: Vec::new(),
    };
    for _ in 0..100 {
        mutation.agree();
    }
    assert_eq!(mutation.parts, base);
}

#[test]
fn every_step_can_be_taken() {
    let base = minimal();
    for (_, name, step) in Mutation::STEPS {
        let taken = (0..50).any(|seed| {
            let mut mutation = Mutation {
                dice: Rng::with_seed(seed),
                parts: base.clone(),
                other: &base,
                steps: Vec::new(),
            };
            step(&mut mutation) && seal(&mutation.parts) != seal(&base)
        });
        // There is one task, so that there are no sections to swap.
        assert_eq!(taken, name != "swap_sections", "{name}");
    }
}

#[test]
fn readers_end_and_much_gets_past_the_frame() {
    let base = minimal();
    let mut past = 0;
    for seed in 0..IMAGES {
        let mutated = mutate(seed, &base, &base);
        if walk(&mutated.image).is_ok() {
            past += 1;
        }
        // What can be taken apart can be put together again.
        let parts = split(&mutated.image);
        assert!(parts.iter().map(Part::size).sum::<usize>() <= mutated.image.len());
    }
    assert!(
        past > IMAGES / 3,
        "{past} of {IMAGES} images are sound outside"
    );
}

#[test]
fn a_bit_of_a_page_is_noticed_unless_the_checksum_agrees() {
    let base = minimal();
    for seed in 0..100 {
        let mut mutation = Mutation {
            dice: Rng::with_seed(seed),
            parts: base.clone(),
            other: &base,
            steps: Vec::new(),
        };
        assert!(mutation.change_contents());
        assert!(walk(&seal(&mutation.parts)).is_err(), "seed {seed}");
        mutation.parts.iter_mut().for_each(Part::resum);
        assert!(walk(&seal(&mutation.parts)).is_ok(), "seed {seed}");
    }
}

#[test]
fn what_is_damaged_can_be_damaged_further() {
    let good = minimal();
    for seed in 0..100 {
        let mut parts = good.clone();
        for round in 0..20 {
            let image = mutate(seed << 8 | round, &parts, &good).image;
            let _ = walk(&image);
            parts = split(&image);
        }
    }
}

#[test]
fn a_base_has_both_ends() {
    let image = seal(&minimal());
    assert_eq!(Base::new("x", &image).unwrap().parts, minimal());
    assert!(Base::new("x", &image[..image.len() - 1]).is_none());
    assert!(Base::new("x", &image[80..]).is_none());
    assert!(Base::new("x", b"").is_none());
}
