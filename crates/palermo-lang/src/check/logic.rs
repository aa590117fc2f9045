//! Formulas of typologies: over rule ids (`require`) and over families (`families`).

use crate::check::linked::{self, NamedLinked};
use crate::check::text::Source;
use crate::program::{Family, Logic};
use crate::read::Cx;
use crate::syntax::{Kind, Syntax, parse_expression};
use crate::yaml::Node;
use std::ops::Range;

/// Families of evidence; geography is one, and never counts.
pub(crate) const FAMILIES: [char; 7] = ['M', 'L', 'C', 'N', 'T', 'P', 'G'];

/// A rule id where it is written.
pub(crate) type Named = (String, Range<usize>);

/// Reads `require`: a formula over ids and `linked(…)`, with where each stands in the file.
pub(crate) fn require(cx: &mut Cx, node: &Node) -> Option<Logic2<NamedNeed>> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_expression)?;
    formula(cx, source, &syntax, &|cx, source, syntax| match &syntax.kind {
        Kind::Id(id) => Some(NamedNeed::Here((id.clone(), source.at(cx, &syntax.range)))),
        Kind::Call(name, arguments) if *name == ["linked"] => {
            linked::linked(cx, source, syntax, arguments).map(NamedNeed::Linked)
        }
        _ => {
            let range = source.at(cx, &syntax.range);
            let help = "write ids with `&&`, `||`, `!`: `MS-08 && (MS-01 || linked(MS-17, 2))`";
            cx.error("E103", &range, "`require` is made of ids of indicators", help);
            None
        }
    })
}

/// A part of `require` where it is written.
#[derive(Clone, Debug)]
pub(crate) enum NamedNeed {
    Here(Named),
    Linked(NamedLinked),
}

/// Reads `families`.
pub(crate) fn families(cx: &mut Cx, node: &Node) -> Option<Logic<Family>> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_expression)?;
    let read = formula(cx, source, &syntax, &|cx, source, syntax| {
        let letter = match &syntax.kind {
            Kind::Path(parts) => parts.join("."),
            _ => String::new(),
        };
        let mut letters = letter.chars();
        match (letters.next(), letters.next()) {
            (Some(family), None) if FAMILIES.contains(&family) => Some(Family(family)),
            _ => {
                let range = source.at(cx, &syntax.range);
                let help = "families are `M`, `L`, `C`, `N`, `T`, `P`; `G` never counts";
                cx.error("E102", &range, "`families` is made of family letters", help);
                None
            }
        }
    })?;
    Some(read.map(&|family| *family))
}

/// A formula whose variables need not be `Copy`.
#[derive(Clone, Debug)]
pub(crate) enum Logic2<T> {
    Var(T),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

impl<T> Logic2<T> {
    /// The formula over other variables.
    pub(crate) fn map<U>(&self, to: &dyn Fn(&T) -> U) -> Logic<U> {
        let all = |parts: &[Self]| parts.iter().map(|part| part.map(to)).collect();
        match self {
            Self::Var(variable) => Logic::Var(to(variable)),
            Self::And(parts) => Logic::And(all(parts)),
            Self::Or(parts) => Logic::Or(all(parts)),
            Self::Not(inner) => Logic::Not(Box::new(inner.map(to))),
        }
    }

    /// Every variable, in order of writing.
    pub(crate) fn variables(&self) -> Vec<&T> {
        match self {
            Self::Var(variable) => vec![variable],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::variables).collect(),
            Self::Not(inner) => inner.variables(),
        }
    }
}

pub(crate) type Leaf<'f, T> = &'f dyn Fn(&mut Cx, Source<'_>, &Syntax) -> Option<T>;

pub(crate) fn formula<T>(
    cx: &mut Cx,
    source: Source<'_>,
    syntax: &Syntax,
    leaf: Leaf<'_, T>,
) -> Option<Logic2<T>> {
    let mut all = |parts: &[Syntax]| {
        let read: Vec<Option<Logic2<T>>> =
            parts.iter().map(|part| formula(cx, source, part, leaf)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    };
    match &syntax.kind {
        Kind::And(parts) => all(parts).map(Logic2::And),
        Kind::Or(parts) => all(parts).map(Logic2::Or),
        Kind::Not(inner) => {
            formula(cx, source, inner, leaf).map(|inner| Logic2::Not(Box::new(inner)))
        }
        _ => leaf(cx, source, syntax).map(Logic2::Var),
    }
}
