// SPDX-License-Identifier: GPL-2.0-only

//! Damage to the frame: lengths, order, references, totals.

use std::{
    collections::BTreeSet,
    mem::offset_of, //
};

use ckpt_image::{
    record::{
        Container,
        Contents,
        Cred,
        FileNode,
        FileTable,
        Fs,
        Header,
        HeaderArch,
        Index,
        IndexEntry,
        InotifyWatch,
        Mm,
        Pipe,
        Tail,
        TaskCreds,
        TaskObjs,
        Tree,
        TreeEntry,
        Tty,
        Vma, //
    },
    testing::{
        boundaries,
        close,
        index as index_records,
        index_of,
        join,
        seal,
        Part, //
    },
    Kind,
    HDR_SIZE, //
};

use super::row::{
    fields, fields_where, images, parts, payload_where, put, Row,
    Wanted::{
        Either,
        Refused,
        Restored, //
    },
};

/// An objref that nothing has.
const NOBODY: u32 = 1 << 23;

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = whole();
    rows.extend(header());
    rows.extend(restarters());
    rows.extend(lengths());
    rows.extend(order());
    rows.extend(references());
    rows.extend(index());
    rows.extend(tail());
    rows
}

fn whole() -> Vec<Row> {
    vec![
        images("unchanged", Restored, |good| vec![seal(good)]),
        images("truncated_between_records", Refused, |good| {
            let image = seal(good);
            let mut cuts = boundaries(&image);
            // The last is the end itself.
            cuts.pop();
            cuts.into_iter().map(|cut| image[..cut].to_vec()).collect()
        }),
        images("truncated_in_records", Refused, |good| {
            let image = seal(good);
            let mut cuts = Vec::new();
            // In the prefix, in the middle and before the last byte, by turns.
            for (number, pair) in boundaries(&image).windows(2).enumerate() {
                cuts.push(match number % 3 {
                    0 => pair[0] + 4,
                    1 => (pair[0] + HDR_SIZE + pair[1]) / 2,
                    _ => pair[1] - 1,
                });
            }
            cuts.into_iter().map(|cut| image[..cut].to_vec()).collect()
        }),
        images("not_an_image", Refused, |_| {
            let noise = (0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
            vec![
                b"#!/bin/sh\necho this is not an image\n".repeat(20),
                vec![0; 100_000],
                vec![0xff; 100_000],
                noise.collect(),
            ]
        }),
        images("swapped_bytes", Refused, |good| {
            let image = seal(good);
            let words = image
                .chunks(4)
                .map(|word| word.iter().rev().copied().collect::<Vec<_>>());
            vec![words.flatten().collect()]
        }),
        images("behind_the_end", Either, |good| {
            let mut image = seal(good);
            image.extend_from_slice(&[0xaa; 5000]);
            vec![image]
        }),
    ]
}

fn header() -> Vec<Row> {
    vec![
        fields::<Header>(
            "magic",
            Refused,
            &[
                |header| header.magic ^= 1,
                |header| header.magic = 0,
                |header| header.magic = ckpt_image::TAIL_MAGIC,
            ],
        ),
        fields::<Header>(
            "format",
            Refused,
            &[
                |header| header.format += 1,
                |header| header.format -= 1,
                |header| header.format = 0,
            ],
        ),
        fields::<Header>(
            "architecture",
            Refused,
            &[|header| header.arch = 1, |header| header.arch = u32::MAX],
        ),
        fields::<Header>(
            "incompatible_feature",
            Refused,
            &[
                |header| header.incompat |= 1,
                |header| header.incompat |= 1 << 63,
                |header| header.incompat = u64::MAX,
            ],
        ),
        fields::<Header>(
            "compatible_feature",
            Restored,
            &[|header| header.compat |= 1 << 40],
        ),
        fields::<Header>(
            "page_size",
            Refused,
            &[
                |header| header.page_size = 0,
                |header| header.page_size = 16384,
            ],
        ),
        fields::<Header>(
            "constants",
            Refused,
            &[
                |header| header.nr_signals = 65,
                |header| header.nr_rlimits = 17,
            ],
        ),
        fields::<Header>(
            "clocks",
            Refused,
            &[
                |header| header.monotonic = -1,
                |header| header.monotonic = i64::MIN,
                |header| header.boottime = -1,
                |header| header.boottime = i64::MIN,
            ],
        ),
        // What no clock can be set to, or what it is long past.
        fields::<Header>(
            "clocks_elsewhere",
            Either,
            &[
                |header| header.monotonic = i64::MAX,
                |header| header.boottime = i64::MAX,
                |header| header.monotonic = i64::MAX / 2,
                |header| (header.monotonic, header.boottime) = (0, 0),
                |header| header.realtime = i64::MIN,
                |header| header.realtime = i64::MAX,
            ],
        ),
        fields::<HeaderArch>(
            "vdso",
            Refused,
            &[
                |arch| arch.vdso_crc ^= 1,
                |arch| arch.vdso_len += 4096,
                |arch| arch.vvar_len = 0,
            ],
        ),
        fields::<HeaderArch>(
            "cpu_features",
            Refused,
            &[
                |arch| arch.xfeatures |= 1 << 62,
                |arch| arch.xfeatures = u64::MAX,
            ],
        ),
        fields::<Container>(
            "container",
            Refused,
            &[
                |container| container.root = 1,
                |container| container.root = u32::MAX,
                |container| container.flags |= 1 << 31,
            ],
        ),
        payload_where::<Tree>(
            "tree_entry",
            Refused,
            |_| true,
            0,
            &[
                |entry| put(entry, 0, 0i32.to_ne_bytes()),
                |entry| put(entry, 0, (-1i32).to_ne_bytes()),
                |entry| put(entry, 0, i32::MAX.to_ne_bytes()),
                |entry| put(entry, 8, (-1i32).to_ne_bytes()),
                |entry| entry.truncate(size_of::<TreeEntry>() - 8),
            ],
        ),
    ]
}

/// What would be in the image and is the restarter's so far.
fn restarters() -> Vec<Row> {
    vec![
        fields::<Container>(
            "namespaces_and_mounts_of_image",
            Refused,
            &[
                |container| container.nr_namespaces = 1,
                |container| container.nr_mounts = 1,
                |container| container.nr_cgroups = u32::MAX,
            ],
        ),
        payload_where::<Tree>(
            "namespaces_of_task",
            Refused,
            |_| true,
            0,
            &[
                |entry| put(entry, offset_of!(TreeEntry, namespaces), 1u32.to_ne_bytes()),
                |entry| put(entry, offset_of!(TreeEntry, cgroup), 1u32.to_ne_bytes()),
                |entry| put(entry, offset_of!(TreeEntry, cgroup), NOBODY.to_ne_bytes()),
            ],
        ),
        fields::<Cred>(
            "namespace_of_credentials",
            Refused,
            &[|cred| cred.userns = 1, |cred| cred.userns = u32::MAX],
        ),
        fields::<FileNode>(
            "mount_of_file",
            Refused,
            &[
                |node| node.mount = 1,
                |node| node.mount = NOBODY,
                |node| node.mount = u32::MAX,
            ],
        ),
        fields::<Pipe>("mount_of_pipe", Refused, &[|pipe| pipe.mount = 1]),
        fields::<Contents>("mount_of_contents", Refused, &[|body| body.mount = 1]),
        fields::<Tty>("mount_of_terminal", Refused, &[|tty| tty.mount = 1]),
        fields::<InotifyWatch>("mount_of_watch", Refused, &[|watch| watch.mount = 1]),
        fields::<Fs>(
            "mounts_of_directories",
            Refused,
            &[
                |directories| directories.root_mount = 1,
                |directories| directories.pwd_mount = 1,
                |directories| directories.pwd_mount = NOBODY,
            ],
        ),
    ]
}

fn lengths() -> Vec<Row> {
    // The length of the first record of each kind is replaced.
    let lengths = |name, change: fn(u32) -> u32| {
        images(name, Refused, move |good| {
            let image = seal(good);
            let mut kinds = BTreeSet::new();
            let mut made = Vec::new();
            for (part, at) in good.iter().zip(boundaries(&image)) {
                let length = part.size() as u32;
                let changed = change(length);
                if changed != length && kinds.insert(part.kind) {
                    let mut image = image.clone();
                    put(&mut image, at + 4, changed.to_ne_bytes());
                    made.push(image);
                }
            }
            made
        })
    };
    vec![
        lengths("length_zero", |_| 0),
        lengths("length_of_prefix", |_| 8),
        lengths("length_short", |length| length - 8),
        lengths("length_long", |length| length + 8),
        lengths("length_odd", |length| length + 4),
        lengths("length_uneven", |length| length | 1),
        lengths("length_huge", |_| 0x7fff_fff8),
        lengths("length_largest", |_| 0xffff_fff8),
        lengths("length_all_ones", |_| u32::MAX),
        parts("grown_with_zeros", Restored, |good| {
            let mut grown = good.to_vec();
            for part in grown.iter_mut().filter(|part| is_plain(part.kind)) {
                part.body.extend_from_slice(&[0; 16]);
            }
            vec![grown]
        }),
        parts("grown_with_something", Refused, |good| {
            // The first of each kind.
            let mut kinds = BTreeSet::new();
            let plain = |at: &usize| is_plain(good[*at].kind) && kinds.insert(good[*at].kind);
            (0..good.len())
                .filter(plain)
                .map(|at| {
                    let mut parts = good.to_vec();
                    parts[at].body.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, 0]);
                    parts
                })
                .collect()
        }),
        parts("grown_too_far", Refused, |good| {
            let mut grown = good.to_vec();
            grown[0].body.resize(8192, 0);
            vec![grown]
        }),
        // The inner length of a payload says something else than the record's.
        images("payload_length", Refused, |good| {
            let image = seal(good);
            let mut made = Vec::new();
            for (part, at) in good.iter().zip(boundaries(&image)) {
                if part.kind != Kind::STRING && part.kind != Kind::BUFFER {
                    continue;
                }
                let length = part.body.len() as u64 - 8;
                for wrong in [length + 1, length.wrapping_sub(8), u64::MAX, 1 << 32] {
                    let mut image = image.clone();
                    put(&mut image, at + HDR_SIZE, wrong.to_ne_bytes());
                    made.push(image);
                }
            }
            // They are many and all alike.
            made.into_iter().step_by(3).collect()
        }),
    ]
}

/// Records of fixed size, which may grow.
fn is_plain(kind: Kind) -> bool {
    ![Kind::STRING, Kind::BUFFER, Kind::PAGES].contains(&kind)
}

fn order() -> Vec<Row> {
    vec![
        parts("dropped_record", Refused, |good| {
            (0..good.len())
                // A file without an owner for signals is a file, too.
                .filter(|at| good[*at].kind != Kind::OWNER)
                .map(|at| {
                    let mut parts = good.to_vec();
                    parts.remove(at);
                    parts
                })
                .collect()
        }),
        parts("doubled_record", Refused, |good| {
            (0..good.len())
                .map(|at| {
                    let mut parts = good.to_vec();
                    parts.insert(at, good[at].clone());
                    parts
                })
                .collect()
        }),
        parts("swapped_records", Refused, |good| {
            // An owner may be that of the next file.
            let fits = |at: usize| (good[at - 1].kind, good[at].kind) == (Kind::OWNER, Kind::FILE);
            (1..good.len())
                .filter(|at| good[*at].kind != good[at - 1].kind && !fits(*at))
                .map(|at| {
                    let mut parts = good.to_vec();
                    parts.swap(at, at - 1);
                    parts
                })
                .collect()
        }),
        parts("unknown_record", Refused, |good| {
            [0, 9000, u32::MAX]
                .into_iter()
                .map(|number| {
                    let mut parts = good.to_vec();
                    parts[good.len() / 2].kind = Kind(number);
                    parts
                })
                .collect()
        }),
        parts("error_record", Refused, |good| {
            let error = Part {
                kind: Kind::ERROR,
                body: Vec::new(),
                contents: 0..0,
            };
            [1, good.len() / 2, good.len()]
                .into_iter()
                .map(|at| {
                    let mut parts = good[..at].to_vec();
                    parts.extend([error.clone(), Part::string("\u{1}made up")]);
                    parts.extend_from_slice(&good[at..]);
                    parts
                })
                .collect()
        }),
    ]
}

fn references() -> Vec<Row> {
    vec![
        fields::<FileTable>(
            "objref_of_table",
            Refused,
            &[
                |table| table.objref = 0,
                |table| table.objref = u32::MAX,
                |table| table.objref = 1,
            ],
        ),
        payload_where::<FileTable>(
            "objref_of_file",
            Refused,
            |_| true,
            0,
            &[
                |table| put(table, 4, 0u32.to_ne_bytes()),
                |table| put(table, 4, NOBODY.to_ne_bytes()),
                |table| put(table, 4, u32::MAX.to_ne_bytes()),
            ],
        ),
        fields::<Mm>(
            "objref_of_mm",
            Refused,
            &[
                |mm| mm.objref = 0,
                |mm| mm.objref = 1,
                |mm| mm.objref = u32::MAX,
            ],
        ),
        fields::<Mm>(
            "objref_of_exe",
            Refused,
            &[
                |mm| mm.exe = 0,
                |mm| mm.exe = NOBODY,
                |mm| mm.exe = mm.objref,
            ],
        ),
        fields_where::<Vma>(
            "objref_of_mapping",
            Refused,
            |vma| vma.file != 0,
            &[
                |vma| vma.file = 0,
                |vma| vma.file = NOBODY,
                |vma| vma.file = u32::MAX,
            ],
        ),
        fields::<TaskObjs>(
            "objrefs_of_task",
            Refused,
            &[
                |task| task.files = 0,
                |task| task.mm = NOBODY,
                |task| task.fs = u32::MAX,
                |task| task.sighand = task.signal,
                |task| task.signal = task.mm,
                |task| task.mm = task.files,
                |task| task.files = task.fs,
            ],
        ),
        fields::<TaskCreds>(
            "objrefs_of_credentials",
            Refused,
            &[
                |creds| creds.real = 0,
                |creds| creds.effective = NOBODY,
                |creds| creds.real = u32::MAX,
            ],
        ),
        fields::<Cred>(
            "objref_of_cred",
            Refused,
            &[|cred| cred.objref = 0, |cred| cred.objref = u32::MAX],
        ),
    ]
}

fn index() -> Vec<Row> {
    // The index is another one; TAIL agrees with it.
    let entries = |name, changes: &'static [fn(&mut Vec<IndexEntry>)]| {
        images(name, Refused, move |good| {
            let change = |change: &fn(&mut Vec<IndexEntry>)| {
                let mut entries = index_of(good);
                change(&mut entries);
                close(&[good, &index_records(&entries)].concat())
            };
            changes.iter().map(change).collect()
        })
    };
    let records = |name, wanted, change: fn(&mut Vec<Part>)| {
        images(name, wanted, move |good| {
            let mut index = index_records(&index_of(good));
            change(&mut index);
            vec![close(&[good, &index].concat())]
        })
    };
    vec![
        entries(
            "index_entries",
            &[
                |entries| entries[0].kind = Kind::TASK.0,
                |entries| entries[1].kind = 0,
                |entries| entries[1].id = 1,
                |entries| entries[2].id += 1,
                |entries| entries[2].id = u32::MAX,
                |entries| entries[0].offset = 8,
                |entries| entries[5].offset = u64::MAX,
                |entries| entries[5].len = 0,
                |entries| entries[5].len = u64::MAX,
                |entries| entries[6].checksum ^= 1 << 31,
                |entries| entries[6].reserved = 1,
            ],
        ),
        entries(
            "index_order",
            &[
                |entries| entries.swap(3, 4),
                |entries| entries.reverse(),
                |entries| {
                    entries.remove(0);
                },
                |entries| {
                    entries.pop();
                },
                |entries| entries.push(entries[0]),
                // Far more than there are stretches: what comes is not kept.
                |entries| entries.resize(100_000, entries[1]),
            ],
        ),
        images("index_missing", Refused, |good| vec![close(good)]),
        records("index_empty", Refused, |index| {
            *index = empty_index().into();
        }),
        records("index_empty_before_others", Refused, |index| {
            index.splice(0..0, empty_index());
        }),
        records("index_twice", Refused, |index| index.extend(index.clone())),
        records("index_counts_more", Refused, |index| {
            index[0].change::<Index>(|index| index.nr_entries += 1);
        }),
        records("index_counts_too_many", Refused, |index| {
            index[0].change::<Index>(|index| index.nr_entries = u32::MAX);
        }),
        records("index_reserved", Refused, |index| {
            index[0].change::<Index>(|index| index.reserved = 1);
        }),
        records("index_grown_with_zeros", Restored, |index| {
            index[0].body.extend([0; 16]);
        }),
        records("index_grown_with_something", Refused, |index| {
            index[0].body.extend([0, 0, 1, 0, 0, 0, 0, 0]);
        }),
        // Each record of the index has as many entries as it may, but the last.
        images("index_in_pieces", Refused, |good| {
            let entries = index_of(good);
            let (first, second) = entries.split_at(3);
            let (first, second) = (index_records(first), index_records(second));
            vec![close(&[good, &first, &second].concat())]
        }),
        // Something more between the index and TAIL, and a section behind the index.
        images("behind_the_index", Refused, |good| {
            let index = index_records(&index_of(good));
            let (last, before) = good.split_last().map_or((&[][..], good), |(last, before)| {
                (std::slice::from_ref(last), before)
            });
            vec![
                close(&[good, &index, last].concat()),
                close(&[before, &index, last].concat()),
            ]
        }),
    ]
}

/// A record of the index that has no entries.
fn empty_index() -> [Part; 2] {
    let index = Index {
        nr_entries: 0,
        reserved: 0,
    };
    [Part::of(&index), Part::buffer::<IndexEntry>(&[])]
}

fn tail() -> Vec<Row> {
    let tails = |name, changes: &'static [fn(&mut Tail)]| {
        images(name, Refused, move |good| {
            let sealed = ckpt_image::testing::split(&seal(good));
            changes
                .iter()
                .map(|change| {
                    let mut parts = sealed.clone();
                    if let Some(tail) = parts.last_mut() {
                        tail.change::<Tail>(change);
                    }
                    join(&parts)
                })
                .collect()
        })
    };
    vec![
        tails("tail_magic", &[|tail| tail.magic ^= 1 << 40]),
        tails(
            "tail_bytes",
            &[|tail| tail.bytes += 8, |tail| tail.bytes = 0],
        ),
        tails("tail_records", &[|tail| tail.records -= 1]),
        tails("tail_pages", &[|tail| tail.pages += 1]),
        tails(
            "tail_index",
            &[
                |tail| tail.index += 8,
                |tail| tail.index = 0,
                |tail| tail.index = u64::MAX,
            ],
        ),
        tails("tail_reserved", &[|tail| tail.reserved = 1]),
        tails(
            "tail_checksum",
            &[|tail| tail.checksum ^= 1, |tail| tail.checksum = 0],
        ),
        images("tail_missing", Refused, |good| vec![join(good)]),
        // One bit in the middle, nothing made to agree.
        images("flipped_bit", Refused, |good| {
            let image = seal(good);
            let at = boundaries(&image)[1] + HDR_SIZE + 9;
            let mut flipped = image.clone();
            flipped[at] ^= 0x01;
            vec![flipped]
        }),
    ]
}
