//! What is decided of every selection by the few words that a payment has in common with many others.
//!
//! Kind, rail, channel, status, purpose, what is known of the ends and which parts a payment carries
//! at all make its *profile*. Of all ends with one profile most selections say the same: they are
//! false, true, or unknown for lack of the same field, whatever the amount is. They are decided once for
//! a profile; what is *open* is evaluated for each payment.
//!
//! Promise: what is decided here is what an evaluation would say. Cost: one look-up; a new profile costs
//! one look at each selection that its kind of payment leaves open.

use crate::bind::Node;
use crate::eval::{At, leg_of, party_of, read};
use crate::value::{Value, arithmetic, compare, not};
use palermo_lang::program::{EndField, Field, Symbol};
use palermo_ledger::{Leg, RowProfile};

/// See the module. Two ends with equal profiles agree in every field that is [`Seen::Said`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    row: RowProfile,
    /// Side, kinds and what is known of the ends, kind of terminal.
    ends: u32,
}

impl Profile {
    pub(super) fn of(at: &At<'_>) -> Self {
        let mut ends = u32::from(at.leg == Leg::Debtor);
        for leg in Leg::BOTH {
            let party = party_of(at.env, at.row, leg);
            let end = at.row.end(leg);
            let kind = match read(kind_field(at.leg, leg), at.env, at.row, at.leg) {
                Value::Symbol(Symbol::EndKind(kind)) => kind as u32 & 15,
                _ => 15,
            };
            let account = u32::from(at.row.account(leg).is_some());
            let known = u32::from(party.is_some()) | u32::from(end.party.is_some()) << 1;
            ends = ends << 7 | kind << 3 | account << 2 | known;
        }
        let terminal = at.row.site().terminal_kind.map_or(255, |kind| kind as u32);
        Self { row: at.row.profile(), ends: ends << 8 | terminal & 255 }
    }

    /// The same, of the payment alone: kind, rail and the like, and its side.
    pub(super) fn coarse(self, leg: Leg) -> (u32, Leg) {
        (self.row.manner, leg)
    }
}

fn kind_field(own: Leg, leg: Leg) -> Field {
    let side = if own == leg {
        palermo_lang::program::Side::Own
    } else {
        palermo_lang::program::Side::Other
    };
    Field::End(side, EndField::Kind)
}

/// What a profile says of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen {
    Said(Value),
    Open,
}

/// Looks at expressions with the eyes of a profile, through one payment that has it.
pub(super) struct Eyes<'e, 'a> {
    pub(super) at: &'e At<'a>,
    /// Only the payment's own words are looked at.
    pub(super) coarse: bool,
}

impl Eyes<'_, '_> {
    pub(super) fn see(&self, node: &Node) -> Seen {
        use Seen::{Open, Said};
        match node {
            Node::Const(value) => Said(*value),
            Node::Field(field) => self.field(*field),
            Node::Not(inner) => match self.see(inner) {
                Said(value) => Said(not(value)),
                Open => Open,
            },
            Node::And(all) => self.joined(all, false),
            Node::Or(any) => self.joined(any, true),
            Node::Compare(op, a, b) => match (self.see(a), self.see(b)) {
                (Said(Value::Account(_)), _) | (_, Said(Value::Account(_))) => Open,
                (Said(a), Said(b)) => Said(compare(*op, a, b)),
                (Said(unknown @ Value::Unknown(_)), _) => Said(unknown),
                _ => Open,
            },
            Node::Arithmetic(op, a, b) => match (self.see(a), self.see(b)) {
                (Said(a), Said(b)) => Said(arithmetic(*op, a, b)),
                (Said(unknown @ Value::Unknown(_)), _) => Said(unknown),
                _ => Open,
            },
            Node::Present(field) => match self.field(*field) {
                Said(value) => Said(Value::Bool(value.known())),
                Open => Open,
            },
            Node::InList(inner, _) | Node::ToDecimal(inner) => match self.see(inner) {
                Said(unknown @ Value::Unknown(_)) => Said(unknown),
                _ => Open,
            },
            Node::Money(..)
            | Node::Step(..)
            | Node::Measure(_)
            | Node::Matches(..)
            | Node::EndInList(..)
            | Node::Lookup(..)
            | Node::Distance(..)
            | Node::Near(..)
            | Node::NearDays(..)
            | Node::Unrelated
            | Node::Holds(..)
            | Node::Event(..)
            | Node::Relations(..) => Open,
        }
    }

    /// As [`crate::eval::eval`] joins them: what stops does so wherever it stands, else the first
    /// unknown part counts.
    fn joined(&self, parts: &[Node], stop: bool) -> Seen {
        let (mut open, mut unknown) = (false, None);
        for part in parts {
            match self.see(part) {
                Seen::Said(Value::Bool(truth)) if truth == stop => {
                    return Seen::Said(Value::Bool(stop));
                }
                Seen::Said(Value::Bool(_)) => {}
                Seen::Said(other) => unknown = unknown.or(Some(other)),
                Seen::Open => open = true,
            }
        }
        if open { Seen::Open } else { Seen::Said(unknown.unwrap_or(Value::Bool(!stop))) }
    }

    fn field(&self, field: Field) -> Seen {
        let value = || read(field, self.at.env, self.at.row, self.at.leg);
        let of_payment = matches!(
            field,
            Field::Direction
                | Field::Kind
                | Field::Rail
                | Field::Channel
                | Field::Status
                | Field::Relation
                | Field::Purpose
                | Field::Currency
                | Field::Text
        );
        if of_payment {
            return Seen::Said(value());
        }
        if self.coarse || !self.said(field) {
            return Seen::Open;
        }
        Seen::Said(value())
    }

    /// Whether the profile says a field, or that it is not there.
    fn said(&self, field: Field) -> bool {
        let row = self.at.row;
        let lacks = || !read(field, self.at.env, row, self.at.leg).known();
        match field {
            Field::ServiceKind
            | Field::TerminalKind
            | Field::CardPrepaid
            | Field::CardPresent
            | Field::CardReload
            | Field::ConductorIsHolder => true,
            Field::Fee
            | Field::GrossAmount
            | Field::RefersTo
            | Field::DeviceId
            | Field::DeviceIpCountry
            | Field::CardToken
            | Field::ConductorParty
            | Field::ConductorDocument
            | Field::StayNights
            | Field::StayRooms => lacks(),
            Field::MerchantId
            | Field::MerchantMcc
            | Field::MerchantDomain
            | Field::MerchantCountry
            | Field::MerchantRegion
            | Field::MerchantTown
            | Field::MerchantPlace
            | Field::MerchantLocode
            | Field::TerminalId
            | Field::TerminalCountry
            | Field::TerminalRegion
            | Field::TerminalTown
            | Field::TerminalPlace
            | Field::TerminalLocode => !row.profile().has_site(),
            Field::CounterAmount
            | Field::CounterCurrency
            | Field::DeviceIp
            | Field::ServiceRef
            | Field::StayCheckIn
            | Field::TravelOneWay
            | Field::TravelPassengers
            | Field::TravelTravelers
            | Field::TravelFrom
            | Field::TravelTo
            | Field::TravelToCountry
            | Field::TravelDepart
            | Field::TravelBooking
            | Field::CheckPayee
            | Field::CheckNumber
            | Field::CashCoins
            | Field::CashValueIn
            | Field::CashValueOut
            | Field::CashLargestIn
            | Field::CashSmallestOut
            | Field::CryptoChain
            | Field::CryptoTxHash
            | Field::Crypto(..)
            | Field::Ultimate(..) => !row.profile().has_rare(),
            Field::End(side, field) => self.said_of_end(leg_of(self.at.leg, side), field),
            _ => false,
        }
    }

    fn said_of_end(&self, leg: Leg, field: EndField) -> bool {
        use EndField as E;
        let row = self.at.row;
        match field {
            E::Kind => true,
            E::Account => row.account(leg).is_none(),
            E::Party => row.end(leg).party.is_none() && party_of(self.at.env, row, leg).is_none(),
            // Only the record of a party says these.
            E::Segment
            | E::AgeBand
            | E::Activity
            | E::OccupationCode
            | E::IndustryMcc
            | E::Home
            | E::Work
            | E::HomePart(_)
            | E::WorkPart(_)
            | E::MonthlyIncome
            | E::MonthlyTurnover
            | E::Headcount
            | E::Licensed
            | E::Since
            | E::Incorporated
            | E::CustomerAge
            | E::CompanyAge
            | E::OpenAt
            | E::Delivers(_) => party_of(self.at.env, row, leg).is_none(),
            _ => false,
        }
    }
}
