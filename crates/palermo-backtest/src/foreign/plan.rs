//! A mapping, understood: which field of a payment comes from where.
//!
//! Promise: what the mapping says by itself (a kind, a currency of its tables, a field's name) is checked
//! here, once, so that what is wrong in a row is the row. Cost: once a file.

use super::amount::Amount;
use super::near::proposal;
use super::text::{Cells, Column, Names, Table, Text};
use super::time::Time;
use super::written::{self, Block, Source, Written};
use palermo_codec::{currency_codes, minor_units};
use palermo_domain::{Channel, Currency, EndKind, PaymentKind, Rail, Status};
use std::collections::BTreeSet;

/// The fields of blocks, one enum each, with their names in a mapping.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($variant,)* }

        impl $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];
        }
    )*};
}

fields! {
    /// Of an end.
    EndField {
        Account = "account", Party = "party", Name = "name", Kind = "kind", Bank = "bank",
        Country = "country", Region = "region", Town = "town", Alias = "alias", Wallet = "wallet",
        Ours = "ours", BalanceAfter = "balance_after",
    }
    /// Of the merchant.
    MerchantField {
        Id = "id", Mcc = "mcc", Name = "name", Domain = "domain", Country = "country",
        Region = "region", Town = "town",
    }
}

/// Of the payment itself, where they are texts and may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoreField {
    Channel,
    Status,
    RefersTo,
    Purpose,
    Text,
    EndToEndId,
    Entity,
    Source,
}

/// What a kind of the source is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) kind: PaymentKind,
    pub(super) rail: Rail,
    pub(super) channel: Option<Channel>,
    /// The debtor of the mapping is the creditor.
    pub(super) swap: bool,
    /// The end that is left empty, after the swap.
    pub(super) without: Option<Without>,
}

/// An end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Without {
    Debtor,
    Creditor,
}

/// Kinds by the words of a column, or one for all.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    column: Option<Column>,
    table: Table<Outcome>,
}

/// What the creditor's end receives.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    pub(super) amount: Option<Amount>,
    pub(super) currency: Text,
}

/// What is known of the payment itself.
#[derive(Clone, Debug)]
pub(super) struct Label {
    column: Column,
    positive: BTreeSet<String>,
    negative: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

/// The whole mapping.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) names: Names,
    pub(super) id: Text,
    pub(super) time: Time,
    pub(super) kinds: Kinds,
    pub(super) amount: Amount,
    pub(super) currency: Text,
    pub(super) counter: Option<Counter>,
    pub(super) assets: BTreeSet<Currency>,
    pub(super) debtor: Vec<(EndField, Text)>,
    pub(super) creditor: Vec<(EndField, Text)>,
    pub(super) merchant: Vec<(MerchantField, Text)>,
    pub(super) fee: Option<Amount>,
    pub(super) more: Vec<(MoreField, Text)>,
    pub(super) label: Option<Label>,
    pub(super) typology: Option<Text>,
}

impl Plan {
    pub(super) fn try_new(mut written: Written) -> Result<Self, String> {
        let more = more(&mut written);
        let mut names = Names::default();
        let names_of = &mut names;
        let assets = assets(written.assets.unwrap_or_default())?;
        let id = Text::try_new(written.id, "id", names_of)?;
        let time = Time::try_new(&written.time, names_of)?;
        let kinds = Kinds::try_new(written.kinds, names_of)?;
        let amount = Amount::try_new(&written.amount, "amount", names_of)?;
        let currency = currency(written.currency, "currency", &assets, names_of)?;
        let counter = match written.counter {
            None => None,
            Some(counter) => Some(Counter::try_new(counter, &assets, names_of)?),
        };
        let debtor = end("debtor", written.debtor, names_of)?;
        let creditor = end("creditor", written.creditor, names_of)?;
        let merchant = block("merchant", written.merchant, MerchantField::ALL, names_of)?;
        let fee = match &written.fee {
            None => None,
            Some(fee) => Some(Amount::try_new(fee, "fee", names_of)?),
        };
        let more = more_texts(more, names_of)?;
        let label = match written.label {
            None => None,
            Some(label) => Some(Label::try_new(label, names_of)?),
        };
        let typology = match written.typology {
            None => None,
            Some(source) => Some(Text::try_new(source, "typology", names_of)?),
        };
        Ok(Self {
            names,
            id,
            time,
            kinds,
            amount,
            currency,
            counter,
            assets,
            debtor,
            creditor,
            merchant,
            fee,
            more,
            label,
            typology,
        })
    }
}

impl Kinds {
    fn try_new(written: written::Kinds, names: &mut Names) -> Result<Self, String> {
        let written::Kinds { column, values, otherwise, always } = written;
        let one = |path: &str, written: Option<&written::Kind>| {
            written.map(|written| Outcome::try_new(written, path)).transpose()
        };
        match (column, values, always) {
            (Some(name), Some(values), None) => {
                let mut outcomes = Vec::new();
                for (word, written) in &values {
                    let path = format!("kinds.values.{word}");
                    outcomes.push((word.clone(), Outcome::try_new(written, &path)?));
                }
                let otherwise = one("kinds.else", otherwise.as_ref())?;
                let table = Table::try_new("kinds.values".to_owned(), outcomes, otherwise)?;
                Ok(Self { column: Some(names.column(&name)), table })
            }
            (None, None, Some(always)) if otherwise.is_none() => {
                let always = one("kinds.always", Some(&always))?;
                let table = Table::try_new("kinds".to_owned(), Vec::new(), always)?;
                Ok(Self { column: None, table })
            }
            _ => {
                let what = "`kinds` has to have `column` and `values`, and may have `else`; or it has \
                            `always` alone";
                Err(what.to_owned())
            }
        }
    }

    /// What the payment of a row is.
    pub(super) fn read(&self, cells: &Cells<'_>) -> Result<&Outcome, String> {
        match self.column {
            None => self.table.find("", &[], cells),
            Some(column) => self.table.find(cells.text(column), &[column], cells),
        }
    }
}

impl Outcome {
    fn try_new(written: &written::Kind, path: &str) -> Result<Self, String> {
        let kinds: Vec<&str> = PaymentKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let rails: Vec<&str> = Rail::ALL.iter().map(|rail| rail.as_str()).collect();
        let kind = PaymentKind::parse(&written.kind)
            .ok_or_else(|| unknown(&format!("{path}.kind"), &written.kind, &kinds))?;
        let rail = Rail::parse(&written.rail)
            .ok_or_else(|| unknown(&format!("{path}.rail"), &written.rail, &rails))?;
        let channel = match &written.channel {
            None => None,
            Some(word) => Some(
                Channel::parse(word)
                    .ok_or_else(|| unknown(&format!("{path}.channel"), word, &channels()))?,
            ),
        };
        let without = match written.without.as_deref() {
            None => None,
            Some("debtor") => Some(Without::Debtor),
            Some("creditor") => Some(Without::Creditor),
            Some(word) => {
                return Err(unknown(&format!("{path}.without"), word, &["debtor", "creditor"]));
            }
        };
        Ok(Self { kind, rail, channel, swap: written.swap, without })
    }
}

impl Counter {
    fn try_new(
        written: written::Counter,
        assets: &BTreeSet<Currency>,
        names: &mut Names,
    ) -> Result<Self, String> {
        let amount = match &written.amount {
            None => None,
            Some(amount) => Some(Amount::try_new(amount, "counter.amount", names)?),
        };
        let currency = currency(written.currency, "counter.currency", assets, names)?;
        Ok(Self { amount, currency })
    }
}

impl Label {
    fn try_new(written: written::Label, names: &mut Names) -> Result<Self, String> {
        let set = |words: Vec<String>| -> BTreeSet<String> {
            words.iter().map(|word| word.trim().to_ascii_lowercase()).collect()
        };
        let (positive, negative) = (set(written.positive), set(written.negative));
        let unknown = set(written.unknown.unwrap_or_default());
        let twice = positive.intersection(&negative).chain(positive.intersection(&unknown));
        if let Some(word) = twice.chain(negative.intersection(&unknown)).next() {
            return Err(format!("`label` has the word `{word}` under two of its keys"));
        }
        Ok(Self { column: names.column(&written.column), positive, negative, unknown })
    }

    /// Whether the payment is labelled, and how.
    pub(super) fn read(&self, cells: &Cells<'_>) -> Result<Option<bool>, String> {
        let word = cells.text(self.column).to_ascii_lowercase();
        if self.positive.contains(&word) {
            return Ok(Some(true));
        }
        if self.negative.contains(&word) {
            return Ok(Some(false));
        }
        if self.unknown.contains(&word) {
            return Ok(None);
        }
        let place = cells.listed(&[self.column]);
        Err(format!("has a word in {place} that `label` does not have; add it to one of its keys"))
    }
}

/// What to say of a word of the mapping that is none.
fn unknown(path: &str, word: &str, known: &[&str]) -> String {
    format!("`{path}` is `{word}`; {}", proposal(word, known))
}

fn channels() -> Vec<&'static str> {
    Channel::ALL.iter().map(|channel| channel.as_str()).collect()
}

fn assets(written: Vec<String>) -> Result<BTreeSet<Currency>, String> {
    let mut assets = BTreeSet::new();
    for ticker in written {
        match Currency::try_new(&ticker) {
            Some(asset) if minor_units(&asset).is_none() => assets.insert(asset),
            _ => return Err(format!("`assets` has `{ticker}`, which is no ticker of an asset")),
        };
    }
    Ok(assets)
}

fn currency(
    source: Source,
    path: &str,
    assets: &BTreeSet<Currency>,
    names: &mut Names,
) -> Result<Text, String> {
    let text = Text::try_new(source, path, names)?;
    let is_known = |word: &str| {
        let code = Currency::try_new(word);
        code.is_some_and(|code| minor_units(&code).is_some() || assets.contains(&code))
    };
    let mut codes: Vec<&str> = assets.iter().map(Currency::as_str).collect();
    for code in currency_codes() {
        codes.push(code);
    }
    text.check(is_known, &codes)?;
    Ok(text)
}

fn end(
    path: &str,
    written: Option<Block>,
    names: &mut Names,
) -> Result<Vec<(EndField, Text)>, String> {
    let fields = block(path, written, EndField::ALL, names)?;
    let kinds: Vec<&str> = EndKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for (field, text) in &fields {
        match field {
            EndField::Kind => text.check(|word| EndKind::parse(word).is_some(), &kinds)?,
            EndField::Ours => {
                text.check(|word| matches!(word, "true" | "false"), &["true", "false"])?;
            }
            _ => {}
        }
    }
    Ok(fields)
}

fn block<F: Copy>(
    path: &str,
    written: Option<Block>,
    known: &[(&str, F)],
    names: &mut Names,
) -> Result<Vec<(F, Text)>, String> {
    let mut fields = Vec::new();
    for (key, source) in written.unwrap_or_default() {
        let Some((_, field)) = known.iter().find(|(name, _)| *name == key) else {
            let keys: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Err(format!("unknown key `{path}.{key}`; {}", proposal(&key, &keys)));
        };
        fields.push((*field, Text::try_new(source, &format!("{path}.{key}"), names)?));
    }
    Ok(fields)
}

/// The texts of the payment itself that the mapping has.
fn more(written: &mut Written) -> Vec<(MoreField, &'static str, Source)> {
    let all = [
        (MoreField::Channel, "channel", written.channel.take()),
        (MoreField::Status, "status", written.status.take()),
        (MoreField::RefersTo, "refers_to", written.refers_to.take()),
        (MoreField::Purpose, "purpose", written.purpose.take()),
        (MoreField::Text, "text", written.text.take()),
        (MoreField::EndToEndId, "end_to_end_id", written.end_to_end_id.take()),
        (MoreField::Entity, "entity", written.entity.take()),
        (MoreField::Source, "source", written.source.take()),
    ];
    let given = all.into_iter();
    given.filter_map(|(field, path, source)| source.map(|source| (field, path, source))).collect()
}

fn more_texts(
    given: Vec<(MoreField, &'static str, Source)>,
    names: &mut Names,
) -> Result<Vec<(MoreField, Text)>, String> {
    let mut fields = Vec::new();
    for (field, path, source) in given {
        let text = Text::try_new(source, path, names)?;
        match field {
            MoreField::Channel => {
                text.check(|word| Channel::parse(word).is_some(), &channels())?;
            }
            MoreField::Status => {
                let words: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
                text.check(|word| Status::parse(word).is_some(), &words)?;
            }
            _ => {}
        }
        fields.push((field, text));
    }
    Ok(fields)
}
