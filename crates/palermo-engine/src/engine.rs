//! The state machine: one record in, effects out.
//!
//! [`Engine::apply`] is the whole of detection: it decodes a record, decides its fate, changes the
//! ledger, evaluates the rules that the change touches, and appends what must be published. It has
//! no clock, thread, randomness, file or socket in it; two engines that are given the same
//! records in the same order hold the same state and produce the same bytes.
//!
//! Cost: linear in the payments inside the windows that the record touches (ledger, detect).

mod canaries;
mod chain;
mod control_totals;
mod gap;
mod reversal;
mod snapshot;
mod watermark;
mod world;

use crate::port::{OutRecord, RecordRef};
pub use canaries::Canary;
use chain::Chain;
use control_totals::Tallies;
pub use control_totals::{ControlTotals, OpenTotal, Tally, TotalKind, TotalState};
use palermo_codec::{
    Limits, Origin, Refusal, UnknownFields, check_record, dead_letter, decode_control,
    decode_payment, encode_alert, encode_evidence,
};
use palermo_detect::{Applied, Detector, Look, Settings, WhyNot};
use palermo_domain::alert::{Action, Cause, Level, Mode};
use palermo_domain::canary::Range;
use palermo_domain::{
    Alert, Currency, DeadLetterReason, EventTime, Fate, IngestTime, OutputTopic, Partition,
    Payment, Position, Span, TopicRole,
};
use palermo_lang::program::{IndicatorId, RuleSet};
use palermo_ledger::{Known, Ledger, RowId};
use reversal::Reversals;
use serde::{Deserialize, Serialize};
pub use snapshot::Frozen;
use std::collections::BTreeMap;
use watermark::Watermarks;

/// An event time may be so much older than the record's own timestamp (DESIGN §8).
const EVENT_AGE_MAX: Span = Span::from_days(400);
/// An event time may be so much newer than the record's own timestamp.
const EVENT_AHEAD_MAX: Span = Span::from_millis(5 * 60_000);

/// Whether a payment with this event time may stand in a record with this timestamp; `time_range` if not.
pub fn in_time(event: EventTime, ingest: EventTime) -> bool {
    event >= ingest.minus(EVENT_AGE_MAX) && event <= ingest.plus(EVENT_AHEAD_MAX)
}

/// How many records may be applied between two looks at the memory.
const MEMORY_LOOK_EVERY: u64 = 1024;

/// Every setting that decides results, beside the rules. Part of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Name of this task.
    pub task: String,
    /// Currency that amounts are converted to.
    pub base_currency: Currency,
    /// How long payments are kept.
    pub horizon: Span,
    /// How long hits are kept.
    pub evidence_horizon: Span,
    /// How far behind the highest event time of a partition its watermark stays.
    pub lateness: Span,
    /// Record time that a partition may trail before it stops holding the watermark.
    pub idle_after: Span,
    /// Bounds of a record.
    pub limits: Limits,
    /// Stop with a reason above this.
    pub memory_max_bytes: u64,
    /// Version of the engine, for alerts and progress records.
    pub version: String,
    /// Names of the input topics, for the headers of dead letters; the role's name where missing.
    pub topic_names: BTreeMap<TopicRole, String>,
}

/// A compiled rule set with the hash of everything that decides results.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// SHA-256 (hex) over rules, lists and deciding configuration.
    pub sha256: String,
    /// The compiled rules.
    pub rules: RuleSet,
}

/// Why the engine cannot go on although the log is fine. `code` has a page under `docs/errors/`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct EngineStop {
    /// Code with a page.
    pub code: &'static str,
    /// What was found and what to do.
    pub reason: String,
}

/// How many records of one partition met each fate, and how many offsets were never delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fates {
    /// Per fate, in the order of [`Fate::ALL`].
    pub counts: [u64; 4],
    /// Offsets between delivered ones: control records, aborted records, compaction.
    pub undelivered: u64,
}

/// Counters for metrics and progress; all functions of the inputs.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Per input partition.
    pub fates: BTreeMap<Partition, Fates>,
    /// Dead letters by topic role and reason.
    pub dead_letters: BTreeMap<(TopicRole, DeadLetterReason), u64>,
    /// Late payments that were applied, and that were beyond the horizon.
    pub late: [u64; 2],
    /// Alert revisions by (typology, level, mode, action).
    pub alerts: BTreeMap<(String, Level, Mode, Action), u64>,
    /// Suppressed findings by (typology, suppressor).
    pub suppressed: BTreeMap<(String, String), u64>,
    /// Evaluations per rule.
    pub evaluations: BTreeMap<String, u64>,
    /// Payments and evaluations that could not be decided, by (rule, field).
    pub field_missing: BTreeMap<(String, String), u64>,
    /// Rows of the topic `lists` that an activation left out: they do not fit its list files.
    pub list_rows_refused: u64,
    /// Unknown fields of records, by (topic role, name).
    pub unknown_fields: BTreeMap<(TopicRole, String), u64>,
    /// Payments whose amount is unknown in the base currency, by the currency they were made in.
    pub unconverted: BTreeMap<Currency, u64>,
    /// Bytes held, by part of the state.
    pub state_bytes: BTreeMap<&'static str, u64>,
    /// Entries evicted, by part of the state.
    pub expired: BTreeMap<&'static str, u64>,
    /// Payments held.
    pub payments_held: u64,
    /// The partition that holds the watermark back.
    pub watermark_hold: Option<Partition>,
    /// Last hit per rule and mode.
    pub last_hit: BTreeMap<(String, &'static str), EventTime>,
    /// Searches of the graph since the start of the process: complete, and cut by the budget.
    pub searches: BTreeMap<&'static str, [u64; 2]>,
    /// What batches and days were stated to hold, against what was taken.
    pub control_totals: ControlTotals,
    /// What became of canaries, by the typology that they were planted for.
    pub canaries: BTreeMap<String, Canary>,
}

/// The deterministic core of one task.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    bundle: Bundle,
    ledger: Ledger,
    detector: Detector,
    watermarks: Watermarks,
    reversals: Reversals,
    tallies: Tallies,
    positions: BTreeMap<Partition, Position>,
    counters: Counters,
    unknown: BTreeMap<TopicRole, UnknownFields>,
    chain: Chain,
    /// Highest record timestamp of a payment that was applied; reference data does not move it.
    now: i64,
    applied: u64,
    alerts: Vec<Alert>,
}

impl Engine {
    /// An engine that has read nothing; it will read from `start`. `mute_before` is
    /// `--warm-up-until`: findings decided before it are not published.
    ///
    /// # Errors
    /// None today; activation of a bundle may refuse one later.
    pub fn new(
        config: EngineConfig,
        bundle: Bundle,
        start: &BTreeMap<Partition, Position>,
        mute_before: Option<EventTime>,
    ) -> Result<Self, EngineStop> {
        let mut ledger = Ledger::new(config.base_currency);
        let settings = settings(&config, &bundle, mute_before);
        let detector = Detector::new(bundle.rules.clone(), settings, &mut ledger);
        let payments = start.keys().copied().filter(|p| p.role == TopicRole::Payments);
        let began_later = payments.clone().any(|p| start.get(&p).is_some_and(|at| *at > 0));
        Ok(Self {
            watermarks: Watermarks::new(payments, config.lateness, config.idle_after),
            config,
            bundle,
            ledger,
            detector,
            reversals: Reversals::default(),
            tallies: Tallies::new(began_later),
            positions: start.clone(),
            counters: Counters {
                fates: start.keys().map(|partition| (*partition, Fates::default())).collect(),
                ..Counters::default()
            },
            unknown: BTreeMap::new(),
            chain: Chain::default(),
            now: i64::MIN,
            applied: 0,
            alerts: Vec::new(),
        })
    }

    /// Applies one record and appends what must be published, in order. The caller hands records
    /// over in the order of reading (DESIGN §8).
    ///
    /// # Errors
    /// `memory_full` where the memory cap is reached, `position` where the record is not at or
    /// after the expected position of its partition.
    pub fn apply(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
    ) -> Result<Fate, EngineStop> {
        self.apply_seen(record, effects, &mut |_| {})
    }

    /// As [`Engine::apply`], and shows every alert revision before it is encoded.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_seen(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
        seen: &mut dyn FnMut(&Alert),
    ) -> Result<Fate, EngineStop> {
        self.step_position(record)?;
        let first = effects.len();
        let judged = match record.partition.role {
            TopicRole::Payments => self.payment(record, effects, seen),
            TopicRole::Parties => self.party(record),
            TopicRole::Lists => self.list(record),
            // What follows from it is recorded by the task: nobody decides it anew in a replay.
            TopicRole::Control => {
                decode_control(record.value, record.headers).map(|_| Fate::Processed)
            }
        };
        let fate = match judged {
            Ok(fate) => fate,
            Err(refusal) => {
                effects.push(self.dead_letter(record, refusal));
                Fate::DeadLetter
            }
        };
        self.count(record.partition, fate);
        self.chain.record(&record, fate);
        for effect in effects.iter().skip(first) {
            self.chain.effect(effect);
        }
        self.applied = self.applied.saturating_add(1);
        if self.applied.is_multiple_of(MEMORY_LOOK_EVERY) {
            self.look_at_memory()?;
        }
        Ok(fate)
    }

    fn step_position(&mut self, record: RecordRef<'_>) -> Result<(), EngineStop> {
        let partition = record.partition;
        let expected = self.positions.get(&partition).copied().unwrap_or(0);
        let gap = record.offset.checked_sub(expected).and_then(|gap| u64::try_from(gap).ok());
        let Some(gap) = gap else {
            return Err(EngineStop {
                code: "position",
                reason: format!(
                    "partition {partition} delivered offset {} where {expected} or a later one \
                     was expected; restart to recover from what was committed",
                    record.offset
                ),
            });
        };
        let fates = self.counters.fates.entry(partition).or_default();
        fates.undelivered = fates.undelivered.saturating_add(gap);
        self.positions.insert(partition, record.offset.saturating_add(1));
        Ok(())
    }

    fn count(&mut self, partition: Partition, fate: Fate) {
        let fates = self.counters.fates.entry(partition).or_default();
        if let Some(count) = fates.counts.get_mut(fate as usize) {
            *count = count.saturating_add(1);
        }
    }

    fn dead_letter(&mut self, record: RecordRef<'_>, refusal: Refusal) -> OutRecord {
        let role = record.partition.role;
        let count = self.counters.dead_letters.entry((role, refusal.reason)).or_default();
        *count = count.saturating_add(1);
        let topic = self.config.topic_names.get(&role).map_or(role.as_str(), String::as_str);
        let origin = Origin { topic, partition: record.partition.index, offset: record.offset };
        let letter = dead_letter(origin, (record.key, record.value), refusal, &self.config.limits);
        OutRecord {
            topic: OutputTopic::DeadLetter,
            key: letter.key,
            value: letter.value,
            headers: letter.headers,
            // The client would else put its clock there.
            timestamp_ms: Some(if record.timestamp_ms >= 0 {
                record.timestamp_ms
            } else {
                self.now.max(0)
            }),
        }
    }

    fn payment(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
        seen: &mut dyn FnMut(&Alert),
    ) -> Result<Fate, Refusal> {
        let decoded = self.decoded(record);
        let range = decoded.as_ref().map_or(Range::Real, Payment::range);
        if range == Range::Canary {
            return self.canary(&decoded?, record, effects, seen);
        }
        // Parties may have been loaded years after the payments that follow were made.
        self.now = self.now.max(record.timestamp_ms);
        self.watermarks.touch(record.partition, self.now);
        let payment = decoded?;
        if range == Range::Mixed {
            return Err(Refusal::whole(DeadLetterReason::CanaryMixed));
        }
        self.check_time(&payment, record)?;
        if let Some(fate) = self.seen_before(&payment)? {
            self.watermarks.see(record.partition, payment.event_time);
            return Ok(fate);
        }
        let before = self.watermarks.watermark();
        let late = before.is_some_and(|watermark| payment.event_time < watermark);
        if self.is_beyond_horizon(&payment) {
            self.counters.late[1] = self.counters.late[1].saturating_add(1);
            return Err(Refusal::at(DeadLetterReason::BeyondHorizon, &["event_time"]));
        }
        if !self.ledger.reaches(payment.event_time) {
            // After a silence of years: what is beyond the horizon by now goes first.
            self.watermarks.observe(record.partition, payment.event_time, self.now);
            self.advance(before);
            if !self.ledger.reaches(payment.event_time) {
                return Err(Refusal::at(DeadLetterReason::TimeRange, &["event_time"]));
            }
        }
        let reverses = self.reversals.judge(&self.ledger, &payment)?;
        self.watermarks.observe(record.partition, payment.event_time, self.now);
        let row = self.insert(&payment, record);
        let cause = if late { Cause::Late } else { Cause::OnTime };
        let fate = self.enter(&payment, row, reverses, cause);
        if fate == Fate::Processed {
            self.tallies.take(&payment, self.now);
        }
        if late && fate == Fate::Processed {
            self.counters.late[0] = self.counters.late[0].saturating_add(1);
        }
        self.advance(before);
        self.publish(effects, seen);
        Ok(match fate {
            Fate::Processed if late => Fate::Late,
            other => other,
        })
    }

    /// Whether it is older than what is kept.
    fn is_beyond_horizon(&self, payment: &Payment<'_>) -> bool {
        let oldest = self.watermarks.watermark().map(|mark| mark.minus(self.config.horizon));
        oldest.is_some_and(|oldest| payment.event_time < oldest)
    }

    fn insert(&mut self, payment: &Payment<'_>, record: RecordRef<'_>) -> RowId {
        let origin = palermo_ledger::Origin {
            partition: record.partition,
            offset: record.offset,
            ingest: IngestTime(record.timestamp_ms),
        };
        self.ledger.insert(payment, origin)
    }

    fn decoded<'a>(&mut self, record: RecordRef<'a>) -> Result<Payment<'a>, Refusal> {
        let limits = &self.config.limits;
        if let Some(reason) = check_record(record.value, record.headers, limits) {
            return Err(Refusal::whole(reason));
        }
        let unknown = self.unknown.entry(TopicRole::Payments).or_default();
        decode_payment(record.value.unwrap_or_default(), limits, unknown)
    }

    fn check_time(&self, payment: &Payment<'_>, record: RecordRef<'_>) -> Result<(), Refusal> {
        // Without a timestamp of its own a record is judged by what was applied before it.
        let ingest =
            EventTime(if record.timestamp_ms >= 0 { record.timestamp_ms } else { self.now });
        if !in_time(payment.event_time, ingest) {
            return Err(Refusal::at(DeadLetterReason::TimeRange, &["event_time"]));
        }
        Ok(())
    }

    fn seen_before(&self, payment: &Payment<'_>) -> Result<Option<Fate>, Refusal> {
        let Known::Seen(row) = self.ledger.find(payment.payment_id.expose()) else {
            return Ok(None);
        };
        let same = self.ledger.row(row).is_some_and(|row| row.content() == payment.content_hash());
        if same {
            return Ok(Some(Fate::Duplicate));
        }
        Err(Refusal::at(DeadLetterReason::Conflict, &["payment_id"]))
    }

    /// Lets a payment that is new into the windows, or takes out the one that it reverses.
    fn enter(
        &mut self,
        payment: &Payment<'_>,
        row: RowId,
        reverses: reversal::Judgment,
        cause: Cause,
    ) -> Fate {
        let watermark = self.watermarks.watermark();
        // Days that ended before this payment ended without it.
        self.detector.roll_up(&mut self.ledger, watermark);
        match reverses {
            reversal::Judgment::Ordinary => {
                let sets = self.detector.select(&self.ledger, row, payment.text.as_ref());
                self.ledger.link(row, sets[0], sets[1]);
                let applied = Applied { cause, watermark };
                self.detector.changed(&self.ledger, row, applied, &mut self.alerts);
            }
            reversal::Judgment::AlreadyReversed(by) => {
                let sets = self.detector.select(&self.ledger, row, payment.text.as_ref());
                let until = self.ledger.row(by).map_or(payment.event_time, |by| by.time());
                self.detector.note_undone(&self.ledger, row, until, sets);
                self.ledger.unlink(row);
            }
            reversal::Judgment::Reverses(target) => {
                let sets = self.ledger.selections(target);
                self.detector.note_undone(&self.ledger, target, payment.event_time, sets);
                self.ledger.unlink(target);
                let applied = Applied { cause: Cause::Reversal, watermark };
                self.detector.changed(&self.ledger, target, applied, &mut self.alerts);
            }
            reversal::Judgment::Waits => self.reversals.wait(payment, row),
            reversal::Judgment::Again(known) => {
                // Of two the earlier one says until when the payment stood.
                match known {
                    Some(target) => self.detector.note_undone_again(target, payment.event_time),
                    None => self.reversals.wait(payment, row),
                }
                return Fate::Duplicate;
            }
        }
        Fate::Processed
    }

    /// Follows the watermark: settles findings, ends episodes, forgets what is beyond the horizon.
    fn advance(&mut self, before: Option<EventTime>) {
        let Some(watermark) = self.watermarks.watermark() else { return };
        if before == Some(watermark) {
            return;
        }
        self.detector.roll_up(&mut self.ledger, Some(watermark));
        self.detector.advance(&self.ledger, watermark, &mut self.alerts);
        if before.is_none_or(|before| before.date() != watermark.date()) {
            let cutoff = watermark.minus(self.config.horizon);
            self.detector.keep(&self.ledger, cutoff);
            let gone = self.ledger.evict(cutoff);
            if gone > 0 {
                let expired = self.counters.expired.entry("payments").or_default();
                *expired = expired.saturating_add(gone);
                self.reversals.forget(&self.ledger);
            }
            self.detector.evict(&self.ledger, watermark);
            self.tallies.forget(cutoff);
        }
    }

    fn publish(&mut self, effects: &mut Vec<OutRecord>, seen: &mut dyn FnMut(&Alert)) {
        for alert in std::mem::take(&mut self.alerts) {
            seen(&alert);
            let key = (alert.typology.clone(), alert.level, alert.mode, alert.action);
            let count = self.counters.alerts.entry(key).or_default();
            *count = count.saturating_add(1);
            if alert.mode == Mode::Canary {
                self.note_canary(&alert);
            } else if alert.action == Action::Suppressed {
                for by in &alert.suppressed_by {
                    // An exception's reason is a person's words; only its kind becomes a label.
                    let by = if by.starts_with("exception") { "exception" } else { by };
                    let key = (alert.typology.clone(), by.to_owned());
                    let count = self.counters.suppressed.entry(key).or_default();
                    *count = count.saturating_add(1);
                }
            }
            let told_at = self.told_at(&alert);
            let record = |topic, value| OutRecord {
                topic,
                key: Some(alert.anchor.clone().into_bytes()),
                value: Some(value),
                headers: Vec::new(),
                timestamp_ms: Some(told_at),
            };
            effects.push(record(alert.topic(), encode_alert(&alert)));
            let pages = encode_evidence(&alert);
            effects.extend(pages.map(|page| record(OutputTopic::Evidence, page)));
        }
    }

    /// Changes the rules at this position of the input; appends `closed` revisions of alerts
    /// whose rule is gone.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn activate(
        &mut self,
        bundle: Bundle,
        effects: &mut Vec<OutRecord>,
    ) -> Result<(), EngineStop> {
        let first = effects.len();
        let applied = Applied { cause: Cause::OnTime, watermark: self.watermarks.watermark() };
        self.detector.activate(
            bundle.rules.clone(),
            bundle.sha256.clone(),
            &mut self.ledger,
            applied,
            &mut self.alerts,
        );
        self.publish(effects, &mut |_| {});
        self.chain.activation(&bundle.sha256);
        for effect in effects.iter().skip(first) {
            self.chain.effect(effect);
        }
        self.bundle = bundle;
        self.forget_canaries();
        Ok(())
    }

    fn look_at_memory(&self) -> Result<(), EngineStop> {
        let held = self.ledger.bytes().total().saturating_add(self.detector.bytes());
        let held = held.saturating_add(self.tallies.bytes()) as u64;
        if held <= self.config.memory_max_bytes && self.ledger.has_room() {
            return Ok(());
        }
        if !self.ledger.has_room() {
            return Err(EngineStop {
                code: "memory_full",
                reason: format!(
                    "{} accounts with {} payments are as many as can be told apart; nothing inside \
                     the horizon was forgotten",
                    self.ledger.accounts(),
                    self.ledger.payments()
                ),
            });
        }
        Err(EngineStop {
            code: "memory_full",
            reason: format!(
                "{} payments take {held} bytes, above `state.memory_max` of {}; raise it or \
                 shorten `state.horizon`; nothing inside the horizon was forgotten",
                self.ledger.payments(),
                self.config.memory_max_bytes
            ),
        })
    }

    /// Event times at which an indicator held on an account, or another subject, in order; what an
    /// oracle compares with.
    pub fn hit_times(&self, indicator: &str, key: &str) -> Vec<EventTime> {
        let rules = self.bundle.rules.indicators.iter();
        let mut numbered = (0..).zip(rules.map(|rule| &rule.condition));
        let Some((index, condition)) = numbered.find(|(_, rule)| rule.id == indicator) else {
            return Vec::new();
        };
        match self.ledger.find_subject(condition.subject, key) {
            Some(subject) => self.detector.hit_times(IndicatorId(index), subject).to_vec(),
            None => Vec::new(),
        }
    }

    /// Accounts on which an indicator held at any time that is still kept, in order of text.
    pub fn accounts_hit(&self, indicator: &str) -> Vec<String> {
        self.detector.accounts_hit(&self.ledger, indicator)
    }

    /// The event time of the newest hit of every indicator, in the order of the rules; canaries aside.
    pub fn last_hits(&self) -> &[Option<EventTime>] {
        &self.detector.stats().last_hit
    }

    /// How the parts of an indicator or suppressor stand on everything with a payment at this time.
    pub fn looks(&self, rule: &str, time: EventTime) -> Vec<Look> {
        self.detector.looks(&self.ledger, rule, time)
    }

    /// Whether a suppressor's facts hold on an account at a time.
    pub fn suppressor_holds(&self, suppressor: &str, account: &str, at: EventTime) -> bool {
        self.detector.suppressor_applies(&self.ledger, suppressor, account, at)
    }

    /// Why a typology was found on an entity, or was not; see [`Detector::why_not`].
    pub fn why_not(&self, typology: &str, entity: &str, at: Option<EventTime>) -> Option<WhyNot> {
        self.detector.why_not(&self.ledger, typology, entity, at)
    }

    /// The settings.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// The rules in force.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The next position of every input partition.
    pub fn positions(&self) -> &BTreeMap<Partition, Position> {
        &self.positions
    }

    /// The counters that every record changes; see [`Engine::totals`] for all of them.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// All counters, with those of rules, memory and unknown fields. Costs some microseconds, and one look at each batch
    /// and day of control totals that is held.
    pub fn totals(&self) -> Counters {
        let mut counters = self.counters.clone();
        let stats = self.detector.stats();
        for (rule, (count, last)) in
            self.bundle.rules.indicators.iter().zip(stats.evaluations.iter().zip(&stats.last_hit))
        {
            counters.evaluations.insert(rule.condition.id.clone(), *count);
            if let Some(last) = last {
                counters.last_hit.insert((rule.condition.id.clone(), "live"), *last);
            }
        }
        counters.field_missing = self.detector.field_missing();
        counters.list_rows_refused = stats.list_rows_refused;
        counters.searches = self.detector.searches();
        for (role, unknown) in &self.unknown {
            for (name, count) in unknown.iter() {
                counters.unknown_fields.insert((*role, name.to_owned()), count);
            }
        }
        counters.unconverted.clone_from(self.ledger.unconverted());
        let memory = self.ledger.bytes();
        counters.state_bytes = BTreeMap::from([
            ("rows", memory.rows as u64),
            ("entries", memory.entries as u64),
            ("texts", memory.texts as u64),
            ("parties", memory.parties as u64),
            ("past", memory.past as u64),
            ("hits", self.detector.bytes() as u64),
            ("totals", self.tallies.bytes() as u64),
        ]);
        counters.expired.insert("hits", stats.expired_hits);
        counters.control_totals = self.tallies.view();
        counters.payments_held = self.ledger.payments();
        counters.watermark_hold = self.watermarks.holder(self.now);
        counters
    }

    /// How many records were applied since the first start, and how many payments are held.
    pub fn extent(&self) -> (u64, u64) {
        (self.applied, self.ledger.payments())
    }

    /// No payment before this event time is expected any more; `None` until every partition that
    /// counts has delivered one.
    pub fn watermark(&self) -> Option<EventTime> {
        self.watermarks.watermark()
    }

    /// Timestamp of the newest record with a payment that was applied.
    pub const fn now(&self) -> EventTime {
        EventTime(self.now)
    }

    /// The hash chained over all inputs and effects so far (lower-case hex). Does not depend on
    /// where commits were made.
    pub fn chain(&self) -> String {
        self.chain.to_string()
    }
}

fn settings(config: &EngineConfig, bundle: &Bundle, mute_before: Option<EventTime>) -> Settings {
    Settings {
        task: config.task.clone(),
        bundle: bundle.sha256.clone(),
        mute_before,
        evidence_horizon: config.evidence_horizon,
    }
}
