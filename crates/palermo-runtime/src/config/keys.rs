//! Every configuration key, as data.

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Up to 100 of `[A-Za-z0-9._-]`.
    Name,
    /// Any text of one line.
    Text,
    /// A path; relative ones are meant from the working directory.
    Path,
    /// `host:port`, several separated by commas.
    Hosts,
    /// An IP address and a port.
    Address,
    /// `90d`, `2h`, `100ms`, between two bounds.
    Duration(&'static str, &'static str),
    /// `64KiB`, `16GiB` or a plain number of bytes, between two bounds.
    Bytes(&'static str, &'static str),
    /// A whole number between two bounds.
    Count(u64, u64),
    /// An ISO 4217 code.
    Currency,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl KeyType {
    /// The type in words, for the documentation and for messages.
    pub fn describe(self) -> String {
        match self {
            Self::Name => "name of letters, digits, `.`, `_` and `-`".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Hosts => "`host:port`, several separated by commas".to_owned(),
            Self::Address => "IP address and port, such as `127.0.0.1:9464`".to_owned(),
            Self::Duration(min, max) => format!("duration from `{min}` to `{max}`, such as `90s`"),
            Self::Bytes(min, max) => format!("size from `{min}` to `{max}`, such as `64KiB`"),
            Self::Count(min, max) => format!("whole number from {min} to {max}"),
            Self::Currency => "ISO 4217 currency, such as `EUR`".to_owned(),
            Self::Word(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigKey {
    /// Full name with dots.
    pub key: &'static str,
    /// What its value must look like.
    pub key_type: KeyType,
    /// Value where the file says nothing; empty: not set.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// Whether two runs that differ here may give different alerts: part of the bundle (DESIGN §7).
    pub decides_results: bool,
}

macro_rules! keys {
    ($($key:literal $key_type:expr, $default:literal, $meaning:literal $(, $decides:ident)?;)*) => {
        /// Every key, in the order of the file.
        pub const CONFIG_KEYS: &[ConfigKey] = &[$(ConfigKey {
            key: $key,
            key_type: $key_type,
            default: $default,
            meaning: $meaning,
            decides_results: keys!(@ $($decides)?),
        },)*];
    };
    (@) => { false };
    (@ decides) => { true };
}

use KeyType::{Address, Bytes, Count, Currency, Duration, Hosts, Name, Path, Text, Word};

keys! {
    "task" Name, "palermo-0", "stable name of this task: static group member, transactional id, key of its progress records; two engines with one name fence each other";
    "kafka.bootstrap" Hosts, "127.0.0.1:9092", "brokers to ask first; `PALERMO_BOOTSTRAP` replaces it";
    "kafka.group" Name, "palermo", "consumer group";
    "kafka.security" Word(&["plaintext", "tls", "sasl_tls"]), "plaintext", "protection of the connection; `plaintext` to this machine only";
    "kafka.tls_ca_file" Path, "", "certificates (PEM) that sign the brokers'; not set: those of the system";
    "kafka.tls_certificate_file" Path, "", "client certificate (PEM)";
    "kafka.tls_key_file" Path, "", "key of the client certificate (PEM)";
    "kafka.sasl_mechanism" Word(&["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]), "SCRAM-SHA-512", "how the password is proved";
    "kafka.sasl_username" Text, "", "user name";
    "kafka.sasl_password_file" Path, "", "file that holds the password and nothing else";
    "kafka.fetch_max_bytes" Bytes("1KiB", "1GiB"), "50MiB", "most bytes in one fetch";
    "kafka.partition_fetch_max_bytes" Bytes("1KiB", "1GiB"), "1MiB", "most bytes of one partition in one fetch";
    "kafka.queued_max_bytes" Bytes("1KiB", "1GiB"), "16MiB", "bytes read ahead, per partition";
    "kafka.transaction_timeout" Duration("2s", "15m"), "10s", "the broker aborts a Kafka transaction that is older";
    "kafka.session_timeout" Duration("3s", "5m"), "6s", "after such a silence the group gives the partitions away";
    "topics.payments" Name, "payments", "input: `payment.v1`";
    "topics.parties" Name, "parties", "input: `party.v1`";
    "topics.lists" Name, "lists", "input: `list.v1`";
    "topics.alerts" Name, "alerts", "output: alerts of live rules";
    "topics.shadow" Name, "alerts.shadow", "output: findings of rules in shadow";
    "topics.suppressed" Name, "alerts.suppressed", "output: findings that a suppressor explains";
    "topics.evidence" Name, "alerts.evidence", "output: pages of evidence that is too much for an alert";
    "topics.dead_letter" Name, "payments.dead-letter", "output: records that could not be read, unchanged";
    "topics.progress" Name, "palermo.progress", "output: positions, ticks and chained hash of every commit";
    "topics.control" Name, "palermo.control", "input: activations and operators' decisions";
    "rules.path" Path, "rules", "bundle that `palermo rules bundle` made; where `rules.unsigned` is `accept`, also a folder with `ruleset.yaml`";
    "rules.signed_by" Path, "", "public keys (PEM, one or more) whose signature a bundle needs";
    "rules.unsigned" Word(&["refuse", "accept"]), "refuse", "what becomes of rules that nobody signed; `accept` is for development";
    "rules.environment" Name, "prod", "which block of `ruleset.yaml` `deploy`", decides;
    "rules.reference" Path, "", "`reference.tsv` of a backtest: how long each rule may be quiet and how many alerts in an hour are a flood; for alarms alone";
    "base_currency" Currency, "EUR", "currency that amounts are converted to", decides;
    "state.dir" Path, "state", "folder of bundles and snapshots";
    "state.horizon" Duration("1d", "240d"), "90d", "how long payments are kept; the longest window of an indicator", decides;
    "state.evidence_horizon" Duration("1d", "2000d"), "400d", "how long hits are kept; the longest window of a typology", decides;
    "state.memory_max" Bytes("16MiB", "4TiB"), "16GiB", "the engine stops with a reason before it holds more";
    "state.snapshot_every" Duration("1s", "1d"), "60s", "longest pause between snapshots while there is something new";
    "state.snapshot_records" Count(1000, 1_000_000_000), "2000000", "a snapshot is taken after so many records: the most that a restart replays, about";
    "state.snapshots_kept" Count(1, 100), "3", "how many snapshots are kept";
    "commit.every" Duration("5ms", "60s"), "100ms", "longest pause between commits";
    "commit.records_max" Count(1, 10_000_000), "100000", "most records between commits";
    "time.lateness" Duration("0s", "60d"), "2h", "how far the watermark stays behind the highest event time", decides;
    "time.merge_hold" Duration("0ms", "60s"), "50ms", "how long a partition at its end may hold the others before a tick";
    "time.idle_after" Duration("1s", "60d"), "60s", "record time that a partition may trail before it stops holding the watermark", decides;
    "limits.record_bytes" Bytes("1KiB", "1MiB"), "64KiB", "a longer record goes to the dead letters", decides;
    "canary.every" Duration("10s", "1d"), "", "how often `palermo canary run` plants a canary, and what the alarms expect; not set: none is planted";
    "http.listen" Address, "127.0.0.1:9464", "address of `/livez`, `/readyz`, `/metrics` and `/control-totals`; loopback only until TLS and authentication exist";
    "log.format" Word(&["text", "json"]), "text", "look of the log lines on standard error";
    "log.level" Word(&["error", "warn", "info", "debug", "trace"]), "info", "least severe log lines that are shown";
}
