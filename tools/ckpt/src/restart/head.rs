// SPDX-License-Identifier: GPL-2.0-only

//! The head of an image: what has to be known before the first task can be made.
//!
//! All bytes that were read to know it are kept, because the kernel wants them again and a pipe
//! cannot be rewound. What is in them is verified by the kernel, not here.

use std::fs::File;

use ckpt_image::{
    limits,
    record::{
        Container,
        HeaderArch,
        Tree,
        TreeEntry, //
    },
    Kind,
    Problem,
    Reader,
    Source, //
};

use crate::{
    failure::{
        Exit,
        Failure,
        Result, //
    },
    source::{
        self,
        Input,
        ReadError, //
    },
    uapi,
};

/// Bytes that are read at a time.
const STEP: usize = 4096;

/// What was read of an image.
#[derive(Debug)]
pub struct Head {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The tasks, in the order in which they are restored.
    pub tasks: Vec<TreeEntry>,
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

fn parse(reader: &mut Reader<Keeper<'_>>) -> std::result::Result<Vec<TreeEntry>, ReadError> {
    let mut text = [0u8; limits::STRING as usize];
    reader.header()?;
    for _ in 0..3 {
        reader.string(&mut text)?;
    }
    reader.record::<HeaderArch>()?;
    let components = reader.begin(Kind::BUFFER)?;
    reader.skip(&components)?;
    reader.record::<Container>()?;
    let tree: Tree = reader.record()?;
    if tree.nr_tasks == 0 || tree.nr_tasks as usize > uapi::MAX_HEAD / size_of::<TreeEntry>() {
        return Err(reader.malformed(Problem::Count(tree.nr_tasks)).into());
    }
    if tree.nr_tasks > limits::TASKS {
        // No use in reading what is refused.
        return Ok(vec![nobody(); tree.nr_tasks as usize]);
    }
    reader.buffer_of::<TreeEntry>(tree.nr_tasks)?;
    (0..tree.nr_tasks).map(|_| reader.entry()).collect()
}

fn nobody() -> TreeEntry {
    TreeEntry {
        pid: 0,
        ppid: 0,
        tgid: 0,
        pgid: 0,
        sid: 0,
        flags: 0,
    }
}

impl Head {
    /// Reads the head from wherever the file stands.
    ///
    /// # Errors
    ///
    /// When it is no image, not for this machine, or of more tasks than can be restarted.
    pub fn read(input: &mut Input) -> Result<Head> {
        let mut reader = Reader::new(Keeper {
            file: &mut input.file,
            bytes: Vec::new(),
            at: 0,
        });
        let result = parse(&mut reader);
        let position = reader.position();
        let tasks = result.map_err(|error| source::failure(&error, &input.name, position))?;
        if tasks.len() > limits::TASKS as usize {
            return Err(Failure::new(
                Exit::Image,
                format!(
                    "{} holds {} tasks: more than {} cannot be restarted yet",
                    input.name,
                    tasks.len(),
                    limits::TASKS
                ),
            ));
        }
        if let Some(task) = tasks
            .iter()
            .find(|task| task.pid <= 0 || task.pid > limits::PID)
        {
            return Err(Failure::new(
                Exit::Image,
                format!("{}: TREE holds the pid {}", input.name, task.pid),
            ));
        }
        let bytes = std::mem::take(&mut reader.source_mut().bytes);
        Ok(Head { bytes, tasks })
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
        let head = Head::read(&mut input).unwrap();
        assert_eq!(head.tasks.len(), 1);
        assert_eq!(head.tasks[0].pid, testing::MINIMAL_PID);
        let mut all = head.bytes;
        input.file.read_to_end(&mut all).unwrap();
        assert_eq!(all, image);
    }

    #[test]
    fn several_tasks_are_refused_in_so_many_words() {
        let mut parts = testing::minimal();
        for part in &mut parts {
            part.change(|tree: &mut Tree| tree.nr_tasks = 7);
        }
        let failure = Head::read(&mut piped(testing::seal(&parts))).unwrap_err();
        assert_eq!(failure.exit, Exit::Image);
        assert!(failure.message.contains("holds 7 tasks"));
    }

    #[test]
    fn a_cut_head_is_not_complete() {
        let image = testing::seal(&testing::minimal());
        for end in [8, 100, 300] {
            let failure = Head::read(&mut piped(image[..end].to_vec())).unwrap_err();
            assert!(
                failure.message.contains("not complete"),
                "{}",
                failure.message
            );
        }
    }
}
