//! CT-15: fares in trust. Cash is lodged with a guarantor, lies for weeks and is released in full, or
//! less a fee, when the traveler has arrived; a dealer in value stands behind it, who settles by what
//! many pay and many are paid, or by payments of equal value elsewhere, and in blocks of about 50,000
//! through trade (FA22 'guaranteed smuggling', UNH23, FTPML).
//!
//! The account is that of somebody whose life does not explain it (FT23, CML25: students, homemakers,
//! pensioners). The dealer is its holder, with another account, or somebody one payment away.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;
use crate::town::TownId;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let guarantor = guarantor(s, town);
    s.spread(guarantor);
    let smuggler = s.ally(town, "smuggler");
    let far = [abroad::ISTANBUL, abroad::IZMIR, abroad::TRIESTE];
    let far = s.rng.pick(&far).copied().unwrap_or(abroad::ISTANBUL);
    let counterpart = s.outside(far, Role::Subject, "counterpart_dealer");
    let held = fares(s, town, guarantor, [smuggler, counterpart]);
    let dealer = dealer(s, town, guarantor);
    if s.rng.per_mille(600) {
        remittances(s, town, dealer);
    } else {
        mirrors(s, town, dealer, far);
    }
    blocks(s, guarantor);
    s.step("notes");
    for k in 0..3 {
        let cents = s.usd(2_000, 6_000, 100);
        let at = (when_open(s.day(12 + 25 * k)), s.minute(560, 1_000));
        s.put(at, town, What::Notes { branch: 0 }, (guarantor, Who::Nobody), cents.max(held / 10));
    }
    s.at_account(guarantor)
}

fn guarantor(s: &mut Script<'_>, town: TownId) -> Who {
    let lives = [Activity::Retired, Activity::Homemaker, Activity::Student, Activity::Unemployed];
    let life = s.rng.pick(&lives).copied().unwrap_or(Activity::Retired);
    let income = s.rng.range(700, 1_500);
    let spec = Spec::of(s.rng.range(300, 1_800), income).does(life, "").second(Product::Current);
    s.cast(town, spec, Role::Subject, "value_transfer_dealer")
}

/// Fares that are lodged and released; gives the fees that are kept.
fn fares(s: &mut Script<'_>, town: TownId, guarantor: Who, payees: [Who; 2]) -> u32 {
    let fare = s.rng.range(55, 70) * 100;
    let count = s.count(18, 28);
    let [smuggler, counterpart] = payees;
    let mut held = 0;
    for k in 0..count {
        let payer = s.depositor(town, Role::CounterpartyOnly, "payer");
        let lodged = s.noisy(fare * 100);
        let start = s.rng.range(0, 55);
        s.tie = u8::try_from(k + 1).unwrap_or(0);
        s.step("lodge");
        s.deposit((s.day(start), OFFICE), town, (payer, guarantor), lodged);
        let idle = s.rng.range(6, 32);
        s.step("release");
        let whole = s.rng.per_mille(500);
        let released = if whole { lodged } else { s.part(lodged, 95, 99) };
        let to = if s.rng.per_mille(700) { smuggler } else { counterpart };
        s.pay(s.day(start + idle), DAY, What::Wire(Code::Other), (guarantor, to), released);
        s.tie = 0;
        held += lodged - released;
    }
    held
}

/// Who settles: the same person with another account, or somebody whom the guarantor pays.
fn dealer(s: &mut Script<'_>, town: TownId, guarantor: Who) -> Who {
    if s.rng.per_mille(500) {
        let own = other(guarantor);
        s.members.push((Part::Account(own), Role::Subject, "settlement_account"));
        return own;
    }
    let spec = Spec::of(s.rng.range(300, 1_800), 2_400);
    let dealer = s.cast(town, spec, Role::Subject, "settlement_dealer");
    s.step("between_dealers");
    for k in 0..6 {
        let cents = s.usd(600, 950, 10);
        let (from, to) = if k % 2 == 0 { (guarantor, dealer) } else { (dealer, guarantor) };
        s.pay(s.day(14 + 12 * k), DAY, What::P2p, (from, to), cents);
    }
    dealer
}

/// What a dealer in value does all day: in from many, out to many, a day or so later.
fn remittances(s: &mut Script<'_>, town: TownId, dealer: Who) {
    s.step("everyday");
    let (from, to) = (s.count(24, 64), s.count(12, 34));
    let senders = s.public(town, from, (Role::CounterpartyOnly, "customer"));
    let receivers = s.public(town, to, (Role::CounterpartyOnly, "receiver"));
    for d in 0..86_u32 {
        let mut came = 0;
        for _ in 0..2 {
            let cents = s.usd(100, 900, 20);
            let sender = s.one(&senders);
            s.pay(s.day(d), DAY, What::P2p, (sender, dealer), cents);
            came += cents;
        }
        let receiver = s.one(&receivers);
        let cents = s.part(came, 94, 99);
        s.pay(s.day(d + 1), DAY, What::P2p, (dealer, receiver), cents);
    }
}

/// What a customer pays here is paid out elsewhere within hours, at the rate of the day.
fn mirrors(s: &mut Script<'_>, town: TownId, dealer: Who, far: TownId) {
    s.step("mirror");
    let customers = s.public(town, 20, (Role::CounterpartyOnly, "customer"));
    for k in 0..34 {
        let day = when_open(s.day(4 + k * 5 / 2));
        let customer = s.one(&customers);
        let cents = s.usd(1_800, 8_500, 50);
        s.pay(day, (570, 700), What::Transfer(Code::Other), (customer, dealer), cents);
        let receiver = s.outside(far, Role::CounterpartyOnly, "receiver");
        let offset = s.part(cents, 98, 100);
        s.pay(day, (705, 800), What::Wire(Code::Other), (dealer, receiver), offset);
    }
}

/// Blocks of about 50,000 through trade, in and out.
fn blocks(s: &mut Script<'_>, guarantor: Who) {
    for k in 0..4 {
        s.step("settle");
        let block = s.usd(46, 52, 1) * 1_000;
        let day = s.day(18 + 20 * k);
        let ends = if k % 2 == 0 {
            (s.company(abroad::DUBAI, 9), guarantor)
        } else {
            (guarantor, s.company(abroad::DUBAI, k % 4))
        };
        s.pay_for((day, OFFICE), Say::Invoice, What::Wire(Code::Trade), ends, block);
    }
}
