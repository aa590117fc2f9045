//! The order of reading against its definition.
//!
//! The oracle collects everything and sorts it. What each test can see: `complete_topics` a
//! dependence on delivery, buffers or time; `live_and_replayed` a tick that is missing, wrong or
//! applied at the wrong position, in one go and over a crash; `slow_is_waited_for` a record that
//! passes a partition whose end was not reported or not held; the tables below the exact floors,
//! pauses and phases.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

use super::*;
use proptest::prelude::*;

const HOLD_MS: u64 = 50;

fn partition(role: TopicRole, index: i32) -> Partition {
    Partition { role, index }
}

fn payments(index: i32) -> Partition {
    partition(TopicRole::Payments, index)
}

/// A partition, its offsets and timestamps, and how many are there at the first start.
type Source = (Partition, Vec<(i64, i64)>, usize);

#[derive(Clone, Debug)]
struct World {
    lanes: Vec<Source>,
}

type Id = (Partition, i64);

impl World {
    fn from(&self) -> BTreeMap<Partition, Position> {
        self.lanes.iter().map(|(partition, ..)| (*partition, 0)).collect()
    }

    fn preload_ends(&self) -> BTreeMap<Partition, Position> {
        let reference = self.lanes.iter().filter(|(partition, ..)| preloads(partition.role));
        reference
            .map(|(partition, records, there)| {
                // One beyond the last record: a control record follows it.
                let last = there.checked_sub(1).and_then(|last| records.get(last));
                (*partition, last.map_or(0, |(offset, _)| offset + 2))
            })
            .collect()
    }

    fn total(&self) -> usize {
        self.lanes.iter().map(|(_, records, _)| records.len()).sum()
    }

    /// The definition: everything with its key.
    fn keys(&self, ticks: &Ticks) -> BTreeMap<Id, (u8, i64, Partition, i64)> {
        let mut keys = BTreeMap::new();
        let ends = self.preload_ends();
        for (partition, records, _) in &self.lanes {
            let mut time = i64::MIN;
            for &(offset, timestamp) in records {
                let floors = ticks.get(partition).into_iter().flat_map(|t| t.range(..=offset));
                let floor = floors.map(|(_, floor)| *floor).max().unwrap_or(i64::MIN);
                time = time.max(timestamp).max(floor);
                let late = ends.get(partition).is_none_or(|end| offset >= *end);
                keys.insert((*partition, offset), (u8::from(late), time, *partition, offset));
            }
        }
        keys
    }

    fn sorted(&self, ticks: &Ticks) -> Vec<Id> {
        let mut all: Vec<_> = self.keys(ticks).into_iter().map(|(id, key)| (key, id)).collect();
        all.sort();
        all.into_iter().map(|(_, id)| id).collect()
    }
}

fn worlds() -> impl Strategy<Value = World> {
    let all = [
        partition(TopicRole::Control, 0),
        partition(TopicRole::Lists, 0),
        partition(TopicRole::Parties, 0),
        partition(TopicRole::Parties, 1),
        payments(0),
        payments(1),
        payments(2),
    ];
    let records = prop::collection::vec((0..25_i64, 1..4_i64), 0..14);
    let lanes = prop::collection::vec((records, 0..15_usize), all.len());
    (lanes, prop::sample::subsequence(all.to_vec(), 2..=all.len())).prop_map(|(lanes, chosen)| {
        let lanes = chosen.into_iter().zip(lanes).map(|(partition, (records, there))| {
            let mut next = -1;
            let records: Vec<_> = records
                .into_iter()
                .map(|(timestamp, step)| {
                    next += step;
                    (next, timestamp)
                })
                .collect();
            // Two offsets beyond the last record there must not belong to a later record.
            let there = there.min(records.len());
            let last = there.checked_sub(1).map_or(-2, |at| records[at].0);
            let moved = |(at, (offset, timestamp)): (usize, (i64, i64))| {
                (if at >= there { offset + 3 } else { offset }, timestamp)
            };
            let records: Vec<_> = records.into_iter().enumerate().map(moved).collect();
            assert!(records.get(there).is_none_or(|(offset, _)| *offset >= last + 2));
            (partition, records, there)
        });
        World { lanes: lanes.collect() }
    })
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Grow(usize, usize),
    Deliver(usize, usize),
    End(usize),
    Advance(u64),
    Apply(usize),
    TakeTicks,
}

fn scripts() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        2 => (0..7_usize, 1..4_usize).prop_map(|(lane, n)| Op::Grow(lane, n)),
        4 => (0..7_usize, 1..5_usize).prop_map(|(lane, n)| Op::Deliver(lane, n)),
        4 => (0..7_usize).prop_map(Op::End),
        2 => (1..60_u64).prop_map(Op::Advance),
        4 => (1..6_usize).prop_map(Op::Apply),
        1 => Just(Op::TakeTicks),
    ];
    prop::collection::vec(op, 0..160)
}

/// Plays a script against a merger.
struct Player<'w> {
    world: &'w World,
    merger: Merger,
    /// Per lane: records in the log, records delivered, records applied.
    there: Vec<usize>,
    delivered: Vec<usize>,
    applied: Vec<usize>,
    ended_since: Vec<Option<u64>>,
    paused: Vec<bool>,
    now_ms: u64,
    order: Vec<Id>,
    ticks: Ticks,
    check_slow: bool,
}

impl<'w> Player<'w> {
    fn new(world: &'w World, config: MergerConfig, reading: Reading, all_there: bool) -> Self {
        let until = reading.until.clone();
        let lanes = world.lanes.len();
        let there = world.lanes.iter().map(|(_, all, there)| match (&until, all_there) {
            (Some(_), _) | (_, true) => all.len(),
            _ => *there,
        });
        Self {
            world,
            merger: Merger::new(config, reading),
            there: there.collect(),
            delivered: vec![0; lanes],
            applied: vec![0; lanes],
            ended_since: vec![None; lanes],
            paused: vec![false; lanes],
            now_ms: 1000,
            order: Vec::new(),
            ticks: Ticks::new(),
            check_slow: false,
        }
    }

    fn play(&mut self, script: &[Op]) {
        for op in script {
            let lanes = self.world.lanes.len();
            match *op {
                Op::Grow(lane, n) => {
                    let lane = lane % lanes;
                    let all = self.world.lanes[lane].1.len();
                    self.there[lane] = (self.there[lane] + n).min(all);
                }
                Op::Deliver(lane, n) => self.deliver(lane % lanes, n),
                Op::End(lane) => self.end(lane % lanes),
                Op::Advance(ms) => self.now_ms += ms,
                Op::Apply(n) => self.apply(n),
                Op::TakeTicks => self.take_ticks(),
            }
        }
    }

    fn deliver(&mut self, lane: usize, n: usize) {
        let (partition, records, _) = &self.world.lanes[lane];
        for _ in 0..n {
            if self.paused[lane] || self.delivered[lane] >= self.there[lane] {
                return;
            }
            let (offset, timestamp_ms) = records[self.delivered[lane]];
            let value = vec![b'x'; usize::try_from(offset % 7).unwrap()];
            let key = offset.to_le_bytes();
            let key = (offset % 3 > 0).then_some(&key[..]);
            let value = (offset % 7 > 0).then_some(&value[..]);
            let record =
                RecordRef { partition: *partition, offset, timestamp_ms, key, value, headers: 2 };
            self.merger.push(record, self.now_ms).unwrap();
            self.delivered[lane] += 1;
            self.ended_since[lane] = None;
            self.pauses();
        }
    }

    fn end(&mut self, lane: usize) {
        if self.delivered[lane] == self.there[lane] && !self.paused[lane] {
            let (partition, records, _) = &self.world.lanes[lane];
            let last = self.delivered[lane].checked_sub(1).map_or(-2, |at| records[at].0);
            self.merger.end(*partition, last + 2, self.now_ms);
            self.ended_since[lane].get_or_insert(self.now_ms);
        }
    }

    fn pauses(&mut self) {
        for (partition, paused) in self.merger.pauses() {
            let lane = self.world.lanes.iter().position(|lane| lane.0 == partition).unwrap();
            self.paused[lane] = paused;
        }
    }

    fn apply(&mut self, n: usize) {
        for _ in 0..n {
            let Next::Record(record) = self.merger.next(self.now_ms) else { return };
            let id = (record.partition, record.offset);
            let key_bytes = record.offset.to_le_bytes();
            assert_eq!(record.key, (record.offset % 3 > 0).then_some(&key_bytes[..]));
            assert_eq!(
                record.value.map(<[u8]>::len),
                match record.offset % 7 {
                    0 => None,
                    n => Some(usize::try_from(n).unwrap()),
                }
            );
            assert_eq!(record.headers, 2);
            self.order.push(id);
            let lane = self.world.lanes.iter().position(|lane| lane.0 == id.0).unwrap();
            self.applied[lane] += 1;
            self.pauses();
            if self.check_slow {
                // Before the ticks of this very step, which would put right what went wrong.
                self.assert_nobody_slow_was_passed(id);
                self.take_ticks();
            }
        }
    }

    fn take_ticks(&mut self) {
        let ticks = self.merger.take_ticks();
        let places: std::collections::BTreeSet<_> =
            ticks.iter().map(|tick| (tick.partition, tick.position)).collect();
        assert_eq!(places.len(), ticks.len(), "one tick per partition and position");
        merge(&mut self.ticks, &ticks);
    }

    fn assert_nobody_slow_was_passed(&self, id: Id) {
        let keys = self.world.keys(&self.ticks);
        for (lane, (partition, records, _)) in self.world.lanes.iter().enumerate() {
            let at_end = self.delivered[lane] == self.applied[lane];
            let held = self.ended_since[lane].is_some_and(|since| since + HOLD_MS <= self.now_ms);
            if at_end && held {
                continue;
            }
            let Some((offset, _)) = records.get(self.applied[lane]) else { continue };
            assert!(keys[&(*partition, *offset)] > keys[&id], "{id:?} passed {partition}@{offset}");
        }
    }

    /// Everything grows, is delivered, ended and applied; what a lane waits for comes in turn.
    fn finish(&mut self) {
        for (there, lane) in self.there.iter_mut().zip(&self.world.lanes) {
            *there = lane.1.len();
        }
        for _ in 0..10 * self.world.total() + 10 {
            for lane in 0..self.world.lanes.len() {
                self.deliver(lane, 3);
                self.end(lane);
            }
            self.now_ms += HOLD_MS;
            self.apply(usize::MAX);
        }
        self.take_ticks();
    }

    fn positions(&self) -> BTreeMap<Partition, Position> {
        let lanes = self.world.lanes.iter().zip(&self.applied);
        lanes
            .map(|((partition, records, _), applied)| {
                (*partition, applied.checked_sub(1).map_or(0, |last| records[last].0 + 1))
            })
            .collect()
    }
}

fn merge(into: &mut Ticks, ticks: &[Tick]) {
    for tick in ticks {
        let floors = into.entry(tick.partition).or_default();
        let floor = floors.entry(tick.position).or_insert(tick.floor_ms);
        *floor = tick.floor_ms.max(*floor);
    }
}

fn config(records_max: usize, bytes_max: usize) -> MergerConfig {
    MergerConfig { hold_ms: HOLD_MS, records_max, bytes_max }
}

fn reading(world: &World) -> Reading {
    Reading { from: world.from(), preload_ends: world.preload_ends(), ..Reading::default() }
}

fn replaying(world: &World, ticks: &Ticks, until: BTreeMap<Partition, Position>) -> Reading {
    Reading { ticks: ticks.clone(), until: Some(until), ..reading(world) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn complete_topics_have_one_order(
        world in worlds(), script in scripts(), records_max in 1..9_usize, bytes_max in 1..90_usize,
    ) {
        let config = config(records_max, bytes_max);
        let mut player = Player::new(&world, config, reading(&world), true);
        player.play(&script);
        player.finish();
        prop_assert_eq!(&player.order, &world.sorted(&Ticks::new()));
        // Ticks of what came after the end change nothing.
        prop_assert_eq!(&player.order, &world.sorted(&player.ticks));
    }

    #[test]
    fn live_and_replayed_are_the_same_order(
        world in worlds(), first in scripts(), again in scripts(), third in scripts(),
        records_max in 1..9_usize,
    ) {
        let config = config(records_max, 1000);
        // Live, then a crash: what was applied and the ticks so far are committed.
        let mut live = Player::new(&world, config, reading(&world), false);
        live.play(&first);
        live.take_ticks();
        let until = live.positions();
        // Recovery: a replay, then live again with another interleaving.
        let mut next = Player::new(&world, config, replaying(&world, &live.ticks, until), false);
        next.play(&again);
        for _ in 0..world.total() + 1 {
            (0..world.lanes.len()).for_each(|lane| next.deliver(lane, 3));
            next.apply(usize::MAX);
        }
        prop_assert!(matches!(next.merger.next(next.now_ms), Next::Exhausted));
        prop_assert_eq!(&next.order, &live.order);
        prop_assert!(next.merger.take_ticks().is_empty(), "a replay makes no ticks");
        next.merger.go_live();
        next.delivered.clone_from(&next.applied);
        next.there = live.there.clone();
        next.ended_since.fill(None);
        next.paused.fill(false);
        next.play(&third);
        next.finish();
        // All of it once more, and by definition.
        let mut ticks = live.ticks.clone();
        for (partition, floors) in &next.ticks {
            for (&position, &floor_ms) in floors {
                merge(&mut ticks, &[Tick { partition: *partition, position, floor_ms }]);
            }
        }
        prop_assert_eq!(&next.order, &world.sorted(&ticks));
        let until = next.positions();
        let mut replay = Player::new(&world, config, replaying(&world, &ticks, until), false);
        replay.play(&first);
        for _ in 0..world.total() + 1 {
            (0..world.lanes.len()).for_each(|lane| replay.deliver(lane, 3));
            replay.apply(usize::MAX);
        }
        prop_assert_eq!(&replay.order, &next.order);
        prop_assert_eq!(replay.order.len(), world.total());
    }

    #[test]
    fn slow_is_waited_for(world in worlds(), script in scripts()) {
        let mut player = Player::new(&world, config(4, 1000), reading(&world), false);
        player.check_slow = true;
        player.play(&script);
        player.finish();
        prop_assert_eq!(&player.order, &world.sorted(&player.ticks));
    }
}

fn push(merger: &mut Merger, partition: Partition, offset: i64, timestamp_ms: i64) {
    let value = Some(&b"value"[..]);
    let record = RecordRef { partition, offset, timestamp_ms, key: None, value, headers: 0 };
    merger.push(record, 0).unwrap();
}

fn two() -> Merger {
    let from = BTreeMap::from([(payments(0), 0), (payments(1), 0)]);
    Merger::new(config(4, 1000), Reading { from, ..Reading::default() })
}

/// Which record comes next, or until when to wait.
fn ask(merger: &mut Merger, now_ms: u64) -> Result<(i32, i64), Option<u64>> {
    match merger.next(now_ms) {
        Next::Record(record) => Ok((record.partition.index, record.offset)),
        Next::Wait { until_ms } => Err(until_ms),
        Next::Exhausted => Err(Some(0)),
    }
}

#[test]
fn a_partition_holds_until_its_end_was_reported_and_a_while_longer() {
    let mut merger = two();
    push(&mut merger, payments(0), 0, 100);
    assert_eq!(ask(&mut merger, 1_000_000), Err(None), "slow, for however long");
    merger.end(payments(1), 0, 1000);
    assert_eq!(ask(&mut merger, 1049), Err(Some(1050)));
    merger.end(payments(1), 0, 1040);
    assert_eq!(ask(&mut merger, 1049), Err(Some(1050)), "the first report counts");
    assert_eq!(ask(&mut merger, 1050), Ok((0, 0)));
    push(&mut merger, payments(1), 0, 0);
    assert_eq!(ask(&mut merger, 1050), Err(None), "partition 0 has reported no end");
    push(&mut merger, payments(0), 1, 100);
    assert_eq!(ask(&mut merger, 1050), Ok((0, 1)), "and its next comes before the floor of 1");
    push(&mut merger, payments(0), 2, 101);
    assert_eq!(ask(&mut merger, 1050), Ok((1, 0)), "which is the time of what passed");
    assert_eq!(ask(&mut merger, 1050), Err(None), "1 has delivered since, so its end is over");
}

#[test]
fn an_end_that_is_withdrawn_holds_until_it_is_reported_again() {
    let mut merger = two();
    push(&mut merger, payments(0), 0, 100);
    merger.end(payments(1), 0, 1000);
    merger.unsure(payments(1));
    assert_eq!(ask(&mut merger, 1_000_000), Err(None), "out of reach is slow, not at its end");
    merger.end(payments(1), 0, 2000);
    assert_eq!(ask(&mut merger, 2049), Err(Some(2050)), "the hold begins anew");
    assert_eq!(ask(&mut merger, 2050), Ok((0, 0)));
}

#[test]
fn an_old_end_holds_what_has_just_arrived() {
    let mut merger = two();
    merger.end(payments(1), 0, 1000);
    let record = |offset, timestamp_ms| RecordRef {
        partition: payments(0),
        offset,
        timestamp_ms,
        key: None,
        value: None,
        headers: 0,
    };
    merger.push(record(0, 100), 60_000).unwrap();
    assert_eq!(ask(&mut merger, 60_000), Err(Some(60_050)), "a burst after a minute of silence");
    merger.push(record(1, 101), 60_030).unwrap();
    assert_eq!(ask(&mut merger, 60_050), Ok((0, 0)));
    assert_eq!(ask(&mut merger, 60_050), Err(Some(60_080)), "each from its own arrival");
    // Of four, three are more than half: what is behind is not held back by the buffer.
    merger.push(record(2, 102), 60_060).unwrap();
    merger.push(record(3, 103), 60_060).unwrap();
    assert_eq!(ask(&mut merger, 60_060), Ok((0, 1)));
    assert_eq!(ask(&mut merger, 60_060), Err(Some(60_110)));
}

#[test]
fn floors_are_the_smallest_that_sort_after_what_passed() {
    for (passing, passed, floor_ms) in [(0, 1, 100), (1, 0, 101)] {
        let mut merger = two();
        push(&mut merger, payments(passing), 7, 100);
        merger.end(payments(passed), 5, 0);
        assert_eq!(ask(&mut merger, 50), Ok((passing, 7)));
        let tick = Tick { partition: payments(passed), position: 0, floor_ms };
        assert_eq!(merger.take_ticks(), [tick]);
        assert_eq!(merger.take_ticks(), []);
    }
}

#[test]
fn a_floor_that_changed_nothing_is_not_recorded() {
    for (timestamp, recorded) in [(101, false), (100, false), (99, true)] {
        let mut merger = two();
        push(&mut merger, payments(0), 0, 100);
        merger.end(payments(1), 0, 0);
        assert_eq!(ask(&mut merger, 50), Ok((0, 0)));
        push(&mut merger, payments(1), 0, timestamp);
        let tick = Tick { partition: payments(1), position: 0, floor_ms: 100 };
        assert_eq!(merger.take_ticks().contains(&tick), recorded, "next at {timestamp}");
    }
}

#[test]
fn a_partition_that_cannot_come_first_is_not_waited_for() {
    let mut merger = two();
    push(&mut merger, payments(0), 0, 100);
    push(&mut merger, payments(1), 0, 200);
    assert_eq!(ask(&mut merger, 0), Ok((0, 0)));
    push(&mut merger, payments(0), 1, 150);
    assert_eq!(ask(&mut merger, 0), Ok((0, 1)));
    push(&mut merger, payments(0), 2, 300);
    assert_eq!(ask(&mut merger, 0), Ok((1, 0)));
    push(&mut merger, payments(1), 1, 250);
    assert_eq!(ask(&mut merger, 0), Ok((1, 1)), "timestamps that go back count as the largest");
    assert_eq!(merger.take_ticks(), []);
}

#[test]
fn the_reference_data_is_read_before_the_first_payment() {
    let parties = partition(TopicRole::Parties, 0);
    let from = BTreeMap::from([(parties, 0), (payments(0), 0)]);
    let preload_ends = BTreeMap::from([(parties, 2)]);
    let mut merger =
        Merger::new(config(4, 1000), Reading { from, preload_ends, ..Reading::default() });
    push(&mut merger, payments(0), 0, 1);
    merger.end(parties, 0, 0);
    assert_eq!(ask(&mut merger, 1000), Err(None), "no end can hurry the preload");
    push(&mut merger, parties, 0, 500);
    push(&mut merger, parties, 2, 600);
    assert_eq!(ask(&mut merger, 1000), Ok((0, 0)));
    assert!(merger.preloading());
    push(&mut merger, payments(0), 1, 550);
    assert_eq!(ask(&mut merger, 1000), Ok((0, 0)), "the payment, long before 500");
    assert!(!merger.preloading());
    assert_eq!(ask(&mut merger, 1000), Ok((0, 1)));
    assert_eq!(ask(&mut merger, 1000), Err(None));
}

#[test]
fn nobody_passes_while_the_reference_data_is_read() {
    let parties = |index| partition(TopicRole::Parties, index);
    let from = BTreeMap::from([(parties(0), 0), (parties(1), 0)]);
    let preload_ends = BTreeMap::from([(parties(0), 2), (parties(1), 2)]);
    let reading = Reading { from, preload_ends, ..Reading::default() };
    let mut merger = Merger::new(config(4, 1000), reading);
    push(&mut merger, parties(0), 0, 100);
    merger.end(parties(1), 0, 0);
    assert_eq!(ask(&mut merger, 1_000_000), Err(None), "more must come: its end was seen");
    merger.end(parties(1), 2, 0);
    assert_eq!(ask(&mut merger, 0), Ok((0, 0)), "nothing more: only control records");
    assert_eq!(merger.take_ticks(), []);
}

#[test]
fn a_recorded_floor_counts_from_its_position_on_also_inside_a_gap() {
    let from = BTreeMap::from([(payments(0), 0), (payments(1), 0)]);
    let ticks = Ticks::from([(payments(0), BTreeMap::from([(1, 40), (3, 90), (6, 500)]))]);
    let mut merger = Merger::new(config(9, 1000), Reading { from, ticks, ..Reading::default() });
    for offset in [0, 5, 6] {
        push(&mut merger, payments(0), offset, 10);
    }
    for (offset, timestamp) in [(0, 39), (1, 89), (2, 90), (3, 499), (4, 501)] {
        push(&mut merger, payments(1), offset, timestamp);
    }
    let order: Vec<_> = (0..7).map(|_| ask(&mut merger, 0).unwrap()).collect();
    assert_eq!(order, [(0, 0), (1, 0), (1, 1), (0, 5), (1, 2), (1, 3), (0, 6)]);
}

#[test]
fn buffers_ask_for_a_pause_and_go_on_at_half() {
    let mut merger = two();
    push(&mut merger, payments(1), 0, 0);
    for offset in 0..4 {
        assert_eq!(merger.pauses(), []);
        push(&mut merger, payments(0), offset, offset);
    }
    assert_eq!(merger.pauses(), [(payments(0), true)]);
    push(&mut merger, payments(0), 4, 4);
    assert_eq!((merger.pauses(), merger.buffered_records()), (vec![], 6));
    assert_eq!(merger.buffered_bytes(), 30);
    push(&mut merger, payments(1), 1, 9);
    let mut resumed_after = 0;
    while merger.pauses().is_empty() {
        assert!(ask(&mut merger, 0).is_ok());
        resumed_after += 1;
    }
    assert_eq!(resumed_after, 4, "0/0 and 1/0 and 0/1 and 0/2 leave two of four");
}

#[test]
fn a_replay_waits_whatever_the_client_says() {
    let from = BTreeMap::from([(payments(0), 0), (payments(1), 0)]);
    let until = Some(BTreeMap::from([(payments(0), 1), (payments(1), 3)]));
    let mut merger = Merger::new(config(4, 1000), Reading { from, until, ..Reading::default() });
    push(&mut merger, payments(0), 0, 100);
    push(&mut merger, payments(0), 1, 100);
    merger.end(payments(1), 2, 0);
    assert_eq!(ask(&mut merger, 1_000_000), Err(None), "an end before `until` counts for nothing");
    push(&mut merger, payments(1), 2, 200);
    assert_eq!(ask(&mut merger, 0), Ok((0, 0)));
    assert_eq!(ask(&mut merger, 0), Ok((1, 2)));
    assert!(matches!(merger.next(0), Next::Exhausted), "0/1 is beyond `until`");
    assert_eq!(merger.take_ticks(), []);
}

#[test]
fn bytes_survive_chunks_of_every_size() {
    let mut merger = two();
    let value = |n: i64| {
        let length = [0, 1, 20_000, 40_000, 65_536, 65_537, 200_000, 3];
        vec![u8::try_from(n % 251).unwrap(); length[usize::try_from(n * 5 % 8).unwrap()]]
    };
    let (mut pushed, mut popped) = (0, 0);
    for round in 0..400 {
        for _ in 0..round % 7 {
            let bytes = value(pushed);
            let (key, cut) = bytes.split_at(bytes.len() / 3);
            let record = RecordRef {
                partition: payments(0),
                offset: pushed,
                timestamp_ms: 0,
                key: Some(key),
                value: Some(cut),
                headers: 0,
            };
            merger.push(record, 0).unwrap();
            pushed += 1;
        }
        for _ in 0..round % 5 {
            merger.end(payments(1), 0, 0);
            let Next::Record(record) = merger.next(50) else { continue };
            let bytes = [record.key.unwrap(), record.value.unwrap()].concat();
            assert!(bytes == value(popped), "{popped}");
            popped += 1;
        }
    }
    assert!(popped > 700 && merger.buffered_records() > 100);
}

#[test]
fn deliveries_that_break_the_promise_are_refused() {
    let mut merger = two();
    push(&mut merger, payments(0), 5, 0);
    let mut refused = |partition, offset| {
        let record =
            RecordRef { partition, offset, timestamp_ms: 0, key: None, value: None, headers: 0 };
        merger.push(record, 0).unwrap_err().to_string()
    };
    assert_eq!(refused(payments(0), 5), "payments/0 delivered offset 5 after position 6");
    assert_eq!(
        refused(payments(9), 0),
        "payments/9 is not one of the partitions that this task reads"
    );
}

#[test]
fn extreme_timestamps_keep_the_order() {
    let mut merger = two();
    push(&mut merger, payments(1), 0, i64::MAX);
    merger.end(payments(0), 0, 0);
    assert_eq!(ask(&mut merger, 50), Ok((1, 0)));
    merger.end(payments(1), 1, 50);
    push(&mut merger, payments(0), 0, i64::MIN);
    push(&mut merger, payments(1), 1, i64::MIN);
    assert_eq!(ask(&mut merger, 100), Ok((1, 1)), "0 was passed, so it comes after");
    assert_eq!(ask(&mut merger, 100), Err(None));
}
