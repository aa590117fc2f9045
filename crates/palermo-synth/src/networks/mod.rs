//! The planted networks: one script for each typology of the catalogue, CT-01 to CT-29.
//!
//! A script casts people with roles, and writes what they do with money, in steps. Structures,
//! amounts, counts and times are those of the catalogue's flows and its published cases (`P:`);
//! where the catalogue has a default of its own (`D:`) a script stays around it and not on it. No
//! script knows a rule. What makes a flow complete is a count of steps: the catalogue's arrows, each
//! at least once, and as often as its words say (`two pay cycles`, `five senders`).

use crate::script::{Scene, Script};

mod ct01;
mod ct02;
mod ct03;
mod ct04;
mod ct05;
mod ct06;
mod ct07;
mod ct08;
mod ct09;
mod ct10;
mod ct11;
mod ct12;
mod ct13;
mod ct14;
mod ct15;
mod ct16;
mod ct17;
mod ct18;
mod ct19;
mod ct20;
mod ct21;
mod ct22;
mod ct23;
mod ct24;
mod ct25;
mod ct26;
mod ct27;
mod ct28;
mod ct29;
mod shared;

/// A typology as it is planted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    /// Its id in the catalogue.
    pub(crate) name: &'static str,
    /// Days that one takes.
    pub(crate) span: u16,
    /// Steps, and how often each has happened when the flow is complete.
    pub(crate) needs: &'static [(&'static str, u16)],
    /// Writes one.
    pub(crate) write: fn(&mut Script<'_>) -> Scene,
}

/// All of them, in the order in which they are planted.
#[rustfmt::skip]
pub(crate) const NETWORKS: [Network; 29] = [
    Network { name: "CT-01", span: 31, needs: &[("advert", 1), ("stay", 3), ("night_cash", 4), ("draw", 2)], write: ct01::write },
    Network { name: "CT-02", span: 90, needs: &[("receipt", 10), ("rent", 3), ("advert", 1)], write: ct02::write },
    Network { name: "CT-03", span: 180, needs: &[("late_ticket", 20), ("settlement", 2), ("owner_draw", 1), ("successor_ticket", 1)], write: ct03::write },
    Network { name: "CT-04", span: 45, needs: &[("door", 5), ("service", 5), ("tip", 5), ("sweep", 3)], write: ct04::write },
    Network { name: "CT-05", span: 120, needs: &[("deposit", 4), ("draw", 2), ("pass", 2), ("abroad", 1)], write: ct05::write },
    Network { name: "CT-06", span: 30, needs: &[("gift_card", 3), ("coin_buy", 2), ("advert_coin", 2)], write: ct06::write },
    Network { name: "CT-07", span: 70, needs: &[("wage", 8), ("strip", 8)], write: ct07::write },
    Network { name: "CT-08", span: 90, needs: &[("wage", 8), ("return", 8), ("charge", 4)], write: ct08::write },
    Network { name: "CT-09", span: 240, needs: &[("fee", 1), ("wage", 3), ("instalment", 3)], write: ct09::write },
    Network { name: "CT-10", span: 120, needs: &[("invoice", 2), ("pass", 2), ("cash", 4), ("part_wage", 1)], write: ct10::write },
    Network { name: "CT-11", span: 150, needs: &[("wage", 2), ("return", 2)], write: ct11::write },
    Network { name: "CT-12", span: 60, needs: &[("product", 3), ("forward", 3)], write: ct12::write },
    Network { name: "CT-13", span: 90, needs: &[("deposit", 3), ("leg", 3), ("arrival", 3), ("organizer", 1)], write: ct13::write },
    Network { name: "CT-14", span: 31, needs: &[("credit", 60), ("savings", 1), ("cash_out", 3)], write: ct14::write },
    Network { name: "CT-15", span: 90, needs: &[("lodge", 5), ("release", 5), ("settle", 2)], write: ct15::write },
    Network { name: "CT-16", span: 120, needs: &[("gather", 3), ("ransom", 3)], write: ct16::write },
    Network { name: "CT-17", span: 90, needs: &[("fare", 6), ("charter", 1), ("refund", 2), ("consult", 1)], write: ct17::write },
    Network { name: "CT-18", span: 240, needs: &[("fare", 2), ("wage", 2), ("debt", 2)], write: ct18::write },
    Network { name: "CT-19", span: 120, needs: &[("send", 12)], write: ct19::write },
    Network { name: "CT-20", span: 60, needs: &[("credit", 8), ("cash_out", 4)], write: ct20::write },
    Network { name: "CT-21", span: 21, needs: &[("victim_payment", 5), ("forward", 2), ("abroad", 1)], write: ct21::write },
    Network { name: "CT-22", span: 150, needs: &[("subscription", 3), ("inflow", 20), ("sale", 1), ("to_bank", 1)], write: ct22::write },
    Network { name: "CT-23", span: 60, needs: &[("trial", 1), ("large", 1), ("hop", 3), ("convert", 1), ("exit", 1)], write: ct23::write },
    Network { name: "CT-24", span: 300, needs: &[("ticket", 5), ("release", 2)], write: ct24::write },
    Network { name: "CT-25", span: 180, needs: &[("package", 1), ("lab", 2), ("ticket", 2), ("donor", 1)], write: ct25::write },
    Network { name: "CT-26", span: 90, needs: &[("receipt", 10), ("cash", 4), ("goods", 1), ("mirror", 2)], write: ct26::write },
    Network { name: "CT-27", span: 40, needs: &[("predicate", 10), ("buyer", 10), ("pay_trader", 1), ("coin", 1)], write: ct27::write },
    Network { name: "CT-28", span: 180, needs: &[("receipt", 10), ("cash", 4), ("cycle", 3), ("draw", 1), ("purchase", 1)], write: ct28::write },
    Network { name: "CT-29", span: 30, needs: &[("credit", 5), ("sweep", 3), ("travel", 2)], write: ct29::write },
];
