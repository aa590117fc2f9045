//! `palermo data profile`: what is in files of payments, what is missing, and which rules lack it.
//! `palermo data export` makes such files.

mod export;

use crate::args::DataProfileArgs;
use crate::backtest::{History, rules::RuleSide};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::screen::grouped;
use crate::signals::Signals;
use palermo_backtest::{Alone, Facts, Plan, Profile, Undecided, alone, undecided};
use palermo_engine::Bundle;
use serde_json::{Value, json};

pub(crate) use export::data_export;

/// Rules that are shown.
const RULES_MAX: usize = 40;

/// Plays, counts what passes, tells.
pub(crate) fn data_profile(arguments: &DataProfileArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let mut history = History::open(&arguments.data)?;
    history.profile();
    let side = RuleSide::load(&arguments.ruleset, &history.config)?;
    let labels = history.labels(&arguments.data, &arguments.known, &side)?;
    // Every rule, whether it is deployed or not.
    let rules = side.all_live(&history.config)?;
    let bundle = Bundle { sha256: side.bundle.sha256.clone(), rules: rules.clone() };
    let plan = Plan::new(history.engine(), vec![bundle]);
    let hits = !labels.all().is_empty();
    let plan = Plan { skip_refused: arguments.data.skip_refused, hits, ..plan };
    let Some(mut played) = history.play(&plan, &mut None, &signals, out)? else {
        out.talk("interrupted");
        return Ok(signals.exit());
    };
    if let Some(path) = &arguments.known.labels {
        labels.check_met(path, &played.facts)?;
    }
    let (counted, facts) = (played.facts.profile.take().unwrap_or_default(), &played.facts);
    let lacking = played.rules.first().map(|of| undecided(&rules, of)).unwrap_or_default();
    let worth = played.rules.first().map(|of| alone(of, facts, &labels)).unwrap_or_default();
    if out.json() {
        out.json_data(&document(&counted, facts, &lacking, &worth));
    } else {
        lines(&counted, facts, &lacking).iter().for_each(|line| out.data(line));
        lines_alone(&worth).iter().for_each(|line| out.data(line));
    }
    Ok(Exit::Fine)
}

fn lines(counted: &Profile, facts: &Facts, lacking: &[Undecided]) -> Vec<String> {
    let mut lines: Vec<String> = facts
        .files
        .iter()
        .map(|file| format!("{}  {} rows  sha256 {}", file.name, grouped(file.rows), file.sha256))
        .collect();
    if let Some((first, last)) = facts.days() {
        lines.push(format!("payments of {first} to {last}, {} days", facts.by_day.len()));
    }
    let currencies = facts.currencies.iter();
    let currencies: Vec<String> =
        currencies.map(|(currency, n)| format!("{} {}", currency.as_str(), grouped(*n))).collect();
    lines.push(format!("currency  {}", currencies.join("  ")));
    for (word, counts) in &counted.words {
        let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
        counts.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), (*name).clone()));
        let counts: Vec<String> =
            counts.into_iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        lines.push(format!("{word:<9} {}", counts.join("  ")));
    }
    lines.push(format!("accounts of the bank with a party: {}", counted.known_accounts()));
    lines.push(String::new());
    lines.push("fields of payments, by how many have them".to_owned());
    lines.extend(shares(&counted.fields, counted.payments));
    if counted.parties > 0 {
        lines.push(String::new());
        lines.push("fields of parties".to_owned());
        lines.extend(shares(&counted.party_fields, counted.parties));
    }
    lines.push(String::new());
    lines.push("indicators that lacked a field; those that never held come first".to_owned());
    for one in lacking.iter().take(RULES_MAX) {
        let held = if one.held { "held" } else { "never" };
        let fields: Vec<String> = one
            .fields
            .iter()
            .take(3)
            .map(|(field, n)| format!("{field} {}", grouped(*n)))
            .collect();
        lines.push(format!("  {:<8} {held:<6} {}", one.rule, fields.join(", ")));
    }
    if let Some(more) = lacking.len().checked_sub(RULES_MAX).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more; `--format json` has all of them"));
    }
    lines
}

/// What indicators are worth by themselves, where something is labelled.
fn lines_alone(worth: &[Alone]) -> Vec<String> {
    if worth.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        String::new(),
        "indicators alone, on accounts: labelled of those on which it held, of all that are labelled; F1"
            .to_owned(),
    ];
    lines.extend(worth.iter().take(RULES_MAX).map(|one| {
        let f1 = palermo_domain::statistics::per(one.f1_micro().unwrap_or(0), 1_000_000, 1, 2);
        let (precision, recall) = (one.precision.to_string(), one.recall.to_string());
        format!("  {:<8} {precision:<28} {recall:<28} {f1}", one.rule)
    }));
    if let Some(more) = worth.len().checked_sub(RULES_MAX).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more; `--format json` has all of them"));
    }
    lines
}

fn shares(fields: &std::collections::BTreeMap<String, u64>, whole: u64) -> Vec<String> {
    let mut all: Vec<(&String, &u64)> = fields.iter().collect();
    all.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), (*name).clone()));
    let share = |n: u64| palermo_domain::statistics::per(n, whole, 100, 1);
    all.into_iter().map(|(name, n)| format!("  {:>6}%  {name}", share(*n))).collect()
}

fn document(counted: &Profile, facts: &Facts, lacking: &[Undecided], worth: &[Alone]) -> Value {
    let files = facts.files.iter();
    let files: Vec<Value> = files
        .map(|file| json!({"name": file.name, "rows": file.rows, "sha256": file.sha256}))
        .collect();
    let rules: Vec<Value> = lacking
        .iter()
        .map(|one| {
            json!({"rule": one.rule, "evaluations": one.evaluations, "held": one.held,
                   "missing": one.fields.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()})
        })
        .collect();
    let known = counted.known_accounts();
    json!({
        "files": files,
        "payments": facts.payments,
        "parties": counted.parties,
        "list_rows": facts.list_rows,
        "days": facts.days().map(|(first, last)| [first.to_string(), last.to_string()]),
        "currencies": facts.currencies.iter().map(|(currency, n)| (currency.as_str().to_owned(), json!(n)))
            .collect::<serde_json::Map<_, _>>(),
        "words": counted.words,
        "fields": counted.fields,
        "party_fields": counted.party_fields,
        "own_accounts": {"with_party": known.part, "all": known.whole},
        "rules": rules,
        "indicators_alone": worth.iter().map(|one| {
            json!({"rule": one.rule, "held_on": one.precision.whole, "labelled": one.recall.whole,
                   "right": one.precision.part, "f1_micro": one.f1_micro()})
        }).collect::<Vec<Value>>(),
    })
}
