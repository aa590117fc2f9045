//! What rules share: list files by id, and the selections and lists that compiled rules use.

use crate::program::{Expr, List, ListId, Selection, SelectionId, Type};
use std::collections::{BTreeMap, BTreeSet};

/// The list of daily rates.
pub(crate) const RATES: &str = "fx";

/// Every list file of the sources.
pub(crate) type Lists = BTreeMap<String, List>;

/// Selections and lists in order of first use. Structurally equal selections are one.
#[derive(Debug)]
pub(crate) struct Pool<'l> {
    known: &'l Lists,
    used: Vec<String>,
    selections: Vec<Selection>,
    by_text: BTreeMap<String, SelectionId>,
    /// Ids of every indicator of the folder.
    indicators: &'l BTreeSet<String>,
    /// Those of rules that are off, and so hold nowhere.
    off: BTreeSet<String>,
}

impl<'l> Pool<'l> {
    pub(crate) fn new(known: &'l Lists, indicators: &'l BTreeSet<String>) -> Self {
        let (used, selections, by_text) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { known, used, selections, by_text, indicators, off: BTreeSet::new() }
    }

    /// The same where some rules are off.
    pub(crate) fn without(self, off: BTreeSet<String>) -> Self {
        Self { off, ..self }
    }

    /// Whether that indicator holds nowhere.
    pub(crate) fn is_off(&self, id: &str) -> bool {
        self.off.contains(id)
    }

    /// Ids of every indicator.
    pub(crate) fn indicators(&self) -> &'l BTreeSet<String> {
        self.indicators
    }

    /// Ids of every list file, for proposals.
    pub(crate) fn list_names(&self) -> Vec<&'l str> {
        self.known.keys().map(String::as_str).collect()
    }

    /// The list of that id, from now on in use.
    pub(crate) fn list(&mut self, id: &str) -> Option<(ListId, &'l List)> {
        let list = self.known.get(id)?;
        let at = self.used.iter().position(|used| used == id).unwrap_or_else(|| {
            self.used.push(id.to_owned());
            self.used.len().saturating_sub(1)
        });
        Some((ListId(index(at)), list))
    }

    /// The list of a number.
    pub(crate) fn named(&self, id: ListId) -> Option<&'l List> {
        self.known.get(self.used.get(usize::from(id.0))?)
    }

    /// The selection with that condition, shared if it is known.
    pub(crate) fn selection(&mut self, selection: Selection) -> SelectionId {
        // `Debug` of an expression names every part of it: equal texts are equal conditions.
        let text = format!("{:?}", selection.condition);
        let next = SelectionId(index(self.selections.len()));
        *self.by_text.entry(text).or_insert_with(|| {
            self.selections.push(selection);
            next
        })
    }

    /// The condition of a selection.
    pub(crate) fn condition(&self, id: SelectionId) -> Option<&Expr> {
        self.selections.get(usize::from(id.0)).map(|selection| &selection.condition)
    }

    /// How many distinct selections there are.
    pub(crate) const fn selection_count(&self) -> usize {
        self.selections.len()
    }

    /// Lists in use, rates too where there is a file of them.
    pub(crate) fn used(&self) -> impl Iterator<Item = &'l List> {
        let rates = (!self.used.iter().any(|id| id == RATES)).then_some(RATES);
        let used = self.used.iter().map(String::as_str).chain(rates);
        used.filter_map(|id| self.known.get(id))
    }

    /// The selections and lists of the rule set. Rates are always among them: no rule names them,
    /// and every parameter with a currency needs them.
    pub(crate) fn finish(mut self) -> (Vec<Selection>, Vec<List>) {
        self.list(RATES);
        let lists = self.used.iter().filter_map(|id| self.known.get(id).cloned()).collect();
        (self.selections, lists)
    }
}

/// An index as the program holds it; the bound on selections and rules keeps it in range.
pub(crate) fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The position of a column and its type.
pub(crate) fn column(list: &List, name: &str) -> Option<(u16, Type)> {
    let at = list.columns.iter().position(|(column, _)| column == name)?;
    list.columns.get(at).map(|(_, value_type)| (index(at), *value_type))
}
