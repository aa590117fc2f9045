//! The nouns of Palermo: identifiers, money, time, payments, parties, alerts, and `Redacted<T>`.
//!
//! Principal types: [`Payment`] (one decoded record, borrowed from its bytes), [`Party`],
//! [`ListRow`], [`Alert`], [`Fate`] and [`DeadLetterReason`]. Everything here is a plain value:
//! no I/O, no clock, no floating point for money, no iteration in hash order.
//!
//! What this crate does not do: it reads no bytes (codec), keeps no history (ledger), and knows
//! neither rules (lang) nor Kafka (kafka).
#![deny(clippy::float_arithmetic)]

pub mod alert;
pub mod canary;
mod fate;
mod fold;
mod hash;
mod log;
mod money;
mod party;
mod payment;
mod place;
mod redacted;
pub mod share;
pub mod snapshot;
pub mod statistics;
mod symbol;
mod time;

pub use alert::Alert;
pub use fate::{DeadLetterReason, Fate, Late};
pub use fold::{is_open, name_key, words};
pub use hash::{FixedHashMap, FixedHashSet, FixedState};
pub use log::{OutputTopic, Partition, Position, TopicRole};
pub use money::{
    AmountError, Cents, Currency, MoneyOverflow, grouped, parse_amount, parse_signed_amount,
    to_cents,
};
pub use party::{FeedSet, Hours, ListRow, OwnedAccount, Party, PartyEvent, PartyRelation};
pub use payment::{
    Card, Cash, CashNotes, Check, Conductor, Crypto, CryptoSide, Device, End, Merchant, Payment,
    Service, Stay, Terminal, Text, Travel,
};
pub use place::{MicroDegrees, Place, PlaceText, TenthKm, distance};
pub use redacted::Redacted;
pub use rust_decimal::Decimal;
pub use symbol::{
    Activity, AgeBand, Channel, CryptoCategory, CryptoConfidence, EndKind, EventCode, Feed,
    PartyKind, PaymentKind, Product, Rail, Relation, RelationKind, ServiceKind, Status, Subject,
    TerminalKind,
};
pub use time::{Date, EventTime, IngestTime, Span, TimeError};
