//! The sentence an alert opens with.

use super::{Basis, HEADLINE_MAX, Words, self_text};
use crate::detector::Detector;
use crate::episode::{Anchor, Milestone};
use crate::findings::episode_days;
use palermo_domain::EventTime;
use palermo_lang::program::{Piece, Typology};
use palermo_ledger::Ledger;

impl Detector {
    /// The headline with its numbers; the title where none of its clauses has any.
    pub(super) fn headline(
        &self,
        ledger: &Ledger,
        anchor: Anchor,
        typology: &Typology,
        milestone: &Milestone,
        basis: &Basis,
        first: EventTime,
    ) -> String {
        let subject = match anchor {
            Anchor::Account(account) => Some(account),
            Anchor::Party(_) => milestone.supports.first().map(|support| support.account),
        };
        // A clause that names an indicator that does not hold here says nothing, and is left out.
        let (mut clauses, mut is_known) = (vec![String::new()], vec![true]);
        for piece in &typology.headline.0 {
            let said = match piece {
                Piece::Text(part) => {
                    let mut parts = part.split("; ");
                    let first = parts.next().unwrap_or_default().to_owned();
                    if let Some(clause) = clauses.last_mut() {
                        clause.push_str(&first);
                    }
                    for next in parts {
                        clauses.push(next.to_owned());
                        is_known.push(true);
                    }
                    continue;
                }
                Piece::Of(indicator, measure) => {
                    let found = basis.facts.iter().find(|(s, _)| s.indicator == *indicator);
                    let rule = self.rules.indicators.get(usize::from(indicator.0));
                    found.zip(rule).map(|((_, facts), rule)| {
                        let condition = &rule.condition;
                        Words { ledger, condition, values: &facts.values }
                            .measure(usize::from(measure.0))
                    })
                }
                Piece::EpisodeDays => Some(episode_days(first, milestone.time).to_string()),
                Piece::SelfText(part) => Some(self_text(ledger, subject, *part)),
                Piece::Measure(_) | Piece::Param(_) | Piece::Row(_) => continue,
            };
            if let (Some(clause), Some(known)) = (clauses.last_mut(), is_known.last_mut()) {
                *known &= said.is_some();
                clause.push_str(&said.unwrap_or_default());
            }
        }
        let told = clauses.into_iter().zip(is_known).filter(|(_, known)| *known);
        let mut text = told.map(|(clause, _)| clause).collect::<Vec<_>>().join("; ");
        if text.trim().is_empty() {
            text.clone_from(&typology.title);
        }
        text.chars().take(HEADLINE_MAX).collect()
    }
}
