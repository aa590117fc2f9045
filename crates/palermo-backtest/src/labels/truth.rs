//! The truth of a simulated world as labels (`palermo.truth/v1`, which `palermo synth` writes).
//!
//! A network is labelled at its holder, the holder's accounts and everybody who takes part and does
//! more than pay or sell something lawful; its payments are those that the bank saw. A look-alike is a
//! label that says `false`, of everybody in it. Whoever is in neither is innocent, and known to be.

use super::{Label, Labels, Level, Verdict};
use crate::error::BacktestError;
use palermo_domain::EventTime;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

const SCHEMA: &str = "palermo.truth/v1";
/// What somebody does in a case who only pays or sells something lawful.
const BYSTANDERS: [&str; 5] = ["payer", "consumer", "lodging", "shop", "host"];

#[derive(Deserialize)]
struct Truth {
    schema: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    typology: String,
    anchor: String,
    holder: String,
    accounts: Vec<String>,
    members: Vec<Member>,
    first: String,
    last: String,
    decidable: Option<String>,
    payments: Vec<String>,
}

#[derive(Deserialize)]
struct Member {
    entity: String,
    key: String,
    function: String,
}

pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Labels, BacktestError> {
    let data = |what: &str| BacktestError::Data { path: path.to_path_buf(), what: what.to_owned() };
    let truth: Truth = serde_json::from_slice(bytes)
        .map_err(|_| data("is no truth of `palermo synth`, as the ending `.json` says"))?;
    if truth.schema != SCHEMA {
        return Err(data("is the truth of another version of `palermo synth`; make it again"));
    }
    let all: Option<Vec<Label>> = truth.cases.into_iter().map(label).collect();
    let all = all.ok_or_else(|| data("holds a case with a time that is none"))?;
    Ok(Labels { all, complete: true, ..Labels::default() })
}

fn label(case: Case) -> Option<Label> {
    let time = |text: &str| EventTime::parse(text).ok();
    let is_planted = case.kind == "planted";
    let mut entities = BTreeSet::from([case.anchor, format!("party/{}", case.holder)]);
    entities.extend(case.accounts.iter().map(|account| format!("account/{account}")));
    let counts = |member: &&Member| !is_planted || !BYSTANDERS.contains(&member.function.as_str());
    let members = case.members.iter().filter(counts);
    entities.extend(members.map(|member| format!("{}/{}", member.entity, member.key)));
    Some(Label {
        id: case.id,
        level: Level::Network,
        verdict: if is_planted { Verdict::True } else { Verdict::False },
        typology: Some(case.typology),
        entities,
        payments: case.payments.into_iter().collect(),
        span: (time(&case.first)?, time(&case.last)?),
        decidable: match &case.decidable {
            None => None,
            Some(text) => Some(time(text)?),
        },
        source: "synthetic".to_owned(),
        line: 0,
    })
}
