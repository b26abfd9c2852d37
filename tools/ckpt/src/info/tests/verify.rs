// SPDX-License-Identifier: GPL-2.0-only

//! What "verified" means: every view makes the same checks, which are those of the module, in time and
//! memory that are linear in the length of the image.

use ckpt_image::{
    describe::{
        Field,
        Role, //
    },
    record::*,
    testing::{
        self,
        seal,
        Part, //
    },
    Kind,
    PAGE_SIZE, //
};
use zerocopy::{
    FromZeros,
    IntoBytes, //
};

use super::{
    super::{
        list,
        show,
        ListError,
        VIEWS, //
    },
    decoded,
    file,
    kept,
    text, //
};
use crate::info::{
    items::Items,
    stream::Stream, //
};

/// The failure of an image, or nothing when it is good.
fn refused(parts: &[Part]) -> Option<String> {
    let image = seal(parts);
    decoded(file(&image)).err().map(|failure| failure.message)
}

/// The failure of the list of its records.
fn refused_in_list(image: &[u8]) -> Option<String> {
    let mut items = Items::new(Stream::new(file(image)));
    let listed = list(&mut items, &mut std::io::sink(), false);
    listed.err().map(|error| match error {
        ListError::Read(error) => super::super::failure(&error, &mut items, "test").message,
        ListError::Print(error) => panic!("{error}"),
    })
}

fn position(parts: &[Part], kind: Kind) -> usize {
    parts.iter().position(|part| part.kind == kind).unwrap()
}

/// The fields of a record, or of the entries behind one, and where those begin in the body.
fn fields(parts: &[Part], at: usize) -> (&'static [Field], usize) {
    let (fields, starts) = testing::structures(parts, at);
    match starts.first() {
        Some(start) => (fields, *start),
        None => (&[], 0),
    }
}

#[test]
fn every_view_verifies_the_same() {
    let good = testing::minimal();
    let mut refusals = 0;
    for seed in 0..600 {
        let image = ckpt_mutate::mutate(seed, &good, &good).image;
        let whole = decoded(file(&image)).err().map(|failure| failure.message);
        assert_eq!(refused_in_list(&image), whole, "seed {seed}");
        refusals += u32::from(whole.is_some());
    }
    assert!(refusals > 200, "{refusals}");
}

#[test]
fn what_the_list_of_records_did_not_look_at_is_refused_there_too() {
    let mut parts = testing::minimal();
    let at = position(&parts, Kind::VMA);
    parts[at].change::<Vma>(|vma| vma.nr_pages = 1);
    let message = refused_in_list(&seal(&parts)).unwrap();
    assert!(
        message.contains("pages of a mapping are missing"),
        "{message}"
    );
}

#[test]
fn every_part_is_there_once_and_in_its_place() {
    for good in [testing::minimal(), testing::processes(2)] {
        assert_eq!(refused(&good), None);
        for at in 0..good.len() {
            let what = good[at].kind.name();
            let mut parts = good.clone();
            let taken = parts.remove(at);
            assert!(refused(&parts).is_some(), "{what} ({at}) is missing");
            parts.insert(at, taken.clone());
            parts.insert(at, taken);
            assert!(refused(&parts).is_some(), "{what} ({at}) is there twice");
            let mut parts = good.clone();
            if at + 1 < parts.len() && parts[at] != parts[at + 1] {
                parts.swap(at, at + 1);
                let is_the_same = refused(&parts).is_none();
                // Only texts may be in any order.
                let texts = parts[at].kind == Kind::STRING && parts[at + 1].kind == Kind::STRING;
                assert!(!is_the_same || texts, "{what} ({at}) is behind the next");
            }
        }
    }
}

#[test]
fn a_dead_task_has_credentials_and_nothing_else() {
    let mut parts = testing::processes(2);
    let at = position(&parts, Kind::TREE) + 1;
    let entry = size_of::<TreeEntry>();
    let flags = 8 + entry + std::mem::offset_of!(TreeEntry, flags);
    parts[at].body[flags] = tree_flag::DEAD as u8;
    let task = parts.iter().rposition(|part| part.kind == Kind::TASK);
    let task = task.unwrap();
    parts[task].change::<Task>(|task| task.state = task_state::ZOMBIE);
    let is_kept = |part: &Part| matches!(part.kind, Kind::CRED | Kind::TASK_CREDS);
    let mut own = parts.split_off(task);
    let mut kept: Vec<Part> = own.drain(..2).collect();
    let cred = own.iter().position(|part| part.kind == Kind::CRED).unwrap();
    kept.extend(own[cred..cred + 3].iter().cloned());
    assert!(is_kept(&kept[2]) && is_kept(&kept[4]));
    let dead = [&parts[..], &kept].concat();
    assert_eq!(refused(&dead), None);
    assert!(refused(&[&parts[..], &kept[..2]].concat())
        .unwrap()
        .contains("wanted (TASK_CREDS)"));
    let alive = [&parts[..], &kept[..2], &own].concat();
    assert!(refused(&alive).is_some());
}

#[test]
fn a_head_that_is_not_whole_is_named() {
    for kind in [Kind::HEADER_ARCH, Kind::CONTAINER, Kind::TREE] {
        let mut parts = testing::minimal();
        let at = position(&parts, kind);
        parts.remove(at);
        if parts[at].kind == Kind::BUFFER {
            parts.remove(at);
        }
        let message = refused(&parts).unwrap();
        let wanted = format!("wanted ({})", kind.name());
        assert!(message.contains(&wanted), "{message}");
    }
    let mut parts = testing::minimal();
    let at = position(&parts, Kind::TREE);
    let second = parts[at..at + 2].to_vec();
    parts.splice(at..at, second);
    let message = refused(&parts).unwrap();
    assert!(message.contains("wanted (TASK)"), "{message}");
}

#[test]
fn what_is_named_is_of_its_sort() {
    let good = testing::processes(2);
    let mut tried = 0;
    for at in 0..good.len() {
        let (fields, start) = fields(&good, at);
        for field in fields {
            let (Role::Object(kinds) | Role::Maybe(kinds)) = field.role else {
                continue;
            };
            let mut id = 0;
            for definer in &good {
                let own = testing::fields(definer.kind);
                if !own.iter().any(|field| matches!(field.role, Role::Id)) {
                    continue;
                }
                id += 1u32;
                let is_right = kinds.contains(&definer.kind);
                let is_there = good[at].body.len() >= start + field.offset + field.size;
                if is_right || !is_there {
                    continue;
                }
                let mut parts = good.clone();
                let place = start + field.offset;
                parts[at].body[place..place + 4].copy_from_slice(&id.to_ne_bytes());
                let message = refused(&parts).unwrap_or_default();
                assert!(
                    message.contains(&format!("bad object reference ({id})")),
                    "{} of {} named {}: {message}",
                    field.name,
                    good[at].kind.name(),
                    definer.kind.name()
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn what_tasks_share_is_what_the_tree_says() {
    let good = testing::processes(2);
    let at = good
        .iter()
        .rposition(|part| part.kind == Kind::TASK_OBJS)
        .unwrap();
    type Change = fn(&mut TaskObjs);
    let changes: [Change; 3] = [
        |objs| objs.mm = 7,
        |objs| objs.sighand = 9,
        |objs| objs.signal = 10,
    ];
    for change in changes {
        let mut parts = good.clone();
        parts[at].change(change);
        assert!(refused(&parts).unwrap().contains("bad object reference"));
    }
    let mut parts = good;
    parts[at].change::<TaskObjs>(|objs| (objs.files, objs.fs) = (5, 8));
    assert_eq!(refused(&parts), None);
}

#[test]
fn places_are_those_of_the_tree() {
    let pidfd = |place| {
        let mut parts = testing::minimal();
        let at = position(&parts, Kind::FILE);
        let head = File {
            objref: 3,
            kind: file_kind::PIDFD,
            marks: 0,
            flags: 0,
            object: 0,
        };
        let pidfd = PidFd { place, flags: 0 };
        parts.splice(at..at + 3, [Part::of(&head), Part::of(&pidfd)]);
        refused(&parts)
    };
    assert_eq!(pidfd(0), None);
    assert!(pidfd(1).unwrap().contains("place"));
    assert!(pidfd(OUTSIDE).unwrap().contains("place"));
}

#[test]
fn a_run_of_pages_lies_in_one_mapping() {
    let with = |runs: &[(u64, u32)]| {
        let mut parts = testing::minimal();
        let heap = 2 + position(&parts, Kind::VMA);
        let vma: Vma = parts[heap].get().unwrap();
        let next = Vma {
            start: vma.end,
            end: vma.end + 2 * PAGE_SIZE,
            nr_pages: 1,
            ..vma
        };
        parts[heap].change::<Vma>(|vma| vma.nr_guards = 0);
        parts.splice(
            heap + 1..heap + 3,
            [Part::of(&Vma {
                nr_guards: 0,
                ..next
            })],
        );
        let mm = position(&parts, Kind::MM);
        parts[mm].change::<Mm>(|mm| {
            mm.nr_vmas += 1;
            mm.nr_pages += 1;
        });
        let at = position(&parts, Kind::PAGES);
        let all: Vec<Run> = runs
            .iter()
            .map(|(pages, nr_pages)| Run {
                address: vma.end.wrapping_add(pages.wrapping_mul(PAGE_SIZE)),
                nr_pages: *nr_pages,
                flags: 0,
            })
            .collect();
        let stack = Run {
            address: 0x7fff_ffde_1000,
            nr_pages: 1,
            flags: 0,
        };
        let data = Run {
            address: 0x60_0000,
            ..stack
        };
        parts[at] = testing::pages(&[&[data], &all[..], &[stack]].concat());
        refused(&parts)
    };
    let before = u64::MAX;
    assert_eq!(with(&[(before, 1), (0, 1)]), None);
    let message = with(&[(before, 2)]).unwrap();
    assert!(message.contains("outside of its mapping"), "{message}");
}

#[test]
fn pages_that_only_the_base_has_are_not_missing() {
    let mut parts = testing::processes(2);
    let mm = parts.iter().rposition(|part| part.kind == Kind::MM);
    let mm = mm.unwrap();
    let run = |flags| Run {
        address: 0x7fff_ffde_0000,
        nr_pages: 1,
        flags,
    };
    let shared = |flags| {
        let head = PagesShared {
            nr_runs: 1,
            reserved: 0,
        };
        [Part::of(&head), Part::buffer(&[run(flags)])]
    };
    let stack = parts
        .iter()
        .rposition(|part| part.get::<Vma>().is_some_and(|vma| vma.nr_pages == 1));
    let behind = stack.unwrap() + 1;
    parts.splice(behind..behind, shared(run_flag::DROPPED));
    assert!(refused(&parts).unwrap().contains("no base"));
    parts[mm].change::<Mm>(|mm| mm.base = 7);
    assert_eq!(refused(&parts), None);
    // A record that was not announced, and one of an unknown kind.
    parts.splice(behind..behind + 2, shared(0));
    assert!(refused(&parts).is_some());
    parts.splice(behind..behind + 2, shared(2));
    assert!(refused(&parts).is_some());
}

#[test]
fn unknown_bits_and_values_are_refused() {
    let mut tried = 0;
    let good = testing::minimal();
    for at in 0..good.len() {
        let (fields, start) = fields(&good, at);
        for field in fields {
            if !matches!(field.role, Role::Flags(_) | Role::OneOf(_)) {
                continue;
            }
            let place = start + field.offset + field.size - 1;
            if place >= good[at].body.len() {
                continue;
            }
            let mut parts = good.clone();
            parts[at].body[place] |= 0x40;
            let message = refused(&parts).unwrap_or_default();
            assert!(message.contains("unknown"), "{}: {message}", field.name);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn a_queue_of_signals_comes_once_and_whole() {
    let mut parts = testing::minimal();
    let at = parts.len() - 2;
    let queue = parts[at..].to_vec();
    parts.extend(queue);
    assert!(refused(&parts).unwrap().contains("wanted (INDEX)"));
    let mut parts = testing::minimal();
    let infos = vec![
        SigInfo {
            signo: 12,
            code: -1,
            ..SigInfo::new_zeroed()
        };
        65_536
    ];
    parts[at] = Part::of(&SigPending {
        pending: 1 << 11 | 1,
        nr_entries: 65_536,
        reserved: 0,
    });
    parts[at + 1] = Part::buffer(&infos);
    assert_eq!(refused(&parts), None);
    parts[at].change::<SigPending>(|queue| queue.pending = 1);
    assert!(refused(&parts).unwrap().contains("not pending"));
}

#[test]
fn a_cut_image_tells_its_end_and_what_is_missing() {
    let image = seal(&testing::minimal());
    let ends = testing::boundaries(&image);
    let at = ends[ends.len() - 2];
    let message = |end: usize| {
        let failure = decoded(file(&image[..end])).unwrap_err();
        failure.message
    };
    assert_eq!(
        message(at),
        format!(
            "test: the image is not complete: it ends at byte {at}, where a record has to begin"
        )
    );
    assert!(message(at + 3).ends_with("3 bytes behind the beginning of a record"));
    assert!(message(at + 1).ends_with(" 1 byte behind the beginning of a record"));
    assert!(message(image.len() - 1).ends_with("of which 1 byte is missing"));
    assert_eq!(
        message(at + 20),
        format!(
            "test: the image is not complete: it ends at byte {}, TAIL at offset {at}, of which 36 \
             bytes are missing",
            at + 20
        )
    );
    let pages = testing::split(&image);
    let start: usize = pages
        .iter()
        .take_while(|part| part.kind != Kind::PAGES)
        .map(Part::size)
        .sum();
    let message = message(start + 5000);
    let missing = pages[position(&pages, Kind::PAGES)].size() - 5000;
    assert!(
        message.contains(&format!(
            "PAGES at offset {start}, of which {missing} bytes"
        )),
        "{message}"
    );
}

#[test]
fn no_view_is_much_longer_than_the_image() {
    let mut parts = testing::minimal();
    let at = position(&parts, Kind::FILE);
    let long = "x".repeat(4094);
    let inotify = |objref| {
        [
            Part::of(&File {
                objref,
                kind: file_kind::INOTIFY,
                marks: file_mark::NODE,
                flags: 0,
                object: 0,
            }),
            Part::of(&FileNode::new_zeroed()),
            Part::string(&format!("/{long}")),
            Part::of(&Inotify {
                nr_watches: 1,
                ..Inotify::new_zeroed()
            }),
            Part::of(&InotifyWatch {
                wd: 1,
                mask: 1,
                ..InotifyWatch::new_zeroed()
            }),
            Part::string(&format!("/{long}")),
        ]
    };
    parts.splice(at..at + 3, inotify(3));
    let at = position(&parts, Kind::FILE_TABLE);
    let many = 200_000;
    parts[at].change::<FileTable>(|table| table.nr_fds = many);
    let all: Vec<FileDesc> = (0..many).map(|fd| FileDesc::new(fd, true, 3)).collect();
    parts[at + 1] = Part::buffer(all.as_bytes());
    // And mappings of a file with a long path.
    let node = position(&parts, Kind::MM) - 1;
    parts[node] = Part::string(&format!("/{long}"));
    let mm = position(&parts, Kind::MM);
    let first: Vma = parts[mm + 2].get().unwrap();
    let low: Vec<Part> = (0..0x300u64)
        .map(|which| {
            Part::of(&Vma {
                start: 0x1000 * (which + 1),
                end: 0x1000 * (which + 2),
                ..first
            })
        })
        .collect();
    parts[mm].change::<Mm>(|mm| mm.nr_vmas += low.len() as u32);
    parts.splice(mm + 2..mm + 2, low);
    let image = seal(&parts);
    let (shown, records) = kept(file(&image)).unwrap();
    for args in VIEWS.iter() {
        let out = text(|out| show(out, args, &shown, &records, "-").unwrap());
        assert!(
            out.len() < 24 * image.len(),
            "{:?}: {} bytes of {}",
            args.view,
            out.len(),
            image.len()
        );
    }
    let mut items = Items::new(Stream::new(file(&image)));
    let out = text(|out| list(&mut items, out, false).map(|_| ()).unwrap_or_default());
    assert!(out.len() < 24 * image.len());
}
