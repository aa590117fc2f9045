//! The people and firms of a world, as compact tables.
//!
//! Everything that stays the same for a person is drawn once, here; everything that changes by the
//! day is drawn in `life`. The shares below are assumptions that make a believable bank, not
//! measurements of one. Memory: about 100 bytes an account.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts below 2^25 and amounts below 2^31 cents, by Config::check and the draws here"
)]

use crate::calendar::days_before;
use crate::config::{Config, Society};
use crate::ordinary;
use crate::rng::Rng;
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::{Activity, AgeBand, Date, EventCode, Product, RelationKind};

/// How a person lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Works for wages by day.
    Worker,
    /// Works nights in hospitality and pays tips in after the shift.
    NightWorker,
    /// Travels for the employer most weeks.
    Traveler,
    /// Draws a pension.
    Retired,
    /// Studies.
    Student,
    /// Sells on a market and is paid by phone.
    Trader,
    /// Lets homes.
    Landlord,
    /// Drives, delivers or cleans for platforms.
    Gig,
    /// Picks and packs for a part of the year, away from home.
    Seasonal,
    /// Arrived not long ago: benefits, then the first jobs.
    Newcomer,
    /// Sells on a marketplace.
    Seller,
    /// At school, with pocket money.
    Minor,
    /// Banks elsewhere and keeps this account besides.
    Dormant,
    /// Belongs to a planted case: only shopping and bills are drawn, the rest is written.
    Written,
    /// Belongs to a planted case, and nothing is drawn.
    Still,
}

/// When wages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pay {
    /// No wages.
    Never,
    /// Fridays.
    Weekly,
    /// Every other Friday.
    Biweekly,
    /// Once a month, on this day.
    Monthly(u8),
}

/// A person with a current account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) town: TownId,
    pub(crate) life: Life,
    pub(crate) pay: Pay,
    pub(crate) employer: Who,
    /// Net monthly income in cents.
    pub(crate) income: u32,
    /// Monthly rent in cents; zero for those who own their home.
    pub(crate) rent: u32,
    pub(crate) landlord: Who,
    /// The second account.
    pub(crate) second: Option<Product>,
    pub(crate) opened: Date,
    pub(crate) second_opened: Date,
    /// Card purchases a day, in thousandths.
    pub(crate) shopping: u16,
    /// Sends money abroad.
    pub(crate) remits: bool,
    /// Savings club.
    pub(crate) club: Option<u32>,
    /// What the bank knows besides, of those who are written.
    pub(crate) profile: Option<Box<Profile>>,
}

/// What the bank knows of somebody who is written, where it differs from what is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) age: Option<AgeBand>,
    pub(crate) activity: Option<Activity>,
    /// ISCO-08.
    pub(crate) occupation: Option<&'static str>,
    pub(crate) segment: Option<&'static str>,
    /// What the first account is.
    pub(crate) product: Option<Product>,
    /// A phone of a case in place of the own one; above zero.
    pub(crate) phone: u32,
    /// An address of a case in place of the own one; above zero.
    pub(crate) address: u32,
    pub(crate) relations: Vec<(Who, RelationKind)>,
    /// The same, of those who were added, and when.
    pub(crate) added: Vec<(Who, RelationKind, Date)>,
    /// A handle at which this one is paid, from the list of those that adverts show.
    pub(crate) handle: Option<&'static str>,
    /// Accounts of others that this one may use.
    pub(crate) mandates: Vec<Who>,
    /// What staff and systems saw, and on which device.
    pub(crate) events: Vec<(EventCode, Date, u32)>,
    pub(crate) licensed: Option<bool>,
    /// Opening and closing minute.
    pub(crate) hours: Option<(u16, u16)>,
    /// Declared turnover a month, in dollars.
    pub(crate) turnover: Option<u32>,
    pub(crate) incorporated: Option<Date>,
    pub(crate) closed: Option<Date>,
}

/// A firm that banks here.
#[derive(Clone, Debug)]
pub(crate) struct Firm {
    pub(crate) town: TownId,
    pub(crate) mcc: u16,
    /// Pays cash takings in.
    pub(crate) cash: bool,
    pub(crate) headcount: u16,
    pub(crate) opened: Date,
    /// Nothing is drawn for it.
    pub(crate) still: bool,
    /// What the bank knows besides, of those that are written.
    pub(crate) profile: Option<Box<Profile>>,
}

/// A savings club: everybody pays in every week, one takes the pot.
#[derive(Clone, Debug)]
pub(crate) struct Club {
    /// The first keeps the pot.
    pub(crate) members: Vec<u32>,
    /// Weekly contribution in cents.
    pub(crate) contribution: u32,
}

/// Who lives or sits where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Local {
    pub(crate) people: Vec<u32>,
    pub(crate) traders: Vec<u32>,
    pub(crate) landlords: Vec<u32>,
    pub(crate) firms: Vec<u32>,
}

/// The tables.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) persons: Vec<Person>,
    pub(crate) firms: Vec<Firm>,
    pub(crate) clubs: Vec<Club>,
    locals: Vec<Local>,
}

const PERSON: u64 = 1;
const FIRM: u64 = 2;
const TIES: u64 = 3;
const CLUB: u64 = 4;

/// Kinds of firm, by merchant category code, with their weight.
const TRADES: [(u16, u16); 14] = [
    (5411, 14),
    (5812, 20),
    (5814, 10),
    (5541, 8),
    (5912, 5),
    (5651, 6),
    (5732, 3),
    (5200, 6),
    (5813, 5),
    (7011, 6),
    (1520, 9),
    (8062, 3),
    (7230, 4),
    (4214, 6),
];

/// Members of an ordinary savings club.
const CLUB_SIZE: usize = 10;

impl People {
    /// Draws everybody. Cost: about 200 ns an account.
    pub(crate) fn draw(config: &Config) -> Self {
        let firm_count = (config.accounts / 25).max(4);
        let mut people = Self {
            persons: Vec::new(),
            firms: (0..firm_count).map(|n| draw_firm(config, n)).collect(),
            clubs: Vec::new(),
            locals: Town::all().map(|_| Local::default()).collect(),
        };
        let mut left = config.accounts.saturating_sub(firm_count);
        for n in 0.. {
            if left == 0 {
                break;
            }
            let mut person = draw_person(config, n);
            if left == 1 {
                person.second = None;
            }
            left -= 1 + u32::from(person.second.is_some());
            people.persons.push(person);
        }
        people.settle();
        people.tie(config.seed, config.society == Society::Full);
        people.found_clubs(config.seed);
        people
    }

    /// Who lives or sits in a town.
    pub(crate) fn local(&self, town: TownId) -> Option<&Local> {
        self.locals.get(usize::from(town))
    }

    /// A person of the table.
    pub(crate) fn person(&self, n: u32) -> Option<&Person> {
        self.persons.get(usize::try_from(n).ok()?)
    }

    /// A firm of the table.
    pub(crate) fn firm(&self, n: u32) -> Option<&Firm> {
        self.firms.get(usize::try_from(n).ok()?)
    }

    /// Adds somebody who is written rather than drawn; gives the number. They are in no list of
    /// locals, so nobody ordinary meets them by chance.
    pub(crate) fn add_person(&mut self, person: Person) -> u32 {
        let n = u32::try_from(self.persons.len()).unwrap_or(u32::MAX);
        self.persons.push(person);
        n
    }

    /// Adds a firm that is written rather than drawn; gives the number.
    pub(crate) fn add_firm(&mut self, firm: Firm) -> u32 {
        let n = u32::try_from(self.firms.len()).unwrap_or(u32::MAX);
        self.firms.push(firm);
        n
    }

    fn settle(&mut self) {
        for (n, firm) in (0..).zip(&self.firms) {
            if let Some(local) = self.locals.get_mut(usize::from(firm.town)) {
                local.firms.push(n);
            }
        }
        for (n, person) in (0..).zip(&self.persons) {
            let Some(local) = self.locals.get_mut(usize::from(person.town)) else { continue };
            local.people.push(n);
            match person.life {
                Life::Trader => local.traders.push(n),
                Life::Landlord => local.landlords.push(n),
                _ => {}
            }
        }
    }

    /// Chooses employers and landlords.
    fn tie(&mut self, seed: u64, full: bool) {
        for (n, person) in (0..).zip(&mut self.persons) {
            let mut rng = Rng::of(seed, [TIES, n, 0]);
            let Some(local) = self.locals.get(usize::from(person.town)) else { continue };
            let here = rng.pick(&local.firms).copied().filter(|_| rng.per_mille(500));
            let elsewhere = Who::company(person.town, 100 + rng.skewed(0, 59));
            // One in seven is paid by a payroll bureau.
            let bureau = full && n.is_multiple_of(7);
            person.employer = match person.life {
                Life::Retired => Who::company(person.town, 1),
                _ if bureau => Who::company(24, 3),
                _ => here.map_or(elsewhere, Who::Firm),
            };
            let letter = rng.pick(&local.landlords).copied().filter(|_| rng.per_mille(500));
            let agency = Who::company(person.town, 10 + rng.range(0, 9));
            person.landlord = letter.filter(|&l| u64::from(l) != n).map_or(agency, Who::Person);
        }
    }

    /// Gathers one person in forty into savings clubs of neighbors.
    fn found_clubs(&mut self, seed: u64) {
        for (town, local) in (0_u64..).zip(&self.locals) {
            let joiners: Vec<u32> = local.people.iter().copied().step_by(40).collect();
            for (k, members) in (0_u64..).zip(joiners.chunks_exact(CLUB_SIZE)) {
                let club = u32::try_from(self.clubs.len()).unwrap_or(u32::MAX);
                for &member in members {
                    let person = usize::try_from(member).ok();
                    if let Some(person) = person.and_then(|m| self.persons.get_mut(m)) {
                        person.club = Some(club);
                    }
                }
                let mut rng = Rng::of(seed, [CLUB, town, k]);
                let contribution = rng.range(1, 4) * 2_500;
                self.clubs.push(Club { members: members.to_vec(), contribution });
            }
        }
    }
}

fn draw_firm(config: &Config, n: u32) -> Firm {
    let mut rng = Rng::of(config.seed, [FIRM, u64::from(n), 0]);
    let total: u64 = TRADES.iter().map(|&(_, weight)| u64::from(weight)).sum();
    let mut left = rng.below(total);
    let mut mcc = 5411;
    for &(code, weight) in &TRADES {
        if left < u64::from(weight) {
            mcc = code;
            break;
        }
        left -= u64::from(weight);
    }
    let retail = (5000..6000).contains(&mcc) || mcc == 7230;
    let town = Town::draw(&mut rng);
    let cash = retail && rng.per_mille(600);
    let headcount = u16::try_from(rng.skewed(2, 120)).unwrap_or(2);
    let mut opened = days_before(config.start, rng.skewed(120, 7_000));
    if config.society == Society::Full {
        opened = ordinary::opening(config, &mut rng, opened);
    }
    Firm { town, mcc, cash, headcount, opened, still: false, profile: None }
}

fn draw_person(config: &Config, n: u32) -> Person {
    let full = config.society == Society::Full;
    let begin = |n: u32| Rng::of(config.seed, [PERSON, u64::from(n), 0]);
    let mut rng = begin(n);
    let mut town = Town::draw(&mut rng);
    if full {
        town = ordinary::town_of_home(|n| Town::draw(&mut begin(n)), config.seed, n);
    }
    let life = if full { draw_full_life(&mut rng) } else { draw_life(&mut rng) };
    let income = match life {
        Life::Worker | Life::Traveler if full => {
            rng.around(340_000, 800) / 10_000 * 10_000 + 80_000
        }
        _ => 100 * draw_income(&mut rng, life),
    };
    let rents = rng.per_mille(if life == Life::Landlord { 50 } else { 560 });
    let mut opened = days_before(config.start, rng.range(5, 4_000));
    let mut second = rng.per_mille(200).then_some(Product::Savings);
    if full {
        opened = ordinary::opening(config, &mut rng, opened);
        // Whoever keeps coin has a wallet here in one case of two.
        second = second.or_else(|| rng.per_mille(50).then_some(Product::Crypto));
    }
    Person {
        town,
        life,
        pay: draw_pay(&mut rng, life),
        employer: Who::Nobody,
        income,
        rent: if rents { rng.range(income / 5, income / 3) / 2_500 * 2_500 } else { 0 },
        landlord: Who::Nobody,
        second,
        opened,
        second_opened: opened,
        shopping: u16::try_from(rng.skewed(90, 720)).unwrap_or(300),
        remits: rng.per_mille(90),
        club: None,
        profile: None,
    }
}

fn draw_life(rng: &mut Rng) -> Life {
    match rng.below(1000) {
        0..4 => Life::Trader,
        4..14 => Life::Landlord,
        14..22 => Life::Traveler,
        22..52 => Life::NightWorker,
        52..202 => Life::Retired,
        202..262 => Life::Student,
        _ => Life::Worker,
    }
}

/// A full society: as in a small one, and those who live by platforms, seasons, markets and help.
/// Shares are assumptions.
fn draw_full_life(rng: &mut Rng) -> Life {
    match rng.below(1000) {
        0..4 => Life::Trader,
        4..14 => Life::Landlord,
        14..22 => Life::Traveler,
        22..46 => Life::NightWorker,
        46..196 => Life::Retired,
        196..256 => Life::Student,
        256..296 => Life::Gig,
        296..308 => Life::Seasonal,
        308..318 => Life::Newcomer,
        318..326 => Life::Seller,
        326..346 => Life::Minor,
        346..376 => Life::Dormant,
        _ => Life::Worker,
    }
}

fn draw_income(rng: &mut Rng, life: Life) -> u32 {
    match life {
        Life::Worker | Life::Traveler => rng.skewed(1_800, 7_500),
        Life::NightWorker => rng.skewed(1_600, 3_200),
        Life::Retired => rng.skewed(1_100, 3_800),
        Life::Student => rng.skewed(600, 1_500),
        Life::Trader => rng.skewed(1_500, 4_000),
        Life::Landlord => rng.skewed(2_500, 9_000),
        Life::Gig => rng.skewed(900, 3_600),
        Life::Seasonal => rng.skewed(1_400, 2_800),
        Life::Newcomer => rng.skewed(700, 1_900),
        Life::Seller => rng.skewed(1_200, 4_500),
        Life::Minor => rng.skewed(40, 160),
        Life::Dormant => rng.skewed(1_500, 5_000),
        Life::Written | Life::Still => rng.skewed(1_500, 2_600),
    }
}

fn draw_pay(rng: &mut Rng, life: Life) -> Pay {
    match life {
        Life::Trader
        | Life::Gig
        | Life::Seller
        | Life::Minor
        | Life::Dormant
        | Life::Written
        | Life::Still => Pay::Never,
        Life::Newcomer | Life::Seasonal => Pay::Weekly,
        Life::Landlord if rng.per_mille(500) => Pay::Never,
        Life::Retired => Pay::Monthly(3),
        Life::NightWorker | Life::Student => Pay::Weekly,
        _ => match rng.below(100) {
            0..22 => Pay::Weekly,
            22..72 => Pay::Biweekly,
            _ => Pay::Monthly(if rng.per_mille(500) { 1 } else { 28 }),
        },
    }
}
