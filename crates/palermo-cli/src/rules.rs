//! `palermo rules lint`; the other commands about rules are in the modules.

mod doc;
mod graph;
mod keep;
pub(crate) mod release;
mod report;
mod test;

pub(crate) use doc::{doc, schema};
pub(crate) use graph::graph;
pub(crate) use keep::{diff, fmt, lock};
pub(crate) use test::test;

use crate::args::{Format, RulesLintArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_lang::program::RuleSet;
use palermo_lang::{Diagnostics, Limits, RuleError, Severity, Sources};
use palermo_runtime::{Config, read_rules};
use serde_json::json;
use std::path::Path;

/// Every rule and test file of a folder, under the path that the user knows.
fn sources(folder: &Path) -> Result<Sources, Failure> {
    let shown = folder.display().to_string();
    let prefix = shown.trim_end_matches('/');
    read_rules(folder, prefix, true).map(Sources::new).map_err(|error| {
        let failure = Failure::new(Exit::Content, Some(error.code()), &error);
        Failure { text: failure.text.replace("`rules.path`", "the rule folder"), ..failure }
    })
}

/// The bounds of the configuration that is built in.
fn limits() -> Limits {
    let config = Config::defaults();
    Limits {
        horizon: config.horizon,
        evidence_horizon: config.evidence_horizon,
        cost: Limits::COST,
    }
}

/// `palermo rules lint`.
pub(crate) fn lint(arguments: &RulesLintArgs, out: &mut Out) -> Result<Exit, Failure> {
    let sources = sources(&arguments.path)?;
    let (config, limits) = (Config::defaults(), limits());
    let deployed = sources.iter().any(|(path, _)| path.ends_with("/ruleset.yaml"));
    let compiled = if deployed {
        palermo_lang::compile(&sources, &arguments.environment, &limits)
    } else {
        palermo_lang::compile_all(&sources, &limits)
    };
    let tests = palermo_lang::parse_tests(&sources);
    let mut problems = Vec::new();
    let (mut loaded, mut idle) = (None, Vec::new());
    match compiled {
        Ok(compiled) => {
            idle = compiled.idle;
            let base = arguments.base_currency.unwrap_or(config.base_currency);
            problems.push(compiled.warnings);
            problems.push(palermo_lang::rate_warnings(&sources, &compiled.rules, base));
            loaded = Some(compiled.rules);
        }
        Err(errors) => problems.push(errors),
    }
    problems.extend(tests.err());
    let failed = problems
        .iter()
        .flat_map(Diagnostics::iter)
        .any(|problem| problem.severity == Severity::Error);
    let each: Vec<&RuleError> = problems.iter().flat_map(Diagnostics::iter).collect();
    match out.format() {
        Format::Json => {
            let rows: Vec<_> = each.into_iter().map(row).collect();
            let idle: Vec<_> = idle.iter().map(idle_row).collect();
            out.json_data(&json!({"ok": !failed, "problems": rows, "idle": idle}));
        }
        Format::Sarif => out.json_data(&report::sarif(&each)),
        Format::Github => each.into_iter().for_each(|one| out.data(&report::github(one))),
        Format::Human => {
            let color = out.color_data();
            for some in problems.iter().filter(|some| !some.is_empty()) {
                out.data(some.render(color).trim_end());
            }
            if let (false, Some(rules)) = (failed, loaded) {
                for (id, version, reason) in &idle {
                    out.data(&format!("{id}@{version} does not run here: {reason}"));
                }
                out.data(&summary(&rules));
            }
        }
    }
    Ok(if failed { Exit::Content } else { Exit::Fine })
}

fn summary(rules: &RuleSet) -> String {
    format!(
        "{} {}: fine; {} typologies, {} indicators, {} suppressors, {} lists, sha256 {}",
        rules.name,
        rules.version,
        rules.typologies.len(),
        rules.indicators.len(),
        rules.suppressors.len(),
        rules.lists.len(),
        rules.sha256.get(..12).unwrap_or_default()
    )
}

fn idle_row((id, version, reason): &(String, String, String)) -> serde_json::Value {
    json!({"rule": id, "version": version, "reason": reason})
}

fn row(problem: &RuleError) -> serde_json::Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({"code": problem.code, "severity": severity, "message": problem.message,
           "help": problem.help, "file": problem.path, "line": problem.line,
           "column": problem.column})
}
