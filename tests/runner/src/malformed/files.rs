// SPDX-License-Identifier: GPL-2.0-only

//! Descriptor tables, files and paths that cannot be.

use ckpt_image::record::{
    contents_kind,
    file_kind,
    lock_kind,
    Contents,
    File,
    FileLock,
    FileNode,
    FileTable,
    Fs, //
};

use super::row::{
    fields, fields_behind, fields_where, parts, payload_where, position, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

const O_RDWR: u32 = 2;
const O_PATH: u32 = 0o10_000_000;

/// The file that the target has written.
fn is_data(file: &File) -> bool {
    file.kind == file_kind::REGULAR && file.flags & 0o3 == O_RDWR
}

fn is_device(file: &File) -> bool {
    file.kind == file_kind::CHARDEV
}

fn is_directory(file: &File) -> bool {
    file.kind == file_kind::DIRECTORY
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = files();
    rows.extend(paths());
    rows
}

fn files() -> Vec<Row> {
    vec![
        // Numbers are in ascending order, each times two.
        payload_where::<FileTable>(
            "descriptor_number",
            Refused,
            |_| true,
            0,
            &[
                |table| put(table, 0, u32::MAX.to_ne_bytes()),
                |table| put(table, 0, (1u32 << 31).to_ne_bytes()),
                |table| put(table, 0, (ckpt_image::limits::FDS << 1).to_ne_bytes()),
                |table| table.truncate(table.len() - 8),
                |table| table.extend_from_slice(&[0; 8]),
            ],
        ),
        payload_where::<FileTable>(
            "descriptor_twice",
            Refused,
            |_| true,
            0,
            &[|table| table.copy_within(8..12, 0)],
        ),
        fields_where::<File>(
            "file_kind",
            Refused,
            is_data,
            &[
                |file| file.kind = 0,
                |file| file.kind = 77,
                |file| file.kind = file_kind::DIRECTORY,
                |file| file.kind = file_kind::CHARDEV,
                |file| file.kind = file_kind::EXTERNAL,
            ],
        ),
        fields_where::<File>(
            "directory_as_file",
            Refused,
            is_directory,
            &[|file| file.kind = file_kind::REGULAR],
        ),
        fields_where::<File>(
            "device_as_file",
            Refused,
            is_device,
            &[|file| file.kind = file_kind::REGULAR, |file| file.marks = 0],
        ),
        fields_behind::<File, FileNode>(
            "device_number",
            Refused,
            is_device,
            1,
            &[|node| node.rdev_minor += 1, |node| node.rdev_major = 10],
        ),
        // O_CREAT, O_EXCL, O_TRUNC, O_TMPFILE, FASYNC, nonsense: the file must not suffer.
        fields_where::<File>(
            "open_flags",
            Refused,
            is_data,
            &[
                |file| file.flags |= 0o100,
                |file| file.flags |= 0o200,
                |file| file.flags |= 0o1000,
                |file| file.flags |= 0o20_200_000,
                |file| file.flags |= 0o20000,
                |file| file.flags |= 3,
                |file| file.flags = u32::MAX,
            ],
        ),
        fields_behind::<File, FileNode>(
            "file_checks",
            Refused,
            is_data,
            1,
            &[
                |node| node.size = 1 << 40,
                |node| node.mtime = 12345,
                |node| node.mtime_nsec = u32::MAX,
                |node| node.mode = 0o040755,
            ],
        ),
        fields_where::<File>(
            "file_marks",
            Refused,
            is_data,
            &[
                |file| file.marks = u16::MAX,
                // What it is open on is told, but not announced.
                |file| file.marks = 0,
            ],
        ),
        fields_behind::<File, FileNode>(
            "file_position",
            Refused,
            is_data,
            1,
            &[|node| node.position = -1, |node| node.position = i64::MIN],
        ),
        // A mere place is not open for a lock, whatever the kind.
        parts("lock_of_a_place", Refused, |good| {
            let place = good
                .iter()
                .filter_map(|part| part.get::<File>())
                .find(|file| file.flags & O_PATH != 0);
            let (Some(place), Some(at)) = (place, position(good, |_: &FileLock| true)) else {
                return Vec::new();
            };
            (lock_kind::POSIX..=lock_kind::LEASE)
                .flat_map(|kind| [(kind, 0), (kind, 1)])
                .map(|(kind, exclusive)| {
                    let mut parts = good.to_vec();
                    parts[at].change::<FileLock>(|lock| {
                        (lock.file, lock.kind) = (place.objref, kind);
                        lock.exclusive = exclusive;
                    });
                    parts
                })
                .collect()
        }),
        fields::<FileLock>(
            "lock",
            Refused,
            &[
                |lock| lock.kind = 0,
                |lock| lock.kind = 9,
                |lock| lock.exclusive = 2,
                |lock| lock.fd = 1,
                |lock| (lock.kind, lock.fd) = (4, u32::MAX),
                |lock| lock.start = -1,
                |lock| (lock.start, lock.end) = (10, 5),
                |lock| lock.file = 0,
                |lock| lock.file = 1 << 23,
            ],
        ),
        fields::<Fs>(
            "umask",
            Refused,
            &[|fs| fs.umask = 0o7777, |fs| fs.umask = u32::MAX],
        ),
        // Neither a file is a directory nor what is not there; nor are contents of a file.
        fields::<Fs>(
            "deleted_directories",
            Refused,
            &[
                |fs| fs.root = 1,
                |fs| fs.pwd = 1,
                |fs| fs.root = fs.objref,
                |fs| fs.pwd = u32::MAX,
            ],
        ),
        parts("contents_as_directory", Refused, |good| {
            let contents = good.iter().filter_map(|part| part.get::<Contents>());
            let with = |contents: Contents| {
                let mut parts = good.to_vec();
                for part in &mut parts {
                    part.change::<Fs>(|fs| fs.pwd = contents.objref);
                }
                parts
            };
            contents
                .filter(|contents| contents.kind != contents_kind::DIRECTORY)
                .map(with)
                .collect()
        }),
        payload_where::<FileTable>(
            "descriptors_in_disorder",
            Refused,
            |_| true,
            0,
            &[|table| table.rotate_left(8)],
        ),
        fields::<FileTable>("table_reserved", Either, &[|table| table.reserved = 1]),
    ]
}

fn paths() -> Vec<Row> {
    vec![
        payload_where::<File>(
            "path",
            Refused,
            is_data,
            1,
            &[
                |path| path.clear(),
                |path| path.push(0),
                |path| path.splice(0..0, *b"\0/").for_each(drop),
                |path| path.extend_from_slice(b"-is-not-there"),
                |path| *path = b"/".to_vec(),
                |path| *path = b"/proc/self/mem".to_vec(),
                |path| *path = b"/dev/ckpt".to_vec(),
                |path| *path = b"/dev/zero".to_vec(),
                |path| *path = b"relative".to_vec(),
                |path| *path = [b"/".as_slice(), &[b'x'; 4093]].concat(),
                |path| path.resize(5000, b'x'),
            ],
        ),
        // Opening a FIFO would wait for somebody at the other end.
        parts("path_of_a_fifo", Refused, |good| {
            let Some(at) = position(good, is_data) else {
                return Vec::new();
            };
            let mut parts = good.to_vec();
            let fifo = super::fifo();
            parts[at + 2] = ckpt_image::testing::Part::string(&fifo.display().to_string());
            vec![parts]
        }),
        payload_where::<Fs>(
            "root_path",
            Refused,
            |_| true,
            0,
            &[
                |path| path.clear(),
                |path| *path = b"/is-not-there".to_vec(),
                |path| *path = b"/proc/self/exe".to_vec(),
            ],
        ),
        payload_where::<Fs>(
            "working_directory",
            Refused,
            |_| true,
            1,
            &[
                |path| path.clear(),
                |path| *path = b"/is-not-there".to_vec(),
                |path| *path = b"/proc/self/exe".to_vec(),
            ],
        ),
    ]
}
