// SPDX-License-Identifier: GPL-2.0-only

//! Reading an image in memory as strictly as the crate alone can.

use std::{
    vec,
    vec::Vec, //
};

use super::{
    Error,
    Slice, //
};
use crate::{
    limits,
    record::*,
    Kind,
    Problem,
    Reader,
    PAGE_SIZE, //
};

/// Reads a record of this type and forgets it.
fn fixed<R: Record>(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    reader.record::<R>().map(|_| ())
}

fn buffer(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    // Only what is really there is allocated: the length may be anything.
    let there = reader.source_mut().0;
    let len = there.first_chunk().ok_or(Error::End)?;
    let len = usize::try_from(u64::from_ne_bytes(*len)).map_err(|_| Error::End)?;
    if len > there.len() {
        return Err(Error::End);
    }
    reader.buffer(&mut vec![0; len])
}

fn pages(reader: &mut Reader<Slice<'_>>) -> Result<(), Error> {
    let pages = reader.pages()?;
    let mut runs: Vec<Run> = vec![
        Run {
            address: 0,
            nr_pages: 0,
            flags: 0,
        };
        pages.nr_runs as usize
    ];
    reader.runs(&pages, &mut runs)?;
    let bytes = u64::from(pages.nr_pages) * PAGE_SIZE;
    reader.source_mut().skip(bytes as usize)?;
    reader.took_pages(pages.nr_pages);
    Ok(())
}

/// Reads an image to its TAIL and gives the number of records, TAIL included. Lengths, growth,
/// runs of pages, totals and checksum are checked; the order of records is not, save that HEADER is
/// first and TAIL last, nor whether what they say makes sense.
pub fn walk(image: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader::new(Slice(image));
    let mut text = [0u8; limits::STRING as usize];
    reader.header()?;
    let mut count = 1;
    loop {
        let hdr = reader.peek()?;
        count += 1;
        match hdr.kind {
            Kind::TAIL => return reader.tail().map(|_| count),
            Kind::STRING => reader.string(&mut text).map(|_| ())?,
            Kind::BUFFER => buffer(&mut reader)?,
            Kind::PAGES => pages(&mut reader)?,
            HeaderArch::KIND => fixed::<HeaderArch>(&mut reader)?,
            Container::KIND => fixed::<Container>(&mut reader)?,
            Tree::KIND => fixed::<Tree>(&mut reader)?,
            Task::KIND => fixed::<Task>(&mut reader)?,
            TaskObjs::KIND => fixed::<TaskObjs>(&mut reader)?,
            RestartBlock::KIND => fixed::<RestartBlock>(&mut reader)?,
            Thread::KIND => fixed::<Thread>(&mut reader)?,
            Cpu::KIND => fixed::<Cpu>(&mut reader)?,
            Cred::KIND => fixed::<Cred>(&mut reader)?,
            TaskCreds::KIND => fixed::<TaskCreds>(&mut reader)?,
            Sched::KIND => fixed::<Sched>(&mut reader)?,
            CpuFpu::KIND => fixed::<CpuFpu>(&mut reader)?,
            FileTable::KIND => fixed::<FileTable>(&mut reader)?,
            FileDesc::KIND => fixed::<FileDesc>(&mut reader)?,
            File::KIND => fixed::<File>(&mut reader)?,
            FileLock::KIND => fixed::<FileLock>(&mut reader)?,
            EventFd::KIND => fixed::<EventFd>(&mut reader)?,
            TimerFd::KIND => fixed::<TimerFd>(&mut reader)?,
            SignalFd::KIND => fixed::<SignalFd>(&mut reader)?,
            Epoll::KIND => fixed::<Epoll>(&mut reader)?,
            PidFd::KIND => fixed::<PidFd>(&mut reader)?,
            Pipe::KIND => fixed::<Pipe>(&mut reader)?,
            PipePart::KIND => fixed::<PipePart>(&mut reader)?,
            Mm::KIND => fixed::<Mm>(&mut reader)?,
            Vma::KIND => fixed::<Vma>(&mut reader)?,
            PagesShared::KIND => fixed::<PagesShared>(&mut reader)?,
            PagesCopied::KIND => fixed::<PagesCopied>(&mut reader)?,
            Guards::KIND => fixed::<Guards>(&mut reader)?,
            Fs::KIND => fixed::<Fs>(&mut reader)?,
            Sighand::KIND => fixed::<Sighand>(&mut reader)?,
            Signal::KIND => fixed::<Signal>(&mut reader)?,
            SignalTask::KIND => fixed::<SignalTask>(&mut reader)?,
            SigPending::KIND => fixed::<SigPending>(&mut reader)?,
            Kind::ERROR => return Err(hdr.malformed(Problem::Failed).into()),
            _ => {
                return Err(hdr
                    .malformed(Problem::Value("record of unknown kind"))
                    .into())
            }
        }
    }
}
