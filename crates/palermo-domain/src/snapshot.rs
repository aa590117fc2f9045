//! A state as named parts of bytes, and back: the words between whoever holds a state and whoever
//! keeps it.
//!
//! A holder hands its parts to a [`Sink`] in an order of its own and takes them from a [`Source`] in
//! the same order; what the bytes of a part mean is the holder's own business and bound to the version
//! of the format. Large columns come in many parts, so that neither side ever holds the whole twice.
//!
//! Promises: equal states have equal parts, as nothing is written in the order of a hash table; a
//! source that holds something else than was asked for says which part, and is never guessed at.

use crate::FixedHashMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::hash::Hash;

/// About so many bytes make a part of a large column.
pub const PART_BYTES: usize = 1 << 20;

/// Why a state cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("part `{part}`: {reason}")]
pub struct SnapshotError {
    /// Name of the part.
    pub part: String,
    /// What is wrong with it.
    pub reason: String,
}

impl SnapshotError {
    /// An error about a part.
    pub fn new(part: &str, reason: impl std::fmt::Display) -> Self {
        Self { part: part.to_owned(), reason: reason.to_string() }
    }
}

/// Takes parts, in order.
pub trait Sink {
    /// Takes one part.
    ///
    /// # Errors
    /// Where it cannot be kept; nothing more needs to be handed over then.
    fn part(&mut self, name: &str, bytes: &[u8]) -> Result<(), SnapshotError>;
}

/// Hands parts out, in the order in which they were taken.
pub trait Source {
    /// The next part with its name; none behind the last one, where all of it was what was written.
    ///
    /// # Errors
    /// Where it is damaged.
    fn any_part(&mut self) -> Result<Option<(String, Vec<u8>)>, SnapshotError>;

    /// The next part, which must have this name.
    ///
    /// # Errors
    /// Where there is no such part here, or it is damaged.
    fn next_part(&mut self, name: &str) -> Result<Vec<u8>, SnapshotError> {
        match self.any_part().map_err(|error| SnapshotError::new(name, error.reason))? {
            Some((found, bytes)) if found == name => Ok(bytes),
            Some((found, _)) => {
                Err(SnapshotError::new(name, format_args!("`{found}` stands in its place")))
            }
            None => Err(SnapshotError::new(name, "the snapshot ends before it")),
        }
    }

    /// Says that nothing is left, and that all of it was what was written.
    ///
    /// # Errors
    /// Where something is left, or anything was another.
    fn ends(&mut self) -> Result<(), SnapshotError> {
        match self.any_part().map_err(|error| SnapshotError::new("end", error.reason))? {
            None => Ok(()),
            Some((name, _)) => Err(SnapshotError::new(&name, "nobody asked for it")),
        }
    }
}

/// Hands a value over as a part.
///
/// # Errors
/// As the sink.
pub fn put<T: Serialize + ?Sized>(
    sink: &mut dyn Sink,
    name: &str,
    value: &T,
) -> Result<(), SnapshotError> {
    let bytes = postcard::to_allocvec(value).map_err(|error| SnapshotError::new(name, error))?;
    sink.part(name, &bytes)
}

/// Takes a value out of the next part.
///
/// # Errors
/// As the source; where the bytes are no such value, or more than one.
pub fn take<T: DeserializeOwned>(source: &mut dyn Source, name: &str) -> Result<T, SnapshotError> {
    decode(name, &source.next_part(name)?)
}

/// Reads a value that may borrow from the bytes of its part.
///
/// # Errors
/// Where the bytes are no such value, or more than one.
pub fn decode<'a, T: Deserialize<'a>>(name: &str, bytes: &'a [u8]) -> Result<T, SnapshotError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            Err(SnapshotError::new(name, format_args!("{} bytes too many", rest.len())))
        }
        Err(error) => Err(SnapshotError::new(name, error)),
    }
}

/// Hands a long list over in parts of about [`PART_BYTES`], behind one that says how many items there
/// are. `each` is about how many bytes an item takes.
///
/// # Errors
/// As the sink.
pub fn put_all<T: Serialize>(
    sink: &mut dyn Sink,
    name: &str,
    items: &[T],
    each: usize,
) -> Result<(), SnapshotError> {
    put(sink, name, &(items.len() as u64))?;
    let chunk = PART_BYTES.checked_div(each.max(1)).unwrap_or(1).max(1);
    items.chunks(chunk).try_for_each(|chunk| put(sink, name, chunk))
}

/// Takes a long list back.
///
/// # Errors
/// As [`take`], and where a part is empty or the items are not as many as was said.
pub fn take_all<T: DeserializeOwned>(
    source: &mut dyn Source,
    name: &str,
) -> Result<Vec<T>, SnapshotError> {
    let count: u64 = take(source, name)?;
    let mut items: Vec<T> = Vec::new();
    while (items.len() as u64) < count {
        let mut more: Vec<T> = take(source, name)?;
        if more.is_empty() {
            return Err(SnapshotError::new(name, "a part without items"));
        }
        items.append(&mut more);
    }
    if items.len() as u64 > count {
        return Err(SnapshotError::new(name, format_args!("more than {count} items")));
    }
    Ok(items)
}

/// What a map holds, in order of its keys.
pub fn sorted<K: Copy + Ord + Hash + Eq, V>(map: &FixedHashMap<K, V>) -> Vec<(K, &V)> {
    let mut all: Vec<(K, &V)> = map.iter().map(|(key, value)| (*key, value)).collect();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

/// Parts in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    parts: Vec<(String, Vec<u8>)>,
    taken: usize,
}

impl Parts {
    /// Name and bytes of each, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Hands all of them on.
    ///
    /// # Errors
    /// As the sink.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.all().try_for_each(|(name, bytes)| sink.part(name, bytes))
    }

    /// The same, from the beginning again.
    #[must_use]
    pub fn rewound(mut self) -> Self {
        self.taken = 0;
        self
    }

    /// Bytes of all parts.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|(_, bytes)| bytes.len()).fold(0, usize::saturating_add)
    }
}

impl Sink for Parts {
    fn part(&mut self, name: &str, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.parts.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    }
}

impl Source for Parts {
    fn any_part(&mut self) -> Result<Option<(String, Vec<u8>)>, SnapshotError> {
        let next = self.parts.get(self.taken).cloned();
        self.taken = self.taken.saturating_add(usize::from(next.is_some()));
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_whole_from_many_parts() {
        for count in [0_usize, 1, 3, 4, 5, 1000] {
            let items: Vec<u64> = (0..count as u64).collect();
            let mut parts = Parts::default();
            put_all(&mut parts, "numbers", &items, PART_BYTES / 4).unwrap();
            assert_eq!(parts.all().count(), 1 + count.div_ceil(4));
            assert_eq!(take_all::<u64>(&mut parts.rewound(), "numbers").unwrap(), items);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_name_of_the_part() {
        let mut parts = Parts::default();
        put(&mut parts, "a", &(1_u8, "text")).unwrap();
        let refused = |parts: &Parts, name: &str| {
            take::<(u8, String)>(&mut parts.clone(), name).unwrap_err().to_string()
        };
        assert_eq!(refused(&parts, "b"), "part `b`: `a` stands in its place");
        let mut cut = Parts::default();
        cut.part("a", &[1, 4, b't']).unwrap();
        assert!(refused(&cut, "a").starts_with("part `a`: "), "{}", refused(&cut, "a"));
        let mut more = Parts::default();
        more.part("a", &[1, 1, b't', 9]).unwrap();
        assert_eq!(refused(&more, "a"), "part `a`: 1 bytes too many");
        assert_eq!(refused(&Parts::default(), "a"), "part `a`: the snapshot ends before it");
    }
}
