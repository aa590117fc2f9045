//! Why a broker does not let us in: read from the client's log, which is the only place that says it.
//!
//! A client that is refused tries again for ever, and a question that it was asked ends with `timed out`.
//! What it writes to its log meanwhile names the cause; [`Refusal::read`] is a table over these lines.
//! They hold addresses and words of the TLS library, never a secret.

use crate::config::KafkaConfig;
use crate::error::{NOT_KNOWN, TLS, stop, text};
use crate::probe::listen;
use palermo_engine::port::LogError;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A broker that did not let us in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: Kind,
    /// The client's line, from the address on.
    line: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// We do not believe the broker.
    Certificate,
    /// The broker wants a certificate from us, or another one.
    ClientCertificate,
    /// One side speaks TLS and the other does not.
    Protocol,
    /// User name, password, or mechanism.
    Credentials,
}

/// Words of the client, and what they mean. The first that fits decides.
const WORDS: [(&str, Kind); 15] = [
    ("certificate verify failed", Kind::Certificate),
    ("Failed to verify broker certificate", Kind::Certificate),
    ("Broker did not provide a certificate", Kind::Certificate),
    ("certificate required", Kind::ClientCertificate),
    ("alert bad certificate", Kind::ClientCertificate),
    ("alert certificate", Kind::ClientCertificate),
    ("alert unknown ca", Kind::ClientCertificate),
    ("client SSL authentication might be required", Kind::ClientCertificate),
    ("connecting to a SSL listener?", Kind::Protocol),
    ("connecting to a PLAINTEXT broker listener?", Kind::Protocol),
    ("wrong version number", Kind::Protocol),
    // The first bytes of a TLS alert, read as a length.
    ("Invalid response size", Kind::Protocol),
    ("broker might require SASL authentication", Kind::Protocol),
    ("SASL authentication error", Kind::Credentials),
    ("mechanism handshake failed", Kind::Credentials),
];

impl Refusal {
    /// Reads a line of the client's log.
    pub(crate) fn read(facility: &str, message: &str) -> Option<Self> {
        if facility != "FAIL" || gave_up(message) {
            return None;
        }
        let known = WORDS.iter().find(|(words, _)| message.contains(words)).map(|(_, kind)| *kind);
        let kind = known.or_else(|| cut_off(message).then_some(Kind::Protocol))?;
        let line = message.split_once("]: ").map_or(message, |(_, rest)| rest);
        Some(Self { kind, line: line.to_owned() })
    }

    /// Whether this is an answer. That the connection ended, at a port that may speak another protocol, can
    /// also be a broker that is just going away.
    pub(crate) fn is_certain(&self) -> bool {
        self.kind != Kind::Protocol
    }

    /// The refusal as a reason to stop. Asks once more where the words leave two causes.
    pub(crate) fn into_error(self, config: &KafkaConfig) -> LogError {
        let line = &self.line;
        match self.kind {
            Kind::Certificate if only_the_name_differs(config) => stop(
                TLS,
                format!(
                    "the certificate of the broker is not for the name that it was asked under: \
                     {line}; use a name that the certificate holds in `kafka.bootstrap` and in the \
                     broker's `advertised.listeners`, or give the broker a certificate with this name"
                ),
            ),
            Kind::Certificate => stop(
                TLS,
                format!(
                    "the certificate of the broker cannot be verified: {line}; `kafka.tls_ca_file` must \
                     hold the certificate that signed it, and it must not have expired"
                ),
            ),
            Kind::ClientCertificate => stop(
                TLS,
                format!(
                    "the broker does not accept this engine's certificate, or was given none: {line}; \
                     set `kafka.tls_certificate_file` and `kafka.tls_key_file` to one that the broker's \
                     truststore signs and that has not expired"
                ),
            ),
            Kind::Protocol => stop(
                TLS,
                format!(
                    "engine and broker do not speak the same protocol on this port: {line}; \
                     `kafka.security` must be what the listener is: `tls` for SSL, `sasl_tls` for \
                     SASL_SSL, `plaintext` for PLAINTEXT"
                ),
            ),
            Kind::Credentials => stop(
                NOT_KNOWN,
                format!(
                    "the broker does not accept the credentials: {line}; look at \
                     `kafka.sasl_username`, at the password in `kafka.sasl_password_file` and at \
                     `kafka.sasl_mechanism`"
                ),
            ),
        }
    }
}

/// The broker ended an unencrypted connection at the first request: most take a TLS port so for one without.
fn cut_off(message: &str) -> bool {
    let plain = !message.contains("ssl://");
    plain && message.contains("Disconnected") && message.contains("in state APIVERSION_QUERY")
}

/// The client itself ended an authentication: the request timed out, or its connection was given to
/// another address. That is no refusal.
pub(crate) fn gave_up(message: &str) -> bool {
    message.contains("SASL") && message.contains("failed: Local:")
}

/// How long the second question may take.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Whether the certificate would do under another name. Asked with TLS alone: no credentials are sent to
/// a broker that is not known to be the right one, and nothing but the handshake is looked at.
fn only_the_name_differs(config: &KafkaConfig) -> bool {
    let mut native = config.admin();
    for key in ["sasl.mechanism", "sasl.mechanisms", "sasl.username", "sasl.password"] {
        native.remove(key);
    }
    native
        .set("client.id", "palermo-name-check")
        .set("security.protocol", "ssl")
        .set("ssl.endpoint.identification.algorithm", "none");
    let client = match BaseConsumer::from_config_and_context(&native, Ears::default()) {
        Ok(client) => client,
        Err(error) => {
            tracing::debug!("no second question: {}", text(&error));
            return false;
        }
    };
    let answered = client.fetch_metadata(Some("none"), ASK_AGAIN).is_ok();
    listen(&client);
    // A SASL listener does not answer, but its certificate was looked at first.
    answered || !client.context().unverified.load(Ordering::Relaxed)
}

/// Listens for certificates that do not verify.
#[derive(Debug, Default)]
struct Ears {
    unverified: AtomicBool,
}

impl ClientContext for Ears {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        if Refusal::read(facility, message).is_some_and(|found| found.kind == Kind::Certificate) {
            self.unverified.store(true, Ordering::Relaxed);
        }
    }

    fn error(&self, _error: rdkafka::error::KafkaError, _reason: &str) {}
}

impl ConsumerContext for Ears {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_from_the_clients_words() {
        let thread = "[thrd:ssl://kafka.bank:9093/bootstrap]: ssl://kafka.bank:9093/bootstrap: ";
        for (facility, words, expected) in [
            (
                "FAIL",
                "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker \
                 certificate could not be verified (after 3ms in state SSL_HANDSHAKE)",
                Some(Kind::Certificate),
            ),
            (
                "FAIL",
                "SASL authentication error: Authentication failed during authentication due to \
                 invalid credentials with SASL mechanism SCRAM-SHA-512",
                Some(Kind::Credentials),
            ),
            (
                "FAIL",
                "SASL authentication error: SaslAuthenticateRequest failed: Local: Timed out",
                None,
            ),
            (
                "FAIL",
                "Disconnected: connection closed by peer: receive 0 after POLLIN (after 102ms in state \
                 APIVERSION_QUERY)",
                None,
            ),
            ("FAIL", "Connect to ipv4#127.0.0.1:9093 failed: Connection refused", None),
            (
                "FAIL",
                "Receive failed: Invalid response size 352518912 (0..119537664): increase \
                 receive.message.max.bytes",
                Some(Kind::Protocol),
            ),
            ("SSL", "SSL handshake failed: certificate verify failed", None),
        ] {
            let found = Refusal::read(facility, &format!("{thread}{words}"));
            assert_eq!(found.as_ref().map(|found| found.kind), expected, "{words}");
            let plain =
                format!("[thrd:127.0.0.1:9093/bootstrap]: 127.0.0.1:9093/bootstrap: {words}");
            let at_plain = Refusal::read(facility, &plain).is_some();
            assert_eq!(at_plain, expected.is_some() || words.starts_with("Disc"), "{words}");
            if let Some(found) = found {
                assert!(found.line.starts_with("ssl://kafka.bank:9093/bootstrap: "), "{found:?}");
            }
        }
    }
}
