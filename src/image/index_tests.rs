// SPDX-License-Identifier: GPL-2.0-only

//! The index: what it has entries of, that it agrees with the image, and that it is found from the end.

use std::{
    cell::Cell,
    rc::Rc,
    vec::Vec, //
};

use zerocopy::IntoBytes;

use crate::{
    describe::{
        Role,
        What,
        RECORDS, //
    },
    find::{
        Found,
        Seekable, //
    },
    index_len,
    limits,
    order::{
        Step,
        HEAD,
        TASK, //
    },
    record::*,
    testing::{
        close,
        crc32c,
        index,
        index_of,
        minimal,
        processes,
        seal,
        split,
        walk,
        Bytes,
        Error,
        Part, //
    },
    Begins,
    Kind,
    Mark,
    Problem,
    Sink,
    Source,
    Writer, //
};

/// Bytes in memory, read from anywhere; how many have been.
struct Anywhere<'a> {
    bytes: &'a [u8],
    at: usize,
    read: Rc<Cell<usize>>,
}

impl Source for Anywhere<'_> {
    type Error = Error;

    fn get(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let end = self.at + bytes.len();
        bytes.copy_from_slice(self.bytes.get(self.at..end).ok_or(Error::End)?);
        self.at = end;
        self.read.set(self.read.get() + bytes.len());
        Ok(())
    }

    fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
        crc32c(crc, bytes)
    }
}

impl Seekable for Anywhere<'_> {
    fn size(&mut self) -> Result<u64, Error> {
        Ok(self.bytes.len() as u64)
    }

    fn seek(&mut self, offset: u64) -> Result<(), Error> {
        self.at = usize::try_from(offset).unwrap_or(usize::MAX / 2);
        Ok(())
    }
}

fn counted(bytes: &[u8], read: Rc<Cell<usize>>) -> Result<Found<Anywhere<'_>>, Error> {
    Found::new(Anywhere { bytes, at: 0, read })
}

fn found(bytes: &[u8]) -> Result<Found<Anywhere<'_>>, Error> {
    counted(bytes, Rc::default())
}

fn entries(bytes: &[u8]) -> Result<Vec<IndexEntry>, Error> {
    let mut found = found(bytes)?;
    let mut all = Vec::new();
    while let Some(entry) = found.next_entry()? {
        all.push(entry);
    }
    Ok(all)
}

fn problem<T>(result: Result<T, Error>) -> Problem {
    match result {
        Err(Error::Malformed(malformed)) => malformed.problem,
        Err(Error::End) => panic!("wanted a malformed record, not the end"),
        Ok(_) => panic!("wanted a malformed record"),
    }
}

#[test]
fn whatever_defines_an_object_begins_an_entry() {
    for info in RECORDS.iter().copied().flatten() {
        let defines = info
            .fields
            .iter()
            .any(|field| matches!(field.role, Role::Id));
        let begins = info.kind.begins() == Some(Begins::Object);
        assert_eq!(defines, begins, "{}", info.name);
        for follow in info.follows {
            if let What::Record(kind, _) | What::Maybe(kind) | What::Pages(kind, _) = follow.what {
                assert_eq!(kind.begins(), None, "{} is a part", kind.name());
            }
        }
    }
}

#[test]
fn no_object_ends_with_what_belongs_to_the_task() {
    let kinds = |step: &Step| match step {
        Step::One(kind) | Step::Maybe(kind) | Step::Last(kind) => Vec::from([*kind]),
        Step::Any(kinds) => kinds.to_vec(),
    };
    let mut may_be_object = false;
    for step in TASK {
        for kind in kinds(step) {
            assert!(!may_be_object || kind.begins().is_some(), "{}", kind.name());
        }
        let is_object = |kind: &Kind| kind.begins() == Some(Begins::Object);
        match step {
            Step::One(kind) | Step::Last(kind) => may_be_object = is_object(kind),
            step => may_be_object |= kinds(step).iter().any(is_object),
        }
    }
    assert_eq!(HEAD.first().map(kinds), Some(Vec::from([Kind::HEADER])));
}

#[test]
fn a_writer_tells_what_begins() {
    #[derive(Default)]
    struct Marks(Bytes, Vec<Mark>);
    impl Sink for Marks {
        type Error = Error;
        fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.0.put(bytes)
        }
        fn begins(&mut self, mark: Mark) -> Result<(), Error> {
            self.1.push(mark);
            Ok(())
        }
        fn too_long() -> Error {
            Error::End
        }
    }
    let mut writer = Writer::new(Marks::default());
    let parts = processes(2);
    for part in &parts {
        if let Some(cred) = part.get::<Cred>() {
            writer.record(&cred).unwrap();
        } else if let Some(task) = part.get::<Task>() {
            writer.record(&task).unwrap();
        } else if let Some(creds) = part.get::<TaskCreds>() {
            writer.record(&creds).unwrap();
        }
    }
    let told = |mark: &Mark| (mark.kind, mark.id, mark.offset);
    let told: Vec<_> = writer.sink().1.iter().map(told).collect();
    let (task, cred) = (8 + size_of::<Task>() as u64, 8 + size_of::<Cred>() as u64);
    let all = task + cred + 8 + size_of::<TaskCreds>() as u64;
    assert_eq!(
        told,
        [
            (Kind::TASK, 0, 0),
            (Kind::CRED, 1, task),
            (Kind::TASK_CREDS, 0, task + cred),
            (Kind::TASK, 1, all),
            (Kind::CRED, 2, all + task),
            (Kind::TASK_CREDS, 1, all + task + cred),
        ]
    );
}

#[test]
fn the_index_of_the_minimal_image_is_found_from_its_end() {
    let image = seal(&minimal());
    let index = entries(&image).unwrap();
    let told: Vec<_> = index
        .iter()
        .map(|entry| (Kind(entry.kind).name(), entry.id))
        .collect();
    assert_eq!(
        told,
        [
            ("HEADER", 0),
            ("TASK", 0),
            ("CRED", 1),
            ("TASK_CREDS", 0),
            ("SECCOMP_FILTER", 2),
            ("TASK_SECCOMP", 0),
            ("FILE", 3),
            ("FILE", 4),
            ("FILE_TABLE", 5),
            ("FILE", 6),
            ("MM", 7),
            ("FS", 8),
            ("SIGHAND", 9),
            ("SIGNAL", 10),
            ("TASK_OBJS", 0),
        ]
    );
    let mut found = found(&image).unwrap();
    for entry in &index {
        found.check(entry).unwrap();
        // One alone is what the entry says, without anything before it.
        let stretch = &image[entry.offset as usize..(entry.offset + entry.len) as usize];
        let alone = split(stretch);
        assert_eq!(alone[0].kind.0, entry.kind);
        let crc = alone.iter().fold(!0, |crc, part| {
            let crc = crc32c(crc, [part.kind.0, part.size() as u32].as_bytes());
            let crc = crc32c(crc, &part.body[..part.contents.start]);
            crc32c(crc, &part.body[part.contents.end..])
        });
        assert_eq!(!crc, entry.checksum);
    }
}

#[test]
fn an_image_is_found_behind_others_and_with_a_longer_tail() {
    let image = seal(&minimal());
    let mut both = seal(&processes(2));
    let start = both.len() as u64;
    both.extend(&image);
    let mut behind = found(&both).unwrap();
    assert_eq!(behind.start(), start);
    while let Some(entry) = behind.next_entry().unwrap() {
        let next = entry.offset + entry.len;
        behind.check(&entry).unwrap();
        assert!(next < image.len() as u64);
    }
    let mut parts = split(&image);
    parts.last_mut().unwrap().body.extend([0; 24]);
    let grown = crate::testing::join(&parts);
    assert_eq!(
        entries(&grown).unwrap().as_bytes(),
        entries(&image).unwrap().as_bytes()
    );
    parts.last_mut().unwrap().body.extend([1; 8]);
    let grown = crate::testing::join(&parts);
    assert_eq!(problem(found(&grown)), Problem::Wanted(Kind::TAIL));
}

#[test]
fn a_large_index_stands_in_several_records() {
    // Fourteen entries for each process.
    let nr = limits::INDEX / 14 + 2;
    let image = seal(&processes(nr));
    assert!(walk(&image).is_ok());
    let all = entries(&image).unwrap();
    assert!(all.len() > limits::INDEX as usize);
    let parts = split(&image);
    let records = parts.iter().filter(|part| part.kind == Kind::INDEX);
    assert_eq!(records.count(), 2);
    let start = parts.iter().position(|part| part.kind == Kind::INDEX);
    let len: usize = parts[start.unwrap()..parts.len() - 1]
        .iter()
        .map(Part::size)
        .sum();
    assert_eq!(len as u64, index_len(all.len() as u64));
    assert_eq!(index_len(0), 0);

    // Records that are not full, although others follow.
    let mut parts = processes(nr);
    let (first, second) = all.split_at(7);
    parts.extend(index(first));
    parts.extend(index(second));
    assert_eq!(problem(walk(&close(&parts))), Problem::Index);
    assert_eq!(problem(found(&close(&parts))), Problem::Index);
}

/// The minimal image with an index that was changed, and a TAIL that agrees with it.
fn reindexed(change: impl FnOnce(&mut Vec<IndexEntry>)) -> Vec<u8> {
    let mut parts = minimal();
    let mut all = index_of(&parts);
    change(&mut all);
    parts.extend(index(&all));
    close(&parts)
}

#[test]
fn an_index_that_does_not_agree_is_refused() {
    assert!(walk(&reindexed(|_| ())).is_ok());
    let cases: [fn(&mut Vec<IndexEntry>); 11] = [
        |all| all[0].kind = Kind::TASK.0,
        |all| all[2].id += 1,
        |all| all[2].offset += 8,
        |all| all[2].len -= 8,
        |all| all[2].len = u64::MAX,
        |all| all[12].len += 8,
        |all| all.swap(4, 5),
        |all| {
            all.pop();
        },
        |all| {
            all.remove(0);
        },
        |all| all.push(all[3]),
        |all| {
            let len = all[3].len;
            all[2].len += len;
            all.remove(3);
        },
    ];
    for (which, change) in cases.into_iter().enumerate() {
        let image = reindexed(change);
        assert_eq!(problem(walk(&image)), Problem::Index, "{which}");
    }
    let image = reindexed(|all| all[4].checksum ^= 1);
    assert_eq!(problem(walk(&image)), Problem::Checksum);
    let image = reindexed(|all| all[4].reserved = 1);
    assert_eq!(problem(walk(&image)), Problem::Growth);
    // None at all, and one without entries.
    assert_eq!(
        problem(walk(&close(&minimal()))),
        Problem::Wanted(Kind::INDEX)
    );
    let empty = [
        Part::of(&Index {
            nr_entries: 0,
            reserved: 0,
        }),
        Part::buffer::<IndexEntry>(&[]),
    ];
    let parts = [&minimal()[..], &empty].concat();
    assert_eq!(problem(walk(&close(&parts))), Problem::Index);
    // Beside others, too.
    let index = index(&index_of(&minimal()));
    for parts in [
        [&minimal()[..], &empty, &index].concat(),
        [&minimal()[..], &empty, &empty, &index].concat(),
    ] {
        assert_eq!(problem(walk(&close(&parts))), Problem::Index);
        assert_eq!(problem(found(&close(&parts))), Problem::Index);
    }
}

#[test]
fn an_index_that_is_in_no_order_is_not_found() {
    let cases: [fn(&mut Vec<IndexEntry>); 8] = [
        |all| all[0].kind = Kind::TASK.0,
        |all| all[1].kind = Kind::HEADER.0,
        |all| all[1].kind = Kind::STRING.0,
        |all| all[2].offset += 8,
        |all| all[2].len = u64::MAX,
        |all| all[2].len = 0,
        |all| all.swap(4, 5),
        |all| {
            all.remove(0);
        },
    ];
    for (which, change) in cases.into_iter().enumerate() {
        let image = reindexed(change);
        assert_eq!(problem(found(&image)), Problem::Index, "{which}");
    }
    assert!(found(&reindexed(|all| all.truncate(9))).is_err());
    for end in [0, 7, 55, 56, 57] {
        assert!(found(&seal(&minimal())[..end]).is_err(), "{end}");
    }
}

#[test]
fn tail_says_where_the_index_is() {
    for change in [0, 8, u64::MAX] {
        let mut parts = split(&seal(&minimal()));
        let tail = parts.last_mut().unwrap();
        tail.change::<Tail>(|tail| tail.index = tail.index.wrapping_add(change));
        let image = crate::testing::join(&parts);
        assert_eq!(walk(&image).is_ok(), change == 0, "{change}");
        assert_eq!(found(&image).is_ok(), change == 0, "{change}");
    }
}

#[test]
fn damage_is_found_in_its_stretch_and_nowhere_else() {
    let good = seal(&minimal());
    let index = entries(&good).unwrap();
    for at in (0..index.last().map_or(0, |last| last.offset + last.len)).step_by(13) {
        let mut image = good.clone();
        image[at as usize] ^= 0x20;
        let mut found = found(&image).unwrap();
        for entry in &index {
            let is_here = (entry.offset..entry.offset + entry.len).contains(&at);
            assert_eq!(found.check(entry).is_err(), is_here, "byte {at}");
        }
    }
}

/// An image of one record, all of whose stretches but the last have a length of 8 bytes: each is the prefix of a
/// record that would take most of the image.
fn overlapping(nr: usize, kind: Kind) -> Vec<u8> {
    const LEN: usize = 256 * 1024;
    let mut words = std::vec![0u64; LEN / 8];
    for word in words.iter_mut().take(nr) {
        word.as_mut_bytes()
            .copy_from_slice([kind.0, (LEN - 8192) as u32].as_bytes());
    }
    let mut parts = Vec::from([Part::buffer(&words)]);
    let len = parts[0].size() as u64;
    let mut mark = Mark {
        kind: Kind::HEADER,
        id: 0,
        offset: 0,
    };
    let mut all = Vec::new();
    for at in 1..=nr as u64 {
        all.push(mark.entry(at * 8, 0));
        (mark.kind, mark.offset) = (Kind::TASK, at * 8);
    }
    all.push(mark.entry(len, 0));
    parts.extend(index(&all));
    close(&parts)
}

#[test]
fn a_stretch_is_not_read_beyond_its_end() {
    for kind in [Kind::BUFFER, Kind::PAGES] {
        let image = overlapping(40, kind);
        let read = Rc::<Cell<usize>>::default();
        let mut found = counted(&image, Rc::clone(&read)).unwrap();
        while let Some(entry) = found.next_entry().unwrap() {
            read.set(0);
            assert!(found.check(&entry).is_err());
            assert!(
                read.get() as u64 <= entry.len,
                "{} bytes of {entry:?}",
                read.get()
            );
        }
    }
}
