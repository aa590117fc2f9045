//! `palermo rules test`: runs the tests beside the rules, several at a time, and shows them in
//! their order.

use super::keep::invalid;
use super::sources;
use crate::args::RulesTestArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_engine::port::Clock;
use palermo_engine::rule_tests::{Coverage, Known, Runner, Seen, TestResult, coverage};
use palermo_lang::{Sources, Test, TestFile};
use palermo_runtime::SystemClock;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, available_parallelism};

/// `palermo rules test`.
pub(crate) fn test(arguments: &RulesTestArgs, out: &mut Out) -> Result<Exit, Failure> {
    // Who tries a threshold has not decided on a version yet.
    let sources = sources(&arguments.rules)?.without_lock();
    let mut chosen = Vec::new();
    for path in &arguments.paths {
        chosen.push(choice(path, &sources)?);
    }
    let clock = SystemClock::new();
    let is_chosen = |file: &TestFile| {
        chosen.is_empty()
            || chosen.iter().any(|choice| match choice {
                Choice::Rule(id) => file.rule == *id,
                Choice::Path(chosen) => under(Path::new(&file.path), chosen),
            })
    };
    let runner =
        Runner::new(&sources, &|file, _| is_chosen(file)).map_err(|problems| invalid(&problems))?;
    let mut file = arguments.alerts.as_deref().map(AlertFile::create).transpose()?;
    let mut report = Report { out, rule: String::new(), explain: arguments.explain };
    let results = in_parallel(&runner, clock, &mut |result, took_ms| {
        report.show(result, took_ms);
        if let Some(file) = &mut file {
            file.add(&result.alerts);
        }
        result.alerts.clear();
    });
    if let Some(file) = file {
        file.close()?;
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    let took_ms = clock.monotonic_ms();
    let known = known(&results);
    let covered = coverage(&results);
    if out.json() {
        let rows: Vec<_> = results.iter().map(json_row).collect();
        out.json_data(&json!({"tests": rows, "passed": results.len().saturating_sub(failed),
                              "failed": failed, "coverage": covered_json(&covered)}));
    } else {
        covered_text(&covered, arguments.coverage, out);
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

/// Runs every chosen test, as many at a time as there are processors, and shows each once all before
/// it are shown: the output is that of one after the other.
fn in_parallel(
    runner: &Runner,
    clock: SystemClock,
    show: &mut dyn FnMut(&mut TestResult, u64),
) -> Vec<TestResult> {
    let tests: Vec<(&TestFile, &Test)> = runner
        .files()
        .iter()
        .flat_map(|file| file.tests.iter().map(move |test| (file, test)))
        .collect();
    let next = AtomicUsize::new(0);
    let (done, finished) = channel();
    let work = |done: Sender<(usize, TestResult, u64)>| {
        while let Some((at, (file, test))) = taken(&next, &tests) {
            let since_ms = clock.monotonic_ms();
            let result = runner.run(file, test);
            let took_ms = clock.monotonic_ms().saturating_sub(since_ms);
            if done.send((at, result, took_ms)).is_err() {
                return;
            }
        }
    };
    let threads = available_parallelism().map_or(1, usize::from).min(tests.len());
    let mut results = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let done = done.clone();
            let work = &work;
            scope.spawn(move || work(done));
        }
        drop(done);
        let mut early = BTreeMap::new();
        for (at, result, took_ms) in finished {
            early.insert(at, (result, took_ms));
            while let Some((mut result, took_ms)) = early.remove(&results.len()) {
                show(&mut result, took_ms);
                results.push(result);
            }
        }
    });
    results
}

/// The file that alerts of tests are written to, a record's value a line.
struct AlertFile {
    path: PathBuf,
    writer: BufWriter<File>,
    /// The first thing that went wrong.
    wrong: Option<std::io::Error>,
}

impl AlertFile {
    fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), writer: BufWriter::new(file), wrong: None })
    }

    fn add(&mut self, alerts: &[Vec<u8>]) {
        for alert in alerts {
            let line = self.writer.write_all(alert).and_then(|()| self.writer.write_all(b"\n"));
            self.wrong = self.wrong.take().or(line.err());
        }
    }

    fn close(mut self) -> Result<(), Failure> {
        let wrong = self.wrong.take().or_else(|| self.writer.flush().err());
        wrong.map_or(Ok(()), |error| Err(unwritable(&self.path, &error)))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::words(Exit::Environment, format!("{}: cannot be written: {error}", path.display()))
}

/// The next test that no thread has taken.
fn taken<T: Copy>(next: &AtomicUsize, all: &[T]) -> Option<(usize, T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    all.get(at).map(|one| (at, *one))
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
    rule: String,
    explain: bool,
}

impl Report<'_> {
    fn show(&mut self, result: &TestResult, took_ms: u64) {
        if self.out.json() {
            return;
        }
        if self.rule != result.rule {
            self.rule.clone_from(&result.rule);
            self.out.data(&self.rule);
        }
        let word = if result.passed() { "ok  " } else { "FAIL" };
        self.out.data(&format!("  {word}  {:<56} {took_ms:>5} ms", result.name));
        for failure in &result.failures {
            self.out.data(&format!("          {failure}"));
        }
        if !result.passed() {
            self.out.data(&format!("          at {}:{}", result.path, result.line));
        }
        for line in result.closest.iter().filter(|_| self.explain || !result.passed()) {
            self.out.data(&format!("          {line}"));
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
           "closest": result.closest, "known": result.known.map(Known::as_str)})
}

/// How many parts of rules there are, and how many were seen true and false.
fn counts(covered: &[Coverage]) -> (usize, usize) {
    let all = covered.iter().map(|rule| rule.parts.len()).sum();
    (covered.iter().map(Coverage::both).sum(), all)
}

/// The summary line, and with `list` every rule with the parts that were not seen both ways.
fn covered_text(covered: &[Coverage], list: bool, out: &mut Out) {
    let (both, all) = counts(covered);
    if all == 0 {
        return;
    }
    for rule in covered.iter().filter(|_| list) {
        out.data(&format!("coverage  {:<12} {} of {}", rule.rule, rule.both(), rule.parts.len()));
        for seen in rule.parts.iter().filter(|seen| !seen.both()) {
            out.data(&format!("          {}: {}", unseen(seen), seen.part));
        }
    }
    out.data(&format!("coverage: {both} of {all} predicates seen true and false"));
}

/// What is missing, in words.
const fn unseen(seen: &Seen) -> &'static str {
    match (seen.was_true, seen.was_false) {
        (false, false) => "never known",
        (false, true) => "never true",
        (true, _) => "never false",
    }
}

fn covered_json(covered: &[Coverage]) -> serde_json::Value {
    let part =
        |seen: &Seen| json!({"part": seen.part, "true": seen.was_true, "false": seen.was_false});
    let rule = |rule: &Coverage| {
        json!({"rule": rule.rule, "seen": rule.both(),
               "parts": rule.parts.iter().map(part).collect::<Vec<_>>()})
    };
    let (both, all) = counts(covered);
    json!({"seen": both, "predicates": all,
           "rules": covered.iter().map(rule).collect::<Vec<_>>()})
}
