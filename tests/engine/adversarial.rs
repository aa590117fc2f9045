//! Records made to break a reader meet the fate they must, and change nothing around them.
//!
//! Sees: a record that is refused for another reason or taken at all, a letter with other bytes, a
//! payment beside it that is judged otherwise, a watermark that it moves, content of a record in a header.

use crate::harness::{config, engine, payments_partition};
use crate::typologies::rules;
use palermo_domain::{Fate, OutputTopic, Span};
use palermo_engine::Engine;
use palermo_engine::port::{OutRecord, RecordRef};
use palermo_tests::adversarial::{Adversary, all, good};

const AT: i64 = 1_788_686_700_000;

fn apply(
    engine: &mut Engine,
    offset: i64,
    value: Option<&[u8]>,
    headers: usize,
) -> (Fate, Vec<OutRecord>) {
    let record = RecordRef {
        partition: payments_partition(0),
        offset,
        timestamp_ms: AT,
        key: None,
        value,
        headers,
    };
    let mut effects = Vec::new();
    let fate = engine.apply(record, &mut effects).expect("no stop");
    (fate, effects)
}

fn check(adversary: &Adversary) -> Result<(), String> {
    let mut engine = engine(&config(Span::from_days(1), Span::from_days(30)), &rules(), 1);
    apply(&mut engine, 0, Some(good("before").as_bytes()), 0);
    let watermark = engine.watermark();
    let (fate, effects) = apply(&mut engine, 1, adversary.value.as_deref(), adversary.headers);
    if fate != adversary.fate {
        return Err(format!("{} in place of {}", fate.as_str(), adversary.fate.as_str()));
    }
    let letters: Vec<&OutRecord> =
        effects.iter().filter(|effect| effect.topic == OutputTopic::DeadLetter).collect();
    let header = |letter: &OutRecord, name: &str| {
        let found = letter.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    };
    match (adversary.reason, letters.as_slice()) {
        (None, []) => {}
        (Some(reason), [letter]) => {
            let found = header(letter, "palermo-reason");
            if found != reason.as_str() {
                return Err(format!("reason `{found}` in place of `{reason}`"));
            }
            let whole = letter.value == adversary.value;
            if !whole && found != "too_large" {
                return Err("the letter has other bytes".to_owned());
            }
            if letter.headers.iter().any(|(_, value)| value.windows(3).any(|three| three == b"B:2"))
            {
                return Err("a header shows what the record says".to_owned());
            }
        }
        (_, letters) => return Err(format!("{} letters", letters.len())),
    }
    if fate == Fate::DeadLetter && engine.watermark() != watermark {
        return Err("a refused record moves the watermark".to_owned());
    }
    let (after, _) = apply(&mut engine, 2, Some(good("after").as_bytes()), 0);
    if after != Fate::Processed {
        return Err(format!("the payment behind it is {}", after.as_str()));
    }
    let fates = &engine.totals().fates[&payments_partition(0)];
    match fates.counts.iter().sum::<u64>() {
        3 => Ok(()),
        sum => Err(format!("{sum} fates for 3 records")),
    }
}

#[test]
fn every_adversary_meets_its_fate() {
    let all = all();
    assert!(all.len() >= 25, "{}", all.len());
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|one| {
            check(one).err().map(|error| format!("{} ({}): {error}", one.id, one.what))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn a_wrong_expectation_is_seen() {
    let mut planted: Vec<Adversary> = all();
    for one in &mut planted {
        one.fate = if one.fate == Fate::DeadLetter { Fate::Processed } else { Fate::DeadLetter };
    }
    assert!(planted.iter().all(|one| check(one).is_err()));
}
