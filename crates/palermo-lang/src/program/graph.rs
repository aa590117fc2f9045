//! Graph patterns: what is looked for around the subject, and the measures that it gives.

use super::{ListId, SelectionId, Type};
use palermo_domain::{Span, Subject};

/// One bounded pattern with the subject at its focus.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Which pattern.
    pub pattern: Pattern,
    /// The payments that it is made of; its condition is the same seen from either end.
    pub edges: SelectionId,
    /// How far back it looks, at most the window.
    pub within: Span,
}

/// How much of what one payment brings the next one passes on, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeps {
    /// At least this share.
    pub least: u32,
    /// At most this share.
    pub most: u32,
}

/// A pattern with what it is asked for; `docs/patterns.md` says what each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Who paid the subject.
    FanIn,
    /// Whom the subject paid.
    FanOut,
    /// The longest chain that a payment of the subject ends.
    Chain {
        /// Fewest and most payments.
        hops: (u8, u8),
        /// What each payment passes on.
        keeps: Keeps,
    },
    /// Cycles that a payment of the subject completes.
    Cycle {
        /// Fewest and most payments.
        hops: (u8, u8),
        /// What each payment passes on.
        keeps: Option<Keeps>,
    },
    /// One pays many who pay the subject.
    ScatterGather {
        /// What each in the middle passes on.
        keeps: Option<Keeps>,
    },
    /// Many pay the subject, which then pays many.
    GatherScatter,
    /// Many pay the same many; the subject is one of them.
    Bipartite {
        /// Each sink is paid by so many.
        sources: u32,
        /// Each source pays so many.
        sinks: u32,
    },
    /// About the same amount came the other way before.
    Mirror {
        /// How far apart the amounts are, in millionths.
        tolerance: u32,
    },
    /// Payments of the subject that move along a route.
    Corridor {
        /// The places of routes, with columns `route` and `stage`.
        list: ListId,
        /// The columns of route and stage.
        columns: (u16, u16),
    },
    /// Who else used what a payment of the subject carries.
    Shared {
        /// A device, address, phone number and so on: one of [`Self::SHARED`].
        by: Subject,
    },
}

impl Pattern {
    /// What accounts can share. A merchant stands at the end that is paid, and a party or pair is no attribute.
    pub const SHARED: [Subject; 8] = [
        Subject::Device,
        Subject::Address,
        Subject::Phone,
        Subject::Email,
        Subject::Wallet,
        Subject::Card,
        Subject::Terminal,
        Subject::Conductor,
    ];

    /// The word in rules and metric labels.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::FanIn => "fan_in",
            Self::FanOut => "fan_out",
            Self::Chain { .. } => "chain",
            Self::Cycle { .. } => "cycle",
            Self::ScatterGather { .. } => "scatter_gather",
            Self::GatherScatter => "gather_scatter",
            Self::Bipartite { .. } => "bipartite",
            Self::Mirror { .. } => "mirror",
            Self::Corridor { .. } => "corridor",
            Self::Shared { .. } => "shared",
        }
    }
}

macro_rules! patterns {
    ($($variant:pat, $name:literal: $([$value:ident, $word:literal, $kind:ident])*;)*) => {
        /// The names of all patterns.
        pub const PATTERNS: &[&str] = &[$($name),*];

        impl Pattern {
            /// How it is written.
            pub const fn name(&self) -> &'static str {
                match self { $($variant => $name,)* }
            }

            /// The measures that it gives: name, value and type.
            pub const fn values(&self) -> &'static [(&'static str, GraphValue, Type)] {
                match self {
                    $($variant => &[$((
                        concat!($name, ".", $word), GraphValue::$value, Type::$kind
                    )),*],)*
                }
            }
        }
    };
}

patterns! {
    Self::FanIn, "fan_in": [Accounts, "accounts", Int] [Payments, "payments", Int];
    Self::FanOut, "fan_out": [Accounts, "accounts", Int] [Payments, "payments", Int];
    Self::Chain { .. }, "chain": [Found, "found", Int] [Hops, "hops", Int]
        [Amount, "amount", Money] [Share, "keeps", Decimal];
    Self::Cycle { .. }, "cycle": [Found, "found", Int] [Hops, "hops", Int]
        [Amount, "amount", Money];
    Self::ScatterGather { .. }, "scatter_gather": [Middles, "middles", Int]
        [Sources, "sources", Int];
    Self::GatherScatter, "gather_scatter": [Sources, "sources", Int] [Targets, "targets", Int]
        [Amount, "amount", Money] [Share, "passed", Decimal];
    Self::Bipartite { .. }, "bipartite": [Sources, "left", Int] [Targets, "right", Int]
        [Amount, "amount", Money] [Share, "returned", Decimal];
    Self::Mirror { .. }, "mirror": [Found, "pairs", Int] [Amount, "amount", Money];
    Self::Corridor { .. }, "corridor": [Hops, "stages", Int];
    Self::Shared { .. }, "shared": [Accounts, "accounts", Int] [Payments, "payments", Int];
}

/// What a pattern says of itself. Numbers are 0 where nothing is found, all else is unknown, and so
/// are the hops of a cycle that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GraphValue {
    /// How many were found.
    Found,
    /// Payments of the shortest cycle, of the longest chain or corridor.
    Hops,
    /// Different accounts.
    Accounts,
    /// Payments.
    Payments,
    /// Accounts in the middle.
    Middles,
    /// Who pays.
    Sources,
    /// Who is paid.
    Targets,
    /// Money: what the first payment of a chain brought, what came back in a cycle or mirror, what
    /// was gathered, what sources paid sinks.
    Amount,
    /// What part of it was passed on or came back.
    Share,
}
