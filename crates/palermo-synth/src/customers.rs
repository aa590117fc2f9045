//! What the bank knows of its customers, one party record each.
//!
//! Cost: about a microsecond a party. Attributes that the tables do not hold (age, segment, hours)
//! are derived from the customer's number. Attributes are missing for some, as in real life.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "numbers below 2^40 and amounts below 2^31 cents"
)]

use crate::calendar::days_before;
use crate::config::{Config, Society};
use crate::ordinary::{self, Home};
use crate::people::{Firm, Life, Person, Profile};
use crate::rng::{Rng, mix};
use crate::town::Town;
use crate::who::{Who, id};
use crate::write::{address, case_device, case_hash, email, firm_merchant, phone};
use palermo_domain::{
    Activity, AgeBand, Date, Decimal, EventCode, EventTime, Feed, FeedSet, Hours, OwnedAccount,
    Party, PartyEvent, PartyKind, PartyRelation, Product, Redacted, RelationKind,
};

const PARTY: u64 = 30;
pub(crate) const PHONE: u64 = 31;
const ADDRESS: u64 = 32;

const AGES: [AgeBand; 6] = [
    AgeBand::From18,
    AgeBand::From22,
    AgeBand::From26,
    AgeBand::From35,
    AgeBand::From50,
    AgeBand::From26,
];

/// ISCO-08 unit groups of common work.
const OCCUPATIONS: [&str; 8] = ["5223", "4110", "8332", "7115", "2221", "5120", "9112", "2512"];

/// Nothing is known yet; the day before the world begins, or the day of opening where that is later.
fn blank(config: &Config, who: Who, kind: PartyKind, opened: Date) -> Party {
    Party {
        party: Redacted::new(who.party().unwrap_or_default()),
        as_of: as_of(config, opened),
        kind,
        accounts: Vec::new(),
        segment: None,
        home: None,
        work: None,
        since: Some(opened),
        age_band: None,
        industry_mcc: None,
        headcount: None,
        monthly_income: None,
        monthly_turnover: None,
        currency: None,
        hours: Vec::new(),
        licensed: None,
        phone: None,
        email: None,
        address: None,
        relations: Vec::new(),
        feeds: feeds(config),
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: None,
        events: Vec::new(),
        hash_key_id: None,
    }
}

fn as_of(config: &Config, opened: Date) -> EventTime {
    days_before(config.start, 1).max(opened).midnight()
}

fn feeds(config: &Config) -> FeedSet {
    let mut feeds = FeedSet::default();
    for feed in [
        Feed::Card,
        Feed::Cash,
        Feed::Transfer,
        Feed::Payroll,
        Feed::Remittance,
        Feed::Device,
        Feed::TerminalGeo,
        Feed::Conductor,
    ] {
        feeds.insert(feed);
    }
    if config.society == Society::Full {
        feeds.insert(Feed::Balance);
        feeds.insert(Feed::PartyEvents);
    }
    feeds
}

fn owned(who: Who, opened: Date, product: Product) -> Option<OwnedAccount> {
    Some(OwnedAccount {
        account: Redacted::new(who.account()?),
        opened: Some(opened),
        closed: None,
        product: Some(product),
        holder: true,
    })
}

/// What was written of a customer, over what was drawn.
fn told(party: Party, profile: Option<&Profile>) -> Party {
    let Some(told) = profile else { return party };
    let mut party = party;
    party.age_band = told.age.or(party.age_band);
    party.activity = told.activity.or(party.activity);
    party.occupation_code = told.occupation.map(str::to_owned).or(party.occupation_code);
    party.segment = told.segment.map(str::to_owned).or(party.segment);
    party.licensed = told.licensed.or(party.licensed);
    party.incorporated = told.incorporated.or(party.incorporated);
    if let Some(dollars) = told.turnover {
        party.monthly_turnover = Some(Redacted::new(Decimal::from(dollars)));
    }
    if told.phone > 0 {
        party.phone = Some(Redacted::new(case_hash(PHONE, told.phone)));
    }
    if told.address > 0 {
        party.address = Some(Redacted::new(case_hash(ADDRESS, told.address)));
    }
    if let Some((open_minute, close_minute)) = told.hours {
        party.hours = vec![Hours { days: 0b111_1111, open_minute, close_minute }];
    }
    if let Some(account) = party.accounts.first_mut() {
        account.product = told.product.or(account.product);
        account.closed = told.closed;
    }
    let mandates = told.mandates.iter().filter_map(|who| who.account());
    party.accounts.extend(mandates.map(|account| OwnedAccount {
        account: Redacted::new(account),
        opened: None,
        closed: None,
        product: None,
        holder: false,
    }));
    let relations = told.relations.iter().filter_map(|&(who, kind)| Some((who.party()?, kind)));
    party.relations.extend(relations.map(|(other, kind)| PartyRelation {
        party: Redacted::new(other),
        kind,
        since: None,
        until: None,
    }));
    let added = told.added.iter().filter_map(|&(who, kind, day)| Some((who.party()?, kind, day)));
    party.relations.extend(added.map(|(other, kind, day)| PartyRelation {
        party: Redacted::new(other),
        kind,
        since: Some(day),
        until: None,
    }));
    party.events.extend(told.events.iter().map(|&(code, day, device)| PartyEvent {
        code,
        at: day.midnight(),
        by: Some(Redacted::new("STAFF-1".to_owned())),
        device: (device > 0).then(|| Redacted::new(case_device(device))),
    }));
    party
}

/// What staff and systems notice of anybody now and then: a new phone, a new card, somebody who came
/// along when the account was opened.
fn noticed(rng: &mut Rng, person: &Person) -> Vec<PartyEvent> {
    let code = match rng.below(300) {
        0..12 => EventCode::ContactChanged,
        12..30 => EventCode::LoginNewDevice,
        30..42 => EventCode::CardReissued,
        42..44 => EventCode::OpenedUnderEscort,
        _ => return Vec::new(),
    };
    vec![PartyEvent { code, at: person.opened.midnight(), by: None, device: None }]
}

/// What staff saw of somebody who is drawn, and who may use the account besides.
fn known(
    config: &Config,
    n: u32,
    person: &Person,
    events: &mut Vec<PartyEvent>,
) -> Vec<PartyRelation> {
    let seen = ordinary::observed(config, n, person).into_iter();
    events.extend(seen.map(|(code, day)| PartyEvent {
        code,
        at: day.midnight(),
        by: None,
        device: None,
    }));
    let others = ordinary::relations(config, n, person).into_iter();
    let relation = |(other, kind, day): (Who, RelationKind, Date)| {
        let party = Redacted::new(other.party()?);
        Some(PartyRelation { party, kind, since: Some(day), until: None })
    };
    others.filter_map(relation).collect()
}

/// Behind whose door somebody lives. In a small society one in eight shares an address with the next
/// customer of the table.
fn door(config: &Config, n: u32, drawn: bool) -> Who {
    let is_small = config.society == Society::Small;
    match drawn {
        true if !is_small => Who::Person(Home::of(config.seed, n).first(n)),
        true if mix(u64::from(n / 2)).is_multiple_of(8) => Who::Person(n & !1),
        _ => Who::Person(n),
    }
}

/// The record of a person.
pub(crate) fn person(config: &Config, n: u32, person: &Person) -> Party {
    let who = Who::Person(n);
    let mut rng = Rng::of(config.seed, [PARTY, u64::from(n), 0]);
    let second =
        person.second.and_then(|product| owned(Who::Second(n), person.second_opened, product));
    let age = match person.life {
        Life::Retired => Some(AgeBand::From65),
        Life::Student => Some(AgeBand::From18),
        Life::Minor => Some(AgeBand::Minor),
        _ => rng.pick(&AGES).copied(),
    };
    let activity = match person.life {
        Life::Retired => Activity::Retired,
        Life::Student => Activity::Student,
        Life::Minor => Activity::Student,
        Life::Newcomer | Life::Dormant => Activity::Unknown,
        Life::Trader | Life::Landlord | Life::Gig | Life::Seller => Activity::SelfEmployed,
        _ => Activity::Employed,
    };
    let occupation = match person.life {
        Life::NightWorker => Some("5131"),
        Life::Traveler => Some("3322"),
        Life::Trader => Some("5211"),
        Life::Gig => Some("8322"),
        Life::Seasonal => Some("9211"),
        Life::Retired | Life::Student | Life::Minor | Life::Newcomer | Life::Dormant => None,
        _ => rng.pick(&OCCUPATIONS).copied(),
    };
    let employer = match person.employer {
        firm @ Who::Firm(_) => firm.party(),
        _ => None,
    };
    let (phone, email) = (phone(who), email(who));
    let home = Town::get(person.town).owned();
    let drawn = !matches!(person.life, Life::Written | Life::Still);
    let full = config.society == Society::Full;
    let door = door(config, n, drawn);
    let mut events = if full { noticed(&mut rng, person) } else { Vec::new() };
    let ties = if full && drawn { known(config, n, person, &mut events) } else { Vec::new() };
    let party = Party {
        accounts: owned(who, person.opened, Product::Current).into_iter().chain(second).collect(),
        segment: Some("retail_individual".to_owned()),
        work: employer.is_some().then(|| Redacted::new(home.clone())),
        home: Some(Redacted::new(home)),
        age_band: age,
        monthly_income: Some(Redacted::new(Decimal::new(i64::from(person.income), 2))),
        currency: Some(config.currency),
        phone: phone.map(Redacted::new),
        email: email.map(Redacted::new),
        address: Some(Redacted::new(address(door))),
        relations: employer
            .map(|party| PartyRelation {
                party: Redacted::new(party),
                kind: RelationKind::Employer,
                since: None,
                until: None,
            })
            .into_iter()
            .chain(ties)
            .collect(),
        activity: Some(activity),
        occupation_code: occupation.map(str::to_owned),
        events,
        hash_key_id: Some("synth-1".to_owned()),
        ..blank(config, who, PartyKind::Person, person.opened)
    };
    told(party, person.profile.as_deref())
}

/// The record of a firm.
pub(crate) fn firm(config: &Config, n: u32, firm: &Firm) -> Party {
    let who = Who::Firm(n);
    let turnover = i64::from(firm.headcount) * 900_000 + 1_200_000;
    let late = matches!(firm.mcc, 5812..=5814);
    let around_the_clock = matches!(firm.mcc, 7011 | 8062);
    let (open_minute, close_minute) = match (around_the_clock, late) {
        (true, _) => (0, 1_439),
        (_, true) => (660, 60),
        _ => (480, 1_200),
    };
    let party = Party {
        accounts: owned(who, firm.opened, Product::Current).into_iter().collect(),
        segment: Some("small_business".to_owned()),
        home: Some(Redacted::new(Town::get(firm.town).owned())),
        industry_mcc: Some(id("", u64::from(firm.mcc), 4)),
        headcount: Some(u32::from(firm.headcount)),
        monthly_turnover: Some(Redacted::new(Decimal::new(turnover, 2))),
        currency: Some(config.currency),
        hours: vec![Hours {
            days: if around_the_clock { 0b111_1111 } else { 0b011_1111 },
            open_minute,
            close_minute,
        }],
        address: Some(Redacted::new(address(who))),
        merchants: vec![Redacted::new(firm_merchant(n))],
        incorporated: Some(days_before(firm.opened, 60)),
        hash_key_id: Some("synth-1".to_owned()),
        ..blank(config, who, PartyKind::Business, firm.opened)
    };
    told(party, firm.profile.as_deref())
}
