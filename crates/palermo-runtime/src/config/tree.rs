//! YAML to `section.key: value`, each with its place.
//!
//! The file is two levels deep and holds single values only; anchors, tags and lists are refused.
//! Nesting is bounded by the parser, so a file costs one pass over its text.

use granit_parser::{Event, Parser, Span};

/// Nesting that the parser accepts; more than the two levels that are read, for better messages.
const NESTING_MAX: usize = 16;

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// With dots.
    pub key: String,
    /// Line and column of the key.
    pub key_at: (usize, usize),
    /// Its text after escapes.
    pub value: String,
    /// Line and column of the value.
    pub value_at: (usize, usize),
}

/// Where the text is not two levels of single values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: (usize, usize),
    pub message: String,
}

/// What a line of the walk is inside of.
#[derive(Debug)]
struct Section {
    key: String,
}

/// Reads the entries in the order of the file.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Fault> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: NESTING_MAX,
        block_nesting_limit: NESTING_MAX,
    };
    let mut events = Parser::new_from_str_with_options(text, options);
    let mut walk = Walk::default();
    while let Some(event) = events.next_event() {
        let (event, span) = event.map_err(|error| Fault {
            at: (error.marker().line(), error.marker().col().saturating_add(1)),
            message: error.info().clone(),
        })?;
        walk.step(event, place(&span))?;
    }
    Ok(walk.entries)
}

fn place(span: &Span) -> (usize, usize) {
    (span.start.line(), span.start.col().saturating_add(1))
}

#[derive(Debug, Default)]
struct Walk {
    entries: Vec<Entry>,
    sections: Vec<Section>,
    depth: usize,
    documents: usize,
    key: Option<(String, (usize, usize))>,
}

impl Walk {
    fn step(&mut self, event: Event<'_>, at: (usize, usize)) -> Result<(), Fault> {
        let refuse = |message: &str| Err(Fault { at, message: message.to_owned() });
        match event {
            Event::DocumentStart(..) => {
                self.documents = self.documents.saturating_add(1);
                if self.documents > 1 { refuse("a second document in one file") } else { Ok(()) }
            }
            Event::MappingStart(_, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return refuse("anchors and tags are not supported");
                }
                self.open(at)
            }
            Event::MappingEnd => {
                self.depth = self.depth.saturating_sub(1);
                self.sections.pop();
                Ok(())
            }
            Event::SequenceStart(..) => refuse("no key takes a list"),
            Event::Alias(_) => refuse("aliases are not supported"),
            Event::Scalar(_, _, 1.., _) | Event::Scalar(_, _, _, Some(_)) => {
                refuse("anchors and tags are not supported")
            }
            Event::Scalar(text, ..) => self.scalar(&text, at),
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: (usize, usize)) -> Result<(), Fault> {
        self.depth = self.depth.saturating_add(1);
        match (self.depth, self.key.take()) {
            (1, None) => Ok(()),
            (2, Some((key, _))) => {
                self.sections.push(Section { key });
                Ok(())
            }
            (_, Some((key, _))) => {
                let key = self.full(&key);
                Err(Fault { at, message: format!("`{key}` takes a single value, not a block") })
            }
            (_, None) => Err(Fault { at, message: "a key must be a word".to_owned() }),
        }
    }

    fn scalar(&mut self, text: &str, at: (usize, usize)) -> Result<(), Fault> {
        if self.depth == 0 {
            // The document of an empty file, or of comments only, is one empty scalar.
            let message = "the file must be a block of `key: value` lines".to_owned();
            return if text.is_empty() || text == "~" {
                Ok(())
            } else {
                Err(Fault { at, message })
            };
        }
        match self.key.take() {
            None => self.key = Some((text.to_owned(), at)),
            Some((key, key_at)) => {
                let key = self.full(&key);
                self.entries.push(Entry { key, key_at, value: text.to_owned(), value_at: at });
            }
        }
        Ok(())
    }

    fn full(&self, key: &str) -> String {
        self.sections
            .iter()
            .map(|section| section.key.as_str())
            .chain(std::iter::once(key))
            .collect::<Vec<_>>()
            .join(".")
    }
}
