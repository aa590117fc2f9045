//! Snapshots as files: written whole or not at all, checked when they are read, the newest few kept.
//!
//! Principal type: [`Folder`], where the snapshots of one task stand. A snapshot is written to a
//! temporary name, synced, renamed, and the folder is synced; only then older ones go. What is damaged
//! says so when it is read and is passed over for an older one; nothing here decides more than that.
//!
//! Promises: a file under its final name was complete when it got it, as far as the disk keeps its word,
//! and where it does not, a checksum tells; an error of a sync is never tried again and believed.
//! What is in a snapshot is the engine's business ([`palermo_engine::snapshot`]); the layout of the file
//! is in module `file`. The world is behind [`Files`], so that tests can tear, fill and unsync it.
//! Cost: one pass of compression over the state; reading, the same back.

mod file;
mod files;
mod folder;

pub use file::{FORMAT, Reader, Trailer, read_head};
pub use files::{Disk, Files, MemoryFiles};
pub use folder::{Folder, Kept, Standing};
