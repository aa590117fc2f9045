//! One input partition in memory: records in segments of about a mebibyte, offsets with gaps.

use crate::port::{Extent, RecordRef};
use palermo_domain::{Partition, Position};

const SEGMENT_BYTES: usize = 1 << 20;
const NONE: u32 = u32::MAX;

/// One partition.
#[derive(Debug, Default)]
pub(super) struct Store {
    segments: Vec<Segment>,
    start: Position,
    end: Position,
    /// Where the oldest open upstream transaction begins.
    held: Option<Position>,
}

#[derive(Debug, Default)]
struct Segment {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: i64,
    timestamp_ms: i64,
    start: usize,
    key_len: u32,
    value_len: u32,
    headers: usize,
}

impl Store {
    /// Appends a record; returns its offset.
    pub(super) fn append(
        &mut self,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: usize,
    ) -> i64 {
        if self.segments.last().is_none_or(|segment| segment.bytes.len() >= SEGMENT_BYTES) {
            self.segments.push(Segment::default());
        }
        let offset = self.end;
        let length = |part: Option<&[u8]>| {
            part.map_or(NONE, |part| u32::try_from(part.len()).unwrap_or(NONE - 1))
        };
        if let Some(segment) = self.segments.last_mut() {
            segment.entries.push(Entry {
                offset,
                timestamp_ms,
                start: segment.bytes.len(),
                key_len: length(key),
                value_len: length(value),
                headers,
            });
            segment.bytes.extend_from_slice(key.unwrap_or_default());
            segment.bytes.extend_from_slice(value.unwrap_or_default());
        }
        self.end = self.end.saturating_add(1);
        offset
    }

    /// Uses up offsets.
    pub(super) fn skip(&mut self, offsets: u64) {
        self.end = self.end.saturating_add_unsigned(offsets);
    }

    pub(super) fn hold(&mut self) {
        self.held.get_or_insert(self.end);
    }

    pub(super) fn release(&mut self) {
        self.held = None;
    }

    pub(super) fn truncate(&mut self, start: Position) {
        self.start = self.start.max(start.min(self.end));
    }

    /// What a `read_committed` reader may see.
    pub(super) fn extent(&self) -> Extent {
        Extent { start: self.start, end: self.held.unwrap_or(self.end) }
    }

    /// The first position with a record timestamp at or after this; the end where there is none.
    pub(super) fn position_at(&self, timestamp_ms: i64) -> Position {
        let end = self.extent().end;
        let entries = self.segments.iter().flat_map(|segment| &segment.entries);
        let mut entries = entries.filter(|entry| entry.offset >= self.start);
        let found = entries.find(|entry| entry.timestamp_ms >= timestamp_ms);
        found.map_or(end, |entry| entry.offset.min(end))
    }

    /// Hands over at most `records_max` visible records from `from` on and below `below`; returns
    /// how many, and the position after the last.
    pub(super) fn read(
        &self,
        partition: Partition,
        from: Position,
        below: Position,
        records_max: usize,
        on: &mut dyn FnMut(RecordRef<'_>),
    ) -> (usize, Position) {
        let (mut count, mut position) = (0_usize, from);
        let older = |segment: &Segment| segment.entries.last().is_some_and(|e| e.offset < from);
        let first = self.segments.partition_point(older);
        for segment in self.segments.iter().skip(first) {
            let skipped = segment.entries.partition_point(|entry| entry.offset < from);
            for entry in segment.entries.iter().skip(skipped) {
                if count >= records_max || entry.offset >= below {
                    return (count, position);
                }
                let Some(record) = segment.record(partition, entry) else { continue };
                on(record);
                count = count.saturating_add(1);
                position = entry.offset.saturating_add(1);
            }
        }
        (count, position)
    }
}

impl Segment {
    fn record(&self, partition: Partition, entry: &Entry) -> Option<RecordRef<'_>> {
        let part = |len: u32| if len == NONE { 0 } else { len as usize };
        let bytes = self.bytes.get(entry.start..)?;
        let (key, rest) = bytes.split_at_checked(part(entry.key_len))?;
        let (value, _) = rest.split_at_checked(part(entry.value_len))?;
        Some(RecordRef {
            partition,
            offset: entry.offset,
            timestamp_ms: entry.timestamp_ms,
            key: (entry.key_len != NONE).then_some(key),
            value: (entry.value_len != NONE).then_some(value),
            headers: entry.headers,
        })
    }
}
