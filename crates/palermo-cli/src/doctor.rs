//! `palermo doctor`, and the pages behind codes: `palermo doctor explain`, `palermo rules explain`.

use crate::args::ConfigArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::DeadLetterReason;
use palermo_engine::port::Clock as _;
use palermo_kafka::survey::{Finding, Level};
use palermo_runtime::SystemClock;
use serde_json::json;

/// Every page of `docs/errors/` by its code, as of the build.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Explains a code.
pub(crate) fn explain(code: &str, out: &mut Out) -> Result<Exit, Failure> {
    let page = PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    let reason = DeadLetterReason::parse(code).map(DeadLetterReason::help);
    let text = match (page, reason) {
        (Some((_, page)), _) => page.trim_end().to_owned(),
        (None, Some(help)) => format!("# {code}\n\n{help}"),
        (None, None) => return Err(unknown(code)),
    };
    if out.json() {
        out.json_data(&json!({"code": code, "page": text}));
    } else {
        out.data(&text);
    }
    Ok(Exit::Fine)
}

/// Without an answer of a broker most was not looked at.
const UNAVAILABLE: &str = "log_unavailable";

/// Looks at everything around a task.
pub(crate) fn examine(arguments: &ConfigArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config)?;
    let found = palermo_runtime::examine(&config, SystemClock::new().unix_ms());
    let count = |level| found.iter().filter(|one| one.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if out.json() {
        let rows: Vec<_> = found.iter().map(row).collect();
        out.json_data(&json!({"ok": errors == 0, "findings": rows}));
    } else {
        found.iter().for_each(|one| tell(one, out));
        out.talk(&format!("{} fine, {warnings} warnings, {errors} errors", count(Level::Ok)));
    }
    let unanswered = |one: &Finding| one.level == Level::Error && one.code == UNAVAILABLE;
    Ok(match errors {
        0 => Exit::Fine,
        _ if found.iter().any(unanswered) => Exit::Environment,
        _ => Exit::Findings,
    })
}

fn tell(one: &Finding, out: &mut Out) {
    let level = one.level.as_str();
    if one.level == Level::Ok {
        out.data(&format!("{level:<8} {}: {}", one.about, one.seen));
        return;
    }
    out.data(&format!("{level:<8} {}: {} [{}]", one.about, one.seen, one.code));
    if !one.remedy.is_empty() {
        out.data(&format!("         = {}", one.remedy));
    }
}

fn row(one: &Finding) -> serde_json::Value {
    let remedy = (!one.remedy.is_empty()).then_some(one.remedy.as_str());
    json!({"level": one.level.as_str(), "code": one.code, "about": one.about, "seen": one.seen,
           "remedy": remedy})
}

fn unknown(code: &str) -> Failure {
    let reasons = DeadLetterReason::ALL.iter().map(|reason| reason.as_str());
    let mut known: Vec<&str> = PAGES.iter().map(|(code, _)| *code).chain(reasons).collect();
    known.sort_unstable();
    known.dedup();
    let text = format!("`{code}` is not a code; known are {}", known.join(", "));
    Failure::words(Exit::Usage, text)
}
