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
//! with more than [`HUB`] of them in the window, unless it is the anchor: such an account may be the
//! end of a path, and never its middle. What the budget cut is told.
//! Cost: at most [`LOOKS`] entries a search. Searches are made only where everything else that a
//! typology requires is there.

use crate::detector::Detector;
use crate::episode::Anchor;
use palermo_domain::alert::Mode;
use palermo_domain::{EventTime, FixedHashMap, Span, Status, Subject};
use palermo_lang::program::{Far, IndicatorId, Link, LinkKind, Linked, Typology};
use palermo_ledger::{AccountId, Ledger, Leg, RowId};
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

/// A path to evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundLink {
    /// Which `linked(…)` of the typology.
    pub(crate) number: u8,
    /// From the anchor on.
    pub(crate) steps: Vec<LinkStep>,
    /// What holds at its end.
    pub(crate) evidence: Vec<FarHit>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FarHit {
    pub(crate) what: FarRule,
    pub(crate) account: AccountId,
    /// What the hit is on: the account, or a subject that concerns it.
    pub(crate) on: AccountId,
    pub(crate) time: EventTime,
}

/// What a rule looks for, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        EventTime(self.window.0.0.saturating_add(1))
    }

    /// Everything one link away from a stop.
    fn expand(&mut self, at: usize, is_first: bool, level: &mut Vec<Stop>) {
        let Some(stop) = self.reached.get(at).copied() else { return };
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
        let all = self.ledger.window(stop.account, leg, self.begin(), self.window.1);
        let most = if is_first { ANCHOR_PAYMENTS } else { HUB };
        if all.take(most.saturating_add(1)).count() > most {
            if !is_first {
                return;
            }
            self.truncated = true;
        }
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
                    for (_, id) in carried.iter().filter(|(of, _)| *of == subject) {
                        let stretch = (self.begin(), self.window.1);
                        self.sharers((at, stop), kind, *id, stretch, level);
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
        let until = until.min(self.window.1);
        for leg in Leg::BOTH {
            for entry in self.ledger.window(shared, leg, from, until) {
                if !self.look() || accounts.len() > SHARERS_MAX {
                    return;
                }
                accounts.extend(self.ledger.row(entry.row).and_then(|row| row.account(leg)));
            }
        }
        if accounts.len() > SHARERS_MAX {
            return;
        }
        for account in accounts {
            let from = Some((at, by, Some(shared)));
            self.meet(level, Stop { account, from, ..stop });
        }
    }

    /// Over relations that the holders of the account declare.
    fn relate(&mut self, at: usize, stop: Stop, level: &mut Vec<Stop>) {
        let parties = &self.ledger.parties;
        let day = self.window.1.date();
        let holders = parties.holders(stop.account).iter();
        let declared = holders.filter_map(|owned| parties.get(owned.party)).flat_map(|party| {
            party.relations.iter().filter(|relation| relation.on(day)).map(|found| found.party)
        });
        let others = declared.filter_map(|party| parties.find(party));
        let accounts: BTreeSet<AccountId> =
            others.flat_map(|party| party.accounts.iter().copied()).collect();
        for account in accounts {
            let from = Some((at, LinkKind::Relation, None));
            self.meet(level, Stop { account, from, ..stop });
        }
    }
}

/// Every account within some hops of some.
pub(crate) fn reach(
    ledger: &Ledger,
    link: &Link,
    begin: &[AccountId],
    hops: u8,
    window: (EventTime, EventTime),
) -> Reached {
    let mut search = Search {
        ledger,
        link,
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
        let reached = reach(ledger, link, accounts, linked.hops, window);
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
        (after, until): (EventTime, EventTime),
    ) -> Option<Vec<FarHit>> {
        let hits: Vec<Option<FarHit>> = linked
            .far
            .iter()
            .map(|far| {
                let what = self.far_rule(far, typology.mode)?;
                let (on, time) = self.far_latest(ledger, what, account, after, until)?;
                Some(FarHit { what, account, on, time })
            })
            .collect();
        let holds = |at: u16| hits.get(usize::from(at)).is_some_and(Option::is_some);
        let enough = linked.of.eval(&mut |at| holds(at));
        let found: Vec<FarHit> = hits.into_iter().flatten().collect();
        (enough && !found.is_empty()).then_some(found)
    }

    /// A rule that evidence may come from: a live typology rests on live ones only.
    pub(crate) fn far_rule(&self, far: &Far, mode: Mode) -> Option<FarRule> {
        match far {
            Far::Indicator(id) => Some(FarRule::Indicator(*id)),
            Far::Typology(id) => {
                let fits = |rule: &Typology| {
                    rule.id == *id && (mode == Mode::Shadow || rule.mode == Mode::Live)
                };
                let at = self.rules.typologies.iter().position(fits)?;
                u16::try_from(at).ok().map(FarRule::Typology)
            }
        }
    }

    pub(crate) fn far_latest(
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
                latest.max_by_key(|(time, _)| *time).map(|(time, subject)| (subject, time))
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

    /// The times at which evidence begins on accounts that may be linked to an anchor: there a
    /// finding may begin that no hit of the anchor itself decides.
    pub(crate) fn far_begins(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        accounts: &[AccountId],
        (after, settled): (EventTime, EventTime),
    ) -> Vec<EventTime> {
        /// The earliest that are looked at.
        const BEGINS_MAX: usize = 64;
        let Some(link) = &typology.link else { return Vec::new() };
        let hops = typology.linked.iter().map(|linked| linked.hops).max().unwrap_or(0);
        let reached = reach(ledger, link, accounts, hops, (after, EventTime::MAX));
        let mut times = BTreeSet::new();
        for account in reached.all() {
            for far in typology.linked.iter().flat_map(|linked| &linked.far) {
                let mut before: Option<EventTime> = None;
                for time in self.far_times(ledger, far, typology.mode, account) {
                    let begins = before.is_none_or(|b| b < time.minus(typology.window));
                    if begins && time > settled {
                        times.insert(time);
                    }
                    before = Some(time);
                }
            }
        }
        times.into_iter().take(BEGINS_MAX).collect()
    }

    fn far_times(
        &self,
        ledger: &Ledger,
        far: &Far,
        mode: Mode,
        account: AccountId,
    ) -> Vec<EventTime> {
        match self.far_rule(far, mode) {
            Some(FarRule::Indicator(id)) => {
                let on = self.on(ledger, id, account);
                let mut times: Vec<EventTime> =
                    on.iter().flat_map(|on| on.after(EventTime::MIN)).collect();
                times.sort_unstable();
                times
            }
            Some(FarRule::Typology(of)) => self.found_times(ledger, of, account),
            None => Vec::new(),
        }
    }
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
    let from_inclusive = EventTime(after.0.saturating_add(1));
    let (near, far) = (earlier.account, stop.account);
    let up = by == LinkKind::Payment && stop.flow == Flow::Up;
    let (from, to) = if up { (far, near) } else { (near, far) };
    // The payments that the path may rest on: none before the money came, none after it went on.
    let stretch = match (by, earlier.flow) {
        (LinkKind::Payment, Flow::Down) => (from_inclusive.max(earlier.at), until),
        (LinkKind::Payment, Flow::Up) => (from_inclusive, until.min(earlier.at)),
        _ => (from_inclusive, until),
    };
    let mut payments: Vec<(EventTime, RowId)> = Vec::new();
    match shared {
        None if by == LinkKind::Payment => {
            for entry in ledger.window(
                near,
                if up { Leg::Creditor } else { Leg::Debtor },
                stretch.0,
                stretch.1,
            ) {
                let row = ledger.row(entry.row).filter(|row| row.manner().status == Status::Booked);
                let other =
                    row.and_then(|row| row.account(if up { Leg::Debtor } else { Leg::Creditor }));
                if other == Some(far) {
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
