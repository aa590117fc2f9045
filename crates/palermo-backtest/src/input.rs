//! Files of a bank's history as the records that the engine reads, in batches.
//!
//! A folder holds `payments.jsonl`, and may hold `parties.jsonl` and `lists.jsonl`: one document a
//! line, plain, `.gz` or `.zst`, in one file or in several (`payments-2026-01.jsonl.gz`), which are read
//! in order of name. Each may be `.parquet` with one document a row. Payments may be CSV, or Parquet with
//! other columns, that a mapping explains. They come in the order of their files; the record time of each is the highest
//! event time so far, so one that is out of order is late, as it would have been live. Rows of lists
//! come first: they say themselves from which day they hold. Parties come when they were known
//! ([`AsOf`]).
//!
//! Promises: every row is read whole or the reading stops with its file and line; what a row says is
//! repeated in no message. Cost: payments are held a batch at a time, parties until they are due.

mod columns;
mod lines;
mod watch;

use crate::error::{BacktestError, is_parquet};
use crate::fair::Peers;
use crate::foreign::Mapping;
use crate::profile::Profile;
use columns::Schema;
pub use columns::of_damage;
use lines::Rows;
pub(crate) use lines::hex;
use palermo_codec::{
    Limits, Refusal, UnknownFields, decode_list_row, decode_party, decode_payment,
};
use palermo_domain::{Currency, Date, EventTime, Span, TopicRole};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
pub(crate) use watch::Seen;
#[cfg(test)]
pub(crate) use watch::SeenPayment;
use watch::Watch;

/// Payments of a batch.
const BATCH_PAYMENTS: usize = 4_096;
/// A batch ends early above this.
const BATCH_BYTES: usize = 8 << 20;

/// When a party of the files is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    /// From its `as_of` on: no payment is judged by what the bank learned later.
    #[default]
    Event,
    /// From the start, as a task knows what stands in its topics when it starts first.
    Start,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its name in the folder.
    pub name: String,
    /// SHA-256 of its bytes as they lie there (lower-case hex).
    pub sha256: String,
    /// Rows.
    pub rows: u64,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The files, in the order of reading.
    pub files: Vec<FileFacts>,
    /// Payments.
    pub payments: u64,
    /// Versions of parties.
    pub parties: u64,
    /// Rows of lists.
    pub list_rows: u64,
    /// The earliest and the latest event time.
    pub span: Option<(EventTime, EventTime)>,
    /// The event time of the first row, from which a warm-up counts.
    pub first_row: Option<EventTime>,
    /// Payments by day of event time.
    pub by_day: BTreeMap<Date, u64>,
    /// Payments by currency.
    pub currencies: BTreeMap<Currency, u64>,
    /// Versions of parties that were learned after the last payment and decided nothing.
    pub parties_unused: u64,
    /// Which fields there are, where [`Reader::profile`] asked.
    pub profile: Option<Profile>,
    /// What labels name, as it was met.
    pub(crate) seen: Seen,
    /// Who is in which group.
    pub(crate) peers: Peers,
}

impl Facts {
    /// The first whole day after a warm-up: from it on things count.
    pub fn counted_from(&self, warm_up: Span) -> Option<Date> {
        if warm_up <= Span::ZERO {
            return self.span.map(|(first, _)| first.date());
        }
        let until = self.first_row?.plus(warm_up);
        let day = until.date();
        Some(if day.midnight() == until { day } else { Date(day.0.saturating_add(1)) })
    }

    /// The first day and the last one.
    pub fn days(&self) -> Option<(Date, Date)> {
        self.span.map(|(first, last)| (first.date(), last.date()))
    }
}

/// A record of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) role: TopicRole,
    pub(crate) offset: i64,
    pub(crate) timestamp_ms: i64,
    /// It is dated so much later than all before it that its time must be wrong.
    pub(crate) jumps: bool,
    from: usize,
    to: usize,
    /// Where it stands, for messages.
    pub(crate) file: usize,
    pub(crate) line: u64,
}

/// A payment of a file may be so much newer than all before it, as one in a topic may be older than its record.
pub(crate) const JUMP_MAX: Span = Span::from_days(400);

/// Records in the order of reading.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    pub(crate) items: Vec<Item>,
    /// Payments read so far, this batch included.
    pub(crate) payments: u64,
    /// Bytes of files read so far.
    pub(crate) read_bytes: u64,
}

impl Batch {
    pub(crate) fn value(&self, item: &Item) -> &[u8] {
        self.bytes.get(item.from..item.to).unwrap_or_default()
    }
}

/// What rows say is shown by nobody's accident.
impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("line", &self.line).finish_non_exhaustive()
    }
}

/// A row that waits for its time.
struct Held {
    role: TopicRole,
    time: EventTime,
    value: Vec<u8>,
    /// See [`Item::jumps`].
    jumps: bool,
    file: usize,
    line: u64,
}

/// Files as records.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    unknown: UnknownFields,
    currency: Option<Currency>,
    files: Vec<PathBuf>,
    /// How CSV becomes payments.
    mapping: Option<Mapping>,
    /// Payments that are still to be opened, by index of `files`.
    waiting: VecDeque<usize>,
    open: Option<(usize, Rows)>,
    lists: VecDeque<Held>,
    parties: VecDeque<Held>,
    /// The first payment, which was read to know when it all begins.
    ahead: Option<Held>,
    first: EventTime,
    now: EventTime,
    offsets: BTreeMap<TopicRole, i64>,
    watch: Watch,
    facts: Facts,
    read_bytes: u64,
    whole_bytes: u64,
}

impl Reader {
    /// Opens a folder, or one file of payments; reads parties and lists, and the first payment.
    ///
    /// # Errors
    /// A folder without payments, a file that cannot be read, a row that says what cannot be.
    pub fn open(
        path: &Path,
        limits: &Limits,
        as_of: AsOf,
        mapping: Option<&Mapping>,
    ) -> Result<Self, BacktestError> {
        let [payments, parties, lists] = find(path, mapping.is_some())?;
        let files: Vec<PathBuf> = lists.iter().chain(&parties).chain(&payments).cloned().collect();
        let mut whole_bytes = 0_u64;
        for file in &files {
            let size = std::fs::metadata(file).map_err(BacktestError::read(file))?.len();
            whole_bytes = whole_bytes.saturating_add(size);
        }
        let reference = lists.len().saturating_add(parties.len());
        let mut reader = Self {
            limits: limits.clone(),
            unknown: UnknownFields::default(),
            currency: None,
            waiting: (reference..files.len()).collect(),
            files,
            mapping: mapping.cloned(),
            open: None,
            lists: VecDeque::new(),
            parties: VecDeque::new(),
            ahead: None,
            first: EventTime::MIN,
            now: EventTime::MIN,
            offsets: BTreeMap::new(),
            watch: Watch::default(),
            facts: Facts::default(),
            read_bytes: 0,
            whole_bytes,
        };
        for file in 0..reference {
            let role = if file < lists.len() { TopicRole::Lists } else { TopicRole::Parties };
            reader.reference(file, role)?;
        }
        // A version that was learned later stands later in its topic.
        reader.parties.make_contiguous().sort_by_key(|held| held.time);
        for held in &reader.parties {
            // They were read once already and decode again.
            if let Ok(party) = decode_party(&held.value, &reader.limits, &mut reader.unknown) {
                reader.facts.peers.party(&party);
            }
        }
        let Some(first) = reader.payment()? else {
            let what = "holds no payment";
            return Err(BacktestError::Data { path: path.to_path_buf(), what: what.to_owned() });
        };
        reader.first = first.time;
        if as_of == AsOf::Start {
            reader.parties.iter_mut().for_each(|held| held.time = held.time.min(first.time));
        }
        reader.ahead = Some(first);
        Ok(reader)
    }

    /// The currency of the first payment.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The event time of the first payment.
    pub fn first(&self) -> EventTime {
        self.first
    }

    /// Bytes of all files.
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// Notes what labels name when it passes; amounts in the base currency count.
    pub fn watch_for(&mut self, labels: &crate::Labels, base: Currency) {
        self.watch = Watch::of(labels, base);
        // The first payment was read before anybody asked.
        if let Some(first) = &self.ahead
            && let Ok(payment) = decode_payment(&first.value, &self.limits, &mut self.unknown)
        {
            self.watch.payment(&payment);
        }
        for held in &self.parties {
            // They were read once already and decode again.
            if let Ok(party) = decode_party(&held.value, &self.limits, &mut self.unknown) {
                self.watch.party(&party);
            }
        }
    }

    /// Counts which fields rows have while they pass.
    pub fn profile(&mut self) {
        let mut profile = Profile::default();
        // They were read before anybody asked. What was learned after the last payment counts as well.
        for held in self.parties.iter().chain(&self.ahead) {
            profile.see(held.role, &held.value);
        }
        self.facts.profile = Some(profile);
    }

    /// The files, by the number that an item carries.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The next records; none at the end.
    pub(crate) fn batch(&mut self) -> Result<Option<Batch>, BacktestError> {
        let mut batch = Batch::default();
        while let Some(held) = self.lists.pop_front() {
            self.put(&mut batch, &held, held.time);
        }
        let mut payments = 0_usize;
        while payments < BATCH_PAYMENTS && batch.bytes.len() < BATCH_BYTES {
            let next = match self.ahead.take() {
                Some(first) => Some(first),
                None => self.payment()?,
            };
            let Some(payment) = next else { break };
            self.now = self.now.max(payment.time);
            while self.parties.front().is_some_and(|party| party.time <= self.now) {
                let Some(party) = self.parties.pop_front() else { break };
                self.facts.parties = self.facts.parties.saturating_add(1);
                self.put(&mut batch, &party, party.time);
            }
            self.put(&mut batch, &payment, self.now);
            payments = payments.saturating_add(1);
        }
        batch.payments = self.facts.payments;
        batch.read_bytes = self.read_bytes.saturating_add(match &self.open {
            Some((_, lines)) => lines.read_bytes(),
            None => 0,
        });
        Ok((!batch.items.is_empty()).then_some(batch))
    }

    /// What was read; to be asked at the end.
    pub(crate) fn facts(mut self) -> Facts {
        self.facts.parties_unused = self.parties.len() as u64;
        self.facts.peers.settle();
        self.facts.seen = self.watch.seen();
        self.facts
    }

    fn put(&mut self, batch: &mut Batch, held: &Held, time: EventTime) {
        let offset = self.offsets.entry(held.role).or_insert(0);
        let from = batch.bytes.len();
        batch.bytes.extend_from_slice(&held.value);
        batch.items.push(Item {
            role: held.role,
            offset: *offset,
            timestamp_ms: time.0.max(0),
            jumps: held.jumps,
            from,
            to: batch.bytes.len(),
            file: held.file,
            line: held.line,
        });
        *offset = offset.saturating_add(1);
    }

    /// Reads a whole file of parties or list rows.
    fn reference(&mut self, file: usize, role: TopicRole) -> Result<(), BacktestError> {
        let schema = if role == TopicRole::Lists { Schema::List } else { Schema::Party };
        let path = self.path(file);
        let mut lines =
            if is_parquet(path) { Rows::columns(path, schema)? } else { Rows::lines(path)? };
        while let Some((line, value)) = lines.next_row()? {
            let decoded = if role == TopicRole::Lists {
                decode_list_row(value, &self.limits, &mut self.unknown)
                    .map(|row| row.valid_from.midnight())
            } else {
                decode_party(value, &self.limits, &mut self.unknown).map(|party| party.as_of)
            };
            let time =
                decoded.map_err(|refusal| self.refused(file, line, schema.name(), &refusal))?;
            let held = Held { role, time, value: value.to_vec(), jumps: false, file, line };
            if role == TopicRole::Lists {
                self.facts.list_rows = self.facts.list_rows.saturating_add(1);
                self.lists.push_back(held);
            } else {
                self.parties.push_back(held);
            }
        }
        self.close(lines)
    }

    /// The next payment of the files.
    fn payment(&mut self) -> Result<Option<Held>, BacktestError> {
        loop {
            let (file, mut lines) = match self.open.take() {
                Some(open) => open,
                None => match self.waiting.pop_front() {
                    Some(file) => (file, self.rows(file)?),
                    None => return Ok(None),
                },
            };
            let Some((line, value)) = lines.next_row()? else {
                self.close(lines)?;
                continue;
            };
            let payment = decode_payment(value, &self.limits, &mut self.unknown)
                .map_err(|refusal| self.refused(file, line, "payment.v1", &refusal))?;
            let facts = &mut self.facts;
            // In a file the time of a record is that of the newest payment so far. One that is dated wrongly
            // would close every window and make all after it too old: it moves nothing, and the engine
            // refuses it, as it does live.
            let newest = facts.span.map(|(_, newest)| newest);
            let jumps = newest.is_some_and(|newest| payment.event_time > newest.plus(JUMP_MAX));
            let time = newest.filter(|_| jumps).unwrap_or(payment.event_time);
            facts.payments = facts.payments.saturating_add(1);
            let span = facts.span.get_or_insert((time, time));
            *span = (span.0.min(time), span.1.max(time));
            facts.first_row = facts.first_row.or(Some(time));
            for count in [
                facts.by_day.entry(time.date()).or_default(),
                facts.currencies.entry(payment.currency).or_default(),
            ] {
                *count = count.saturating_add(1);
            }
            facts.peers.payment(&payment);
            if let Some(profile) = &mut facts.profile {
                profile.see(TopicRole::Payments, value);
            }
            self.watch.payment(&payment);
            self.currency = self.currency.or(Some(payment.currency));
            let value = value.to_vec();
            let held = Held { role: TopicRole::Payments, time, value, jumps, file, line };
            self.open = Some((file, lines));
            return Ok(Some(held));
        }
    }

    fn path(&self, file: usize) -> &Path {
        self.files.get(file).map_or(Path::new(""), PathBuf::as_path)
    }

    /// A file of payments.
    fn rows(&self, file: usize) -> Result<Rows, BacktestError> {
        let path = self.path(file);
        match self.mapping.as_ref().filter(|_| is_csv(path) || is_parquet(path)) {
            Some(mapping) if is_parquet(path) => Rows::mapped_columns(path, mapping),
            Some(mapping) => Rows::table(path, mapping),
            None if is_parquet(path) => Rows::columns(path, Schema::Payment),
            None => Rows::lines(path),
        }
    }

    fn close(&mut self, lines: Rows) -> Result<(), BacktestError> {
        let (facts, bytes) = lines.close()?;
        self.read_bytes = self.read_bytes.saturating_add(bytes);
        self.facts.files.push(facts);
        Ok(())
    }

    fn refused(&self, file: usize, line: u64, schema: &str, refusal: &Refusal) -> BacktestError {
        BacktestError::row(self.path(file), line, in_words(schema, refusal))
    }
}

/// Every payment that a mapping makes of the CSV and Parquet files of a folder, with its line.
pub(crate) fn payments_of(
    path: &Path,
    mapping: &Mapping,
    each: &mut dyn FnMut(u64, crate::foreign::Row),
) -> Result<(), BacktestError> {
    let [payments, _, _] = find(path, true)?;
    for file in payments.iter().filter(|file| is_csv(file) || is_parquet(file)) {
        lines::each_row(file, mapping, each)?;
    }
    Ok(())
}

/// Why a row is refused, without what it says.
pub(crate) fn in_words(schema: &str, refusal: &Refusal) -> String {
    let reason = refusal.reason.as_str();
    match &refusal.field {
        Some(field) => format!("is no `{schema}`: `{reason}` in `{field}`"),
        None => format!("is no `{schema}`: `{reason}`"),
    }
}

/// Payments, parties and lists of a folder, each in order of name.
fn find(path: &Path, csv: bool) -> Result<[Vec<PathBuf>; 3], BacktestError> {
    if !path.is_dir() {
        if is_csv(path) && !csv {
            let what = "is CSV: `--mapping` says which column is what";
            return Err(BacktestError::Data { path: path.to_path_buf(), what: what.to_owned() });
        }
        return Ok([vec![path.to_path_buf()], Vec::new(), Vec::new()]);
    }
    let wrap = || BacktestError::read(path);
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    for entry in std::fs::read_dir(path).map_err(wrap())? {
        let file = entry.map_err(wrap())?.path();
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        let kinds = ["payments", "parties", "lists"];
        for (of, kind) in found.iter_mut().zip(kinds) {
            let csv = csv && kind == "payments" && is_csv(&file);
            let parquet = is_parquet(&file) && is_part(name, kind, ".parquet");
            if parquet || is_part(name, kind, if csv { ".csv" } else { ".jsonl" }) {
                of.push(file.clone());
            }
        }
    }
    found.iter_mut().for_each(|files| files.sort());
    let [payments, _, _] = &found;
    if payments.is_empty() {
        let what = "holds no file of payments: one is named `payments.jsonl`, `payments.jsonl.gz`, \
                    `payments.jsonl.zst`, `payments.parquet` or, one of several, such as \
                    `payments-01.jsonl`";
        return Err(BacktestError::Data { path: path.to_path_buf(), what: what.to_owned() });
    }
    Ok(found)
}

/// A name without what says that it is packed.
fn unpacked(name: &str) -> &str {
    name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name)
}

fn is_csv(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| unpacked(name).ends_with(".csv"))
}

/// Whether a name is `kind.jsonl` or one of several, plain or compressed.
fn is_part(name: &str, kind: &str, ending: &str) -> bool {
    let stem = unpacked(name).strip_suffix(ending);
    let Some(part) = stem.and_then(|stem| stem.strip_prefix(kind)) else {
        return false;
    };
    part.is_empty() || part.starts_with(['-', '_', '.'])
}

#[cfg(test)]
mod tests;
