//! Canaries are found like any other network and change nothing about what is real.
//!
//! The same real month is played twice: alone, and with canaries of many typologies in between, on the
//! same offsets. Sees: a canary that moves the watermark or the record time, joins a window, a subject, a
//! group or a path of real accounts, counts as late, or hides that a rule is silent; one that is not found
//! or not counted; one that a snapshot forgets. Does not see what Kafka does with them.

use crate::harness::{Record, parts, payments_partition};
use palermo_codec::{encode_list_row, encode_party, encode_payment};
use palermo_domain::alert::Mode;
use palermo_domain::{Date, EventTime, ListRow, OutputTopic, Partition, Redacted, TopicRole};
use palermo_engine::port::{OutRecord, RecordRef};
use palermo_engine::{Bundle, Canary, Counters, Engine};
use palermo_runtime::{BundleFiles, Config, ConfigOverrides, NotPlanted, Planter, read_rules};
use palermo_synth::{Config as WorldConfig, Planted, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PARTITIONS: i32 = 3;

fn setup() -> (Config, Bundle, Planter) {
    let folder = palermo_tests::root().join("rules");
    let text = "base_currency: USD\nrules: {unsigned: accept}\n";
    let config = Config::parse(text, "f", &ConfigOverrides::default()).expect("a configuration");
    let rules = read_rules(&folder, "rules", false).expect("the shipped rules");
    let files = BundleFiles::new(&palermo_lang::Sources::new(rules), &config);
    let rules = files.compile().expect("they compile").rules;
    let planter = Planter::new(&config, &folder, true).expect("a planter");
    (config, Bundle { sha256: files.sha256(), rules }, planter)
}

/// A record, with what a tombstone needs.
struct Read {
    record: Record,
    /// The party that it ends.
    ends: Option<Vec<u8>>,
    canary: bool,
}

impl Read {
    fn as_ref(&self) -> RecordRef<'_> {
        let record = self.record.as_ref();
        match &self.ends {
            Some(key) => RecordRef { key: Some(key), value: None, ..record },
            None => record,
        }
    }
}

/// Everything that is read, in order.
struct Stream {
    records: Vec<Read>,
    next: BTreeMap<Partition, i64>,
}

impl Stream {
    fn push(&mut self, partition: Partition, at: EventTime, canary: bool, value: Vec<u8>) {
        let offset = self.next.entry(partition).or_default();
        let record = Record { partition, offset: *offset, at: at.0, value };
        self.records.push(Read { record, ends: None, canary });
        *offset += 1;
    }

    fn end(&mut self, party: &palermo_domain::Party, at: EventTime) {
        let partition = Partition { role: TopicRole::Parties, index: 0 };
        self.push(partition, at, true, Vec::new());
        let ends = Some(party.party.expose().clone().into_bytes());
        self.records.last_mut().expect("one was pushed").ends = ends;
    }

    fn rate(&mut self, currency: &str, day: Date) {
        let row = ListRow {
            list: "fx".to_owned(),
            row: format!("{currency}/{day}"),
            fields: vec![("per_base".to_owned(), "1".to_owned())],
            valid_from: day,
            valid_to: None,
            source: "test".to_owned(),
        };
        let mut value = Vec::new();
        encode_list_row(&row, &mut value);
        self.push(Partition { role: TopicRole::Lists, index: 0 }, EventTime(0), false, value);
    }

    fn party(&mut self, party: &palermo_domain::Party, at: EventTime, canary: bool) {
        let mut value = Vec::new();
        encode_party(party, &mut value);
        self.push(Partition { role: TopicRole::Parties, index: 0 }, at, canary, value);
    }

    fn payment(&mut self, payment: &palermo_domain::Payment<'_>, at: EventTime, canary: bool) {
        let mut value = Vec::new();
        encode_payment(payment, &mut value);
        let digits = payment.payment_id.expose().bytes().map(i32::from).sum::<i32>();
        self.push(payments_partition(digits % PARTITIONS), at, canary, value);
    }
}

/// A month with planted networks; every two days another typology is planted as a canary.
fn month(planter: &Planter) -> (Stream, BTreeSet<String>) {
    let world = World::new(&WorldConfig {
        accounts: 250,
        planted: Planted::demo(1),
        ..WorldConfig::default()
    })
    .expect("a world");
    let mut stream = Stream { records: Vec::new(), next: BTreeMap::new() };
    // What is paid in another currency is compared at a rate; here one for one.
    let first = Date::parse("2025-12-01").expect("a day");
    for currency in ["AUD", "CAD", "EUR", "GBP"] {
        (0..150).step_by(5).for_each(|days| stream.rate(currency, Date(first.0 + days)));
    }
    for party in world.parties() {
        stream.party(&party, party.as_of, false);
    }
    let typologies: Vec<String> = planter.typologies().map(str::to_owned).collect();
    let (mut turn, mut due) = (typologies.iter().cycle(), None::<EventTime>);
    let (mut planted, mut before) = (BTreeSet::new(), Vec::new());
    for payment in world.payments() {
        let now = payment.event_time;
        // A canary is sent some seconds ahead of what is real, or behind it.
        let skew = if planted.len() % 2 == 0 { 7_000 } else { -7_000 };
        if due.is_none_or(|due| now >= due) {
            due = Some(EventTime(now.0 + 30 * 3_600_000));
            let typology = turn.next().expect("a circle");
            if let Ok(round) = planter.plant(typology, now) {
                let at = EventTime(now.0 + skew);
                before.iter().for_each(|party| stream.end(party, at));
                before.clone_from(&round.parties);
                round.parties.iter().for_each(|party| stream.party(party, at, true));
                round.payments.iter().for_each(|payment| stream.payment(payment, at, true));
                // The clock of whoever sends it is ahead of what is real in that partition.
                let mut ahead = round.payments.last().expect("payments").clone();
                ahead.payment_id = Redacted::new(format!("{}ahead", round.prefix).into());
                ahead.event_time = EventTime(at.0 + 4 * 60_000);
                stream.payment(&ahead, at, true);
                planted.insert(typology.clone());
            }
        }
        stream.payment(&payment, now, false);
    }
    (stream, planted)
}

struct Played {
    engine: Engine,
    effects: Vec<OutRecord>,
    /// Watermark and record time reached, after each real record.
    times: Vec<(Option<EventTime>, EventTime)>,
}

/// What an engine does with those records that `takes`; half way it is one that a snapshot was read into.
fn play(
    setup: &(Config, Bundle, Planter),
    stream: &Stream,
    takes: impl Fn(bool) -> bool,
) -> Played {
    let (config, bundle, _) = setup;
    let roles = [TopicRole::Lists, TopicRole::Parties].map(|role| Partition { role, index: 0 });
    let start = (0..PARTITIONS).map(payments_partition).chain(roles).map(|p| (p, 0)).collect();
    let mut engine = Engine::new(config.engine(), bundle.clone(), &start, None).expect("an engine");
    let (mut effects, mut times) = (Vec::new(), Vec::new());
    for (index, read) in stream.records.iter().enumerate() {
        if index == stream.records.len() / 2 {
            let mut parts = parts(&engine).rewound();
            engine = Engine::read(config.engine(), bundle.clone(), &mut parts).expect("read back");
        }
        if takes(read.canary) {
            engine.apply(read.as_ref(), &mut effects).expect("no stop");
        }
        if !read.canary {
            times.push((engine.watermark(), engine.now()));
        }
    }
    Played { engine, effects, times }
}

fn is_about_canary(effect: &OutRecord) -> bool {
    let value = effect.value.as_deref().unwrap_or_default();
    let document: Value = serde_json::from_slice(value).expect("JSON");
    let canary = document["data"]["mode"] == "canary";
    if canary {
        // A page belongs to an alert, and names its topic.
        let page = effect.topic == OutputTopic::Evidence && document["data"]["topic"] == "shadow";
        let hidden = effect.topic == OutputTopic::Shadow || page;
        assert!(hidden, "an analyst would see it: {document}");
    }
    let named = String::from_utf8_lossy(value).contains("CANARY:");
    assert_eq!(named, canary, "what is planted and what is real in one alert: {document}");
    canary
}

/// What must be the same: everything but fates and evaluations, which are counted by record.
fn real(counters: &Counters) -> Counters {
    let mut counters = counters.clone();
    counters.alerts.retain(|(_, _, mode, _), _| *mode != Mode::Canary);
    counters.canaries.clear();
    counters.fates.clear();
    counters.evaluations.clear();
    counters.field_missing.clear();
    counters.searches.clear();
    counters.state_bytes.clear();
    counters.expired.clear();
    counters.payments_held = 0;
    counters
}

#[test]
fn they_are_found_and_change_nothing_real() {
    let setup = setup();
    let (stream, planted) = month(&setup.2);
    let Played { engine: alone, effects: expected, times } =
        play(&setup, &stream, |canary| !canary);
    let Played { engine: beside, effects, times: got_times } = play(&setup, &stream, |_| true);
    let (canaries, got): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_about_canary);
    assert!(expected.len() > 3 && canaries.len() >= planted.len(), "{} found", canaries.len());
    assert_eq!(got.len(), expected.len(), "alerts about what is real");
    for (got, expected) in got.iter().zip(&expected) {
        assert!(got == expected, "an alert about what is real differs");
    }
    assert!(got_times == times, "a canary moves time for what is real");
    let (one, other) = (real(&beside.totals()), real(&alone.totals()));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let late = |engine: &Engine| engine.counters().fates.values().map(|f| f.counts[1]).sum::<u64>();
    assert_eq!(late(&beside), late(&alone), "a canary is never late");
    let found = &beside.counters().canaries;
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), planted);
    assert!(planted.len() >= 15, "{planted:?}");
    for (typology, Canary { injected, detected }) in found {
        assert_eq!(*detected, Some(*injected), "{typology} was planted and not found");
    }
    // In the suppressed topic nothing of it stands either.
    assert!(!canaries.iter().any(|effect| effect.topic == OutputTopic::Suppressed));
}

/// Every field of a real payment and party that names the range sends it to the dead letters, and nothing
/// else of it happens.
#[test]
fn what_joins_both_is_refused() {
    let setup = setup();
    let now = EventTime::parse("2026-03-20T12:00:00Z").expect("a time");
    let mut round = setup.2.plant("CT-14", now).expect("a canary");
    round.payments[0].debtor.account = Some(Redacted::new("BANK:REAL".into()));
    round.parties[0].party = Redacted::new("CUS-REAL".to_owned());
    let mut stream = Stream { records: Vec::new(), next: BTreeMap::new() };
    stream.party(&round.parties[0], now, true);
    stream.payment(&round.payments[0], now, true);
    let Played { engine, effects, .. } = play(&setup, &stream, |_| true);
    assert_eq!(effects.len(), 2);
    for effect in &effects {
        assert_eq!(effect.topic, OutputTopic::DeadLetter);
        let reason = effect.headers.iter().find(|(name, _)| *name == "palermo-reason");
        assert_eq!(reason.expect("a reason").1, b"canary_mixed");
    }
    assert_eq!(engine.counters().canaries.len(), 0);
    assert_eq!(engine.extent().1, 0, "no payment is held");
}

#[test]
fn what_cannot_be_planted_says_why() {
    let (_, _, planter) = setup();
    let now = EventTime::parse("2026-11-30T12:00:00Z").expect("a time");
    let why = |typology| planter.plant(typology, now).err();
    assert_eq!(why("CT-14"), None);
    assert_eq!(why("CT-24"), Some(NotPlanted::BeyondHorizon));
    assert_eq!(why("CT-99"), Some(NotPlanted::NoTest));
}

/// On a first start findings of before are muted (`--warm-up-until`); what is planted lies before as well.
#[test]
fn a_canary_is_told_while_the_past_is_muted() {
    let (config, bundle, planter) = setup();
    let now = EventTime::parse("2026-03-20T12:00:00Z").expect("a time");
    let round = planter.plant("CT-14", now).expect("a canary");
    let mut stream = Stream { records: Vec::new(), next: BTreeMap::new() };
    round.parties.iter().for_each(|party| stream.party(party, now, true));
    round.payments.iter().for_each(|payment| stream.payment(payment, now, true));
    let start = stream.next.keys().map(|partition| (*partition, 0)).collect();
    let muted = Some(EventTime(now.0 + 1));
    let mut engine = Engine::new(config.engine(), bundle, &start, muted).expect("an engine");
    let mut effects = Vec::new();
    for read in &stream.records {
        engine.apply(read.as_ref(), &mut effects).expect("no stop");
    }
    assert_eq!(engine.counters().canaries["CT-14"].detected, Some(now));
    assert!(!effects.is_empty() && effects.iter().all(is_about_canary));
}
