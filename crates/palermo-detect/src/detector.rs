//! The loop of detection: a payment came or went, which conditions change, which findings follow.
//!
//! Per payment and touched account indicators are evaluated at the payment's event time, and again at
//! every later event time whose window contains it (none, where payments come in order). Those that
//! cannot hold for lack of selected payments are left out without changing any result (module `armed`).

mod activation;
mod armed;
mod asked;
mod days;
mod follow;
mod gap;
mod peers;
mod reach;
mod snapshot;
mod subjects;

pub use gap::Lost;
pub use snapshot::Frozen;

use crate::alerts::queue::BoundModifier;
use crate::bind::{self, Binder, BoundCondition};
use crate::concern::Concerns;
use crate::condition::{Run, SearchCounts, Searches, Verdict};
use crate::episode::{Anchor, Memory, Tracks};
use crate::eval::{Env, touched};
use crate::groups::Groups;
use crate::hits::Hits;
use crate::lacking::Lacking;
use crate::lists::{BoundList, RATES, Sent};
use crate::need::{self, Need};
use crate::peers::{Ask, Peers};
use crate::select::Selections;
use crate::steady::{Here, Steady};
use activation::{Identity, identity};
use armed::{Armed, Said};
use asked::Asked;
use days::DayEnds;
use follow::{Rests, Touched};
use palermo_domain::alert::Cause;
use palermo_domain::{Alert, Currency, EventTime, FixedHashMap, ListRow, Span, Subject};
use palermo_lang::program::{Direction, Indicator, RuleSet};
use palermo_ledger::{AccountId, Adder, Ledger, Leg, RowId};
use serde::{Deserialize, Serialize};
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

impl Stats {
    /// Takes in that an indicator holds. A canary does not hide that a rule finds nothing real.
    fn hit(&mut self, ledger: &Ledger, index: u16, account: AccountId, time: EventTime) {
        let Some(last) = self.last_hit.get_mut(usize::from(index)) else { return };
        if last.is_none_or(|last| last < time) && !ledger.is_reserved(account) {
            *last = Some(time);
        }
    }

    /// Goes on counting under other rules: by the id of an indicator, whatever its version.
    fn renumber(&mut self, old: &RuleSet, new: &RuleSet) {
        let before = |rule: &Indicator| {
            old.indicators.iter().position(|other| other.condition.id == rule.condition.id)
        };
        let places: Vec<Option<usize>> = new.indicators.iter().map(before).collect();
        let count = |place: &Option<usize>| Some(*self.evaluations.get((*place)?)?);
        let evaluations = places.iter().map(|place| count(place).unwrap_or(0)).collect();
        let last = |place: &Option<usize>| *self.last_hit.get((*place)?)?;
        let last_hit = places.iter().map(last).collect();
        (self.evaluations, self.last_hit) = (evaluations, last_hit);
    }
}

/// Evaluates a rule set over a ledger.
#[derive(Debug)]
pub struct Detector {
    pub(crate) settings: Settings,
    /// What the task went on without; not part of a snapshot's parts, its head says it.
    lost: Vec<Lost>,
    pub(crate) rules: RuleSet,
    pub(crate) indicators: Vec<BoundCondition>,
    pub(crate) suppressors: Vec<BoundCondition>,
    pub(crate) lists: Vec<BoundList>,
    pub(crate) modifiers: Vec<BoundModifier>,
    adder: RefCell<Adder>,
    pub(crate) searches: RefCell<Searches>,
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
    peers: Peers,
    /// Event time of the newest payment that came or went.
    newest: Option<EventTime>,
    armed: Armed,
    /// By indicator: what it rests on.
    steady: Vec<Steady>,
    /// Scratch of [`Detector::evaluate_since`].
    due: Vec<u16>,
    pub(crate) hits: Hits,
    pub(crate) tracks: Tracks,
    pub(crate) by_anchor: FixedHashMap<Anchor, Vec<usize>>,
    /// Subjects whose hits concern an account.
    pub(crate) concerns: Concerns,
    /// Alerts that belong together.
    pub(crate) groups: Groups,
    /// The newest time at which evidence began anywhere that a typology looks for on linked accounts.
    newest_far: EventTime,
    /// Tracks that lack nothing but linked evidence, by typology, and perhaps others.
    pub(crate) waiting: BTreeMap<u16, BTreeSet<usize>>,
    /// Tracks that were found, or are no longer, since those that rest on them were looked at, and
    /// from when on.
    pub(crate) found_anew: BTreeMap<usize, EventTime>,
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
        Self::with_lists(rules, settings, Sent::default(), ledger)
    }

    /// Binds the rules to a ledger and to what came by the topic `lists`.
    fn with_lists(rules: RuleSet, settings: Settings, sent: Sent, ledger: &mut Ledger) -> Self {
        let mut bound = bind_rules(&rules, &sent, ledger);
        let asked = Asked::new(&rules);
        let by_subject = BySubject::new(&bound.indicators, &bound.suppressors);
        let armed = bound.armed(&asked);
        let rests = Rests::new(&rules);
        ledger.want(rests.kinds(by_subject.kinds()));
        let indicators = rules.indicators.len();
        let past_readers = past_readers(&bound.indicators);
        let day_ends = DayEnds::new(&bound.indicators);
        let mut lacking = Lacking::default();
        lacking.renew(&rules, bound.indicators.iter().chain(&bound.suppressors));
        Self {
            settings,
            lost: Vec::new(),
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
            peers: Peers::new(bound.peers),
            newest: None,
            rules,
            armed,
            steady: bound.steady,
            due: Vec::new(),
            hits: Hits::default(),
            tracks: Tracks::default(),
            by_anchor: FixedHashMap::default(),
            concerns: Concerns::default(),
            groups: Groups::default(),
            newest_far: EventTime::MIN,
            waiting: BTreeMap::new(),
            found_anew: BTreeMap::new(),
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

    /// Findings decided before this are not published.
    pub fn mute_before(&self) -> Option<EventTime> {
        self.settings.mute_before
    }

    /// The counters.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Searches of the graph since the start of the process, for whatever they were made.
    pub fn searches(&self) -> SearchCounts {
        self.searches.borrow().counts().clone()
    }

    /// What rules could not decide, by rule and missing field: payments for which a selection is
    /// unknown, and evaluations that might have held.
    pub fn field_missing(&self) -> BTreeMap<(String, String), u64> {
        self.lacking.table(|each| self.selections.pending(each))
    }

    /// Bytes held by hits, episodes and rows of lists, roughly.
    pub fn bytes(&self) -> usize {
        let tracks = self.tracks.len().saturating_mul(4096);
        self.hits
            .bytes()
            .saturating_add(tracks)
            .saturating_add(self.memories.len().saturating_mul(128))
            .saturating_add(self.concerns.bytes())
            .saturating_add(self.groups.bytes())
            .saturating_add(self.day_ends.bytes())
            .saturating_add(self.peers.bytes())
            .saturating_add(self.sent.bytes())
            .saturating_add(self.armed.bytes())
            .saturating_add(self.selections.bytes())
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
        // A rate is asked for at the time of each payment.
        if row.list != RATES {
            self.armed.lists_changed();
        }
        self.sent.apply(row, &mut self.lists, ledger)
    }

    /// Removes a row of a list, whoever wrote it.
    pub fn remove_list_row(&mut self, list: &str, key: &str, ledger: &mut Ledger) {
        self.armed.lists_changed();
        self.sent.remove(list, key, &mut self.lists, ledger);
    }

    pub(crate) fn env<'a>(&'a self, ledger: &'a Ledger) -> Env<'a> {
        let (lists, adder, hits) = (&self.lists[..], &self.adder, Some(&self.hits));
        let searches = &self.searches;
        let (during, from, text, ends) = (None, None, None, None);
        let peers = Some(&self.peers);
        Env { ledger, lists, adder, searches, hits, during, from, peers, text, ends }
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
                    let moment = Moment::at(ledger, account, later);
                    for index in self.past_readers.clone() {
                        self.evaluate_one(ledger, index, account, moment, &mut changed);
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
        let beyond = self.beyond(ledger, row, payment, &mut changed);
        self.asked.note(time, touched(payment).map(|(account, _)| account));
        self.answer(ledger, &mut changed);
        if late {
            self.also_concerned(ledger, row, &mut changed);
        }
        let accounts = touched(payment).map(|(account, _)| account).chain(beyond);
        let with = if late && self.anybody_waits(time) {
            self.shared_with(ledger, row, time)
        } else {
            BTreeSet::new()
        };
        let accounts = Touched { accounts: accounts.collect(), with, time, late };
        self.follow(ledger, changed, &accounts, applied, out);
        self.regroup(applied, out);
    }

    fn evaluate_one(
        &mut self,
        ledger: &Ledger,
        index: u16,
        account: AccountId,
        Moment { time, here, first }: Moment,
        changed: &mut Changed,
    ) {
        let Some(condition) = self.indicators.get(usize::from(index)) else { return };
        if let Some(count) = self.stats.evaluations.get_mut(usize::from(index)) {
            *count = count.saturating_add(1);
        }
        let env = self.env(ledger);
        let whole = time.minus(condition.reach) >= ledger.kept_from();
        let weight = self.lacking.weight(index);
        let sets = &self.selections.sets;
        let mut run = Run::new(env, sets, condition, account, time);
        let here = here.and_then(|(row, leg)| Some((ledger.row(row)?, leg)));
        let (verdict, met_doubt) = here
            .map_or((Verdict::Not, false), |(row, leg)| run.verdict(row, leg, weight.is_some()));
        let undecided = if let Verdict::Undecided(field) = verdict { Some(field) } else { None };
        if first {
            let rest = here.zip(run.looked(verdict, met_doubt)).and_then(|((row, leg), looked)| {
                let here = Here { env, sets, condition, account, time, row, leg };
                self.steady.get(usize::from(index))?.rest(looked, &here)
            });
            let said = Said { doubt: met_doubt, deep: weight.is_some(), undecided };
            self.armed.note_said((index, account), said, rest);
        }
        // That peers are not known is no field that was missing.
        let peerless = undecided == Some(None) && condition.reads_peers();
        if met_doubt && !peerless {
            self.lacking.rule(index, weight.unwrap_or(0), undecided);
        }
        if verdict == Verdict::Holds {
            self.armed.note_held(index, account);
            let new = self.hits.set(index, account, time, true);
            self.stats.hit(ledger, index, account, time);
            if new {
                self.hit_changed(ledger, index, account);
                changed.note(&self.asked, index, account, time);
            }
        } else if whole && !first && self.hits.set(index, account, time, false) {
            // Where the window reaches beyond what is kept, what was found when it was whole stands:
            // that it does not hold over the rest proves nothing.
            self.hit_changed(ledger, index, account);
            changed.note(&self.asked, index, account, time);
        }
        if !whole && !first {
            self.hits.disturb(index, account, time);
        }
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
        self.regroup(applied, out);
    }

    /// Forgets hits beyond the evidence horizon, and what the ledger forgot; called when it did.
    pub fn evict(&mut self, ledger: &Ledger, watermark: EventTime) {
        self.peers.forget(ledger.kept_from());
        let cutoff = watermark.minus(self.settings.evidence_horizon);
        self.groups.forget(cutoff);
        self.stats.expired_hits = self.stats.expired_hits.saturating_add(self.hits.forget(cutoff));
    }
}

/// When a subject is looked at.
#[derive(Clone, Copy)]
struct Moment {
    time: EventTime,
    /// The payment of this time; `None` after a reversal.
    here: Option<(RowId, Leg)>,
    /// Nothing was found at this time, or disturbed: there is nothing to take back.
    first: bool,
}

impl Moment {
    fn at(ledger: &Ledger, subject: AccountId, time: EventTime) -> Self {
        Self { time, here: newest_at(ledger, subject, time, time), first: false }
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
    /// Of the indicators.
    needs: Vec<(Need, Vec<Currency>)>,
    steady: Vec<Steady>,
    peers: Vec<Ask>,
    modifiers: Vec<BoundModifier>,
}

impl BoundRules {
    fn armed(&mut self, asked: &Asked) -> Armed {
        let needs = std::mem::take(&mut self.needs);
        Armed::new(&self.indicators, needs, &self.steady, asked, &self.selections)
    }
}

fn bind_rules(rules: &RuleSet, sent: &Sent, ledger: &mut Ledger) -> BoundRules {
    let (lists, list_rows_refused) = sent.bind(rules, ledger);
    let atoms = &mut ledger.atoms;
    let modifiers = BoundModifier::all(rules, atoms);
    let (base, mut conditions) = (ledger.rates.base(), Vec::new());
    for selection in &rules.selections {
        let mut binder = Binder { atoms, params: &[], indicators: &[] };
        let mut node = binder.expr(&selection.condition);
        node.settle_money(base);
        conditions.push(node);
    }
    let selections = Selections::new(conditions);
    let ids: Vec<String> = rules.indicators.iter().map(|rule| rule.condition.id.clone()).collect();
    let mut bind_one = |condition| bind::condition(condition, &rules.selections, &ids, atoms);
    let mut indicators: Vec<BoundCondition> =
        rules.indicators.iter().map(|rule| bind_one(&rule.condition)).collect();
    let peers = Ask::number(&mut indicators);
    let suppressors = rules.suppressors.iter().map(|rule| bind_one(&rule.condition)).collect();
    let legs = |selection: u16| {
        let of = rules.selections.get(usize::from(selection));
        match of.and_then(|of| of.gate.direction) {
            None => Leg::BOTH.to_vec(),
            Some(Direction::Out) => vec![Leg::Debtor],
            Some(Direction::In) => vec![Leg::Creditor],
        }
    };
    let need = |bound| (Need::of(bound, &legs), need::currencies(bound, base));
    let needs: Vec<(Need, Vec<Currency>)> = indicators.iter().map(need).collect();
    // Where a rate may be missing the need decides nothing.
    let steady = |(bound, (_, currencies)): (&BoundCondition, &(Need, Vec<Currency>))| {
        Steady::of(bound, base, currencies.is_empty())
    };
    let steady = indicators.iter().zip(&needs).map(steady).collect();
    BoundRules {
        indicators,
        suppressors,
        lists,
        list_rows_refused,
        selections,
        needs,
        steady,
        peers,
        modifiers,
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
    let from = after.just_after();
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
