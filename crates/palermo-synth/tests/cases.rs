//! Planted cases show what the sources publish, with margin; look-alikes lack what decides; nobody
//! ordinary shows the whole. Everything is recounted from the payments (`facts`).

mod facts;

use facts::{Book, Circuit, Funnel, books, joined};
use palermo_domain::alert::Role;
use palermo_domain::{Date, Party};
use palermo_synth::{Case, CaseKind, Config, Lookalikes, Node, Planted, World};
use std::collections::{BTreeMap, BTreeSet};

fn cast(seed: u64, days: u16) -> Config {
    Config {
        seed,
        accounts: 400,
        days,
        planted: Planted::demo(4),
        lookalikes: Lookalikes::demo(3),
        ..Config::default()
    }
}

/// Worlds with many cases: several seeds, and short, ordinary and long.
#[expect(clippy::expect_used, reason = "a test stops where its world cannot be made")]
fn worlds() -> impl Iterator<Item = World> {
    [(1, 31), (2, 31), (3, 21), (4, 24), (5, 60), (6, 31), (7, 21), (8, 28)]
        .into_iter()
        .map(|(seed, days)| World::new(&cast(seed, days)).expect("the configuration is valid"))
}

#[expect(clippy::expect_used, reason = "a test stops where the truth names nobody")]
fn holder(world: &World, case: &Case) -> Party {
    let found = world.parties().find(|party| *party.party.expose() == case.holder);
    found.expect("the holder is a customer")
}

fn own<'a>(books: &'a BTreeMap<String, Book>, case: &Case) -> Vec<&'a Book> {
    case.accounts.iter().filter_map(|account| books.get(account)).collect()
}

fn named<'a>(truth: &'a [Case], name: &'static str) -> impl Iterator<Item = &'a Case> {
    truth.iter().filter(move |case| match case.kind {
        CaseKind::Lookalike { name: own, .. } => own == name,
        CaseKind::Planted => case.typology == name,
    })
}

const BORDER: [&str; 6] = ["Laredo", "El Paso", "Brownsville", "McAllen", "Eagle Pass", "Nogales"];

fn lives_at_the_border(party: &Party) -> bool {
    let home = party.home.as_ref().and_then(|home| home.expose().town.clone());
    home.is_some_and(|town| BORDER.contains(&town.as_str()))
}

#[test]
fn ct14_shows_what_the_sources_publish() {
    for world in worlds() {
        let (truth, books) = (world.truth(), books(&world));
        assert_eq!(named(&truth, "CT-14").count(), 4);
        for case in named(&truth, "CT-14") {
            let book = books.get(case.anchor.key()).expect("the anchor has a book");
            let funnel = Funnel::at(book, case.last.0);
            assert!(Funnel::ever_holds(book));
            assert!(funnel.senders > 30, "more than 30 senders (FTA26): {funnel:?}");
            assert!(funnel.regions >= 4, "{funnel:?}");
            assert!(funnel.credits >= 100, "100 a month (FTA26): {funnel:?}");
            assert!((5_000..=39_500).contains(&funnel.median), "50 to 400: {funnel:?}");
            assert!((70..=95).contains(&funnel.cash_percent), "{funnel:?}");
            assert!(funnel.near_limit >= 4, "pieces just under 10,000: {funnel:?}");
            assert!(funnel.branches >= 3, "several branches: {funnel:?}");
            assert!(funnel.total_in >= 1_360_000, "68,000 in five months: {funnel:?}");
            let party = holder(&world, case);
            assert!(lives_at_the_border(&party));
            let opened = party.accounts.first().and_then(|a| a.opened).expect("day of opening");
            let age = case.last.date().0 - opened.0;
            assert!((20..=55).contains(&age), "a new account: {age} days");
        }
    }
}

#[test]
fn ct14_credits_are_small_and_come_at_all_hours() {
    for world in worlds() {
        let (truth, books) = (world.truth(), books(&world));
        for case in named(&truth, "CT-14") {
            let book = books.get(case.anchor.key()).expect("the anchor has a book");
            let hours: BTreeSet<i64> =
                book.p2p_in.iter().map(|c| c.0.rem_euclid(86_400_000) / 3_600_000).collect();
            assert!(hours.len() >= 20, "{hours:?}");
            assert!(book.p2p_in.iter().all(|c| (5_000..=40_000).contains(&c.3)));
            let payers: BTreeSet<&str> = book.p2p_in.iter().map(|c| c.1.as_str()).collect();
            let labelled = case.members.iter().filter(|m| m.role == Role::PotentialVictim);
            let labelled: BTreeSet<&str> = labelled.map(|m| m.node.key()).collect();
            assert_eq!(payers, labelled, "who pays is a potential victim, and nobody else");
        }
    }
}

#[test]
fn ct01_shows_what_the_sources_publish() {
    for world in worlds() {
        let short = world.config().days < 31;
        let (truth, books) = (world.truth(), books(&world));
        assert_eq!(named(&truth, "CT-01").count(), 4);
        for case in named(&truth, "CT-01") {
            assert_eq!(case.accounts.len(), 2, "one holder, two accounts");
            assert_eq!(case.anchor, Node::Party(case.holder.clone()));
            let book = joined(own(&books, case).into_iter());
            let circuit = Circuit::of(&book);
            assert!(circuit.stays >= 7 && circuit.cities >= 4, "{circuit:?}");
            assert!(circuit.night >= 10 && circuit.night_percent >= 60, "{circuit:?}");
            assert!(circuit.deposit_cities >= 3 && circuit.terminals >= 6, "{circuit:?}");
            assert!(circuit.cycles >= if short { 3 } else { 4 }, "{circuit:?}");
            assert!(circuit.adverts_week >= 6, "{circuit:?}");
            let deposits: Vec<_> = book.cash.iter().filter(|c| c.deposit).collect();
            assert_eq!(circuit.third_party, deposits.len(), "others pay in");
            assert!(deposits.iter().all(|c| c.night && (20_000..=80_000).contains(&c.cents)));
            let twelves = book.adverts.iter().filter(|a| a.1 % 1_200 == 0).count();
            assert!(twelves * 10 >= book.adverts.len() * 9, "multiples of 12 (FT21)");
            let victims = case.members.iter().filter(|m| m.role == Role::PotentialVictim);
            assert!(victims.count() >= 4, "each as depositor and as payer");
        }
    }
}

#[test]
fn a_savings_club_pays_everybody_back_in_turn() {
    for world in worlds() {
        let (truth, books) = (world.truth(), books(&world));
        for case in named(&truth, "savings_club") {
            let book = books.get(case.anchor.key()).expect("the pot has a book");
            let funnel = Funnel::at(book, case.last.0);
            assert!(funnel.holds() && funnel.regions >= 3, "it looks like CT-14: {funnel:?}");
            assert!(lives_at_the_border(&holder(&world, case)));
            let paid_in: BTreeSet<&str> = book.p2p_in.iter().map(|c| c.1.as_str()).collect();
            let paid_out: BTreeSet<&str> = book.p2p_out.iter().map(|c| c.1.as_str()).collect();
            assert_eq!(paid_in, paid_out, "pay-outs rotate to every contributor, and nobody else");
            let sums: BTreeSet<i64> = book.p2p_in.iter().map(|c| c.3).collect();
            assert_eq!(sums.len(), 1, "equal contributions");
            let last_turn = book.p2p_out.iter().map(|c| c.0).max();
            let first_cash = book.cash.iter().map(|c| c.at).min();
            assert!(last_turn < first_cash, "everybody had a turn before the cash leaves");
            let (sum_in, sum_out): (i64, i64) =
                (book.p2p_in.iter().map(|c| c.3).sum(), book.p2p_out.iter().map(|c| c.2).sum());
            let drawn: i64 = book.cash.iter().map(|c| c.cents).sum();
            assert!(sum_out * 100 >= sum_in * 28 && sum_out + drawn <= sum_in);
        }
    }
}

#[test]
fn a_hotel_worker_is_paid_by_a_hotel_and_pays_in_the_own_cash() {
    for world in worlds() {
        let (truth, books) = (world.truth(), books(&world));
        for case in named(&truth, "hotel_worker") {
            let book = joined(own(&books, case).into_iter());
            let circuit = Circuit::of(&book);
            assert!(circuit.holds() && circuit.adverts_week >= 5, "like CT-01: {circuit:?}");
            assert_eq!(circuit.third_party, 0);
            let employers: BTreeSet<&str> = book.wages.iter().map(|w| w.1.as_str()).collect();
            let employer = *employers.first().expect("there are wages");
            let hotel = world.parties().find(|party| {
                party.accounts.iter().any(|account| account.account.expose() == employer)
            });
            let mcc = hotel.and_then(|hotel| hotel.industry_mcc);
            assert_eq!((employers.len(), mcc.as_deref()), (1, Some("7011")));
            let first_wage = book.wages.iter().map(|w| w.0).min();
            let tips: Vec<_> = book.cash.iter().filter(|c| c.deposit).collect();
            assert!(first_wage < tips.iter().map(|c| c.at).min(), "wages come first");
            let wages: i64 = book.wages.iter().map(|w| w.2).sum();
            let tips: i64 = tips.iter().map(|c| c.cents).sum();
            assert!(tips * 2 < wages, "tips are small beside the wage");
        }
    }
}

#[test]
fn traders_and_representatives_lack_what_decides() {
    for world in worlds() {
        let (truth, books) = (world.truth(), books(&world));
        for case in named(&truth, "border_trader") {
            let book = books.get(case.anchor.key()).expect("a trader has a book");
            let funnel = Funnel::at(book, case.last.0);
            assert!(!Funnel::ever_holds(book));
            assert!(funnel.senders >= 40 && funnel.regions >= 4, "the senders: {funnel:?}");
            assert!(funnel.cash_percent < 30 && funnel.near_limit == 0, "no cash: {funnel:?}");
            assert!(lives_at_the_border(&holder(&world, case)));
        }
        for case in named(&truth, "sales_rep") {
            let circuit = Circuit::of(&joined(own(&books, case).into_iter()));
            assert!(circuit.stays >= 6 && circuit.cities >= 4, "the hotels: {circuit:?}");
            assert!(circuit.deposit_cities == 0 && circuit.cycles == 0, "no cash: {circuit:?}");
            assert!(circuit.night < 4 && circuit.adverts_week < 3, "{circuit:?}");
        }
    }
}

#[test]
fn truth_names_real_payments_and_accounts() {
    let world = World::new(&cast(11, 31)).expect("the configuration is valid");
    let truth = world.truth();
    let mut wanted: BTreeMap<&str, (&Case, usize)> = BTreeMap::new();
    for case in &truth {
        assert!(case.first < case.last && !case.payments.is_empty(), "{}", case.id);
        assert!(case.is_anchored_at(&case.anchor.anchor()), "{}", case.id);
        assert!(case.payments.is_sorted(), "ids grow with time");
        for (n, id) in case.payments.iter().enumerate() {
            assert!(wanted.insert(id, (case, n)).is_none(), "a payment belongs to one case");
        }
    }
    let mut met = 0;
    for payment in world.payments() {
        let Some((case, n)) = wanted.get(payment.payment_id.expose().as_ref()) else { continue };
        met += 1;
        let ends = [&payment.debtor, &payment.creditor];
        let touches = ends.iter().filter_map(|end| end.account.as_ref());
        let mut touches = touches.map(|account| account.expose().to_string());
        assert!(touches.any(|account| case.accounts.contains(&account)), "{}", case.id);
        if *n == 0 {
            assert_eq!(payment.event_time, case.first);
        }
        if n + 1 == case.payments.len() {
            assert_eq!(payment.event_time, case.last);
        }
    }
    assert_eq!(met, wanted.len());
    let ids: BTreeSet<&str> = truth.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), truth.len());
}

#[test]
fn nobody_ordinary_shows_the_whole_pattern() {
    for seed in [21, 22] {
        let config = Config {
            seed,
            accounts: 20_000,
            planted: Planted::NONE,
            lookalikes: Lookalikes::NONE,
            ..Config::default()
        };
        let world = World::new(&config).expect("the configuration is valid");
        let books = books(&world);
        // Parts of the patterns do occur, so that a rule of one part would be wrong.
        let (mut busy, mut near, mut travelers, mut adverts, mut helped) = (0, 0, 0, 0, 0);
        for (account, book) in &books {
            assert!(!Funnel::ever_holds(book), "{account}");
            near += usize::from(book.cash.iter().filter(|c| c.cents >= 800_000).count() >= 3);
            let senders: BTreeSet<&str> = book.p2p_in.iter().map(|c| c.1.as_str()).collect();
            busy += usize::from(senders.len() >= 25 && book.p2p_in.len() >= 60);
        }
        for party in world.parties() {
            let own = party.accounts.iter().filter_map(|a| books.get(a.account.expose()));
            let circuit = Circuit::of(&joined(own));
            assert!(!circuit.holds(), "{circuit:?}");
            travelers += usize::from(circuit.stays >= 4 && circuit.cities >= 3);
            adverts += usize::from(circuit.adverts_week >= 5);
            helped += usize::from(circuit.third_party > 0);
        }
        let parts = [busy, near, travelers, adverts, helped];
        assert!(parts.iter().all(|&count| count >= 5), "{parts:?}");
    }
}

#[test]
fn cases_stay_inside_the_world() {
    for world in worlds() {
        let config = world.config();
        let end = Date(config.start.0 + i32::from(config.days) + 1).midnight();
        for case in world.truth() {
            assert!(case.first >= config.start.midnight() && case.last < end, "{}", case.id);
        }
    }
}
