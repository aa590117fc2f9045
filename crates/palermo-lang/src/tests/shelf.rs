//! A rule that is compiled by itself is the rule that the folder has.

use super::folder::folder;
use crate::program::{Literal, RuleSet};
use crate::{Limits, Overrides, Shelf};
use palermo_domain::Span;

fn shelf() -> Shelf {
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    };
    Shelf::new(&folder(&[]), &limits).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Ids and hashes of what decides.
fn meaning(rules: &RuleSet) -> Vec<(String, String, String)> {
    let indicators = rules.indicators.iter().map(|rule| &rule.condition);
    let conditions = indicators.chain(rules.suppressors.iter().map(|rule| &rule.condition));
    let conditions =
        conditions.map(|c| (c.id.clone(), c.logic_sha256.clone(), c.params_sha256.clone()));
    let typologies = rules.typologies.iter();
    conditions
        .chain(typologies.map(|t| (t.id.clone(), t.logic_sha256.clone(), t.params_sha256.clone())))
        .collect()
}

#[test]
fn a_rule_by_itself_means_what_it_means_in_the_folder() {
    let shelf = shelf();
    let all = meaning(shelf.all());
    for (id, ..) in &all {
        let rules = shelf.rule(id, &Overrides::new()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(rules.sha256, shelf.all().sha256);
        let alone = meaning(&rules);
        assert!(alone.iter().any(|(known, ..)| known == id), "{id}");
        assert!(alone.iter().all(|one| all.contains(one)), "{id}: {alone:?}");
        if !rules.typologies.iter().any(|typology| typology.id == *id) {
            assert!(rules.typologies.is_empty(), "{id}");
            assert!(alone.len() < all.len(), "{id}");
        }
    }
    let none = shelf.rule("ZZ-99", &Overrides::new()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(meaning(&none), []);
}

#[test]
fn parameters_are_replaced_and_parts_have_a_text() {
    let key = ("AA-01".to_owned(), "min_senders".to_owned());
    let overrides = Overrides::from([(key, Literal::Int(7))]);
    let rules = shelf().rule("AA-01", &overrides).unwrap_or_else(|errors| panic!("{errors}"));
    let condition = &rules.indicators[0].condition;
    assert_eq!(condition.params[0].value, Literal::Int(7));
    let texts: Vec<String> =
        condition.parts().iter().map(|part| condition.text_of(part, &rules.lists)).collect();
    assert_eq!(texts, ["senders >= $min_senders"]);
}
