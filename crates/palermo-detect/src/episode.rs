//! Episodes: when a typology holds on an anchor, and which moments of it are worth publishing.
//!
//! The heart is a *fold* over the event times at which an indicator of the typology hit, in
//! order: the first time at which `require` and the families hold is a milestone; a later time is
//! one if an indicator is new, the money has grown by the percentage of `emit`, or the suppressors
//! that apply have changed. The fold is a function of the payments alone, not of their arrival, so
//! the last milestone is the same in every order. What is early is only *when* a milestone is
//! published; once the watermark has passed it, it is computed once more and, if its numbers
//! differ from what was published, published again as final (DESIGN §8).
//!
//! What the fold found before the watermark is remembered: the milestones, and since when which
//! suppressors applied. A late payment or a reversal at a time changes nothing before it, so the
//! fold goes on from there; and it never goes back to where the ledger no longer holds the windows
//! that the numbers came from: what was found when they were whole stands.

use crate::linked::FoundLink;
use palermo_domain::share::Chunks;
use palermo_domain::{Alert, EventTime};
use palermo_lang::program::{IndicatorId, SuppressorId};
use palermo_ledger::{AccountId, PartyId};
use serde::{Deserialize, Serialize};

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Anchor {
    /// An account, or one whose party is not known.
    Account(AccountId),
    /// A party with all its accounts.
    Party(PartyId),
}

/// A hit that a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Support {
    pub(crate) indicator: IndicatorId,
    /// What the hit is on: the account, or a subject behind which it stands.
    pub(crate) on: AccountId,
    /// The account that it concerns.
    pub(crate) account: AccountId,
    pub(crate) time: EventTime,
    /// It is on an account that a path leads to, and not the anchor's own.
    pub(crate) linked: bool,
}

/// A moment worth publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Milestone {
    /// The event time that decided it.
    pub(crate) time: EventTime,
    /// Indicators that held, in order of `require`, then `boost`.
    pub(crate) supports: Vec<Support>,
    /// Base money of the evidence, in hundredths.
    pub(crate) money: i128,
    /// Paths to the evidence that `linked(…)` asks for.
    pub(crate) links: Vec<FoundLink>,
    /// A search for one was cut by its budget.
    pub(crate) truncated: bool,
    /// Suppressors that applied.
    pub(crate) suppressed_by: Vec<SuppressorId>,
    /// A named exception of the rule set covers it.
    pub(crate) excepted: bool,
    /// It, or an earlier milestone of the episode, was explained by nothing: an alert, not a
    /// suppressed finding.
    pub(crate) live: bool,
}

impl Milestone {
    /// Whether `next` is worth publishing after this one.
    pub(crate) fn superseded_by(
        &self,
        next: &Self,
        new_indicator: bool,
        percent: Option<u32>,
    ) -> bool {
        let known = |support: &Support| {
            let mut mine = self.supports.iter();
            mine.any(|m| (m.indicator, m.linked) == (support.indicator, support.linked))
        };
        let knows = |link: &FoundLink| self.links.iter().any(|mine| mine.number == link.number);
        if new_indicator && !(next.supports.iter().all(known) && next.links.iter().all(knows)) {
            return true;
        }
        if self.suppressed_by != next.suppressed_by || self.excepted != next.excepted {
            return true;
        }
        percent.is_some_and(|percent| {
            let grown = self.money.saturating_mul(i128::from(percent).saturating_add(100));
            next.money > self.money && next.money.saturating_mul(100) >= grown
        })
    }
}

/// Tracks by number.
pub(crate) type Tracks = Chunks<Track, 16>;

/// The state of one pair of typology and anchor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Track {
    /// Index of the typology in the rule set.
    pub(crate) typology: u16,
    /// Whom it is about.
    pub(crate) anchor: Anchor,
    /// Episodes before this one.
    pub(crate) n: u32,
    /// Hits at or before this time belong to earlier episodes.
    pub(crate) floor: EventTime,
    /// Hits at or before this time are folded into `settled` for good.
    pub(crate) settled_until: EventTime,
    /// The milestones among them, in order.
    pub(crate) settled: Vec<Milestone>,
    /// Since when which suppressors applied, as it was found when their windows were whole.
    pub(crate) verdicts: Vec<Verdict>,
    /// The last hit of the present episode; a later one after a quiet time belongs to the next.
    pub(crate) last_hit: Option<EventTime>,
    /// Whether any milestone of the present episode was seen.
    pub(crate) open: bool,
    /// Last revision of the alert in the live or shadow topic.
    pub(crate) revision: u32,
    /// Last revision in the suppressed topic.
    pub(crate) suppressed_revision: u32,
    /// When it was found and nothing explained it, in this episode and those before.
    pub(crate) found: Vec<EventTime>,
    /// The same of the milestones that were found last and are not settled.
    pub(crate) ahead: Vec<EventTime>,
    /// The newest hit of its own that was seen.
    pub(crate) newest_own: EventTime,
    /// Where evidence began on linked accounts, as far as it is settled.
    pub(crate) begun: Vec<EventTime>,
    /// What was published last.
    pub(crate) published: Option<Published>,
    /// When the episode will be looked at for its end.
    pub(crate) closes_at: Option<EventTime>,
}

/// From this event time on these suppressors applied.
pub(crate) type Verdict = (EventTime, Vec<SuppressorId>);

/// New numbers of indicators and suppressors after an activation; `None` where the logic or the
/// parameters have changed, or the rule has gone.
pub(crate) struct Renumbered {
    pub(crate) indicators: Vec<Option<u16>>,
    pub(crate) suppressors: Vec<Option<u16>>,
}

/// How much of what was found stands after an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stands {
    /// Nothing but what was published.
    Nothing,
    /// Which suppressors applied.
    Verdicts,
    /// The milestones as well.
    All,
}

impl Renumbered {
    pub(crate) fn indicator(&self, id: IndicatorId) -> Option<IndicatorId> {
        self.indicators.get(usize::from(id.0)).copied().flatten().map(IndicatorId)
    }

    pub(crate) fn suppressors(&self, ids: &[SuppressorId]) -> Option<Vec<SuppressorId>> {
        let one = |id: &SuppressorId| {
            self.suppressors.get(usize::from(id.0)).copied().flatten().map(SuppressorId)
        };
        ids.iter().map(one).collect()
    }

    fn milestone(&self, milestone: &Milestone) -> Option<Milestone> {
        let mut new = milestone.clone();
        for support in &mut new.supports {
            support.indicator = self.indicator(support.indicator)?;
        }
        // What a path leads to may have another number, or be found otherwise.
        if !milestone.links.is_empty() {
            return None;
        }
        new.suppressed_by = self.suppressors(&new.suppressed_by)?;
        Some(new)
    }
}

/// What outlives a typology that is no longer deployed: an alert that was closed is not raised
/// again by the same hits, and its id is not given to another one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    n: u32,
    floor: EventTime,
    revision: u32,
    suppressed_revision: u32,
}

impl Memory {
    /// As [`Track::unpublish`].
    pub(crate) fn unpublish(&mut self) {
        (self.revision, self.suppressed_revision) = (0, 0);
    }
}

/// What was published last of an episode.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Published {
    /// The revision as it was sent.
    pub(crate) alert: Box<Alert>,
    /// The milestone behind it.
    pub(crate) milestone: Milestone,
    /// Taken back.
    pub(crate) retracted: bool,
}

impl Published {
    /// Whether it stands in the live or shadow topic.
    pub(crate) fn is_live(&self) -> bool {
        !self.retracted && !self.alert.held_back
    }
}

impl Track {
    pub(crate) fn new(typology: u16, anchor: Anchor) -> Self {
        Self {
            typology,
            anchor,
            n: 0,
            floor: EventTime::MIN,
            settled_until: EventTime::MIN,
            settled: Vec::new(),
            verdicts: Vec::new(),
            last_hit: None,
            open: false,
            revision: 0,
            suppressed_revision: 0,
            found: Vec::new(),
            ahead: Vec::new(),
            newest_own: EventTime::MIN,
            begun: Vec::new(),
            published: None,
            closes_at: None,
        }
    }

    /// Notes when it is found in the present episode; returns since when that has changed.
    pub(crate) fn note_found(&mut self, keep_from: EventTime) -> Option<EventTime> {
        let settled = self.settled.iter().filter(|milestone| milestone.live);
        let mut now: Vec<EventTime> =
            self.found.iter().copied().filter(|time| *time <= self.floor).collect();
        now.extend(settled.map(|milestone| milestone.time).chain(self.ahead.iter().copied()));
        now.retain(|time| *time >= keep_from);
        now.sort_unstable();
        now.dedup();
        let differs = |(a, b): (&Vec<EventTime>, &Vec<EventTime>)| {
            a.iter().copied().find(|time| *time >= keep_from && !b.contains(time))
        };
        let changed = differs((&now, &self.found)).into_iter().chain(differs((&self.found, &now)));
        let since = changed.min();
        self.found = now;
        since
    }

    /// Forgets what was folded at or after `time` (a late payment or a reversal changed it).
    pub(crate) fn unsettle(&mut self, time: EventTime) {
        if time <= self.settled_until {
            self.settled_until = self.floor.max(time.just_before());
            self.settled.retain(|milestone| milestone.time < time);
            self.begun.retain(|begun| *begun < time);
        }
    }

    /// The suppressors that applied at a time, where that was ever found.
    pub(crate) fn verdict(&self, time: EventTime) -> Option<&[SuppressorId]> {
        let at = self.verdicts.partition_point(|(since, _)| *since <= time);
        self.verdicts.get(at.checked_sub(1)?).map(|(_, ids)| ids.as_slice())
    }

    /// Takes the numbers of the new rules. What was found stands where nothing that it rests on
    /// has changed; otherwise the episode is folded again.
    pub(crate) fn renumber(&mut self, new: &Renumbered, stands: Stands) {
        let verdict = |(since, ids): &Verdict| Some((*since, new.suppressors(ids)?));
        let verdicts: Option<Vec<Verdict>> = self.verdicts.iter().map(verdict).collect();
        self.verdicts = verdicts.filter(|_| stands >= Stands::Verdicts).unwrap_or_default();
        let settled: Option<Vec<Milestone>> =
            self.settled.iter().map(|milestone| new.milestone(milestone)).collect();
        match settled.filter(|_| stands == Stands::All) {
            Some(settled) => self.settled = settled,
            None => {
                self.settled_until = self.floor;
                self.settled.clear();
                self.begun.clear();
            }
        }
        if let Some(published) = &mut self.published {
            match new.milestone(&published.milestone) {
                Some(milestone) => published.milestone = milestone,
                // Only its time means anything now.
                None => published.milestone.supports.clear(),
            }
        }
    }

    /// Whether an alert of it stands in the live or shadow topic.
    pub(crate) fn is_live(&self) -> bool {
        self.published.as_ref().is_some_and(Published::is_live)
    }

    /// The next revision of the topic that counts it.
    pub(crate) fn next_revision(&mut self, held_back: bool) -> u32 {
        let last = if held_back { &mut self.suppressed_revision } else { &mut self.revision };
        *last = last.saturating_add(1);
        *last
    }

    /// Counts what was published as not published: it stands under another id.
    pub(crate) fn unpublish(&mut self) {
        self.published = None;
        (self.revision, self.suppressed_revision) = (0, 0);
    }

    /// What must be known if the typology comes back; `None` where nothing was ever said.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let Self { n, floor, revision, suppressed_revision, .. } = *self;
        let said = n > 0 || revision > 0 || suppressed_revision > 0;
        said.then_some(Memory { n, floor, revision, suppressed_revision })
    }

    /// Goes on where an earlier deployment of the same typology ended.
    pub(crate) fn resume(&mut self, memory: Memory) {
        (self.n, self.floor, self.settled_until) = (memory.n, memory.floor, memory.floor);
        (self.revision, self.suppressed_revision) = (memory.revision, memory.suppressed_revision);
    }

    /// Begins the next episode after the last hit of this one.
    pub(crate) fn close(&mut self, last: EventTime) {
        self.n = self.n.saturating_add(1);
        self.floor = last;
        self.settled_until = last;
        self.settled.clear();
        self.verdicts.clear();
        self.ahead.clear();
        self.begun.clear();
        self.last_hit = None;
        self.open = false;
        self.revision = 0;
        self.suppressed_revision = 0;
        self.published = None;
        self.closes_at = None;
    }
}
