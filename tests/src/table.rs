//! `reliability LOG`: the table of faults and inputs, from the rows under `tests/reliability` and what a
//! test run said.
//!
//! A row names the tests that prove it. It is green where every one of them ran and passed; a name that
//! no test has is red, so that a row cannot outlive its proof. `docs/reliability.md` is written by this
//! (`--write`), and otherwise compared with what it would be.
//! Exit codes: 0 all rows are green and the page is what it should be, 1 not, 2 usage.

use palermo_domain::Fate;
use palermo_tests::{adversarial, root};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

/// The files with rows, and what stands above each in the page.
const FILES: [(&str, &str, &str); 3] = [
    (
        "simulation.yaml",
        "Without a broker",
        "The real engine, task, recovery and snapshot files over a log and a disk in memory.",
    ),
    (
        "processes.yaml",
        "With a real Kafka",
        "The real command as a process, a real broker, and a proxy between them that understands \
         enough of the protocol to cut, hold and lose single requests and answers.",
    ),
    ("inputs.yaml", "Inputs that are hard in number or shape", "What a stream can bring."),
];

/// What nobody should think is proved.
const OPEN: &str = "
## Not proved

* F22, as far as other tasks go: a broker that comes back from a kill and looks for old Kafka transactions before \
it leads its own partitions (seen with 4.3 and a look every hundredth of a second; every ten seconds is usual) \
takes one for ended that stays open in them. Nothing beyond it can be read by anybody. Each task ends its own \
when it opens the log; what another task left open in shared topics is said with its place (a test of its own, \
with `PALERMO_LONG=1`), and ends the engine with `log_unavailable`.
* F18, F23: a coordinator that moves, a rolling restart: they need more than one broker.
* F52: a clock that jumps. Detection reads none; the clients of the broker do.
";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    fault: String,
    injected: String,
    #[serde(rename = "layer")]
    _layer: String,
    outcome: String,
    #[serde(default)]
    says: Option<String>,
    tests: Vec<String>,
}

/// What a run said of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Passed,
    Skipped,
    Failed,
    /// No such test ran.
    Missing,
}

impl Said {
    fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Failed => "FAILED",
            Self::Missing => "NOT RUN",
        }
    }
}

/// Results by `binary::path`.
#[derive(Debug, Default)]
struct Run(BTreeMap<String, Said>);

impl Run {
    /// From what `cargo test` prints.
    fn read(log: &str) -> Self {
        let (mut run, mut binary) = (Self::default(), String::new());
        for line in log.lines() {
            if let Some(path) = line.trim_start().strip_prefix("Running ") {
                let file = path.rsplit('/').next().unwrap_or_default();
                let file = file.trim_end_matches(')');
                binary = file.rsplit_once('-').map_or(file, |(name, _)| name).to_owned();
            } else if let Some(rest) = line.strip_prefix("test ")
                && let Some((name, said)) = rest.rsplit_once(" ... ")
            {
                let said = match said.split([' ', ',']).next() {
                    Some("ok") => Said::Passed,
                    Some("ignored") => Said::Skipped,
                    _ => Said::Failed,
                };
                run.0.insert(format!("{binary}::{}", name.trim_end()), said);
            }
        }
        run
    }

    fn of(&self, tests: &[String]) -> Said {
        let said = |test: &String| self.0.get(test).copied().unwrap_or(Said::Missing);
        tests.iter().map(said).max().unwrap_or(Said::Missing)
    }
}

/// Rows that are not green, and how many there are of each kind.
#[derive(Debug, Default)]
struct Tally {
    rows: usize,
    skipped: usize,
    red: Vec<String>,
}

impl Tally {
    fn note(&mut self, id: &str, said: Said, tests: &[String]) {
        self.rows += 1;
        match said {
            Said::Passed => {}
            Said::Skipped => self.skipped += 1,
            Said::Failed | Said::Missing => {
                self.red.push(format!("{id}: {} ({})", said.text(), tests.join(", ")));
            }
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn page(run: &Run, tally: &mut Tally) -> Result<String, String> {
    let mut page = String::from(
        "# What goes wrong, and what then happens\n\nWritten by `make test` from the rows under \
         `tests/reliability` and what the tests said; not by hand. A row is green where every test that \
         it names ran and passed. *goes on*: nobody needs to do anything, and what is published is what \
         an undisturbed run publishes. *recovers*: the same after a restart or a while. *stops*: the \
         engine ends with a code that has a page under `errors/`, and nothing wrong was published.\n",
    );
    let mut ids = std::collections::BTreeSet::new();
    for (file, title, about) in FILES {
        let path = root().join("tests/reliability").join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let rows: Vec<Row> =
            serde_saphyr::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        let _ = write!(page, "\n## {title}\n\n{about}\n\n");
        page.push_str("| | Fault | How it is made | What happens | Proved by | Last run |\n|---|---|---|---|---|---|\n");
        for row in rows {
            if !ids.insert(row.id.clone()) {
                return Err(format!("{file}: {} stands twice", row.id));
            }
            let said = run.of(&row.tests);
            tally.note(&row.id, said, &row.tests);
            let outcome = match &row.says {
                Some(says) => format!("{}: {says}", row.outcome),
                None => row.outcome.clone(),
            };
            let tests: Vec<String> = row.tests.iter().map(|test| format!("`{test}`")).collect();
            let cells = [&row.fault, &row.injected, &outcome].map(|text| cell(text));
            let (id, tests) = (&row.id, tests.join("<br>"));
            let _ = writeln!(page, "| {id} | {} | {tests} | {} |", cells.join(" | "), said.text());
        }
    }
    adversaries(run, tally, &mut page);
    page.push_str(OPEN);
    Ok(page)
}

fn adversaries(run: &Run, tally: &mut Tally, page: &mut String) {
    let test = ["engine::adversarial::every_adversary_meets_its_fate".to_owned()];
    let said = run.of(&test);
    let _ = write!(
        page,
        "\n## Records made to break a reader\n\nEach between two payments that nothing is wrong with, \
         which must be judged as if it were not there; what is refused is kept unchanged with its \
         reason. Proved by `{}`.\n\n| | Record | Fate | Last run |\n|---|---|---|---|\n",
        test[0]
    );
    for one in adversarial::all() {
        tally.note(one.id, said, &test);
        let fate = match one.reason {
            Some(reason) => format!("{}: `{reason}`", Fate::DeadLetter.as_str()),
            None => one.fate.as_str().to_owned(),
        };
        let _ = writeln!(page, "| {} | {} | {fate} | {} |", one.id, cell(one.what), said.text());
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(log), write) =
        (arguments.next(), arguments.next().is_some_and(|one| one == "--write"))
    else {
        eprintln!("usage: reliability LOG [--write]");
        return ExitCode::from(2);
    };
    match judge(&log, write) {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            println!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn judge(log: &str, write: bool) -> Result<String, String> {
    let log = std::fs::read(log).map_err(|error| format!("{log}: {error}"))?;
    let run = Run::read(&String::from_utf8_lossy(&log));
    let mut tally = Tally::default();
    let new = page(&run, &mut tally)?;
    let Tally { rows, skipped, red } = tally;
    if !red.is_empty() {
        return Err(format!("{} of {rows} rows are not green:\n{}", red.len(), red.join("\n")));
    }
    let path = root().join("docs/reliability.md");
    if write {
        std::fs::write(&path, &new).map_err(|error| error.to_string())?;
    } else if skipped == 0 && std::fs::read_to_string(&path).unwrap_or_default() != new {
        return Err(
            "docs/reliability.md is not what this run gives: UPDATE_DOCS=1 make test".into()
        );
    }
    Ok(format!(
        "{rows} faults and inputs, {} proved in this run, {skipped} skipped",
        rows - skipped
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_prints_is_read() {
        let log = "     Running unittests src/lib.rs (target/debug/deps/palermo_engine-0a1b)\n\
                   test a::b ... ok\ntest a::c ... FAILED\n\
                   \u{20}    Running broker/main.rs (target/debug/deps/broker-77)\n\
                   test life::x ... ok\ntest life::y ... ignored, no broker\n";
        let run = Run::read(log);
        let of = |names: &[&str]| {
            run.of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["palermo_engine::a::b"]), Said::Passed);
        assert_eq!(of(&["palermo_engine::a::b", "palermo_engine::a::c"]), Said::Failed);
        assert_eq!(of(&["broker::life::y", "broker::life::x"]), Said::Skipped);
        assert_eq!(of(&["broker::life::z"]), Said::Missing);
        assert_eq!(of(&[]), Said::Missing);
    }
}
