//! `palermo.yaml`: text to a checked [`Config`].
//!
//! The keys are data ([`CONFIG_KEYS`]): name, type, default, meaning, and whether the key decides
//! results. The same rows read the file, give the defaults and write `docs/configuration.md`, so
//! the three cannot differ. An unknown key, a value of another type and a value out of range are
//! refused with file, line, column and a proposal; all problems of a file are reported together.
//!
//! What this module does not do: it reads no file and no environment; the caller hands text and
//! overrides in.

mod document;
mod keys;
mod origin;
mod problem;
mod tree;
mod value;

pub use document::configuration_markdown;
pub use keys::{CONFIG_KEYS, ConfigKey, KeyType};
pub use origin::{Origin, Setting};
pub use problem::{ConfigError, Problem};

use palermo_domain::{Currency, OutputTopic, Span, TopicRole};
use palermo_ops::LogFormat;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use value::Values;

/// How the connection to the broker is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all; loopback only.
    Plaintext,
    /// TLS, with or without a client certificate.
    Tls,
    /// TLS, and a user name with a password.
    SaslTls,
}

/// The `kafka:` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port`, several separated by commas.
    pub bootstrap: String,
    /// Consumer group.
    pub group: String,
    /// Protection.
    pub security: Security,
    /// Certificates that sign the broker's.
    pub tls_ca_file: Option<PathBuf>,
    /// Client certificate.
    pub tls_certificate_file: Option<PathBuf>,
    /// Its key.
    pub tls_key_file: Option<PathBuf>,
    /// SASL mechanism.
    pub sasl_mechanism: String,
    /// SASL user.
    pub sasl_username: Option<String>,
    /// File with the SASL password; read when a connection is opened.
    pub sasl_password_file: Option<PathBuf>,
    /// Most bytes in one fetch.
    pub fetch_max_bytes: u32,
    /// Most bytes of one partition in one fetch.
    pub partition_fetch_max_bytes: u32,
    /// Bytes read ahead per partition.
    pub queued_max_bytes: u32,
    /// The broker aborts an older Kafka transaction.
    pub transaction_timeout: Duration,
    /// The group gives partitions away after such a silence.
    pub session_timeout: Duration,
}

/// A checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Stable name of this task.
    pub task: String,
    /// The broker.
    pub kafka: Kafka,
    /// Names of the input topics.
    pub inputs: BTreeMap<TopicRole, String>,
    /// Names of the output topics.
    pub outputs: BTreeMap<OutputTopic, String>,
    /// A bundle, or a folder with `ruleset.yaml`.
    pub rules_path: PathBuf,
    /// Public keys whose signature a bundle needs.
    pub rules_signed_by: Option<PathBuf>,
    /// Whether rules that nobody signed are taken.
    pub rules_unsigned: bool,
    /// Which `deploy` block of `ruleset.yaml`.
    pub environment: String,
    /// Currency that amounts are converted to.
    pub base_currency: Currency,
    /// Folder of bundles and snapshots.
    pub state_dir: PathBuf,
    /// How long payments are kept.
    pub horizon: Span,
    /// How long hits are kept.
    pub evidence_horizon: Span,
    /// Stop with a reason above this.
    pub memory_max_bytes: u64,
    /// Longest pause between snapshots while there is something new.
    pub snapshot_every: Duration,
    /// A snapshot is taken after so many records.
    pub snapshot_records: u32,
    /// How many snapshots are kept.
    pub snapshots_kept: u32,
    /// Longest pause between commits.
    pub commit_every: Duration,
    /// Most records between commits.
    pub commit_records_max: u32,
    /// Distance of a watermark from the highest event time.
    pub lateness: Span,
    /// How long a partition at its end holds the others.
    pub merge_hold: Duration,
    /// Record time a partition may trail before it stops holding the watermark.
    pub idle_after: Span,
    /// Longest record.
    pub record_bytes: u32,
    /// How often a canary is planted.
    pub canary_every: Option<Duration>,
    /// Where HTTP listens.
    pub http_listen: SocketAddr,
    /// Look of log lines.
    pub log_format: LogFormat,
    /// Least severe log lines that are shown.
    pub log_level: String,
    deciding: String,
}

/// Values that replace those of the file; only the command knows where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigOverrides {
    /// Replaces `kafka.bootstrap`, and where it came from, for messages.
    pub bootstrap: Option<(String, &'static str)>,
}

impl Config {
    /// Reads the text of a file; `file` is its name for messages.
    ///
    /// # Errors
    /// Every problem of the file, in its order.
    pub fn parse(text: &str, file: &str, overrides: &ConfigOverrides) -> Result<Self, ConfigError> {
        Self::parse_with_origins(text, file, overrides).map(|(config, _)| config)
    }

    /// The same, and every key with its value and where that came from, in the order of [`CONFIG_KEYS`].
    ///
    /// # Errors
    /// Every problem of the file, in its order.
    pub fn parse_with_origins(
        text: &str,
        file: &str,
        overrides: &ConfigOverrides,
    ) -> Result<(Self, Vec<Setting>), ConfigError> {
        let mut values = Values::read(text, file);
        if let Some((bootstrap, origin)) = &overrides.bootstrap {
            values.replace("kafka.bootstrap", bootstrap, origin);
        }
        let config = read(&mut values);
        check(&config, &mut values);
        let settings = values.settings();
        values.finish().map(|()| (config, settings))
    }

    /// The configuration of an empty file.
    pub fn defaults() -> Self {
        read(&mut Values::read("", ""))
    }

    /// Every key that decides results with its value, one a line in the order of [`CONFIG_KEYS`]:
    /// part of the bundle. Values are written in their shortest form, so `2h` and `120m` are equal.
    pub fn deciding(&self) -> &str {
        &self.deciding
    }
}

fn read(values: &mut Values) -> Config {
    let kafka = Kafka {
        bootstrap: values.text("kafka.bootstrap"),
        group: values.text("kafka.group"),
        security: match values.text("kafka.security").as_str() {
            "tls" => Security::Tls,
            "sasl_tls" => Security::SaslTls,
            _ => Security::Plaintext,
        },
        tls_ca_file: values.optional("kafka.tls_ca_file").map(PathBuf::from),
        tls_certificate_file: values.optional("kafka.tls_certificate_file").map(PathBuf::from),
        tls_key_file: values.optional("kafka.tls_key_file").map(PathBuf::from),
        sasl_mechanism: values.text("kafka.sasl_mechanism"),
        sasl_username: values.optional("kafka.sasl_username"),
        sasl_password_file: values.optional("kafka.sasl_password_file").map(PathBuf::from),
        fetch_max_bytes: values.number("kafka.fetch_max_bytes"),
        partition_fetch_max_bytes: values.number("kafka.partition_fetch_max_bytes"),
        queued_max_bytes: values.number("kafka.queued_max_bytes"),
        transaction_timeout: values.duration("kafka.transaction_timeout"),
        session_timeout: values.duration("kafka.session_timeout"),
    };
    let topic = |values: &mut Values, role: &str| values.text(&format!("topics.{role}"));
    let inputs = TopicRole::ALL.map(|role| (role, topic(values, role.as_str())));
    let outputs = OutputTopic::ALL.map(|output| (output, topic(values, output.as_str())));
    Config {
        task: values.text("task"),
        kafka,
        inputs: inputs.into(),
        outputs: outputs.into(),
        rules_path: values.text("rules.path").into(),
        rules_signed_by: values.optional("rules.signed_by").map(PathBuf::from),
        rules_unsigned: values.text("rules.unsigned") == "accept",
        environment: values.text("rules.environment"),
        base_currency: values.currency("base_currency"),
        state_dir: values.text("state.dir").into(),
        horizon: values.span("state.horizon"),
        evidence_horizon: values.span("state.evidence_horizon"),
        memory_max_bytes: values.bytes("state.memory_max"),
        snapshot_every: values.duration("state.snapshot_every"),
        snapshot_records: values.number("state.snapshot_records"),
        snapshots_kept: values.number("state.snapshots_kept"),
        commit_every: values.duration("commit.every"),
        commit_records_max: values.number("commit.records_max"),
        lateness: values.span("time.lateness"),
        merge_hold: values.duration("time.merge_hold"),
        idle_after: values.span("time.idle_after"),
        record_bytes: values.number("limits.record_bytes"),
        canary_every: values.optional("canary.every").map(|_| values.duration("canary.every")),
        http_listen: values.address("http.listen"),
        log_format: match values.text("log.format").as_str() {
            "json" => LogFormat::Json,
            _ => LogFormat::Text,
        },
        log_level: values.text("log.level"),
        deciding: values.deciding(),
    }
}

/// What more than one key must agree on.
fn check(config: &Config, values: &mut Values) {
    check_topics(config, values);
    check_security(&config.kafka, values);
    if !config.http_listen.ip().to_canonical().is_loopback() {
        values.refuse(
            "http.listen",
            format!("`http.listen` is `{}`, which is not a loopback address", config.http_listen),
            "listen on `127.0.0.1`, with a proxy in front of it where others must ask \
             (`palermo doctor explain http_not_loopback`)",
        );
    }
    if config.evidence_horizon < config.horizon {
        values.refuse(
            "state.evidence_horizon",
            format!(
                "`state.evidence_horizon` is {}, shorter than `state.horizon` ({})",
                config.evidence_horizon, config.horizon
            ),
            "keep hits at least as long as payments",
        );
    }
    if config.lateness >= config.horizon {
        values.refuse(
            "time.lateness",
            format!(
                "`time.lateness` is {}, not shorter than `state.horizon` ({})",
                config.lateness, config.horizon
            ),
            "a payment must still be kept when the watermark passes it",
        );
    }
    let half = config.kafka.transaction_timeout.checked_div(2).unwrap_or_default();
    if config.commit_every > half {
        values.refuse(
            "commit.every",
            format!(
                "`commit.every` is {:?}, more than half of `kafka.transaction_timeout` ({:?})",
                config.commit_every, config.kafka.transaction_timeout
            ),
            "commit more often, else the broker aborts the Kafka transaction",
        );
    }
}

fn check_topics(config: &Config, values: &mut Values) {
    let inputs = config.inputs.iter().map(|(role, name)| (role.as_str(), name));
    let outputs = config.outputs.iter().map(|(output, name)| (output.as_str(), name));
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, name) in inputs.chain(outputs) {
        if matches!(name.as_str(), "." | "..") {
            values.refuse(
                &format!("topics.{key}"),
                format!("`topics.{key}` is `{name}`, which no topic can be called"),
                "choose another name; the broker keeps topics as folders",
            );
        }
        if let Some(other) = seen.insert(name, key) {
            values.refuse(
                &format!("topics.{key}"),
                format!("`topics.{key}` and `topics.{other}` are both `{name}`"),
                "give each part a topic of its own",
            );
        }
    }
}

fn check_security(kafka: &Kafka, values: &mut Values) {
    let tls = [
        ("kafka.tls_ca_file", kafka.tls_ca_file.is_some()),
        ("kafka.tls_certificate_file", kafka.tls_certificate_file.is_some()),
        ("kafka.tls_key_file", kafka.tls_key_file.is_some()),
    ];
    let sasl = [
        ("kafka.sasl_username", kafka.sasl_username.is_some()),
        ("kafka.sasl_password_file", kafka.sasl_password_file.is_some()),
    ];
    let unused: &[(&str, bool)] = match kafka.security {
        Security::Plaintext => &[tls.as_slice(), &sasl].concat(),
        Security::Tls => &sasl,
        Security::SaslTls => &[],
    };
    for (key, _) in unused.iter().filter(|(_, given)| *given) {
        let message = format!("`{key}` has no effect with this `kafka.security`");
        values.refuse(key, message, "set `kafka.security` to `tls` or `sasl_tls`");
    }
    if kafka.security == Security::SaslTls {
        for (key, _) in sasl.iter().filter(|(_, given)| !*given) {
            let message = format!("`kafka.security` is `sasl_tls` and `{key}` is not given");
            values.refuse("kafka.security", message, "give both user name and password file");
        }
    }
    if kafka.tls_certificate_file.is_some() != kafka.tls_key_file.is_some() {
        let message = "a client certificate and its key come together".to_owned();
        values.refuse("kafka.tls_certificate_file", message, "give both files or neither");
    }
    let mut hosts = kafka.bootstrap.split(',').map(host_of);
    if kafka.security == Security::Plaintext
        && let Some(host) = hosts.find(|host| !loopback(host))
    {
        let message = format!("`{host}` is not this machine and `kafka.security` is `plaintext`");
        values.refuse("kafka.bootstrap", message, "set `kafka.security` to `tls` or `sasl_tls`");
    }
}

fn host_of(address: &str) -> &str {
    let address = address.trim();
    match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => address.rsplit_once(':').map_or(address, |(host, _)| host),
    }
}

fn loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
