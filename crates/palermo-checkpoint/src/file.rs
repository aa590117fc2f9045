//! The layout of a snapshot file.
//!
//! ```text
//! "PLMSNAP\0"  format u32  length u32  head  hash u64      the head says what it is of
//! 1  name u8+text  raw u32  stored u32  hash u64  bytes     a part, compressed; as many as there are
//! 2  parts u64  state hash u128  hash u64                   the end
//! ```
//! Numbers are little-endian; every hash is an xxh3 over what stands before it in its record. The
//! state hash is over names and raw bytes of all parts: the same state has the same hash, however it
//! was compressed.
//!
//! Behind the head, in the same record, stand the gaps that the task went on without, where there are
//! any; where there are none the file is as it was before anybody knew of gaps.
//!
//! Promises: no length of a damaged file is believed beyond [`PART_MAX`]; a file of a later format is
//! told from a damaged one.

use palermo_domain::snapshot::{Sink, SnapshotError, Source};
use palermo_engine::snapshot::Head;
use std::io::{self, Read, Write};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// The format of the files that are written, and the only one that is read. It counts what stands in
/// the parts as well as this layout.
pub const FORMAT: u32 = 5;

const MAGIC: [u8; 8] = *b"PLMSNAP\0";
/// Nothing longer is a part, or a head.
const PART_MAX: usize = 256 << 20;
/// Fast, and what it leaves is half a disk's work less.
const LEVEL: i32 = 1;
const PART: u8 = 1;
const END: u8 = 2;

/// What stands at the end of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trailer {
    /// How many parts.
    pub parts: u64,
    /// Hash over the names and bytes of all of them.
    pub state: u128,
}

/// Writes a snapshot part by part.
pub(crate) struct Writer<W> {
    to: W,
    trailer: Trailer,
    state: Xxh3,
    compressed: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(mut to: W, head: &Head) -> io::Result<Self> {
        let gaps = &head.started.gaps;
        let mut head = postcard::to_allocvec(head).map_err(io::Error::other)?;
        if !gaps.is_empty() {
            head.extend(postcard::to_allocvec(gaps).map_err(io::Error::other)?);
        }
        let mut start = Vec::with_capacity(head.len().saturating_add(24));
        start.extend_from_slice(&MAGIC);
        start.extend_from_slice(&FORMAT.to_le_bytes());
        start.extend_from_slice(&length(head.len())?.to_le_bytes());
        start.extend_from_slice(&head);
        start.extend_from_slice(&xxh3_64(&start).to_le_bytes());
        to.write_all(&start)?;
        Ok(Self { to, trailer: Trailer::default(), state: Xxh3::new(), compressed: Vec::new() })
    }

    fn write_part(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fold(&mut self.state, name, bytes);
        self.trailer.parts = self.trailer.parts.saturating_add(1);
        self.compressed.clear();
        zstd::stream::copy_encode(bytes, &mut self.compressed, LEVEL)?;
        let mut head = vec![PART, u8::try_from(name.len()).map_err(io::Error::other)?];
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(&length(bytes.len())?.to_le_bytes());
        head.extend_from_slice(&length(self.compressed.len())?.to_le_bytes());
        let mut hash = Xxh3::new();
        hash.update(&head);
        hash.update(&self.compressed);
        self.to.write_all(&head)?;
        self.to.write_all(&hash.digest().to_le_bytes())?;
        self.to.write_all(&self.compressed)
    }

    /// Writes the end. Nothing is flushed or synced.
    pub(crate) fn end(mut self) -> io::Result<(W, Trailer)> {
        self.trailer.state = self.state.digest128();
        let mut end = vec![END];
        end.extend_from_slice(&self.trailer.parts.to_le_bytes());
        end.extend_from_slice(&self.trailer.state.to_le_bytes());
        end.extend_from_slice(&xxh3_64(&end).to_le_bytes());
        self.to.write_all(&end)?;
        Ok((self.to, self.trailer))
    }
}

impl<W: Write> Sink for Writer<W> {
    fn part(&mut self, name: &str, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.write_part(name, bytes).map_err(|error| SnapshotError::new(name, error))
    }
}

fn fold(state: &mut Xxh3, name: &str, bytes: &[u8]) {
    for part in [name.as_bytes(), bytes] {
        state.update(&(part.len() as u64).to_le_bytes());
        state.update(part);
    }
}

fn length(of: usize) -> io::Result<u32> {
    if of > PART_MAX {
        return Err(io::Error::other(format!("a part of {of} bytes")));
    }
    u32::try_from(of).map_err(io::Error::other)
}

/// Reads the head of a snapshot.
///
/// # Errors
/// Where it is no snapshot, damaged, or of another format: then with the number of that.
pub fn read_head(from: &mut dyn Read) -> Result<Head, SnapshotError> {
    let damaged = |error: &dyn std::fmt::Display| SnapshotError::new("head", error);
    let mut start = [0; 16];
    from.read_exact(&mut start).map_err(|error| damaged(&error))?;
    let (magic, rest) = start.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(damaged(&"not a snapshot"));
    }
    let (format, size) = (word(rest, 0), word(rest, 4));
    if format != FORMAT {
        let reason = format!("format {format}; this engine reads and writes format {FORMAT}");
        return Err(damaged(&reason));
    }
    let head = block(from, size).map_err(|error| damaged(&error))?;
    let mut hash = [0; 8];
    from.read_exact(&mut hash).map_err(|error| damaged(&error))?;
    let mut hashed = Xxh3::new();
    hashed.update(&start);
    hashed.update(&head);
    if hashed.digest().to_le_bytes() != hash {
        return Err(damaged(&"its checksum does not fit"));
    }
    let (mut head, rest): (Head, &[u8]) =
        postcard::take_from_bytes(&head).map_err(|error| damaged(&error))?;
    if !rest.is_empty() {
        head.started.gaps = postcard::from_bytes(rest).map_err(|error| damaged(&error))?;
    }
    Ok(head)
}

/// Hands out the parts of a snapshot whose head was read.
pub struct Reader<R> {
    from: R,
    trailer: Trailer,
    state: Xxh3,
}

impl<R> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("trailer", &self.trailer).finish_non_exhaustive()
    }
}

/// A record of a snapshot.
enum Record {
    Part(String, Vec<u8>),
    End(Trailer),
}

impl<R: Read> Reader<R> {
    /// Reads on behind a head.
    pub fn new(from: R) -> Self {
        Self { from, trailer: Trailer::default(), state: Xxh3::new() }
    }

    fn read(&mut self) -> io::Result<Record> {
        let mut tag = [0];
        self.from.read_exact(&mut tag)?;
        match tag {
            [PART] => self.read_part(),
            [END] => self.read_end(),
            _ => Err(io::Error::other("neither a part nor the end")),
        }
    }

    fn read_part(&mut self) -> io::Result<Record> {
        let mut size = [0];
        self.from.read_exact(&mut size)?;
        let mut head = vec![PART, size[0]];
        head.extend(block(&mut self.from, u32::from(size[0]).saturating_add(8))?);
        let mut hash = [0; 8];
        self.from.read_exact(&mut hash)?;
        let (name, sizes) = head.split_at(usize::from(size[0]).saturating_add(2));
        let (raw, stored) = (word(sizes, 0), word(sizes, 4));
        let stored = block(&mut self.from, stored)?;
        let mut hashed = Xxh3::new();
        hashed.update(&head);
        hashed.update(&stored);
        if hashed.digest().to_le_bytes() != hash {
            return Err(io::Error::other("the checksum of a part does not fit"));
        }
        let name = String::from_utf8(name.get(2..).unwrap_or_default().to_vec());
        let bytes = zstd::bulk::decompress(&stored, raw as usize)?;
        Ok(Record::Part(name.map_err(io::Error::other)?, bytes))
    }

    fn read_end(&mut self) -> io::Result<Record> {
        let mut end = vec![END];
        end.extend(block(&mut self.from, 24)?);
        let mut hash = [0; 8];
        self.from.read_exact(&mut hash)?;
        if xxh3_64(&end).to_le_bytes() != hash {
            return Err(io::Error::other("the checksum of the end does not fit"));
        }
        let bytes = |at: usize, len: usize| {
            let mut number = [0; 16];
            let from = end.get(at..at.saturating_add(len)).unwrap_or_default();
            number.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            u128::from_le_bytes(number)
        };
        let parts = u64::try_from(bytes(1, 8)).unwrap_or(u64::MAX);
        Ok(Record::End(Trailer { parts, state: bytes(9, 16) }))
    }

    /// Reads everything, for its checksums.
    ///
    /// # Errors
    /// At the first damage.
    pub fn verify(self) -> Result<Trailer, SnapshotError> {
        self.verify_each(&mut |_, _| {})
    }

    /// The same, and tells the name and the raw bytes of each part.
    ///
    /// # Errors
    /// At the first damage.
    pub fn verify_each(
        mut self,
        each: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<Trailer, SnapshotError> {
        while let Some((name, bytes)) = self.any_part()? {
            each(&name, &bytes);
        }
        Ok(Trailer { state: self.state.digest128(), ..self.trailer })
    }

    fn note(&mut self, name: &str, bytes: &[u8]) {
        fold(&mut self.state, name, bytes);
        self.trailer.parts = self.trailer.parts.saturating_add(1);
    }

    fn check(&self, trailer: Trailer) -> Result<Trailer, SnapshotError> {
        let read = Trailer { state: self.state.digest128(), ..self.trailer };
        if read == trailer {
            return Ok(trailer);
        }
        let reason = format!(
            "{} parts with hash {:032x} were written, {} with hash {:032x} stand here",
            trailer.parts, trailer.state, read.parts, read.state
        );
        Err(SnapshotError::new("end", reason))
    }
}

impl<R: Read> Source for Reader<R> {
    fn any_part(&mut self) -> Result<Option<(String, Vec<u8>)>, SnapshotError> {
        match self.read() {
            Ok(Record::Part(name, bytes)) => {
                self.note(&name, &bytes);
                Ok(Some((name, bytes)))
            }
            Ok(Record::End(trailer)) => self.check(trailer).map(|_| None),
            Err(error) => Err(SnapshotError::new("parts", error)),
        }
    }
}

/// So many bytes, or an error where they are too many to be meant or not there.
fn block(from: &mut dyn Read, size: u32) -> io::Result<Vec<u8>> {
    let size = size as usize;
    if size > PART_MAX {
        return Err(io::Error::other(format!("a length of {size} bytes")));
    }
    let mut bytes = Vec::new();
    let read = from.take(size as u64).read_to_end(&mut bytes)?;
    if read != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
