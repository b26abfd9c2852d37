// SPDX-License-Identifier: GPL-2.0-only

//! The head of an image: what has to be known before the first task can be made.
//!
//! All bytes of it are kept, because the kernel needs them again and a pipe cannot be rewound. The kernel
//! verifies them, not this file.

use std::fs::File;

use ckpt_image::{
    limits,
    record::{
        self,
        Container,
        HeaderArch,
        TreeEntry,
        Zeroed, //
    },
    Kind,
    Problem,
    Reader,
    Source, //
};

use zerocopy::{
    FromBytes,
    IntoBytes, //
};

use super::clocks::Clocks;
use crate::{
    advice,
    failure::Result,
    source::{
        self,
        Input,
        ReadError, //
    },
    sys::capabilities::Capabilities,
    tree::Tree,
    uapi,
};

/// Bytes that are read at a time.
const STEP: usize = 4096;

/// What was read of an image.
#[derive(Debug)]
pub struct Head {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What the clocks told at the checkpoint.
    pub clocks: Clocks,
    /// The tasks.
    pub tree: Tree,
    /// The capabilities of the root, if they are to be found.
    pub capabilities: Option<Capabilities>,
}

/// Reads ahead and keeps everything.
struct Keeper<'a> {
    file: &'a mut File,
    bytes: Vec<u8>,
    at: usize,
}

impl Keeper<'_> {
    fn read_on(&mut self) -> std::result::Result<(), ReadError> {
        let filled = self.bytes.len();
        if filled + STEP > uapi::MAX_HEAD {
            return Err(ReadError::Io(std::io::ErrorKind::FileTooLarge.into()));
        }
        self.bytes.resize(filled + STEP, 0);
        let result = source::read(self.file, self.bytes.get_mut(filled..).unwrap_or_default());
        self.bytes.truncate(filled + *result.as_ref().unwrap_or(&0));
        match result? {
            0 => Err(ReadError::End),
            _ => Ok(()),
        }
    }
}

impl Source for Keeper<'_> {
    type Error = ReadError;

    fn get(&mut self, bytes: &mut [u8]) -> std::result::Result<(), ReadError> {
        let end = self.at + bytes.len();
        loop {
            if let Some(kept) = self.bytes.get(self.at..end) {
                bytes.copy_from_slice(kept);
                self.at = end;
                return Ok(());
            }
            self.read_on()?;
        }
    }

    /// The checksum stands at the end, which is not reached here.
    fn crc32c(crc: u32, _: &[u8]) -> u32 {
        crc
    }
}

fn parse(reader: &mut Reader<Keeper<'_>>) -> std::result::Result<(Clocks, Tree), ReadError> {
    let mut text = [0u8; limits::STRING as usize];
    let header = reader.header()?;
    let clocks = Clocks {
        monotonic: header.monotonic,
        boottime: header.boottime,
    };
    for _ in 0..3 {
        reader.string(&mut text)?;
    }
    reader.record::<HeaderArch>()?;
    let components = reader.begin(Kind::BUFFER)?;
    reader.skip(&components)?;
    let container: Container = reader.record()?;
    let head: record::Tree = reader.record()?;
    let total = head.nr_tasks.saturating_add(head.nr_ghosts);
    let tasks: Vec<TreeEntry> = entries(reader, total, limits::TASKS)?;
    let numbers = match head.nr_numbers {
        0 => Vec::new(),
        count => entries(reader, count, limits::TASKS * limits::PID_DEPTH)?,
    };
    Tree::new(container, &head, tasks, numbers)
        .map(|tree| (clocks, tree))
        .map_err(|fault| reader.malformed(Problem::Value(fault)).into())
}

/// The capabilities of the root, from the first CRED. That something is wrong there the kernel tells.
fn capabilities(reader: &mut Reader<Keeper<'_>>) -> Option<Capabilities> {
    // Before it: the task, its name, its scheduling and its processors.
    for kind in [Kind::TASK, Kind::STRING, Kind::SCHED, Kind::BUFFER] {
        let hdr = reader.peek().ok()?;
        if hdr.kind == Kind::CRED {
            break;
        }
        if hdr.kind != kind || hdr.body as usize > STEP {
            return None;
        }
        reader.begin(kind).ok()?;
        reader.skip(&hdr).ok()?;
    }
    let cred: record::Cred = reader.record().ok()?;
    Some(Capabilities {
        effective: cred.cap_effective,
        permitted: cred.cap_permitted,
        inheritable: cred.cap_inheritable,
    })
}

/// Reads a BUFFER one entry after the other: a count alone allocates nothing.
fn entries<E: FromBytes + IntoBytes + Zeroed>(
    reader: &mut Reader<Keeper<'_>>,
    count: u32,
    limit: u32,
) -> std::result::Result<Vec<E>, ReadError> {
    if count > limit {
        return Err(reader.malformed(Problem::Count(count)).into());
    }
    reader.buffer_of::<E>(count)?;
    (0..count).map(|_| reader.entry()).collect()
}

impl Head {
    /// Reads the head from wherever the file stands. `command` is what reads it from a pipe.
    ///
    /// # Errors
    ///
    /// When it is no image, not for this machine, or its tree contradicts itself.
    pub fn read(input: &mut Input, command: &str) -> Result<Head> {
        let mut reader = Reader::new(Keeper {
            file: &mut input.file,
            bytes: Vec::new(),
            at: 0,
        });
        let result = parse(&mut reader);
        let position = reader.position();
        let first = &reader.source_mut().bytes;
        let (clocks, tree) = result.map_err(|error| {
            let known = source::packed(first, &input.name, command)
                .or_else(|| source::empty(&error, first.len() as u64, &input.name));
            known.unwrap_or_else(|| {
                let failure = source::failure(&error, &input.name, position);
                match source::is_damage(&error, position) {
                    true => failure.advise(advice::verify(&input.name)),
                    false => failure,
                }
            })
        })?;
        let capabilities = capabilities(&mut reader);
        let bytes = std::mem::take(&mut reader.source_mut().bytes);
        Ok(Head {
            bytes,
            clocks,
            tree,
            capabilities,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{
        Read,
        Write, //
    };

    use ckpt_image::testing;
    use nix::fcntl::OFlag;

    use super::*;
    use crate::failure::Exit;

    /// An image in a pipe.
    fn piped(image: Vec<u8>) -> Input {
        let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        std::thread::spawn(move || {
            // The reader may have seen enough.
            let _ = File::from(write).write_all(&image);
        });
        Input {
            file: read.into(),
            name: "test".to_owned(),
            standard: true,
        }
    }

    #[test]
    fn head_and_rest_of_a_pipe_are_the_image() {
        let image = testing::seal(&testing::minimal());
        let mut input = piped(image.clone());
        let head = Head::read(&mut input, "restart").unwrap();
        assert_eq!(head.tree.tasks().len(), 1);
        assert_eq!(head.tree.tasks()[0].pid, testing::MINIMAL_PID);
        assert!(head.capabilities.is_some());
        assert_eq!(head.clocks.monotonic, 1_000_000_000);
        assert_eq!(head.clocks.boottime, 2_000_000_000);
        let mut all = head.bytes;
        input.file.read_to_end(&mut all).unwrap();
        assert_eq!(all, image);
    }

    #[test]
    fn a_count_that_does_not_fit_is_refused() {
        for count in [0, 7, limits::TASKS + 1, u32::MAX] {
            let mut parts = testing::minimal();
            for part in &mut parts {
                part.change(|tree: &mut record::Tree| tree.nr_tasks = count);
            }
            let failure = Head::read(&mut piped(testing::seal(&parts)), "restart").unwrap_err();
            assert_eq!(failure.exit, Exit::Image, "{count}");
        }
    }

    #[test]
    fn a_cut_head_is_not_complete() {
        let image = testing::seal(&testing::minimal());
        for end in [8, 100, 300] {
            let failure = Head::read(&mut piped(image[..end].to_vec()), "restart").unwrap_err();
            assert!(
                failure.message.contains("not complete"),
                "{}",
                failure.message
            );
            assert!(failure.advice.unwrap().contains("Verify with ckptinfo"));
        }
    }
}
