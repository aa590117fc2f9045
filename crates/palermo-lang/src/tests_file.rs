//! Test files beside the rules: parsed, checked, and expanded to payments.
//!
//! What an event does not say: `start` is 0s, `repeat` 1, `status` booked, `currency` the base
//! currency, `channel` none. The rail follows from the kind: cash, card and check kinds have
//! theirs, crypto kinds `crypto`, what happens inside a bank `internal`, and a transfer, direct
//! debit, payroll or benefit `ach` in USD, `sct` in EUR, `wire` in any other currency.
//!
//! [`parse_tests`] reads every `*.test.yaml`; a [`TestFile`] is closed in itself (places are
//! resolved), so [`TestFile::events`] cannot fail. Expansion is a function of the text: a range
//! is drawn by a hash of test, event, field and index.

use palermo_domain::alert::Role;
use palermo_domain::{
    Channel, Currency, Decimal, EndKind, EventTime, Party, PaymentKind, Place, Rail, Relation,
    Span, Status,
};
use std::collections::BTreeMap;

mod carried;
mod event;
mod expect;
mod extra;
mod lint;
mod party;
mod payment;
mod read;

pub use event::EventTemplate;
pub use extra::hashed;
pub use read::parse_tests;

/// The world of a test file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Base currency.
    pub base_currency: Currency,
    /// Time of an event with `start: 0s`.
    pub start: EventTime,
    /// `state.horizon`, where the file sets one.
    pub horizon: Option<Span>,
    /// `state.evidence_horizon`, where the file sets one.
    pub evidence_horizon: Option<Span>,
    /// Allowed lateness, where the file sets one.
    pub lateness: Option<Span>,
    /// Units of other currencies for one of the base currency, the same on every day.
    pub rates: Vec<(Currency, Decimal)>,
}

/// A checked test file.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFile {
    /// Its path.
    pub path: String,
    /// The rule it tests.
    pub rule: String,
    /// Its world.
    pub world: World,
    /// Parties, as of `world.start`.
    pub parties: Vec<Party>,
    /// Tests, in file order; names are unique.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Name.
    pub name: String,
    /// Line and column of the name, from 1.
    pub position: (usize, usize),
    /// The look-alike it stands for, or the suppressor's id.
    pub lookalike: Option<String>,
    /// Must stay quiet today; fails when the gap closes.
    pub known_gap: bool,
    /// Alerts today although it should not; fails when it stops.
    pub known_false_positive: bool,
    /// The field that is not delivered here, as rules write it: the rule must stay quiet and count
    /// it.
    pub missing: Option<String>,
    /// The test whose events are used.
    pub from: Option<String>,
    /// Moves each parameter to where the rule just holds.
    pub boundary_auto: bool,
    /// Events.
    pub events: Vec<EventTemplate>,
    /// What must come out.
    pub expect: Expect,
    /// Variations under which the outcome must not change.
    pub invariants: Invariants,
}

/// What must come out; `None` where the test does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// The exact list of hits of the rule under test (indicators).
    pub hits: Option<Vec<ExpectHit>>,
    /// The exact list of subjects that the suppressor under test holds on.
    pub holds: Option<Vec<ExpectHold>>,
    /// The exact list of created alerts.
    pub alerts: Option<Vec<ExpectAlert>>,
    /// The exact list of suppressed findings.
    pub suppressed: Option<Vec<ExpectSuppressed>>,
}

/// An indicator that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectHit {
    /// Indicator id.
    pub indicator: String,
    /// Account.
    pub on: Option<String>,
}

/// A suppressor that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectHold {
    /// Suppressor id.
    pub suppressor: String,
    /// Account.
    pub on: Option<String>,
}

/// An alert that must be created; fields that are `None` are not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectAlert {
    /// Typology id.
    pub typology: String,
    /// `created` and so on.
    pub action: Option<String>,
    /// Key of the anchor.
    pub on: Option<String>,
    /// Indicators, as a set.
    pub indicators: Option<Vec<String>>,
    /// Roles of the named accounts or parties.
    pub roles: BTreeMap<String, Role>,
    /// Severity.
    pub level: Option<String>,
    /// Score.
    pub score: Option<u32>,
    /// Modifiers that apply, as a set.
    pub modifiers: Option<Vec<String>>,
}

/// A finding that must be held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectSuppressed {
    /// Typology id.
    pub typology: String,
    /// Suppressor id.
    pub by: Option<String>,
    /// Key of the anchor.
    pub on: Option<String>,
}

/// Variations under which the outcome must not change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invariants {
    /// Order of arrival shuffled within this.
    pub shuffle_within: Option<Span>,
    /// Share of payments that arrive twice.
    pub duplicate: Option<Decimal>,
    /// A restart between every two events.
    pub restart_between_every_event: bool,
    /// Numbers of partitions to spread over.
    pub partitions: Vec<u32>,
}

/// One event, drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct TestEvent {
    /// Payment id.
    pub id: String,
    /// Event time.
    pub time: EventTime,
    /// Kind.
    pub kind: PaymentKind,
    /// Rail.
    pub rail: Rail,
    /// Channel.
    pub channel: Option<Channel>,
    /// Status.
    pub status: Status,
    /// Amount.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Account of the debtor (party, where cash is paid in).
    pub from: Option<String>,
    /// Account of the creditor (party, where cash is drawn).
    pub to: Option<String>,
    /// Region of the debtor.
    pub from_region: Option<String>,
    /// Region of the creditor.
    pub to_region: Option<String>,
    /// Kind of the debtor.
    pub from_kind: Option<EndKind>,
    /// Kind of the creditor.
    pub to_kind: Option<EndKind>,
    /// Where it happened.
    pub place: Option<Place>,
    /// Merchant category code.
    pub mcc: Option<String>,
    /// Merchant id.
    pub merchant: Option<String>,
    /// Merchant domain.
    pub domain: Option<String>,
    /// Terminal id.
    pub terminal: Option<String>,
    /// Purpose code.
    pub purpose: Option<String>,
    /// Declared relation.
    pub relation: Option<Relation>,
    /// Offset of the place.
    pub utc_offset_minutes: Option<i16>,
    /// Who stood there.
    pub conductor: Option<Conductor>,
    /// Earlier payment.
    pub refers_to: Option<String>,
    /// Device id.
    pub device: Option<String>,
    /// Address of the device, by country.
    pub ip_country: Option<String>,
    /// Wallet of the debtor.
    pub from_wallet: Option<String>,
    /// Wallet of the creditor.
    pub to_wallet: Option<String>,
    /// Nights of a stay.
    pub nights: Option<u16>,
    /// What few payments carry, by path (`travel.from`), as text.
    pub extra: BTreeMap<&'static str, String>,
}

/// Who stood at the counter or machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conductor {
    /// Party id.
    pub party: Option<String>,
    /// Whether it is the holder.
    pub is_holder: Option<bool>,
}

impl TestFile {
    /// The test whose events this one uses: itself, or the one named by `from`.
    pub fn source_of<'f>(&'f self, test: &'f Test) -> &'f Test {
        let from = test.from.as_ref().filter(|_| test.events.is_empty());
        from.and_then(|from| self.tests.iter().find(|other| other.name == *from)).unwrap_or(test)
    }

    /// The events of a test, in event-time order. A test that borrows events by `from` has the
    /// very same ones. Cost: one draw per field and event.
    pub fn events(&self, test: &Test) -> Vec<TestEvent> {
        let source = self.source_of(test);
        let mut all: Vec<TestEvent> = Vec::new();
        for (number, template) in source.events.iter().enumerate() {
            all.extend(template.expand(&source.name, number, &self.world));
        }
        all.sort_by_key(|event| event.time);
        all
    }
}
