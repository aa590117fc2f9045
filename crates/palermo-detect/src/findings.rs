//! Findings: folding hits into milestones, and deciding what is published.
//!
//! [`Detector::look`] is called whenever something a pair of typology and anchor rests on may have
//! changed, and once more when the watermark has passed what was published. It folds (module
//! `episode`), compares with what was published, and publishes a revision where they differ.

mod logic;
mod publish;

use crate::concern::On;
use crate::condition::Run;
use crate::detector::{Applied, Detector, newest_at};
use crate::episode::{Anchor, Milestone, Support, Track, Verdict};
use crate::eval::days_between;
use crate::linked::{FarHit, FarRule, FoundLink};
use logic::possible;
pub(crate) use logic::{denies, gathering};
use palermo_domain::{Alert, EventTime, Span};
use palermo_lang::program::{
    IndicatorId, Need, RuleSet, Suppression, SuppressorId, Tier, Typology,
};
use palermo_ledger::{AccountId, Ledger};

impl Detector {
    /// The anchors that a hit on an account can concern: for account anchors the account and every
    /// other one of its holders, for party anchors every holder. The inverse of `accounts_of`.
    pub(crate) fn anchors(
        &self,
        ledger: &Ledger,
        typology: u16,
        account: AccountId,
    ) -> Vec<Anchor> {
        let Some(typology) = self.rules.typologies.get(usize::from(typology)) else {
            return Vec::new();
        };
        let holders = ledger.parties.holders(account);
        match typology.anchor {
            palermo_lang::program::Anchor::Party if !holders.is_empty() => {
                holders.iter().map(|owned| Anchor::Party(owned.party)).collect()
            }
            palermo_lang::program::Anchor::Party => vec![Anchor::Account(account)],
            palermo_lang::program::Anchor::Account => {
                ledger.parties.held_with(account).into_iter().map(Anchor::Account).collect()
            }
        }
    }

    /// Accounts on which a bare id may hold for this anchor: one ownership step.
    pub(crate) fn accounts_of(ledger: &Ledger, anchor: Anchor) -> Vec<AccountId> {
        match anchor {
            Anchor::Account(account) => ledger.parties.held_with(account),
            Anchor::Party(party) => {
                ledger.parties.get(party).map(|party| party.accounts.clone()).unwrap_or_default()
            }
        }
    }

    /// Folds the hits of a track and publishes what follows.
    pub(crate) fn look(
        &mut self,
        ledger: &Ledger,
        track: usize,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let Some(state) = self.tracks.get(track) else { return };
        let (typology, may_hold) = (state.typology, state.open || self.could_hold(ledger, track));
        self.note_waiting(typology, track, may_hold);
        if !may_hold {
            return;
        }
        let milestone = self.fold(ledger, track, applied.watermark);
        let keep_from = self.evidence_from(applied.watermark);
        let Some(state) = self.tracks.get_mut(track) else { return };
        if let Some(since) = state.note_found(keep_from) {
            let known = self.found_anew.entry(track).or_insert(since);
            *known = since.min(*known);
        }
        let Some(state) = self.tracks.get_mut(track) else { return };
        state.open |= milestone.is_some();
        if milestone.is_some() {
            self.note_end(track);
        }
        self.publish(ledger, track, milestone, applied, out);
    }

    /// A cheap necessary test: every way to satisfy `require` has hits somewhere since the floor.
    fn could_hold(&self, ledger: &Ledger, track: usize) -> bool {
        let Some((state, typology)) = self.track_and_rule(track) else { return false };
        let accounts = Self::accounts_of(ledger, state.anchor);
        possible(&typology.require, &|need: Need| match need {
            Need::Here(id) => accounts.iter().any(|&account| {
                self.on(ledger, id, account).iter().any(|on| on.after(state.floor).next().is_some())
            }),
            Need::Linked(_) => true,
        })
    }

    /// Findings before this are forgotten.
    fn evidence_from(&self, watermark: Option<EventTime>) -> EventTime {
        watermark.map_or(EventTime::MIN, |time| time.minus(self.settings.evidence_horizon))
    }

    /// The windows that the numbers of a typology's findings are computed over: the longest.
    pub(crate) fn longest_of(&self, typology: &Typology) -> Span {
        let of = |id: &IndicatorId| Some(self.indicators.get(usize::from(id.0))?.reach);
        let windows = typology.required.iter().chain(&typology.boost).filter_map(of);
        windows.max().unwrap_or(Span::ZERO)
    }

    /// Something changed at `time`: what was folded from there on is folded again. What the ledger
    /// no longer holds the windows of stands, unless a hit that it rests on was taken back.
    pub(crate) fn unsettle(&mut self, ledger: &Ledger, track: usize, time: EventTime) {
        let Some((state, typology)) = self.track_and_rule(track) else { return };
        if time > state.settled_until {
            return;
        }
        let bound = ledger.kept_from().plus(self.longest_of(typology));
        let lost = |milestone: &&Milestone| {
            let lost = |s: &Support| self.hits.lost(s.indicator.0, s.on, s.time);
            milestone.supports.iter().any(lost)
        };
        let lost = state.settled.iter().find(lost).map(|milestone| milestone.time);
        let back = time.max(bound).min(lost.unwrap_or(EventTime::MAX));
        if let Some(state) = self.tracks.get_mut(track) {
            state.unsettle(back);
        }
    }

    pub(crate) fn track_and_rule(&self, track: usize) -> Option<(&Track, &Typology)> {
        let state = self.tracks.get(track)?;
        Some((state, self.rules.typologies.get(usize::from(state.typology))?))
    }

    /// The last milestone over all hits known now. What lies before the watermark is remembered.
    fn fold(
        &mut self,
        ledger: &Ledger,
        track: usize,
        watermark: Option<EventTime>,
    ) -> Option<Milestone> {
        let (state, typology) = self.track_and_rule(track)?;
        let accounts = Self::accounts_of(ledger, state.anchor);
        let logs: Vec<On<'_>> = typology
            .required
            .iter()
            .chain(&typology.boost)
            .flat_map(|indicator| accounts.iter().map(move |account| (*indicator, *account)))
            .flat_map(|(indicator, account)| self.on(ledger, indicator, account))
            .collect();
        let newest_own =
            logs.iter().filter_map(|on| on.latest(EventTime::MIN, EventTime::MAX)).max();
        let mut times: Vec<EventTime> =
            logs.iter().flat_map(|on| on.after(state.settled_until)).collect();
        let since = (state.floor, state.settled_until);
        let begins = self.far_begins(ledger, (typology, &accounts), &logs, since);
        times.extend(&begins);
        times.sort_unstable();
        times.dedup();
        let mut last = state.settled.last().cloned();
        let mut settled = state.settled.clone();
        let mut settled_until = state.settled_until;
        let before = logs.iter().filter_map(|log| log.latest(state.floor, settled_until));
        let before = before.chain(state.begun.last().copied()).max();
        let mut newest = last.as_ref().map(|last| before.unwrap_or(last.time));
        let (mut ahead, mut begun) = (Vec::new(), state.begun.clone());
        let mut verdicts: Vec<Verdict> = state.verdicts.clone();
        verdicts.retain(|(since, _)| *since <= settled_until);
        for time in times {
            // What comes after a quiet time belongs to the next episode, however early it is known.
            if newest.is_some_and(|newest| time > newest.plus(typology.emit.rearm)) {
                break;
            }
            if let Some(mut next) = self.milestone(ledger, track, &accounts, time) {
                note_verdict(&mut verdicts, &next);
                let news = last.as_ref().is_none_or(|last| {
                    let emit = typology.emit;
                    last.superseded_by(&next, emit.new_indicator, emit.amount_percent)
                });
                if news {
                    next.live |= last.as_ref().is_some_and(|last| last.live);
                    ahead.extend(next.live.then_some(time));
                    last = Some(next);
                }
            }
            newest = last.is_some().then_some(time);
            if watermark.is_some_and(|watermark| time < watermark) {
                settled_until = time;
                begun.extend(begins.contains(&time).then_some(time));
                if let Some(last) = last.as_ref().filter(|last| settled.last() != Some(*last)) {
                    settled.push(last.clone());
                }
            }
        }
        let state = self.tracks.get_mut(track)?;
        (state.settled_until, state.settled, state.verdicts) = (settled_until, settled, verdicts);
        (state.last_hit, state.ahead, state.begun) = (newest, ahead, begun);
        state.newest_own = newest_own.unwrap_or(EventTime::MIN);
        last
    }

    /// The finding at one time, if the typology holds then.
    fn milestone(
        &self,
        ledger: &Ledger,
        track: usize,
        accounts: &[AccountId],
        time: EventTime,
    ) -> Option<Milestone> {
        let (state, typology) = self.track_and_rule(track)?;
        let after = state.floor.max(time.minus(typology.window).just_before());
        let mut supports: Vec<Support> = typology
            .required
            .iter()
            .chain(&typology.boost)
            .filter_map(|&indicator| self.support(ledger, indicator, accounts, after, time))
            .collect();
        let here = |id: IndicatorId| supports.iter().any(|s| s.indicator == id);
        let mut with_links = |need: Need| match need {
            Need::Here(id) => here(id),
            Need::Linked(_) => true,
        };
        // Whoever is not worth a search without links is not with them, but for a denial of one.
        if !typology.require.eval(&mut with_links)
            && !denies(&typology.require, &|need| matches!(need, Need::Linked(_)))
        {
            return None;
        }
        // The node that gathers: what `require` demands first holds on the anchor account itself.
        if let Anchor::Account(anchor) = state.anchor {
            let here = |id: &IndicatorId| {
                let on = self.on(ledger, *id, anchor);
                on.iter().any(|on| on.latest(after, time).is_some())
            };
            let first = gathering(&typology.require);
            if !first.is_empty() && !first.iter().any(here) {
                return None;
            }
        }
        let (links, truncated) = self.links(ledger, typology, accounts, (after, time));
        let found = |number: u8| links.iter().any(|link| link.number == number);
        let holds = typology.require.eval(&mut |need| match need {
            Need::Here(id) => here(id),
            Need::Linked(number) => found(number),
        });
        if !holds {
            return None;
        }
        // Two paths may lead to the same hit.
        for support in links.iter().flat_map(|link| &link.evidence).filter_map(linked_support) {
            if !supports.contains(&support) {
                supports.push(support);
            }
        }
        let families = families_of(&self.rules, typology, &supports, !links.is_empty());
        if !typology.families.eval(&mut |family| families.contains(&family.0)) {
            return None;
        }
        let evidence = supports.iter().filter(|support| !support.linked).count();
        if families.len() < typology.least_families() || evidence.saturating_add(links.len()) < 2 {
            return None;
        }
        let money = self.money(ledger, &supports);
        let suppressed_by = self.suppressed_by(ledger, state, &supports, typology, time);
        let excepted = self.exception(ledger, state.anchor, typology, time).is_some();
        let live = suppressed_by.is_empty() && !excepted;
        Some(Milestone { time, supports, money, links, truncated, suppressed_by, excepted, live })
    }

    /// The paths to everything that `linked(…)` asks for and that is there.
    fn links(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        accounts: &[AccountId],
        window: (EventTime, EventTime),
    ) -> (Vec<FoundLink>, bool) {
        let (mut links, mut truncated) = (Vec::new(), false);
        for numbered in (0_u8..).zip(&typology.linked) {
            let (found, cut) = self.find_link(ledger, numbered, (typology, accounts), window);
            self.searches.borrow_mut().count("link", cut);
            links.extend(found);
            truncated |= cut;
        }
        (links, truncated)
    }

    /// The named exception of the rule set that covers an anchor at a time.
    pub(crate) fn exception(
        &self,
        ledger: &Ledger,
        anchor: Anchor,
        typology: &Typology,
        time: EventTime,
    ) -> Option<&Suppression> {
        let text = crate::alerts::anchor_text(ledger, anchor);
        let key = text.split_once('/').map_or("", |(_, key)| key);
        self.rules.suppressions.iter().find(|exception| {
            exception.typology == typology.id
                && exception.key == key
                && time.date() <= exception.expires
        })
    }

    /// The newest hit of an indicator on any of the accounts; ties go to the account whose text is
    /// smallest, so that numbering does not matter.
    pub(crate) fn support(
        &self,
        ledger: &Ledger,
        indicator: IndicatorId,
        accounts: &[AccountId],
        after: EventTime,
        until: EventTime,
    ) -> Option<Support> {
        let found = accounts.iter().flat_map(|&account| {
            let on = self.on(ledger, indicator, account).into_iter();
            on.filter_map(move |on| {
                let (on, time) = (on.subject, on.latest(after, until)?);
                Some(Support { indicator, on, account, time, linked: false })
            })
        });
        found.max_by(|a, b| {
            let text = |support: &Support| {
                (ledger.account_text(support.account).to_owned(), ledger.key_text(support.on))
            };
            a.time.cmp(&b.time).then_with(|| text(b).cmp(&text(a)))
        })
    }

    /// Suppressors that explain the finding: on the anchor account, or, for a party, on every
    /// account that carries a hit (an explanation of one account does not explain another). Where a
    /// suppressor's window is no longer whole, what was found when it was stands.
    fn suppressed_by(
        &self,
        ledger: &Ledger,
        state: &Track,
        supports: &[Support],
        typology: &Typology,
        time: EventTime,
    ) -> Vec<SuppressorId> {
        // What an authoritative list names is never explained away.
        let is_listed = |support: &Support| {
            let rule = self.rules.indicators.get(usize::from(support.indicator.0));
            rule.is_some_and(|rule| rule.tier == Tier::Listed)
        };
        if supports.iter().filter(|support| !support.linked).any(is_listed) {
            return Vec::new();
        }
        let on = suppressor_accounts(state.anchor, supports);
        let applies = |id: &SuppressorId| match state.verdict(time) {
            Some(found) if !self.explains_whole(ledger, *id, time) => found.contains(id),
            _ => on.iter().all(|&account| self.suppressor_holds(ledger, *id, account, time)),
        };
        typology.suppress.iter().copied().filter(applies).collect()
    }

    pub(crate) fn explains_whole(
        &self,
        ledger: &Ledger,
        id: SuppressorId,
        time: EventTime,
    ) -> bool {
        let bound = self.suppressors.get(usize::from(id.0));
        bound.is_none_or(|bound| time.minus(bound.reach) >= ledger.kept_from())
    }

    /// Whether the ledger still holds everything that a milestone was computed from.
    pub(crate) fn whole(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        milestone: &Milestone,
    ) -> bool {
        let time = milestone.time;
        typology.suppress.iter().all(|id| self.explains_whole(ledger, *id, time))
            && time.minus(self.longest_of(typology)) >= ledger.kept_from()
    }

    /// Whether a suppressor's facts hold on an account at a time.
    pub(crate) fn suppressor_holds(
        &self,
        ledger: &Ledger,
        id: SuppressorId,
        account: AccountId,
        time: EventTime,
    ) -> bool {
        let (Some(condition), Some((row, leg))) = (
            self.suppressors.get(usize::from(id.0)),
            newest_at(ledger, account, EventTime::MIN, time),
        ) else {
            return false;
        };
        let Some(row) = ledger.row(row) else { return false };
        let mut run = Run::new(self.env(ledger), &self.selections.sets, condition, account, time);
        run.holds(row, leg)
    }

    /// Event times at which an indicator held on an account, in order; what an oracle compares with.
    pub fn hit_times(&self, indicator: IndicatorId, account: AccountId) -> &[EventTime] {
        self.hits.log(indicator.0, account).map_or(&[], |log| log.after(EventTime::MIN))
    }

    /// Accounts, or other subjects, on which an indicator held at any time that is still kept, in
    /// order of text.
    pub fn accounts_hit(&self, ledger: &Ledger, indicator: &str) -> Vec<String> {
        let named = |rule: &palermo_lang::program::Indicator| rule.condition.id == indicator;
        let Some(index) = self.rules.indicators.iter().position(named) else { return Vec::new() };
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let mut accounts: Vec<String> = ledger
            .account_ids()
            .filter(|&account| self.hits.log(index, account).is_some_and(|log| !log.is_empty()))
            .map(|account| ledger.key_text(account))
            .collect();
        accounts.sort();
        accounts
    }

    /// Whether a suppressor's facts hold on an account at a time.
    pub fn suppressor_applies(
        &self,
        ledger: &Ledger,
        suppressor: &str,
        account: &str,
        at: EventTime,
    ) -> bool {
        let named = |rule: &palermo_lang::program::Suppressor| rule.condition.id == suppressor;
        let index = self.rules.suppressors.iter().position(named);
        let id = index.and_then(|index| u16::try_from(index).ok()).map(SuppressorId);
        let account = ledger.find_account(account);
        id.zip(account).is_some_and(|(id, account)| self.suppressor_holds(ledger, id, account, at))
    }
}

/// The support that linked evidence of an indicator is.
fn linked_support(hit: &FarHit) -> Option<Support> {
    let FarRule::Indicator(indicator) = hit.what else { return None };
    let FarHit { on, account, time, .. } = *hit;
    Some(Support { indicator, on, account, time, linked: true })
}

/// Notes which suppressors applied, where that is not what applied before.
fn note_verdict(verdicts: &mut Vec<Verdict>, milestone: &Milestone) {
    if verdicts.last().is_none_or(|(_, found)| *found != milestone.suppressed_by) {
        verdicts.push((milestone.time, milestone.suppressed_by.clone()));
    }
}

/// The accounts on which a suppressor must hold.
pub(crate) fn suppressor_accounts(anchor: Anchor, supports: &[Support]) -> Vec<AccountId> {
    match anchor {
        Anchor::Account(account) => vec![account],
        Anchor::Party(_) => {
            let mut accounts: Vec<AccountId> =
                supports.iter().filter(|s| !s.linked).map(|s| s.account).collect();
            accounts.sort_unstable();
            accounts.dedup();
            accounts
        }
    }
}

/// The families of a finding's evidence. A path to evidence elsewhere is of the network; what it leads
/// to is that of another, and counts where the typology is about both.
pub(crate) fn families_of(
    rules: &RuleSet,
    typology: &Typology,
    supports: &[Support],
    is_linked: bool,
) -> Vec<char> {
    let mut families: Vec<char> = supports
        .iter()
        .filter(|support| !support.linked || typology.counts_linked())
        .filter_map(|support| rules.indicators.get(usize::from(support.indicator.0)))
        .map(|rule| rule.family.0)
        // Geography orders and explains; it never counts.
        .filter(|family| *family != 'G')
        .chain(is_linked.then_some('N'))
        .collect();
    families.sort_unstable();
    families.dedup();
    families
}

/// Whether a finding would be one without an indicator on the anchor.
pub(crate) fn stands_without(
    rules: &RuleSet,
    typology: &Typology,
    milestone: &Milestone,
    without: IndicatorId,
) -> bool {
    let left = milestone.supports.iter().filter(|s| s.linked || s.indicator != without);
    let left: Vec<Support> = left.copied().collect();
    let here = |id: IndicatorId| left.iter().any(|s| !s.linked && s.indicator == id);
    let holds = typology.require.eval(&mut |need| match need {
        Need::Here(id) => here(id),
        Need::Linked(number) => milestone.links.iter().any(|link| link.number == number),
    });
    let families = families_of(rules, typology, &left, !milestone.links.is_empty());
    holds && typology.families.eval(&mut |family| families.contains(&family.0))
}

/// Days from the first evidence to the last, for headlines.
pub(crate) fn episode_days(start: EventTime, last: EventTime) -> i64 {
    days_between(start, last).max(1)
}
