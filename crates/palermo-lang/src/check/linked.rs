//! `linked(EXPR, k)` and `link` of a typology: evidence on other accounts, and how far it may be.
//!
//! EXPR is a formula over ids of indicators and typologies, and over `any(…)`, which stands for every
//! indicator of the folder with such a tier, crime or family.

use crate::check::logic::{Logic2, Named, formula};
use crate::check::text::Source;
use crate::check::typology::Rules;
use crate::program::{Far, Indicator, Link, LinkKind, Linked, Logic, Tier};
use crate::read::{Cx, Fields};
use crate::syntax::{Kind, Op, Syntax};
use std::ops::Range;

/// The most hops between an anchor and its linked evidence.
const HOPS_MAX: u8 = 3;

/// `linked(…)` where it is written.
#[derive(Clone, Debug)]
pub(crate) struct NamedLinked {
    pub(crate) of: Logic2<NamedFar>,
    pub(crate) hops: u8,
    /// All of it.
    pub(crate) range: Range<usize>,
}

/// What may hold on a linked account, where it is written.
#[derive(Clone, Debug)]
pub(crate) enum NamedFar {
    Id(Named),
    Any(Logic2<Attribute>, Range<usize>),
}

/// A test of an indicator's head.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    key: Key,
    equal: bool,
    word: String,
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Tier,
    Crime,
    Family,
}

/// Reads `linked(EXPR, k)`.
pub(crate) fn linked(
    cx: &mut Cx,
    source: Source<'_>,
    syntax: &Syntax,
    arguments: &[Syntax],
) -> Option<NamedLinked> {
    let range = source.at(cx, &syntax.range);
    let [of, hops] = arguments else {
        let help = "write `linked(MS-17 || MS-19, 2)`: what, and within how many hops";
        cx.error("E103", &range, "`linked` takes two arguments", help);
        return None;
    };
    let of = formula(cx, source, of, &far);
    let most = i64::from(HOPS_MAX);
    let hops = match &hops.kind {
        Kind::Int(hops) if (1..=most).contains(hops) => u8::try_from(*hops).ok(),
        _ => {
            let range = source.at(cx, &hops.range);
            let message = format!("`linked` goes 1 to {HOPS_MAX} hops far");
            cx.error("E145", &range, message, "write a number of hops: `linked(MS-17, 2)`");
            None
        }
    };
    Some(NamedLinked { of: of?, hops: hops?, range })
}

fn far(cx: &mut Cx, source: Source<'_>, syntax: &Syntax) -> Option<NamedFar> {
    let range = source.at(cx, &syntax.range);
    match &syntax.kind {
        Kind::Id(id) => Some(NamedFar::Id((id.clone(), range))),
        Kind::Call(name, arguments) if *name == ["any"] => match arguments.as_slice() {
            [one] => formula(cx, source, one, &attribute).map(|of| NamedFar::Any(of, range)),
            _ => {
                let help = "write `any(tier == A && crime != laundering)`";
                cx.error("E103", &range, "`any` takes one condition", help);
                None
            }
        },
        _ => {
            let help = "write ids with `&&`, `||`, `!`, or `any(tier == A)`";
            cx.error("E103", &range, "linked evidence is made of ids", help);
            None
        }
    }
}

fn attribute(cx: &mut Cx, source: Source<'_>, syntax: &Syntax) -> Option<Attribute> {
    let read = || {
        let Kind::Binary(op @ (Op::Eq | Op::Ne), key, word) = &syntax.kind else { return None };
        let (Kind::Path(key), Kind::Path(word)) = (&key.kind, &word.kind) else { return None };
        let ([key], [word]) = (key.as_slice(), word.as_slice()) else { return None };
        let key = match key.as_str() {
            "tier" if ["A", "B", "C"].contains(&word.as_str()) => Key::Tier,
            "crime" => Key::Crime,
            "family" => Key::Family,
            _ => return None,
        };
        Some(Attribute { key, equal: *op == Op::Eq, word: word.clone() })
    };
    let read = read();
    if read.is_none() {
        let range = source.at(cx, &syntax.range);
        let help = "compare `tier`, `crime` or `family` with a word by `==` or `!=`";
        cx.error("E103", &range, "`any` tests the heads of indicators", help);
    }
    read
}

impl Attribute {
    /// Whether it is true of an indicator. An authoritative list match is as good as tier A.
    fn is_true_of(&self, rule: &Indicator) -> bool {
        let found = match self.key {
            Key::Tier if self.word == "A" => matches!(rule.tier, Tier::A | Tier::Listed),
            Key::Tier => rule.tier.as_str() == self.word,
            Key::Crime => rule.crime.contains(&self.word),
            Key::Family => rule.family.0.to_string() == self.word,
        };
        found == self.equal
    }
}

/// The checked form of what was read; ids that no rule has are told.
pub(crate) fn checked(cx: &mut Cx, named: &NamedLinked, rules: &Rules<'_>) -> Option<Linked> {
    let mut all: Vec<Far> = Vec::new();
    let of = resolve(cx, &named.of, rules, &mut all)?;
    Some(Linked { of, far: all, hops: named.hops })
}

fn resolve(
    cx: &mut Cx,
    logic: &Logic2<NamedFar>,
    rules: &Rules<'_>,
    all: &mut Vec<Far>,
) -> Option<Logic<u16>> {
    let parts = |cx: &mut Cx, parts: &[Logic2<NamedFar>], all: &mut Vec<Far>| {
        let each = parts.iter().map(|part| resolve(cx, part, rules, all));
        each.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
    };
    match logic {
        Logic2::And(inner) => parts(cx, inner, all).map(Logic::And),
        Logic2::Or(inner) => parts(cx, inner, all).map(Logic::Or),
        Logic2::Not(inner) => {
            resolve(cx, inner, rules, all).map(|inner| Logic::Not(Box::new(inner)))
        }
        Logic2::Var(NamedFar::Id((id, range))) => {
            let known = rules.far(cx, id, range)?;
            Some(Logic::Var(number(all, known)))
        }
        Logic2::Var(NamedFar::Any(test, range)) => {
            let chosen: Vec<Logic<u16>> = rules
                .numbered()
                .filter(|(_, rule)| truth(test, rule))
                .map(|(id, _)| Logic::Var(number(all, Far::Indicator(id))))
                .collect();
            if chosen.is_empty() && rules.complete {
                let help = "loosen the condition, or name the ids";
                cx.error("E145", range, "no indicator is such a one", help);
            }
            Some(Logic::Or(chosen))
        }
    }
}

fn truth(test: &Logic2<Attribute>, rule: &Indicator) -> bool {
    match test {
        Logic2::Var(attribute) => attribute.is_true_of(rule),
        Logic2::And(all) => all.iter().all(|part| truth(part, rule)),
        Logic2::Or(any) => any.iter().any(|part| truth(part, rule)),
        Logic2::Not(inner) => !truth(inner, rule),
    }
}

/// The position of one among all, made on first sight.
fn number(all: &mut Vec<Far>, one: Far) -> u16 {
    let at = all.iter().position(|known| *known == one).unwrap_or_else(|| {
        all.push(one);
        all.len().saturating_sub(1)
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// Reads `link`, and holds every `linked(…)` to it.
pub(crate) fn link(cx: &mut Cx, fields: &Fields<'_>, linked: &[NamedLinked]) -> Option<Link> {
    let read = fields.get("link").and_then(|node| {
        let link = Fields::open(cx, node, "`link`", &["by", "hops", "families"], &[])?;
        let names = LinkKind::ALL.map(LinkKind::as_str);
        let parse = |word: &str| LinkKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        let mut by = Vec::new();
        if let Some(node) = link.need(cx, "by") {
            for item in cx.items(node) {
                by.extend(cx.word(item, "kind of link", &names, parse));
            }
        }
        by.sort_unstable();
        by.dedup();
        let hops_node = link.need(cx, "hops")?;
        let hops = cx.int::<u8>(hops_node)?;
        if !(1..=HOPS_MAX).contains(&hops) {
            let message = format!("links are followed 1 to {HOPS_MAX} hops far");
            cx.error("E145", &hops_node.range, message, "write `hops: 3`, or fewer");
        }
        let families = link.get("families").and_then(|node| cx.boolean(node)).unwrap_or(false);
        Some(Link { by, hops, families })
    });
    for one in linked {
        match &read {
            None => {
                let help = "add `link: {by: [payment, device, address, phone], hops: 3}`";
                cx.error("E145", &one.range, "`linked` without `link`", help);
            }
            Some(link) if one.hops > link.hops => {
                let message = format!("further than the {} hops of `link`", link.hops);
                cx.error("E145", &one.range, message, "raise `hops` of `link`, or come nearer");
            }
            Some(_) => {}
        }
    }
    read
}
