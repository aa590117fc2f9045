//! A mapping at work on one file: a row in, a document out.
//!
//! Promise: the document of a [`Row`] was decoded by the decoder that the engine uses, with its default
//! limits; what it refuses is an error with its reason. Cost: see the module above.

use super::plan::{Counter, EndField, MerchantField, MoreField, Outcome, Plan, Without};
use super::text::{Cells, Text};
use csv::StringRecord;
use palermo_codec::{Limits, Refusal, UnknownFields, decode_payment, encode_payment};
use palermo_domain::{
    Channel, Currency, Decimal, End, EndKind, EventTime, Merchant, Payment, PaymentKind, Rail,
    Redacted, Status,
};
use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::sync::Arc;

/// A mapping whose columns were found in the header of a file.
#[derive(Clone)]
pub struct Bound {
    plan: Arc<Plan>,
    /// Where each column stands that the mapping names.
    positions: Vec<usize>,
    /// Columns of the header.
    width: usize,
    limits: Limits,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("width", &self.width).finish_non_exhaustive()
    }
}

/// What a row became.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// One `payment.v1` document.
    pub value: Vec<u8>,
    /// Its payment id.
    pub id: String,
    /// Its event time.
    pub time: EventTime,
    /// What is known of it, where the file says: whether it is laundering (or fraud, or reported).
    pub label: Option<bool>,
    /// As what, in the words of the source; none where the label says that it is nothing.
    pub typology: Option<String>,
}

/// A row says who paid whom; it is shown by who asks, not by accident.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Bound {
    pub(super) fn new(plan: Arc<Plan>, positions: Vec<usize>, width: usize) -> Self {
        Self { plan, positions, width, limits: Limits::default() }
    }

    /// Whether the mapping names the column that stands there.
    pub(crate) fn reads(&self, column: usize) -> bool {
        self.positions.contains(&column)
    }

    /// Makes a document of one row; `line` is where the row stands, for ids that are made of it.
    ///
    /// # Errors
    /// What is wrong with the row, to be said after its file and line. Nothing that it says is repeated.
    pub fn payment(&self, record: &StringRecord, line: u64) -> Result<Row, String> {
        let count = record.len();
        if count != self.width {
            return Err(format!("has {count} columns, and the header has {}", self.width));
        }
        let plan = &*self.plan;
        let cells = Cells { record, positions: &self.positions, names: &plan.names, line };
        let payment = build(plan, &cells)?;
        let label = match &plan.label {
            None => None,
            Some(label) => label.read(&cells)?,
        };
        let typology = match &plan.typology {
            Some(text) if label != Some(false) => text.read(&cells)?.map(Cow::into_owned),
            _ => None,
        };
        let mut value = Vec::with_capacity(512);
        encode_payment(&payment, &mut value);
        decode_payment(&value, &self.limits, &mut UnknownFields::default()).map_err(in_words)?;
        let time = payment.event_time;
        let id = payment.payment_id.into_inner().into_owned();
        Ok(Row { value, id, time, label, typology })
    }
}

fn in_words(refusal: Refusal) -> String {
    let reason = refusal.reason;
    let place = refusal.field.map(|field| format!(" in `{field}`")).unwrap_or_default();
    format!("makes no `payment.v1` with this mapping: `{reason}`{place}: {}", reason.help())
}

fn build<'r>(plan: &'r Plan, cells: &Cells<'r>) -> Result<Payment<'r>, String> {
    let outcome = plan.kinds.read(cells)?;
    let id = plan.id.read(cells)?.ok_or_else(|| plan.id.absent(cells))?;
    let currency = currency(&plan.currency, cells)?;
    let amount = plan.amount.read(cells, &currency)?.ok_or_else(|| plan.amount.absent(cells))?;
    let mut payment = blank(id, plan.time.read(cells)?, outcome, amount, currency);
    payment.utc_offset_minutes = plan.time.utc_offset_minutes;
    if let Some(fee) = &plan.fee {
        payment.fee = fee.read(cells, &currency)?;
    }
    if let Some(counter) = &plan.counter {
        receive(&mut payment, counter, cells)?;
    }
    payment.debtor = end(plan, &plan.debtor, &currency, cells)?;
    payment.creditor = end(plan, &plan.creditor, &currency, cells)?;
    if outcome.swap {
        mem::swap(&mut payment.debtor, &mut payment.creditor);
    }
    match outcome.without {
        None => {}
        Some(Without::Debtor) => payment.debtor = End::default(),
        Some(Without::Creditor) => payment.creditor = End::default(),
    }
    payment.merchant = merchant(&plan.merchant, cells)?;
    for (field, text) in &plan.more {
        if let Some(found) = text.read(cells)? {
            set(&mut payment, *field, text, found, cells)?;
        }
    }
    trade(plan, &mut payment);
    Ok(payment)
}

fn currency(text: &Text, cells: &Cells<'_>) -> Result<Currency, String> {
    let code = text.read(cells)?.ok_or_else(|| text.absent(cells))?;
    Currency::try_new(&code).ok_or_else(|| text.wrong(cells, "a code such as `USD`"))
}

/// What the creditor's end receives, where that is something else.
fn receive(payment: &mut Payment<'_>, counter: &Counter, cells: &Cells<'_>) -> Result<(), String> {
    let currency = currency(&counter.currency, cells)?;
    let amount = match &counter.amount {
        None => None,
        Some(amount) => amount.read(cells, &currency)?,
    };
    let other_amount = amount.is_some_and(|amount| amount != payment.amount);
    if currency != payment.currency || other_amount {
        payment.counter_amount = amount;
        payment.counter_currency = Some(currency);
    }
    Ok(())
}

/// Where an asset is paid or received, the kind and rail that `payment.v1` wants for that: the amount
/// of `crypto_buy` and `crypto_sell` is the money, that of `crypto_transfer` the asset.
fn trade(plan: &Plan, payment: &mut Payment<'_>) {
    if payment.rail == Rail::Crypto {
        return;
    }
    let is_asset = |currency: &Currency| plan.assets.contains(currency);
    let paid = is_asset(&payment.currency);
    let received = payment.counter_currency.as_ref().is_some_and(is_asset);
    match (paid, received, payment.counter_amount, payment.counter_currency) {
        (false, false, ..) => {}
        (false, true, ..) => payment.kind = PaymentKind::CryptoBuy,
        (true, false, Some(money), Some(currency)) => {
            payment.kind = PaymentKind::CryptoSell;
            payment.counter_amount = Some(mem::replace(&mut payment.amount, money));
            payment.counter_currency = Some(mem::replace(&mut payment.currency, currency));
        }
        (true, ..) => {
            payment.kind = PaymentKind::CryptoTransfer;
            payment.rail = Rail::Crypto;
        }
    }
}

fn end<'r>(
    plan: &Plan,
    fields: &'r [(EndField, Text)],
    currency: &Currency,
    cells: &Cells<'r>,
) -> Result<End<'r>, String> {
    let mut end = End::default();
    for (field, text) in fields {
        let Some(found) = text.read(cells)? else { continue };
        let wrong = |expected: &str| text.wrong(cells, expected);
        match field {
            EndField::Account => end.account = Some(Redacted::new(found)),
            EndField::Party => end.party = Some(Redacted::new(found)),
            EndField::Name => end.name = Some(Redacted::new(found)),
            EndField::Alias => end.alias = Some(Redacted::new(found)),
            EndField::Wallet => end.wallet = Some(Redacted::new(found)),
            EndField::Bank => end.bank = Some(found),
            EndField::Country => end.place.country = Some(found),
            EndField::Region => end.place.region = Some(found),
            EndField::Town => end.place.town = Some(found),
            EndField::Kind => {
                let kind = EndKind::parse(&found);
                end.kind = Some(kind.ok_or_else(|| wrong("a kind of an end"))?);
            }
            EndField::Ours => {
                end.ours = match &*found {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => return Err(wrong("`true` or `false`")),
                };
            }
            EndField::BalanceAfter => {
                let balance = plan.amount.signed(&found, currency);
                end.balance_after = Some(balance.ok_or_else(|| wrong("a plain decimal"))?);
            }
        }
    }
    Ok(end)
}

fn merchant<'r>(
    fields: &'r [(MerchantField, Text)],
    cells: &Cells<'r>,
) -> Result<Option<Merchant<'r>>, String> {
    let mut merchant = Merchant::default();
    for (field, text) in fields {
        let Some(found) = text.read(cells)? else { continue };
        match field {
            MerchantField::Id => merchant.id = Some(Redacted::new(found)),
            MerchantField::Mcc => merchant.mcc = Some(found),
            MerchantField::Name => merchant.name = Some(Redacted::new(found)),
            MerchantField::Domain => merchant.domain = Some(Redacted::new(found)),
            MerchantField::Country => merchant.place.country = Some(found),
            MerchantField::Region => merchant.place.region = Some(found),
            MerchantField::Town => merchant.place.town = Some(found),
        }
    }
    Ok((merchant != Merchant::default()).then_some(merchant))
}

fn set<'r>(
    payment: &mut Payment<'r>,
    field: MoreField,
    text: &Text,
    found: Cow<'r, str>,
    cells: &Cells<'_>,
) -> Result<(), String> {
    match field {
        MoreField::Channel => {
            let channel = Channel::parse(&found);
            payment.channel = Some(channel.ok_or_else(|| text.wrong(cells, "a channel"))?);
        }
        MoreField::Status => {
            let status = Status::parse(&found);
            payment.status = status.ok_or_else(|| text.wrong(cells, "a status"))?;
        }
        MoreField::RefersTo => payment.refers_to = Some(Redacted::new(found)),
        MoreField::Purpose => payment.purpose = Some(found),
        MoreField::Text => payment.text = Some(Redacted::new(found)),
        MoreField::EndToEndId => payment.end_to_end_id = Some(Redacted::new(found)),
        MoreField::Entity => payment.entity = Some(found),
        MoreField::Source => payment.source = Some(found),
    }
    Ok(())
}

/// A payment of these parts, between nobody.
fn blank<'r>(
    id: Cow<'r, str>,
    event_time: EventTime,
    outcome: &Outcome,
    amount: Decimal,
    currency: Currency,
) -> Payment<'r> {
    Payment {
        payment_id: Redacted::new(id),
        event_time,
        utc_offset_minutes: None,
        kind: outcome.kind,
        rail: outcome.rail,
        channel: outcome.channel,
        status: Status::Booked,
        amount,
        currency,
        fee: None,
        debtor: End::default(),
        creditor: End::default(),
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
