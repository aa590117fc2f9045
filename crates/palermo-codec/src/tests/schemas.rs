//! The published schemas, as a validator reads them, against the encoders and the decoder.

use super::generate::Dice;
use super::{LIST_ROW, PARTY, PAYMENT, list_row, party, payment};
use crate::{encode_list_row, encode_party, encode_payment};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn payments() -> Validator {
    validator(include_str!("../../schemas/payment.v1.schema.json"))
}

fn parties() -> Validator {
    validator(include_str!("../../schemas/party.v1.schema.json"))
}

fn lists() -> Validator {
    validator(include_str!("../../schemas/list.v1.schema.json"))
}

#[track_caller]
pub(super) fn valid(validator: &Validator, bytes: &[u8]) {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{value}");
}

#[test]
fn the_examples_are_valid_and_accepted() {
    let example = include_bytes!("../../schemas/payment.v1.example.json");
    valid(&payments(), example);
    assert!(payment(example).is_ok());
    let example = include_bytes!("../../schemas/party.v1.example.json");
    valid(&parties(), example);
    assert!(party(example).is_ok());
    let example = include_bytes!("../../schemas/list.v1.example.json");
    valid(&lists(), example);
    assert!(list_row(example).is_ok());
    valid(&payments(), PAYMENT.as_bytes());
    valid(&parties(), PARTY.as_bytes());
    valid(&lists(), LIST_ROW.as_bytes());
}

/// Every place in a value, as a JSON pointer.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), out));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, value)| pointers(value, &format!("{at}/{n}"), out));
        }
        _ => {}
    }
}

/// What a field may be replaced with.
fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(0),
        json!(-1),
        json!(1.5),
        json!(300.0),
        json!(1e9),
        json!(true),
        json!([]),
        json!({}),
        json!([[]]),
        json!([7]),
        json!(""),
        json!("x"),
        json!("US"),
        json!("usd"),
        json!("EUR"),
        json!("0"),
        json!("1.00"),
        json!("-1"),
        json!("01"),
        json!("1e5"),
        json!("é".repeat(35)),
        json!("é".repeat(36)),
        json!("x".repeat(140)),
        json!("x".repeat(141)),
        json!("x".repeat(561)),
        json!("a b"),
        json!("2026-02-28"),
        json!("2026-02-30"),
        json!("9:00"),
        json!("2026-02-28T00:00:00Z"),
        json!("cash_deposit"),
        json!("reversed"),
        json!("5.12345678"),
        json!("abcdef0123456789"),
        json!("ABCDEF0123456789"),
        json!(vec!["abcdef0123456789"; 100]),
        json!(91),
        json!(-180.5),
        json!(840),
        json!(841),
        json!(20),
        json!(21),
    ]
}

/// Replaces or removes one place of a record; what the decoder accepts, the schema allows.
fn check_agreement(
    record: &[u8],
    validator: &Validator,
    accepts: impl Fn(&[u8]) -> bool,
    place: usize,
    with: usize,
) -> Result<(), TestCaseError> {
    let mut value: Value = serde_json::from_slice(record).unwrap();
    let mut places = Vec::new();
    pointers(&value, "", &mut places);
    let place = &places[place % places.len()];
    let replacements = replacements();
    match (replacements.get(with % (replacements.len() + 1)), place.rsplit_once('/')) {
        (None, Some((parent, name))) => {
            if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
                fields.remove(name);
            }
        }
        (Some(replacement), _) => *value.pointer_mut(place).unwrap() = replacement.clone(),
        (None, None) => {}
    }
    let bytes = serde_json::to_vec(&value).unwrap();
    if accepts(&bytes) {
        prop_assert!(validator.is_valid(&value), "accepted, but not valid at {place}: {value}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_is_valid(seed in prop::collection::vec(any::<u8>(), 0..3000)) {
        let mut out = Vec::new();
        encode_payment(&Dice::new(&seed).payment(), &mut out);
        valid(&payments(), &out);
        out.clear();
        encode_party(&Dice::new(&seed).party(), &mut out);
        valid(&parties(), &out);
        out.clear();
        encode_list_row(&Dice::new(&seed).list_row(), &mut out);
        valid(&lists(), &out);
    }

    #[test]
    fn what_is_accepted_is_valid(
        seed in prop::collection::vec(any::<u8>(), 0..3000),
        edits in prop::collection::vec((0_usize..1000, 0_usize..1000), 30)
    ) {
        let mut record = Vec::new();
        encode_payment(&Dice::new(&seed).payment(), &mut record);
        let (payments, parties, lists) = (payments(), parties(), lists());
        for (place, with) in edits {
            check_agreement(&record, &payments, |b| payment(b).is_ok(), place, with)?;
            check_agreement(PARTY.as_bytes(), &parties, |b| party(b).is_ok(), place, with)?;
            check_agreement(LIST_ROW.as_bytes(), &lists, |b| list_row(b).is_ok(), place, with)?;
        }
    }
}

/// The other direction, exactly: every replacement at every place of a full party, list row and
/// payment that the schema allows is accepted, but for what the schema cannot say.
#[test]
fn what_is_valid_is_accepted() {
    let mut record = Vec::new();
    encode_payment(&Dice::new(&[2; 8000]).payment(), &mut record);
    let (payments, parties, lists) = (payments(), parties(), lists());
    let mut count = 0;
    for (bytes, validator, decode) in [
        (record.as_slice(), &payments, (|b| payment(b).err()) as fn(&[u8]) -> _),
        (PAYMENT.as_bytes(), &payments, |b| payment(b).err()),
        (PARTY.as_bytes(), &parties, |b| party(b).err()),
        (LIST_ROW.as_bytes(), &lists, |b| list_row(b).err()),
    ] {
        let whole: Value = serde_json::from_slice(bytes).unwrap();
        let mut places = Vec::new();
        pointers(&whole, "", &mut places);
        for place in &places {
            for replacement in replacements() {
                let mut value = whole.clone();
                *value.pointer_mut(place).unwrap() = replacement;
                let refused = decode(&serde_json::to_vec(&value).unwrap());
                let Some(refusal) = refused.filter(|_| validator.is_valid(&value)) else {
                    continue;
                };
                use palermo_domain::DeadLetterReason as R;
                let beyond_the_schema = match refusal.reason {
                    // Placeholders; ISO 4217 and its decimals; coordinates only together.
                    R::Identifier | R::Currency | R::Amount => true,
                    R::MissingField => {
                        let shown = refusal.to_string();
                        shown.ends_with("lat`") || shown.ends_with("lon`")
                    }
                    _ => false,
                };
                assert!(beyond_the_schema, "{refusal} at {place}: {value}");
                count += 1;
            }
        }
    }
    assert!(count > 0);
}
