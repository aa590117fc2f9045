//! What the simulation is made of: dice, a stand-in machine, a world that grows, and the oracle.

use super::*;
use crate::port::{Batch, Delivery, Log, RecordRef};
use crate::recovery::Positions;
use crate::snapshot::{Freeze, Head, MemorySnapshots, NoSnapshots, SnapshotStore};
use crate::{EngineConfig, Fates, ManualClock, MemoryLog};
use palermo_codec::{Activation, Gap, Limits, Progress};
use palermo_domain::snapshot::{self, Parts, Sink, SnapshotError, Source};
use palermo_domain::{Currency, Fate, Redacted, Span};
use palermo_lang::program::RuleSet;
use std::collections::BTreeSet;

/// Seeded chance (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    /// As `below`, for places.
    pub(super) fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap()
    }

    fn small(&mut self, n: u64) -> i64 {
        i64::try_from(self.below(n)).unwrap()
    }

    pub(super) fn delivering(&mut self) -> Delivering {
        Delivering { seed: Some(self.below(u64::MAX)), chunk_max: self.index(7) + 1 }
    }
}

/// A task with random bounds.
pub(super) fn config(dice: &mut Dice) -> TaskConfig {
    let engine = EngineConfig {
        task: TASK.into(),
        base_currency: Currency::try_new("EUR").unwrap(),
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        lateness: Span::ZERO,
        idle_after: Span::ZERO,
        limits: Limits::default(),
        memory_max_bytes: u64::MAX,
        version: "0".into(),
        topic_names: BTreeMap::new(),
    };
    TaskConfig {
        commit_every_ms: dice.below(150),
        commit_records_max: dice.index(20) + 1,
        commit_bytes_max: dice.index(500) + 1,
        hold_ms: 50,
        buffer_records_max: dice.index(9) + 1,
        buffer_bytes_max: dice.index(100) + 1,
        poll_records_max: dice.index(20) + 1,
        start: Some(StartAt::Earliest),
        snapshot_records_max: dice.below(40) + 1,
        snapshot_every_ms: if dice.below(3) == 0 { dice.below(500) } else { u64::MAX },
        ..TaskConfig::new(engine)
    }
}

/// The rule sets of the simulation.
pub(super) fn bundle(number: u64) -> Bundle {
    let rules = RuleSet {
        name: "sim".into(),
        version: number.to_string(),
        sha256: String::new(),
        indicators: Vec::new(),
        suppressors: Vec::new(),
        typologies: Vec::new(),
        selections: Vec::new(),
        lists: Vec::new(),
        modifiers: Vec::new(),
        suppressions: Vec::new(),
    };
    Bundle { sha256: format!("{number}").repeat(64)[..64].replace('0', "a"), rules }
}

pub(super) fn open<M: Machine>(
    log: &mut MemoryLog,
    clock: &ManualClock,
    config: TaskConfig,
    rules: u64,
) -> Result<Task<M>, TaskError> {
    open_on(log, clock, config, rules, Box::new(NoSnapshots))
}

pub(super) fn open_on<M: Machine>(
    log: &mut MemoryLog,
    clock: &ManualClock,
    config: TaskConfig,
    rules: u64,
    store: Box<dyn SnapshotStore>,
) -> Result<Task<M>, TaskError> {
    open_watched(log, clock, config, (rules, store), &mut |_| ControlFlow::Continue(()))
}

pub(super) fn open_watched<M: Machine>(
    log: &mut MemoryLog,
    clock: &ManualClock,
    config: TaskConfig,
    (rules, store): (u64, Box<dyn SnapshotStore>),
    watch: &mut dyn FnMut(&Stats) -> ControlFlow<()>,
) -> Result<Task<M>, TaskError> {
    let bundles = |hash: &str| (0..3).map(bundle).find(|bundle| bundle.sha256 == hash);
    Task::open_with(log, clock, config, Box::new(bundles), bundle(rules), store, watch)
}

/// An activation of what is kept under a hash.
pub(super) fn activation_of(hash: &str, not_before: Option<EventTime>) -> Activation {
    let words = || Redacted::new("sim".to_owned());
    Activation {
        bundle: hash.to_owned(),
        file: None,
        not_before,
        by: words(),
        approved_by: None,
        reason: words(),
    }
}

/// A record of `control`: rules that are known or not, at once or later.
fn activation(dice: &mut Dice, time: i64) -> String {
    let hash = match dice.below(4) {
        3 => "f".repeat(64),
        number => bundle(number).sha256,
    };
    let not_before = (dice.below(3) == 0).then(|| EventTime(time + dice.small(40) - 10));
    String::from_utf8(activation_of(&hash, not_before).encode()).unwrap()
}

/// A machine whose every output depends on everything before it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Fake {
    bundle: String,
    positions: Positions,
    fates: BTreeMap<Partition, Fates>,
    seen: BTreeSet<Vec<u8>>,
    chain: u64,
    highest: Option<EventTime>,
    pub(super) applied: u64,
    /// As the engine, it must be told.
    #[serde(skip)]
    gaps: usize,
}

impl Fake {
    fn mix(&mut self, bytes: &[u8]) {
        self.chain = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.chain);
    }

    fn emit(&mut self, topic: OutputTopic, word: &str, effects: &mut Vec<OutRecord>) {
        let gaps = "'".repeat(self.gaps);
        let value = format!("{word}{gaps} {} {:016x}", self.bundle.get(..2).unwrap(), self.chain);
        self.mix(value.as_bytes());
        effects.push(OutRecord {
            topic,
            key: Some(vec![b'k'; word.len()]),
            value: Some(value.into_bytes()),
            headers: vec![("h", b"v".to_vec())],
            timestamp_ms: self.highest.map(|time| time.0),
        });
    }
}

impl Machine for Fake {
    fn start(
        _: EngineConfig,
        bundle: Bundle,
        from: &Positions,
        _: Option<EventTime>,
    ) -> Result<Self, EngineStop> {
        Ok(Self {
            bundle: bundle.sha256,
            positions: from.clone(),
            fates: from.keys().map(|partition| (*partition, Fates::default())).collect(),
            seen: BTreeSet::new(),
            chain: 1,
            highest: None,
            applied: 0,
            gaps: 0,
        })
    }

    fn apply(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
    ) -> Result<Fate, EngineStop> {
        let position = self.positions.get_mut(&record.partition).unwrap();
        assert!(record.offset >= *position, "{record:?} after {position}");
        let gap = u64::try_from(record.offset - *position).unwrap();
        *position = record.offset + 1;
        let value = record.value.unwrap_or_default();
        self.mix(format!("{} {}", record.partition, record.offset).as_bytes());
        self.mix(value);
        self.highest = self.highest.max(Some(EventTime(record.timestamp_ms)));
        self.applied += 1;
        let fate = if value.starts_with(b"bad") {
            self.emit(OutputTopic::DeadLetter, "dead", effects);
            Fate::DeadLetter
        } else if self.seen.insert(value.to_vec()) {
            if self.chain.is_multiple_of(3) {
                self.emit(OutputTopic::Alerts, "created", effects);
            }
            if self.chain.is_multiple_of(2) {
                self.emit(OutputTopic::Alerts, "updated", effects);
            }
            Fate::Processed
        } else {
            Fate::Duplicate
        };
        let fates = self.fates.get_mut(&record.partition).unwrap();
        fates.undelivered += gap;
        fates.counts[fate as usize] += 1;
        Ok(fate)
    }

    fn freeze(&self) -> Result<Box<dyn Freeze>, SnapshotError> {
        Ok(Box::new(self.clone()))
    }

    fn read(
        _: EngineConfig,
        bundle: Bundle,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError> {
        let fake: Self = snapshot::take(source, "fake")?;
        source.ends()?;
        assert_eq!(fake.bundle, bundle.sha256, "another bundle than that of the head");
        Ok(fake)
    }

    fn know_gaps(&mut self, gaps: &[Gap]) {
        self.gaps = gaps.len();
    }

    fn go_on(&mut self, started: &Started) {
        self.positions.clone_from(&started.positions);
        self.fates.values_mut().for_each(|fates| *fates = Fates::default());
        self.gaps = started.gaps.len();
        self.mix(format!("{started:?}").as_bytes());
    }

    fn extent(&self) -> (u64, u64) {
        (self.applied, self.seen.len() as u64)
    }

    fn activate(&mut self, bundle: Bundle, effects: &mut Vec<OutRecord>) -> Result<(), EngineStop> {
        self.bundle = bundle.sha256;
        self.emit(OutputTopic::Alerts, "closed", effects);
        Ok(())
    }

    fn bundle_sha256(&self) -> &str {
        &self.bundle
    }

    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn fates(&self) -> &BTreeMap<Partition, Fates> {
        &self.fates
    }

    fn now(&self) -> EventTime {
        self.highest.unwrap_or(EventTime(i64::MIN))
    }

    fn watermark(&self) -> Option<EventTime> {
        self.highest
    }

    fn chain(&self) -> String {
        format!("{:016x}", self.chain)
    }
}

impl Freeze for Fake {
    fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "fake", self)
    }
}

/// One thing that happens upstream.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Record(Partition, i64, Vec<u8>),
    Skip(Partition, u64),
    Hold(Partition),
    Release(Partition),
}

/// A broker and a disk, and what is still to happen to them.
pub(super) struct World {
    pub(super) broker: MemoryBroker,
    pub(super) snapshots: MemorySnapshots,
    pub(super) spoiled: Spoiled,
    rest: Vec<Event>,
}

/// What is left of a damaged snapshot.
const DAMAGED: &[u8] = &[1, 2, 3];

/// What happened to snapshots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spoiled {
    /// Starts from a snapshot, and from nothing.
    pub(super) restored: u32,
    from_nothing: u32,
    lost: u32,
    damaged: u32,
    refused: u64,
    pub(super) cut: u32,
}

impl Spoiled {
    pub(super) fn add(&mut self, other: &Self) {
        self.restored += other.restored;
        self.from_nothing += other.from_nothing;
        self.lost += other.lost;
        self.damaged += other.damaged;
        self.refused += other.refused;
        self.cut += other.cut;
    }

    /// Everything that can happen to one did happen.
    pub(super) fn check(&self) {
        let Self { restored, from_nothing, lost, damaged, refused, .. } = *self;
        assert!(restored > 200 && from_nothing > 50, "{self:?}");
        assert!(lost > 20 && damaged > 20 && refused > 5, "{self:?}");
    }
}

impl World {
    /// A random history upstream: records, duplicates, bad ones, control records, transactions.
    pub(super) fn records(dice: &mut Dice) -> Vec<Event> {
        let parties = Partition { role: TopicRole::Parties, index: 0 };
        let lists = Partition { role: TopicRole::Lists, index: 0 };
        let control = Partition { role: TopicRole::Control, index: 0 };
        let all = [payments(0), payments(1), payments(2), parties, lists, control];
        let mut events = Vec::new();
        let mut time = 1000;
        for n in 0..20 + dice.below(60) {
            let partition = all[dice.index(all.len())];
            time += dice.small(9);
            let value = match dice.below(8) {
                0 => format!("bad {n}"),
                1 => "again".to_owned(),
                _ if partition.role == TopicRole::Control => activation(dice, time),
                _ => format!("{n}"),
            };
            let late = dice.small(20);
            events.push(match dice.below(12) {
                0 => Event::Skip(partition, dice.below(3) + 1),
                1 => Event::Hold(partition),
                2 => Event::Release(partition),
                _ => Event::Record(partition, time - late, value.into_bytes()),
            });
        }
        events.extend(all.map(Event::Release));
        events.reverse();
        events
    }

    /// A history of payments for the real engine: good, late, repeated, conflicting, unreadable.
    pub(super) fn payments(dice: &mut Dice) -> Vec<Event> {
        let mut events = Vec::new();
        for n in 0..60 {
            let partition = payments(dice.small(3).try_into().unwrap());
            let second = n / 2;
            let day = if dice.below(10) == 0 { 5 } else { 6 };
            let again = dice.below(6) == 0;
            let (id, second, day) = if again { (1, 0, 6) } else { (n, second, day) };
            let amount =
                if dice.below(9) == 0 { "1e3".into() } else { format!("{}.00", n % 7 + 1) };
            let payment = format!(
                "{{\"schema\":\"payment.v1\",\"payment_id\":\"p-{id}\",\
                 \"event_time\":\"2026-09-0{day}T09:25:{second:02}Z\",\"kind\":\"transfer\",\
                 \"rail\":\"sct_inst\",\"channel\":\"online\",\"amount\":\"{amount}\",\
                 \"currency\":\"EUR\",\"debtor\":{{\"account\":\"B:1\"}},\
                 \"creditor\":{{\"account\":\"B:2\"}}}}"
            );
            let time = 1_788_686_700_000 + 1000 * second + dice.small(20);
            events.push(Event::Record(partition, time, payment.into_bytes()));
            if dice.below(9) == 0 {
                events.push(Event::Skip(partition, 2));
            }
        }
        events.reverse();
        events
    }

    fn empty(events: &[Event]) -> Self {
        let partitions = events.iter().map(|event| match event {
            Event::Record(partition, ..)
            | Event::Skip(partition, _)
            | Event::Hold(partition)
            | Event::Release(partition) => *partition,
        });
        Self {
            broker: MemoryBroker::new(partitions),
            snapshots: MemorySnapshots::default(),
            spoiled: Spoiled::default(),
            rest: events.to_vec(),
        }
    }

    pub(super) fn note_restored(&mut self, stats: &Stats) {
        let begun = [&mut self.spoiled.from_nothing, &mut self.spoiled.restored];
        let [nothing, snapshot] = begun;
        *(if stats.restored_from.is_some() { snapshot } else { nothing }) += 1;
        self.spoiled.refused += stats.snapshots_refused;
    }

    /// What may happen to a disk while nobody runs, and, where `cut`, to topics behind the oldest
    /// snapshot. One that can be read is left where no other way back is.
    pub(super) fn spoil(&mut self, dice: &mut Dice, cut: bool) {
        let Self { broker, snapshots, spoiled, .. } = self;
        snapshots.change(&mut |kept| {
            let damaged = |(_, parts): &(Head, Parts)| parts.bytes() == DAMAGED.len();
            let spare = spoiled.cut == 0 || kept.values().filter(|one| !damaged(one)).count() > 1;
            match dice.below(6) {
                0 if spare => spoiled.lost += u32::from(kept.pop_last().is_some()),
                1 if spare => {
                    if let Some(mut newest) = kept.last_entry() {
                        let mut parts = Parts::default();
                        Sink::part(&mut parts, "fake", DAMAGED).unwrap();
                        newest.get_mut().1 = parts;
                        spoiled.damaged += 1;
                    }
                }
                2 if cut && !kept.values().any(damaged) => {
                    if let Some((head, _)) = kept.values().next() {
                        let from = head.positions.iter();
                        from.for_each(|(p, position)| broker.truncate(*p, *position));
                        spoiled.cut += 1;
                    }
                }
                _ => {}
            }
        });
    }

    /// Everything has happened before the first start.
    pub(super) fn complete(events: &[Event]) -> Self {
        let mut world = Self::empty(events);
        while world.left() > 0 {
            world.step();
        }
        world
    }

    /// Some of it has happened.
    pub(super) fn growing(events: &[Event], dice: &mut Dice) -> Self {
        let mut world = Self::empty(events);
        (0..dice.below(20)).for_each(|_| world.step());
        world
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn grow(&mut self, dice: &mut Dice) {
        (0..dice.below(4)).for_each(|_| self.step());
    }

    fn step(&mut self) {
        match self.rest.pop() {
            Some(Event::Record(partition, time, value)) => {
                self.broker.produce(partition, time, Some(b"key"), Some(&value));
            }
            Some(Event::Skip(partition, offsets)) => self.broker.skip(partition, offsets),
            Some(Event::Hold(partition)) => self.broker.hold_stable(partition),
            Some(Event::Release(partition)) => self.broker.release_stable(partition),
            None => {}
        }
    }

    /// All records that a reader may see, as (partition, offset, timestamp, value).
    pub(super) fn visible(&self) -> Vec<(Partition, i64, i64, Vec<u8>)> {
        let mut log = self.broker.log("reader", Delivering::default());
        log.fence(&mut |_| ControlFlow::Continue(())).unwrap();
        let from = self.broker.extents().into_iter().map(|(p, extent)| (p, extent.start));
        log.subscribe(&from.collect()).unwrap();
        let mut all = Vec::new();
        let mut take = |delivery: Delivery<'_>| {
            if let Delivery::Record(record) = delivery {
                let value = record.value.unwrap().to_vec();
                all.push((record.partition, record.offset, record.timestamp_ms, value));
            }
        };
        while log.poll(Duration::ZERO, 1000, &mut take).unwrap() > 0 {}
        all
    }

    /// Whether the task has applied everything that is there.
    pub(super) fn applied<M: Machine>(&self, task: &Task<M>) -> bool {
        let mut last = BTreeMap::new();
        for (partition, offset, ..) in self.visible() {
            last.insert(partition, offset + 1);
        }
        let positions = Machine::positions(task.machine());
        last.iter().all(|(partition, position)| positions[partition] == *position)
    }
}

/// Everything published except progress, in order of publication.
pub(super) fn outputs(broker: &MemoryBroker) -> Vec<OutRecord> {
    [OutputTopic::Alerts, OutputTopic::DeadLetter]
        .into_iter()
        .flat_map(|topic| outputs_of(broker, topic))
        .collect()
}

pub(super) fn outputs_of(broker: &MemoryBroker, topic: OutputTopic) -> Vec<OutRecord> {
    broker.published(topic).into_iter().map(|published| published.record).collect()
}

pub(super) fn last_progress(broker: &MemoryBroker) -> Progress {
    let last = broker.published(OutputTopic::Progress).pop().unwrap().record;
    progress::read(&last.value.unwrap()).unwrap()
}

/// Publishes one more progress record, altered, as if it were the last.
pub(super) fn progress_with(broker: &MemoryBroker, alter: fn(&mut Progress)) {
    let last = broker.published(OutputTopic::Progress).pop().unwrap().record;
    let mut progress = progress::read(last.value.as_ref().unwrap()).unwrap();
    let positions = progress.positions.clone();
    progress.seq += 1;
    alter(&mut progress);
    let mut log = broker.log(TASK, Delivering::default());
    log.fence(&mut |_| ControlFlow::Continue(())).unwrap();
    let records = vec![OutRecord { value: Some(progress.encode()), ..last }];
    log.commit(&Batch { records, positions }).unwrap();
}

/// What a run without tasks, logs and mergers publishes.
pub(super) struct Pure {
    pub(super) outputs: Vec<OutRecord>,
    pub(super) ticks: usize,
    pub(super) rule_changes: usize,
}

/// Sorts everything by the definition of the order and applies it; rules change where the progress
/// records say.
pub(super) fn oracle(world: &World) -> Pure {
    let records = world.broker.published(OutputTopic::Progress).into_iter();
    let history: Vec<Progress> =
        records.map(|record| progress::read(&record.record.value.unwrap()).unwrap()).collect();
    let ticks: Vec<Tick> = history.iter().flat_map(|progress| progress.ticks.clone()).collect();
    let started = &history[0].started;
    let mut order = Vec::new();
    let mut running: BTreeMap<Partition, i64> = BTreeMap::new();
    for (partition, offset, timestamp, value) in world.visible() {
        let mine = ticks.iter().filter(|t| t.partition == partition && t.position <= offset);
        let floor = mine.map(|tick| tick.floor_ms).max().unwrap_or(i64::MIN);
        let time = running.entry(partition).or_insert(i64::MIN);
        *time = timestamp.max(floor).max(*time);
        let late = started.preload_ends.get(&partition).is_none_or(|end| offset >= *end);
        order.push((late, *time, partition, offset, timestamp, value));
    }
    order.sort();
    let of = |hash: &str| (0..3).map(bundle).find(|bundle| bundle.sha256 == hash).unwrap();
    let mut fake =
        Fake::start(config(&mut Dice(0)).engine, of(&history[0].bundle), &started.positions, None)
            .unwrap();
    let mut changes: Vec<_> = history
        .windows(2)
        .filter(|pair| pair[0].bundle_since != pair[1].bundle_since)
        .map(|pair| (pair[0].positions.clone(), pair[1].bundle.clone()))
        .collect();
    let rule_changes = changes.len();
    changes.reverse();
    let mut outputs = Vec::new();
    let mut change = |fake: &mut Fake, outputs: &mut Vec<OutRecord>| {
        while changes.last().is_some_and(|(at, _)| at == Machine::positions(fake)) {
            let (_, hash) = changes.pop().unwrap();
            fake.activate(of(&hash), outputs).unwrap();
        }
    };
    for (_, _, partition, offset, timestamp_ms, value) in &order {
        change(&mut fake, &mut outputs);
        let (partition, offset, timestamp_ms) = (*partition, *offset, *timestamp_ms);
        let (key, value) = (Some(&b"key"[..]), Some(value.as_slice()));
        let record = RecordRef { partition, offset, timestamp_ms, key, value, headers: 0 };
        fake.apply(record, &mut outputs).unwrap();
    }
    change(&mut fake, &mut outputs);
    outputs.sort_by_key(|record| record.topic);
    Pure { outputs, ticks: ticks.len(), rule_changes }
}
