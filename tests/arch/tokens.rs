//! Paths that a source names, read from its tokens.
//!
//! Not a parser: comments, strings, characters and lifetimes are skipped, and what is left is
//! identifiers and punctuation. Every `a::b::c` is a path; the groups of a `use` are expanded, so
//! `use std::{fs, thread};` names `std::fs` and `std::thread`, and a glob is a path that ends in `*`.
//! What it does not see: a path that a macro puts together, and a name that is imported under
//! another one and used by that.

/// A path and the line it stands in.
pub type Named = (usize, Vec<String>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// Every path of a source.
pub fn paths(text: &str) -> Vec<Named> {
    let tokens = tokens(text);
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at].1 {
            Token::Word(word) if word == "use" => at = tree(&tokens, at + 1, &[], &mut paths),
            Token::Word(_) => at = plain(&tokens, at, &mut paths),
            _ => at += 1,
        }
    }
    paths
}

/// `a::b::c` outside of a `use`; returns where it ends.
fn plain(tokens: &[(usize, Token)], from: usize, paths: &mut Vec<Named>) -> usize {
    let (mut at, mut path) = (from, Vec::new());
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        path.push(word.clone());
        at += 1;
        match (tokens.get(at), tokens.get(at + 1)) {
            (Some((_, Token::Path)), Some((_, Token::Word(_)))) => at += 1,
            _ => break,
        }
    }
    paths.push((tokens[from].0, path));
    at
}

/// A tree of a `use` below `prefix`; returns where it ends.
fn tree(
    tokens: &[(usize, Token)],
    mut at: usize,
    prefix: &[String],
    paths: &mut Vec<Named>,
) -> usize {
    let mut path = prefix.to_vec();
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    while let Some((_, token)) = tokens.get(at) {
        match token {
            // Another name for it changes nothing of what is named.
            Token::Word(word) if word == "as" => at += 2,
            // The module itself, which the prefix names.
            Token::Word(word) if word == "self" && !path.is_empty() => at += 1,
            Token::Word(word) => {
                path.push(word.clone());
                at += 1;
            }
            Token::Path => at += 1,
            Token::Sign('*') => {
                path.push("*".to_owned());
                at += 1;
            }
            Token::Sign('{') => {
                at += 1;
                while at < tokens.len() && tokens[at].1 != Token::Sign('}') {
                    at = match tokens[at].1 {
                        Token::Sign(',') => at + 1,
                        _ => tree(tokens, at, &path, paths),
                    };
                }
                return at + 1;
            }
            Token::Sign(_) => break,
        }
    }
    paths.push((line, path));
    // At a sign that opens nothing: `,` and `}` are the group's to take, anything else ends it.
    let inside = matches!(tokens.get(at), Some((_, Token::Sign(',' | '}')))) && !prefix.is_empty();
    if inside { at } else { at + 1 }
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut tokens) = (0, 1, Vec::new());
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end > at {
            line += chars[at..end].iter().filter(|c| **c == '\n').count();
            at = end;
        } else if is_word(chars[at]) {
            let end = (at..chars.len()).find(|i| !is_word(chars[*i])).unwrap_or(chars.len());
            tokens.push((line, Token::Word(chars[at..end].iter().collect())));
            at = end;
        } else if chars[at] == ':' && chars.get(at + 1) == Some(&':') {
            tokens.push((line, Token::Path));
            at += 2;
        } else {
            tokens.push((line, Token::Sign(chars[at])));
            at += 1;
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the space, comment, text or character that begins here ends; `at` where none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let after = |n: usize| (at + n).min(chars.len());
    let find = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        let found = rest.get(from..).and_then(|r| r.windows(end.len()).position(|w| w == end));
        found.map_or(chars.len(), |found| after(from + found + end.len()))
    };
    let previous = at.checked_sub(1).map(|i| chars[i]);
    match rest {
        [c, ..] if c.is_whitespace() => after(1),
        ['/', '/', ..] => find(2, "\n"),
        ['/', '*', ..] => find(2, "*/"),
        ['"', ..] => quoted(rest, '"').map_or(chars.len(), after),
        ['r', '"' | '#', ..] if !previous.is_some_and(is_word) => {
            let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
            let text = rest.get(1 + hashes) == Some(&'"');
            if text { find(2 + hashes, &format!("\"{}", "#".repeat(hashes))) } else { at }
        }
        ['\'', '\\', ..] => quoted(rest, '\'').map_or(chars.len(), after),
        ['\'', _, '\'', ..] => after(3),
        // A lifetime: its name would read as a word.
        ['\'', ..] => after(1 + rest[1..].iter().take_while(|c| is_word(**c)).count()),
        _ => at,
    }
}

/// The length of a text up to its closing sign, past what is escaped.
fn quoted(rest: &[char], end: char) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            '\\' => at += 2,
            c if *c == end => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn paths_are_those_of_the_source() {
        for (text, expected) in [
            ("use std::{fs, thread};", "1 std::fs, 1 std::thread"),
            ("use a::{b::{c, d as e},\n self, f::*};", "1 a::b::c, 1 a::b::d, 2 a, 2 a::f::*"),
            ("use std::fs::File;", "1 std::fs::File"),
            ("x = ::std :: fs::read(y)", "1 x, 1 std::fs::read, 1 y"),
            ("// std::fs\n/* std::net */ a", "2 a"),
            ("\"std::fs \\\" x\" b r#\"a\" std::fs\"# c", "1 b, 1 c"),
            ("'s' 'static '\\'' d \"\n\n\" e", "1 d, 3 e"),
            ("use a::{b, c}; use d; f", "1 a::b, 1 a::c, 1 d, 1 f"),
        ] {
            let found: Vec<String> = paths(text)
                .iter()
                .map(|(line, path)| format!("{line} {}", path.join("::")))
                .collect();
            assert_eq!(found.join(", "), expected, "{text}");
        }
    }
}
