//! What is wrong with rules, for programs that read it: SARIF for code hosts and editors, workflow
//! commands for GitHub.

use palermo_lang::{RuleError, Severity};
use serde_json::{Value, json};

/// SARIF 2.1.0, one run.
pub(super) fn sarif(problems: &[&RuleError]) -> Value {
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let summary = |code: &str| {
        palermo_lang::codes().iter().find(|(known, _)| *known == code).map_or("", |(_, text)| *text)
    };
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code, "shortDescription": {"text": summary(code)}}))
        .collect();
    let results: Vec<Value> = problems.iter().map(|problem| result(problem)).collect();
    json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": {"driver": {"name": "palermo", "version": env!("CARGO_PKG_VERSION"),
                                "rules": rules}},
            "results": results,
        }],
    })
}

fn result(problem: &RuleError) -> Value {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = json!({"physicalLocation": {
        "artifactLocation": {"uri": problem.path},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }});
    json!({"ruleId": problem.code, "level": level, "message": {"text": told(problem)},
           "locations": [place]})
}

/// One workflow command: GitHub shows it beside the line.
pub(super) fn github(problem: &RuleError) -> String {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    // Percent signs and line ends end a command early.
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::{level} file={},line={},col={},title={}::{}",
        property(&problem.path),
        problem.line,
        problem.column,
        problem.code,
        escaped(&told(problem))
    )
}

fn told(problem: &RuleError) -> String {
    match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    }
}
