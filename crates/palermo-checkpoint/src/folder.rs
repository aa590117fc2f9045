//! The snapshots of one task in one folder.

use crate::file::{Reader, Trailer, Writer, read_head};
use crate::files::Files;
use palermo_domain::snapshot::SnapshotError;
use palermo_engine::snapshot::{Freeze, Head};
use std::io::{self, Read};

const ENDING: &str = ".snapshot";
const TEMPORARY: &str = ".tmp";

/// A snapshot in a folder.
#[derive(Debug)]
pub struct Standing {
    /// Its file.
    pub name: String,
    /// Number of the progress record after which it was taken, as its name says.
    pub seq: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it is of, or why that cannot be read.
    pub head: Result<Head, SnapshotError>,
}

/// What a write left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Bytes of the file.
    pub bytes: u64,
    /// Its parts and their hash.
    pub trailer: Trailer,
}

/// A folder of snapshots.
pub struct Folder {
    files: Box<dyn Files>,
    temporary: String,
    keep: usize,
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folder").finish_non_exhaustive()
    }
}

impl Folder {
    /// The snapshots among these files. `writer` is in the name of what is being written, and is no
    /// other's of the same folder: an engine that was fenced may still be at it.
    /// `keep` of them are kept, one at least.
    pub fn new(files: Box<dyn Files>, writer: &str, keep: usize) -> Self {
        Self { files, temporary: format!("{writer}{TEMPORARY}"), keep: keep.max(1) }
    }

    /// Removes what an earlier writer left half written. Only where no other writes here.
    pub fn sweep(&self) {
        let names = self.files.list().unwrap_or_default();
        for name in names.iter().filter(|name| name.ends_with(TEMPORARY)) {
            let _ = self.files.remove(name);
        }
    }

    /// Every snapshot, the newest first; of one that cannot be read it is said why.
    ///
    /// # Errors
    /// Where the folder itself cannot be read.
    pub fn standing(&self) -> io::Result<Vec<Standing>> {
        let mut all = Vec::new();
        for name in self.files.list()? {
            let Some(seq) = seq_of(&name) else { continue };
            let head = self.open(&name).and_then(|mut from| read_head(&mut from));
            let bytes = self.files.size(&name).unwrap_or(0);
            all.push(Standing { name, seq, bytes, head });
        }
        all.sort_by_key(|standing| std::cmp::Reverse(standing.seq));
        Ok(all)
    }

    /// The head and the parts of the snapshot with this number.
    ///
    /// # Errors
    /// Where it is not there, or its head is damaged.
    pub fn read(&self, seq: u64) -> Result<(Head, Reader<Box<dyn Read + Send>>), SnapshotError> {
        let mut from = self.open(&name_of(seq))?;
        let head = read_head(&mut from)?;
        Ok((head, Reader::new(from)))
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, SnapshotError> {
        self.files.open(name).map_err(|error| SnapshotError::new("file", error))
    }

    /// Writes a snapshot, and then removes those that are too old, and those that a task of another past
    /// left here with higher numbers: nobody can use them any more.
    ///
    /// # Errors
    /// Where it could not be written whole, synced and renamed. The ones before it still stand.
    pub fn write(&self, head: &Head, state: &dyn Freeze) -> Result<Kept, SnapshotError> {
        let trailer = match self.write_temporary(head, state) {
            Ok(trailer) => trailer,
            Err(error) => {
                // What is half there helps nobody, and may be what filled the disk.
                let _ = self.files.remove(&self.temporary);
                return Err(error);
            }
        };
        let name = name_of(head.seq);
        let placed = self.files.rename(&self.temporary, &name);
        placed.map_err(|error| SnapshotError::new("rename", error))?;
        let bytes = self.files.size(&name).unwrap_or(0);
        self.prune(head.seq);
        Ok(Kept { bytes, trailer })
    }

    fn write_temporary(&self, head: &Head, state: &dyn Freeze) -> Result<Trailer, SnapshotError> {
        let failed = |part: &'static str| move |error| SnapshotError::new(part, error);
        let to = self.files.create(&self.temporary).map_err(failed("create"))?;
        let mut writer = Writer::new(to, head).map_err(failed("head"))?;
        state.write(&mut writer)?;
        let (mut to, trailer) = writer.end().map_err(failed("end"))?;
        to.sync().map_err(failed("sync"))?;
        Ok(trailer)
    }

    /// Removes what is not among the newest up to this one. What cannot be removed now is tried again
    /// with the next snapshot.
    fn prune(&self, newest: u64) {
        let Ok(names) = self.files.list() else { return };
        let mut numbered: Vec<(u64, String)> =
            names.into_iter().filter_map(|name| Some((seq_of(&name)?, name))).collect();
        numbered.sort_unstable();
        let beyond = numbered.iter().filter(|(seq, _)| *seq > newest);
        let until = numbered.iter().rev().filter(|(seq, _)| *seq <= newest);
        for (_, name) in beyond.chain(until.skip(self.keep)) {
            let _ = self.files.remove(name);
        }
    }
}

fn name_of(seq: u64) -> String {
    format!("{seq:020}{ENDING}")
}

fn seq_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING).filter(|digits| digits.len() == 20)?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests;
