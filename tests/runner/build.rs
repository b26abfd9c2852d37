// SPDX-License-Identifier: GPL-2.0-only

//! Puts the comments at the head of the selftests into the runner, so that the two cannot disagree
//! and the machine that runs the tests needs no sources.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{
        Path,
        PathBuf, //
    }, //
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../selftests");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut sources = Vec::new();
    for area in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", area.display());
        let is_c = |path: &PathBuf| path.extension().is_some_and(|end| end == "c");
        sources.extend(entries(&area)?.into_iter().filter(is_c));
    }

    let mut table = String::from("&[\n");
    for source in sources {
        println!("cargo::rerun-if-changed={}", source.display());
        let name = source.strip_prefix(&root)?.with_extension("");
        let text = fs::read_to_string(&source)?;
        let head: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("//"))
            .collect();
        writeln!(
            table,
            "({:?}, {:?}),",
            name.display().to_string(),
            head.join("\n")
        )?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("selftests.rs"), table)?;
    Ok(())
}

/// What a directory holds, in a fixed order.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}
