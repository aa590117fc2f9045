//! The objects inside a payment.

use super::money;
use crate::read::{
    Ctx, Objects, Record, Strings, amount, array, boolean, checked, coordinate, date, integer,
    keys, object, record, symbol,
};
use crate::rule::Rule;
use palermo_domain::{
    Card, Cash, CashNotes, Check, Conductor, Crypto, CryptoCategory, CryptoConfidence, CryptoSide,
    DeadLetterReason, Decimal, Device, End, EndKind, Merchant, MicroDegrees, PlaceText, Redacted,
    Service, ServiceKind, Stay, Terminal, TerminalKind, Travel, parse_signed_amount,
};
use serde::de::MapAccess;
use std::borrow::Cow;

const NAME: Rule = Rule::Length(1, 140);
const TOWN: Rule = Rule::Length(1, 70);
const REGION: Rule = Rule::Length(1, 35);

/// Latitude and longitude until both are read.
#[derive(Default)]
pub(crate) struct Coordinates(Option<MicroDegrees>, Option<MicroDegrees>);

/// The fields of a place, wherever they stand.
#[derive(Clone, Copy)]
enum PlaceField {
    Country,
    Region,
    Town,
    Lat,
    Lon,
    Locode,
}

fn place_field<'de, A: MapAccess<'de>>(
    place: &mut PlaceText<'de>,
    field: PlaceField,
    found: &mut Coordinates,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    match field {
        PlaceField::Country => place.country = checked(Rule::Country, map, ctx)?,
        PlaceField::Region => place.region = checked(REGION, map, ctx)?,
        PlaceField::Town => place.town = checked(TOWN, map, ctx)?,
        PlaceField::Lat => found.0 = coordinate(90, map, ctx)?,
        PlaceField::Lon => found.1 = coordinate(180, map, ctx)?,
        PlaceField::Locode => place.locode = checked(Rule::Locode, map, ctx)?,
    }
    Ok(())
}

/// Both or none.
fn place_finish(place: &mut PlaceText<'_>, found: Coordinates, ctx: &mut Ctx<'_>) {
    match found {
        Coordinates(Some(lat), Some(lon)) => place.coordinates = Some((lat, lon)),
        Coordinates(None, None) => {}
        Coordinates(None, _) => ctx.wrong_at(DeadLetterReason::MissingField, &["lat"]),
        Coordinates(_, None) => ctx.wrong_at(DeadLetterReason::MissingField, &["lon"]),
    }
}

keys! {
    PlaceKey {
        Country = "country", Region = "region", Town = "town", Lat = "lat", Lon = "lon",
        Locode = "locode",
    }
    EndKey {
        Account = "account", Party = "party", Name = "name", Kind = "kind", Bank = "bank",
        Country = "country", Region = "region", Town = "town", Alias = "alias", Phone = "phone",
        Email = "email", Address = "address", Wallet = "wallet", Lat = "lat", Lon = "lon",
        Locode = "locode", Ours = "ours", BalanceAfter = "balance_after",
    }
    UltimateKey {
        Account = "account", Party = "party", Name = "name", Kind = "kind", Bank = "bank",
        Country = "country", Region = "region", Town = "town", Alias = "alias", Phone = "phone",
        Email = "email", Address = "address", Wallet = "wallet", Lat = "lat", Lon = "lon",
        Locode = "locode", Ours = "ours",
    }
    ConductorKey { Party = "party", Document = "document", IsHolder = "is_holder", }
    MerchantKey {
        Id = "id", Mcc = "mcc", Name = "name", Domain = "domain", Country = "country",
        Region = "region", Town = "town", Lat = "lat", Lon = "lon", Locode = "locode",
    }
    TerminalKey {
        Id = "id", Kind = "kind", Country = "country", Region = "region", Town = "town",
        Lat = "lat", Lon = "lon", Locode = "locode",
    }
    DeviceKey { Id = "id", Ip = "ip", IpCountry = "ip_country", }
    CardKey { Token = "token", Prepaid = "prepaid", Present = "present", Reload = "reload", }
    CryptoKey {
        TxHash = "tx_hash", Chain = "chain", Debtor = "debtor", Creditor = "creditor",
    }
    SideKey {
        Cluster = "cluster", Label = "label", Category = "category", Confidence = "confidence",
        AsOf = "as_of", ExposurePercent = "exposure_percent", Hops = "hops",
    }
    TravelKey {
        OneWay = "one_way", Passengers = "passengers", From = "from", To = "to",
        ToCountry = "to_country", Depart = "depart", Booking = "booking", Travelers = "travelers",
    }
    CashKey { NotesIn = "notes_in", NotesOut = "notes_out", Coins = "coins", }
    NotesKey { Value = "value" required, Count = "count" required, }
    StayKey { CheckIn = "check_in", Nights = "nights", Rooms = "rooms", }
    ServiceKey { Kind = "kind", Reference = "ref", }
    CheckKey { Payee = "payee", Number = "number", }
}

record!(PlaceText<'de>, PlaceKey, Coordinates, |self, found, map, ctx| {
    Country => place_field(self, PlaceField::Country, found, map, ctx)?,
    Region => place_field(self, PlaceField::Region, found, map, ctx)?,
    Town => place_field(self, PlaceField::Town, found, map, ctx)?,
    Lat => place_field(self, PlaceField::Lat, found, map, ctx)?,
    Lon => place_field(self, PlaceField::Lon, found, map, ctx)?,
    Locode => place_field(self, PlaceField::Locode, found, map, ctx)?,
} finish |place, found, ctx| place_finish(place, found, ctx));

record!(End<'de>, EndKey, Coordinates, |self, found, map, ctx| {
    Account => self.account = checked(Rule::Id, map, ctx)?,
    Party => self.party = checked(Rule::Id, map, ctx)?,
    Name => self.name = checked(NAME, map, ctx)?,
    Kind => self.kind = symbol(EndKind::parse, map, ctx)?,
    Bank => self.bank = checked(Rule::Length(0, 35), map, ctx)?,
    Country => place_field(&mut self.place, PlaceField::Country, found, map, ctx)?,
    Region => place_field(&mut self.place, PlaceField::Region, found, map, ctx)?,
    Town => place_field(&mut self.place, PlaceField::Town, found, map, ctx)?,
    Alias => self.alias = checked(Rule::Length(0, 140), map, ctx)?,
    Phone => self.phone = checked(Rule::Hash, map, ctx)?,
    Email => self.email = checked(Rule::Hash, map, ctx)?,
    Address => self.address = checked(Rule::Hash, map, ctx)?,
    Wallet => self.wallet = checked(Rule::Length(0, 128), map, ctx)?,
    Lat => place_field(&mut self.place, PlaceField::Lat, found, map, ctx)?,
    Lon => place_field(&mut self.place, PlaceField::Lon, found, map, ctx)?,
    Locode => place_field(&mut self.place, PlaceField::Locode, found, map, ctx)?,
    Ours => self.ours = boolean(map, ctx)?,
    BalanceAfter => self.balance_after = amount(parse_signed_amount, map, ctx)?,
} finish |end, found, ctx| place_finish(&mut end.place, found, ctx));

/// An ultimate end: an end without a balance.
pub(crate) struct Ultimate<'a, 'de>(pub(crate) &'a mut End<'de>);

impl<'de> Record<'de> for Ultimate<'_, 'de> {
    type Key = UltimateKey;
    type Scratch = Coordinates;

    fn read<A: MapAccess<'de>>(
        &mut self,
        key: UltimateKey,
        found: &mut Coordinates,
        map: &mut A,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), A::Error> {
        let key = match key {
            UltimateKey::Account => EndKey::Account,
            UltimateKey::Party => EndKey::Party,
            UltimateKey::Name => EndKey::Name,
            UltimateKey::Kind => EndKey::Kind,
            UltimateKey::Bank => EndKey::Bank,
            UltimateKey::Country => EndKey::Country,
            UltimateKey::Region => EndKey::Region,
            UltimateKey::Town => EndKey::Town,
            UltimateKey::Alias => EndKey::Alias,
            UltimateKey::Phone => EndKey::Phone,
            UltimateKey::Email => EndKey::Email,
            UltimateKey::Address => EndKey::Address,
            UltimateKey::Wallet => EndKey::Wallet,
            UltimateKey::Lat => EndKey::Lat,
            UltimateKey::Lon => EndKey::Lon,
            UltimateKey::Locode => EndKey::Locode,
            UltimateKey::Ours => EndKey::Ours,
        };
        self.0.read(key, found, map, ctx)
    }

    fn finish(&mut self, found: Coordinates, ctx: &mut Ctx<'_>) {
        self.0.finish(found, ctx);
    }
}

record!(Conductor<'de>, ConductorKey, (), |self, _, map, ctx| {
    Party => self.party = checked(Rule::Id, map, ctx)?,
    Document => self.document = checked(Rule::Hash, map, ctx)?,
    IsHolder => self.is_holder = boolean(map, ctx)?,
});

record!(Merchant<'de>, MerchantKey, Coordinates, |self, found, map, ctx| {
    Id => self.id = checked(Rule::Id, map, ctx)?,
    Mcc => self.mcc = checked(Rule::Mcc, map, ctx)?,
    Name => self.name = checked(NAME, map, ctx)?,
    Domain => self.domain = checked(Rule::Length(0, 140), map, ctx)?,
    Country => place_field(&mut self.place, PlaceField::Country, found, map, ctx)?,
    Region => place_field(&mut self.place, PlaceField::Region, found, map, ctx)?,
    Town => place_field(&mut self.place, PlaceField::Town, found, map, ctx)?,
    Lat => place_field(&mut self.place, PlaceField::Lat, found, map, ctx)?,
    Lon => place_field(&mut self.place, PlaceField::Lon, found, map, ctx)?,
    Locode => place_field(&mut self.place, PlaceField::Locode, found, map, ctx)?,
} finish |merchant, found, ctx| place_finish(&mut merchant.place, found, ctx));

record!(Terminal<'de>, TerminalKey, Coordinates, |self, found, map, ctx| {
    Id => self.id = checked(Rule::Id, map, ctx)?,
    Kind => self.kind = symbol(TerminalKind::parse, map, ctx)?,
    Country => place_field(&mut self.place, PlaceField::Country, found, map, ctx)?,
    Region => place_field(&mut self.place, PlaceField::Region, found, map, ctx)?,
    Town => place_field(&mut self.place, PlaceField::Town, found, map, ctx)?,
    Lat => place_field(&mut self.place, PlaceField::Lat, found, map, ctx)?,
    Lon => place_field(&mut self.place, PlaceField::Lon, found, map, ctx)?,
    Locode => place_field(&mut self.place, PlaceField::Locode, found, map, ctx)?,
} finish |terminal, found, ctx| place_finish(&mut terminal.place, found, ctx));

record!(Device<'de>, DeviceKey, (), |self, _, map, ctx| {
    Id => self.id = checked(Rule::Id, map, ctx)?,
    Ip => self.ip = checked(Rule::Length(0, 45), map, ctx)?,
    IpCountry => self.ip_country = checked(Rule::Country, map, ctx)?,
});

record!(Card<'de>, CardKey, (), |self, _, map, ctx| {
    Token => self.token = checked(Rule::Id, map, ctx)?,
    Prepaid => self.prepaid = boolean(map, ctx)?,
    Present => self.present = boolean(map, ctx)?,
    Reload => self.reload = boolean(map, ctx)?,
});

record!(Crypto<'de>, CryptoKey, (), |self, _, map, ctx| {
    TxHash => self.tx_hash = checked(Rule::Length(0, 128), map, ctx)?,
    Chain => self.chain = checked(Rule::Length(0, 16), map, ctx)?,
    Debtor => object(self.debtor.get_or_insert_default(), map, ctx)?,
    Creditor => object(self.creditor.get_or_insert_default(), map, ctx)?,
});

record!(CryptoSide<'de>, SideKey, (), |self, _, map, ctx| {
    Cluster => self.cluster = checked(Rule::Id, map, ctx)?,
    Label => self.label = checked(Rule::Length(0, 70), map, ctx)?,
    Category => self.category = symbol(CryptoCategory::parse, map, ctx)?,
    Confidence => self.confidence = symbol(CryptoConfidence::parse, map, ctx)?,
    AsOf => self.as_of = date(map, ctx)?,
    ExposurePercent => self.exposure_percent = money(map, ctx)?,
    Hops => self.hops = integer(0..=20, map, ctx)?,
});

record!(Travel<'de>, TravelKey, (), |self, _, map, ctx| {
    OneWay => self.one_way = boolean(map, ctx)?,
    Passengers => self.passengers = integer(1..=99, map, ctx)?,
    From => self.from = checked(TOWN, map, ctx)?,
    To => self.to = checked(TOWN, map, ctx)?,
    ToCountry => self.to_country = checked(Rule::Country, map, ctx)?,
    Depart => self.depart = date(map, ctx)?,
    Booking => self.booking = checked(Rule::Hash, map, ctx)?,
    Travelers => {
        let out = &mut self.travelers;
        let each = |hash: Cow<'de, str>, ctx: &mut Ctx<'_>| {
            if ctx.keeps(Rule::Hash, &hash) {
                out.push(Redacted::new(hash));
            }
        };
        array(Strings { items_max: 99, each }, map, ctx)?;
    },
});

record!(Cash, CashKey, (), |self, _, map, ctx| {
    NotesIn => array(notes(&mut self.notes_in), map, ctx)?,
    NotesOut => array(notes(&mut self.notes_out), map, ctx)?,
    Coins => self.coins = money(map, ctx)?,
});

fn notes(out: &mut Vec<CashNotes>) -> Objects<'_, CashNotes> {
    Objects { items_max: 20, blank: || CashNotes { value: Decimal::ZERO, count: 0 }, out }
}

record!(CashNotes, NotesKey, (), |self, _, map, ctx| {
    Value => self.value = money(map, ctx)?.unwrap_or_default(),
    Count => self.count = integer(0..=i64::from(u32::MAX), map, ctx)?.unwrap_or_default(),
});

record!(Stay, StayKey, (), |self, _, map, ctx| {
    CheckIn => self.check_in = date(map, ctx)?,
    Nights => self.nights = integer(0..=365, map, ctx)?,
    Rooms => self.rooms = integer(1..=99, map, ctx)?,
});

record!(Service<'de>, ServiceKey, (), |self, _, map, ctx| {
    Kind => self.kind = symbol(ServiceKind::parse, map, ctx)?,
    Reference => self.reference = checked(Rule::Hash, map, ctx)?,
});

record!(Check<'de>, CheckKey, (), |self, _, map, ctx| {
    Payee => self.payee = checked(Rule::Id, map, ctx)?,
    Number => self.number = checked(Rule::Hash, map, ctx)?,
});
