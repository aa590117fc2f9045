//! The head of a Kafka frame.

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// From the client to the broker.
    Request,
    /// From the broker to the client.
    Answer,
}

/// Keys of the requests that tests speak of.
pub mod api {
    /// Records are sent.
    pub const PRODUCE: i16 = 0;
    /// Records are asked for.
    pub const FETCH: i16 = 1;
    /// Topics and brokers are asked for.
    pub const METADATA: i16 = 3;
    /// A member says that it lives.
    pub const HEARTBEAT: i16 = 12;
    /// A producer takes an identity and fences earlier ones.
    pub const INIT_PRODUCER_ID: i16 = 22;
    /// A partition becomes part of a transaction.
    pub const ADD_PARTITIONS_TO_TXN: i16 = 24;
    /// A group's positions become part of a transaction.
    pub const ADD_OFFSETS_TO_TXN: i16 = 25;
    /// A transaction is committed or aborted.
    pub const END_TXN: i16 = 26;
    /// Positions are sent within a transaction.
    pub const TXN_OFFSET_COMMIT: i16 = 28;
}

/// A frame, length and all.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    /// Of the request; an answer has that of the request with its correlation id.
    pub(super) key: i16,
    pub(super) correlation: i32,
}

/// Longer than any answer of a broker with the settings of these tests.
const FRAME_MAX: usize = 256 << 20;

impl Frame {
    /// Reads one; `None` at the end, or where it is no frame.
    pub(super) fn read(way: Way, mut from: impl std::io::Read) -> Option<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length).ok()?;
        let size = usize::try_from(i32::from_be_bytes(length)).ok()?;
        if !(4..=FRAME_MAX).contains(&size) {
            return None;
        }
        let mut bytes = vec![0; size + 4];
        bytes[..4].copy_from_slice(&length);
        from.read_exact(&mut bytes[4..]).ok()?;
        let number = |at: usize| {
            let four = bytes.get(at..at + 4)?;
            Some(i32::from_be_bytes(four.try_into().ok()?))
        };
        let (key, correlation) = match way {
            Way::Request => (number(4)? >> 16, number(8)?),
            Way::Answer => (-1, number(4)?),
        };
        Some(Self { key: i16::try_from(key).ok()?, correlation, bytes })
    }
}
