// SPDX-License-Identifier: GPL-2.0-only

//! A Rust program of one thread: collections, strings, buffered files. The result goes to "result".

use std::{
    collections::{
        BTreeMap,
        HashMap, //
    },
    fs::File,
    io::{
        self,
        BufWriter,
        Write, //
    },
};

const TURNS: u64 = 2_000_000;

/// A word that depends on a number only.
fn word(mut seed: u64) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + (seed % 26) as u8));
        seed /= 26;
        if seed == 0 {
            return text;
        }
    }
}

fn main() -> io::Result<()> {
    let mut lines = BufWriter::new(File::create("lines")?);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut longest: BTreeMap<usize, String> = BTreeMap::new();
    let mut state = 88_172_645_463_325_252u64;
    for turn in 0..TURNS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let text = word(state % 5000);
        if turn % 500 == 0 {
            writeln!(lines, "{turn} {text} {}", counts.len())?;
        }
        longest.insert(turn as usize % 97, text.repeat(3));
        *counts.entry(text).or_default() += turn;
    }
    lines.flush()?;

    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut result = File::create("result")?;
    for (text, count) in sorted.iter().take(50) {
        writeln!(result, "{text} {count}")?;
    }
    let letters: usize = longest.values().map(String::len).sum();
    writeln!(result, "{letters} {}", sorted.len())
}
