//! Which findings a change can concern, and in which order they are looked at.
//!
//! A hit concerns the typologies that name its indicator, at the anchors of the accounts behind it.
//! Where a typology looks for it on linked accounts, it concerns the anchors within reach; these are
//! looked for only when evidence begins or is taken back, for what goes on changes no path, and after
//! a payment that came late, for which a path may be new. Typologies that rest on the findings of
//! others come after them.
//!
//! A typology is evaluated at the hits of the anchor itself, and where evidence begins on an account
//! that may be linked. A link that closes elsewhere, after the last hit of the anchor and after the
//! evidence began, is seen at the anchor's next hit.
//! Cost: nothing for typologies without links; with them, a search for each beginning, and none while
//! no anchor of such a typology is known.

use super::asked::levels;
use super::{Applied, Changed, Detector};
use crate::bind::BoundCondition;
use crate::concern::On;
use crate::episode::{Anchor, Memory, Track};
use crate::findings::denies;
use crate::linked::{Aim, is_rested_on, reach};
use palermo_domain::{Alert, EventTime, Span};
use palermo_lang::program::{Far, IndicatorId, LinkKind, RuleSet, Typology};
use palermo_ledger::{AccountId, Kinds, Ledger, Leg, RowId};
use std::collections::BTreeSet;

/// Which typologies rest on what.
#[derive(Debug, Default)]
pub(super) struct Rests {
    /// On an indicator, at the anchor: by its number.
    here: Vec<Vec<u16>>,
    /// On an indicator, on linked accounts.
    far: Vec<Vec<u16>>,
    /// On another typology, by its number.
    found: Vec<Vec<u16>>,
    /// Those that rest on no finding are of stratum 0; the others come after what they rest on.
    strata: Vec<u16>,
    kinds: Kinds,
    /// Those whose `require` denies something.
    denying: BTreeSet<u16>,
}

impl Rests {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let of = || vec![Vec::new(); rules.indicators.len()];
        let count = rules.typologies.len();
        let (mut here, mut far, mut found) = (of(), of(), vec![Vec::new(); count]);
        let add = |to: &mut Vec<Vec<u16>>, at: usize, index: u16| {
            if let Some(all) = to.get_mut(at).filter(|all: &&mut Vec<u16>| !all.contains(&index)) {
                all.push(index);
            }
        };
        let mut kinds = Kinds::default();
        for (index, typology) in (0_u16..).zip(&rules.typologies) {
            for indicator in typology.required.iter().chain(&typology.boost) {
                add(&mut here, usize::from(indicator.0), index);
            }
            for named in typology.linked.iter().flat_map(|linked| &linked.far) {
                match named {
                    Far::Indicator(id) => add(&mut far, usize::from(id.0), index),
                    Far::Typology(id) => {
                        let others = rules.typologies.iter().enumerate();
                        let rested_on = |other: &Typology| is_rested_on(other, id, typology.mode);
                        for (at, _) in others.filter(|(_, other)| rested_on(other)) {
                            add(&mut found, at, index);
                        }
                    }
                }
            }
            let by = typology.link.iter().filter(|_| !typology.linked.is_empty());
            let subjects = by.flat_map(|link| &link.by).copied().filter_map(LinkKind::subject);
            kinds = subjects.fold(kinds, Kinds::with);
        }
        let strata = levels(&found, |index| *index);
        let denying =
            (0_u16..).zip(&rules.typologies).filter(|(_, rule)| denies(&rule.require, &|_| true));
        let denying = denying.map(|(index, _)| index).collect();
        Self { here, far, found, strata, kinds, denying }
    }

    /// The kinds of subjects that links go over, with others.
    pub(super) fn kinds(&self, others: Kinds) -> Kinds {
        self.kinds.and(others)
    }

    fn stratum(&self, typology: u16) -> u16 {
        self.strata.get(usize::from(typology)).copied().unwrap_or(0)
    }

    /// The typologies that rest on an indicator at the anchor.
    pub(super) fn on(&self, indicator: u16) -> &[u16] {
        self.here.get(usize::from(indicator)).map_or(&[], Vec::as_slice)
    }

    fn on_far(&self, indicator: u16) -> &[u16] {
        self.far.get(usize::from(indicator)).map_or(&[], Vec::as_slice)
    }

    /// Whether a typology asks that something does not hold.
    fn denies(&self, typology: u16) -> bool {
        self.denying.contains(&typology)
    }

    fn on_found(&self, typology: u16) -> &[u16] {
        self.found.get(usize::from(typology)).map_or(&[], Vec::as_slice)
    }
}

/// The accounts of a payment that came or went.
pub(super) struct Touched {
    pub(super) accounts: Vec<AccountId>,
    /// Those that shared something with it which links accounts.
    pub(super) with: BTreeSet<AccountId>,
    pub(super) time: EventTime,
    /// Something later, or as late, was there before it.
    pub(super) late: bool,
}

impl Detector {
    /// A payment that came late may put its accounts behind hits that were there before.
    pub(super) fn also_concerned(&self, ledger: &Ledger, row: RowId, changed: &mut Changed) {
        let Some(time) = ledger.row(row).map(|row| row.time()) else { return };
        for carried in ledger.carried(row) {
            let until = time.plus(self.by_subject.longest(carried.kind));
            let about = |(_, bound): &(u16, &BoundCondition)| bound.subject == carried.kind;
            for (index, _) in (0_u16..).zip(&self.indicators).filter(about) {
                let before = time.just_before();
                let log = self.hits.log(index, carried.id);
                if let Some(newest) = log.and_then(|log| log.latest(before, until)) {
                    changed.note(&self.asked, index, carried.id, time);
                    changed.note(&self.asked, index, carried.id, newest);
                }
            }
        }
    }

    /// The accounts that carry, in windows that a payment is in, what it carries: one more or one less
    /// may link them, or no longer.
    pub(super) fn shared_with(
        &self,
        ledger: &Ledger,
        row: RowId,
        time: EventTime,
    ) -> BTreeSet<AccountId> {
        /// More are not linked anyway.
        const WITH_MAX: usize = 64;
        let windows = self.rules.typologies.iter().filter(|rule| !rule.linked.is_empty());
        let longest = windows.map(|rule| rule.window).max().unwrap_or(Span::ZERO);
        let mut all = BTreeSet::new();
        for carried in ledger.carried(row) {
            if !self.rests.kinds.has(carried.kind) {
                continue;
            }
            let mut with = BTreeSet::new();
            for leg in Leg::BOTH {
                let (from, until) = (time.minus(longest), time.plus(longest));
                for entry in ledger.window(carried.id, leg, from, until) {
                    if with.len() >= WITH_MAX {
                        break;
                    }
                    with.extend(ledger.row(entry.row).and_then(|row| row.account(leg)));
                }
            }
            all.extend(with);
        }
        all
    }

    /// Looks at every finding that the change can concern.
    pub(super) fn follow(
        &mut self,
        ledger: &Ledger,
        changed: Changed,
        touched: &Touched,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let mut tracks = BTreeSet::new();
        for (&(indicator, subject), &times) in &changed.hits {
            if self.rests.on(indicator).is_empty() && self.rests.on_far(indicator).is_empty() {
                continue;
            }
            for account in self.note_concerned(ledger, (indicator, subject), times) {
                for typology in self.rests.on(indicator).to_vec() {
                    for anchor in self.anchors(ledger, typology, account) {
                        tracks.insert(self.track(typology, anchor));
                    }
                }
                for typology in self.rests.on_far(indicator).to_vec() {
                    if touched.late || self.begins(ledger, typology, (indicator, account), times) {
                        self.newest_far = self.newest_far.max(times.1);
                        tracks.extend(self.in_reach(ledger, typology, (&[account], times.0), None));
                    }
                }
            }
        }
        // Numbers of what was published, or of a later hit that was not worth publishing, may have
        // changed although no hit did.
        for &account in &touched.accounts {
            tracks.extend(self.standing(ledger, account, touched));
        }
        if touched.late {
            let all: Vec<AccountId> =
                touched.accounts.iter().chain(&touched.with).copied().collect();
            for &typology in self.waiting.keys() {
                let near = (all.as_slice(), touched.time);
                tracks.extend(self.in_reach(ledger, typology, near, Some(touched.time)));
            }
        }
        self.look_at_all(ledger, tracks, touched.time, applied, out);
    }

    /// Tracks that rest on findings that have changed since they were looked at.
    pub(super) fn look_further(
        &mut self,
        ledger: &Ledger,
        time: EventTime,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        self.look_at_all(ledger, BTreeSet::new(), time, applied, out);
    }

    fn look_at_all(
        &mut self,
        ledger: &Ledger,
        tracks: BTreeSet<usize>,
        time: EventTime,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let mut next: BTreeSet<(u16, usize)> =
            tracks.into_iter().map(|track| (self.stratum_of(track), track)).collect();
        loop {
            while let Some((found, since)) = self.found_anew.pop_first() {
                let newest = self.tracks.get(found).and_then(|track| track.found.last().copied());
                self.newest_far = self.newest_far.max(newest.unwrap_or(since));
                for track in self.resting_on(ledger, found, since) {
                    self.unsettle(ledger, track, since);
                    next.insert((self.stratum_of(track), track));
                }
            }
            let Some((_, track)) = next.pop_first() else { return };
            self.unsettle(ledger, track, time);
            self.look(ledger, track, applied, out);
        }
    }

    fn stratum_of(&self, track: usize) -> u16 {
        self.tracks.get(track).map_or(0, |track| self.rests.stratum(track.typology))
    }

    /// Whether evidence begins on an account for a typology, or was taken back.
    fn begins(
        &self,
        ledger: &Ledger,
        typology: u16,
        (indicator, account): (u16, AccountId),
        (first, last): (EventTime, EventTime),
    ) -> bool {
        let Some(rule) = self.rules.typologies.get(usize::from(typology)) else { return false };
        let on = self.on(ledger, IndicatorId(indicator), account);
        let is_there = |on: &On<'_>| on.latest(first.just_before(), first).is_some();
        let after = first.minus(rule.window).just_before();
        let was_there = |on: &On<'_>| on.latest(after, first.just_before()).is_some();
        first != last || !on.iter().any(is_there) || !on.iter().any(was_there)
    }

    /// Tracks of typologies with links whose anchors are within reach of some accounts.
    fn in_reach(
        &self,
        ledger: &Ledger,
        typology: u16,
        (accounts, time): (&[AccountId], EventTime),
        evaluated_since: Option<EventTime>,
    ) -> Vec<usize> {
        let rule = self.rules.typologies.get(usize::from(typology));
        let Some((rule, link)) = rule.and_then(|rule| Some((rule, rule.link.as_ref()?))) else {
            return Vec::new();
        };
        let Some(hops) = rule.linked.iter().map(|linked| linked.hops).max() else {
            return Vec::new();
        };
        let waiting = self.waiting.get(&typology).into_iter().flatten().copied();
        let waiting = waiting.filter_map(|at| Some((at, self.tracks.get(at)?)));
        let known: Vec<(usize, Anchor)> = waiting
            .filter(|(_, track)| evaluated_since.is_none_or(|since| self.goes_on(track, since)))
            .map(|(at, track)| (at, track.anchor))
            .collect();
        if known.is_empty() {
            return Vec::new();
        }
        let window = (time.minus(rule.window).just_before(), EventTime::MAX);
        let reached = reach(ledger, (link, Aim::Anchors), accounts, hops, window).all();
        let is_near = |(_, anchor): &(usize, Anchor)| {
            let own = Self::accounts_of(ledger, *anchor);
            own.iter().any(|account| reached.contains(account) || accounts.contains(account))
        };
        known.into_iter().filter(is_near).map(|(at, _)| at).collect()
    }

    /// Whether a track may be evaluated at or after a time: what came late matters to no other.
    fn goes_on(&self, track: &Track, since: EventTime) -> bool {
        track.newest_own >= since || self.newest_far >= since
    }

    /// Whether a payment that came late matters to any track that waits for linked evidence.
    pub(super) fn anybody_waits(&self, since: EventTime) -> bool {
        let waiting = self.waiting.values().flatten().filter_map(|at| self.tracks.get(*at));
        waiting.into_iter().any(|track| self.goes_on(track, since))
    }

    /// Tracks whose typologies look for the findings of another one on linked accounts.
    fn resting_on(&self, ledger: &Ledger, found: usize, since: EventTime) -> Vec<usize> {
        let Some(track) = self.tracks.get(found) else { return Vec::new() };
        let above = self.rests.on_found(track.typology);
        if above.is_empty() {
            return Vec::new();
        }
        let accounts = Self::accounts_of(ledger, track.anchor);
        above
            .iter()
            .flat_map(|above| self.in_reach(ledger, *above, (&accounts, since), None))
            .collect()
    }

    /// Tracks about an account or its holders that were published, or hit, at or after a time; of
    /// what came late, or was taken back, any, for it may be what `require` denies.
    fn standing(&self, ledger: &Ledger, account: AccountId, touched: &Touched) -> Vec<usize> {
        let time = touched.time;
        let holders = ledger.parties.holders(account).iter();
        let parties = holders.map(|owned| Anchor::Party(owned.party));
        let accounts = ledger.parties.held_with(account).into_iter().map(Anchor::Account);
        let tracks = accounts.chain(parties).filter_map(|anchor| self.by_anchor.get(&anchor));
        let concerns = |track: &Track| {
            (touched.late && self.rests.denies(track.typology))
                || track.published.as_ref().is_some_and(|last| last.milestone.time >= time)
                || track.last_hit.is_some_and(|last| last >= time)
        };
        let tracks = tracks.flatten().copied();
        tracks.filter(|track| self.tracks.get(*track).is_some_and(concerns)).collect()
    }

    /// Notes whether a track of a typology with links lacks nothing else.
    pub(crate) fn note_waiting(&mut self, typology: u16, track: usize, may_hold: bool) {
        let rule = self.rules.typologies.get(usize::from(typology));
        if rule.is_none_or(|rule| rule.linked.is_empty()) {
            return;
        }
        let waiting = self.waiting.entry(typology).or_default();
        if may_hold {
            waiting.insert(track);
        } else {
            waiting.remove(&track);
        }
    }

    /// The track of a typology at an anchor, if there is one.
    pub(crate) fn known_track(&self, typology: u16, anchor: Anchor) -> Option<usize> {
        let tracks = self.by_anchor.get(&anchor)?.iter().copied();
        let is_it =
            |track: &usize| self.tracks.get(*track).is_some_and(|track| track.typology == typology);
        tracks.into_iter().find(is_it)
    }

    /// The track of a typology at an anchor, begun where there is none.
    fn track(&mut self, typology: u16, anchor: Anchor) -> usize {
        if let Some(known) = self.known_track(typology, anchor) {
            return known;
        }
        let index = self.tracks.len();
        self.by_anchor.entry(anchor).or_default().push(index);
        let mut track = Track::new(typology, anchor);
        let identity = self.rules.typologies.get(usize::from(typology)).map(super::identity);
        let memory: Option<Memory> =
            identity.and_then(|identity| self.memories.remove(&(identity, anchor)));
        if let Some(memory) = memory {
            track.resume(memory);
        }
        self.tracks.push(track);
        index
    }
}
