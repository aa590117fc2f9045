//! Text to tokens. Every byte of a token belongs to it alone; blanks separate. Cost: one pass.

use super::parser::SyntaxError;
use palermo_domain::{Decimal, Span, parse_amount};
use std::ops::Range;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Int(i64),
    Decimal(Decimal),
    Duration(Span),
    Text(String),
    Word(String),
    Id(String),
    Param(String),
    Sign(&'static str),
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub token: Token,
    pub range: Range<usize>,
}

/// Longer signs first.
const SIGNS: [&str; 20] = [
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "(", ")", "[", "]", ",",
    ".", "=",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, SyntaxError> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len().saturating_sub(rest.trim_start().len());
        if blank > 0 {
            at = at.saturating_add(blank);
            continue;
        }
        let (token, length) = token(rest, at)?;
        let end = at.saturating_add(length);
        all.push(Placed { token, range: at..end });
        at = end;
    }
    Ok(all)
}

fn token(rest: &str, at: usize) -> Result<(Token, usize), SyntaxError> {
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_ascii_digit() {
        return number(rest, at);
    }
    if first == '\'' {
        return quoted(rest, at);
    }
    if first == '$' {
        let name = word(rest.get(1..).unwrap_or(""));
        if name.is_empty() {
            return Err(error(at..at.saturating_add(1), "`$` without a name", "write `$name`"));
        }
        return Ok((Token::Param(name.to_owned()), name.len().saturating_add(1)));
    }
    if let Some(id) = id(rest) {
        return Ok((Token::Id(id.to_owned()), id.len()));
    }
    let name = word(rest);
    if !name.is_empty() {
        return Ok((Token::Word(name.to_owned()), name.len()));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(&"=") => Err(error(at..at.saturating_add(1), "`=` is no operator", "write `==`")),
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => {
            let range = at..at.saturating_add(first.len_utf8());
            let help = match first {
                '"' => "write texts in single quotes: `'text'`",
                '&' => "write `&&`",
                '|' => "write `||`",
                _ => "remove it",
            };
            Err(error(range, format!("`{first}` has no meaning here"), help))
        }
    }
}

fn word(rest: &str) -> &str {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or("");
    if word.starts_with(|c: char| c.is_ascii_digit()) { "" } else { word }
}

/// `[A-Z]{2,5}-[A-Z0-9]+` at the start, not followed by more of a word.
fn id(rest: &str) -> Option<&str> {
    let head = rest.find(|c: char| !c.is_ascii_uppercase())?;
    if !(2..=5).contains(&head) || rest.as_bytes().get(head) != Some(&b'-') {
        return None;
    }
    let tail = rest.get(head.checked_add(1)?..)?;
    let length =
        tail.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit())).unwrap_or(tail.len());
    let after = tail.get(length..)?.chars().next();
    if length == 0 || after.is_some_and(|c| c == '_' || c.is_ascii_alphanumeric()) {
        return None;
    }
    rest.get(..head.checked_add(1)?.checked_add(length)?)
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), SyntaxError> {
    let bytes = rest.as_bytes();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut length = rest.find(|c| !plain(c)).unwrap_or(rest.len());
    let fraction = bytes.get(length) == Some(&b'.')
        && bytes.get(length.saturating_add(1)).is_some_and(u8::is_ascii_digit);
    if fraction {
        let tail = rest.get(length.saturating_add(1)..).unwrap_or("");
        let more = tail.find(|c| !plain(c)).unwrap_or(tail.len());
        length = length.saturating_add(1).saturating_add(more);
    }
    let text = rest.get(..length).unwrap_or("");
    let token = if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok().map(Token::Int)
    } else if fraction {
        parse_amount(text).ok().map(Token::Decimal)
    } else {
        Span::parse(text).ok().map(Token::Duration)
    };
    token.map(|token| (token, length)).ok_or_else(|| {
        error(
            at..at.saturating_add(length),
            format!("`{text}` is neither a number nor a length of time"),
            "write `25`, `0.6` or `48h`",
        )
    })
}

fn quoted(rest: &str, at: usize) -> Result<(Token, usize), SyntaxError> {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        if c != '\'' {
            value.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((Token::Text(value), index.saturating_add(1)));
        }
    }
    let range = at..at.saturating_add(rest.len());
    Err(error(range, "a text that does not end", "close it with `'`"))
}

fn error(range: Range<usize>, message: impl Into<String>, help: &str) -> SyntaxError {
    SyntaxError { range, message: message.into(), help: help.to_owned() }
}
