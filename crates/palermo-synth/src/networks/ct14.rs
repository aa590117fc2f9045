//! CT-14: a border account that hundreds of small phone payments fill and pieces of cash empty.
//!
//! Written from the catalogue (FTA26, F23-S1): over thirty senders from many regions, 50 to 400
//! dollars each, at all hours; part of it rests on a savings account; cash leaves in pieces under
//! the reporting limit at several branches near the border, every one to three days; a share goes
//! to the organizer. The account is weeks old. Numbers vary by the seed: 32 to 48 senders in 5 to 8
//! regions, 132 to 165 credits, four or five withdrawals of 8,200 to 9,500, about four fifths of
//! what came in.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of at most 200 amounts below 1,000,000 cents"
)]

use crate::draft::What;
use crate::script::{Part, Scene, Script, when_open};
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::Product;
use palermo_domain::alert::Role;

const LAST_CREDIT: usize = 21;

/// Writes one instance.
pub(crate) fn write(script: &mut Script<'_>) -> Scene {
    let home = script.border_town();
    let age = script.rng.range(4, 20);
    let income = script.rng.range(14, 22) * 10_000;
    let opened = script.before(age);
    let holder = script.customer(home, (opened, income), Some((Product::Savings, opened)));
    let collector = Who::Person(holder);
    let organizer = script.partner.unwrap_or_else(|| script.outsider(home, 900));
    let senders = senders(script, home);
    script.members = members(holder, organizer, &senders);
    script.spread(collector);

    let (total, by_day) = credits(script, collector, &senders);
    savings(script, home, holder, &by_day);
    cash_out(script, home, collector, total);
    for k in 0..3 {
        let day = script.day(17 + 2 * k);
        let minute = script.minute(540, 1_300);
        let cents = script.rng.range(8, 18) * 5_000;
        let cents = script.noisy(cents);
        script.step("organizer_share");
        script.put((day, minute), home, What::P2p, (collector, organizer), cents);
    }

    let accounts = vec![collector, Who::Second(holder)];
    Scene { anchor: Part::Account(collector), holder: collector, accounts }
}

fn members(holder: u32, organizer: Who, senders: &[Who]) -> Vec<(Part, Role, &'static str)> {
    let collector = Who::Person(holder);
    let mut members = vec![
        (Part::Customer(collector), Role::Subject, "holder"),
        (Part::Account(collector), Role::Subject, "collector"),
        (Part::Account(Who::Second(holder)), Role::Subject, "savings"),
        (Part::Account(organizer), Role::Subject, "organizer"),
    ];
    members.extend(senders.iter().map(|&who| (Part::Account(who), Role::PotentialVictim, "payer")));
    members
}

fn senders(script: &mut Script<'_>, home: TownId) -> Vec<Who> {
    let regions = usize::try_from(script.rng.range(5, 8)).unwrap_or(5);
    let towns = script.regions(home, regions);
    let count = script.rng.range(32, 48);
    let each = count.div_ceil(u32::try_from(towns.len()).unwrap_or(1).max(1));
    let mut senders = Vec::new();
    for (k, &town) in (0..).zip(&towns) {
        senders.extend(script.neighbors(town, each, k * 100));
    }
    senders.truncate(usize::try_from(count).unwrap_or(32));
    senders
}

/// The credits; gives their sum and the sum of each script day.
fn credits(script: &mut Script<'_>, to: Who, senders: &[Who]) -> (u32, [u32; LAST_CREDIT + 1]) {
    let count = usize::try_from(script.rng.range(132, 165)).unwrap_or(132);
    script.step("credit");
    let mut by_day = [0; LAST_CREDIT + 1];
    for k in 0..count {
        // Everybody once, then whoever.
        let sender = match senders.get(k) {
            Some(&sender) => sender,
            None => script.rng.pick(senders).copied().unwrap_or(Who::Nobody),
        };
        let dear = script.rng.per_mille(850);
        let (low, high) = if dear { (57, 79) } else { (12, 56) };
        let cents = script.rng.range(low, high) * 500;
        let cents = script.noisy(cents);
        let script_day = 1 + k * (LAST_CREDIT - 1) / count;
        let day = script.day(u32::try_from(script_day).unwrap_or(1));
        let minute = script.minute(0, 1_439);
        let town = script.town_of(sender);
        script.put((day, minute), town, What::P2p, (sender, to), cents);
        if let Some(sum) = by_day.get_mut(script_day) {
            *sum += cents;
        }
    }
    (by_day.iter().sum(), by_day)
}

/// Every evening a part rests on the savings account; it comes back before the cash leaves.
fn savings(script: &mut Script<'_>, home: TownId, holder: u32, by_day: &[u32]) {
    let (current, saved) = (Who::Person(holder), Who::Second(holder));
    script.step("savings");
    let mut resting = 0;
    for (script_day, &sum) in (0..).zip(by_day) {
        // Only of what came in the day before, so that it is there.
        let cents = sum / 1_000 * script.rng.range(150, 300) / 1_000 * 1_000;
        if cents > 0 && script_day < 19 {
            let day = script.day(script_day + 1);
            let minute = script.minute(1_300, 1_420);
            script.put((day, minute), home, What::Own, (current, saved), cents);
            resting += cents;
        }
    }
    let minute = script.minute(480, 540);
    script.put((script.day(22), minute), home, What::Own, (saved, current), resting);
}

fn cash_out(script: &mut Script<'_>, home: TownId, from: Who, total: u32) {
    let target = total / 100 * 80;
    script.step("cash_out");
    let pieces = if target > 3_800_000 { 5 } else { 4 };
    let piece = (target / pieces).clamp(830_000, 940_000);
    let near =
        |&id: &TownId| Town::get(id).at_border() && Town::get(home).km_to(Town::get(id)) < 90;
    let towns: Vec<TownId> = Town::all().filter(near).collect();
    // Where the pieces stray there are more of them, until what should leave has left; no piece
    // reaches the limit, or it would be none.
    let mut drawn = 0;
    for (k, script_day) in (0..).zip([22, 23, 25, 26, 27, 28, 29, 30]) {
        if k >= pieces && drawn + piece / 2 > target {
            break;
        }
        let day = when_open(script.day(script_day));
        let cents = piece / 5_000 * 5_000 + script.rng.range(0, 4) * 5_000 - 10_000;
        let cents = script.noisy(cents).min(980_000);
        drawn += cents;
        let branch = u8::try_from(k % 3).unwrap_or(0);
        let elsewhere = script.rng.per_mille(300);
        let town = if elsewhere { script.rng.pick(&towns).copied() } else { None };
        let minute = script.minute(560, 1_000);
        let counter = What::Counter { branch };
        script.put((day, minute), town.unwrap_or(home), counter, (from, Who::Nobody), cents);
    }
}
