//! Why a typology was found, or was not, on one entity: every indicator that it asks for, the closest
//! look at those that did not hold, families, paths and explanations.
//!
//! Nothing here decides anything and nothing is noted: it looks at hits and windows as they are held
//! now. Promises: it says what it did not look at ([`Asked::cut`], [`WhyNot::whole`]); who stands at
//! the end of a path and may be a victim is not named.
//! Cost: for each indicator that did not hold one whole evaluation per payment of its subjects in the
//! window, at most [`LOOKS_MAX`]; one search per `linked(…)`.

use super::{anchor_text, links, subject_text};
use crate::bind::BoundCondition;
use crate::condition::Look;
use crate::detector::Detector;
use crate::episode::{Anchor, Support};
use crate::findings::{families_of, gathering, suppressor_accounts};
use crate::linked::{Aim, FarHit, FoundLink, path, reach};
use palermo_domain::alert::{LinkStep, Role};
use palermo_domain::{EventTime, Subject};
use palermo_lang::program::{
    Condition, Expr, Family, Far, IndicatorId, Linked, Logic, Need, SuppressorId, Typology,
};
use palermo_ledger::{AccountId, Ledger, Leg};
use std::collections::BTreeSet;

/// Evaluations of one indicator.
const LOOKS_MAX: usize = 2_048;
/// Subjects that one indicator is looked at on.
const SUBJECTS_MAX: usize = 64;

/// How a typology stands on an entity at a time.
#[derive(Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// `account/…` or `party/…`.
    pub anchor: String,
    /// The accounts of the anchor, one ownership step.
    pub accounts: Vec<String>,
    /// After this.
    pub after: EventTime,
    /// The time that is judged.
    pub at: EventTime,
    /// Payments of these accounts in the window.
    pub payments: u64,
    /// Whether the ledger still holds everything that was looked at.
    pub whole: bool,
    /// What `require` and `boost` name, in this order.
    pub indicators: Vec<Asked>,
    /// `require` in words.
    pub require: String,
    /// Whether it holds, links included.
    pub require_holds: bool,
    /// The parts of it that do not hold, as text.
    pub lacking: Vec<String>,
    /// What must hold on the anchor account itself and holds on another account of the holder only.
    pub elsewhere: Vec<String>,
    /// Families of what holds.
    pub families: Vec<char>,
    /// `families` in words.
    pub families_needed: String,
    /// Whether they are reached, and enough of them.
    pub families_hold: bool,
    /// How many families a finding needs.
    pub families_least: usize,
    /// What is looked for on linked accounts.
    pub links: Vec<AskedLink>,
    /// The explanations that are tried.
    pub suppressors: Vec<AskedSuppressor>,
    /// The reason of a named exception that covers it.
    pub exception: Option<String>,
}

/// An indicator that a typology names.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its family.
    pub family: char,
    /// Its weight class.
    pub tier: &'static str,
    /// Named by `require`, and not by `boost`.
    pub required: bool,
    /// Named by a part of `require` that does not hold.
    pub wanted: bool,
    /// When it held in the window; none where it did not.
    pub held: Option<Held>,
    /// When it held last before the window.
    pub before: Option<EventTime>,
    /// The closest look of the window, where it did not hold.
    pub closest: Option<Look>,
    /// The parts of its condition as text, in the order of the look's.
    pub parts: Vec<PartText>,
    /// One of the parts is enough.
    pub any: bool,
    /// Looks that were not made, because they are too many.
    pub cut: u64,
}

/// A part of a condition as its author could have written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartText {
    /// All of it.
    pub text: String,
    /// What it joins, in the order of [`crate::Part::inner`].
    pub inner: Vec<String>,
}

/// When an indicator held.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// On what, the last time.
    pub on: String,
    /// First.
    pub first: EventTime,
    /// Last.
    pub last: EventTime,
    /// How many times.
    pub times: u64,
}

/// A `linked(…)` of a typology.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AskedLink {
    /// What must hold at the end, in words.
    pub needs: String,
    /// Over what links go.
    pub by: Vec<&'static str>,
    /// The most hops.
    pub hops: u8,
    /// Whether there is a path to what is needed.
    pub holds: bool,
    /// Accounts that were reached.
    pub reached: u64,
    /// A bound cut the search.
    pub cut: bool,
    /// The path to what is needed, else to the account on which most of it holds.
    pub path: Vec<LinkStep>,
    /// The account at its end.
    pub end: Option<String>,
    /// What stood there.
    pub seen: Vec<FarSeen>,
}

/// A rule that was looked for at the end of a path.
#[derive(Clone, PartialEq, Eq)]
pub struct FarSeen {
    /// Its id.
    pub rule: String,
    /// When it held there last in the window.
    pub at: Option<EventTime>,
}

/// An explanation.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedSuppressor {
    /// Its id.
    pub id: String,
    /// Whether it holds, and would hold a finding back.
    pub holds: bool,
    /// In words.
    pub because: String,
}

/// Keys and amounts are shown by who asks for them, not by accident.
impl std::fmt::Debug for WhyNot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhyNot").field("at", &self.at).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("times", &self.times).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AskedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskedLink").field("needs", &self.needs).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FarSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FarSeen").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AskedSuppressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskedSuppressor").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A linked account: whether what holds there is enough, how much of it holds, its stop, the account
/// and what holds, by what is looked for.
type Met = (bool, usize, usize, AccountId, Vec<Option<FarHit>>);

/// A typology on one anchor, in a window.
struct Case<'a> {
    typology: &'a Typology,
    anchor: Anchor,
    accounts: Vec<AccountId>,
    /// After the first, until the second.
    window: (EventTime, EventTime),
    /// What holds here.
    supports: Vec<Support>,
}

impl Detector {
    /// How a typology of the rules in force stands on `account/KEY`, `party/KEY` or `KEY`, an account,
    /// at a time; at the one at which most of what it requires held, where none is given. `None` where
    /// there is no such typology, or no payment of such an entity is held.
    pub fn why_not(
        &self,
        ledger: &Ledger,
        typology: &str,
        entity: &str,
        at: Option<EventTime>,
    ) -> Option<WhyNot> {
        let rules = self.rules.typologies.iter();
        let (number, typology) = (0_u16..).zip(rules).find(|(_, rule)| rule.id == typology)?;
        let anchors = self.anchors_of(ledger, number, typology, entity);
        let cases =
            anchors.into_iter().filter_map(|anchor| self.case(ledger, typology, anchor, at));
        let case = cases.max_by_key(|case| {
            (
                self.required_held(case),
                case.window.1,
                std::cmp::Reverse(anchor_text(ledger, case.anchor)),
            )
        })?;
        Some(self.tell_case(ledger, &case))
    }

    /// The anchors that an entity may be meant by.
    fn anchors_of(
        &self,
        ledger: &Ledger,
        number: u16,
        typology: &Typology,
        entity: &str,
    ) -> Vec<Anchor> {
        let by_account = typology.anchor == palermo_lang::program::Anchor::Account;
        let (kind, key) = entity.split_once('/').unwrap_or(("account", entity));
        if kind != "party" {
            let key = if kind == "account" { key } else { entity };
            let Some(account) = ledger.find_account(key) else { return Vec::new() };
            if by_account {
                return vec![Anchor::Account(account)];
            }
            return self.anchors(ledger, number, account);
        }
        let party = ledger.atoms.find(key).and_then(|id| ledger.parties.find(id));
        let Some(party) = party else { return Vec::new() };
        if by_account {
            return party.accounts.iter().copied().map(Anchor::Account).collect();
        }
        let owned = party.accounts.iter().flat_map(|account| ledger.parties.holders(*account));
        let is_it = |known: &palermo_ledger::PartyId| {
            ledger.parties.get(*known).is_some_and(|known| known.id == party.id)
        };
        let id = owned.map(|owned| owned.party).find(is_it);
        id.map(Anchor::Party).into_iter().collect()
    }

    fn case<'a>(
        &'a self,
        ledger: &Ledger,
        typology: &'a Typology,
        anchor: Anchor,
        at: Option<EventTime>,
    ) -> Option<Case<'a>> {
        let accounts = Self::accounts_of(ledger, anchor);
        let newest = |account: &AccountId| {
            let ends = Leg::BOTH.into_iter();
            let all = ends.filter_map(|leg| {
                ledger.window(*account, leg, EventTime::MIN, EventTime::MAX).next()
            });
            all.map(|entry| entry.time).max()
        };
        let last = accounts.iter().filter_map(newest).max()?;
        let at = at.or_else(|| self.fullest(ledger, typology, &accounts)).unwrap_or(last);
        let after = at.minus(typology.window).just_before();
        let supports = typology.required.iter().chain(&typology.boost);
        let supports =
            supports.filter_map(|id| self.support(ledger, *id, &accounts, after, at)).collect();
        Some(Case { typology, anchor, accounts, window: (after, at), supports })
    }

    /// The last time at which most of what is required held within the window.
    fn fullest(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        accounts: &[AccountId],
    ) -> Option<EventTime> {
        let all = typology.required.iter().chain(&typology.boost);
        let logs: Vec<(bool, Vec<EventTime>)> = all
            .enumerate()
            .map(|(at, id)| {
                let on = accounts.iter().flat_map(|account| self.on(ledger, *id, *account));
                let mut times: Vec<EventTime> =
                    on.flat_map(|on| on.after(EventTime::MIN).collect::<Vec<_>>()).collect();
                times.sort_unstable();
                (at < typology.required.len(), times)
            })
            .collect();
        let within = |times: &[EventTime], at: EventTime| {
            let until = times.partition_point(|time| *time <= at);
            let newest = until.checked_sub(1).and_then(|newest| times.get(newest));
            newest.is_some_and(|newest| *newest >= at.minus(typology.window))
        };
        let times: BTreeSet<EventTime> =
            logs.iter().flat_map(|(_, times)| times.iter().copied()).collect();
        times.into_iter().max_by_key(|at| {
            let held = |required: bool| {
                logs.iter().filter(|(is, times)| *is == required && within(times, *at)).count()
            };
            (held(true), held(false), *at)
        })
    }

    /// Adds the families of what holds at the ends of paths.
    fn add_linked(&self, links: &[AskedLink], families: &mut Vec<char>) {
        let held = links.iter().filter(|link| link.holds).flat_map(|link| &link.seen);
        for seen in held.filter(|seen| seen.at.is_some()) {
            let rule = self.rules.indicators.iter().find(|rule| rule.condition.id == seen.rule);
            families.extend(rule.map(|rule| rule.family.0).filter(|family| *family != 'G'));
        }
        families.sort_unstable();
        families.dedup();
    }

    fn required_held(&self, case: &Case<'_>) -> usize {
        let required = |support: &&Support| case.typology.required.contains(&support.indicator);
        case.supports.iter().filter(required).count()
    }

    fn tell_case(&self, ledger: &Ledger, case: &Case<'_>) -> WhyNot {
        let Case { typology, window: (after, at), .. } = case;
        let links: Vec<AskedLink> =
            typology.linked.iter().map(|linked| self.asked_link(ledger, case, linked)).collect();
        let here = |id: IndicatorId| case.supports.iter().any(|s| s.indicator == id);
        let is_linked = |number: u8| links.get(usize::from(number)).is_some_and(|link| link.holds);
        let mut met = |need| match need {
            Need::Here(id) => here(id),
            Need::Linked(number) => is_linked(number),
        };
        let require_holds = typology.require.eval(&mut met);
        let parts = match &typology.require {
            Logic::And(parts) => parts.as_slice(),
            whole => std::slice::from_ref(whole),
        };
        let lacking: Vec<&Logic<Need>> = parts.iter().filter(|part| !part.eval(&mut met)).collect();
        let named = |need: &Need| self.need_text(typology, *need);
        let any_link = links.iter().any(|link| link.holds);
        let mut families = families_of(&self.rules, typology, &case.supports, any_link);
        if typology.counts_linked() {
            self.add_linked(&links, &mut families);
        }
        let least = typology.least_families();
        let reached = typology.families.eval(&mut |family: Family| families.contains(&family.0));
        let ids = typology.required.iter().map(|id| (*id, true));
        let ids = ids.chain(typology.boost.iter().map(|id| (*id, false)));
        let indicators: Vec<Asked> = ids
            .filter_map(|(id, required)| self.asked(ledger, case, id, (required, &lacking)))
            .collect();
        let longest = self.longest_of(typology);
        WhyNot {
            anchor: anchor_text(ledger, case.anchor),
            accounts: case.accounts.iter().map(|a| ledger.account_text(*a).to_owned()).collect(),
            after: *after,
            at: *at,
            payments: payments_of(ledger, &case.accounts, case.window),
            whole: after.minus(longest) >= ledger.kept_from(),
            indicators,
            require: written(&typology.require, &named),
            require_holds,
            lacking: lacking.iter().map(|part| written(part, &named)).collect(),
            elsewhere: self.elsewhere(ledger, case),
            families_hold: reached && families.len() >= least,
            families,
            families_needed: written(&typology.families, &|family| family.0.to_string()),
            families_least: least,
            links,
            suppressors: typology
                .suppress
                .iter()
                .filter_map(|id| self.asked_suppressor(ledger, case, *id))
                .collect(),
            exception: self
                .exception(ledger, case.anchor, typology, *at)
                .map(|exception| exception.reason.clone()),
        }
    }

    fn indicator_id(&self, id: IndicatorId) -> String {
        let rule = self.rules.indicators.get(usize::from(id.0));
        rule.map_or_else(String::new, |rule| rule.condition.id.clone())
    }

    fn far_id(&self, far: &Far) -> String {
        match far {
            Far::Indicator(id) => self.indicator_id(*id),
            Far::Typology(id) => id.clone(),
        }
    }

    fn need_text(&self, typology: &Typology, need: Need) -> String {
        match need {
            Need::Here(id) => self.indicator_id(id),
            Need::Linked(number) => {
                let linked = typology.linked.get(usize::from(number));
                let inner = linked.map(|linked| (self.linked_text(linked), linked.hops));
                inner.map_or_else(String::new, |(text, hops)| format!("linked({text}, {hops})"))
            }
        }
    }

    fn linked_text(&self, linked: &Linked) -> String {
        let name = |at: &u16| {
            linked.far.get(usize::from(*at)).map_or_else(String::new, |far| self.far_id(far))
        };
        written(&linked.of, &name)
    }

    /// What `require` demands first must hold on the anchor account itself.
    fn elsewhere(&self, ledger: &Ledger, case: &Case<'_>) -> Vec<String> {
        let Anchor::Account(anchor) = case.anchor else { return Vec::new() };
        let (after, at) = case.window;
        let first = gathering(&case.typology.require);
        let held = |on: &AccountId, id: &IndicatorId| {
            self.on(ledger, *id, *on).iter().any(|on| on.latest(after, at).is_some())
        };
        if first.iter().any(|id| held(&anchor, id)) {
            return Vec::new();
        }
        let others = first.iter().filter(|id| case.accounts.iter().any(|on| held(on, id)));
        others.map(|id| self.indicator_id(*id)).collect()
    }

    fn asked(
        &self,
        ledger: &Ledger,
        case: &Case<'_>,
        id: IndicatorId,
        (required, lacking): (bool, &[&Logic<Need>]),
    ) -> Option<Asked> {
        let rule = self.rules.indicators.get(usize::from(id.0))?;
        let bound = self.indicators.get(usize::from(id.0))?;
        let condition = &rule.condition;
        let (after, at) = case.window;
        let (mut within, mut before): (Vec<(EventTime, AccountId)>, Option<EventTime>) =
            Default::default();
        for account in &case.accounts {
            for on in self.on(ledger, id, *account) {
                before = before.max(on.latest(EventTime::MIN, after));
                let times = on.after(after).filter(|time| *time <= at);
                within.extend(times.map(|time| (time, on.subject)));
            }
        }
        within.sort_unstable();
        within.dedup();
        let held = within.first().zip(within.last()).map(|(first, last)| Held {
            on: subject_text(ledger, last.1),
            first: first.0,
            last: last.0,
            times: within.len() as u64,
        });
        let (closest, cut) =
            if held.is_some() { (None, 0) } else { self.closest(ledger, case, bound) };
        Some(Asked {
            id: condition.id.clone(),
            title: condition.title.clone(),
            family: rule.family.0,
            tier: rule.tier.as_str(),
            required,
            wanted: lacking.iter().any(|part| names(part, id)),
            held,
            before,
            closest,
            parts: condition.parts().iter().map(|part| self.part_text(condition, part)).collect(),
            any: matches!(condition.holds, Expr::Or(_)),
            cut,
        })
    }

    fn part_text(&self, condition: &Condition, part: &Expr) -> PartText {
        let mut inner = Vec::new();
        let text = |expr: &Expr| condition.text_of(expr, &self.rules.lists);
        leaves(part, &mut |leaf| inner.push(text(leaf)));
        PartText { text: text(part), inner }
    }

    /// The look of the window that came closest, the last of equal ones, and how many were not made.
    fn closest(
        &self,
        ledger: &Ledger,
        case: &Case<'_>,
        bound: &BoundCondition,
    ) -> (Option<Look>, u64) {
        let (subjects, mut cut) = subjects(ledger, case, bound);
        let from = case.window.0.just_after();
        let mut times: Vec<(EventTime, AccountId)> = Vec::new();
        for subject in subjects {
            for leg in Leg::BOTH {
                let entries = ledger.window(subject, leg, from, case.window.1);
                times.extend(entries.map(|entry| (entry.time, subject)));
            }
            if bound.daily {
                let ends = self.ends_passed(from, case.window.1);
                times.extend(ends.into_iter().map(|end| (end, subject)));
            }
        }
        times.sort_unstable();
        times.dedup();
        let skipped = times.len().saturating_sub(LOOKS_MAX);
        cut = cut.saturating_add(skipped as u64);
        let newest = times.into_iter().skip(skipped);
        let looks = newest.filter_map(|(time, on)| self.look_on(ledger, bound, on, time));
        (looks.max_by_key(Look::closeness), cut)
    }

    fn asked_link(&self, ledger: &Ledger, case: &Case<'_>, linked: &Linked) -> AskedLink {
        let needs = self.linked_text(linked);
        let Some(link) = &case.typology.link else {
            return AskedLink { needs, hops: linked.hops, ..AskedLink::default() };
        };
        let reached = reach(ledger, (link, Aim::Paths), &case.accounts, linked.hops, case.window);
        let mut best: Option<Met> = None;
        let mut met = BTreeSet::new();
        for (stop, account) in reached.accounts() {
            if case.accounts.contains(&account) || !met.insert(account) {
                continue;
            }
            let mode = case.typology.mode;
            let (hits, enough) = self.far_hits(ledger, linked, mode, account, case.window);
            let count = hits.iter().flatten().count();
            // Of equal ones the nearest, which is met first.
            let better = best.as_ref().is_none_or(|(e, n, ..)| (enough, count) > (*e, *n));
            if count > 0 && better {
                best = Some((enough, count, stop, account, hits));
            }
        }
        let mut asked = AskedLink {
            needs,
            by: link.by.iter().map(|kind| kind.as_str()).collect(),
            hops: linked.hops,
            holds: best.as_ref().is_some_and(|(enough, ..)| *enough),
            reached: met.len() as u64,
            cut: reached.truncated,
            path: Vec::new(),
            end: None,
            seen: Vec::new(),
        };
        let Some((.., stop, account, hits)) = best else { return asked };
        let seen = linked.far.iter().zip(&hits);
        asked.seen = seen
            .map(|(far, hit)| FarSeen { rule: self.far_id(far), at: hit.map(|hit| hit.time) })
            .collect();
        let found = FoundLink {
            number: 0,
            steps: path(ledger, &reached, stop, case.window),
            evidence: hits.into_iter().flatten().collect(),
        };
        let key = ledger.account_text(account).to_owned();
        let victim = self.role_at_end(&found) == Role::PotentialVictim;
        let shown = if victim { "potential victim (masked)".to_owned() } else { key.clone() };
        let hide = |text: String| if victim && text == key { shown.clone() } else { text };
        let steps = found.steps.iter().map(|step| links::told(ledger, step));
        asked.path = steps
            .map(|step| LinkStep { from: hide(step.from), to: hide(step.to), ..step })
            .collect();
        asked.end = Some(shown.clone());
        asked
    }

    fn asked_suppressor(
        &self,
        ledger: &Ledger,
        case: &Case<'_>,
        id: SuppressorId,
    ) -> Option<AskedSuppressor> {
        let rule = self.rules.suppressors.get(usize::from(id.0))?;
        let at = case.window.1;
        let mut on = suppressor_accounts(case.anchor, &case.supports);
        if on.is_empty() {
            on.clone_from(&case.accounts);
        }
        let against = on.iter().find(|on| !self.suppressor_holds(ledger, id, **on, at));
        let holds = against.is_none() && !on.is_empty();
        let account = *against.or_else(|| on.first())?;
        let because = self.explanation(ledger, id, account, at, holds);
        Some(AskedSuppressor { id: rule.condition.id.clone(), holds, because })
    }
}

/// What an indicator is about, as far as it concerns the accounts in the window; how many were left
/// out.
fn subjects(ledger: &Ledger, case: &Case<'_>, bound: &BoundCondition) -> (Vec<AccountId>, u64) {
    if bound.subject == Subject::Account {
        return (case.accounts.clone(), 0);
    }
    let from = case.window.0.just_after();
    let mut all = BTreeSet::new();
    for account in &case.accounts {
        for leg in Leg::BOTH {
            for entry in ledger.window(*account, leg, from, case.window.1) {
                let carried = ledger.carried(entry.row).into_iter();
                let own = carried.filter(|one| {
                    one.kind == bound.subject && (one.leg == leg || one.kind == Subject::Pair)
                });
                all.extend(own.map(|one| one.id));
            }
        }
    }
    let left_out = all.len().saturating_sub(SUBJECTS_MAX) as u64;
    let mut all: Vec<AccountId> = all.into_iter().collect();
    all.sort_by_key(|subject| ledger.key_text(*subject));
    all.truncate(SUBJECTS_MAX);
    (all, left_out)
}

fn payments_of(
    ledger: &Ledger,
    accounts: &[AccountId],
    (after, until): (EventTime, EventTime),
) -> u64 {
    let from = after.just_after();
    let mut rows = BTreeSet::new();
    for account in accounts {
        for leg in Leg::BOTH {
            rows.extend(ledger.window(*account, leg, from, until).map(|entry| entry.row));
        }
    }
    rows.len() as u64
}

/// What an expression joins, down to what joins nothing.
fn leaves<'e>(expr: &'e Expr, each: &mut dyn FnMut(&'e Expr)) {
    let (Expr::And(parts) | Expr::Or(parts)) = expr else { return };
    for part in parts {
        if matches!(part, Expr::And(_) | Expr::Or(_)) {
            leaves(part, each);
        } else {
            each(part);
        }
    }
}

/// Whether a formula names an indicator on the anchor.
fn names(logic: &Logic<Need>, id: IndicatorId) -> bool {
    match logic {
        Logic::Var(need) => *need == Need::Here(id),
        Logic::And(parts) | Logic::Or(parts) => parts.iter().any(|part| names(part, id)),
        Logic::Not(inner) => names(inner, id),
    }
}

/// A formula as its author could have written it.
fn written<T>(logic: &Logic<T>, name: &dyn Fn(&T) -> String) -> String {
    let part = |logic: &Logic<T>| match logic {
        Logic::And(_) | Logic::Or(_) => format!("({})", written(logic, name)),
        _ => written(logic, name),
    };
    let all = |parts: &[Logic<T>], by: &str| parts.iter().map(part).collect::<Vec<_>>().join(by);
    match logic {
        Logic::Var(variable) => name(variable),
        Logic::And(parts) => all(parts, " && "),
        Logic::Or(parts) => all(parts, " || "),
        Logic::Not(inner) => format!("!{}", part(inner)),
    }
}
