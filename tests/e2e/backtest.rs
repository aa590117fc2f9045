//! `palermo backtest`: history is the same as live, a change is told alert by alert, and what cannot be
//! read stops it with nothing written.

use crate::command::{Done, copy, edit, folder, palermo, palermo_in, with_rules};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A month of a small bank, with its truth, as files.
fn month(folder: &Path, more: &[&str]) {
    let arguments = ["synth", "--out", "month", "--accounts", "1000"];
    let made = palermo_in(folder, &[&arguments[..], more].concat());
    assert_eq!(made.code, 0, "{}", made.stderr);
}

fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// An alert without what depends on the order of arrival and on which task published it (DESIGN §8).
fn content(alert: &Value) -> Value {
    let mut data = alert["data"].clone();
    for (part, fields) in [
        ("", &["revision", "cause"][..]),
        ("/when", &["triggered_by", "detected_at", "watermark", "final"]),
        ("/how", &["input", "replay"]),
    ] {
        let part = data.pointer_mut(part).and_then(Value::as_object_mut).expect("an object");
        part.retain(|name, _| !fields.contains(&name.as_str()));
    }
    data
}

/// The last revision of each alert.
fn latest(all: impl IntoIterator<Item = Value>) -> BTreeMap<String, Value> {
    let mut last = BTreeMap::new();
    for alert in all {
        last.insert(text(&alert, "/data/alert_id").to_owned(), content(&alert));
    }
    last
}

#[test]
fn the_demos_month_is_found_as_it_is_live() {
    let live = palermo(&["demo", "--memory", "--accounts", "1000", "--format", "json"]);
    assert_eq!(live.code, 0, "{}", live.stderr);
    let live: Value = serde_json::from_str(&live.stdout).expect("one document");
    let live = latest(live["alerts"].as_array().expect("alerts").iter().cloned());
    assert!(live.len() >= 6);
    let place = folder();
    month(place.path(), &[]);
    let rules = palermo_tests::root().join("rules");
    let done = palermo_in(
        place.path(),
        &[
            "backtest",
            "--data",
            "month",
            "--ruleset",
            rules.to_str().expect("UTF-8"),
            "--environment",
            "pilot",
            "--labels",
            "month/truth.json",
            "--out",
            "report",
            "--format",
            "json",
        ],
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&done.stdout).expect("one document");
    let recall = &report["candidate"]["all"]["episode_recall"];
    assert_eq!((&recall["part"], &recall["whole"]), (&6.into(), &6.into()), "{report}");
    let told = fs::read_to_string(place.path().join("report/alerts.jsonl")).expect("alerts");
    let published = documents(&told).into_iter().filter(|alert| {
        let held_back = alert.pointer("/data/suppressed_by").and_then(Value::as_array);
        held_back.is_none_or(Vec::is_empty) && text(alert, "/data/mode") == "live"
    });
    let told = latest(published);
    assert_eq!(told.keys().collect::<Vec<_>>(), live.keys().collect::<Vec<_>>());
    for (id, alert) in &live {
        assert_eq!(&told[id], alert, "{id}");
    }
}

/// Runs it in a folder with `rules/` and `month/`.
fn backtest(folder: &Path, more: &[&str]) -> Done {
    let arguments = ["backtest", "--data", "month", "--environment", "pilot"];
    palermo_in(folder, &[&arguments[..], more].concat())
}

#[test]
fn rules_against_themselves_change_nothing_and_two_runs_give_the_same_bytes() {
    let place = with_rules();
    month(place.path(), &[]);
    let mut runs = Vec::new();
    for out in ["one", "two"] {
        let done = backtest(
            place.path(),
            &["--baseline", "rules", "--labels", "month/truth.json", "--out", out],
        );
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert!(
            done.stdout.contains("nothing that is labelled true and was found is lost"),
            "{}",
            done.stdout
        );
        let files = [
            "alerts.jsonl",
            "diff.jsonl",
            "evidence.jsonl",
            "figures.json",
            "index.html",
            "modeldoc.md",
            "reference.tsv",
        ];
        runs.push(files.map(|name| {
            fs::read_to_string(place.path().join(out).join(name)).expect("a file of the report")
        }));
        let left = fs::read_dir(place.path().join(out)).expect("a folder").count();
        assert_eq!(left, files.len(), "nothing unfinished is left");
    }
    assert_eq!(runs[0], runs[1]);
    let [_, differences, _, _, page, document, reference] = &runs[0];
    // An engine takes what it says (`rules.reference`).
    assert!(reference.starts_with("# palermo reference 1\n"), "{reference}");
    assert!(reference.contains("\nCT-14\t-\t10\n"), "{reference}");
    assert!(reference.lines().any(|line| line.starts_with("ML-") && line.ends_with("\t-")));
    let changes = documents(differences);
    assert!(changes.len() >= 6);
    assert!(changes.iter().all(|one| one["change"] == "same"), "{differences}");
    assert!(page.contains("default-src 'none'") && page.contains("<svg"));
    for heading in ["## Purpose", "## Data lineage", "## Parameters", "## Outcomes analysis"] {
        assert!(document.contains(heading), "{heading}");
    }
}

#[test]
fn an_alert_that_is_lost_is_told_with_what_it_was_short_of() {
    let place = with_rules();
    month(place.path(), &[]);
    let strict = place.path().join("strict");
    copy(&place.path().join("rules"), &strict);
    let rule = strict.join("migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml");
    edit(&rule, "min_senders:    {value: 25, ", "min_senders:    {value: 90, ");
    let run = |ruleset: &str, baseline: &str, more: &[&str]| {
        let arguments =
            ["--ruleset", ruleset, "--baseline", baseline, "--labels", "month/truth.json"];
        backtest(place.path(), &[&arguments[..], more].concat())
    };
    let done = run("strict", "rules", &["--out", "report"]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(done.stderr.contains("`--fail-on lost-true>0` holds"), "{}", done.stderr);
    assert!(
        done.stdout.contains(
            "WORSE: 3 of what is labelled true is found by the baseline and not by the candidate"
        ),
        "{}",
        done.stdout
    );
    let differences = fs::read_to_string(place.path().join("report/diff.jsonl")).expect("diff");
    let lost: Vec<Value> =
        documents(&differences).into_iter().filter(|one| one["change"] == "lost").collect();
    assert_eq!(lost.len(), 3, "{differences}");
    for one in &lost {
        assert_eq!((text(one, "/typology"), text(one, "/labelled")), ("CT-14", "true"));
        let reason = text(one, "/reason");
        assert!(reason.starts_with("MS-08: senders >= $min_senders: "), "{reason}");
        assert!(reason.ends_with(", needs >= 90"), "{reason}");
    }
    // Whoever says that it may be so is obeyed; the other way round they are new.
    assert_eq!(run("strict", "rules", &["--fail-on", "lost-true>3"]).code, 0);
    let back = run("rules", "strict", &["--format", "json"]);
    let report: Value = serde_json::from_str(&back.stdout).expect("one document");
    assert_eq!(
        (&report["differences"]["new"], &report["differences"]["lost"]),
        (&3.into(), &0.into())
    );
}

#[test]
fn a_commit_is_a_baseline() {
    let place = with_rules();
    month(place.path(), &[]);
    let git = |arguments: &[&str]| {
        let identity = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=main",
        ];
        let status = std::process::Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(place.path())
            .output()
            .expect("git");
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "rules"]);
    git(&["commit", "-q", "-m", "rules"]);
    let done = backtest(place.path(), &["--baseline", "git:HEAD", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!(report["candidate"]["chain"], report["baseline"]["chain"]);
    for (origin, said) in [
        ("git:none", "`git ls-tree"),
        ("git:HEAD:month", "holds no rule file below `month/`"),
        ("git:--help", "names no commit"),
    ] {
        let done = backtest(place.path(), &["--baseline", origin]);
        assert_eq!(done.code, 2, "{origin}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{origin}: {}", done.stderr);
    }
}

#[test]
fn what_cannot_be_read_stops_it_with_its_line_and_nothing_is_written() {
    let place = with_rules();
    month(place.path(), &[]);
    let data = place.path().join("month/payments.jsonl");
    let good = fs::read_to_string(&data).expect("payments");
    let lines: Vec<&str> = good.lines().collect();
    let broken = lines[4].replacen("\"amount\":\"", "\"amount\":\"-", 1);
    let again = lines[2].replacen("\"amount\":\"", "\"amount\":\"9", 1);
    let with = |at: usize, line: &str| {
        let mut all = lines.clone();
        all.insert(at, line);
        all.join("\n")
    };
    let check = |payments: &str, labels: Option<(&str, &str)>, said: &str| {
        fs::write(&data, payments).expect("payments");
        let mut arguments = vec!["--out", "report"];
        if let Some((name, text)) = labels {
            fs::write(place.path().join(name), text).expect("labels");
            arguments.extend(["--labels", name]);
        }
        let done = backtest(place.path(), &arguments);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{said}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
        let report = place.path().join("report");
        let left = fs::read_dir(&report).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{said}: something was written");
    };
    check(
        &with(4, &broken),
        None,
        "payments.jsonl`, line 5: is no `payment.v1`: `amount` in `amount`",
    );
    check(
        &with(9, &again),
        None,
        "payments.jsonl`, line 10: is refused: `conflict` in `payment_id`; an earlier row",
    );
    let early = lines[0].replacen("\"event_time\":\"20", "\"event_time\":\"19", 1);
    let early = early.replacen("\"payment_id\":\"", "\"payment_id\":\"x", 1);
    check(
        &with(9, &early),
        None,
        "line 10: is refused: `time_range` in `event_time`; it is too far behind the payment of 20",
    );
    let late = lines[3].replacen("\"event_time\":\"20", "\"event_time\":\"21", 1);
    let late = late.replacen("\"payment_id\":\"", "\"payment_id\":\"x", 1);
    let dated = with(9, &late);
    check(
        &dated,
        None,
        "line 10: is refused: `time_range` in `event_time`; it is dated more than 400d after",
    );
    fs::write(&data, &dated).expect("payments");
    let done = backtest(place.path(), &["--skip-refused", "--out", "skipped"]);
    assert!(done.stdout.contains("; 1 refused and left out"), "{}", done.stdout);
    let head = "level,key,verdict\n";
    check(
        &good,
        Some(("labels.csv", &format!("{head}account,NOBODY,true\n"))),
        "labels.csv`, line 2: names an account or party that no row of the data does",
    );
    check(
        &good,
        Some(("labels.csv", &format!("{head}payment,NONE,true\n"))),
        "labels.csv`, line 2: names a payment that no row",
    );
    check(
        &good,
        Some(("labels.csv", "level,key\naccount,A\n")),
        "labels.csv`, line 1: has no column `verdict`",
    );
    check("", None, "holds no payment");
}

/// Runs the lines that begin with a prompt in one folder and gives what each prints, as the page shows it.
fn played(commands: &[&str]) -> String {
    let place = with_rules();
    let mut shown = String::new();
    for command in commands {
        shown.push_str(&format!("$ {command}\n"));
        let output = match command.strip_prefix("palermo ") {
            Some(arguments) => {
                let arguments: Vec<&str> = arguments.split_whitespace().collect();
                let done = palermo_in(place.path(), &arguments);
                assert!(done.code < 2, "{command}: {}", done.stderr);
                let talk = done.stderr.lines().filter(|line| line.starts_with('`'));
                let exit =
                    if done.code == 0 { String::new() } else { format!("exit {}\n", done.code) };
                format!(
                    "{}{}{exit}",
                    done.stdout,
                    talk.map(|line| format!("{line}\n")).collect::<String>()
                )
            }
            None => {
                let status = std::process::Command::new("sh")
                    .args(["-c", command])
                    .current_dir(place.path())
                    .output()
                    .expect("sh");
                assert!(status.status.success(), "{command}");
                String::from_utf8(status.stdout).expect("UTF-8")
            }
        };
        shown.push_str(&output);
    }
    shown
}

const BEGIN: &str = "<!-- example -->\n";
const END: &str = "<!-- /example -->";

/// What the page shows is what the commands print. `UPDATE_DOCS=1` writes it.
#[test]
fn the_worked_example_is_true() {
    let path = palermo_tests::root().join("docs/tuning.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the beginning of the example");
    let (example, after) = rest.split_once(END).expect("the end of the example");
    let mut now = String::new();
    let mut commands = Vec::new();
    let mut fenced = false;
    // Everything in blocks is printed, everything else is told by a person.
    let mut blocks = Vec::new();
    for line in example.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            if fenced {
                blocks.push(Vec::new());
            }
        } else if let (true, Some(command)) = (fenced, line.strip_prefix("$ ")) {
            commands.push(command);
            blocks.last_mut().expect("a block").push(commands.len() - 1);
        }
    }
    assert!(commands.len() >= 4, "the example runs nothing");
    let printed = played(&commands);
    let mut of_command: Vec<String> = Vec::new();
    for line in printed.split_inclusive('\n') {
        if line.starts_with("$ ") {
            of_command.push(String::new());
        }
        of_command.last_mut().expect("a command").push_str(line);
    }
    let mut blocks = blocks.into_iter();
    fenced = false;
    for line in example.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            now.push_str(&format!("{line}\n"));
            if fenced {
                let block = blocks.next().expect("a block");
                now.extend(block.into_iter().map(|number| of_command[number].clone()));
            }
        } else if !fenced {
            now.push_str(&format!("{line}\n"));
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{now}{END}{after}")).expect("the page is written");
        return;
    }
    assert_eq!(now, example, "run with UPDATE_DOCS=1 and read what changed");
}

/// A sweep is what a backtest of rules with those values is, point by point.
#[test]
fn a_sweep_decides_what_a_backtest_decides() {
    let place = with_rules();
    month(place.path(), &[]);
    let sweep = |more: &[&str]| {
        let arguments = [
            "tune",
            "MS-08",
            "--data",
            "month",
            "--labels",
            "month/truth.json",
            "--format",
            "json",
        ];
        let done = palermo_in(place.path(), &[&arguments[..], more].concat());
        assert_eq!(done.code, 0, "{}", done.stderr);
        let report: Value = serde_json::from_str(&done.stdout).expect("one document");
        report["points"].as_array().expect("points").clone()
    };
    let points = sweep(&["--param", "min_senders", "--points", "5"]);
    assert!(points.len() >= 4, "{points:?}");
    let rule = place.path().join("rules/migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml");
    let mut now = "25".to_owned();
    let mut alerts = Vec::new();
    for point in &points {
        let value = point["values"]["MS-08.min_senders"].as_str().unwrap_or("25").to_owned();
        edit(
            &rule,
            &format!("min_senders:    {{value: {now}, "),
            &format!("min_senders:    {{value: {value}, "),
        );
        now = value;
        let done = backtest(place.path(), &["--labels", "month/truth.json", "--format", "json"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let report: Value = serde_json::from_str(&done.stdout).expect("one document");
        // The sweep plays what rests on the rule alone: of the pilot's typologies that is CT-14.
        let of = &report["candidate"]["typologies"]["CT-14"];
        assert_eq!(of["alerts"], point["alerts"], "{point}");
        assert_eq!(of["episode_recall"]["part"], point["recall"]["part"], "{point}");
        alerts.push(of["alerts"].as_u64().expect("a number"));
    }
    assert!(alerts.iter().any(|n| *n != alerts[0]), "no value changes anything: {alerts:?}");
    // Of one typology it says the same as of all that rest on the rule.
    let alone = ["--param", "min_senders", "--points", "5", "--typology", "CT-14"];
    edit(&rule, &format!("min_senders:    {{value: {now}, "), "min_senders:    {value: 25, ");
    assert_eq!(sweep(&alone), points);
    let none = ["tune", "MS-08", "--data", "month", "--typology", "CT-99"];
    let done = palermo_in(place.path(), &none);
    assert!(
        done.code == 2 && done.stderr.contains("`--typology CT-99` is no typology of `rules`"),
        "{}",
        done.stderr
    );
    // All of them together, and the same seed gives the same bytes.
    let sample = ["--points", "3", "--samples", "6", "--seed", "3"];
    assert_eq!(sweep(&sample), sweep(&sample));
    assert_ne!(sweep(&sample), sweep(&["--points", "3", "--samples", "6", "--seed", "4"]));
}

#[test]
fn a_sweep_writes_what_no_other_point_beats_as_rules() {
    let place = with_rules();
    month(place.path(), &[]);
    let run = |more: &[&str]| {
        let arguments = ["tune", "MS-08", "--data", "month"];
        palermo_in(place.path(), &[&arguments[..], more].concat())
    };
    let labels = ["--labels", "month/truth.json", "--param", "min_senders", "--out", "sweep"];
    let done = run(&labels);
    assert_eq!(done.code, 0, "{}", done.stderr);
    for words in ["MS-08.min_senders (stricter up)", "now", "what no other point beats"] {
        assert!(done.stdout.contains(words), "`{words}`:\n{}", done.stdout);
    }
    let points = fs::read_to_string(place.path().join("sweep/points.jsonl")).expect("points");
    let best: Vec<Value> =
        documents(&points).into_iter().filter(|point| point["pareto"] == true).collect();
    assert!(!best.is_empty());
    for point in best.iter().filter(|point| point["point"] != 0) {
        let name = "MS-08-p2p-funnel-cash-out.yaml";
        let file = place.path().join(format!("sweep/candidates/{}/{name}", point["point"]));
        let text = fs::read_to_string(&file).expect("a candidate");
        let value = text_of(point, "MS-08.min_senders");
        assert!(text.contains(&format!("min_senders:    {{value: {value}, ")), "{text}");
        assert!(text.contains("# sweep over "), "{text}");
    }
    for (arguments, said) in [
        (
            &["--param", "min_sender"][..],
            "names no parameter of `MS-08`; there are MS-08.min_senders",
        ),
        (&["--points", "600", "--samples", "600"], "are more than 500"),
    ] {
        let done = run(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    let done = palermo_in(place.path(), &["tune", "MS-99", "--data", "month"]);
    assert!(
        done.code == 2 && done.stderr.contains("`MS-99` is no rule of `rules`"),
        "{}",
        done.stderr
    );
}

fn text_of<'a>(point: &'a Value, name: &str) -> &'a str {
    point["values"][name].as_str().unwrap_or_default()
}

#[test]
fn a_pack_is_blind_and_a_review_bounds_what_is_missed() {
    let place = with_rules();
    month(place.path(), &[]);
    let draw = |side: &str, out: &str| {
        let done = palermo_in(
            place.path(),
            &[
                "sample",
                side,
                "MS-08",
                "--param",
                "min_senders",
                "--band",
                "0.9",
                "--data",
                "month",
                "--out",
                out,
            ],
        );
        assert_eq!(done.code, 0, "{}", done.stderr);
    };
    draw("atl", "pack");
    draw("atl", "again");
    let read = |name: &str| fs::read_to_string(place.path().join(name)).expect("a file");
    for name in ["pack/pack.jsonl", "pack/review.csv", "keep/key.jsonl", "keep/sample.json"] {
        assert_eq!(read(&format!("pack/{name}")), read(&format!("again/{name}")), "{name}");
    }
    let (pack, key) =
        (documents(&read("pack/pack/pack.jsonl")), documents(&read("pack/keep/key.jsonl")));
    assert!(!pack.is_empty() && pack.len() == key.len());
    for case in &pack {
        let fields: Vec<&String> = case.as_object().expect("a case").keys().collect();
        assert_eq!(fields, ["about", "case", "first", "last", "payments"]);
    }
    let import = || palermo_in(place.path(), &["sample", "import", "pack"]);
    let done = import();
    assert!(
        done.code == 2 && done.stderr.contains("line 2: says neither `yes` nor `no`"),
        "{}",
        done.stderr
    );
    let review = |answer: &str| {
        let rows = pack.iter().map(|case| format!("{},{answer},\n", text(case, "/case")));
        fs::write(
            place.path().join("pack/pack/review.csv"),
            format!("case,suspicious,note\n{}", rows.collect::<String>()),
        )
        .expect("a review");
    };
    review("no");
    let done = import();
    let all = pack.len();
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout.starts_with(&format!(
            "0 of {all} were suspicious: at 95% confidence at most 0 of the {all} are"
        )),
        "{}",
        done.stdout
    );
    review("yes");
    assert_eq!(import().code, 1);
}

#[test]
fn a_profile_says_what_is_missing_and_which_rules_lack_it() {
    let place = with_rules();
    month(place.path(), &[]);
    let run = |more: &[&str]| {
        let arguments = ["data", "profile", "--data", "month"];
        let done = palermo_in(place.path(), &[&arguments[..], more].concat());
        assert_eq!(done.code, 0, "{}", done.stderr);
        done.stdout
    };
    let report: Value = serde_json::from_str(&run(&["--format", "json"])).expect("one document");
    let all = report["payments"].as_u64().expect("a number");
    assert!(all > 1_000);
    assert_eq!(report["fields"]["payment_id"], report["payments"]);
    let kinds = report["words"]["kind"].as_object().expect("kinds");
    assert_eq!(kinds.values().filter_map(Value::as_u64).sum::<u64>(), all);
    let rules = report["rules"].as_array().expect("rules");
    assert!(!rules.is_empty());
    assert!(rules.windows(2).all(|two| two[0]["held"] == false || two[1]["held"] == true), "order");
    let words = run(&[]);
    for part in [
        "payments of ",
        "fields of payments",
        "accounts of the bank with a party: ",
        "100.0%  payment_id",
    ] {
        assert!(words.contains(part), "`{part}`:\n{words}");
    }
    assert!(!words.contains("indicators alone"), "{words}");
    // With labels each indicator is held against them: MS-08 holds on the three planted collectors, and on a
    // savings club.
    let labels = ["--labels", "month/truth.json", "--format", "json"];
    let report: Value = serde_json::from_str(&run(&labels)).expect("one document");
    let alone = report["indicators_alone"].as_array().expect("indicators");
    let one = alone.iter().find(|one| one["rule"] == "MS-08").expect("MS-08");
    assert_eq!((&one["right"], &one["held_on"]), (&3.into(), &4.into()), "{one}");
    assert!(run(&labels[..2]).contains("indicators alone"));
}

#[test]
fn a_public_data_set_is_played_through_its_mapping() {
    let place = with_rules();
    let samples = palermo_tests::root().join("crates/palermo-backtest/samples");
    let data = |name: &str| samples.join(format!("{name}.csv")).display().to_string();
    for name in ["amlsim", "amlsim-alerts", "amlsim-log", "amlworld", "edges", "paysim", "saml-d"] {
        let data = data(name);
        let arguments = [
            "backtest",
            "--data",
            &data,
            "--mapping",
            name,
            "--labels-in-data",
            "--environment",
            "pilot",
            "--format",
            "json",
        ];
        let coin = ["--base-currency", "USD"];
        let more = if name == "edges" { &coin[..] } else { &[] };
        let done = palermo_in(place.path(), &[&arguments[..], more].concat());
        assert_eq!(done.code, 0, "{name}: {}", done.stderr);
        let report: Value = serde_json::from_str(&done.stdout).expect("one document");
        assert!(report["data"][0]["rows"].as_u64() > Some(0), "{name}");
    }
    let edges = data("edges");
    let arguments = ["backtest", "--data", &edges, "--mapping", "edges", "--environment", "pilot"];
    let done = palermo_in(place.path(), &arguments);
    assert!(
        done.code == 2 && done.stderr.contains("the first payment is in `BTC`"),
        "{}",
        done.stderr
    );
    let own = place.path().join("own.yaml");
    fs::write(&own, "idd: \"{id}\"\n").expect("a mapping");
    for (mapping, code, said) in [
        ("paysim", 2, "edges.csv` has "),
        ("none", 2, "it is no mapping that ships either"),
        (own.to_str().expect("UTF-8"), 3, "is no mapping: "),
    ] {
        let done = palermo_in(place.path(), &["backtest", "--data", &edges, "--mapping", mapping]);
        assert_eq!(done.code, code, "{mapping}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{mapping}: {}", done.stderr);
    }
    let done = palermo_in(place.path(), &["backtest", "--data", &edges]);
    assert!(
        done.code == 2 && done.stderr.contains("`--mapping` says which column is what"),
        "{}",
        done.stderr
    );
}

#[test]
fn what_a_task_runs_is_a_baseline() {
    let place = with_rules();
    month(place.path(), &[]);
    let config = "kafka:\n  bootstrap: 127.0.0.1:1\nhttp:\n  listen: 127.0.0.1:0\nbase_currency: USD\n\
                  rules:\n  path: rules\n  environment: pilot\n  unsigned: accept\nstate:\n  dir: state\n";
    fs::write(place.path().join("palermo.yaml"), config).expect("a configuration");
    // It keeps its rules before it looks for a broker, and there is none.
    assert_eq!(palermo_in(place.path(), &["run", "--start", "earliest"]).code, 4);
    let arguments = ["backtest", "--data", "month", "--baseline", "bundle:", "--format", "json"];
    let done = palermo_in(place.path(), &arguments);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!(report["candidate"]["chain"], report["baseline"]["chain"]);
    let kept = fs::read_dir(place.path().join("state/bundles")).expect("bundles").count();
    assert_eq!(kept, 1);
    assert!(place.path().join("state/bundles").join(text(&report, "/bundle")).is_dir());
    let done =
        palermo_in(place.path(), &["backtest", "--data", "month", "--baseline", "bundle:00x"]);
    assert!(
        done.code == 2 && done.stderr.contains("names none of the bundles below `state`"),
        "{}",
        done.stderr
    );
}
