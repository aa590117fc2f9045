//! Texts in blocks, by number.
//!
//! Promises: a text stands in one piece, and never moves while nobody has a copy; a copy shares every
//! block and stands still. Cost: 8 bytes a text beside its own, and what a block leaves empty before
//! one that does not fit. A first text after a copy copies one block.

use palermo_domain::share::Chunks;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use std::sync::Arc;

/// Bytes of a block; a text that is longer has one of its own.
const BLOCK: usize = 1 << 16;

/// The texts.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    blocks: Vec<Arc<String>>,
    spans: Chunks<Span, 4096>,
}

/// Where a text stands: the block in the high half, then the place in it, then its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span(u64);

/// In the place of a length: all of the block.
const WHOLE: usize = BLOCK - 1;

impl Span {
    #[expect(clippy::cast_possible_truncation, reason = "each has so many bits")]
    fn new(block: usize, start: usize, length: usize) -> Self {
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        Self(u64::from(block) << 32 | u64::from(start as u16) << 16 | u64::from(length as u16))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low sixteen bits are meant")]
    fn of(self, blocks: &[Arc<String>]) -> Option<&str> {
        let part = |shift: u32| usize::from((self.0 >> shift) as u16);
        let (start, length) = (part(16), part(0));
        if length == 0 {
            return Some("");
        }
        let block = blocks.get((self.0 >> 32) as usize)?;
        if length == WHOLE { Some(block) } else { block.get(start..start.saturating_add(length)) }
    }
}

impl Texts {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The one with this number; of none the empty one.
    #[inline]
    pub(crate) fn at(&self, index: u32) -> &str {
        let span = self.spans.get(index as usize);
        span.and_then(|span| span.of(&self.blocks)).unwrap_or("")
    }

    /// Adds one behind the others.
    pub(crate) fn push(&mut self, text: &str) {
        let span = if text.is_empty() {
            Span::new(0, 0, 0)
        } else if text.len() >= WHOLE {
            self.blocks.push(Arc::new(text.to_owned()));
            Span::new(self.blocks.len().saturating_sub(1), 0, WHOLE)
        } else {
            let block = self.room(text.len());
            let start = block.len();
            block.push_str(text);
            Span::new(self.blocks.len().saturating_sub(1), start, text.len())
        };
        self.spans.push(span);
    }

    /// The last block, with room for so many bytes, and nobody else's.
    fn room(&mut self, bytes: usize) -> &mut String {
        let fits = |block: &Arc<String>| block.len().saturating_add(bytes) < BLOCK;
        if !self.blocks.last().is_some_and(fits) {
            self.blocks.push(Arc::new(String::with_capacity(BLOCK)));
        } else if let Some(last) = self.blocks.last_mut().filter(|last| Arc::strong_count(last) > 1)
        {
            let mut own = String::with_capacity(BLOCK);
            own.push_str(last);
            *last = Arc::new(own);
        }
        let last = self.blocks.len().saturating_sub(1);
        #[expect(clippy::indexing_slicing, reason = "the lines before make it")]
        Arc::make_mut(&mut self.blocks[last])
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| block.capacity());
        blocks.fold(self.spans.bytes(), usize::saturating_add)
    }

    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink, name: &str) -> Result<(), SnapshotError> {
        snapshot::put(sink, name, &(self.blocks.len() as u64))?;
        self.blocks.iter().try_for_each(|block| sink.part(name, block.as_bytes()))?;
        self.spans.write(sink, name)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError> {
        let count: u64 = snapshot::take(source, name)?;
        let mut blocks = Vec::new();
        while (blocks.len() as u64) < count {
            let bytes = source.next_part(name)?;
            let block =
                String::from_utf8(bytes).map_err(|error| SnapshotError::new(name, error))?;
            blocks.push(Arc::new(block));
        }
        let spans = Chunks::<Span, 4096>::read(source, name)?;
        if !spans.iter().all(|span| span.of(&blocks).is_some()) {
            return Err(SnapshotError::new(name, "a text that is not there"));
        }
        Ok(Self { blocks, spans })
    }
}

impl serde::Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> serde::Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_domain::snapshot::Parts;

    /// Short ones, empty ones, some that fill blocks, some that are longer than a block.
    fn some() -> Vec<String> {
        let length = |n: usize| match n % 97 {
            0 => 0,
            13 => WHOLE - 1,
            14 => WHOLE,
            15 => BLOCK.saturating_add(n),
            _ => n % 40,
        };
        let of = |n: usize| "é".repeat(length(n) / 2) + if length(n) % 2 == 1 { "x" } else { "" };
        (0..400).map(of).collect()
    }

    fn check(texts: &Texts, wanted: &[String]) {
        assert_eq!(texts.len(), wanted.len());
        for (index, text) in (0..).zip(wanted) {
            assert_eq!(texts.at(index), text, "{index}");
        }
    }

    #[test]
    fn texts_come_back_and_copies_stand_still() {
        let wanted = some();
        let (mut texts, mut copies) = (Texts::default(), Vec::new());
        for (at, text) in wanted.iter().enumerate() {
            if at % 50 == 0 {
                copies.push(texts.clone());
            }
            texts.push(text);
        }
        check(&texts, &wanted);
        for (at, copy) in copies.iter().enumerate() {
            check(copy, &wanted[..at * 50]);
        }
        let mut parts = Parts::default();
        texts.write(&mut parts, "texts").unwrap();
        let mut back = Texts::read(&mut parts.rewound(), "texts").unwrap();
        back.push("one more");
        check(&back, &[&wanted[..], &["one more".to_owned()]].concat());
        assert_eq!(texts.at(u32::MAX), "");
    }

    #[test]
    fn a_text_that_is_not_there_is_refused() {
        let mut texts = Texts::default();
        texts.push("né");
        for bad in [Span::new(0, 1, 1), Span::new(0, 2, 9), Span::new(1, 0, 1)] {
            let mut parts = Parts::default();
            let bad = Texts { spans: std::iter::once(bad).collect(), ..texts.clone() };
            bad.write(&mut parts, "texts").unwrap();
            assert!(Texts::read(&mut parts.rewound(), "texts").is_err());
        }
    }
}
