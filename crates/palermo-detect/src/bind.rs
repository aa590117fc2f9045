//! The checked program bound to a ledger: texts are atoms, parameters are values, lists are maps.
//!
//! Binding happens once, at activation; evaluation then never looks at a string. Lists may change
//! afterwards, by rows of the topic `lists` ([`Lists::apply`]).

use crate::value::Value;
use palermo_domain::{Currency, Date, Decimal, FixedHashMap, ListRow, MicroDegrees, parse_amount};
use palermo_lang::program::{
    Aggregate, Arithmetic, Compare, Condition, Direction, Expr, Field, Function, List, Literal,
    MeasureKind, Param, Selection, Side, Type,
};
use palermo_ledger::{Atom, Atoms, Ledger, Leg};

/// A bound expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Const(Value),
    Money(Decimal, Currency),
    Field(Field),
    Step(Field),
    Measure(usize),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Compare, Box<Self>, Box<Self>),
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    ToDecimal(Box<Self>),
    InList(Box<Self>, usize),
    EndInList(Side, usize),
    Lookup(usize, Box<Self>, usize),
    Distance(Box<Self>, Box<Self>),
    Near(Box<Self>, usize, Box<Self>),
    Unrelated,
    Present(Field),
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
}

/// A bound condition: what is evaluated of an indicator or suppressor.
#[derive(Clone, Debug)]
pub(crate) struct BoundCondition {
    /// Selections of the rule set that this condition reads; positions in it are the `usize`
    /// of the measures above.
    pub(crate) selections: Vec<u16>,
    /// The directions that its selections can be in; the other chain is not walked.
    pub(crate) legs: Vec<Leg>,
    pub(crate) measures: Vec<BoundMeasure>,
    pub(crate) sequence: Option<BoundSequence>,
    pub(crate) holds: Node,
    pub(crate) window: palermo_domain::Span,
    /// Cannot hold while none of its selections has an entry.
    pub(crate) needs_entries: bool,
}

/// A bound sequence.
#[derive(Clone, Debug)]
pub(crate) struct BoundSequence {
    pub(crate) steps: [usize; 2],
    pub(crate) tie: Option<Node>,
    pub(crate) within: palermo_domain::Span,
}

/// Binds the expressions of one rule.
pub(crate) struct Binder<'a> {
    pub(crate) atoms: &'a mut Atoms,
    pub(crate) params: &'a [Param],
}

impl Binder<'_> {
    fn literal(&mut self, literal: &Literal) -> Node {
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
            Expr::Step(field) => Node::Step(*field),
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
            Expr::EndInList(side, list) => Node::EndInList(*side, usize::from(list.0)),
            Expr::Lookup(list, key, column, _) => {
                Node::Lookup(usize::from(list.0), self.boxed(key), usize::from(*column))
            }
            Expr::Distance(a, b) => Node::Distance(self.boxed(a), self.boxed(b)),
            Expr::Near(place, list, km) => {
                Node::Near(self.boxed(place), usize::from(list.0), self.boxed(km))
            }
            Expr::Unrelated => Node::Unrelated,
            Expr::Present(field) => Node::Present(*field),
        }
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

/// Binds a condition.
pub(crate) fn condition(
    condition: &Condition,
    all: &[Selection],
    atoms: &mut Atoms,
) -> BoundCondition {
    let mut binder = Binder { atoms, params: &condition.params };
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
        })
        .collect();
    let sequence = condition.sequence.as_ref().map(|sequence| BoundSequence {
        steps: sequence.steps.map(|step| local(&mut selections, step.0)),
        tie: sequence.tie.as_ref().map(|tie| binder.expr(tie)),
        within: sequence.within,
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
        legs,
        holds: binder.expr(&condition.holds),
        selections,
        measures,
        sequence,
        window: condition.window,
        needs_entries: false,
    }
}

/// A bound list.
#[derive(Clone, Debug, Default)]
pub(crate) struct BoundList {
    pub(crate) id: String,
    /// Hash of the file and of every row that was applied since.
    pub(crate) sha256: String,
    columns: Vec<(String, Type)>,
    rows: FixedHashMap<Atom, BoundRow>,
    /// Coordinates of places, in order of the file, then of arrival.
    pub(crate) places: Vec<(MicroDegrees, MicroDegrees)>,
}

#[derive(Clone, Debug)]
struct BoundRow {
    cells: Vec<Option<Node>>,
    valid: (Date, Date),
}

impl BoundList {
    pub(crate) fn contains(&self, key: Atom, day: Date) -> bool {
        self.rows.get(&key).is_some_and(|row| (row.valid.0..=row.valid.1).contains(&day))
    }

    /// The cell of a row that is valid on that day.
    pub(crate) fn cell(&self, key: Atom, column: usize, day: Date) -> Option<&Node> {
        let row = self.rows.get(&key).filter(|row| (row.valid.0..=row.valid.1).contains(&day))?;
        row.cells.get(column)?.as_ref()
    }
}

const ALWAYS: (Date, Date) = (Date(i32::MIN), Date(i32::MAX));

/// Binds a list file.
pub(crate) fn list(list: &List, atoms: &mut Atoms) -> BoundList {
    let mut bound = BoundList {
        id: list.id.clone(),
        sha256: list.sha256.clone(),
        columns: list.columns.clone(),
        rows: FixedHashMap::default(),
        places: list.places.iter().flatten().copied().collect(),
    };
    for (key, cells) in &list.rows {
        let mut binder = Binder { atoms, params: &[] };
        let cells =
            cells.iter().map(|cell| cell.as_ref().map(|cell| binder.literal(cell))).collect();
        bound.rows.insert(atoms.intern(key), BoundRow { cells, valid: ALWAYS });
    }
    bound
}

/// Applies a row of the topic `lists` to the list that a rule names; rates go to the ledger.
/// `false` where no list of that name is in use or a cell has not the type of its column.
pub(crate) fn apply_row(lists: &mut [BoundList], row: &ListRow, ledger: &mut Ledger) -> bool {
    if row.list == "fx" {
        let per_base = row.fields.iter().find(|(name, _)| name == "per_base");
        let rate = per_base.and_then(|(_, text)| parse_amount(text).ok());
        return rate.is_some() && ledger.rates.set(&row.row, rate);
    }
    let Some(list) = lists.iter_mut().find(|list| list.id == row.list) else { return false };
    let mut cells = Vec::new();
    for (name, kind) in &list.columns {
        let text = row.fields.iter().find(|(field, _)| field == name).map(|(_, text)| text);
        let cell = match (text, kind) {
            (None, _) => None,
            (Some(text), Type::Decimal) => match parse_amount(text) {
                Ok(number) => Some(Node::Const(Value::Decimal(number))),
                Err(_) => return false,
            },
            (Some(text), Type::Bool) => Some(Node::Const(Value::Bool(text == "true"))),
            (Some(text), _) => Some(Node::Const(Value::Text(ledger.atoms.intern(text)))),
        };
        cells.push(cell);
    }
    let valid = (row.valid_from, row.valid_to.unwrap_or(Date(i32::MAX)));
    let key = ledger.atoms.intern(&row.row);
    list.rows.insert(key, BoundRow { cells, valid });
    list.sha256 =
        crate::alerts::sha256_hex(&[&list.sha256, &row.row, &format!("{:?}", row.fields)]);
    true
}

/// Removes a row (a tombstone).
pub(crate) fn remove_row(
    lists: &mut [BoundList],
    id: &str,
    key: &str,
    ledger: &mut Ledger,
) -> bool {
    if id == "fx" {
        return ledger.rates.set(key, None);
    }
    let Some(list) = lists.iter_mut().find(|list| list.id == id) else { return false };
    let Some(atom) = ledger.atoms.find(key) else { return false };
    let removed = list.rows.remove(&atom).is_some();
    if removed {
        list.sha256 = crate::alerts::sha256_hex(&[&list.sha256, "-", key]);
    }
    removed
}
