//! Evaluation of one condition (an indicator or suppressor) on one account at one event time.
//!
//! The window is `[t - w, t]`. One walk per direction collects the entries of the condition's
//! selections; measures are computed from them lazily, so `hit` pays only for what it looks at
//! (the compiler puts the cheapest first). Every number is exact: sums in 128-bit integers,
//! everything derived in decimals of six places.
//!
//! A measure that leaves payments out because a field is missing notes it ([`Doubt`]), so that a
//! condition that does not hold can say whether that is certain ([`Verdict`]).
//!
//! Cost: linear in the entries of the window, plus a sort where a measure needs one.

mod between;
mod graph;
mod measure;
mod parts;
mod past;
mod peer;
mod quick;
mod sequence;

use crate::bind::{BoundCondition, BoundMeasure, Node};
use crate::detector::newest_at;
use crate::eval::{At, Env, Measures, NoMeasures, eval, is_true};
use crate::select::{Selections, Sets};
use crate::steady::{Looked, conjunction};
use crate::value::{UNKNOWN, Value, arithmetic, compare, not};
pub use graph::SearchCounts;
pub(crate) use graph::{Searches, nothing};
use palermo_domain::{Decimal, EventTime, FixedHashSet};
use palermo_lang::program::{Arithmetic, Compare, Field};
use palermo_ledger::{AccountId, Leg, Row, RowId};
pub use parts::{Look, Part};
pub(crate) use peer::Summary;
pub(crate) use sequence::Shape;
use smallvec::{SmallVec, smallvec};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// An entry of a window that a selection matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) time: EventTime,
    pub(crate) row: RowId,
    pub(crate) leg: Leg,
}

/// The numbers behind a condition at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// Every measure, in order.
    pub(crate) values: Vec<Value>,
    /// Payments that contributed, in event-time order, without repeats.
    pub(crate) evidence: Vec<Match>,
    /// A search was cut by its budget: there may be more.
    pub(crate) truncated: bool,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Holds,
    /// Whatever the missing fields say.
    Not,
    /// It does not hold, and might if this field had been delivered.
    Undecided(Option<Field>),
}

/// What a measure left out.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// The first field that was missing.
    field: Option<Field>,
    /// How often.
    skipped: u64,
    /// The value is a count, and could be larger by `skipped` at most.
    bounded: bool,
}

impl Doubt {
    fn and(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => {
                let skipped = a.skipped.saturating_add(b.skipped);
                Some(Self { field: a.field, skipped, bounded: a.bounded && b.bounded })
            }
            (a, b) => a.or(b),
        }
    }

    fn unbounded(self) -> Self {
        Self { bounded: false, ..self }
    }
}

/// The entries of a window that a selection matched.
type Matches = Rc<[Match]>;

/// A measure, once it is computed.
type Computed = Option<(Value, Option<Doubt>)>;

/// One evaluation.
pub(crate) struct Run<'a> {
    env: Env<'a>,
    sets: &'a Sets,
    condition: &'a BoundCondition,
    account: AccountId,
    time: EventTime,
    /// Per selection of the condition, newest first; filled by the first measure that asks.
    collected: SmallVec<[Option<Matches>; 4]>,
    values: SmallVec<[Computed; 8]>,
    /// What the graph pattern found; searched by the first measure.
    pattern: Option<graph::Found>,
    /// Of the measure at hand.
    doubt: Cell<Option<Doubt>>,
    /// Something was missing on the way to the verdict.
    met_doubt: bool,
    /// Parts of the conjunction that the verdict looked at.
    looked: usize,
    /// The newest payment until now, once it is asked for.
    newest: Option<Option<(RowId, Leg)>>,
}

impl Measures for Run<'_> {
    fn measure(&mut self, index: usize) -> Value {
        if let Some(Some((known, _))) = self.values.get(index) {
            return *known;
        }
        let condition = self.condition;
        // A derived measure computes those it names on its way.
        let outer = self.doubt.take();
        let value = match condition.measures.get(index) {
            Some(measure) => self.quickly(measure).unwrap_or_else(|| self.compute(measure)),
            None => UNKNOWN,
        };
        let doubt = self.doubt.replace(outer);
        if let Some(slot) = self.values.get_mut(index) {
            *slot = Some((value, doubt));
        }
        value
    }
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        env: Env<'a>,
        sets: &'a Sets,
        condition: &'a BoundCondition,
        account: AccountId,
        time: EventTime,
    ) -> Self {
        let values = smallvec![None; condition.measures.len()];
        let collected = smallvec![None; condition.selections.len()];
        let env = Env { during: Some((time.minus(condition.window), time)), ..env };
        let doubt = Cell::new(None);
        Self {
            env,
            sets,
            condition,
            account,
            time,
            collected,
            values,
            pattern: None,
            doubt,
            met_doubt: false,
            looked: 0,
            newest: None,
        }
    }

    /// What an expression over the window as a whole may look at.
    fn over_window(&self) -> Env<'a> {
        Env { from: Some(self.time.minus(self.condition.window)), ..self.env }
    }

    /// Whether the condition is true, seen from the given payment.
    pub(crate) fn holds(&mut self, row: Row<'a>, leg: Leg) -> bool {
        let condition = self.condition;
        let at = At { env: self.over_window(), row, leg, step: None };
        is_true(&condition.holds, &at, self)
    }

    /// The same, and whether something was missing on the way. `deep` asks whether that is why it
    /// does not hold: then every part is looked at until one is false for certain. Otherwise it
    /// costs what [`Run::holds`] does, and [`Verdict::Undecided`] is not among the answers.
    pub(crate) fn verdict(&mut self, row: Row<'a>, leg: Leg, deep: bool) -> (Verdict, bool) {
        let verdict = self.decided(row, leg, deep);
        match (verdict, deep) {
            (Verdict::Undecided(_), true) => (verdict, true),
            (Verdict::Undecided(_), false) => (Verdict::Not, true),
            _ => (verdict, self.met_doubt),
        }
    }

    fn decided(&mut self, row: Row<'a>, leg: Leg, deep: bool) -> Verdict {
        let at = At { env: self.over_window(), row, leg, step: None };
        match self.judge_all(conjunction(&self.condition.holds), &at, deep, true) {
            (Value::Bool(true), _) => Verdict::Holds,
            (Value::Unknown(field), doubt) => {
                Verdict::Undecided(field.or(doubt.and_then(|doubt| doubt.field)))
            }
            (_, Some(doubt)) => Verdict::Undecided(doubt.field),
            (_, None) => Verdict::Not,
        }
    }

    /// What the verdict rests on, where it did not hold.
    pub(crate) fn looked(&self, verdict: Verdict, met_doubt: bool) -> Option<Looked> {
        let certain = verdict == Verdict::Not && !met_doubt;
        (verdict != Verdict::Holds).then_some(Looked { parts: self.looked, certain })
    }

    /// The value of a condition; where it is not true, with what leaves that in doubt.
    fn judge(&mut self, node: &Node, at: &At<'a>, deep: bool) -> (Value, Option<Doubt>) {
        match node {
            Node::And(all) => self.judge_all(all, at, deep, false),
            Node::Or(any) => {
                let (mut value, mut doubt) = (Value::Bool(false), None);
                for part in any {
                    match self.judge(part, at, deep) {
                        certain @ (Value::Bool(true), _) => return certain,
                        (found, why) => {
                            value = if value.known() { found } else { value };
                            doubt = doubt.or(why);
                        }
                    }
                }
                (value, doubt)
            }
            Node::Not(inner) => {
                let (value, doubt) = self.judge(inner, at, true);
                (not(value), doubt.map(Doubt::unbounded))
            }
            _ => self.judge_part(node, at),
        }
    }

    /// A conjunction; the outermost notes how far it was looked at.
    fn judge_all(
        &mut self,
        all: &[Node],
        at: &At<'a>,
        deep: bool,
        outermost: bool,
    ) -> (Value, Option<Doubt>) {
        let (mut value, mut doubt) = (Value::Bool(true), None);
        for part in all {
            let judged = self.judge(part, at, deep);
            self.looked = self.looked.saturating_add(usize::from(outermost));
            match judged {
                (Value::Bool(true), _) => {}
                certain @ (Value::Bool(false), None) => return certain,
                (found, why) => {
                    self.met_doubt = true;
                    if !deep {
                        return (found, why);
                    }
                    value = if value == Value::Bool(false) { value } else { found };
                    doubt = doubt.or(why);
                }
            }
        }
        (value, doubt)
    }

    fn judge_part(&mut self, node: &Node, at: &At<'a>) -> (Value, Option<Doubt>) {
        let value = eval(node, at, self);
        if value.holds() {
            return (value, None);
        }
        let Some(doubt) = self.doubt_of(node) else { return (value, None) };
        if let (Node::Compare(op, a, b), Value::Bool(false)) = (node, value)
            && self.doubt_of(b).is_none()
            && let Some(Doubt { skipped, bounded: true, .. }) = self.doubt_of(a)
        {
            // A count that left so many out is at most so much larger.
            let more = Value::Int(i64::try_from(skipped).unwrap_or(i64::MAX));
            let (a, b) = (eval(a, at, self), eval(b, at, self));
            let most = arithmetic(Arithmetic::Add, a, more);
            let certain = match op {
                Compare::Ge | Compare::Gt => !compare(*op, most, b).holds(),
                Compare::Le | Compare::Lt => true,
                Compare::Eq | Compare::Ne => false,
            };
            if certain {
                return (value, None);
            }
        }
        (value, Some(doubt))
    }

    /// What the measures of an expression left out, once they are computed.
    fn doubt_of(&self, node: &Node) -> Option<Doubt> {
        match node {
            Node::Measure(index) => self.values.get(*index).copied().flatten()?.1,
            Node::ToDecimal(inner) => self.doubt_of(inner),
            Node::Arithmetic(Arithmetic::Add, a, b) => {
                Doubt::and(self.doubt_of(a), self.doubt_of(b))
            }
            Node::Arithmetic(_, a, b) | Node::Compare(_, a, b) => {
                let doubt = self.doubt_of(a).or_else(|| self.doubt_of(b));
                match node {
                    Node::Compare(..) => doubt,
                    _ => doubt.map(Doubt::unbounded),
                }
            }
            Node::Not(inner) => self.doubt_of(inner).map(Doubt::unbounded),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().find_map(|part| self.doubt_of(part)).map(Doubt::unbounded)
            }
            _ => None,
        }
    }

    /// Notes that the measure at hand leaves a payment out.
    fn skip(&self, field: Option<Field>) {
        let one = Doubt { field, skipped: 1, bounded: true };
        self.doubt.set(Doubt::and(self.doubt.get(), Some(one)));
    }

    /// Whatever was left out, the measure at hand cannot be more than `most`.
    fn at_most(&self, found: usize, most: usize) {
        let more = u64::try_from(most.saturating_sub(found)).unwrap_or(u64::MAX);
        let doubt =
            self.doubt.get().map(|doubt| Doubt { skipped: doubt.skipped.min(more), ..doubt });
        self.doubt.set(doubt.filter(|doubt| doubt.skipped > 0 || !doubt.bounded));
    }

    /// Notes an unknown value that the measure at hand leaves out.
    fn known(&self, value: Value) -> bool {
        if let Value::Unknown(field) = value {
            self.skip(field);
        }
        value.known()
    }

    /// Every measure and the payments behind them.
    pub(crate) fn facts(&mut self) -> Facts {
        let condition = self.condition;
        let values = (0..condition.measures.len()).map(|index| self.measure(index)).collect();
        let (mut evidence, mut truncated, mut shown) = (Vec::new(), false, false);
        for measure in &condition.measures {
            match measure {
                BoundMeasure::Aggregate { over, filter, within, .. } => {
                    let chosen = self.chosen(*over, filter.as_ref(), *within);
                    evidence.extend_from_slice(&chosen);
                }
                BoundMeasure::Overlap { a, b, .. } => {
                    evidence.extend_from_slice(&self.matches(*a));
                    evidence.extend_from_slice(&self.matches(*b));
                }
                BoundMeasure::Repeats => {
                    if let Some(sequence) = &condition.sequence {
                        let found = self.occurrences(sequence);
                        truncated |= found.truncated;
                        evidence.extend(found.all.into_iter().flatten());
                    }
                }
                BoundMeasure::Between { a, b, .. } => {
                    evidence.extend_from_slice(&self.matches(*a));
                    evidence.extend_from_slice(&self.matches(*b));
                }
                BoundMeasure::Graph(_) if !shown => {
                    shown = true;
                    let found = self.pattern();
                    truncated |= found.truncated;
                    evidence.extend_from_slice(&found.evidence);
                }
                // The measures that they are made of bring theirs.
                BoundMeasure::Derived(_)
                | BoundMeasure::Own { .. }
                | BoundMeasure::Peer { .. }
                | BoundMeasure::Graph(_) => {}
            }
        }
        self.sort(&mut evidence);
        evidence.dedup_by_key(|found| found.row);
        Facts { values, evidence, truncated }
    }

    /// By field: the share of the window's payments, of either direction, for which a selection
    /// or a measure of the condition could not be decided.
    pub(crate) fn undecided(&mut self, selections: &Selections) -> Vec<(Option<Field>, Decimal)> {
        let from = self.time.minus(self.condition.window);
        let (mut all, mut lacking) = (0_u64, BTreeMap::<Option<Field>, u64>::new());
        for leg in Leg::BOTH {
            for entry in self.env.ledger.window(self.account, leg, from, self.time) {
                all = all.saturating_add(1);
                let mut fields = Vec::new();
                for selection in &self.condition.selections {
                    if self.sets.unknown(entry.selections, *selection)
                        && let Some(row) = self.env.ledger.row(entry.row)
                    {
                        fields.push(selections.missing(self.env, row, leg, *selection));
                    }
                }
                fields.sort_unstable();
                fields.dedup();
                for field in fields {
                    let count = lacking.entry(field).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        // What measures left out, each payment once, whichever measure left out most.
        let mut left_out = BTreeMap::<Option<Field>, u64>::new();
        for index in 0..self.condition.measures.len() {
            self.measure(index);
            let derived =
                matches!(self.condition.measures.get(index), Some(BoundMeasure::Derived(_)));
            if let Some(Some((_, Some(doubt)))) = self.values.get(index)
                && !derived
            {
                let most = left_out.entry(doubt.field).or_default();
                *most = (*most).max(doubt.skipped);
            }
        }
        for (field, count) in left_out {
            let known = lacking.entry(field).or_default();
            *known = known.saturating_add(count);
        }
        let share = |count: u64| {
            let share = Decimal::from(count.min(all)).checked_div(Decimal::from(all));
            share.unwrap_or_default().round_dp(2).normalize()
        };
        lacking.into_iter().map(|(field, count)| (field, share(count))).collect()
    }

    fn sort(&self, matches: &mut [Match]) {
        let ledger = self.env.ledger;
        matches.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| ledger.compare_ids(a.row, b.row)));
    }

    fn matches(&mut self, selection: usize) -> Matches {
        if let Some(Some(known)) = self.collected.get(selection) {
            return Rc::clone(known);
        }
        let found = self.collect(selection);
        if let Some(slot) = self.collected.get_mut(selection) {
            *slot = Some(Rc::clone(&found));
        }
        found
    }

    fn collect(&self, selection: usize) -> Matches {
        let Some(&id) = self.condition.selections.get(selection) else { return Rc::default() };
        let from = self.time.minus(self.condition.window);
        let mut found: SmallVec<[Match; 32]> = SmallVec::new();
        for &leg in &self.condition.legs {
            for entry in self.env.ledger.window(self.account, leg, from, self.time) {
                if self.sets.contains(entry.selections, id) {
                    found.push(Match { time: entry.time, row: entry.row, leg });
                }
            }
        }
        found.as_slice().into()
    }

    /// The matches of a selection inside `within` for which `filter` is true.
    fn chosen(
        &mut self,
        over: usize,
        filter: Option<&Node>,
        within: Option<palermo_domain::Span>,
    ) -> Matches {
        let matches = self.matches(over);
        if filter.is_none() && within.is_none() {
            return matches;
        }
        let from = within.map_or(EventTime::MIN, |within| self.time.minus(within));
        let chosen = matches.iter().copied().filter(|found| {
            found.time >= from
                && filter.is_none_or(|filter| {
                    let value = self.value(filter, *found);
                    self.known(value) && value.holds()
                })
        });
        chosen.collect()
    }

    fn at(&self, found: Match) -> Option<At<'a>> {
        let row = self.env.ledger.row(found.row)?;
        Some(At { env: self.env, row, leg: found.leg, step: None })
    }

    fn value(&self, node: &Node, found: Match) -> Value {
        self.at(found).map_or(UNKNOWN, |at| eval(node, &at, &mut NoMeasures))
    }

    fn compute(&mut self, measure: &BoundMeasure) -> Value {
        match measure {
            BoundMeasure::Derived(node) => self.derived(node),
            BoundMeasure::Graph(value) => self.pattern().value(*value),
            BoundMeasure::Repeats => {
                let condition = self.condition;
                let Some(sequence) = &condition.sequence else { return count(0) };
                let fewest = sequence.steps.iter().map(|step| self.matches(*step).len()).min();
                let fewest = fewest.filter(|fewest| *fewest > 0);
                let Some(fewest) = fewest else { return count(0) };
                let found = self.occurrences(sequence).all.len();
                self.at_most(found, fewest);
                count(found)
            }
            BoundMeasure::Overlap { key, a, b } => {
                let both = [*a, *b].map(|selection| self.matches(selection));
                let fewest = both.iter().map(|matches| matches.len()).min().unwrap_or(0);
                let [a, b] = both.map(|matches| {
                    let keys = matches.iter().map(|found| self.value(key, *found));
                    keys.filter(|key| self.known(*key)).collect::<FixedHashSet<Value>>()
                });
                let found = a.intersection(&b).count();
                self.at_most(found, fewest);
                count(found)
            }
            BoundMeasure::Between { function, a, b, within } => {
                self.between(*function, [*a, *b], *within)
            }
            BoundMeasure::Own { of, reach, statistic } => self.own(*of, *reach, *statistic),
            BoundMeasure::Peer { of, group, statistic, roll_up } => {
                self.peer(*of, *group, *statistic, *roll_up)
            }
            BoundMeasure::Aggregate { function, value, arguments, over, filter, within } => {
                let chosen = self.chosen(*over, filter.as_ref(), *within);
                let computed = self.aggregate(*function, value.as_ref(), arguments, &chosen);
                if !function.counts() {
                    // One payment more changes it by who knows how much.
                    self.doubt.set(self.doubt.get().map(Doubt::unbounded));
                }
                computed
            }
        }
    }

    /// Arithmetic over measures looks at no payment; the newest one of the account until now lends
    /// its day to the conversion of money parameters, as it does to the condition itself.
    fn derived(&mut self, node: &Node) -> Value {
        let value = self.argument(node);
        self.doubt.set(self.doubt_of(node));
        value
    }

    /// An expression over measures, parameters and the subject.
    fn argument(&mut self, node: &Node) -> Value {
        let newest = || newest_at(self.env.ledger, self.account, EventTime::MIN, self.time);
        let newest = *self.newest.get_or_insert_with(newest);
        let at = newest.and_then(|(row, leg)| {
            let row = self.env.ledger.row(row)?;
            Some(At { env: self.over_window(), row, leg, step: None })
        });
        at.map_or(UNKNOWN, |at| eval(node, &at, self))
    }
}

fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
