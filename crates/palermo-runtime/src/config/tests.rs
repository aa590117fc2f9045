//! Sees: a key that reads, defaults or documents differently from its row; a message that does not
//! say where and what to do; a deciding key outside the bundle. Does not see: whether a value works.

use super::*;
use std::collections::BTreeSet;
use std::path::Path;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, "palermo.yaml", &ConfigOverrides::default())
}

fn refused(text: &str) -> String {
    parse(text).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the contract is found by the environment")]
fn the_example_is_the_default() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/palermo.yaml");
    let text = std::fs::read_to_string(example).unwrap();
    let config = parse(&text).unwrap();
    // But that it is for development, which nobody is by default.
    assert!(config.rules_unsigned && !Config::defaults().rules_unsigned);
    assert_eq!(Config { rules_unsigned: false, ..config.clone() }, Config::defaults());
    assert_eq!(config.horizon, Span::from_days(90));
    assert_eq!(config.memory_max_bytes, 16 << 30);
    assert_eq!(config.commit_every, Duration::from_millis(100));
    assert_eq!(config.http_listen.port(), 9464);
    assert_eq!(config.inputs[&TopicRole::Control], "palermo.control");
    // The contract is not part of the repository.
    if let Some(shared) = std::env::var_os("PALERMO_SHARED") {
        let path = Path::new(&shared).join("examples/palermo.yaml");
        let contract = std::fs::read_to_string(path).unwrap();
        assert_eq!(parse(&contract).unwrap(), config);
    }
}

#[test]
fn every_default_is_good_and_every_key_unique() {
    let mut seen = BTreeSet::new();
    for row in CONFIG_KEYS {
        assert!(seen.insert(row.key), "{}", row.key);
        if row.default.is_empty() {
            continue;
        }
        let (section, key) = row.key.split_once('.').unwrap_or(("", row.key));
        let line = if section.is_empty() {
            format!("{key}: {}", row.default)
        } else {
            format!("{section}:\n  {key}: {}", row.default)
        };
        assert_eq!(parse(&line).as_ref(), Ok(&Config::defaults()), "{line}");
    }
    assert_eq!(parse("# nothing\n"), Ok(Config::defaults()));
}

/// A file and what is said about it.
const REFUSED: &[(&str, &str)] = &[
    ("tasks: a", "palermo.yaml:1:1: unknown key `tasks`; did you mean `task`?"),
    (
        "topics:\n  payment: p",
        "palermo.yaml:2:3: unknown key `topics.payment`; did you mean `topics.payments`?",
    ),
    ("horizon: 30d", "palermo.yaml:1:1: unknown key `horizon`; did you mean `state.horizon`?"),
    ("zebra: 1", "palermo.yaml:1:1: unknown key `zebra`; see docs/configuration.md for every key"),
    (
        "time:\n  lateness: 2 hours",
        "palermo.yaml:2:13: `time.lateness` is `2 hours`; \
             expected duration from `0s` to `60d`, such as `90s`",
    ),
    (
        "time:\n  lateness: 70d",
        "palermo.yaml:2:13: `time.lateness` is `70d`, out of range; \
             expected duration from `0s` to `60d`, such as `90s`",
    ),
    (
        "state: {memory_max: 16GB}",
        "palermo.yaml:1:21: `state.memory_max` is `16GB`; \
             expected size from `16MiB` to `4TiB`, such as `64KiB`",
    ),
    (
        "kafka:\n  security: none",
        "palermo.yaml:2:13: `kafka.security` is `none`; choose `plaintext` or `tls` or `sasl_tls`",
    ),
    ("base_currency: euro", "palermo.yaml:1:16: `base_currency` is `euro`; did you mean `EUR`?"),
    ("base_currency: USB", "palermo.yaml:1:16: `base_currency` is `USB`; did you mean `USD`?"),
    (
        "base_currency: QQQ",
        "palermo.yaml:1:16: `base_currency` is `QQQ`; \
             expected ISO 4217 currency, such as `EUR`",
    ),
    (
        "http:\n  # listen: 127.0.0.1:9464\nlog:\n  level: warn",
        "palermo.yaml:1:1: `http` is a block and there is nothing in it; \
             give one of its keys, such as `http.listen`, or leave it out",
    ),
    (
        "kafka: 127.0.0.1:9092",
        "palermo.yaml:1:1: `kafka` is a block and takes no value of its own; \
             give one of its keys, such as `kafka.bootstrap`, or leave it out",
    ),
    (
        "http:\n  listen: 0.0.0.0:9464",
        "palermo.yaml:2:11: `http.listen` is `0.0.0.0:9464`, which is not a loopback address; \
             listen on `127.0.0.1`, with a proxy in front of it where others must ask \
             (`palermo doctor explain http_not_loopback`)",
    ),
    (
        "topics:\n  payments: \"..\"",
        "palermo.yaml:2:13: `topics.payments` is `..`, which no topic can be called; \
             choose another name; the broker keeps topics as folders",
    ),
    ("task: a\ntask: b", "palermo.yaml:2:1: `task` was given in line 1 already; give it once"),
    (
        "kafka:\n  bootstrap: [a, b]",
        "palermo.yaml:2:14: no key takes a list; see docs/configuration.md for the shape of the file",
    ),
    (
        "kafka:\n  group:\n    a: b",
        "palermo.yaml:3:5: `kafka.group` takes a single value, not a block; \
             see docs/configuration.md for the shape of the file",
    ),
    (
        "just text",
        "palermo.yaml:1:1: the file must be a block of `key: value` lines; \
             see docs/configuration.md for the shape of the file",
    ),
    (
        "kafka:\n  bootstrap: kafka.bank:9092",
        "palermo.yaml:2:14: `kafka.bank` is not this machine and `kafka.security` is `plaintext`; \
             set `kafka.security` to `tls` or `sasl_tls`",
    ),
    (
        "kafka:\n  security: sasl_tls\n  sasl_username: u",
        "palermo.yaml:2:13: `kafka.security` is `sasl_tls` and `kafka.sasl_password_file` is not \
             given; give both user name and password file",
    ),
    (
        "kafka:\n  tls_ca_file: ca.pem",
        "palermo.yaml:2:16: `kafka.tls_ca_file` has no effect with this `kafka.security`; \
             set `kafka.security` to `tls` or `sasl_tls`",
    ),
    (
        "topics:\n  alerts: payments",
        "palermo.yaml:2:11: `topics.alerts` and `topics.payments` are both `payments`; \
             give each part a topic of its own",
    ),
    (
        "state:\n  evidence_horizon: 30d",
        "palermo.yaml:2:21: `state.evidence_horizon` is 30d, shorter than `state.horizon` (90d); \
             keep hits at least as long as payments",
    ),
    (
        "commit:\n  every: 6s",
        "palermo.yaml:2:10: `commit.every` is 6s, more than half of `kafka.transaction_timeout` \
             (10s); commit more often, else the broker aborts the Kafka transaction",
    ),
    (
        "zebra: 1\nlog:\n  level: loud",
        "palermo.yaml:1:1: unknown key `zebra`; see docs/configuration.md for every key\n\
             palermo.yaml:3:10: `log.level` is `loud`; \
             choose `error` or `warn` or `info` or `debug` or `trace`",
    ),
];

#[test]
fn problems_say_where_and_what_to_do() {
    for (text, expected) in REFUSED {
        assert_eq!(refused(text), *expected, "{text}");
    }
    assert!(refused("task: \"unclosed").starts_with("palermo.yaml:"));
    assert!(refused("a: &x b").contains("anchors and tags are not supported"));
    assert!(refused(&"a:\n ".repeat(50)).starts_with("palermo.yaml:"));
}

#[test]
fn overrides_replace_and_are_named() {
    let with = |bootstrap: &str| {
        let overrides =
            ConfigOverrides { bootstrap: Some((bootstrap.to_owned(), "PALERMO_BOOTSTRAP")) };
        Config::parse("kafka:\n  bootstrap: 127.0.0.1:1", "palermo.yaml", &overrides)
    };
    assert_eq!(with("localhost:19092").unwrap().kafka.bootstrap, "localhost:19092");
    assert_eq!(
        with("broker.example:9092").unwrap_err().to_string(),
        "PALERMO_BOOTSTRAP: `broker.example` is not this machine and `kafka.security` is \
         `plaintext`; set `kafka.security` to `tls` or `sasl_tls`"
    );
    assert_eq!(
        with("nowhere").unwrap_err().to_string(),
        "PALERMO_BOOTSTRAP: `nowhere` cannot replace `kafka.bootstrap`; \
         expected `host:port`, several separated by commas"
    );
}

#[test]
fn only_deciding_keys_are_in_the_bundle_in_one_form() {
    let plain = Config::defaults();
    assert_eq!(
        plain.deciding(),
        "rules.environment: prod\nbase_currency: EUR\nstate.horizon: 90d\n\
         state.evidence_horizon: 400d\ntime.lateness: 2h\ntime.idle_after: 1m\n\
         limits.record_bytes: 65536\n"
    );
    let same =
        parse("time:\n  lateness: 120m\nlimits: {record_bytes: 65536}\ntask: other").unwrap();
    assert_eq!(same.deciding(), plain.deciding());
    let other = parse("time:\n  lateness: 3h").unwrap();
    assert_ne!(other.deciding(), plain.deciding());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment asks for a renewal")]
fn the_page_is_what_the_keys_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let fresh = configuration_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &fresh).unwrap();
    }
    let stored = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        stored == fresh,
        "docs/configuration.md is stale: UPDATE_DOCS=1 cargo test -p palermo-runtime"
    );
}
