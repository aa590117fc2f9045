//! Lists at run time: the rows of the files, overlaid by those of the topic `lists`.
//!
//! A key has versions, each with the days on which it is in force; of those in force on a day the
//! one that began last counts. Rows of the topic are kept as they were sent ([`Sent`]), those of
//! lists that no rule names as well, so that an activation finds them again: a rule that is loaded
//! today reads what was sent a year ago.
//!
//! Promises: what a list says is a function of its file and of the rows sent since, in order; so is
//! its hash. Cost: a row is one map entry and one hash, whatever the length of the list.

mod nearest;

use crate::alerts::sha256_hex;
use crate::bind::{Binder, Node};
use crate::lexicon::{Lexicon, Words};
use crate::value::Value;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Date, Decimal, FixedHashMap, ListRow, MicroDegrees, distance, parse_amount};
use palermo_lang::program::{self, List, Literal, RuleSet, Type};
use palermo_ledger::{Atom, Atoms, Ledger};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The list of daily rates: its rows go to the ledger, no expression names it.
pub(crate) const RATES: &str = "fx";

/// How ids of lexicons begin.
const LEXICON: &str = "lex_";
/// A payment so near is made at a stage of a route.
const STAGE_KM: Decimal = Decimal::from_parts(25, 0, 0, false, 0);

pub(crate) use nearest::Found;

type Coordinates = (MicroDegrees, MicroDegrees);

/// A list as expressions read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct BoundList {
    pub(crate) id: String,
    /// Hash of the file and of the rows sent since.
    pub(crate) sha256: String,
    file_sha256: String,
    /// Of the rows sent, each once, whatever their order.
    digest: [u8; 32],
    columns: Vec<(String, Type)>,
    rows: FixedHashMap<Atom, Vec<Version>>,
    /// Every version of a row that is a place, by key and first day.
    spots: BTreeMap<(Atom, Date), Coordinates>,
    /// Its rows as terms, where it is a lexicon.
    lexicon: Option<Box<Lexicon>>,
}

#[derive(Clone, Debug)]
struct Version {
    from: Date,
    to: Date,
    cells: Vec<Option<Node>>,
}

impl BoundList {
    /// Binds a list file.
    pub(crate) fn of_file(list: &List, atoms: &mut Atoms) -> Self {
        let mut bound = Self {
            id: list.id.clone(),
            sha256: list.sha256.clone(),
            file_sha256: list.sha256.clone(),
            columns: list.columns.clone(),
            lexicon: list.id.starts_with(LEXICON).then(Box::default),
            ..Self::default()
        };
        for row in &list.rows {
            bound.insert(&row.key, &row.cells, row.valid, atoms);
        }
        bound
    }

    fn insert(
        &mut self,
        key: &str,
        cells: &[Option<Literal>],
        (from, to): (Date, Date),
        atoms: &mut Atoms,
    ) {
        let place = program::coordinates(&self.columns, cells);
        let term = key;
        let key = atoms.intern(key);
        if let Some(lexicon) = &mut self.lexicon {
            lexicon.insert(term, key);
        }
        let mut binder = Binder { atoms, params: &[], indicators: &[] };
        let cells =
            cells.iter().map(|cell| cell.as_ref().map(|cell| binder.literal(cell))).collect();
        let versions = self.rows.entry(key).or_default();
        let at = versions.partition_point(|version| version.from < from);
        let version = Version { from, to, cells };
        match versions.get_mut(at).filter(|known| known.from == from) {
            Some(known) => *known = version,
            None => versions.insert(at, version),
        }
        match place {
            Some(place) => self.spots.insert((key, from), place),
            None => self.spots.remove(&(key, from)),
        };
    }

    fn remove(&mut self, key: &str, atoms: &Atoms) {
        let term = key;
        let Some(key) = atoms.find(key) else { return };
        if let Some(lexicon) = &mut self.lexicon {
            lexicon.remove(term, key);
        }
        for version in self.rows.remove(&key).unwrap_or_default() {
            self.spots.remove(&(key, version.from));
        }
    }

    /// The version of a row that counts on a day.
    fn version(&self, key: Atom, day: Date) -> Option<&Version> {
        let versions = self.rows.get(&key)?;
        versions.iter().rev().find(|version| (version.from..=version.to).contains(&day))
    }

    /// Whether what the list says of a key on a day is what it says on every later one.
    pub(crate) fn is_steady(&self, key: Atom, day: Date) -> bool {
        let versions = self.rows.get(&key).map_or(&[][..], Vec::as_slice);
        versions.iter().all(|version| version.from <= day)
            && self.version(key, day).map_or_else(
                || versions.iter().all(|version| version.to < day),
                |found| found.to == Date(i32::MAX),
            )
    }

    pub(crate) fn contains(&self, key: Atom, day: Date) -> bool {
        self.version(key, day).is_some()
    }

    /// Whether a term of a lexicon that is in force on that day is in the text.
    pub(crate) fn matches(&self, text: &Words, day: Date) -> bool {
        let lexicon = self.lexicon.as_ref();
        lexicon.is_some_and(|lexicon| lexicon.find(text, |row| self.contains(row, day)))
    }

    /// The cell of a row that is in force on that day.
    pub(crate) fn cell(&self, key: Atom, column: usize, day: Date) -> Option<&Node> {
        self.version(key, day)?.cells.get(column)?.as_ref()
    }

    /// Routes of which a place is a stage on a day, with the stage: rows within [`STAGE_KM`] of it.
    pub(crate) fn stages(
        &self,
        here: Coordinates,
        (route, stage): (u16, u16),
        day: Date,
    ) -> Vec<(Atom, i64)> {
        let mut all = Vec::new();
        for ((key, from), place) in &self.spots {
            let in_force = || self.version(*key, day).is_some_and(|found| found.from == *from);
            if Decimal::new(distance(here, *place).0, 1) > STAGE_KM || !in_force() {
                continue;
            }
            let cell = |column: u16| match self.cell(*key, usize::from(column), day) {
                Some(Node::Const(value)) => Some(*value),
                _ => None,
            };
            if let (Some(Value::Text(route)), Some(Value::Int(stage))) = (cell(route), cell(stage))
            {
                all.push((route, stage));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether a place of the list that is in force on that day is as asked.
    pub(crate) fn any_place(&self, day: Date, is: impl Fn(Coordinates) -> bool) -> bool {
        self.spots.iter().any(|(&(key, from), &place)| {
            from <= day
                && is(place)
                && self.version(key, day).is_some_and(|version| version.from == from)
        })
    }

    /// The cells of a row that was sent; `None` where one has not the type of its column.
    fn typed(&self, row: &ListRow) -> Option<Vec<Option<Literal>>> {
        let cell = |(name, value_type): &(String, Type)| {
            let text = row.fields.iter().find(|(field, _)| field == name).map(|(_, text)| text);
            // The outer `Option` is the verdict, the inner one the cell.
            text.map_or(Some(None), |text| program::cell(text, *value_type).map(Some))
        };
        self.columns.iter().map(cell).collect()
    }

    fn mix(&mut self, change: [u8; 32]) {
        for (byte, with) in self.digest.iter_mut().zip(change) {
            *byte ^= with;
        }
        self.sha256 = if self.digest == [0; 32] {
            self.file_sha256.clone()
        } else {
            let sent: String = self.digest.iter().map(|byte| format!("{byte:02x}")).collect();
            sha256_hex(&[&self.file_sha256, &sent])
        };
    }
}

/// The rows of the topic `lists`, as they were sent, by list and key.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    rows: BTreeMap<String, BTreeMap<String, SentRow>>,
    bytes: usize,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct SentRow {
    /// A tombstone came: what the file says of this key no longer counts.
    hides_file: bool,
    /// By first day.
    versions: BTreeMap<Date, ListRow>,
}

impl Sent {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "lists", &(self.bytes as u64, self.rows.len() as u64))?;
        self.rows.iter().try_for_each(|(list, rows)| {
            snapshot::put(sink, "lists", list)?;
            let rows: Vec<(&String, &SentRow)> = rows.iter().collect();
            snapshot::put_all(sink, "lists", &rows, 128)
        })
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let (bytes, lists): (u64, u64) = snapshot::take(source, "lists")?;
        let mut sent = Self { bytes: usize::try_from(bytes).unwrap_or(0), ..Self::default() };
        for _ in 0..lists {
            let list: String = snapshot::take(source, "lists")?;
            let rows: Vec<(String, SentRow)> = snapshot::take_all(source, "lists")?;
            sent.rows.insert(list, rows.into_iter().collect());
        }
        Ok(sent)
    }

    /// Takes in a row. A list that no rule names takes any row: its types come with the rule.
    ///
    /// # Errors
    /// The field of the record that does not fit the list.
    pub(crate) fn apply(
        &mut self,
        row: &ListRow,
        lists: &mut [BoundList],
        ledger: &mut Ledger,
    ) -> Result<(), &'static str> {
        if row.list == RATES {
            let rate = rate(row).ok_or("fields")?;
            if !ledger.rates.set(&row.row, Some(rate)) {
                return Err("row");
            }
        }
        let list = lists.iter_mut().find(|list| list.id == row.list);
        let cells = match &list {
            Some(list) => Some(list.typed(row).ok_or("fields")?),
            None => None,
        };
        let known = self.rows.entry(row.list.clone()).or_default().entry(row.row.clone());
        let versions = &mut known.or_default().versions;
        // The key of a rate names its day: there is one version, the one sent last.
        let gone: Vec<ListRow> = match row.list == RATES {
            true => std::mem::take(versions).into_values().collect(),
            false => versions.remove(&row.valid_from).into_iter().collect(),
        };
        versions.insert(row.valid_from, row.clone());
        if gone.is_empty() {
            self.bytes = self.bytes.saturating_add(size(row));
        }
        if let (Some(list), Some(cells)) = (list, cells) {
            gone.iter().for_each(|row| list.mix(hash(row)));
            list.mix(hash(row));
            list.insert(&row.row, &cells, validity(row), &mut ledger.atoms);
        }
        Ok(())
    }

    /// A tombstone: no version of the row is in force any more, nor is what the file says.
    pub(crate) fn remove(
        &mut self,
        id: &str,
        key: &str,
        lists: &mut [BoundList],
        ledger: &mut Ledger,
    ) {
        if id == RATES {
            ledger.rates.set(key, None);
        }
        let known = self.rows.entry(id.to_owned()).or_default().entry(key.to_owned()).or_default();
        let list = lists.iter_mut().find(|list| list.id == id);
        let (was_hidden, gone) =
            (std::mem::replace(&mut known.hides_file, true), std::mem::take(&mut known.versions));
        if let Some(list) = list {
            gone.values().for_each(|row| list.mix(hash(row)));
            if !was_hidden {
                list.mix(tombstone(key));
            }
            list.remove(key, &ledger.atoms);
        }
    }

    /// Binds the lists of a rule set, and the rates; returns how many rows that were sent do not
    /// fit the columns of the new files and are left out.
    pub(crate) fn bind(&self, rules: &RuleSet, ledger: &mut Ledger) -> (Vec<BoundList>, u64) {
        let mut refused: u64 = 0;
        let mut lists = Vec::new();
        for file in &rules.lists {
            let mut list = BoundList::of_file(file, &mut ledger.atoms);
            for (key, sent) in self.rows.get(&file.id).into_iter().flatten() {
                if sent.hides_file {
                    list.remove(key, &ledger.atoms);
                    list.mix(tombstone(key));
                }
                for row in sent.versions.values() {
                    match list.typed(row) {
                        Some(cells) => {
                            list.insert(key, &cells, validity(row), &mut ledger.atoms);
                        }
                        None => refused = refused.saturating_add(1),
                    }
                    list.mix(hash(row));
                }
            }
            lists.push(list);
        }
        self.rates(rules, ledger);
        (lists, refused)
    }

    fn rates(&self, rules: &RuleSet, ledger: &mut Ledger) {
        for (key, rate) in rates_of(rules) {
            ledger.rates.set(key, Some(rate));
        }
        for (key, sent) in self.rows.get(RATES).into_iter().flatten() {
            if sent.hides_file {
                ledger.rates.set(key, None);
            }
            for row in sent.versions.values() {
                ledger.rates.set(key, rate(row));
            }
        }
    }

    /// Bytes held, roughly.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Takes the rates of a rule set's file out of the ledger, before another file takes its place.
pub(crate) fn forget_rates(rules: &RuleSet, ledger: &mut Ledger) {
    for (key, _) in rates_of(rules) {
        ledger.rates.set(key, None);
    }
}

/// Keys and rates of the file `fx`, where there is one.
fn rates_of(rules: &RuleSet) -> impl Iterator<Item = (&str, Decimal)> {
    let files = rules.lists.iter().filter(|list| list.id == RATES);
    files.flat_map(|list| {
        let column = list.column("per_base");
        list.rows.iter().filter_map(move |row| match row.cells.get(column?)? {
            Some(Literal::Decimal(rate)) => Some((row.key.as_str(), *rate)),
            _ => None,
        })
    })
}

fn rate(row: &ListRow) -> Option<Decimal> {
    let (_, text) = row.fields.iter().find(|(name, _)| name == "per_base")?;
    parse_amount(text).ok().filter(|rate| *rate > Decimal::ZERO)
}

fn validity(row: &ListRow) -> (Date, Date) {
    (row.valid_from, row.valid_to.unwrap_or(Date(i32::MAX)))
}

fn size(row: &ListRow) -> usize {
    let fields = row.fields.iter().map(|(name, text)| name.len().saturating_add(text.len()));
    fields.fold(256_usize.saturating_add(row.row.len().saturating_mul(2)), usize::saturating_add)
}

/// The hash of a row's content. The source is left out: it decides nothing.
fn hash(row: &ListRow) -> [u8; 32] {
    let mut fields: Vec<&(String, String)> = row.fields.iter().collect();
    fields.sort();
    let (from, to) = validity(row);
    Sha256::digest(format!("{:?} {} {} {fields:?}", row.row, from.0, to.0)).into()
}

fn tombstone(key: &str) -> [u8; 32] {
    Sha256::digest(format!("- {key:?}")).into()
}

#[cfg(test)]
mod tests;
