//! Measures: aggregates over selections, two selections compared, a measure compared with its own
//! past, and arithmetic over earlier measures.
//!
//! The functions over one selection are in `function`, those that name selections or measures as
//! arguments in `between`.

mod between;
mod function;

use crate::check::analysis;
use crate::check::expr::Checker;
use crate::check::pool::Pool;
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::text::Source;
use crate::program::{Aggregate, Expr, Literal, Measure, MeasureKind, SelectionId, Type};
use crate::read::Cx;
use crate::syntax::{Kind, MeasureSyntax, Name, Syntax, parse_measure};
use crate::vocabulary::type_name;
use crate::yaml::Node;
use palermo_domain::{FeedSet, Span};

pub(crate) use function::FUNCTIONS;

/// What a measure is checked against.
pub(crate) struct Around<'s, 'l> {
    pub pool: &'s mut Pool<'l>,
    pub params: &'s [ParamDef],
    pub selections: &'s [(String, SelectionId)],
    pub window: Span,
    /// How long payments are kept.
    pub horizon: Span,
    /// The feeds that the rule needs.
    pub feeds: FeedSet,
    /// Whether it is also evaluated at ends of days; `None` of a rule that never is.
    pub daily: Option<bool>,
}

/// Checks one measure; `before` are the measures above it.
pub(crate) fn measure(
    cx: &mut Cx,
    around: &mut Around<'_, '_>,
    before: &[Measure],
    name: &str,
    node: &Node,
) -> Option<Measure> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_measure)?;
    let names: Vec<String> = around.selections.iter().map(|(name, _)| name.clone()).collect();
    let typed: Vec<(String, Type)> =
        before.iter().map(|measure| (measure.name.clone(), measure.value_type)).collect();
    let mut reader = Reader { cx, around, source, names: &names, measures: &typed };
    let (kind, value_type) = match &syntax {
        MeasureSyntax::Over { call, over, filter, within } => {
            reader.aggregate(call, over, filter.as_ref(), within.as_ref())?
        }
        MeasureSyntax::Plain(call @ Syntax { kind: Kind::Call(function, arguments), .. })
            if between::NAMES.contains(&function.join(".").as_str()) =>
        {
            reader.between(call, &function.join("."), arguments)?
        }
        MeasureSyntax::Plain(syntax) => reader.derived(syntax)?,
    };
    if let MeasureKind::Own { of, .. } | MeasureKind::Peer { of, .. } = &kind
        && analysis::looks_back(*of, before)
    {
        let message = "a measure that is compared already cannot be compared once more";
        reader.error(&whole(&syntax), message, "name the measure that it is made of");
        return None;
    }
    let cost = match &kind {
        MeasureKind::Aggregate(aggregate) => analysis::aggregate_cost(aggregate),
        MeasureKind::Derived(expr) => analysis::cost(expr, before),
        MeasureKind::Overlap { key, .. } => analysis::overlap_cost(key),
        MeasureKind::Repeats | MeasureKind::Graph(_) => 0,
        MeasureKind::Between(between) => analysis::between_cost(between.function),
        MeasureKind::Own { of, reach, .. } => {
            let one = before.get(usize::from(of.0)).map_or(1, |measure| measure.cost);
            analysis::own_cost(one, *reach, around.window)
        }
        // Once for each account of a day, and once where its own value is asked for.
        MeasureKind::Peer { of, .. } => {
            before.get(usize::from(of.0)).map_or(1, |measure| measure.cost.saturating_add(1))
        }
    };
    Some(Measure { name: name.to_owned(), value_type, kind, cost })
}

/// Where a measure stands.
fn whole(syntax: &MeasureSyntax) -> std::ops::Range<usize> {
    match syntax {
        MeasureSyntax::Over { call, .. } | MeasureSyntax::Plain(call) => call.range.clone(),
    }
}

struct Reader<'r, 's, 'l> {
    cx: &'r mut Cx,
    around: &'r mut Around<'s, 'l>,
    source: Source<'r>,
    names: &'r [String],
    measures: &'r [(String, Type)],
}

impl Reader<'_, '_, '_> {
    fn error(&mut self, range: &std::ops::Range<usize>, message: impl Into<String>, help: &str) {
        let range = self.source.at(self.cx, range);
        self.cx.error("E103", &range, message, help);
    }

    fn check<T>(
        &mut self,
        reads: Reads,
        check: impl FnOnce(&mut Checker<'_, '_, '_>) -> Option<T>,
    ) -> Option<T> {
        let mut scope = Scope {
            pool: self.around.pool,
            params: self.around.params,
            // A condition on one payment cannot ask what all of them amount to.
            measures: if reads == Reads::Payment { &[] } else { self.measures },
            selections: self.names,
            reads,
            step: None,
            substitute: false,
        };
        check(&mut Checker { cx: self.cx, source: self.source, scope: &mut scope })
    }

    fn payment(&mut self, syntax: &Syntax) -> Option<(Expr, Type)> {
        self.check(Reads::Payment, |checker| checker.any(syntax))
    }

    fn selection(&mut self, name: &Name) -> Option<SelectionId> {
        let found = self.around.selections.iter().find(|(known, _)| *known == name.text);
        if found.is_none() {
            let range = self.source.at(self.cx, &name.range);
            let known = self.names.iter().map(String::as_str);
            self.cx.unknown("E102", &range, "selection", &name.text, known);
        }
        found.map(|(_, id)| *id)
    }

    fn derived(&mut self, syntax: &Syntax) -> Option<(MeasureKind, Type)> {
        if let Kind::Call(name, _) = &syntax.kind
            && FUNCTIONS.contains(&name.join(".").as_str())
        {
            let message = format!("`{}` measures a selection", name.join("."));
            self.error(&syntax.range, message, "add `over` and the name of a selection");
            return None;
        }
        let (expr, value_type) = self.check(Reads::Subject, |checker| checker.any(syntax))?;
        if !matches!(value_type, Type::Int | Type::Decimal | Type::Money | Type::Duration) {
            let message = format!("a measure is a number, found {}", type_name(value_type));
            self.error(&syntax.range, message, "conditions belong into `hit`");
            return None;
        }
        Some((MeasureKind::Derived(expr), value_type))
    }

    /// Whether values of this type can be told apart and counted.
    fn comparable(&mut self, syntax: &Syntax, value_type: Type) -> Option<()> {
        if matches!(value_type, Type::Bool | Type::End) {
            let message = format!("cannot count different values of {}", type_name(value_type));
            self.error(&syntax.range, message, "count a text, such as `other.account`");
            return None;
        }
        Some(())
    }

    fn aggregate(
        &mut self,
        call: &Syntax,
        over: &Name,
        filter: Option<&Syntax>,
        within: Option<&Syntax>,
    ) -> Option<(MeasureKind, Type)> {
        let over = self.selection(over);
        let filter = match filter {
            None => Some(None),
            Some(syntax) => self.check(Reads::Payment, |checker| checker.boolean(syntax)).map(Some),
        };
        let within = match within {
            None => Some(None),
            Some(syntax) => self.within(syntax).map(Some),
        };
        let Kind::Call(name, arguments) = &call.kind else {
            let help = "write `count() over credit`, `sum(amount) over credit`";
            self.error(&call.range, "`over` follows a function", help);
            return None;
        };
        let (function, value, rest, value_type) =
            self.function(call, &name.join("."), arguments)?;
        let filter = filter?.map(|filter| analysis::ordered(filter, &[]));
        let aggregate =
            Aggregate { function, value, arguments: rest, over: over?, filter, within: within? };
        Some((MeasureKind::Aggregate(aggregate), value_type))
    }

    /// A length of time: a literal or a parameter.
    fn span(&mut self, syntax: &Syntax, help: &str) -> Option<Span> {
        let (expr, value_type) = self.check(Reads::Subject, |checker| checker.any(syntax))?;
        let span = match &expr {
            Expr::Literal(Literal::Duration(span)) => Some(*span),
            Expr::Param(id) => match &self.around.params.get(usize::from(id.0))?.param.value {
                Literal::Duration(span) => Some(*span),
                _ => None,
            },
            _ => None,
        };
        if span.is_none() {
            let message = format!("expected a length of time, found {}", type_name(value_type));
            self.error(&syntax.range, message, help);
        }
        span
    }

    /// A length of time, at most the rule's window.
    fn within(&mut self, syntax: &Syntax) -> Option<Span> {
        let span = self.span(syntax, "write `within 7d`")?;
        if span > self.around.window {
            let range = self.source.at(self.cx, &syntax.range);
            let message =
                format!("`within {span}` is longer than the window {}", self.around.window);
            self.cx.error("E112", &range, message, "shorten it, or lengthen `window`");
            return None;
        }
        Some(span)
    }
}
