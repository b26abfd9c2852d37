// SPDX-License-Identifier: GPL-2.0-only

//! A pool of copies of pages, and how these, or pages in place, are written to a file.

use kernel::prelude::*;

use crate::sys::{
    self,
    bindings,
    contents,
    file::{
        transfer,
        File, //
    },
    mm::Mm,
    page::{
        Pages,
        BATCH,
        SIZE, //
    },
    window::Window, //
};

/// Largest order that is tried (2 MiB), and what is tried next.
const ORDERS: [u32; 3] = [9, 4, 0];

/// Bytes that are written at once: what has been summed up is still in the processor's caches.
const TOGETHER: usize = 2 << 20;

/// Gathers pieces of memory and writes them with few calls.
struct BvecWriter<'a> {
    file: &'a File,
    position: &'a mut i64,
    bvecs: [bindings::bio_vec; 32],
    count: usize,
    bytes: usize,
}

impl<'a> BvecWriter<'a> {
    fn new(file: &'a File, position: &'a mut i64) -> Self {
        BvecWriter {
            file,
            position,
            bvecs: [bindings::bio_vec::default(); 32],
            count: 0,
            bytes: 0,
        }
    }

    /// Adds pages that follow each other in memory. They have to stay until `flush()`.
    fn push(&mut self, page: *mut bindings::page, count: u64) -> Result {
        let len = count * SIZE;
        if self.count == self.bvecs.len() || self.bytes >= TOGETHER {
            self.flush()?;
        }
        if let Some(slot) = self.bvecs.get_mut(self.count) {
            *slot = bindings::bio_vec {
                bv_page: page,
                bv_len: len as u32,
                bv_offset: 0,
            };
            self.count += 1;
            self.bytes += len as usize;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result {
        let mut first = 0;
        sys::check_signal()?;
        while self.bytes > 0 {
            let left = self.bvecs.get(first..self.count).ok_or(EIO)?;
            // SAFETY: The vectors describe pages that are held.
            let written = transfer(|| unsafe {
                bindings::ckpt_write_bvec(
                    self.file.as_ptr(),
                    left.as_ptr(),
                    left.len(),
                    self.bytes,
                    self.position,
                )
            })?;
            if written == 0 {
                return Err(EIO);
            }
            self.bytes -= written.min(self.bytes);
            first += self.advance(first, written);
        }
        self.count = 0;
        Ok(())
    }

    /// Cuts `written` bytes off the front; tells how many vectors are used up.
    fn advance(&mut self, first: usize, mut written: usize) -> usize {
        let mut used = 0;
        for bvec in self.bvecs.iter_mut().take(self.count).skip(first) {
            let len = bvec.bv_len as usize;
            if written < len {
                bvec.bv_offset += written as u32;
                bvec.bv_len -= written as u32;
                break;
            }
            written -= len;
            used += 1;
        }
        used
    }
}

/// A piece of memory in the pool.
struct Block {
    page: *mut bindings::page,
    order: u32,
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: The block was allocated with this order.
        unsafe { bindings::ckpt_free_pages(self.page, self.order) };
    }
}

/// Copies of pages, in the order in which they were added.
///
/// Memory is taken in blocks of 2 MiB where there are some, else in smaller ones, and is accounted
/// to the task that captures.
pub(crate) struct PagePool {
    blocks: KVVec<Block>,
    /// Pages in all of them.
    total: u64,
    /// Pages that are used in the last block.
    used: u64,
}

// SAFETY: The pool owns its blocks.
unsafe impl Send for PagePool {}
// SAFETY: Nothing changes through a shared reference.
unsafe impl Sync for PagePool {}

impl PagePool {
    /// An empty pool.
    pub(crate) fn new() -> Self {
        PagePool {
            blocks: KVVec::new(),
            total: 0,
            used: 0,
        }
    }

    fn room(&self) -> u64 {
        self.blocks
            .last()
            .map_or(0, |block| (1 << block.order) - self.used)
    }

    /// Makes room for at least one page. Blocks are at most a quarter of what is there already, so that
    /// not much more is taken than is used.
    fn grow(&mut self) -> Result {
        let pages = self.total;
        let fitting = |order: &&u32| **order == 0 || pages >= 4 << **order;
        for order in ORDERS.iter().filter(fitting) {
            // SAFETY: Allocates; NULL when there is no such block.
            let page = unsafe { bindings::ckpt_alloc_pages(*order, *order == 0) };
            if !page.is_null() {
                let block = Block {
                    page,
                    order: *order,
                };
                self.blocks.push(block, GFP_KERNEL_ACCOUNT)?;
                self.total += 1 << order;
                self.used = 0;
                return Ok(());
            }
        }
        Err(ENOMEM)
    }

    /// Copies a page of a window.
    pub(crate) fn add(&mut self, window: &Window, index: usize) -> Result {
        self.copy(window.page(index).ok_or(EINVAL)?)
    }

    /// Copies a page of a batch.
    pub(crate) fn add_of(&mut self, pages: &Pages, index: usize) -> Result {
        self.copy(*pages.held().get(index).ok_or(EINVAL)?)
    }

    /// Copies a page that is held.
    fn copy(&mut self, page: *mut bindings::page) -> Result {
        if self.room() == 0 {
            self.grow()?;
        }
        let block = self.blocks.last().ok_or(ENOMEM)?;
        // SAFETY: The block has room for a page at `used`; the caller holds the source.
        unsafe { bindings::ckpt_copy_pages(block.page, self.used as usize, page, 1) };
        self.used += 1;
        Ok(())
    }

    /// Writes `count` pages, going on where `cursor` is, and gives their checksum.
    fn write(
        &self,
        cursor: &mut PoolCursor,
        count: u64,
        writer: &mut BvecWriter<'_>,
    ) -> Result<u32> {
        let mut sum = !0;
        let mut left = count;
        while left > 0 {
            let block = self.blocks.get(cursor.block).ok_or(EIO)?;
            let step = left.min((1 << block.order) - cursor.page);
            // SAFETY: The page is within the block.
            let page = unsafe { bindings::ckpt_nth_page(block.page, cursor.page as usize) };
            // SAFETY: So many pages follow in the block, and no other task changes them.
            sum = unsafe { bindings::ckpt_sum_pages(sum, page, step as usize) };
            writer.push(page, step)?;
            left -= step;
            cursor.page += step;
            if cursor.page == 1 << block.order {
                *cursor = PoolCursor {
                    block: cursor.block + 1,
                    page: 0,
                };
            }
        }
        Ok(!sum)
    }
}

/// How far a pool has been written.
#[derive(Default)]
pub(crate) struct PoolCursor {
    block: usize,
    page: u64,
}

/// Whose pages are written.
pub(crate) enum Owner {
    /// An address space, which stands still.
    Space(Mm),
    /// What a file stores, its addresses being offsets.
    File(File),
}

impl Owner {
    /// Takes references to pages from `address` on, at most `count`.
    fn get(&self, address: u64, count: usize, batch: &mut Pages) -> Result {
        match self {
            Owner::Space(mm) => mm.get_pages(address, count, batch),
            Owner::File(stored) => contents::get_pages(stored, address / SIZE, count, batch),
        }
    }
}

/// Writes pages of a pool one run after the other, without copying them.
pub(crate) struct CopiedPages<'a> {
    pool: &'a PagePool,
    cursor: &'a mut PoolCursor,
    out: BvecWriter<'a>,
}

impl<'a> CopiedPages<'a> {
    /// Goes on where `cursor` is.
    pub(crate) fn new(
        pool: &'a PagePool,
        cursor: &'a mut PoolCursor,
        file: &'a File,
        position: &'a mut i64,
    ) -> Self {
        CopiedPages {
            pool,
            cursor,
            out: BvecWriter::new(file, position),
        }
    }

    /// Writes the next `count` pages and gives their checksum.
    pub(crate) fn write(&mut self, count: u64) -> Result<u32> {
        self.pool.write(self.cursor, count, &mut self.out)
    }

    /// Writes what has not been written yet.
    pub(crate) fn finish(mut self) -> Result {
        self.out.flush()
    }
}

/// Room through which the pages of a task go to a file: other processes can write to the memory of a task
/// that stands still, and to a file, but the checksum has to be that of the bytes that are written.
pub(crate) struct Bounce {
    batch: Pages,
    bytes: KVVec<u8>,
    filled: usize,
}

impl Bounce {
    /// Pages that go through it at once: they and their copies fit into the processor's caches.
    const PAGES: usize = 32;

    /// An empty one.
    pub(crate) fn new() -> Result<Self> {
        let len = Self::PAGES * SIZE as usize;
        Ok(Bounce {
            batch: Pages::with_room(BATCH)?,
            bytes: KVVec::from_elem(0, len, GFP_KERNEL_ACCOUNT)?,
            filled: 0,
        })
    }

    /// Writes `count` pages of a task or file, from `address` on, and gives their checksum. The last of
    /// them are written by [`Bounce::finish`].
    pub(crate) fn write(
        &mut self,
        owner: &Owner,
        address: u64,
        count: u64,
        file: &File,
        position: &mut i64,
    ) -> Result<u32> {
        let mut sum = !0;
        let mut done = 0;
        while done < count {
            let wanted = (count - done).min(BATCH as u64) as usize;
            owner.get(address + done * SIZE, wanted, &mut self.batch)?;
            let mut first = 0;
            while first < self.batch.len() {
                if self.filled == self.bytes.len() {
                    self.finish(file, position)?;
                }
                let room = self.bytes.get_mut(self.filled..).ok_or(EIO)?;
                let count = (room.len() / SIZE as usize).min(self.batch.len() - first);
                let room = room.get_mut(..count * SIZE as usize).ok_or(EIO)?;
                self.batch.copy_to(first, room)?;
                sum = sys::checksum(sum, room);
                self.filled += room.len();
                first += count;
            }
            done += self.batch.len() as u64;
        }
        self.batch.release();
        Ok(!sum)
    }

    /// Writes what has not been written yet.
    pub(crate) fn finish(&mut self, file: &File, position: &mut i64) -> Result {
        sys::check_signal()?;
        let bytes = self.bytes.get(..self.filled).ok_or(EIO)?;
        file.write_all(bytes, position)?;
        self.filled = 0;
        Ok(())
    }
}
