//! The checked program bound to a ledger: texts are atoms, parameters are values.
//!
//! Binding happens once, at activation; evaluation then never looks at a string. Lists, which may
//! change afterwards, are in `lists`.

use crate::condition::Shape;
use crate::near::NearDays;
use crate::value::Value;
use palermo_domain::{Currency, Decimal, EventCode, FeedSet, RelationKind, Subject, to_cents};
use palermo_lang::program::{
    Aggregate, Arithmetic, BetweenFunction, Compare, Condition, Direction, EndField, Expr, Field,
    Function, GraphValue, Literal, MeasureKind, Param, Pattern, PeerGroup, PeerStatistic,
    Selection, Sequence, Side, Statistic, Step,
};
use palermo_ledger::{Atoms, Leg};

/// A bound expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Const(Value),
    Money(Decimal, Currency),
    Field(Field),
    Step(usize, Field),
    Measure(usize),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Compare, Box<Self>, Box<Self>),
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    ToDecimal(Box<Self>),
    InList(Box<Self>, usize),
    Matches(Box<Self>, usize),
    EndInList(Side, usize),
    Lookup(usize, Box<Self>, usize),
    Distance(Box<Self>, Box<Self>),
    Near(Box<Self>, usize, Box<Self>),
    NearDays(Box<NearDays>),
    Unrelated,
    Present(Field),
    Holds(Side, u16),
    Event(Side, EventCode, Box<Self>),
    Relations(Side, RelationKind, Option<Box<Self>>),
}

impl Node {
    /// Whether it, or anything in it, fulfils a test.
    pub(crate) fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        if test(self) {
            return true;
        }
        match self {
            Self::Not(a)
            | Self::ToDecimal(a)
            | Self::InList(a, _)
            | Self::Matches(a, _)
            | Self::Lookup(_, a, _)
            | Self::Event(_, _, a) => a.any(test),
            Self::Relations(_, _, within) => within.as_ref().is_some_and(|a| a.any(test)),
            Self::And(all) | Self::Or(all) => all.iter().any(|part| part.any(test)),
            Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Distance(a, b)
            | Self::Near(a, _, b) => a.any(test) || b.any(test),
            Self::NearDays(near) => near.any(test),
            Self::Const(_)
            | Self::Money(..)
            | Self::Field(_)
            | Self::Step(..)
            | Self::Measure(_)
            | Self::EndInList(..)
            | Self::Unrelated
            | Self::Present(_)
            | Self::Holds(..) => false,
        }
    }
}

impl Node {
    /// Makes constants of amounts in the base currency: at every time they are worth the same.
    pub(crate) fn settle_money(&mut self, base: Currency) {
        match self {
            Self::Money(amount, currency) if *currency == base => {
                let cents = to_cents(*amount).map(|cents| Value::Money(cents.to_decimal()));
                *self = Self::Const(Value::or_missing(cents, Field::Amount));
            }
            Self::Not(inner) | Self::ToDecimal(inner) => inner.settle_money(base),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter_mut().for_each(|part| part.settle_money(base));
            }
            Self::Compare(_, a, b) | Self::Arithmetic(_, a, b) => {
                a.settle_money(base);
                b.settle_money(base);
            }
            _ => {}
        }
    }
}

/// A bound measure.
#[derive(Clone, Debug)]
pub(crate) enum BoundMeasure {
    Aggregate {
        function: Function,
        value: Option<Node>,
        arguments: Vec<Node>,
        over: usize,
        filter: Option<Node>,
        within: Option<palermo_domain::Span>,
    },
    Derived(Node),
    Overlap {
        key: Node,
        a: usize,
        b: usize,
    },
    Repeats,
    Between {
        function: BetweenFunction,
        a: usize,
        b: usize,
        within: Option<palermo_domain::Span>,
    },
    Own {
        of: usize,
        reach: palermo_domain::Span,
        statistic: Statistic,
    },
    Peer {
        of: usize,
        group: PeerGroup,
        statistic: PeerStatistic,
        /// Which roll-up it reads.
        roll_up: usize,
    },
    Graph(GraphValue),
}

/// A bound condition: what is evaluated of an indicator or suppressor.
#[derive(Clone, Debug)]
pub(crate) struct BoundCondition {
    /// What it is about.
    pub(crate) subject: Subject,
    /// Selections of the rule set that this condition reads; positions in it are the `usize`
    /// of the measures above.
    pub(crate) selections: Vec<u16>,
    /// The directions that its selections can be in; the other chain is not walked.
    pub(crate) legs: Vec<Leg>,
    pub(crate) measures: Vec<BoundMeasure>,
    pub(crate) sequence: Option<BoundSequence>,
    pub(crate) graph: Option<BoundGraph>,
    pub(crate) holds: Node,
    pub(crate) window: palermo_domain::Span,
    /// How far back payments must be kept for an answer: the window, and the earlier windows that
    /// it is compared with.
    pub(crate) reach: palermo_domain::Span,
    /// What a bank must deliver before absence means anything.
    pub(crate) feeds: FeedSet,
    /// Also evaluated at the end of each UTC day.
    pub(crate) daily: bool,
}

impl BoundCondition {
    /// Whether it compares anything with peers.
    pub(crate) fn reads_peers(&self) -> bool {
        self.measures.iter().any(|measure| matches!(measure, BoundMeasure::Peer { .. }))
    }

    /// Whether it looks beyond its window, at what an account or a pair did before.
    pub(crate) fn reads_past(&self) -> bool {
        let past = |node: &Node| {
            let (Node::Field(field) | Node::Step(_, field)) = node else { return false };
            matches!(field, Field::End(_, EndField::IdleBefore | EndField::KnownFor))
        };
        let measure = |measure: &BoundMeasure| match measure {
            // Absence means something only of an account that was there before.
            BoundMeasure::Aggregate { function: Function::Absent, .. } => true,
            BoundMeasure::Aggregate { value, arguments, filter, .. } => {
                value.iter().chain(arguments).chain(filter).any(|node| node.any(&past))
            }
            BoundMeasure::Derived(node) | BoundMeasure::Overlap { key: node, .. } => {
                node.any(&past)
            }
            // What an account was in earlier windows is not in the window.
            BoundMeasure::Own { .. } => true,
            // What peers have had at the end of a day stays what it was.
            BoundMeasure::Repeats
            | BoundMeasure::Between { .. }
            | BoundMeasure::Peer { .. }
            | BoundMeasure::Graph(_) => false,
        };
        let mut ties = self.sequence.iter().flat_map(|sequence| &sequence.ties);
        self.holds.any(&past)
            || self.measures.iter().any(measure)
            || ties.any(|(_, tie)| tie.any(&past))
    }
}

/// A bound sequence.
#[derive(Clone, Debug)]
pub(crate) struct BoundSequence {
    /// The selection of each step.
    pub(crate) steps: Vec<usize>,
    pub(crate) shape: Shape,
    /// Each with the step whose fields are its own.
    pub(crate) ties: Vec<(usize, Node)>,
    /// What repeats have in common: the field of a step.
    pub(crate) key: Option<(Key, usize, Field)>,
}

/// A bound graph pattern.
#[derive(Clone, Debug)]
pub(crate) struct BoundGraph {
    pub(crate) pattern: Pattern,
    /// The selection of its payments: its position in the condition, and its number.
    pub(crate) edges: (usize, u16),
    pub(crate) within: palermo_domain::Span,
}

/// What repeats have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// All share it.
    Same,
    /// All differ in it.
    Distinct,
}

/// Binds the expressions of one rule.
pub(crate) struct Binder<'a> {
    pub(crate) atoms: &'a mut Atoms,
    pub(crate) params: &'a [Param],
    /// Ids of the indicators, by number.
    pub(crate) indicators: &'a [String],
}

impl Binder<'_> {
    pub(crate) fn literal(&mut self, literal: &Literal) -> Node {
        match literal {
            Literal::Bool(truth) => Node::Const(Value::Bool(*truth)),
            Literal::Int(int) => Node::Const(Value::Int(*int)),
            Literal::Decimal(number) => Node::Const(Value::Decimal(*number)),
            Literal::Money(amount, currency) => Node::Money(*amount, *currency),
            Literal::Duration(span) => Node::Const(Value::Span(*span)),
            Literal::Text(text) => Node::Const(Value::Text(self.atoms.intern(text))),
            Literal::Symbol(symbol) => Node::Const(Value::Symbol(*symbol)),
        }
    }

    fn boxed(&mut self, expr: &Expr) -> Box<Node> {
        Box::new(self.expr(expr))
    }

    pub(crate) fn expr(&mut self, expr: &Expr) -> Node {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Field(field) => Node::Field(*field),
            Expr::Step(step, field) => Node::Step(*step, *field),
            Expr::Param(id) => match self.params.get(usize::from(id.0)) {
                Some(param) => self.literal(&param.value.clone()),
                None => Node::Const(crate::value::UNKNOWN),
            },
            Expr::Measure(id) => Node::Measure(usize::from(id.0)),
            Expr::Not(inner) => Node::Not(self.boxed(inner)),
            Expr::And(all) => Node::And(all.iter().map(|part| self.expr(part)).collect()),
            Expr::Or(any) => Node::Or(any.iter().map(|part| self.expr(part)).collect()),
            Expr::Compare(op, a, b) => Node::Compare(*op, self.boxed(a), self.boxed(b)),
            Expr::Arithmetic(op, a, b) => Node::Arithmetic(*op, self.boxed(a), self.boxed(b)),
            Expr::ToDecimal(inner) => Node::ToDecimal(self.boxed(inner)),
            Expr::InList(text, list) => Node::InList(self.boxed(text), usize::from(list.0)),
            Expr::Matches(text, list) => Node::Matches(self.boxed(text), usize::from(list.0)),
            Expr::EndInList(side, list) => Node::EndInList(*side, usize::from(list.0)),
            Expr::Lookup(list, key, column, _) => {
                Node::Lookup(usize::from(list.0), self.boxed(key), usize::from(*column))
            }
            Expr::Distance(a, b) => Node::Distance(self.boxed(a), self.boxed(b)),
            Expr::Near(place, list, km) => {
                Node::Near(self.boxed(place), usize::from(list.0), self.boxed(km))
            }
            Expr::NearDays(near) => Node::NearDays(Box::new(NearDays {
                place: self.expr(&near.place),
                list: usize::from(near.list.0),
                km: self.expr(&near.km),
                before: self.expr(&near.before),
                after: self.expr(&near.after),
            })),
            Expr::Unrelated => Node::Unrelated,
            Expr::Holds(side, id) => {
                let at = self.indicators.iter().position(|known| known == id);
                at.and_then(|at| u16::try_from(at).ok())
                    .map_or(Node::Const(crate::value::UNKNOWN), |at| Node::Holds(*side, at))
            }
            Expr::Event(side, code, within) => Node::Event(*side, *code, self.boxed(within)),
            Expr::Relations(side, kind, within) => {
                Node::Relations(*side, *kind, within.as_ref().map(|within| self.boxed(within)))
            }
            Expr::Present(field) => Node::Present(*field),
        }
    }

    fn sequence(&mut self, sequence: &Sequence, selections: &mut Vec<u16>) -> BoundSequence {
        let steps = sequence.steps.iter().map(|step| local(selections, step.selection.0)).collect();
        let of_step = |(at, step): (usize, &Step)| {
            let node = |tie| (at, self.expr(tie));
            step.ties.iter().map(node).collect::<Vec<_>>()
        };
        let ties: Vec<(usize, Node)> = (0..).zip(&sequence.steps).flat_map(of_step).collect();
        let named = ties.iter().map(|(own, tie)| {
            let names =
                |step: usize| tie.any(&|node| matches!(node, Node::Step(of, _) if *of == step));
            (0..sequence.steps.len()).filter(|step| step == own || names(*step)).collect()
        });
        let shape = Shape::new(&sequence.steps, named);
        let key = sequence.across.map(|across| {
            let key = if across.same { Key::Same } else { Key::Distinct };
            (key, across.step, across.field)
        });
        BoundSequence { steps, shape, ties, key }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, selections: &mut Vec<u16>) -> BoundMeasure {
        BoundMeasure::Aggregate {
            function: aggregate.function,
            value: aggregate.value.as_ref().map(|value| self.expr(value)),
            arguments: aggregate.arguments.iter().map(|argument| self.expr(argument)).collect(),
            over: local(selections, aggregate.over.0),
            filter: aggregate.filter.as_ref().map(|filter| self.expr(filter)),
            within: aggregate.within,
        }
    }
}

fn local(selections: &mut Vec<u16>, id: u16) -> usize {
    match selections.iter().position(|&known| known == id) {
        Some(position) => position,
        None => {
            selections.push(id);
            selections.len().saturating_sub(1)
        }
    }
}

fn reach(condition: &Condition) -> palermo_domain::Span {
    let further = condition.measures.iter().filter_map(|measure| match measure.kind {
        MeasureKind::Own { reach, .. } => Some(reach.as_millis()),
        _ => None,
    });
    let further = further.max().unwrap_or(0);
    palermo_domain::Span::from_millis(condition.window.as_millis().saturating_add(further))
}

/// Binds a condition.
pub(crate) fn condition(
    condition: &Condition,
    all: &[Selection],
    indicators: &[String],
    atoms: &mut Atoms,
) -> BoundCondition {
    let mut binder = Binder { atoms, params: &condition.params, indicators };
    let mut selections = Vec::new();
    let measures = condition
        .measures
        .iter()
        .map(|measure| match &measure.kind {
            MeasureKind::Aggregate(aggregate) => binder.aggregate(aggregate, &mut selections),
            MeasureKind::Derived(expr) => BoundMeasure::Derived(binder.expr(expr)),
            MeasureKind::Overlap { key, a, b } => BoundMeasure::Overlap {
                key: binder.expr(key),
                a: local(&mut selections, a.0),
                b: local(&mut selections, b.0),
            },
            MeasureKind::Repeats => BoundMeasure::Repeats,
            MeasureKind::Between(between) => BoundMeasure::Between {
                function: between.function,
                a: local(&mut selections, between.a.0),
                b: local(&mut selections, between.b.0),
                within: between.within,
            },
            MeasureKind::Own { of, reach, statistic } => {
                BoundMeasure::Own { of: usize::from(of.0), reach: *reach, statistic: *statistic }
            }
            MeasureKind::Peer { of, group, statistic } => BoundMeasure::Peer {
                of: usize::from(of.0),
                group: *group,
                statistic: *statistic,
                // Numbered when all rules are bound.
                roll_up: usize::MAX,
            },
            MeasureKind::Graph(value) => BoundMeasure::Graph(*value),
        })
        .collect();
    let sequence = condition.sequence.as_ref();
    let sequence = sequence.map(|sequence| binder.sequence(sequence, &mut selections));
    let graph = condition.graph.as_ref().map(|graph| BoundGraph {
        pattern: graph.pattern,
        edges: (local(&mut selections, graph.edges.0), graph.edges.0),
        within: graph.within,
    });
    let direction_of = |leg| if leg == Leg::Debtor { Direction::Out } else { Direction::In };
    let can_be = |leg: &Leg| {
        selections
            .iter()
            .filter_map(|id| all.get(usize::from(*id)))
            .any(|selection| selection.gate.direction.is_none_or(|only| only == direction_of(*leg)))
    };
    let legs = Leg::BOTH.into_iter().filter(can_be).collect();
    BoundCondition {
        subject: condition.subject,
        legs,
        holds: binder.expr(&condition.holds),
        selections,
        measures,
        sequence,
        graph,
        window: condition.window,
        reach: reach(condition),
        feeds: condition.feeds,
        daily: condition.daily,
    }
}
