//! The progress record: what a task has read, by which rules, and in which order.
//!
//! JSON, `schema` first. Reading is strict: a missing or mistyped field, a partition or digest that
//! is none, or another `schema` is an error with a text for the operator. Unknown fields are
//! ignored, so an older engine reads what a newer one of the same major wrote.
//!
//! The format, by example:
//! ```json
//! {"schema":"progress.v1","task":"palermo-0","engine":"0.1.0","seq":7,
//!  "started":{"positions":{"payments/0":0},"preload_ends":{"parties/0":20000},"warm_up_until_ms":null},
//!  "positions":{"payments/0":4100},"bundle":"<64 hex digits>","bundle_since":1,"chain":"<hex digits>",
//!  "watermark_ms":1788686700000,
//!  "fates":{"payments/0":{"processed":4000,"late":50,"duplicate":40,"dead_letter":10}},
//!  "undelivered":{"payments/0":3},
//!  "ticks":[{"partition":"payments/0","position":4100,"floor_ms":1788686700412}]}
//! ```
//! Times are milliseconds as integers: exact for every value, with no year that cannot be written.
//!
//! Where a task went on without records that were lost (`--accept-gap`), `started` names every such
//! gap; where there is none the field is not written, so such a record is as it always was:
//! ```json
//! "gaps":[{"base":6,"after_ms":1788686600000,"until_ms":1788690000000,"lost":{"payments/0":[3900,4200]}}]
//! ```
//! `configured` is the bundle that the configuration asked for when the task was last started; records of
//! engines that did not write it lack it. `bundle_before` is the one that was in force before this one.
//! Where a bundle waits for its activation, `scheduled` says so:
//! ```json
//! "configured":"<64 hex digits>","bundle_before":"<64 hex digits>","scheduled":{"bundle":"<64 hex digits>","not_before_ms":null}
//! ```

use crate::write::JsonWriter;
use palermo_domain::{EventTime, Partition, Position, TopicRole};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SCHEMA: &str = "progress.v1";

/// What a task had done when it committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Name of the task.
    pub task: String,
    /// Version of the engine that wrote it.
    pub engine: String,
    /// Number of the commit, from 1.
    pub seq: u64,
    /// Where the task began; anew where it went on after a gap.
    pub started: Started,
    /// The next offset to read of every input partition.
    pub positions: BTreeMap<Partition, Position>,
    /// SHA-256 of the bundle in force, 64 lower-case hex digits.
    pub bundle: String,
    /// The `seq` of the first commit under this bundle.
    pub bundle_since: u64,
    /// SHA-256 of the bundle that the configuration asked for at the last start; where another one is
    /// in force, operators have activated that.
    pub configured: Option<String>,
    /// SHA-256 of the bundle that was in force before, where there was one.
    pub bundle_before: Option<String>,
    /// What is to be in force next, and was not yet.
    pub scheduled: Option<Scheduled>,
    /// Hash chained over inputs and effects, lower-case hex digits.
    pub chain: String,
    /// The watermark, where there is one.
    pub watermark: Option<EventTime>,
    /// How many records met each fate since the start.
    pub fates: BTreeMap<Partition, FateCounts>,
    /// Offsets that were never delivered (control records, aborted records) since the start.
    pub undelivered: BTreeMap<Partition, u64>,
    /// Ticks since the last progress record, in the order they were applied.
    pub ticks: Vec<Tick>,
}

/// Where a task began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The first position of every input partition.
    pub positions: BTreeMap<Partition, Position>,
    /// Ends up to which `parties`, `lists` and `control` were read before any payment.
    pub preload_ends: BTreeMap<Partition, Position>,
    /// Findings decided before this are muted.
    pub warm_up_until: Option<EventTime>,
    /// What was lost and is gone on without, oldest first. Formats that hold it write it apart: one
    /// that does not describe itself could not tell an older text, which ends before it.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
}

/// A bundle whose activation was read and not yet made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// SHA-256 of the bundle, 64 lower-case hex digits.
    pub bundle: String,
    /// After the first payment whose record is at least so new; at once where it is not given.
    pub not_before: Option<EventTime>,
}

/// Records that were lost before they were read, or before a state that holds them was kept, and that a
/// person has accepted to go on without.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Number of the snapshot that the task went on from.
    pub base: u64,
    /// Watermark of that state: payments that were decided before it are known.
    pub after: Option<EventTime>,
    /// When it was accepted, by the clock of the machine; recorded once and never asked again.
    pub until: EventTime,
    /// The offsets that were passed over: from the first on, up to the second.
    pub lost: BTreeMap<Partition, (Position, Position)>,
}

/// Records of a partition by fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct FateCounts {
    /// Applied, not behind the watermark.
    pub processed: u64,
    /// Behind the watermark and applied.
    pub late: u64,
    /// The same payment once more.
    pub duplicate: u64,
    /// Published to the dead-letter topic.
    pub dead_letter: u64,
}

/// A partition at its end was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Which partition was passed.
    pub partition: Partition,
    /// Its next offset then.
    pub position: Position,
    /// Its later records count as no older than this record time.
    pub floor_ms: i64,
}

/// Why a progress record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// Not the JSON of a progress record.
    #[error("the progress record cannot be read")]
    Format(#[source] serde_json::Error),
    /// Written in another major version of the format.
    #[error(
        "the progress record has schema `{found}`, this engine reads `{SCHEMA}`: run the engine \
         version that wrote it, or a newer one"
    )]
    Schema {
        /// What it says it is.
        found: String,
    },
    /// A partition key is not `<topic>/<number>`.
    #[error("the progress record names `{key}`, which is no input partition")]
    Partition {
        /// What stands there.
        key: String,
    },
    /// A field that must be hex digits is not.
    #[error("`{field}` of the progress record is not lower-case hex digits of the right length")]
    Digest {
        /// Which.
        field: &'static str,
    },
}

/// Reads `payments/3`; no sign, no leading zero.
pub fn parse_partition(text: &str) -> Option<Partition> {
    let (role, index) = text.split_once('/')?;
    let plain = index == "0" || !index.starts_with(['0', '+', '-']);
    let index = index.parse().ok().filter(|_| plain)?;
    Some(Partition { role: TopicRole::parse(role)?, index })
}

impl Progress {
    /// The record's value. The same progress always gives the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        JsonWriter::new(&mut out).object(|json| {
            json.field("schema", SCHEMA);
            json.field("task", &self.task);
            json.field("engine", &self.engine);
            json.bare_field("seq", self.seq);
            json.key("started").object(|json| {
                numbers(json, "positions", &self.started.positions);
                numbers(json, "preload_ends", &self.started.preload_ends);
                time(json, "warm_up_until_ms", self.started.warm_up_until);
                if !self.started.gaps.is_empty() {
                    json.key("gaps").array(&self.started.gaps, gap);
                }
            });
            numbers(json, "positions", &self.positions);
            json.field("bundle", &self.bundle);
            json.bare_field("bundle_since", self.bundle_since);
            json.field_opt("configured", self.configured.as_deref());
            json.field_opt("bundle_before", self.bundle_before.as_deref());
            if let Some(scheduled) = &self.scheduled {
                json.key("scheduled").object(|json| {
                    json.field("bundle", &scheduled.bundle);
                    time(json, "not_before_ms", scheduled.not_before);
                });
            }
            json.field("chain", &self.chain);
            time(json, "watermark_ms", self.watermark);
            json.key("fates").object(|json| {
                for (partition, fates) in &self.fates {
                    json.key(&partition.to_string()).object(|json| counts(json, fates));
                }
            });
            numbers(json, "undelivered", &self.undelivered);
            json.key("ticks").array(&self.ticks, |json, tick| {
                json.object(|json| {
                    json.plain_field("partition", tick.partition);
                    json.bare_field("position", tick.position);
                    json.bare_field("floor_ms", tick.floor_ms);
                });
            });
        });
        out
    }

    /// Reads a record's value.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProgressError> {
        let named: Named = serde_json::from_slice(bytes).map_err(ProgressError::Format)?;
        if named.schema != SCHEMA {
            return Err(ProgressError::Schema { found: named.schema });
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(ProgressError::Format)?;
        let scheduled = wire.scheduled.map(|scheduled| Scheduled {
            bundle: scheduled.bundle,
            not_before: scheduled.not_before_ms.map(EventTime),
        });
        let bundles = [
            ("bundle", Some(&wire.bundle)),
            ("configured", wire.configured.as_ref()),
            ("bundle_before", wire.bundle_before.as_ref()),
            ("scheduled", scheduled.as_ref().map(|scheduled| &scheduled.bundle)),
        ];
        for (field, hash) in bundles {
            if hash.is_some_and(|hash| !is_sha256(hash)) {
                return Err(ProgressError::Digest { field });
            }
        }
        if wire.chain.is_empty() || wire.chain.len() > 128 || !is_hex(&wire.chain) {
            return Err(ProgressError::Digest { field: "chain" });
        }
        let ticks = wire.ticks.into_iter().map(|tick| {
            let partition = partition(tick.partition)?;
            Ok(Tick { partition, position: tick.position, floor_ms: tick.floor_ms })
        });
        Ok(Self {
            task: wire.task,
            engine: wire.engine,
            seq: wire.seq,
            started: started(wire.started)?,
            positions: keyed(wire.positions)?,
            bundle: wire.bundle,
            bundle_since: wire.bundle_since,
            configured: wire.configured,
            bundle_before: wire.bundle_before,
            scheduled,
            chain: wire.chain,
            watermark: wire.watermark_ms.map(EventTime),
            fates: keyed(wire.fates)?,
            undelivered: keyed(wire.undelivered)?,
            ticks: ticks.collect::<Result<_, _>>()?,
        })
    }
}

fn numbers(
    json: &mut JsonWriter<'_>,
    name: &str,
    numbers: &BTreeMap<Partition, impl std::fmt::Display>,
) {
    json.key(name).object(|json| {
        for (partition, number) in numbers {
            json.bare_field(&partition.to_string(), number);
        }
    });
}

fn time(json: &mut JsonWriter<'_>, name: &str, time: Option<EventTime>) {
    match time {
        Some(time) => json.bare_field(name, time.0),
        None => json.bare_field(name, "null"),
    }
}

fn gap(json: &mut JsonWriter<'_>, gap: &Gap) {
    json.object(|json| {
        json.bare_field("base", gap.base);
        time(json, "after_ms", gap.after);
        json.bare_field("until_ms", gap.until.0);
        json.key("lost").object(|json| {
            for (partition, (from, to)) in &gap.lost {
                json.bare_field(&partition.to_string(), format_args!("[{from},{to}]"));
            }
        });
    });
}

fn started(wire: WireStarted) -> Result<Started, ProgressError> {
    let gaps = wire.gaps.into_iter().map(|gap| {
        let (after, until) = (gap.after_ms.map(EventTime), EventTime(gap.until_ms));
        Ok(Gap { base: gap.base, after, until, lost: keyed(gap.lost)? })
    });
    Ok(Started {
        positions: keyed(wire.positions)?,
        preload_ends: keyed(wire.preload_ends)?,
        warm_up_until: wire.warm_up_until_ms.map(EventTime),
        gaps: gaps.collect::<Result<_, _>>()?,
    })
}

fn counts(json: &mut JsonWriter<'_>, fates: &FateCounts) {
    json.bare_field("processed", fates.processed);
    json.bare_field("late", fates.late);
    json.bare_field("duplicate", fates.duplicate);
    json.bare_field("dead_letter", fates.dead_letter);
}

/// Whether a text is a SHA-256 as hashes of bundles are written: 64 lower-case hex digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn partition(key: String) -> Result<Partition, ProgressError> {
    parse_partition(&key).ok_or(ProgressError::Partition { key })
}

fn keyed<T>(by_text: BTreeMap<String, T>) -> Result<BTreeMap<Partition, T>, ProgressError> {
    by_text.into_iter().map(|(key, value)| Ok((partition(key)?, value))).collect()
}

#[derive(Deserialize)]
struct Named {
    schema: String,
}

#[derive(Deserialize)]
struct Wire {
    task: String,
    engine: String,
    seq: u64,
    started: WireStarted,
    positions: BTreeMap<String, Position>,
    bundle: String,
    bundle_since: u64,
    #[serde(default)]
    configured: Option<String>,
    #[serde(default)]
    bundle_before: Option<String>,
    #[serde(default)]
    scheduled: Option<WireScheduled>,
    chain: String,
    // A present null is no time; a missing field is an error.
    #[serde(deserialize_with = "Option::deserialize")]
    watermark_ms: Option<i64>,
    fates: BTreeMap<String, FateCounts>,
    undelivered: BTreeMap<String, u64>,
    ticks: Vec<WireTick>,
}

#[derive(Deserialize)]
struct WireStarted {
    positions: BTreeMap<String, Position>,
    preload_ends: BTreeMap<String, Position>,
    #[serde(deserialize_with = "Option::deserialize")]
    warm_up_until_ms: Option<i64>,
    // Records of tasks without a gap do not have it.
    #[serde(default)]
    gaps: Vec<WireGap>,
}

#[derive(Deserialize)]
struct WireGap {
    base: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    after_ms: Option<i64>,
    until_ms: i64,
    lost: BTreeMap<String, (Position, Position)>,
}

#[derive(Deserialize)]
struct WireScheduled {
    bundle: String,
    #[serde(deserialize_with = "Option::deserialize")]
    not_before_ms: Option<i64>,
}

#[derive(Deserialize)]
struct WireTick {
    partition: String,
    position: Position,
    floor_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn full() -> Progress {
        let of = |role, index| Partition { role, index };
        let (payments, parties) = (of(TopicRole::Payments, 3), of(TopicRole::Parties, 0));
        Progress {
            task: "palermo-0".into(),
            engine: "0.1.0".into(),
            seq: 7,
            started: Started {
                positions: BTreeMap::from([(payments, 0), (parties, 5)]),
                preload_ends: BTreeMap::from([(parties, 20_000)]),
                warm_up_until: Some(EventTime(i64::MIN)),
                gaps: Vec::new(),
            },
            positions: BTreeMap::from([(payments, i64::MAX), (parties, 20_001)]),
            bundle: "0123456789abcdef".repeat(4),
            bundle_since: 1,
            configured: None,
            bundle_before: None,
            scheduled: None,
            chain: "00ff".into(),
            watermark: None,
            fates: BTreeMap::from([(
                payments,
                FateCounts { processed: u64::MAX, late: 2, duplicate: 3, dead_letter: 4 },
            )]),
            undelivered: BTreeMap::from([(payments, 3)]),
            ticks: vec![Tick { partition: payments, position: 9, floor_ms: -1 }],
        }
    }

    #[test]
    fn progress_survives_the_round_trip() {
        for progress in [full(), Progress { watermark: Some(EventTime(5)), ..full() }] {
            assert_eq!(Progress::decode(&progress.encode()).unwrap(), progress);
        }
        let newer = String::from_utf8(full().encode()).unwrap().replacen('{', "{\"new\":[1],", 1);
        assert_eq!(Progress::decode(newer.as_bytes()).unwrap(), full());
    }

    #[test]
    fn what_waits_survives_the_round_trip_and_is_not_written_where_nothing_does() {
        let mut with = full();
        with.configured = Some("ab".repeat(32));
        with.bundle_before = Some("ef".repeat(32));
        for not_before in [None, Some(EventTime(-7))] {
            with.scheduled = Some(Scheduled { bundle: "cd".repeat(32), not_before });
            assert_eq!(Progress::decode(&with.encode()).unwrap(), with);
        }
        let plain = String::from_utf8(full().encode()).unwrap();
        assert!(!plain.contains("configured") && !plain.contains("scheduled"));
        for (field, hash) in [("configured", "ab"), ("bundle_before", "ef"), ("scheduled", "cd")] {
            let text = String::from_utf8(with.encode()).unwrap();
            let bad = text.replace(&hash.repeat(32), &hash.repeat(31));
            let error = Progress::decode(bad.as_bytes()).unwrap_err();
            assert!(matches!(error, ProgressError::Digest { field: f } if f == field), "{error}");
        }
    }

    #[test]
    fn gaps_survive_the_round_trip_and_are_not_written_where_there_are_none() {
        let payments = Partition { role: TopicRole::Payments, index: 3 };
        let gap = |after| Gap {
            base: 6,
            after,
            until: EventTime(99),
            lost: BTreeMap::from([(payments, (5, i64::MAX))]),
        };
        let mut with = full();
        with.started.gaps = vec![gap(None), gap(Some(EventTime(-4)))];
        let text = String::from_utf8(with.encode()).unwrap();
        let part = r#""gaps":[{"base":6,"after_ms":null,"until_ms":99,"lost":{"payments/3":[5,"#;
        assert!(text.contains(part), "{text}");
        assert_eq!(Progress::decode(text.as_bytes()).unwrap(), with);
        assert!(!String::from_utf8(full().encode()).unwrap().contains("gaps"));
        let bad = text.replace("\"base\":6,", "");
        assert!(matches!(Progress::decode(bad.as_bytes()), Err(ProgressError::Format(_))));
    }

    #[test]
    fn what_is_no_progress_record_is_refused_with_a_text() {
        let good = String::from_utf8(full().encode()).unwrap();
        for (from, to, text) in [
            (
                "progress.v1",
                "progress.v2",
                "the progress record has schema `progress.v2`, this engine reads `progress.v1`: run the engine version that wrote it, or a newer one",
            ),
            (
                "\"payments/3\":0",
                "\"payment/3\":0",
                "the progress record names `payment/3`, which is no input partition",
            ),
            (
                "\"payments/3\":0",
                "\"payments/03\":0",
                "the progress record names `payments/03`, which is no input partition",
            ),
            (
                "\"payments/3\":0",
                "\"payments/-3\":0",
                "the progress record names `payments/-3`, which is no input partition",
            ),
            (
                "0123",
                "012G",
                "`bundle` of the progress record is not lower-case hex digits of the right length",
            ),
            (
                "00ff",
                "",
                "`chain` of the progress record is not lower-case hex digits of the right length",
            ),
            ("\"seq\":7", "\"seq\":-7", "the progress record cannot be read: invalid value"),
            ("\"seq\":7,", "", "the progress record cannot be read: missing field `seq`"),
            (
                "\"watermark_ms\":null,",
                "",
                "the progress record cannot be read: missing field `watermark_ms`",
            ),
            ("\"late\":2,", "", "the progress record cannot be read: missing field `late`"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            let error = Progress::decode(bad.as_bytes()).unwrap_err();
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let shown = format!("{error}{cause}");
            assert!(shown.starts_with(text), "{shown}");
        }
        assert!(matches!(Progress::decode(b""), Err(ProgressError::Format(_))));
    }
}
