//! Whom alerts fall on: by the segment and the home region that the bank's parties have, and by the
//! corridor on which most of their money crosses a border.
//!
//! A group is flagged where it carries far more false alerts than its payments explain: where the lower
//! end of the interval of its share of all false alerts is above twice its share of payments, and there
//! are at least [`FALSE_MIN`] of them. Then the typology with most of them is named.
//!
//! Promise: groups are those that parties declare and payments show; nothing that no rule may read is
//! looked at. Cost: the groups of every account of a party, the corridors of every account that a border
//! was crossed from or to, and two look-ups a payment.

use crate::measure::{Judge, Judged};
use crate::share::Share;
use crate::told::Told;
use palermo_domain::{Party, Payment};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// False alerts below which nothing is said.
const FALSE_MIN: u64 = 5;

/// By what people are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The peer group that the bank declares.
    Segment,
    /// Where they live or sit.
    Region,
    /// The two countries, from and to, between which most of their payments across a border go.
    Corridor,
}

impl By {
    const ALL: [Self; 3] = [Self::Segment, Self::Region, Self::Corridor];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Region => "region",
            Self::Corridor => "corridor",
        }
    }
}

/// Who is in which group, and how many ends of payments each has.
#[derive(Clone, Default)]
pub(crate) struct Peers {
    /// By `account/…` or `party/…`.
    of: BTreeMap<(By, String), String>,
    ends: BTreeMap<(By, String), u64>,
    /// Payments across a border by account and corridor.
    corridors: BTreeMap<String, BTreeMap<String, u64>>,
    /// The party of an account of the bank.
    holders: BTreeMap<String, String>,
}

/// Who somebody is is shown by who asks, not by accident.
impl std::fmt::Debug for Peers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peers").field("known", &self.of.len()).finish_non_exhaustive()
    }
}

impl Peers {
    /// The newest version of a party counts: that of the end of the data.
    pub(crate) fn party(&mut self, party: &Party) {
        let home = party.home.as_ref().map(palermo_domain::Redacted::expose);
        let region = home.and_then(|home| home.region.clone().or(home.country.clone()));
        for owned in party.accounts.iter().filter(|owned| owned.holder) {
            let account = format!("account/{}", owned.account.expose());
            self.holders.insert(account, format!("party/{}", party.party.expose()));
        }
        for (by, group) in [(By::Segment, party.segment.clone()), (By::Region, region)] {
            let Some(group) = group else { continue };
            self.of.insert((by, format!("party/{}", party.party.expose())), group.clone());
            for owned in party.accounts.iter().filter(|owned| owned.holder) {
                let account = format!("account/{}", owned.account.expose());
                self.of.insert((by, account), group.clone());
            }
        }
    }

    pub(crate) fn payment(&mut self, payment: &Payment<'_>) {
        let ends = [&payment.debtor, &payment.creditor];
        let corridor = match ends.map(|end| end.place.country.as_deref()) {
            [Some(from), Some(to)] if from != to => Some(format!("{from} to {to}")),
            _ => None,
        };
        if self.of.is_empty() && corridor.is_none() {
            return;
        }
        for end in ends {
            let Some(account) = &end.account else { continue };
            let account = format!("account/{}", account.expose());
            if let Some(corridor) = &corridor {
                let count = self.ends.entry((By::Corridor, corridor.clone())).or_default();
                *count = count.saturating_add(1);
                let of = self.corridors.entry(account.clone()).or_default();
                let count = of.entry(corridor.clone()).or_default();
                *count = count.saturating_add(1);
            }
            for by in [By::Segment, By::Region] {
                if let Some(group) = self.of.get(&(by, account.clone())) {
                    let count = self.ends.entry((by, group.clone())).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    /// Gives every account and party its corridor; to be asked when everything was seen.
    pub(crate) fn settle(&mut self) {
        let mut of: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (account, corridors) in std::mem::take(&mut self.corridors) {
            let holder = self.holders.get(&account).cloned();
            for key in holder.into_iter().chain([account]) {
                let all = of.entry(key).or_default();
                for (corridor, many) in &corridors {
                    let count = all.entry(corridor.clone()).or_default();
                    *count = count.saturating_add(*many);
                }
            }
        }
        for (key, corridors) in of {
            let most = corridors.into_iter().max_by_key(|(name, n)| (*n, Reverse(name.clone())));
            if let Some((corridor, _)) = most {
                self.of.insert((By::Corridor, key), corridor);
            }
        }
    }

    fn group(&self, by: By, told: &Told) -> Option<&String> {
        let anchor = self.of.get(&(by, told.anchor.clone()));
        anchor.or_else(|| told.about.iter().find_map(|one| self.of.get(&(by, one.clone()))))
    }
}

/// What falls on a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfGroup {
    /// By what.
    pub by: By,
    /// Its name.
    pub name: String,
    /// Ends of payments at its accounts, of those at accounts of any group.
    pub ends: Share,
    /// Alerts.
    pub alerts: u64,
    /// True of those judged.
    pub precision: Share,
    /// False alerts, of those of all groups.
    pub wrong: Share,
    /// The typology with most false alerts, where the group is flagged.
    pub flagged: Option<String>,
}

/// By segment, by region, by corridor; the most alerts first.
pub(crate) fn groups(told: &[Told], peers: &Peers, judge: Judge<'_>) -> Vec<OfGroup> {
    let mut all = Vec::new();
    for by in By::ALL {
        let mut of: BTreeMap<String, Vec<(&Told, Judged)>> = BTreeMap::new();
        for ((_, name), _) in peers.ends.iter().filter(|((other, _), _)| *other == by) {
            of.entry(name.clone()).or_default();
        }
        for one in told.iter().filter(|told| told.stands()) {
            if let Some(name) = peers.group(by, one) {
                of.entry(name.clone()).or_default().push((one, judge.alert(one)));
            }
        }
        let ends = |name: &String| peers.ends.get(&(by, name.clone())).copied().unwrap_or(0);
        let whole_ends = of.keys().map(ends).fold(0, u64::saturating_add);
        let is_wrong = |(_, judged): &&(&Told, Judged)| *judged == Judged::False;
        let whole_wrong = of.values().flatten().filter(is_wrong).count() as u64;
        let mut groups: Vec<OfGroup> = of
            .iter()
            .map(|(name, alerts)| {
                let judged = alerts.iter().filter(|(_, judged)| *judged != Judged::Unknown);
                let wrong = alerts.iter().filter(is_wrong).count() as u64;
                let ends = Share { part: ends(name), whole: whole_ends };
                let wrong = Share { part: wrong, whole: whole_wrong };
                OfGroup {
                    by,
                    name: name.clone(),
                    ends,
                    alerts: alerts.len() as u64,
                    precision: Share::of(judged, |(_, judged)| *judged == Judged::True),
                    wrong,
                    flagged: is_too_much(wrong, ends).then(|| most(alerts)),
                }
            })
            .collect();
        groups.sort_by(|a, b| (b.alerts, &a.name).cmp(&(a.alerts, &b.name)));
        all.extend(groups);
    }
    all
}

/// Whether a group carries far more false alerts than its payments explain.
fn is_too_much(wrong: Share, ends: Share) -> bool {
    let (Some((low, _)), Some(expected)) = (wrong.interval(), ends.micro()) else { return false };
    wrong.part >= FALSE_MIN && low > expected.saturating_mul(2)
}

/// The typology with most false alerts.
fn most(alerts: &[(&Told, Judged)]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (told, _) in alerts.iter().filter(|(_, judged)| *judged == Judged::False) {
        let count = counts.entry(&told.typology).or_default();
        *count = count.saturating_add(1);
    }
    let most = counts.into_iter().max_by_key(|(name, count)| (*count, Reverse(*name)));
    most.map_or_else(String::new, |(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Labels;
    use crate::told::tests::told;
    use palermo_domain::Span;

    #[test]
    fn a_corridor_is_where_most_payments_across_a_border_go() {
        let mut peers = Peers::default();
        peers.holders.insert("account/A".to_owned(), "party/P".to_owned());
        let mut pay = |from: (&str, &str), to: (&str, &str)| {
            let row = format!(
                r#"{{"schema":"payment.v1","payment_id":"x","event_time":"2026-03-01T12:00:00Z","kind":"transfer",
                    "rail":"wire","status":"booked","amount":"10","currency":"USD",
                    "debtor":{{"account":"{}","country":"{}"}},"creditor":{{"account":"{}","country":"{}"}}}}"#,
                from.0, from.1, to.0, to.1
            );
            let payment = palermo_codec::decode_payment(
                row.as_bytes(),
                &palermo_codec::Limits::default(),
                &mut palermo_codec::UnknownFields::default(),
            );
            peers.payment(&payment.unwrap());
        };
        pay(("A", "US"), ("B", "MX"));
        pay(("A", "US"), ("C", "MX"));
        pay(("A", "US"), ("D", "GT"));
        pay(("A", "US"), ("E", "US"));
        peers.settle();
        let of = |key: &str| peers.of.get(&(By::Corridor, key.to_owned())).map(String::as_str);
        assert_eq!((of("account/A"), of("party/P")), (Some("US to MX"), Some("US to MX")));
        assert_eq!((of("account/D"), of("account/E")), (Some("US to GT"), None));
        assert_eq!(peers.ends[&(By::Corridor, "US to MX".to_owned())], 4);
    }

    #[test]
    fn a_group_with_far_more_false_alerts_than_payments_is_flagged() {
        let mut peers = Peers::default();
        for (account, group) in [("account/A", "gig"), ("account/B", "retail")] {
            peers.of.insert((By::Segment, account.to_owned()), group.to_owned());
        }
        for (group, ends) in [("gig", 100), ("retail", 900), ("quiet", 0)] {
            peers.ends.insert((By::Segment, group.to_owned()), ends);
        }
        let alert = |n: usize, typology: &str, anchor: &str| {
            told(&format!("alr_{n}"), typology, anchor, i64::try_from(n).unwrap())
        };
        let mut all: Vec<Told> = (0..8).map(|n| alert(n, "CT-14", "account/A")).collect();
        all.push(alert(8, "CT-01", "account/A"));
        all.extend((9..12).map(|n| alert(n, "CT-01", "account/B")));
        all.push(alert(12, "CT-01", "account/unknown"));
        // In a simulated world everybody who is not labelled is innocent.
        let labels = Labels::of(Vec::new(), true);
        let judge = Judge { labels: &labels, grace: Span::ZERO, only: None };
        let groups = groups(&all, &peers, judge);
        let names: Vec<(&str, u64, Option<&str>)> = groups
            .iter()
            .map(|group| (group.name.as_str(), group.alerts, group.flagged.as_deref()))
            .collect();
        assert_eq!(names, [("gig", 9, Some("CT-14")), ("retail", 3, None), ("quiet", 0, None)]);
        assert_eq!(groups[0].ends, Share { part: 100, whole: 1_000 });
        assert_eq!(groups[0].wrong, Share { part: 9, whole: 12 });
        assert_eq!(groups[0].precision, Share { part: 0, whole: 9 });
        // Fewer than a handful say nothing, and neither do as many as its payments.
        assert!(!is_too_much(Share { part: 4, whole: 4 }, Share { part: 1, whole: 1_000 }));
        assert!(!is_too_much(Share { part: 9, whole: 12 }, Share { part: 600, whole: 1_000 }));
    }
}
