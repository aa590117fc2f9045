//! What the tests drive: ledger and detector alone ([`Bank`]), and the whole engine ([`Run`]).

use palermo_codec::{Limits, encode_list_row, encode_party, encode_payment};
use palermo_detect::{Applied, Detector, Settings};
use palermo_domain::alert::Cause;
use palermo_domain::snapshot::Parts;
use palermo_domain::{
    Date, EventTime, Fate, IngestTime, ListRow, OutputTopic, Partition, Span, TopicRole,
};
use palermo_engine::port::{OutRecord, RecordRef};
use palermo_engine::snapshot::Freeze;
use palermo_engine::{Bundle, Engine, EngineConfig};
use palermo_lang::program::{IndicatorId, RuleSet};
use palermo_ledger::{Known, Ledger, Origin};
use palermo_testkit::Owned;
use palermo_testkit::scene::{Arrival, Disturbance, Draft, START, arrive, disturb, payments};
use palermo_testkit::world::World;
use proptest::test_runner::{Config, RngSeed};
use serde_json::Value;
use std::collections::BTreeMap;

/// So many cases, the same ones in every run. `PALERMO_ORACLE_SEED` draws others, and
/// `PALERMO_ORACLE_SCALE` so many times as many: for a night of looking.
pub fn cases(cases: u32) -> Config {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let scale = number("PALERMO_ORACLE_SCALE").and_then(|scale| u32::try_from(scale).ok());
    let seed = number("PALERMO_ORACLE_SEED").unwrap_or(20_260_302);
    Config {
        cases: cases.saturating_mul(scale.unwrap_or(1)),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Ledger and detector, without engine.
pub struct Bank {
    pub ledger: Ledger,
    pub detector: Detector,
    offset: i64,
}

impl Bank {
    pub fn new(rules: RuleSet, world: &World) -> Self {
        let mut ledger = Ledger::new(world.base);
        for row in rate_rows(world) {
            assert!(
                ledger.rates.set(&row.row, palermo_domain::parse_amount(&row.fields[0].1).ok())
            );
        }
        for party in &world.parties {
            ledger.apply_party(party);
        }
        let settings = Settings {
            task: "oracle".into(),
            bundle: String::new(),
            mute_before: None,
            evidence_horizon: Span::from_days(400),
        };
        let detector = Detector::new(rules, settings, &mut ledger);
        Self { ledger, detector, offset: 0 }
    }

    pub fn link(&mut self, payment: &Owned) {
        let origin = Origin {
            partition: payments_partition(0),
            offset: self.offset,
            ingest: IngestTime(payment.event_time.0),
        };
        self.offset += 1;
        let row = self.ledger.insert(payment, origin);
        let sets = self.detector.select(&self.ledger, row, payment.text.as_ref());
        self.ledger.link(row, sets[0], sets[1]);
        self.changed(row, Cause::OnTime);
    }

    pub fn unlink(&mut self, id: &str) {
        let Known::Seen(row) = self.ledger.find(id) else { panic!("{id} is not there") };
        self.ledger.unlink(row);
        self.changed(row, Cause::Reversal);
    }

    fn changed(&mut self, row: palermo_ledger::RowId, cause: Cause) {
        let applied = Applied { cause, watermark: None };
        self.detector.changed(&self.ledger, row, applied, &mut Vec::new());
    }

    pub fn hits(&self, indicator: usize, account: &str) -> Vec<EventTime> {
        let id = IndicatorId(u16::try_from(indicator).expect("few rules"));
        let Some(account) = self.ledger.find_account(account) else { return Vec::new() };
        self.detector.hit_times(id, account).to_vec()
    }
}

/// What judges documents by a published schema.
pub fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

pub fn payments_partition(index: i32) -> Partition {
    Partition { role: TopicRole::Payments, index }
}

fn rate_rows(world: &World) -> impl Iterator<Item = ListRow> + '_ {
    world.rates.iter().map(|(currency, day, rate)| ListRow {
        list: "fx".into(),
        row: format!("{currency}/{day}"),
        fields: vec![("per_base".into(), rate.to_string())],
        valid_from: Date(0),
        valid_to: None,
        source: "test".into(),
    })
}

pub fn config(lateness: Span, horizon: Span) -> EngineConfig {
    EngineConfig {
        task: "oracle".into(),
        base_currency: crate::rules::usd(),
        horizon,
        evidence_horizon: Span::from_days(200),
        lateness,
        idle_after: Span::from_days(2),
        limits: Limits::default(),
        memory_max_bytes: u64::MAX,
        version: "0.1.0".into(),
        topic_names: BTreeMap::new(),
    }
}

/// A record with its bytes.
#[derive(Clone, Debug)]
pub struct Record {
    pub partition: Partition,
    pub offset: i64,
    pub at: i64,
    pub value: Vec<u8>,
}

impl Record {
    pub fn as_ref(&self) -> RecordRef<'_> {
        RecordRef {
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.at,
            key: None,
            value: Some(&self.value),
            headers: 0,
        }
    }
}

/// Rates and parties first, then the payments as they arrive.
pub fn records(world: &World, arrivals: &[Arrival]) -> Vec<Record> {
    let mut offsets: BTreeMap<Partition, i64> = BTreeMap::new();
    let mut all = Vec::new();
    let mut push = |role, index, at, value| {
        let partition = Partition { role, index };
        let offset = offsets.entry(partition).or_default();
        all.push(Record { partition, offset: *offset, at, value });
        *offset += 1;
    };
    let long_ago = START.midnight().0 - 86_400_000 * 20;
    for row in rate_rows(world) {
        let mut value = Vec::new();
        encode_list_row(&row, &mut value);
        push(TopicRole::Lists, 0, long_ago, value);
    }
    for party in &world.parties {
        let mut value = Vec::new();
        encode_party(party, &mut value);
        push(TopicRole::Parties, 0, long_ago, value);
    }
    for arrival in arrivals {
        let mut value = Vec::new();
        encode_payment(&arrival.payment, &mut value);
        push(TopicRole::Payments, arrival.partition, arrival.at, value);
    }
    all
}

pub fn engine(config: &EngineConfig, rules: &RuleSet, partitions: i32) -> Engine {
    let bundle = Bundle { sha256: "f".repeat(64), rules: rules.clone() };
    let control = [TopicRole::Lists, TopicRole::Parties].map(|role| Partition { role, index: 0 });
    let start = (0..partitions).map(payments_partition).chain(control).map(|p| (p, 0)).collect();
    Engine::new(config.clone(), bundle, &start, None).expect("an engine")
}

/// The parts of a snapshot of it.
pub fn parts(engine: &Engine) -> Parts {
    let mut parts = Parts::default();
    engine.freeze().and_then(|frozen| frozen.write(&mut parts)).expect("a snapshot");
    parts
}

/// What a snapshot of it makes in another process.
pub fn read_back(config: &EngineConfig, rules: &RuleSet, parts: &Parts) -> Engine {
    let bundle = Bundle { sha256: "f".repeat(64), rules: rules.clone() };
    Engine::read(config.clone(), bundle, &mut parts.clone().rewound()).expect("an engine")
}

/// Two engines apply a record alike, and stand alike after it; gives its effects.
pub fn step_alike(
    one: &mut Engine,
    other: &mut Engine,
    record: &Record,
) -> Result<Vec<OutRecord>, proptest::test_runner::TestCaseError> {
    let (mut effects, mut others) = (Vec::new(), Vec::new());
    let fate = one.apply(record.as_ref(), &mut effects).expect("no stop");
    proptest::prop_assert_eq!(other.apply(record.as_ref(), &mut others).expect("no stop"), fate);
    let at = record.as_ref();
    proptest::prop_assert!(effects == others, "effects of {:?} differ", at);
    proptest::prop_assert_eq!(one.chain(), other.chain());
    proptest::prop_assert_eq!(one.positions(), other.positions());
    proptest::prop_assert_eq!(one.watermark(), other.watermark());
    Ok(effects)
}

/// What an engine did with records.
pub struct Run {
    pub engine: Engine,
    pub fates: Vec<Fate>,
    pub effects: Vec<OutRecord>,
}

/// Two thirds on, the engine is one that a snapshot was read into: every oracle judges that as well.
pub fn run(config: &EngineConfig, rules: &RuleSet, partitions: i32, records: &[Record]) -> Run {
    let mut engine = engine(config, rules, partitions);
    let mut effects = Vec::new();
    let mut fates = Vec::new();
    for (index, record) in records.iter().enumerate() {
        if index == records.len() * 2 / 3 {
            engine = read_back(config, rules, &parts(&engine));
        }
        fates.push(engine.apply(record.as_ref(), &mut effects).expect("no stop"));
    }
    Run { engine, fates, effects }
}

impl Run {
    /// The revisions of a topic, in order.
    pub fn revisions(&self, topic: OutputTopic) -> Vec<Value> {
        let of_topic = self.effects.iter().filter(|effect| effect.topic == topic);
        of_topic
            .map(|effect| {
                let value = effect.value.as_deref().expect("an alert has a value");
                serde_json::from_slice(value).expect("an alert is JSON")
            })
            .collect()
    }

    /// The last revision of each alert, without those that were taken back, leaving aside what
    /// depends on arrival.
    pub fn last(&self, topic: OutputTopic) -> BTreeMap<String, Value> {
        let mut last = BTreeMap::new();
        for revision in self.revisions(topic) {
            let id = text(&revision["data"]["alert_id"]);
            last.insert(id, revision);
        }
        last.retain(|_, revision| revision["data"]["action"] != "retracted");
        last.values_mut().for_each(without_arrival);
        last
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// DESIGN §8: "leaving aside revision number, cause, trigger, detection time and watermark", and
/// where the records stood in their partitions.
fn without_arrival(alert: &mut Value) {
    let envelope = alert.as_object_mut().expect("an object");
    envelope.remove("id");
    envelope.remove("type");
    let data = alert["data"].as_object_mut().expect("an object");
    for field in
        ["revision", "action", "cause", "final", "triggered_by", "detected_at", "watermark"]
    {
        data.remove(field);
    }
    remove_deep(alert, &["triggered_by", "detected_at", "watermark", "final", "input", "explain"]);
}

/// Fails with the first differing alert and fields, not with two whole documents.
pub fn same_alerts(
    got: &BTreeMap<String, Value>,
    expected: &BTreeMap<String, Value>,
    name: &str,
) -> Result<(), proptest::test_runner::TestCaseError> {
    let mut differences = Vec::new();
    for id in got.keys().chain(expected.keys()) {
        match (got.get(id), expected.get(id)) {
            (Some(a), Some(b)) => differ(a, b, id, &mut differences),
            (Some(a), None) => {
                differences.push(format!("{id} of {} is too much", a["data"]["typology"]))
            }
            (None, Some(b)) => {
                differences.push(format!("{id} of {} is missing", b["data"]["typology"]))
            }
            (None, None) => {}
        }
    }
    differences.truncate(12);
    proptest::prop_assert!(differences.is_empty(), "{}:\n{}", name, differences.join("\n"));
    Ok(())
}

fn differ(a: &Value, b: &Value, at: &str, out: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            for name in x.keys().chain(y.keys().filter(|name| !x.contains_key(*name))) {
                differ(&a[name], &b[name], &format!("{at}.{name}"), out);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            for (index, (x, y)) in x.iter().zip(y).enumerate() {
                differ(x, y, &format!("{at}[{index}]"), out);
            }
        }
        _ if a == b => {}
        _ => out.push(format!("{at}: {a} instead of {b}")),
    }
}

fn remove_deep(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            fields.values_mut().for_each(|inner| remove_deep(inner, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| remove_deep(inner, names)),
        _ => {}
    }
}

/// Payments with what disturbs them, as they arrive over two partitions, and the end.
pub fn disturbed(
    drafts: &[Draft],
    disturbances: &[Disturbance],
    delays: &[(u32, u8)],
    late: Span,
) -> Vec<Arrival> {
    let mut all = payments(drafts);
    disturb(&mut all, disturbances);
    with_end(arrive(&all, delays, late, 2), 2, 60)
}

/// Payments of nobody known, long after the others, so that every watermark passes everything.
pub fn with_end(mut arrivals: Vec<Arrival>, partitions: i32, days: i64) -> Vec<Arrival> {
    use palermo_testkit::scene::{blank, text};
    let at = Date(START.0).midnight().plus(Span::from_days(days));
    for round in 0..2 {
        for partition in 0..partitions {
            let mut payment = blank(format!("END{round}-{partition}"));
            payment.event_time = at;
            payment.currency = crate::rules::usd();
            // In no selection, so that the end makes no alerts of its own.
            payment.status = palermo_domain::Status::Rejected;
            payment.debtor.account = Some(text("BANK:X"));
            payment.creditor.account = Some(text("BANK:Y"));
            arrivals.push(Arrival { payment, at: at.0, partition });
        }
    }
    arrivals
}
