//! Sees: a canary whose hours or weekdays are not those of its test, whose identifiers leave the range or
//! come back in the next round, parties that stay; a schedule that skips a typology or forgets what it
//! planted before. That canaries are found, and change nothing, is judged by `tests/engine`.

use super::*;
use crate::config::ConfigOverrides;
use palermo_engine::ManualClock;
use std::cell::Cell;
use std::collections::BTreeSet;

fn planter() -> Planter {
    let text = "base_currency: USD\nrules: {unsigned: accept}\n";
    let config = Config::parse(text, "f", &ConfigOverrides::default()).unwrap();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    Planter::new(&config, &rules, true).unwrap()
}

fn now() -> EventTime {
    EventTime::parse("2026-11-30T13:30:00Z").unwrap()
}

fn accounts(round: &Round) -> BTreeSet<String> {
    let ends = round.payments.iter().flat_map(|payment| [&payment.debtor, &payment.creditor]);
    ends.filter_map(|end| Some(end.account.as_ref()?.expose().clone().into_owned())).collect()
}

#[test]
fn a_round_is_its_test_some_weeks_later() {
    let planter = planter();
    let mut planted = 0;
    for typology in planter.typologies() {
        let Ok(round) = planter.plant(typology, now()) else { continue };
        planted += 1;
        let made_of = planter.candidates[typology].iter().find(|it| it.test == round.test).unwrap();
        let last = round.payments.iter().map(|payment| payment.event_time).max().unwrap();
        assert!(last <= now() && now().since(last) < Span::from_days(7), "{typology}: {last}");
        assert_eq!(round.payments.len(), made_of.events.len(), "{typology}");
        let shifts: BTreeSet<i64> = round
            .payments
            .iter()
            .zip(&made_of.events)
            .map(|(payment, event)| payment.event_time.0 - event.time.0)
            .collect();
        assert_eq!(shifts.len(), 1, "{typology}: all by the same");
        assert_eq!(shifts.first().unwrap() % WEEK_MS, 0, "{typology}: by whole weeks");
        for payment in &round.payments {
            assert_eq!(payment.range(), Range::Canary, "{typology}");
            assert!(payment.payment_id.expose().len() <= ID_CHARS_MAX);
            assert_eq!(
                palermo_domain::canary::planted(payment.payment_id.expose()),
                Some(typology)
            );
        }
        assert!(round.parties.iter().all(|party| party.range() == Range::Canary), "{typology}");
        let later = planter.plant(typology, EventTime(now().0 + 1000)).unwrap();
        assert!(accounts(&round).is_disjoint(&accounts(&later)), "{typology}: of its own");
    }
    assert!(planted >= 20, "{planted}");
}

#[test]
fn identifiers_stay_within_their_length() {
    let prefix = "CANARY:CT-14:6b0d78f0:";
    for text in ["F", &"ä".repeat(64), &"x".repeat(64), ""] {
        let id = reserved_id(text, prefix);
        assert!(id.starts_with(prefix) && id.chars().count() <= ID_CHARS_MAX, "{id}");
        assert!(text.ends_with(&id[prefix.len()..]));
    }
    for hash in ["00000000000000a1", &"ab".repeat(32)] {
        let reserved = reserved_hash(hash, prefix);
        assert!(palermo_domain::canary::is_canary_hash(&reserved), "{reserved}");
        assert!(reserved.len() <= ID_CHARS_MAX && reserved.contains("6b0d78f0"), "{reserved}");
    }
}

/// Takes what is planted, and moves the clock to the next round.
struct Field<'a> {
    clock: &'a ManualClock,
    planted: Vec<Round>,
    ended: Vec<Round>,
    left: &'a Cell<u32>,
}

impl Ground for Field<'_> {
    fn plant(&mut self, round: &Round) -> Result<u64, LogError> {
        self.planted.push(round.clone());
        self.clock.advance_ms(60_000);
        self.left.set(self.left.get().saturating_sub(1));
        if self.planted.len() == 2 {
            return Err(LogError::Recover { reason: "a fault".to_owned() });
        }
        Ok(round.payments.len() as u64)
    }

    fn end(&mut self, round: &Round) -> Result<(), LogError> {
        self.ended.push(round.clone());
        Ok(())
    }
}

#[test]
fn each_has_its_turn_and_what_was_planted_before_ends() {
    let planter = planter();
    let typologies = ["CT-01", "CT-02", "CT-04"].map(str::to_owned);
    let schedule =
        Schedule { planter: &planter, typologies: &typologies, every: Duration::from_secs(60) };
    let clock = ManualClock::new();
    clock.advance_ms(now().0.unsigned_abs());
    let left = Cell::new(4);
    let mut field = Field { clock: &clock, planted: Vec::new(), ended: Vec::new(), left: &left };
    let planted = schedule.keep(&mut field, &|| left.get() == 0, &clock);
    assert_eq!(planted, 3, "one of four failed");
    let names = |rounds: &[Round]| -> Vec<String> {
        rounds.iter().map(|round| round.typology.clone()).collect()
    };
    let turns = names(&field.planted);
    assert_eq!(turns.iter().collect::<BTreeSet<_>>().len(), 3, "{turns:?}");
    assert_eq!(turns[0], turns[3]);
    // Of the process before, and of each, also of the one that failed.
    assert_eq!(field.ended.len(), 5);
    assert_eq!(field.ended[0].typology, turns[2]);
    let prefixes = |rounds: &[Round]| -> Vec<String> {
        rounds.iter().map(|round| round.prefix.clone()).collect()
    };
    assert_eq!(prefixes(&field.ended[1..]), prefixes(&field.planted));
    // Who takes over in the middle of a round plants the same one.
    let again = schedule.turn(EventTime(now().0 + 30_000)).unwrap();
    assert_eq!(again.prefix, field.planted[0].prefix);
}
