//! CT-15: fares in trust. Cash is lodged with a dealer, lies for weeks and is released in full when
//! the traveler has arrived; the dealer settles in blocks of about 50,000 through trade (FA22
//! 'guaranteed smuggling', UNH23, FTPML).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(s.rng.range(300, 1_800), 2_400);
    let dealer = s.cast(town, spec, Role::Subject, "value_transfer_dealer");
    s.spread(dealer);
    let smuggler = s.ally(town, "smuggler");
    let far = [abroad::ISTANBUL, abroad::IZMIR, abroad::TRIESTE];
    let far = s.rng.pick(&far).copied().unwrap_or(abroad::ISTANBUL);
    let counterpart = s.outside(far, Role::Subject, "counterpart_dealer");
    let fare = s.rng.range(55, 70) * 100;
    let count = s.count(12, 18);
    let mut held = 0;
    for k in 0..count {
        let payer = s.depositor(town, Role::CounterpartyOnly, "payer");
        let lodged = s.noisy(fare * 100);
        let start = s.rng.range(0, 55);
        s.tie = u8::try_from(k + 1).unwrap_or(0);
        s.step("lodge");
        s.deposit((s.day(start), OFFICE), town, (payer, dealer), lodged);
        let idle = s.rng.range(6, 32);
        s.step("release");
        let released = s.part(lodged, 95, 100);
        let to = if s.rng.per_mille(700) { smuggler } else { counterpart };
        s.pay(s.day(start + idle), DAY, What::Wire(Code::Other), (dealer, to), released);
        s.tie = 0;
        held += lodged - released;
    }
    everyday(s, town, dealer);
    for k in 0..4 {
        s.step("settle");
        let block = s.usd(46, 52, 1) * 1_000;
        let trader = s.company(abroad::DUBAI, k % 2);
        let day = s.day(18 + 20 * k);
        if k % 2 == 0 {
            let from = s.company(abroad::DUBAI, 9);
            s.pay_for((day, OFFICE), Say::Invoice, What::Wire(Code::Trade), (from, dealer), block);
        } else {
            s.pay_for(
                (day, OFFICE),
                Say::Invoice,
                What::Wire(Code::Trade),
                (dealer, trader),
                block,
            );
        }
    }
    s.step("notes");
    for k in 0..3 {
        let cents = s.usd(2_000, 6_000, 100);
        let at = (when_open(s.day(12 + 25 * k)), s.minute(560, 1_000));
        s.put(at, town, What::Notes { branch: 0 }, (dealer, Who::Nobody), cents.max(held / 10));
    }
    s.at_account(dealer)
}

/// What any dealer in value does all day: in from many, out to many.
fn everyday(s: &mut Script<'_>, town: u8, dealer: Who) {
    s.step("everyday");
    let senders = s.public(town, 34, (Role::CounterpartyOnly, "customer"));
    let receivers = s.public(town, 18, (Role::CounterpartyOnly, "receiver"));
    for d in 0..88 {
        let sender = s.one(&senders);
        let cents = s.usd(100, 900, 20);
        s.pay(s.day(d), DAY, What::P2p, (sender, dealer), cents);
        if d % 2 == 1 {
            let receiver = s.one(&receivers);
            let cents = s.usd(200, 1_700, 20);
            s.pay(s.day(d + 1), DAY, What::P2p, (dealer, receiver), cents);
        }
    }
}
