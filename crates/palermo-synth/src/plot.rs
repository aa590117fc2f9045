//! The cases of a world: which are written, who shares with whom, and their scripts run again.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "numbers of cases below 2^16 and of steps below 2^8"
)]

use crate::config::Config;
use crate::draft::Draft;
use crate::lookalikes::ALIKES;
use crate::networks::NETWORKS;
use crate::people::People;
use crate::rng::Rng;
use crate::script::{Cast, Order, Part, Scene, Script};
use crate::truth::{CaseKind, Evasion};
use crate::who::Who;
use palermo_domain::EventTime;
use palermo_domain::alert::Role;

const PAIRS: u64 = 43;

/// A case as it was written, without its payments.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) id: String,
    pub(crate) kind: CaseKind,
    pub(crate) typology: &'static str,
    pub(crate) scene: Scene,
    pub(crate) members: Vec<(Part, Role, &'static str)>,
    pub(crate) steps: Vec<&'static str>,
    /// Steps, and how often each has happened when the flow is complete.
    pub(crate) needs: &'static [(&'static str, u16)],
    pub(crate) evasion: Option<Evasion>,
    /// Numbers of the plots that share an account with this one.
    pub(crate) shares: Vec<usize>,
    pub(crate) first: EventTime,
    order: Order,
    write: fn(&mut Script<'_>) -> Scene,
    /// Where its people and firms begin in the tables.
    persons: u32,
    firms: u32,
}

/// A case to be written.
struct Wanted {
    id: String,
    kind: CaseKind,
    typology: &'static str,
    needs: &'static [(&'static str, u16)],
    span: u16,
    write: fn(&mut Script<'_>) -> Scene,
}

fn wanted(config: &Config) -> Vec<Wanted> {
    let planted = NETWORKS.iter().zip(config.planted.iter()).flat_map(|(network, (_, count))| {
        (1..=count).map(|n| Wanted {
            id: format!("{}-{n}", network.name.to_ascii_lowercase()),
            kind: CaseKind::Planted,
            typology: network.name,
            needs: network.needs,
            span: network.span,
            write: network.write,
        })
    });
    let alike = ALIKES.iter().zip(config.lookalikes.iter()).flat_map(|(alike, (_, count))| {
        let kind = CaseKind::Lookalike { name: alike.name, suppressor: alike.suppressor };
        (1..=count).map(move |n| Wanted {
            id: format!("{}-{n}", alike.name),
            kind,
            typology: alike.typology,
            needs: &[],
            span: alike.span,
            write: alike.write,
        })
    });
    planted.chain(alike).collect()
}

/// For every planted network the earlier one whose account it uses, where it does. Networks are
/// paired by the seed, and of the pairs the wanted share is taken, so the share of networks that
/// share is met to one pair.
fn partners(config: &Config, planted: usize) -> Vec<Option<usize>> {
    let mut partners = vec![None; planted];
    let mut numbers: Vec<usize> = (0..planted).collect();
    Rng::of(config.seed, [PAIRS, 0, 0]).shuffle(&mut numbers);
    let share = usize::from(config.shared_per_mille);
    for (k, pair) in numbers.chunks_exact(2).enumerate() {
        let taken = (k + 1) * share / 1_000 > k * share / 1_000;
        let (first, last) = (pair.iter().min().copied(), pair.iter().max().copied());
        if let (true, Some(first), Some(last)) = (taken, first, last)
            && let Some(slot) = partners.get_mut(last)
        {
            *slot = Some(first);
        }
    }
    partners
}

/// Writes every case once and adds its people.
pub(crate) fn plots(config: &Config, people: &mut People) -> Vec<Plot> {
    let wanted = wanted(config);
    let planted = wanted.iter().filter(|case| case.kind == CaseKind::Planted).count();
    let partners = partners(config, planted);
    let mut plots: Vec<Plot> = Vec::with_capacity(wanted.len());
    for (index, case) in wanted.into_iter().enumerate() {
        let partner = partners.get(index).copied().flatten();
        let shared = partner.and_then(|other| plots.get(other)).and_then(Plot::lent);
        let order = Order {
            case: u16::try_from(index + 1).unwrap_or(u16::MAX),
            span: case.span,
            may_evade: case.kind == CaseKind::Planted,
            partner: shared,
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (persons, firms) = (count(people.persons.len()), count(people.firms.len()));
        let mut script = Script::new(config, Cast::New(people), &order);
        let scene = (case.write)(&mut script);
        let first = script.drafts.iter().map(|draft| draft.at).min().unwrap_or(EventTime::MAX);
        plots.push(Plot {
            id: case.id,
            kind: case.kind,
            typology: case.typology,
            scene,
            members: script.members,
            steps: script.steps,
            needs: case.needs,
            evasion: script.evasion,
            shares: shared.and(partner).into_iter().collect(),
            first,
            order,
            write: case.write,
            persons,
            firms,
        });
        if let (Some(other), Some(_)) = (partner, shared)
            && let Some(other) = plots.get_mut(other)
        {
            other.shares.push(index);
        }
    }
    plots
}

impl Plot {
    /// The payments of the case, in event-time order: the script, run again.
    pub(crate) fn drafts(&self, config: &Config, people: &People) -> Vec<Draft> {
        let cast = Cast::Known(people, self.persons, self.firms);
        let mut script = Script::new(config, cast, &self.order);
        let _scene = (self.write)(&mut script);
        let mut drafts = script.drafts;
        drafts.sort_by_key(|draft| draft.at);
        drafts
    }

    /// The account that another network may use: somebody's who is a subject, at the bank if there
    /// is one.
    fn lent(&self) -> Option<Who> {
        let accounts = self.members.iter().filter_map(|&(part, role, _)| match part {
            Part::Account(who) if role == Role::Subject => Some(who),
            _ => None,
        });
        let ours = |who: &Who| matches!(who, Who::Person(_) | Who::Firm(_));
        accounts.clone().find(ours).or_else(|| accounts.clone().next())
    }

    /// When every step has happened as often as the flow needs it.
    pub(crate) fn complete(
        &self,
        legs: impl Iterator<Item = (&'static str, EventTime)>,
    ) -> Option<EventTime> {
        let mut left: Vec<(&'static str, u16)> = self.needs.to_vec();
        if left.is_empty() {
            return None;
        }
        for (step, at) in legs {
            for (name, count) in &mut left {
                if *name == step {
                    *count = count.saturating_sub(1);
                }
            }
            if left.iter().all(|(_, count)| *count == 0) {
                return Some(at);
            }
        }
        None
    }
}
