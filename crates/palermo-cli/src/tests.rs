//! Sees: an argument that is read wrongly, an exit code or message that changed, talk on standard
//! output. Runs whole commands in this process; those that need a broker are tested elsewhere.

use super::*;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Exit code, standard output, standard error.
pub(crate) fn palermo(line: &str) -> (u8, String, String) {
    let (data, talk) = (Buffer::default(), Buffer::default());
    let mut out = Out::buffers(Box::new(data.clone()), Box::new(talk.clone()));
    let arguments = std::iter::once("palermo").chain(line.split_whitespace());
    let exit = main(arguments.map(OsString::from).collect(), &mut out);
    let text = |buffer: Buffer| String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    (exit.code(), text(data), text(talk))
}

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn wrong_arguments_are_usage_on_standard_error() {
    for (line, talk) in [
        ("", "Usage: palermo"),
        ("runn", "unrecognized subcommand 'runn'"),
        ("run --start yesterday", "choose `earliest`, `latest` or a time"),
        ("run --warm-up-until soon", "write a time such as"),
        ("run --partitions 3", "--create-topics"),
        ("demo --memory --kafka", "cannot be used with"),
        ("synth --accounts 500", "--out <DIR>"),
        ("synth --produce", "--truth <FILE>"),
        ("synth --out x --start 2026-02-30", "write a day such as"),
        ("synth --out x --typology CT-77=1", "there is no `CT-77`; there are CT-01, CT-02"),
        ("synth --out x --typology CT-24=1", "`days` is 31; `CT-24` takes 300"),
        ("synth --out x --lookalike angel=1", "there are savings_club, hotel_worker"),
        ("synth --out x --evading 2", "write a share such as `0.3`"),
        ("synth --out x --proof --noise", "cannot be used with"),
        ("synth --out x --accounts 5", "`accounts` is 5; choose 100 to 20000000"),
        ("rules doc", "--out <SITE>|--table"),
        ("doctor explain colour", "`colour` is not a code; known are "),
    ] {
        let (code, data, said) = palermo(line);
        assert_eq!(code, 2, "{line}: {said}");
        assert_eq!(data, "", "{line}");
        assert!(said.contains(talk), "{line}: {said}");
    }
}

#[test]
fn help_and_version_are_data() {
    let (code, data, talk) = palermo("--help");
    assert_eq!((code, talk.as_str()), (0, ""));
    assert!(data.contains("Exit codes: 0 fine, 1 findings, 2 usage"), "{data}");
    let (code, data, _) = palermo("--version");
    assert_eq!((code, data), (0, format!("palermo {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn arguments_arrive() {
    let parse = |line: &str| {
        let arguments = std::iter::once("palermo").chain(line.split_whitespace());
        Cli::try_parse_from(arguments).unwrap().command
    };
    let Command::Run(run) = parse("run -c p.yaml --start 2026-03-02T00:00:00Z --create-topics")
    else {
        panic!("not run");
    };
    assert_eq!(run.start, Some(palermo_engine::StartAt::Time(1_772_409_600_000)));
    assert_eq!((run.create_topics, run.partitions), (true, 4));
    assert_eq!(run.config.config, PathBuf::from("p.yaml"));
    let Command::Demo(demo) = parse("demo --accounts 500 --days 21 --seed 9 --memory") else {
        panic!("not demo");
    };
    assert_eq!((demo.world.accounts, demo.world.days, demo.world.seed), (500, 21, 9));
    let Command::Synth(synth) = parse("synth --produce -c p.yaml --truth t.json") else {
        panic!("not synth");
    };
    assert!(synth.produce && synth.out.is_none());
}

#[test]
fn a_configuration_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.yaml");
    let check = |text: &str, more: &str| {
        std::fs::write(&path, text).unwrap();
        palermo(&format!("config check -c {} {more}", path.display()))
    };
    let (code, _, talk) = check("task: t\n", "");
    assert_eq!(code, 3, "nobody is named who signs rules");
    assert!(talk.contains("rules_unsigned"), "{talk}");
    let (code, data, _) = check("task: t\n", "--format json");
    assert!(code == 3 && data.contains("rules.signed_by"), "{data}");
    let (code, data, talk) = check("task: t\nrules:\n  unsigned: accept\n", "");
    assert_eq!((code, talk.as_str()), (0, ""));
    assert!(data.contains("fine; task `t`, broker 127.0.0.1:9092"), "{data}");
    let (code, data, talk) = check("tasks: t\n", "");
    assert_eq!((code, data.as_str()), (3, ""));
    let place = format!("{}:1:1: unknown key `tasks`; did you mean `task`?", path.display());
    assert!(talk.contains(&place), "{talk}");
    assert!(talk.ends_with("see: docs/errors/config.md, or `palermo doctor explain config`\n"));
    let (code, data, _) = check("tasks: t\n", "--format json");
    assert_eq!(code, 3);
    let answer: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(answer["problems"][0]["line"], 1);
    let (code, _, talk) = palermo("config check -c /nowhere.yaml");
    assert_eq!(code, 3);
    assert!(talk.contains("cannot read `/nowhere.yaml` (`--config`)"), "{talk}");
}

#[test]
fn every_code_of_this_layer_and_every_reason_is_explained() {
    let reasons = palermo_domain::DeadLetterReason::ALL.iter().map(|reason| reason.as_str());
    let own = [
        "config",
        "rules_invalid",
        "rules_unreadable",
        "state_unwritable",
        "bundle_damaged",
        "secret_unreadable",
        "fenced",
        "log_unavailable",
        "deciding_key_changed",
        "http_not_loopback",
        "http_listen",
        "input_unreadable",
        "internal",
    ];
    for code in own.into_iter().chain(reasons) {
        let (exit, data, talk) = palermo(&format!("doctor explain {code}"));
        assert_eq!(exit, 0, "{code}: {talk}");
        assert!(data.starts_with(&format!("# {code}\n")), "{code}: {data}");
    }
    let (exit, data, _) = palermo("rules explain config --format json");
    assert_eq!(exit, 0);
    assert!(data.starts_with("{\"code\":\"config\""), "{data}");
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, seed: u64| {
        let to = folder.path().join(name);
        let line = format!("synth --accounts 300 --days 21 --seed {seed} --out {}", to.display());
        let (code, data, talk) = palermo(&line);
        assert_eq!(code, 0, "{talk}");
        assert!(data.contains(" payments and "), "{data}");
        ["payments.jsonl", "parties.jsonl", "truth.json"]
            .map(|file| std::fs::read(to.join(file)).unwrap())
    };
    let first = make("a", 7);
    assert!(first.iter().all(|file| !file.is_empty()));
    assert_eq!(first, make("b", 7));
    assert_ne!(first, make("c", 8));
}

#[test]
fn the_shipped_rules_compile() {
    let (code, data, talk) = palermo(&format!("rules lint {}", repository("rules").display()));
    assert_eq!(code, 0, "{data}{talk}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), "kind: Nonsense\n").unwrap();
    let (code, data, _) = palermo(&format!("rules lint {}", folder.path().display()));
    assert_eq!(code, 3);
    assert!(data.contains("a.yaml:1:"), "{data}");
}

#[test]
fn the_library_becomes_a_table_and_a_site() {
    let rules = repository("rules");
    let (code, data, talk) = palermo(&format!("rules doc {} --table", rules.display()));
    assert_eq!((code, talk.as_str()), (0, ""));
    assert_eq!(data, std::fs::read_to_string(rules.join("CATALOGUE.md")).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("new/site");
    let (code, data, talk) =
        palermo(&format!("rules doc {} --out {}", rules.display(), site.display()));
    assert_eq!((code, talk.as_str()), (0, ""), "{data}");
    let page = std::fs::read_to_string(site.join("rules/MS-08.html")).unwrap();
    assert!(page.contains("senders is at least 25 (min_senders)"));
    let (code, data, _) = palermo("rules schema");
    assert_eq!(code, 0);
    let kept = std::fs::read_to_string(repository("docs/schemas/rules.v1.schema.json")).unwrap();
    assert_eq!(data, kept);
}

#[test]
fn rules_are_tested_in_order_with_coverage() {
    let rules = repository("rules");
    let line = |more: &str| format!("rules test --rules {} MS-08 MS-01 {more}", rules.display());
    let (code, data, talk) = palermo(&line("--coverage --explain"));
    assert_eq!(code, 0, "{data}{talk}");
    let at = |text: &str| data.find(text).unwrap_or_else(|| panic!("no `{text}` in {data}"));
    assert!(at("MS-01\n") < at("MS-08\n"), "{data}");
    assert!(at("coverage  MS-08") < at("predicates seen true and false"), "{data}");
    assert!(data.contains("closest on `"), "{data}");
    let (code, data, _) = palermo(&line("--format json"));
    assert_eq!(code, 0, "{data}");
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    let rules = data["coverage"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 2);
    assert!(data["coverage"]["seen"].as_u64() <= data["coverage"]["predicates"].as_u64());
}
