// SPDX-License-Identifier: GPL-2.0-only

//! A Rust program of several threads: channels, a lock, scoped threads. The result goes to "result".

use std::{
    collections::BTreeMap,
    fs::File,
    io::{
        self,
        BufWriter,
        Write, //
    },
    sync::{
        mpsc::sync_channel,
        Mutex, //
    },
    thread,
};

const WORKERS: u64 = 4;
const ITEMS: u64 = 1500;
const ROUNDS: u64 = 8000;

fn work(item: u64) -> u64 {
    let mut state = item.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for round in 0..ROUNDS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state = state.wrapping_add(round);
    }
    state
}

fn main() -> io::Result<()> {
    let found = Mutex::new(BTreeMap::new());
    let total = thread::scope(|scope| {
        let (sums, all_sums) = sync_channel(2);
        for worker in 0..WORKERS {
            let (sums, found) = (sums.clone(), &found);
            scope.spawn(move || {
                for item in (worker..ITEMS).step_by(WORKERS as usize) {
                    let value = work(item);
                    if value % 5 == 0 {
                        found
                            .lock()
                            .expect("nobody has panicked")
                            .insert(item, value);
                    }
                    sums.send(value).expect("somebody listens");
                }
            });
        }
        drop(sums);
        all_sums.iter().fold(0u64, u64::wrapping_add)
    });
    let mut result = BufWriter::new(File::create("result")?);
    for (item, value) in found.into_inner().expect("nobody has panicked") {
        writeln!(result, "{item} {value:x}")?;
    }
    writeln!(result, "{total:x}")?;
    result.flush()
}
