//! An expression's text in the file, so that messages point at the right columns.

use crate::read::Cx;
use crate::syntax::SyntaxError;
use crate::yaml::Node;
use std::ops::Range;

/// A scalar that holds an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'n> {
    /// The scalar.
    pub node: &'n Node,
}

impl Source<'_> {
    /// Where a part of the expression stands in the file.
    pub(crate) fn at(&self, cx: &Cx, range: &Range<usize>) -> Range<usize> {
        self.node.locate(cx.text(), range)
    }

    /// Reads it, or reports why not.
    pub(crate) fn parse<T>(
        &self,
        cx: &mut Cx,
        read: impl Fn(&str) -> Result<T, SyntaxError>,
    ) -> Option<T> {
        let text = cx.scalar(self.node)?;
        match read(text) {
            Ok(syntax) => Some(syntax),
            Err(error) => {
                let range = self.at(cx, &error.range);
                cx.error("E100", &range, error.message, error.help);
                None
            }
        }
    }
}
