//! What was planted: the answer sheet of a world.
//!
//! Promise: a case lists exactly the payments that were written for it, in event-time order, under
//! the ids they have in the stream; legs that the bank never sees are listed without an id.

use palermo_domain::EventTime;
use palermo_domain::alert::Role;

/// One planted network or look-alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Name in the answer sheet, such as `ct-14-1` or `savings_club-1`: the episode.
    pub id: String,
    /// Whether it must be found or must stay quiet.
    pub kind: CaseKind,
    /// The typology that must find it, or must stay quiet about it.
    pub typology: &'static str,
    /// The node that gathers.
    pub anchor: Node,
    /// Party that holds the anchor; the anchor itself where that is a party; empty where nobody the
    /// bank knows holds it.
    pub holder: String,
    /// Every account of the holder.
    pub accounts: Vec<String>,
    /// Everybody who takes part, the holder and the holder's accounts first.
    pub members: Vec<Member>,
    /// Event time of the first payment that is seen.
    pub first: EventTime,
    /// Event time of the last payment that is seen.
    pub last: EventTime,
    /// Ids of the payments, in event-time order.
    pub payments: Vec<String>,
    /// Every leg, seen or not, in event-time order.
    pub legs: Vec<Leg>,
    /// When the flow has happened in full for the first time; `None` where it never does, as in an
    /// innocent life.
    pub complete: Option<EventTime>,
    /// The same, of what the bank sees: before it nobody could decide.
    pub decidable: Option<EventTime>,
    /// How it evades, where it does.
    pub evading: Option<Evasion>,
    /// Other cases that use an account of this one.
    pub shares: Vec<String>,
}

/// A payment of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Its id in the stream; `None` where the bank never sees it.
    pub payment: Option<String>,
    /// When.
    pub at: EventTime,
    /// Which step of the flow: `receipt`, `rent`, `sweep`, …
    pub step: &'static str,
    /// Amount in cents.
    pub cents: u32,
}

/// How a network evades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evasion {
    /// Smaller amounts and fewer people: six tenths of both.
    Below,
    /// The collector's money is spread over two people's accounts.
    Split,
    /// Two to three times as long, where the world is long enough.
    Slow,
}

impl Evasion {
    /// The word in the answer sheet.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Split => "split",
            Self::Slow => "slow",
        }
    }
}

/// What is expected of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// An alert is right.
    Planted,
    /// An alert is wrong.
    Lookalike {
        /// Which innocent life it is: `savings_club`, `hotel_worker`, …
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

    /// Whether anybody in it is the node of an anchor.
    pub fn involves(&self, anchor: &str) -> bool {
        self.members.iter().any(|member| member.node.anchor() == anchor)
    }
}
