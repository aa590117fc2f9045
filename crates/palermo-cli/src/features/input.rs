//! What is read: edges as CSV, or payments as JSON lines.

use super::{BUFFER_BYTES, Stop, UNREADABLE};
use crate::exit::{Exit, Failure};
use csv::ByteRecord;
use palermo_codec::{Limits, Refusal, UnknownFields, decode_payment};
use palermo_domain::{Cents, Currency, Payment, Status, parse_amount, to_cents};
use palermo_ledger::edges::{ACCOUNTS_MAX, TIME_MAX};
use palermo_ledger::{AccountId, Atoms};
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader, Read};

/// What lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum From {
    /// CSV, `edge_id,source,target,seconds[,amount]`.
    Edges,
    /// JSON, one `payment.v1` a line.
    Payments,
}

/// Accounts by number, in order of first sight.
#[derive(Debug, Default)]
pub(super) struct Accounts(Atoms);

impl Accounts {
    pub(super) fn of(&mut self, key: &[u8]) -> Result<AccountId, &'static str> {
        let text = std::str::from_utf8(key).map_err(|_| "names an account that is not UTF-8")?;
        if text.is_empty() {
            return Err("names no account");
        }
        let number = self.0.intern(text).index();
        if number >= ACCOUNTS_MAX {
            return Err("names one account more than can be told apart (33 million)");
        }
        Ok(AccountId::from_index(number))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The lines of a CSV file of edges; a header is passed over.
pub(super) struct EdgeLines<R> {
    reader: csv::Reader<R>,
    record: ByteRecord,
    first: bool,
}

impl<R: Read> EdgeLines<R> {
    pub(super) fn new(input: R) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(input);
        Self { reader, record: ByteRecord::new(), first: true }
    }

    /// The next line and its number.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &ByteRecord)>, Stop> {
        loop {
            let more = self.reader.read_byte_record(&mut self.record).map_err(|error| {
                let line = self.record.position().map_or(0, csv::Position::line);
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => Stop::Read(error),
                    _ => Stop::Line(unreadable(From::Edges, line, "is no CSV")),
                }
            })?;
            if !more {
                return Ok(None);
            }
            let record = &self.record;
            let number = record.position().map_or(0, csv::Position::line);
            if self.reader.position().line() > number.saturating_add(1) {
                let what = "begins a field in quotes that does not end on it";
                return Err(Stop::Line(unreadable(From::Edges, number, what)));
            }
            if !(std::mem::take(&mut self.first) && is_header(record)) {
                break;
            }
        }
        Ok(Some((self.record.position().map_or(0, csv::Position::line), &self.record)))
    }
}

/// Whether a first line names columns: its fourth field is a word.
fn is_header(record: &ByteRecord) -> bool {
    let word = |field: &[u8]| field.first().is_some_and(u8::is_ascii_alphabetic);
    record.get(3).is_some_and(word) && record.get(0).is_some_and(|first| !first.starts_with(b"{"))
}

/// The fields of a line of edges.
#[derive(Clone, Copy)]
pub(super) struct EdgeLine<'a> {
    pub(super) id: &'a [u8],
    pub(super) source: &'a [u8],
    pub(super) target: &'a [u8],
    pub(super) seconds: i64,
    amount: &'a [u8],
}

impl<'a> EdgeLine<'a> {
    pub(super) fn of(record: &'a ByteRecord) -> Result<Self, &'static str> {
        let field = |at| record.get(at).ok_or("has fewer than four fields");
        if field(0)?.first() == Some(&b'{') {
            return Err("looks like JSON: say `--from payments`");
        }
        let (id, source, target, time) = (field(0)?, field(1)?, field(2)?, field(3)?);
        if id.is_empty() {
            return Err("has no id");
        }
        let seconds = whole_seconds(time).ok_or("has a time that is no whole number of seconds")?;
        Ok(Self { id, source, target, seconds, amount: record.get(4).unwrap_or(&[]) })
    }

    /// The amount; none is unknown.
    pub(super) fn amount(&self) -> Result<Option<Cents>, &'static str> {
        if self.amount.is_empty() {
            return Ok(None);
        }
        let text = std::str::from_utf8(self.amount).ok().map(str::trim);
        let amount = text.and_then(|text| parse_amount(text).ok());
        amount.and_then(to_cents).map(Some).ok_or("has an amount that is no plain decimal number")
    }
}

/// A whole number of seconds; a fraction of zeros is none.
fn whole_seconds(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let fits = (-TIME_MAX..=TIME_MAX).contains(&seconds);
    (fits && fraction.bytes().all(|digit| digit == b'0')).then_some(seconds)
}

/// What a line says.
pub(super) enum Line<'a> {
    /// A payment happened.
    Paid(Paid<'a>),
    /// The payment with this id is taken back.
    TakenBack { id: String, time: i64 },
    /// Attempted or rejected: no money moved.
    NotBooked,
}

/// A payment, before anything is known of it.
pub(super) struct Paid<'a> {
    pub(super) id: std::borrow::Cow<'a, str>,
    pub(super) ends: [Option<AccountId>; 2],
    pub(super) time: i64,
    pub(super) amount: Option<Cents>,
    pub(super) content: u64,
}

/// Reads every line and hands on what it says. Times are in seconds for edges, in milliseconds for
/// payments.
pub(super) fn each_line(
    from: From,
    currency: Option<Currency>,
    input: impl Read,
    accounts: &mut Accounts,
    each: &mut dyn FnMut(Line<'_>) -> std::io::Result<()>,
) -> Result<(), Stop> {
    match from {
        From::Edges => each_edge(input, accounts, each),
        From::Payments => each_payment(currency, input, accounts, each),
    }
}

fn each_edge(
    input: impl Read,
    accounts: &mut Accounts,
    each: &mut dyn FnMut(Line<'_>) -> std::io::Result<()>,
) -> Result<(), Stop> {
    let mut lines = EdgeLines::new(input);
    let hasher = palermo_domain::FixedState::default();
    while let Some((number, record)) = lines.next()? {
        let mut read = || {
            let line = EdgeLine::of(record)?;
            let ends = [Some(accounts.of(line.source)?), Some(accounts.of(line.target)?)];
            let amount = line.amount()?;
            let id = std::str::from_utf8(line.id).map_err(|_| "has an id that is not UTF-8")?;
            let content = hasher.hash_one((ends, line.seconds, amount));
            Ok(Paid { id: id.into(), ends, time: line.seconds, amount, content })
        };
        let paid = read().map_err(|what| Stop::Line(unreadable(From::Edges, number, what)))?;
        each(Line::Paid(paid)).map_err(Stop::Write)?;
    }
    Ok(())
}

fn each_payment(
    currency: Option<Currency>,
    input: impl Read,
    accounts: &mut Accounts,
    each: &mut dyn FnMut(Line<'_>) -> std::io::Result<()>,
) -> Result<(), Stop> {
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    let (limits, mut unknown) = (Limits::default(), UnknownFields::default());
    // Unless it is said, there is one: which came first decides nothing.
    let (said, mut currency) = (currency.is_some(), currency);
    let mut text = Vec::new();
    for number in 1_u64.. {
        text.clear();
        if input.read_until(b'\n', &mut text).map_err(Stop::Read)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let refused = |what: &str| Stop::Line(unreadable(From::Payments, number, what));
        let payment = decode_payment(text.trim_ascii(), &limits, &mut unknown)
            .map_err(|refusal| refused(&in_words(&refusal)))?;
        let base = *currency.get_or_insert(payment.currency);
        if !said && payment.currency != base {
            let (first, other) = (base.as_str(), payment.currency.as_str());
            return Err(refused(&format!(
                "is in {other} after {first}: say with `--currency` which one amounts are counted in"
            )));
        }
        let line = of_payment(&payment, base, accounts).map_err(refused)?;
        each(line).map_err(Stop::Write)?;
    }
    Ok(())
}

fn in_words(refusal: &Refusal) -> String {
    let code = refusal.reason.as_str();
    match &refusal.field {
        Some(field) => format!("is no `payment.v1`: `{code}` in `{field}`"),
        None => format!("is no `payment.v1`: `{code}`"),
    }
}

fn of_payment<'a>(
    payment: &'a Payment<'_>,
    base: Currency,
    accounts: &mut Accounts,
) -> Result<Line<'a>, &'static str> {
    let id = payment.payment_id.expose().as_ref();
    let time = payment.event_time.0;
    if let Some(target) = payment.refers_to.as_ref().filter(|_| payment.status == Status::Reversed)
    {
        return Ok(Line::TakenBack { id: target.expose().to_string(), time });
    }
    if payment.status != Status::Booked {
        return Ok(Line::NotBooked);
    }
    let mut end = |end: &palermo_domain::End<'_>| {
        let key = end.account.as_ref().map(|account| account.expose());
        key.map(|key| accounts.of(key.as_bytes())).transpose()
    };
    let ends = [end(&payment.debtor)?, end(&payment.creditor)?];
    // Rates are the engine's: what is in another currency is unknown, never added as if it were not.
    let amount = (payment.currency == base).then(|| to_cents(payment.amount)).flatten();
    Ok(Line::Paid(Paid { id: id.into(), ends, time, amount, content: payment.content_hash() }))
}

pub(super) fn unreadable(from: From, line: u64, what: &str) -> Failure {
    let is = match from {
        From::Edges => {
            "a line is `edge_id,source,target,seconds[,amount]`, more fields are not read"
        }
        From::Payments => "a line is one payment as `payment.v1` describes it",
    };
    let text = format!("line {line} {what}; {is}");
    Failure { exit: Exit::Usage, code: Some(UNREADABLE), text }
}
