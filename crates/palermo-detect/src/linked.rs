//! Linked evidence: what stands on accounts within a few hops of an anchor, and the path to it.
//!
//! A search goes out from the anchor's own accounts over the kinds of links that the typology names,
//! level by level. A path over payments follows the money in one direction: all downstream, each
//! payment no earlier than the one before, or all upstream, each no later. Something shared (a
//! device, an address) may be anywhere on the path. What is found is the shortest path to an account
//! on which the evidence holds, with the payments or the shared thing of every step.
//!
//! Promises: a function of payments, hits and findings up to the time asked for; paths are told with
//! their evidence. Not followed, because they link everybody to everybody: what more than
//! [`SHARERS_MAX`] accounts share (a hostel's address, a kiosk's terminal), and payments of an account
//! with more than [`HUB`] of them on one side in the window, unless it is the anchor: such an account
//! may be the end of a path, and never its middle. What the budget cut is told.
//! Whoever may be reached, or may reach others, at some time of a long stretch is looked for with wider
//! bounds ([`Aim`]): what is found is asked again at the time in question.
//! Cost: at most [`LOOKS`] entries a search. Searches are made only where everything else that a
//! typology requires is there.

use crate::concern::On;
use crate::detector::Detector;
use crate::episode::Anchor;
use palermo_domain::alert::Mode;
use palermo_domain::{EventTime, FixedHashMap, Span, Status, Subject};
use palermo_lang::program::{Far, IndicatorId, Link, LinkKind, Linked, Typology};
use palermo_ledger::{AccountId, Declared, KnownParty, Ledger, Leg, RowId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of one search.
const LOOKS: u32 = 16_384;
/// More payments than this on one side in the window: money does not go through it to be followed.
const HUB: usize = 256;
/// The newest payments of an anchor that are followed, on each side.
const ANCHOR_PAYMENTS: usize = 1_024;
/// More accounts than this share it innocently.
const SHARERS_MAX: usize = 16;
/// At one terminal, the same time.
const SAME_TIME: Span = Span::from_millis(600_000);
/// Payments named for a step.
const NAMED_MAX: usize = 3;

/// How much wider the bounds are where every time of a stretch is meant.
const WIDER: usize = 4;

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// What is linked at the end of the window.
    Paths,
    /// What may be linked at some time of it.
    Candidates,
    /// The other way: from where there may be a path to these at some time of it.
    Anchors,
}

/// A path to evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundLink {
    /// Which `linked(…)` of the typology.
    pub(crate) number: u8,
    /// From the anchor on.
    pub(crate) steps: Vec<LinkStep>,
    /// What holds at its end.
    pub(crate) evidence: Vec<FarHit>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkStep {
    pub(crate) by: LinkKind,
    /// Who pays, or the end nearer to the anchor.
    pub(crate) from: AccountId,
    pub(crate) to: AccountId,
    /// What both carry.
    pub(crate) shared: Option<AccountId>,
    pub(crate) payments: u64,
    /// In the base currency, in hundredths.
    pub(crate) cents: i128,
    pub(crate) first: EventTime,
    pub(crate) last: EventTime,
    /// The ids of some of the payments.
    pub(crate) ids: Vec<Box<str>>,
}

/// Evidence at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FarHit {
    pub(crate) what: FarRule,
    pub(crate) account: AccountId,
    /// What the hit is on: the account, or a subject that concerns it.
    pub(crate) on: AccountId,
    pub(crate) time: EventTime,
}

/// What a rule looks for, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum FarRule {
    Indicator(IndicatorId),
    Typology(u16),
}

/// Which way the money of a path goes, as seen from where the search began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Flow {
    Any,
    Down,
    Up,
}

/// An account that was reached.
#[derive(Clone, Copy, Debug)]
struct Stop {
    account: AccountId,
    flow: Flow,
    /// Payments down from here are no earlier, payments up no later.
    at: EventTime,
    /// The stop before, and the link.
    from: Option<(usize, LinkKind, Option<AccountId>)>,
}

/// Accounts that were reached, level by level.
pub(crate) struct Reached {
    stops: Vec<Stop>,
    /// Where each level begins in `stops`.
    levels: Vec<usize>,
    pub(crate) truncated: bool,
}

impl Reached {
    /// Every account beyond the beginning with its distance, in order of distance and then of text.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (usize, AccountId)> + '_ {
        let begin = self.levels.get(1).copied().unwrap_or(self.stops.len());
        self.stops.iter().enumerate().skip(begin).map(|(at, stop)| (at, stop.account))
    }

    /// Every account beyond the beginning, once.
    pub(crate) fn all(&self) -> BTreeSet<AccountId> {
        self.accounts().map(|(_, account)| account).collect()
    }

    /// How many links away.
    pub(crate) fn level(&self, stop: usize) -> usize {
        self.levels.partition_point(|begin| *begin <= stop).saturating_sub(1)
    }
}

struct Search<'s> {
    ledger: &'s Ledger,
    link: &'s Link,
    aim: Aim,
    /// After the first, until the second.
    window: (EventTime, EventTime),
    looks: u32,
    truncated: bool,
    reached: Vec<Stop>,
    best: FixedHashMap<(AccountId, Flow), EventTime>,
}

impl Search<'_> {
    /// Notes a stop, unless the same was reached before as well as now.
    fn meet(&mut self, level: &mut Vec<Stop>, stop: Stop) {
        let better = |known: &EventTime| match stop.flow {
            Flow::Any => false,
            Flow::Down => stop.at < *known,
            Flow::Up => stop.at > *known,
        };
        let key = (stop.account, stop.flow);
        let known = self.best.get(&key);
        if self.best.contains_key(&(stop.account, Flow::Any)) || known.is_some_and(|k| !better(k)) {
            return;
        }
        self.best.insert(key, stop.at);
        // Of one level only the best stays.
        level.retain(|other| (other.account, other.flow) != key);
        level.push(stop);
    }

    fn look(&mut self) -> bool {
        match self.looks.checked_sub(1) {
            Some(left) => {
                self.looks = left;
                true
            }
            None => {
                self.truncated = true;
                false
            }
        }
    }

    fn begin(&self) -> EventTime {
        self.window.0.just_after()
    }

    /// A bound, wider where every time of a stretch is meant.
    fn bound(&self, bound: usize) -> usize {
        if self.aim == Aim::Paths { bound } else { bound.saturating_mul(WIDER) }
    }

    fn is_hub(&self, account: AccountId) -> bool {
        let most = self.bound(HUB);
        Leg::BOTH.into_iter().any(|leg| {
            let all = self.ledger.window(account, leg, self.begin(), self.window.1);
            all.take(most.saturating_add(1)).count() > most
        })
    }

    /// Everything one link away from a stop.
    fn expand(&mut self, at: usize, is_first: bool, level: &mut Vec<Stop>) {
        let Some(stop) = self.reached.get(at).copied() else { return };
        if !is_first && self.is_hub(stop.account) {
            return;
        }
        if self.link.by.contains(&LinkKind::Payment) {
            for leg in Leg::BOTH {
                self.pay(at, stop, leg, is_first, level);
            }
        }
        if self.link.by.iter().any(|kind| kind.subject().is_some()) {
            self.share(at, stop, level);
        }
        if self.link.by.contains(&LinkKind::Relation) {
            self.relate(at, stop, level);
        }
    }

    fn pay(&mut self, at: usize, stop: Stop, leg: Leg, is_first: bool, level: &mut Vec<Stop>) {
        let (mut from, mut until) = (self.begin(), self.window.1);
        let flow = if leg == Leg::Debtor { Flow::Down } else { Flow::Up };
        match (stop.flow, flow) {
            (Flow::Any, _) => {}
            (Flow::Down, Flow::Down) => from = from.max(stop.at),
            (Flow::Up, Flow::Up) => until = until.min(stop.at),
            _ => return,
        }
        let most = if is_first { ANCHOR_PAYMENTS } else { self.bound(HUB) };
        let all = self.ledger.window(stop.account, leg, from, until);
        self.truncated |= all.take(most.saturating_add(1)).count() > most;
        let mut met: BTreeMap<AccountId, EventTime> = BTreeMap::new();
        for entry in self.ledger.window(stop.account, leg, from, until).take(most) {
            if !self.look() {
                return;
            }
            let Some(row) = self.ledger.row(entry.row) else { continue };
            if row.manner().status != Status::Booked {
                continue;
            }
            let Some(other) = row.account(leg.opposite()) else { continue };
            let known = met.entry(other).or_insert(entry.time);
            *known = if flow == Flow::Down {
                (*known).min(entry.time)
            } else {
                (*known).max(entry.time)
            };
        }
        for (account, time) in met {
            let from = Some((at, LinkKind::Payment, None));
            self.meet(level, Stop { account, flow, at: time, from });
        }
    }

    /// Over what the account's payments carry at its own end.
    fn share(&mut self, at: usize, stop: Stop, level: &mut Vec<Stop>) {
        let mut carried: BTreeSet<(Subject, AccountId)> = BTreeSet::new();
        let mut stood: Vec<(AccountId, EventTime)> = Vec::new();
        for leg in Leg::BOTH {
            let (from, until) = (self.begin(), self.window.1);
            for entry in self.ledger.window(stop.account, leg, from, until).take(ANCHOR_PAYMENTS) {
                if !self.look() {
                    return;
                }
                for one in self.ledger.carried(entry.row) {
                    if one.leg != leg {
                        continue;
                    }
                    if one.kind == Subject::Terminal {
                        stood.push((one.id, entry.time));
                    } else {
                        carried.insert((one.kind, one.id));
                    }
                }
            }
        }
        for kind in self.link.by.clone() {
            match kind.subject() {
                Some(Subject::Terminal) => {
                    for (terminal, time) in &stood {
                        let stretch = (time.minus(SAME_TIME), time.plus(SAME_TIME));
                        self.sharers((at, stop), kind, *terminal, stretch, level);
                    }
                }
                Some(subject) => {
                    let of_kind = carried.iter().filter(|(of, _)| *of == subject);
                    let mut ids: Vec<AccountId> = of_kind.map(|(_, id)| *id).collect();
                    // Numbers depend on the order of arrival; texts do not.
                    ids.sort_by_cached_key(|id| self.ledger.key_text(*id));
                    for id in ids {
                        let stretch = (self.begin(), self.window.1);
                        self.sharers((at, stop), kind, id, stretch, level);
                    }
                }
                None => {}
            }
        }
    }

    fn sharers(
        &mut self,
        (at, stop): (usize, Stop),
        by: LinkKind,
        shared: AccountId,
        (from, until): (EventTime, EventTime),
        level: &mut Vec<Stop>,
    ) {
        let mut accounts = BTreeSet::new();
        let most = self.bound(SHARERS_MAX);
        let (from, until) = (from.max(self.begin()), until.min(self.window.1));
        for leg in Leg::BOTH {
            for entry in self.ledger.window(shared, leg, from, until) {
                if !self.look() || accounts.len() > most {
                    return;
                }
                accounts.extend(self.ledger.row(entry.row).and_then(|row| row.account(leg)));
            }
        }
        if accounts.len() > most {
            return;
        }
        for account in accounts {
            let from = Some((at, by, Some(shared)));
            self.meet(level, Stop { account, from, ..stop });
        }
    }

    /// Over relations that the holders of the account declare, or that are declared to them.
    fn relate(&mut self, at: usize, stop: Stop, level: &mut Vec<Stop>) {
        let parties = &self.ledger.parties;
        let day = self.window.1.date();
        let holders = parties.holders(stop.account).iter();
        let holders = holders.filter_map(|owned| parties.get(owned.party));
        let others: Vec<&KnownParty> = if self.aim == Aim::Anchors {
            holders.flat_map(|party| parties.declaring(party.id)).collect()
        } else {
            let in_force = |of: &&Declared| self.aim == Aim::Candidates || of.on(day);
            let declared = holders.flat_map(|party| party.relations.iter().filter(in_force));
            declared.filter_map(|found| parties.find(found.party)).collect()
        };
        let accounts: BTreeSet<AccountId> =
            others.iter().flat_map(|party| party.accounts.iter().copied()).collect();
        for account in accounts {
            let from = Some((at, LinkKind::Relation, None));
            self.meet(level, Stop { account, from, ..stop });
        }
    }
}

/// Every account within some hops of some.
pub(crate) fn reach(
    ledger: &Ledger,
    (link, aim): (&Link, Aim),
    begin: &[AccountId],
    hops: u8,
    window: (EventTime, EventTime),
) -> Reached {
    let mut search = Search {
        ledger,
        link,
        aim,
        window,
        looks: LOOKS,
        truncated: false,
        reached: Vec::new(),
        best: FixedHashMap::default(),
    };
    let mut level = Vec::new();
    for &account in begin {
        search.meet(&mut level, Stop { account, flow: Flow::Any, at: window.1, from: None });
    }
    let mut levels = Vec::new();
    for hop in 0..=hops {
        // Numbers of accounts depend on the order of arrival; texts do not.
        let text = |stop: &Stop| (ledger.account_text(stop.account).to_owned(), stop.flow);
        level.sort_by_cached_key(text);
        let begin = search.reached.len();
        levels.push(begin);
        search.reached.append(&mut level);
        if hop < hops {
            for at in begin..search.reached.len() {
                search.expand(at, hop == 0, &mut level);
            }
        }
    }
    Reached { stops: search.reached, levels, truncated: search.truncated }
}

impl Detector {
    /// The shortest path to what `linked` asks for, and whether a budget cut the search.
    pub(crate) fn find_link(
        &self,
        ledger: &Ledger,
        (number, linked): (u8, &Linked),
        (typology, accounts): (&Typology, &[AccountId]),
        window: (EventTime, EventTime),
    ) -> (Option<FoundLink>, bool) {
        let Some(link) = &typology.link else { return (None, false) };
        let reached = reach(ledger, (link, Aim::Paths), accounts, linked.hops, window);
        let mut best: Option<(usize, usize, Vec<FarHit>)> = None;
        let mut seen = BTreeSet::new();
        for (at, account) in reached.accounts() {
            let level = reached.level(at);
            if best.as_ref().is_some_and(|(known, ..)| *known < level) {
                break;
            }
            if !seen.insert(account) || accounts.contains(&account) {
                continue;
            }
            let Some(found) = self.far_evidence(ledger, linked, typology, account, window) else {
                continue;
            };
            let newest = |hits: &[FarHit]| hits.iter().map(|hit| hit.time).max();
            // Of one distance the newest evidence; of equal ones the first by text.
            if best.as_ref().is_none_or(|(.., known)| newest(&found) > newest(known)) {
                best = Some((level, at, found));
            }
        }
        let found = best.map(|(_, at, evidence)| FoundLink {
            number,
            steps: path(ledger, &reached, at, window),
            evidence,
        });
        (found, reached.truncated)
    }

    /// What holds of `linked` on one account, if that is enough.
    fn far_evidence(
        &self,
        ledger: &Ledger,
        linked: &Linked,
        typology: &Typology,
        account: AccountId,
        window: (EventTime, EventTime),
    ) -> Option<Vec<FarHit>> {
        let (hits, enough) = self.far_hits(ledger, linked, typology.mode, account, window);
        let found: Vec<FarHit> = hits.into_iter().flatten().collect();
        (enough && !found.is_empty()).then_some(found)
    }

    /// What holds on one account of everything that `linked` names, in its order, and whether that is
    /// enough. Of several versions of a typology the newest finding counts, of equal ones the first.
    pub(crate) fn far_hits(
        &self,
        ledger: &Ledger,
        linked: &Linked,
        mode: Mode,
        account: AccountId,
        (after, until): (EventTime, EventTime),
    ) -> (Vec<Option<FarHit>>, bool) {
        let hit = |far: &Far| {
            let rules = self.far_rules(far, mode).into_iter();
            let found = rules.filter_map(|what| {
                let (on, time) = self.far_latest(ledger, what, account, after, until)?;
                Some(FarHit { what, account, on, time })
            });
            found.reduce(|known, hit| if hit.time > known.time { hit } else { known })
        };
        let hits: Vec<Option<FarHit>> = linked.far.iter().map(hit).collect();
        let holds = |at: u16| hits.get(usize::from(at)).is_some_and(Option::is_some);
        let enough = linked.of.eval(&mut |at| holds(at));
        (hits, enough)
    }

    /// The rules that evidence may come from.
    fn far_rules(&self, far: &Far, mode: Mode) -> Vec<FarRule> {
        match far {
            Far::Indicator(id) => vec![FarRule::Indicator(*id)],
            Far::Typology(id) => {
                let rules = (0_u16..).zip(&self.rules.typologies);
                let all = rules.filter(|(_, rule)| is_rested_on(rule, id, mode));
                all.map(|(at, _)| FarRule::Typology(at)).collect()
            }
        }
    }

    fn far_latest(
        &self,
        ledger: &Ledger,
        what: FarRule,
        account: AccountId,
        after: EventTime,
        until: EventTime,
    ) -> Option<(AccountId, EventTime)> {
        match what {
            FarRule::Indicator(id) => {
                let found = self.on(ledger, id, account).into_iter();
                let latest = found.filter_map(|on| Some((on.latest(after, until)?, on.subject)));
                // Of one time the first by text: in which order they were met does not matter.
                let newest = latest.max_by_key(|(time, on)| (*time, Reverse(ledger.key_text(*on))));
                newest.map(|(time, subject)| (subject, time))
            }
            FarRule::Typology(of) => {
                let times = self.found_times(ledger, of, account).into_iter();
                let within = times.filter(|time| *time > after && *time <= until);
                within.max().map(|time| (account, time))
            }
        }
    }

    /// When a typology was found on an account or its holders, explained by nothing.
    fn found_times(&self, ledger: &Ledger, typology: u16, account: AccountId) -> Vec<EventTime> {
        let anchors = self.anchors(ledger, typology, account).into_iter();
        let anchors = anchors.filter(|anchor| match anchor {
            Anchor::Account(own) => *own == account,
            Anchor::Party(_) => true,
        });
        let tracks = anchors.filter_map(|anchor| self.known_track(typology, anchor));
        let tracks = tracks.filter_map(|track| self.tracks.get(track));
        tracks.flat_map(|track| track.found.iter().copied()).collect()
    }

    /// The times at which evidence begins on an account that is in reach then: there a finding may
    /// begin that no hit of the anchor itself decides. `own` are the hits of the anchor; what lies at
    /// or before `settled` is known, and hits at or before `floor` belong to earlier episodes.
    pub(crate) fn far_begins(
        &self,
        ledger: &Ledger,
        (typology, accounts): (&Typology, &[AccountId]),
        own: &[On<'_>],
        (floor, settled): (EventTime, EventTime),
    ) -> Vec<EventTime> {
        /// The earliest that are looked at, and of those the ones in reach.
        const ASKED_MAX: usize = 256;
        const BEGINS_MAX: usize = 64;
        let Some(link) = &typology.link else { return Vec::new() };
        let Some(first) = own.iter().filter_map(|on| on.after(floor).next()).min() else {
            return Vec::new();
        };
        let window = |time: EventTime| floor.max(time.minus(typology.window).just_before());
        let ever = (window(first.max(settled)), EventTime::MAX);
        let mut begins: BTreeMap<EventTime, BTreeSet<(u8, AccountId)>> = BTreeMap::new();
        for linked in &typology.linked {
            let near = reach(ledger, (link, Aim::Candidates), accounts, linked.hops, ever);
            for account in near.all() {
                for far in &linked.far {
                    let times = self.far_begins_on(ledger, far, typology, account).into_iter();
                    for time in times.filter(|time| *time > settled) {
                        begins.entry(time).or_default().insert((linked.hops, account));
                    }
                }
            }
        }
        // Nothing is found where the anchor has no hit.
        begins.retain(|time, _| own.iter().any(|on| on.latest(window(*time), *time).is_some()));
        let is_near = |(time, begun): &(EventTime, BTreeSet<(u8, AccountId)>)| {
            let within = (window(*time), *time);
            let hops: BTreeSet<u8> = begun.iter().map(|(hops, _)| *hops).collect();
            hops.into_iter().any(|hops| {
                let near = reach(ledger, (link, Aim::Paths), accounts, hops, within).all();
                begun.iter().any(|(of, account)| *of == hops && near.contains(account))
            })
        };
        let asked = begins.into_iter().take(ASKED_MAX).filter(is_near);
        asked.map(|(time, _)| time).take(BEGINS_MAX).collect()
    }

    /// The times at which something begins to hold on an account.
    fn far_begins_on(
        &self,
        ledger: &Ledger,
        far: &Far,
        typology: &Typology,
        account: AccountId,
    ) -> Vec<EventTime> {
        let mut before: Option<EventTime> = None;
        let times = self.far_times(ledger, far, typology.mode, account).into_iter();
        let begins = times.filter(|time| {
            let begins = before.is_none_or(|before| before < time.minus(typology.window));
            before = Some(*time);
            begins
        });
        begins.collect()
    }

    fn far_times(
        &self,
        ledger: &Ledger,
        far: &Far,
        mode: Mode,
        account: AccountId,
    ) -> Vec<EventTime> {
        let mut times = Vec::new();
        for rule in self.far_rules(far, mode) {
            match rule {
                FarRule::Indicator(id) => {
                    let on = self.on(ledger, id, account);
                    times.extend(on.iter().flat_map(|on| on.after(EventTime::MIN)));
                }
                FarRule::Typology(of) => times.extend(self.found_times(ledger, of, account)),
            }
        }
        times.sort_unstable();
        times
    }
}

/// Whether `linked(ID)` of a typology in this mode means that one: a live typology rests on live ones
/// only, one in shadow on every version that is deployed.
pub(crate) fn is_rested_on(rule: &Typology, id: &str, mode: Mode) -> bool {
    rule.id == id && (mode == Mode::Shadow || rule.mode == Mode::Live)
}

/// The steps to a stop, from the beginning on, with the evidence of each.
pub(crate) fn path(
    ledger: &Ledger,
    reached: &Reached,
    to: usize,
    window: (EventTime, EventTime),
) -> Vec<LinkStep> {
    let mut steps = Vec::new();
    let mut at = to;
    while let Some(stop) = reached.stops.get(at)
        && let Some((before, by, shared)) = stop.from
        && let Some(earlier) = reached.stops.get(before)
    {
        steps.push(step(ledger, earlier, stop, (by, shared), window));
        at = before;
    }
    steps.reverse();
    steps
}

fn step(
    ledger: &Ledger,
    earlier: &Stop,
    stop: &Stop,
    (by, shared): (LinkKind, Option<AccountId>),
    (after, until): (EventTime, EventTime),
) -> LinkStep {
    let begin = after.just_after();
    let (near, far) = (earlier.account, stop.account);
    let up = by == LinkKind::Payment && stop.flow == Flow::Up;
    let (from, to) = if up { (far, near) } else { (near, far) };
    // The payments that the path may rest on: none before the money came, none after it went on.
    let stretch = match (by, earlier.flow) {
        (LinkKind::Payment, Flow::Down) => (begin.max(earlier.at), until),
        (LinkKind::Payment, Flow::Up) => (begin, until.min(earlier.at)),
        _ => (begin, until),
    };
    let mut payments: Vec<(EventTime, RowId)> = Vec::new();
    match shared {
        None if by == LinkKind::Payment => {
            let own = if up { Leg::Creditor } else { Leg::Debtor };
            for entry in ledger.window(near, own, stretch.0, stretch.1) {
                let row = ledger.row(entry.row).filter(|row| row.manner().status == Status::Booked);
                if row.and_then(|row| row.account(own.opposite())) == Some(far) {
                    payments.push((entry.time, entry.row));
                }
            }
        }
        Some(shared) => {
            for leg in Leg::BOTH {
                for entry in ledger.window(shared, leg, stretch.0, stretch.1) {
                    let account = ledger.row(entry.row).and_then(|row| row.account(leg));
                    if account.is_some_and(|account| account == near || account == far) {
                        payments.push((entry.time, entry.row));
                    }
                }
            }
        }
        None => {}
    }
    payments.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| ledger.compare_ids(a.1, b.1)));
    payments.dedup_by_key(|(_, row)| *row);
    let amount =
        |row: RowId| ledger.row(row).and_then(|row| row.amount()).map_or(0, |c| i128::from(c.0));
    let cents = match by {
        LinkKind::Payment => {
            payments.iter().map(|(_, row)| amount(*row)).fold(0, i128::saturating_add)
        }
        _ => 0,
    };
    LinkStep {
        by,
        from,
        to,
        shared,
        payments: payments.len() as u64,
        cents,
        first: payments.first().map_or(until, |(time, _)| *time),
        last: payments.last().map_or(until, |(time, _)| *time),
        ids: payments
            .iter()
            .rev()
            .take(NAMED_MAX)
            .rev()
            .map(|(_, row)| (*ledger.payment_id(*row)).into())
            .collect(),
    }
}
