//! Flags by purpose alone, and typologies over them that ask for linked evidence in every way that
//! the language has. The oracle reads the same table of flags, and typologies as data.

use super::scene::TAGS;
use crate::rules::*;
use palermo_domain::alert::Mode;
use palermo_domain::{Span, Subject};
use palermo_lang::program::*;

/// Holds where at least so many booked payments in the window have this purpose, and none the other.
pub struct Flag {
    pub id: &'static str,
    pub family: char,
    pub subject: Subject,
    pub tag: usize,
    pub never: Option<usize>,
    /// Only payments in (`true`) or out.
    pub incoming: Option<bool>,
    pub least: i64,
    pub days: i64,
}

pub const A: u16 = 0;
pub const B: u16 = 1;
pub const E: u16 = 2;
pub const D: u16 = 3;
pub const M: u16 = 4;
pub const P: u16 = 5;

const fn flag(id: &'static str, family: char, subject: Subject, tag: usize, days: i64) -> Flag {
    Flag { id, family, subject, tag, never: None, incoming: None, least: 1, days }
}

pub const FLAGS: [Flag; 6] = [
    Flag { incoming: Some(true), ..flag("L-A", 'P', Subject::Account, 0, 1) },
    Flag { incoming: Some(false), ..flag("L-B", 'M', Subject::Account, 1, 1) },
    Flag { incoming: Some(true), never: Some(3), ..flag("L-E", 'C', Subject::Account, 2, 1) },
    Flag { least: 2, ..flag("L-D", 'M', Subject::Device, 4, 2) },
    flag("L-M", 'M', Subject::Merchant, 5, 1),
    flag("L-P", 'P', Subject::Pair, 6, 2),
];

/// Over what and how far each typology looks; the bits of the first number are kinds of links.
pub type Reach = (u8, u8);

fn select(b: &mut Builder, flag: &Flag, tag: usize) -> SelectionId {
    let word = Expr::Literal(Literal::Text(TAGS[tag].into()));
    let mut parts = vec![cmp(Compare::Eq, field(Field::Purpose), word)];
    parts.extend(flag.incoming.map(|is_in| if is_in { incoming() } else { outgoing() }));
    b.select(&format!("{}.{tag}", flag.id), Expr::And(parts))
}

fn indicators(b: &mut Builder) {
    for flag in &FLAGS {
        let wanted = select(b, flag, flag.tag);
        let mut draft = Draft::days(flag.days).aggregate(Function::Count, None, wanted);
        let mut holds = vec![cmp(Compare::Ge, measure(0), int(flag.least))];
        if let Some(never) = flag.never {
            let never = select(b, flag, never);
            draft = draft.aggregate(Function::Count, None, never);
            holds.push(cmp(Compare::Eq, measure(1), int(0)));
        }
        b.indicator(flag.id, flag.family, draft, Expr::And(holds));
        b.rules.last_mut().expect("just pushed").condition.subject = flag.subject;
    }
}

fn here(id: u16) -> Logic<Need> {
    Logic::Var(Need::Here(IndicatorId(id)))
}

pub fn far(id: u16) -> Far {
    Far::Indicator(IndicatorId(id))
}

pub fn link((mask, hops): Reach) -> Link {
    let chosen = LinkKind::ALL.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
    Link { by: chosen.map(|(_, kind)| *kind).collect(), hops, families: false }
}

fn linked(of: Logic<u16>, far: &[Far], hops: u8) -> Linked {
    Linked { of, far: far.to_vec(), hops }
}

/// As the compiler lists them.
fn named(logic: &Logic<Need>, out: &mut Vec<IndicatorId>) {
    match logic {
        Logic::Var(Need::Here(id)) if !out.contains(id) => out.push(*id),
        Logic::Var(_) => {}
        Logic::And(parts) | Logic::Or(parts) => parts.iter().for_each(|part| named(part, out)),
        Logic::Not(inner) => named(inner, out),
    }
}

fn typology(
    b: &mut Builder,
    (id, mode, anchor): (&str, Mode, Anchor),
    require: Logic<Need>,
    all: Vec<Linked>,
    (mask, days): (u8, i64),
) {
    let mut required = Vec::new();
    named(&require, &mut required);
    let rule = b.typology(id, anchor, require, &required, &[], Span::from_days(300));
    rule.mode = mode;
    rule.link = all.iter().map(|linked| linked.hops).max().map(|hops| link((mask, hops)));
    rule.linked = all;
    rule.window = Span::from_days(days);
    rule.families = Logic::And(Vec::new());
    rule.protective = true;
    rule.payers_role = None;
    rule.emit.amount_percent = None;
}

/// Those that look for versions, for two things, and for what must not be there.
fn more(b: &mut Builder, reach: [Reach; 4], days: i64) {
    use Logic::{And, Not, Var};
    let [(_, one_hops), (_, two_hops), (three, three_hops), (four, four_hops)] = reach;
    let (live, shadow) = (Mode::Live, Mode::Shadow);
    let link = || Var(Need::Linked(0));
    let found = |id: &str| Far::Typology(id.into());
    for (id, mode) in [("CT-85", shadow), ("CT-86", live)] {
        typology(
            b,
            (id, mode, Anchor::Account),
            And(vec![here(B), link()]),
            vec![linked(Var(0), &[found("CT-82")], two_hops)],
            (three, days),
        );
    }
    typology(
        b,
        ("CT-87", live, Anchor::Party),
        And(vec![here(A), link(), Var(Need::Linked(1))]),
        vec![
            linked(Var(0), &[far(E)], three_hops),
            linked(And(vec![Var(0), Not(Box::new(Var(1)))]), &[far(M), far(D)], one_hops),
        ],
        (three, days),
    );
    typology(
        b,
        ("CT-88", live, Anchor::Account),
        And(vec![Not(Box::new(link())), here(A), here(B)]),
        vec![linked(Var(0), &[far(E)], four_hops)],
        (four, days),
    );
    typology(
        b,
        ("CT-89", live, Anchor::Party),
        And(vec![here(A), here(B), Not(Box::new(here(D)))]),
        Vec::new(),
        (0, days),
    );
}

/// Typologies with these ways to look, and a window of so many days.
pub fn rules(reach: [Reach; 4], days: i64) -> RuleSet {
    use Logic::{And, Or, Var};
    let [(one, one_hops), (two, two_hops), _, (four, four_hops)] = reach;
    let (live, shadow) = (Mode::Live, Mode::Shadow);
    let link = || Var(Need::Linked(0));
    let mut b = Builder::default();
    indicators(&mut b);
    // What looks at others stands before and after what it looks for.
    let found = |id: &str| Far::Typology(id.into());
    let both = [found("CT-81"), found("CT-83")];
    typology(
        &mut b,
        ("CT-84", shadow, Anchor::Account),
        And(vec![here(A), link()]),
        vec![linked(Or(vec![Var(0), Var(1)]), &both, four_hops)],
        (four, days),
    );
    typology(
        &mut b,
        ("CT-81", live, Anchor::Account),
        And(vec![here(A), link()]),
        vec![linked(Var(0), &[far(E)], one_hops)],
        (one, days),
    );
    typology(
        &mut b,
        ("CT-82", live, Anchor::Party),
        And(vec![Or(vec![here(A), here(P)]), Or(vec![here(B), here(D)])]),
        Vec::new(),
        (0, days),
    );
    typology(
        &mut b,
        ("CT-83", live, Anchor::Account),
        And(vec![Or(vec![here(M), here(P)]), link()]),
        vec![linked(Or(vec![Var(0), Var(1)]), &[found("CT-82"), far(D)], two_hops)],
        (two, days),
    );
    typology(
        &mut b,
        ("CT-82", shadow, Anchor::Account),
        And(vec![here(P), Or(vec![here(M), here(B)])]),
        Vec::new(),
        (0, days),
    );
    more(&mut b, reach, days);
    b.build()
}

/// The same without one typology.
pub fn without(mut rules: RuleSet, id: &str) -> RuleSet {
    rules.typologies.retain(|rule| rule.id != id);
    rules
}

/// Episodes that end after so long without a hit; what CT-82 and CT-81 find is explained by a payment
/// in of the last tag.
pub fn explained(mut rules: RuleSet, quiet: Span) -> RuleSet {
    let mut b = Builder::default();
    std::mem::swap(&mut b.rules, &mut rules.indicators);
    std::mem::swap(&mut b.selections, &mut rules.selections);
    let word = Expr::Literal(Literal::Text(TAGS[6].into()));
    let word = cmp(Compare::Eq, field(Field::Purpose), word);
    let seen = b.select("SUP-1.seen", Expr::And(vec![word, incoming()]));
    let draft = Draft::days(2).aggregate(Function::Count, None, seen);
    let id = b.suppressor("SUP-1", draft, cmp(Compare::Ge, measure(0), int(1)));
    for rule in &mut rules.typologies {
        rule.emit.rearm = quiet;
        if ["CT-81", "CT-82"].contains(&rule.id.as_str()) {
            rule.suppress = vec![id];
        }
    }
    b.typologies = std::mem::take(&mut rules.typologies);
    b.build()
}
