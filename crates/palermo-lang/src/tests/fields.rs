//! Fields of payments and ends: what type each has, where it may be read, and lexicons.
//!
//! Sees: a field that is refused, has another type, or is named otherwise in counters than in rules; a
//! text that could be read after it is gone; a lexicon that is none.

use super::folder::folder;
use super::shipped::limits;
use crate::compile;
use crate::program::Type;
use crate::vocabulary::{self, Path};

const LEX: &str = "\
list: lex_ransom
title: Words of ransom
version: 1.0.0
columns: {}
source: made up
reviewed: 2026-11-20
rows:
  - {row: release fee, valid_from: 2020-01-01}
";

/// The codes of what is wrong with a selection and with a hit of the folder.
fn wrong(selection: &str, hit: &str, lexicon: &str) -> Vec<String> {
    let sources = folder(&[
        ("rules/lists/lex.yaml", "", lexicon),
        ("rules/flow.yaml", "unrelated(self, other)", selection),
        ("rules/flow.yaml", "senders >= $min_senders", &format!("senders >= $min_senders{hit}")),
    ]);
    match compile(&sources, "prod", &limits()) {
        Ok(_) => Vec::new(),
        Err(errors) => {
            errors.iter().map(|error| format!("{} {}", error.code, error.message)).collect()
        }
    }
}

#[test]
fn every_field_is_read_with_its_type_and_has_its_name() {
    for (path, expected) in [
        ("local_date", "text"),
        ("counter_amount", "a decimal number"),
        ("counter_currency", "text"),
        ("device.ip", "text"),
        ("service.ref", "text"),
        ("stay.check_in", "text"),
        ("travel.one_way", "a truth value"),
        ("travel.passengers", "a whole number"),
        ("travel.travelers", "a whole number"),
        ("travel.from", "text"),
        ("travel.to", "text"),
        ("travel.to_country", "text"),
        ("travel.depart", "text"),
        ("travel.booking", "text"),
        ("check.payee", "text"),
        ("check.number", "text"),
        ("cash.coins", "a decimal number"),
        ("cash.value_in", "a decimal number"),
        ("cash.value_out", "a decimal number"),
        ("cash.largest_in", "a decimal number"),
        ("cash.smallest_out", "a decimal number"),
        ("crypto.chain", "text"),
        ("crypto.tx_hash", "text"),
        ("crypto.debtor.cluster", "text"),
        ("crypto.creditor.category", "a category of wallet"),
        ("crypto.debtor.confidence", "a level of confidence"),
        ("crypto.creditor.exposure_percent", "a decimal number"),
        ("crypto.debtor.hops", "a whole number"),
        ("ultimate_debtor.account", "text"),
        ("ultimate_creditor.kind", "a kind of end"),
        ("place.town", "text"),
        ("place.locode", "text"),
        ("merchant.locode", "text"),
        ("terminal.locode", "text"),
        ("self.home.region", "text"),
        ("other.work.country", "text"),
        ("other.name_key", "text"),
        ("self.monthly_turnover", "money"),
        ("self.open_at", "a truth value"),
        ("other.delivers('card')", "a truth value"),
        ("self.product", "a product"),
    ] {
        let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
        let Path::Field(field, found) = vocabulary::path(&parts) else { panic!("{path}") };
        assert_eq!(vocabulary::type_name(found), expected, "{path}");
        assert_eq!(vocabulary::field_name(field), path);
        let condition = match found {
            Type::Bool => path.to_owned(),
            Type::Text => format!("{path} == 'x'"),
            Type::Symbol(words) => format!("{path} == {}", vocabulary::words(words)[0]),
            Type::Money => format!("{path} == {path}"),
            _ => format!("{path} >= 1"),
        };
        assert_eq!(wrong(&condition, "", LEX), [] as [&str; 0], "{path}");
        assert_eq!(wrong(&format!("present({path})"), "", LEX), [] as [&str; 0], "{path}");
    }
}

#[test]
fn texts_are_matched_in_selections_and_aliases_anywhere() {
    let late = "E103 `text` is not kept, and this is asked later";
    let compared = "E103 `text` is matched, not compared";
    let columns = LEX.replace("{}", "{label: text}");
    for (selection, hit, lexicon, expected) in [
        ("text matches lexicon('lex_ransom')", "", LEX, None),
        ("!(text matches lexicon('lex_ransom')) && present(text)", "", LEX, None),
        ("other.alias matches lexicon('lex_ransom')", "", LEX, None),
        ("true", " && self.alias matches lexicon('lex_ransom')", LEX, None),
        ("true", " && text matches lexicon('lex_ransom')", LEX, Some(late)),
        ("text == 'ransom'", "", LEX, Some(compared)),
        ("text in list('limit')", "", LEX, Some(compared)),
        (
            "purpose matches lexicon('lex_ransom')",
            "",
            LEX,
            Some("E103 only `text` and aliases are matched"),
        ),
        ("text matches lexicon('lex_ranso')", "", LEX, Some("E102 unknown lexicon `lex_ranso`")),
        ("text matches lexicon('limit')", "", LEX, Some("E102 unknown lexicon `limit`")),
        ("text matches list('lex_ransom')", "", LEX, Some("E103 expected a lexicon by its id")),
        ("lexicon('lex_ransom')", "", LEX, Some("E103 a lexicon is no value")),
        (
            "text matches lexicon('lex_ransom')",
            "",
            &columns,
            Some("E103 list `lex_ransom` has columns, and a lexicon has none"),
        ),
        (
            "text matches lexicon('lex_ransom')",
            "",
            &LEX.replace("release fee", "'--'"),
            Some("E103 term `--` of list `lex_ransom` has no letter or digit"),
        ),
        ("self.delivers('cards')", "", LEX, Some("E102 unknown feed `cards`")),
        ("self.delivers(card)", "", LEX, Some("E103 expected the name of a feed")),
        ("true", " && self.delivers('card')", LEX, None),
        (
            "true",
            " && other.delivers('card')",
            LEX,
            Some(
                "E103 `other.delivers('card')` belongs to one payment, and many are looked at here",
            ),
        ),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(wrong(selection, hit, lexicon), expected, "{selection}{hit}");
    }
}

/// Sees: an observation or a relation that decides a selection, or that the schema does not have.
#[test]
fn records_are_asked_where_they_are_asked_again() {
    let hit = |text: &str| wrong("true", &format!(" && {text}"), LEX);
    let none = [] as [&str; 0];
    assert_eq!(hit("self.event('BH-01', 90d)"), none);
    assert_eq!(hit("!self.event('third_party_id', 48h)"), none);
    assert_eq!(hit("self.relations('authorized_user', 90d) >= $min_senders"), none);
    assert_eq!(hit("self.relations('family') >= 1 || senders >= 3"), none);
    let filtered = "other.event('BH-08', 7d) && other.relations('guardian') == 0";
    let value = "max(self.relations('director', 9d)) over credit";
    for (measure, expected) in [
        (format!("count() over credit where {filtered}"), None),
        (value.to_owned(), None),
        ("count() over credit where self.event('BH-09', 7d)".to_owned(), Some("E102")),
    ] {
        let measure = format!("measure:\n  more: {measure}\n");
        let sources = folder(&[("rules/flow.yaml", "measure:\n", &measure)]);
        let found = compile(&sources, "prod", &limits()).err();
        let codes = found.iter().flat_map(|errors| errors.iter().map(|error| error.code));
        assert_eq!(codes.collect::<Vec<_>>(), Vec::from_iter(expected), "{measure}");
    }
    for field in ["self.event('BH-10')", "other.relations('joint_holder')"] {
        let parts: Vec<String> = field.split('.').map(str::to_owned).collect();
        let Path::Field(found, _) = vocabulary::path(&parts) else { panic!("{field}") };
        assert_eq!(vocabulary::field_name(found), field);
    }
}

#[test]
fn a_lexicon_is_a_list_that_the_rule_consults() {
    let sources = folder(&[
        ("rules/lists/lex.yaml", "", LEX),
        ("rules/flow.yaml", "unrelated(self, other)", "text matches lexicon('lex_ransom')"),
    ]);
    let rules = compile(&sources, "prod", &limits()).unwrap().rules;
    let rule = rules.indicators.iter().find(|rule| rule.condition.id == "AA-01").unwrap();
    let named: Vec<&str> = rule
        .condition
        .lists
        .iter()
        .map(|list| rules.lists[usize::from(list.0)].id.as_str())
        .collect();
    assert_eq!(named, ["lex_ransom"]);
}
