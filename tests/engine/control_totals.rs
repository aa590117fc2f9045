//! Control totals against a list of everything that happened, added up anew after each record.
//!
//! Sees: a duplicate or a dead letter that is counted, a payment that is not, a statement that is
//! mistaken for an older one, a key that is forgotten too early or never, anything that a restart
//! changes. The fates themselves are those of the engine; `fates` judges them. Does not see the bound on
//! keys; the tests of the module do.

use crate::harness::{cases, config, parts, payments_partition, read_back};
use crate::rules::{Builder, usd};
use palermo_codec::{encode_list_row, encode_payment};
use palermo_domain::{Date, Decimal, EventTime, Fate, ListRow, Partition, Span, TopicRole};
use palermo_engine::port::RecordRef;
use palermo_engine::{Bundle, ControlTotals, Engine, TotalKind, TotalState};
use palermo_testkit::Owned;
use palermo_testkit::scene::{START, blank, reversal, text};
use proptest::prelude::*;
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
const AMOUNTS: [&str; 4] = ["10", "10.5", "0.00000001", "999999999999999.99999999"];
const BATCHES: [Option<&str>; 4] = [None, Some("B1"), Some("B/2#"), Some("20261130120000")];
const SOURCES: [Option<&str>; 4] = [None, Some("pacs.008.001.08"), Some("a/b"), Some("")];

#[derive(Clone, Debug)]
enum Step {
    /// So many hours later a payment comes that happened so many hours before.
    Pay { hours: i64, age: i64, amount: usize, batch: usize, source: usize },
    /// A payment of before comes again, in another batch; with another amount where it conflicts.
    Again { which: prop::sample::Index, batch: usize, conflict: bool },
    /// A payment of before is taken back; a second time that is a duplicate.
    Reverse { which: prop::sample::Index, batch: usize },
    /// What is no payment.
    Garbage,
    /// A key that is known, or else the first batch, is stated: what was taken, and so many more.
    State { which: prop::sample::Index, count: i64, sum: i64 },
    /// A statement that is none.
    Misstate { which: prop::sample::Index, key: bool },
    /// A statement is taken back.
    Unstate { which: prop::sample::Index },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let age = prop_oneof![4 => 0..30_i64, 1 => 0..200_i64];
    let step = prop_oneof![
        8 => (0..40_i64, age, 0..4_usize, 0..4_usize, 0..4_usize).prop_map(
            |(hours, age, amount, batch, source)| Step::Pay { hours, age, amount, batch, source }
        ),
        2 => (index(), 0..4_usize, any::<bool>())
            .prop_map(|(which, batch, conflict)| Step::Again { which, batch, conflict }),
        2 => (index(), 0..4_usize).prop_map(|(which, batch)| Step::Reverse { which, batch }),
        1 => Just(Step::Garbage),
        5 => (index(), -1..3_i64, 0..2_i64)
            .prop_map(|(which, count, sum)| Step::State { which, count, sum }),
        1 => (index(), any::<bool>()).prop_map(|(which, key)| Step::Misstate { which, key }),
        1 => index().prop_map(|which| Step::Unstate { which }),
    ];
    prop::collection::vec(step, 1..60)
}

/// What happened to a key, and when by record time.
#[derive(Clone, Debug)]
enum Event {
    Taken(Decimal),
    Stated(u64, Decimal),
    TakenBack,
}

/// The oracle: a list, and nothing that is kept of it.
#[derive(Debug, Default)]
struct Book {
    events: Vec<(String, i64, Event)>,
    uncounted: u64,
    began_later: bool,
    first_ms: Option<i64>,
}

/// One key as the list says: what was stated, and taken, when it moved last.
#[derive(Clone, Debug, Default)]
struct Sum {
    stated: Option<(u64, Decimal, i64)>,
    taken: (u64, Decimal),
    moved_ms: i64,
}

impl Book {
    fn sums(&self) -> BTreeMap<&str, Sum> {
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for (key, at, event) in &self.events {
            let sum = sums.entry(key).or_insert(Sum { moved_ms: i64::MIN, ..Sum::default() });
            match event {
                Event::Taken(amount) => {
                    sum.taken = (sum.taken.0 + 1, sum.taken.1 + *amount);
                    sum.moved_ms = sum.moved_ms.max(*at);
                }
                Event::Stated(count, total) => {
                    sum.stated = Some((*count, *total, *at));
                    sum.moved_ms = sum.moved_ms.max(*at);
                }
                Event::TakenBack => {
                    sum.stated = None;
                    if sum.taken.0 == 0 {
                        sums.remove(key.as_str());
                    }
                }
            }
        }
        sums
    }

    fn state(&self, sum: &Sum) -> TotalState {
        let Some((count, total, at)) = sum.stated else { return TotalState::Unstated };
        if (count, total) == sum.taken {
            return TotalState::Balanced;
        }
        if self.began_later && self.first_ms.is_none_or(|first| at < first) {
            return TotalState::BeforeStart;
        }
        if sum.taken.0 < count {
            TotalState::Short
        } else if sum.taken.0 > count {
            TotalState::Over
        } else {
            TotalState::Differs
        }
    }

    fn take(&mut self, payment: &Owned, now: i64) {
        self.first_ms.get_or_insert(now);
        let day = payment.event_time.date();
        let batch = payment.batch.as_ref().map(|batch| format!("batch/{batch}"));
        let source = payment.source.as_ref().filter(|source| !source.is_empty());
        let day = source.map(|source| format!("day/{source}/{day}"));
        self.uncounted += u64::from(batch.is_none() && day.is_none());
        for key in batch.into_iter().chain(day) {
            self.events.push((key, now, Event::Taken(payment.amount)));
        }
    }

    /// A day of event time has passed.
    fn forget(&mut self, cutoff: EventTime) {
        let goes = |sum: &Sum| sum.moved_ms < cutoff.0 && !self.state(sum).is_open();
        let gone: Vec<String> =
            self.sums().iter().filter(|(_, sum)| goes(sum)).map(|(key, _)| (*key).into()).collect();
        self.events.retain(|(key, ..)| !gone.contains(key));
    }
}

/// What engine and oracle are compared by.
type Seen = (BTreeMap<(TotalKind, TotalState), u64>, [u64; 2], BTreeMap<TotalState, i64>, Vec<Row>);
type Row = (i64, TotalState, [(u64, String); 2]);

fn seen_by_oracle(book: &Book) -> Seen {
    let (mut keys, mut short, mut oldest, mut open) = (BTreeMap::new(), 0, BTreeMap::new(), vec![]);
    for (key, sum) in book.sums() {
        let kind = if key.starts_with("batch/") { TotalKind::Batch } else { TotalKind::Day };
        let state = book.state(&sum);
        *keys.entry((kind, state)).or_default() += 1;
        let Some((count, total, _)) = sum.stated.filter(|_| state.is_open()) else { continue };
        short += count.saturating_sub(sum.taken.0);
        let first = oldest.entry(state).or_insert(sum.moved_ms);
        *first = sum.moved_ms.min(*first);
        let text = |sum: Decimal| sum.normalize().to_string();
        open.push((sum.moved_ms, state, [(count, text(total)), (sum.taken.0, text(sum.taken.1))]));
    }
    open.sort();
    (keys, [short, book.uncounted], oldest, open)
}

fn seen_in_engine(totals: ControlTotals) -> Seen {
    let row = |open: &palermo_engine::OpenTotal| {
        let tally = |tally: palermo_engine::Tally| (tally.count, tally.to_string());
        (open.moved_ms, open.state, [tally(open.stated), tally(open.taken)])
    };
    let mut open: Vec<Row> = totals.open.iter().map(row).collect();
    open.sort();
    (totals.keys, [totals.short_payments, totals.uncounted], totals.oldest_ms, open)
}

/// An engine with the oracle beside it.
struct Site {
    engine: Engine,
    offsets: BTreeMap<Partition, i64>,
    book: Book,
    clock: i64,
    paid: Vec<Owned>,
}

fn horizon() -> Span {
    Span::from_days(4)
}

impl Site {
    fn new(first: i64) -> Self {
        let lists = Partition { role: TopicRole::Lists, index: 0 };
        let offsets = BTreeMap::from([(payments_partition(0), first), (lists, 0)]);
        let bundle = Bundle { sha256: "f".repeat(64), rules: Builder::default().build() };
        let config = config(Span::from_days(1), horizon());
        let engine = Engine::new(config, bundle, &offsets, None).expect("an engine");
        let book = Book { began_later: first > 0, ..Book::default() };
        Self { engine, offsets, book, clock: START.midnight().0, paid: Vec::new() }
    }

    fn apply(&mut self, role: TopicRole, key: Option<&str>, value: Option<&[u8]>) -> Fate {
        let partition = Partition { role, index: 0 };
        let offset = self.offsets.entry(partition).or_default();
        let record = RecordRef {
            partition,
            offset: *offset,
            timestamp_ms: self.clock,
            key: key.map(str::as_bytes),
            value,
            headers: 0,
        };
        *offset += 1;
        self.engine.apply(record, &mut Vec::new()).expect("no stop")
    }

    fn pay(&mut self, payment: Owned) -> Fate {
        let before = self.engine.watermark();
        let mut value = Vec::new();
        encode_payment(&payment, &mut value);
        let fate = self.apply(TopicRole::Payments, None, Some(&value));
        if matches!(fate, Fate::Processed | Fate::Late) {
            self.book.take(&payment, self.clock);
            self.paid.push(payment);
        }
        let after = self.engine.watermark();
        if let Some(watermark) =
            after.filter(|after| before.map(|b| b.date()) != Some(after.date()))
        {
            self.book.forget(watermark.minus(horizon()));
        }
        fate
    }

    fn state(&mut self, key: &str, count: &str, sum: &str) -> Fate {
        let row = ListRow {
            list: "control_totals".into(),
            row: key.into(),
            fields: vec![("count".into(), count.into()), ("sum".into(), sum.into())],
            valid_from: Date(0),
            valid_to: None,
            source: "test".into(),
        };
        let mut value = Vec::new();
        encode_list_row(&row, &mut value);
        self.apply(TopicRole::Lists, None, Some(&value))
    }

    /// One of the keys that are known, or the first batch.
    fn key(&self, which: prop::sample::Index) -> String {
        let sums = self.book.sums();
        let keys: Vec<&str> = sums.keys().copied().chain(["batch/B1"]).collect();
        keys[which.index(keys.len())].to_owned()
    }

    fn step(&mut self, number: usize, step: &Step) {
        match step {
            Step::Pay { hours, age, amount, batch, source } => {
                self.clock += hours * HOUR_MS;
                let mut payment = blank(format!("P{number}"));
                payment.event_time = EventTime(self.clock - age * HOUR_MS);
                payment.currency = usd();
                payment.amount = AMOUNTS[*amount].parse().expect("an amount");
                payment.batch = BATCHES[*batch].map(Into::into);
                payment.source = SOURCES[*source].map(Into::into);
                payment.debtor.account = Some(text("BANK:A"));
                payment.creditor.account = Some(text("BANK:B"));
                self.pay(payment);
            }
            Step::Again { which, batch, conflict } => {
                let Some(of) = self.paid.get(which.index(self.paid.len().max(1))) else { return };
                let mut again = Owned { batch: BATCHES[*batch].map(Into::into), ..of.clone() };
                if *conflict {
                    again.amount = Decimal::new(777, 2);
                }
                let fate = self.pay(again);
                // What was forgotten with the horizon is no duplicate any more, and too old.
                assert!(matches!(fate, Fate::Duplicate | Fate::DeadLetter), "{fate:?}");
            }
            Step::Reverse { which, batch } => {
                let plain: Vec<&Owned> =
                    self.paid.iter().filter(|paid| paid.refers_to.is_none()).collect();
                let Some(of) = plain.get(which.index(plain.len().max(1))) else { return };
                let mut back = reversal(of, format!("R{number}"), EventTime(self.clock));
                back.batch = BATCHES[*batch].map(Into::into);
                self.pay(back);
            }
            Step::Garbage => {
                let fate = self.apply(TopicRole::Payments, None, Some(b"{\"batch\":\"B1\"}"));
                assert_eq!(fate, Fate::DeadLetter);
            }
            Step::State { which, count, sum } => {
                let key = self.key(*which);
                let taken = self.book.sums().get(key.as_str()).cloned().unwrap_or_default().taken;
                let count = taken.0.saturating_add_signed(*count);
                let sum = taken.1 + Decimal::from(*sum);
                assert_eq!(self.state(&key, &count.to_string(), &sum.to_string()), Fate::Processed);
                self.book.events.push((key, self.clock, Event::Stated(count, sum)));
            }
            Step::Misstate { which, key } => {
                let good = self.key(*which);
                let (key, count) = if *key { ("batch/ ", "1") } else { (good.as_str(), "-1") };
                assert_eq!(self.state(key, count, "1"), Fate::DeadLetter);
            }
            Step::Unstate { which } => {
                let key = self.key(*which);
                let fate =
                    self.apply(TopicRole::Lists, Some(&format!("control_totals/{key}")), None);
                assert_eq!(fate, Fate::Processed);
                self.book.events.push((key, self.clock, Event::TakenBack));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(150))]

    /// After every record the engine says what the list says, and a restart there changes nothing.
    #[test]
    fn totals_are_those_of_the_list_of_what_happened(steps in steps(), first in 0..2_i64) {
        let mut site = Site::new(first);
        for (number, step) in steps.iter().enumerate() {
            site.step(number, step);
            let expected = seen_by_oracle(&site.book);
            prop_assert_eq!(seen_in_engine(site.engine.totals().control_totals), expected);
            let written = parts(&site.engine);
            let again = read_back(site.engine.config(), &site.engine.bundle().rules, &written);
            prop_assert_eq!(again.totals().control_totals, site.engine.totals().control_totals);
            prop_assert!(parts(&again).all().eq(written.all()), "a restart changes the state");
            if number % 3 == 0 {
                site.engine = again;
            }
        }
    }
}

/// A story: a batch of three of which one cannot be read and one comes twice.
#[test]
fn a_payment_that_cannot_be_read_is_missing_until_it_is_sent_again() {
    let mut site = Site::new(0);
    let pay = |id: &str, batch| {
        let mut payment = blank(id.to_owned());
        payment.event_time = START.midnight();
        payment.currency = usd();
        payment.amount = Decimal::new(1250, 2);
        payment.batch = batch;
        payment.source = Some("pain.001".into());
        payment.debtor.account = Some(text("BANK:A"));
        payment.creditor.account = Some(text("BANK:B"));
        payment
    };
    let batch = || Some("EOD-1".into());
    let day = format!("day/pain.001/{START}");
    assert_eq!(site.state("batch/EOD-1", "3", "37.50"), Fate::Processed);
    assert_eq!(site.state(&day, "4", "50"), Fate::Processed);
    assert_eq!(site.pay(pay("A", batch())), Fate::Processed);
    assert_eq!(site.pay(pay("A", batch())), Fate::Duplicate);
    assert_eq!(site.pay(pay("B", batch())), Fate::Processed);
    assert_eq!(site.apply(TopicRole::Payments, None, Some(b"torn")), Fate::DeadLetter);
    assert_eq!(site.pay(pay("D", None)), Fate::Processed);
    let totals = site.engine.totals().control_totals;
    assert_eq!(totals.short_payments, 2, "one of the batch, and the same one of the day");
    let short: Vec<_> = totals.open.iter().map(|open| (open.key.as_str(), open.state)).collect();
    assert_eq!(short, [("batch/EOD-1", TotalState::Short), (day.as_str(), TotalState::Short)]);
    assert_eq!(site.pay(pay("C", batch())), Fate::Processed);
    let totals = site.engine.totals().control_totals;
    assert_eq!((totals.short_payments, totals.open.len()), (0, 0));
    let balanced = |kind| totals.keys.get(&(kind, TotalState::Balanced)).copied();
    assert_eq!(TotalKind::ALL.map(balanced), [Some(1), Some(1)]);
}
