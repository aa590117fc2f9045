//! Typed reading of values, and the problems that it finds.
//!
//! A reader never fails half-way: where a value is refused, the problem is noted and the default is
//! returned, so that one run reports every problem of a file.

use super::keys::{CONFIG_KEYS, ConfigKey, KeyType};
use super::origin::{Origin, Setting};
use super::problem::{ConfigError, Problem};
use super::tree::{self, Entry};
use palermo_domain::{Currency, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

/// The values of one file.
#[derive(Debug)]
pub(super) struct Values {
    file: String,
    entries: BTreeMap<String, Entry>,
    replaced: BTreeMap<&'static str, (String, &'static str)>,
    problems: Vec<Problem>,
}

impl Values {
    /// Reads the text; what is not a known key with a good value is noted as a problem.
    pub(super) fn read(text: &str, file: &str) -> Self {
        let mut values = Self {
            file: file.to_owned(),
            entries: BTreeMap::new(),
            replaced: BTreeMap::new(),
            problems: Vec::new(),
        };
        match tree::read(text) {
            Ok(entries) => entries.into_iter().for_each(|entry| values.add(entry)),
            Err(fault) => {
                let help = "see docs/configuration.md for the shape of the file";
                values.problem(Some(fault.at), fault.message, help);
            }
        }
        values
    }

    fn add(&mut self, entry: Entry) {
        let Some(row) = CONFIG_KEYS.iter().find(|row| row.key == entry.key) else {
            let (message, help) = unknown(&entry);
            self.problem(Some(entry.key_at), message, &help);
            return;
        };
        if let Some(first) = self.entries.get(&entry.key) {
            let message = format!("`{}` was given in line {} already", entry.key, first.key_at.0);
            self.problem(Some(entry.key_at), message, "give it once");
            return;
        }
        if let Err(found) = normal(row, &entry.value) {
            let message = format!("`{}` is `{}`{found}", entry.key, entry.value);
            let help = expected(row.key_type, &entry.value);
            self.problem(Some(entry.value_at), message, &help);
            return;
        }
        self.entries.insert(entry.key.clone(), entry);
    }

    /// Takes a value from elsewhere than the file.
    pub(super) fn replace(&mut self, key: &'static str, value: &str, origin: &'static str) {
        let good = row(key).is_some_and(|row| normal(row, value).is_ok());
        if good {
            self.replaced.insert(key, (value.to_owned(), origin));
        } else {
            let help = row(key).map_or(String::new(), |row| row.key_type.describe());
            let message = format!("`{value}` cannot replace `{key}`");
            self.problems.push(Problem {
                file: origin.to_owned(),
                place: None,
                message,
                help: format!("expected {help}"),
            });
        }
    }

    fn problem(&mut self, place: Option<(usize, usize)>, message: String, help: &str) {
        let file = self.file.clone();
        self.problems.push(Problem { file, place, message, help: help.to_owned() });
    }

    /// Notes a problem that a check over several keys found.
    pub(super) fn refuse(&mut self, key: &str, message: String, help: &str) {
        if let Some((_, origin)) = self.replaced.get(key) {
            let (file, help) = ((*origin).to_owned(), help.to_owned());
            self.problems.push(Problem { file, place: None, message, help });
            return;
        }
        let place = self.entries.get(key).map(|entry| entry.value_at);
        self.problem(place, message, help);
    }

    /// The problems, if there are any, in the order of the file.
    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort_by_key(|problem| problem.place);
        Err(ConfigError { problems: self.problems })
    }

    fn raw(&self, key: &str) -> &str {
        self.replaced
            .get(key)
            .map(|(value, _)| value.as_str())
            .or_else(|| self.entries.get(key).map(|entry| entry.value.as_str()))
            .or_else(|| row(key).map(|row| row.default))
            .unwrap_or("")
    }

    /// Every key with its value in force and where that came from.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let setting = |row: &ConfigKey| {
            let origin = match (self.replaced.get(row.key), self.entries.get(row.key)) {
                (Some((_, by)), _) => Origin::Replaced { by },
                (None, Some(entry)) => {
                    Origin::File { file: self.file.clone(), line: entry.value_at.0 }
                }
                (None, None) => Origin::Default,
            };
            Setting { key: row.key, value: self.raw(row.key).to_owned(), origin }
        };
        CONFIG_KEYS.iter().map(setting).collect()
    }

    /// Every deciding key with its value in the shortest form.
    pub(super) fn deciding(&self) -> String {
        let mut text = String::new();
        for row in CONFIG_KEYS.iter().filter(|row| row.decides_results) {
            let value = normal(row, self.raw(row.key)).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {value}", row.key);
        }
        text
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.raw(key).to_owned()
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn span(&self, key: &str) -> Span {
        Span::parse(self.raw(key)).unwrap_or(Span::ZERO)
    }

    pub(super) fn duration(&self, key: &str) -> Duration {
        Duration::from_millis(self.span(key).as_millis().unsigned_abs())
    }

    pub(super) fn bytes(&self, key: &str) -> u64 {
        parse_bytes(self.raw(key)).unwrap_or(0)
    }

    /// A count, or a size that fits.
    pub(super) fn number(&self, key: &str) -> u32 {
        u32::try_from(self.bytes(key)).unwrap_or(u32::MAX)
    }

    pub(super) fn currency(&self, key: &str) -> Currency {
        // Only a value that was read before gets here; the default is one.
        let code = Currency::try_new(self.raw(key)).or_else(|| Currency::try_new("EUR"));
        #[expect(clippy::expect_used, reason = "a constant of three capital letters")]
        code.expect("three capital letters are a currency")
    }

    pub(super) fn address(&self, key: &str) -> SocketAddr {
        self.raw(key).parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 9464)))
    }
}

fn row(key: &str) -> Option<&'static ConfigKey> {
    CONFIG_KEYS.iter().find(|row| row.key == key)
}

/// The shortest form of a good value, or the end of a sentence about a bad one.
fn normal(row: &ConfigKey, value: &str) -> Result<String, String> {
    let bad = |good: bool| if good { Ok(value.to_owned()) } else { Err(String::new()) };
    match row.key_type {
        KeyType::Name => bad((1..=100).contains(&value.len()) && value.bytes().all(name_byte)),
        KeyType::Text => bad(!value.chars().any(char::is_control)),
        KeyType::Path => {
            let empty = value.is_empty() && !row.default.is_empty();
            bad(!empty && !value.chars().any(char::is_control))
        }
        KeyType::Hosts => bad(value.split(',').all(host_and_port)),
        KeyType::Address => bad(value.parse::<SocketAddr>().is_ok()),
        KeyType::Currency => bad(palermo_codec::currency_codes().any(|code| code == value)),
        KeyType::Word(words) => bad(words.contains(&value)),
        KeyType::Duration(min, max) => {
            let span = |text: &str| Span::parse(text).map_err(|_| String::new());
            let found = span(value)?;
            let inside = (span(min)?..=span(max)?).contains(&found);
            if inside { Ok(found.to_string()) } else { Err(", out of range".to_owned()) }
        }
        KeyType::Bytes(min, max) => {
            let found = parse_bytes(value).ok_or_else(String::new)?;
            let bounds = parse_bytes(min).unwrap_or(0)..=parse_bytes(max).unwrap_or(u64::MAX);
            let inside = bounds.contains(&found);
            if inside { Ok(found.to_string()) } else { Err(", out of range".to_owned()) }
        }
        KeyType::Count(min, max) => {
            let found: u64 = value.parse().map_err(|_| String::new())?;
            let inside = (min..=max).contains(&found);
            if inside { Ok(found.to_string()) } else { Err(", out of range".to_owned()) }
        }
    }
}

/// What to write in place of a bad value.
fn expected(key_type: KeyType, value: &str) -> String {
    let near = matches!(key_type, KeyType::Currency).then(|| near_currency(value)).flatten();
    if let Some(code) = near {
        return format!("did you mean `{code}`?");
    }
    let verb = if matches!(key_type, KeyType::Word(_)) { "choose" } else { "expected" };
    format!("{verb} {}", key_type.describe())
}

/// The currency that was probably meant: one letter away at most.
fn near_currency(value: &str) -> Option<&'static str> {
    let value = value.to_ascii_uppercase();
    let far = |code: &'static str| (distance(&value, code), code);
    let near = palermo_codec::currency_codes().map(far).filter(|(distance, _)| *distance <= 1);
    near.min().map(|(_, code)| code)
}

const fn name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')
}

fn host_and_port(address: &str) -> bool {
    let Some((host, port)) = address.trim().rsplit_once(':') else { return false };
    let host_bytes = |b: u8| name_byte(b) || matches!(b, b'[' | b']' | b':');
    !host.is_empty() && host.bytes().all(host_bytes) && port.parse::<u16>().is_ok_and(|p| p > 0)
}

/// `64KiB`, `16GiB`, `1000`.
fn parse_bytes(text: &str) -> Option<u64> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1_u64 << 40)];
    let unit = units.into_iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
    let (number, size) = unit.unwrap_or((text, 1));
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| plain)?.checked_mul(size)
}

/// What to say of a key that is none: it may be a block.
fn unknown(entry: &Entry) -> (String, String) {
    let key = &entry.key;
    let inside = |row: &&ConfigKey| row.key.split_once('.').is_some_and(|(block, _)| block == key);
    let Some(first) = CONFIG_KEYS.iter().find(inside) else {
        return (format!("unknown key `{key}`"), proposal(key));
    };
    let help = format!("give one of its keys, such as `{}`, or leave it out", first.key);
    if matches!(entry.value.as_str(), "" | "~" | "null") {
        (format!("`{key}` is a block and there is nothing in it"), help)
    } else {
        (format!("`{key}` is a block and takes no value of its own"), help)
    }
}

/// The key that was probably meant.
fn proposal(key: &str) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or("").to_owned();
    let near = CONFIG_KEYS
        .iter()
        .map(|row| (distance(key, row.key), row.key))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .or_else(|| {
            let same = CONFIG_KEYS.iter().find(|row| last(row.key) == last(key));
            same.map(|row| (0, row.key))
        });
    match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "see docs/configuration.md for every key".to_owned(),
    }
}

/// Levenshtein distance in bytes of at most 64 each.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i.saturating_add(1)];
        for (y, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let left = next.last().copied().unwrap_or(0);
            let replaced = diagonal.saturating_add(usize::from(x != y));
            next.push(replaced.min(left.saturating_add(1)).min(above.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
