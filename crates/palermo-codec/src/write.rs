//! JSON out: compact, keys in the order they are written, nothing else.
//!
//! The caller decides what is an object; the writer puts commas and escapes. Costs no allocation
//! but the growth of the buffer.

use std::fmt::Display;
use std::io::Write;

/// Appends JSON to a buffer.
pub(crate) struct JsonWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> JsonWriter<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Writes an object, its fields by `fields`.
    pub(crate) fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        fields(self);
        self.out.push(b'}');
    }

    /// Writes an array, each item by `each`.
    pub(crate) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.out.push(b'[');
        for item in items {
            self.comma();
            each(self, item);
        }
        self.out.push(b']');
    }

    /// Writes a field name; a value must follow.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.comma();
        self.text(name);
        self.out.push(b':');
        self
    }

    /// Separates from what stands before, unless that opens something or is a field name.
    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }

    /// Writes a text with escapes.
    pub(crate) fn text(&mut self, text: &str) {
        // A text has no error and a Vec takes every write.
        let _ = serde_json::to_writer(&mut *self.out, text);
    }

    /// Writes a text that needs no escapes: numbers, times, dates, words of a schema.
    pub(crate) fn plain(&mut self, value: impl Display) {
        self.out.push(b'"');
        self.bare(value);
        self.out.push(b'"');
    }

    /// Writes a number, truth value or `null`.
    pub(crate) fn bare(&mut self, value: impl Display) {
        let _ = write!(self.out, "{value}");
    }

    /// A field with a text.
    pub(crate) fn field(&mut self, name: &str, text: &str) {
        self.key(name).text(text);
    }

    /// A field with a text, where there is one.
    pub(crate) fn field_opt(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.field(name, text);
        }
    }

    /// A field with a text that needs no escapes.
    pub(crate) fn plain_field(&mut self, name: &str, value: impl Display) {
        self.key(name).plain(value);
    }

    /// A field with a text that needs no escapes, where there is one.
    pub(crate) fn plain_opt(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.plain_field(name, value);
        }
    }

    /// A field with a number or truth value.
    pub(crate) fn bare_field(&mut self, name: &str, value: impl Display) {
        self.key(name).bare(value);
    }

    /// A field with a number or truth value, where there is one.
    pub(crate) fn bare_opt(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.bare_field(name, value);
        }
    }

    /// A field with an array of texts.
    pub(crate) fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.key(name).array(texts, Self::text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_escapes_are_right() {
        let mut out = Vec::new();
        JsonWriter::new(&mut out).object(|json| {
            json.field("a", "x\"\u{0}\u{2028}:");
            json.key("b").object(|_| {});
            json.texts("c", []);
            json.key("d").array([1, 2], |json, n| json.object(|json| json.bare_field("n", n)));
            json.field("e", "{");
            json.plain_opt("f", None::<i32>);
            json.bare_field("g", true);
        });
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\":\"x\\\"\\u0000\u{2028}:\",\"b\":{},\"c\":[],\"d\":[{\"n\":1},{\"n\":2}],\
             \"e\":\"{\",\"g\":true}"
        );
    }
}
