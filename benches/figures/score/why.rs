//! Why a network was missed: each case is asked of the engine when its last payment is in, as
//! `palermo why-not` does, and what the closest of its members lacked is counted by typology.
//!
//! `PALERMO_SCORE_WHY=1` prints each case; the shortfalls of required indicators are counted either way.

use palermo_benches::setting;
use palermo_domain::EventTime;
use palermo_engine::{Engine, Part, PartText, WhyNot};
use palermo_synth::Case;
use std::collections::{BTreeMap, BTreeSet};

/// What one missed case lacked.
#[derive(Clone, Debug)]
pub(super) struct Lack {
    case: String,
    evading: bool,
    decidable: bool,
    reasons: Vec<String>,
    detail: Vec<String>,
}

/// Planted cases in the order in which they end.
pub(super) struct Asked<'a> {
    cases: Vec<&'a Case>,
    pub(super) lacks: BTreeMap<String, Lack>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(truth: &'a [Case]) -> Self {
        let mut cases: Vec<&Case> = truth.iter().filter(|case| case.is_planted()).collect();
        cases.sort_by_key(|case| std::cmp::Reverse(case.last));
        Self { cases, lacks: BTreeMap::new() }
    }

    /// Asks about the cases that have ended before `now`.
    pub(super) fn ask(&mut self, engine: &Engine, now: EventTime) {
        while self.cases.last().is_some_and(|case| case.last < now) {
            let Some(case) = self.cases.pop() else { break };
            if let Some(lack) = lack(engine, case) {
                self.lacks.insert(case.id.clone(), lack);
            }
        }
    }
}

/// The closest look at the anchor and at everybody who is no mere payer.
fn lack(engine: &Engine, case: &Case) -> Option<Lack> {
    let members = case.members.iter().filter(|member| member.is_actor());
    let mut nodes: BTreeSet<String> = members.map(|member| member.node.anchor()).collect();
    nodes.insert(case.anchor.anchor());
    nodes.extend(case.accounts.iter().map(|key| format!("account/{key}")));
    let looks = nodes.iter().filter_map(|node| engine.why_not(case.typology, node, None));
    let best = looks.max_by_key(closeness)?;
    let reasons = reasons(&best);
    let mut detail = vec![format!(
        "{} {} of {} nodes, require {}, families {:?}",
        best.anchor,
        best.at,
        nodes.len(),
        best.require_holds,
        best.families
    )];
    detail.extend(best.indicators.iter().map(|one| {
        let must = if one.required { "must" } else { "adds" };
        match (&one.held, &one.closest) {
            (Some(held), _) => format!("{must} {} {} held {}", one.id, one.family, held.times),
            (None, None) => format!("{must} {} {} no payment", one.id, one.family),
            (None, Some(look)) => {
                let parts = look.parts.iter().zip(&one.parts);
                let short: Vec<String> = parts
                    .filter(|(part, _)| part.holds != Some(true))
                    .map(|(part, text)| short_of(part, text))
                    .collect();
                format!("{must} {} {} short of {}", one.id, one.family, short.join(" ; "))
            }
        }
    }));
    detail.extend(
        best.links.iter().map(|link| {
            format!("link {} holds {}, {} reached", link.needs, link.holds, link.reached)
        }),
    );
    Some(Lack {
        case: case.id.clone(),
        evading: case.evading.is_some(),
        decidable: case.decidable.is_some(),
        reasons,
        detail,
    })
}

fn closeness(why: &WhyNot) -> (bool, bool, std::cmp::Reverse<usize>, usize) {
    let held = why.indicators.iter().filter(|one| one.required && one.held.is_some()).count();
    (why.require_holds, why.families_hold, std::cmp::Reverse(why.lacking.len()), held)
}

fn reasons(why: &WhyNot) -> Vec<String> {
    let mut reasons: Vec<String> = why.lacking.iter().map(|part| format!("lacks {part}")).collect();
    if !why.families_hold {
        let held: String = why.families.iter().collect();
        reasons.push(format!("families {held}, needs {}", why.families_needed));
    }
    reasons.extend(
        why.suppressors
            .iter()
            .filter(|one| one.holds)
            .map(|one| format!("explained by {}", one.id)),
    );
    reasons.extend(why.elsewhere.iter().map(|part| format!("elsewhere {part}")));
    reasons
}

fn short_of(part: &Part, text: &PartText) -> String {
    if part.inner.len() == text.inner.len() && !part.inner.is_empty() {
        let inner = part.inner.iter().zip(&text.inner);
        let short: Vec<String> = inner
            .filter(|(part, _)| part.holds != Some(true))
            .map(|(part, text)| short_of_one(part, text))
            .collect();
        return short.join(" & ");
    }
    short_of_one(part, &text.text)
}

fn short_of_one(part: &Part, text: &str) -> String {
    if let Some(field) = &part.missing {
        return format!("{text}: missing {field}");
    }
    format!("{text}: {} needs {}", part.observed, part.needed)
}

/// The reasons of a typology's misses, most frequent first; each case where it is asked for.
pub(super) fn print(typology: &str, lacks: &[Lack]) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in lacks.iter().flat_map(|lack| &lack.reasons) {
        *count.entry(reason).or_default() += 1;
    }
    let nothing = lacks.iter().filter(|lack| lack.reasons.is_empty()).count();
    let undecidable = lacks.iter().filter(|lack| !lack.decidable).count();
    let mut count: Vec<(&str, usize)> = count.into_iter().collect();
    count.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    if !lacks.is_empty() {
        println!(
            "score {typology:<6} missed {}: {undecidable} never whole before the bank's eyes, {nothing} lacked nothing at their end",
            lacks.len()
        );
    }
    for (reason, times) in count.iter().take(8) {
        println!("score {typology:<6} {times:>4} {reason}");
    }
    if setting("PALERMO_SCORE_WHY", 0) == 0 {
        return;
    }
    for lack in lacks {
        println!("why {} evading {} decidable {}", lack.case, lack.evading, lack.decidable);
        for line in &lack.detail {
            println!("    {line}");
        }
    }
}
