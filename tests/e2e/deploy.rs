//! What `deploy/` names exists: keys, commands, paths, topics, metrics, ports, the user of the image.
//!
//! Sees: a file of `deploy/` that a change of the product has left behind. Does not see what only a
//! cluster or a container engine would say; `docs/deployment.md` tells which of them was run.

use crate::command::palermo;
use palermo_kafka::KafkaConfig;
use palermo_runtime::{Config, ConfigOverrides};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn at(path: &str) -> PathBuf {
    palermo_tests::root().join("deploy").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

fn config(text: &str, file: &str) -> Config {
    let config = Config::parse(text, file, &ConfigOverrides::default());
    config.unwrap_or_else(|error| panic!("{error}"))
}

/// The configuration in the values of the chart, as the ConfigMap writes it.
fn chart_config() -> Config {
    let blocks = yaml("helm/palermo/values.yaml")["config"].clone();
    let mut lines = String::new();
    for (block, value) in blocks.as_object().expect("blocks") {
        match value.as_object() {
            None => lines.push_str(&format!("{block}: {value}\n")),
            Some(keys) => {
                lines.push_str(&format!("{block}:\n"));
                keys.iter().for_each(|(key, value)| lines.push_str(&format!("  {key}: {value}\n")));
            }
        }
    }
    config(&lines, "values.yaml")
}

/// The words that follow a marker in a file, to the end of its line.
fn after<'a>(text: &'a str, marker: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(marker));
    line.unwrap_or_else(|| panic!("no line `{marker}`")).trim()
}

/// Every option of a command stands in its help.
fn is_a_command(words: &[&str]) {
    let name: Vec<&str> = words.iter().copied().take_while(|word| !word.starts_with('-')).collect();
    let help = palermo(&[name.as_slice(), &["--help"]].concat());
    assert_eq!(help.code, 0, "`palermo {}` is no command", name.join(" "));
    for option in words.iter().filter(|word| word.starts_with('-')) {
        let known = |line: &str| line.split([' ', ',']).any(|word| word == *option);
        assert!(help.stdout.lines().any(known), "`{}` has no `{option}`", name.join(" "));
    }
}

#[test]
fn every_configuration_is_read() {
    let compose = config(&text("compose/palermo.yaml"), "compose/palermo.yaml");
    let chart = chart_config();
    let image = text("container/Containerfile");
    let rules = after(&image, "COPY --from=build /src/rules ");
    // A trial takes the plain rules of the image; a deployment the signed ones that it mounts.
    assert_eq!(compose.rules_path.to_str(), Some(rules));
    assert!(compose.rules_unsigned && !chart.rules_unsigned);
    let mounted = "/etc/palermo/rules";
    let mount = format!("- name: rules\n              mountPath: {mounted}\n");
    assert!(text("helm/palermo/templates/statefulset.yaml").contains(&mount), "{mount}");
    assert!(chart.rules_path.starts_with(mounted));
    assert!(chart.rules_signed_by.as_ref().is_some_and(|keys| keys.starts_with(mounted)));
    for (config, what) in [(&compose, "compose"), (&chart, "chart")] {
        let writable = "/var/lib/palermo";
        assert!(config.state_dir.starts_with(writable), "{what}: {}", config.state_dir.display());
        assert!(image.contains(&format!("WORKDIR {writable}\n")), "the image has it");
    }
}

#[test]
fn the_image_runs_as_the_user_that_is_named() {
    let image = text("container/Containerfile");
    let user = after(&image, "USER ");
    let id = user.split(':').next().unwrap_or("");
    assert!(image.contains(&format!("--uid {id} ")), "user {user} is made");
    assert_eq!(yaml("compose/compose.yaml")["services"]["palermo"]["user"], user);
    let chart = text("helm/palermo/templates/statefulset.yaml");
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_eq!(after(&chart, &format!("{key}: ")), id);
    }
    let words = after(&image, "CMD ");
    let words: Vec<String> = serde_json::from_str(words).expect("a list");
    is_a_command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let toolchain = format!("rust-version = \"{}\"", after(&image, "ARG RUST="));
    let manifest = std::fs::read_to_string(palermo_tests::root().join("Cargo.toml")).expect("it");
    assert!(manifest.contains(&toolchain), "the image builds with another Rust");
}

#[test]
fn compose_mounts_what_exists_and_runs_what_exists() {
    let compose = yaml("compose/compose.yaml");
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        for mount in service["volumes"].as_array().into_iter().flatten() {
            let source = mount.as_str().and_then(|mount| mount.split(':').next()).expect("a mount");
            let known = if source.starts_with('.') {
                at("compose").join(source).exists()
            } else {
                !compose["volumes"][source].is_null() || compose["volumes"].get(source).is_some()
            };
            assert!(known, "{name} mounts `{source}`");
        }
    }
    for name in ["palermo", "canary"] {
        let words = services[name]["command"].as_array().expect("words");
        is_a_command(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        assert_eq!(services[name]["read_only"], true, "{name}");
        assert_eq!(services[name]["image"], services["palermo"]["image"], "{name}");
    }
    assert!(config(&text("compose/palermo.yaml"), "compose/palermo.yaml").canary_every.is_some());
    // Plaintext is for loopback: whoever speaks to the broker shares its network.
    for name in ["palermo", "canary", "topics", "prometheus", "grafana"] {
        assert_eq!(services[name]["network_mode"], "service:kafka", "{name}");
    }
    let broker = text("kafka/pom.xml");
    let version = services["kafka"]["image"].as_str().and_then(|image| image.rsplit(':').next());
    let version = format!("<kafka.version>{}</kafka.version>", version.expect("a version"));
    assert!(broker.contains(&version), "compose runs another Kafka than the tests");
}

#[test]
fn prometheus_and_the_dashboard_ask_for_what_there_is() {
    let listen = Config::defaults().http_listen.to_string();
    assert!(text("prometheus/prometheus.yml").contains(&format!("'{listen}'")), "{listen}");
    assert_eq!(chart_config().http_listen.to_string(), listen);
    // The list that they are written from is held against the metrics where it stands.
    let compose = text("compose/compose.yaml");
    assert!(compose.contains("- ../grafana:/var/lib/grafana/dashboards:ro"));
    let provisioned = text("compose/grafana/provisioning/dashboards/palermo.yaml");
    assert!(provisioned.contains("/var/lib/grafana/dashboards"), "{provisioned}");
    assert!(std::fs::read_dir(at("grafana")).expect("dashboards").count() >= 4);
}

#[test]
fn the_topics_are_those_of_the_configuration() {
    let kafka = KafkaConfig::new("127.0.0.1:1", "g", "t");
    let expected: BTreeSet<&str> =
        kafka.inputs.values().chain(kafka.outputs.values()).map(String::as_str).collect();
    let list = text("kafka/topics.tsv");
    let rows: Vec<Vec<&str>> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.iter().all(|row| row.len() == 3), "three columns: {rows:?}");
    assert_eq!(rows.iter().map(|row| row[0]).collect::<BTreeSet<_>>(), expected);
    let printed = std::process::Command::new(at("kafka/topics.sh"))
        .args(["kafka.example:9093", "--replication", "3", "--partitions", "12", "--print"])
        .output()
        .expect("the script runs");
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert_eq!(printed.lines().count(), rows.len(), "{printed}");
    let payments = printed.lines().find(|line| line.contains("--topic payments ")).expect("it");
    for words in ["--partitions 12 ", "--replication-factor 3 ", "min.insync.replicas=2"] {
        assert!(payments.contains(words), "{payments}");
    }
}

#[test]
fn the_service_runs_a_command_with_room_to_stop() {
    let unit = text("systemd/palermo.service");
    for marker in ["ExecStartPre=/usr/local/bin/palermo ", "ExecStart=/usr/local/bin/palermo "] {
        is_a_command(&after(&unit, marker).split(' ').collect::<Vec<_>>());
    }
    let canary = text("systemd/palermo-canary.service");
    let words = after(&canary, "ExecStart=/usr/local/bin/palermo ");
    is_a_command(&words.split(' ').collect::<Vec<_>>());
    let most = after(&unit, "MemoryMax=").trim_end_matches('G').parse::<u64>().expect("GiB");
    assert!(most << 30 > Config::defaults().memory_max_bytes, "it is ended before it can say why");
    for unit in [&unit, &canary] {
        assert_eq!(after(unit, "LimitCORE="), "0");
    }
}

/// Every value that a template asks for is in values.yaml, and every one there is asked for.
#[test]
fn the_chart_uses_the_values_that_it_has() {
    let values = yaml("helm/palermo/values.yaml");
    let mut used = BTreeSet::new();
    let templates = std::fs::read_dir(at("helm/palermo/templates")).expect("templates");
    for entry in templates {
        let path = entry.expect("a template").path();
        let template = std::fs::read_to_string(&path).expect("text");
        assert_eq!(template.matches("{{").count(), template.matches("}}").count(), "{path:?}");
        let opened = ["{{- if ", "{{- with ", "{{- define ", "{{- range "];
        let opened: usize = opened.iter().map(|word| template.matches(word).count()).sum();
        assert_eq!(opened, template.matches("{{- end }}").count(), "{path:?}");
        for (at, _) in template.match_indices(".Values.") {
            let name: String = template[at + 8..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '.' || *c == '_')
                .collect();
            let found = name.split('.').try_fold(&values, |value, key| value.get(key));
            assert!(found.is_some(), "{path:?} asks for `{name}`");
            used.insert(name.split('.').next().unwrap_or("").to_owned());
        }
    }
    for key in values.as_object().expect("values").keys() {
        assert!(used.contains(key), "no template asks for `{key}`");
    }
    assert_eq!(values["resources"]["limits"]["memory"], "20Gi");
    assert!(20_u64 << 30 > chart_config().memory_max_bytes);
    let rules = at("helm/palermo/palermo.rules.yml");
    assert_eq!(
        std::fs::read(rules).expect("alarms"),
        text("prometheus/palermo.rules.yml").as_bytes()
    );
}
