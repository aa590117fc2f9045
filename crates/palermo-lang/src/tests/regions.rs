//! Rules of regions: which of them run with which packs, what becomes of those that name them, what a change
//! of a region means.
//!
//! Sees: a rule that runs where its pack is off, or does not where it is on; a typology that waits for
//! evidence that nothing gives and says nothing of it; a number of a rule that is that of another one after
//! some are left out; a lock that does not hold a rule to its regions, or breaks for rules without any.

use super::folder::folder;
use super::shipped::limits;
use crate::change::{Effect, Step, compare};
use crate::program::{Expr, Far, Literal, Logic, Need, RuleSet};
use crate::{Compiled, Lock, all_live, compile, compile_all};

type Edit = (&'static str, &'static str, &'static str);

const PACK: &str = "list: limit\npack: ch\ntitle: Limits\nversion: 1.2.0\nsource: a law\n\
                    reviewed: 2026-11-01\nrows:\n  - {row: CHF, cash: \"100\", valid_from: 2020-01-01}\n";

/// Two packs, of which `us` alone is on; nothing is deployed by name.
const PLACES: [Edit; 5] = [
    ("rules/lists/ch.yaml", "", PACK),
    ("rules/lists/us.yaml", "", PACK),
    ("rules/lists/us.yaml", "pack: ch", "pack: us"),
    ("rules/lists/us.yaml", "row: CHF", "row: CAD"),
    (
        "rules/ruleset.yaml",
        "deploy:\n  prod:\n    live: [CC-01@1.0.0]",
        "packs: [us]\ndeploy:\n  prod:\n    default: live",
    ),
];

/// A rule for regions.
macro_rules! of {
    ($file:literal, $regions:literal) => {
        ($file, "status: test\n", concat!("status: test\nregions: ", $regions, "\n"))
    };
}

/// The third indicator is required by a second typology, alone or beside others.
macro_rules! require {
    ($require:literal) => {
        ("rules/case.yaml", "require: AA-01 && AA-02", concat!("require: ", $require))
    };
}

const NO_BOOST: Edit = ("rules/case.yaml", "boost: [AA-03]\n", "");

fn edits(more: &[Edit]) -> Vec<Edit> {
    PLACES.iter().chain(more).copied().collect()
}

fn compiled(more: &[Edit]) -> Compiled {
    compile(&folder(&edits(more)), "prod", &limits()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The ids of all that is in a program.
fn ids(rules: &RuleSet) -> Vec<&str> {
    let conditions = rules.indicators.iter().map(|rule| &rule.condition);
    let conditions = conditions.chain(rules.suppressors.iter().map(|rule| &rule.condition));
    let typologies = rules.typologies.iter().map(|rule| rule.id.as_str());
    conditions.map(|rule| rule.id.as_str()).chain(typologies).collect()
}

/// `require` with the ids of its indicators.
fn require(rules: &RuleSet) -> String {
    fn text(rules: &RuleSet, logic: &Logic<Need>) -> String {
        let all = |parts: &[Logic<Need>], by: &str| {
            let parts: Vec<String> = parts.iter().map(|part| text(rules, part)).collect();
            format!("({})", parts.join(by))
        };
        match logic {
            Logic::Var(Need::Here(id)) => rules.indicators[usize::from(id.0)].condition.id.clone(),
            Logic::Var(Need::Linked(at)) => {
                let linked = &rules.typologies[0].linked[usize::from(*at)];
                let far = |far: &Far| match far {
                    Far::Indicator(id) => rules.indicators[usize::from(id.0)].condition.id.clone(),
                    Far::Typology(id) => id.clone(),
                };
                let far: Vec<String> = linked.far.iter().map(far).collect();
                format!("linked({:?} of {far:?})", linked.of)
            }
            Logic::And(parts) => all(parts, " && "),
            Logic::Or(parts) => all(parts, " || "),
            Logic::Not(inner) => format!("!{}", text(rules, inner)),
        }
    }
    text(rules, &rules.typologies[0].require)
}

/// What is changed, the ids that are left, and why the typology is not.
type Placed = (&'static str, &'static [Edit], &'static [&'static str], Option<&'static str>);

#[test]
fn a_rule_runs_where_one_of_its_packs_is_on() {
    const ALL: [&str; 5] = ["AA-01", "AA-02", "AA-03", "SUP-CLUB", "CC-01"];
    let rows: &[Placed] = &[
        ("everywhere", &[], &ALL, None),
        ("here", &[of!("rules/case.yaml", "[us]")], &ALL, None),
        ("as the country is written", &[of!("rules/case.yaml", "[US]")], &ALL, None),
        ("here and elsewhere", &[of!("rules/case.yaml", "[ch, us]")], &ALL, None),
        ("elsewhere", &[of!("rules/case.yaml", "[ch]")], &[], Some("its regions are off: `ch`")),
        (
            "an explanation of elsewhere",
            &[of!("rules/club.yaml", "[ch]")],
            &["AA-01", "AA-02", "AA-03", "CC-01"],
            None,
        ),
        (
            "what it needs is of elsewhere",
            &[of!("rules/flow.yaml", "[ch]")],
            &[],
            Some("it cannot hold without `AA-01`"),
        ),
        (
            "a family is of elsewhere",
            &[of!("rules/border.yaml", "[ch]")],
            &[],
            Some("it cannot hold without `AA-03`"),
        ),
        (
            "one of two is of elsewhere",
            &[
                of!("rules/flow.yaml", "[ch]"),
                require!("(AA-01 || AA-02) && AA-03"),
                NO_BOOST,
                ("rules/case.yaml", "M && N && P", "M && P && (N || M || P)"),
                ("rules/case.yaml", "emit:", "protective: true\nemit:"),
            ],
            &["AA-02", "AA-03", "SUP-CLUB", "CC-01"],
            None,
        ),
    ];
    for (what, more, expected, reason) in rows {
        let compiled = compiled(more);
        assert_eq!(ids(&compiled.rules), *expected, "{what}");
        let off: Vec<&str> = compiled.idle.iter().map(|(.., reason)| reason.as_str()).collect();
        assert_eq!(off, reason.iter().copied().collect::<Vec<_>>(), "{what}");
        // Where no pack is asked for, all of it is there.
        let all = compile_all(&folder(&edits(more)), &limits()).unwrap().rules;
        assert_eq!(ids(&all), ALL, "{what}");
        // And a sweep sees what the deployment sees.
        let live = all_live(&folder(&edits(more)), &limits()).unwrap();
        assert_eq!(ids(&live), *expected, "{what}");
    }
}

#[test]
fn what_is_left_is_named_by_its_new_numbers() {
    let families =
        ("rules/case.yaml", "families: M && N && P", "families: M && (N || P) && (P || N)");
    let least = ("rules/case.yaml", "emit:", "protective: true\nemit:");
    let off = of!("rules/flow.yaml", "[ch]");
    let link = ("rules/case.yaml", "families:", "link: {by: [payment], hops: 2}\nfamilies:");
    let rows: &[(&[Edit], &str)] = &[
        (&[require!("AA-02 && AA-03 || AA-01 && AA-02"), NO_BOOST], "(AA-02 && AA-03)"),
        (&[require!("(AA-01 || AA-03) && AA-02"), NO_BOOST], "(AA-03 && AA-02)"),
        (&[require!("AA-03 && AA-02 && !AA-01"), NO_BOOST], "(AA-03 && AA-02)"),
        (
            &[require!("AA-03 && AA-02 && (AA-01 || linked(AA-01 || AA-03, 1))"), NO_BOOST, link],
            "(AA-03 && AA-02 && linked(Var(0) of [\"AA-03\"]))",
        ),
        // What is denied is off: something must be found there all the same.
        (
            &[require!("AA-03 && AA-02 && linked(AA-03 || !AA-01, 1)"), NO_BOOST, link],
            "(AA-03 && AA-02 && linked(And([]) of [\"AA-03\"]))",
        ),
        (
            &[
                require!("AA-02 && (AA-03 || linked(AA-01, 1) || linked(AA-03 && AA-02, 2))"),
                NO_BOOST,
                link,
            ],
            "(AA-02 && (AA-03 || linked(And([Var(0), Var(1)]) of [\"AA-03\", \"AA-02\"])))",
        ),
    ];
    for (more, expected) in rows {
        let more: Vec<Edit> = [off, families, least].iter().chain(*more).copied().collect();
        let rules = compiled(&more).rules;
        assert_eq!(require(&rules), *expected);
        let named = rules.typologies[0].indicators();
        assert!(named.into_iter().all(|id| usize::from(id.0) < rules.indicators.len()));
    }
}

#[test]
fn one_that_is_asked_for_and_off_holds_nowhere() {
    let asks = (
        "rules/flow.yaml",
        "hit: senders >= $min_senders",
        "hit: senders >= $min_senders || self.holds(AA-03)",
    );
    let of = |more: &[Edit]| {
        let rules = compiled(more).rules;
        let rule = rules
            .indicators
            .iter()
            .find(|rule| rule.condition.id == "AA-01")
            .unwrap()
            .condition
            .clone();
        (rule.asks.len(), rule.holds)
    };
    assert_eq!(of(&[asks]).0, 1);
    let elsewhere = [
        asks,
        of!("rules/border.yaml", "[ch]"),
        ("rules/case.yaml", "M && N && P", "M && N && (M || P)"),
        ("rules/case.yaml", "boost: [AA-03]\n", ""),
        ("rules/case.yaml", "emit:", "protective: true\nemit:"),
    ];
    let (asked, holds) = of(&elsewhere);
    assert_eq!(asked, 0);
    let Expr::Or(parts) = holds else { panic!("{holds:?}") };
    assert!(parts.contains(&Expr::Literal(Literal::Bool(false))), "{parts:?}");
}

#[test]
fn what_cannot_run_is_not_deployed_by_name() {
    let live = ("rules/ruleset.yaml", "default: live", "live: [CC-01@1.0.0]");
    let unknown = "E102 8:11 unknown pack `sh`; did you mean `ch`?";
    let rows: &[(&[Edit], &str)] = &[
        (
            &[of!("rules/case.yaml", "[ch]"), live],
            "E173 8:12 `CC-01@1.0.0` never runs here: its regions are off: `ch`; switch a pack on under \
             `packs`, or take the rule out of this environment",
        ),
        (
            &[of!("rules/flow.yaml", "[ch]"), live],
            "E173 8:12 `CC-01@1.0.0` never runs here: it cannot hold without `AA-01`; switch a pack on under \
             `packs`, or take the rule out of this environment",
        ),
        (&[of!("rules/case.yaml", "[sh]")], unknown),
        (
            &[of!("rules/case.yaml", "[]")],
            "E106 8:10 a rule for no region; name packs such as `us`, or leave `regions` out: the rule runs everywhere",
        ),
        (
            &[of!("rules/case.yaml", "us")],
            "E107 8:10 expected a list, found `us`; write `[…]` around it",
        ),
    ];
    for (more, expected) in rows {
        let errors = compile(&folder(&edits(more)), "prod", &limits()).unwrap_err();
        let told: Vec<String> = errors
            .iter()
            .map(|e| {
                format!(
                    "{} {}:{} {}; {}",
                    e.code,
                    e.line,
                    e.column,
                    e.message,
                    e.help.clone().unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(told, [*expected]);
    }
    // Off by name, or for another environment's default, is no mistake.
    let off = ("rules/ruleset.yaml", "default: live", "off: [CC-01@1.0.0]");
    assert_eq!(compiled(&[of!("rules/case.yaml", "[ch]"), off]).off.len(), 1);
}

#[test]
fn regions_are_part_of_what_a_version_decides() {
    let plain = folder(&edits(&[]));
    let lock = Lock::of(&plain, &limits()).unwrap();
    let rows: &[(&str, Edit)] = &[
        ("AA-01", of!("rules/flow.yaml", "[ch]")),
        ("SUP-CLUB", of!("rules/club.yaml", "[ch]")),
        ("CC-01", of!("rules/case.yaml", "[ch]")),
    ];
    for (id, edit) in rows {
        let after = folder(&edits(&[*edit]));
        let broken = lock.broken_by(&Lock::of(&after, &limits()).unwrap());
        assert_eq!(broken.iter().map(|broken| broken.id.as_str()).collect::<Vec<_>>(), [*id]);
        let (there, back) = (
            compare(&plain, &after, &limits()).unwrap(),
            compare(&after, &plain, &limits()).unwrap(),
        );
        for (changes, effect, step) in
            [(there, Effect::Narrowing, Step::Major), (back, Effect::Widening, Step::Minor)]
        {
            assert_eq!(changes.len(), 1);
            let details: Vec<(Effect, &str)> =
                changes[0].details.iter().map(|d| (d.effect, d.place.as_str())).collect();
            assert_eq!(details, [(effect, "regions")], "{id}");
            assert_eq!(changes[0].needs(), Some(step), "{id}");
        }
    }
    // One region more, or another spelling.
    let steps = |from: Edit, to: Edit| {
        let of = |edit| folder(&edits(&[edit]));
        let changes = compare(&of(from), &of(to), &limits()).unwrap();
        changes.iter().map(|change| (change.effect(), change.needs())).collect::<Vec<_>>()
    };
    let (us, both) = (of!("rules/flow.yaml", "[us]"), of!("rules/flow.yaml", "[us, ch]"));
    assert_eq!(steps(us, both), [(Effect::Widening, Some(Step::Minor))]);
    assert_eq!(steps(both, us), [(Effect::Narrowing, Some(Step::Major))]);
    let capitals = of!("rules/flow.yaml", "[US]");
    assert_eq!(steps(us, capitals), [(Effect::Words, Some(Step::Patch))]);
    // In any order and spelling the same.
    let hash = |regions: Edit| Lock::of(&folder(&edits(&[regions])), &limits()).unwrap();
    let (one, other) =
        (hash(of!("rules/flow.yaml", "[ch, us]")), hash(of!("rules/flow.yaml", "[US, CH]")));
    assert!(one.broken_by(&other).is_empty());
}
