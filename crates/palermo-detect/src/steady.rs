//! What an evaluation that did not hold rests on, and until when it stays as it is.
//!
//! Most evaluations say what the one before said: the holder still has no observation, nothing was
//! selected that a share could be taken of, a sum is still too small. So of each condition is read off
//! once, part by part, what can change it: payments of its selections, the record of the holder, lists,
//! hits on it or on those it deals with, or the passing of time. After an evaluation that did not hold, the parts that it looked at say
//! which payments have to come, or until when none has to, before it can say anything else
//! ([`Rest`]). Module `armed` keeps that, and repeats what was said without an evaluation.
//!
//! Promise: until then, and while none of that comes, an evaluation at a later time says the same: it
//! does not hold, and meets a missing field, or none, exactly as before. What cannot be told
//! is never steady. Cost: none where payments can only leave a sum; else a walk over the window.

use crate::bind::{BoundCondition, BoundMeasure, Node};
use crate::eval::{Env, party_of, read};
use crate::hits::{Hits, Log};
use crate::record::began;
use crate::select::Sets;
use crate::value::Value;
use palermo_domain::{Currency, EventCode, EventTime, RelationKind, Span, Subject};
use palermo_lang::program::{Arithmetic, Compare, EndField, Field, Function, Side};
use palermo_ledger::{AccountId, Ledger, Leg, Row, RowId};
use std::cell::RefCell;

/// Parts that are told apart; the others count as one.
const PARTS_MAX: usize = 32;

/// What the parts of a condition rest on.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    parts: Vec<Part>,
    window: Span,
}

/// What one part of a conjunction rests on.
#[derive(Debug, Default)]
struct Part {
    /// True wherever the need of the condition is met.
    needed: bool,
    /// True or false, whatever is missing.
    sure: bool,
    /// Where it is false for certain, it stays so while payments only leave the window.
    falls: bool,
    /// It rests on something that is not followed.
    other: bool,
    entries: Vec<Entries>,
    facts: Vec<Fact>,
}

/// Payments of a selection, by its place in the condition.
#[derive(Debug)]
struct Entries {
    of: usize,
    length: Span,
    told: Told,
}

/// What is read of payments.
#[derive(Debug, Default)]
struct Told {
    /// It can change.
    changes: bool,
    /// It can change where they are with more than one other account: which of them belong together.
    groups: bool,
    /// Whether these indicators held on the other account.
    asks: Vec<u16>,
}

/// Something that is known of the subject itself.
#[derive(Debug)]
enum Fact {
    Record,
    /// The word of the payment at hand, else of the record.
    Kind,
    Event(EventCode, Span),
    Relations(RelationKind),
    /// The age of the account, the customer or the firm, compared with this.
    Age(EndField, Span),
    /// The silence before the window, compared with this.
    Idle(Span),
    /// Whether a place of the record is near those of a list.
    Near,
    Listed(usize, EndField),
    Hits(u16),
}

/// How long an evaluation is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Before this time.
    pub(crate) until: EventTime,
    /// The parts whose selections it rests on, as bits.
    pub(crate) parts: u32,
    /// While the subject's own end is of the same kind.
    pub(crate) kind: bool,
}

/// An evaluation that did not hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looked {
    /// Parts that were looked at.
    pub(crate) parts: usize,
    /// The last of them is false for certain, and no field was missing.
    pub(crate) certain: bool,
}

impl Steady {
    /// What a condition rests on. `needs` says whether its need decides that counts are reached.
    pub(crate) fn of(condition: &BoundCondition, base: Currency, needs: bool) -> Self {
        // Of what is no account the fields of the payment at hand are asked.
        if condition.subject != Subject::Account {
            return Self::default();
        }
        let reader = Reader { condition, base };
        let parts = conjunction(&condition.holds).iter();
        let parts = parts.map(|node| {
            let needed = needs && reader.is_needed(node);
            let (sure, falls) = (reader.sure(node), reader.falls(node));
            let mut part = Part { needed, sure, falls, ..Part::default() };
            reader.hit(node, &mut part);
            part
        });
        Self { parts: parts.collect(), window: condition.window }
    }

    /// Calls `each` with every selection that parts rest on, and the bit of the part.
    pub(crate) fn selections(&self, condition: &BoundCondition, each: &mut dyn FnMut(u16, u32)) {
        for (at, part) in self.parts.iter().enumerate() {
            for entries in &part.entries {
                let selection = condition.selections.get(entries.of);
                selection.iter().for_each(|selection| each(**selection, bit(at)));
            }
        }
    }

    /// How far back payments must be kept.
    pub(crate) fn window(&self) -> Span {
        self.window
    }

    /// How long what was found at a payment stays as it is, where that can be told.
    pub(crate) fn rest(&self, looked: Looked, here: &Here<'_, '_>) -> Option<Rest> {
        let mut rest = Rest { until: EventTime::MAX, parts: 0, kind: false };
        if self.parts.is_empty() || here.time.minus(self.window) < here.env.ledger.kept_from() {
            return None;
        }
        for (at, part) in self.parts.iter().enumerate().take(looked.parts) {
            let decides = looked.certain && at.saturating_add(1) == looked.parts;
            if !decides && (part.needed || looked.certain && part.sure) {
                continue;
            }
            rest.parts |= bit(at);
            if decides && part.falls {
                continue;
            }
            if part.other {
                return None;
            }
            for entries in &part.entries {
                rest.until = rest.until.min(here.entries_until(entries)?);
            }
            for fact in &part.facts {
                rest.until = rest.until.min(here.fact_until(fact)?);
                rest.kind |= matches!(fact, Fact::Kind);
            }
        }
        (rest.until > here.time).then_some(rest)
    }
}

fn bit(part: usize) -> u32 {
    1 << part.min(PARTS_MAX.saturating_sub(1))
}

/// The parts of a conjunction.
pub(crate) fn conjunction(node: &Node) -> &[Node] {
    match node {
        Node::And(all) => all,
        whole => std::slice::from_ref(whole),
    }
}

/// Where an evaluation was made.
pub(crate) struct Here<'e, 'a> {
    pub(crate) env: Env<'a>,
    pub(crate) sets: &'e Sets,
    pub(crate) condition: &'e BoundCondition,
    pub(crate) account: AccountId,
    pub(crate) time: EventTime,
    pub(crate) row: Row<'a>,
    pub(crate) leg: Leg,
}

impl Here<'_, '_> {
    /// Until when none of the payments leaves its window; `None` where one can change.
    fn entries_until(&self, entries: &Entries) -> Option<EventTime> {
        let Some(&selection) = self.condition.selections.get(entries.of) else {
            return Some(EventTime::MAX);
        };
        let from = self.time.minus(entries.length);
        let mut until = EventTime::MAX;
        let mut with = None;
        for &leg in &self.condition.legs {
            let window = self.env.ledger.window(self.account, leg, from, self.time);
            for entry in window.filter(|entry| self.sets.contains(entry.selections, selection)) {
                if !self.stays(&entries.told, (entry.row, leg), &mut with) {
                    return None;
                }
                until = until.min(entry.time.plus(entries.length));
            }
        }
        Some(until)
    }

    /// Whether what is read of a payment stays as it is, where the others so far are with this account.
    ///
    /// On whom no indicator ever held that is asked for, none does until one holds for the first time;
    /// whoever keeps what was said is told then.
    fn stays(&self, told: &Told, (row, leg): (RowId, Leg), with: &mut Option<AccountId>) -> bool {
        if told.changes {
            return false;
        }
        if !told.groups && told.asks.is_empty() {
            return true;
        }
        let row = self.env.ledger.row(row);
        let Some(other) = row.and_then(|row| row.account(leg.opposite())) else { return false };
        if told.groups && with.replace(other).is_some_and(|known| known != other) {
            return false;
        }
        let never = |hits: &Hits, asked: u16| hits.log(asked, other).is_none_or(Log::is_empty);
        told.asks.iter().all(|asked| self.env.hits.is_some_and(|hits| never(hits, *asked)))
    }

    /// Until when an account that was less than so long silent before its window cannot have been: what is
    /// in the window is closer to each other than that, and so is what comes before that time to the last
    /// booked payment, which is in the window or ended the silence before it.
    fn stirs(&self, silence: Span) -> Option<EventTime> {
        let window = self.condition.window;
        let env = Env { from: Some(self.time.minus(window)), ..self.env };
        let idle = read(Field::End(Side::Own, EndField::IdleBefore), env, self.row, self.leg);
        let Value::Span(idle) = idle else { return None };
        let lately = idle.max(window);
        (lately < silence).then(|| self.time.minus(lately).plus(silence))
    }

    /// Until when a fact stays as it is while the record of the own end does; `None` where that cannot
    /// be told.
    fn fact_until(&self, fact: &Fact) -> Option<EventTime> {
        let ledger: &Ledger = self.env.ledger;
        // Who keeps what was said sees to it that it stays the same record, or none.
        let own = party_of(self.env, self.row, self.leg);
        let midnight = || self.time.date().midnight().plus(Span::from_days(1));
        Some(match fact {
            Fact::Record | Fact::Kind => EventTime::MAX,
            // A list says of each of its rows on which days it counts.
            Fact::Near => midnight(),
            Fact::Idle(span) => self.stirs(*span)?,
            Fact::Event(code, within) => {
                let observed = own.iter().flat_map(|own| &own.events);
                let observed = observed.filter(|(of, _)| of == code);
                let changes = observed.flat_map(|(_, when)| [*when, when.plus(*within)]);
                changes.filter(|change| *change >= self.time).min().unwrap_or(EventTime::MAX)
            }
            Fact::Relations(kind) => {
                let mut relations = own.iter().flat_map(|own| &own.relations);
                let any = relations.any(|relation| relation.kind == *kind);
                if any { midnight() } else { EventTime::MAX }
            }
            Fact::Age(age, span) => {
                let began = match age {
                    EndField::AccountAge => {
                        ledger.parties.owner(self.account).and_then(|owned| owned.opened)
                    }
                    age => own.and_then(|own| began(*age, own)),
                };
                let reached = began.map(|opened| opened.midnight().plus(*span));
                reached.filter(|reached| *reached >= self.time).unwrap_or(EventTime::MAX)
            }
            Fact::Listed(list, field) => {
                let key = read(Field::End(Side::Own, *field), self.env, self.row, self.leg);
                let list = self.env.lists.get(*list)?;
                match key {
                    Value::Text(key) if !list.is_steady(key, self.time.date()) => midnight(),
                    _ => EventTime::MAX,
                }
            }
            Fact::Hits(indicator) => {
                let log = self.env.hits?.log(*indicator, self.account);
                log.is_none_or(|log| log.is_empty()).then_some(EventTime::MAX)?
            }
        })
    }
}

/// Reads off a condition what it rests on.
struct Reader<'c> {
    condition: &'c BoundCondition,
    base: Currency,
}

impl Reader<'_> {
    fn aggregate(&self, node: &Node) -> Option<&BoundMeasure> {
        match node {
            Node::Measure(index) => self.condition.measures.get(*index),
            Node::ToDecimal(inner) => self.aggregate(inner),
            _ => None,
        }
    }

    /// A plain count.
    fn is_count(&self, node: &Node) -> bool {
        let plain = |measure: &BoundMeasure| {
            matches!(
                measure,
                BoundMeasure::Aggregate {
                    function: Function::Count,
                    value: None,
                    filter: None,
                    ..
                }
            )
        };
        self.aggregate(node).is_some_and(plain)
    }

    fn is_constant(&self, node: &Node) -> bool {
        match node {
            Node::Const(value) => value.known(),
            Node::Money(_, currency) => *currency == self.base,
            Node::ToDecimal(inner) => self.is_constant(inner),
            _ => false,
        }
    }

    /// A count that has to reach a constant is a part of the need.
    fn is_needed(&self, node: &Node) -> bool {
        matches!(node, Node::Compare(Compare::Ge | Compare::Gt, a, b)
            if self.is_count(a) && matches!(**b, Node::Const(_)))
    }

    fn sure(&self, node: &Node) -> bool {
        match node {
            Node::Compare(_, a, b) => [a, b].iter().all(|side| {
                self.is_count(side) || matches!(&***side, Node::Const(value) if value.known())
            }),
            Node::And(parts) | Node::Or(parts) => parts.iter().all(|part| self.sure(part)),
            Node::Not(inner) => self.sure(inner),
            _ => false,
        }
    }

    fn falls(&self, node: &Node) -> bool {
        match node {
            Node::Compare(Compare::Ge | Compare::Gt, a, b) => {
                self.is_constant(b) && self.shrinks(a)
            }
            Node::Or(parts) => parts.iter().all(|part| self.falls(part)),
            _ => false,
        }
    }

    /// Whether a number, with all that it may be larger by for lack of fields, becomes no larger where
    /// payments leave. Amounts are not negative.
    fn shrinks(&self, node: &Node) -> bool {
        match node {
            Node::ToDecimal(inner) => self.shrinks(inner),
            Node::Arithmetic(Arithmetic::Add, a, b) => self.shrinks(a) && self.shrinks(b),
            Node::Measure(index) => match self.condition.measures.get(*index) {
                Some(BoundMeasure::Derived(node)) => self.shrinks(node),
                Some(BoundMeasure::Overlap { key, .. }) => self.of_payment(key),
                Some(BoundMeasure::Aggregate { function, value, arguments, filter, .. }) => {
                    let fixed = value.iter().chain(filter).all(|node| self.of_payment(node));
                    let amounts = matches!(value, Some(Node::Field(Field::Amount)));
                    let alone = arguments.is_empty();
                    fixed
                        && alone
                        && match function {
                            Function::Count | Function::Distinct | Function::Nights => true,
                            Function::Sum => amounts,
                            _ => false,
                        }
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression says the same of a payment for ever.
    fn of_payment(&self, node: &Node) -> bool {
        self.of_payment_and(node, &|_| false)
    }

    /// The same, where `followed` takes care of whether an indicator held on the other end.
    fn of_payment_and(&self, node: &Node, followed: &dyn Fn(u16) -> bool) -> bool {
        !node.any(&|node| match node {
            Node::Holds(Side::Other, asked) => !followed(*asked),
            Node::Field(field) | Node::Present(field) | Node::Step(_, field) => !is_fixed(*field),
            Node::Money(_, currency) => *currency != self.base,
            Node::Const(_)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::Arithmetic(..)
            | Node::ToDecimal(_) => false,
            _ => true,
        })
    }

    /// What an expression over the window rests on.
    fn hit(&self, node: &Node, part: &mut Part) {
        match node {
            Node::Const(_) => {}
            Node::Money(_, currency) => part.other |= *currency != self.base,
            // That it is known is a matter of the record.
            Node::Present(Field::End(Side::Own, age)) if AGES.contains(age) => {
                part.facts.push(Fact::Record);
            }
            Node::Field(field) | Node::Present(field) => match fact_of(*field) {
                Some(fact) => part.facts.extend(fact),
                None => part.other = true,
            },
            Node::Measure(index) => self.measure(*index, part),
            Node::Not(inner) | Node::ToDecimal(inner) => self.hit(inner, part),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|inner| self.hit(inner, part));
            }
            Node::Compare(_, a, b) => match (&**a, &**b) {
                (Node::Field(Field::End(Side::Own, age)), Node::Const(Value::Span(span)))
                | (Node::Const(Value::Span(span)), Node::Field(Field::End(Side::Own, age)))
                    if AGES.contains(age) =>
                {
                    part.facts.push(Fact::Age(*age, *span));
                }
                (
                    Node::Field(Field::End(Side::Own, EndField::IdleBefore)),
                    Node::Const(Value::Span(span)),
                ) => part.facts.push(Fact::Idle(*span)),
                (a, b) => [a, b].into_iter().for_each(|side| self.hit(side, part)),
            },
            Node::Arithmetic(_, a, b) => {
                [a, b].into_iter().for_each(|side| self.hit(side, part));
            }
            Node::InList(key, list) => match &**key {
                Node::Field(field @ Field::End(Side::Own, of))
                    if matches!(fact_of(*field), Some(Some(Fact::Record))) =>
                {
                    part.facts.push(Fact::Listed(*list, *of));
                }
                _ => part.other = true,
            },
            Node::Near(place, _, km) if self.is_constant(km) => match &**place {
                Node::Field(field) if matches!(fact_of(*field), Some(Some(Fact::Record))) => {
                    part.facts.push(Fact::Near);
                }
                _ => part.other = true,
            },
            Node::Holds(Side::Own, indicator) => part.facts.push(Fact::Hits(*indicator)),
            Node::Event(Side::Own, code, within) => match &**within {
                Node::Const(Value::Span(within)) => part.facts.push(Fact::Event(*code, *within)),
                _ => part.other = true,
            },
            Node::Relations(Side::Own, kind, within) => {
                part.facts.push(Fact::Relations(*kind));
                within.iter().for_each(|within| self.hit(within, part));
            }
            _ => part.other = true,
        }
    }

    fn measure(&self, index: usize, part: &mut Part) {
        let whole = self.condition.window;
        let mut entries = |of: usize, length: Span, told: Told| {
            part.entries.push(Entries { of, length, told });
        };
        let changing = |changes: bool| Told { changes, ..Told::default() };
        match self.condition.measures.get(index) {
            Some(BoundMeasure::Derived(node)) => self.hit(node, part),
            Some(BoundMeasure::Overlap { key, a, b }) => {
                let changes = !self.of_payment(key);
                [*a, *b].into_iter().for_each(|of| entries(of, whole, changing(changes)));
            }
            Some(BoundMeasure::Between { a, b, .. }) => {
                [*a, *b].into_iter().for_each(|of| entries(of, whole, Told::default()));
            }
            Some(BoundMeasure::Repeats) => match &self.condition.sequence {
                Some(sequence) => {
                    let changes = !sequence.ties.iter().all(|(_, tie)| self.of_payment(tie))
                        || sequence.key.is_some_and(|(_, _, field)| !is_fixed(field));
                    let steps = sequence.steps.iter();
                    steps.for_each(|of| entries(*of, whole, changing(changes)));
                }
                None => part.other = true,
            },
            Some(BoundMeasure::Aggregate { function, value, arguments, over, filter, within }) => {
                let length = within.map_or(whole, |within| within.min(whole));
                let constant = arguments.iter().all(|node| self.is_constant(node));
                // How much one end had of the whole is asked by a field of each payment.
                let keyed = *function == Function::TopShare
                    && arguments.iter().all(|node| self.of_payment(node));
                let asks = RefCell::new(Vec::new());
                let followed = |asked: u16| {
                    asks.borrow_mut().push(asked);
                    true
                };
                let mut read = value.iter().chain(filter);
                let changes = !read.all(|node| self.of_payment_and(node, &followed));
                let groups = *function == Function::Groups;
                entries(*over, length, Told { changes, groups, asks: asks.into_inner() });
                // A day without a payment counts as well; absence is told by what was before.
                part.other |= !constant && !keyed
                    || matches!(
                        function,
                        Function::Absent | Function::LowBalanceDays | Function::BalanceDays
                    );
            }
            Some(BoundMeasure::Own { .. } | BoundMeasure::Peer { .. } | BoundMeasure::Graph(_))
            | None => part.other = true,
        }
    }
}

/// What grows while the record stays the same.
const AGES: [EndField; 3] = [EndField::AccountAge, EndField::CustomerAge, EndField::CompanyAge];

/// What is known of the subject by a field of its own end; `None` where it is the word of the payment at
/// hand.
fn fact_of(field: Field) -> Option<Option<Fact>> {
    use EndField as E;
    let Field::End(Side::Own, field) = field else { return None };
    match field {
        E::Account => Some(None),
        E::Kind => Some(Some(Fact::Kind)),
        E::Segment
        | E::AgeBand
        | E::Activity
        | E::OccupationCode
        | E::IndustryMcc
        | E::Headcount
        | E::Licensed
        | E::Since
        | E::Incorporated
        | E::HomePart(_)
        | E::WorkPart(_)
        | E::Home
        | E::Work
        | E::Product
        | E::Delivers(_) => Some(Some(Fact::Record)),
        _ => None,
    }
}

/// Whether a field of a payment never changes: it says so itself. How long two ends have known each
/// other changes with an earlier payment of the subject alone.
fn is_fixed(field: Field) -> bool {
    use EndField as E;
    match field {
        Field::End(_, field) => matches!(
            field,
            E::Account
                | E::Bank
                | E::Country
                | E::Region
                | E::Town
                | E::Locode
                | E::Alias
                | E::Wallet
                | E::NameKey
                | E::BalanceAfter
                | E::KnownFor
        ),
        // A text is not kept.
        Field::Text => false,
        _ => true,
    }
}
