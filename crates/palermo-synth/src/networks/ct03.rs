//! CT-03: a parlor whose cards run after hours, its nominee, and the next parlor on the same phone
//! and address when the first one closes (F20-F3, FT21 'Storefront').
//!
//! The nominee is the owner on paper, as the register says. The parlor declared a fraction of
//! what it takes in (F23, F26N: three times and more), or it pays for the rooms and food of those who
//! work there (F20-F2), or both. What ties it to the trade is nothing that a bank sees, or some of
//! these: the owner's phone runs the accounts of the nominee and of other straw men; processors of
//! advert sites pay out to it; it is paid under a handle of adverts; the nominee puts several others on
//! the own account. The owner takes the money out
//! in a circle of shells that ends as a loan to the parlor, or in a car that cash has paid for, or
//! both.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// What ties a parlor to the trade besides people who were added: none of these, some or all.
#[derive(Clone, Copy)]
struct Ties {
    one_phone: bool,
    processor: bool,
    handle: bool,
}

/// Who is in it, and how it works.
struct Ring {
    town: u8,
    nominee: Who,
    straw_men: Vec<Who>,
    owner: Who,
    device: u32,
    ties: Ties,
    /// Those who work there sleep and eat there too.
    houses: bool,
    /// A fraction of the takings is declared.
    declares_little: bool,
    /// Shells of the circle.
    shells: Option<(Who, Who)>,
    /// Cash becomes a car.
    buys: bool,
    /// Sales after closing, in thousandths.
    late: u16,
}

/// A parlor: mostly open by day, on the books.
fn parlor(s: &mut Script<'_>, ring: &Ring, k: u32, (opened, function): (u32, &'static str)) -> Who {
    let turnover = if ring.declares_little { (3, 14) } else { (20, 28) };
    let profile = Profile {
        phone: s.key(1),
        address: s.key(2),
        hours: Some((600, 1_200)),
        turnover: Some(s.rng.range(turnover.0, turnover.1) * 1_000),
        segment: Some("small_business"),
        relations: vec![(ring.nominee, RelationKind::BeneficialOwner)],
        handle: ring.ties.handle.then_some("ADVERT-HANDLE:1"),
        ..Profile::default()
    };
    let mcc = if k == 0 { 7297 } else { 7298 };
    s.found(ring.town, (mcc, 3, opened), profile, (Role::Subject, function))
}

fn ring(s: &mut Script<'_>) -> Ring {
    let town = s.town();
    let [one_phone, processor, handle, added] = s.ties();
    let ties = Ties { one_phone, processor, handle };
    let owner_on_paper = || Spec::of(400, 1_800).still();
    let straw = |s: &mut Script<'_>, function| {
        s.cast(town, owner_on_paper(), Role::RoleUndetermined, function)
    };
    let count = if one_phone || added { s.rng.range(3, 6) } else { 0 };
    let straw_men: Vec<Who> = (0..count).map(|_| straw(s, "straw_man")).collect();
    let nominee = if added {
        let days: Vec<_> = straw_men.iter().map(|&who| (who, s.rng.range(2, 45))).collect();
        let added: Vec<_> = days
            .into_iter()
            .map(|(who, day)| (who, RelationKind::AuthorizedUser, s.before(day)))
            .collect();
        owner_on_paper().with(|profile| profile.added = added)
    } else {
        owner_on_paper()
    };
    // The owner on paper has the parlor's phone.
    let nominee = nominee.shares(s.key(1), 0);
    let nominee = s.cast(town, nominee, Role::RoleUndetermined, "nominee_owner");
    let circle = s.rng.per_mille(500);
    let shells = circle.then(|| (shell(s, town), shell(s, town)));
    let owner = s.ally(town, "beneficial_owner");
    let device = s.device();
    let houses = s.rng.per_mille(500);
    let declares_little = !houses || s.rng.per_mille(500);
    let buys = !circle || s.rng.per_mille(500);
    // Fifteen to twenty-five percent and more (catalogue CT-03).
    let late = match s.rng.range(0, 3) {
        0 => 170,
        1 => 240,
        2 => 330,
        _ => 420,
    };
    Ring {
        town,
        nominee,
        straw_men,
        owner,
        device,
        ties,
        houses,
        declares_little,
        buys,
        shells,
        late,
    }
}

/// A firm that only passes money on.
fn shell(s: &mut Script<'_>, town: u8) -> Who {
    let opened = s.rng.range(100, 400);
    s.found(town, (7399, 1, opened), Profile::default(), (Role::RoleUndetermined, "shell"))
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let ring = ring(s);
    let first = parlor(s, &ring, 0, (320, "parlor"));
    let second = parlor(s, &ring, 1, (10, "successor_parlor"));
    s.spread(ring.nominee);
    let closes = s.rng.range(80, 100);
    let gap = s.rng.range(5, 28);
    let mut week = 0;
    for d in 0..178 {
        if (closes..closes + gap).contains(&d) {
            continue;
        }
        let shop = if d < closes { first } else { second };
        let mcc = if d < closes { 7297 } else { 7298 };
        week += tickets(s, d, (shop, mcc), &ring);
        if d % 7 == 6 {
            settle(s, d, shop, &ring, &mut week);
        }
        if d % 30 == 25 {
            out(s, d, shop, &ring);
        }
    }
    s.step("abroad");
    for month in 1..6 {
        let cents = s.usd(1_500, 4_000, 100);
        let far = s.company(abroad::MANILA, 7);
        s.pay(s.day(month * 30), DAY, What::Wire(Code::Other), (ring.owner, far), cents);
    }
    s.at_account(first)
}

/// A day's tickets at two prices; a quarter or more of them after closing. Gives their sum.
fn tickets(s: &mut Script<'_>, d: u32, (shop, mcc): (Who, u16), ring: &Ring) -> u32 {
    let mut sum = 0;
    let visits = s.count(4, 9);
    for _ in 0..visits {
        let late = s.rng.per_mille(ring.late);
        let price = if s.rng.per_mille(600) { 80 } else { 160 } + s.rng.range(0, 3) * 20;
        let cents = s.noisy(price * 100);
        let (step, hours) =
            if late { ("late_ticket", (1_290, 1_600)) } else { ("ticket", (605, 1_190)) };
        s.step(if mcc == 7298 { "successor_ticket" } else { step });
        s.outsiders += 1;
        let payer = s.outsider(ring.town, s.outsiders % 900);
        let by_handle = ring.ties.handle && s.rng.per_mille(100);
        let what = if by_handle { What::P2p } else { What::Sale { mcc } };
        s.pay(s.day(d), hours, what, (payer, shop), cents);
        sum += cents;
    }
    sum
}

/// Takings go to the nominee and on to the owner; hardly anybody is paid.
fn settle(s: &mut Script<'_>, d: u32, shop: Who, ring: &Ring, week: &mut u32) {
    let keeps = ring.houses || ring.shells.is_some();
    let all = if keeps { s.part(*week, 35, 55) } else { s.part(*week, 85, 95) };
    s.step("settlement");
    let at = (s.day(d + 1), DAY);
    let ends = (shop, ring.nominee);
    if ring.ties.one_phone {
        s.pay_on(at, ring.device, What::Transfer(Code::Other), ends, all);
    } else {
        s.pay(at.0, at.1, What::Transfer(Code::Other), ends, all);
    }
    let on = s.part(all, 80, 95);
    pass_on(s, d, on, ring);
    s.step("cash");
    for _ in 0..2 {
        let cash = s.usd(900, 2_200, 20);
        s.deposit((s.day(d), (1_290, 1_500)), ring.town, (ring.nominee, shop), cash);
    }
    if ring.ties.processor {
        s.step("payout");
        let cents = s.usd(250, 900, 10);
        let processor = Who::Listed(u8::try_from(d / 7 % 3).unwrap_or(0));
        s.pay(s.day(d), DAY, What::Transfer(Code::Services), (processor, shop), cents);
    }
    if ring.houses {
        s.step("rooms_and_food");
        s.stay(s.day(d), ring.town, 7, shop);
        for k in 0..3 {
            let cents = s.usd(80, 170, 1);
            s.shop((s.day(d - k), DAY), (ring.town, 5411), shop, cents);
        }
    }
    if d % 28 == 6 {
        s.step("one_wage");
        let net = s.part(all, 5, 8).max(10_000);
        let (worker, pay) = (s.outsider(ring.town, 990), net);
        s.wage(s.day(d), (shop, worker), pay, 0);
    }
    *week = 0;
}

/// From the nominee to the owner; where one phone runs several accounts, by way of the others too.
fn pass_on(s: &mut Script<'_>, d: u32, on: u32, ring: &Ring) {
    s.step("owner_draw");
    let what = What::Transfer(Code::Other);
    if !ring.ties.one_phone {
        s.pay(s.day(d + 2), DAY, what, (ring.nominee, ring.owner), on);
        return;
    }
    let count = u32::try_from(ring.straw_men.len()).unwrap_or(1) + 1;
    let part = (on / count).max(1_000);
    for &straw in &ring.straw_men {
        s.pay_on((s.day(d + 2), DAY), ring.device, What::P2p, (ring.nominee, straw), part);
        s.pay_on((s.day(d + 3), DAY), ring.device, What::P2p, (straw, ring.owner), part);
    }
    s.pay_on((s.day(d + 2), DAY), ring.device, what, (ring.nominee, ring.owner), part);
}

/// Once a month a large sum goes round through shells and comes back as a loan; every second month
/// cash becomes a car. Many rings do both.
fn out(s: &mut Script<'_>, d: u32, shop: Who, ring: &Ring) {
    if let Some((one, two)) = ring.shells {
        s.step("circle");
        let mut cents = s.usd(6_500, 11_000, 100);
        let (far, near) = (What::Transfer(Code::Consulting), What::Transfer(Code::Loan));
        for (k, (ends, what)) in
            (0..).zip([((shop, one), far), ((one, two), far), ((two, shop), near)])
        {
            s.pay(s.day(d + k), DAY, what, ends, cents);
            cents = s.part(cents, 95, 99);
        }
    }
    if ring.buys && d % 60 == 25 {
        s.step("car");
        let cents = s.usd(9_000, 17_000, 500);
        let what = What::Pos { mcc: 5511, shop: 2 };
        let minute = s.minute(600, 1_000);
        s.put((s.day(d), minute), ring.town, what, (shop, Who::Nobody), cents);
    }
}
