//! The records of one run, in the order of reading, and their variations.

use crate::port::RecordRef;
use palermo_codec::{encode_list_row, encode_party, encode_payment};
use palermo_domain::{
    Cents, Date, Decimal, End, EventTime, ListRow, Partition, Payment, PaymentKind, Position, Rail,
    Redacted, Span, Status, TopicRole,
};
use palermo_lang::{Test, TestFile};
use std::collections::BTreeMap;

/// Records of parties first, then payments.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    records: Vec<Item>,
    partitions: u32,
}

#[derive(Clone, Debug)]
struct Item {
    partition: Partition,
    offset: i64,
    /// Record time: when it arrives.
    arrives: EventTime,
    value: Vec<u8>,
    /// Accounts it touches.
    accounts: Vec<String>,
    time: EventTime,
    id: String,
}

impl Feed {
    /// Payments in event-time order on one partition.
    pub(crate) fn plain(file: &TestFile, test: &Test) -> Self {
        let mut records: Vec<Item> = file
            .parties
            .iter()
            .map(|party| {
                let mut value = Vec::new();
                encode_party(party, &mut value);
                let id = party.party.expose().clone();
                item(TopicRole::Parties, party.as_of, value, Vec::new(), id)
            })
            .collect();
        for event in file.events(test) {
            records.push(payment_item(&event.to_payment()));
        }
        let newest = records.iter().map(|item| item.time).max().unwrap_or(file.world.start);
        records.splice(0..0, rates(file, newest));
        Self { records, partitions: 1 }.numbered()
    }

    /// Payments arrive up to `within` after they happened, in an order drawn by a hash.
    pub(crate) fn shuffled(mut self, within: Span, seed: u64) -> Self {
        for item in self.payments_mut() {
            let bound = u64::try_from(within.as_millis()).unwrap_or(0).max(1);
            let delay = below(&format!("{seed}/{}", item.id), bound);
            item.arrives = item.time.plus(Span::from_millis(i64::try_from(delay).unwrap_or(0)));
        }
        self.records.sort_by_key(|item| {
            (item.partition.role, item.arrives, hash(&format!("{seed}:{}", item.id)))
        });
        self.numbered()
    }

    /// A share of the payments comes twice.
    pub(crate) fn duplicated(mut self, share: Decimal) -> Self {
        let per_mille = share.saturating_mul(Decimal::ONE_THOUSAND).try_into().unwrap_or(0_u64);
        let mut doubled = Vec::new();
        for item in self.records {
            let twice =
                item.partition.role == TopicRole::Payments && below(&item.id, 1000) < per_mille;
            doubled.push(item.clone());
            if twice {
                doubled.push(item);
            }
        }
        self.records = doubled;
        self.numbered()
    }

    /// Payments are spread by a hash of their id.
    pub(crate) fn partitioned(mut self, partitions: u32) -> Self {
        let partitions = partitions.max(1);
        for item in self.payments_mut() {
            let index = below(&item.id, u64::from(partitions));
            item.partition.index = i32::try_from(index).unwrap_or(0);
        }
        self.partitions = partitions;
        self.records.sort_by_key(|item| (item.partition.role, item.arrives, item.partition.index));
        self.numbered()
    }

    /// One more payment per partition, between strangers, late enough that the watermark passes
    /// everything before it.
    pub(crate) fn with_flush(&self, lateness: Span) -> Self {
        let mut flushed = self.clone();
        let newest = self.records.iter().map(|item| item.time).max().unwrap_or_default();
        let arrived = self.records.iter().map(|item| item.arrives).max().unwrap_or_default();
        let time = newest.max(arrived).plus(lateness).plus(Span::from_millis(1000));
        for index in 0..self.partitions {
            let mut item = payment_item(&flush(index, time));
            item.partition.index = i32::try_from(index).unwrap_or(0);
            flushed.records.push(item);
        }
        flushed.numbered()
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn record(&self, index: usize) -> Option<RecordRef<'_>> {
        let item = self.records.get(index)?;
        Some(RecordRef {
            partition: item.partition,
            offset: item.offset,
            timestamp_ms: item.arrives.0,
            key: None,
            value: Some(&item.value),
            headers: 0,
        })
    }

    /// The id of a payment or of a party.
    pub(crate) fn id(&self, index: usize) -> &str {
        self.records.get(index).map_or("", |item| item.id.as_str())
    }

    /// When a payment happens; nothing for a party.
    pub(crate) fn time(&self, index: usize) -> Option<EventTime> {
        let payment = |item: &&Item| item.partition.role == TopicRole::Payments;
        self.records.get(index).filter(payment).map(|item| item.time)
    }

    /// The accounts that a record touches, with its event time.
    pub(crate) fn touched(&self, index: usize) -> impl Iterator<Item = (&str, EventTime)> {
        let item = self.records.get(index);
        item.into_iter().flat_map(|item| item.accounts.iter().map(|a| (a.as_str(), item.time)))
    }

    /// Every partition starts at 0.
    pub(crate) fn start(&self) -> BTreeMap<Partition, Position> {
        let payments = 0..i32::try_from(self.partitions).unwrap_or(1);
        let mut start: BTreeMap<Partition, Position> =
            payments.map(|index| (Partition { role: TopicRole::Payments, index }, 0)).collect();
        for role in [TopicRole::Lists, TopicRole::Parties] {
            start.insert(Partition { role, index: 0 }, 0);
        }
        start
    }

    fn payments_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.records.iter_mut().filter(|item| item.partition.role == TopicRole::Payments)
    }

    fn numbered(mut self) -> Self {
        let mut next: BTreeMap<Partition, i64> = BTreeMap::new();
        for item in &mut self.records {
            let offset = next.entry(item.partition).or_default();
            item.offset = *offset;
            *offset = offset.saturating_add(1);
        }
        self
    }
}

/// The rates of a test world as rows of the list `fx`, dated so that one is in force on every day.
fn rates(file: &TestFile, newest: EventTime) -> Vec<Item> {
    /// A rate is in force for a week.
    const EVERY_DAYS: i32 = 5;
    let first = file.world.start.date().0.saturating_sub(EVERY_DAYS);
    let days = (first..=newest.date().0).step_by(EVERY_DAYS as usize).map(Date);
    let each = days.flat_map(|day| file.world.rates.iter().map(move |rate| (day, rate)));
    each.map(|(day, (currency, rate))| {
        let row = ListRow {
            list: "fx".to_owned(),
            row: format!("{currency}/{day}"),
            fields: vec![("per_base".to_owned(), rate.to_string())],
            valid_from: day,
            valid_to: None,
            source: "world of the test".to_owned(),
        };
        let mut value = Vec::new();
        encode_list_row(&row, &mut value);
        item(TopicRole::Lists, file.world.start, value, Vec::new(), row.row)
    })
    .collect()
}

fn payment_item(payment: &Payment<'_>) -> Item {
    let mut value = Vec::new();
    encode_payment(payment, &mut value);
    let ends = [&payment.debtor, &payment.creditor];
    let accounts = ends
        .into_iter()
        .filter_map(|end| end.account.as_ref())
        .map(|account| account.expose().clone().into_owned())
        .collect();
    let id = payment.payment_id.expose().clone().into_owned();
    item(TopicRole::Payments, payment.event_time, value, accounts, id)
}

fn item(
    role: TopicRole,
    time: EventTime,
    value: Vec<u8>,
    accounts: Vec<String>,
    id: String,
) -> Item {
    Item {
        partition: Partition { role, index: 0 },
        offset: 0,
        arrives: time,
        value,
        accounts,
        time,
        id,
    }
}

fn flush(index: u32, time: EventTime) -> Payment<'static> {
    let end = |name: &str| End {
        account: Some(Redacted::new(format!("palermo-test:{name}").into())),
        ..End::default()
    };
    Payment {
        payment_id: Redacted::new(format!("palermo-test-flush-{index}").into()),
        event_time: time,
        utc_offset_minutes: None,
        kind: PaymentKind::Transfer,
        rail: Rail::Internal,
        channel: None,
        status: Status::Booked,
        amount: Cents(100).to_decimal(),
        currency: palermo_domain::Currency::try_new("EUR")
            .unwrap_or(palermo_domain::Currency::NONE),
        fee: None,
        debtor: end("flush-debtor"),
        creditor: end("flush-creditor"),
        ultimate_debtor: None,
        ultimate_creditor: None,
        conductor: None,
        merchant: None,
        terminal: None,
        device: None,
        card: None,
        crypto: None,
        travel: None,
        cash: None,
        stay: None,
        service: None,
        check: None,
        purpose: None,
        relation: None,
        text: None,
        end_to_end_id: None,
        uetr: None,
        refers_to: None,
        gross_amount: None,
        counter_amount: None,
        counter_currency: None,
        entity: None,
        batch: None,
        source: None,
    }
}

/// A number below the bound, drawn by a hash of the text.
fn below(text: &str, bound: u64) -> u64 {
    hash(text).checked_rem(bound).unwrap_or(0)
}

fn hash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}
