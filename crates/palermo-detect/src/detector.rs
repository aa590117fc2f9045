//! The loop of detection: a payment came or went, which conditions change, which findings follow.
//!
//! Per payment and touched account every indicator is evaluated at the payment's event time, and
//! again at every later event time whose window contains it (none, where payments come in order).
//! One test skips most evaluations without changing any result: an indicator that cannot hold
//! without selected payments is skipped where the account never had one.

mod activation;
mod asked;
mod days;
mod follow;
mod reach;
mod subjects;

use crate::alerts::queue::BoundModifier;
use crate::bind::{self, Binder, BoundCondition, BoundMeasure, Node};
use crate::concern::Concerns;
use crate::condition::{Run, Searches, Verdict, nothing};
use crate::episode::{Anchor, Memory, Track};
use crate::eval::{Env, touched};
use crate::hits::Hits;
use crate::lacking::Lacking;
use crate::lists::{BoundList, Sent};
use crate::select::Selections;
use crate::value::{UNKNOWN, Value, arithmetic, compare, not};
use activation::{Identity, identity};
use asked::Asked;
use days::DayEnds;
use follow::{Rests, Touched};
use palermo_domain::alert::Cause;
use palermo_domain::{Alert, EventTime, FixedHashMap, ListRow, Span, Subject};
use palermo_lang::program::{Function, RuleSet};
use palermo_ledger::{AccountId, Adder, Ledger, Leg, RowId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use subjects::BySubject;

/// What the detector must know beside the rules.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of the task, for alerts.
    pub task: String,
    /// Hash of the bundle, for alerts.
    pub bundle: String,
    /// Findings decided before this are not published (`--warm-up-until`).
    pub mute_before: Option<EventTime>,
    /// How long hits are kept.
    pub evidence_horizon: Span,
}

/// How a payment came to be applied.
#[derive(Clone, Copy, Debug)]
pub struct Applied {
    /// On time, late or by a reversal.
    pub cause: Cause,
    /// Watermark after it.
    pub watermark: Option<EventTime>,
}

/// Counters; functions of the inputs.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Evaluations per indicator.
    pub evaluations: Vec<u64>,
    /// Event time of the newest hit per indicator.
    pub last_hit: Vec<Option<EventTime>>,
    /// Rows of the topic `lists` that do not fit the columns of the list files in force.
    pub list_rows_refused: u64,
    /// Hits forgotten beyond the evidence horizon.
    pub expired_hits: u64,
    /// Late payments that could not be followed to every account whose graph pattern they are in.
    pub late_reach_cut: u64,
}

/// Evaluates a rule set over a ledger.
#[derive(Debug)]
pub struct Detector {
    pub(crate) settings: Settings,
    pub(crate) rules: RuleSet,
    pub(crate) indicators: Vec<BoundCondition>,
    pub(crate) suppressors: Vec<BoundCondition>,
    pub(crate) lists: Vec<BoundList>,
    pub(crate) modifiers: Vec<BoundModifier>,
    adder: RefCell<Adder>,
    searches: RefCell<Searches>,
    sent: Sent,
    pub(crate) selections: Selections,
    lacking: Lacking,
    /// Which typologies rest on what.
    rests: Rests,
    by_subject: BySubject,
    /// Indicators that look at what an account or a pair did before its window.
    past_readers: Vec<u16>,
    asked: Asked,
    day_ends: DayEnds,
    /// Event time of the newest payment that came or went.
    newest: Option<EventTime>,
    /// Selections an account ever had, one row of words per account.
    seen: Vec<u64>,
    pub(crate) hits: Hits,
    pub(crate) tracks: Vec<Track>,
    pub(crate) by_anchor: FixedHashMap<Anchor, Vec<usize>>,
    /// Subjects whose hits concern an account.
    pub(crate) concerns: Concerns,
    /// Tracks that were found, or are no longer, since those that rest on them were looked at.
    pub(crate) found_anew: BTreeSet<usize>,
    /// What must be known of typologies that are not deployed now, if they come back.
    memories: BTreeMap<(Identity, Anchor), Memory>,
    /// Tracks to be looked at again once the watermark has passed a time.
    pub(crate) settle: BTreeSet<(EventTime, usize)>,
    /// Tracks whose episode may end once the watermark has passed a time.
    pub(crate) closing: BTreeSet<(EventTime, usize)>,
    stats: Stats,
}

impl Detector {
    /// Binds the rules to the ledger.
    pub fn new(rules: RuleSet, settings: Settings, ledger: &mut Ledger) -> Self {
        let sent = Sent::default();
        let bound = bind_rules(&rules, &sent, ledger);
        let asked = Asked::new(&rules);
        let by_subject = BySubject::new(&bound.indicators, &asked);
        let rests = Rests::new(&rules);
        ledger.want(rests.kinds(by_subject.kinds()));
        let indicators = rules.indicators.len();
        let past_readers = past_readers(&bound.indicators);
        let day_ends = DayEnds::new(&bound.indicators);
        let mut lacking = Lacking::default();
        lacking.renew(&rules, bound.indicators.iter().chain(&bound.suppressors));
        Self {
            settings,
            indicators: bound.indicators,
            suppressors: bound.suppressors,
            lists: bound.lists,
            modifiers: bound.modifiers,
            adder: RefCell::default(),
            searches: RefCell::default(),
            sent,
            selections: bound.selections,
            lacking,
            rests,
            by_subject,
            past_readers,
            asked,
            day_ends,
            newest: None,
            rules,
            seen: Vec::new(),
            hits: Hits::default(),
            tracks: Vec::new(),
            by_anchor: FixedHashMap::default(),
            concerns: Concerns::default(),
            found_anew: BTreeSet::new(),
            memories: BTreeMap::new(),
            settle: BTreeSet::new(),
            closing: BTreeSet::new(),
            stats: Stats {
                evaluations: vec![0; indicators],
                last_hit: vec![None; indicators],
                ..Stats::default()
            },
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What rules could not decide, by rule and missing field: payments for which a selection is
    /// unknown, and evaluations that might have held.
    pub fn field_missing(&self) -> BTreeMap<(String, String), u64> {
        self.lacking.table()
    }

    /// Bytes held by hits, episodes and rows of lists, roughly.
    pub fn bytes(&self) -> usize {
        let tracks = self.tracks.len().saturating_mul(4096);
        self.hits
            .bytes()
            .saturating_add(tracks)
            .saturating_add(self.memories.len().saturating_mul(128))
            .saturating_add(self.concerns.bytes())
            .saturating_add(self.day_ends.bytes())
            .saturating_add(self.sent.bytes())
            .saturating_add(self.seen.capacity().saturating_mul(8))
    }

    /// Applies a row of the topic `lists`. A list that no rule names keeps its rows for a later
    /// rule set.
    ///
    /// # Errors
    /// The field of the record that does not fit the list.
    pub fn apply_list_row(
        &mut self,
        row: &ListRow,
        ledger: &mut Ledger,
    ) -> Result<(), &'static str> {
        self.sent.apply(row, &mut self.lists, ledger)
    }

    /// Removes a row of a list, whoever wrote it.
    pub fn remove_list_row(&mut self, list: &str, key: &str, ledger: &mut Ledger) {
        self.sent.remove(list, key, &mut self.lists, ledger);
    }

    pub(crate) fn env<'a>(&'a self, ledger: &'a Ledger) -> Env<'a> {
        let (lists, adder, hits) = (&self.lists[..], &self.adder, Some(&self.hits));
        let searches = &self.searches;
        Env { ledger, lists, adder, searches, hits, during: None, from: None, text: None }
    }

    /// A payment was linked into the ledger, or taken out of it by a reversal: everything that its
    /// windows can change is evaluated again.
    pub fn changed(&mut self, ledger: &Ledger, row: RowId, applied: Applied, out: &mut Vec<Alert>) {
        let Some(payment) = ledger.row(row) else { return };
        let time = payment.time();
        let mut changed = Changed::default();
        self.pass_days(ledger, applied.watermark, &mut changed);
        for (account, _) in touched(payment) {
            self.evaluate_since(ledger, (account, Subject::Account), time, &mut changed);
            // A rule that looks at what an account did before its window can change at any later time.
            let beyond = time.plus(self.by_subject.longest(Subject::Account));
            if !self.past_readers.is_empty() {
                for later in later_times(ledger, account, beyond, EventTime::MAX) {
                    let here = newest_at(ledger, account, later, later);
                    for index in self.past_readers.clone() {
                        self.evaluate_one(ledger, index, account, (later, here), &mut changed);
                    }
                }
            }
            // After it: a payment that is taken back may have been at the end of a day.
            self.days_since(ledger, (account, Subject::Account), time, &mut changed);
        }
        for carried in ledger.carried(row) {
            self.evaluate_since(ledger, (carried.id, carried.kind), time, &mut changed);
            self.days_since(ledger, (carried.id, carried.kind), time, &mut changed);
        }
        let late = self.newest.is_some_and(|newest| time <= newest);
        let beyond = self.beyond(ledger, payment, &mut changed);
        self.asked.note(time, touched(payment).map(|(account, _)| account));
        self.answer(ledger, &mut changed);
        if late {
            self.also_concerned(ledger, row, &mut changed);
        }
        let accounts = touched(payment).map(|(account, _)| account).chain(beyond);
        let accounts = Touched { accounts: accounts.collect(), time, late };
        self.follow(ledger, changed, &accounts, applied, out);
    }

    fn evaluate_one(
        &mut self,
        ledger: &Ledger,
        index: u16,
        account: AccountId,
        (time, here): (EventTime, Option<(RowId, Leg)>),
        changed: &mut Changed,
    ) {
        let Some(condition) = self.indicators.get(usize::from(index)) else { return };
        if let Some(count) = self.stats.evaluations.get_mut(usize::from(index)) {
            *count = count.saturating_add(1);
        }
        let env = self.env(ledger);
        let whole = time.minus(condition.reach) >= ledger.kept_from();
        let weight = self.lacking.weight(index);
        let mut run = Run::new(env, &self.selections.sets, condition, account, time);
        let verdict = here
            .and_then(|(row, leg)| Some((ledger.row(row)?, leg)))
            .map_or((Verdict::Not, false), |(row, leg)| run.verdict(row, leg, weight.is_some()));
        let (verdict, met_doubt) = verdict;
        if met_doubt {
            let field = if let Verdict::Undecided(field) = verdict { Some(field) } else { None };
            self.lacking.rule(index, weight.unwrap_or(0), field);
        }
        if verdict == Verdict::Holds {
            let new = self.hits.set(index, account, time, true);
            if let Some(last) = self.stats.last_hit.get_mut(usize::from(index)) {
                *last = (*last).max(Some(time));
            }
            if new {
                changed.note(&self.asked, index, account, time);
            }
        } else if whole && self.hits.set(index, account, time, false) {
            // Where the window reaches beyond what is kept, what was found when it was whole stands:
            // that it does not hold over the rest proves nothing.
            changed.note(&self.asked, index, account, time);
        }
        if !whole {
            self.hits.disturb(index, account, time);
        }
    }

    fn skip(&self, index: u16, account: AccountId) -> bool {
        let Some(condition) = self.indicators.get(usize::from(index)) else { return true };
        let sets = &self.selections.sets;
        let start = account.index().saturating_mul(sets.words());
        let saw = |selection: &u16| {
            let word = start.saturating_add(usize::from(selection / 64));
            self.seen.get(word).is_some_and(|bits| bits >> (selection % 64) & 1 == 1)
        };
        condition.needs_entries && !condition.selections.iter().any(saw)
    }

    /// The watermark has moved: settle and close what it has passed, forget old hits.
    pub fn advance(&mut self, ledger: &Ledger, watermark: EventTime, out: &mut Vec<Alert>) {
        let applied = Applied { cause: Cause::OnTime, watermark: Some(watermark) };
        self.advance_days(ledger, watermark, applied, out);
        while let Some(&(time, track)) = self.settle.first() {
            if time >= watermark {
                break;
            }
            self.settle.pop_first();
            self.look(ledger, track, applied, out);
            self.look_further(ledger, time, applied, out);
        }
        while let Some(&(time, track)) = self.closing.first() {
            if time >= watermark {
                break;
            }
            self.closing.pop_first();
            self.end_episode(ledger, track, applied, out);
            self.look_further(ledger, time, applied, out);
        }
    }

    /// Forgets hits beyond the evidence horizon; called when the ledger evicts.
    pub fn evict(&mut self, watermark: EventTime) {
        let cutoff = watermark.minus(self.settings.evidence_horizon);
        self.stats.expired_hits = self.stats.expired_hits.saturating_add(self.hits.forget(cutoff));
    }
}

#[derive(Debug, Default)]
struct Changed {
    /// With the first and the last time at which one came or went.
    hits: BTreeMap<(u16, AccountId), (EventTime, EventTime)>,
    /// Those among them that others ask for, by level, with the earliest time at which one came or
    /// went.
    asked: BTreeMap<(u16, u16, AccountId), EventTime>,
}

impl Changed {
    fn note(&mut self, asked: &Asked, index: u16, account: AccountId, time: EventTime) {
        let times = self.hits.entry((index, account)).or_insert((time, time));
        *times = (times.0.min(time), times.1.max(time));
        if asked.is_asked_for(index) {
            let since = self.asked.entry((asked.level(index), index, account)).or_insert(time);
            *since = (*since).min(time);
        }
    }
}

struct BoundRules {
    indicators: Vec<BoundCondition>,
    suppressors: Vec<BoundCondition>,
    lists: Vec<BoundList>,
    list_rows_refused: u64,
    selections: Selections,
    modifiers: Vec<BoundModifier>,
}

fn bind_rules(rules: &RuleSet, sent: &Sent, ledger: &mut Ledger) -> BoundRules {
    let (lists, list_rows_refused) = sent.bind(rules, ledger);
    let atoms = &mut ledger.atoms;
    let modifiers = BoundModifier::all(rules, atoms);
    let mut conditions = Vec::new();
    for selection in &rules.selections {
        conditions.push(Binder { atoms, params: &[], indicators: &[] }.expr(&selection.condition));
    }
    let selections = Selections::new(&rules.selections, conditions);
    let ids: Vec<String> = rules.indicators.iter().map(|rule| rule.condition.id.clone()).collect();
    let mut bind_one = |condition| {
        let mut bound = bind::condition(condition, &rules.selections, &ids, atoms);
        bound.needs_entries = empty(&bound.holds, &bound.measures) == Value::Bool(false)
            // Payments become those of a party by its record, when nobody looks at them.
            && bound.subject != Subject::Party;
        bound
    };
    let indicators = rules.indicators.iter().map(|rule| bind_one(&rule.condition)).collect();
    let suppressors = rules.suppressors.iter().map(|rule| bind_one(&rule.condition)).collect();
    BoundRules { indicators, suppressors, lists, list_rows_refused, selections, modifiers }
}

/// The value of an expression where no payment is selected and no field is known. `false` is
/// certain by the rules of three-valued logic: no field could make it true.
fn empty(node: &Node, measures: &[BoundMeasure]) -> Value {
    let recur = |node: &Node| empty(node, measures);
    match node {
        Node::Const(value) => *value,
        Node::Money(amount, _) => Value::Money(*amount),
        Node::Measure(index) => match measures.get(*index) {
            Some(BoundMeasure::Aggregate { function, .. }) => match function {
                _ if function.is_number() => Value::Int(0),
                Function::Sum => Value::Money(palermo_domain::Decimal::ZERO),
                _ => UNKNOWN,
            },
            Some(BoundMeasure::Overlap { .. } | BoundMeasure::Repeats) => Value::Int(0),
            Some(BoundMeasure::Graph(value)) => nothing(*value),
            Some(BoundMeasure::Derived(node)) => recur(node),
            Some(BoundMeasure::Between { .. } | BoundMeasure::Own { .. }) | None => UNKNOWN,
        },
        Node::Not(inner) => not(recur(inner)),
        Node::And(all) => {
            let values: Vec<Value> = all.iter().map(recur).collect();
            if values.contains(&Value::Bool(false)) {
                Value::Bool(false)
            } else if values.iter().all(|value| value.holds()) {
                Value::Bool(true)
            } else {
                UNKNOWN
            }
        }
        Node::Or(any) => {
            let values: Vec<Value> = any.iter().map(recur).collect();
            if values.iter().any(|value| value.holds()) {
                Value::Bool(true)
            } else if values.iter().all(|value| *value == Value::Bool(false)) {
                Value::Bool(false)
            } else {
                UNKNOWN
            }
        }
        Node::Compare(op, a, b) => compare(*op, recur(a), recur(b)),
        Node::Arithmetic(op, a, b) => arithmetic(*op, recur(a), recur(b)),
        Node::ToDecimal(inner) => match recur(inner) {
            Value::Int(int) => Value::Decimal(int.into()),
            other => other,
        },
        _ => UNKNOWN,
    }
}

fn past_readers(indicators: &[BoundCondition]) -> Vec<u16> {
    let numbered = (0_u16..).zip(indicators);
    numbered.filter(|(_, condition)| condition.reads_past()).map(|(index, _)| index).collect()
}

/// Event times of the account's payments in `(after, until]`, each once, in order.
fn later_times(
    ledger: &Ledger,
    account: AccountId,
    after: EventTime,
    until: EventTime,
) -> Vec<EventTime> {
    let from = EventTime(after.0.saturating_add(1));
    let mut times: Vec<EventTime> = Leg::BOTH
        .into_iter()
        .flat_map(|leg| ledger.window(account, leg, from, until).map(|entry| entry.time))
        .collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// The payment of the account with the greatest (event time, payment id) in `[from, to]`.
pub(crate) fn newest_at(
    ledger: &Ledger,
    account: AccountId,
    from: EventTime,
    to: EventTime,
) -> Option<(RowId, Leg)> {
    Leg::BOTH
        .into_iter()
        .filter_map(|leg| Some((ledger.window(account, leg, from, to).next()?, leg)))
        .max_by(|(a, _), (b, _)| a.time.cmp(&b.time).then_with(|| ledger.compare_ids(a.row, b.row)))
        .map(|(entry, leg)| (entry.row, leg))
}
