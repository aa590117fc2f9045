//! The records of one partition that were read but not yet applied: bytes copied once, into
//! chunks that are reused.
//!
//! Promises: a popped record may be borrowed until the next call; no allocation per record (a
//! chunk per 64 KiB, or per record that is larger); a chunk is freed or reused as soon as a record
//! of a later chunk is popped.

use crate::port::RecordRef;
use palermo_domain::Partition;
use std::collections::VecDeque;

const CHUNK_BYTES: usize = 64 * 1024;
const NONE: u32 = u32::MAX;

/// A bounded (by its owner) first-in-first-out queue of records.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    slots: VecDeque<Slot>,
    chunks: VecDeque<Vec<u8>>,
    /// Number of the chunk at the front.
    first_chunk: u64,
    spare: Option<Vec<u8>>,
    bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    offset: i64,
    timestamp_ms: i64,
    time: i64,
    arrived_ms: u64,
    chunk: u64,
    start: u32,
    key_len: u32,
    value_len: u32,
    headers: u32,
}

impl Slot {
    fn bytes(&self) -> usize {
        let len = |len: u32| if len == NONE { 0 } else { len as usize };
        len(self.key_len).saturating_add(len(self.value_len))
    }
}

impl Buffer {
    /// How many records are waiting.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of keys and values waiting.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Offset and ordering time of the next record.
    pub(super) fn front(&self) -> Option<(i64, i64)> {
        self.slots.front().map(|slot| (slot.offset, slot.time))
    }

    /// Ordering time of the record after the next.
    pub(super) fn second_time(&self) -> Option<i64> {
        self.slots.get(1).map(|slot| slot.time)
    }

    /// When the next record was copied in.
    pub(super) fn arrived_ms(&self) -> Option<u64> {
        self.slots.front().map(|slot| slot.arrived_ms)
    }

    /// Copies a record in, with its ordering time and the moment of its arrival.
    pub(super) fn push(&mut self, record: &RecordRef<'_>, time: i64, arrived_ms: u64) {
        if self.slots.is_empty() {
            while let Some(chunk) = self.chunks.pop_front() {
                self.retire(chunk);
            }
        }
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let needed = key.len().saturating_add(value.len());
        let fits = |chunk: &Vec<u8>| chunk.capacity().saturating_sub(chunk.len()) >= needed;
        if !self.chunks.back().is_some_and(fits) {
            let chunk = self.spare.take_if(|spare| fits(spare));
            let fresh = || Vec::with_capacity(needed.max(CHUNK_BYTES));
            self.chunks.push_back(chunk.unwrap_or_else(fresh));
        }
        let newest = u64::try_from(self.chunks.len().saturating_sub(1)).unwrap_or(u64::MAX);
        let Some(chunk) = self.chunks.back_mut() else { return };
        let len = |bytes: Option<&[u8]>| bytes.map_or(NONE, |b| narrow(b.len()));
        let slot = Slot {
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            time,
            arrived_ms,
            chunk: self.first_chunk.saturating_add(newest),
            start: narrow(chunk.len()),
            key_len: len(record.key),
            value_len: len(record.value),
            headers: narrow(record.headers),
        };
        chunk.extend_from_slice(key);
        chunk.extend_from_slice(value);
        self.bytes = self.bytes.saturating_add(slot.bytes());
        self.slots.push_back(slot);
    }

    /// Takes the next record; its bytes stay until the next call.
    pub(super) fn pop(&mut self, partition: Partition) -> Option<RecordRef<'_>> {
        let slot = self.slots.pop_front()?;
        self.bytes = self.bytes.saturating_sub(slot.bytes());
        while self.first_chunk < slot.chunk {
            let chunk = self.chunks.pop_front()?;
            self.retire(chunk);
        }
        let bytes = self.chunks.front()?.get(slot.start as usize..)?;
        let (key, rest) = part(bytes, slot.key_len)?;
        let (value, _) = part(rest, slot.value_len)?;
        Some(RecordRef {
            partition,
            offset: slot.offset,
            timestamp_ms: slot.timestamp_ms,
            key,
            value,
            headers: slot.headers as usize,
        })
    }

    fn retire(&mut self, mut chunk: Vec<u8>) {
        self.first_chunk = self.first_chunk.saturating_add(1);
        if chunk.capacity() == CHUNK_BYTES {
            chunk.clear();
            self.spare = Some(chunk);
        }
    }
}

/// Lengths in Kafka are 31 bits; a longer one cannot come in.
fn narrow(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(NONE - 1)
}

fn part(bytes: &[u8], len: u32) -> Option<(Option<&[u8]>, &[u8])> {
    if len == NONE {
        return Some((None, bytes));
    }
    let (part, rest) = bytes.split_at_checked(len as usize)?;
    Some((Some(part), rest))
}
