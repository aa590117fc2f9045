//! Customers and rates behind the payments, and what they say of one payment.
//!
//! Parties are known before any payment here, as at a first start; the fields of a joint account are
//! those of the holder that is named first.
//!
//! Sees: a rate of the payment's own day or of eight days ago, a conversion that rounds halves up, a
//! relation that was not looked at from both sides, an age counted from the wrong end.

use crate::Owned;
use crate::measure::Number;
use crate::window::{Seen, account};
use palermo_domain::{Currency, Date, Decimal, End, EventTime, MicroDegrees, Party, Span};
use rust_decimal::RoundingStrategy;

/// What is known beside the payments.
#[derive(Clone)]
pub struct World {
    /// Currency of `amount`.
    pub base: Currency,
    /// How much of a currency one unit of the base currency is, by day.
    pub rates: Vec<(Currency, Date, Decimal)>,
    /// The customers.
    pub parties: Vec<Party>,
}

/// Short, because it stands in every failing case.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let opened = |party: &Party| {
            party.accounts.iter().map(|own| own.opened.map(|day| day.to_string())).collect()
        };
        let opened: Vec<Vec<Option<String>>> = self.parties.iter().map(opened).collect();
        let places = |party: &Party| party.home.as_ref()?.expose().town.clone();
        let homes: Vec<Option<String>> = self.parties.iter().map(places).collect();
        let related: Vec<usize> = self.parties.iter().map(|party| party.relations.len()).collect();
        let held = |party: &Party| party.accounts.iter().map(|own| own.holder).collect();
        let held: Vec<Vec<bool>> = self.parties.iter().map(held).collect();
        let rates: Vec<String> = self
            .rates
            .iter()
            .map(|(currency, day, rate)| format!("{currency}/{day} {rate}"))
            .collect();
        write!(
            f,
            "World {{ rates: {rates:?}, opened: {opened:?}, homes: {homes:?}, related: {related:?}, held: {held:?} }}"
        )
    }
}

impl World {
    /// The amount in the base currency: newest rate dated before the event's UTC day and at most
    /// seven days old, rounded half-even to hundredths; without one unknown.
    pub fn amount(&self, payment: &Owned) -> Number {
        self.converted(payment.amount, payment.currency, payment.event_time)
    }

    /// Any money of a payment at a time, converted as its amount is.
    pub fn converted(&self, amount: Decimal, currency: Currency, at: EventTime) -> Number {
        let rate = if currency == self.base {
            Decimal::ONE
        } else {
            let day = at.date().0;
            let usable = |(of, date, _): &&(Currency, Date, Decimal)| {
                *of == currency && (1..=7).contains(&day.saturating_sub(date.0))
            };
            self.rates.iter().filter(usable).max_by_key(|(_, date, _)| *date)?.2
        };
        let amount = amount.checked_div(rate)?;
        Some(amount.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven))
    }

    /// The party that holds the account of an end.
    pub fn holder(&self, end: &End<'_>) -> Option<&Party> {
        let account = account(end)?;
        self.parties.iter().find(|party| {
            party.accounts.iter().any(|own| own.holder && own.account.expose() == account)
        })
    }

    /// The party behind an end: the holder of its account, else the one the payment names.
    pub fn party(&self, end: &End<'_>) -> Option<&Party> {
        self.holder(end).or_else(|| {
            let named = end.party.as_ref()?.expose();
            self.parties.iter().find(|party| party.party.expose() == named)
        })
    }

    /// `self.account_age` at the time of a payment.
    pub fn account_age(&self, seen: &Seen<'_>) -> Option<Span> {
        let key = account(seen.own())?;
        let holder = self.holder(seen.own())?;
        let own = holder.accounts.iter().find(|own| own.account.expose() == key)?;
        Some(seen.payment.event_time.since(own.opened?.midnight()))
    }

    /// Where the holder of the own account lives.
    pub fn home(&self, seen: &Seen<'_>) -> Option<(MicroDegrees, MicroDegrees)> {
        self.party(seen.own())?.home.as_ref()?.expose().coordinates
    }

    /// `unrelated(self, other)`: false only on evidence.
    pub fn unrelated(&self, seen: &Seen<'_>) -> bool {
        let (a, b) = (seen.own(), seen.other());
        let id = |end: &End<'_>| {
            let named = end.party.as_ref().map(|text| text.expose().clone().into_owned());
            named.or_else(|| Some(self.party(end)?.party.expose().clone()))
        };
        let same = |x: Option<&str>, y: Option<&str>| x.is_some() && x == y;
        let (a_id, b_id) = (id(a), id(b));
        let day = seen.payment.event_time.date();
        let declares = |from: &End<'_>, to: Option<&str>| {
            self.party(from).is_some_and(|party| {
                party.relations.iter().any(|relation| {
                    Some(relation.party.expose().as_str()) == to
                        && relation.since.is_none_or(|since| since <= day)
                        && relation.until.is_none_or(|until| until >= day)
                })
            })
        };
        let shared = match (self.party(a), self.party(b)) {
            (Some(a), Some(b)) if a.hash_key_id == b.hash_key_id => {
                let text = |hash: &Option<palermo_domain::Redacted<String>>| {
                    hash.as_ref().map(|hash| hash.expose().clone())
                };
                [(&a.address, &b.address), (&a.phone, &b.phone), (&a.email, &b.email)]
                    .iter()
                    .any(|(x, y)| same(text(x).as_deref(), text(y).as_deref()))
            }
            _ => false,
        };
        let on_payment = [(&a.address, &b.address), (&a.phone, &b.phone), (&a.email, &b.email)]
            .iter()
            .any(|(x, y)| x.is_some() && x == y);
        let related = same(a_id.as_deref(), b_id.as_deref())
            || same(account(a), account(b))
            || declares(a, b_id.as_deref())
            || declares(b, a_id.as_deref())
            || shared
            || on_payment;
        !related
    }
}
