//! Sees: a file that is believed although it was cut, flipped, half written or never synced; a
//! snapshot that is lost because another could not be written; one too many or too few that is kept.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

use super::*;
use crate::files::MemoryFiles;
use palermo_domain::snapshot::{self, PART_BYTES, Sink, Source};
use palermo_domain::{EventTime, Partition, TopicRole};
use palermo_engine::Gap;
use proptest::prelude::*;

/// A state of some numbers.
#[derive(Clone, Debug, PartialEq)]
struct Numbers(Vec<u64>);

impl Freeze for Numbers {
    fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "first", &self.0.first())?;
        snapshot::put_all(sink, "numbers", &self.0, PART_BYTES / 8)
    }
}

fn head(seq: u64) -> Head {
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    Head {
        task: "palermo-0".into(),
        engine: "0".into(),
        seq,
        started: Default::default(),
        positions: [(partition, 7)].into(),
        reached: [(partition, 99)].into(),
        bundle: "b".repeat(64),
        bundle_since: 1,
        chain: "c".into(),
        payments: 3,
        applied: 4,
    }
}

fn state(seq: u64) -> Numbers {
    Numbers((0..20).map(|n| n * seq).collect())
}

fn folder(files: &MemoryFiles) -> Folder {
    Folder::new(Box::new(files.clone()), "1", 3)
}

/// What can be read of the newest snapshot that can be read whole.
fn newest(folder: &Folder) -> Option<(u64, Numbers)> {
    folder.standing().unwrap().into_iter().find_map(|one| Some((one.seq, whole(folder, one.seq)?)))
}

fn whole(folder: &Folder, seq: u64) -> Option<Numbers> {
    let (found, mut parts) = folder.read(seq).ok()?;
    assert_eq!(found, head(seq), "a head that fits its checksum is that which was written");
    let first: Option<u64> = snapshot::take(&mut parts, "first").ok()?;
    let all: Vec<u64> = snapshot::take_all(&mut parts, "numbers").ok()?;
    parts.ends().ok()?;
    assert_eq!(first, all.first().copied());
    Some(Numbers(all))
}

fn write(folder: &Folder, seq: u64) -> Result<Kept, SnapshotError> {
    folder.write(&head(seq), &state(seq))
}

#[test]
fn the_newest_three_are_kept_and_what_is_beyond_goes() {
    let files = MemoryFiles::default();
    let folder = folder(&files);
    assert!(folder.standing().unwrap().is_empty());
    for seq in [1, 2, 5, 9, 12] {
        let kept = write(&folder, seq).unwrap();
        assert_eq!(newest(&folder), Some((seq, state(seq))));
        assert_eq!(kept.trailer, folder.read(seq).unwrap().1.verify().unwrap());
    }
    let seqs = |folder: &Folder| -> Vec<u64> {
        folder.standing().unwrap().iter().map(|one| one.seq).collect()
    };
    assert_eq!(seqs(&folder), [12, 9, 5]);
    // The task began anew: what is left of its other life must not be in the way of this one.
    write(&folder, 2).unwrap();
    assert_eq!(seqs(&folder), [2]);
    files.put("notes.txt", b"mine".to_vec());
    write(&folder, 3).unwrap();
    assert!(files.bytes("notes.txt").is_some(), "what is no snapshot is nobody's business");
}

#[test]
fn the_same_state_has_the_same_hash_and_another_another() {
    let folder = folder(&MemoryFiles::default());
    let one = folder.write(&head(1), &state(1)).unwrap().trailer;
    let again = folder.write(&head(2), &state(1)).unwrap().trailer;
    let other = folder.write(&head(3), &state(2)).unwrap().trailer;
    assert_eq!(one, again);
    assert_ne!(one.state, other.state);
}

/// Every byte of a small snapshot flipped, and every length: none is taken for whole.
#[test]
fn no_damage_is_believed() {
    let files = MemoryFiles::default();
    let folder = folder(&files);
    write(&folder, 7).unwrap();
    let name = name_of(7);
    let good = files.bytes(&name).unwrap();
    for at in 0..good.len() {
        for bit in [0x01, 0x80] {
            let mut bad = good.clone();
            bad[at] ^= bit;
            files.put(&name, bad);
            assert_eq!(whole(&folder, 7), None, "byte {at} of {}", good.len());
        }
        files.put(&name, good[..at].to_vec());
        assert_eq!(whole(&folder, 7), None, "{at} bytes of {}", good.len());
    }
    files.put(&name, good);
    assert_eq!(whole(&folder, 7), Some(state(7)));
}

/// What the task went on without comes back; where there is nothing of it, the head is as it always was.
#[test]
fn gaps_are_kept_with_the_head() {
    let files = MemoryFiles::default();
    let folder = folder(&files);
    let with = |gaps| {
        let mut head = head(7);
        head.started.gaps = gaps;
        head
    };
    let lost = [(Partition { role: TopicRole::Payments, index: 0 }, (3, 7))];
    let gap = |after| Gap { base: 5, after, until: EventTime(9), lost: lost.into() };
    let mut sizes = Vec::new();
    for gaps in [vec![], vec![gap(None)], vec![gap(None), gap(Some(EventTime(4)))]] {
        let written = with(gaps);
        folder.write(&written, &state(7)).unwrap();
        assert_eq!(folder.read(7).unwrap().0, written);
        sizes.push(files.bytes(&name_of(7)).unwrap().len());
    }
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
    let plain = postcard::to_allocvec(&head(7)).unwrap();
    assert_eq!(plain, postcard::to_allocvec(&with(vec![gap(None)])).unwrap());
    write(&folder, 7).unwrap();
    let file = files.bytes(&name_of(7)).unwrap();
    assert!(file.windows(plain.len()).any(|part| part == plain));
}

#[test]
fn another_format_is_told_from_damage() {
    let files = MemoryFiles::default();
    let folder = folder(&files);
    write(&folder, 7).unwrap();
    files.damage(&name_of(7), &mut |bytes| bytes[8] = 1);
    let error = folder.standing().unwrap().remove(0).head.unwrap_err();
    assert_eq!(error.to_string(), "part `head`: format 1; this engine reads and writes format 5");
    files.damage(&name_of(7), &mut |bytes| bytes[0] = b'X');
    let error = folder.standing().unwrap().remove(0).head.unwrap_err();
    assert_eq!(error.to_string(), "part `head`: not a snapshot");
}

/// Whichever operation fails while a snapshot is written, the one before still stands; and the next
/// that can be written is written.
#[test]
fn a_snapshot_that_cannot_be_written_takes_none_with_it() {
    for operation in 0..400 {
        let files = MemoryFiles::default();
        let folder = folder(&files);
        write(&folder, 1).unwrap();
        files.fail_in(operation);
        let written = write(&folder, 2);
        if files.failed() == 0 {
            assert!(operation > 10, "{operation} operations can fail");
            return;
        }
        let (seq, numbers) = newest(&folder).expect("one stands");
        assert_eq!(numbers, state(seq));
        assert!(seq == 1 || seq == 2, "{seq}");
        assert!(seq == 2 || written.is_err(), "operation {operation} failed in silence");
        write(&folder, 3).unwrap();
        assert_eq!(newest(&folder), Some((3, state(3))));
        let left = files.list().unwrap();
        assert!(left.iter().all(|name| name.ends_with(ENDING)), "{left:?}");
    }
    panic!("a snapshot is more than 400 operations");
}

#[test]
fn a_full_disk_keeps_the_older_snapshot_and_is_left_as_it_was() {
    let files = MemoryFiles::default();
    let folder = folder(&files);
    write(&folder, 1).unwrap();
    let held: usize = files.list().unwrap().iter().map(|n| files.bytes(n).unwrap().len()).sum();
    for room in 0..held {
        files.set_room(Some(held + room));
        let error = write(&folder, 2).unwrap_err().to_string();
        assert!(error.contains("no storage space") || error.contains("whole buffer"), "{error}");
        assert_eq!(newest(&folder), Some((1, state(1))));
        assert_eq!(files.list().unwrap(), [name_of(1)], "what is half there is removed");
    }
    files.set_room(None);
    write(&folder, 2).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The machine goes down at any operation, and of what was not synced any part is left.
    #[test]
    fn a_crash_leaves_the_snapshot_before_or_this_one(
        before in 1_u64..4,
        operation in 0_u32..60,
        keep in prop::collection::vec(0_usize..600, 8),
    ) {
        let files = MemoryFiles::default();
        for seq in 1..=before {
            write(&folder(&files), seq).unwrap();
        }
        files.fail_in(operation);
        let _ = write(&folder(&files), before + 1);
        let mut keep = keep.into_iter().cycle();
        files.crash(&mut |_| keep.next().unwrap_or(0));
        let again = folder(&files);
        again.sweep();
        let (seq, numbers) = newest(&again).expect("one stands");
        prop_assert!(seq == before || seq == before + 1);
        prop_assert_eq!(numbers, state(seq));
        write(&again, before + 2).unwrap();
        prop_assert_eq!(newest(&again), Some((before + 2, state(before + 2))));
        let left = files.list().unwrap();
        prop_assert!(left.len() <= 3 && left.iter().all(|name| name.ends_with(ENDING)), "{:?}", left);
    }
}
