//! Sees: an alert that says another group than the one that is found by comparing every pair of
//! alerts, a name that depends on the order, a member of another mode, an alert that was retracted and
//! still ties others, one that is forgotten while its group lives.

use super::*;
use crate::alerts::blank;
use palermo_ledger::AccountId;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const ALERTS: u8 = 8;

/// What an alert leads to: own, near, victims.
type Told = (BTreeSet<u8>, BTreeSet<u8>, BTreeSet<u8>);

#[derive(Clone, Debug)]
enum Step {
    Stands { alert: u8, first: i64, told: Told },
    Retracted(u8),
    Closed(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let few = || btree_set(0..10_u8, 0..3);
    let told = (btree_set(0..10_u8, 1..3), few(), few());
    let stands = (0..ALERTS, 0..4_i64, told).prop_map(|(alert, first, told)| Step::Stands {
        alert,
        first,
        told,
    });
    let step = prop_oneof![
        4 => stands,
        1 => (0..ALERTS).prop_map(Step::Retracted),
        1 => (0..ALERTS).prop_map(Step::Closed),
    ];
    vec(step, 1..40)
}

fn texts(keys: &BTreeSet<u8>) -> BTreeSet<String> {
    keys.iter().map(|key| format!("account/{key}")).collect()
}

fn ties((own, near, victims): &Told) -> Ties {
    Ties {
        own: texts(own),
        near: texts(near)
            .union(&texts(victims))
            .filter(|key| !texts(own).contains(*key))
            .cloned()
            .collect(),
        victims: texts(victims),
    }
}

/// Every third alert is in shadow.
fn alert(number: u8, first: i64) -> Alert {
    let mode = if number.is_multiple_of(3) { Mode::Shadow } else { Mode::Live };
    let decided_at = EventTime(first.saturating_add(5));
    Alert { alert_id: format!("alr_{number}"), mode, decided_at, ..blank() }
}

/// The names by definition: every pair is compared, until nothing changes.
fn from_nothing(all: &BTreeMap<u8, (i64, Told)>) -> BTreeMap<String, String> {
    let tied = |a: &u8, b: &u8| {
        let (one, other) = (ties(&all[a].1), ties(&all[b].1));
        let meet = |a: &BTreeSet<String>, b: &BTreeSet<String>| !a.is_disjoint(b);
        a.is_multiple_of(3) == b.is_multiple_of(3)
            && (meet(&one.own, &other.own)
                || meet(&one.own, &other.near)
                || meet(&one.near, &other.own)
                || meet(&one.victims, &other.victims))
    };
    let mut founder: BTreeMap<u8, (i64, u8)> =
        all.iter().map(|(id, (first, _))| (*id, (*first, *id))).collect();
    loop {
        let mut next = founder.clone();
        for a in all.keys() {
            for b in all.keys().filter(|b| tied(a, b)) {
                next.insert(*a, next[a].min(next[b]));
            }
        }
        if next == founder {
            break;
        }
        founder = next;
    }
    let text = |id: &u8| format!("alr_{id}");
    founder.iter().map(|(id, (_, founder))| (text(id), name(&text(founder)))).collect()
}

/// The groups, and what was said of each alert last.
#[derive(Default)]
struct Bank {
    groups: Groups,
    said: BTreeMap<String, String>,
    /// Number of the last revision of closed ones.
    closed: BTreeMap<String, u32>,
    all: BTreeMap<u8, (i64, Told)>,
}

impl Bank {
    fn apply(&mut self, step: &Step) {
        match step {
            // What is closed is never published again by its track.
            Step::Stands { alert: n, .. } | Step::Retracted(n) | Step::Closed(n)
                if self.closed.contains_key(&format!("alr_{n}")) => {}
            Step::Stands { alert: n, first, told } => {
                let alert = alert(*n, *first);
                let anchor = Anchor::Account(AccountId::from_index(0));
                let group = self.groups.stands(&alert, anchor, EventTime(*first), ties(told));
                self.said.insert(alert.alert_id, group);
                self.all.insert(*n, (*first, told.clone()));
            }
            Step::Retracted(n) => {
                self.groups.gone(&format!("alr_{n}"));
                self.said.remove(&format!("alr_{n}"));
                self.all.remove(n);
            }
            Step::Closed(n) => {
                let Some((first, _)) = self.all.get(n) else { return };
                let mut alert = alert(*n, *first);
                alert.revision = 7;
                alert.group.clone_from(&self.said[&alert.alert_id]);
                self.groups.closed(&alert);
                self.closed.insert(alert.alert_id, 7);
            }
        }
        for (id, renamed) in self.groups.renamed() {
            match renamed {
                Renamed::Open(_, group) => {
                    self.said.insert(id, group);
                }
                Renamed::Closed(alert) => {
                    let known = self.closed.get_mut(&id).expect("it was closed");
                    *known = known.saturating_add(1);
                    assert_eq!(alert.revision, *known, "revisions of {id} have no gap");
                    let before = self.said.insert(id, alert.group.clone());
                    assert_ne!(before, Some(alert.group), "a revision says something new");
                }
            }
        }
    }
}

proptest! {
    /// After every step everybody says the name that the definition gives.
    #[test]
    fn names_are_those_of_the_definition(steps in steps()) {
        let mut bank = Bank::default();
        for step in &steps {
            bank.apply(step);
            prop_assert_eq!(&bank.said, &from_nothing(&bank.all));
        }
        // Nothing is held of what no longer stands.
        let standing: BTreeSet<String> = bank.all.keys().map(|n| format!("alr_{n}")).collect();
        prop_assert_eq!(bank.groups.members.keys().cloned().collect::<BTreeSet<_>>(), standing);
        let held = bank.groups.by_key.values().flatten();
        prop_assert!(held.clone().all(|id| bank.groups.members.contains_key(id)));
    }
}

fn told(own: &[u8], near: &[u8], victims: &[u8]) -> Told {
    let set = |keys: &[u8]| keys.iter().copied().collect();
    (set(own), set(near), set(victims))
}

fn stands(alert: u8, first: i64, told: Told) -> Step {
    Step::Stands { alert, first, told }
}

fn groups_after(steps: &[Step]) -> Vec<BTreeSet<String>> {
    let mut bank = Bank::default();
    steps.iter().for_each(|step| bank.apply(step));
    let mut by_name: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, group) in bank.said {
        by_name.entry(group).or_default().insert(id);
    }
    by_name.into_values().collect()
}

fn check(steps: &[Step], wanted: &[&[&str]]) {
    let mut wanted: Vec<BTreeSet<String>> =
        wanted.iter().map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()).collect();
    let mut found = groups_after(steps);
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
}

#[test]
fn who_belongs_together() {
    let two = |a: Told, b: Told| [stands(1, 0, a), stands(2, 1, b)];
    let together: &[&[&str]] = &[&["alr_1", "alr_2"]];
    let apart: &[&[&str]] = &[&["alr_1"], &["alr_2"]];
    check(&two(told(&[1], &[], &[]), told(&[1], &[], &[])), together);
    check(&two(told(&[1], &[2], &[]), told(&[2], &[], &[])), together);
    check(&two(told(&[1], &[], &[]), told(&[2], &[1], &[])), together);
    // A victim of both is a tie; whoever merely stands near both is none.
    check(&two(told(&[1], &[], &[9]), told(&[2], &[], &[9])), together);
    check(&two(told(&[1], &[9], &[]), told(&[2], &[9], &[])), apart);
    // A shadow rule changes no live alert.
    check(
        &[stands(1, 0, told(&[1], &[], &[])), stands(3, 0, told(&[1], &[], &[]))],
        &[&["alr_1"], &["alr_3"]],
    );
}

#[test]
fn a_merge_and_a_split() {
    let bridge = stands(4, 9, told(&[5], &[1, 2], &[]));
    let apart = [stands(1, 0, told(&[1], &[], &[])), stands(2, 1, told(&[2], &[], &[]))];
    let mut steps = apart.to_vec();
    steps.push(Step::Closed(2));
    steps.push(bridge);
    check(&steps, &[&["alr_1", "alr_2", "alr_4"]]);
    steps.push(Step::Retracted(4));
    check(&steps, &[&["alr_1"], &["alr_2"]]);
}

#[test]
fn a_group_is_forgotten_as_a_whole() {
    let mut bank = Bank::default();
    bank.apply(&stands(1, 0, told(&[1], &[], &[])));
    bank.apply(&stands(2, 100, told(&[2], &[1], &[])));
    bank.apply(&Step::Closed(1));
    let named = bank.said.clone();
    bank.groups.forget(EventTime(50));
    assert_eq!(bank.groups.members.len(), 2, "its group lives");
    bank.apply(&Step::Closed(2));
    bank.groups.forget(EventTime(50));
    assert_eq!(bank.groups.members.len(), 2, "a member is younger");
    assert_eq!(bank.said, named);
    bank.groups.forget(EventTime(200));
    assert!(bank.groups.members.is_empty() && bank.groups.by_key.is_empty());
}
