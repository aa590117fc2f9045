//! Which indicators a payment has to be shown to.
//!
//! An indicator whose need (module `need`) is not met does not hold, for certain. So for each subject
//! is kept, of the indicators that ever counted one of its payments, how many payments are missing, or
//! until when the need is met. A payment of a selection that an indicator counts takes one off what is
//! missing; only when nothing is missing any more the entries are counted again. An indicator whose
//! need is met is asked at every payment of the subject, whatever the payment is.
//!
//! What it says then is mostly what it said before. So what an evaluation that did not hold rests on
//! (module `steady`) is kept beside it, and it is repeated instead of evaluated until a payment of a
//! selection that it rests on comes, time has passed that changes it, or the record of the holder, a list or
//! a hit does. What is kept of accounts is forgotten wherever a time is evaluated twice.
//!
//! Promises: whoever's need is met at the newest time of a subject lacks nothing here; so late
//! payments, reversals and evictions can leave too much here, never too little. At a time that was
//! evaluated before everything is evaluated that is met there, or ever held: hits can be taken back.
//! What is repeated is what an evaluation would say, a missing field included.
//! Cost: a payment meets the indicators that count it, not those that are loaded. Twenty bytes for
//! each indicator that ever counted a payment of a subject.

use super::asked::{Asked, in_levels};
use crate::bind::BoundCondition;
use crate::need::{Met, Need};
use crate::select::{Selections, Sets};
use crate::steady::{Rest, Steady};
use palermo_domain::share::Chunks;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Currency, Decimal, EventTime, Span, Subject};
use palermo_lang::program::Field;
use palermo_ledger::{AccountId, Ledger, SetId};
use serde::{Deserialize, Serialize};

/// Indicators by their place in the order of evaluation, their *rank*.
#[derive(Debug, Default)]
pub(super) struct Armed {
    /// In the order of ranks.
    rules: Vec<Rule>,
    /// By indicator.
    ranks: Vec<u16>,
    /// By kind of subject: the ranks of those that can hold without any payment; of parties all, as
    /// payments become theirs by their record, when nobody looks at them.
    always: Vec<Vec<u16>>,
    /// By selection: the ranks of those that count it.
    readers: Vec<Vec<u16>>,
    /// By selection: the ranks of those that rest on it, and with which parts.
    resting: Vec<Vec<(u16, u32)>>,
    /// By set: those that count one of its selections, or rest on one.
    touched: Vec<Box<[Touched]>>,
    subjects: Stands,
    /// How many of [`Stand::all`] there are.
    held: usize,
    /// Another one whenever a list says something else.
    lists: u32,
    /// Fields that evaluations lacked.
    fields: Vec<Option<Field>>,
}

/// What a payment of a set means for an indicator.
#[derive(Clone, Copy, Debug)]
struct Touched {
    rank: u16,
    counts: bool,
    /// The parts that rest on it.
    parts: u32,
}

/// What an evaluation that did not hold said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// It met a missing field.
    pub(super) doubt: bool,
    /// It was followed to the end.
    pub(super) deep: bool,
    /// For lack of what it could not be decided, where it was followed to the end.
    pub(super) undecided: Option<Option<Field>>,
}

#[derive(Debug)]
struct Rule {
    indicator: u16,
    subject: Subject,
    need: Need,
    /// Without a rate of one of them nothing is certain.
    currencies: Vec<Currency>,
    /// What is missing where there is nothing.
    lacking: u16,
    window: Span,
}

impl Rule {
    /// Whether its need stands; where it is not certain that it matters, as if it did.
    fn met(&self, at: &At<'_>) -> Met {
        match self.need.met(at.ledger, at.sets, at.subject, at.time) {
            Met::Lacks(_) if !self.certain(at) => Met::Until(at.time),
            met => met,
        }
    }

    /// Whether there is a rate for every currency that the condition names.
    fn certain(&self, at: &At<'_>) -> bool {
        let positive = |currency: &Currency| {
            let cents = at.ledger.rates.convert(Decimal::ONE, *currency, at.time);
            cents.is_some_and(|cents| cents.0 > 0)
        };
        self.currencies.iter().all(positive)
    }
}

type Stands = Chunks<Stand, 256>;

/// How the indicators stand that ever counted a payment of a subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stand {
    /// The newest time that was evaluated.
    latest: EventTime,
    /// In order of rank.
    #[serde(with = "raw")]
    all: Vec<One>,
    /// Under what was known of the holder, of lists and of the kind of its own end it was said.
    record: u32,
    lists: u32,
    kind: u8,
    /// Those that can hold without any payment are among them.
    whole: bool,
}

/// How one of them stands.
#[derive(Clone, Copy, Debug)]
struct One {
    rank: u16,
    /// So many payments are missing, at the least; [`HELD`] beside it: it held at some time.
    lacks: u16,
    /// In minutes; its need is met until then.
    until: u32,
    /// In minutes; until then it says what it said.
    steady: u32,
    /// The parts that this rests on.
    parts: u32,
    /// In [`Armed::fields`], what it lacked; [`u16::MAX`] where it was not undecided.
    field: u16,
    /// [`DOUBT`], [`DEEP`], [`KIND`].
    said: u8,
}

/// It met a missing field.
const DOUBT: u8 = 1;
/// It was followed to the end.
const DEEP: u8 = 2;
/// It rests on the kind of the subject's own end.
const KIND: u8 = 4;
const HELD: u16 = 1 << 15;
const MINUTE: i64 = 60_000;
const _: () = assert!(size_of::<One>() == 20);

impl Default for Stand {
    fn default() -> Self {
        let all = Vec::new();
        Self { latest: EventTime::MIN, all, record: 0, lists: 0, kind: 0, whole: false }
    }
}

impl One {
    fn new(rank: u16, lacks: u16) -> Self {
        Self { rank, lacks, until: 0, steady: 0, parts: 0, field: u16::MAX, said: 0 }
    }

    fn lacking(self) -> u16 {
        self.lacks & !HELD
    }

    fn set_lacking(&mut self, lacks: u32) {
        let lacks = u16::try_from(lacks).unwrap_or(u16::MAX).min(!HELD);
        self.lacks = (self.lacks & HELD) | lacks;
    }
}

/// What is asked of a need: an indicator's place, and where and when.
pub(super) struct At<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) sets: &'a Sets,
    pub(super) subject: AccountId,
    pub(super) kind: Subject,
    pub(super) time: EventTime,
}

impl Armed {
    pub(super) fn new(
        indicators: &[BoundCondition],
        needs: Vec<(Need, Vec<Currency>)>,
        steady: &[Steady],
        asked: &Asked,
        selections: &Selections,
    ) -> Self {
        let mut armed = Self {
            ranks: vec![u16::MAX; indicators.len()],
            always: vec![Vec::new(); Subject::ALL.len()],
            readers: vec![Vec::new(); selections.len()],
            resting: vec![Vec::new(); selections.len()],
            ..Self::default()
        };
        let mut needs: Vec<Option<_>> = needs.into_iter().map(Some).collect();
        for (rank, indicator) in (0_u16..).zip(in_levels(indicators, asked)) {
            let at = usize::from(indicator);
            let found: Option<(Need, Vec<Currency>)> = needs.get_mut(at).and_then(Option::take);
            let Some((need, currencies)) = found else { continue };
            let subject = indicators.get(at).map_or(Subject::Account, |of| of.subject);
            if let Some(of) = armed.ranks.get_mut(at) {
                *of = rank;
            }
            if need == Need::Nothing || subject == Subject::Party {
                if let Some(always) = armed.always.get_mut(subject as usize) {
                    always.push(rank);
                }
            } else {
                need.selections(&mut |selection| {
                    if let Some(readers) = armed.readers.get_mut(usize::from(selection))
                        && readers.last() != Some(&rank)
                    {
                        readers.push(rank);
                    }
                });
            }
            if let (Some(steady), Some(condition)) = (steady.get(at), indicators.get(at)) {
                steady.selections(condition, &mut |selection, part| {
                    let resting = armed.resting.get_mut(usize::from(selection));
                    resting.into_iter().for_each(|resting| resting.push((rank, part)));
                });
            }
            let lacking = u16::try_from(need.lacking()).unwrap_or(u16::MAX).min(!HELD);
            let window = steady.get(at).map_or(Span::ZERO, Steady::window);
            armed.rules.push(Rule { indicator, subject, need, currencies, lacking, window });
        }
        armed
    }

    /// Takes over what is known of subjects beside the rules; what they have is told anew.
    pub(super) fn after(mut self, before: &mut Self) -> Self {
        self.subjects = std::mem::take(&mut before.subjects);
        for stand in self.subjects.iter_mut() {
            (stand.all, stand.whole) = (Vec::new(), false);
        }
        before.held = 0;
        self
    }

    /// A payment with these selections came to a subject.
    pub(super) fn touch(&mut self, sets: &Sets, subject: AccountId, kind: Subject, set: SetId) {
        while self.touched.len() <= set.0 as usize {
            let next = SetId(u32::try_from(self.touched.len()).unwrap_or(u32::MAX));
            self.touched.push(self.touched_by(sets, next));
        }
        let Self { touched, rules, subjects, held, .. } = self;
        let touched = touched.get(set.0 as usize).map_or(&[][..], |ranks| ranks);
        if touched.is_empty() {
            return;
        }
        let stand = stand(subjects, subject);
        let mut at = 0_usize;
        for &Touched { rank, counts, parts } in touched {
            let Some(rule) = rules.get(usize::from(rank)).filter(|rule| rule.subject == kind)
            else {
                continue;
            };
            while stand.all.get(at).is_some_and(|one| one.rank < rank) {
                at = at.saturating_add(1);
            }
            match stand.all.get_mut(at).filter(|one| one.rank == rank) {
                Some(one) => {
                    if counts && one.lacking() > 0 {
                        one.lacks = one.lacks.saturating_sub(1);
                    }
                    if one.parts & parts != 0 {
                        one.steady = 0;
                    }
                }
                None if counts => {
                    let lacks = rule.lacking.saturating_sub(1);
                    stand.all.insert(at, One::new(rank, lacks));
                    *held = held.saturating_add(1);
                }
                None => {}
            }
        }
    }

    /// What a payment of a set means, in order of rank.
    fn touched_by(&self, sets: &Sets, set: SetId) -> Box<[Touched]> {
        let mut by_rank = std::collections::BTreeMap::<u16, (bool, u32)>::new();
        for selection in sets.truths(set).map(usize::from) {
            for rank in self.readers.get(selection).into_iter().flatten() {
                by_rank.entry(*rank).or_default().0 = true;
            }
            for (rank, part) in self.resting.get(selection).into_iter().flatten() {
                by_rank.entry(*rank).or_default().1 |= part;
            }
        }
        let touched = |(rank, (counts, parts))| Touched { rank, counts, parts };
        by_rank.into_iter().map(touched).collect()
    }

    fn rank(&self, indicator: u16) -> u16 {
        self.ranks.get(usize::from(indicator)).copied().unwrap_or(u16::MAX)
    }

    fn one_mut(&mut self, indicator: u16, subject: AccountId) -> Option<&mut One> {
        let rank = self.rank(indicator);
        let all = &mut self.subjects.get_mut(subject.index())?.all;
        let at = all.binary_search_by_key(&rank, |one| one.rank).ok()?;
        all.get_mut(at)
    }

    /// What an indicator said of a subject, where it says so still. Of a window that is not whole any
    /// more nothing is repeated.
    pub(super) fn said(
        &self,
        indicator: u16,
        subject: AccountId,
        (time, kept_from): (EventTime, EventTime),
    ) -> Option<Said> {
        let rank = self.rank(indicator);
        let all = &self.subjects.get(subject.index())?.all;
        let one = all.get(all.binary_search_by_key(&rank, |one| one.rank).ok()?)?;
        let is_steady = time.0.div_euclid(MINUTE) < i64::from(one.steady);
        let window = self.rules.get(usize::from(rank))?.window;
        if !is_steady || time.minus(window) < kept_from {
            return None;
        }
        let undecided = self.fields.get(usize::from(one.field)).copied();
        Some(Said { doubt: one.said & DOUBT != 0, deep: one.said & DEEP != 0, undecided })
    }

    /// Notes what an evaluation said that did not hold, and how long that is repeated.
    pub(super) fn note_said(
        &mut self,
        (indicator, subject): (u16, AccountId),
        said: Said,
        rest: Option<Rest>,
    ) {
        let field = said.undecided.map_or(u16::MAX, |field| self.number(field));
        let Some(one) = self.one_mut(indicator, subject) else { return };
        let Some(rest) = rest else {
            one.steady = 0;
            return;
        };
        let until = rest.until.0.div_euclid(MINUTE).max(0);
        one.steady = u32::try_from(until).unwrap_or(u32::MAX);
        (one.parts, one.field) = (rest.parts, field);
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        one.said = flag(said.doubt, DOUBT) | flag(said.deep, DEEP) | flag(rest.kind, KIND);
    }

    fn number(&mut self, field: Option<Field>) -> u16 {
        let known = self.fields.iter().position(|known| *known == field);
        let at = known.unwrap_or_else(|| {
            self.fields.push(field);
            self.fields.len().saturating_sub(1)
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Whose a payment says that the subject's own end is, by the revision of the record (0 where there
    /// is none), and of which kind.
    pub(super) fn see_own(&mut self, subject: AccountId, record: u32, kind: u8) {
        let stand = stand(&mut self.subjects, subject);
        if stand.record != record {
            stand.record = record;
            stand.all.iter_mut().for_each(|one| one.steady = 0);
        }
        if stand.kind != kind {
            stand.kind = kind;
            stand.all.iter_mut().filter(|one| one.said & KIND != 0).for_each(|one| one.steady = 0);
        }
    }

    /// A hit came or went that an indicator asks for.
    pub(super) fn disturb(&mut self, indicator: u16, subject: AccountId) {
        if let Some(one) = self.one_mut(indicator, subject) {
            one.steady = 0;
        }
    }

    /// A list says something else than it did.
    pub(super) fn lists_changed(&mut self) {
        self.lists = self.lists.wrapping_add(1);
    }

    /// Makes ready what is kept of an account: what was said under other lists is forgotten.
    fn renew(&mut self, at: &At<'_>) {
        if at.kind != Subject::Account {
            return;
        }
        let Self { subjects, always, held, lists, .. } = self;
        let stand = stand(subjects, at.subject);
        if stand.lists != *lists {
            stand.lists = *lists;
            stand.all.iter_mut().for_each(|one| one.steady = 0);
        }
        if !std::mem::replace(&mut stand.whole, true) {
            for &rank in always.get(at.kind as usize).into_iter().flatten() {
                if let Err(place) = stand.all.binary_search_by_key(&rank, |one| one.rank) {
                    stand.all.insert(place, One::new(rank, 0));
                    *held = held.saturating_add(1);
                }
            }
        }
    }

    /// Whether an indicator never counted a payment of a subject, and cannot hold there.
    pub(super) fn skips(&self, indicator: u16, subject: AccountId) -> bool {
        let rank = self.rank(indicator);
        let Some(rule) = self.rules.get(usize::from(rank)) else { return true };
        let known = |stand: &Stand| stand.all.binary_search_by_key(&rank, |one| one.rank).is_ok();
        rule.need != Need::Nothing
            && rule.subject != Subject::Party
            && !self.subjects.get(subject.index()).is_some_and(known)
    }

    /// Whether an indicator cannot hold on a subject at a time, as payments are missing that it counts.
    pub(super) fn cannot_hold(&self, indicator: u16, at: &At<'_>) -> bool {
        let rule = self.rules.get(usize::from(self.rank(indicator)));
        rule.is_some_and(|rule| matches!(rule.met(at), Met::Lacks(_)))
    }

    /// Whether an indicator does not hold on a subject, whatever rates are missing, as it never counted
    /// a payment there.
    pub(super) fn is_out(&self, indicator: u16, subject: AccountId) -> bool {
        let rule = self.rules.get(usize::from(self.rank(indicator)));
        rule.is_some_and(|rule| rule.currencies.is_empty()) && self.skips(indicator, subject)
    }

    /// An indicator held.
    pub(super) fn note_held(&mut self, indicator: u16, subject: AccountId) {
        let rank = self.rank(indicator);
        let all = &mut stand(&mut self.subjects, subject).all;
        match all.binary_search_by_key(&rank, |one| one.rank) {
            Ok(at) => {
                if let Some(one) = all.get_mut(at) {
                    one.lacks |= HELD;
                }
            }
            Err(at) => {
                all.insert(at, One::new(rank, HELD));
                self.held = self.held.saturating_add(1);
            }
        }
    }

    /// Notes that a time is evaluated; whether nothing can have been found there before.
    pub(super) fn first_time(&mut self, subject: AccountId, time: EventTime) -> bool {
        let stand = stand(&mut self.subjects, subject);
        let first = time > stand.latest;
        stand.latest = stand.latest.max(time);
        first
    }

    /// Adds the indicators that have to be evaluated at a time that is later than all before, in
    /// their order.
    pub(super) fn fresh(&mut self, at: &At<'_>, into: &mut Vec<u16>) {
        self.renew(at);
        let Self { rules, always, subjects, .. } = self;
        let always = always.get(at.kind as usize).into_iter().flatten().copied();
        // Of parties everything is there.
        let mut always = always
            .filter(|rank| {
                let rule = rules.get(usize::from(*rank));
                rule.is_some_and(|rule| matches!(rule.met(at), Met::Until(_)))
            })
            .peekable();
        let minute = at.time.0.div_euclid(MINUTE);
        for one in &mut stand(subjects, at.subject).all {
            while let Some(rank) = always.next_if(|rank| *rank < one.rank) {
                into.extend(rules.get(usize::from(rank)).map(|rule| rule.indicator));
            }
            let Some(rule) = rules.get(usize::from(one.rank)) else { continue };
            if one.lacking() > 0 && rule.certain(at) {
                continue;
            }
            if minute >= i64::from(one.until) {
                match rule.met(at) {
                    Met::Lacks(more) => {
                        one.set_lacking(more);
                        continue;
                    }
                    Met::Until(until) => {
                        let until = until.0.div_euclid(MINUTE).max(0);
                        one.until = u32::try_from(until).unwrap_or(u32::MAX);
                    }
                }
            }
            // Of those that always are, one that held stands here as well.
            if always.peek() != Some(&one.rank) {
                into.push(rule.indicator);
            }
        }
        into.extend(always.filter_map(|rank| Some(rules.get(usize::from(rank))?.indicator)));
    }

    /// The same at a time that may have been evaluated before. Payments may be gone that something was
    /// said of, or a need was met with.
    pub(super) fn again(&mut self, at: &At<'_>, into: &mut Vec<u16>) {
        let stand = self.subjects.get_mut(at.subject.index());
        for one in stand.into_iter().flat_map(|stand| &mut stand.all) {
            (one.steady, one.until) = (0, 0);
        }
        let mut ranks: Vec<u16> = self.always.get(at.kind as usize).cloned().unwrap_or_default();
        for one in self.subjects.get(at.subject.index()).into_iter().flat_map(|stand| &stand.all) {
            let Some(rule) = self.rules.get(usize::from(one.rank)) else { continue };
            if one.lacks & HELD != 0 || matches!(rule.met(at), Met::Until(_)) {
                ranks.push(one.rank);
            }
        }
        ranks.sort_unstable();
        ranks.dedup();
        let indicator = |rank: u16| Some(self.rules.get(usize::from(rank))?.indicator);
        into.extend(ranks.into_iter().filter_map(indicator));
    }

    /// A copy to be written.
    pub(super) fn freeze(&self) -> FrozenArmed {
        let (lists, fields) = (self.lists, self.fields.clone());
        FrozenArmed { subjects: self.subjects.clone(), lists, fields }
    }

    /// Goes on from there.
    pub(super) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        (self.lists, self.fields) = snapshot::take(source, "armed")?;
        self.subjects = Stands::read(source, "armed")?;
        self.held =
            self.subjects.iter().map(|stand| stand.all.len()).fold(0, usize::saturating_add);
        Ok(())
    }

    /// Bytes held, roughly.
    pub(super) fn bytes(&self) -> usize {
        // What growth by doubling leaves empty is half at most.
        self.subjects
            .bytes()
            .saturating_add(self.held.saturating_mul(size_of::<One>()).saturating_mul(3) / 2)
    }
}

fn stand(subjects: &mut Stands, subject: AccountId) -> &mut Stand {
    subjects.get_or_fill(subject.index(), Stand::default)
}

/// In a snapshot, as bytes: there are many of them, and most numbers are large.
mod raw {
    use super::One;
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    const BYTES: usize = 19;

    pub(super) fn serialize<S: Serializer>(all: &[One], to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(all.len().saturating_mul(BYTES));
        for one in all {
            bytes.extend(one.rank.to_le_bytes());
            bytes.extend(one.lacks.to_le_bytes());
            bytes.extend(one.until.to_le_bytes());
            bytes.extend(one.steady.to_le_bytes());
            bytes.extend(one.parts.to_le_bytes());
            bytes.extend(one.field.to_le_bytes());
            bytes.push(one.said);
        }
        to.serialize_bytes(&bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<One>, D::Error> {
        let bytes: &[u8] = serde::Deserialize::deserialize(from)?;
        let (all, rest) = bytes.as_chunks::<BYTES>();
        if !rest.is_empty() {
            return Err(D::Error::custom("an entry is cut"));
        }
        Ok(all.iter().map(one).collect())
    }

    #[rustfmt::skip]
    fn one(&[r, s, l, m, a, b, c, d, e, f, g, h, i, j, k, n, o, p, said]: &[u8; BYTES]) -> One {
        One {
            rank: u16::from_le_bytes([r, s]),
            lacks: u16::from_le_bytes([l, m]),
            until: u32::from_le_bytes([a, b, c, d]),
            steady: u32::from_le_bytes([e, f, g, h]),
            parts: u32::from_le_bytes([i, j, k, n]),
            field: u16::from_le_bytes([o, p]),
            said,
        }
    }
}

/// How the subjects stood.
#[derive(Debug)]
pub(super) struct FrozenArmed {
    subjects: Stands,
    lists: u32,
    fields: Vec<Option<Field>>,
}

impl FrozenArmed {
    /// Hands everything over.
    pub(super) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "armed", &(self.lists, &self.fields))?;
        self.subjects.write(sink, "armed")
    }
}
