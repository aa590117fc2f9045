//! Text on a screen: labels, lines broken between words, color where there is a terminal.

use crate::out::Out;

/// Text is broken before this column, where a terminal is not narrower.
const COLUMNS: usize = 100;
/// Columns of a label and what is before it.
const INDENT: usize = 12;

/// What text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Bad,
    Warn,
    Good,
    Dim,
    Strong,
}

/// Lines that grow.
#[derive(Debug)]
pub(crate) struct Page {
    lines: Vec<String>,
    color: bool,
    unicode: bool,
    columns: usize,
}

impl Page {
    /// An empty one.
    pub(crate) fn new(out: &Out, ascii: bool) -> Self {
        let columns = out.columns().map_or(COLUMNS, |columns| columns.clamp(40, COLUMNS));
        let (color, unicode) = (out.color_data(), out.unicode() && !ascii);
        Self { lines: Vec::new(), color, unicode, columns }
    }

    /// Whether it may hold more than ASCII.
    pub(crate) fn unicode(&self) -> bool {
        self.unicode
    }

    /// Text is broken before this column.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Text in its look, where there is color.
    pub(crate) fn paint(&self, look: Look, text: &str) -> String {
        paint(self.color, look, text)
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.lines.push(String::new());
    }

    /// A label and a text, broken between words.
    pub(crate) fn say(&mut self, label: &str, text: &str) {
        let mut lines = wrapped(label, text, self.columns);
        if let Some(first) = lines.first_mut().filter(|_| self.color && !label.is_empty()) {
            let rest = first.get(INDENT..).unwrap_or("").to_owned();
            let head = first.get(..INDENT).unwrap_or("").to_owned();
            *first = format!("{}{rest}", self.paint(Look::Dim, &head));
        }
        self.lines.append(&mut lines);
    }

    /// As many texts as there is room for, under one label, and how many more there are.
    pub(crate) fn say_some(&mut self, label: &str, texts: &[String], most: usize) {
        for (at, text) in texts.iter().take(most).enumerate() {
            self.say(if at == 0 { label } else { "" }, text);
        }
        if let Some(more) = texts.len().checked_sub(most).filter(|more| *more > 0) {
            self.say("", &format!("and {more} more; `--format json` has all of them"));
        }
    }

    /// The lines.
    pub(crate) fn into_lines(self) -> Vec<String> {
        if self.unicode {
            return self.lines;
        }
        let ascii = |c: char| if c.is_ascii() || c == '\u{1b}' { c } else { '?' };
        self.lines.iter().map(|line| line.chars().map(ascii).collect()).collect()
    }

    /// Writes them.
    pub(crate) fn write(self, out: &mut Out) {
        for line in self.into_lines() {
            out.data(line.trim_end());
        }
    }
}

/// Text in its look.
pub(crate) fn paint(color: bool, look: Look, text: &str) -> String {
    if !color || text.trim().is_empty() {
        return text.to_owned();
    }
    let code = match look {
        Look::Bad => "1;31",
        Look::Warn => "33",
        Look::Good => "32",
        Look::Dim => "2",
        Look::Strong => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// A label and a text, broken between words before a column. Never within a word.
pub(crate) fn wrapped(label: &str, text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let label_width = INDENT.saturating_sub(3);
    let mut line = format!("  {label:<label_width$}");
    for word in text.split(' ') {
        let length = line.chars().count().saturating_add(word.chars().count());
        if length >= columns && line.trim_end().chars().count() > INDENT {
            lines.push(std::mem::replace(&mut line, " ".repeat(INDENT.saturating_sub(1))));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// At most so many characters, with a sign that there were more.
pub(crate) fn cut(text: &str, most: usize, unicode: bool) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let sign = if unicode { "\u{2026}" } else { ".." };
    let kept = most.saturating_sub(sign.chars().count());
    let mut text: String = text.chars().take(kept).collect();
    text.push_str(sign);
    text
}
