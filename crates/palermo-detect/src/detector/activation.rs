//! A change of the rules: what stays, what is computed anew, what ends.
//!
//! Hits of a condition whose meaning is unchanged stay; others are computed from the whole ledger.
//! An alert of the same version goes on; one of another version or of a typology that is gone is
//! closed, and its hits stay used up, so that an alert that was worked is not raised again.
//!
//! Cost: linear in what the ledger holds; once per activation.

use super::{
    Applied, Asked, BySubject, Changed, Detector, Moment, Rests, Touched, bind_rules, later_times,
    past_readers,
};
use crate::episode::{Renumbered, Stands, Track};
use crate::lists::{self, BoundList};
use palermo_domain::alert::{Cause, Mode};
use palermo_domain::{Alert, EventTime, FixedHashMap};
use palermo_lang::program::{Condition, IndicatorId, Literal, RuleSet, Typology};
use palermo_ledger::{Ledger, Leg, SetId};
use std::collections::BTreeSet;

impl Detector {
    /// Changes the rules: selections of every entry are decided anew, hits of indicators whose
    /// logic, parameters and lists are unchanged stay, the others are computed from the whole
    /// ledger, alerts of removed typologies are closed. What was published under a typology is
    /// remembered over a change of its version and over its absence; what came by the topic `lists`
    /// lies over the new files as it did over the old ones.
    pub fn activate(
        &mut self,
        rules: RuleSet,
        bundle: String,
        ledger: &mut Ledger,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        lists::forget_rates(&self.rules, ledger);
        let mut bound = bind_rules(&rules, &self.sent, ledger);
        let (old, fresh) = ((&self.rules, &self.lists[..]), (&rules, &bound.lists[..]));
        let new = Renumbered {
            indicators: kept_indicators(old, fresh),
            suppressors: kept_suppressors(old, fresh),
        };
        let fates = self.fates(&rules, &new);
        self.remap_tracks(&fates, &new, applied, out);
        self.stats.list_rows_refused =
            self.stats.list_rows_refused.saturating_add(bound.list_rows_refused);
        let lacking = &mut self.lacking;
        self.selections.pending(&mut |lacked| lacking.selection(lacked));
        self.lacking.renew(&rules, bound.indicators.iter().chain(&bound.suppressors));
        self.hits.renumber(&new.indicators);
        self.asked = Asked::new(&rules).after(&mut self.asked);
        self.armed = bound.armed(&self.asked).after(&mut self.armed);
        self.steady = bound.steady;
        (self.indicators, self.suppressors) = (bound.indicators, bound.suppressors);
        (self.lists, self.selections) = (bound.lists, bound.selections);
        self.modifiers = bound.modifiers;
        self.rests = Rests::new(&rules);
        self.concerns.clear();
        self.by_subject = BySubject::new(&self.indicators, &self.suppressors);
        self.past_readers = past_readers(&self.indicators);
        self.day_ends = self.day_ends.renewed(&self.indicators);
        let not_rolled_up = self.peers.renew(bound.peers, &new.indicators);
        self.stats.renumber(&self.rules, &rules);
        self.rules = rules;
        // Whoever lacks more is found out at the next look.
        let tracks: Vec<u16> = self.tracks.iter().map(|track| track.typology).collect();
        (0..).zip(tracks).for_each(|(track, typology)| self.note_waiting(typology, track, true));
        self.settings.bundle = bundle;
        ledger.want(self.rests.kinds(self.by_subject.kinds()));
        self.reselect(ledger);
        self.roll_up_anew(ledger, &not_rolled_up);
        let mut changed = Changed::default();
        self.evaluate_fresh(ledger, &new.indicators, &mut changed);
        // A typology that is new or another one sees the hits that are there already.
        let stays = |typology: &u16| fates.contains(&TrackFate::Stays(*typology, Stands::All));
        for (indicator, subject) in self.hits.keys() {
            let every = (EventTime::MIN, EventTime::MAX);
            if self.rests.on(indicator).iter().all(stays) {
                self.note_concerned(ledger, (indicator, subject), every);
            } else {
                changed.hits.insert((indicator, subject), every);
            }
        }
        let touched = Touched {
            accounts: Vec::new(),
            with: BTreeSet::new(),
            time: EventTime::MAX,
            late: false,
        };
        self.follow(ledger, changed, &touched, applied, out);
        self.regroup(applied, out);
    }

    /// Decides the selections of every entry anew.
    fn reselect(&mut self, ledger: &mut Ledger) {
        let mut selected = FixedHashMap::default();
        for row in ledger.row_ids() {
            selected.insert(row, self.select(ledger, row, None));
        }
        ledger.reselect(&mut |_, row, leg| {
            let sets = selected.get(&row).copied().unwrap_or_default();
            let [debtor, creditor]: [SetId; 2] = sets;
            if leg == Leg::Debtor { debtor } else { creditor }
        });
        for (indicator, account) in self.hits.keys() {
            self.armed.note_held(indicator, account);
        }
    }

    /// Evaluates indicators that are no old one's new number at every time of every account.
    fn evaluate_fresh(&mut self, ledger: &Ledger, kept: &[Option<u16>], changed: &mut Changed) {
        let fresh: Vec<u16> = (0..u16::try_from(self.indicators.len()).unwrap_or(u16::MAX))
            .filter(|index| !kept.contains(&Some(*index)))
            .collect();
        for level in 0..=self.asked.top() {
            let fresh: Vec<u16> =
                fresh.iter().copied().filter(|index| self.asked.level(*index) == level).collect();
            self.evaluate_everywhere(ledger, &fresh, changed);
        }
        // They found everything that they ask for, and nothing else asks for what is fresh.
        changed.asked.clear();
    }

    /// Evaluates indicators at every time of everything that they are about.
    fn evaluate_everywhere(&mut self, ledger: &Ledger, fresh: &[u16], changed: &mut Changed) {
        for account in ledger.account_ids() {
            let kind = ledger.kind_of(account);
            let about = |index: &&u16| {
                let condition = self.indicators.get(usize::from(**index));
                condition.is_some_and(|condition| condition.subject == kind)
            };
            let fresh: Vec<u16> = fresh.iter().filter(about).copied().collect();
            self.days_everywhere(ledger, account, &fresh, changed);
            if fresh.is_empty() {
                continue;
            }
            for time in later_times(ledger, account, EventTime::MIN, EventTime::MAX) {
                let moment = Moment::at(ledger, account, time);
                self.armed.first_time(account, time);
                for &index in &fresh {
                    if !self.armed.skips(index, account) {
                        self.evaluate_one(ledger, index, account, moment, changed);
                    }
                }
            }
        }
    }

    /// What becomes of the tracks of each typology under new rules.
    fn fates(&self, rules: &RuleSet, new: &Renumbered) -> Vec<TrackFate> {
        let fate = |old: &Typology| {
            let at = rules.typologies.iter().position(|other| identity(other) == identity(old));
            let Some((at, other)) = at.and_then(|at| Some((at, rules.typologies.get(at)?))) else {
                return TrackFate::Goes;
            };
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            if other.version != old.version {
                return TrackFate::Begins(at);
            }
            TrackFate::Stays(at, stands(old, other, new))
        };
        self.rules.typologies.iter().map(fate).collect()
    }

    fn remap_tracks(
        &mut self,
        fates: &[TrackFate],
        new: &Renumbered,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        for (index, fate) in (0..self.tracks.len()).zip(self.fates_of_tracks(fates)) {
            let ends = match fate {
                TrackFate::Stays(..) => false,
                // What was held back was alerted to nobody: the new version judges it again.
                TrackFate::Begins(_) => self.tracks.get(index).is_some_and(Track::is_live),
                TrackFate::Goes => true,
            };
            if ends && let Some(alert) = self.closed(index, Cause::RuleRemoved, applied.watermark) {
                out.push(alert);
                if let Some(track) = self.tracks.get_mut(index) {
                    track.close(track.last_hit.unwrap_or(track.floor));
                }
            }
        }
        let fates = self.fates_of_tracks(fates);
        let mut kept: Vec<Track> = Vec::new();
        for (mut track, fate) in self.tracks.drain().zip(fates) {
            let (typology, stands) = match fate {
                TrackFate::Stays(typology, stands) => (typology, stands),
                TrackFate::Begins(typology) => (typology, Stands::Nothing),
                TrackFate::Goes => {
                    let of = self.rules.typologies.get(usize::from(track.typology)).map(identity);
                    if let Some((identity, memory)) = of.zip(track.memory()) {
                        self.memories.insert((identity, track.anchor), memory);
                    }
                    continue;
                }
            };
            track.typology = typology;
            track.renumber(new, stands);
            kept.push(track);
        }
        self.by_anchor.clear();
        self.waiting.clear();
        self.settle.clear();
        self.closing.clear();
        for (index, track) in kept.iter().enumerate() {
            self.by_anchor.entry(track.anchor).or_default().push(index);
            if let Some(published) = &track.published {
                self.settle.insert((published.milestone.time, index));
            }
            if let Some(closes_at) = track.closes_at {
                self.closing.insert((closes_at, index));
            }
        }
        self.tracks = kept.into_iter().collect();
    }

    fn fates_of_tracks(&self, fates: &[TrackFate]) -> Vec<TrackFate> {
        let of = |track: &Track| fates.get(usize::from(track.typology)).copied();
        self.tracks.iter().map(|track| of(track).unwrap_or(TrackFate::Goes)).collect()
    }
}

/// What an alert's id is made of beside anchor and episode (DESIGN §9): a live typology is the same
/// in every version.
pub(super) type Identity = (Mode, String, Option<String>);

pub(super) fn identity(typology: &Typology) -> Identity {
    let version = (typology.mode == Mode::Shadow).then(|| typology.version.clone());
    (typology.mode, typology.id.clone(), version)
}

/// What becomes of the tracks of a typology at an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TrackFate {
    /// The same version has this number now.
    Stays(u16, Stands),
    /// Another version has this number now: alerts are closed, and their hits stay used up.
    Begins(u16),
    /// It is no longer deployed.
    Goes,
}

/// How much of what was found under a typology stands under the same version in new rules.
fn stands(old: &Typology, new: &Typology, numbers: &Renumbered) -> Stands {
    let indicators = |ids: &[IndicatorId]| ids.iter().map(|id| numbers.indicator(*id)).collect();
    let required: Option<Vec<IndicatorId>> = indicators(&old.required);
    let boost: Option<Vec<IndicatorId>> = indicators(&old.boost);
    let explained = numbers.suppressors(&old.suppress).as_ref() == Some(&new.suppress);
    let same = (&old.logic_sha256, &old.params_sha256) == (&new.logic_sha256, &new.params_sha256);
    let all: Option<Vec<IndicatorId>> = old.indicators().map(|id| numbers.indicator(id)).collect();
    let found = same
        && required.as_ref() == Some(&new.required)
        && all.is_some_and(|all| new.indicators().eq(all));
    match (explained, found && boost.as_ref() == Some(&new.boost)) {
        (true, true) => Stands::All,
        (true, false) => Stands::Verdicts,
        (false, _) => Stands::Nothing,
    }
}

/// For every old indicator its new number, where logic, parameters and lists are the same.
fn kept_indicators(
    (old, old_lists): (&RuleSet, &[BoundList]),
    (new, new_lists): (&RuleSet, &[BoundList]),
) -> Vec<Option<u16>> {
    kept(
        old.indicators.iter().map(|rule| whole_meaning(&rule.condition, old, old_lists)),
        new.indicators.iter().map(|rule| whole_meaning(&rule.condition, new, new_lists)),
    )
}

/// The same for suppressors.
fn kept_suppressors(
    (old, old_lists): (&RuleSet, &[BoundList]),
    (new, new_lists): (&RuleSet, &[BoundList]),
) -> Vec<Option<u16>> {
    kept(
        old.suppressors.iter().map(|rule| vec![meaning(&rule.condition, old_lists)]),
        new.suppressors.iter().map(|rule| vec![meaning(&rule.condition, new_lists)]),
    )
}

/// What decides whether a condition holds: its id, logic, parameters, and the lists it looks into.
type Meaning = (String, String, String, Vec<(String, String)>);

fn meaning(condition: &Condition, lists: &[BoundList]) -> Meaning {
    let money = condition.params.iter().any(|param| matches!(param.value, Literal::Money(..)));
    let named = condition.lists.iter().filter_map(|list| lists.get(usize::from(list.0)));
    let rates = lists.iter().filter(|list| money && list.id == "fx");
    let mut lists: Vec<(String, String)> =
        named.chain(rates).map(|list| (list.id.clone(), list.sha256.clone())).collect();
    lists.sort();
    let c = condition;
    (c.id.clone(), c.logic_sha256.clone(), c.params_sha256.clone(), lists)
}

/// The meaning of a condition and of everything that it asks for, directly or not.
fn whole_meaning(condition: &Condition, rules: &RuleSet, lists: &[BoundList]) -> Vec<Meaning> {
    let (mut all, mut at) = (vec![meaning(condition, lists)], 0_usize);
    while let Some((id, ..)) = all.get(at) {
        let rule = rules.indicators.iter().find(|rule| rule.condition.id == *id);
        let asked: Vec<&String> =
            rule.into_iter().flat_map(|rule| &rule.condition.asks).map(|(_, id)| id).collect();
        for id in asked {
            let rule = rules.indicators.iter().find(|rule| rule.condition.id == *id);
            let meaning = rule.map(|rule| meaning(&rule.condition, lists));
            all.extend(meaning.filter(|meaning| !all.contains(meaning)));
        }
        at = at.saturating_add(1);
    }
    all
}

fn kept(
    old: impl Iterator<Item = Vec<Meaning>>,
    new: impl Iterator<Item = Vec<Meaning>>,
) -> Vec<Option<u16>> {
    let new: Vec<Vec<Meaning>> = new.collect();
    let at = |old: Vec<Meaning>| u16::try_from(new.iter().position(|other| *other == old)?).ok();
    old.map(at).collect()
}
