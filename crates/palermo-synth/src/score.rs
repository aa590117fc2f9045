//! The score card: what was told of planted networks, and of whom it was told wrongly.
//!
//! A network is *found* by an alert of its typology at its anchor, one ownership step from it, or at
//! anybody who takes part in the case and does more than pay or sell something lawful. *Also* counts
//! networks that another typology alone told of. An alert at nobody of a planted network is *false*; it
//! is *ordinary* where its anchor has no part in any case. The interval of a share is Wilson's, of 95 %
//! (Wilson 1927), in whole numbers.

use crate::truth::{Case, CaseKind, Member};
use palermo_domain::EventTime;
pub use palermo_domain::statistics::median;
use palermo_domain::statistics::wilson;
use std::collections::{BTreeMap, BTreeSet};

/// An alert that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its typology.
    pub typology: String,
    /// `account/…` or `party/…`.
    pub anchor: String,
    /// The event time that decided its first revision.
    pub at: EventTime,
}

/// What became of the networks of one typology, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Networks.
    pub planted: u64,
    /// Those of them of which the bank has seen all that the flow needs.
    pub decidable: u64,
    /// Networks that were found.
    pub found: u64,
    /// Those of them that are decidable.
    pub decidable_found: u64,
    /// Networks that another typology told of, and its own did not.
    pub also: u64,
    /// Networks that evade.
    pub evading: u64,
    /// Those of them that were found.
    pub evading_found: u64,
    /// Alerts at planted networks.
    pub right: u64,
    /// Alerts at nobody of one.
    pub wrong: u64,
    /// Of those that were found, hours from decidable to found; less than nothing where it was found
    /// before all of it was there.
    pub hours: Vec<i64>,
    /// Of those that were found, percent of the money that had moved by then.
    pub moved: Vec<u64>,
}

/// The scores of one world, or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scorecard {
    by_typology: BTreeMap<&'static str, Score>,
    all: Score,
    /// Payments that were played.
    pub payments: u64,
    /// Customers of the bank.
    pub customers: u64,
    /// False alerts about people with no part in any case.
    pub ordinary: u64,
    /// Look-alikes.
    pub alikes: u64,
    /// Those of them that an alert is about.
    pub alikes_alerted: u64,
    /// False alerts, by look-alike.
    pub by_alike: BTreeMap<&'static str, u64>,
}

impl Case {
    /// Whether an alert at an anchor is about this case: about its holder, or anybody who takes part
    /// and does more than pay or sell something lawful.
    pub fn is_about(&self, anchor: &str) -> bool {
        let mut actors = self.members.iter().filter(|member| member.is_actor());
        self.is_anchored_at(anchor) || actors.any(|member| member.node.anchor() == anchor)
    }

    /// Percent of the money of its legs that had moved by a time.
    fn moved_by(&self, at: EventTime) -> u64 {
        let sum = |until: EventTime| -> u64 {
            let legs = self.legs.iter().filter(|leg| leg.at <= until);
            legs.map(|leg| u64::from(leg.cents)).fold(0, u64::saturating_add)
        };
        let whole = sum(EventTime::MAX).max(1);
        sum(at).saturating_mul(100).checked_div(whole).unwrap_or(0)
    }
}

impl Member {
    /// Whether somebody does more in a case than pay or sell something lawful.
    pub fn is_actor(&self) -> bool {
        !matches!(self.function, "payer" | "consumer" | "lodging" | "shop" | "host")
    }
}

impl Scorecard {
    /// Adds a world that was played; gives the networks that were missed in it.
    pub fn add<'a>(
        &mut self,
        truth: &'a [Case],
        told: &[Told],
        payments: u64,
        customers: u64,
    ) -> Vec<&'a Case> {
        self.payments = self.payments.saturating_add(payments);
        self.customers = self.customers.saturating_add(customers);
        let planted = truth.iter().filter(|case| case.is_planted());
        let missed = planted.filter(|case| !self.judge_case(case, told)).collect();
        let mut alerted = BTreeSet::new();
        for alert in told {
            self.judge_alert(truth, alert, &mut alerted);
        }
        let alikes = truth.iter().filter(|case| !case.is_planted()).count();
        self.alikes = self.alikes.saturating_add(alikes as u64);
        self.alikes_alerted = self.alikes_alerted.saturating_add(alerted.len() as u64);
        missed
    }

    /// By typology, in order.
    pub fn typologies(&self) -> impl Iterator<Item = (&'static str, &Score)> {
        self.by_typology.iter().map(|(name, score)| (*name, score))
    }

    /// Over all typologies.
    pub fn all(&self) -> &Score {
        &self.all
    }

    /// Whether it was found.
    fn judge_case(&mut self, case: &Case, told: &[Told]) -> bool {
        let about = || told.iter().filter(|alert| case.is_about(&alert.anchor));
        let own = about().filter(|alert| alert.typology == case.typology);
        let first = own.map(|alert| alert.at).min();
        let also = first.is_none() && about().next().is_some();
        let of_typology = self.by_typology.entry(case.typology).or_default();
        for score in [of_typology, &mut self.all] {
            let one = |is: bool| u64::from(is);
            let (evades, decidable) = (case.evading.is_some(), case.decidable.is_some());
            add(&mut score.planted, 1);
            add(&mut score.decidable, one(decidable));
            add(&mut score.evading, one(evades));
            add(&mut score.also, one(also));
            let Some(at) = first else { continue };
            add(&mut score.found, 1);
            add(&mut score.decidable_found, one(decidable));
            add(&mut score.evading_found, one(evades));
            let hours = case.decidable.map(|decidable| at.since(decidable).as_millis());
            score.hours.extend(hours.and_then(|millis| millis.checked_div(3_600_000)));
            score.moved.push(case.moved_by(at));
        }
        first.is_some()
    }

    fn judge_alert<'a>(
        &mut self,
        truth: &'a [Case],
        alert: &Told,
        alerted: &mut BTreeSet<&'a str>,
    ) {
        let planted = || truth.iter().filter(|case| case.is_planted());
        let is_right = planted().any(|case| case.is_about(&alert.anchor));
        let of_typology = self.by_typology.iter_mut().find(|(name, _)| **name == alert.typology);
        for score in of_typology.map(|(_, score)| score).into_iter().chain([&mut self.all]) {
            add(if is_right { &mut score.right } else { &mut score.wrong }, 1);
        }
        if is_right {
            return;
        }
        let alike = truth.iter().find(|case| !case.is_planted() && case.involves(&alert.anchor));
        match alike.map(|case| (case, &case.kind)) {
            Some((case, CaseKind::Lookalike { name, .. })) => {
                alerted.insert(&case.id);
                add(self.by_alike.entry(name).or_default(), 1);
            }
            _ => {
                let known = planted().any(|case| case.involves(&alert.anchor));
                add(&mut self.ordinary, u64::from(!known));
            }
        }
    }

    /// The card in lines of text, typologies first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.typologies().map(|(name, score)| score.line(name)).collect();
        lines.push(self.all.line("all"));
        lines.push(format!(
            "false alerts: {} per 10,000 payments, {} per 1,000 customers; about people with no part in any case {} per 100,000 payments",
            per(self.all.wrong, self.payments, 10_000),
            per(self.all.wrong, self.customers, 1_000),
            per(self.ordinary, self.payments, 100_000)
        ));
        lines
            .push(format!("look-alikes alerted about: {} of {}", self.alikes_alerted, self.alikes));
        let alikes = self.by_alike.iter();
        lines.extend(alikes.map(|(name, alerts)| format!("  {name}: {alerts} false alerts")));
        lines
    }
}

impl Score {
    /// One line of a score card.
    pub fn line(&self, name: &str) -> String {
        let missed = self.planted.saturating_sub(self.found);
        let told = self.right.saturating_add(self.wrong);
        format!(
            "{name:<6} planted {:>3}  found {:>3}  missed {missed:>3}  also {:>2}  recall {}  of decidable {}/{}  \
             evading {}/{}  right {}  false {}  precision {}  hours {}  moved {}",
            self.planted,
            self.found,
            self.also,
            share(self.found, self.planted),
            self.decidable_found,
            self.decidable,
            self.evading_found,
            self.evading,
            self.right,
            self.wrong,
            share(self.right, told),
            median(&self.hours).map_or_else(|| "-".to_owned(), |hours| hours.to_string()),
            median(&self.moved).map_or_else(|| "-".to_owned(), |moved| format!("{moved}%")),
        )
    }
}

fn add(to: &mut u64, more: u64) {
    *to = to.saturating_add(more);
}

/// So many for each `each`, with two places.
pub fn per(of: u64, whole: u64, each: u64) -> String {
    palermo_domain::statistics::per(of, whole, each, 2)
}

/// A share with its interval: `0.85 [0.79, 0.90]`, or `-` of nothing.
pub fn share(part: u64, whole: u64) -> String {
    let Some((low, high)) = wilson(part, whole) else { return "-".to_owned() };
    let place = |millionths: u64| per(millionths, 1_000_000, 1);
    format!("{} [{}, {}]", per(part, whole, 1), place(low), place(high))
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers written here")]
mod tests {
    use super::*;
    use crate::truth::{Evasion, Leg, Node};
    use palermo_domain::alert::Role;

    #[test]
    fn shares_are_told_with_their_interval() {
        assert_eq!(share(17, 20), "0.85 [0.64, 0.95]");
        assert_eq!(share(0, 0), "-");
        assert_eq!(per(3, 200_000, 100_000), "1.50");
    }

    fn case(id: &str, kind: CaseKind, account: &str) -> Case {
        let member = |key: &str, function| Member {
            node: Node::Account(key.to_owned()),
            role: Role::CounterpartyOnly,
            function,
        };
        let leg = |hours: i64, cents| Leg {
            payment: None,
            at: EventTime(hours * 3_600_000),
            step: "step",
            cents,
        };
        Case {
            id: id.to_owned(),
            kind,
            typology: "CT-14",
            anchor: Node::Account(account.to_owned()),
            holder: format!("holder-{account}"),
            accounts: vec![account.to_owned()],
            members: vec![
                member(account, "collector"),
                member(&format!("{account}-mule"), "mule"),
                member("everybody", "payer"),
            ],
            first: EventTime(0),
            last: EventTime(3_600_000),
            payments: Vec::new(),
            legs: vec![leg(1, 100), leg(2, 100), leg(9, 200)],
            complete: None,
            decidable: Some(EventTime(3_600_000)),
            evading: None,
            shares: Vec::new(),
        }
    }

    fn told(typology: &str, anchor: &str, hours: i64) -> Told {
        Told {
            typology: typology.to_owned(),
            anchor: anchor.to_owned(),
            at: EventTime(hours * 3_600_000),
        }
    }

    #[test]
    fn every_alert_and_every_case_is_counted_once() {
        let alike = CaseKind::Lookalike { name: "savings_club", suppressor: None };
        let mut unseen = case("unseen", CaseKind::Planted, "U");
        unseen.decidable = None;
        unseen.evading = Some(Evasion::Slow);
        let truth = [
            case("found", CaseKind::Planted, "F"),
            case("other", CaseKind::Planted, "O"),
            unseen,
            case("club", alike, "C"),
        ];
        let alerts = [
            told("CT-14", "party/holder-F", 5),
            told("CT-14", "account/F-mule", 2),
            told("CT-01", "account/O", 3),
            told("CT-14", "account/C", 3),
            told("CT-14", "account/everybody", 3),
            told("CT-14", "account/nobody", 3),
        ];
        let mut card = Scorecard::default();
        let missed = card.add(&truth, &alerts, 1_000, 10);
        let all = card.all();
        assert_eq!((all.planted, all.found, all.also), (3, 1, 1));
        assert_eq!((all.decidable, all.decidable_found), (2, 1));
        assert_eq!((all.evading, all.evading_found), (1, 0));
        assert_eq!((all.right, all.wrong), (3, 3));
        assert_eq!((all.hours.as_slice(), all.moved.as_slice()), (&[1_i64][..], &[50_u64][..]));
        let missed: Vec<&str> = missed.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(missed, ["other", "unseen"]);
        assert_eq!((card.ordinary, card.alikes, card.alikes_alerted), (1, 1, 1));
        assert_eq!(card.by_alike, BTreeMap::from([("savings_club", 2)]));
        let lines = card.lines();
        assert!(lines[0].starts_with("CT-14  planted   3  found   1  missed   2"), "{lines:#?}");
    }
}
