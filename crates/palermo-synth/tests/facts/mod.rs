//! What an examiner would count by hand: the books of every account, and the published facts of
//! CT-14 and CT-01 recomputed from them in the most naive way. Knows payments only; nothing of
//! how the world was made and nothing of the rules. Sees wrong numbers, places and hours in
//! planted cases; cannot see whether ordinary life is believable.
#![expect(clippy::arithmetic_side_effects, reason = "small counts and cents in a test")]

use palermo_domain::{MicroDegrees, Payment, PaymentKind, Rail, distance, to_cents};
use palermo_synth::World;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

type Spot = (MicroDegrees, MicroDegrees);

/// Cash in or out.
#[derive(Clone, Debug)]
pub(crate) struct Cash {
    pub(crate) at: i64,
    pub(crate) cents: i64,
    pub(crate) deposit: bool,
    pub(crate) night: bool,
    pub(crate) spot: Spot,
    pub(crate) terminal: String,
    pub(crate) by_holder: bool,
}

/// The other payments that the facts need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) cash: Vec<Cash>,
    /// Time, sender, region of the sender, cents.
    pub(crate) p2p_in: Vec<(i64, String, String, i64)>,
    /// Time, receiver, cents.
    pub(crate) p2p_out: Vec<(i64, String, i64)>,
    /// Time, place, nights.
    pub(crate) stays: Vec<(i64, Spot, u16)>,
    /// Time, cents.
    pub(crate) adverts: Vec<(i64, i64)>,
    /// Time, payer, cents.
    pub(crate) wages: Vec<(i64, String, i64)>,
}

fn cash(p: &Payment<'_>) -> Option<Cash> {
    let terminal = p.terminal.as_ref()?;
    let local = p.event_time.0 + i64::from(p.utc_offset_minutes?) * 60_000;
    let hour = local.rem_euclid(DAY) / HOUR;
    Some(Cash {
        at: p.event_time.0,
        cents: to_cents(p.amount)?.0,
        deposit: p.kind == PaymentKind::CashDeposit,
        night: !(6..22).contains(&hour),
        spot: terminal.place.coordinates?,
        terminal: terminal.id.as_ref()?.expose().to_string(),
        by_holder: p.conductor.as_ref().is_none_or(|c| c.is_holder == Some(true)),
    })
}

/// The books of every account of a world that has cash, P2P credits, stays, adverts or wages.
pub(crate) fn books(world: &World) -> BTreeMap<String, Book> {
    let mut books: BTreeMap<String, Book> = BTreeMap::new();
    for p in world.payments() {
        let (at, cents) = (p.event_time.0, to_cents(p.amount).map_or(0, |c| c.0));
        let debtor = p.debtor.account.as_ref().map(|a| a.expose().to_string());
        let creditor = p.creditor.account.as_ref().map(|a| a.expose().to_string());
        let region = p.debtor.place.region.as_deref().unwrap_or("?").to_owned();
        let mcc = p.merchant.as_ref().and_then(|m| m.mcc.as_deref()).unwrap_or("");
        let spot = p.merchant.as_ref().and_then(|m| m.place.coordinates);
        match (p.kind, debtor, creditor) {
            (PaymentKind::CashDeposit, _, Some(own))
            | (PaymentKind::CashWithdrawal, Some(own), _) => {
                books.entry(own).or_default().cash.extend(cash(&p));
            }
            (PaymentKind::Transfer, Some(from), Some(to)) if p.rail == Rail::P2p => {
                books.entry(from.clone()).or_default().p2p_out.push((at, to.clone(), cents));
                books.entry(to).or_default().p2p_in.push((at, from, region, cents));
            }
            (PaymentKind::Payroll, Some(from), Some(to)) => {
                books.entry(to).or_default().wages.push((at, from, cents));
            }
            (PaymentKind::CardPurchase, Some(own), _) if mcc == "7011" => {
                let nights = p.stay.and_then(|s| s.nights).unwrap_or(0);
                books.entry(own).or_default().stays.extend(spot.map(|s| (at, s, nights)));
            }
            (PaymentKind::CardPurchase, Some(own), _) if mcc == "7311" || mcc == "7273" => {
                books.entry(own).or_default().adverts.push((at, cents));
            }
            _ => {}
        }
    }
    books
}

/// The books of several accounts as one.
pub(crate) fn joined<'a>(books: impl Iterator<Item = &'a Book>) -> Book {
    let mut all = Book::default();
    for book in books {
        all.cash.extend(book.cash.iter().cloned());
        all.p2p_in.extend(book.p2p_in.iter().cloned());
        all.p2p_out.extend(book.p2p_out.iter().cloned());
        all.stays.extend(book.stays.iter().copied());
        all.adverts.extend(book.adverts.iter().copied());
        all.wages.extend(book.wages.iter().cloned());
    }
    all.cash.sort_by_key(|c| c.at);
    all.stays.sort_by_key(|s| s.0);
    all.adverts.sort_by_key(|a| a.0);
    all
}

/// The largest count over windows that end at one of the times.
fn most<T>(
    items: &[T],
    at: impl Fn(&T) -> i64,
    days: i64,
    count: impl Fn(&[&T]) -> usize,
) -> usize {
    let windows = items.iter().map(|end| {
        let end = at(end);
        let inside: Vec<&T> =
            items.iter().filter(|i| at(i) <= end && at(i) >= end - days * DAY).collect();
        count(&inside)
    });
    windows.max().unwrap_or(0)
}

/// What CT-14 is about, over 30 days that end at the last withdrawal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Funnel {
    pub(crate) senders: usize,
    pub(crate) regions: usize,
    pub(crate) credits: usize,
    pub(crate) median: i64,
    pub(crate) total_in: i64,
    /// Share of it that left as cash in pieces under 10,000, in percent.
    pub(crate) cash_percent: i64,
    /// Withdrawals of 8,000 to 9,999.99 within 7 days.
    pub(crate) near_limit: usize,
    pub(crate) branches: usize,
}

impl Funnel {
    /// The state at a time.
    pub(crate) fn at(book: &Book, end: i64) -> Self {
        let out: Vec<&Cash> = book.cash.iter().filter(|c| !c.deposit).collect();
        let state = Self::over(book, &out, end);
        let near = |c: &&&Cash| (800_000..1_000_000).contains(&c.cents) && c.at <= end;
        let close: Vec<&Cash> = out.iter().filter(near).copied().collect();
        Self { near_limit: most(&close, |c| c.at, 7, |inside| inside.len()), ..state }
    }

    /// Whether the defaults are reached at the time of any withdrawal.
    pub(crate) fn ever_holds(book: &Book) -> bool {
        book.cash.iter().any(|c| !c.deposit && Self::at(book, c.at).holds())
    }

    fn over(book: &Book, out: &[&Cash], end: i64) -> Self {
        let inside = |at: i64| at <= end && at >= end - 30 * DAY;
        let credits: Vec<_> = book.p2p_in.iter().filter(|c| inside(c.0)).collect();
        let mut amounts: Vec<i64> = credits.iter().map(|c| c.3).collect();
        amounts.sort_unstable();
        let total_in: i64 = amounts.iter().sum();
        let drawn: Vec<_> = out.iter().filter(|c| inside(c.at) && c.cents < 1_000_000).collect();
        let cash: i64 = drawn.iter().map(|c| c.cents).sum();
        Self {
            senders: credits.iter().map(|c| &c.1).collect::<BTreeSet<_>>().len(),
            regions: credits.iter().map(|c| &c.2).collect::<BTreeSet<_>>().len(),
            credits: credits.len(),
            median: amounts.get(amounts.len() / 2).copied().unwrap_or(0),
            total_in,
            cash_percent: if total_in == 0 { 0 } else { cash * 100 / total_in },
            near_limit: 0,
            branches: drawn.iter().map(|c| &c.terminal).collect::<BTreeSet<_>>().len(),
        }
    }

    /// The catalogue's default thresholds, without the account's age and home.
    pub(crate) fn holds(&self) -> bool {
        self.senders >= 25
            && self.credits >= 60
            && self.median <= 40_000
            && self.cash_percent >= 60
            && self.near_limit >= 3
    }
}

/// What CT-01 is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circuit {
    /// Stays of one or two nights, and their towns, in 21 days.
    pub(crate) stays: usize,
    pub(crate) cities: usize,
    /// Night cash in 14 days, and its share of all cash then, in percent.
    pub(crate) night: usize,
    pub(crate) night_percent: usize,
    /// Towns and machines of deposits in 7 days.
    pub(crate) deposit_cities: usize,
    pub(crate) terminals: usize,
    /// Deposits followed within 48 hours by a withdrawal 150 km away, of half the amount at least,
    /// in 14 days; each payment used once.
    pub(crate) cycles: usize,
    pub(crate) adverts_week: usize,
    /// Deposits by somebody else.
    pub(crate) third_party: usize,
}

impl Circuit {
    pub(crate) fn of(book: &Book) -> Self {
        let short: Vec<_> = book.stays.iter().filter(|s| (1..=2).contains(&s.2)).collect();
        let deposits: Vec<_> = book.cash.iter().filter(|c| c.deposit).collect();
        let towns = |inside: &[&&(i64, Spot, u16)]| {
            inside.iter().map(|s| s.1).collect::<BTreeSet<_>>().len()
        };
        Self {
            stays: most(&short, |s| s.0, 21, |inside| inside.len()),
            cities: most(&short, |s| s.0, 21, towns),
            night: most(&book.cash, |c| c.at, 14, |w| w.iter().filter(|c| c.night).count()),
            night_percent: most(&book.cash, |c| c.at, 14, night_percent),
            deposit_cities: most(
                &deposits,
                |c| c.at,
                7,
                |w| w.iter().map(|c| c.spot).collect::<BTreeSet<_>>().len(),
            ),
            terminals: most(
                &deposits,
                |c| c.at,
                7,
                |w| w.iter().map(|c| &c.terminal).collect::<BTreeSet<_>>().len(),
            ),
            cycles: most(&book.cash, |c| c.at, 14, cycles),
            adverts_week: most(&book.adverts, |a| a.0, 7, |inside| inside.len()),
            third_party: deposits.iter().filter(|c| !c.by_holder).count(),
        }
    }

    /// The catalogue's default thresholds, without the adverts.
    pub(crate) fn holds(&self) -> bool {
        self.stays >= 4
            && self.cities >= 3
            && (self.night >= 4 && self.night_percent >= 40
                || self.deposit_cities >= 3
                || self.terminals >= 5)
            && self.cycles >= 2
    }
}

/// Share of night cash in a window, where there are four of it at least.
fn night_percent(window: &[&Cash]) -> usize {
    let night = window.iter().filter(|c| c.night).count();
    if night < 4 { 0 } else { night * 100 / window.len() }
}

fn cycles(window: &[&Cash]) -> usize {
    let mut count = 0;
    let mut rest = window;
    while let Some((first, later)) = rest.split_first() {
        rest = later;
        let far = |c: &&Cash| {
            first.deposit
                && !c.deposit
                && c.at - first.at <= 48 * HOUR
                && c.cents * 2 >= first.cents
                && distance(first.spot, c.spot).0 >= 1_500
        };
        if let Some(position) = later.iter().position(far) {
            count += 1;
            rest = later.get(position + 1..).unwrap_or(&[]);
        }
    }
    count
}
