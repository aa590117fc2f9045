//! What an alert says of linked evidence: the path, step by step, and who stands on it.
//!
//! Promises: every step names its own evidence; whoever stands on a path is related to the finding and
//! never its subject, and is masked where a rule takes them for a possible victim.

use super::{Basis, Words, subject_text};
use crate::detector::Detector;
use crate::episode::Milestone;
use crate::linked::{FarHit, FarRule, FoundLink, LinkStep};
use palermo_domain::alert::{Actor, LinkEvidence, LinkPath, LinkStep as Told, MoneyIn, Role};
use palermo_domain::{Alert, Cents, grouped};
use palermo_lang::program::{AnchorRole, LinkKind};
use palermo_ledger::{AccountId, Ledger};

impl Detector {
    /// Adds the paths of a milestone and the people on them.
    pub(super) fn tell_links(
        &self,
        ledger: &Ledger,
        milestone: &Milestone,
        basis: &Basis,
        alert: &mut Alert,
    ) {
        for link in &milestone.links {
            let steps: Vec<Told> = link.steps.iter().map(|step| told(ledger, step)).collect();
            let evidence: Vec<LinkEvidence> =
                link.evidence.iter().map(|hit| self.far(ledger, hit, basis)).collect();
            let text = sentence(ledger, link, &steps, &evidence);
            alert.links.push(LinkPath { text, steps, evidence });
            self.people_on(ledger, link, alert);
        }
    }

    fn far(&self, ledger: &Ledger, hit: &FarHit, basis: &Basis) -> LinkEvidence {
        let on = subject_text(ledger, hit.on);
        let (rule, text) = match hit.what {
            FarRule::Typology(at) => {
                let rule = self.rules.typologies.get(usize::from(at));
                rule.map_or_else(Default::default, |rule| (rule.id.clone(), rule.title.clone()))
            }
            FarRule::Indicator(id) => {
                let rule = self.rules.indicators.get(usize::from(id.0));
                let told = basis.facts.iter().find(|(s, _)| {
                    (s.indicator, s.on, s.time, s.linked) == (id, hit.on, hit.time, true)
                });
                rule.map_or_else(Default::default, |rule| {
                    let condition = &rule.condition;
                    let text = told.map(|(_, kept)| {
                        Words { ledger, condition, values: &kept.values }
                            .fill(&condition.text, hit.account)
                    });
                    (condition.id.clone(), text.unwrap_or_else(|| condition.title.clone()))
                })
            }
        };
        LinkEvidence { rule, on, at: hit.time, text }
    }

    fn people_on(&self, ledger: &Ledger, link: &FoundLink, alert: &mut Alert) {
        let role_at_end = self.role_at_end(link);
        let end = link.evidence.first().map(|hit| hit.account);
        let on_path = link.steps.iter().flat_map(|step| [step.from, step.to]);
        let mut all: Vec<AccountId> = on_path.collect();
        all.sort_by_key(|account| ledger.account_text(*account).to_owned());
        all.dedup();
        for account in all {
            let key = ledger.account_text(account);
            let known = |actor: &Actor| actor.entity == "account" && actor.key == key;
            if alert.subjects.iter().chain(&alert.related).any(known) {
                continue;
            }
            let is_end = Some(account) == end;
            let role = if is_end { role_at_end } else { Role::RoleUndetermined };
            alert.related_count = alert.related_count.saturating_add(1);
            alert.related.push(Actor {
                entity: "account",
                key: key.to_owned(),
                role,
                function: if is_end { "collector" } else { "other" },
                masked: role == Role::PotentialVictim,
            });
        }
    }

    /// The role of the account at the end of a path: a possible victim where any of the rules that
    /// hold there takes it for one, else not determined here. Its own alert may say more.
    pub(super) fn role_at_end(&self, link: &FoundLink) -> Role {
        let is_victim = |hit: &FarHit| match hit.what {
            FarRule::Indicator(id) => {
                let rule = self.rules.indicators.get(usize::from(id.0));
                rule.is_some_and(|rule| rule.subject_role == Some(Role::PotentialVictim))
            }
            FarRule::Typology(at) => {
                let rule = self.rules.typologies.get(usize::from(at));
                rule.is_some_and(|rule| {
                    rule.anchor_role == AnchorRole::Fixed(Role::PotentialVictim)
                })
            }
        };
        if link.evidence.iter().any(is_victim) {
            Role::PotentialVictim
        } else {
            Role::RoleUndetermined
        }
    }
}

pub(super) fn told(ledger: &Ledger, step: &LinkStep) -> Told {
    let text = |account| ledger.account_text(account).to_owned();
    let amount = (step.by == LinkKind::Payment).then(|| MoneyIn {
        value: Cents(i64::try_from(step.cents).unwrap_or(i64::MAX)),
        currency: ledger.rates.base(),
    });
    Told {
        by: step.by.as_str(),
        from: text(step.from),
        to: text(step.to),
        shared: step.shared.map(|shared| ledger.key_text(shared)),
        payments: step.payments,
        amount,
        first: step.first,
        last: step.last,
        ids: step.ids.iter().map(|id| id.to_string()).collect(),
    }
}

/// The path in one sentence.
fn sentence(
    ledger: &Ledger,
    link: &FoundLink,
    steps: &[Told],
    evidence: &[LinkEvidence],
) -> String {
    let rules: Vec<&str> = evidence.iter().map(|evidence| evidence.rule.as_str()).collect();
    let end = link.evidence.first().map_or("", |hit| ledger.account_text(hit.account));
    let mut text = format!("{} on {end}", rules.join(", "));
    for step in steps {
        let words = match (step.by, step.amount) {
            ("payment", Some(amount)) => format!(
                "{} paid {} {} times, {} {} in all",
                step.from,
                step.to,
                step.payments,
                amount.currency,
                grouped(amount.value.to_decimal())
            ),
            ("relation", _) => format!("{} declares a relation to {}", step.from, step.to),
            ("terminal", _) => format!("{} and {} at one terminal", step.from, step.to),
            (by, _) => format!("{} and {} share one {by}", step.from, step.to),
        };
        text.push_str("; ");
        text.push_str(&words);
    }
    text
}
