//! One rule set: its engine, what it told, and what it answers.

use crate::error::BacktestError;
use crate::input::{Batch, Item, JUMP_MAX};
use crate::play::OfRules;
use crate::reason;
use crate::reference::Silences;
use crate::told::Track;
use palermo_domain::{EventTime, Fate, OutputTopic, Partition, Span, TopicRole};
use palermo_engine::port::{OutRecord, RecordRef};
use palermo_engine::{Bundle, Engine, EngineConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Questions that are answered of one batch; of more only the last things are not known.
const QUESTIONS_MAX: usize = 256;

/// An alert that was told first: whoever did not tell it is asked why.
#[derive(Clone)]
pub(super) struct Question {
    id: String,
    typology: String,
    anchor: String,
    /// Event time that decided it.
    at: EventTime,
    /// When it was told.
    told_at: EventTime,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Done {
    /// Alerts that were told first.
    pub(super) news: Vec<Question>,
    /// Revisions, one a line.
    pub(super) lines: Vec<u8>,
    /// Pages of their evidence, one a line.
    pub(super) pages: Vec<u8>,
    /// How many alerts and held back findings are new.
    pub(super) told: u64,
}

/// A rule set.
pub(super) struct Side {
    engine: Engine,
    track: Track,
    reasons: BTreeMap<String, String>,
    files: Arc<Vec<PathBuf>>,
    /// Whether revisions are handed on.
    speaks: bool,
    effects: Vec<OutRecord>,
    hits: Option<Hits>,
    silences: Silences,
    skips_refused: bool,
    /// The newest payment so far: its time, file and line.
    newest: Option<(EventTime, usize, u64)>,
}

/// The accounts on which indicators held. The engine forgets them in time, so they are noted now and then.
#[derive(Default)]
struct Hits {
    on: BTreeMap<String, BTreeSet<String>>,
    /// Record time of the last noting, in milliseconds.
    noted_ms: i64,
}

/// Between two notings, of record time: far below the time that hits are kept.
const NOTING_EVERY: Span = Span::from_days(30);

/// A partition of an input topic; each has one.
const fn partition(role: TopicRole) -> Partition {
    Partition { role, index: 0 }
}

impl Side {
    pub(super) fn new(
        config: &EngineConfig,
        bundle: &Bundle,
        muted: Option<EventTime>,
        files: Arc<Vec<PathBuf>>,
        speaks: bool,
    ) -> Result<Self, BacktestError> {
        let roles = [TopicRole::Lists, TopicRole::Parties, TopicRole::Payments];
        let start = roles.map(|role| (partition(role), 0)).into();
        let engine = Engine::new(config.clone(), bundle.clone(), &start, muted)?;
        let (track, reasons, effects) = (Track::default(), BTreeMap::new(), Vec::new());
        Ok(Self {
            engine,
            track,
            reasons,
            files,
            speaks,
            effects,
            hits: None,
            silences: Silences::default(),
            skips_refused: false,
            newest: None,
        })
    }

    /// With the accounts on which each indicator holds.
    pub(super) fn noting_hits(self) -> Self {
        Self { hits: Some(Hits::default()), ..self }
    }

    /// Leaves out what the engine refuses, as it does live.
    pub(super) fn skipping_refused(self) -> Self {
        Self { skips_refused: true, ..self }
    }

    fn note_hits(&mut self, now_ms: i64) {
        let Some(hits) = &mut self.hits else { return };
        hits.noted_ms = now_ms;
        for indicator in &self.engine.bundle().rules.indicators {
            let id = &indicator.condition.id;
            let on = self.engine.accounts_hit(id);
            if !on.is_empty() {
                hits.on.entry(id.clone()).or_default().extend(on);
            }
        }
    }

    pub(super) fn apply(&mut self, batch: &Batch) -> Result<Done, BacktestError> {
        let mut done = Done::default();
        for item in &batch.items {
            let record = RecordRef {
                partition: partition(item.role),
                offset: item.offset,
                timestamp_ms: item.timestamp_ms,
                key: None,
                value: Some(batch.value(item)),
                headers: 0,
            };
            let track = &mut self.track;
            let mut news = Vec::new();
            let mut see = |alert: &palermo_domain::Alert| {
                if track.see(alert) {
                    news.push((
                        alert.held_back,
                        Question {
                            id: alert.alert_id.clone(),
                            typology: alert.typology.clone(),
                            anchor: alert.anchor.clone(),
                            at: alert.decided_at,
                            told_at: alert.detected_at,
                        },
                    ));
                }
            };
            let fate = self.engine.apply_seen(record, &mut self.effects, &mut see)?;
            if self.speaks {
                self.silences.look(self.engine.last_hits());
            }
            done.told = done.told.saturating_add(news.len() as u64);
            let published = news.into_iter().filter(|(held_back, _)| !held_back);
            done.news.extend(published.map(|(_, question)| question));
            if fate == Fate::DeadLetter {
                if !self.skips_refused {
                    return Err(self.refused(item));
                }
                self.effects.retain(|effect| effect.topic != OutputTopic::DeadLetter);
            } else if item.role == TopicRole::Payments
                && self.newest.is_none_or(|(time, ..)| time.0 < item.timestamp_ms)
            {
                self.newest = Some((EventTime(item.timestamp_ms), item.file, item.line));
            }
            for effect in self.effects.drain(..) {
                if let Some(value) = effect.value.filter(|_| self.speaks) {
                    let is_page = effect.topic == OutputTopic::Evidence;
                    let to = if is_page { &mut done.pages } else { &mut done.lines };
                    to.extend_from_slice(&value);
                    to.push(b'\n');
                }
            }
        }
        let now_ms = batch.items.last().map_or(0, |item| item.timestamp_ms);
        let due = |hits: &Hits| now_ms.saturating_sub(hits.noted_ms) >= NOTING_EVERY.as_millis();
        if self.hits.as_ref().is_some_and(due) {
            self.note_hits(now_ms);
        }
        Ok(done)
    }

    /// The newest payment before a row, and where it stands.
    fn newest_words(&self) -> String {
        let Some((time, file, line)) = self.newest else { return "the rows before it".to_owned() };
        let path = self.files.get(file).map(|path| path.display().to_string());
        format!("the payment of {time} in line {line} of `{}`", path.unwrap_or_default())
    }

    /// The engine sent a row to the dead letters: in a file it is an error.
    fn refused(&self, item: &Item) -> BacktestError {
        let letter = self.effects.iter().rev().find(|out| out.topic == OutputTopic::DeadLetter);
        let header = |name: &str| {
            let headers = letter.map(|letter| letter.headers.as_slice()).unwrap_or_default();
            let found = headers.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
        };
        let (reason, field) = (header("palermo-reason"), header("palermo-field"));
        let place = if field.is_empty() { String::new() } else { format!(" in `{field}`") };
        let help = match reason.as_str() {
            "conflict" => "; an earlier row has this id and other content".to_owned(),
            "time_range" if item.jumps => format!(
                "; it is dated more than {JUMP_MAX} after {}: mend its time, or play what is before such a \
                 gap and what is after it one by one",
                self.newest_words()
            ),
            "beyond_horizon" | "time_range" => format!(
                "; it is too far behind {}: that one is dated wrongly, or rows do not stand in order of \
                 `event_time`, parts in order of name (`payments-02`, not `payments-2`)",
                self.newest_words()
            ),
            _ => String::new(),
        };
        let path = self.files.get(item.file).cloned().unwrap_or_default();
        BacktestError::row(&path, item.line, format!("is refused: `{reason}`{place}{help}"))
    }

    /// Says why it did not tell what another one just told.
    pub(super) fn answer(&mut self, questions: &[Question]) {
        let is_open = |question: &&Question| {
            let own = self.track.get(&question.id, false);
            own.is_none_or(|own| own.at > question.told_at)
        };
        let open: Vec<&Question> = questions.iter().filter(is_open).collect();
        for question in open.iter().take(QUESTIONS_MAX) {
            let why = match self.track.get(&question.id, true) {
                Some(held) => {
                    // An exception is a person's words; only that there is one is said.
                    let by = held.held_back_by.iter().map(|by| match by.starts_with("exception") {
                        true => "a named exception",
                        false => by.as_str(),
                    });
                    format!("held back by {}", by.collect::<Vec<_>>().join(", "))
                }
                None => {
                    let Question { typology, anchor, at, .. } = question;
                    let why = self.engine.why_not(typology, anchor, Some(*at));
                    reason::first(typology, why.as_ref())
                }
            };
            self.reasons.insert(question.id.clone(), why);
        }
        for question in open.iter().skip(QUESTIONS_MAX) {
            let text = "not asked: too many differ at this moment";
            self.reasons.insert(question.id.clone(), text.to_owned());
        }
    }

    pub(super) fn end(mut self) -> OfRules {
        self.note_hits(0);
        let rules = self.engine.bundle().rules.indicators.iter();
        OfRules {
            silences: self.silences.by_rule(rules.map(|rule| rule.condition.id.as_str())),
            told: self.track.told(),
            reasons: self.reasons,
            counters: self.engine.totals(),
            chain: self.engine.chain(),
            held_on: self.hits.map(|hits| hits.on).unwrap_or_default(),
        }
    }
}
