//! Canaries: the payments of rules' own tests, planted in the live stream in a reserved range.
//!
//! The test of a typology that expects an alert says with few payments what must be found. A [`Planter`]
//! moves it to the present, by whole weeks, so that hours and weekdays stay; puts every identifier into
//! the range of [`palermo_domain::canary`]; and plays it first to an engine of its own, so that what is
//! planted is found by these rules on this day. What a live engine then does not find is not the rules'
//! fault.
//!
//! Promises: every round has accounts of its own, so each gives a new alert. The turn of a typology
//! follows from the time alone: a restart goes on where the clock is.
//!
//! Cost: one engine with all rules for each test that is tried, some milliseconds. What a live engine
//! keeps is a few dozen payments a round, for `state.horizon`.

use crate::bundle::{BundleFiles, RULES, read_rules};
use crate::config::Config;
use crate::run::RunError;
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::alert::{Action, Mode};
use palermo_domain::canary::{CANARY_HASH_PREFIX, CANARY_PREFIX, Range};
use palermo_domain::{
    Alert, Currency, Date, DeadLetterReason, End, EventTime, Fate, Partition, Party, Payment,
    Redacted, Span, Text, TopicRole,
};
use palermo_engine::port::{Clock, LogError, RecordRef};
use palermo_engine::{Bundle, Engine, EngineConfig};
use palermo_lang::{Sources, Test, TestEvent, TestFile, parse_tests};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Longest identifier of `payment.v1`, and longest keyed hash.
const ID_CHARS_MAX: usize = 64;
/// Pieces in which the time to the next round is waited, to see a signal.
const PAUSE: Duration = Duration::from_millis(200);
/// So many rounds that could not be sent are remembered, to end what arrived of them.
const LEFT_MAX: usize = 16;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// Which canaries are planted when.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'a> {
    /// Makes them.
    pub planter: &'a Planter,
    /// Which typologies, by turns.
    pub typologies: &'a [String],
    /// How often.
    pub every: Duration,
}

impl Schedule<'_> {
    /// Which round a time belongs to, and when that begins.
    fn number(&self, now: EventTime) -> (i64, EventTime) {
        let every_ms = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX).max(1);
        let number = now.0.div_euclid(every_ms);
        (number, EventTime(number.saturating_mul(every_ms)))
    }

    /// What to plant in the round of this time.
    ///
    /// # Errors
    /// Where the rules do not find what is due.
    pub fn turn(&self, now: EventTime) -> Result<Round, NotPlanted> {
        let (number, begins) = self.number(now);
        let count = i64::try_from(self.typologies.len()).unwrap_or(i64::MAX);
        let place = number.checked_rem_euclid(count).and_then(|place| usize::try_from(place).ok());
        let typology = place.and_then(|place| self.typologies.get(place));
        self.planter.plant(typology.ok_or(NotPlanted::NoTest)?, begins)
    }

    /// Plants one round after the other until it is stopped; returns how many. The parties of a round are
    /// ended with the next one, or on the way out; those of a process that was killed by the one that takes
    /// over within a round.
    pub fn keep(&self, to: &mut dyn Ground, stopped: &dyn Fn() -> bool, clock: &dyn Clock) -> u64 {
        let now = || EventTime(clock.unix_ms());
        let (typologies, every_s) = (self.typologies.len(), self.every.as_secs());
        tracing::info!(typologies, every_s, "canaries are planted by turns");
        let every_ms = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX);
        // What is not ended yet; of a process before, the round before.
        let mut left: Vec<Round> =
            self.turn(EventTime(now().0.saturating_sub(every_ms))).into_iter().collect();
        let (mut planted, mut reached) = (0_u64, false);
        while !stopped() {
            let began = self.number(now()).0;
            if let Ok(round) = self.turn(now()).inspect_err(|why| not_planted(why)) {
                let sent = to.plant(&round);
                reached = sent.is_ok();
                match sent {
                    Ok(payments) => {
                        planted = planted.saturating_add(1);
                        end_all(to, &mut left);
                        tracing::info!(typology = round.typology, payments, "a canary is planted");
                    }
                    Err(error) => not_planted(&error),
                }
                // Some of it may have arrived.
                left.push(round);
                left.drain(..left.len().saturating_sub(LEFT_MAX));
            }
            while !stopped() && self.number(now()).0 == began {
                #[expect(clippy::disallowed_methods, reason = "it waits for its next turn")]
                std::thread::sleep(PAUSE);
            }
        }
        if reached {
            end_all(to, &mut left);
        }
        planted
    }
}

/// The engine expects a canary and none comes: its alarm tells.
fn not_planted(why: &dyn std::fmt::Display) {
    tracing::error!("a canary is not planted: {why}");
}

/// Ends the parties of these rounds.
fn end_all(to: &mut dyn Ground, rounds: &mut Vec<Round>) {
    for round in rounds.drain(..) {
        if let Err(error) = to.end(&round) {
            tracing::warn!("the parties of a canary stay: {error}");
        }
    }
}

/// Where canaries are planted.
pub trait Ground {
    /// Sends parties, then payments; returns how many payments.
    ///
    /// # Errors
    /// What the log says.
    fn plant(&mut self, round: &Round) -> Result<u64, LogError>;

    /// Ends the parties of a round, so that nothing of them is kept for ever.
    ///
    /// # Errors
    /// What the log says.
    fn end(&mut self, round: &Round) -> Result<(), LogError>;
}

/// Why nothing is planted for a typology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPlanted {
    /// Nothing expects it to be found.
    #[error("no test expects an alert of it")]
    NoTest,
    /// Its tests are in another currency than the base.
    #[error("its tests are paid in {}, so rates of it must be sent (`--with-rates`)", .0.as_str())]
    Rates(Currency),
    /// Its tests need more past than is kept.
    #[error("its tests need payments that are older than `state.horizon`")]
    BeyondHorizon,
    /// The rules find it in the world of a test, and not at this time among identifiers of the range.
    #[error(
        "its tests are not found in the reserved range, as by lists that name their identifiers"
    )]
    NotFound,
}

/// What a test of one typology gives to plant.
#[derive(Clone, Debug)]
struct Candidate {
    test: String,
    base_currency: Currency,
    parties: Vec<Party>,
    events: Vec<TestEvent>,
}

/// What is planted in one round.
#[derive(Clone, Debug)]
pub struct Round {
    /// The typology that must be found.
    pub typology: String,
    /// The test that it is made of.
    pub test: String,
    /// The currency in which its amounts are compared.
    currency: Currency,
    /// Every identifier of the round begins so.
    pub prefix: String,
    /// Who stands behind the accounts: sent before the payments, and ended after the next round.
    pub parties: Vec<Party>,
    /// The payments, in the order of their event times.
    pub payments: Vec<Payment<'static>>,
}

/// Makes canaries of a rule folder.
#[derive(Debug)]
pub struct Planter {
    config: Config,
    bundle: Bundle,
    /// Whether rates of other currencies are sent.
    with_rates: bool,
    /// By typology in force: those in the base currency first, of these the smallest.
    candidates: BTreeMap<String, Vec<Candidate>>,
}

impl Planter {
    /// Reads and compiles the rules of a folder, with their tests, as this configuration deploys them. Tests
    /// in another currency than the base count only `with_rates`: amounts cannot be compared without.
    ///
    /// # Errors
    /// A folder that cannot be read, and rules or tests that do not compile.
    pub fn new(config: &Config, folder: &Path, with_rates: bool) -> Result<Self, RunError> {
        let sources = Sources::new(read_rules(folder, RULES, true)?);
        let files = BundleFiles::new(&sources, config);
        let rules = files.compile().map_err(RunError::Rules)?.rules;
        let tests = parse_tests(&sources).map_err(RunError::Rules)?;
        let mut candidates: BTreeMap<String, Vec<Candidate>> =
            rules.typologies.iter().map(|rule| (rule.id.clone(), Vec::new())).collect();
        for file in &tests {
            if let Some(known) = candidates.get_mut(&file.rule) {
                known.extend(file.tests.iter().filter_map(|test| candidate(file, test)));
                // What needs no rates first.
                let foreign = |of: Currency| of != config.base_currency;
                known.sort_by_key(|it| (foreign(it.base_currency), it.events.len()));
            }
        }
        let bundle = Bundle { sha256: files.sha256(), rules };
        Ok(Self { config: config.clone(), bundle, with_rates, candidates })
    }

    /// The typologies in force.
    pub fn typologies(&self) -> impl Iterator<Item = &str> {
        self.candidates.keys().map(String::as_str)
    }

    /// What to plant for a typology at this time.
    ///
    /// # Errors
    /// Where no test of it is found so.
    pub fn plant(&self, typology: &str, now: EventTime) -> Result<Round, NotPlanted> {
        let mut why = NotPlanted::NoTest;
        for candidate in self.candidates.get(typology).into_iter().flatten() {
            let currency = candidate.base_currency;
            if !self.with_rates && currency != self.config.base_currency {
                // Those in the base currency come first and say more.
                why = if why == NotPlanted::NoTest { NotPlanted::Rates(currency) } else { why };
                continue;
            }
            let round = candidate.round(typology, now, self.bundle.sha256.get(..4).unwrap_or(""));
            match self.is_found(&round, now) {
                None => why = NotPlanted::BeyondHorizon,
                Some(false) if why == NotPlanted::NoTest => why = NotPlanted::NotFound,
                Some(false) => {}
                Some(true) => return Ok(round),
            }
        }
        Err(why)
    }

    /// Whether these rules find it, among real payments that have reached the present; nothing where they
    /// do not and some of it is too old. As in the test, amounts are compared in its currency: a live
    /// engine needs rates where it has another one.
    fn is_found(&self, round: &Round, now: EventTime) -> Option<bool> {
        let real = |range| range != Range::Canary;
        if round.parties.iter().any(|party| real(party.range()))
            || round.payments.iter().any(|payment| real(payment.range()))
        {
            return Some(false);
        }
        let roles = [TopicRole::Parties, TopicRole::Payments];
        let [parties, payments] = roles.map(|role| Partition { role, index: 0 });
        let start = BTreeMap::from([(parties, 0), (payments, 0)]);
        let config = EngineConfig { base_currency: round.currency, ..self.config.engine() };
        let mut engine = Engine::new(config, self.bundle.clone(), &start, None).ok()?;
        let mut found = false;
        let mut see = |alert: &Alert| {
            found |= alert.mode == Mode::Canary
                && alert.action == Action::Created
                && alert.typology == round.typology;
        };
        let mut next = start;
        let mut apply = |partition: Partition, value: &[u8]| {
            let offset = next.get(&partition).copied().unwrap_or(0);
            next.insert(partition, offset.saturating_add(1));
            let (timestamp_ms, value) = (now.0, Some(value));
            let record =
                RecordRef { partition, offset, timestamp_ms, key: None, value, headers: 0 };
            engine
                .apply_seen(record, &mut Vec::new(), &mut see)
                .is_ok_and(|fate| fate == Fate::Processed)
        };
        let mut value = Vec::new();
        apply(payments, present(now).as_bytes());
        let mut all = true;
        for party in &round.parties {
            value.clear();
            encode_party(party, &mut value);
            all &= apply(parties, &value);
        }
        for payment in &round.payments {
            value.clear();
            encode_payment(payment, &mut value);
            all &= apply(payments, &value);
        }
        let old = (TopicRole::Payments, DeadLetterReason::BeyondHorizon);
        if engine.counters().dead_letters.contains_key(&old) {
            return None;
        }
        Some(all && found)
    }
}

/// A real payment between strangers, so that the watermark stands where it does in a live stream.
fn present(now: EventTime) -> String {
    format!(
        r#"{{"schema":"payment.v1","payment_id":"present","event_time":"{now}","kind":"transfer","rail":"internal","amount":"1","currency":"EUR","debtor":{{"account":"present:1"}},"creditor":{{"account":"present:2"}}}}"#
    )
}

/// A test that expects an alert of its own rule.
fn candidate(file: &TestFile, test: &Test) -> Option<Candidate> {
    let wanted = test.expect.alerts.iter().flatten().any(|alert| {
        alert.typology == file.rule && alert.action.as_deref().is_none_or(|it| it == "created")
    });
    let odd = test.known_gap || test.known_false_positive || test.missing.is_some();
    if !wanted || odd {
        return None;
    }
    Some(Candidate {
        test: test.name.clone(),
        base_currency: file.world.base_currency,
        parties: file.parties.clone(),
        events: file.events(test),
    })
}

impl Candidate {
    /// Its parties and payments in the reserved range, moved by whole weeks so that the last payment is
    /// before `now`.
    /// Under other rules (`rules`, the beginning of their hash) it has other identifiers.
    fn round(&self, typology: &str, now: EventTime, rules: &str) -> Round {
        let prefix = format!("{CANARY_PREFIX}{typology}:{:08x}{rules}:", now.0.div_euclid(1000));
        let last = self.events.iter().map(|event| event.time).max().unwrap_or_default();
        let weeks = now.0.saturating_sub(last.0).div_euclid(WEEK_MS);
        let shift = Shift { weeks };
        let payment = |event: &TestEvent| {
            let mut payment = event.to_payment();
            payment.event_time = shift.time(payment.event_time);
            payment.source = Some(Cow::Borrowed("palermo.canary"));
            reserve(&mut payment, &prefix);
            payment
        };
        let party = |party: &Party| {
            let mut party = party.clone();
            shift.party(&mut party);
            reserve_party(&mut party, &prefix);
            party
        };
        Round {
            typology: typology.to_owned(),
            test: self.test.clone(),
            currency: self.base_currency,
            parties: self.parties.iter().map(party).collect(),
            payments: self.events.iter().map(payment).collect(),
            prefix,
        }
    }
}

/// From the world of a test to the present.
#[derive(Clone, Copy, Debug)]
struct Shift {
    weeks: i64,
}

impl Shift {
    fn time(self, time: EventTime) -> EventTime {
        EventTime(time.0.saturating_add(self.weeks.saturating_mul(WEEK_MS)))
    }

    fn day(self, day: &mut Option<Date>) {
        let days = i32::try_from(self.weeks.saturating_mul(7)).unwrap_or(0);
        if let Some(day) = day {
            *day = Date(day.0.saturating_add(days));
        }
    }

    fn party(self, party: &mut Party) {
        party.as_of = self.time(party.as_of);
        self.day(&mut party.since);
        self.day(&mut party.incorporated);
        for account in &mut party.accounts {
            self.day(&mut account.opened);
            self.day(&mut account.closed);
        }
        for relation in &mut party.relations {
            self.day(&mut relation.since);
            self.day(&mut relation.until);
        }
        for event in &mut party.events {
            event.at = self.time(event.at);
        }
    }
}

/// Puts every identifier of a payment into the reserved range.
fn reserve(payment: &mut Payment<'static>, prefix: &str) {
    let id = |text: &mut Option<Text<'static>>| {
        if let Some(text) = text {
            *text = Redacted::new(Cow::Owned(reserved_id(text.expose(), prefix)));
        }
    };
    let hash = |text: &mut Option<Text<'static>>| {
        if let Some(text) = text {
            *text = Redacted::new(Cow::Owned(reserved_hash(text.expose(), prefix)));
        }
    };
    let end = |end: &mut End<'static>| {
        let ids = [&mut end.account, &mut end.party, &mut end.alias, &mut end.wallet];
        ids.into_iter().for_each(id);
        [&mut end.phone, &mut end.email, &mut end.address].into_iter().for_each(hash);
    };
    let own = reserved_id(payment.payment_id.expose(), prefix);
    payment.payment_id = Redacted::new(Cow::Owned(own));
    id(&mut payment.refers_to);
    end(&mut payment.debtor);
    end(&mut payment.creditor);
    for other in [&mut payment.ultimate_debtor, &mut payment.ultimate_creditor] {
        other.iter_mut().for_each(|other| end(other));
    }
    if let Some(conductor) = &mut payment.conductor {
        id(&mut conductor.party);
        hash(&mut conductor.document);
    }
    payment.merchant.iter_mut().for_each(|merchant| id(&mut merchant.id));
    payment.terminal.iter_mut().for_each(|terminal| id(&mut terminal.id));
    payment.device.iter_mut().for_each(|device| id(&mut device.id));
    payment.card.iter_mut().for_each(|card| id(&mut card.token));
}

/// The same of a party.
fn reserve_party(party: &mut Party, prefix: &str) {
    let id =
        |text: &mut Redacted<String>| *text = Redacted::new(reserved_id(text.expose(), prefix));
    id(&mut party.party);
    party.accounts.iter_mut().for_each(|account| id(&mut account.account));
    party.relations.iter_mut().for_each(|relation| id(&mut relation.party));
    party.merchants.iter_mut().for_each(id);
    party.terminals.iter_mut().for_each(id);
    for event in &mut party.events {
        [&mut event.by, &mut event.device].into_iter().flatten().for_each(id);
    }
    for hash in [&mut party.phone, &mut party.email, &mut party.address].into_iter().flatten() {
        *hash = Redacted::new(reserved_hash(hash.expose(), prefix));
    }
}

fn reserved_id(text: &str, prefix: &str) -> String {
    format!("{prefix}{}", tail(text, ID_CHARS_MAX.saturating_sub(prefix.len())))
}

/// A hash of the round: those of two rounds differ.
fn reserved_hash(text: &str, prefix: &str) -> String {
    let round = prefix.rsplit(':').nth(1).unwrap_or("");
    let start = format!("{CANARY_HASH_PREFIX}{round}");
    let own = tail(text, ID_CHARS_MAX.saturating_sub(start.len()));
    format!("{start}{own}")
}

/// The last characters of a text.
fn tail(text: &str, most: usize) -> &str {
    let from = text.char_indices().rev().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
    text.get(from..).unwrap_or(text)
}

impl Round {
    /// From the first payment to the last.
    pub fn span(&self) -> Span {
        let times = self.payments.iter().map(|payment| payment.event_time);
        let (first, last) = (times.clone().min(), times.max());
        first.zip(last).map_or(Span::ZERO, |(first, last)| last.since(first))
    }
}

#[cfg(test)]
mod tests;
