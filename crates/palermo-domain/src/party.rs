//! What the bank knows of its customers, and rows of reference lists.

use crate::{
    Activity, AgeBand, Currency, Date, EventCode, EventTime, Feed, PartyKind, Place, Product,
    Redacted, RelationKind,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A customer as of a time. Nationality, ethnicity, religion, sex, immigration status, birthplace
/// and language have no field here, on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Party id.
    pub party: Redacted<String>,
    /// Since when this holds; the newest wins.
    pub as_of: EventTime,
    /// Person, business, public body.
    pub kind: PartyKind,
    /// Accounts held or used.
    pub accounts: Vec<OwnedAccount>,
    /// Declared peer group.
    pub segment: Option<String>,
    /// Where the party lives or sits.
    pub home: Option<Redacted<Place>>,
    /// Where the party works.
    pub work: Option<Redacted<Place>>,
    /// Customer since.
    pub since: Option<Date>,
    /// Age band.
    pub age_band: Option<AgeBand>,
    /// Industry, as a merchant category code.
    pub industry_mcc: Option<String>,
    /// Employees.
    pub headcount: Option<u32>,
    /// Monthly income in `currency`.
    pub monthly_income: Option<Redacted<Decimal>>,
    /// Monthly turnover in `currency`.
    pub monthly_turnover: Option<Redacted<Decimal>>,
    /// Currency of income and turnover.
    pub currency: Option<Currency>,
    /// Opening hours.
    pub hours: Vec<Hours>,
    /// Found in a license register.
    pub licensed: Option<bool>,
    /// Keyed hash.
    pub phone: Option<Redacted<String>>,
    /// Keyed hash.
    pub email: Option<Redacted<String>>,
    /// Keyed hash.
    pub address: Option<Redacted<String>>,
    /// Declared relations.
    pub relations: Vec<PartyRelation>,
    /// Feeds the bank delivers for this party.
    pub feeds: FeedSet,
    /// Acceptor ids of a firm.
    pub merchants: Vec<Redacted<String>>,
    /// Terminals of a firm.
    pub terminals: Vec<Redacted<String>>,
    /// What a person does.
    pub activity: Option<Activity>,
    /// ISCO-08 code.
    pub occupation_code: Option<String>,
    /// Day of incorporation.
    pub incorporated: Option<Date>,
    /// Coded observations of staff and systems.
    pub events: Vec<PartyEvent>,
    /// Key that made the hashes; hashes of different keys never match.
    pub hash_key_id: Option<String>,
}

/// An account of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAccount {
    /// Globally unique account.
    pub account: Redacted<String>,
    /// Day of opening.
    pub opened: Option<Date>,
    /// Day of closing.
    pub closed: Option<Date>,
    /// Product.
    pub product: Option<Product>,
    /// Holder or joint holder (`true`); authorized user or mandate (`false`).
    pub holder: bool,
}

/// Opening hours on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Days, Monday is bit 0.
    pub days: u8,
    /// Minute of the day.
    pub open_minute: u16,
    /// Minute of the day; before `open_minute` it means the next day.
    pub close_minute: u16,
}

/// A declared relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyRelation {
    /// The other party.
    pub party: Redacted<String>,
    /// What it is.
    pub kind: RelationKind,
    /// From which day.
    pub since: Option<Date>,
    /// To which day.
    pub until: Option<Date>,
}

/// A coded observation of staff or systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyEvent {
    /// What.
    pub code: EventCode,
    /// When.
    pub at: EventTime,
    /// By whom.
    pub by: Option<Redacted<String>>,
    /// On which device.
    pub device: Option<Redacted<String>>,
}

/// A set of feeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSet(u16);

impl FeedSet {
    /// Adds a feed.
    pub fn insert(&mut self, feed: Feed) {
        self.0 |= 1 << (feed as u8);
    }

    /// Whether no feed is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every feed of another set is in this one.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the feed is in the set.
    pub fn contains(self, feed: Feed) -> bool {
        self.0 & (1 << (feed as u8)) != 0
    }
}

/// One row of a reference list, from the topic `lists` or from a list file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// List id.
    pub list: String,
    /// Row key.
    pub row: String,
    /// Typed only when a rule set is loaded; text or boolean here.
    pub fields: Vec<(String, String)>,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Option<Date>,
    /// Where the row is from.
    pub source: String,
}
