//! Linked evidence by brute force, written from "Linked evidence" and "Subjects" of docs/rules.md.
//!
//! Everything is recomputed from the payments that are left in the end: hits by counting, whom they
//! concern by looking at every selected payment, paths by trying every payment and every shared thing
//! from every place at which a path can be. Times at which a typology is evaluated are collected over
//! all accounts, and whether an account is in reach is asked at each of them. Nothing is remembered
//! between times but the last milestone.
//!
//! Does not know: budgets, ends of episodes, suppressors.

use super::spec::{FLAGS, Flag};
use palermo_domain::alert::Mode;
use palermo_domain::{Date, EventTime, Party, Status, Subject};
use palermo_lang::program::{Anchor, Far, Link, LinkKind, Linked, Logic, Need, RuleSet, Typology};
use palermo_testkit::Owned;
use palermo_testkit::world::World;
use std::collections::{BTreeMap, BTreeSet};

const SHARERS_MAX: usize = 16;
const HUB: usize = 256;
const TEN_MINUTES: i64 = 600_000;
const DAY: i64 = 86_400_000;

/// Its place in the order of texts.
type Account = usize;
/// Both ends belong to it.
type Stretch = (i64, i64);

/// What a path looks like: by what, from whom, to whom.
pub type Path = Vec<(LinkKind, String, String)>;

/// Evidence on an account that a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    pub number: usize,
    pub end: String,
    /// Rules that hold there, with the newest time.
    pub evidence: BTreeMap<String, i64>,
    /// Every shortest path there is.
    pub paths: BTreeSet<Path>,
}

/// What must have been published last about an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub time: i64,
    /// Indicators on the anchor.
    pub here: BTreeSet<String>,
    pub links: Vec<Trail>,
}

/// Where a path can be: whether it went down (1) or up (-1) so far, and since when.
type State = (Account, i8, i64);

/// A payment, as paths see it.
struct Seen {
    time: i64,
    booked: bool,
    ends: [Option<Account>; 2],
    /// What it carries, and whose end that is.
    carried: Vec<(LinkKind, String, Account)>,
}

pub struct Oracle<'w> {
    world: &'w World,
    payments: &'w [Owned],
    /// In order of time.
    seen: Vec<Seen>,
    rules: &'w RuleSet,
    names: Vec<String>,
    /// By flag and account: times of hits that concern it.
    on: BTreeMap<(usize, Account), BTreeSet<i64>>,
    /// By typology and anchor: every milestone.
    found: BTreeMap<(usize, String), Vec<Finding>>,
}

fn name(text: Option<&palermo_domain::Text<'_>>) -> Option<String> {
    text.map(|text| text.expose().to_string())
}

fn ends(payment: &Owned) -> [Option<String>; 2] {
    [name(payment.debtor.account.as_ref()), name(payment.creditor.account.as_ref())]
}

/// The subjects of a kind that a transfer carries: key and end (0 pays, 1 is paid).
fn carried(payment: &Owned, kind: Subject) -> Vec<(String, usize)> {
    let [from, to] = ends(payment);
    let of = |a: Option<String>, b: Option<String>| {
        a.map(|key| (key, 0)).into_iter().chain(b.map(|key| (key, 1))).collect()
    };
    let (debtor, creditor) = (&payment.debtor, &payment.creditor);
    match kind {
        Subject::Account => of(from, to),
        Subject::Device => of(payment.device.as_ref().and_then(|one| name(one.id.as_ref())), None),
        Subject::Terminal => {
            of(payment.terminal.as_ref().and_then(|one| name(one.id.as_ref())), None)
        }
        Subject::Merchant => {
            of(None, payment.merchant.as_ref().and_then(|one| name(one.id.as_ref())))
        }
        Subject::Pair => of(from.zip(to).map(|(from, to)| format!("{from}>{to}")), None),
        Subject::Phone => of(name(debtor.phone.as_ref()), name(creditor.phone.as_ref())),
        Subject::Address => of(name(debtor.address.as_ref()), name(creditor.address.as_ref())),
        Subject::Email => of(name(debtor.email.as_ref()), name(creditor.email.as_ref())),
        Subject::Wallet => of(name(debtor.wallet.as_ref()), name(creditor.wallet.as_ref())),
        Subject::Party | Subject::Conductor | Subject::Card => Vec::new(),
    }
}

/// Whether a flag selects a payment as seen from an end, as what it wants or as what it must not see.
fn selects(flag: &Flag, payment: &Owned, end: usize, tag: usize) -> bool {
    payment.status == Status::Booked
        && payment.purpose.as_deref() == Some(super::scene::TAGS[tag])
        && flag.incoming.is_none_or(|incoming| incoming == (end == 1))
}

impl<'w> Oracle<'w> {
    pub fn new(world: &'w World, payments: &'w [Owned], rules: &'w RuleSet) -> Self {
        let held = world.parties.iter().flat_map(holdings).map(str::to_owned);
        let names: BTreeSet<String> =
            payments.iter().flat_map(ends).flatten().chain(held).collect();
        let names: Vec<String> = names.into_iter().collect();
        let (seen, on, found) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let mut oracle = Self { world, payments, seen, rules, names, on, found };
        oracle.seen = payments.iter().map(|payment| oracle.see(payment)).collect();
        oracle.seen.sort_by_key(|seen| seen.time);
        for flag in 0..FLAGS.len() {
            oracle.raise(flag);
        }
        // What asks for nothing that is still open comes first.
        let mut open: BTreeSet<usize> = (0..rules.typologies.len()).collect();
        while let Some(next) = open.iter().copied().find(|at| !oracle.asks_any(*at, &open)) {
            open.remove(&next);
            oracle.search(next);
        }
        assert!(open.is_empty(), "typologies in a circle");
        oracle
    }

    fn number(&self, name: &str) -> Account {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).expect("a known account")
    }

    fn see(&self, payment: &Owned) -> Seen {
        let ends = ends(payment).map(|end| end.map(|end| self.number(&end)));
        let shared = LinkKind::ALL.into_iter().filter_map(|kind| Some((kind, kind.subject()?)));
        let carried = shared.flat_map(|(kind, subject)| {
            let all = carried(payment, subject).into_iter();
            all.filter_map(move |(key, end)| Some((kind, key, ends[end]?)))
        });
        let (time, booked) = (payment.event_time.0, payment.status == Status::Booked);
        Seen { time, booked, ends, carried: carried.collect() }
    }

    fn asks_any(&self, typology: usize, open: &BTreeSet<usize>) -> bool {
        let asked = self.rules.typologies[typology].typologies();
        asked.into_iter().any(|id| open.iter().any(|at| self.rules.typologies[*at].id == id))
    }

    /// The hits of a flag, and whom they concern.
    fn raise(&mut self, number: usize) {
        let flag = &FLAGS[number];
        let mut touching: BTreeMap<String, Vec<(&Owned, usize)>> = BTreeMap::new();
        for payment in self.payments {
            for (key, end) in carried(payment, flag.subject) {
                touching.entry(key).or_default().push((payment, end));
            }
        }
        for all in touching.values() {
            for (at, _) in all {
                let time = at.event_time.0;
                let window = (time - flag.days * DAY, time);
                let within = |one: &&(&Owned, usize)| contains(window, one.0.event_time.0);
                let count = |tag: usize| {
                    all.iter().filter(within).filter(|(p, end)| selects(flag, p, *end, tag)).count()
                };
                let least = usize::try_from(flag.least).expect("not negative");
                if count(flag.tag) < least || flag.never.is_some_and(|never| count(never) > 0) {
                    continue;
                }
                for (payment, end) in all.iter().filter(within) {
                    let tags = [Some(flag.tag), flag.never];
                    let is_it = |tag: usize| selects(flag, payment, *end, tag);
                    if !tags.into_iter().flatten().any(is_it) && flag.subject != Subject::Account {
                        continue;
                    }
                    let ends = ends(payment).map(|end| end.map(|end| self.number(&end)));
                    let (own, other) = (ends[*end], ends[1 - end]);
                    let pair = other.filter(|_| flag.subject == Subject::Pair);
                    for account in own.into_iter().chain(pair) {
                        self.on.entry((number, account)).or_default().insert(time);
                    }
                }
            }
        }
    }

    // --- whose is whose

    fn holders(&self, account: Account) -> Vec<&'w Party> {
        let name = &self.names[account];
        let holds = |party: &&Party| holdings(party).any(|own| own == name);
        self.world.parties.iter().filter(holds).collect()
    }

    fn held(&self, party: &Party) -> BTreeSet<Account> {
        holdings(party).map(|own| self.number(own)).collect()
    }

    /// Every anchor with its own accounts.
    fn anchors(&self, anchor: Anchor) -> Vec<(String, BTreeSet<Account>)> {
        let mut all = Vec::new();
        for (account, name) in self.names.iter().enumerate() {
            let holders = self.holders(account);
            if anchor == Anchor::Account || holders.is_empty() {
                let theirs = holders.into_iter().flat_map(|party| self.held(party));
                let own = theirs.chain([account]).collect();
                all.push((format!("account/{name}"), own));
            }
        }
        if anchor == Anchor::Party {
            for party in &self.world.parties {
                all.push((format!("party/{}", party.party.expose()), self.held(party)));
            }
        }
        all
    }

    // --- what holds

    /// Newest time at which a flag holds on an account in a stretch.
    fn latest(&self, flag: usize, account: Account, (from, until): Stretch) -> Option<i64> {
        self.on.get(&(flag, account))?.range(from..=until).next_back().copied()
    }

    /// All times at which what may be far away holds on an account.
    fn far_times(&self, far: &Far, mode: Mode, account: Account) -> BTreeSet<i64> {
        match far {
            Far::Indicator(id) => {
                self.on.get(&(usize::from(id.0), account)).cloned().unwrap_or_default()
            }
            Far::Typology(id) => {
                let mut all = BTreeSet::new();
                for (at, rule) in self.rules.typologies.iter().enumerate() {
                    if rule.id != *id || mode == Mode::Live && rule.mode != Mode::Live {
                        continue;
                    }
                    let holders = self.holders(account);
                    let mut anchors: Vec<String> = vec![format!("account/{}", self.names[account])];
                    if rule.anchor == Anchor::Party && !holders.is_empty() {
                        let text = |party: &&Party| format!("party/{}", party.party.expose());
                        anchors = holders.iter().map(text).collect();
                    }
                    for anchor in anchors {
                        let found = self.found.get(&(at, anchor)).into_iter().flatten();
                        all.extend(found.map(|finding| finding.time));
                    }
                }
                all
            }
        }
    }

    /// What holds of `linked` on an account.
    fn evidence(
        &self,
        linked: &Linked,
        mode: Mode,
        account: Account,
        (from, until): Stretch,
    ) -> Option<BTreeMap<String, i64>> {
        let mut found = BTreeMap::new();
        for (at, far) in (0_u16..).zip(&linked.far) {
            let times = self.far_times(far, mode, account);
            if let Some(time) = times.range(from..=until).next_back() {
                found.insert(at, *time);
            }
        }
        let enough = linked.of.eval(&mut |at| found.contains_key(&at)) && !found.is_empty();
        let id = |at: u16| match &linked.far[usize::from(at)] {
            Far::Indicator(id) => FLAGS[usize::from(id.0)].id.to_owned(),
            Far::Typology(id) => id.clone(),
        };
        enough.then(|| found.into_iter().map(|(at, time)| (id(at), time)).collect())
    }

    // --- paths

    /// Everything one link on from where a path is.
    fn onwards(&self, state: State, link: &Link, within: Stretch) -> Vec<(LinkKind, State)> {
        let (account, way, since) = state;
        let here = Some(account);
        let mut all = Vec::new();
        for kind in &link.by {
            match kind {
                LinkKind::Payment => {
                    for one in self.during(within).iter().filter(|one| one.booked) {
                        let (time, [from, to]) = (one.time, one.ends);
                        if from == here && way != -1 && (way == 0 || time >= since) {
                            all.extend(to.map(|to| (*kind, (to, 1, time))));
                        }
                        if to == here && way != 1 && (way == 0 || time <= since) {
                            all.extend(from.map(|from| (*kind, (from, -1, time))));
                        }
                    }
                }
                LinkKind::Relation => {
                    let day = EventTime(within.1).date();
                    for party in self.holders(account) {
                        for other in self.related(party, day) {
                            let accounts = self.held(other).into_iter();
                            all.extend(accounts.map(|to| (*kind, (to, way, since))));
                        }
                    }
                }
                kind => {
                    let sharers = self.sharers(*kind, account, within).into_iter();
                    all.extend(sharers.map(|sharer| (*kind, (sharer, way, since))));
                }
            }
        }
        all
    }

    fn during(&self, (from, until): Stretch) -> &[Seen] {
        let begin = self.seen.partition_point(|one| one.time < from);
        let end = self.seen.partition_point(|one| one.time <= until);
        &self.seen[begin..end]
    }

    fn related(&self, party: &Party, day: Date) -> Vec<&'w Party> {
        let in_force = party.relations.iter().filter(|relation| {
            relation.since.is_none_or(|since| since <= day)
                && relation.until.is_none_or(|until| day <= until)
        });
        let named: Vec<&String> = in_force.map(|relation| relation.party.expose()).collect();
        self.world.parties.iter().filter(|party| named.contains(&party.party.expose())).collect()
    }

    /// Accounts that share something with one.
    fn sharers(&self, by: LinkKind, account: Account, within: Stretch) -> BTreeSet<Account> {
        let carriers = || {
            self.during(within).iter().flat_map(|one| {
                let of_kind = one.carried.iter().filter(|(kind, ..)| *kind == by);
                of_kind.map(|(_, key, carrier)| (key, *carrier, one.time))
            })
        };
        let mut all = BTreeSet::new();
        for (key, _, at) in carriers().filter(|(_, carrier, _)| *carrier == account) {
            let near = |time: i64| by != LinkKind::Terminal || (time - at).abs() <= TEN_MINUTES;
            let same = carriers().filter(|(other, _, time)| *other == key && near(*time));
            let together: BTreeSet<Account> = same.map(|(_, carrier, _)| carrier).collect();
            if together.len() <= SHARERS_MAX {
                all.extend(together);
            }
        }
        all
    }

    /// An account through which paths do not go.
    fn is_hub(&self, account: Account, within: Stretch) -> bool {
        let all = self.during(within);
        let of = |end: usize| all.iter().filter(|one| one.ends[end] == Some(account)).count();
        of(0) > HUB || of(1) > HUB
    }

    /// Every state that a path of so many links can be in.
    fn levels(
        &self,
        own: &BTreeSet<Account>,
        (link, hops): (&Link, u8),
        within: Stretch,
    ) -> Vec<BTreeSet<State>> {
        let mut levels = vec![own.iter().map(|own| (*own, 0, 0)).collect::<BTreeSet<_>>()];
        for hop in 0..hops {
            let mut next = BTreeSet::new();
            for state in &levels[usize::from(hop)] {
                if hop == 0 || !self.is_hub(state.0, within) {
                    let onwards = self.onwards(*state, link, within).into_iter();
                    next.extend(onwards.map(|(_, state)| state));
                }
            }
            levels.push(next);
        }
        levels
    }

    /// How far each account is, without the own ones.
    fn distances(
        &self,
        own: &BTreeSet<Account>,
        reach: (&Link, u8),
        within: Stretch,
    ) -> BTreeMap<Account, usize> {
        let mut all = BTreeMap::new();
        for (hops, level) in self.levels(own, reach, within).iter().enumerate() {
            for (account, ..) in level.iter().filter(|(account, ..)| !own.contains(account)) {
                all.entry(*account).or_insert(hops);
            }
        }
        all
    }

    /// Every path of so many links to an account.
    fn paths(
        &self,
        from: State,
        (link, hops): (&Link, usize),
        within: Stretch,
        (to, so_far): (Account, &Path),
        out: &mut BTreeSet<Path>,
    ) {
        if hops == 0 {
            if from.0 == to {
                out.insert(so_far.clone());
            }
            return;
        }
        if !so_far.is_empty() && self.is_hub(from.0, within) {
            return;
        }
        let onwards: BTreeSet<(LinkKind, State)> =
            self.onwards(from, link, within).into_iter().collect();
        for (kind, state) in onwards {
            let upwards = kind == LinkKind::Payment && state.1 == -1;
            let [near, far] = [from.0, state.0].map(|account| self.names[account].clone());
            let mut path = so_far.clone();
            path.push(if upwards { (kind, far, near) } else { (kind, near, far) });
            self.paths(state, (link, hops - 1), within, (to, &path), out);
        }
    }

    // --- findings

    /// Every milestone of a typology on every anchor.
    fn search(&mut self, number: usize) {
        let typology = &self.rules.typologies[number];
        for (anchor, own) in self.anchors(typology.anchor) {
            let mut milestones: Vec<Finding> = Vec::new();
            for time in self.times(typology, &own) {
                let Some(next) = self.at(typology, (&anchor, &own), time) else { continue };
                let is_new = milestones.last().is_none_or(|last| !last.covers(&next));
                if is_new {
                    milestones.push(next);
                }
            }
            if !milestones.is_empty() {
                self.found.insert((number, anchor), milestones);
            }
        }
    }

    /// The times at which a typology is evaluated on an anchor.
    fn times(&self, typology: &Typology, own: &BTreeSet<Account>) -> BTreeSet<i64> {
        let mut times = BTreeSet::new();
        for flag in typology.required.iter().chain(&typology.boost) {
            for account in own {
                let hits = self.on.get(&(usize::from(flag.0), *account));
                times.extend(hits.into_iter().flatten().copied());
            }
        }
        let Some(link) = &typology.link else { return times };
        let window = typology.window.as_millis();
        let hits = times.clone();
        for linked in &typology.linked {
            let mut reach: BTreeMap<i64, BTreeMap<Account, usize>> = BTreeMap::new();
            for far in &linked.far {
                for account in (0..self.names.len()).filter(|account| !own.contains(account)) {
                    let all = self.far_times(far, typology.mode, account);
                    for time in &all {
                        let within = (time - window, *time);
                        let begins = all.range(within.0..within.1).next().is_none();
                        // Nothing to find where the anchor has no hit of its own.
                        if begins && hits.range(within.0..=within.1).next().is_some() {
                            let near = reach.entry(*time).or_insert_with(|| {
                                self.distances(own, (link, linked.hops), within)
                            });
                            times.extend(near.contains_key(&account).then_some(*time));
                        }
                    }
                }
            }
        }
        times
    }

    /// The finding at a time, if there is one.
    fn at(
        &self,
        typology: &Typology,
        (anchor, own): (&str, &BTreeSet<Account>),
        time: i64,
    ) -> Option<Finding> {
        let within = (time - typology.window.as_millis(), time);
        let on =
            |account: Account, flag: u16| self.latest(usize::from(flag), account, within).is_some();
        let here: BTreeSet<u16> = typology
            .required
            .iter()
            .chain(&typology.boost)
            .map(|id| id.0)
            .filter(|id| own.iter().any(|account| on(*account, *id)))
            .collect();
        if here.is_empty() {
            return None;
        }
        if let Some(account) = anchor.strip_prefix("account/") {
            let account = self.number(account);
            let first = first_part(&typology.require);
            if !first.is_empty() && !first.iter().any(|id| on(account, *id)) {
                return None;
            }
        }
        let links: Vec<Trail> = typology
            .linked
            .iter()
            .enumerate()
            .filter_map(|one| self.far(typology, one, own, within))
            .collect();
        let holds = typology.require.eval(&mut |need| match need {
            Need::Here(id) => here.contains(&id.0),
            Need::Linked(number) => links.iter().any(|one| one.number == usize::from(number)),
        });
        let flag = |id: &u16| &FLAGS[usize::from(*id)];
        let mut families: BTreeSet<char> = here.iter().map(|id| flag(id).family).collect();
        families.extend((!links.is_empty()).then_some('N'));
        let here: BTreeSet<String> = here.iter().map(|id| flag(id).id.to_owned()).collect();
        (holds && families.len() >= 2).then_some(Finding { time, here, links })
    }

    fn far(
        &self,
        typology: &Typology,
        (number, linked): (usize, &Linked),
        own: &BTreeSet<Account>,
        within: Stretch,
    ) -> Option<Trail> {
        let link = typology.link.as_ref()?;
        let mut best: Option<(usize, i64, Account, BTreeMap<String, i64>)> = None;
        // In order of text, so that of equal ones the first stays.
        for (account, hops) in self.distances(own, (link, linked.hops), within) {
            let found = self.evidence(linked, typology.mode, account, within);
            let Some(found) = found else { continue };
            let newest = found.values().copied().max().expect("not empty");
            let better = best
                .as_ref()
                .is_none_or(|(known, time, ..)| hops < *known || hops == *known && newest > *time);
            if better {
                best = Some((hops, newest, account, found));
            }
        }
        let (hops, _, end, evidence) = best?;
        let mut paths = BTreeSet::new();
        for own in own {
            let from = (*own, 0, 0);
            self.paths(from, (link, hops), within, (end, &Path::new()), &mut paths);
        }
        Some(Trail { number, end: self.names[end].clone(), evidence, paths })
    }

    /// By typology, mode and anchor, what was published last.
    pub fn last(&self) -> BTreeMap<(String, Mode, String), Finding> {
        let of = |((number, anchor), all): (&(usize, String), &Vec<Finding>)| {
            let rule = &self.rules.typologies[*number];
            Some(((rule.id.clone(), rule.mode, anchor.clone()), all.last()?.clone()))
        };
        self.found.iter().filter_map(of).collect()
    }
}

impl Finding {
    /// Whether another one has no indicator and no path that this one has not.
    fn covers(&self, next: &Self) -> bool {
        let far = |finding: &Self| -> BTreeSet<String> {
            let all = finding.links.iter().flat_map(|one| one.evidence.keys().cloned());
            all.filter(|id| FLAGS.iter().any(|flag| flag.id == *id)).collect()
        };
        let numbers = |finding: &Self| -> BTreeSet<usize> {
            finding.links.iter().map(|one| one.number).collect()
        };
        next.here.is_subset(&self.here)
            && far(next).is_subset(&far(self))
            && numbers(next).is_subset(&numbers(self))
    }
}

/// The indicators of the first part of `require`; what only denies is passed over.
fn first_part(require: &Logic<Need>) -> Vec<u16> {
    fn named(logic: &Logic<Need>) -> Vec<u16> {
        match logic {
            Logic::Var(Need::Here(id)) => vec![id.0],
            Logic::Var(Need::Linked(_)) | Logic::Not(_) => Vec::new(),
            Logic::And(parts) | Logic::Or(parts) => parts.iter().flat_map(named).collect(),
        }
    }
    match require {
        Logic::And(parts) => {
            parts.iter().map(named).find(|ids| !ids.is_empty()).unwrap_or_default()
        }
        other => named(other),
    }
}

fn contains((from, until): Stretch, time: i64) -> bool {
    from <= time && time <= until
}

/// The accounts that a party holds.
fn holdings(party: &Party) -> impl Iterator<Item = &str> + '_ {
    party.accounts.iter().filter(|own| own.holder).map(|own| own.account.expose().as_str())
}
