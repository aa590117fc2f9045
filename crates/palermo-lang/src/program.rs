//! The checked program: what the compiler makes of a folder of rule files, and all that the
//! evaluator (`palermo-detect`) sees of it.
//!
//! Promises: every name is resolved to an index, every expression is well typed, every window is
//! inside its horizon, every measure a `hit` needs is listed before it. Texts are still texts; the
//! evaluator binds them to its interner once, at activation. Nothing here knows the ledger.

mod expression;
mod graph;
mod list;
mod modifier;
mod sequence;
mod show;
mod typology;

pub use expression::{
    Arithmetic, Compare, CryptoField, EndField, Expr, Field, Literal, NearDays, PlacePart, Pole,
    Side, Symbol, Type, UltimateField, Vocabulary,
};

pub use graph::{Graph, GraphValue, Keeps, PATTERNS, Pattern};
pub use list::{List, Row, cell, coordinates};
pub use modifier::{Modifier, RowPart};
pub use sequence::{Across, STEPS_MAX, Sequence, Step, When};
pub(crate) use typology::least_families;
pub use typology::{Anchor, AnchorRole, Emit, Far, Link, LinkKind, Linked, Logic, Need, Typology};

use palermo_domain::alert::{Cite, Role};
use palermo_domain::{FeedSet, PaymentKind, Span, Subject};
use serde::{Deserialize, Serialize};

/// A compiled rule set.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// Name of `ruleset.yaml`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 (hex) over every rule file, list file and `ruleset.yaml`, in path order.
    pub sha256: String,
    /// Indicators that a deployed typology names, in order of id.
    pub indicators: Vec<Indicator>,
    /// Suppressors that a deployed typology names, in order of id.
    pub suppressors: Vec<Suppressor>,
    /// Deployed typologies (live and shadow), in order of id, version.
    pub typologies: Vec<Typology>,
    /// What orders the queue of their alerts, in order of id.
    pub modifiers: Vec<Modifier>,
    /// Every distinct selection, shared between the rules that write it alike.
    pub selections: Vec<Selection>,
    /// Lists that a rule names, and `fx`, which every rule needs for money.
    pub lists: Vec<List>,
    /// Named exceptions of `ruleset.yaml`.
    pub suppressions: Vec<Suppression>,
}

/// Index into [`RuleSet::selections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectionId(pub u16);
/// Index into [`RuleSet::indicators`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IndicatorId(pub u16);
/// Index into [`RuleSet::suppressors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SuppressorId(pub u16);
/// Index into [`RuleSet::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub u16);
/// Index into the parameters of the rule at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u16);
/// Index into the measures of the rule at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeasureId(pub u16);

/// A predicate over one payment seen from one of its ends. Its result is decided once, when the
/// payment is applied, and kept with the entry. Parameters are already replaced by their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Where it was first written, `MS-08.credit`.
    pub label: String,
    /// The condition, with `status == booked` added where the author does not name `status`.
    pub condition: Expr,
    /// Necessary conditions read off `condition`; lets the index skip it without evaluation.
    pub gate: Gate,
}

/// What `condition` needs of the fields that the selection index looks at; empty means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Only these kinds.
    pub kinds: Vec<PaymentKind>,
    /// Only this direction.
    pub direction: Option<Direction>,
}

/// Which way money moves, seen from the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// The subject is the creditor.
    In,
    /// The subject is the debtor.
    Out,
}

/// A declared parameter with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name without `$`.
    pub name: String,
    /// Value.
    pub value: Literal,
    /// Declared range, where the type is ordered.
    pub range: Option<(Literal, Literal)>,
    /// Step of tuning and of `boundary: auto`.
    pub step: Option<Literal>,
    /// Which way is stricter.
    pub stricter: Stricter,
    /// `published` or `default`.
    pub basis: Basis,
    /// Used in a selection; otherwise only in measures, `hit` or the sequence.
    pub in_selection: bool,
}

/// Which way makes a rule fire less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stricter {
    /// Larger values.
    Up,
    /// Smaller values.
    Down,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Printed in the source.
    Published,
    /// Ours.
    Default,
}

/// A named value computed over the subject's window.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Name in the file.
    pub name: String,
    /// Its type.
    pub value_type: Type,
    /// How it is computed.
    pub kind: MeasureKind,
    /// Relative cost; the evaluator computes lazily, so `hit` orders by it.
    pub cost: u32,
}

impl Measure {
    /// Every expression that it is made of; none of the selections and measures that it names.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            MeasureKind::Aggregate(of) => {
                of.value.iter().chain(&of.arguments).chain(&of.filter).collect()
            }
            MeasureKind::Derived(expr) | MeasureKind::Overlap { key: expr, .. } => vec![expr],
            MeasureKind::Repeats
            | MeasureKind::Between(_)
            | MeasureKind::Own { .. }
            | MeasureKind::Peer { .. }
            | MeasureKind::Graph(_) => Vec::new(),
        }
    }
}

/// How a measure is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum MeasureKind {
    /// A function over the selected payments of the window.
    Aggregate(Aggregate),
    /// Arithmetic over earlier measures.
    Derived(Expr),
    /// How many distinct keys occur in both selections.
    Overlap {
        /// The key.
        key: Expr,
        /// One selection.
        a: SelectionId,
        /// The other.
        b: SelectionId,
    },
    /// How often the sequence occurs in the window, non-overlapping.
    Repeats,
    /// What two selections have to do with each other.
    Between(Between),
    /// An earlier measure in the windows of the same length before this one.
    Own {
        /// The measure.
        of: MeasureId,
        /// How far back the earlier windows reach, counted from the beginning of this one.
        reach: Span,
        /// What is made of their values.
        statistic: Statistic,
    },
    /// An earlier measure and what it is of the accounts of the same group, at the end of a day.
    Peer {
        /// The measure.
        of: MeasureId,
        /// Which accounts are peers.
        group: PeerGroup,
        /// What is made of their values.
        statistic: PeerStatistic,
    },
    /// What the graph pattern of the rule says.
    Graph(GraphValue),
}

/// `FN(A, B, DURATION)`: two selections, payment by payment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// The function.
    pub function: BetweenFunction,
    /// The first selection named.
    pub a: SelectionId,
    /// The second.
    pub b: SelectionId,
    /// How long after a payment of one selection those of the other count; the window where it is
    /// not said.
    pub within: Option<Span>,
}

/// Functions of two selections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BetweenFunction {
    /// The share of the money of the first that leaves by the second, first in first out.
    PassedShare,
    /// The share of the money of the first that came in by the second before.
    FundedShare,
    /// How long the money of the first lies before it leaves by the second: the lower median over
    /// cents.
    DwellMedian,
    /// The share of the money of the first that comes back by the second from the same other end.
    ReturnedShare,
    /// The greatest distance between a place of the first and one of the second, in kilometers.
    ApartKm,
}

/// What is made of the values of a measure in earlier windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// How many standard deviations of theirs the present value lies above their mean.
    Deviation,
}

/// Which accounts are peers: those whose holders' records say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerGroup {
    /// The segment that the bank declares.
    Segment,
    /// The occupation code.
    Occupation,
    /// The merchant category of a business.
    Mcc,
}

impl PeerGroup {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Segment, Self::Occupation, Self::Mcc];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Occupation => "occupation",
            Self::Mcc => "mcc",
        }
    }

    /// The field of the record that says the group.
    pub const fn field(self) -> Field {
        Field::End(
            Side::Own,
            match self {
                Self::Segment => EndField::Segment,
                Self::Occupation => EndField::OccupationCode,
                Self::Mcc => EndField::IndustryMcc,
            },
        )
    }
}

/// What is made of the values of peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeerStatistic {
    /// Where among theirs the present value lies: the largest p of 0 to 100 for which at least p
    /// in a hundred of them have a value that is not above it.
    Percentile,
    /// Their median.
    Median,
    /// Their mean.
    Mean,
    /// How many standard deviations of theirs the present value lies above their mean.
    Deviation,
}

impl PeerStatistic {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Percentile, Self::Median, Self::Mean, Self::Deviation];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Percentile => "percentile",
            Self::Median => "median",
            Self::Mean => "mean",
            Self::Deviation => "deviation",
        }
    }
}

/// `FN(value) over SELECTION [where EXPR] [within DURATION]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The function.
    pub function: Function,
    /// What is looked at of each payment; `None` where the function knows by itself.
    pub value: Option<Expr>,
    /// Its further arguments (`near_share(v, limit, share)`, `places(km)`).
    pub arguments: Vec<Expr>,
    /// Over which selection.
    pub over: SelectionId,
    /// Further condition, per payment.
    pub filter: Option<Expr>,
    /// Shorter window.
    pub within: Option<Span>,
}

/// The functions of this slice of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// How many.
    Count,
    /// Sum; unknown over an unknown value.
    Sum,
    /// Distinct known values.
    Distinct,
    /// Smallest known value; unknown over nothing.
    Min,
    /// Largest known value; unknown over nothing.
    Max,
    /// Mean; unknown over nothing or an unknown value.
    Avg,
    /// Lower-middle and upper-middle mean; unknown over nothing or an unknown value.
    Median,
    /// Share of the values in `[share * limit, limit)`.
    NearShare,
    /// How many places that are further apart than so many kilometers from each other, taken
    /// greedily in event-time order.
    Places,
    /// How many different local nights (22:00 to 06:00, named by the day they begin).
    Nights,
    /// The smallest value that at least the given share of the values does not exceed.
    Quantile,
    /// The value of the earliest payment.
    First,
    /// The value of the latest payment.
    Last,
    /// The time between the earliest and the latest payment.
    Span,
    /// Standard deviation of the population.
    Stddev,
    /// Share of the values near one of the `k` most frequent price points.
    ModeShare,
    /// Share of the values that are multiples of a number.
    RoundShare,
    /// Slope of the least-squares line through the values in order, as a share of their mean.
    Trend,
    /// Rank correlation (Spearman) of the values with their order.
    RankTrend,
    /// How many payments the longest run has in which each follows the one before at the given
    /// distance.
    Recurring,
    /// How many groups of related other ends.
    Groups,
    /// The largest share of the values' sum that falls on one key.
    TopShare,
    /// How many local days with at least so many payments.
    Days,
    /// How many UTC days closed with a balance below the given one.
    LowBalanceDays,
    /// How many UTC days closed with a balance that is known.
    BalanceDays,
    /// Nothing was selected, although it would have been delivered.
    Absent,
}

impl Function {
    /// Whether it counts, so that leaving a payment out makes it smaller by one at most.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Count | Self::Distinct | Self::Places | Self::Nights | Self::Days)
    }

    /// Whether its value is a whole number that is 0 where nothing was selected.
    pub const fn is_number(self) -> bool {
        // One end more can join two groups.
        self.counts()
            || matches!(
                self,
                Self::Groups | Self::Recurring | Self::LowBalanceDays | Self::BalanceDays
            )
    }
}

/// Evidence family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family(pub char);

/// Weight class of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Specific.
    A,
    /// Contextual.
    B,
    /// Weak.
    C,
    /// Authoritative list match.
    Listed,
}

impl Tier {
    /// The text in files and alerts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::Listed => "A!",
        }
    }
}

/// What indicators and suppressors share: a condition about one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Id, such as `MS-08`.
    pub id: String,
    /// Version of the detection.
    pub version: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub subject: Subject,
    /// Window.
    pub window: Span,
    /// Parameters.
    pub params: Vec<Param>,
    /// Named selections, in file order.
    pub selections: Vec<(String, SelectionId)>,
    /// Measures, each after those it needs.
    pub measures: Vec<Measure>,
    /// The sequence, if any.
    pub sequence: Option<Sequence>,
    /// The graph pattern, if any.
    pub graph: Option<Graph>,
    /// `hit` of an indicator, `holds` of a suppressor.
    pub holds: Expr,
    /// More payments of a selection can only make `holds` true, never false, and nothing but a
    /// payment that a selection matches can make it true: lets the evaluator skip the rest.
    pub monotone: bool,
    /// Also evaluated at the end of each UTC day, for what stopped or never came.
    pub daily: bool,
    /// Feeds that must be delivered for a party before `absent()` says anything of it.
    pub feeds: FeedSet,
    /// Indicators that it asks for on the account of either end, in order of id.
    pub asks: Vec<(Side, String)>,
    /// Lists consulted.
    pub lists: Vec<ListId>,
    /// Text with numbers.
    pub text: Template,
    /// Source.
    pub cite: Cite,
    /// SHA-256 (hex) of the detection logic.
    pub logic_sha256: String,
    /// SHA-256 (hex) of the parameters.
    pub params_sha256: String,
}

/// One red flag about one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// The condition.
    pub condition: Condition,
    /// Crimes.
    pub crime: Vec<String>,
    /// Evidence family.
    pub family: Family,
    /// Weight class.
    pub tier: Tier,
    /// Role of the subject, where the indicator says one.
    pub subject_role: Option<Role>,
    /// Role of the other ends.
    pub other_role: Option<Role>,
}

/// One lawful explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressor {
    /// The condition.
    pub condition: Condition,
    /// Why it did not apply, with numbers.
    pub text_not: Template,
}

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// A measure of the rule itself.
    Measure(MeasureId),
    /// A parameter of the rule itself.
    Param(ParamId),
    /// A measure of an indicator (in headlines).
    Of(IndicatorId, MeasureId),
    /// A field of the subject, such as `self.home.town`.
    SelfText(SelfText),
    /// Days from the first evidence payment to the last.
    EpisodeDays,
    /// A part of the row that `near` found (in modifiers).
    Row(RowPart),
}

/// What a headline may say of the subject itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the paths of RULES.md")]
pub enum SelfText {
    HomeTown,
    HomeRegion,
    WorkTown,
    AccountAge,
}

/// A named exception: one account, one reason, one owner, one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Typology id.
    pub typology: String,
    /// The account or party it is for.
    pub key: String,
    /// Reason.
    pub reason: String,
    /// Owner.
    pub owner: String,
    /// Last day.
    pub expires: palermo_domain::Date,
}
