//! Which selections hold for a payment, decided once when it is applied.
//!
//! An index over kind and direction leaves a handful of candidates; their conditions are
//! evaluated; the result is interned, so an entry carries four bytes. A set holds two bits per
//! selection: *true*, and *unknown* (left out of windows, but counted).

use crate::bind::Node;
use crate::eval::{At, Env, NoMeasures, eval};
use crate::value::Value;
use palermo_domain::{FixedHashMap, PaymentKind};
use palermo_lang::program::{Direction, Field, Selection};
use palermo_ledger::{Leg, Row, SetId};

/// The interned sets.
#[derive(Debug)]
pub(crate) struct Sets {
    words: usize,
    sets: Vec<Box<[u64]>>,
    index: FixedHashMap<Box<[u64]>, SetId>,
}

impl Sets {
    /// Sets over so many selections; set 0 is empty.
    pub(crate) fn new(selections: usize) -> Self {
        let words = selections.div_ceil(64).max(1);
        let mut sets = Self { words, sets: Vec::new(), index: FixedHashMap::default() };
        sets.intern(&vec![0; words.saturating_mul(2)]);
        sets
    }

    fn intern(&mut self, bits: &[u64]) -> SetId {
        if let Some(&known) = self.index.get(bits) {
            return known;
        }
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(bits.into());
        self.index.insert(bits.into(), id);
        id
    }

    fn bit(&self, set: SetId, word: usize, selection: u16) -> bool {
        self.sets
            .get(set.0 as usize)
            .and_then(|bits| bits.get(word))
            .is_some_and(|bits| bits >> (selection % 64) & 1 == 1)
    }

    /// Whether the selection is true.
    pub(crate) fn contains(&self, set: SetId, selection: u16) -> bool {
        self.bit(set, usize::from(selection / 64), selection)
    }

    /// Whether the selection is unknown.
    pub(crate) fn unknown(&self, set: SetId, selection: u16) -> bool {
        self.bit(set, self.words.saturating_add(usize::from(selection / 64)), selection)
    }

    /// The words of the true selections.
    pub(crate) fn truths(&self, set: SetId) -> &[u64] {
        self.sets.get(set.0 as usize).and_then(|bits| bits.get(..self.words)).unwrap_or(&[])
    }

    /// How many words a set of true selections has.
    pub(crate) fn words(&self) -> usize {
        self.words
    }
}

/// The selection index.
#[derive(Debug)]
pub(crate) struct Selections {
    conditions: Vec<Node>,
    candidates: FixedHashMap<(PaymentKind, Direction), Vec<u16>>,
    bits: Vec<u64>,
    /// Whether a selection looks at remittance texts.
    pub(crate) reads_text: bool,
    pub(crate) sets: Sets,
}

impl Selections {
    /// Builds the index from the gates.
    pub(crate) fn new(selections: &[Selection], conditions: Vec<Node>) -> Self {
        let mut candidates: FixedHashMap<(PaymentKind, Direction), Vec<u16>> =
            FixedHashMap::default();
        for &kind in PaymentKind::ALL {
            for direction in [Direction::In, Direction::Out] {
                let fits = |selection: &Selection| {
                    let gate = &selection.gate;
                    (gate.kinds.is_empty() || gate.kinds.contains(&kind))
                        && gate.direction.is_none_or(|only| only == direction)
                };
                let some: Vec<u16> = (0..u16::MAX)
                    .zip(selections)
                    .filter(|(_, selection)| fits(selection))
                    .map(|(id, _)| id)
                    .collect();
                candidates.insert((kind, direction), some);
            }
        }
        let sets = Sets::new(selections.len());
        let bits = vec![0; sets.words().saturating_mul(2)];
        let reads_text = conditions.iter().any(|node| {
            node.any(&|part| matches!(part, Node::Matches(text, _) if matches!(**text, Node::Field(Field::Text))))
        });
        Self { conditions, candidates, bits, reads_text, sets }
    }

    /// The field for lack of which a selection is unknown.
    pub(crate) fn missing(
        &self,
        env: Env<'_>,
        row: Row<'_>,
        leg: Leg,
        selection: u16,
    ) -> Option<Field> {
        let condition = self.conditions.get(usize::from(selection))?;
        match eval(condition, &At { env, row, leg, step: None }, &mut NoMeasures) {
            Value::Unknown(field) => field,
            _ => None,
        }
    }

    /// Decides every selection that can apply to one end; calls `missing` for each that is
    /// unknown, with the field that was lacking.
    pub(crate) fn decide(
        &mut self,
        env: Env<'_>,
        row: Row<'_>,
        leg: Leg,
        missing: &mut dyn FnMut(u16, Option<Field>),
    ) -> SetId {
        let direction = match leg {
            Leg::Debtor => Direction::Out,
            Leg::Creditor => Direction::In,
        };
        let Some(candidates) = self.candidates.get(&(row.kind(), direction)) else {
            return SetId::default();
        };
        self.bits.fill(0);
        let at = At { env, row, leg, step: None };
        for &id in candidates {
            let Some(condition) = self.conditions.get(usize::from(id)) else { continue };
            let word = match eval(condition, &at, &mut NoMeasures) {
                Value::Bool(true) => usize::from(id / 64),
                Value::Unknown(field) => {
                    missing(id, field);
                    self.sets.words().saturating_add(usize::from(id / 64))
                }
                _ => continue,
            };
            if let Some(bits) = self.bits.get_mut(word) {
                *bits |= 1 << (id % 64);
            }
        }
        self.sets.intern(&self.bits)
    }
}
