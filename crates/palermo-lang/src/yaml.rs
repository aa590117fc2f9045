//! YAML text to a tree in which every key and value knows its place in the file.
//!
//! Anchors, aliases, tags and second documents are refused: a rule reads the same from top to
//! bottom, and no file can be larger in memory than it is on disk. Nesting is bounded. Cost: one
//! pass over the text.

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use std::ops::Range;

/// How deep collections may be nested.
const NESTING_MAX: usize = 32;

/// A value and where it stands, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it stands, with quotes.
    pub range: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Text after escapes.
    Scalar(String, Style),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, with duplicate keys as written.
    Map(Vec<(Key, Node)>),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// A literal or folded block.
    Block,
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub range: Range<usize>,
}

/// Why a text is not a tree.
#[derive(Clone, Debug)]
pub(crate) struct YamlError {
    /// Where.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// The text of a scalar.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The value of a key of a mapping; the first where it is written twice.
    pub(crate) fn at(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
    }

    /// What the node is, in words.
    pub(crate) const fn describe(&self) -> &'static str {
        match self.value {
            Value::Scalar(..) => "a single value",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Where a part of a scalar's text stands in the file: exactly for plain and quoted scalars,
    /// at the same words for folded ones, else the whole value.
    pub(crate) fn locate(&self, source: &str, part: &Range<usize>) -> Range<usize> {
        let Value::Scalar(text, style) = &self.value else { return self.range.clone() };
        let Some(map) = align(source, &self.range, text, *style) else { return self.range.clone() };
        let at = |offset: usize| map.get(offset).copied();
        match (at(part.start), at(part.end)) {
            (Some(start), Some(end)) if start < end => start..end,
            (Some(start), _) => start..start.saturating_add(1).min(self.range.end.max(start)),
            _ => self.range.clone(),
        }
    }
}

/// For each byte of `text` (and its end) the byte of `source` that it comes from.
fn align(source: &str, range: &Range<usize>, text: &str, style: Style) -> Option<Vec<usize>> {
    let raw = source.get(range.clone())?;
    let mut map = Vec::with_capacity(text.len().saturating_add(1));
    let mut at = match style {
        Style::Single | Style::Double => 1,
        Style::Block if raw.starts_with(['>', '|']) => raw.find('\n')?,
        Style::Plain | Style::Block => 0,
    };
    for c in text.chars() {
        let rest = raw.get(at..)?;
        let first = rest.chars().next()?;
        let (skip, taken) = if style == Style::Single && rest.starts_with("''") {
            (0, 2)
        } else if style == Style::Double && first == '\\' {
            (0, escape_length(rest))
        } else if c.is_whitespace() || first.is_whitespace() {
            let blank = rest.len().saturating_sub(rest.trim_start().len());
            if first == c && !c.is_whitespace() {
                (0, c.len_utf8())
            } else if c.is_whitespace() {
                (0, if single_space(rest) { 1 } else { blank })
            } else {
                (blank, c.len_utf8())
            }
        } else if first == c {
            (0, c.len_utf8())
        } else {
            return None;
        };
        let start = range.start.checked_add(at)?.checked_add(skip)?;
        map.extend(std::iter::repeat_n(start, c.len_utf8()));
        at = at.checked_add(skip)?.checked_add(taken)?;
    }
    map.push(range.start.checked_add(at)?);
    Some(map)
}

/// A blank that stands for itself: no line break in the run that it begins.
fn single_space(rest: &str) -> bool {
    let run = rest.len().saturating_sub(rest.trim_start().len());
    rest.get(..run).is_some_and(|run| !run.contains('\n'))
}

fn escape_length(rest: &str) -> usize {
    match rest.as_bytes().get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => rest.chars().take(2).map(char::len_utf8).fold(0, usize::saturating_add),
    }
}

/// Reads one document. An empty text is an empty mapping.
pub(crate) fn parse(text: &str) -> Result<Node, YamlError> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: NESTING_MAX,
        block_nesting_limit: NESTING_MAX,
    };
    let mut reader = Reader { events: Parser::new_from_str_with_options(text, options), text };
    let mut root = None;
    while let Some((event, range)) = reader.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ if root.is_some() => {
                return Err(YamlError { range, message: "a second document in one file".into() });
            }
            event => root = Some(reader.node(event, range, 0)?),
        }
    }
    Ok(root.unwrap_or(Node { range: 0..0, value: Value::Map(Vec::new()) }))
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Range<usize>)>, YamlError> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                // A tag is refused: then it is what must be pointed at.
                let at = span.tag_span().and_then(|tag| tag.byte_range());
                let range = at.or(span.byte_range()).unwrap_or(0..0);
                Ok(Some((event, self.clamp(range))))
            }
            Some(Err(error)) => Err(self.error(&error)),
        }
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.text.len());
        range.start.min(end)..end
    }

    fn error(&self, error: &ScanError) -> YamlError {
        let start = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        YamlError { range: start..start, message: error.kind().to_string() }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        range: Range<usize>,
        depth: usize,
    ) -> Result<Node, YamlError> {
        let refuse = |what: &str, range: &Range<usize>| {
            Err(YamlError { range: range.clone(), message: format!("{what} are not supported") })
        };
        if depth > NESTING_MAX {
            return refuse("collections nested so deep", &range);
        }
        match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => refuse("tags", &range),
            Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(_, 1.., _)
            | Event::MappingStart(_, 1.., _)
            | Event::Alias(_) => refuse("anchors and aliases", &range),
            Event::Scalar(text, style, _, None) => {
                // A value that is not written at all is delivered as `~`.
                let absent = range.is_empty() && style == ScalarStyle::Plain;
                let text = if absent { String::new() } else { text.into_owned() };
                Ok(Node { range, value: Value::Scalar(text, style_of(style)) })
            }
            Event::SequenceStart(..) => self.sequence(range, depth),
            Event::MappingStart(..) => self.mapping(range, depth),
            _ => refuse("such values", &range),
        }
    }

    fn sequence(&mut self, range: Range<usize>, depth: usize) -> Result<Node, YamlError> {
        let mut items = Vec::new();
        while let Some((event, at)) = self.next()? {
            if event == Event::SequenceEnd {
                let range = range.start..at.end.max(range.start);
                return Ok(Node { range, value: Value::Seq(items) });
            }
            items.push(self.node(event, at, depth.saturating_add(1))?);
        }
        Err(YamlError { range, message: "a list that does not end".into() })
    }

    fn mapping(&mut self, range: Range<usize>, depth: usize) -> Result<Node, YamlError> {
        let mut entries = Vec::new();
        while let Some((event, at)) = self.next()? {
            if event == Event::MappingEnd {
                let range = range.start..at.end.max(range.start);
                return Ok(Node { range, value: Value::Map(entries) });
            }
            let key = self.node(event, at, depth.saturating_add(1))?;
            let Value::Scalar(text, _) = key.value else {
                return Err(YamlError {
                    range: key.range,
                    message: "a key that is not a word".into(),
                });
            };
            let Some((event, at)) = self.next()? else { break };
            let value = self.node(event, at, depth.saturating_add(1))?;
            entries.push((Key { text, range: key.range }, value));
        }
        Err(YamlError { range, message: "a mapping that does not end".into() })
    }
}

const fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}
