//! What was found, against what is known: each measure with one definition.
//!
//! * *Alert*: published live for the first time. *Standing*: not retracted by the end of the data.
//! * An alert is *about* a label where somebody whom it names as anchor or subject is of the label, or,
//!   of a label that names payments alone, where one of them is evidence; and where it was told between
//!   the label's start and its end plus the grace.
//! * An alert is judged *true* where a label that says `true` is about it; *false* where only labels
//!   that say `false` are, or where everything unlabelled is known to be innocent; else *unknown*.
//! * *Precision, judged*: true of those judged. *Precision, floor*: true of all, unknown as false. Of
//!   standing alerts.
//! * *Episode recall*: labels that say `true` of which a standing alert of their typology is, of all.
//!   *Also*: those that only another typology told of.
//! * *Entity recall*: accounts and parties of such labels that are anchor or subject of a standing
//!   alert. *Entity precision*: anchors of standing alerts that are judged true, of those judged.
//! * *Payment recall* and *precision*: labelled payments that are evidence of a standing alert, of all
//!   labelled; evidence of standing alerts that is labelled true, of all evidence. An alert names a
//!   bounded number of payments, so both are floors.
//! * *Amount recall*: what labelled payments moved that are evidence of a standing alert, of all that
//!   they moved, in the base currency.
//! * *Delay*: from the label's start, and from when it was decidable, to the first such alert.
//!   *Moved before*: share of the labelled amount that had moved by then.
//! * *Repeat rate*: alerts whose anchor had one before. *Minutes*: an assumption, by level.

use crate::fair::{self, OfGroup};
use crate::input::Facts;
use crate::labels::{Label, Labels};
use crate::play::OfRules;
use crate::share::Share;
use crate::told::Told;
use palermo_domain::alert::{Level, Mode};
use palermo_domain::{Date, EventTime, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes that an analyst spends on an alert, by level: an assumption, and printed as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// By level, the lowest first.
    pub minutes: [u64; 4],
}

impl Default for Effort {
    fn default() -> Self {
        Self { minutes: [15, 30, 60, 90] }
    }
}

impl Effort {
    fn of(self, level: Level) -> u64 {
        self.minutes.get(level as usize).copied().unwrap_or(0)
    }
}

/// What is known of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// A label says that it is right.
    True,
    /// It is known to be false.
    False,
    /// Nobody knows.
    Unknown,
}

impl Judged {
    /// The word in `diff.jsonl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

/// The figures of one typology, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfTypology {
    /// Alerts.
    pub alerts: u64,
    /// True of those judged.
    pub judged: Share,
    /// True of all.
    pub floor: Share,
    /// Labels found.
    pub episodes: Share,
    /// Labels that only another typology told of.
    pub also: u64,
    /// Of labels found, milliseconds from their start.
    pub delays: Vec<i64>,
    /// Of labels found, milliseconds from when they were decidable; below zero before.
    pub from_decidable: Vec<i64>,
    /// Of labels found, millionths of their amount that had moved.
    pub moved: Vec<u64>,
}

/// What a rule set found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Over all typologies.
    pub all: OfTypology,
    /// By typology that has an alert or a label.
    pub typologies: BTreeMap<String, OfTypology>,
    /// Days that count: those after the warm-up.
    pub days: u64,
    /// Payments of these days.
    pub payments: u64,
    /// Alerts of each of these days.
    pub per_day: Vec<u64>,
    /// Alerts of each week, by its Monday.
    pub by_week: BTreeMap<Date, u64>,
    /// Alerts that were taken back.
    pub retracted: u64,
    /// Findings that were held back.
    pub held_back: u64,
    /// Shadow alerts.
    pub shadow: u64,
    /// Anchors judged true of those judged.
    pub entity_precision: Share,
    /// Labelled entities that an alert is about.
    pub entity_recall: Share,
    /// Cents of labelled payments: evidence of an alert, and all.
    pub amount: (i128, i128),
    /// Labelled payments in another currency, which do not count there.
    pub unconverted: u64,
    /// Labelled payments that are evidence of a standing alert.
    pub payment_recall: Share,
    /// Payments that are evidence of a standing alert, and how many of them are labelled true.
    pub payment_precision: Share,
    /// Alerts whose anchor had one before.
    pub repeats: Share,
    /// Groups of alerts.
    pub groups: u64,
    /// Minutes of analysts, by the assumption.
    pub minutes: u64,
    /// By level, the lowest first.
    pub levels: [u64; 4],
    /// How often a missing field left a selection of a payment or an evaluation undecided, and evaluations.
    pub undecided: (u64, u64),
    /// Whom alerts fall on.
    pub groups_of_people: Vec<OfGroup>,
    /// The fields that were missing most, with how often, by rule.
    pub missing: Vec<(String, String, u64)>,
}

/// How judgments are made.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// What is known.
    pub labels: &'a Labels,
    /// So long after its end an alert is still about a label.
    pub grace: Span,
    /// Labels of other typologies are none to be found; all are, where nothing stands here.
    pub only: Option<&'a BTreeSet<String>>,
}

impl<'a> Judge<'a> {
    /// Labels that say true, and are to be found.
    fn to_find(self) -> impl Iterator<Item = &'a Label> {
        let all = self.labels.all().iter().filter(|label| label.is_true());
        all.filter(move |label| {
            let of = label.typology.as_ref();
            self.only.is_none_or(|only| of.is_none_or(|of| only.contains(of)))
        })
    }

    /// When a label was told first by a standing alert of its typology.
    fn found(self, label: &Label, told: &[&Told]) -> Option<EventTime> {
        let own = |told: &&&Told| label.typology.as_ref().is_none_or(|of| *of == told.typology);
        let here = told.iter().filter(own).filter(|told| self.is_about(label, told));
        here.map(|told| told.at).min()
    }

    /// Labels that say true, that one of two rule sets finds and the other does not.
    pub fn lost(self, before: &[Told], after: &[Told]) -> Vec<&'a Label> {
        let before: Vec<&Told> = before.iter().filter(|told| told.stands()).collect();
        let after: Vec<&Told> = after.iter().filter(|told| told.stands()).collect();
        self.to_find()
            .filter(|label| {
                self.found(label, &before).is_some() && self.found(label, &after).is_none()
            })
            .collect()
    }

    /// What is known of an alert.
    pub fn alert(&self, told: &Told) -> Judged {
        let mut judged = match self.labels.is_complete() {
            true => Judged::False,
            false => Judged::Unknown,
        };
        for label in self.labels.all().iter().filter(|label| self.is_about(label, told)) {
            if label.is_true() {
                return Judged::True;
            }
            judged = Judged::False;
        }
        judged
    }

    fn is_about(&self, label: &Label, told: &Told) -> bool {
        let named = if label.entities.is_empty() {
            !label.payments.is_disjoint(&told.evidence)
        } else {
            !label.entities.is_disjoint(&told.about)
        };
        named && label.covers(told.at, self.grace)
    }
}

/// Measures what one rule set found. `warm_up` is that of the plan.
pub fn measure(
    rules: &OfRules,
    facts: &Facts,
    judge: Judge<'_>,
    warm_up: Span,
    effort: Effort,
) -> Measures {
    let mut measures = Measures::default();
    let live: Vec<&Told> = rules.told.iter().filter(|told| told.was_live()).collect();
    let standing: Vec<&Told> = live.iter().copied().filter(|told| told.stands()).collect();
    measures.volume(&live, facts, warm_up, effort);
    let others = || rules.told.iter().filter(|told| !told.was_live());
    measures.held_back = others().filter(|told| told.held_back).count() as u64;
    measures.shadow =
        others().filter(|told| !told.held_back && told.mode == Mode::Shadow).count() as u64;
    measures.retracted = live.len().saturating_sub(standing.len()) as u64;
    measures.precision(&standing, judge);
    measures.recall(&standing, facts, judge);
    measures.data(rules);
    measures.groups_of_people = fair::groups(&rules.told, &facts.peers, judge);
    measures
}

impl Measures {
    fn volume(&mut self, live: &[&Told], facts: &Facts, warm_up: Span, effort: Effort) {
        let Some((first, last)) = facts.span else { return };
        let from = facts.counted_from(warm_up).unwrap_or(first.date());
        let days = from.0..=last.date().0;
        self.days = days.clone().count() as u64;
        let counted = facts.by_day.range(from..).map(|(_, count)| *count);
        self.payments = counted.fold(0, u64::saturating_add);
        let mut by_day: BTreeMap<Date, u64> = days.map(|day| (Date(day), 0)).collect();
        let (mut anchors, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for told in live {
            let day = told.at.date();
            add(by_day.entry(day).or_default());
            add(self.by_week.entry(monday(day)).or_default());
            if let Some(level) = self.levels.get_mut(told.level as usize) {
                add(level);
            }
            self.minutes = self.minutes.saturating_add(effort.of(told.level));
            self.repeats.add(!anchors.insert(told.anchor.as_str()));
            groups.insert(told.group.as_str());
            self.all.alerts = self.all.alerts.saturating_add(1);
            add(&mut self.typologies.entry(told.typology.clone()).or_default().alerts);
        }
        self.groups = groups.len() as u64;
        self.per_day = by_day.into_values().collect();
    }

    fn precision(&mut self, standing: &[&Told], judge: Judge<'_>) {
        let mut anchors: BTreeMap<&str, bool> = BTreeMap::new();
        for told in standing {
            let judged = judge.alert(told);
            let is_true = judged == Judged::True;
            let of = self.typologies.entry(told.typology.clone()).or_default();
            for of in [of, &mut self.all] {
                of.floor.add(is_true);
                if judged != Judged::Unknown {
                    of.judged.add(is_true);
                }
            }
            if judged != Judged::Unknown {
                let known = anchors.entry(&told.anchor).or_default();
                *known = *known || is_true;
            }
        }
        self.entity_precision = Share::of(anchors.into_values(), |is_true| *is_true);
    }

    fn recall(&mut self, standing: &[&Told], facts: &Facts, judge: Judge<'_>) {
        let about: BTreeSet<&str> =
            standing.iter().flat_map(|told| told.about.iter().map(String::as_str)).collect();
        let evidence: BTreeSet<&str> =
            standing.iter().flat_map(|told| told.evidence.iter().map(String::as_str)).collect();
        let (mut entities, mut payments) = (BTreeSet::new(), BTreeSet::new());
        for label in judge.to_find() {
            let first = judge.found(label, standing);
            let also = first.is_none() && standing.iter().any(|told| judge.is_about(label, told));
            let name = label.typology.clone().unwrap_or_else(|| "any".to_owned());
            for of in [self.typologies.entry(name).or_default(), &mut self.all] {
                of.episodes.add(first.is_some());
                of.also = of.also.saturating_add(u64::from(also));
                let Some(at) = first else { continue };
                of.delays.extend(label.start().map(|start| at.since(start).as_millis()));
                let decidable = label.decidable.map(|from| at.since(from).as_millis());
                of.from_decidable.extend(decidable);
                of.moved.extend(moved(label, facts, at));
            }
            entities.extend(label.entities.iter().map(String::as_str));
            payments.extend(label.payments.iter().map(String::as_str));
        }
        self.entity_recall = Share::of(entities, |entity| about.contains(*entity));
        self.payment_recall = Share::of(&payments, |id| evidence.contains(**id));
        self.payment_precision = Share::of(&evidence, |id| payments.contains(**id));
        for id in payments {
            let Some(seen) = facts.seen.payments.get(id) else { continue };
            let Some(amount) = seen.amount else {
                add(&mut self.unconverted);
                continue;
            };
            let amount = i128::from(amount.0);
            self.amount.1 = self.amount.1.saturating_add(amount);
            if evidence.contains(id) {
                self.amount.0 = self.amount.0.saturating_add(amount);
            }
        }
    }

    fn data(&mut self, rules: &OfRules) {
        let all = rules.counters.evaluations.values().copied().fold(0, u64::saturating_add);
        let missing = &rules.counters.field_missing;
        let undecided = missing.values().copied().fold(0, u64::saturating_add);
        self.undecided = (undecided, all);
        let mut rows: Vec<(String, String, u64)> = missing
            .iter()
            .map(|((rule, field), count)| (rule.clone(), field.clone(), *count))
            .collect();
        rows.sort_by(|a, b| (b.2, &a.0, &a.1).cmp(&(a.2, &b.0, &b.1)));
        self.missing = rows;
    }

    /// Alerts a day: mean with two decimals, the 95th percentile, the most.
    pub fn a_day(&self) -> (String, u64, u64) {
        let mean = palermo_domain::statistics::per(self.all.alerts, self.days, 1, 2);
        let quantile =
            |percent| palermo_domain::statistics::quantile(&self.per_day, percent).unwrap_or(0);
        (mean, quantile(95), quantile(100))
    }

    /// Amount recall in millionths; none where nothing is labelled.
    pub fn amount_micro(&self) -> Option<u64> {
        let part = self.amount.0.checked_mul(1_000_000)?;
        u64::try_from(part.checked_div(self.amount.1)?).ok()
    }
}

/// Millionths of a label's amount that had moved by a time; none where it names no payment.
fn moved(label: &Label, facts: &Facts, at: EventTime) -> Option<u64> {
    let payments = || label.payments.iter().filter_map(|id| facts.seen.payments.get(id));
    let sum = |until: Option<EventTime>| -> i128 {
        let counted = payments().filter(|seen| until.is_none_or(|until| seen.at <= until));
        let amounts = counted.filter_map(|seen| seen.amount).map(|amount| i128::from(amount.0));
        amounts.fold(0, i128::saturating_add)
    };
    let part = sum(Some(at)).checked_mul(1_000_000)?;
    u64::try_from(part.checked_div(sum(None))?).ok()
}

/// The Monday of a day's week. 1970-01-01 was a Thursday.
fn monday(day: Date) -> Date {
    Date(day.0.saturating_sub(day.0.saturating_add(3).rem_euclid(7)))
}

fn add(to: &mut u64) {
    *to = to.saturating_add(1);
}

#[cfg(test)]
mod tests;
