//! What a folder of snapshots needs of a file system, and a model of one that keeps no promise that
//! a real one does not make.
//!
//! [`Disk`] is the world. [`MemoryFiles`] is for tests: what was not synced may be gone or torn after
//! [`MemoryFiles::crash`], a rename that was not synced may not have happened, and every operation can
//! be made to fail.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A folder of files.
pub trait Files: Send + Sync {
    /// Names of the files that are there, in order.
    ///
    /// # Errors
    /// As the file system.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Begins a file, or begins it anew.
    ///
    /// # Errors
    /// As the file system.
    fn create(&self, name: &str) -> io::Result<Box<dyn Written + '_>>;
    /// Opens a file.
    ///
    /// # Errors
    /// As the file system.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// Bytes of a file.
    ///
    /// # Errors
    /// As the file system.
    fn size(&self, name: &str) -> io::Result<u64>;
    /// Gives a file another name, in the place of whatever had it, and makes that last.
    ///
    /// # Errors
    /// As the file system.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// As the file system.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// A file that is being written.
pub trait Written: Write {
    /// Makes what was written last. An error here is never tried again: what the disk has is unknown.
    ///
    /// # Errors
    /// As the file system.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder on a disk.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// A folder; it is made with its first file.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }
}

impl Files for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Written + '_>> {
        fs::create_dir_all(&self.folder)?;
        let file = fs::File::create(self.folder.join(name))?;
        Ok(Box::new(io::BufWriter::with_capacity(1 << 20, file)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let file = fs::File::open(self.folder.join(name))?;
        Ok(Box::new(io::BufReader::with_capacity(1 << 20, file)))
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.folder.join(name))?.len())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.folder.join(from), self.folder.join(to))?;
        fs::File::open(&self.folder)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.folder.join(name))
    }
}

impl Written for io::BufWriter<fs::File> {
    fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.get_ref().sync_all()
    }
}

/// A folder in memory that can crash.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What a process sees, and what the disk has of it.
    files: BTreeMap<String, Vec<u8>>,
    synced: BTreeMap<String, Vec<u8>>,
    /// Operations until one fails.
    fails_in: Option<u32>,
    failed: u32,
    refused: u32,
    /// Bytes that fit.
    room: Option<usize>,
}

impl Inner {
    fn step(&mut self) -> io::Result<()> {
        match &mut self.fails_in {
            Some(0) => {
                self.failed = self.failed.saturating_add(1);
                self.fails_in = None;
                Err(io::Error::other("injected"))
            }
            Some(left) => {
                *left = left.saturating_sub(1);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl MemoryFiles {
    fn with<T>(&self, of: impl FnOnce(&mut Inner) -> T) -> T {
        of(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The operation after so many others fails, once.
    pub fn fail_in(&self, operations: u32) {
        self.with(|inner| inner.fails_in = Some(operations));
    }

    /// How many operations failed because a test wanted it.
    pub fn failed(&self) -> u32 {
        self.with(|inner| inner.failed)
    }

    /// How many writes found no room.
    pub fn refused(&self) -> u32 {
        self.with(|inner| inner.refused)
    }

    /// So many bytes fit, from now on; `None`: any number.
    pub fn set_room(&self, bytes: Option<usize>) {
        self.with(|inner| inner.room = bytes);
    }

    /// The machine goes down: of what was not synced a part is left, as `keep` says for each file with
    /// how many bytes it may keep at most.
    pub fn crash(&self, keep: &mut dyn FnMut(usize) -> usize) {
        self.with(|inner| {
            let mut after = inner.synced.clone();
            for (name, bytes) in &inner.files {
                if !inner.synced.contains_key(name) {
                    let left = keep(bytes.len()).min(bytes.len());
                    after.insert(name.clone(), bytes.get(..left).unwrap_or_default().to_vec());
                }
            }
            inner.fails_in = None;
            inner.files.clone_from(&after);
            inner.synced = after;
        });
    }

    /// Changes the bytes of a file, on the disk.
    pub fn damage(&self, name: &str, change: &mut dyn FnMut(&mut Vec<u8>)) {
        self.with(|inner| {
            let Inner { files, synced, .. } = inner;
            for all in [files, synced] {
                if let Some(bytes) = all.get_mut(name) {
                    change(bytes);
                }
            }
        });
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.with(|inner| inner.files.get(name).cloned())
    }

    /// Puts a file there, synced.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        self.with(|inner| {
            inner.files.insert(name.to_owned(), bytes.clone());
            inner.synced.insert(name.to_owned(), bytes);
        });
    }
}

impl Files for MemoryFiles {
    fn list(&self) -> io::Result<Vec<String>> {
        self.with(|inner| {
            inner.step()?;
            Ok(inner.files.keys().cloned().collect())
        })
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Written + '_>> {
        self.with(|inner| {
            inner.step()?;
            inner.files.insert(name.to_owned(), Vec::new());
            // A file that is begun anew is not what was synced before.
            inner.synced.remove(name);
            Ok::<(), io::Error>(())
        })?;
        Ok(Box::new(MemoryFile { files: self, name: name.to_owned() }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        self.with(|inner| {
            inner.step()?;
            let bytes = inner.files.get(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(Box::new(io::Cursor::new(bytes.clone())) as Box<dyn Read + Send>)
        })
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        self.with(|inner| {
            inner.step()?;
            let bytes = inner.files.get(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(bytes.len() as u64)
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.with(|inner| {
            inner.step()?;
            let bytes = inner.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
            inner.files.insert(to.to_owned(), bytes);
            // The name is there for this process; the folder is synced with the next step.
            let synced = inner.synced.remove(from);
            inner.step()?;
            if let Some(synced) = synced {
                inner.synced.insert(to.to_owned(), synced);
            }
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|inner| {
            inner.step()?;
            inner.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
            inner.synced.remove(name);
            Ok(())
        })
    }
}

struct MemoryFile<'a> {
    files: &'a MemoryFiles,
    name: String,
}

impl Write for MemoryFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.files.with(|inner| {
            inner.step()?;
            let held = inner.files.values().map(Vec::len).fold(0, usize::saturating_add);
            let room = inner.room.map_or(usize::MAX, |room| room.saturating_sub(held));
            if room == 0 && !bytes.is_empty() {
                inner.refused = inner.refused.saturating_add(1);
                return Err(io::ErrorKind::StorageFull.into());
            }
            // As a disk does, it takes what fits.
            let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
            let file = inner.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?;
            file.extend_from_slice(taken);
            Ok(taken.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written for MemoryFile<'_> {
    fn sync(&mut self) -> io::Result<()> {
        self.files.with(|inner| {
            inner.step()?;
            let bytes = inner.files.get(&self.name).ok_or(io::ErrorKind::NotFound)?.clone();
            inner.synced.insert(self.name.clone(), bytes);
            Ok(())
        })
    }
}
