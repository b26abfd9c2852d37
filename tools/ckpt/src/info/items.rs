// SPDX-License-Identifier: GPL-2.0-only

//! An image as a flat stream of decoded records.
//!
//! What a BUFFER holds depends on the record before it: that is known here, and nothing else about
//! the order of records. Page contents are compared with their checksums, and not kept.

use ckpt_image::{
    describe::{
        info,
        Info,
        Payload, //
    },
    limits,
    record::*,
    Hdr,
    Kind,
    Problem,
    Reader,
    PAGE_SIZE, //
};
use zerocopy::{
    FromBytes,
    Immutable,
    IntoBytes, //
};

use super::stream::Stream;
use crate::source::{
    self,
    ReadError, //
};

/// One record, or what a BUFFER or STRING holds. Each is named after its record; of those that only a
/// list of records shows, [`Raw`] has all there is.
#[derive(Clone, Debug)]
pub enum Item {
    Header(Header),
    Text(String),
    HeaderArch(HeaderArch),
    Components(Vec<XstateComponent>),
    Container(Container),
    Tree(Tree),
    Tasks(Vec<TreeEntry>),
    Numbers(Vec<PidNumber>),
    Task(Task),
    TaskObjs(TaskObjs),
    RestartBlock(RestartBlock),
    Thread(Thread),
    Cpu(Cpu),
    Cred(Cred),
    Groups(Vec<u32>),
    TaskCreds(TaskCreds),
    Sched(Sched),
    Affinity(Vec<u8>),
    CpuFpu(CpuFpu),
    Xsave(Vec<u8>),
    FileTable(FileTable),
    Descriptors(Vec<FileDesc>),
    File(ckpt_image::record::File),
    FileNode(FileNode),
    FileLock(FileLock),
    EventFd(EventFd),
    TimerFd(TimerFd),
    SignalFd(SignalFd),
    Epoll,
    EpollSet(EpollItems),
    PidFd(PidFd),
    Opener(Opener),
    Owner(Owner),
    Proc(Proc),
    Inotify(Inotify),
    InotifyWatch(InotifyWatch),
    InotifyEvent,
    EpollItems(Vec<EpollItem>),
    Pipe(Pipe),
    PipePart(PipePart),
    PipeBytes,
    Tty(Tty),
    TtyEnd(TtyEnd),
    TtyBytes,
    Contents(Contents),
    Mm(Mm),
    Auxv(Vec<u64>),
    Vma(Vma),
    Guards,
    GuardRuns(Vec<Run>),
    PagesShared,
    SharedRuns(Vec<Run>),
    PagesCopied,
    CopyRuns(Vec<CopyRun>),
    Pages(Pages, Vec<Run>),
    Fs(Fs),
    Sighand(Sighand),
    Actions(Vec<SigAction>),
    Signal(Signal),
    Rlimits(Vec<Rlimit>),
    SignalTask(SignalTask),
    SigPending(SigPending),
    Infos(Vec<SigInfo>),
    Tail(Tail),
    Error,
}

/// What the next BUFFER holds.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// No BUFFER has a meaning here.
    Nothing,
    Components(u32),
    /// Entries of the tree, and how many numbers follow those.
    Tasks(u32, u32),
    Numbers(u32),
    Groups(u32),
    Affinity(u32),
    Xsave(u32),
    Descriptors(u32),
    EpollItems(u32),
    PipeBytes(u32),
    TtyBytes(u32),
    Auxv,
    Guards(u32),
    Shared(u32),
    Copied(u32),
    Actions(u32),
    Rlimits(u32),
    Infos(u32),
}

impl Next {
    /// Whether a record has said that the BUFFER comes.
    fn is_owed(self) -> bool {
        match self {
            Next::Nothing => false,
            Next::Auxv => true,
            Next::Tasks(count, _)
            | Next::Components(count)
            | Next::Numbers(count)
            | Next::Groups(count)
            | Next::Affinity(count)
            | Next::Xsave(count)
            | Next::Descriptors(count)
            | Next::EpollItems(count)
            | Next::PipeBytes(count)
            | Next::TtyBytes(count)
            | Next::Guards(count)
            | Next::Shared(count)
            | Next::Copied(count)
            | Next::Actions(count)
            | Next::Rlimits(count)
            | Next::Infos(count) => count > 0,
        }
    }
}

/// Gives the records of an image one by one.
pub struct Items {
    reader: Reader<Stream>,
    next: Next,
    /// The record that the next BUFFER belongs to, and how many it has had.
    owner: Option<(&'static Info, usize)>,
    raw: Raw,
}

/// What a record says, for a reader of its declaration.
#[derive(Clone, Debug)]
pub enum Raw {
    /// There is no declaration: a text, or nothing at all.
    Nothing,
    /// A fixed part.
    Fixed(&'static Info, Vec<u8>),
    /// An array: of what, how many, and the first one.
    Entries(Payload, usize, Vec<u8>),
}

/// What stood where.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The record's prefix.
    pub hdr: Hdr,
    /// What it says.
    pub item: Item,
    /// The same by its declaration.
    pub raw: Raw,
}

impl Items {
    /// Starts at the first byte of an image.
    pub fn new(stream: Stream) -> Items {
        Items {
            reader: Reader::new(stream),
            next: Next::Nothing,
            owner: None,
            raw: Raw::Nothing,
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// The first bytes, as far as any were read.
    pub fn first(&mut self) -> [u8; source::FIRST] {
        self.reader.source_mut().first.unwrap_or_default()
    }

    /// Bytes behind the image, once it is read.
    pub fn rest(&mut self) -> u64 {
        self.reader.source_mut().rest()
    }

    /// Reads the next record; after TAIL or ERROR there is none that belongs to the image but the
    /// text of an ERROR.
    pub fn read(&mut self) -> Result<Placed, ReadError> {
        let hdr = self.reader.peek()?;
        let item = if hdr.position == 0 {
            let header = self.reader.header()?;
            self.fixed(&header);
            Item::Header(header)
        } else {
            self.item(hdr)?
        };
        let raw = std::mem::replace(&mut self.raw, Raw::Nothing);
        Ok(Placed { hdr, item, raw })
    }

    /// Keeps the fixed part of the record that has been read.
    fn fixed<R: Record>(&mut self, body: &R) {
        self.owner = info(R::KIND).map(|info| (info, 0));
        if let Some((info, _)) = self.owner {
            self.raw = Raw::Fixed(info, body.as_bytes().to_vec());
        }
    }

    /// Reads the next record, which has to be of this kind.
    fn record<R: Record>(&mut self) -> Result<R, ReadError> {
        let body = self.reader.record()?;
        self.fixed(&body);
        Ok(body)
    }

    /// Keeps the first of the entries that have been read.
    fn array<E: IntoBytes + Immutable>(&mut self, entries: &[E]) {
        let Some((info, place)) = &mut self.owner else {
            return;
        };
        if let Some(payload) = info.payload(*place) {
            let first = entries.first().map_or(&[][..], IntoBytes::as_bytes);
            self.raw = Raw::Entries(payload, entries.len(), first.to_vec());
        }
        *place += 1;
    }

    fn item(&mut self, hdr: Hdr) -> Result<Item, ReadError> {
        let mut next = Next::Nothing;
        // A checkpoint may fail anywhere.
        let may_come = matches!(hdr.kind, Kind::BUFFER | Kind::STRING | Kind::ERROR);
        if self.next.is_owed() && !may_come {
            return Err(hdr.malformed(Problem::Wanted(Kind::BUFFER)).into());
        }
        let item = match hdr.kind {
            Kind::STRING => {
                // A text may stand between a record and its BUFFER.
                next = self.next;
                let mut text = [0u8; limits::STRING as usize];
                let text = self.reader.string(&mut text)?;
                Item::Text(String::from_utf8_lossy(text).into_owned())
            }
            Kind::BUFFER => {
                if let Next::Tasks(_, numbers @ 1..) = self.next {
                    next = Next::Numbers(numbers);
                }
                self.buffer(hdr)?
            }
            HeaderArch::KIND => {
                let body: HeaderArch = self.record()?;
                next = Next::Components((body.xfeatures & !3).count_ones());
                Item::HeaderArch(body)
            }
            Container::KIND => Item::Container(self.record()?),
            Tree::KIND => {
                let body: Tree = self.record()?;
                next = Next::Tasks(
                    body.nr_tasks.saturating_add(body.nr_ghosts),
                    body.nr_numbers,
                );
                Item::Tree(body)
            }
            Task::KIND => Item::Task(self.record()?),
            TaskObjs::KIND => Item::TaskObjs(self.record()?),
            RestartBlock::KIND => Item::RestartBlock(self.record()?),
            Thread::KIND => Item::Thread(self.record()?),
            Cpu::KIND => Item::Cpu(self.record()?),
            Cred::KIND => {
                let body: Cred = self.record()?;
                next = Next::Groups(body.nr_groups);
                Item::Cred(body)
            }
            TaskCreds::KIND => Item::TaskCreds(self.record()?),
            Sched::KIND => {
                let body: Sched = self.record()?;
                next = Next::Affinity(body.affinity_len);
                Item::Sched(body)
            }
            CpuFpu::KIND => {
                let body: CpuFpu = self.record()?;
                next = Next::Xsave(body.size);
                Item::CpuFpu(body)
            }
            FileTable::KIND => {
                let body: FileTable = self.record()?;
                next = Next::Descriptors(body.nr_fds);
                Item::FileTable(body)
            }
            ckpt_image::record::File::KIND => Item::File(self.record()?),
            FileNode::KIND => Item::FileNode(self.record()?),
            FileLock::KIND => Item::FileLock(self.record()?),
            EventFd::KIND => Item::EventFd(self.record()?),
            TimerFd::KIND => Item::TimerFd(self.record()?),
            SignalFd::KIND => Item::SignalFd(self.record()?),
            Epoll::KIND => {
                let _: Epoll = self.record()?;
                Item::Epoll
            }
            EpollItems::KIND => {
                let body: EpollItems = self.record()?;
                next = Next::EpollItems(body.nr_items);
                Item::EpollSet(body)
            }
            PidFd::KIND => Item::PidFd(self.record()?),
            Opener::KIND => Item::Opener(self.record()?),
            Owner::KIND => Item::Owner(self.record()?),
            Proc::KIND => Item::Proc(self.record()?),
            Inotify::KIND => Item::Inotify(self.record()?),
            InotifyWatch::KIND => Item::InotifyWatch(self.record()?),
            InotifyEvent::KIND => {
                self.record::<InotifyEvent>()?;
                Item::InotifyEvent
            }
            Pipe::KIND => Item::Pipe(self.record()?),
            PipePart::KIND => {
                let body: PipePart = self.record()?;
                next = Next::PipeBytes(body.len);
                Item::PipePart(body)
            }
            Tty::KIND => Item::Tty(self.record()?),
            TtyEnd::KIND => {
                let body: TtyEnd = self.record()?;
                next = Next::TtyBytes(tty_bytes(&body));
                Item::TtyEnd(body)
            }
            Contents::KIND => Item::Contents(self.record()?),
            Mm::KIND => {
                next = Next::Auxv;
                Item::Mm(self.record()?)
            }
            Vma::KIND => Item::Vma(self.record()?),
            Guards::KIND => {
                let body: Guards = self.record()?;
                next = Next::Guards(body.nr_runs);
                Item::Guards
            }
            PagesShared::KIND => {
                let body: PagesShared = self.record()?;
                next = Next::Shared(body.nr_runs);
                Item::PagesShared
            }
            PagesCopied::KIND => {
                let body: PagesCopied = self.record()?;
                next = Next::Copied(body.nr_runs);
                Item::PagesCopied
            }
            Kind::PAGES => self.pages()?,
            Fs::KIND => Item::Fs(self.record()?),
            Sighand::KIND => {
                let body: Sighand = self.record()?;
                next = Next::Actions(body.nr_actions);
                Item::Sighand(body)
            }
            Signal::KIND => {
                let body: Signal = self.record()?;
                next = Next::Rlimits(body.nr_rlimits);
                Item::Signal(body)
            }
            SignalTask::KIND => Item::SignalTask(self.record()?),
            SigPending::KIND => {
                let body: SigPending = self.record()?;
                next = Next::Infos(body.nr_entries);
                Item::SigPending(body)
            }
            Kind::TAIL => {
                let tail = self.reader.tail()?;
                self.fixed(&tail);
                Item::Tail(tail)
            }
            Kind::ERROR => {
                self.reader.begin(Kind::ERROR)?;
                self.reader.skip(&hdr)?;
                Item::Error
            }
            Kind::HEADER => return Err(hdr.malformed(Problem::Value("a second header")).into()),
            _ => {
                return Err(hdr
                    .malformed(Problem::Value("record of unknown kind"))
                    .into())
            }
        };
        self.next = next;
        Ok(item)
    }

    fn pages(&mut self) -> Result<Item, ReadError> {
        let pages = self.reader.pages()?;
        self.fixed(&pages);
        let mut runs = vec![
            Run {
                address: 0,
                nr_pages: 0,
                flags: 0,
            };
            pages.nr_runs as usize
        ];
        self.reader.runs(&pages, &mut runs)?;
        let mut sums = Vec::with_capacity(runs.len());
        for run in &runs {
            let contents = u64::from(run.nr_pages) * PAGE_SIZE;
            sums.push(self.reader.source_mut().sum(contents)?);
            self.reader.took_pages(run.nr_pages);
        }
        self.reader.sums(&runs, &sums)?;
        Ok(Item::Pages(pages, runs))
    }

    fn buffer(&mut self, hdr: Hdr) -> Result<Item, ReadError> {
        let next = std::mem::replace(&mut self.next, Next::Nothing);
        Ok(match next {
            Next::Nothing => {
                return Err(hdr
                    .malformed(Problem::Value("buffer of unknown meaning"))
                    .into())
            }
            Next::Components(count) => Item::Components(self.entries(hdr, count, 64)?),
            Next::Tasks(count, _) => Item::Tasks(self.entries(hdr, count, limits::TASKS)?),
            Next::Numbers(count) => {
                Item::Numbers(self.entries(hdr, count, limits::TASKS * limits::PID_DEPTH)?)
            }
            Next::Groups(count) => Item::Groups(self.words(hdr, count, limits::GROUPS)?),
            Next::Affinity(len) => Item::Affinity(self.bytes(hdr, len, limits::CPUMASK)?),
            Next::Xsave(len) => Item::Xsave(self.bytes(hdr, len, limits::XSAVE)?),
            Next::Descriptors(count) => Item::Descriptors(self.entries(hdr, count, limits::FDS)?),
            Next::EpollItems(count) => Item::EpollItems(self.entries(hdr, count, limits::EPOLL)?),
            Next::PipeBytes(len) => {
                self.bytes(hdr, len, PAGE_SIZE as u32)?;
                Item::PipeBytes
            }
            Next::TtyBytes(len) => {
                self.bytes(hdr, len, tty_bytes_max())?;
                Item::TtyBytes
            }
            // Its length is nowhere but in the BUFFER itself.
            Next::Auxv => {
                let count = hdr.body.saturating_sub(8) / 8;
                Item::Auxv(self.entries(hdr, count, limits::AUXV)?)
            }
            Next::Guards(count) => Item::GuardRuns(self.entries(hdr, count, limits::GUARDS)?),
            Next::Shared(count) => Item::SharedRuns(self.entries(hdr, count, limits::GUARDS)?),
            Next::Copied(count) => Item::CopyRuns(self.entries(hdr, count, limits::RUNS)?),
            Next::Actions(count) => Item::Actions(self.entries(hdr, count, limits::SIGNALS)?),
            Next::Rlimits(count) => Item::Rlimits(self.entries(hdr, count, limits::RLIMITS)?),
            Next::Infos(count) => Item::Infos(self.entries(hdr, count, limits::PENDING)?),
        })
    }

    /// Reads a BUFFER of `count` entries, one by one: a count alone allocates nothing.
    fn entries<E: FromBytes + IntoBytes + Immutable + Zeroed>(
        &mut self,
        hdr: Hdr,
        count: u32,
        limit: u32,
    ) -> Result<Vec<E>, ReadError> {
        if count > limit {
            return Err(hdr.malformed(Problem::Count(count)).into());
        }
        self.reader.buffer_of::<E>(count)?;
        let entries = (0..count)
            .map(|_| self.reader.entry())
            .collect::<Result<Vec<E>, ReadError>>()?;
        self.array(&entries);
        Ok(entries)
    }

    fn bytes(&mut self, hdr: Hdr, len: u32, limit: u32) -> Result<Vec<u8>, ReadError> {
        if len > limit {
            return Err(hdr.malformed(Problem::Count(len)).into());
        }
        let mut bytes = vec![0; len as usize];
        self.reader.buffer(&mut bytes)?;
        self.array(&bytes);
        Ok(bytes)
    }

    fn words(&mut self, hdr: Hdr, count: u32, limit: u32) -> Result<Vec<u32>, ReadError> {
        if count > limit {
            return Err(hdr.malformed(Problem::Count(count)).into());
        }
        let mut words = vec![0u32; count as usize];
        self.reader.buffer(words.as_mut_bytes())?;
        self.array(&words);
        Ok(words)
    }
}

/// How many bytes stand behind an end of a terminal: each that was received has one that tells whether
/// it ends a line.
fn tty_bytes(body: &TtyEnd) -> u32 {
    let received = body.nr_bytes.saturating_mul(2);
    received
        .saturating_add(body.nr_echoes)
        .saturating_add(body.nr_waiting)
}

/// The most that can be.
const fn tty_bytes_max() -> u32 {
    3 * limits::TTY_BUFFER + limits::TTY_WAITING
}
