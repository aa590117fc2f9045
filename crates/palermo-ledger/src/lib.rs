//! The recent payments of the whole bank in memory, kept per entity in event-time order, and the
//! windows read from them.
//!
//! Principal type: [`Ledger`]. A payment becomes a packed row, read through a [`Row`] (everything
//! rules and evidence need, as numbers), and an entry at the account of each end ([`Book`]): windows
//! of rules and graph searches read the same one. Devices, parties and other subjects have entries
//! there too, where a rule asks for them ([`Ledger::want`]). A window is a walk over an account's entries,
//! newest first. Nothing here knows rules; which selections hold for an entry is decided above and
//! stored as an interned set ([`SetId`]).
//!
//! Promises: windows are exact whatever the order of arrival; a payment is forgotten only when it
//! is older than the cutoff the caller gives; every byte is counted ([`Ledger::bytes`]).

mod bind;
mod detail;
pub mod edges;
mod few;
mod intern;
mod ledger;
mod marks;
mod pack;
mod pages;
mod party;
pub mod past;
mod payment_id;
mod rare;
mod rates;
mod row;
mod running;
mod shards;
mod shared;
mod snapshot;
mod subjects;
mod table;
mod texts;
mod totals;
mod window;

pub use detail::{Book, Detail, SetId};
pub use intern::{Atom, Atoms, PlaceId, PlaceParts, Places};
pub use ledger::{Known, Ledger, Memory};
pub use marks::Marks;
pub use party::{Declared, KnownParty, Owned, Parties, PartyId};
pub use payment_id::PaymentId;
pub use rare::Rare;
pub use rates::Rates;
pub use row::{AccountId, Leg, Origin, Row, RowId, RowProfile};
pub use shared::{Contact, EndRow, Manner, Site};
pub use snapshot::Frozen;
pub use subjects::{Carried, Kinds};
pub use totals::{Adder, Totals};
pub use window::{Entry, Window};
