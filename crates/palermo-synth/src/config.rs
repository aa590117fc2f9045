//! What a world is made from, and what it refuses.
//!
//! Promise: a configuration that passes [`Config::check`] generates without panic or overflow;
//! the limits below are what the arithmetic of the other modules relies on.

use crate::lookalikes::ALIKES;
use crate::networks::NETWORKS;
use palermo_domain::{Currency, Date};
use std::fmt;

/// Fewest days in which a network of CT-01 or CT-14, or one of their look-alikes, completes.
pub const MIN_CASE_DAYS: u16 = 21;
/// Days over which those are written; shorter worlds compress them, longer ones place them by the
/// seed. Every other typology and look-alike has a length of its own: [`length_of`].
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
    /// Local days; 1 to 1,000, and at least the length of whatever is planted.
    pub days: u16,
    /// First local day.
    pub start: Date,
    /// Currency of most payments. The amounts are those of a world in US dollars.
    pub currency: Currency,
    /// How many networks of each typology.
    pub planted: Planted,
    /// How many look-alikes of each kind.
    pub lookalikes: Lookalikes,
    /// How ordinary people live.
    pub society: Society,
    /// What the bank does not see, and how far amounts stray.
    pub noise: Noise,
    /// How many planted networks in a thousand evade: stay below thresholds, spread over two
    /// accounts, or take two to three times as long.
    pub evading_per_mille: u16,
    /// How many planted networks in a thousand share an account with another one.
    pub shared_per_mille: u16,
}

/// How ordinary people live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Society {
    /// A month of a small bank: wages, bills, cards, cash, phones, remittances, savings clubs. The
    /// world of the demo, whose bytes do not change.
    #[default]
    Small,
    /// All of it: gig and seasonal work, students, newcomers, marketplaces, charities, payroll
    /// bureaus, mobile money, corridors and currencies, coins, holidays and paydays, hours of the
    /// day, a few counterparties that everybody pays.
    Full,
}

/// What goes wrong between what happens and what a bank knows of it. Fixed before any rule is
/// judged; no rule was tuned on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noise {
    /// Optional fields that are missing, in a thousand, each by itself.
    pub missing_per_mille: u16,
    /// How far amounts of cases stray from the catalogue's, in percent, either way. Money that is
    /// passed on is counted from what came in.
    pub amount_percent: u8,
    /// Legs of a case that the bank does not see, in a thousand.
    pub unseen_per_mille: u16,
}

impl Noise {
    /// Everything is seen as it is.
    pub const NONE: Self = Self { missing_per_mille: 0, amount_percent: 0, unseen_per_mille: 0 };
    /// Three optional fields in ten are missing, amounts stray by 30 percent, one leg in five is not
    /// seen.
    pub const FIXED: Self =
        Self { missing_per_mille: 300, amount_percent: 30, unseen_per_mille: 200 };
}

/// The typologies that can be planted, in the order in which they are.
pub fn typologies() -> impl Iterator<Item = &'static str> {
    NETWORKS.iter().map(|network| network.name)
}

/// The kinds of look-alike, with the typology that each looks like.
pub fn lookalikes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALIKES.iter().map(|alike| (alike.name, alike.typology))
}

/// The days that one network of a typology, or one look-alike, takes; `None` for a name that there
/// is not.
pub fn length_of(name: &str) -> Option<u16> {
    let networks = NETWORKS.iter().map(|network| (network.name, network.span));
    let alikes = ALIKES.iter().map(|alike| (alike.name, alike.span));
    networks.chain(alikes).find(|(known, _)| *known == name).map(|(_, span)| span)
}

macro_rules! counts {
    ($(#[$doc:meta])* $name:ident, $table:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name([u16; $table.len()]);

        impl $name {
            /// None at all.
            pub const NONE: Self = Self([0; $table.len()]);

            /// The same number of each.
            pub const fn each(n: u16) -> Self {
                Self([n; $table.len()])
            }

            /// Another number for one of them; `None` for a name that there is not.
            pub fn with(mut self, name: &str, n: u16) -> Option<Self> {
                let index = $table.iter().position(|row| row.name == name)?;
                *self.0.get_mut(index)? = n;
                Some(self)
            }

            /// How many of one of them.
            pub fn of(&self, name: &str) -> u16 {
                let index = $table.iter().position(|row| row.name == name);
                index.and_then(|index| self.0.get(index)).copied().unwrap_or(0)
            }

            /// All together.
            pub fn total(&self) -> u32 {
                self.0.iter().map(|&n| u32::from(n)).fold(0, u32::saturating_add)
            }

            /// Names and numbers, in order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u16)> + '_ {
                $table.iter().map(|row| row.name).zip(self.0)
            }

            fn demo_of(names: &[&str], n: u16) -> Self {
                names.iter().fold(Self::NONE, |all, name| all.with(name, n).unwrap_or(all))
            }
        }
    };
}

counts! {
    /// How many planted networks of each typology.
    Planted, NETWORKS
}

counts! {
    /// How many innocent look-alikes of each kind.
    Lookalikes, ALIKES
}

impl Planted {
    /// Those of the demo: CT-01 and CT-14.
    pub fn demo(n: u16) -> Self {
        Self::demo_of(&["CT-01", "CT-14"], n)
    }
}

impl Lookalikes {
    /// Those of the demo: two of CT-01 and two of CT-14.
    pub fn demo(n: u16) -> Self {
        Self::demo_of(&["savings_club", "hotel_worker", "border_trader", "sales_rep"], n)
    }
}

impl Default for Config {
    /// The demo: a month from 2026-03-02, 20,000 accounts, three networks each of CT-01 and CT-14
    /// and one look-alike of each of their kinds, without noise.
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: 20_000,
            days: CASE_DAYS,
            start: Date(20_514),
            currency: usd(),
            planted: Planted::demo(3),
            lookalikes: Lookalikes::demo(1),
            society: Society::Small,
            noise: Noise::NONE,
            evading_per_mille: 0,
            shared_per_mille: 0,
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant of three capital letters")]
fn usd() -> Currency {
    Currency::try_new("USD").expect("three capital letters are a currency")
}

/// Why a world cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// Outside 100 to 20 million.
    Accounts(u32),
    /// Outside 1 to 1,000, or under 21 with something planted.
    Days(u16),
    /// Fewer days than something takes that is planted.
    Short {
        /// The days asked for.
        days: u16,
        /// What is planted.
        name: &'static str,
        /// The days that it takes.
        needed: u16,
    },
    /// More than 500 of one kind.
    Cases(u16),
    /// Before 1970 or after 2200.
    Start(Date),
    /// A share above a thousand in a thousand, or amounts that stray by more than 90 percent.
    Share(u16),
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
            Self::Short { days, name, needed } => {
                write!(f, "`days` is {days}; `{name}` takes {needed}")
            }
            Self::Cases(n) => write!(f, "{n} cases of one kind; choose at most {MAX_CASES}"),
            Self::Start(day) => write!(f, "`start` is {day}; choose a day from 1970 to 2200"),
            Self::Share(n) => {
                write!(f, "a share of {n} in a thousand; choose at most 1000, amounts 90 percent")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// The world in which rules are judged: twenty networks of each typology and ten look-alikes of
    /// each kind in 420 days of a full society, with the fixed noise, three networks in ten evading
    /// and every second one sharing an account with another.
    pub fn proof(seed: u64) -> Self {
        Self {
            seed,
            days: 420,
            planted: Planted::each(20),
            lookalikes: Lookalikes::each(10),
            society: Society::Full,
            noise: Noise::FIXED,
            evading_per_mille: 300,
            shared_per_mille: 500,
            ..Self::default()
        }
    }

    /// Whether a world can be made from it.
    pub fn check(&self) -> Result<(), ConfigError> {
        let counts: Vec<(&'static str, u16)> =
            self.planted.iter().chain(self.lookalikes.iter()).filter(|(_, n)| *n > 0).collect();
        if let Some(&(_, many)) = counts.iter().find(|(_, n)| *n > MAX_CASES) {
            return Err(ConfigError::Cases(many));
        }
        if !(MIN_ACCOUNTS..=MAX_ACCOUNTS).contains(&self.accounts) {
            return Err(ConfigError::Accounts(self.accounts));
        }
        let least = if counts.is_empty() { 1 } else { MIN_CASE_DAYS };
        if !(least..=MAX_DAYS).contains(&self.days) {
            return Err(ConfigError::Days(self.days));
        }
        for (name, _) in counts {
            let needed = length_of(name).unwrap_or(0);
            if needed > self.days && needed != CASE_DAYS {
                return Err(ConfigError::Short { days: self.days, name, needed });
            }
        }
        if !(0..84_000).contains(&self.start.0) {
            return Err(ConfigError::Start(self.start));
        }
        let noise = self.noise;
        let shares = [
            self.evading_per_mille,
            self.shared_per_mille,
            noise.missing_per_mille,
            noise.unseen_per_mille,
        ];
        if let Some(&share) = shares.iter().find(|share| **share > 1_000) {
            return Err(ConfigError::Share(share));
        }
        if noise.amount_percent > 90 {
            return Err(ConfigError::Share(u16::from(noise.amount_percent).saturating_mul(10)));
        }
        Ok(())
    }
}
