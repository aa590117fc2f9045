//! The only place that writes to the terminal.
//!
//! Data goes to standard output, talk to standard error. A reader that went away (a closed pipe) is
//! no error: what is left is dropped, as `head` expects.

use crate::args::Format;
use std::io::{IsTerminal, Write};

/// Where a command writes.
pub(crate) struct Out {
    data: Box<dyn Write>,
    talk: Box<dyn Write>,
    data_is_terminal: bool,
    talk_is_terminal: bool,
    plain: bool,
    unicode: bool,
    /// Columns of the terminal that data goes to; none: no terminal, or not known.
    columns: Option<usize>,
    format: Format,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Out").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Out {
    /// Standard output and standard error.
    #[expect(
        clippy::disallowed_methods,
        reason = "the command is the one reader of the environment"
    )]
    pub(crate) fn standard() -> Self {
        Self {
            data: Box::new(std::io::stdout()),
            talk: Box::new(std::io::stderr()),
            data_is_terminal: std::io::stdout().is_terminal(),
            talk_is_terminal: std::io::stderr().is_terminal(),
            plain: std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()),
            unicode: ["LC_ALL", "LC_CTYPE", "LANG"]
                .iter()
                .filter_map(|name| std::env::var(name).ok())
                .find(|value| !value.is_empty())
                .is_some_and(|value| {
                    let value = value.to_ascii_lowercase();
                    value.contains("utf-8") || value.contains("utf8")
                }),
            columns: std::io::stdout().is_terminal().then(columns).flatten(),
            format: Format::Human,
        }
    }

    /// Two buffers, for tests.
    #[cfg(test)]
    pub(crate) fn buffers(data: Box<dyn Write>, talk: Box<dyn Write>) -> Self {
        let (data_is_terminal, talk_is_terminal, plain) = (false, false, true);
        let (unicode, columns, format) = (true, None, Format::Human);
        Self { data, talk, data_is_terminal, talk_is_terminal, plain, unicode, columns, format }
    }

    pub(crate) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Whether data is for a program.
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// The format asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether data is for a code host: problems, each at a place in a file.
    pub(crate) fn for_code_host(&self) -> bool {
        matches!(self.format, Format::Sarif | Format::Github)
    }

    /// Whether a live screen makes sense.
    pub(crate) fn is_live(&self) -> bool {
        self.talk_is_terminal
    }

    /// Whether data may be colored.
    pub(crate) fn color_data(&self) -> bool {
        self.data_is_terminal && !self.plain
    }

    /// Whether talk may be colored.
    pub(crate) fn color_talk(&self) -> bool {
        self.talk_is_terminal && !self.plain
    }

    /// Whether data may hold more than ASCII.
    pub(crate) fn unicode(&self) -> bool {
        self.unicode
    }

    /// Columns of the terminal that data goes to; none where it goes to none.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// A line of data.
    pub(crate) fn data(&mut self, line: &str) {
        let _ = writeln!(self.data, "{line}").and_then(|()| self.data.flush());
    }

    /// Data as it is, such as what moves the cursor of a terminal.
    pub(crate) fn raw(&mut self, text: &str) {
        let _ = write!(self.data, "{text}").and_then(|()| self.data.flush());
    }

    /// A line of talk.
    pub(crate) fn talk(&mut self, line: &str) {
        let _ = writeln!(self.talk, "{line}").and_then(|()| self.talk.flush());
    }

    /// A document of data for a program.
    pub(crate) fn json_data(&mut self, value: &serde_json::Value) {
        self.data(&value.to_string());
    }
}

fn columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
