//! `palermo rules test` and `palermo rules lint`; the other commands about rules are in the modules.

mod doc;
mod graph;
mod keep;
mod report;

pub(crate) use doc::{doc, schema};
pub(crate) use graph::graph;
pub(crate) use keep::{diff, fmt, lock};

use crate::args::{Format, RulesLintArgs, RulesTestArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_engine::port::Clock;
use palermo_engine::rule_tests::{self, Known, TestResult};
use palermo_lang::program::RuleSet;
use palermo_lang::{Diagnostics, Limits, RuleError, Severity, Sources, TestFile};
use palermo_runtime::{Config, SystemClock, read_rules};
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
    Limits { horizon: config.horizon, evidence_horizon: config.evidence_horizon }
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
    let mut loaded = None;
    match compiled {
        Ok(compiled) => {
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
            out.json_data(&json!({"ok": !failed, "problems": rows}));
        }
        Format::Sarif => out.json_data(&report::sarif(&each)),
        Format::Github => each.into_iter().for_each(|one| out.data(&report::github(one))),
        Format::Human => {
            let color = out.color_data();
            for some in problems.iter().filter(|some| !some.is_empty()) {
                out.data(some.render(color).trim_end());
            }
            if let (false, Some(rules)) = (failed, loaded) {
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

fn row(problem: &RuleError) -> serde_json::Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({"code": problem.code, "severity": severity, "message": problem.message,
           "help": problem.help, "file": problem.path, "line": problem.line,
           "column": problem.column})
}

/// `palermo rules test`.
pub(crate) fn test(arguments: &RulesTestArgs, out: &mut Out) -> Result<Exit, Failure> {
    let sources = sources(&arguments.rules)?;
    let mut chosen = Vec::new();
    for path in &arguments.paths {
        chosen.push(choice(path, &sources)?);
    }
    let clock = SystemClock::new();
    let mut report = Report { out, clock, rule: String::new(), since_ms: clock.monotonic_ms() };
    let is_chosen = |file: &TestFile| {
        chosen.is_empty()
            || chosen.iter().any(|choice| match choice {
                Choice::Rule(id) => file.rule == *id,
                Choice::Path(chosen) => under(Path::new(&file.path), chosen),
            })
    };
    let results =
        rule_tests::run(&sources, &|file, _| is_chosen(file), &mut |result| report.show(result))
            .map_err(|problems| Failure {
                exit: Exit::Content,
                code: Some("rules_invalid"),
                text: format!("the rules do not compile\n\n{}", problems.render(false).trim_end()),
            })?;
    let failed = results.iter().filter(|result| !result.passed()).count();
    let took_ms = clock.monotonic_ms();
    let known = known(&results);
    if out.json() {
        let rows: Vec<_> = results.iter().map(json_row).collect();
        out.json_data(&json!({"tests": rows, "passed": results.len().saturating_sub(failed),
                              "failed": failed}));
    } else {
        out.data(&format!(
            "{} tests  {} ok  {failed} failed{known}  {}.{:02} s",
            results.len(),
            results.len().saturating_sub(failed),
            took_ms / 1000,
            took_ms % 1000 / 10
        ));
    }
    if results.is_empty() {
        return Err(Failure::words(
            Exit::Usage,
            "no test was chosen; give a test file or a folder",
        ));
    }
    Ok(if failed == 0 { Exit::Fine } else { Exit::Findings })
}

/// How many tests passed because a rule still does what it is known to do wrong.
fn known(results: &[TestResult]) -> String {
    let mut text = String::new();
    for known in [Known::Gap, Known::FalsePositive] {
        let passed = |result: &&TestResult| result.passed() && result.known == Some(known);
        let count = results.iter().filter(passed).count();
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            text.push_str(&format!("  {count} {}{plural}", known.as_str()));
        }
    }
    text
}

/// What an argument chooses.
enum Choice<'a> {
    Path(&'a Path),
    /// The tests of a rule, by its id.
    Rule(String),
}

/// A file or folder that exists; else the id of a rule with tests, in letters of either case.
fn choice<'a>(argument: &'a Path, sources: &Sources) -> Result<Choice<'a>, Failure> {
    if argument.exists() {
        return Ok(Choice::Path(argument));
    }
    let id = argument.display().to_string().to_ascii_uppercase();
    // The name of a test file begins with the id of its rule: `CT-14-border-p2p-funnel.test.yaml`.
    let of_rule = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let rest = name.get(..id.len()).filter(|start| start.eq_ignore_ascii_case(&id));
        rest.is_some() && name.ends_with(".test.yaml") && name.get(id.len()..).is_some_and(cut_off)
    };
    if !id.is_empty() && sources.iter().any(|(path, _)| of_rule(path)) {
        return Ok(Choice::Rule(id));
    }
    let text = format!(
        "`{}` is neither a file or folder nor the id of a rule with tests, such as `CT-14`",
        argument.display()
    );
    Err(Failure::words(Exit::Usage, text))
}

/// Whether an id ends before this rest of a name.
fn cut_off(rest: &str) -> bool {
    rest.starts_with(['-', '.'])
}

/// Whether a test file is the chosen file or lies in the chosen folder. `./rules` and `rules` are
/// the same.
fn under(path: &Path, chosen: &Path) -> bool {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_path_buf();
    plain(path).starts_with(plain(chosen))
        || path
            .canonicalize()
            .ok()
            .zip(chosen.canonicalize().ok())
            .is_some_and(|(a, b)| a.starts_with(b))
}

/// Shows results as they come.
struct Report<'a> {
    out: &'a mut Out,
    clock: SystemClock,
    rule: String,
    since_ms: u64,
}

impl Report<'_> {
    fn show(&mut self, result: &TestResult) {
        if self.out.json() {
            return;
        }
        if self.rule != result.rule {
            self.rule.clone_from(&result.rule);
            self.out.data(&self.rule);
        }
        let now_ms = self.clock.monotonic_ms();
        let took_ms = now_ms.saturating_sub(self.since_ms);
        self.since_ms = now_ms;
        let word = if result.passed() { "ok  " } else { "FAIL" };
        self.out.data(&format!("  {word}  {:<56} {took_ms:>5} ms", result.name));
        for failure in &result.failures {
            self.out.data(&format!("          {failure}"));
        }
        if !result.passed() {
            self.out.data(&format!("          at {}:{}", result.path, result.line));
        }
        if let (true, Some(known)) = (result.passed(), result.known) {
            self.out.data(&format!("          {}", known.as_str()));
        }
        for note in &result.notes {
            self.out.data(&format!("          note: {note}"));
        }
    }
}

fn json_row(result: &TestResult) -> serde_json::Value {
    json!({"rule": result.rule, "name": result.name, "file": result.path, "line": result.line,
           "passed": result.passed(), "failures": result.failures, "notes": result.notes,
           "known": result.known.map(Known::as_str)})
}
