//! What an error of the client means for the engine: a decision, made by pure functions from the
//! error's code and flags, so that it can be tested as a table.
//!
//! The client's texts name brokers, topics, partitions and offsets; they hold no part of a record.

use palermo_engine::port::LogError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

pub(crate) const CONFIG: &str = "kafka_config";
pub(crate) const INSECURE: &str = "insecure_connection";
pub(crate) const TOPIC_MISSING: &str = "topic_missing";
pub(crate) const TOPIC_SETTINGS: &str = "topic_settings";
pub(crate) const PARTITION_COUNT: &str = "partition_count_changed";
pub(crate) const PARTIAL: &str = "partial_assignment";
pub(crate) const OUT_OF_RANGE: &str = "offset_out_of_range";
pub(crate) const CORRUPT: &str = "log_corrupt";
pub(crate) const TOO_LARGE: &str = "record_too_large";
pub(crate) const NOT_ALLOWED: &str = "kafka_not_authorized";
pub(crate) const NOT_KNOWN: &str = "kafka_authentication";
pub(crate) const TLS: &str = "kafka_tls";

/// Every code that this crate stops with; each has a page `docs/errors/<code>.md`.
pub const STOP_CODES: [&str; 12] = [
    CONFIG,
    INSECURE,
    TOPIC_MISSING,
    TOPIC_SETTINGS,
    PARTITION_COUNT,
    PARTIAL,
    OUT_OF_RANGE,
    CORRUPT,
    TOO_LARGE,
    NOT_ALLOWED,
    NOT_KNOWN,
    TLS,
];

pub(crate) const fn stop(code: &'static str, reason: String) -> LogError {
    LogError::Stop { code, reason }
}

pub(crate) const fn recover(reason: String) -> LogError {
    LogError::Recover { reason }
}

/// The client's text, without the value of a setting (which may be a secret).
pub(crate) fn text(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, _, key, _) => format!("the client refused the setting `{key}`"),
        other => other.to_string(),
    }
}

/// A client could not be made or a question not be asked.
pub(crate) fn general(doing: &str, error: &KafkaError) -> LogError {
    if matches!(error, KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_)) {
        return stop(CONFIG, format!("{doing}: {}", text(error)));
    }
    if let Some(code) = error.rdkafka_error_code().filter(|code| is_not_allowed(*code)) {
        return refused(code, &format!("{doing}: {}", text(error)));
    }
    recover(format!("{doing}: {}", text(error)))
}

/// The stop that a refusal is, with what to do about it.
pub(crate) fn refused(code: Code, what: &str) -> LogError {
    if is_not_known(code) {
        let reason = format!(
            "{what}; look at `kafka.sasl_username`, at the password in `kafka.sasl_password_file`, at \
             `kafka.sasl_mechanism`, and whether the user still exists"
        );
        return stop(NOT_KNOWN, reason);
    }
    stop(
        NOT_ALLOWED,
        format!("{what}; grant it to the user of this task: see the page of this code"),
    )
}

/// The broker does not believe that we are who we say.
const fn is_not_known(code: Code) -> bool {
    matches!(
        code,
        Code::SaslAuthenticationFailed | Code::Authentication | Code::UnsupportedSASLMechanism
    )
}

/// The broker knows us and says no, or does not believe us.
pub(crate) const fn is_not_allowed(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    ) || is_not_known(code)
}

/// What to do about an error that came out of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadTrouble {
    /// The client heals it by itself: go on.
    Passing,
    /// The position is not in the log.
    OutOfRange,
    /// The topic or partition seems to be gone: ask, then decide.
    TopicGone,
    /// A record can not be read. The client would skip it; we do not.
    Corrupt,
    /// The broker refuses.
    NotAllowed,
    /// Another member uses our `group.instance.id`.
    Fenced,
    /// A new client is needed.
    Recover,
}

/// Decides about an error of the reading client. Unknown means a new client: never a skip.
pub(crate) const fn read_trouble(code: Code) -> ReadTrouble {
    match code {
        Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::NoOffset | Code::LogTruncation => {
            ReadTrouble::OutOfRange
        }
        Code::UnknownTopicOrPartition
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicId => ReadTrouble::TopicGone,
        Code::BadMessage
        | Code::BadCompression
        | Code::InvalidMessage
        | Code::InvalidMessageSize
        | Code::MessageSizeTooLarge
        | Code::UnsupportedCompressionType
        | Code::NotImplemented => ReadTrouble::Corrupt,
        Code::FencedInstanceId | Code::UnreleasedInstanceId => ReadTrouble::Fenced,
        Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::OperationTimedOut
        | Code::RequestTimedOut
        | Code::TimedOutQueue
        | Code::SSL
        | Code::NodeUpdate
        | Code::WaitingForCoordinator
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator
        | Code::RebalanceInProgress
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::BrokerNotAvailable
        | Code::ReplicaNotAvailable
        | Code::OffsetNotAvailable
        | Code::FencedLeaderEpoch
        | Code::UnknownLeaderEpoch
        | Code::UnstableOffsetCommit
        | Code::KafkaStorageError
        | Code::NetworkException
        | Code::ThrottlingQuotaExceeded => ReadTrouble::Passing,
        other if is_not_allowed(other) => ReadTrouble::NotAllowed,
        _ => ReadTrouble::Recover,
    }
}

/// What is known of a failed step of a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitFacts {
    /// The error's code.
    pub(crate) code: Code,
    /// The client says: this producer is finished.
    pub(crate) fatal: bool,
    /// The client says: abort, then the same producer goes on.
    pub(crate) abort: bool,
    /// The client says: the same call again.
    pub(crate) retriable: bool,
    /// Age of the Kafka transaction.
    pub(crate) age_ms: u64,
    /// At this age the broker aborts it by itself.
    pub(crate) timeout_ms: u64,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitStep {
    /// The same call again.
    Again,
    /// Abort and send the same batch again.
    Abort,
    /// Another engine has taken over.
    Fenced,
    /// The outcome is unknown or the producer finished: a new one and recovery.
    Recover,
    /// A record is too large for the broker.
    TooLarge,
    /// The broker refuses, with this.
    NotAllowed(Code),
    /// An output topic is missing.
    TopicGone,
}

/// Decides about a failed step of a commit.
pub(crate) const fn commit_step(facts: &CommitFacts) -> CommitStep {
    match facts.code {
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge | Code::InvalidMessageSize => {
            CommitStep::TooLarge
        }
        code if is_not_allowed(code) => CommitStep::NotAllowed(code),
        Code::UnknownTopicOrPartition | Code::UnknownTopic => CommitStep::TopicGone,
        // A broker that aborted our transaction for its age raises the epoch too, and we see the
        // same error as if another producer had taken over. Age tells them apart.
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => {
            if facts.age_ms < facts.timeout_ms { CommitStep::Fenced } else { CommitStep::Recover }
        }
        // We are no longer a member as we were: a new client joins anew. That holds for a fenced
        // instance id too: after a long silence the client has dropped its own member id, and the
        // group says no to that. A newer engine fences the producer before it joins.
        Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::StaleMemberEpoch
        | Code::FencedInstanceId => CommitStep::Recover,
        Code::OperationTimedOut | Code::MessageTimedOut | Code::TimedOutQueue => {
            CommitStep::Recover
        }
        _ if facts.fatal => CommitStep::Recover,
        _ if facts.abort => CommitStep::Abort,
        _ if facts.retriable => CommitStep::Again,
        _ => CommitStep::Recover,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        for code in STOP_CODES {
            let page = std::fs::read_to_string(format!("{root}/{code}.md")).unwrap_or_default();
            assert!(page.starts_with(&format!("# {code}\n")), "docs/errors/{code}.md is missing");
        }
    }

    #[test]
    fn a_failed_commit_step_is_decided_by_code_flags_and_age() {
        let base = CommitFacts {
            code: Code::Unknown,
            fatal: false,
            abort: false,
            retriable: false,
            age_ms: 5,
            timeout_ms: 10_000,
        };
        let rows = [
            (base, CommitStep::Recover),
            (CommitFacts { retriable: true, ..base }, CommitStep::Again),
            (CommitFacts { abort: true, ..base }, CommitStep::Abort),
            (CommitFacts { abort: true, fatal: true, ..base }, CommitStep::Recover),
            (CommitFacts { code: Code::Fenced, fatal: true, ..base }, CommitStep::Fenced),
            (
                CommitFacts { code: Code::Fenced, fatal: true, age_ms: 10_000, ..base },
                CommitStep::Recover,
            ),
            // The group's word, not the transaction coordinator's: no proof of a newer engine.
            (
                CommitFacts { code: Code::FencedInstanceId, abort: true, ..base },
                CommitStep::Recover,
            ),
            (CommitFacts { code: Code::UnknownMemberId, abort: true, ..base }, CommitStep::Recover),
            // A transaction call that timed out has an unknown outcome, whatever its flags say.
            (
                CommitFacts { code: Code::OperationTimedOut, retriable: true, ..base },
                CommitStep::Recover,
            ),
            (CommitFacts { code: Code::MessageTimedOut, abort: true, ..base }, CommitStep::Recover),
            (
                CommitFacts { code: Code::MessageSizeTooLarge, abort: true, ..base },
                CommitStep::TooLarge,
            ),
        ];
        for (facts, expected) in rows {
            assert_eq!(commit_step(&facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn who_we_are_and_what_we_may_are_two_refusals() {
        for (code, expected) in [
            (Code::TopicAuthorizationFailed, NOT_ALLOWED),
            (Code::GroupAuthorizationFailed, NOT_ALLOWED),
            (Code::TransactionalIdAuthorizationFailed, NOT_ALLOWED),
            (Code::SaslAuthenticationFailed, NOT_KNOWN),
            (Code::Authentication, NOT_KNOWN),
        ] {
            let error = general("asking", &KafkaError::Global(code));
            assert!(matches!(error, LogError::Stop { code, .. } if code == expected), "{error}");
            assert_eq!(read_trouble(code), ReadTrouble::NotAllowed);
        }
    }

    #[test]
    fn an_unknown_error_of_the_reader_is_never_passed_over() {
        assert_eq!(read_trouble(Code::Unknown), ReadTrouble::Recover);
        assert_eq!(read_trouble(Code::PollExceeded), ReadTrouble::Recover);
        assert_eq!(read_trouble(Code::AutoOffsetReset), ReadTrouble::OutOfRange);
        assert_eq!(read_trouble(Code::BadMessage), ReadTrouble::Corrupt);
        assert_eq!(read_trouble(Code::AllBrokersDown), ReadTrouble::Passing);
    }
}
