//! Counts, sums, means and different accounts, from the entries of a window alone.
//!
//! Most measures of most rules are these, and most evaluations end with them: no payment is looked
//! at, nothing is collected. Where a payment lacks what is asked for (an amount without a rate, an
//! end without an account), the way over the payments themselves decides, and says what was missing.

use super::{Run, count};
use crate::bind::{BoundMeasure, Node};
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, Span};
use palermo_lang::program::{EndField, Field, Function, Side};
use palermo_ledger::{Leg, Totals};

/// What is asked of the totals of a window.
#[derive(Clone, Copy)]
enum Asked {
    Count,
    Sum,
    Mean,
    Accounts,
}

impl Run<'_> {
    /// The value of a measure, where entries are enough to tell.
    pub(super) fn quickly(&self, measure: &BoundMeasure) -> Option<Value> {
        let BoundMeasure::Aggregate { function, value, over, filter: None, within, .. } = measure
        else {
            return None;
        };
        let asked = match (function, value) {
            (Function::Count, None) => Asked::Count,
            (Function::Sum, Some(Node::Field(Field::Amount))) => Asked::Sum,
            (Function::Avg, Some(Node::Field(Field::Amount))) => Asked::Mean,
            (Function::Distinct, Some(Node::Field(Field::End(Side::Other, EndField::Account)))) => {
                Asked::Accounts
            }
            _ => return None,
        };
        let selection = *self.condition.selections.get(*over)?;
        let window = self.condition.window;
        let length = within.map_or(window, |within| within.min(window));
        let totals = match (asked, self.condition.legs.as_slice()) {
            // An account may pay and be paid: it counts once.
            (Asked::Accounts, legs @ [_, _, ..]) => self.walked(selection, length, legs),
            (_, legs) => {
                let sides = legs.iter().map(|leg| self.kept(selection, length, *leg));
                sides.fold(Totals::default(), Totals::and)
            }
        };
        answer(asked, totals)
    }

    /// Of one side; long windows are not walked each time.
    fn kept(&self, selection: u16, length: Span, leg: Leg) -> Totals {
        self.env.ledger.totals((self.account, leg), (length, self.time), selection, |set| {
            self.sets.contains(set, selection)
        })
    }

    fn walked(&self, selection: u16, length: Span, legs: &[Leg]) -> Totals {
        let window = (self.time.minus(length), self.time);
        let mut adder = self.env.adder.borrow_mut();
        adder.begin(true);
        for &leg in legs {
            adder.add(self.env.ledger.book(), (self.account, leg), window, |set| {
                self.sets.contains(set, selection)
            });
        }
        adder.totals()
    }
}

fn answer(asked: Asked, totals: Totals) -> Option<Value> {
    let Totals { count: payments, known, cents, distinct, alone } = totals;
    let sum = || match payments {
        0 => Some(Decimal::ZERO),
        _ => Decimal::try_from_i128_with_scale(cents, 2).ok().filter(|_| known == payments),
    };
    match asked {
        Asked::Count => Some(count(payments as usize)),
        Asked::Sum => sum().map(Value::Money),
        Asked::Mean if payments == 0 => Some(UNKNOWN),
        Asked::Mean => {
            let mean = sum()?.checked_div(Decimal::from(payments));
            Some(mean.map_or(UNKNOWN, |mean| Value::Money(six_places(mean))))
        }
        Asked::Accounts => (alone == 0).then(|| count(distinct as usize)),
    }
}
