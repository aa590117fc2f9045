//! Ordinary life in a full society against published statistics of payments. Sees a background
//! whose amounts, rates, degrees or hours drift away from those; cannot see a single life.
//!
//! READ: the text was read while this was written. RECALLED: from memory, to be verified.
//! Tolerances are wide on purpose: one bank is not a country, and years differ.

use palermo_synth::{Config, KindStatistics, Lookalikes, Planted, Society, Statistics, World};

#[expect(clippy::expect_used, reason = "a test stops where its world cannot be made")]
fn statistics() -> Statistics {
    let config = Config {
        seed: 4,
        accounts: 5_000,
        days: 91,
        society: Society::Full,
        planted: Planted::NONE,
        lookalikes: Lookalikes::NONE,
        ..Config::default()
    };
    World::new(&config).expect("the configuration is valid").statistics()
}

#[expect(clippy::expect_used, reason = "a test stops where a kind is not paid")]
fn of(statistics: &Statistics, name: &str) -> KindStatistics {
    *statistics.kinds.get(name).expect("there are payments of the kind")
}

#[test]
fn ordinary_life_is_near_what_is_published() {
    let all = statistics();
    let say = |what: &str, value: u64| format!("{what} is {value}\n{all}");
    let within = |what: &str, value: u64, low: u64, high: u64| {
        assert!((low..=high).contains(&value), "{}", say(what, value));
    };

    // Federal Reserve Payments Study 2022: 157 billion card payments of 9.43 trillion dollars in
    // 2021, a mean of 60 (READ, as reported by NAFCU and BankBeat in April 2023). Euro area: 44
    // euros in 2018 (ECB, READ). Half of them are below 30 (RECALLED).
    let (shop, web) = (of(&all, "card_shop"), of(&all, "card_web"));
    within("mean of shops", shop.mean_cents, 4_000, 7_500);
    within("mean of the web", web.mean_cents, 4_000, 8_500);
    within("median of shops", shop.quantiles[2], 1_800, 3_600);
    // Survey and Diary of Consumer Payment Choice 2022: 39 payments a month and consumer, 60 percent
    // by card, a fifth of purchases remote (READ, Atlanta Fed). A customer has cards elsewhere too.
    let cards = shop.monthly_hundredths + web.monthly_hundredths;
    within("card purchases a month", cards, 1_000, 2_400);
    let remote = web.count * 100 / (shop.count + web.count);
    within("remote purchases in percent", remote, 15, 27);
    // Cash machines: 108 dollars in 2009 (Fed study 2010, READ), about 200 in 2021 (RECALLED).
    within("mean from machines", of(&all, "cash_machine").mean_cents, 10_800, 23_000);
    within("cash machines a month", of(&all, "cash_machine").monthly_hundredths, 60, 300);
    // Banxico: a mean of 316 to 343 dollars in 2018 and 2019, 313 in 2012 (READ, in news reports).
    within("mean of remittances", of(&all, "remittance").mean_cents, 25_000, 43_000);
    // Checks: 1,908 in 2018 and 2,430 in 2021 on average, firms' included (Fed study, READ).
    within("mean of checks", of(&all, "check_deposit").mean_cents, 40_000, 243_000);
}

#[test]
fn hours_and_weekdays_are_those_of_shops() {
    let all = statistics();
    // Paymark (New Zealand, May 2017, READ): the busiest hour is Saturday noon to one, the quietest
    // three to four at night; Saturday is the busiest day, Sunday and Monday are slow.
    let busiest = (0..24).max_by_key(|&hour| all.shop_hours[hour]);
    assert!(matches!(busiest, Some(12 | 17 | 18)), "{all}");
    assert!(all.shop_hours[3] < 15 && all.shop_hours[12] > 600, "{all}");
    let day: u32 = all.shop_hours[10..17].iter().sum();
    assert!((4_000..6_500).contains(&day), "ten to five: {all}");
    assert_eq!((0..7).max_by_key(|&day| all.weekdays[day]), Some(5), "{all}");
    // Cash machines are used by day.
    let cash: u32 = all.cash_hours[8..18].iter().sum();
    assert!(cash > 6_500, "{all}");
    assert!(all.phone_hours[19] > all.phone_hours[9], "phones in the evening: {all}");
}

#[test]
fn degrees_have_tails_and_gaps_come_in_bursts() {
    let all = statistics();
    // Rabobank 2010 to 2020 (Saxena et al. 2021, abstract READ): degrees of accounts are scale-free.
    // Such exponents are mostly between 2 and 3 (RECALLED); the Hill estimate of a young world is
    // held to 1.5 to 4.
    for tail in [all.out_tail, all.in_tail] {
        assert!((1_500..=4_000).contains(&tail), "{all}");
    }
    let [median, _, top, most] = all.in_degree;
    assert!(median <= 3 && top >= 12 && most >= 300, "{all}");
    // Waiting times of people are wider than a Poisson process of one rate: exponents of 1 to 2, or
    // mixtures of exponentials (Vajna et al. 2012, Okada et al. 2019, READ). That means a deviation
    // above the mean.
    assert!((102..=250).contains(&all.gap_deviation_percent), "{all}");
    assert!((200..=900).contains(&all.gap_mean_tenths), "{all}");
}

#[test]
fn statistics_leave_cases_out_and_are_the_same_twice() {
    let config = Config {
        accounts: 300,
        days: 40,
        society: Society::Full,
        lookalikes: Lookalikes::NONE,
        ..Config::default()
    };
    let with = World::new(&config).expect("a world").statistics();
    assert_eq!(with, World::new(&config).expect("a world").statistics());
    let none = Config { planted: Planted::NONE, ..config };
    let without = World::new(&none).expect("a world").statistics();
    // Holders of cases shop too; their part in the case is not counted.
    assert!(with.payments >= without.payments && with.payments < without.payments + 600);
    assert!(with.to_string().contains("tail exponent"));
}
