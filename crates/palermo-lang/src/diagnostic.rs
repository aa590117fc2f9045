//! What is wrong with a rule, where, and what to do about it.
//!
//! A [`RuleError`] always has a code with a page under `docs/errors`, a place in a file, the
//! underlined text and, where one is known, a proposal. Texts are lower case, without a final
//! period, input in backticks. [`Diagnostics`] are sorted by file, line and column.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use std::fmt;
use std::sync::Arc;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The rule set is refused.
    Error,
    /// The rule set is taken; a person should look.
    Warning,
}

/// One problem at one place.
#[derive(Clone, Debug)]
pub struct RuleError {
    /// Such as `E101`; the page is `docs/errors/E101.md`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    pub(crate) source: NamedSource<Arc<str>>,
    pub(crate) span: SourceSpan,
}

impl RuleError {
    /// One line: `rules/a.yaml:41:3 E101 unknown key …`.
    pub fn line(&self) -> String {
        format!("{}:{}:{} {} {}", self.path, self.line, self.column, self.code, self.message)
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuleError {}

impl Diagnostic for RuleError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("docs/errors/{}.md", self.code)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.span))))
    }
}

/// Problems, sorted by file, line and column.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(Vec<RuleError>);

impl Diagnostics {
    pub(crate) fn new(mut all: Vec<RuleError>) -> Self {
        all.sort_by(|a, b| {
            (&a.path, a.line, a.column, a.code, &a.message)
                .cmp(&(&b.path, b.line, b.column, b.code, &b.message))
        });
        all.dedup_by(|a, b| a.line() == b.line());
        Self(all)
    }

    /// Every problem.
    pub fn iter(&self) -> impl Iterator<Item = &RuleError> {
        self.0.iter()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For a person: message, place, underlined source and proposal of each; `color` adds ANSI
    /// escapes.
    pub fn render(&self, color: bool) -> String {
        self.0.iter().map(|error| render_one(error, color)).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{}", error.line())?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl IntoIterator for Diagnostics {
    type Item = RuleError;
    type IntoIter = std::vec::IntoIter<RuleError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The longest source line that is shown; a longer one is cut around the underlined part.
const LINE_CHARS_MAX: usize = 160;

fn render_one(error: &RuleError, color: bool) -> String {
    let paint = |style: &str, text: &str| {
        if color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let (word, style) = match error.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let number = error.line.to_string();
    let gutter = " ".repeat(number.len());
    let bar = paint("34", "|");
    let (shown, before, marked) = excerpt(error);
    let mut out = format!(
        "{} {}\n{gutter}{} {}:{}:{}\n{gutter} {bar}\n{} {bar} {shown}\n{gutter} {bar} {}{}\n",
        paint(style, &format!("{word}[{}]:", error.code)),
        error.message,
        paint("34", "-->"),
        error.path,
        error.line,
        error.column,
        paint("34", &number),
        " ".repeat(before),
        paint(style, &"^".repeat(marked)),
    );
    if let Some(help) = &error.help {
        out.push_str(&format!("{gutter} {} {help}\n", paint("36", "= help:")));
    }
    out
}

/// The line, how many characters stand before the mark, and how many are marked.
fn excerpt(error: &RuleError) -> (String, usize, usize) {
    let text = error.source.inner();
    let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or("");
    let line = line.replace('\t', " ");
    let length = line.chars().count();
    let start = error.column.saturating_sub(1).min(length);
    let spanned = text
        .get(error.span.offset()..error.span.offset().saturating_add(error.span.len()))
        .map_or(1, |part| part.lines().next().unwrap_or("").trim_end().chars().count());
    let marked = spanned.min(length.saturating_sub(start)).max(1);
    if length <= LINE_CHARS_MAX {
        return (line, start, marked);
    }
    let from = start.saturating_sub(LINE_CHARS_MAX / 3);
    let shown: String = line.chars().skip(from).take(LINE_CHARS_MAX).collect();
    let (head, lead) = if from > 0 { ("…", 1) } else { ("", 0) };
    let tail = if from.saturating_add(LINE_CHARS_MAX) < length { "…" } else { "" };
    let before = start.saturating_sub(from).saturating_add(lead);
    (format!("{head}{shown}{tail}"), before, marked.min(LINE_CHARS_MAX))
}
