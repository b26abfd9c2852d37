// SPDX-License-Identifier: GPL-2.0-only

//! Contents that cannot be: memfds, deleted files, shared memory.

use ckpt_image::record::{
    contents_flag,
    contents_kind,
    file_kind,
    Contents,
    File,
    FileNode,
    Pages, //
};

use super::row::{
    damaged_pages, fields, fields_behind, fields_where, parts, payload_where, position, put, Row,
    Wanted::{
        Either,
        Refused, //
    },
};

fn is_memfd(contents: &Contents) -> bool {
    contents.kind == contents_kind::MEMFD
}

fn is_deleted(contents: &Contents) -> bool {
    contents.kind == contents_kind::DELETED
}

fn is_memory(contents: &Contents) -> bool {
    contents.kind == contents_kind::MEMORY
}

/// All rows.
pub fn rows() -> Vec<Row> {
    vec![
        fields::<Contents>(
            "contents",
            Refused,
            &[
                |contents| contents.objref = 0,
                |contents| contents.objref += 1,
                |contents| contents.kind = 0,
                |contents| contents.kind = u32::MAX,
                |contents| contents.mode = 0,
                |contents| contents.mode |= 1 << 16,
                |contents| contents.mode = 0o040_755,
                |contents| contents.flags = u32::MAX,
                |contents| contents.seals = u32::MAX,
                |contents| contents.mtime_nsec = 1_000_000_000,
                |contents| contents.size = 0,
                |contents| contents.size = u64::MAX,
                |contents| contents.nr_pages = 0,
                |contents| contents.nr_pages += 1,
                |contents| contents.nr_pages = u64::MAX,
                |contents| contents.reserved = 1,
                |contents| contents.reserved2 = 1,
            ],
        ),
        fields_where::<Contents>(
            "deleted_file",
            Refused,
            is_deleted,
            &[
                |contents| contents.flags = contents_flag::NORESERVE,
                |contents| contents.seals = 1,
                // Neither file system here can have so long a file.
                |contents| contents.size = i64::MAX as u64 + 1,
            ],
        ),
        fields_where::<Contents>(
            "memfd",
            Refused,
            is_memfd,
            &[
                |contents| contents.flags = contents_flag::LINKABLE,
                |contents| contents.flags = contents_flag::NORESERVE,
                |contents| contents.seals |= 1 << 6,
            ],
        ),
        fields_where::<Contents>(
            "shared_memory",
            Refused,
            is_memory,
            &[
                |contents| contents.flags = contents_flag::LINKABLE,
                |contents| contents.seals = 1,
                // More than there can be.
                |contents| contents.size = i64::MAX as u64,
            ],
        ),
        fields_where::<Contents>(
            "deleted_directory",
            Refused,
            |contents| contents.kind == contents_kind::DIRECTORY,
            &[
                |contents| contents.size = 1,
                |contents| contents.nr_pages = 1,
                |contents| contents.mode ^= 0o140_000,
                |contents| contents.kind = contents_kind::DELETED,
                |contents| contents.kind = contents_kind::MEMFD,
                |contents| contents.flags = contents_flag::LINKABLE,
            ],
        ),
        parts("contents_of_pages", Refused, |good| {
            damaged_pages(good, position::<Contents>(good, |file| file.nr_pages > 0))
        }),
        // What anybody may ask of a file of his own.
        fields_where::<Contents>(
            "other_contents",
            Either,
            |_| true,
            &[
                |contents| contents.mode ^= 0o7777,
                |contents| contents.uid = 65534,
                |contents| contents.gid = u32::MAX,
                |contents| contents.mtime = i64::MAX,
                |contents| contents.mtime = i64::MIN,
                |contents| contents.kind = contents_kind::MEMFD,
                |contents| contents.kind = contents_kind::MEMORY,
                |contents| contents.size = i64::MAX as u64,
                |contents| contents.size -= 1,
            ],
        ),
        fields_where::<Contents>(
            "other_seals",
            Either,
            is_memfd,
            &[|memfd| memfd.seals = 0x3f],
        ),
        payload_where::<Contents>(
            "directory_of_deleted_file",
            Refused,
            is_deleted,
            0,
            &[
                |path| path.clear(),
                |path| *path = b"relative".to_vec(),
                |path| *path = b"/nowhere/at/all".to_vec(),
                |path| *path = b"/proc".to_vec(),
                |path| path.push(0),
            ],
        ),
        payload_where::<Contents>(
            "name_of_memfd",
            Refused,
            is_memfd,
            0,
            &[
                |name| *name = vec![b'x'; 250],
                |name| *name = vec![b'x'; 4095],
            ],
        ),
        // The runs of the first page of contents, which stand behind the fixed part.
        parts("run_of_contents", Refused, |good| {
            let changes: [(usize, u64); 4] =
                [(0, 4096 * 1000), (0, 1), (0, 1 << 47), (8, 1 << 32 | 1)];
            let Some(at) = position::<Pages>(good, |_| true) else {
                return Vec::new();
            };
            let damaged = |(place, number): &(usize, u64)| {
                let mut parts = good.to_vec();
                let body = &mut parts[at].body[size_of::<Pages>()..];
                put(body, *place, number.to_ne_bytes());
                parts
            };
            changes.iter().map(damaged).collect()
        }),
        fields_where::<File>(
            "file_of_contents",
            Refused,
            |file| file.kind == file_kind::CONTENTS,
            &[
                |file| file.object = 0,
                |file| file.object = 1,
                |file| file.object = file.objref,
                |file| file.object = u32::MAX,
                |file| file.kind = file_kind::PIPE,
                |file| file.flags |= 1 << 31,
            ],
        ),
        fields_behind::<File, FileNode>(
            "position_in_contents",
            Refused,
            |file| file.kind == file_kind::CONTENTS,
            1,
            &[|node| node.position = -1],
        ),
    ]
}
