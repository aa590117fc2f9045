//! What the compiler makes of right rules, and what it keeps out of them.

use super::folder::folder;
use super::shipped::limits;
use crate::program::{
    Across, Arithmetic, Compare, Direction, EndField, Expr, Field, Gate, Indicator, Literal,
    MeasureId, ParamId, RuleSet, Side, When,
};
use crate::{Overrides, Sources, compile, compile_all, compile_with};
use palermo_domain::alert::Mode;
use palermo_domain::{PaymentKind, Span};
use std::collections::BTreeMap;

const FLOW: &str = "rules/flow.yaml";
const CASE: &str = "rules/case.yaml";
const RULESET: &str = "rules/ruleset.yaml";

fn live(edits: &[(&str, &str, &str)]) -> RuleSet {
    match compile(&folder(edits), "prod", &limits()) {
        Ok(compiled) => compiled.rules,
        Err(errors) => panic!("{}", errors.render(false)),
    }
}

fn indicator<'r>(rules: &'r RuleSet, id: &str) -> &'r Indicator {
    rules.indicators.iter().find(|indicator| indicator.condition.id == id).unwrap()
}

fn selection(rules: &RuleSet, text: &str) -> (Expr, Gate) {
    let edited =
        live(&[(FLOW, "direction == in && kind == transfer && unrelated(self, other)", text)]);
    let _ = rules;
    let id = indicator(&edited, "AA-01").condition.selections[0].1;
    let selection = &edited.selections[usize::from(id.0)];
    (selection.condition.clone(), selection.gate.clone())
}

#[test]
fn gates_are_read_off_the_condition() {
    let rules = live(&[]);
    let (transfer, payroll) = (PaymentKind::Transfer, PaymentKind::Payroll);
    for (text, kinds, direction) in [
        ("kind == transfer", vec![transfer], None),
        (
            "direction == out && kind in [payroll, transfer]",
            vec![transfer, payroll],
            Some(Direction::Out),
        ),
        (
            "kind == transfer && direction == in || kind == payroll && direction == in",
            vec![transfer, payroll],
            Some(Direction::In),
        ),
        ("kind == transfer || direction == in", vec![], None),
        ("kind != transfer && direction == in", vec![], Some(Direction::In)),
        ("(kind != transfer)", vec![], None),
        ("amount_original > 5 && !(kind == fee)", vec![], None),
        ("amount_original > 5", vec![], None),
    ] {
        let (_, gate) = selection(&rules, text);
        assert_eq!(gate, Gate { kinds, direction }, "{text}");
    }
}

#[test]
fn booked_is_meant_where_the_status_is_not_named() {
    let rules = live(&[]);
    let named = |expr: &Expr| format!("{expr:?}").matches("Field(Status)").count();
    assert_eq!(named(&selection(&rules, "kind == transfer").0), 1);
    assert_eq!(named(&selection(&rules, "status == rejected").0), 1);
    assert_eq!(named(&selection(&rules, "status != booked && kind == transfer").0), 1);
}

#[test]
fn equal_selections_are_one_after_parameters_are_replaced() {
    let base = live(&[]).selections.len();
    // AA-01's credit and the club's differ by `unrelated`; without it they are one.
    let shared = live(&[(FLOW, " && unrelated(self, other)", "")]);
    assert_eq!(shared.selections.len(), base - 1);
}

#[test]
fn hits_are_in_order_of_cost() {
    let rules = live(&[(
        FLOW,
        "hit: senders >= $min_senders",
        "hit: 'near(self.home, list(''towns''), 80) && senders >= $min_senders && total_in / total_in > 0.5 && self.account_age <= 60d'",
    )]);
    let Expr::And(parts) = &indicator(&rules, "AA-01").condition.holds else { panic!() };
    assert!(matches!(&parts[0], Expr::Compare(_, a, _) if matches!(**a, Expr::Field(_))));
    assert!(matches!(&parts[1], Expr::Compare(_, a, _) if matches!(**a, Expr::Arithmetic(..))));
    assert!(matches!(&parts[2], Expr::Near(..)));
    assert!(matches!(&parts[3], Expr::Compare(_, a, _) if matches!(**a, Expr::Measure(_))));
}

#[test]
fn a_sequence_is_two_selections_and_a_tie() {
    let rules = live(&[]);
    let condition = &indicator(&rules, "AA-02").condition;
    let sequence = condition.sequence.as_ref().unwrap();
    let names: Vec<&str> = sequence.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["wage", "draw"]);
    let day = Span::parse("1d").unwrap();
    assert_eq!(sequence.steps[1].when, When::Within { of: 0, span: day });
    let amount =
        |step: bool| if step { Expr::Step(0, Field::Amount) } else { Expr::Field(Field::Amount) };
    let share = Box::new(Expr::Param(ParamId(0)));
    let part = Expr::Arithmetic(Arithmetic::Mul, share, Box::new(amount(true)));
    let tie = Expr::Compare(Compare::Ge, Box::new(amount(false)), Box::new(part));
    assert_eq!(sequence.steps[1].ties, [tie]);
    let seen = Box::new(Expr::Measure(MeasureId(0)));
    let twice = Box::new(Expr::Literal(Literal::Int(2)));
    assert_eq!(condition.holds, Expr::Compare(Compare::Ge, seen, twice));
    assert_eq!(condition.measures[0].name, "repeats");
    assert!(!condition.params[0].in_selection);
}

#[test]
fn repeats_and_within_take_parameters() {
    let why = "stricter: up, basis: default, why: x}";
    let times = format!(
        "parameters:\n  times: {{value: 3, type: int, range: [1, 9], {why}\n  gap: {{value: 12h, type: duration, range: [1h, 48h], {why}\n"
    );
    let rules = live(&[
        ("rules/cash.yaml", "parameters:\n", &times),
        ("rules/cash.yaml", "repeats: 2", "repeats: $times"),
        ("rules/cash.yaml", "within 24h", "within $gap"),
    ]);
    let condition = &indicator(&rules, "AA-02").condition;
    let span = Span::parse("12h").unwrap();
    assert_eq!(condition.sequence.as_ref().unwrap().steps[1].when, When::Within { of: 0, span });
    let Expr::Compare(Compare::Ge, _, right) = &condition.holds else { panic!() };
    assert_eq!(**right, Expr::Param(ParamId(0)));
}

/// The steps of AA-02, with more lines before `repeats`.
fn steps(more: &str) -> crate::program::Sequence {
    let to = format!("{more}  repeats: 2");
    let rules = live(&[("rules/cash.yaml", "  repeats: 2", &to)]);
    indicator(&rules, "AA-02").condition.sequence.clone().unwrap()
}

#[test]
fn steps_read_earlier_ones_and_share_or_differ() {
    let account = Field::End(Side::Other, EndField::Account);
    let differs = |from: usize| {
        let (own, other) = (Expr::Field(account), Expr::Step(from, account));
        Expr::Compare(Compare::Ne, Box::new(own), Box::new(other))
    };
    let week = Span::parse("7d").unwrap();
    // Two of the same steps are one tie, of others another.
    let found = steps(
        "  fee: direction == out && other.account != wage.other.account && other.account != draw.other.account, around 7d of draw\n",
    );
    assert_eq!(found.steps[2].ties, [differs(1), differs(0)]);
    assert_eq!(found.steps[2].when, When::Around { of: 1, span: week });
    let found = steps(
        "  fee: direction == out\n  distinct: [fee.other.account, wage.other.account, draw.other.account]\n",
    );
    assert_eq!(found.steps[2].ties, [differs(0), differs(1)]);
    assert_eq!(found.steps[1].ties.last(), Some(&differs(0)));
    assert_eq!((found.steps[2].when, found.across), (When::After, None));
    for same in [true, false] {
        let key = if same { "same" } else { "distinct" };
        let found = steps(&format!("  {key}: draw.other.account\n"));
        assert_eq!(found.across, Some(Across { same, step: 1, field: account }));
    }
}

#[test]
fn whole_numbers_become_decimal_and_nothing_else_does() {
    let rules = live(&[(
        FLOW,
        "hit: senders >= $min_senders",
        "hit: 'senders / 2 >= $min_senders && senders * 0.5 >= 1'",
    )]);
    let text = format!("{:?}", indicator(&rules, "AA-01").condition.holds);
    assert!(text.contains("ToDecimal(Param"), "{text}");
    assert!(text.contains("ToDecimal(Measure"), "{text}");
    assert!(text.contains("Literal(Decimal(1))"), "{text}");
}

#[test]
fn only_what_is_deployed_is_compiled() {
    let spare = "apiVersion: palermo.rules/v1\nkind: Indicator\nid: ZZ-09\nversion: 1.0.0\ntitle: Spare\ncrime: [laundering]\nfamily: M\ntier: C\nstatus: test\ndescription: Spare.\ncite: [{key: K, item: i, status: found}]\nsubject: account\nwindow: 1d\nselect: {x: kind == fee}\nmeasure: {fees: count() over x}\nhit: fees >= 3\ntext: \"{fees}\"\n";
    let edits = [("rules/zz.yaml", "", spare)];
    let sources = folder(&edits);
    let all = compile_all(&sources, &limits()).unwrap().rules;
    let live = compile(&sources, "prod", &limits()).unwrap().rules;
    let ids = |rules: &RuleSet| -> Vec<String> {
        rules.indicators.iter().map(|indicator| indicator.condition.id.clone()).collect()
    };
    assert_eq!(ids(&all), ["AA-01", "AA-02", "AA-03", "ZZ-09"]);
    assert_eq!(ids(&live), ["AA-01", "AA-02", "AA-03"]);
    assert_eq!(all.selections.len(), live.selections.len() + 1);
    // A file that nothing deploys is checked all the same.
    let broken = spare.replace("fees >= 3", "fees >= x");
    assert!(compile(&folder(&[("rules/zz.yaml", "", &broken)]), "prod", &limits()).is_err());
}

#[test]
fn modes_are_those_of_the_environment() {
    let mode = |edit: &str| {
        let compiled =
            compile(&folder(&[(RULESET, "live: [CC-01@1.0.0]", edit)]), "prod", &limits());
        let compiled = compiled.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        (compiled.rules.typologies.first().map(|typology| typology.mode), compiled.off)
    };
    let off = |reason: &str| vec![("CC-01".to_owned(), "1.0.0".to_owned(), reason.to_owned())];
    assert_eq!(mode("live: [CC-01@1.0.0]"), (Some(Mode::Live), vec![]));
    assert_eq!(
        mode("shadow: [{rule: CC-01@1.0.0, until: 2027-01-01}]"),
        (Some(Mode::Shadow), vec![])
    );
    assert_eq!(mode("live: []"), (Some(Mode::Shadow), vec![]));
    assert_eq!(
        mode("off: [{rule: CC-01@1.0.0, reason: no card data}]"),
        (None, off("no card data"))
    );
    assert_eq!(mode("default: off"), (None, off("not named, and the default is off")));
    let errors = compile(&folder(&[]), "prd", &limits()).unwrap_err();
    let line = errors.iter().next().unwrap().line();
    assert_eq!(line, "rules/ruleset.yaml:6:3 E102 unknown environment `prd`");
}

#[test]
fn a_champion_and_its_challenger_stand_side_by_side() {
    let case = folder(&[]).get(CASE).unwrap().replace("version: 1.0.0", "version: 1.1.0-rc.1");
    let rules = live(&[
        ("rules/next.yaml", "", &case),
        (
            RULESET,
            "live: [CC-01@1.0.0]",
            "live: [CC-01@1.0.0]\n    shadow: [{rule: CC-01@1.1.0-rc.1, champion: CC-01@1.0.0, until: 2027-02-01}]",
        ),
    ]);
    let modes: Vec<Mode> = rules.typologies.iter().map(|typology| typology.mode).collect();
    assert_eq!(modes, [Mode::Live, Mode::Shadow]);
}

#[test]
fn a_parameter_can_be_replaced_and_nothing_else_changes() {
    let sources = folder(&[]);
    let plain = compile_all(&sources, &limits()).unwrap().rules;
    let key = ("AA-01".to_owned(), "min_senders".to_owned());
    let overrides = Overrides::from([(key, Literal::Int(99))]);
    let moved = compile_with(&sources, None, &limits(), &overrides).unwrap().rules;
    assert_eq!(moved.sha256, plain.sha256);
    let (a, b) = (&indicator(&plain, "AA-01").condition, &indicator(&moved, "AA-01").condition);
    assert_eq!(b.params[0].value, Literal::Int(99));
    assert_eq!(
        (a.logic_sha256 == b.logic_sha256, a.params_sha256 == b.params_sha256),
        (true, false)
    );
    assert_eq!(indicator(&plain, "AA-02"), indicator(&moved, "AA-02"));
}

#[test]
fn hashes_follow_what_decides_and_nothing_else() {
    let hashes = |edits: &[(&str, &str, &str)]| {
        let rules = live(edits);
        let condition = &indicator(&rules, "AA-01").condition;
        (rules.sha256.clone(), condition.logic_sha256.clone(), condition.params_sha256.clone())
    };
    let base = hashes(&[]);
    // A test that fails here has changed the hash of every deployed rule.
    assert_eq!(base.1, "9835b297160a2c4d60ccc97b6a2b6dd4e594e69e53f21eea7a9b6ed643e8f31b");
    assert_eq!(base.2, "36454cd51d7c20d8844a700dab6f47aa894b8b4d68be50d82891510814a0d5a5");
    for (from, to, logic, params) in [
        ("title: Many senders", "title: Many, many senders", false, false),
        ("kind == transfer && unrelated", "kind==transfer   &&  unrelated", false, false),
        ("hit: senders >= $min_senders", "hit: 'senders >= $min_senders' # why", false, false),
        ("kind == transfer", "kind == payroll", true, false),
        ("window: 30d", "window: 29d", true, false),
        ("value: 5", "value: 6", false, true),
        ("family: N", "family: C", true, false),
    ] {
        let families = [(CASE, "M && N && P", "M && (N || C) && P"), (FLOW, from, to)];
        let changed = hashes(&families);
        assert_ne!(base.0, changed.0, "{to}");
        assert_eq!((base.1 != changed.1, base.2 != changed.2), (logic, params), "{to}");
    }
    let one = Sources::new(BTreeMap::from([("a.yaml".to_owned(), "x".to_owned())]));
    let test = ("a.test.yaml".to_owned(), "y".to_owned());
    let with_test = Sources::new(BTreeMap::from([("a.yaml".to_owned(), "x".to_owned()), test]));
    assert_eq!(one.sha256(), with_test.sha256());
    let moved = Sources::new(BTreeMap::from([("a.yam".to_owned(), "lx".to_owned())]));
    assert_ne!(one.sha256(), moved.sha256());
}

#[test]
fn a_set_that_costs_too_much_names_the_costliest() {
    let many: String = (0..600).fold("measure:\n".to_owned(), |mut text, n| {
        text.push_str(&format!("  towns_{n}: places(40) over credit\n"));
        text
    });
    let errors = compile(&folder(&[(FLOW, "measure:\n", &many)]), "prod", &limits()).unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!(error.code, "E113");
    assert!(error.help.as_ref().unwrap().starts_with("the costliest are `AA-01` ("), "{error:?}");
}

#[test]
fn rules_without_tests_are_named_once_tests_are_loaded() {
    let edits = [("rules/flow.test.yaml", "", "rule: AA-01\n")];
    let errors = compile(&folder(&edits), "prod", &limits()).unwrap_err();
    let lines: Vec<String> = errors.iter().map(crate::RuleError::line).collect();
    assert_eq!(
        lines,
        [
            "rules/border.yaml:3:5 E160 `AA-03` has no tests beside it",
            "rules/case.yaml:3:5 E160 `CC-01` has no tests beside it",
            "rules/cash.yaml:3:5 E160 `AA-02` has no tests beside it",
            "rules/club.yaml:3:5 E160 `SUP-CLUB` has no tests beside it",
        ]
    );
}

#[test]
fn a_long_title_is_a_warning() {
    let title = format!("title: {}", "long ".repeat(40));
    let compiled =
        compile(&folder(&[(FLOW, "title: Many senders", &title)]), "prod", &limits()).unwrap();
    let codes: Vec<&str> = compiled.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["W340"]);
    assert!(compiled.warnings.render(true).contains("\u{1b}[1;33mwarning[W340]:"));
}

#[test]
fn a_threshold_without_a_rate_is_a_warning() {
    const MONEY: &str = "min_total: {value: 400, type: money, ccy: USD, range: [100, 1000], \
                         step: 50, stricter: up, basis: default, why: a sum}\n  min_senders:";
    let edits = [
        (FLOW, "min_senders:", MONEY),
        (FLOW, "hit: senders", "hit: total_in >= $min_total && senders"),
    ];
    let fx = "list: fx\ntitle: Rates\nversion: 1.0.0\ncolumns: {note: text, per_base: decimal}\n\
              source: a bank\nreviewed: 2026-11-20\nrows:\n  \
              - {row: CCY/2026-11-20, per_base: \"1.1\", valid_from: 2026-11-20}\n";
    for (base, rated, expected) in [
        ("USD", None, None),
        ("EUR", None, Some("rules/flow.yaml:15:45 W341")),
        ("EUR", Some("USD"), None),
        ("EUR", Some("CAD"), Some("rules/flow.yaml:15:45 W341")),
    ] {
        let fx = fx.replace("CCY", rated.unwrap_or("USD"));
        let mut edits = edits.to_vec();
        if rated.is_some() {
            edits.push(("rules/lists/fx.yaml", "", &fx));
        }
        let sources = folder(&edits);
        let rules = compile(&sources, "prod", &limits()).unwrap().rules;
        // No rule names the list, and every rule needs it.
        assert_eq!(rules.lists.iter().any(|list| list.id == "fx"), rated.is_some());
        let base = palermo_domain::Currency::try_new(base).unwrap();
        let found: Vec<String> = crate::rate_warnings(&sources, &rules, base)
            .iter()
            .map(crate::RuleError::line)
            .collect();
        match (found.as_slice(), expected) {
            ([], None) => {}
            ([one], Some(start)) => assert!(one.starts_with(start), "{one}"),
            other => panic!("{base} {rated:?}: {other:?}"),
        }
    }
}

#[test]
fn a_row_of_a_list_has_versions() {
    let later =
        "rows:\n  - {row: USD, cash: \"3000\", valid_from: 2026-06-01, valid_to: 2026-06-30}\n";
    let sources = folder(&[("rules/lists/limit.yaml", "rows:\n", later)]);
    let rules = compile(&sources, "prod", &limits()).unwrap().rules;
    let list = rules.lists.iter().find(|list| list.id == "limit").unwrap();
    let day = |text| palermo_domain::Date::parse(text).unwrap();
    let valid: Vec<_> = list.rows.iter().map(|row| (row.key.as_str(), row.valid)).collect();
    let open = palermo_domain::Date(i32::MAX);
    assert_eq!(
        valid,
        [("USD", (day("2026-06-01"), day("2026-06-30"))), ("USD", (day("2020-01-01"), open))]
    );
}

#[test]
fn several_problems_are_reported_at_once_in_order_of_place() {
    let errors = compile(
        &folder(&[
            (FLOW, "kind == transfer", "kind == transfr"),
            (FLOW, "hit: senders", "hit: sendrs"),
            ("rules/cash.yaml", "window: 14d", "windw: 14d"),
            ("rules/border.yaml", "list('towns')", "list('town')"),
        ]),
        "prod",
        &limits(),
    )
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "rules/border.yaml:18:41 E102 unknown list `town`\n\
         rules/cash.yaml:13:1 E101 unknown key `windw`\n\
         rules/flow.yaml:17:38 E102 unknown kind of payment `transfr`\n\
         rules/flow.yaml:21:6 E102 unknown name `sendrs`\n"
    );
}

#[test]
fn columns_are_exact_in_every_way_of_writing() {
    for (written, place) in [
        ("hit: senders >= 1 && oops > 1", "21:22"),
        ("hit: 'self.account == ''x'' && oops > 1'", "21:32"),
        ("hit: \"self.account == 'x\\u0041' && oops > 1\"", "21:36"),
        ("hit: senders >= 1\n  && oops > 1", "22:6"),
        ("hit: >\n  senders >= 1\n  && oops > 1", "23:6"),
        ("hit: |\n  senders >= 1 &&\n  oops > 1", "23:3"),
    ] {
        let errors =
            compile(&folder(&[(FLOW, "hit: senders >= $min_senders", written)]), "prod", &limits());
        let line = errors.unwrap_err().iter().find(|e| e.code == "E102").unwrap().line();
        assert_eq!(line, format!("rules/flow.yaml:{place} E102 unknown name `oops`"), "{written}");
    }
}
