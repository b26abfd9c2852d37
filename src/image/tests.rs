// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the format: round trips, the growth rule, and that damage is noticed.

use std::{
    vec,
    vec::Vec, //
};

use zerocopy::{
    FromBytes,
    FromZeros,
    IntoBytes, //
};

use crate::{
    describe::{
        self,
        Role,
        RECORDS, //
    },
    limits,
    record::*,
    testing::{
        boundaries,
        crc32c,
        join,
        minimal,
        seal,
        split,
        unsealed,
        walk,
        written,
        Error,
        Part,
        Slice,
        MINIMAL_PAGES, //
    },
    Kind,
    Problem,
    Reader,
    HDR_SIZE,
    PAGE_SIZE, //
};

/// What is wrong with these records, TAIL being right.
fn problem(parts: &[Part]) -> Problem {
    match walk(&seal(parts)) {
        Err(Error::Malformed(malformed)) => malformed.problem,
        other => panic!("wanted a malformed record, got {other:?}"),
    }
}

fn changed<R: Record>(change: impl FnOnce(&mut R)) -> Vec<Part> {
    let mut parts = minimal();
    let part = parts.iter_mut().find(|part| part.kind == R::KIND).unwrap();
    part.change(change);
    parts
}

/// Each byte of a record comes back, or is one that has to be zero and is refused.
#[test]
fn every_record_survives_a_round_trip() {
    for info in RECORDS.iter().copied().flatten() {
        for at in 0..info.size {
            let mut body = vec![0; info.size];
            body[at] = (at * 7 + 1) as u8 | 1;
            let part = Part {
                kind: info.kind,
                body,
                contents: 0..0,
            };
            let image = join(core::slice::from_ref(&part));
            let mut reader = Reader::new(Slice(&image));
            let mut room = [0; limits::RECORD as usize];
            let back = reader.described(info, &mut room);
            let field = info.fields.iter().rfind(|field| field.offset <= at);
            if matches!(field.unwrap().role, Role::Zero) {
                assert!(matches!(back, Err(Error::Malformed(m)) if m.problem == Problem::Growth));
                continue;
            }
            // A bit that has no name, a count over its limit.
            if let Some(problem) = describe::problem(info.fields, &part.body) {
                assert!(matches!(back, Err(Error::Malformed(m)) if m.problem == problem));
                continue;
            }
            assert_eq!(back.unwrap(), part.body);
            assert_eq!(reader.position() as usize, image.len());
        }
    }
}

/// The same by its type, as the module reads it.
#[test]
fn a_record_is_the_same_by_its_type() {
    let body = EventFd {
        count: 0x0102_0304_0506_0708,
        flags: eventfd_flag::SEMAPHORE,
        reserved: 0,
    };
    for reserved in [0, 1, 1 << 31] {
        let body = EventFd { reserved, ..body };
        let image = written(|writer| {
            writer.record(&body)?;
            assert_eq!(writer.position() as usize, HDR_SIZE + size_of::<EventFd>());
            assert_eq!(writer.records(), 1);
            Ok(())
        })
        .unwrap();
        let back = Reader::new(Slice(&image)).record::<EventFd>();
        assert_eq!(back.is_ok(), reserved == 0);
        assert!(back.map_or(true, |back| back.as_bytes() == body.as_bytes()));
    }
}

#[test]
fn text_survives_a_round_trip_at_every_length() {
    for len in [0, 1, 7, 8, 9, 4095] {
        let text = vec![b'x'; len];
        let image = written(|writer| writer.string(&text)).unwrap();
        assert_eq!(image.len() % 8, 0);
        let mut buffer = [0; limits::STRING as usize];
        let mut reader = Reader::new(Slice(&image));
        assert_eq!(reader.string(&mut buffer).unwrap(), text);
    }
}

#[test]
fn entries_survive_a_round_trip() {
    let entries = [7u64, 8, 9];
    let image = written(|writer| writer.buffer(entries.as_bytes())).unwrap();
    let mut reader = Reader::new(Slice(&image));
    reader.buffer_of::<u64>(3).unwrap();
    let back = [(); 3].map(|()| reader.entry::<u64>().unwrap());
    assert_eq!(back, entries);
    let mut reader = Reader::new(Slice(&image));
    assert!(reader.buffer_of::<u64>(2).is_err());
}

#[test]
fn pages_survive_a_round_trip_aligned_or_not() {
    let runs = [(0x1000, 1), (0x8000, 2)].map(|(address, nr_pages)| Run {
        address,
        nr_pages,
        flags: 0,
    });
    let sums = [1, 2].map(|pages| !crc32c(!0, &vec![5; pages * PAGE_SIZE as usize]));
    for align in [false, true] {
        let image = written(|writer| {
            writer.pages_head(&runs, 3, align)?;
            writer.sink_mut().0.extend(vec![5; 3 * PAGE_SIZE as usize]);
            writer.sink_mut().0.extend(sums.as_bytes());
            assert_eq!(writer.position(), writer.sink().0.len() as u64);
            assert_eq!(writer.pages(), 3);
            Ok(())
        })
        .unwrap();
        let mut reader = Reader::new(Slice(&image));
        let pages = reader.pages().unwrap();
        assert_eq!(pages.data_offset as usize % 4096 == 0, align);
        let mut back = [Run::read_from_bytes(&[0; 16]).unwrap(); 2];
        reader.runs(&pages, &mut back).unwrap();
        assert_eq!(back.as_bytes(), runs.as_bytes());
        let contents = 3 * PAGE_SIZE as usize;
        assert_eq!(reader.source_mut().0[..contents], vec![5; contents]);
        reader.source_mut().skip(contents).unwrap();
        reader.took_pages(3);
        reader.sums(&back, &sums).unwrap();
        assert_eq!(reader.position(), image.len() as u64);
    }
}

#[test]
fn the_minimal_image_is_whole() {
    let image = seal(&minimal());
    // INDEX and its BUFFER, TAIL.
    assert_eq!(walk(&image), Ok(minimal().len() as u64 + 3));
    assert_eq!(join(&split(&image)), image);
    assert_eq!(unsealed(&image), Some(minimal()));
    assert!(image.len() > MINIMAL_PAGES as usize * PAGE_SIZE as usize);
}

#[test]
fn the_checksum_is_castagnoli() {
    assert_eq!(!crc32c(!0, b"123456789"), 0xe306_9283);
}

#[test]
fn a_truncated_image_is_an_error_at_every_boundary() {
    let image = seal(&minimal());
    let ends = boundaries(&image);
    let (whole, cuts) = ends.split_last().unwrap();
    assert_eq!(*whole, image.len());
    for end in cuts {
        assert_eq!(walk(&image[..*end]), Err(Error::End), "cut at {end}");
    }
}

#[test]
fn a_truncated_image_is_an_error_at_every_byte() {
    let image = seal(&minimal());
    for end in 0..image.len() {
        assert_eq!(walk(&image[..end]), Err(Error::End), "cut at {end}");
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let image = seal(&minimal());
    let mut offset = 0;
    for part in split(&image) {
        let end = offset + part.size();
        for at in offset..end {
            let mut damaged = image.clone();
            damaged[at] ^= 1 << (at % 8);
            assert!(walk(&damaged).is_err(), "{} at {at}", part.kind.name());
        }
        offset = end;
    }
}

#[test]
fn damage_to_pages_is_told_with_its_addresses() {
    let good = minimal();
    let at = good.iter().position(|part| part.kind == Kind::PAGES);
    let at = at.unwrap();
    let runs: Vec<Run> = good[at].body[size_of::<Pages>()..good[at].contents.start]
        .chunks(size_of::<Run>())
        .map(|run| Run::read_from_bytes(run).unwrap())
        .collect();
    let mut start = good[at].contents.start;
    for (which, run) in runs.iter().enumerate() {
        let len = run.nr_pages as usize * PAGE_SIZE as usize;
        let wanted = Problem::Contents(run.address, run.address + len as u64);
        let sum = good[at].contents.end + which * size_of::<u32>();
        for byte in [start, start + len / 2, start + len - 1, sum, sum + 3] {
            let mut parts = good.clone();
            parts[at].body[byte] ^= 0x10;
            assert_eq!(problem(&parts), wanted, "byte {byte}");
        }
        start += len;
    }
    // The zeros behind the checksums of an odd number of runs.
    let mut parts = good;
    *parts[at].body.last_mut().unwrap() = 1;
    assert_eq!(problem(&parts), Problem::Growth);
}

#[test]
fn a_record_may_grow_by_zeros_only() {
    let mut parts = minimal();
    let at = parts.iter().position(|part| part.kind == Kind::MM).unwrap();
    parts[at].body.extend([0; 16]);
    assert!(walk(&seal(&parts)).is_ok());
    *parts[at].body.last_mut().unwrap() = 1;
    assert_eq!(problem(&parts), Problem::Growth);
}

#[test]
fn a_record_may_not_grow_without_end_nor_shrink() {
    let mut parts = minimal();
    let at = parts.iter().position(|part| part.kind == Kind::MM).unwrap();
    let len = parts[at].body.len() as u32;
    parts[at].body.truncate(len as usize - 8);
    assert_eq!(problem(&parts), Problem::Length(len - 8));
    parts[at].body.resize(limits::RECORD as usize + 8, 0);
    assert_eq!(problem(&parts), Problem::Length(limits::RECORD + 8));
}

#[test]
fn the_head_names_what_it_does_not_understand() {
    type Case = (fn(&mut Header), Problem);
    let cases: [Case; 8] = [
        (|header| header.magic += 1, Problem::Magic),
        (
            |header| header.format += 1,
            Problem::Format(crate::FORMAT + 1),
        ),
        (
            |header| header.format -= 1,
            Problem::Format(crate::FORMAT - 1),
        ),
        (|header| header.arch = 1, Problem::Arch),
        (|header| header.incompat = 1 << 40, Problem::Feature(40)),
        (
            |header| header.page_size = 16384,
            Problem::Value("another page size"),
        ),
        (
            |header| header.nr_rlimits = 17,
            Problem::Value("another number of resource limits"),
        ),
        (|header| header.reserved = 1, Problem::Growth),
    ];
    for (change, wanted) in cases {
        assert_eq!(problem(&changed::<Header>(change)), wanted);
    }
    assert!(walk(&seal(&changed::<Header>(|header| header.compat = 1))).is_ok());
}

/// Whatever an image of today cannot have, each field that would tell of it is named.
#[test]
fn what_is_the_restarters_is_refused_by_name() {
    let mut tried = 0;
    for info in RECORDS.iter().copied().flatten() {
        for field in info.fields {
            if !matches!(field.role, Role::Restarters) {
                continue;
            }
            let mut body = vec![0; info.size];
            for one_of in info.fields {
                if let Role::OneOf(set) = one_of.role {
                    body[one_of.offset] = set.members[0].value as u8;
                }
            }
            body[field.offset + field.size - 1] = 1;
            let part = Part {
                kind: info.kind,
                body,
                contents: 0..0,
            };
            let image = join(&[part]);
            let mut room = [0; limits::RECORD as usize];
            let back = Reader::new(Slice(&image)).described(info, &mut room).err();
            let told = |error| matches!(error, Error::Malformed(m) if m.problem == Problem::Restarters(field.name));
            assert!(back.is_some_and(told), "{} of {}", field.name, info.name);
            tried += 1;
        }
    }
    assert!(tried >= 11, "{tried}");
    // As the module reads them: by their types.
    let wrong = changed::<Container>(|container| container.nr_mounts = 1);
    let container = wrong.iter().find(|part| part.kind == Kind::CONTAINER);
    let image = join(&[container.unwrap().clone()]);
    match Reader::new(Slice(&image)).record::<Container>() {
        Err(Error::Malformed(malformed)) => assert_eq!(
            std::string::ToString::to_string(&malformed.problem),
            "namespaces, control groups and mounts of an image are not supported (nr_mounts is not 0)"
        ),
        other => panic!("{other:?}"),
    }
    let mut parts = minimal();
    let at = parts.iter().position(|part| part.kind == Kind::TREE);
    let at = at.unwrap() + 1;
    parts[at].body[8 + core::mem::offset_of!(TreeEntry, cgroup)] = 1;
    assert_eq!(problem(&parts), Problem::Restarters("cgroup"));
    let image = join(&parts[at..=at]);
    let mut reader = Reader::new(Slice(&image));
    reader.buffer_of::<TreeEntry>(1).unwrap();
    match reader.entry::<TreeEntry>() {
        Err(Error::Malformed(m)) => assert_eq!(m.problem, Problem::Restarters("cgroup")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_runs_of_pages_are_refused() {
    let cases: [fn(&mut Pages); 6] = [
        |pages| pages.nr_runs = 0,
        |pages| pages.nr_runs = u32::MAX,
        |pages| pages.nr_pages += 1,
        |pages| pages.nr_pages = u32::MAX,
        |pages| pages.runs_offset = 8,
        |pages| pages.data_offset += 8,
    ];
    for change in cases {
        assert!(walk(&seal(&changed::<Pages>(change))).is_err());
    }
    let first_run = HDR_SIZE + size_of::<Pages>() - HDR_SIZE;
    for (offset, value) in [(0, 1u8), (6, 0xff), (8, 0), (12, 1)] {
        let mut parts = minimal();
        let part = parts.iter_mut().find(|part| part.kind == Kind::PAGES);
        part.unwrap().body[first_run + offset] = value;
        assert!(walk(&seal(&parts)).is_err(), "byte {offset} of a run");
    }
}

#[test]
fn text_with_a_nul_or_a_wrong_length_is_refused() {
    let mut parts = minimal();
    parts[1] = Part::string("a\0b");
    assert_eq!(problem(&parts), Problem::Value("text holds a NUL"));
    parts[1] = Part::string("abc");
    parts[1].body[0] = 9;
    assert_eq!(problem(&parts), Problem::Length(16));
    parts[1] = Part::string("abc");
    *parts[1].body.last_mut().unwrap() = 1;
    assert_eq!(problem(&parts), Problem::Growth);
}

#[test]
fn a_length_that_no_record_can_have_is_refused() {
    for len in [0u32, 7, 12, u32::MAX] {
        let mut image = seal(&minimal());
        image[4..8].copy_from_slice(len.as_bytes());
        assert!(matches!(walk(&image), Err(Error::Malformed(_))));
    }
}

#[test]
fn an_image_of_a_failed_checkpoint_says_so() {
    let mut parts = minimal();
    parts.truncate(9);
    parts.push(Part {
        kind: Kind::ERROR,
        body: Vec::new(),
        contents: 0..0,
    });
    parts.push(Part::string("[err -16] not frozen"));
    match walk(&join(&parts)) {
        Err(Error::Malformed(malformed)) => assert_eq!(malformed.problem, Problem::Failed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_objref_is_neither_zero_nor_over_the_limit() {
    assert!(Objref::new(0).is_none());
    assert!(Objref::new(limits::OBJREF + 1).is_none());
    assert_eq!(Objref::new(limits::OBJREF).unwrap().get(), limits::OBJREF);
}

#[test]
fn kinds_stand_in_order_and_have_names() {
    assert!(Kind::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(Kind::ALL.iter().all(|kind| kind.name() != "?"));
    assert_eq!(Kind(12345).name(), "?");
}

/// A root with a thread and a child; a session that the child leads, with a nested pid namespace below
/// it; a ghost that holds the number of a process group.
fn tree_of_six() -> Vec<TreeEntry> {
    let entry = |pid: i32, place: u32, parent: u32| TreeEntry {
        pid,
        parent,
        leader: place,
        group: OUTSIDE,
        session: OUTSIDE,
        mm: place,
        sighand: place,
        pidns: OUTSIDE,
        children_pidns: OUTSIDE,
        ..TreeEntry::new_zeroed()
    };
    let root = entry(10, 0, OUTSIDE);
    let thread = TreeEntry { pid: 11, ..root };
    let leads = TreeEntry {
        group: 2,
        session: 2,
        ..entry(12, 2, 1)
    };
    let init = TreeEntry {
        group: 5,
        session: 2,
        pidns: 3,
        children_pidns: 3,
        depth: 1,
        ..entry(13, 3, 2)
    };
    let zombie = TreeEntry {
        flags: tree_flag::DEAD,
        ..entry(14, 4, 0)
    };
    let ghost = TreeEntry {
        group: 5,
        session: 2,
        flags: tree_flag::GHOST,
        ..entry(15, 5, 0)
    };
    Vec::from([root, thread, leads, init, zombie, ghost])
}

#[test]
fn a_tree_that_agrees_with_itself_is_taken() {
    assert_eq!(crate::tree::problem(&tree_of_six(), 5), None);
}

#[test]
fn a_tree_that_contradicts_itself_is_refused() {
    type Case = (usize, fn(&mut TreeEntry), &'static str);
    let cases: [Case; 20] = [
        (0, |e| e.pid = 0, "pid out of range"),
        (2, |e| e.flags = 1 << 9, "unknown flags"),
        (3, |e| e.flags = tree_flag::GHOST, "ghost among the tasks"),
        (5, |e| e.flags = 0, "task among the ghosts"),
        (2, |e| e.leader = 3, "leader of a thread group"),
        (2, |e| e.leader = 1, "does not lead itself"),
        (1, |e| e.session = 2, "than its leader"),
        (1, |e| e.flags = tree_flag::DEAD, "thread that is dead"),
        (2, |e| e.parent = OUTSIDE, "parent outside"),
        (0, |e| e.parent = 0, "parent outside"),
        (2, |e| e.parent = 3, "not there before its child"),
        (3, |e| e.parent = 3, "not there before its child"),
        (2, |e| e.session = 3, "session that its leader is not in"),
        (2, |e| e.group = 5, "leader of a session in another"),
        (3, |e| e.group = 0, "process group outside of its session"),
        (3, |e| e.group = 99, "process group outside of its session"),
        (2, |e| e.mm = 3, "not there before"),
        (2, |e| e.sighand = 0, "does not take part"),
        (3, |e| e.depth = 2, "pid namespace"),
        (2, |e| e.children_pidns = 0, "pid namespace for children"),
    ];
    for (place, change, wanted) in cases {
        let mut entries = tree_of_six();
        change(&mut entries[place]);
        let (_, what) = crate::tree::problem(&entries, 5).unwrap();
        assert!(what.contains(wanted), "{place}: {what}, wanted {wanted}");
    }
}

#[test]
fn a_thread_stands_behind_its_process() {
    let mut entries = tree_of_six();
    entries[4] = TreeEntry {
        pid: 14,
        ..entries[0]
    };
    let (at, what) = crate::tree::problem(&entries, 5).unwrap();
    assert_eq!(
        (at, what),
        (4, "thread that does not stand behind its process")
    );
}
