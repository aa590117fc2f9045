//! Snapshots of a simulated process: files of the real format on a disk that can fail, written some time
//! after they were taken, as a thread would.

use palermo_checkpoint::{Files, Folder, MemoryFiles};
use palermo_domain::snapshot::{SnapshotError, Source};
use palermo_engine::snapshot::{Freeze, Head, Saved, SnapshotStore};
use palermo_tests::Chance;
use std::sync::{Arc, Mutex, PoisonError};

/// Snapshots that are kept.
pub const KEPT: usize = 3;

/// The store of one process. Clones are the same one.
#[derive(Clone)]
pub struct Store(Arc<Mutex<Inner>>);

struct Inner {
    folder: Folder,
    files: MemoryFiles,
    chance: Chance,
    writing: Option<(Head, Box<dyn Freeze>)>,
    saved: Option<Saved>,
}

pub fn folder(files: &MemoryFiles, writer: u64) -> Folder {
    Folder::new(Box::new(files.clone()), &writer.to_string(), KEPT)
}

impl Store {
    pub fn new(files: &MemoryFiles, writer: u64, chance: Chance) -> Self {
        let (folder, files) = (folder(files, writer), files.clone());
        Self(Arc::new(Mutex::new(Inner { folder, files, chance, writing: None, saved: None })))
    }

    fn with<T>(&self, of: impl FnOnce(&mut Inner) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The process ends: what it was writing may be half there.
    pub fn killed(&self, chance: &mut Chance) {
        self.with(|inner| {
            if let Some((head, state)) = inner.writing.take().filter(|_| chance.below(2) == 0) {
                inner.files.fail_in(u32::try_from(chance.below(60)).expect("small"));
                let _ = inner.folder.write(&head, &*state);
                inner.files.fail_in(u32::MAX);
            }
        });
    }
}

impl SnapshotStore for Store {
    fn heads(&mut self) -> (Vec<Head>, Vec<String>) {
        let standing = self.with(|inner| inner.folder.standing());
        let Ok(standing) = standing else { return (Vec::new(), vec!["no folder".into()]) };
        let (mut heads, mut words) = (Vec::new(), Vec::new());
        for one in standing {
            match one.head {
                Ok(head) => heads.push(head),
                Err(error) => words.push(error.to_string()),
            }
        }
        (heads, words)
    }

    fn read(&mut self, seq: u64) -> Result<Box<dyn Source + '_>, SnapshotError> {
        let (_, parts) = self.with(|inner| inner.folder.read(seq))?;
        Ok(Box::new(parts))
    }

    fn is_busy(&self) -> bool {
        self.with(|inner| inner.writing.is_some())
    }

    fn save(&mut self, head: Head, state: Box<dyn Freeze>) {
        self.with(|inner| inner.writing = Some((head, state)));
    }

    fn saved(&mut self) -> Option<Saved> {
        self.with(|inner| {
            // It takes its time, and the engine goes on meanwhile.
            if inner.writing.is_some() && inner.chance.below(3) == 0 {
                let (head, state) = inner.writing.take()?;
                let result = inner.folder.write(&head, &*state).map(|kept| kept.bytes);
                inner.saved = Some(Saved { seq: head.seq, result, took_ms: 0 });
            }
            inner.saved.take()
        })
    }
}

/// The newest snapshot that stands, by name.
pub fn newest(files: &MemoryFiles) -> Option<String> {
    folder(files, 0).standing().ok()?.into_iter().map(|standing| standing.name).next()
}

/// Heads of those that can be read to the end, the newest first.
pub fn whole(files: &MemoryFiles) -> Vec<Head> {
    let folder = folder(files, 0);
    let standing = folder.standing().unwrap_or_default();
    let good = |seq: u64| folder.read(seq).is_ok_and(|(_, parts)| parts.verify().is_ok());
    let whole = standing.into_iter().filter(|one| good(one.seq));
    whole.filter_map(|one| one.head.ok()).collect()
}

/// Removes the newest.
pub fn lose_newest(files: &MemoryFiles) -> bool {
    newest(files).is_some_and(|name| files.remove(&name).is_ok())
}

/// Files that are there.
pub fn count(files: &MemoryFiles) -> usize {
    files.list().map_or(0, |names| names.len())
}
