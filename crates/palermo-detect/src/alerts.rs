//! The words of an alert: a milestone described so that an analyst can follow it and replay it.
//!
//! Everything here is computed from the milestone, the rules and the ledger; nothing from a clock
//! and nothing in hash order. Lists are bounded by [`LISTED_MAX`] and say how many there were; payments
//! beyond it stand on pages (module `pages`).

mod headline;
mod links;
mod network;
mod pages;
mod people;
pub(crate) mod queue;
mod reasons;
pub(crate) mod why;

use crate::condition::Run;
use crate::detector::{Applied, Detector};
use crate::episode::{Anchor, Milestone, Support};
use crate::findings::{families_of, suppressor_accounts};
use crate::hits::{Kept, Payer, Witness};
use crate::value::Value;
use palermo_domain::alert::{
    Action, IndicatorEvidence, InputRange, Level, Mode, MoneyIn, Queue, RuleRef,
    SuppressorEvidence, Undecided,
};
use palermo_domain::{
    Alert, Cents, Decimal, EventTime, Partition, PaymentKind, Span, canary, grouped,
};
use palermo_lang::program::{
    Arithmetic, Condition, Expr, Function, Literal, MeasureKind, Param, Piece, SelfText,
    SuppressorId, Template, Type, Typology,
};
use palermo_ledger::{AccountId, Ledger, Leg, PlaceId};
use people::own_accounts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Bound on people and payments listed in one alert.
const LISTED_MAX: usize = 100;
/// Bound of the headline in characters (`alert.v1`).
const HEADLINE_MAX: usize = 160;

/// SHA-256 over parts, each with its length, as lower-case hex.
pub(crate) fn sha256_hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the milestone's supports rest on.
struct Basis {
    facts: Vec<(Support, Kept)>,
    /// The payments of all of them, each once, in order of (event time, payment id).
    evidence: Vec<Witness>,
    truncated: bool,
}

impl Detector {
    /// The alert of a milestone. Revision and action are set by the caller.
    pub(crate) fn describe(
        &self,
        ledger: &Ledger,
        track: usize,
        milestone: &Milestone,
        applied: Applied,
    ) -> Alert {
        let Some((state, typology)) = self.track_and_rule(track) else { return blank() };
        let basis = self.basis(ledger, typology, milestone);
        let anchor = anchor_text(ledger, state.anchor);
        let is_linked = !milestone.links.is_empty();
        let families = families_of(&self.rules, typology, &milestone.supports, is_linked);
        let first = basis.evidence.first().map_or(milestone.time, |found| found.time);
        let (score_sum, indicators) = self.indicators(ledger, typology, &basis);
        let score = score_sum.min(100);
        let mut alert = blank();
        alert.alert_id = alert_id(typology, &anchor, state.n, self.gaps());
        alert.cause = applied.cause;
        alert.mode = if is_reserved(&anchor) { Mode::Canary } else { typology.mode };
        alert.typology.clone_from(&typology.id);
        alert.title.clone_from(&typology.title);
        alert.crime.clone_from(&typology.crime);
        alert.stage.clone_from(&typology.stage);
        alert.amltrix.clone_from(&typology.amltrix);
        alert.headline = self.headline(ledger, state.anchor, typology, milestone, &basis, first);
        alert.level = level(score, typology.bands);
        (alert.score, alert.score_sum, alert.bands) = (score, score_sum, typology.bands);
        alert.truncated = basis.truncated;
        (alert.episode_n, alert.prior_alerts) = (state.n, state.n);
        (alert.episode_start, alert.episode_last) = (first, milestone.time);
        alert.anchor = anchor;
        alert.task.clone_from(&self.settings.task);
        alert.window = typology.window;
        alert.decided_at = milestone.time;
        alert.watermark = applied.watermark;
        alert.is_final = applied.watermark.is_some_and(|watermark| milestone.time < watermark);
        alert.families = families;
        alert.indicators = indicators;
        alert.rule = RuleRef {
            id: typology.id.clone(),
            version: typology.version.clone(),
            logic_sha256: typology.logic_sha256.clone(),
            params_sha256: typology.params_sha256.clone(),
        };
        alert.ruleset = format!("{}@{}", self.rules.name, self.rules.version);
        alert.bundle.clone_from(&self.settings.bundle);
        alert.investigate.clone_from(&typology.investigate);
        alert.urgent = typology.protective;
        alert.key_term.clone_from(&typology.key_term);
        alert.report_codes.clone_from(&typology.report_codes);
        alert.review = u8::from_str_radix(alert.alert_id.get(4..6).unwrap_or("1"), 16)
            .is_ok_and(|byte| byte % 20 == 0);
        self.people(ledger, state.anchor, typology, milestone, &basis, &mut alert);
        self.money_and_places(ledger, &basis, &mut alert);
        alert.against.extend(self.tell_lost(typology, milestone.time));
        self.reasons(ledger, typology, milestone, &basis, &mut alert);
        self.tell_links(ledger, milestone, &basis, &mut alert);
        let (network, payments) = {
            let victims = self.victims(ledger, &basis, &alert);
            let network = network::extracted(ledger, &basis, &alert, &victims);
            (network, pages::listed(ledger, &basis, &alert, &victims))
        };
        alert.network = network;
        (alert.evidence, alert.pages, alert.more) = payments;
        // Until here everybody was known, listed or not: what names people must know who is masked.
        alert.related.truncate(LISTED_MAX);
        self.explanations(ledger, state.anchor, typology, milestone, &mut alert);
        self.missing(&basis, &mut alert);
        self.queue(ledger, state.anchor, milestone, &mut alert);
        decided_by(&basis, &mut alert);
        alert
    }

    fn basis(&self, ledger: &Ledger, typology: &Typology, milestone: &Milestone) -> Basis {
        let truncated = milestone.truncated;
        let mut basis = Basis { facts: Vec::new(), evidence: Vec::new(), truncated };
        for support in &milestone.supports {
            let told = self.tell(ledger, *support, usize::MAX);
            basis.truncated |= told.truncated();
            basis.evidence.extend(told.evidence.iter().cloned());
            basis.facts.push((*support, told));
        }
        let on = typology.suppress.iter();
        basis.truncated |= !on.copied().all(|id| self.explains_whole(ledger, id, milestone.time));
        basis.evidence.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        basis.evidence.dedup_by_key(|found| found.payment());
        basis
    }

    fn indicators(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        basis: &Basis,
    ) -> (u32, Vec<IndicatorEvidence>) {
        let mut sum: u32 = 0;
        let mut all = Vec::new();
        for (support, facts) in &basis.facts {
            let Some(rule) = self.rules.indicators.get(usize::from(support.indicator.0)) else {
                continue;
            };
            let condition = &rule.condition;
            let points = typology.points.get(&rule.tier).copied().unwrap_or(0);
            sum = sum.saturating_add(points);
            let words = Words { ledger, condition, values: &facts.values };
            let oldest = facts.evidence.iter().take(LISTED_MAX);
            let evidence = oldest.map(|found| found.id.to_string()).collect();
            all.push(IndicatorEvidence {
                id: condition.id.clone(),
                version: condition.version.clone(),
                family: rule.family.0,
                tier: rule.tier.as_str(),
                on: subject_text(ledger, support.on),
                points,
                text: words.fill(&condition.text, support.account),
                at: support.time,
                observed: words.observed(),
                required: condition.params.iter().map(required).collect(),
                margin: words.margin(support.time),
                cite: condition.cite.clone(),
                evidence,
                evidence_total: facts.total,
            });
        }
        (sum, all)
    }

    fn money_and_places(&self, ledger: &Ledger, basis: &Basis, alert: &mut Alert) {
        let currency = ledger.rates.base();
        let (mut into, mut out) = (0_i64, 0_i64);
        let mut regions: BTreeMap<String, u64> = BTreeMap::new();
        let mut places: BTreeMap<String, u64> = BTreeMap::new();
        let mut input: BTreeMap<Partition, (i64, i64)> = BTreeMap::new();
        let subjects = own_accounts(basis);
        for found in &basis.evidence {
            // A graph pattern names payments of others: they are shown, and are no money of the
            // subject.
            let own = found.own().is_none_or(|account| subjects.contains(&account));
            let cents = found.cents.filter(|_| own).map_or(0, |cents| cents.0);
            if !own {
                // Neither its money nor its places.
            } else if found.leg == Leg::Creditor {
                into = into.saturating_add(cents);
                if let Some(region) = region_of(ledger, &found.debtor) {
                    bump(&mut regions, region);
                }
            } else {
                out = out.saturating_add(cents);
            }
            if own
                && found.kind == PaymentKind::CashWithdrawal
                && let Some(place) = place_text(ledger, found.place)
            {
                bump(&mut places, place);
            }
            let offset = found.origin.offset;
            let range = input.entry(found.origin.partition).or_insert((offset, offset));
            *range = (range.0.min(offset), range.1.max(offset));
        }
        alert.amount_in = MoneyIn { value: Cents(into), currency };
        alert.amount_out = MoneyIn { value: Cents(out), currency };
        alert.payments = basis.evidence.len() as u64;
        alert.in_regions = regions.into_iter().collect();
        alert.out_places = places.into_iter().collect();
        alert.input = input
            .into_iter()
            .map(|(partition, (from, to))| InputRange { partition, from, to })
            .collect();
    }

    fn explanations(
        &self,
        ledger: &Ledger,
        anchor: Anchor,
        typology: &Typology,
        milestone: &Milestone,
        alert: &mut Alert,
    ) {
        let on = suppressor_accounts(anchor, &milestone.supports);
        for id in &typology.suppress {
            let Some(rule) = self.rules.suppressors.get(usize::from(id.0)) else { continue };
            let applied = milestone.suppressed_by.contains(id);
            // Where it did not apply, the account that spoke against it is the one to show.
            let against =
                on.iter().find(|&&a| !self.suppressor_holds(ledger, *id, a, milestone.time));
            let Some(&account) = (if applied { on.first() } else { against }) else { continue };
            alert.suppressors.push(SuppressorEvidence {
                id: rule.condition.id.clone(),
                applied,
                because: self.explanation(ledger, *id, account, milestone.time, applied),
            });
            if applied {
                alert.suppressed_by.push(rule.condition.id.clone());
            }
        }
        if milestone.excepted
            && let Some(exception) = self.exception(ledger, anchor, typology, milestone.time)
        {
            alert.suppressed_by.push(format!("exception: {}", exception.reason));
        }
        let lists = milestone
            .supports
            .iter()
            .filter_map(|support| self.rules.indicators.get(usize::from(support.indicator.0)))
            .flat_map(|rule| &rule.condition.lists)
            .filter_map(|list| self.lists.get(usize::from(list.0)));
        alert.lists = lists.map(|list| (list.id.clone(), list.sha256.clone())).collect();
        alert.lists.sort();
        alert.lists.dedup();
    }

    /// Why a suppressor applies to an account at a time, or does not, with its numbers.
    fn explanation(
        &self,
        ledger: &Ledger,
        id: SuppressorId,
        account: AccountId,
        time: EventTime,
        applies: bool,
    ) -> String {
        let at = usize::from(id.0);
        let found = self.rules.suppressors.get(at).zip(self.suppressors.get(at));
        let Some((rule, bound)) = found else { return String::new() };
        let (env, sets) = (self.env(ledger), &self.selections.sets);
        let values = Run::new(env, sets, bound, account, time).facts().values;
        let words = Words { ledger, condition: &rule.condition, values: &values };
        words.fill(if applies { &rule.condition.text } else { &rule.text_not }, account)
    }

    /// Payments that a selection could not be decided for, of every hit of the finding.
    fn missing(&self, basis: &Basis, alert: &mut Alert) {
        for (support, told) in &basis.facts {
            let rule = self.rules.indicators.get(usize::from(support.indicator.0));
            let Some(rule) = rule else { continue };
            for (field, missing) in &told.undecided {
                alert.undecided.push(Undecided {
                    indicator: rule.condition.id.clone(),
                    field: field.clone(),
                    missing: *missing,
                });
            }
        }
    }
}

/// The payment that decided: the newest one of the deciding account at the deciding time.
fn decided_by(basis: &Basis, alert: &mut Alert) {
    let newest = basis.facts.iter().max_by_key(|(support, _)| support.time);
    if let Some((id, ingest)) = newest.and_then(|(_, told)| told.trigger.as_ref()) {
        alert.triggered_by = id.to_string();
        alert.detected_at = *ingest;
    }
}

/// Fills templates with the numbers of one condition.
struct Words<'a> {
    ledger: &'a Ledger,
    condition: &'a Condition,
    values: &'a [Value],
}

impl Words<'_> {
    fn measure(&self, index: usize) -> String {
        let value = self.values.get(index).copied().unwrap_or(crate::value::UNKNOWN);
        self.say(is_share(self.condition, index), value)
    }

    /// A value in words: money with its currency, shares in percent.
    fn say(&self, share: bool, value: Value) -> String {
        match value {
            Value::Unknown(_) => "an unknown number".to_owned(),
            Value::Money(amount) => {
                format!("{} {}", self.ledger.rates.base(), grouped(amount))
            }
            Value::Decimal(part) if share => match part.checked_mul(100.into()) {
                Some(percent) => format!("{}%", percent.round().normalize()),
                None => part.to_string(),
            },
            // Two places, or two digits of what is smaller.
            Value::Decimal(number) => {
                let small = number.abs() < Decimal::new(1, 1);
                let told = if small { number.round_sf(2) } else { Some(number.round_dp(2)) };
                told.unwrap_or(number).normalize().to_string()
            }
            other => plain(self.ledger, other),
        }
    }

    fn observed(&self) -> Vec<(String, String)> {
        let names = self.condition.measures.iter().map(|measure| measure.name.clone());
        names.zip(self.values.iter().map(|value| plain(self.ledger, *value))).collect()
    }

    fn fill(&self, template: &Template, account: AccountId) -> String {
        let mut text = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Measure(id) => text.push_str(&self.measure(usize::from(id.0))),
                Piece::Param(id) => {
                    let param = self.condition.params.get(usize::from(id.0));
                    text.push_str(
                        &param.map_or_else(String::new, |param| self.param(param, false)),
                    );
                }
                Piece::SelfText(part) => {
                    text.push_str(&self_text(self.ledger, Some(account), *part));
                }
                Piece::Of(..) | Piece::EpisodeDays | Piece::Row(_) => {}
            }
        }
        text
    }

    /// A parameter in words; in percent where it bounds a share.
    fn param(&self, param: &Param, of_share: bool) -> String {
        match &param.value {
            Literal::Money(amount, currency) => format!("{currency} {}", grouped(*amount)),
            Literal::Decimal(share) if of_share || param.name.ends_with("share") => share
                .checked_mul(100.into())
                .map_or_else(String::new, |p| format!("{}%", p.normalize())),
            other => literal_text(other),
        }
    }
}

/// A value as data.
pub(crate) fn plain(ledger: &Ledger, value: Value) -> String {
    match value {
        Value::Unknown(_) => "unknown".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Decimal(number) => number.normalize().to_string(),
        // A precision alone would cut what is left.
        Value::Money(amount) => format!("{:.2}", amount.round_dp(2)),
        Value::Span(span) => duration(span),
        Value::Time(time) => time.to_string(),
        Value::Text(atom) => ledger.atoms.text(atom).to_owned(),
        Value::Account(account) => ledger.account_text(account).to_owned(),
        Value::Symbol(symbol) => format!("{symbol:?}").to_lowercase(),
        Value::Place(place) => {
            let town = ledger.places.get(place).and_then(|place| place.town.clone());
            town.unwrap_or_else(|| "unknown".to_owned())
        }
    }
}

/// A length of time as somebody would say it: what is no whole number of minutes to a tenth of the largest
/// unit that it has.
fn duration(span: Span) -> String {
    let exact = span.to_string();
    if !exact.ends_with('s') {
        return exact;
    }
    let ms = span.as_millis();
    let units = [("d", 86_400_000_i64), ("h", 3_600_000), ("m", 60_000)];
    let unit = units.into_iter().find(|(_, unit)| ms.unsigned_abs() >= unit.unsigned_abs());
    let told = unit.and_then(|(name, unit)| {
        let number = Decimal::from(ms).checked_div(Decimal::from(unit))?;
        Some(format!("{}{name}", number.round_dp(1).normalize()))
    });
    told.unwrap_or(exact)
}

/// Whether a measure is a part of something: money over money, a share near a limit, or, of counts,
/// what its author calls a share (payments over people are none).
fn is_share(condition: &Condition, index: usize) -> bool {
    let Some(measure) = condition.measures.get(index) else { return false };
    let is_money = |expr: &Expr| match expr {
        Expr::Measure(id) => condition
            .measures
            .get(usize::from(id.0))
            .is_some_and(|measure| measure.value_type == Type::Money),
        _ => false,
    };
    match &measure.kind {
        MeasureKind::Aggregate(aggregate) if aggregate.function == Function::NearShare => true,
        MeasureKind::Derived(Expr::Arithmetic(Arithmetic::Div, a, b))
            if is_money(a) && is_money(b) =>
        {
            true
        }
        _ => measure.name.ends_with("share"),
    }
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(truth) => truth.to_string(),
        Literal::Int(int) => int.to_string(),
        Literal::Decimal(number) => number.to_string(),
        Literal::Money(amount, _) => format!("{amount:.2}"),
        Literal::Duration(span) => span.to_string(),
        Literal::Text(text) => text.clone(),
        Literal::Symbol(symbol) => format!("{symbol:?}").to_lowercase(),
    }
}

fn required(param: &Param) -> (String, String) {
    (param.name.clone(), literal_text(&param.value))
}

fn self_text(ledger: &Ledger, account: Option<AccountId>, part: SelfText) -> String {
    let unknown = || "an unknown place".to_owned();
    let Some(account) = account else { return unknown() };
    let holder = ledger.parties.holder(account);
    let place = |place: Option<PlaceId>| place.and_then(|id| ledger.places.get(id));
    match part {
        SelfText::HomeTown => place(holder.and_then(|holder| holder.home))
            .and_then(|place| place.town.clone())
            .unwrap_or_else(unknown),
        SelfText::HomeRegion => place(holder.and_then(|holder| holder.home))
            .and_then(|place| place.region.clone())
            .unwrap_or_else(unknown),
        SelfText::WorkTown => place(holder.and_then(|holder| holder.work))
            .and_then(|place| place.town.clone())
            .unwrap_or_else(unknown),
        SelfText::AccountAge => {
            let opened = ledger.parties.owner(account).and_then(|owned| owned.opened);
            opened.map_or_else(|| "an unknown day".to_owned(), |day| day.to_string())
        }
    }
}

fn region_of(ledger: &Ledger, payer: &Payer) -> Option<String> {
    let region = |place: Option<PlaceId>| ledger.places.get(place?)?.region.clone();
    region(payer.place).or_else(|| {
        let holder = payer.account.and_then(|account| ledger.parties.holder(account));
        region(holder.or_else(|| ledger.parties.find(payer.party?))?.home)
    })
}

fn place_text(ledger: &Ledger, place: Option<PlaceId>) -> Option<String> {
    let place = ledger.places.get(place?)?;
    match (&place.region, &place.town) {
        (Some(region), Some(town)) => Some(format!("{region}/{town}")),
        (region, town) => town.clone().or_else(|| region.clone()),
    }
}

fn bump(counts: &mut BTreeMap<String, u64>, key: String) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(1);
}

/// An account or another subject as `kind/key`.
fn subject_text(ledger: &Ledger, subject: AccountId) -> String {
    format!("{}/{}", ledger.kind_of(subject).as_str(), ledger.key_text(subject))
}

pub(crate) fn anchor_text(ledger: &Ledger, anchor: Anchor) -> String {
    match anchor {
        Anchor::Account(account) => format!("account/{}", ledger.account_text(account)),
        Anchor::Party(party) => {
            let id = ledger.parties.get(party).map(|party| ledger.atoms.text(party.id));
            format!("party/{}", id.unwrap_or("ended"))
        }
    }
}

/// Whether an alert on it, an account or a party, is about a canary.
pub(crate) fn is_reserved(anchor: &str) -> bool {
    anchor.split_once('/').is_some_and(|(_, key)| canary::is_canary(key))
}

/// After a gap the log may hold alerts that this state does not know of: no id is given twice.
fn alert_id(typology: &Typology, anchor: &str, n: u32, gaps: usize) -> String {
    let n = if gaps == 0 { n.to_string() } else { format!("{n} after gap {gaps}") };
    // A shadow rule's version is part of its identity; a live rule's is not (DESIGN §9).
    let version = if typology.mode == Mode::Shadow { typology.version.as_str() } else { "" };
    let hash = sha256_hex(&[typology.mode.as_str(), &typology.id, version, anchor, &n]);
    format!("alr_{}", hash.get(..20).unwrap_or(""))
}

fn level(score: u32, (medium, high, critical): (u32, u32, u32)) -> Level {
    match score {
        score if score >= critical => Level::Critical,
        score if score >= high => Level::High,
        score if score >= medium => Level::Medium,
        _ => Level::Low,
    }
}

pub(crate) fn blank() -> Alert {
    let none = MoneyIn { value: Cents::ZERO, currency: palermo_domain::Currency::NONE };
    Alert {
        alert_id: String::new(),
        group: String::new(),
        revision: 0,
        action: Action::Created,
        cause: palermo_domain::alert::Cause::OnTime,
        held_back: false,
        mode: Mode::Live,
        typology: String::new(),
        title: String::new(),
        crime: Vec::new(),
        stage: Vec::new(),
        amltrix: Vec::new(),
        headline: String::new(),
        level: Level::Low,
        score: 0,
        score_sum: 0,
        bands: (0, 0, 0),
        truncated: false,
        episode_n: 0,
        episode_start: EventTime::default(),
        episode_last: EventTime::default(),
        anchor: String::new(),
        task: String::new(),
        subjects: Vec::new(),
        related: Vec::new(),
        related_count: 0,
        amount_in: none,
        amount_out: none,
        payments: 0,
        window: Span::ZERO,
        triggered_by: String::new(),
        decided_at: EventTime::default(),
        detected_at: EventTime::default(),
        watermark: None,
        is_final: false,
        in_regions: Vec::new(),
        out_places: Vec::new(),
        lists: Vec::new(),
        indicators: Vec::new(),
        families: Vec::new(),
        suppressors: Vec::new(),
        suppressed_by: Vec::new(),
        review: false,
        counterfactuals: Vec::new(),
        against: Vec::new(),
        links: Vec::new(),
        network: palermo_domain::alert::Network::default(),
        undecided: Vec::new(),
        rule: RuleRef {
            id: String::new(),
            version: String::new(),
            logic_sha256: String::new(),
            params_sha256: String::new(),
        },
        ruleset: String::new(),
        bundle: String::new(),
        input: Vec::new(),
        evidence: Vec::new(),
        pages: palermo_domain::alert::Pages::default(),
        more: Vec::new(),
        investigate: Vec::new(),
        prior_alerts: 0,
        urgent: false,
        queue: Queue::default(),
        key_term: None,
        report_codes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    /// The range of keyed hashes is not that of accounts and parties: a number may begin as it likes.
    #[test]
    fn only_the_prefix_makes_a_canary_of_an_anchor() {
        for (anchor, reserved) in [
            ("account/CANARY:CT-14:1:F", true),
            ("party/CANARY:CT-14:1:P", true),
            ("account/00000000000000001234", false),
            ("account/ca9a47f00dca9a471234", false),
            ("account/BANK:CANARY:1", false),
            ("party/ended", false),
        ] {
            assert_eq!(is_reserved(anchor), reserved, "{anchor}");
        }
    }
}
