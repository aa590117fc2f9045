//! Which selections hold for a payment, decided once when it is applied.
//!
//! What the payment has in common with many others (module `profile`) decides most of them at once; the
//! conditions of the rest are evaluated, what they share only once (module `formula`), and only where no
//! payment gave the same answers before (module `tree`); the result is interned (module `sets`).
//!
//! Promise: exactly what evaluating every selection gives, *unknown* and the field that was lacking
//! included. Cost: grows with the selections that can be true of such a payment, not with all.

mod formula;
mod profile;
mod sets;
mod tree;

use crate::bind::Node;
use crate::eval::{At, Env, NoMeasures, eval};
use crate::value::Value;
use formula::{Formulas, Numbers, Rest, Truth};
use palermo_domain::snapshot::{Sink, SnapshotError, Source};
use palermo_domain::{EventTime, FixedHashMap};
use palermo_lang::program::Field;
use palermo_ledger::{Kinds, Leg, Row, SetId};
use profile::{Eyes, Profile, Seen};
pub(crate) use sets::Sets;
use tree::{Decision, NOWHERE, Trees};

/// So many profiles are remembered; when there are more, all are forgotten and begin anew.
const PROFILES_MAX: usize = 1 << 14;

/// Whether a debug build checks what is decided at a time from nothing: one time in so many, which
/// every test meets and none pays for.
pub(crate) const fn is_sampled(time: EventTime) -> bool {
    const ONE_IN: i64 = 61;
    time.0.rem_euclid(1000 * ONE_IN) < 1000
}

/// The selections of a rule set.
#[derive(Debug)]
pub(crate) struct Selections {
    conditions: Vec<Node>,
    formulas: Formulas,
    trees: Trees,
    /// By selection: its condition.
    roots: Vec<u32>,
    by_profile: FixedHashMap<Profile, u32>,
    decided: Vec<Decided>,
    /// By what a payment says of itself: the selections that are not false for it.
    open: FixedHashMap<(u32, Leg), Box<[u16]>>,
    /// Whether a selection looks at remittance texts.
    pub(crate) reads_text: bool,
    pub(crate) sets: Sets,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    truths: Vec<u16>,
    unknown: Vec<u16>,
    list: Vec<u16>,
}

/// What a profile decides.
#[derive(Debug)]
struct Decided {
    truths: Vec<u16>,
    unknown: Vec<u16>,
    /// What each of them lacked.
    lacked: Vec<Option<Field>>,
    /// With what is left of their conditions.
    open: Vec<(u16, u32)>,
    /// Where to ask first.
    tree: u32,
    /// How many ends, by the kinds of subjects that stood there.
    times: Vec<(Kinds, u64)>,
}

/// A selection that was unknown, for lack of which field, at which kinds of subjects, how often.
pub(crate) type Lacked = (u16, Option<Field>, Kinds, u64);

impl Selections {
    /// Selections by their conditions.
    pub(crate) fn new(conditions: Vec<Node>) -> Self {
        let (mut formulas, mut numbers) = (Formulas::default(), Numbers::default());
        let roots = conditions.iter().map(|node| formulas.add(node, &mut numbers)).collect();
        let reads_text = conditions.iter().any(|node| {
            node.any(&|part| matches!(part, Node::Matches(text, _) if matches!(**text, Node::Field(Field::Text))))
        });
        Self {
            sets: Sets::new(conditions.len()),
            conditions,
            formulas,
            trees: Trees::default(),
            roots,
            by_profile: FixedHashMap::default(),
            decided: Vec::new(),
            open: FixedHashMap::default(),
            reads_text,
            scratch: Scratch::default(),
        }
    }

    /// Hands over the sets that entries name.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.sets.write(sink)
    }

    /// Gives them their numbers again.
    pub(crate) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        self.sets.read(source)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.conditions.len()
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

    /// Decides every selection at one end, where subjects of these kinds stand; calls `missing` for
    /// those that are unknown, now or later ([`Selections::pending`]).
    pub(crate) fn decide(
        &mut self,
        at: &At<'_>,
        kinds: Kinds,
        missing: &mut dyn FnMut(Lacked),
    ) -> SetId {
        let profile = Profile::of(at);
        let number = match self.by_profile.get(&profile) {
            Some(&known) => known,
            None => self.meet(profile, at, missing),
        };
        let Self { decided, formulas, trees, .. } = self;
        let Some(decided) = decided.get_mut(number as usize) else { return SetId::default() };
        if !decided.unknown.is_empty() {
            match decided.times.iter_mut().find(|(known, _)| *known == kinds) {
                Some((_, times)) => *times = times.saturating_add(1),
                None => decided.times.push((kinds, 1)),
            }
        }
        let grown;
        let decision = match trees.walk(decided.tree, formulas, at) {
            Some(decision) => decision,
            None => {
                grown = self.evaluate(number, at);
                &grown
            }
        };
        decision.lacked.iter().for_each(|(id, field)| missing((*id, *field, kinds, 1)));
        let set = decision.set;
        debug_assert!(
            !is_sampled(at.row.time()) || self.agrees(at, set),
            "as every selection says, evaluated for itself"
        );
        set
    }

    /// Decides by the formulas that a profile leaves open, and remembers which way it went.
    #[cold]
    fn evaluate(&mut self, number: u32, at: &At<'_>) -> Decision {
        if self.trees.is_full() {
            self.trees.clear();
            self.decided.iter_mut().for_each(|decided| decided.tree = NOWHERE);
        }
        let Self { decided, formulas, trees, scratch, sets, .. } = self;
        let Some(decided) = decided.get_mut(number as usize) else {
            return Decision { set: SetId::default(), lacked: Box::default() };
        };
        let Scratch { truths, unknown, list } = scratch;
        truths.clone_from(&decided.truths);
        unknown.clone_from(&decided.unknown);
        let mut lacked = Vec::new();
        formulas.begin();
        for &(id, rest) in &decided.open {
            match formulas.value(rest, at) {
                Truth::No => {}
                Truth::Yes => truths.push(id),
                Truth::Unknown(field) => {
                    lacked.push((id, field));
                    unknown.push(id);
                }
            }
        }
        truths.sort_unstable();
        unknown.sort_unstable();
        Sets::list(truths, unknown, list);
        let decision = Decision { set: sets.intern(list), lacked: lacked.into() };
        decided.tree = trees.grow(decided.tree, formulas.way(), decision.clone());
        decision
    }

    /// Whether a set is what evaluating every selection gives.
    fn agrees(&self, at: &At<'_>, set: SetId) -> bool {
        (0_u16..).zip(&self.conditions).all(|(id, node)| {
            let truth = Truth::of(eval(node, at, &mut NoMeasures));
            let unknown = matches!(truth, Truth::Unknown(_));
            self.sets.contains(set, id) == (truth == Truth::Yes)
                && self.sets.unknown(set, id) == unknown
        })
    }

    /// Decides what a new profile decides.
    #[cold]
    fn meet(&mut self, profile: Profile, at: &At<'_>, missing: &mut dyn FnMut(Lacked)) -> u32 {
        if self.decided.len() >= PROFILES_MAX {
            self.pending(missing);
            self.by_profile.clear();
            self.decided.clear();
            self.trees.clear();
        }
        let Self { conditions, formulas, roots, open, .. } = self;
        let coarse = open.entry(profile.coarse(at.leg)).or_insert_with(|| {
            let eyes = Eyes { at, coarse: true };
            let no = |node: &Node| eyes.see(node) == Seen::Said(Value::Bool(false));
            (0..).zip(conditions.iter()).filter(|(_, node)| !no(node)).map(|(id, _)| id).collect()
        });
        let eyes = Eyes { at, coarse: false };
        let see = |node: &Node| match eyes.see(node) {
            Seen::Said(value) => Some(Truth::of(value)),
            Seen::Open => None,
        };
        let mut found = Decided {
            truths: Vec::new(),
            unknown: Vec::new(),
            lacked: Vec::new(),
            open: Vec::new(),
            tree: NOWHERE,
            times: Vec::new(),
        };
        for &id in coarse.iter() {
            let root = roots.get(usize::from(id)).copied().unwrap_or(u32::MAX);
            match formulas.rest(root, &see) {
                Rest::Open(rest) => found.open.push((id, rest)),
                Rest::Known(Truth::No) => {}
                Rest::Known(Truth::Yes) => found.truths.push(id),
                Rest::Known(Truth::Unknown(field)) => {
                    found.unknown.push(id);
                    found.lacked.push(field);
                }
            }
        }
        let number = u32::try_from(self.decided.len()).unwrap_or(u32::MAX);
        self.decided.push(found);
        self.by_profile.insert(profile, number);
        number
    }

    /// Tells of unknown selections that were not told of yet.
    pub(crate) fn pending(&self, missing: &mut dyn FnMut(Lacked)) {
        for decided in &self.decided {
            for (id, field) in decided.unknown.iter().zip(&decided.lacked) {
                decided
                    .times
                    .iter()
                    .for_each(|(kinds, times)| missing((*id, *field, *kinds, *times)));
            }
        }
    }

    /// Bytes held by sets and profiles, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let of = |one: &Decided| {
            let selections = one.truths.len().saturating_add(one.open.len());
            let unknown = one.unknown.len().saturating_mul(8);
            selections.saturating_mul(6).saturating_add(unknown).saturating_add(160)
        };
        let held = self.sets.bytes().saturating_add(self.formulas.bytes());
        let held = held.saturating_add(self.trees.bytes());
        self.decided.iter().map(of).fold(held, usize::saturating_add)
    }
}
