//! What was planted: the answer sheet of a world.
//!
//! Promise: a case lists exactly the payments that were written for it, in event-time order, under
//! the ids they have in the stream.

use palermo_domain::EventTime;
use palermo_domain::alert::Role;

/// One planted network or look-alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Name in the answer sheet, such as `ct-14-1` or `savings_club-1`.
    pub id: String,
    /// Whether it must be found or must stay quiet.
    pub kind: CaseKind,
    /// The typology that must find it, or must stay quiet about it.
    pub typology: &'static str,
    /// The node that gathers.
    pub anchor: Node,
    /// Party that holds the anchor; the anchor itself where that is a party.
    pub holder: String,
    /// Every account of the holder.
    pub accounts: Vec<String>,
    /// Everybody who takes part, the holder and the holder's accounts first.
    pub members: Vec<Member>,
    /// Event time of the first payment.
    pub first: EventTime,
    /// Event time of the last payment.
    pub last: EventTime,
    /// Ids of the payments, in event-time order.
    pub payments: Vec<String>,
}

/// What is expected of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// An alert is right.
    Planted,
    /// An alert is wrong.
    Lookalike {
        /// Which innocent life it is: `savings_club`, `hotel_worker`, `border_trader`, `sales_rep`.
        name: &'static str,
        /// The suppressor that explains it; `None` where the pattern itself must not hold.
        suppressor: Option<&'static str>,
    },
}

/// An account or a party.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// An account.
    Account(String),
    /// A party.
    Party(String),
}

impl Node {
    /// The form used as an alert's anchor: `account/…` or `party/…`.
    pub fn anchor(&self) -> String {
        match self {
            Self::Account(key) => format!("account/{key}"),
            Self::Party(key) => format!("party/{key}"),
        }
    }

    /// The key without its kind.
    pub fn key(&self) -> &str {
        match self {
            Self::Account(key) | Self::Party(key) => key,
        }
    }
}

/// Somebody in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub node: Node,
    /// The part a report may give them.
    pub role: Role,
    /// What they do: `collector`, `payer`, `victim`, `savings`, `lodging`, …
    pub function: &'static str,
}

impl Case {
    /// Whether an alert's anchor (`account/…` or `party/…`) is this case's holder or one of the
    /// holder's accounts. One ownership step counts as the same anchor.
    pub fn is_anchored_at(&self, anchor: &str) -> bool {
        match anchor.split_once('/') {
            Some(("account", key)) => self.accounts.iter().any(|account| account == key),
            Some(("party", key)) => self.holder == key,
            _ => false,
        }
    }

    /// Whether an alert about it is right.
    pub fn is_planted(&self) -> bool {
        self.kind == CaseKind::Planted
    }
}
