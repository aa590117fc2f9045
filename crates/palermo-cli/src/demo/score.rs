//! The score of a demo: what was published against what was planted.
//!
//! A planted network is found where a live alert of its typology is anchored at its holder or one
//! of the holder's accounts. Every alert that is anchored at no planted network is false, a
//! look-alike's most of all.

use super::words::AlertText;
use palermo_synth::score::{Scorecard, median, per, share};
use palermo_synth::{Case, CaseKind};
use serde_json::{Value, json};

/// The score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    /// Ids of planted networks that were found.
    pub found: Vec<String>,
    /// Ids of those that were missed.
    pub missed: Vec<String>,
    /// Anchors of alerts that nothing was planted for.
    pub wrong: Vec<String>,
    /// Look-alikes, and what became of them.
    pub alike: Vec<(String, Alike)>,
    /// By typology.
    pub card: Scorecard,
}

/// What became of a look-alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// Nothing was said.
    Quiet,
    /// A suppressor explained it.
    Explained(String),
    /// It was alerted.
    Alerted,
}

impl Score {
    /// Compares.
    pub(crate) fn of(
        truth: &[Case],
        alerts: &[AlertText],
        suppressed: &[AlertText],
        card: Scorecard,
    ) -> Self {
        let right = |case: &Case, alert: &AlertText| {
            case.typology == alert.typology() && case.is_anchored_at(alert.anchor())
        };
        let planted = || truth.iter().filter(|case| case.is_planted());
        let (found, missed): (Vec<&Case>, Vec<&Case>) =
            planted().partition(|case| alerts.iter().any(|alert| right(case, alert)));
        let wrong = alerts
            .iter()
            .filter(|alert| !planted().any(|case| right(case, alert)))
            .map(|alert| format!("{} {}", alert.typology(), alert.anchor()));
        let alike = truth.iter().filter(|case| matches!(case.kind, CaseKind::Lookalike { .. }));
        let id = |case: &Case| case.id.clone();
        Self {
            found: found.into_iter().map(id).collect(),
            missed: missed.into_iter().map(id).collect(),
            wrong: wrong.collect(),
            alike: alike.map(|case| (id(case), became(case, alerts, suppressed))).collect(),
            card,
        }
    }

    /// Everything found and nothing else.
    pub(crate) fn is_perfect(&self) -> bool {
        self.missed.is_empty() && self.wrong.is_empty()
    }

    /// In words.
    pub(crate) fn lines(&self) -> Vec<String> {
        let planted = self.found.len().saturating_add(self.missed.len());
        let mut lines = vec![format!(
            "score     planted {planted}  found {}  missed {}  false {}",
            self.found.len(),
            self.missed.len(),
            self.wrong.len()
        )];
        lines.extend(self.by_typology());
        lines.extend(self.missed.iter().map(|id| format!("  missed  {id}")));
        lines.extend(self.wrong.iter().map(|alert| format!("  false   {alert}")));
        for (id, became) in &self.alike {
            let words = match became {
                Alike::Quiet => "quiet, as it should be".to_owned(),
                Alike::Explained(by) => format!("held back by {by}, as it should be"),
                Alike::Alerted => "ALERTED, and is innocent".to_owned(),
            };
            lines.push(format!("  innocent look-alike {id}: {words}"));
        }
        lines
    }

    /// Each typology in a line, then all of them.
    fn by_typology(&self) -> Vec<String> {
        let all = self.card.all();
        let told = all.right.saturating_add(all.wrong);
        let mut lines = Vec::new();
        for (name, score) in self.card.typologies() {
            let delay = match median(&score.hours) {
                None => String::new(),
                Some(hours) if hours <= 0 => ", before all of it was there".to_owned(),
                Some(hours) => format!(", {hours} hours after it could be known"),
            };
            let moved = median(&score.moved);
            let moved = moved.map_or(String::new(), |m| format!("; {m}% of the money had moved"));
            let (found, planted) = (score.found, score.planted);
            lines.push(format!("  {name}   found {found} of {planted}{delay}{moved}"));
        }
        lines.push(format!(
            "  recall {}, precision {}; false alerts: {} per 10,000 payments, {} per 1,000 customers",
            share(all.found, all.planted),
            share(all.right, told),
            per(all.wrong, self.card.payments, 10_000),
            per(all.wrong, self.card.customers, 1_000),
        ));
        lines
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let typologies: serde_json::Map<String, Value> = self
            .card
            .typologies()
            .map(|(name, score)| {
                let value = json!({
                    "planted": score.planted,
                    "found": score.found,
                    "hours_after_decidable": median(&score.hours),
                    "money_moved_percent": median(&score.moved),
                });
                (name.to_owned(), value)
            })
            .collect();
        let alike: Vec<Value> = self
            .alike
            .iter()
            .map(|(id, became)| match became {
                Alike::Quiet => json!({"id": id, "outcome": "quiet"}),
                Alike::Explained(by) => json!({"id": id, "outcome": "suppressed", "by": by}),
                Alike::Alerted => json!({"id": id, "outcome": "alerted"}),
            })
            .collect();
        json!({
            "planted": self.found.len().saturating_add(self.missed.len()),
            "found": self.found.len(),
            "missed": self.missed,
            "false": self.wrong.len(),
            "typologies": typologies,
            "lookalikes": alike,
        })
    }
}

fn became(case: &Case, alerts: &[AlertText], suppressed: &[AlertText]) -> Alike {
    let here = |alert: &&AlertText| case.is_anchored_at(alert.anchor());
    if alerts.iter().any(|alert| here(&alert)) {
        return Alike::Alerted;
    }
    match suppressed.iter().find(here) {
        Some(alert) => Alike::Explained(alert.suppressed_by().join(", ")),
        None => Alike::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::alert;
    use super::*;
    use palermo_domain::EventTime;
    use palermo_synth::Node;

    fn case(id: &str, kind: CaseKind, account: &str) -> Case {
        Case {
            id: id.to_owned(),
            kind,
            typology: "CT-14",
            anchor: Node::Account(account.to_owned()),
            holder: format!("holder-{account}"),
            accounts: vec![account.to_owned()],
            members: Vec::new(),
            first: EventTime(0),
            last: EventTime(1),
            payments: Vec::new(),
            legs: Vec::new(),
            complete: None,
            decidable: None,
            evading: None,
            shares: Vec::new(),
        }
    }

    fn text(anchor: &str, suppressor: Option<&str>) -> AlertText {
        let mut value = alert("alr_1", 1, "created", anchor);
        if let Some(suppressor) = suppressor {
            value["data"]["suppressed_by"] = json!([suppressor]);
        }
        AlertText::read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_score_counts_each_kind_of_error() {
        let alike = CaseKind::Lookalike { name: "savings_club", suppressor: Some("SUP-ROSCA") };
        let truth = [
            case("ct-14-1", CaseKind::Planted, "A"),
            case("ct-14-2", CaseKind::Planted, "B"),
            case("savings_club-1", alike, "C"),
            case("savings_club-2", alike, "D"),
            case("savings_club-3", alike, "E"),
        ];
        let alerts =
            [text("party/holder-A", None), text("account/C", None), text("account/Z", None)];
        let suppressed = [text("account/D", Some("SUP-ROSCA"))];
        let told: Vec<_> =
            alerts.iter().map(|alert| crate::demo::told(alert, &Default::default())).collect();
        let mut card = Scorecard::default();
        card.add(&truth, &told, 20_000, 500);
        let score = Score::of(&truth, &alerts, &suppressed, card);
        assert_eq!(
            score.lines(),
            [
                "score     planted 2  found 1  missed 1  false 2",
                "  CT-14   found 1 of 2; 0% of the money had moved",
                "  recall 0.50 [0.09, 0.91], precision 0.33 [0.06, 0.79]; false alerts: 1.00 per 10,000 payments, 4.00 per 1,000 customers",
                "  missed  ct-14-2",
                "  false   CT-14 account/C",
                "  false   CT-14 account/Z",
                "  innocent look-alike savings_club-1: ALERTED, and is innocent",
                "  innocent look-alike savings_club-2: held back by SUP-ROSCA, as it should be",
                "  innocent look-alike savings_club-3: quiet, as it should be",
            ]
        );
        assert!(!score.is_perfect());
        let good = Score::of(
            &truth,
            &[text("account/A", None), text("account/B", None)],
            &[],
            Scorecard::default(),
        );
        assert!(good.is_perfect());
        assert_eq!(good.json()["found"], 2);
    }

    #[test]
    fn another_typology_at_the_right_place_is_no_find() {
        let mut planted = case("ct-01-1", CaseKind::Planted, "A");
        planted.typology = "CT-01";
        let score = Score::of(&[planted], &[text("account/A", None)], &[], Scorecard::default());
        assert_eq!((score.missed.len(), score.wrong.len()), (1, 1));
    }
}
