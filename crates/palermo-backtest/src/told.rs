//! Alerts as they were published: what is kept of each of them, over all its revisions.

use palermo_domain::alert::{Action, Level, Mode, Role};
use palermo_domain::{Alert, Decimal, EventTime};
use std::collections::{BTreeMap, BTreeSet};

/// What an indicator saw against what it needed, where a parameter says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Indicator id.
    pub indicator: String,
    /// Parameter.
    pub param: String,
    /// What was seen.
    pub observed: String,
    /// What was needed.
    pub threshold: String,
    /// Distance between the two over the threshold, in hundredths.
    pub margin: Decimal,
}

/// An alert, or a finding that was held back.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// `alr_…`.
    pub id: String,
    /// It stands in the suppressed topic.
    pub held_back: bool,
    /// Live or shadow.
    pub mode: Mode,
    /// Typology id.
    pub typology: String,
    /// `account/…` or `party/…`.
    pub anchor: String,
    /// The anchor, and the account and party that it is, in the same form.
    pub about: BTreeSet<String>,
    /// Its group, as of the last revision.
    pub group: String,
    /// Record time of the payment that decided the first revision: when it was told.
    pub at: EventTime,
    /// Event time of that decision.
    pub decided_at: EventTime,
    /// First and last payment of the episode, as of the last revision.
    pub episode: (EventTime, EventTime),
    /// Revisions.
    pub revisions: u32,
    /// What the last revision did.
    pub last: Action,
    /// Severity, as of the last revision that was no closure.
    pub level: Level,
    /// Score of it.
    pub score: u32,
    /// Protective case.
    pub urgent: bool,
    /// Its headline.
    pub headline: String,
    /// Indicators that hold.
    pub indicators: Vec<String>,
    /// What they saw against what they needed.
    pub bindings: Vec<Binding>,
    /// Ids of the payments that are named as evidence, of all revisions.
    pub evidence: BTreeSet<String>,
    /// What held it back.
    pub held_back_by: Vec<String>,
}

/// Keys are shown by who asks for them, not by accident.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Told {
    /// Whether it was published as a live alert and was not taken back.
    pub fn stands(&self) -> bool {
        self.was_live() && self.last != Action::Retracted
    }

    /// Whether it was published as a live alert.
    pub fn was_live(&self) -> bool {
        !self.held_back && self.mode == Mode::Live
    }

    fn first(alert: &Alert) -> Self {
        Self {
            id: alert.alert_id.clone(),
            held_back: alert.held_back,
            mode: alert.mode,
            typology: alert.typology.clone(),
            anchor: alert.anchor.clone(),
            about: BTreeSet::new(),
            group: String::new(),
            at: alert.detected_at,
            decided_at: alert.decided_at,
            episode: (alert.episode_start, alert.episode_last),
            revisions: 0,
            last: alert.action,
            level: alert.level,
            score: alert.score,
            urgent: alert.urgent,
            headline: String::new(),
            indicators: Vec::new(),
            bindings: Vec::new(),
            evidence: BTreeSet::new(),
            held_back_by: Vec::new(),
        }
    }

    fn revise(&mut self, alert: &Alert) {
        self.revisions = self.revisions.saturating_add(1);
        self.last = alert.action;
        self.group.clone_from(&alert.group);
        self.episode = (alert.episode_start, alert.episode_last);
        let named = alert.indicators.iter().flat_map(|indicator| &indicator.evidence);
        let shown = alert.evidence.iter().map(|payment| &payment.id);
        let paged = alert.more.iter().flatten().map(|paged| &paged.payment.id);
        self.evidence.extend(named.chain(shown).chain(paged).cloned());
        // Where an end says no more what it was, what it was is kept.
        if alert.indicators.is_empty() {
            return;
        }
        (self.level, self.score, self.urgent) = (alert.level, alert.score, alert.urgent);
        self.headline.clone_from(&alert.headline);
        self.held_back_by.clone_from(&alert.suppressed_by);
        // Whoever is at the anchor, but nobody who may be a victim.
        let subjects = alert.subjects.iter().filter(|actor| actor.role != Role::PotentialVictim);
        self.about = subjects.map(|actor| format!("{}/{}", actor.entity, actor.key)).collect();
        self.about.insert(alert.anchor.clone());
        self.indicators = alert.indicators.iter().map(|indicator| indicator.id.clone()).collect();
        let bindings = alert.counterfactuals.iter().map(|one| Binding {
            indicator: one.indicator.clone(),
            param: one.param.clone(),
            observed: one.observed.clone(),
            threshold: one.threshold.clone(),
            margin: one.margin,
        });
        self.bindings = bindings.collect();
    }
}

/// Everything that one rule set told, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    all: BTreeMap<(String, bool), Told>,
}

impl Track {
    /// Takes in a revision; whether it is the first of its alert.
    pub(crate) fn see(&mut self, alert: &Alert) -> bool {
        let key = (alert.alert_id.clone(), alert.held_back);
        let is_first = !self.all.contains_key(&key);
        self.all.entry(key).or_insert_with(|| Told::first(alert)).revise(alert);
        is_first
    }

    /// An alert, or a finding that was held back.
    pub(crate) fn get(&self, id: &str, held_back: bool) -> Option<&Told> {
        self.all.get(&(id.to_owned(), held_back))
    }

    /// All of them, by time and id.
    pub(crate) fn told(self) -> Vec<Told> {
        let mut all: Vec<Told> = self.all.into_values().collect();
        all.sort_by(|a, b| (a.at, &a.id, a.held_back).cmp(&(b.at, &b.id, b.held_back)));
        all
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[expect(clippy::arithmetic_side_effects, reason = "small numbers written here")]
    /// A live alert about its anchor alone, told at this hour; its episode is that hour.
    pub(crate) fn told(id: &str, typology: &str, anchor: &str, hour: i64) -> Told {
        let at = EventTime(hour * 3_600_000);
        Told {
            id: id.to_owned(),
            held_back: false,
            mode: Mode::Live,
            typology: typology.to_owned(),
            anchor: anchor.to_owned(),
            about: BTreeSet::from([anchor.to_owned()]),
            group: format!("grp_{id}"),
            at,
            decided_at: at,
            episode: (at, at),
            revisions: 1,
            last: Action::Created,
            level: Level::High,
            score: 60,
            urgent: false,
            headline: String::new(),
            indicators: Vec::new(),
            bindings: Vec::new(),
            evidence: BTreeSet::new(),
            held_back_by: Vec::new(),
        }
    }
}
