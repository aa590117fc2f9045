//! A real Prometheus beside a real engine: alarms fire at a fault that is made, with the page that says what
//! to do, and end; every panel of the dashboards is a question that it takes.
//!
//! Sees: a metric that is not exposed under the name, label or type that alarms and panels expect, an alarm that
//! promtool lets pass and that never fires. Waits of the rules (`for`) are shortened to two seconds, so it does
//! not see whether they are well chosen; the cases of promtool do.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, send};
use palermo_codec::{encode_list_row, encode_payment};
use palermo_domain::{Date, EventTime, ListRow, TopicRole};
use palermo_engine::port::Clock as _;
use palermo_kafka::tools::NewRecord;
use palermo_runtime::{Config, ConfigOverrides, Planter, SystemClock};
use palermo_tests::{Engine, Site, wait_until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Prometheus, where `deploy/scripts/setup.sh prometheus` puts it or anywhere else.
pub(crate) fn prometheus() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| palermo_tests::root().join("target"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = vec![target.join("tools/bin")];
    places.extend(std::env::split_paths(&path));
    places.into_iter().map(|place| place.join("prometheus")).find(|file| file.is_file())
}

/// A Prometheus that looks every second.
struct Watcher {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watcher {
    fn beside(site: &Site) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = palermo_tests::root().join("deploy/prometheus/palermo.rules.yml");
        let rules = fs::read_to_string(rules).expect("the alarm rules");
        let hurried = |line: &str| match line.split_once("for: ") {
            Some((before, _)) if before.trim().is_empty() => format!("{before}for: 2s\n"),
            _ => format!("{line}\n"),
        };
        let rules: String = rules.lines().map(hurried).collect();
        fs::write(folder.path().join("palermo.rules.yml"), rules).expect("it is written");
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [palermo.rules.yml]\n\
             scrape_configs:\n  - job_name: palermo\n    static_configs:\n      - targets: ['127.0.0.1:{}']\n",
            site.http_port()
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).expect("it is written");
        let port = palermo_tests::free_port();
        let child = Command::new(prometheus().expect("a Prometheus"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus starts");
        Self { child, port, _folder: folder }
    }

    fn ask(&self, path: &str) -> Option<Value> {
        // In HTTP/1.0 the answer comes in one piece.
        let (status, body) = palermo_tests::get_plain(self.port, path)?;
        (status == 200).then(|| serde_json::from_str(&body).ok()).flatten()
    }

    /// How many series answer a question; `None` where it is not understood.
    fn series(&self, expr: &str) -> Option<usize> {
        let encoded: String = expr.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = self.ask(&format!("/api/v1/query?query={encoded}"))?;
        let found = answer["data"]["result"].as_array().map(Vec::len);
        found.filter(|_| answer["status"] == "success")
    }

    /// The page of an alarm that fires.
    fn firing(&self, alarm: &str) -> Option<String> {
        let answer = self.ask("/api/v1/alerts")?;
        let alarms = answer["data"]["alerts"].as_array()?;
        let is_it = |one: &&Value| one["labels"]["alertname"] == alarm && one["state"] == "firing";
        alarms.iter().find(is_it)?["annotations"]["runbook"].as_str().map(str::to_owned)
    }

    fn wait_firing(&self, alarm: &str, fires: bool) {
        let word = if fires { "fires" } else { "ends" };
        wait_until(&format!("{alarm} {word}"), PATIENCE, || {
            std::thread::sleep(Duration::from_millis(200));
            self.firing(alarm).is_some() == fires
        });
        let page = format!("docs/runbooks/{alarm}.md");
        assert!(!fires || self.firing(alarm) == Some(page), "{:?}", self.firing(alarm));
    }
}

/// Panels that show nothing on an engine that is well and has just begun.
const EMPTY: [&str; 7] = [
    "Age of the last good snapshot",
    "Broken commits",
    "Memory is full in",
    "Searches of the graph",
    "Size of the last snapshot",
    "Snapshots",
    "Snapshots that failed",
];

/// Every panel asks what Prometheus understands, and has an answer where there can be one.
fn panels_answer(watcher: &Watcher) {
    let (mut asked, mut empty) = (0, BTreeSet::new());
    for file in fs::read_dir(palermo_tests::root().join("deploy/grafana")).expect("a folder") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("a dashboard");
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                let expr = target["expr"].as_str().expect("an expression");
                let expr = expr.replace("$job", ".*").replace("$instance", ".*");
                let found = watcher.series(&expr);
                let found = found.unwrap_or_else(|| panic!("Prometheus does not take {expr}"));
                asked += 1;
                if found == 0 {
                    empty.insert(panel["title"].as_str().expect("a title").to_owned());
                }
            }
        }
    }
    let unexpected: Vec<_> = empty.iter().filter(|one| !EMPTY.contains(&one.as_str())).collect();
    println!("{asked} questions of panels, without an answer: {empty:?}");
    assert!(asked > 40 && unexpected.is_empty(), "{unexpected:?} show nothing");
}

/// `palermo top` says of the same engine what its metrics say.
fn top_says_it(site: &Site) {
    let done = Command::new(BINARY)
        .args(["top", "--every", "1s", "--frames", "1", "-c"])
        .arg(site.config_file())
        .output()
        .expect("the command runs");
    let frame = String::from_utf8_lossy(&done.stdout).into_owned();
    println!("{frame}");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    for word in [
        "  ready  ",
        "trafficking-core",
        "2 typologies, the last one",
        "0 records",
        "processed ",
        "dead letters ",
    ] {
        assert!(frame.contains(word), "`{word}` is not in\n{frame}");
    }
}

/// A batch that was stated two hours ago and does not come is an alarm and stands on the page, until the
/// statement is taken back.
fn a_batch_is_missing(site: &Site, watcher: &Watcher) {
    let row = ListRow {
        list: "control_totals".into(),
        row: "batch/EOD-7".into(),
        fields: vec![("count".into(), "3".into()), ("sum".into(), "37.50".into())],
        valid_from: Date(0),
        valid_to: None,
        source: "test".into(),
    };
    let mut value = Vec::new();
    encode_list_row(&row, &mut value);
    let state = |value: Option<Vec<u8>>| {
        let key = Some(b"control_totals/batch/EOD-7".to_vec());
        let timestamp_ms = Some(SystemClock::new().unix_ms() - 7_200_000);
        let record = NewRecord { key, value, timestamp_ms, ..NewRecord::default() };
        send(site, site.input(TopicRole::Lists), vec![record]);
    };
    state(Some(value));
    watcher.wait_firing("PalermoControlTotalsShort", true);
    let page = palermo_tests::get_plain(site.http_port(), "/control-totals");
    let (status, page) = page.expect("an answer");
    assert!(
        status == 200 && page.contains("short\tbatch/EOD-7\t3\t0\t-3\t37.5\t0\t-37.5\t"),
        "{page}"
    );
    state(None);
    watcher.wait_firing("PalermoControlTotalsShort", false);
}

/// A canary is planted and found, by two commands; half of one is not, and the alarm says which.
fn canaries(site: &Site, watcher: &Watcher) {
    let command = |words: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(["canary"]).args(words).arg("-c").arg(site.config_file());
        command
    };
    let done = command(&["once", "--typology", "CT-14"]).output().expect("the command runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    println!("{said}{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{said}");
    assert!(said.starts_with("CT-14 found "), "{said}");
    let after = SystemClock::new().unix_ms().div_euclid(1_000);
    let mut planting = command(&["run", "--typology", "CT-14"]).spawn().expect("it starts");
    let found = |typology: &str, after: i64| {
        let name = "palermo_canary_last_detected_timestamp_seconds";
        watcher.series(&format!("{name}{{typology=\"{typology}\"}} > {after}"))
    };
    wait_until("the scheduled one is found", PATIENCE, || {
        std::thread::sleep(Duration::from_millis(200));
        found("CT-14", after) == Some(1)
    });
    assert!(palermo_tests::signal(planting.id(), "TERM"));
    assert_eq!(planting.wait().expect("it ends").code(), Some(0));
    for quiet in ["PalermoCanaryMissed", "PalermoCanaryGone"] {
        assert_eq!(watcher.firing(quiet), None, "{quiet} though all were found");
    }
    let text = fs::read_to_string(site.config_file()).expect("the configuration");
    let config = Config::parse(&text, "site", &ConfigOverrides::default()).expect("it is good");
    let planter = Planter::new(&config, &config.rules_path, false).expect("the rules");
    let now = EventTime(SystemClock::new().unix_ms());
    let round = planter.plant("CT-01", now).expect("a canary");
    let records = round.payments.iter().take(1).map(|payment| {
        let mut value = Vec::new();
        encode_payment(payment, &mut value);
        NewRecord { value: Some(value), timestamp_ms: Some(now.0), ..NewRecord::default() }
    });
    send(site, site.input(TopicRole::Payments), records.collect());
    watcher.wait_firing("PalermoCanaryMissed", true);
    assert_eq!(found("CT-01", 0), Some(0));
    let done = command(&["once", "--typology", "CT-01"]).output().expect("the command runs");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stdout));
    watcher.wait_firing("PalermoCanaryMissed", false);
}

/// Faults are made, and the alarm for each fires with its page, and ends.
pub(crate) fn alarms(ground: &Ground) {
    let site = ground.small("watched").set("canary.every", "10s");
    let reference = site.folder().join("reference.tsv");
    let rows = "rule\texpected_silence_seconds\tflood_alerts\nMS-08\t86400\t-\nCT-14\t-\t10\n";
    fs::write(&reference, format!("# palermo reference 1\n{rows}")).expect("it is written");
    let site = site.set("rules.reference", &reference.display().to_string());
    let watcher = Watcher::beside(&site);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    wait_until("Prometheus sees the engine", PATIENCE, || {
        watcher.series("palermo_alerts_total and on (job) up == 1").is_some_and(|found| found > 0)
    });
    // Two looks are needed for a rate.
    std::thread::sleep(Duration::from_secs(4));
    canaries(&site, &watcher);
    panels_answer(&watcher);
    top_says_it(&site);
    for quiet in [
        "PalermoDown",
        "PalermoRulesRefused",
        "PalermoNotReady",
        "PalermoLag",
        "PalermoControlTotalsShort",
    ] {
        assert_eq!(watcher.firing(quiet), None, "{quiet} on an engine that is well");
    }
    a_batch_is_missing(&site, &watcher);
    let config = site.config_file();
    let nobody_has_it = "ab".repeat(32);
    let refused = Command::new(BINARY)
        .args(["rules", "activate", &nobody_has_it, "--by", "me", "--reason", "a fault"])
        .arg("-c")
        .arg(config)
        .output()
        .expect("the command runs");
    assert_eq!(refused.status.code(), Some(3));
    watcher.wait_firing("PalermoRulesRefused", true);
    engine.kill();
    watcher.wait_firing("PalermoDown", true);
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    watcher.wait_firing("PalermoDown", false);
    watcher.wait_firing("PalermoRulesRefused", false);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}
