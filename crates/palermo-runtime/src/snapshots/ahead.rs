//! A snapshot read ahead: one thread reads the file, checks and unpacks it, the caller makes a state of it.
//!
//! Promises: what comes out is what a reader without a thread would hand out, in the same order; at most
//! [`AHEAD`] parts wait. Cost: the thread, for as long as the reading lasts.

use palermo_checkpoint::Reader;
use palermo_domain::snapshot::{SnapshotError, Source};
use std::io::Read;
use std::sync::mpsc::{Receiver, sync_channel};

/// So many parts wait at most, of about a megabyte each.
const AHEAD: usize = 8;

type Part = Result<Option<(String, Vec<u8>)>, SnapshotError>;

/// The parts of a snapshot, read ahead.
#[derive(Debug)]
pub struct Ahead {
    parts: Receiver<Part>,
}

impl Ahead {
    /// Begins to read. The thread ends with the last part, the first damage, or when nobody listens.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub fn new(mut from: Reader<Box<dyn Read + Send>>) -> Result<Self, SnapshotError> {
        let (send, parts) = sync_channel(AHEAD);
        let work = move || {
            loop {
                let part = from.any_part();
                let goes_on = matches!(part, Ok(Some(_)));
                if send.send(part).is_err() || !goes_on {
                    return;
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a file is unpacked beside its reader")]
        let spawned = std::thread::Builder::new().name("snapshot-read".into()).spawn(work);
        spawned.map_err(|error| SnapshotError::new("file", error))?;
        Ok(Self { parts })
    }
}

impl Source for Ahead {
    fn any_part(&mut self) -> Part {
        let ended = |_| SnapshotError::new("file", "the thread that reads it has ended");
        self.parts.recv().map_err(ended)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_checkpoint::{Folder, MemoryFiles};
    use palermo_domain::snapshot::{self, Sink};
    use palermo_engine::snapshot::{Freeze, Head};

    struct Numbers(u64);

    impl Freeze for Numbers {
        fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
            (0..self.0).try_for_each(|number| snapshot::put(sink, "number", &number))
        }
    }

    fn head() -> Head {
        Head { task: "test".into(), seq: 1, ..Head::default() }
    }

    fn read(files: &MemoryFiles, count: u64) -> Result<(), SnapshotError> {
        let folder = Folder::new(Box::new(files.clone()), "test", 1);
        let mut ahead = Ahead::new(folder.read(1)?.1)?;
        for wanted in 0..count {
            assert_eq!(snapshot::take::<u64>(&mut ahead, "number")?, wanted);
        }
        ahead.ends()
    }

    #[test]
    fn everything_comes_in_order_and_damage_is_told() {
        let files = MemoryFiles::default();
        let folder = Folder::new(Box::new(files.clone()), "test", 1);
        folder.write(&head(), &Numbers(100)).unwrap();
        read(&files, 100).unwrap();
        assert_eq!(read(&files, 99).unwrap_err().to_string(), "part `number`: nobody asked for it");
        let short = read(&files, 101).unwrap_err();
        assert_eq!(short.to_string(), "part `number`: the snapshot ends before it");
        // Who stops reading holds nobody up.
        drop(Ahead::new(folder.read(1).unwrap().1).unwrap());
        let name = folder.standing().unwrap().remove(0).name;
        files.damage(&name, &mut |bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        });
        assert!(read(&files, 100).is_err());
    }
}
