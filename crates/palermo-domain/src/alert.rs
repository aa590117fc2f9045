//! An alert as it is published: the content of `alert.v1`, before any encoding.
//!
//! Everything here is a function of the inputs; no field holds a clock reading. Texts that name
//! accounts are plain here because an alert exists to be read by an investigator; the whole
//! [`Alert`] is wrapped in no log line and its `Debug` is hidden.

use crate::{Cents, Currency, EventTime, OutputTopic, Partition, PaymentKind, Span};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A word of one of the closed lists of `alert.v1`: what an actor is and does, the tier of an
/// indicator, the kind of a link.
pub type Word = &'static str;

/// Every [`Word`] that an alert can hold.
pub const WORDS: &[Word] = &[
    "A",
    "A!",
    "B",
    "C",
    "account",
    "address",
    "collector",
    "consumer",
    "controller",
    "device",
    "email",
    "facilitator",
    "front",
    "mule",
    "other",
    "party",
    "payer",
    "payment",
    "phone",
    "recruiter",
    "relation",
    "terminal",
    "transporter",
    "victim",
    "wallet",
];

fn word<'a, D: Deserializer<'a>>(from: D) -> Result<Word, D::Error> {
    let text = <&str>::deserialize(from)?;
    let known = WORDS.iter().find(|known| **known == text);
    known.copied().ok_or_else(|| D::Error::custom("not a word of an alert"))
}

/// Which way an alert revision changes what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    /// First revision, or the first after a retraction.
    Created,
    /// More or other evidence.
    Updated,
    /// The episode is over, or the rule was removed.
    Closed,
    /// A requirement was removed by a reversal or a late payment.
    Retracted,
    /// Held back by a suppressor or a suppression: a revision of the suppressed topic.
    Suppressed,
}

impl Action {
    /// The text in records and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Closed => "closed",
            Self::Retracted => "retracted",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Why a revision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// By payments in time.
    OnTime,
    /// By a payment behind the watermark.
    Late,
    /// By a reversal.
    Reversal,
    /// The rule is no longer deployed.
    RuleRemoved,
    /// Its group has merged with another, or was split.
    Merged,
}

impl Cause {
    /// The text in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::Late => "late",
            Self::Reversal => "reversal",
            Self::RuleRemoved => "rule_removed",
            Self::Merged => "merged",
        }
    }
}

/// How a typology is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// Published to `alerts`.
    Live,
    /// Published to `alerts.shadow`.
    Shadow,
    /// About a canary, whatever the mode of the rule; published to `alerts.shadow`.
    Canary,
}

impl Mode {
    /// The text in records and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
        }
    }
}

/// Severity band of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Below every band.
    Low,
    /// At or above the first band.
    Medium,
    /// At or above the second band.
    High,
    /// At or above the third band.
    Critical,
}

impl Level {
    /// The text in records and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The part somebody plays in a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// May be reported.
    Subject,
    /// Must never be reported as a subject; masked.
    PotentialVictim,
    /// Not known whether controlled.
    RoleUndetermined,
    /// Only the other end of a payment.
    CounterpartyOnly,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] =
        [Self::Subject, Self::PotentialVictim, Self::RoleUndetermined, Self::CounterpartyOnly];

    /// The text in records and rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::PotentialVictim => "potential_victim",
            Self::RoleUndetermined => "role_undetermined",
            Self::CounterpartyOnly => "counterparty_only",
        }
    }

    /// The role of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody in an alert.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `account` or `party`.
    #[serde(deserialize_with = "word")]
    pub entity: Word,
    /// Its key.
    pub key: String,
    /// The part it plays.
    pub role: Role,
    /// What it does in the scheme, such as `collector` or `payer`.
    #[serde(deserialize_with = "word")]
    pub function: Word,
    /// Hidden by default on screens.
    pub masked: bool,
}

/// A value with the currency it is in.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyIn {
    /// The amount.
    pub value: Cents,
    /// The base currency.
    pub currency: Currency,
}

/// One indicator of an alert, with what was seen and what was needed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorEvidence {
    /// Indicator id.
    pub id: String,
    /// Version of the indicator.
    pub version: String,
    /// Family letter.
    pub family: char,
    /// `A`, `B`, `C` or `A!`.
    #[serde(deserialize_with = "word")]
    pub tier: Word,
    /// `account/…` or `party/…`.
    pub on: String,
    /// Points in the score.
    pub points: u32,
    /// The indicator's text with numbers.
    pub text: String,
    /// Deciding time of the hit.
    pub at: EventTime,
    /// Measures: name and value as text.
    pub observed: Vec<(String, String)>,
    /// Parameters: name and value as text.
    pub required: Vec<(String, String)>,
    /// Smallest relative distance to a threshold, where one is defined.
    pub margin: Option<Decimal>,
    /// Source key, institution and document.
    pub cite: Cite,
    /// Payment ids, in event-time order, at most the evidence bound.
    pub evidence: Vec<String>,
    /// How many payments there are in all.
    pub evidence_total: u64,
}

/// Where an indicator comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cite {
    /// Key of the source index.
    pub key: String,
    /// Institution.
    pub source: String,
    /// Document and item.
    pub doc: String,
}

/// A suppressor that was tested.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressorEvidence {
    /// Suppressor id.
    pub id: String,
    /// Whether its facts hold.
    pub applied: bool,
    /// The facts, with numbers.
    pub because: String,
}

/// A threshold that was passed, and by how much.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterfactual {
    /// In one sentence.
    pub text: String,
    /// Indicator id.
    pub indicator: String,
    /// Name of the parameter.
    pub param: String,
    /// What was seen.
    pub observed: String,
    /// What was needed.
    pub threshold: String,
    /// Distance between the two over the threshold, in hundredths.
    pub margin: Decimal,
}

/// A fact that speaks against a finding.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    /// In one sentence.
    pub text: String,
    /// The indicator that did not hold; empty where it is about none.
    pub indicator: String,
}

/// The network of an alert: everybody in its evidence, what they share and where the money goes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// In order of id.
    pub nodes: Vec<NetworkNode>,
    /// In order of their ends.
    pub edges: Vec<NetworkEdge>,
    /// How much of what came in can have reached which end (maximum flow), the largest first.
    pub flows: Vec<Flow>,
    /// The node through which most shortest paths lead.
    pub central: Option<String>,
    /// The node without which least money reaches an end, and the share that is stopped.
    pub breaks: Option<(String, Decimal)>,
    /// Smaller edges were left out.
    pub truncated: bool,
}

/// Somebody, or a place where cash was taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkNode {
    /// Key of an account or a party; `cash in PLACE`.
    pub id: String,
    /// The part it plays.
    pub role: Role,
    /// What it does.
    #[serde(deserialize_with = "word")]
    pub function: Word,
}

/// Payments from one to another, or something that two share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkEdge {
    /// Who pays.
    pub from: String,
    /// Who is paid.
    pub to: String,
    /// `payment`, or what both share.
    #[serde(deserialize_with = "word")]
    pub by: Word,
    /// How many payments.
    pub payments: u64,
    /// Their sum.
    pub amount: Option<MoneyIn>,
}

/// Money that can have reached an end of the network.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The end.
    pub to: String,
    /// How much.
    pub amount: MoneyIn,
    /// Of what came in.
    pub share: Decimal,
}

/// The place of an alert in the queue.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// By how many percent it is raised: the sum of the modifiers that apply.
    pub priority: u32,
    /// They, in order of id.
    pub modifiers: Vec<ModifierEvidence>,
}

/// A modifier that applies.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifierEvidence {
    /// Modifier id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// By how many percent it raises the alert.
    pub percent: u32,
    /// Why, with numbers.
    pub text: String,
}

/// A path from the anchor to evidence on another account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPath {
    /// In one sentence.
    pub text: String,
    /// From the anchor on.
    pub steps: Vec<LinkStep>,
    /// What holds at the end.
    pub evidence: Vec<LinkEvidence>,
}

/// One named edge of a path, with its own evidence.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkStep {
    /// The kind of link, as rules write it: `payment`, `device`, …
    #[serde(deserialize_with = "word")]
    pub by: Word,
    /// The account that pays; else the one nearer to the anchor.
    pub from: String,
    /// The other account.
    pub to: String,
    /// What both carry, by key.
    pub shared: Option<String>,
    /// Payments behind it.
    pub payments: u64,
    /// Their sum, where they are payments between the two.
    pub amount: Option<MoneyIn>,
    /// The first of them.
    pub first: EventTime,
    /// The last.
    pub last: EventTime,
    /// The ids of the newest, at most three.
    pub ids: Vec<String>,
}

/// What holds at the end of a path.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEvidence {
    /// Id of an indicator or a typology.
    pub rule: String,
    /// `account/…`, or another subject behind which the account stands.
    pub on: String,
    /// When it held.
    pub at: EventTime,
    /// In words.
    pub text: String,
}

/// An indicator that could not be decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// Indicator id.
    pub indicator: String,
    /// The field that was missing.
    pub field: String,
    /// In which share of the window's payments.
    pub missing: Decimal,
}

/// A payment shown as evidence.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidencePayment {
    /// Payment id.
    pub id: String,
    /// Event time.
    pub time: EventTime,
    /// Kind.
    pub kind: PaymentKind,
    /// Amount as sent.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// The other end, or the place of cash.
    pub other: String,
    /// The other end may be a victim: its key is not shown unless somebody asks.
    pub masked: bool,
}

/// A payment of a page of evidence.
#[derive(Clone, PartialEq, Eq)]
pub struct PagedPayment {
    /// The payment.
    pub payment: EvidencePayment,
    /// The indicators that rest on it, by their place in the alert.
    pub indicators: Vec<u16>,
}

/// Evidence beyond the payments that an alert lists itself. It is published in pages beside the
/// alert, as records of [`OutputTopic::Evidence`] in the same commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// How many pages there are, the alert's own list among them.
    pub count: u32,
    /// The revision with which the others were published; 0 where there are none.
    pub revision: u32,
    /// Payments that are on no page, because there are too many: the oldest.
    pub unlisted: u64,
    /// Of what the other pages say: equal ones are not published again.
    pub digest: u64,
}

/// Which part of an input partition an alert rests on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRange {
    /// Partition of the payments topic.
    pub partition: Partition,
    /// First offset.
    pub from: i64,
    /// Last offset.
    pub to: i64,
}

/// Hashes of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRef {
    /// Typology id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the detection logic.
    pub logic_sha256: String,
    /// SHA-256 of the parameters.
    pub params_sha256: String,
}

/// One revision of an alert.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// `alr_` and 20 hex digits: a function of mode, typology, anchor and episode number.
    pub alert_id: String,
    /// From 1, without gaps.
    pub revision: u32,
    /// `grp_` and 12 hex digits: alerts on accounts of one network have the same.
    pub group: String,
    /// What this revision does.
    pub action: Action,
    /// Why it was made.
    pub cause: Cause,
    /// It stands in the suppressed topic, which counts its own revisions.
    pub held_back: bool,
    /// Live or shadow.
    pub mode: Mode,
    /// Typology id.
    pub typology: String,
    /// Its title.
    pub title: String,
    /// Crimes.
    pub crime: Vec<String>,
    /// Stages of laundering.
    pub stage: Vec<String>,
    /// AMLTRIX techniques.
    pub amltrix: Vec<String>,
    /// One sentence with numbers, at most 160 characters.
    pub headline: String,
    /// Severity.
    pub level: Level,
    /// Sum of points, at most 100.
    pub score: u32,
    /// Sum before the cut.
    pub score_sum: u32,
    /// Bands of the score.
    pub bands: (u32, u32, u32),
    /// A bound cut something this alert rests on.
    pub truncated: bool,
    /// Number of the episode of this pair of rule and anchor.
    pub episode_n: u32,
    /// First payment of the episode's evidence.
    pub episode_start: EventTime,
    /// Last hit of the episode.
    pub episode_last: EventTime,
    /// `account/…` or `party/…`.
    pub anchor: String,
    /// Task that published it.
    pub task: String,
    /// Subjects.
    pub subjects: Vec<Actor>,
    /// Related people, at most the evidence bound.
    pub related: Vec<Actor>,
    /// How many there are in all.
    pub related_count: u64,
    /// Money in.
    pub amount_in: MoneyIn,
    /// Money out.
    pub amount_out: MoneyIn,
    /// How many payments are evidence.
    pub payments: u64,
    /// Window of the typology.
    pub window: Span,
    /// Payment that decided.
    pub triggered_by: String,
    /// Event time of the decision.
    pub decided_at: EventTime,
    /// Record timestamp of the deciding record.
    pub detected_at: EventTime,
    /// Watermark at the decision.
    pub watermark: Option<EventTime>,
    /// The numbers will not change by payments in time.
    pub is_final: bool,
    /// Payments in per region of the other end.
    pub in_regions: Vec<(String, u64)>,
    /// Cash out per place.
    pub out_places: Vec<(String, u64)>,
    /// Lists that were consulted, with their hash.
    pub lists: Vec<(String, String)>,
    /// Indicators.
    pub indicators: Vec<IndicatorEvidence>,
    /// Families reached.
    pub families: Vec<char>,
    /// Suppressors tested.
    pub suppressors: Vec<SuppressorEvidence>,
    /// Which of them held it back.
    pub suppressed_by: Vec<String>,
    /// One in twenty of the suppressed, by hash.
    pub review: bool,
    /// What would have had to differ, the closest first.
    pub counterfactuals: Vec<Counterfactual>,
    /// What speaks against it.
    pub against: Vec<Against>,
    /// Paths to the evidence on other accounts that the finding rests on.
    pub links: Vec<LinkPath>,
    /// Who pays whom in the evidence, and where the money goes.
    pub network: Network,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// Rule hashes.
    pub rule: RuleRef,
    /// Name and version of the rule set.
    pub ruleset: String,
    /// Bundle hash.
    pub bundle: String,
    /// Input range.
    pub input: Vec<InputRange>,
    /// Evidence payments, at most the evidence bound: the newest.
    pub evidence: Vec<EvidencePayment>,
    /// Where the others are.
    pub pages: Pages,
    /// The pages that are published with this revision, the newest payments first, each in order of
    /// time. Nobody keeps them.
    #[serde(skip)]
    pub more: Vec<Vec<PagedPayment>>,
    /// Next steps.
    pub investigate: Vec<String>,
    /// Earlier alerts of this pair.
    pub prior_alerts: u32,
    /// Protective case: urgent, nothing adverse to anyone.
    pub urgent: bool,
    /// Its place in the queue.
    pub queue: Queue,
    /// Key term of reports.
    pub key_term: Option<String>,
    /// Report form codes.
    pub report_codes: Vec<String>,
}

impl Alert {
    /// The topic a revision goes to.
    pub fn topic(&self) -> OutputTopic {
        match (self.held_back, self.mode) {
            // Nothing about a canary is for analysts, also where a suppressor explains it.
            (_, Mode::Canary) => OutputTopic::Shadow,
            (true, _) => OutputTopic::Suppressed,
            (_, Mode::Live) => OutputTopic::Alerts,
            (_, Mode::Shadow) => OutputTopic::Shadow,
        }
    }
}

impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("alert_id", &self.alert_id)
            .field("revision", &self.revision)
            .field("action", &self.action)
            .field("typology", &self.typology)
            .finish_non_exhaustive()
    }
}

/// `Debug` for the parts of an alert that name people: the type's name and nothing else.
macro_rules! opaque_debug {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque_debug! { Network NetworkNode NetworkEdge Flow Counterfactual Against LinkPath LinkStep LinkEvidence Actor MoneyIn IndicatorEvidence SuppressorEvidence Queue ModifierEvidence Undecided EvidencePayment PagedPayment InputRange }
