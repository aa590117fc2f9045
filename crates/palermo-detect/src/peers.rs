//! Roll-ups: what a measure was of all accounts of a group when a day ended.
//!
//! An end of a day is rolled up once, when the watermark has passed it: every payment in time is known
//! then. A payment that is taken back counts until the event time of what took it back, whichever of
//! them came first: so a roll-up is a function of the payments and of the records of customers, and not
//! of the order of arrival (docs/adr/0017). One that comes late changes what its own account has, and
//! no roll-up.
//!
//! Bound: no value of an account is kept; five numbers for each group, or 106 where a rule asks for
//! percentiles, for each end that the ledger keeps and each measure that is compared; 32 bytes for each
//! payment in the ledger that was taken back. Cost: one evaluation of the measure for each account of a
//! group and day.

use crate::bind::{BoundCondition, BoundMeasure};
use crate::condition::Summary;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{EventTime, Span};
use palermo_lang::program::{PeerGroup, PeerStatistic};
use palermo_ledger::{Atom, KnownParty, Ledger, RowId, SetId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const DAY: Span = Span::from_days(1);

/// A group and what its accounts had, in order of group.
pub(crate) type Rolled = Arc<[(Atom, Summary)]>;

/// Roll-ups and what they need.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    asks: Vec<Ask>,
    rolled: BTreeMap<(u16, EventTime), Rolled>,
    undone: Vec<Undone>,
    /// The first end that is not rolled up yet; `None` before there is a watermark.
    next: Option<EventTime>,
}

/// A measure that is compared with peers.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Indicators that ask for it, with the number of the measure in each: all say the same.
    users: Vec<(u16, usize)>,
    pub(crate) group: PeerGroup,
    /// Whether they ask for a place in a hundred.
    pub(crate) percentiles: bool,
}

/// A payment that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Undone {
    from: EventTime,
    /// Event time of what took it back.
    until: EventTime,
    pub(crate) row: RowId,
    pub(crate) sets: [SetId; 2],
}

/// A copy to be written.
#[derive(Debug)]
pub(crate) struct FrozenPeers {
    rolled: BTreeMap<(u16, EventTime), Rolled>,
    undone: Vec<Undone>,
    next: Option<EventTime>,
}

impl FrozenPeers {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "peers", &self.next)?;
        snapshot::put_all(sink, "peers", &self.undone, 32)?;
        let rolled = self.rolled.iter().flat_map(|(key, rolled)| {
            rolled.iter().map(move |(group, summary)| (*key, *group, summary))
        });
        snapshot::put_all(sink, "peers", &rolled.collect::<Vec<_>>(), 2048)
    }
}

impl Ask {
    /// The indicator whose measure is evaluated, and which measure.
    pub(crate) fn of(&self) -> (usize, usize) {
        self.users.first().map_or((usize::MAX, 0), |(rule, of)| (usize::from(*rule), *of))
    }

    /// Numbers what indicators compare with peers. Equal measures over equal windows have one number,
    /// whatever rules make of them.
    pub(crate) fn number(indicators: &mut [BoundCondition]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        for (rule, bound) in (0_u16..).zip(indicators) {
            if !bound.reads_peers() {
                continue;
            }
            // Nothing of an expression is left out of its text.
            let text = format!(
                "{:?}",
                (&bound.selections, &bound.measures, &bound.sequence, bound.window, bound.feeds)
            );
            for measure in &mut bound.measures {
                let BoundMeasure::Peer { of, group, statistic, roll_up } = measure else {
                    continue;
                };
                let percentiles = *statistic == PeerStatistic::Percentile;
                let text = format!("{of} {group:?} {percentiles} {text}");
                let known = texts.iter().position(|known| *known == text);
                let at = known.unwrap_or(all.len());
                if known.is_none() {
                    texts.push(text);
                    all.push(Self { users: Vec::new(), group: *group, percentiles });
                }
                *roll_up = at;
                let Some(ask) = all.get_mut(at) else { continue };
                if !ask.users.contains(&(rule, *of)) {
                    ask.users.push((rule, *of));
                }
            }
        }
        all
    }

    /// Whether what was rolled up for another one is what is rolled up for this one, where some of the
    /// indicators are the same as before.
    fn goes_on(&self, before: &Self, kept: &[Option<u16>]) -> bool {
        let same = |(rule, of): &(u16, usize)| {
            let now = kept.get(usize::from(*rule)).copied().flatten();
            now.is_some_and(|now| self.users.contains(&(now, *of)))
        };
        self.group == before.group
            && self.percentiles == before.percentiles
            && before.users.iter().any(same)
    }
}

impl Peers {
    /// For the measures that rules compare.
    pub(crate) fn new(asks: Vec<Ask>) -> Self {
        Self { asks, ..Self::default() }
    }

    /// What is compared.
    pub(crate) fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Goes on under other rules, of whose indicators some were there before; returns what is to be
    /// rolled up anew.
    pub(crate) fn renew(&mut self, asks: Vec<Ask>, kept: &[Option<u16>]) -> Vec<u16> {
        let before = std::mem::replace(&mut self.asks, asks);
        let mut old = std::mem::take(&mut self.rolled);
        let mut fresh = Vec::new();
        for (number, ask) in (0..).zip(&self.asks) {
            match before.iter().position(|before| ask.goes_on(before, kept)) {
                Some(was) => {
                    let was = u16::try_from(was).unwrap_or(u16::MAX);
                    let range = (was, EventTime::MIN)..=(was, EventTime::MAX);
                    let theirs = old.range_mut(range).map(|((_, end), rolled)| (*end, rolled));
                    for (end, rolled) in theirs {
                        self.rolled.insert((number, end), Arc::clone(rolled));
                    }
                }
                None => fresh.push(number),
            }
        }
        fresh
    }

    /// Moves on to a watermark; returns the ends that it has passed.
    pub(crate) fn pass(&mut self, watermark: EventTime) -> Vec<EventTime> {
        let next = self.next.unwrap_or(watermark);
        self.next = Some(first_end(watermark));
        ends(next, watermark).collect()
    }

    /// Whether the watermark has passed no end since the last one.
    pub(crate) fn is_up_to(&self, watermark: EventTime) -> bool {
        self.next.is_some_and(|next| watermark <= next)
    }

    /// The ends that were passed, from a time on.
    pub(crate) fn passed_since(&self, from: EventTime) -> Vec<EventTime> {
        self.next.map_or_else(Vec::new, |next| ends(from, next).collect())
    }

    /// Notes a payment that was taken back by something of a later time.
    pub(crate) fn note_undone(
        &mut self,
        ledger: &Ledger,
        row: RowId,
        until: EventTime,
        sets: [SetId; 2],
    ) {
        let Some(from) = ledger.row(row).map(|row| row.time()) else { return };
        // It counts at no end of a day that did not come between them.
        if first_end(from) < until {
            self.undone.push(Undone { from, until, row, sets });
        }
    }

    /// Of two that take a payment back the earlier one counts, whichever comes first.
    pub(crate) fn note_undone_again(&mut self, row: RowId, until: EventTime) {
        for undone in self.undone.iter_mut().filter(|undone| undone.row == row) {
            undone.until = undone.until.min(until);
        }
    }

    /// Payments that were taken back, and not yet at that end.
    pub(crate) fn undone_after(&self, end: EventTime) -> Vec<Undone> {
        let stands = |undone: &&Undone| undone.from <= end && end < undone.until;
        self.undone.iter().filter(stands).copied().collect()
    }

    /// Every payment that was taken back.
    pub(crate) fn undone_mut(&mut self) -> &mut Vec<Undone> {
        &mut self.undone
    }

    /// Keeps what was rolled up.
    pub(crate) fn keep(&mut self, ask: u16, end: EventTime, mut groups: Vec<(Atom, Summary)>) {
        groups.sort_unstable_by_key(|(group, _)| *group);
        self.rolled.insert((ask, end), groups.into());
    }

    /// What the accounts of a group had.
    pub(crate) fn summary(&self, ask: usize, end: EventTime, group: Atom) -> Option<&Summary> {
        let rolled = self.rolled.get(&(u16::try_from(ask).ok()?, end))?;
        let at = rolled.binary_search_by_key(&group, |(group, _)| *group).ok()?;
        rolled.get(at).map(|(_, summary)| summary)
    }

    /// Forgets what lies before a time, as the ledger does.
    pub(crate) fn forget(&mut self, kept_from: EventTime) {
        self.rolled.retain(|(_, end), _| *end >= kept_from);
        self.undone.retain(|undone| undone.from >= kept_from);
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let one = |ask: &u16| {
            let ask = self.asks.get(usize::from(*ask));
            if ask.is_some_and(|ask| ask.percentiles) { 1_700 } else { 100 }
        };
        let rolled =
            self.rolled.iter().map(|((ask, _), groups)| groups.len().saturating_mul(one(ask)));
        let undone = self.undone.len().saturating_mul(size_of::<Undone>());
        rolled.fold(undone, usize::saturating_add)
    }

    /// A copy to be written.
    pub(crate) fn freeze(&self) -> FrozenPeers {
        let (rolled, undone) = (self.rolled.clone(), self.undone.clone());
        FrozenPeers { rolled, undone, next: self.next }
    }

    /// Goes on from there.
    pub(crate) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        self.next = snapshot::take(source, "peers")?;
        self.undone = snapshot::take_all(source, "peers")?;
        let all: Vec<((u16, EventTime), Atom, Summary)> = snapshot::take_all(source, "peers")?;
        let mut rolled = BTreeMap::<_, Vec<_>>::new();
        for (key, group, summary) in all {
            rolled.entry(key).or_default().push((group, summary));
        }
        self.rolled = rolled.into_iter().map(|(key, groups)| (key, groups.into())).collect();
        Ok(())
    }
}

/// The first midnight that is not before a time.
pub(crate) fn first_end(time: EventTime) -> EventTime {
    let midnight = time.date().midnight();
    if midnight == time { midnight } else { midnight.plus(DAY) }
}

/// The ends of days from a time on, before another one.
pub(crate) fn ends(from: EventTime, before: EventTime) -> impl Iterator<Item = EventTime> {
    let all = std::iter::successors(Some(first_end(from)), |end| Some(end.plus(DAY)));
    all.take_while(move |end| *end < before)
}

/// The group that the record of a holder says.
pub(crate) fn group_of(holder: &KnownParty, group: PeerGroup) -> Option<Atom> {
    match group {
        PeerGroup::Segment => holder.segment,
        PeerGroup::Occupation => holder.occupation_code,
        PeerGroup::Mcc => holder.industry_mcc,
    }
}
