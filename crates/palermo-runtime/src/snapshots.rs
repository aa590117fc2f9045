//! Snapshots in the background: a state that stands still is written by a thread of its own while the
//! engine goes on.
//!
//! Promises: one is written at a time, also across tasks that follow each other in this process; what
//! is being written when the process ends is as if it had never been begun. Cost: the thread, and the
//! memory of what the engine changes meanwhile.

mod ahead;

pub use ahead::Ahead;

use crate::admit::load_bundle;
use crate::config::Config;
use crate::run::RunError;
use palermo_checkpoint::{Disk, Folder, Standing, Trailer};
use palermo_domain::snapshot::{SnapshotError, Source};
use palermo_engine::Engine;
use palermo_engine::port::Clock;
use palermo_engine::snapshot::{Freeze, Head, Saved, SnapshotStore};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Where a task keeps its snapshots.
pub fn folder(state_dir: &Path, task: &str) -> PathBuf {
    state_dir.join("snapshots").join(task)
}

/// What `palermo state` looks at: the snapshots of a configuration's task, read only.
#[derive(Debug)]
pub struct SnapshotFiles<'a> {
    config: &'a Config,
    folder: Folder,
}

/// A snapshot read whole.
#[derive(Debug)]
pub struct Verified {
    /// Its parts and the hash of the state.
    pub trailer: Trailer,
    /// Parts and raw bytes by name, in order.
    pub parts: Vec<(String, u64, u64)>,
}

impl<'a> SnapshotFiles<'a> {
    /// Those of this configuration.
    pub fn of(config: &'a Config) -> Self {
        let disk = Disk::at(&folder(&config.state_dir, &config.task));
        Self { config, folder: Folder::new(Box::new(disk), "unused", 1) }
    }

    /// Every snapshot, the newest first.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn standing(&self) -> std::io::Result<Vec<Standing>> {
        self.folder.standing()
    }

    /// Reads one whole and checks every checksum.
    ///
    /// # Errors
    /// At the first damage.
    pub fn verify(&self, seq: u64) -> Result<Verified, SnapshotError> {
        let (_, parts) = self.folder.read(seq)?;
        let mut by_name: Vec<(String, u64, u64)> = Vec::new();
        let trailer = parts.verify_each(&mut |name, bytes| {
            let size = bytes.len() as u64;
            match by_name.iter_mut().find(|(known, ..)| known == name) {
                Some((_, count, total)) => {
                    *count = count.saturating_add(1);
                    *total = total.saturating_add(size);
                }
                None => by_name.push((name.to_owned(), 1, size)),
            }
        })?;
        Ok(Verified { trailer, parts: by_name })
    }

    /// The engine that it holds, under the rules that were in force.
    ///
    /// # Errors
    /// Where its bundle is not kept any more, or it cannot be read.
    pub fn engine(&self, seq: u64) -> Result<Engine, RunError> {
        let unreadable = |error: SnapshotError| RunError::Stop {
            code: "snapshot_unreadable",
            reason: format!("snapshot {seq} cannot be read: {error}"),
        };
        let (head, parts) = self.folder.read(seq).map_err(unreadable)?;
        let mut parts = Ahead::new(parts).map_err(unreadable)?;
        let (state_dir, settings) = (&self.config.state_dir, self.config.deciding());
        let bundle = load_bundle(state_dir, settings, &head.bundle)?;
        Engine::read(self.config.engine(), bundle, &mut parts).map_err(unreadable)
    }
}

/// The snapshots of one task, for every store that this process opens on them.
#[derive(Clone)]
pub(crate) struct Snapshots {
    folder: Arc<Folder>,
    clock: Arc<dyn Clock>,
    writing: Arc<Mutex<Option<Writing>>>,
}

struct Writing {
    seq: u64,
    thread: JoinHandle<Saved>,
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

impl Snapshots {
    /// Those of a task below `state.dir`.
    pub(crate) fn new(state_dir: &Path, task: &str, keep: usize, clock: Arc<dyn Clock>) -> Self {
        let disk = Disk::at(&folder(state_dir, task));
        let folder = Folder::new(Box::new(disk), &format!("{}", std::process::id()), keep);
        Self { folder: Arc::new(folder), clock, writing: Arc::new(Mutex::new(None)) }
    }

    /// Removes what processes before this one left half written. One that still runs is fenced: its
    /// snapshot would be of no use.
    pub(crate) fn sweep(&self) {
        self.folder.sweep();
    }

    /// Waits for what is being written.
    pub(crate) fn wait(&self) -> Option<Saved> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        writing.map(Writing::outcome)
    }

    fn done(&self) -> Option<Writing> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if writing.as_ref().is_some_and(|writing| writing.thread.is_finished()) {
            writing.take()
        } else {
            None
        }
    }
}

impl Writing {
    fn outcome(self) -> Saved {
        let Self { seq, thread } = self;
        thread.join().unwrap_or_else(|_| Saved {
            seq,
            result: Err(SnapshotError::new("file", "the thread that wrote it panicked")),
            took_ms: 0,
        })
    }
}

impl SnapshotStore for Snapshots {
    fn heads(&mut self) -> (Vec<Head>, Vec<String>) {
        let standing = match self.folder.standing() {
            Ok(standing) => standing,
            Err(error) => {
                return (Vec::new(), vec![format!("no snapshot can be looked at: {error}")]);
            }
        };
        let (mut heads, mut words) = (Vec::new(), Vec::new());
        for one in standing {
            match one.head {
                Ok(head) => heads.push(head),
                Err(error) => words.push(format!("snapshot {} is passed over: {error}", one.seq)),
            }
        }
        (heads, words)
    }

    fn read(&mut self, seq: u64) -> Result<Box<dyn Source + '_>, SnapshotError> {
        let (_, parts) = self.folder.read(seq)?;
        Ok(Box::new(Ahead::new(parts)?))
    }

    fn is_busy(&self) -> bool {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn save(&mut self, head: Head, state: Box<dyn Freeze>) {
        let (folder, clock, seq) = (Arc::clone(&self.folder), Arc::clone(&self.clock), head.seq);
        let work = move || {
            let began_ms = clock.monotonic_ms();
            let result = folder.write(&head, &*state).map(|kept| kept.bytes);
            Saved { seq, result, took_ms: clock.monotonic_ms().saturating_sub(began_ms) }
        };
        #[expect(clippy::disallowed_methods, reason = "snapshots are written beside the engine")]
        let spawned = std::thread::Builder::new().name("snapshot".into()).spawn(work);
        match spawned {
            Ok(thread) => {
                let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
                *writing = Some(Writing { seq, thread });
            }
            Err(error) => tracing::error!(seq, "no thread for a snapshot: {error}"),
        }
    }

    fn saved(&mut self) -> Option<Saved> {
        self.done().map(Writing::outcome)
    }
}
