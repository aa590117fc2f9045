//! Payments, parties and list rows to bytes: what the generator and the tests write.
//!
//! Promise: decoding what is written here gives the same value. Keys stand in the order of the
//! schema; absent fields are left out; so the same value always gives the same bytes.

use crate::party::DAYS;
use crate::write::JsonWriter;
use palermo_domain::{
    Cash, CashNotes, Crypto, CryptoSide, End, Feed, FeedSet, Hours, ListRow, MicroDegrees,
    OwnedAccount, Party, PartyEvent, PartyRelation, Payment, Place, PlaceText, Redacted, Status,
    Text, Travel,
};
use std::fmt;

/// Appends the payment as one JSON object.
pub fn encode_payment(payment: &Payment<'_>, out: &mut Vec<u8>) {
    JsonWriter::new(out).object(|json| {
        json.field("schema", "payment.v1");
        json.field("payment_id", payment.payment_id.expose());
        json.plain_field("event_time", payment.event_time);
        json.bare_opt("utc_offset_minutes", payment.utc_offset_minutes);
        json.field("kind", payment.kind.as_str());
        json.field("rail", payment.rail.as_str());
        json.field_opt("channel", payment.channel.map(|channel| channel.as_str()));
        if payment.status != Status::Booked {
            json.field("status", payment.status.as_str());
        }
        json.plain_field("amount", payment.amount);
        json.plain_field("currency", payment.currency);
        json.plain_opt("fee", payment.fee);
        end(json, "debtor", &payment.debtor);
        end(json, "creditor", &payment.creditor);
        for (name, party) in [
            ("ultimate_debtor", &payment.ultimate_debtor),
            ("ultimate_creditor", &payment.ultimate_creditor),
        ] {
            if let Some(party) = party {
                end(json, name, party);
            }
        }
        parts(json, payment);
        references(json, payment);
        trades(json, payment);
    });
}

fn references(json: &mut JsonWriter<'_>, payment: &Payment<'_>) {
    json.field_opt("purpose", payment.purpose.as_deref());
    json.field_opt("relation", payment.relation.map(|relation| relation.as_str()));
    json.field_opt("text", shown(&payment.text));
    json.field_opt("end_to_end_id", shown(&payment.end_to_end_id));
    json.field_opt("uetr", shown(&payment.uetr));
    json.field_opt("batch", payment.batch.as_deref());
    json.field_opt("source", payment.source.as_deref());
    json.field_opt("refers_to", shown(&payment.refers_to));
}

fn trades(json: &mut JsonWriter<'_>, payment: &Payment<'_>) {
    if let Some(stay) = &payment.stay {
        json.key("stay").object(|json| {
            json.plain_opt("check_in", stay.check_in);
            json.bare_opt("nights", stay.nights);
            json.bare_opt("rooms", stay.rooms);
        });
    }
    if let Some(service) = &payment.service {
        json.key("service").object(|json| {
            json.field_opt("kind", service.kind.map(|kind| kind.as_str()));
            json.field_opt("ref", shown(&service.reference));
        });
    }
    if let Some(check) = &payment.check {
        json.key("check").object(|json| {
            json.field_opt("payee", shown(&check.payee));
            json.field_opt("number", shown(&check.number));
        });
    }
    json.plain_opt("gross_amount", payment.gross_amount);
    json.field_opt("entity", payment.entity.as_deref());
    json.plain_opt("counter_amount", payment.counter_amount);
    json.plain_opt("counter_currency", payment.counter_currency);
}

fn end(json: &mut JsonWriter<'_>, name: &str, end: &End<'_>) {
    json.key(name).object(|json| {
        json.field_opt("account", shown(&end.account));
        json.field_opt("party", shown(&end.party));
        json.field_opt("name", shown(&end.name));
        json.field_opt("kind", end.kind.map(|kind| kind.as_str()));
        json.field_opt("bank", end.bank.as_deref());
        place(json, &end.place);
        json.field_opt("alias", shown(&end.alias));
        json.field_opt("phone", shown(&end.phone));
        json.field_opt("email", shown(&end.email));
        json.field_opt("address", shown(&end.address));
        json.field_opt("wallet", shown(&end.wallet));
        json.bare_opt("ours", end.ours);
        json.plain_opt("balance_after", end.balance_after);
    });
}

fn parts(json: &mut JsonWriter<'_>, payment: &Payment<'_>) {
    if let Some(conductor) = &payment.conductor {
        json.key("conductor").object(|json| {
            json.field_opt("party", shown(&conductor.party));
            json.field_opt("document", shown(&conductor.document));
            json.bare_opt("is_holder", conductor.is_holder);
        });
    }
    if let Some(merchant) = &payment.merchant {
        json.key("merchant").object(|json| {
            json.field_opt("id", shown(&merchant.id));
            json.field_opt("mcc", merchant.mcc.as_deref());
            json.field_opt("name", shown(&merchant.name));
            json.field_opt("domain", shown(&merchant.domain));
            place(json, &merchant.place);
        });
    }
    if let Some(terminal) = &payment.terminal {
        json.key("terminal").object(|json| {
            json.field_opt("id", shown(&terminal.id));
            json.field_opt("kind", terminal.kind.map(|kind| kind.as_str()));
            place(json, &terminal.place);
        });
    }
    if let Some(device) = &payment.device {
        json.key("device").object(|json| {
            json.field_opt("id", shown(&device.id));
            json.field_opt("ip", shown(&device.ip));
            json.field_opt("ip_country", device.ip_country.as_deref());
        });
    }
    if let Some(card) = &payment.card {
        json.key("card").object(|json| {
            json.field_opt("token", shown(&card.token));
            json.bare_opt("prepaid", card.prepaid);
            json.bare_opt("present", card.present);
            json.bare_opt("reload", card.reload);
        });
    }
    payment.crypto.iter().for_each(|found| crypto(json, found));
    payment.travel.iter().for_each(|found| travel(json, found));
    payment.cash.iter().for_each(|found| cash(json, found));
}

fn crypto(json: &mut JsonWriter<'_>, crypto: &Crypto<'_>) {
    json.key("crypto").object(|json| {
        json.field_opt("tx_hash", shown(&crypto.tx_hash));
        json.field_opt("chain", crypto.chain.as_deref());
        for (name, side) in [("debtor", &crypto.debtor), ("creditor", &crypto.creditor)] {
            if let Some(side) = side {
                crypto_side(json, name, side);
            }
        }
    });
}

fn crypto_side(json: &mut JsonWriter<'_>, name: &str, side: &CryptoSide<'_>) {
    json.key(name).object(|json| {
        json.field_opt("cluster", shown(&side.cluster));
        json.field_opt("label", shown(&side.label));
        json.field_opt("category", side.category.map(|category| category.as_str()));
        json.field_opt("confidence", side.confidence.map(|confidence| confidence.as_str()));
        json.plain_opt("as_of", side.as_of);
        json.plain_opt("exposure_percent", side.exposure_percent);
        json.bare_opt("hops", side.hops);
    });
}

fn travel(json: &mut JsonWriter<'_>, travel: &Travel<'_>) {
    json.key("travel").object(|json| {
        json.bare_opt("one_way", travel.one_way);
        json.bare_opt("passengers", travel.passengers);
        json.field_opt("from", shown(&travel.from));
        json.field_opt("to", shown(&travel.to));
        json.field_opt("to_country", travel.to_country.as_deref());
        json.plain_opt("depart", travel.depart);
        json.field_opt("booking", shown(&travel.booking));
        if !travel.travelers.is_empty() {
            json.texts("travelers", travel.travelers.iter().map(|hash| hash.expose().as_ref()));
        }
    });
}

fn cash(json: &mut JsonWriter<'_>, cash: &Cash) {
    let note = |json: &mut JsonWriter<'_>, note: &CashNotes| {
        json.object(|json| {
            json.plain_field("value", note.value);
            json.bare_field("count", note.count);
        });
    };
    json.key("cash").object(|json| {
        for (name, notes) in [("notes_in", &cash.notes_in), ("notes_out", &cash.notes_out)] {
            if !notes.is_empty() {
                json.key(name).array(notes, note);
            }
        }
        json.plain_opt("coins", cash.coins);
    });
}

/// The fields of a place, inside the object that has it.
fn place(json: &mut JsonWriter<'_>, place: &PlaceText<'_>) {
    json.field_opt("country", place.country.as_deref());
    json.field_opt("region", place.region.as_deref());
    json.field_opt("town", place.town.as_deref());
    coordinates(json, place.coordinates);
    json.field_opt("locode", place.locode.as_deref());
}

fn coordinates(json: &mut JsonWriter<'_>, found: Option<(MicroDegrees, MicroDegrees)>) {
    if let Some((lat, lon)) = found {
        json.bare_field("lat", Degrees(lat));
        json.bare_field("lon", Degrees(lon));
    }
}

/// Micro-degrees as a decimal number of degrees.
struct Degrees(MicroDegrees);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micro = self.0.0.unsigned_abs();
        let sign = if self.0.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (micro / 1_000_000, format!("{:06}", micro % 1_000_000));
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

/// The text of a field that goes to an output topic.
fn shown<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| text.expose().as_ref())
}

/// Appends the party as one JSON object.
pub fn encode_party(party: &Party, out: &mut Vec<u8>) {
    JsonWriter::new(out).object(|json| {
        json.field("schema", "party.v1");
        json.field("party", party.party.expose());
        json.plain_field("as_of", party.as_of);
        json.field("kind", party.kind.as_str());
        json.key("accounts").array(&party.accounts, account);
        json.field_opt("segment", party.segment.as_deref());
        for (name, at) in [("home", &party.home), ("work", &party.work)] {
            if let Some(at) = at {
                json.key(name).object(|json| owned_place(json, at.expose()));
            }
        }
        json.plain_opt("since", party.since);
        json.field_opt("age_band", party.age_band.map(|band| band.as_str()));
        json.field_opt("industry_mcc", party.industry_mcc.as_deref());
        json.bare_opt("headcount", party.headcount);
        json.plain_opt("monthly_income", party.monthly_income.map(Redacted::into_inner));
        json.plain_opt("monthly_turnover", party.monthly_turnover.map(Redacted::into_inner));
        json.plain_opt("currency", party.currency);
        listed(json, "hours", &party.hours, hours);
        json.bare_opt("licensed", party.licensed);
        json.field_opt("phone", owned(&party.phone));
        json.field_opt("email", owned(&party.email));
        json.field_opt("address", owned(&party.address));
        listed(json, "relations", &party.relations, relation);
        feeds(json, party.feeds);
        listed(json, "merchants", &party.merchants, |json, id| json.text(id.expose()));
        listed(json, "terminals", &party.terminals, |json, id| json.text(id.expose()));
        json.field_opt("activity", party.activity.map(|activity| activity.as_str()));
        json.field_opt("occupation_code", party.occupation_code.as_deref());
        json.plain_opt("incorporated", party.incorporated);
        listed(json, "events", &party.events, event);
        json.field_opt("hash_key_id", party.hash_key_id.as_deref());
    });
}

/// An array, left out where it is empty.
fn listed<T>(
    json: &mut JsonWriter<'_>,
    name: &str,
    items: &[T],
    each: impl FnMut(&mut JsonWriter<'_>, &T),
) {
    if !items.is_empty() {
        json.key(name).array(items, each);
    }
}

fn owned(text: &Option<Redacted<String>>) -> Option<&str> {
    text.as_ref().map(|text| text.expose().as_str())
}

fn account(json: &mut JsonWriter<'_>, account: &OwnedAccount) {
    json.object(|json| {
        json.field("account", account.account.expose());
        json.plain_opt("opened", account.opened);
        json.plain_opt("closed", account.closed);
        json.field_opt("product", account.product.map(|product| product.as_str()));
        if !account.holder {
            json.field("role", "authorized_user");
        }
    });
}

fn owned_place(json: &mut JsonWriter<'_>, place: &Place) {
    json.field_opt("country", place.country.as_deref());
    json.field_opt("region", place.region.as_deref());
    json.field_opt("town", place.town.as_deref());
    coordinates(json, place.coordinates);
    json.field_opt("locode", place.locode.as_deref());
}

fn hours(json: &mut JsonWriter<'_>, hours: &Hours) {
    let minute = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let days = DAYS.iter().enumerate().filter(|(bit, _)| hours.days >> bit & 1 == 1);
    json.object(|json| {
        json.texts("days", days.map(|(_, day)| *day));
        json.plain_field("open", minute(hours.open_minute));
        json.plain_field("close", minute(hours.close_minute));
    });
}

fn relation(json: &mut JsonWriter<'_>, relation: &PartyRelation) {
    json.object(|json| {
        json.field("party", relation.party.expose());
        json.field("kind", relation.kind.as_str());
        json.plain_opt("since", relation.since);
        json.plain_opt("until", relation.until);
    });
}

fn feeds(json: &mut JsonWriter<'_>, feeds: FeedSet) {
    if feeds != FeedSet::default() {
        let delivered = Feed::ALL.iter().filter(|feed| feeds.contains(**feed));
        json.texts("feeds", delivered.map(|feed| feed.as_str()));
    }
}

fn event(json: &mut JsonWriter<'_>, event: &PartyEvent) {
    json.object(|json| {
        json.field("code", event.code.as_str());
        json.plain_field("at", event.at);
        json.field_opt("by", owned(&event.by));
        json.field_opt("device", owned(&event.device));
    });
}

/// Appends the row as one JSON object.
pub fn encode_list_row(row: &ListRow, out: &mut Vec<u8>) {
    JsonWriter::new(out).object(|json| {
        json.field("schema", "list.v1");
        json.field("list", &row.list);
        json.field("row", &row.row);
        if !row.fields.is_empty() {
            json.key("fields").object(|json| {
                for (name, value) in &row.fields {
                    json.field(name, value);
                }
            });
        }
        json.plain_field("valid_from", row.valid_from);
        json.plain_opt("valid_to", row.valid_to);
        json.field("source", &row.source);
    });
}
