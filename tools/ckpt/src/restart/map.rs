// SPDX-License-Identifier: GPL-2.0-only

//! The file that tells which task is which: opened before anything is made, written when the program runs.

use std::{
    cell::Cell,
    fs::{
        self,
        File, //
    },
    io::Write,
    path::{
        Path,
        PathBuf, //
    },
};

use crate::{
    failure::{
        Doing,
        Result, //
    },
    named,
    uapi::PidMap,
};

/// The file. When it was made here and nothing is written to it, it goes again.
#[derive(Debug)]
pub struct Map {
    file: File,
    path: PathBuf,
    /// The process that removes it again, if one has to. A copy of that process has no say.
    maker: Cell<Option<u32>>,
}

impl Map {
    /// Opens it; what it holds stays until it is written.
    pub fn open(path: &Path) -> Result<Map> {
        let what = || format!("cannot write {}", path.display());
        let (file, is_new) = match File::options().write(true).create_new(true).open(path) {
            Ok(file) => (file, true),
            // There is one, or there is a link.
            Err(_) => {
                let mut options = File::options();
                let options = options.write(true).create(true).truncate(false);
                (named::open(path, options).doing(what)?, false)
            }
        };
        Ok(Map {
            file,
            path: path.to_owned(),
            maker: Cell::new(is_new.then(std::process::id)),
        })
    }

    /// Writes a line for each task.
    pub fn write(&self, map: &[PidMap]) -> Result<()> {
        let lines: String = map
            .iter()
            .map(|entry| format!("{} {}\n", entry.image_pid, entry.pid))
            .collect();
        self.maker.set(None);
        let is_file = self.file.metadata().is_ok_and(|found| found.is_file());
        let emptied = if is_file {
            self.file.set_len(0)
        } else {
            Ok(())
        };
        emptied
            .and_then(|()| (&self.file).write_all(lines.as_bytes()))
            .doing(|| {
                let path = self.path.display();
                format!("the program runs, but {path} cannot be written")
            })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if self.maker.get() == Some(std::process::id()) {
            // The failure that led here is what has to be told.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[PidMap] = &[
        PidMap {
            image_pid: 5,
            pid: 7,
        },
        PidMap {
            image_pid: 6,
            pid: 6,
        },
    ];

    #[test]
    fn a_map_is_written_at_the_end_or_not_at_all() {
        let dir = std::env::temp_dir().join(format!("ckpt-map-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let path = dir.join("map");
        drop(Map::open(&path).unwrap());
        assert!(!path.exists());
        Map::open(&path).unwrap().write(MAP).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "5 7\n6 6\n");
        // What was there stays when nothing comes in its place.
        drop(Map::open(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "5 7\n6 6\n");
        Map::open(&path).unwrap().write(&MAP[1..]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "6 6\n");
        assert!(Map::open(&dir.join("missing/map")).is_err());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_map_may_go_to_a_device() {
        Map::open(Path::new("/dev/null"))
            .unwrap()
            .write(MAP)
            .unwrap();
        assert!(Path::new("/dev/null").exists());
    }
}
