//! What a world is made from, and what it refuses.
//!
//! Promise: a configuration that passes [`Config::check`] generates without panic or overflow;
//! the limits below are what the arithmetic of the other modules relies on.

use palermo_domain::{Currency, Date};
use std::fmt;

/// Fewest days in which a planted network or look-alike completes.
pub const MIN_CASE_DAYS: u16 = 21;
/// Days over which a case is written; shorter worlds compress it, longer ones place it by the seed.
pub const CASE_DAYS: u16 = 31;

const MIN_ACCOUNTS: u32 = 100;
const MAX_ACCOUNTS: u32 = 20_000_000;
const MAX_DAYS: u16 = 1_000;
const MAX_CASES: u16 = 500;

/// Everything that decides the bytes of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Decides everything that chance would.
    pub seed: u64,
    /// Ordinary accounts held at the bank (people, savings, firms); those of planted networks and
    /// look-alikes come on top. From 100 to 20 million.
    pub accounts: u32,
    /// Local days; 1 to 1,000, at least 21 where anything is planted.
    pub days: u16,
    /// First local day.
    pub start: Date,
    /// Currency of every payment. The amounts are those of a world in US dollars.
    pub currency: Currency,
    /// How many networks of each typology.
    pub planted: Planted,
    /// How many look-alikes of each kind.
    pub lookalikes: Lookalikes,
}

/// How many planted networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planted {
    /// CT-01: adverts, short-stay lodging, night cash, funnel account.
    pub ct01: u16,
    /// CT-14: border P2P funnel with structured cash-out.
    pub ct14: u16,
}

/// How many innocent look-alikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookalikes {
    /// Of CT-14, explained by SUP-ROSCA.
    pub savings_clubs: u16,
    /// Of CT-01, explained by SUP-HOSP.
    pub hotel_workers: u16,
    /// Of CT-14, quiet without a suppressor.
    pub border_traders: u16,
    /// Of CT-01, quiet without a suppressor.
    pub sales_reps: u16,
}

impl Default for Config {
    /// The demo: a month from 2026-03-02, 20,000 accounts, three networks of each typology and one
    /// look-alike of each kind.
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: 20_000,
            days: CASE_DAYS,
            start: Date(20_514),
            currency: usd(),
            planted: Planted { ct01: 3, ct14: 3 },
            lookalikes: Lookalikes {
                savings_clubs: 1,
                hotel_workers: 1,
                border_traders: 1,
                sales_reps: 1,
            },
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant of three capital letters")]
fn usd() -> Currency {
    Currency::try_new("USD").expect("three capital letters are a currency")
}

impl Planted {
    /// No network at all.
    pub const NONE: Self = Self { ct01: 0, ct14: 0 };
}

impl Lookalikes {
    /// No look-alike at all.
    pub const NONE: Self =
        Self { savings_clubs: 0, hotel_workers: 0, border_traders: 0, sales_reps: 0 };
}

/// Why a world cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// Outside 100 to 20 million.
    Accounts(u32),
    /// Outside 1 to 1,000, or under 21 with something planted.
    Days(u16),
    /// More than 500 of one kind.
    Cases(u16),
    /// Before 1970 or after 2200.
    Start(Date),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounts(n) => {
                write!(f, "`accounts` is {n}; choose {MIN_ACCOUNTS} to {MAX_ACCOUNTS}")
            }
            Self::Days(n) => write!(
                f,
                "`days` is {n}; choose 1 to {MAX_DAYS}, at least {MIN_CASE_DAYS} to plant a case"
            ),
            Self::Cases(n) => write!(f, "{n} cases of one kind; choose at most {MAX_CASES}"),
            Self::Start(day) => write!(f, "`start` is {day}; choose a day from 1970 to 2200"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Whether a world can be made from it.
    pub fn check(&self) -> Result<(), ConfigError> {
        let counts = [
            self.planted.ct01,
            self.planted.ct14,
            self.lookalikes.savings_clubs,
            self.lookalikes.hotel_workers,
            self.lookalikes.border_traders,
            self.lookalikes.sales_reps,
        ];
        if let Some(&many) = counts.iter().find(|&&n| n > MAX_CASES) {
            return Err(ConfigError::Cases(many));
        }
        if !(MIN_ACCOUNTS..=MAX_ACCOUNTS).contains(&self.accounts) {
            return Err(ConfigError::Accounts(self.accounts));
        }
        let least = if counts.iter().all(|&n| n == 0) { 1 } else { MIN_CASE_DAYS };
        if !(least..=MAX_DAYS).contains(&self.days) {
            return Err(ConfigError::Days(self.days));
        }
        if !(0..84_000).contains(&self.start.0) {
            return Err(ConfigError::Start(self.start));
        }
        Ok(())
    }
}
