//! Episodes: when a typology holds on an anchor, and which moments of it are worth publishing.
//!
//! The heart is a *fold* over the event times at which an indicator of the typology hit, in
//! order: the first time at which `require` and the families hold is a milestone; a later time is
//! one if an indicator is new, the money has grown by the percentage of `emit`, or the suppressors
//! that apply have changed. The fold is a function of the payments alone, not of their arrival, so
//! the last milestone is the same in every order. What is early is only *when* a milestone is
//! published; once the watermark has passed it, it is computed once more and, if its numbers
//! differ from what was published, published again as final (DESIGN §8).

use palermo_domain::alert::Action;
use palermo_domain::{Alert, EventTime};
use palermo_lang::program::{IndicatorId, SuppressorId};
use palermo_ledger::{AccountId, PartyId};

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Anchor {
    /// An account, or one whose party is not known.
    Account(AccountId),
    /// A party with all its accounts.
    Party(PartyId),
}

/// A hit that a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Support {
    pub(crate) indicator: IndicatorId,
    pub(crate) account: AccountId,
    pub(crate) time: EventTime,
}

/// A moment worth publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Milestone {
    /// The event time that decided it.
    pub(crate) time: EventTime,
    /// Indicators that held, in order of `require`, then `boost`.
    pub(crate) supports: Vec<Support>,
    /// Base money of the evidence, in hundredths.
    pub(crate) money: i128,
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
            self.supports.iter().any(|mine| mine.indicator == support.indicator)
        };
        if new_indicator && !next.supports.iter().all(known) {
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

/// The state of one pair of typology and anchor.
#[derive(Debug)]
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
    /// The last milestone among them.
    pub(crate) settled: Option<Milestone>,
    /// The last hit of the present episode; a later one after a quiet time belongs to the next.
    pub(crate) last_hit: Option<EventTime>,
    /// Whether any milestone of the present episode was seen.
    pub(crate) open: bool,
    /// Last revision of the alert in the live or shadow topic.
    pub(crate) revision: u32,
    /// Last revision in the suppressed topic.
    pub(crate) suppressed_revision: u32,
    /// What was published last.
    pub(crate) published: Option<Published>,
    /// When the episode will be looked at for its end.
    pub(crate) closes_at: Option<EventTime>,
}

/// What was published last of an episode.
#[derive(Debug)]
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
        !self.retracted && self.alert.action != Action::Suppressed
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
            settled: None,
            last_hit: None,
            open: false,
            revision: 0,
            suppressed_revision: 0,
            published: None,
            closes_at: None,
        }
    }

    /// Forgets what was folded at or after `time` (a late payment or a reversal changed it).
    pub(crate) fn unsettle(&mut self, time: EventTime) {
        if time <= self.settled_until {
            self.settled_until = self.floor;
            self.settled = None;
        }
    }

    /// Begins the next episode after the last hit of this one.
    pub(crate) fn close(&mut self, last: EventTime) {
        self.n = self.n.saturating_add(1);
        self.floor = last;
        self.settled_until = last;
        self.settled = None;
        self.last_hit = None;
        self.open = false;
        self.revision = 0;
        self.suppressed_revision = 0;
        self.published = None;
        self.closes_at = None;
    }
}
