//! `modeldoc.md`: what a review of the model asks for, from the same run.
//!
//! The headings follow what NYDFS 504.3(a)(5) and (6) and the supervisory letters on model risk ask to
//! be documented: purpose, data, logic, parameters with their basis, testing, outcomes, limits,
//! monitoring, changes, approvals. What a person must add is marked `[[…]]`; nothing is invented.

use super::curves::{HEAD, WHAT, cells};
use super::lines::{ROWS, names, verdict};
use super::words::{count, span};
use super::{Report, RuleFacts};
use crate::diff::Change;
use palermo_lang::{Tree, Written};

/// What each measure means, for the page and the document.
pub(super) const GLOSSARY: [(&str, &str); 16] = [
    (
        "alert",
        "a live finding published for the first time; standing: not taken back by the end of the data",
    ),
    (
        "precision, judged",
        "standing alerts that are labelled true, of those that a label judges; unknown left out",
    ),
    ("precision, floor", "standing alerts that are labelled true, of all; unknown counts as false"),
    (
        "episode recall",
        "labels that say true with a standing alert of their typology, of all such labels",
    ),
    (
        "also, told by another typology",
        "labels of which no alert of their own typology is, and one of another",
    ),
    (
        "entity recall",
        "labelled accounts and parties that are anchor or subject of a standing alert, of all",
    ),
    ("entity precision", "anchors of standing alerts that are judged true, of those judged"),
    (
        "payment recall, precision",
        "labelled payments that are named as evidence of a standing alert, of all labelled; named evidence that is labelled true, of all named; an alert names a bounded number, so both are floors",
    ),
    (
        "amount recall",
        "money of labelled payments that are named as evidence of a standing alert, of all of it",
    ),
    (
        "delay",
        "from the start of a label to the first alert of its typology; from decidable: from when all that a person needs to know had happened",
    ),
    ("moved before", "share of a label's money that had moved when its first alert was told"),
    (
        "repeat rate",
        "alerts whose anchor had an alert before; groups: alerts of one network together",
    ),
    (
        "undecided for a field",
        "how often a missing field left a selection of a payment, or an evaluation that might have held, undecided",
    ),
    ("lost, new", "told by the baseline alone, by the candidate alone"),
    (
        "later, earlier, rescored",
        "told by both, at another moment; at the same moment with another score, level or standing",
    ),
    (
        "split, merged",
        "one alert that became several, several that became one; two are one matter where anchor and episode agree or half of their evidence is the same",
    ),
];

pub(super) fn document(report: &Report<'_>) -> String {
    let mut text = String::new();
    let candidate = &report.inputs.candidate;
    text.push_str(&format!("# Model document: {} {}\n\n", candidate.name, candidate.version));
    text.push_str(&format!("{}\n\n", verdict(report)));
    for (title, body) in [
        ("Purpose", purpose(report)),
        ("Risk assessment", "[[ask: which risks of the institution's assessment these scenarios answer]]\n".to_owned()),
        ("Population and segments", population(report)),
        ("Data lineage", lineage(report)),
        ("Logic", logic(report)),
        ("Parameters", parameters(report)),
        ("Development evidence", evidence(report)),
        ("Outcomes analysis", outcomes(report)),
        ("Sensitivity", sensitivity(report)),
        ("Limitations", limitations(report)),
        ("Monitoring plan", "[[ask: which drift of which figure leads to a review]]\n".to_owned()),
        ("Change log", changes(report)),
        ("Approvals", "| role | name | date |\n|---|---|---|\n| owner | [[ask]] | [[ask]] |\n| independent review | [[ask]] | [[ask]] |\n".to_owned()),
        ("Definitions", definitions()),
    ] {
        text.push_str(&format!("## {title}\n\n{body}\n"));
    }
    text
}

/// A cell of a table: no line ends it, no bar splits it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn purpose(report: &Report<'_>) -> String {
    let typologies = rules(report, "Typology");
    let rows: Vec<String> = typologies
        .iter()
        .map(|rule| {
            let tree = &rule.tree;
            let crime = tree.get("crime").map(Tree::texts).unwrap_or_default().join(", ");
            format!("| {} | {} | {} |", cell(tree.at("id")), cell(tree.at("title")), cell(&crime))
        })
        .collect();
    format!("| typology | what it finds | crime |\n|---|---|---|\n{}\n", rows.join("\n"))
}

/// The rules of a kind that were deployed.
fn rules<'a>(report: &'a Report<'_>, kind: &str) -> Vec<&'a Written> {
    deployed(report).filter(|rule| rule.tree.at("kind") == kind).collect()
}

fn deployed<'a>(report: &'a Report<'_>) -> impl Iterator<Item = &'a Written> {
    let ids = &report.inputs.candidate.rules;
    report.library.rules.iter().filter(|rule| ids.contains(rule.tree.at("id")))
}

/// What other values of the parameters that changed give.
fn sensitivity(report: &Report<'_>) -> String {
    let Some(curves) = report.curves else {
        return "Not part of this run: it has no baseline, or none of the live rules rests on a changed \
                parameter that has a range and a step, or no curve was asked for.\n"
            .to_owned();
    };
    let mut text = format!("{WHAT} {}.\n\n", curves.notes.join("; "));
    for knob in curves.knobs {
        let [head @ .., _] = &HEAD;
        let head = head.join(" | ");
        text.push_str(&format!(
            "### {}\n\n| {head} | |\n{}\n",
            knob.name(),
            "|---".repeat(8) + "|"
        ));
        for (value, tried, mark) in curves.curve(knob) {
            let row = cells(&value.text(), tried, mark).map(|one| cell(&one));
            text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        text.push('\n');
    }
    text
}

fn population(report: &Report<'_>) -> String {
    let mut text = "[[ask: which customers, products and places are in the data]]\n\n".to_owned();
    text.push_str("| by | group | ends of payments | alerts | precision, judged | of false alerts | flagged |\n|---|---|---|---|---|---|---|\n");
    for group in &report.candidate.measures.groups_of_people {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            group.by.as_str(),
            cell(&group.name),
            group.ends.part,
            group.alerts,
            group.precision,
            group.wrong,
            group.flagged.as_deref().unwrap_or("")
        ));
    }
    text
}

fn lineage(report: &Report<'_>) -> String {
    let mut text = "| input | rows | SHA-256 |\n|---|---|---|\n".to_owned();
    for file in &report.facts.files {
        text.push_str(&format!("| {} | {} | `{}` |\n", cell(&file.name), file.rows, file.sha256));
    }
    if let Some((name, hash)) = &report.inputs.labels {
        text.push_str(&format!("| {} (labels) | | `{hash}` |\n", cell(name)));
    }
    let rules = |name: &str, rules: &RuleFacts| {
        format!(
            "| {name}: {} {} ({}) | | `{}` |\n",
            cell(&rules.name),
            cell(&rules.version),
            cell(&rules.origin),
            rules.bundle
        )
    };
    text.push_str(&rules("candidate", &report.inputs.candidate));
    if let Some(baseline) = &report.inputs.baseline {
        text.push_str(&rules("baseline", baseline));
    }
    let currencies: Vec<String> = report
        .facts
        .currencies
        .iter()
        .map(|(currency, many)| format!("{} {}", count(*many), currency.as_str()))
        .collect();
    text.push_str(&format!(
        "\nEngine {}. Payments by currency: {}; amounts are counted in {}. The engine is the one that \
         runs live; its chained hash over this run is `{}`.\n",
        report.inputs.engine,
        currencies.join(", "),
        report.inputs.currency.as_str(),
        report.candidate.rules.chain
    ));
    text
}

fn logic(report: &Report<'_>) -> String {
    let mut text = String::new();
    for rule in rules(report, "Typology") {
        let tree = &rule.tree;
        text.push_str(&format!(
            "* **{} {}** ({}): requires `{}`; families `{}`; window {}.\n",
            tree.at("id"),
            cell(tree.at("title")),
            tree.at("version"),
            cell(tree.at("require")),
            cell(tree.at("families")),
            tree.at("window")
        ));
    }
    text.push_str("\nEach indicator in words, with its source, stands in the site that `palermo rules doc` writes.\n");
    text
}

fn parameters(report: &Report<'_>) -> String {
    let mut text =
        "| rule | parameter | value | range | stricter | basis | reason |\n|---|---|---|---|---|---|---|\n".to_owned();
    for rule in deployed(report) {
        let parameters = rule.tree.get("parameters").into_iter().flat_map(Tree::entries);
        for (name, parameter) in parameters {
            let range = parameter.get("range").map(Tree::texts).unwrap_or_default().join(" to ");
            text.push_str(&format!(
                "| {} | `{name}` | {} | {} | {} | {} | {} |\n",
                cell(rule.tree.at("id")),
                cell(parameter.at("value")),
                cell(&range),
                cell(parameter.at("stricter")),
                cell(parameter.at("basis")),
                cell(parameter.at("why")),
            ));
        }
    }
    text
}

fn evidence(report: &Report<'_>) -> String {
    let tests = report.library.tests.len();
    format!(
        "{tests} files of tests stand beside the rules (`palermo rules test`): positive, boundary, missing \
         fields, look-alikes. [[ask: result of the last run]]\n"
    )
}

fn outcomes(report: &Report<'_>) -> String {
    let mut text = match report.baseline {
        None => "| measure | candidate |\n|---|---|\n".to_owned(),
        Some(_) => "| measure | baseline | candidate |\n|---|---|---|\n".to_owned(),
    };
    for (name, value) in ROWS {
        let before = report
            .baseline
            .map(|baseline| format!(" {} |", cell(&value(report, baseline.measures))));
        let after = cell(&value(report, report.candidate.measures));
        text.push_str(&format!("| {name} |{} {after} |\n", before.unwrap_or_default()));
    }
    text.push_str("\n| typology | alerts | episode recall | precision, judged | floor |\n|---|---|---|---|---|\n");
    for name in names(report) {
        let Some(of) = report.candidate.measures.typologies.get(name) else { continue };
        text.push_str(&format!(
            "| {name} | {} | {} | {} | {} |\n",
            of.alerts, of.episodes, of.judged, of.floor
        ));
    }
    if let Some(compared) = report.compared {
        let counts =
            Change::ALL.map(|change| format!("{} {}", compared.count(change), change.as_str()));
        text.push_str(&format!("\nEach alert of both, exactly: {}.\n", counts.join(", ")));
    }
    text
}

fn limitations(report: &Report<'_>) -> String {
    let mut text = format!(
        "* Labels: {}.\n* The first {} are muted; windows longer than that were not full.\n\
         * A missing field left something undecided {} times in {} evaluations.\n",
        if report.judge.labels.is_complete() {
            "complete: everything else is innocent"
        } else {
            "what nobody labelled is unknown"
        },
        span(report.inputs.warm_up),
        count(report.candidate.measures.undecided.0),
        count(report.candidate.measures.undecided.1)
    );
    for (file, gap) in known_gaps(report) {
        text.push_str(&format!("* {}: {}\n", cell(&file), cell(&gap)));
    }
    text
}

/// What the tests beside the rules say is not found, by the rule.
pub(super) fn known_gaps(report: &Report<'_>) -> Vec<(String, String)> {
    let mut gaps = Vec::new();
    for file in &report.library.tests {
        let rule = file.tree.at("rule").to_owned();
        let tests = file.tree.get("tests").map(Tree::items).unwrap_or_default();
        let known = tests.iter().filter(|test| test.at("known_gap") == "true");
        gaps.extend(known.map(|test| (rule.clone(), test.at("name").to_owned())));
    }
    gaps
}

fn changes(report: &Report<'_>) -> String {
    if report.inputs.baseline.is_none() {
        return "No baseline was given.\n".to_owned();
    }
    if report.inputs.changes.is_empty() {
        return "Nothing changed in meaning.\n".to_owned();
    }
    let mut text = "| rule | effect | where | was | is |\n|---|---|---|---|---|\n".to_owned();
    for change in &report.inputs.changes {
        for detail in &change.details {
            text.push_str(&format!(
                "| {} | {} | {} | {} | {} |\n",
                cell(&change.id),
                detail.effect.as_str(),
                cell(&detail.place),
                cell(&detail.was),
                cell(&detail.is)
            ));
        }
    }
    text
}

fn definitions() -> String {
    let rows = GLOSSARY.iter().map(|(word, meaning)| format!("* **{word}**: {meaning}.\n"));
    rows.collect()
}
